//! Tier 5: what is undecided is put to `SymPy`, in the interpreter that runs programs: isolated, limited, killed when it
//! takes too long. Nothing of what it says is worth more than `crate::verifier::symbolic` makes of it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::Settled;
use crate::interpreter::{Dependencies, End, Execution, Interpreter, InterpreterError, Job, Limits};
use crate::verifier::symbolic::{Heard, SymbolicQuestion, SymbolicQuestions, remark};
use crate::verifier::{Pair, RuleVerifier, Verdict, VerifierOptions};

/// The program that answers.
const PROGRAM: &str = include_str!("../../../assets/python/symbolic.py");

/// What it needs, pinned: another version may find something else.
const REQUIREMENTS: [&str; 2] = ["mpmath==1.3.0", "sympy==1.13.3"];

/// How long one question may take.
const WALL: Duration = Duration::from_secs(2);

/// Tier 5 of the verifier.
pub struct Symbolic {
    interpreter: Arc<dyn Interpreter>,
    verifier: RuleVerifier,
}

/// What became of asking.
enum Asked {
    /// It answered.
    Heard(Heard),
    /// It did not, and this is why, in a sentence without its full stop.
    Failed(String),
    /// It could not be asked at all, and why.
    Unasked(String),
}

impl Symbolic {
    /// Tier 5 in this interpreter, beside native tiers with these options.
    pub fn new(interpreter: Arc<dyn Interpreter>, options: VerifierOptions) -> Self {
        Self { interpreter, verifier: RuleVerifier::new(options) }
    }

    /// What tier 5 needs to be installed.
    pub fn dependencies() -> Dependencies {
        Dependencies::new(REQUIREMENTS)
    }

    /// Makes what questions need, so that the first is as quick as the rest.
    ///
    /// # Errors
    /// When `SymPy` can't be had here.
    pub async fn prepare(&self) -> Result<(), InterpreterError> {
        self.interpreter.prepare(&Self::dependencies()).await
    }

    /// The verdict, taken further where it is undecided and there is something to ask.
    pub async fn settle(&self, pair: &Pair, mut verdict: Verdict) -> Settled {
        let asked = SymbolicQuestions::of(&self.verifier, pair, &verdict);
        let mut unlike: Option<Verdict> = None;
        let mut failure: Option<String> = None;
        let mut is_open = false;
        let mut all = asked.all && !asked.questions.is_empty();
        for question in &asked.questions {
            match self.ask(question, pair).await {
                Asked::Heard(heard @ Heard::Same(..)) => return decided(question.conclude(&heard), &verdict),
                Asked::Heard(heard @ Heard::Different(_)) => {
                    unlike.get_or_insert_with(|| question.conclude(&heard));
                }
                Asked::Heard(Heard::Unknown) => {
                    all = false;
                    failure.get_or_insert_with(|| "SymPy could not tell either".to_owned());
                }
                Asked::Failed(why) => {
                    all = false;
                    failure = Some(why);
                }
                Asked::Unasked(why) => {
                    all = false;
                    failure = Some(why);
                    is_open = true;
                    // Not the response's fault: nobody is paid 0 for it.
                    verdict.side = None;
                }
            }
        }
        if let Some(different) = unlike.filter(|_| all) {
            return decided(different, &verdict);
        }
        if let Some(why) = failure {
            remark(&mut verdict, &why);
        }
        Settled { verdict, is_open }
    }

    async fn ask(&self, question: &SymbolicQuestion, pair: &Pair) -> Asked {
        let job = Job {
            code: program(&question.json()),
            dependencies: Self::dependencies(),
            limits: Limits { wall: WALL, memory: 512 << 20, output: 64 << 10, ..Limits::default() },
        };
        let execution = match self.interpreter.run(job).await {
            Ok(execution) => execution,
            Err(e) => return Asked::Unasked(format!("SymPy was not asked: {e}")),
        };
        match execution.end {
            End::Exit(0) => match question.hear(&self.verifier, pair, &execution.stdout) {
                Some(heard) => Asked::Heard(heard),
                None => Asked::Failed("SymPy's answer can't be read".to_owned()),
            },
            End::Timeout => Asked::Failed(format!("SymPy did not finish within {} s", WALL.as_secs())),
            End::Memory => Asked::Failed("SymPy ran out of memory".to_owned()),
            _ => {
                tracing::warn!("tier 5 failed: {}", last_line(&execution));
                Asked::Failed("SymPy failed on it".to_owned())
            }
        }
    }
}

fn decided(verdict: Verdict, from: &Verdict) -> Settled {
    Settled { verdict: Verdict { version: from.version.clone(), ..verdict }, is_open: false }
}

fn last_line(execution: &Execution) -> &str {
    execution.stderr.lines().next_back().unwrap_or_default()
}

/// The program with its question, which stands in it as hexadecimal digits: no character of it can end a literal.
fn program(question: &str) -> String {
    let mut code = String::with_capacity(PROGRAM.len() + 2 * question.len() + 64);
    code.push_str(PROGRAM);
    code.push_str("\nanswer(bytes.fromhex(\"");
    for byte in question.bytes() {
        let _ = write!(code, "{byte:02x}");
    }
    code.push_str("\"))\n");
    code
}
