//! Endpoints, which are asked only with `--online`.

use std::time::Duration;

use crate::cli::wiring::endpoint;
use crate::config::{Config, ConfigError};
use crate::interpreter::Fact;
use crate::model::{
    ChatModel as _, ChatRequest, EndpointConfig, HttpChat, KeySource, LocalServer, Message, ModelError, Role, Sampling,
    Speaker, USUAL_PORTS, local_servers,
};

/// How long a model may take for one word.
const PATIENCE: Duration = Duration::from_secs(20);

/// Every configured model, and the servers of this machine.
pub(super) fn facts(config: &Config, online: bool) -> anyhow::Result<Vec<Fact>> {
    let mut facts = configured(config, online)?;
    if online {
        facts.extend(local_servers(&USUAL_PORTS, PATIENCE).iter().map(found));
    }
    Ok(facts)
}

/// A server of this machine, whether a model of the configuration is there or not.
fn found(server: &LocalServer) -> Fact {
    const SHOWN: usize = 3;
    let mut models: Vec<String> = server.models.iter().take(SHOWN).cloned().collect();
    if server.models.len() > SHOWN {
        models.push(format!("{} more", server.models.len() - SHOWN));
    }
    let context = server.context.map_or_else(String::new, |tokens| format!("; context {tokens} tokens"));
    let detail = format!("{}: {}{context}", server.base_url, models.join(", "));
    let warning = server.warning();
    let ok = Some(warning.is_none());
    Fact { ok, ..Fact::is(format!("{} here", server.kind), detail).with_fix(warning) }
}

fn configured(config: &Config, online: bool) -> anyhow::Result<Vec<Fact>> {
    if config.models.is_empty() {
        let detail = "none configured: the demo, imports, seeds and reviews need none";
        let fix = "for a run, `loong init` finds keys and local servers, or add a [models.NAME] section to loong.toml";
        return Ok(vec![Fact::is("models", detail).with_fix(Some(fix.to_owned()))]);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = config.models.iter().map(|(name, model)| {
        let endpoint = endpoint(name, model);
        async move {
            let what = format!("model {name}");
            let shown = format!("{} at {}", endpoint.model, endpoint.base_url);
            let waits = endpoint.request_deadline.as_secs();
            match if online { ask(endpoint, PATIENCE).await } else { key(&endpoint).map(Some) } {
                Ok(None) => Fact::is(what, format!("{shown}: slow, no word within {} s", PATIENCE.as_secs())).with_fix(
                    Some(format!(
                        "it may be loading, or busy: ask again; a run waits {waits} s for it (request_seconds)"
                    )),
                ),
                Ok(Some(said)) => Fact { ok: online.then_some(true), ..Fact::is(what, format!("{shown}: {said}")) },
                Err((why, fix)) => Fact::lacks(what, format!("{shown}: {why}"), fix),
            }
        }
    });
    let mut facts = runtime.block_on(futures::future::join_all(asked));
    facts.push(match config.roles() {
        Ok((generator, solvers)) => {
            Fact::works("roles", format!("generator {}, solvers {}", generator.join(", "), solvers.join(", ")))
        }
        Err(ConfigError::Missing { why, lines }) => {
            let lines = lines.trim().replace('\n', "  ");
            Fact::lacks("roles", why, format!("in loong.toml: {lines}"))
        }
        Err(e) => Fact::lacks("roles", e.to_string(), "name them under [roles] in loong.toml"),
    });
    Ok(facts)
}

/// Whether the key is there. A command that prints one may ask its user something, and is not run for this.
fn key(endpoint: &EndpointConfig) -> Result<String, (String, String)> {
    match &endpoint.api_key {
        KeySource::None => Ok("no key; not asked (--online asks)".to_owned()),
        source @ KeySource::Command(_) => Ok(format!("key from {source}; not asked (--online asks)")),
        source => match source.load() {
            Ok(_) => Ok(format!("key from {source}; not asked (--online asks)")),
            Err(why) => Err((why, format!("put the key into {source}, or change this model's section"))),
        },
    }
}

/// Asks a model for a word; `None` where it takes longer than so much patience.
async fn ask(endpoint: EndpointConfig, patience: Duration) -> Result<Option<String>, (String, String)> {
    let failed = |why: String| {
        (why, "see that the address, the model's name and the key are right, and that it runs".to_owned())
    };
    let endpoint = EndpointConfig { max_attempts: 1, total_deadline: patience, request_deadline: patience, ..endpoint };
    let model = HttpChat::new(endpoint).map_err(|e| failed(e.to_string()))?;
    let request = ChatRequest {
        role: Role::Solver,
        ordinal: 0,
        sample: 0,
        messages: vec![Message::new(Speaker::User, "Say yes.")],
        sampling: Sampling { max_tokens: Some(16), ..Sampling::default() },
        schema: None,
    };
    match tokio::time::timeout(patience, model.chat(&request)).await {
        Ok(Ok(reply)) => Ok(Some(format!("answered in {:.1} s", reply.seconds))),
        Err(_) | Ok(Err(ModelError::Deadline { .. })) => Ok(None),
        Ok(Err(e)) => Err(failed(e.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_model_that_takes_its_time_is_slow_and_one_that_is_not_there_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let patience = Duration::from_millis(200);
        let asked = ask(EndpointConfig::new("m", &url, "m"), patience).await;
        assert_eq!(asked, Ok(None), "it listens, and says nothing");
        drop(listener);
        assert!(ask(EndpointConfig::new("m", &url, "m"), Duration::from_secs(20)).await.is_err());
    }
}
