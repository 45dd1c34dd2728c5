//! Candidates that this version cannot read: the rest is done, these are named, and the command ends with 1.

use super::{Exit, output};
use crate::store::Unread;
use crate::words::some;

/// Names on stderr what was left out; how the command ends.
pub(super) fn told(unread: &Unread) -> Exit {
    if unread.is_none() {
        return Exit::Done;
    }
    for (candidate, why) in &unread.first {
        eprintln!("{}", output::line(&format!("left out: candidate {candidate} cannot be read ({why})")));
    }
    let all = some(unread.candidates, "candidate");
    eprintln!(
        "{all} left out, which this version of loong cannot read; update it, and report it if that does not help"
    );
    Exit::Failed
}
