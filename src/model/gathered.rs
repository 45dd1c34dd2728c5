//! What a reply says, gathered from its whole body or from the events of a stream, and read alike in both cases.

use serde_json::Value;

use super::{Finish, Usage, believable_cost, thinking};

/// The texts of a reply by where they stood, and what else was told with them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Gathered {
    /// The answer, with the reasoning that a server left in it.
    pub(super) text: String,
    /// Reasoning by the name that vLLM and `OpenRouter` use, and raw reasoning of responses.
    pub(super) reasoning: String,
    /// Reasoning by the name that most servers use.
    pub(super) reasoning_content: String,
    /// Reasoning told in typed details or summaries.
    pub(super) details: String,
    /// Reasoning in parts or blocks of the content.
    pub(super) thinking: String,
    /// Why the model declined.
    pub(super) refusal: String,
    /// Why the reply ended; `None` as long as it is not said.
    pub(super) end: Option<Finish>,
    /// Nothing more will come.
    pub(super) over: bool,
    pub(super) model: Option<String>,
    pub(super) usage: Usage,
    pub(super) cost: Option<f64>,
}

impl Gathered {
    /// Whether it is said why the reply ended.
    pub(super) fn is_whole(&self) -> bool {
        self.end.is_some()
    }

    /// Whether no text came.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    /// Bytes of text gathered.
    pub(super) fn bytes(&self) -> usize {
        let [text, reasoning] = [self.text.len() + self.refusal.len(), self.named().len()];
        text + reasoning + self.thinking.len()
    }

    /// The reasoning that was told by name: the same often comes under two names, of which the first counts.
    pub(super) fn named(&self) -> &str {
        let all = [&self.reasoning, &self.reasoning_content, &self.details];
        all.into_iter().find(|text| !text.trim().is_empty()).map_or("", String::as_str)
    }

    /// Takes over the counts that are told; what is told later counts.
    pub(super) fn take_usage(&mut self, told: Usage) {
        let known = &mut self.usage;
        known.prompt_tokens = told.prompt_tokens.or(known.prompt_tokens);
        known.completion_tokens = told.completion_tokens.or(known.completion_tokens);
        known.reasoning_tokens = told.reasoning_tokens.or(known.reasoning_tokens);
        known.cached_tokens = told.cached_tokens.or(known.cached_tokens);
    }

    /// Takes over the price in US dollars that a usage object tells.
    pub(super) fn take_cost(&mut self, usage: &Value) {
        let number = |pointer: &str| {
            usage.pointer(pointer).and_then(Value::as_f64).filter(|cost| cost.is_finite() && *cost >= 0.0)
        };
        let told = number("/cost").or_else(|| number("/cost/total_cost")).or_else(|| number("/estimated_cost"));
        // With a key of one's own, OpenRouter's cost is its fee alone.
        let own_key = usage.get("is_byok").and_then(Value::as_bool) == Some(true);
        let upstream = own_key.then(|| number("/cost_details/upstream_inference_cost")).flatten();
        if let Some(cost) = told {
            self.cost = Some(cost + upstream.unwrap_or(0.0));
        }
    }

    /// The reply, with reasoning split from the answer.
    pub(super) fn read(self) -> Parsed {
        let (tagged, mut content) = thinking::split(&self.text);
        let filled = |text: &str| Some(text.to_owned()).filter(|t| !t.trim().is_empty());
        let reasoning: Vec<String> =
            [filled(self.named()), filled(&self.thinking), tagged].into_iter().flatten().collect();
        let mut finish = self.end.unwrap_or(Finish::Other);
        if let Some(refusal) = filled(&self.refusal) {
            finish = Finish::Refusal;
            if content.trim().is_empty() {
                content = refusal;
            }
        }
        Parsed {
            content,
            reasoning: Some(reasoning.join("\n\n")).filter(|r| !r.is_empty()),
            finish,
            model: self.model,
            // The door for every dialect: a server may say any number.
            usage: self.usage.believable(),
            cost: believable_cost(self.cost),
        }
    }
}

/// What a reply says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parsed {
    pub(super) content: String,
    pub(super) reasoning: Option<String>,
    pub(super) finish: Finish,
    pub(super) model: Option<String>,
    pub(super) usage: Usage,
    pub(super) cost: Option<f64>,
}

impl Parsed {
    /// What stands for a reply that the provider's filter kept back.
    pub(super) fn declined(message: String) -> Self {
        let refused = Gathered { refusal: message, end: Some(Finish::Refusal), ..Gathered::default() };
        refused.read()
    }
}

/// Why a reply ended, by the words of all dialects.
pub(super) fn finish(reason: Option<&str>) -> Finish {
    match reason.map(str::to_ascii_lowercase).as_deref() {
        Some("stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence") => Finish::Stop,
        Some("length" | "max_tokens" | "model_length" | "model_context_window_exceeded") => Finish::Length,
        Some("content_filter" | "refusal" | "safety" | "recitation" | "prohibited_content" | "blocklist") => {
            Finish::Refusal
        }
        _ => Finish::Other,
    }
}
