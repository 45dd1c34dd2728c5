//! `loong venvs`: the Python environments that are kept, made ahead of time or removed; and what may be installed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::consent::{self, Consent};
use super::progress::Meter;
use super::table::{Align, Table};
use super::{Context, Exit, output, seeds, wiring};
use crate::dataset::Datapoint;
use crate::engine::escalate::Symbolic;
use crate::interpreter::{Dependencies, Fate, KeptVenv, PythonInterpreter, list, prune};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong venvs                       what is there, and what may be installed here\n  \
                        loong venvs build seeds.json      so that --offline works afterwards\n  \
                        loong venvs prune --older-than 7d"
)]
pub(super) struct VenvsArgs {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// What is there: packages, size, last use; and which packages were allowed in this project
    #[command(after_help = "Example: loong venvs list --json | jq 'select(.substituted != [])'")]
    List,
    /// Make every venv that seeds need, so that nothing has to be installed later
    #[command(after_help = "Examples:\n  loong venvs build my/seeds.json\n  \
                            loong venvs build --package sympy==1.13.3 --package numpy")]
    Build {
        /// Files or folders of seeds [default: the project's seeds, else the bundled ones]
        files: Vec<PathBuf>,
        /// Make one venv with these packages instead
        #[arg(long = "package", value_name = "NAME==VERSION", conflicts_with = "files")]
        packages: Vec<String>,
    },
    /// Remove the venvs that were not used for long, and what interrupted makings left; never one in use
    #[command(after_help = "Examples:\n  loong venvs prune --dry-run\n  loong venvs prune --older-than 12h")]
    Prune {
        /// Unused for so long: a number with s, m, h, d or w
        #[arg(long, value_name = "TIME", default_value = "30d", value_parser = duration)]
        older_than: Duration,
        /// All of them
        #[arg(long, conflicts_with = "older_than")]
        all: bool,
        /// Say what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Allow packages that are not on the list of known ones, in this project
    #[command(after_help = "Example: loong venvs allow python-chess")]
    Allow {
        /// Names of packages
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Take that back. What is installed stays; `loong venvs prune` removes it
    #[command(after_help = "Example: loong venvs forget python-chess")]
    Forget {
        /// Names of packages
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

pub(super) fn run(context: &Context, args: &VenvsArgs) -> anyhow::Result<Exit> {
    match &args.what {
        None | Some(What::List) => show(context),
        Some(What::Build { files, packages }) => build(context, files, packages),
        Some(What::Prune { older_than, all, dry_run }) => {
            sweep(context, if *all { Duration::ZERO } else { *older_than }, *dry_run)
        }
        Some(What::Allow { names }) => change(context, names, Consent::allow),
        Some(What::Forget { names }) => change(context, names, Consent::forget),
    }
}

/// A time such as `30d`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a number with s, m, h, d or w behind it, such as 30d".to_owned();
    let unit = match text.chars().next_back() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        Some('w') => 7 * 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(wrong)
}

/// What consent is given for: the folder one stands in, never the project used last.
fn place(context: &Context) -> PathBuf {
    context.here().to_owned()
}

fn read(context: &Context) -> anyhow::Result<Vec<KeptVenv>> {
    list(&context.paths.cache).with_context(|| format!("{} cannot be read", context.paths.cache.display()))
}

fn show(context: &Context) -> anyhow::Result<Exit> {
    let place = place(context);
    let consent = Consent::new(&context.paths);
    let allowed = consent.of(&place)?;
    let all = read(context)?;
    let bytes: u64 = all.iter().map(|venv| venv.bytes).sum();
    if context.flags.json {
        for venv in &all {
            output::print_json(&fields(venv))?;
        }
        output::print_json(&json!({"summary": {
            "venvs": all.len(), "bytes": bytes, "folder": context.paths.cache.join("venvs"),
            "project": place, "allowed": allowed, "consent_file": consent.path(),
        }}))?;
        return Ok(Exit::Done);
    }
    let mut text = if all.is_empty() { String::new() } else { table(&all).render(output::width()) };
    let folder = context.paths.cache.join("venvs");
    let mut line = |told: String| text.extend([output::line(&told).as_str(), "\n"]);
    line(format!("{} venvs, {}, in {}", all.len(), size(bytes), folder.display()));
    if !allowed.is_empty() {
        line(format!("allowed in {}: {} ({})", place.display(), joined(&allowed), consent.path().display()));
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

/// Names in a row.
fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A venv as JSON.
fn fields(venv: &KeptVenv) -> serde_json::Value {
    let used = venv.used.and_then(|at| jiff::Timestamp::try_from(at).ok()).map(|at| format!("{at:.0}"));
    json!({
        "id": venv.id, "python": venv.python, "packages": venv.requirements, "substituted": venv.substituted,
        "installed": venv.installed, "bytes": venv.bytes, "used": used, "ready": venv.ready, "in_use": venv.held,
    })
}

fn table(all: &[KeptVenv]) -> Table {
    let mut table = Table::new(&[
        ("venv", Align::Left),
        ("python", Align::Left),
        ("size", Align::Right),
        ("last used", Align::Left),
        ("packages", Align::Left),
    ]);
    for venv in all {
        let used = match (venv.held, venv.ready) {
            (true, true) => "now".to_owned(),
            (true, false) => "being made".to_owned(),
            (false, _) => venv.used.map(ago).unwrap_or_default(),
        };
        let mut packages = venv.requirements.join(", ");
        if !venv.ready {
            "(not finished)".clone_into(&mut packages);
        }
        if !venv.substituted.is_empty() {
            packages = format!("{packages}; but {}", venv.substituted.join(", "));
        }
        table.row([venv.id.clone(), venv.python.clone(), size(venv.bytes), used, packages]);
    }
    table
}

/// A time in the past, for a person.
fn ago(at: std::time::SystemTime) -> String {
    let seconds = at.elapsed().unwrap_or_default().as_secs();
    match (seconds / 86_400, seconds / 3600) {
        (0, 0) => "this hour".to_owned(),
        (0, 1) => "1 hour ago".to_owned(),
        (0, hours) => format!("{hours} hours ago"),
        (1, _) => "1 day ago".to_owned(),
        (days, _) => format!("{days} days ago"),
    }
}

/// Bytes, for a person.
fn size(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{} KB", bytes.div_ceil(1 << 10)) } else { format!("{} MB", bytes >> 20) }
}

fn sweep(context: &Context, unused_for: Duration, dry_run: bool) -> anyhow::Result<Exit> {
    let told = prune(&context.paths.cache, unused_for, dry_run)
        .with_context(|| format!("{} cannot be read", context.paths.cache.display()))?;
    let mut exit = Exit::Done;
    let (mut removed, mut bytes) = (0, 0);
    for pruned in &told {
        let venv = &pruned.venv;
        let (word, why) = match &pruned.fate {
            Fate::Removed if dry_run => ("would be removed", None),
            Fate::Removed => ("removed", None),
            Fate::InUse => ("in use", None),
            Fate::Failed(why) => ("failed", Some(why)),
        };
        if pruned.fate == Fate::Removed {
            (removed, bytes) = (removed + 1, bytes + venv.bytes);
        }
        if why.is_some() {
            exit = Exit::Failed;
        }
        if context.flags.json {
            let mut line = fields(venv);
            line["fate"] = word.into();
            line["message"] = why.map(String::as_str).into();
            output::print_json(&line)?;
        } else {
            let packages = if venv.ready { venv.requirements.join(", ") } else { "(not finished)".to_owned() };
            let why = why.map_or_else(String::new, |why| format!(" ({why})"));
            output::print(&format!("{word}  {}  {}\n", venv.id, output::line(&format!("{packages}{why}"))))?;
        }
    }
    let word = if dry_run { "would be removed" } else { "removed" };
    if context.flags.json {
        output::print_json(&json!({"summary": {"removed": removed, "bytes": bytes, "dry_run": dry_run}}))?;
    } else {
        output::print(&format!("{removed} {word}, {}\n", size(bytes)))?;
    }
    Ok(exit)
}

fn change(
    context: &Context,
    names: &[String],
    change: impl Fn(&Consent, &Path, &[String]) -> anyhow::Result<()>,
) -> anyhow::Result<Exit> {
    let place = place(context);
    let consent = Consent::new(&context.paths);
    change(&consent, &place, &consent::names(names)?)?;
    let allowed = consent.of(&place)?;
    if context.flags.json {
        output::print_json(&json!({"project": place, "allowed": allowed, "consent_file": consent.path()}))?;
    } else {
        let names = if allowed.is_empty() { "nothing but what is known".to_owned() } else { joined(&allowed) };
        output::print(&format!("allowed in {}: {names}\n", output::line(&place.display().to_string())))?;
    }
    Ok(Exit::Done)
}

fn build(context: &Context, files: &[PathBuf], packages: &[String]) -> anyhow::Result<Exit> {
    let place = place(context);
    let mut config = context.config(context.find_project().as_deref())?;
    let (mut sets, bad) = if packages.is_empty() {
        let (seeds, bad) = if files.is_empty() {
            let (seeds, rows) = wiring::seeds(&place, &config)?;
            (seeds, seeds::tell(&rows))
        } else {
            seeds::load(context, files)?
        };
        let mut sets: Vec<Dependencies> = seeds.iter().map(Datapoint::dependencies).collect();
        if config.verifier.symbolic {
            sets.push(Symbolic::dependencies());
        }
        (sets, bad)
    } else {
        (vec![Dependencies::new(packages)], 0)
    };
    consent::ask(context, &place, &mut config, &sets)?;
    sets.retain(|set| !set.as_slice().is_empty());
    sets.sort();
    sets.dedup();
    let meter = Arc::new(Meter::new(context.flags.quiet, false));
    let news = Arc::clone(&meter);
    let interpreter =
        PythonInterpreter::new(context.python_settings(&config, Some(Arc::new(move |p| news.progress(&p))))?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    meter.begin(sets.len() as u64);
    let mut failed = 0;
    for set in &sets {
        let made = runtime.block_on(interpreter.make_venv(set));
        meter.step(if made.is_ok() { "ready" } else { "failed" });
        failed += usize::from(made.is_err());
        let shown = set.as_slice().join(", ");
        if context.flags.json {
            let (substituted, error) = match &made {
                Ok(substituted) => (substituted.as_slice(), None),
                Err(e) => (&[][..], Some(e.to_string())),
            };
            output::print_json(&json!({
                "packages": set, "ready": made.is_ok(), "substituted": substituted, "error": error,
            }))?;
        } else {
            match &made {
                Ok(substituted) if substituted.is_empty() => meter.note(&format!("ready: {shown}")),
                Ok(substituted) => meter.note(&format!("ready: {shown}; but {}", substituted.join(", "))),
                Err(e) => output::print(&format!("failed: {}\n", output::line(&e.to_string())))?,
            }
        }
    }
    meter.finish();
    let ready = sets.len() - failed;
    if context.flags.json {
        let summary = json!({"venvs": sets.len(), "ready": ready, "failed": failed, "unreadable_rows": bad});
        output::print_json(&json!({"summary": summary}))?;
    } else {
        output::print(&format!("{ready} of {} venvs are ready\n", sets.len()))?;
    }
    Ok(if failed == 0 && bad == 0 { Exit::Done } else { Exit::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_a_unit() {
        for (text, seconds) in [("30d", 2_592_000), ("12h", 43_200), ("0s", 0), ("2w", 1_209_600), ("5m", 300)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "d", "30", "-1d", "1.5d", "3 d", "99999999999999999999d", "18446744073709551615w", "3é"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
