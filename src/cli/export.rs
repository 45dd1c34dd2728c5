//! `loong export`: the curated dataset, written.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;

use super::{Context, Exit, output};
use crate::export::{
    Duplicates, ExportError, ExportOptions, ExportRequest, Exporter, FormatName, Manifest, Reasoning, Rows, Skip,
    WhichResponses,
};
use crate::store::filter::Filter;
use crate::store::record::CandidateView;
use crate::store::{OpenMode, Reader};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong export --format loong --to seeds.json      a new seed dataset\n  \
                        loong export --format messages --to sft.jsonl 'domain:logic pass>=0.5'\n  \
                        loong export --format raw --all --to -           everything, to stdout")]
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
    /// What becomes of a question that an earlier candidate asks too: drop or keep
    #[arg(long, value_name = "D", default_value_t = Duplicates::Drop)]
    duplicates: Duplicates,
    /// Part of the families that goes into a file of its own to test on (0.1, 10%); none is in both files
    #[arg(long, value_name = "PART", value_parser = per_mille, default_value = "0")]
    test: u16,
    /// With raw: all that the filter gives, also what failed or was rejected
    #[arg(long)]
    all: bool,
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
        test_per_mille: args.test,
        all: args.all,
    };
    let request = ExportRequest { format: args.format, options, filter: filter.to_string() };
    let (_, store) = context.store(OpenMode::ReadOnly)?;
    let reader = store.reader()?;
    if args.to.as_os_str() == "-" {
        let mut rows = Rows::new(std::io::stdout().lock(), "stdout", request)?;
        feed(&reader, &filter, |view| rows.push(view))?;
        rows.finish()?;
        return Ok(Exit::Done);
    }
    let mut exporter = Exporter::create(&args.to, request, args.overwrite)?;
    feed(&reader, &filter, |view| exporter.push(view))?;
    let manifest = exporter.finish()?;
    if context.flags.json {
        output::print_json(&manifest)?;
    } else {
        output::print(&told(args, &manifest))?;
    }
    Ok(Exit::Done)
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
        .ok_or_else(|| "it is a part of one below it, such as 0.1 or 10%".to_owned())
}

fn feed(
    reader: &Reader,
    filter: &Filter,
    mut push: impl FnMut(&CandidateView) -> Result<Option<Skip>, ExportError>,
) -> anyhow::Result<()> {
    let mut failed = None;
    reader.for_each(filter, |view| match push(&view) {
        Ok(_) => ControlFlow::Continue(()),
        Err(e) => {
            failed = Some(e);
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(()), |e| Err(e.into()))
}

fn told(args: &ExportArgs, manifest: &Manifest) -> String {
    let place = output::line(&args.to.display().to_string());
    let mut text = format!("{} rows written to {place}, with a manifest and a card beside it\n", manifest.file.rows);
    if let Some(test) = &manifest.test {
        let _ = writeln!(text, "{} rows to test on written to {}", test.rows, output::line(&test.name));
    } else if args.test > 0 {
        text.push_str("no family fell into the test part, so there is no file of it\n");
    }
    for (reason, n) in manifest.candidates.skipped.iter() {
        let _ = writeln!(text, "{n:>7}  left out: {}", output::line(reason));
    }
    text
}
