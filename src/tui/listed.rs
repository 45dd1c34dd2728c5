//! What is listed: candidates in an order. By number it is a set; any other order is told apart.

use crate::store::IdSet;

/// Candidates in an order, each at its place from 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    set: IdSet,
    /// Empty where the order is that of numbers.
    order: Vec<i64>,
    /// The place of the nth of the set in that order.
    places: Vec<u32>,
}

impl Listed {
    /// In this order.
    pub fn in_order(order: Vec<i64>) -> Self {
        let set: IdSet = order.iter().copied().collect();
        if order.is_sorted() {
            return set.into();
        }
        let mut places = vec![0; order.len()];
        for (at, id) in order.iter().enumerate() {
            if let Some(place) = places.get_mut(set.below(*id)) {
                *place = u32::try_from(at).unwrap_or(u32::MAX);
            }
        }
        Self { set, order, places }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// Whether the order is that of numbers.
    pub fn is_by_number(&self) -> bool {
        self.order.is_empty()
    }

    /// The one at a place.
    pub fn get(&self, at: usize) -> Option<i64> {
        if self.is_by_number() { self.set.nth(at) } else { self.order.get(at).copied() }
    }

    /// The place of one.
    pub fn place(&self, id: i64) -> Option<usize> {
        let nth = self.set.contains(id).then(|| self.set.below(id))?;
        if self.is_by_number() { Some(nth) } else { self.places.get(nth).map(|at| *at as usize) }
    }

    /// Whether one is listed.
    pub fn contains(&self, id: i64) -> bool {
        self.set.contains(id)
    }

    /// The first.
    pub fn first(&self) -> Option<i64> {
        self.get(0)
    }

    /// The last.
    pub fn last(&self) -> Option<i64> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All that are listed, whatever the order.
    pub fn set(&self) -> &IdSet {
        &self.set
    }

    /// At most `n` of them from a place on.
    pub fn some(&self, from: usize, n: usize) -> Vec<i64> {
        (from..from.saturating_add(n)).map_while(|at| self.get(at)).collect()
    }

    /// All, in order.
    pub fn to_vec(&self) -> Vec<i64> {
        if self.is_by_number() { self.set.iter().collect() } else { self.order.clone() }
    }

    /// From one to another, as they are listed.
    pub fn between(&self, one: i64, other: i64) -> IdSet {
        let (Some(a), Some(b)) = (self.place(one), self.place(other)) else { return IdSet::default() };
        if self.is_by_number() {
            let mut between = IdSet::span(&(one.min(other)..=one.max(other)));
            between &= &self.set;
            return between;
        }
        self.order[a.min(b)..=a.max(b)].iter().copied().collect()
    }

    /// Adds candidates. By number each takes its place; in any other order, only those that came later are added, at the
    /// end.
    pub fn add(&mut self, more: &IdSet) {
        if self.is_by_number() {
            self.set |= more;
            return;
        }
        let newest = self.set.last().unwrap_or(0);
        for id in more.iter().filter(|id| *id > newest) {
            self.places.push(u32::try_from(self.order.len()).unwrap_or(u32::MAX));
            self.order.push(id);
            self.set.insert(id);
        }
    }
}

impl From<IdSet> for Listed {
    fn from(set: IdSet) -> Self {
        Self { set, order: Vec::new(), places: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_number_everything_takes_its_place() {
        let mut listed = Listed::in_order(vec![4, 8, 9]);
        assert!(listed.is_by_number());
        listed.add(&[2, 8, 20].into_iter().collect());
        assert_eq!(listed.to_vec(), [2, 4, 8, 9, 20]);
        assert_eq!((listed.place(8), listed.place(5), listed.get(4), listed.get(5)), (Some(2), None, Some(20), None));
        assert_eq!(listed.between(9, 4).iter().collect::<Vec<_>>(), [4, 8, 9]);
        assert_eq!(listed.some(3, 9), [9, 20]);
    }

    #[test]
    fn another_order_keeps_its_places_and_grows_at_its_end() {
        let mut listed = Listed::in_order(vec![7, 2, 9, 4]);
        listed.add(&[3, 12, 11].into_iter().collect());
        assert_eq!(listed.to_vec(), [7, 2, 9, 4, 11, 12], "what is older is not put among them");
        for (at, id) in listed.to_vec().into_iter().enumerate() {
            assert_eq!((listed.place(id), listed.get(at)), (Some(at), Some(id)));
        }
        assert_eq!(listed.place(3), None);
        let between: Vec<i64> = listed.between(4, 2).iter().collect();
        assert_eq!(between, [2, 4, 9], "between them as they are listed");
        assert_eq!((listed.first(), listed.last(), listed.len()), (Some(7), Some(12), 6));
    }
}
