//! Lists in an order of their own: what should be looked at first.

use std::collections::HashMap;

use rusqlite::{Connection, params_from_iter};

use super::{Reader, from_json, maybe_word, word};
use crate::store::StoreError;
use crate::store::filter::{Filter, Sort};
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

/// What an order goes by.
struct Place {
    id: i64,
    suspicion: Option<i64>,
    uncertainty: i64,
    stratum: u64,
}

/// A number that looks like chance and is the same for the same row: the finaliser of `SplitMix64`.
fn chance(id: i64) -> u64 {
    let mut z = id.cast_unsigned().wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The first of each stratum, then the second of each …, strata and their members at random.
fn by_turns(places: Vec<Place>) -> Vec<i64> {
    let mut places: Vec<(u64, Place)> = places.into_iter().map(|p| (chance(p.id), p)).collect();
    places.sort_unstable_by_key(|(chance, place)| (*chance, place.id));
    let mut turns: HashMap<(u64, i64), u64> = HashMap::new();
    let mut turned: Vec<(u64, u64, i64)> = Vec::with_capacity(places.len());
    for (chance, place) in places {
        let turn = turns.entry((place.stratum, place.uncertainty)).or_default();
        turned.push((*turn, chance, place.id));
        *turn += 1;
    }
    turned.sort_unstable();
    turned.into_iter().map(|(.., id)| id).collect()
}

impl Reader {
    /// Rows of all candidates that the filter takes, in its order.
    pub fn ordered(&self, filter: &Filter) -> Result<Vec<i64>, StoreError> {
        match filter.sort() {
            Sort::Number => return self.ids(filter),
            Sort::Newest => return self.ids(filter).map(|mut ids| (ids.reverse(), ids).1),
            Sort::Suspicious | Sort::Uncertain | Sort::Random => {}
        }
        let (condition, values) = filter.sql();
        // Each order reads no more than it goes by: the first is answered by an index alone.
        let (uncertainty, stratum) = match filter.sort() {
            Sort::Suspicious => ("0", "''"),
            Sort::Uncertain => ("c.uncertainty", "''"),
            _ => ("c.uncertainty", "ifnull(c.verdict, '') || ' ' || c.domain"),
        };
        let sql = format!("SELECT c.id, c.suspicion, {uncertainty}, {stratum} FROM candidate c WHERE {condition}");
        let mut places: Vec<Place> = self.read_one_state(|conn| {
            let mut rows = conn.prepare_cached(&sql)?;
            // A stratum is a number from here on: a text for each row takes longer than reading the row.
            let mut strata: HashMap<Vec<u8>, u64> = HashMap::new();
            let all = rows.query_map(params_from_iter(values), |row| {
                Ok(Place {
                    id: row.get(0)?,
                    suspicion: row.get(1)?,
                    uncertainty: row.get::<_, Option<i64>>(2)?.unwrap_or(0),
                    stratum: {
                        let name = row.get_ref(3)?.as_bytes()?;
                        if let Some(known) = strata.get(name) {
                            *known
                        } else {
                            let next = strata.len() as u64;
                            *strata.entry(name.to_owned()).or_insert(next)
                        }
                    },
                })
            })?;
            let mut places: Vec<Place> = all.collect::<Result<_, _>>()?;
            // What nobody has looked at yet is looked at now.
            for place in places.iter_mut().filter(|p| p.suspicion.is_none()) {
                let (bits, uncertainty) = looked_at(conn, place.id)?;
                (place.suspicion, place.uncertainty) = (Some(bits), uncertainty);
            }
            Ok(places)
        })?;
        Ok(match filter.sort() {
            Sort::Random => by_turns(places),
            Sort::Uncertain => {
                places.sort_unstable_by_key(|p| (std::cmp::Reverse(p.uncertainty), p.id));
                places.into_iter().map(|p| p.id).collect()
            }
            _ => {
                places.sort_unstable_by_key(|p| (std::cmp::Reverse(p.suspicion), p.id));
                places.into_iter().map(|p| p.id).collect()
            }
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
