//! The demo project's script: whole, and with something of every kind that a reader should meet.

use std::collections::{BTreeMap, BTreeSet};

use loong::model::scripted::Scripted;
use loong::model::{ChatModel, ChatRequest, Finish, ModelError, Role, Sampling};
use serde_json::Value;

const SCRIPT: &str = include_str!("../assets/demo/replies.jsonl");
const GUIDE: &str = include_str!("../assets/demo/README.md");

/// Domains in the order in which the engine gives them to slots.
const DOMAINS: [&str; 5] = ["advanced_math", "advanced_physics", "finance", "graph_discrete_math", "logic"];

/// Every kind, with the fewest slots that must show it.
const KINDS: [(&str, usize); 30] = [
    ("agreement", 28),
    ("cot_wrong", 5),
    ("code_wrong", 4),
    ("false_negative", 4),
    ("several_disagree", 5),
    ("reasoning", 4),
    ("code_error", 2),
    ("code_timeout", 2),
    ("code_memory", 2),
    ("code_empty", 2),
    ("code_output", 2),
    ("print_then_crash", 2),
    ("nondeterministic", 1),
    ("file_read", 2),
    ("socket", 2),
    ("no_answer", 2),
    ("refused_generator", 2),
    ("refused_solver", 2),
    ("truncated_generator", 2),
    ("truncated_solver", 2),
    ("malformed", 2),
    ("repairable_json", 2),
    ("near_duplicate", 2),
    ("exact_duplicate", 1),
    ("terminal_escapes", 2),
    ("heavy_latex", 2),
    ("cjk", 2),
    ("arabic_digits", 1),
    ("list_or_single", 2),
    ("long_cot", 1),
];

fn lines() -> Vec<Value> {
    SCRIPT.lines().map(|l| serde_json::from_str(l).expect("every line is JSON")).collect()
}

fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line[field].as_str().unwrap_or_default()
}

fn ordinal(line: &Value) -> u64 {
    line["ordinal"].as_u64().expect("every line has an ordinal")
}

/// The slots of each kind; a note is `kind, kind: sentence`.
fn kinds() -> BTreeMap<String, BTreeSet<u64>> {
    let mut kinds: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for line in lines().iter().filter(|l| l.get("note").is_some()) {
        let (names, sentence) = text(line, "note").split_once(": ").expect("a note names its kinds before a colon");
        assert!(!sentence.is_empty(), "slot {}", ordinal(line));
        for name in names.split(", ") {
            kinds.entry(name.to_owned()).or_default().insert(ordinal(line));
        }
    }
    kinds
}

/// The generator's question, where its reply is plain JSON (fenced or not).
fn question(line: &Value) -> Option<String> {
    let content = text(line, "content");
    let object = &content[content.find('{')?..=content.rfind('}')?];
    let object: Value = serde_json::from_str(object).ok()?;
    object["question"].as_str().map(str::to_owned)
}

async fn ask(model: &Scripted, role: Role, ordinal: u64, sample: u32) -> Result<loong::model::ChatReply, ModelError> {
    let (messages, sampling) = (Vec::new(), Sampling::default());
    model.chat(&ChatRequest { role, ordinal, sample, messages, sampling, schema: None }).await
}

#[tokio::test]
async fn slots_are_contiguous_and_then_the_script_ends() {
    let model = Scripted::demo();
    let slots = model.slots();
    assert!(slots >= 60, "only {slots} slots");
    for slot in 0..slots {
        let reply = ask(&model, Role::Generator, slot, 0).await;
        assert!(reply.is_ok_and(|r| !r.content.is_empty()), "slot {slot} has no generator reply");
    }
    let end = ask(&model, Role::Generator, slots, 0).await;
    assert_eq!(end, Err(ModelError::Exhausted { role: Role::Generator, ordinal: slots, sample: 0 }));
}

#[test]
fn samples_of_a_slot_are_contiguous() {
    let mut samples: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for line in lines().iter().filter(|l| l["role"] == "solver") {
        samples.entry(ordinal(line)).or_default().insert(line["sample"].as_u64().unwrap_or(0));
    }
    for (slot, samples) in samples {
        assert!(samples.iter().copied().eq(0..samples.len() as u64), "slot {slot}: {samples:?}");
    }
}

#[test]
fn every_kind_is_there_often_enough_and_no_other() {
    let kinds = kinds();
    for (kind, fewest) in KINDS {
        let there = kinds.get(kind).map_or(0, BTreeSet::len);
        assert!(there >= fewest, "{kind} is shown by {there} slots and should be by {fewest}");
    }
    let known: BTreeSet<&str> = KINDS.iter().map(|(k, _)| *k).collect();
    let unknown: Vec<_> = kinds.keys().filter(|k| !known.contains(k.as_str())).collect();
    assert!(unknown.is_empty(), "kinds that the test does not know: {unknown:?}");
}

#[test]
fn all_five_domains_have_agreement_and_disagreement() {
    let kinds = kinds();
    for (index, domain) in DOMAINS.iter().enumerate() {
        let has = |kind: &str| kinds[kind].iter().any(|slot| slot % 5 == index as u64);
        assert!(has("agreement"), "{domain} has no agreement");
        assert!(has("cot_wrong") || has("code_wrong"), "{domain} has no disagreement");
    }
}

#[tokio::test]
async fn finishes_and_contents_are_what_their_kinds_say() {
    let model = Scripted::demo();
    for (kind, slots) in kinds() {
        for slot in slots {
            let generator = ask(&model, Role::Generator, slot, 0).await.expect("slots are contiguous");
            let mut solvers = Vec::new();
            for sample in 0.. {
                let Ok(reply) = ask(&model, Role::Solver, slot, sample).await else { break };
                solvers.push(reply);
            }
            let any = |f: &dyn Fn(&loong::model::ChatReply) -> bool| solvers.iter().any(f);
            let holds = match kind.as_str() {
                "refused_generator" => generator.finish == Finish::Refusal,
                "truncated_generator" => generator.finish == Finish::Length,
                "refused_solver" => any(&|r| r.finish == Finish::Refusal),
                "truncated_solver" => any(&|r| r.finish == Finish::Length && !r.content.contains("boxed")),
                "no_answer" => any(&|r| r.finish == Finish::Stop && !r.content.contains("boxed")),
                "agreement" => any(&|r| r.finish == Finish::Stop && r.content.contains("\\boxed{")),
                "reasoning" => any(&|r| r.reasoning.as_ref().is_some_and(|t| t.len() > 100)),
                "several_disagree" => solvers.len() >= 3,
                "long_cot" => any(&|r| r.content.len() >= 200_000),
                "terminal_escapes" => any(&|r| r.content.contains('\u{1b}')) || generator.content.contains("\\u001b"),
                "cjk" => any(&|r| r.content.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))),
                "arabic_digits" => any(&|r| r.content.contains("\\boxed{١")),
                "malformed" => generator.finish == Finish::Stop && solvers.is_empty(),
                _ => true,
            };
            assert!(holds, "slot {slot} is not {kind}");
        }
    }
}

#[test]
fn questions_repeat_only_where_a_duplicate_is_meant() {
    let duplicates = &kinds()["exact_duplicate"];
    let mut first: BTreeMap<String, u64> = BTreeMap::new();
    let mut repeated = BTreeSet::new();
    for line in lines().iter().filter(|l| l["role"] == "generator") {
        let Some(question) = question(line) else { continue };
        if first.insert(question, ordinal(line)).is_some() {
            repeated.insert(ordinal(line));
        }
    }
    assert!(first.len() >= 60, "only {} questions could be read", first.len());
    assert_eq!(&repeated, duplicates);
}

#[test]
fn the_script_itself_is_safe_to_look_at() {
    for (index, line) in SCRIPT.lines().enumerate() {
        let control =
            line.chars().find(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
        assert_eq!(control, None, "line {} has a raw control character", index + 1);
    }
}

#[test]
fn the_guide_lists_the_slots_of_every_kind() {
    for (kind, slots) in kinds() {
        let head = format!("| `{kind}` |");
        let row = GUIDE.lines().find(|l| l.starts_with(&head)).unwrap_or_else(|| panic!("the guide lacks {kind}"));
        let listed = row.split('|').nth(2).unwrap_or_default();
        let listed: BTreeSet<u64> = listed.split(',').filter_map(|n| n.trim().parse().ok()).collect();
        assert_eq!(listed, slots, "{kind}");
    }
}
