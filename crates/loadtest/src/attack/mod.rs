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

use crate::bystanders::{self, Bystanders, Moment, Noticed, SAMPLE};
use crate::checker::Faults;
use crate::client::Plan;
use crate::scenario::Options;
use crate::scenario::talk::Until;
use crate::target::Target;
pub use kinds::ATTACKS;
pub use raid::Tally;

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
    /// What others noticed of it.
    #[serde(flatten)]
    pub noticed: Noticed,
    /// What they did.
    pub tally: Tally,
    /// What went wrong for those who talked.
    pub faults: Faults,
}

/// Runs it.
pub fn run(attack: &'static Attack, extent: Extent, options: &Options) -> Result<Outcome> {
    let mut bystanders = Bystanders::come(Plan::of(options, bystanders::SEATING.members), options)?;
    let before = bystanders.talk(Until::Time(extent.calm))?;

    let field = Field::new(options.server.clone(), extent.scale);
    let (during, tally) = thread::scope(|scope| {
        let raid = scope.spawn(|| (attack.run)(&field));
        // Those who talk go on while the attackers come, or their own queues would fill.
        let mut during = Ok(Moment::default());
        while during.is_ok() && !field.begun.load(Ordering::Acquire) && !raid.is_finished() {
            during = bystanders.talk(Until::Time(SAMPLE));
        }
        if during.is_ok() && !raid.is_finished() {
            during = bystanders.talk(Until::Time(extent.attack));
        }
        field.over.store(true, Ordering::Release);
        (during, raid.join().unwrap_or_else(|_| Err(anyhow!("an attacker has failed"))))
    });
    let (tally, during) = (tally?, during.with_context(|| format!("{}: those who talked were harmed", attack.name))?);
    let after = bystanders.talk(Until::Time(extent.calm))?;
    let (server, transport) = (options.name.clone(), options.server.transport.name());
    let (noticed, faults) = (Noticed { before, during, after }, bystanders.verdict());
    Ok(Outcome { attack: attack.name, server, transport, noticed, tally, faults })
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
        text += &self.noticed.for_people();
        let Faults { lost, doubled, misordered, .. } = self.faults;
        text + &format!("\n  {lost} lost, {doubled} doubled, {misordered} misordered")
    }
}
