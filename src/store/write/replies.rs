//! Keeping models' replies, each once under its key.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Refusal, json};
use crate::model::{ChatReply, believable_cost};
use crate::store::open::now;
use crate::store::reader::replies::stored_reply;
use crate::store::record::{NewReply, StoredReply};

/// Keeps a reply, or gives back the one that is there under its key.
pub(in crate::store) fn put(conn: &Connection, new: &NewReply) -> Result<StoredReply, Refusal> {
    if let Some(there) = stored_reply(conn, &new.key)? {
        return Ok(there);
    }
    let run: Option<i64> =
        conn.prepare_cached("SELECT id FROM run WHERE id = ?1")?.query_row([new.run_id], |r| r.get(0)).optional()?;
    if run.is_none() {
        return Err(Refusal::missing(format!("run {}", new.run_id)));
    }
    let (request, reply) = (&new.request, &new.reply);
    // A count that no sum holds would spoil the sums of the whole run.
    let (usage, cost) = (reply.usage.believable(), believable_cost(reply.cost));
    let prompt_hash = keep_text(conn, &request.rendered())?;
    let schema_hash = request.schema.as_ref().map(|s| keep_text(conn, &json(s))).transpose()?;
    let tokens = |n: Option<u64>| n.map(u64::cast_signed);
    conn.prepare_cached(
        "INSERT INTO reply (key, run_id, prompt_hash, schema_hash, role, ordinal, sample, model, answered_by,
            temperature, top_p, max_tokens, seed, finish, prompt_tokens, completion_tokens, reasoning_tokens,
            seconds, attempts, at, cached_tokens, cost)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
    )?
    .execute(params![
        new.key,
        new.run_id,
        prompt_hash,
        schema_hash,
        request.role.as_str(),
        request.ordinal.cast_signed(),
        request.sample,
        new.model,
        reply.model,
        request.sampling.temperature,
        request.sampling.top_p,
        request.sampling.max_tokens,
        request.sampling.seed.map(u64::cast_signed),
        reply.finish.as_str(),
        tokens(usage.prompt_tokens),
        tokens(usage.completion_tokens),
        tokens(usage.reasoning_tokens),
        reply.seconds,
        reply.attempts,
        now(),
        tokens(usage.cached_tokens),
        cost
    ])?;
    let id = conn.last_insert_rowid();
    conn.prepare_cached("INSERT INTO reply_text (id, content, reasoning) VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        reply.content,
        reply.reasoning
    ])?;
    Ok(StoredReply { id, prompt_hash, reply: ChatReply { usage, cost, ..reply.clone() } })
}

/// Keeps a text once, and returns its hash.
fn keep_text(conn: &Connection, text: &str) -> rusqlite::Result<String> {
    let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    conn.prepare_cached("INSERT INTO prompt (hash, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute([hash.as_str(), text])?;
    Ok(hash)
}
