//! Printing: facts to stdout, cleaned of what could drive a terminal.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::table::shortened;

/// One line of text that may come from a model or a file, cleaned.
pub(super) use crate::review::cleaned::clean_line as line;
use crate::store::record::CandidateView;

/// At most `most` columns of a line, the rest as `…`.
pub(super) fn short(text: &str, most: usize) -> String {
    shortened(&line(text.trim()), most)
}

/// Columns of the terminal; plenty where there is none, so that nothing is cut in a pipe.
pub(super) fn width() -> usize {
    if !io::stdout().is_terminal() {
        return 4_000;
    }
    console::Term::stdout().size().1.into()
}

/// Which response of a candidate a sample number means, counted from 1 as on the screen: `response 3 of 4`; nothing where
/// it is the only one.
pub(super) fn which(view: &CandidateView, sample: u32) -> Option<String> {
    let at = view.responses.iter().position(|r| r.record.sample == sample).filter(|_| view.responses.len() > 1)?;
    Some(format!("response {} of {}", at + 1, view.responses.len()))
}

/// Prints text to stdout.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a value to stdout as one line of JSON. Control characters are escaped there, so nothing needs cleaning.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    print(&text)?;
    Ok(())
}

/// An error with its causes, each said once: some sentences have that of their cause in them already.
pub(super) fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Whether an error only says that nobody reads any more (`loong list | head`).
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// Seconds as a person reads them.
pub(super) fn seconds(s: f64) -> String {
    if s < 0.001 {
        format!("{:.0} µs", s * 1e6)
    } else if s < 1.0 {
        format!("{:.0} ms", s * 1e3)
    } else if s < 120.0 {
        format!("{s:.1} s")
    } else {
        format!("{:.0} min", s / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let cause = || anyhow::anyhow!("the disk is full");
        assert_eq!(told(&cause().context("the store failed: the disk is full")), "the store failed: the disk is full");
        assert_eq!(told(&cause().context("the disk is full")), "the disk is full");
        assert_eq!(told(&cause().context("no room")), "no room: the disk is full");
    }
}
