//! The command line: one file a subcommand. It prints, and never draws.

pub mod verify;
