//! Other programs on this terminal: the editor and the pager.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The most that is read back from an editor.
const MOST: u64 = 4 << 20;

/// Why another program could not do its part; a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// No program is named, and none of the usual ones is there.
    #[error("there is no {what}: set {variable} to one")]
    None {
        /// What is wanted.
        what: &'static str,
        /// The variable that names it.
        variable: &'static str,
    },
    /// It cannot be started.
    #[error("`{command}` cannot be started: {message}; {variable} names another one")]
    Start {
        /// What was to be started.
        command: String,
        /// The system's word.
        message: String,
        /// The variable that names it.
        variable: &'static str,
    },
    /// It ended with a failure.
    #[error("`{command}` ended with {status}; nothing was kept")]
    Failed {
        /// What was started.
        command: String,
        /// How it ended.
        status: String,
    },
    /// A file or pipe failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// What is to be copied is longer than a terminal takes.
    #[error("{0}")]
    TooLong(String),
}

/// What came back from the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text as it is now.
    pub text: String,
    /// Whether it is another one.
    pub changed: bool,
}

/// The command that one of the variables names, else the first of the usual ones that is there.
fn command(variables: &[&str], usual: &[&str]) -> Option<Vec<String>> {
    let named = variables.iter().find_map(|v| std::env::var(v).ok().filter(|c| !c.trim().is_empty()));
    if let Some(named) = named {
        // What is no shell text is taken as the path of a program with blanks in it.
        return Some(shlex::split(&named).filter(|words| !words.is_empty()).unwrap_or_else(|| vec![named]));
    }
    usual.iter().map(|c| c.split(' ').map(str::to_owned).collect::<Vec<_>>()).find(|words| on_path(&words[0]))
}

/// Whether a program is on the path.
pub(super) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Lets a person edit a text in `$VISUAL` or `$EDITOR`, in a file of their own that nobody else can read. The terminal must
/// be lent.
///
/// # Errors
/// There is no editor, or it failed; then nothing is kept.
pub fn edit(initial: &str, suffix: &str) -> Result<Edited, OutsideError> {
    let words = command(&["VISUAL", "EDITOR"], &["nano", "vim", "vi", "notepad"])
        .ok_or(OutsideError::None { what: "editor", variable: "EDITOR" })?;
    let file = Private::new(initial, suffix)?;
    let status = Command::new(&words[0]).args(&words[1..]).arg(&file.0).status().map_err(|e| OutsideError::Start {
        command: words.join(" "),
        message: e.to_string(),
        variable: "EDITOR",
    })?;
    if !status.success() {
        return Err(OutsideError::Failed { command: words.join(" "), status: status.to_string() });
    }
    let mut bytes = Vec::new();
    std::fs::File::open(&file.0)?.take(MOST).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Edited { changed: text != initial, text })
}

/// A file that only its owner reads, and that goes when it is dropped.
struct Private(PathBuf);

impl Private {
    fn new(text: &str, suffix: &str) -> std::io::Result<Self> {
        let name = format!("loong-{:016x}{suffix}", rand::random::<u64>());
        let path = std::env::temp_dir().join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        let private = Self(path);
        file.write_all(text.as_bytes())?;
        Ok(private)
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let _ = std::fs::remove_file::<&Path>(self.0.as_ref());
    }
}

/// Shows a text in `$PAGER`. The terminal must be lent.
///
/// # Errors
/// There is no pager, or it cannot be started. A pager that is left before the text's end is no error.
pub fn page(text: &str) -> Result<(), OutsideError> {
    let words =
        command(&["PAGER"], &["less -R", "more"]).ok_or(OutsideError::None { what: "pager", variable: "PAGER" })?;
    let start =
        |e: std::io::Error| OutsideError::Start { command: words.join(" "), message: e.to_string(), variable: "PAGER" };
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        // What is shown is a model's: the pager runs no commands for it.
        .env("LESSSECURE", "1")
        .stdin(Stdio::piped())
        .spawn()
        .map_err(start)?;
    if let Some(mut stdin) = child.stdin.take()
        && let Err(e) = stdin.write_all(text.as_bytes())
        && e.kind() != std::io::ErrorKind::BrokenPipe
    {
        return Err(e.into());
    }
    child.wait()?;
    Ok(())
}
