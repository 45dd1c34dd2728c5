//! Text in the user's editor.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rand::RngExt;

use super::outside::{Command, OutsideError, on_path};

/// What came back from the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// The text as it was.
    Unchanged,
    /// Another text.
    Changed(String),
}

/// Editors to look for when no variable names one.
const USUAL: &[&str] =
    if cfg!(windows) { &["edit", "notepad"] } else { &["sensible-editor", "nano", "vim", "vi", "micro", "emacs"] };

/// Editors with windows of their own that return at once unless they are told to wait.
const WAIT: &[(&str, &[&str], &str)] = &[
    ("code", &["--wait", "-w"], "--wait"),
    ("code-insiders", &["--wait", "-w"], "--wait"),
    ("codium", &["--wait", "-w"], "--wait"),
    ("cursor", &["--wait", "-w"], "--wait"),
    ("zed", &["--wait", "-w"], "--wait"),
    ("subl", &["--wait", "-w"], "--wait"),
    ("mate", &["--wait", "-w"], "--wait"),
    ("gedit", &["--wait", "-w"], "--wait"),
    ("kate", &["--block", "-b"], "--block"),
    ("gvim", &["--nofork", "-f"], "--nofork"),
    ("mvim", &["--nofork", "-f"], "--nofork"),
];

/// Lets the user edit `initial` in the program that `$VISUAL` or `$EDITOR` names, as a file whose name ends in `suffix`
/// (such as `.md`), and waits for its end. The file is the user's alone and is removed. The terminal must have been
/// [lent](super::lend).
pub fn edit(initial: &str, suffix: &str) -> Result<Edited, OutsideError> {
    let environment = |name: &str| std::env::var_os(name);
    let editor = editor(environment)?;
    let folder = Private::make()?;
    let path = folder.0.join(format!("loong{suffix}"));
    let file = |verb, source| OutsideError::File { verb, folder: std::env::temp_dir(), source };
    write_new(&path, initial).map_err(|e| file("written", e))?;
    let status = editor.process().arg(&path).status().map_err(|source| OutsideError::NotStarted {
        program: editor.program.clone(),
        variable: "EDITOR",
        source,
    })?;
    if !status.success() {
        return Err(OutsideError::Failed { program: editor.program, status });
    }
    let bytes = fs::read(&path).map_err(|e| file("read", e))?;
    let text = String::from_utf8(bytes).map_err(|_| OutsideError::NotText)?;
    Ok(compared(initial, text))
}

/// The editor to start, told to wait.
fn editor(environment: impl Fn(&str) -> Option<OsString> + Copy) -> Result<Command, OutsideError> {
    let named = Command::from_variables(&["VISUAL", "EDITOR"], environment)?;
    let found = || USUAL.iter().find(|name| on_path(name, environment)).map(|name| Command::plain(name));
    let mut command = named.or_else(found).ok_or(OutsideError::NoProgram { purpose: "editor", variable: "EDITOR" })?;
    if let Some((_, flags, wait)) = WAIT.iter().find(|(name, ..)| *name == command.name())
        && !command.arguments.iter().any(|argument| flags.contains(&argument.as_str()))
    {
        command.arguments.push((*wait).to_owned());
    }
    Ok(command)
}

/// Editors end the last line; that alone is no change.
fn compared(initial: &str, mut text: String) -> Edited {
    if !initial.ends_with('\n') && text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text == initial { Edited::Unchanged } else { Edited::Changed(text) }
}

/// A folder that only this user may enter, so that an editor's backups are private too and go with it.
struct Private(PathBuf);

impl Private {
    fn make() -> Result<Self, OutsideError> {
        let parent = std::env::temp_dir();
        let mut tries = 0;
        loop {
            let path = parent.join(format!("loong-{:016x}", rand::rng().random::<u64>()));
            match make_folder(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < 8 => tries += 1,
                Err(source) => return Err(OutsideError::File { verb: "written", folder: parent, source }),
            }
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder for temporary files, readable by its owner alone.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    #[allow(unused_mut, reason = "only unix has modes")]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_end_is_no_change() {
        assert_eq!(compared("a", "a\n".into()), Edited::Unchanged);
        assert_eq!(compared("a\n", "a\n".into()), Edited::Unchanged);
        assert_eq!(compared("a", "a\n\n".into()), Edited::Changed("a\n".into()));
        assert_eq!(compared("a", "b\n".into()), Edited::Changed("b".into()));
        assert_eq!(compared("a\n", "a".into()), Edited::Changed("a".into()));
    }

    #[test]
    fn editors_with_windows_are_told_to_wait_once() {
        let of = |value: &'static str| editor(move |name| (name == "VISUAL").then(|| value.into())).unwrap().arguments;
        assert_eq!(of("/usr/bin/code"), ["--wait"]);
        assert_eq!(of("code -w --new-window"), ["-w", "--new-window"]);
        assert_eq!(of("gvim"), ["--nofork"]);
        assert!(of("vim").is_empty());
    }

    #[test]
    fn no_editor_at_all_is_a_sentence() {
        let told = editor(|name| (name == "PATH").then(|| "/nowhere".into())).unwrap_err();
        assert_eq!(told.to_string(), "no editor was found; set EDITOR to one");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_and_goes_away() {
        use std::os::unix::fs::PermissionsExt;

        let folder = Private::make().unwrap();
        let path = folder.0.join("x.md");
        write_new(&path, "text").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&folder.0).unwrap().permissions().mode() & 0o777, 0o700);
        let kept = folder.0.clone();
        drop(folder);
        assert!(!kept.exists());
    }
}
