//! Fuzzing: valid answers cut up, spliced, nested, repeated and spoilt, through every reader and the verifier. Ignored
//! unless asked for, `cargo test --test verifier fuzz -- --ignored --nocapture --test-threads 1`:
//!
//! `LOONG_FUZZ_SECONDS` is how long each reader is fuzzed (600), `LOONG_FUZZ_SEED` the seed (printed),
//! `LOONG_FUZZ_FROM` the number of the first input and `LOONG_FUZZ_TELL` how often the number is printed (20,000; with 1,
//! what ended the whole process is found): every input follows from the seed and its number alone. An input may take a
//! second. One that panics is made shorter and printed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use loong::answer::modular::mix;
use loong::answer::{Hints, Unit, read};
use loong::extractor::{ExtractOptions, extract};
use loong::verifier::{Outcome, Pair, RuleVerifier, Verifier};

use crate::table::pair;

/// What one input may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longest input, in characters.
const LONGEST: usize = 20_000;

const LATEX: &[&str] = &[
    r"\frac{\pi}{16}",
    r"-\dfrac{3}{4}\sqrt{2}",
    r"\left[\frac{1}{2}, 8\right)\cup\{9\}",
    r"\begin{pmatrix}1&2\\-3&x^{2}\end{pmatrix}",
    r"\{x\in\mathbb{R}\mid 0\le x<5,\ x\neq 1\}",
    r"x=\frac{-b\pm\sqrt{b^2-4ac}}{2a}",
    r"\sum_{k=1}^{n} k^2 = \frac{n(n+1)(2n+1)}{6}",
    r"\int_0^1 x^2\,dx",
    r"\lim_{x\to 0}\frac{\sin x}{x}",
    r"12.5\,\text{cm}^2",
    r"3.0\times 10^{-8}\ \mathrm{m/s}",
    r"45^\circ 30'",
    r"\text{Monday and Tuesday}",
    r"2^{10}\cdot 3!\binom{10}{3}",
    r"\log_2 8 + \ln e^{x}",
    r"\overline{AB} \parallel CD",
    r"f(x)=\begin{cases}x&x>0\\-x&\text{otherwise}\end{cases}",
    r"1{,}000{,}000\$",
    r"(-\infty,1]",
    r"\sqrt[3]{27} \le \left|x-1\right|",
    r"220110_3",
    r"p \land \neg q \implies r",
];
const CODE: &[&str] = &[
    "Interval.Lopen(-oo, 1)",
    "Union(Interval(0, 1), Interval.open(2, oo), {5})",
    "Matrix([[1, 2], [3, x**2]])",
    "Eq(y, -47/8)",
    "sqrt(2)*exp(-x**2/2)/(2*sqrt(pi))",
    "{x: 1, 'b': [2, 3], (1, 2): None}",
    "['H', \"E\", True, False]",
    "3 + 4*I",
    "Sum(k**2, (k, 1, n))",
    "Rational(3, 4)",
    "np.float64(3.14)",
    "Piecewise((x, x > 0), (0, True))",
    "frozenset({1, 2})",
    "log(x**2, 10) + asin(1/2)",
    "Derivative(f(x), x)",
    "(x > 0) & (x < 5) | ~(y >= 2)",
    "1e-10 + 2.5e3j",
    "Fraction(1, 3) // 2 % 5",
    "ConditionSet(x, Eq(x**2, 1), Reals)",
    "Abs(x - 1) <= Max(2, 3)",
];
const PLAIN: &[&str] = &[
    "x² − 1½",
    "3x + 2y = 7",
    "1,234,567.89",
    "w=16, d=3, a=1",
    "x < 3 or x > 5",
    "sin^2 x + cos 2x",
    "5 m/s",
    "$72.50",
    "20 %",
    "π/2 rad",
    "(1, 2), (3, 4)",
    "{1; 2; 3}",
    "√(x+1) ≤ ∞",
    "10:30",
    "1 1/2",
    "n^2-n-1",
    "2H2 + O2 -> 2H2O",
    "∅ ∪ [0, 1)",
    "|x - 3| = 2",
    "②③",
    "5 ± 2",
    "x ≡ 3 (mod 7)",
    "f(x) = 2x",
    "A = {1, 2} and B = {3}",
];
const TEXTS: &[&str] = &[
    "So the final answer is \\boxed{\\frac{1}{2}}.",
    "Work: 2+2=4\n#### 4",
    "**Answer:** Petya will receive the last token.",
    "{\"reasoning\": \"…\", \"final_answer\": \"x = 3\"}",
    "<think>it is 5, no, 6</think>\nThe answer is 6, because 2·3 = 6.",
    "\\[ x = 5 \\]\nHence $x = 5$ and \\boxed{5} and \\boxed{6}.",
    "(B) green",
    "Work began on March 31st, 1909 in Belfast.",
    "two hundred and five apples",
    "yes, it is not connected",
    "It's Smith's 1,000 twenty-one",
    "```json\n{\"answer\": [1, 2]}\n```",
    "答案是：5。",
    "either Paris or Rome",
    "-5 to -3",
];
const UNITS: &[&str] = &[
    "m/s^2",
    "kg*m^2/s^3",
    "square metres",
    "J/(mol*K)",
    "°C",
    "µm",
    "kilometers per hour",
    "1/K",
    "1000*joule",
    "cubic cm",
    "eV",
    "ft-lb",
    "%",
    "m**2",
    "N·m",
    "USD per barrel of oil",
    "light-years",
    "mol/dm^{3}",
    "s^(-1)",
    "rpm",
];
/// Characters that spoil.
const SPOILERS: &[char] = &[
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '\\',
    '^',
    '_',
    '$',
    '|',
    '&',
    '%',
    '"',
    '\'',
    '\n',
    '\t',
    '\r',
    '\u{0}',
    '\u{8}',
    '\u{c}',
    '\u{1b}',
    '\u{301}',
    '\u{200d}',
    '\u{202e}',
    '\u{fffd}',
    '\u{e000}',
    '\u{10ffff}',
    '\u{feff}',
    'İ',
    'ß',
    'ﬁ',
    '½',
    '⅐',
    '²',
    '₃',
    '①',
    '٣',
    '９',
    '−',
    '×',
    '÷',
    '≤',
    '∞',
    'π',
    '𝔁',
    '汉',
    '😀',
    '°',
    '€',
    '¬',
    '→',
    '∪',
    '0',
    '1',
    '9',
    'e',
    '.',
    ',',
    ';',
    ':',
    '-',
    '+',
    '*',
    '/',
    '=',
    '<',
    '>',
    '!',
    '~',
    '#',
    '@',
    '`',
    ' ',
];

/// Numbers from a seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        mix(self.0)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// Commands, words, numbers and single characters.
fn pieces(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let class = |c: char| if c.is_alphabetic() { 1 } else { u8::from(c.is_ascii_digit()) * 2 };
    let mut before = 0;
    for c in text.chars() {
        let here = class(c);
        match found.last_mut() {
            Some(last) if here != 0 && (here == before || here == 1 && last == "\\") => last.push(c),
            _ => found.push(c.to_string()),
        }
        before = here;
    }
    found
}

/// The input of a number.
fn input(chance: &mut Chance, corpus: &[&[&str]]) -> String {
    let pick = |chance: &mut Chance| {
        // The reader's own answers more often than others'.
        let of = if chance.below(4) == 0 { corpus[chance.below(corpus.len())] } else { corpus[0] };
        pieces(chance.one(of))
    };
    let mut tokens = pick(chance);
    for _ in 0..chance.below(6) {
        let other = pick(chance);
        let (at, to) = {
            let a = chance.below(tokens.len() + 1);
            (a, a + chance.below(tokens.len() + 1 - a))
        };
        match chance.below(8) {
            0 => {
                let from = chance.below(other.len());
                tokens.splice(at..to, other[from..].iter().cloned());
            }
            1 => {
                tokens.splice(at..at, other);
            }
            2 => {
                tokens.drain(at..to);
            }
            3 => {
                let times = [2, 3, 10, 70, 300, 3_000][chance.below(6)];
                let repeated: Vec<String> =
                    tokens[at..to].iter().cycle().take((to - at) * times).take(LONGEST).cloned().collect();
                tokens.splice(at..to, repeated);
            }
            4 => tokens.insert(at, SPOILERS[chance.below(SPOILERS.len())].to_string()),
            5 if at < tokens.len() => {
                tokens[at] = other[chance.below(other.len())..].first().cloned().unwrap_or_default();
            }
            6 => {
                // One inside the other, many times.
                let gap = chance.below(other.len() + 1);
                let times = [1, 2, 20, 64, 130, 400][chance.below(6)];
                let (before, after) = other.split_at(gap);
                let mut nested: Vec<String> =
                    before.iter().cycle().take(before.len() * times).take(LONGEST).cloned().collect();
                nested.append(&mut tokens);
                nested.extend(after.iter().cycle().take(after.len() * times).take(LONGEST).cloned());
                tokens = nested;
            }
            _ if at < tokens.len() && !tokens[at].is_empty() => {
                let mut chars: Vec<char> = tokens[at].chars().collect();
                let place = chance.below(chars.len());
                chars[place] = SPOILERS[chance.below(SPOILERS.len())];
                tokens[at] = chars.into_iter().collect();
            }
            _ => {}
        }
    }
    let mut text = String::new();
    for token in tokens {
        if text.len() + token.len() > LONGEST {
            break;
        }
        text.push_str(&token);
    }
    text
}

/// Reads, shows and reads again, compares with a valid answer and with itself.
fn answers(text: &str, valid: &str) {
    let answer = read(text, Hints::default());
    let shown = answer.to_string();
    let _ = read(&shown, Hints { commas_separate: true, ..Hints::default() });
    let verifier = RuleVerifier::default();
    let verdict = verifier.verify(&pair(valid, text));
    assert!(!verdict.reason.is_empty());
    let boxed = format!("\\boxed{{{text}}}");
    let question = Some(valid.to_owned());
    let _ = verifier.verify(&Pair { question, options: vec![valid.into(), text.into()], ..pair(text, &boxed) });
    if !text.trim().is_empty() && !shown.contains("nan") {
        assert_eq!(verifier.verify(&pair(text, text)).outcome, Outcome::Equivalent, "an answer is not itself");
    }
}

fn extraction(text: &str, valid: &str) {
    for several in [false, true] {
        if let Some(found) = extract(text, &ExtractOptions { several, ..ExtractOptions::default() }) {
            assert!(text.get(found.span.clone()).is_some(), "{:?} is no span of the text", found.span);
            assert!(!found.text.trim().is_empty(), "nothing was found and taken for an answer");
        }
    }
    answers(text, valid);
}

fn units(text: &str, valid: &str) {
    if let Some(unit) = Unit::parse(text) {
        assert!(unit.same_kind(&unit));
    }
    answers(&format!("3 {text}"), &format!("3 {valid}"));
}

/// The shortest input found that still makes `broken` true.
fn shorter(text: &str, broken: &dyn Fn(&str) -> bool) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut size = chars.len() / 2;
    let begun = Instant::now();
    while size > 0 && begun.elapsed() < Duration::from_secs(20) {
        let mut at = 0;
        while at < chars.len() {
            let mut candidate = chars.clone();
            candidate.drain(at..(at + size).min(chars.len()));
            if broken(&candidate.iter().collect::<String>()) {
                chars = candidate;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    chars.into_iter().collect()
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

fn fuzz(reader: &'static str, corpus: &'static [&'static [&'static str]], check: fn(&str, &str)) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |d| d.as_secs());
    let (seed, from) = (setting("LOONG_FUZZ_SEED", now), setting("LOONG_FUZZ_FROM", 0));
    let time = Duration::from_secs(setting("LOONG_FUZZ_SECONDS", 600));
    println!("{reader}: LOONG_FUZZ_SEED={seed} LOONG_FUZZ_FROM={from}");
    let given = move |n: u64| {
        let mut chance = Chance(mix(seed).wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let valid = chance.one(corpus[0]);
        (input(&mut chance, corpus), valid)
    };
    let (at, done) = (Arc::new(AtomicU64::new(from)), Arc::new(AtomicBool::new(false)));
    let (report, reports) = mpsc::channel::<String>();
    let (counter, stop) = (Arc::clone(&at), Arc::clone(&done));
    let worker = std::thread::spawn(move || {
        let broken = |text: &str, valid: &str| catch_unwind(AssertUnwindSafe(|| check(text, valid))).is_err();
        let begun = Instant::now();
        let mut n = from;
        let tell = setting("LOONG_FUZZ_TELL", 20_000).max(1);
        while begun.elapsed() < time {
            counter.store(n, Ordering::Relaxed);
            if n.is_multiple_of(tell) {
                println!("{reader}: input {n}");
            }
            let (text, valid) = given(n);
            if broken(&text, valid) {
                let short = shorter(&text, &|t| broken(t, valid));
                let _ = report.send(format!("input {n} panics, against {valid:?}: {short:?}"));
                break;
            }
            n += 1;
        }
        stop.store(true, Ordering::Relaxed);
    });
    let mut last = (from, Instant::now());
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(50));
        let here = at.load(Ordering::Relaxed);
        if here != last.0 {
            last = (here, Instant::now());
        } else if last.1.elapsed() > PATIENCE && reports.try_recv().is_err() {
            let (text, valid) = given(here);
            // A worker that shrinks an input is at work on that one, too; it ends by itself.
            let shown: String = text.chars().take(2_000).collect();
            println!("{reader}: input {here} is slow, against {valid:?}: {shown:?}");
            let long = timed(check, &text, valid);
            assert!(long <= PATIENCE, "{reader}: input {here} takes {long:?}, against {valid:?}: {text:?}");
            last.1 = Instant::now();
        }
    }
    assert!(worker.join().is_ok(), "{reader}: the worker itself panicked");
    println!("{reader}: {} inputs", at.load(Ordering::Relaxed) - from + 1);
    if let Ok(problem) = reports.try_recv() {
        panic!("{reader}: {problem}");
    }
}

/// How long a processor is at work on one input; an input that panics takes no time here.
fn timed(check: fn(&str, &str), text: &str, valid: &str) -> Duration {
    // Time on the clock, and of one try, would count what a busy machine adds.
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
    };
    let once = || {
        let begun = now();
        let ended = catch_unwind(AssertUnwindSafe(|| check(text, valid)));
        if ended.is_ok() { now().saturating_sub(begun) } else { Duration::ZERO }
    };
    (0..3).map(|_| once()).min().unwrap_or_default()
}

#[test]
#[ignore = "long: LOONG_FUZZ_SECONDS each"]
fn fuzz_latex() {
    fuzz("LaTeX", &[LATEX, CODE, PLAIN, TEXTS], answers);
}

#[test]
#[ignore = "long: LOONG_FUZZ_SECONDS each"]
fn fuzz_code() {
    fuzz("code", &[CODE, LATEX, PLAIN], answers);
}

#[test]
#[ignore = "long: LOONG_FUZZ_SECONDS each"]
fn fuzz_plain() {
    fuzz("plain", &[PLAIN, UNITS, TEXTS, LATEX], answers);
}

#[test]
#[ignore = "long: LOONG_FUZZ_SECONDS each"]
fn fuzz_text() {
    fuzz("text", &[TEXTS, LATEX, CODE], extraction);
}

#[test]
#[ignore = "long: LOONG_FUZZ_SECONDS each"]
fn fuzz_units() {
    fuzz("units", &[UNITS, PLAIN, LATEX], units);
}
