//! `loong decide`: decisions as JSON Lines, for scripts and for those who judge elsewhere.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::run::verifier_options;
use super::{Context, Exit, UsageError, output};
use crate::review::causes;
use crate::review::correction::revision;
use crate::store::record::NewDecision;
use crate::store::{OpenMode, Store};
use crate::words::some;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  echo '{\"candidate\":12,\"sample\":0,\"judgement\":\"equivalent\",\"cause\":\"notation\"}' | loong decide\n  \
                        echo '{\"candidate\":12,\"curation\":\"accept\",\"right\":\"both\"}' | loong decide --reviewer mia\n  \
                        echo '{\"candidate\":12,\"sample\":0,\"judgement\":\"different\",\"adjudicates\":true}' | loong decide\n  \
                        loong decide --undo\n  loong decide --whoami       who decides here, and which causes can be named\n\n\
                        Keys: candidate, sample (which response, counted from 0: the screen's response 3 is sample 2), \
                        judgement (equivalent, different, cant_tell), curation (accept, reject, flag), \
                        right (code, cot, both, neither), reverses, reviewer, note, cause (or its beginning), tags, \
                        blind, adjudicates (settles the pair over the others), batch (undone as one), \
                        revision (question, code, reference: what each is from now on; it is verified natively), \
                        about (the revised reference that a judgement or a side is about)"
)]
pub(super) struct DecideArgs {
    /// A file of decisions; `-` or nothing reads stdin
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Who decides, where a line does not say [default: the configuration's, else the user's name]
    #[arg(long, value_name = "NAME")]
    reviewer: Option<String>,
    /// Take this reviewer's latest decision back; what was decided at once goes back at once
    #[arg(long, conflicts_with_all = ["file", "redo"])]
    undo: bool,
    /// Put back what was taken back last
    #[arg(long, conflicts_with = "file")]
    redo: bool,
    /// Say who decides, and which causes can be named; decide nothing
    #[arg(long, conflicts_with_all = ["file", "undo", "redo"])]
    whoami: bool,
}

pub(super) fn run(context: &Context, args: &DecideArgs) -> anyhow::Result<Exit> {
    let reviewer = context.reviewer(args.reviewer.as_deref());
    let causes = causes::all(&context.config(context.find_project().as_deref())?.review.causes);
    if args.whoami {
        return whoami(context, &reviewer, &causes);
    }
    let (project, store) = context.store(OpenMode::Existing)?;
    let options = verifier_options(&context.config(Some(&project))?, None, &[])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if args.undo || args.redo {
        return runtime.block_on(turn(context, &store, args.redo, &reviewer));
    }
    let input: Box<dyn Read> = match args.file.as_deref() {
        Some(path) if path.as_os_str() != "-" => {
            Box::new(std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?)
        }
        _ => Box::new(std::io::stdin()),
    };
    let mut failed = 0;
    for (nth, line) in BufReader::new(input).lines().enumerate() {
        let line = line.context("the input is not UTF-8 text")?;
        if line.trim().is_empty() {
            continue;
        }
        let decided = serde_json::from_str::<NewDecision>(&line)
            .map_err(|e| UsageError(e.to_string()).into())
            .and_then(|mut decision| {
                if decision.reviewer.is_empty() {
                    decision.reviewer.clone_from(&reviewer);
                }
                if let Some(cause) = &mut decision.cause {
                    match causes::meant(cause, &causes) {
                        Some(name) => name.clone_into(cause),
                        None => context.say(&format!(
                            "line {}: `{cause}` is kept as a cause of your own; [review] causes in loong.toml lists it for all",
                            nth + 1
                        )),
                    }
                }
                if let Some(wanted) = decision.revision.take() {
                    let view = store.reader()?.candidate(decision.candidate)?;
                    decision.revision = Some(Box::new(revision(view, wanted.texts(), None, &options)));
                }
                let pair = (decision.candidate, decision.sample);
                runtime.block_on(store.decide(decision)).map_err(|error| no_sample(&store, pair).unwrap_or(error.into()))
            });
        match decided {
            Ok(decision) => output::print_json(&decision)?,
            Err(e) => {
                failed += 1;
                eprintln!("loong: line {}: {}", nth + 1, output::line(&e.to_string()));
            }
        }
    }
    runtime.block_on(store.close())?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

/// Where the candidate has no such response: what numbers its responses have.
fn no_sample(store: &Store, (candidate, sample): (i64, Option<u32>)) -> Option<anyhow::Error> {
    let view = store.reader().ok()?.candidate(candidate).ok()?;
    let sample = sample.filter(|sample| view.responses.iter().all(|r| r.record.sample != *sample))?;
    let there = some(view.responses.len() as u64, "response");
    let message = format!("candidate {candidate} has no sample {sample}; it has {there}, and `sample` counts from 0");
    Some(UsageError(message).into())
}

/// Takes back, or puts back, and prints what is appended as it is appended.
async fn turn(context: &Context, store: &Store, redo: bool, reviewer: &str) -> anyhow::Result<Exit> {
    let mut printed = Ok(());
    let came = store.turn(redo, reviewer, |reversals, _| {
        printed = reversals.iter().try_for_each(output::print_json);
        if printed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let came = came.await;
    printed?;
    if let Some(error) = came.failed {
        return Err(error.into());
    }
    if came.first.is_none() {
        let what = if redo { "put back" } else { "take back" };
        context.say(&format!("{reviewer} has nothing to {what}"));
    }
    Ok(Exit::Done)
}

fn whoami(context: &Context, reviewer: &str, causes: &[(String, String)]) -> anyhow::Result<Exit> {
    if context.flags.json {
        let names: Vec<&str> = causes.iter().map(|(name, _)| name.as_str()).collect();
        output::print_json(&serde_json::json!({"reviewer": reviewer, "causes": names}))?;
        return Ok(Exit::Done);
    }
    let mut text = format!(
        "You decide as {}. --reviewer, [screen] reviewer of the configuration or LOONG_REVIEWER says otherwise.\n\nCauses:\n",
        output::line(reviewer)
    );
    for (name, meaning) in causes {
        let _ = writeln!(text, "  {:<18}{meaning}", output::line(name));
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

/// The user's name, as the system tells it.
pub(super) fn user_name() -> String {
    ["LOONG_REVIEWER", "USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|v| std::env::var(v).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "anonymous".to_owned())
}
