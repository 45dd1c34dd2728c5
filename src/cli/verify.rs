//! `loong verify`: JSON Lines of pairs in, verdicts out, in the same order.
//!
//! What one read of the input brings is verified as a batch and written before the next read, so that nothing is ever
//! held back while the input is idle, memory is bounded by the batch, and the bytes are the same for any `-j`.

mod item;
mod judge;
mod lines;
mod panel;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use clap::Args;

use self::item::{Examined, Form};
pub use self::judge::JudgeArgs;
use self::lines::{Line, Lines};
pub use self::panel::Panel;
pub(in crate::cli) use self::panel::symbolic;
use super::output;
use crate::verifier::{Preset, RuleVerifier, VerifierOptions};

/// Verify pairs of answers: one JSON object a line in, one out.
///
/// In: `id`, `reference` (or `final_answer`; a string, number or JSON value, or a list of strings of which any counts),
/// `response`, and optionally `question`, `domain`, `tolerance`, `options`. Out: `id`, `verdict` (equivalent, different,
/// undecided, error), `reward` (1, 0 or null), `extracted`, `reference_value`, `response_value`, `tier`, `leniencies`,
/// `reason`, and `side` when undecided.
///
/// It reads and writes JSON Lines, shows no progress and needs no project: `--json` and `-q` change nothing here, and `-C`
/// only where `--symbolic` or `--judge` needs a project's settings.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Example: echo '{\"id\":1,\"reference\":\"\\\\frac{1}{2}\",\"response\":\"\\\\boxed{0.5}\"}' | loong verify"
)]
pub struct VerifyArgs {
    /// File to read; standard input when none is given.
    pub file: Option<PathBuf>,
    /// Threads to work with; the output is the same for any number.
    #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: u16,
    /// Which leniencies to grant: strict, standard or lenient.
    #[arg(long, default_value = "standard")]
    pub preset: Preset,
    /// Grant a leniency over the preset, or withdraw it with `no-`: `--leniency no-rounding`.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub leniency: Vec<String>,
    /// Domain whose defaults apply to every pair.
    #[arg(long, value_name = "DOMAIN")]
    pub profile: Option<String>,
    /// Print what a person reads, not JSON.
    #[arg(long, conflicts_with = "passthrough")]
    pub explain: bool,
    /// Add the milliseconds that each verdict took, as `ms`.
    #[arg(long)]
    pub timing: bool,
    /// Add the fields to the input object instead of making a new one.
    #[arg(long)]
    pub passthrough: bool,
    /// Put what stays undecided to SymPy, which is installed once and runs isolated.
    #[arg(long)]
    pub symbolic: bool,
    /// Who judges what is still undecided.
    #[command(flatten)]
    pub judge: JudgeArgs,
}

impl VerifyArgs {
    /// The verifier's options that these arguments name.
    pub fn options(&self) -> Result<VerifierOptions, crate::failure::UnknownWord> {
        let mut options = VerifierOptions::preset(self.preset);
        for word in &self.leniency {
            options.apply(word.trim())?;
        }
        options.profile.clone_from(&self.profile);
        Ok(options)
    }
}

/// Runs the filter with the native tiers alone; see [`run_with`].
///
/// # Errors
/// As [`run_with`].
pub fn run(args: &VerifyArgs, input: &mut dyn Read, output: &mut dyn Write) -> anyhow::Result<u8> {
    run_with(args, None, input, output)
}

/// Runs the filter from `input`, or the file that the arguments name, to `output`; gives the exit code, which is 1 when
/// the judge was lost on the way. A reader that goes away ends it in peace.
///
/// # Errors
/// A leniency that is not known, a file that can't be opened, input that can't be read, output that can't be written.
pub fn run_with(
    args: &VerifyArgs,
    panel: Option<&Panel>,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> anyhow::Result<u8> {
    let options = args.options()?;
    let verifier = RuleVerifier::new(options);
    let form = Form { timing: args.timing, passthrough: args.passthrough, explain: args.explain.then(output::width) };
    let done = match &args.file {
        Some(path) => {
            let mut file = File::open(path).with_context(|| format!("can't open {}", path.display()))?;
            filter(&verifier, form, usize::from(args.jobs), panel, &mut file, output)
        }
        None => filter(&verifier, form, usize::from(args.jobs), panel, input, output),
    };
    match done {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        other => other.map(|()| u8::from(panel.is_some_and(Panel::is_lost))).context("the stream of pairs broke off"),
    }
}

fn filter(
    verifier: &RuleVerifier,
    form: Form,
    jobs: usize,
    panel: Option<&Panel>,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut lines = Lines::new(input);
    while let Some(batch) = lines.batch()? {
        if let Some(panel) = panel {
            panel.settle(each(jobs, &batch, |line| Examined::of(verifier, line)), |settled| {
                output.write_all(settled.text(form).as_bytes())?;
                output.flush()
            })?;
            continue;
        }
        for text in each(jobs, &batch, |line| Examined::of(verifier, line).text(form)) {
            output.write_all(text.as_bytes())?;
        }
        output.flush()?;
    }
    Ok(())
}

/// Does a piece of work on each line of a batch, on some threads, and gives what came of it in order.
fn each<'a, T: Send>(jobs: usize, batch: &'a [Line], one: impl Fn(&'a Line) -> T + Sync) -> Vec<T> {
    let jobs = jobs.min(batch.len().div_ceil(4)).max(1);
    if jobs == 1 {
        return batch.iter().map(one).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let from = next.fetch_add(4, Ordering::Relaxed);
            if from >= batch.len() {
                return done;
            }
            for (at, line) in batch.iter().enumerate().skip(from).take(4) {
                done.push((at, one(line)));
            }
        }
    };
    let mut all: Vec<(usize, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..jobs).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for thread in threads {
            // `Examined::of` catches panics; a thread that is gone all the same would leave lines out.
            all.extend(thread.join().unwrap_or_default());
        }
        all
    });
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, done)| done).collect()
}
