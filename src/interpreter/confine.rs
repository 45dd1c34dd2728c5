//! The launcher: `loong __confine SPEC`, which confines itself and becomes a worker.

use std::ffi::OsStr;

use super::isolation::{self, Refusal, Spec};

/// The hidden subcommand.
pub(super) const SUBCOMMAND: &str = "__confine";

/// Becomes a confined worker when the command line asks for it; then this never returns.
///
/// It must be the first act of `main`, before any thread starts: namespaces are left by single-threaded processes only.
pub fn main_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(SUBCOMMAND)) {
        return;
    }
    let spec = arguments.next().and_then(|text| serde_json::from_str::<Spec>(text.to_str()?).ok());
    let (why, status) = match spec.as_ref().map(isolation::enter) {
        Some(Refusal::Cannot(why)) => (why, isolation::CANNOT),
        Some(Refusal::Passing(why)) => (why, 1),
        None => (format!("{SUBCOMMAND} is not for people: the interpreter uses it to start its workers"), 2),
    };
    eprintln!("{why}");
    std::process::exit(status);
}
