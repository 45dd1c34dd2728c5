//! `loong reverify`: the stored pairs verified again, and what flips.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use clap::Args;
use serde::Serialize;

use super::run::verifier_options;
use super::verify::symbolic;
use super::{Context, Exit, output};
use crate::engine::escalate::Escalation;
use crate::environment::{RewardPolicy, score};
use crate::store::filter::Filter;
use crate::store::record::Judgement;
use crate::store::{OpenMode, PairRow};
use crate::verifier::{Outcome, Pair, RuleVerifier, Verdict, Verifier};

/// Verdicts written in one transaction.
const BATCH: usize = 1000;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong reverify                        what would flip under the present verifier\n  \
                        loong reverify --preset strict        … under another preset\n  \
                        loong reverify --check                exit 1 when a person's judgement is contradicted\n  \
                        loong reverify domain:logic --apply   write the new verdicts; the old ones stay in the history"
)]
pub(super) struct ReverifyArgs {
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// strict, standard or lenient [default: verifier.preset]
    #[arg(long, value_name = "P")]
    preset: Option<String>,
    /// A leniency over the preset: `order` allows, `no-order` forbids
    #[arg(long = "leniency", value_name = "L")]
    leniencies: Vec<String>,
    /// Put what stays undecided to SymPy [default: verifier.symbolic]
    #[arg(long)]
    symbolic: bool,
    /// Write the new verdicts
    #[arg(long)]
    apply: bool,
    /// Exit 1 when a human judgement is contradicted
    #[arg(long)]
    check: bool,
    /// Flips listed at the most
    #[arg(long, default_value_t = 20, value_name = "N")]
    most: usize,
}

/// One pair whose verdict changes.
#[derive(Debug, Serialize)]
struct Flip {
    candidate: i64,
    sample: u32,
    from: Option<Outcome>,
    to: Outcome,
    judgement: Option<Judgement>,
    reference: String,
    response: String,
    reason: String,
}

#[derive(Debug, Default, Serialize)]
struct Summary {
    version: String,
    pairs: u64,
    by_flip: BTreeMap<String, u64>,
    judged: u64,
    contradicted: u64,
    applied: bool,
}

pub(super) fn run(context: &Context, args: &ReverifyArgs) -> anyhow::Result<Exit> {
    let filter = Filter::parse(&args.filter.join(" "))?;
    let mode = if args.apply { OpenMode::Existing } else { OpenMode::ReadOnly };
    let (project, store) = context.store(mode)?;
    let config = context.config(Some(&project))?;
    let options = verifier_options(&config, args.preset.as_deref(), &args.leniencies)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let symbolic = (args.symbolic || config.verifier.symbolic)
        .then(|| symbolic(context, &config, options.clone(), &runtime))
        .transpose()?;
    let escalation = Escalation { symbolic, judge: None };
    let verifier = RuleVerifier::new(options);

    let version = escalation.version(verifier.version());
    let mut summary = Summary { version, applied: args.apply, ..Summary::default() };
    let mut flips = Vec::new();
    let mut contradictions = Vec::new();
    let mut fresh: Vec<(i64, Verdict)> = Vec::new();
    let mut failed = None;
    store.reader()?.pairs(&filter, |row| {
        let pair = pair(&row);
        let native = score(&verifier, &pair, RewardPolicy::default()).verdict;
        let verdict = runtime.block_on(escalation.settle(&pair, native));
        summary.pairs += 1;
        let told = match row.judgement {
            Some(Judgement::Equivalent) => Some(Outcome::Equivalent),
            Some(Judgement::Different) => Some(Outcome::Different),
            _ => None,
        };
        let before = row.verdict.as_ref().map(|v| v.outcome);
        let contradicted =
            told.is_some_and(|told| (told == Outcome::Equivalent) != (verdict.outcome == Outcome::Equivalent));
        summary.judged += u64::from(told.is_some());
        summary.contradicted += u64::from(contradicted);
        let flipped = before != Some(verdict.outcome);
        if flipped {
            let from = before.map_or("none", Outcome::as_str);
            *summary.by_flip.entry(format!("{from} → {}", verdict.outcome)).or_default() += 1;
        }
        if (flipped && flips.len() < args.most) || (contradicted && contradictions.len() < args.most) {
            let flip = Flip {
                candidate: row.candidate_id,
                sample: row.sample,
                from: before,
                to: verdict.outcome,
                judgement: row.judgement,
                reference: verdict.reference_value.clone(),
                response: verdict.response_value.clone(),
                reason: verdict.reason.clone(),
            };
            if contradicted { contradictions.push(flip) } else { flips.push(flip) }
        }
        if args.apply && row.verdict.as_ref() != Some(&verdict) {
            fresh.push((row.response_id, verdict));
            if fresh.len() >= BATCH
                && let Err(e) = runtime.block_on(store.put_verdicts(std::mem::take(&mut fresh)))
            {
                failed = Some(e);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(e) = failed {
        return Err(e.into());
    }
    if !fresh.is_empty() {
        runtime.block_on(store.put_verdicts(fresh))?;
    }
    runtime.block_on(store.close())?;

    if context.flags.json {
        output::print_json(&serde_json::json!({"summary": summary, "contradictions": contradictions, "flips": flips}))?;
    } else {
        output::print(&render(&summary, &flips, &contradictions))?;
    }
    Ok(if args.check && summary.contradicted > 0 { Exit::Failed } else { Exit::Done })
}

fn pair(row: &PairRow) -> Pair {
    Pair {
        references: row.references.clone(),
        response: row.response_text.clone(),
        question: Some(row.question.clone()).filter(|q| !q.is_empty()),
        domain: Some(row.domain.clone()).filter(|d| !d.is_empty()),
        tolerance: row.tolerance,
        options: Vec::new(),
    }
}

fn render(summary: &Summary, flips: &[Flip], contradictions: &[Flip]) -> String {
    let mut text = format!("{} pairs verified by {}\n", summary.pairs, summary.version);
    if summary.by_flip.is_empty() {
        text.push_str("no verdict changes\n");
    }
    for (flip, n) in &summary.by_flip {
        let _ = writeln!(text, "{n:>7}  {flip}");
    }
    if summary.judged > 0 {
        let _ = writeln!(text, "{} of {} human judgements contradicted", summary.contradicted, summary.judged);
    }
    for (title, list) in [("contradicted judgements", contradictions), ("flips", flips)] {
        if !list.is_empty() {
            let _ = writeln!(text, "\n{title}:");
        }
        for f in list {
            let from = f.from.map_or('·', Outcome::glyph);
            let _ = writeln!(
                text,
                "  {:>6}.{} {from} → {}  {} | {}  ({})",
                f.candidate,
                f.sample,
                f.to.glyph(),
                output::short(&f.reference, 40),
                output::short(&f.response, 40),
                output::short(&f.reason, 80),
            );
        }
    }
    if !summary.applied && !summary.by_flip.is_empty() {
        text.push_str("\nnothing was written; --apply writes the new verdicts\n");
    }
    text
}
