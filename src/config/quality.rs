//! What candidates must be, beside right.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[quality]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct QualityConfig {
    pub alike: f64,
    pub contamination: Vec<PathBuf>,
    pub self_contained: bool,
    pub per_domain: u64,
    pub per_family: u64,
    pub band: Vec<f64>,
}

impl Default for QualityConfig {
    fn default() -> Self {
        Self {
            alike: 0.7,
            contamination: Vec::new(),
            self_contained: true,
            per_domain: 0,
            per_family: 0,
            band: Vec::new(),
        }
    }
}

impl QualityConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::Roles(format!("[quality] {what}")));
        if !(0.3..=1.0).contains(&self.alike) {
            return wrong(format!("alike = {} is not between 0.3 and 1", self.alike));
        }
        match self.band[..] {
            [] => Ok(()),
            [least, most] if 0.0 <= least && least <= most && most <= 1.0 => Ok(()),
            _ => wrong("band wants the least and the most pass rate, such as [0.1, 0.9]".to_owned()),
        }
    }
}
