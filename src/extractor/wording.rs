//! Words around an announced answer: remarks instead of one, adverbs before it, reasons after it.

use std::sync::LazyLock;

use super::vocabulary::Vocabulary;

/// Words after "the answer is" with which a sentence about the answer starts, not the answer.
pub(super) static ABOUT: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "found|obtained|given|based|calculated|computed|derived|determined|shown|as|what|below|above|here|that",
        "because|to|expected|required|supposed|going|needed|presented|written|expressed|rounded|provided|in|on",
        "from|at|by|within|inside|stated|consistent|reasonable|plausible|clear|unclear|simple|straightforward",
        "easy|the same|already|still|also|close|dependent|too|very|quite|unique|not|never|nicht|pas|no es|non",
        "不|不是|wrong|incorrect|correct|right|verified|confirmed|missing|available|unknown|marked|one of|among",
        "like|boxed|usually|displayed|listed|going to|accurate|valid|invalid|now",
    ])
});

/// Words of the above that may be an answer themselves when nothing else is.
pub(super) static JUDGEMENTS: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "wrong|incorrect|correct|right|valid|invalid|unknown|unclear|here|above|below|missing|unique|dependent",
        "close",
    ])
});

/// Words that only colour what follows.
pub(super) static ADVERBS: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "therefore|thus|then|hence|simply|just|actually|indeed|clearly|obviously|definitely|in fact|of course",
        "likely|probably|most likely|donc|also|daher|somit|entonces",
    ])
});

/// Where a sentence goes on with something that is not the answer.
pub(super) static REASONS: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        ", because| because |, since | since |, which |, it |, as |, so |, where |, given that |, and so ",
        ", obtained |, rounded |, assuming |, i.e. |, hence |, meaning |, but |, parce que |, porque |, weil ",
        ", da |, car |, ya que |，因为|，所以|，即| (since | (because |, corresponding to | which is ",
    ])
});

/// Copulas that stand after the answer, and marks at the end of a sentence.
pub(super) const AFTER: &[&str] = &[
    "です",
    "である",
    "となります",
    "になります",
    "입니다",
    "이다",
    "이에요",
    "예요",
    "है",
    "हैं",
    "'dir",
    "'dır",
    "'tir",
    "'tır",
    "olur",
    "است",
];
