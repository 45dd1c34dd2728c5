//! Tier 5: what is asked of `SymPy`, what its word is worth, and that nothing in an answer can harm.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use clap::Parser;
use loong::cli::verify::{Panel, VerifyArgs, run_with};
use loong::engine::escalate::{Escalation, Symbolic};
use loong::interpreter::{Dependencies, End, Execution, Interpreter, InterpreterError, Isolation, Job};
use loong::verifier::symbolic::{SYMBOLIC, SymbolicQuestions};
use loong::verifier::{Outcome, Pair, RULES, RuleVerifier, Tier, Verdict, Verifier, VerifierOptions};

fn pair(reference: &str, response: &str) -> Pair {
    Pair { references: vec![reference.into()], response: format!("\\boxed{{{response}}}"), ..Pair::default() }
}

fn native(pair: &Pair) -> Verdict {
    RuleVerifier::default().verify(pair)
}

fn with(interpreter: Arc<dyn Interpreter>) -> Escalation {
    Escalation { symbolic: Some(Symbolic::new(interpreter, VerifierOptions::default())), judge: None }
}

type Answer = dyn Fn(&Job) -> Result<(End, String), InterpreterError> + Send + Sync;

/// An interpreter that answers as a test says, and counts its programs.
struct Fake {
    runs: AtomicU32,
    answer: Box<Answer>,
}

impl Fake {
    fn new(answer: impl Fn(&Job) -> Result<(End, String), InterpreterError> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { runs: AtomicU32::new(0), answer: Box::new(answer) })
    }

    fn saying(text: &'static str) -> Arc<Self> {
        Self::new(move |_| Ok((End::Exit(0), text.to_owned())))
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Interpreter for Fake {
    async fn prepare(&self, _: &Dependencies) -> Result<(), InterpreterError> {
        Ok(())
    }

    async fn run(&self, job: Job) -> Result<Execution, InterpreterError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let (end, stdout) = (self.answer)(&job)?;
        Ok(Execution {
            stdout_bytes: stdout.len() as u64,
            stdout,
            stderr: String::new(),
            end,
            wall: Duration::ZERO,
            cpu: Duration::ZERO,
            memory: 0,
            isolation: Isolation::Full,
            venv: String::new(),
            python: String::new(),
            substituted: Vec::new(),
        })
    }
}

const SAME: &str = r#"[{"word":"same","how":"difference","points":3}]"#;
const UNLIKE: &str = r#"[{"word":"different","how":"values","at":[[0,"1.5"]],"values":[["2.0","0.0"],["3.0","0.0"]]}]"#;
/// A pair that the native tiers leave undecided.
const OPEN: [&str; 2] = ["\\frac{\\sqrt{\\pi}}{2}\\operatorname{erf}(x)", "\\int_0^x e^{-t^2} dt"];

#[tokio::test]
async fn only_what_is_undecided_is_asked() {
    let fake = Fake::saying(SAME);
    let escalation = with(fake.clone());
    for (reference, response) in [("2", "3"), ("x+1", "x+2"), ("\\pi", "3.14159"), ("Paris", "Rome"), ("1", "{")] {
        let pair = pair(reference, response);
        let before = native(&pair);
        let after = escalation.settle(&pair, before.clone()).await.verdict;
        assert_eq!(after.outcome, before.outcome, "{reference} {response}");
        assert_eq!(after.reason, before.reason);
    }
    assert_eq!(fake.runs(), 0);
    let open = pair(OPEN[0], OPEN[1]);
    assert_eq!(native(&open).outcome, Outcome::Undecided, "the fixture is no longer undecided natively");
    let settled = escalation.settle(&open, native(&open)).await.verdict;
    assert_eq!((settled.outcome, settled.tier, settled.side), (Outcome::Equivalent, Tier::Symbolic, None));
    assert!(settled.reason.contains("3 points"), "{}", settled.reason);
    assert_eq!(fake.runs(), 1);
}

#[tokio::test]
async fn a_verdict_says_that_tier_five_may_have_taken_part() {
    let escalation = with(Fake::saying(SAME));
    for (reference, response) in [("2", "2"), ("2", "3"), (OPEN[0], OPEN[1])] {
        let pair = pair(reference, response);
        let verdict = escalation.settle(&pair, native(&pair)).await.verdict;
        assert_eq!(verdict.version, format!("{RULES}/standard+{SYMBOLIC}"));
    }
    assert_eq!(Escalation::default().version("rules"), "rules");
}

#[tokio::test]
async fn what_fails_leaves_the_verdict_and_says_so() {
    let open = pair(OPEN[0], OPEN[1]);
    let before = native(&open);
    let fails: [(Arc<Fake>, &str); 6] = [
        (Fake::new(|_| Err(InterpreterError::Worker { message: "it died".into() })), "it died"),
        (Fake::new(|_| Ok((End::Timeout, String::new()))), "within 2 s"),
        (Fake::new(|_| Ok((End::Memory, String::new()))), "out of memory"),
        (Fake::new(|_| Ok((End::Signal(11), SAME.into()))), "failed on it"),
        (Fake::saying("[{\"word\":\"perhaps\",\"how\":\"difference\",\"points\":3}]"), "can't be read"),
        (Fake::saying("[{\"word\":\"unknown\",\"how\":\"none\"}]"), "could not tell either"),
    ];
    for (fake, why) in fails {
        let after = with(fake).settle(&open, before.clone()).await.verdict;
        // Where it could not be asked at all nobody is to blame.
        let side = before.side.filter(|_| why != "it died");
        assert_eq!((after.outcome, after.tier, after.side), (before.outcome, before.tier, side), "{why}");
        assert!(after.reason.starts_with(before.reason.as_str()) && after.reason.contains(why), "{}", after.reason);
    }
}

#[tokio::test]
async fn what_is_no_answer_is_no_word() {
    let open = pair(OPEN[0], OPEN[1]);
    for text in [
        "",
        "[]",
        "same",
        r#"{"word":"same"}"#,
        r#"[{"word":"same","how":"difference"}]"#,
        r#"[{"word":"same","how":"difference","points":0}]"#,
        r#"[{"word":"different","how":"values","at":[[7,"1"]],"values":[["1","0"],["2","0"]]}]"#,
        r#"[{"word":"different","how":"values","at":[],"values":[["\u001b[31m","0"],["2","0"]]}]"#,
        r#"[{"word":"same","how":"difference","points":3},{"word":"same","how":"difference","points":3}]"#,
    ] {
        let after = with(Fake::saying(text)).settle(&open, native(&open)).await.verdict;
        assert_eq!(after.outcome, Outcome::Undecided, "{text}");
    }
}

#[tokio::test]
async fn any_alternative_may_be_met_and_all_must_be_refuted() {
    let mut open = pair(OPEN[0], OPEN[1]);
    open.references.insert(0, "17".into());
    open.references.push("\\operatorname{erf}(x)".into());
    let before = native(&open);
    assert_eq!(before.outcome, Outcome::Undecided);
    let unlike = with(Fake::saying(UNLIKE)).settle(&open, before.clone()).await.verdict;
    assert_eq!(unlike.outcome, Outcome::Different);
    assert!(unlike.reason.contains("x = 1.5") && unlike.reason.contains("2.0"), "{}", unlike.reason);
    let fake = Fake::new({
        let second = AtomicU32::new(0);
        move |_| Ok((End::Exit(0), if second.fetch_add(1, Ordering::Relaxed) == 0 { UNLIKE } else { SAME }.into()))
    });
    assert_eq!(with(fake.clone()).settle(&open, before.clone()).await.verdict.outcome, Outcome::Equivalent);
    assert_eq!(fake.runs(), 2, "the alternative that is natively different is not asked about");
    open.references.push("\\mathfrak{g}+1".into());
    let kept = with(Fake::saying(UNLIKE)).settle(&open, native(&open)).await.verdict;
    assert_eq!(kept.outcome, Outcome::Undecided, "one alternative could not be asked about");
}

#[test]
fn a_question_has_no_text_of_the_answers_in_it() {
    for hostile in [
        "\\int_0^x e^{-t^2} \\operatorname{__import__}(t) dt",
        "f(\"os\")*\\int_0^x e^{-t^2}dt",
        "erf(__import__) + 1",
        "\\operatorname{erf}(exec_{x})",
        "erf(lambda_x)",
    ] {
        let pair = pair("\\operatorname{erf}(x)", hostile);
        let asked = SymbolicQuestions::of(&RuleVerifier::default(), &pair, &native(&pair));
        for question in &asked.questions {
            let json = question.json();
            for word in ["import", "exec", "lambda", "os"] {
                assert!(!json.replace("cos", "").contains(word), "{hostile}: {json}");
            }
        }
    }
}

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: VerifyArgs,
}

#[test]
fn the_filter_keeps_its_order_and_its_bytes() {
    let lines: Vec<String> = (0..60)
        .map(|i| {
            let response = if i % 3 == 0 { OPEN[1].to_owned() } else { format!("{i}") };
            let reference = if i % 3 == 0 { OPEN[0].to_owned() } else { "4".to_owned() };
            format!("{}\n", serde_json::json!({"id": i, "reference": reference, "response": response}))
        })
        .collect();
    let input = lines.concat();
    let output = |jobs: &str| {
        let args = Command::parse_from(["verify", "--symbolic", jobs]).args;
        let fake = Fake::saying(SAME);
        let panel = Panel::symbolic(fake.clone(), VerifierOptions::default()).unwrap();
        let mut output = Vec::new();
        assert_eq!(run_with(&args, Some(&panel), &mut input.as_bytes(), &mut output).unwrap(), 0);
        assert_eq!(fake.runs(), 20);
        String::from_utf8(output).unwrap()
    };
    let one = output("-j1");
    let ids: Vec<u64> =
        one.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (0..60).collect::<Vec<_>>());
    assert!(one.lines().next().unwrap().contains("\"tier\":\"symbolic\""), "{one}");
    assert_eq!(output("-j5"), one);
}

#[cfg(unix)]
mod real {
    use loong::interpreter::{PythonInterpreter, PythonSettings};

    use super::*;

    /// Tier 5 in a real interpreter, its packages kept between runs of the tests; `None` where there is no index to get
    /// them from.
    async fn escalation() -> Option<Escalation> {
        static INTERPRETER: OnceLock<Arc<PythonInterpreter>> = OnceLock::new();
        let interpreter = INTERPRETER.get_or_init(|| {
            let mut settings = PythonSettings::new(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("symbolic"));
            settings.launcher = env!("CARGO_BIN_EXE_loong").into();
            settings.workers = 1;
            Arc::new(PythonInterpreter::new(settings))
        });
        let symbolic = Symbolic::new(interpreter.clone(), VerifierOptions::default());
        match symbolic.prepare().await {
            Ok(()) => Some(Escalation { symbolic: Some(symbolic), judge: None }),
            Err(e) => {
                let lacking = matches!(e, InterpreterError::NoPython { .. } | InterpreterError::NoIsolation { .. });
                let told = e.to_string();
                let unreachable = ["onnection", "resolve", "No matching distribution", "timed out", "Network"];
                assert!(lacking || unreachable.iter().any(|s| told.contains(s)), "{told}");
                println!("skipped: {told}");
                None
            }
        }
    }

    /// Pairs that the native tiers leave undecided, each with what `SymPy` makes of it.
    const SETTLED: &[(&str, &str, Outcome)] = &[
        // Special functions.
        ("\\frac{\\sqrt{\\pi}}{2}\\operatorname{erf}(x)", "\\int_0^x e^{-t^2} dt", Outcome::Equivalent),
        ("\\sqrt{\\pi}\\operatorname{erf}(x)", "\\int_0^x e^{-t^2} dt", Outcome::Different),
        ("\\operatorname{erf}(1)+\\operatorname{erf}(-1)", "0", Outcome::Equivalent),
        ("\\operatorname{erf}(1)+\\operatorname{erf}(-2)", "0", Outcome::Different),
        // Integrals that converge slowly, and ones that converge for some parameters only.
        ("\\frac{\\pi}{2}", "\\int_0^\\infty \\frac{\\sin x}{x} dx", Outcome::Equivalent),
        ("\\pi", "\\int_0^\\infty \\frac{\\sin x}{x} dx", Outcome::Different),
        ("\\operatorname{erf}(a)/a", "\\operatorname{erf}(a)\\int_0^\\infty e^{-ax} dx", Outcome::Equivalent),
        ("\\operatorname{erf}(a)/a^2", "\\operatorname{erf}(a)\\int_0^\\infty e^{-ax} dx", Outcome::Different),
        // Logarithms of numbers beyond floats.
        ("\\ln(2^{1000}3^{1000}) + \\operatorname{erf}(0)", "1000\\ln 6", Outcome::Equivalent),
        ("\\ln(2^{1000}3^{1001}) + \\operatorname{erf}(0)", "1000\\ln 6", Outcome::Different),
        // Branches beyond the reals.
        ("\\frac{\\pi}{2}-i\\ln(2+\\sqrt{3})", "\\arcsin(2)", Outcome::Equivalent),
        ("\\frac{\\pi}{2}+i\\ln(3+\\sqrt{3})", "\\arcsin(2)", Outcome::Different),
        // Rules of differentiation over unknown functions.
        ("f'(x)g(x)+f(x)g'(x)", "\\frac{d}{dx}(f(x)g(x))", Outcome::Equivalent),
        // Sets of integers.
        ("\\{x\\in\\mathbb{Z} : x^2<5\\}", "\\{-2,-1,0,1,2\\}", Outcome::Equivalent),
        ("\\{x\\in\\mathbb{Z} : x^2<5\\}", "\\{-1,0,1,2\\}", Outcome::Different),
        // One place of several.
        ("(1, \\frac{\\sqrt{\\pi}}{2}\\operatorname{erf}(x))", "(1, \\int_0^x e^{-t^2} dt)", Outcome::Equivalent),
        // Rounded, by the native rules for decimals.
        ("0.8427", "\\operatorname{erf}(1)", Outcome::Equivalent),
        ("0.8472", "\\operatorname{erf}(1)", Outcome::Different),
    ];

    #[tokio::test]
    async fn sympy_settles_both_ways() {
        let Some(escalation) = escalation().await else { return };
        for (reference, response, wanted) in SETTLED {
            let pair = pair(reference, response);
            let before = native(&pair);
            let after = escalation.settle(&pair, before.clone()).await.verdict;
            assert_eq!(after.outcome, *wanted, "{reference} | {response}: {before:?}\n{after:?}");
        }
    }

    #[tokio::test]
    async fn hostile_questions_harm_nothing() {
        let Some(escalation) = escalation().await else { return };
        let deep = format!("{}x{}", "\\operatorname{erf}(".repeat(40), ")".repeat(40));
        for hostile in [
            "\\operatorname{erf}(x)\\cdot 9^{9^{9^9}}",
            "\\operatorname{erf}(x)+99999999!",
            "\\operatorname{erf}(x)^{10^{100}}",
            "\\operatorname{erf}(__import__)",
            "\\sum_{k=1}^{10^{9}} \\operatorname{erf}(k x)",
            &deep,
        ] {
            let pair = pair("\\operatorname{erf}(x)", hostile);
            let before = native(&pair);
            let after = escalation.settle(&pair, before.clone()).await.verdict;
            assert_ne!(after.outcome, Outcome::Equivalent, "{hostile}: {after:?}");
            assert_ne!(after.outcome, Outcome::Error, "{hostile}");
        }
        let open = pair(OPEN[0], OPEN[1]);
        assert_eq!(escalation.settle(&open, native(&open)).await.verdict.outcome, Outcome::Equivalent);
    }

    #[tokio::test]
    async fn a_question_that_hangs_is_killed_and_the_next_is_answered() {
        let Some(escalation) = escalation().await else { return };
        let integral = "\\int_0^x \\sin(t^3) e^{-t^2} \\ln(1+t) \\operatorname{erf}(t) dt";
        let hangs = pair(
            integral,
            &format!(
                "(\\sin^2(x)+\\cos^2(x)) {integral} + \\operatorname{{erf}}(x) - \\operatorname{{erf}}(x)\\cdot 1^x"
            ),
        );
        let before = native(&hangs);
        assert_eq!(before.outcome, Outcome::Undecided, "{before:?}");
        let started = Instant::now();
        let after = escalation.settle(&hangs, before).await.verdict;
        assert!(started.elapsed() < Duration::from_secs(20), "it is not killed");
        assert_eq!(after.outcome, Outcome::Undecided);
        assert!(after.reason.contains("within 2 s"), "{}", after.reason);
        let open = pair(OPEN[0], OPEN[1]);
        assert_eq!(escalation.settle(&open, native(&open)).await.verdict.outcome, Outcome::Equivalent);
    }
}
