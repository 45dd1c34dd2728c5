//! The questions there are, and whether another one is new.
//!
//! Of stored questions next to nothing is in memory. The store keeps the bands of their sketches, by which the few that may
//! be like another one are found; whether they are is decided on their texts. Bands are put into the store some thousands
//! at a time, in one transaction with how far they have come, and what is not there yet is here: a run that is killed finds
//! all by the same two ways, and memory does not grow with the candidates.
//!
//! A question counts where no earlier one that counts is like it: first those that are given, then the store's by row.
//! Which of the store's count hangs on the bound of likeness and on what is given, so it is found out when it matters.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::pipeline::{EngineError, aside};
use crate::likeness::{Sketch, Sketches, WAY};
use crate::store::bands::{Entry, NewBands};
use crate::store::{IdSet, Sink, StoreError};

/// Candidates from which on their bands are put into the store when a run begins: those that are left are few enough to be
/// looked at one by one.
const AT_START: usize = 512;
/// The same while it goes on: many at a time cost hardly more than a few.
const IN_RUN: usize = 8192;
/// Candidates whose bands are put together where there are many.
const TOGETHER: usize = 32_768;
/// Sketches of stored questions that are kept, because those looked at once are probably looked at again.
const KEPT: usize = 4096;

/// The questions there are.
pub struct Questions {
    sink: Arc<dyn Sink>,
    alike: f64,
    in_run: usize,
    /// Those that are given, without repetitions.
    given: Sketches,
    /// Those whose bands are not in the store: under way, or stored since.
    recent: Recent,
    /// Whether the store has bands at all.
    banded: bool,
    /// Row of the last candidate that was there when the run began. Of later ones those count that were taken here.
    there: i64,
    /// Stored ones that count, and that do not, as far as is known.
    counting: IdSet,
    not_counting: IdSet,
    sketches: HashMap<i64, Arc<Sketch>>,
}

/// Questions that are kept here, with the rows of those that are stored.
struct Recent {
    sketches: Sketches,
    rows: Vec<Option<i64>>,
    /// Where those of slots under way are.
    slots: HashMap<u64, usize>,
    stored: usize,
    /// How many must be stored for their bands to leave for the store; `None` while they do.
    due: Option<usize>,
}

/// A stored question of which it is being found out whether it counts.
struct Open {
    row: i64,
    /// Rows of earlier ones that are like it, the eldest last.
    alike: Vec<i64>,
}

impl Recent {
    fn new(alike: f64, due: usize) -> Self {
        let (rows, slots) = (Vec::new(), HashMap::new());
        Self { sketches: Sketches::new(alike), rows, slots, stored: 0, due: Some(due) }
    }

    fn put(&mut self, sketch: Sketch, row: Option<i64>) {
        self.sketches.put(sketch);
        self.rows.push(row);
        self.stored += usize::from(row.is_some());
    }

    /// Lets go what is in the store up to a row.
    fn leave(&mut self, upto: i64, alike: f64, due: usize) {
        let old = std::mem::replace(self, Self::new(alike, due));
        let slots: HashMap<usize, u64> = old.slots.into_iter().map(|(slot, at)| (at, slot)).collect();
        for (at, (sketch, row)) in old.sketches.into_all().into_iter().zip(old.rows).enumerate() {
            if row.is_none_or(|row| row > upto) {
                self.slots.extend(slots.get(&at).map(|slot| (*slot, self.rows.len())));
                self.put(sketch, row);
            }
        }
    }
}

impl Questions {
    /// The questions of a store and those that are `given`; two with this share of common word pairs are one. The store's
    /// bands are brought up to date first, which takes its time once for each question; `read` hears how many were read.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub async fn begin(
        sink: Arc<dyn Sink>,
        alike: f64,
        given: Vec<String>,
        read: impl Fn(u64) + Send + Sync,
    ) -> Result<Self, EngineError> {
        Self::begin_with(sink, alike, given, read, (AT_START, IN_RUN)).await
    }

    async fn begin_with(
        sink: Arc<dyn Sink>,
        alike: f64,
        given: Vec<String>,
        read: impl Fn(u64) + Send + Sync,
        (at_start, in_run): (usize, usize),
    ) -> Result<Self, EngineError> {
        let given = aside(move || {
            let mut all = Sketches::new(alike);
            for sketch in given.iter().map(|question| Sketch::of(question)) {
                if !all.has(&sketch) {
                    all.put(sketch);
                }
            }
            all
        })
        .await?;
        let (upto, rest) = catch_up(sink.as_ref(), at_start, read).await?;
        let mut questions = Self {
            sink,
            alike,
            in_run,
            given,
            recent: Recent::new(alike, in_run),
            banded: upto > 0,
            there: rest.last().map_or(upto, |(row, _)| *row),
            counting: IdSet::default(),
            not_counting: IdSet::default(),
            sketches: HashMap::new(),
        };
        for (row, sketch) in rest {
            let counts = questions.is_new(&sketch).await?;
            questions.note(row, counts);
            if counts {
                questions.recent.put(sketch, Some(row));
            }
        }
        Ok(questions)
    }

    /// Takes the question of a slot in, unless it is there already, exactly or nearly. `true` when it was new.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn take(&mut self, slot: u64, sketch: Sketch) -> Result<bool, StoreError> {
        let new = self.is_new(&sketch).await?;
        if new {
            self.recent.slots.insert(slot, self.recent.rows.len());
            self.recent.put(sketch, None);
        }
        Ok(new)
    }

    /// Hears that a slot's candidate is stored. `true` when there are enough of them to [`leave`].
    pub(super) fn stored(&mut self, slot: u64, row: i64) -> bool {
        let Some(at) = self.recent.slots.remove(&slot) else { return false };
        self.recent.rows[at] = Some(row);
        self.recent.stored += 1;
        self.counting.insert(row);
        let due = self.recent.due.is_some_and(|due| self.recent.stored >= due);
        if due {
            self.recent.due = None;
        }
        due
    }

    async fn is_new(&mut self, sketch: &Sketch) -> Result<bool, StoreError> {
        if self.given.has(sketch) || self.recent.sketches.has(sketch) {
            return Ok(false);
        }
        let mut alike = self.alike(sketch, i64::MAX).await?;
        while let Some(row) = alike.pop() {
            if self.counts(row).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a stored question counts, found out from the earlier ones on that are like it. They may be like each other
    /// in a chain as long as the store.
    async fn counts(&mut self, row: i64) -> Result<bool, StoreError> {
        let mut open: Vec<Open> = self.open(row).await?.into_iter().collect();
        while let Some(last) = open.last_mut() {
            while last.alike.last().is_some_and(|earlier| self.known(*earlier) == Some(false)) {
                last.alike.pop();
            }
            let row = last.row;
            match last.alike.last().map(|earlier| (*earlier, self.known(*earlier))) {
                Some((earlier, None)) => open.extend(self.open(earlier).await?),
                decided => {
                    self.note(row, decided.is_none());
                    open.pop();
                }
            }
        }
        Ok(self.known(row).unwrap_or(false))
    }

    /// Begins to find out whether a stored question counts; `None` where that is known then.
    async fn open(&mut self, row: i64) -> Result<Option<Open>, StoreError> {
        if self.known(row).is_some() {
            return Ok(None);
        }
        self.load(&[row]).await?;
        match self.sketches.get(&row).map(Arc::clone) {
            Some(sketch) if !self.given.has(&sketch) => Ok(Some(Open { row, alike: self.alike(&sketch, row).await? })),
            _ => {
                self.note(row, false);
                Ok(None)
            }
        }
    }

    /// Whether a stored question counts, as far as that is known.
    fn known(&self, row: i64) -> Option<bool> {
        if self.counting.contains(row) {
            return Some(true);
        }
        (self.not_counting.contains(row) || row > self.there).then_some(false)
    }

    fn note(&mut self, row: i64, counts: bool) {
        let set = if counts { &mut self.counting } else { &mut self.not_counting };
        set.insert(row);
    }

    /// Rows of the stored questions before a row that are like this one, whether they count or not, the eldest last.
    async fn alike(&mut self, sketch: &Sketch, before: i64) -> Result<Vec<i64>, StoreError> {
        if !self.banded {
            return Ok(Vec::new());
        }
        let mut sharing = self.sink.sharing(sketch.bands(), before).await?;
        sharing.retain(|(_, mark)| sketch.may_be_like(*mark, self.alike));
        let mut rows: Vec<i64> = sharing.into_iter().map(|(row, _)| row).collect();
        self.load(&rows).await?;
        rows.retain(|row| self.sketches.get(row).is_some_and(|other| other.is_like(sketch, self.alike)));
        rows.reverse();
        Ok(rows)
    }

    /// Makes the sketches of stored questions, of those that have one.
    async fn load(&mut self, rows: &[i64]) -> Result<(), StoreError> {
        if self.sketches.len() + rows.len() > KEPT {
            self.sketches.clear();
        }
        let missing: Vec<i64> = rows.iter().copied().filter(|row| !self.sketches.contains_key(row)).collect();
        if !missing.is_empty() {
            let questions = self.sink.questions_of(&missing).await?;
            self.sketches.extend(questions.into_iter().map(|(row, text)| (row, Arc::new(Sketch::of(&text)))));
        }
        Ok(())
    }
}

/// Has the store take the bands of what was stored meanwhile, so that it needn't be here any more. Where that fails, it is
/// tried again after as many candidates as made it due.
pub(super) async fn leave(questions: &Mutex<Questions>) {
    let (sink, least) = {
        let questions = questions.lock().await;
        (Arc::clone(&questions.sink), questions.in_run)
    };
    let caught_up = catch_up(sink.as_ref(), least, |_| ()).await;
    let mut questions = questions.lock().await;
    let (alike, stored) = (questions.alike, questions.recent.stored);
    match caught_up {
        Ok((upto, _)) => {
            questions.banded |= upto > 0;
            questions.recent.leave(upto, alike, least);
        }
        Err(error) => {
            tracing::warn!(%error, "questions stay in memory");
            questions.recent.due = Some(stored + least);
        }
    }
}

/// Puts the bands of stored questions into the store, as long as there are `least` that it has none of. Returns up to which
/// row it has them then, and the sketches of the rest.
async fn catch_up(
    sink: &dyn Sink,
    least: usize,
    read: impl Fn(u64) + Send + Sync,
) -> Result<(i64, Vec<(i64, Sketch)>), EngineError> {
    let mut batch = Batch::behind(sink.banded(WAY).await?, least);
    let mut all = 0;
    loop {
        let page = sink.questions(batch.upto).await?;
        let ended = page.is_empty();
        if ended && batch.questions < least {
            return Ok((batch.after, batch.rest));
        }
        all += page.len() as u64;
        batch = aside(move || batch.with(page)).await?;
        if ended || batch.questions >= TOGETHER {
            let new = NewBands { way: WAY, after: batch.after, upto: batch.upto, entries: batch.entries };
            // Where another process was first, it goes on from there.
            batch = Batch::behind(sink.put_bands(new).await?, least);
            read(all);
        }
    }
}

/// What of the store's questions is read and not yet put into it again.
struct Batch {
    after: i64,
    upto: i64,
    questions: usize,
    entries: Vec<Entry>,
    /// The sketches, as long as they are fewer than `least`.
    rest: Vec<(i64, Sketch)>,
    least: usize,
}

impl Batch {
    fn behind(after: i64, least: usize) -> Self {
        Self { after, upto: after, questions: 0, entries: Vec::new(), rest: Vec::new(), least }
    }

    fn with(mut self, page: Vec<(i64, String)>) -> Self {
        for (row, question) in page {
            let sketch = Sketch::of(&question);
            // Rows beyond are as many as no store holds.
            if let Ok(number) = u32::try_from(row) {
                let mark = sketch.mark();
                self.entries.extend(sketch.bands().iter().map(|band| Entry { band: *band, row: number, mark }));
            }
            self.upto = row;
            self.questions += 1;
            if self.questions < self.least {
                self.rest.push((row, sketch));
            } else {
                self.rest = Vec::new();
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;
    use crate::failure::{Failure, FailureKind, Stage};
    use crate::store::record::{Agreement, CandidateRecord, Origin, StageSeconds};
    use crate::store::{OpenMode, Store};

    /// Few enough for bands to come and go all the time.
    const STEPS: (usize, usize) = (3, 4);

    /// The way of old: every question that counts is in memory, and each is compared with all that it shares a band with.
    struct Reference {
        alike: f64,
        counting: Vec<Sketch>,
    }

    impl Reference {
        fn take(&mut self, question: &str) -> bool {
            let sketch = Sketch::of(question);
            let meets = |other: &&Sketch| other.bands().iter().zip(sketch.bands()).any(|(a, b)| a == b);
            let new = !self.counting.iter().filter(meets).any(|other| other.is_like(&sketch, self.alike));
            if new {
                self.counting.push(sketch);
            }
            new
        }
    }

    /// A store, a run on it, and beside them what should come of each question.
    struct Bench {
        _folder: TempDir,
        store: Arc<Store>,
        given: Vec<String>,
        questions: Mutex<Questions>,
        reference: Reference,
        slot: u64,
    }

    fn record(slot: u64, question: &str) -> CandidateRecord {
        CandidateRecord {
            uid: slot.to_string(),
            origin: Origin::Loop,
            run_id: None,
            ordinal: None,
            strategy: "few-shot".to_owned(),
            domain: "logic".to_owned(),
            question: question.to_owned(),
            code: None,
            dependencies: Vec::new(),
            reference: None,
            reference_kind: None,
            seeds: Vec::new(),
            parent: None,
            family: None,
            depth: 0,
            operation: None,
            prompt_hash: None,
            generator_reply_id: None,
            failure: None,
            executions: Vec::new(),
            responses: Vec::new(),
            agreement: Agreement::None,
            seconds: 0.0,
            stages: StageSeconds::default(),
            metadata: serde_json::Map::new(),
        }
    }

    impl Bench {
        async fn new(given: Vec<String>, imported: &[String], alike: f64, steps: (usize, usize)) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Arc::new(Store::open(folder.path().join("loong.db"), OpenMode::Create).unwrap());
            let records = imported.iter().enumerate().map(|(n, q)| record(1_000_000 + n as u64, q));
            store.put_candidates(records.collect()).await.unwrap();
            let (questions, reference) = Self::begin(&store, &given, alike, steps).await;
            Self { _folder: folder, store, given, questions, reference, slot: 0 }
        }

        async fn begin(
            store: &Arc<Store>,
            given: &[String],
            alike: f64,
            steps: (usize, usize),
        ) -> (Mutex<Questions>, Reference) {
            let sink = Arc::clone(store) as Arc<dyn Sink>;
            let questions = Questions::begin_with(sink, alike, given.to_vec(), |_| (), steps).await.unwrap();
            let mut reference = Reference { alike, counting: Vec::new() };
            for question in given {
                reference.take(question);
            }
            let mut after = 0;
            while let page @ [.., (last, _)] = &store.questions(after).await.unwrap()[..] {
                for (_, question) in page {
                    reference.take(question);
                }
                after = *last;
            }
            (Mutex::new(questions), reference)
        }

        /// A run comes to an end, or is killed, and another one begins.
        async fn again(&mut self, alike: f64, steps: (usize, usize)) {
            (self.questions, self.reference) = Self::begin(&self.store, &self.given, alike, steps).await;
        }

        /// A slot of a run; says whether both found its question new, or did not.
        async fn slot(&mut self, question: &str, novel: bool, is_stored: bool) -> bool {
            self.slot += 1;
            let mut candidate = record(self.slot, question);
            let mut same = true;
            if novel {
                let new = self.questions.lock().await.take(self.slot, Sketch::of(question)).await.unwrap();
                same = new == self.reference.take(question);
                candidate.failure =
                    (!new).then(|| Failure::new(Stage::Generate, FailureKind::Duplicate, "an earlier one is the same"));
            }
            if is_stored {
                let row = self.store.put_candidate(candidate).await.unwrap();
                let due = self.questions.lock().await.stored(self.slot, row);
                if due {
                    leave(&self.questions).await;
                }
            }
            same
        }
    }

    fn runs<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }

    /// A question of few words, which has much in common with others.
    fn question() -> impl Strategy<Value = String> {
        let words = ["graph", "tree", "path", "cycle", "edge", "flow", "cut", "degree"];
        (0..3_usize, prop::collection::vec((0..14_usize, 0..words.len()), 0..4), 0..8_u8).prop_map(
            move |(base, changes, number)| {
                let mut text: Vec<&str> = (0..14).map(|n| words[(n * (base + 1) + n / 3) % words.len()]).collect();
                for (at, word) in changes {
                    text[at] = words[word];
                }
                // Few have another number: they never meet the rest.
                format!("{} {}", text.join(" "), if number == 0 { 7 } else { 12 })
            },
        )
    }

    #[derive(Debug, Clone)]
    enum Deed {
        Slot { question: String, novel: bool, is_stored: bool },
        Import(String),
        Again(f64),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        prop_oneof![
            12 => (question(), prop::bool::weighted(0.85), prop::bool::weighted(0.9))
                .prop_map(|(question, novel, is_stored)| Deed::Slot { question, novel, is_stored }),
            1 => question().prop_map(Deed::Import),
            1 => prop::sample::select(vec![0.5, 0.7, 0.9]).prop_map(Deed::Again),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

        #[test]
        fn what_is_new_is_what_it_would_be_with_all_in_memory(
            given in prop::collection::vec(question(), 0..3),
            imported in prop::collection::vec(question(), 0..24),
            deeds in prop::collection::vec(deed(), 1..60),
        ) {
            runs(async {
                let mut bench = Bench::new(given, &imported, 0.7, STEPS).await;
                for (n, deed) in deeds.into_iter().enumerate() {
                    match deed {
                        Deed::Slot { question, novel, is_stored } => {
                            let same = bench.slot(&question, novel, is_stored).await;
                            prop_assert!(same, "{n}: {question}");
                        }
                        Deed::Import(question) => {
                            bench.store.put_candidate(record(2_000_000 + n as u64, &question)).await.unwrap();
                        }
                        Deed::Again(alike) => bench.again(alike, STEPS).await,
                    }
                }
                Ok(())
            })?;
        }
    }

    /// Some words of an endless text.
    fn window(from: usize) -> String {
        (from..from + 24).map(|n| format!("w{}", "x".repeat(n % 7) + &"y".repeat(n % 11))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn questions_that_are_like_each_other_in_a_chain_are_told_apart_as_before() {
        runs(async {
            let chain: Vec<String> = (0..60).map(window).collect();
            let mut bench = Bench::new(Vec::new(), &chain, 0.7, STEPS).await;
            assert!(bench.questions.lock().await.recent.rows.len() < STEPS.0);
            let counting = bench.reference.counting.len();
            assert!((8..40).contains(&counting), "{counting}: each counts, or one alone");
            for from in (0..80).rev() {
                assert!(bench.slot(&window(from), true, true).await, "{from}");
            }
        });
    }

    #[test]
    fn what_is_in_the_store_is_not_in_memory() {
        runs(async {
            let mut bench = Bench::new(Vec::new(), &[], 0.7, STEPS).await;
            for n in 0..100 {
                assert!(bench.slot(&format!("What is the number {n}?"), true, true).await);
                let questions = bench.questions.lock().await;
                assert!(questions.recent.rows.len() <= STEPS.1, "{}", questions.recent.rows.len());
            }
            bench.again(0.7, STEPS).await;
            assert!(bench.questions.lock().await.recent.rows.len() < STEPS.0);
            let new = bench.questions.lock().await.take(500, Sketch::of("what is the number 3")).await.unwrap();
            assert!(!new, "it is found there");
        });
    }

    #[test]
    fn bands_are_made_once() {
        runs(async {
            let all: Vec<String> = (0..30).map(|n| format!("What is the number {n}?")).collect();
            let mut bench = Bench::new(Vec::new(), &all, 0.7, STEPS).await;
            let read = std::sync::atomic::AtomicU64::new(0);
            let sink = Arc::clone(&bench.store) as Arc<dyn Sink>;
            catch_up(sink.as_ref(), 1, |n| read.store(n, std::sync::atomic::Ordering::Relaxed)).await.unwrap();
            assert_eq!(read.into_inner(), 0, "all are there");
            assert!(bench.slot(&all[3], true, true).await);
        });
    }
}
