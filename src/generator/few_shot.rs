//! Few-shot generation: a few seeds are shown, the model writes one more problem with its code.
//!
//! As CAMEL's `FewShotGenerator` does it (three seeds, structured reply, the answer is what the code prints), with two
//! differences: the answer is never asked of the model, and one bad reply costs one slot, not the batch.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::json;

use super::prompt::{Prompt, PromptError};
use super::{About, Desk, Draft, GenerateError, Generated, Generator, Provenance, Reference};
use crate::dataset::{Datapoint, StaticDataset};
use crate::failure::{Failure, FailureKind, Stage};
use crate::interpreter::{Dependencies, Wanted};
use crate::model::structured::find_object;
use crate::model::{AskError, ChatRequest, Finish, ModelError, ReplySchema, Role, Sampling};

/// The name under which prompts, recipes and filters know this strategy.
pub const STRATEGY: &str = "few-shot";

/// Shows seeds, asks for one more problem.
pub struct FewShot {
    /// Sorted by domain.
    seeds: Vec<DomainSeeds>,
    shots: usize,
    rng_seed: u64,
    sampling: Sampling,
    prompt: Prompt,
}

/// The seeds of one domain.
struct DomainSeeds {
    domain: String,
    dataset: StaticDataset,
    /// What a program may use where the shown seeds need nothing: a model that sees only plain programs may still write
    /// one with NumPy.
    usual: Dependencies,
}

impl FewShot {
    /// A generator over `seeds`, which must not be empty.
    ///
    /// Slots go round robin over the domains (sorted by name), so that a short run touches each. `shots` seeds of the
    /// slot's domain are shown, fewer where there are fewer.
    pub fn new(seeds: &StaticDataset, shots: usize, rng_seed: u64, sampling: Sampling, prompt: Prompt) -> Self {
        let everywhere = most_common(seeds).unwrap_or_default();
        let of_domain = |domain: &str| {
            let dataset = seeds.filter(&[domain]);
            let usual = most_common(&dataset).unwrap_or_else(|| everywhere.clone());
            DomainSeeds { domain: domain.to_owned(), dataset, usual }
        };
        Self { seeds: seeds.domains().into_keys().map(of_domain).collect(), shots, rng_seed, sampling, prompt }
    }

    /// The embedded prompt, or the project's own.
    pub fn prompt(project: Option<&std::path::Path>) -> Result<Prompt, PromptError> {
        Prompt::load("few_shot", include_str!("../../assets/prompts/few_shot.md"), project)
    }

    /// The seeds of a slot's domain.
    fn seeds_of(&self, ordinal: u64) -> Option<&DomainSeeds> {
        let at = ordinal.checked_rem(self.seeds.len() as u64)?;
        self.seeds.get(usize::try_from(at).ok()?)
    }

    fn request(
        &self,
        ordinal: u64,
        domain: &str,
        shots: &[&Datapoint],
        packages: &Dependencies,
    ) -> Result<ChatRequest, GenerateError> {
        // Shown in the very form that is wanted back: small models imitate, and large ones see how to escape.
        let seeds: Vec<String> =
            shots.iter().map(|s| json!({"question": s.question, "code": s.rationale}).to_string()).collect();
        let values = json!({"domain": domain, "seeds": seeds, "packages": packages.as_slice()});
        let messages = self.prompt.render(values).map_err(|e| GenerateError::Final(e.to_string()))?;
        let sampling =
            Sampling { seed: Some(sample_seed(self.rng_seed, Role::Generator, ordinal, 0)), ..self.sampling.clone() };
        Ok(ChatRequest { role: Role::Generator, ordinal, sample: 0, messages, sampling, schema: Some(reply_schema()) })
    }
}

/// The set of packages, other than none, that most seeds of a dataset need.
fn most_common(seeds: &StaticDataset) -> Option<Dependencies> {
    let mut counts: BTreeMap<Dependencies, usize> = BTreeMap::new();
    for seed in seeds.iter() {
        *counts.entry(seed.dependencies()).or_default() += 1;
    }
    counts.into_iter().filter(|(set, _)| !set.as_slice().is_empty()).max_by_key(|(_, n)| *n).map(|(set, _)| set)
}

/// What the shown seeds need, all together. Where two pin one package differently, the seed shown first is right: a set
/// with both could not be installed.
fn packages(shots: &[&Datapoint], usual: &Dependencies) -> Dependencies {
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for requirement in shots.iter().flat_map(|s| s.dependencies().as_slice().to_vec()) {
        let name = requirement.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).next().unwrap_or_default();
        named.entry(name.to_lowercase()).or_insert(requirement);
    }
    if named.is_empty() { usual.clone() } else { Dependencies::new(named.into_values()) }
}

/// The random seed sent with a request: a function of run, role, slot and sample, so that equal prompts are different
/// requests and a resumed run asks the same. Below 2^31, which every endpoint takes.
pub fn sample_seed(rng_seed: u64, role: Role, ordinal: u64, sample: u32) -> u64 {
    let hash = blake3::hash(format!("{rng_seed}/{role}/{ordinal}/{sample}").as_bytes());
    let bytes: [u8; 4] = [hash.as_bytes()[0], hash.as_bytes()[1], hash.as_bytes()[2], hash.as_bytes()[3]];
    u64::from(u32::from_le_bytes(bytes) >> 1)
}

fn reply_schema() -> ReplySchema {
    ReplySchema {
        name: "problem".to_owned(),
        schema: json!({
            "type": "object",
            "properties": {
                "question": {"type": "string", "description": "the problem, self-contained"},
                "code": {"type": "string", "description": "a whole Python program that prints the answer with print(...) and nothing else"}
            },
            "required": ["question", "code"],
            "additionalProperties": false
        }),
    }
}

#[async_trait]
impl Generator for FewShot {
    fn strategy(&self) -> &'static str {
        STRATEGY
    }

    fn about(&self, ordinal: u64) -> About {
        let Some(seeds) = self.seeds_of(ordinal) else { return About::default() };
        let shots = seeds.dataset.sample(self.shots, self.rng_seed, ordinal);
        About { domain: Some(seeds.domain.clone()), family: shots.first().map(|s| s.id.clone()) }
    }

    async fn generate(&self, ordinal: u64, desk: &dyn Desk) -> Result<Generated, GenerateError> {
        let Some(seeds) = self.seeds_of(ordinal) else {
            return Ok(Generated::Ended("there is no seed to show".to_owned()));
        };
        let domain = &seeds.domain;
        let shots = seeds.dataset.sample(self.shots, self.rng_seed, ordinal);
        let packages = packages(&shots, &seeds.usual);
        let request = self.request(ordinal, domain, &shots, &packages)?;
        let mut provenance = Provenance {
            seeds: shots.iter().map(|s| s.id.clone()).collect(),
            family: shots.first().map(|s| s.id.clone()),
            domain: Some(domain.clone()),
            ..Provenance::default()
        };
        let failed = |kind, message: String, provenance| {
            Ok(Generated::Failed(Failure::new(Stage::Generate, kind, message), provenance))
        };

        let asked = match desk.ask(request).await {
            Ok(asked) => asked,
            Err(AskError::Stopping) => return Err(GenerateError::Stopping),
            Err(AskError::Store(e)) => return Err(GenerateError::Final(e)),
            Err(AskError::Model(e @ ModelError::Exhausted { .. })) => return Ok(Generated::Ended(e.to_string())),
            Err(AskError::Model(e)) if e.is_final() => return Err(GenerateError::Final(e.to_string())),
            Err(AskError::Model(e)) => {
                return failed(e.failure_kind(), e.to_string(), provenance);
            }
        };
        provenance.prompt_hash = Some(asked.prompt_hash);
        provenance.reply_id = Some(asked.reply_id);
        let content = asked.reply.content;
        let raw = |content: String| Provenance { raw: Some(content), ..provenance.clone() };

        match asked.reply.finish {
            Finish::Length => {
                return failed(FailureKind::Truncated, "the reply ended at the token limit".to_owned(), raw(content));
            }
            Finish::Refusal => return failed(FailureKind::Refused, "the model declined".to_owned(), raw(content)),
            Finish::Stop | Finish::Other => {}
        }
        let object = match find_object(&content, &["question", "code"]) {
            Ok(object) => object,
            Err(e) => return failed(FailureKind::Malformed, e.to_string(), raw(content)),
        };
        let text = |key: &str| object.get(key).and_then(|v| v.as_str()).unwrap_or_default().trim().to_owned();
        let (question, code) = (text("question"), unfenced(&text("code")).to_owned());
        // Small models like to give back the placeholder that they were shown.
        let wordless = |text: &str| !text.chars().any(char::is_alphanumeric);
        if let Some((key, _)) = [("question", &question), ("code", &code)].into_iter().find(|(_, t)| wordless(t)) {
            return failed(FailureKind::Malformed, format!("the reply's `{key}` has no words"), raw(content));
        }
        let draft = Draft {
            question,
            reference: Reference::Programs(vec![code]),
            domain: domain.clone(),
            dependencies: packages,
            limits: shots.iter().fold(Wanted::default(), |all, seed| all.or_wider(seed.limits())),
            novel: true,
        };
        Ok(Generated::Draft(Box::new(draft), provenance))
    }
}

/// Code without the Markdown fence that models like to put around it.
fn unfenced(code: &str) -> &str {
    let Some(inner) = code.strip_prefix("```").and_then(|c| c.trim_end().strip_suffix("```")) else {
        return code;
    };
    match inner.split_once('\n') {
        Some((tag, body)) if tag.trim().chars().all(char::is_alphanumeric) => body.trim_end(),
        _ => inner.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_around_code_is_taken_off() {
        assert_eq!(unfenced("```python\nprint(1)\n```"), "print(1)");
        assert_eq!(unfenced("```\nprint(1)\nprint(2)\n```"), "print(1)\nprint(2)");
        assert_eq!(unfenced("print('```')"), "print('```')");
        assert_eq!(unfenced("x = 1"), "x = 1");
    }

    #[test]
    fn packages_are_those_of_the_seeds_shown_or_the_usual_ones() {
        let seed = |q: &str, needs: &[&str]| {
            let metadata = json!({"domain": "logic", "required_dependencies": needs}).as_object().cloned().unwrap();
            Datapoint::new(q, "print(1)", "1", metadata)
        };
        let (a, b, c) = (seed("a", &["numpy==1.0"]), seed("b", &["numpy==2.0", "sympy"]), seed("c", &[]));
        let usual = Dependencies::new(["scipy"]);
        assert_eq!(packages(&[&a, &b], &usual).as_slice(), ["numpy==1.0", "sympy"]);
        assert_eq!(packages(&[&c], &usual), usual);
        let dataset: StaticDataset = [
            a,
            b.clone(),
            c,
            seed("d", b.dependencies().as_slice().iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
        ]
        .into_iter()
        .collect();
        assert_eq!(most_common(&dataset), Some(b.dependencies()));
    }

    #[test]
    fn sample_seeds_differ_by_role_ordinal_and_sample() {
        let all: std::collections::HashSet<u64> = (0..100)
            .flat_map(|o| (0..4).flat_map(move |s| Role::ALL.iter().map(move |r| sample_seed(7, *r, o, s))))
            .collect();
        assert_eq!(all.len(), 400 * Role::ALL.len());
        assert!(all.iter().all(|s| *s < 1 << 31));
    }
}
