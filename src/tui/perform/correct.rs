//! Corrections: verified by the native tiers and appended, their code run where somebody asked for it.

use super::Services;
use super::lane::Job;
use crate::review::correction::{CodeRun, revision};
use crate::store::record::{Decision, NewDecision};
use crate::tui::effect::Effect;
use crate::tui::msg::Msg;

pub(super) fn carry_out(services: &Services, effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
    match effect {
        Effect::Revise { new, run } => answer(Msg::Revised(revise(services, *new, run.as_deref(), job))),
        Effect::RunCode { nth, code, dependencies } => {
            let run = job.own_project().and_then(|p| services.workbench.run_code(p, &code, &dependencies));
            answer(Msg::CodeRan(nth, Box::new(run)));
        }
        Effect::KeepText { id, text, why } => {
            let kept = services.workbench.keep_text(&format!("correction-{id}.md"), &text);
            answer(Msg::TextKept(why, kept));
        }
        _ => {}
    }
}

/// Appends a correction, with what the verifier says of the pairs that it makes.
fn revise(
    services: &Services,
    mut new: NewDecision,
    run: Option<&CodeRun>,
    job: &Job,
) -> Result<Box<Decision>, String> {
    let project = job.own_project()?;
    let rules = services.workbench.rules(project)?;
    let view = project.store.reader().and_then(|reader| reader.candidate(new.candidate)).map_err(|e| e.to_string())?;
    new.revision = new.revision.map(|wanted| Box::new(revision(view, wanted.texts(), run, &rules.options)));
    project.store.decide_blocking(new).map(Box::new).map_err(|e| e.to_string())
}
