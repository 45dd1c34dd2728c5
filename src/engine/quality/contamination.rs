//! Questions that stand in files which candidates must keep away from, such as the test sets of benchmarks.
//!
//! A question is contaminated where it is in a file with all its words, or where thirteen words in a row are; of texts too
//! short for that, eight. Numbers count as words, so that another instance of a problem is another problem.

use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::words::{hash, words};

/// Words in a row that no two texts share by chance.
const LONG: usize = 13;

/// The same for texts that have fewer words than that.
const SHORT: usize = 8;

/// Most bytes of a line.
const MOST_LINE: u64 = 16 << 20;

/// Most hashes of all files together, of 8 bytes each.
const MOST_HASHES: usize = 50_000_000;

/// Fields of a line of JSON that hold what is asked. A line that has none of them counts with all its texts.
const FIELDS: &[&str] = &["question", "problem", "prompt", "instruction", "query", "input", "text"];

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContaminationError {
    /// It cannot be read.
    #[error("{path}, which [quality] contamination names, cannot be read: {message}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        message: String,
    },
    /// It is a folder, a pipe or a device.
    #[error("{path}, which [quality] contamination names, is no regular file; name files with questions")]
    NoFile {
        /// What is named.
        path: PathBuf,
    },
    /// It has a line that is no question.
    #[error(
        "{path}, which [quality] contamination names, has a line of more than {MOST_LINE} bytes; name files with a question a line"
    )]
    LongLine {
        /// The file.
        path: PathBuf,
    },
    /// All files together are larger than what can be kept in memory.
    #[error(
        "the files that [quality] contamination names have more than {} million words together, with {path}; leave out files \
         or lines that are not needed", most / 2_000_000
    )]
    TooLarge {
        /// The file that was too much.
        path: PathBuf,
        /// Hashes that can be kept.
        most: usize,
    },
    /// The user stopped while it was read.
    #[error("stopped while the files of [quality] contamination were read; run again to begin")]
    Stopped,
    /// It holds no text.
    #[error("{path}, which [quality] contamination names, has no line with words: is it the right file?")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// What candidates must keep away from.
#[derive(Debug, Default)]
pub struct Contamination {
    files: Vec<Named>,
}

/// Hashes of one file's texts, each list sorted.
#[derive(Debug, Default)]
struct Named {
    name: String,
    whole: Vec<u64>,
    long: Vec<u64>,
    short: Vec<u64>,
}

impl Contamination {
    /// Reads the files line by line: JSON Lines, where a line is an object, and else text, where a line is a question.
    /// Ends where `stop` is set meanwhile.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub fn read(paths: &[PathBuf], stop: &AtomicBool) -> Result<Self, ContaminationError> {
        Self::within(MOST_HASHES, paths, stop)
    }

    fn within(most: usize, paths: &[PathBuf], stop: &AtomicBool) -> Result<Self, ContaminationError> {
        let (mut files, mut left) = (Vec::with_capacity(paths.len()), most);
        for path in paths {
            let file =
                Named::read(path, left, stop)?.ok_or(ContaminationError::TooLarge { path: path.clone(), most })?;
            left = left.saturating_sub(file.hashes());
            files.push(file);
        }
        Ok(Self { files })
    }

    /// Where a question comes up, in a sentence; `None` where it does not. The file's words are not told: a project's
    /// configuration may name files that are not the project's.
    pub fn find(&self, question: &str) -> Option<String> {
        if self.files.is_empty() {
            return None;
        }
        let words = words(question);
        let whole = hash(&words);
        self.files.iter().find_map(|file| {
            if file.whole.binary_search(&whole).is_ok() {
                return Some(format!("the question is in {}", file.name));
            }
            let (n, grams) = if words.len() < LONG { (SHORT, &file.short) } else { (LONG, &file.long) };
            let found = words.windows(n).any(|run| grams.binary_search(&hash(run)).is_ok());
            found.then(|| format!("{n} words in a row are in {}", file.name))
        })
    }
}

impl Named {
    /// `None` where it has more than `most` hashes.
    fn read(path: &Path, most: usize, stop: &AtomicBool) -> Result<Option<Self>, ContaminationError> {
        let unreadable =
            |e: std::io::Error| ContaminationError::Unreadable { path: path.to_owned(), message: e.to_string() };
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        let mut file = Self { name, ..Self::default() };
        // Before it is opened: opening a pipe waits for somebody to write.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(ContaminationError::NoFile { path: path.to_owned() });
        }
        let mut reader = BufReader::new(std::fs::File::open(path).map_err(unreadable)?);
        let mut line = Vec::new();
        while reader.by_ref().take(MOST_LINE + 1).read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
            if stop.load(Ordering::Relaxed) {
                return Err(ContaminationError::Stopped);
            }
            if line.len() as u64 > MOST_LINE {
                return Err(ContaminationError::LongLine { path: path.to_owned() });
            }
            let text = String::from_utf8_lossy(&line);
            match serde_json::from_str::<Value>(&text) {
                Ok(value @ Value::Object(_)) => asked(&value).iter().for_each(|text| file.add(text, stop)),
                Ok(Value::String(text)) => file.add(&text, stop),
                _ => file.add(&text, stop),
            }
            if file.hashes() > most {
                return Ok(None);
            }
            line.clear();
        }
        if file.whole.is_empty() {
            return Err(ContaminationError::Empty { path: path.to_owned() });
        }
        for list in [&mut file.whole, &mut file.long, &mut file.short] {
            if stop.load(Ordering::Relaxed) {
                return Err(ContaminationError::Stopped);
            }
            list.sort_unstable();
            list.dedup();
            list.shrink_to_fit();
        }
        Ok(Some(file))
    }

    fn hashes(&self) -> usize {
        self.whole.len() + self.long.len() + self.short.len()
    }

    /// Adds a text, or the beginning of it where `stop` is set meanwhile.
    fn add(&mut self, text: &str, stop: &AtomicBool) {
        let words = words(text);
        if words.is_empty() {
            return;
        }
        self.whole.push(hash(&words));
        let goes_on = |_: &&[_]| !stop.load(Ordering::Relaxed);
        self.long.extend(words.windows(LONG).take_while(goes_on).map(hash));
        self.short.extend(words.windows(SHORT).take_while(goes_on).map(hash));
    }
}

/// The texts of a line of JSON that ask something: of a chat, what the user says.
fn asked(value: &Value) -> Vec<String> {
    let named: Vec<String> = FIELDS.iter().filter_map(|field| value.get(field)?.as_str()).map(str::to_owned).collect();
    if !named.is_empty() {
        return named;
    }
    let mut all = Vec::new();
    texts(value, &mut all);
    all
}

fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, all)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG_ONE: &str = "A train leaves the station at 9 and runs 80 kilometres an hour towards a town that is 200 \
                            kilometres away. When does it arrive?";

    fn read(name: &str, text: &str) -> Result<Contamination, ContaminationError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Contamination::read(&[path], &AtomicBool::new(false))
    }

    #[test]
    fn a_question_is_found_whole_or_in_a_run_of_words() {
        let lines = format!(
            "{}\n{}\nnot JSON: How many ways are there to tile a board of 2 by 9?\n",
            serde_json::json!({"id": 3, "question": LONG_ONE, "answer": "11:30"}),
            serde_json::json!({"messages": [{"role": "user", "content": "What is 7 times 8?"}]}),
        );
        let files = read("eval.jsonl", &lines).unwrap();
        let told = files.find(&LONG_ONE.to_uppercase()).unwrap();
        assert_eq!(told, "the question is in eval.jsonl");
        assert!(files.find("what is 7 times 8").is_some());
        assert!(files.find("what is 7 times 9").is_none());
        let within = format!("Bob waits. {} And why?", &LONG_ONE[..80]);
        assert!(files.find(&within).unwrap().starts_with("13 words in a row"), "{:?}", files.find(&within));
        assert!(files.find("Think: how many ways are there to tile a board?").unwrap().starts_with("8 words"));
        assert!(
            files.find("A train leaves the station at 9. How far is the town, if it runs an hour at 50?").is_none()
        );
        let other_numbers = LONG_ONE.replace("80", "81").replace("200", "205").replace(" 9 ", " 7 ");
        assert!(files.find(&other_numbers).is_none(), "another instance is another problem");
        assert!(files.find("").is_none());
    }

    #[test]
    fn a_file_that_keeps_nothing_away_is_refused() {
        assert!(matches!(read("x.txt", "\n \n"), Err(ContaminationError::Empty { .. })));
        let gone = Contamination::read(&[PathBuf::from("/nowhere/eval.jsonl")], &AtomicBool::new(false)).unwrap_err();
        assert!(gone.to_string().contains("/nowhere/eval.jsonl"), "{gone}");
        assert!(Contamination::read(&[], &AtomicBool::new(false)).unwrap().find(LONG_ONE).is_none());
    }

    #[test]
    fn only_files_are_read_within_bounds_and_never_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let read = |path: &Path, stop| Contamination::read(&[path.to_owned()], &AtomicBool::new(stop));
        for path in [folder.path(), Path::new("/dev/zero")] {
            assert!(matches!(read(path, false), Err(ContaminationError::NoFile { .. })), "{}", path.display());
        }
        let long = folder.path().join("long.txt");
        std::fs::write(&long, "a ".repeat(9 << 20)).unwrap();
        assert!(matches!(read(&long, false), Err(ContaminationError::LongLine { .. })));
        let good = folder.path().join("good.txt");
        std::fs::write(&good, LONG_ONE).unwrap();
        assert!(matches!(read(&good, true), Err(ContaminationError::Stopped)));
        let told = read(&good, false).unwrap().find(&format!("Bob waits. {} And why?", &LONG_ONE[..80])).unwrap();
        assert_eq!(told, "13 words in a row are in good.txt");
    }

    #[test]
    fn all_files_together_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = ["a", "b", "c"].map(|name| folder.path().join(name)).to_vec();
        for (at, file) in files.iter().enumerate() {
            let lines: Vec<String> = (0..100).map(|line| format!("question {line} of file {at}")).collect();
            std::fs::write(file, lines.join("\n")).unwrap();
        }
        let within = |most| Contamination::within(most, &files, &AtomicBool::new(false));
        assert!(within(300).is_ok());
        let told = within(299).unwrap_err();
        assert!(matches!(&told, ContaminationError::TooLarge { path, .. } if *path == files[2]), "{told:?}");
        assert!(told.to_string().contains("together"), "{told}");
    }
}
