//! What the welcome offers: the ways in, as they are open at the moment.

use super::app::App;

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The demo project.
    Demo,
    /// A project in this folder.
    Init,
    /// Rollouts to audit.
    Import,
    /// Make problems from templates, without a model.
    Templates,
    /// Begin a run.
    Run,
    /// Every key.
    Help,
    /// Leave.
    Quit,
}

/// An entry of the welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What it does.
    pub choice: Choice,
    /// Its key.
    pub key: char,
    /// What it is called.
    pub name: &'static str,
    /// What comes of it, in a sentence.
    pub does: &'static str,
}

/// The entries that make sense now.
pub fn entries(app: &App) -> Vec<Entry> {
    let entry = |choice, key, name, does| Entry { choice, key, name, does };
    let mut entries = Vec::with_capacity(5);
    let in_demo = app.project.as_ref().is_some_and(|p| p.demo);
    if !in_demo {
        entries.push(entry(
            Choice::Demo,
            'd',
            "Look at the demo",
            "86 scripted candidates of the real loop, to read and judge",
        ));
    }
    if app.project.is_none() || in_demo {
        entries.push(entry(
            Choice::Init,
            'i',
            "Make a project in this folder",
            "writes loong.toml, with the models found, and a store",
        ));
    }
    if app.project.as_ref().is_some_and(|project| !project.is_read_only()) && !app.is_demo_over() {
        entries.push(entry(Choice::Run, 'r', "Run the loop", "generates problems, answers each twice, verifies"));
    }
    if app.project.as_ref().is_none_or(|project| !project.is_read_only()) {
        entries.push(entry(
            Choice::Import,
            'm',
            "Import rollouts",
            "from JSON Lines with reference and response; each is verified",
        ));
        if !in_demo {
            entries.push(entry(
                Choice::Templates,
                't',
                "Make problems from templates",
                "executed and answered, without any model",
            ));
        }
    }
    entries.push(entry(Choice::Help, '?', "Keys", "every key that works, searchable"));
    entries.push(entry(Choice::Quit, 'q', "Quit loong", "leaves the program; what is stored stays"));
    entries
}
