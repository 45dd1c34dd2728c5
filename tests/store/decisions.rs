//! Decisions: what makes one, what it changes, how it is taken back, and that nothing of it is ever lost.

use std::collections::BTreeMap;

use loong::store::filter::Filter;
use loong::store::fold::{AgreementRule, agreement, fold};
use loong::store::record::{Agreement, Curation, Decision, DecisionKind, Judgement, NewDecision, RightSide};
use loong::store::revision::Revision;
use loong::store::{Sink, Store, StoreError};
use loong::verifier::Outcome;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::{about, candidate, curate, judge, new_run, new_store, verdict, wait};

fn decide(store: &Store, new: NewDecision) -> Decision {
    wait(store.decide(new)).unwrap()
}

fn standing(store: &Store, id: i64) -> (Agreement, bool) {
    let view = store.reader().unwrap().candidate(id).unwrap();
    (view.standing, view.contested)
}

#[test]
fn a_judgement_overrides_the_verdict_and_undo_gives_it_back() {
    let (_folder, store) = new_store();
    let id = wait(store.put_candidate(candidate("a", &[Outcome::Different]))).unwrap();
    let made = decide(&store, judge(id, 0, "ada", Judgement::Equivalent));
    assert_eq!((made.kind, made.id), (DecisionKind::Judgement, 1));
    let view = store.reader().unwrap().candidate(id).unwrap();
    assert_eq!(view.standing, Agreement::Agrees);
    assert_eq!(view.record.agreement, Agreement::Disagrees, "the agreement is the verifier's");
    assert_eq!(view.responses[0].judgement, Some(Judgement::Equivalent));
    assert_eq!(view.responses[0].standing, Some(Outcome::Equivalent));
    assert_eq!(view.responses[0].record.verdict, Some(verdict(Outcome::Different)), "the verdict stays what it was");
    assert!(store.reader().unwrap().page(&Filter::all(), None, 1, false).unwrap().0[0].judged);

    let [undone] = &wait(store.undo("ada")).unwrap()[..] else { panic!("one decision was made") };
    assert_eq!((undone.kind, undone.body.reverses.as_ref()), (DecisionKind::Reversal, Some(&made.uid)));
    assert_eq!(standing(&store, id), (Agreement::Disagrees, false));
    assert_eq!(wait(store.undo("ada")).unwrap(), []);
    let [redone] = &wait(store.redo("ada")).unwrap()[..] else { panic!("one decision was taken back") };
    assert_eq!(redone.body.reverses, Some(undone.uid.clone()));
    assert_eq!(standing(&store, id), (Agreement::Agrees, false));

    let log = store.reader().unwrap().decisions(id).unwrap();
    let reversed: Vec<_> = log.iter().map(|d| d.reversed_by.clone()).collect();
    assert_eq!(reversed, [None, Some(redone.uid.clone()), None], "the log keeps all three");
}

#[test]
fn undo_and_redo_walk_a_reviewers_decisions_like_an_editor() {
    let (_folder, store) = new_store();
    for uid in ["a", "b", "c"] {
        wait(store.put_candidate(candidate(uid, &[Outcome::Different]))).unwrap();
    }
    let curation = |id: i64| store.reader().unwrap().candidate(id).unwrap().curation;
    for id in 1..=3 {
        decide(&store, curate(id, "ada", Curation::Accept));
    }
    decide(&store, curate(1, "bob", Curation::Accept));
    let undone = |reviewer: &str| wait(store.undo(reviewer)).unwrap().first().map(|d| d.body.candidate);
    let redone = |reviewer: &str| wait(store.redo(reviewer)).unwrap().first().map(|d| d.body.candidate);
    assert_eq!([undone("ada"), undone("ada")], [Some(3), Some(2)]);
    assert_eq!([curation(1), curation(2), curation(3)], [Some(Curation::Accept), None, None]);
    assert_eq!([redone("ada"), redone("ada"), redone("ada")], [Some(2), Some(3), None]);
    assert_eq!([undone("ada"), undone("ada"), undone("ada"), undone("ada")], [Some(3), Some(2), Some(1), None]);
    assert_eq!(curation(1), Some(Curation::Accept), "bob's stands");
    assert_eq!(redone("ada"), Some(1));
    decide(&store, curate(2, "ada", Curation::Reject));
    assert_eq!(redone("ada"), None, "after a new decision there is nothing to redo");
    assert_eq!(undone("ada"), Some(2));
    assert_eq!(curation(2), None);
    assert_eq!(undone("nobody"), None);
}

#[test]
fn reviewers_vote_and_a_tie_is_contested() {
    use Judgement::{CantTell, Different, Equivalent};
    let (_folder, store) = new_store();
    let id = wait(store.put_candidate(candidate("a", &[Outcome::Different]))).unwrap();
    let pair = || {
        let view = store.reader().unwrap().candidate(id).unwrap();
        (view.responses[0].judgement, view.responses[0].standing, view.contested, view.standing)
    };
    decide(&store, judge(id, 0, "ada", CantTell));
    assert_eq!(pair(), (Some(CantTell), Some(Outcome::Different), false, Agreement::Disagrees));
    decide(&store, judge(id, 0, "bob", Equivalent));
    assert_eq!(pair(), (Some(Equivalent), Some(Outcome::Equivalent), false, Agreement::Agrees));
    decide(&store, judge(id, 0, "cy", Different));
    assert_eq!(pair(), (None, Some(Outcome::Undecided), true, Agreement::Undecided));
    decide(&store, judge(id, 0, "ada", Equivalent));
    assert_eq!(pair(), (Some(Equivalent), Some(Outcome::Equivalent), false, Agreement::Agrees), "two to one");
    decide(&store, judge(id, 0, "ada", Different));
    assert_eq!(pair().0, Some(Different), "a reviewer's later word counts");
    let settles = NewDecision { adjudicates: true, ..judge(id, 0, "dee", Equivalent) };
    decide(&store, settles);
    assert_eq!(pair(), (Some(Equivalent), Some(Outcome::Equivalent), false, Agreement::Agrees));
    wait(store.undo("dee")).unwrap();
    assert_eq!(pair().0, Some(Different));

    decide(&store, curate(id, "ada", Curation::Accept));
    decide(&store, curate(id, "bob", Curation::Reject));
    let view = store.reader().unwrap().candidate(id).unwrap();
    assert_eq!((view.curation, view.contested), (None, true));
    decide(&store, curate(id, "cy", Curation::Accept));
    let view = store.reader().unwrap().candidate(id).unwrap();
    assert_eq!((view.curation, view.contested), (Some(Curation::Accept), false));
}

#[test]
fn tags_sides_and_notes_follow_the_decisions_in_force() {
    let (_folder, store) = new_store();
    let id = wait(store.put_candidate(candidate("a", &[]))).unwrap();
    let tags = |names: &[&str]| NewDecision {
        tags: names.iter().map(ToString::to_string).collect(),
        note: Some("see the proof".to_owned()),
        ..about(id, "ada")
    };
    assert_eq!(decide(&store, tags(&["hard", "nice"])).kind, DecisionKind::Curation);
    decide(&store, NewDecision { right: Some(RightSide::Cot), ..tags(&["hard", "code"]) });
    let view = store.reader().unwrap().candidate(id).unwrap();
    assert_eq!(view.tags, ["code", "hard", "nice"]);
    assert_eq!((view.right, view.curation), (Some(RightSide::Cot), None));
    wait(store.undo("ada")).unwrap();
    let view = store.reader().unwrap().candidate(id).unwrap();
    assert_eq!((view.tags, view.right), (vec!["hard".to_owned(), "nice".to_owned()], None));
}

#[test]
fn a_decision_that_makes_no_sense_is_refused_with_a_sentence() {
    use Judgement::Equivalent;
    let (_folder, store) = new_store();
    wait(store.put_candidates(vec![candidate("a", &[Outcome::Different]), candidate("b", &[])])).unwrap();
    let made = decide(&store, judge(1, 0, "ada", Equivalent));
    let reversal = |uid: &str, candidate| NewDecision { reverses: Some(uid.to_owned()), ..about(candidate, "ada") };
    let both = NewDecision { curation: Some(Curation::Accept), ..judge(1, 0, "ada", Equivalent) };
    for (new, says) in [
        (about(1, "ada"), "decides nothing"),
        (both, "not both"),
        (NewDecision { judgement: Some(Equivalent), ..about(1, "ada") }, "sample number"),
        (judge(1, 1, "ada", Equivalent), "no response 1 of candidate 1"),
        (judge(9, 0, "ada", Equivalent), "no candidate 9"),
        (judge(1, 0, " ", Equivalent), "needs a reviewer"),
        (reversal("nothing", 1), "no decision nothing"),
        (reversal(&made.uid, 2), "about candidate 1"),
        (NewDecision { judgement: Some(Equivalent), ..reversal(&made.uid, 1) }, "nothing else"),
        (NewDecision { curation: Some(Curation::Accept), ..reversal(&made.uid, 1) }, "nothing else"),
        (NewDecision { tags: vec![" ".to_owned()], ..about(1, "ada") }, "tag"),
        (NewDecision { batch: Some(String::new()), ..curate(1, "ada", Curation::Accept) }, "batch"),
        (NewDecision { adjudicates: true, ..curate(1, "ada", Curation::Accept) }, "only a judgement"),
    ] {
        let error = wait(store.decide(new.clone())).unwrap_err();
        assert!(error.to_string().contains(says), "{new:?} gave: {error}");
    }
    decide(&store, reversal(&made.uid, 1));
    let error = wait(store.decide(reversal(&made.uid, 1))).unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
    assert_eq!(store.reader().unwrap().all_decisions().unwrap().len(), 2, "what was refused left no trace");
}

#[test]
fn the_log_only_grows() {
    let (folder, store) = new_store();
    let id = wait(store.put_candidate(candidate("a", &[]))).unwrap();
    decide(&store, curate(id, "ada", Curation::Accept));
    let conn = rusqlite::Connection::open(folder.path().join("loong.db")).unwrap();
    for sql in [
        "UPDATE decision SET curation = 'reject'",
        "UPDATE decision SET note = 'x' WHERE id = 1",
        "DELETE FROM decision",
        "INSERT OR REPLACE INTO decision (id, uid, at, kind, candidate_id, sample, judgement, curation, right_side,
            reverses, adjudicates, reviewer, note, cause, tags, blind, batch)
         SELECT id, uid, at, kind, candidate_id, sample, judgement, 'reject', right_side,
            reverses, adjudicates, reviewer, note, cause, tags, blind, batch FROM decision",
    ] {
        let error = conn.execute(sql, []).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{sql}: {error}");
    }
}

#[test]
fn new_verdicts_become_current_and_the_old_ones_stay() {
    let (_folder, store) = new_store();
    let id = wait(store.put_candidate(candidate("a", &[Outcome::Different, Outcome::Equivalent]))).unwrap();
    decide(&store, judge(id, 1, "ada", Judgement::Different));
    let view = store.reader().unwrap().candidate(id).unwrap();
    let rows: Vec<i64> = view.responses.iter().map(|r| r.id).collect();
    let mut newer = verdict(Outcome::Equivalent);
    newer.version = "2/standard".to_owned();
    let same = verdict(Outcome::Equivalent);
    assert_eq!(wait(store.put_verdicts(vec![(rows[0], newer.clone()), (rows[1], same)])).unwrap(), 1);

    let reader = store.reader().unwrap();
    let view = reader.candidate(id).unwrap();
    assert_eq!(view.responses[0].record.verdict, Some(newer));
    assert_eq!(view.record.agreement, Agreement::Agrees);
    assert_eq!(view.standing, Agreement::Disagrees, "the judgement on the second pair stands");
    let history: Vec<_> = reader.verdicts(rows[0]).unwrap().into_iter().map(|(_, v)| v.version).collect();
    assert_eq!(history, ["1/standard", "2/standard"]);
    assert_eq!(
        reader.totals().unwrap().responses_by(|r| (r.verdict, r.judgement)),
        BTreeMap::from([
            ((Some(Outcome::Equivalent), None), 1),
            ((Some(Outcome::Equivalent), Some(Judgement::Different)), 1),
        ])
    );

    let missing = wait(store.put_verdicts(vec![(rows[0], verdict(Outcome::Error)), (99, verdict(Outcome::Error))]));
    assert!(matches!(missing, Err(StoreError::Missing { .. })));
    assert_eq!(reader.verdicts(rows[0]).unwrap().len(), 2, "all or none");
}

#[test]
fn a_run_keeps_its_rule() {
    let (_folder, store) = new_store();
    let mut new = new_run("any");
    new.recipe = "[run]\nagreement = \"any\"\n".to_owned();
    let run = wait(store.open_run(new)).unwrap();
    let mut record = candidate("a", &[Outcome::Different, Outcome::Different, Outcome::Equivalent]);
    (record.run_id, record.agreement) = (Some(run.id), Agreement::Agrees);
    let id = wait(store.put_candidate(record)).unwrap();
    assert_eq!(standing(&store, id).0, Agreement::Agrees);
    decide(&store, judge(id, 2, "ada", Judgement::Different));
    assert_eq!(standing(&store, id).0, Agreement::Disagrees);
    decide(&store, judge(id, 0, "ada", Judgement::Equivalent));
    assert_eq!(standing(&store, id).0, Agreement::Agrees);
}

/// What a whole log amounts to, folded from nothing, against the caches that the store kept while it grew.
#[test]
fn caches_are_what_refolding_the_whole_log_gives() {
    let (_folder, store) = new_store();
    let all = [Outcome::Equivalent, Outcome::Different, Outcome::Undecided, Outcome::Error];
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for n in 0..6 {
        let outcomes: Vec<Outcome> = (0..n % 4).map(|_| *all.choose(&mut rng).unwrap()).collect();
        wait(store.put_candidate(candidate(&n.to_string(), &outcomes))).unwrap();
    }
    let reviewers = ["ada", "bob", "cy"];
    for _ in 0..400 {
        let reviewer = *reviewers.choose(&mut rng).unwrap();
        let id = rng.random_range(1..=6);
        match rng.random_range(0..15) {
            0..=2 => drop(wait(store.undo(reviewer)).unwrap()),
            3..=4 => drop(wait(store.redo(reviewer)).unwrap()),
            5..=7 => {
                let curation = *Curation::ALL.choose(&mut rng).unwrap();
                let tags = vec![format!("t{}", rng.random_range(0..4))];
                decide(&store, NewDecision { tags, ..curate(id, reviewer, curation) });
            }
            8 => drop(decide(
                &store,
                NewDecision { right: RightSide::ALL.choose(&mut rng).copied(), ..about(id, reviewer) },
            )),
            9 => {
                // A reversal of anything, by anybody; most of what is picked is not in force any more.
                let log = store.reader().unwrap().all_decisions().unwrap();
                if let Some(target) = log.choose(&mut rng) {
                    let new =
                        NewDecision { reverses: Some(target.uid.clone()), ..about(target.body.candidate, reviewer) };
                    assert_eq!(wait(store.decide(new)).is_ok(), target.reversed_by.is_none());
                }
            }
            13 => {
                let text = Some(format!("text {}", rng.random_range(0..3)));
                let verdicts = [(0, verdict(*all.choose(&mut rng).unwrap()))].into();
                let revision = match rng.random_range(0..3) {
                    0 => Revision { question: text, ..Revision::default() },
                    1 => Revision { reference: Some("1365".to_owned()), ..Revision::default() },
                    _ => Revision { reference: text, verdicts, ..Revision::default() },
                };
                // What changes nothing is refused.
                drop(wait(store.decide(NewDecision { revision: Some(Box::new(revision)), ..about(id, reviewer) })));
            }
            14 => {
                let view = store.reader().unwrap().candidate(id).unwrap().current();
                if let Some(response) = view.responses.choose(&mut rng) {
                    let judgement = *Judgement::ALL.choose(&mut rng).unwrap();
                    let new = judge(id, response.record.sample, reviewer, judgement);
                    decide(&store, NewDecision { about: view.about(), ..new });
                    let right = RightSide::ALL.choose(&mut rng).copied();
                    decide(&store, NewDecision { right, about: view.about(), ..about(id, reviewer) });
                }
            }
            10 => {
                let some = (0..rng.random_range(1..5)).map(|_| {
                    let curation = *Curation::ALL.choose(&mut rng).unwrap();
                    curate(rng.random_range(1..=6), reviewer, curation)
                });
                drop(wait(store.decide_many(some.collect())).unwrap());
            }
            _ => {
                let sample = rng.random_range(0..4);
                let adjudicates = rng.random_range(0..10) == 0;
                let judgement = *Judgement::ALL.choose(&mut rng).unwrap();
                let new = NewDecision { adjudicates, ..judge(id, sample, reviewer, judgement) };
                let there = usize::try_from(sample).unwrap() < (usize::try_from(id).unwrap() - 1) % 4;
                assert_eq!(wait(store.decide(new)).is_ok(), there);
            }
        }
    }
    let reader = store.reader().unwrap();
    let mut logs: BTreeMap<i64, Vec<Decision>> = BTreeMap::new();
    let whole = reader.all_decisions().unwrap();
    assert!(whole.len() > 250, "{}", whole.len());
    assert!(whole.iter().filter(|d| d.kind == DecisionKind::Reversal).count() > 50);
    for decision in whole {
        logs.entry(decision.body.candidate).or_default().push(decision);
    }
    let (mut contested, mut revised) = (0, 0);
    for id in 1..=6 {
        let view = reader.candidate(id).unwrap();
        let log = logs.remove(&id).unwrap_or_default();
        let folded = fold(&log).against(&view.came());
        assert_eq!(view.curation, folded.curation);
        assert_eq!(view.right, folded.right);
        assert_eq!(view.tags, folded.tags.iter().cloned().collect::<Vec<_>>());
        assert_eq!(view.contested, folded.contested());
        contested += usize::from(view.contested);
        let mut standings = Vec::new();
        for response in &view.responses {
            let pair = folded.pair(response.record.sample);
            let outcome = response.record.verdict.as_ref().map(|v| v.outcome);
            assert_eq!((response.judgement, response.contested), (pair.judgement, pair.contested));
            let standing = folded.standing(response.record.sample, outcome);
            assert_eq!(response.standing, standing);
            standings.extend(standing);
            revised += usize::from(view.revised.as_ref().is_some_and(|r| !r.pairs.is_empty()));
        }
        assert_eq!(view.standing, agreement(AgreementRule::Majority, standings));
        for decision in &log {
            assert_eq!(decision.reversed_by.as_ref(), folded.reversed.get(&decision.id));
        }
    }
    assert!(contested > 0 && revised > 0, "the play met ties and corrected answers: {contested} {revised}");
    let mut kept = reader.totals().unwrap();
    let mut counted = reader.totals_of(&Filter::all()).unwrap();
    for totals in [&mut kept, &mut counted] {
        totals.candidates.sort_by_key(|c| format!("{c:?}"));
        totals.responses.sort_by_key(|c| format!("{c:?}"));
    }
    assert_eq!(kept, counted, "counts followed every decision");
    store.check().unwrap();
}
