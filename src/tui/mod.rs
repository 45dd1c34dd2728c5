//! The screen: what a person reads, judges and steers the loop with.
//!
//! [`App`](app::App) is the whole state, and its [`update`] is pure: messages in, effects out. [`perform`] carries effects
//! out on lanes of its own and answers with messages; [`view`] draws the state and changes nothing; [`main_loop`] owns the
//! terminal. So the program minus terminal and disk is testable as (before, keys, after).
//!
//! The room must not know how a run is wired from configuration (the command line hands it a
//! [`Workbench`](workbench::Workbench)), speaks no SQL, and shows nothing of a model that was not cleaned.

pub mod action;
pub mod app;
pub mod audit;
mod borders;
pub mod correct;
mod due;
pub mod effect;
pub mod export;
mod faults;
pub mod find;
pub mod held;
pub mod keymap;
pub mod layout;
pub mod lines;
pub mod listed;
pub mod main_loop;
pub mod msg;
pub mod narrow;
pub mod perform;
pub mod plain;
pub mod prompt;
pub mod review;
pub mod rules;
pub mod run;
pub mod seeds;
pub mod sheets;
pub mod signs;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod tips;
pub mod update;
pub mod view;
pub mod welcome;
pub mod workbench;

pub use main_loop::{Launch, open};
