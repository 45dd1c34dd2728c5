//! `loong export`: the curated dataset, written.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;

use super::{Context, Exit, UsageError, output};
use crate::export::{ExportOptions, Exporter, Which};
use crate::store::OpenMode;
use crate::store::filter::Filter;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong export --format loong --to seeds.json      a new seed dataset\n  \
                        loong export --format messages --to sft.jsonl 'domain:logic pass>=0.5'\n  \
                        loong export --format raw --all --to -           everything, to stdout")]
pub(super) struct ExportArgs {
    /// loong (a seed dataset), messages (chat SFT) or raw (everything known)
    #[arg(long, value_name = "F")]
    format: String,
    /// The file; `-` is stdout. A manifest and a dataset card are written beside it
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Which responses: first, shortest or all of the verified ones
    #[arg(long, value_name = "W", default_value = "first")]
    responses: Which,
    /// Leave the reasoning out
    #[arg(long)]
    no_reasoning: bool,
    /// With raw: all that the filter gives, also what failed or was rejected
    #[arg(long)]
    all: bool,
    /// Write over a file that is there
    #[arg(long)]
    overwrite: bool,
}

pub(super) fn run(context: &Context, args: &ExportArgs) -> anyhow::Result<Exit> {
    let filter = Filter::parse(&args.filter.join(" "))?;
    if args.all && args.format != "raw" {
        return Err(UsageError("--all goes with --format raw: the other formats hold only what stands as right".to_owned()).into());
    }
    let options = ExportOptions {
        which: args.responses,
        reasoning: !args.no_reasoning,
        all: args.all,
        overwrite: args.overwrite,
        filter: filter.to_string(),
    };
    let (_, store) = context.store(OpenMode::ReadOnly)?;
    let mut exporter = Exporter::create(&args.format, &args.to, options)?;
    let mut failed = None;
    store.reader()?.for_each(&filter, |view| match exporter.write(&view) {
        Ok(()) => ControlFlow::Continue(()),
        Err(e) => {
            failed = Some(e);
            ControlFlow::Break(())
        }
    })?;
    if let Some(e) = failed {
        return Err(e.into());
    }
    let manifest = exporter.finish()?;
    if args.to.as_os_str() == "-" {
        return Ok(Exit::Done);
    }
    if context.flags.json {
        output::print_json(&manifest)?;
    } else {
        let mut text = format!("{} rows written to {}\n", manifest.rows, output::line(&args.to.display().to_string()));
        for (reason, n) in &manifest.skipped {
            text.push_str(&format!("{n:>7}  left out: {reason}\n"));
        }
        output::print(&text)?;
    }
    Ok(Exit::Done)
}
