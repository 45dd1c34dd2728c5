//! Searching in a pane: typing what for, and from hit to hit.

use std::sync::Arc;

use crate::store::IdSet;
use crate::tui::action::Action;
use crate::tui::app::{App, Screen};
use crate::tui::effect::Effect;
use crate::tui::find::Find;
use crate::tui::layout;
use crate::tui::prompt::{Prompt, Purpose};
use crate::tui::review::Pane;

impl App {
    /// A line for what is looked for in the pane; from the list, in the pane that was read last.
    pub(super) fn open_find(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.review.pane == Pane::List {
            let pane = self.review.reading.0;
            self.focus(pane);
            effects = self.look();
        }
        let pane = self.review.pane;
        self.review.find = Some(Find::new(pane, self.review.scroll_of(pane)));
        self.prompt = Some(Prompt::new(Purpose::Find, "", IdSet::default()));
        effects
    }

    /// Looks for what has been typed so far.
    pub(super) fn find_typed(&mut self, query: String) {
        if let Some(find) = &mut self.review.find {
            let from = find.from;
            find.look_for(query, from);
        }
        self.show_hit();
    }

    /// Keeps the hits, once the line is finished; nothing typed is no search.
    pub(super) fn find_entered(&mut self) {
        let key = |action| self.settings.keymap.hint(action).unwrap_or_default();
        let told = match &self.review.find {
            Some(find) if find.query.is_empty() => None,
            Some(find) if find.hits.is_empty() => Some(format!("nothing here says “{}”", find.query)),
            Some(_) => {
                let (next, previous) = (key(Action::NextDisagreement), key(Action::PreviousDisagreement));
                let told = format!("{next} and {previous} go from hit to hit; {} ends the search", key(Action::Back));
                self.tell(told);
                return;
            }
            None => None,
        };
        self.review.find = None;
        if let Some(told) = told {
            self.tell(told);
        }
    }

    /// Forgets the search, and shows what was shown before it.
    pub(super) fn find_left(&mut self) {
        if let Some(find) = self.review.find.take() {
            *self.review.scroll_mut(find.pane) = find.from;
        }
    }

    /// Whether the next hit is what comes next.
    pub fn is_finding(&self) -> bool {
        self.screen == Screen::Review && self.review.pane != Pane::List && self.review.find.is_some()
    }

    pub(super) fn go_to_hit(&mut self, forwards: bool, times: u32) -> Vec<Effect> {
        let round = self.review.find.as_mut().is_some_and(|find| find.step(forwards, times as usize));
        if round {
            self.tell(if forwards { "from the beginning again" } else { "from the end again" });
        } else if self.review.find.as_ref().is_some_and(|find| find.hits.is_empty()) {
            self.tell("it is not here");
        }
        self.show_hit();
        Vec::new()
    }

    /// Scrolls so that the hit is seen, with a third of the pane above it.
    fn show_hit(&mut self) {
        let Some(find) = &self.review.find else { return };
        let (pane, row) = (find.pane, find.row().unwrap_or(find.from));
        let height = layout::review(self).rows(pane).max(1);
        let length = self.review.laid(pane).map_or(0, crate::tui::text::Laid::len);
        let top = self.review.scroll_mut(pane);
        if row < *top || row >= *top + height {
            *top = row.saturating_sub(height / 3);
        }
        *top = (*top).min(length.saturating_sub(height));
    }

    /// Goes with the reader: to another pane, another candidate, another width.
    pub(super) fn keep_finding(&mut self) {
        let Some(mut find) = self.review.find.take() else { return };
        if self.review.pane != Pane::List {
            find.pane = self.review.pane;
        }
        let text = self.review.text_of(find.pane);
        if !find.has_read(text) {
            let text = text.map(Arc::clone);
            find.read(text, self.review.scroll_of(find.pane));
        }
        self.review.find = Some(find);
    }
}
