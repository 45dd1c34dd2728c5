//! Bands: numbers that candidates with like questions have in common, for finding those few among millions.
//!
//! How they are made is for whoever makes them. Here they are kept in parts by their upper bits, and each part in stretches
//! of candidates, so that a lookup reads a few pages and nothing has to be in memory.

/// Candidates that are kept of one band, the eldest: where more stand in it together, they share a phrase and nothing else.
pub const OF_A_BAND: usize = 256;

/// Rows of a stretch: so many that a part has few of them, so few that one fits a page.
pub(super) const STRETCH: i64 = 1 << 17;

/// Bits of a place that say behind which row its candidates lie.
const ROW_BITS: u32 = 40;

/// Bits of a band that do not say its part.
const PART_BITS: u32 = 19;

/// Bytes of an entry.
pub(super) const ENTRY: usize = 16;

/// Bands of the candidates of a stretch of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBands {
    /// The way in which they were made. What was kept of another goes.
    pub way: u32,
    /// They are of candidates behind this row, …
    pub after: i64,
    /// … up to this one.
    pub upto: i64,
    /// A candidate stands in several.
    pub entries: Vec<Entry>,
}

/// A candidate in a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The band.
    pub band: u32,
    /// The candidate's row.
    pub row: u32,
    /// What tells it from most that stand in the band by chance, without reading it.
    pub mark: u64,
}

/// The part that a band belongs to.
pub(super) fn part(band: u32) -> u32 {
    band >> PART_BITS
}

/// Where the candidates of a part behind a row are kept.
pub(super) fn place(part: u32, after: i64) -> i64 {
    i64::from(part) << ROW_BITS | after
}

/// The entries of a place.
pub(super) fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    let (whole, _) = bytes.as_chunks::<ENTRY>();
    whole.iter().map(|entry| {
        let all = u128::from_le_bytes(*entry);
        #[allow(clippy::cast_possible_truncation, reason = "each is a part of the whole")]
        let entry = Entry { band: all as u32, row: (all >> 32) as u32, mark: (all >> 64) as u64 };
        entry
    })
}

/// An entry as it is kept.
pub(super) fn packed(entry: Entry) -> [u8; ENTRY] {
    (u128::from(entry.band) | u128::from(entry.row) << 32 | u128::from(entry.mark) << 64).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_they_were_packed() {
        let all = [(0, 1, 2), (u32::MAX, 0, u64::MAX), (0x0102_0304, 0x0506_0708, 1 << 63)]
            .map(|(band, row, mark)| Entry { band, row, mark });
        let bytes: Vec<u8> = all.into_iter().flat_map(packed).collect();
        assert_eq!(entries(&bytes).collect::<Vec<_>>(), all);
        assert_eq!(entries(&bytes[..ENTRY + 3]).count(), 1);
    }

    #[test]
    fn places_of_a_part_lie_between_its_own_and_the_next() {
        let (first, last) = (part(0), part(u32::MAX));
        assert!(place(first, 0) >= 0 && place(last + 1, 0) > place(last, i64::from(u32::MAX)));
        assert!(place(first, i64::from(u32::MAX)) < place(first + 1, 0));
    }
}
