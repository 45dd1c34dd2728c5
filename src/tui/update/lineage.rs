//! Walking a lineage: to the parent, to a child, and back.

use crate::review::cleaned::clean_line;
use crate::store::{Lineage, StoreError};
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Screen};
use crate::tui::effect::{Effect, Toward};
use crate::tui::sheets::{self, Relative};

/// Steps back that are kept.
const KEPT: usize = 100;

impl App {
    pub(super) fn walk(&mut self, action: Action) -> Vec<Effect> {
        if action == Action::ToEarlier {
            return self.walk_back();
        }
        let Some(id) = self.review.selected else { return Vec::new() };
        match action {
            Action::ToParent | Action::ToChild => {
                self.review.walking = true;
                let toward = if action == Action::ToParent { Toward::Parent } else { Toward::Child };
                vec![Effect::Lineage(id, toward)]
            }
            _ => {
                self.overlay = Some(Overlay::Lineage { found: None, selected: 0 });
                let mut effects = vec![Effect::Lineage(id, Toward::Panel)];
                // What the seeds ask is said beside their ids.
                if self.seeds.found.is_none() && !self.seeds.loading {
                    effects.extend(self.read_seeds());
                }
                effects
            }
        }
    }

    pub(super) fn lineage_read(&mut self, toward: Toward, found: Result<Lineage, StoreError>) -> Vec<Effect> {
        if toward != Toward::Panel {
            self.review.walking = false;
        }
        let lineage = match found {
            // Unless the reader has gone on meanwhile.
            Ok(lineage) if self.review.selected == Some(lineage.this.id) => lineage,
            found => {
                if let Err(e) = found {
                    self.warn(e.to_string());
                }
                if matches!(self.overlay, Some(Overlay::Lineage { found: None, .. })) {
                    self.overlay = None;
                }
                self.forget_held();
                return Vec::new();
            }
        };
        let to = match toward {
            Toward::Panel => {
                if let Some(Overlay::Lineage { found, selected }) = &mut self.overlay {
                    *selected = sheets::first_relative(&lineage);
                    *found = Some(Box::new(lineage));
                }
                return Vec::new();
            }
            Toward::Parent => lineage.ancestors.last(),
            Toward::Child => lineage.children.first(),
        };
        if let Some(id) = to.map(|step| step.id) {
            return self.visit(id, &lineage);
        }
        self.tell(match (toward, &lineage.missing) {
            (Toward::Parent, Some(_)) => "the candidate it was made of is not in this store",
            (Toward::Parent, None) => "it was made of no other candidate",
            _ => "nothing was made of it",
        });
        self.forget_held();
        Vec::new()
    }

    /// Goes to what is selected on the sheet: to a candidate, or to a seed on its screen.
    pub(super) fn go_to_relative(&mut self) -> Vec<Effect> {
        let Some(Overlay::Lineage { found: Some(lineage), selected }) = self.overlay.take() else { return Vec::new() };
        match sheets::relatives(&lineage).get(selected) {
            Some(Relative::Candidate(step)) if Some(step.id) != self.review.selected => self.visit(step.id, &lineage),
            Some(Relative::Seed(id)) if self.seeds.found.is_some() && self.seeds.named(id).is_none() => {
                self.warn(format!("seed {} is not among the project's seeds any more", clean_line(id)));
                Vec::new()
            }
            Some(Relative::Seed(id)) => {
                self.seeds.wanted = Some((*id).to_owned());
                self.go(Screen::Seeds)
            }
            _ => Vec::new(),
        }
    }

    /// Goes to a candidate of a lineage. Where the list does not have it, the lineage becomes the list.
    fn visit(&mut self, id: i64, lineage: &Lineage) -> Vec<Effect> {
        if let Some(from) = self.review.selected {
            self.review.trail.push((from, self.review.filter.to_string()));
            let over = self.review.trail.len().saturating_sub(KEPT);
            self.review.trail.drain(..over);
        }
        self.review.follow = false;
        if self.review.contains(id) {
            return self.select(Some(id));
        }
        let ids: Vec<String> = lineage.steps().map(|step| step.id.to_string()).collect();
        self.review.going = Some(id);
        let back = self.settings.keymap.hint(Action::ToEarlier).unwrap_or_default();
        self.tell(format!("its lineage is listed; {back} goes back"));
        self.filter_by(&format!("id:{}", ids.join(",")))
    }

    fn walk_back(&mut self) -> Vec<Effect> {
        let Some((id, filter)) = self.review.trail.pop() else {
            self.tell("there is nothing to go back to");
            return Vec::new();
        };
        if self.review.filter.to_string() == filter && self.review.contains(id) {
            return self.select(Some(id));
        }
        self.review.going = Some(id);
        self.filter_by(&filter)
    }
}
