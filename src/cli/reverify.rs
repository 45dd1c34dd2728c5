//! `loong reverify`: the stored pairs verified again by rules on trial, what flips, and applying them.

mod history;
mod show;

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use clap::Args;

use self::show::Told;
use super::gauge::{Gauge, interrupted};
use super::run::verifier_options;
use super::verify::symbolic;
use super::{Context, Exit, UsageError, output};
use crate::config::Config;
use crate::engine::escalate::Escalation;
use crate::review::rules::{Ask, Flips, Progress, Rules, Scope, apply, resumed, sweep};
use crate::store::filter::Filter;
use crate::store::version::{AppliedVersion, VersionState};
use crate::store::{OpenMode, Store, StoreError};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  loong reverify                          what would flip under the present rules
  loong reverify --preset strict          … under another preset; --leniency, --tolerance too
  loong reverify --tiers text,number      … if only these tiers decided
  loong reverify --leniency order --apply --note \"order never matters here\"
                                          a new version; the old verdicts stay in the history
  loong reverify --resume                 finish a version that was left half applied
  loong reverify --history                versions that were applied: when, by whom, why
  loong reverify --check                  exit 1 when a judgement is contradicted; lists those
  loong reverify -- -id:12                … without candidate 12, which this version cannot read

In anybody's CI, so that decided pairs stay right whatever changes (GitHub Actions):
  - run: cargo install --locked loong
  - run: loong -C audit reverify --check --quiet

Tiers are text, structure, number, algebra, symbolic and judge. The native ones speak together, each of its own kind of \
                        answers; symbolic and judge are replayed from the store, and no model and no Python is asked. Where they stand before the \
                        native ones they overrule them; after them they have what is left undecided.")]
pub(super) struct ReverifyArgs {
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// strict, standard or lenient [default: verifier.preset]
    #[arg(long, value_name = "P")]
    preset: Option<String>,
    /// A leniency over the preset: `order` allows, `no-order` forbids
    #[arg(long = "leniency", value_name = "L")]
    leniencies: Vec<String>,
    /// Relative tolerance of pairs that state none
    #[arg(long, value_name = "X")]
    tolerance: Option<f64>,
    /// Tiers that may decide, in their order [default: all]
    #[arg(long, value_name = "T,…", value_delimiter = ',')]
    tiers: Vec<String>,
    /// Ask SymPy of what stays undecided after the replay
    #[arg(long)]
    symbolic: bool,
    /// Make these rules a version of the verifier: write the new verdicts
    #[arg(long, conflicts_with = "check")]
    apply: bool,
    /// Finish the version that was left half applied
    #[arg(long, conflicts_with_all = ["apply", "check", "filter", "preset", "leniencies", "tolerance", "tiers"])]
    resume: bool,
    /// Why the version is applied, for the history
    #[arg(long, value_name = "TEXT", requires = "apply")]
    note: Option<String>,
    /// Who applies it [default: screen.reviewer, else you]
    #[arg(long, value_name = "NAME", requires = "apply")]
    reviewer: Option<String>,
    /// Exit 1 when a human judgement is contradicted
    #[arg(long)]
    check: bool,
    /// List the versions that were applied
    #[arg(long, conflicts_with_all = ["apply", "check", "resume", "symbolic"])]
    history: bool,
    /// Flips and judgements listed at the most; `--check` lists every contradicted one, up to 1,000
    #[arg(long, default_value_t = 20, value_name = "N")]
    most: usize,
    /// Threads [default: one a core]
    #[arg(short = 'j', long, default_value_t = 0, value_name = "N", hide_default_value = true)]
    threads: usize,
}

pub(super) fn run(context: &Context, args: &ReverifyArgs) -> anyhow::Result<Exit> {
    let filter = Filter::parse(&args.filter.join(" "))?;
    let writes = args.apply || args.resume;
    let (project, store) = context.store(if writes { OpenMode::Existing } else { OpenMode::ReadOnly })?;
    if args.history {
        return history::print(context, &store);
    }
    let config = context.config(Some(&project))?;
    let (rules, filter) = match store.reader()?.half_applied()? {
        Some(half) if args.resume => resumed(&half)?,
        None if args.resume => return Err(UsageError("no version is half applied".to_owned()).into()),
        _ => (rules(args, &config)?, filter),
    };
    let scope = Scope { filter, threads: args.threads };

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let symbolic = args.symbolic.then(|| symbolic(context, &config, rules.options.clone(), &runtime)).transpose()?;
    let escalation = Escalation { symbolic, judge: None };
    let handle = runtime.handle().clone();
    let settle = |pair: &_, verdict| handle.block_on(escalation.settle(pair, verdict)).verdict;
    let ask: Option<Ask<'_>> = args.symbolic.then_some(&settle);

    let stop = interrupted();
    let mut gauge = Gauge::new(context.flags.quiet);
    let mut cut_short = false;
    let mut each = |flips: &Flips, progress: Progress| {
        gauge.show(progress.share(), || format!("{} pairs  {} flips", flips.pairs, flips.flipped));
        cut_short = stop.load(Ordering::Acquire) && progress.done < progress.all;
        if cut_short { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut told = Told { version: escalation.version(&rules.version()), ..Told::default() };
    if args.apply
        && let Some((flips, whole)) = applied_last(&store, &scope, &rules, ask, &mut each)?
    {
        told.flips = flips;
        told.written = whole.then_some(0);
        told.again = whole;
        told.advice = advice(&config, &rules)?;
    } else if writes {
        let who = reviewer(args, &config);
        let applied = apply(&store, &scope, &rules, ask, (&who, args.note.as_deref()), &mut each)?;
        told.half = applied.version.state == VersionState::Applying;
        told.written = Some(applied.written);
        told.advice = advice(&config, &rules)?;
        told.flips = applied.flips;
    } else {
        told.flips = sweep(&store, &scope, &rules, ask, &mut each)?;
    }
    told.cut_short = cut_short;
    gauge.finish();
    finish(context, args, &store, &told)
}

/// What these rules say of the pairs where they were applied last, to the same pairs, and change nothing; else `None`, and
/// where that is clear from the history alone, nothing is verified for it. With it, whether all pairs were come to.
fn applied_last(
    store: &Store,
    scope: &Scope,
    rules: &Rules,
    ask: Option<Ask<'_>>,
    mut each: impl FnMut(&Flips, Progress) -> ControlFlow<()>,
) -> Result<Option<(Flips, bool)>, StoreError> {
    let reader = store.reader()?;
    let same = |last: &AppliedVersion| {
        last.state == VersionState::Done
            && last.version == rules.version()
            && last.rules == Rules::generation()
            && last.options == rules.to_json()
            && last.filter == scope.filter.to_string()
    };
    let (versions, newest) = (reader.versions()?, reader.last_candidate()?);
    // What came since may have been verified by other rules.
    if !versions.last().is_some_and(|last| same(last) && last.up_to == newest) {
        return Ok(None);
    }
    drop(reader);
    let mut whole = true;
    let flips = sweep(store, scope, rules, ask, |flips, progress| {
        let flow = each(flips, progress);
        whole = flow.is_continue();
        flow
    })?;
    let changes = flips.flipped > 0 || flips.unverified > 0;
    Ok((!changes || !whole).then_some((flips, whole)))
}

/// Prints what came out; what it means for whoever called.
fn finish(context: &Context, args: &ReverifyArgs, store: &Store, told: &Told) -> anyhow::Result<Exit> {
    let most = if args.check { usize::MAX } else { args.most };
    if context.flags.json {
        output::print_json(&told.json(args.most, most))?;
    } else {
        output::print(&told.render(args.most, most, output::width()))?;
    }
    futures::executor::block_on(store.close())?;
    let contradicted = args.check && told.flips.contradicted > 0;
    Ok(if contradicted || told.cut_short { Exit::Failed } else { Exit::Done })
}

/// The rules that the configuration and the command line ask for.
fn rules(args: &ReverifyArgs, config: &Config) -> anyhow::Result<Rules> {
    let mut options = verifier_options(config, args.preset.as_deref(), &args.leniencies)?;
    if let Some(tolerance) = args.tolerance {
        if !(tolerance.is_finite() && tolerance > 0.0 && tolerance < 1.0) {
            return Err(UsageError("a relative tolerance is between 0 and 1, such as 1e-4".to_owned()).into());
        }
        options.tolerance = Some(tolerance);
    }
    let rules = Rules::new(options);
    if args.tiers.is_empty() {
        return Ok(rules);
    }
    rules.with_tiers_named(&args.tiers).map_err(|e| UsageError(e.to_string()).into())
}

fn reviewer(args: &ReverifyArgs, config: &Config) -> String {
    let named = [args.reviewer.clone(), Some(config.screen.reviewer.clone())];
    named.into_iter().flatten().find(|r| !r.is_empty()).unwrap_or_else(super::decide::user_name)
}

/// What to write into the project file, where new responses would be verified by other rules than were applied.
pub(super) fn advice(config: &Config, rules: &Rules) -> anyhow::Result<Option<String>> {
    let mut configured = verifier_options(config, None, &[])?;
    let wanted = &rules.options;
    if configured == *wanted && *rules == Rules::new(wanted.clone()) {
        return Ok(None);
    }
    configured.tolerance = wanted.tolerance;
    let beyond = if wanted.tolerance.is_some() || rules.tiers() != Rules::default().tiers() {
        "; its tolerance and tiers hold for stored pairs alone"
    } else {
        ""
    };
    if configured == *wanted {
        return Ok(Some(format!("new responses are verified as [verifier] in loong.toml says{beyond}")));
    }
    let granted = wanted.preset.leniencies();
    let over: Vec<String> = crate::verifier::Leniency::ALL
        .iter()
        .filter(|l| granted.has(**l) != wanted.leniencies.has(**l))
        .map(|l| if wanted.leniencies.has(*l) { format!("\"{l}\"") } else { format!("\"no-{l}\"") })
        .collect();
    Ok(Some(format!(
        "new responses are still verified by other rules; in loong.toml, [verifier] wants preset = \"{}\" and leniencies = [{}]{beyond}",
        wanted.preset,
        over.join(", ")
    )))
}
