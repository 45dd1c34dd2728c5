//! Multi-agent generation: a writer proposes a question, a critic attacks it, the writer revises, and a coder answers what
//! stands several times by code. Reasoning solvers come after, as for every strategy.

use std::path::Path;

use async_trait::async_trait;
use futures::future::join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::form::{Field, Form, INSTRUCTION, Kind};
use super::pool::{Pool, limits};
use super::prompt::{Prompt, PromptError};
use super::rationale::{self, Task};
use super::turn::{Asker, QUESTION, Turn, Unsaid, outcome, repair_prompt};
use super::{About, Desk, Draft, GenerateError, Generated, Generator, Provenance, Reference};
use crate::dataset::StaticDataset;
use crate::failure::FailureKind;
use crate::model::{Role, Sampling};

/// The name under which prompts, recipes and filters know this strategy.
pub const STRATEGY: &str = "multi-agent";

/// What the critic says of a question. Each truth is good news, so that a model that says yes to everything objects to
/// nothing.
const ATTACK: Form = Form {
    name: "attack",
    fields: &[
        Field {
            key: "objections",
            kind: Kind::Remark,
            description: "what is wrong with the problem, in one or two sentences; none where nothing is",
        },
        Field {
            key: "self_contained",
            kind: Kind::Truth,
            description: "whether the problem gives all data and definitions that it needs",
        },
        Field { key: "answerable", kind: Kind::Truth, description: "whether the problem has exactly one right answer" },
        Field {
            key: "answer_hidden",
            kind: Kind::Truth,
            description: "whether the problem keeps its answer to itself",
        },
    ],
};

/// `[strategy.multi-agent]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct Settings {
    pub shots: usize,
    pub revisions: u32,
    pub programs: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { shots: 3, revisions: 2, programs: 3 }
    }
}

impl Settings {
    /// What of these settings makes no sense, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.shots == 0 || self.shots > 50 {
            return Err(format!("shots = {} is not between 1 and 50", self.shots));
        }
        if self.revisions > 10 {
            return Err(format!("revisions = {} is more than 10", self.revisions));
        }
        if self.programs == 0 || self.programs > 15 {
            return Err(format!("programs = {} is not between 1 and 15", self.programs));
        }
        Ok(())
    }
}

/// Has questions written, attacked, revised and answered by several programs.
pub struct MultiAgent {
    seeds: Pool,
    settings: Settings,
    rng_seed: u64,
    asker: Asker,
    prompts: Prompts,
}

/// The prompts of this strategy.
#[derive(Debug, Clone)]
pub struct Prompts {
    propose: Prompt,
    attack: Prompt,
    revise: Prompt,
    rationale: Prompt,
    repair: Prompt,
}

impl MultiAgent {
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
        let asker = Asker::new(rng_seed, sampling, prompts.repair.clone());
        Ok(Self { seeds: Pool::new(seeds), settings: settings.clone(), rng_seed, asker, prompts })
    }

    /// The embedded prompts, or the project's own.
    pub fn prompts(project: Option<&Path>) -> Result<Prompts, PromptError> {
        Ok(Prompts {
            propose: Prompt::load("propose", include_str!("../../assets/prompts/propose.md"), project)?,
            attack: Prompt::load("attack", include_str!("../../assets/prompts/attack.md"), project)?,
            revise: Prompt::load("revise", include_str!("../../assets/prompts/revise.md"), project)?,
            rationale: rationale::prompt(project)?,
            repair: repair_prompt(project)?,
        })
    }

    /// A question that the critic has no more to say against. The attacks are noted also where there is none.
    async fn question(
        &self,
        ordinal: u64,
        desk: &dyn Desk,
        mut values: Map<String, Value>,
        provenance: &mut Provenance,
    ) -> Result<String, Unsaid> {
        let mut prompt = &self.prompts.propose;
        let mut attacks: Vec<Value> = Vec::new();
        let last = self.settings.revisions;
        let mut nth = 0;
        loop {
            let turn = Turn { role: Role::Generator, ordinal, nth, prompt, form: &INSTRUCTION };
            let said = self.asker.ask(desk, turn, Value::Object(values.clone())).await?;
            let question = said.text("question");
            said.source.stands_behind(provenance);
            provenance.notes.insert(QUESTION.to_owned(), question.clone().into());

            let turn = Turn { role: Role::Critic, ordinal, nth, prompt: &self.prompts.attack, form: &ATTACK };
            let asked = json!({"domain": values["domain"], "question": question});
            let attack = self.asker.ask(desk, turn, asked).await?.object;
            let objection = objection(&attack);
            attacks.push(json!({"question": question, "attack": attack}));
            provenance.notes.insert("attacks".to_owned(), json!(attacks));

            let Some((kind, charge)) = objection else { return Ok(question) };
            let words = match attacks.last().and_then(|a| a["attack"]["objections"].as_str()) {
                Some(words) if !words.is_empty() => words.to_owned(),
                _ => charge.to_owned(),
            };
            if nth == last {
                return Err(Unsaid::refused(kind, format!("the critic still objects after {last} revisions: {words}")));
            }
            nth += 1;
            prompt = &self.prompts.revise;
            values.insert("question".to_owned(), question.into());
            values.insert("charge".to_owned(), charge.into());
            values.insert("objections".to_owned(), words.into());
        }
    }

    async fn draft(&self, ordinal: u64, desk: &dyn Desk, provenance: &mut Provenance) -> Result<Draft, Unsaid> {
        let seeds = self.seeds.of_slot(ordinal).ok_or_else(|| Unsaid::Ended("there is no seed to show".to_owned()))?;
        let shots = seeds.dataset.sample(self.settings.shots, self.rng_seed, ordinal);
        let packages = seeds.packages(&shots);
        provenance.seeds = shots.iter().map(|s| s.id.clone()).collect();
        provenance.family = shots.first().map(|s| s.id.clone());
        provenance.domain = Some(seeds.domain.clone());

        let mut values = Map::new();
        values.insert("domain".to_owned(), seeds.domain.clone().into());
        values.insert("examples".to_owned(), shots.iter().map(|s| s.question.as_str()).collect());
        values.insert("packages".to_owned(), json!(packages.as_slice()));
        let question = self.question(ordinal, desk, values, provenance).await?;

        let examples: Vec<(&str, &str)> = shots
            .iter()
            .filter(|s| !s.rationale.trim().is_empty())
            .map(|s| (s.question.as_str(), s.rationale.as_str()))
            .take(2)
            .collect();
        let task = Task { domain: &seeds.domain, question: &question, examples: &examples, packages: &packages };
        let programs = join_all(
            (0..self.settings.programs)
                .map(|nth| rationale::program(&self.asker, &self.prompts.rationale, desk, ordinal, nth, &task)),
        )
        .await;
        let programs = standing(programs, provenance)?;
        provenance.notes.shift_remove(QUESTION);
        Ok(Draft {
            question,
            reference: Reference::Programs(programs),
            domain: seeds.domain.clone(),
            dependencies: packages,
            limits: limits(&shots),
            novel: true,
        })
    }
}

/// Why a question cannot stay as it is.
fn objection(attack: &Map<String, Value>) -> Option<(FailureKind, &'static str)> {
    let good = |key: &str| attack.get(key).and_then(Value::as_bool).unwrap_or_default();
    if !good("self_contained") {
        Some((FailureKind::Underspecified, "it lacks data or definitions that it needs"))
    } else if !good("answerable") {
        Some((FailureKind::Underspecified, "it does not have exactly one right answer"))
    } else if !good("answer_hidden") {
        Some((FailureKind::LeaksAnswer, "it gives its answer away"))
    } else {
        None
    }
}

/// The programs that came. One that did not is noted; where none did, the first failure is the slot's.
fn standing(programs: Vec<Result<String, Unsaid>>, provenance: &mut Provenance) -> Result<Vec<String>, Unsaid> {
    let mut came = Vec::new();
    let mut first = None;
    let mut told: Vec<Value> = Vec::new();
    for program in programs {
        match program {
            Ok(program) => came.push(program),
            Err(lost) => {
                let Unsaid::Lost { failure, .. } = &lost else { return Err(lost) };
                told.push(json!({"kind": failure.kind, "message": failure.message}));
                first.get_or_insert(lost);
            }
        }
    }
    if let (true, Some(lost)) = (came.is_empty(), first) {
        return Err(lost);
    }
    if !told.is_empty() {
        provenance.notes.insert("programs_lost".to_owned(), told.into());
    }
    Ok(came)
}

#[async_trait]
impl Generator for MultiAgent {
    fn strategy(&self) -> &'static str {
        STRATEGY
    }

    fn about(&self, ordinal: u64) -> About {
        self.seeds.about(ordinal, self.rng_seed)
    }

    fn requests(&self) -> Vec<(Role, f64)> {
        vec![(Role::Generator, 1.0), (Role::Critic, 1.0), (Role::Coder, f64::from(self.settings.programs))]
    }

    async fn generate(&self, ordinal: u64, desk: &dyn Desk) -> Result<Generated, GenerateError> {
        let mut provenance = Provenance::default();
        let drafted = self.draft(ordinal, desk, &mut provenance).await;
        outcome(drafted, provenance)
    }
}
