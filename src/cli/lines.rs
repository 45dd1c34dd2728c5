//! Lines typed on the screen, kept for later sittings: one JSON array a line, what it was for and what was typed. They may
//! hold what a person thinks of somebody's data, so that nobody else reads the file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::paths::Paths;

/// Lines that are kept.
const KEPT: usize = 1000;
/// Bytes from which on older lines are dropped.
const LARGE: usize = 512 * 1024;

fn file(paths: &Paths) -> PathBuf {
    paths.state.join("lines.jsonl")
}

/// The lines, oldest first. What cannot be read is left out: nothing depends on it.
pub(super) fn read(paths: &Paths) -> Vec<(String, String)> {
    let Ok(text) = fs::read_to_string(file(paths)) else { return Vec::new() };
    let mut lines: Vec<(String, String)> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let over = lines.len().saturating_sub(KEPT);
    lines.drain(..over);
    if text.len() > LARGE || over > KEPT {
        let shorter: String = lines.iter().map(written).collect();
        let aside = file(paths).with_extension("part");
        if let Err(e) = private(&aside, false)
            .and_then(|mut f| f.write_all(shorter.as_bytes()))
            .and_then(|()| fs::rename(&aside, file(paths)))
        {
            tracing::warn!("older lines of the prompts could not be dropped: {e}");
        }
    }
    lines
}

/// Adds a line.
pub(super) fn add(paths: &Paths, purpose: &str, line: &str) {
    let added = fs::create_dir_all(&paths.state)
        .and_then(|()| private(&file(paths), true))
        .and_then(|mut file| file.write_all(written(&(purpose.to_owned(), line.to_owned())).as_bytes()));
    if let Err(e) = added {
        tracing::warn!("a line of a prompt could not be kept: {e}");
    }
}

fn written(line: &(String, String)) -> String {
    serde_json::to_string(line).map_or_else(|_| String::new(), |text| text + "\n")
}

fn private(path: &std::path::Path, append: bool) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(append).truncate(!append);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(folder: &std::path::Path) -> Paths {
        let at = |name: &str| folder.join(name);
        Paths { config: at("config"), data: at("data"), cache: at("cache"), state: at("state") }
    }

    #[test]
    fn lines_come_back_in_their_order_and_nobody_else_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        assert!(read(&paths).is_empty());
        add(&paths, "note", "wrong units\n\"really\"");
        add(&paths, "filter", "tag:x");
        let lines = read(&paths);
        assert_eq!(lines[0], ("note".to_owned(), "wrong units\n\"really\"".to_owned()));
        assert_eq!(lines[1].1, "tag:x");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(file(&paths)).unwrap().permissions().mode() & 0o077, 0);
        }
    }

    #[test]
    fn a_broken_line_loses_itself_alone_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        add(&paths, "note", "first");
        fs::write(file(&paths), format!("{}[\"note\"\n", fs::read_to_string(file(&paths)).unwrap())).unwrap();
        for n in 0..2 * KEPT + 2 {
            add(&paths, "note", &n.to_string());
        }
        let lines = read(&paths);
        assert_eq!((lines.len(), lines[KEPT - 1].1.as_str()), (KEPT, "2001"));
        assert_eq!(fs::read_to_string(file(&paths)).unwrap().lines().count(), KEPT);
    }
}
