//! What stands beside an exported file: what is in it, what was left out and why, and what it was made with. Nothing
//! in it depends on when or where it was written.

use serde::Serialize;

use super::options::{ExportOptions, FormatName};
use super::selection::{Skip, is_verified};
use super::tally::Tally;
use crate::review::rates::{Audit, AuditSummary, PairFact};
use crate::store::record::{CandidateView, Curation};

/// The exported file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFacts {
    /// Its name, without the folder; for other writers what the caller calls them.
    pub name: String,
    /// Lines.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// blake3 of its bytes, hex.
    pub blake3: String,
}

/// Candidates, by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CandidateCounts {
    /// That the filter gave.
    pub seen: u64,
    /// That have a row.
    pub written: u64,
    /// That have none, by reason.
    pub skipped: Tally,
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
    /// What was chosen.
    pub options: ExportOptions,
    /// The filter's text; empty for everything.
    pub filter: String,
    /// The file.
    pub file: FileFacts,
    /// The test part, where one was asked for and a family fell into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<FileFacts>,
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
}

impl Counting {
    /// Counts a candidate that the filter gave, as it came.
    pub(super) fn seen(&mut self, view: &CandidateView) {
        self.candidates.seen += 1;
        PairFact::of(view).for_each(|fact| self.audit.add(&fact));
    }

    /// Counts one that is left out.
    pub(super) fn skipped(&mut self, skip: Skip) {
        self.candidates.skipped.add(&skip.to_string());
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

    /// The manifest of what was counted.
    pub(super) fn into_manifest(
        self,
        format: FormatName,
        options: ExportOptions,
        filter: String,
        (file, test): (FileFacts, Option<FileFacts>),
    ) -> Manifest {
        Manifest {
            manifest: 1,
            loong: env!("CARGO_PKG_VERSION").to_owned(),
            format,
            options,
            filter,
            file,
            test,
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
        }
    }
}
