//! Plans over stored pairs: the same whatever the order of storing, growing, and what follows from them.

use std::collections::{BTreeMap, BTreeSet};

use loong::review::audit::PlanAudit;
use loong::review::plan::{self, Wish};
use loong::store::filter::Filter;
use loong::store::plan::NewPlan;
use loong::store::record::{CandidateRecord, Judgement, NewDecision};
use loong::store::{IdSet, OpenMode, Store};
use loong::verifier::{Leniency, Outcome, Tier};
use tempfile::TempDir;

use crate::views::{candidate, response};
use loong::store::record::Agreement;

/// A candidate with one response; every tenth is undecided, the rest equivalent or different by turns.
fn record(nth: u64) -> CandidateRecord {
    let outcome = match nth % 10 {
        0 => Outcome::Undecided,
        n if n % 2 == 0 => Outcome::Equivalent,
        _ => Outcome::Different,
    };
    let mut view = candidate(i64::try_from(nth).unwrap(), Agreement::None, vec![response(0, Some(outcome))]);
    let verdict = view.responses[0].record.verdict.as_mut().unwrap();
    verdict.tier = if nth.is_multiple_of(3) { Tier::Text } else { Tier::Number };
    if outcome == Outcome::Equivalent && nth.is_multiple_of(4) {
        verdict.leniencies = vec![Leniency::Rounding];
    }
    let mut record = view.record;
    record.run_id = None;
    record.ordinal = None;
    record.generator_reply_id = None;
    ["logic", "games"][usize::try_from(nth % 2).unwrap()].clone_into(&mut record.domain);
    record.responses = view.responses.into_iter().map(|r| r.record).collect();
    for response in &mut record.responses {
        response.reply_id = None;
    }
    record
}

fn store(order: impl Iterator<Item = u64>) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("loong.db"), OpenMode::Create).unwrap();
    store.put_candidates_blocking(order.map(record).collect()).unwrap();
    (folder, store)
}

fn drawn(store: &Store, seed: u64, size: u64) -> NewPlan {
    plan::make(&store.reader().unwrap(), &Filter::all(), seed, false, Wish::Size(size)).unwrap()
}

/// The uids of a plan's candidates, in their order.
fn uids(store: &Store, plan: &NewPlan) -> Vec<String> {
    let reader = store.reader().unwrap();
    plan.items.iter().map(|i| reader.candidate(i.candidate).unwrap().record.uid).collect()
}

fn judge(store: &Store, candidate: i64, judgement: Judgement, blind: bool) {
    let new = NewDecision {
        candidate,
        sample: Some(0),
        judgement: Some(judgement),
        reviewer: "mia".to_owned(),
        blind,
        ..NewDecision::default()
    };
    store.decide_blocking(new).unwrap();
}

#[test]
fn the_same_seed_takes_the_same_pairs_whatever_the_order() {
    let (_a, upwards) = store(0..600);
    let (_b, downwards) = store((0..600).rev());
    let (one, other) = (drawn(&upwards, 7, 90), drawn(&downwards, 7, 90));
    assert_eq!(one.strata, other.strata);
    assert_eq!(uids(&upwards, &one), uids(&downwards, &other));
    assert_eq!(one.items.len(), 90);
    assert_ne!(uids(&upwards, &one), uids(&upwards, &drawn(&upwards, 8, 90)));
    assert_eq!(one.strata.iter().map(|s| s.size).sum::<u64>(), 600);
    let strata: BTreeSet<usize> = one.items.iter().map(|i| i.stratum).collect();
    assert_eq!(strata.len(), one.strata.len(), "every stratum is drawn from");
    // Wherever one stops, verdicts are mixed.
    let early: BTreeSet<Outcome> = one.items[..20].iter().map(|i| one.strata[i.stratum].verdict).collect();
    assert_eq!(early.len(), 3);
}

#[test]
fn a_larger_plan_contains_the_smaller_one() {
    let (_folder, store) = store(0..600);
    let plan = store.put_plan_blocking(drawn(&store, 7, 60)).unwrap();
    let reader = store.reader().unwrap();
    let pairs = |n: usize| {
        let items = reader.plan_items(plan.id).unwrap();
        items.iter().take(n).map(|i| (i.candidate, i.sample, i.stratum)).collect::<Vec<_>>()
    };
    let before = pairs(usize::MAX);
    // New candidates and judgements in between change nothing of what was drawn.
    store.put_candidates_blocking((600..700).map(record).collect()).unwrap();
    for (candidate, ..) in before.iter().take(30) {
        judge(&store, *candidate, Judgement::Different, false);
    }
    let more = plan::extend(&reader, &plan, Wish::Size(150)).unwrap();
    assert_eq!(more.len(), 90);
    assert_eq!(store.extend_plan_blocking(plan.id, more).unwrap(), 150);
    assert_eq!(pairs(60), before);
    let all = pairs(usize::MAX);
    assert_eq!(all.iter().map(|(c, s, _)| (*c, *s)).collect::<BTreeSet<_>>().len(), 150, "no pair twice");
    assert!(all.iter().all(|(c, ..)| *c <= 600), "what came later is not part of it");
    assert!(plan::extend(&reader, &plan, Wish::Size(100)).unwrap().is_empty());
    assert_eq!(reader.count(&Filter::parse("plan:yes").unwrap()).unwrap(), 150);
    assert_eq!(reader.count(&Filter::parse("-plan:yes").unwrap()).unwrap(), 550);
}

#[test]
fn a_plan_for_a_width_is_as_large_as_it_needs() {
    let (_folder, store) = store(0..3000);
    let reader = store.reader().unwrap();
    let of = |width: f64| plan::make(&reader, &Filter::all(), 7, false, Wish::HalfWidth(width)).unwrap().items.len();
    let (wide, narrow) = (of(0.05), of(0.02));
    assert!(wide > 50 && wide < narrow && narrow < 3000, "{wide} {narrow}");
    assert!(of(1e-6) >= 2990, "to know it all, all is judged");
}

#[test]
fn there_is_nothing_to_plan_without_verdicts() {
    let (_folder, store) = store(std::iter::empty());
    let none = plan::make(&store.reader().unwrap(), &Filter::all(), 7, false, Wish::Size(9));
    assert!(none.unwrap_err().to_string().contains("loong import"));
}

#[test]
fn next_goes_through_the_plan_and_then_through_second_opinions() {
    let (_folder, store) = store(0..200);
    let plan = store.put_plan_blocking(drawn(&store, 7, 12)).unwrap();
    let reader = store.reader().unwrap();
    let order: Vec<i64> = reader.plan_items(plan.id).unwrap().iter().map(|i| i.candidate).collect();
    let next =
        |who: &str, second| reader.plan_next(plan.id, who, second, &IdSet::default()).unwrap().map(|i| i.candidate);
    assert_eq!((next("mia", false), next("mia", true)), (Some(order[0]), None));
    judge(&store, order[0], Judgement::Equivalent, true);
    assert_eq!(next("mia", false), Some(order[1]));
    assert_eq!((next("ada", true), next("mia", true)), (Some(order[0]), None));
    futures::executor::block_on(store.undo("mia")).unwrap();
    assert_eq!(next("mia", false), Some(order[0]), "what is taken back is to be judged again");
}

/// Judges a whole plan by a rule, and looks at the rates.
fn audited(store: &Store, size: u64, truth: impl Fn(u64, Outcome) -> Judgement) -> PlanAudit {
    let plan = store.put_plan_blocking(drawn(store, 7, size)).unwrap();
    let reader = store.reader().unwrap();
    for item in reader.plan_items(plan.id).unwrap() {
        let uid = reader.candidate(item.candidate).unwrap().record.uid;
        let nth = uid.strip_prefix("uid-").unwrap().parse().unwrap();
        judge(store, item.candidate, truth(nth, item.outcome.unwrap()), nth % 2 == 0);
    }
    PlanAudit::of(&plan, &reader.plan_items(plan.id).unwrap())
}

#[test]
fn rates_are_those_of_the_whole_and_not_of_the_sample() {
    let (_folder, store) = store(0..3000);
    // In games every fifth that is called different is equivalent; nothing else is wrong, and undecided are different.
    let audit = audited(&store, 900, |nth, outcome| match outcome {
        Outcome::Equivalent => Judgement::Equivalent,
        Outcome::Different if nth % 5 == 1 => Judgement::Equivalent,
        _ => Judgement::Different,
    });
    assert_eq!((audit.pairs, audit.planned, audit.judged, audit.changed), (3000, 900, 900, 0));
    // 1,500 are different, 300 of them missed; 1,200 are equivalent: 300 of 1,500.
    let rate = audit.overall.false_negative;
    assert!(rate.low <= 0.2 && 0.2 <= rate.high && rate.half_width() < 0.05, "{rate:?}");
    assert!((rate.estimate.unwrap() - 0.2).abs() < 0.03, "{rate:?}");
    assert!(audit.overall.false_positive.estimate.unwrap() < 1e-9);
    assert!((audit.overall.undecided - 0.1).abs() < 1e-9);
    let domains: BTreeMap<&str, u64> = audit.by_domain.iter().map(|d| (d.name.as_str(), d.pairs)).collect();
    assert_eq!(domains, BTreeMap::from([("games", 1500), ("logic", 1500)]));
    let weighed = audit.truly_equivalent.equivalent + audit.truly_equivalent.different;
    assert!((weighed - 1500.0).abs() < 60.0, "{weighed}");
    assert_eq!(audit.by_leniency[0].name, Leniency::Rounding);
    assert!(audit.by_leniency[0].wrong.estimate.unwrap() < 1e-9);
    assert!(audit.hidden.is_some() && audit.in_sight.is_some());
    assert_eq!(audit.noise.rho_1, audit.overall.false_negative);
    assert_eq!(audit.noise.rho_0, audit.overall.false_positive);
    let needed: Vec<u64> = audit.needed.iter().map(|n| n.size).collect();
    assert!(needed.is_sorted(), "{needed:?}");
}

#[test]
fn pairs_judged_out_of_turn_do_not_bend_the_rates() {
    let (_folder, store) = store(0..600);
    let reader = store.reader().unwrap();
    let kept = store.put_plan_blocking(drawn(&store, 7, 200)).unwrap();
    let truth = |id: i64| if id % 10 == 5 { Judgement::Different } else { Judgement::Equivalent };
    let said = |i: &loong::store::plan::PlanItem| i.outcome == Some(Outcome::Equivalent);
    let items = reader.plan_items(kept.id).unwrap();
    for item in items.iter().take(60) {
        judge(&store, item.candidate, truth(item.candidate), false);
    }
    let before = PlanAudit::of(&kept, &reader.plan_items(kept.id).unwrap());
    // Another queue brings up, of the rest, what is wrong: all of it is, and the rates must not believe that of the whole.
    let mut wrong = 0;
    for item in items.iter().skip(60).filter(|i| said(i) && truth(i.candidate) == Judgement::Different).skip(1) {
        judge(&store, item.candidate, truth(item.candidate), false);
        wrong += 1;
    }
    assert!(wrong > 3, "{wrong}");
    let after = PlanAudit::of(&kept, &reader.plan_items(kept.id).unwrap());
    assert_eq!(after.overall.false_positive, before.overall.false_positive);
    assert_eq!((before.out_of_turn, after.out_of_turn, after.judged), (0, wrong, 60 + wrong));
    assert!(after.basis.contains("out of turn") && !before.basis.contains("out of turn"), "{}", after.basis);
    // They count once the pairs before them are judged.
    for item in items.iter().skip(60).filter(|i| !said(i) || truth(i.candidate) == Judgement::Equivalent) {
        judge(&store, item.candidate, truth(item.candidate), false);
    }
    for item in &items {
        judge(&store, item.candidate, truth(item.candidate), false);
    }
    let all = PlanAudit::of(&kept, &reader.plan_items(kept.id).unwrap());
    assert_eq!((all.out_of_turn, all.overall.judged), (0, 200));
}

#[test]
fn rates_are_those_of_the_verifier_as_it_is_now() {
    let (_folder, store) = store(0..1000);
    let wrong = |nth: u64, outcome| match outcome {
        Outcome::Different if nth % 5 == 1 => Judgement::Equivalent,
        Outcome::Equivalent => Judgement::Equivalent,
        _ => Judgement::Different,
    };
    let before = audited(&store, 400, wrong);
    assert!(before.overall.false_negative.estimate.unwrap() > 0.1);
    // The verifier learns: what it missed it now calls equivalent.
    let reader = store.reader().unwrap();
    let mut verdicts = Vec::new();
    reader
        .pairs(&Filter::all(), |pair| {
            let mut verdict = pair.verdict.clone().unwrap();
            let nth: u64 = pair.question.split_whitespace().nth(2).unwrap().parse().unwrap();
            if verdict.outcome == Outcome::Different && nth % 5 == 1 {
                verdict.outcome = Outcome::Equivalent;
                verdicts.push((pair.response_id, verdict));
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(verdicts.len(), 100);
    store.put_verdicts_blocking(verdicts).unwrap();
    let plan = reader.plan().unwrap().unwrap();
    let after = PlanAudit::of(&plan, &reader.plan_items(plan.id).unwrap());
    assert!(after.changed > 10, "{}", after.changed);
    assert!(after.overall.false_negative.estimate.unwrap() < 1e-9, "{:?}", after.overall.false_negative);
    assert_eq!(after.pairs, 1000);
    // The frame of then is found again.
    let more = plan::extend(&reader, &plan, Wish::Size(500)).unwrap();
    assert_eq!(more.len(), 100);
}
