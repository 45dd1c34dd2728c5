//! Draws that give the same values on every platform, for ever: the key derivation, the bounded draw and the order of a
//! counted space are written out, and only the `ChaCha8` stream comes from outside.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What keys are derived for; another text would be another sequence.
const CONTEXT: &str = "loong 2026-11 template instances";
/// Rounds of the permutation; four make it look random, two more cost nothing.
const ROUNDS: u64 = 6;

/// The draws of one family under one random seed.
#[derive(Debug, Clone)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) fn new(rng_seed: u64, family: &str) -> Self {
        Self(blake3::derive_key(CONTEXT, format!("{rng_seed}/{family}").as_bytes()))
    }

    /// The stream of one position.
    pub(super) fn stream(&self, position: u64) -> Draws {
        let mut rng = ChaCha8Rng::from_seed(self.0);
        rng.set_stream(position);
        Draws(rng)
    }

    /// Where `position` lies in a shuffled order of `0..size`: no two positions below `size` give the same.
    ///
    /// A Feistel network permutes the next power of four; what falls outside is permuted again until it is inside.
    pub(super) fn shuffled(&self, position: u64, size: u64) -> u64 {
        if size <= 1 {
            return 0;
        }
        let bits = (64 - (size - 1).leading_zeros()).div_ceil(2);
        let mask = (1_u64 << bits) - 1;
        let mut key = [0; 8];
        key.copy_from_slice(&self.0[..8]);
        let key = u64::from_le_bytes(key);
        let mut at = position;
        loop {
            let (mut left, mut right) = (at >> bits, at & mask);
            for round in 0..ROUNDS {
                (left, right) = (right, left ^ (mix(key ^ (round << 56) ^ right) & mask));
            }
            at = (left << bits) | right;
            if at < size {
                return at;
            }
        }
    }
}

/// The finaliser of `SplitMix64`.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Random numbers of one position.
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    /// A number below `bound`, each equally likely: draws from the incomplete last stretch of 64 bits are thrown away.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let bound = bound.max(1);
        let whole = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.0.next_u64();
            if drawn < whole {
                return drawn % bound;
            }
        }
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn within(&mut self, (low, high): (usize, usize)) -> usize {
        let room = high.saturating_sub(low) as u64 + 1;
        low + usize::try_from(self.below(room)).unwrap_or(0)
    }

    /// Puts a list in random order.
    pub(super) fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.within((0, at)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffled_order_has_every_place_once() {
        for size in [1, 2, 3, 5, 16, 17, 1000] {
            let key = Key::new(7, "f");
            let mut all: Vec<u64> = (0..size).map(|p| key.shuffled(p, size)).collect();
            let order = all.clone();
            all.sort_unstable();
            assert_eq!(all, (0..size).collect::<Vec<_>>(), "{size}");
            assert!(size < 17 || order != all, "nothing was shuffled");
        }
    }

    #[test]
    fn sequences_are_pinned_by_seed_and_family() {
        let first = |rng_seed, family: &str| -> Vec<u64> {
            (0..4).map(|p| Key::new(rng_seed, family).shuffled(p, 1_000_000)).collect()
        };
        assert_eq!(first(42, "a"), first(42, "a"));
        assert_ne!(first(42, "a"), first(43, "a"));
        assert_ne!(first(42, "a"), first(42, "b"));
        let key = Key::new(42, "a");
        assert_eq!(key.stream(3).below(1 << 40), key.stream(3).below(1 << 40));
        assert_ne!(key.stream(3).below(1 << 40), key.stream(4).below(1 << 40));
    }
}
