//! What was learned of an endpoint and model: the parameters it takes, and how.
//!
//! Endpoints that speak one dialect differ in what they accept. Whatever one refuses is renamed, cut or dropped once, and
//! remembered for this endpoint and model, so that a refusal costs one request and not one a candidate.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::endpoint::Structured;
use super::{ChatRequest, Message, Sampling, Speaker};

/// How the limit of tokens is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TokenLimit {
    MaxTokens,
    MaxCompletionTokens,
    Unsent,
}

/// How structure is asked for, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rung {
    JsonSchema,
    JsonObject,
    Unsent,
}

/// The parameters that an endpoint takes for a model, as far as known. Knowledge only grows: no field ever goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    token_limit: TokenLimit,
    /// The highest limit of tokens that is taken.
    most_tokens: u32,
    structure: Rung,
    temperature: bool,
    top_p: bool,
    seed: bool,
    system: bool,
    /// Replies may be asked for as a stream.
    pub(super) stream: bool,
    /// A stream may be asked to tell the usage of tokens.
    pub(super) stream_options: bool,
    /// The provider may be told not to keep the reply.
    pub(super) store: bool,
}

impl Accepted {
    fn new(structured: Structured) -> Self {
        Self {
            token_limit: TokenLimit::MaxTokens,
            most_tokens: u32::MAX,
            structure: if structured == Structured::Auto { Rung::JsonSchema } else { Rung::Unsent },
            temperature: true,
            top_p: true,
            seed: true,
            system: true,
            stream: true,
            stream_options: true,
            store: true,
        }
    }

    /// The messages as they are sent: for models without a system role, standing instructions stand on top of what the
    /// user says first.
    pub(super) fn folded(self, all: &[Message]) -> Vec<Message> {
        if self.system {
            return all.to_vec();
        }
        let standing = all.iter().filter(|m| m.speaker == Speaker::System).map(|m| m.content.as_str());
        let standing: Vec<&str> = standing.collect();
        let mut rest: Vec<Message> = all.iter().filter(|m| m.speaker != Speaker::System).cloned().collect();
        if !standing.is_empty() {
            let standing = standing.join("\n\n");
            match rest.iter_mut().find(|m| m.speaker == Speaker::User) {
                Some(first) => first.content = format!("{standing}\n\n{}", first.content),
                None => rest.insert(0, Message::new(Speaker::User, standing)),
            }
        }
        rest
    }

    /// Adds how to sample.
    pub(super) fn sample(self, body: &mut Map<String, Value>, sampling: &Sampling) {
        if let (true, Some(temperature)) = (self.temperature, sampling.temperature) {
            body.insert("temperature".into(), json!(temperature));
        }
        if let (true, Some(top_p)) = (self.top_p, sampling.top_p) {
            body.insert("top_p".into(), json!(top_p));
        }
    }

    /// The random seed to send, cut to 31 bits: that much every server takes.
    pub(super) fn seed(self, sampling: &Sampling) -> Option<u64> {
        sampling.seed.filter(|_| self.seed).map(|seed| seed & 0x7fff_ffff)
    }

    /// The limit of tokens, as far as the endpoint goes along.
    pub(super) fn token_limit(self, sampling: &Sampling) -> Option<u32> {
        sampling.max_tokens.map(|limit| limit.min(self.most_tokens))
    }

    /// What the limit of tokens is called; `None` where it must not be sent.
    pub(super) fn token_limit_name(self) -> Option<&'static str> {
        match self.token_limit {
            TokenLimit::MaxTokens => Some("max_tokens"),
            TokenLimit::MaxCompletionTokens => Some("max_completion_tokens"),
            TokenLimit::Unsent => None,
        }
    }

    /// How to ask for the structure that a request wants.
    pub(super) fn structure(self, request: &ChatRequest) -> Rung {
        // OpenAI refuses the second kind unless a message names JSON.
        let named = || request.messages.iter().any(|m| m.content.to_ascii_lowercase().contains("json"));
        match self.structure {
            Rung::JsonObject if !named() => Rung::Unsent,
            rung => rung,
        }
    }

    /// What follows from the refusal of `body`, which was made from `self`; `None` if the refusal is of something else.
    fn after(self, body: &Value, refusal: &Refusal) -> Option<Self> {
        let mut next = self;
        let sent = |name: &str| body.get(name).is_some();
        let limit = ["max_tokens", "max_completion_tokens", "max_output_tokens"].into_iter().find(|name| sent(name));
        if let (Some(name), true) = (limit, refusal.is_of_too_many_tokens()) {
            let asked = body.get(name).and_then(Value::as_u64).unwrap_or(u64::MAX);
            match refusal.most_tokens().filter(|most| u64::from(*most) < asked) {
                Some(most) => next.most_tokens = most,
                None => next.token_limit = TokenLimit::Unsent,
            }
        } else if limit.is_some_and(|name| refusal.is_of(name)) {
            let renamed = TokenLimit::MaxCompletionTokens;
            let offered = self.token_limit < renamed && refusal.text.contains("max_completion_tokens");
            next.token_limit = if offered { renamed } else { TokenLimit::Unsent };
        } else if (sent("response_format") || sent("text")) && refusal.is_of_structure() {
            next.structure = if self.structure == Rung::JsonSchema { Rung::JsonObject } else { Rung::Unsent };
        } else if sent("stream_options") && refusal.is_of("stream_options") {
            next.stream_options = false;
        } else if sent("stream") && refusal.is_of_streaming() {
            next.stream = false;
        } else if sent("store") && refusal.is_of("store") {
            next.store = false;
        } else if sent("seed") && refusal.is_of("seed") {
            next.seed = false;
        } else if sent("temperature") && sent("top_p") && refusal.is_of_both() {
            next.top_p = false;
        } else if sent("temperature") && refusal.is_of("temperature") {
            next.temperature = false;
        } else if sent("top_p") && refusal.is_of("top_p") {
            next.top_p = false;
        } else if self.system && refusal.is_of_system() {
            next.system = false;
        }
        (next != self).then_some(next)
    }

    /// Both knowledges together.
    fn joined(self, other: Self) -> Self {
        Self {
            token_limit: self.token_limit.max(other.token_limit),
            most_tokens: self.most_tokens.min(other.most_tokens),
            structure: self.structure.max(other.structure),
            temperature: self.temperature && other.temperature,
            top_p: self.top_p && other.top_p,
            seed: self.seed && other.seed,
            system: self.system && other.system,
            stream: self.stream && other.stream,
            stream_options: self.stream_options && other.stream_options,
            store: self.store && other.store,
        }
    }
}

/// Messages as all dialects write them.
pub(super) fn messages(messages: &[Message]) -> Value {
    messages.iter().map(|m| json!({"role": m.speaker.as_str(), "content": m.content})).collect()
}

/// An error answer to a request that was understood and not wanted (400, 422).
#[derive(Debug)]
pub(super) struct Refusal {
    /// All that the answer says, in lower case.
    text: String,
    /// The parameter that the answer names by field.
    param: Option<String>,
}

/// Signs that a parameter itself is not wanted.
const REFUSING: [&str; 18] = [
    "unsupported",
    "not support",
    "n't support",
    "unrecognized",
    "unknown",
    "unexpected",
    "extra input",
    "extra field",
    "not permitted",
    "not allowed",
    "not available",
    "unavailable",
    "not compatible",
    "only the default",
    "is allowed for this model",
    "deprecated",
    "not enabled",
    "cannot both",
];

impl Refusal {
    /// `text`: message and whatever else the answer tells; `param`: its field of that name.
    pub(super) fn new(text: &str, param: Option<&str>) -> Self {
        Self { text: text.to_ascii_lowercase(), param: param.map(str::to_ascii_lowercase) }
    }

    fn refuses(&self) -> bool {
        REFUSING.iter().any(|sign| self.text.contains(sign))
    }

    fn is_of(&self, name: &str) -> bool {
        self.refuses() && (self.param.as_deref() == Some(name) || names(&self.text, name))
    }

    fn is_of_structure(&self) -> bool {
        let of_format =
            self.param.as_deref().is_some_and(|p| p.starts_with("response_format") || p.starts_with("text"))
                || [
                    "response_format",
                    "text.format",
                    "json_schema",
                    "json schema",
                    "json_object",
                    "structured output",
                    "grammar",
                ]
                .iter()
                .any(|word| self.text.contains(word));
        // A schema that the endpoint cannot follow is a refusal too: the prompt still describes the reply.
        of_format
            && (self.refuses()
                || ["invalid schema", "must be", "must contain", "failed", "error parsing", "invalid value"]
                    .iter()
                    .any(|sign| self.text.contains(sign)))
    }

    /// Whether the limit of tokens is higher than the endpoint goes.
    fn is_of_too_many_tokens(&self) -> bool {
        asks_for_too_many_tokens(&self.text)
    }

    /// The limit of tokens that the endpoint offers instead.
    fn most_tokens(&self) -> Option<u32> {
        ["at most ", "tokens: ", " > ", "less than or equal to ", "range of [1, "].into_iter().find_map(|before| {
            let rest = &self.text[self.text.find(before)? + before.len()..];
            let rest = rest.split_once(" > ").map_or(rest, |(_, most)| most);
            let digits: String = rest.chars().filter(|c| *c != ',').take_while(char::is_ascii_digit).take(10).collect();
            digits.parse().ok().filter(|most| *most > 0)
        })
    }

    fn is_of_streaming(&self) -> bool {
        self.is_of("stream")
            || (self.text.contains("streaming") && self.refuses())
            || self.text.contains("must be verified to stream")
    }

    /// Whether temperature and nucleus mass are refused together only.
    fn is_of_both(&self) -> bool {
        self.text.contains("temperature") && self.text.contains("top_p") && self.text.contains("both")
    }

    fn is_of_system(&self) -> bool {
        let of_role = self.param.as_deref().is_some_and(|p| p.rsplit('.').next() == Some("role"))
            || ["system role", "role system", "role 'system'", "system message", "developer instruction"]
                .iter()
                .any(|word| self.text.contains(word))
            || (self.text.contains("role") && self.text.contains("'system'"));
        of_role && self.refuses()
    }
}

/// Whether a message (lower case) says that more tokens were allowed to the reply than the endpoint goes along with: a
/// fault of that limit's, though the message may name the context too.
pub(super) fn asks_for_too_many_tokens(text: &str) -> bool {
    let of_limit = ["max_tokens", "max_completion_tokens", "max_output_tokens"].iter().any(|name| text.contains(name));
    of_limit
        && [
            "is too large",
            "at most",
            "maximum allowed number of output tokens",
            "less than or equal to",
            "valid range of max_tokens",
        ]
        .iter()
        .any(|sign| text.contains(sign))
}

/// Whether `name` stands in `text` as a word: `max_tokens` is not in `max_tokens_per_day`.
fn names(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_word) && !text[at + name.len()..].starts_with(is_word)
    })
}

/// What was learned of an endpoint and model, shared by all requests to it.
#[derive(Debug)]
pub(super) struct Lessons {
    accepted: Mutex<Accepted>,
    slow: AtomicBool,
}

impl Lessons {
    pub(super) fn new(structured: Structured) -> Self {
        Self { accepted: Mutex::new(Accepted::new(structured)), slow: AtomicBool::new(false) }
    }

    pub(super) fn accepted(&self) -> Accepted {
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns from the refusal of `body`, made from `sent`. Whether there is now something else to send.
    pub(super) fn learn(&self, sent: Accepted, body: &Value, refusal: &Refusal) -> bool {
        let Some(next) = sent.after(body, refusal) else { return false };
        let mut known = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        *known = known.joined(next);
        true
    }

    /// Notes that a reply took long.
    pub(super) fn note_slow(&self) {
        self.slow.store(true, Ordering::Relaxed);
    }

    /// Whether a reply took long.
    pub(super) fn is_slow(&self) -> bool {
        self.slow.load(Ordering::Relaxed)
    }

    /// The parameters that are not sent, or not as asked, because they were refused.
    pub(super) fn refused(&self, configured: Structured) -> Vec<&'static str> {
        let (first, now) = (Accepted::new(configured), self.accepted());
        [
            ("max_tokens", now.token_limit == TokenLimit::Unsent || now.most_tokens < u32::MAX),
            ("response_format", now.structure > first.structure),
            ("temperature", !now.temperature),
            ("top_p", !now.top_p),
            ("seed", !now.seed),
            ("system", !now.system),
            ("stream", !now.stream),
            ("stream_options", !now.stream_options),
            ("store", !now.store),
        ]
        .into_iter()
        .filter_map(|(name, refused)| refused.then_some(name))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::dialect::Dialect;
    use crate::model::{ReplySchema, Role};

    fn body(accepted: Accepted) -> Value {
        Dialect::Chat.body(accepted, "m", &request(), true, &Map::new())
    }

    fn request() -> ChatRequest {
        ChatRequest {
            role: Role::Generator,
            ordinal: 0,
            sample: 0,
            messages: vec![Message::new(Speaker::System, "Be brief."), Message::new(Speaker::User, "Answer in JSON.")],
            sampling: Sampling {
                temperature: Some(0.7),
                top_p: Some(0.9),
                max_tokens: Some(64),
                seed: Some(1 << 40 | 5),
            },
            schema: Some(ReplySchema { name: "triple".into(), schema: json!({"type": "object"}) }),
        }
    }

    /// The names of what is sent after the endpoint answered with each message in turn.
    fn sent_after(refusals: &[(&str, Option<&str>)]) -> Option<Value> {
        let lessons = Lessons::new(Structured::Auto);
        for (text, param) in refusals {
            let sent = lessons.accepted();
            let sent_body = body(sent);
            if !lessons.learn(sent, &sent_body, &Refusal::new(text, *param)) {
                return None;
            }
        }
        Some(body(lessons.accepted()))
    }

    #[test]
    fn everything_asked_for_is_sent_until_it_is_refused() {
        let body = sent_after(&[]).unwrap_or_default();
        assert_eq!(body["max_tokens"], 64);
        assert_eq!(body["seed"], 5);
        assert_eq!(body["response_format"]["json_schema"]["name"], "triple");
        assert_eq!(body["messages"][0]["role"], "system");
        assert_eq!(body["temperature"].as_f64(), Some(0.7));
    }

    #[test]
    fn real_refusals_are_understood() {
        let openai = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        for (refusals, gone, there) in [
            (&[(openai, Some("max_tokens"))][..], "max_tokens", "max_completion_tokens"),
            (
                &[(
                    "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
                    Some("temperature"),
                )],
                "temperature",
                "top_p",
            ),
            (&[("Unknown parameter: 'seed'", None)], "seed", "temperature"),
            (&[(r#"[{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}]"#, None)], "seed", "top_p"),
            (&[("property 'top_p' is unsupported", None)], "top_p", "seed"),
            (&[("invalid temperature: only 0.6 is allowed for this model", None)], "temperature", "top_p"),
        ] {
            let body = sent_after(refusals).unwrap_or_default();
            assert!(body.get(gone).is_none() && body.get(there).is_some(), "{refusals:?}: {body}");
        }
    }

    #[test]
    fn the_ladder_goes_down_one_rung_a_refusal() {
        let deepseek = ("This response_format type is unavailable now", None);
        let studio = ("'response_format.type' must be 'json_schema' or 'text'", None);
        let first = sent_after(&[deepseek]).unwrap_or_default();
        assert_eq!(first["response_format"], json!({"type": "json_object"}));
        let second = sent_after(&[deepseek, studio]).unwrap_or_default();
        assert!(second.get("response_format").is_none());
    }

    #[test]
    fn a_refused_system_role_is_folded_into_the_first_user_message() {
        let body = sent_after(&[("Developer instruction is not enabled for models/gemma-3", None)]).unwrap_or_default();
        assert_eq!(body["messages"], json!([{"role": "user", "content": "Be brief.\n\nAnswer in JSON."}]));
    }

    #[test]
    fn a_wrong_value_is_not_taken_for_a_refusal() {
        for text in [
            "temperature must be between 0 and 2",
            "Invalid 'seed': integer below minimum value",
            "messages: field required",
            "max_tokens must be at least 1, got 0",
            "model `x` is not supported",
        ] {
            assert_eq!(sent_after(&[(text, None)]), None, "{text}");
        }
    }

    #[test]
    fn two_requests_that_learn_at_once_lose_nothing() {
        let lessons = Lessons::new(Structured::Auto);
        let sent = lessons.accepted();
        let sent_body = body(sent);
        assert!(lessons.learn(sent, &sent_body, &Refusal::new("unknown field seed", None)));
        assert!(lessons.learn(sent, &sent_body, &Refusal::new("unknown field temperature", None)));
        assert_eq!(lessons.refused(Structured::Auto), ["temperature", "seed"]);
        assert_eq!(Lessons::new(Structured::Off).refused(Structured::Off), Vec::<&str>::new());
    }
}
