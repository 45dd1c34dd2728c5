//! The model room against real HTTP servers on loopback, polite and rude.

mod answers;
mod connections;
mod dialects;
mod hostile;
mod keys;
mod parameters;
mod real;
mod servers;
mod support;
