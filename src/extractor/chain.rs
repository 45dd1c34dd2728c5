//! Strategies by name, and chains of them.

use crate::words::words;

words! {
    /// Which strategy found the answer.
    pub enum How {
        /// `\boxed{…}` or `\fbox{…}`.
        Boxed = "boxed",
        /// `<answer>…</answer>`.
        Tag = "tag",
        /// What stands after `####`.
        Hashes = "hashes",
        /// A JSON object's `answer` or `final_answer`.
        Json = "json",
        /// "The final answer is …", "Answer: …", a heading "Final Answer"; in many languages.
        Phrase = "phrase",
        /// What the last line has in bold.
        Bold = "bold",
        /// The only formula of a short sentence.
        Formula = "formula",
        /// "Therefore, … is 5": the value that the last sentence arrives at.
        Conclusion = "conclusion",
        /// The text is nothing but the answer.
        Whole = "whole",
        /// The displayed formula that the text ends in.
        Display = "display",
        /// The result in the table that the text ends in.
        Table = "table",
        /// The last line, which is nothing but an answer.
        LastLine = "last-line",
    }
}

impl How {
    /// Whether the author marked the answer as such; what is found otherwise is only where answers mostly stand.
    pub fn is_marked(self) -> bool {
        matches!(self, Self::Boxed | Self::Tag | Self::Hashes | Self::Json | Self::Phrase)
    }
}

/// Number of strategies.
const COUNT: usize = How::ALL.len();

/// Strategies in the order in which they are tried, each at most once.
///
/// ```
/// use loong::extractor::{Chain, How};
/// let chain: Chain = "boxed, last-line".parse().unwrap();
/// assert_eq!(chain.as_slice(), [How::Boxed, How::LastLine]);
/// assert!("boxed,guess".parse::<Chain>().is_err());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    order: [How; COUNT],
    len: usize,
}

impl Chain {
    /// The strategies given; each counts where it stands first.
    pub fn of(strategies: &[How]) -> Self {
        let mut chain = Self { order: [How::Boxed; COUNT], len: 0 };
        for how in strategies {
            if !chain.as_slice().contains(how) {
                chain.order[chain.len] = *how;
                chain.len += 1;
            }
        }
        chain
    }

    /// The strategies that these words name; the default for no words at all.
    pub fn named<S: AsRef<str>>(words: &[S]) -> Result<Self, <How as std::str::FromStr>::Err> {
        let all = words.iter().map(|w| w.as_ref().trim().parse()).collect::<Result<Vec<How>, _>>()?;
        Ok(if all.is_empty() { Self::default() } else { Self::of(&all) })
    }

    /// In order.
    pub fn as_slice(&self) -> &[How] {
        &self.order[..self.len]
    }

    /// Whether this strategy is tried.
    pub fn has(&self, how: How) -> bool {
        self.as_slice().contains(&how)
    }
}

impl Default for Chain {
    /// Every strategy, the most explicit first.
    fn default() -> Self {
        let mut order = [How::Boxed; COUNT];
        order.copy_from_slice(How::ALL);
        Self { order, len: COUNT }
    }
}

impl PartialEq for Chain {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Chain {}

impl std::fmt::Display for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, how) in self.as_slice().iter().enumerate() {
            write!(f, "{}{how}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Chain {
    type Err = <How as std::str::FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::named(&text.split(',').filter(|w| !w.trim().is_empty()).collect::<Vec<_>>())
    }
}
