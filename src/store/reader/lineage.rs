//! What a candidate was made of and what was made of it: seeds, its ancestors, its children.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use super::{Reader, maybe_word, word};
use crate::failure::FailureKind;
use crate::store::StoreError;
use crate::store::record::Agreement;

/// Ancestors and children that are read at most; a store merged of hostile ones may hold a circle.
const MOST: usize = 200;
/// The columns of a [`Step`], and the parent's uid.
const STEP: &str = "c.id, c.uid, c.strategy, c.operation, c.depth, c.title, c.standing, c.kind, c.parent";

/// A candidate as a step of a lineage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its number.
    pub id: i64,
    /// Its identity.
    pub uid: String,
    /// The strategy that made it.
    pub strategy: String,
    /// By which operation it was made of its parent.
    pub operation: Option<String>,
    /// Steps from a seed.
    pub depth: u32,
    /// The beginning of its question.
    pub title: String,
    /// What its responses amount to, judgements counted.
    pub standing: Agreement,
    /// Why it failed, where it did.
    pub failure: Option<FailureKind>,
}

/// A candidate's lineage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lineage {
    /// Content ids of the seeds at its root: those that the eldest ancestor was made of.
    pub seeds: Vec<String>,
    /// Content id of the seed at its root.
    pub family: Option<String>,
    /// Uid of a parent that is not in this store.
    pub missing: Option<String>,
    /// From the eldest to the parent.
    pub ancestors: Vec<Step>,
    /// The candidate itself.
    pub this: Step,
    /// What was made of it, in the order of rows.
    pub children: Vec<Step>,
    /// Whether there are further children.
    pub more: bool,
}

impl Lineage {
    /// Ancestors, the candidate itself, children.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.ancestors.iter().chain([&self.this]).chain(&self.children)
    }
}

fn step(row: &Row<'_>) -> rusqlite::Result<(Step, Option<String>)> {
    let step = Step {
        id: row.get(0)?,
        uid: row.get(1)?,
        strategy: row.get(2)?,
        operation: row.get(3)?,
        depth: row.get(4)?,
        title: row.get(5)?,
        standing: word(row, 6)?,
        failure: maybe_word(row, 7)?,
    };
    Ok((step, row.get(8)?))
}

fn lineage(conn: &Connection, id: i64) -> rusqlite::Result<Option<Lineage>> {
    let by_id = format!("SELECT {STEP} FROM candidate c WHERE c.id = ?1");
    let Some((this, mut parent)) = conn.prepare_cached(&by_id)?.query_row([id], step).optional()? else {
        return Ok(None);
    };
    let mut by_uid = conn.prepare_cached(&format!("SELECT {STEP} FROM candidate c WHERE c.uid = ?1"))?;
    let mut seen = HashSet::from([this.id]);
    let (mut ancestors, mut missing) = (Vec::new(), None);
    while let Some(uid) = parent.take().filter(|_| ancestors.len() < MOST) {
        match by_uid.query_row([&uid], step).optional()? {
            Some((step, _)) if !seen.insert(step.id) => {}
            Some((step, above)) => {
                parent = above;
                ancestors.push(step);
            }
            None => missing = Some(uid),
        }
    }
    ancestors.reverse();
    let eldest = ancestors.first().unwrap_or(&this).id;
    // One more tells whether there are further ones.
    let room = i64::try_from(MOST).unwrap_or(i64::MAX).saturating_add(1);
    let mut children: Vec<Step> = conn
        .prepare_cached(&format!("SELECT {STEP} FROM candidate c WHERE c.parent = ?1 ORDER BY c.id LIMIT ?2"))?
        .query_map((&this.uid, room), |row| step(row).map(|(step, _)| step))?
        .collect::<rusqlite::Result<_>>()?;
    let more = children.len() > MOST;
    children.truncate(MOST);
    let seeds = conn
        .prepare_cached("SELECT seed FROM candidate_seed WHERE candidate_id = ?1 ORDER BY position")?
        .query_map([eldest], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let family =
        conn.prepare_cached("SELECT family FROM candidate WHERE id = ?1")?.query_row([id], |row| row.get(0))?;
    Ok(Some(Lineage { seeds, family, missing, ancestors, this, children, more }))
}

impl Reader {
    /// What a candidate was made of and what was made of it.
    pub fn lineage(&self, id: i64) -> Result<Lineage, StoreError> {
        let found = self.read_one_state(|conn| lineage(conn, id))?;
        found.ok_or_else(|| StoreError::Missing { what: format!("candidate {id}") })
    }
}
