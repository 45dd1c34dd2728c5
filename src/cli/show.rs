//! `loong show`: one candidate, whole.

use std::fmt::Write as _;

use clap::Args;

use super::{Context, Exit, evidence, output, wiring};
use crate::dataset::StaticDataset;
use crate::review::cleaned::clean;
use crate::review::correction::named;
use crate::store::record::{CandidateView, Decision, ResponseView};
use crate::store::{Lineage, OpenMode};
use crate::tui::plain::reference_name;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong show 12\n  loong show 12 --lineage     from the seed to its children")]
pub(super) struct ShowArgs {
    /// The candidate's number
    #[arg(value_name = "ID")]
    id: i64,
    /// Show the rendered prompt that the generator was given
    #[arg(long)]
    prompt: bool,
    /// Show what it was made of and what was made of it, and nothing else
    #[arg(long, conflicts_with = "prompt")]
    lineage: bool,
}

pub(super) fn run(context: &Context, args: &ShowArgs) -> anyhow::Result<Exit> {
    let (project, store) = context.store(OpenMode::ReadOnly)?;
    let reader = store.reader()?;
    if args.lineage {
        let lineage = reader.lineage(args.id)?;
        if context.flags.json {
            output::print_json(&lineage)?;
        } else {
            // Seeds that cannot be read leave their ids.
            let config = context.config(Some(&project))?;
            let seeds = wiring::all_seeds(&project, &config, u64::MAX).map(|(seeds, _)| seeds).unwrap_or_default();
            output::print(&of_lineage(&lineage, &seeds))?;
        }
        return Ok(Exit::Done);
    }
    let view = reader.candidate(args.id)?;
    let prompt_hash = view.record.prompt_hash.clone();
    let decisions = reader.decisions(args.id)?;
    if context.flags.json {
        output::print_json(&serde_json::json!({"candidate": view, "decisions": decisions}))?;
        return Ok(Exit::Done);
    }
    let mut text = render(&view.current(), &decisions);
    if args.prompt {
        let prompt = prompt_hash.as_deref().map(|hash| reader.prompt(hash)).transpose()?;
        section(
            &mut text,
            "prompt",
            prompt.flatten().as_deref().unwrap_or("(none: this candidate was not generated from one)"),
        );
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

/// From the seeds down to the children, a step a line.
fn of_lineage(lineage: &Lineage, seeds: &StaticDataset) -> String {
    let mut text = String::new();
    for id in &lineage.seeds {
        let asks = seeds.by_id(id).map_or_else(
            || "not among the project's seeds any more".to_owned(),
            |seed| output::short(&seed.question, 60),
        );
        let _ = writeln!(text, "seed {} · {asks}", output::line(id));
    }
    if let Some(uid) = &lineage.missing {
        let _ = writeln!(text, "candidate {} is not in this store", output::line(uid));
    }
    for step in lineage.steps() {
        let mark = if step.id == lineage.this.id { "→" } else { " " };
        let by = step.operation.as_deref().unwrap_or(&step.strategy);
        let state = step.failure.map_or_else(|| step.standing.to_string(), |kind| kind.to_string());
        let indent = "  ".repeat(usize::try_from(step.depth).unwrap_or(0).min(20));
        let (by, title) = (output::line(by), output::short(&step.title, 60));
        let _ = writeln!(text, "{mark} {indent}{} · {by} · depth {} · {state} · {title}", step.id, step.depth);
    }
    if lineage.more {
        text.push_str("and further children: filter by `parent:`\n");
    }
    text
}

fn section(text: &mut String, title: &str, body: &str) {
    let _ = writeln!(text, "\n── {title} ──\n{}", clean(body.trim_end()));
}

fn render(view: &CandidateView, decisions: &[Decision]) -> String {
    let record = &view.record;
    let mut text = String::new();
    let model = view.model.as_deref().unwrap_or("no model");
    let _ = writeln!(
        text,
        "candidate {} · {} · {} · {} · {}",
        view.id,
        output::line(&record.domain),
        output::line(&record.strategy),
        output::line(model),
        output::seconds(record.seconds),
    );
    if let Some(failure) = &record.failure {
        let _ = writeln!(text, "failed in {}: {} ({})", failure.stage, failure.kind, output::line(&failure.message));
    }
    if !record.seeds.is_empty() {
        let _ = writeln!(text, "seeds {}", output::line(&record.seeds.join(", ")));
    }
    section(&mut text, "question", &record.question);
    if let Some(raw) = record.metadata.get("raw").and_then(|v| v.as_str()) {
        section(&mut text, "the reply that nothing could be made of", raw);
    }
    if let Some(code) = &record.code {
        section(&mut text, "code", code);
    }
    for (nth, e) in record.executions.iter().enumerate() {
        let status = e.status.map_or_else(String::new, |s| format!(" {s}"));
        let title = format!(
            "execution {} · {}{status} · {} · isolation {}",
            nth + 1,
            e.end,
            output::seconds(e.seconds),
            e.isolation
        );
        section(&mut text, &title, output::short(&e.stdout, 2000).as_str());
        if e.stdout_bytes > e.stdout.len() as u64 {
            section(&mut text, "cut", &format!("it printed {} bytes before it was stopped", e.stdout_bytes));
        }
        if !e.substituted.is_empty() {
            let _ = writeln!(text, "not the pinned versions: {}", output::line(&e.substituted.join(", ")));
        }
        if !e.stderr.trim().is_empty() {
            section(&mut text, "stderr", &e.stderr);
        }
    }
    if let Some(reference) = &record.reference {
        section(&mut text, reference_name(view), reference);
    }
    for response in &view.responses {
        render_response(&mut text, view, response);
    }
    if let Some(revised) = &view.revised {
        for (name, came) in revised.came.named() {
            if let Some(came) = came {
                section(&mut text, &format!("the {name} it came with"), came);
            }
        }
    }
    if let Some(curation) = view.curation {
        let _ = writeln!(
            text,
            "\ncuration: {curation}{}",
            view.right.map_or_else(String::new, |r| format!(", right: {r}"))
        );
    }
    for d in decisions {
        let _ = writeln!(text, "{}", deed(view, d));
    }
    text
}

/// Who decided what, when, and how: a line.
fn deed(view: &CandidateView, d: &Decision) -> String {
    let corrected = || d.body.revision.as_ref().map(|revision| named(&revision.texts()));
    let said = d.body.judgement.map(|j| j.to_string()).or(d.body.curation.map(|c| c.to_string()));
    let what = said.or_else(corrected).map_or_else(String::new, |what| format!(" {what}"));
    let facts: Vec<String> = [
        d.body.sample.and_then(|sample| output::which(view, sample)),
        d.body.blind.then(|| "blind".to_owned()),
        d.body.adjudicates.then(|| "settles it".to_owned()),
        d.reversed_by.as_ref().map(|_| "taken back".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    let note = d.body.note.as_deref().map_or_else(String::new, |n| format!(": {}", output::line(n)));
    format!("{} {} {}{what}{facts}{note}", d.at, output::line(&d.body.reviewer), d.kind)
}

fn render_response(text: &mut String, of: &CandidateView, view: &ResponseView) {
    let r = &view.record;
    let which = output::which(of, r.sample).unwrap_or_else(|| "response".to_owned());
    section(text, &format!("{which} · {}", output::line(&r.solver)), &r.text);
    if let Some(reasoning) = &r.reasoning {
        section(text, "its reasoning", reasoning);
    }
    if let Some(failure) = &r.failure {
        let _ = writeln!(text, "{}: {}", failure.kind, output::line(&failure.message));
    }
    if let Some(v) = &r.verdict {
        let answer = output::short(r.answer.as_deref().unwrap_or("none"), 400);
        let _ = writeln!(text, "CoT answer: {answer}\nverdict: {} {}", v.outcome.glyph(), v.outcome);
        text.push_str(&evidence::rows(v, None, Some(&r.text), 2, output::width()));
    }
    if let Some(judgement) = view.judgement {
        let _ = writeln!(text, "judged: {judgement}{}", if view.contested { " (contested)" } else { "" });
    }
}
