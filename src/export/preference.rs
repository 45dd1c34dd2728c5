//! `preference`: of two responses to the same question, the one that was verified and one that was refuted (TRL's
//! documentation, "Dataset formats and types", explicit prompt).

use serde_json::{Value, json};

use super::chat::{assistant, chat, user};
use super::columns::{Column, Kind, column, texts};
use super::format::Format;
use super::options::{ExportOptions, FormatName, Reasoning, WhichResponses};
use super::selection::{Skip, is_refuted, reference, verified};
use crate::store::record::{CandidateView, ResponseView};

pub(super) struct Preference;

impl Format for Preference {
    fn name(&self) -> FormatName {
        FormatName::Preference
    }

    fn columns(&self) -> &'static str {
        "- `prompt`: the question (role `user`).\n\
         - `chosen`: a response (role `assistant`) that was found equivalent to the reference answer.\n\
         - `rejected`: one that was found different from it.\n\
         - `answer`: the reference answer. `domain`, `loong_uid` (the candidate), `samples` (which of its responses).\n"
    }

    fn schema(&self, reasoning: Reasoning) -> Vec<Column> {
        let mut columns = vec![
            column("prompt", chat(Reasoning::Drop)),
            column("chosen", chat(reasoning)),
            column("rejected", chat(reasoning)),
        ];
        columns.extend(texts(&["answer", "domain", "loong_uid"]));
        columns.push(column("samples", Kind::List(Box::new(Kind::Int))));
        columns
    }

    fn about(&self) -> &'static str {
        "TRL's DPOTrainer: a verified against a refuted response"
    }

    fn has_responses(&self) -> bool {
        true
    }

    /// Each chosen response has a rejected one of its own while there are any: pairs that share no text teach more.
    fn rows(&self, view: &CandidateView, options: &ExportOptions) -> Result<Vec<Value>, Skip> {
        let answer = reference(view).ok_or(Skip::NoReference)?;
        let chosen = verified(view, options.responses)?;
        let mut rejected: Vec<&ResponseView> = view.responses.iter().filter(|r| is_refuted(r)).collect();
        rejected.sort_by_key(|response| (response.record.sample, response.id));
        if options.responses == WhichResponses::ShortestVerified {
            rejected.sort_by_key(|response| response.record.text.chars().count());
        }
        if rejected.is_empty() {
            return Err(Skip::NoRefutedResponse);
        }
        let row = |(chosen, rejected): (&ResponseView, &ResponseView)| {
            json!({
                "prompt": [user(view)],
                "chosen": [assistant(chosen, options.reasoning)],
                "rejected": [assistant(rejected, options.reasoning)],
                "answer": answer,
                "domain": view.record.domain,
                "loong_uid": view.record.uid,
                "samples": [chosen.record.sample, rejected.record.sample],
            })
        };
        Ok(chosen.into_iter().zip(rejected.into_iter().cycle()).map(row).collect())
    }
}
