//! κ and simple intervals against statsmodels, scikit-learn and irrCAC; `reference.py` says how the figures were made.

use loong::review::kappa::{cohen, fleiss};
use loong::review::proportion::Proportion;
use loong::review::stratified::{Measure, Stratum, estimate};
use loong::verifier::Outcome;

fn near(what: &str, ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() < 1e-9, "{what}: {ours} is not {theirs}");
}

#[test]
fn figures_are_those_of_statsmodels_and_scikit_learn() {
    let mut cases = 0;
    for line in include_str!("reference.tsv").lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let figures: Vec<f64> = serde_json::from_str(parts[2]).unwrap();
        cases += 1;
        match parts[0] {
            "wilson" => {
                let counts: [u64; 2] = serde_json::from_str(parts[1]).unwrap();
                let ours = Proportion::new(counts[0], counts[1]);
                near(line, ours.low, figures[0]);
                near(line, ours.high, figures[1]);
            }
            "cohen" => {
                let table: Vec<Vec<u64>> = serde_json::from_str(parts[1]).unwrap();
                let ours = cohen(&table).unwrap();
                near(line, ours.estimate.unwrap(), figures[0]);
                near(line, ours.standard_error, figures[1]);
                near(line, ours.low, figures[2].max(-1.0));
                near(line, ours.high, figures[3].min(1.0));
            }
            "fleiss" => {
                let items: Vec<Vec<u64>> = serde_json::from_str(parts[1]).unwrap();
                let ours = fleiss(&items).unwrap();
                near(line, ours.estimate.unwrap(), figures[0]);
                near(line, ours.standard_error, figures[1]);
            }
            other => panic!("{other}?"),
        }
    }
    assert!(cases >= 30, "{cases}");
}

#[test]
fn of_what_is_all_the_same_no_kappa_is_told() {
    assert_eq!(cohen(&[vec![9, 0], vec![0, 0]]).unwrap().estimate, None);
    assert_eq!(cohen(&[vec![0, 0], vec![0, 0]]), None);
    assert_eq!(cohen(&[vec![1, 2]]), None);
    assert_eq!(fleiss(&[vec![1, 0], vec![0, 1]]), None, "nothing was judged twice");
    assert_eq!(fleiss(&[]), None);
    assert_eq!(fleiss(&[vec![3, 0], vec![2, 0]]).unwrap().estimate, None);
}

/// The fewest judgements are where a formula breaks: none or one of one or two.
#[test]
fn one_judgement_of_many_pairs_says_next_to_nothing() {
    for (judged, equivalent, size) in [(1.0, 0.0, 50.0), (1.0, 1.0, 50.0), (4.0, 0.0, 5.0), (2.0, 0.0, 3.0)] {
        let stratum = Stratum { said: Outcome::Equivalent, size, judged, equivalent };
        let found = estimate(Measure::Precision, &[stratum]);
        let rate = equivalent / judged;
        assert!((found.estimate.unwrap() - rate).abs() < 1e-12);
        assert!(found.low.is_finite() && found.high.is_finite() && found.low <= rate && rate <= found.high);
        let least = if judged < 2.0 { 0.7 } else { 0.05 };
        assert!(found.high - found.low > least, "{judged} of {size}: [{}, {}]", found.low, found.high);
    }
}

/// Of one stratum that is without end the interval is Wilson's.
#[test]
fn one_stratum_gives_the_interval_of_wilson() {
    for (k, n) in [(0, 10), (1, 10), (5, 10), (3, 400), (10, 10), (399, 400)] {
        let wilson = Proportion::new(k, n);
        let stratum = Stratum { said: Outcome::Equivalent, size: 1e15, judged: n as f64, equivalent: k as f64 };
        let ours = estimate(Measure::Precision, &[stratum]);
        assert_eq!(ours.n, n);
        for (ours, theirs) in [(ours.low, wilson.low), (ours.high, wilson.high)] {
            assert!((ours - theirs).abs() < 1e-7, "{k} of {n}: {ours} is not {theirs}");
        }
    }
}

#[test]
fn what_was_judged_whole_is_known() {
    let of = |said, size: u64, equivalent: u64| Stratum {
        said,
        size: size as f64,
        judged: size as f64,
        equivalent: equivalent as f64,
    };
    let strata = [of(Outcome::Equivalent, 50, 49), of(Outcome::Different, 40, 2)];
    let rate = estimate(Measure::FalseNegative, &strata);
    let (low, high) = (rate.low, rate.high);
    let known = 2.0 / 51.0;
    assert!((rate.estimate.unwrap() - known).abs() < 1e-12 && (high - low) < 1e-6 && low <= known, "{rate:?}");
    // One that nobody looked at could hold anything.
    let open = Stratum { said: Outcome::Undecided, size: 10.0, judged: 0.0, equivalent: 0.0 };
    let rate = estimate(Measure::FalseNegative, &[strata[0], strata[1], open]);
    assert_eq!((rate.estimate, rate.low, rate.high), (None, 0.0, 1.0));
    assert!(estimate(Measure::Precision, &[strata[0], open]).estimate.is_some());
}

#[test]
fn a_stratum_without_errors_found_widens_the_interval() {
    let of = |judged: f64| {
        let rest = Stratum { said: Outcome::Different, size: 1000.0, judged: 100.0, equivalent: 10.0 };
        let clean = Stratum { said: Outcome::Different, size: 9000.0, judged, equivalent: 0.0 };
        let same = Stratum { said: Outcome::Equivalent, size: 10_000.0, judged: 100.0, equivalent: 99.0 };
        estimate(Measure::FalseNegative, &[rest, clean, same])
    };
    let (few, many) = (of(20.0), of(2000.0));
    assert!((few.estimate.unwrap() - many.estimate.unwrap()).abs() < 1e-12);
    assert!(few.high > 2.0 * many.high, "{few:?} {many:?}");
}
