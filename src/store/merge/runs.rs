//! Runs, and models' replies, on their way from one store into another.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{Columns, Hasher};
use super::put::variant;
use super::{Conflict, MergeReport};

/// A run.
pub(in crate::store) struct RunRow(Columns);

/// A reply, with the prompts that it names.
pub(in crate::store) struct ReplyRow {
    key: String,
    /// Hash of its content.
    pub(super) hash: String,
    run: String,
    at: String,
    columns: Columns,
    text: Columns,
    prompts: Vec<(String, String)>,
}

/// All runs of a store.
pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<RunRow>> {
    conn.prepare("SELECT * FROM run ORDER BY id")?.query_map([], |row| Columns::of(row, &["id"]).map(RunRow))?.collect()
}

/// How far a run's state is.
fn progress(state: &str) -> usize {
    ["running", "stopped", "done"].iter().position(|s| *s == state).unwrap_or(0)
}

/// Unites runs: the same run is as far as it is anywhere.
pub(super) fn put_runs(conn: &Connection, runs: Vec<RunRow>, report: &mut MergeReport) -> rusqlite::Result<()> {
    for RunRow(run) in runs {
        let here = conn
            .prepare_cached("SELECT * FROM run WHERE uid = ?1")?
            .query_row([run.text("uid")], |row| Ok((row.get::<_, i64>("id")?, Columns::of(row, &["id"])?)))
            .optional()?;
        let Some((id, here)) = here else {
            run.insert(conn, "run")?;
            report.runs += 1;
            continue;
        };
        let target = match (here.get("target"), run.get("target")) {
            (Value::Integer(a), Value::Integer(b)) => *a.max(b),
            _ => 0,
        };
        let states = [here.text("state"), run.text("state")];
        let state = states.into_iter().max_by_key(|s| progress(s)).unwrap_or("running");
        let started = here.text("started_at").min(run.text("started_at"));
        let ended =
            Some(here.text("ended_at").max(run.text("ended_at"))).filter(|e| !e.is_empty() && state != "running");
        conn.prepare_cached("UPDATE run SET target = ?2, state = ?3, started_at = ?4, ended_at = ?5 WHERE id = ?1")?
            .execute(params![id, target, state, started, ended])?;
    }
    Ok(())
}

/// Closes runs of which parts were made elsewhere and that are whole now.
pub(super) fn close_whole(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE run SET state = 'done' WHERE state = 'stopped' AND target <=
           (SELECT count(DISTINCT ordinal) FROM candidate WHERE run_id = run.id AND ordinal < run.target)",
        [],
    )?;
    Ok(())
}

const REPLY: &str = "SELECT p.*, u.uid AS run_uid FROM reply p JOIN run u ON u.id = p.run_id";

fn read_reply(conn: &Connection, row: &rusqlite::Row<'_>) -> rusqlite::Result<ReplyRow> {
    let id: i64 = row.get("id")?;
    let columns = Columns::of(row, &["id", "key", "run_id", "run_uid", "at"])?;
    let text = conn
        .prepare_cached("SELECT * FROM reply_text WHERE id = ?1")?
        .query_row([id], |row| Columns::of(row, &["id"]))?;
    let run: String = row.get("run_uid")?;
    let hash = Hasher::default().text(&run).columns(&columns).columns(&text).hash();
    let mut prompts = Vec::new();
    for name in ["prompt_hash", "schema_hash"] {
        if let Value::Text(prompt) = columns.get(name) {
            let text: Option<String> = conn
                .prepare_cached("SELECT text FROM prompt WHERE hash = ?1")?
                .query_row([prompt], |row| row.get(0))
                .optional()?;
            prompts.extend(text.map(|text| (prompt.clone(), text)));
        }
    }
    Ok(ReplyRow { key: row.get("key")?, hash, run, at: row.get("at")?, columns, text, prompts })
}

/// Replies behind a row, and the last row of them; those that lost their key come when their turn is, which does not
/// matter: their hash tells whose they are.
pub(super) fn replies(conn: &Connection, after: i64, most: usize) -> rusqlite::Result<(Vec<ReplyRow>, Option<i64>)> {
    let mut rows = conn.prepare_cached(&format!("{REPLY} WHERE p.id > ?1 ORDER BY p.id LIMIT ?2"))?;
    let mut found = rows.query(params![after, most.cast_signed()])?;
    let (mut replies, mut last) = (Vec::new(), None);
    while let Some(row) = found.next()? {
        last = Some(row.get("id")?);
        replies.push(read_reply(conn, row)?);
    }
    Ok((replies, last))
}

/// The key without what a merge added, and the hash of the content, of the reply in a row.
pub(super) fn named(conn: &Connection, id: Option<i64>) -> rusqlite::Result<Option<(String, String)>> {
    let Some(id) = id else { return Ok(None) };
    conn.prepare_cached(&format!("{REPLY} WHERE p.id = ?1"))?
        .query_row([id], |row| read_reply(conn, row).map(|r| (variant::base(&r.key).to_owned(), r.hash)))
        .optional()
}

/// The rows that share a key, with the hashes of their contents.
fn sharing(conn: &Connection, key: &str) -> rusqlite::Result<Vec<(i64, String, String)>> {
    let (from, to) = variant::range(key);
    let mut rows = conn.prepare_cached(&format!("{REPLY} WHERE p.key = ?1 OR (p.key >= ?2 AND p.key < ?3)"))?;
    let mut found = rows.query(params![key, from, to])?;
    let mut sharing = Vec::new();
    while let Some(row) = found.next()? {
        let reply = read_reply(conn, row)?;
        sharing.push((row.get("id")?, reply.key, reply.hash));
    }
    Ok(sharing)
}

/// The row here of a reply with this key and content.
pub(super) fn row_of(conn: &Connection, named: Option<&(String, String)>) -> rusqlite::Result<Option<i64>> {
    let Some((key, hash)) = named else { return Ok(None) };
    Ok(sharing(conn, key)?.into_iter().find(|(_, _, h)| h == hash).map(|(id, ..)| id))
}

/// Unites replies.
pub(super) fn put_replies(conn: &Connection, replies: Vec<ReplyRow>, report: &mut MergeReport) -> rusqlite::Result<()> {
    for reply in replies {
        let base = variant::base(&reply.key).to_owned();
        let there = sharing(conn, &base)?;
        if let Some((id, ..)) = there.iter().find(|(_, _, hash)| *hash == reply.hash) {
            conn.prepare_cached("UPDATE reply SET at = min(at, ?2) WHERE id = ?1")?.execute(params![id, reply.at])?;
            continue;
        }
        let key = match there.iter().find(|(_, key, _)| *key == base) {
            None => base.clone(),
            Some((id, _, hash)) => {
                let (stands, other) = variant::order(hash, &reply.hash);
                if stands == reply.hash {
                    let renamed = variant::renamed(&base, hash);
                    conn.prepare_cached("UPDATE reply SET key = ?2 WHERE id = ?1")?.execute(params![id, renamed])?;
                }
                report.conflict(Conflict {
                    uid: base.clone(),
                    what: "reply",
                    stands: stands[..12].to_owned(),
                    other: format!("kept as {}", variant::renamed(&base, other)),
                });
                if stands == reply.hash { base.clone() } else { variant::renamed(&base, &reply.hash) }
            }
        };
        for (hash, text) in &reply.prompts {
            conn.prepare_cached("INSERT INTO prompt (hash, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute([hash, text])?;
        }
        let run: i64 =
            conn.prepare_cached("SELECT id FROM run WHERE uid = ?1")?.query_row([&reply.run], |row| row.get(0))?;
        let id = reply.columns.with("key", key).with("at", reply.at).with("run_id", run).insert(conn, "reply")?;
        reply.text.with("id", id).insert(conn, "reply_text")?;
        report.replies += 1;
    }
    Ok(())
}
