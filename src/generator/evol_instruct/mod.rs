//! Evol-instruct: a question is made of another one, harder (in depth) or other (in breadth), and gets its own program.
//!
//! The parent is a seed or a candidate accepted before, chosen once and kept. A slot has several children, each by its own
//! operation; the critic scores them, the best goes on, and what the others were is kept in its notes.

mod child;
mod operation;
mod parent;

use std::path::Path;

use async_trait::async_trait;
use futures::future::join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use operation::Operation;

use super::form::INSTRUCTION;
use super::pool::{DomainSeeds, Pool, limits};
use super::prompt::{Prompt, PromptError};
use super::rationale::{self, Task};
use super::similarity::Words;
use super::turn::{Asker, QUESTION, Turn, Unsaid, outcome, repair_prompt};
use super::{About, Desk, Draft, GenerateError, Generated, Generator, Provenance, Reference};
use crate::dataset::{Datapoint, StaticDataset};
use crate::failure::{Failure, FailureKind, Stage};
use crate::interpreter::{Dependencies, Wanted};
use crate::model::{Role, Sampling};
use child::{Brought, Child, SCORES};
use parent::{Choice, Chosen};

/// The name under which prompts, recipes and filters know this strategy.
pub const STRATEGY: &str = "evol-instruct";

/// `[strategy.evol-instruct]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct Settings {
    #[schemars(with = "Vec<String>")]
    pub operations: Vec<Operation>,
    pub children: usize,
    pub max_depth: u32,
    pub from_accepted: f64,
    pub least_solvability: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { operations: Vec::new(), children: 2, max_depth: 3, from_accepted: 0.5, least_solvability: 2 }
    }
}

impl Settings {
    /// What of these settings makes no sense, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.children == 0 || self.children > 10 {
            return Err(format!("children = {} is not between 1 and 10", self.children));
        }
        if !(0.0..=1.0).contains(&self.from_accepted) {
            return Err(format!("from_accepted = {} is not between 0 and 1", self.from_accepted));
        }
        if !child::is_grade(self.least_solvability) {
            return Err(format!("least_solvability = {} is not between 1 and 5", self.least_solvability));
        }
        Ok(())
    }
}

/// Evolves seeds and accepted candidates.
pub struct EvolInstruct {
    seeds: Pool,
    settings: Settings,
    rng_seed: u64,
    asker: Asker,
    prompts: Prompts,
}

/// The prompts of this strategy.
#[derive(Debug, Clone)]
pub struct Prompts {
    evolve: Prompt,
    score: Prompt,
    rationale: Prompt,
    repair: Prompt,
}

/// What is evolved, wherever it comes from.
struct Parent {
    question: String,
    code: Option<String>,
    packages: Dependencies,
    limits: Wanted,
}

impl EvolInstruct {
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
        let mut settings = settings.clone();
        if settings.operations.is_empty() {
            settings.operations = Operation::ALL.to_vec();
        }
        let asker = Asker::new(rng_seed, sampling, prompts.repair.clone());
        Ok(Self { seeds: Pool::new(seeds), settings, rng_seed, asker, prompts })
    }

    /// The embedded prompts, or the project's own.
    pub fn prompts(project: Option<&Path>) -> Result<Prompts, PromptError> {
        Ok(Prompts {
            evolve: Prompt::load("evolve", include_str!("../../../assets/prompts/evolve.md"), project)?,
            score: Prompt::load("score", include_str!("../../../assets/prompts/score.md"), project)?,
            rationale: rationale::prompt(project)?,
            repair: repair_prompt(project)?,
        })
    }

    fn choice<'a>(&self, ordinal: u64, domain: &'a str) -> Choice<'a> {
        let Settings { max_depth, from_accepted, .. } = self.settings;
        Choice { rng_seed: self.rng_seed, ordinal, domain, max_depth, from_accepted }
    }

    /// The slot's parent; what it descends from is noted.
    async fn parent(
        &self,
        ordinal: u64,
        seeds: &DomainSeeds,
        seed: &Datapoint,
        desk: &dyn Desk,
        provenance: &mut Provenance,
    ) -> Result<Parent, Unsaid> {
        let choice = self.choice(ordinal, &seeds.domain);
        let of = choice.may_be_candidate().then_some(choice.domain);
        let chosen = desk.choice(ordinal, of, &|accepted| choice.choose(accepted)).await?;
        let chosen: Chosen = serde_json::from_value(chosen).map_err(|e| {
            Unsaid::Halt(GenerateError::Final(format!("what slot {ordinal} chose cannot be read again: {e}")))
        })?;
        match chosen {
            Chosen::Seed => {
                provenance.seeds = vec![seed.id.clone()];
                provenance.family = Some(seed.id.clone());
                Ok(Parent {
                    question: seed.question.clone(),
                    code: Some(seed.rationale.clone()),
                    packages: seeds.packages(&[seed]),
                    limits: limits(&[seed]),
                })
            }
            Chosen::Candidate { uid, question, code, dependencies, family, depth } => {
                let root = family.as_deref().and_then(|id| self.seeds.seed(id));
                provenance.seeds = family.iter().cloned().collect();
                provenance.family.clone_from(&family);
                provenance.parent = Some(uid);
                provenance.depth = depth + 1;
                Ok(Parent {
                    question,
                    code,
                    packages: Dependencies::new(dependencies),
                    limits: root.map(Datapoint::limits).unwrap_or_default(),
                })
            }
        }
    }

    /// One child, written and scored.
    async fn child(
        &self,
        slot: (u64, u32),
        operation: Operation,
        domain: &str,
        parent: &Parent,
        other: &str,
        desk: &dyn Desk,
    ) -> Result<Child, Unsaid> {
        let (ordinal, nth) = slot;
        let values = json!({
            "domain": domain,
            "operation": operation,
            "question": parent.question,
            "other": other,
            "packages": parent.packages.as_slice(),
        });
        let turn = Turn { role: Role::Generator, ordinal, nth, prompt: &self.prompts.evolve, form: &INSTRUCTION };
        let said = self.asker.ask(desk, turn, values).await?;
        let question = said.text("question");
        let words = Words::of(&question);
        if [parent.question.as_str(), other].into_iter().any(|old| words.repeats(&Words::of(old))) {
            let message = format!("{operation} only repeated the question that was to be evolved");
            let failure = Failure::new(Stage::Generate, FailureKind::Duplicate, message);
            return Err(Unsaid::Lost { failure, reply: Some((said.source, question)) });
        }
        let values = json!({"domain": domain, "parent": parent.question, "question": question});
        let turn = Turn { role: Role::Critic, ordinal, nth, prompt: &self.prompts.score, form: &SCORES };
        let scores = match self.asker.ask(desk, turn, values).await {
            Ok(said) => Ok(said.object),
            // A question is not worse for a critic that could not speak.
            Err(Unsaid::Lost { failure, .. }) => Err(failure),
            Err(other) => return Err(other),
        };
        Ok(Child { said, scores })
    }

    /// The child that is kept, with its operation and the others noted.
    async fn evolved(
        &self,
        ordinal: u64,
        domain: &str,
        parent: &Parent,
        other: &str,
        desk: &dyn Desk,
        provenance: &mut Provenance,
    ) -> Result<String, Unsaid> {
        let operations = operation::drawn(&self.settings.operations, self.settings.children, self.rng_seed, ordinal);
        let children = (0_u32..).zip(operations).map(|(nth, operation)| async move {
            (operation, self.child((ordinal, nth), operation, domain, parent, other, desk).await)
        });
        let mut brought: Vec<Brought> = join_all(children).await;
        let halting = |(_, child): &Brought| matches!(child, Err(Unsaid::Halt(_) | Unsaid::Ended(_)));
        if let Some(at) = brought.iter().position(halting)
            && let (_, Err(halt)) = brought.swap_remove(at)
        {
            return Err(halt);
        }
        let least = self.settings.least_solvability;
        let at = child::best(&brought, least).unwrap_or(0);
        let others: Vec<_> = brought.iter().enumerate().filter(|(nth, _)| *nth != at).map(|(_, b)| b).collect();
        if !others.is_empty() {
            provenance.notes.insert("siblings".to_owned(), child::siblings(others.into_iter()));
        }
        let (operation, kept) = brought.swap_remove(at);
        provenance.operation = Some(operation.to_string());
        let kept = kept?;
        kept.notes(&mut provenance.notes);
        let question = kept.said.text("question");
        let solvable = kept.solvable(least);
        kept.said.source.stands_behind(provenance);
        if solvable {
            return Ok(question);
        }
        provenance.notes.insert(QUESTION.to_owned(), question.into());
        let message = "the critic finds that the question cannot be answered from what it says";
        Err(Unsaid::refused(FailureKind::Underspecified, message))
    }

    async fn draft(&self, ordinal: u64, desk: &dyn Desk, provenance: &mut Provenance) -> Result<Draft, Unsaid> {
        let nothing = || Unsaid::Ended("there is no seed to evolve".to_owned());
        let seeds = self.seeds.of_slot(ordinal).ok_or_else(nothing)?;
        provenance.domain = Some(seeds.domain.clone());
        let drawn = seeds.dataset.sample(2, self.rng_seed, ordinal);
        let seed = *drawn.first().ok_or_else(nothing)?;
        let parent = self.parent(ordinal, seeds, seed, desk, provenance).await?;
        // What mixing mixes in: another seed than the parent, where there is one.
        let other = drawn.iter().find(|s| s.question != parent.question).map_or("", |s| s.question.as_str());
        let question = self.evolved(ordinal, &seeds.domain, &parent, other, desk, provenance).await?;

        let mut examples: Vec<(&str, &str)> = Vec::new();
        if let Some(code) = parent.code.as_deref().filter(|code| !code.trim().is_empty()) {
            examples.push((&parent.question, code));
        }
        let packages = &parent.packages;
        let task = Task { domain: &seeds.domain, question: &question, examples: &examples, packages };
        match rationale::program(&self.asker, &self.prompts.rationale, desk, ordinal, 0, &task).await {
            Ok(code) => Ok(Draft {
                question,
                reference: Reference::Programs(vec![code]),
                domain: seeds.domain.clone(),
                dependencies: parent.packages.clone(),
                limits: parent.limits,
                novel: true,
            }),
            Err(e) => {
                provenance.notes.insert(QUESTION.to_owned(), question.into());
                Err(e)
            }
        }
    }
}

#[async_trait]
impl Generator for EvolInstruct {
    fn strategy(&self) -> &'static str {
        STRATEGY
    }

    fn about(&self, ordinal: u64) -> About {
        let about = self.seeds.about(ordinal, self.rng_seed);
        let choice = self.choice(ordinal, about.domain.as_deref().unwrap_or_default());
        // A slot that may evolve a candidate may come of any family.
        if choice.may_be_candidate() { About { family: None, ..about } } else { about }
    }

    fn requests(&self) -> Vec<(Role, f64)> {
        let children = self.settings.children as f64;
        vec![(Role::Generator, children), (Role::Critic, children), (Role::Coder, 1.0)]
    }

    async fn generate(&self, ordinal: u64, desk: &dyn Desk) -> Result<Generated, GenerateError> {
        let mut provenance = Provenance::default();
        let drafted = self.draft(ordinal, desk, &mut provenance).await;
        outcome(drafted, provenance)
    }
}
