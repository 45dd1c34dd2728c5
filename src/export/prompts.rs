//! Prompts with an answer to check against, for reinforcement learning: `prompt-only` (TRL's documentation, "Dataset
//! formats and types"; its reward functions take further columns by name) and `verl` (verl's documentation, "Prepare data
//! for post-training").

use serde_json::{Value, json};

use super::chat::{chat, user};
use super::columns::{Column, Kind, column, texts};
use super::format::Format;
use super::options::{ExportOptions, FormatName, Reasoning};
use super::selection::{Skip, reference};
use crate::store::record::CandidateView;
use crate::verifier::Pair;

/// Columns that say how responses are compared with the answer: without them a reward is another than the stored verdict.
fn comparing() -> [Column; 3] {
    [column("references", Kind::texts()), column("options", Kind::texts()), column("tolerance", Kind::Float)]
}

pub(super) struct PromptOnly;

impl Format for PromptOnly {
    fn name(&self) -> FormatName {
        FormatName::PromptOnly
    }

    fn columns(&self) -> &'static str {
        "- `prompt`: the question (role `user`).\n\
         - `answer`: the reference answer; `solution` is the same, under the name that TRL's `accuracy_reward` takes.\n\
         - `references` (answers of which any counts), `options` (of a multiple choice), `tolerance` (relative): how \
         responses are compared.\n\
         - `domain`, `loong_uid` (the candidate).\n"
    }

    fn schema(&self, _: Reasoning) -> Vec<Column> {
        let mut columns = vec![column("prompt", chat(Reasoning::Drop))];
        columns.extend(texts(&["answer", "solution", "domain", "loong_uid"]));
        columns.extend(comparing());
        columns
    }

    fn about(&self) -> &'static str {
        "TRL's GRPOTrainer: prompts with their answers"
    }

    fn rows(&self, view: &CandidateView, _: &ExportOptions) -> Result<Vec<Value>, Skip> {
        let answer = reference(view).ok_or(Skip::NoReference)?;
        let Pair { references, options, tolerance, .. } = view.record.compared().ok_or(Skip::NoReference)?;
        Ok(vec![json!({
            "prompt": [user(view)],
            "answer": answer,
            "solution": answer,
            "domain": view.record.domain,
            "loong_uid": view.record.uid,
            "references": references,
            "options": options,
            "tolerance": tolerance,
        })])
    }
}

pub(super) struct Verl;

impl Format for Verl {
    fn name(&self) -> FormatName {
        FormatName::Verl
    }

    fn columns(&self) -> &'static str {
        "- `data_source`: `loong/` and the domain, by which a reward function is chosen.\n\
         - `prompt`: the question (role `user`).\n\
         - `ability`: the domain.\n\
         - `reward_model`: `style` (`rule`) and `ground_truth` (the reference answer).\n\
         - `extra_info`: `index` (the candidate's number), `loong_uid`, `question`, `answer`; `references` (answers of which \
         any counts), `options` (of a multiple choice) and `tolerance` (relative) say how responses are compared.\n"
    }

    fn schema(&self, _: Reasoning) -> Vec<Column> {
        let mut info = vec![column("index", Kind::Int)];
        info.extend(texts(&["loong_uid", "question", "answer"]));
        info.extend(comparing());
        vec![
            column("data_source", Kind::Text),
            column("prompt", chat(Reasoning::Drop)),
            column("ability", Kind::Text),
            column("reward_model", Kind::Group(texts(&["style", "ground_truth"]))),
            column("extra_info", Kind::Group(info)),
        ]
    }

    fn about(&self) -> &'static str {
        "verl: prompts with their ground truth"
    }

    fn rows(&self, view: &CandidateView, _: &ExportOptions) -> Result<Vec<Value>, Skip> {
        let answer = reference(view).ok_or(Skip::NoReference)?;
        let Pair { references, options, tolerance, .. } = view.record.compared().ok_or(Skip::NoReference)?;
        let domain = &view.record.domain;
        Ok(vec![json!({
            "data_source": if domain.is_empty() { "loong".to_owned() } else { format!("loong/{domain}") },
            "prompt": [user(view)],
            "ability": domain,
            "reward_model": {"style": "rule", "ground_truth": answer},
            "extra_info": {
                "index": view.id,
                "loong_uid": view.record.uid,
                "question": view.record.question,
                "answer": answer,
                "references": references,
                "options": options,
                "tolerance": tolerance,
            },
        })])
    }
}
