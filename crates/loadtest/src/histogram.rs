//! Latencies in µs, counted in buckets that are never wider than one part in 64.

const STEPS: usize = 64;

/// Counts values; its size never changes.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    largest: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; STEPS * 40], count: 0, largest: 0 }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn add(&mut self, value: u64) {
        let bucket = bucket_of(value).min(self.buckets.len() - 1);
        self.buckets[bucket] += 1;
        self.count += 1;
        self.largest = self.largest.max(value);
    }

    /// The value that `per_mille` of a thousand do not exceed; `None` if there is none.
    pub fn quantile(&self, per_mille: u64) -> Option<u64> {
        let rank = (self.count * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        self.buckets
            .iter()
            .position(|count| {
                seen += count;
                seen >= rank
            })
            .map(|bucket| upper_end(bucket).min(self.largest))
    }
}

/// The first two times `STEPS` values have a bucket each; then each doubling has `STEPS`.
fn bucket_of(value: u64) -> usize {
    let steps = STEPS as u64;
    if value < 2 * steps {
        return value as usize;
    }
    let shift = value.ilog2() - steps.ilog2();
    (u64::from(shift) * steps + (value >> shift)) as usize
}

fn upper_end(bucket: usize) -> u64 {
    if bucket < 2 * STEPS {
        return bucket as u64;
    }
    let shift = bucket / STEPS - 1;
    let lower = ((bucket % STEPS + STEPS) as u64) << shift;
    lower + (1 << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_one_part_in_64() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(500), None);
        (1..=100_000).for_each(|value| histogram.add(value));
        for (per_mille, exact) in [(1, 100), (500, 50_000), (990, 99_000), (1000, 100_000)] {
            let value = histogram.quantile(per_mille).unwrap();
            assert!((exact..=exact + exact / 64 + 1).contains(&value), "{per_mille}: {value}");
        }
    }

    #[test]
    fn every_value_lies_in_its_bucket() {
        for value in (0..10_000).chain((14..39).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1])) {
            let bucket = bucket_of(value);
            assert!(upper_end(bucket) >= value && (bucket == 0 || upper_end(bucket - 1) < value), "{value}");
        }
    }
}
