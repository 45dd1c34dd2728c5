//! The accepted candidates of a run, for slots that work on earlier ones: a few bits of each, however many there are.

use std::collections::BTreeMap;

use rand::RngExt;

use crate::store::IdSet;

/// Candidates that a slot is given to choose from: enough for any choice, few enough to be read for each slot.
const GIVEN: usize = 256;

/// Their rows, by domain.
#[derive(Debug, Default)]
pub(super) struct Eligible(BTreeMap<String, IdSet>);

impl Eligible {
    pub(super) fn add(&mut self, domain: &str, row: i64) {
        match self.0.get_mut(domain) {
            Some(rows) => drop(rows.insert(row)),
            None => drop(self.0.insert(domain.to_owned(), [row].into_iter().collect())),
        }
    }

    /// Rows of some of a domain, drawn evenly over all the time there were any.
    pub(super) fn some_of(&self, domain: &str) -> Vec<i64> {
        let Some(rows) = self.0.get(domain) else { return Vec::new() };
        let all = rows.len();
        if all <= GIVEN {
            return rows.iter().collect();
        }
        let mut rng = rand::rng();
        let draw = |nth: usize| rows.nth(rng.random_range(nth * all / GIVEN..(nth + 1) * all / GIVEN));
        (0..GIVEN).filter_map(draw).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_slot_is_given_all_of_its_domain_or_an_even_draw() {
        let mut eligible = Eligible::default();
        for row in 1..=10_000 {
            eligible.add(if row % 50 == 0 { "finance" } else { "logic" }, row);
        }
        assert_eq!(eligible.some_of("finance"), (1..=200).map(|n| n * 50).collect::<Vec<_>>());
        assert!(eligible.some_of("games").is_empty());
        let drawn = eligible.some_of("logic");
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), GIVEN);
        assert!(drawn.iter().all(|row| row % 50 != 0));
        assert!((100..156).contains(&drawn.iter().filter(|row| **row <= 5000).count()));
        let others: BTreeSet<i64> = (0..100).flat_map(|_| eligible.some_of("logic")).collect();
        assert!(others.len() > 8000, "{}: each has its chance", others.len());
    }
}
