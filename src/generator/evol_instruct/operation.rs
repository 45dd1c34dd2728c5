//! The operations by which a question is made of another.

use crate::generator::pool::chance;
use crate::words::words;

words! {
    /// An operation. In-depth ones make a harder problem of the same kind, in-breadth ones another problem.
    pub enum Operation {
        /// In depth: one or two more conditions.
        Constraints = "constraints",
        /// In depth: a deeper property of the same objects.
        Deepening = "deepening",
        /// In depth: particular data in place of general notions.
        Concretising = "concretising",
        /// In depth: more steps, each building on the one before.
        Reasoning = "reasoning",
        /// In depth: several parts in one answer.
        Expansion = "expansion",
        /// In breadth: a problem that a particular person meets.
        Persona = "persona",
        /// In breadth: another topic of the same domain.
        ShiftIn = "shift-in",
        /// In breadth: the same idea in another field.
        ShiftOut = "shift-out",
        /// In breadth: two problems made one.
        Mixing = "mixing",
        /// In breadth: the structure behind the story.
        Abstraction = "abstraction",
    }
}

/// The operations of a slot's children: `count` of `among`, none twice before all had their turn. `count` and `among` are
/// not empty.
pub(super) fn drawn(among: &[Operation], count: usize, rng_seed: u64, ordinal: u64) -> Vec<Operation> {
    let mut ranked: Vec<(f64, Operation)> = among.iter().map(|o| (chance(rng_seed, ordinal, o.as_str()), *o)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked.into_iter().map(|(_, operation)| operation).cycle().take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_is_drawn_about_as_often_as_any_other() {
        let mut counts = std::collections::BTreeMap::<Operation, u32>::new();
        for ordinal in 0..2000 {
            let two = drawn(Operation::ALL, 2, 7, ordinal);
            assert_ne!(two[0], two[1]);
            for operation in two {
                *counts.entry(operation).or_default() += 1;
            }
        }
        // Binomial(2000, 1/5): mean 400, standard deviation 18.
        assert!(counts.len() == 10 && counts.values().all(|n| (320..480).contains(n)), "{counts:?}");
    }

    #[test]
    fn few_operations_take_turns() {
        let three = drawn(&[Operation::Mixing, Operation::Persona], 3, 7, 0);
        assert!(three[0] != three[1] && three[0] == three[2]);
    }
}
