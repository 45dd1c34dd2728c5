//! Few-shot generation: a few seeds are shown, the model writes one more problem with its code.
//!
//! As CAMEL's `FewShotGenerator` does it (three seeds, structured reply, the answer is what the code prints), with two
//! differences: the answer is never asked of the model, and one bad reply costs one slot, not the batch.

use std::path::Path;

use async_trait::async_trait;
use serde_json::json;

use super::form::PROBLEM;
use super::pool::{Pool, limits, shown};
use super::prompt::{Prompt, PromptError};
pub use super::turn::sample_seed;
use super::turn::{Asker, Turn, Unsaid, outcome, repair_prompt};
use super::{About, Desk, Draft, GenerateError, Generated, Generator, Provenance, Reference};
use crate::dataset::StaticDataset;
use crate::model::{Role, Sampling};

/// The name under which prompts, recipes and filters know this strategy.
pub const STRATEGY: &str = "few-shot";

/// Shows seeds, asks for one more problem.
pub struct FewShot {
    seeds: Pool,
    shots: usize,
    rng_seed: u64,
    asker: Asker,
    prompt: Prompt,
}

/// The prompts of this strategy.
#[derive(Debug, Clone)]
pub struct Prompts {
    problem: Prompt,
    repair: Prompt,
}

impl FewShot {
    /// A generator over `seeds`, which must not be empty.
    ///
    /// Slots go round robin over the domains (sorted by name), so that a short run touches each. `shots` seeds of the
    /// slot's domain are shown, fewer where there are fewer.
    pub fn new(seeds: &StaticDataset, shots: usize, rng_seed: u64, sampling: Sampling, prompts: Prompts) -> Self {
        let asker = Asker::new(rng_seed, sampling, prompts.repair);
        Self { seeds: Pool::new(seeds), shots, rng_seed, asker, prompt: prompts.problem }
    }

    /// The embedded prompts, or the project's own.
    pub fn prompt(project: Option<&Path>) -> Result<Prompts, PromptError> {
        let problem = Prompt::load("few_shot", include_str!("../../assets/prompts/few_shot.md"), project)?;
        Ok(Prompts { problem, repair: repair_prompt(project)? })
    }

    async fn draft(&self, ordinal: u64, desk: &dyn Desk, provenance: &mut Provenance) -> Result<Draft, Unsaid> {
        let seeds = self.seeds.of_slot(ordinal).ok_or_else(|| Unsaid::Ended("there is no seed to show".to_owned()))?;
        let shots = seeds.dataset.sample(self.shots, self.rng_seed, ordinal);
        let packages = seeds.packages(&shots);
        provenance.seeds = shots.iter().map(|s| s.id.clone()).collect();
        provenance.family = shots.first().map(|s| s.id.clone());
        provenance.domain = Some(seeds.domain.clone());
        let values = json!({
            "domain": seeds.domain,
            "seeds": shots.iter().map(|s| shown(&s.question, &s.rationale)).collect::<Vec<_>>(),
            "packages": packages.as_slice(),
        });
        let turn = Turn { role: Role::Generator, ordinal, nth: 0, prompt: &self.prompt, form: &PROBLEM };
        let said = self.asker.ask(desk, turn, values).await?;
        let draft = Draft {
            question: said.text("question"),
            reference: Reference::Programs(vec![said.text("code")]),
            domain: seeds.domain.clone(),
            dependencies: packages,
            limits: limits(&shots),
            novel: true,
        };
        said.source.stands_behind(provenance);
        Ok(draft)
    }
}

#[async_trait]
impl Generator for FewShot {
    fn strategy(&self) -> &'static str {
        STRATEGY
    }

    fn about(&self, ordinal: u64) -> About {
        self.seeds.about(ordinal, self.rng_seed)
    }

    async fn generate(&self, ordinal: u64, desk: &dyn Desk) -> Result<Generated, GenerateError> {
        let mut provenance = Provenance::default();
        let drafted = self.draft(ordinal, desk, &mut provenance).await;
        outcome(drafted, provenance)
    }
}
