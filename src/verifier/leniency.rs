//! Which leniencies are allowed: sets, presets, and the options of a verifier.

use std::str::FromStr;

use super::Leniency;
use crate::extractor::Chain;
use crate::words::words;

/// A set of leniencies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LeniencySet(u32);

impl LeniencySet {
    /// None.
    pub const NONE: Self = Self(0);

    const fn bit(leniency: Leniency) -> u32 {
        1 << leniency as u32
    }

    /// The set of those given.
    pub fn of(leniencies: &[Leniency]) -> Self {
        Self(leniencies.iter().fold(0, |bits, l| bits | Self::bit(*l)))
    }

    /// Whether it has this one.
    pub const fn has(self, leniency: Leniency) -> bool {
        self.0 & Self::bit(leniency) != 0
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, leniency: Leniency) -> Self {
        Self(self.0 | Self::bit(leniency))
    }

    /// With one fewer.
    #[must_use]
    pub const fn without(self, leniency: Leniency) -> Self {
        Self(self.0 & !Self::bit(leniency))
    }

    /// Those of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// How many.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of [`Leniency::ALL`].
    pub fn to_vec(self) -> Vec<Leniency> {
        Leniency::ALL.iter().copied().filter(|l| self.has(*l)).collect()
    }
}

words! {
    /// A named choice of leniencies.
    pub enum Preset {
        /// None: exact values in the form asked for.
        Strict = "strict",
        /// What a careful grader grants.
        Standard = "standard",
        /// Everything but what changes the meaning.
        Lenient = "lenient",
    }
}

impl Preset {
    /// The leniencies it grants.
    pub fn leniencies(self) -> LeniencySet {
        match self {
            Self::Strict => LeniencySet::NONE,
            Self::Standard => {
                LeniencySet::of(Leniency::ALL).without(Leniency::SubsetOfSolutions).without(Leniency::ConstantDropped)
            }
            Self::Lenient => LeniencySet::of(Leniency::ALL),
        }
    }
}

/// How a [`super::RuleVerifier`] decides.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifierOptions {
    /// The preset it started from, which is part of the version's name.
    pub preset: Preset,
    /// Leniencies granted.
    pub leniencies: LeniencySet,
    /// Domain whose defaults apply to every pair, over the pair's own.
    pub profile: Option<String>,
    /// Relative tolerance for every pair that states none; `None` for the rules of significant figures alone.
    pub tolerance: Option<f64>,
    /// Strategies by which the answer is looked for in a response.
    pub chain: Chain,
}

impl Default for VerifierOptions {
    fn default() -> Self {
        Self::preset(Preset::Standard)
    }
}

impl VerifierOptions {
    /// The options of a preset.
    pub fn preset(preset: Preset) -> Self {
        Self { preset, leniencies: preset.leniencies(), profile: None, tolerance: None, chain: Chain::default() }
    }

    /// Grants or withdraws a leniency by its word: `rounding`, `no-rounding`.
    pub fn apply(&mut self, word: &str) -> Result<(), crate::failure::UnknownWord> {
        match word.strip_prefix("no-") {
            Some(name) => self.leniencies = self.leniencies.without(Leniency::from_str(name)?),
            None => self.leniencies = self.leniencies.with(Leniency::from_str(word)?),
        }
        Ok(())
    }

    /// Version of the rules under these options: `rules-5/standard`, with a hash where they differ from the preset.
    pub fn version(&self) -> String {
        let base = format!("{}/{}", super::rules::RULES, self.preset);
        if *self == Self::preset(self.preset) {
            return base;
        }
        let words: Vec<&str> = self.leniencies.to_vec().into_iter().map(Leniency::as_str).collect();
        let chain = if self.chain == Chain::default() { String::new() } else { format!(" {}", self.chain) };
        let text = format!("{words:?} {:?} {:?}{chain}", self.profile, self.tolerance);
        format!("{base}+{}", &blake3::hash(text.as_bytes()).to_hex()[..8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_change_the_set_and_the_version() {
        let mut options = VerifierOptions::default();
        assert_eq!(options.version(), "rules-5/standard");
        options.apply("no-rounding").unwrap();
        assert!(!options.leniencies.has(Leniency::Rounding));
        assert!(options.version().starts_with("rules-5/standard+"));
        let before = options.version();
        options.chain = Chain::of(&[crate::extractor::How::Boxed]);
        assert_ne!(options.version(), before);
        assert!(options.apply("kindness").unwrap_err().to_string().contains("units-dropped"));
    }
}
