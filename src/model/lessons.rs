//! What was learned of an endpoint and model: the parameters it takes, and how.
//!
//! Endpoints that speak one dialect differ in what they accept. Whatever one refuses is renamed, cut or dropped once, and
//! remembered for this endpoint and model, so that a refusal costs one request and not one a candidate.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::endpoint::Structured;
use super::refusal::Refusal;
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
        } else if ["response_format", "text", "output_config"].into_iter().any(sent) && refusal.is_of_structure() {
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
    fn a_limit_of_tokens_that_is_too_high_is_cut_to_what_is_offered() {
        let limited = |texts: &[&str]| {
            let high = Sampling { max_tokens: Some(100_000), ..request().sampling };
            let high = ChatRequest { sampling: high, ..request() };
            let lessons = Lessons::new(Structured::Auto);
            for text in texts {
                let sent = lessons.accepted();
                let body = Dialect::Chat.body(sent, "m", &high, false, &Map::new());
                assert!(lessons.learn(sent, &body, &Refusal::new(text, None)), "{text}");
            }
            assert_eq!(lessons.refused(Structured::Auto), ["max_tokens"]);
            Dialect::Chat.body(lessons.accepted(), "m", &high, false, &Map::new()).get("max_tokens").cloned()
        };
        for (text, offered) in [
            ("max_tokens is too large: 100000. This model supports at most 16384 completion tokens", 16384),
            ("max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for it", 64000),
            ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
            ("'max_tokens' is too large: 100000. The maximum context length is 8192 tokens (100000 > 8192 - 52)", 8192),
        ] {
            assert_eq!(limited(&[text]), Some(json!(offered)), "{text}");
        }
        let vllm = [
            "'max_tokens' is too large: 100000. The maximum context length is 8192 tokens (100000 > 8192 - 52)",
            "'max_tokens' is too large: 8192. The maximum context length is 8192 tokens (8192 > 8192 - 52)",
        ];
        assert_eq!(limited(&vllm), None, "where what is offered is too much itself, the server says how much");
    }

    #[test]
    fn streams_and_pairs_of_parameters_are_refused_in_sentences_too() {
        for (text, gone, there) in [
            ("Streaming is not supported for this model", "stream", "seed"),
            ("unknown parameter: stream_options", "stream_options", "stream"),
            (
                "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
                "top_p",
                "temperature",
            ),
            (r#"Invalid JSON payload received. Unknown name "seed": Cannot find field."#, "seed", "stream_options"),
        ] {
            let lessons = Lessons::new(Structured::Auto);
            let sent = lessons.accepted();
            assert!(lessons.learn(sent, &body(sent), &Refusal::new(text, None)), "{text}");
            let now = lessons.accepted();
            let next = Dialect::Chat.body(now, "m", &request(), now.stream, &Map::new());
            assert!(next.get(gone).is_none() && next.get(there).is_some(), "{text}: {next}");
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
    fn a_model_without_structured_outputs_is_asked_without_them_in_anthropics_dialect_too() {
        for text in [
            "output_config: Extra inputs are not permitted",
            "'claude-3-5-haiku' does not support output_config.format",
            "output_config.format.schema: For 'integer' type, property 'maximum' is not supported",
        ] {
            let lessons = Lessons::new(Structured::Auto);
            let sent = lessons.accepted();
            let body = |accepted| Dialect::Anthropic.body(accepted, "m", &request(), false, &Map::new());
            assert_eq!(body(sent)["output_config"]["format"]["type"], "json_schema");
            assert!(lessons.learn(sent, &body(sent), &Refusal::new(text, None)), "{text}");
            assert!(body(lessons.accepted()).get("output_config").is_none(), "{text}");
        }
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
