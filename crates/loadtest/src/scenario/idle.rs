//! Everybody is in a room, and silent: what a connection costs that does nothing.

use std::time::Duration;

use anyhow::Result;

use super::{Options, Strangers, Watch, gather};
use crate::client::Plan;
use crate::report::Report;
use crate::swarm::Swarm;

/// The scenario.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    /// How many clients.
    pub clients: usize,
    /// How many in each room.
    pub members: usize,
    /// How long they are watched.
    pub duration: Duration,
}

/// Runs it.
pub fn run(idle: &Idle, options: &Options) -> Result<Report> {
    let mut report = Report::new("idle", options, idle.clients);
    let plan = Plan { target: options.server.clone(), members: idle.members, history: None, generation: 'a' };
    let mut swarm = Swarm::new(plan, options)?;
    gather(&mut swarm, idle.clients, options, &mut report)?;

    let watch = Watch::new(options);
    let begun = watch.begin()?;
    let (started, end) = (swarm.now_us(), swarm.now_us() + idle.duration.as_micros() as u64);
    let mut strangers = Strangers::default();
    while swarm.now_us() < end {
        swarm.turn(Duration::from_micros(end - swarm.now_us().min(end)), &mut strangers)?;
    }
    let took_us = (swarm.now_us() - started).max(1) as f64;
    report.idle_cpu_percent = watch.cpu_us(begun.as_ref())?.map(|us| us * 100.0 / took_us);
    report.faults.mangled += strangers.words;
    Ok(report)
}
