//! Many log in to accounts, so many at once, while twenty talk in a room.

use std::time::Duration;

use anyhow::Result;

use super::{Options, Strangers, Watch};
use crate::bystanders::{self, Bystanders};
use crate::client::Plan;
use crate::histogram::Histogram;
use crate::login::{By, Login};
use crate::report::Report;
use crate::stamp::Stamp;
use crate::swarm::{Ear, Swarm};

/// How many make accounts at once.
const MAKERS: usize = 50;

/// The scenario.
#[derive(Clone, Copy, Debug)]
pub struct Logins {
    /// How many log in.
    pub clients: usize,
    /// To which accounts, and how.
    pub login: Login,
    /// How many are on their way at once.
    pub parallel: usize,
    /// How long those who talk talk before and after.
    pub calm: Duration,
}

/// Runs it: whoever is not told 903 ends it.
pub fn run(logins: &Logins, options: &Options) -> Result<Report> {
    let mut report = Report::new("login", options, logins.clients);
    make_accounts(logins.login, options)?;
    let live = Plan { generation: 'q', rooms: "#by", ..Plan::of(options, bystanders::SEATING.members) };
    let mut bystanders = Bystanders::come(live, options)?;
    let plan = Plan { login: Some(logins.login), ..Plan::of(options, 0) };
    let watch = Watch::new(options);
    let ((took_s, cpu_us, came), noticed) = bystanders.beside(logins.calm, || {
        let mut swarm = Swarm::new(plan, options)?;
        let (begun, started) = (watch.begin()?, swarm.now_us());
        let mut came = Came::default();
        swarm.arrive(logins.clients, logins.parallel, &mut came)?;
        let took_s = (swarm.now_us() - started).max(1) as f64 / 1e6;
        Ok((took_s, watch.cpu_us(begun.as_ref())?, came))
    })?;
    report.logins_per_s = Some(logins.clients as f64 / took_s);
    report.us_per_login = cpu_us.map(|us| us / logins.clients as f64);
    report.take_latencies(&came.took);
    report.noticed = Some(noticed);
    report.faults = bystanders.verdict();
    if let Some((now, most)) = watch.rss_kb()? {
        (report.rss_kb, report.rss_peak_kb) = (Some(now), Some(most));
    }
    Ok(report)
}

/// Makes the accounts that nobody has made yet, and leaves.
pub(crate) fn make_accounts(login: Login, options: &Options) -> Result<()> {
    // Not all at once: whoever has not registered for long is sent away.
    for first in (0..login.accounts).step_by(MAKERS) {
        let some = Login { first, accounts: MAKERS.min(login.accounts - first), by: By::Register };
        let mut swarm = Swarm::new(Plan { login: Some(some), ..Plan::of(options, 0) }, options)?;
        swarm.arrive(some.accounts, MAKERS, &mut Strangers::default())?;
    }
    Ok(())
}

/// Those who have logged in.
#[derive(Default)]
struct Came {
    took: Histogram,
}

impl Ear for Came {
    fn said(&mut self, _: usize, _: &Stamp, _: u64) {}

    fn nonsense(&mut self) {}

    fn arrived(&mut self, took_us: u64) {
        self.took.add(took_us);
    }
}
