//! How fast something goes, from the moments at which it happened, in bounded memory.

use std::collections::VecDeque;
use std::time::Duration;

/// Moments kept; at one a second they reach back further than [`WINDOW`].
const KEPT: usize = 64;
/// Moments nearer to each other than this are one.
const GRAIN: Duration = Duration::from_secs(1);
/// A rate looks back so far, and further while there are fewer than [`FEW`] items in it.
const WINDOW: Duration = Duration::from_secs(60);
const FEW: u64 = 8;
/// Before this much time a rate would be noise.
const SOON: Duration = Duration::from_secs(2);

/// A count with its recent past.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    total: u64,
    /// Moments with the count right after them: what happened since a moment is the difference.
    moments: VecDeque<(Duration, u64)>,
}

impl Pace {
    /// A count that begins now.
    pub(super) fn from(at: Duration) -> Self {
        Self { total: 0, moments: VecDeque::from([(at, 0)]) }
    }

    /// One more.
    pub(super) fn note(&mut self, at: Duration) {
        self.total = self.total.saturating_add(1);
        if self.moments.back().is_none_or(|(last, _)| at >= *last + GRAIN) {
            if self.moments.len() == KEPT {
                self.moments.pop_front();
            }
            self.moments.push_back((at, self.total));
        }
    }

    /// How many there were.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How many a minute of late; `None` while there is too little to say.
    pub(super) fn per_minute(&self, now: Duration) -> Option<f64> {
        let enough = |(at, count): &&(Duration, u64)| {
            now.saturating_sub(*at) >= WINDOW && self.total.saturating_sub(*count) >= FEW
        };
        let (since, before) = self.moments.iter().rev().find(enough).or_else(|| self.moments.front())?;
        let time = now.saturating_sub(*since);
        let items = self.total.saturating_sub(*before);
        (items > 0 && time >= SOON).then(|| items as f64 * 60.0 / time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(step: Duration, n: u32) -> Pace {
        let mut pace = Pace::from(Duration::ZERO);
        for i in 1..=n {
            pace.note(step * i);
        }
        pace
    }

    #[test]
    fn a_steady_sequence_has_its_rate() {
        for (millis, n, rate) in [(1000, 10, 60.0), (1000, 5000, 60.0), (50, 20_000, 1200.0), (180_000, 12, 1.0 / 3.0)]
        {
            let step = Duration::from_millis(millis);
            let found = every(step, n).per_minute(step * n).unwrap();
            assert!((found / rate - 1.0).abs() < 0.02, "every {millis} ms: {found}");
        }
    }

    #[test]
    fn it_follows_a_change_and_falls_when_nothing_comes() {
        let mut pace = every(Duration::from_secs(1), 300);
        for i in 1..=120 {
            pace.note(Duration::from_secs(300) + Duration::from_millis(250) * i);
        }
        let fast = pace.per_minute(Duration::from_secs(330)).unwrap();
        assert!(fast > 120.0 && fast < 240.0, "{fast}");
        let idle = pace.per_minute(Duration::from_secs(900)).unwrap();
        assert!(idle < 15.0, "{idle}");
    }

    #[test]
    fn nothing_is_said_too_soon_or_of_nothing() {
        assert_eq!(Pace::default().per_minute(Duration::from_secs(9)), None);
        assert_eq!(Pace::from(Duration::ZERO).per_minute(Duration::from_secs(9)), None);
        assert_eq!(every(Duration::from_millis(10), 50).per_minute(Duration::from_millis(500)), None);
    }

    #[test]
    fn memory_is_bounded() {
        assert!(every(Duration::from_secs(2), 100_000).moments.len() <= KEPT);
    }
}
