//! Putting what came from another store in its place here, in the writer's transaction.

use std::collections::BTreeSet;

use std::str::FromStr;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use super::bundle::{self, Bundle, ResponseRow};
use super::columns::{Columns, Hasher};
use super::{Conflict, MergeReport, Parcel, choices, runs};
use crate::store::revision::Revision;
use crate::store::write::{Refusal, bands, standing};
use crate::verifier::{Outcome, Side, Tier};

/// Names for contents that share an identity.
pub(super) mod variant {
    /// The identity without what a merge added.
    pub(in crate::store::merge) fn base(uid: &str) -> &str {
        uid.split_once('~').map_or(uid, |(base, _)| base)
    }

    /// What a content is called whose identity belongs to another.
    pub(in crate::store::merge) fn renamed(base: &str, hash: &str) -> String {
        format!("{base}~{}", &hash[..12])
    }

    /// From and to before which such names stand.
    pub(in crate::store::merge) fn range(base: &str) -> (String, String) {
        (format!("{base}~"), format!("{base}\u{7f}"))
    }

    /// The content that stands, and the other.
    pub(in crate::store::merge) fn order<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
        if a <= b { (a, b) } else { (b, a) }
    }
}

/// Puts a part of another store in its place.
pub(in crate::store) fn put(conn: &Connection, parcel: Parcel) -> Result<MergeReport, Refusal> {
    let mut report = MergeReport::default();
    match parcel {
        Parcel::Runs(runs) => runs::put_runs(conn, runs, &mut report)?,
        Parcel::Replies(replies) => runs::put_replies(conn, replies, &mut report)?,
        Parcel::Choices(rows) => choices::put(conn, rows, &mut report)?,
        Parcel::End => runs::close_whole(conn)?,
        Parcel::Candidates(bundles) => {
            for bundle in bundles {
                report.seen += 1;
                candidate(conn, bundle, &mut report)?;
            }
        }
    }
    Ok(report)
}

fn candidate(conn: &Connection, bundle: Bundle, report: &mut MergeReport) -> Result<(), Refusal> {
    let base = variant::base(&bundle.uid).to_owned();
    let (from, to) = variant::range(&base);
    let rows: Vec<(i64, String)> = conn
        .prepare_cached("SELECT id, uid FROM candidate WHERE uid = ?1 OR (uid >= ?2 AND uid < ?3)")?
        .query_map(params![base, from, to], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut there = Vec::with_capacity(rows.len());
    for (id, uid) in rows {
        let known = Bundle::read(conn, id)?;
        there.push((id, uid, known.content, known.facts));
    }
    let mut changed = false;
    let id = if let Some((id, _, _, facts)) = there.iter().find(|(_, _, content, _)| *content == bundle.content) {
        if *facts != bundle.facts {
            let (stands, other) = variant::order(facts, &bundle.facts);
            report.conflict(Conflict {
                uid: bundle.uid.clone(),
                what: "facts",
                stands: stands[..12].to_owned(),
                other: format!("{} was let go", &other[..12]),
            });
            if stands == bundle.facts {
                replace_facts(conn, *id, &bundle)?;
            }
        }
        conn.prepare_cached("UPDATE candidate SET created_at = min(created_at, ?2) WHERE id = ?1")?
            .execute(params![id, bundle.created_at])?;
        *id
    } else {
        let uid = match there.iter().find(|(_, uid, ..)| *uid == base) {
            None => base.clone(),
            Some((id, _, content, _)) => {
                let (stands, other) = variant::order(content, &bundle.content);
                report.conflict(Conflict {
                    uid: base.clone(),
                    what: "candidate",
                    stands: stands[..12].to_owned(),
                    other: format!("kept as {}", variant::renamed(&base, other)),
                });
                if stands == bundle.content {
                    conn.prepare_cached("UPDATE candidate SET uid = ?2 WHERE id = ?1")?
                        .execute(params![id, variant::renamed(&base, content)])?;
                    base.clone()
                } else {
                    variant::renamed(&base, &bundle.content)
                }
            }
        };
        report.candidates += 1;
        changed = true;
        insert(conn, uid, &bundle)?
    };
    for response in bundle.responses {
        changed |= response_words(conn, id, response, report)?;
    }
    for decision in bundle.decisions {
        let uid = decision.text("uid").to_owned();
        if conn.prepare_cached("SELECT 1 FROM decision WHERE uid = ?1")?.exists([&uid])? {
            continue;
        }
        if *decision.get("revision") != Value::Null
            && serde_json::from_str::<Revision>(decision.text("revision")).is_err()
        {
            let uid: String = uid.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
            let message = format!("the revision {uid} in the other store cannot be read; it is not taken in");
            return Err(Refusal::invalid(message));
        }
        decision.with("candidate_id", id).insert(conn, "decision")?;
        report.decisions += 1;
        changed = true;
    }
    if changed {
        standing::refresh(conn, id, true)?;
    }
    Ok(())
}

/// The row here of a run.
fn run_row(conn: &Connection, uid: Option<&String>) -> rusqlite::Result<Option<i64>> {
    let Some(uid) = uid else { return Ok(None) };
    conn.prepare_cached("SELECT id FROM run WHERE uid = ?1")?.query_row([uid], |row| row.get(0)).optional()
}

fn insert(conn: &Connection, uid: String, bundle: &Bundle) -> rusqlite::Result<i64> {
    let columns = bundle.columns.clone();
    let id = columns
        .with("uid", uid)
        .with("created_at", bundle.created_at.clone())
        .with("run_id", run_row(conn, bundle.run.as_ref())?)
        .with("generator_reply_id", runs::row_of(conn, bundle.reply.as_ref())?)
        // What follows from verdicts and decisions is put in once these are there.
        .with("agreement", "none".to_owned())
        .with("standing", "none".to_owned())
        .insert(conn, "candidate")?;
    bundle.text.clone().with("id", id).insert(conn, "candidate_text")?;
    around(conn, id, bundle)?;
    for response in &bundle.responses {
        let row = response
            .columns
            .clone()
            .with("candidate_id", id)
            .with("sample", response.sample)
            .with("reply_id", runs::row_of(conn, response.reply.as_ref())?)
            .insert(conn, "response")?;
        response.text.clone().with("id", row).insert(conn, "response_text")?;
    }
    Ok(id)
}

/// Seeds and executions.
fn around(conn: &Connection, id: i64, bundle: &Bundle) -> rusqlite::Result<()> {
    for seed in &bundle.seeds {
        seed.clone().with("candidate_id", id).insert(conn, "candidate_seed")?;
    }
    for (execution, text) in &bundle.executions {
        let row = execution.clone().with("candidate_id", id).insert(conn, "execution")?;
        text.clone().with("id", row).insert(conn, "execution_text")?;
    }
    Ok(())
}

/// Puts everything but what is read of a candidate in place of what is here.
fn replace_facts(conn: &Connection, id: i64, bundle: &Bundle) -> rusqlite::Result<()> {
    // Kept counts go by some of these columns, and by whether it has a question that counts.
    bands::forget(conn, id)?;
    count(conn, id, -1)?;
    let columns = bundle.columns.clone();
    columns
        .with("run_id", run_row(conn, bundle.run.as_ref())?)
        .with("generator_reply_id", runs::row_of(conn, bundle.reply.as_ref())?)
        .update(conn, "candidate", id)?;
    bundle.text.update(conn, "candidate_text", id)?;
    for sql in [
        "DELETE FROM candidate_seed WHERE candidate_id = ?1",
        "DELETE FROM execution_text WHERE id IN (SELECT id FROM execution WHERE candidate_id = ?1)",
        "DELETE FROM execution WHERE candidate_id = ?1",
    ] {
        conn.prepare_cached(sql)?.execute([id])?;
    }
    around(conn, id, bundle)?;
    for response in &bundle.responses {
        let row = conn
            .prepare_cached("SELECT id FROM response WHERE candidate_id = ?1 AND sample = ?2")?
            .query_row(params![id, response.sample], |row| row.get(0))?;
        let reply = runs::row_of(conn, response.reply.as_ref())?;
        response.columns.clone().with("reply_id", reply).update(conn, "response", row)?;
    }
    count(conn, id, 1)
}

/// Counts a candidate and its responses once more or once less.
fn count(conn: &Connection, id: i64, by: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO candidate_count
         SELECT ifnull(run_id, 0), origin, domain, strategy, standing, ifnull(kind, ''), ifnull(curation, ''), contested,
            judged, ?2 FROM candidate WHERE id = ?1
         ON CONFLICT DO UPDATE SET n = n + excluded.n",
    )?
    .execute(params![id, by])?;
    conn.prepare_cached(
        "INSERT INTO response_count
         SELECT ifnull(c.run_id, 0), c.domain, c.strategy, r.solver, ifnull(r.verdict, ''), ifnull(r.tier, ''),
            ifnull(r.kind, ''), ifnull(r.judgement, ''), ?2 * count(*)
         FROM candidate c JOIN response r ON r.candidate_id = c.id WHERE c.id = ?1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
         ON CONFLICT DO UPDATE SET n = n + excluded.n",
    )?
    .execute(params![id, by])?;
    Ok(())
}

/// Unites what verifiers said of one response; whether anything of it is new.
fn response_words(conn: &Connection, id: i64, from: ResponseRow, report: &mut MergeReport) -> Result<bool, Refusal> {
    for verdict in &from.verdicts {
        is_word::<Outcome>(&verdict.columns, "outcome")?;
        is_word::<Tier>(&verdict.columns, "tier")?;
        if *verdict.columns.get("side") != Value::Null {
            is_word::<Side>(&verdict.columns, "side")?;
        }
    }
    for second in &from.seconds {
        is_word::<Outcome>(second, "outcome")?;
    }
    let row: i64 = conn
        .prepare_cached("SELECT id FROM response WHERE candidate_id = ?1 AND sample = ?2")?
        .query_row(params![id, from.sample], |row| row.get(0))?;
    let mut changed = false;
    let mut here = bundle::verdicts(conn, row)?;
    let known: BTreeSet<String> = here.iter().map(|(_, v)| v.hash.clone()).collect();
    for verdict in from.verdicts {
        if known.contains(&verdict.hash) {
            for (_, same) in here.iter_mut().filter(|(_, v)| v.hash == verdict.hash) {
                same.current |= verdict.current;
            }
            continue;
        }
        let at = verdict.columns.clone().with("response_id", row).with("current", 0).insert(conn, "verdict")?;
        verdict.text.clone().with("id", at).insert(conn, "verdict_text")?;
        report.verdicts += 1;
        changed = true;
        here.push((at, verdict));
    }
    // The latest is the current one; of several at one moment one that was current somewhere.
    let latest = here.iter().max_by(|(_, a), (_, b)| (&a.at, a.current, &a.hash).cmp(&(&b.at, b.current, &b.hash)));
    if let Some((current, verdict)) = latest {
        let moved = conn
            .prepare_cached("UPDATE verdict SET current = (id = ?2) WHERE response_id = ?1 AND current <> (id = ?2)")?
            .execute(params![row, current])?;
        if moved > 0 {
            conn.prepare_cached("UPDATE response SET verdict = ?2, tier = ?3, side = ?4 WHERE id = ?1")?.execute(
                params![row, verdict.columns.get("outcome"), verdict.columns.get("tier"), verdict.columns.get("side")],
            )?;
            changed = true;
        }
    }
    for second in from.seconds {
        changed |= second_word(conn, row, second, report)?;
    }
    Ok(changed)
}

/// Refuses what is none of a column's words: one row that can't be read would keep whole lists from being read.
fn is_word<T: FromStr>(columns: &Columns, name: &str) -> Result<(), Refusal> {
    let text = columns.text(name);
    if T::from_str(text).is_ok() {
        return Ok(());
    }
    let text: String = text.chars().take(40).collect();
    Err(Refusal::invalid(format!("the other store has the {name} {text:?}, which is none; it is not taken in")))
}

/// Of two words of one verifier the later stands.
fn second_word(conn: &Connection, row: i64, word: Columns, report: &mut MergeReport) -> Result<bool, Refusal> {
    let here = conn
        .prepare_cached("SELECT * FROM second WHERE response_id = ?1 AND verifier = ?2")?
        .query_row(params![row, word.text("verifier")], |row| Columns::of(row, &["response_id"]))
        .optional()?;
    if let Some(here) = here {
        let rank = |c: &Columns| (c.text("at").to_owned(), Hasher::default().columns(c).hash());
        if rank(&here) >= rank(&word) {
            return Ok(false);
        }
        conn.prepare_cached(
            "UPDATE second SET outcome = ?3, detail = ?4, version = ?5, at = ?6 WHERE response_id = ?1 AND verifier = ?2",
        )?
        .execute(params![
            row,
            word.text("verifier"),
            word.text("outcome"),
            word.text("detail"),
            word.text("version"),
            word.text("at")
        ])?;
        return Ok(true);
    }
    word.with("response_id", row).insert(conn, "second")?;
    report.seconds += 1;
    Ok(true)
}
