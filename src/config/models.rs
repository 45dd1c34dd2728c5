//! Models, who plays which role, and how they sample.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, ConfigError};
use crate::model::{Role, Sampling};

/// `[models.NAME]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct ModelConfig {
    pub base_url: String,
    pub model: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_command: Option<String>,
    #[serde(default = "in_flight")]
    pub in_flight: usize,
    #[serde(default = "request_seconds")]
    pub request_seconds: u64,
    #[serde(default = "total_seconds")]
    pub total_seconds: u64,
    #[serde(default = "attempts")]
    pub attempts: u32,
}

pub(super) fn in_flight() -> usize {
    16
}

pub(super) fn request_seconds() -> u64 {
    120
}

pub(super) fn total_seconds() -> u64 {
    600
}

pub(super) fn attempts() -> u32 {
    6
}

/// `[roles]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct Roles {
    pub generator: String,
    pub solvers: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub coder: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub critic: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub judge: String,
}

/// `[sampling]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct SamplingByRole {
    pub generator: SamplingConfig,
    pub solver: SamplingConfig,
    pub judge: SamplingConfig,
}

impl Default for SamplingByRole {
    fn default() -> Self {
        let tokens = |n| SamplingConfig { max_tokens: Some(n), ..SamplingConfig::default() };
        let judge = SamplingConfig { temperature: Some(0.6), ..tokens(2048) };
        Self { generator: tokens(4096), solver: tokens(16384), judge }
    }
}

/// `[sampling.ROLE]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct SamplingConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
}

impl From<&SamplingConfig> for Sampling {
    fn from(c: &SamplingConfig) -> Self {
        Self { temperature: c.temperature, top_p: c.top_p, max_tokens: c.max_tokens, seed: None }
    }
}

impl Config {
    /// The names of the models that play generator and solver.
    pub fn roles(&self) -> Result<(String, Vec<String>), ConfigError> {
        let only = match self.models.len() {
            1 => self.models.keys().next().cloned(),
            _ => None,
        };
        let said = |name: &String| (!name.is_empty()).then(|| name.clone());
        let generator = said(&self.roles.generator).or_else(|| only.clone());
        let solvers = match (self.roles.solvers.is_empty(), only) {
            (false, _) => self.roles.solvers.clone(),
            (true, Some(only)) => vec![only],
            (true, None) => Vec::new(),
        };
        let Some(generator) = generator.filter(|_| !solvers.is_empty()) else {
            return Err(ConfigError::Roles(if self.models.is_empty() {
                "no model is configured; add a [models.NAME] section with base_url and model to loong.toml (`loong config \
                 default` shows one), or try `loong run --demo`, which needs none"
                    .to_owned()
            } else {
                "several models are configured and [roles] does not say which is generator and which are solvers"
                    .to_owned()
            }));
        };
        solvers.iter().chain([&generator]).try_for_each(|name| self.known(name))?;
        Ok((generator, solvers))
    }

    /// The names of the models that answer questions which no model makes: none where none is configured.
    pub fn solvers(&self) -> Result<Vec<String>, ConfigError> {
        if self.models.is_empty() && self.roles.solvers.is_empty() {
            return Ok(Vec::new());
        }
        if self.roles.solvers.is_empty() {
            return self.roles().map(|(_, solvers)| solvers);
        }
        self.roles.solvers.iter().try_for_each(|name| self.known(name)).map(|()| self.roles.solvers.clone())
    }

    /// The names of the models that play the roles which the generator plays where nobody else is named.
    pub fn others(&self) -> Result<BTreeMap<Role, String>, ConfigError> {
        let said =
            [(Role::Coder, &self.roles.coder), (Role::Critic, &self.roles.critic), (Role::Judge, &self.roles.judge)];
        let said = said.into_iter().filter(|(_, name)| !name.is_empty());
        said.map(|(role, name)| self.known(name).map(|()| (role, name.clone()))).collect()
    }

    fn known(&self, name: &str) -> Result<(), ConfigError> {
        if self.models.contains_key(name) {
            return Ok(());
        }
        let known: Vec<_> = self.models.keys().map(String::as_str).collect();
        Err(ConfigError::Roles(format!("[roles] names the model `{name}`, and [models] has: {}", known.join(", "))))
    }
}
