//! A run as its events tell it: folded, bounded in memory, without a clock of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::figures;
use super::live::LiveSlot;
use super::pace::Pace;
use super::stages::Stages;
use super::tally::Tally;
use super::timeline::Timeline;
use super::trouble::Troubles;
use super::usage::Usage;
use super::work::Works;
use crate::engine::{Ended, EngineEvent, Mode};
use crate::failure::{FailureKind, Stage};
use crate::interpreter::Progress;
use crate::review::cleaned::clean_line;
use crate::store::record::Agreement;
use crate::tui::workbench::Setting;
use crate::verifier::Outcome;
use crate::words::words;

/// Domains that are told apart.
const DOMAINS: usize = 40;
/// Characters of a domain's name that are kept.
const NAME: usize = 80;
/// Characters of a sentence that are kept.
const SENTENCE: usize = 600;

words! {
    /// Where a run stands.
    pub enum Phase {
        /// None was begun here.
        NotStarted = "not started",
        /// It gets what it needs.
        Starting = "starting",
        /// At work.
        Running = "running",
        /// Begins nothing.
        Paused = "paused",
        /// Begins no new candidate.
        Draining = "draining",
        /// Drops what is under way.
        Stopping = "stopping",
        /// At its end.
        Done = "done",
        /// Ended before its target.
        Stopped = "stopped",
        /// Ended by a fault.
        Failed = "failed",
    }
}

/// What is known of the run at hand. Time is the time since the program began; it is given, so the fold is pure.
#[derive(Debug, Clone, Default)]
pub struct Board {
    pub(super) strategy: String,
    pub(super) run: Option<i64>,
    pub(super) resumed: bool,
    pub(super) stages: Stages,
    pub(super) tally: Tally,
    /// What came of this sitting's candidates, by domain.
    pub(super) domains: BTreeMap<String, Tally>,
    /// Verdicts of this sitting's responses, and those of them that are equivalent.
    pub(super) answers: (u64, u64),
    /// The slot that is watched, or was last.
    pub(super) live: Arc<LiveSlot>,
    pub(super) timeline: Timeline,
    pub(super) troubles: Troubles,
    pub(super) works: Works,
    pub(super) usage: Usage,
    budget: Option<u64>,
    budget_spent: bool,
    target: u64,
    filled: u64,
    pace: Pace,
    mode: Option<Mode>,
    began: Option<Duration>,
    started: bool,
    paused: Option<Duration>,
    /// Time spent in pauses that are over.
    pauses: Duration,
    end: Option<End>,
    /// When something was last heard.
    heard: Duration,
}

/// How a run ended, and when.
#[derive(Debug, Clone)]
struct End {
    at: Duration,
    why: Ended,
}

impl Board {
    /// A run is begun: what follows is its story, and the one before is forgotten.
    pub fn begin(&mut self, setting: &Setting, at: Duration) {
        let generator = Some(("generator", setting.generator.as_str())).filter(|(_, name)| !name.is_empty());
        let solvers = setting.solvers.iter().map(|name| ("solver", name.as_str()));
        *self = Self {
            strategy: sentence(&setting.strategy),
            stages: Stages::of(setting.widths),
            usage: Usage::of(generator.into_iter().chain(solvers)),
            budget: setting.budget_tokens,
            ..Self::default()
        };
        self.open(at);
    }

    fn open(&mut self, at: Duration) {
        (self.began, self.heard) = (Some(at), at);
        self.mode = Some(Mode::Running);
        self.stages.begin(Duration::ZERO);
        self.pace = Pace::from(Duration::ZERO);
        self.timeline = Timeline::from(at);
    }

    /// Takes an event of the run in.
    pub fn hear(&mut self, event: &EngineEvent, at: Duration) {
        self.heard = self.heard.max(at);
        let clock = self.clock(at);
        match event {
            EngineEvent::Started { run, resumed, filled, target, tokens, .. } => {
                self.hear_started(*run, *resumed, *filled, *target, *tokens, at);
            }
            EngineEvent::Reply { role, model, tokens, counted, seconds, reused, usage: _, cost } => {
                self.usage.hear(role.as_str(), model, *tokens, *counted, *seconds, *reused);
                if !reused {
                    self.usage.pay(*cost);
                }
            }
            EngineEvent::Spent { lines } => {
                for line in lines {
                    self.usage.paid(line.usd, line.unpriced, line.replies);
                }
            }
            EngineEvent::Entered { stage, .. } if self.is_active() => self.stages.enter(*stage, clock),
            EngineEvent::Left { stage, .. } if self.is_active() => self.stages.leave(*stage, clock),
            EngineEvent::Entered { .. } | EngineEvent::Left { .. } => {}
            EngineEvent::Live { ordinal, news } => Arc::make_mut(&mut self.live).hear(*ordinal, news),
            EngineEvent::Candidate {
                id, ordinal, domain, stage, kind, verdicts, agreement, state, message, ..
            } => {
                // Responses that failed leave a candidate whose own kind is none; its state has the word.
                let of_state = || (*agreement == Agreement::None).then(|| state.parse().ok()).flatten();
                let kind = kind.or_else(of_state);
                let one = Tally::of(*agreement, kind, 1);
                self.tally += one;
                self.hear_domain(domain, one);
                let told = verdicts.iter().flatten().filter(|v| **v != Outcome::Error);
                self.answers.0 += told.clone().count() as u64;
                self.answers.1 += told.filter(|v| **v == Outcome::Equivalent).count() as u64;
                if self.live.ordinal() == Some(*ordinal) {
                    Arc::make_mut(&mut self.live).stored(*ordinal, *id, state);
                }
                self.timeline.add(at, one);
                self.pace.note(clock);
                if let Some(kind) = kind {
                    let message = message.as_deref().unwrap_or_default();
                    self.troubles.add(*stage, kind, *id, message);
                    if kind == FailureKind::VenvError {
                        self.works.given_up(message);
                    }
                }
            }
            EngineEvent::Progress { message } => self.works.note(message, at),
            EngineEvent::Switched { ordinal, strategy } => {
                self.strategy = sentence(strategy);
                self.works.note(&format!("from slot {ordinal} on: {strategy}"), at);
            }
            EngineEvent::BudgetSpent { tokens, .. } => {
                self.usage.set_tokens(*tokens);
                self.budget_spent = true;
                self.mode(Mode::Draining, at);
            }
            EngineEvent::Ended(report) => {
                self.target = report.target;
                self.filled = report.filled.saturating_sub(self.written());
                self.usage.set_tokens(report.tokens);
                self.finish(report.why.clone(), at);
            }
        }
    }

    fn hear_started(&mut self, run: i64, resumed: bool, filled: u64, target: u64, tokens: u64, at: Duration) {
        if !self.is_active() {
            // Nobody said `begin`: a run of the same definition goes on.
            let (strategy, stages, budget) = (self.strategy.clone(), self.stages.clone(), self.budget);
            *self = Self { strategy, stages, budget, usage: self.usage.afresh(), ..Self::default() };
            self.open(at);
        }
        (self.run, self.resumed, self.filled, self.target, self.started) = (Some(run), resumed, filled, target, true);
        self.usage.set_tokens(tokens);
        // What came before (checking Python, opening the store) is no part of the pace.
        let clock = self.clock(at);
        self.pace = Pace::from(clock);
        self.stages.begin(clock);
        self.timeline = Timeline::from(at);
    }

    /// Counts a candidate under its domain; of too many domains, the further ones together.
    fn hear_domain(&mut self, domain: &str, one: Tally) {
        let domain: String = domain.chars().take(NAME).collect();
        let known = self.domains.len() < DOMAINS || self.domains.contains_key(&domain);
        *self.domains.entry(if known { domain } else { "(others)".to_owned() }).or_default() += one;
    }

    /// A stage was made as wide.
    pub fn widen(&mut self, stage: Stage, width: usize) {
        self.stages.set_width(stage, width, self.clock(self.heard));
    }

    /// The width of a stage; 0 where it is not known.
    pub fn width(&self, stage: Stage) -> u64 {
        self.stages.width(stage)
    }

    /// Whether there is a slot that is watched, or was.
    pub fn is_watched(&self) -> bool {
        self.live.ordinal().is_some()
    }

    /// The strategy that makes new candidates.
    pub fn strategy(&self) -> &str {
        &self.strategy
    }

    /// Takes news of the interpreter in.
    pub fn hear_progress(&mut self, progress: &Progress, at: Duration) {
        self.heard = self.heard.max(at);
        self.works.hear(progress, at);
    }

    /// The run was told to pause, to go on, to drain or to stop. One that is ending does not come back.
    pub fn mode(&mut self, mode: Mode, at: Duration) {
        self.heard = self.heard.max(at);
        let Some(now) = self.mode else { return };
        let ending = now >= Mode::Draining;
        if !self.is_active() || ending && mode < now {
            return;
        }
        if mode == Mode::Paused {
            self.paused.get_or_insert(at);
        } else if let Some(since) = self.paused.take() {
            self.pauses += at.saturating_sub(since);
        }
        self.mode = Some(mode);
    }

    /// The run could not begin, or died without a report.
    pub fn failed(&mut self, message: &str) {
        let at = self.end.as_ref().map_or(self.heard, |end| end.at);
        self.finish(Ended::Failed(sentence(message)), at);
    }

    /// No further news comes.
    pub fn over(&mut self, at: Duration) {
        if self.is_active() {
            self.finish(Ended::Stopped, at);
        }
    }

    fn finish(&mut self, why: Ended, at: Duration) {
        self.stages.end();
        self.works.end();
        self.end = Some(End { at, why });
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        match (&self.end, self.mode) {
            (Some(End { why: Ended::Done | Ended::Exhausted(_), .. }), _) => Phase::Done,
            (Some(End { why: Ended::Budget(_) | Ended::Stopped, .. }), _) => Phase::Stopped,
            (Some(End { why: Ended::Failed(_), .. }), _) => Phase::Failed,
            (None, None) => Phase::NotStarted,
            (None, Some(Mode::Stopping)) => Phase::Stopping,
            (None, Some(Mode::Draining)) => Phase::Draining,
            (None, Some(Mode::Paused)) => Phase::Paused,
            (None, Some(Mode::Running)) if self.started => Phase::Running,
            (None, Some(Mode::Running)) => Phase::Starting,
        }
    }

    /// Whether it is at work, or paused in it.
    pub fn is_active(&self) -> bool {
        self.began.is_some() && self.end.is_none()
    }

    /// Items that a stage is working on.
    pub fn in_flight(&self) -> u64 {
        self.stages.in_flight()
    }

    /// Candidates that the run has, from earlier sittings too.
    pub fn made(&self) -> u64 {
        self.filled.saturating_add(self.written())
    }

    /// Candidates written in this sitting.
    pub fn written(&self) -> u64 {
        self.tally.total()
    }

    /// Candidates that the run is to make; 0 until it has begun.
    pub fn target(&self) -> u64 {
        self.target
    }

    /// Candidates of this sitting whose two answers disagree.
    pub fn disagreements(&self) -> u64 {
        self.tally.disagrees
    }

    /// Candidates a minute of late, pauses left out; `None` while there is too little to say.
    pub fn rate_per_minute(&self, now: Duration) -> Option<f64> {
        self.pace.per_minute(self.clock(now))
    }

    /// How long it will take at this rate; `None` when nothing is coming or there is too little to say.
    pub fn eta(&self, now: Duration) -> Option<Duration> {
        if self.phase() != Phase::Running {
            return None;
        }
        let rate = self.rate_per_minute(now).filter(|rate| *rate > 0.0)?;
        let left = self.target.saturating_sub(self.made());
        Duration::try_from_secs_f64(left as f64 / rate * 60.0).ok()
    }

    /// How long the run has gone on, pauses included; it stands still when the run has ended.
    pub fn elapsed(&self, now: Duration) -> Option<Duration> {
        let until = self.end.as_ref().map_or(now, |end| end.at);
        Some(until.saturating_sub(self.began?))
    }

    /// Tokens that count against the budget, from earlier sittings too.
    pub fn tokens(&self) -> u64 {
        self.usage.tokens()
    }

    /// Tokens that may be used.
    pub fn budget_tokens(&self) -> Option<u64> {
        self.budget
    }

    /// Long work in one line, while it lasts: `making a Python environment with numpy, sympy`.
    pub fn headline(&self) -> Option<String> {
        self.works.making()
    }

    /// Why the run ended, in a sentence; none while it is under way.
    pub fn end(&self) -> Option<String> {
        let how = match self.phase() {
            Phase::Done => "the run is done",
            Phase::Stopped => "the run has ended",
            Phase::Failed => "the run failed",
            _ => return None,
        };
        Some(format!("{how}: {}", self.saying()))
    }

    /// Why it ended.
    pub(super) fn why(&self) -> Option<&Ended> {
        self.end.as_ref().map(|end| &end.why)
    }

    /// The moment up to which there is something to see.
    pub(super) fn until(&self, now: Duration) -> Duration {
        self.end.as_ref().map_or(now, |end| end.at)
    }

    /// The run's own time at a moment: it stands still in pauses and at the end.
    pub(super) fn clock(&self, at: Duration) -> Duration {
        let until = self.paused.map_or(self.until(at), |since| since.min(self.until(at)));
        until.saturating_sub(self.began.unwrap_or_default()).saturating_sub(self.pauses)
    }
}

/// A sentence in one line, cleaned.
pub(super) fn sentence(text: &str) -> String {
    let begin: String = text.trim().chars().take(SENTENCE).collect();
    clean_line(&begin)
}

impl Board {
    /// What it does, or why it ended, in a sentence.
    pub fn saying(&self) -> String {
        use figures::{count, some};
        let at_work = || some(self.in_flight(), "step", "steps");
        match (self.phase(), self.why()) {
            (_, Some(Ended::Done)) => format!("all {} are made", some(self.target, "candidate", "candidates")),
            (_, Some(Ended::Exhausted(why))) => format!("the generator has nothing more: {}", sentence(why)),
            (_, Some(Ended::Budget(_))) => {
                let budget = self.budget.map_or_else(String::new, |n| format!(" of {} tokens", count(n)));
                format!("the budget{budget} is spent; {} of {} are made", count(self.made()), count(self.target))
            }
            (_, Some(Ended::Stopped)) => {
                format!("stopped with {} of {} made", count(self.made()), count(self.target))
            }
            (_, Some(Ended::Failed(why))) => sentence(why),
            (Phase::NotStarted, _) => "nothing is being made".to_owned(),
            (Phase::Starting, _) => "getting Python and the store ready".to_owned(),
            (Phase::Running, _) if self.resumed => format!("going on with it; {} in flight", at_work()),
            (Phase::Paused, _) if self.in_flight() > 0 => {
                format!("nothing new begins; {} still in flight", at_work())
            }
            (Phase::Paused, _) => "nothing is in flight".to_owned(),
            (Phase::Draining, _) if self.budget_spent => {
                format!("the token budget is spent; {} still in flight", at_work())
            }
            (Phase::Draining, _) => format!("no new candidate begins; {} still in flight", at_work()),
            (Phase::Stopping, _) => "dropping what is in flight; what was stored stays".to_owned(),
            (_, _) => format!("making candidates; {} in flight", at_work()),
        }
    }
}
