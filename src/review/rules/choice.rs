//! What is to decide: the options of the native tiers, and which tiers may speak, in which order.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::failure::UnknownWord;
use crate::verifier::{LeniencySet, Preset, RULES, Tier, VerifierOptions};

/// Tiers that can be chosen, in the order in which they speak by default. Finding the answer is no choice.
pub const TIERS: [Tier; 6] = [Tier::Text, Tier::Structure, Tier::Number, Tier::Algebra, Tier::Symbolic, Tier::Judge];

/// Why something is no choice of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// A word that no vocabulary has.
    #[error("{0}")]
    Word(#[from] UnknownWord),
    /// A tier named twice, or none at all.
    #[error("{0}")]
    Tiers(String),
    /// Options in the store that cannot be read.
    #[error("the version's options cannot be read ({0}); apply the rules anew")]
    Unreadable(String),
}

/// What is to decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// How the native tiers decide.
    pub options: VerifierOptions,
    /// Tiers that may speak, in their order. What a native tier that is not here decides stays undecided. Native tiers
    /// speak together, each of its own kind of answers, where the first of them stands; `symbolic` and `judge` are
    /// replayed: before the native ones they overrule them, after them they have what is left undecided.
    tiers: Vec<Tier>,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(VerifierOptions::default())
    }
}

impl Rules {
    /// These options, with all tiers in their usual order.
    pub fn new(options: VerifierOptions) -> Self {
        Self { options, tiers: TIERS.to_vec() }
    }

    /// The tiers, in their order.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// Whether a tier may speak.
    pub fn has(&self, tier: Tier) -> bool {
        tier == Tier::Extract || self.tiers.contains(&tier)
    }

    /// Lets these tiers speak, in this order.
    ///
    /// # Errors
    /// None, a tier twice, or one that is no choice.
    pub fn with_tiers(mut self, tiers: &[Tier]) -> Result<Self, RulesError> {
        if tiers.is_empty() {
            return Err(RulesError::Tiers("at least one tier must decide".to_owned()));
        }
        for (at, tier) in tiers.iter().enumerate() {
            if tiers[..at].contains(tier) {
                return Err(RulesError::Tiers(format!("the tier {tier} is named twice")));
            }
            if !TIERS.contains(tier) {
                return Err(RulesError::Tiers(format!("the tier {tier} always speaks; leave it out of the list")));
            }
        }
        self.tiers = tiers.to_vec();
        Ok(self)
    }

    /// The same from words: `text,number,judge`.
    pub fn with_tiers_named<S: AsRef<str>>(self, words: &[S]) -> Result<Self, RulesError> {
        let tiers = words.iter().map(|w| Tier::from_str(w.as_ref().trim())).collect::<Result<Vec<_>, _>>()?;
        self.with_tiers(&tiers)
    }

    /// Lets a tier speak that did not, at its usual place, or silences one that did; the last one stays.
    pub fn toggle_tier(&mut self, tier: Tier) {
        match self.tiers.iter().position(|t| *t == tier) {
            Some(at) if self.tiers.len() > 1 => {
                self.tiers.remove(at);
            }
            None if TIERS.contains(&tier) => {
                let at = self.tiers.iter().position(|t| *t > tier).unwrap_or(self.tiers.len());
                self.tiers.insert(at, tier);
            }
            _ => {}
        }
    }

    /// Moves a tier one place; where it would not matter, nothing happens.
    pub fn move_tier(&mut self, tier: Tier, later: bool) {
        let Some(at) = self.tiers.iter().position(|t| *t == tier) else { return };
        let to = if later { at + 1 } else { at.wrapping_sub(1) };
        if to < self.tiers.len() {
            self.tiers.swap(at, to);
        }
    }

    /// Grants a leniency, or withdraws it.
    pub fn toggle_leniency(&mut self, leniency: crate::verifier::Leniency) {
        let set = self.options.leniencies;
        self.options.leniencies = if set.has(leniency) { set.without(leniency) } else { set.with(leniency) };
    }

    /// The preset's leniencies, whatever was granted before; tolerance, extraction and tiers stay.
    pub fn use_preset(&mut self, preset: Preset) {
        self.options.preset = preset;
        self.options.leniencies = preset.leniencies();
    }

    /// The version's name: that of the options, with the tiers where they are not all in their usual order.
    pub fn version(&self) -> String {
        let base = self.options.version();
        if self.tiers == TIERS {
            return base;
        }
        let words: Vec<&str> = self.tiers.iter().map(|t| t.as_str()).collect();
        format!("{base}+tiers:{}", words.join("."))
    }

    /// The generation of rules that this program has.
    pub const fn generation() -> &'static str {
        RULES
    }

    /// What it decides by, for the history.
    pub fn to_json(&self) -> Value {
        json!({
            "preset": self.options.preset,
            "leniencies": self.options.leniencies.to_vec(),
            "profile": self.options.profile,
            "tolerance": self.options.tolerance,
            "extract": self.options.chain.to_string(),
            "tiers": self.tiers,
        })
    }

    /// The rules that [`Rules::to_json`] wrote.
    ///
    /// # Errors
    /// A word that this program does not know, or something missing.
    pub fn from_json(value: &Value) -> Result<Self, RulesError> {
        let field = |name: &str| value.get(name).cloned().unwrap_or_default();
        let options = VerifierOptions {
            preset: read(field("preset"))?,
            leniencies: LeniencySet::of(&read::<Vec<_>>(field("leniencies"))?),
            profile: read(field("profile"))?,
            tolerance: read(field("tolerance"))?,
            chain: read::<String>(field("extract"))?.parse()?,
        };
        Self::new(options).with_tiers(&read::<Vec<Tier>>(field("tiers"))?)
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, RulesError> {
    serde_json::from_value(value).map_err(|e| RulesError::Unreadable(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::Leniency;

    #[test]
    fn what_is_written_is_read_back() {
        let mut rules = Rules::default();
        rules.toggle_leniency(Leniency::Order);
        rules.options.tolerance = Some(1e-4);
        rules.toggle_tier(Tier::Algebra);
        rules.move_tier(Tier::Judge, false);
        assert_eq!(Rules::from_json(&rules.to_json()).unwrap(), rules);
        assert!(Rules::from_json(&json!({"preset": "kind"})).is_err());
    }

    #[test]
    fn the_version_names_what_is_unusual() {
        let mut rules = Rules::default();
        assert_eq!(rules.version(), rules.options.version());
        rules.toggle_tier(Tier::Number);
        assert!(rules.version().ends_with("+tiers:text.structure.algebra.symbolic.judge"), "{}", rules.version());
        rules.toggle_tier(Tier::Number);
        assert_eq!(rules.version(), Rules::default().version());
        rules.move_tier(Tier::Judge, false);
        assert_ne!(rules.version(), Rules::default().version());
    }

    #[test]
    fn a_choice_must_make_sense() {
        let rules = Rules::default;
        for wrong in [&["text", "text"][..], &["extract"], &["tact"], &[]] {
            assert!(rules().with_tiers_named(wrong).is_err(), "{wrong:?}");
        }
        let mut one = rules().with_tiers(&[Tier::Text]).unwrap();
        one.toggle_tier(Tier::Text);
        assert_eq!(one.tiers(), [Tier::Text], "somebody must decide");
    }
}
