//! The house: arrows run one way, rooms stay small, and what a room must not name it does not name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which rooms a room may use. A room that is not here may use every other one.
const MAY_USE: &[(&str, &[&str])] = &[
    ("words", &["failure"]),
    ("failure", &["words"]),
    ("paths", &[]),
    ("logging", &[]),
    ("dataset", &["interpreter", "words"]),
    ("answer", &["words"]),
    ("extractor", &["answer", "words"]),
    ("verifier", &["answer", "extractor", "words", "failure"]),
    ("child", &[]),
    ("hub", &[]),
    ("model", &["child", "failure", "words"]),
    ("interpreter", &["failure", "words"]),
    ("generator", &["dataset", "failure", "interpreter", "model", "words"]),
    ("environment", &["dataset", "extractor", "failure", "generator", "interpreter", "model", "verifier", "words"]),
    ("server", &["engine", "environment", "failure", "store", "verifier", "words"]),
    ("engine", &["environment", "failure", "generator", "interpreter", "likeness", "model", "store", "verifier"]),
    ("likeness", &["store"]),
    ("store", &["failure", "generator", "interpreter", "model", "verifier", "words"]),
    ("review", &["dataset", "failure", "store", "verifier"]),
    ("rollout", &["dataset", "environment", "failure", "store", "verifier", "words"]),
    ("second", &["child", "interpreter", "review", "verifier"]),
    ("export", &["failure", "likeness", "paths", "review", "store", "verifier", "words"]),
    (
        "tui",
        &["dataset", "engine", "export", "failure", "interpreter", "logging", "review", "store", "verifier", "words"],
    ),
    ("config", &["generator", "interpreter", "model", "store"]),
];

/// Crates that a room must not name, with the files of the port that hold the promise in rooms that do I/O elsewhere.
const MUST_NOT_NAME: &[(&str, &[&str])] = &[
    ("answer", &["tokio", "rusqlite", "reqwest", "ratatui"]),
    ("verifier", &["tokio", "rusqlite", "reqwest", "ratatui"]),
    ("extractor", &["tokio", "rusqlite", "reqwest", "ratatui"]),
    ("dataset", &["tokio", "rusqlite", "reqwest", "ratatui"]),
    ("engine", &["rusqlite", "reqwest", "ratatui"]),
    ("generator", &["rusqlite", "reqwest", "ratatui"]),
    ("environment", &["rusqlite", "reqwest", "ratatui"]),
    ("review", &["rusqlite", "reqwest", "ratatui"]),
    ("export", &["rusqlite", "reqwest", "ratatui"]),
    ("likeness", &["tokio", "rusqlite", "reqwest", "ratatui"]),
    ("rollout", &["tokio", "rusqlite", "reqwest", "ratatui"]),
    ("second", &["rusqlite", "reqwest", "ratatui"]),
    ("hub", &["rusqlite", "ratatui"]),
    ("model/mod.rs", &["reqwest", "tokio"]),
    ("interpreter/mod.rs", &["rustix", "landlock", "tokio"]),
    ("store/mod.rs", &["rusqlite"]),
    ("store/record.rs", &["rusqlite"]),
    ("server", &["rusqlite", "reqwest", "ratatui"]),
    ("cli", &["rusqlite", "reqwest", "ratatui"]),
    ("tui", &["rusqlite", "reqwest"]),
    ("tui/view", &["crossterm"]),
    ("tui/text", &["crossterm"]),
];

fn sources() -> BTreeMap<String, String> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let name = |p: &Path| p.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    found.iter().map(|p| (name(p), std::fs::read_to_string(p).unwrap())).collect()
}

/// The code without comments and without what is only for tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().map(|l| l.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Names of rooms after `crate::`, also in a braced list.
fn used(code: &str) -> Vec<String> {
    let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            rooms.extend(list.split('}').next().unwrap_or_default().split(',').map(|item| word(item.trim())));
        } else {
            rooms.push(word(rest));
        }
    }
    rooms
}

#[test]
fn arrows_run_one_way() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let here = room(&file);
        let Some((_, may)) = MAY_USE.iter().find(|(name, _)| *name == here) else { continue };
        for there in used(&code(&text)) {
            if there != here && !may.contains(&there.as_str()) {
                wrong.push(format!("{file} uses {there}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows against the plan:\n{}", wrong.join("\n"));
}

/// The command line stands on all, and it alone on the server and, beside the screen itself, on the screen.
#[test]
fn nothing_stands_on_the_command_line() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        if matches!(room(&file), "cli" | "main" | "lib") {
            continue;
        }
        for there in used(&code(&text)) {
            if there != room(&file) && ["cli", "server", "tui"].contains(&there.as_str()) {
                wrong.push(format!("{file} uses {there}"));
            }
        }
    }
    assert!(wrong.is_empty(), "what stands on top is used below:\n{}", wrong.join("\n"));
}

/// Inside the screen: what changes the state does not draw, what draws it changes nothing, and neither does I/O.
#[test]
fn the_screen_is_changed_drawn_and_served_apart() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        for (place, others) in [
            ("tui/update/", &["tui::view", "tui::perform", "tui::terminal", "tui::main_loop"][..]),
            ("tui/view/", &["tui::update", "tui::perform", "tui::terminal", "tui::main_loop"]),
            ("tui/perform/", &["tui::view", "tui::update", "tui::app", "tui::terminal", "tui::main_loop"]),
            ("tui/text/", &["tui::view", "tui::update", "tui::app", "tui::review", "tui::run"]),
            ("tui/terminal/", &["tui::view", "tui::update", "tui::app", "tui::text", "store"]),
            ("tui/keymap/", &["tui::view", "tui::update", "tui::app", "tui::theme"]),
            ("tui/theme/", &["tui::view", "tui::update", "tui::app", "tui::keymap"]),
        ] {
            for other in others.iter().filter(|_| file.starts_with(place)) {
                if code(&text).contains(&format!("crate::{other}::")) {
                    wrong.push(format!("{file} uses {other}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rooms_do_not_name_what_they_must_not_know() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let code = code(&text);
        for (place, crates) in MUST_NOT_NAME {
            if file != *place && !(file.starts_with(place) && file[place.len()..].starts_with('/')) {
                continue;
            }
            for name in *crates {
                if code.contains(&format!("{name}::")) {
                    wrong.push(format!("{file} names {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_says_what_it_must_not_know() {
    for (file, text) in sources() {
        if file.ends_with("/mod.rs") && file.matches('/').count() == 1 {
            assert!(text.starts_with("//! "), "{file} does not open with what it is for");
        }
    }
}

#[test]
fn files_stay_small() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > 700)
        .map(|(file, text)| format!("{file}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "two concepts would live better apart: {long:?}");
}

#[test]
fn the_checks_can_fail() {
    assert_eq!(used("use crate::{store, cli::Exit};\ncrate::model::Ask"), ["store", "cli", "model"]);
    assert_eq!(room("store/fold.rs"), "store");
    assert_eq!(code("a // crate::cli\n#[cfg(test)]\nb"), "a ");
}
