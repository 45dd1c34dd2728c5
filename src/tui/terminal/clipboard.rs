//! The clipboard: through tmux, the desktop's own command, or the terminal itself (OSC 52), which also works over SSH.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::outside::{OutsideError, on_path};

/// Bytes of base64 that terminals take at most (xterm's bound, which others keep to).
const MOST: usize = 74_994;
/// How long a clipboard command may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was copied, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Characters.
    pub characters: usize,
    /// The way it went.
    pub way: &'static str,
    /// Whether it is known to have arrived; a terminal does not say.
    pub certain: bool,
}

/// Copies a text.
///
/// # Errors
/// It is too long for the terminal, and no clipboard command took it.
pub fn copy(text: &str) -> Result<Copied, OutsideError> {
    let said = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    let characters = text.chars().count();
    let mut ways: Vec<(&'static str, &[&str])> = Vec::new();
    if said("TMUX") {
        ways.push(("tmux", &["tmux", "load-buffer", "-w", "-"]));
    }
    // On another machine its desktop would get the text, not this one's.
    if !said("SSH_TTY") && !said("SSH_CONNECTION") {
        if said("WAYLAND_DISPLAY") {
            ways.push(("wl-copy", &["wl-copy"]));
        }
        if said("DISPLAY") {
            ways.push(("xclip", &["xclip", "-selection", "clipboard", "-in"]));
            ways.push(("xsel", &["xsel", "--clipboard", "--input"]));
        }
        if cfg!(target_os = "macos") {
            ways.push(("pbcopy", &["pbcopy"]));
        }
    }
    for (way, words) in ways {
        if on_path(words[0]) && pipe(words, text) {
            return Ok(Copied { characters, way, certain: true });
        }
    }
    let encoded = STANDARD.encode(text);
    if encoded.len() > MOST {
        return Err(OutsideError::TooLong(format!(
            "{characters} characters are more than a terminal takes ({} bytes); `loong show` or an export gives all of it",
            MOST / 4 * 3
        )));
    }
    let mut out = io::stdout().lock();
    out.write_all(format!("\x1b]52;c;{encoded}\x07").as_bytes())?;
    out.flush()?;
    Ok(Copied { characters, way: "the terminal", certain: false })
}

/// Gives a text to a command; whether it took it. A command that hangs is left alone.
fn pipe(words: &[&str], text: &str) -> bool {
    let child = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let Some(mut stdin) = child.stdin.take() else { return false };
    let bytes = text.as_bytes().to_vec();
    // On a thread of its own: a command that does not read would hold the screen.
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).is_ok());
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match child.try_wait() {
            Ok(Some(status)) => return status.success() && writer.join().unwrap_or(false),
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(_) => return false,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}
