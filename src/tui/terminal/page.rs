//! Text in the user's pager.

use std::io::{ErrorKind, Write};
use std::process::Stdio;

use super::outside::{Command, OutsideError};
use crate::review::cleaned::clean;

/// Shows `text` in the program that `$PAGER` names (otherwise `less -R`), and waits for its end. What could drive the
/// terminal is cleaned from it first. The terminal must have been [lent](super::lend).
pub fn page(text: &str) -> Result<(), OutsideError> {
    let pager = pager(Command::from_variables(&["PAGER"], |name| std::env::var_os(name))?);
    let mut child = pager
        .process()
        // No shell, no editor, no file of another name out of the pager.
        .env("LESSSECURE", "1")
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|source| OutsideError::NotStarted { program: pager.program, variable: "PAGER", source })?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(clean(text).as_bytes()));
    child.wait()?;
    match written {
        // The reader has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// The pager to start; `less` is told to stay even when all fits on its screen, since ours comes back over it.
fn pager(named: Option<Command>) -> Command {
    let fallback = || {
        if cfg!(windows) {
            Command::plain("more")
        } else {
            Command { program: "less".into(), arguments: vec!["-R".into()] }
        }
    };
    let mut pager = named.unwrap_or_else(fallback);
    if pager.name() == "less" {
        pager.arguments.push("-+F".into());
    }
    pager
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_stays() {
        if !cfg!(windows) {
            assert_eq!(pager(None).arguments, ["-R", "-+F"]);
        }
        assert_eq!(pager(Some(Command::plain("/usr/bin/less"))).arguments, ["-+F"]);
        assert!(pager(Some(Command::plain("most"))).arguments.is_empty());
    }
}
