//! The mouse: a click selects and focuses, the wheel scrolls what is under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use crate::tui::action::Action;
use crate::tui::app::{App, Screen};
use crate::tui::effect::Effect;
use crate::tui::layout;
use crate::tui::review::Pane;

/// Rows that a notch of the wheel scrolls.
const NOTCH: u32 = 3;

impl App {
    pub(super) fn mouse(&mut self, event: MouseEvent) -> Vec<Effect> {
        let wheel = match event.kind {
            MouseEventKind::ScrollDown => Some(Action::Down),
            MouseEventKind::ScrollUp => Some(Action::Up),
            MouseEventKind::Down(MouseButton::Left) => None,
            _ => return Vec::new(),
        };
        self.review.edge = None;
        if self.overlay.is_some() {
            if let Some(action) = wheel {
                self.scroll_overlay(if action == Action::Down { 3 } else { -3 });
            }
            return Vec::new();
        }
        // What is clicked on is selected after what was typed before is taken in, or not at all.
        if self.prompt.is_some() || wheel.is_none() && !self.held.is_empty() {
            return Vec::new();
        }
        if self.screen == Screen::Seeds {
            return self.mouse_in_seeds(event, wheel, NOTCH);
        }
        if self.screen == Screen::Export {
            return self.mouse_in_export(event, wheel, NOTCH);
        }
        if self.screen != Screen::Review {
            return wheel.map_or_else(Vec::new, |action| self.act(action, Some(NOTCH)));
        }
        let places = layout::review(self);
        let Some(pane) = places.at(event.column, event.row) else { return Vec::new() };
        match wheel {
            Some(action) if pane == Pane::List => self.wheel_list(action),
            Some(action) => {
                let before = self.review.pane;
                self.review.pane = pane;
                let effects = self.scroll_text(action, Some(NOTCH));
                self.review.pane = before;
                effects
            }
            None => {
                self.focus(pane);
                let Some(area) = places.of(pane).filter(|_| pane == Pane::List) else { return self.look() };
                let row = event.row.checked_sub(area.y + 1).map(usize::from);
                let id = row.and_then(|row| self.review.ids.get(self.review.top + row));
                self.select(id)
            }
        }
    }

    /// The wheel moves the list under a selection that stays.
    fn wheel_list(&mut self, action: Action) -> Vec<Effect> {
        let height = layout::review(self).rows(Pane::List).max(1);
        let last = self.review.ids.len().saturating_sub(height);
        let by = NOTCH as usize;
        let top = &mut self.review.top;
        *top = if action == Action::Down { (*top + by).min(last) } else { top.saturating_sub(by) };
        self.note_seen(height);
        self.look()
    }
}
