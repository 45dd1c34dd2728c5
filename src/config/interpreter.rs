//! `[interpreter]`: what programs may use, and which files may say so.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::interpreter::Limits;

/// `[interpreter]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct InterpreterConfig {
    pub python: PathBuf,
    pub workers: usize,
    pub wall_seconds: f64,
    pub cpu_seconds: f64,
    pub memory_mb: u64,
    pub threads: u32,
    pub open_files: u32,
    pub file_mb: u64,
    pub output_kb: usize,
    pub scratch_mb: u64,
    pub allow_packages: Vec<String>,
    pub nearest_versions: bool,
    pub offline: bool,
}

impl Default for InterpreterConfig {
    fn default() -> Self {
        Self {
            python: PathBuf::new(),
            workers: 0,
            wall_seconds: 10.0,
            cpu_seconds: 0.0,
            memory_mb: 1024,
            threads: 64,
            open_files: 64,
            file_mb: 0,
            output_kb: 256,
            scratch_mb: 64,
            allow_packages: Vec::new(),
            nearest_versions: false,
            offline: false,
        }
    }
}

impl InterpreterConfig {
    /// What a program may use.
    pub fn limits(&self) -> Limits {
        /// The first one, or where it is 0 the other.
        fn or<T: Default + PartialEq>(first: T, other: T) -> T {
            if first == T::default() { other } else { first }
        }
        Limits {
            // Checked at load: finite, positive, at most a day.
            wall: Duration::from_secs_f64(self.wall_seconds.clamp(0.01, 86_400.0)),
            cpu: Duration::from_secs_f64(or(self.cpu_seconds, self.wall_seconds).clamp(0.01, 864_000.0)),
            memory: self.memory_mb << 20,
            threads: self.threads,
            open_files: self.open_files,
            file: or(self.file_mb, self.scratch_mb) << 20,
            output: self.output_kb << 10,
            scratch: self.scratch_mb << 20,
        }
    }

    /// What of it stands in a recipe.
    pub(super) fn recipe(&self) -> RecipeInterpreter<'_> {
        let plain = Self::default();
        RecipeInterpreter {
            python: Path::new(""),
            workers: 0,
            wall_seconds: self.wall_seconds,
            memory_mb: self.memory_mb,
            output_kb: self.output_kb,
            scratch_mb: self.scratch_mb,
            allow_packages: &[],
            offline: false,
            nearest_versions: self.nearest_versions.then_some(true),
            cpu_seconds: Some(self.cpu_seconds).filter(|s| s.to_bits() != plain.cpu_seconds.to_bits()),
            threads: Some(self.threads).filter(|n| *n != plain.threads),
            open_files: Some(self.open_files).filter(|n| *n != plain.open_files),
            file_mb: Some(self.file_mb).filter(|n| *n != plain.file_mb),
        }
    }

    /// Whether every value is one that it can have.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wall = self.wall_seconds;
        if !(wall.is_finite() && wall > 0.0 && wall <= 86_400.0) {
            return Err(ConfigError::Roles(format!("[interpreter] wall_seconds = {wall} is not between 0 and 86400")));
        }
        let sizes = [
            ("memory_mb", self.memory_mb, 1 << 24),
            ("file_mb", self.file_mb, 1 << 24),
            ("scratch_mb", self.scratch_mb, 1 << 24),
            ("output_kb", self.output_kb as u64, 1 << 20),
            ("threads", self.threads.into(), 4096),
            // Some are the interpreter's own.
            ("open_files", self.open_files.into(), 200),
        ];
        let zero_means_another = ["file_mb"];
        for (key, value, most) in sizes {
            if value > most || value == 0 && !zero_means_another.contains(&key) {
                let message = format!("[interpreter] {key} = {value} is not between 1 and {most}");
                return Err(ConfigError::Roles(message));
            }
        }
        let cpu = self.cpu_seconds;
        if !(cpu.is_finite() && (0.0..=864_000.0).contains(&cpu)) {
            return Err(ConfigError::Roles(format!("[interpreter] cpu_seconds = {cpu} is not between 0 and 864000")));
        }
        Ok(())
    }
}

/// What of `[interpreter]` stands in a recipe.
#[derive(Serialize)]
pub(super) struct RecipeInterpreter<'a> {
    python: &'a Path,
    workers: usize,
    wall_seconds: f64,
    memory_mb: u64,
    output_kb: usize,
    scratch_mb: u64,
    allow_packages: &'a [String],
    offline: bool,
    // What came later stands here only where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest_versions: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threads: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_files: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_mb: Option<u64>,
}

/// The first key of a file that names a program to execute.
pub(super) fn executes(table: &toml::Table) -> Option<String> {
    let section = |name: &str| table.get(name).and_then(toml::Value::as_table);
    let python = section("interpreter").and_then(|i| i.get("python")).and_then(toml::Value::as_str);
    if python.is_some_and(|p| !p.is_empty()) {
        return Some("interpreter.python".to_owned());
    }
    let command = section("strategy").and_then(|s| s.get("command")).and_then(|c| c.get("run"));
    if command.and_then(toml::Value::as_array).is_some_and(|run| !run.is_empty()) {
        return Some("strategy.command.run".to_owned());
    }
    let mut models = section("models").into_iter().flatten();
    let (name, _) = models.find(|(_, model)| model.get("key_command").is_some())?;
    Some(format!("models.{name}.key_command"))
}
