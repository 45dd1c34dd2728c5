//! What a run is told while it is under way: pause, drain and stop, how wide its stages are, which strategy comes next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::gate::Gate;
use super::live::{Watch, Watched};
use super::recipe::Concurrency;
use crate::failure::Stage;

/// What a run is allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Everything.
    Running,
    /// Begin nothing in any stage; what is under way is finished.
    Paused,
    /// Begin no new candidate; finish those that are under way.
    Draining,
    /// Drop what is under way. Its stored replies are used when the run is resumed.
    Stopping,
}

/// The switch of one run. Clones share it.
#[derive(Debug, Clone)]
pub struct Control {
    mode: Arc<watch::Sender<Mode>>,
    /// In the order of [`Stage::ALL`].
    gates: [Arc<Gate>; 5],
    strategy: Arc<Mutex<Strategy>>,
    watched: Arc<Watched>,
}

/// Which strategy new slots take.
#[derive(Debug, Default)]
struct Strategy {
    now: String,
    /// The one that somebody wants next.
    wanted: Option<String>,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            mode: Arc::new(watch::Sender::new(Mode::Running)),
            gates: std::array::from_fn(|_| Arc::default()),
            strategy: Arc::default(),
            watched: Arc::default(),
        }
    }
}

impl Control {
    /// The present mode.
    pub fn mode(&self) -> Mode {
        *self.mode.borrow()
    }

    /// Pauses; does nothing to a run that is ending.
    pub fn pause(&self) {
        self.change(|mode| if *mode == Mode::Running { Mode::Paused } else { *mode });
    }

    /// Goes on after a pause; does nothing to a run that is ending.
    pub fn resume(&self) {
        self.change(|mode| if *mode == Mode::Paused { Mode::Running } else { *mode });
    }

    /// Ends in order: no new candidates.
    pub fn drain(&self) {
        self.change(|mode| (*mode).max(Mode::Draining));
    }

    /// Ends now.
    pub fn stop(&self) {
        self.change(|_| Mode::Stopping);
    }

    /// Waits while paused. `true` when work may begin, `false` when the run is stopping.
    pub async fn may_work(&self) -> bool {
        self.wait(|mode| mode != Mode::Paused).await != Mode::Stopping
    }

    /// Waits while paused. `true` when a new candidate may begin.
    pub async fn may_begin(&self) -> bool {
        self.wait(|mode| mode != Mode::Paused).await == Mode::Running
    }

    /// Ends when the run is told to drain or stop.
    pub async fn ending(&self) {
        self.wait(|mode| mode >= Mode::Draining).await;
    }

    /// Ends when the run is told to stop.
    pub async fn stopping(&self) {
        self.wait(|mode| mode == Mode::Stopping).await;
    }

    /// How many items a stage works on at a time; 0 as long as the run has not begun and nobody has said.
    pub fn width(&self, stage: Stage) -> usize {
        self.gate(stage).width()
    }

    /// Changes how many items a stage works on at a time, from now on; at least one. What is under way is finished. A
    /// narrower endpoint or fewer interpreters still bound it.
    pub fn set_width(&self, stage: Stage, width: usize) {
        self.gate(stage).set_width(width);
    }

    /// Lets another strategy make the slots that have not begun. Where it cannot be had, the run says why and goes on as
    /// before.
    pub fn switch(&self, strategy: impl Into<String>) {
        self.strategy_locked().wanted = Some(strategy.into());
    }

    /// The strategy that new slots take; empty as long as the run has not begun.
    pub fn strategy(&self) -> String {
        let strategy = self.strategy_locked();
        strategy.wanted.as_ref().unwrap_or(&strategy.now).clone()
    }

    /// Has a slot's texts told as they come, from its next request on; one at a time.
    pub fn watch(&self, whom: Watch) {
        self.watched.set(whom);
    }

    /// Whom somebody watches.
    pub fn watched(&self) -> Watch {
        self.watched.get()
    }

    pub(super) fn watches(&self, ordinal: u64) -> bool {
        self.watched.is(ordinal)
    }

    pub(super) fn watched_slots(&self) -> &Watched {
        &self.watched
    }

    pub(super) fn gate(&self, stage: Stage) -> &Arc<Gate> {
        let [generate, execute, solve, verify, store] = &self.gates;
        match stage {
            Stage::Generate => generate,
            Stage::Execute => execute,
            Stage::Solve => solve,
            Stage::Verify => verify,
            Stage::Store => store,
        }
    }

    /// The widths of a run that begins, where nobody has said others.
    pub(super) fn begin(&self, widths: Concurrency) {
        for (stage, width) in [
            (Stage::Generate, widths.generate),
            (Stage::Execute, widths.execute),
            (Stage::Solve, widths.solve),
            (Stage::Verify, widths.verify),
            (Stage::Store, widths.store),
        ] {
            self.gate(stage).set_default(width);
        }
    }

    /// The strategy that somebody wants next, told once.
    pub(super) fn wanted(&self) -> Option<String> {
        self.strategy_locked().wanted.take()
    }

    /// Says which strategy new slots take.
    pub(super) fn takes(&self, strategy: &str) {
        let mut now = self.strategy_locked();
        if now.now != strategy {
            strategy.clone_into(&mut now.now);
        }
    }

    fn strategy_locked(&self) -> MutexGuard<'_, Strategy> {
        self.strategy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, next: impl Fn(&Mode) -> Mode) {
        self.mode.send_if_modified(|mode| {
            let to = next(mode);
            std::mem::replace(mode, to) != to
        });
    }

    async fn wait(&self, until: impl Fn(Mode) -> bool) -> Mode {
        let mut seen = self.mode.subscribe();
        // The sender lives in `self`, so waiting cannot fail; if it did, stopping is the safe answer.
        seen.wait_for(|mode| until(*mode)).await.map_or(Mode::Stopping, |mode| *mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_run_does_not_come_back() {
        let control = Control::default();
        control.pause();
        assert_eq!(control.mode(), Mode::Paused);
        control.resume();
        assert_eq!(control.mode(), Mode::Running);
        control.drain();
        control.pause();
        control.resume();
        assert_eq!(control.mode(), Mode::Draining);
        control.stop();
        control.drain();
        assert_eq!(control.mode(), Mode::Stopping);
    }

    #[tokio::test]
    async fn a_pause_holds_work_until_it_is_over() {
        let control = Control::default();
        control.pause();
        let other = control.clone();
        let waiting = tokio::spawn(async move { other.may_work().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        control.resume();
        assert!(waiting.await.unwrap());
        control.drain();
        assert!(control.may_work().await);
        assert!(!control.may_begin().await);
        control.stop();
        assert!(!control.may_work().await);
    }
}
