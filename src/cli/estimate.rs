//! What a run will probably cost, before it does.

use std::fmt::Write as _;

use clap::ValueEnum;

use super::{Context, output};
use crate::engine::Forecast;

/// Slots of a pilot.
pub(super) const PILOT: u64 = 3;

/// How to come to an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Way {
    /// From earlier runs, else from the prompts alone; nothing is asked
    Dry,
    /// From the first 3 candidates, which are made now and kept
    Pilot,
}

/// Prints an estimate: a line that says it, then who takes how much of it, then what is not known.
pub(super) fn print(context: &Context, forecast: Option<&Forecast>) -> anyhow::Result<()> {
    if context.flags.json {
        return output::print_json(&forecast);
    }
    let Some(forecast) = forecast else {
        output::print("no model is asked, or nothing is left to do: it costs nothing\n")?;
        return Ok(());
    };
    let mut text = format!("{}\n", forecast.told());
    for line in &forecast.lines {
        let usd = line.usd.map_or_else(|| "cost unknown".to_owned(), crate::engine::dollars);
        let _ = writeln!(
            text,
            "  {:<10}{:<28}{:>8.0} requests {:>10.0} + {:.0} tokens, {usd}",
            line.role.as_str(),
            output::line(&line.model),
            line.requests,
            line.prompt_tokens,
            line.completion_tokens
        );
    }
    for sentence in &forecast.unknown {
        let _ = writeln!(text, "  {}", output::line(sentence));
    }
    output::print(&text)?;
    Ok(())
}
