//! The terminal as it is: programs in a real pseudoterminal, typed at and looked at.
#![cfg(unix)]

mod audit;
mod child;
mod consent;
mod demo;
#[path = "../support/endpoint.rs"]
mod endpoint;
mod harness;
mod jobs;
mod journeys;
mod leaving;
mod lending;
mod plain;
mod program;
mod reading;
mod seeds;
#[path = "../cli/server.rs"]
#[allow(dead_code, reason = "the tests of the command line use the rest")]
mod server;
mod walk;
mod watching;
