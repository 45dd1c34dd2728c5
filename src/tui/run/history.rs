//! What became of candidates over time, in so many buckets and no more, however long the run takes.

use std::time::Duration;

/// Buckets that are kept; where they are used up, neighbours are put together and each one covers twice the time.
const MOST: usize = 120;

/// What became of the candidates of a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Responses agree.
    pub agrees: u32,
    /// They do not.
    pub disagrees: u32,
    /// The verifier could not tell.
    pub undecided: u32,
    /// They failed, or there is nothing to agree.
    pub failed: u32,
}

impl Bucket {
    /// All of them.
    pub fn total(self) -> u32 {
        self.agrees + self.disagrees + self.undecided + self.failed
    }

    fn add(&mut self, other: Self) {
        self.agrees += other.agrees;
        self.disagrees += other.disagrees;
        self.undecided += other.undecided;
        self.failed += other.failed;
    }
}

/// Buckets since the run began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    buckets: Vec<Bucket>,
    width: Duration,
}

impl Default for History {
    fn default() -> Self {
        Self { buckets: Vec::new(), width: Duration::from_secs(1) }
    }
}

impl History {
    /// Counts what came at a time since the run began.
    pub fn add(&mut self, since: Duration, came: Bucket) {
        let mut at = self.index(since);
        while at >= MOST {
            self.double();
            at = self.index(since);
        }
        if self.buckets.len() <= at {
            self.buckets.resize(at + 1, Bucket::default());
        }
        self.buckets[at].add(came);
    }

    fn index(&self, since: Duration) -> usize {
        usize::try_from(since.as_millis() / self.width.as_millis().max(1)).unwrap_or(usize::MAX)
    }

    fn double(&mut self) {
        self.width *= 2;
        let halved = self.buckets.chunks(2).map(|pair| {
            let mut sum = pair[0];
            if let Some(second) = pair.get(1) {
                sum.add(*second);
            }
            sum
        });
        self.buckets = halved.collect();
    }

    /// The buckets, oldest first.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// What one bucket covers.
    pub fn width(&self) -> Duration {
        self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_long_it_takes_the_sums_are_kept() {
        let mut history = History::default();
        for second in 0..100_000u64 {
            history.add(Duration::from_secs(second), Bucket { agrees: 1, failed: 2, ..Bucket::default() });
        }
        assert!(history.buckets().len() <= MOST);
        assert_eq!(history.buckets().iter().map(|b| b.total()).sum::<u32>(), 300_000);
        assert_eq!(history.width(), Duration::from_secs(1024));
        // A time far away costs no memory either.
        history.add(Duration::from_secs(u64::from(u32::MAX)), Bucket { agrees: 1, ..Bucket::default() });
        assert!(history.buckets().len() <= MOST);
    }
}
