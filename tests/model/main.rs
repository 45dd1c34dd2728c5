//! The model room against real HTTP servers on loopback, polite and rude.

mod answers;
mod connections;
mod keys;
mod parameters;
mod support;
