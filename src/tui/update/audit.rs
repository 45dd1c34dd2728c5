//! The audit screen: reading, drawing and enlarging the plan, and from pair to pair of it.

use ratatui::layout::Rect;

use crate::review::plan::MORE;
use crate::store::StoreError;
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Question, Screen, Yes};
use crate::tui::audit;
use crate::tui::effect::Effect;
use crate::tui::layout;
use crate::tui::msg::{Audited, ToJudge};
use crate::tui::text;

/// The plan's pairs, in the filter language.
const PLANNED: &str = "plan:yes";

impl App {
    /// Reads what the plan found.
    pub(super) fn read_audit(&mut self) -> Vec<Effect> {
        if self.project.is_none() {
            return Vec::new();
        }
        self.audit.loading = true;
        vec![Effect::Audit]
    }

    pub(super) fn audited(&mut self, found: Result<Audited, StoreError>) -> Vec<Effect> {
        self.audit.loading = false;
        self.plan_found(found);
        Vec::new()
    }

    /// The plan is drawn, or enlarged; what it found may not have been read.
    pub(super) fn drawn(&mut self, found: Result<Audited, StoreError>) -> Vec<Effect> {
        self.audit.drawing = false;
        if let Some(plan) = found.as_ref().ok().and_then(|found| found.plan.as_ref()) {
            self.tell(format!("the plan has {}", text::some(plan.planned, "pair")));
        }
        self.plan_found(found);
        vec![Effect::Sealed(self.settings.reviewer.clone())]
    }

    fn plan_found(&mut self, found: Result<Audited, StoreError>) {
        match found {
            Ok(found) => {
                self.audit.found = Some(found);
                self.audit.top = self.audit.top.min(self.most_audit_scroll());
            }
            Err(e) => {
                self.warn(e.to_string());
                self.forget_held();
            }
        }
    }

    /// Draws a plan, blind or not; where one is there, enlarges it after a yes.
    pub(super) fn draw_plan(&mut self, blind: bool) -> Vec<Effect> {
        if self.project.is_none() {
            self.warn("no project is open");
        } else if self.is_read_only() {
            self.warn(self.reads_alone());
        } else if let Some(plan) = self.audit.found.as_ref().and_then(|found| found.plan.as_ref()) {
            if blind && !plan.blind {
                self.warn("the plan's verdicts are in sight; `loong audit plan --renew --blind` makes another one");
                return Vec::new();
            }
            let left = plan.pairs.saturating_sub(plan.planned);
            if left == 0 {
                self.warn("the plan has every pair already; judge those that are left");
                return Vec::new();
            }
            let planned = format!("{} of {}", plan.planned, text::some(plan.pairs, "pair"));
            let more = if left <= MORE { format!("the other {left}") } else { format!("{MORE} more") };
            let text = format!("The plan has {planned}; {} are judged. Add {more} to it?", plan.judged);
            self.overlay = Some(Overlay::Confirm(Question::new(text, Yes::EnlargePlan)));
        } else {
            return self.plan_drawn(blind, false);
        }
        Vec::new()
    }

    /// Has a plan drawn, or the one that is there enlarged, unless that is under way.
    pub(super) fn plan_drawn(&mut self, blind: bool, enlarge: bool) -> Vec<Effect> {
        if std::mem::replace(&mut self.audit.drawing, true) {
            return Vec::new();
        }
        vec![Effect::PlanDraw { blind, enlarge }]
    }

    pub(super) fn not_drawn(&mut self, error: &StoreError) -> Vec<Effect> {
        self.audit.drawing = false;
        self.warn(error.to_string());
        self.forget_held();
        Vec::new()
    }

    /// Whether the review screen goes through the plan.
    pub fn is_judging_plan(&self) -> bool {
        self.review.filter.to_string() == PLANNED
    }

    /// Asks for the plan's next pair.
    pub(super) fn plan_next(&mut self, second: bool) -> Vec<Effect> {
        if self.project.is_none() {
            self.warn("no project is open");
            return Vec::new();
        }
        // It would come behind all of them.
        if self.is_deciding() {
            return Vec::new();
        }
        (self.audit.asked, self.audit.second) = (true, second);
        let but = self.audit.unreadable.clone();
        vec![Effect::PlanNext { reviewer: self.settings.reviewer.clone(), second, but }]
    }

    /// To a pair of the plan, on the review screen.
    pub(super) fn judge_next(&mut self, next: Result<Option<ToJudge>, StoreError>) -> Vec<Effect> {
        // Somebody has gone elsewhere since.
        if !std::mem::take(&mut self.audit.asked) {
            return Vec::new();
        }
        let next = match next {
            Ok(Some(next)) => next,
            Ok(None) => {
                let key = self.settings.keymap.hint(Action::GoAudit).unwrap_or_default();
                self.tell(match self.audit.unreadable.len() as u64 {
                    0 => format!("no pair of the plan waits for you; {key} has the rates"),
                    n => format!(
                        "no other pair of the plan waits for you: {} cannot be read",
                        text::some(n, "candidate")
                    ),
                });
                self.forget_held();
                return Vec::new();
            }
            Err(e) => {
                self.warn(e.to_string());
                self.forget_held();
                return Vec::new();
            }
        };
        self.screen = Screen::Review;
        self.review.blind |= next.blind;
        self.review.follow = false;
        self.audit.goal = Some(next);
        if self.is_judging_plan() && self.review.contains(next.candidate) {
            return self.aim();
        }
        self.filter_by(PLANNED)
    }

    /// Goes on towards the pair that is to be judged: its candidate as soon as it is listed, its response as soon as it is
    /// open.
    pub(super) fn aim(&mut self) -> Vec<Effect> {
        let Some(goal) = self.audit.goal else { return Vec::new() };
        if !self.is_judging_plan() || !self.review.contains(goal.candidate) {
            if !self.review.loading {
                self.audit.stop_going();
                self.warn(format!("candidate {} is not listed any more", goal.candidate));
                self.forget_held();
            }
            return Vec::new();
        }
        let mut effects = Vec::new();
        if self.review.selected != Some(goal.candidate) {
            effects.extend(self.select(Some(goal.candidate)));
        }
        let (measure, raw) = (layout::measure(self), self.review.raw);
        let Some(book) = self.review.book_mut(goal.candidate) else { return effects };
        self.audit.goal = None;
        let at = book.view.responses.iter().position(|r| r.record.sample == goal.sample);
        if let Some(at) = at.filter(|at| *at != book.response) {
            book.response = at;
            book.texts = None;
            let view = std::sync::Arc::clone(&book.view);
            effects.push(Effect::Typeset { view, response: at, measure, raw });
        }
        effects
    }

    /// A candidate cannot be opened: what was typed for it is forgotten, and a pair of the plan is passed over.
    pub(super) fn cannot_open(&mut self, id: i64) -> Vec<Effect> {
        self.review.rereading.remove(id);
        if self.audit.goal.is_none_or(|goal| goal.candidate != id) {
            if self.review.selected == Some(id) {
                self.forget_held();
            }
            return Vec::new();
        }
        self.audit.stop_going();
        self.audit.unreadable.insert(id);
        self.warn(format!("candidate {id} cannot be read; its pairs of the plan are passed over"));
        self.forget_held();
        self.plan_next(self.audit.second)
    }

    pub(super) fn scroll_audit(&mut self, action: Action, count: Option<u32>) {
        self.audit.top = self.scrolled(self.audit.top, self.most_audit_scroll(), action, count);
    }

    fn most_audit_scroll(&self) -> u16 {
        let body = layout::parts(Rect::new(0, 0, self.size.0, self.size.1)).body;
        audit::most_scroll(audit::sections(&self.audit, body.width, &|_| String::new()), body.width, body.height)
    }
}
