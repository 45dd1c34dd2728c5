//! Queues: in which order the list comes, what of it is left to do, what is like what one reads.

use crate::review::causes;
use crate::store::filter::{Filter, Sort, written};
use crate::store::record::NewDecision;
use crate::store::shape::shape;
use crate::tui::app::{App, Override};
use crate::tui::effect::Effect;

impl App {
    /// Lists in another order, from its beginning.
    pub(super) fn sort(&mut self, sort: Sort) -> Vec<Effect> {
        self.review.filter = self.review.filter.clone().sorted(sort);
        self.review.selected = None;
        self.tell(sort.sentence());
        self.relist()
    }

    /// Narrows the list down to a queue, in the order that it has.
    pub(super) fn queue(&mut self, terms: &str) -> Vec<Effect> {
        // A constant of the language: parsing it cannot fail.
        let queue = Filter::parse(terms).unwrap_or_default();
        let now = self.review.filter.to_string();
        if now.contains(terms) {
            self.tell(format!("the list is that already: {now}"));
            return Vec::new();
        }
        let narrowed = self.review.filter.clone().and(queue).to_string();
        self.tell(narrowed.clone());
        self.filter_by(&narrowed)
    }

    /// Lists all pairs on which the verifier went the same way to the same word about an answer of the same shape.
    pub(super) fn all_like_this(&mut self) -> Vec<Effect> {
        let Some(book) = self.review.selected_book() else { return Vec::new() };
        if self.is_hidden(book.view.id) {
            self.tell("blind: what is like this one would tell the verdict; judge first");
            return Vec::new();
        }
        if book.view.about().is_some() {
            self.tell("its answer was corrected; verdicts are listed by what the verifier compared first");
            return Vec::new();
        }
        let Some(verdict) = book.verdict() else {
            self.tell("there is no verdict to be like");
            return Vec::new();
        };
        let mut terms = vec![format!("verdict:{}", verdict.outcome), format!("tier:{}", verdict.tier)];
        terms.extend(verdict.leniencies.iter().map(|leniency| format!("leniency:{leniency}")));
        terms.push(format!("shape:{}", shape(&verdict.response_value)));
        let me = &self.settings.reviewer;
        let mut mine = book.decisions.iter().rev().filter(|d| d.reversed_by.is_none() && d.body.reviewer == *me);
        if let Some(cause) = mine.find_map(|d| d.body.cause.as_deref()) {
            self.tell(format!("all like this one, whose cause is {}", written(cause)));
        }
        self.filter_by(&terms.join(" "))
    }

    /// The reviewer's own judgement in force on the response being read, where it overrides the verdict.
    pub(super) fn own_override(&self) -> Option<Override> {
        let book = self.review.selected_book()?;
        let response = book.response()?;
        let sample = response.record.sample;
        let own = book.decisions.iter().rev().find(|d| {
            d.body.reviewer == self.settings.reviewer
                && d.reversed_by.is_none()
                && d.body.sample == Some(sample)
                && d.body.judgement.is_some()
                && d.body.about == book.view.about()
        })?;
        let judgement = own.body.judgement?;
        causes::overrides(book.verdict().map(|v| v.outcome), judgement).then_some(Override {
            candidate: book.view.id,
            sample,
            judgement,
            blind: own.body.blind,
            adjudicates: own.body.adjudicates,
            about: own.body.about.clone(),
        })
    }

    /// Says the last override again, with its cause: the later word stands for the earlier one.
    pub(super) fn name_cause(&mut self, cause: String) -> Vec<Effect> {
        let Some(of) = self.overrode.clone().filter(|_| !cause.is_empty()) else { return Vec::new() };
        let decision = NewDecision {
            sample: Some(of.sample),
            judgement: Some(of.judgement),
            cause: Some(cause),
            blind: of.blind,
            adjudicates: of.adjudicates,
            about: of.about,
            ..self.blank(of.candidate)
        };
        vec![Effect::Decide(Box::new(decision))]
    }
}
