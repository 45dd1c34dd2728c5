//! The screen: what a person reads, judges and steers the loop with.
//!
//! [`App`](app::App) is the whole state, and its `update` is pure: messages in, effects out. [`perform`] carries effects
//! out on threads of its own and answers with messages; [`view`] draws the state and changes nothing. So the program
//! minus terminal and disk is testable as (before, keys, after).
//!
//! The room must not know how a run is wired from configuration (the command line hands it a [`Workbench`]), speaks no
//! SQL, and shows nothing of a model that [`text`] has not cleaned.

pub mod action;
pub mod keymap;
pub mod run;
pub mod terminal;
pub mod text;
pub mod theme;
