//! Which part of a dataset a candidate belongs to, and which questions are the same.

use std::collections::HashSet;

use crate::store::record::CandidateView;

/// Whether the candidate's family belongs to the test part, of which there are so many in a thousand. A function of the
/// family's name alone: it hangs neither on the other candidates nor on their order.
pub(super) fn is_test(view: &CandidateView, per_mille: u16) -> bool {
    let family = view.record.family.as_ref().unwrap_or(&view.record.uid);
    hash(family) % 1_000 < u64::from(per_mille)
}

/// Questions that were taken.
#[derive(Debug, Default)]
pub(super) struct Taken(HashSet<u64>);

impl Taken {
    /// Remembers a question; whether it is a new one.
    pub(super) fn is_new(&mut self, question: &str) -> bool {
        let mut same = String::with_capacity(question.len());
        for word in question.split_whitespace() {
            same.push_str(&word.to_lowercase());
            same.push(' ');
        }
        self.0.insert(hash(&same))
    }
}

/// Eight bytes of blake3: of a million questions, two would be taken for one once in thirty million exports.
fn hash(text: &str) -> u64 {
    let bytes = *blake3::hash(text.as_bytes()).as_bytes();
    bytes[..8].iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
}
