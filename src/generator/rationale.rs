//! The coder's turn: the program that answers a question which another turn has written.

use std::path::Path;

use serde_json::json;

use super::Desk;
use super::form::RATIONALE;
use super::pool::shown;
use super::prompt::{Prompt, PromptError};
use super::turn::{Asker, Turn, Unsaid};
use crate::interpreter::Dependencies;
use crate::model::Role;

/// A question that wants a program.
pub(super) struct Task<'a> {
    pub(super) domain: &'a str,
    pub(super) question: &'a str,
    /// Questions with their programs, to show how it is done.
    pub(super) examples: &'a [(&'a str, &'a str)],
    pub(super) packages: &'a Dependencies,
}

/// The embedded prompt, or the project's own.
pub(super) fn prompt(project: Option<&Path>) -> Result<Prompt, PromptError> {
    Prompt::load("rationale", include_str!("../../assets/prompts/rationale.md"), project)
}

/// Asks the coder for the `nth` program of a slot.
pub(super) async fn program(
    asker: &Asker,
    prompt: &Prompt,
    desk: &dyn Desk,
    ordinal: u64,
    nth: u32,
    task: &Task<'_>,
) -> Result<String, Unsaid> {
    let values = json!({
        "domain": task.domain,
        "examples": task.examples.iter().map(|(question, code)| shown(question, code)).collect::<Vec<_>>(),
        "packages": task.packages.as_slice(),
        "question": task.question,
    });
    let turn = Turn { role: Role::Coder, ordinal, nth, prompt, form: &RATIONALE };
    Ok(asker.ask(desk, turn, values).await?.text("code"))
}
