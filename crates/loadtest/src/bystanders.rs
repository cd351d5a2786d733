//! Twenty who talk in a room of their own while something else goes on: what it costs those who have no part in it.
//!
//! In: a server. Out: a [`Moment`] for each part of a run: how long what is said took to be heard, and the server's memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use crate::checker::{Faults, Seating};
use crate::client::Plan;
use crate::report::Report;
use crate::scenario::talk::{Hall, Measured, Pace, Until};
use crate::scenario::{Options, Watch, gather};
use crate::swarm::Swarm;

/// Each now and then, so that no usual limit slows them.
pub(crate) const SEATING: Seating = Seating { rooms: 1, members: 20, speakers: 20 };
/// What they say together, messages a second.
const MESSAGES_PER_S: f64 = 40.0;
/// How often memory is looked at.
pub(crate) const SAMPLE: Duration = Duration::from_millis(50);

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

/// What they noticed of it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Noticed {
    /// Before it began.
    pub before: Moment,
    /// While it went on.
    pub during: Moment,
    /// When it was over.
    pub after: Moment,
}

/// Those who talk.
pub(crate) struct Bystanders {
    swarm: Swarm,
    hall: Hall,
    watch: Watch,
}

impl Bystanders {
    /// They come, and are in their room.
    pub(crate) fn come(plan: Plan, options: &Options) -> Result<Self> {
        let mut swarm = Swarm::new(plan, options)?;
        let mut arrival = Report::new("bystanders", options, SEATING.clients());
        gather(&mut swarm, SEATING.clients(), options, &mut arrival)?;
        let echo = swarm.first().context("there are clients")?.has_echo();
        let hall = Hall::new(SEATING, Pace::PerSecond(MESSAGES_PER_S), echo);
        Ok(Bystanders { swarm, hall, watch: Watch::new(options) })
    }

    /// They talk before, during and after `work`, which is done in a thread of its own.
    pub(crate) fn beside<T: Send>(
        &mut self,
        calm: Duration,
        work: impl FnOnce() -> Result<T> + Send,
    ) -> Result<(T, Noticed)> {
        let before = self.talk(Until::Time(calm))?;
        let over = AtomicBool::new(false);
        let (done, during) = thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let done = work();
                over.store(true, Ordering::Release);
                done
            });
            let during = self.talk(Until::Over(&over));
            (worker.join().unwrap_or_else(|_| Err(anyhow!("what went on beside has failed"))), during)
        });
        let (done, during) = (done?, during?);
        let after = self.talk(Until::Time(calm))?;
        Ok((done, Noticed { before, during, after }))
    }

    /// They talk until then, and memory is looked at.
    pub(crate) fn talk(&mut self, until: Until<'_>) -> Result<Moment> {
        self.hall.measured = Measured::default();
        let (watch, over) = (self.watch, AtomicBool::new(false));
        let most = thread::scope(|scope| {
            let sampler = scope.spawn(|| most_memory(watch, &over));
            let driven = self.hall.drive(&mut self.swarm, until);
            over.store(true, Ordering::Release);
            let most = sampler.join().unwrap_or_else(|_| Err(anyhow!("memory could not be looked at")));
            driven.and(most)
        })?;
        let Measured { heard, latencies, .. } = &self.hall.measured;
        let (p50_us, p99_us) = (latencies.quantile(500), latencies.quantile(990));
        let rss_kb = self.watch.rss_kb()?.map(|(now, _)| now);
        Ok(Moment { rss_kb, rss_most_kb: most.max(rss_kb), p50_us, p99_us, heard: *heard })
    }

    /// What went wrong for them; what others said there is not looked at.
    pub(crate) fn verdict(&self) -> Faults {
        Faults { mangled: 0, ..self.hall.verdict() }
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

impl Noticed {
    /// A line a moment, for people, each begun by a line's end.
    pub fn for_people(&self) -> String {
        let mut text = String::new();
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
        text
    }
}
