//! What one comparison inside the verifier found, and the circumstances that it goes by.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use super::leniency::LeniencySet;
use super::reason::Reason;
use super::{Leniency, Tier};

/// A comparison's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Same,
    Different,
    Unknown,
}

/// A comparison's word with its evidence.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) word: Word,
    pub(super) tier: Tier,
    pub(super) used: LeniencySet,
    pub(super) reason: Reason,
}

impl Finding {
    pub(super) fn same(tier: Tier, reason: impl Into<Reason>) -> Self {
        Self { word: Word::Same, tier, used: LeniencySet::NONE, reason: reason.into() }
    }

    pub(super) fn different(tier: Tier, reason: impl Into<Reason>) -> Self {
        Self { word: Word::Different, tier, used: LeniencySet::NONE, reason: reason.into() }
    }

    pub(super) fn unknown(tier: Tier, reason: impl Into<Reason>) -> Self {
        Self { word: Word::Unknown, tier, used: LeniencySet::NONE, reason: reason.into() }
    }

    pub(super) fn is_same(&self) -> bool {
        self.word == Word::Same
    }

    /// The same finding, which needed one leniency more; different where that one is not granted.
    pub(super) fn needing(mut self, leniency: Leniency, around: &Around) -> Self {
        if self.word != Word::Same {
            return self;
        }
        if !around.granted.has(leniency) {
            let place = format!("they would be the same but for {leniency}, which is not granted");
            return Self::different(self.tier, self.reason.within(place));
        }
        self.used = self.used.with(leniency);
        self
    }

    /// The same finding, made at a place.
    pub(super) fn within(mut self, place: impl Into<Cow<'static, str>>) -> Self {
        self.reason = self.reason.within(place);
        self
    }
}

/// What is known around the pair.
#[derive(Debug)]
pub(super) struct Around<'a> {
    pub(super) granted: LeniencySet,
    pub(super) question: &'a str,
    pub(super) options: &'a [String],
    /// Relative tolerance that the seed or the options state.
    pub(super) tolerance: Option<f64>,
    /// Digits of the reference are significant figures, down to one.
    pub(super) measured: bool,
    rounds: OnceCell<bool>,
    approximates: OnceCell<bool>,
    /// How many comparisons this one stands in.
    depth: Cell<u32>,
    /// Comparisons left before the verifier gives up.
    fuel: Cell<u32>,
}

/// Comparisons of parts that one pair may cost.
const FUEL: u32 = 60_000;

impl<'a> Around<'a> {
    pub(super) fn new(
        granted: LeniencySet,
        question: &'a str,
        options: &'a [String],
        tolerance: Option<f64>,
        domain: &str,
    ) -> Self {
        let measured = ["physics", "chemistry", "engineering"].iter().any(|d| domain.contains(d));
        Self {
            granted,
            question,
            options,
            tolerance,
            measured,
            rounds: OnceCell::new(),
            approximates: OnceCell::new(),
            depth: Cell::new(0),
            fuel: Cell::new(FUEL),
        }
    }

    fn asks(&self, words: &[&str]) -> bool {
        !self.question.is_empty() && words.iter().any(|w| contains_ignoring_case(self.question, w))
    }

    /// Whether the question says to round.
    pub(super) fn rounds(&self) -> bool {
        *self.rounds.get_or_init(|| self.asks_to_round())
    }

    fn asks_to_round(&self) -> bool {
        self.asks(&["nearest", "round ", "rounded", "decimal place", "significant", "approximat", "estimate"])
    }

    /// Whether the question asks for an approximate value.
    pub(super) fn approximates(&self) -> bool {
        *self.approximates.get_or_init(|| self.asks(&["approximat", "estimate", "about how many", "roughly"]))
    }

    /// Does something within one comparison more.
    pub(super) fn within<T>(&self, f: impl FnOnce() -> T) -> T {
        self.depth.set(self.depth.get() + 1);
        let result = f();
        self.depth.set(self.depth.get() - 1);
        result
    }

    /// Whether the two answers as a whole are being compared.
    pub(super) fn on_top(&self) -> bool {
        self.depth.get() == 0
    }

    /// Whether the question asks for an interval, and the two answers as a whole are being compared.
    pub(super) fn asks_for_interval(&self) -> bool {
        self.depth.get() <= 1
            && self.asks(&["interval", "range of", "domain", "inequality", "solution set", "for which values"])
    }

    /// Whether the question asks for a span, a score, a time of day or another pair of numbers that is no arithmetic.
    pub(super) fn asks_for_span(&self) -> bool {
        self.asks(&[
            "score",
            "result of the game",
            "result of the match",
            "what time",
            "at what time",
            "which pages",
            "what pages",
            "phone",
            "time signature",
            "blood pressure",
            "when was",
            "when did",
            "which years",
        ])
    }

    /// Whether the question asks for a point.
    pub(super) fn asks_for_point(&self) -> bool {
        self.asks(&["coordinates", "ordered pair", "the point"])
    }

    /// Whether the question speaks of a base.
    pub(super) fn names_a_base(&self) -> bool {
        self.asks(&["base", "binary", "octal", "hexadecimal", "ternary"])
    }

    /// Whether the question says that order matters.
    pub(super) fn ordered(&self) -> bool {
        !self.asks(&["not necessarily in"])
            && self.asks(&[
                "in order",
                "in that order",
                "in the order",
                "what order",
                "which order",
                "ascending",
                "descending",
                "increasing order",
                "decreasing order",
                "respectively",
                "from smallest",
                "from largest",
                "from least",
                "from greatest",
                "from tallest",
                "rank ",
                "terms of the sequence",
            ])
    }

    /// Whether there was not enough to pay with.
    pub(super) fn exhausted(&self) -> bool {
        self.fuel.get() == 0
    }

    /// Pays for one comparison; false when nothing is left to pay with.
    pub(super) fn pay(&self, amount: u32) -> bool {
        let left = self.fuel.get();
        self.fuel.set(left.saturating_sub(amount));
        left >= amount
    }
}

/// ASCII case-insensitive containment; `needle` is lower case.
pub(super) fn contains_ignoring_case(text: &str, needle: &str) -> bool {
    let needle = needle.as_bytes();
    let Some(first) = needle.first() else { return true };
    text.as_bytes().windows(needle.len()).any(|w| w[0] | 0x20 == *first | 0x20 && w.eq_ignore_ascii_case(needle))
}
