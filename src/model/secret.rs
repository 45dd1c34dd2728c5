//! Keys: where they come from, and how they are kept out of every message.

use std::env;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use super::thinking::boundary;

/// Longest a key command may take: time for a person to unlock a key ring.
const COMMAND_DEADLINE: Duration = Duration::from_secs(60);
/// Most bytes read of a key file or of what a key command prints.
const KEY_BYTES: u64 = 64 * 1024;
/// Shortest run of a secret's characters that is taken out of a message.
const TELLING: usize = 10;

/// Where an endpoint's key comes from. The key itself is never configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeySource {
    /// The endpoint wants none.
    #[default]
    None,
    /// An environment variable.
    Env(String),
    /// A file that holds the key and nothing else.
    File(PathBuf),
    /// A command line for the shell, which prints the key (`pass show openai`).
    Command(String),
    /// There is one, and it must not be used; in a sentence that says what to do.
    Withheld(String),
}

impl KeySource {
    /// Fetches the key. Blocks: a command may take up to 60 s.
    ///
    /// # Errors
    /// A sentence that says what is missing; it never holds any part of a key.
    pub fn load(&self) -> Result<Option<SecretString>, String> {
        let raw = match self {
            Self::None => return Ok(None),
            Self::Env(name) => {
                env::var(name).map_err(|_| format!("the environment variable {name} is not set; set it to the key"))?
            }
            Self::File(path) => {
                let file = fs::File::open(path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
                let mut text = String::new();
                file.take(KEY_BYTES)
                    .read_to_string(&mut text)
                    .map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
                text
            }
            Self::Command(line) => run(line)?,
            Self::Withheld(why) => return Err(why.clone()),
        };
        let key = raw.trim();
        if key.is_empty() {
            return Err(format!("{self} holds no key"));
        }
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!("{self} holds more than one word, or a character that no key has"));
        }
        Ok(Some(SecretString::from(key.to_owned())))
    }

    /// What a person should set when the endpoint refuses the key.
    pub fn hint(&self) -> String {
        match self {
            Self::None => "add key_env = \"…\" to [models.NAME]".to_owned(),
            given => format!("set the right key in {given}"),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no key"),
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Command(line) => write!(f, "the output of `{line}`"),
            Self::Withheld(_) => f.write_str("a key that is withheld"),
        }
    }
}

fn run(line: &str) -> Result<String, String> {
    let mut command = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    command.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(line);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("`{line}` could not be started: {e}"))?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // Read aside: a command that prints more than a pipe holds, or leaves a child that keeps the pipe, must not
        // hold this thread beyond the deadline.
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.take(KEY_BYTES).read_to_end(&mut bytes);
            sender.send(read.map(|_| bytes)).ok();
        });
    }
    let until = Instant::now() + COMMAND_DEADLINE;
    let printed = receiver.recv_timeout(COMMAND_DEADLINE);
    let Some(success) = wait(&mut child, until) else {
        child.kill().ok();
        child.wait().ok();
        return Err(format!("`{line}` did not end within {} s", COMMAND_DEADLINE.as_secs()));
    };
    if !success {
        return Err(format!("`{line}` failed; run it in a terminal to see why"));
    }
    match printed {
        Ok(Ok(bytes)) => String::from_utf8(bytes).map_err(|_| format!("`{line}` printed what is no text")),
        Ok(Err(e)) => Err(format!("what `{line}` printed cannot be read: {e}")),
        Err(_) => Err(format!("`{line}` left something running that holds its output open")),
    }
}

/// Whether the child ended well; `None` when it did not end.
fn wait(child: &mut Child, until: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(10)),
            Ok(None) | Err(_) => return None,
        }
    }
}

/// Takes secrets out of texts that leave the room.
#[derive(Debug, Clone, Default)]
pub(super) struct Redactor {
    secrets: Vec<SecretString>,
}

impl Redactor {
    pub(super) fn new(secrets: Vec<SecretString>) -> Self {
        Self { secrets }
    }

    /// Replaces every secret, and every run of 10 or more characters of one: endpoints echo keys cut short.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for secret in &self.secrets {
            clean = without_runs(&clean, secret.expose_secret());
        }
        clean
    }

    /// Replaces whole secrets only: for long texts that should else stay as they came.
    pub(super) fn clean_whole(&self, text: String) -> String {
        self.secrets.iter().map(ExposeSecret::expose_secret).filter(|s| s.len() >= TELLING).fold(
            text,
            |text, secret| {
                if text.contains(secret) { text.replace(secret, "[redacted]") } else { text }
            },
        )
    }
}

impl Redactor {
    /// Bytes at the end of a text that is still coming which may be the start of a secret.
    pub(super) fn may_begin_at_the_end(&self, text: &str) -> usize {
        let secrets = self.secrets.iter().map(ExposeSecret::expose_secret).filter(|s| s.len() >= TELLING);
        let begun = |secret: &str| {
            let longest = text.len().min(secret.len() - 1);
            (1..=longest).rev().find(|n| text.as_bytes().ends_with(&secret.as_bytes()[..*n])).unwrap_or(0)
        };
        let held = secrets.map(begun).max().unwrap_or(0);
        text.len() - boundary(text, text.len() - held)
    }
}

fn without_runs(text: &str, secret: &str) -> String {
    if secret.len() < TELLING || !secret.is_ascii() {
        return if secret.is_empty() { text.to_owned() } else { text.replace(secret, "[redacted]") };
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = longest_run(rest.as_bytes(), secret.as_bytes());
        if run >= TELLING {
            clean.push_str("[redacted]");
            rest = &rest[run..];
        } else {
            clean.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    clean
}

/// How many bytes at the start of `text` stand, in this order, anywhere in `secret`.
fn longest_run(text: &[u8], secret: &[u8]) -> usize {
    (0..secret.len())
        .map(|start| text.iter().zip(&secret[start..]).take_while(|(a, b)| a == b).count())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-test-0123456789abcdefghij";

    #[test]
    fn whole_and_shortened_keys_are_taken_out() {
        let redactor = Redactor::new(vec![SecretString::from(KEY)]);
        for text in [
            format!("bad key {KEY}!"),
            "bad key sk-test-0123…".to_owned(),
            "bad key …9abcdefghij é".to_owned(),
            format!("{KEY}{KEY}"),
        ] {
            let clean = redactor.clean(&text);
            assert!(clean.contains("[redacted]"), "{text} -> {clean}");
            assert!(!clean.contains("0123") && !clean.contains("9abcd"), "{text} -> {clean}");
        }
        assert_eq!(redactor.clean("ünharmed sk-test- text"), "ünharmed sk-test- text");
        assert!(!format!("{redactor:?}").contains("0123"));
    }

    #[test]
    fn keys_come_from_file_environment_and_command() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        fs::write(&path, format!("  {KEY}\n")).expect("a written file");
        let exposed = |source: KeySource| source.load().map(|k| k.map(|k| k.expose_secret().to_owned()));
        assert_eq!(exposed(KeySource::None), Ok(None));
        assert_eq!(exposed(KeySource::File(path)), Ok(Some(KEY.to_owned())));
        assert_eq!(exposed(KeySource::Env("PATH".to_owned())).ok().flatten(), env::var("PATH").ok());
        let missing = exposed(KeySource::Env("LOONG_NO_SUCH_KEY".to_owned()));
        assert!(missing.is_err_and(|m| m.contains("LOONG_NO_SUCH_KEY")));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_command_is_asked_and_its_faults_are_told() {
        let load = |line: &str| KeySource::Command(line.to_owned()).load();
        assert_eq!(
            load("printf 'abc\\n'").map(|k| k.map(|k| k.expose_secret().to_owned())),
            Ok(Some("abc".to_owned()))
        );
        assert!(load("exit 3").is_err_and(|m| m.contains("failed")));
        assert!(load("true").is_err_and(|m| m.contains("no key")));
        let two = load("echo secretword other");
        assert!(two.is_err_and(|m| m.contains("more than one word") && !m.contains("is secretword")));
    }
}
