//! Stopped and going on, under a shell.

use std::path::Path;

use rustix::process::Signal;

use crate::child::{ARGUMENTS, SIZE, myself, shown_pid, start};
use crate::harness::Session;

/// A shell with job control that starts the program, tells when it is back, and goes on with the job at a line.
const SHELL: &str = "set -m\n\"$@\"\necho back in the shell\nread line\nfg >/dev/null\necho over\n";

fn start_under_shell(environment: &[(&str, &str)]) -> Session {
    let exe = myself();
    let mut arguments = vec!["-c", SHELL, "sh", exe.to_str().unwrap()];
    arguments.extend(ARGUMENTS);
    let session = Session::start(SIZE, Path::new("/bin/sh"), environment, &arguments);
    session.until("ready");
    session
}

/// The shell has the terminal, whole.
fn assert_back(session: &Session) {
    session.until("back in the shell");
    assert!(!session.look(vt100::Screen::alternate_screen));
    assert_eq!(session.termios(), session.before);
}

/// The program has it again.
fn assert_on(session: &mut Session, says: &str) {
    session.type_keys("\n");
    session.until(says);
    session.look(|screen| assert!(screen.alternate_screen() && screen.bracketed_paste()));
    assert!(!session.termios().contains("ICANON"));
    session.type_keys("j");
    session.until("key j");
    session.type_keys("q");
    session.until("over");
    session.wait_exit();
    session.assert_whole();
}

#[test]
fn suspended_and_resumed() {
    let mut session = start_under_shell(&[]);
    session.type_keys("z");
    assert_back(&session);
    assert_on(&mut session, "suspend: back");
}

#[test]
fn asked_to_stop_from_outside() {
    let mut session = start_under_shell(&[]);
    Session::signal(shown_pid(&session), Signal::TSTP);
    assert_back(&session);
    assert_on(&mut session, "stopped: Ok(())");
}

#[test]
fn stopped_from_outside_without_being_asked() {
    let mut session = start_under_shell(&[]);
    Session::signal(shown_pid(&session), Signal::STOP);
    session.until("back in the shell");
    assert_on(&mut session, "continued");
}

#[test]
fn without_a_shell_it_says_so_and_stays() {
    let mut session = start(&[]);
    session.type_keys("z");
    session.until("suspend: no shell is there");
    assert!(session.look(vt100::Screen::alternate_screen));
    session.type_keys("q");
    assert!(session.wait_exit().success());
}

#[test]
fn an_editor_that_stops_takes_the_program_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let editor =
        crate::lending::script(folder.path(), "editor", "echo editor is up\nkill -TSTP 0\necho changed > \"$1\"\n");
    let mut session = start_under_shell(&[("EDITOR", &editor)]);
    session.type_keys("e");
    session.until("back in the shell");
    assert_on(&mut session, "edited: changed");
}
