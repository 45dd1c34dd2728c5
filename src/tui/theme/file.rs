//! Theme files: a style a meaning, and everything else inherited from another theme.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Depth, Meaning, Theme};
use crate::tui::faults::{nearest, place};

/// The themes that come with the program.
const EMBEDDED: &[(&str, &str)] = &[
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("ansi16", include_str!("../../../themes/ansi16.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
    ("deuteranopia", include_str!("../../../themes/deuteranopia.toml")),
    ("deuteranopia-light", include_str!("../../../themes/deuteranopia-light.toml")),
];

/// Themes that one may inherit from another.
const DEPTH: usize = 8;

/// What is wrong with a theme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// There is no such theme.
    #[error("there is no theme `{name}`; there is: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A file cannot be read as a theme.
    #[error("{path}: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What and where, with line and column.
        message: String,
    },
}

/// A theme file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ThemeFile {
    /// The theme that says what this one leaves out.
    pub inherit: Option<String>,
    /// The ground that it was made for, such as `#15171c`. The terminal's own stays.
    pub ground: Option<String>,
    /// Styles by meaning.
    pub style: BTreeMap<String, StyleText>,
}

/// A style: a colour for the text, or all of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StyleText {
    /// The text's colour.
    Color(String),
    /// All of it.
    Whole(WholeStyle),
}

/// All of a style.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WholeStyle {
    /// The text's colour: `#d8dbe2`, or one of the sixteen by name.
    pub fg: Option<String>,
    /// The ground's colour.
    pub bg: Option<String>,
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Dim.
    pub dim: bool,
    /// Text and ground exchanged.
    pub reverse: bool,
}

impl Theme {
    /// Loads a theme by name: the user's own folder first, then those that come with the program.
    ///
    /// # Errors
    /// There is no such theme, or its file is wrong: what, where, and what may have been meant.
    pub fn load(name: &str, user: Option<&Path>, depth: Depth) -> Result<Self, ThemeError> {
        let mut styles = BTreeMap::new();
        let mut next = Some(name.to_owned());
        for _ in 0..DEPTH {
            let Some(name) = next.take() else { break };
            let (path, text) = find(&name, user)?;
            let file = read(&path, &text)?;
            for (meaning, style) in resolve(&path, &text, &file)? {
                // What is said nearer stands over what is inherited.
                styles.entry(meaning).or_insert(style);
            }
            next = file.inherit;
        }
        if let Some(left) = next {
            let message = format!("themes inherit from each other without end (at `{left}`)");
            return Err(ThemeError::Invalid { path: PathBuf::from(name), message });
        }
        let style = |meaning: &Meaning| depth.reduce(styles.get(meaning).copied().unwrap_or_default());
        Ok(Self { name: name.to_owned(), styles: Meaning::ALL.iter().map(style).collect() })
    }

    /// The names there are.
    pub fn names(user: Option<&Path>) -> Vec<String> {
        let mut names: Vec<String> = EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect();
        let files = user.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
        names.extend(files.filter_map(|entry| {
            let path = entry.path();
            (path.extension()? == "toml").then(|| path.file_stem()?.to_str().map(str::to_owned))?
        }));
        names.sort();
        names.dedup();
        names
    }
}

fn find(name: &str, user: Option<&Path>) -> Result<(PathBuf, String), ThemeError> {
    let file = format!("{name}.toml");
    // A name is no path: nothing outside the two places is read.
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    if let Some(folder) = user.filter(|_| plain) {
        let path = folder.join(&file);
        match std::fs::read_to_string(&path) {
            Ok(text) => return Ok((path, text)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(ThemeError::Invalid { path, message: e.to_string() }),
        }
    }
    match EMBEDDED.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => Ok((PathBuf::from("themes").join(file), (*text).to_owned())),
        None => Err(ThemeError::Unknown { name: name.to_owned(), known: Theme::names(user).join(", ") }),
    }
}

fn read(path: &Path, text: &str) -> Result<ThemeFile, ThemeError> {
    toml::from_str(text).map_err(|e: toml::de::Error| {
        let at = e.span().map_or_else(String::new, |span| place(text, span.start));
        ThemeError::Invalid { path: path.to_owned(), message: format!("{at}{}", e.message().replace('\n', "; ")) }
    })
}

fn resolve(path: &Path, text: &str, file: &ThemeFile) -> Result<Vec<(Meaning, Style)>, ThemeError> {
    let wrong = |word: &str, message: String| {
        let at = text.find(word).map_or_else(String::new, |at| place(text, at));
        ThemeError::Invalid { path: path.to_owned(), message: format!("{at}{message}") }
    };
    if let Some(ground) = &file.ground {
        colour(ground).map_err(|e| wrong(ground, e))?;
    }
    let mut styles = Vec::with_capacity(file.style.len());
    for (word, style) in &file.style {
        let meaning: Meaning = word.parse().map_err(|_| {
            let near = nearest(word, Meaning::ALL.iter().map(|m| m.as_str()));
            let hint = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            wrong(word, format!("`{word}` is no meaning{hint}"))
        })?;
        let whole = match style {
            StyleText::Color(fg) => WholeStyle { fg: Some(fg.clone()), ..WholeStyle::default() },
            StyleText::Whole(whole) => whole.clone(),
        };
        let colour = |name: &Option<String>| match name {
            Some(name) => colour(name).map(Some).map_err(|e| wrong(name, e)),
            None => Ok(None),
        };
        let mut made = Style { fg: colour(&whole.fg)?, bg: colour(&whole.bg)?, ..Style::default() };
        for (on, modifier) in [
            (whole.bold, Modifier::BOLD),
            (whole.italic, Modifier::ITALIC),
            (whole.underline, Modifier::UNDERLINED),
            (whole.dim, Modifier::DIM),
            (whole.reverse, Modifier::REVERSED),
        ] {
            if on {
                made = made.add_modifier(modifier);
            }
        }
        styles.push((meaning, made));
    }
    Ok(styles)
}

fn colour(name: &str) -> Result<Color, String> {
    let known = name.starts_with('#') && name.len() == 7 || !name.starts_with('#') && name.parse::<u8>().is_err();
    name.parse::<Color>()
        .ok()
        .filter(|_| known)
        .ok_or_else(|| format!("`{name}` is no colour: #rrggbb or one of the sixteen by name, such as `light-blue`"))
}
