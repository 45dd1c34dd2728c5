//! The program itself: opened, used and left as a person does.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::harness::Session;
use crate::lending::script;

const SIZE: (u16, u16) = (120, 36);

/// A person with an empty home, and a project with three candidates to look at.
struct Person {
    home: tempfile::TempDir,
}

impl Person {
    fn new() -> Self {
        let person = Self { home: tempfile::tempdir().unwrap() };
        std::fs::create_dir(person.project()).unwrap();
        let row = |n: usize, answer: &str| {
            let question = format!("question number {n}: what is {n} + {n}?");
            let row = serde_json::json!({
                "question": question,
                "final_answer": (n + n).to_string(),
                "response": format!("Adding gives \\boxed{{{answer}}}"),
            });
            format!("{row}\n")
        };
        let rows = row(41, "82") + &row(42, "85") + &row(43, "86");
        std::fs::write(person.project().join("rows.jsonl"), rows).unwrap();
        for arguments in [&["init"][..], &["import", "rows.jsonl"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
            let done = command.args(arguments).current_dir(person.project()).envs(person.folders()).output().unwrap();
            assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        }
        person
    }

    fn project(&self) -> std::path::PathBuf {
        self.home.path().join("project")
    }

    fn folders(&self) -> Vec<(String, String)> {
        ["CONFIG", "DATA", "STATE", "CACHE"]
            .map(|name| (format!("XDG_{name}_HOME"), self.home.path().join(name).display().to_string()))
            .to_vec()
    }

    fn open_with(&self, size: (u16, u16), environment: &[(&str, &str)], shell: Option<&str>) -> Session {
        let project = self.project().display().to_string();
        let folders = self.folders();
        let mut all: Vec<(&str, &str)> = folders.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend(environment);
        let program = env!("CARGO_BIN_EXE_loong");
        match shell {
            Some(text) => {
                Session::start(size, Path::new("/bin/sh"), &all, &["-c", text, "sh", program, "-C", &project])
            }
            None => Session::start(size, Path::new(program), &all, &["-C", &project]),
        }
    }

    fn open(&self, environment: &[(&str, &str)]) -> Session {
        let session = self.open_with(SIZE, environment, None);
        session.until("question number 41: what is 41 + 41?");
        // The list has it before it can be read.
        session.until("Adding gives");
        session
    }
}

#[test]
fn it_opens_reads_and_leaves_by_every_door() {
    let person = Person::new();
    let mut session = person.open(&[]);
    session.look(|screen| assert!(screen.alternate_screen() && screen.bracketed_paste()));
    session.type_keys("?");
    session.until("Accept it, then the next one");
    session.type_keys("\x1b");
    session.until_that("closed the help", |screen| !screen.contents().contains("Accept it, then the next one"));
    session.type_keys("q");
    assert!(session.wait_exit().success(), "{}", session.screen());
    session.assert_whole();

    let mut session = person.open(&[]);
    session.type_keys("\x03");
    assert!(session.wait_exit().success());
    session.assert_whole();

    for signal in [Signal::TERM, Signal::HUP] {
        let mut session = person.open(&[]);
        Session::signal(session.pid(), signal);
        session.wait_exit();
        session.assert_whole();
    }
}

#[test]
fn two_at_work_on_one_store_see_each_other() {
    let person = Person::new();
    let mut first = person.open(&[]);
    let mut second = person.open(&[]);
    second.until("read-only");
    let on_its_row = |screen: &vt100::Screen, sign: char| {
        let text = screen.contents();
        text.lines().any(|line| line.contains(" 1 question") && line.chars().take(40).any(|c| c == sign))
    };
    first.type_keys("a");
    second.until_that("shows what the first one decided", |screen| on_its_row(screen, '✓'));
    // And both what the command line writes.
    let loong = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
        let done = command.args(arguments).current_dir(person.project()).envs(person.folders()).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    std::fs::write(person.project().join("words.jsonl"), "{\"candidate\":1,\"curation\":\"reject\"}\n").unwrap();
    loong(&["decide", "words.jsonl", "--reviewer", "zoe"]);
    let row =
        serde_json::json!({"question": "one more: what is 1 + 1?", "final_answer": "2", "response": "\\boxed{2}"});
    std::fs::write(person.project().join("more.jsonl"), format!("{row}\n")).unwrap();
    loong(&["import", "more.jsonl"]);
    for session in [&first, &second] {
        session.until_that("shows that the command line says otherwise", |screen| on_its_row(screen, '‡'));
        session.until("all (4)");
    }
    for session in [&mut first, &mut second] {
        session.type_keys("\x03");
        session.wait_exit();
    }
}

#[test]
fn a_decision_is_kept_and_taken_back() {
    let person = Person::new();
    let mut session = person.open(&[]);
    session.type_keys("a");
    session.until("accept");
    session.type_keys("\x03");
    session.wait_exit();
    let shown = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
        let done =
            command.args(["list", "curation:accept", "--json"]).current_dir(person.project()).envs(person.folders());
        String::from_utf8(done.output().unwrap().stdout).unwrap().lines().count()
    };
    assert_eq!(shown(), 1);
    let mut session = person.open(&[]);
    session.type_keys("u");
    session.until("undo");
    session.type_keys("\x03");
    session.wait_exit();
    assert_eq!(shown(), 0);
}

#[test]
fn the_editors_keys_are_the_editors() {
    let person = Person::new();
    let closed = person.home.path().join("closed");
    let body = format!(
        "stty -icanon -echo min 1\necho editor is up\nkey=$(dd bs=1 count=1 2>/dev/null)\n\
         printf 'noted with %s\\n' \"$key\" > \"$1\"\necho closing\n\
         while [ ! -e '{}' ]; do sleep 0.05; done\n",
        closed.display()
    );
    let editor = script(person.home.path(), "editor", &body);
    let mut session = person.open(&[("EDITOR", &editor)]);
    session.type_keys("e");
    session.until("editor is up");
    // Typed to the program, it would leave.
    session.type_keys("q");
    session.until("closing");
    session.type_keys("?");
    std::fs::write(&closed, "").unwrap();
    session.until("Accept it, then the next one");
    session.type_keys("\x1b");
    session.until_that("closed the help", |screen| !screen.contents().contains("Accept it, then the next one"));
    session.type_keys("H");
    session.until("noted with q");
    session.type_keys("\x03");
    session.wait_exit();
    session.assert_whole();
}

#[test]
fn an_answer_is_corrected_in_the_editor() {
    let person = Person::new();
    let editor = script(person.home.path(), "editor", "sed -i.bak -e 's/^84$/85/' \"$1\"\n");
    let mut session = person.open(&[("EDITOR", &editor)]);
    session.type_keys("n");
    session.until("question number 42: what is 42 + 42?");
    session.type_keys("E");
    session.until("correct #2");
    session.until("+ 85");
    session.type_keys("\r");
    session.until("2 corrected the answer");
    session.until("revised answer");
    session.until("= equivalent");
    session.type_keys("\x03");
    session.wait_exit();
    session.assert_whole();
    let listed = |filter: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
        let done = command.args(["list", filter, "--json"]).current_dir(person.project()).envs(person.folders());
        String::from_utf8(done.output().unwrap().stdout).unwrap().lines().count()
    };
    assert_eq!((listed("revised:yes"), listed("id:2 standing:agrees")), (1, 1));
    let mut session = person.open(&[("EDITOR", "true")]);
    session.type_keys("2GE");
    session.until("nothing was changed");
    session.type_keys("u");
    session.until("undone: #2 corrected the answer");
    session.type_keys("\x03");
    session.wait_exit();
    assert_eq!(listed("revised:yes"), 0);
}

#[test]
fn it_suspends_to_the_shell_and_comes_back() {
    let person = Person::new();
    let shell = "set -m\n\"$@\"\necho back in the shell\nread line\nfg >/dev/null\necho over\n";
    let mut session = person.open_with(SIZE, &[], Some(shell));
    session.until("question number 4");
    session.type_keys("\x1a");
    session.until("back in the shell");
    assert_eq!(session.termios(), session.before);
    session.type_keys("\n");
    session.until("question number 4");
    assert!(session.look(vt100::Screen::alternate_screen));
    session.type_keys("\x03");
    session.until("over");
    session.wait_exit();
    session.assert_whole();
}

#[test]
fn sizes_come_and_go() {
    let person = Person::new();
    let mut session = person.open(&[]);
    for n in 0..100_u16 {
        session.resize((20 + n * 2, 4 + n % 50));
    }
    session.resize((50, 12));
    session.until_that("said that it is too small", |screen| !screen.contents().contains('┃'));
    session.resize((160, 40));
    session.until("question number 4");
    session.type_keys("\x03");
    session.wait_exit();
    session.assert_whole();
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_wakes_it_when_idle() {
    let person = Person::new();
    let mut session = person.open(&[]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    let woken = session.wakes_in(std::time::Duration::from_secs(3));
    assert!(woken <= 2, "{woken} wake-ups in 3 s");
    session.type_keys("\x03");
    session.wait_exit();
}
