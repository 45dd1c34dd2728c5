//! The models that a configuration names, by role.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Config, ModelConfig};
use crate::engine::Models;
use crate::model::scripted::Scripted;
use crate::model::{ChatModel, EndpointConfig, HttpChat, KeySource};

/// The models of a run by role; for the demo, scripted ones.
pub(super) fn models(config: &Config, demo: bool) -> anyhow::Result<Models> {
    if demo {
        let scripted: Arc<dyn ChatModel> = Arc::new(Scripted::demo());
        return Ok(Models { generator: Arc::clone(&scripted), others: BTreeMap::new(), solvers: vec![scripted] });
    }
    let (generator, solvers) = config.roles()?;
    let mut made: BTreeMap<String, Arc<dyn ChatModel>> = BTreeMap::new();
    let mut model = |name: &String| -> anyhow::Result<Arc<dyn ChatModel>> {
        if let Some(model) = made.get(name) {
            return Ok(Arc::clone(model));
        }
        let model: Arc<dyn ChatModel> = Arc::new(HttpChat::new(endpoint(name, &config.models[name]))?);
        made.insert(name.clone(), Arc::clone(&model));
        Ok(model)
    };
    Ok(Models {
        generator: model(&generator)?,
        others: config.others()?.iter().map(|(role, name)| Ok((*role, model(name)?))).collect::<anyhow::Result<_>>()?,
        solvers: solvers.iter().map(&mut model).collect::<anyhow::Result<_>>()?,
    })
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
        dialect: model.dialect,
        streaming: model.stream,
        extra: model.extra.iter().map(|(name, value)| (name.clone(), serde_json::json!(value))).collect(),
        request_deadline: std::time::Duration::from_secs(model.request_seconds),
        total_deadline: std::time::Duration::from_secs(model.total_seconds),
        max_attempts: model.attempts,
        in_flight: model.in_flight,
        ..EndpointConfig::new(name, &model.base_url, &model.model)
    }
}
