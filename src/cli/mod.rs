//! The command line: one file a subcommand. It prints, and never draws.
//!
//! Facts go to stdout, everything else to stderr. Errors are sentences that say what to do. Exit codes: 0 done, 1 a check
//! or work failed, 2 usage, 3 this machine lacks something.

mod audit;
mod authoring;
mod bringing;
mod check;
mod checks;
mod completions;
mod config;
mod consent;
mod context;
mod decide;
mod desk;
mod doctor;
mod drafts;
mod estimate;
mod evidence;
mod export;
mod gauge;
mod guide;
mod import;
mod init;
mod keys;
mod lines;
mod list;
mod merge;
mod output;
mod own;
mod past;
mod people;
mod prices;
mod progress;
mod recipes;
mod reverify;
mod review;
mod run;
mod screen;
#[cfg(unix)]
mod second;
mod seeds;
mod serve;
mod show;
mod signals;
pub mod stats;
mod strategies;
pub mod table;
mod templates;
mod trust;
mod unread;
mod usage;
#[cfg(unix)]
mod venvs;
pub mod verify;
mod views;
mod wiring;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::ConfigError;
use crate::engine::EngineError;
use crate::interpreter::InterpreterError;
use crate::review::cleaned::clean;
use crate::store::StoreError;
use context::Context;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All done.
    Done,
    /// A check failed, or work failed.
    Failed,
    /// The command line, a configuration or a filter does not make sense.
    Usage,
    /// This machine lacks something, which was named.
    Lacking,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Lacking => 3,
        })
    }
}

/// A fault of usage, told in a sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// A workbench for synthetic reasoning data that can be checked.
#[derive(Debug, Parser)]
#[command(name = "loong", version, max_term_width = 100)]
#[command(after_help = "Without a command: the screen, on the project in this folder, else on the one used last.\n\n\
                  Try it: loong demo")]
struct Cli {
    #[command(flatten)]
    everywhere: Everywhere,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[allow(clippy::doc_markdown, reason = "doc comments are help texts here")]
pub struct Everywhere {
    /// The project's folder [default: this folder, else the project used last]
    #[arg(short = 'C', global = true, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Print facts as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Print no progress
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Log more (-v debug, -vv trace)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Print without colour
    #[arg(long, global = true)]
    no_color: bool,
    /// Use no network but the model endpoints; venvs must be there already
    #[arg(long, global = true)]
    offline: bool,
    /// Run programs without isolation. They can then read and change whatever you can
    #[arg(long, global = true)]
    unsafe_no_isolation: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The demo project on the screen: scripted model replies, everything else is real
    #[command(after_help = "Examples:\n  loong demo                 the loop and the screen\n  \
                            loong demo > log.txt       without a terminal: the loop to its end, as `loong run --demo` does")]
    Demo,
    /// Read and judge: the screen, or line by line with --plain
    Review(review::ReviewArgs),
    /// Make a project: loong.toml and an empty store
    Init(init::InitArgs),
    /// Run the loop: generate, execute, solve, verify, store
    Run(run::RunArgs),
    /// Import rollouts to audit
    Import(import::ImportArgs),
    /// Verify pairs: JSON Lines in, JSON Lines out
    Verify(verify::VerifyArgs),
    /// Verify the stored pairs again and list what flips
    Reverify(reverify::ReverifyArgs),
    /// The seed dataset: list, check, lint, new, edit, history, promote, import, pull
    Seeds(seeds::SeedsArgs),
    /// Families of template problems: list, check, show
    Templates(templates::TemplatesArgs),
    /// The bundled recipes: list, show
    Recipes(recipes::RecipesArgs),
    /// Guides: how to write seeds, template families, generator commands
    Guide(guide::GuideArgs),
    /// List candidates
    List(list::ListArgs),
    /// Show a candidate whole: answers, verdicts, decisions, provenance
    Show(show::ShowArgs),
    /// Decide: judgements, curations and reversals as JSON Lines
    Decide(decide::DecideArgs),
    /// How often the verifier is wrong: plan which pairs to judge, see how far it is
    Audit(audit::AuditArgs),
    /// Another verifier on the stored pairs, beside ours: Math-Verify, or anybody's grader
    #[cfg(unix)]
    Second(second::SecondArgs),
    /// The environment over the network: OpenEnv for trainers, POST /v1/verify
    Serve(serve::ServeArgs),
    /// Take other stores in: union by identity, in any order
    Merge(merge::MergeArgs),
    /// Figures of runs and of the verifier against people
    Stats(stats::StatsArgs),
    /// Write the curated dataset
    Export(export::ExportArgs),
    /// Python environments: list, build, prune, and which packages may be installed
    #[cfg(unix)]
    Venvs(venvs::VenvsArgs),
    /// What works on this machine, proven
    Doctor(doctor::DoctorArgs),
    /// The configuration: show, default, path, schema
    Config(config::ConfigArgs),
    /// What models cost, as far as is known, and as of when
    Prices(prices::PricesArgs),
    /// Which server may have which key, where a project puts the two together
    Trust(trust::TrustArgs),
    /// What every key of the screen does
    Keys(keys::KeysArgs),
    /// Completions for a shell
    Completions(completions::CompletionsArgs),
    /// Manual pages
    Man(completions::ManArgs),
}

/// Reads the command line, does what it says, and reports how that went.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().map(filter_word).collect();
    // Help and faults of usage are coloured too, before there are options.
    let plain = arguments.iter().take_while(|a| *a != "--").any(|a| a == "--no-color");
    let command = Cli::command().color(if plain { ColorChoice::Never } else { ColorChoice::Auto });
    let cli = match command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are asked for, and go to stdout with 0; everything else is a fault of usage.
            let asked = !e.use_stderr();
            match usage::told(&e) {
                Some(told) => drop(writeln!(std::io::stderr(), "loong: {}", output::line(&told))),
                None => drop(e.print()),
            }
            return if asked { Exit::Done } else { Exit::Usage }.into();
        }
    };
    let exit = dispatch(cli).unwrap_or_else(|error| {
        if output::is_closed_pipe(&error) {
            return Exit::Done;
        }
        let told = output::told(&error);
        tracing::error!("{told}");
        let _ = writeln!(std::io::stderr(), "loong: {}", output::line(&told));
        if let Some(ConfigError::Missing { lines, .. }) = error.downcast_ref() {
            let _ = writeln!(std::io::stderr(), "\nIn loong.toml:\n\n{}", clean(lines).trim_end());
        }
        exit_of(&error)
    });
    exit.into()
}

/// A filter may begin with `-` (`-verdict:equivalent`), which would be read as options: a space before it, which filters
/// do not mind, keeps it a word.
fn filter_word(argument: std::ffi::OsString) -> std::ffi::OsString {
    let negated = argument.to_str().and_then(|a| a.strip_prefix('-')).is_some_and(|rest| {
        let name = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '.' || c == '_')).unwrap_or(rest.len());
        name > 1 && rest[name..].starts_with([':', '~', '<', '>']) || rest.starts_with('(')
    });
    if negated { format!(" {}", argument.to_string_lossy()).into() } else { argument }
}

fn dispatch(cli: Cli) -> anyhow::Result<Exit> {
    // The filter needs neither project nor configuration, but for further tiers, and starts in milliseconds.
    if let Some(Command::Verify(args)) = &cli.command {
        let panel = verify::Panel::of(args, &cli.everywhere)?;
        let done = verify::run_with(args, panel.as_ref(), &mut std::io::stdin(), &mut std::io::stdout())?;
        return Ok(if done == 0 { Exit::Done } else { Exit::Failed });
    }
    // Neither do these, and packagers run them where there is no home.
    match &cli.command {
        Some(Command::Completions(args)) => return completions::completions(Cli::command(), args),
        Some(Command::Man(args)) => return completions::man(&Cli::command(), args),
        _ => {}
    }
    let context = Context::new(cli.everywhere)?;
    let _log = context.start_log();
    let Some(command) = cli.command else { return screen::run(&context, &screen::Wish::default()) };
    match command {
        Command::Demo => screen::demo(&context),
        Command::Review(args) if args.plain => review::plain(&context, &args),
        Command::Review(args) => screen::run(&context, &screen::Wish::review(args)),
        Command::Init(args) => init::run(&context, &args),
        Command::Run(args) => run::run(&context, &args),
        Command::Import(args) => import::run(&context, &args),
        Command::Verify(_) | Command::Completions(_) | Command::Man(_) => Ok(Exit::Done),
        Command::Reverify(args) => reverify::run(&context, &args),
        Command::Seeds(args) => seeds::run(&context, &args),
        Command::Templates(args) => templates::run(&context, &args),
        Command::Recipes(args) => recipes::run(&context, &args),
        Command::Guide(args) => guide::run(&context, &args),
        Command::List(args) => list::run(&context, &args),
        Command::Show(args) => show::run(&context, &args),
        Command::Decide(args) => decide::run(&context, &args),
        Command::Audit(args) => audit::run(&context, &args),
        #[cfg(unix)]
        Command::Second(args) => second::run(&context, &args),
        Command::Serve(args) => serve::run(&context, &args),
        Command::Merge(args) => merge::run(&context, &args),
        Command::Stats(args) => stats::run(&context, &args),
        Command::Export(args) => export::run(&context, &args),
        #[cfg(unix)]
        Command::Venvs(args) => venvs::run(&context, &args),
        Command::Doctor(args) => doctor::run(&context, &args),
        Command::Config(args) => config::run(&context, &args),
        Command::Prices(args) => prices::run(&context, &args),
        Command::Trust(args) => trust::run(&context, &args),
        Command::Keys(args) => keys::run(&context, &args),
    }
}

/// The exit code that an error asks for.
fn exit_of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if let Some(e) = cause.downcast_ref::<InterpreterError>() {
            return lacking(e);
        }
        if let Some(EngineError::Interpreter(e)) = cause.downcast_ref::<EngineError>() {
            return lacking(e);
        }
        if let Some(crate::export::ExportError::AllIsForRaw { .. }) = cause.downcast_ref() {
            return Exit::Usage;
        }
        if cause.is::<UsageError>()
            || cause.is::<crate::failure::UnknownWord>()
            || cause.is::<ConfigError>()
            || cause.is::<crate::store::filter::FilterError>()
        {
            return Exit::Usage;
        }
        if let Some(StoreError::Newer { .. }) = cause.downcast_ref::<StoreError>() {
            return Exit::Lacking;
        }
    }
    Exit::Failed
}

fn lacking(error: &InterpreterError) -> Exit {
    match error {
        InterpreterError::NoPython { .. } | InterpreterError::NoIsolation { .. } | InterpreterError::Venv { .. } => {
            Exit::Lacking
        }
        InterpreterError::Consent { .. } => Exit::Usage,
        InterpreterError::Worker { .. } => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    /// Columns that help has, less a little.
    const WIDE: usize = 98;

    /// Every command there is, each with the words that call it.
    fn all() -> Vec<(String, clap::Command)> {
        let mut all = vec![("loong".to_owned(), Cli::command())];
        let mut at = 0;
        while let Some((words, command)) = all.get(at).cloned() {
            all.extend(command.get_subcommands().map(|sub| (format!("{words} {}", sub.get_name()), sub.clone())));
            at += 1;
        }
        assert!(all.len() > 40, "{}", all.len());
        all
    }

    #[test]
    fn every_help_ends_with_an_example_of_its_command() {
        for (words, mut command) in all() {
            let help = command.render_long_help().to_string();
            // Where something is given to it, it begins behind the pipe.
            let example = help.lines().any(|line| {
                let line = line.trim_start();
                let line = line.strip_prefix("Example: ").or_else(|| line.strip_prefix("Try it: ")).unwrap_or(line);
                line.split("| ").any(|call| call.starts_with("loong ") && call.starts_with(&words))
            });
            assert!(example, "`{words} --help` has no example:\n{help}");
        }
    }

    /// What a group says that it has, it has.
    #[test]
    fn what_the_help_of_a_group_lists_can_be_called() {
        let mut listed = 0;
        for (words, command) in all().iter().skip(1).filter(|(_, command)| command.has_subcommands()) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let list = about.split_once(": ").map_or("", |(_, list)| list);
            for word in list.split(", ").filter(|word| !word.is_empty() && !word.contains(' ')) {
                assert!(command.find_subcommand(word).is_some(), "`{words} {word}`");
                listed += 1;
            }
        }
        assert!(listed > 20, "{listed}");
    }

    #[test]
    fn help_is_a_command_of_every_group() {
        for (words, command) in all() {
            if words == "loong" || command.has_subcommands() {
                let asked = words.split(' ').chain(["help"]);
                let said = Cli::command().try_get_matches_from(asked).unwrap_err();
                assert_eq!(said.kind(), clap::error::ErrorKind::DisplayHelp, "{words} help: {said}");
            } else {
                let asked = ["loong", "help"].into_iter().chain(words.split(' ').skip(1));
                let said = Cli::command().try_get_matches_from(asked).unwrap_err();
                assert_eq!(said.kind(), clap::error::ErrorKind::DisplayHelp, "help of {words}: {said}");
            }
        }
        assert!(Cli::command().try_get_matches_from(["loong"]).is_ok(), "alone it opens the screen");
    }

    /// A line that is wrapped once here and once more by the terminal is read twice.
    #[test]
    fn what_stands_below_the_options_is_not_wrapped_again() {
        let mut wide = Vec::new();
        for (_, command) in all() {
            let below = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines: Vec<&str> = below.lines().collect();
            // A paragraph is one line, and wrapped once: by the terminal.
            let alone =
                |at: usize| [at.wrapping_sub(1), at + 1].iter().all(|at| lines.get(*at).is_none_or(|l| l.is_empty()));
            let long = (0..lines.len()).filter(|at| lines[*at].chars().count() > WIDE && !alone(*at));
            wide.extend(long.map(|at| format!("{}: {}", command.get_name(), lines[at])));
        }
        assert!(wide.is_empty(), "{}", wide.join("\n"));
    }
}
