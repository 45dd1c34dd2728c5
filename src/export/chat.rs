//! Chats for supervised fine-tuning: `messages`, as chat templates read them, and `prompt-completion`, where the trainer
//! is to learn the completion alone (TRL's documentation, "Dataset formats and types").

use serde_json::{Map, Value, json};

use super::columns::{Column, Kind, column, texts};
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

    fn schema(&self, reasoning: Reasoning) -> Vec<Column> {
        with_origin(vec![column("messages", chat(reasoning))])
    }

    fn about(&self) -> &'static str {
        "chats for supervised fine-tuning"
    }

    fn has_responses(&self) -> bool {
        true
    }

    fn rows(&self, view: &CandidateView, options: &ExportOptions) -> Result<Vec<Value>, Skip> {
        each_response(view, *options, |said| json!({"messages": [user(view), assistant(said, options.reasoning)]}))
    }
}

pub(super) struct PromptCompletion;

impl Format for PromptCompletion {
    fn name(&self) -> FormatName {
        FormatName::PromptCompletion
    }

    fn columns(&self) -> &'static str {
        "- `prompt`: the question (role `user`).\n\
         - `completion`: one verified response (role `assistant`).\n\
         - `answer`: the reference answer that the response was found equivalent to.\n\
         - `domain`, `loong_uid` (the candidate), `sample` (which of its responses), `solver` (the model that wrote it).\n"
    }

    fn schema(&self, reasoning: Reasoning) -> Vec<Column> {
        with_origin(vec![column("prompt", chat(Reasoning::Drop)), column("completion", chat(reasoning))])
    }

    fn about(&self) -> &'static str {
        "TRL's SFTTrainer, loss on the completion alone"
    }

    fn has_responses(&self) -> bool {
        true
    }

    fn rows(&self, view: &CandidateView, options: &ExportOptions) -> Result<Vec<Value>, Skip> {
        each_response(
            view,
            *options,
            |said| json!({"prompt": [user(view)], "completion": [assistant(said, options.reasoning)]}),
        )
    }
}

/// A row for each verified response: what `make` says of it, and where it comes from.
pub(super) fn each_response(
    view: &CandidateView,
    options: ExportOptions,
    make: impl Fn(&ResponseView) -> Value,
) -> Result<Vec<Value>, Skip> {
    let answer = reference(view).ok_or(Skip::NoReference)?;
    let row = |response: &ResponseView| {
        let mut row = make(response);
        row["answer"] = json!(answer);
        row["domain"] = json!(view.record.domain);
        row["loong_uid"] = json!(view.record.uid);
        row["sample"] = json!(response.record.sample);
        row["solver"] = json!(response.record.solver);
        row
    };
    Ok(verified(view, options.responses)?.into_iter().map(row).collect())
}

/// Columns of what is said, and behind them those that [`each_response`] adds.
pub(super) fn with_origin(mut columns: Vec<Column>) -> Vec<Column> {
    columns.extend(texts(&["answer", "domain", "loong_uid"]));
    columns.extend([column("sample", Kind::Int), column("solver", Kind::Text)]);
    columns
}

/// Messages.
pub(super) fn chat(reasoning: Reasoning) -> Kind {
    let apart = &["role", "reasoning_content", "content"][..];
    let names = if reasoning == Reasoning::Field { apart } else { &["role", "content"] };
    Kind::List(Box::new(Kind::Group(texts(names))))
}

/// The question as a user's message.
pub(super) fn user(view: &CandidateView) -> Value {
    json!({"role": "user", "content": view.record.question})
}

/// What a model is taught to say, reasoning before the reply where it is wanted there.
pub(super) fn content(response: &ResponseView, reasoning: Reasoning) -> String {
    let text = &response.record.text;
    match thought(response).filter(|_| reasoning == Reasoning::Think) {
        Some(thought) => format!("<think>\n{}\n</think>\n\n{text}", thought.trim()),
        None => text.clone(),
    }
}

fn thought(response: &ResponseView) -> Option<&str> {
    response.record.reasoning.as_deref().filter(|thought| !thought.trim().is_empty())
}

/// The response as an assistant's message.
pub(super) fn assistant(response: &ResponseView, reasoning: Reasoning) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), json!("assistant"));
    // Always there, so that every row has the same fields.
    if reasoning == Reasoning::Field {
        message.insert("reasoning_content".to_owned(), json!(thought(response).unwrap_or_default()));
    }
    message.insert("content".to_owned(), json!(content(response, reasoning)));
    Value::Object(message)
}
