//! What stands beside an exported file: what is in it, what was left out and why, and what it was made with. Nothing
//! in it depends on when or where it was written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::members::{Drift, Members, ranges};
use super::novelty::Novelty;
use super::options::{Encoding, ExportOptions, FormatName, RewardFor};
use super::rows::ExportRequest;
use super::selection::{Skip, is_verified};
use super::tally::Tally;
use crate::review::rates::{Audit, AuditSummary, PairFact};
use crate::store::IdSet;
use crate::store::record::{CandidateView, Curation};

/// The exported file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its name, without the folder; for other writers what the caller calls them.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// blake3 of its bytes, hex.
    pub blake3: String,
}

/// The files of a later export, of what was new then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Increment {
    /// The file, where something to train on came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileFacts>,
    /// The test part, where something came to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<FileFacts>,
}

/// A file to keep away from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Against {
    /// Its name, without the folder.
    pub name: String,
    /// Candidates that it kept out.
    pub candidates: u64,
}

/// What an export to this place wrote just now, beside what was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct News {
    /// Rows, those of the test part too.
    pub rows: u64,
    /// Rows of the test part.
    pub test: u64,
    /// Whether it went on from an earlier export.
    pub goes_on: bool,
    /// Whether any file was changed.
    pub is_written: bool,
}

/// Candidates, by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CandidateCounts {
    /// That the filter gave.
    pub seen: u64,
    /// That have a row.
    pub written: u64,
    /// That have none, by reason.
    pub skipped: Tally,
    /// Which ones another text kept out, by reason: duplicates, and what is in a file to keep away from.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "named")]
    pub kept_out: BTreeMap<String, IdSet>,
}

fn named<S: Serializer>(all: &BTreeMap<String, IdSet>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(all.iter().map(|(reason, ids)| (reason, ranges(ids))))
}

/// An export's manifest, `<name>.manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// Version of this layout.
    pub manifest: u32,
    /// Version of loong.
    pub loong: String,
    /// The format.
    pub format: FormatName,
    /// How its rows became bytes.
    pub encoding: Encoding,
    /// What was chosen.
    pub options: ExportOptions,
    /// The filter's text; empty for everything.
    pub filter: String,
    /// The store whose candidates they are.
    pub store: String,
    /// Whose reward function stands beside the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<RewardFor>,
    /// The file.
    pub file: FileFacts,
    /// The test part, where one was asked for and a family fell into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<FileFacts>,
    /// What later exports to this place added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub increments: Vec<Increment>,
    /// What of the files no longer holds.
    #[serde(skip_serializing_if = "Drift::is_none")]
    pub drift: Drift,
    /// Files that were to be kept away from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Against>,
    /// The candidates.
    pub candidates: CandidateCounts,
    /// Written candidates that a person accepted; the others stand by agreement alone.
    pub accepted_by_people: u64,
    /// Written candidates of which people corrected the question, the code or the reference answer.
    pub revised: u64,
    /// Rows from which reasoning was left out.
    pub reasoning_dropped: u64,
    /// Written candidates by domain.
    pub domains: Tally,
    /// Written candidates by strategy.
    pub strategies: Tally,
    /// Written candidates by origin.
    pub origins: Tally,
    /// Written candidates by the licence that their metadata names.
    pub licences: Tally,
    /// Written candidates by the model that generated them.
    pub generators: Tally,
    /// Verified responses of written candidates by solver.
    pub solvers: Tally,
    /// Verdicts of written candidates by the verifier's version.
    pub verifiers: Tally,
    /// Written candidates by the hash of the generator's prompt.
    pub prompt_hashes: Tally,
    /// The verifier against people, over every pair that the filter gave, exported or not.
    pub audit: AuditSummary,
    /// Which candidates are in the files, for the next export to this place; only in the manifest's own file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) members: Option<Members>,
    /// What was written just now.
    #[serde(skip)]
    pub news: News,
}

impl Manifest {
    /// Files to train on, the first one first.
    pub fn files(&self) -> impl Iterator<Item = &FileFacts> {
        let more = self.increments.iter().filter_map(|increment| increment.file.as_ref());
        std::iter::once(&self.file).chain(more)
    }

    /// Files to test on.
    pub fn tests(&self) -> impl Iterator<Item = &FileFacts> {
        self.test.iter().chain(self.increments.iter().filter_map(|increment| increment.test.as_ref()))
    }

    /// Rows to train on.
    pub fn rows(&self) -> u64 {
        self.files().map(|file| file.rows).sum()
    }
}

/// What the manifest counts, while candidates go by. Memory is bounded.
#[derive(Debug, Default)]
pub(super) struct Counting {
    pub(super) candidates: CandidateCounts,
    accepted_by_people: u64,
    revised: u64,
    reasoning_dropped: u64,
    domains: Tally,
    strategies: Tally,
    origins: Tally,
    licences: Tally,
    generators: Tally,
    solvers: Tally,
    verifiers: Tally,
    prompt_hashes: Tally,
    audit: Audit,
    against: Vec<Against>,
}

impl Counting {
    /// Counts a candidate that the filter gave, as it came.
    pub(super) fn seen(&mut self, view: &CandidateView) {
        self.candidates.seen += 1;
        PairFact::of(view).for_each(|fact| self.audit.add(&fact));
    }

    /// Counts one that is left out.
    pub(super) fn skipped(&mut self, skip: Skip, id: i64) {
        self.candidates.skipped.add(&skip.to_string());
        if matches!(skip, Skip::Duplicate | Skip::NearDuplicate | Skip::Contaminated) {
            self.candidates.kept_out.entry(skip.to_string()).or_default().insert(id);
        }
    }

    /// Counts those that could not be read.
    pub(super) fn passed_by(&mut self, candidates: u64) {
        self.candidates.seen += candidates;
        for _ in 0..candidates {
            self.candidates.skipped.add("unreadable");
        }
    }

    /// Takes in which files kept something out.
    pub(super) fn kept_away(&mut self, novelty: &Novelty) {
        let file = |(name, candidates): (&str, u64)| Against { name: name.to_owned(), candidates };
        self.against = novelty.against().map(file).collect();
    }

    /// Counts one that is written.
    pub(super) fn written(&mut self, view: &CandidateView, reasoning_dropped: u64) {
        let record = &view.record;
        self.candidates.written += 1;
        self.accepted_by_people += u64::from(view.curation == Some(Curation::Accept));
        self.revised += u64::from(view.shows_revised().is_some());
        self.reasoning_dropped += reasoning_dropped;
        self.domains.add(&record.domain);
        self.strategies.add(&record.strategy);
        self.origins.add(record.origin.as_str());
        if let Some(licence) = ["license", "licence"].iter().find_map(|key| record.metadata.get(*key)?.as_str()) {
            self.licences.add(licence);
        }
        if let Some(model) = &view.model {
            self.generators.add(model);
        }
        if let Some(hash) = &record.prompt_hash {
            self.prompt_hashes.add(hash);
        }
        for response in &view.responses {
            if is_verified(response) {
                self.solvers.add(&response.record.solver);
            }
            if let Some(verdict) = &response.record.verdict {
                self.verifiers.add(&verdict.version);
            }
        }
    }

    /// The manifest of what was counted, for these files.
    pub(super) fn into_manifest(self, request: ExportRequest, file: FileFacts, test: Option<FileFacts>) -> Manifest {
        let news_in_test = test.as_ref().map_or(0, |test| test.rows);
        let news = News { rows: file.rows + news_in_test, test: news_in_test, goes_on: false, is_written: true };
        Manifest {
            manifest: 2,
            loong: env!("CARGO_PKG_VERSION").to_owned(),
            format: request.format,
            encoding: request.encoding,
            options: request.options,
            filter: request.filter,
            store: request.store,
            reward: request.reward,
            file,
            test,
            increments: Vec::new(),
            drift: Drift::default(),
            against: self.against,
            candidates: self.candidates,
            accepted_by_people: self.accepted_by_people,
            revised: self.revised,
            reasoning_dropped: self.reasoning_dropped,
            domains: self.domains,
            strategies: self.strategies,
            origins: self.origins,
            licences: self.licences,
            generators: self.generators,
            solvers: self.solvers,
            verifiers: self.verifiers,
            prompt_hashes: self.prompt_hashes,
            audit: self.audit.summary(),
            members: None,
            news,
        }
    }
}
