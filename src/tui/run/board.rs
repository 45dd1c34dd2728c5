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
use crate::engine::{Bound, Budget, Ended, EngineEvent, Mode, dollars};
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
    budget: Budget,
    /// The part of the budget that is spent.
    bound: Option<Bound>,
    pub(super) target: u64,
    pub(super) filled: u64,
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

/// What is used of something that may be bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    /// In a few words.
    pub(super) text: String,
    /// How much, and of how much, where it is bounded.
    pub(super) part: Option<(u64, u64)>,
}

impl Use {
    fn of(text: String, used: u64, most: u64) -> Self {
        Self { text, part: Some((used, most)) }
    }

    fn unbounded(text: String) -> Self {
        Self { text, part: None }
    }
}

/// How a run ended, and when.
#[derive(Debug, Clone)]
struct End {
    at: Duration,
    why: Ended,
}

impl Board {
    /// The board of a run that ended before this sitting.
    pub(super) fn ended(why: Ended) -> Self {
        Self { end: Some(End { at: Duration::ZERO, why }), ..Self::default() }
    }

    /// A run is begun: what follows is its story, and the one before is forgotten.
    pub fn begin(&mut self, setting: &Setting, at: Duration) {
        let generator = Some(("generator", setting.generator.as_str())).filter(|(_, name)| !name.is_empty());
        let solvers = setting.solvers.iter().map(|name| ("solver", name.as_str()));
        *self = Self {
            strategy: sentence(&setting.strategy),
            stages: Stages::of(setting.widths),
            usage: Usage::of(generator.into_iter().chain(solvers)),
            budget: setting.budget,
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
            EngineEvent::Left { stage, .. } if self.is_active() => {
                self.stages.leave(*stage, clock);
                if *stage == Stage::Store {
                    self.stages.went_on(Stage::Store, clock);
                }
            }
            EngineEvent::Entered { .. } | EngineEvent::Left { .. } => {}
            EngineEvent::Live { ordinal, news } => Arc::make_mut(&mut self.live).hear(*ordinal, news),
            EngineEvent::Candidate {
                id, ordinal, domain, stage, kind, verdicts, agreement, state, message, ..
            } => {
                // Responses that failed leave a candidate whose own kind is none; its state has the word.
                let of_state = || (*agreement == Agreement::None).then(|| state.parse().ok()).flatten();
                let kind = kind.or_else(of_state);
                let unjudged = kind.is_none() && *agreement == Agreement::None && !verdicts.is_empty();
                let one =
                    if unjudged { Tally { failed: 1, ..Tally::default() } } else { Tally::of(*agreement, kind, 1) };
                if self.is_active() && verdicts.iter().any(Option::is_some) {
                    self.stages.went_on(Stage::Verify, clock);
                }
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
            EngineEvent::BudgetSpent { tokens, bound } => {
                self.usage.set_tokens(*tokens);
                self.bound = Some(*bound);
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

    /// When it began; no two runs of a sitting begin at the same time.
    pub fn began(&self) -> Option<Duration> {
        self.began
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

    /// The money in a few words; `None` where no reply has come.
    pub fn money(&self) -> Option<String> {
        self.usage.money()
    }

    /// What is used, and of what bound where there is one: tokens, money, time, accepted candidates.
    pub(super) fn uses(&self, now: Duration) -> Vec<Use> {
        use figures::{count, span};
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a gauge; it saturates")]
        let millionths = |usd: f64| (usd * 1e6) as u64;
        let tokens = self.tokens();
        let mut uses = vec![match self.budget.tokens {
            Some(most) => Use::of(format!("{} of {} tokens", count(tokens), count(most)), tokens, most),
            None => Use::unbounded(self.usage.tokens_told()),
        }];
        match (self.budget.usd, self.usage.money()) {
            (Some(most), money) => {
                let text = format!("{} of {}", money.unwrap_or_else(|| dollars(0.0)), dollars(most));
                uses.push(Use::of(text, millionths(self.usage.usd()), millionths(most)));
            }
            (None, money) => uses.extend(money.map(Use::unbounded)),
        }
        if let Some(most) = self.budget.seconds {
            let elapsed = self.elapsed(now).unwrap_or_default();
            let text = format!("{} of {}", span(elapsed), span(Duration::from_secs(most)));
            uses.push(Use::of(text, elapsed.as_secs(), most));
        }
        if let Some(most) = self.budget.candidates {
            // What earlier sittings accepted is not known here.
            let at_least = if self.filled > 0 { "≥" } else { "" };
            let text = format!("{at_least}{} of {} accepted", count(self.tally.agrees), count(most));
            uses.push(Use::of(text, self.tally.agrees, most));
        }
        uses
    }

    /// What is used of the part of the budget that ended the run, in a few words.
    fn used_up(&self, bound: Bound) -> String {
        let at = |set: bool, nth: usize| set.then_some(nth);
        let money = usize::from(self.budget.usd.is_some() || self.usage.money().is_some());
        let time = usize::from(self.budget.seconds.is_some());
        let nth = match bound {
            Bound::Tokens => at(self.budget.tokens.is_some(), 0),
            Bound::Usd => at(self.budget.usd.is_some(), 1),
            Bound::Seconds => at(self.budget.seconds.is_some(), 1 + money),
            Bound::Candidates => at(self.budget.candidates.is_some(), 1 + money + time),
            Bound::Unpriced | Bound::Slots => None,
        };
        let uses = self.uses(self.heard);
        nth.and_then(|nth| uses.get(nth)).map_or_else(String::new, |used| format!(" ({})", used.text))
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
            (_, Some(Ended::Budget(bound))) => {
                let used = self.used_up(*bound);
                format!("{bound}{used}; {} of {} are made", count(self.made()), count(self.target))
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
            (Phase::Draining, _) => {
                let why = self.bound.map_or_else(|| "no new candidate begins".to_owned(), |bound| bound.to_string());
                format!("{why}; {} still in flight", at_work())
            }
            (Phase::Stopping, _) => "dropping what is in flight; what was stored stays".to_owned(),
            (_, _) => format!("making candidates; {} in flight", at_work()),
        }
    }
}
