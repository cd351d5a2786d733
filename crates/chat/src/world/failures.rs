//! Who has failed to prove an account lately: whoever goes on guessing waits longer each time, and nobody is locked out.
//!
//! What has to wait is looked at one after another, each behind the one before it ([`crate::work::Queue`]): a network, or all of
//! them at one account, guess no faster by many connections than by one.
//!
//! From a network that an account was used from before, only that network's failures at that account count: neither who
//! guesses from elsewhere, nor who guesses at others from there, slows its owner down. From another one that has hardly
//! failed itself, what others do at the account costs an owner a moment and no more. Where a guesser sits in the same
//! network, the server cannot tell them apart: there the newest is looked at first. Gone with the process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use teahouse_proto::names::Nick;

use super::Durable;
use crate::durable::{AccountRecord, Fact, FactKind};
use crate::ids::Time;

/// So many failures cost nothing: one mistypes.
const FREE_FAILURES: u32 = 3;
/// What the next one costs, in milliseconds; each further one costs twice as much.
const FIRST_WAIT_MS: u64 = 500;
/// What one costs at most, in milliseconds.
const WAIT_MS_MAX: u64 = 8_000;
/// What others' failures at an account cost at most, in milliseconds, from a network whose own ones cost nothing yet.
const NEWCOMER_WAIT_MS_MAX: u64 = 1_000;
/// When all is forgiven, in milliseconds after the last one.
const FORGIVEN_MS: u64 = 15 * 60 * 1000;
/// How many names and networks are remembered; of more, the ones that failed last.
const REMEMBERED_MAX: usize = 10_000;

/// Where failures are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// From one network, whoever is meant.
    Network(Arc<str>),
    /// At one account, from networks that are not known to be its owner's.
    Account(Arc<str>),
    /// At one account, from a network that is.
    Own(Arc<str>, Arc<str>),
}

/// All that is remembered.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    counts: BTreeMap<Place, (u32, Time)>,
    by_time: BTreeSet<(Time, Place)>,
}

impl Failures {
    /// Until when an attempt has to wait, if it cannot be looked at now.
    pub(crate) fn waits_until(
        &self,
        durable: &Durable,
        name: Option<&Nick>,
        network: &Arc<str>,
        now: Time,
    ) -> Option<Time> {
        let costly = |place: &Place| {
            let (count, last) = self.counts.get(place).filter(|(_, last)| now < last.plus_ms(FORGIVEN_MS))?;
            Some((count.checked_sub(FREE_FAILURES)?, *last))
        };
        let is_newcomer = costly(&Place::Network(Arc::clone(network))).is_none();
        let ends = places(durable, name, network).into_iter().filter_map(|place| {
            let (doublings, last) = costly(&place)?;
            let max_ms = match place {
                Place::Account(_) if is_newcomer => NEWCOMER_WAIT_MS_MAX,
                _ => WAIT_MS_MAX,
            };
            Some(last.plus_ms(FIRST_WAIT_MS.saturating_mul(1 << doublings.min(16)).min(max_ms)))
        });
        ends.max().filter(|end| *end > now)
    }

    /// Somebody has failed.
    pub(crate) fn note(&mut self, durable: &Durable, name: Option<&Nick>, network: &Arc<str>, now: Time) {
        for place in places(durable, name, network) {
            let (count, last) = self.counts.get(&place).copied().unwrap_or_default();
            self.by_time.remove(&(last, place.clone()));
            let count = if now < last.plus_ms(FORGIVEN_MS) { count } else { 0 };
            self.by_time.insert((now, place.clone()));
            self.counts.insert(place, (count.saturating_add(1), now));
        }
        while self.counts.len() > REMEMBERED_MAX
            && let Some((_, oldest)) = self.by_time.pop_first()
        {
            self.counts.remove(&oldest);
        }
    }

    /// Somebody has proved it: what was mistyped before is forgiven.
    pub(crate) fn forgive(&mut self, name: &Nick, network: &Arc<str>) {
        let place = Place::Own(Arc::clone(network), name.key().into());
        if let Some((_, last)) = self.counts.remove(&place) {
            self.by_time.remove(&(last, place));
        }
    }
}

/// Where a failure at this account from this network counts.
fn places(durable: &Durable, name: Option<&Nick>, network: &Arc<str>) -> Vec<Place> {
    let own = name.and_then(|name| durable.account_named(name));
    let home =
        |account: &AccountRecord| Fact { owner: account.id.0, kind: FactKind::Network, key: Arc::clone(network) };
    let is_own = own.is_some_and(|account| durable.fact(&home(account)).is_some());
    match name {
        Some(name) if is_own => vec![Place::Own(Arc::clone(network), name.key().into())],
        Some(name) => vec![Place::Network(Arc::clone(network)), Place::Account(name.key().into())],
        None => vec![Place::Network(Arc::clone(network))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::Records;
    use crate::ids::AccountId;
    use crate::testing::info;

    fn durable() -> Durable {
        let account = AccountRecord::new(AccountId(7), "alice".into(), None, Time(0));
        let home = Fact { owner: 7, kind: FactKind::Network, key: "home".into() };
        let records = Records { accounts: vec![account], facts: vec![(home, "0".into())], ..Records::default() };
        Durable::load(&info().rules, records)
    }

    #[test]
    fn whoever_guesses_waits_longer_and_the_owner_at_home_does_not() {
        let (durable, mut failures) = (durable(), Failures::default());
        let [home, away, other]: [Arc<str>; 3] = ["home".into(), "away".into(), "other".into()];
        let [alice, bob] = ["alice", "bob"].map(|name| Nick::parse(name).ok());
        let now = Time(1_000_000);
        let wait = |failures: &Failures, name: &Option<Nick>, network, now| {
            failures.waits_until(&durable, name.as_ref(), network, now).map_or(0, |end| end.0 - now.0)
        };
        let mut waits = Vec::new();
        for _ in 0..10 {
            waits.push(wait(&failures, &alice, &away, now));
            failures.note(&durable, alice.as_ref(), &away, now);
        }
        assert_eq!(waits, [0, 0, 0, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(wait(&failures, &alice, &home, now), 0, "at home");
        assert_eq!(wait(&failures, &alice, &other, now), 1000, "from anywhere else");
        assert_eq!(wait(&failures, &bob, &away, now), 8000, "at anybody else");
        assert_eq!(wait(&failures, &bob, &other, now), 0);
        assert_eq!(wait(&failures, &alice, &away, now.plus_ms(3000)), 5000, "it has waited already");
        assert_eq!(wait(&failures, &alice, &away, now.plus_ms(FORGIVEN_MS)), 0);
        let later = now.plus_ms(60_000);
        (0..3).for_each(|_| failures.note(&durable, bob.as_ref(), &other, later));
        failures.note(&durable, alice.as_ref(), &away, later);
        assert_eq!(wait(&failures, &alice, &other, later), 8000, "from where somebody guesses at others");
        (0..5).for_each(|_| failures.note(&durable, alice.as_ref(), &home, now));
        assert_eq!(wait(&failures, &alice, &home, now), 2000, "at home one may be slow oneself");
        failures.forgive(alice.as_ref().unwrap(), &home);
        assert_eq!(wait(&failures, &alice, &home, now), 0);
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let (durable, mut failures) = (durable(), Failures::default());
        for number in 0..REMEMBERED_MAX as u64 + 10 {
            failures.note(&durable, None, &number.to_string().into(), Time(number));
        }
        assert_eq!((failures.counts.len(), failures.by_time.len()), (REMEMBERED_MAX, REMEMBERED_MAX));
        assert!(!failures.counts.contains_key(&Place::Network("9".into())), "the oldest are forgotten");
    }
}
