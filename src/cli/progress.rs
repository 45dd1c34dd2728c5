//! Progress of a run on stderr: a line that moves on a terminal, a line now and then elsewhere, events as JSON on request.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::engine::EngineEvent;
use crate::interpreter::Progress;

/// How often a line is printed where no line can move: whoever waits sees that something goes on.
const EVERY: Duration = Duration::from_secs(15);
/// How often a line that can move does.
const OFTEN: Duration = Duration::from_secs(1);
/// Before this much time nothing is said of how long it will take.
const SOON: f64 = 2.0;

/// Shows what a run does.
pub(super) struct Meter {
    json: bool,
    quiet: bool,
    bar: Option<ProgressBar>,
    state: Arc<Mutex<State>>,
    printer: Mutex<Option<Printer>>,
    ticker: Mutex<Option<Printer>>,
}

/// A thread that prints, and the way to it.
type Printer = (Sender<String>, JoinHandle<()>);

/// A line on stderr, which may be gone.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

struct State {
    target: u64,
    done: u64,
    /// What was there when counting began, and when that was.
    from: u64,
    since: Instant,
    in_flight: i64,
    states: BTreeMap<String, u64>,
    /// What an installer says.
    news: Option<String>,
}

impl State {
    fn begin(&mut self, done: u64, target: u64) {
        (self.done, self.from, self.target, self.since) = (done, done, target, Instant::now());
    }

    /// What is said beside the count.
    fn said(&self) -> String {
        if let Some(news) = &self.news {
            return news.clone();
        }
        let mut parts: Vec<String> = self.states.iter().map(|(word, n)| format!("{word} {n}")).collect();
        if self.in_flight > 0 {
            parts.push(format!("{} in flight", self.in_flight));
        }
        let remaining = self.target.saturating_sub(self.done);
        let in_flight = self.in_flight.unsigned_abs();
        parts.extend(left(self.done - self.from, remaining, in_flight, self.since.elapsed().as_secs_f64()));
        parts.join(" · ")
    }
}

/// How long it will take, by what was made in so many seconds. Of those that are under way nobody knows: once no others are
/// left, a rate says nothing.
fn left(made: u64, remaining: u64, in_flight: u64, seconds: f64) -> Option<String> {
    if remaining == 0 || made == 0 || seconds < SOON {
        return None;
    }
    if remaining <= in_flight {
        return Some("the last ones".to_owned());
    }
    let left = seconds / made as f64 * remaining as f64;
    Some(match left {
        ..90.0 => format!("about {:.0} s left", left.max(1.0)),
        90.0..5400.0 => format!("about {:.0} min left", left / 60.0),
        _ => format!("about {:.1} h left", left / 3600.0),
    })
}

/// Shows where things stand, every now and then, until the sender is gone.
fn ticker(bar: Option<ProgressBar>, state: Arc<Mutex<State>>) -> Printer {
    let (stop, stopped) = channel::<String>();
    let thread = std::thread::spawn(move || {
        let every = if bar.is_some() { OFTEN } else { EVERY };
        while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            match &bar {
                Some(bar) => bar.set_message(state.said()),
                None if state.target == 0 => say("still preparing"),
                None => say(&format!("{}/{}  {}", state.done, state.target, state.said())),
            }
        }
    });
    (stop, thread)
}

impl Meter {
    /// A meter that shows nothing when `quiet`, and prints events to stdout when `json`.
    pub(super) fn new(quiet: bool, json: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        let state = State {
            target: 0,
            done: 0,
            from: 0,
            since: Instant::now(),
            in_flight: 0,
            states: BTreeMap::new(),
            news: None,
        };
        let state = Arc::new(Mutex::new(state));
        let shown = bar.is_some() || !quiet && !json;
        let ticker = shown.then(|| ticker(bar.clone(), Arc::clone(&state)));
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
        Self { json, quiet, bar, state, printer: Mutex::new(printer), ticker: Mutex::new(ticker) }
    }

    /// Takes an event in.
    pub(super) fn hear(&self, event: &EngineEvent) {
        self.print(event);
        let mut state = self.state();
        match event {
            EngineEvent::Started { filled, target, resumed, .. } => {
                state.begin(*filled, *target);
                if *resumed {
                    drop(state);
                    self.note(&format!("going on with an unfinished run: {filled} of {target} are there"));
                }
                if let Some(bar) = &self.bar {
                    bar.set_length(*target);
                    bar.set_position(*filled);
                }
            }
            EngineEvent::Entered { .. } => state.in_flight += 1,
            EngineEvent::Left { .. } => state.in_flight -= 1,
            EngineEvent::Candidate { state: word, .. } => {
                state.done += 1;
                *state.states.entry(word.clone()).or_default() += 1;
                self.show(&state);
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
        self.state().begin(0, target);
        if let Some(bar) = &self.bar {
            bar.set_length(target);
        }
    }

    /// Counts one item under a word.
    pub(super) fn step(&self, word: &str) {
        let mut state = self.state();
        state.done += 1;
        *state.states.entry(word.to_owned()).or_default() += 1;
        self.show(&state);
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
                self.state().news = Some(output::short(line, 60));
            }
            Progress::VenvReady { millis, .. } => {
                self.state().news = None;
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
        let ticker = self.ticker.lock().unwrap_or_else(PoisonError::into_inner).take();
        for (end, thread) in self.printer().take().into_iter().chain(ticker) {
            drop(end);
            let _ = thread.join();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&self, state: &State) {
        if let Some(bar) = &self.bar {
            bar.set_position(state.done);
            bar.set_message(state.said());
        }
    }

    fn printer(&self) -> MutexGuard<'_, Option<Printer>> {
        self.printer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn what_is_left_is_told_by_what_was_made_and_not_of_the_last_ones() {
        assert_eq!(left(0, 20, 8, 60.0), None, "nothing was made yet");
        assert_eq!(left(5, 20, 8, 1.0), None, "too early to say");
        assert_eq!(left(10, 20, 8, 30.0).as_deref(), Some("about 60 s left"));
        assert_eq!(left(10, 200, 8, 30.0).as_deref(), Some("about 10 min left"));
        assert_eq!(left(10, 2000, 8, 60.0).as_deref(), Some("about 3.3 h left"));
        assert_eq!(left(90, 8, 8, 300.0).as_deref(), Some("the last ones"));
        assert_eq!(left(98, 0, 0, 300.0), None);
    }
}
