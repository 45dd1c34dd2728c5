//! `loong seeds new`, `edit`, `promote` and `lint`: seeds written in an editor or taken from what was accepted, and looked at
//! with the eyes of whoever will use them.

use std::collections::{BTreeMap, HashMap};
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use futures::StreamExt as _;
use serde::Serialize;
use serde_json::json;

use super::check::Checker;
use super::progress::Meter;
use super::seeds::load;
use super::table::{Align, Table};
use super::{Context, Exit, UsageError, consent, output, own, wiring};
use crate::config::Config;
use crate::dataset::{
    Datapoint, Finding, StaticDataset, Strictness, domain_slug, from_sheet, lint, lint_handed_on, sheet,
};
use crate::failure::FailureKind;
use crate::interpreter::Dependencies;
use crate::likeness::{ALIKE, Sketch, Sketches};
use crate::review::promotion::{Unfit, promoted};
use crate::store::OpenMode;
use crate::tui::terminal::{Edited, edit};
use crate::verifier::Outcome;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong seeds new --domain logic          in your editor\n  \
                        loong seeds new --sheet seed.txt        from a sheet; - is standard input\n\n\
                        A sheet has four texts under marks: question, rationale (Python that prints the answer), final_answer \
                        and metadata (JSON). On save it is linted and its code is run; it goes to the project's seeds.")]
pub(super) struct NewArgs {
    /// Its domain
    #[arg(long, value_name = "D", default_value = "logic")]
    domain: String,
    /// Read the sheet from this file instead of opening the editor
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Keep it without running its code
    #[arg(long)]
    no_check: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong seeds edit 5f2c                   the seed whose id begins so (`loong seeds list`)\n  \
                        loong seeds edit 5f2c --sheet seed.txt  its new sheet from a file; - is standard input"
)]
pub(super) struct EditArgs {
    /// Its id, or the beginning of it
    #[arg(value_name = "ID")]
    id: String,
    /// Read the sheet from this file instead of opening the editor
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Keep it without running its code
    #[arg(long)]
    no_check: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  loong seeds promote 12 40 41     what was accepted becomes seeds of the project")]
pub(super) struct PromoteArgs {
    /// Numbers of candidates
    #[arg(value_name = "ID", required = true)]
    ids: Vec<i64>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong seeds lint my/seeds.json          schema, licence, date, versions, doubles, leaks\n  \
                        loong seeds lint --run my/              runs each program twice as well"
)]
pub(super) struct LintArgs {
    /// Files or folders [default: run.seeds of the project here, else the bundled seeds]
    files: Vec<PathBuf>,
    /// Run each program twice, isolated
    #[arg(long)]
    run: bool,
}

/// The sheet of a seed that nobody has written yet.
fn blank(domain: &str) -> Datapoint {
    let metadata = json!({
        "domain": domain_slug(domain), "license": "CC0-1.0", "source": "", "contributor": "",
        "date_created": jiff::Zoned::now().date().to_string(), "difficulty": 2, "subdomain": "", "tags": [],
        "required_dependencies": [],
    });
    let metadata = metadata.as_object().cloned().unwrap_or_default();
    Datapoint::new("", "print()\n", "", metadata)
}

pub(super) fn new(context: &Context, args: &NewArgs) -> anyhow::Result<Exit> {
    let project = context.own_project()?;
    write(context, &project, None, &blank(&args.domain), args.sheet.as_deref(), !args.no_check)
}

pub(super) fn change(context: &Context, args: &EditArgs) -> anyhow::Result<Exit> {
    let project = context.own_project()?;
    let config = context.config(Some(&project))?;
    let (seeds, _) = wiring::all_seeds(&project, &config, u64::MAX)?;
    let found: Vec<&Datapoint> = seeds.iter().filter(|seed| seed.id.starts_with(&args.id)).collect();
    let seed = match found.as_slice() {
        [one] => *one,
        [] => {
            return Err(UsageError(format!("no seed's id begins with {}; `loong seeds list` has all", args.id)).into());
        }
        many => {
            return Err(
                UsageError(format!("{} seeds' ids begin with {}; write more of it", many.len(), args.id)).into()
            );
        }
    };
    write(context, &project, Some(seed), seed, args.sheet.as_deref(), !args.no_check)
}

/// Takes a sheet from the editor or a file until it makes a seed, and writes that. What was typed is not lost with the
/// editor, whatever ends it.
fn write(
    context: &Context,
    project: &Path,
    old: Option<&Datapoint>,
    from: &Datapoint,
    file: Option<&Path>,
    check: bool,
) -> anyhow::Result<Exit> {
    let mut typed = None;
    write_typed(context, project, old, from, file, check, &mut typed).map_err(|e| match typed {
        Some(text) => {
            let told = output::told(&e);
            e.context(format!("{told}{}", kept(context.here(), &text)))
        }
        None => e,
    })
}

/// The same; what of the editor is in no seed is in `typed`.
fn write_typed(
    context: &Context,
    project: &Path,
    old: Option<&Datapoint>,
    from: &Datapoint,
    file: Option<&Path>,
    check: bool,
    typed: &mut Option<String>,
) -> anyhow::Result<Exit> {
    let config = context.config(Some(project))?;
    let asked = file.is_none() && std::io::stdin().is_terminal();
    if file.is_none() && !asked {
        return Err(
            UsageError("there is no terminal to edit in; --sheet FILE reads the seed from a file".to_owned()).into()
        );
    }
    let mut text = sheet(from);
    loop {
        text = match file {
            Some(file) => read(file)?,
            None => match edit(&text, ".md").map_err(|e| UsageError(e.to_string()))? {
                Edited::Changed(text) => text,
                Edited::Unchanged if typed.is_some() => {
                    return Err(UsageError("nothing was changed since, and this is not kept".to_owned()).into());
                }
                Edited::Unchanged => {
                    context.say("nothing was changed, and nothing is written");
                    return Ok(Exit::Done);
                }
            },
        };
        *typed = asked.then(|| text.clone());
        let wrong = match from_sheet(&text, from) {
            Err(why) => Some(why),
            Ok(seed) => {
                for finding in lint(&seed).into_iter().chain(lint_handed_on(&seed)) {
                    context.say(&format!("! {}: {}", finding.name, finding.told));
                }
                let failed = if check { ran(context, &config, &seed)? } else { None };
                match failed {
                    Some(why) => Some(format!("{why} (--no-check keeps it all the same)")),
                    None => match own::write(project, &config, old, &seed) {
                        Ok(written) => {
                            *typed = None;
                            if context.flags.json {
                                output::print_json(&json!({"id": written.id, "told": written.told}))?;
                            } else {
                                output::print(&format!("{}  {}\n", written.id, output::line(&written.told)))?;
                            }
                            return Ok(Exit::Done);
                        }
                        Err(why) => Some(why),
                    },
                }
            }
        };
        let why = wrong.unwrap_or_default();
        if !asked || !again(context, &why)? {
            return Err(UsageError(why).into());
        }
    }
}

/// Says what is wrong, and whether the user wants to go on in the editor.
fn again(context: &Context, why: &str) -> anyhow::Result<bool> {
    context.say(&format!("this is not kept: {why}"));
    eprint!("Edit on? [Y/n] ");
    let mut word = String::new();
    if std::io::stdin().read_line(&mut word)? == 0 {
        return Ok(false);
    }
    Ok(!word.trim().eq_ignore_ascii_case("n"))
}

/// Where a sheet went that makes no seed: into the folder, else where temporary files are.
fn kept(folder: &Path, text: &str) -> String {
    match kept_in(folder, text).or_else(|_| kept_in(&std::env::temp_dir(), text)) {
        Ok(path) => format!("; the sheet is in {}, --sheet reads it", path.display()),
        Err(e) => format!("; the sheet could not be kept ({e})"),
    }
}

/// Writes a sheet into a folder, under a name that nothing has there.
fn kept_in(folder: &Path, text: &str) -> std::io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let name = if number == 1 { "seed-not-kept.md".to_owned() } else { format!("seed-not-kept-{number}.md") };
        let path = folder.join(name);
        let mut options = std::fs::OpenOptions::new();
        // Nobody else reads what lies among temporary files.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.write(true).create_new(true).open(&path) {
            Ok(mut file) => return file.write_all(text.as_bytes()).map(|()| path),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(e) => return Err(e),
        }
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(file).map_err(|e| anyhow::anyhow!("{} can't be read: {e}", file.display()))?;
    }
    Ok(text)
}

/// Why a seed's code does not print its answer each time; `None` where it does.
fn ran(context: &Context, config: &Config, seed: &Datapoint) -> anyhow::Result<Option<String>> {
    let mut config = config.clone();
    consent::ask(context, context.here(), &mut config, &[seed.dependencies()])?;
    let checker = Checker::new(context, &config, None)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        checker.prepare().await?;
        let checked = checker.check(seed).await?;
        Ok(match checked.verdict {
            Some(Outcome::Equivalent) => None,
            Some(_) => {
                let printed = output::short(checked.stdout.trim(), 80);
                Some(format!("its code printed {printed}, and the answer is {}: {}", seed.final_answer, checked.reason))
            }
            None => Some(format!("{}: {}", checked.status, checked.reason)),
        })
    })
}

pub(super) fn promote(context: &Context, args: &PromoteArgs) -> anyhow::Result<Exit> {
    let project = context.own_project()?;
    let config = context.config(Some(&project))?;
    let (_, store) = context.store(OpenMode::ReadOnly)?;
    let reader = store.reader()?;
    let mut all = true;
    for id in &args.ids {
        let written = match promoted(&reader.candidate(*id)?.current()) {
            Ok(seed) => own::write(&project, &config, None, &seed),
            Err(Unfit::NotAccepted) => Err("nobody accepted it; `loong decide` or the review screen does".to_owned()),
            Err(Unfit::NoCode) => Err("it has no code that prints its answer".to_owned()),
            Err(Unfit::ReferenceWrong) => {
                Err("a person said that its answer is wrong; correct it on the review screen first".to_owned())
            }
        };
        match written {
            Ok(written) => {
                let told = format!("promoted to a seed, {}", written.told);
                if context.flags.json {
                    output::print_json(&json!({"candidate": id, "id": written.id, "told": told}))?;
                } else {
                    output::print(&format!("{id}  {}\n", output::line(&told)))?;
                }
            }
            Err(why) => {
                all = false;
                context.say(&format!("candidate {id} is left as it is: {why}"));
            }
        }
    }
    Ok(if all { Exit::Done } else { Exit::Failed })
}

/// A finding with its place.
#[derive(Debug, Serialize)]
struct Found {
    file: String,
    row: usize,
    id: String,
    finding: String,
    told: String,
}

pub(super) fn look(context: &Context, args: &LintArgs) -> anyhow::Result<Exit> {
    let (seeds, bad) = if args.files.is_empty() {
        let (seeds, _) = load(context, &args.files)?;
        (seeds, Vec::new())
    } else {
        StaticDataset::load(&args.files, Strictness::Lenient)?
    };
    let mut found: Vec<Found> = Vec::new();
    for row in &bad {
        let told = row.to_string();
        found.push(Found { file: String::new(), row: 0, id: String::new(), finding: "unreadable".to_owned(), told });
    }
    for seed in seeds.iter() {
        let all = lint(seed).into_iter().chain(lint_handed_on(seed));
        found.extend(all.map(|Finding { name, told }| at(seed, name, told)));
    }
    found.extend(doubles(&seeds));
    if args.run {
        found.extend(executed(context, &seeds)?);
    }
    found.sort_by(|a, b| (&a.file, a.row).cmp(&(&b.file, b.row)));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &found {
        *counts.entry(&one.finding).or_default() += 1;
    }
    if context.flags.json {
        for one in &found {
            output::print_json(one)?;
        }
        output::print_json(&json!({"summary": {"seeds": seeds.len(), "findings": counts}}))?;
    } else {
        let mut table = Table::new(&[("seed", Align::Left), ("finding", Align::Left), ("what", Align::Left)]);
        for one in &found {
            let place = if one.row == 0 { one.file.clone() } else { format!("{}:{}", one.file, one.row) };
            table.row([output::line(&place), one.finding.clone(), output::line(&one.told)]);
        }
        if !found.is_empty() {
            output::print(&table.render(output::width()))?;
        }
        let all: Vec<String> = counts.iter().map(|(name, n)| format!("{n} {name}")).collect();
        let told = if all.is_empty() { "nothing is found".to_owned() } else { all.join(", ") };
        let how = if args.run { "" } else { "; --run executes each program twice as well" };
        context.say(&format!("{} seeds: {told}{how}", seeds.len()));
    }
    Ok(if found.is_empty() { Exit::Done } else { Exit::Failed })
}

fn at(seed: &Datapoint, finding: &str, told: String) -> Found {
    Found {
        file: seed.place.as_ref().map(|place| place.file.to_string()).unwrap_or_default(),
        row: seed.place.as_ref().map_or(0, |place| place.row),
        id: seed.id.clone(),
        finding: finding.to_owned(),
        told,
    }
}

/// Seeds that ask what an earlier one asks, word for word or nearly.
fn doubles(seeds: &StaticDataset) -> Vec<Found> {
    let mut found = Vec::new();
    let mut exact: HashMap<&str, &Datapoint> = HashMap::new();
    let (mut sketches, mut sketched) = (Sketches::new(ALIKE), Vec::new());
    for seed in seeds.iter() {
        let place = |other: &Datapoint| {
            other.place.as_ref().map_or_else(|| other.id.clone(), |place| format!("{}:{}", place.file, place.row))
        };
        if let Some(other) = exact.get(seed.question.trim()) {
            found.push(at(seed, "duplicate", format!("it asks what {} asks", place(other))));
            continue;
        }
        exact.insert(seed.question.trim(), seed);
        let sketch = Sketch::of(&seed.question);
        if let Some(other) = sketches.find(&sketch) {
            found.push(at(seed, "near-duplicate", format!("it is nearly what {} asks", place(sketched[other]))));
        }
        sketches.put(sketch);
        sketched.push(seed);
    }
    found
}

/// What two runs of each program tell.
fn executed(context: &Context, seeds: &StaticDataset) -> anyhow::Result<Vec<Found>> {
    let mut config = context.config(context.find_project().as_deref())?;
    let sets: Vec<Dependencies> = seeds.iter().map(Datapoint::dependencies).collect();
    consent::ask(context, context.here(), &mut config, &sets)?;
    let meter = Arc::new(Meter::new(context.flags.quiet, false));
    let news = Arc::clone(&meter);
    let checker = Checker::new(context, &config, Some(Arc::new(move |p| news.progress(&p))))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ran = runtime.block_on(async {
        checker.prepare().await?;
        meter.begin(seeds.len() as u64);
        let mut found = Vec::new();
        let checker = &checker;
        let work = seeds.iter().map(|seed| async move { (seed, checker.check_twice(seed).await) });
        let mut results = futures::stream::iter(work).buffered(checker.width * 2);
        while let Some((seed, checked)) = results.next().await {
            let checked = checked?;
            meter.step(match checked.verdict {
                Some(outcome) => outcome.as_str(),
                None => &checked.status,
            });
            match checked.verdict {
                Some(Outcome::Equivalent) => {}
                Some(outcome) => {
                    let printed = output::short(checked.stdout.trim(), 60);
                    let told = format!(
                        "its code prints {printed}, the answer is {}: {outcome}",
                        output::short(&seed.final_answer, 60)
                    );
                    found.push(at(seed, "answer not printed", told));
                }
                None if checked.status == FailureKind::VenvError.as_str() => {
                    found.push(at(seed, "not installable", checked.reason));
                }
                None => found.push(at(seed, &checked.status, checked.reason)),
            }
        }
        anyhow::Ok(found)
    });
    meter.finish();
    ran
}
