//! What rules on trial come to.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use loong::review::rules::{Class, Progress, Rules, Scope, sweep};
use loong::store::filter::Filter;
use loong::store::record::Judgement;
use loong::verifier::{Leniency, Outcome, Preset, Tier, VerifierOptions};

use crate::{candidate, escalated, flips, judge, many, new_store, without};

#[test]
fn the_present_rules_flip_nothing() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(600)).unwrap();
    let found = flips(&store, &Rules::default());
    assert_eq!((found.pairs, found.flipped), (1200, 0));
    assert!(found.classes.is_empty());
}

#[test]
fn a_first_verdict_is_no_flip() {
    let (_folder, store) = new_store();
    let mut all = many(14);
    for record in &mut all[..3] {
        record.responses[0].verdict = None;
    }
    store.put_candidates_blocking(all).unwrap();
    let found = flips(&store, &Rules::default());
    assert_eq!((found.pairs, found.flipped, found.unverified), (28, 0, 3));
    assert!(found.classes.is_empty() && found.by_flip().is_empty());
    let found = flips(&store, &without(&["lhs-dropped"]));
    assert_eq!((found.flipped, found.unverified), (1, 3), "of two that hang on it, one has no verdict yet");
}

#[test]
fn a_withdrawn_leniency_flips_what_hung_on_it() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(700)).unwrap();
    let found = flips(&store, &without(&["lhs-dropped"]));
    assert_eq!(found.flipped, 100);
    let classes: Vec<(&Class, u64)> = found.classes.iter().map(|(class, flips)| (class, flips.n)).collect();
    assert!(classes.iter().all(|(class, _)| class.from == Outcome::Equivalent));
    assert!(classes.iter().all(|(class, _)| class.leniencies == [Leniency::LhsDropped]), "{classes:?}");
    let examples: Vec<i64> =
        found.classes.values().flat_map(|flips| flips.examples.iter()).map(|e| e.candidate).collect();
    assert!(examples.len() <= 5 * classes.len() && examples.iter().any(|id| *id > 100), "{examples:?}");
    // Granted again, they flip back: the trial itself has changed nothing.
    assert_eq!(flips(&store, &Rules::default()).flipped, 0);
}

#[test]
fn threads_and_stretches_change_no_figure() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(900)).unwrap();
    for id in (1..900).step_by(9) {
        judge(&store, id, 0, if id % 2 == 0 { Judgement::Equivalent } else { Judgement::Different });
    }
    let rules = without(&["lhs-dropped", "rounding"]);
    let of = |filter: &str, threads| {
        let scope = Scope { filter: Filter::parse(filter).unwrap(), threads };
        sweep(&store, &scope, &rules, None, |_, _| ControlFlow::Continue(())).unwrap()
    };
    let one = of("", 1);
    assert!(one.flipped > 200 && one.contradicted > 10);
    for threads in [2, 5] {
        assert_eq!(of("", threads), one);
    }
    assert_eq!(of("id>0", 2), one, "row by row as by ranges");
    let some = of("id>450", 2);
    assert_eq!(some.pairs, 900);
    assert!(some.flipped < one.flipped);
}

#[test]
fn judgements_are_contradicted_and_satisfied() {
    let (_folder, store) = new_store();
    let pairs = [
        ("x = 3", "\\boxed{3}"), // equivalent without `x =`
        ("x = 4", "\\boxed{4}"),
        ("x = 5", "\\boxed{5}"),
        ("7", "\\boxed{7}"),
        ("8", "\\boxed{9}"),
    ];
    let records = pairs.iter().map(|(a, b)| candidate(a, a, &[(b, None)])).collect();
    store.put_candidates_blocking(records).unwrap();
    judge(&store, 1, 0, Judgement::Different); // the verifier was wrong, and would be right
    judge(&store, 2, 0, Judgement::Equivalent); // it was right, and would be wrong
    judge(&store, 3, 0, Judgement::CantTell); // says nothing
    judge(&store, 4, 0, Judgement::Different); // it is wrong either way
    judge(&store, 5, 0, Judgement::Different); // it is right either way
    let found = flips(&store, &without(&["lhs-dropped"]));
    assert_eq!((found.judged, found.contradicted), (4, 2));
    assert_eq!((found.newly_contradicted, found.newly_satisfied), (1, 1));
    let listed: Vec<i64> = found.contradictions.iter().map(|e| e.candidate).collect();
    assert_eq!(listed, [2, 4]);
    assert_eq!(found.satisfied.iter().map(|e| e.candidate).collect::<Vec<_>>(), [1]);
    let rates = found.rates();
    let counts = |p: loong::review::proportion::Proportion| (p.k, p.n);
    assert_eq!((counts(rates.before.false_negative), counts(rates.after.false_negative)), ((0, 1), (1, 1)));
    assert_eq!((counts(rates.before.false_positive), counts(rates.after.false_positive)), ((2, 3), (1, 3)));
}

/// Two texts that the native tiers leave undecided.
const UNREAD: (&str, &str) = ("\\oint_\\gamma g(z)\\,dz", "\\boxed{\\oint_\\delta h(w)\\,dw}");

#[test]
fn tiers_beyond_the_native_ones_are_replayed() {
    use Outcome::{Different, Equivalent, Undecided};
    use Tier::{Judge, Symbolic};
    let (_folder, store) = new_store();
    let mut lenient = escalated(Symbolic, Equivalent);
    lenient.leniencies = vec![Leniency::LhsDropped];
    let plain = candidate("x", UNREAD.0, &[(UNREAD.1, None)]);
    assert_eq!(plain.responses[0].verdict.as_ref().unwrap().outcome, Undecided, "the fixture is undecided");
    let records = [
        ("symbolic", UNREAD.1, Some(escalated(Symbolic, Equivalent))),
        ("judge", UNREAD.1, Some(escalated(Judge, Different))),
        ("lenient", UNREAD.1, Some(lenient)),
        ("native", "\\boxed{\\oint_\\gamma g(z)\\,dz}", Some(escalated(Judge, Different))),
    ];
    let records = records.into_iter().map(|(uid, text, own)| candidate(uid, UNREAD.0, &[(text, own)])).collect();
    store.put_candidates_blocking(records).unwrap();
    let outcomes = |rules: &Rules| -> BTreeMap<i64, (Outcome, Tier)> {
        let found = flips(&store, rules);
        let flipped = found.classes.values().flat_map(|flips| flips.examples.iter());
        flipped.map(|e| (e.candidate, (e.to, e.tier))).collect()
    };
    // The native tiers decide the fourth pair themselves, and the stored verdict holds for the others.
    assert_eq!(outcomes(&Rules::default()), BTreeMap::from([(4, (Equivalent, Tier::Text))]));
    assert_eq!(flips(&store, &Rules::default()).replayed, 3);
    // A verdict that needed what is not granted any more does not hold.
    let strict = outcomes(&without(&["lhs-dropped"]));
    assert_eq!(strict.get(&3).map(|(outcome, _)| *outcome), Some(Undecided));
    assert!(!strict.contains_key(&1));
    // A silenced tier is not replayed.
    let silent = Rules::default().with_tiers_named(&["text", "structure", "number", "algebra", "judge"]).unwrap();
    assert_eq!(outcomes(&silent).keys().copied().collect::<Vec<_>>(), [1, 3, 4]);
    // In front of the native tiers the judge overrules them.
    let first = Rules::default().with_tiers_named(&["judge", "text", "structure", "number", "algebra", "symbolic"]);
    assert_eq!(outcomes(&first.unwrap()), BTreeMap::new());
}

#[test]
fn an_older_verdict_of_a_silenced_tier_comes_back() {
    let (_folder, store) = new_store();
    let own = escalated(Tier::Symbolic, Outcome::Equivalent);
    store.put_candidates_blocking(vec![candidate("x", UNREAD.0, &[(UNREAD.1, Some(own))])]).unwrap();
    let silent = Rules::default().with_tiers_named(&["text", "number"]).unwrap();
    let scope = Scope::default();
    loong::review::rules::apply(&store, &scope, &silent, None, ("mia", None), |_, _| ControlFlow::Continue(()))
        .unwrap();
    let found = flips(&store, &Rules::default());
    let class = found.classes.keys().next().unwrap();
    assert_eq!((class.from, class.to, class.tier), (Outcome::Undecided, Outcome::Equivalent, Tier::Symbolic));
}

#[test]
fn what_a_silenced_native_tier_decides_stays_undecided() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(70)).unwrap();
    let rules = Rules::default().with_tiers_named(&["text", "structure", "algebra"]).unwrap();
    let found = flips(&store, &rules);
    assert!(found.flipped > 0);
    assert!(found.classes.keys().all(|c| c.to == Outcome::Undecided && c.tier == Tier::Number), "{found:?}");
    let example = found.classes.values().next().unwrap().examples.iter().next().unwrap();
    assert!(example.reason.contains("tier number would decide"), "{}", example.reason);
}

#[test]
fn a_sweep_can_be_ended_and_tells_how_far_it_came() {
    let (_folder, store) = new_store();
    store.put_candidates_blocking(many(2000)).unwrap();
    let mut heard: Vec<(u64, Progress)> = Vec::new();
    let found = sweep(&store, &Scope::default(), &Rules::default(), None, |flips, progress| {
        heard.push((flips.pairs, progress));
        if heard.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let found = found.unwrap();
    assert_eq!(heard.len(), 3);
    assert_eq!(found.pairs, heard[2].0);
    assert!(heard.windows(2).all(|w| w[0].0 < w[1].0), "{heard:?}");
    assert_eq!((heard[2].1.done, heard[2].1.all), (3, 8));
}

#[test]
fn an_empty_store_has_nothing_to_flip() {
    let (_folder, store) = new_store();
    let found = flips(&store, &Rules::new(VerifierOptions::preset(Preset::Strict)));
    assert_eq!((found.pairs, found.flipped, found.judged), (0, 0, 0));
}

#[test]
fn alternatives_tolerance_and_options_of_a_candidate_count() {
    let (_folder, store) = new_store();
    let with = |uid: &str, reference: &str, response: &str, metadata: serde_json::Value| {
        let mut record = candidate(uid, reference, &[(response, Some(escalated(Tier::Extract, Outcome::Undecided)))]);
        record.metadata = metadata.as_object().unwrap().clone();
        record
    };
    let records = vec![
        with("a", "1", "\\boxed{2}", serde_json::json!({"references": ["2"]})),
        with("b", "100", "\\boxed{104}", serde_json::json!({"tolerance": 0.05})),
        with("c", "100", "\\boxed{104}", serde_json::json!({"note": "tolerance is elsewhere"})),
        with("d", "B", "\\boxed{red}", serde_json::json!({"options": ["blue", "red"]})),
    ];
    store.put_candidates_blocking(records).unwrap();
    let found = flips(&store, &Rules::default());
    let to: BTreeMap<i64, Outcome> =
        found.classes.values().flat_map(|f| f.examples.iter()).map(|e| (e.candidate, e.to)).collect();
    assert_eq!(to[&1], Outcome::Equivalent);
    assert_eq!(to[&2], Outcome::Equivalent);
    assert_eq!(to[&3], Outcome::Different);
    assert_eq!(to[&4], Outcome::Equivalent);
}

#[test]
fn what_is_asked_of_the_outside_is_only_what_stays_undecided() {
    let (_folder, store) = new_store();
    let records =
        vec![candidate("a", UNREAD.0, &[(UNREAD.1, None), ("\\boxed{1}", None)]), candidate("b", "1", &[("1", None)])];
    store.put_candidates_blocking(records).unwrap();
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let ask = |_: &loong::verifier::Pair, verdict: loong::verifier::Verdict| {
        asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(verdict.outcome, Outcome::Undecided);
        loong::verifier::Verdict { outcome: Outcome::Different, tier: Tier::Symbolic, ..verdict }
    };
    let before = flips(&store, &Rules::default());
    let undecided = 2 - before.flipped; // both of the first candidate's
    let found =
        sweep(&store, &Scope::default(), &Rules::default(), Some(&ask), |_, _| ControlFlow::Continue(())).unwrap();
    assert_eq!(asked.into_inner() as u64, found.flipped);
    assert!(found.flipped > 0 && found.flipped <= undecided);
}
