//! Gathering the responses of a question from rows that follow each other, or nearly.
//!
//! Trainers write k samples of a question as k rows, together or, where they ran at once, some rows apart. A question is
//! held until [`WINDOW`] others have begun after it, and goes on in the order of its first row. So what comes out depends on the file
//! alone, and memory on the window.

use std::collections::{HashMap, VecDeque};

use super::row::Rollout;

/// Questions that are held.
const WINDOW: usize = 4096;
/// Bytes that are held, about.
const BYTES: usize = 64 << 20;
/// Responses that a question gathers; a further one begins it again.
const MOST: usize = 256;

/// Holds questions until their responses are together.
#[derive(Default)]
pub(super) struct Gatherer {
    open: VecDeque<(Option<blake3::Hash>, Rollout)>,
    places: HashMap<blake3::Hash, u64>,
    /// Questions that have gone on.
    gone: u64,
    bytes: usize,
}

impl Gatherer {
    /// Takes a row in; gives the questions that are through with it to `through`.
    pub(super) fn add(&mut self, key: Option<blake3::Hash>, rollout: Rollout, mut through: impl FnMut(Rollout)) {
        let place = key.and_then(|key| self.places.get(&key)).and_then(|place| usize::try_from(place - self.gone).ok());
        match place.and_then(|place| self.open.get_mut(place)) {
            Some((_, held)) if held.given.len() + rollout.given.len() <= MOST => {
                // What both hold in common is held once.
                let before = held.size();
                held.take_in(rollout);
                self.bytes += held.size() - before;
            }
            _ => {
                self.bytes += rollout.size();
                if let Some(key) = key {
                    self.places.insert(key, self.gone + self.open.len() as u64);
                }
                self.open.push_back((key, rollout));
            }
        }
        while self.open.len() > WINDOW || self.bytes > BYTES {
            let Some(rollout) = self.pop() else { break };
            through(rollout);
        }
    }

    /// The question that has been held longest.
    pub(super) fn pop(&mut self) -> Option<Rollout> {
        let (key, rollout) = self.open.pop_front()?;
        if let Some(key) = key
            && self.places.get(&key) == Some(&self.gone)
        {
            self.places.remove(&key);
        }
        self.gone += 1;
        self.bytes = self.bytes.saturating_sub(rollout.size());
        Some(rollout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::value::Given;
    use serde_json::{Map, Value, json};

    fn rollout(question: &str, response: &str, step: u64) -> Rollout {
        let metadata: Map<String, Value> =
            [("step".to_owned(), json!(step)), ("same".to_owned(), json!(1))].into_iter().collect();
        Rollout {
            id: String::new(),
            question: question.to_owned(),
            references: vec!["1".to_owned()],
            domain: String::new(),
            tolerance: None,
            options: Vec::new(),
            given: vec![Given { text: response.to_owned(), ..Given::default() }],
            metadata,
        }
    }

    fn gathered(rows: impl Iterator<Item = Rollout>) -> Vec<Rollout> {
        let (mut gatherer, mut through) = (Gatherer::default(), Vec::new());
        for row in rows {
            gatherer.add(row.key(), row, |r| through.push(r));
        }
        through.extend(std::iter::from_fn(|| gatherer.pop()));
        through
    }

    #[test]
    fn responses_of_a_question_come_together_in_the_order_of_first_rows() {
        let rows = [("a", "1"), ("b", "2"), ("a", "3"), ("", "4"), ("", "5"), ("b", "2")];
        let told: Vec<(String, Vec<String>)> = gathered((0..).zip(rows).map(|(n, (q, r))| rollout(q, r, n)))
            .into_iter()
            .map(|r| (r.question, r.given.into_iter().map(|g| g.text).collect()))
            .collect();
        let wanted = [("a", vec!["1", "3"]), ("b", vec!["2", "2"]), ("", vec!["4"]), ("", vec!["5"])];
        assert_eq!(told, wanted.map(|(q, r)| (q.to_owned(), r.into_iter().map(str::to_owned).collect())));
    }

    #[test]
    fn what_rows_say_otherwise_is_kept_by_sample() {
        let all = gathered([rollout("a", "1", 7), rollout("a", "2", 7), rollout("a", "3", 9)].into_iter());
        assert_eq!(all[0].metadata["samples"], json!([{"step": 9, "sample": 2}]));
        assert_eq!(all[0].metadata["step"], 7);
    }

    #[test]
    fn what_has_gone_on_is_not_counted_any_more() {
        let mut gatherer = Gatherer::default();
        for nth in 0..20_000 {
            let row = rollout(&format!("a question that is as long as questions are, {}", nth / 8), "1", 0);
            gatherer.add(row.key(), row, |whole| assert_eq!(whole.given.len(), 8));
        }
        while gatherer.pop().is_some() {}
        assert_eq!(gatherer.bytes, 0);
    }

    #[test]
    fn memory_is_bounded_by_the_window() {
        let n = WINDOW + 10;
        let rows = (0..2 * n).map(|at| rollout(&format!("q{}", at % n), "1", 0));
        let all = gathered(rows);
        assert_eq!(all.len(), 2 * n, "questions further apart than the window stay apart");
        assert_eq!(gathered((0..1000).map(|_| rollout("a", "1", 0))).len(), 1000usize.div_ceil(MOST));
        let long = "x".repeat(1 << 20);
        let (mut gatherer, mut through) = (Gatherer::default(), 0);
        for n in 0..200 {
            let row = rollout(&format!("{n}"), &long, 0);
            gatherer.add(row.key(), row, |_| through += 1);
        }
        assert!(through > 130, "{through} went on, the rest is held");
    }
}
