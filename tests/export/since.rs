//! What is new since the last export: files of its own, nothing twice, and what no longer holds is told.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use loong::export::{
    Duplicates, Encoding, ExportError, ExportRequest, Exporter, FormatName, Manifest, RewardFor, feed, ranges,
};
use loong::likeness::{Contamination, Grams};
use loong::store::filter::Filter;
use loong::store::record::{
    Agreement, CandidateRecord, CandidateView, Curation, Judgement, NewDecision, ResponseRecord,
};
use loong::store::revision::{Revision, Texts};
use loong::store::{IdSet, OpenMode, Store};
use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use crate::views::{With, agreeing};
use crate::{disagreeing, request};

/// A project's store, and a place to export to.
struct Bench {
    folder: TempDir,
    store: Store,
}

impl Bench {
    /// A store of candidates that agree.
    fn new(candidates: i64) -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path().join("loong.db"), OpenMode::Create).unwrap();
        let bench = Self { folder, store };
        (1..=candidates).for_each(|id| bench.put(agreeing(id)));
        bench
    }

    fn put(&self, view: CandidateView) {
        let responses = view.responses.into_iter().map(|r| ResponseRecord { reply_id: None, ..r.record }).collect();
        let record =
            CandidateRecord { run_id: None, ordinal: None, generator_reply_id: None, responses, ..view.record };
        self.store.put_candidates_blocking(vec![record]).unwrap();
    }

    fn decide(&self, candidate: i64, decision: NewDecision) -> String {
        let decision = NewDecision { candidate, reviewer: "ada".to_owned(), ..decision };
        self.store.decide_blocking(decision).unwrap().uid
    }

    fn curate(&self, candidate: i64, curation: Curation) -> String {
        self.decide(candidate, NewDecision { curation: Some(curation), ..NewDecision::default() })
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("set.jsonl")
    }

    fn request(&self) -> ExportRequest {
        ExportRequest { store: self.store.uid().to_owned(), ..request(FormatName::Messages) }
    }

    fn export(&self, request: ExportRequest) -> Result<Manifest, ExportError> {
        self.export_away_from(&[], request)
    }

    fn export_away_from(&self, names: &[&str], request: ExportRequest) -> Result<Manifest, ExportError> {
        let filter = Filter::parse(&request.filter).unwrap();
        let mut reader = self.store.reader().unwrap();
        let paths: Vec<PathBuf> = names.iter().map(|name| self.folder.path().join(name)).collect();
        let against = Contamination::read("--against", &paths, Grams::default(), &AtomicBool::new(false)).unwrap();
        let mut exporter = Exporter::go_on(&self.place(), request, against)?;
        exporter.look_back(&mut reader)?;
        feed(&mut reader, &filter, |view| exporter.push(view).map(|_| ControlFlow::Continue(())))?;
        exporter.finish()
    }

    /// Writes everything anew.
    fn overwrite(&self, request: ExportRequest) -> Manifest {
        let mut exporter = Exporter::create(&self.place(), request, true).unwrap();
        let mut reader = self.store.reader().unwrap();
        feed(&mut reader, &Filter::all(), |view| exporter.push(view).map(|_| ControlFlow::Continue(()))).unwrap();
        exporter.finish().unwrap()
    }

    /// What the files are, by name.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let all = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut all: Vec<_> = all
            .filter(|path| name(path).starts_with("set"))
            .map(|path| (name(&path), fs::read(path).unwrap()))
            .collect();
        all.sort();
        all
    }

    fn uids(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join(name)).unwrap();
        let uid = |line| serde_json::from_str::<Value>(line).unwrap()["loong_uid"].as_str().unwrap().to_owned();
        text.lines().map(uid).collect()
    }
}

#[test]
fn what_is_new_goes_into_a_file_of_its_own() {
    let bench = Bench::new(3);
    let first = bench.export(bench.request()).unwrap();
    assert!(!first.news.goes_on && first.file.rows == 3, "the first one writes everything");
    let whole = fs::read(bench.place()).unwrap();
    (4..=5).for_each(|id| bench.put(agreeing(id)));
    bench.put(disagreeing(6));
    let second = bench.export(bench.request()).unwrap();
    assert_eq!((second.news.rows, second.rows(), second.candidates.written), (2, 5, 5));
    assert_eq!(bench.uids("set.part-2.jsonl"), ["uid-4", "uid-5"]);
    assert_eq!(fs::read(bench.place()).unwrap(), whole, "what was written stays as it is");
    let names: Vec<String> = bench.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["set.card.md", "set.jsonl", "set.manifest.json", "set.part-2.jsonl"]);
    let card = fs::read_to_string(bench.folder.path().join("set.card.md")).unwrap();
    for text in [
        "    path: [\"set.jsonl\", \"set.part-2.jsonl\"]\n",
        "data_files=[\"set.jsonl\", \"set.part-2.jsonl\"]",
        "5 rows",
    ] {
        assert!(card.contains(text), "{text}\n{card}");
    }
    bench.put(agreeing(7));
    assert_eq!(bench.export(bench.request()).unwrap().increments.len(), 2);
    assert_eq!(bench.uids("set.part-3.jsonl"), ["uid-7"]);
}

#[test]
fn the_same_again_writes_nothing() {
    let bench = Bench::new(3);
    bench.export(bench.request()).unwrap();
    let before = bench.files();
    let again = bench.export(bench.request()).unwrap();
    assert!(again.news.goes_on && !again.news.is_written && again.news.rows == 0, "{:?}", again.news);
    bench.put(agreeing(4));
    bench.export(bench.request()).unwrap();
    assert_ne!(bench.files(), before);
    let before = bench.files();
    assert!(!bench.export(bench.request()).unwrap().news.is_written);
    assert_eq!(bench.files(), before);
}

#[test]
fn what_was_withdrawn_is_told_until_it_is_gone_and_accepted_ones_come() {
    let bench = Bench::new(4);
    bench.put(disagreeing(5));
    bench.export(bench.request()).unwrap();
    let rejected = bench.curate(2, Curation::Reject);
    bench.decide(3, NewDecision { sample: Some(0), judgement: Some(Judgement::Different), ..NewDecision::default() });
    let told = bench.export(bench.request()).unwrap();
    let withdrawn: Vec<_> = told.drift.withdrawn.iter().map(|(reason, ids)| (reason.as_str(), ranges(ids))).collect();
    assert_eq!(withdrawn, [("different", "3".to_owned()), ("rejected", "2".to_owned())]);
    assert!(told.news.is_written && told.news.rows == 0, "the manifest and the card say so, too");
    let card = fs::read_to_string(bench.folder.path().join("set.card.md")).unwrap();
    assert!(card.contains("Withdrawn since they were written: 1 candidates (rejected)"), "{card}");
    // Told again with what is new, though nothing of it is.
    bench.put(agreeing(6));
    let told = bench.export(bench.request()).unwrap();
    assert_eq!((told.news.rows, told.drift.withdrawn.len()), (1, 2));
    // The rejection is undone: it holds again, and comes no second time.
    bench.decide(2, NewDecision { reverses: Some(rejected), ..NewDecision::default() });
    let told = bench.export(bench.request()).unwrap();
    assert_eq!((told.drift.withdrawn.len(), told.news.rows), (1, 0));
    assert!(told.drift.withdrawn.contains_key("different"));
}

#[test]
fn rows_that_would_be_others_are_told() {
    let bench = Bench::new(3);
    bench.export(bench.request()).unwrap();
    let texts = Texts { question: Some("What is 2 plus 2?".to_owned()), ..Default::default() };
    let revision = Some(Box::new(Revision::to(texts)));
    bench.decide(2, NewDecision { revision, ..NewDecision::default() });
    let told = bench.export(bench.request()).unwrap();
    assert_eq!((ranges(&told.drift.changed), told.news.rows), ("2".to_owned(), 0));
    assert!(told.drift.withdrawn.is_empty());
}

#[test]
fn those_that_the_filter_no_longer_gives_are_withdrawn() {
    let bench = Bench::new(3);
    let request = ExportRequest { filter: "-tag:bad".to_owned(), ..bench.request() };
    bench.export(request.clone()).unwrap();
    bench.decide(
        1,
        NewDecision { tags: vec!["bad".to_owned()], curation: Some(Curation::Accept), ..NewDecision::default() },
    );
    let told = bench.export(request).unwrap();
    assert_eq!(told.drift.withdrawn.keys().collect::<Vec<_>>(), ["not given by the filter"]);
}

#[test]
fn what_asks_the_same_as_something_written_does_not_come() {
    for duplicates in [Duplicates::Drop, Duplicates::DropNear] {
        let bench = Bench::new(0);
        bench.put(disagreeing(1));
        let same = |id: i64| {
            let mut view = agreeing(id);
            "What is 1 + 1?".clone_into(&mut view.record.question);
            view
        };
        bench.put(same(2));
        let mut request = bench.request();
        request.options.duplicates = duplicates;
        bench.export(request.clone()).unwrap();
        assert_eq!(bench.uids("set.jsonl"), ["uid-2"]);
        // An earlier one is accepted: what is written was there first.
        bench.decide(
            1,
            NewDecision { sample: Some(0), judgement: Some(Judgement::Equivalent), ..NewDecision::default() },
        );
        bench.put(same(3));
        let told = bench.export(request).unwrap();
        assert_eq!((told.news.rows, told.drift.is_none()), (0, true), "{duplicates}: {:?}", told.drift);
        assert_eq!(told.candidates.skipped.get("duplicate question"), 2);
    }
}

#[test]
fn another_export_is_not_gone_on_from() {
    let bench = Bench::new(3);
    bench.export(bench.request()).unwrap();
    bench.put(agreeing(4));
    let before = bench.files();
    let mut responses = bench.request();
    responses.options.responses = loong::export::WhichResponses::AllVerified;
    for (other, what) in [
        (ExportRequest { format: FormatName::Alpaca, ..bench.request() }, "--format messages"),
        (ExportRequest { filter: "domain:logic".to_owned(), ..bench.request() }, "without a filter"),
        (ExportRequest { encoding: Encoding::Parquet, ..bench.request() }, "as jsonl"),
        (ExportRequest { store: "another".to_owned(), ..bench.request() }, "another project"),
        (responses, "with responses \"first-verified\""),
    ] {
        let told = bench.export(other).unwrap_err().to_string();
        assert!(told.contains(what) && told.contains("--overwrite"), "{told}");
    }
    fs::write(bench.place(), "mine\n").unwrap();
    assert!(matches!(bench.export(bench.request()), Err(ExportError::NotAsWritten { .. })));
    fs::write(bench.folder.path().join("set.manifest.json"), "{\"manifest\": 1}").unwrap();
    assert!(matches!(bench.export(bench.request()), Err(ExportError::NoMemory { .. })));
    fs::remove_file(bench.folder.path().join("set.manifest.json")).unwrap();
    assert!(matches!(bench.export(bench.request()), Err(ExportError::Exists { .. })), "nobody knows what it is");
    assert_eq!(bench.files().len(), before.len() - 1);
}

#[test]
fn what_was_kept_away_from_is_kept_away_from_again() {
    let bench = Bench::new(3);
    let write = |name: &str, text: &str| fs::write(bench.folder.path().join(name), text).unwrap();
    write("test.txt", "What is 2 + 2?\n");
    write("other.txt", "What is 9 + 9?\n");
    let first = bench.export_away_from(&["test.txt"], bench.request()).unwrap();
    assert_eq!((first.file.rows, first.against.len()), (2, 1));
    bench.put(agreeing(4));
    let before = bench.files();
    for names in [&[][..], &["other.txt"], &["test.txt", "other.txt"]] {
        let told = bench.export_away_from(names, bench.request()).unwrap_err().to_string();
        assert!(told.contains("another one (--against test.txt)"), "{told}");
    }
    assert_eq!(bench.files(), before, "nothing that was kept out came in");
    let more = bench.export_away_from(&["test.txt"], bench.request()).unwrap();
    assert_eq!((more.news.rows, more.against.len()), (1, 1));

    let bench = Bench::new(1);
    fs::write(bench.folder.path().join("test.txt"), "What is 2 + 2?\n").unwrap();
    bench.export(bench.request()).unwrap();
    let told = bench.export_away_from(&["test.txt"], bench.request()).unwrap_err().to_string();
    assert!(told.contains("another one (without --against)"), "{told}");
}

#[test]
fn a_reward_function_comes_later_only_where_nothing_is_and_stays() {
    let bench = Bench::new(2);
    let plain = ExportRequest { format: FormatName::PromptOnly, ..bench.request() };
    let rewarded = ExportRequest { reward: Some(RewardFor::Trl), ..plain.clone() };
    bench.export(plain.clone()).unwrap();
    let place = bench.folder.path().join("set_reward.py");
    fs::write(&place, "mine\n").unwrap();
    let told = bench.export(rewarded.clone()).unwrap_err();
    assert!(matches!(&told, ExportError::Exists { path } if *path == place), "{told}");
    assert_eq!(fs::read_to_string(&place).unwrap(), "mine\n");
    fs::remove_file(&place).unwrap();
    assert!(bench.export(rewarded.clone()).unwrap().news.is_written);
    assert!(fs::read_to_string(&place).unwrap().contains("loong_reward"));
    // It is part of the export from then on.
    let told = bench.export(plain).unwrap_err().to_string();
    assert!(told.contains("another one (with --reward trl)"), "{told}");
    bench.put(agreeing(3));
    assert_eq!(bench.export(rewarded).unwrap().news.rows, 1);
}

#[test]
fn parts_are_never_overwritten_and_go_with_what_they_belong_to() {
    let bench = Bench::new(3);
    bench.export(bench.request()).unwrap();
    bench.put(agreeing(4));
    let part = bench.folder.path().join("set.part-2.jsonl");
    fs::write(&part, "mine\n").unwrap();
    assert!(matches!(bench.export(bench.request()), Err(ExportError::NotNamed { .. })));
    assert_eq!(fs::read_to_string(&part).unwrap(), "mine\n");
    fs::remove_file(&part).unwrap();
    bench.export(bench.request()).unwrap();
    // Written whole again: the part belongs to what is overwritten, and what only has such a name does not.
    fs::write(bench.folder.path().join("set.part-3.jsonl"), "mine\n").unwrap();
    assert_eq!(bench.overwrite(bench.request()).file.rows, 4);
    assert!(!part.exists() && bench.folder.path().join("set.part-3.jsonl").exists());
    bench.put(agreeing(5));
    assert_eq!(bench.export(bench.request()).unwrap().news.rows, 1);
    assert_eq!(bench.uids("set.part-2.jsonl"), ["uid-5"]);
}

#[test]
fn a_test_part_goes_with_the_export_that_it_belongs_to() {
    let bench = Bench::new(0);
    (1..=80).for_each(|id| bench.put(agreeing(id).and(|v| v.record.family = Some(format!("seed-{id}")))));
    let mut parted = bench.request();
    parted.options.test_per_mille = 200;
    let test = bench.folder.path().join("set.test.jsonl");
    let written = bench.overwrite(parted.clone());
    assert!(written.test.is_some() && test.exists());
    // In its place comes another one, and where there is to be none it goes: its rows are in the file then.
    assert_eq!(bench.overwrite(parted.clone()).test, written.test);
    assert!(test.exists());
    assert_eq!(bench.overwrite(bench.request()).file.rows, 80);
    assert!(!test.exists());
    // What the manifest does not speak of, or has otherwise, is somebody's.
    fs::write(&test, "mine\n").unwrap();
    bench.overwrite(bench.request());
    assert!(test.exists());
    bench.overwrite(parted);
    fs::write(&test, "mine\n").unwrap();
    bench.overwrite(bench.request());
    assert_eq!(fs::read_to_string(&test).unwrap(), "mine\n");
}

#[test]
fn families_stay_in_their_part() {
    let bench = Bench::new(0);
    let of = |id: i64| {
        let mut view = agreeing(id);
        view.record.family = Some(format!("seed-{}", id % 40));
        view
    };
    (1..=80).for_each(|id| bench.put(of(id)));
    let mut request = bench.request();
    request.options.test_per_mille = 200;
    let first = bench.export(request.clone()).unwrap();
    (81..=160).for_each(|id| bench.put(of(id)));
    let second = bench.export(request).unwrap();
    assert_eq!(second.news.rows, 80);
    let increment = second.increments.first().unwrap();
    assert_eq!(increment.test.as_ref().unwrap().rows, first.test.unwrap().rows, "as many of the same families");
    let families = |name: &str| -> std::collections::BTreeSet<i64> {
        bench.uids(name).iter().map(|uid| uid.trim_start_matches("uid-").parse::<i64>().unwrap() % 40).collect()
    };
    assert_eq!(families("set.test.jsonl"), families("set.part-2.test.jsonl"));
    assert!(families("set.test.jsonl").is_disjoint(&families("set.part-2.jsonl")));
}

#[test]
fn reading_ahead_gives_what_reading_gives_in_order_and_ends_when_told() {
    let bench = Bench::new(700);
    let all: Vec<i64> = (1..=700).collect();
    let mut reader = bench.store.reader().unwrap();
    let mut read = |filter: &str, most: usize| {
        let mut ids = Vec::new();
        let fed = feed(&mut reader, &Filter::parse(filter).unwrap(), |view| {
            assert_eq!((view.responses.len(), view.record.uid.as_str()), (1, format!("uid-{}", view.id).as_str()));
            ids.push(view.id);
            Ok(if ids.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        fed.map(|_| ids)
    };
    assert_eq!(read("", usize::MAX).unwrap(), all);
    assert_eq!(read("", 10).unwrap(), all[..10]);
    assert_eq!(read("id:3,5,9,300,301,699", usize::MAX).unwrap(), [3, 5, 9, 300, 301, 699]);
    let failed = feed(&mut reader, &Filter::all(), |_| Err(ExportError::OnlyTest));
    assert!(matches!(failed, Err(ExportError::OnlyTest)), "{failed:?}");
    assert_eq!(Agreement::Agrees, reader.candidate(1).unwrap().standing);
}

/// What happens between exports.
#[derive(Debug, Clone)]
enum Deed {
    Put { agrees: bool },
    Curate(i64, Curation),
    Judge(i64, Judgement),
    Correct(i64),
    Undo,
    Export,
}

fn deed() -> impl Strategy<Value = Deed> {
    let id = 1..16_i64;
    prop_oneof![
        3 => any::<bool>().prop_map(|agrees| Deed::Put { agrees }),
        2 => (id.clone(), prop::sample::select(Curation::ALL)).prop_map(|(id, curation)| Deed::Curate(id, curation)),
        2 => (id.clone(), prop::sample::select(Judgement::ALL)).prop_map(|(id, judged)| Deed::Judge(id, judged)),
        1 => id.prop_map(Deed::Correct),
        2 => Just(Deed::Undo),
        2 => Just(Deed::Export),
    ]
}

impl Bench {
    fn carry_out(&self, deed: &Deed, there: &mut i64) {
        let none = NewDecision::default;
        match *deed {
            Deed::Put { agrees } => {
                *there += 1;
                self.put(if agrees { agreeing(*there) } else { disagreeing(*there) });
            }
            Deed::Curate(id, _) | Deed::Judge(id, _) | Deed::Correct(id) if id > *there => {}
            Deed::Curate(id, curation) => drop(self.curate(id, curation)),
            Deed::Judge(id, judged) => {
                self.decide(id, NewDecision { sample: Some(0), judgement: Some(judged), ..none() });
            }
            Deed::Correct(id) => {
                // As it stands already it is no correction.
                let question = format!("And what is {id} + {id}, again?");
                let stands = self.store.reader().unwrap().candidate(id).unwrap().current().record.question;
                if question != stands {
                    let texts = Texts { question: Some(question), ..Texts::default() };
                    self.decide(id, NewDecision { revision: Some(Box::new(Revision::to(texts))), ..none() });
                }
            }
            Deed::Undo => drop(self.store.turn_blocking(false, "ada", |_, _| ControlFlow::Continue(()))),
            // Nothing to export is no fault of what comes later.
            Deed::Export => drop(self.export(self.request())),
        }
    }

    /// The rows of files, by candidate.
    fn rows(&self, names: impl Iterator<Item = String>) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for name in names {
            let text = fs::read_to_string(self.folder.path().join(name)).unwrap();
            for line in text.lines() {
                let row: Value = serde_json::from_str(line).unwrap();
                let before = all.insert(row["loong_uid"].as_str().unwrap().to_owned(), line.to_owned());
                assert!(before.is_none(), "it is there twice: {line}");
            }
        }
        all
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The files, without what is told as withdrawn or changed, have what a whole export has, but for what changed.
    #[test]
    fn what_is_written_and_what_is_told_are_the_whole(deeds in prop::collection::vec(deed(), 1..40)) {
        let bench = Bench::new(0);
        bench.put(agreeing(1));
        let mut there = 1;
        for deed in deeds {
            bench.carry_out(&deed, &mut there);
        }
        let Ok(told) = bench.export(bench.request()) else { return Ok(()) };
        prop_assert!(!bench.export(bench.request()).unwrap().news.is_written);
        let mut written = bench.rows(told.files().map(|file| file.name.clone()));
        let mut told_of: Vec<i64> = told.drift.withdrawn.values().flat_map(IdSet::iter).collect();
        told_of.extend(told.drift.changed.iter());
        for id in &told_of {
            prop_assert!(written.remove(&format!("uid-{id}")).is_some(), "{id} is told of, and not there");
        }
        let place = bench.folder.path().join("whole.jsonl");
        let mut exporter = Exporter::create(&place, bench.request(), false).unwrap();
        let mut reader = bench.store.reader().unwrap();
        feed(&mut reader, &Filter::all(), |view| exporter.push(view).map(|_| ControlFlow::Continue(()))).unwrap();
        let mut whole = match exporter.finish() {
            Ok(_) => bench.rows(std::iter::once("whole.jsonl".to_owned())),
            Err(ExportError::Nothing(_)) => BTreeMap::new(),
            Err(e) => panic!("{e}"),
        };
        for id in told.drift.changed.iter() {
            prop_assert!(whole.remove(&format!("uid-{id}")).is_some(), "{id} has changed, and is not there now");
        }
        prop_assert_eq!(written, whole);
    }
}
