//! What the clients do. In: a server and the options. Out: a [`Report`].
//!
//! - [`talk`]: they speak and listen: *fanout*, *latency*, *rooms* and *store* differ in who sits where, and at which pace.
//! - [`idle`]: they are in their rooms, and silent.
//! - [`login`]: all log in, while some talk.
//! - [`storm`]: all come back at once, and fetch what they have missed.

pub mod idle;
pub mod login;
pub mod storm;
pub mod talk;

use std::time::Duration;

use anyhow::Result;

use crate::process::{Cpu, Process};
use crate::report::Report;
use crate::stamp::Stamp;
use crate::swarm::{Ear, Swarm};
use crate::target::Target;

/// What every scenario is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The server: irc://127.0.0.1:6667, ircs://…, ws://127.0.0.1:8667/ws or wss://…
    #[arg(long, value_parser = |text: &str| text.parse::<Target>())]
    pub server: Target,
    /// Its process, on this machine: then CPU and memory are told, too
    #[arg(long)]
    pub pid: Option<u32>,
    /// How many clients may be on their way into their rooms at once
    #[arg(long, default_value_t = 1000)]
    pub parallel: usize,
    /// How long nothing must come until everybody is taken to have heard of everybody's arrival
    #[arg(long, default_value_t = 300)]
    pub quiet_ms: u64,
    /// How long nothing at all may come while something is awaited
    #[arg(long, default_value_t = 20_000)]
    pub patience_ms: u64,
    /// How many bytes are read from a client's socket at once
    #[arg(long, default_value_t = 262_144)]
    pub read_bytes: usize,
    /// What the report calls the server
    #[arg(long, default_value = "")]
    pub name: String,
}

impl Options {
    fn quiet(&self) -> Duration {
        Duration::from_millis(self.quiet_ms)
    }
}

/// The server's process, if it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch(Option<Process>);

impl Watch {
    pub(crate) fn new(options: &Options) -> Self {
        Self(options.pid.map(Process::new))
    }

    pub(crate) fn begin(self) -> Result<Option<Cpu>> {
        self.0.map(Process::cpu).transpose()
    }

    pub(crate) fn cpu_us(self, begun: Option<&Cpu>) -> Result<Option<f64>> {
        self.0.zip(begun).map(|(process, begun)| process.cpu_us_since(begun)).transpose()
    }

    /// KB: now and at its most.
    pub(crate) fn rss_kb(self) -> Result<Option<(u64, u64)>> {
        self.0.map(Process::rss_kb).transpose()
    }
}

/// Whoever is not yet spoken to.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    pub(crate) words: u64,
}

impl Ear for Strangers {
    fn said(&mut self, _: usize, _: &Stamp, _: u64) {
        self.words += 1;
    }

    fn nonsense(&mut self) {
        self.words += 1;
    }
}

/// Everybody comes and finds a room; what that took is put into the report.
pub(crate) fn gather(swarm: &mut Swarm, clients: usize, options: &Options, report: &mut Report) -> Result<()> {
    let watch = Watch::new(options);
    let (before, begun) = (watch.rss_kb()?, watch.begin()?);
    let started = swarm.now_us();
    let mut strangers = Strangers::default();
    swarm.arrive(clients, options.parallel, &mut strangers)?;
    report.arrival_ms = Some((swarm.now_us() - started) as f64 / 1000.0);
    swarm.settle(options.quiet(), &mut strangers)?;
    report.faults.mangled += strangers.words;
    report.arrival_us_per_client = watch.cpu_us(begun.as_ref())?.map(|us| us / clients as f64);
    if let Some(((before, _), (after, _))) = before.zip(watch.rss_kb()?) {
        report.rss_kb_per_client = Some((after as f64 - before as f64) / clients as f64);
        report.rss_kb = Some(after);
    }
    Ok(())
}
