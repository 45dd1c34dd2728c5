//! The terminal as it is: programs in a real pseudoterminal, typed at and looked at.
#![cfg(unix)]

mod audit;
mod child;
mod consent;
mod demo;
mod harness;
mod jobs;
mod leaving;
mod lending;
mod program;
mod reading;
