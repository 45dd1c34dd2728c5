//! `loong trust`: which server may have which key, where a project's files put the two together.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use clap::Args;
use serde::Serialize;

use super::consent::Consent;
use super::{Context, Exit, UsageError, output};
use crate::config::{Config, Pairing};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong trust                 models whose key this project would send to a server of its choice\n  \
                        loong trust writer          send it, from now on, wherever the two stand together\n  \
                        loong trust --forget writer take that back\n\n\
                        Models of your own configuration, servers on this machine and well-known variables at their \
                        provider (OPENAI_API_KEY at api.openai.com) need no word."
)]
pub(super) struct TrustArgs {
    /// Names of models under [models]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Take it back
    #[arg(long, requires = "names")]
    forget: bool,
}

/// A model, and whether its key may be sent.
#[derive(Debug, Serialize)]
struct Line<'a> {
    model: &'a str,
    key: String,
    server: String,
    trusted: bool,
}

pub(super) fn run(context: &Context, args: &TrustArgs) -> anyhow::Result<Exit> {
    let config = context.config(context.find_project().as_deref())?;
    let consent = Consent::new(&context.paths);
    for name in &args.names {
        let model = config.models.get(name).ok_or_else(|| {
            let known: Vec<&str> = config.models.keys().map(String::as_str).collect();
            UsageError(format!("there is no model `{name}`; [models] has: {}", known.join(", ")))
        })?;
        let Some(pairing) = model.pairing() else {
            return Err(UsageError(format!("[models.{name}] names no key, so that there is nothing to trust")).into());
        };
        if args.forget { consent.distrust(&pairing)? } else { consent.trust(&pairing)? }
    }
    let config = context.config(context.find_project().as_deref())?;
    let lines: Vec<Line<'_>> = config
        .models
        .iter()
        .filter_map(|(name, model)| {
            let pairing = model.pairing()?;
            Some(Line { model: name, key: pairing.source, server: pairing.origin, trusted: !model.foreign })
        })
        .collect();
    if context.flags.json {
        for line in &lines {
            output::print_json(line)?;
        }
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for line in &lines {
        let may = if line.trusted { "may be sent to" } else { "is WITHHELD from" };
        text.push_str(&output::line(&format!("{}: {} {may} {}", line.model, line.key, line.server)));
        text.push('\n');
    }
    if lines.is_empty() {
        text.push_str("no model here has a key\n");
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

/// What is to be asked before a run: the model, its key and server, and the question.
pub(super) fn questions(config: &Config) -> anyhow::Result<Vec<(String, Pairing, String)>> {
    if config.models.is_empty() {
        return Ok(Vec::new());
    }
    let (generator, solvers) = config.roles()?;
    let others = config.others()?.into_values().flatten();
    let mut playing: Vec<String> = generator.into_iter().chain(solvers).chain(others).collect();
    playing.sort();
    playing.dedup();
    let withheld = playing.into_iter().filter_map(|name| {
        let pairing = config.models.get(&name).filter(|model| model.foreign)?.pairing()?;
        let question = format!(
            "This project's files would send the key from {} to {} (model {name}). Send it, from now on?",
            pairing.source, pairing.origin
        );
        Some((name, pairing, question))
    });
    Ok(withheld.collect())
}

/// Asks, where somebody can answer, about keys that the project's files would send to servers of their choice.
pub(super) fn ask(context: &Context, config: &mut Config) -> anyhow::Result<()> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(());
    }
    for (name, pairing, question) in questions(config)? {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{} [y/N] ", output::line(&question)).and_then(|()| stderr.flush())?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            Consent::new(&context.paths).trust(&pairing)?;
            if let Some(model) = config.models.get_mut(&name) {
                model.foreign = false;
            }
            context.say(&format!("remembered; `loong trust --forget {name}` takes it back"));
        }
    }
    Ok(())
}
