//! What others write through a [`Store`]: each call waits for its acknowledgement, which comes after the commit.

use async_trait::async_trait;
use futures::executor::block_on;
use tokio::sync::oneshot;

use super::bands::NewBands;
use super::plan::{NewPlan, NewPlanItem, Plan};
use super::record::{
    CandidateRecord, Decision, NewDecision, NewReply, NewRun, Run, RunState, SecondWord, Spent, StoredReply,
};
use super::version::{AppliedVersion, NewVersion, Stretch};
use super::writer::Write;
use super::{Reader, Sink, Store, StoreError};
use crate::generator::Accepted;
use crate::verifier::Verdict;

/// Candidates of a bulk that are committed together: so many that most pages of the indexes they touch are touched by
/// several, and so few that a decision waits for less than half a second.
const BULK: usize = 4096;

impl Store {
    /// Appends a decision; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a decision that makes no sense, [`StoreError::Missing`] for one about nothing.
    pub async fn decide(&self, decision: NewDecision) -> Result<Decision, StoreError> {
        self.write(|ack| Write::Decide(Box::new(decision), ack)).await
    }

    /// [`Store::decide`] for a caller that has no runtime.
    pub fn decide_blocking(&self, decision: NewDecision) -> Result<Decision, StoreError> {
        block_on(self.decide(decision))
    }

    /// Appends decisions that were made at once, in one transaction: all or none. All get the same fresh batch, by which
    /// they are undone and redone as one.
    ///
    /// # Errors
    /// What [`Store::decide`] would say of the first one that makes no sense.
    pub async fn decide_many(&self, decisions: Vec<NewDecision>) -> Result<Vec<Decision>, StoreError> {
        self.write(|ack| Write::DecideMany(decisions, ack)).await
    }

    /// [`Store::decide_many`] for a caller that has no runtime.
    pub fn decide_many_blocking(&self, decisions: Vec<NewDecision>) -> Result<Vec<Decision>, StoreError> {
        block_on(self.decide_many(decisions))
    }

    /// Makes these the current verdicts of their responses (row ids); earlier ones stay as history. All or none. Returns
    /// how many differ from what was current: the others are not written again.
    pub async fn put_verdicts(&self, verdicts: Vec<(i64, Verdict)>) -> Result<usize, StoreError> {
        self.write(|ack| Write::Verdicts(verdicts, ack)).await
    }

    /// [`Store::put_verdicts`] for a caller that has no runtime.
    pub fn put_verdicts_blocking(&self, verdicts: Vec<(i64, Verdict)>) -> Result<usize, StoreError> {
        block_on(self.put_verdicts(verdicts))
    }

    /// Keeps a sampling plan, which is in force from then on.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a plan without pairs.
    pub fn put_plan_blocking(&self, plan: NewPlan) -> Result<Plan, StoreError> {
        block_on(self.write(|ack| Write::Plan(Box::new(plan), ack)))
    }

    /// Puts further pairs behind those that a plan has. Returns how many it has then.
    pub fn extend_plan_blocking(&self, plan: i64, items: Vec<NewPlanItem>) -> Result<u64, StoreError> {
        block_on(self.write(|ack| Write::ExtendPlan(plan, items, ack)))
    }

    /// Begins to apply a version of the verifier to stored pairs, or goes on where the same one was left half applied:
    /// candidates up to its `done_to` have its verdicts.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where another one is half applied to pairs that this one would leave out.
    pub fn begin_version_blocking(&self, new: NewVersion) -> Result<AppliedVersion, StoreError> {
        block_on(self.write(|ack| Write::BeginVersion(Box::new(new), ack)))
    }

    /// Writes a stretch of a version that is being applied, in one transaction with how far it has come.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the version has not come to the stretch's beginning: somebody else applies it too.
    pub fn apply_stretch_blocking(&self, stretch: Stretch) -> Result<(), StoreError> {
        block_on(self.write(|ack| Write::ApplyStretch(Box::new(stretch), ack)))
    }

    /// Says that a version is applied to all that was meant.
    pub fn end_version_blocking(&self, id: i64) -> Result<AppliedVersion, StoreError> {
        block_on(self.write(|ack| Write::EndVersion(id, ack)))
    }

    /// Keeps what verifiers beside ours say, in place of what they said before. All or none.
    pub async fn put_seconds(&self, words: Vec<SecondWord>) -> Result<usize, StoreError> {
        self.write(|ack| Write::Seconds(words, ack)).await
    }

    /// [`Store::put_seconds`] for a caller that has no runtime.
    pub fn put_seconds_blocking(&self, words: Vec<SecondWord>) -> Result<usize, StoreError> {
        block_on(self.put_seconds(words))
    }

    /// Looks at every candidate whose suspicion is not known yet, rather than when there is nothing else to write.
    pub fn look_at_all_blocking(&self) -> Result<(), StoreError> {
        while block_on(self.write(Write::Look))? {}
        Ok(())
    }

    /// Puts every text into the search index, rather than when there is nothing else to write. A few are left to the
    /// searches, which ask them themselves.
    pub fn index_all_blocking(&self) -> Result<(), StoreError> {
        while block_on(self.write(Write::Index))? {}
        Ok(())
    }

    /// Keeps many candidates and returns their rows. Some thousands are committed together; where one fails, what was
    /// committed before stays, and giving all of them again is harmless.
    pub async fn put_candidates(&self, candidates: Vec<CandidateRecord>) -> Result<Vec<i64>, StoreError> {
        let writer = self.inner.writer.as_ref().ok_or_else(|| self.read_only())?;
        let mut ids = Vec::with_capacity(candidates.len());
        let mut waiting = Vec::new();
        let mut rest = candidates.into_iter();
        loop {
            let bulk: Vec<CandidateRecord> = rest.by_ref().take(BULK).collect();
            if bulk.is_empty() {
                break;
            }
            let (ack, outcome) = oneshot::channel();
            writer.send(Write::Candidates(bulk, ack)).await?;
            waiting.push(outcome);
        }
        for outcome in waiting {
            ids.extend(outcome.await.map_err(|_| StoreError::Closed)??);
        }
        Ok(ids)
    }

    /// [`Store::put_candidates`] for a caller that has no runtime.
    pub fn put_candidates_blocking(&self, candidates: Vec<CandidateRecord>) -> Result<Vec<i64>, StoreError> {
        block_on(self.put_candidates(candidates))
    }

    /// Waits until all that was given is written, and ends writing for every clone: later writes are
    /// [`StoreError::Closed`]. Reading goes on. Closing twice, or what was only read, is harmless.
    pub async fn close(&self) -> Result<(), StoreError> {
        if self.is_read_only() {
            return Ok(());
        }
        match self.write(Write::Close).await {
            // Closed already; or another process holds the file, and will tidy up when it closes.
            Err(StoreError::Closed | StoreError::Busy { .. }) => Ok(()),
            done => done,
        }
    }

    pub(super) async fn write<T>(
        &self,
        write: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
    ) -> Result<T, StoreError> {
        let writer = self.inner.writer.as_ref().ok_or_else(|| self.read_only())?;
        let (ack, outcome) = oneshot::channel();
        writer.send(write(ack)).await?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// Reads what may take long on a thread of its own.
    async fn aside<T: Send + 'static>(
        &self,
        name: &str,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, outcome) = oneshot::channel();
        let reader = self.reader()?;
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || drop(answer.send(read(&reader))))
            .map_err(|e| StoreError::Io { path: self.path().display().to_string(), message: e.to_string() })?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    fn read_only(&self) -> StoreError {
        let message = "it is open for reading alone".to_owned();
        StoreError::Io { path: self.path().display().to_string(), message }
    }
}

#[async_trait]
impl Sink for Store {
    async fn open_run(&self, run: NewRun) -> Result<Run, StoreError> {
        self.write(|ack| Write::OpenRun(Box::new(run), ack)).await
    }

    async fn stored_reply(&self, key: &str) -> Result<Option<StoredReply>, StoreError> {
        // A point lookup of some microseconds: not worth a thread.
        self.reader()?.stored_reply(key)
    }

    async fn put_reply(&self, reply: NewReply) -> Result<StoredReply, StoreError> {
        self.write(|ack| Write::Reply(Box::new(reply), ack)).await
    }

    async fn put_candidate(&self, candidate: CandidateRecord) -> Result<i64, StoreError> {
        self.write(|ack| Write::Candidate(Box::new(candidate), ack)).await
    }

    async fn close_run(&self, run_id: i64, state: RunState) -> Result<(), StoreError> {
        self.write(|ack| Write::CloseRun(run_id, state, ack)).await
    }

    async fn choice(&self, run_id: i64, ordinal: u64, new: Option<String>) -> Result<Option<String>, StoreError> {
        match new {
            None => self.reader()?.choice(run_id, ordinal),
            Some(new) => self.write(|ack| Write::Choice(run_id, ordinal, new, ack)).await.map(Some),
        }
    }

    async fn accepted(&self, run_id: i64, after: Option<(u64, i64)>) -> Result<Vec<(i64, Accepted)>, StoreError> {
        self.reader()?.accepted(run_id, after)
    }

    async fn accepted_of(&self, candidates: &[i64]) -> Result<Vec<Accepted>, StoreError> {
        self.reader()?.accepted_of(candidates)
    }

    async fn spent(&self, run_id: i64) -> Result<Vec<Spent>, StoreError> {
        self.aside("loong-spent", move |reader| reader.spent(run_id)).await
    }

    async fn questions(&self, after: i64) -> Result<Vec<(i64, String)>, StoreError> {
        self.aside("loong-questions", move |reader| reader.questions(after)).await
    }

    async fn questions_of(&self, candidates: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        self.reader()?.questions_of(candidates)
    }

    async fn banded(&self, way: u32) -> Result<i64, StoreError> {
        self.reader()?.banded(way)
    }

    async fn put_bands(&self, bands: NewBands) -> Result<i64, StoreError> {
        self.write(|ack| Write::Bands(Box::new(bands), ack)).await
    }

    async fn sharing(&self, bands: &[u32], before: i64) -> Result<Vec<(i64, u64)>, StoreError> {
        // A few pages, in a fraction of a millisecond: not worth a thread.
        self.reader()?.sharing(bands, before)
    }
}
