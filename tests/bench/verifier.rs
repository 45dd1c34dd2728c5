//! The native tiers on one core: pairs per second, the time of a pair, and the worst of the hostile pairs — and, as the
//! floor beside them in the same run, equality of the cleaned texts.
//!
//! `cargo bench --bench verifier`. The pairs are the development pairs where `LOONG_SHARED` names a folder with
//! `data/verifier`, else ones generated here. Exits 1 below 50,000 pairs/s, from a p99 of 1 ms, or where a hostile pair
//! takes more than 50 ms.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use loong::answer::clean::clean;
use loong::answer::modular::mix;
use loong::verifier::{Pair, RuleVerifier, Verifier};
use serde_json::Value;

#[allow(dead_code)] // what may be said of a hostile pair is for the tests
#[path = "../verifier/hostile.rs"]
mod hostile;

const PAIRS_PER_SECOND: f64 = 50_000.0;
const P99: Duration = Duration::from_millis(1);
const HOSTILE: Duration = Duration::from_millis(50);
/// How long each part is measured.
const MEASURED: Duration = Duration::from_secs(4);

fn main() {
    // `cargo test --benches` calls with --test: nothing is measured then.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let mut failed = Vec::new();
    let development = development();
    let pairs = if development.is_empty() { generated() } else { development };
    let kind = if std::env::var_os("LOONG_SHARED").is_some() { "development" } else { "generated" };
    let verifier = RuleVerifier::default();

    let mut times = Vec::new();
    let rate = measure(&pairs, |pair| {
        let begun = Instant::now();
        black_box(verifier.verify(black_box(pair)));
        times.push(begun.elapsed());
    });
    times.sort_unstable();
    let quantile = |q: usize| times[(times.len() - 1) * q / 1_000];
    let floor = measure(&pairs, |pair| {
        black_box(pair.references.iter().any(|r| clean(black_box(r)) == clean(black_box(&pair.response))));
    });
    println!("{} {kind} pairs, native tiers, one core", pairs.len());
    println!("  verifier  {rate:10.0} pairs/s");
    println!("  floor     {floor:10.0} pairs/s  (equality of the cleaned texts)");
    println!("  ratio     {:10.3}", rate / floor);
    println!(
        "  a pair    p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?}",
        quantile(500),
        quantile(990),
        quantile(999),
        quantile(1_000)
    );
    if rate < PAIRS_PER_SECOND {
        failed.push(format!("{rate:.0} pairs/s are fewer than {PAIRS_PER_SECOND}"));
    }
    if quantile(990) >= P99 {
        failed.push(format!("a p99 of {:?} is not below {P99:?}", quantile(990)));
    }

    let mut worst: Vec<(Duration, String)> = hostile::all(1 << 20)
        .into_iter()
        .map(|h| {
            let pair = Pair { references: vec![h.reference], response: h.response, ..Pair::default() };
            // The shortest of three: what a busy machine adds is not the verifier's.
            let time = (0..3).map(|_| timed(&verifier, &pair)).min().unwrap_or_default();
            (time, h.name)
        })
        .collect();
    worst.sort();
    println!("{} hostile pairs", worst.len());
    for (time, name) in worst.iter().rev().take(5) {
        println!("  {time:10.2?}  {}", name.chars().take(80).collect::<String>());
    }
    failed.extend(worst.iter().filter(|w| w.0 > HOSTILE).map(|w| format!("`{}` took {:?}", w.1, w.0)));
    if !failed.is_empty() {
        eprintln!("{}", failed.join("\n"));
        std::process::exit(1);
    }
}

/// How many pairs per second `f` does.
fn measure(pairs: &[Pair], mut f: impl FnMut(&Pair)) -> f64 {
    let (begun, mut done) = (Instant::now(), 0u32);
    while begun.elapsed() < MEASURED {
        pairs.iter().for_each(&mut f);
        done += u32::try_from(pairs.len()).unwrap_or(u32::MAX);
    }
    f64::from(done) / begun.elapsed().as_secs_f64()
}

fn timed(verifier: &RuleVerifier, pair: &Pair) -> Duration {
    let begun = Instant::now();
    black_box(verifier.verify(pair));
    begun.elapsed()
}

fn development() -> Vec<Pair> {
    let Some(shared) = std::env::var_os("LOONG_SHARED").map(PathBuf::from) else { return Vec::new() };
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let owned = |v: &Value| v.as_str().map(str::to_owned);
    ["dev-math.jsonl", "dev-text.jsonl", "dev-loong.jsonl"]
        .iter()
        .filter_map(|file| std::fs::read_to_string(shared.join("data/verifier").join(file)).ok())
        .flat_map(|lines| lines.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
        .map(|row| Pair {
            references: match &row["reference"] {
                Value::Array(all) => all.iter().map(text).collect(),
                one => vec![text(one)],
            },
            response: text(&row["response"]),
            question: owned(&row["question"]),
            domain: owned(&row["domain"]),
            ..Pair::default()
        })
        .collect()
}

/// Pairs of every kind, equal and unequal, from a fixed seed.
fn generated() -> Vec<Pair> {
    (0..4_000u64)
        .map(|i| {
            let number = |salt: u64, below: u64| mix(i ^ salt << 32) % below + 1;
            let (a, b, c) = (number(1, 99), number(2, 99), number(3, 9));
            let off = number(4, 2) - 1;
            let (reference, response) = match i % 16 {
                0 => (format!("\\frac{{{a}}}{{{b}}}"), format!("{}/{b}", a + off)),
                1 => (format!("{a}/{b}"), format!("{:.5}", (a + off) as f64 / b as f64)),
                2 => (format!("(x+{a})(x+{b})"), format!("x^2+{}x+{}", a + b, a * b + off)),
                3 => (format!("\\sqrt{{{}}}", a * a * b), format!("{}*sqrt({b})", a + off)),
                4 => (format!("[{a}, {b}, {c}]"), format!("({a}, {b}, {})", c + off)),
                5 => (format!("\\{{{a}, {b}\\}}"), format!("{{{b}, {}}}", a + off)),
                6 => (format!("({a}, \\infty)"), format!("x > {}", a + off)),
                7 => (
                    format!("\\begin{{pmatrix}}{a}&{b}\\\\{c}&1\\end{{pmatrix}}"),
                    format!("Matrix([[{a}, {b}], [{c}, {}]])", 1 + off),
                ),
                8 => (format!("{a} cm"), format!("0.{:02} m", a + off)),
                9 => (format!("{a}\\pi/{b}"), format!("pi*{}/{b}", a + off)),
                10 => (format!("x = {a}"), format!("\\boxed{{{}}}", a + off)),
                11 => (format!("\\sin^2(x)+{a}"), format!("{} - cos(x)**2", a + 1 + off)),
                12 => (format!("{{'a': {a}, 'b': {b}}}"), format!("{{'b': {b}, 'a': {}}}", a + off)),
                13 => (
                    "Paris".to_owned(),
                    format!("It was {} in {a} cases out of {b}.", ["Paris", "Rome"][usize::from(off == 1)]),
                ),
                14 => (format!("{a}y = {b}x + {c}"), format!("{}y - {}x = {}", 2 * a, 2 * b, 2 * c + off)),
                _ => (format!("{a}"), format!("We add {b} and {c}, so the final answer is {}.", a + off)),
            };
            Pair { references: vec![reference], response, ..Pair::default() }
        })
        .collect()
}
