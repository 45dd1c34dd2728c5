//! Which candidates bring something new: a question that no earlier one asks, and that is in no file to keep away from.

use std::collections::HashSet;

use super::options::Duplicates;
use super::selection::Skip;
use crate::likeness::{ALIKE, Contamination, Sketch, Sketches};
use crate::store::record::CandidateView;

/// Whether the candidate's family belongs to the test part, of which there are so many in a thousand. A function of the
/// family's name alone: it hangs neither on the other candidates nor on their order.
pub(super) fn is_test(view: &CandidateView, per_mille: u16) -> bool {
    let family = view.record.family.as_ref().unwrap_or(&view.record.uid);
    hash(family) % 1_000 < u64::from(per_mille)
}

/// Questions that were taken, and files to keep away from.
#[derive(Debug)]
pub(super) struct Novelty {
    taken: HashSet<u64>,
    /// Where those are left out that are nearly the same: what is compared of each, some 300 bytes.
    near: Option<Sketches>,
    drops: bool,
    against: Contamination,
    /// Candidates that each of the files kept out.
    found: Vec<u64>,
}

impl Novelty {
    pub(super) fn new(duplicates: Duplicates) -> Self {
        Self {
            taken: HashSet::new(),
            near: (duplicates == Duplicates::DropNear).then(|| Sketches::new(ALIKE)),
            drops: duplicates != Duplicates::Keep,
            against: Contamination::default(),
            found: Vec::new(),
        }
    }

    /// Keeps away from these files, too.
    pub(super) fn keep_away_from(&mut self, against: Contamination) {
        self.found = vec![0; against.names().count()];
        self.against = against;
    }

    /// Remembers a question that is in the dataset already.
    pub(super) fn remember(&mut self, question: &str) {
        if self.drops {
            self.taken.insert(same(question));
        }
        if let Some(near) = &mut self.near {
            near.put(Sketch::of(question));
        }
    }

    /// Why a question can't be in the dataset: it is in a file to keep away from.
    pub(super) fn contaminated(&mut self, question: &str) -> Result<(), Skip> {
        let Some(found) = self.against.find(question) else { return Ok(()) };
        if let Some(n) = self.found.get_mut(found.file) {
            *n += 1;
        }
        Err(Skip::Contaminated)
    }

    /// Takes a question, unless it was taken before.
    pub(super) fn take(&mut self, question: &str) -> Result<(), Skip> {
        if self.drops && !self.taken.insert(same(question)) {
            return Err(Skip::Duplicate);
        }
        if let Some(near) = &mut self.near {
            let sketch = Sketch::of(question);
            if near.has(&sketch) {
                return Err(Skip::NearDuplicate);
            }
            near.put(sketch);
        }
        Ok(())
    }

    /// The files, with how many candidates each of them kept out: the first one that has a question counts.
    pub(super) fn against(&self) -> impl Iterator<Item = (&str, u64)> {
        self.against.names().zip(self.found.iter().copied())
    }
}

/// What questions have in common that are the same but for case and blanks.
fn same(question: &str) -> u64 {
    let mut same = String::with_capacity(question.len() + 1);
    for word in question.split_whitespace() {
        if word.is_ascii() {
            same.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            same.push_str(&word.to_lowercase());
        }
        same.push(' ');
    }
    hash(&same)
}

/// Eight bytes of blake3: of a million questions, two would be taken for one once in thirty million exports.
fn hash(text: &str) -> u64 {
    let bytes = *blake3::hash(text.as_bytes()).as_bytes();
    bytes[..8].iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
}
