//! Pause, drain and stop: one switch that every stage looks at before it begins something.

use std::sync::Arc;

use tokio::sync::watch;

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
}

impl Default for Control {
    fn default() -> Self {
        Self { mode: Arc::new(watch::Sender::new(Mode::Running)) }
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
