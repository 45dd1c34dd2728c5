//! Correcting a candidate line by line: in the editor, or the answer in a word. What is changed is kept at once, for undo
//! takes it back; code is never run here.

use std::fmt::Write as _;

use crate::cli::{drafts, output};
use crate::paths::Paths;
use crate::review::correction::{Change, Draft, changes, from_sheet, revision, sheet};
use crate::store::record::CandidateView;
use crate::store::revision::{Revision, Texts};
use crate::tui::terminal::{Edited, edit, is_terminal};
use crate::verifier::VerifierOptions;

/// What corrections are made with.
pub(super) struct Desk {
    /// What the verifier decides by.
    pub(super) options: VerifierOptions,
    /// Where a sheet is kept that cannot be read.
    pub(super) paths: Paths,
}

/// A correction, to be decided.
pub(super) struct Corrected {
    pub(super) revision: Box<Revision>,
    pub(super) reason: Option<String>,
    /// What it changes.
    pub(super) told: String,
}

/// Has a candidate corrected; `None` where nothing was changed.
///
/// # Errors
/// Why not, in a sentence, and where what was written is.
pub(super) fn ask(desk: &Desk, view: &CandidateView, answer: Option<String>) -> Result<Option<Corrected>, String> {
    let draft = match answer {
        Some(answer) => {
            let reference = Some(answer).filter(|answer| view.record.reference.as_ref() != Some(answer));
            Draft { texts: Texts { reference, ..Texts::default() }, reason: None }
        }
        // An editor in a pipe would read the lines that are meant for us, and write into what is read.
        None if !is_terminal() => {
            let message = "there is no terminal to edit in; `correct answer 42` corrects the answer without one, and \
                           `loong decide` takes a revision of the question or the code";
            return Err(message.to_owned());
        }
        None => match edit(&sheet(view), ".md").map_err(|e| e.to_string())? {
            Edited::Unchanged => return Ok(None),
            Edited::Changed(text) => from_sheet(&text, view).map_err(|why| kept(desk, view.id, &text, &why))?,
        },
    };
    if draft.texts.is_empty() {
        return Ok(None);
    }
    let told = changes(&view.texts(), &draft.texts).iter().map(line_by_line).collect();
    let revision = revision(view.clone(), draft.texts, None, &desk.options);
    Ok(Some(Corrected { revision: Box::new(revision), reason: draft.reason, told }))
}

fn kept(desk: &Desk, id: i64, text: &str, why: &str) -> String {
    match drafts::keep(&desk.paths, &format!("correction-{id}.md"), text) {
        Ok(path) => format!("{why}; what you wrote is in {}", path.display()),
        Err(e) => format!("{why}; what you wrote could not be kept: {e}"),
    }
}

/// What stood and what stands, a line each.
pub(super) fn line_by_line(change: &Change) -> String {
    let mut text = String::new();
    for (word, stood) in [("Before", &change.before), ("Now", &change.after)] {
        let _ = writeln!(text, "{word}, the {}: {}", change.name, output::short(stood, 400));
    }
    text
}
