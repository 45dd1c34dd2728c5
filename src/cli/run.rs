//! `loong run`: the loop without a screen.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;

use super::estimate::{PILOT, Way};
use super::progress::Meter;
use super::wiring::{Plan, demo_project};
use super::{Context, Exit, UsageError, output, usage};
use crate::config::Config;
use crate::engine::{Bound, Control, Ended, EngineEvent, Ledger, Mode, Report, Shard, money};
use crate::extractor::Chain;
use crate::generator::command;
use crate::model::Role;
use crate::paths::STORE_FILE;
use crate::store::record::{Agreement, Spent};
use crate::store::{OpenMode, Store};
use crate::verifier::{Preset, RuleVerifier, Verifier, VerifierOptions};

/// What stands below the options of `loong run`.
const HELP: &str = "Strategies:
  few-shot       a new problem with its code, after a few seeds
  self-instruct  an instruction after seeds and accepted questions, then its rationale
  evol-instruct  seeds and accepted questions evolved in depth and breadth
  multi-agent    a writer proposes, a coder solves, a critic attacks, and the question is revised
  template       problems from templates; no model is needed
  command        problems from a program of yours
  rejection      further chains of thought for questions that there are; those that agree are kept

Ctrl-C begins nothing more, finishes what is in flight and ends; a second one stops at once. Nothing that was \
answered is lost either way: the same command goes on where it ended, and pays for nothing twice.

Exit: 0 done, or the budget is spent; 1 it failed or was stopped; 2 the command line or the configuration makes no \
sense; 3 this machine lacks something, which is named.

Examples:
  loong run --demo             the whole loop on scripted replies, no model needed
  loong run -n 200             200 candidates; killed and run again, it goes on
  loong run --resume 3         go on with run 3 under its own recipe (`loong stats` lists runs)
  loong run -n 5 --json | jq   every event as a line of JSON
  loong run --budget-usd 5     stop before more than 5 US dollars are spent
  loong run --estimate         what it will probably cost; =pilot makes 3 candidates to know
  loong run --shard 2/8 -n 8000                  its 1000 of 8000; the same -n on every machine
  loong run --strategy template -n 1000          problems from templates: no model needed
  loong run --command 'python3 generator.py'     problems from a program of yours";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct RunArgs {
    /// The demo project: model replies are scripted, everything else is real
    #[arg(long)]
    demo: bool,
    /// Candidates to make [default: what an unfinished run was to make, else run.candidates]
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = usage::whole)]
    candidates: Option<u64>,
    /// How questions are made: see below [default: run.strategy]
    #[arg(long, value_name = "S")]
    strategy: Option<String>,
    /// Only seeds of these domains
    #[arg(long = "domain", value_name = "D", value_delimiter = ',')]
    domains: Vec<String>,
    /// Read the run's settings from this file, over the project's; or a bundled recipe (`loong recipes`)
    #[arg(long, value_name = "FILE|NAME")]
    recipe: Option<String>,
    /// The program that makes the problems, with its arguments; it is executed as you, not isolated
    #[arg(long, value_name = "COMMAND")]
    command: Option<String>,
    /// Make part i of n, where other machines make the others; `loong merge` makes one run of them
    #[arg(long, value_name = "I/N", conflicts_with_all = ["demo", "new"])]
    shard: Option<Shard>,
    /// Begin a new run although an unfinished one could be resumed
    #[arg(long)]
    new: bool,
    /// Go on with the run of this number, under the recipe that it was begun under
    #[arg(long, value_name = "RUN", conflicts_with_all = ["demo", "new", "recipe", "strategy", "domains"])]
    #[arg(allow_negative_numbers = true, value_parser = usage::number)]
    resume: Option<i64>,
    /// Stop before more than this many US dollars are spent [default: budget.usd]
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = usage::money)]
    budget_usd: Option<f64>,
    /// Stop before more than this many tokens are used [default: budget.tokens]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = usage::whole)]
    budget_tokens: Option<u64>,
    /// Begin nothing new after this many seconds [default: budget.seconds]
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = usage::whole)]
    budget_seconds: Option<u64>,
    /// Stop at this many accepted candidates [default: budget.candidates]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = usage::whole)]
    budget_candidates: Option<u64>,
    /// Say what the run will probably use, and end; `=pilot` makes 3 candidates for it
    #[arg(long, value_enum, value_name = "WAY", num_args = 0..=1, require_equals = true, default_missing_value = "dry")]
    estimate: Option<Way>,
}

impl RunArgs {
    /// The demo, as it comes.
    pub(super) fn demo() -> Self {
        Self {
            demo: true,
            candidates: None,
            strategy: None,
            domains: Vec::new(),
            recipe: None,
            command: None,
            shard: None,
            new: false,
            resume: None,
            budget_usd: None,
            budget_tokens: None,
            budget_seconds: None,
            budget_candidates: None,
            estimate: None,
        }
    }
}

pub(super) fn run(context: &Context, args: &RunArgs) -> anyhow::Result<Exit> {
    let project = if args.demo { demo_project(context)? } else { context.own_project()? };
    let mut plan = Plan::of(context, project, args.demo, args.recipe.as_deref())?;
    (plan.fresh, plan.shard) = (args.new, args.shard);
    let run = &mut plan.config.run;
    run.candidates = args.candidates.unwrap_or(run.candidates);
    plan.target_said = args.candidates.is_some();
    let run = &mut plan.config.run;
    if let Some(strategy) = &args.strategy {
        run.strategy.clone_from(strategy);
    }
    if !args.domains.is_empty() {
        run.domains.clone_from(&args.domains);
    }
    let budget = &mut plan.config.budget;
    budget.usd = args.budget_usd.unwrap_or(budget.usd);
    budget.tokens = args.budget_tokens.unwrap_or(budget.tokens);
    budget.seconds = args.budget_seconds.unwrap_or(budget.seconds);
    budget.candidates = args.budget_candidates.unwrap_or(budget.candidates);
    if let Some(command) = &args.command {
        let words = shlex::split(command).filter(|words| !words.is_empty());
        plan.config.strategy.command.run =
            words.ok_or_else(|| UsageError(format!("--command {command:?} has a quote without its end")))?;
        match args.strategy.as_deref() {
            None => command::STRATEGY.clone_into(&mut run.strategy),
            Some(command::STRATEGY) => {}
            Some(other) => {
                let message = format!(
                    "--command makes problems with a program, and --strategy {other} with something else; say one"
                );
                return Err(UsageError(message).into());
            }
        }
    }
    if let Some(id) = args.resume {
        plan.go_on(id)?;
    }
    plan.ask(context)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        match args.estimate {
            Some(way) => estimate(context, &mut plan, way).await.map(|()| None),
            None => execute(context, &plan).await,
        }
    });
    // Workers and connections end with the runtime; a hung one must not hold the program.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    let Some((report, before)) = report? else { return Ok(Exit::Done) };
    if !context.flags.json {
        output::print(&told(&report, &before))?;
    }
    Ok(match report.why {
        Ended::Failed(_) | Ended::Stopped => Exit::Failed,
        _ => Exit::Done,
    })
}

/// Says what a run will probably use. A pilot is its beginning, and its candidates are kept.
async fn estimate(context: &Context, plan: &mut Plan, way: Way) -> anyhow::Result<()> {
    if way == Way::Pilot {
        plan.pilot = Some(PILOT);
        let report = execute(context, plan).await?;
        if let Some((Report { why: Ended::Failed(why), .. }, _)) = report {
            anyhow::bail!("the pilot failed: {why}");
        }
        (plan.pilot, plan.fresh) = (None, false);
    }
    let store = Store::open(plan.project.join(STORE_FILE), OpenMode::Create)?;
    let prepared = plan.prepare(context, &store, Arc::new(|_| {}))?;
    let forecast = match &prepared {
        Some(prepared) => prepared.forecast().await?,
        None => None,
    };
    drop(prepared);
    store.close().await?;
    super::estimate::print(context, forecast.as_ref())
}

/// Runs the loop; gives what came of it, with what was spent in earlier sittings.
async fn execute(context: &Context, plan: &Plan) -> anyhow::Result<Option<(Report, Ledger)>> {
    let store = Store::open(plan.project.join(STORE_FILE), OpenMode::Create)?;
    let meter = Arc::new(Meter::new(context.flags.quiet, context.flags.json));
    let news = Arc::clone(&meter);
    let Some(prepared) = plan.prepare(context, &store, Arc::new(move |progress| news.progress(&progress)))? else {
        context.say("the demo has run to its end; `loong list` shows what came of it, --new runs it again");
        return Ok(None);
    };
    context.remember(&plan.project);
    if !plan.demo
        && plan.pilot.is_none()
        && let Some(forecast) = prepared.forecast().await?
    {
        meter.note(&forecast.told());
    }
    let control = Control::default();
    let signals = tokio::spawn(obey_signals(control.clone(), Arc::clone(&meter)));
    let heard = Arc::clone(&meter);
    let models = prepared.models();
    let before: Arc<Mutex<Vec<Spent>>> = Arc::default();
    let earlier = Arc::clone(&before);
    let listener = move |event: EngineEvent| {
        if let EngineEvent::Spent { lines } = &event {
            earlier.lock().unwrap_or_else(PoisonError::into_inner).clone_from(lines);
        }
        heard.hear(&event);
    };
    let report = prepared.run(control, Arc::new(listener)).await;
    signals.abort();
    meter.finish();
    let notes: BTreeSet<String> = models.iter().flat_map(|model| model.notes()).collect();
    for note in notes {
        context.say(&format!("warning: {}", output::line(&note)));
    }
    store.close().await?;
    let before = std::mem::take(&mut *before.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Some((report?, Ledger::of(before))))
}

/// The end of a run, for a person; `before` is what earlier sittings spent.
fn told(report: &Report, before: &Ledger) -> String {
    let why = match &report.why {
        Ended::Done => "done".to_owned(),
        Ended::Exhausted(why) => format!("nothing more to generate: {why}"),
        Ended::Budget(bound) => format!("{bound}; {}", go_on(*bound)),
        Ended::Stopped => "stopped; run again to go on".to_owned(),
        Ended::Failed(why) => format!("failed: {why}; what was made is kept, run again to go on"),
    };
    let all = Ledger::of(report.spent.clone());
    let took = output::seconds(report.seconds);
    let came = format!("{} replies came, {} were read from the store", report.asked, report.reused);
    let mut text = output::line(&why);
    if before.replies() == 0 && report.written == report.filled {
        let _ = write!(text, "\n{} of {} candidates in {took}; {came}", report.filled, report.target);
        let _ = writeln!(text, "; {}", used(report.tokens, &all, None));
    } else {
        let earlier: u64 = before.lines().iter().map(Spent::tokens).sum();
        let now = used(report.tokens.saturating_sub(earlier), &all, Some(before));
        let _ = write!(text, "\nnow: {} candidates in {took}; {came}; {now}", report.written);
        let in_all = used(report.tokens, &all, None);
        let _ = writeln!(text, "\nin all: {} of {} candidates; {in_all}", report.filled, report.target);
    }
    let asked_solvers = report.spent.iter().any(|line| line.role == Role::Solver);
    for (state, n) in &report.by_state {
        // Nothing failed, and there is nothing to compare.
        let state = match state == Agreement::None.as_str() {
            true if asked_solvers => "executed, not solved",
            true => "executed, not solved (no model)",
            false => state,
        };
        let _ = writeln!(text, "{n:>7}  {state}");
    }
    text
}

/// Tokens, and the money of a ledger less an earlier one's.
fn used(tokens: u64, all: &Ledger, before: Option<&Ledger>) -> String {
    let (usd, unpriced, replies) = before.map_or((0.0, 0, 0), |b| (b.usd(), b.unpriced(), b.replies()));
    let replies = all.replies().saturating_sub(replies);
    if all.replies() == 0 {
        return format!("{tokens} tokens");
    }
    let sum = money((all.usd() - usd).max(0.0), all.unpriced().saturating_sub(unpriced), replies);
    format!("{tokens} tokens, {sum}")
}

/// How a run goes on that a budget has ended.
fn go_on(bound: Bound) -> &'static str {
    match bound {
        Bound::Tokens => "run again with a larger --budget-tokens to go on",
        Bound::Usd => "run again with a larger --budget-usd to go on",
        Bound::Unpriced => {
            "say the price under [prices], or run again with --budget-tokens and without a budget of money"
        }
        Bound::Seconds | Bound::Slots => "run again to go on",
        Bound::Candidates => "run again with a larger --budget-candidates to go on",
    }
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
    options.chain = Chain::named(&config.verifier.extract).map_err(usage)?;
    Ok(options)
}

/// The verifier that a configuration asks for.
pub(super) fn verifier(config: &Config) -> anyhow::Result<Arc<dyn Verifier>> {
    Ok(Arc::new(RuleVerifier::new(verifier_options(config, None, &[])?)))
}

#[cfg(test)]
mod tests {
    use super::HELP;
    use crate::cli::wiring::STRATEGIES;

    #[test]
    fn help_has_every_strategy() {
        let (_, list) = HELP.split_once("Strategies:\n").unwrap();
        let listed: Vec<&str> = list.lines().take_while(|line| line.starts_with("  ")).collect();
        let names: Vec<&str> = listed.iter().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(names, STRATEGIES);
    }
}
