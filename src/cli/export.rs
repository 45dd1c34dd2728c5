//! `loong export`: the curated dataset, written.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::{Context, Exit, output, signals, unread};
use crate::export::{
    Duplicates, Encoding, ExportOptions, ExportRequest, Exporter, FormatName, Manifest, Reasoning, RewardFor, Rows,
    WhichResponses, feed, ranges,
};
use crate::store::filter::Filter;
use crate::store::{IdSet, OpenMode, Reader};
use crate::words::some;

/// Characters of numbers that are printed; a manifest has all of them.
const MOST: usize = 2_000;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong export --format loong --to seeds.json      a new seed dataset\n  \
                        loong export --format messages --to sft.jsonl 'domain:logic pass>=0.5'\n  \
                        loong export --format raw --all --to -           everything, to stdout\n  \
                        loong export --format prompt-only --to grpo.parquet --reward trl --against aime.jsonl\n  \
                        loong export --format messages --to sft.jsonl --since-last    what is new since then\n\n\
                        What this version cannot read is left out, named and counted in the manifest (exit 1). Ctrl-C leaves no \
                        file.")]
pub(super) struct ExportArgs {
    /// loong (a seed dataset), messages (chat SFT), prompt-completion, prompt-only, preference (TRL), verl, sharegpt,
    /// alpaca or raw (everything known)
    #[arg(long, value_name = "F")]
    format: FormatName,
    /// The file; `-` is stdout. A manifest and a dataset card are written beside it
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Which responses: first-verified, shortest-verified or all-verified
    #[arg(long, value_name = "W", default_value_t = WhichResponses::FirstVerified)]
    responses: WhichResponses,
    /// What becomes of reasoning: drop, think (between <think> tags) or field (in one of its own)
    #[arg(long, value_name = "R", default_value_t = Reasoning::Drop)]
    reasoning: Reasoning,
    /// What becomes of a question that an earlier candidate asks too: drop, drop-near (also where it asks nearly the
    /// same) or keep
    #[arg(long, value_name = "D", default_value_t = Duplicates::Drop)]
    duplicates: Duplicates,
    /// Leave out questions that are in this file, such as a benchmark's test set: JSON Lines, JSON, Parquet or text; may be
    /// given several times
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,
    /// Words in a row that count as being in a file of --against
    #[arg(long, value_name = "N", default_value_t = 13, requires = "against", value_parser = clap::value_parser!(u16).range(3..=64))]
    ngram: u16,
    /// Part of the families that goes into a file of its own to test on (0.1, 10%); none is in both files
    #[arg(long, value_name = "PART", value_parser = per_mille, default_value = "0")]
    test: u16,
    /// With raw: all that the filter gives, also what failed or was rejected
    #[arg(long)]
    all: bool,
    /// Write Parquet, as for a name that ends in .parquet
    #[arg(long)]
    parquet: bool,
    /// Write a reward function beside the rows that asks the verifier: trl (with prompt-only) or verl
    #[arg(long, value_name = "TRAINER")]
    reward: Option<RewardFor>,
    /// Write only what is new since the last export to this file, into a file beside it, and say what was withdrawn
    #[arg(long, conflicts_with = "overwrite")]
    since_last: bool,
    /// Write over a file that is there
    #[arg(long)]
    overwrite: bool,
}

pub(super) fn run(context: &Context, args: &ExportArgs) -> anyhow::Result<Exit> {
    let filter = Filter::parse(&args.filter.join(" "))?;
    let options = ExportOptions {
        responses: args.responses,
        reasoning: args.reasoning,
        duplicates: args.duplicates,
        ngram: args.ngram,
        test_per_mille: args.test,
        all: args.all,
    };
    let (_, store) = context.store(OpenMode::ReadOnly)?;
    let request = ExportRequest {
        format: args.format,
        encoding: if args.parquet { Encoding::Parquet } else { Encoding::of(&args.to) },
        options,
        filter: filter.to_string(),
        store: store.uid().to_owned(),
        reward: args.reward,
    };
    let mut reader = store.reader()?;
    if args.to.as_os_str() == "-" {
        anyhow::ensure!(!args.since_last, "--since-last goes by the files of the last export; name a file with --to");
        anyhow::ensure!(args.reward.is_none(), "a reward function is a file beside the rows; name a file with --to");
        let against = request.options.read_against("--against", &args.against, &AtomicBool::new(false))?;
        let mut rows = Rows::new(std::io::stdout(), "stdout", request)?;
        rows.keep_away_from(against);
        let unread = feed(&mut reader, &filter, |view| rows.push(view).map(|_| ControlFlow::Continue(())))?;
        rows.pass_by(&unread);
        // Told before the end: where nothing is left, this says why.
        let exit = unread::told(&unread);
        rows.finish()?;
        return Ok(exit);
    }
    // Rows on standard output are with whoever reads them; files that are not whole are removed.
    let stop = Arc::new(AtomicBool::new(false));
    let (heard, query) = (Arc::clone(&stop), reader.interrupter());
    signals::obey(move || {
        heard.store(true, Ordering::Relaxed);
        query.interrupt();
    })?;
    let (manifest, exit) = match written(args, request, &filter, &mut reader, &stop) {
        Ok(Some(written)) => written,
        // An interrupted query is what ending looks like.
        Err(error) if !stop.load(Ordering::Relaxed) => return Err(error),
        Ok(None) | Err(_) => {
            context.say("ended; nothing was written");
            return Ok(Exit::Failed);
        }
    };
    if context.flags.json {
        let mut facts = serde_json::to_value(&manifest)?;
        facts["new"] = serde_json::to_value(manifest.news)?;
        output::print_json(&facts)?;
    } else {
        output::print(&told(args, &manifest))?;
    }
    Ok(exit)
}

/// Writes the files; none where it was stopped before all of them were there.
fn written(
    args: &ExportArgs,
    request: ExportRequest,
    filter: &Filter,
    reader: &mut Reader,
    stop: &AtomicBool,
) -> anyhow::Result<Option<(Manifest, Exit)>> {
    let against = request.options.read_against("--against", &args.against, stop)?;
    let mut exporter = if args.since_last {
        Exporter::go_on(&args.to, request, against)?
    } else {
        let mut whole = Exporter::create(&args.to, request, args.overwrite)?;
        whole.keep_away_from(against);
        whole
    };
    exporter.look_back(reader)?;
    let unread = feed(reader, filter, |view| {
        exporter.push(view)?;
        Ok(if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    exporter.pass_by(&unread);
    let exit = unread::told(&unread);
    Ok(Some((exporter.finish()?, exit)))
}

/// A part of one as thousandths: `0.1`, `10%`.
fn per_mille(text: &str) -> Result<u16, String> {
    let (number, of) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent.trim(), 10.0),
        None => (text.trim(), 1_000.0),
    };
    let wanted = number.parse::<f64>().ok().map(|part| (part * of).round());
    (0..1_000_u16)
        .find(|part| wanted == Some(f64::from(*part)))
        .ok_or_else(|| "a part of the whole below 1, such as 0.1 or 10%".to_owned())
}

fn told(args: &ExportArgs, manifest: &Manifest) -> String {
    let place = output::line(&args.to.display().to_string());
    let news = manifest.news;
    let mut text = String::new();
    match manifest.increments.last() {
        _ if news.goes_on && news.rows == 0 => {
            let _ = writeln!(
                text,
                "nothing is new since the last export to {place}, which has {}",
                some(manifest.rows(), "row")
            );
        }
        Some(last) if news.goes_on => {
            for (file, to) in [(&last.file, ""), (&last.test, " to test on")] {
                if let Some(file) = file {
                    let name = output::line(&file.name);
                    let _ = writeln!(text, "{}{to} written to {name}, beside {place}", some(file.rows, "new row"));
                }
            }
        }
        _ => {
            let rows = some(manifest.file.rows, "row");
            let _ = writeln!(text, "{rows} written to {place}, with a manifest and a card beside it");
            if let Some(test) = &manifest.test {
                let _ = writeln!(text, "{} to test on written to {}", some(test.rows, "row"), output::line(&test.name));
            } else if args.test > 0 {
                text.push_str("no family fell into the test part, so there is no file of it\n");
            }
        }
    }
    for (reason, n) in manifest.candidates.skipped.iter() {
        let _ = writeln!(text, "{n:>7}  left out: {}", output::line(reason));
    }
    for file in &manifest.against {
        let _ = writeln!(text, "{:>7}  of these in {}", file.candidates, output::line(&file.name));
    }
    told_of_drift(&mut text, manifest);
    text
}

/// What the files still have, with all its numbers: nothing of that is left in silently.
fn told_of_drift(text: &mut String, manifest: &Manifest) {
    let drift = &manifest.drift;
    for (reason, ids) in &drift.withdrawn {
        let (n, reason) = (ids.len(), output::line(reason));
        let _ = writeln!(text, "{n:>7}  withdrawn since they were written ({reason}): {}", numbers(ids));
    }
    if !drift.changed.is_empty() {
        let n = drift.changed.len();
        let _ = writeln!(text, "{n:>7}  changed since they were written: {}", numbers(&drift.changed));
    }
    if !drift.is_none() {
        text.push_str("the files have these as they were; --overwrite writes the whole dataset as it is now\n");
    }
}

/// Numbers of candidates, as many as can be read.
fn numbers(ids: &IdSet) -> String {
    let all = ranges(ids);
    match all.get(..MOST).and_then(|some| some.rfind(',')) {
        Some(end) => format!("{},… (the manifest has all)", &all[..end]),
        None => all,
    }
}
