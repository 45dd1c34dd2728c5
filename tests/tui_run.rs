//! The run screen: the fold of a run's events, and its picture at several sizes.

use std::sync::OnceLock;
use std::time::Duration;

use loong::engine::{Bound, Ended, EngineEvent, Mode, Report};
use loong::failure::{FailureKind, Stage};
use loong::interpreter::Progress;
use loong::model::{Role, Usage};
use loong::store::record::{Agreement, Origin, RunState, RunSummary, Spent};
use loong::store::{CandidateCell, ResponseCell, Spend, Totals};
use loong::tui::action::Action;
use loong::tui::run::{Board, Phase, Seen, draw, most_scroll};
use loong::tui::theme::{Depth, Meaning, Theme};
use loong::tui::workbench::Setting;
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

fn setting() -> Setting {
    Setting {
        strategy: "few-shot".to_owned(),
        generator: "gpt-4o-mini".to_owned(),
        solvers: vec!["qwen3-32b".to_owned()],
        widths: [4, 2, 8, 2],
        budget: loong::engine::Budget { tokens: Some(1_000_000), ..loong::engine::Budget::default() },
    }
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn started(target: u64, filled: u64) -> EngineEvent {
    EngineEvent::Started { run: 3, uid: "u".to_owned(), resumed: filled > 0, filled, target, tokens: 0 }
}

fn candidate(ordinal: u64, agreement: Agreement) -> EngineEvent {
    EngineEvent::Candidate {
        id: ordinal.cast_signed() + 1,
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
        id: ordinal.cast_signed() + 1,
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
    EngineEvent::Reply {
        role: Role::Solver,
        model: "qwen3-32b".to_owned(),
        tokens,
        counted,
        seconds: 2.0,
        reused,
        usage: Usage::default(),
        cost: None,
    }
}

fn report(why: Ended, filled: u64, target: u64) -> EngineEvent {
    EngineEvent::Ended(Report {
        run: 3,
        why,
        target,
        filled,
        written: filled,
        by_state: std::collections::BTreeMap::default(),
        asked: 0,
        reused: 0,
        tokens: 77,
        spent: Vec::new(),
        seconds: 1.0,
    })
}

fn begun(target: u64, filled: u64) -> Board {
    let mut board = Board::default();
    board.begin(&setting(), s(0));
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

fn hint(action: Action) -> String {
    let keys = match action {
        Action::RunStart => "r s",
        Action::RunPause => "r p",
        Action::RunDrain => "r d",
        Action::RunStop => "r x",
        Action::GoWelcome => "g w",
        Action::GoReview => "g r",
        Action::GoExport => "g e",
        _ => "",
    };
    keys.to_owned()
}

fn theme() -> &'static Theme {
    static THEME: OnceLock<Theme> = OnceLock::new();
    THEME.get_or_init(|| Theme::load("dark", None, Depth::True).unwrap())
}

fn seen<'a>(board: &'a Board, totals: Option<&'a Totals>, runs: &'a [RunSummary], now: Duration) -> Seen<'a> {
    Seen {
        board,
        totals,
        runs,
        now,
        project: "tiling-7",
        theme: theme(),
        hint: &hint,
        ascii: false,
        watch: None,
        stage: None,
        chosen: None,
        past: None,
        hides: Box::new(|_| false),
        scroll: 0,
        is_over: false,
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

#[test]
fn counts_follow_events_and_resumed_runs_keep_what_they_had() {
    let mut board = begun(10, 4);
    assert_eq!((board.made(), board.target(), board.phase()), (4, 10, Phase::Running));
    board.hear(&EngineEvent::Entered { ordinal: 4, stage: Stage::Generate }, s(1));
    board.hear(&EngineEvent::Entered { ordinal: 5, stage: Stage::Generate }, s(1));
    board.hear(&EngineEvent::Left { ordinal: 4, stage: Stage::Generate }, s(2));
    assert_eq!(board.in_flight(), 1);
    board.hear(&candidate(4, Agreement::Disagrees), s(3));
    board.hear(&candidate(5, Agreement::Agrees), s(4));
    assert_eq!((board.made(), board.written(), board.disagreements()), (6, 2, 1));
    board.hear(&report(Ended::Stopped, 6, 10), s(5));
    assert_eq!((board.made(), board.in_flight(), board.phase()), (6, 0, Phase::Stopped));
    assert!(!board.is_active());

    // The same board hears the run go on, also when nobody said that it begins.
    board.hear(&started(10, 6), s(60));
    assert_eq!((board.made(), board.written(), board.phase()), (6, 0, Phase::Running));
    board.hear(&candidate(6, Agreement::Agrees), s(61));
    board.hear(&report(Ended::Done, 10, 10), s(62));
    assert_eq!((board.made(), board.phase()), (10, Phase::Done));
}

#[test]
fn replies_count_once_and_the_engine_has_the_last_word_on_tokens() {
    let mut board = begun(10, 0);
    board.hear(&reply(120, Some(120), false), s(1));
    board.hear(&reply(30, None, false), s(1));
    board.hear(&reply(0, Some(5000), true), s(1));
    assert_eq!(board.tokens(), 150);
    let shown = picture(&seen(&board, None, &[], s(2)), 120, 40);
    let models = shown.into_iter().find(|l| l.contains("≥120")).expect("a lower bound of tokens");
    assert!(models.contains("qwen3-32b") && models.contains("2.00 s"), "{models}");
    board.hear(&EngineEvent::BudgetSpent { bound: Bound::Tokens, tokens: 160 }, s(2));
    assert_eq!((board.tokens(), board.phase()), (160, Phase::Draining));
    board.hear(&report(Ended::Budget(Bound::Tokens), 2, 10), s(3));
    assert_eq!((board.tokens(), board.phase()), (77, Phase::Stopped));
    assert_eq!(board.saying(), "the budget of tokens is spent (77 of 1.00 M tokens); 2 of 10 are made");
}

#[test]
fn every_bound_and_the_money_stand_in_the_head() {
    let budget = loong::engine::Budget { usd: Some(0.01), seconds: Some(60), ..loong::engine::Budget::default() };
    let mut board = Board::default();
    board.begin(&Setting { budget, ..setting() }, s(0));
    board.hear(&started(10, 0), s(0));
    let line = Spent { replies: 3, usd: 0.0099, ..Spent::none(Role::Solver, "qwen3-32b") };
    board.hear(&EngineEvent::Spent { lines: vec![line] }, s(1));
    let told = picture(&seen(&board, None, &[], s(12)), 80, 22).join("\n");
    assert!(told.contains("0 tokens · $0.00990 of $0.0100 · 12 s of 1 min"), "{told}");
    assert!(!told.contains("no budget set"), "{told}");
    let low = picture(&seen(&board, None, &[], s(12)), 80, 16).join("\n");
    assert!(low.contains("$0.00990 · for 12 s"), "{low}");
    board.hear(&report(Ended::Budget(Bound::Usd), 2, 10), s(13));
    assert!(board.saying().starts_with("the budget of money is spent ($0.00990 of $0.0100)"), "{}", board.saying());
}

#[test]
fn candidates_that_nobody_was_to_solve_have_not_failed() {
    let mut board = begun(10, 0);
    board.hear(&candidate(0, Agreement::None), s(1));
    let told = picture(&seen(&board, None, &[], s(2)), 120, 40).join("\n");
    assert!(told.contains("not solved") && told.contains("nothing has failed"), "{told}");
}

#[test]
fn what_is_stored_of_a_run_counts_as_the_run_does() {
    let mut board = begun(10, 0);
    board.hear(&candidate(0, Agreement::Agrees), s(1));
    let mut truncated = candidate(1, Agreement::None);
    if let EngineEvent::Candidate { verdicts, state, .. } = &mut truncated {
        verdicts.push(None);
        "truncated".clone_into(state);
    }
    board.hear(&truncated, s(1));
    let asked = ResponseCell {
        run_id: Some(3),
        domain: "logic".to_owned(),
        strategy: "few-shot".to_owned(),
        solver: "m".to_owned(),
        verdict: None,
        tier: None,
        kind: Some(FailureKind::Truncated),
        judgement: None,
        n: 1,
    };
    let candidates = vec![
        cell("few-shot", "logic", Agreement::Agrees, None, 1),
        cell("few-shot", "logic", Agreement::None, None, 1),
    ];
    let stored = Totals { candidates: candidates.clone(), responses: vec![asked], ..Totals::default() };
    let told = picture(&seen(&board, Some(&stored), &[], s(2)), 120, 40).join("\n");
    assert!(!told.contains("not solved"), "{told}");
    let nobody = Totals { candidates, ..Totals::default() };
    let told = picture(&seen(&board, Some(&nobody), &[], s(2)), 120, 40).join("\n");
    assert!(told.contains("not solved"), "{told}");
}

#[test]
fn what_a_run_cost_is_told_whole_or_not_at_all() {
    let spent = Spend {
        run_id: 1,
        role: Role::Solver,
        model: "qwen3-32b".to_owned(),
        replies: 3,
        unknown: 0,
        prompt_tokens: 10,
        completion_tokens: 10,
        reasoning_tokens: 0,
        seconds: 1.0,
        unpriced: 3,
        usd: 0.0,
    };
    let stored = Totals { spend: vec![spent], ..Totals::default() };
    let (runs, idle) = (runs(), Board::default());
    for columns in 60..=200 {
        let told = picture(&seen(&idle, Some(&stored), &runs, s(1)), columns, 40).join("\n");
        assert!(!told.contains("few-shot · c") || told.contains("few-shot · cost unknown"), "{columns}: {told}");
    }
}

#[test]
fn a_failures_message_is_wrapped_where_there_is_room() {
    let mut board = begun(10, 0);
    let message =
        format!("the program ended with an error: Traceback {} No module named 'frobnicate'", "File main ".repeat(4));
    board.hear(&failure(0, Stage::Execute, FailureKind::CodeError, &message), s(1));
    let told = picture(&seen(&board, None, &[], s(2)), 120, 40).join("\n");
    assert!(told.contains("frobnicate"), "{told}");
}

#[test]
fn rate_and_time_left_follow_the_run_and_stand_still_in_a_pause() {
    let mut board = begun(1000, 0);
    assert_eq!((board.rate_per_minute(s(0)), board.eta(s(0))), (None, None));
    for i in 0..120u64 {
        board.hear(&candidate(i, Agreement::Agrees), Duration::from_millis((i + 1) * 500));
    }
    let rate = board.rate_per_minute(s(60)).unwrap();
    assert!((rate - 120.0).abs() < 2.0, "{rate}");
    let eta = board.eta(s(60)).unwrap().as_secs();
    assert!((430..=450).contains(&eta), "880 at two a second: {eta}");

    board.mode(Mode::Paused, s(60));
    assert_eq!(board.eta(s(3000)), None);
    assert_eq!(board.rate_per_minute(s(3000)), Some(rate));
    board.mode(Mode::Running, s(3600));
    let after = board.rate_per_minute(s(3600)).unwrap();
    assert!((after - rate).abs() < 1e-9, "{after}");
    assert_eq!(board.elapsed(s(3600)), Some(s(3600)));
    board.hear(&report(Ended::Stopped, 120, 1000), s(3601));
    assert_eq!(board.elapsed(s(9999)), Some(s(3601)));
}

#[test]
fn a_run_that_is_ending_does_not_come_back() {
    let mut board = Board::default();
    board.mode(Mode::Paused, s(0));
    assert_eq!(board.phase(), Phase::NotStarted);
    board.begin(&Setting::default(), s(0));
    assert_eq!(board.phase(), Phase::Starting);
    board.hear(&started(5, 0), s(1));
    board.mode(Mode::Paused, s(2));
    board.mode(Mode::Draining, s(3));
    board.mode(Mode::Running, s(4));
    assert_eq!(board.phase(), Phase::Draining);
    board.mode(Mode::Stopping, s(5));
    board.mode(Mode::Draining, s(6));
    assert_eq!(board.phase(), Phase::Stopping);
    board.failed("the disk is full");
    assert_eq!((board.phase(), board.saying().as_str()), (Phase::Failed, "the disk is full"));
    assert_eq!(board.end().unwrap(), "the run failed: the disk is full");
}

#[test]
fn long_work_has_one_line_and_ends_with_the_run() {
    let mut board = begun(5, 0);
    let started = |venv: &str| Progress::VenvStarted { venv: venv.to_owned(), packages: "numpy, sympy".to_owned() };
    assert_eq!(board.headline(), None);
    board.hear_progress(&started("a"), s(10));
    assert_eq!(board.headline().unwrap(), "making a Python environment with numpy, sympy");
    let text = picture(&seen(&board, None, &[], s(22)), 120, 40).join("\n");
    assert!(text.contains("making a Python environment with numpy, sympy (12 s)"), "{text}");
    board.hear_progress(&started("b"), s(11));
    assert_eq!(board.headline().unwrap(), "making a Python environment with numpy, sympy, and 1 more");
    board.hear_progress(&Progress::VenvReady { venv: "a".to_owned(), millis: 900 }, s(23));
    assert_eq!(board.headline().unwrap(), "making a Python environment with numpy, sympy");
    let message = "the venv for numpy, sympy could not be made: no wheel";
    board.hear(&failure(0, Stage::Execute, FailureKind::VenvError, message), s(24));
    assert_eq!(board.headline(), None);
    let text = picture(&seen(&board, None, &[], s(25)), 120, 40).join("\n");
    assert!(text.contains("the Python environment is ready (0 s)"), "{text}");
    board.hear_progress(&started("c"), s(61));
    board.over(s(62));
    assert_eq!((board.headline(), board.phase()), (None, Phase::Stopped));
}

#[test]
fn a_million_events_leave_little() {
    let mut board = begun(1_000_000, 0);
    let mut size_at_first = 0;
    for i in 0..250_000u64 {
        let at = Duration::from_millis(i * 37);
        let model = format!("model {i}");
        board.hear(&EngineEvent::Entered { ordinal: i, stage: Stage::Solve }, at);
        board.hear(
            &EngineEvent::Reply {
                role: Role::Solver,
                model,
                tokens: None,
                counted: 1,
                seconds: 0.1,
                reused: false,
                usage: Usage::default(),
                cost: None,
            },
            at,
        );
        board.hear(&failure(i, Stage::ALL[(i % 5) as usize], FailureKind::ALL[(i % 20) as usize], "m"), at);
        board.hear_progress(&Progress::VenvStarted { venv: i.to_string(), packages: "p".repeat(5000) }, at);
        board.hear(&EngineEvent::Left { ordinal: i, stage: Stage::Solve }, at);
        if i == 10_000 {
            size_at_first = format!("{board:?}").len();
        }
    }
    assert_eq!((board.made(), board.tokens(), board.in_flight()), (250_000, 250_000, 0));
    let size = format!("{board:?}").len();
    assert!(size < size_at_first * 11 / 10 && size < 100_000, "{size_at_first} grew to {size}");
}

/// Every row fills its columns, and the outer border stands.
fn check_frame(rows: &[String], columns: u16, what: &str) {
    let last = rows.len() - 1;
    for (y, row) in rows.iter().enumerate() {
        assert_eq!(row.width(), usize::from(columns), "{what}, row {y}: {row}");
        let ends = (row.chars().next().unwrap(), row.chars().next_back().unwrap());
        let stands = match ends {
            ('┌', '┐') => y == 0,
            ('└', '┘') => y == last,
            ('│' | '├', '│' | '┤') => true,
            _ => false,
        };
        assert!(stands, "{what}, row {y}: {row}");
    }
}

#[test]
fn an_outsider_sees_what_goes_on_at_every_size() {
    let (board, totals, runs) = (busy(), totals(), runs());
    for (columns, rows) in SIZES {
        let text = picture(&seen(&board, Some(&totals), &runs, s(300)), columns, rows);
        check_frame(&text, columns, &format!("{columns}×{rows}"));
        let all = text.join("\n");
        let mut wanted = vec![
            "● running",
            "tiling-7",
            "run 3",
            "few-shot",
            "for 5 min 00 s",
            "400 of 860",
            "46 %",
            "8 in flight",
            "180",
            "◂ slowest",
            "generate",
            "execute",
            "solve",
            "verify",
            "store",
            "8/8",
            "60 candidates of 300",
            "code_error",
            "the program ended with an error",
            "r p pauses",
            "r d ",
            "r x stops now",
            "g r re",
        ];
        if columns >= 80 {
            wanted.extend([
                "60.0 a minute",
                "agrees",
                "undecided",
                "reads the 30 disagreements",
                "NameError",
                "qwen3-32b",
            ]);
        }
        if columns >= 120 {
            wanted.extend([
                "7 min 40 s left",
                "what came of 333",
                "evol-instruct",
                "logic",
                "over time",
                "a column is",
                "2.00 s a reply",
                "finishes what is in flight and ends",
                "120 k of 1.00 M",
                "stopped",
                "40/86",
            ]);
        }
        for word in wanted {
            assert!(all.contains(word), "{word} is missing at {columns}×{rows}:\n{all}");
        }
        assert!(!all.contains("9999") && !all.contains("imported"), "imports are not the loop's:\n{all}");
    }
}

#[test]
fn every_number_is_the_boards() {
    let board = busy();
    let totals = totals();
    let text = picture(&seen(&board, Some(&totals), &[], s(300)), 120, 40);
    let row = |word: &str| text.iter().find(|l| l.contains(word)).unwrap_or_else(|| panic!("{word}")).clone();
    assert_eq!(row("new  ").split_whitespace().collect::<Vec<_>>().join(" "), {
        "│ new = 180 agrees ≠ 30 disagrees ? 30 undecided × 30 not exec. ! 30 failed │"
    });
    let numbers = |row: String| row.split_whitespace().filter_map(|w| w.parse().ok()).collect::<Vec<u64>>();
    assert!(numbers(row("run 3      ")).ends_with(&[180, 30, 30, 30, 30]));
    assert!(numbers(row("few-shot    ")).ends_with(&[188, 62, 0, 0, 0]));
    assert!(numbers(row("evol-instruct")).ends_with(&[0, 0, 37, 46, 0]));
    assert!(numbers(row("logic    ")).ends_with(&[100, 33, 20, 25, 0]));
    let rate = format!("{:.1}", board.rate_per_minute(s(300)).unwrap());
    assert!(row("made ").contains(&format!("{} of {}", board.made(), board.target())));
    assert!(row("made ").contains(&rate));
}

#[test]
fn only_keys_that_work_are_told() {
    let idle = Board::default();
    let empty = Totals::default();
    let first = picture(&seen(&idle, Some(&empty), &[], s(0)), 80, 24).join("\n");
    assert!(first.contains("No run yet.") && first.contains("r s begins the loop"), "{first}");
    assert!(!first.contains("r x") && !first.contains("g r "), "{first}");
    let again = picture(&seen(&idle, Some(&totals()), &runs(), s(0)), 80, 24).join("\n");
    assert!(
        again.contains("The last run (2) stopped with 40 of 86") && again.contains("r s goes on with it"),
        "{again}"
    );

    let mut done = busy();
    done.hear(&report(Ended::Done, 860, 860), s(301));
    let text = picture(&seen(&done, None, &[], s(400)), 80, 24).join("\n");
    assert!(text.contains("✓ done") && text.contains("all 860 candidates are made"), "{text}");
    assert!(text.contains("g r reads the 30 disagreements   g e exports   r s begins a new run"), "{text}");
    assert!(!text.contains("r x") && !text.contains("slowest"), "{text}");

    // An action that the user has unbound is not told.
    let without = |action: Action| if action == Action::RunStop { String::new() } else { hint(action) };
    let running = busy();
    let text = picture(&Seen { hint: &without, ..seen(&running, None, &[], s(300)) }, 120, 40).join("\n");
    assert!(text.contains("r p pauses") && !text.contains("stops now"), "{text}");
}

#[test]
fn a_failure_is_read_whole() {
    let why = "no isolation works on this machine (Landlock is not there); executing code needs Linux with Landlock or \
               macOS, or --unsafe-no-isolation";
    let mut board = begun(5, 0);
    board.failed(why);
    for (columns, rows) in SIZES {
        let text = picture(&seen(&board, None, &[], s(1)), columns, rows);
        let all: String = text.join(" ").replace('│', " ");
        let words: Vec<&str> = all.split_whitespace().collect();
        assert!(words.join(" ").contains(why), "{columns}×{rows}:\n{}", text.join("\n"));
    }
}

#[test]
fn scrolling_shows_everything_and_stops_at_the_end() {
    let (board, totals, runs) = (busy(), totals(), runs());
    let base = || seen(&board, Some(&totals), &runs, s(300));
    let most = most_scroll(Rect::new(0, 0, 80, 24), &base());
    assert!(most > 10, "{most}");
    let mut all = String::new();
    for scroll in 0..=most {
        let text = picture(&Seen { scroll, ..base() }, 80, 24);
        check_frame(&text, 80, &format!("scrolled by {scroll}"));
        assert!(text[1].contains("● running"), "the head stays");
        assert_eq!(text.join("\n").contains(&format!("↑ {scroll} more")), scroll > 0);
        assert_eq!(text[23].contains(&format!("↓ {} more", most - scroll)), scroll < most);
        all.push_str(&text.join("\n"));
    }
    for word in ["stages", "failures", "what came of 333", "advanced_physics", "over time", "models", "runs", "40/86"] {
        assert!(all.contains(word), "{word}");
    }
    assert_eq!(
        picture(&Seen { scroll: most, ..base() }, 80, 24),
        picture(&Seen { scroll: u16::MAX, ..base() }, 80, 24)
    );
    assert_eq!(most_scroll(Rect::new(0, 0, 200, 55), &base()), 0);
}

#[test]
fn borders_may_be_plain() {
    let (board, totals, runs) = (busy(), totals(), runs());
    for (columns, rows) in SIZES {
        let base = seen(&board, Some(&totals), &runs, s(300));
        let text = picture(&Seen { ascii: true, ..base }, columns, rows).join("\n");
        assert!(!text.chars().any(|c| ('\u{2500}'..'\u{25a0}').contains(&c)), "{text}");
        assert!(text.starts_with("+- loop"), "{text}");
    }
}

#[test]
fn a_verdict_is_glyph_word_and_colour() {
    let (board, totals) = (busy(), totals());
    let area = Rect::new(0, 0, 120, 40);
    let mut buffer = Buffer::empty(area);
    draw(&mut buffer, area, &seen(&board, Some(&totals), &[], s(300)));
    for (glyph, meaning) in [
        ("=", Meaning::Equivalent),
        ("≠", Meaning::Different),
        ("?", Meaning::Undecided),
        ("▓", Meaning::Different),
        ("░", Meaning::Error),
    ] {
        let coloured = buffer.content().iter().any(|c| c.symbol() == glyph && Some(c.fg) == theme().style(meaning).fg);
        assert!(coloured, "{glyph}");
    }
    assert!(!buffer.content().iter().any(|c| c.modifier.intersects(Modifier::SLOW_BLINK | Modifier::RAPID_BLINK)));
}

/// Text that would break a screen.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}a\nb\tc 四五六 e\u{301}\u{301} 👩‍👩‍👧 \u{9b}31m";

fn hostile_board() -> (Board, Totals, Vec<RunSummary>) {
    let mut board = Board::default();
    let (generator, solvers) = (HOSTILE.to_owned(), vec![HOSTILE.to_owned(), String::new()]);
    board.begin(&Setting { strategy: HOSTILE.to_owned(), generator, solvers, ..setting() }, s(0));
    board.hear(&started(9, 0), s(0));
    board.hear(&failure(1, Stage::Solve, FailureKind::NoAnswer, &HOSTILE.repeat(50)), s(1));
    let venv = HOSTILE.to_owned();
    board.hear_progress(&Progress::VenvStarted { venv: venv.clone(), packages: HOSTILE.to_owned() }, s(2));
    board.hear_progress(&Progress::VenvLine { venv, line: HOSTILE.repeat(9) }, s(3));
    let totals = Totals {
        candidates: vec![
            cell(HOSTILE, &"四".repeat(50), Agreement::Agrees, None, u64::MAX),
            cell("", HOSTILE, Agreement::Disagrees, None, u64::MAX),
        ],
        ..Totals::default()
    };
    let mut runs = runs();
    for run in &mut runs {
        (run.strategy, run.started_at) = (HOSTILE.to_owned(), "四".repeat(9));
    }
    (board, totals, runs)
}

#[test]
fn hostile_text_stays_in_its_box() {
    let (board, totals, runs) = hostile_board();
    let mut ended = board.clone();
    ended.failed(&HOSTILE.repeat(20));
    for board in [&board, &ended] {
        for (columns, rows) in SIZES {
            let base = Seen { project: HOSTILE, ..seen(board, Some(&totals), &runs, s(4)) };
            let text = picture(&base, columns, rows);
            check_frame(&text, columns, &format!("{columns}×{rows}"));
            let dividers: &[u16] = if columns >= 150 {
                &[66, 132]
            } else if columns >= 100 {
                &[59]
            } else {
                &[]
            };
            let area = Rect::new(0, 0, columns, rows);
            let mut buffer = Buffer::empty(area);
            draw(&mut buffer, area, &base);
            let body = (0..rows).find(|y| text[usize::from(*y)].starts_with('├')).unwrap();
            // Of two columns, the bars below them have the width of both.
            let bars = (body..rows).find(|y| text[usize::from(*y)].contains(" what came of "));
            let end = bars.filter(|_| columns < 150).unwrap_or(rows);
            for (x, y) in dividers.iter().flat_map(|x| (body..end).map(move |y| (*x, y))) {
                assert!("│├┤┼┬┴".contains(buffer[(x, y)].symbol()), "column {x}, row {y}:\n{}", text.join("\n"));
            }
            let bad = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200d}';
            assert!(!text.concat().chars().any(bad), "{text:#?}");
        }
    }
}

fn any_event() -> impl Strategy<Value = EngineEvent> {
    let stage = (0..Stage::ALL.len()).prop_map(|i| Stage::ALL[i]);
    prop_oneof![
        (0..9u64, stage.clone()).prop_map(|(ordinal, stage)| EngineEvent::Entered { ordinal, stage }),
        (0..9u64, stage.clone()).prop_map(|(ordinal, stage)| EngineEvent::Left { ordinal, stage }),
        (0..4usize).prop_map(|i| candidate(i as u64, Agreement::ALL[i])),
        (0..20usize, stage).prop_map(|(i, stage)| failure(i as u64, stage, FailureKind::ALL[i], HOSTILE)),
        (any::<u64>(), any::<bool>()).prop_map(|(n, reused)| reply(n, Some(n), reused)),
        (any::<u64>(), 0..9u64).prop_map(|(target, filled)| started(target, filled)),
        any::<u64>().prop_map(|tokens| EngineEvent::BudgetSpent { bound: Bound::Tokens, tokens }),
        Just(EngineEvent::Progress { message: HOSTILE.to_owned() }),
        (any::<u64>(), any::<u64>()).prop_map(|(filled, target)| report(
            Ended::Exhausted(HOSTILE.to_owned()),
            filled,
            target
        )),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever comes in whatever order, at whatever size: nothing panics, nothing outside the area is touched, and what is
    /// in flight came in and did not leave.
    #[test]
    fn any_story_is_drawn_inside_its_area(
        story in prop::collection::vec((any_event(), 0..100_000u64), 0..60),
        begin in any::<bool>(),
        x in 0..7u16, y in 0..7u16, columns in 0..170u16, rows in 0..45u16, scroll in 0..60u16,
    ) {
        let mut board = if begin { begun(9, 0) } else { Board::default() };
        let mut entered = 0u64;
        for (event, at) in &story {
            entered += u64::from(matches!(event, EngineEvent::Entered { .. }));
            board.hear(event, s(*at));
            prop_assert!(board.in_flight() <= entered);
        }
        let (_, totals, runs) = hostile_board();
        let base = Seen { project: HOSTILE, scroll, ..seen(&board, Some(&totals), &runs, s(100_000)) };
        let area = Rect::new(x, y, columns, rows);
        let mut marked = Cell::new("#");
        marked.set_style(Style::new().fg(Color::Red));
        let mut buffer = Buffer::filled(Rect::new(0, 0, 150, 40), marked.clone());
        draw(&mut buffer, area, &base);
        for position in buffer.area.positions() {
            let cell = &buffer[position];
            if area.contains(position) {
                prop_assert!(*cell != marked, "{position} was not drawn");
                prop_assert!(!cell.symbol().chars().any(char::is_control));
            } else {
                prop_assert!(*cell == marked, "{position} was touched");
            }
        }
    }
}

#[test]
fn a_demo_at_its_end_offers_no_further_run() {
    let runs = &runs()[..1];
    let board = Board::default();
    let text = |is_over| picture(&Seen { is_over, ..seen(&board, None, runs, s(300)) }, 120, 40).join("\n");
    assert!(text(false).contains("begins a new run"), "{}", text(false));
    assert!(!text(true).contains("begins") && text(true).contains("leads to a project of your own"), "{}", text(true));
}
