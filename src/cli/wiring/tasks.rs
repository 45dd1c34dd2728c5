//! Tasks of the environment that are made while they are asked for.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::generators::families;
use crate::cli::Context;
use crate::config::Config;
use crate::environment::GeneratingSource;
use crate::generator::template::Template;
use crate::generator::{Choose, Desk};
use crate::model::{Ask, AskError, Asked, ChatRequest};

/// Template problems that a server draws from: which one a random seed gives is counted out from the first.
const PROBLEMS: u64 = 10_000;

/// A desk for generators that ask nobody.
struct NoModels;

#[async_trait]
impl Ask for NoModels {
    async fn ask(&self, _: ChatRequest) -> Result<Asked, AskError> {
        Err(AskError::Stopping)
    }
}

#[async_trait]
impl Desk for NoModels {
    async fn choice(&self, _: u64, _: Option<&str>, choose: Choose<'_>) -> Result<Value, AskError> {
        Ok(choose(&[]))
    }
}

/// The project's template families as a source: each reset instantiates one problem and executes it.
pub(in crate::cli) fn template_source(
    context: &Context,
    config: &Config,
    project: &Path,
) -> anyhow::Result<GeneratingSource> {
    let generator = Arc::new(Template::new(families(config, project)?, config.run.rng_seed));
    let interpreter = Arc::new(context.interpreter(config, None)?);
    let source = GeneratingSource::new(generator, Arc::new(NoModels), interpreter, config.interpreter.limits(), 3);
    Ok(source.of_slots(PROBLEMS))
}
