//! What came of candidates over the time of a run: columns that grow wider as the run grows longer.

use std::time::Duration;

use super::tally::Tally;

/// Columns that are kept.
pub(super) const COLUMNS: usize = 120;

/// Tallies by time. Columns are one second wide at first; when they would be more than [`COLUMNS`], two become one.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    start: Duration,
    seconds: u64,
    columns: Vec<Tally>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::from(Duration::ZERO)
    }
}

impl Timeline {
    /// A timeline that begins now.
    pub(super) fn from(at: Duration) -> Self {
        Self { start: at, seconds: 1, columns: Vec::new() }
    }

    /// Adds what came of a candidate.
    pub(super) fn add(&mut self, at: Duration, one: Tally) {
        let column = self.reach(at);
        self.columns[column] += one;
    }

    /// Columns up to now, the newest last, and the seconds that one stands for: at most `most`, made wider where there
    /// are more.
    pub(super) fn columns(&self, now: Duration, most: usize) -> (Vec<Tally>, u64) {
        let mut all = self.clone();
        all.reach(now);
        while all.columns.len() > most.max(1) {
            all.widen();
        }
        (all.columns, all.seconds)
    }

    /// The column of a moment, made if need be.
    fn reach(&mut self, at: Duration) -> usize {
        let second = at.saturating_sub(self.start).as_secs();
        while second / self.seconds >= COLUMNS as u64 {
            self.widen();
        }
        let column = usize::try_from(second / self.seconds).unwrap_or(COLUMNS - 1);
        if self.columns.len() <= column {
            self.columns.resize(column + 1, Tally::default());
        }
        column
    }

    fn widen(&mut self) {
        self.seconds = self.seconds.saturating_mul(2);
        self.columns = self.columns.chunks(2).map(sum).collect();
    }
}

fn sum(columns: &[Tally]) -> Tally {
    let mut all = Tally::default();
    for tally in columns {
        all += *tally;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_widen_and_the_end_of_time_is_reached() {
        let mut line = Timeline::from(Duration::from_secs(5));
        let one = Tally { agrees: 1, ..Tally::default() };
        line.add(Duration::from_secs(5), one);
        line.add(Duration::from_secs(124), one);
        assert_eq!(line.columns(Duration::from_secs(124), 500).1, 1);
        line.add(Duration::from_secs(125), one);
        let (columns, seconds) = line.columns(Duration::from_secs(125), 500);
        assert_eq!((columns.len(), seconds), (61, 2));
        assert_eq!(columns[0].agrees, 1);
        assert_eq!(columns[59].agrees, 1);
        assert_eq!(columns[60].agrees, 1);
        line.add(Duration::MAX, one);
        assert_eq!(sum(&line.columns(Duration::MAX, 500).0).agrees, 4);
    }

    proptest! {
        #[test]
        fn merging_keeps_sums(times in prop::collection::vec(0u64..10_000_000, 0..400), most in 0usize..200) {
            let mut line = Timeline::from(Duration::from_secs(10));
            let mut expected = Tally::default();
            for (i, at) in times.iter().enumerate() {
                let one = Tally { agrees: 1, failed: (i % 3) as u64, ..Tally::default() };
                expected += one;
                line.add(Duration::from_secs(*at), one);
            }
            let (columns, seconds) = line.columns(Duration::from_secs(times.iter().copied().max().unwrap_or(0)), most);
            prop_assert!(columns.len() <= COLUMNS.min(most.max(1)));
            prop_assert!(seconds.is_power_of_two());
            prop_assert_eq!(sum(&columns), expected);
        }
    }
}
