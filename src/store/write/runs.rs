//! Opening, resuming and closing runs.

use rusqlite::{Connection, OptionalExtension, params};

use super::Refusal;
use crate::store::IdSet;
use crate::store::fold::AgreementRule;
use crate::store::open::now;
use crate::store::reader::spent::count;
use crate::store::record::{NewRun, Run, RunState};

/// Opens a run, or resumes the one that is named, else the newest with the same recipe that is not done; of a run in shards
/// there is one.
pub(in crate::store) fn open(conn: &Connection, store: &str, new: &NewRun) -> Result<Run, Refusal> {
    let shared = new.in_shards.then(|| uid(&format!("shards\n{}\n{}", new.recipe_hash, new.rng_seed)));
    let found = conn
        .prepare_cached(
            "SELECT id, uid, rng_seed FROM run
             WHERE recipe_hash = ?1
               AND CASE WHEN ?2 IS NOT NULL THEN id = ?2 WHEN ?3 IS NOT NULL THEN uid = ?3 ELSE state <> 'done' END
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![new.recipe_hash, new.resume, shared], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })
        .optional()?
        .filter(|_| !new.fresh || shared.is_some());
    if let (None, Some(id)) = (&found, new.resume) {
        return Err(Refusal::missing(format!("run {id} with this recipe")));
    }
    if let Some((id, uid, rng_seed)) = found {
        conn.prepare_cached("UPDATE run SET state = 'running', target = ?2, ended_at = NULL WHERE id = ?1")?
            .execute(params![id, new.target.cast_signed()])?;
        let filled = conn
            .prepare_cached("SELECT ordinal FROM candidate WHERE run_id = ?1 AND ordinal IS NOT NULL ORDER BY ordinal")?
            .query_map([id], |row| row.get::<_, i64>(0))?
            .collect::<Result<IdSet, _>>()?;
        // Of the replies themselves: the sums kept beside them may have been spoilt by a count that older versions stored.
        let [prompt, completion] = ["prompt_tokens", "completion_tokens"].map(count);
        let sum =
            format!("SELECT CAST(total({prompt}) + total({completion}) AS INTEGER) FROM reply p WHERE p.run_id = ?1");
        let tokens: i64 = conn.query_row(&sum, [id], |row| row.get(0))?;
        let tokens = tokens.cast_unsigned();
        return Ok(Run {
            id,
            uid,
            rng_seed: rng_seed.cast_unsigned(),
            target: new.target,
            filled,
            resumed: true,
            tokens,
        });
    }
    let before: i64 =
        conn.query_row("SELECT count(*) FROM run WHERE recipe_hash = ?1", [&new.recipe_hash], |row| row.get(0))?;
    let uid = shared.unwrap_or_else(|| uid(&format!("{store}\n{}\n{before}", new.recipe_hash)));
    conn.execute(
        "INSERT INTO run (uid, recipe_hash, recipe, strategy, rule, rng_seed, target, state, started_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'running', ?8)",
        params![
            uid,
            new.recipe_hash,
            new.recipe,
            new.strategy,
            rule(&new.recipe).as_str(),
            new.rng_seed.cast_signed(),
            new.target.cast_signed(),
            now()
        ],
    )?;
    Ok(Run {
        id: conn.last_insert_rowid(),
        uid,
        rng_seed: new.rng_seed,
        target: new.target,
        filled: IdSet::default(),
        resumed: false,
        tokens: 0,
    })
}

/// A run's identity, 32 hex digits, from what makes it one of its own.
fn uid(of: &str) -> String {
    blake3::hash(of.as_bytes()).to_hex()[..32].to_owned()
}

/// Sets a run's state; a state that is not `running` ends it.
pub(in crate::store) fn close(conn: &Connection, id: i64, state: RunState) -> Result<(), Refusal> {
    let ended = (state != RunState::Running).then(now);
    let changed = conn.prepare_cached("UPDATE run SET state = ?2, ended_at = ?3 WHERE id = ?1")?.execute(params![
        id,
        state.as_str(),
        ended
    ])?;
    match changed {
        0 => Err(Refusal::missing(format!("run {id}"))),
        _ => Ok(()),
    }
}

/// The recipe's agreement rule, `agreement` under `[run]`; majority where it has none.
fn rule(recipe: &str) -> AgreementRule {
    let table: Option<toml::Table> = recipe.parse().ok();
    let word = table.as_ref().and_then(|t| t.get("run")?.get("agreement")?.as_str());
    word.and_then(|w| w.parse().ok()).unwrap_or(AgreementRule::Majority)
}
