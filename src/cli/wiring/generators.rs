//! The generator that a configuration's strategy names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::UsageError;
use crate::config::Config;
use crate::dataset::StaticDataset;
use crate::engine::MakeGenerator;
use crate::generator::Generator;
use crate::generator::evol_instruct::{self, EvolInstruct};
use crate::generator::few_shot::{self, FewShot};
use crate::generator::multi_agent::{self, MultiAgent};
use crate::generator::self_instruct::{self, SelfInstruct};

/// Strategies, as recipes name them.
const STRATEGIES: &[&str] =
    &[few_shot::STRATEGY, self_instruct::STRATEGY, evol_instruct::STRATEGY, multi_agent::STRATEGY];

/// The generator of a run over `seeds`; prompts in `project` override the embedded ones.
pub(super) fn generator(
    config: &Config,
    project: &Path,
    seeds: &StaticDataset,
    rng_seed: u64,
) -> anyhow::Result<Arc<dyn Generator>> {
    let sampling = (&config.sampling.generator).into();
    let own = Some(project);
    let told = &config.strategy;
    let usage = |why: String| UsageError(why);
    match config.run.strategy.as_str() {
        few_shot::STRATEGY => {
            Ok(Arc::new(FewShot::new(seeds, config.run.shots, rng_seed, sampling, FewShot::prompt(own)?)))
        }
        self_instruct::STRATEGY => {
            let prompts = SelfInstruct::prompts(own)?;
            Ok(Arc::new(SelfInstruct::new(seeds, &told.self_instruct, rng_seed, sampling, prompts).map_err(usage)?))
        }
        evol_instruct::STRATEGY => {
            let prompts = EvolInstruct::prompts(own)?;
            Ok(Arc::new(EvolInstruct::new(seeds, &told.evol_instruct, rng_seed, sampling, prompts).map_err(usage)?))
        }
        multi_agent::STRATEGY => {
            let prompts = MultiAgent::prompts(own)?;
            Ok(Arc::new(MultiAgent::new(seeds, &told.multi_agent, rng_seed, sampling, prompts).map_err(usage)?))
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
