//! One candidate watched while it is made, and a stage widened: in a real terminal, with the real loop, by an endpoint that
//! takes its time.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::harness::Session;
use crate::server::Server;

#[test]
fn a_candidate_is_watched_while_it_is_made() {
    let server = Server::start(Duration::from_millis(300), false);
    let home = tempfile::tempdir().unwrap();
    let project = home.path().join("project");
    std::fs::create_dir(&project).unwrap();
    std::fs::write(project.join("loong.toml"), server.project() + "candidates = 400\n").unwrap();
    let folders = ["CONFIG", "DATA", "STATE"]
        .map(|name| (format!("XDG_{name}_HOME"), home.path().join(name).display().to_string()));
    let environment: Vec<(&str, &str)> = folders.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut session = Session::start(
        (120, 40),
        Path::new(env!("CARGO_BIN_EXE_loong")),
        &environment,
        &["-C", project.to_str().unwrap()],
    );
    session.until("run");
    session.type_keys("rs");
    session.until("in flight");
    // The next one that begins is it.
    session.type_keys("rw");
    session.until("watching slot");
    patiently(&session, "What is the sum of");
    session.type_keys("+");
    session.until(" at a time now, ");
    session.type_keys("\x03");
    session.wait_exit();
    session.assert_whole();
}

/// Waits for something that takes as long as the first program's environment.
fn patiently(session: &Session, text: &str) {
    let begun = Instant::now();
    while !session.screen().contains(text) {
        assert!(begun.elapsed().as_secs() < 300, "no `{text}` on\n{}", session.screen());
        std::thread::sleep(Duration::from_millis(100));
    }
}
