//! What went wrong with one attempt, and whether asking again can help.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use serde_json::Value;

use super::endpoint::ChatUrl;
use super::refusal::{Refusal, asks_for_too_many_tokens};
use super::retry::asked_wait;
use super::secret::Redactor;
use super::{Late, ModelError, clause, lean};

/// Most characters of an endpoint's message that a person is shown.
const MESSAGE_CHARS: usize = 600;
/// Most characters of an error answer that are searched for what it means.
const SEARCHED_CHARS: usize = 16 * 1024;

/// The fault itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cause {
    Key { status: u16, message: String },
    Quota { message: String },
    ContextOverflow { message: String },
    Status { status: u16, message: String },
    Deadline { within: Duration, late: Late },
    Unreachable { message: String },
    Protocol { message: String },
}

impl Cause {
    /// The cause with secrets taken out and cut to what a person reads.
    pub(super) fn shown(mut self, redactor: &Redactor) -> Self {
        match &mut self {
            Self::Key { message, .. }
            | Self::Quota { message }
            | Self::ContextOverflow { message }
            | Self::Status { message, .. }
            | Self::Unreachable { message }
            | Self::Protocol { message } => *message = cut(&redactor.clean(message), MESSAGE_CHARS),
            Self::Deadline { .. } => {}
        }
        self
    }

    /// Whether the server is still loading its model: it needs time, not attempts.
    pub(super) fn is_loading(&self) -> bool {
        matches!(self, Self::Status { status: 503, message } if message.to_ascii_lowercase().contains("loading"))
    }

    /// The room's error for this cause.
    pub(super) fn into_error(self, endpoint: &str, attempts: u32, hint: &str) -> ModelError {
        let endpoint = endpoint.to_owned();
        match self {
            Self::Key { status, message } => ModelError::Key { endpoint, status, message, hint: hint.to_owned() },
            Self::Quota { message } => ModelError::Quota { endpoint, message },
            Self::ContextOverflow { message } => ModelError::ContextOverflow { endpoint, message },
            Self::Status { status, message } => ModelError::Status { endpoint, status, attempts, message },
            Self::Deadline { within, late } => {
                let seconds = within.as_secs() + u64::from(within.subsec_nanos() > 0);
                ModelError::Deadline { endpoint, seconds, attempts, late }
            }
            Self::Unreachable { message } => ModelError::Unreachable { endpoint, attempts, message },
            Self::Protocol { message } => ModelError::Protocol { endpoint, message },
        }
    }
}

/// A cause with what to do about it.
#[derive(Debug)]
pub(super) enum Fault {
    /// Asking again gives the same.
    Final(Cause),
    /// Asking again may help; `wait` is what the endpoint asks for.
    Passing { cause: Cause, wait: Option<Duration> },
    /// The request was understood and not wanted: perhaps without one of its parameters.
    Refused(Cause, Refusal),
    /// The provider's filter declined: a refusal of the model's, not a fault of the endpoint's.
    Declined(String),
}

impl Fault {
    /// A passing fault for which no wait was asked.
    pub(super) fn passing(cause: Cause) -> Self {
        Self::Passing { cause, wait: None }
    }

    /// The fault of a connection that failed.
    pub(super) fn of_connection(error: reqwest::Error) -> Self {
        let is_builder = error.is_builder();
        let mut message = root(&error.without_url());
        let unencrypted = message.contains("InvalidContentType");
        if unencrypted {
            message.push_str("; the server speaks no TLS there: write base_url with http://");
        }
        let for_good = is_builder || unencrypted || message.contains("certificate");
        let cause = Cause::Unreachable { message };
        if for_good { Self::Final(cause) } else { Self::passing(cause) }
    }

    /// The fault that an answer with an error status is.
    pub(super) fn of_answer(status: u16, headers: &HeaderMap, body: &[u8], url: &ChatUrl) -> Self {
        let said = Said::new(headers, body);
        match status {
            300..=399 => {
                let to = headers.get(LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("nowhere");
                let to = to.split(['?', '#']).next().unwrap_or_default();
                Self::Final(Cause::Status {
                    status,
                    message: format!("it redirects to {to}; set base_url to where the API is"),
                })
            }
            404 | 405 if !said.names_model() => {
                Self::Final(Cause::Status { status, message: format!("{}; {}", clause(&said.message), url.hint()) })
            }
            _ => said.fault(status, headers),
        }
    }

    /// The fault that an error object inside an answer with status 200 is.
    pub(super) fn of_error_inside(headers: &HeaderMap, body: &Value, error: &Value) -> Self {
        let said = Said::of(body, Some(error));
        match error_status(error) {
            Some(status) => said.fault(status, headers),
            None => said.special(200, headers).unwrap_or_else(|| {
                let message = format!("an error in an answer with status 200: {}", said.message);
                Self::passing(Cause::Protocol { message })
            }),
        }
    }
}

/// The status that an error object gives itself: a number, a text of one, or the kind that stands for it elsewhere.
fn error_status(error: &Value) -> Option<u16> {
    let code = error.get("code").or_else(|| error.get("status"));
    let number = code.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let told = number.and_then(|number| u16::try_from(number).ok()).filter(|status| (400..600).contains(status));
    told.or_else(|| {
        Some(match error.get("type")?.as_str()? {
            "invalid_request_error" => 400,
            "authentication_error" => 401,
            "billing_error" => 402,
            "permission_error" => 403,
            "not_found_error" => 404,
            "request_too_large" => 413,
            "rate_limit_error" => 429,
            "timeout_error" => 504,
            "overloaded_error" => 529,
            _ => return None,
        })
    })
}

/// What an error answer says, wherever it says it.
struct Said {
    /// For a person.
    message: String,
    /// Everything told, lower case, for looking into.
    text: String,
    code: String,
    kind: String,
    param: Option<String>,
    body: Value,
}

impl Said {
    fn new(headers: &HeaderMap, bytes: &[u8]) -> Self {
        let raw = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SEARCHED_CHARS)]);
        let body = lean::only(bytes);
        // Google's compatibility layer wraps its error in an array.
        let body = match body {
            Some(Value::Array(items)) => items.into_iter().next(),
            other => other,
        };
        if let Some(body) = body.filter(Value::is_object) {
            let error = body.get("error").cloned();
            return Self::of(&body, error.as_ref());
        }
        let message = if is_html(headers, &raw) {
            html_message(&raw)
        } else if raw.trim().is_empty() {
            "an empty body".to_owned()
        } else {
            raw.trim().to_owned()
        };
        Self {
            text: cut(&message, SEARCHED_CHARS).to_lowercase(),
            message,
            code: String::new(),
            kind: String::new(),
            param: None,
            body: Value::Null,
        }
    }

    fn of(body: &Value, error: Option<&Value>) -> Self {
        let error = error.filter(|e| !e.is_null()).unwrap_or(body);
        let field = |name: &str| match error.get(name).or_else(|| body.get(name)) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let details = ["detail", "details", "errors"].iter().find_map(|name| error.get(*name)).and_then(details_text);
        let message = error.as_str().map(str::to_owned).or_else(|| field("message")).or(details.clone());
        let upstream = error.pointer("/metadata/raw").and_then(Value::as_str);
        let message = match (message, upstream) {
            (Some(message), Some(raw)) => format!("{message}: {raw}"),
            (Some(message), None) => message,
            (None, _) => error.to_string(),
        };
        let (code, kind) = (field("code").unwrap_or_default(), field("type").or_else(|| field("status")));
        let kind = kind.unwrap_or_default();
        let text = format!("{message}\n{}\n{code}\n{kind}", details.unwrap_or_default());
        Self {
            text: cut(&text, SEARCHED_CHARS).to_lowercase(),
            message,
            code,
            kind,
            param: field("param"),
            body: body.clone(),
        }
    }

    fn is_called(&self, name: &str) -> bool {
        self.code == name || self.kind == name
    }

    fn says(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.text.contains(phrase))
    }

    fn names_model(&self) -> bool {
        self.body.is_object() && self.says(&["model"])
    }

    /// What is told by words rather than by the status.
    fn special(&self, status: u16, headers: &HeaderMap) -> Option<Fault> {
        let message = self.message.clone();
        if ["content_filter", "content_policy_violation"].iter().any(|name| self.is_called(name))
            || (status == 403 && (self.says(&["moderation", "flagged"])))
        {
            return Some(Fault::Declined(message));
        }
        if status == 402
            || ["insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"]
                .iter()
                .any(|name| self.is_called(name))
            || self.says(&["credit balance is too low", "insufficient balance", "insufficient credits"])
        {
            return Some(Fault::Final(Cause::Quota { message }));
        }
        let of_prompt = !asks_for_too_many_tokens(&self.text);
        if status == 413 || of_prompt && matches!(status, 200 | 400 | 422 | 500) && self.is_overflow() {
            return Some(Fault::Final(Cause::ContextOverflow { message }));
        }
        if self.is_called("rate_limit_exceeded") {
            let cause = Cause::Status { status: 429, message };
            return Some(Fault::Passing { cause, wait: asked_wait(headers, &self.message, &self.body) });
        }
        None
    }

    fn is_overflow(&self) -> bool {
        ["context_length_exceeded", "exceed_context_size_error", "context_window_exceeded"]
            .iter()
            .any(|name| self.is_called(name))
            || self.says(&[
                "context length",
                "context window",
                "context size",
                "context limit",
                "prompt is too long",
                "input is too long",
                "input token count",
                "too many input tokens",
                "reduce the length of the",
                "longer than the maximum model length",
            ])
    }

    fn fault(self, status: u16, headers: &HeaderMap) -> Fault {
        if let Some(fault) = self.special(status, headers) {
            return fault;
        }
        let wait = asked_wait(headers, &self.message, &self.body);
        let message = self.message;
        match status {
            401 | 403 => Fault::Final(Cause::Key { status, message }),
            408 | 409 | 425 | 429 | 500 | 502..=504 | 506..=599 => {
                Fault::Passing { cause: Cause::Status { status, message }, wait }
            }
            // A status outside the list of known ones may still be about a parameter: some servers say 500 or 501.
            _ => {
                let refusal = Refusal::new(&self.text, self.param.as_deref());
                Fault::Refused(Cause::Status { status, message }, refusal)
            }
        }
    }
}

/// The sentences of a list of details, those of `FastAPI` (`loc`, `msg`) among them.
fn details_text(details: &Value) -> Option<String> {
    match details {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let sentences: Vec<String> = items
                .iter()
                .take(8)
                .map(|item| match (item.get("loc"), item.get("msg").and_then(Value::as_str)) {
                    (Some(Value::Array(path)), Some(said)) => {
                        let path: Vec<String> =
                            path.iter().map(|p| p.as_str().map_or_else(|| p.to_string(), str::to_owned)).collect();
                        format!("{}: {said}", path.join("."))
                    }
                    (_, Some(said)) => said.to_owned(),
                    _ => item.as_str().map_or_else(|| item.to_string(), str::to_owned),
                })
                .collect();
            Some(sentences.join("; ")).filter(|s| !s.is_empty())
        }
        Value::Object(_) => details.get("message").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}

/// What a body that is no chat reply and no JSON is, in words.
pub(super) fn no_json(headers: &HeaderMap, body: &[u8]) -> String {
    let raw = String::from_utf8_lossy(&body[..body.len().min(SEARCHED_CHARS)]);
    let text = raw.trim();
    if is_html(headers, &raw) {
        html_message(&raw)
    } else if text.is_empty() {
        "an empty body".to_owned()
    } else if text.starts_with("data:") || text.starts_with(": ") {
        "a stream of events, though none was asked for".to_owned()
    } else {
        format!("no JSON: {}", cut(text, 200))
    }
}

/// Whether [`no_json`] was told of a page for people.
pub(super) fn is_html(headers: &HeaderMap, text: &str) -> bool {
    let start: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(15).collect();
    let start = start.to_ascii_lowercase();
    let declared = headers.get(CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    start.starts_with("<!doctype html") || start.starts_with("<html") || (declared && start.starts_with('<'))
}

fn html_message(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|from| {
        let from = from + "<title>".len();
        let length = lower[from..].find("</title>")?;
        Some(cut(page[from..from + length].trim(), 100))
    });
    match title.filter(|t| !t.is_empty()) {
        Some(title) => format!("an HTML page, not JSON (its title: {title})"),
        None => "an HTML page, not JSON".to_owned(),
    }
}

/// The innermost reason of an error: what the outer layers say is that a request failed.
fn root(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The first `most` characters, with a mark where something was cut.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
