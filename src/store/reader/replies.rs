//! Reading models' replies back.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{Reader, word};
use crate::model::{ChatReply, Role, Sampling, Usage, believable_cost};
use crate::store::StoreError;
use crate::store::record::StoredReply;

/// A stored reply with what was asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplyView {
    /// Row.
    pub id: i64,
    /// The role that the model was asked in.
    pub role: Role,
    /// The candidate's slot in the run.
    pub ordinal: u64,
    /// Which sample of the prompt.
    pub sample: u32,
    /// The model asked for.
    pub model: String,
    /// Hash of the rendered prompt; [`Reader::prompt`] gives the text.
    pub prompt_hash: String,
    /// How it was sampled.
    pub sampling: Sampling,
    /// RFC 3339.
    pub at: String,
    /// What it answered.
    pub reply: ChatReply,
}

/// Questions of a page, and bytes of text from which on it ends.
const QUESTIONS: usize = 8192;
const QUESTION_BYTES: usize = 1 << 20;

/// Columns of `reply p JOIN reply_text x` that make a [`ChatReply`].
const REPLY: &str = "x.content, x.reasoning, p.finish, p.answered_by, p.prompt_tokens, p.completion_tokens,
    p.reasoning_tokens, p.seconds, p.attempts, p.cached_tokens, p.cost";

fn chat_reply(row: &Row<'_>, first: usize) -> rusqlite::Result<ChatReply> {
    let tokens = |column| row.get::<_, Option<i64>>(column).map(|n| n.map(i64::cast_unsigned));
    Ok(ChatReply {
        content: row.get(first)?,
        reasoning: row.get(first + 1)?,
        finish: word(row, first + 2)?,
        model: row.get(first + 3)?,
        usage: Usage {
            prompt_tokens: tokens(first + 4)?,
            completion_tokens: tokens(first + 5)?,
            reasoning_tokens: tokens(first + 6)?,
            cached_tokens: tokens(first + 9)?,
        }
        .believable(),
        seconds: row.get(first + 7)?,
        attempts: row.get(first + 8)?,
        cost: believable_cost(row.get(first + 10)?),
    })
}

/// The reply under a key.
pub(in crate::store) fn stored_reply(conn: &Connection, key: &str) -> rusqlite::Result<Option<StoredReply>> {
    conn.prepare_cached(&format!(
        "SELECT p.id, p.prompt_hash, {REPLY} FROM reply p JOIN reply_text x ON x.id = p.id WHERE p.key = ?1"
    ))?
    .query_row([key], |row| Ok(StoredReply { id: row.get(0)?, prompt_hash: row.get(1)?, reply: chat_reply(row, 2)? }))
    .optional()
}

impl Reader {
    /// The reply under a key, if there is one.
    pub fn stored_reply(&self, key: &str) -> Result<Option<StoredReply>, StoreError> {
        self.read(|conn| stored_reply(conn, key))
    }

    /// The text of a rendered prompt, by its hash.
    pub fn prompt(&self, hash: &str) -> Result<Option<String>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached("SELECT text FROM prompt WHERE hash = ?1")?
                .query_row([hash], |row| row.get(0))
                .optional()
        })
    }

    /// Every reply that went into a candidate, in the order in which they came: those of its slot in its run, and those
    /// that it or its responses name.
    pub fn replies_of(&self, candidate: i64) -> Result<Vec<ReplyView>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(&format!(
                "SELECT p.id, p.role, p.ordinal, p.sample, p.model, p.prompt_hash, p.temperature, p.top_p,
                    p.max_tokens, p.seed, p.at, {REPLY}
                 FROM reply p JOIN reply_text x ON x.id = p.id
                 WHERE p.id IN (
                    SELECT s.id FROM candidate c JOIN reply s ON s.run_id = c.run_id AND s.ordinal = c.ordinal
                    WHERE c.id = ?1
                    UNION SELECT generator_reply_id FROM candidate WHERE id = ?1
                    UNION SELECT reply_id FROM response WHERE candidate_id = ?1)
                 ORDER BY p.id"
            ))?
            .query_map(params![candidate], |row| {
                Ok(ReplyView {
                    id: row.get(0)?,
                    role: word(row, 1)?,
                    ordinal: row.get::<_, i64>(2)?.cast_unsigned(),
                    sample: row.get(3)?,
                    model: row.get(4)?,
                    prompt_hash: row.get(5)?,
                    sampling: Sampling {
                        temperature: row.get(6)?,
                        top_p: row.get(7)?,
                        max_tokens: row.get(8)?,
                        seed: row.get::<_, Option<i64>>(9)?.map(i64::cast_unsigned),
                    },
                    at: row.get(10)?,
                    reply: chat_reply(row, 11)?,
                })
            })?
            .collect()
        })
    }

    /// Questions for finding duplicates, with their rows: of all candidates behind row `after` that did not fail in the
    /// generate stage, in order, a page of them.
    pub fn questions(&self, after: i64) -> Result<Vec<(i64, String)>, StoreError> {
        self.read(|conn| {
            let mut page: Vec<(i64, String)> = Vec::new();
            let mut bytes = 0;
            let mut next = conn.prepare_cached(
                "SELECT c.id, t.question FROM candidate c JOIN candidate_text t ON t.id = c.id
                 WHERE c.id > ?1 AND c.stage IS NOT 'generate' AND t.question <> '' ORDER BY c.id",
            )?;
            let mut rows = next.query([after])?;
            while page.len() < QUESTIONS && bytes < QUESTION_BYTES {
                let Some(row) = rows.next()? else { break };
                let question: String = row.get(1)?;
                bytes += question.len();
                page.push((row.get(0)?, question));
            }
            Ok(page)
        })
    }

    /// The same of these rows, those that have one.
    pub fn questions_of(&self, candidates: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        self.read_one_state(|conn| {
            let mut one = conn.prepare_cached(
                "SELECT t.question FROM candidate c JOIN candidate_text t ON t.id = c.id
                 WHERE c.id = ?1 AND c.stage IS NOT 'generate' AND t.question <> ''",
            )?;
            let mut questions = Vec::with_capacity(candidates.len());
            for candidate in candidates {
                let question = one.query_row([candidate], |row| row.get(0)).optional()?;
                questions.extend(question.map(|question| (*candidate, question)));
            }
            Ok(questions)
        })
    }
}
