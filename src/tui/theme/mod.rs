//! Themes by meaning: widgets ask for a [`Meaning`], never for a colour.

mod depth;
mod file;
pub mod schema;

pub use depth::Depth;
pub use file::ThemeError;

use ratatui::style::{Color, Style};

use crate::words::words;

words! {
    /// What a colour stands for. A theme names these and nothing else.
    pub enum Meaning {
        /// What is read.
        Text = "text",
        /// What is there when wanted.
        Muted = "muted",
        /// Titles in borders.
        Title = "title",
        /// The screen's one accent.
        Accent = "accent",
        /// What has the focus.
        Focus = "focus",
        /// The selected row's background.
        Selection = "selection",
        /// Marked items.
        Mark = "mark",
        /// The verdict equivalent, and what agrees.
        Equivalent = "equivalent",
        /// The verdict different, and what disagrees.
        Different = "different",
        /// The verdict undecided.
        Undecided = "undecided",
        /// Failures.
        Error = "error",
        /// What a person said.
        Human = "human",
        /// Links.
        Link = "link",
        /// Added in a diff.
        Added = "added",
        /// Removed in a diff.
        Removed = "removed",
        /// Keywords of code.
        CodeKeyword = "code.keyword",
        /// Strings in code.
        CodeString = "code.string",
        /// Numbers in code.
        CodeNumber = "code.number",
        /// Comments in code.
        CodeComment = "code.comment",
        /// Functions in code.
        CodeFunction = "code.function",
        /// Typeset mathematics.
        Maths = "maths",
        /// The filled part of a gauge.
        Gauge = "gauge",
        /// The rest of a gauge.
        GaugeRest = "gauge.rest",
        /// Borders.
        Border = "border",
        /// The border of what has the focus.
        BorderFocus = "border.focus",
        /// The status line.
        Status = "status",
        /// Keys in hints.
        Key = "key",
        /// Warnings.
        Warning = "warning",
    }
}

/// A theme, ready for a terminal: a style for each meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    name: String,
    styles: Vec<Style>,
    ground: Option<Color>,
}

impl Theme {
    /// The theme that a configured name means: `auto` goes by the terminal's ground, and 16 colours or none have their
    /// own. Where a terminal does not tell its ground, the theme paints one, or its text might not be legible.
    pub fn choose(configured: &str, light: Option<bool>, depth: Depth) -> &str {
        match (configured, depth) {
            (_, Depth::Mono) => "mono",
            ("auto", Depth::Ansi16) => "ansi16",
            ("auto", _) => match light {
                Some(true) => "light",
                Some(false) => "dark",
                None => "dark-painted",
            },
            (name, _) => name,
        }
    }

    /// The theme's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the whole picture is painted on: the terminal's own ground, unless the theme says otherwise.
    pub fn ground(&self) -> Option<Color> {
        self.ground
    }

    /// The style of a meaning.
    pub fn style(&self, meaning: Meaning) -> Style {
        self.styles.get(meaning as usize).copied().unwrap_or_default()
    }
}
