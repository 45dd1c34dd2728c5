//! Keeping sampling plans. A plan only grows.

use rusqlite::{Connection, params};

use super::Refusal;
use crate::store::open::now;
use crate::store::plan::{NewPlan, NewPlanItem, Plan};

/// Keeps a plan; it is in force from then on.
pub(in crate::store) fn put(conn: &Connection, store: &str, new: NewPlan) -> Result<Plan, Refusal> {
    if new.items.is_empty() {
        return Err(Refusal::invalid("a plan without pairs is no plan"));
    }
    let at = now();
    let before: i64 = conn.query_row("SELECT ifnull(max(id), 0) FROM plan", [], |row| row.get(0))?;
    let named = format!("{store}\nplan\n{before}\n{at}\n{}\n{}", new.rng_seed, new.filter);
    let uid = blake3::hash(named.as_bytes()).to_hex()[..32].to_owned();
    conn.execute(
        "INSERT INTO plan (id, uid, at, filter, rng_seed, blind, verdicts_to) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![before + 1, uid, at, new.filter, new.rng_seed.cast_signed(), new.blind, new.verdicts_to],
    )?;
    for (stratum, s) in (0_i64..).zip(&new.strata) {
        conn.prepare_cached("INSERT INTO plan_stratum VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
            before + 1,
            stratum,
            s.verdict.as_str(),
            s.tier.as_str(),
            s.domain,
            s.size.cast_signed()
        ])?;
    }
    extend(conn, before + 1, &new.items)?;
    Ok(Plan {
        id: before + 1,
        uid,
        at,
        filter: new.filter,
        rng_seed: new.rng_seed,
        blind: new.blind,
        verdicts_to: new.verdicts_to,
        strata: new.strata,
    })
}

/// Puts further pairs behind those that a plan has. Returns how many it has then.
pub(in crate::store) fn extend(conn: &Connection, plan: i64, items: &[NewPlanItem]) -> Result<u64, Refusal> {
    let strata: i64 =
        conn.query_row("SELECT count(*) FROM plan_stratum WHERE plan_id = ?1", [plan], |row| row.get(0))?;
    if items.iter().any(|item| i64::try_from(item.stratum).is_ok_and(|s| s >= strata)) {
        return Err(Refusal::invalid("a pair of a plan belongs to one of its strata"));
    }
    let mut next: i64 =
        conn.query_row("SELECT ifnull(max(position), -1) + 1 FROM plan_item WHERE plan_id = ?1", [plan], |row| {
            row.get(0)
        })?;
    for item in items {
        conn.prepare_cached("INSERT INTO plan_item VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            plan,
            next,
            i64::try_from(item.stratum).unwrap_or(i64::MAX),
            item.candidate,
            item.sample
        ])?;
        next += 1;
    }
    Ok(next.cast_unsigned())
}
