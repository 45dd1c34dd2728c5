//! `messages`: chats for supervised fine-tuning, as chat templates and stock trainers read them.

use serde_json::{Map, Value, json};

use super::format::Format;
use super::options::{ExportOptions, FormatName, Reasoning};
use super::selection::{Skip, reference, verified};
use crate::store::record::{CandidateView, ResponseView};

pub(super) struct Messages;

impl Format for Messages {
    fn name(&self) -> FormatName {
        FormatName::Messages
    }

    fn columns(&self) -> &'static str {
        "- `messages`: the question (role `user`) and one verified response (role `assistant`).\n\
         - `answer`: the reference answer that the response was found equivalent to.\n\
         - `domain`, `loong_uid` (the candidate), `sample` (which of its responses), `solver` (the model that wrote it).\n"
    }

    fn rows(&self, view: &CandidateView, options: &ExportOptions) -> Result<Vec<Value>, Skip> {
        let answer = reference(view).ok_or(Skip::NoReference)?;
        let responses = verified(view, options.responses)?;
        let row = |response: &ResponseView| {
            json!({
                "messages": [
                    {"role": "user", "content": view.record.question},
                    assistant(response, options.reasoning),
                ],
                "answer": answer,
                "domain": view.record.domain,
                "loong_uid": view.record.uid,
                "sample": response.record.sample,
                "solver": response.record.solver,
            })
        };
        Ok(responses.into_iter().map(row).collect())
    }
}

/// The response as an assistant's message.
fn assistant(response: &ResponseView, reasoning: Reasoning) -> Value {
    let text = &response.record.text;
    let thought = response.record.reasoning.as_deref().filter(|thought| !thought.trim().is_empty());
    let mut message = Map::new();
    message.insert("role".to_owned(), json!("assistant"));
    match reasoning {
        Reasoning::Think if thought.is_some() => {
            let content = format!("<think>\n{}\n</think>\n\n{text}", thought.unwrap_or_default().trim());
            message.insert("content".to_owned(), json!(content));
        }
        Reasoning::Think | Reasoning::Drop => {
            message.insert("content".to_owned(), json!(text));
        }
        // Always there, so that every row has the same fields.
        Reasoning::Field => {
            message.insert("reasoning_content".to_owned(), json!(thought.unwrap_or_default()));
            message.insert("content".to_owned(), json!(text));
        }
    }
    Value::Object(message)
}
