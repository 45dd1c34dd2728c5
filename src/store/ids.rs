//! A set of candidates, by row, or of slots: a list of a million of them takes kilobytes, and is asked for its nth in microseconds.

use std::ops::{BitAndAssign, BitOrAssign, RangeInclusive};

use roaring::RoaringTreemap;

/// Rows of candidates, upwards, which are counted from 1, or slots, from 0; a number that none can have is never in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdSet(RoaringTreemap);

impl IdSet {
    /// All from one row to another, both included.
    pub fn span(rows: &RangeInclusive<i64>) -> Self {
        let mut set = RoaringTreemap::new();
        if let (Some(first), Some(last)) = (number(*rows.start().max(&1)), number(*rows.end())) {
            set.insert_range(first..=last);
        }
        Self(set)
    }

    /// How many.
    pub fn len(&self) -> usize {
        usize::try_from(self.0.len()).unwrap_or(usize::MAX)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one is among them.
    pub fn contains(&self, id: i64) -> bool {
        number(id).is_some_and(|id| self.0.contains(id))
    }

    /// Adds one; whether it was not there.
    pub fn insert(&mut self, id: i64) -> bool {
        number(id).is_some_and(|id| self.0.insert(id))
    }

    /// Takes one away; whether it was there.
    pub fn remove(&mut self, id: i64) -> bool {
        number(id).is_some_and(|id| self.0.remove(id))
    }

    /// Takes all away from one on.
    pub fn cut(&mut self, from: i64) {
        self.0.remove_range(number(from.max(0)).unwrap_or_default()..);
    }

    /// Takes all away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The nth, from 0.
    pub fn nth(&self, at: usize) -> Option<i64> {
        row(self.0.select(u64::try_from(at).ok()?)?)
    }

    /// How many are below this one, be it among them or not.
    pub fn below(&self, id: i64) -> usize {
        let below = id.checked_sub(1).and_then(number).map_or(0, |id| self.0.rank(id));
        usize::try_from(below).unwrap_or(usize::MAX)
    }

    /// The lowest.
    pub fn first(&self) -> Option<i64> {
        row(self.0.min()?)
    }

    /// The highest.
    pub fn last(&self) -> Option<i64> {
        row(self.0.max()?)
    }

    /// The next one above this one.
    pub fn after(&self, id: i64) -> Option<i64> {
        self.nth(self.below(id.saturating_add(1)))
    }

    /// The next one below this one.
    pub fn before(&self, id: i64) -> Option<i64> {
        self.nth(self.below(id).checked_sub(1)?)
    }

    /// All, upwards.
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        self.0.iter().filter_map(row)
    }
}

fn number(id: i64) -> Option<u64> {
    u64::try_from(id).ok()
}

fn row(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

impl FromIterator<i64> for IdSet {
    fn from_iter<T: IntoIterator<Item = i64>>(ids: T) -> Self {
        Self(ids.into_iter().filter_map(number).collect())
    }
}

impl BitOrAssign<&IdSet> for IdSet {
    fn bitor_assign(&mut self, other: &Self) {
        self.0 |= &other.0;
    }
}

impl BitAndAssign<&IdSet> for IdSet {
    fn bitand_assign(&mut self, other: &Self) {
        self.0 &= &other.0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_span_is_what_lies_between() {
        let set = IdSet::span(&(5..=7));
        assert_eq!(set.iter().collect::<Vec<_>>(), [5, 6, 7]);
        assert_eq!((set.nth(0), set.nth(2), set.nth(3)), (Some(5), Some(7), None));
        assert_eq!((set.after(4), set.after(7), set.before(9), set.before(5)), (Some(5), None, Some(7), None));
        assert!(IdSet::span(&RangeInclusive::new(1, 0)).is_empty());
        assert_eq!(IdSet::span(&(-3..=2)).iter().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_row_that_none_can_have_is_not_in_it() {
        let mut set: IdSet = [-1, 3].into_iter().collect();
        assert!(!set.insert(-7) && !set.contains(-1) && !set.remove(-1));
        assert_eq!((set.len(), set.below(i64::MIN), set.below(i64::MAX), set.after(i64::MAX)), (1, 0, 1, None));
    }

    proptest::proptest! {
        #[test]
        fn it_is_the_set_of_its_rows(ids in proptest::collection::btree_set(0_i64..200_000, 0..60), at in 0_i64..200_000) {
            let set: IdSet = ids.iter().copied().collect();
            let all: Vec<i64> = ids.iter().copied().collect();
            proptest::prop_assert_eq!(set.iter().collect::<Vec<_>>(), all.clone());
            proptest::prop_assert_eq!(set.below(at), ids.range(..at).count());
            proptest::prop_assert_eq!(set.after(at), ids.range(at + 1..).next().copied());
            proptest::prop_assert_eq!(set.before(at), ids.range(..at).next_back().copied());
            proptest::prop_assert_eq!((set.first(), set.last()), (all.first().copied(), all.last().copied()));
            let mut both = set.clone();
            both &= &IdSet::span(&(at..=at + 50_000));
            let wanted: BTreeSet<i64> = ids.range(at..=at + 50_000).copied().collect();
            proptest::prop_assert_eq!(both.iter().collect::<BTreeSet<_>>(), wanted);
            let mut cut = set.clone();
            cut.cut(at);
            proptest::prop_assert_eq!(cut.iter().collect::<BTreeSet<_>>(), ids.range(..at).copied().collect());
        }
    }
}
