//! What each strategy wants to know beyond what all share.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::generator::rejection::Source;

/// Whether a section says nothing of its own: then it does not stand in a recipe, and recipes that are stored stay the same.
fn unsaid<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
}

/// `[strategy]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct StrategyConfig {
    pub template: TemplateConfig,
    pub command: CommandConfig,
    pub rejection: RejectionConfig,
}

/// `[strategy.template]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct TemplateConfig {
    pub families: Vec<PathBuf>,
}

/// `[strategy.command]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct CommandConfig {
    pub run: Vec<String>,
    pub processes: usize,
    pub seconds: f64,
}

impl Default for CommandConfig {
    fn default() -> Self {
        Self { run: Vec::new(), processes: 1, seconds: 60.0 }
    }
}

/// `[strategy.rejection]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct RejectionConfig {
    #[schemars(schema_with = "super::schema::rejection_source")]
    pub from: Source,
    pub filter: String,
    pub execute: bool,
}

/// `[strategy]` as it stands in a recipe: sections that say something, without what only makes a run wider.
#[derive(Serialize)]
pub(super) struct RecipeStrategy {
    #[serde(skip_serializing_if = "unsaid")]
    template: TemplateConfig,
    #[serde(skip_serializing_if = "unsaid")]
    command: CommandConfig,
    #[serde(skip_serializing_if = "unsaid")]
    rejection: RejectionConfig,
}

impl StrategyConfig {
    /// What of it stands in a recipe; nothing where it says nothing.
    pub(super) fn recipe(&self) -> Option<RecipeStrategy> {
        let Self { template, command, rejection } = self.clone();
        let command = CommandConfig { run: command.run, ..CommandConfig::default() };
        let stands = !(unsaid(&template) && unsaid(&command) && unsaid(&rejection));
        stands.then_some(RecipeStrategy { template, command, rejection })
    }

    /// Whether every value is one that it can have.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let CommandConfig { processes, seconds, .. } = self.command;
        if processes == 0 || processes > 256 {
            let message = format!("[strategy.command] processes = {processes} is not between 1 and 256");
            return Err(ConfigError::Roles(message));
        }
        if !(seconds.is_finite() && seconds > 0.0 && seconds <= 86_400.0) {
            let message = format!("[strategy.command] seconds = {seconds} is not between 0 and 86400");
            return Err(ConfigError::Roles(message));
        }
        Ok(())
    }
}
