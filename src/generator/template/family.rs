//! A family of templates: one file that says which problems it has, how each is put, and how each is solved.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::draw::Key;
use super::parameter::{Parameter, Written};
use super::text::{Texts, Values, Wrong, context};
use super::value::Value;
use crate::dataset::domain_slug;
use crate::interpreter::Dependencies;

/// Spaces up to this size are counted through in a shuffled order, so that no instance comes twice; larger ones are drawn.
const COUNTED: u128 = 1 << 48;
/// Positions in a row that may give nothing before a family counts as used up.
pub(super) const MOST_MISSES: u64 = 20_000;
/// Steps that looking for one instance may take, so that it ends while somebody waits; one step counts once for every 64
/// values that the instance holds, since it may look at them all.
pub(super) const MOST_WORK: u64 = 4_000_000;

/// What is wrong with a family's file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as its path was given.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The key, such as `parameters.n`; empty where the file is no TOML.
    pub key: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if !self.key.is_empty() {
            write!(f, " {}", self.key)?;
        }
        write!(f, " {}", self.message)
    }
}

/// A family's file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyFile {
    title: String,
    domain: Spanned<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    licence: String,
    #[serde(default)]
    constraints: Vec<Spanned<String>>,
    question: Spanned<String>,
    code: Spanned<String>,
    parameters: BTreeMap<String, Spanned<Written>>,
}

/// A family whose file makes sense.
#[derive(Debug, Clone)]
pub struct Family {
    /// Content id: 16 hex digits of the hash of its file.
    pub id: String,
    /// The file's name without its ending.
    pub name: String,
    /// What it is about, in a few words.
    pub title: String,
    /// The domain's slug.
    pub domain: String,
    /// Packages that its code needs.
    pub dependencies: Dependencies,
    /// The licence of its texts, as written.
    pub licence: String,
    /// The file, as its path was given.
    pub file: String,
    parameters: Vec<(String, Parameter)>,
    texts: Texts,
}

/// One problem of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The parameters, as JSON.
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// The question.
    pub question: String,
    /// The program that prints its answer.
    pub code: String,
}

impl Family {
    /// Reads a family from the text of its file, and draws a first instance, so that what can be wrong is found here.
    ///
    /// # Errors
    /// Every fault that was found.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let lines = Lines { file, text };
        let written: FamilyFile = toml::from_str(text)
            .map_err(|e| vec![lines.fault(e.span().map(|s| s.start), "", e.message().replace('\n', "; "))])?;
        let mut faults = Vec::new();

        let domain = domain_slug(written.domain.get_ref());
        if domain.is_empty() {
            faults.push(lines.fault(Some(written.domain.span().start), "domain", "has no words"));
        }
        let mut parameters = Vec::new();
        for (name, spanned) in &written.parameters {
            match spanned.get_ref().read() {
                Ok(parameter) => parameters.push((name.clone(), parameter)),
                Err(message) => {
                    faults.push(lines.fault(Some(spanned.span().start), &format!("parameters.{name}"), message));
                }
            }
        }
        let kinds = parameters.iter().map(|(name, parameter)| (name.clone(), parameter.kind())).collect();
        let mut texts = Texts::new(kinds);
        for (nth, constraint) in written.constraints.iter().enumerate() {
            if let Err(wrong) = texts.add_constraint(constraint.get_ref()) {
                let key = format!("constraints[{nth}]");
                faults.push(lines.fault(Some(constraint.span().start), &key, wrong.message));
            }
        }
        for (key, spanned, read) in [
            ("question", &written.question, texts.set_question(written.question.get_ref())),
            ("code", &written.code, texts.set_code(written.code.get_ref())),
        ] {
            if let Err(wrong) = read {
                faults.push(lines.inside(spanned, key, wrong));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let family = Self {
            id: blake3::hash(text.replace("\r\n", "\n").as_bytes()).to_hex()[..16].to_owned(),
            name: name_of(file),
            title: written.title.clone(),
            domain,
            dependencies: Dependencies::new(&written.dependencies),
            licence: written.licence.clone(),
            file: file.to_owned(),
            parameters,
            texts,
        };
        family.look(&written, &lines, &mut faults);
        if faults.is_empty() { Ok(family) } else { Err(faults) }
    }

    /// Finds what only the whole shows: names that nobody gives, parameters that nobody is told, and whether there is a
    /// first instance.
    fn look(&self, written: &FamilyFile, lines: &Lines<'_>, faults: &mut Vec<Fault>) {
        let known = |name: &String| self.parameters.iter().any(|(parameter, _)| parameter == name);
        let at = |key| match key {
            "question" => Some(written.question.span().start),
            "code" => Some(written.code.span().start),
            _ => written.constraints.first().map(|c| c.span().start),
        };
        match self.texts.names() {
            Ok([question, code, constraints]) => {
                for (key, names) in [("question", &question), ("code", &code), ("constraints", &constraints)] {
                    for name in names.iter().filter(|n| !known(n)) {
                        faults.push(lines.fault(at(key), key, format!("names `{name}`, which is no parameter")));
                    }
                }
                for (name, _) in self.parameters.iter().filter(|(name, _)| !question.contains(name)) {
                    let start = written.parameters.get(name).map(|p| p.span().start);
                    let message = "is not in the question: a reader could not know it";
                    faults.push(lines.fault(start, &format!("parameters.{name}"), message));
                }
            }
            Err(wrong) => faults.push(lines.fault(None, "", wrong.message)),
        }
        if !faults.is_empty() {
            return;
        }
        let key = Key::new(0, &self.id);
        let mut work = 0;
        for position in 0..MOST_MISSES.min(self.positions().unwrap_or(u64::MAX)) {
            let values = self.values(&key, position);
            match self.made(&values, &mut work) {
                Ok(None) if work > MOST_WORK => break,
                Ok(None) => {}
                Ok(Some(_)) => return,
                Err(Broken { key: "constraints", nth, wrong }) => {
                    let start = written.constraints.get(nth).map(|c| c.span().start);
                    let shown = serde_json::Value::from(shown(&values));
                    let message = format!("{} (with {shown})", wrong.message);
                    faults.push(lines.fault(start, &format!("constraints[{nth}]"), message));
                    return;
                }
                Err(Broken { key, wrong, .. }) => {
                    let spanned = if key == "code" { &written.code } else { &written.question };
                    faults.push(lines.inside(spanned, key, wrong));
                    return;
                }
            }
        }
        let message = "leave nothing of the parameters' values, or next to nothing";
        faults.push(lines.fault(at("constraints"), "constraints", message));
    }

    /// How many positions there are, where they are counted: some may break a constraint.
    pub fn positions(&self) -> Option<u64> {
        let size = self.parameters.iter().fold(1_u128, |all, (_, p)| all.saturating_mul(p.size()));
        u64::try_from(size).ok().filter(|_| size <= COUNTED)
    }

    /// The draws of this family under a random seed.
    pub(super) fn key(&self, rng_seed: u64) -> Key {
        Key::new(rng_seed, &self.id)
    }

    /// The parameters at a position.
    fn values(&self, key: &Key, position: u64) -> Values {
        let Some(size) = self.positions() else {
            let mut draws = key.stream(position);
            return self.parameters.iter().map(|(name, p)| (name.clone(), p.draw(&mut draws))).collect();
        };
        let mut place = key.shuffled(position, size);
        let counted = self.parameters.iter().filter_map(|(name, parameter)| {
            let size = u64::try_from(parameter.size()).ok()?;
            let value = parameter.at(place % size)?;
            place /= size;
            Some((name.clone(), value))
        });
        counted.collect()
    }

    fn made(&self, values: &Values, work: &mut u64) -> Result<Option<Instance>, Broken> {
        let mut steps = 1;
        let made = self.texts_of(values, &mut steps);
        let held: u64 = values.values().map(Value::held).sum();
        *work = work.saturating_add(steps.saturating_mul(1 + held / 64));
        made
    }

    fn texts_of(&self, values: &Values, steps: &mut u64) -> Result<Option<Instance>, Broken> {
        let context = context(values);
        match self.texts.hold(&context, steps) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err((nth, wrong)) => return Err(Broken { key: "constraints", nth, wrong }),
        }
        let broken = |key| move |wrong| Broken { key, nth: 0, wrong };
        let question = self.texts.question(&context, steps).map_err(broken("question"))?;
        let code = self.texts.code(&context, steps).map_err(broken("code"))?;
        Ok(Some(Instance { parameters: shown(values), question, code }))
    }

    /// The instance at a position under a random seed; none where the constraints do not hold. What it takes is added to
    /// `work`.
    ///
    /// # Errors
    /// A sentence: a text cannot be made of these values.
    pub(super) fn instance(&self, key: &Key, position: u64, work: &mut u64) -> Result<Option<Instance>, String> {
        self.made(&self.values(key, position), work).map_err(|Broken { key, wrong, .. }| {
            let line = wrong.line.map_or_else(String::new, |line| format!(", line {line}"));
            format!("the family {}: {key}{line}: {}", self.name, wrong.message)
        })
    }

    /// The first instances under a random seed, at most `n`.
    ///
    /// # Errors
    /// A sentence: a text cannot be made of some values.
    pub fn instances(&self, rng_seed: u64, n: usize) -> Result<Vec<Instance>, String> {
        let key = self.key(rng_seed);
        let mut found: Vec<Instance> = Vec::new();
        let (mut missed, mut work) = (0, 0);
        for position in 0..self.positions().unwrap_or(u64::MAX) {
            if found.len() >= n || missed > MOST_MISSES || work > MOST_WORK {
                break;
            }
            match self.instance(&key, position, &mut work)? {
                Some(new) if found.iter().all(|f| f.question != new.question) => {
                    found.push(new);
                    work = 0;
                }
                _ => missed += 1,
            }
        }
        Ok(found)
    }
}

/// Which text cannot be made of some values, and why.
struct Broken {
    key: &'static str,
    nth: usize,
    wrong: Wrong,
}

fn shown(values: &Values) -> serde_json::Map<String, serde_json::Value> {
    values.iter().map(|(name, value)| (name.clone(), value.to_json())).collect()
}

fn name_of(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name).to_owned()
}

/// Where something stands in a file.
struct Lines<'a> {
    file: &'a str,
    text: &'a str,
}

impl Lines<'_> {
    fn fault(&self, at: Option<usize>, key: &str, message: impl Into<String>) -> Fault {
        Fault {
            file: self.file.to_owned(),
            line: at.map(|at| self.line(at)),
            key: key.to_owned(),
            message: message.into(),
        }
    }

    fn line(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or(self.text).matches('\n').count() + 1
    }

    /// A fault inside a text, whose first line may stand below its opening quotes.
    fn inside(&self, text: &Spanned<String>, key: &str, wrong: Wrong) -> Fault {
        let start = text.span().start;
        let source = self.text.get(start..).unwrap_or_default();
        let below = ["\"\"\"\n", "'''\n", "\"\"\"\r\n", "'''\r\n"].iter().any(|quotes| source.starts_with(quotes));
        let mut fault = self.fault(Some(start), key, wrong.message);
        fault.line = Some(self.line(start) + usize::from(below) + wrong.line.map_or(0, |line| line.saturating_sub(1)));
        fault
    }
}

/// The families in some files, and in all `.toml` files of some folders, by name.
///
/// # Errors
/// Every fault of every file; a path that cannot be read is one too, and so are two families of one name.
pub fn load<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<Family>, Vec<Fault>> {
    let unreadable = |path: &Path, e: &std::io::Error| Fault {
        file: path.display().to_string(),
        line: None,
        key: String::new(),
        message: format!("cannot be read: {e}"),
    };
    let mut faults = Vec::new();
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        if !path.is_dir() {
            files.push(path.to_owned());
            continue;
        }
        match std::fs::read_dir(path) {
            Ok(entries) => {
                let of_folder =
                    entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml"));
                let before = files.len();
                files.extend(of_folder);
                files[before..].sort();
            }
            Err(e) => faults.push(unreadable(path, &e)),
        }
    }
    let mut families: Vec<Family> = Vec::new();
    for file in files {
        match std::fs::read_to_string(&file) {
            Err(e) => faults.push(unreadable(&file, &e)),
            Ok(text) => match Family::read(&file.display().to_string(), &text) {
                Err(of_file) => faults.extend(of_file),
                Ok(family) => match families.iter().find(|f| f.name == family.name) {
                    Some(other) => faults.push(Fault {
                        file: family.file.clone(),
                        line: None,
                        key: String::new(),
                        message: format!("has the name of {}; call it otherwise", other.file),
                    }),
                    None => families.push(family),
                },
            },
        }
    }
    if faults.is_empty() { Ok(families) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "title = \"Sums\"\ndomain = \"advanced_math\"\nconstraints = [\"a < b\"]\n\
        question = \"What is {{ a }} + {{ b }}?\"\ncode = \"\"\"\nprint({{ a }} + {{ b }})\n\"\"\"\n\
        [parameters]\na = { int = [1, 4] }\nb = { int = [1, 4] }\n";

    #[test]
    fn a_family_gives_each_of_its_problems_once() {
        let family = Family::read("x/sums.toml", GOOD).unwrap();
        assert_eq!((family.name.as_str(), family.domain.as_str()), ("sums", "advanced_math"));
        assert_eq!(family.positions(), Some(16));
        let mut all: Vec<String> = family.instances(1, 100).unwrap().into_iter().map(|i| i.question).collect();
        assert_eq!(all.len(), 6);
        assert_eq!(all, family.instances(1, 100).unwrap().into_iter().map(|i| i.question).collect::<Vec<_>>());
        assert_ne!(all, family.instances(2, 100).unwrap().into_iter().map(|i| i.question).collect::<Vec<_>>());
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 6);
        let first = &family.instances(1, 1).unwrap()[0];
        let (a, b) = (&first.parameters["a"], &first.parameters["b"]);
        assert_eq!(first.code.trim(), format!("print({a} + {b})"));
    }

    #[test]
    fn a_family_that_could_take_all_memory_or_time_is_refused() {
        for (from, to, wanted) in [
            ("What is", "{% for i in range(50000) %}{{ 'x' * 100000 }}{% endfor %}", "take numbers"),
            ("What is", "{{ '%1000000000d'|format(3) }}", "the filter `format`"),
            ("What is", "{{ 'a'|indent(1000000000) }}", "the filter `indent`"),
            ("What is", "{% set s = namespace(a='x') %}", "none of `for`"),
            ("What is", "{% for i in range(50000) %}x{% endfor %}", "at most 1000"),
            ("a < b", "range(100000)|list|length < 0", "at most 1000"),
        ] {
            let told = Family::read("f.toml", &GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(told.iter().any(|f| f.message.contains(wanted)), "{to}: {told:?}");
        }
        // Each of its instances takes many steps, and none holds: looking for one ends long before they are all tried.
        let slow = GOOD.replace("[1, 4]", "[1, 400]").replacen("a < b", "(range(a, a + 900)|list|length) + a < 0", 1);
        let told = Family::read("f.toml", &slow).unwrap_err();
        assert!(told[0].message.starts_with("leave nothing"), "{told:?}");
    }

    #[test]
    fn faults_point_at_file_line_and_key() {
        for (from, to, wanted) in [
            ("int = [1, 4] }\nb", "int = [9, 4] }\nb", "f.toml:9: parameters.a int = [9, 4] ends"),
            ("a < b", "a < c", "f.toml:3: constraints names `c`"),
            ("a < b", "a <", "f.toml:3: constraints[0] "),
            ("a < b", "a + b", "f.toml:3: constraints[0] gives"),
            ("a < b", "a > 9", "f.toml:3: constraints leave nothing"),
            ("print({{ a }} + {{ b }})", "x = 1\nprint({{ a } + {{ b }})", "f.toml:7: code "),
            ("print({{ a }} + {{ b }})", "x = 1\nprint({{ a // 0 }})", "f.toml:7: code "),
            ("print({{ a }} + {{ b }})", "print({{ z }})", "f.toml:5: code names `z`"),
            ("+ {{ b }}?", "", "f.toml:10: parameters.b is not in the question"),
            ("title", "titel", "f.toml:1: "),
            ("int = [1, 4] }\nb", "ints = [1, 4] }\nb", "f.toml:9:"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let told: Vec<String> = Family::read("f.toml", &text).unwrap_err().iter().map(Fault::to_string).collect();
            assert!(told.iter().any(|t| t.starts_with(wanted)), "{wanted}: {told:?}");
        }
        let two = GOOD.replace("[1, 4]", "[9, 4]");
        assert_eq!(Family::read("f.toml", &two).unwrap_err().len(), 2);
    }

    #[test]
    fn what_is_drawn_and_not_counted_comes_from_the_position_too() {
        let text = GOOD
            .replace("b = { int = [1, 4] }", "b = { list = { int = [5, 9] }, length = 2 }")
            .replace("a < b", "a < 4");
        let family = Family::read("f.toml", &text).unwrap();
        assert_eq!(family.positions(), None);
        assert_eq!(family.instances(5, 20).unwrap(), family.instances(5, 20).unwrap());
        // 3 × 25 problems, drawn until nothing new comes.
        assert_eq!(family.instances(5, 1000).unwrap().len(), 75);
    }
}
