//! The command strategy: anybody's program makes the problems. A slot goes to it as one line of JSON, and one line comes
//! back; the guide `generator-commands` says what stands in them.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::few_shot::sample_seed;
use super::{About, Desk, Draft, GenerateError, Generated, Generator, Provenance, Reference};
use crate::dataset::{StaticDataset, domain_slug};
use crate::failure::{Failure, FailureKind, Stage};
use crate::interpreter::{Dependencies, Wanted};
use crate::model::{AskError, ChatRequest, Message, Role, Sampling, Speaker};

/// The name under which recipes and filters know this strategy.
pub const STRATEGY: &str = "command";

/// Fields that a line may have; others are refused, so that a misspelt one is noticed.
const FIELDS: &[&str] = &[
    "ordinal",
    "question",
    "code",
    "final_answer",
    "domain",
    "dependencies",
    "metadata",
    "error",
    "end",
    "usage",
    "cost",
    "model",
];

/// Puts a slot to a program.
pub struct Command {
    /// By domain, sorted by its name.
    seeds: Vec<(String, StaticDataset)>,
    shots: usize,
    rng_seed: u64,
}

impl Command {
    /// A generator that shows `shots` seeds of the slot's domain; domains take turns.
    pub fn new(seeds: &StaticDataset, shots: usize, rng_seed: u64) -> Self {
        let of = |domain: &str| (domain.to_owned(), seeds.filter(&[domain]));
        Self { seeds: seeds.domains().into_keys().map(of).collect(), shots, rng_seed }
    }

    fn request(&self, ordinal: u64) -> (ChatRequest, Provenance) {
        let turn =
            ordinal.checked_rem(self.seeds.len() as u64).and_then(|at| self.seeds.get(usize::try_from(at).ok()?));
        let shown = turn.map_or_else(Vec::new, |(_, seeds)| seeds.sample(self.shots, self.rng_seed, ordinal));
        let examples: Vec<Value> = shown
            .iter()
            .map(|s| json!({"question": s.question, "code": s.rationale, "final_answer": s.final_answer}))
            .collect();
        let domain = turn.map(|(domain, _)| domain.clone());
        let line = json!({
            "ordinal": ordinal,
            "rng_seed": sample_seed(self.rng_seed, Role::Command, ordinal, 0),
            "domain": domain,
            "examples": examples,
        });
        let request = ChatRequest {
            role: Role::Command,
            ordinal,
            sample: 0,
            messages: vec![Message::new(Speaker::User, line.to_string())],
            sampling: Sampling::default(),
            schema: None,
        };
        let provenance = Provenance {
            seeds: shown.iter().map(|s| s.id.clone()).collect(),
            family: shown.first().map(|s| s.id.clone()),
            domain,
            ..Provenance::default()
        };
        (request, provenance)
    }
}

#[async_trait]
impl Generator for Command {
    fn strategy(&self) -> &'static str {
        STRATEGY
    }

    fn about(&self, ordinal: u64) -> About {
        let (_, Provenance { domain, family, .. }) = self.request(ordinal);
        About { domain, family }
    }

    async fn generate(&self, ordinal: u64, desk: &dyn Desk) -> Result<Generated, GenerateError> {
        let (request, mut provenance) = self.request(ordinal);
        let failed = |kind, message: String, provenance| {
            Generated::Failed(Failure::new(Stage::Generate, kind, message), provenance)
        };
        let asked = match desk.ask(request).await {
            Ok(asked) => asked,
            Err(AskError::Stopping) => return Err(GenerateError::Stopping),
            Err(AskError::Store(e)) => return Err(GenerateError::Final(e)),
            Err(AskError::Model(e)) if e.is_final() => return Err(GenerateError::Final(e.to_string())),
            Err(AskError::Model(e)) => return Ok(failed(e.failure_kind(), e.to_string(), provenance)),
        };
        provenance.prompt_hash = Some(asked.prompt_hash);
        provenance.reply_id = Some(asked.reply_id);
        let line = asked.reply.content;
        Ok(match read(&line, ordinal, provenance.domain.as_deref().unwrap_or_default()) {
            Ok(Said::Problem(draft, notes)) => {
                provenance.notes = notes;
                Generated::Draft(draft, provenance)
            }
            Ok(Said::Error(message)) => {
                failed(FailureKind::ModelError, format!("the command says: {message}"), provenance)
            }
            Ok(Said::End(why)) => Generated::Ended(format!("the command says: {why}")),
            Err(message) => {
                provenance.raw = Some(line);
                failed(FailureKind::Malformed, message, provenance)
            }
        })
    }
}

/// What a line says.
#[derive(Debug)]
enum Said {
    Problem(Box<Draft>, Map<String, Value>),
    /// It could not make this one.
    Error(String),
    /// There are no more.
    End(String),
}

/// Reads a line, or says what is wrong with it, in a sentence.
fn read(line: &str, ordinal: u64, domain: &str) -> Result<Said, String> {
    let Ok(Value::Object(mut object)) = serde_json::from_str(line) else {
        return Err("the command's line is no JSON object".to_owned());
    };
    if let Some(unknown) = object.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(format!("the command's line has `{unknown}`; there is: {}", FIELDS.join(", ")));
    }
    match object.get("ordinal") {
        Some(said) if said.as_u64() == Some(ordinal) => {}
        Some(other) => return Err(format!("the command's line is about {other}, and was asked for {ordinal}")),
        None => return Err(format!("the command's line does not repeat the `ordinal` {ordinal} that it answers")),
    }
    if let Some(why) = object.get("end") {
        return Ok(Said::End(why.as_str().unwrap_or("there are no more problems").to_owned()));
    }
    if let Some(why) = object.get("error").filter(|v| !v.is_null()) {
        return Ok(Said::Error(why.as_str().map_or_else(|| why.to_string(), str::to_owned)));
    }
    let mut text = |key: &str| match object.shift_remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|t| !t.trim().is_empty())),
        Some(other) => Err(format!("the command's `{key}` is {other} and no text")),
    };
    let (question, code, own_domain) = (text("question")?, text("code")?, text("domain")?);
    let Some(question) = question else { return Err("the command's line has no `question`".to_owned()) };
    let answer = match object.shift_remove("final_answer") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text).filter(|t| !t.trim().is_empty()),
        Some(other) => Some(other.to_string()),
    };
    let dependencies = match object.shift_remove("dependencies") {
        None | Some(Value::Null) => Dependencies::default(),
        Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
            Dependencies::new(all.iter().filter_map(Value::as_str))
        }
        Some(other) => return Err(format!("the command's `dependencies` is {other} and no list of texts")),
    };
    let mut notes = match object.shift_remove("metadata") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(metadata)) => metadata,
        Some(other) => return Err(format!("the command's `metadata` is {other} and no object")),
    };
    let reference = match (code, answer) {
        (Some(code), answer) => {
            if let Some(answer) = answer {
                // What the code prints is the reference; what the command says of it is kept to be compared.
                notes.insert("final_answer".to_owned(), answer.into());
            }
            Reference::Programs(vec![code])
        }
        (None, Some(answer)) => Reference::Given { answer, code: None },
        (None, None) => return Err("the command's line has neither `code` nor `final_answer`".to_owned()),
    };
    let domain = own_domain.map_or_else(|| domain.to_owned(), |own| domain_slug(&own));
    let draft = Draft { question, reference, domain, dependencies, limits: Wanted::default(), novel: true };
    Ok(Said::Problem(Box::new(draft), notes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_strictly() {
        for (line, wanted) in [
            ("", "no JSON object"),
            ("loading …", "no JSON object"),
            ("[1]", "no JSON object"),
            ("{}", "does not repeat the `ordinal` 7"),
            (r#"{"question": "q", "code": "c", "ordinal": 6}"#, "about 6, and was asked for 7"),
            (r#"{"ordinal": 7}"#, "no `question`"),
            (r#"{"ordinal": 7, "question": " ", "code": "print(1)"}"#, "no `question`"),
            (r#"{"ordinal": 7, "question": "q"}"#, "neither `code` nor `final_answer`"),
            (r#"{"ordinal": 7, "question": 3, "code": "print(1)"}"#, "`question` is 3"),
            (r#"{"ordinal": 7, "question": "q", "answer": 1}"#, "has `answer`"),
            (r#"{"ordinal": 7, "question": "q", "code": "c", "dependencies": "numpy"}"#, "`dependencies`"),
            (r#"{"ordinal": 7, "question": "q", "code": "c", "metadata": []}"#, "`metadata`"),
        ] {
            let told = read(line, 7, "logic").unwrap_err();
            assert!(told.contains(wanted), "{line}: {told}");
        }
    }

    #[test]
    fn a_problem_has_code_or_an_answer() {
        let problem = |line: &str| match read(line, 7, "logic").unwrap() {
            Said::Problem(draft, notes) => (*draft, notes),
            other => panic!("{other:?}"),
        };
        let line = r#"{"ordinal": 7, "question": "q", "code": "print(1)", "final_answer": 1, "metadata": {"a": 2}}"#;
        let (draft, notes) = problem(line);
        assert_eq!(draft.reference, Reference::Programs(vec!["print(1)".into()]));
        assert_eq!((draft.domain.as_str(), Value::from(notes)), ("logic", json!({"a": 2, "final_answer": "1"})));
        let (draft, _) = problem(r#"{"ordinal": 7, "question": "q", "final_answer": [1, 2], "domain": "Finance"}"#);
        assert_eq!(draft.reference, Reference::Given { answer: "[1,2]".into(), code: None });
        assert_eq!(draft.domain, "finance");
        assert!(
            matches!(read(r#"{"ordinal": 7, "error": "too hard"}"#, 7, ""), Ok(Said::Error(why)) if why == "too hard")
        );
        assert!(matches!(read(r#"{"end": true, "ordinal": 7}"#, 7, ""), Ok(Said::End(_))));
    }

    #[test]
    fn a_slot_is_one_line_and_the_same_again() {
        let seeds = StaticDataset::bundled();
        let line = |ordinal| Command::new(&seeds, 2, 7).request(ordinal).0.messages[0].content.clone();
        assert_eq!(line(3), line(3));
        assert_ne!(line(3), line(4));
        assert!(!line(3).contains('\n'));
        let object: Value = serde_json::from_str(&line(3)).unwrap();
        assert_eq!((object["ordinal"].as_u64(), object["examples"].as_array().unwrap().len()), (Some(3), 2));
    }
}
