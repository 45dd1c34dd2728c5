//! The stages of a run: what is in flight in each, what went through, and which one the others wait for.

use std::time::Duration;

use super::pace::Pace;
use crate::failure::Stage;

/// How far back a stage's use is felt.
const MEMORY: f64 = 10.0;
/// From this share on, a stage that is used the most holds the others up.
const FULL: f64 = 0.6;

/// One stage.
#[derive(Debug, Clone, Default)]
pub(super) struct StageWork {
    width: u64,
    in_flight: u64,
    pace: Pace,
    /// Share of the width that was in use of late.
    used: f64,
    settled: Duration,
}

impl StageWork {
    pub(super) fn width(&self) -> u64 {
        self.width
    }

    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// Items that went on from it to the next one.
    pub(super) fn through(&self) -> u64 {
        self.pace.total()
    }

    pub(super) fn per_minute(&self, now: Duration) -> Option<f64> {
        self.pace.per_minute(now)
    }

    /// Use up to now: a moving mean, so that a stage that is full for a moment holds nobody up.
    fn used(&self, now: Duration) -> f64 {
        let present = if self.width == 0 { 0.0 } else { (self.in_flight as f64 / self.width as f64).min(1.0) };
        let fade = (-now.saturating_sub(self.settled).as_secs_f64() / MEMORY).exp();
        present + (self.used - present) * fade
    }

    fn settle(&mut self, now: Duration) {
        self.used = self.used(now);
        self.settled = self.settled.max(now);
    }
}

/// All five. Time is the run's own: it stands still in a pause.
#[derive(Debug, Clone, Default)]
pub(super) struct Stages([StageWork; Stage::ALL.len()]);

impl Stages {
    /// Stages of these widths, in their order; of a stage without one it is not told.
    pub(super) fn of(widths: [usize; 4]) -> Self {
        let mut stages = Self::default();
        for (stage, width) in stages.0.iter_mut().zip(widths) {
            stage.width = width as u64;
        }
        stages
    }

    /// Makes a stage as wide.
    pub(super) fn set_width(&mut self, stage: Stage, width: usize, at: Duration) {
        let stage = &mut self.0[stage as usize];
        stage.settle(at);
        stage.width = width as u64;
    }

    /// The width of a stage; 0 where it is not known.
    pub(super) fn width(&self, stage: Stage) -> u64 {
        self.0[stage as usize].width
    }

    /// Begins to measure.
    pub(super) fn begin(&mut self, at: Duration) {
        for stage in &mut self.0 {
            *stage = StageWork { width: stage.width, settled: at, pace: Pace::from(at), ..StageWork::default() };
        }
    }

    pub(super) fn enter(&mut self, stage: Stage, at: Duration) {
        // What comes into the store may have failed anywhere: it tells nothing of the stage before.
        match stage {
            Stage::Execute => self.went_on(Stage::Generate, at),
            Stage::Solve => self.went_on(Stage::Execute, at),
            Stage::Verify => self.went_on(Stage::Solve, at),
            Stage::Generate | Stage::Store => {}
        }
        let stage = &mut self.0[stage as usize];
        stage.settle(at);
        stage.in_flight = stage.in_flight.saturating_add(1);
    }

    pub(super) fn leave(&mut self, stage: Stage, at: Duration) {
        let stage = &mut self.0[stage as usize];
        // What was not seen to come in (the run was heard from its middle on) is not in flight.
        if stage.in_flight > 0 {
            stage.settle(at);
            stage.in_flight -= 1;
        }
    }

    /// An item went on from a stage to the next one; what failed in it did not.
    pub(super) fn went_on(&mut self, stage: Stage, at: Duration) {
        self.0[stage as usize].pace.note(at);
    }

    /// Nothing is in flight any more.
    pub(super) fn end(&mut self) {
        self.0.iter_mut().for_each(|stage| stage.in_flight = 0);
    }

    pub(super) fn in_flight(&self) -> u64 {
        self.0.iter().map(|stage| stage.in_flight).fold(0, u64::saturating_add)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (Stage, &StageWork)> {
        Stage::ALL.iter().map(|stage| (*stage, &self.0[*stage as usize]))
    }

    /// The stage that the others wait for: full, while those after it have room.
    pub(super) fn bottleneck(&self, now: Duration) -> Option<Stage> {
        let most = self.each().map(|(stage, work)| (stage, work.used(now)));
        let (stage, used) = most.max_by(|a, b| a.1.total_cmp(&b.1))?;
        (used >= FULL).then_some(stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn stages() -> Stages {
        let mut stages = Stages::of([4, 2, 8, 2]);
        stages.begin(Duration::ZERO);
        stages
    }

    #[test]
    fn what_leaves_without_having_come_leaves_nothing_negative() {
        let mut stages = stages();
        stages.leave(Stage::Solve, at(5));
        assert_eq!(stages.in_flight(), 0);
        stages.enter(Stage::Solve, at(6));
        assert_eq!(stages.in_flight(), 1);
    }

    #[test]
    fn the_stage_that_stays_full_is_the_one_the_others_wait_for() {
        let mut stages = stages();
        assert_eq!(stages.bottleneck(at(0)), None);
        for _ in 0..8 {
            stages.enter(Stage::Solve, at(100));
        }
        stages.enter(Stage::Execute, at(100));
        assert_eq!(stages.bottleneck(at(1000)), None, "full for a second");
        assert_eq!(stages.bottleneck(at(30_000)), Some(Stage::Solve));
        for _ in 0..8 {
            stages.leave(Stage::Solve, at(30_000));
        }
        assert_eq!(stages.bottleneck(at(60_000)), None);
    }

    #[test]
    fn what_fails_in_a_stage_is_not_through_it() {
        let mut stages = stages();
        for stage in [Stage::Generate, Stage::Execute, Stage::Solve] {
            stages.enter(stage, at(1));
            stages.leave(stage, at(2));
        }
        stages.enter(Stage::Store, at(3));
        let through: Vec<u64> = stages.each().map(|(_, work)| work.through()).collect();
        assert_eq!(through, [1, 1, 0, 0, 0]);
    }

    #[test]
    fn a_stage_without_width_is_never_full() {
        let mut stages = Stages::default();
        stages.enter(Stage::Generate, at(0));
        assert_eq!(stages.bottleneck(at(60_000)), None);
    }
}
