//! Chat models over HTTP, in any dialect: setting up, asking until there is a reply, and what all requests of an endpoint
//! share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use rustls::crypto::ring;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep, timeout};

use super::allowance::Allowance;
use super::context;
use super::dialect::{Dialect, VERSION};
use super::endpoint::{ChatUrl, EndpointConfig, ModelSetupError, Streaming};
use super::exchange::Question;
use super::fault::{Cause, Fault};
use super::gathered::Parsed;
use super::lessons::Lessons;
use super::limit::{Limiter, Outcome};
use super::retry::{LONGEST_WAIT, SHORTEST_WAIT, backoff};
use super::secret::Redactor;
use super::{ChatModel, ChatReply, ChatRequest, Late, Live, ModelError, clause, lean};

/// Most time for name lookup, connection and TLS.
const CONNECT_DEADLINE: Duration = Duration::from_secs(15);
/// A reply that took longer than this is one of a slow model, whose replies are better streamed: then only a stream that
/// stops is given up, and not one that goes on.
const SLOW: Duration = Duration::from_secs(20);
/// Most time for a server to list its models.
const PATIENCE: Duration = Duration::from_secs(3);
/// So many models are no longer listed to a person.
const MANY_MODELS: usize = 20;
/// Most bytes of what a server tells of itself.
const TOLD_BYTES: usize = 1 << 20;

/// One model at one endpoint. Cloning is cheap, and clones share connections, places in flight and what was learned.
#[derive(Debug, Clone)]
pub struct HttpChat {
    model: String,
    endpoint: Arc<Endpoint>,
    lessons: Arc<Lessons>,
    notes: Arc<Notes>,
}

/// What a person should know of a model, each thing said once.
#[derive(Debug, Default)]
struct Notes {
    context_checked: AtomicBool,
    all: Mutex<Vec<String>>,
}

/// What the models of one endpoint share.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) config: EndpointConfig,
    pub(super) url: ChatUrl,
    pub(super) client: Client,
    pub(super) redactor: Redactor,
    /// What to set when the key is refused.
    hint: String,
    limiter: Arc<Limiter>,
    allowance: Allowance,
    /// Whether it was said that whole replies come with something wrong around them.
    pub(super) oddity_told: AtomicBool,
    /// The models that it lists, once somebody wanted to know.
    listed: OnceCell<Vec<String>>,
}

impl HttpChat {
    /// Fetches the key and prepares the connections; nothing is sent. Blocks while a key command runs.
    pub fn new(config: EndpointConfig) -> Result<Self, ModelSetupError> {
        for (field, value) in [("in_flight", config.in_flight), ("max_attempts", config.max_attempts as usize)] {
            if value == 0 {
                return Err(ModelSetupError::TooSmall { endpoint: config.name, field });
            }
        }
        let url = ChatUrl::new(&config.name, &config.base_url, config.dialect)?;
        let key =
            config.api_key.load().map_err(|message| ModelSetupError::Key { endpoint: config.name.clone(), message })?;
        let headers = headers(&config, &url, key.as_ref())?;
        let client = client(&url, headers)
            .map_err(|e| ModelSetupError::Client { endpoint: config.name.clone(), message: innermost(&e) })?;
        let values = config.headers.iter().map(|(_, value)| SecretString::from(value.clone()));
        let redactor = Redactor::new(key.into_iter().chain(values).collect());
        let endpoint = Endpoint {
            url,
            client,
            hint: redactor.clean(&config.api_key.hint()),
            redactor,
            limiter: config.limiter.clone().unwrap_or_else(|| Arc::new(Limiter::new(config.width()))),
            allowance: Allowance::new(config.requests_per_minute, config.tokens_per_minute),
            oddity_told: AtomicBool::new(false),
            listed: OnceCell::new(),
            config,
        };
        Ok(Self {
            model: endpoint.config.model.clone(),
            lessons: Arc::new(Lessons::new(endpoint.config.structured)),
            notes: Arc::default(),
            endpoint: Arc::new(endpoint),
        })
    }

    /// Another model of the same endpoint: it shares key, connections, places in flight and waits.
    #[must_use]
    pub fn with_model(&self, model: impl Into<String>) -> Self {
        let lessons = Arc::new(Lessons::new(self.endpoint.config.structured));
        Self { model: model.into(), endpoint: Arc::clone(&self.endpoint), lessons, notes: Arc::default() }
    }

    /// The endpoint's name.
    pub fn endpoint(&self) -> &str {
        &self.endpoint.config.name
    }

    /// Parameters that this endpoint refused for this model, so that they are no longer sent as asked.
    pub fn refused_parameters(&self) -> Vec<&'static str> {
        self.lessons.refused(self.endpoint.config.structured)
    }
}

#[async_trait]
impl ChatModel for HttpChat {
    fn name(&self) -> &str {
        &self.model
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        self.ask(request, None).await
    }

    async fn chat_live(&self, request: &ChatRequest, live: Live<'_>) -> Result<ChatReply, ModelError> {
        self.ask(request, Some(live)).await
    }

    fn notes(&self) -> Vec<String> {
        self.notes.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl HttpChat {
    /// Asks until there is a reply, or none can be had.
    async fn ask(&self, request: &ChatRequest, live: Option<Live<'_>>) -> Result<ChatReply, ModelError> {
        let (endpoint, config) = (&self.endpoint, &self.endpoint.config);
        let place = endpoint.limiter.place().await;
        let gate = &endpoint.limiter.gate;
        let chars: usize = request.messages.iter().map(|message| message.content.len()).sum();
        let deadline = Instant::now() + config.total_deadline;
        let mut waits = backoff(config.backoff);
        let mut first_sent = None;
        let mut attempts = 0;
        let mut counted = 0;
        let mut last = Cause::Deadline { within: config.total_deadline, late: Late::Silent };
        let failed = |cause: Cause, attempts| Err(cause.into_error(&config.name, attempts, &endpoint.hint));
        loop {
            if !gate.pass(deadline).await {
                return failed(last, attempts);
            }
            let foreseen = chars as u64 / 4;
            endpoint.allowance.turn(foreseen).await;
            let accepted = self.lessons.accepted();
            let streamed = self.is_streamed(accepted.stream, live.is_some());
            let body = config.dialect.body(accepted, &self.model, request, streamed, &config.extra);
            let sent = Instant::now();
            let first_sent = *first_sent.get_or_insert(sent);
            attempts += 1;
            let limit = request.sampling.max_tokens;
            let question = Question { body: body.to_string().into_bytes(), limit, live, deadline };
            let fault = match endpoint.attempt(question).await {
                Ok(parsed) => {
                    gate.note_answer(sent);
                    endpoint.allowance.used(parsed.usage.total().unwrap_or_default(), foreseen);
                    place.note(sent, Outcome::Answered { tokens: parsed.usage.completion_tokens });
                    if sent.elapsed() > SLOW {
                        self.lessons.note_slow();
                    }
                    self.watch_context(request, parsed.usage.prompt_tokens).await;
                    return Ok(self.reply(parsed, first_sent, attempts));
                }
                Err(fault) => fault,
            };
            let (cause, wait) = match fault {
                Fault::Final(cause) => return failed(cause.shown(&endpoint.redactor), attempts),
                Fault::Declined(message) => {
                    let message = endpoint.redactor.clean(&message);
                    return Ok(self.reply(Parsed::declined(message), first_sent, attempts));
                }
                Fault::Refused(cause, refusal) => {
                    if !self.lessons.learn(accepted, &body, &refusal) {
                        let cause = endpoint.with_models(cause).await;
                        return failed(cause.shown(&endpoint.redactor), attempts);
                    }
                    let cause = cause.shown(&endpoint.redactor);
                    let refused = self.refused_parameters();
                    tracing::warn!(
                        endpoint = config.name,
                        model = self.model,
                        ?refused,
                        ?cause,
                        "a parameter was refused"
                    );
                    last = cause;
                    continue;
                }
                Fault::Passing { cause, wait } => (cause.shown(&endpoint.redactor), wait),
            };
            if matches!(cause, Cause::Deadline { .. }) {
                self.lessons.note_slow();
            }
            let limited = matches!(cause, Cause::Status { status: 429, .. });
            place.note(sent, outcome(&cause));
            if let (true, Some(asked), Cause::Status { message, .. }) = (limited, wait, &cause)
                && asked > config.total_deadline
            {
                let message = format!("{message} (it asks to wait {} s)", asked.as_secs());
                return failed(Cause::Quota { message }, attempts);
            }
            // While the endpoint answers others, a 429 says only that this request must queue.
            let queues = limited && gate.answers();
            if !queues && !cause.is_loading() {
                counted += 1;
            }
            let own = waits.next().unwrap_or(config.backoff);
            let asked = wait.filter(|asked| *asked >= SHORTEST_WAIT);
            let pause = asked.map_or(own, |asked| asked.min(LONGEST_WAIT));
            tracing::debug!(endpoint = config.name, attempts, ?cause, ?pause, "a request failed");
            if counted >= config.max_attempts || Instant::now() + pause > deadline {
                return failed(cause, attempts);
            }
            last = cause;
            if limited || asked.is_some() {
                gate.shut_for(pause, sent);
            }
            sleep(pause).await;
        }
    }
}

impl HttpChat {
    fn reply(&self, parsed: Parsed, first_sent: Instant, attempts: u32) -> ChatReply {
        let redactor = &self.endpoint.redactor;
        ChatReply {
            content: redactor.clean_whole(parsed.content),
            reasoning: parsed.reasoning.map(|text| redactor.clean_whole(text)),
            finish: parsed.finish,
            model: parsed.model.map(|name| redactor.clean_whole(name)),
            usage: parsed.usage,
            seconds: first_sent.elapsed().as_secs_f64(),
            attempts,
            cost: parsed.cost,
        }
    }

    /// Whether a reply is asked for as a stream.
    fn is_streamed(&self, accepted: bool, watched: bool) -> bool {
        accepted
            && match self.endpoint.config.streaming {
                Streaming::Auto => watched || self.lessons.is_slow(),
                Streaming::Always => true,
                Streaming::Never => false,
            }
    }

    /// Says so, once, where the endpoint reads less of a prompt than it is sent.
    async fn watch_context(&self, request: &ChatRequest, read: Option<u64>) {
        let (Some(words), Some(read)) = (context::cut(request, read), read) else { return };
        if self.notes.context_checked.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(warning) = context::warning(&self.endpoint, &self.model, words, read).await {
            tracing::warn!(model = self.model, "{warning}");
            self.notes.all.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
        }
    }
}

impl Endpoint {
    /// A fault of a model that is not there, with what to set and, where they are few, the models that there are.
    async fn with_models(&self, cause: Cause) -> Cause {
        let Cause::Status { status: 404, message } = cause else { return cause };
        let listed = self
            .listed
            .get_or_init(|| async { timeout(PATIENCE, self.list()).await.ok().flatten().unwrap_or_default() });
        let listed = listed.await;
        let mut message = clause(&message).to_owned();
        message.push_str("; set `model` in [models.NAME]");
        if (1..MANY_MODELS).contains(&listed.len()) {
            message.push_str(" to one of ");
            message.push_str(&listed.join(", "));
        }
        Cause::Status { status: 404, message }
    }

    async fn list(&self) -> Option<Vec<String>> {
        let told = self.tell(self.url.models()).await?;
        let ids = told.get("data")?.as_array()?.iter().filter_map(|model| model.get("id")?.as_str());
        let shown = |id: &str| id.chars().take(100).collect::<String>().escape_debug().to_string();
        Some(ids.take(MANY_MODELS).map(shown).collect())
    }

    /// What the server tells of itself at `url`.
    pub(super) async fn tell(&self, url: Url) -> Option<Value> {
        let request = self.client.get(url);
        let mut response = request.send().await.ok()?.error_for_status().ok()?;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.ok()? {
            body.extend_from_slice(&piece);
            if body.len() > TOLD_BYTES {
                return None;
            }
        }
        lean::only(&body)
    }
}

/// What a passing fault says of how busy the endpoint is.
fn outcome(cause: &Cause) -> Outcome {
    match cause {
        // One that loads its model is not busy with requests.
        cause if cause.is_loading() => Outcome::Other,
        Cause::Status { status: 429 | 503 | 529, .. } => Outcome::Refused,
        Cause::Deadline { .. } => Outcome::TimedOut,
        _ => Outcome::Other,
    }
}

/// The headers of every request. What the configuration sets wins over what the key would.
fn headers(config: &EndpointConfig, url: &ChatUrl, key: Option<&SecretString>) -> Result<HeaderMap, ModelSetupError> {
    let refuse = |header: &str| ModelSetupError::Header { endpoint: config.name.clone(), header: header.to_owned() };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let anthropic = config.dialect == Dialect::Anthropic;
    if anthropic {
        headers.insert("anthropic-version", HeaderValue::from_static(VERSION));
    }
    let mut all = Vec::new();
    if let Some(key) = key {
        let key = key.expose_secret();
        if anthropic {
            all.push(("x-api-key".to_owned(), key.to_owned()));
        }
        // Other servers of that dialect take the key as they take it in theirs.
        if !anthropic || !url.is_of("anthropic.com") {
            all.push((AUTHORIZATION.as_str().to_owned(), format!("Bearer {key}")));
        }
    }
    for (name, value) in all.iter().chain(&config.headers) {
        let mut sent = HeaderValue::from_str(value).map_err(|_| refuse(name))?;
        sent.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse(name))?, sent);
    }
    Ok(headers)
}

/// The client that all requests to `url` share. It speaks HTTP/1.1 only: a connection for each request in flight has
/// no limit of streams below `in_flight`, and closing it is the cancellation that every server understands.
fn client(url: &ChatUrl, headers: HeaderMap) -> reqwest::Result<Client> {
    // An error says that a provider is installed already, which is as good.
    ring::default_provider().install_default().ok();
    let encrypted = url.url.scheme() == "https";
    // Common servers close an idle connection after 5 s; ours must be the first to let go.
    let idle = if encrypted { Duration::from_secs(50) } else { Duration::from_secs(4) };
    let mut builder = Client::builder()
        .user_agent(concat!("loong/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .connect_timeout(CONNECT_DEADLINE)
        .pool_idle_timeout(idle)
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never());
    if !encrypted {
        // Without this, a machine that has no CA certificates could not speak to a local server either.
        builder = builder.tls_certs_only([]);
    }
    if url.loopback {
        builder = builder.no_proxy();
    }
    builder.build()
}

fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
