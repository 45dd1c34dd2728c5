//! Who is asked about what the native tiers leave undecided, and how the filter waits for them without losing its order.

use std::io;
use std::sync::Arc;

use anyhow::Context as _;
use futures::StreamExt as _;
use futures::stream;
use tokio::runtime::Runtime;

use super::VerifyArgs;
use super::item::Examined;
use crate::cli::context::Context;
use crate::cli::{Everywhere, UsageError};
use crate::config::Config;
use crate::engine::escalate::judge::JudgeOptions;
use crate::engine::escalate::{Escalation, Judge, Symbolic};
use crate::interpreter::{Interpreter, Progress};
use crate::model::ChatModel;
use crate::verifier::VerifierOptions;

/// Pairs that wait for `SymPy` or for votes at a time; how many programs and requests are in flight is for the interpreter
/// and the endpoint to say.
const PAIRS: usize = 32;

/// The tiers beyond the native ones, with what it takes to wait for them.
pub struct Panel {
    runtime: Runtime,
    escalation: Escalation,
}

impl Panel {
    /// The tiers that the arguments name, ready to be asked; `None` where they name none.
    ///
    /// # Errors
    /// A machine on which `SymPy` can't be had; a judge that can't be asked.
    pub(in crate::cli) fn of(args: &VerifyArgs, everywhere: &Everywhere) -> anyhow::Result<Option<Self>> {
        let judge = args.judge.judge(everywhere)?;
        if !args.symbolic && judge.is_none() {
            return Ok(None);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let symbolic = args.symbolic.then(|| {
            let context = Context::new(everywhere.clone())?;
            let config = context.config(context.find_project().as_deref())?;
            symbolic(&context, &config, args.options()?, &runtime)
        });
        Ok(Some(Self { runtime, escalation: Escalation { symbolic: symbolic.transpose()?, judge } }))
    }

    /// A panel of votes of one model.
    ///
    /// # Errors
    /// A number of votes that can end in a tie; a system without threads to wait on.
    pub fn new(model: Arc<dyn ChatModel>, options: JudgeOptions) -> anyhow::Result<Self> {
        let judge = Judge::new(model, options).map_err(|e| UsageError(e.to_string()))?;
        Self::with(Escalation { symbolic: None, judge: Some(judge) })
    }

    /// A panel of `SymPy` in this interpreter.
    ///
    /// # Errors
    /// A system without threads to wait on.
    pub fn symbolic(interpreter: Arc<dyn Interpreter>, options: VerifierOptions) -> anyhow::Result<Self> {
        Self::with(Escalation { symbolic: Some(Symbolic::new(interpreter, options)), judge: None })
    }

    fn with(escalation: Escalation) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self { runtime, escalation })
    }

    /// Whether a judge failed so often that it was given up.
    pub fn is_lost(&self) -> bool {
        self.escalation.judge.as_ref().is_some_and(Judge::is_gone)
    }

    /// Takes undecided lines further, several at a time, and hands every line on in its order as soon as it can.
    pub(super) fn settle<'a>(
        &self,
        lines: Vec<Examined<'a>>,
        mut write: impl FnMut(Examined<'a>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut settled = stream::iter(lines)
            .map(|line| async {
                let verdict = match line.undecided() {
                    Some((pair, verdict)) => self.escalation.settle(pair, verdict.clone()).await.verdict,
                    None => return line,
                };
                line.with(verdict)
            })
            .buffered(PAIRS);
        self.runtime.block_on(async {
            while let Some(line) = settled.next().await {
                write(line)?;
            }
            Ok(())
        })
    }
}

/// Tier 5 by the user's configuration, warm.
pub(in crate::cli) fn symbolic(
    context: &Context,
    config: &Config,
    options: VerifierOptions,
    runtime: &Runtime,
) -> anyhow::Result<Symbolic> {
    let here = context.clone();
    let progress = Arc::new(move |progress: Progress| {
        if let Progress::VenvStarted { packages, .. } = progress {
            here.say(&format!("installing {packages}, which tier 5 needs, once"));
        }
    });
    let symbolic = Symbolic::new(Arc::new(context.interpreter(config, Some(progress))?), options);
    runtime.block_on(symbolic.prepare()).context("SymPy can't be had here, and it is asked for")?;
    Ok(symbolic)
}
