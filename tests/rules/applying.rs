//! Versions: applied whole, or finished later, or told; never silently mixed.

use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::process::{Command, Stdio};

use loong::review::rules::{Rules, Scope, apply, resumed};
use loong::store::filter::Filter;
use loong::store::record::Judgement;
use loong::store::version::VersionState;
use loong::store::{OpenMode, Store, StoreError};
use loong::verifier::{Outcome, Preset, Tier, VerifierOptions};

use crate::{candidate, escalated, flips, judge, many, new_store, without};

/// The path of a store that a child applies strict rules to, for ever slower.
const ORDERS: &str = "LOONG_TEST_APPLY";

fn strict() -> Rules {
    Rules::new(VerifierOptions::preset(Preset::Strict))
}

/// Every current verdict's version, by candidate.
fn versions(store: &Store) -> Vec<(i64, String)> {
    let mut all = Vec::new();
    let each = |row: loong::store::PairRow| {
        all.push((row.candidate_id, row.verdict.unwrap().version));
        ControlFlow::Continue(())
    };
    store.reader().unwrap().pairs(&Filter::all(), each).unwrap();
    all
}

fn until(
    stretches: usize,
) -> impl FnMut(&loong::review::rules::Flips, loong::review::rules::Progress) -> ControlFlow<()> {
    move |_, progress| if progress.done >= stretches { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

#[test]
fn a_version_is_applied_and_the_old_verdicts_stay() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(300)).unwrap();
    judge(&store, 1, 0, Judgement::Equivalent);
    let expected = flips(&store, &without(&["lhs-dropped"]));
    let before = store.reader().unwrap().candidate(1).unwrap();
    let rules = without(&["lhs-dropped"]);
    let applied = apply(&store, &Scope::default(), &rules, None, ("mia", Some("order matters")), until(99)).unwrap();
    assert_eq!(applied.flips, expected, "what was tried is what is applied");
    assert_eq!((applied.version.state, applied.resumed), (VersionState::Done, false));
    assert_eq!(applied.written, 600, "every verdict names its version");
    assert!(versions(&store).iter().all(|(_, version)| *version == rules.version()));
    let reader = store.reader().unwrap();
    let after = reader.candidate(1).unwrap();
    assert_eq!(after.responses[0].record.verdict.as_ref().unwrap().outcome, Outcome::Different);
    assert_eq!(after.responses[0].standing, Some(Outcome::Equivalent), "people still decide");
    let history = reader.verdicts(after.responses[0].id).unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(Some(&history[0].1), before.responses[0].record.verdict.as_ref());
    assert_eq!(flips(&store, &rules).flipped, 0);

    let log = reader.versions().unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].reviewer.as_str(), log[0].note.as_deref()), ("mia", Some("order matters")));
    assert_eq!((log[0].pairs, log[0].flips), (600, expected.flipped));
    assert_eq!(Rules::from_json(&log[0].options).unwrap(), rules);
    assert!(log[0].ended_at.is_some());

    let again = apply(&store, &Scope::default(), &rules, None, ("mia", None), until(99)).unwrap();
    assert_eq!(again.written, 0, "what is there is not written again");
    assert_eq!(reader.verdicts(after.responses[0].id).unwrap().len(), 2);
    store.check().unwrap();
}

#[test]
fn a_candidates_caches_follow_what_is_applied() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(20)).unwrap();
    let count = |filter: &str| store.reader().unwrap().count(&Filter::parse(filter).unwrap()).unwrap();
    let before = (count("agreement:agrees"), count("verdict:equivalent"));
    apply(&store, &Scope::default(), &without(&["lhs-dropped"]), None, ("mia", None), until(99)).unwrap();
    let after = count("verdict:equivalent");
    assert_eq!(after, before.1 - 3);
    let totals = store.reader().unwrap().totals().unwrap();
    let kept = totals.responses_by(|r| r.verdict).get(&Some(Outcome::Equivalent)).copied();
    assert_eq!(kept, Some(after), "kept counts follow too");
}

#[test]
fn a_replayed_verdict_is_kept_under_the_new_version() {
    let (_folder, store) = new_store();
    let own = escalated(Tier::Symbolic, Outcome::Equivalent);
    let record =
        candidate("x", "\\oint_\\gamma g(z)\\,dz", &[("\\boxed{\\oint_\\delta h(w)\\,dw}", Some(own.clone()))]);
    store.put_candidates_blocking(vec![record]).unwrap();
    apply(&store, &Scope::default(), &strict(), None, ("mia", None), until(99)).unwrap();
    let verdict = store.reader().unwrap().candidate(1).unwrap().responses[0].record.verdict.clone().unwrap();
    assert_eq!(verdict.version, format!("{}+symbolic-1", strict().version()));
    assert_eq!((verdict.tier, &verdict.reason), (own.tier, &own.reason));
}

#[test]
fn a_half_applied_version_is_told_and_finished() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(1000)).unwrap();
    let whole = flips(&store, &strict());
    let half = apply(&store, &Scope::default(), &strict(), None, ("mia", None), until(2)).unwrap();
    assert_eq!(half.version.state, VersionState::Applying);
    let told = store.reader().unwrap().half_applied().unwrap().unwrap();
    assert_eq!((told.done_to, told.up_to), (512, 1000));
    for (candidate, version) in versions(&store) {
        assert_eq!(version == strict().version(), candidate <= 512, "{candidate}: {version}");
    }
    let (rules, filter) = resumed(&told).unwrap();
    assert_eq!((&rules, filter.is_all()), (&strict(), true));
    let rest = apply(&store, &Scope::default(), &rules, None, ("ada", None), until(99)).unwrap();
    assert!(rest.resumed);
    assert_eq!(rest.version.id, half.version.id);
    assert_eq!(rest.version.flips, whole.flipped);
    assert_eq!(rest.version.pairs, 2000);
    assert!(versions(&store).iter().all(|(_, version)| *version == strict().version()));
    assert!(store.reader().unwrap().half_applied().unwrap().is_none());
}

#[test]
fn another_version_does_not_hide_a_half_applied_one() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(1000)).unwrap();
    apply(&store, &Scope::default(), &strict(), None, ("mia", None), until(1)).unwrap();
    let some = Scope { filter: Filter::parse("id>900").unwrap(), threads: 0 };
    let refused = apply(&store, &some, &Rules::default(), None, ("mia", None), until(99)).unwrap_err();
    assert!(matches!(&refused, StoreError::Invalid(why) if why.contains("--resume")), "{refused}");
    // One that goes over every pair leaves nothing of it.
    apply(&store, &Scope::default(), &Rules::default(), None, ("mia", None), until(99)).unwrap();
    assert!(versions(&store).iter().all(|(_, version)| *version == Rules::default().version()));
    let states: Vec<VersionState> = store.reader().unwrap().versions().unwrap().iter().map(|v| v.state).collect();
    assert_eq!(states, [VersionState::Replaced, VersionState::Done]);
}

#[test]
fn two_that_apply_at_once_do_not_mix() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(1000)).unwrap();
    let mut nested = None;
    let outcome = apply(&store, &Scope::default(), &strict(), None, ("mia", None), |_, progress| {
        if progress.done == 2 && nested.is_none() {
            nested = Some(apply(&store, &Scope::default(), &strict(), None, ("ada", None), until(99)).unwrap());
        }
        ControlFlow::Continue(())
    });
    assert_eq!(nested.unwrap().version.state, VersionState::Done);
    let refused = outcome.unwrap_err();
    assert!(refused.to_string().contains("another loong applies"), "{refused}");
    assert_eq!(store.reader().unwrap().versions().unwrap().len(), 1);
    assert_eq!(store.reader().unwrap().versions().unwrap()[0].pairs, 2000, "no stretch counts twice");
    store.check().unwrap();
}

#[test]
fn what_comes_while_a_version_is_applied_is_not_its() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(300)).unwrap();
    let late = |uid: &str| vec![candidate(uid, "[1, 2, 3]", &[("\\boxed{[2, 1, 3]}", None)])];
    apply(&store, &Scope::default(), &strict(), None, ("mia", None), |_, _| {
        store.put_candidates_blocking(late("late")).unwrap();
        ControlFlow::Continue(())
    })
    .unwrap();
    let all = versions(&store);
    assert_eq!(all.iter().filter(|(_, version)| *version == strict().version()).count(), 600);
    assert_eq!(all.last().unwrap(), &(301, Rules::default().version()));
}

#[test]
fn a_filter_that_its_own_flips_change_is_finished_all_the_same() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(3000)).unwrap();
    let scope = Scope { filter: Filter::parse("verdict:equivalent").unwrap(), threads: 0 };
    let wanted = store.reader().unwrap().ids(&scope.filter).unwrap();
    assert!(wanted.len() > 2 * 256);
    apply(&store, &scope, &without(&["lhs-dropped"]), None, ("mia", None), until(2)).unwrap();
    apply(&store, &scope, &without(&["lhs-dropped"]), None, ("mia", None), until(99)).unwrap();
    let version = without(&["lhs-dropped"]).version();
    let mut applied: Vec<i64> = versions(&store).into_iter().filter(|(_, v)| *v == version).map(|(id, _)| id).collect();
    applied.dedup();
    assert_eq!(applied, wanted);
}

/// The child's part; without orders there is nothing to do.
#[test]
fn applying_child() {
    let Ok(path) = std::env::var(ORDERS) else { return };
    let store = Store::open(path, OpenMode::Existing).unwrap();
    apply(&store, &Scope::default(), &strict(), None, ("mia", None), |_, progress| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nack|{}", progress.done).unwrap();
        out.flush().unwrap();
        ControlFlow::Continue(())
    })
    .unwrap();
}

#[test]
fn a_kill_leaves_a_version_that_is_finished_and_not_mixed() {
    let (folder, store) = new_store();
    store.put_candidates_blocking(many(4000)).unwrap();
    let whole = flips(&store, &strict());
    drop(store);
    let path = folder.path().join("loong.db");
    let mut kills = 0;
    for stretches in [1, 2, 3, 1, 4] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "applying::applying_child", "--nocapture"])
            .env(ORDERS, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let heard = lines.filter(|line| line.starts_with("ack|")).take(stretches).count();
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&path, OpenMode::Existing).unwrap();
        store.check().unwrap();
        let Some(half) = store.reader().unwrap().half_applied().unwrap() else { break };
        kills += u64::from(heard == stretches);
        for (candidate, version) in versions(&store) {
            assert_eq!(version == strict().version(), candidate <= half.done_to, "{candidate}: {version}");
        }
    }
    assert!(kills >= 2, "{kills} kills came in time");
    let store = Store::open(&path, OpenMode::Existing).unwrap();
    apply(&store, &Scope::default(), &strict(), None, ("mia", None), until(99)).unwrap();
    assert!(versions(&store).iter().all(|(_, version)| *version == strict().version()));
    let log = store.reader().unwrap().versions().unwrap();
    assert_eq!((log.len(), log[0].pairs, log[0].flips), (1, 8000, whole.flipped), "nothing was counted twice");
}
