//! What is configured of an endpoint, and the address its requests go to.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::limit::{Limiter, Width};
use super::secret::KeySource;
use crate::words::words;

/// Whether an endpoint is asked for structured replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Structured {
    /// Ask for the schema; on a refusal for any JSON object; on another refusal not at all. What was refused is
    /// remembered.
    #[default]
    Auto,
    /// Never ask: the prompt alone says what the reply should look like.
    Off,
}

words! {
    /// When a reply is asked for as a stream. What is refused is asked for whole, and that is remembered.
    pub enum Streaming {
        /// Where somebody watches, and from the first reply on that took long.
        Auto = "auto",
        /// Always.
        Always = "always",
        /// Never.
        Never = "never",
    }
}

/// One model at one endpoint.
#[derive(Clone)]
pub struct EndpointConfig {
    /// What people call the endpoint; errors begin with it.
    pub name: String,
    /// The address before `/chat/completions`, `/responses` or `/messages`, with or without `/v1` and with or without a
    /// trailing slash: nothing is guessed. A query (Azure's `?api-version=…`) is kept.
    pub base_url: String,
    /// The model, as the endpoint knows it.
    pub model: String,
    /// Where the key comes from.
    pub api_key: KeySource,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// When replies are asked for as a stream.
    pub streaming: Streaming,
    /// Most time from sending one request to the end of its reply; of a stream, to its first event.
    pub request_deadline: Duration,
    /// Most time between two pieces of a reply's body.
    pub idle_deadline: Duration,
    /// Most time over all attempts and the waits between them, from the moment the request has a place in flight.
    pub total_deadline: Duration,
    /// Most requests sent for one reply because of passing faults, at least 1. Three kinds are not counted: a request
    /// sent again without a refused parameter, one put off by a 429 while the endpoint answers others, and one that came
    /// while the server was loading its model.
    pub max_attempts: u32,
    /// The wait after the first passing fault; it doubles, with jitter, up to 30 s.
    pub backoff: Duration,
    /// Most requests in flight, at least 1.
    pub in_flight: usize,
    /// Most requests a minute, as far as is known.
    pub requests_per_minute: Option<u32>,
    /// Most tokens a minute, as far as is known.
    pub tokens_per_minute: Option<u32>,
    /// The limiter that all models of one server and key share; none: one of its own.
    pub limiter: Option<Arc<Limiter>>,
    /// Further headers, name and value. Values are held as secrets are.
    pub headers: Vec<(String, String)>,
    /// Whether to ask for structured replies.
    pub structured: Structured,
    /// What every request's body says besides, over what it would say (`reasoning_effort`, `chat_template_kwargs`).
    pub extra: Map<String, Value>,
}

impl EndpointConfig {
    /// An endpoint without a key and with the defaults: 300 s a request, 60 s idle, 900 s in total, 5 attempts, 500 ms
    /// first backoff, 16 in flight.
    pub fn new(name: impl Into<String>, base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            base_url: base_url.into(),
            model: model.into(),
            api_key: KeySource::None,
            dialect: Dialect::Chat,
            streaming: Streaming::Auto,
            request_deadline: Duration::from_secs(300),
            idle_deadline: Duration::from_secs(60),
            total_deadline: Duration::from_secs(900),
            max_attempts: 5,
            backoff: Duration::from_millis(500),
            in_flight: 16,
            requests_per_minute: None,
            tokens_per_minute: None,
            limiter: None,
            headers: Vec::new(),
            structured: Structured::Auto,
            extra: Map::new(),
        }
    }

    /// What the endpoint may be asked.
    pub fn width(&self) -> Width {
        Width { in_flight: self.in_flight, patience: self.request_deadline }
    }
}

impl fmt::Debug for EndpointConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("EndpointConfig")
            .field("name", &self.name)
            .field("base_url", &self.base_url.split(['?', '#']).next().unwrap_or_default())
            .field("model", &self.model)
            .field("api_key", &self.api_key)
            .field("dialect", &self.dialect)
            .field("streaming", &self.streaming)
            .field("request_deadline", &self.request_deadline)
            .field("idle_deadline", &self.idle_deadline)
            .field("total_deadline", &self.total_deadline)
            .field("max_attempts", &self.max_attempts)
            .field("backoff", &self.backoff)
            .field("in_flight", &self.in_flight)
            .field("requests_per_minute", &self.requests_per_minute)
            .field("tokens_per_minute", &self.tokens_per_minute)
            .field("limiter", &self.limiter)
            .field("headers", &headers)
            .field("structured", &self.structured)
            .field("extra", &self.extra.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Why a model could not be set up. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum ModelSetupError {
    /// The address is none.
    #[error("base_url of endpoint `{endpoint}` is no address ({message}); write it like http://localhost:8000/v1")]
    Url { endpoint: String, message: String },
    /// The address has a user name or password in it.
    #[error("base_url of endpoint `{endpoint}` holds a user name or password; take it out and set api_key or headers")]
    UrlHoldsSecret { endpoint: String },
    /// The key cannot be had.
    #[error("the key of endpoint `{endpoint}` cannot be had: {message}")]
    Key { endpoint: String, message: String },
    /// A header is none.
    #[error("header `{header}` of endpoint `{endpoint}` cannot be sent: its name or value has a forbidden character")]
    Header { endpoint: String, header: String },
    /// A number is outside what makes sense.
    #[error("{field} of endpoint `{endpoint}` must be at least 1")]
    TooSmall { endpoint: String, field: &'static str },
    /// The TLS side could not be made.
    #[error("the HTTP client for endpoint `{endpoint}` could not be made: {message}; are CA certificates installed?")]
    Client { endpoint: String, message: String },
}

/// The address that requests go to: `base_url` and the dialect's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChatUrl {
    /// The whole address.
    pub(super) url: Url,
    /// Whether the host is this machine, so that no proxy may stand between.
    pub(super) loopback: bool,
    path: String,
}

impl ChatUrl {
    pub(super) fn new(endpoint: &str, base_url: &str, dialect: Dialect) -> Result<Self, ModelSetupError> {
        let refuse = |message: String| ModelSetupError::Url { endpoint: endpoint.to_owned(), message };
        let mut url = Url::parse(base_url.trim()).map_err(|e| refuse(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse(format!("it begins with `{}:`, not http:// or https://", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ModelSetupError::UrlHoldsSecret { endpoint: endpoint.to_owned() });
        }
        let loopback = url.host_str().is_some_and(is_loopback);
        url.set_fragment(None);
        let path = format!("/{}", dialect.path().join("/"));
        let whole_path_given = url.path().trim_end_matches('/').ends_with(&path);
        if let (false, Ok(mut segments)) = (whole_path_given, url.path_segments_mut()) {
            segments.pop_if_empty().extend(dialect.path());
        }
        Ok(Self { url, loopback, path })
    }

    /// The address as a person may read it: without the query, which may hold a key.
    pub(super) fn shown(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.to_string()
    }

    /// The address where the API lists its models.
    pub(super) fn models(&self) -> Url {
        let mut url = self.url.clone();
        let path = url.path().trim_end_matches('/').trim_end_matches(self.path.as_str()).to_owned();
        url.set_path(&format!("{path}/models"));
        url
    }

    /// The address without the dialect's path, and another path behind its root: servers tell about themselves there.
    pub(super) fn root(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches(self.path.as_str()).trim_end_matches("/v1").to_owned();
        url.set_path(&format!("{base}{path}"));
        url.set_query(None);
        url
    }

    /// Whether the host is one of the domain `name`.
    pub(super) fn is_of(&self, name: &str) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        host.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }

    /// Where the API probably is, if this address answers that there is nothing.
    pub(super) fn hint(&self) -> String {
        let path = self.url.path().trim_end_matches(self.path.as_str());
        let has_version = path.split('/').any(|part| {
            part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        });
        if has_version {
            format!("is base_url right? the request went to {}", self.shown())
        } else {
            let mut base = self.url.clone();
            base.set_query(None);
            base.set_path(&format!("{}/v1", path.trim_end_matches('/')));
            format!("most servers want base_url to end with /v1: try {base}")
        }
    }
}

/// The server that an address names: what a key is given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: String,
    /// The host, in lower case.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it is this machine.
    pub loopback: bool,
}

impl Origin {
    /// The server of a base URL; `None` where it is no address.
    pub fn of(base_url: &str) -> Option<Self> {
        let url = Url::parse(base_url.trim()).ok()?;
        let (host, port) = (url.host_str()?.to_owned(), url.port_or_known_default()?);
        Some(Self { scheme: url.scheme().to_owned(), loopback: is_loopback(&host), host, port })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match (self.scheme.as_str(), self.port) {
            ("https", 443) | ("http", 80) => Ok(()),
            (_, port) => write!(f, ":{port}"),
        }
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = bare.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_appended_and_nothing_is_guessed() {
        for (base, whole) in [
            ("http://localhost:8000/v1", "http://localhost:8000/v1/chat/completions"),
            ("http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions"),
            ("https://api.deepseek.com", "https://api.deepseek.com/chat/completions"),
            ("https://x.y/v1beta/openai/", "https://x.y/v1beta/openai/chat/completions"),
            ("http://h/v1/chat/completions", "http://h/v1/chat/completions"),
            ("https://a.b/d/m?api-version=2", "https://a.b/d/m/chat/completions?api-version=2"),
        ] {
            assert_eq!(
                ChatUrl::new("e", base, Dialect::Chat).map(|u| u.url.to_string()).as_deref(),
                Ok(whole),
                "{base}"
            );
        }
        for base in ["", "localhost:8000/v1", "ftp://x/v1", "/v1"] {
            assert!(matches!(ChatUrl::new("e", base, Dialect::Chat), Err(ModelSetupError::Url { .. })), "{base}");
        }
        assert!(matches!(
            ChatUrl::new("e", "http://u:p@h/v1", Dialect::Chat),
            Err(ModelSetupError::UrlHoldsSecret { .. })
        ));
    }

    #[test]
    fn each_dialect_has_its_path() {
        let whole = |base, dialect| ChatUrl::new("e", base, dialect).map(|u| u.url.to_string());
        assert_eq!(whole("http://h/v1", Dialect::Responses).as_deref(), Ok("http://h/v1/responses"));
        assert_eq!(whole("http://h/v1/messages", Dialect::Anthropic).as_deref(), Ok("http://h/v1/messages"));
        let url = ChatUrl::new("e", "https://api.anthropic.com/v1", Dialect::Anthropic).expect("an address");
        assert!(url.is_of("anthropic.com") && !url.is_of("thropic.com") && !url.is_of("api"));
        assert_eq!(url.root("/api/ps").as_str(), "https://api.anthropic.com/api/ps");
    }

    #[test]
    fn loopback_is_told_by_name_and_by_number() {
        for (base, loopback) in [
            ("http://localhost/v1", true),
            ("http://LOCALHOST:1/v1", true),
            ("http://127.0.0.53/v1", true),
            ("http://[::1]:9/v1", true),
            ("http://localhost.example.com/v1", false),
            ("http://10.0.0.1/v1", false),
        ] {
            assert_eq!(ChatUrl::new("e", base, Dialect::Chat).map(|u| u.loopback), Ok(loopback), "{base}");
        }
    }

    #[test]
    fn the_hint_offers_a_version_only_where_there_is_none() {
        let hint = |base| ChatUrl::new("e", base, Dialect::Chat).map(|u| u.hint()).unwrap_or_default();
        assert!(hint("http://localhost:8000/?key=k").ends_with("try http://localhost:8000/v1"));
        assert!(hint("http://h/api/").ends_with("try http://h/api/v1"));
        assert!(!hint("http://h/v1beta/openai").contains("try"));
    }
}
