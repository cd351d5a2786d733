//! Everybody's connection breaks at once; all come back, into the same rooms, and fetch what was said there last. Twenty
//! talk in another room all the while.

use std::time::Duration;

use anyhow::{Context, Result};

use super::talk::{Hall, Pace, Until};
use super::{Options, Watch, gather};
use crate::bystanders::{self, Bystanders};
use crate::checker::{Checker, Seating};
use crate::client::Plan;
use crate::histogram::Histogram;
use crate::process::step_back;
use crate::report::Report;
use crate::stamp::Stamp;
use crate::swarm::{Ear, Swarm};

/// The scenario.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    /// How many rooms, and how many in each; one of them speaks.
    pub seating: Seating,
    /// How many messages are said in each room before, and at least as many as are fetched.
    pub said: u32,
    /// How many each fetches.
    pub page: u32,
    /// How many are on their way back at once.
    pub parallel: usize,
    /// Whether they leave the cores to the server and to those who talk meanwhile.
    pub nice: bool,
    /// How long those who talk meanwhile talk before and after.
    pub calm: Duration,
}

/// Runs it.
pub fn run(storm: &Storm, options: &Options) -> Result<Report> {
    let seating = Seating { speakers: 1, ..storm.seating };
    let clients = seating.clients();
    let mut report = Report::new("storm", options, clients);
    let plan = Plan::of(options, seating.members);
    let mut swarm = Swarm::new(plan.clone(), options)?;
    gather(&mut swarm, clients, options, &mut report)?;
    let first = swarm.first().context("there are clients")?;
    let (echo, history) = (first.has_echo(), first.has_history());
    let mut hall = Hall::new(seating, Pace::Window(4), echo);
    hall.drive(&mut swarm, Until::Said(storm.said))?;
    report.faults = report.faults.and(hall.verdict());

    let live = Plan { generation: 'q', rooms: "#by", ..Plan::of(options, bystanders::SEATING.members) };
    let mut bystanders = Bystanders::come(live, options)?;
    let watch = Watch::new(options);
    let page = history.then_some(storm.page);
    let mut back = Back::new(seating, storm.said - storm.page.min(storm.said));
    let mut begun = None;
    let (took_ms, noticed) = bystanders.beside(storm.calm, || {
        if storm.nice {
            step_back()?;
        }
        begun = watch.begin()?;
        let started = swarm.now_us();
        swarm.scatter(Plan { history: page, generation: 'b', ..plan })?;
        swarm.arrive(clients, storm.parallel, &mut back)?;
        let took_ms = (swarm.now_us() - started) as f64 / 1000.0;
        swarm.settle(options.quiet(), &mut back)?;
        Ok(took_ms)
    })?;

    report.storm_ms = Some(took_ms);
    report.nice = storm.nice;
    report.noticed = Some(noticed);
    report.faults = report.faults.and(bystanders.verdict());
    report.storm_us_per_client = watch.cpu_us(begun.as_ref())?.map(|us| us / clients as f64);
    report.history_lines = Some(back.lines);
    report.take_latencies(&back.took);
    if page.is_some() {
        report.faults = report.faults.and(back.checker.verdict(|_, _| storm.said, true));
    }
    if let Some((now, most)) = watch.rss_kb()? {
        (report.rss_kb, report.rss_peak_kb) = (Some(now), Some(most));
    }
    Ok(report)
}

/// Those who come back, and read.
struct Back {
    checker: Checker,
    took: Histogram,
    lines: u64,
}

impl Back {
    fn new(seating: Seating, first: u32) -> Self {
        Self { checker: Checker::new(seating, first), took: Histogram::default(), lines: 0 }
    }
}

impl Ear for Back {
    fn said(&mut self, client: usize, stamp: &Stamp, _: u64) {
        self.lines += 1;
        self.checker.heard(client, stamp);
    }

    fn nonsense(&mut self) {
        self.checker.heard_nonsense();
    }

    fn arrived(&mut self, took_us: u64) {
        self.took.add(took_us);
    }
}
