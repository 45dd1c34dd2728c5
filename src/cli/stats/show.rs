//! What `loong stats` tells, as text.

use super::{Spend, Stats, judged, report};
use crate::cli::audit as planned;
use crate::cli::table::{Align, Table, wrapped};
use crate::failure::FailureKind;
use crate::review::cleaned::clean_line;
use crate::review::figures::{Counts, Figures, sum};
use crate::review::proportion::Proportion;
use crate::store::record::RunSummary;

/// The figures as text, no wider than `width` columns as far as tables can give way. Ends with a line's end.
pub fn render(stats: &Stats, width: usize) -> String {
    let mut sections = Vec::new();
    let total = stats.figures.total();
    if let Some(filter) = &stats.filter {
        sections.push(format!("Filter: {}\n", clean_line(filter)));
    }
    if total.candidates == 0 {
        sections.push(nothing(stats.filter.is_some()));
        // Replies were paid for also where no candidate came of them.
        sections.extend(stats.report.iter().filter_map(|found| report::cost(found, width)));
    } else {
        sections.push(candidates(&stats.figures, width));
        sections.extend(stats.against.iter().map(|a| {
            let names = [a.run, a.other].map(|run| format!("run {run}"));
            report::changes([&names[0], &names[1]], &a.changes, width)
        }));
        sections.extend(stats.report.iter().map(|found| report::paper(found, width)));
        sections.push(shares(&stats.figures, width));
        sections.extend(stats.report.iter().flat_map(|found| report::further(found, width)));
        sections.extend(failures(&total, width));
        sections.extend(people(&total));
    }
    sections.extend(stats.plan.as_ref().map(|found| planned::render(found, stats.people.as_ref(), width)));
    sections.extend(stats.audit.as_ref().map(|found| judged::audit(found, width)));
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
        let numbers =
            [c.candidates, c.agreed, c.disagreed, c.undecided, c.not_executable, c.other_failures(), c.responses];
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
    let apart = figures.total().apart().map_or_else(String::new, |apart| wrapped(&apart, width));
    wrapped(legend, width) + &table.render(width) + &apart
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
        let parts = [c.share(c.agreed), c.share(c.disagreed), c.share_of_made(c.not_executable)];
        let parts = parts.map(|share| with_interval(&share));
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
        ("tokens\nin", Align::Right),
        ("of them\ncached", Align::Right),
        ("tokens\nout", Align::Right),
        ("reason-\ning", Align::Right),
        ("US$", Align::Right),
        ("seconds", Align::Right),
    ]);
    for s in spend {
        // Unknown usage is unknown, not 0; usage known in part is a lower bound.
        let tokens = |n: u64| match s.replies_with_usage {
            0 => "unknown".to_owned(),
            known if known < s.replies => format!("≥ {n}"),
            _ => n.to_string(),
        };
        let money = match s.replies_with_price {
            0 => "unknown".to_owned(),
            known if known < s.replies => format!("≥ {}", report::usd(s.usd)),
            _ => report::usd(s.usd),
        };
        table.row([
            s.role.as_str(),
            &s.model,
            &s.replies.to_string(),
            &tokens(s.prompt_tokens),
            &tokens(s.cached_tokens),
            &tokens(s.completion_tokens),
            &tokens(s.reasoning_tokens),
            &money,
            &format!("{:.1}", s.seconds),
        ]);
    }
    (!table.is_empty()).then(|| table.render(width))
}

/// A name, or what stands for a missing one.
pub(super) fn named(name: &str) -> &str {
    if name.is_empty() { "(unknown)" } else { name }
}

/// `42.4 [30.1, 55.2]`, in percent; `–` when there was no trial.
pub(in crate::cli) fn with_interval(p: &Proportion) -> String {
    match p.estimate {
        Some(estimate) => format!("{:.1} [{:.1}, {:.1}]", estimate * 100.0, p.low * 100.0, p.high * 100.0),
        None => "–".to_owned(),
    }
}
