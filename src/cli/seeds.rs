//! `loong seeds`: the seed dataset, listed and checked; what writes it is in [`authoring`], what
//! brings it from elsewhere in [`bringing`], what it was in [`past`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use futures::StreamExt as _;
use serde::Serialize;

use super::check::{Checked, Checker};
use super::progress::Meter;
use super::table::{Align, Table};
use super::{Context, Exit, UsageError, authoring, bringing, checks, consent, output, own, past, wiring};
use crate::dataset::{BadRow, Datapoint, StaticDataset, Strictness, lint};
use crate::interpreter::Dependencies;
use crate::verifier::Outcome;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong seeds list                   the seeds that a run takes, by domain\n  \
                        loong seeds check my/seeds.json    runs every program and compares its output with the answer\n\
                        How one is written: loong guide seeds")]
pub(super) struct SeedsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List seeds by domain, and the rows that cannot be read
    #[command(after_help = "Example: loong seeds list my/seeds.json")]
    List {
        /// Files or folders [default: run.seeds of the project here, else the bundled seeds]
        files: Vec<PathBuf>,
    },
    /// Run every seed's code and verify its output against the final answer
    #[command(after_help = "Examples:\n  loong seeds check                        the bundled seeds\n  \
                            loong seeds check seeds.json --json | jq 'select(.verdict != \"equivalent\")'")]
    Check {
        /// Files or folders [default: run.seeds of the project here, else the bundled seeds]
        files: Vec<PathBuf>,
        /// Only these domains
        #[arg(long = "domain", value_name = "D", value_delimiter = ',')]
        domains: Vec<String>,
        /// Programs at a time [default: the number of cores]
        #[arg(short, long, value_name = "N")]
        jobs: Option<usize>,
    },
    /// What keeps seeds from being handed on, with file and row
    Lint(authoring::LintArgs),
    /// Write a seed, in your editor
    New(authoring::NewArgs),
    /// Change a seed, in your editor
    Edit(authoring::EditArgs),
    /// How a seed became what it is, and back to how it was
    History(past::HistoryArgs),
    /// Make seeds of accepted candidates
    Promote(authoring::PromoteArgs),
    /// Read seeds of other files: JSON, JSON Lines, CSV, TSV, Parquet, folders
    Import(bringing::ImportArgs),
    /// Take seeds from a dataset of the Hugging Face hub
    Pull(bringing::PullArgs),
}

pub(super) fn run(context: &Context, args: &SeedsArgs) -> anyhow::Result<Exit> {
    match &args.what {
        What::List { files } => list(context, files),
        What::Check { files, domains, jobs } => check(context, files, domains, *jobs),
        What::Lint(args) => authoring::look(context, args),
        What::New(args) => authoring::new(context, args),
        What::Edit(args) => authoring::change(context, args),
        What::History(args) => past::run(context, args),
        What::Promote(args) => authoring::promote(context, args),
        What::Import(args) => bringing::import(context, args),
        What::Pull(args) => bringing::pull(context, args),
    }
}

/// The seeds of some files, else those of the project in this folder, else the bundled ones, and how many rows could not be read.
pub(super) fn load(context: &Context, files: &[PathBuf]) -> anyhow::Result<(StaticDataset, usize)> {
    let (dataset, bad) = if files.is_empty() {
        // Never those of the project used last: it is elsewhere.
        match context.find_project().filter(|dir| dir == context.here()) {
            Some(project) => wiring::all_seeds(&project, &context.config(Some(&project))?, u64::MAX)?,
            None => (StaticDataset::bundled(), Vec::new()),
        }
    } else {
        StaticDataset::load(files, Strictness::Lenient)?
    };
    tell(&bad);
    if dataset.is_empty() && bad.is_empty() {
        context.say("the files hold no seed");
    }
    Ok((dataset, bad.len()))
}

/// Says which rows could not be read, and how many that are.
pub(super) fn tell(bad: &[BadRow]) -> usize {
    for row in bad {
        eprintln!("{}", output::line(&format!("left out: {row}")));
    }
    bad.len()
}

fn list(context: &Context, files: &[PathBuf]) -> anyhow::Result<Exit> {
    let (seeds, bad) = load(context, files)?;
    if context.flags.json {
        for seed in seeds.iter() {
            output::print_json(&serde_json::json!({
                "id": seed.id, "domain": seed.domain(), "question": seed.question, "final_answer": seed.final_answer,
                "dependencies": seed.dependencies().as_slice(), "lint": lint(seed),
            }))?;
        }
    } else {
        let mut table = Table::new(&[
            ("id", Align::Left),
            ("domain", Align::Left),
            ("answer", Align::Left),
            ("question", Align::Left),
        ]);
        for seed in seeds.iter() {
            table.row([
                seed.id.clone(),
                seed.domain().to_owned(),
                output::short(&seed.final_answer, 24),
                output::short(&seed.question, 80),
            ]);
        }
        output::print(&table.render(output::width()))?;
        for (domain, n) in seeds.domains() {
            context.say(&format!("{n:>6}  {domain}"));
        }
    }
    Ok(if bad == 0 { Exit::Done } else { Exit::Failed })
}

/// Most characters of a reason in the table: the remedy stands at its end.
const REASON: usize = 400;

#[derive(Debug, Default, Serialize)]
struct Tally {
    seeds: u64,
    ran: u64,
    equivalent: u64,
    different: u64,
    undecided: u64,
    failed: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, checked: &Checked) {
        self.seeds += 1;
        match checked.verdict {
            None => *self.failed.entry(checked.status.clone()).or_default() += 1,
            Some(outcome) => {
                self.ran += 1;
                match outcome {
                    Outcome::Equivalent => self.equivalent += 1,
                    Outcome::Different => self.different += 1,
                    Outcome::Undecided | Outcome::Error => self.undecided += 1,
                }
            }
        }
    }
}

fn check(context: &Context, files: &[PathBuf], domains: &[String], jobs: Option<usize>) -> anyhow::Result<Exit> {
    let (mut seeds, bad) = load(context, files)?;
    if !domains.is_empty() {
        let all = seeds;
        seeds = all.filter(domains);
        if seeds.is_empty() {
            let known: Vec<&str> = all.domains().into_keys().collect();
            let message = format!("no seed has the domain {}; there is: {}", domains.join(", "), known.join(", "));
            return Err(UsageError(message).into());
        }
    }
    let project = context.find_project();
    let mut config = context.config(project.as_deref())?;
    // Consent is given where one stands, not for the project used last.
    let place = context.here();
    let sets: Vec<Dependencies> = seeds.iter().map(Datapoint::dependencies).collect();
    // Without consent the seeds that need it do not run, and say so; the others do.
    consent::ask(context, place, &mut config, &sets)?;
    config.interpreter.workers = jobs.unwrap_or(config.interpreter.workers);
    let meter = Arc::new(Meter::new(context.flags.quiet, false));
    let news = Arc::clone(&meter);
    let checker = Checker::new(context, &config, Some(Arc::new(move |p| news.progress(&p))))?;
    let width = checker.width;

    // The screen of the project here shows what its seeds came to.
    let here = project.filter(|dir| files.is_empty() && dir == context.here());
    let mut fresh = checks::Fresh::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        checker.prepare().await?;
        meter.begin(seeds.len() as u64);
        let mut total = Tally::default();
        let mut by_domain: BTreeMap<String, Tally> = BTreeMap::new();
        let mut unlike = Vec::new();
        let mut substituted: BTreeMap<String, u64> = BTreeMap::new();
        let work = seeds.iter().map(|seed| checker.check(seed));
        let mut results = futures::stream::iter(work).buffered(width * 2);
        while let Some(checked) = results.next().await {
            let checked = checked?;
            if let Some(seed) = here.as_ref().and_then(|_| seeds.by_id(&checked.id)) {
                fresh.add(seed, &own::told(&checked));
            }
            total.add(&checked);
            by_domain.entry(checked.domain.clone()).or_default().add(&checked);
            for one in &checked.substituted {
                *substituted.entry(one.clone()).or_default() += 1;
            }
            meter.step(match checked.verdict {
                Some(outcome) => outcome.as_str(),
                None => &checked.status,
            });
            if context.flags.json {
                output::print_json(&checked)?;
            } else if checked.verdict != Some(Outcome::Equivalent) {
                unlike.push(checked);
            }
        }
        anyhow::Ok((total, by_domain, unlike, substituted))
    });
    meter.finish();
    drop(checker);
    if let Some(here) = here {
        fresh.keep(&here);
    }
    let (total, by_domain, unlike, substituted) = outcome?;
    if context.flags.json {
        output::print_json(
            &serde_json::json!({"summary": total, "by_domain": by_domain, "unreadable_rows": bad, "substituted": substituted}),
        )?;
    } else {
        output::print(&render(&total, &by_domain, &unlike))?;
        for (one, seeds) in &substituted {
            output::print(&format!("not the pinned version in {seeds} of the seeds: {}\n", output::line(one)))?;
        }
    }
    Ok(if total.equivalent == total.seeds && bad == 0 { Exit::Done } else { Exit::Failed })
}

fn render(total: &Tally, by_domain: &BTreeMap<String, Tally>, unlike: &[Checked]) -> String {
    let mut text = String::new();
    if !unlike.is_empty() {
        let mut table = Table::new(&[("seed", Align::Left), ("what", Align::Left), ("why", Align::Left)]);
        for c in unlike {
            let what = c.verdict.map_or_else(|| c.status.clone(), |v| format!("{} {v}", v.glyph()));
            table.row([format!("{}:{}", output::line(&c.file), c.row), what, output::short(&c.reason, REASON)]);
        }
        text.push_str(&table.render(output::width()));
        text.push('\n');
    }
    let mut table = Table::new(&[
        ("domain", Align::Left),
        ("seeds", Align::Right),
        ("ran", Align::Right),
        ("=", Align::Right),
        ("≠", Align::Right),
        ("?", Align::Right),
        ("did not run", Align::Left),
    ]);
    let all = "all".to_owned();
    let last = [(&all, total)].into_iter().filter(|_| by_domain.len() != 1);
    for (domain, t) in by_domain.iter().chain(last) {
        let failed: Vec<String> = t.failed.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
        table.row([
            domain.clone(),
            t.seeds.to_string(),
            t.ran.to_string(),
            t.equivalent.to_string(),
            t.different.to_string(),
            t.undecided.to_string(),
            failed.join(", "),
        ]);
    }
    text.push_str(&table.render(output::width()));
    text
}
