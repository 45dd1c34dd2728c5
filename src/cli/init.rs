//! `loong init`: a project file and an empty store.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::{Context, Exit, UsageError, output};
use crate::paths::{PROJECT_FILE, STORE_FILE};
use crate::store::{OpenMode, Store};

/// Local servers that speak the OpenAI chat dialect, by their usual ports.
const LOCAL: &[(&str, u16)] =
    &[("llama.cpp", 8080), ("vllm", 8000), ("sglang", 30000), ("ollama", 11434), ("lmstudio", 1234)];

/// Keys that may be in the environment, with the endpoint and a model they are for.
const KEYS: &[(&str, &str, &str, &str)] = &[
    ("openai", "OPENAI_API_KEY", "https://api.openai.com/v1", "gpt-4.1-mini"),
    ("openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1", "qwen/qwen3-32b"),
    ("deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com", "deepseek-chat"),
    ("mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1", "mistral-small-latest"),
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
        let models: Vec<_> = found.iter().map(|f| f.name).collect();
        output::print_json(&serde_json::json!({"project": dir, "models": models}))?;
    } else {
        let mut text = format!("made {}\n", output::line(&file.display().to_string()));
        for f in &found {
            let _ = writeln!(text, "found {} ({})", f.name, output::line(&f.base_url));
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
    pub(super) name: &'static str,
    base_url: String,
    model: String,
    key_env: Option<&'static str>,
}

fn found_models(offline: bool) -> Vec<Found> {
    let keys = KEYS.iter().filter(|(_, variable, ..)| std::env::var_os(variable).is_some_and(|v| !v.is_empty())).map(
        |(name, variable, url, model)| Found {
            name,
            base_url: (*url).to_owned(),
            model: (*model).to_owned(),
            key_env: Some(variable),
        },
    );
    let mut found: Vec<Found> = keys.collect();
    if !offline {
        found.extend(LOCAL.iter().filter_map(|(name, port)| local(name, *port)));
    }
    found
}

/// The local server on `port`, with the first model it lists.
fn local(name: &'static str, port: u16) -> Option<Found> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok()?;
    let base_url = format!("http://127.0.0.1:{port}/v1");
    let model = crate::model::first_model(&base_url, Duration::from_secs(2))?;
    Some(Found { name, base_url, model, key_env: None })
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
        let found =
            |name, key_env| Found { name, base_url: "http://x/\"v1".to_owned(), model: "m".to_owned(), key_env };
        for models in [vec![], vec![found("a", None)], vec![found("llama.cpp", None), found("b", Some("KEY"))]] {
            let config: crate::config::Config = toml::from_str(&project_file(&models)).unwrap();
            assert_eq!(config.models.len(), models.len());
            assert_eq!(config.roles().is_ok(), !models.is_empty());
        }
    }
}
