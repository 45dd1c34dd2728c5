//! The launcher: `loong __confine SPEC`, which confines itself and becomes a worker.

use std::ffi::OsStr;

use super::isolation::{self, Refusal, Spec};

/// The hidden subcommand.
pub(super) const SUBCOMMAND: &str = "__confine";

/// What follows it where a layer of isolation is only to be tried: `loong __confine layer NAME FOLDER`.
#[cfg(target_os = "linux")]
pub(super) const LAYER: &str = "layer";

/// Becomes a confined worker, or tries a layer of isolation, when the command line asks for it; then this never returns.
///
/// It must be the first act of `main`, before any thread starts: namespaces are left by single-threaded processes only.
pub fn main_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(SUBCOMMAND)) {
        return;
    }
    let first = arguments.next();
    #[cfg(target_os = "linux")]
    if first.as_deref() == Some(OsStr::new(LAYER)) {
        let layer = arguments.next().and_then(|name| name.to_str()?.parse().ok());
        if let (Some(layer), Some(folder)) = (layer, arguments.next()) {
            let tried = isolation::layers::try_layer(layer, folder.as_ref());
            println!("{}", serde_json::to_string(&tried).unwrap_or_default());
            std::process::exit(0);
        }
    }
    let spec = first.and_then(|text| serde_json::from_str::<Spec>(text.to_str()?).ok());
    let (why, status) = match spec.as_ref().map(isolation::enter) {
        Some(Refusal::Cannot(why)) => (why, isolation::CANNOT),
        Some(Refusal::Passing(why)) => (why, isolation::PASSING),
        None => (format!("{SUBCOMMAND} is not for people: the interpreter uses it to start its workers"), 2),
    };
    eprintln!("{why}");
    std::process::exit(status);
}
