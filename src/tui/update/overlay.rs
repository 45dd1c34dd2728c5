//! Keys while something lies over the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::action::{Action, Place};
use crate::tui::app::{App, Overlay, Yes};
use crate::tui::correct::columns;
use crate::tui::effect::Effect;
use crate::tui::keymap::{self, Key, Outcome};
use crate::tui::narrow::{Facets, Views};
use crate::tui::sheets::{self, Help};
use crate::tui::welcome;

impl App {
    pub(super) fn overlay_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if key.code == KeyCode::Char('c') && control {
            return self.quit();
        }
        match &mut self.overlay {
            Some(Overlay::Palette { query, selected }) => match key.code {
                KeyCode::Esc => self.overlay = None,
                KeyCode::Enter => return self.choose_from_palette(),
                KeyCode::Down | KeyCode::Tab => *selected += 1,
                KeyCode::Up | KeyCode::BackTab => *selected = selected.saturating_sub(1),
                KeyCode::Char('n' | 'j') if control => *selected += 1,
                KeyCode::Char('p' | 'k') if control => *selected = selected.saturating_sub(1),
                _ => {
                    if type_into(query, key) {
                        *selected = 0;
                    }
                }
            },
            Some(Overlay::Help { query, typing, top }) if *typing => match key.code {
                KeyCode::Esc if query.is_empty() => *typing = false,
                KeyCode::Esc => query.clear(),
                KeyCode::Enter => *typing = false,
                _ => {
                    if type_into(query, key) {
                        *top = 0;
                    }
                }
            },
            Some(Overlay::Correction(_)) => return self.correction_key(key),
            Some(Overlay::Confirm(_)) => return self.confirm_key(key),
            Some(Overlay::Import { .. }) if matches!(key.code, KeyCode::Char('y' | 'Y')) => return self.import(),
            Some(Overlay::Welcome { .. }) => return self.welcome_key(key),
            _ => return self.read_overlay(key),
        }
        self.clamp_overlay();
        Vec::new()
    }

    /// Overlays that are read: movement, search, back.
    fn read_overlay(&mut self, key: KeyEvent) -> Vec<Effect> {
        let keymap = std::sync::Arc::clone(&self.settings.keymap);
        let Outcome::Action { action, count } = self.typed.push(&keymap, Place::Overlay, Key::from(key)) else {
            return Vec::new();
        };
        let times = count.unwrap_or(1) as usize;
        let page = usize::from(self.size.1 / 2).max(1);
        match action {
            Action::Back | Action::Quit => {
                if let Some(Overlay::Facets(_)) = self.overlay.take() {
                    return vec![Effect::EndFacets];
                }
            }
            Action::KeepView if matches!(self.overlay, Some(Overlay::Views(_))) => return self.name_view(),
            Action::Remove => return self.remove_view(),
            Action::Choose if matches!(self.overlay, Some(Overlay::Views(_))) => return self.choose_view(),
            Action::Choose if matches!(self.overlay, Some(Overlay::Facets(_))) => return self.choose_facet(),
            Action::Leave => return self.quit(),
            Action::Suspend => return vec![Effect::Suspend],
            Action::Choose if matches!(self.overlay, Some(Overlay::Strategies { .. })) => {
                return self.choose_strategy();
            }
            Action::Choose => {
                if let Some(Overlay::Import { only_y, .. }) = self.overlay {
                    return if only_y { Vec::new() } else { self.import() };
                }
                if let Some(Overlay::Lineage { .. }) = &self.overlay {
                    return self.go_to_relative();
                }
                self.overlay = None;
            }
            Action::Search => {
                if let Some(Overlay::Help { typing, .. }) = &mut self.overlay {
                    *typing = true;
                }
            }
            Action::Down => self.scroll_overlay(times.cast_signed()),
            Action::Up => self.scroll_overlay(-times.cast_signed()),
            Action::HalfDown | Action::PageDown => self.scroll_overlay(page.cast_signed()),
            Action::HalfUp | Action::PageUp => self.scroll_overlay(-page.cast_signed()),
            Action::First => self.scroll_overlay(isize::MIN / 2),
            Action::Last => self.scroll_overlay(isize::MAX / 2),
            // The key that opened it closes it.
            Action::Help if matches!(self.overlay, Some(Overlay::Help { .. })) => self.overlay = None,
            _ => {}
        }
        Vec::new()
    }

    /// Yes was said to an import.
    fn import(&mut self) -> Vec<Effect> {
        let Some(Overlay::Import { plan, .. }) = &self.overlay else { return Vec::new() };
        if plan.missing.is_some() {
            return Vec::new();
        }
        let plan = plan.clone();
        self.overlay = None;
        self.busy = Some(format!("importing {}", plan.file.display()));
        vec![Effect::Import(plan)]
    }

    /// Scrolls what is read; down is positive.
    pub(super) fn scroll_overlay(&mut self, by: isize) {
        match &mut self.overlay {
            Some(Overlay::Help { top, .. } | Overlay::History { top }) => *top = top.saturating_add_signed(by),
            Some(Overlay::Correction(correction)) => correction.top = correction.top.saturating_add_signed(by),
            // The log begins at its end.
            Some(Overlay::Log(log)) => log.back = log.back.saturating_add_signed(by.saturating_neg()),
            Some(
                Overlay::Palette { selected, .. }
                | Overlay::Welcome { selected }
                | Overlay::Strategies { selected, .. }
                | Overlay::Lineage { selected, .. }
                | Overlay::Views(Views { selected, .. })
                | Overlay::Facets(Facets { selected, .. }),
            ) => {
                *selected = selected.saturating_add_signed(by);
            }
            _ => {}
        }
        self.clamp_overlay();
    }

    pub(super) fn clamp_overlay(&mut self) {
        let place = self.place_below();
        let keymap = std::sync::Arc::clone(&self.settings.keymap);
        let height = self.size.1;
        let width = usize::from(columns(self.size.0).saturating_sub(4));
        let farthest = match &self.overlay {
            Some(Overlay::Help { query, .. }) => Help::lay(self, query).farthest(self),
            Some(Overlay::History { .. }) => {
                self.review.selected_book().map_or(0, |book| sheets::history_farthest(self, book))
            }
            _ => 0,
        };
        let entries = welcome::entries(self).len();
        match &mut self.overlay {
            Some(Overlay::Help { top, .. } | Overlay::History { top }) => *top = (*top).min(farthest),
            Some(Overlay::Log(log)) => log.back = log.back.min(log.farthest(height)),
            Some(Overlay::Palette { query, selected }) => {
                *selected = (*selected).min(keymap::find(&keymap, query, place).len().saturating_sub(1));
            }
            Some(Overlay::Strategies { choices, selected }) => {
                *selected = (*selected).min(choices.as_ref().map_or(0, Vec::len).saturating_sub(1));
            }
            Some(Overlay::Views(views)) => {
                let n = views.list.as_ref().map_or(0, Vec::len);
                views.selected = views.selected.min(n.saturating_sub(1));
            }
            Some(Overlay::Facets(facets)) => facets.selected = facets.selected.min(facets.len().saturating_sub(1)),
            Some(Overlay::Correction(correction)) => {
                let shown = usize::from(height.saturating_sub(4));
                correction.top = correction.top.min(correction.rows(width).len().saturating_sub(shown));
            }
            Some(Overlay::Lineage { found, selected }) => {
                let rows = found.as_ref().map_or(0, |lineage| sheets::relatives(lineage).len());
                *selected = (*selected).min(rows.saturating_sub(1));
            }
            Some(Overlay::Welcome { selected }) => *selected = (*selected).min(entries.saturating_sub(1)),
            _ => {}
        }
    }

    /// The place under the overlay.
    pub fn place_below(&self) -> Place {
        match self.screen {
            crate::tui::app::Screen::Review => Place::Review,
            crate::tui::app::Screen::Run => Place::Run,
            crate::tui::app::Screen::Rules => Place::Rules,
            crate::tui::app::Screen::Audit => Place::Audit,
            crate::tui::app::Screen::Seeds => Place::Seeds,
            crate::tui::app::Screen::Export => Place::Export,
        }
    }

    fn choose_from_palette(&mut self) -> Vec<Effect> {
        let Some(Overlay::Palette { query, selected }) = self.overlay.take() else { return Vec::new() };
        let found = keymap::find(&self.settings.keymap, &query, self.place_below());
        match found.get(selected) {
            Some(found) => self.act(found.action, None),
            None => Vec::new(),
        }
    }

    fn confirm_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        match key.code {
            // Not enter: it ends lines, too, and one that was typed too late is no yes.
            KeyCode::Char('y' | 'Y') => {
                let Some(Overlay::Confirm(question)) = self.overlay.take() else { return Vec::new() };
                match question.yes {
                    Yes::Quit => self.quit(),
                    Yes::Decide(bulk) => self.decide_all(bulk),
                    Yes::StopRun => self.stop_run(),
                    Yes::Agree(permission) => {
                        self.await_run();
                        vec![Effect::Agree(permission, self.beginning())]
                    }
                    Yes::Overwrite => self.export_now(true),
                    Yes::RemoveView(name) => self.view_removed(name),
                    Yes::EnlargePlan => self.plan_drawn(false, true),
                    Yes::Templates => self.start_templates(),
                    Yes::Demo => self.open_demo(),
                    Yes::Apply(what) => {
                        let (rules, filter) = *what;
                        self.apply_rules(rules, filter)
                    }
                }
            }
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => {
                self.overlay = None;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn welcome_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let entries = welcome::entries(self);
        if let KeyCode::Char(c) = key.code
            && let Some(entry) = entries.iter().find(|e| e.key == c)
        {
            return self.choose_welcome(entry.choice);
        }
        match key.code {
            KeyCode::Enter => {
                let Some(Overlay::Welcome { selected }) = self.overlay else { return Vec::new() };
                match entries.get(selected) {
                    Some(entry) => self.choose_welcome(entry.choice),
                    None => Vec::new(),
                }
            }
            // Behind the welcome there is nothing without a project.
            KeyCode::Esc if self.project.is_some() => {
                self.overlay = None;
                Vec::new()
            }
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => {
                self.scroll_overlay(1);
                Vec::new()
            }
            KeyCode::Up | KeyCode::Char('k') | KeyCode::BackTab => {
                self.scroll_overlay(-1);
                Vec::new()
            }
            KeyCode::Char('z') if key.modifiers.contains(KeyModifiers::CONTROL) => vec![Effect::Suspend],
            _ => Vec::new(),
        }
    }

    /// The ways in; what is around is looked for once.
    pub fn welcome(&mut self) -> Vec<Effect> {
        self.overlay = Some(Overlay::Welcome { selected: 0 });
        if self.around.is_none() { vec![Effect::LookAround] } else { Vec::new() }
    }

    pub(super) fn choose_welcome(&mut self, choice: welcome::Choice) -> Vec<Effect> {
        use welcome::Choice;
        // One project is opened at a time: the second would find the first one's lock.
        if self.opening && !matches!(choice, Choice::Help | Choice::Quit) {
            return Vec::new();
        }
        match choice {
            // What needs a project has one made.
            Choice::Import | Choice::Templates if self.project.is_none() => {
                self.then = Some(choice);
                self.choose_welcome(Choice::Init)
            }
            Choice::Templates => {
                self.overlay = None;
                if self.is_running() {
                    self.warn("a run is under way; let it end, or stop it, before another one begins");
                    return Vec::new();
                }
                let mut effects = self.go_to_run();
                effects.extend(self.start_templates());
                effects
            }
            Choice::Demo => self.open_demo(),
            Choice::Init if self.is_kept_by_run() => Vec::new(),
            Choice::Init => {
                self.opening = true;
                self.busy = Some("making a project, looking for models".to_owned());
                vec![Effect::Init(self.settings.here.clone())]
            }
            Choice::Import => self.open_import(),
            Choice::Run => {
                self.overlay = None;
                let mut effects = self.go_to_run();
                effects.extend(self.act(Action::RunStart, None));
                effects
            }
            Choice::Help => self.act(Action::Help, None),
            Choice::Quit => self.ask_to_quit(),
        }
    }
}

/// Types into a plain search line; whether it changed.
fn type_into(query: &mut String, key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Backspace => query.pop().is_some(),
        KeyCode::Char('u' | 'w') if control => {
            query.clear();
            true
        }
        KeyCode::Char(c) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
            query.push(c);
            true
        }
        _ => false,
    }
}
