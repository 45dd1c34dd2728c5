//! How answers are compared, how things look, and what is logged.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[verifier]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct VerifierConfig {
    pub preset: String,
    pub leniencies: Vec<String>,
    pub symbolic: bool,
    pub extract: Vec<String>,
}

impl Default for VerifierConfig {
    fn default() -> Self {
        Self { preset: "standard".to_owned(), leniencies: Vec::new(), symbolic: false, extract: Vec::new() }
    }
}

/// `[screen]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct ScreenConfig {
    pub theme: String,
    pub mouse: bool,
    #[schemars(extend("enum" = ["unicode", "ascii"]))]
    pub borders: String,
    pub reviewer: String,
}

impl Default for ScreenConfig {
    fn default() -> Self {
        Self { theme: "auto".to_owned(), mouse: true, borders: "unicode".to_owned(), reviewer: String::new() }
    }
}

/// `[review]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct ReviewConfig {
    pub causes: Vec<String>,
    pub views: BTreeMap<String, String>,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct LogConfig {
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".to_owned() }
    }
}
