//! The run screen: what the loop does, folded from its events and drawn for a person.
//!
//! [`Board`] is the fold, bounded in memory whatever the run's length; [`draw`] draws it with what is stored. The room must
//! not know how a run is begun or where its events come from.

mod bars;
mod board;
mod draw;
mod history;

pub use board::{Board, Phase};
pub use draw::{Seen, draw};
pub use history::{Bucket, History};
