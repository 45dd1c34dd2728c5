//! `loong stats`: figures of runs and of the audit, as text, as JSON and as Markdown.

mod judged;
mod report;
mod show;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::people::Others;
use super::{Context, Exit, UsageError, audit as planned, output, unread, wiring};
use crate::dataset::StaticDataset;
use crate::model::Role;
use crate::review::audit::PlanAudit;
use crate::review::figures::Figures;
use crate::review::kappa::People;
use crate::review::rates::{Audit, AuditSummary, PairFact};
use crate::review::report::Found;
use crate::review::run_report::{Change, Gathered, RunReport, compare, markdown};
use crate::store::filter::Filter;
use crate::store::record::RunSummary;
use crate::store::{OpenMode, Reader, Unread};
pub use show::render;
pub(super) use show::with_interval;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong stats\n  loong stats domain:logic --json\n  loong stats --run last --against 3      two runs side by side\n  \
                        loong stats --run last --report run.md  the run as Markdown\n  \
                        loong stats --audit      the verifier against your judgements\n  \
                        loong stats --audit --report audit.md   the audit as Markdown, with plots beside it\n\n\
                        What this version cannot read is left out and named (exit 1)."
)]
pub(super) struct StatsArgs {
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Only this run, by its number, or the last one
    #[arg(long, value_name = "N|last", value_parser = which_run)]
    run: Option<WhichRun>,
    /// Beside it, the same figures of this run
    #[arg(long, value_name = "N|last", value_parser = which_run, requires = "run", conflicts_with = "audit")]
    against: Option<WhichRun>,
    /// The verifier against people: rates of all pairs by the sampling plan, and of the judged ones (with a filter, those
    /// of them that it takes), with intervals
    #[arg(long)]
    audit: bool,
    /// Write the report as Markdown; of the audit, with plots as SVG files beside it
    #[arg(long, value_name = "FILE.md")]
    report: Option<PathBuf>,
}

/// A run that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WhichRun {
    Number(i64),
    Last,
}

fn which_run(text: &str) -> Result<WhichRun, String> {
    match text {
        "last" => Ok(WhichRun::Last),
        number => number.parse().map(WhichRun::Number).map_err(|_| "a run's number, or `last`".to_owned()),
    }
}

impl WhichRun {
    fn of(self, runs: &[RunSummary]) -> anyhow::Result<&RunSummary> {
        let found = match self {
            Self::Last => runs.last(),
            Self::Number(id) => runs.iter().find(|run| run.id == id),
        };
        found.ok_or_else(|| {
            let there: Vec<String> = runs.iter().rev().take(12).map(|run| run.id.to_string()).collect();
            let message = match (self, there.as_slice()) {
                (_, []) => "there is no run yet; `loong run` makes one".to_owned(),
                (Self::Number(id), there) => format!("there is no run {id}; the last ones are {}", there.join(", ")),
                (Self::Last, _) => "there is no run".to_owned(),
            };
            UsageError(message).into()
        })
    }
}

/// What a filter takes of one run.
fn within(filter: &Filter, run: &RunSummary) -> anyhow::Result<Filter> {
    Ok(Filter::parse(&format!("run:{}", run.id))?.and(filter.clone()))
}

pub(super) fn run(context: &Context, args: &StatsArgs) -> anyhow::Result<Exit> {
    let asked = Filter::parse(&args.filter.join(" "))?.asked_by(&context.reviewer(None));
    let (project, store) = context.store(OpenMode::ReadOnly)?;
    let reader = store.reader()?;
    let runs = reader.runs()?;
    let one = args.run.map(|run| run.of(&runs)).transpose()?;
    let filter = one.map_or_else(|| Ok(asked.clone()), |run| within(&asked, run))?;

    let mut gathered = Gathered::default();
    let mut figures = Figures::default();
    let mut audit = args.audit.then(Audit::default);
    let mut versions: BTreeMap<String, u64> = BTreeMap::new();
    let mut unread = reader.for_each(&filter, |view| {
        let Some(audit) = &mut audit else {
            gathered.add(&view);
            return ControlFlow::Continue(());
        };
        figures.add(&view);
        for verdict in view.responses.iter().filter_map(|r| r.record.verdict.as_ref()).filter(|_| args.report.is_some())
        {
            *versions.entry(verdict.version.clone()).or_default() += 1;
        }
        PairFact::of(&view).for_each(|fact| audit.add(&fact));
        ControlFlow::Continue(())
    })?;
    let report =
        (!args.audit).then(|| reported(context, &project, &reader, (&asked, &filter), &gathered, one)).transpose()?;
    let against = match (one, args.against.map(|run| run.of(&runs)).transpose()?, &report) {
        (Some(one), Some(other), Some(report)) => {
            Some(beside(context, &project, &reader, &asked, (one, report), other, &mut unread)?)
        }
        _ => None,
    };
    let stats = Stats {
        filter: (!filter.is_all()).then(|| filter.to_string()),
        figures: if args.audit { figures } else { gathered.figures().clone() },
        report,
        against,
        audit: match audit {
            Some(audit) => Some(audit.summary().drawn(planned::drawn(&reader, &filter)?)),
            None => None,
        },
        // A plan's rates are of all that it was drawn from, not of what a filter takes of that.
        plan: if args.audit && filter.is_all() { planned::found(&reader)? } else { None },
        people: if args.audit { planned::people(&reader)? } else { None },
        others: args.audit.then(|| Others::of(&reader, &filter)).transpose()?,
        spend: spent(&reader, one.map_or(runs.as_slice(), std::slice::from_ref))?,
        runs: match one {
            Some(run) => vec![as_run(run)],
            None => runs.iter().map(as_run).collect(),
        },
    };
    if let Some(path) = &args.report {
        let files = if let Some(judged) = &stats.audit {
            let versions: Vec<(String, u64)> = versions.into_iter().collect();
            let (plan, people) = (stats.plan.as_ref(), stats.people.as_ref());
            planned::write_report(Found { plan, judged, people, versions: &versions }, path)?
        } else {
            vec![write_report(&stats, path)?]
        };
        for file in files {
            context.say(&format!("{} written", file.display()));
        }
    }
    if context.flags.json {
        output::print_json(&stats)?;
    } else {
        output::print(&render(&stats, output::width()))?;
    }
    Ok(unread::told(&unread))
}

/// The report of what was gathered, measured against the seeds of the run, else of the project.
fn reported(
    context: &Context,
    project: &Path,
    reader: &Reader,
    (asked, filter): (&Filter, &Filter),
    gathered: &Gathered,
    run: Option<&RunSummary>,
) -> anyhow::Result<RunReport> {
    let seeds = match seeds(context, project, run) {
        Ok(seeds) => seeds,
        Err(e) => {
            context.say(&format!("distances to seeds are left out: {e:#}"));
            None
        }
    };
    let questions = seeds.iter().flat_map(StaticDataset::iter).map(|seed| (seed.domain(), seed.question.as_str()));
    // What has no candidate is of no domain and no state: a filter that asks for one takes none of it.
    let outside = if asked.is_all() { reader.spending_outside(run.map(|run| run.id))? } else { Vec::new() };
    Ok(gathered.report(&reader.spending(filter)?, questions).with_outside(&outside))
}

/// The seeds that a run was made from, whatever its domains.
fn seeds(context: &Context, project: &Path, run: Option<&RunSummary>) -> anyhow::Result<Option<StaticDataset>> {
    let mut config = context.config(Some(project))?;
    config.run.domains.clear();
    if let Some(run) = run {
        let recipe: toml::Table = toml::from_str(&run.recipe).context("the run's recipe cannot be read")?;
        let files = recipe.get("run").and_then(|r| r.get("seeds")).and_then(toml::Value::as_array);
        config.run.seeds = files.into_iter().flatten().filter_map(|f| f.as_str().map(PathBuf::from)).collect();
    }
    wiring::seeds(project, &config).map(|(seeds, _)| Some(seeds))
}

/// The same figures of another run.
fn beside(
    context: &Context,
    project: &Path,
    reader: &Reader,
    asked: &Filter,
    (one, here): (&RunSummary, &RunReport),
    other: &RunSummary,
    unread: &mut Unread,
) -> anyhow::Result<Against> {
    let filter = within(asked, other)?;
    let mut gathered = Gathered::default();
    unread.add(reader.for_each(&filter, |view| {
        gathered.add(&view);
        ControlFlow::Continue(())
    })?);
    let report = reported(context, project, reader, (asked, &filter), &gathered, Some(other))?;
    Ok(Against { run: one.id, other: other.id, changes: compare(here, &report), report })
}

/// A run with the recipe that makes it again: how many candidates it was to make and its random seed stand beside the
/// recipe that it is known by.
fn as_run(run: &RunSummary) -> RunSummary {
    let mut run = run.clone();
    if let Ok(mut recipe) = run.recipe.parse::<toml::Table>()
        && let Some(toml::Value::Table(section)) = recipe.get_mut("run")
        && let (Ok(target), Ok(rng_seed)) = (i64::try_from(run.target), i64::try_from(run.rng_seed))
    {
        section.insert("candidates".to_owned(), target.into());
        section.insert("rng_seed".to_owned(), rng_seed.into());
        run.recipe = toml::to_string(&recipe).unwrap_or(run.recipe);
    }
    run
}

/// Writes the report of runs, and says where.
fn write_report(stats: &Stats, path: &Path) -> anyhow::Result<PathBuf> {
    let title = match (stats.runs.as_slice(), &stats.filter) {
        ([run], _) => format!("Run {}: {}", run.id, run.strategy),
        (_, Some(filter)) => format!("Candidates that are {filter}"),
        (_, None) => "All candidates".to_owned(),
    };
    let name = stats.against.as_ref().map(|a| format!("run {}", a.other)).unwrap_or_default();
    let against = stats.against.as_ref().map(|a| (name.as_str(), a.changes.as_slice()));
    let report = stats.report.clone().unwrap_or_default();
    planned::write_alone(&markdown(&report, &title, against), path)
}

/// What the replies of runs used and cost, added up over runs.
fn spent(reader: &Reader, runs: &[RunSummary]) -> anyhow::Result<Vec<Spend>> {
    let mut all: Vec<Spend> = Vec::new();
    for run in runs {
        for part in reader.spent(run.id)? {
            let at = all.iter().position(|s| s.role == part.role && s.model == part.model).unwrap_or_else(|| {
                all.push(Spend::none(part.role, part.model.clone()));
                all.len() - 1
            });
            let sum = &mut all[at];
            sum.replies += part.replies;
            sum.replies_with_usage += part.replies - part.unknown.min(part.replies);
            sum.prompt_tokens = sum.prompt_tokens.saturating_add(part.prompt_tokens);
            sum.cached_tokens = sum.cached_tokens.saturating_add(part.cached_tokens);
            sum.completion_tokens = sum.completion_tokens.saturating_add(part.completion_tokens);
            sum.reasoning_tokens = sum.reasoning_tokens.saturating_add(part.reasoning_tokens);
            sum.replies_with_price += part.replies - part.unpriced.min(part.replies);
            sum.usd += part.usd;
            sum.seconds += part.seconds;
        }
    }
    Ok(all)
}

/// What one model did in one role.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spend {
    /// The role.
    pub role: Role,
    /// The model asked for.
    pub model: String,
    /// Replies stored.
    pub replies: u64,
    /// Replies whose usage the endpoint told; the tokens are theirs alone.
    pub replies_with_usage: u64,
    /// Tokens of requests.
    pub prompt_tokens: u64,
    /// Of these, tokens that came from the endpoint's cache.
    pub cached_tokens: u64,
    /// Tokens of replies, reasoning included.
    pub completion_tokens: u64,
    /// Tokens of reasoning alone.
    pub reasoning_tokens: u64,
    /// Replies whose cost is known; the money is theirs alone.
    pub replies_with_price: u64,
    /// US dollars.
    pub usd: f64,
    /// Seconds of waiting, added up over replies.
    pub seconds: f64,
}

impl Spend {
    /// Nothing yet.
    pub fn none(role: Role, model: impl Into<String>) -> Self {
        Self {
            role,
            model: model.into(),
            replies: 0,
            replies_with_usage: 0,
            prompt_tokens: 0,
            cached_tokens: 0,
            completion_tokens: 0,
            reasoning_tokens: 0,
            replies_with_price: 0,
            usd: 0.0,
            seconds: 0.0,
        }
    }
}

/// Everything that `loong stats` tells; its serialised form is what `--json` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// The filter's text; `None` when everything was counted.
    pub filter: Option<String>,
    /// Counts of candidates.
    pub figures: Figures,
    /// The report of the run, or of all runs; `None` when an audit was asked for.
    pub report: Option<RunReport>,
    /// The same of another run; `None` when none was named.
    pub against: Option<Against>,
    /// The verifier against people; `None` when no audit was asked for.
    pub audit: Option<AuditSummary>,
    /// What the sampling plan found, of all that it was drawn from; `None` without an audit or a plan.
    pub plan: Option<PlanAudit>,
    /// How far reviewers agree; `None` without an audit or where one alone judged.
    pub people: Option<People>,
    /// People, causes and other verifiers; `None` when no audit was asked for.
    pub others: Option<Others>,
    /// Runs, oldest first.
    pub runs: Vec<RunSummary>,
    /// Models by role.
    pub spend: Vec<Spend>,
}

/// Another run beside the one asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Against {
    /// The run asked for.
    pub run: i64,
    /// The other one.
    pub other: i64,
    /// Its report.
    pub report: RunReport,
    /// The figures of both.
    pub changes: Vec<Change>,
}
