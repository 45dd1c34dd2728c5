//! `loong merge`: other stores taken into the project's.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use serde::Serialize;

use super::progress::Meter;
use super::table::wrapped;
use super::{Context, Exit, UsageError, output, people};
use crate::paths::STORE_FILE;
use crate::review::people::People;
use crate::store::filter::Filter;
use crate::store::{MergeReport, OpenMode, Store};
use crate::words::some;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong merge ../ada/loong.db ../bob     two stores; a folder stands for the store in it\n  \
                        loong merge shard-*.db --json         what was taken in, conflicts and agreement as JSON\n\n\
                        The other stores are only read. Neither order nor repetition matters: merging again adds nothing. \
                        Candidates with the same identity and another content are both kept, and listed. What cannot be read is \
                        left where it is, and named (exit 1). Sampling plans and \
                        the history of verifier versions stay with their own store: draw a plan over the union."
)]
pub(super) struct MergeArgs {
    /// Stores, or folders of projects
    #[arg(value_name = "STORE", required = true)]
    stores: Vec<PathBuf>,
    /// Conflicts listed at the most
    #[arg(long, default_value_t = 20, value_name = "N")]
    most: usize,
}

/// Everything that a merge tells.
#[derive(Debug, Serialize)]
struct Merged {
    report: MergeReport,
    people: People,
    /// Pairs and candidates that reviewers are tied about.
    contested: u64,
    /// Of all that the store holds now: two that were merged from the same stores have the same.
    digest: Option<String>,
}

pub(super) fn run(context: &Context, args: &MergeArgs) -> anyhow::Result<Exit> {
    // All of them are looked at before anything is written.
    let sources: Vec<Store> = args.stores.iter().map(|path| open(path)).collect::<Result<_, _>>()?;
    let (_, store) = context.store(OpenMode::Existing)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopped.store(true, Ordering::Relaxed);
        }
    });
    let meter = Meter::new(context.flags.quiet, false);
    let total: u64 = sources.iter().map(|s| s.reader()?.count(&Filter::all())).sum::<Result<u64, _>>()?;
    meter.begin(total);
    let mut report = MergeReport::default();
    for source in &sources {
        let mut seen = 0;
        let done = store.merge(source, |so_far| {
            for _ in seen..so_far.seen {
                meter.step("candidates");
            }
            seen = so_far.seen;
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let done = done.inspect_err(|_| meter.finish())?;
        report.add(done);
        if report.stopped {
            break;
        }
    }
    meter.finish();
    runtime.block_on(store.close())?;
    let reader = store.reader()?;
    let merged = Merged {
        people: People::of(&reader.opinions(&Filter::all())?),
        contested: reader.count(&Filter::parse("contested:yes")?)?,
        digest: (!report.stopped).then(|| reader.digest()).transpose()?,
        report,
    };
    if context.flags.json {
        output::print_json(&merged)?;
    } else {
        output::print(&told(&merged, args.most, output::width()))?;
    }
    if merged.report.stopped {
        context.say("stopped; what was taken in stays, and merging again goes on");
        return Ok(Exit::Failed);
    }
    Ok(if merged.report.refused == 0 { Exit::Done } else { Exit::Failed })
}

/// A store named by its file, or by the folder of its project.
fn open(path: &Path) -> anyhow::Result<Store> {
    let file = if path.is_dir() { path.join(STORE_FILE) } else { path.to_owned() };
    let ending = file.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if matches!(ending, "json" | "jsonl") {
        return Err(UsageError(format!(
            "{} is an export, which holds neither all responses nor decisions; merge the store that it was exported from, \
             or bring its rows in with `loong import`",
            file.display()
        ))
        .into());
    }
    Ok(Store::open(&file, OpenMode::ReadOnly)?)
}

fn told(merged: &Merged, most: usize, width: usize) -> String {
    let r = &merged.report;
    let mut text = format!(
        "{} candidates looked at; new here: {} candidates, {} decisions, {} verdicts, {} words of other verifiers, \
         {} replies, {} choices of slots, {} runs\n",
        r.seen, r.candidates, r.decisions, r.verdicts, r.seconds, r.replies, r.choices, r.runs
    );
    if r.conflicting > 0 {
        let _ = writeln!(text, "{} conflicts: the same identity with another content", r.conflicting);
        for conflict in r.conflicts.iter().take(most) {
            let _ = writeln!(
                text,
                "  {} {}: {} stands, the other {}",
                conflict.what,
                output::line(&conflict.uid),
                conflict.stands,
                output::line(&conflict.other)
            );
        }
    }
    if r.refused > 0 {
        let _ = writeln!(text, "{} not taken in, because nobody could read it here:", some(r.refused, "candidate"));
        for refusal in r.refusals.iter().take(most) {
            let _ = writeln!(text, "  {}", output::line(refusal));
        }
    }
    text.push_str(&people::reviewers(&merged.people, width));
    if merged.contested > 0 {
        text.push_str(&wrapped(
            &format!("{} contested: `loong review contested:yes` goes through them", merged.contested),
            width,
        ));
    }
    if let Some(digest) = &merged.digest {
        let _ = writeln!(text, "The store's digest is {digest}.");
    }
    text
}
