//! The generator that a configuration's strategy names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::UsageError;
use crate::config::Config;
use crate::dataset::StaticDataset;
use crate::engine::MakeGenerator;
use crate::generator::Generator;
use crate::generator::few_shot::{self, FewShot};

/// Strategies, as recipes name them.
pub(in crate::cli) const STRATEGIES: &[&str] = &[few_shot::STRATEGY];

/// The generator of a run over `seeds`; prompts in `project` override the embedded ones.
pub(super) fn generator(
    config: &Config,
    project: &Path,
    seeds: &StaticDataset,
    rng_seed: u64,
) -> anyhow::Result<Arc<dyn Generator>> {
    let sampling = (&config.sampling.generator).into();
    match config.run.strategy.as_str() {
        few_shot::STRATEGY => {
            let prompt = FewShot::prompt(Some(project))?;
            Ok(Arc::new(FewShot::new(seeds, config.run.shots, rng_seed, sampling, prompt)))
        }
        other => {
            Err(UsageError(format!("the strategy `{other}` is not known; there is: {}", STRATEGIES.join(", "))).into())
        }
    }
}

/// Makes the generators that a run over `seeds` is switched to.
pub(super) fn generators(config: Config, project: PathBuf, seeds: StaticDataset, rng_seed: u64) -> MakeGenerator {
    Arc::new(move |strategy| {
        let mut config = config.clone();
        strategy.clone_into(&mut config.run.strategy);
        generator(&config, &project, &seeds, rng_seed).map_err(|e| format!("{e:#}"))
    })
}
