//! Which candidates stand in the same bands.

use rusqlite::params;

use super::Reader;
use crate::store::StoreError;
use crate::store::bands::{OF_A_BAND, entries, part, place};

impl Reader {
    /// Row of the last candidate whose bands are kept as they are made in this way; 0 where there are none.
    pub fn banded(&self, way: u32) -> Result<i64, StoreError> {
        self.read(|conn| {
            conn.prepare_cached("SELECT ifnull(max(upto), 0) FROM band_state WHERE way = ?1")?
                .query_row([way], |row| row.get(0))
        })
    }

    /// Rows before `before`, upwards, of the candidates that stand in one of these bands, with their marks: of each band
    /// the eldest.
    pub fn sharing(&self, bands: &[u32], before: i64) -> Result<Vec<(i64, u64)>, StoreError> {
        self.read_one_state(|conn| {
            let mut places =
                conn.prepare_cached("SELECT entries FROM band WHERE place >= ?1 AND place < ?2 ORDER BY place")?;
            let mut sharing = Vec::new();
            for wanted in bands {
                let mut left = OF_A_BAND;
                let mut rows = places.query(params![place(part(*wanted), 0), place(part(*wanted) + 1, 0)])?;
                while let Some(row) = rows.next()?.filter(|_| left > 0) {
                    let there = entries(row.get_ref(0)?.as_blob()?)
                        .filter(|entry| entry.band == *wanted && i64::from(entry.row) < before)
                        .take(left);
                    let known = sharing.len();
                    sharing.extend(there.map(|entry| (i64::from(entry.row), entry.mark)));
                    left -= sharing.len() - known;
                }
            }
            sharing.sort_unstable();
            sharing.dedup();
            Ok(sharing)
        })
    }
}
