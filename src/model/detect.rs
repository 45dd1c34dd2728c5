//! Finding the model servers of this machine: which they are, what they serve, and how much they read at once.

use std::net::SocketAddr;
use std::time::Duration;

use futures::future::{join_all, join3};
use reqwest::{Client, Url};
use serde_json::Value;
use tokio::time::timeout;

use crate::words::words;

/// Bytes of an answer that are read.
const MOST: usize = 1 << 20;
/// Most time for a connection: a server on this machine takes one at once.
const CONNECT: Duration = Duration::from_millis(300);
/// Shortest context that holds a prompt of the loop and its reply.
const SHORT_CONTEXT: u64 = 8192;

words! {
    /// A program that serves models.
    pub enum ServerKind {
        /// `llama-server` of llama.cpp.
        LlamaCpp = "llama.cpp",
        /// vLLM.
        Vllm = "vllm",
        /// `SGLang`.
        Sglang = "sglang",
        /// Ollama.
        Ollama = "ollama",
        /// LM Studio.
        LmStudio = "lmstudio",
        /// Another that speaks a dialect of `OpenAI`.
        Other = "local",
    }
}

/// The ports that servers listen on when nobody says another.
pub const USUAL_PORTS: [u16; 5] = [8080, 8000, 30000, 11434, 1234];

/// A server that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalServer {
    /// Which program it is, as far as it can be told.
    pub kind: ServerKind,
    /// Its address, ending in `/v1`.
    pub base_url: String,
    /// The models that it lists and that can chat, in its order.
    pub models: Vec<String>,
    /// Tokens that the first of them reads and writes at once, if the server says.
    pub context: Option<u64>,
}

impl LocalServer {
    /// What to know before using it, if anything.
    pub fn warning(&self) -> Option<String> {
        let context = self.context.filter(|context| *context < SHORT_CONTEXT)?;
        Some(match self.kind {
            ServerKind::Ollama => format!(
                "its context is {context} tokens and it cuts off longer prompts without a word; set \
                 OLLAMA_CONTEXT_LENGTH={SHORT_CONTEXT} or more for the server"
            ),
            ServerKind::LlamaCpp => format!(
                "a request has a context of {context} tokens; start it with a larger -c, which its slots (-np) share"
            ),
            _ => format!("its context is {context} tokens; longer prompts fail"),
        })
    }
}

/// The servers of this machine that answer on `ports` within `deadline`, in the order of the ports. All are asked at the
/// same time. Blocks; must not be called from async code.
pub fn local_servers(ports: &[u16], deadline: Duration) -> Vec<LocalServer> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Vec::new() };
    runtime.block_on(find_servers(ports, deadline))
}

/// [`local_servers`] for async code.
pub async fn find_servers(ports: &[u16], deadline: Duration) -> Vec<LocalServer> {
    // A server on loopback is never behind a proxy, and needs no certificate.
    let plain = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]);
    rustls::crypto::ring::default_provider().install_default().ok();
    let Ok(client) = plain.connect_timeout(CONNECT).build() else { return Vec::new() };
    let asked = ports.iter().map(|port| {
        let client = &client;
        async move { timeout(deadline, look(client, *port)).await.ok().flatten() }
    });
    join_all(asked).await.into_iter().flatten().collect()
}

async fn look(client: &Client, port: u16) -> Option<LocalServer> {
    let root = format!("http://{}", SocketAddr::from(([127, 0, 0, 1], port)));
    let listed = get(client, &format!("{root}/v1/models")).await?;
    let listed = listed.get("data")?.as_array()?;
    let owner = listed.iter().find_map(|m| m.get("owned_by")?.as_str()).unwrap_or_default();
    let [props, version, studio] = ["/props", "/api/version", "/api/v0/models"].map(|path| format!("{root}{path}"));
    let (props, version, studio) = join3(get(client, &props), get(client, &version), get(client, &studio)).await;
    let kind = match owner {
        "llamacpp" => ServerKind::LlamaCpp,
        "vllm" => ServerKind::Vllm,
        "sglang" => ServerKind::Sglang,
        _ if studio.as_ref().is_some_and(|told| told.get("data").is_some()) => ServerKind::LmStudio,
        _ if version.as_ref().is_some_and(|told| told.get("version").is_some()) => ServerKind::Ollama,
        _ if props.as_ref().is_some_and(|told| told.get("default_generation_settings").is_some()) => {
            ServerKind::LlamaCpp
        }
        _ => ServerKind::Other,
    };
    let chats = |id: &&str| !["embed", "rerank", "whisper"].iter().any(|sign| id.to_ascii_lowercase().contains(sign));
    let ids = listed.iter().filter_map(|m| m.get("id")?.as_str());
    let models: Vec<String> = ids.filter(chats).take(100).map(str::to_owned).collect();
    let first = models.first()?;
    let of_first = |list: Option<&Value>| {
        let models = list?.as_array()?;
        models
            .iter()
            .find(|m| ["id", "name", "model"].iter().any(|n| m.get(*n).and_then(Value::as_str) == Some(first)))
            .cloned()
    };
    let number = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_u64).filter(|n| *n > 0);
    let context = match kind {
        ServerKind::LlamaCpp => props.as_ref().and_then(|told| number(told, "/default_generation_settings/n_ctx")),
        ServerKind::Vllm | ServerKind::Sglang | ServerKind::Other => {
            listed.iter().find_map(|m| number(m, "/max_model_len"))
        }
        ServerKind::LmStudio => of_first(studio.as_ref().and_then(|told| told.get("data")))
            .and_then(|m| number(&m, "/loaded_context_length")),
        ServerKind::Ollama => {
            let running = get(client, &format!("{root}/api/ps")).await;
            of_first(running.as_ref().and_then(|told| told.get("models"))).and_then(|m| number(&m, "/context_length"))
        }
    };
    Some(LocalServer { kind, base_url: format!("{root}/v1"), models, context })
}

async fn get(client: &Client, url: &str) -> Option<Value> {
    let url = Url::parse(url).ok()?;
    let mut response = client.get(url).send().await.ok()?.error_for_status().ok()?;
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.ok()? {
        body.extend_from_slice(&part);
        if body.len() > MOST {
            return None;
        }
    }
    serde_json::from_slice(&body).ok()
}
