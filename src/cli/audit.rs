//! `loong audit`: which pairs to judge so that the verifier's rates follow, and how far that is.

mod document;
mod show;

use std::collections::HashSet;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::decide::user_name;
use super::{Context, Exit, UsageError, output};
use crate::review::audit::PlanAudit;
use crate::review::kappa::People;
use crate::review::plan::{self, DEFAULT_SIZE, Wish};
use crate::store::filter::Filter;
use crate::store::plan::{Plan, PlanItem};
use crate::store::{IdSet, OpenMode, Reader, StoreError};
use crate::words::some;
pub(super) use document::{write as write_report, write_alone};
pub(super) use show::render;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong audit plan --width 0.02      as many pairs as ±2 points need\n  loong audit next                   what to judge\n  \
                        loong audit status\n  loong stats --audit                the rates that follow"
)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Draw a sample of pairs to judge, or enlarge the one there is
    Plan(PlanArgs),
    /// How far the plan is, and what narrower intervals need
    #[command(after_help = "Examples:\n  loong audit status\n  loong audit status --json | jq .judged")]
    Status,
    /// Print the next pair to judge
    Next(NextArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong audit plan --size 300 --rng-seed 7\n  loong audit plan domain:logic --width 0.02 --blind\n  \
                        loong audit plan --size 600        the same plan, larger\n  loong audit plan --renew           a new one, drawn from all pairs stored now"
)]
struct PlanArgs {
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Pairs in all; every pair where there are fewer [default: 200]
    #[arg(long, value_name = "N", conflicts_with = "width")]
    size: Option<u64>,
    /// As many pairs as bring both rates within so much of the truth (0.02: two points)
    #[arg(long, value_name = "W")]
    width: Option<f64>,
    /// What to draw with: the same seed takes the same pairs [default: drawn, and kept]
    #[arg(long, value_name = "S")]
    rng_seed: Option<u64>,
    /// Hide verdicts until a pair is judged
    #[arg(long)]
    blind: bool,
    /// Make a new plan although there is one; judgements count wherever it takes the same pairs
    #[arg(long)]
    renew: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong audit next\n  loong audit next --second --reviewer mia      for a second opinion\n  \
                        loong audit next --json | jq -r .judge         the line that `loong decide` takes"
)]
struct NextArgs {
    /// Who judges [default: the user's name]
    #[arg(long, value_name = "NAME")]
    reviewer: Option<String>,
    /// A pair that others judged and this reviewer did not
    #[arg(long)]
    second: bool,
}

pub(super) fn run(context: &Context, args: &AuditArgs) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Plan(args) => make(context, args),
        Command::Status => status(context),
        Command::Next(args) => next(context, args),
    }
}

/// The plan in force with what its pairs say; `None` where there is no plan.
pub(super) fn found(reader: &Reader) -> Result<Option<PlanAudit>, StoreError> {
    let Some(plan) = reader.plan()? else { return Ok(None) };
    Ok(Some(PlanAudit::of(&plan, &reader.plan_items(plan.id)?)))
}

/// How many of the pairs that people gave a word on were drawn by the plan in force, among what a filter takes.
pub(super) fn drawn(reader: &Reader, filter: &Filter) -> Result<u64, StoreError> {
    let Some(plan) = reader.plan()? else { return Ok(0) };
    let mut judged = reader.plan_items(plan.id)?;
    judged.retain(PlanItem::is_judged);
    if !filter.is_all() {
        let taken: HashSet<i64> = reader.ids(filter)?.into_iter().collect();
        judged.retain(|item| taken.contains(&item.candidate));
    }
    Ok(judged.len() as u64)
}

/// How far people agree, where more than one judged.
pub(super) fn people(reader: &Reader) -> Result<Option<People>, StoreError> {
    let people = People::of(&reader.words()?);
    Ok((people.reviewers.len() > 1).then_some(people))
}

fn wish(args: &PlanArgs) -> Result<Option<Wish>, UsageError> {
    match (args.size, args.width) {
        (Some(0), _) => Err(UsageError("a plan has at least one pair: --size 1 or more".to_owned())),
        (Some(size), _) => Ok(Some(Wish::Size(size))),
        (None, Some(width)) if width > 0.0 && width < 0.5 => Ok(Some(Wish::HalfWidth(width))),
        (None, Some(width)) => Err(UsageError(format!(
            "--width {width} is no half-width of a rate: 0.02 means ±2 points, 0.5 knows nothing"
        ))),
        (None, None) => Ok(None),
    }
}

fn make(context: &Context, args: &PlanArgs) -> anyhow::Result<Exit> {
    let wish = wish(args)?;
    let filter = Filter::parse(&args.filter.join(" "))?;
    let (_, store) = context.store(OpenMode::Existing)?;
    let reader = store.reader()?;
    let there = reader.plan()?.filter(|_| !args.renew);
    match there {
        None => {
            let rng_seed = args.rng_seed.unwrap_or_else(rand::random);
            let wish = wish.unwrap_or(Wish::Size(DEFAULT_SIZE));
            let new = plan::make(&reader, &filter, rng_seed, args.blind, wish)?;
            if matches!(wish, Wish::Size(size) if size > new.items.len() as u64) {
                let all = some(new.items.len() as u64, "pair");
                context.say(&format!("there are no more than {all}, and the plan has all of them"));
            }
            store.put_plan_blocking(new)?;
        }
        Some(plan) => {
            agrees(&plan, &filter, args)?;
            let Some(wish) = wish else {
                return Err(UsageError(
                    "there is a plan: --size N or --width W enlarges it, --renew makes a new one".to_owned(),
                )
                .into());
            };
            let more = plan::extend(&reader, &plan, wish)?;
            if more.is_empty() {
                context.say("the plan is as large already, or has every pair that it was drawn from");
            } else {
                store.extend_plan_blocking(plan.id, more)?;
            }
        }
    }
    let audit = found(&reader)?.ok_or(StoreError::Missing { what: "plan".to_owned() })?;
    futures::executor::block_on(store.close())?;
    tell(context, &audit, None)
}

/// Whether what was asked for goes with the plan in force.
fn agrees(plan: &Plan, filter: &Filter, args: &PlanArgs) -> Result<(), UsageError> {
    let other = |what: &str, is: &str| {
        Err(UsageError(format!("the plan in force has {what} {is}; --renew makes a new one, or leave that out")))
    };
    if !filter.is_all() && filter.to_string() != plan.filter {
        return other("the filter", if plan.filter.is_empty() { "(all)" } else { &plan.filter });
    }
    if args.rng_seed.is_some_and(|seed| seed != plan.rng_seed) {
        return other("rng_seed", &plan.rng_seed.to_string());
    }
    if args.blind && !plan.blind {
        return other("verdicts in sight:", "it is not blind");
    }
    Ok(())
}

fn status(context: &Context) -> anyhow::Result<Exit> {
    let (_, store) = context.store(OpenMode::ReadOnly)?;
    let reader = store.reader()?;
    let Some(audit) = found(&reader)? else { return Err(no_plan().into()) };
    tell(context, &audit, people(&reader)?.as_ref())
}

/// Pairs that a plan was drawn from.
fn pairs(plan: &Plan) -> u64 {
    plan.strata.iter().map(|stratum| stratum.size).sum()
}

fn no_plan() -> UsageError {
    UsageError("there is no sampling plan yet; `loong audit plan` makes one".to_owned())
}

fn tell(context: &Context, audit: &PlanAudit, people: Option<&People>) -> anyhow::Result<Exit> {
    if context.flags.json {
        #[derive(Serialize)]
        struct Told<'a> {
            #[serde(flatten)]
            audit: &'a PlanAudit,
            people: Option<&'a People>,
        }
        output::print_json(&Told { audit, people })?;
    } else {
        output::print(&show::status(audit, people, output::width()))?;
    }
    Ok(Exit::Done)
}

/// What to judge next.
#[derive(Serialize)]
struct ToJudge<'a> {
    candidate: i64,
    /// Counted from 0, as `loong decide` takes it.
    sample: u32,
    /// The same for a person to read, where there are several.
    #[serde(skip)]
    which: Option<String>,
    position: u64,
    planned: u64,
    judged: u64,
    blind: bool,
    domain: &'a str,
    question: &'a str,
    reference: Option<&'a str>,
    answer: Option<&'a str>,
    response: &'a str,
    /// The verdict; left out where the plan is blind.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'a crate::verifier::Verdict>,
    /// What `loong decide` takes, with the word still to be chosen.
    judge: String,
}

fn next(context: &Context, args: &NextArgs) -> anyhow::Result<Exit> {
    let (_, store) = context.store(OpenMode::ReadOnly)?;
    let reader = store.reader()?;
    let Some(plan) = reader.plan()? else { return Err(no_plan().into()) };
    let reviewer = args.reviewer.clone().unwrap_or_else(user_name);
    let items = reader.plan_items(plan.id)?;
    let judged = items.iter().filter(|item| item.is_judged()).count() as u64;
    let Some(item) = reader.plan_next(plan.id, &reviewer, args.second, &IdSet::default())? else {
        if context.flags.json {
            output::print_json(&serde_json::Value::Null)?;
        }
        let whole = items.len() as u64 == pairs(&plan);
        context.say(if args.second {
            "nothing waits: no pair of the plan wants a second opinion of yours"
        } else if whole {
            "nothing waits: every pair is judged; `loong stats --audit` has the rates"
        } else {
            "nothing waits: every pair of the plan is judged; `loong stats --audit` has the rates, `loong audit plan --size N` \
             enlarges it"
        });
        return Ok(Exit::Done);
    };
    let view = reader.candidate(item.candidate)?;
    let response = view.responses.iter().find(|r| r.record.sample == item.sample);
    let word = serde_json::json!({
        "candidate": item.candidate, "sample": item.sample, "judgement": "equivalent", "blind": plan.blind,
        "reviewer": reviewer,
    });
    let told = ToJudge {
        candidate: item.candidate,
        sample: item.sample,
        which: output::which(&view, item.sample),
        position: item.position + 1,
        planned: items.len() as u64,
        judged,
        blind: plan.blind,
        domain: &view.record.domain,
        question: &view.record.question,
        reference: view.record.reference.as_deref(),
        answer: response.and_then(|r| r.record.answer.as_deref()),
        response: response.map_or("", |r| r.record.text.as_str()),
        verdict: response.and_then(|r| r.record.verdict.as_ref()).filter(|_| !plan.blind),
        judge: word.to_string(),
    };
    if context.flags.json {
        output::print_json(&told)?;
    } else {
        output::print(&show::to_judge(&told))?;
    }
    Ok(Exit::Done)
}
