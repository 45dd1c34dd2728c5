//! `loong import`: rollouts from elsewhere, to be audited.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::context::or_cores;
use super::run::verifier;
use super::{Context, Exit, UsageError, output, signals};
use crate::config::Config;
use crate::paths::STORE_FILE;
use crate::rollout::{self, Format, Options, Planned, Progress, Report, RolloutError};
use crate::store::{OpenMode, Store};
use crate::tui::workbench::ImportPlan;

/// Bad rows that are printed; `--json` has up to a thousand.
const LISTED: usize = 20;
/// Rollouts to learn the audit on.
const EXAMPLE: &str = include_str!("../../assets/audit/rollouts.jsonl");
/// Columns of a text of the first row that are shown.
const CUT: usize = 160;
/// How often a line is printed where no line can move.
const EVERY: Duration = Duration::from_secs(10);

/// Import rollouts to audit: questions, references, responses, and the rewards that others gave.
///
/// The format and where each field stands are guessed from the first rows, and shown before anything is written. Rows of one
/// question (the same id, question and reference) become one candidate with several responses. A file may be packed by
/// gzip or Zstandard; `-` is standard input. Importing a file twice changes nothing, and after a stop or a crash the same
/// command goes on.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong import rollouts.jsonl\n  loong import runs.jsonl --map question=meta.problem --map 'response=choices[].text'\n  \
                  loong import --example                 the bundled ones, to learn on\n  loong import logs/*.eval               logs of inspect_ai\n  \
                  zcat big.jsonl.gz | loong import - -j4 --no-verify\n  \
                  loong import runs.jsonl --dry-run      show the guessed mapping and the first row, write nothing"
)]
pub(super) struct ImportArgs {
    /// Files of rollouts; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "example")]
    files: Vec<PathBuf>,
    /// The bundled rollouts, to learn the audit on: 141 responses to 34 questions, with the rewards of a grader that
    /// compares strings. They are written into the project's folder first
    #[arg(long, conflicts_with_all = ["files", "dry_run"])]
    example: bool,
    /// Where one of our fields stands in a row, with dots into objects, [0] into arrays and [] for each of an array: question,
    /// reference, response, reasoning, domain, solver, reward, tolerance, options, id
    #[arg(long = "map", value_name = "FIELD=PATH")]
    maps: Vec<String>,
    /// The files' format, where it is not to be guessed: jsonl, csv, tsv, inspect, verifiers, trl, verl
    #[arg(long)]
    format: Option<Format>,
    /// Show the mapping and what the first row becomes; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not verify; `loong reverify --apply` does so later
    #[arg(long)]
    no_verify: bool,
    /// Threads that parse and verify; as many as there are cores when 0. What is stored is the same for any number
    #[arg(short, long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=512))]
    jobs: u16,
    /// End when a file has more bad rows than this
    #[arg(long, value_name = "N")]
    max_bad: Option<u64>,
    /// Do not ask whether the mapping is right, also on a terminal
    #[arg(short, long)]
    yes: bool,
}

/// The bundled rollouts, in the project's folder.
fn example(project: &Path) -> anyhow::Result<PathBuf> {
    let file = project.join("example-rollouts.jsonl");
    std::fs::write(&file, EXAMPLE).map_err(|e| UsageError(format!("{} can't be written: {e}", file.display())))?;
    Ok(file)
}

/// What a file would become.
pub(super) fn plan(file: &Path) -> anyhow::Result<ImportPlan> {
    let plan = understood(rollout::plan(file, None, &[]))?.plan;
    let owned = |ours: &str, text: &str| (ours.to_owned(), text.to_owned());
    Ok(ImportPlan {
        file: file.to_owned(),
        missing: plan.mapping.missing().map(str::to_owned),
        first: plan.first.iter().map(|(ours, text)| owned(ours, text)).collect(),
        mapping: plan.mapping.pairs().map(|(ours, theirs)| owned(ours, theirs)).collect(),
    })
}

/// Imports a file by the guessed mapping; says what came of it in a sentence.
pub(super) fn import(config: &Config, store: &Store, file: &Path) -> anyhow::Result<String> {
    let options = Options {
        verifier: Some(verifier(config)?),
        jobs: or_cores(0),
        max_bad: None,
        stop: Arc::default(),
        progress: &mut |_| {},
    };
    let report = understood(rollout::import(understood(rollout::plan(file, None, &[]))?, store, options))?;
    if let Some(first) = report.bad_rows.first() {
        tracing::warn!("{} bad rows were left out, the first: {}:{}: {}", report.bad, first.file, first.row, first.why);
    }
    Ok(match &report.broken {
        Some(why) => format!("{}; then the file could not be read: {why}", report.sentence()),
        None => report.sentence(),
    })
}

pub(super) fn run(context: &Context, args: &ImportArgs) -> anyhow::Result<Exit> {
    let project = if args.dry_run { None } else { Some(context.own_project()?) };
    let config = context.config(project.as_deref())?;
    let verifier = if args.no_verify { None } else { Some(verifier(&config)?) };
    let mut files = args.files.clone();
    if let (true, Some(project)) = (args.example, &project) {
        files.push(example(project)?);
    }
    let mut plans = Vec::new();
    for file in &files {
        let planned = understood(rollout::plan(file, args.format, &args.maps))?;
        context.say(&planned.plan.sentence());
        if let Some(field) = planned.plan.mapping.missing() {
            understood(Err(RolloutError::Missing { file: file.display().to_string(), field }))?;
        }
        plans.push(planned);
    }
    let Some(project) = project else {
        for planned in &plans {
            match planned.example(verifier.as_deref()) {
                Ok(Some(record)) if context.flags.json => output::print_json(&record)?,
                Ok(Some(record)) => {
                    let shown = readable(serde_json::to_value(&record)?);
                    context.say("the first row becomes, its long texts cut:");
                    output::print(&format!("{}\n", serde_json::to_string_pretty(&shown)?))?;
                }
                Ok(None) => {}
                Err(why) => context.say(&format!("the first row would be left out: {why}")),
            }
        }
        return Ok(Exit::Done);
    };
    if !args.yes && !agreed(context, &plans)? {
        context.say("nothing was imported; --map FIELD=PATH says where a field stands");
        return Ok(Exit::Done);
    }
    let store = Store::open(project.join(STORE_FILE), OpenMode::Create)?;
    context.remember(&project);
    // What is committed stays.
    let stop = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&stop);
    signals::obey(move || heard.store(true, Ordering::Relaxed))?;
    let (mut all, mut files) = (Report::default(), Vec::new());
    for planned in plans {
        let file = planned.plan.file.display().to_string();
        let mut meter = Meter::new(context.flags.quiet);
        let options = Options {
            verifier: verifier.clone(),
            jobs: or_cores(args.jobs.into()),
            max_bad: args.max_bad,
            stop: Arc::clone(&stop),
            progress: &mut |progress| meter.show(&progress),
        };
        let imported = rollout::import(planned, &store, options);
        meter.clear();
        let report = understood(imported)?;
        if let Some(why) = &report.broken {
            context.say(&format!("{file} cannot be read further: {why}; what came before is imported"));
        }
        files.push(serde_json::json!({
            "file": file, "format": report.format, "rows": report.rows, "new": report.new, "bad": report.bad,
        }));
        all.add(report);
        if all.stopped {
            break;
        }
    }
    futures::executor::block_on(store.close())?;
    tell(context, &all, &files)?;
    Ok(if all.is_whole() { Exit::Done } else { Exit::Failed })
}

/// A value as a person reads it: long texts cut, and nothing of what is empty.
fn readable(value: Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    };
    match value {
        Value::String(text) => Value::String(output::short(&text, CUT)),
        Value::Array(all) => all.into_iter().map(readable).collect(),
        Value::Object(all) => {
            all.into_iter().map(|(key, value)| (key, readable(value))).filter(|(_, value)| !is_empty(value)).collect()
        }
        other => other,
    }
}

/// Turns an error that the command is to blame for into one of usage.
fn understood<T>(outcome: Result<T, RolloutError>) -> anyhow::Result<T> {
    outcome.map_err(|e| if e.is_usage() { UsageError(e.to_string()).into() } else { e.into() })
}

/// Whether the person at the terminal agrees with what was shown. Where there is none, nobody is asked.
fn agreed(context: &Context, plans: &[Planned]) -> anyhow::Result<bool> {
    let from_stdin = plans.iter().any(|p| p.plan.file.as_os_str() == "-");
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    if context.flags.quiet || context.flags.json || from_stdin || !stdin.is_terminal() || !stderr.is_terminal() {
        return Ok(true);
    }
    for (ours, text) in plans.iter().flat_map(|p| &p.plan.first) {
        writeln!(stderr, "{ours:>10}  {}", output::short(text, output::width().saturating_sub(14)))?;
    }
    write!(stderr, "Import so? [Y/n] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

/// What came of all files.
#[derive(serde::Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    all: &'a Report,
    files: &'a [Value],
}

fn tell(context: &Context, report: &Report, files: &[Value]) -> anyhow::Result<()> {
    for bad in report.bad_rows.iter().take(LISTED) {
        eprintln!("{}", output::line(&format!("{}:{}: {}", bad.file, bad.row, bad.why)));
    }
    if report.bad > LISTED as u64 {
        eprintln!("… and {} more bad rows; --json lists up to a thousand", report.bad - LISTED as u64);
    }
    if report.stopped {
        context.say("stopped before the end; what is committed stays, and the same command goes on from there");
    }
    if context.flags.json {
        return output::print_json(&Told { all: report, files });
    }
    let next = "next: `loong` reads the disagreements, `loong list standing:disagrees` lists them";
    let rate = report.rows as f64 / report.seconds.max(1e-9);
    output::print(&format!(
        "{} · {} · {rate:.0} rows/s\n{next}\n",
        report.sentence(),
        output::seconds(report.seconds)
    ))?;
    Ok(())
}

/// Progress on stderr: a bar that moves on a terminal, a line now and then elsewhere.
struct Meter {
    quiet: bool,
    bar: Option<ProgressBar>,
    begun: Instant,
    last: Instant,
}

impl Meter {
    fn new(quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| ProgressBar::new(0));
        Self { quiet, bar, begun: Instant::now(), last: Instant::now() }
    }

    fn show(&mut self, come: &Progress) {
        let rate = come.rows as f64 / self.begun.elapsed().as_secs_f64().max(1e-9);
        let bad = if come.bad > 0 { format!(", {} bad", come.bad) } else { String::new() };
        let told = format!("{} rows, {} candidates committed{bad}, {rate:.0} rows/s", come.rows, come.candidates);
        if let Some(bar) = &self.bar {
            if let Some(size) = come.size.filter(|size| bar.length() != Some(*size)) {
                bar.set_length(size);
                let style = ProgressStyle::with_template("{bar:24} {bytes}/{total_bytes}  {msg}  {eta} left");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            } else if come.size.is_none() && bar.length().is_some() {
                bar.unset_length();
                bar.set_style(
                    ProgressStyle::with_template("{bytes}  {msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
                );
            }
            bar.set_message(told);
            bar.set_position(come.read);
        } else if !self.quiet && self.last.elapsed() >= EVERY {
            self.last = Instant::now();
            // Nobody may read any more.
            let _ = writeln!(std::io::stderr(), "{told}");
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
