//! How a project's seeds became what they are: every change, kept before it is made, in a file of lines beside them.
//!
//! A seed's id is the hash of its content and so changes with it: a line names the seed as it was and as it became, and a
//! history is what the lines chain together.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Datapoint;
use super::change::{ChangeError, change};

/// The file, in a project's folder.
const FILE: &str = "seed-history.jsonl";
/// Bytes of one line that are read; a longer one is no seed.
const LINE: u64 = 64 << 20;

/// A seed became another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When, as an RFC 3339 timestamp.
    pub at: String,
    /// The file that was written, as its path was given.
    pub file: String,
    /// Its id before; none where it was new.
    pub was_id: Option<String>,
    /// Its id since.
    pub id: String,
    /// The seed as it was, an object of its file; none where it was new.
    pub was: Option<Value>,
    /// The seed as it became.
    pub is: Value,
}

/// One state of a seed.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Since when; none for a state that was there before anything was written down.
    pub since: Option<String>,
    /// Its file then.
    pub file: String,
    /// The seed.
    pub seed: Datapoint,
}

/// Writes `new` in place of `old`, or as a new row, as [`change`] does, and keeps in `project` what was done. Writers of one
/// project wait for each other.
///
/// # Errors
/// [`ChangeError`]; the seed file is then as it was, and nothing is kept.
pub fn change_kept(
    project: &Path,
    path: &Path,
    old: Option<&Datapoint>,
    from: Option<&Datapoint>,
    new: &Datapoint,
) -> Result<usize, ChangeError> {
    let file = history(project);
    let io = |source| ChangeError::Io { path: file.display().to_string(), verb: "written", source };
    let line = Change {
        at: Timestamp::now().to_string(),
        file: path.display().to_string(),
        was_id: from.map(|seed| seed.id.clone()),
        id: new.id.clone(),
        was: from.map(Datapoint::to_value),
        is: new.to_value(),
    };
    let mut kept = OpenOptions::new().create(true).append(true).read(true).open(&file).map_err(io)?;
    kept.lock().map_err(io)?;
    // Before the seed file: what a kill leaves is a line too many, never a seed that nobody has any more.
    let before = append(&mut kept, &line).map_err(io)?;
    change(path, old, new).inspect_err(|_| {
        // What cannot be taken back tells of a state that was never there, and harms nobody.
        let _ = kept.set_len(before);
    })
}

fn history(project: &Path) -> PathBuf {
    project.join(FILE)
}

/// Adds a line; the file's length before.
fn append(file: &mut File, line: &Change) -> io::Result<u64> {
    let before = file.seek(SeekFrom::End(0))?;
    let mut text = String::new();
    if before > 0 {
        // A line that a kill cut off ends before the next one begins.
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            text.push('\n');
        }
    }
    text.push_str(&serde_json::to_string(line)?);
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(before)
}

/// All changes of a project's seeds, oldest first, and how many lines could not be read.
///
/// # Errors
/// Where the file is there and cannot be read.
pub fn changes(project: &Path) -> io::Result<(Vec<Change>, usize)> {
    let file = match File::open(history(project)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        file => file?,
    };
    let (mut all, mut bad) = (Vec::new(), 0);
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok((all, bad));
        }
        match serde_json::from_slice(&line) {
            Ok(change) => all.push(change),
            Err(_) if line.trim_ascii().is_empty() => {}
            Err(_) => bad += 1,
        }
    }
}

/// The states of the seed that has or once had an id, oldest first; empty where no change names it.
pub fn states(changes: &[Change], id: &str) -> Vec<State> {
    let made =
        |id: &str, before: usize| changes[..before].iter().rposition(|c| c.id == id && c.was_id.as_deref() != Some(id));
    // Back to where it began, then forward along what became of it.
    let named = |c: &Change| c.id == id || c.was_id.as_deref() == Some(id);
    let Some(mut first) = changes.iter().rposition(named) else { return Vec::new() };
    while let Some(was) = changes[first].was_id.as_deref() {
        let Some(earlier) = made(was, first) else { break };
        first = earlier;
    }
    let state = |since: Option<&str>, file: &str, value: &Value| {
        let seed = Datapoint::from_value(value.clone()).ok()?;
        Some(State { since: since.map(str::to_owned), file: file.to_owned(), seed })
    };
    let begun = &changes[first];
    let mut states = Vec::new();
    states.extend(begun.was.as_ref().and_then(|was| state(None, &begun.file, was)));
    let mut at = begun.was_id.clone().unwrap_or_else(|| begun.id.clone());
    for change in &changes[first..] {
        let follows = match &change.was_id {
            Some(was) => *was == at,
            None => states.is_empty() && change.id == at,
        };
        if follows {
            states.extend(state(Some(&change.at), &change.file, &change.is));
            at.clone_from(&change.id);
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Map, json};

    use super::*;

    fn seed(question: &str) -> Datapoint {
        Datapoint::new(question, "print(1)", "1", Map::new())
    }

    fn read(project: &Path, id: &str) -> Vec<String> {
        let (all, bad) = changes(project).unwrap();
        assert_eq!(bad, 0);
        states(&all, id).into_iter().map(|state| state.seed.question).collect()
    }

    #[test]
    fn a_seeds_states_chain_from_any_of_its_ids() {
        let folder = tempfile::tempdir().unwrap();
        let (project, file) = (folder.path(), folder.path().join("seeds.json"));
        let put = |old: Option<&Datapoint>, new: &Datapoint| change_kept(project, &file, old, old, new).unwrap();
        let [a, b, c, other] = ["a", "b", "c", "other"].map(seed);
        put(None, &a);
        put(None, &other);
        put(Some(&a), &b);
        put(Some(&b), &c);
        // Back to what it was, and its metadata alone.
        put(Some(&c), &a);
        let mut noted = a.clone();
        noted.metadata.insert("difficulty".to_owned(), json!(3));
        put(Some(&a), &noted);
        for id in [&a.id, &b.id, &c.id] {
            assert_eq!(read(project, id), ["a", "b", "c", "a", "a"], "{id}");
        }
        assert_eq!(read(project, &other.id), ["other"]);
        assert!(read(project, "nobody").is_empty());
        // A bundled seed that is copied and changed began as what it was.
        let bundled = seed("bundled");
        let changed = seed("changed");
        change_kept(project, &file, None, Some(&bundled), &changed).unwrap();
        assert_eq!(read(project, &changed.id), ["bundled", "changed"]);
    }

    #[test]
    fn what_was_not_written_is_not_kept_and_what_a_kill_cut_off_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let (project, file) = (folder.path(), folder.path().join("seeds.json"));
        change_kept(project, &file, None, None, &seed("a")).unwrap();
        assert!(change_kept(project, &file, None, None, &seed("a")).is_err(), "it is there already");
        assert!(change_kept(project, &file, Some(&seed("x")), Some(&seed("x")), &seed("b")).is_err());
        assert_eq!(changes(project).unwrap().0.len(), 1);
        let text = fs::read_to_string(history(project)).unwrap();
        fs::write(history(project), format!("{text}{{\"at\": \"20")).unwrap();
        change_kept(project, &file, None, None, &seed("c")).unwrap();
        let (all, bad) = changes(project).unwrap();
        assert_eq!((all.len(), bad), (2, 1));
    }
}
