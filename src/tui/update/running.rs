//! The run beside the reader: begin, steer, and what it says.

use crate::engine::{Control, Mode};
use crate::review::cleaned::clean_line;
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Question, Screen, Yes};
use crate::tui::effect::{Beginning, Effect, Steer};
use crate::tui::rules::RulesScreen;
use crate::tui::run::Board;
use crate::tui::workbench::{CannotStart, Project, Strategy};

impl App {
    /// A project is open.
    pub(super) fn entered(&mut self, project: Project, told: Option<String>) -> Vec<Effect> {
        self.busy = None;
        self.opening = false;
        let deciding = self.deciding.take();
        self.overlay = None;
        self.prompt = None;
        // What was typed, or came, for the project before means nothing in this one.
        self.unasked.clear();
        self.overrode = None;
        let read_only = project.is_read_only();
        let demo = project.demo;
        let begins = (self.settings.start_run || demo) && !read_only;
        let way = self.then.take().filter(|_| !begins && !read_only);
        // Keys that wait are for the way in that was chosen; where it is not taken, they would be commands.
        if way.is_none() {
            self.drop_held();
        }
        let before = std::mem::take(&mut self.review);
        // Listings go on counting, so that a late answer about the other project is known.
        self.review.listing = before.listing;
        (self.review.blind, self.review.raw) = (before.blind, before.raw);
        let before_run = std::mem::take(&mut self.run);
        // Sweeps go on counting for the same reason.
        self.rules = RulesScreen { sweep: self.rules.sweep + 1, ..RulesScreen::default() };
        self.audit = crate::tui::audit::Audit::default();
        // Checks too; one that is under way is of the other project.
        let before_seeds = std::mem::take(&mut self.seeds);
        self.seeds.asked = before_seeds.asked + 1;
        // So do counts of what would be exported.
        let before_export = std::mem::take(&mut self.export);
        self.export.asked = before_export.asked + 1;
        self.project = Some(project.clone());
        self.screen = Screen::Review;
        if let Some(told) = told {
            self.tell(told);
        }
        if read_only {
            self.tell(self.reads_alone());
        }
        let mut effects = vec![Effect::Use(Box::new(project)), Effect::Totals, Effect::Rules];
        // Nobody could steer it from here; a later run in its own project goes on with it.
        effects.extend(before_run.control.map(|control| Effect::Steer(control, Steer::Stop)));
        if deciding.is_some() {
            effects.push(Effect::EndBulk);
        }
        if !read_only {
            effects.push(Effect::Unfinished);
        }
        if before_seeds.checking.is_some() {
            effects.push(Effect::EndCheck);
        }
        if before_export.stale || before_export.writing.is_some() {
            effects.push(Effect::EndExport);
        }
        effects.extend(self.relist());
        if begins {
            effects.extend(self.begin_run());
        } else if let Some(choice) = way {
            effects.extend(self.choose_welcome(choice));
        }
        effects
    }

    /// Whether a run keeps another project from being opened, which is told: it could not be steered from there.
    pub(super) fn is_kept_by_run(&mut self) -> bool {
        if self.is_running() {
            self.warn("a run is under way; let it end, or stop it, before another project is opened");
        }
        self.is_running()
    }

    pub(super) fn open_demo(&mut self) -> Vec<Effect> {
        if self.is_kept_by_run() {
            return Vec::new();
        }
        if std::mem::replace(&mut self.opening, true) {
            return Vec::new();
        }
        self.busy = Some("opening the demo".to_owned());
        vec![Effect::Demo]
    }

    pub(super) fn go_to_run(&mut self) -> Vec<Effect> {
        self.screen = Screen::Run;
        self.count_totals()
    }

    pub(super) fn count_totals(&mut self) -> Vec<Effect> {
        self.run.counted_at = self.run.board.made();
        if self.project.is_some() { vec![Effect::Totals] } else { Vec::new() }
    }

    pub(super) fn steer(&mut self, action: Action) -> Vec<Effect> {
        if self.project.is_none() {
            self.warn("no project is open");
            return Vec::new();
        }
        match (action, self.run.control.clone()) {
            (Action::RunStart, Some(control)) if control.mode() == Mode::Paused => {
                vec![Effect::Steer(control, Steer::Resume)]
            }
            (Action::RunStart, Some(_)) => {
                self.tell("the loop runs already");
                Vec::new()
            }
            (Action::RunStart, None) if self.run.starting => {
                self.run.wish = None;
                Vec::new()
            }
            (Action::RunStart, None) if self.is_read_only() => {
                self.warn(self.reads_alone());
                Vec::new()
            }
            (Action::RunStart, None) => {
                self.run.wanted = None;
                self.begin_run()
            }
            (Action::RunStop, None) if self.run.starting => self.ask_to_stop(),
            (Action::RunPause, None) if self.run.starting && self.run.wish == Some(Steer::Pause) => {
                self.run.wish = None;
                self.tell("the run is only starting; it is not paused then");
                Vec::new()
            }
            (Action::RunPause, None) if self.run.starting => {
                self.run.wish = Some(Steer::Pause);
                self.tell("the run is only starting; it is paused as soon as it has begun");
                Vec::new()
            }
            (_, None) if self.run.starting => {
                self.run.wish = Some(Steer::Drain);
                self.tell("the run is only starting; it is drained as soon as it has begun");
                Vec::new()
            }
            (_, None) => {
                let begin = self.way_to_run();
                self.tell(format!("no run is under way; {begin}"));
                Vec::new()
            }
            (Action::RunPause, Some(control)) => match control.mode() {
                Mode::Paused => vec![Effect::Steer(control, Steer::Resume)],
                _ => vec![Effect::Steer(control, Steer::Pause)],
            },
            (Action::RunDrain, Some(control)) => {
                self.tell("no new candidates; what is in flight is finished");
                vec![Effect::Steer(control, Steer::Drain)]
            }
            (_, Some(_)) => self.ask_to_stop(),
        }
    }

    fn ask_to_stop(&mut self) -> Vec<Effect> {
        // The number stands in the header, and changes while the question is open.
        let text = "Stop now? What is in flight is dropped; its replies are kept, and a later run goes on.";
        self.overlay = Some(Overlay::Confirm(Question::new(text, Yes::StopRun)));
        Vec::new()
    }

    /// Yes was said to that: a run that is only starting is stopped once it has begun.
    pub(super) fn stop_run(&mut self) -> Vec<Effect> {
        if let Some(control) = self.run.control.clone() {
            return vec![Effect::Steer(control, Steer::Stop)];
        }
        if self.run.starting {
            self.run.wish = Some(Steer::Stop);
            self.tell("the run is only starting; it is stopped as soon as it has begun");
        }
        Vec::new()
    }

    /// Asks for a run.
    pub(super) fn begin_run(&mut self) -> Vec<Effect> {
        self.await_run();
        vec![Effect::Start(self.beginning())]
    }

    /// A run is asked for: what is heard from now on may be of that one.
    pub(super) fn await_run(&mut self) {
        self.run.starting = true;
        self.run.wish = None;
        self.run.before = self.run.board.began();
    }

    pub(super) fn started(&mut self, control: Result<Option<Control>, CannotStart>) -> Vec<Effect> {
        self.run.starting = false;
        match control {
            Ok(Some(control)) => {
                self.run.control = Some(control.clone());
                let watch = self.run.watch.as_ref().map(|watching| Steer::Watch(watching.whom));
                let told = watch.into_iter().chain(self.run.wish.take());
                let mut effects: Vec<Effect> = told.map(|steer| Effect::Steer(control.clone(), steer)).collect();
                // It may have come to its end while somebody was in the editor.
                effects.extend(self.end_run());
                return effects;
            }
            Ok(None) => {
                let key = self.settings.keymap.hint(Action::GoWelcome).unwrap_or_default();
                self.tell(format!("the demo has run to its end; {key} leads to a project of yours"));
            }
            Err(CannotStart::Told(e)) => {
                self.run.board.failed(&e);
                let way = self.way_out_of_demo();
                self.warn(format!("{e}{way}"));
            }
            Err(CannotStart::NoModel(why)) => {
                self.run.board.failed(&why);
                let why = clean_line(&why);
                let text = format!(
                    "Make problems from the bundled templates now? They need no model and cost nothing.\n\n{why}"
                );
                self.ask(text, Yes::Templates);
            }
            Err(CannotStart::Ask(permission)) => {
                let text = clean_line(&permission.question);
                self.ask(text, Yes::Agree(permission));
            }
        }
        Vec::new()
    }

    /// Begins a run of the one strategy that needs no model.
    pub(super) fn start_templates(&mut self) -> Vec<Effect> {
        self.run.wanted = None;
        self.run.strategy =
            Some(Strategy { name: "template".to_owned(), about: String::new(), recipe: None, configured: false });
        self.begin_run()
    }

    /// What the run asked for last begins with.
    pub(super) fn beginning(&self) -> Beginning {
        self.run.wanted.clone().unwrap_or_else(|| Beginning::Project(self.run.strategy.clone()))
    }

    /// The board as it is now; what came of it in the store is looked at no more than four times a second.
    pub(super) fn run_news(&mut self, board: Board) -> Vec<Effect> {
        let was_active = self.run.board.is_active();
        self.run.board = board;
        self.follow_watch();
        if was_active && !self.run.board.is_active() || self.run.control.is_some() {
            let effects = self.end_run();
            if !effects.is_empty() {
                return effects;
            }
        }
        // The first candidate is worth not waiting for.
        if self.review.ids.is_empty() { self.grow() } else { Vec::new() }
    }

    /// The run that was asked for last is over, if it is: nothing steers it any more.
    fn end_run(&mut self) -> Vec<Effect> {
        let board = &self.run.board;
        // What is on the board may be the run before it, of which nothing new is heard.
        if board.is_active() || self.run.control.is_some() && board.began() == self.run.before {
            return Vec::new();
        }
        self.run.control = None;
        self.run.starting = false;
        if let Some(end) = self.run.board.end() {
            self.tell(end);
        }
        let mut effects = self.grow();
        effects.extend(self.count_totals());
        effects
    }

    pub(super) fn tick(&mut self) -> Vec<Effect> {
        let mut effects = self.grow();
        effects.extend(self.follow_newest());
        if self.screen == Screen::Run && self.run.counted_at != self.run.board.made() {
            effects.extend(self.count_totals());
        }
        if let Some(Overlay::Log(log)) = &self.overlay {
            effects.push(Effect::Log(log.written));
        }
        effects
    }

    /// Lists what somebody else has put into the store, as soon as nothing else is being listed.
    pub(super) fn grow_to_heard(&mut self) -> Vec<Effect> {
        let review = &self.review;
        if review.heard <= review.upto
            || review.growing
            || review.loading
            || self.is_running()
            || self.project.is_none()
        {
            return Vec::new();
        }
        self.review.heard = 0;
        self.review.growing = true;
        self.grown_since()
    }

    fn grown_since(&self) -> Vec<Effect> {
        vec![Effect::Grow {
            listing: self.review.listing,
            filter: self.review.filter.asked_by(&self.settings.reviewer),
            after: self.review.upto,
        }]
    }

    /// Lists what the run has made since.
    fn grow(&mut self) -> Vec<Effect> {
        let made = self.run.board.made();
        if made == self.review.grown_at || self.review.growing || self.review.loading || self.project.is_none() {
            return Vec::new();
        }
        self.review.growing = true;
        self.review.grown_at = made;
        self.grown_since()
    }

    pub(super) fn imported(&mut self, told: Result<String, String>) -> Vec<Effect> {
        self.busy = None;
        // A project that cannot be opened is told in the same way.
        if told.is_err() && std::mem::take(&mut self.opening) {
            self.then = None;
            self.report(told);
            self.forget_held();
            return Vec::new();
        }
        let worked = told.is_ok();
        self.report(told);
        if worked {
            let mut effects = self.relist();
            effects.extend(self.count_totals());
            return effects;
        }
        Vec::new()
    }
}
