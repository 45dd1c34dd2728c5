//! `loong review`: its arguments, and reading and deciding line by line (`--plain`) for screen readers and pipes.
//!
//! A line in, an answer out: no colour, no cursor movement, nothing that is drawn over. [`command`] reads lines, [`page`]
//! writes a candidate down, [`session`] holds what the two are about, [`deeds`] says what was decided, [`correct`] has one
//! corrected in the editor.

mod command;
mod correct;
mod deeds;
mod page;
mod session;

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;

use self::command::Command;
use self::correct::Desk;
use self::session::{Session, Step};
use super::run::verifier_options;
use super::{Context, Exit, UsageError, output};
use crate::paths::STORE_FILE;
use crate::store::filter::Filter;
use crate::store::{OpenMode, Store, StoreError};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong review verdict:different\n  loong review --blind 'tier:text decided:no'\n  \
                  loong review --plain verdict:different      (then `help` lists what can be typed)\n  \
                  printf 'oe\\naccept\\n' | loong review --plain id:12"
)]
pub(super) struct ReviewArgs {
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    pub(super) filter: Vec<String>,
    /// Line by line, for screen readers and pipes
    #[arg(long)]
    pub(super) plain: bool,
    /// Hide verdicts until you have judged; decisions say so
    #[arg(long)]
    pub(super) blind: bool,
    /// Who decides [default: the configuration's, else the user's name]
    #[arg(long, value_name = "NAME")]
    pub(super) reviewer: Option<String>,
}

/// The project's store: for reading alone where its files may not be written.
fn opened(context: &Context) -> anyhow::Result<(PathBuf, Store)> {
    let kept = |path: PathBuf| std::fs::metadata(path).is_ok_and(|file| file.permissions().readonly());
    if kept(context.own_project()?.join(STORE_FILE)) {
        return context.store(OpenMode::ReadOnly);
    }
    match context.store(OpenMode::Existing) {
        // A folder or a medium that takes nothing shows only when the file is opened.
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Io { .. })) => {
            context.store(OpenMode::ReadOnly).map_err(|_| error)
        }
        opened => opened,
    }
}

/// Reads commands from stdin, a line each, until it ends or `quit`.
pub(super) fn plain(context: &Context, args: &ReviewArgs) -> anyhow::Result<Exit> {
    if context.flags.json {
        let message = "`review --plain` is written for people; `loong show ID --json` and `loong decide` speak JSON";
        return Err(UsageError(message.to_owned()).into());
    }
    let filter = Filter::parse(&args.filter.join(" "))?;
    let (project, store) = opened(context)?;
    if !store.is_read_only() {
        context.freshen(&filter)?;
    }
    let reviewer = context.reviewer(args.reviewer.as_deref());
    let desk =
        Desk { options: verifier_options(&context.config(Some(&project))?, None, &[])?, paths: context.paths.clone() };
    let mut session = Session::new(&store, filter, reviewer, args.blind, desk)?;
    if !context.flags.quiet {
        output::print(&session.greeting())?;
    }
    output::print(&session.here())?;
    let stdin = io::stdin();
    let asks = stdin.is_terminal() && io::stdout().is_terminal();
    let mut lines = stdin.lock();
    let mut bytes = Vec::new();
    let mut refused = false;
    loop {
        if asks {
            output::print("> ")?;
        }
        bytes.clear();
        if lines.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let step = match Command::read(&String::from_utf8_lossy(&bytes)) {
            Ok(command) => session.obey(command),
            Err(message) => Step::Refused(message),
        };
        match step {
            Step::Done(text) => output::print(&text)?,
            Step::Refused(message) => {
                refused = true;
                output::print(&format!("{}\n", output::line(&message)))?;
            }
            Step::Quit => break,
        }
    }
    output::print(&session.farewell())?;
    // Whoever types has read what was refused; a script is told by the exit code.
    Ok(if refused && !stdin.is_terminal() { Exit::Failed } else { Exit::Done })
}
