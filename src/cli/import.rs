//! `loong import`: rollouts from JSON Lines, to be audited.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value};

use super::run::verifier;
use super::{Context, Exit, UsageError, output};
use crate::config::Config;
use crate::environment::{RewardPolicy, score};
use crate::paths::STORE_FILE;
use crate::store::fold::{AgreementRule, agreement};
use crate::store::record::{Agreement, CandidateRecord, Origin, ReferenceKind, ResponseRecord};
use crate::store::{OpenMode, Store};
use crate::tui::workbench::ImportPlan;
use crate::verifier::{Outcome, Pair, Verifier};

/// Rows written in one transaction.
const BATCH: usize = 500;
/// Rows that a mapping is guessed from.
const LOOKED_AT: usize = 20;
/// Bad lines that are listed; all are counted.
const LISTED: usize = 20;

/// Our fields, with the names that files in the wild give them, best first.
const FIELDS: &[(&str, &[&str])] = &[
    ("question", &["question", "problem", "prompt", "instruction", "input", "query"]),
    (
        "reference",
        &[
            "reference",
            "final_answer",
            "reference_answer",
            "ground_truth",
            "gold",
            "target",
            "expected",
            "solution",
            "answer",
        ],
    ),
    (
        "response",
        &[
            "response",
            "responses",
            "completion",
            "completions",
            "output",
            "outputs",
            "prediction",
            "generation",
            "rollout",
            "candidate",
            "answer",
        ],
    ),
    ("reasoning", &["reasoning", "reasoning_content", "thinking"]),
    ("domain", &["domain", "subject", "category", "task"]),
    ("solver", &["solver", "model", "model_name"]),
    ("reward", &["reward", "score", "accuracy"]),
    ("tolerance", &["tolerance", "answer_tolerance"]),
    ("id", &["id", "uid", "idx", "index"]),
];

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong import rollouts.jsonl\n  loong import runs.jsonl --map question=meta.problem --map response=samples\n  \
                        loong import runs.jsonl --dry-run      show the guessed mapping and the first row, write nothing"
)]
pub(super) struct ImportArgs {
    /// Files of JSON Lines
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Where one of our fields stands in a row, with dots into objects: question, reference, response, reasoning, domain,
    /// solver, reward, tolerance, id
    #[arg(long = "map", value_name = "FIELD=PATH")]
    maps: Vec<String>,
    /// Show the mapping and what the first row becomes; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Where each of our fields stands in a row.
type Mapping = BTreeMap<&'static str, String>;

/// What a file would become: the guessed mapping, the field that is missing, and the first row's values.
pub(super) fn plan(file: &Path) -> anyhow::Result<ImportPlan> {
    let mapping = mapping(file, &[])?;
    let missing = ["response", "reference"].into_iter().find(|field| !mapping.contains_key(field));
    let row = first_rows(file, 1)?.into_iter().next().unwrap_or_default();
    let first = mapping.iter().filter_map(|(ours, theirs)| Some(((*ours).to_owned(), text(at(&row, theirs)?))));
    Ok(ImportPlan {
        file: file.to_owned(),
        first: first.collect(),
        missing: missing.map(str::to_owned),
        mapping: mapping.into_iter().map(|(ours, theirs)| (ours.to_owned(), theirs)).collect(),
    })
}

/// Imports a file by the guessed mapping; says what came of it in a sentence.
pub(super) fn import(config: &Config, store: &Store, file: &Path) -> anyhow::Result<String> {
    let (mapping, verifier) = (mapping(file, &[])?, verifier(config)?);
    let (mut tally, mut bad) = (Tally::default(), Vec::new());
    let before = store.reader()?.totals()?.candidate_count();
    import_file(file, &mapping, &verifier, &mut tally, &mut bad, |batch| {
        store.put_candidates_blocking(batch)?;
        Ok(())
    })?;
    tally.new = store.reader()?.totals()?.candidate_count().saturating_sub(before);
    if let Some(first) = bad.first() {
        tracing::warn!("{} bad lines were left out, the first: {first}", bad.len());
    }
    Ok(tally.sentence())
}

pub(super) fn run(context: &Context, args: &ImportArgs) -> anyhow::Result<Exit> {
    let project = match context.own_project() {
        Ok(project) if !args.dry_run => Some(project),
        Err(e) if !args.dry_run => return Err(e),
        _ => None,
    };
    let config = context.config(project.as_deref())?;
    let verifier = verifier(&config)?;
    let mut told = Vec::new();
    for file in &args.files {
        told.push((file, mapping(file, &args.maps)?));
    }
    for (file, mapping) in &told {
        let pairs: Vec<String> = mapping.iter().map(|(ours, theirs)| format!("{ours} ← {theirs}")).collect();
        context.say(&format!("{}: {}", file.display(), pairs.join(", ")));
        if !mapping.contains_key("response") || !mapping.contains_key("reference") {
            let missing = if mapping.contains_key("response") { "reference" } else { "response" };
            return Err(UsageError(format!(
                "no field of {} looks like a {missing}; name it with --map {missing}=PATH",
                file.display()
            ))
            .into());
        }
    }
    if args.dry_run {
        for (file, mapping) in &told {
            if let Some(row) = first_rows(file, 1)?.into_iter().next() {
                output::print_json(&record(&row, mapping, &name_of(file), verifier.as_ref())?)?;
            }
        }
        return Ok(Exit::Done);
    }
    let Some(project) = project else { return Ok(Exit::Usage) };
    let store = Store::open(project.join(STORE_FILE), OpenMode::Create)?;
    context.remember(&project);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut bad = Vec::new();
    let mut tally = Tally::default();
    let before = store.reader()?.totals()?.candidate_count();
    for (file, mapping) in &told {
        import_file(file, mapping, &verifier, &mut tally, &mut bad, |batch| {
            runtime.block_on(store.put_candidates(batch))?;
            Ok(())
        })?;
    }
    tally.new = store.reader()?.totals()?.candidate_count().saturating_sub(before);
    runtime.block_on(store.close())?;
    tell(context, &tally, &bad)?;
    Ok(if bad.is_empty() { Exit::Done } else { Exit::Failed })
}

#[derive(Debug, Default, serde::Serialize)]
struct Tally {
    rows: u64,
    new: u64,
    verdicts: BTreeMap<&'static str, u64>,
    no_answer: u64,
    bad: u64,
}

impl Tally {
    /// What came of it, in a sentence.
    fn sentence(&self) -> String {
        let mut text = format!("{} rows imported and verified, {} of them new", self.rows, self.new);
        for (word, n) in &self.verdicts {
            let _ = write!(text, " · {n} {word}");
        }
        if self.no_answer > 0 {
            let _ = write!(text, " · {} without an answer", self.no_answer);
        }
        if self.bad > 0 {
            let _ = write!(text, " · {} bad lines left out", self.bad);
        }
        text
    }
}

fn tell(context: &Context, tally: &Tally, bad: &[String]) -> anyhow::Result<()> {
    for line in bad.iter().take(LISTED) {
        eprintln!("{}", output::line(line));
    }
    if bad.len() > LISTED {
        eprintln!("… and {} more bad lines", bad.len() - LISTED);
    }
    if context.flags.json {
        return output::print_json(tally);
    }
    let next = "next: `loong` reads the disagreements, `loong list verdict:different` lists them";
    output::print(&format!("{}\n{next}\n", tally.sentence()))?;
    Ok(())
}

fn import_file(
    file: &Path,
    mapping: &Mapping,
    verifier: &Arc<dyn Verifier>,
    tally: &mut Tally,
    bad: &mut Vec<String>,
    mut write: impl FnMut(Vec<CandidateRecord>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let source = name_of(file);
    let mut batch = Vec::with_capacity(BATCH);
    for (nth, line) in lines(file)?.enumerate() {
        let line = line.with_context(|| format!("{} cannot be read", file.display()))?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let made = serde_json::from_slice::<Map<String, Value>>(&line)
            .map_err(anyhow::Error::from)
            .and_then(|row| record(&row, mapping, &source, verifier.as_ref()));
        match made {
            Ok(record) => {
                tally.rows += 1;
                for response in &record.responses {
                    if response.failure.is_some() {
                        tally.no_answer += 1;
                    } else if let Some(verdict) = &response.verdict {
                        *tally.verdicts.entry(verdict.outcome.as_str()).or_default() += 1;
                    }
                }
                batch.push(record);
            }
            Err(e) => {
                tally.bad += 1;
                bad.push(format!("{}:{}: {e}", file.display(), nth + 1));
            }
        }
        if batch.len() >= BATCH {
            write(std::mem::take(&mut batch))?;
        }
    }
    if batch.is_empty() { Ok(()) } else { write(batch) }
}

/// Lines as bytes, split on `\n` only: rows may hold any other line separator inside strings.
fn lines(file: &Path) -> anyhow::Result<impl Iterator<Item = std::io::Result<Vec<u8>>>> {
    let opened = std::fs::File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(BufReader::new(opened).split(b'\n'))
}

fn first_rows(file: &Path, most: usize) -> anyhow::Result<Vec<Map<String, Value>>> {
    let rows = lines(file)?.filter_map(|line| serde_json::from_slice(&line.ok()?).ok());
    Ok(rows.take(most).collect())
}

fn name_of(file: &Path) -> String {
    file.file_stem().map_or_else(|| "import".to_owned(), |n| n.to_string_lossy().into_owned())
}

/// The mapping that the user gave, completed by guesses from the first rows.
fn mapping(file: &Path, maps: &[String]) -> anyhow::Result<Mapping> {
    let rows = first_rows(file, LOOKED_AT)?;
    if rows.is_empty() {
        return Err(UsageError(format!(
            "{} has no line that is a JSON object; JSON Lines is wanted, one rollout a line",
            file.display()
        ))
        .into());
    }
    let mut mapping = Mapping::new();
    for map in maps {
        let Some((ours, theirs)) = map.split_once('=') else {
            return Err(UsageError(format!("--map {map} is not FIELD=PATH")).into());
        };
        let Some((ours, _)) = FIELDS.iter().find(|(name, _)| *name == ours) else {
            let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
            return Err(UsageError(format!("--map {map}: `{ours}` is not one of {}", known.join(", "))).into());
        };
        if !rows.iter().any(|row| at(row, theirs).is_some()) {
            return Err(UsageError(format!("--map {map}: no row of {} has `{theirs}`", file.display())).into());
        }
        mapping.insert(ours, theirs.to_owned());
    }
    for (ours, names) in FIELDS {
        if mapping.contains_key(ours) {
            continue;
        }
        let taken: Vec<String> = mapping.values().cloned().collect();
        let guess = names
            .iter()
            .find(|name| !taken.iter().any(|t| t == *name) && rows.iter().any(|row| row.contains_key(**name)));
        if let Some(name) = guess {
            mapping.insert(ours, (*name).to_owned());
        }
    }
    Ok(mapping)
}

/// The value at a path with dots; a whole key with dots in it comes first.
fn at<'a>(row: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = row.get(path) {
        return Some(value);
    }
    let mut parts = path.split('.');
    let mut value = row.get(parts.next()?)?;
    for part in parts {
        value = match value {
            Value::Object(map) => map.get(part)?,
            Value::Array(list) => list.get(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

/// A value as the text that a person would write.
fn text(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        // A chat: what was said last.
        Value::Array(messages) if messages.iter().all(|m| m.get("content").is_some()) && !messages.is_empty() => {
            messages.last().and_then(|m| m.get("content")).map(text).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

/// The responses in a value: a list of texts or of chats is several, everything else is one.
fn responses(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(|i| i.is_string() || i.is_array()) => {
            items.iter().map(text).collect()
        }
        other => vec![text(other)],
    }
}

/// Reference alternatives, of which any counts.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
            items.iter().map(text).collect()
        }
        other => vec![text(other)],
    }
}

fn record(
    row: &Map<String, Value>,
    mapping: &Mapping,
    source: &str,
    verifier: &dyn Verifier,
) -> anyhow::Result<CandidateRecord> {
    let value = |ours: &str| mapping.get(ours).and_then(|path| at(row, path)).filter(|v| !v.is_null());
    let word = |ours: &str| value(ours).map(text).unwrap_or_default();
    let references = value("reference").map(references).ok_or_else(|| anyhow::anyhow!("the row has no reference"))?;
    let texts = value("response").map(responses).ok_or_else(|| anyhow::anyhow!("the row has no response"))?;
    let question = word("question");
    let domain = crate::dataset::domain_slug(&word("domain"));
    let tolerance = value("tolerance").and_then(|v| text(v).parse::<f64>().ok());
    let solver = Some(word("solver")).filter(|s| !s.is_empty()).unwrap_or_else(|| source.to_owned());
    let rewards: Vec<Option<f64>> = match value("reward") {
        Some(Value::Array(all)) => all.iter().map(|v| text(v).parse().ok()).collect(),
        Some(one) => vec![text(one).parse().ok(); texts.len()],
        None => Vec::new(),
    };

    let mut made = Vec::with_capacity(texts.len());
    for (sample, response) in (0u32..).zip(texts) {
        let pair = Pair {
            references: references.clone(),
            response,
            question: Some(question.clone()).filter(|q| !q.is_empty()),
            domain: Some(domain.clone()).filter(|d| !d.is_empty()),
            tolerance,
            options: Vec::new(),
        };
        let scored = score(verifier, &pair, RewardPolicy::default());
        made.push(ResponseRecord {
            sample,
            solver: solver.clone(),
            reply_id: None,
            text: pair.response,
            reasoning: value("reasoning").map(text),
            answer: scored.verdict.extracted.clone(),
            failure: scored.failure,
            verdict: Some(scored.verdict),
            given_reward: rewards.get(sample as usize).copied().flatten(),
        });
    }
    let mapped: Vec<&str> = mapping.values().map(|p| p.split('.').next().unwrap_or(p)).collect();
    let mut metadata: Map<String, Value> =
        row.iter().filter(|(k, _)| !mapped.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    if let Some(id) = value("id") {
        metadata.insert("id".to_owned(), id.clone());
    }
    if let Some(tolerance) = value("tolerance") {
        metadata.insert("tolerance".to_owned(), tolerance.clone());
    }
    if references.len() > 1 {
        metadata.insert("references".to_owned(), references.clone().into());
    }
    let outcomes: Vec<Outcome> = made.iter().filter_map(|r| r.verdict.as_ref()).map(|v| v.outcome).collect();
    Ok(CandidateRecord {
        uid: uid(&question, &references, &made, &word("id")),
        origin: Origin::Import,
        run_id: None,
        ordinal: None,
        strategy: source.to_owned(),
        domain,
        question,
        code: None,
        dependencies: Vec::new(),
        reference: references.into_iter().next(),
        reference_kind: Some(ReferenceKind::Given),
        seeds: Vec::new(),
        parent: None,
        family: None,
        prompt_hash: None,
        generator_reply_id: None,
        failure: None,
        executions: Vec::new(),
        agreement: if outcomes.is_empty() { Agreement::None } else { agreement(AgreementRule::Majority, outcomes) },
        responses: made,
        seconds: 0.0,
        metadata,
    })
}

/// Identity by content, so that importing a file twice changes nothing.
fn uid(question: &str, references: &[String], responses: &[ResponseRecord], id: &str) -> String {
    let mut hash = blake3::Hasher::new();
    let texts = responses.iter().flat_map(|r| [r.solver.as_str(), r.text.as_str()]);
    for part in [question, id].into_iter().chain(references.iter().map(String::as_str)).chain(texts) {
        // Lengths keep the parts apart.
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn guessed(rows: &[Value], maps: &[&str]) -> anyhow::Result<Mapping> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.jsonl");
        std::fs::write(&path, rows.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")).unwrap();
        mapping(&path, &maps.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn fields_are_guessed_once_each() {
        let rows = [json!({"prompt": "q", "answer": "4", "completion": "\\boxed{4}", "score": 1})];
        let m = guessed(&rows, &[]).unwrap();
        assert_eq!(
            (m["question"].as_str(), m["reference"].as_str(), m["response"].as_str()),
            ("prompt", "answer", "completion")
        );
        let rows = [json!({"question": "q", "final_answer": "4", "answer": "so 4"})];
        let m = guessed(&rows, &[]).unwrap();
        assert_eq!((m["reference"].as_str(), m["response"].as_str()), ("final_answer", "answer"));
    }

    #[test]
    fn a_wrong_map_is_refused() {
        let rows = [json!({"a": {"b": "x"}, "reference": "1", "response": "1"})];
        assert_eq!(guessed(&rows, &["question=a.b"]).unwrap()["question"], "a.b");
        for bad in ["question=a.c", "quest=a", "question"] {
            assert!(guessed(&rows, &[bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn lists_and_chats_become_texts() {
        assert_eq!(responses(&json!(["a", "b"])), ["a", "b"]);
        assert_eq!(responses(&json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}])), ["a"]);
        assert_eq!(
            responses(&json!([[{"role": "assistant", "content": "x"}], [{"role": "assistant", "content": "y"}]])),
            ["x", "y"]
        );
        assert_eq!(responses(&json!([1, 2])), ["[1,2]"]);
        assert_eq!(references(&json!(["1995", "September 1995"])), ["1995", "September 1995"]);
        assert_eq!(references(&json!([1, 2])), ["[1,2]"]);
    }
}
