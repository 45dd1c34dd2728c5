//! Self-instruct: one turn writes a question after examples, another writes the program that answers it.
//!
//! Most examples are seeds; some are the strategy's own accepted questions, fed back. Which of them a slot is shown is
//! chosen once and kept ([`Desk::choice`]). Filters refuse a question before anything is paid for its program.

use std::path::Path;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::filter::{Filter, languages, spoken};
use super::form::INSTRUCTION;
use super::pool::{Pool, chance, limits};
use super::prompt::{Prompt, PromptError};
use super::rationale::{self, Task};
use super::turn::{Asker, QUESTION, Turn, Unsaid, outcome, repair_prompt};
use super::{About, Accepted, Desk, Draft, GenerateError, Generated, Generator, Provenance, Reference};
use crate::dataset::{Datapoint, StaticDataset};
use crate::model::{Role, Sampling};

/// The name under which prompts, recipes and filters know this strategy.
pub const STRATEGY: &str = "self-instruct";

/// `[strategy.self-instruct]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct Settings {
    pub human: usize,
    pub machine: usize,
    pub min_words: usize,
    pub max_words: usize,
    pub languages: Vec<String>,
    pub keywords: Vec<String>,
    pub similarity: f64,
}

impl Default for Settings {
    fn default() -> Self {
        let keywords = [
            "figure below",
            "figure above",
            "diagram below",
            "diagram above",
            "diagram shown",
            "graph shown",
            "image below",
            "image above",
            "image shown",
            "picture below",
            "picture above",
            "picture shown",
            "attached file",
            "attached image",
            "screenshot",
            "http://",
            "https://",
        ];
        Self {
            human: 3,
            machine: 1,
            min_words: 4,
            max_words: 400,
            languages: Vec::new(),
            keywords: keywords.map(str::to_owned).to_vec(),
            similarity: 0.7,
        }
    }
}

impl Settings {
    /// What of these settings makes no sense, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.human == 0 || self.human + self.machine > 50 {
            return Err("human is at least 1, and human and machine together at most 50".to_owned());
        }
        if self.min_words > self.max_words {
            return Err(format!("min_words = {} is above max_words = {}", self.min_words, self.max_words));
        }
        if !(0.0..=1.0).contains(&self.similarity) {
            return Err(format!("similarity = {} is not between 0 and 1", self.similarity));
        }
        languages(&self.languages).map(drop)
    }
}

/// Writes questions after examples, then programs for them.
pub struct SelfInstruct {
    seeds: Pool,
    human: usize,
    machine: usize,
    filter: Filter,
    rng_seed: u64,
    asker: Asker,
    prompts: Prompts,
}

/// The prompts of this strategy.
#[derive(Debug, Clone)]
pub struct Prompts {
    instruction: Prompt,
    rationale: Prompt,
    repair: Prompt,
}

impl SelfInstruct {
    /// A generator over `seeds`, which must not be empty; slots go round robin over their domains.
    ///
    /// # Errors
    /// What [`Settings::check`] says.
    pub fn new(
        seeds: &StaticDataset,
        settings: &Settings,
        rng_seed: u64,
        sampling: Sampling,
        prompts: Prompts,
    ) -> Result<Self, String> {
        settings.check()?;
        let languages = match languages(&settings.languages)? {
            none if none.is_empty() => spoken(seeds.iter().map(|s| s.question.as_str())),
            named => named,
        };
        let words = settings.min_words..=settings.max_words;
        Ok(Self {
            seeds: Pool::new(seeds),
            human: settings.human,
            machine: settings.machine,
            filter: Filter::new(words, &settings.keywords, settings.similarity, languages),
            rng_seed,
            asker: Asker::new(rng_seed, sampling, prompts.repair.clone()),
            prompts,
        })
    }

    /// The embedded prompts, or the project's own.
    pub fn prompts(project: Option<&Path>) -> Result<Prompts, PromptError> {
        Ok(Prompts {
            instruction: Prompt::load("instruction", include_str!("../../assets/prompts/instruction.md"), project)?,
            rationale: rationale::prompt(project)?,
            repair: repair_prompt(project)?,
        })
    }

    /// The accepted questions that a slot is shown.
    async fn own(&self, ordinal: u64, domain: &str, desk: &dyn Desk) -> Result<Vec<Own>, Unsaid> {
        if self.machine == 0 {
            return Ok(Vec::new());
        }
        let choose = |accepted: &[Accepted]| -> Value {
            let mut ranked: Vec<(f64, &Accepted)> = accepted
                .iter()
                .filter(|a| a.domain == domain)
                .map(|a| (chance(self.rng_seed, ordinal, &a.uid), a))
                .collect();
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
            let own = ranked.into_iter().take(self.machine);
            own.map(|(_, a)| json!({"uid": a.uid, "question": a.question})).collect()
        };
        let chosen = desk.choice(ordinal, Some(domain), &choose).await?;
        serde_json::from_value(chosen).map_err(|e| {
            Unsaid::Halt(GenerateError::Final(format!("what slot {ordinal} chose cannot be read again: {e}")))
        })
    }

    async fn draft(&self, ordinal: u64, desk: &dyn Desk, provenance: &mut Provenance) -> Result<Draft, Unsaid> {
        let seeds = self.seeds.of_slot(ordinal).ok_or_else(|| Unsaid::Ended("there is no seed to show".to_owned()))?;
        provenance.domain = Some(seeds.domain.clone());
        let own = self.own(ordinal, &seeds.domain, desk).await?;
        // Until there are accepted questions, seeds stand in for them.
        let human = self.human + self.machine.saturating_sub(own.len());
        let shots = seeds.dataset.sample(human, self.rng_seed, ordinal);
        let packages = seeds.packages(&shots);
        provenance.seeds = shots.iter().map(|s| s.id.clone()).collect();
        provenance.family = shots.first().map(|s| s.id.clone());
        if !own.is_empty() {
            let uids: Vec<&str> = own.iter().map(|o| o.uid.as_str()).collect();
            provenance.notes.insert("examples".to_owned(), json!(uids));
        }

        let examples: Vec<&str> =
            shots.iter().map(|s| s.question.as_str()).chain(own.iter().map(|o| o.question.as_str())).collect();
        let values = json!({"domain": seeds.domain, "examples": examples, "packages": packages.as_slice()});
        let turn =
            Turn { role: Role::Generator, ordinal, nth: 0, prompt: &self.prompts.instruction, form: &INSTRUCTION };
        let said = self.asker.ask(desk, turn, values).await?;
        let question = said.text("question");
        said.source.stands_behind(provenance);
        if let Some((kind, why)) = self.filter.refuse(&question, examples.iter().copied()) {
            provenance.notes.insert(QUESTION.to_owned(), question.into());
            return Err(Unsaid::refused(kind, why));
        }

        let solved: Vec<(&str, &str)> = shots.iter().filter_map(|s| solved(s)).take(2).collect();
        let task = Task { domain: &seeds.domain, question: &question, examples: &solved, packages: &packages };
        match rationale::program(&self.asker, &self.prompts.rationale, desk, ordinal, 0, &task).await {
            Ok(code) => Ok(Draft {
                question,
                reference: Reference::Programs(vec![code]),
                domain: seeds.domain.clone(),
                dependencies: packages,
                limits: limits(&shots),
                novel: true,
            }),
            Err(e) => {
                provenance.notes.insert(QUESTION.to_owned(), question.into());
                Err(e)
            }
        }
    }
}

/// An accepted question that is shown.
#[derive(Deserialize)]
struct Own {
    uid: String,
    question: String,
}

/// A seed that has a program.
fn solved(seed: &Datapoint) -> Option<(&str, &str)> {
    (!seed.rationale.trim().is_empty()).then_some((seed.question.as_str(), seed.rationale.as_str()))
}

#[async_trait]
impl Generator for SelfInstruct {
    fn strategy(&self) -> &'static str {
        STRATEGY
    }

    fn about(&self, ordinal: u64) -> About {
        self.seeds.about(ordinal, self.rng_seed)
    }

    fn requests(&self) -> Vec<(Role, f64)> {
        vec![(Role::Generator, 1.0), (Role::Coder, 1.0)]
    }

    async fn generate(&self, ordinal: u64, desk: &dyn Desk) -> Result<Generated, GenerateError> {
        let mut provenance = Provenance::default();
        let drafted = self.draft(ordinal, desk, &mut provenance).await;
        outcome(drafted, provenance)
    }
}
