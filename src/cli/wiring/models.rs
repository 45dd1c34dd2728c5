//! The models that a configuration names, by role.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cli::UsageError;
use crate::config::{Config, ConfigError, ModelConfig, section};
use crate::engine::Models;
use crate::generator::{command, rejection, template};
use crate::model::scripted::Scripted;
use crate::model::{
    ChatModel, EndpointConfig, HttpChat, KeySource, Known, Limiters, Nobody, Priced, Replicas, Role, Spread,
};

/// The models of a run by role; for the demo, scripted ones.
pub(super) fn models(config: &Config, demo: bool) -> anyhow::Result<Models> {
    if demo {
        let scripted: Arc<dyn ChatModel> = Arc::new(Scripted::demo());
        return Ok(Models { generator: Arc::clone(&scripted), others: BTreeMap::new(), solvers: vec![scripted] });
    }
    // Who makes no question with a model needs none, and has its questions answered where somebody can.
    let strategy = config.run.strategy.as_str();
    let (generator, solvers) = match strategy {
        template::STRATEGY | command::STRATEGY | rejection::STRATEGY => {
            (config.roles().ok().map(|(generator, _)| generator), config.solvers()?)
        }
        _ => config.roles().map(|(generator, solvers)| (Some(generator), solvers))?,
    };
    if strategy == rejection::STRATEGY && solvers.is_empty() {
        let why = "rejection sampling keeps responses, and no solver is configured".to_owned();
        return Err(ConfigError::Missing { why, lines: section("solver") }.into());
    }
    let mut crew = Crew { config, limiters: Limiters::default(), made: BTreeMap::new() };
    let mut others: BTreeMap<Role, Arc<dyn ChatModel>> =
        config.others()?.iter().map(|(role, names)| Ok((*role, crew.shared(names)?))).collect::<anyhow::Result<_>>()?;
    if strategy == command::STRATEGY {
        others.insert(Role::Command, program(config)?);
    }
    Ok(Models {
        generator: generator.map_or_else(|| Ok(Arc::new(Nobody) as Arc<dyn ChatModel>), |names| crew.shared(&names))?,
        others,
        solvers: crew.copies(&solvers)?.into_iter().map(|(model, _)| model).collect(),
    })
}

/// The program that makes problems. That it is there is seen before anything begins.
#[cfg(unix)]
fn program(config: &Config) -> anyhow::Result<Arc<dyn ChatModel>> {
    let command = &config.strategy.command;
    let Some(name) = command.run.first() else {
        let message = "the strategy `command` wants a program: name it with --command 'PROGRAM ARGUMENTS', or in your own \
                       configuration under [strategy.command] run; `loong guide generator-commands` says how it is spoken to";
        return Err(UsageError(message.to_owned()).into());
    };
    let found = if name.contains('/') {
        std::path::Path::new(name).is_file()
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
    };
    if !found {
        return Err(UsageError(format!("there is no program {name}; name it with its path")).into());
    }
    let deadline = std::time::Duration::from_secs_f64(command.seconds);
    Ok(Arc::new(crate::model::Command::new(command.run.clone(), command.processes, deadline)))
}

#[cfg(not(unix))]
fn program(_: &Config) -> anyhow::Result<Arc<dyn ChatModel>> {
    Err(UsageError("the strategy `command` works on Linux and macOS only".to_owned()).into())
}

/// Makes models, each once.
struct Crew<'a> {
    config: &'a Config,
    limiters: Limiters,
    made: BTreeMap<String, Arc<dyn ChatModel>>,
}

impl Crew<'_> {
    /// The models of one role, as one.
    fn shared(&mut self, names: &[String]) -> anyhow::Result<Arc<dyn ChatModel>> {
        let copies = self.copies(names)?;
        Spread::over(copies).ok_or_else(|| UsageError("a role under [roles] names no model".to_owned()).into())
    }

    /// Models in the order in which they are named, with their weights; those that serve the same model are one, and stand
    /// in for each other.
    fn copies(&mut self, names: &[String]) -> anyhow::Result<Vec<(Arc<dyn ChatModel>, u32)>> {
        // The same model that is asked in another way is another one.
        let asked = |name: &String| {
            let section = &self.config.models[name];
            (section.model.clone(), section.dialect, section.extra.clone())
        };
        let mut groups: Vec<(_, Vec<&String>)> = Vec::new();
        for name in names {
            let served = asked(name);
            match groups.iter_mut().find(|(model, _)| *model == served) {
                Some((_, group)) if group.contains(&name) => {}
                Some((_, group)) => group.push(name),
                None => groups.push((served, vec![name])),
            }
        }
        let mut models = Vec::with_capacity(groups.len());
        for (_, group) in groups {
            let mut parts = Vec::with_capacity(group.len());
            for name in group {
                parts.push((self.one(name)?, self.config.models[name].weight));
            }
            let weight = parts.iter().map(|(_, weight)| *weight).fold(0, u32::saturating_add);
            models.extend(Replicas::of(parts).map(|model| (model, weight)));
        }
        Ok(models)
    }

    fn one(&mut self, name: &str) -> anyhow::Result<Arc<dyn ChatModel>> {
        if let Some(model) = self.made.get(name) {
            return Ok(Arc::clone(model));
        }
        let section = &self.config.models[name];
        let mut endpoint = endpoint(name, section);
        endpoint.limiter = Some(self.limiters.of(&endpoint));
        let model: Arc<dyn ChatModel> = Arc::new(HttpChat::new(endpoint)?);
        let known = Known::of(&section.base_url, &section.model, self.config.price_said(section));
        let model = match known.price() {
            Some(price) => Arc::new(Priced::new(model, price)),
            None if known == Known::Unknown && self.config.budget.usd > 0.0 => {
                return Err(UsageError(format!(
                    "a budget of money can't be kept: nobody knows what `{}` costs at {}; say it in [models.{name}], as in \
                     `price = {{ input = 0.4, output = 1.6 }}` (US dollars per million tokens), or give a budget of tokens",
                    section.model, section.base_url
                ))
                .into());
            }
            None => model,
        };
        self.made.insert(name.to_owned(), Arc::clone(&model));
        Ok(model)
    }
}

/// The endpoint that a section `[models.NAME]` describes. A key that a foreign file would send to a server of its choice is
/// withheld.
pub(in crate::cli) fn endpoint(name: &str, model: &ModelConfig) -> EndpointConfig {
    let api_key = match model.pairing() {
        Some(pairing) if model.foreign => KeySource::Withheld(format!(
            "this project's files would send the key from {} to {}, and you have not agreed to that; if it is right, \
             `loong trust {name}` remembers it",
            pairing.source, pairing.origin
        )),
        _ => model.key_source(),
    };
    EndpointConfig {
        api_key,
        dialect: model.dialect,
        streaming: model.stream,
        extra: model.extra.iter().map(|(name, value)| (name.clone(), serde_json::json!(value))).collect(),
        request_deadline: std::time::Duration::from_secs(model.request_seconds),
        total_deadline: std::time::Duration::from_secs(model.total_seconds),
        max_attempts: model.attempts,
        in_flight: model.in_flight,
        requests_per_minute: model.requests_per_minute,
        tokens_per_minute: model.tokens_per_minute,
        ..EndpointConfig::new(name, &model.base_url, &model.model)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::model::{ChatRequest, Role, Sampling};

    /// A server that tells which key it was sent.
    fn listener() -> (String, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (heard, hear) = channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut bytes = [0; 4096];
                let n = stream.read(&mut bytes).unwrap_or(0);
                heard.send(String::from_utf8_lossy(&bytes[..n]).into_owned()).ok();
                stream.write_all(b"HTTP/1.1 401 no\r\ncontent-length: 0\r\n\r\n").ok();
            }
        });
        (url, hear)
    }

    fn section(base_url: &str, foreign: bool) -> ModelConfig {
        let text = format!("base_url = \"{base_url}\"\nmodel = \"m\"\nkey_env = \"PATH\"\nattempts = 1\n");
        ModelConfig { foreign, ..toml::from_str(&text).unwrap() }
    }

    #[tokio::test]
    async fn a_foreign_file_gets_no_key_sent() {
        let (url, heard) = listener();
        // The key's value must be one word; the file is as good a source as the variable.
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, "sk-secret-0123456789").unwrap();
        let of = |foreign| ModelConfig { key_env: None, key_file: Some(key.clone()), ..section(&url, foreign) };
        let told = HttpChat::new(endpoint("m", &of(true))).unwrap_err().to_string();
        assert!(told.contains("loong trust m") && told.contains("http://127.0.0.1"), "{told}");
        let model = HttpChat::new(endpoint("m", &of(false))).unwrap();
        let request = ChatRequest {
            role: Role::Solver,
            ordinal: 0,
            sample: 0,
            messages: Vec::new(),
            sampling: Sampling::default(),
            schema: None,
        };
        model.chat(&request).await.unwrap_err();
        let all: Vec<String> = heard.try_iter().collect();
        assert_eq!(all.len(), 1, "the withheld key was sent all the same: {all:?}");
        assert!(all[0].contains("sk-secret-0123456789"), "the server does not hear keys at all: {all:?}");
    }

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn unlike_models_share_a_role_and_copies_are_one() {
        let model = |name: &str, port: u16, model: &str| {
            format!("[models.{name}]\nbase_url = \"http://127.0.0.1:{port}/v1\"\nmodel = \"{model}\"\n")
        };
        let text = [model("a", 1, "x"), model("b", 2, "x"), model("c", 3, "y")].concat();
        let config = config(&format!("{text}[roles]\ngenerator = [\"a\", \"c\"]\nsolvers = [\"a\", \"b\", \"c\"]\n"));
        let models = models(&config, false).unwrap();
        assert_eq!(models.generator.name(), "x, y");
        assert_eq!(models.solvers.iter().map(|m| m.name()).collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn a_budget_of_money_wants_prices() {
        let text = "[models.a]\nbase_url = \"https://h.example/v1\"\nmodel = \"x\"\n";
        let told = |text: String| models(&config(&text), false).map(|_| ()).map_err(|e| e.to_string());
        let error = told(format!("{text}[budget]\nusd = 1\n")).unwrap_err();
        assert!(error.contains("[models.a]") && error.contains("price = {"), "{error}");
        assert_eq!(told(text.to_owned()), Ok(()));
        assert_eq!(told(format!("{text}[prices.x]\ninput = 1\noutput = 2\n[budget]\nusd = 1\n")), Ok(()));
        assert_eq!(
            told(format!("{}[budget]\nusd = 1\n", text.replace("https://h.example", "http://localhost:1"))),
            Ok(())
        );
    }
}
