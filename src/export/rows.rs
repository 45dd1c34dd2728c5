//! Rows going to a writer: what is selected, made into rows, counted.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use super::error::ExportError;
use super::feed::feed_of;
use super::manifest::{Counting, FileFacts, Manifest};
use super::members::{Drift, Members};
use super::novelty::{Novelty, is_test};
use super::options::{Duplicates, Encoding, ExportOptions, FormatName, Reasoning, RewardFor};
use super::part::Part;
use super::selection::{Skip, select, verified};
use super::tally::Tally;
use crate::likeness::Contamination;
use crate::store::record::CandidateView;
use crate::store::{IdSet, Reader, Unread};

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// The format.
    pub format: FormatName,
    /// How its rows become bytes.
    pub encoding: Encoding,
    /// What was chosen.
    pub options: ExportOptions,
    /// The filter's text, for the manifest; empty for everything. Filtering itself is the caller's.
    pub filter: String,
    /// The identity of the store whose candidates they are: their numbers are its own.
    pub store: String,
    /// The reward function that is written beside the rows.
    pub reward: Option<RewardFor>,
}

impl ExportRequest {
    /// Lines of this format, of everything.
    pub fn new(format: FormatName) -> Self {
        Self {
            format,
            encoding: Encoding::Lines,
            options: ExportOptions::default(),
            filter: String::new(),
            store: String::new(),
            reward: None,
        }
    }

    /// Whether everything that was chosen goes together.
    pub(super) fn check(&self) -> Result<(), ExportError> {
        self.options.check(self.format)?;
        match self.reward.map(|reward| (reward, reward.format())) {
            Some((reward, format)) if format != self.format => Err(ExportError::RewardNeeds { reward, format }),
            _ => Ok(()),
        }
    }
}

/// Rows going to a writer; to a second one where there is a test part. For standard output and for counting; a file is
/// better served by [`Exporter`](super::Exporter).
pub struct Rows<W: Write + Send> {
    request: ExportRequest,
    main: Part<W>,
    test: Option<Part<W>>,
    counting: Counting,
    novelty: Novelty,
    /// What the last export to this place wrote.
    before: Option<Members>,
    /// Those of it that were given again.
    again: IdSet,
    drift: Drift,
    members: Members,
    last: Option<i64>,
    lines: Vec<u8>,
}

/// Rows at their end.
pub(super) struct Ended<W> {
    /// The writer and its facts; `None` where nothing new came to it.
    pub(super) main: Option<(W, FileFacts)>,
    /// The same of the test part.
    pub(super) test: Option<(W, FileFacts)>,
    pub(super) counting: Counting,
    /// Everything that is in the dataset then.
    pub(super) members: Members,
    pub(super) drift: Drift,
    pub(super) request: ExportRequest,
}

impl<W: Write + Send> Rows<W> {
    /// Rows to `to`, which errors call `name`.
    ///
    /// # Errors
    /// What does not go together, [`ExportError::TestNeedsFile`], [`ExportError::ParquetNeedsFile`].
    pub fn new(to: W, name: impl Into<PathBuf>, request: ExportRequest) -> Result<Self, ExportError> {
        if request.options.test_per_mille > 0 {
            return Err(ExportError::TestNeedsFile);
        }
        if request.encoding == Encoding::Parquet {
            return Err(ExportError::ParquetNeedsFile);
        }
        Self::begin((to, name.into()), None, request, None)
    }

    /// Rows to `to`, and those of the test part to `test`.
    ///
    /// # Errors
    /// What does not go together.
    pub fn in_two(
        to: W,
        name: impl Into<PathBuf>,
        test: (W, PathBuf),
        request: ExportRequest,
    ) -> Result<Self, ExportError> {
        Self::begin((to, name.into()), Some(test), request, None)
    }

    /// Rows of what was not there `before`, where something was.
    pub(super) fn begin(
        main: (W, PathBuf),
        test: Option<(W, PathBuf)>,
        request: ExportRequest,
        before: Option<Members>,
    ) -> Result<Self, ExportError> {
        request.check()?;
        let columns = || request.format.format().schema(request.options.reasoning);
        let part = |(to, name): (W, PathBuf)| Part::new(to, name, request.encoding, columns);
        let (main, test) = (part(main)?, test.map(part).transpose()?);
        Ok(Self {
            main,
            test,
            counting: Counting::default(),
            novelty: Novelty::new(request.options.duplicates),
            before,
            again: IdSet::default(),
            drift: Drift::default(),
            members: Members::default(),
            last: None,
            lines: Vec::new(),
            request,
        })
    }

    /// Leaves out what is in these files.
    pub fn keep_away_from(&mut self, against: Contamination) {
        self.novelty.keep_away_from(against);
    }

    /// Reads what the last export to this place wrote, where there was one and none of it may come again.
    pub fn look_back(&mut self, reader: &mut Reader) -> Result<(), ExportError> {
        let drops = self.request.options.duplicates != Duplicates::Keep;
        let Some(ids) = self.before.as_ref().filter(|_| drops).map(|before| before.ids.clone()) else {
            return Ok(());
        };
        feed_of(reader, &ids, |view| {
            self.remember(view);
            Ok(ControlFlow::Continue(()))
        })
        .map(drop)
    }

    /// Remembers the question of what was written before, which none that is new may ask again.
    fn remember(&mut self, view: &CandidateView) {
        let revised = view.revised.is_some().then(|| view.clone().current());
        self.novelty.remember(&revised.as_ref().unwrap_or(view).record.question);
    }

    /// Counts those that could not be read, which are left out.
    pub fn pass_by(&mut self, unread: &Unread) {
        self.counting.passed_by(unread.candidates);
    }

    /// Takes the next candidate, in the order of ids, and writes its rows if it belongs in the dataset; else says why not.
    pub fn push(&mut self, view: &CandidateView) -> Result<Option<Skip>, ExportError> {
        if let Some(after) = self.last.filter(|last| *last >= view.id) {
            return Err(ExportError::Order { id: view.id, after });
        }
        self.last = Some(view.id);
        self.lines.clear();
        // Rates are of what the verifier compared, rows of what stands.
        self.counting.seen(view);
        let revised = view.revised.is_some().then(|| view.clone().current());
        let view = revised.as_ref().unwrap_or(view);
        let was_there = self.before.as_ref().is_some_and(|before| before.ids.contains(view.id));
        if was_there {
            self.again.insert(view.id);
        }
        let rows = match self.rows_of(view, was_there) {
            Err(skip) => {
                self.counting.skipped(skip, view.id);
                if was_there {
                    self.drift.withdraw(view.id, &skip.to_string());
                }
                return Ok(Some(skip));
            }
            Ok(rows) => rows,
        };
        for row in &rows {
            serde_json::to_writer(&mut self.lines, row)
                .map_err(|e| ExportError::Io { path: self.main.name().to_owned(), source: e.into() })?;
            self.lines.push(b'\n');
        }
        self.counting.written(view, self.reasoning_dropped(view));
        if was_there {
            if self.before.as_ref().is_some_and(|before| before.has_other(view.id, &self.lines)) {
                self.drift.changed.insert(view.id);
            }
            self.lines.clear();
            return Ok(None);
        }
        let per_mille = self.request.options.test_per_mille;
        let part = self.test.as_mut().filter(|_| is_test(view, per_mille)).unwrap_or(&mut self.main);
        part.write(&self.lines, &rows)?;
        self.members.add(view.id, &self.lines);
        Ok(None)
    }

    /// The lines that the last candidate has; none where it was left out or is there already.
    pub fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// Candidates that were left out so far, by reason.
    pub fn left_out(&self) -> &Tally {
        &self.counting.candidates.skipped
    }

    /// Rows that were written so far, and how many of them are in the test part.
    pub fn written(&self) -> (u64, u64) {
        let test = self.test.as_ref().map_or(0, Part::rows);
        (self.main.rows() + test, test)
    }

    /// Candidates that were taken in so far.
    pub fn seen(&self) -> u64 {
        self.counting.candidates.seen
    }

    fn rows_of(&mut self, view: &CandidateView, was_there: bool) -> Result<Vec<serde_json::Value>, Skip> {
        let options = &self.request.options;
        if options.all {
            return self.request.format.format().rows(view, options);
        }
        select(view)?;
        let rows = self.request.format.format().rows(view, options)?;
        self.novelty.contaminated(&view.record.question)?;
        if !was_there {
            self.novelty.take(&view.record.question)?;
        }
        Ok(rows)
    }

    /// How many of the candidate's rows had reasoning that is not in them.
    fn reasoning_dropped(&self, view: &CandidateView) -> u64 {
        let ExportOptions { responses, reasoning, .. } = self.request.options;
        if !self.request.format.format().has_responses() || reasoning != Reasoning::Drop {
            return 0;
        }
        let thoughtful = verified(view, responses).map(|all| {
            all.iter().filter(|r| r.record.reasoning.as_ref().is_some_and(|thought| !thought.trim().is_empty())).count()
        });
        thoughtful.unwrap_or(0) as u64
    }

    /// Ends the rows. The manifest is that of the rows; nothing of it was written.
    ///
    /// # Errors
    /// [`ExportError::Nothing`] when no candidate was selected, [`ExportError::OnlyTest`] when all are in the test part.
    pub fn finish(self) -> Result<Manifest, ExportError> {
        let ended = self.end()?;
        let facts = ended.main.map(|(_, facts)| facts).unwrap_or_default();
        Ok(ended.counting.into_manifest(ended.request, facts, ended.test.map(|(_, facts)| facts)))
    }

    pub(super) fn end(self) -> Result<Ended<W>, ExportError> {
        let (rows, in_test) = self.written();
        if self.before.is_none() {
            if rows == 0 {
                return Err(ExportError::Nothing(self.why_nothing()));
            }
            if rows == in_test {
                return Err(ExportError::OnlyTest);
            }
        }
        let Self { request, main, test, mut counting, novelty, before, again, mut drift, members, .. } = self;
        let end = |part: Part<W>| (part.rows() > 0).then(|| part.end()).transpose();
        let (main, test) = (end(main)?, test.map(end).transpose()?.flatten());
        counting.kept_away(&novelty);
        let before = before.unwrap_or_default();
        drift.not_given(before.ids.iter().filter(|id| !again.contains(*id)));
        Ok(Ended { main, test, counting, members: before.with(members), drift, request })
    }

    fn why_nothing(&self) -> String {
        let counts = &self.counting.candidates;
        let reasons: Vec<String> = counts.skipped.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        match counts.seen {
            0 if self.request.filter.is_empty() => "there are no candidates".to_owned(),
            0 => "no candidate matches the filter".to_owned(),
            seen => format!("none of {seen} candidates can be taken ({})", reasons.join(", ")),
        }
    }
}
