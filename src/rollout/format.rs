//! The formats, and how a file's first bytes show which it is.

use serde_json::{Map, Value};

use crate::words::words;

words! {
    /// A format of rollouts. Where a trainer's or an evaluation's format names no field that a row needs, the names of
    /// plain rows are tried.
    pub enum Format {
        /// One JSON object a line, or an array of objects, with fields of any names.
        Jsonl = "jsonl",
        /// Comma-separated values, or with semicolons.
        Csv = "csv",
        /// Tab-separated values.
        Tsv = "tsv",
        /// Logs of `inspect_ai`, `.eval` and `.json` (`EvalLog` and `EvalSample` in its `log/_log.py`).
        Inspect = "inspect",
        /// `results.jsonl` of Prime Intellect's `verifiers` (`state_to_output` in its `utils/save_utils.py`).
        Verifiers = "verifiers",
        /// Rows of TRL's trainers and logged completions: prompt, completion and rewards, plain or as chats ("Dataset
        /// formats" in its documentation).
        Trl = "trl",
        /// verl's rows (`data_source`, `prompt`, `reward_model.ground_truth`, "Prepare data" in its documentation) with
        /// responses, and its rollout dumps (`_dump_generations` in its `trainer/ppo/ray_trainer.py`).
        Verl = "verl",
    }
}

impl Format {
    /// Which format rows of JSON have, by their fields.
    pub(super) fn of_rows(rows: &[Map<String, Value>]) -> Self {
        let has = |name: &str| rows.iter().any(|row| row.contains_key(name));
        let has_any = |names: &[&str]| names.iter().any(|name| has(name));
        let inside =
            |outer: &str, inner: &str| rows.iter().any(|row| row.get(outer).is_some_and(|v| v.get(inner).is_some()));
        if inside("reward_model", "ground_truth")
            || has("output") && has("score") && has_any(&["gts", "step"]) && has("input")
        {
            Self::Verl
        } else if has("target") && has("epoch") && inside("output", "choices") {
            Self::Inspect
        } else if has("prompt")
            && has("completion")
            && has_any(&["example_id", "is_completed", "is_truncated", "stop_condition"])
            || has("prompt") && has("completion") && has("reward") && has_any(&["info", "state", "task"])
        {
            Self::Verifiers
        } else if has("prompt") && has_any(&["completion", "completions"]) {
            Self::Trl
        } else {
            Self::Jsonl
        }
    }

    /// Whether it is a table of cells.
    pub(super) fn is_table(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv)
    }

    /// Members of a row that are big and never asked for.
    pub(super) fn unread(self) -> &'static [&'static str] {
        match self {
            Self::Inspect => &[
                "messages",
                "events",
                "store",
                "timelines",
                "events_data",
                "error_retries",
                "model_usage",
                "role_usage",
            ],
            _ => &[],
        }
    }

    /// The names that this format gives to one of our fields, before those of plain rows.
    pub(super) fn names(self, ours: &str) -> &'static [&'static str] {
        match (self, ours) {
            (Self::Inspect, "question") => &["input"],
            (Self::Inspect, "reference") => &["target"],
            (Self::Inspect, "response") => &["output.choices", "output.completion"],
            (Self::Inspect, "reward") => &["scores"],
            (Self::Inspect, "options") => &["choices"],
            (Self::Inspect, "domain") => &["metadata.domain", "metadata.subject", "metadata.category"],
            (Self::Verifiers | Self::Trl, "question") => &["prompt"],
            (Self::Verifiers, "reference") => &["answer", "info.answer", "info.ground_truth", "info.target"],
            (Self::Verifiers | Self::Trl, "response") => &["completion", "completions"],
            (Self::Verifiers, "reward") => &["reward"],
            (Self::Verifiers, "id") => &["example_id"],
            (Self::Trl, "reference") => &["answer", "ground_truth", "solution", "target"],
            (Self::Trl, "reward") => {
                &["reward", "rewards", "accuracy_reward", "accuracy_reward_func", "correctness_reward_func"]
            }
            (Self::Verl, "question") => &["prompt", "input"],
            (Self::Verl, "reference") => &["reward_model.ground_truth", "gts", "ground_truth"],
            (Self::Verl, "response") => &["responses", "response", "output"],
            (Self::Verl, "reward") => &["score", "reward", "acc"],
            (Self::Verl, "domain") => &["ability", "data_source"],
            (Self::Verl, "id") => &["extra_info.index", "uid"],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_show_their_format() {
        for (row, format) in [
            (json!({"question": "q", "answer": "1", "response": "1"}), Format::Jsonl),
            (json!({"prompt": "q", "response": "1", "answer": "1"}), Format::Jsonl),
            (json!({"prompt": "q", "completion": "1", "answer": "1"}), Format::Trl),
            (json!({"prompt": [], "completion": [], "answer": "1", "reward": 1.0, "info": {}}), Format::Verifiers),
            (json!({"prompt": [], "completion": [], "example_id": 1}), Format::Verifiers),
            (json!({"prompt": [], "reward_model": {"ground_truth": "1"}, "data_source": "x"}), Format::Verl),
            (json!({"input": "q", "output": "1", "gts": "1", "score": 1.0, "step": 3}), Format::Verl),
            (json!({"input": "q", "output": "1", "score": 1.0}), Format::Jsonl),
            (json!({"id": 1, "epoch": 1, "target": "1", "output": {"choices": []}}), Format::Inspect),
        ] {
            assert_eq!(Format::of_rows(&[row.as_object().unwrap().clone()]), format, "{row}");
        }
    }
}
