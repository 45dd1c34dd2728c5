//! Noticing a context that was cut silently.
//!
//! Ollama drops the beginning of a prompt that is longer than its context, and answers what is left as if nothing were
//! missing. What gives it away is the count of the prompt's tokens: far fewer than the prompt has words.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::ChatRequest;
use super::http::Endpoint;

/// Fewest words of a prompt whose tokens are looked at.
const WORDS: usize = 200;
/// Most time for a server to tell its context.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many words were sent, where so few tokens of them were read that some were cut off. A word is a token or more.
pub(super) fn cut(request: &ChatRequest, read: Option<u64>) -> Option<usize> {
    let words: usize = request.messages.iter().map(|m| m.content.split_whitespace().count()).sum();
    let read = usize::try_from(read?).unwrap_or(usize::MAX);
    (words >= WORDS && read.saturating_mul(4) < words.saturating_mul(3)).then_some(words)
}

/// What a person should know of a prompt of `words` words of which `read` tokens were read.
pub(super) async fn warning(endpoint: &Endpoint, model: &str, words: usize, read: u64) -> Option<String> {
    let context = timeout(PATIENCE, ollama_context(endpoint, model)).await.ok().flatten();
    let name = &endpoint.config.name;
    match context {
        // Old versions count what is new to their cache only; with room enough, nothing was cut.
        Some(Some(context)) if context / 2 > words as u64 => None,
        Some(context) => {
            let context = context.map_or_else(String::new, |tokens| format!(" of {tokens} tokens"));
            Some(format!(
                "{name} (Ollama) read {read} tokens of a prompt of {words} words: its context{context} is too small, and it \
                 cuts off what does not fit without a word; set OLLAMA_CONTEXT_LENGTH for the server, or num_ctx in the \
                 model's Modelfile, to what prompt and reply need"
            ))
        }
        None => Some(format!(
            "{name} says it read {read} tokens of a prompt of {words} words: it may cut off what its context does not \
             hold; give the server a larger context"
        )),
    }
}

/// The context that Ollama has loaded a model with, if it tells; `None` where the server is no Ollama.
async fn ollama_context(endpoint: &Endpoint, model: &str) -> Option<Option<u64>> {
    let running = endpoint.tell(endpoint.url.root("/api/ps")).await?;
    let models = running.get("models")?.as_array()?;
    let is_it = |m: &&Value| {
        let called = |name: &str| m.get(name).and_then(Value::as_str);
        [called("name"), called("model")].into_iter().flatten().any(|name| name.trim_end_matches(":latest") == model)
    };
    Some(models.iter().find(is_it).and_then(|m| m.get("context_length")?.as_u64()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Message, Role, Sampling, Speaker};

    #[test]
    fn fewer_tokens_than_words_are_noticed_in_long_prompts_only() {
        let request = |words: usize| ChatRequest {
            role: Role::Solver,
            ordinal: 0,
            sample: 0,
            messages: vec![Message::new(Speaker::User, "word ".repeat(words))],
            sampling: Sampling::default(),
            schema: None,
        };
        for (words, read, is_cut) in [
            (5000, Some(2050), true),
            (5000, Some(6500), false),
            (5000, Some(4000), false),
            (5000, None, false),
            (100, Some(10), false),
        ] {
            assert_eq!(cut(&request(words), read).is_some(), is_cut, "{words} {read:?}");
        }
    }
}
