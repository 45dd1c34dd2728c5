//! Importing rollouts: every format, hostile files, and going on after the worst.

mod files;
mod formats;
mod going_on;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use loong::rollout::{self, Format, Options, Progress, Report, RolloutError};
use loong::store::filter::Filter;
use loong::store::record::{CandidateRecord, CandidateView};
use loong::store::{OpenMode, Store};
use loong::verifier::{RuleVerifier, Verifier};
use tempfile::TempDir;

/// A folder with a store, and files to be imported.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) format: Option<Format>,
    pub(crate) maps: Vec<String>,
    pub(crate) jobs: usize,
    pub(crate) verify: bool,
    pub(crate) max_bad: Option<u64>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("loong.db"), OpenMode::Create).unwrap();
        Self { folder, store, format: None, maps: Vec::new(), jobs: 2, verify: true, max_bad: None }
    }

    /// Imports a file of these bytes.
    pub(crate) fn import(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<Report, RolloutError> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        self.import_file(&path, &Arc::default(), &mut |_| {})
    }

    pub(crate) fn import_file(
        &self,
        path: &Path,
        stop: &Arc<AtomicBool>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Report, RolloutError> {
        let verifier = Arc::new(RuleVerifier::default()) as Arc<dyn Verifier>;
        let planned = rollout::plan(path, self.format, &self.maps)?;
        let options = Options {
            verifier: self.verify.then_some(verifier),
            jobs: self.jobs,
            max_bad: self.max_bad,
            stop: Arc::clone(stop),
            progress,
        };
        rollout::import(planned, &self.store, options)
    }

    /// The candidates, in order, each with its responses.
    pub(crate) fn all(&self) -> Vec<CandidateRecord> {
        let mut all = Vec::new();
        let each = |view: CandidateView| {
            let responses = view.responses.into_iter().map(|r| r.record).collect();
            all.push(CandidateRecord { responses, ..view.record });
            ControlFlow::Continue(())
        };
        self.store.reader().unwrap().for_each(&"".parse::<Filter>().unwrap(), each).unwrap();
        all
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        let texts = |c: &CandidateRecord| c.responses.iter().map(|r| (r.text.clone(), r.given_reward)).collect();
        self.all().iter().map(|c| (c.question.clone(), c.reference.clone().unwrap(), texts(c))).collect()
    }

    /// How many pairs the store has to verify again.
    pub(crate) fn pairs(&self) -> usize {
        let mut n = 0;
        let all = "".parse::<Filter>().unwrap();
        self.store
            .reader()
            .unwrap()
            .pairs(&all, |_| {
                n += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
        n
    }
}

/// Question, reference, and the responses' texts with their rewards.
pub(crate) type Told = (String, String, Vec<(String, Option<f64>)>);

pub(crate) fn lines(rows: &[serde_json::Value]) -> String {
    rows.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
