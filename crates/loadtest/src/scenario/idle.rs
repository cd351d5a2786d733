//! Everybody is in a room, and silent: what a connection costs that does nothing.

use std::time::Duration;

use anyhow::Result;

use super::{Options, Strangers, Watch, gather, login};
use crate::client::Plan;
use crate::login::{By, Login};
use crate::report::Report;
use crate::swarm::Swarm;

/// The scenario.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    /// How many clients.
    pub clients: usize,
    /// How many in each room.
    pub members: usize,
    /// Whether each is logged in to an account of its own.
    pub accounts: bool,
    /// How long they are watched.
    pub duration: Duration,
}

/// Runs it.
pub fn run(idle: &Idle, options: &Options) -> Result<Report> {
    let mut report = Report::new("idle", options, idle.clients);
    let login = idle.accounts.then_some(Login { first: 0, accounts: idle.clients, by: By::Plain });
    if let Some(login) = login {
        login::make_accounts(login, options)?;
    }
    let plan = Plan { login, ..Plan::of(options, idle.members) };
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
