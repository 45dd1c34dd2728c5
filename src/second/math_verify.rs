//! Math-Verify, ready-made: in a venv of its own, isolated as every program is, a few pairs at a time.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::json;

use super::{Asked, Word, line};
use crate::interpreter::{Dependencies, End, Interpreter, InterpreterError, Job, Limits};
use crate::verifier::Outcome;

/// The program that grades.
const PROGRAM: &str = include_str!("../../assets/python/math_verify.py");
/// The package, pinned: another version says other things.
pub const REQUIREMENT: &str = "math-verify[antlr4_13_2]==0.9.0";
/// Its name, as consent to install it goes by.
pub const PACKAGE: &str = "math-verify";
/// Pairs in one program; starting one takes as long as some pairs do.
pub const AT_ONCE: usize = 16;
/// Seconds that a pair may take, and those of a program for a start.
const WALL: (u64, u64) = (10, 10);

/// Math-Verify.
pub struct MathVerify {
    interpreter: Arc<dyn Interpreter>,
}

impl MathVerify {
    /// Math-Verify in this interpreter.
    pub fn new(interpreter: Arc<dyn Interpreter>) -> Self {
        Self { interpreter }
    }

    /// Makes its venv.
    ///
    /// # Errors
    /// Where it can't be had here.
    pub async fn prepare(&self) -> Result<(), InterpreterError> {
        self.interpreter.prepare(&Dependencies::new([REQUIREMENT])).await
    }

    /// What it says of each pair. Pairs that end the program are asked of one by one; the one that does is an error.
    ///
    /// # Errors
    /// Where no program can be run.
    pub fn ask<'a>(&'a self, pairs: &'a [Asked]) -> BoxFuture<'a, Result<Vec<Word>, InterpreterError>> {
        Box::pin(async move {
            let (end, mut words) = self.grade(pairs).await?;
            words.retain(|word| pairs.iter().any(|p| p.id == word.id));
            let left: Vec<&Asked> = pairs.iter().filter(|p| words.iter().all(|w| w.id != p.id)).collect();
            if let [one] = left[..]
                && pairs.len() == 1
            {
                words.push(Word { id: one.id, outcome: Outcome::Error, detail: told(end) });
                return Ok(words);
            }
            for one in left {
                words.extend(self.ask(std::slice::from_ref(one)).await?);
            }
            Ok(words)
        })
    }

    async fn grade(&self, pairs: &[Asked]) -> Result<(End, Vec<Word>), InterpreterError> {
        let wall = Duration::from_secs(WALL.1 + WALL.0 * pairs.len() as u64);
        let job = Job {
            code: program(pairs),
            dependencies: Dependencies::new([REQUIREMENT]),
            limits: Limits { wall, cpu: wall, memory: 1 << 30, output: 256 << 10, ..Limits::default() },
        };
        let done = self.interpreter.run(job).await?;
        Ok((done.end, done.stdout.lines().filter_map(|l| line::back(l).ok()).collect()))
    }
}

fn told(end: End) -> String {
    match end {
        End::Timeout => "it did not finish in time".to_owned(),
        End::Memory => "it ran out of memory".to_owned(),
        End::Output => "it printed too much".to_owned(),
        End::Exit(status) => format!("it ended with status {status} and said nothing"),
        End::Signal(signal) => format!("signal {signal} ended it"),
    }
}

/// The program with its pairs, which stand in it as hexadecimal digits: no character of them can end a literal.
fn program(pairs: &[Asked]) -> String {
    let all: Vec<_> = pairs
        .iter()
        .map(|p| json!({"id": p.id.to_string(), "references": p.references, "response": p.response}))
        .collect();
    let text = json!(all).to_string();
    let mut code = String::with_capacity(PROGRAM.len() + 2 * text.len() + 64);
    code.push_str(PROGRAM);
    code.push_str("\ngrade(json.loads(bytes.fromhex(\"");
    for byte in text.bytes() {
        let _ = write!(code, "{byte:02x}");
    }
    code.push_str("\")))\n");
    code
}
