//! The run screen: the fold of a run's events, and its picture at several sizes.

use std::time::Duration;

use loong::engine::{Concurrency, Ended, EngineEvent, Mode, Report};
use loong::failure::{FailureKind, Stage};
use loong::interpreter::Progress;
use loong::model::Role;
use loong::store::record::{Agreement, Origin, RunState, RunSummary};
use loong::store::{CandidateCell, Totals};
use loong::tui::action::Action;
use loong::tui::run::{Board, Borders, Phase, Seen, draw, most_scroll};
use loong::tui::theme::Meaning;
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

const WIDTHS: Concurrency = Concurrency { generate: 4, execute: 2, solve: 8, verify: 2, store: 64 };

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn started(target: u64, filled: u64) -> EngineEvent {
    EngineEvent::Started { run: 3, uid: "u".to_owned(), resumed: filled > 0, filled, target, tokens: 0 }
}

fn candidate(ordinal: u64, agreement: Agreement) -> EngineEvent {
    EngineEvent::Candidate {
        id: ordinal as i64 + 1,
        ordinal,
        domain: "logic".to_owned(),
        stage: None,
        kind: None,
        verdicts: vec![],
        agreement,
        state: agreement.to_string(),
        message: None,
        seconds: 1.0,
    }
}

fn failure(ordinal: u64, stage: Stage, kind: FailureKind, message: &str) -> EngineEvent {
    EngineEvent::Candidate {
        id: ordinal as i64 + 1,
        ordinal,
        domain: "logic".to_owned(),
        stage: Some(stage),
        kind: Some(kind),
        verdicts: vec![],
        agreement: Agreement::None,
        state: kind.to_string(),
        message: Some(message.to_owned()),
        seconds: 1.0,
    }
}

fn reply(counted: u64, tokens: Option<u64>, reused: bool) -> EngineEvent {
    EngineEvent::Reply { role: Role::Solver, model: "qwen3-32b".to_owned(), tokens, counted, seconds: 2.0, reused }
}

fn report(why: Ended, filled: u64, target: u64) -> EngineEvent {
    EngineEvent::Ended(Report {
        run: 3,
        why,
        target,
        filled,
        written: filled,
        by_state: Default::default(),
        asked: 0,
        reused: 0,
        tokens: 77,
        seconds: 1.0,
    })
}

fn begun(target: u64, filled: u64) -> Board {
    let mut board = Board::default();
    board.begin("few-shot", WIDTHS, &[("generator", "gpt-4o-mini"), ("solver", "qwen3-32b")], Some(1_000_000), s(0));
    board.hear(&started(target, filled), s(0));
    board
}

/// A run in its middle: one candidate a second for five minutes.
fn busy() -> Board {
    let mut board = begun(860, 100);
    for i in 0..300u64 {
        let at = s(i + 1);
        board.hear(&EngineEvent::Entered { ordinal: i, stage: Stage::Solve }, at);
        board.hear(&reply(400, Some(400), i % 10 == 0), at);
        if i >= 8 {
            board.hear(&EngineEvent::Left { ordinal: i - 8, stage: Stage::Solve }, at);
        }
        let event = match i % 10 {
            0..=5 => candidate(i, Agreement::Agrees),
            6 => candidate(i, Agreement::Disagrees),
            7 => candidate(i, Agreement::Undecided),
            8 => failure(i, Stage::Execute, FailureKind::CodeError, "exit 1: NameError: name 'n' is not defined"),
            _ => failure(i, Stage::Generate, FailureKind::Duplicate, "an earlier question is the same, or nearly"),
        };
        board.hear(&event, at);
    }
    board
}

fn cell(strategy: &str, domain: &str, standing: Agreement, kind: Option<FailureKind>, n: u64) -> CandidateCell {
    CandidateCell {
        run_id: Some(3),
        origin: Origin::Loop,
        domain: domain.to_owned(),
        strategy: strategy.to_owned(),
        standing,
        kind,
        curation: None,
        contested: false,
        judged: false,
        n,
    }
}

fn totals() -> Totals {
    let mut candidates = Vec::new();
    for (domain, n) in [("logic", 100), ("graph_discrete_math", 57), ("advanced_physics", 31)] {
        candidates.push(cell("few-shot", domain, Agreement::Agrees, None, n));
        candidates.push(cell("few-shot", domain, Agreement::Disagrees, None, n / 3));
        candidates.push(cell("evol-instruct", domain, Agreement::Undecided, None, n / 5));
        candidates.push(cell("evol-instruct", domain, Agreement::None, Some(FailureKind::CodeError), n / 4));
    }
    candidates.push(CandidateCell {
        origin: Origin::Import,
        ..cell("rollouts.jsonl", "imported", Agreement::Agrees, None, 9999)
    });
    Totals { candidates, ..Totals::default() }
}

fn runs() -> Vec<RunSummary> {
    let run = |id, state, candidates| RunSummary {
        id,
        uid: "u".to_owned(),
        strategy: "few-shot".to_owned(),
        state,
        target: 86,
        candidates,
        started_at: "2026-11-20T17:08:10Z".to_owned(),
        ended_at: None,
        recipe_hash: "h".to_owned(),
        rng_seed: 42,
        recipe: String::new(),
    };
    vec![run(1, RunState::Done, 86), run(2, RunState::Stopped, 40)]
}

fn hint(action: Action) -> Option<String> {
    let keys = match action {
        Action::RunStart => "rs",
        Action::RunPause => "rp",
        Action::RunDrain => "rd",
        Action::RunStop => "rx",
        Action::GoReview => "gr",
        Action::GoExport => "ge",
        _ => return None,
    };
    Some(keys.to_owned())
}

/// A style that tells meanings apart.
fn style(meaning: Meaning) -> Style {
    Style::new().fg(Color::Indexed(meaning as u8 + 1))
}

fn seen<'a>(board: &'a Board, totals: Option<&'a Totals>, runs: &'a [RunSummary], now: Duration) -> Seen<'a> {
    Seen {
        board,
        totals,
        runs,
        now,
        project: "tiling-7",
        style: &style,
        hint: &hint,
        borders: Borders::Lines,
        scroll: 0,
    }
}

fn picture(seen: &Seen<'_>, columns: u16, rows: u16) -> Vec<String> {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    draw(&mut buffer, area, seen);
    let line = |y| {
        let mut text = String::new();
        let mut hidden = 0;
        for x in 0..columns {
            let symbol = buffer[(x, y)].symbol();
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            hidden = symbol.width().saturating_sub(1);
            text.push_str(symbol);
        }
        text.trim_end().to_owned()
    };
    (0..rows).map(line).collect()
}

const SIZES: [(u16, u16); 4] = [(200, 55), (120, 40), (80, 24), (60, 16)];

#[test]
#[ignore = "for looking at: run with --ignored --nocapture"]
fn show() {
    let (totals, runs, none, idle) = (totals(), runs(), Totals::default(), Board::default());
    let mut making = busy();
    let venv = "v".to_owned();
    making.hear_progress(&Progress::VenvStarted { venv: venv.clone(), packages: "numpy, sympy".to_owned() }, s(290));
    making.hear_progress(&Progress::VenvLine { venv, line: "Downloading numpy-2.1.0 (16.3 MB)".to_owned() }, s(291));
    let mut done = busy();
    done.hear(&report(Ended::Done, 860, 860), s(302));
    let mut failed = busy();
    failed.failed("no isolation works on this machine (Landlock is not there); executing code needs Linux with Landlock or macOS, or --unsafe-no-isolation");
    let mut paused = busy();
    paused.mode(Mode::Paused, s(301));
    for (board, totals, runs) in [
        (&busy(), &totals, &runs[..]),
        (&making, &totals, &runs),
        (&paused, &totals, &runs),
        (&done, &totals, &runs),
        (&failed, &totals, &runs),
        (&idle, &none, &[]),
        (&idle, &totals, &runs),
    ] {
        for (columns, rows) in SIZES {
            println!("{}", picture(&seen(board, Some(totals), runs, s(302)), columns, rows).join("\n"));
        }
    }
}
