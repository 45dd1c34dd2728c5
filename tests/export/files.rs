//! Files: all three or none, nothing overwritten, the same bytes again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use loong::export::{ExportError, ExportRequest, Exporter, FormatName, Manifest, Rows};
use loong::store::record::{CandidateView, Curation, Judgement};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::views::{With, agreeing};
use crate::{disagreeing, request};

/// An export to a file.
fn export(place: &Path, views: &[CandidateView], overwrite: bool) -> Result<Manifest, ExportError> {
    let mut exporter = Exporter::create(place, request(FormatName::Loong), overwrite)?;
    for view in views {
        exporter.push(view)?;
    }
    exporter.finish()
}

/// What is in a folder, also what is hidden, sorted.
fn listing(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("set-1.5.jsonl");
    (folder, place)
}

#[test]
fn an_export_is_a_file_with_manifest_and_card() {
    let (folder, place) = folder();
    let manifest = export(&place, &[agreeing(1), disagreeing(2), agreeing(3)], false).unwrap();
    assert_eq!(listing(&folder), ["set-1.5.card.md", "set-1.5.jsonl", "set-1.5.manifest.json"]);
    let data = fs::read(&place).unwrap();
    assert_eq!(manifest.file.blake3, blake3::hash(&data).to_hex().to_string());
    assert_eq!((manifest.file.rows, manifest.file.bytes), (2, data.len() as u64));
    let written: Value =
        serde_json::from_slice(&fs::read(folder.path().join("set-1.5.manifest.json")).unwrap()).unwrap();
    let mut without = written.clone();
    assert_eq!(without.as_object_mut().unwrap().remove("members").unwrap()["ids"], "1,3");
    assert_eq!(without, serde_json::to_value(&manifest).unwrap());
    assert_eq!(written["candidates"], json!({"seen": 3, "written": 2, "skipped": {"different": 1}}));
    assert_eq!(written["file"]["name"], "set-1.5.jsonl");
    assert_eq!(written["verifiers"], json!({"v1/standard": 2}));
    assert_eq!(written["prompt_hashes"], json!({"cafe": 2}));
    assert_eq!(written["generators"], json!({"writer-1": 2}));
    assert_eq!(written["options"]["responses"], "first-verified");
}

#[test]
fn the_same_export_again_gives_the_same_bytes() {
    let views: Vec<CandidateView> = (1..200).map(agreeing).collect();
    let (one, first) = folder();
    let (two, second) = folder();
    export(&first, &views, false).unwrap();
    export(&second, &views, false).unwrap();
    assert_eq!(listing(&one), listing(&two));
    for name in listing(&one) {
        assert_eq!(fs::read(one.path().join(&name)).unwrap(), fs::read(two.path().join(&name)).unwrap(), "{name}");
    }
}

#[test]
fn nothing_that_exists_is_overwritten_unless_asked() {
    for existing in ["set-1.5.jsonl", "set-1.5.manifest.json", "set-1.5.card.md"] {
        let (folder, place) = folder();
        fs::write(folder.path().join(existing), "mine").unwrap();
        let error = export(&place, &[agreeing(1)], false).unwrap_err();
        assert!(matches!(error, ExportError::Exists { .. }), "{error}");
        assert!(error.to_string().contains(existing), "{error}");
        assert_eq!(listing(&folder), [existing]);
        assert_eq!(fs::read_to_string(folder.path().join(existing)).unwrap(), "mine");
        export(&place, &[agreeing(1)], true).unwrap();
        assert_ne!(fs::read_to_string(folder.path().join(existing)).unwrap(), "mine");
        assert_eq!(listing(&folder).len(), 3);
    }
}

#[test]
fn a_file_that_comes_meanwhile_is_kept() {
    let (folder, place) = folder();
    let mut exporter = Exporter::create(&place, request(FormatName::Loong), false).unwrap();
    exporter.push(&agreeing(1)).unwrap();
    fs::write(&place, "theirs").unwrap();
    assert!(matches!(exporter.finish().unwrap_err(), ExportError::Exists { .. }));
    assert_eq!(fs::read_to_string(&place).unwrap(), "theirs");
    assert_eq!(listing(&folder), ["set-1.5.jsonl"]);
}

#[test]
fn an_unfinished_export_leaves_nothing_and_changes_nothing() {
    let (folder, place) = folder();
    fs::write(&place, "mine").unwrap();
    let mut exporter = Exporter::create(&place, request(FormatName::Loong), true).unwrap();
    exporter.push(&agreeing(1)).unwrap();
    assert_eq!(listing(&folder).len(), 2, "what is being written stands aside");
    drop(exporter);
    assert_eq!(listing(&folder), ["set-1.5.jsonl"]);
    assert_eq!(fs::read_to_string(&place).unwrap(), "mine");
}

#[test]
fn an_export_of_nothing_is_an_error_that_says_why() {
    let (folder, place) = folder();
    let error = export(&place, &[disagreeing(1), disagreeing(2).curated(Curation::Flag)], false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is nothing to export: none of 2 candidates can be taken (1 different, 1 flagged); nothing was written"
    );
    assert!(listing(&folder).is_empty());
}

#[test]
fn places_that_cannot_be_are_refused_before_any_work() {
    let (folder, _) = folder();
    let create = |place: &Path| Exporter::create(place, request(FormatName::Loong), true).map(drop).unwrap_err();
    let error = create(folder.path());
    assert!(matches!(error, ExportError::NotAFile { .. }), "{error}");
    let error = create(&folder.path().join("absent/data.jsonl"));
    assert!(matches!(error, ExportError::NoFolder { .. }), "{error}");
    assert!(error.to_string().contains("make it first"), "{error}");
    assert!(matches!(create(Path::new("..")), ExportError::NotAFile { .. }));
}

/// Candidates of many families, several of each, and a request for a part to test on.
fn families() -> (Vec<CandidateView>, ExportRequest) {
    let of = |id: i64| agreeing(id).and(|v| v.record.family = Some(format!("seed-{}", id % 97)));
    let mut request = request(FormatName::Loong);
    request.options.test_per_mille = 200;
    ((1..=970).map(of).collect(), request)
}

fn export_in_two(place: &Path, views: &[CandidateView], request: ExportRequest) -> Result<Manifest, ExportError> {
    let mut exporter = Exporter::create(place, request, false)?;
    for view in views {
        exporter.push(view)?;
    }
    exporter.finish()
}

#[test]
fn a_test_part_never_cuts_a_family_and_stays_when_more_comes() {
    let (views, request) = families();
    let (folder, place) = folder();
    let manifest = export_in_two(&place, &views, request.clone()).unwrap();
    assert_eq!(listing(&folder), ["set-1.5.card.md", "set-1.5.jsonl", "set-1.5.manifest.json", "set-1.5.test.jsonl"]);
    let families = |name: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        let family =
            |line| serde_json::from_str::<Value>(line).unwrap()["metadata"]["provenance"]["family"].to_string();
        text.lines().map(family).collect()
    };
    let (main, test) = (families("set-1.5.jsonl"), families("set-1.5.test.jsonl"));
    assert!(main.is_disjoint(&test), "{:?}", main.intersection(&test));
    assert_eq!(main.len() + test.len(), 97);
    assert!((10..=30).contains(&test.len()), "a fifth of 97, as hashes fall: {}", test.len());
    let facts = manifest.test.clone().unwrap();
    assert_eq!((manifest.file.rows + facts.rows, facts.rows), (970, 10 * test.len() as u64));
    assert_eq!(facts.blake3, blake3::hash(&fs::read(folder.path().join(&facts.name)).unwrap()).to_hex().to_string());
    let card = fs::read_to_string(folder.path().join("set-1.5.card.md")).unwrap();
    assert!(card.contains("  - split: test\n    path: \"set-1.5.test.jsonl\"\n---\n"), "{card}");
    assert!(card.contains("data_files={\"train\": \"set-1.5.jsonl\", \"test\": \"set-1.5.test.jsonl\"}"), "{card}");

    // Half of the candidates: what is there falls where it fell.
    let (fewer, place) = self::folder();
    export_in_two(&place, &views[..485], request).unwrap();
    let less = fs::read_to_string(fewer.path().join("set-1.5.test.jsonl")).unwrap();
    let all = fs::read_to_string(folder.path().join("set-1.5.test.jsonl")).unwrap();
    assert!(!less.is_empty() && less.lines().all(|line| all.lines().any(|other| other == line)));
}

#[test]
fn a_test_part_that_cannot_be_is_told() {
    let (views, mut request) = families();
    // Nothing of these falls into a part that small: there is no file, and no loader stumbles over an empty one.
    request.options.test_per_mille = 1;
    let (folder, place) = folder();
    let manifest = export_in_two(&place, &views[..5], request.clone()).unwrap();
    assert!(manifest.test.is_none() && listing(&folder).len() == 3, "{:?}", listing(&folder));
    // All of them do: there would be nothing to train on.
    request.options.test_per_mille = 999;
    let (folder, place) = self::folder();
    let error = export_in_two(&place, &views[..1], request.clone()).unwrap_err();
    assert!(matches!(error, ExportError::OnlyTest) && listing(&folder).is_empty(), "{error}");
    // What is in the place of the test part is as safe as what is in the other places.
    fs::write(folder.path().join("set-1.5.test.jsonl"), "mine").unwrap();
    request.options.test_per_mille = 200;
    let error = export_in_two(&place, &views, request.clone()).unwrap_err();
    assert!(error.to_string().contains("set-1.5.test.jsonl exists already"), "{error}");
    assert_eq!(Exporter::in_the_way(&place, &request), Some(folder.path().join("set-1.5.test.jsonl")));
    // Standard output is one file.
    assert!(matches!(Rows::new(Vec::new(), "stdout", request), Err(ExportError::TestNeedsFile)));
}

#[test]
fn the_card_tells_what_a_reader_should_know() {
    let (folder, place) = folder();
    let mut views: Vec<CandidateView> = (1..10).map(|id| agreeing(id).judged(0, Judgement::Equivalent)).collect();
    views.push(disagreeing(10).judged(0, Judgement::Equivalent).of("few-shot", "a|b\u{1b}[2J`<x>"));
    views.push(disagreeing(11).curated(Curation::Accept).of("few-shot", "a|b\u{1b}[2J`<x>"));
    let mut request = request(FormatName::Loong);
    request.filter = "domain:logic,games".to_owned();
    let mut exporter = Exporter::create(&place, request, false).unwrap();
    for view in &views {
        exporter.push(view).unwrap();
    }
    exporter.finish().unwrap();
    let card = fs::read_to_string(folder.path().join("set-1.5.card.md")).unwrap();
    let front = card.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).expect("front matter").0;
    for line in ["pretty_name: \"set-1.5\"", "- n<1K", "    path: \"set-1.5.jsonl\"", "- config_name: default"] {
        assert!(front.lines().any(|l| l == line), "{line}\n{front}");
    }
    for text in [
        "load_dataset(\"json\", data_files=\"set-1.5.jsonl\", split=\"train\")",
        "# set-1.5\n",
        "| logic | 9 |",
        "| a\\|b␛[2J'&lt;x> | 1 |",
        "match `domain:logic,games`",
        "| different | 1 |",
        "| false-negative rate | 1/10 | 0.1000 | 0.0179–0.4042 |",
        "judged pairs only (10 of 11)",
        "eprint = {2509.03059}",
        "1 of the candidates in it were accepted by a person",
        "9 of the candidates in it stand by agreement alone",
        "10 of the candidates were made by the Loong loop",
    ] {
        assert!(card.contains(text), "{text}\n{card}");
    }
    assert!(!card.contains('\u{1b}'));
}
