//! Theme files: a style a meaning, and everything else inherited from another theme.

use std::ops::Range;
use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Depth, Meaning, Theme};
use crate::tui::faults::{at, in_order, meant, table};

/// The themes that come with the program.
const EMBEDDED: &[(&str, &str)] = &[
    ("dark", include_str!("../../../themes/dark.toml")),
    ("dark-painted", include_str!("../../../themes/dark-painted.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("ansi16", include_str!("../../../themes/ansi16.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
    ("deuteranopia", include_str!("../../../themes/deuteranopia.toml")),
    ("deuteranopia-light", include_str!("../../../themes/deuteranopia-light.toml")),
    ("deuteranopia-ansi16", include_str!("../../../themes/deuteranopia-ansi16.toml")),
];

/// The sixteen colours by name. What a terminal makes of them is its own.
pub(super) const NAMES: &[&str] = &[
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "dark-gray",
    "light-red",
    "light-green",
    "light-yellow",
    "light-blue",
    "light-magenta",
    "light-cyan",
    "white",
];

/// What a style may have besides colours.
pub(super) const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("dim", Modifier::DIM),
    ("reverse", Modifier::REVERSED),
];

/// What is wrong with a theme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// There is no such theme.
    #[error("there is no theme `{name}`{meant}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What was probably meant, or what there is.
        meant: String,
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

/// What a theme's file says, with all that it inherits.
#[derive(Debug, Default)]
struct Sheet {
    styles: Vec<(Meaning, Style)>,
    /// The ground that it was made for.
    ground: Option<Color>,
    /// Whether it paints that ground; else the terminal's own stays.
    paint: Option<bool>,
    /// The theme that stands in where there are sixteen colours.
    sixteen: Option<String>,
}

impl Sheet {
    fn style(&self, meaning: Meaning) -> Option<Style> {
        self.styles.iter().find(|(m, _)| *m == meaning).map(|(_, style)| *style)
    }

    /// Every meaning's style. What no file says is plain.
    fn styles(&self) -> Vec<Style> {
        Meaning::ALL.iter().map(|meaning| self.style(*meaning).unwrap_or_default()).collect()
    }

    /// What is said nearer stands over what is inherited.
    fn over(mut self, below: Self) -> Self {
        let missing: Vec<_> = below.styles.into_iter().filter(|(m, _)| self.style(*m).is_none()).collect();
        self.styles.extend(missing);
        self.ground = self.ground.or(below.ground);
        self.paint = self.paint.or(below.paint);
        self.sixteen = self.sixteen.or(below.sixteen);
        self
    }
}

impl Theme {
    /// Loads a theme by name: the user's own folder first, then those that come with the program.
    ///
    /// # Errors
    /// There is no such theme, or its file is wrong: what, where, and what may have been meant.
    pub fn load(name: &str, user: Option<&Path>, depth: Depth) -> Result<Self, ThemeError> {
        let whole = |name: &str| {
            sheet(name, user, &[])?.ok_or_else(|| {
                let known = Self::names(user);
                ThemeError::Unknown { name: name.to_owned(), meant: meant(name, known.iter().map(String::as_str)) }
            })
        };
        let sheet = whole(name)?;
        let mut styles = sheet.styles();
        let coloured = |style: &Style| style.fg.is_some() || style.bg.is_some();
        match depth {
            // A colour that one terminal's palette has near is another's ground: styles made for sixteen stand in.
            Depth::Ansi16 => {
                let stand_in = whole(sheet.sixteen.as_deref().unwrap_or("ansi16"))?;
                for (style, plain) in styles.iter_mut().zip(stand_in.styles()) {
                    if [style.fg, style.bg].into_iter().flatten().any(|c| matches!(c, Color::Rgb(..))) {
                        *style = plain;
                    }
                }
            }
            // Weights beside colours do not tell apart what the colours did.
            Depth::Mono if styles.iter().any(coloured) => styles = whole("mono")?.styles(),
            Depth::Mono | Depth::Ansi256 | Depth::True => {}
        }
        let painted = sheet.ground.filter(|_| sheet.paint == Some(true) && depth >= Depth::Ansi256);
        Ok(Self {
            name: name.to_owned(),
            styles: styles.into_iter().map(|style| depth.reduce(style)).collect(),
            ground: depth.reduce(Style { bg: painted, ..Style::default() }).bg,
        })
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

/// A theme's text and its file: the user's own before the one that comes with the program.
fn find(name: &str, user: Option<&Path>) -> Result<Option<(PathBuf, String)>, ThemeError> {
    let file = format!("{name}.toml");
    // A name is no path: nothing outside the two places is read.
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    if let Some(folder) = user.filter(|_| plain) {
        let path = folder.join(&file);
        match std::fs::read_to_string(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(ThemeError::Invalid { path, message: e.to_string() }),
        }
    }
    let embedded = EMBEDDED.iter().find(|(known, _)| *known == name);
    Ok(embedded.map(|(_, text)| (PathBuf::from("themes").join(file), (*text).to_owned())))
}

/// A theme with all that it inherits; `above` are those that inherit it. A user's `dark` may inherit its namesake that
/// comes with the program.
fn sheet(name: &str, user: Option<&Path>, above: &[&str]) -> Result<Option<Sheet>, ThemeError> {
    let user = user.filter(|_| !above.contains(&name));
    let Some((path, text)) = find(name, user)? else { return Ok(None) };
    let invalid = |message| ThemeError::Invalid { path: path.clone(), message };
    let file = table(&text).map_err(invalid)?;
    let own = read(&text, &file).map_err(invalid)?;
    let Some((parent, span)) = word(&text, &file, "inherit").map_err(invalid)? else { return Ok(Some(own)) };
    let above: Vec<&str> = above.iter().copied().chain([name]).collect();
    let wrong = |message: String| invalid(at(&text, span, message));
    match sheet(&parent, user, &above)? {
        Some(below) => Ok(Some(own.over(below))),
        None if above.contains(&parent.as_str()) => {
            Err(wrong(format!("themes inherit from each other without end: {} → {parent}", above.join(" → "))))
        }
        None => {
            let known = Theme::names(user);
            Err(wrong(format!("there is no theme `{parent}`{}", meant(&parent, known.iter().map(String::as_str)))))
        }
    }
}

/// A key's value where it is text, with its place.
fn word(text: &str, file: &DeTable<'_>, key: &str) -> Result<Option<(String, Range<usize>)>, String> {
    let Some(value) = file.get(key) else { return Ok(None) };
    match value.get_ref().as_str() {
        Some(word) => Ok(Some((word.to_owned(), value.span()))),
        None => Err(at(text, value.span(), format!("`{key}` is a theme's name in quotes"))),
    }
}

/// What a file says by itself.
fn read(text: &str, file: &DeTable<'_>) -> Result<Sheet, String> {
    let mut sheet = Sheet { sixteen: word(text, file, "sixteen")?.map(|(name, _)| name), ..Sheet::default() };
    for (key, value) in in_order(file) {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("inherit" | "sixteen", _) => {}
            ("ground", _) => sheet.ground = Some(colour(text, value)?),
            ("paint", DeValue::Boolean(paint)) => sheet.paint = Some(*paint),
            ("paint", _) => return Err(at(text, value.span(), "`paint` is true or false")),
            ("style", DeValue::Table(styles)) => {
                for (key, value) in in_order(styles) {
                    style(text, key.get_ref(), key.span(), value, &mut sheet)?;
                }
            }
            ("style", _) => return Err(at(text, key.span(), "`style` is a table: [style], and lines below it")),
            (other, _) if other.parse::<Meaning>().is_ok() => {
                return Err(at(text, key.span(), format!("`{other}` belongs in [style]")));
            }
            (other, _) => {
                let hint = meant(other, ["inherit", "ground", "paint", "sixteen", "style"].into_iter());
                return Err(at(text, key.span(), format!("`{other}` is unknown here{hint}")));
            }
        }
    }
    Ok(sheet)
}

/// A meaning's line. Without quotes `code.keyword` is a table in a table, and is read all the same.
fn style(
    text: &str,
    name: &str,
    span: Range<usize>,
    value: &Spanned<DeValue<'_>>,
    sheet: &mut Sheet,
) -> Result<(), String> {
    let inner = value.get_ref().as_table();
    let within = |key: &str| format!("{name}.{key}").parse::<Meaning>().is_ok();
    if let Some(inner) = inner.filter(|t| name.parse::<Meaning>().is_err() || t.keys().any(|k| within(k.get_ref()))) {
        for (key, value) in in_order(inner) {
            style(text, &format!("{name}.{}", key.get_ref()), key.span(), value, sheet)?;
        }
        return Ok(());
    }
    let meaning: Meaning = name.parse().map_err(|_| {
        let hint = meant(name, Meaning::ALL.iter().map(|m| m.as_str()));
        at(text, span, format!("`{name}` is no meaning{hint}"))
    })?;
    sheet.styles.push((meaning, whole(text, meaning, value)?));
    Ok(())
}

/// A colour alone, or all of a style. Alone it is the text's; the selection's is what lies under it.
fn whole(text: &str, meaning: Meaning, value: &Spanned<DeValue<'_>>) -> Result<Style, String> {
    let Some(parts) = value.get_ref().as_table() else {
        let colour = colour(text, value)?;
        return Ok(if meaning == Meaning::Selection { Style::new().bg(colour) } else { Style::new().fg(colour) });
    };
    let mut style = Style::new();
    for (key, value) in in_order(parts) {
        let part = key.get_ref().as_ref();
        match (part, MODIFIERS.iter().find(|(name, _)| *name == part), value.get_ref().as_bool()) {
            ("fg", ..) => style.fg = Some(colour(text, value)?),
            ("bg", ..) => style.bg = Some(colour(text, value)?),
            (_, Some((_, modifier)), Some(true)) => style = style.add_modifier(*modifier),
            (_, Some(_), Some(false)) => {}
            (_, Some(_), None) => return Err(at(text, value.span(), format!("`{part}` is true or false"))),
            (_, None, _) => {
                let known = ["fg", "bg"].into_iter().chain(MODIFIERS.iter().map(|(name, _)| *name));
                return Err(at(text, key.span(), format!("`{part}` is no part of a style{}", meant(part, known))));
            }
        }
    }
    Ok(style)
}

/// `#d8dbe2`, or one of the sixteen by name.
fn colour(text: &str, value: &Spanned<DeValue<'_>>) -> Result<Color, String> {
    let Some(name) = value.get_ref().as_str() else {
        return Err(at(text, value.span(), "a colour is wanted: #rrggbb in quotes, or one of the sixteen by name"));
    };
    let known = if name.starts_with('#') { name.len() == 7 } else { name.parse::<u8>().is_err() };
    name.parse::<Color>().ok().filter(|_| known).ok_or_else(|| {
        let hint = if name.starts_with('#') || name.chars().all(|c| c.is_ascii_hexdigit()) {
            "; write # and six hexadecimal digits".to_owned()
        } else {
            meant(name, NAMES.iter().copied())
        };
        at(text, value.span(), format!("`{name}` is no colour{hint}"))
    })
}
