//! Opening what is imported: a file or standard input, unpacked where its first bytes say that it is packed.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::RolloutError;
use super::zstd::Frames;

/// Longest row that is kept; a longer one is a bad row.
pub(super) const LONGEST: usize = 16 << 20;
/// Bytes that a format and a mapping are guessed from.
const HEAD: usize = 1 << 20;

/// What is to be imported, opened.
pub(super) struct Input {
    /// The file's name as it was given; `-` for standard input.
    pub(super) name: String,
    /// What its bytes are.
    pub(super) body: Body,
    /// Bytes read of the file so far, packed as they are.
    pub(super) read: Arc<AtomicU64>,
    /// Bytes of the file, where that is known.
    pub(super) size: Option<u64>,
}

/// What an input's bytes are.
pub(super) enum Body {
    /// A text, with its beginning, which `rest` does not give again.
    Text { head: Vec<u8>, rest: Box<dyn Read + Send> },
    /// A zip archive.
    Archive(File),
}

/// Counts what passes.
struct Counting<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Input {
    /// Opens a file, or standard input where it is named `-`.
    pub(super) fn open(path: &Path) -> Result<Self, RolloutError> {
        let name = path.display().to_string();
        let unreadable = |e: io::Error| RolloutError::Unreadable { file: name.clone(), message: e.to_string() };
        let read = Arc::new(AtomicU64::new(0));
        if name == "-" {
            let stdin = Counting { inner: io::stdin(), read: Arc::clone(&read) };
            let body = unpacked(stdin).map_err(unreadable)?;
            return Ok(Self { name: "standard input".to_owned(), body, read, size: None });
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let meta = file.metadata().map_err(unreadable)?;
        if meta.is_dir() {
            return Err(RolloutError::Unreadable {
                file: name.clone(),
                message: "it is a folder; name the files in it".to_owned(),
            });
        }
        let size = meta.is_file().then_some(meta.len());
        if size.is_some() && is_archive(&mut file).map_err(unreadable)? {
            return Ok(Self { name, body: Body::Archive(file), read, size });
        }
        let body = unpacked(Counting { inner: file, read: Arc::clone(&read) }).map_err(unreadable)?;
        Ok(Self { name, body, read, size })
    }

    /// The name that candidates carry as their strategy: the file's, without folder and endings.
    pub(super) fn stem(path: &Path) -> String {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let name = [".gz", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        let stem = Path::new(name).file_stem().map(|n| n.to_string_lossy().into_owned());
        stem.filter(|s| !s.is_empty() && s != "-").unwrap_or_else(|| "import".to_owned())
    }
}

/// Where reading failed before.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn is_archive(file: &mut File) -> io::Result<bool> {
    use std::io::Seek as _;
    let mut first = Vec::new();
    file.take(4).read_to_end(&mut first)?;
    file.rewind()?;
    Ok(first == b"PK\x03\x04" || first == b"PK\x05\x06")
}

/// Unpacks by the first bytes, and reads the head.
fn unpacked(mut raw: impl Read + Send + 'static) -> io::Result<Body> {
    let mut first = Vec::new();
    (&mut raw).take(4).read_to_end(&mut first)?;
    let whole = Cursor::new(first.clone()).chain(raw);
    let mut rest: Box<dyn Read + Send> = if first.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(whole))
    } else if first == [0x28, 0xb5, 0x2f, 0xfd] {
        Box::new(Frames::new(whole))
    } else {
        Box::new(whole)
    };
    let mut head = Vec::new();
    // Beyond a megabyte only for a first line that is longer: what it is shows at its end.
    while head.is_empty() || head.len().is_multiple_of(HEAD) && head.len() < LONGEST && !head.contains(&b'\n') {
        match (&mut rest).take(HEAD as u64).read_to_end(&mut head) {
            Ok(0) => break,
            Ok(_) => {}
            Err(e) if head.is_empty() => return Err(e),
            // What came before is imported, and then this is said.
            Err(e) => rest = Box::new(Broken(Some(e))),
        }
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    Ok(Body::Text { head, rest })
}
