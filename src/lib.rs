//! `loong`: synthetic reasoning data that can be checked.
//!
//! From a seed dataset the loop generates problems, answers each one twice by unlike means — executed code and an
//! independent chain of thought — and lets a semantic verifier compare the answers. Everything is kept in SQLite, and a
//! person reads, overrides, measures and exports it. The system is Project Loong's (CAMEL-AI, arXiv 2509.03059).
//!
//! Rooms, in the order of their arrows: [`dataset`] and [`answer`] ← [`extractor`], [`verifier`] ← [`generator`],
//! [`environment`] ← [`engine`] → ports implemented by [`model`], [`interpreter`] and [`store`]; [`likeness`] tells which
//! questions are one, [`hub`] fetches files, [`review`] and [`export`] read the store, [`rollout`] fills it from files, and
//! [`server`] hands problems out and takes answers in; [`tui`] and [`cli`] stand on top, and only [`cli`] on [`server`]. A test
//! reads the `use` lines and keeps it so.

pub mod answer;
#[cfg(unix)]
pub mod child;
pub mod cli;
pub mod config;
pub mod dataset;
pub mod engine;
pub mod environment;
pub mod export;
pub mod extractor;
pub mod failure;
pub mod generator;
pub mod hub;
pub mod interpreter;
pub mod likeness;
pub mod logging;
pub mod model;
pub mod paths;
pub mod review;
pub mod rollout;
pub mod second;
pub mod server;
pub mod store;
pub mod tui;
pub mod verifier;
mod words;

/// Reading answers makes many small strings, which this allocator hands out at half the cost of most systems' own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
