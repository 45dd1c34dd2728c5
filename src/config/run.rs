//! What one execution of the loop makes, how wide it is, and where it stops.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;
use crate::store::fold::AgreementRule;

/// `[run]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct RunConfig {
    pub strategy: String,
    pub candidates: u64,
    pub rng_seed: u64,
    pub seeds: Vec<PathBuf>,
    pub domains: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    pub shots: usize,
    pub samples: u32,
    #[schemars(schema_with = "schema::agreement_rule")]
    pub agreement: AgreementRule,
    pub executions: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub early_stop: bool,
}

impl RunConfig {
    /// The rule by which responses agree with their reference: of rejection sampling, that one does is what a question is
    /// sampled for.
    pub fn agreement_in_force(&self) -> AgreementRule {
        if self.strategy == crate::generator::rejection::STRATEGY { AgreementRule::Any } else { self.agreement }
    }
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            strategy: crate::generator::few_shot::STRATEGY.to_owned(),
            candidates: 20,
            rng_seed: 42,
            seeds: Vec::new(),
            domains: Vec::new(),
            packages: Vec::new(),
            shots: 3,
            samples: 1,
            agreement: AgreementRule::Majority,
            executions: 2,
            early_stop: false,
        }
    }
}

/// `[concurrency]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct ConcurrencyConfig {
    pub generate: usize,
    pub execute: usize,
    pub solve: usize,
    pub verify: usize,
}

impl Default for ConcurrencyConfig {
    fn default() -> Self {
        Self { generate: 8, execute: 0, solve: 16, verify: 0 }
    }
}

/// `[budget]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct BudgetConfig {
    pub tokens: u64,
    pub usd: f64,
    pub seconds: u64,
    pub candidates: u64,
}

/// `[reward]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct RewardConfig {
    #[schemars(extend("enum" = ["null", "zero"]))]
    pub undecided: String,
    pub accuracy: f64,
    pub format: f64,
    pub length: f64,
    pub length_words: usize,
}

impl Default for RewardConfig {
    fn default() -> Self {
        Self { undecided: "null".to_owned(), accuracy: 1.0, format: 0.0, length: 0.0, length_words: 1000 }
    }
}
