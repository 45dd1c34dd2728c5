//! Orders of lists, reasons to look, and what other verifiers say.

use std::time::Instant;

use loong::store::filter::{Filter, Sort};
use loong::store::record::{Judgement, NewDecision, SecondWord};
use loong::store::suspicion::Suspicion;
use loong::store::{Sink, Store};
use loong::verifier::{Leniency, Outcome, Verdict};

use crate::support::{candidate, judge, new_store, verdict, wait};

fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap()
}

fn second(response: i64, verifier: &str, outcome: Outcome) -> SecondWord {
    SecondWord {
        response,
        verifier: verifier.to_owned(),
        outcome,
        detail: "because".to_owned(),
        version: "1".to_owned(),
    }
}

/// Candidates 1 to 5: nothing, undecided, a leniency, solvers that agree, another verifier.
fn five() -> (tempfile::TempDir, Store) {
    let (folder, store) = new_store();
    let mut lenient = candidate("lenient", &[Outcome::Equivalent]);
    lenient.responses[0].verdict =
        Some(Verdict { leniencies: vec![Leniency::Rounding], ..verdict(Outcome::Equivalent) });
    let mut agree = candidate("agree", &[Outcome::Different, Outcome::Different]);
    for response in &mut agree.responses {
        response.verdict = Some(Verdict { response_value: "7".to_owned(), ..verdict(Outcome::Different) });
    }
    for record in [
        candidate("plain", &[Outcome::Equivalent]),
        candidate("open", &[Outcome::Undecided]),
        lenient,
        agree,
        candidate("second", &[Outcome::Different]),
    ] {
        wait(store.put_candidate(record)).unwrap();
    }
    let response = store.reader().unwrap().candidate(5).unwrap().responses[0].id;
    wait(store.put_seconds(vec![second(response, "other", Outcome::Equivalent)])).unwrap();
    (folder, store)
}

#[test]
fn the_most_suspicious_come_first_and_say_why() {
    let (_folder, store) = five();
    let reader = store.reader().unwrap();
    assert_eq!(reader.ordered(&filter("sort:suspicious")).unwrap(), [4, 5, 3, 2, 1]);
    assert_eq!(reader.ordered(&filter("sort:suspicious -id:4")).unwrap(), [5, 3, 2, 1]);
    assert_eq!(reader.ordered(&filter("sort:newest")).unwrap(), [5, 4, 3, 2, 1]);
    assert_eq!(reader.ordered(&filter("sort:uncertain")).unwrap()[0], 2);
    assert_eq!(reader.suspicions(4).unwrap(), [Suspicion::SolversAgree]);
    assert_eq!(reader.suspicions(5).unwrap(), [Suspicion::Second]);
    assert_eq!(reader.suspicions(1).unwrap(), []);
    store.look_at_all_blocking().unwrap();
    assert_eq!(reader.unlooked().unwrap(), 0);
    assert_eq!(reader.ids(&filter("suspicion:leniency,undecided")).unwrap(), [2, 3]);
    assert_eq!(reader.rows(&[3]).unwrap().0[0].suspicion, [Suspicion::Leniency]);
    assert_eq!(reader.ordered(&filter("sort:suspicious")).unwrap(), [4, 5, 3, 2, 1], "from the kept numbers too");
}

#[test]
fn what_was_looked_at_is_looked_at_anew_when_a_machine_says_otherwise() {
    let (_folder, store) = five();
    store.look_at_all_blocking().unwrap();
    let reader = store.reader().unwrap();
    let response = reader.candidate(1).unwrap().responses[0].id;
    wait(store.put_seconds(vec![second(response, "other", Outcome::Different)])).unwrap();
    assert_eq!(reader.ordered(&filter("sort:suspicious")).unwrap(), [4, 1, 5, 3, 2]);
    wait(store.put_seconds(vec![second(response, "other", Outcome::Equivalent)])).unwrap();
    let now = Verdict { tier: loong::verifier::Tier::Algebra, ..verdict(Outcome::Different) };
    wait(store.put_verdicts(vec![(response, now)])).unwrap();
    assert_eq!(reader.suspicions(1).unwrap(), [Suspicion::Second, Suspicion::Tiers]);
    assert_eq!(reader.ordered(&filter("sort:suspicious")).unwrap()[..2], [4, 1]);
}

#[test]
fn a_random_list_takes_turns_between_strata() {
    let (_folder, store) = new_store();
    for n in 0..40 {
        let mut record = candidate(&format!("u{n}"), &[Outcome::Equivalent]);
        record.domain = if n < 36 { "logic" } else { "games" }.to_owned();
        wait(store.put_candidate(record)).unwrap();
    }
    let reader = store.reader().unwrap();
    let order = reader.ordered(&filter("sort:random")).unwrap();
    let games = order[..8].iter().filter(|id| **id > 36).count();
    assert_eq!(games, 4, "each turn has one of each stratum: {order:?}");
    assert_eq!(order, reader.ordered(&filter("sort:random")).unwrap());
    assert_ne!(order, reader.ordered(&filter("sort:number")).unwrap());
}

#[test]
fn an_order_is_part_of_a_filter() {
    for (text, shown) in [
        ("sort:suspicious", "sort:suspicious"),
        ("sort:random verdict:different", "verdict:different sort:random"),
        ("(a or b) sort:newest", "(text~a or text~b) sort:newest"),
    ] {
        let parsed = filter(text);
        assert_eq!(parsed.to_string(), shown);
        assert_eq!(filter(&parsed.to_string()), parsed, "{text}");
    }
    assert_eq!(filter("verdict:different").sort(), Sort::Number);
    assert!(filter("sort:random").is_all() && !filter("sort:random").is_blank());
    for (text, at) in
        [("a or sort:random", 5), ("-sort:random", 1), ("sort:random sort:newest", 12), ("sort:randon", 5)]
    {
        let error = Filter::parse(text).unwrap_err();
        assert_eq!(error.at, at, "{text}: {error}");
    }
}

#[test]
fn me_is_whoever_asks() {
    let (_folder, store) = five();
    wait(store.decide(judge(1, 0, "ada", Judgement::Equivalent))).unwrap();
    wait(store.decide(judge(2, 0, "bob", Judgement::Equivalent))).unwrap();
    let reader = store.reader().unwrap();
    let unseen = filter("-reviewer:me");
    assert_eq!(reader.ids(&unseen.asked_by("ada")).unwrap(), [2, 3, 4, 5]);
    assert_eq!(reader.ids(&unseen.asked_by("bob")).unwrap(), [1, 3, 4, 5]);
    assert_eq!(unseen.asked_by("ada").to_string(), "-reviewer:ada");
}

#[test]
fn verifiers_that_disagree_are_found_and_shapes_too() {
    let (_folder, store) = five();
    let reader = store.reader().unwrap();
    assert_eq!(reader.ids(&filter("second.disagrees:yes")).unwrap(), [5]);
    assert_eq!(reader.ids(&filter("second:other second.verdict:equivalent second.detail~because")).unwrap(), [5]);
    let response = reader.candidate(2).unwrap().responses[0].id;
    let words = vec![second(response, "a", Outcome::Equivalent), second(response, "b", Outcome::Different)];
    wait(store.put_seconds(words)).unwrap();
    assert_eq!(reader.ids(&filter("second.disagrees:yes")).unwrap(), [2, 5], "of each other, where ours can't tell");
    assert_eq!(reader.ids(&filter("shape:integer")).unwrap(), [1, 2, 3, 4, 5]);
    assert_eq!(reader.ids(&filter("shape:word")).unwrap(), [0_i64; 0]);
    let mut rows = Vec::new();
    reader.panel(&Filter::all(), |row| rows.push(row)).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].others.len(), 2);
    assert_eq!(reader.said_by("other", "1").unwrap().len(), 1);
    assert_eq!(reader.said_by("other", "2").unwrap().len(), 0);
    assert_eq!(reader.values("second", "", 9).unwrap(), ["a", "b", "other"]);
}

#[test]
fn opinions_are_each_reviewers_last_word_in_force() {
    let (_folder, store) = five();
    wait(store.decide(judge(1, 0, "ada", Judgement::Equivalent))).unwrap();
    let named = NewDecision { cause: Some("units".to_owned()), ..judge(1, 0, "ada", Judgement::Different) };
    wait(store.decide(named)).unwrap();
    wait(store.decide(judge(1, 0, "bob", Judgement::Equivalent))).unwrap();
    let opinions = store.reader().unwrap().opinions(&Filter::all()).unwrap();
    let told: Vec<_> = opinions.iter().map(|o| (o.reviewer.as_str(), o.judgement, o.cause.as_deref())).collect();
    let units = ("ada", Judgement::Different, Some("units"));
    assert_eq!(told, [units, ("bob", Judgement::Equivalent, None)]);
    wait(store.undo("ada")).unwrap();
    let opinions = store.reader().unwrap().opinions(&Filter::all()).unwrap();
    assert_eq!((opinions[0].judgement, opinions[0].cause.as_deref()), (Judgement::Equivalent, None));
}

/// Not part of a plain test run: `cargo test --release --test store queues -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn queues_over_a_hundred_thousand() {
    let (_folder, store) = new_store();
    let outcomes = [Outcome::Equivalent, Outcome::Different, Outcome::Undecided];
    let many: Vec<_> = (0..100_000_usize)
        .map(|n| {
            let mut record = candidate(&format!("u{n}"), &[outcomes[n % 3], outcomes[n % 2]]);
            record.domain = format!("domain-{}", n % 12);
            record
        })
        .collect();
    wait(store.put_candidates(many)).unwrap();
    let begun = Instant::now();
    store.look_at_all_blocking().unwrap();
    println!("looking at all: {:?}", begun.elapsed());
    let reader = store.reader().unwrap();
    for text in [
        "sort:suspicious",
        "sort:uncertain",
        "sort:random",
        "sort:suspicious -reviewer:me",
        "suspicion:solvers_agree",
        "contested:yes",
        "second.disagrees:yes",
    ] {
        let asked = filter(text).asked_by("ada");
        reader.ordered(&asked).unwrap();
        let begun = Instant::now();
        let n = reader.ordered(&asked).unwrap().len();
        println!("{text}: {n} in {:?}", begun.elapsed());
    }
}
