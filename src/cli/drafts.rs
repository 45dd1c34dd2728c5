//! What somebody wrote in their editor and could not be read: kept in a file of their own.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::paths::Paths;

/// Keeps a text under a name that tells what it is; the same text again is the same file.
pub(super) fn keep(paths: &Paths, name: &str, text: &str) -> io::Result<PathBuf> {
    let folder = paths.state.join("drafts");
    fs::create_dir_all(&folder)?;
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let path = folder.join(format!("{}-{name}", &hash[..8]));
    let mut options = fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(text.as_bytes())?;
    Ok(path)
}
