//! `loong verify --judge`: what the native tiers leave undecided is put to a model.

use std::sync::Arc;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::wiring::endpoint;
use crate::cli::{Everywhere, UsageError};
use crate::config::{Config, ModelConfig, SamplingByRole};
use crate::engine::escalate::judge::{Judge, JudgeOptions};
use crate::model::{EndpointConfig, HttpChat, KeySource};
use crate::paths::PROJECT_FILE;

/// Which judge, and how it is asked.
#[derive(Debug, Clone, Default, Args)]
pub struct JudgeArgs {
    /// Put what stays undecided to this model: a name under `[models]` of loong.toml or of your config.toml, or `generator`
    /// or `solver` for the model of that role. With --judge-url, the model's name at that address.
    #[arg(long, value_name = "MODEL")]
    pub judge: Option<String>,
    /// Address of an endpoint that no configuration names, up to and with /v1.
    #[arg(long, value_name = "URL", requires = "judge")]
    pub judge_url: Option<String>,
    /// Environment variable with the key for --judge-url.
    #[arg(long, value_name = "NAME", requires = "judge_url")]
    pub judge_key_env: Option<String>,
    /// Votes on each pair, an odd number; more than half of them decide.
    #[arg(long, value_name = "K", default_value_t = 3, requires = "judge")]
    pub judge_votes: u32,
}

impl JudgeArgs {
    /// The judge that the arguments name, ready to be asked; `None` where they name none.
    ///
    /// # Errors
    /// A model that is not configured, an endpoint that can't be set up, an even number of votes, `--offline`.
    pub(in crate::cli) fn judge(&self, everywhere: &Everywhere) -> anyhow::Result<Option<Judge>> {
        let Some(name) = &self.judge else { return Ok(None) };
        if everywhere.offline {
            let message = "--offline forbids to ask a judge model; leave out --offline or --judge";
            return Err(UsageError(message.to_owned()).into());
        }
        let context = Context::new(everywhere.clone())?;
        let project = context.here().join(PROJECT_FILE).is_file().then(|| context.here().to_owned());
        let (endpoint, sampling) = if let Some(url) = &self.judge_url {
            (self.address(name, url), SamplingByRole::default())
        } else {
            let config = context.config(project.as_deref())?;
            let (name, model) = configured(&config, name)?;
            (endpoint(name, model), config.sampling)
        };
        let options = JudgeOptions {
            votes: self.judge_votes,
            temperature: sampling.judge.temperature,
            max_tokens: sampling.judge.max_tokens,
            ..JudgeOptions::load(project.as_deref())?
        };
        let judge = Judge::new(Arc::new(HttpChat::new(endpoint)?), options);
        Ok(Some(judge.map_err(|e| UsageError(e.to_string()))?))
    }

    fn address(&self, model: &str, url: &str) -> EndpointConfig {
        let api_key = self.judge_key_env.clone().map_or(KeySource::None, KeySource::Env);
        EndpointConfig { api_key, ..EndpointConfig::new("judge", url, model) }
    }
}

/// The model under `[models]` that a name or role stands for.
fn configured<'a>(config: &'a Config, name: &str) -> anyhow::Result<(&'a String, &'a ModelConfig)> {
    let named = |name: &str| config.models.get_key_value(name);
    if let Some(model) = named(name) {
        return Ok(model);
    }
    let played = match name {
        "generator" => config.roles()?.0.first().and_then(|first| named(first)),
        "solver" => config.roles()?.1.first().and_then(|first| named(first)),
        _ => None,
    };
    let known: Vec<&str> = config.models.keys().map(String::as_str).collect();
    played.ok_or_else(|| {
        let message = if known.is_empty() {
            format!(
                "no model is configured, so `{name}` names none; add a [models.{name}] section with base_url and model \
                 to loong.toml, or give its address with --judge-url"
            )
        } else {
            format!("no model is named `{name}`; [models] has: {}", known.join(", "))
        };
        UsageError(message).into()
    })
}
