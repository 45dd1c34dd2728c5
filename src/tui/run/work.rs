//! Long work beside the stages: the Python environments that are being made.

use std::time::Duration;

use super::figures::span;
use crate::interpreter::Progress;
use crate::review::cleaned::clean_line;

/// Pieces of long work that are kept.
const KEPT: usize = 8;
/// Characters that are kept of a line.
const LINE: usize = 200;
/// How long a line of news stands.
const FRESH: Duration = Duration::from_secs(10);

/// One venv being made.
#[derive(Debug, Clone)]
struct Making {
    venv: String,
    packages: String,
    since: Duration,
    line: String,
}

/// All long work.
#[derive(Debug, Clone, Default)]
pub(super) struct Works {
    making: Vec<Making>,
    news: Option<(String, Duration)>,
}

fn short(text: &str) -> String {
    let begin: String = text.trim().chars().take(LINE).collect();
    clean_line(&begin)
}

impl Works {
    /// Takes news of the interpreter in.
    pub(super) fn hear(&mut self, news: &Progress, at: Duration) {
        match news {
            Progress::VenvStarted { venv, packages } => {
                self.making.retain(|m| m.venv != *venv);
                self.making.truncate(KEPT - 1);
                self.making.push(Making {
                    venv: venv.clone(),
                    packages: short(packages),
                    since: at,
                    line: String::new(),
                });
            }
            Progress::VenvLine { venv, line } => {
                if let Some(making) = self.making.iter_mut().find(|m| m.venv == *venv)
                    && !line.trim().is_empty()
                {
                    making.line = short(line);
                }
            }
            Progress::VenvReady { venv, millis } => {
                let ready = self.making.iter().position(|m| m.venv == *venv);
                if let Some(ready) = ready {
                    self.making.remove(ready);
                    let took = span(Duration::from_millis(*millis));
                    self.news = Some((format!("the Python environment is ready ({took})"), at));
                }
            }
        }
    }

    /// Takes a line of news in.
    pub(super) fn note(&mut self, message: &str, at: Duration) {
        self.news = Some((short(message), at));
    }

    /// A venv could not be made; `message` names its packages.
    pub(super) fn given_up(&mut self, message: &str) {
        let message = clean_line(message);
        match self.making.iter().position(|m| !m.packages.is_empty() && message.contains(&m.packages)) {
            Some(named) => drop(self.making.remove(named)),
            None if self.making.len() == 1 => self.making.clear(),
            None => {}
        }
    }

    /// Nothing is being made any more.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// What is being made.
    pub(super) fn making(&self) -> Option<String> {
        let packages = &self.making.first()?.packages;
        let with = if packages.is_empty() { String::new() } else { format!(" with {packages}") };
        let more = match self.making.len() - 1 {
            0 => String::new(),
            n => format!(", and {n} more"),
        };
        Some(format!("making a Python environment{with}{more}"))
    }

    /// What is being made and for how long, and the installer's last line; else fresh news.
    pub(super) fn headline(&self, now: Duration) -> Option<(String, &str)> {
        if let Some((oldest, what)) = self.making.first().zip(self.making()) {
            let time = span(now.saturating_sub(oldest.since));
            return Some((format!("{what} ({time})"), &oldest.line));
        }
        let (news, at) = self.news.as_ref()?;
        (now.saturating_sub(*at) < FRESH).then(|| (news.clone(), ""))
    }

    /// How long the oldest piece of work has gone on.
    pub(super) fn since(&self) -> Option<Duration> {
        self.making.first().map(|m| m.since)
    }
}
