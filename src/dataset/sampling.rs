//! Seeded draws without replacement that give the same rows on every platform, for ever.
//!
//! Nothing here leans on a library's choice of algorithm: the key derivation, the bounded draw and the shuffle are
//! written out, and only the `ChaCha8` stream itself, which is fixed by its specification, comes from outside.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What the key is derived for; another text would be another sequence.
const CONTEXT: &str = "loong 2026-11 dataset sampling";

/// Draws `min(n, length)` indices below `length` without replacement, in the order drawn. Streams of one seed are
/// independent of each other.
pub(super) fn draw(n: usize, length: usize, rng_seed: u64, stream: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::from_seed(blake3::derive_key(CONTEXT, &rng_seed.to_le_bytes()));
    rng.set_stream(stream);
    let mut indices: Vec<usize> = (0..length).collect();
    let n = n.min(length);
    for at in 0..n {
        let other = at + below(&mut rng, length - at);
        indices.swap(at, other);
    }
    indices.truncate(n);
    indices
}

/// One place of so many, each equally likely: the same for the same random seed on every platform, for ever, and the one
/// that a dataset's sample of one row has. `None` of none.
pub fn sampled(length: usize, rng_seed: u64) -> Option<usize> {
    let mut rng = ChaCha8Rng::from_seed(blake3::derive_key(CONTEXT, &rng_seed.to_le_bytes()));
    rng.set_stream(0);
    (length > 0).then(|| below(&mut rng, length))
}

/// A number below `bound`, each equally likely: draws from the incomplete last stretch of 64 bits are thrown away.
fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    let bound = bound as u64;
    let whole = u64::MAX - u64::MAX % bound;
    loop {
        let drawn = rng.next_u64();
        if drawn < whole {
            return usize::try_from(drawn % bound).unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{draw, sampled};

    #[test]
    fn one_place_is_the_first_of_a_longer_draw() {
        for (length, rng_seed) in [(1, 0), (7, 42), (268, 7), (1_000_003, u64::MAX)] {
            assert_eq!(sampled(length, rng_seed), draw(1, length, rng_seed, 0).first().copied());
        }
        assert_eq!(sampled(0, 1), None);
    }

    #[test]
    fn the_sequence_is_pinned() {
        // Computed apart from this code, by an implementation of `ChaCha8` and of the draw in another language.
        assert_eq!(draw(6, 100, 42, 0), [91, 12, 71, 86, 76, 56]);
        assert_eq!(draw(6, 100, 42, 1), [9, 60, 5, 28, 0, 84]);
        assert_eq!(draw(6, 100, 43, 0), [97, 74, 77, 35, 98, 52]);
    }

    #[test]
    fn nothing_is_drawn_twice_and_everything_can_be() {
        let mut all = draw(500, 40, 7, 3);
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<_>>());
        assert_eq!(draw(3, 0, 1, 1), [0_usize; 0]);
        assert_eq!(draw(0, 5, 1, 1), [0_usize; 0]);
    }

    #[test]
    fn each_row_comes_first_about_as_often_as_any_other() {
        let mut counts = [0_u32; 7];
        for stream in 0..7000 {
            counts[draw(1, 7, 11, stream)[0]] += 1;
        }
        // Binomial(7000, 1/7): mean 1000, standard deviation 29.
        assert!(counts.iter().all(|c| (880..1120).contains(c)), "{counts:?}");
    }
}
