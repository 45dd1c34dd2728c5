//! A small program on the terminal, run in a process of its own: what keys do to it is what the tests ask about.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use loong::tui::terminal::{
    Copied, Edited, Guard, Input, Modes, Screen, Signal, catch_panics, copy, edit, is_light, is_terminal, lend, page,
    signals, suspend,
};

use crate::harness::Session;

/// Where the program puts its reports.
const REPORTS: &str = "LOONG_TEST_REPORTS";
/// The terminal's size, columns first.
pub(crate) const SIZE: (u16, u16) = (100, 30);

/// The test binary's arguments that run the program.
pub(crate) const ARGUMENTS: &[&str] = &["child::program", "--exact", "--ignored", "--nocapture", "--test-threads=1"];

/// This test binary.
pub(crate) fn myself() -> PathBuf {
    std::env::current_exe().expect("this binary has a path")
}

/// Starts the program, and waits until it is there.
pub(crate) fn start(environment: &[(&str, &str)]) -> Session {
    let session = Session::start(SIZE, &myself(), environment, ARGUMENTS);
    session.until("ready");
    session
}

/// Starts the program with a folder for reports.
pub(crate) fn start_reporting(folder: &Path) -> Session {
    start(&[(REPORTS, folder.to_str().expect("a plain path"))])
}

/// The number of the process that shows itself, which is not the one started when a shell stands between.
pub(crate) fn shown_pid(session: &Session) -> i32 {
    let shown = session.screen();
    let line = shown.lines().find_map(|line| line.strip_prefix("pid ")).expect("it shows its number");
    line.trim().parse().expect("a number")
}

enum Msg {
    Event(Event),
    Signal(Signal),
    Panicked(PathBuf),
}

struct Program {
    screen: Screen,
    guard: Guard,
    input: Input,
    keys: usize,
    lines: Vec<String>,
}

impl Program {
    fn draw(&self) {
        let mut to = self.screen.clone();
        let skipped = self.lines.len().saturating_sub(20);
        let drawn = self.screen.update(|| {
            write!(to, "\x1b[?25l\x1b[H\x1b[2Jready\r\npid {}\r\nkeys {}\r\n", std::process::id(), self.keys).unwrap();
            for line in &self.lines[skipped..] {
                write!(to, "{line}\r\n").unwrap();
            }
            to.flush().unwrap();
        });
        drawn.unwrap();
    }

    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// False at the end.
    fn act(&mut self, code: KeyCode) -> bool {
        match code {
            KeyCode::Char('q') => return false,
            KeyCode::Char('p') => panic!("on purpose: `a model's words`"),
            KeyCode::Char('b') => drop(thread::Builder::new().name("loader".into()).spawn(|| panic!("elsewhere"))),
            KeyCode::Char('m') => self.guard.set_mouse(false).unwrap(),
            KeyCode::Char('z') => {
                let told = suspend(&mut self.guard, &self.input).map_or_else(|e| e.to_string(), |()| "back".into());
                self.say(format!("suspend: {told}"));
            }
            KeyCode::Char('e') => {
                let edited = lend(&mut self.guard, &self.input, || edit("as it was", ".md")).unwrap();
                let told = match edited {
                    Ok(Edited::Unchanged) => "unchanged".into(),
                    Ok(Edited::Changed(text)) => text,
                    Err(error) => error.to_string(),
                };
                self.say(format!("edited: {told}"));
            }
            KeyCode::Char('l') => {
                let text = format!("first line\x1b]0;title\x07\n{}", "another line\n".repeat(100_000));
                let told = lend(&mut self.guard, &self.input, || page(&text)).unwrap();
                self.say(format!("paged: {told:?}"));
            }
            KeyCode::Char('y') => {
                let told = copy("≠ text").map_or_else(
                    |error| error.to_string(),
                    |Copied { characters, way, certain }| format!("{characters} to {way}, certain: {certain}"),
                );
                self.say(told);
            }
            KeyCode::Char('Y') => {
                let told = copy(&"x".repeat(80_000)).map_or_else(|error| error.to_string(), |_| "copied".into());
                self.say(told);
            }
            KeyCode::Char('f') => loop {
                self.say("x".repeat(90));
                self.draw();
            },
            KeyCode::Char('h') => {
                self.say("hangs");
                self.draw();
                thread::sleep(Duration::from_secs(3600));
            }
            KeyCode::Char('o') => {
                let (held, holds) = channel();
                thread::spawn(move || {
                    let _lock = (std::io::stdout().lock(), std::io::stderr().lock());
                    held.send(()).unwrap();
                    thread::sleep(Duration::from_secs(3600));
                });
                holds.recv().unwrap();
                let caught = std::panic::catch_unwind(|| panic!("with both outputs locked"));
                std::process::exit(if caught.is_err() { 7 } else { 8 });
            }
            _ => {}
        }
        true
    }

    fn run(mut self, receive: &Receiver<Msg>) {
        self.draw();
        for msg in receive {
            match msg {
                Msg::Event(Event::Key(KeyEvent { code, modifiers, .. })) => {
                    self.keys += 1;
                    let held = if modifiers.contains(KeyModifiers::CONTROL) { "ctrl-" } else { "" };
                    self.say(format!("key {held}{code}"));
                    if !modifiers.contains(KeyModifiers::CONTROL) && !self.act(code) {
                        return;
                    }
                }
                Msg::Event(Event::Paste(text)) => self.say(format!("paste {}", text.len())),
                Msg::Event(Event::Resize(columns, rows)) => self.say(format!("size {columns}x{rows}")),
                Msg::Event(other) => self.say(format!("{other:?}")),
                Msg::Panicked(path) => self.say(format!("report {}", path.exists())),
                Msg::Signal(Signal::Continue) => {
                    self.guard.enter_again().unwrap();
                    self.say("continued");
                }
                Msg::Signal(Signal::Stop) => {
                    let told = suspend(&mut self.guard, &self.input);
                    self.say(format!("stopped: {told:?}"));
                }
                Msg::Signal(signal) => {
                    drop(self.guard);
                    println!("told {signal:?}");
                    return;
                }
            }
            self.draw();
        }
    }
}

/// Not a test: the program.
#[test]
#[ignore = "the program that the other tests start"]
fn program() {
    assert!(is_terminal());
    let (send, receive) = channel();
    if let Some(folder) = std::env::var_os(REPORTS) {
        let send = send.clone();
        catch_panics(folder.into(), move |path| {
            let _ = send.send(Msg::Panicked(path.to_owned()));
        });
    }
    let of_signals = send.clone();
    signals(move |signal| {
        let _ = of_signals.send(Msg::Signal(signal));
    })
    .unwrap();
    let guard = Guard::enter(Modes { mouse: true }).unwrap();
    let input = Input::start(move |event| {
        let _ = send.send(Msg::Event(event));
    })
    .unwrap();
    Program { screen: Screen::new(), guard, input, keys: 0, lines: Vec::new() }.run(&receive);
    println!("left");
}

/// Not a test: asks the terminal for its background.
#[test]
#[ignore = "the program that another test starts"]
fn background() {
    let asked = std::time::Instant::now();
    let light = is_light(Duration::from_millis(700));
    println!("light: {light:?}, in time: {}", asked.elapsed() < Duration::from_millis(1500));
}
