//! What the signs of the lists mean, and the words of the screens: help has them behind the keys.

use super::action::Place;
use super::theme::Meaning;
use crate::failure::FailureKind;
use crate::store::record::{Agreement, Row};

/// A sign, how it looks, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// The character.
    pub glyph: &'static str,
    /// How it looks.
    pub meaning: Meaning,
    /// What it says.
    pub says: &'static str,
}

const fn sign(glyph: &'static str, meaning: Meaning, says: &'static str) -> Sign {
    Sign { glyph, meaning, says }
}

/// Of the candidates' list, from left to right.
const CANDIDATES: &[Sign] = &[
    sign("▸", Meaning::Text, "the selected candidate"),
    sign("▌", Meaning::Mark, "marked: decisions go to all that is marked"),
    sign("=", Meaning::Equivalent, "agrees: the CoT answer is equivalent to the code answer"),
    sign("≠", Meaning::Different, "disagrees: the two answers are different"),
    sign("?", Meaning::Undecided, "undecided: the verifier could not tell"),
    sign("×", Meaning::Warning, "its code did not execute as it should: why stands behind the number"),
    sign("!", Meaning::Error, "failed otherwise: why stands behind the number"),
    sign("‡", Meaning::Human, "contested: reviewers are tied"),
    sign("·", Meaning::Muted, "no verdict, or one that is hidden until you have judged"),
    sign("✎", Meaning::Human, "its question, code or answer was corrected"),
    sign("✓", Meaning::Human, "accepted"),
    sign("✗", Meaning::Human, "rejected"),
    sign("⚑", Meaning::Human, "flagged for another look"),
    sign("•", Meaning::Human, "judged, not accepted or rejected; the sign at the left is the person's word then"),
];

/// Of the seeds' list.
const SEEDS: &[Sign] = &[
    sign("·", Meaning::Muted, "not checked"),
    sign("=", Meaning::Equivalent, "checked: its code prints the stated answer"),
    sign("≠", Meaning::Different, "checked: its code prints another answer"),
    sign("?", Meaning::Undecided, "checked: the verifier could not tell"),
    sign("!", Meaning::Error, "checked: its code failed; at the right: something is probably wrong with it"),
];

/// Of the rules' list.
const RULES: &[Sign] = &[
    sign("■", Meaning::Accent, "holds"),
    sign("□", Meaning::Muted, "does not hold"),
    sign("*", Meaning::Human, "not as loong.toml has it"),
];

/// Words that the screens use with one meaning each.
pub const WORDS: &[Sign] = &[
    word(
        "reference",
        "what a response is compared with: what the candidate's code printed, or what came with an import",
    ),
    word("response", "one solver's chain of thought, and the CoT answer that it ends with"),
    word("verdict", "the verifier's word on reference and response: equivalent, different, undecided"),
    word("agreement", "what the verdicts on all responses of a candidate amount to"),
    word("judgement", "a person's word on the same two answers; it stands over the verdict"),
    word("tier", "the verifier's stage that decided: text, structure, number, algebra, symbolic, judge"),
    word("leniency", "a tolerance that the verifier grants: rounding, order, dropped units and others"),
    word("suspicion", "how much speaks for the verdict being wrong"),
    word("stratum", "pairs of one verdict, tier and domain; a plan draws from each"),
    word("plan", "pairs drawn at random to be judged, so that the verifier's error rates can be told"),
    word("blind", "judged without having seen the verdict"),
    word("family", "a seed and all that was made from it"),
    word("flip", "a verdict that changes under other rules"),
];

const fn word(word: &'static str, says: &'static str) -> Sign {
    sign(word, Meaning::Text, says)
}

/// The signs of a place's list.
pub fn signs(place: Place) -> &'static [Sign] {
    match place {
        Place::Review => CANDIDATES,
        Place::Seeds => SEEDS,
        Place::Rules => RULES,
        _ => &[],
    }
}

/// What the responses amount to, in a glyph; a failure is none of them.
pub fn state(row: &Row) -> (&'static str, Meaning) {
    if row.contested {
        return ("‡", Meaning::Human);
    }
    match (row.standing, row.failure.as_ref().map(|failure| failure.kind)) {
        (Agreement::Agrees, _) => ("=", Meaning::Equivalent),
        (Agreement::Disagrees, _) => ("≠", Meaning::Different),
        (Agreement::Undecided, _) => ("?", Meaning::Undecided),
        (Agreement::None, Some(kind)) => failed(kind),
        (Agreement::None, None) => ("·", Meaning::Muted),
    }
}

/// A failure, in a glyph: what did not execute is apart from what else failed, in lists and bars alike.
fn failed(kind: FailureKind) -> (&'static str, Meaning) {
    if kind.is_of_code() { ("×", Meaning::Warning) } else { ("!", Meaning::Error) }
}
