//! The seeds screen: finding, checking, editing, and making problems after one; and promoting a candidate to a seed.

use std::sync::Arc;

use crossterm::event::MouseEvent;
use ratatui::layout::Rect;

use crate::dataset::{Datapoint, from_sheet, sheet};
use crate::review::promotion::{Unfit, promoted};
use crate::store::IdSet;
use crate::tui::action::Action;
use crate::tui::app::{App, Screen};
use crate::tui::effect::{Beginning, Effect};
use crate::tui::layout;
use crate::tui::prompt::{Prompt, Purpose};
use crate::tui::seeds::{Checking, Pane, SeedTexts, outcome, places, took, widths};
use crate::tui::text;
use crate::tui::text::Laid;
use crate::tui::workbench::{SeedCheck, Seeds, Written};

impl App {
    /// Reads the seeds; what was read before stays meanwhile.
    pub(super) fn read_seeds(&mut self) -> Vec<Effect> {
        if self.project.is_none() {
            return Vec::new();
        }
        self.seeds.loading = true;
        vec![Effect::Seeds]
    }

    pub(super) fn seeds_read(&mut self, found: Result<Seeds, String>) -> Vec<Effect> {
        self.seeds.loading = false;
        match found {
            Ok(found) => {
                let is_news = self.seeds.found.is_none() && self.screen == Screen::Seeds;
                if let Some(first) = found.bad.first().filter(|_| is_news) {
                    let first = format!("left out: {first}");
                    self.warn(first);
                }
                self.seeds.list(Arc::new(found));
                self.keep_seed_in_view();
                let mut effects = self.typeset_seed();
                effects.extend(self.check_written());
                effects
            }
            Err(e) => {
                self.seeds.fault = Some(e);
                self.seeds.wanted = None;
                self.forget_held();
                Vec::new()
            }
        }
    }

    /// A key of the seeds screen.
    pub(super) fn seeds_action(&mut self, action: Action) -> Vec<Effect> {
        if self.screen != Screen::Seeds {
            return Vec::new();
        }
        match action {
            Action::FilterSeeds => {
                // Also while they are being read: what is typed is searched for as soon as they are there.
                if self.project.is_some() {
                    let query = self.seeds.query.clone();
                    self.prompt = Some(Prompt::new(Purpose::Seeds, &query, IdSet::default()));
                }
                Vec::new()
            }
            Action::NextDomain | Action::PreviousDomain => {
                self.seeds.step_domain(action == Action::NextDomain);
                self.look_at_seed()
            }
            Action::CheckSeed => {
                let selected = self.seeds.row().map(|row| Arc::clone(&row.seed));
                self.check_seeds(selected.into_iter().collect())
            }
            Action::CheckShown => {
                let listed = self.seeds.listed();
                self.check_seeds(listed)
            }
            Action::EditSeed => self.edit_seed(),
            _ => self.make_from_seed(),
        }
    }

    /// Lists what is typed, as it is typed.
    pub(super) fn search_seeds(&mut self, query: &str) -> Vec<Effect> {
        query.clone_into(&mut self.seeds.query);
        self.seeds.filter();
        self.look_at_seed()
    }

    /// Says why nothing can be done with a seed; there may be one in a moment.
    fn no_seed(&mut self, why: &str) -> Vec<Effect> {
        self.tell(if self.seeds.loading { "still reading the seeds; once more in a moment" } else { why });
        Vec::new()
    }

    fn check_seeds(&mut self, seeds: Vec<Arc<Datapoint>>) -> Vec<Effect> {
        if seeds.is_empty() {
            return self.no_seed("no seed is listed that could be checked");
        }
        self.seeds.asked += 1;
        self.seeds.checking = Some(Checking { done: 0, all: seeds.len() });
        vec![Effect::CheckSeeds { nth: self.seeds.asked, seeds }]
    }

    /// Checks the seed that was just written, now that it is listed: whether it holds is what is asked next.
    fn check_written(&mut self) -> Vec<Effect> {
        // One that is under way ends first.
        let Some((id, _)) = self.seeds.unchecked.as_ref().filter(|_| self.seeds.checking.is_none()) else {
            return Vec::new();
        };
        if let Some(seed) = self.seeds.named(id).map(|row| Arc::clone(&row.seed)) {
            return self.check_seeds(vec![seed]);
        }
        self.seeds.unchecked = None;
        Vec::new()
    }

    /// Ends the check where it is; what was checked stays.
    pub(super) fn stop_check(&mut self) -> Option<Vec<Effect>> {
        let Checking { done, all } = self.seeds.checking.take()?;
        self.seeds.asked += 1;
        self.tell(format!("stopped; {done} of {} checked", text::some(all as u64, "seed")));
        Some(vec![Effect::EndCheck])
    }

    pub(super) fn seed_checked(&mut self, nth: u64, check: SeedCheck) -> Vec<Effect> {
        let Some(checking) = self.seeds.checking.as_mut().filter(|_| nth == self.seeds.asked) else {
            return Vec::new();
        };
        checking.done += 1;
        let is_selected = self.seeds.selected.as_ref() == Some(&check.id);
        if checking.all == 1 {
            let written = self.seeds.unchecked.take_if(|(id, _)| *id == check.id);
            let written = written.map_or_else(String::new, |(_, told)| format!("{told} · "));
            let verdict = format!("{written}{} in {}", outcome(&check), took(&check));
            if check.verdict.is_none() { self.warn(verdict) } else { self.tell(verdict) }
        }
        self.seeds.checks.insert(check.id.clone(), Arc::new(check));
        if is_selected { self.typeset_seed() } else { Vec::new() }
    }

    pub(super) fn checks_ended(&mut self, nth: u64, ended: Result<(), String>) -> Vec<Effect> {
        if nth != self.seeds.asked {
            return Vec::new();
        }
        let Some(checking) = self.seeds.checking.take() else { return Vec::new() };
        match ended {
            Err(e) => self.warn(e),
            Ok(()) if checking.all > 1 => {
                let (right, other, unchecked) = self.seeds.counts();
                let rest = if unchecked > 0 { format!(", {unchecked} not checked") } else { String::new() };
                self.tell(format!("{right} equivalent, {other} not{rest}"));
            }
            Ok(()) => {}
        }
        self.check_written()
    }

    fn edit_seed(&mut self) -> Vec<Effect> {
        if self.is_read_only() {
            self.warn(self.reads_alone());
            return Vec::new();
        }
        let Some(seed) = self.seeds.row().map(|row| Arc::clone(&row.seed)) else {
            return self.no_seed("no seed is selected");
        };
        let draft = self.seeds.drafts.get(&seed.id).cloned();
        let text = draft.map_or_else(|| sheet(&seed), |(text, _)| text);
        vec![Effect::EditSeed(seed, text)]
    }

    pub(super) fn seed_edited(&mut self, seed: Arc<Datapoint>, edited: Result<Option<String>, String>) -> Vec<Effect> {
        let text = match edited {
            Ok(Some(text)) => text,
            Ok(None) if self.seeds.drafts.contains_key(&seed.id) => {
                let key = self.settings.keymap.hint(Action::EditSeed).unwrap_or_default();
                self.warn(format!("what you wrote is not kept yet; {key} opens it again"));
                return Vec::new();
            }
            Ok(None) => {
                self.tell("nothing was changed");
                return Vec::new();
            }
            Err(e) => {
                self.warn(e);
                return Vec::new();
            }
        };
        match from_sheet(&text, &seed) {
            Ok(new) if new.to_value() == seed.to_value() => {
                self.seeds.drafts.remove(&seed.id);
                self.tell("nothing was changed");
                Vec::new()
            }
            Ok(new) => {
                // Kept until it is written: what somebody wrote is not lost to a full disk.
                self.seeds.drafts.insert(seed.id.clone(), (text, seed.place.clone()));
                self.seeds.writing = true;
                vec![Effect::WriteSeed { old: Some(seed), new: Box::new(new) }]
            }
            Err(e) => {
                self.seeds.drafts.insert(seed.id.clone(), (text, seed.place.clone()));
                let key = self.settings.keymap.hint(Action::EditSeed).unwrap_or_default();
                self.warn(format!("{e}; {key} opens what you wrote again"));
                Vec::new()
            }
        }
    }

    /// A seed was written, in place of an old one or as a new one.
    pub(super) fn seed_written(&mut self, old: Option<&str>, written: Result<Written, String>) -> Vec<Effect> {
        self.seeds.writing = false;
        match (old, written) {
            (None, Ok(written)) => {
                let key = self.settings.keymap.hint(Action::GoSeeds).unwrap_or_default();
                self.tell(format!("promoted to a seed, {}; {key} shows it", written.told));
                self.seeds.wanted = Some(written.id);
                Vec::new()
            }
            (Some(old), Ok(written)) => {
                self.seeds.unchecked = Some((written.id.clone(), written.told.clone()));
                self.tell(written.told);
                self.seeds.drafts.remove(old);
                // What it says may be the same, and what it is run and compared with another.
                self.seeds.checks.remove(&written.id);
                self.seeds.wanted = Some(written.id);
                self.read_seeds()
            }
            (Some(_), Err(e)) => {
                let key = self.settings.keymap.hint(Action::EditSeed).unwrap_or_default();
                self.warn(format!("{e}; {key} opens what you wrote again"));
                self.forget_held();
                // The file may be another one by now.
                self.read_seeds()
            }
            (None, Err(e)) => {
                self.warn(e);
                self.forget_held();
                Vec::new()
            }
        }
    }

    /// Begins a run of a few candidates that are made after the selected seed.
    fn make_from_seed(&mut self) -> Vec<Effect> {
        let Some(seed) = self.seeds.row().map(|row| Arc::clone(&row.seed)) else {
            return self.no_seed("no seed is selected");
        };
        if self.is_running() {
            self.warn("a run is under way; let it end, or stop it, before another one begins");
            return Vec::new();
        }
        if self.is_read_only() {
            self.warn(self.reads_alone());
            return Vec::new();
        }
        self.run.wanted = Some(Beginning::After(seed));
        let mut effects = self.go_to_run();
        effects.extend(self.begin_run());
        effects
    }

    /// Makes the selected candidate a seed of the project.
    pub(super) fn promote(&mut self) -> Vec<Effect> {
        if self.screen != Screen::Review || !self.may_decide() {
            return Vec::new();
        }
        let Some(book) = self.review.selected_book() else {
            self.tell("still reading; once more in a moment");
            return Vec::new();
        };
        let accept = self.settings.keymap.hint(Action::AcceptStay).unwrap_or_default();
        match promoted(&book.view) {
            Ok(seed) => vec![Effect::WriteSeed { old: None, new: Box::new(seed) }],
            Err(Unfit::NotAccepted) => {
                self.warn(format!("only what a person has accepted becomes a seed; {accept} accepts it"));
                Vec::new()
            }
            Err(Unfit::NoCode) => {
                self.warn("a seed has code that prints its answer, and this candidate has none");
                Vec::new()
            }
            Err(Unfit::ReferenceWrong) => {
                let correct = self.settings.keymap.hint(Action::Correct).unwrap_or_default();
                self.warn(format!(
                    "a person said that its answer is wrong, and a seed's is right; {correct} corrects it"
                ));
                Vec::new()
            }
        }
    }

    pub(super) fn move_in_seeds(&mut self, action: Action, count: Option<u32>) -> Vec<Effect> {
        let pane = self.seeds.pane;
        let page = self.seed_rows(pane).max(2);
        let times = count.unwrap_or(1) as usize;
        if pane != Pane::List {
            let last = self.seeds.laid(pane).map_or(0, Laid::len).saturating_sub(page);
            let top = self.seeds.scroll_mut(pane);
            *top = match action {
                Action::Down => top.saturating_add(times),
                Action::Up => top.saturating_sub(times),
                Action::HalfDown => *top + page / 2,
                Action::HalfUp => top.saturating_sub(page / 2),
                Action::PageDown => *top + page,
                Action::PageUp => top.saturating_sub(page),
                Action::First => 0,
                _ => last,
            }
            .min(last);
            return Vec::new();
        }
        let by = match action {
            Action::Down | Action::Up => times,
            Action::HalfDown | Action::HalfUp => page / 2,
            Action::PageDown | Action::PageUp => page,
            _ => usize::MAX / 4,
        };
        let by = isize::try_from(by).unwrap_or(isize::MAX / 4);
        let down = matches!(action, Action::Down | Action::HalfDown | Action::PageDown | Action::Last);
        self.seeds.step(if down { by } else { -by });
        self.look_at_seed()
    }

    /// Back within the screen: ends a check, leaves a text, lists all again; none where there is nothing to go back from.
    pub(super) fn back_in_seeds(&mut self) -> Option<Vec<Effect>> {
        if let Some(effects) = self.stop_check() {
            return Some(effects);
        }
        if self.seeds.pane != Pane::List {
            self.seeds.pane = Pane::List;
            return Some(self.look_at_seed());
        }
        (!self.seeds.query.is_empty()).then(|| self.search_seeds(""))
    }

    pub(super) fn turn_seeds_pane(&mut self, forwards: bool) -> Vec<Effect> {
        let n = Pane::ALL.len();
        let at = Pane::ALL.iter().position(|p| *p == self.seeds.pane).unwrap_or(0);
        self.seeds.pane = Pane::ALL[if forwards { (at + 1) % n } else { (at + n - 1) % n }];
        self.look_at_seed()
    }

    /// A click or the wheel.
    pub(super) fn mouse_in_seeds(&mut self, event: MouseEvent, wheel: Option<Action>, notch: u32) -> Vec<Effect> {
        let panes = places(self.seeds_body(), &self.seeds);
        let Some((pane, area)) = panes.into_iter().rev().find(|(_, r)| r.contains((event.column, event.row).into()))
        else {
            return Vec::new();
        };
        let before = std::mem::replace(&mut self.seeds.pane, pane);
        if let Some(action) = wheel {
            let effects = self.move_in_seeds(action, Some(notch));
            self.seeds.pane = before;
            return effects;
        }
        if let Some(row) = event.row.checked_sub(area.y + 1).filter(|_| pane == Pane::List) {
            self.seeds.select(self.seeds.top + usize::from(row));
        }
        self.look_at_seed()
    }

    /// What has to be typeset for what is on the screen now.
    pub(super) fn look_at_seed(&mut self) -> Vec<Effect> {
        self.keep_seed_in_view();
        let widths = widths(self.size.0, &self.seeds);
        let ready = |texts: &SeedTexts| Some(&texts.id) == self.seeds.selected.as_ref() && texts.widths == widths;
        if self.seeds.texts.as_ref().is_some_and(ready) { Vec::new() } else { self.typeset_seed() }
    }

    fn typeset_seed(&self) -> Vec<Effect> {
        let Some(row) = self.seeds.row() else { return Vec::new() };
        vec![Effect::TypesetSeed {
            seed: Arc::clone(&row.seed),
            findings: row.findings.clone(),
            check: self.seeds.check().cloned(),
            past: row.past.clone(),
            widths: widths(self.size.0, &self.seeds),
        }]
    }

    pub(super) fn seed_typeset(&mut self, texts: SeedTexts) -> Vec<Effect> {
        if Some(&texts.id) == self.seeds.selected.as_ref() {
            self.seeds.texts = Some(texts);
            for pane in [Pane::Question, Pane::Code, Pane::Check] {
                let last = self.seeds.laid(pane).map_or(0, Laid::len).saturating_sub(self.seed_rows(pane));
                let top = self.seeds.scroll_mut(pane);
                *top = (*top).min(last);
            }
        }
        Vec::new()
    }

    fn seeds_body(&self) -> Rect {
        layout::parts(Rect::new(0, 0, self.size.0, self.size.1)).body
    }

    /// Rows of text in a pane.
    fn seed_rows(&self, pane: Pane) -> usize {
        let area = places(self.seeds_body(), &self.seeds).into_iter().find(|(p, _)| *p == pane);
        let taken = 2 + if pane == Pane::Check { crate::tui::seeds::ANSWER_ROWS } else { 0 };
        area.map_or(0, |(_, area)| usize::from(area.height.saturating_sub(taken)))
    }

    fn keep_seed_in_view(&mut self) {
        let height = self.seed_rows(Pane::List);
        if height > 0 {
            self.seeds.keep_in_view(height);
        }
    }
}
