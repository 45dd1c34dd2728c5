//! What one comparison inside the verifier found, and the circumstances that it goes by.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::asks::{Ask, Asks};
use super::leniency::LeniencySet;
use super::reason::Reason;
use super::text::Prose;
use super::{Leniency, Outcome, Tier};

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

    /// The verdict's word for it.
    pub(super) fn outcome(&self) -> Outcome {
        match self.word {
            Word::Same => Outcome::Equivalent,
            Word::Different => Outcome::Different,
            Word::Unknown => Outcome::Undecided,
        }
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
    asks: OnceCell<Asks>,
    /// Texts whose words were asked for.
    prose: RefCell<Vec<(String, Rc<Prose>)>>,
    /// How many comparisons this one stands in.
    depth: Cell<u32>,
    /// Comparisons left before the verifier gives up.
    fuel: Cell<u32>,
}

/// Comparisons of parts that one pair may cost.
const FUEL: u32 = 60_000;
/// Texts whose words one pair keeps.
const PROSES: usize = 8;

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
            asks: OnceCell::new(),
            prose: RefCell::default(),
            depth: Cell::new(0),
            fuel: Cell::new(FUEL),
        }
    }

    /// Whether the question asks for this.
    pub(super) fn asks(&self, ask: Ask) -> bool {
        self.asks.get_or_init(|| Asks::of(self.question)).has(ask)
    }

    /// The words of a text, split once however often they are asked for.
    pub(super) fn prose(&self, text: &str) -> Rc<Prose> {
        let mut known = self.prose.borrow_mut();
        if let Some((_, prose)) = known.iter().find(|(t, _)| t == text) {
            return Rc::clone(prose);
        }
        let prose = Rc::new(Prose::new(text));
        // The response and the question come early and stay; the last place is the current alternative's.
        known.truncate(PROSES - 1);
        known.push((text.to_owned(), Rc::clone(&prose)));
        prose
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
        self.depth.get() <= 1 && self.asks(Ask::Interval)
    }

    /// Whether the question says that order matters.
    pub(super) fn ordered(&self) -> bool {
        self.asks(Ask::Ordered) && !self.asks(Ask::Unordered)
    }

    /// Begins with the next alternative of the reference.
    pub(super) fn begin(&self) {
        self.depth.set(0);
        self.fuel.set(FUEL);
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
