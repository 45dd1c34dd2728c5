//! Where there is no backend at all: everything but executing code works.

use async_trait::async_trait;

use super::{Dependencies, Execution, Interpreter, InterpreterError, Isolation, Job, PythonSettings};

/// An interpreter that refuses.
pub struct PythonInterpreter(());

impl PythonInterpreter {
    /// An interpreter that refuses.
    pub fn new(_: PythonSettings) -> Self {
        Self(())
    }

    /// None ever.
    pub fn isolation(&self) -> Option<Isolation> {
        None
    }
}

/// The refusal.
fn refusal() -> InterpreterError {
    InterpreterError::NoIsolation { why: format!("there is no backend for {}", std::env::consts::OS) }
}

#[async_trait]
impl Interpreter for PythonInterpreter {
    async fn prepare(&self, _: &Dependencies) -> Result<(), InterpreterError> {
        Err(refusal())
    }

    async fn run(&self, _: Job) -> Result<Execution, InterpreterError> {
        Err(refusal())
    }
}
