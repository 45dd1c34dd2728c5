//! The seeds screen in a real terminal: editors that work and that do not, real checks, a real run after one seed, and a
//! second instance beside the first.

use std::time::Duration;

use serde_json::Value;

use crate::server::Server;
use crate::walk::{DOWN, Home, Walk, seed};

/// Two seeds: the first prints its answer, the second another one.
fn home(server: &Server) -> Home {
    let seeds = [
        seed("How many of the numbers 1 to 9 are odd?", "print(len(range(1, 10, 2)))", "5"),
        seed("What is two to the power of five?", "print(2 ** 6)", "32"),
    ];
    Home::with(&format!("{}seeds = [\"seeds.json\"]", server.project()), &seeds)
}

fn open(home: &Home) -> Walk {
    let mut walk = home.open(&[]);
    walk.press("g s  the seeds", "gs");
    walk.sees("How many of the numbers");
    walk
}

fn server() -> Server {
    Server::start(Duration::ZERO, false)
}

#[test]
fn what_an_editor_leaves_is_written_or_told_and_nothing_is_lost() {
    let server = server();
    let home = home(&server);
    let before = home.read("seeds.json");
    let mut walk = open(&home);
    // An editor that fails.
    walk.press("e edit", "e");
    walk.sees("ended with exit status: 3; nothing was changed");
    assert!(home.was_given().contains("==== question ====\nHow many of the numbers"), "{}", home.was_given());
    // One that leaves what is no seed: it is given back what it left.
    home.will_write("==== question ====\nHow many?\n");
    walk.press("e edit", "e");
    walk.sees("e opens what you wrote again");
    assert_eq!(home.read("seeds.json"), before, "nothing was written");
    home.will_write_seed("How many of the numbers 1 to 9 are even?", "print(len(range(2, 10, 2)))", "4");
    walk.press("e opens what you wrote again", "e");
    walk.sees("written to seeds.json, row 1");
    assert_eq!(home.was_given(), "==== question ====\nHow many?\n");
    walk.sees("1 to 9 are even?");
    walk.quits();
    let rows: Value = serde_json::from_str(&home.read("seeds.json")).unwrap();
    assert_eq!((&rows[0]["final_answer"], rows.as_array().unwrap().len()), (&Value::from("4"), 2));
}

#[test]
fn what_was_typed_at_the_command_line_is_kept_whatever_ends_it() {
    let server = server();
    let home = home(&server);
    std::fs::create_dir(home.project().join("sub")).unwrap();
    home.write("sub/loong.toml", "");
    let begin = |typed: &str| {
        home.will_write(typed);
        let walk = home.open(&["-C", "sub", "seeds", "new", "--no-check"]);
        walk.sees("this is not kept");
        walk.sees("Edit on? [Y/n]");
        walk
    };
    // Saved as it was.
    let mut walk = begin("==== question ====\nFirst?\n");
    home.will_write("==== question ====\nFirst?\n");
    walk.types("\r");
    walk.sees("sub/seed-not-kept.md, --sheet reads it");
    walk.fails();
    // The editor fails: what was kept before stays.
    let mut walk = begin("==== question ====\nSecond?\n");
    walk.types("\r");
    walk.sees("ended with exit status: 3");
    walk.sees("sub/seed-not-kept-2.md, --sheet reads it");
    walk.fails();
    // Given up.
    let mut walk = begin("==== question ====\nThird?\n");
    walk.types("n\r");
    walk.sees("sub/seed-not-kept-3.md, --sheet reads it");
    walk.fails();
    for (name, word) in [("", "First"), ("-2", "Second"), ("-3", "Third")] {
        assert_eq!(home.read(&format!("sub/seed-not-kept{name}.md")), format!("==== question ====\n{word}?\n"));
    }
}

#[test]
fn checks_outlive_the_session() {
    let server = server();
    let home = home(&server);
    let mut walk = open(&home);
    walk.press("C check all", "C");
    walk.waits_for("1 equivalent, 1 not");
    walk.quits();
    assert_eq!(home.read("seed-checks.jsonl").lines().count(), 2);
    let mut walk = open(&home);
    walk.sees("1 equivalent · 1 not");
    walk.sees("= equivalent");
    walk.types(DOWN);
    walk.sees("≠ different");
    // An edited one is checked anew.
    home.will_write_seed("What is two to the power of five?", "print(2 ** 5)", "32");
    walk.press("e edit", "e");
    walk.waits_for("written to seeds.json, row 2 · equivalent in");
    walk.quits();
    // The command line keeps its own, too.
    home.loong(&["seeds", "check", "-q"]);
    let walk = open(&home);
    walk.sees("2 equivalent");
    walk.quits();
}

#[test]
fn five_are_made_after_one_and_one_of_them_becomes_a_seed() {
    let server = server();
    let home = home(&server);
    let mut walk = open(&home);
    walk.press("m five from this", "m");
    walk.waits_for("the run is done");
    walk.press("g r review", "gr");
    walk.sees("1 of 5");
    // What is not accepted does not become one; the line tells how it does.
    walk.press("? help", "P");
    walk.press("A accepts it", "A");
    walk.press("P make it a seed", "P");
    walk.sees("promoted to a seed, written to seeds.json, row 3");
    // Of what it was made is told by its question.
    walk.press("? help", "I");
    walk.sees("lineage of #1");
    walk.sees("How many of the numbers 1 to 9 are odd?");
    walk.sees("seeds.json, row 1");
    walk.types("\x1b");
    walk.sees_no("lineage of #1");
    // Twice is once.
    walk.press("P make it a seed", "P");
    walk.sees("is there already");
    walk.quits();
    let rows: Value = serde_json::from_str(&home.read("seeds.json")).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 3);
}

#[test]
fn a_second_instance_reads_and_checks_and_changes_nothing() {
    let server = server();
    let home = home(&server);
    let mut first = open(&home);
    let mut second = home.open(&[]);
    second.sees("read-only");
    second.press("g s  the seeds", "gs");
    second.sees("How many of the numbers");
    home.will_write_seed("What is it?", "print(1 + 1)", "2");
    second.press("e edit", "e");
    second.sees("another loong is at work here");
    second.press("m five from this", "m");
    second.sees("open for reading alone");
    // To run a seed's code is to read.
    second.press("c runs the code", "c");
    second.waits_for("= equivalent");
    assert_eq!(home.read("seed-checks.jsonl"), "", "what comes of it is not kept by one that only reads");
    assert!(home.was_given().is_empty() && server.requests() == 0);
    second.quits();
    // The first one is not disturbed.
    first.press("e edit", "e");
    first.sees("written to seeds.json, row 1");
    first.quits();
}
