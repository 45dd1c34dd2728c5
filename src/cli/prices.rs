//! `loong prices`: what is known of what models cost, and as of when.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::{Context, Exit, output};
use crate::model::{Known, Price, listed};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong prices                what your models cost, and the table that comes with loong\n  \
                        loong prices --json | jq    a line a model\n\n\
                        A price of your own: [prices.\"MODEL\"] with input, cached and output in your configuration."
)]
pub(super) struct PricesArgs {}

/// One model's price. Unknown is null, never 0.
#[derive(Debug, Serialize)]
struct Line {
    /// The section that configures it; none for a line of the table.
    configured: Option<String>,
    provider: String,
    model: String,
    input: Option<f64>,
    cached: Option<f64>,
    output: Option<f64>,
    /// `table`, `configuration`, `loopback`, `reply` (the endpoint says the cost with each) or `unknown`.
    source: &'static str,
    as_of: Option<String>,
}

impl Line {
    fn new(provider: &str, model: &str, price: Option<Price>, source: &'static str, as_of: Option<&str>) -> Self {
        Self {
            configured: None,
            provider: provider.to_owned(),
            model: model.to_owned(),
            input: price.map(|p| p.input),
            cached: price.and_then(|p| p.cached),
            output: price.map(|p| p.output),
            source,
            as_of: as_of.map(str::to_owned),
        }
    }
}

pub(super) fn run(context: &Context, _: &PricesArgs) -> anyhow::Result<Exit> {
    let config = context.config(context.find_project().as_deref())?;
    let mut lines: Vec<Line> = config
        .models
        .iter()
        .map(|(name, model)| {
            let known = Known::of(&model.base_url, &model.model, config.price_said(model));
            let (source, as_of) = match &known {
                Known::Said(_) => ("configuration", None),
                Known::Listed(_, as_of) => ("table", Some(*as_of)),
                Known::Loopback => ("loopback", None),
                Known::Told => ("reply", None),
                Known::Unknown => ("unknown", None),
            };
            let line = Line::new(&model.base_url, &model.model, known.price(), source, as_of);
            Line { configured: Some(name.clone()), ..line }
        })
        .collect();
    lines.extend(listed().iter().flat_map(|line| {
        let of = |model: &String| Line::new(&line.provider, model, Some(line.price()), "table", Some(&line.as_of));
        line.models.iter().map(of)
    }));
    lines.extend(config.prices.iter().map(|(model, price)| Line::new("", model, Some(*price), "configuration", None)));
    if context.flags.json {
        for line in &lines {
            output::print_json(line)?;
        }
        return Ok(Exit::Done);
    }
    output::print(&table(&lines))?;
    Ok(Exit::Done)
}

fn table(lines: &[Line]) -> String {
    let number = |n: Option<f64>| n.map_or_else(|| "–".to_owned(), |n| format!("{n}"));
    let mut text = String::from("US dollars per million tokens: input, cached input, output\n");
    for line in lines {
        let who = line.configured.as_ref().map_or_else(|| line.provider.clone(), |name| format!("[models.{name}]"));
        let known = match (line.source, &line.as_of) {
            ("unknown", _) => "unknown: say it under [prices] or as price = { … }".to_owned(),
            ("loopback", _) => "on this machine".to_owned(),
            ("reply", _) => "the endpoint says the cost with each reply".to_owned(),
            ("configuration", _) => "from your configuration".to_owned(),
            (_, as_of) => format!("as of {}", as_of.as_deref().unwrap_or("an unknown day")),
        };
        let _ = writeln!(
            text,
            "{:<20} {:<22} {:>8} {:>8} {:>8}  {}",
            output::line(&who),
            output::line(&line.model),
            number(line.input),
            number(line.cached),
            number(line.output),
            known
        );
    }
    text
}
