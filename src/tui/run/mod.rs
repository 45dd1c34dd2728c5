//! The run screen: what the loop does, folded from its events.
//!
//! [`Board`] takes events in and keeps little, however long a run is; [`draw`] makes a picture of it. Neither knows a
//! terminal or a clock.

mod board;
mod figures;
mod head;
mod live;
mod newest;
mod pace;
mod panes;
mod paper;
mod past;
mod results;
mod screen;
mod stages;
mod tally;
mod timeline;
mod trouble;
mod usage;
mod watch;
mod work;

pub use board::{Board, Phase};
pub use past::{Latest, Past};
pub use screen::{Seen, draw, most_back, most_scroll};
pub use watch::Watching;
