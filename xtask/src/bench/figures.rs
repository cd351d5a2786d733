//! What was found, round by round, and the medians of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::plan::Cell;
use super::servers::Server;

/// The median of all rounds, and the two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

/// Which measurement.
pub(super) type Key = (&'static str, &'static str, Server);

/// Everything that was found.
#[derive(Default)]
pub(super) struct Figures(BTreeMap<Key, Vec<Value>>);

impl Figures {
    pub(super) fn add(&mut self, cell: &Cell, found: Value) {
        self.0.entry((cell.scenario, cell.transport, cell.server)).or_default().push(found);
    }

    /// All that was measured in this scenario.
    pub(super) fn of(&self, scenario: &str) -> impl Iterator<Item = Key> {
        self.0.keys().copied().filter(move |key| key.0 == scenario)
    }

    fn rounds(&self, key: Key, field: &str) -> Vec<f64> {
        self.0.get(&key).into_iter().flatten().filter_map(|found| found[field].as_f64()).collect()
    }

    pub(super) fn spread(&self, key: Key, field: &str) -> Option<Spread> {
        spread(self.rounds(key, field))
    }

    /// What `combine` makes of two figures of the same round.
    pub(super) fn both(
        &self,
        (one, one_field): (Key, &str),
        (other, other_field): (Key, &str),
        combine: impl Fn(f64, f64) -> f64,
    ) -> Option<Spread> {
        let pairs = self.rounds(one, one_field).into_iter().zip(self.rounds(other, other_field));
        spread(pairs.map(|(one, other)| combine(one, other)).collect())
    }

    /// How many times what the null server needs.
    pub(super) fn times_null(&self, key: Key, field: &str) -> Option<Spread> {
        let null = (key.0, key.1, Server::Null);
        self.both((key, field), (null, field), |figure, null| figure / null)
    }

    /// A line for each run in which something was lost, doubled or misordered.
    pub(super) fn faults(&self) -> Vec<String> {
        let runs = self.0.iter().flat_map(|(key, runs)| runs.iter().map(move |run| (key, run)));
        let faulty = runs.filter_map(|((scenario, transport, server), run)| {
            let names = ["lost", "doubled", "misordered", "mangled"];
            let counts = names.map(|name| (name, run[name].as_u64().unwrap_or(0)));
            let told: Vec<String> =
                counts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} {name}")).collect();
            (!told.is_empty()).then(|| format!("{scenario}, {}, {transport}: {}", server.name(), told.join(", ")))
        });
        faulty.collect()
    }
}

fn spread(mut rounds: Vec<f64>) -> Option<Spread> {
    rounds.sort_by(f64::total_cmp);
    let (least, most) = (*rounds.first()?, *rounds.last()?);
    let middle = rounds.len() / 2;
    let median = if rounds.len() % 2 == 1 { rounds[middle] } else { f64::midpoint(rounds[middle - 1], rounds[middle]) };
    Some(Spread { median, least, most })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::plan::PLAN;
    use super::*;

    fn figures(floor: [f64; 3], other: [f64; 3]) -> (Figures, Key) {
        let mut figures = Figures::default();
        let cell = *PLAN.iter().find(|cell| cell.server == Server::Teahouse).unwrap();
        for (floor, other) in floor.into_iter().zip(other) {
            figures.add(&Cell { server: Server::Null, ..cell }, json!({ "us": floor, "lost": 0 }));
            figures.add(&cell, json!({ "us": other, "lost": if other > 100.0 { 2 } else { 0 } }));
        }
        (figures, (cell.scenario, cell.transport, cell.server))
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let (figures, key) = figures([1.0, 2.0, 4.0], [2.0, 3.0, 8.0]);
        assert_eq!(figures.spread(key, "us"), Some(Spread { median: 3.0, least: 2.0, most: 8.0 }));
        assert_eq!(figures.times_null(key, "us"), Some(Spread { median: 2.0, least: 1.5, most: 2.0 }));
        assert_eq!(figures.spread(key, "nothing"), None);
        assert!(figures.faults().is_empty());
    }

    #[test]
    fn a_run_that_lost_something_is_named() {
        let (figures, (scenario, transport, _)) = figures([1.0; 3], [1.0, 101.0, 1.0]);
        assert_eq!(figures.faults(), [format!("{scenario}, teahouse, {transport}: 2 lost")]);
    }
}
