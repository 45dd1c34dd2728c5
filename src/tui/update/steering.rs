//! The run, changed in place: how wide its stages are, which strategy makes its candidates, and who is watched.

use ratatui::layout::Rect;

use crate::engine::{Mode, Watch};
use crate::failure::Stage;
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Screen};
use crate::tui::effect::{Effect, Steer};
use crate::tui::layout;
use crate::tui::run::{Watching, most_back};
use crate::tui::workbench::Strategy;

/// Stages whose width means something to a person.
const STAGES: [Stage; 4] = [Stage::Generate, Stage::Execute, Stage::Solve, Stage::Verify];
/// The widest that keys make a stage.
const WIDEST: usize = 4_096;

impl App {
    /// Watches the next slot that begins.
    pub(super) fn watch(&mut self) -> Vec<Effect> {
        let Some(control) = self.run.control.clone() else {
            // A run that is only starting is told once it can be.
            if self.run.starting {
                self.run.watch = Some(Watching { whom: Watch::Next, back: 0 });
                return self.go_to_run();
            }
            // What came of the last one can still be read.
            if self.run.board.is_watched() {
                self.run.watch = Some(Watching { whom: Watch::Nobody, back: 0 });
                return self.go_to_run();
            }
            let begin = self.way_to_run();
            self.tell(format!("no run to watch; {begin}"));
            return Vec::new();
        };
        self.run.watch = Some(Watching { whom: Watch::Next, back: 0 });
        if control.mode() >= Mode::Draining {
            self.tell("no further candidate begins in this run");
        }
        let mut effects = vec![Effect::Steer(control, Steer::Watch(Watch::Next))];
        if self.screen != Screen::Run {
            effects.extend(self.go_to_run());
        }
        effects
    }

    /// Nobody is watched any more.
    pub(super) fn end_watch(&mut self) -> Vec<Effect> {
        self.run.watch = None;
        self.run.control.clone().map(|c| Effect::Steer(c, Steer::Watch(Watch::Nobody))).into_iter().collect()
    }

    /// Whom the pane names follows what the run says.
    pub(super) fn follow_watch(&mut self) {
        if let (Some(watching), Some(control)) = (&mut self.run.watch, &self.run.control) {
            watching.whom = control.watched();
        }
    }

    pub(super) fn scroll_watch(&mut self, action: Action, count: Option<u32>) {
        let body = layout::parts(Rect::new(0, 0, self.size.0, self.size.1)).body;
        let most = most_back(body, &self.run_seen(&|_| String::new()));
        let page = usize::from(body.height / 2).max(1);
        let times = count.unwrap_or(1) as usize;
        let Some(Watching { back, .. }) = &mut self.run.watch else { return };
        *back = match action {
            Action::Down => back.saturating_sub(times),
            Action::Up => back.saturating_add(times),
            Action::HalfDown => back.saturating_sub(page),
            Action::HalfUp => back.saturating_add(page),
            Action::PageDown => back.saturating_sub(2 * page),
            Action::PageUp => back.saturating_add(2 * page),
            Action::First => most,
            _ => 0,
        }
        .min(most);
    }

    /// Selects the stage that keys change.
    pub(super) fn select_stage(&mut self, forwards: bool) -> Vec<Effect> {
        let now = self.run.stage.unwrap_or(Stage::Solve);
        let at = STAGES.iter().position(|stage| *stage == now).unwrap_or(0);
        let step = if forwards { 1 } else { STAGES.len() - 1 };
        self.run.stage = Some(STAGES[(at + step) % STAGES.len()]);
        Vec::new()
    }

    /// Makes the selected stage wider or narrower: by a number, else by a step that suits its width.
    pub(super) fn change_width(&mut self, wider: bool, count: Option<u32>) -> Vec<Effect> {
        let Some(control) = self.run.control.clone() else {
            self.tell("no run is under way; [concurrency] in loong.toml says how wide the next one begins");
            return Vec::new();
        };
        let stage = self.run.stage.unwrap_or(Stage::Solve);
        let width = control.width(stage);
        // What is widened by a step is narrowed by the same.
        let step = match width + usize::from(wider) {
            0..=8 => 1,
            9..=32 => 4,
            33..=128 => 16,
            _ => 64,
        };
        let step = count.map_or(step, |n| n as usize);
        let new = if wider { width.saturating_add(step).min(WIDEST) } else { width.saturating_sub(step).max(1) };
        self.tell(match (new == width, wider) {
            (true, true) => format!("{stage} is as wide as it gets: {width}"),
            (true, false) => format!("{stage} works on one at a time; it gets no narrower"),
            _ => format!("{stage} works on {new} at a time now, {width} before; the endpoint's own limit still holds"),
        });
        vec![Effect::Steer(control, Steer::Width(stage, new))]
    }

    pub(super) fn ask_strategies(&mut self) -> Vec<Effect> {
        if self.project.is_none() {
            self.warn("no project is open");
            return Vec::new();
        }
        self.overlay = Some(Overlay::Strategies { choices: None, selected: 0 });
        vec![Effect::Strategies]
    }

    pub(super) fn strategies_read(&mut self, found: Result<Vec<Strategy>, String>) -> Vec<Effect> {
        // Whoever has closed the list meanwhile does not want it.
        if !matches!(self.overlay, Some(Overlay::Strategies { .. })) {
            return Vec::new();
        }
        match found {
            Ok(mut choices) => {
                // A recipe is a run of its own: the one under way can only go on with another strategy.
                if self.is_running() {
                    choices.retain(|choice| choice.recipe.is_none());
                }
                let is_now = |choice: &Strategy| match &self.run.strategy {
                    _ if self.is_running() => choice.name == self.run.board.strategy(),
                    Some(chosen) => choice == chosen,
                    None => choice.configured,
                };
                let selected = choices.iter().position(is_now).unwrap_or(0);
                self.overlay = Some(Overlay::Strategies { choices: Some(choices), selected });
            }
            Err(e) => {
                self.overlay = None;
                let way = self.way_out_of_demo();
                self.warn(format!("{e}{way}"));
                self.forget_held();
            }
        }
        Vec::new()
    }

    pub(super) fn choose_strategy(&mut self) -> Vec<Effect> {
        let Some(Overlay::Strategies { choices, selected }) = self.overlay.take() else { return Vec::new() };
        let Some(choice) = choices.into_iter().flatten().nth(selected) else { return Vec::new() };
        if let Some(control) = self.run.control.clone() {
            if choice.name == self.run.board.strategy() {
                self.tell(format!("{} makes the candidates already", choice.name));
                return Vec::new();
            }
            self.tell(format!("candidates that have not begun are made by {} from now on", choice.name));
            return vec![Effect::Steer(control, Steer::Strategy(choice.name))];
        }
        let key = self.settings.keymap.hint(Action::RunStart).unwrap_or_default();
        self.tell(format!("the next run: {}; {key} begins it", choice.name));
        self.run.strategy = (!choice.configured).then_some(choice);
        Vec::new()
    }
}
