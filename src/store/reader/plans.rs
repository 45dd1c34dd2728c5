//! Reading sampling plans back, and what they are drawn from.

use std::ops::ControlFlow;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

use super::{Reader, from_json, maybe_word, word};
use crate::store::filter::Filter;
use crate::store::plan::{FramePair, Plan, PlanItem, PlanStratum, Word};
use crate::store::{IdSet, StoreError};

/// Columns and tables of a [`PlanItem`].
const ITEM: &str =
    "SELECT i.position, i.stratum, i.candidate_id, i.sample, r.verdict, r.tier, v.leniencies, r.judgement,
    r.contested,
    (SELECT min(d.blind) FROM decision d
     WHERE d.candidate_id = i.candidate_id AND d.sample = i.sample AND d.kind = 'judgement' AND d.about IS NULL
       AND NOT EXISTS (SELECT 1 FROM decision_reversed y WHERE y.decision_id = d.id))
    FROM plan_item i JOIN response r ON r.candidate_id = i.candidate_id AND r.sample = i.sample
    LEFT JOIN verdict v ON v.response_id = r.id AND v.current = 1";

/// A reviewer's judgement of an item that is in force. Plans are about the reference answers that candidates came with, which
/// are what the verifier compared.
const JUDGED_BY: &str = "EXISTS (SELECT 1 FROM decision d
    WHERE d.candidate_id = i.candidate_id AND d.sample = i.sample AND d.kind = 'judgement' AND d.reviewer = ?2
      AND d.about IS NULL AND NOT EXISTS (SELECT 1 FROM decision_reversed y WHERE y.decision_id = d.id))";

fn item(row: &Row<'_>) -> rusqlite::Result<PlanItem> {
    Ok(PlanItem {
        position: row.get::<_, i64>(0)?.cast_unsigned(),
        stratum: usize::try_from(row.get::<_, i64>(1)?).unwrap_or(usize::MAX),
        candidate: row.get(2)?,
        sample: row.get(3)?,
        outcome: maybe_word(row, 4)?,
        tier: maybe_word(row, 5)?,
        leniencies: match row.get_ref(6)? {
            ValueRef::Null => Vec::new(),
            _ => from_json(row, 6)?,
        },
        judgement: maybe_word(row, 7)?,
        contested: row.get(8)?,
        blind: row.get(9)?,
    })
}

impl Reader {
    /// The plan in force: the newest one.
    pub fn plan(&self) -> Result<Option<Plan>, StoreError> {
        self.read_one_state(|conn| {
            let found = conn
                .prepare_cached(
                    "SELECT id, uid, at, filter, rng_seed, blind, verdicts_to FROM plan ORDER BY id DESC LIMIT 1",
                )?
                .query_row([], |row| {
                    Ok(Plan {
                        id: row.get(0)?,
                        uid: row.get(1)?,
                        at: row.get(2)?,
                        filter: row.get(3)?,
                        rng_seed: row.get::<_, i64>(4)?.cast_unsigned(),
                        blind: row.get(5)?,
                        verdicts_to: row.get(6)?,
                        strata: Vec::new(),
                    })
                })
                .optional()?;
            let Some(mut plan) = found else { return Ok(None) };
            plan.strata = conn
                .prepare_cached(
                    "SELECT verdict, tier, domain, size FROM plan_stratum WHERE plan_id = ?1 ORDER BY stratum",
                )?
                .query_map([plan.id], |row| {
                    Ok(PlanStratum {
                        verdict: word(row, 0)?,
                        tier: word(row, 1)?,
                        domain: row.get(2)?,
                        size: row.get::<_, i64>(3)?.cast_unsigned(),
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Some(plan))
        })
    }

    /// A plan's pairs with what is said of them now, in the order of judging. Pairs that are not stored any more are left
    /// out.
    pub fn plan_items(&self, plan: i64) -> Result<Vec<PlanItem>, StoreError> {
        let sql = format!("{ITEM} WHERE i.plan_id = ?1 ORDER BY i.position");
        self.read(|conn| conn.prepare_cached(&sql)?.query_map([plan], item)?.collect())
    }

    /// The plan's next pair that nobody judged; with `second`, the next that somebody judged and this reviewer did not. Of the
    /// candidates in `but` it is none.
    pub fn plan_next(
        &self,
        plan: i64,
        reviewer: &str,
        second: bool,
        but: &IdSet,
    ) -> Result<Option<PlanItem>, StoreError> {
        let wanted =
            if second { "(r.judgement IS NOT NULL OR r.contested)" } else { "r.judgement IS NULL AND NOT r.contested" };
        let sql = format!("{ITEM} WHERE i.plan_id = ?1 AND {wanted} AND NOT {JUDGED_BY} ORDER BY i.position");
        self.read(|conn| {
            let mut found = conn.prepare_cached(&sql)?;
            let mut items = found.query_map(params![plan, reviewer], item)?;
            items.find(|item| item.as_ref().map_or(true, |item| !but.contains(item.candidate))).transpose()
        })
    }

    /// Candidates with a pair that the plan wants judged blind, and that this reviewer has not judged. None once every pair
    /// of the plan has somebody's judgement: it is not open any more.
    pub fn sealed(&self, reviewer: &str) -> Result<IdSet, StoreError> {
        const NEWEST: &str = "(SELECT id FROM plan WHERE id = (SELECT max(id) FROM plan) AND blind)";
        let judged = JUDGED_BY.replace("?2", "?1");
        let sql = format!(
            "SELECT DISTINCT i.candidate_id FROM plan_item i
             WHERE i.plan_id = {NEWEST} AND NOT {judged}
               AND EXISTS (SELECT 1 FROM plan_item o
                  JOIN response r ON r.candidate_id = o.candidate_id AND r.sample = o.sample
                  WHERE o.plan_id = {NEWEST} AND r.judgement IS NULL AND NOT r.contested)"
        );
        self.read(|conn| conn.prepare_cached(&sql)?.query_map(params![reviewer], |row| row.get(0))?.collect())
    }

    /// The newest verdict's row; 0 where there is none.
    pub fn newest_verdict(&self) -> Result<i64, StoreError> {
        self.read(|conn| conn.query_row("SELECT ifnull(max(id), 0) FROM verdict", [], |row| row.get(0)))
    }

    /// Gives every pair of the candidates that the filter takes, and that the verifier said something of, to `each`, until
    /// it breaks: with its verdict now, or with the one it had when the verdict in row `verdicts_to` was the newest.
    pub fn frame(
        &self,
        filter: &Filter,
        verdicts_to: Option<i64>,
        mut each: impl FnMut(FramePair) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let (condition, mut values) = filter.sql();
        let (verdict, then) = match verdicts_to {
            None => ("r", String::new()),
            Some(to) => {
                values.push(Value::Integer(to));
                let n = values.len();
                let then = format!(
                    "JOIN verdict v ON v.id = (SELECT max(o.id) FROM verdict o WHERE o.response_id = r.id AND o.id <= ?{n})"
                );
                ("v", then)
            }
        };
        let outcome = if verdicts_to.is_some() { "outcome" } else { "verdict" };
        let sql = format!(
            "SELECT c.id, c.uid, r.sample, {verdict}.{outcome}, {verdict}.tier, c.domain
             FROM candidate c JOIN response r ON r.candidate_id = c.id {then}
             WHERE ({condition}) AND {verdict}.{outcome} IN ('equivalent', 'different', 'undecided')"
        );
        self.read(|conn| {
            let mut statement = conn.prepare(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                let pair = FramePair {
                    candidate: row.get(0)?,
                    uid: row.get(1)?,
                    sample: row.get(2)?,
                    outcome: word(row, 3)?,
                    tier: word(row, 4)?,
                    domain: row.get(5)?,
                };
                if each(pair).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Every reviewer's word on every pair: the latest that is in force, in the order in which decisions fold. Who settles a
    /// dispute says no word of their own.
    pub fn words(&self) -> Result<Vec<Word>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT candidate_id, sample, reviewer, judgement FROM (
                     SELECT d.candidate_id, d.sample, d.reviewer, d.judgement,
                            row_number() OVER (PARTITION BY d.candidate_id, d.sample, d.reviewer
                                               ORDER BY d.at DESC, ifnull(d.place, d.id) DESC, d.uid DESC) AS nth
                     FROM decision d
                     WHERE d.kind = 'judgement' AND d.about IS NULL AND NOT d.adjudicates
                       AND NOT EXISTS (SELECT 1 FROM decision_reversed y WHERE y.decision_id = d.id))
                 WHERE nth = 1 ORDER BY candidate_id, sample, reviewer",
            )?
            .query_map([], |row| {
                Ok(Word {
                    candidate: row.get(0)?,
                    sample: row.get(1)?,
                    reviewer: row.get(2)?,
                    judgement: word(row, 3)?,
                })
            })?
            .collect()
        })
    }
}
