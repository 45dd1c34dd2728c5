//! What each strategy is told beyond the run.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::generator::rejection::Source;
use crate::generator::{command, evol_instruct, multi_agent, rejection, self_instruct};

/// `[strategy]`: one section a strategy, under its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct StrategyConfig {
    pub self_instruct: self_instruct::Settings,
    pub evol_instruct: evol_instruct::Settings,
    pub multi_agent: multi_agent::Settings,
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
    pub keep: u32,
}

impl StrategyConfig {
    /// What stands of it in a recipe: of the strategy that runs, the keys that differ from their default. So keys that are
    /// added later make no other recipe of one that is stored.
    pub(super) fn recipe(&self, strategy: &str) -> toml::Table {
        let section = |config: &Self| {
            let all = toml::Table::try_from(config).unwrap_or_default();
            all.get(strategy).and_then(toml::Value::as_table).cloned().unwrap_or_default()
        };
        let plain = section(&Self::default());
        // How wide it is and how patient makes no other run.
        let only_wider = |key: &str| strategy == command::STRATEGY && key != "run";
        let said: toml::Table =
            section(self).into_iter().filter(|(k, value)| plain.get(k) != Some(value) && !only_wider(k)).collect();
        if said.is_empty() { said } else { toml::Table::from_iter([(strategy.to_owned(), said.into())]) }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let all = [
            (self_instruct::STRATEGY, self.self_instruct.check()),
            (evol_instruct::STRATEGY, self.evol_instruct.check()),
            (multi_agent::STRATEGY, self.multi_agent.check()),
            (command::STRATEGY, self.command.check()),
            (rejection::STRATEGY, self.rejection.check()),
        ];
        all.into_iter().try_for_each(|(name, checked)| {
            checked.map_err(|why| ConfigError::Strategy(format!("[strategy.{name}] {why}")))
        })
    }
}

impl RejectionConfig {
    fn check(&self) -> Result<(), String> {
        if self.keep > 1024 {
            return Err(format!("keep = {} is not between 0 and 1024", self.keep));
        }
        Ok(())
    }
}

impl CommandConfig {
    fn check(&self) -> Result<(), String> {
        let Self { processes, seconds, .. } = *self;
        if processes == 0 || processes > 256 {
            return Err(format!("processes = {processes} is not between 1 and 256"));
        }
        if !(seconds.is_finite() && seconds > 0.0 && seconds <= 86_400.0) {
            return Err(format!("seconds = {seconds} is not between 0 and 86400"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, DEFAULT};

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn every_key_of_every_strategy_is_documented() {
        let documented: toml::Table = toml::from_str(DEFAULT).unwrap();
        for (name, keys) in toml::Table::try_from(StrategyConfig::default()).unwrap() {
            for key in keys.as_table().unwrap().keys() {
                let there = documented["strategy"].get(&name).and_then(|section| section.get(key)).is_some();
                assert!(there, "[strategy.{name}] {key} is not in assets/config.toml");
            }
        }
    }

    #[test]
    fn a_recipe_has_what_its_own_strategy_is_told_and_no_defaults() {
        let other = "[strategy.evol-instruct]\nchildren = 5\n";
        assert_eq!(config("").recipe(), config(other).recipe(), "few-shot is told nothing by it");
        let plain = "[run]\nstrategy = \"evol-instruct\"\n";
        let told = format!("{plain}{other}");
        assert!(!config(plain).recipe().contains("[strategy"));
        assert!(
            config(&told).recipe().contains("[strategy.evol-instruct]\nchildren = 5\n"),
            "{}",
            config(&told).recipe()
        );
        assert_eq!(config(&config(&told).recipe()).strategy, config(&told).strategy, "a recipe is read again");
    }

    #[test]
    fn a_command_is_another_recipe_and_more_processes_of_it_are_not() {
        let command =
            |keys: &str| config(&format!("[run]\nstrategy = \"command\"\n[strategy.command]\n{keys}")).recipe();
        assert_eq!(command(""), command("processes = 4\nseconds = 1.0\n"));
        assert_ne!(command(""), command("run = [\"x\"]\n"));
    }

    #[test]
    fn settings_without_sense_are_refused_with_their_section() {
        for (text, told) in [
            ("[strategy.self-instruct]\nlanguages = [\"klingon\"]", "[strategy.self-instruct] the language"),
            ("[strategy.self-instruct]\nhuman = 0", "[strategy.self-instruct] human"),
            ("[strategy.self-instruct]\nmin_words = 500", "above max_words"),
            ("[strategy.evol-instruct]\nfrom_accepted = 1.5", "[strategy.evol-instruct] from_accepted"),
            ("[strategy.evol-instruct]\nleast_solvability = 6", "[strategy.evol-instruct] least_solvability"),
            ("[strategy.command]\nprocesses = 0", "[strategy.command] processes"),
            ("[strategy.command]\nseconds = nan", "[strategy.command] seconds"),
            ("[strategy.rejection]\nkeep = 2000", "[strategy.rejection] keep"),
            ("[strategy.multi-agent]\nprograms = 0", "[strategy.multi-agent] programs"),
        ] {
            let why = config(text).strategy.check().unwrap_err().to_string();
            assert!(why.contains(told), "{why}");
        }
        let unknown = toml::from_str::<Config>("[strategy.evol-instruct]\noperations = [\"shrinking\"]");
        assert!(unknown.unwrap_err().to_string().contains("shift-in"), "the operations there are, are named");
    }
}
