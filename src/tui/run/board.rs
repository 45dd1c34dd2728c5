//! What a run's events come to.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::history::{Bucket, History};
use crate::engine::{Ended, EngineEvent, Mode, Report};
use crate::failure::{FailureKind, Stage};
use crate::interpreter::Progress;
use crate::review::cleaned::clean_line;
use crate::store::record::Agreement;
use crate::tui::workbench::Setting;

/// Failures that are listed.
const LISTED: usize = 30;
/// Candidates that the rate is measured over.
const MEASURED: usize = 200;
/// No rate is told of a shorter time.
const SHORTEST: Duration = Duration::from_secs(1);

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// There has been none since the screen was opened.
    #[default]
    None,
    /// It gathers what it needs.
    Starting,
    /// At work.
    Running,
    /// It begins nothing new.
    Paused,
    /// It finishes what is in flight.
    Draining,
    /// It is ending now.
    Stopping,
    /// It ended in order.
    Ended,
    /// It could not begin, or could not go on.
    Failed,
}

/// A stage's items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageCount {
    /// In it now.
    pub in_flight: u64,
    /// Through it, this time.
    pub through: u64,
}

/// A failure, for the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    /// The candidate.
    pub id: i64,
    /// The stage.
    pub stage: Stage,
    /// Why.
    pub kind: FailureKind,
    /// Its domain, cleaned.
    pub domain: String,
}

/// Long work that the run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LongWork {
    what: String,
    line: String,
    since: Duration,
    now: Duration,
}

/// What a run's events come to. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Board {
    phase: Phase,
    setting: Setting,
    begun: Duration,
    ended: Option<Duration>,
    target: u64,
    filled: u64,
    written: u64,
    stages: [StageCount; 5],
    /// The outcomes of candidates made this time.
    pub(super) sum: Bucket,
    pub(super) failures: BTreeMap<FailureKind, u64>,
    pub(super) last: VecDeque<Failed>,
    pub(super) history: History,
    times: VecDeque<Duration>,
    tokens: u64,
    replies: u64,
    reused: u64,
    waited: f64,
    long: Option<LongWork>,
    message: Option<String>,
    resumed: bool,
}

fn index(stage: Stage) -> usize {
    Stage::ALL.iter().position(|s| *s == stage).unwrap_or(0)
}

impl Board {
    /// The run is under way, made of this.
    pub fn begin(&mut self, setting: &Setting, at: Duration) {
        *self = Self { phase: Phase::Starting, setting: setting.clone(), begun: at, ..Self::default() };
    }

    /// Takes an event in.
    pub fn hear(&mut self, event: &EngineEvent, at: Duration) {
        match event {
            EngineEvent::Started { resumed, filled, target, .. } => {
                self.phase = Phase::Running;
                (self.filled, self.target, self.resumed) = (*filled, *target, *resumed);
            }
            EngineEvent::Entered { stage, .. } => self.stages[index(*stage)].in_flight += 1,
            EngineEvent::Left { stage, .. } => {
                let stage = &mut self.stages[index(*stage)];
                stage.in_flight = stage.in_flight.saturating_sub(1);
                stage.through += 1;
            }
            EngineEvent::Candidate { id, domain, stage, kind, agreement, .. } => {
                self.filled += 1;
                self.written += 1;
                let came = bucket(*agreement, kind.is_some());
                self.sum = add(self.sum, came);
                self.history.add(at.saturating_sub(self.begun), came);
                self.times.push_back(at);
                if self.times.len() > MEASURED {
                    self.times.pop_front();
                }
                if let (Some(stage), Some(kind)) = (stage, kind) {
                    *self.failures.entry(*kind).or_default() += 1;
                    let failed = Failed { id: *id, stage: *stage, kind: *kind, domain: clean_line(domain) };
                    self.last.push_back(failed);
                    if self.last.len() > LISTED {
                        self.last.pop_front();
                    }
                }
            }
            EngineEvent::Reply { tokens, seconds, reused, .. } => {
                if *reused {
                    self.reused += 1;
                } else {
                    self.replies += 1;
                    self.tokens += tokens;
                    self.waited += seconds;
                }
            }
            EngineEvent::Progress { message } => self.message = Some(clean_line(message)),
            EngineEvent::BudgetSpent { .. } => self.message = Some("the budget is spent".to_owned()),
            EngineEvent::Ended(report) => self.end_with(report, at),
        }
    }

    fn end_with(&mut self, report: &Report, at: Duration) {
        self.ended = Some(at);
        self.filled = report.filled;
        self.long = None;
        let (phase, told) = match &report.why {
            Ended::Done => (Phase::Ended, "the run is done".to_owned()),
            Ended::Exhausted(why) => (Phase::Ended, format!("nothing more to generate: {why}")),
            Ended::Budget => (Phase::Ended, "the budget is spent; the run ended in order".to_owned()),
            Ended::Stopped => (Phase::Ended, "the run was stopped; it can be gone on with".to_owned()),
            Ended::Failed(why) => (Phase::Failed, format!("the run failed: {why}")),
        };
        self.phase = phase;
        self.message = Some(clean_line(&told));
    }

    /// Takes news of long work in.
    pub fn hear_progress(&mut self, progress: &Progress, at: Duration) {
        match progress {
            Progress::VenvStarted { packages, .. } => {
                let with = if packages.is_empty() { String::new() } else { format!(" with {}", clean_line(packages)) };
                let what = format!("making a Python environment{with}");
                self.long = Some(LongWork { what, line: String::new(), since: at, now: at });
            }
            Progress::VenvLine { line, .. } => {
                if let Some(long) = &mut self.long {
                    long.line = clean_line(line);
                    long.now = at;
                }
            }
            Progress::VenvReady { .. } => self.long = None,
        }
    }

    /// The run was told to pause, go on, drain or stop.
    pub fn mode(&mut self, mode: Mode, _at: Duration) {
        if self.is_active() {
            self.phase = match mode {
                Mode::Running => Phase::Running,
                Mode::Paused => Phase::Paused,
                Mode::Draining => Phase::Draining,
                Mode::Stopping => Phase::Stopping,
            };
        }
    }

    /// The run could not begin, or died.
    pub fn failed(&mut self, why: &str) {
        self.phase = Phase::Failed;
        self.message = Some(clean_line(why));
        self.long = None;
        self.still();
    }

    /// No further news comes.
    pub fn over(&mut self, at: Duration) {
        if self.is_active() {
            self.phase = Phase::Ended;
        }
        self.ended.get_or_insert(at);
        self.long = None;
        self.still();
    }

    /// What was dropped is not in flight any more.
    fn still(&mut self) {
        for stage in &mut self.stages {
            stage.in_flight = 0;
        }
    }

    /// Where the run stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether a run is under way.
    pub fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Running | Phase::Paused | Phase::Draining | Phase::Stopping)
    }

    /// What the run is made of.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// A stage's items.
    pub fn stage(&self, stage: Stage) -> StageCount {
        let mut count = self.stages[index(stage)];
        if stage == Stage::Store {
            count.through = self.written;
        }
        count
    }

    /// Items in all stages.
    pub fn in_flight(&self) -> u64 {
        self.stages.iter().map(|s| s.in_flight).sum()
    }

    /// Slots that have a candidate, from earlier sittings too.
    pub fn made(&self) -> u64 {
        self.filled
    }

    /// Candidates made this time.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Slots to fill.
    pub fn target(&self) -> u64 {
        self.target
    }

    /// Tokens of this time's replies.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Replies that came from models, and replies that were read from the store instead.
    pub fn replies(&self) -> (u64, u64) {
        (self.replies, self.reused)
    }

    /// Mean seconds that a reply was waited for.
    pub fn reply_seconds(&self) -> Option<f64> {
        (self.replies > 0).then(|| self.waited / self.replies as f64)
    }

    /// How long the run has taken, or took.
    pub fn elapsed(&self, now: Duration) -> Duration {
        self.ended.unwrap_or(now).saturating_sub(self.begun)
    }

    /// Candidates a minute, over the last ones.
    pub fn rate_per_minute(&self, now: Duration) -> Option<f64> {
        let first = *self.times.front()?;
        let last = self.ended.unwrap_or(now).max(*self.times.back()?);
        // The first one only begins the time that is measured, unless it is all there is.
        let first = if self.times.len() < MEASURED { self.begun.min(first) } else { first };
        let span = last.saturating_sub(first);
        (span >= SHORTEST).then(|| self.times.len() as f64 * 60.0 / span.as_secs_f64())
    }

    /// How long it will take, at the present rate.
    pub fn eta(&self, now: Duration) -> Option<Duration> {
        if self.phase != Phase::Running {
            return None;
        }
        let left = self.target.saturating_sub(self.filled);
        let rate = self.rate_per_minute(now).filter(|r| *r > 0.0)?;
        Some(Duration::from_secs_f64((left as f64 * 60.0 / rate).min(1e9)))
    }

    /// Long work in one line, while it lasts.
    pub fn headline(&self) -> Option<String> {
        self.long.as_ref().map(|long| long.what.clone())
    }

    /// Long work: what it is, its last line, and since when.
    pub fn long_work(&self) -> Option<(&str, &str, Duration)> {
        self.long.as_ref().map(|long| (long.what.as_str(), long.line.as_str(), long.since))
    }

    /// The last thing that was said: why it ended, what it waits for.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Why the run ended, in a sentence; none while it is under way.
    pub fn end(&self) -> Option<String> {
        if self.is_active() || self.phase == Phase::None { None } else { self.message.clone() }
    }

    /// Whether it goes on with an earlier sitting.
    pub fn resumed(&self) -> bool {
        self.resumed
    }
}

fn bucket(agreement: Agreement, failed: bool) -> Bucket {
    let mut bucket = Bucket::default();
    *match (agreement, failed) {
        (_, true) | (Agreement::None, _) => &mut bucket.failed,
        (Agreement::Agrees, _) => &mut bucket.agrees,
        (Agreement::Disagrees, _) => &mut bucket.disagrees,
        (Agreement::Undecided, _) => &mut bucket.undecided,
    } = 1;
    bucket
}

fn add(a: Bucket, b: Bucket) -> Bucket {
    Bucket {
        agrees: a.agrees.saturating_add(b.agrees),
        disagrees: a.disagrees.saturating_add(b.disagrees),
        undecided: a.undecided.saturating_add(b.undecided),
        failed: a.failed.saturating_add(b.failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn candidate(ordinal: u64, agreement: Agreement, kind: Option<FailureKind>) -> EngineEvent {
        EngineEvent::Candidate {
            id: i64::try_from(ordinal).unwrap() + 1,
            ordinal,
            domain: "logic".to_owned(),
            stage: kind.map(|_| Stage::Execute),
            kind,
            verdicts: Vec::new(),
            agreement,
            state: String::new(),
            seconds: 0.1,
        }
    }

    fn started(filled: u64, target: u64) -> EngineEvent {
        EngineEvent::Started { run: 1, uid: "u".to_owned(), resumed: filled > 0, filled, target }
    }

    #[test]
    fn counts_rates_and_the_end() {
        let mut board = Board::default();
        assert!(!board.is_active());
        board.begin(&Setting::default(), S);
        board.hear(&started(10, 40), S);
        board.hear(&EngineEvent::Left { ordinal: 0, stage: Stage::Solve }, S);
        assert_eq!(board.in_flight(), 0, "never below nothing");
        board.hear(&EngineEvent::Entered { ordinal: 0, stage: Stage::Solve }, S);
        assert_eq!((board.in_flight(), board.stage(Stage::Solve).in_flight), (1, 1));
        for n in 0..10 {
            let kind = (n % 5 == 0).then_some(FailureKind::CodeError);
            board.hear(&candidate(n, Agreement::Agrees, kind), S * (u32::try_from(n).unwrap() + 2));
        }
        assert_eq!((board.made(), board.written(), board.target()), (20, 10, 40));
        assert_eq!((board.sum.agrees, board.sum.failed, board.failures[&FailureKind::CodeError]), (8, 2, 2));
        // Ten in ten seconds: one a second, and twenty are left.
        assert!((board.rate_per_minute(S * 11).unwrap() - 60.0).abs() < 0.5);
        assert_eq!(board.eta(S * 11).unwrap().as_secs(), 20);
        board.mode(Mode::Paused, S * 12);
        assert_eq!((board.phase(), board.eta(S * 12)), (Phase::Paused, None));
        board.mode(Mode::Running, S * 12);
        let report = Report {
            run: 1,
            why: Ended::Stopped,
            target: 40,
            filled: 20,
            written: 10,
            by_state: BTreeMap::new(),
            asked: 1,
            reused: 0,
            tokens: 1,
            seconds: 10.0,
        };
        board.hear(&EngineEvent::Ended(report), S * 13);
        board.over(S * 13);
        assert!(!board.is_active() && board.in_flight() == 0 && board.end().unwrap().contains("gone on with"));
        assert_eq!(board.elapsed(S * 100), S * 12);
        board.mode(Mode::Paused, S * 14);
        assert_eq!(board.phase(), Phase::Ended, "what has ended does not pause");
    }

    #[test]
    fn reused_replies_cost_nothing() {
        let mut board = Board::default();
        let reply = |reused| EngineEvent::Reply {
            role: crate::model::Role::Solver,
            model: "m".to_owned(),
            tokens: 100,
            seconds: 2.0,
            reused,
        };
        board.hear(&reply(false), S);
        board.hear(&reply(true), S);
        assert_eq!((board.tokens(), board.replies(), board.reply_seconds()), (100, (1, 1), Some(2.0)));
    }

    #[test]
    fn a_million_candidates_take_no_more_room_than_a_thousand() {
        let mut board = Board::default();
        board.begin(&Setting::default(), Duration::ZERO);
        for n in 0..1_000_000u64 {
            board.hear(&candidate(n, Agreement::None, Some(FailureKind::Malformed)), Duration::from_millis(n));
        }
        assert_eq!(board.failures[&FailureKind::Malformed], 1_000_000);
        assert!(board.last.len() <= LISTED && board.times.len() <= MEASURED && board.history.buckets().len() <= 120);
    }

    #[test]
    fn long_work_is_told_while_it_lasts() {
        let mut board = Board::default();
        let started = Progress::VenvStarted { venv: "v".to_owned(), packages: "numpy\u{1b}[2J".to_owned() };
        board.hear_progress(&started, S);
        assert_eq!(board.headline().unwrap(), "making a Python environment with numpy␛[2J");
        board.hear_progress(&Progress::VenvLine { venv: "v".to_owned(), line: "Collecting".to_owned() }, S * 2);
        assert_eq!(board.long_work().unwrap().1, "Collecting");
        board.hear_progress(&Progress::VenvReady { venv: "v".to_owned(), millis: 3 }, S * 3);
        assert!(board.headline().is_none());
    }
}
