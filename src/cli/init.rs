//! `loong init`: a project file and an empty store.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::{Context, Exit, UsageError, output};
use crate::model::{Dialect, USUAL_PORTS, local_servers};
use crate::paths::{PROJECT_FILE, STORE_FILE};
use crate::store::{OpenMode, Store};

/// How long local servers are waited for, all together.
const PATIENCE: Duration = Duration::from_secs(2);

/// Keys that may be in the environment, with the endpoint and a model they are for.
const KEYS: &[(&str, &str, &str, &str, Dialect)] = &[
    ("openai", "OPENAI_API_KEY", "https://api.openai.com/v1", "gpt-4.1-mini", Dialect::Chat),
    ("anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com/v1", "claude-haiku-4-5", Dialect::Anthropic),
    ("openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1", "qwen/qwen3-32b", Dialect::Chat),
    ("deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com", "deepseek-chat", Dialect::Chat),
    ("mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1", "mistral-small-latest", Dialect::Chat),
    (
        "gemini",
        "GEMINI_API_KEY",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "gemini-2.5-flash",
        Dialect::Chat,
    ),
];

#[derive(Debug, Args)]
#[command(after_help = "Example: loong init tiling && cd tiling && loong run -n 20")]
pub(super) struct InitArgs {
    /// The folder; made when it is not there [default: this folder]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &InitArgs) -> anyhow::Result<Exit> {
    let dir = args.dir.as_ref().map_or_else(|| context.here().to_owned(), |d| context.here().join(d));
    let found = make(context, &dir)?;
    let file = dir.join(PROJECT_FILE);
    if context.flags.json {
        let models: Vec<&str> = found.iter().map(|f| f.name.as_str()).collect();
        let warnings: Vec<&str> = found.iter().filter_map(|f| f.warning.as_deref()).collect();
        output::print_json(&serde_json::json!({"project": dir, "models": models, "warnings": warnings}))?;
    } else {
        let mut text = format!("made {}\n", output::line(&file.display().to_string()));
        for f in &found {
            let (model, url) = (output::line(&f.model), output::line(&f.base_url));
            let others = if f.others == 0 { String::new() } else { format!(" and {} more", f.others) };
            let _ = writeln!(text, "found {} ({url}): {model}{others}", f.name);
            if let Some(warning) = &f.warning {
                let _ = writeln!(text, "  {warning}");
            }
        }
        text.push_str(if found.is_empty() {
            "no key and no local server was found: add a [models.NAME] section to loong.toml, then `loong run`\n\
             without a model: `loong run --strategy template` makes and executes problems from templates,\n\
             `loong import FILE` audits rollouts, `loong demo` shows the loop\n"
        } else {
            "next: `loong run -n 5`, or `loong` for the screen\n"
        });
        output::print(&text)?;
    }
    Ok(Exit::Done)
}

/// Makes a project in a folder; says which models were found.
pub(super) fn make(context: &Context, dir: &Path) -> anyhow::Result<Vec<Found>> {
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let file = dir.join(PROJECT_FILE);
    if file.exists() {
        return Err(UsageError(format!("{} is there already; nothing was changed", file.display())).into());
    }
    let found = found_models(context.flags.offline);
    std::fs::write(&file, project_file(&found)).with_context(|| format!("{} cannot be written", file.display()))?;
    Store::open(dir.join(STORE_FILE), OpenMode::Create)?;
    context.remember(dir);
    Ok(found)
}

/// A model that could be used as it is.
pub(super) struct Found {
    /// Its name in the project file.
    pub(super) name: String,
    base_url: String,
    model: String,
    /// How many other models are there.
    others: usize,
    dialect: Dialect,
    key_env: Option<&'static str>,
    warning: Option<String>,
}

impl Found {
    /// What it is, in a line.
    pub(super) fn told(&self) -> String {
        let (name, model, url) = (output::line(&self.name), output::line(&self.model), output::line(&self.base_url));
        match self.key_env {
            Some(variable) => format!("{name}: a key in {variable}"),
            None if self.others > 0 => format!("{name} at {url}: {model} and {} more", self.others),
            None => format!("{name} at {url}: {model}"),
        }
    }
}

/// Keys in the environment, and model servers that answer on this machine.
pub(super) fn found_models(offline: bool) -> Vec<Found> {
    let is_set = |variable: &str| std::env::var_os(variable).is_some_and(|v| !v.is_empty());
    let keys =
        KEYS.iter().filter(|(_, variable, ..)| is_set(variable)).map(|(name, variable, url, model, dialect)| Found {
            name: (*name).to_owned(),
            base_url: (*url).to_owned(),
            model: (*model).to_owned(),
            others: 0,
            dialect: *dialect,
            key_env: Some(variable),
            warning: None,
        });
    let mut found: Vec<Found> = keys.collect();
    if !offline {
        for server in local_servers(&USUAL_PORTS, PATIENCE) {
            let port = server.base_url.trim_end_matches("/v1").rsplit(':').next().unwrap_or_default();
            let plain = server.kind.to_string();
            let taken = found.iter().any(|f| f.name == plain);
            found.push(Found {
                name: if taken { format!("{plain}-{port}") } else { plain },
                warning: server.warning(),
                others: server.models.len().saturating_sub(1),
                model: server.models.into_iter().next().unwrap_or_default(),
                base_url: server.base_url,
                dialect: Dialect::Chat,
                key_env: None,
            });
        }
    }
    found
}

/// The project file: the models that were found, and the sections people change first.
fn project_file(found: &[Found]) -> String {
    let mut text = String::from(
        "# A loong project. `loong config default` prints every key with its default; what is said here comes over it.\n\n\
         [run]\n# candidates = 20\n# seeds = [\"seeds\"]      # files or folders; none: the bundled seeds\n\
         # domains = [\"logic\"]    # none: all that the seeds have\n# samples = 1\n",
    );
    for f in found {
        let quoted = |s: &str| toml::Value::from(s).to_string();
        let _ = write!(
            text,
            "\n[models.\"{}\"]\nbase_url = {}\nmodel = {}\n",
            f.name,
            quoted(&f.base_url),
            quoted(&f.model)
        );
        if f.dialect != Dialect::Chat {
            let _ = writeln!(text, "dialect = \"{}\"", f.dialect);
        }
        if let Some(variable) = f.key_env {
            let _ = writeln!(text, "key_env = \"{variable}\"");
        }
    }
    match found {
        [] => text.push_str(
            "\n# [models.writer]\n# base_url = \"http://127.0.0.1:8080/v1\"\n# model = \"…\"\n# key_env = \"OPENAI_API_KEY\"\n",
        ),
        [first, _, ..] => {
            let _ = write!(text, "\n[roles]\ngenerator = \"{0}\"\nsolvers = [\"{0}\"]\n", first.name);
        }
        [_] => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_file_is_a_configuration() {
        let found = |name: &str, key_env: Option<&'static str>| Found {
            name: name.to_owned(),
            base_url: "http://x/\"v1".to_owned(),
            model: "m".to_owned(),
            others: 0,
            dialect: if key_env.is_some() { Dialect::Anthropic } else { Dialect::Chat },
            key_env,
            warning: None,
        };
        for models in [vec![], vec![found("a", None)], vec![found("llama.cpp", None), found("b", Some("KEY"))]] {
            let config: crate::config::Config = toml::from_str(&project_file(&models)).unwrap();
            assert_eq!(config.models.len(), models.len());
            assert_eq!(config.roles().is_ok(), !models.is_empty());
        }
    }
}
