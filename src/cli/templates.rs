//! `loong templates`: families of template problems, listed, checked and shown.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use futures::StreamExt as _;
use serde_json::json;

use super::progress::Meter;
use super::table::{Align, Table};
use super::{Context, Exit, UsageError, consent, output};
use crate::generator::template::{Family, Instance, bundled, bundled_text, load};
use crate::interpreter::{Dependencies, Interpreter, InterpreterError, Job, PythonInterpreter, PythonSettings};
use crate::review::cleaned::clean;

#[derive(Debug, Args)]
#[command(
    after_help = "Example: loong templates show knapsack -n 2\nHow one is written: loong guide template-families"
)]
pub(super) struct TemplatesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List families
    #[command(after_help = "Example: loong templates list my/templates")]
    List {
        /// Files or folders [default: the bundled families]
        files: Vec<PathBuf>,
    },
    /// Name every fault of families, and execute some instances of each
    #[command(after_help = "Example: loong templates check my/templates -n 20")]
    Check {
        /// Files or folders [default: the bundled families]
        files: Vec<PathBuf>,
        /// Instances of each family that are executed, twice each
        #[arg(short = 'n', long, value_name = "N", default_value_t = 3)]
        instances: usize,
        /// Random seed of the instances
        #[arg(long, value_name = "SEED", default_value_t = 42)]
        rng_seed: u64,
    },
    /// Show instances of a family
    #[command(
        after_help = "Examples:\n  loong templates show knapsack -n 2\n  loong templates show knapsack --file > mine.toml"
    )]
    Show {
        /// A bundled family's name, or a file
        family: String,
        /// How many
        #[arg(short = 'n', long, value_name = "N", default_value_t = 1)]
        instances: usize,
        /// Random seed of the instances
        #[arg(long, value_name = "SEED", default_value_t = 42)]
        rng_seed: u64,
        /// Print the family's file, to copy from
        #[arg(long)]
        file: bool,
    },
}

pub(super) fn run(context: &Context, args: &TemplatesArgs) -> anyhow::Result<Exit> {
    match &args.what {
        What::List { files } => list(context, files),
        What::Check { files, instances, rng_seed } => check(context, files, *instances, *rng_seed),
        What::Show { family, instances, rng_seed, file } => show(context, family, *instances, *rng_seed, *file),
    }
}

/// The families of some files, or the bundled ones; none, with every fault told, where there are faults.
fn read(context: &Context, files: &[PathBuf]) -> anyhow::Result<Option<Vec<Family>>> {
    if files.is_empty() {
        return Ok(Some(bundled()));
    }
    match load(files) {
        Ok(families) => Ok(Some(families)),
        Err(faults) => {
            for fault in &faults {
                if context.flags.json {
                    let (file, line, key, message) = (&fault.file, fault.line, &fault.key, &fault.message);
                    output::print_json(&json!({"file": file, "line": line, "key": key, "fault": message}))?;
                } else {
                    output::print(&format!("{}\n", output::line(&fault.to_string())))?;
                }
            }
            Ok(None)
        }
    }
}

fn list(context: &Context, files: &[PathBuf]) -> anyhow::Result<Exit> {
    let Some(families) = read(context, files)? else { return Ok(Exit::Failed) };
    let mut table = Table::new(&[
        ("family", Align::Left),
        ("domain", Align::Left),
        ("needs", Align::Left),
        ("values", Align::Right),
        ("about", Align::Left),
    ]);
    for family in &families {
        if context.flags.json {
            output::print_json(&json!({
                "id": family.id, "family": family.name, "file": family.file, "domain": family.domain,
                "dependencies": family.dependencies, "values": family.positions(), "licence": family.licence,
                "title": family.title,
            }))?;
            continue;
        }
        table.row([
            family.name.clone(),
            family.domain.clone(),
            family.dependencies.as_slice().join(", "),
            family.positions().map_or_else(|| "drawn".to_owned(), |n| n.to_string()),
            family.title.clone(),
        ]);
    }
    if !context.flags.json {
        output::print(&table.render(output::width()))?;
    }
    Ok(Exit::Done)
}

fn show(context: &Context, name: &str, n: usize, rng_seed: u64, file: bool) -> anyhow::Result<Exit> {
    if let (true, Some(text)) = (file, bundled_text(name)) {
        output::print(text)?;
        return Ok(Exit::Done);
    }
    let family = match bundled().into_iter().find(|f| f.name == name) {
        Some(family) => family,
        None if PathBuf::from(name).is_file() => {
            let Some(families) = read(context, &[PathBuf::from(name)])? else { return Ok(Exit::Failed) };
            let Some(family) = families.into_iter().next() else { return Ok(Exit::Failed) };
            family
        }
        None => {
            let known: Vec<String> = bundled().into_iter().map(|f| f.name).collect();
            let message = format!("there is no file and no bundled family `{name}`; there is: {}", known.join(", "));
            return Err(UsageError(message).into());
        }
    };
    let mut text = String::new();
    for (nth, instance) in instances(&family, rng_seed, n)?.into_iter().enumerate() {
        if context.flags.json {
            let Instance { parameters, question, code } = instance;
            output::print_json(&json!({
                "family": family.name, "parameters": parameters, "question": question, "code": code,
            }))?;
            continue;
        }
        let parameters = serde_json::Value::from(instance.parameters).to_string();
        let _ = writeln!(text, "── {} · {} ──\n{}", output::line(&family.name), nth + 1, output::line(&parameters));
        let _ = writeln!(text, "\n{}\n\n{}\n", clean(&instance.question), clean(instance.code.trim_end()));
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

fn instances(family: &Family, rng_seed: u64, n: usize) -> anyhow::Result<Vec<Instance>> {
    family.instances(rng_seed, n).map_err(|e| anyhow::anyhow!("{e}"))
}

fn check(context: &Context, files: &[PathBuf], n: usize, rng_seed: u64) -> anyhow::Result<Exit> {
    let Some(families) = read(context, files)? else { return Ok(Exit::Failed) };
    let mut config = context.config(context.find_project().as_deref())?;
    let sets: Vec<Dependencies> = families.iter().map(|f| f.dependencies.clone()).collect();
    consent::ask(context, context.here(), &mut config, &sets)?;
    let meter = Arc::new(Meter::new(context.flags.quiet, false));
    let news = Arc::clone(&meter);
    let settings = context.python_settings(&config, Some(Arc::new(move |p| news.progress(&p))))?;
    let second = PythonSettings { hash_seed: 1, progress: None, ..settings.clone() };
    let interpreters = [PythonInterpreter::new(settings), PythonInterpreter::new(second)];
    let limits = config.interpreter.limits();

    let mut jobs = Vec::new();
    let mut faults: Vec<(String, String)> = Vec::new();
    for family in &families {
        match family.instances(rng_seed, n) {
            Ok(all) => jobs.extend(all.into_iter().map(|instance| (family, instance))),
            Err(e) => faults.push((family.name.clone(), e)),
        }
    }
    let executed = jobs.len();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        if !jobs.is_empty() {
            interpreters[0].prepare(&Dependencies::default()).await?;
        }
        meter.begin(jobs.len() as u64);
        let interpreters = &interpreters;
        let work = jobs.into_iter().map(|(family, instance)| async move {
            let job = Job { code: instance.code, dependencies: family.dependencies.clone(), limits };
            let told = answers(interpreters, &job).await?;
            let parameters = serde_json::Value::from(instance.parameters);
            Ok::<_, InterpreterError>(told.err().map(|e| (family.name.clone(), format!("{e} (with {parameters})"))))
        });
        let mut results = futures::stream::iter(work).buffered(8);
        while let Some(fault) = results.next().await {
            let fault = fault?;
            meter.step(if fault.is_some() { "failed" } else { "ran" });
            faults.extend(fault);
        }
        Ok::<_, anyhow::Error>(())
    })?;
    meter.finish();
    for (family, fault) in &faults {
        if context.flags.json {
            output::print_json(&json!({"family": family, "fault": fault}))?;
        } else {
            output::print(&format!("{}: {}\n", output::line(family), output::short(fault, 400)))?;
        }
    }
    let summary = json!({"families": families.len(), "executed": executed, "faults": faults.len()});
    if context.flags.json {
        output::print_json(&json!({ "summary": summary }))?;
    } else {
        let of = |n: usize, what: &str| format!("{n} {what}");
        let all =
            [of(families.len(), "families"), of(executed, "instances executed twice"), of(faults.len(), "faults")];
        output::print(&format!("{}\n", all.join(", ")))?;
    }
    Ok(if faults.is_empty() { Exit::Done } else { Exit::Failed })
}

/// What a program prints, twice the same, or why not, in a sentence.
async fn answers(interpreters: &[PythonInterpreter; 2], job: &Job) -> Result<Result<String, String>, InterpreterError> {
    let mut before: Option<String> = None;
    for interpreter in interpreters {
        let execution = interpreter.run(job.clone()).await?;
        let now = match execution.code_answer() {
            Ok(answer) => answer.to_owned(),
            Err((kind, message)) => return Ok(Err(format!("{kind}: {message}"))),
        };
        if let Some(before) = before.as_ref().filter(|before| **before != now) {
            return Ok(Err(format!("printed {now} after {before}")));
        }
        before = Some(now);
    }
    Ok(Ok(before.unwrap_or_default()))
}
