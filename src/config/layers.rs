//! One table over another: files, then the environment.

use std::path::Path;

use super::{Config, ConfigError};

/// Reads one file alone, so that what is wrong is told with its own line and column.
pub(super) fn layer(path: &Path, text: &str) -> Result<toml::Table, ConfigError> {
    let invalid = |e: &toml::de::Error| {
        let at = e.span().map_or_else(String::new, |span| {
            let before = &text[..span.start.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            format!("line {line}, column {column}: ")
        });
        ConfigError::Invalid { path: path.to_owned(), message: format!("{at}{}", e.message().replace('\n', "; ")) }
    };
    toml::from_str::<Config>(text).map_err(|e| invalid(&e))?;
    toml::from_str::<toml::Table>(text).map_err(|e| invalid(&e))
}

/// Lays one table over another; tables are merged, everything else is replaced.
pub(super) fn merge(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// `LOONG_<SECTION>_<KEY>` sets a key of a plain section; the value is read as the type that the default has.
pub(super) fn overlay_environment(
    merged: &mut toml::Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let known = toml::Table::try_from(Config::default()).unwrap_or_default();
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix("LOONG_") else { continue };
        let rest = rest.to_lowercase();
        let Some((section, key)) = rest.split_once('_') else { continue };
        let Some(default) = known.get(section).and_then(|s| s.get(key)) else { continue };
        let parsed = match default {
            toml::Value::String(_) => Ok(toml::Value::String(value.clone())),
            toml::Value::Array(_) => Ok(toml::Value::Array(
                value.split(',').map(str::trim).filter(|v| !v.is_empty()).map(toml::Value::from).collect(),
            )),
            toml::Value::Integer(_) => value.parse().map(toml::Value::Integer).map_err(|_| "a whole number is wanted"),
            toml::Value::Float(_) => value.parse().map(toml::Value::Float).map_err(|_| "a number is wanted"),
            toml::Value::Boolean(_) => value.parse().map(toml::Value::Boolean).map_err(|_| "true or false is wanted"),
            _ => continue,
        };
        let parsed = parsed.map_err(|message| ConfigError::Environment {
            name: name.clone(),
            value: value.clone(),
            section: section.to_owned(),
            key: key.to_owned(),
            message: message.to_owned(),
        })?;
        let table = merged.entry(section.to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let toml::Value::Table(table) = table {
            table.insert(key.to_owned(), parsed);
        }
    }
    Ok(())
}
