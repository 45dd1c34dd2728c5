//! The model room against real HTTP servers on loopback, polite and rude.

mod answers;
#[cfg(unix)]
mod command;
mod connections;
mod dialects;
mod hostile;
mod keys;
mod parameters;
mod real;
mod servers;
mod support;
