//! The main job in a real terminal: from nothing to an overridden verdict and an exported file, without documentation; and
//! not one byte of a model's on the way that could drive the terminal.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::harness::Session;
use crate::lending::script;

/// A person in an empty folder, with an empty home. The cache is everybody's: an environment with NumPy is made once.
struct Newcomer {
    home: tempfile::TempDir,
}

impl Newcomer {
    fn new() -> Self {
        let newcomer = Self { home: tempfile::tempdir().unwrap() };
        std::fs::create_dir(newcomer.here()).unwrap();
        newcomer
    }

    fn here(&self) -> PathBuf {
        self.home.path().join("empty")
    }

    fn demo(&self) -> PathBuf {
        self.home.path().join("DATA/loong/demo")
    }

    fn folders(&self) -> Vec<(String, String)> {
        let mut folders: Vec<(String, String)> = ["CONFIG", "DATA", "STATE"]
            .map(|name| (format!("XDG_{name}_HOME"), self.home.path().join(name).display().to_string()))
            .to_vec();
        folders
            .extend(["HOME", "XDG_CACHE_HOME"].iter().filter_map(|n| Some(((*n).to_owned(), std::env::var(n).ok()?))));
        folders
    }

    fn open(&self, size: (u16, u16), arguments: &[&str]) -> Session {
        self.open_with(size, arguments, &[])
    }

    fn open_with(&self, size: (u16, u16), arguments: &[&str], more: &[(&str, &str)]) -> Session {
        let folders = self.folders();
        let mut all: Vec<(&str, &str)> = folders.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.push(("LOONG_REVIEWER", "mia"));
        all.extend(more);
        let text = format!("cd '{}' && exec \"$0\" \"$@\"", self.here().display());
        let mut words = vec!["-c", text.as_str(), env!("CARGO_BIN_EXE_loong")];
        words.extend(arguments);
        Session::start(size, Path::new("/bin/sh"), &all, &words)
    }

    fn loong(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
        let done = command.args(arguments).current_dir(self.demo()).envs(self.folders()).output().unwrap();
        String::from_utf8(done.stdout).unwrap()
    }
}

/// Waits for something that takes as long as making an environment and running the demo may.
fn patiently(session: &Session, text: &str) {
    let begun = std::time::Instant::now();
    while !session.screen().contains(text) {
        assert!(begun.elapsed().as_secs() < 300, "no `{text}` on\n{}", session.screen());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn from_an_empty_folder_to_an_overridden_verdict_and_an_exported_file() {
    let newcomer = Newcomer::new();
    let mut session = newcomer.open((120, 40), &[]);
    // The key script: what a person presses who reads only the screen.
    session.until("no project yet in");
    session.until("Look at the demo");
    session.type_keys("d");
    session.until("in flight");
    patiently(&session, "the run is done");
    session.until("judge");
    session.type_keys("n");
    session.until("≠ different");
    session.type_keys("o");
    session.until("Judge the two answers equivalent");
    session.type_keys("e");
    session.until("undoes it");
    session.type_keys("k");
    session.until("overridden: = equivalent");
    session.type_keys("ge");
    session.until("w writes them");
    session.type_keys("w");
    session.until("rows written to");
    session.type_keys("q");
    assert!(session.wait_exit().success(), "{}", session.screen());
    session.assert_whole();
    let exported = std::fs::read_to_string(newcomer.demo().join("messages.jsonl")).unwrap();
    assert!(exported.lines().count() > 20);
    // The next day it is all there.
    assert_eq!(newcomer.loong(&["list", "judged:yes", "--json", "-q"]).lines().count(), 1);
    let mut session = newcomer.open((120, 40), &["demo"]);
    session.until("run to its end");
    session.type_keys("/judged:yes\r");
    session.until("overridden: = equivalent");
    session.type_keys("\x03");
    session.wait_exit();

    corrected_code_is_run_isolated_and_its_output_is_the_answer(&newcomer);
    every_kind_is_read_and_no_byte_of_it_drives_the_terminal(&newcomer);
}

/// Has the code of a candidate replaced in the editor, run, and what it prints kept as the answer.
fn corrected_code_is_run_isolated_and_its_output_is_the_answer(newcomer: &Newcomer) {
    let program = "import os\nprint(6 * 7 if not os.path.exists(\"loong.db\") else 0)";
    let editor = script(
        newcomer.home.path(),
        "editor",
        &format!(
            "cat > \"$1.code\" <<'END'\n{program}\n\nEND\n\
             sed -i.bak -e '/^==== code/,/^==== answer/{{/^====/!d;}}' -e \"/^==== code/r $1.code\" \"$1\"\n"
        ),
    );
    let mut session = newcomer.open_with((120, 40), &["demo"], &[("EDITOR", &editor)]);
    session.until("run to its end");
    // The first disagreement was overridden.
    session.type_keys("nn");
    session.until("≠ different");
    session.type_keys("E");
    session.until("was not run; r runs it, isolated");
    session.type_keys("r");
    patiently(&session, "printed 42, which is taken as the answer (isolation ");
    session.type_keys("\r");
    session.until("corrected the answer and code");
    session.until("revised answer");
    session.type_keys("\x03");
    session.wait_exit();
    let row = newcomer.loong(&["export", "--format", "raw", "--all", "--to", "-", "revised:yes"]);
    let row: serde_json::Value = serde_json::from_str(row.trim()).unwrap_or_else(|e| panic!("{e}: {row}"));
    assert_eq!((&row["reference"], &row["reference_kind"]), (&"42".into(), &"executed".into()));
    assert_eq!(row["executions"][0]["stdout"], "42\n");
    assert!(row["revised"]["came"]["code"].as_str().is_some_and(|code| !code.contains("6 * 7")));
}

/// Reads every candidate of the demo in every way there is, and looks at every byte that came.
fn every_kind_is_read_and_no_byte_of_it_drives_the_terminal(newcomer: &Newcomer) {
    let mut session = newcomer.open((200, 55), &["demo"]);
    session.until("of 86");
    for keys in ["", "R", "D"] {
        session.type_keys(keys);
        session.type_keys("gg");
        for n in 2..=86 {
            // Keys that come together are drawn together: each one is waited for.
            session.type_keys("J");
            session.until(&format!("┏ {n} of 86"));
        }
    }
    session.type_keys("gl");
    session.until("what came of 86");
    session.type_keys("gr");
    session.type_keys("/text~\"]0;\"\r");
    session.until("you have mail");
    session.type_keys("\x03");
    session.wait_exit();
    session.assert_whole();
    let bytes = session.raw();
    assert!(bytes.len() > 200_000, "it was read: {}", bytes.len());
    let driving = driving(&bytes);
    assert!(driving.is_empty(), "{driving:?}");
}

/// Sequences that are not among those that a frame is drawn with.
fn driving(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    let mut rest = text.as_ref();
    while let Some(at) = rest.find(|c: char| c.is_control() && !matches!(c, '\n' | '\r')) {
        rest = &rest[at..];
        let length = drawing(rest);
        if length == 0 {
            found.push(rest.chars().take(12).collect::<String>().escape_debug().to_string());
        }
        rest = &rest[length.max(rest.chars().next().map_or(1, char::len_utf8))..];
    }
    found
}

/// The length of the sequence at the beginning, where it is one that we draw with.
fn drawing(text: &str) -> usize {
    let Some(body) = text.strip_prefix("\x1b[") else {
        // Asked once before the terminal is entered: who it is, and whether it is light.
        return ["\x1b]11;?\x07", "\x1b]11;?\x1b\\", "\x1b]10;?\x07", "\x1b]10;?\x1b\\"]
            .iter()
            .find(|asked| text.starts_with(**asked))
            .map_or(0, |asked| asked.len());
    };
    let Some(end) = body.find(|c: char| ('@'..='~').contains(&c)) else { return 0 };
    let (parameters, last) = (&body[..end], body[end..].chars().next().unwrap_or(' '));
    let known = match last {
        // Move, colour, clear.
        'H' | 'm' | 'J' | 'K' => parameters.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':'),
        // Modes: the alternate screen, cursor, paste, mouse, synchronised updates.
        'h' | 'l' => {
            ["?1049", "?25", "?2004", "?2026", "?1000", "?1002", "?1003", "?1006", "?1015"].contains(&parameters)
        }
        // The cursor's shape as it was.
        'q' => parameters == "0 ",
        // Who are you?
        'c' => parameters.is_empty() || parameters == "0",
        _ => false,
    };
    if known { 2 + end + 1 } else { 0 }
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    for harmless in ["\x1b[1;2Htext\x1b[38;2;1;2;3m", "\x1b[?2026h\x1b[?2026l", "\x1b]11;?\x07", "a\r\n"] {
        assert!(driving(harmless.as_bytes()).is_empty(), "{harmless:?}");
    }
    for hostile in [
        "\x1b]0;owned\x07",
        "\x1b]52;c;eA==\x07",
        "\x07",
        "\u{9b}31m",
        "\x1bc",
        "\x1bP",
        "\x1b[5n",
        "\x1b[?47h",
        "\x08",
    ] {
        assert!(!driving(hostile.as_bytes()).is_empty(), "{hostile:?}");
    }
}

#[test]
fn a_signal_to_end_while_the_loop_runs_leaves_a_whole_terminal_and_a_whole_store() {
    let newcomer = Newcomer::new();
    let mut session = newcomer.open((120, 40), &["demo"]);
    patiently(&session, "/86 made");
    // Some are made, and more are under way.
    let begun = std::time::Instant::now();
    while session.screen().contains(" 0/86 made") {
        assert!(begun.elapsed().as_secs() < 300, "{}", session.screen());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let asked = std::time::Instant::now();
    Session::signal(session.pid(), Signal::TERM);
    session.wait_exit();
    session.assert_whole();
    assert!(asked.elapsed().as_secs() < 60, "it took {:?}", asked.elapsed());
    let made = newcomer.loong(&["list", "--json", "-q", "-n", "100"]).lines().count();
    assert!(made > 0);
    // It goes on where it stopped, and makes nothing twice.
    let mut session = newcomer.open((120, 40), &["demo"]);
    patiently(&session, "of 86");
    patiently(&session, "loop idle");
    session.type_keys("\x03");
    session.wait_exit();
    let slots = newcomer.loong(&["list", "--json", "-q", "-n", "1000"]);
    assert_eq!(slots.lines().count(), 86);
}
