//! In which order a list comes: part of a filter, for it says what one wants to see first.

use crate::words::words;

words! {
    /// An order.
    pub enum Sort {
        /// As they came.
        Number = "number",
        /// The newest first.
        Newest = "newest",
        /// The most suspicious first: `suspicion` says why.
        Suspicious = "suspicious",
        /// Those of which the verifier is least certain first.
        Uncertain = "uncertain",
        /// At random, by turns from each stratum of verdict, domain and certainty; the same in every list.
        Random = "random",
    }
}

impl Sort {
    /// What comes first, in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Number => "as they came",
            Self::Newest => "the newest first",
            Self::Suspicious => "the most suspicious first",
            Self::Uncertain => "the least certain first",
            Self::Random => "at random, by turns from each stratum",
        }
    }
}
