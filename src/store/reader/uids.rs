//! Which candidates are there already, by uid.

use rusqlite::params;

use super::Reader;
use crate::store::StoreError;

impl Reader {
    /// For each uid whether there is a candidate with it, all of one state of the store.
    pub fn known(&self, uids: &[String]) -> Result<Vec<bool>, StoreError> {
        self.read_one_state(|conn| {
            let mut known = conn.prepare_cached("SELECT 1 FROM candidate WHERE uid = ?1")?;
            uids.iter().map(|uid| known.exists(params![uid])).collect()
        })
    }
}
