//! Corrections: what a revision changes and what it leaves, how it is taken back, and whose judgements count.

use loong::review::rates::{Audit, PairFact};
use loong::store::filter::Filter;
use loong::store::record::{Agreement, Decision, DecisionKind, Judgement, NewDecision, RightSide};
use loong::store::revision::{Revision, Texts};
use loong::store::{OpenMode, Sink, Store, StoreError};
use loong::verifier::{Outcome, Verdict};

use crate::support::{about, candidate, execution, judge, new_store, verdict, wait};

fn decide(store: &Store, new: NewDecision) -> Decision {
    wait(store.decide(new)).unwrap()
}

/// A correction of the reference answer, with a verdict on the first response.
fn answer(id: i64, reviewer: &str, reference: &str, outcome: Outcome) -> NewDecision {
    let revision = Revision {
        reference: Some(reference.to_owned()),
        verdicts: [(0, verdict(outcome))].into(),
        ..Revision::default()
    };
    NewDecision { revision: Some(Box::new(revision)), note: Some("miscounted".to_owned()), ..about(id, reviewer) }
}

fn question(id: i64, reviewer: &str, text: &str) -> NewDecision {
    let revision = Revision { question: Some(text.to_owned()), ..Revision::default() };
    NewDecision { revision: Some(Box::new(revision)), ..about(id, reviewer) }
}

fn one(outcome: Outcome) -> (tempfile::TempDir, Store, i64) {
    let (folder, store) = new_store();
    let id = wait(store.put_candidate(candidate("a", &[outcome]))).unwrap();
    (folder, store, id)
}

fn found(store: &Store, filter: &str) -> Vec<i64> {
    store.reader().unwrap().ids(&Filter::parse(filter).unwrap()).unwrap()
}

#[test]
fn a_revision_changes_what_stands_and_undo_gives_it_back() {
    let (_folder, store, id) = one(Outcome::Different);
    let reader = store.reader().unwrap();
    let came = reader.candidate(id).unwrap();
    let made = decide(&store, answer(id, "ada", "2731", Outcome::Equivalent));
    assert_eq!(made.kind, DecisionKind::Revision);

    let view = reader.candidate(id).unwrap();
    assert_eq!(view.record, came.record, "what it came with stays");
    assert_eq!(view.responses[0].record.verdict, came.responses[0].record.verdict);
    assert_eq!((view.standing, view.responses[0].standing), (Agreement::Agrees, Some(Outcome::Equivalent)));
    let revised = view.revised.clone().unwrap();
    assert_eq!((revised.now.reference.as_deref(), revised.came.reference.as_deref()), (Some("2731"), Some("1365")));
    assert_eq!((revised.now.question, revised.now.code), (None, None));
    let current = view.current();
    assert_eq!(current.record.reference.as_deref(), Some("2731"));
    assert_eq!(current.responses[0].record.verdict, Some(verdict(Outcome::Equivalent)));
    assert_eq!(current.about().as_deref(), Some("2731"));
    assert_eq!(current.came().reference.as_deref(), Some("1365"));
    assert_eq!(current.clone().current(), current, "once is enough");
    assert_eq!((found(&store, "revised:yes"), found(&store, "standing:agrees")), (vec![id], vec![id]));
    assert_eq!(found(&store, "verdict:different"), [id], "the verifier's word on what it compared");
    assert_eq!((found(&store, "reference:2731"), found(&store, "reference:1365")), (vec![id], vec![id]));

    wait(store.undo("ada")).unwrap();
    assert_eq!(reader.candidate(id).unwrap(), came);
    assert!(found(&store, "revised:yes").is_empty());
    wait(store.redo("ada")).unwrap();
    assert_eq!(reader.candidate(id).unwrap().standing, Agreement::Agrees);
    let log = reader.decisions(id).unwrap();
    assert_eq!(log.len(), 3, "revision, reversal, reversal of that");
    let kept = log[0].body.revision.as_ref().unwrap();
    assert_eq!((kept.reference.as_deref(), log[0].body.note.as_deref()), (Some("2731"), Some("miscounted")));
    store.check().unwrap();
}

#[test]
fn each_text_is_what_the_latest_revision_says_of_it() {
    let (_folder, store, id) = one(Outcome::Different);
    let reader = store.reader().unwrap();
    let now = || reader.candidate(id).unwrap().revised.map(|revised| revised.now);
    let row = || reader.rows(&[id]).unwrap().0.remove(0);
    decide(&store, question(id, "ada", "What  is\nit?"));
    assert_eq!((row().title.as_str(), row().revised), ("What is it?", true));
    decide(&store, answer(id, "bob", "7", Outcome::Equivalent));
    decide(&store, answer(id, "bob", "8", Outcome::Different));
    let texts = |question: Option<&str>, reference: Option<&str>| {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Some(Texts { question: own(question), code: None, reference: own(reference) })
    };
    assert_eq!(now(), texts(Some("What  is\nit?"), Some("8")));
    wait(store.undo("ada")).unwrap();
    assert_eq!(now(), texts(None, Some("8")), "bob's stands");
    assert_eq!(row().title, "Question a?");
    wait(store.undo("bob")).unwrap();
    assert_eq!(now(), texts(None, Some("7")));
    // Back to what it came with is not revised, and the first judgements count again.
    decide(&store, judge(id, 0, "ada", Judgement::Equivalent));
    decide(&store, answer(id, "bob", "1365", Outcome::Undecided));
    assert_eq!((now(), row().revised), (None, false));
    assert_eq!(reader.candidate(id).unwrap().standing, Agreement::Agrees);
}

#[test]
fn revised_code_has_no_execution_but_its_own() {
    let (_folder, store) = new_store();
    let mut record = candidate("a", &[Outcome::Different]);
    record.code = Some("print(1)".to_owned());
    record.executions = vec![execution("exit", Some(0), "1\n")];
    let id = wait(store.put_candidate(record)).unwrap();
    let current = || store.reader().unwrap().candidate(id).unwrap().current().record;
    let code = |code: &str, run| Revision { code: Some(code.to_owned()), execution: run, ..Revision::default() };
    let revise = |revision| NewDecision { revision: Some(Box::new(revision)), ..about(id, "ada") };
    decide(&store, revise(code("print(2)", None)));
    assert_eq!((current().code.as_deref(), current().executions.len()), (Some("print(2)"), 0));
    let run = execution("exit", Some(0), "3\n");
    let printed = Revision { reference: Some("3".to_owned()), printed: true, ..code("print(3)", Some(run.clone())) };
    decide(&store, revise(printed));
    assert_eq!(current().executions, [run]);
    assert_eq!(current().reference_kind.unwrap().as_str(), "executed");
    decide(&store, answer(id, "ada", "4", Outcome::Different));
    assert_eq!(current().reference_kind.unwrap().as_str(), "given", "a person gave it");
}

/// Rates are of what the verifier compared: judgements on a revised answer say nothing of it, nor the other way round.
#[test]
fn judgements_count_for_the_answer_that_they_are_about() {
    let (_folder, store, id) = one(Outcome::Different);
    let reader = store.reader().unwrap();
    let rates = || {
        let view = reader.candidate(id).unwrap();
        let rates = Audit::of(PairFact::of(&view)).summary().overall;
        (rates.pairs, rates.false_negative.k)
    };
    decide(&store, judge(id, 0, "ada", Judgement::Different));
    decide(&store, answer(id, "ada", "0", Outcome::Different));
    let view = reader.candidate(id).unwrap().current();
    assert_eq!(
        (view.responses[0].judgement, view.standing),
        (None, Agreement::Disagrees),
        "nobody has judged this pair"
    );
    let on_revised = NewDecision { about: Some("0".to_owned()), ..judge(id, 0, "bob", Judgement::Equivalent) };
    decide(&store, on_revised);
    let view = reader.candidate(id).unwrap();
    assert_eq!(view.responses[0].judgement, Some(Judgement::Different), "the first pair has its own");
    assert_eq!((rates(), view.standing), ((1, 0), Agreement::Agrees));
    assert_eq!(view.current().responses[0].judgement, Some(Judgement::Equivalent));
    let opinions = reader.opinions(&Filter::all()).unwrap();
    assert_eq!(opinions.iter().map(|o| o.reviewer.as_str()).collect::<Vec<_>>(), ["ada"]);
    assert_eq!(reader.words().unwrap().len(), 1);
    assert!(!reader.judged_by("ada").unwrap().contains(id) && reader.judged_by("bob").unwrap().contains(id));

    // Another answer, another pair; the same answer again, the same pair.
    decide(&store, answer(id, "ada", "5", Outcome::Different));
    assert_eq!(reader.candidate(id).unwrap().standing, Agreement::Disagrees);
    wait(store.undo("ada")).unwrap();
    assert_eq!(reader.candidate(id).unwrap().standing, Agreement::Agrees);
    // A revised question leaves the pair what it was.
    decide(&store, question(id, "ada", "Another?"));
    assert_eq!(reader.candidate(id).unwrap().standing, Agreement::Agrees);
    assert_eq!(rates(), (1, 0));
}

#[test]
fn who_was_right_is_said_of_the_answer_that_stands() {
    let (_folder, store, id) = one(Outcome::Different);
    let right = || store.reader().unwrap().candidate(id).unwrap().right;
    decide(&store, NewDecision { right: Some(RightSide::Cot), ..about(id, "ada") });
    decide(&store, answer(id, "ada", "0", Outcome::Equivalent));
    assert_eq!(right(), None);
    let both = NewDecision { right: Some(RightSide::Both), about: Some("0".to_owned()), ..about(id, "ada") };
    decide(&store, both);
    assert_eq!(right(), Some(RightSide::Both));
    wait(store.undo("ada")).unwrap();
    wait(store.undo("ada")).unwrap();
    assert_eq!(right(), Some(RightSide::Cot));
}

#[test]
fn a_revision_that_makes_no_sense_is_refused_with_a_sentence() {
    let (_folder, store, id) = one(Outcome::Different);
    let to = |revision| NewDecision { revision: Some(Box::new(revision)), ..about(id, "ada") };
    let text = |text: &str| Some(text.to_owned());
    let about_it =
        |reference: &str| NewDecision { about: text(reference), ..judge(id, 0, "ada", Judgement::Equivalent) };
    for (new, says) in [
        (to(Revision::default()), "changes nothing"),
        (to(Revision { reference: text("1365"), ..Revision::default() }), "changes nothing"),
        (to(Revision { reference: text(" "), ..Revision::default() }), "cannot be revised to nothing"),
        (
            NewDecision { judgement: Some(Judgement::Equivalent), ..answer(id, "ada", "1", Outcome::Different) },
            "and nothing else",
        ),
        (NewDecision { tags: vec!["t".to_owned()], ..answer(id, "ada", "1", Outcome::Different) }, "and nothing else"),
        (answer(9, "ada", "1", Outcome::Different), "no candidate 9"),
        (about_it("1365"), "leave `about` out"),
        (about_it("77"), "no revision"),
        (NewDecision { about: text("77"), tags: vec!["t".to_owned()], ..about(id, "ada") }, "only a judgement"),
    ] {
        let error = wait(store.decide(new.clone())).unwrap_err();
        assert!(error.to_string().contains(says), "{new:?} gave: {error}");
    }
    decide(&store, answer(id, "ada", "1", Outcome::Different));
    let again = wait(store.decide(answer(id, "bob", "1", Outcome::Different))).unwrap_err();
    assert!(again.to_string().contains("changes nothing"), "{again}");
    assert_eq!(store.reader().unwrap().decisions(id).unwrap().len(), 1, "what was refused left no trace");
}

#[test]
fn a_store_of_the_schema_before_is_copied_and_has_room_for_revisions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loong.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    for sql in [
        include_str!("../../assets/sql/0001_first.sql"),
        include_str!("../fixtures/store-1.sql"),
        include_str!("../../assets/sql/0002_batch.sql"),
        include_str!("../../assets/sql/0003_substituted.sql"),
        include_str!("../../assets/sql/0004_plan.sql"),
        include_str!("../../assets/sql/0005_verifier_version.sql"),
        include_str!("../../assets/sql/0006_people.sql"),
        include_str!("../../assets/sql/0007_generate.sql"),
        include_str!("../../assets/sql/0008_lists.sql"),
    ] {
        conn.execute_batch(sql).unwrap();
    }
    conn.pragma_update(None, "application_id", 0x6c6f_6f6e).unwrap();
    conn.pragma_update(None, "user_version", 8).unwrap();
    drop(conn);
    let refused = Store::open(&path, OpenMode::ReadOnly).unwrap_err();
    assert!(matches!(refused, StoreError::Older { found: 8, .. }), "{refused}");
    let store = Store::open(&path, OpenMode::Existing).unwrap();
    assert!(folder.path().join("loong.db.v8.bak").exists());
    let reader = store.reader().unwrap();
    let before: Vec<Decision> = reader.all_decisions().unwrap();
    assert!(before.iter().all(|d| d.body.revision.is_none() && d.body.about.is_none()) && before.len() == 4);
    decide(&store, answer(2, "mia", "another", Outcome::Equivalent));
    assert_eq!(reader.candidate(2).unwrap().current().record.reference.as_deref(), Some("another"));
    assert_eq!(wait(store.undo("mia")).unwrap().len(), 1);
    store.check().unwrap();
}

#[test]
fn revisions_unite_and_each_text_has_its_last_word_everywhere() {
    let (_a, ada) = new_store();
    let (_b, bob) = new_store();
    for store in [&ada, &bob] {
        wait(store.put_candidate(candidate("a", &[Outcome::Different]))).unwrap();
    }
    decide(&ada, question(1, "ada", "Better?"));
    decide(&bob, answer(1, "bob", "0", Outcome::Equivalent));
    decide(&bob, NewDecision { about: Some("0".to_owned()), ..judge(1, 0, "bob", Judgement::Different) });
    let merged = |order: [&Store; 2]| {
        let (folder, into) = new_store();
        for from in order.into_iter().chain(order) {
            into.merge(from, |_| std::ops::ControlFlow::Continue(())).unwrap();
        }
        (folder, into)
    };
    let ((_c, one), (_d, other)) = (merged([&ada, &bob]), merged([&bob, &ada]));
    assert_eq!(one.reader().unwrap().digest().unwrap(), other.reader().unwrap().digest().unwrap());
    let view = one.reader().unwrap().candidate(1).unwrap().current();
    assert_eq!((view.record.question.as_str(), view.record.reference.as_deref()), ("Better?", Some("0")));
    assert_eq!((view.responses[0].judgement, view.standing), (Some(Judgement::Different), Agreement::Disagrees));
    // Taken back where it was made, it is taken back here.
    wait(bob.undo("bob")).unwrap();
    wait(bob.undo("bob")).unwrap();
    one.merge(&bob, |_| std::ops::ControlFlow::Continue(())).unwrap();
    let view = one.reader().unwrap().candidate(1).unwrap().current();
    assert_eq!((view.record.question.as_str(), view.record.reference.as_deref()), ("Better?", Some("1365")));
    one.check().unwrap();
}

#[test]
fn a_revised_verdict_names_its_version() {
    let (_folder, store, id) = one(Outcome::Different);
    let mut new = answer(id, "ada", "0", Outcome::Equivalent);
    if let Some(revision) = &mut new.revision {
        revision.verdicts = [(0, Verdict { version: "7/strict".to_owned(), ..verdict(Outcome::Equivalent) })].into();
    }
    decide(&store, new);
    // A later version of the verifier is about the first pair; the revision's verdict is as of the revision.
    let row = store.reader().unwrap().candidate(id).unwrap().responses[0].id;
    wait(store.put_verdicts(vec![(row, verdict(Outcome::Undecided))])).unwrap();
    let view = store.reader().unwrap().candidate(id).unwrap();
    assert_eq!(view.standing, Agreement::Agrees);
    assert_eq!(view.current().responses[0].record.verdict.as_ref().unwrap().version, "7/strict");
}
