//! Putting stores together: a union by stable identities, so that neither order nor repetition of merges matters.
//!
//! - A run, a reply and a candidate are the same where their uid or key is; a decision too. Rows' numbers mean nothing.
//! - Two candidates with one uid that read differently (question, code, reference, responses) are both kept: the one whose
//!   content hashes lower has the uid, the other the uid with `~` and its hash. Decisions stay with what they are about.
//!   So with replies.
//! - Where they read the same and differ in something else (the name of the file they came from, say), the facts that hash
//!   lower stand.
//! - Of two choices of one slot the text that sorts first stands: replies are found by what was asked, so that a slot which
//!   goes on asks again only what it has not asked.
//! - Verdicts ever given are united; the latest is the current one. Decisions are united, and folded in the order of time.
//! - Of times of creation the earliest stands.

mod bundle;
mod choices;
mod columns;
mod digest;
mod put;
mod runs;

use std::ops::ControlFlow;

use futures::executor::block_on;
use rusqlite::Connection;
use serde::Serialize;

use super::error::store_error;
use super::reader::Unread;
use super::reader::views::views;
use super::writer::Write;
use super::{Store, StoreError};
use bundle::Bundle;
use choices::ChoiceRow;
use runs::{ReplyRow, RunRow};

pub(super) use put::put;

/// Candidates put together in one transaction.
const AT_ONCE: usize = 128;
/// Conflicts that are told one by one.
const TOLD: usize = 200;

/// A part of a store on its way into another.
pub(super) enum Parcel {
    Runs(Vec<RunRow>),
    Replies(Vec<ReplyRow>),
    Choices(Vec<ChoiceRow>),
    Candidates(Vec<Bundle>),
    /// All of it has come.
    End,
}

/// One identity with two contents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Conflict {
    /// The uid or key.
    pub uid: String,
    /// What it is: `candidate`, `facts` of a candidate, `reply`, `choice` of a slot.
    pub what: &'static str,
    /// Which content has the identity now, by the beginning of its hash.
    pub stands: String,
    /// What became of the other.
    pub other: String,
}

/// What a merge did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MergeReport {
    /// Candidates looked at.
    pub seen: u64,
    /// Candidates that are new here.
    pub candidates: u64,
    /// Runs that are new here.
    pub runs: u64,
    /// Replies that are new here.
    pub replies: u64,
    /// Choices of slots that are new here.
    pub choices: u64,
    /// Verdicts that are new here.
    pub verdicts: u64,
    /// Decisions that are new here.
    pub decisions: u64,
    /// Words of other verifiers that are new here.
    pub seconds: u64,
    /// How many identities had two contents.
    pub conflicting: u64,
    /// Some of them.
    pub conflicts: Vec<Conflict>,
    /// How many candidates nobody could read; they are not taken in.
    pub refused: u64,
    /// Some of them: which, of which store, and why.
    pub refusals: Vec<String>,
    /// It was stopped before its end; doing it again goes on.
    pub stopped: bool,
}

impl MergeReport {
    /// Adds another one up.
    pub fn add(&mut self, other: Self) {
        self.seen += other.seen;
        self.candidates += other.candidates;
        self.runs += other.runs;
        self.replies += other.replies;
        self.choices += other.choices;
        self.verdicts += other.verdicts;
        self.decisions += other.decisions;
        self.seconds += other.seconds;
        self.conflicting += other.conflicting;
        let room = TOLD.saturating_sub(self.conflicts.len());
        self.conflicts.extend(other.conflicts.into_iter().take(room));
        self.refused += other.refused;
        let room = TOLD.saturating_sub(self.refusals.len());
        self.refusals.extend(other.refusals.into_iter().take(room));
        self.stopped |= other.stopped;
    }

    fn refuse(&mut self, what: String) {
        self.refused += 1;
        if self.refusals.len() < TOLD {
            self.refusals.push(what);
        }
    }

    fn conflict(&mut self, conflict: Conflict) {
        self.conflicting += 1;
        if self.conflicts.len() < TOLD {
            self.conflicts.push(conflict);
        }
    }
}

/// Why a candidate cannot be read as every list reads it, with all its words known and its texts texts; none where it can.
fn unreadable(conn: &Connection, id: i64) -> rusqlite::Result<Option<String>> {
    let mut unread = Unread::default();
    views(conn, &(id..=id), |_| true, &mut unread, &mut |_| ControlFlow::Break(())).map(drop)?;
    Ok(unread.first.pop().map(|(_, why)| why))
}

impl Store {
    /// Takes all of another store in that is not here yet; that one is only read. `each` hears what was done so far and
    /// may break: what was done stays, and merging again goes on.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the other store is this one.
    pub fn merge(
        &self,
        from: &Self,
        mut each: impl FnMut(&MergeReport) -> ControlFlow<()>,
    ) -> Result<MergeReport, StoreError> {
        if let (Ok(here), Ok(there)) = (self.path().canonicalize(), from.path().canonicalize())
            && here == there
        {
            return Err(StoreError::Invalid(format!("{} is this project's own store", from.path().display())));
        }
        let reader = from.reader()?;
        let sql = |e: rusqlite::Error| store_error(from.path(), &e);
        let mut report = MergeReport::default();
        let mut send = |parcel: Parcel, report: &mut MergeReport| -> Result<bool, StoreError> {
            report.add(block_on(self.write(|ack| Write::Merge(Box::new(parcel), ack)))?);
            Ok(each(report).is_break())
        };
        let conn = reader.connection();
        // One state of it, whatever is written there meanwhile.
        let _state = conn.unchecked_transaction().map_err(sql)?;
        let views: i64 = conn
            .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'view'", [], |row| row.get(0))
            .map_err(sql)?;
        if views > 0 {
            let path = from.path().display();
            return Err(StoreError::Invalid(format!(
                "{path} holds views, which no store of loong does; it is not taken in"
            )));
        }
        let runs = runs::all(conn).map_err(sql)?;
        if send(Parcel::Runs(runs), &mut report)? {
            return Ok(MergeReport { stopped: true, ..report });
        }
        let mut after = 0;
        loop {
            let (replies, last) = runs::replies(conn, after, AT_ONCE).map_err(sql)?;
            let Some(last) = last else { break };
            after = last;
            if send(Parcel::Replies(replies), &mut report)? {
                return Ok(MergeReport { stopped: true, ..report });
            }
        }
        let mut after = (0, -1);
        loop {
            let (choices, last) = choices::behind(conn, after, AT_ONCE).map_err(sql)?;
            let Some(last) = last else { break };
            after = last;
            if send(Parcel::Choices(choices), &mut report)? {
                return Ok(MergeReport { stopped: true, ..report });
            }
        }
        // Those that have their uid come before those that lost it: the uid is given to whom it belongs first.
        for renamed in [false, true] {
            let mut after = 0;
            loop {
                let ids = bundle::ids(conn, renamed, after, AT_ONCE).map_err(sql)?;
                let Some(last) = ids.last() else { break };
                after = *last;
                let mut bundles = Vec::with_capacity(ids.len());
                for id in ids {
                    // What nobody could read here afterwards stays where it is: every command would leave it out and name it.
                    match unreadable(conn, id).map_err(sql)? {
                        None => bundles.push(Bundle::read(conn, id).map_err(sql)?),
                        Some(why) => report.refuse(format!("candidate {id} of {}: {why}", from.path().display())),
                    }
                }
                if send(Parcel::Candidates(bundles), &mut report)? {
                    return Ok(MergeReport { stopped: true, ..report });
                }
            }
        }
        send(Parcel::End, &mut report)?;
        report.conflicts.sort();
        Ok(report)
    }
}
