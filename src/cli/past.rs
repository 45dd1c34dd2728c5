//! `loong seeds history`: how a seed became what it is, and back to how it was.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use serde_json::json;
use similar::TextDiff;

use super::{Context, Exit, UsageError, output, own, wiring};
use crate::dataset::history::{State, changes, states};
use crate::dataset::{Datapoint, sheet};
use crate::review::cleaned::clean;

/// Characters of a question in the list of changes.
const TITLE: usize = 60;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong seeds history                  what was changed in this project, latest last\n  \
                        loong seeds history 5f2c             every state of a seed, and what changed\n  \
                        loong seeds history 5f2c --back 2    makes it what it was in state 2"
)]
pub(super) struct HistoryArgs {
    /// The id that the seed has or once had, or its beginning [default: all changes]
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Put back the state of this number, which is a change like every other
    #[arg(long, value_name = "STATE", requires = "id")]
    back: Option<usize>,
}

pub(super) fn run(context: &Context, args: &HistoryArgs) -> anyhow::Result<Exit> {
    let project = context.own_project()?;
    let (all, bad) = changes(&project)?;
    if bad > 0 {
        context.say(&format!("{bad} lines of seed-history.jsonl can't be read and are left out"));
    }
    let Some(wanted) = &args.id else {
        for change in &all {
            if context.flags.json {
                output::print_json(change)?;
            } else {
                let seed = Datapoint::from_value(change.is.clone());
                let title = seed.map_or_else(|e| e.to_string(), |seed| output::short(&seed.question, TITLE));
                let how = if change.was_id.is_some() { "changed" } else { "new" };
                output::print(&format!("{}  {}  {how:<7}  {title}\n", moment(&change.at), output::line(&change.id)))?;
            }
        }
        if all.is_empty() {
            context.say("no seed was changed in this project yet");
        }
        return Ok(Exit::Done);
    };
    let ids = || all.iter().flat_map(|c| [Some(&c.id), c.was_id.as_ref()]).flatten();
    let Some(id) = ids().rev().find(|id| id.starts_with(wanted.as_str())) else {
        let message = format!("nothing is known of a seed {wanted}; `loong seeds history` lists all changes");
        return Err(UsageError(message).into());
    };
    let states = states(&all, id);
    match args.back {
        Some(number) => back(context, &project, &states, number),
        None => show(context, &states),
    }
}

/// A timestamp to the second.
fn moment(at: &str) -> String {
    output::line(at).chars().take(19).collect::<String>().replace('T', " ")
}

fn show(context: &Context, states: &[State]) -> anyhow::Result<Exit> {
    let mut before: Option<String> = None;
    for (number, state) in (1..).zip(states) {
        if context.flags.json {
            output::print_json(&json!({
                "state": number, "since": state.since, "file": state.file, "id": state.seed.id,
                "seed": state.seed.to_value(),
            }))?;
            continue;
        }
        let since = state.since.as_deref().map_or_else(|| "from the beginning".to_owned(), moment);
        let mut text = format!("state {number}  {since}  {}\n", output::line(&state.seed.id));
        let now = sheet(&state.seed);
        match &before {
            None => text.extend([clean(&now), "\n".to_owned()]),
            Some(before) => {
                for hunk in TextDiff::from_lines(before, &now).unified_diff().context_radius(1).iter_hunks() {
                    for change in hunk.iter_changes() {
                        let _ = write!(text, "  {}{}", change.tag(), clean(change.value()));
                    }
                    text.push('\n');
                }
            }
        }
        output::print(&text)?;
        before = Some(now);
    }
    Ok(Exit::Done)
}

fn back(context: &Context, project: &Path, states: &[State], number: usize) -> anyhow::Result<Exit> {
    let Some(state) = number.checked_sub(1).and_then(|at| states.get(at)) else {
        let message = format!("there are states 1 to {}", states.len());
        return Err(UsageError(message).into());
    };
    let config = context.config(Some(project))?;
    let (seeds, _) = wiring::all_seeds(project, &config, u64::MAX)?;
    let now = states.last().and_then(|state| seeds.by_id(&state.seed.id));
    let Some(now) = now else {
        let message = "the seed as it was changed last is in no file of this project any more; `loong seeds new --sheet` \
                       makes a seed of a sheet";
        return Err(UsageError(message.to_owned()).into());
    };
    if now.to_value() == state.seed.to_value() {
        context.say(&format!("it is as it was in state {number}; nothing is written"));
        return Ok(Exit::Done);
    }
    let written = own::write(project, &config, Some(now), &state.seed).map_err(UsageError)?;
    if context.flags.json {
        output::print_json(&json!({"id": written.id, "told": written.told}))?;
    } else {
        output::print(&format!("{}  {}\n", written.id, output::line(&written.told)))?;
    }
    Ok(Exit::Done)
}
