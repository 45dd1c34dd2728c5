//! The interpreter: what programs do, what they may not do, and what is left of them.

#![cfg(unix)]

mod jobs;
mod setup;
