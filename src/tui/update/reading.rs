//! Moving through the list and the texts.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::store::StoreError;
use crate::store::filter::Filter;
use crate::tui::action::Action;
use crate::tui::app::{App, Screen};
use crate::tui::effect::{Effect, TextsOf};
use crate::tui::layout;
use crate::tui::msg::{Found, More};
use crate::tui::prompt::Purpose;
use crate::tui::review::{Edge, Pane, Reading};

/// How long after a key the selection stays, although the newest candidate is followed.
const STILL: Duration = Duration::from_secs(1);
/// Narrow rows that are kept at most.
const ROWS_KEPT: usize = 20_000;

impl App {
    /// Lists anew with the filter as it is.
    pub(super) fn relist(&mut self) -> Vec<Effect> {
        if self.project.is_none() {
            return Vec::new();
        }
        self.review.listing += 1;
        self.review.listed_at = self.now;
        self.review.loading = true;
        self.review.stale = true;
        self.review.percent = 0;
        // What is made while it is being read may be behind what it reads, and is looked for afterwards.
        self.review.grown_at = self.run.board.made();
        let near = self.audit.goal.map(|goal| goal.candidate).or(self.review.going).or(self.review.selected);
        let me = self.settings.reviewer.clone();
        let filter = self.review.filter.asked_by(&me);
        vec![Effect::List { listing: self.review.listing, filter, me, near }]
    }

    /// The filter that the screen is opened with.
    pub fn begin_with_filter(&mut self, text: &str) -> Vec<Effect> {
        self.filter_by(text)
    }

    /// Lists by a filter, which is told of where it is wrong.
    pub(super) fn filter_by(&mut self, text: &str) -> Vec<Effect> {
        match Filter::parse(text) {
            Ok(filter) => {
                self.lines.add(Purpose::Filter, text);
                self.review.filter = filter;
                self.relist()
            }
            Err(e) => {
                self.warn(e.to_string());
                Vec::new()
            }
        }
    }

    pub(super) fn listed(&mut self, listing: u64, found: Result<Found, StoreError>) -> Vec<Effect> {
        if listing != self.review.listing {
            return Vec::new();
        }
        match found {
            Ok(found) => {
                self.review.list(found);
                self.keep_in_view();
                let mut effects = self.go_to_edge();
                effects.extend(self.aim());
                effects.extend(self.look());
                effects
            }
            Err(e) => {
                // The list before it stays; what was typed for this one is not about that.
                (self.review.loading, self.review.stale) = (false, false);
                self.audit.stop_going();
                self.warn(e.to_string());
                self.forget_held();
                Vec::new()
            }
        }
    }

    pub(super) fn listed_more(&mut self, listing: u64, more: &More) -> Vec<Effect> {
        if listing != self.review.listing {
            return Vec::new();
        }
        self.review.list_more(more);
        if self.review.stale {
            return Vec::new();
        }
        let height = layout::review(self).rows(Pane::List).max(1);
        self.note_seen(height);
        let mut effects = self.go_to_edge();
        effects.extend(self.aim());
        effects.extend(self.look());
        effects
    }

    /// To the end of the list that was asked for, as far as the list is read by now.
    fn go_to_edge(&mut self) -> Vec<Effect> {
        let to = match self.review.edge {
            Some(Edge::First) => self.review.ids.first(),
            Some(Edge::Last) => self.review.ids.last(),
            None => return Vec::new(),
        };
        if !self.review.loading {
            self.review.edge = None;
        }
        self.select(to)
    }

    pub(super) fn grown(&mut self, listing: u64, more: &More) -> Vec<Effect> {
        self.review.growing = false;
        if listing != self.review.listing {
            return Vec::new();
        }
        let before = self.review.selected;
        self.review.grow(more);
        if more.ids.is_empty() {
            return Vec::new();
        }
        if before.is_none() {
            self.keep_in_view();
        }
        self.review.behind = true;
        let mut effects = self.follow_newest();
        effects.extend(self.look());
        effects
    }

    /// Goes with the newest candidate, where it is followed; but under nobody's hands.
    pub(super) fn follow_newest(&mut self) -> Vec<Effect> {
        if !self.review.follow || !self.review.behind || self.is_at_work() {
            return Vec::new();
        }
        self.review.behind = false;
        self.select(self.review.ids.last())
    }

    /// Whether somebody is typing, or was a moment ago.
    fn is_at_work(&self) -> bool {
        let is_typing = !self.typed.pending().is_empty() || self.typed.count().is_some() || !self.held.is_empty();
        let was_typing = self.touched.is_some_and(|at| self.now.saturating_sub(at) < STILL);
        is_typing || was_typing || self.prompt.is_some() || self.overlay.is_some()
    }

    /// What has to be read for what is on the screen now: rows of the list, the selected candidate, its neighbours.
    pub(super) fn look(&mut self) -> Vec<Effect> {
        let mut effects = self.rows_wanted();
        effects.extend(self.open_selected());
        self.show_selected();
        effects
    }

    /// Those on the screen and around it.
    pub(super) fn near(&self) -> Vec<i64> {
        let height = usize::from(self.size.1);
        let from = self.review.top.saturating_sub(height);
        self.review.ids.some(from, self.review.top + 2 * height - from)
    }

    fn rows_wanted(&mut self) -> Vec<Effect> {
        let near = self.near();
        if self.review.rows.len() > ROWS_KEPT {
            let keep: HashSet<i64> = near.iter().copied().collect();
            self.review.rows.retain(|id, _| keep.contains(id));
        }
        let wanted: Vec<i64> = near.into_iter().filter(|id| !self.review.rows.contains_key(id)).collect();
        if wanted.is_empty() { Vec::new() } else { vec![Effect::Rows(wanted)] }
    }

    /// Opens the selected candidate and, behind it, those that come next.
    fn open_selected(&mut self) -> Vec<Effect> {
        let Some(selected) = self.review.selected else { return Vec::new() };
        let measure = layout::measure(self);
        let next = [self.review.neighbour(1), self.review.disagreement(true), self.review.neighbour(-1)];
        let mut ids = vec![selected];
        ids.extend(next.into_iter().flatten());
        let mut wanted: Vec<i64> = Vec::with_capacity(ids.len());
        for id in ids {
            let is_ready = self.review.is_ready(id, measure) && self.is_in_its_form(id);
            if !wanted.contains(&id) && !is_ready {
                wanted.push(id);
            }
        }
        if wanted.is_empty() {
            return Vec::new();
        }
        let unrevised = self.as_they_came(&wanted);
        vec![Effect::Open { ids: wanted, measure, raw: self.review.raw, unrevised }]
    }

    /// Whether an open candidate is read as it is to be: as it came, or as it was revised.
    fn is_in_its_form(&self, id: i64) -> bool {
        let view = self.review.book_of(id).map(|book| &book.view);
        view.is_none_or(|v| v.revised.is_none() || v.shows_revised().is_some() != self.reads_as_it_came(id))
    }

    /// Typesets an open candidate's texts, which are not what they were.
    pub(super) fn typeset_anew(&self, id: i64) -> Vec<Effect> {
        let Some(book) = self.review.book_of(id) else { return Vec::new() };
        let (view, response, measure) = (Arc::clone(&book.view), book.response, layout::measure(self));
        vec![Effect::Typeset { view, response, measure, raw: self.review.raw }]
    }

    /// Texts for another width, or as they came.
    pub(super) fn reread(&mut self) -> Vec<Effect> {
        self.keep_in_view();
        let mut effects = self.look();
        // What is open keeps its response; only its texts are made anew.
        if let Some(book) = self.review.selected_book() {
            effects.push(Effect::Typeset {
                view: Arc::clone(&book.view),
                response: book.response,
                measure: layout::measure(self),
                raw: self.review.raw,
            });
        }
        effects
    }

    /// Shows the selected candidate as soon as its texts are there, or the reason why they cannot be; until then the one
    /// before stays.
    pub(super) fn show_selected(&mut self) {
        let Some(selected) = self.review.selected else {
            self.review.shown = None;
            return;
        };
        let is_there = self.review.selected_book().is_some_and(|b| b.texts.is_some());
        if self.review.shown != Some(selected) && (is_there || self.review.fault_of(selected).is_some()) {
            self.review.shown = Some(selected);
            self.review.scroll = TextsOf::default();
            self.leave_what_is_not_there();
        }
        self.clamp_scroll();
    }

    /// A pane that this candidate lacks cannot keep the focus.
    fn leave_what_is_not_there(&mut self) {
        let there = layout::available(&self.review);
        if !there.contains(&self.review.pane) {
            self.review.pane = Pane::Question;
        }
        if !there.contains(&self.review.reading.0) {
            self.review.reading = Reading(Pane::Question);
        }
    }

    pub(super) fn select(&mut self, id: Option<i64>) -> Vec<Effect> {
        if let Some(id) = id {
            self.review.selected = Some(id);
            self.keep_in_view();
        }
        self.look()
    }

    /// To the item at a distance; says so where there is none.
    pub(super) fn step(&mut self, by: isize) -> Vec<Effect> {
        let to = self.review.neighbour(by);
        if to.is_some() && to == self.review.selected {
            self.tell(if by > 0 { "this is the last one" } else { "this is the first one" });
        }
        if by < 0 {
            self.review.follow = false;
        }
        self.select(to)
    }

    pub(super) fn go_to_disagreement(&mut self, forwards: bool, times: u32) -> Vec<Effect> {
        if self.is_judging_plan() && forwards {
            return self.plan_next(false);
        }
        if self.review.blind {
            // To be taken to a disagreement is to be told the verdict.
            let next = self.settings.keymap.hint(Action::NextItem).unwrap_or_default();
            self.tell(format!("blind: which ones disagree is not told; {next} goes on"));
            return Vec::new();
        }
        let mut found = false;
        for _ in 0..times {
            let Some(id) = self.review.disagreement(forwards) else { break };
            self.review.selected = Some(id);
            found = true;
        }
        if !found {
            let n = self.review.disagreements.len();
            self.tell(match (n, forwards) {
                (0, _) => "no disagreement in this list".to_owned(),
                (_, true) => format!("no disagreement after this one ({n} in this list)"),
                (_, false) => format!("no disagreement before this one ({n} in this list)"),
            });
        }
        self.review.follow = false;
        self.select(self.review.selected)
    }

    pub(super) fn move_in_list(&mut self, action: Action, count: Option<u32>) -> Vec<Effect> {
        let page = isize::try_from(layout::review(self).rows(Pane::List).max(1)).unwrap_or(1);
        let times = isize::try_from(count.unwrap_or(1)).unwrap_or(1);
        match action {
            Action::Down => self.step(times),
            Action::Up => self.step(-times),
            Action::HalfDown => self.step(times * (page / 2).max(1)),
            Action::HalfUp => self.step(-times * (page / 2).max(1)),
            Action::PageDown => self.step(times * page),
            Action::PageUp => self.step(-times * page),
            Action::First => {
                self.review.edge = self.review.loading.then_some(Edge::First);
                self.select(self.review.ids.first())
            }
            _ => {
                // With a count: to the candidate of that number, or the next one there is.
                if let Some(number) = count {
                    return self.select(self.review.numbered(i64::from(number)));
                }
                self.review.edge = self.review.loading.then_some(Edge::Last);
                self.select(self.review.ids.last())
            }
        }
    }

    pub(super) fn scroll_text(&mut self, action: Action, count: Option<u32>) -> Vec<Effect> {
        let pane = self.review.pane;
        let rows = layout::review(self).rows(pane).max(1);
        let length = self.review.laid(pane).map_or(0, crate::tui::text::Laid::len);
        let times = count.unwrap_or(1) as usize;
        let last = length.saturating_sub(rows);
        let top = self.review.scroll_mut(pane);
        *top = match action {
            Action::Down => top.saturating_add(times),
            Action::Up => top.saturating_sub(times),
            Action::HalfDown => *top + rows / 2,
            Action::HalfUp => top.saturating_sub(rows / 2),
            Action::PageDown => *top + rows,
            Action::PageUp => top.saturating_sub(rows),
            Action::First => 0,
            _ => count.map_or(last, |n| n.saturating_sub(1) as usize),
        }
        .min(last);
        Vec::new()
    }

    /// No text is scrolled beyond its end.
    fn clamp_scroll(&mut self) {
        let places = layout::review(self);
        for pane in [Pane::Question, Pane::Code, Pane::Output, Pane::Cot] {
            let length = self.review.laid(pane).map_or(0, crate::tui::text::Laid::len);
            let rows = places.rows(pane);
            if rows > 0 {
                let top = self.review.scroll_mut(pane);
                *top = (*top).min(length.saturating_sub(rows));
            }
        }
    }

    /// Scrolls the list so that the selection is on it, and notes what the reader has had on the screen.
    pub(super) fn keep_in_view(&mut self) {
        let height = layout::review(self).rows(Pane::List).max(1);
        let length = self.review.ids.len();
        if let Some(at) = self.review.position() {
            // A row of context on each side, where there is room for it.
            let margin = usize::from(height > 4);
            if at < self.review.top + margin {
                self.review.top = at.saturating_sub(margin);
            } else if at + margin >= self.review.top + height {
                self.review.top = at + margin + 1 - height;
            }
        }
        self.review.top = self.review.top.min(length.saturating_sub(height));
        self.note_seen(height);
    }

    /// Candidates that are on the list's visible rows are not new any more.
    pub(super) fn note_seen(&mut self, height: usize) {
        let bottom = (self.review.top + height).min(self.review.ids.len());
        if let Some(last) = bottom.checked_sub(1).and_then(|at| self.review.ids.get(at)) {
            let last = if self.review.is_sorted() { self.review.newest() } else { last };
            self.review.seen = self.review.seen.max(last);
        }
    }

    pub(super) fn focus(&mut self, pane: Pane) {
        self.review.pane = pane;
        if pane != Pane::List {
            self.review.reading = Reading(pane);
        }
    }

    pub(super) fn turn_pane(&mut self, forwards: bool) -> Vec<Effect> {
        match self.screen {
            Screen::Run => return self.select_stage(forwards),
            Screen::Audit => return Vec::new(),
            Screen::Rules => return self.turn_rules_pane(),
            Screen::Seeds => return self.turn_seeds_pane(forwards),
            Screen::Export => {
                self.turn_export_pane(forwards);
                return Vec::new();
            }
            Screen::Review => {}
        }
        let there = layout::available(&self.review);
        let at = there.iter().position(|p| *p == self.review.pane).unwrap_or(0);
        let to = if forwards { (at + 1) % there.len() } else { (at + there.len() - 1) % there.len() };
        self.focus(there[to]);
        self.clamp_scroll();
        self.look()
    }

    pub(super) fn zoom(&mut self) -> Vec<Effect> {
        // Entering from the list means reading what is selected.
        if !self.review.zoom && self.review.pane == Pane::List {
            let pane = self.review.reading.0;
            self.focus(pane);
        } else {
            self.review.zoom = !self.review.zoom;
        }
        self.reread()
    }

    pub(super) fn turn_response(&mut self, forwards: bool) -> Vec<Effect> {
        let Some(id) = self.review.selected else { return Vec::new() };
        let measure = layout::measure(self);
        let raw = self.review.raw;
        let Some(book) = self.review.book_mut(id) else { return Vec::new() };
        let n = book.view.responses.len();
        if n < 2 {
            self.tell(if n == 1 { "it has one response" } else { "it has no response" });
            return Vec::new();
        }
        book.response = if forwards { (book.response + 1) % n } else { (book.response + n - 1) % n };
        let effect = Effect::Typeset { view: Arc::clone(&book.view), response: book.response, measure, raw };
        self.review.scroll.cot = 0;
        vec![effect]
    }

    /// Turns to the response that another screen sent the reader to, once its candidate is open.
    pub(super) fn turn_to_wanted(&mut self, id: i64) -> Vec<Effect> {
        let Some((_, sample)) = self.review.wanted.filter(|(candidate, _)| *candidate == id) else { return Vec::new() };
        let (measure, raw) = (layout::measure(self), self.review.raw);
        let Some(book) = self.review.book_mut(id) else { return Vec::new() };
        let at = book.view.responses.iter().position(|r| r.record.sample == sample);
        let turned = at.filter(|at| *at != book.response).map(|at| {
            book.response = at;
            Effect::Typeset { view: Arc::clone(&book.view), response: at, measure, raw }
        });
        self.review.wanted = None;
        turned.into_iter().collect()
    }
}
