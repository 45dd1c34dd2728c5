//! The runs that are stored: one is selected, and gone on with.

use crate::store::record::{RunState, RunSummary};
use crate::store::{StoreError, Totals};
use crate::tui::action::Action;
use crate::tui::app::{App, Screen};
use crate::tui::effect::{Beginning, Effect};
use crate::tui::run::{Latest, Past, Phase};

impl App {
    /// What is stored was counted, or could not be.
    pub(super) fn counted(&mut self, counted: Result<(Totals, Vec<RunSummary>), StoreError>) -> Vec<Effect> {
        self.run.is_counted = true;
        match counted {
            Ok((totals, runs)) => {
                self.run.totals = Some(totals);
                self.run.runs = runs;
                self.read_past()
            }
            Err(e) => {
                self.warn(format!("what is stored could not be counted: {e}"));
                self.forget_held();
                Vec::new()
            }
        }
    }

    /// Selects the next of the runs as they are listed, the newest first, or the one before.
    pub(super) fn select_run(&mut self, by: isize) -> Vec<Effect> {
        let runs = &self.run.runs;
        let Some(last) = runs.len().checked_sub(1) else {
            self.tell("there is no run yet");
            return Vec::new();
        };
        let now = self.run.chosen.and_then(|id| runs.iter().rev().position(|run| run.id == id));
        let at = now.map_or(0, |at| at.saturating_add_signed(by).min(last));
        self.run.chosen = runs.get(last - at).map(|run| run.id);
        self.read_past()
    }

    /// Reads the stored run that is shown where nothing is under way: the selected one, else the last one.
    pub(super) fn read_past(&self) -> Vec<Effect> {
        if self.screen != Screen::Run || self.is_running() {
            return Vec::new();
        }
        let last = || self.run.runs.last().map(|run| run.id).filter(|_| self.run.board.phase() == Phase::NotStarted);
        self.run.chosen.or_else(last).map(Effect::Past).into_iter().collect()
    }

    /// What of a stored run came last has been read.
    pub(super) fn past_read(&mut self, run: i64, latest: Latest) {
        if let Some(totals) = &self.run.totals {
            self.run.past = Past::of(run, &self.run.runs, totals, latest);
        }
    }

    /// Goes on with the selected run; where none is selected, with the newest that is unfinished.
    pub(super) fn resume_run(&mut self) -> Vec<Effect> {
        if self.project.is_none() {
            self.warn("no project is open");
        } else if self.is_running() {
            self.warn("a run is under way; let it end, or stop it, before another one goes on");
        } else if self.is_read_only() {
            self.warn(self.reads_alone());
        } else {
            return self.resume_chosen();
        }
        Vec::new()
    }

    fn resume_chosen(&mut self) -> Vec<Effect> {
        let is_unfinished = |run: &&RunSummary| run.state != RunState::Done;
        let run = match self.run.chosen {
            Some(id) => self.run.runs.iter().find(|run| run.id == id),
            None => self.run.runs.iter().rfind(is_unfinished),
        };
        match run {
            Some(run) if is_unfinished(&run) => {
                let id = run.id;
                self.run.chosen = None;
                self.run.wanted = Some(Beginning::Resumed(id));
                self.tell(format!("run {id} goes on"));
                self.begin_run()
            }
            Some(run) => {
                let told = format!(
                    "run {0} is done with {1} candidates; `loong run --resume {0} -n N` makes more of it",
                    run.id, run.candidates
                );
                self.tell(told);
                Vec::new()
            }
            None => {
                let key = self.settings.keymap.hint(Action::RunStart).unwrap_or_default();
                self.tell(format!("no run is unfinished; {key} begins one"));
                Vec::new()
            }
        }
    }
}
