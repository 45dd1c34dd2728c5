//! `loong run`: the loop without a screen.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use super::context::or_cores;
use super::progress::Meter;
use super::{Context, Exit, UsageError, output};
use crate::config::{Config, InterpreterConfig, ModelConfig};
use crate::dataset::{StaticDataset, Strictness};
use crate::engine::{Budget, Concurrency, Control, Ended, EngineEvent, EngineRecipe, Mode, Models, Ports, Report};
use crate::generator::few_shot::{self, FewShot};
use crate::interpreter::{PythonInterpreter, PythonSettings};
use crate::model::scripted::Scripted;
use crate::model::{ChatModel, EndpointConfig, KeySource, OpenAiChat};
use crate::paths::{PROJECT_FILE, STORE_FILE};
use crate::store::record::RunState;
use crate::store::{OpenMode, Store};
use crate::verifier::{Preset, RuleVerifier, Verifier, VerifierOptions};

/// The demo's recipe, which also is its project file.
const DEMO: &str = include_str!("../../assets/demo/loong.toml");

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong run --demo             the whole loop on scripted replies, no model needed\n  \
                        loong run -n 200             200 candidates; killed and run again, it goes on\n  \
                        loong run -n 5 --json | jq   every event as a line of JSON"
)]
pub(super) struct RunArgs {
    /// The demo project: model replies are scripted, everything else is real
    #[arg(long)]
    demo: bool,
    /// Candidates to make [default: run.candidates]
    #[arg(short = 'n', long, value_name = "N")]
    candidates: Option<u64>,
    /// How questions are made [default: run.strategy]
    #[arg(long, value_name = "S")]
    strategy: Option<String>,
    /// Only seeds of these domains
    #[arg(long = "domain", value_name = "D", value_delimiter = ',')]
    domains: Vec<String>,
    /// Read the run's settings from this file, over the project's
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Begin a new run although an unfinished one could be resumed
    #[arg(long)]
    new: bool,
}

pub(super) fn run(context: &Context, args: &RunArgs) -> anyhow::Result<Exit> {
    let project = if args.demo { demo_project(context)? } else { context.own_project()? };
    let mut config = if args.demo {
        toml::from_str::<Config>(DEMO).context("the demo's recipe is broken")?
    } else {
        context.config_with(Some(&project), args.recipe.as_deref())?
    };
    if args.demo {
        // The machine's Python is the user's to choose, the deadline is the demo's: its endless loops should not bore.
        let wall_seconds = config.interpreter.wall_seconds;
        config.interpreter = InterpreterConfig { wall_seconds, ..context.config(None)?.interpreter };
    }
    config.run.candidates = args.candidates.unwrap_or(config.run.candidates);
    if let Some(strategy) = &args.strategy {
        config.run.strategy.clone_from(strategy);
    }
    if !args.domains.is_empty() {
        config.run.domains.clone_from(&args.domains);
    }
    if config.run.strategy != few_shot::STRATEGY {
        let message = format!("the strategy `{}` is not known; there is: {}", config.run.strategy, few_shot::STRATEGY);
        return Err(UsageError(message).into());
    }
    let seeds = seeds(context, &project, &config)?;
    let models = models(&config, args.demo)?;
    context.remember(&project);

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(execute(context, args, &project, &config, seeds, models));
    // Workers and connections end with the runtime; a hung one must not hold the program.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    let Some(report) = report? else { return Ok(Exit::Done) };
    if !context.flags.json {
        output::print(&told(&report))?;
    }
    Ok(match report.why {
        Ended::Failed(_) | Ended::Stopped => Exit::Failed,
        _ => Exit::Done,
    })
}

async fn execute(
    context: &Context,
    args: &RunArgs,
    project: &Path,
    config: &Config,
    seeds: StaticDataset,
    models: Models,
) -> anyhow::Result<Option<Report>> {
    let _only = alone(project)?;
    let store = Store::open(project.join(STORE_FILE), OpenMode::Create)?;
    let text = config.recipe();
    let hash = blake3::hash(format!("{text}\n{}", seeds.hash()).as_bytes()).to_hex()[..32].to_owned();

    // The same recipe again: an unfinished run is resumed with its own random seed, a new one gets the next.
    let runs = store.reader()?.runs()?;
    let mut same = runs.iter().filter(|r| r.recipe_hash == hash);
    let unfinished = runs.iter().rev().find(|r| r.recipe_hash == hash && r.state != RunState::Done && !args.new);
    let rng_seed = match unfinished {
        Some(run) => run.rng_seed,
        None => config.run.rng_seed.wrapping_add(same.clone().count() as u64),
    };
    if args.demo && unfinished.is_none() && !args.new && same.any(|r| r.state == RunState::Done) {
        context.say("the demo has run to its end; `loong list` shows what came of it, --new runs it again");
        return Ok(None);
    }

    let meter = Arc::new(Meter::new(context.flags.quiet, context.flags.json));
    let news = Arc::clone(&meter);
    let settings = context.python_settings(config, Some(Arc::new(move |progress| news.progress(&progress))))?;
    let second = PythonSettings { hash_seed: 1, ..settings.clone() };
    let prompt = FewShot::prompt(Some(project))?;
    let sampling = (&config.sampling.generator).into();
    let generator = FewShot::new(&seeds, config.run.shots, rng_seed, sampling, prompt);
    let recipe = EngineRecipe {
        hash,
        text,
        candidates: config.run.candidates,
        rng_seed,
        fresh: args.new,
        samples: config.run.samples,
        agreement: config.run.agreement,
        executions: config.run.executions,
        limits: config.interpreter.limits(),
        solver_sampling: (&config.sampling.solver).into(),
        concurrency: Concurrency {
            generate: config.concurrency.generate,
            execute: or_cores(config.concurrency.execute),
            solve: config.concurrency.solve,
            verify: or_cores(config.concurrency.verify),
            store: 64,
        },
        known_questions: seeds.iter().map(|seed| seed.question.clone()).collect(),
        budget: Budget { tokens: (config.budget.tokens > 0).then_some(config.budget.tokens) },
    };
    let ports = Ports {
        generator: Arc::new(generator),
        models,
        interpreter: Arc::new(PythonInterpreter::new(settings)),
        second_interpreter: Arc::new(PythonInterpreter::new(second)),
        verifier: verifier(config)?,
        sink: Arc::new(store.clone()),
    };
    let control = Control::default();
    let signals = tokio::spawn(obey_signals(control.clone(), Arc::clone(&meter)));
    let heard = Arc::clone(&meter);
    let listener = Arc::new(move |event: EngineEvent| heard.hear(&event));
    let report = crate::engine::run(recipe, ports, control, Some(project), listener).await;
    signals.abort();
    meter.finish();
    store.close().await?;
    Ok(Some(report?))
}

/// Holds the project's run lock until it is dropped: two runs at a time would pay for the same replies. The system
/// lets go of it when the process ends, however it does.
fn alone(project: &Path) -> anyhow::Result<std::fs::File> {
    let path = project.join("loong.run.lock");
    let file = std::fs::File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            anyhow::bail!("another loong run is at work in {}; wait for it or stop it", project.display())
        }
        Err(std::fs::TryLockError::Error(e)) => Err(e).with_context(|| format!("{} cannot be locked", path.display())),
    }
}

/// The end of a run, for a person.
fn told(report: &Report) -> String {
    let why = match &report.why {
        Ended::Done => "done".to_owned(),
        Ended::Exhausted(why) => format!("nothing more to generate: {why}"),
        Ended::Budget => "the budget is spent".to_owned(),
        Ended::Stopped => "stopped; run again to go on".to_owned(),
        Ended::Failed(why) => format!("failed: {why}; what was made is kept, run again to go on"),
    };
    let mut text = format!(
        "{}\n{} of {} candidates, {} of them now, in {}",
        output::line(&why),
        report.filled,
        report.target,
        report.written,
        output::seconds(report.seconds)
    );
    let _ = writeln!(
        text,
        "; {} replies came, {} were read from the store, {} tokens",
        report.asked, report.reused, report.tokens
    );
    for (state, n) in &report.by_state {
        let _ = writeln!(text, "{n:>7}  {state}");
    }
    text
}

/// Ctrl-C drains, a second one stops; SIGTERM and SIGHUP stop at once. Nothing that was answered is lost either way.
async fn obey_signals(control: Control, meter: Arc<Meter>) {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(term), Ok(hangup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else { return };
        (term, hangup)
    };
    loop {
        #[cfg(unix)]
        let interrupted = tokio::select! {
            _ = tokio::signal::ctrl_c() => true,
            _ = terminate.0.recv() => false,
            _ = terminate.1.recv() => false,
        };
        #[cfg(not(unix))]
        let interrupted = tokio::signal::ctrl_c().await.is_ok();
        if interrupted && control.mode() < Mode::Draining {
            meter.note("finishing what is in flight; Ctrl-C again stops now, and nothing is lost either way");
            control.drain();
        } else {
            control.stop();
        }
    }
}

/// The seed dataset of a run, cut to its domains.
fn seeds(context: &Context, project: &Path, config: &Config) -> anyhow::Result<StaticDataset> {
    let all = if config.run.seeds.is_empty() {
        StaticDataset::bundled()
    } else {
        let paths: Vec<PathBuf> = config.run.seeds.iter().map(|p| project.join(p)).collect();
        let (dataset, bad) = StaticDataset::load(&paths, Strictness::Lenient)?;
        for row in &bad {
            context.say(&format!("left out: {row}"));
        }
        dataset
    };
    let dataset = if config.run.domains.is_empty() { all.clone() } else { all.filter(&config.run.domains) };
    if dataset.is_empty() {
        let known: Vec<&str> = all.domains().into_keys().collect();
        let message = if known.is_empty() {
            "the seed files hold no seed; `loong seeds list FILE` says what is wrong with them".to_owned()
        } else {
            format!("no seed has the domain {}; there is: {}", config.run.domains.join(", "), known.join(", "))
        };
        return Err(UsageError(message).into());
    }
    Ok(dataset)
}

/// The options of the verifier that a configuration asks for, with further leniencies over its own.
pub(super) fn verifier_options(
    config: &Config,
    preset: Option<&str>,
    more: &[String],
) -> anyhow::Result<VerifierOptions> {
    let usage = |e: crate::failure::UnknownWord| UsageError(e.to_string());
    let preset = preset.unwrap_or(&config.verifier.preset).parse::<Preset>().map_err(usage)?;
    let mut options = VerifierOptions::preset(preset);
    for word in config.verifier.leniencies.iter().chain(more) {
        options.apply(word).map_err(usage)?;
    }
    Ok(options)
}

/// The verifier that a configuration asks for.
pub(super) fn verifier(config: &Config) -> anyhow::Result<Arc<dyn Verifier>> {
    Ok(Arc::new(RuleVerifier::new(verifier_options(config, None, &[])?)))
}

fn models(config: &Config, demo: bool) -> anyhow::Result<Models> {
    if demo {
        let scripted: Arc<dyn ChatModel> = Arc::new(Scripted::demo());
        return Ok(Models { generator: Arc::clone(&scripted), solvers: vec![scripted] });
    }
    let (generator, solvers) = config.roles()?;
    let mut made: std::collections::BTreeMap<String, Arc<dyn ChatModel>> = std::collections::BTreeMap::new();
    let mut model = |name: &String| -> anyhow::Result<Arc<dyn ChatModel>> {
        if let Some(model) = made.get(name) {
            return Ok(Arc::clone(model));
        }
        let model: Arc<dyn ChatModel> = Arc::new(OpenAiChat::new(endpoint(name, &config.models[name]))?);
        made.insert(name.clone(), Arc::clone(&model));
        Ok(model)
    };
    Ok(Models {
        generator: model(&generator)?,
        solvers: solvers.iter().map(&mut model).collect::<anyhow::Result<_>>()?,
    })
}

fn endpoint(name: &str, model: &ModelConfig) -> EndpointConfig {
    let api_key = match (&model.key_env, &model.key_file, &model.key_command) {
        (Some(name), _, _) => KeySource::Env(name.clone()),
        (None, Some(path), _) => KeySource::File(path.clone()),
        (None, None, Some(command)) => KeySource::Command(command.clone()),
        (None, None, None) => KeySource::None,
    };
    EndpointConfig {
        api_key,
        request_deadline: std::time::Duration::from_secs(model.request_seconds),
        total_deadline: std::time::Duration::from_secs(model.total_seconds),
        max_attempts: model.attempts,
        in_flight: model.in_flight,
        ..EndpointConfig::new(name, &model.base_url, &model.model)
    }
}

/// The demo project's folder, with its project file.
fn demo_project(context: &Context) -> anyhow::Result<PathBuf> {
    let dir = if context.flags.directory.is_some() { context.here().to_owned() } else { context.paths.demo() };
    std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let file = dir.join(PROJECT_FILE);
    if !file.exists() {
        std::fs::write(&file, DEMO).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    context.say(&format!("demo project: {} (model replies are scripted, everything else is real)", dir.display()));
    Ok(dir)
}
