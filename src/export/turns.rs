//! Formats of older fine-tuning tools: `sharegpt`, turns of a human and a model, and `alpaca`, instruction and output.

use serde_json::{Value, json};

use super::chat::{content, each_response, with_origin};
use super::columns::{Column, Kind, column, texts};
use super::format::Format;
use super::options::{ExportOptions, FormatName, Reasoning};
use super::selection::Skip;
use crate::store::record::CandidateView;

pub(super) struct ShareGpt;

impl Format for ShareGpt {
    fn name(&self) -> FormatName {
        FormatName::ShareGpt
    }

    fn columns(&self) -> &'static str {
        "- `conversations`: the question (`from`: `human`) and one verified response (`from`: `gpt`), each under `value`.\n\
         - `answer`: the reference answer. `domain`, `loong_uid` (the candidate), `sample` (which of its responses), `solver`.\n"
    }

    fn schema(&self, _: Reasoning) -> Vec<Column> {
        let turn = Kind::Group(texts(&["from", "value"]));
        with_origin(vec![column("conversations", Kind::List(Box::new(turn)))])
    }

    fn about(&self) -> &'static str {
        "fine-tuning tools that read ShareGPT's turns"
    }

    fn has_responses(&self) -> bool {
        true
    }

    fn rows(&self, view: &CandidateView, options: &ExportOptions) -> Result<Vec<Value>, Skip> {
        each_response(view, *options, |said| {
            json!({"conversations": [
                {"from": "human", "value": view.record.question},
                {"from": "gpt", "value": content(said, options.reasoning)},
            ]})
        })
    }
}

pub(super) struct Alpaca;

impl Format for Alpaca {
    fn name(&self) -> FormatName {
        FormatName::Alpaca
    }

    fn columns(&self) -> &'static str {
        "- `instruction`: the question. `input`: empty. `output`: one verified response.\n\
         - `answer`: the reference answer. `domain`, `loong_uid` (the candidate), `sample` (which of its responses), `solver`.\n"
    }

    fn schema(&self, _: Reasoning) -> Vec<Column> {
        with_origin(texts(&["instruction", "input", "output"]))
    }

    fn about(&self) -> &'static str {
        "fine-tuning tools that read Alpaca's columns"
    }

    fn has_responses(&self) -> bool {
        true
    }

    fn rows(&self, view: &CandidateView, options: &ExportOptions) -> Result<Vec<Value>, Skip> {
        each_response(
            view,
            *options,
            |said| json!({"instruction": view.record.question, "input": "", "output": content(said, options.reasoning)}),
        )
    }
}
