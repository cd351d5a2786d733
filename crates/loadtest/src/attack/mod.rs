//! Attacks: what they cost the server, and what those who talk there meanwhile notice of it.
//!
//! In: a server, and an attack of the table. Out: an [`Outcome`]: the server's memory, and how long what is said takes to
//! be heard in a room of twenty, before, during and after. The attackers are in a thread of their own, those who talk are the
//! other scenarios' clients.
//!
//! - `raid`: the attackers' sockets. `kinds`: what they do.

mod kinds;
mod raid;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use crate::checker::{Faults, Seating};
use crate::client::Plan;
use crate::report::Report;
use crate::scenario::talk::{Hall, Measured, Pace, Until};
use crate::scenario::{Options, Watch, gather};
use crate::swarm::Swarm;
use crate::target::Target;
pub use kinds::ATTACKS;
pub use raid::Tally;

/// Those who talk all the while: each now and then, so that no usual limit slows them.
const BYSTANDERS: Seating = Seating { rooms: 1, members: 20, speakers: 20 };
/// What they say together, messages a second.
const MESSAGES_PER_S: f64 = 40.0;
/// How often memory is looked at.
const SAMPLE: Duration = Duration::from_millis(50);

/// One row of [`ATTACKS`].
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it does.
    pub says: &'static str,
    run: fn(&Field) -> Result<Tally>,
}

impl Attack {
    /// The attack of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ATTACKS.iter().find(|attack| attack.name == name)
    }
}

/// How long it all takes, and how many attackers there are.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Before and after.
    pub calm: Duration,
    /// The attack.
    pub attack: Duration,
    /// What part of the attackers come; 1.0: all.
    pub scale: f64,
}

/// Where the attackers are, and for how long.
#[derive(Debug)]
struct Field {
    target: Target,
    scale: f64,
    begun: AtomicBool,
    over: AtomicBool,
    nicks: AtomicUsize,
}

impl Field {
    fn new(target: Target, scale: f64) -> Self {
        Self { target, scale, begun: AtomicBool::new(false), over: AtomicBool::new(false), nicks: AtomicUsize::new(0) }
    }

    /// How many of so many come.
    fn part_of(&self, count: usize) -> usize {
        ((count as f64 * self.scale).round() as usize).max(1)
    }

    /// A nick that nobody has had: a server may not have noticed yet that the one before has gone.
    fn nick(&self) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() % 1_000_000);
        format!("raid{since}-{}", self.nicks.fetch_add(1, Ordering::Relaxed))
    }

    /// All attackers stand where they should; from now on it is measured.
    fn begin(&self) {
        self.begun.store(true, Ordering::Release);
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Which attack it was.
    pub attack: &'static str,
    /// What the server is called.
    pub server: String,
    /// How it was spoken to.
    pub transport: &'static str,
    /// Without attackers.
    pub before: Moment,
    /// With them.
    pub during: Moment,
    /// When they have gone.
    pub after: Moment,
    /// What they did.
    pub tally: Tally,
    /// What went wrong for those who talked.
    pub faults: Faults,
}

/// One part of a run.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Moment {
    /// The server's memory at its end.
    pub rss_kb: Option<u64>,
    /// The most that was seen while it lasted.
    pub rss_most_kb: Option<u64>,
    /// From saying to hearing: half of all took no longer.
    pub p50_us: Option<u64>,
    /// 99 % took no longer.
    pub p99_us: Option<u64>,
    /// How many were heard.
    pub heard: u64,
}

/// Runs it.
pub fn run(attack: &'static Attack, extent: Extent, options: &Options) -> Result<Outcome> {
    let plan = Plan { target: options.server.clone(), members: BYSTANDERS.members, history: None, generation: 'a' };
    let mut swarm = Swarm::new(plan, options)?;
    let mut arrival = Report::new(attack.name, options, BYSTANDERS.clients());
    gather(&mut swarm, BYSTANDERS.clients(), options, &mut arrival)?;
    let echo = swarm.first().context("there are clients")?.has_echo();
    let hall = Hall::new(BYSTANDERS, Pace::PerSecond(MESSAGES_PER_S), echo);
    let mut bystanders = Bystanders { swarm, hall, watch: Watch::new(options) };
    let before = bystanders.talk(extent.calm)?;

    let field = Field::new(options.server.clone(), extent.scale);
    let (during, tally) = thread::scope(|scope| {
        let raid = scope.spawn(|| (attack.run)(&field));
        // Those who talk go on while the attackers come, or their own queues would fill.
        let mut during = Ok(Moment::default());
        while during.is_ok() && !field.begun.load(Ordering::Acquire) && !raid.is_finished() {
            during = bystanders.talk(SAMPLE);
        }
        if during.is_ok() && !raid.is_finished() {
            during = bystanders.talk(extent.attack);
        }
        field.over.store(true, Ordering::Release);
        (during, raid.join().unwrap_or_else(|_| Err(anyhow!("an attacker has failed"))))
    });
    let (tally, during) = (tally?, during.with_context(|| format!("{}: those who talked were harmed", attack.name))?);
    let after = bystanders.talk(extent.calm)?;
    let (server, transport) = (options.name.clone(), options.server.transport.name());
    // What the attackers said is not looked at.
    let faults = Faults { mangled: 0, ..bystanders.hall.verdict() };
    Ok(Outcome { attack: attack.name, server, transport, before, during, after, tally, faults })
}

/// Those who talk.
struct Bystanders {
    swarm: Swarm,
    hall: Hall,
    watch: Watch,
}

impl Bystanders {
    /// They talk for so long, and memory is looked at.
    fn talk(&mut self, duration: Duration) -> Result<Moment> {
        self.hall.measured = Measured::default();
        let (watch, over) = (self.watch, AtomicBool::new(false));
        let most = thread::scope(|scope| {
            let sampler = scope.spawn(|| most_memory(watch, &over));
            let driven = self.hall.drive(&mut self.swarm, Until::Time(duration));
            over.store(true, Ordering::Release);
            let most = sampler.join().unwrap_or_else(|_| Err(anyhow!("memory could not be looked at")));
            driven.and(most)
        })?;
        let Measured { heard, latencies, .. } = &self.hall.measured;
        let (p50_us, p99_us) = (latencies.quantile(500), latencies.quantile(990));
        let rss_kb = self.watch.rss_kb()?.map(|(now, _)| now);
        Ok(Moment { rss_kb, rss_most_kb: most.max(rss_kb), p50_us, p99_us, heard: *heard })
    }
}

fn most_memory(watch: Watch, over: &AtomicBool) -> Result<Option<u64>> {
    let mut most = None;
    while !over.load(Ordering::Acquire) {
        most = most.max(watch.rss_kb()?.map(|(now, _)| now));
        thread::sleep(SAMPLE);
    }
    Ok(most)
}

impl Outcome {
    /// A line a moment, for people.
    pub fn for_people(&self) -> String {
        let Tally { connections, closed, sent_bytes } = self.tally;
        let sent_mb = sent_bytes as f64 / 1e6;
        let mut text = format!(
            "{} against {}/{}: {connections} connections, {closed} closed by the server, {sent_mb:.1} MB sent",
            self.attack, self.server, self.transport
        );
        for (name, moment) in [("before", self.before), ("during", self.during), ("after", self.after)] {
            let mb = |kb: Option<u64>| kb.map_or_else(|| "?".into(), |kb| format!("{:.1}", kb as f64 / 1024.0));
            let us = |us: Option<u64>| us.map_or_else(|| "?".into(), |us| us.to_string());
            text += &format!(
                "\n  {name}: {} MB, {} MB at most · {} µs p50, {} µs p99 of {} deliveries",
                mb(moment.rss_kb),
                mb(moment.rss_most_kb),
                us(moment.p50_us),
                us(moment.p99_us),
                moment.heard
            );
        }
        let Faults { lost, doubled, misordered, .. } = self.faults;
        text + &format!("\n  {lost} lost, {doubled} doubled, {misordered} misordered")
    }
}
