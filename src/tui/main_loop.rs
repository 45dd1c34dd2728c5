//! The main loop: one queue, one thread that owns state and terminal. It blocks until something comes, takes everything
//! that has come, and draws when `Due` says so; idle, it does not wake up.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crossterm::event::Event;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};

use super::app::{App, Settings};
use super::due::{Due, FRAME};
use super::effect::Effect;
use super::lines::Lines;
use super::msg::Msg;
use super::perform::{Performer, Services, Wire};
use super::terminal::{self, Guard, Input, Modes, Screen as Frames, Signal};
use super::tips::{self, Tips};
use super::view;
use super::workbench::{Project, Workbench};

/// What a run is given to finish what is in flight when the program leaves.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the screen is opened with.
pub struct Launch {
    /// What does not change.
    pub settings: Settings,
    /// The project; without one the welcome is shown.
    pub project: Option<Project>,
    /// A sentence to begin with.
    pub told: Option<String>,
    /// A filter to begin with.
    pub filter: String,
    /// Whether verdicts are hidden until judged.
    pub blind: bool,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// The outside.
    pub workbench: Arc<dyn Workbench>,
    /// Lines that were typed in earlier sittings, oldest first: what for, and the line.
    pub lines: Vec<(String, String)>,
    /// Where panic reports go.
    pub reports: PathBuf,
}

/// Opens the screen, and returns when the person leaves. The terminal is then as it was before.
///
/// # Errors
/// When the terminal cannot be used.
pub fn open(launch: Launch) -> io::Result<()> {
    let begun = Instant::now();
    let (to, from) = channel::<Wire>();
    let told = to.clone();
    terminal::catch_panics(launch.reports.clone(), move |report| {
        let _ = told.send(Wire::Msg(Msg::Panicked(report.to_owned())));
    });
    let services = Arc::new(Services::new(Arc::clone(&launch.workbench), begun, to.clone()));
    let performer = Performer::new(Arc::clone(&services), &to)?;
    std::thread::Builder::new().name("loong-warm".to_owned()).spawn(super::text::warm)?;

    let guard = Guard::enter(Modes { mouse: launch.mouse })?;
    let input = listen(&to)?;
    obey(&to)?;
    let frames = Frames::new();
    let terminal = Terminal::new(CrosstermBackend::new(frames.clone()))?;
    let size = terminal.size()?;
    let mut app = App::new(launch.settings, (size.width, size.height));
    app.review.blind = launch.blind;
    app.mouse = launch.mouse;
    let (tips, lines): (Vec<_>, Vec<_>) = launch.lines.into_iter().partition(|(label, _)| label == tips::LABEL);
    app.tips = Tips::new(tips.into_iter().map(|(_, gone)| gone));
    app.lines = Lines::new(lines);
    let mut screen = Screen { terminal, frames, guard, input, services: Arc::clone(&services), performer };

    let first = begin(&mut app, launch.project, launch.told, &launch.filter);
    screen.perform(&mut app, first)?;
    screen.run(&mut app, &from, begun)?;
    screen.farewell(&app);
    Ok(())
}

/// What is wished at the beginning.
fn begin(app: &mut App, project: Option<Project>, told: Option<String>, filter: &str) -> Vec<Effect> {
    if let Some(project) = project {
        let mut effects = app.update(Msg::Entered(Box::new(project), told));
        if !filter.is_empty() {
            effects.extend(app.begin_with_filter(filter));
        }
        effects
    } else {
        app.welcome()
    }
}

fn listen(to: &Sender<Wire>) -> io::Result<Input> {
    let to = to.clone();
    Input::start(move |event| {
        let msg = match event {
            Event::Key(key) => Msg::Key(key),
            Event::Mouse(mouse) => Msg::Mouse(mouse),
            Event::Paste(text) => Msg::Paste(text),
            Event::Resize(columns, rows) => Msg::Resize(columns, rows),
            Event::FocusGained | Event::FocusLost => return,
        };
        let _ = to.send(Wire::Msg(msg));
    })
}

fn obey(to: &Sender<Wire>) -> io::Result<()> {
    let to = to.clone();
    terminal::signals(move |signal| {
        let msg = match signal {
            Signal::Terminate | Signal::Hangup | Signal::Interrupt => Msg::Terminate,
            Signal::Continue => Msg::Returned,
            Signal::Stop => Msg::Suspend,
        };
        let _ = to.send(Wire::Msg(msg));
    })
}

/// The terminal with everything around it.
struct Screen {
    terminal: Terminal<CrosstermBackend<Frames>>,
    frames: Frames,
    guard: Guard,
    input: Input,
    services: Arc<Services>,
    performer: Performer,
}

impl Screen {
    fn run(&mut self, app: &mut App, from: &Receiver<Wire>, begun: Instant) -> io::Result<()> {
        let mut due = Due::default();
        due.change(false);
        while !app.quitting {
            let came = match due.wait(Instant::now()) {
                // Not before the frame is due, and no later.
                Some(Duration::ZERO) => from.try_recv().map_err(|_| RecvTimeoutError::Timeout),
                Some(wait) => from.recv_timeout(wait),
                None => match app.holds() {
                    Some(hold) => from.recv_timeout(hold),
                    None => from.recv().map_err(|_| RecvTimeoutError::Disconnected),
                },
            };
            match came {
                Ok(wire) => {
                    due.change(wire.is_asked());
                    app.now = begun.elapsed();
                    self.take(app, wire)?;
                    // Everything that has come, before anything is drawn; but a flood may not hold the picture for ever.
                    let patience = Instant::now();
                    while !app.quitting && patience.elapsed() < FRAME {
                        let Ok(wire) = from.try_recv() else { break };
                        due.change(wire.is_asked());
                        app.now = begun.elapsed();
                        self.take(app, wire)?;
                    }
                    if due.wait(Instant::now()).is_some_and(|wait| !wait.is_zero()) {
                        continue;
                    }
                }
                Err(RecvTimeoutError::Timeout) if due.wait(Instant::now()).is_none() => {
                    let effects = app.update(Msg::Tick(begun.elapsed()));
                    self.perform(app, effects)?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if !app.quitting {
                app.now = begun.elapsed();
                let effects = app.bring_up();
                self.perform(app, effects)?;
                self.draw(app)?;
                due.draw(Instant::now());
            }
        }
        Ok(())
    }

    fn take(&mut self, app: &mut App, wire: Wire) -> io::Result<()> {
        let effects = match wire {
            Wire::Msg(msg) => app.update(msg),
            Wire::RunChanged => app.update(Msg::Run(Box::new(self.services.run().fetch()))),
        };
        self.perform(app, effects)
    }

    fn draw(&mut self, app: &App) -> io::Result<()> {
        let Self { terminal, frames, .. } = self;
        frames.update(|| terminal.draw(|frame| view::draw(frame, app)).map(|_| ()))?
    }

    /// Has the next frame draw everything. The terminal's own `clear` would ask where the cursor is, and the answer comes
    /// the way keys do: to our reader.
    fn clear(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    /// What needs the terminal is done here and now; everything else on its lane.
    fn perform(&mut self, app: &mut App, effects: Vec<Effect>) -> io::Result<()> {
        for effect in effects {
            let answer = match effect {
                Effect::Copy(text, name) => Msg::Copied(copied(&text, name)),
                Effect::EditNote(targets, below) => {
                    let edited = terminal::lend(&mut self.guard, &self.input, || note(&below))?;
                    self.clear()?;
                    Msg::Noted(targets, edited)
                }
                Effect::EditSeed(seed, sheet) => {
                    let changed = terminal::lend(&mut self.guard, &self.input, || edited(&sheet))?;
                    self.clear()?;
                    Msg::SeedEdited(seed, changed)
                }
                Effect::EditCorrection(view, sheet) => {
                    let changed = terminal::lend(&mut self.guard, &self.input, || edited(&sheet))?;
                    self.clear()?;
                    Msg::Corrected(view, changed)
                }
                Effect::Page(text) => {
                    let paged = terminal::lend(&mut self.guard, &self.input, || terminal::page(&text))?;
                    self.clear()?;
                    Msg::Paged(paged.map_err(|e| e.to_string()))
                }
                Effect::Suspend => {
                    // Where no shell is that could bring us back, that is said and nothing stops.
                    match terminal::suspend(&mut self.guard, &self.input) {
                        Ok(()) => Msg::Returned,
                        Err(e) => Msg::Paged(Err(e.to_string())),
                    }
                }
                Effect::Mouse(on) => {
                    self.guard.set_mouse(on)?;
                    continue;
                }
                Effect::Renew => {
                    self.guard.enter_again()?;
                    self.clear()?;
                    continue;
                }
                Effect::Repaint => {
                    self.clear()?;
                    continue;
                }
                Effect::Quit => continue,
                effect => {
                    self.performer.perform(effect);
                    continue;
                }
            };
            let effects = app.update(answer);
            self.perform(app, effects)?;
        }
        Ok(())
    }

    /// Leaves the terminal at once; then gives decisions and the run their moment to reach the store.
    fn farewell(self, app: &App) {
        let Self { input, guard, performer, services, terminal, frames: _ } = self;
        input.stop();
        drop(terminal);
        drop(guard);
        performer.finish();
        if let Some(control) = &app.run.control {
            control.drain();
            if !services.run().wait(FAREWELL) {
                control.stop();
                services.run().wait(FAREWELL / 4);
            }
        }
    }
}

fn copied(text: &str, name: &str) -> Result<String, String> {
    let copied = terminal::copy(text).map_err(|e| e.to_string())?;
    let sure = if copied.certain { "" } else { "; the terminal may refuse it" };
    Ok(format!("{name} copied to {}: {} characters{sure}", copied.way, copied.characters))
}

/// A sheet from the editor; `None` where it was left as it was.
fn edited(sheet: &str) -> Result<Option<String>, String> {
    match terminal::edit(sheet, ".md") {
        Ok(terminal::Edited::Changed(text)) => Ok(Some(text)),
        Ok(terminal::Edited::Unchanged) => Ok(None),
        Err(e) => Err(e.to_string()),
    }
}

/// Below this line of the editor's file nothing is kept.
const SCISSORS: &str = "# ── everything below this line is left out ──";

/// A note from the editor; `None` where nothing was written.
fn note(below: &str) -> Result<Option<String>, String> {
    let quoted: String = below.lines().flat_map(|line| ["# ", line, "\n"]).collect();
    let initial = format!("\n{SCISSORS}\n{quoted}");
    let edited = terminal::edit(&initial, ".md").map_err(|e| e.to_string())?;
    let terminal::Edited::Changed(text) = edited else { return Ok(None) };
    let text = text.split(SCISSORS).next().unwrap_or_default().trim().to_owned();
    Ok((!text.is_empty()).then_some(text))
}
