//! Configuration: the embedded default, the user's file, the project's file, the environment.
//!
//! `assets/config.toml` is the default *and* the documentation; a test keeps it equal to [`Config::default`].

mod desk;
mod interpreter;
mod layers;
mod models;
mod quality;
mod resume;
mod run;
mod schema;
mod strategy;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use desk::{LogConfig, ReviewConfig, ScreenConfig, VerifierConfig};
pub use interpreter::InterpreterConfig;
pub use models::{ModelConfig, Names, Roles, SamplingByRole, SamplingConfig, section};
pub use quality::QualityConfig;
pub use run::{BudgetConfig, ConcurrencyConfig, RewardConfig, RunConfig};
pub use schema::schema;
pub use strategy::{CommandConfig, RejectionConfig, StrategyConfig, TemplateConfig};
pub use trust::Pairing;

use layers::{layer, merge, overlay_environment};

use crate::model::Price;

/// The embedded default, commented.
pub const DEFAULT: &str = include_str!("../assets/config.toml");

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{path} cannot be read: {message}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        message: String,
    },
    /// A file is no TOML, has an unknown key or a value of the wrong type.
    #[error("{path}: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What and where, with line and column.
        message: String,
    },
    /// A variable of the environment does not fit its key.
    #[error("the environment's {name}={value} does not fit [{section}] {key}: {message}")]
    Environment {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// Why.
        message: String,
    },
    /// The roles do not fit the models.
    #[error("{0}")]
    Roles(String),
    /// Nobody plays a role.
    #[error("{why}")]
    Missing {
        /// What is missing.
        why: String,
        /// The lines to write.
        lines: String,
    },
    /// A strategy is told what makes no sense.
    #[error("{0}")]
    Strategy(String),
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct Config {
    pub run: RunConfig,
    pub strategy: StrategyConfig,
    pub models: BTreeMap<String, ModelConfig>,
    pub prices: BTreeMap<String, Price>,
    pub roles: Roles,
    pub sampling: SamplingByRole,
    pub concurrency: ConcurrencyConfig,
    pub budget: BudgetConfig,
    pub quality: QualityConfig,
    pub interpreter: InterpreterConfig,
    pub verifier: VerifierConfig,
    pub reward: RewardConfig,
    pub log: LogConfig,
    pub screen: ScreenConfig,
    pub review: ReviewConfig,
}

/// What of a configuration stands in a recipe, in the order that recipes have: sections and keys that are added to the
/// configuration later must not make another recipe of one that is stored.
#[derive(Serialize)]
struct Recipe<'a> {
    run: &'a RunConfig,
    models: &'a BTreeMap<String, ModelConfig>,
    roles: &'a Roles,
    sampling: &'a SamplingByRole,
    concurrency: &'a ConcurrencyConfig,
    budget: RecipeBudget,
    interpreter: interpreter::RecipeInterpreter<'a>,
    verifier: &'a VerifierConfig,
    log: &'a LogConfig,
    #[serde(skip_serializing_if = "toml::Table::is_empty")]
    strategy: toml::Table,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<&'a QualityConfig>,
}

/// A budget is no part of a recipe; this stands where the first recipes had one.
#[derive(Default, Serialize)]
struct RecipeBudget {
    tokens: u64,
}

impl Config {
    /// Reads the layers: the default, then the user's own file, then each other file that exists, then the environment
    /// given as (name, value).
    ///
    /// Which packages may be installed is the user's to say: a project or a recipe may come from anybody, and is not
    /// heard on it.
    pub fn load(
        own: &Path,
        others: &[PathBuf],
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        Self::load_over(own, others, None, environment)
    }

    /// The same, with a text over the files: a bundled recipe, by its name.
    pub fn load_over(
        own: &Path,
        others: &[PathBuf],
        recipe: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        // Serialising plain data cannot fail; were it to, the structs' own defaults still stand.
        let mut merged = toml::Table::try_from(Self::default()).unwrap_or_default();
        let mut mine = BTreeSet::new();
        let files = std::iter::once(own).chain(others.iter().map(PathBuf::as_path)).map(|path| (path, None));
        for (path, text) in files.chain(recipe.map(|(name, text)| (Path::new(name), Some(text)))) {
            let text = match text.map_or_else(|| std::fs::read_to_string(path), |text| Ok(text.to_owned())) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => return Err(ConfigError::Unreadable { path: path.to_owned(), message: e.to_string() }),
            };
            let mut table = layer(path, &text)?;
            if path != own {
                if let Some(key) = interpreter::executes(&table) {
                    let message = format!(
                        "{key} names a program that would be executed; a project may come from anybody, so that it counts \
                         in your own configuration alone: move it to {}",
                        own.display()
                    );
                    return Err(ConfigError::Invalid { path: path.to_owned(), message });
                }
                if let Some(toml::Value::Table(interpreter)) = table.get_mut("interpreter") {
                    interpreter.remove("allow_packages");
                }
            }
            merge(&mut merged, table);
            if path == own {
                let models = merged.get("models").cloned().unwrap_or_else(|| toml::Table::new().into());
                let models: BTreeMap<String, ModelConfig> = models.try_into().unwrap_or_default();
                mine.extend(models.values().filter_map(ModelConfig::pairing));
            }
        }
        overlay_environment(&mut merged, environment)?;
        let mut config: Self = merged.try_into().map_err(|e: toml::de::Error| ConfigError::Invalid {
            path: others.last().map_or(own, PathBuf::as_path).to_owned(),
            message: e.message().to_owned(),
        })?;
        config.models.values_mut().for_each(|model| model.mark(&mine));
        config.check()?;
        Ok(config)
    }

    /// The part that defines a run, as TOML: the same text, with the same seeds, is the same recipe. How many candidates
    /// are wanted, how wide the stages are and where keys come from do not belong to it.
    pub fn recipe(&self) -> String {
        let mut recipe = self.clone();
        let plain = Self::default();
        recipe.run.candidates = plain.run.candidates;
        recipe.run.agreement = recipe.run.agreement_in_force();
        recipe.concurrency = plain.concurrency;
        recipe.log = plain.log;
        for model in recipe.models.values_mut() {
            model.key_env = None;
            model.key_file = None;
            model.key_command = None;
            model.stream = models::stream();
            model.in_flight = models::in_flight();
            model.request_seconds = models::request_seconds();
            model.total_seconds = models::total_seconds();
            model.attempts = models::attempts();
            model.requests_per_minute = None;
            model.tokens_per_minute = None;
            model.price = None;
        }
        let Self {
            run,
            models,
            prices: _,
            roles,
            sampling,
            concurrency,
            budget: _,
            quality,
            interpreter,
            verifier,
            log,
            strategy,
            reward: _,
            screen: _,
            review: _,
        } = &recipe;
        let (interpreter, budget) = (interpreter.recipe(), RecipeBudget::default());
        let strategy = strategy.recipe(&run.strategy);
        let quality = Some(quality).filter(|quality| **quality != plain.quality);
        let recipe =
            Recipe { run, models, roles, sampling, concurrency, budget, interpreter, verifier, log, strategy, quality };
        toml::to_string(&recipe).unwrap_or_default()
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !["unicode", "ascii"].contains(&self.screen.borders.as_str()) {
            let borders = &self.screen.borders;
            return Err(ConfigError::Roles(format!("[screen] borders = \"{borders}\" is neither unicode nor ascii")));
        }
        self.interpreter.check()?;
        self.strategy.check()?;
        self.quality.check()?;
        if !(self.budget.usd.is_finite() && self.budget.usd >= 0.0) {
            return Err(ConfigError::Roles(format!("[budget] usd = {} is no sum of money", self.budget.usd)));
        }
        let said = self.models.iter().filter_map(|(name, model)| Some((format!("models.{name}"), model.price?)));
        let listed = self.prices.iter().map(|(name, price)| (format!("prices.\"{name}\""), *price));
        if let Some((place, _)) = said.chain(listed).find(|(_, price)| !price.is_sane()) {
            return Err(ConfigError::Roles(format!("the price in [{place}] is negative, or no number")));
        }
        if let Some((name, _)) = self.models.iter().find(|(_, model)| model.weight == 0) {
            return Err(ConfigError::Roles(format!(
                "[models.{name}] weight = 0 would never be asked; write 1 or more"
            )));
        }
        if self.strategy.rejection.keep > 0 && !self.quality.band.is_empty() {
            let why = "a difficulty band needs all responses of a question, and keep stops asking for them";
            return Err(ConfigError::Roles(format!(
                "[strategy.rejection] keep and [quality] band exclude each other: {why}"
            )));
        }
        if self.run.samples > 1024 {
            return Err(ConfigError::Roles(format!("[run] samples = {} is not between 0 and 1024", self.run.samples)));
        }
        if self.run.shots == 0 || self.run.shots > 100 {
            return Err(ConfigError::Roles(format!("[run] shots = {} is not between 1 and 100", self.run.shots)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Role;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("loong.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path, &[], environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn the_documented_default_is_the_default() {
        assert_eq!(toml::from_str::<Config>(DEFAULT).unwrap(), Config::default());
        // Every key there is, is documented.
        let documented: toml::Table = toml::from_str(DEFAULT).unwrap();
        for (section, keys) in toml::Table::try_from(Config::default()).unwrap() {
            for (key, _) in keys.as_table().unwrap() {
                assert!(documented[&section].get(key).is_some(), "[{section}] {key} is not in assets/config.toml");
            }
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let told = load("[run]\ncandidates = 3\n  canddates = 4\n", &[]).unwrap_err().to_string();
        assert!(told.contains("line 3, column 3"), "{told}");
        assert!(told.contains("canddates"), "{told}");
        let told = load("[run]\ncandidates = \"many\"\n", &[]).unwrap_err().to_string();
        assert!(told.contains("line 2, column 14"), "{told}");
        assert!(load("[run", &[]).unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn layers_lie_over_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let (user, project) = (dir.path().join("user.toml"), dir.path().join("loong.toml"));
        std::fs::write(&user, "[run]\ncandidates = 1\nshots = 2\n[models.a]\nbase_url = \"u\"\nmodel = \"m\"\n")
            .unwrap();
        std::fs::write(&project, "[run]\ncandidates = 5\n").unwrap();
        let others = [project, dir.path().join("absent.toml")];
        let config =
            Config::load(&user, &others, [("LOONG_RUN_DOMAINS".to_owned(), "logic, finance".to_owned())]).unwrap();
        assert_eq!((config.run.candidates, config.run.shots), (5, 2));
        assert_eq!(config.run.domains, ["logic", "finance"]);
        assert_eq!(config.roles().unwrap(), (vec!["a".to_owned()], vec!["a".to_owned()]));
    }

    #[test]
    fn a_project_does_not_consent_for_its_user() {
        let dir = tempfile::tempdir().unwrap();
        let (user, project) = (dir.path().join("user.toml"), dir.path().join("loong.toml"));
        std::fs::write(&user, "[interpreter]\nallow_packages = [\"mine\"]\n").unwrap();
        std::fs::write(&project, "[interpreter]\nallow_packages = [\"theirs\"]\nwall_seconds = 3.0\n").unwrap();
        let others = [project];
        let interpreter = Config::load(&user, &others, []).unwrap().interpreter;
        assert_eq!((interpreter.allow_packages, interpreter.wall_seconds), (vec!["mine".to_owned()], 3.0));
        let variable = ("LOONG_INTERPRETER_ALLOW_PACKAGES".to_owned(), "said".to_owned());
        assert_eq!(Config::load(&user, &others, [variable]).unwrap().interpreter.allow_packages, ["said"]);
    }

    #[test]
    fn a_project_names_no_program_to_execute() {
        let dir = tempfile::tempdir().unwrap();
        let (user, project) = (dir.path().join("user.toml"), dir.path().join("loong.toml"));
        let model = "[models.m]\nbase_url = \"http://localhost/v1\"\nmodel = \"m\"\nkey_command = \"touch /tmp/x\"\n";
        let command = "[strategy.command]\nrun = [\"./evil\"]\n";
        for text in ["[interpreter]\npython = \"./evil\"\n", model, command] {
            std::fs::write(&project, text).unwrap();
            std::fs::write(&user, "").unwrap();
            let error = Config::load(&user, std::slice::from_ref(&project), []).unwrap_err().to_string();
            assert!(error.contains("your own configuration"), "{error}");
            std::fs::write(&user, text).unwrap();
            std::fs::write(&project, "").unwrap();
            assert!(Config::load(&user, std::slice::from_ref(&project), []).is_ok(), "{text}");
        }
    }

    #[test]
    fn versions_count_for_a_recipe_only_where_they_may_differ() {
        let text = |t| load(t, &[]).unwrap().recipe();
        assert!(!text("").contains("nearest_versions"), "recipes that are stored would be others");
        assert_eq!(text(""), text("[interpreter]\nallow_packages = [\"x\"]\nworkers = 3\n"));
        assert_ne!(text(""), text("[interpreter]\nnearest_versions = true\n"));
    }

    #[test]
    fn what_candidates_must_be_counts_for_a_recipe_only_where_it_is_said() {
        let text = |t| load(t, &[]).unwrap().recipe();
        let plain = text("");
        assert!(!plain.contains("quality") && !plain.contains("early_stop"), "recipes that are stored would be others");
        assert_eq!(plain, text("[quality]\nalike = 0.7\n[run]\nearly_stop = false\n"));
        assert_ne!(plain, text("[quality]\nband = [0.1, 0.9]\n"));
        assert_ne!(plain, text("[run]\nearly_stop = true\n"));
        for wrong in ["band = [0.9, 0.1]", "band = [0.5]", "alike = 0.0", "alike = 1.1"] {
            let told = load(&format!("[quality]\n{wrong}\n"), &[]).unwrap_err().to_string();
            assert!(told.contains("[quality]"), "{told}");
        }
    }

    #[test]
    fn the_environment_is_checked() {
        assert_eq!(load("", &[("LOONG_RUN_CANDIDATES", "7"), ("LOONG_SHARED", "/x")]).unwrap().run.candidates, 7);
        let half = load("[sampling.solver]\ntemperature = 0.5\n", &[]).unwrap().sampling.solver;
        assert_eq!((half.temperature, half.max_tokens), (Some(0.5), Some(16384)));
        let told = load("", &[("LOONG_RUN_CANDIDATES", "x")]).unwrap_err().to_string();
        assert!(told.contains("LOONG_RUN_CANDIDATES=x"), "{told}");
    }

    #[test]
    fn roles_must_name_models() {
        assert!(load("", &[]).unwrap().roles().unwrap_err().to_string().contains("loong run --demo"));
        let two = "[models.a]\nbase_url=\"u\"\nmodel=\"m\"\n[models.b]\nbase_url=\"u\"\nmodel=\"m\"\n";
        let ConfigError::Missing { why, lines } = load(two, &[]).unwrap().roles().unwrap_err() else { panic!() };
        assert!(why.contains("generator"), "{why}");
        assert_eq!(load(&format!("{two}{lines}"), &[]).unwrap().roles().unwrap().1, ["b"], "the lines do");
        let ConfigError::Missing { lines, .. } = load("", &[]).unwrap().roles().unwrap_err() else { panic!() };
        assert!(load(&lines, &[]).unwrap().roles().is_ok(), "{lines}");
        let named = load(&format!("{two}[roles]\ngenerator=\"a\"\nsolvers=[\"b\",\"c\"]\n"), &[]).unwrap();
        assert!(named.roles().unwrap_err().to_string().contains("`c`"));
    }

    #[test]
    fn several_models_share_a_role_and_one_is_written_as_before() {
        let two = "[models.a]\nbase_url=\"u\"\nmodel=\"m\"\n[models.b]\nbase_url=\"u\"\nmodel=\"m\"\nweight = 2\n";
        let named = |roles: &str| load(&format!("{two}[roles]\nsolvers = [\"a\"]\n{roles}"), &[]).unwrap();
        let both = named("generator = [\"a\", \"b\"]\njudge = [\"b\"]\n");
        assert_eq!(both.roles().unwrap().0, ["a", "b"]);
        assert_eq!(both.others().unwrap()[&Role::Judge], ["b"]);
        let one = named("generator = \"a\"\n").recipe();
        assert!(one.contains("generator = \"a\"") && !one.contains("critic"), "{one}");
        assert!(one.contains("weight = 2") && one.matches("weight").count() == 1, "{one}");
        assert!(load("[roles]\ngenerator = 3\n", &[]).is_err());
        assert!(load(&two.replace("= 2", "= 0"), &[]).is_err());
    }

    #[test]
    fn money_is_no_part_of_a_recipe_and_prices_are_checked() {
        let model = "[models.a]\nbase_url=\"u\"\nmodel=\"m\"\n";
        let plain = load(model, &[]).unwrap();
        let rich = load(
            &format!(
                "{model}price = {{input = 1, output = 2.5}}\nrequests_per_minute = 9\n[prices.m]\ninput=3\noutput=4\n[budget]\nusd = 5\n"
            ),
            &[],
        )
        .unwrap();
        assert_eq!(plain.recipe(), rich.recipe());
        assert!(plain.recipe().contains("[budget]\ntokens = 0\n"), "stored recipes would be others");
        let own = rich.price_said(&rich.models["a"]);
        assert_eq!(own, Some(Price { input: 1.0, cached: None, output: 2.5 }), "the model's own word counts first");
        let listed = ModelConfig { price: None, ..rich.models["a"].clone() };
        assert_eq!(rich.price_said(&listed), Some(Price { input: 3.0, cached: None, output: 4.0 }));
        for wrong in ["[prices.m]\ninput=-1\noutput=4\n", "[budget]\nusd = nan\n", "[budget]\nusd = -1\n"] {
            assert!(load(wrong, &[]).is_err(), "{wrong}");
        }
        assert!((load("", &[("LOONG_BUDGET_USD", "2.5")]).unwrap().budget.usd - 2.5).abs() < 1e-9);
    }

    #[test]
    fn keys_and_widths_are_no_part_of_a_recipe() {
        let a =
            load("[models.a]\nbase_url=\"u\"\nmodel=\"m\"\nkey_env=\"SECRET\"\n[run]\ncandidates=3\n", &[]).unwrap();
        let b = load(
            "[models.a]\nbase_url=\"u\"\nmodel=\"m\"\nin_flight=3\n[run]\ncandidates=9\n[budget]\ntokens=4\n",
            &[],
        )
        .unwrap();
        assert_eq!(a.recipe(), b.recipe());
        let screen =
            load("[models.a]\nbase_url=\"u\"\nmodel=\"m\"\n[screen]\ntheme=\"light\"\nmouse=false\n", &[]).unwrap();
        assert_eq!(a.recipe(), screen.recipe());
        assert!(!a.recipe().contains("screen"));
        let c = load("[models.a]\nbase_url=\"u\"\nmodel=\"m\"\n[run]\nshots=2\n", &[]).unwrap();
        assert_ne!(a.recipe(), c.recipe());
    }
}
