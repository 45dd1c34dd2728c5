//! Venvs that are kept.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Fact;

/// How long bytes are counted.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many venvs there are, how large, and where.
pub(super) fn facts(cache_dir: &Path) -> Vec<Fact> {
    let folder = cache_dir.join("venvs");
    let kept: Vec<_> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("ready").exists())
        .collect();
    let shown = folder.display();
    if kept.is_empty() {
        return vec![Fact::is("venvs kept", format!("none yet, in {shown}"))];
    }
    let until = Instant::now() + PATIENCE;
    let (bytes, whole) = kept.iter().map(|path| size(path, until)).fold((0, true), |a, b| (a.0 + b.0, a.1 && b.1));
    let over = if whole { "" } else { "over " };
    let mib = bytes >> 20;
    vec![Fact::is("venvs kept", format!("{}, {over}{mib} MiB, in {shown}", kept.len()))]
}

/// Bytes on disk below a folder, and whether there was time to count all of them.
fn size(folder: &Path, until: Instant) -> (u64, bool) {
    let (mut bytes, mut todo) = (0, vec![folder.to_owned()]);
    while let Some(folder) = todo.pop() {
        if Instant::now() > until {
            return (bytes, false);
        }
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => todo.push(entry.path()),
                Ok(_) => bytes += entry.metadata().map_or(0, |m| m.blocks() * 512),
                Err(_) => {}
            }
        }
    }
    (bytes, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_venvs_count() {
        let cache = tempfile::tempdir().unwrap();
        assert!(facts(cache.path())[0].detail.starts_with("none yet"));
        for (name, ready) in [("a", true), ("b", false)] {
            let folder = cache.path().join("venvs").join(name);
            fs::create_dir_all(folder.join("lib")).unwrap();
            fs::write(folder.join("lib").join("x"), vec![7; 3 << 20]).unwrap();
            if ready {
                fs::write(folder.join("ready"), "").unwrap();
            }
        }
        assert!(facts(cache.path())[0].detail.starts_with("1, 3 MiB"), "{:?}", facts(cache.path()));
        assert!(!size(cache.path(), Instant::now().checked_sub(PATIENCE).unwrap()).1);
    }
}
