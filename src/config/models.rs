//! Models, who plays which role, and how they sample.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, ConfigError};
use crate::model::{Dialect, Price, Role, Sampling, Streaming};

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
    #[serde(default = "dialect", skip_serializing_if = "is_chat")]
    #[schemars(with = "String")]
    pub dialect: Dialect,
    #[serde(default = "stream", skip_serializing_if = "is_auto")]
    #[schemars(with = "String")]
    pub stream: Streaming,
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub extra: toml::Table,
    #[serde(default = "in_flight")]
    pub in_flight: usize,
    #[serde(default = "request_seconds")]
    pub request_seconds: u64,
    #[serde(default = "total_seconds")]
    pub total_seconds: u64,
    #[serde(default = "attempts")]
    pub attempts: u32,
    #[serde(default = "weight", skip_serializing_if = "is_usual_weight")]
    pub weight: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Its key and its address were put together by a file that may come from anybody, and the user has not agreed.
    #[serde(skip)]
    pub foreign: bool,
}

fn dialect() -> Dialect {
    Dialect::Chat
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_chat(dialect: &Dialect) -> bool {
    *dialect == Dialect::Chat
}

pub(super) fn stream() -> Streaming {
    Streaming::Auto
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_auto(stream: &Streaming) -> bool {
    *stream == Streaming::Auto
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

fn weight() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_usual_weight(weight: &u32) -> bool {
    *weight == 1
}

/// One name, or several that share the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Names {
    /// One; none where it is empty.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::One(String::new())
    }
}

impl Names {
    /// The names, in order.
    pub fn to_vec(&self) -> Vec<String> {
        match self {
            Self::One(name) if name.is_empty() => Vec::new(),
            Self::One(name) => vec![name.clone()],
            Self::Several(names) => names.clone(),
        }
    }

    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.to_vec().is_empty()
    }
}

/// `[roles]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct Roles {
    pub generator: Names,
    pub solvers: Vec<String>,
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub coder: Names,
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub critic: Names,
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub judge: Names,
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
    /// The names of the models that play generator and solver; several of either share the work.
    pub fn roles(&self) -> Result<(Vec<String>, Vec<String>), ConfigError> {
        let only: Vec<String> = if self.models.len() == 1 { self.models.keys().cloned().collect() } else { Vec::new() };
        let or_only = |names: Vec<String>| if names.is_empty() { only.clone() } else { names };
        let (generator, solvers) = (or_only(self.roles.generator.to_vec()), or_only(self.roles.solvers.clone()));
        if generator.is_empty() || solvers.is_empty() {
            return Err(self.nobody(generator.is_empty()));
        }
        solvers.iter().chain(&generator).try_for_each(|name| self.known(name))?;
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
    pub fn others(&self) -> Result<BTreeMap<Role, Vec<String>>, ConfigError> {
        let said =
            [(Role::Coder, &self.roles.coder), (Role::Critic, &self.roles.critic), (Role::Judge, &self.roles.judge)];
        let said = said.into_iter().map(|(role, names)| (role, names.to_vec())).filter(|(_, names)| !names.is_empty());
        said.map(|(role, names)| names.iter().try_for_each(|name| self.known(name)).map(|()| (role, names))).collect()
    }

    /// What is said of the price of a model: by its own section, else under `[prices]`.
    pub fn price_said(&self, model: &ModelConfig) -> Option<Price> {
        model.price.or_else(|| self.prices.get(&model.model).copied())
    }

    /// Why nobody makes questions, or answers them, and the lines that would mend it.
    fn nobody(&self, generates: bool) -> ConfigError {
        let names: Vec<&String> = self.models.keys().collect();
        let [first, rest @ ..] = names.as_slice() else {
            let why =
                "no model is configured; `loong run --demo` and `loong run --strategy template` need none".to_owned();
            return ConfigError::Missing { why, lines: section("writer") };
        };
        let role = if generates { "generator" } else { "solvers" };
        let why = format!("several models are configured, and [roles] does not say which plays {role}");
        let generator = self.roles.generator.to_vec().into_iter().next().unwrap_or_else(|| (*first).clone());
        let solvers = if self.roles.solvers.is_empty() {
            rest.iter().map(|name| (*name).clone()).collect()
        } else {
            self.roles.solvers.clone()
        };
        let roles = toml::Table::from_iter([
            ("generator".to_owned(), toml::Value::from(generator)),
            ("solvers".to_owned(), solvers.into()),
        ]);
        let lines = toml::to_string(&toml::Table::from_iter([("roles".to_owned(), roles.into())])).unwrap_or_default();
        ConfigError::Missing { why, lines }
    }

    fn known(&self, name: &str) -> Result<(), ConfigError> {
        if self.models.contains_key(name) {
            return Ok(());
        }
        let known: Vec<_> = self.models.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let why = format!("[roles] names the model `{name}`, and [models] has: {known}; name one of those, or add it");
        Err(ConfigError::Missing { why, lines: section(name) })
    }
}

/// The lines that make a model.
pub fn section(name: &str) -> String {
    // A name may need quotes: the library knows when.
    let keys = [("base_url", "https://api.openai.com/v1"), ("model", "gpt-4.1-mini"), ("key_env", "OPENAI_API_KEY")];
    let model = toml::Table::from_iter(keys.map(|(key, value)| (key.to_owned(), toml::Value::from(value))));
    let models = toml::Table::from_iter([(name.to_owned(), toml::Value::from(model))]);
    toml::to_string(&toml::Table::from_iter([("models".to_owned(), models.into())])).unwrap_or_default()
}
