//! `loong keys`: what every key does, from the live keymap.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::{Context, Exit, UsageError, output};
use crate::tui::keymap::Keymap;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong keys                what every key does, with your own keymap.toml over the default\n  \
                        loong keys --default      the default keymap file, to copy from"
)]
pub(super) struct KeysArgs {
    /// Print the default keymap file, which is the documentation too
    #[arg(long)]
    default: bool,
    /// Print a Markdown table
    #[arg(long, conflicts_with = "default")]
    markdown: bool,
}

/// A line of the keymap.
#[derive(Debug, Serialize)]
struct Line<'a> {
    place: &'static str,
    action: &'static str,
    keys: Vec<String>,
    does: &'a str,
}

pub(super) fn run(context: &Context, args: &KeysArgs) -> anyhow::Result<Exit> {
    if args.default {
        output::print(crate::tui::keymap::DEFAULT)?;
        return Ok(Exit::Done);
    }
    let keymap = keymap(context)?;
    let lines: Vec<Line<'_>> = keymap
        .all()
        .map(|(action, binding)| Line {
            place: binding.place.as_str(),
            action: action.as_str(),
            keys: binding.keys.iter().map(ToString::to_string).collect(),
            does: &binding.does,
        })
        .collect();
    if context.flags.json {
        for line in &lines {
            output::print_json(line)?;
        }
    } else if args.markdown {
        let mut text = String::from("| keys | what they do | action |\n|---|---|---|\n");
        for line in &lines {
            let keys: Vec<String> = line.keys.iter().map(|k| format!("`{}`", k.replace('|', "\\|"))).collect();
            let _ = writeln!(text, "| {} | {} | {} |", keys.join(" "), line.does, line.action);
        }
        output::print(&text)?;
    } else {
        // The sentence stands last: however long it is, it runs into nothing.
        let widest = |of: &dyn Fn(&Line<'_>) -> usize| lines.iter().map(of).max().unwrap_or(0) + 2;
        let (keys, actions) = (widest(&|l| l.keys.join(" ").width()), widest(&|l| l.action.width()));
        let mut text = String::new();
        let mut place = "";
        for line in &lines {
            if line.place != place {
                place = line.place;
                let gap = if text.is_empty() { "" } else { "\n" };
                let _ = writeln!(text, "{gap}[{place}]");
            }
            let _ = writeln!(text, "{:<keys$}{:<actions$}{}", line.keys.join(" "), line.action, line.does);
        }
        output::print(&text)?;
    }
    Ok(Exit::Done)
}

/// The default keymap with the user's file over it.
pub(super) fn keymap(context: &Context) -> anyhow::Result<Keymap> {
    let patch = context.paths.keymap_file();
    let loaded = match std::fs::read_to_string(&patch) {
        Ok(text) => Keymap::load(Some((&patch, &text))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Keymap::load(None),
        Err(e) => return Err(UsageError(format!("{} cannot be read: {e}", patch.display())).into()),
    };
    Ok(loaded.map_err(|e| UsageError(e.to_string()))?)
}
