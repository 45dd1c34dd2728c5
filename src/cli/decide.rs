//! `loong decide`: decisions as JSON Lines, for scripts and for those who judge elsewhere.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{Context, Exit, UsageError, output};
use crate::store::OpenMode;
use crate::store::record::NewDecision;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  echo '{\"candidate\":12,\"sample\":0,\"judgement\":\"equivalent\",\"cause\":\"notation\"}' | loong decide\n  \
                        echo '{\"candidate\":12,\"curation\":\"accept\",\"right\":\"both\"}' | loong decide --reviewer mia\n  \
                        loong decide --undo\n\n\
                        Keys: candidate, sample, judgement (equivalent, different, cant_tell), curation (accept, reject, flag),\n\
                        right (code, cot, both, neither), reverses, reviewer, note, cause, tags, blind, batch (undone as one)"
)]
pub(super) struct DecideArgs {
    /// A file of decisions; `-` or nothing reads stdin
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Who decides, where a line does not say [default: the user's name]
    #[arg(long, value_name = "NAME")]
    reviewer: Option<String>,
    /// Take this reviewer's latest decision back; what was decided at once goes back at once
    #[arg(long, conflicts_with_all = ["file", "redo"])]
    undo: bool,
    /// Put back what was taken back last
    #[arg(long, conflicts_with = "file")]
    redo: bool,
}

pub(super) fn run(context: &Context, args: &DecideArgs) -> anyhow::Result<Exit> {
    let reviewer = args.reviewer.clone().unwrap_or_else(user_name);
    let (_, store) = context.store(OpenMode::Existing)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if args.undo || args.redo {
        let reversals = runtime
            .block_on(async { if args.undo { store.undo(&reviewer).await } else { store.redo(&reviewer).await } })?;
        for reversal in &reversals {
            output::print_json(reversal)?;
        }
        if reversals.is_empty() {
            let what = if args.undo { "take back" } else { "put back" };
            context.say(&format!("{reviewer} has nothing to {what}"));
        }
        return Ok(Exit::Done);
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
                runtime.block_on(store.decide(decision)).map_err(anyhow::Error::from)
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

/// The user's name, as the system tells it.
pub(super) fn user_name() -> String {
    ["LOONG_REVIEWER", "USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|v| std::env::var(v).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "anonymous".to_owned())
}
