//! Chat models over HTTP in the `OpenAI` chat-completions dialect, which nearly every server speaks.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response};
use rustls::crypto::ring;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout};

use super::endpoint::{ChatUrl, EndpointConfig, ModelSetupError};
use super::fault::{Cause, Fault};
use super::limit::{Limiter, Outcome};
use super::reply::{Parsed, parse};
use super::retry::{LONGEST_WAIT, SHORTEST_WAIT, backoff};
use super::secret::Redactor;
use super::wire::Lessons;
use super::{ChatModel, ChatReply, ChatRequest, ModelError};

/// Most bytes of a reply's body.
const BODY_BYTES: usize = 16 * 1024 * 1024;
/// Most time for name lookup, connection and TLS.
const CONNECT_DEADLINE: Duration = Duration::from_secs(15);

/// One model at one endpoint. Cloning is cheap, and clones share connections, places in flight and what was learned.
#[derive(Debug, Clone)]
pub struct OpenAiChat {
    model: String,
    endpoint: Arc<Endpoint>,
    lessons: Arc<Lessons>,
}

/// What the models of one endpoint share.
#[derive(Debug)]
struct Endpoint {
    config: EndpointConfig,
    url: ChatUrl,
    client: Client,
    redactor: Redactor,
    /// What to set when the key is refused.
    hint: String,
    limiter: Arc<Limiter>,
}

impl OpenAiChat {
    /// Fetches the key and prepares the connections; nothing is sent. Blocks while a key command runs.
    pub fn new(config: EndpointConfig) -> Result<Self, ModelSetupError> {
        for (field, value) in [("in_flight", config.in_flight), ("max_attempts", config.max_attempts as usize)] {
            if value == 0 {
                return Err(ModelSetupError::TooSmall { endpoint: config.name, field });
            }
        }
        let url = ChatUrl::new(&config.name, &config.base_url)?;
        let key =
            config.api_key.load().map_err(|message| ModelSetupError::Key { endpoint: config.name.clone(), message })?;
        let headers = headers(&config, key.as_ref())?;
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
            config,
        };
        Ok(Self {
            model: endpoint.config.model.clone(),
            lessons: Arc::new(Lessons::new(endpoint.config.structured)),
            endpoint: Arc::new(endpoint),
        })
    }

    /// Another model of the same endpoint: it shares key, connections, places in flight and waits.
    #[must_use]
    pub fn with_model(&self, model: impl Into<String>) -> Self {
        let lessons = Arc::new(Lessons::new(self.endpoint.config.structured));
        Self { model: model.into(), endpoint: Arc::clone(&self.endpoint), lessons }
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
impl ChatModel for OpenAiChat {
    fn name(&self) -> &str {
        &self.model
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        let (endpoint, config) = (&self.endpoint, &self.endpoint.config);
        let place = endpoint.limiter.place().await;
        let gate = &endpoint.limiter.gate;
        let chars: usize = request.messages.iter().map(|message| message.content.len()).sum();
        let deadline = Instant::now() + config.total_deadline;
        let mut waits = backoff(config.backoff);
        let mut first_sent = None;
        let mut attempts = 0;
        let mut counted = 0;
        let mut answered = gate.answered();
        let mut last = Cause::Deadline { within: config.total_deadline };
        let failed = |cause: Cause, attempts| Err(cause.into_error(&config.name, attempts, &endpoint.hint));
        loop {
            if !gate.pass(deadline).await {
                return failed(last, attempts);
            }
            place.turn(chars as u64 / 4).await;
            let accepted = self.lessons.accepted();
            let body = accepted.body(&self.model, request);
            let sent = Instant::now();
            let first_sent = *first_sent.get_or_insert(sent);
            attempts += 1;
            let fault = match endpoint.attempt(body.to_string().into_bytes(), deadline).await {
                Ok(parsed) => {
                    gate.note_answer(sent);
                    place.note(sent, Outcome::Answered { tokens: parsed.usage.completion_tokens });
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
                    let cause = cause.shown(&endpoint.redactor);
                    if !self.lessons.learn(accepted, &body, &refusal) {
                        return failed(cause, attempts);
                    }
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
            let limited = matches!(cause, Cause::Status { status: 429, .. });
            place.note(sent, outcome(&cause));
            if let (true, Some(asked), Cause::Status { message, .. }) = (limited, wait, &cause)
                && asked > config.total_deadline
            {
                let message = format!("{message} (it asks to wait {} s)", asked.as_secs());
                return failed(Cause::Quota { message }, attempts);
            }
            // While the endpoint answers others, a 429 says only that this request must queue.
            let now_answered = gate.answered();
            if !limited || now_answered == answered {
                counted += 1;
            }
            answered = now_answered;
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

impl OpenAiChat {
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
            cost: None,
        }
    }
}

impl Endpoint {
    /// Sends one request and reads its answer, within the request's deadline and the one over all attempts.
    async fn attempt(&self, body: Vec<u8>, deadline: Instant) -> Result<Parsed, Fault> {
        let left = deadline.saturating_duration_since(Instant::now());
        let exchange = async {
            let request = self.client.post(self.url.url.clone()).body(body);
            let mut response = request.send().await.map_err(Fault::of_connection)?;
            let bytes = self.read(&mut response).await?;
            if response.status().is_success() {
                parse(response.headers(), &bytes)
            } else {
                Err(Fault::of_answer(response.status().as_u16(), response.headers(), &bytes, &self.url))
            }
        };
        let (limit, within) = if left < self.config.request_deadline {
            (left, self.config.total_deadline)
        } else {
            (self.config.request_deadline, self.config.request_deadline)
        };
        timeout(limit, exchange).await.unwrap_or(Err(Fault::passing(Cause::Deadline { within })))
    }

    /// The whole body, if it keeps coming and ends before it is too long.
    async fn read(&self, response: &mut Response) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        loop {
            let idle = Fault::passing(Cause::Deadline { within: self.config.idle_deadline });
            let piece = timeout(self.config.idle_deadline, response.chunk()).await.map_err(|_| idle)?;
            let Some(piece) = piece.map_err(Fault::of_connection)? else { return Ok(bytes) };
            if bytes.len() + piece.len() > BODY_BYTES {
                let message = format!("a body of more than {} MiB", BODY_BYTES >> 20);
                return Err(Fault::Final(Cause::Protocol { message }));
            }
            bytes.extend_from_slice(&piece);
        }
    }
}

/// What a passing fault says of how busy the endpoint is.
fn outcome(cause: &Cause) -> Outcome {
    match cause {
        Cause::Status { status: 429 | 503 | 529, .. } => Outcome::Refused,
        Cause::Deadline { .. } => Outcome::TimedOut,
        _ => Outcome::Other,
    }
}

/// The headers of every request. What the configuration sets wins over what the key would.
fn headers(config: &EndpointConfig, key: Option<&SecretString>) -> Result<HeaderMap, ModelSetupError> {
    let refuse = |header: &str| ModelSetupError::Header { endpoint: config.name.clone(), header: header.to_owned() };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let bearer = key.map(|key| (AUTHORIZATION.as_str().to_owned(), format!("Bearer {}", key.expose_secret())));
    for (name, value) in bearer.iter().chain(&config.headers) {
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
