//! Questions that stand in files which candidates must keep away from, such as the test sets of benchmarks.
//!
//! A question is contaminated where it is in a file with all its words, or where thirteen words in a row are; of texts too
//! short for that, eight. Numbers count as words, so that another instance of a problem is another problem.

use std::fmt;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
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

/// Fields that hold a chat: what its user says is asked, and what is answered there is not.
const CHATS: &[&str] = &["prompt", "messages", "conversations"];

/// How many words in a row two texts must share for one to be in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grams {
    /// Of texts that have so many words.
    pub long: usize,
    /// Of shorter ones.
    pub short: usize,
}

impl Default for Grams {
    fn default() -> Self {
        Self::of(LONG)
    }
}

impl Grams {
    /// So many words, and of shorter texts as few as still tell something.
    pub fn of(words: usize) -> Self {
        Self { long: words.max(1), short: words.clamp(1, SHORT) }
    }
}

/// A file that cannot be used; `by` is what names it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum ContaminationError {
    /// It cannot be read.
    #[error("{by}: {path} cannot be read: {message}")]
    Unreadable { path: PathBuf, by: &'static str, message: String },
    /// It is a folder, a pipe or a device.
    #[error("{path}, which {by} names, is no regular file; name files with questions")]
    NoFile { path: PathBuf, by: &'static str },
    /// It has a line that is no question.
    #[error(
        "{path}, which {by} names, has a line of more than {MOST_LINE} bytes; name files with a question a line, or give one \
         that is a JSON array the ending .json"
    )]
    LongLine { path: PathBuf, by: &'static str },
    /// All files together are larger than what can be kept in memory.
    #[error(
        "the files that {by} names have more than {} million words together, with {path}; leave out files or lines that are \
         not needed", most / 2_000_000
    )]
    TooLarge { path: PathBuf, by: &'static str, most: usize },
    /// The user stopped while it was read.
    #[error("stopped while the files of {by} were read; run again to begin")]
    Stopped { by: &'static str },
    /// It holds no text.
    #[error("{path}, which {by} names, has no line with words: is it the right file?")]
    Empty { path: PathBuf, by: &'static str },
}

/// What candidates must keep away from.
#[derive(Debug, Default)]
pub struct Contamination {
    grams: Grams,
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

/// Where a question comes up. `Display` says it in a sentence that has none of the file's words: a project's configuration
/// may name files that are not the project's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'c> {
    /// Which of the files, from 0.
    pub file: usize,
    /// Its name.
    pub name: &'c str,
    /// How many words in a row are there; `None` where the whole question is.
    pub words: Option<usize>,
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words {
            None => write!(f, "the question is in {}", self.name),
            Some(n) => write!(f, "{n} words in a row are in {}", self.name),
        }
    }
}

/// What a file is read with.
struct Reading<'r> {
    by: &'static str,
    path: &'r Path,
    grams: Grams,
    stop: &'r AtomicBool,
    most: usize,
}

impl Contamination {
    /// Reads the files, which `by` names: `.json` as an array or a stream of rows, `.parquet` by its rows, and others line by
    /// line: JSON Lines, where a line is an object, and else text, where a line is a question. Ends where `stop` is set
    /// meanwhile.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub fn read(
        by: &'static str,
        paths: &[PathBuf],
        grams: Grams,
        stop: &AtomicBool,
    ) -> Result<Self, ContaminationError> {
        Self::within(MOST_HASHES, by, paths, grams, stop)
    }

    fn within(
        most: usize,
        by: &'static str,
        paths: &[PathBuf],
        grams: Grams,
        stop: &AtomicBool,
    ) -> Result<Self, ContaminationError> {
        let (mut files, mut left) = (Vec::with_capacity(paths.len()), most);
        for path in paths {
            let file = match Named::read(&Reading { by, path, grams, stop, most: left }) {
                Err(ContaminationError::TooLarge { path, by, .. }) => {
                    return Err(ContaminationError::TooLarge { path, by, most });
                }
                read => read?,
            };
            left = left.saturating_sub(file.hashes());
            files.push(file);
        }
        Ok(Self { grams, files })
    }

    /// Names of the files, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// Where a question comes up first; `None` where it does not.
    pub fn find(&self, question: &str) -> Option<Found<'_>> {
        if self.files.is_empty() {
            return None;
        }
        let words = words(question);
        let whole = hash(&words);
        let Grams { long, short } = self.grams;
        self.files.iter().enumerate().find_map(|(at, file)| {
            let found = |words| Found { file: at, name: &file.name, words };
            if file.whole.binary_search(&whole).is_ok() {
                return Some(found(None));
            }
            let (n, grams) = if words.len() < long { (short, &file.short) } else { (long, &file.long) };
            words.windows(n).any(|run| grams.binary_search(&hash(run)).is_ok()).then(|| found(Some(n)))
        })
    }
}

impl Named {
    fn read(reading: &Reading<'_>) -> Result<Self, ContaminationError> {
        let Reading { path, by, .. } = *reading;
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        let mut file = Self { name, ..Self::default() };
        // Before it is opened: opening a pipe waits for somebody to write.
        if !std::fs::metadata(path).map_err(|e| reading.unreadable(&e))?.is_file() {
            return Err(ContaminationError::NoFile { path: path.to_owned(), by });
        }
        let opened = std::fs::File::open(path).map_err(|e| reading.unreadable(&e))?;
        match path.extension().and_then(|kind| kind.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("json") => file.read_json(BufReader::new(opened), reading)?,
            Some("parquet") => rows_of_parquet(opened, reading, &mut |row| file.take(row, reading))?,
            _ => file.read_lines(BufReader::new(opened), reading)?,
        }
        if file.whole.is_empty() {
            return Err(ContaminationError::Empty { path: path.to_owned(), by });
        }
        for list in [&mut file.whole, &mut file.long, &mut file.short] {
            reading.goes_on()?;
            list.sort_unstable();
            list.dedup();
            list.shrink_to_fit();
        }
        Ok(file)
    }

    fn read_lines(&mut self, mut reader: impl BufRead, reading: &Reading<'_>) -> Result<(), ContaminationError> {
        let mut line = Vec::new();
        while reader.by_ref().take(MOST_LINE + 1).read_until(b'\n', &mut line).map_err(|e| reading.unreadable(&e))? > 0
        {
            if line.len() as u64 > MOST_LINE {
                return Err(ContaminationError::LongLine { path: reading.path.to_owned(), by: reading.by });
            }
            let text = String::from_utf8_lossy(&line);
            match serde_json::from_str::<Value>(&text) {
                Ok(value @ (Value::Object(_) | Value::String(_))) => self.take(&value, reading)?,
                _ => self.take(&Value::from(&*text), reading)?,
            }
            line.clear();
        }
        Ok(())
    }

    /// An array of rows, or rows one after the other.
    fn read_json(&mut self, mut reader: impl BufRead, reading: &Reading<'_>) -> Result<(), ContaminationError> {
        let begins = reader.fill_buf().map_err(|e| reading.unreadable(&e))?;
        let array = begins.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        let mut stopped = Ok(());
        let read = if array {
            let mut each = |row: &Value| {
                stopped = self.take(row, reading);
                stopped.is_ok()
            };
            serde_json::Deserializer::from_reader(reader).deserialize_seq(Rows(&mut each))
        } else {
            for row in serde_json::Deserializer::from_reader(reader).into_iter::<Value>() {
                self.take(&row.map_err(|e| reading.unreadable(&e))?, reading)?;
            }
            Ok(())
        };
        stopped?;
        read.map_err(|e| reading.unreadable(&e))
    }

    fn hashes(&self) -> usize {
        self.whole.len() + self.long.len() + self.short.len()
    }

    /// Adds what a row asks.
    fn take(&mut self, row: &Value, reading: &Reading<'_>) -> Result<(), ContaminationError> {
        reading.goes_on()?;
        for text in asked(row) {
            self.add(&text, reading);
        }
        if self.hashes() > reading.most {
            let (path, by, most) = (reading.path.to_owned(), reading.by, reading.most);
            return Err(ContaminationError::TooLarge { path, by, most });
        }
        Ok(())
    }

    /// Adds a text, or the beginning of it where it is stopped meanwhile.
    fn add(&mut self, text: &str, reading: &Reading<'_>) {
        let words = words(text);
        if words.is_empty() {
            return;
        }
        self.whole.push(hash(&words));
        let goes_on = |_: &&[_]| reading.goes_on().is_ok();
        self.long.extend(words.windows(reading.grams.long).take_while(goes_on).map(hash));
        self.short.extend(words.windows(reading.grams.short).take_while(goes_on).map(hash));
    }
}

/// What the system says, without its number for it.
fn without_number(said: &str) -> String {
    said.split(" (os error").next().unwrap_or_default().to_owned()
}

impl Reading<'_> {
    fn unreadable(&self, error: &dyn fmt::Display) -> ContaminationError {
        ContaminationError::Unreadable {
            path: self.path.to_owned(),
            by: self.by,
            message: without_number(&error.to_string()),
        }
    }

    fn goes_on(&self) -> Result<(), ContaminationError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(ContaminationError::Stopped { by: self.by });
        }
        Ok(())
    }
}

/// Gives each element of an array away as it is read, until it is told to end.
struct Rows<'r>(&'r mut dyn FnMut(&Value) -> bool);

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Value>()? {
            if !(self.0)(&row) {
                return Err(A::Error::custom("it was ended"));
            }
        }
        Ok(())
    }
}

/// Gives each row of a Parquet file away.
#[cfg(feature = "parquet")]
fn rows_of_parquet(
    file: std::fs::File,
    reading: &Reading<'_>,
    each: &mut dyn FnMut(&Value) -> Result<(), ContaminationError>,
) -> Result<(), ContaminationError> {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    let reader = SerializedFileReader::new(file).map_err(|e| reading.unreadable(&e))?;
    for row in reader.get_row_iter(None).map_err(|e| reading.unreadable(&e))? {
        each(&row.map_err(|e| reading.unreadable(&e))?.to_json_value())?;
    }
    Ok(())
}

/// Without the feature, Parquet is not read.
#[cfg(not(feature = "parquet"))]
fn rows_of_parquet(
    _: std::fs::File,
    reading: &Reading<'_>,
    _: &mut dyn FnMut(&Value) -> Result<(), ContaminationError>,
) -> Result<(), ContaminationError> {
    Err(reading.unreadable(&"this loong was built without Parquet; convert it to JSON Lines"))
}

/// The texts of a line of JSON that ask something: of a chat, what the user says.
fn asked(value: &Value) -> Vec<String> {
    if let Value::String(text) = value {
        return vec![text.clone()];
    }
    let named = FIELDS.iter().filter_map(|field| value.get(field)?.as_str());
    let chats = CHATS.iter().filter_map(|field| value.get(field)?.as_array()).flatten().filter_map(said_by_user);
    let asked: Vec<String> = named.chain(chats).map(str::to_owned).collect();
    if !asked.is_empty() {
        return asked;
    }
    let mut all = Vec::new();
    texts(value, &mut all);
    all
}

/// What a message says, where it is the user's.
fn said_by_user(message: &Value) -> Option<&str> {
    let by = message.get("role").or_else(|| message.get("from"))?.as_str()?;
    let says = message.get("content").or_else(|| message.get("value"))?.as_str();
    says.filter(|_| ["user", "human"].contains(&by))
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
        read_all(&[path])
    }

    fn read_all(paths: &[PathBuf]) -> Result<Contamination, ContaminationError> {
        Contamination::read("--against", paths, Grams::default(), &AtomicBool::new(false))
    }

    #[test]
    fn a_question_is_found_whole_or_in_a_run_of_words() {
        let lines = format!(
            "{}\n{}\nnot JSON: How many ways are there to tile a board of 2 by 9?\n",
            serde_json::json!({"id": 3, "question": LONG_ONE, "answer": "11:30"}),
            serde_json::json!({"messages": [{"role": "user", "content": "What is 7 times 8?"}]}),
        );
        let files = read("eval.jsonl", &lines).unwrap();
        let told = files.find(&LONG_ONE.to_uppercase()).unwrap().to_string();
        assert_eq!(told, "the question is in eval.jsonl");
        assert!(files.find("what is 7 times 8").is_some());
        assert!(files.find("what is 7 times 9").is_none());
        let within = format!("Bob waits. {} And why?", &LONG_ONE[..80]);
        assert_eq!(files.find(&within).unwrap().words, Some(13), "{:?}", files.find(&within));
        assert_eq!(files.find("Think: how many ways are there to tile a board?").unwrap().words, Some(8));
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
        let gone = read_all(&[PathBuf::from("/nowhere/eval.jsonl")]).unwrap_err();
        assert!(gone.to_string().contains("/nowhere/eval.jsonl"), "{gone}");
        assert!(read_all(&[]).unwrap().find(LONG_ONE).is_none());
    }

    #[test]
    fn only_files_are_read_within_bounds_and_never_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let read = |path: &Path, stop| {
            Contamination::read("--against", &[path.to_owned()], Grams::default(), &AtomicBool::new(stop))
        };
        for path in [folder.path(), Path::new("/dev/zero")] {
            assert!(matches!(read(path, false), Err(ContaminationError::NoFile { .. })), "{}", path.display());
        }
        let long = folder.path().join("long.txt");
        std::fs::write(&long, "a ".repeat(9 << 20)).unwrap();
        assert!(matches!(read(&long, false), Err(ContaminationError::LongLine { .. })));
        let good = folder.path().join("good.txt");
        std::fs::write(&good, LONG_ONE).unwrap();
        assert!(matches!(read(&good, true), Err(ContaminationError::Stopped { .. })));
        let good = read(&good, false).unwrap();
        let told = good.find(&format!("Bob waits. {} And why?", &LONG_ONE[..80])).unwrap().to_string();
        assert_eq!(told, "13 words in a row are in good.txt");
    }

    #[test]
    fn json_is_read_whole_and_in_rows() {
        let rows = serde_json::json!([{"problem": LONG_ONE, "level": 5}, "What is 7 times 8?"]);
        let pretty = serde_json::to_string_pretty(&rows).unwrap();
        let lines = format!("{}\n{}\n", rows[0], rows[1]);
        for (name, text) in [("array", pretty.as_str()), ("rows", lines.as_str())] {
            let files = read("eval.json", text).unwrap();
            assert_eq!(files.find(LONG_ONE).unwrap().words, None, "{name}");
            assert!(files.find("what is 7 times 8").is_some() && files.find("level 5").is_none(), "{name}");
        }
        let broken = read("eval.json", &pretty[..pretty.len() - 3]).unwrap_err();
        assert!(matches!(broken, ContaminationError::Unreadable { .. }), "{broken}");
    }

    #[test]
    fn of_a_chat_the_user_asks() {
        let answer = "Well, one and the same word after the other makes this reply long enough to be found again.";
        for row in [
            serde_json::json!({"messages": [{"role": "user", "content": LONG_ONE}, {"role": "assistant", "content": answer}]}),
            serde_json::json!({"conversations": [{"from": "human", "value": LONG_ONE}, {"from": "gpt", "value": answer}]}),
            serde_json::json!({"prompt": [{"role": "user", "content": LONG_ONE}], "solution": answer}),
        ] {
            let files = read("sft.jsonl", &row.to_string()).unwrap();
            assert!(files.find(LONG_ONE).is_some() && files.find(answer).is_none(), "{row}");
        }
    }

    #[test]
    fn how_many_words_in_a_row_can_be_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("eval.txt");
        std::fs::write(&path, LONG_ONE).unwrap();
        let read = |n| {
            Contamination::read("--against", std::slice::from_ref(&path), Grams::of(n), &AtomicBool::new(false))
                .unwrap()
        };
        let text = "Bob saw that a train leaves the station at 9 sharp, which nobody in the whole town had thought of.";
        assert_eq!(read(7).find(text).unwrap().words, Some(7));
        assert!(read(13).find(text).is_none());
        assert_eq!(Grams::of(5), Grams { long: 5, short: 5 });
    }

    #[test]
    fn all_files_together_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = ["a", "b", "c"].map(|name| folder.path().join(name)).to_vec();
        for (at, file) in files.iter().enumerate() {
            let lines: Vec<String> = (0..100).map(|line| format!("question {line} of file {at}")).collect();
            std::fs::write(file, lines.join("\n")).unwrap();
        }
        let within = |most| Contamination::within(most, "--against", &files, Grams::default(), &AtomicBool::new(false));
        assert!(within(300).is_ok());
        let told = within(299).unwrap_err();
        assert!(matches!(&told, ContaminationError::TooLarge { path, .. } if *path == files[2]), "{told:?}");
        assert!(told.to_string().contains("together"), "{told}");
    }
}
