//! What another text keeps out: questions that are nearly the same, and files to keep away from.

use std::sync::atomic::AtomicBool;

use loong::export::{Duplicates, FormatName, Manifest, Rows, ranges};
use loong::likeness::{Contamination, Grams};
use loong::store::record::{CandidateView, Curation};
use serde_json::json;
use tempfile::TempDir;

use crate::views::{With, agreeing};
use crate::{request, rows};

const SHEEP: &str =
    "A farmer has 12 sheep and buys 5 more every week. How many sheep does the farmer have after 8 weeks?";

fn asks(id: i64, question: &str) -> CandidateView {
    agreeing(id).and(|v| question.clone_into(&mut v.record.question))
}

#[test]
fn of_questions_that_are_nearly_the_same_the_first_is_taken() {
    let again = SHEEP.replace("every", "each");
    let views = [
        asks(1, SHEEP).curated(Curation::Reject),
        asks(2, SHEEP),
        asks(3, &again),
        asks(4, &SHEEP.to_uppercase()),
        asks(5, &SHEEP.replace("12", "13")),
        asks(6, &SHEEP.replace("more", "fewer")),
    ];
    let written = |duplicates| {
        let mut request = request(FormatName::Messages);
        request.options.duplicates = duplicates;
        let (out, manifest) = rows(&views, request).unwrap();
        let uids: Vec<String> = out.iter().map(|row| row["loong_uid"].as_str().unwrap().to_owned()).collect();
        (uids, manifest)
    };
    let (near, manifest) = written(Duplicates::DropNear);
    assert_eq!(
        near,
        ["uid-2", "uid-5"],
        "other numbers are another question; one that is rejected is nobody's duplicate"
    );
    let skipped: Vec<_> = manifest.candidates.skipped.iter().collect();
    assert_eq!(skipped, [("duplicate question", 1), ("near-duplicate question", 2), ("rejected", 1)]);
    let kept_out = serde_json::to_value(&manifest).unwrap()["candidates"]["kept_out"].clone();
    assert_eq!(kept_out, json!({"duplicate question": "4", "near-duplicate question": "3,6"}));
    assert_eq!(written(Duplicates::Drop).0, ["uid-2", "uid-3", "uid-5", "uid-6"]);
    let (all, manifest) = written(Duplicates::Keep);
    assert_eq!(all.len(), 5);
    assert!(manifest.candidates.kept_out.is_empty());
}

fn exported(views: &[CandidateView], files: &[(&str, &str)], words: usize) -> (Vec<i64>, Manifest) {
    let folder = TempDir::new().unwrap();
    let paths: Vec<_> = files
        .iter()
        .map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        })
        .collect();
    let against = Contamination::read("--against", &paths, Grams::of(words), &AtomicBool::new(false)).unwrap();
    let mut bytes = Vec::new();
    let mut to = Rows::new(&mut bytes, "-", request(FormatName::Raw)).unwrap();
    to.keep_away_from(against);
    let taken = views.iter().filter(|view| to.push(view).unwrap().is_none()).map(|view| view.id).collect();
    (taken, to.finish().unwrap())
}

#[test]
fn what_is_in_a_benchmark_is_left_out_and_told_by_file() {
    let within = format!("Bob sees it. {} Why?", &SHEEP[..66]);
    let views = [
        asks(1, SHEEP),
        asks(2, "What is 7 times 8?"),
        asks(3, "What is 7 times 9?"),
        asks(4, &within),
        asks(5, "An unlike question of many words: how many trees with 6 nodes are there up to isomorphism?"),
    ];
    let aime = format!("{}\n", json!({"id": 1, "problem": SHEEP, "answer": "52"}));
    let own = "[{\"question\": \"what is 7 TIMES 8\"}, {\"question\": \"What is a farmer?\"}]";
    let (taken, manifest) = exported(&views, &[("aime.jsonl", &aime), ("own.json", own)], 13);
    assert_eq!(taken, [3, 5]);
    assert_eq!(manifest.candidates.skipped.get("contaminated"), 3);
    assert_eq!(ranges(&manifest.candidates.kept_out["contaminated"]), "1-2,4");
    let against: Vec<_> = manifest.against.iter().map(|file| (file.name.as_str(), file.candidates)).collect();
    assert_eq!(against, [("aime.jsonl", 2), ("own.json", 1)]);
    // So many words in a row are not there; the whole question still is.
    let (taken, _) = exported(&views, &[("aime.jsonl", &aime)], 30);
    assert_eq!(taken, [2, 3, 5], "shorter texts go by eight words in a row");
    let long = [asks(6, &format!("{within} And what has that to do with the price of wool in the year before?"))];
    assert!(
        exported(&[&views[4..], &long].concat(), &[("aime.jsonl", &aime)], 20).0.contains(&6),
        "no twenty in a row"
    );
    assert_eq!(exported(&[&views[4..], &long].concat(), &[("aime.jsonl", &aime)], 13).0, [5]);
}
