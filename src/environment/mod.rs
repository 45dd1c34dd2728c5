//! The RL environment: reset gives a question, step takes a response and gives its reward.
//!
//! The engine's verification goes through this room, so that what a run stores and what a trainer is paid are one thing.
//! The room must not know what a run, a screen or a server is.
