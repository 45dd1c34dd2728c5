//! Where a plain review is, and what a command does there.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use super::command::{self, Command};
use super::correct::{self, Desk};
use super::deeds::{Ledger, deed, past};
use super::page::{self, Part};
use crate::cli::output;
use crate::review::correction::changed;
use crate::store::filter::{Filter, Sort};
use crate::store::record::{CandidateView, Decision, Judgement, NewDecision, ResponseView};
use crate::store::{IdSet, Reader, Store, StoreError};

/// Candidates of the list among which a disagreement is looked for at a time.
const STRETCH: usize = 4096;

/// What follows from a line.
pub(super) enum Step {
    /// It was done; this is to be printed.
    Done(String),
    /// It was not done, and why.
    Refused(String),
    /// The end was asked for.
    Quit,
}

/// What is being read.
struct Open {
    view: CandidateView,
    decisions: Vec<Decision>,
    /// Which of its responses, from 0.
    response: usize,
}

impl Open {
    fn response(&self) -> Option<&ResponseView> {
        self.view.responses.get(self.response)
    }
}

/// A reviewer, what they go through, and where they are.
pub(super) struct Session<'a> {
    store: &'a Store,
    reader: Reader,
    reviewer: String,
    filter: Filter,
    /// What the filter took when it was set, and what came later and was reached.
    ids: Vec<i64>,
    /// Those whose verdicts an open plan keeps from the reviewer until they are judged.
    sealed: IdSet,
    open: Option<Open>,
    blind: bool,
    ledger: Ledger,
    desk: Desk,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        store: &'a Store,
        filter: Filter,
        reviewer: String,
        blind: bool,
        desk: Desk,
    ) -> Result<Self, StoreError> {
        let reader = store.reader()?;
        let ids = reader.ordered(&filter.asked_by(&reviewer))?;
        let sealed = reader.sealed(&reviewer)?;
        let (open, ledger) = (None, Ledger::default());
        let mut session = Self { store, reader, reviewer, filter, ids, sealed, open, blind, ledger, desk };
        if let Some(first) = session.ids.first().copied() {
            session.open(first)?;
        }
        Ok(session)
    }

    /// What is before the reviewer, and how to begin.
    pub(super) fn greeting(&self) -> String {
        let blind = if self.blind { " Blind: verdicts are hidden until you have judged." } else { "" };
        let decides = if self.store.is_read_only() {
            "The project's files may not be written: it can be read, and nothing can be decided.".to_owned()
        } else {
            format!("You decide as {}.", output::line(&self.reviewer))
        };
        format!("{}. {decides}{blind} `help` lists what can be typed.\n\n", self.listed())
    }

    /// What was done.
    pub(super) fn farewell(&self) -> String {
        self.ledger.told()
    }

    fn listed(&self) -> String {
        let n = self.ids.len();
        let (candidates, matches) = if n == 1 { ("candidate", "matches") } else { ("candidates", "match") };
        if self.filter.is_blank() {
            format!("{n} {candidates}")
        } else {
            format!("{n} {candidates} {matches} {}", output::line(&self.filter.to_string()))
        }
    }

    /// The candidate being read, or why there is none.
    pub(super) fn here(&self) -> String {
        match &self.open {
            Some(open) => page::candidate(&open.view, open.response(), &self.place(open.view.id), self.is_hidden()),
            None => "There is nothing to read; `filter` without a text takes all candidates.\n".to_owned(),
        }
    }

    /// `, 3 of 38`; nothing where the candidate is not among those.
    fn place(&self, id: i64) -> String {
        let at = self.ids.iter().position(|other| *other == id);
        at.map_or_else(String::new, |at| format!(", {} of {}", at + 1, self.ids.len()))
    }

    /// Does what a line asks for.
    pub(super) fn obey(&mut self, command: Command) -> Step {
        if command.writes() && self.store.is_read_only() {
            return Step::Refused(format!(
                "nothing was decided: {} may not be written; change its permissions, or decide in a copy of the project",
                self.store.path().display()
            ));
        }
        let done = match command {
            Command::Quit => return Step::Quit,
            Command::Help => Ok(command::help()),
            Command::Filter(text) => return self.filter_by(&text),
            Command::Stats => self.stats(),
            Command::Undo => self.turn(false),
            Command::Redo => self.turn(true),
            Command::Go(id) => self.open(id).map(|()| self.here()),
            Command::Blind(wanted) => Ok(self.set_blind(wanted.unwrap_or(!self.blind))),
            _ if self.open.is_none() => Ok(self.here()),
            Command::Where => Ok(self.short()),
            Command::Show => Ok(self.here()),
            Command::Next => self.step(1).map(|end| self.arrived(end)),
            Command::Previous => self.step(-1).map(|end| self.arrived(end)),
            Command::NextDisagreement => self.disagreement(1),
            Command::PreviousDisagreement => self.disagreement(-1),
            Command::More => Ok(self.more()),
            Command::Part(part) => Ok(self.part(part)),
            Command::Response(n) => return self.turn_to(n.checked_sub(1)),
            Command::NextResponse => return self.turn_to(self.response().checked_add(1)),
            Command::PreviousResponse => return self.turn_to(self.response().checked_sub(1)),
            Command::History => Ok(self.history()),
            Command::Curate { curation, stays } => {
                self.decide(|new| new.curation = Some(curation)).and_then(|told| self.go_on(told, stays))
            }
            Command::Right(right) => {
                let about = self.open.as_ref().and_then(|open| open.view.about());
                self.decide(|new| (new.right, new.about) = (Some(right), about))
            }
            Command::Note(note) => self.decide(|new| new.note = Some(note)),
            Command::Tag(tags) => self.decide(|new| new.tags = tags),
            Command::Correct(answer) => return self.correct(answer),
            Command::Judge { judgement, response, stays } => return self.judge(judgement, response, stays),
        };
        match done {
            Ok(text) => Step::Done(text),
            Err(error) => Step::Refused(error.to_string()),
        }
    }

    /// The candidate being read.
    fn view(&self) -> Option<&CandidateView> {
        self.open.as_ref().map(|open| &open.view)
    }

    fn response(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.response)
    }

    /// Reads a candidate; where that fails, what was open stays.
    fn open(&mut self, id: i64) -> Result<(), StoreError> {
        let view = self.reader.candidate(id)?.current();
        let decisions = self.reader.decisions(id)?;
        // What was solved is read first, not what failed.
        let response = view.responses.iter().position(|r| r.record.failure.is_none()).unwrap_or(0);
        self.open = Some(Open { view, decisions, response });
        Ok(())
    }

    /// Reads again what a decision changed.
    fn reopen(&mut self) -> Result<(), StoreError> {
        self.sealed = self.reader.sealed(&self.reviewer)?;
        let Some(open) = &mut self.open else { return Ok(()) };
        open.view = self.reader.candidate(open.view.id)?.current();
        open.decisions = self.reader.decisions(open.view.id)?;
        Ok(())
    }

    /// Whether the verdict on the response being read is hidden.
    fn is_hidden(&self) -> bool {
        let shows = |open: &Open| {
            let hides = self.blind || self.sealed.contains(open.view.id);
            !hides || open.response().is_none() || self.judged(open)
        };
        !self.open.as_ref().map_or(!self.blind, shows)
    }

    /// Whether the reviewer's judgement of the response being read is in force.
    fn judged(&self, open: &Open) -> bool {
        let Some(sample) = open.response().map(|r| r.record.sample) else { return false };
        open.decisions.iter().any(|d| {
            d.body.reviewer == self.reviewer
                && d.reversed_by.is_none()
                && d.body.judgement.is_some()
                && d.body.sample == Some(sample)
                && d.body.about == open.view.about()
        })
    }

    /// Has the candidate corrected, and says what that changed.
    fn correct(&mut self, answer: Option<String>) -> Step {
        let Some(open) = &self.open else { return Step::Done(self.here()) };
        let corrected = match correct::ask(&self.desk, &open.view, answer) {
            Ok(Some(corrected)) => corrected,
            Ok(None) => return Step::Done("Nothing was changed.\n".to_owned()),
            Err(why) => return Step::Refused(why),
        };
        let told = corrected.told;
        let done = self.decide(|new| (new.revision, new.note) = (Some(corrected.revision), corrected.reason));
        match done {
            Ok(deed) => {
                let other = self.open.as_ref().and_then(Open::response).filter(|_| !self.is_hidden());
                Step::Done(format!("{told}{deed}{}", other.map_or_else(String::new, page::evidence)))
            }
            Err(error) => Step::Refused(error.to_string()),
        }
    }

    /// Appends a decision on the candidate being read, and says so.
    fn decide(&mut self, fill: impl FnOnce(&mut NewDecision)) -> Result<String, StoreError> {
        let Some(open) = &self.open else { return Ok(self.here()) };
        let mut new = NewDecision {
            candidate: open.view.id,
            reviewer: self.reviewer.clone(),
            blind: self.is_hidden(),
            ..NewDecision::default()
        };
        fill(&mut new);
        let decision = self.store.decide_blocking(new)?;
        self.ledger.decided(decision.uid.clone());
        self.reopen()?;
        Ok(format!("{}; undo takes it back.\n", deed(&decision, self.view())))
    }

    /// After a curation: the next one, unless one is to stay.
    fn go_on(&mut self, mut told: String, stays: bool) -> Result<String, StoreError> {
        if !stays {
            let end = self.step(1)?;
            let _ = write!(told, "\n{}", self.arrived(end));
        }
        Ok(told)
    }

    fn judge(&mut self, judgement: Judgement, response: Option<usize>, stays: bool) -> Step {
        let Some(open) = &mut self.open else { return Step::Done(self.here()) };
        let n = open.view.responses.len();
        let at = response.map_or(Some(open.response), |nth| nth.checked_sub(1));
        let Some((at, sample)) = at.and_then(|at| open.view.responses.get(at).map(|r| (at, r.record.sample))) else {
            return Step::Refused(has(&open.view));
        };
        if open.view.record.reference.is_none() {
            let id = open.view.id;
            return Step::Refused(format!("candidate {id} has no reference answer to judge a response by"));
        }
        open.response = at;
        let about = open.view.about();
        let hidden = self.is_hidden();
        let judged = self.decide(|new| {
            (new.sample, new.judgement, new.about) = (Some(sample), Some(judgement), about);
        });
        let done = judged.and_then(|mut told| {
            // What was hidden from the judgement is told after it.
            if let Some(response) = self.open.as_ref().and_then(Open::response).filter(|_| hidden) {
                told.push_str(&page::evidence(response));
            }
            if !stays && at + 1 < n {
                if let Some(open) = &mut self.open {
                    open.response = at + 1;
                }
                let _ = write!(told, "\n{}", self.one_response());
                return Ok(told);
            }
            self.go_on(told, stays)
        });
        done.map_or_else(|error| Step::Refused(error.to_string()), Step::Done)
    }

    /// Takes the reviewer's latest decision back, or puts it back, and goes where it was made.
    fn turn(&mut self, redo: bool) -> Result<String, StoreError> {
        let mut reversals = Vec::new();
        let came = self.store.turn_blocking(redo, &self.reviewer, |some, _| {
            reversals.extend(some);
            ControlFlow::Continue(())
        });
        for reversal in reversals {
            self.ledger.turned(self.reader.original(reversal)?.uid, redo);
        }
        if let Some(error) = came.failed {
            return Err(error);
        }
        let (verb, other) = if redo { ("Put back", "undo takes it back") } else { ("Took back", "redo puts it back") };
        let Some(newest) = came.first else {
            return Ok(
                if redo { "There is nothing to put back.\n" } else { "There is nothing to take back.\n" }.to_owned()
            );
        };
        let elsewhere = self.open.as_ref().is_none_or(|open| open.view.id != newest.body.candidate);
        if elsewhere {
            self.open(newest.body.candidate)?;
        }
        self.reopen()?;
        let what = deed(&self.reader.original(newest)?, self.view());
        let mut told = match came.reached.done {
            1 => format!("{verb}: {what}; {other}.\n"),
            n => format!("{verb} {n} decisions that were made at once, such as: {what}; {other}.\n"),
        };
        if elsewhere {
            told.push_str(&self.short());
        }
        Ok(told)
    }

    /// Goes to the candidate after or before this one; `false` where there is none.
    fn step(&mut self, by: i32) -> Result<bool, StoreError> {
        let Some(here) = self.open.as_ref().map(|open| open.view.id) else { return Ok(false) };
        if by > 0 && self.ids[self.beside(here).1..].is_empty() {
            self.lengthen(here)?;
        }
        let (before, after) = self.beside(here);
        let to = if by > 0 { self.ids.get(after) } else { before.checked_sub(1).and_then(|at| self.ids.get(at)) };
        match to.copied() {
            Some(id) => self.open(id).map(|()| true),
            None => Ok(false),
        }
    }

    /// How much of the list is before a candidate, and where what is after it begins: about where it would stand, of one
    /// that is not listed.
    fn beside(&self, here: i64) -> (usize, usize) {
        if let Some(at) = self.ids.iter().position(|id| *id == here) {
            return (at, at + 1);
        }
        let at = self.ids.partition_point(|id| *id < here);
        (at, at)
    }

    /// Puts what was made since the list was made behind it.
    fn lengthen(&mut self, here: i64) -> Result<(), StoreError> {
        let after = self.ids.iter().max().copied().unwrap_or(0).max(here);
        self.ids.extend(self.reader.ids_after(&self.filter.asked_by(&self.reviewer), after)?);
        Ok(())
    }

    fn arrived(&self, moved: bool) -> String {
        if moved { self.here() } else { format!("There is no further one. {}", self.short()) }
    }

    /// The next or previous candidate that disagrees as it stands.
    fn disagreement(&mut self, by: i32) -> Result<String, StoreError> {
        let Some(here) = self.open.as_ref().map(|open| open.view.id) else { return Ok(self.here()) };
        if self.blind {
            let told = "To go by disagreements would tell the verdict, which blind mode hides; `next` goes on, `blind off` shows.\n";
            return Ok(told.to_owned());
        }
        let (before, after) = self.beside(here);
        let mut to = if by > 0 {
            self.disagreeing(self.ids[after..].iter())?
        } else {
            self.disagreeing(self.ids[..before].iter().rev())?
        };
        if to.is_none() && by > 0 {
            let listed = self.ids.len();
            self.lengthen(here)?;
            to = self.disagreeing(self.ids[listed..].iter())?;
        }
        match to {
            Some(id) => self.open(id).map(|()| self.here()),
            None => Ok(format!("There is no further disagreement. {}", self.short())),
        }
    }

    /// The first of these that disagrees as it stands. To be taken to one that is sealed would be to be told its verdict.
    fn disagreeing<'i>(&self, mut ids: impl Iterator<Item = &'i i64>) -> Result<Option<i64>, StoreError> {
        // A list in an order of its own has neighbours that are far apart: it is asked about at once.
        let length = if self.filter.sort() == Sort::Number { STRETCH } else { usize::MAX };
        loop {
            let stretch: Vec<i64> = ids.by_ref().take(length).copied().collect();
            let (Some(first), Some(last)) = (stretch.iter().min(), stretch.iter().max()) else { return Ok(None) };
            let disagree = self.reader.disagreeing_within(&(*first..=*last))?;
            let found = stretch.iter().find(|id| disagree.contains(**id) && !self.sealed.contains(**id));
            if let Some(id) = found {
                return Ok(Some(*id));
            }
        }
    }

    fn turn_to(&mut self, to: Option<usize>) -> Step {
        let Some(open) = &mut self.open else { return Step::Done(self.here()) };
        let n = open.view.responses.len();
        match to.filter(|to| *to < n) {
            Some(to) => {
                open.response = to;
                Step::Done(self.one_response())
            }
            None => Step::Refused(has(&open.view)),
        }
    }

    /// Another response of the candidate that was read: what is the same is not said again.
    fn one_response(&self) -> String {
        let Some(open) = &self.open else { return self.here() };
        page::response(&open.view, open.response(), self.is_hidden())
    }

    fn more(&self) -> String {
        let Some(open) = &self.open else { return self.here() };
        let long = page::sections(&open.view, open.response());
        let text: String =
            long.iter().filter(|s| s.part != Part::Reasoning && s.is_long()).map(page::Section::whole).collect();
        if text.is_empty() { "Nothing was left out.\n".to_owned() } else { text }
    }

    fn part(&self, part: Part) -> String {
        let Some(open) = &self.open else { return self.here() };
        let sections = page::sections(&open.view, open.response());
        let stderr = part == Part::Output;
        let text: String = sections
            .iter()
            .filter(|s| s.part == part || stderr && s.part == Part::Stderr)
            .map(page::Section::whole)
            .collect();
        if text.is_empty() { format!("Candidate {} has none.\n", open.view.id) } else { text }
    }

    fn history(&self) -> String {
        let Some(open) = &self.open else { return self.here() };
        let hidden = self.is_hidden();
        let mut text = String::new();
        let mut others = false;
        let came = open.view.came();
        for (at, decision) in open.decisions.iter().enumerate() {
            if hidden && decision.body.reviewer != self.reviewer {
                others = true;
                continue;
            }
            let blind = if decision.body.blind { ", blind" } else { "" };
            let back = if decision.reversed_by.is_some() { ", taken back" } else { "" };
            let note = decision.body.note.as_deref().map_or_else(String::new, |n| format!(": {}", output::line(n)));
            let _ = writeln!(
                text,
                "{} {}: {}{blind}{back}{note}",
                decision.at,
                output::line(&decision.body.reviewer),
                deed(decision, self.view())
            );
            for change in changed(&open.decisions, at, &came) {
                text.extend(correct::line_by_line(&change).lines().flat_map(|line| ["  ", line, "\n"]));
            }
        }
        if others {
            text.push_str("What others decided is hidden until you have judged.\n");
        }
        if text.is_empty() { format!("Nobody has decided anything about candidate {}.\n", open.view.id) } else { text }
    }

    fn set_blind(&mut self, blind: bool) -> String {
        self.blind = blind;
        if blind {
            "Verdicts are hidden until you have judged, and decisions say so.\n".to_owned()
        } else if self.sealed.is_empty() {
            "Verdicts are shown; `show` reads this candidate again.\n".to_owned()
        } else {
            "Verdicts are shown, but of those that the blind plan wants you to judge; `show` reads this candidate again.\n"
                .to_owned()
        }
    }

    fn filter_by(&mut self, text: &str) -> Step {
        let set = || -> anyhow::Result<_> {
            let filter = Filter::parse(text)?;
            let ids = self.reader.ordered(&filter.asked_by(&self.reviewer))?;
            Ok((filter, ids, self.reader.sealed(&self.reviewer)?))
        };
        let (filter, ids, sealed) = match set() {
            Ok(found) => found,
            Err(error) => return Step::Refused(error.to_string()),
        };
        let Some(first) = ids.first().copied() else {
            return Step::Done("No candidate matches; the list is as it was.\n".to_owned());
        };
        (self.filter, self.ids, self.sealed) = (filter, ids, sealed);
        let listed = self.listed();
        // What is being read stays, where it belongs to the new list too.
        let stays = self.open.as_ref().is_some_and(|open| self.ids.contains(&open.view.id));
        if stays {
            return Step::Done(format!("{listed}. {}", self.short()));
        }
        match self.open(first) {
            Ok(()) => Step::Done(format!("{listed}.\n\n{}", self.here())),
            Err(error) => Step::Refused(error.to_string()),
        }
    }

    fn stats(&self) -> Result<String, StoreError> {
        let totals = self.reader.totals_of(&self.filter.asked_by(&self.reviewer))?;
        let mut text = format!("{}.\n", self.listed());
        let all = totals.candidate_count();
        let of = |what: &str, n: u64| format!("{what} {n}");
        let curations: Vec<String> = totals
            .candidates_by(|c| c.curation)
            .into_iter()
            .filter_map(|(curation, n)| curation.map(|c| of(past(c), n)))
            .collect();
        let judged: u64 = totals.candidates.iter().filter(|c| c.judged).map(|c| c.n).sum();
        let standings: Vec<String> =
            totals.candidates_by(|c| c.standing).into_iter().map(|(s, n)| of(s.as_str(), n)).collect();
        if !self.blind {
            let _ = writeln!(text, "Standing: {}.", standings.join(", "));
        }
        let _ = writeln!(text, "Judged: {judged} of {all}.");
        if !curations.is_empty() {
            let _ = writeln!(text, "Curated: {}.", curations.join(", "));
        }
        let _ = writeln!(text, "Decided by you since you began: {}.", self.ledger.in_force());
        Ok(text)
    }

    /// Where one is, in a sentence.
    fn short(&self) -> String {
        match &self.open {
            Some(open) => format!("You are at candidate {}{}.\n", open.view.id, self.place(open.view.id)),
            None => self.here(),
        }
    }
}

/// How many responses there are to be named.
fn has(view: &CandidateView) -> String {
    match view.responses.len() {
        0 => format!("candidate {} has no response", view.id),
        1 => format!("candidate {} has one response", view.id),
        n => format!("candidate {} has {n} responses, counted from 1", view.id),
    }
}
