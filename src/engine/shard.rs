//! A part of a run, where several machines make it together.
//!
//! Slot `o` is in part `i` of `n` when `o mod n = i - 1`: every part has slots of every stretch, and none moves when the
//! run is made larger. What a slot is about follows from the recipe, the random seed and the slot's number, so that the
//! parts together are what one machine would have taken up; what looks back (accepted questions, near-duplicates,
//! quotas) looks into its own store only.

use std::fmt;
use std::str::FromStr;

/// Part `index` of `of`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    of: u64,
}

/// Why a text names no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no part of a run; write which of how many, counted from 1, as in 2/8")]
pub struct ShardError(String);

impl Shard {
    /// Whether a slot is in this part.
    pub fn holds(self, ordinal: u64) -> bool {
        ordinal % self.of == self.index - 1
    }

    /// Its slots among the first `slots` of the run.
    pub fn count(self, slots: u64) -> u64 {
        slots / self.of + u64::from(slots % self.of >= self.index)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        text.split_once('/')
            .and_then(|(index, of)| Some(Self { index: number(index)?, of: number(of)? }))
            .filter(|shard| (1..=shard.of).contains(&shard.index))
            .ok_or_else(|| ShardError(text.to_owned()))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_is_in_one_part() {
        for (of, slots) in [(1, 7), (3, 7), (4, 8), (9, 4), (5, 0)] {
            let parts: Vec<Shard> = (1..=of).map(|index| Shard { index, of }).collect();
            for ordinal in 0..slots {
                assert_eq!(parts.iter().filter(|part| part.holds(ordinal)).count(), 1, "{ordinal} of {slots} in {of}");
            }
            for part in parts {
                assert_eq!(
                    part.count(slots),
                    (0..slots).filter(|o| part.holds(*o)).count() as u64,
                    "{part} of {slots}"
                );
            }
        }
    }

    #[test]
    fn a_part_is_read_as_it_is_written() {
        assert_eq!("2/8".parse::<Shard>().unwrap().to_string(), "2/8");
        for wrong in ["", "2", "0/8", "9/8", "2/0", "0/0", "-1/8", "a/b", "1/2/3", "1.5/2", "99999999999999999999/1"] {
            assert!(wrong.parse::<Shard>().unwrap_err().to_string().contains("2/8"), "{wrong}");
        }
    }
}
