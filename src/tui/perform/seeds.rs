//! The project's seeds: read, typeset, checked, written.

use std::fmt::Write as _;
use std::sync::Arc;

use super::Services;
use super::lane::Job;
use crate::dataset::{Datapoint, Finding};
use crate::tui::effect::Effect;
use crate::tui::msg::Msg;
use crate::tui::seeds::{SeedTexts, outcome, took};
use crate::tui::text::Document;
use crate::tui::workbench::SeedCheck;

pub(super) fn carry_out(services: &Services, effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
    let bench = &services.workbench;
    match effect {
        Effect::Seeds => answer(Msg::Seeds(job.own_project().and_then(|p| bench.seeds(p)))),
        Effect::TypesetSeed { seed, findings, check, past, widths } => {
            let report = report(&findings, check.as_deref(), past.as_deref());
            answer(Msg::SeedTypeset(Box::new(typeset(&seed, &report, widths))));
        }
        Effect::CheckSeeds { nth, seeds } => {
            let ended = job.own_project().and_then(|p| {
                bench.check_seeds(p, &seeds, &|| job.is_stale(), &mut |check| {
                    answer(Msg::SeedChecked(nth, Box::new(check)));
                })
            });
            answer(Msg::ChecksEnded(nth, ended));
        }
        Effect::WriteSeed { old, new } => {
            let written = job.own_project().and_then(|p| bench.write_seed(p, old.as_deref(), &new));
            answer(Msg::SeedWritten { old: old.map(|old| old.id.clone()), written });
        }
        _ => {}
    }
}

fn typeset(seed: &Datapoint, report: &str, widths: (u16, u16)) -> SeedTexts {
    SeedTexts {
        id: seed.id.clone(),
        widths,
        question: Arc::new(Document::prose(&seed.question).lay(widths.0)),
        code: Arc::new(Document::code(&seed.rationale).lay(widths.1)),
        check: Arc::new(Document::raw(report).lay(widths.0)),
    }
}

/// What is wrong with a seed, how it was changed, and what its last check said and printed.
fn report(findings: &[Finding], check: Option<&SeedCheck>, past: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(past) = past {
        let _ = writeln!(text, "{past}");
    }
    for finding in findings {
        let _ = writeln!(text, "! {}: {}", finding.name, finding.told);
    }
    let Some(check) = check else { return text };
    if !check.reason.is_empty() {
        let _ = writeln!(text, "{}: {}", outcome(check), check.reason);
    }
    let memory = check.memory >> 20;
    if !check.isolation.is_empty() {
        let _ = writeln!(text, "{} · {memory} MB · isolation {}", took(check), check.isolation);
    }
    if !check.stdout.trim().is_empty() {
        let _ = write!(text, "\noutput\n{}", check.stdout);
    }
    text
}
