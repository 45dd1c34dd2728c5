//! `loong stats`: figures of runs and of the audit, as text and as JSON.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::people::Others;
use super::table::{Align, Table, wrapped};
use super::{Context, Exit, audit as planned, output};
use crate::failure::FailureKind;
use crate::model::Role;
use crate::review::audit::PlanAudit;
use crate::review::cleaned::clean_line;
use crate::review::figures::{Counts, Figures, sum};
use crate::review::kappa::People;
use crate::review::proportion::Proportion;
use crate::review::rates::{Audit, AuditSummary, PairFact, Rates};
use crate::review::report::Found;
use crate::store::filter::Filter;
use crate::store::record::RunSummary;
use crate::store::{self, OpenMode};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong stats\n  loong stats domain:logic --json\n  loong stats --audit      the verifier against your judgements\n  \
                        loong stats --audit --report audit.md      as Markdown, with plots beside it"
)]
pub(super) struct StatsArgs {
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// The verifier against people: rates of all pairs by the sampling plan, and of the judged ones (with a filter, those
    /// of them that it takes), with intervals
    #[arg(long)]
    audit: bool,
    /// Write the audit as Markdown, with plots as SVG files beside it
    #[arg(long, value_name = "FILE.md", requires = "audit")]
    report: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &StatsArgs) -> anyhow::Result<Exit> {
    let filter = Filter::parse(&args.filter.join(" "))?.asked_by(&context.reviewer(None));
    let (_, store) = context.store(OpenMode::ReadOnly)?;
    let reader = store.reader()?;
    let mut figures = Figures::default();
    let mut audit = args.audit.then(Audit::default);
    let mut versions: BTreeMap<String, u64> = BTreeMap::new();
    reader.for_each(&filter, |view| {
        figures.add(&view);
        for verdict in view.responses.iter().filter_map(|r| r.record.verdict.as_ref()).filter(|_| args.report.is_some())
        {
            *versions.entry(verdict.version.clone()).or_default() += 1;
        }
        if let Some(audit) = &mut audit {
            PairFact::of(&view).for_each(|fact| audit.add(&fact));
        }
        ControlFlow::Continue(())
    })?;
    let stats = Stats {
        filter: (!filter.is_all()).then(|| filter.to_string()),
        figures,
        audit: audit.map(|a| a.summary()),
        // A plan's rates are of all that it was drawn from, not of what a filter takes of that.
        plan: if args.audit && filter.is_all() { planned::found(&reader)? } else { None },
        people: if args.audit { planned::people(&reader)? } else { None },
        others: args.audit.then(|| Others::of(&reader, &filter)).transpose()?,
        runs: reader.runs()?,
        spend: spent(&reader.totals()?.spend),
    };
    if let (Some(path), Some(judged)) = (&args.report, &stats.audit) {
        let versions: Vec<(String, u64)> = versions.into_iter().collect();
        let (plan, people) = (stats.plan.as_ref(), stats.people.as_ref());
        for file in planned::write_report(Found { plan, judged, people, versions: &versions }, path)? {
            context.say(&format!("{} written", file.display()));
        }
    }
    if context.flags.json {
        output::print_json(&stats)?;
    } else {
        output::print(&render(&stats, output::width()))?;
    }
    Ok(Exit::Done)
}

/// What the store keeps by run, added up over runs.
fn spent(by_run: &[store::Spend]) -> Vec<Spend> {
    let mut all: Vec<Spend> = Vec::new();
    for part in by_run {
        let at = all.iter().position(|s| s.role == part.role && s.model == part.model).unwrap_or_else(|| {
            all.push(Spend {
                role: part.role,
                model: part.model.clone(),
                replies: 0,
                replies_with_usage: 0,
                prompt_tokens: 0,
                completion_tokens: 0,
                seconds: 0.0,
            });
            all.len() - 1
        });
        let sum = &mut all[at];
        sum.replies += part.replies;
        sum.replies_with_usage += part.replies - part.unknown.min(part.replies);
        sum.prompt_tokens += part.prompt_tokens;
        sum.completion_tokens += part.completion_tokens;
        sum.seconds += part.seconds;
    }
    all
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
    /// Tokens of replies.
    pub completion_tokens: u64,
    /// Seconds of waiting, added up over replies.
    pub seconds: f64,
}

/// Everything that `loong stats` tells; its serialised form is what `--json` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// The filter's text; `None` when everything was counted.
    pub filter: Option<String>,
    /// Counts of candidates.
    pub figures: Figures,
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

/// The figures as text, no wider than `width` columns as far as tables can give way. Ends with a line's end.
pub fn render(stats: &Stats, width: usize) -> String {
    let mut sections = Vec::new();
    let total = stats.figures.total();
    if let Some(filter) = &stats.filter {
        sections.push(format!("Filter: {}\n", clean_line(filter)));
    }
    if total.candidates == 0 {
        sections.push(nothing(stats.filter.is_some()));
    } else {
        sections.push(candidates(&stats.figures, width));
        sections.push(shares(&stats.figures, width));
        sections.extend(failures(&total, width));
        sections.extend(people(&total));
    }
    sections.extend(stats.plan.as_ref().map(|found| planned::render(found, stats.people.as_ref(), width)));
    sections.extend(stats.audit.as_ref().map(|found| audit(found, width)));
    sections.extend(stats.others.iter().flat_map(|others| others.render(width)));
    sections.extend(runs(&stats.runs, width));
    sections.extend(spend(&stats.spend, width));
    sections.join("\n")
}

fn nothing(filtered: bool) -> String {
    if filtered {
        "No candidate matches the filter.\n".to_owned()
    } else {
        "No candidates yet: `loong run` makes some, `loong import FILE` brings some in.\n".to_owned()
    }
}

/// Counts: a line a strategy, and below it a line a domain.
fn candidates(figures: &Figures, width: usize) -> String {
    let number = Align::Right;
    let mut table = Table::new(&[
        ("strategy\n  domain", Align::Left),
        ("candi-\ndates", number),
        ("agree", number),
        ("dis-\nagree", number),
        ("unde-\ncided", number),
        ("not\nexec.", number),
        ("other\nfail.", number),
        ("respon-\nses", number),
        ("pass\nrate", number),
    ]);
    let mut line = |name: &str, c: &Counts| {
        let numbers = [
            c.candidates,
            c.agreed,
            c.disagreed,
            c.undecided,
            c.not_executable,
            c.failures() + c.unanswered,
            c.responses,
        ];
        let rate = c.mean_pass_rate().map_or_else(|| "–".to_owned(), |rate| format!("{rate:.2}"));
        let cells = [name.to_owned()].into_iter().chain(numbers.iter().map(u64::to_string)).chain([rate]);
        table.row(cells);
    };
    for (strategy, domains) in figures.strategies() {
        line(named(strategy), &sum(domains.values()));
        for (domain, counts) in domains {
            line(&format!("  {}", named(domain)), counts);
        }
    }
    if figures.strategies().count() > 1 {
        line("all", &figures.total());
    }
    let legend = "Candidates. Judgements are counted; the pass rate is the mean share of a candidate's responses that are \
                  equivalent.";
    wrapped(legend, width) + &table.render(width)
}

/// The article's figures: pass, rejected, not executable, as shares of candidates.
fn shares(figures: &Figures, width: usize) -> String {
    let mut table = Table::new(&[
        ("strategy", Align::Left),
        ("pass", Align::Right),
        ("rejected", Align::Right),
        ("not executable", Align::Right),
    ]);
    let mut line = |name: &str, c: &Counts| {
        let parts = [c.agreed, c.disagreed, c.not_executable].map(|part| with_interval(&c.share(part)));
        table.row([named(name).to_owned()].into_iter().chain(parts));
    };
    for (strategy, domains) in figures.strategies() {
        line(strategy, &sum(domains.values()));
    }
    if figures.strategies().count() > 1 {
        line("all", &figures.total());
    }
    format!("Shares of candidates, % [95 % interval]\n{}", table.render(width))
}

fn failures(total: &Counts, width: usize) -> Option<String> {
    let mut kinds: Vec<(FailureKind, u64)> =
        total.code_failures.iter().chain(&total.failed).map(|(kind, n)| (*kind, *n)).collect();
    kinds.sort_by_key(|(kind, n)| (std::cmp::Reverse(*n), *kind));
    let mut table = Table::new(&[("failure", Align::Left), ("candidates", Align::Right)]);
    for (kind, n) in kinds {
        table.row([kind.as_str(), &n.to_string()]);
    }
    if total.unanswered > 0 {
        table.row(["(no response with a verdict)", &total.unanswered.to_string()]);
    }
    (!table.is_empty()).then(|| table.render(width))
}

/// What people decided, in a line.
fn people(total: &Counts) -> Option<String> {
    let parts: Vec<String> = [
        (total.accepted, "accepted"),
        (total.rejected, "rejected"),
        (total.flagged, "flagged"),
        (total.contested, "contested"),
        (total.judged, "pairs judged"),
    ]
    .iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"))
    .collect();
    (!parts.is_empty()).then(|| format!("Decisions: {}\n", parts.join(" · ")))
}

fn audit(found: &AuditSummary, width: usize) -> String {
    if found.overall.pairs == 0 {
        return wrapped(
            "Audit: no pair with a verdict has been judged yet; `loong review` shows pairs to judge.",
            width,
        );
    }
    let said = found.overall.confusion;
    let mut confusion = Table::new(&[
        ("people \\ verifier", Align::Left),
        ("equivalent", Align::Right),
        ("different", Align::Right),
        ("undecided", Align::Right),
    ]);
    for (name, row) in [("equivalent", said.truly_equivalent), ("different", said.truly_different)] {
        confusion.row(
            [name.to_owned()].into_iter().chain([row.equivalent, row.different, row.undecided].map(|n| n.to_string())),
        );
    }
    let r = &found.overall;
    let mut measures =
        Table::new(&[("measure", Align::Left), ("of", Align::Right), ("% [95 % interval]", Align::Right)]);
    for (name, p) in [
        ("false negatives", &r.false_negative),
        ("  of them undecided", &r.false_negative_undecided),
        ("false positives", &r.false_positive),
        ("precision", &r.precision),
        ("recall", &r.recall),
        ("undecided", &r.undecided),
    ] {
        measures.row([name, &format!("{}/{}", p.k, p.n), &with_interval(p)]);
    }
    let mut parts = Table::new(&[
        ("part", Align::Left),
        ("pairs", Align::Right),
        ("false negatives", Align::Right),
        ("false positives", Align::Right),
    ]);
    let mut part = |name: &str, r: &Rates| {
        parts.row([name, &r.pairs.to_string(), &with_interval(&r.false_negative), &with_interval(&r.false_positive)]);
    };
    if found.blind.pairs > 0 {
        part("judged blind", &found.blind);
    }
    found.by_domain.iter().for_each(|p| part(named(&p.name), &p.rates));
    found.by_tier.iter().for_each(|p| part(&format!("tier {}", p.name), &p.rates));

    let left_out: Vec<String> =
        [(found.cant_tell, "can't tell"), (found.contested, "contested"), (found.no_verdict, "without a verdict")]
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"))
            .collect();
    let mut basis = format!("Audit of the verifier: {}.", found.basis);
    if !left_out.is_empty() {
        basis.extend([" Left out: ", &left_out.join(", "), "."]);
    }
    format!(
        "{}\n{}\n{}\n{}",
        wrapped(&basis, width),
        confusion.render(width),
        measures.render(width),
        parts.render(width)
    )
}

fn runs(runs: &[RunSummary], width: usize) -> Option<String> {
    let mut table = Table::new(&[
        ("run", Align::Right),
        ("strategy", Align::Left),
        ("state", Align::Left),
        ("candidates", Align::Right),
        ("started", Align::Left),
    ]);
    for run in runs {
        let filled = format!("{}/{}", run.candidates, run.target);
        table.row([&run.id.to_string(), &run.strategy, run.state.as_str(), &filled, &run.started_at]);
    }
    (!table.is_empty()).then(|| table.render(width))
}

fn spend(spend: &[Spend], width: usize) -> Option<String> {
    let mut table = Table::new(&[
        ("role", Align::Left),
        ("model", Align::Left),
        ("replies", Align::Right),
        ("tokens in", Align::Right),
        ("tokens out", Align::Right),
        ("seconds", Align::Right),
    ]);
    for s in spend {
        // Unknown usage is unknown, not 0; usage known in part is a lower bound.
        let tokens = |n: u64| match s.replies_with_usage {
            0 => "unknown".to_owned(),
            known if known < s.replies => format!("≥ {n}"),
            _ => n.to_string(),
        };
        table.row([
            s.role.as_str(),
            &s.model,
            &s.replies.to_string(),
            &tokens(s.prompt_tokens),
            &tokens(s.completion_tokens),
            &format!("{:.1}", s.seconds),
        ]);
    }
    (!table.is_empty()).then(|| table.render(width))
}

/// A name, or what stands for a missing one.
fn named(name: &str) -> &str {
    if name.is_empty() { "(unknown)" } else { name }
}

/// `42.4 [30.1, 55.2]`, in percent; `–` when there was no trial.
pub(super) fn with_interval(p: &Proportion) -> String {
    match p.estimate {
        Some(estimate) => format!("{:.1} [{:.1}, {:.1}]", estimate * 100.0, p.low * 100.0, p.high * 100.0),
        None => "–".to_owned(),
    }
}
