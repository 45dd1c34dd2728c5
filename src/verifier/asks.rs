//! What a question asks for, by the phrases in it: all of them found in one pass.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Something that a question may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// To round.
    Rounded,
    /// An approximate value.
    Approximate,
    /// A value in exact form, in which a decimal is no answer.
    Exact,
    /// An interval.
    Interval,
    /// A span, a score, a time of day or another pair of numbers that is no arithmetic.
    Span,
    /// A point.
    Point,
    /// A number in some base.
    Base,
    /// Answers in an order.
    Ordered,
    /// Answers in any order.
    Unordered,
    /// How much two values lie apart.
    Difference,
    /// A ratio.
    Ratio,
    /// A count.
    Count,
}

/// The phrases by which a question asks for each, in lower case.
const PHRASES: &[(Ask, &[&str])] = &[
    (Ask::Rounded, &["nearest", "round ", "rounded", "decimal place", "significant", "approximat", "estimate"]),
    (Ask::Approximate, &["approximat", "estimate", "about how many", "roughly"]),
    (
        Ask::Exact,
        &[
            "exact value",
            "exact answer",
            "exact form",
            "in terms of $\\pi$",
            "in terms of \\(\\pi\\)",
            "in terms of pi",
        ],
    ),
    (
        Ask::Interval,
        &[
            "interval",
            "range of",
            "domain",
            "inequality",
            "solution set",
            "for which values",
            "for which x",
            "for which $x$",
            "is increasing",
            "is decreasing",
            "concave",
        ],
    ),
    (
        Ask::Span,
        &[
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
        ],
    ),
    (Ask::Point, &["coordinates", "ordered pair", "the point"]),
    (Ask::Base, &["base", "binary", "octal", "hexadecimal", "ternary"]),
    (
        Ask::Ordered,
        &[
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
            "length and width",
            "find x and y",
            "find $x$ and $y$",
            "mean and standard deviation",
            "mean and the standard deviation",
        ],
    ),
    (Ask::Unordered, &["not necessarily in"]),
    (Ask::Difference, &["difference", "change in", "rise", "increase", "decrease", "drop", "\\delta"]),
    (Ask::Ratio, &["ratio"]),
    (Ask::Count, &["how many"]),
];

/// A machine for all phrases at once, and what each of its phrases asks for.
static MACHINE: LazyLock<(AhoCorasick, Vec<Ask>)> = LazyLock::new(|| {
    let all = || PHRASES.iter().flat_map(|(ask, phrases)| phrases.iter().map(move |p| (*ask, *p)));
    let machine = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(all().map(|(_, phrase)| phrase))
        .expect("the phrases are few");
    (machine, all().map(|(ask, _)| ask).collect())
});

/// Everything that one question asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asks(u16);

impl Asks {
    /// Reads a question.
    pub(super) fn of(question: &str) -> Self {
        if question.is_empty() {
            return Self::default();
        }
        let (machine, asks) = &*MACHINE;
        let hits = machine.find_overlapping_iter(question);
        Self(hits.fold(0, |all, hit| all | 1 << asks[hit.pattern().as_usize()] as u16))
    }

    /// Whether it asks for this.
    pub(super) fn has(self, ask: Ask) -> bool {
        self.0 & 1 << ask as u16 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_in_any_case_and_inside_one_another() {
        let asks = Asks::of("APPROXIMATE the range of f, in ascending order, to two decimal places");
        for ask in [Ask::Rounded, Ask::Approximate, Ask::Interval, Ask::Ordered] {
            assert!(asks.has(ask), "{ask:?}");
        }
        for ask in [Ask::Exact, Ask::Span, Ask::Point, Ask::Base, Ask::Unordered, Ask::Difference, Ask::Ratio] {
            assert!(!asks.has(ask), "{ask:?}");
        }
        assert!(Asks::of("What time is it?").has(Ask::Span));
        assert!(!Asks::of("").has(Ask::Span));
    }

    #[test]
    fn phrases_are_in_lower_case() {
        assert!(PHRASES.iter().flat_map(|(_, p)| p.iter()).all(|p| !p.is_empty() && *p == p.to_lowercase()));
    }
}
