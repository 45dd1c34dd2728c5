//! One row of a seed file changed or added: every other byte stays as it was, and whoever reads the file meanwhile sees the
//! old one or the new one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::reader::{element, first_ink};
use super::{Datapoint, StaticDataset, Strictness};

/// Why a seed file was left as it is.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum ChangeError {
    /// It cannot be read or written.
    #[error("{path} cannot be {verb} ({source}); nothing was changed")]
    Io { path: String, verb: &'static str, source: io::Error },
    /// The row is not what it was when it was read.
    #[error("{path} has changed since it was read, and nothing was written")]
    Changed { path: String },
    /// The seed is there already.
    #[error("a seed with this content is there already: {path}, row {row}")]
    There { path: String, row: usize },
    /// The file has no place for a row.
    #[error(
        "{path} is no whole JSON array and no JSON Lines; mend it first (`loong seeds list {path}` says what is wrong)"
    )]
    Broken { path: String },
}

/// Writes `new` in place of the row that `old` was read from, or, without one, as the file's last row; a file that is not
/// there is made. The row's number comes back.
///
/// # Errors
/// [`ChangeError`]; the file is then as it was.
pub fn change(path: &Path, old: Option<&Datapoint>, new: &Datapoint) -> Result<usize, ChangeError> {
    let name = path.display().to_string();
    let io = |verb| {
        let path = name.clone();
        move |source| ChangeError::Io { path, verb, source }
    };
    let bytes = match fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound && old.is_none() => Vec::new(),
        read => read.map_err(io("read"))?,
    };
    let (before, bad) = read(&name, &bytes);
    if let Some(there) = before.by_id(&new.id).filter(|there| old.is_none_or(|old| old.id != there.id)) {
        return Err(ChangeError::There { path: name, row: row(there) });
    }
    let at = match old {
        Some(old) => {
            let there = before.by_id(&old.id).filter(|there| there.to_value() == old.to_value());
            Some(there.map(row).ok_or(ChangeError::Changed { path: name.clone() })?)
        }
        None => None,
    };
    let broken = || ChangeError::Broken { path: name.clone() };
    let (after, at) = spliced(&bytes, at, new).ok_or_else(broken)?;
    // Whatever was odd about the file: what is written is what was meant, or nothing is.
    let (reread, still_bad) = read(&name, &after);
    let kept = reread.by_id(&new.id).is_some_and(|there| row(there) == at);
    if !kept || still_bad > bad || reread.len() < before.len() {
        return Err(broken());
    }
    put_whole(path, &after).map_err(io("written"))?;
    Ok(at)
}

fn read(name: &str, bytes: &[u8]) -> (StaticDataset, usize) {
    if bytes.is_empty() {
        return (StaticDataset::default(), 0);
    }
    let read = StaticDataset::from_texts([(name, bytes)], Strictness::Lenient);
    read.map_or_else(|_| (StaticDataset::default(), usize::MAX), |(set, bad)| (set, bad.len()))
}

fn row(seed: &Datapoint) -> usize {
    seed.place.as_ref().map_or(0, |place| place.row)
}

/// The file's bytes with a row replaced, or added at the end; and the row's number.
fn spliced(bytes: &[u8], at: Option<usize>, new: &Datapoint) -> Option<(Vec<u8>, usize)> {
    let value = new.to_value();
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let ink = start + first_ink(&bytes[start..]);
    let put =
        |range: Range<usize>, text: String| [&bytes[..range.start], text.as_bytes(), &bytes[range.end..]].concat();
    if bytes.get(ink) == Some(&b'{') {
        let rows = lines(bytes, start);
        let text = value.to_string();
        return Some(if let Some(at) = at {
            (put(rows.get(at.checked_sub(1)?)?.clone(), text), at)
        } else {
            let gap = if bytes.ends_with(b"\n") { "" } else { "\n" };
            (put(bytes.len()..bytes.len(), format!("{gap}{text}\n")), rows.len() + 1)
        });
    }
    let text = serde_json::to_string_pretty(&value).ok()?.replace('\n', "\n  ");
    if bytes.get(ink).is_none() {
        return at.is_none().then(|| (put(bytes.len()..bytes.len(), format!("[\n  {text}\n]\n")), 1));
    }
    let (rows, end) = elements(bytes, ink)?;
    match (at, rows.last()) {
        (Some(at), _) => Some((put(rows.get(at.checked_sub(1)?)?.clone(), text), at)),
        (None, Some(last)) => Some((put(last.end..last.end, format!(",\n  {text}")), rows.len() + 1)),
        (None, None) => Some((put(ink + 1..end, format!("\n  {text}\n")), 1)),
    }
}

/// Where the lines with ink stand.
fn lines(bytes: &[u8], start: usize) -> Vec<Range<usize>> {
    let mut at = start;
    let mut rows = Vec::new();
    for line in bytes[start..].split(|b| *b == b'\n') {
        if !line.trim_ascii().is_empty() {
            rows.push(at..at + line.len());
        }
        at += line.len() + 1;
    }
    rows
}

/// Where the elements of an array stand, and where it is closed.
fn elements(bytes: &[u8], open: usize) -> Option<(Vec<Range<usize>>, usize)> {
    if bytes.get(open) != Some(&b'[') {
        return None;
    }
    let mut at = open + 1;
    let mut rows = Vec::new();
    loop {
        at += first_ink(&bytes[at..]);
        match bytes.get(at)? {
            b']' => return Some((rows, at)),
            b',' => at += 1,
            _ => {
                let length = element(&bytes[at..])?;
                rows.push(at..at + length);
                at += length;
            }
        }
    }
}

/// Puts a file in the place of another at once, with the other's permissions. Links are followed: what they lead to is
/// replaced, not they.
///
/// # Errors
/// What the system reports; the file is then as it was.
pub fn put_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_whole_by(path, |file| file.write_all(bytes))
}

/// The same of what `write` writes.
///
/// # Errors
/// As [`put_whole`].
pub fn put_whole_by(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    let aside = folder.join(name);
    let written = (|| {
        let file = File::create(&aside)?;
        if let Ok(there) = path.metadata() {
            file.set_permissions(there.permissions())?;
        }
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.into_inner()?.sync_all()?;
        fs::rename(&aside, &path)
    })();
    if written.is_err() {
        // What could not be put in its place is in the way of nobody.
        let _ = fs::remove_file(&aside);
    } else if cfg!(unix) {
        File::open(&folder)?.sync_all()?;
    }
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seed(n: u32) -> Datapoint {
        Datapoint::from_value(json!({"question": format!("q{n}"), "final_answer": n})).unwrap()
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seeds.json");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn at(path: &Path, id: &str) -> Datapoint {
        StaticDataset::load(&[path], Strictness::Lenient).unwrap().0.by_id(id).unwrap().clone()
    }

    #[test]
    fn a_row_is_replaced_and_nothing_else_is_touched() {
        for (text, expected) in [
            (
                "[ {\"question\":\"q1\", \"final_answer\":1},\n\n\t{\"question\": \"q2\",\"final_answer\": 2} , 5 ]\n\n",
                "[ {\"question\":\"q1\", \"final_answer\":1},\n\n\t{\n    \"question\": \"q9\",\n    \"final_answer\": 9\n  } , 5 ]\n\n",
            ),
            (
                "{\"question\":\"q1\", \"final_answer\":1}\n\n{\"question\": \"q2\",\"final_answer\": 2}\r\nbroken",
                "{\"question\":\"q1\", \"final_answer\":1}\n\n{\"question\":\"q9\",\"final_answer\":9}\nbroken",
            ),
        ] {
            let (_folder, path) = file(text);
            let old = at(&path, &seed(2).id);
            assert_eq!(change(&path, Some(&old), &seed(9)).unwrap(), 2);
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
            assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
            // What was read before is not there any more.
            assert!(matches!(change(&path, Some(&old), &seed(8)), Err(ChangeError::Changed { .. })));
        }
    }

    #[test]
    fn a_row_is_added_at_the_end_of_whatever_there_is() {
        for text in [
            "",
            "[]",
            "[\n]\n",
            "[{\"question\":\"q1\",\"final_answer\":1}]",
            "{\"question\":\"q1\",\"final_answer\":1}",
        ] {
            let (_folder, path) = file(text);
            let row = change(&path, None, &seed(9)).unwrap();
            assert_eq!(row, if text.contains("q1") { 2 } else { 1 }, "{text}");
            change(&path, None, &seed(10)).unwrap();
            let (all, bad) = StaticDataset::load(&[&path], Strictness::Strict).unwrap();
            assert_eq!((all.len(), bad.len()), (row + 1, 0), "{text}");
            let twice = change(&path, None, &seed(9)).unwrap_err();
            assert!(twice.to_string().contains(&format!("row {row}")), "{twice}");
        }
    }

    #[test]
    fn a_file_that_is_not_whole_is_left_alone() {
        for text in
            ["[{\"question\":\"q1\",\"final_answer\":1}", "nonsense", "[{\"question\":\"q1\",\"final_answer\":1},]"]
        {
            let (_folder, path) = file(text);
            let told = change(&path, None, &seed(9));
            if let Err(e) = told {
                assert!(matches!(e, ChangeError::Broken { .. }), "{e}");
                assert_eq!(fs::read_to_string(&path).unwrap(), text);
            } else {
                assert!(text.ends_with(",]"), "{text}: only a comma too many can be lived with");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::PermissionsExt as _;

        let (folder, path) = file("[]");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let link = folder.path().join("link.json");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        change(&link, None, &seed(1)).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(at(&path, &seed(1).id).question, "q1");
    }
}
