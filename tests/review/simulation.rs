//! A thousand audits of 100,000 pairs, of which half are judged equivalent, 3 % are false negatives and 1 % false positives,
//! in three strata of unlike rates: intervals hold what they promise, and the plan saves judgements.

use loong::review::allocation::sizes;
use loong::review::proportion::Proportion;
use loong::review::stratified::{Measure, Stratum, estimate};
use loong::verifier::Outcome;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Domains: pairs, false-negative rate, false-positive rate. Half of each are truly equivalent.
const DOMAINS: [(u64, f64, f64); 3] = [(60_000, 0.005, 0.001), (30_000, 0.03, 0.01), (10_000, 0.18, 0.064)];
/// Audits of one simulation.
const AUDITS: usize = 1000;

/// Pairs of one domain and verdict.
#[derive(Clone, Copy)]
struct Pairs {
    said: Outcome,
    size: u64,
    equivalent: u64,
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]
fn population() -> Vec<Pairs> {
    let mut pairs = Vec::new();
    for (size, negative, positive) in DOMAINS {
        let half = size / 2;
        let missed = (half as f64 * negative).round() as u64;
        let taken = (half as f64 * positive).round() as u64;
        pairs.push(Pairs { said: Outcome::Equivalent, size: half - missed + taken, equivalent: half - missed });
        pairs.push(Pairs { said: Outcome::Different, size: half - taken + missed, equivalent: missed });
    }
    pairs
}

/// The rates of the whole.
fn truth(pairs: &[Pairs]) -> [f64; 2] {
    let sum = |of: &dyn Fn(&Pairs) -> u64| pairs.iter().map(of).sum::<u64>() as f64;
    let is = |p: &Pairs| u64::from(p.said == Outcome::Equivalent);
    [
        sum(&|p| (1 - is(p)) * p.equivalent) / sum(&|p| p.equivalent),
        sum(&|p| is(p) * (p.size - p.equivalent)) / sum(&|p| p.size - p.equivalent),
    ]
}

fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    // The bias of a remainder is some 1e-14 here.
    rng.next_u64() % bound
}

/// Judges so many further pairs of a stratum, drawn without replacement.
fn judge(rng: &mut ChaCha8Rng, stratum: &mut Stratum, of: Pairs, until: u64) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]
    let (mut judged, mut equivalent) = (stratum.judged as u64, stratum.equivalent as u64);
    while judged < until {
        equivalent += u64::from(below(rng, of.size - judged) < of.equivalent - equivalent);
        judged += 1;
    }
    (stratum.judged, stratum.equivalent) = (judged as f64, equivalent as f64);
}

/// An audit by plan: three fifths of it by guesses, the rest by what those found.
fn planned(rng: &mut ChaCha8Rng, pairs: &[Pairs], judgements: u64) -> [(f64, f64); 2] {
    let mut strata: Vec<Stratum> =
        pairs.iter().map(|p| Stratum { said: p.said, size: p.size as f64, judged: 0.0, equivalent: 0.0 }).collect();
    let mut least = vec![0; strata.len()];
    for total in [judgements * 3 / 5, judgements] {
        least = sizes(&strata, &least, total);
        assert_eq!(least.iter().sum::<u64>(), total);
        for (stratum, (of, until)) in strata.iter_mut().zip(pairs.iter().zip(&least)) {
            judge(rng, stratum, *of, *until);
        }
    }
    [Measure::FalseNegative, Measure::FalsePositive].map(|m| {
        let found = estimate(m, &strata);
        (found.low, found.high)
    })
}

/// An audit of a simple random sample, with the intervals of Wilson.
fn simple(rng: &mut ChaCha8Rng, pairs: &[Pairs], judgements: u64) -> [(f64, f64); 2] {
    let mut left: Vec<[u64; 2]> = pairs.iter().map(|p| [p.equivalent, p.size - p.equivalent]).collect();
    let mut all: u64 = pairs.iter().map(|p| p.size).sum();
    // By truth and verdict.
    let mut counts = [[0_u64; 2]; 2];
    for _ in 0..judgements {
        let mut at = below(rng, all);
        all -= 1;
        'found: for (of, left) in pairs.iter().zip(&mut left) {
            for (truth, n) in left.iter_mut().enumerate() {
                if at < *n {
                    *n -= 1;
                    counts[truth][usize::from(of.said == Outcome::Equivalent)] += 1;
                    break 'found;
                }
                at -= *n;
            }
        }
    }
    let negative = Proportion::new(counts[0][0], counts[0][0] + counts[0][1]);
    let positive = Proportion::new(counts[1][1], counts[1][0] + counts[1][1]);
    [(negative.low, negative.high), (positive.low, positive.high)]
}

/// Of the two rates: how many intervals hold the truth, and how wide they are on average.
fn simulate(seed: u64, mut audit: impl FnMut(&mut ChaCha8Rng, &[Pairs]) -> [(f64, f64); 2]) -> ([usize; 2], [f64; 2]) {
    let pairs = population();
    let truth = truth(&pairs);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut covered, mut widths) = ([0; 2], [0.0; 2]);
    for _ in 0..AUDITS {
        for (nth, (low, high)) in audit(&mut rng, &pairs).into_iter().enumerate() {
            covered[nth] += usize::from(low <= truth[nth] && truth[nth] <= high);
            widths[nth] += (high - low) / AUDITS as f64;
        }
    }
    (covered, widths)
}

fn seeds() -> Vec<u64> {
    // More of them on request: `LOONG_SEEDS=10 cargo test --test review simulation -- --nocapture` shows their spread.
    let n = std::env::var("LOONG_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    (0..n).map(|nth| 20_261_121 + nth).collect()
}

#[test]
fn the_population_is_the_one_that_was_promised() {
    let pairs = population();
    let [negative, positive] = truth(&pairs);
    assert!((negative - 0.03).abs() < 1e-4 && (positive - 0.01).abs() < 1e-4, "{negative} {positive}");
    let said: u64 = pairs.iter().filter(|p| p.said == Outcome::Equivalent).map(|p| p.size).sum();
    assert!((49_000..=50_000).contains(&said), "{said}");
    assert_eq!(pairs.iter().map(|p| p.size).sum::<u64>(), 100_000);
}

/// The width is that of the wider of the two rates, which is what a plan is asked for: both rates within so much.
#[test]
fn intervals_hold_and_the_plan_needs_at_most_55_percent_of_the_judgements() {
    const SIMPLE: u64 = 9_000;
    const PLANNED: u64 = SIMPLE * 55 / 100;
    for seed in seeds() {
        let (covered, widths) = simulate(seed, |rng, pairs| planned(rng, pairs, PLANNED));
        let (theirs, simple_widths) = simulate(seed, |rng, pairs| simple(rng, pairs, SIMPLE));
        println!("seed {seed}: planned {covered:?} {widths:.5?}, simple {theirs:?} {simple_widths:.5?}");
        for covered in covered {
            assert!((930..=970).contains(&covered), "{covered} of {AUDITS} intervals hold the truth");
        }
        let wider = |widths: [f64; 2]| widths[0].max(widths[1]);
        assert!(
            wider(widths) <= wider(simple_widths),
            "{PLANNED} planned judgements: {widths:?}; {SIMPLE} simple ones: {simple_widths:?}"
        );
    }
}

/// With few judgements, where hardly any error is found, intervals are rather too wide than too narrow.
#[test]
fn intervals_hold_at_small_counts() {
    for seed in seeds() {
        for judgements in [100, 300, 1000] {
            let (covered, widths) = simulate(seed, |rng, pairs| planned(rng, pairs, judgements));
            println!("seed {seed}: {judgements} judgements {covered:?} {widths:.4?}");
            for covered in covered {
                assert!(covered >= 930, "{covered} of {AUDITS} intervals hold the truth at {judgements} judgements");
            }
        }
    }
}
