//! Carries effects out, on lanes of its own, and answers with messages. What needs the terminal (editor, pager, clipboard,
//! suspend) is the main loop's.

mod correct;
mod deciding;
mod exporting;
mod lane;
mod listing;
mod narrowing;
mod planning;
mod reading;
mod rules;
mod running;
mod seeds;
mod stirring;
mod titles;
pub mod watching;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::effect::{Beginning, Effect, Steer};
use super::msg::Msg;
use super::workbench::{CannotStart, Project, Workbench};
use crate::engine::Control;
pub use lane::Job;
use lane::Lane;
pub use running::RunNews;

/// What comes to the main loop.
#[derive(Debug)]
pub enum Wire {
    /// A message for the state.
    Msg(Msg),
    /// The run has news; the board is to be fetched. Sent again only after it was.
    RunChanged,
}

impl Wire {
    /// Whether a person did something, and waits to see what follows.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self, Self::Msg(Msg::Key(_) | Msg::Mouse(_) | Msg::Paste(_) | Msg::Resize(..)))
    }
}

/// What effects are carried out with. Lanes and tests share it.
pub struct Services {
    project: Mutex<Option<Project>>,
    workbench: Arc<dyn Workbench>,
    run: Arc<RunNews>,
    leaving: AtomicBool,
    /// Calls the thread that looks for what others bring.
    waker: OnceLock<stirring::Waker>,
}

impl Services {
    /// Services that answer through `to`.
    pub fn new(workbench: Arc<dyn Workbench>, begun: Instant, to: Sender<Wire>) -> Self {
        Self {
            project: Mutex::new(None),
            workbench,
            run: Arc::new(RunNews::new(begun, to)),
            leaving: AtomicBool::new(false),
            waker: OnceLock::new(),
        }
    }

    /// What is heard of the run.
    pub fn run(&self) -> &Arc<RunNews> {
        &self.run
    }

    fn project(&self) -> Option<Project> {
        self.project.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A job that is asked for now: whatever it waits for, it is about the project that is open now.
    pub fn job(&self) -> Job {
        Job::new(self.project())
    }

    /// Whether the program is leaving: what takes long ends where it is.
    fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Uses this project from now on.
    pub fn enter(&self, project: Project) {
        *self.project.lock().unwrap_or_else(PoisonError::into_inner) = Some(project);
        self.call();
    }

    fn call(&self) {
        if let Some(waker) = self.waker.get() {
            waker.call();
        }
    }

    /// Carries one effect out, here and now, on the project of its job. Answers that are about that project say so: they
    /// may come when another one is open.
    pub fn carry_out(&self, effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
        let whose = Self::whose(&effect, job);
        self.answer(effect, job, &mut |msg| answer(of_store(whose.clone(), msg)));
    }

    /// The identity of the store that answers to an effect are about, where they are about one.
    fn whose(effect: &Effect, job: &Job) -> Option<String> {
        job.project().filter(|_| effect.is_of_the_project()).map(|project| project.store.uid().to_owned())
    }

    fn answer(&self, effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
        match effect {
            Effect::List { .. }
            | Effect::Grow { .. }
            | Effect::Rows(_)
            | Effect::Open { .. }
            | Effect::Reread { .. }
            | Effect::Lineage(..)
            | Effect::Sealed(_)
            | Effect::Typeset { .. }
            | Effect::CountOf { .. }
            | Effect::Values { .. }
            | Effect::Totals
            | Effect::Past(_) => reading::carry_out(effect, job, answer),
            Effect::Rules | Effect::Sweep { .. } | Effect::Apply { .. } | Effect::EndTrial => {
                rules::carry_out(self, effect, job, answer);
            }
            Effect::Seeds | Effect::TypesetSeed { .. } | Effect::CheckSeeds { .. } | Effect::WriteSeed { .. } => {
                seeds::carry_out(self, effect, job, answer);
            }
            Effect::Audit | Effect::PlanNext { .. } | Effect::PlanDraw { .. } => {
                planning::carry_out(&effect, job, answer);
            }
            Effect::Decide(_) | Effect::DecideAll(_) | Effect::Undo(_) | Effect::Redo(_) | Effect::Unfinished => {
                deciding::carry_out(self, effect, job, answer);
            }
            Effect::Revise { .. } | Effect::RunCode { .. } | Effect::KeepText { .. } => {
                correct::carry_out(self, effect, job, answer);
            }
            Effect::Strategies => {
                answer(Msg::Strategies(job.own_project().and_then(|project| self.workbench.strategies(project))));
            }
            Effect::Start(beginning) => answer(Msg::Started(self.start(&beginning, job))),
            Effect::Agree(permission, beginning) => {
                let agreed = (permission.grant)().map_err(CannotStart::Told);
                answer(Msg::Started(agreed.and_then(|()| self.start(&beginning, job))));
            }
            Effect::Steer(control, steer) => {
                match steer {
                    Steer::Pause => control.pause(),
                    Steer::Resume => control.resume(),
                    Steer::Drain => control.drain(),
                    Steer::Stop => control.stop(),
                    Steer::Width(stage, width) => {
                        control.set_width(stage, width);
                        self.run.width(stage, control.width(stage));
                    }
                    Steer::Strategy(name) => control.switch(name),
                    Steer::Watch(whom) => control.watch(whom),
                }
                self.run.mode(control.mode());
            }
            Effect::LookAround => answer(Msg::Around(self.workbench.around())),
            Effect::Demo => answer(entered(self.workbench.demo().map(|p| (p, None)))),
            Effect::Init(folder) => {
                answer(entered(self.workbench.init(&folder).map(|(p, told)| (p, Some(told)))));
            }
            Effect::Use(project) => self.enter(*project),
            Effect::PlanImport(path) => {
                let path = job.project().map_or(path.clone(), |p| p.folder.join(exporting::home(&path)));
                answer(Msg::Planned(self.workbench.plan_import(&path)));
            }
            Effect::Import(plan) => {
                answer(Msg::Imported(job.own_project().and_then(|project| self.workbench.import(project, &plan))));
            }
            Effect::CountExport { .. } | Effect::Export { .. } | Effect::EndExport => {
                exporting::carry_out(effect, job, answer);
            }
            Effect::Views
            | Effect::KeepView(..)
            | Effect::CountViews(..)
            | Effect::Facets(..)
            | Effect::Standings(..)
            | Effect::EndFacets
            | Effect::Remember(..) => narrowing::carry_out(self, effect, job, answer),
            Effect::Log(known) => {
                if let Some((lines, written)) = crate::logging::recent(known) {
                    answer(Msg::Log(lines, written));
                }
            }
            // What a lane ends by itself, and the main loop's own.
            Effect::EndCheck
            | Effect::EndBulk
            | Effect::Copy(..)
            | Effect::EditNote(..)
            | Effect::EditSeed(..)
            | Effect::EditCorrection(..)
            | Effect::Page(_)
            | Effect::Mouse(_)
            | Effect::Suspend
            | Effect::Renew
            | Effect::Repaint
            | Effect::Quit => {}
        }
    }

    fn start(&self, beginning: &Beginning, job: &Job) -> Result<Option<Control>, CannotStart> {
        let project = job.own_project()?;
        let newsreader = running::newsreader(Arc::clone(&self.run));
        match beginning {
            Beginning::Project(strategy) => self.workbench.start(project, strategy.as_ref(), newsreader),
            Beginning::After(seed) => self.workbench.start_from(project, seed, newsreader),
            Beginning::Resumed(run) => self.workbench.resume(project, *run, newsreader),
        }
    }
}

/// A message as one about the project whose store has this identity.
fn of_store(whose: Option<String>, msg: Msg) -> Msg {
    match whose {
        Some(uid) => Msg::OfStore(uid, Box::new(msg)),
        None => msg,
    }
}

fn entered(project: Result<(Project, Option<String>), String>) -> Msg {
    match project {
        Ok((project, told)) => Msg::Entered(Box::new(project), told),
        Err(e) => Msg::Imported(Err(e)),
    }
}

/// Carries effects out beside the main loop.
pub struct Performer {
    services: Arc<Services>,
    list: Lane,
    rows: Lane,
    open: Lane,
    count: Lane,
    rules: Lane,
    check: Lane,
    export: Lane,
    write: Lane,
    work: Lane,
    watch: JoinHandle<()>,
}

impl Performer {
    /// Lanes that answer through `to`.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn new(services: Arc<Services>, to: &Sender<Wire>) -> std::io::Result<Self> {
        let lane = |name| Lane::start(name, Arc::clone(&services), to.clone());
        let (waker, watch) = watching::start(&services, to.clone())?;
        let _ = services.waker.set(waker);
        Ok(Self {
            list: lane("list")?,
            rows: lane("rows")?,
            open: lane("open")?,
            count: lane("count")?,
            rules: lane("rules")?,
            check: lane("check")?,
            export: lane("export")?,
            write: lane("write")?,
            work: lane("work")?,
            watch,
            services,
        })
    }

    /// Has an effect carried out, on the project that is open now. Effects on one lane keep their order; what nobody waits
    /// for any more is dropped.
    pub fn perform(&self, effect: Effect) {
        let lane = match &effect {
            Effect::List { .. } => {
                // Whoever lists has done with typing: what was being counted is in the way.
                self.count.forget_counts();
                &self.list
            }
            Effect::Grow { .. } => &self.list,
            Effect::Rows(_)
            | Effect::Reread { .. }
            | Effect::Lineage(..)
            | Effect::Sealed(_)
            | Effect::Rules
            | Effect::Values { .. }
            | Effect::Views
            | Effect::Log(_) => &self.rows,
            Effect::Open { .. } | Effect::Typeset { .. } | Effect::TypesetSeed { .. } => &self.open,
            Effect::CountOf { .. }
            | Effect::Totals
            | Effect::Past(_)
            | Effect::Audit
            | Effect::CountViews(..)
            | Effect::Facets(..)
            | Effect::Standings(..)
            | Effect::EndFacets => &self.count,
            // What is next depends on what was decided before.
            Effect::Decide(_)
            | Effect::DecideAll(_)
            | Effect::Revise { .. }
            | Effect::Undo(_)
            | Effect::Redo(_)
            | Effect::Unfinished
            | Effect::PlanNext { .. }
            | Effect::KeepView(..)
            | Effect::Remember(..) => &self.write,
            Effect::Sweep { .. } | Effect::Apply { .. } | Effect::EndTrial => &self.rules,
            Effect::CheckSeeds { .. } | Effect::EndCheck | Effect::RunCode { .. } => &self.check,
            Effect::CountExport { .. } | Effect::Export { .. } | Effect::EndExport => &self.export,
            Effect::EndBulk => return self.write.end_bulk(),
            // At once, in the order in which they were wished: what follows uses it.
            Effect::Use(_) | Effect::Steer(..) => {
                return self.services.carry_out(effect, &self.services.job(), &mut |_| {});
            }
            _ => &self.work,
        };
        lane.push(effect, self.services.job());
    }

    /// Waits until every decision that was asked for is in the store; those on many candidates end where they are, which
    /// the store tells whoever comes next. An export that is being written ends, and leaves nothing.
    pub fn finish(self) {
        self.services.leaving.store(true, Ordering::Release);
        self.services.call();
        let _ = self.watch.join();
        self.export.push(Effect::EndExport, Job::default());
        self.write.finish();
        self.export.finish();
    }
}
