//! Rules: what the verifier decides by, changed on trial over every stored pair.
//!
//! [`Rules`] says which leniencies, tolerance and tiers are to decide; [`sweep()`] verifies the stored pairs by them and says
//! what flips, which judgements that would contradict or newly satisfy, and the rates that it would give; [`apply()`] makes
//! them a version of the verifier. No model and no Python is asked: tiers beyond the native ones are replayed from the
//! store, unless the caller brings something to ask.
//!
//! These files must not know how rules are typed in, toggled or drawn.

mod apply;
mod choice;
mod decide;
mod examples;
mod flips;
mod sweep;
mod workers;

pub use apply::{Applied, apply, resumed};
pub use choice::{Rules, RulesError, TIERS};
pub use decide::Ask;
pub use examples::{Example, Examples};
pub use flips::{Class, Flips, JudgedRates};
pub use sweep::{Progress, Scope, sweep};
