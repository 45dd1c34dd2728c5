//! Text on the clipboard, by whichever way there is.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::door;
use super::outside::{OutsideError, on_path};

/// Bytes of text that the terminal's own way (OSC 52) is trusted with; as base64 they are a third more, and terminals
/// drop what is longer than 100 000 without a word.
pub const OSC52_LIMIT: usize = 74_994;

/// Programs that take text take it within this time, all together.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What was copied, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// How many characters.
    pub characters: usize,
    /// The way, as it stands after "copied to": `the clipboard`, `tmux's buffer`, `the terminal`.
    pub way: &'static str,
    /// Whether the text is there for certain; a terminal does not say whether it took it.
    pub certain: bool,
}

/// A program that takes the clipboard's text on its input.
type Program = (&'static str, &'static [&'static str]);

const WAYLAND: &[Program] = &[("wl-copy", &[])];
const X11: &[Program] = &[("xclip", &["-selection", "clipboard", "-in"]), ("xsel", &["--clipboard", "--input"])];
const MACOS: &[Program] = &[("pbcopy", &[])];
const WINDOWS: &[Program] = &[("clip.exe", &[])];

/// Copies `text`: into tmux where we run in it, by a program where there is a display on this machine, and otherwise by
/// asking the terminal, which works over SSH too. Programs that hang are not waited for long.
pub fn copy(text: &str) -> Result<Copied, OutsideError> {
    let environment = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let characters = text.chars().count();
    let until = Instant::now() + PATIENCE;
    let copied = |way, certain| Copied { characters, way, certain };
    if environment("TMUX").is_some() {
        // `-w` hands it on to the terminal outside; older ones do not know it.
        for arguments in [&["load-buffer", "-w", "-"][..], &["load-buffer", "-"]] {
            if feed("tmux", arguments, text, until).is_ok() {
                return Ok(copied("tmux's buffer", true));
            }
        }
    }
    for (program, arguments) in programs(environment) {
        if feed(program, arguments, text, until).is_ok() {
            return Ok(copied("the clipboard", true));
        }
    }
    if text.len() > OSC52_LIMIT {
        return Err(OutsideError::TooLong { characters, limit: OSC52_LIMIT });
    }
    if door::show(&osc52(text, environment("STY").is_some()))? {
        Ok(copied("the terminal", false))
    } else {
        Err(io::Error::other("another program has it").into())
    }
}

/// The ways that [`copy`] goes, the first that works: programs by their names, and the terminal's own.
pub fn clipboard_ways() -> Vec<&'static str> {
    let environment = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let mut ways = Vec::new();
    if environment("TMUX").is_some() {
        ways.push("tmux");
    }
    ways.extend(programs(environment).into_iter().map(|(program, _)| program));
    ways.push("the terminal itself (OSC 52)");
    ways
}

/// Programs that reach the clipboard which the user looks at. Over SSH that is another machine's.
fn programs(environment: impl Fn(&str) -> Option<OsString> + Copy) -> Vec<Program> {
    let has = |name: &str| environment(name).is_some();
    if has("SSH_CONNECTION") || has("SSH_TTY") {
        return Vec::new();
    }
    let mut usual: Vec<Program> = Vec::new();
    if cfg!(target_os = "macos") {
        usual.extend(MACOS);
    }
    if cfg!(windows) || has("WSL_DISTRO_NAME") {
        usual.extend(WINDOWS);
    }
    if has("WAYLAND_DISPLAY") {
        usual.extend(WAYLAND);
    }
    if has("DISPLAY") {
        usual.extend(X11);
    }
    usual.retain(|(program, _)| cfg!(windows) || on_path(program, environment));
    usual
}

/// Asks the terminal to take the text. GNU screen hands on what is wrapped for it, in pieces it has room for.
fn osc52(text: &str, in_screen: bool) -> Vec<u8> {
    let asked = format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes();
    if !in_screen {
        return asked;
    }
    asked.chunks(512).flat_map(|piece| [b"\x1bP".as_slice(), piece, b"\x1b\\"].concat()).collect()
}

/// Gives `text` to a program, and waits for it a while. Its output goes nowhere: some stay, to serve the clipboard, and
/// would hold a pipe open.
fn feed(program: &str, arguments: &[&str], text: &str, until: Instant) -> io::Result<()> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let text = text.to_owned();
    // On a thread, since a program that hangs does not read either; killed, it lets go.
    let writing = thread::spawn(move || stdin.write_all(text.as_bytes()));
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= until {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        return Err(io::Error::other(format!("{program} ended with {status}")));
    }
    writing.join().map_err(|_| io::Error::other("the writer failed"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_is_asked_in_base64() {
        assert_eq!(osc52("≠ a", false), b"\x1b]52;c;4omgIGE=\x07");
        assert!(osc52(&"x".repeat(OSC52_LIMIT), false).len() <= 100_000);
        let wrapped = osc52(&"x".repeat(1000), true);
        assert!(wrapped.starts_with(b"\x1bP\x1b]52;c;") && wrapped.ends_with(b"\x07\x1b\\"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_display_of_another_machine_is_not_asked() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("xsel");
        std::fs::write(&script, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = folder.path().as_os_str();
        let with = |names: &'static [&'static str]| {
            programs(|name| match name {
                "PATH" => Some(path.to_owned()),
                _ => names.contains(&name).then(|| "x".into()),
            })
        };
        assert_eq!(with(&["DISPLAY"]), [X11[1]]);
        assert_eq!(with(&["DISPLAY", "SSH_TTY"]), []);
        assert_eq!(with(&[]), []);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_fails_or_closes_its_input_is_told_apart_from_one_that_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let script = format!("cat > {}", out.display());
        let text = "line\n".repeat(100_000);
        let later = Instant::now() + Duration::from_secs(60);
        feed("sh", &["-c", &script], &text, later).unwrap();
        assert_eq!(std::fs::read_to_string(out).unwrap(), text);
        assert!(feed("sh", &["-c", "cat > /dev/null; exit 3"], "x", later).is_err());
        assert!(feed("no-such-program-anywhere", &[], "x", later).is_err());
    }
}
