//! Merging stores: a union that neither order nor repetition changes, and that loses nothing.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use loong::model::Role;
use loong::store::filter::Filter;
use loong::store::record::{
    Agreement, CandidateRecord, Curation, Judgement, NewDecision, Origin, RunState, SecondWord,
};
use loong::store::revision::Revision;
use loong::store::{MergeReport, OpenMode, Sink, Store, StoreError};
use loong::verifier::{Leniency, Outcome, Verdict};
use proptest::prelude::*;

use crate::support::{about, candidate, curate, judge, new_run, new_store, reply, response, verdict, wait};

fn merge(into: &Store, from: &Store) -> MergeReport {
    into.merge(from, |_| ControlFlow::Continue(())).unwrap()
}

fn digest(store: &Store) -> String {
    store.reader().unwrap().digest().unwrap()
}

/// Something that somebody does in a store.
#[derive(Debug, Clone)]
enum Deed {
    /// A candidate with this identity, one of some contents, from one of some files.
    Candidate {
        uid: u8,
        content: u8,
        file: u8,
        outcomes: Vec<Outcome>,
    },
    /// A run with a candidate of its loop, whose reply may be another one elsewhere.
    Loop {
        ordinal: u8,
        content: u8,
        done: bool,
    },
    Judge {
        which: u8,
        who: u8,
        judgement: Judgement,
        adjudicates: bool,
    },
    Curate {
        which: u8,
        who: u8,
        curation: Curation,
    },
    Tag {
        which: u8,
        who: u8,
    },
    /// A corrected answer, or where there is none a corrected question; and a judgement of it.
    Revise {
        which: u8,
        who: u8,
        answer: Option<u8>,
        outcome: Outcome,
    },
    Undo {
        who: u8,
    },
    Redo {
        who: u8,
    },
    Reverify {
        which: u8,
        outcome: Outcome,
    },
    Second {
        which: u8,
        outcome: Outcome,
    },
    /// Another store's deeds may be known here already.
    Copy {
        from: u8,
    },
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Equivalent), Just(Outcome::Different), Just(Outcome::Undecided)]
}

fn deed() -> impl Strategy<Value = Deed> {
    let judgement = prop_oneof![Just(Judgement::Equivalent), Just(Judgement::Different), Just(Judgement::CantTell)];
    let curation = prop_oneof![Just(Curation::Accept), Just(Curation::Reject), Just(Curation::Flag)];
    let outcomes = prop::collection::vec(outcome(), 1..3);
    prop_oneof![
        4 => (0..4_u8, 0..3_u8, 0..2_u8, outcomes)
            .prop_map(|(uid, content, file, outcomes)| Deed::Candidate { uid, content, file, outcomes }),
        2 => (0..3_u8, 0..2_u8, any::<bool>()).prop_map(|(ordinal, content, done)| Deed::Loop { ordinal, content, done }),
        5 => (0..4_u8, 0..3_u8, judgement, any::<bool>())
            .prop_map(|(which, who, judgement, adjudicates)| Deed::Judge { which, who, judgement, adjudicates }),
        2 => (0..4_u8, 0..3_u8, curation).prop_map(|(which, who, curation)| Deed::Curate { which, who, curation }),
        1 => (0..4_u8, 0..3_u8).prop_map(|(which, who)| Deed::Tag { which, who }),
        3 => (0..4_u8, 0..3_u8, prop::option::of(0..3_u8), outcome())
            .prop_map(|(which, who, answer, outcome)| Deed::Revise { which, who, answer, outcome }),
        1 => (0..3_u8).prop_map(|who| Deed::Undo { who }),
        1 => (0..3_u8).prop_map(|who| Deed::Redo { who }),
        2 => (0..4_u8, outcome()).prop_map(|(which, outcome)| Deed::Reverify { which, outcome }),
        2 => (0..4_u8, outcome()).prop_map(|(which, outcome)| Deed::Second { which, outcome }),
        1 => (0..5_u8).prop_map(|from| Deed::Copy { from }),
    ]
}

const WHO: [&str; 3] = ["ada", "bob", "cy"];

/// The store of a folder, in which all stores of a test have the same identity: they are copies of one.
fn opened(folder: &Path, name: usize) -> Store {
    Store::open(folder.join(format!("{name}.db")), OpenMode::Create).unwrap()
}

fn record(uid: &str, content: u8, file: u8, outcomes: &[Outcome]) -> CandidateRecord {
    let mut record = candidate(uid, outcomes);
    record.question = format!("Question {uid} in wording {content}?");
    record.strategy = format!("file-{file}.jsonl");
    record
}

fn act(stores: &[Store], at: usize, deed: &Deed) {
    let store = &stores[at];
    let reader = store.reader().unwrap();
    let ids = reader.ids(&Filter::all()).unwrap();
    let chosen = |which: u8| (!ids.is_empty()).then(|| ids[usize::from(which) % ids.len()]);
    match deed {
        Deed::Candidate { uid, content, file, outcomes } => {
            wait(store.put_candidate(record(&format!("c{uid}"), *content, *file, outcomes))).unwrap();
        }
        Deed::Loop { ordinal, content, done } => {
            let run = wait(store.open_run(new_run("recipe"))).unwrap();
            let mut asked = reply(&format!("key-{}-{ordinal}", run.uid), run.id, Role::Solver, u64::from(*ordinal));
            asked.reply.content = format!("content {content}");
            let kept = wait(store.put_reply(asked)).unwrap();
            let mut record = candidate(&format!("{}-{ordinal}", run.uid), &[]);
            record.origin = Origin::Loop;
            record.run_id = Some(run.id);
            record.ordinal = Some(u64::from(*ordinal));
            record.agreement = Agreement::Agrees;
            let mut said = response(0, Some(Outcome::Equivalent));
            said.reply_id = Some(kept.id);
            said.text = kept.reply.content;
            record.responses = vec![said];
            wait(store.put_candidate(record)).unwrap();
            if *done {
                wait(store.close_run(run.id, RunState::Stopped)).unwrap();
            }
        }
        Deed::Judge { which, who, judgement, adjudicates } => {
            if let Some(id) = chosen(*which) {
                let new = judge(id, 0, WHO[usize::from(*who)], *judgement);
                wait(store.decide(NewDecision { adjudicates: *adjudicates, ..new })).unwrap();
            }
        }
        Deed::Curate { which, who, curation } => {
            if let Some(id) = chosen(*which) {
                wait(store.decide(curate(id, WHO[usize::from(*who)], *curation))).unwrap();
            }
        }
        Deed::Tag { which, who } => {
            if let Some(id) = chosen(*which) {
                let who = WHO[usize::from(*who)];
                wait(store.decide(NewDecision { tags: vec![format!("by {who}")], ..about(id, who) })).unwrap();
            }
        }
        Deed::Revise { which, who, answer, outcome } => {
            if let Some(id) = chosen(*which) {
                let who = WHO[usize::from(*who)];
                let reference = answer.map(|n| format!("answer {n}"));
                let revision = Revision {
                    question: reference.is_none().then(|| format!("as {who} asks it")),
                    verdicts: [(0, verdict(*outcome))].into(),
                    reference: reference.clone(),
                    ..Revision::default()
                };
                let new = NewDecision { revision: Some(Box::new(revision)), ..about(id, who) };
                // What changes nothing is refused.
                if wait(store.decide(new)).is_ok() && reference.is_some() {
                    let judged = judge(id, 0, who, Judgement::Different);
                    wait(store.decide(NewDecision { about: reference, ..judged })).unwrap();
                }
            }
        }
        Deed::Undo { who } => drop(wait(store.undo(WHO[usize::from(*who)])).unwrap()),
        Deed::Redo { who } => drop(wait(store.redo(WHO[usize::from(*who)])).unwrap()),
        Deed::Reverify { which, outcome } => {
            if let Some(id) = chosen(*which) {
                let pair = reader.candidate(id).unwrap().responses[0].id;
                let fresh = Verdict { version: "2/strict".to_owned(), ..verdict(*outcome) };
                wait(store.put_verdicts(vec![(pair, fresh)])).unwrap();
            }
        }
        Deed::Second { which, outcome } => {
            if let Some(id) = chosen(*which) {
                let response = reader.candidate(id).unwrap().responses[0].id;
                wait(store.put_seconds(vec![word(response, "other", *outcome)])).unwrap();
            }
        }
        Deed::Copy { from } => {
            let from = usize::from(*from) % stores.len();
            if from != at {
                merge(store, &stores[from]);
            }
        }
    }
}

fn word(response: i64, verifier: &str, outcome: Outcome) -> SecondWord {
    SecondWord {
        response,
        verifier: verifier.to_owned(),
        outcome,
        detail: "because".to_owned(),
        version: "1".to_owned(),
    }
}

/// Numbers of rows that exist nowhere but in the cache of a store are what its log and its verdicts say.
fn caches_are_true(store: &Store) {
    let reader = store.reader().unwrap();
    let before = digest(store);
    for id in reader.ids(&Filter::all()).unwrap() {
        let log = reader.decisions(id).unwrap();
        let view = reader.candidate(id).unwrap();
        let folded = loong::store::fold::fold(&log).against(&view.came());
        assert_eq!(view.curation, folded.curation);
        assert_eq!(view.contested, folded.contested());
        for response in &view.responses {
            assert_eq!(response.judgement, folded.pair(response.record.sample).judgement);
            let verdict = response.record.verdict.as_ref().map(|v| v.outcome);
            assert_eq!(response.standing, folded.standing(response.record.sample, verdict));
        }
    }
    assert_eq!(reader.count(&Filter::all()).unwrap(), reader.ids(&Filter::all()).unwrap().len() as u64);
    assert_eq!(before, digest(store));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn five_stores_merged_in_any_order_twice_are_the_same_store(
        deeds in prop::collection::vec((0..5_usize, deed()), 5..40),
        orders in (Just((0..5).collect::<Vec<usize>>()).prop_shuffle(), Just((0..5).collect::<Vec<usize>>()).prop_shuffle()),
        target in 0..5_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        // Copies of one store: the worst case, since runs, replies and candidates of unlike content share identities.
        drop(opened(folder.path(), 0));
        for copy in 1..5 {
            std::fs::copy(folder.path().join("0.db"), folder.path().join(format!("{copy}.db"))).unwrap();
        }
        let stores: Vec<Store> = (0..5).map(|name| opened(folder.path(), name)).collect();
        for (at, deed) in &deeds {
            act(&stores, *at, deed);
        }
        let mut digests = Vec::new();
        for (nth, order) in [&orders.0, &orders.1].into_iter().enumerate() {
            let merged = opened(folder.path(), 10 + nth);
            for at in order {
                merge(&merged, &stores[*at]);
            }
            let once = digest(&merged);
            for at in order.iter().rev() {
                let again = merge(&merged, &stores[*at]);
                prop_assert_eq!((again.candidates, again.decisions, again.verdicts, again.replies), (0, 0, 0, 0));
            }
            prop_assert_eq!(&once, &digest(&merged), "merging again changes nothing");
            caches_are_true(&merged);
            digests.push(once);
        }
        // Into one of them rather than into an empty one, and by way of another merge.
        for at in 0..5 {
            if at != target {
                merge(&stores[target], &stores[at]);
            }
        }
        digests.push(digest(&stores[target]));
        let through = opened(folder.path(), 20);
        merge(&through, &stores[target]);
        digests.push(digest(&through));
        prop_assert_eq!(&digests[0], &digests[1], "order");
        prop_assert_eq!(&digests[0], &digests[2], "into one of them");
        prop_assert_eq!(&digests[0], &digests[3], "through another");
    }
}

#[test]
fn reviewers_decisions_unite_and_a_tie_is_contested() {
    let (_a, ada) = new_store();
    let (_b, bob) = new_store();
    let (_c, into) = new_store();
    for (store, who, judgement) in [(&ada, "ada", Judgement::Equivalent), (&bob, "bob", Judgement::Different)] {
        // Rows differ: bob has something else first.
        if who == "bob" {
            wait(store.put_candidate(candidate("other", &[Outcome::Equivalent]))).unwrap();
        }
        let id = wait(store.put_candidate(candidate("a", &[Outcome::Different]))).unwrap();
        wait(store.decide(judge(id, 0, who, judgement))).unwrap();
    }
    merge(&into, &ada);
    let report = merge(&into, &bob);
    assert_eq!((report.candidates, report.decisions, report.conflicting), (1, 1, 0), "{report:?}");
    let reader = into.reader().unwrap();
    let contested = reader.ids(&Filter::parse("contested:yes").unwrap()).unwrap();
    let [id] = contested[..] else { panic!("one is contested: {contested:?}") };
    // An undo where it was made is an undo here.
    wait(bob.undo("bob")).unwrap();
    assert_eq!(merge(&into, &bob).decisions, 1);
    let view = reader.candidate(id).unwrap();
    assert_eq!((view.contested, view.responses[0].judgement), (false, Some(Judgement::Equivalent)));
}

#[test]
fn one_identity_with_two_contents_keeps_both_with_their_decisions() {
    let (_a, one) = new_store();
    let (_b, two) = new_store();
    for (store, content, judgement) in [(&one, 0, Judgement::Equivalent), (&two, 1, Judgement::Different)] {
        let id = wait(store.put_candidate(record("a", content, 0, &[Outcome::Different]))).unwrap();
        wait(store.decide(judge(id, 0, "ada", judgement))).unwrap();
    }
    let (_c, into) = new_store();
    merge(&into, &one);
    let report = merge(&into, &two);
    assert_eq!(report.conflicting, 1);
    assert!(report.conflicts[0].other.starts_with("kept as a~"), "{report:?}");
    let reader = into.reader().unwrap();
    let mut said: Vec<_> = reader
        .ids(&Filter::all())
        .unwrap()
        .into_iter()
        .map(|id| {
            let view = reader.candidate(id).unwrap();
            (view.record.question, view.responses[0].judgement)
        })
        .collect();
    said.sort_by(|a, b| a.0.cmp(&b.0));
    let wanted = [
        ("Question a in wording 0?".to_owned(), Some(Judgement::Equivalent)),
        ("Question a in wording 1?".to_owned(), Some(Judgement::Different)),
    ];
    assert_eq!(said, wanted);
}

#[test]
fn facts_about_the_same_content_have_one_winner_and_counts_follow() {
    let (_a, one) = new_store();
    let (_b, two) = new_store();
    wait(one.put_candidate(record("a", 0, 0, &[Outcome::Different]))).unwrap();
    wait(two.put_candidate(record("a", 0, 1, &[Outcome::Different]))).unwrap();
    let mut kept = Vec::new();
    for order in [[&one, &two], [&two, &one]] {
        let (_c, into) = new_store();
        merge(&into, order[0]);
        let report = merge(&into, order[1]);
        assert_eq!((report.candidates, report.conflicting, report.conflicts[0].what), (0, 1, "facts"));
        let reader = into.reader().unwrap();
        let [cell] = &reader.totals().unwrap().candidates[..] else { panic!("one kind of candidate") };
        assert_eq!(cell.strategy, reader.candidate(1).unwrap().record.strategy);
        assert_eq!(reader.totals().unwrap(), reader.totals_of(&Filter::parse("id>0").unwrap()).unwrap());
        kept.push(cell.strategy.clone());
    }
    assert_eq!(kept[0], kept[1]);
}

#[test]
fn the_last_word_stays_last_although_another_clock_goes_fast() {
    let (_a, ahead) = new_store();
    let id = wait(ahead.put_candidate(candidate("a", &[Outcome::Different]))).unwrap();
    for _ in 0..400 {
        // Each comes a moment after the one before, faster than any clock.
        wait(ahead.decide(judge(id, 0, "ada", Judgement::Different))).unwrap();
    }
    let (_b, here) = new_store();
    merge(&here, &ahead);
    wait(here.decide(judge(1, 0, "ada", Judgement::Equivalent))).unwrap();
    assert_eq!(here.reader().unwrap().candidate(1).unwrap().responses[0].judgement, Some(Judgement::Equivalent));
    let (_c, again) = new_store();
    merge(&again, &here);
    merge(&again, &ahead);
    assert_eq!(digest(&again), digest(&here));
}

#[test]
fn a_merge_can_be_stopped_and_gone_on_with() {
    let (_a, from) = new_store();
    let many: Vec<_> = (0..600).map(|n| candidate(&format!("u{n}"), &[Outcome::Equivalent])).collect();
    wait(from.put_candidates(many)).unwrap();
    let (_b, into) = new_store();
    let stop = |so_far: &MergeReport| {
        if so_far.seen >= 200 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let report = into.merge(&from, stop).unwrap();
    assert!(report.stopped && report.candidates < 600, "{report:?}");
    let left = merge(&into, &from);
    assert_eq!(report.candidates + left.candidates, 600);
    let (_c, whole) = new_store();
    merge(&whole, &from);
    assert_eq!(digest(&into), digest(&whole));
}

#[test]
fn a_store_is_not_merged_into_itself_and_what_is_no_store_is_refused() {
    let (folder, store) = new_store();
    let same = Store::open(folder.path().join("loong.db"), OpenMode::ReadOnly).unwrap();
    let error = store.merge(&same, |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, StoreError::Invalid(_)), "{error}");
    let newer: PathBuf = folder.path().join("newer.db");
    let (_other, _) = new_store();
    drop(Store::open(&newer, OpenMode::Create).unwrap());
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 9_999).unwrap();
    let error = Store::open(&newer, OpenMode::ReadOnly).unwrap_err();
    assert!(error.to_string().contains("newer loong"), "{error}");
}

/// A store may be anybody's: what is none is refused before anything of it is written.
#[test]
fn a_store_that_is_made_to_harm_is_refused() {
    for (sql, why) in [
        ("CREATE VIEW trap AS SELECT 1", "views"),
        ("ALTER TABLE candidate ADD COLUMN \"domain = 'gone' WHERE 1 -- \" TEXT", "domain"),
        ("UPDATE verdict SET tier = 'x\u{1b}[2J', at = '9999-01-01T00:00:00.000Z', current = 0", "tier"),
        ("UPDATE verdict SET outcome = 'nonsense', current = 0", "outcome"),
        (
            "INSERT INTO decision (id, uid, at, kind, candidate_id, adjudicates, reviewer, tags, blind, revision)
             VALUES (9, 'x', '2026-01-01T00:00:00.000Z', 'revision', 2, 0, 'eve', '[]', 0, '{\"reference\": 1}')",
            "revision",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (mine, theirs) = (opened(folder.path(), 0), opened(folder.path(), 1));
        for store in [&mine, &theirs] {
            store.put_candidates_blocking(vec![record("u1", 0, 0, &[Outcome::Equivalent])]).unwrap();
        }
        theirs.put_candidates_blocking(vec![record("u2", 1, 0, &[Outcome::Different])]).unwrap();
        rusqlite::Connection::open(theirs.path()).unwrap().execute_batch(sql).unwrap();
        let before = digest(&mine);
        let error = mine.merge(&theirs, |_| ControlFlow::Continue(())).unwrap_err().to_string();
        assert!(error.contains(why) && !error.contains('\u{1b}'), "{sql}: {error}");
        assert_eq!(digest(&mine), before, "{sql}");
    }
}

/// One row that no list gets past would spoil the whole store.
#[test]
fn what_nobody_could_read_is_left_where_it_is_and_named() {
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(200), "]".repeat(200));
    for sql in [
        "UPDATE candidate SET stage = 'weird', kind = 'x' WHERE uid = 'u2'".to_owned(),
        "UPDATE candidate_text SET metadata = 'not json' WHERE id = 2".to_owned(),
        format!("UPDATE candidate_text SET metadata = '{deep}' WHERE id = 2"),
        "UPDATE candidate_text SET question = x'ff00ff' WHERE id = 2".to_owned(),
        "UPDATE response SET sample = -1 WHERE candidate_id = 2".to_owned(),
        "UPDATE response SET verdict = 'nonsense' WHERE candidate_id = 2; UPDATE verdict SET outcome = 'nonsense'
            WHERE response_id IN (SELECT id FROM response WHERE candidate_id = 2)"
            .to_owned(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (mine, theirs) = (opened(folder.path(), 0), opened(folder.path(), 1));
        for uid in ["u1", "u2", "u3"] {
            theirs.put_candidates_blocking(vec![record(uid, 0, 0, &[Outcome::Equivalent])]).unwrap();
        }
        rusqlite::Connection::open(theirs.path()).unwrap().execute_batch(&sql).unwrap();
        let report = merge(&mine, &theirs);
        assert_eq!((report.candidates, report.refused), (2, 1), "{sql}");
        assert!(
            report.refusals[0].starts_with("candidate 2 of ") && report.refusals[0].contains("1.db"),
            "{sql} {:?}",
            report.refusals
        );
        let mut read = 0;
        let each = |_| {
            read += 1;
            ControlFlow::Continue(())
        };
        mine.reader().unwrap().for_each(&Filter::all(), each).unwrap();
        assert_eq!(read, 2, "{sql}");
    }
}

#[test]
fn a_source_is_only_read() {
    let (folder, from) = new_store();
    let mut lenient = verdict(Outcome::Equivalent);
    lenient.leniencies = vec![Leniency::Order];
    let mut record = candidate("a", &[]);
    record.responses = vec![loong::store::record::ResponseRecord { verdict: Some(lenient), ..response(0, None) }];
    wait(from.put_candidate(record)).unwrap();
    wait(from.close()).unwrap();
    drop(from);
    let path = folder.path().join("loong.db");
    let before = std::fs::read(&path).unwrap();
    let source = Store::open(&path, OpenMode::ReadOnly).unwrap();
    let (_b, into) = new_store();
    merge(&into, &source);
    drop(source);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let leniencies =
        into.reader().unwrap().candidate(1).unwrap().responses[0].record.verdict.clone().unwrap().leniencies;
    assert_eq!(leniencies, [Leniency::Order]);
}

#[test]
fn what_slots_chose_goes_along_and_one_choice_of_two_stands_everywhere() {
    let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let [a, b, ab, ba] = [0, 1, 2, 3].map(|n| Store::open(folders[n].path().join("s.db"), OpenMode::Create).unwrap());
    let open = |store: &Store| wait(store.open_run(new_run("r1"))).unwrap();
    let ours = open(&a);
    wait(a.choice(ours.id, 3, Some("{\"parent\":\"x\"}".into()))).unwrap();
    wait(a.choice(ours.id, 4, Some("null".into()))).unwrap();
    merge(&b, &a);
    wait(b.choice(ours.id, 9, Some("[1]".into()))).unwrap();
    merge(&ab, &b);
    let run = ab.reader().unwrap().runs().unwrap()[0].id;
    let kept = |store: &Store, slot| store.reader().unwrap().choice(run, slot).unwrap();
    assert_eq!(kept(&ab, 3).as_deref(), Some("{\"parent\":\"x\"}"));
    assert_eq!(kept(&ab, 9).as_deref(), Some("[1]"));
    assert_eq!(merge(&ab, &b).choices, 0, "again, and nothing is new");

    // Two copies of one run went on apart, and slot 9 chose two things.
    wait(a.choice(ours.id, 9, Some("[0]".into()))).unwrap();
    let report = merge(&ab, &a);
    assert_eq!((report.choices, report.conflicting), (0, 1));
    merge(&ba, &a);
    merge(&ba, &b);
    assert_eq!(kept(&ab, 9).as_deref(), Some("[0]"));
    assert_eq!(digest(&ab), digest(&ba));
}
