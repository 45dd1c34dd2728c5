//! A person who walks through the program by what its screen says: no key is pressed that is not told of on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use loong::dataset::{Datapoint, sheet};
use serde_json::Value;

use crate::harness::Session;
use crate::lending::script;

/// As wide as a terminal on half a screen.
const SIZE: (u16, u16) = (160, 45);

/// A person's folders: settings, data and state of their own, and an empty folder for a project. The cache is everybody's: a
/// venv is made once.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(home.project()).unwrap();
        home
    }

    /// The same with a project made of this configuration and these seeds.
    pub(crate) fn with(configuration: &str, seeds: &[Datapoint]) -> Self {
        let home = Self::new();
        home.write("loong.toml", &format!("{configuration}\n"));
        let rows: Vec<Value> = seeds.iter().map(Datapoint::to_value).collect();
        home.write("seeds.json", &serde_json::to_string_pretty(&rows).unwrap());
        home
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.0.path().join("project")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.project().join(name), text).unwrap();
    }

    /// A file of the project; empty where it is not there.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.project().join(name)).unwrap_or_default()
    }

    fn folders(&self) -> Vec<(String, String)> {
        let mut folders: Vec<(String, String)> = ["CONFIG", "DATA", "STATE"]
            .map(|name| (format!("XDG_{name}_HOME"), self.0.path().join(name).display().to_string()))
            .to_vec();
        let shared = ["HOME", "XDG_CACHE_HOME"].iter().filter_map(|n| Some(((*n).to_owned(), std::env::var(n).ok()?)));
        folders.extend(shared);
        folders.push(("LOONG_REVIEWER".to_owned(), "mia".to_owned()));
        folders.push(("EDITOR".to_owned(), self.editor()));
        folders
    }

    /// The editor: it leaves what [`Home::will_write`] says, once, and fails where nothing is said.
    fn editor(&self) -> String {
        let next = self.next();
        let (sheet, last) = (next.display(), self.last().display().to_string());
        let body = format!("cp \"$1\" '{last}'\n[ -f '{sheet}' ] || exit 3\ncat '{sheet}' > \"$1\"\nrm '{sheet}'\n");
        script(self.0.path(), "editor", &body)
    }

    fn next(&self) -> PathBuf {
        self.0.path().join("next-sheet")
    }

    fn last(&self) -> PathBuf {
        self.0.path().join("last-sheet")
    }

    /// What the editor leaves next.
    pub(crate) fn will_write(&self, text: &str) {
        std::fs::write(self.next(), text).unwrap();
    }

    /// The seed that the editor leaves next, as a sheet.
    pub(crate) fn will_write_seed(&self, question: &str, code: &str, answer: &str) {
        self.will_write(&sheet(&seed(question, code, answer)));
    }

    /// What the editor was given last.
    pub(crate) fn was_given(&self) -> String {
        std::fs::read_to_string(self.last()).unwrap_or_default()
    }

    /// What the command line answers, which must be content.
    pub(crate) fn loong(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
        let done = command.args(arguments).current_dir(self.project()).envs(self.folders()).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// How many candidates a filter takes.
    pub(crate) fn count(&self, filter: &str) -> usize {
        self.loong(&["list", filter, "--json", "-q", "-n", "1000"]).lines().count()
    }

    /// The first line of JSON that the command line answers.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(self.loong(arguments).lines().next().unwrap_or("null")).unwrap()
    }

    /// Opens the screen in the project's folder.
    pub(crate) fn open(&self, arguments: &[&str]) -> Walk {
        let folders = self.folders();
        let all: Vec<(&str, &str)> = folders.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let text = format!("cd '{}' && exec \"$0\" \"$@\"", self.project().display());
        let mut words = vec!["-c", text.as_str(), env!("CARGO_BIN_EXE_loong")];
        words.extend(arguments);
        Walk(Session::start(SIZE, Path::new("/bin/sh"), &all, &words))
    }
}

/// A seed in the domain of logic.
pub(crate) fn seed(question: &str, code: &str, answer: &str) -> Datapoint {
    let metadata = serde_json::json!({"domain": "logic", "required_dependencies": []});
    let Value::Object(metadata) = metadata else { unreachable!("it is an object") };
    Datapoint::new(question, code, answer, metadata)
}

/// Keys that people know without being told.
pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const LEFT: &str = "\x1b[D";
pub(crate) const BACKSPACE: &str = "\x7f";

/// The screen, and the person before it.
pub(crate) struct Walk(Session);

impl Walk {
    /// Presses keys that the screen tells of in these words, as soon as it does.
    #[track_caller]
    pub(crate) fn press(&mut self, told: &str, keys: &str) {
        self.0.until(told);
        self.0.type_keys(keys);
    }

    /// Types text, or keys that need no telling.
    pub(crate) fn types(&mut self, keys: &str) {
        self.0.type_keys(keys);
    }

    /// Waits until the screen shows a text.
    pub(crate) fn sees(&self, text: &str) {
        self.0.until(text);
    }

    /// The same, for as long as the first program's venv may take.
    pub(crate) fn waits_for(&self, text: &str) {
        let begun = std::time::Instant::now();
        while !self.screen().contains(text) {
            assert!(begun.elapsed().as_secs() < 300, "no `{text}` on\n{}", self.screen());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Waits until the screen shows a text no more.
    pub(crate) fn sees_no(&self, text: &str) {
        self.0.until_that(&format!("hid {text:?}"), |screen| !screen.contents().contains(text));
    }

    /// Waits until something can be told from what the screen shows.
    pub(crate) fn reads<T>(&self, what: &str, read: impl Fn(&str) -> Option<T>) -> T {
        self.0.until_that(what, |screen| read(&screen.contents()).is_some());
        loop {
            // Between two looks it may have gone on.
            if let Some(told) = read(&self.0.screen()) {
                return told;
            }
            self.0.until_that(what, |screen| read(&screen.contents()).is_some());
        }
    }

    pub(crate) fn screen(&self) -> String {
        self.0.screen()
    }

    /// Waits for its end, which was no good one.
    pub(crate) fn fails(mut self) {
        assert!(!self.0.wait_exit().success(), "{}", self.0.screen());
    }

    /// Leaves by the key that the screen tells of.
    pub(crate) fn quits(mut self) {
        self.press("? help", "q");
        assert!(self.0.wait_exit().success(), "{}", self.0.screen());
        self.0.assert_whole();
    }
}
