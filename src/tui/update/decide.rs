//! Deciding: judgements, curations, notes, tags, and taking them back.

use crate::review::causes;
use crate::store::record::{Curation, Decision, Judgement, NewDecision, RightSide};
use crate::tui::action::Action;
use crate::tui::app::{App, Override, Screen};
use crate::tui::effect::Effect;
use crate::tui::plain::what;

impl App {
    /// A decision on a candidate that decides nothing yet, about the candidate with all its responses.
    pub(super) fn blank(&self, candidate: i64) -> NewDecision {
        NewDecision {
            candidate,
            sample: None,
            judgement: None,
            curation: None,
            right: None,
            revision: None,
            about: None,
            reverses: None,
            reviewer: self.settings.reviewer.clone(),
            note: None,
            cause: None,
            tags: Vec::new(),
            blind: self.is_blind_to(candidate, false),
            adjudicates: false,
            batch: None,
        }
    }

    /// Whether blind mode hides this candidate's verdict now.
    pub fn is_hidden(&self, candidate: i64) -> bool {
        (self.review.blind || self.review.sealed.contains(candidate))
            && self
                .review
                .book()
                .filter(|b| b.view.id == candidate)
                .or(self.review.selected_book().filter(|b| b.view.id == candidate))
                .is_none_or(|b| !b.judged_by(&self.settings.reviewer))
    }

    /// Whether what is decided now on this candidate is decided without having seen the verdict: it is hidden, and was never
    /// shown, not even before a judgement was taken back.
    ///
    /// A judgement is about the response that is read; any other word is about the candidate with all of them.
    pub(super) fn is_blind_to(&self, candidate: i64, judges: bool) -> bool {
        let Some(book) = self.review.selected_book().filter(|book| judges && book.view.id == candidate) else {
            return self.is_hidden(candidate) && !self.was_told(candidate);
        };
        let sample = book.response().map(|r| r.record.sample);
        let judged_before = book.decisions.iter().any(|d| {
            d.body.reviewer == self.settings.reviewer && d.body.judgement.is_some() && d.body.sample == sample
        });
        let told = sample.is_some_and(|sample| self.review.told.contains(&(candidate, sample)));
        self.is_hidden(candidate) && !judged_before && !told
    }

    /// Whether a verdict of this candidate stood on the screen.
    pub(super) fn was_told(&self, candidate: i64) -> bool {
        self.review.told.range((candidate, 0)..=(candidate, u32::MAX)).next().is_some()
    }

    /// Notes which verdict stands on the screen now.
    pub(super) fn note_shown(&mut self) {
        if self.screen != Screen::Review || self.overlay.is_some() {
            return;
        }
        let Some(book) = self.review.book() else { return };
        let id = book.view.id;
        if let Some(response) = book.response().filter(|_| !self.is_hidden(id)) {
            let pair = (id, response.record.sample);
            self.review.told.insert(pair);
        }
    }

    /// What keeps people from deciding now, said in a toast.
    pub(super) fn may_decide(&mut self) -> bool {
        if self.project.is_none() {
            self.warn("no project is open");
        } else if self.is_read_only() {
            self.warn(self.reads_alone());
        } else if self.is_deciding() {
            // That is told.
        } else if self.review.selected.is_none() {
            self.tell("nothing is selected");
        } else if self.review.marks.is_empty() && !self.review.is_read() {
            // What stands in the panes is another candidate, or nothing: nobody decides on what they have not seen.
            match self.review.selected.filter(|id| self.review.fault_of(*id).is_some()) {
                Some(id) => self.warn(format!("candidate {id} cannot be read, and so nothing is decided on it")),
                None => self.tell("still reading; once more in a moment"),
            }
        } else if self.review.loading && !self.review.marks.is_empty() {
            self.tell("still listing, and so it is not known which marks remain; once more in a moment");
        } else {
            return true;
        }
        false
    }

    pub(super) fn curate(&mut self, action: Action) -> Vec<Effect> {
        if !self.may_decide() {
            return Vec::new();
        }
        let (curation, stays) = match action {
            Action::Accept => (Curation::Accept, false),
            Action::Reject => (Curation::Reject, false),
            Action::Flag => (Curation::Flag, false),
            Action::AcceptStay => (Curation::Accept, true),
            Action::RejectStay => (Curation::Reject, true),
            _ => (Curation::Flag, true),
        };
        let reviewer = self.settings.reviewer.clone();
        let decision = NewDecision { reviewer, curation: Some(curation), ..NewDecision::default() };
        let mut effects = self.decide(decision, self.review.targets(), verb(curation));
        if !stays && self.review.marks.is_empty() {
            effects.extend(self.advance());
        }
        effects
    }

    /// To the next item, where there is one; the last one stays.
    fn advance(&mut self) -> Vec<Effect> {
        let next = self.review.neighbour(1);
        self.select(next)
    }

    pub(super) fn judge(&mut self, action: Action) -> Vec<Effect> {
        if !self.may_decide() {
            return Vec::new();
        }
        let judgement = match action {
            Action::JudgeEquivalent | Action::SettleEquivalent => Judgement::Equivalent,
            Action::JudgeDifferent | Action::SettleDifferent => Judgement::Different,
            _ => Judgement::CantTell,
        };
        let Some(book) = self.review.selected_book() else {
            self.tell("still reading; once more in a moment");
            return Vec::new();
        };
        let Some(response) = book.response() else {
            self.warn("there is no response to be judged: nothing stands opposite the code answer");
            return Vec::new();
        };
        if book.view.record.reference.is_none() {
            self.warn("there is no reference answer to judge the response by");
            return Vec::new();
        }
        let sample = response.record.sample;
        let more = book.view.responses.len() > 1;
        let adjudicates = matches!(action, Action::SettleEquivalent | Action::SettleDifferent);
        let verdict = book.verdict().map(|v| v.outcome);
        let decision = NewDecision {
            sample: Some(sample),
            judgement: Some(judgement),
            blind: self.is_blind_to(book.view.id, true),
            adjudicates,
            about: book.view.about(),
            ..self.blank(book.view.id)
        };
        let candidate = decision.candidate;
        self.overrode = causes::overrides(verdict, judgement).then_some(Override {
            candidate,
            sample,
            judgement,
            blind: decision.blind,
            adjudicates,
            about: decision.about.clone(),
        });
        let mut effects = vec![Effect::Decide(Box::new(decision))];
        // Of several responses the next one is the next to be judged; in blind mode one stays to see what was hidden.
        if self.review.blind {
            return effects;
        }
        if self.is_judging_plan() {
            self.audit.then_next = true;
            return effects;
        }
        let last = self.review.selected_book().is_none_or(|b| b.response + 1 >= b.view.responses.len());
        effects.extend(if more && !last { self.turn_response(true) } else { self.advance() });
        effects
    }

    pub(super) fn right_side(&mut self, action: Action) -> Vec<Effect> {
        if !self.may_decide() {
            return Vec::new();
        }
        let right = match action {
            Action::RightCode => RightSide::Code,
            Action::RightCot => RightSide::Cot,
            Action::RightBoth => RightSide::Both,
            _ => RightSide::Neither,
        };
        // Which answer it is about is known by what is read; whatever is marked, it is about the selected candidate alone.
        let Some(book) = self.review.selected_book() else {
            self.tell("nothing is decided on what cannot be read");
            return Vec::new();
        };
        let (id, about) = (book.view.id, book.view.about());
        vec![Effect::Decide(Box::new(NewDecision { right: Some(right), about, ..self.blank(id) }))]
    }

    pub(super) fn turn(&mut self, redo: bool) -> Vec<Effect> {
        if self.is_read_only() {
            self.warn(self.reads_alone());
            return Vec::new();
        }
        if self.is_deciding() {
            return Vec::new();
        }
        let reviewer = self.settings.reviewer.clone();
        self.review.turning = true;
        vec![if redo { Effect::Redo(reviewer) } else { Effect::Undo(reviewer) }]
    }

    pub(super) fn decided(&mut self, decided: Result<Box<Decision>, String>) -> Vec<Effect> {
        self.review.storing = self.review.storing.saturating_sub(1);
        let one = match decided {
            Ok(one) => *one,
            Err(e) => {
                self.audit.then_next = false;
                self.warn(format!("nothing was decided: {e}"));
                self.forget_held();
                return Vec::new();
            }
        };
        let hint = |action| self.settings.keymap.hint(action).unwrap_or_default();
        let (undo, cause) = (hint(Action::Undo), hint(Action::Cause));
        let fresh = one.body.cause.is_none()
            && self.overrode.as_ref().is_some_and(|o| {
                (o.candidate, Some(o.sample), Some(o.judgement))
                    == (one.body.candidate, one.body.sample, one.body.judgement)
            });
        if one.body.revision.is_some() {
            self.review.drafts.remove(&one.body.candidate);
        }
        let why = if fresh { format!(" · overrides the verdict: {cause} names the cause") } else { String::new() };
        self.tell(format!("{}{why} · {undo} undoes it", done_with(&one)));
        let mut effects = self.refresh(&one);
        if std::mem::take(&mut self.audit.then_next) {
            effects.extend(self.plan_next(false));
        }
        effects
    }

    /// Whoever takes a word back wants to see what it was about.
    pub(super) fn show_again(&mut self, one: &Decision) -> Vec<Effect> {
        let candidate = one.body.candidate;
        if !self.review.contains(candidate) {
            return Vec::new();
        }
        self.review.selected = Some(candidate);
        self.keep_in_view();
        self.review.wanted = one.body.sample.map(|sample| (candidate, sample));
        if self.review.book_mut(candidate).is_some() { self.turn_to_wanted(candidate) } else { Vec::new() }
    }

    /// Reads again what a decision changed.
    pub(super) fn refresh(&mut self, decision: &Decision) -> Vec<Effect> {
        let candidate = decision.body.candidate;
        let judged = decision.body.judgement.is_some();
        // The pairs are others now, which nobody judged.
        if decision.body.revision.as_ref().is_some_and(|revision| revision.reference.is_some()) {
            self.review.mine.remove(candidate);
        }
        if judged && decision.body.reviewer == self.settings.reviewer {
            self.review.mine.insert(candidate);
        }
        // Whether it disagrees is read from its row, be it on the screen or not.
        let mut effects = vec![Effect::Rows(vec![candidate])];
        if self.review.book_mut(candidate).is_some() {
            let ids = vec![candidate];
            self.review.rereading.insert(candidate);
            let unrevised = self.as_they_came(&ids);
            effects.push(Effect::Reread { ids, unrevised });
        }
        if judged {
            effects.push(Effect::Sealed(self.settings.reviewer.clone()));
        }
        effects
    }

    pub(super) fn mark(&mut self) -> Vec<Effect> {
        let Some(id) = self.review.selected else { return Vec::new() };
        if !self.review.marks.remove(id) {
            self.review.marks.insert(id);
        }
        self.review.anchor = Some(id);
        self.advance()
    }

    pub(super) fn mark_range(&mut self) -> Vec<Effect> {
        let (Some(id), Some(anchor)) = (self.review.selected, self.review.anchor) else {
            self.tell("mark one item first; the range goes from it to here");
            return Vec::new();
        };
        let range = self.review.ids.between(id, anchor);
        self.review.marks |= &range;
        self.tell(format!("{} marked", self.review.marks.len()));
        Vec::new()
    }

    pub(super) fn mark_all(&mut self) -> Vec<Effect> {
        if self.review.marks.len() == self.review.ids.len() {
            self.review.marks.clear();
            self.tell("no item is marked");
        } else {
            self.review.marks = self.review.ids.set().clone();
            self.tell(format!("all {} that match are marked", self.review.ids.len()));
        }
        Vec::new()
    }
}

fn verb(curation: Curation) -> &'static str {
    match curation {
        Curation::Accept => "accept",
        Curation::Reject => "reject",
        Curation::Flag => "flag",
    }
}

pub(super) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().collect::<String>() + chars.as_str())
}

/// What was done with a candidate.
pub(super) fn done_with(decision: &Decision) -> String {
    format!("#{} {}", decision.body.candidate, what(decision))
}
