//! Runs and the replies that they pay for once.

use loong::model::Role;
use loong::store::filter::Filter;
use loong::store::record::{NewRun, RunState};
use loong::store::{OpenMode, Sink, Store};
use loong::verifier::Outcome;

use crate::support::{candidate, new_run, new_store, reply, wait};

#[test]
fn no_count_that_an_endpoint_makes_up_spoils_the_store() {
    let (folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap();
    for (nth, ordinal) in (0..3).enumerate() {
        let mut new = reply(&format!("k{ordinal}"), run.id, Role::Solver, ordinal);
        new.reply.usage.prompt_tokens = Some([u64::MAX, 1 << 62, 100][nth]);
        new.reply.usage.completion_tokens = Some([(1 << 63) - 1, 1 << 62, 20][nth]);
        new.reply.cost = [Some(f64::INFINITY), Some(1e308), Some(0.5)][nth];
        let kept = wait(store.put_reply(new)).unwrap().reply;
        assert_eq!(kept.usage.total(), [None, None, Some(120)][nth]);
        let again = wait(store.stored_reply(&format!("k{ordinal}"))).unwrap().unwrap();
        assert_eq!(again.reply, kept, "what is read is what was said to be kept");
    }
    let check = |store: &Store| {
        let run = wait(store.open_run(new_run("r"))).unwrap();
        assert!(run.resumed);
        assert_eq!(run.tokens, 120);
        let reader = store.reader().unwrap();
        let spent = &reader.spent(run.id).unwrap()[0];
        assert_eq!((spent.replies, spent.unknown, spent.tokens(), spent.unpriced), (3, 2, 120, 2));
        assert!((spent.usd - 0.5).abs() < 1e-9, "{}", spent.usd);
        assert_eq!(reader.habits("few-shot", 3).unwrap()[0].spent.tokens(), 120);
        reader.totals().unwrap();
        assert_eq!(reader.spending(&Filter::default()).unwrap(), []);
    };
    check(&store);
    drop(store);

    // As an older version left it, whose sums went beyond a whole number.
    let file = folder.path().join("loong.db");
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute_batch(
            "UPDATE reply SET prompt_tokens = 9223372036854775807, completion_tokens = 4611686018427387904, cost = 9e999
             WHERE key = 'k0';
             UPDATE reply SET prompt_tokens = -1, completion_tokens = 9223372036854775807, cost = 1e308
             WHERE key = 'k1';
             UPDATE spend SET prompt_tokens = 9.3e18, completion_tokens = 9223372036854775807;",
        )
        .unwrap();
    check(&Store::open(&file, OpenMode::Existing).unwrap());
}

#[test]
fn a_run_that_is_not_done_is_resumed_by_its_recipe() {
    let (_folder, store) = new_store();
    let first = wait(store.open_run(new_run("r1"))).unwrap();
    assert!(!first.resumed);
    assert_eq!((first.rng_seed, first.target, first.filled.len(), first.tokens), (u64::MAX - 1, 20, 0, 0));
    wait(store.put_reply(reply("k", first.id, Role::Generator, 5))).unwrap();
    for ordinal in [5, 2] {
        let mut record = candidate(&format!("c{ordinal}"), &[]);
        (record.run_id, record.ordinal) = (Some(first.id), Some(ordinal));
        wait(store.put_candidate(record)).unwrap();
    }

    let again = wait(store.open_run(NewRun { target: 50, rng_seed: 1, ..new_run("r1") })).unwrap();
    assert!(again.resumed);
    assert_eq!((again.id, &again.uid, again.rng_seed, again.target), (first.id, &first.uid, u64::MAX - 1, 50));
    assert_eq!(again.filled.iter().collect::<Vec<_>>(), [2, 5]);
    assert_eq!(again.tokens, 120);

    let other = wait(store.open_run(new_run("r2"))).unwrap();
    let afresh = wait(store.open_run(NewRun { fresh: true, ..new_run("r1") })).unwrap();
    assert!(!other.resumed && !afresh.resumed);
    assert_ne!(afresh.uid, first.uid);

    wait(store.close_run(afresh.id, RunState::Done)).unwrap();
    wait(store.close_run(first.id, RunState::Stopped)).unwrap();
    let resumed = wait(store.open_run(new_run("r1"))).unwrap();
    assert_eq!(resumed.id, first.id, "what is done is not resumed, what was stopped is");
    wait(store.close_run(first.id, RunState::Done)).unwrap();
    assert!(!wait(store.open_run(new_run("r1"))).unwrap().resumed);

    let runs = store.reader().unwrap().runs().unwrap();
    let seen: Vec<_> = runs.iter().map(|r| (r.state, r.candidates, r.target, r.ended_at.is_some())).collect();
    assert_eq!(
        seen,
        [
            (RunState::Done, 2, 20, true),
            (RunState::Running, 0, 20, false),
            (RunState::Done, 0, 20, true),
            (RunState::Running, 0, 20, false)
        ]
    );
    assert_eq!(runs[0].rng_seed, u64::MAX - 1);
    assert_eq!(runs[0].recipe_hash, "r1");
    assert!(wait(store.close_run(99, RunState::Done)).is_err());
}

#[test]
fn a_reply_is_kept_once_and_comes_back_as_it_was() {
    let (_folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap();
    assert_eq!(wait(store.stored_reply("k1")).unwrap(), None);
    let new = reply("k1", run.id, Role::Generator, 0);
    let stored = wait(store.put_reply(new.clone())).unwrap();
    assert_eq!(stored.reply, new.reply);
    let mut other = new.clone();
    other.reply.content = "another answer".to_owned();
    assert_eq!(wait(store.put_reply(other)).unwrap(), stored, "the same key gives what is there");
    assert_eq!(wait(store.stored_reply("k1")).unwrap(), Some(stored.clone()));
    let reader = store.reader().unwrap();
    assert_eq!(reader.prompt(&stored.prompt_hash).unwrap(), Some(new.request.rendered()));
    assert_eq!(reader.prompt("nothing").unwrap(), None);

    let second = wait(store.put_reply(reply("k2", run.id, Role::Solver, 0))).unwrap();
    assert_eq!(second.prompt_hash, stored.prompt_hash, "one text, one row");
    let mut unknown = reply("k3", run.id, Role::Solver, 0);
    unknown.reply.usage = loong::model::Usage::default();
    wait(store.put_reply(unknown)).unwrap();

    let spend = reader.totals().unwrap().spend;
    let of = |role| spend.iter().find(|s| s.role == role).unwrap();
    assert_eq!((of(Role::Generator).replies, of(Role::Generator).unknown), (1, 0));
    let solver = of(Role::Solver);
    assert_eq!((solver.replies, solver.unknown, solver.prompt_tokens, solver.completion_tokens), (2, 1, 100, 20));
    assert!((solver.seconds - 0.6).abs() < 1e-9);
    assert_eq!((solver.unpriced, solver.usd), (2, 0.0), "nobody said what these cost");
    let mut priced = reply("k5", run.id, Role::Solver, 0);
    priced.reply.cost = Some(0.25);
    wait(store.put_reply(priced)).unwrap();
    let spend = reader.totals().unwrap().spend;
    let solver = spend.iter().find(|s| s.role == Role::Solver).unwrap();
    assert_eq!((solver.replies, solver.unpriced, solver.usd), (3, 2, 0.25));
    assert!(wait(store.put_reply(reply("k4", 99, Role::Solver, 0))).is_err(), "a reply belongs to a run");
}

#[test]
fn what_runs_used_is_told_by_role_and_model() {
    let (_folder, store) = new_store();
    let mut runs = Vec::new();
    for (recipe, slots) in [("a", 2), ("b", 5), ("c", 3)] {
        let run = wait(store.open_run(NewRun { fresh: true, ..new_run(recipe) })).unwrap().id;
        for slot in 0..slots {
            for (role, sample) in [(Role::Solver, 0), (Role::Solver, 1), (Role::Generator, 0)] {
                let mut new = reply(&format!("{run} {slot} {role} {sample}"), run, role, slot);
                new.model = format!("m{}", slot % 2);
                wait(store.put_reply(new)).unwrap();
            }
        }
        runs.push(run);
    }
    let reader = store.reader().unwrap();
    let spent = reader.spent(runs[1]).unwrap();
    let lines: Vec<(Role, &str, u64, u64)> =
        spent.iter().map(|s| (s.role, s.model.as_str(), s.replies, s.tokens())).collect();
    assert_eq!(
        lines,
        [
            (Role::Generator, "m0", 3, 360),
            (Role::Generator, "m1", 2, 240),
            (Role::Solver, "m0", 6, 720),
            (Role::Solver, "m1", 4, 480),
        ]
    );
    let habits = reader.habits("few-shot", 2).unwrap();
    assert_eq!(habits.len(), 8, "of the two newest runs");
    assert!(habits[..4].iter().map(|h| &h.spent).eq(&spent));
    assert!(habits[4..].iter().all(|h| h.run_id == runs[2]));
    let solver = &habits[2];
    assert_eq!((solver.run_id, solver.slots, solver.recipe.as_str()), (runs[1], 3, new_run("b").recipe.as_str()));
    assert!((solver.tokens_squared - 6.0 * 120.0 * 120.0).abs() < 1e-6);
    let chars = reply("k", runs[1], Role::Solver, 0).request.rendered().chars().count() as u64;
    assert_eq!(solver.prompt_chars, 6 * chars);
}

#[test]
fn accepted_candidates_are_read_by_slot_a_page_at_a_time() {
    let (_folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap().id;
    let slots = 2500;
    let records = (0..slots).map(|slot| {
        let outcome = if slot % 3 == 0 { Outcome::Different } else { Outcome::Equivalent };
        let mut record = candidate(&format!("u{slot}"), &[outcome]);
        // Later slots may be written first, and a merge may bring a slot a second candidate.
        record.ordinal = Some(if slot == 7 { 8 } else { slots - slot });
        record.run_id = Some(run);
        record.metadata.insert("score".to_owned(), (slot % 5).into());
        record
    });
    let rows = wait(store.put_candidates(records.collect())).unwrap();
    let (mut all, mut after) = (Vec::new(), None);
    while let page @ [.., (row, last)] = &wait(store.accepted(run, after)).unwrap()[..] {
        after = Some((last.ordinal, *row));
        all.extend(page.iter().map(|(row, accepted)| (accepted.ordinal, *row, accepted.uid.clone())));
    }
    assert_eq!(all.len(), 1666);
    assert!(all.is_sorted(), "by slot, each once");
    let some = [rows[10], 999_999, rows[7]];
    let of: Vec<(String, Option<f64>)> =
        wait(store.accepted_of(&some)).unwrap().into_iter().map(|a| (a.uid, a.score)).collect();
    assert_eq!(of, [("u10".to_owned(), Some(0.0)), ("u7".to_owned(), Some(2.0))]);
    assert_eq!(wait(store.accepted(run + 1, None)).unwrap(), []);
}

#[test]
fn questions_for_duplicates_are_those_that_were_generated() {
    use loong::failure::{Failure, FailureKind, Stage};
    let (_folder, store) = new_store();
    let failed = |uid, stage| {
        let mut record = candidate(uid, &[]);
        record.failure = Some(Failure::new(stage, FailureKind::Malformed, "no"));
        record
    };
    let records = vec![candidate("a", &[]), failed("b", Stage::Generate), failed("c", Stage::Execute)];
    wait(store.put_candidates(records)).unwrap();
    let of = |after| wait(store.questions(after)).unwrap();
    let questions = of(0);
    assert_eq!(questions.iter().map(|(_, q)| q.as_str()).collect::<Vec<_>>(), ["Question a?", "Question c?"]);
    assert_eq!(of(questions[0].0), questions[1..]);
    assert!(of(questions[1].0).is_empty());
    let rows: Vec<i64> = (1..=4).collect();
    assert_eq!(wait(store.questions_of(&rows)).unwrap(), questions);
}

#[test]
fn a_run_that_is_named_goes_on_whatever_came_after_it() {
    let (_dir, store) = new_store();
    let first = wait(store.open_run(new_run("r1"))).unwrap();
    let second = wait(store.open_run(NewRun { fresh: true, ..new_run("r1") })).unwrap();
    wait(store.close_run(first.id, RunState::Done)).unwrap();
    let named = |id| wait(store.open_run(NewRun { resume: Some(id), ..new_run("r1") }));
    let again = named(first.id).unwrap();
    assert_eq!((again.id, again.uid, again.resumed), (first.id, first.uid, true));
    assert_eq!(named(second.id).unwrap().id, second.id);
    let other = wait(store.open_run(NewRun { resume: Some(first.id), ..new_run("r2") }));
    assert!(other.is_err(), "it was begun under another recipe");
    assert_eq!(store.reader().unwrap().runs().unwrap().len(), 2, "nothing was begun in its place");
}

#[test]
fn a_run_in_shards_has_one_identity_in_all_stores() {
    let shards = |hash: &str| NewRun { in_shards: true, ..new_run(hash) };
    let ((_here, here), (_there, there)) = (new_store(), new_store());
    wait(there.open_run(new_run("other"))).unwrap();
    let first = wait(here.open_run(shards("r1"))).unwrap();
    assert_eq!(wait(there.open_run(shards("r1"))).unwrap().uid, first.uid);
    assert_ne!(wait(here.open_run(shards("r2"))).unwrap().uid, first.uid);
    assert_ne!(wait(here.open_run(NewRun { rng_seed: 5, ..shards("r1") })).unwrap().uid, first.uid);
    // There is one of it, whatever its state.
    wait(here.close_run(first.id, RunState::Done)).unwrap();
    let again = wait(here.open_run(NewRun { fresh: true, ..shards("r1") })).unwrap();
    assert_eq!((again.id, again.resumed), (first.id, true));
}
