//! However the program ends, the terminal is whole.

use rustix::process::Signal;

use crate::child::{start, start_reporting};
use crate::harness::Session;

#[test]
fn entering_and_leaving_restores_everything() {
    let mut session = start(&[]);
    assert!(!session.termios().contains("ICANON"), "{}", session.termios());
    session.look(|screen| {
        assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
        assert_ne!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(screen.mouse_protocol_encoding(), vt100::MouseProtocolEncoding::Sgr);
    });
    session.type_keys("m");
    session.until_that("gave up the mouse", |s| s.mouse_protocol_mode() == vt100::MouseProtocolMode::None);
    session.type_keys("q");
    assert!(session.wait_exit().success());
    session.until("left");
    session.assert_whole();
    assert!(!session.screen().contains("ready"), "the screen behind is as it was");
    let raw = session.raw();
    for mode in ["1049", "2004", "1000", "1002", "1006"] {
        let count =
            |end: char| raw.windows(mode.len() + 4).filter(|w| *w == format!("\x1b[?{mode}{end}").as_bytes()).count();
        assert_eq!(count('h'), count('l'), "mode {mode}");
    }
}

#[test]
fn frames_are_synchronised_updates() {
    let mut session = start(&[]);
    session.type_keys("q");
    session.wait_exit();
    let raw = String::from_utf8_lossy(&session.raw()).into_owned();
    assert!(raw.contains("\x1b[?2026h\x1b[?25l\x1b[H\x1b[2Jready"), "{raw:?}");
    assert!(raw.find("\x1b[?2026l") > raw.find("ready"));
}

#[test]
fn a_panic_leaves_the_terminal_and_a_report_without_the_models_words() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().join("reports");
    let mut session = start_reporting(&reports);
    session.type_keys("p");
    assert!(!session.wait_exit().success());
    session.assert_whole();
    session.until("a report without any of your texts is in");
    let found: Vec<_> = std::fs::read_dir(&reports).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(found.len(), 1);
    let report = std::fs::read_to_string(&found[0]).unwrap();
    for expected in [env!("CARGO_PKG_VERSION"), "on purpose: `…`", "child.rs:", "thread: child::program"] {
        assert!(report.contains(expected), "no {expected:?} in {report}");
    }
    assert!(!report.contains("words"));
}

#[test]
fn a_panic_of_another_thread_is_told_on_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = start_reporting(folder.path());
    session.type_keys("b");
    session.until("report true");
    assert!(session.look(vt100::Screen::alternate_screen));
    session.type_keys("q");
    assert!(session.wait_exit().success());
    session.assert_whole();
}

#[test]
fn a_panic_does_not_wait_for_locked_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = start_reporting(folder.path());
    session.type_keys("o");
    assert_eq!(session.wait_exit().exit_code(), 7);
    session.assert_whole();
    session.until("a report without any of your texts is in");
}

#[test]
fn signals_to_end_are_told() {
    for (signal, told) in
        [(Signal::TERM, "told Terminate"), (Signal::HUP, "told Hangup"), (Signal::INT, "told Interrupt")]
    {
        let mut session = start(&[]);
        Session::signal(session.pid(), signal);
        assert!(session.wait_exit().success());
        session.until(told);
        session.assert_whole();
    }
}

#[test]
fn who_hangs_is_ended_with_a_whole_terminal() {
    let mut session = start(&[]);
    session.type_keys("h");
    session.until("hangs");
    Session::signal(session.pid(), Signal::TERM);
    assert_eq!(session.wait_exit().exit_code(), 128 + 15, "after a few seconds");
    session.assert_whole();

    let mut session = start(&[]);
    session.type_keys("h");
    session.until("hangs");
    let asked = std::time::Instant::now();
    Session::signal(session.pid(), Signal::TERM);
    std::thread::sleep(std::time::Duration::from_millis(300));
    Session::signal(session.pid(), Signal::TERM);
    assert_eq!(session.wait_exit().exit_code(), 128 + 15);
    assert!(asked.elapsed() < std::time::Duration::from_secs(6), "asked twice, it ends at once");
    session.assert_whole();
}

#[test]
fn a_terminal_that_takes_nothing_does_not_hold_the_end_up() {
    let mut session = start(&[]);
    session.type_keys("f");
    session.until_that("flooded", |screen| screen.contents().contains("xxxxx"));
    session.stall();
    std::thread::sleep(std::time::Duration::from_millis(300));
    Session::signal(session.pid(), Signal::TERM);
    assert_eq!(session.wait_exit().exit_code(), 128 + 15);
    assert_eq!(session.termios(), session.before);
}

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    let mut session = start(&[]);
    session.hang_up("j");
}
