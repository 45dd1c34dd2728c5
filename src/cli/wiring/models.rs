//! The models that a configuration names, by role.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::cli::UsageError;
use crate::config::{Config, ModelConfig};
use crate::engine::Models;
use crate::generator::{command, rejection, template};
use crate::model::scripted::Scripted;
use crate::model::{ChatModel, EndpointConfig, KeySource, Nobody, OpenAiChat, Role};

/// The models of a run by role; for the demo, scripted ones.
pub(super) fn models(config: &Config, demo: bool) -> anyhow::Result<Models> {
    if demo {
        let scripted: Arc<dyn ChatModel> = Arc::new(Scripted::demo());
        return Ok(Models { generator: Arc::clone(&scripted), others: BTreeMap::new(), solvers: vec![scripted] });
    }
    // Who makes no question with a model needs none, and has its questions answered where somebody can.
    let strategy = config.run.strategy.as_str();
    let (generator, solvers) = match strategy {
        template::STRATEGY | command::STRATEGY | rejection::STRATEGY => {
            (config.roles().ok().map(|(generator, _)| generator), config.solvers()?)
        }
        _ => config.roles().map(|(generator, solvers)| (Some(generator), solvers))?,
    };
    if strategy == rejection::STRATEGY && solvers.is_empty() {
        let message = "rejection sampling keeps responses, and no solver is configured; add a [models.NAME] section with \
                       base_url and model to loong.toml";
        return Err(UsageError(message.to_owned()).into());
    }
    let mut made: BTreeMap<String, Arc<dyn ChatModel>> = BTreeMap::new();
    let mut model = |name: &String| -> anyhow::Result<Arc<dyn ChatModel>> {
        if let Some(model) = made.get(name) {
            return Ok(Arc::clone(model));
        }
        let model: Arc<dyn ChatModel> = Arc::new(OpenAiChat::new(endpoint(name, &config.models[name]))?);
        made.insert(name.clone(), Arc::clone(&model));
        Ok(model)
    };
    let mut others: BTreeMap<Role, Arc<dyn ChatModel>> =
        config.others()?.iter().map(|(role, name)| Ok((*role, model(name)?))).collect::<anyhow::Result<_>>()?;
    if strategy == command::STRATEGY || has_program(config).is_ok() {
        others.insert(Role::Command, program(config)?);
    }
    Ok(Models {
        generator: generator.map_or_else(|| Ok(Arc::new(Nobody) as Arc<dyn ChatModel>), |name| model(&name))?,
        others,
        solvers: solvers.iter().map(&mut model).collect::<anyhow::Result<_>>()?,
    })
}

/// Whether there is a program that makes problems. Looked for before anything begins.
pub(super) fn has_program(config: &Config) -> anyhow::Result<()> {
    let Some(name) = config.strategy.command.run.first() else {
        let message = "the strategy `command` wants a program: name it with --command 'PROGRAM ARGUMENTS', or in your own \
                       configuration under [strategy.command] run; `loong guide generator-commands` says how it is spoken to";
        return Err(UsageError(message.to_owned()).into());
    };
    let found = if name.contains('/') {
        Path::new(name).is_file()
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
    };
    if !found {
        return Err(UsageError(format!("there is no program {name}; name it with its path")).into());
    }
    Ok(())
}

#[cfg(unix)]
fn program(config: &Config) -> anyhow::Result<Arc<dyn ChatModel>> {
    has_program(config)?;
    let command = &config.strategy.command;
    let deadline = std::time::Duration::from_secs_f64(command.seconds);
    Ok(Arc::new(crate::model::Command::new(command.run.clone(), command.processes, deadline)))
}

#[cfg(not(unix))]
fn program(_: &Config) -> anyhow::Result<Arc<dyn ChatModel>> {
    Err(UsageError("the strategy `command` works on Linux and macOS only".to_owned()).into())
}

/// The endpoint that a section `[models.NAME]` describes.
pub(in crate::cli) fn endpoint(name: &str, model: &ModelConfig) -> EndpointConfig {
    let api_key = match (&model.key_env, &model.key_file, &model.key_command) {
        (Some(name), _, _) => KeySource::Env(name.clone()),
        (None, Some(path), _) => KeySource::File(path.clone()),
        (None, None, Some(command)) => KeySource::Command(command.clone()),
        (None, None, None) => KeySource::None,
    };
    EndpointConfig {
        api_key,
        request_deadline: std::time::Duration::from_secs(model.request_seconds),
        total_deadline: std::time::Duration::from_secs(model.total_seconds),
        max_attempts: model.attempts,
        in_flight: model.in_flight,
        ..EndpointConfig::new(name, &model.base_url, &model.model)
    }
}
