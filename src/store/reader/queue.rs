//! Lists in an order of their own: what should be looked at first.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params_from_iter};

use super::{Reader, from_json, maybe_word, word};
use crate::store::StoreError;
use crate::store::filter::{Filter, Sort};
use crate::store::ids::IdSet;
use crate::store::suspicion::{Said, Suspicion, look};
use crate::verifier::Leniency;

/// The reasons to look at a candidate, as bits, and its uncertainty, read from what is stored now.
pub(in crate::store) fn looked_at(conn: &Connection, candidate: i64) -> rusqlite::Result<(i64, i64)> {
    let mut rows = conn.prepare_cached(
        "SELECT r.id, r.verdict, r.tier, r.given_reward, v.leniencies, w.response_value,
            (SELECT count(*) FROM verdict h WHERE h.response_id = r.id)
         FROM response r LEFT JOIN verdict v ON v.response_id = r.id AND v.current = 1
         LEFT JOIN verdict_text w ON w.id = v.id WHERE r.candidate_id = ?1 ORDER BY r.sample",
    )?;
    let mut found = rows.query([candidate])?;
    let mut pairs = Vec::new();
    while let Some(row) = found.next()? {
        let response: i64 = row.get(0)?;
        let lenient = match row.get_ref(4)? {
            rusqlite::types::ValueRef::Null => false,
            _ => !from_json::<Vec<Leniency>>(row, 4)?.is_empty(),
        };
        let mut said = Said {
            outcome: maybe_word(row, 1)?,
            tier: maybe_word(row, 2)?,
            reward: row.get(3)?,
            lenient,
            answer: row.get::<_, Option<String>>(5)?.unwrap_or_default(),
            ..Said::default()
        };
        if row.get::<_, i64>(6)? > 1 {
            said.history = conn
                .prepare_cached("SELECT tier, outcome FROM verdict WHERE response_id = ?1 ORDER BY id")?
                .query_map([response], |row| Ok((word(row, 0)?, word(row, 1)?)))?
                .collect::<Result<_, _>>()?;
        }
        said.seconds = conn
            .prepare_cached("SELECT outcome FROM second WHERE response_id = ?1")?
            .query_map([response], |row| word(row, 0))?
            .collect::<Result<_, _>>()?;
        pairs.push(said);
    }
    Ok(look(&pairs))
}

/// A number that looks like chance and is the same for the same row: the finaliser of `SplitMix64`.
fn chance(id: i64) -> u64 {
    let mut z = id.cast_unsigned().wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The first of each stratum, then the second of each …, strata and their members at random.
fn by_turns(mut members: Vec<(i64, u32)>) -> Vec<i64> {
    members.sort_unstable_by_key(|(id, _)| (chance(*id), *id));
    let mut turns: HashMap<u32, u32> = HashMap::new();
    for (_, stratum) in &mut members {
        let turn = turns.entry(*stratum).or_default();
        *stratum = *turn;
        *turn += 1;
    }
    members.sort_unstable_by_key(|(id, turn)| (*turn, chance(*id), *id));
    members.into_iter().map(|(id, _)| id).collect()
}

/// Those of the highest number first, of the same number as they came.
fn by_rank(ranks: &BTreeMap<i64, IdSet>) -> Vec<i64> {
    let mut order = Vec::with_capacity(ranks.values().map(IdSet::len).sum());
    order.extend(ranks.values().rev().flat_map(IdSet::iter));
    order
}

impl Reader {
    /// Rows of all candidates that the filter takes, in its order.
    pub fn ordered(&self, filter: &Filter) -> Result<Vec<i64>, StoreError> {
        match filter.sort() {
            Sort::Number => self.ids(filter),
            Sort::Newest => self.ids(filter).map(|mut ids| (ids.reverse(), ids).1),
            Sort::Suspicious => self.by_suspicion(filter, "c.suspicion", |(bits, _)| bits),
            Sort::Uncertain => self.by_suspicion(filter, "c.uncertainty", |(_, uncertainty)| uncertainty),
            Sort::Random => self.by_turns(filter),
        }
    }

    /// By one of the two numbers that looking at a candidate gives: the one kept in `column`, which an index alone answers.
    fn by_suspicion(
        &self,
        filter: &Filter,
        column: &str,
        which: impl Fn((i64, i64)) -> i64,
    ) -> Result<Vec<i64>, StoreError> {
        let (condition, values) = filter.sql();
        let sql = format!("SELECT c.id, c.suspicion IS NULL, {column} FROM candidate c WHERE {condition}");
        self.read_one_state(|conn| {
            let mut rows = conn.prepare_cached(&sql)?;
            let mut rows = rows.query(params_from_iter(values))?;
            let mut ranks: BTreeMap<i64, IdSet> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                // What nobody has looked at yet is looked at now.
                let rank =
                    if row.get(1)? { which(looked_at(conn, id)?) } else { row.get::<_, Option<i64>>(2)?.unwrap_or(0) };
                ranks.entry(rank).or_default().insert(id);
            }
            Ok(by_rank(&ranks))
        })
    }

    fn by_turns(&self, filter: &Filter) -> Result<Vec<i64>, StoreError> {
        let (condition, values) = filter.sql();
        let sql = format!(
            "SELECT c.id, c.suspicion IS NULL, c.uncertainty, ifnull(c.verdict, '') || ' ' || c.domain
             FROM candidate c WHERE {condition}"
        );
        self.read_one_state(|conn| {
            let mut rows = conn.prepare_cached(&sql)?;
            let mut rows = rows.query(params_from_iter(values))?;
            // A stratum is a number from here on: a text for each row takes longer than reading the row.
            let mut strata: HashMap<i64, HashMap<Vec<u8>, u32>> = HashMap::new();
            let (mut known, mut members) = (0, Vec::new());
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                let uncertainty =
                    if row.get(1)? { looked_at(conn, id)?.1 } else { row.get::<_, Option<i64>>(2)?.unwrap_or(0) };
                let alike = strata.entry(uncertainty).or_default();
                let name = row.get_ref(3)?.as_bytes()?;
                let stratum = if let Some(stratum) = alike.get(name) {
                    *stratum
                } else {
                    known += 1;
                    alike.insert(name.to_owned(), known);
                    known
                };
                members.push((id, stratum));
            }
            Ok(by_turns(members))
        })
    }

    /// Why a candidate should be looked at, the gravest reason first.
    pub fn suspicions(&self, candidate: i64) -> Result<Vec<Suspicion>, StoreError> {
        self.read(|conn| looked_at(conn, candidate)).map(|(bits, _)| Suspicion::of(bits))
    }

    /// How many candidates nobody has looked at: fields that ask for suspicion do not take them yet.
    pub fn unlooked(&self) -> Result<u64, StoreError> {
        self.read(|conn| {
            conn.query_row("SELECT count(*) FROM candidate WHERE suspicion IS NULL", [], |row| row.get::<_, i64>(0))
        })
        .map(i64::cast_unsigned)
    }
}
