//! Refusals: error answers to requests that were understood and not wanted, and what of the request they are about.

/// An error answer to a request that was understood and not wanted (400, 422).
#[derive(Debug)]
pub(super) struct Refusal {
    /// All that the answer says, in lower case.
    pub(super) text: String,
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

    pub(super) fn is_of(&self, name: &str) -> bool {
        self.refuses() && (self.param.as_deref() == Some(name) || names(&self.text, name))
    }

    pub(super) fn is_of_structure(&self) -> bool {
        let of_format = self
            .param
            .as_deref()
            .is_some_and(|p| ["response_format", "text", "output_config"].iter().any(|name| p.starts_with(name)))
            || [
                "response_format",
                "text.format",
                "output_config",
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
    pub(super) fn is_of_too_many_tokens(&self) -> bool {
        asks_for_too_many_tokens(&self.text)
    }

    /// The limit of tokens that the endpoint offers instead.
    pub(super) fn most_tokens(&self) -> Option<u32> {
        ["at most ", "tokens: ", " > ", "less than or equal to ", "[1, "].into_iter().find_map(|before| {
            let rest = &self.text[self.text.find(before)? + before.len()..];
            let rest = rest.split_once(" > ").map_or(rest, |(_, most)| most);
            let digits: String = rest.chars().filter(|c| *c != ',').take_while(char::is_ascii_digit).take(10).collect();
            digits.parse().ok().filter(|most| *most > 0)
        })
    }

    pub(super) fn is_of_streaming(&self) -> bool {
        self.is_of("stream")
            || (self.text.contains("streaming") && self.refuses())
            || self.text.contains("must be verified to stream")
    }

    /// Whether temperature and nucleus mass are refused together only.
    pub(super) fn is_of_both(&self) -> bool {
        self.text.contains("temperature") && self.text.contains("top_p") && self.text.contains("both")
    }

    pub(super) fn is_of_system(&self) -> bool {
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
