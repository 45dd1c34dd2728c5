//! Progress of a run on stderr: a line that moves on a terminal, a line now and then elsewhere, events as JSON on request.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write as _};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::engine::EngineEvent;
use crate::interpreter::Progress;

/// How often a line is printed where no line can move.
const EVERY: Duration = Duration::from_secs(10);

/// Shows what a run does.
pub(super) struct Meter {
    json: bool,
    quiet: bool,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
    printer: Mutex<Option<Printer>>,
}

/// The thread that prints events, and the way to it.
type Printer = (Sender<String>, JoinHandle<()>);

/// A line on stderr, which may be gone.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

struct State {
    target: u64,
    done: u64,
    in_flight: i64,
    states: BTreeMap<String, u64>,
    last: Instant,
}

impl Meter {
    /// A meter that shows nothing when `quiet`, and prints events to stdout when `json`.
    pub(super) fn new(quiet: bool, json: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {msg}  {per_sec}  {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        let state = State { target: 0, done: 0, in_flight: 0, states: BTreeMap::new(), last: Instant::now() };
        let printer = json.then(|| {
            let (lines, printed) = channel::<String>();
            let thread = std::thread::spawn(move || {
                for line in printed {
                    if output::print(&format!("{line}\n")).is_err() {
                        break;
                    }
                }
            });
            (lines, thread)
        });
        Self { json, quiet, bar, state: Mutex::new(state), printer: Mutex::new(printer) }
    }

    /// Takes an event in.
    pub(super) fn hear(&self, event: &EngineEvent) {
        self.print(event);
        let mut state = self.state();
        match event {
            EngineEvent::Started { filled, target, resumed, .. } => {
                (state.target, state.done) = (*target, *filled);
                if *resumed {
                    drop(state);
                    self.note(&format!("going on with an unfinished run: {filled} of {target} are there"));
                }
                if let Some(bar) = &self.bar {
                    bar.set_length(*target);
                    bar.set_position(*filled);
                    bar.reset_eta();
                }
            }
            EngineEvent::Entered { .. } => state.in_flight += 1,
            EngineEvent::Left { .. } => state.in_flight -= 1,
            EngineEvent::Candidate { state: word, .. } => {
                state.done += 1;
                *state.states.entry(word.clone()).or_default() += 1;
                self.show(&mut state);
            }
            EngineEvent::Switched { ordinal, strategy } => {
                drop(state);
                self.note(&format!("from slot {ordinal} on: {strategy}"));
            }
            EngineEvent::BudgetSpent { bound, .. } => {
                drop(state);
                self.note(&format!("{bound}; finishing what is in flight"));
            }
            EngineEvent::Progress { message } => {
                drop(state);
                self.note(message);
            }
            EngineEvent::Reply { .. }
            | EngineEvent::Spent { .. }
            | EngineEvent::Live { .. }
            | EngineEvent::Ended(_) => {}
        }
    }

    /// Begins counting to `target`, where no run sends events.
    pub(super) fn begin(&self, target: u64) {
        self.state().target = target;
        if let Some(bar) = &self.bar {
            bar.set_length(target);
            bar.reset_eta();
        }
    }

    /// Counts one item under a word.
    pub(super) fn step(&self, word: &str) {
        let mut state = self.state();
        state.done += 1;
        *state.states.entry(word.to_owned()).or_default() += 1;
        self.show(&mut state);
    }

    /// An event as a line of JSON, from a thread of its own: a reader that pauses must not hold the run, and one that
    /// has gone away ends nothing, because the store has what matters.
    fn print(&self, event: &EngineEvent) {
        if let (Some((lines, _)), Ok(line)) = (&*self.printer(), serde_json::to_string(event)) {
            let _ = lines.send(line);
        }
    }

    /// News of the interpreter.
    pub(super) fn progress(&self, news: &Progress) {
        if self.json
            && let Progress::VenvStarted { packages, .. } = news
        {
            self.print(&EngineEvent::Progress { message: format!("making a Python environment with {packages}") });
        }
        match news {
            Progress::VenvStarted { packages, .. } => {
                self.note(&format!("making a Python environment with {packages}; once"));
            }
            Progress::VenvLine { line, .. } => {
                tracing::debug!("venv: {line}");
                if let Some(bar) = &self.bar {
                    bar.set_message(output::short(line, 60));
                }
            }
            Progress::VenvReady { millis, .. } => {
                self.note(&format!("the Python environment is ready ({})", output::seconds(*millis as f64 / 1000.0)));
            }
        }
    }

    /// A line for a person.
    pub(super) fn note(&self, text: &str) {
        let text = output::line(text);
        match &self.bar {
            _ if self.quiet => {}
            Some(bar) => bar.println(text),
            None => say(&text),
        }
    }

    /// Takes the line away, and waits until every event is printed.
    pub(super) fn finish(&self) {
        if let Some((lines, printer)) = self.printer().take() {
            drop(lines);
            let _ = printer.join();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&self, state: &mut State) {
        let words: Vec<String> = state.states.iter().map(|(word, n)| format!("{word} {n}")).collect();
        if let Some(bar) = &self.bar {
            bar.set_position(state.done);
            let in_flight =
                if state.in_flight > 0 { format!(" · {} in flight", state.in_flight) } else { String::new() };
            bar.set_message(format!("{}{in_flight}", words.join(" · ")));
        } else if !self.quiet && !self.json && state.last.elapsed() >= EVERY {
            state.last = Instant::now();
            say(&format!("{}/{}  {}", state.done, state.target, words.join(" · ")));
        }
    }

    fn printer(&self) -> MutexGuard<'_, Option<Printer>> {
        self.printer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
