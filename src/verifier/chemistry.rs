//! Tier 2, chemical formulas: atoms, charges, and the order of atoms, which tells isomers apart.

use super::finding::{Around, Finding};
use super::{Tier, text};
use crate::answer::chemistry::{Chemical, Species};

/// Two formulas, or two reactions.
pub(super) fn compare(reference: &Chemical, response: &Chemical) -> Finding {
    let (a, b) = (&reference.sides, &response.sides);
    if a == b {
        return Finding::same(Tier::Structure, "both are the same chemical formula");
    }
    let count = |sides: &[Vec<Species>]| sides.iter().map(Vec::len).collect::<Vec<_>>();
    if count(a) != count(b) {
        return Finding::different(Tier::Structure, "they have different numbers of substances");
    }
    let mut undecided = false;
    for (x, y) in a.iter().flatten().zip(b.iter().flatten()) {
        let single = a.len() == 1 && a[0].len() == 1;
        if single && (x.composition() != y.composition() || x.charge != y.charge || x.count != y.count) {
            return Finding::different(Tier::Structure, "the atoms, their numbers or the charge differ");
        }
        if single && x.atoms != y.atoms {
            // A structure says more than a composition does.
            if x.is_molecular() != y.is_molecular() {
                return Finding::different(Tier::Structure, "one names a structure and the other only its atoms");
            }
            undecided = true;
        }
    }
    if undecided {
        return Finding::unknown(Tier::Structure, "the same atoms in another order may be an isomer");
    }
    let atoms = |sides: &[Vec<Species>]| {
        let mut all: Vec<Vec<_>> =
            sides.iter().map(|s| s.iter().map(|x| (x.composition(), x.charge)).collect()).collect();
        for side in &mut all {
            side.sort();
        }
        all
    };
    if atoms(a) == atoms(b) {
        return Finding::unknown(Tier::Structure, "the substances are the same and their numbers or structures differ");
    }
    Finding::different(Tier::Structure, "the substances differ")
}

/// A formula against words, which may be a formula that has the look of a word: `CO`.
pub(super) fn named(formula: &Chemical, words: &str, formula_first: bool, around: &Around) -> Finding {
    match Chemical::any(words) {
        Some(other) if formula_first => compare(formula, &other),
        Some(other) => compare(&other, formula),
        None if formula_first => text::words(&formula.text, words, around),
        None => text::words(words, &formula.text, around),
    }
}
