//! The RL environment: reset gives a question, step takes a response and gives its reward.
//!
//! The engine's verification goes through [`score`], the same function that rewards a step, so that what a run stores and
//! what a trainer is paid are one thing. The room must not know what a run, a screen or a server is.

pub mod line;
mod reward;
mod single_step;
mod source;

pub use reward::{RewardPolicy, RewardTerms, Scored, no_answer, score};
pub use single_step::{Action, EnvError, Episode, Observation, SingleStepEnv, Step, StepInfo};
pub use source::{GeneratingSource, Source, StaticSource, Task};
