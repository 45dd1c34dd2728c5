//! The fixtures, a file a class: what mathematics and convention say of a pair, the verifier must say too.
//!
//! Fields are divided by tabs: the word that the verdict must fit, the leniencies it must name (`none` for an
//! equivalent that needs none, `-` for no demand), the reference, the response, and then `key=value` fields:
//! `question`, `domain`, `tolerance`, `options` (divided by `|`), `preset`, `leniency`, and `way=one` where the word
//! holds only with the reference on the left. `⏎ ⇥ ␌ ␈ ␍` stand for line feed, tab, form feed, backspace and carriage
//! return, since `\n` and its like begin names of LaTeX. `# ` begins a comment.

use std::path::Path;
use std::str::FromStr;

use loong::verifier::{Leniency, Outcome, Pair, Preset, RuleVerifier, Verdict, Verifier, VerifierOptions};

/// A row: a pair, the options it is verified under, and what the verdict must be.
struct Fixture {
    word: String,
    leniencies: String,
    pair: Pair,
    options: VerifierOptions,
    one_way: bool,
}

/// The text that a field stands for.
fn text(field: &str) -> String {
    let control = |c: char| match c {
        '⏎' => '\n',
        '⇥' => '\t',
        '␌' => '\u{c}',
        '␈' => '\u{8}',
        '␍' => '\r',
        other => other,
    };
    field.chars().map(control).collect()
}

impl Fixture {
    fn read(line: &str) -> Result<Self, String> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [word, leniencies, reference, response, rest @ ..] = fields.as_slice() else {
            return Err("it has fewer than four fields".to_owned());
        };
        let mut row = Self {
            word: (*word).to_owned(),
            leniencies: (*leniencies).to_owned(),
            pair: Pair { references: vec![text(reference)], response: text(response), ..Pair::default() },
            options: VerifierOptions::default(),
            one_way: false,
        };
        for field in rest {
            let (key, value) = field.split_once('=').ok_or_else(|| format!("`{field}` is not key=value"))?;
            match key {
                "question" => row.pair.question = Some(text(value)),
                "domain" => row.pair.domain = Some(value.to_owned()),
                "tolerance" => row.pair.tolerance = Some(value.parse().map_err(|e| format!("tolerance: {e}"))?),
                "options" => row.pair.options = value.split('|').map(str::to_owned).collect(),
                "preset" => {
                    row.options = VerifierOptions::preset(Preset::from_str(value).map_err(|e| e.to_string())?);
                }
                "leniency" => row.options.apply(value).map_err(|e| e.to_string())?,
                "way" if value == "one" => row.one_way = true,
                _ => return Err(format!("`{field}` is not a field of a fixture")),
            }
        }
        Ok(row)
    }

    /// What is wrong with the verdicts on this row, a sentence each.
    fn faults(&self) -> Vec<String> {
        let verifier = RuleVerifier::new(self.options.clone());
        let mut faults = Vec::new();
        faults.extend(self.fault(&verifier.verify(&self.pair)));
        if !self.one_way {
            let back = Pair {
                references: vec![self.pair.response.clone()],
                response: self.pair.references.concat(),
                ..self.pair.clone()
            };
            faults.extend(self.fault(&verifier.verify(&back)).map(|f| format!("turned round, {f}")));
        }
        faults
    }

    fn fault(&self, verdict: &Verdict) -> Option<String> {
        let outcome = verdict.outcome;
        let fits = match self.word.as_str() {
            "equivalent" => outcome == Outcome::Equivalent,
            "different" => outcome == Outcome::Different,
            "undecided" => outcome == Outcome::Undecided,
            "not-equivalent" => matches!(outcome, Outcome::Different | Outcome::Undecided),
            "not-different" => matches!(outcome, Outcome::Equivalent | Outcome::Undecided),
            other => return Some(format!("`{other}` is no word of a fixture")),
        };
        let evidence = format!("{} [{} | {}]", verdict.reason, verdict.reference_value, verdict.response_value);
        if !fits {
            return Some(format!("it is {outcome}: {evidence}"));
        }
        let named = match self.leniencies.as_str() {
            _ if outcome != Outcome::Equivalent => true,
            "-" => true,
            "none" => verdict.leniencies.is_empty(),
            some => some
                .split(',')
                .all(|word| Leniency::from_str(word).is_ok_and(|leniency| verdict.leniencies.contains(&leniency))),
        };
        (!named).then(|| format!("it names {:?}: {evidence}", verdict.leniencies))
    }
}

/// The rows of a file, with the number of the line; the lines that are none are faults.
fn rows(name: &str, text: &str, faults: &mut Vec<String>) -> Vec<(usize, String, Fixture)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with("# "));
    let mut rows = Vec::new();
    for (at, line) in lines {
        match Fixture::read(line) {
            Ok(row) => rows.push((at + 1, line.to_owned(), row)),
            Err(problem) => faults.push(format!("{name}:{}: {problem}", at + 1)),
        }
    }
    rows
}

#[test]
fn every_fixture_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/fixtures");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut total, mut equal, mut unequal, mut faults) = (0, 0, 0, Vec::new());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (at, line, row) in rows(&name, &std::fs::read_to_string(&file).unwrap(), &mut faults) {
            total += 1;
            equal += usize::from(row.word == "equivalent");
            unequal += usize::from(matches!(row.word.as_str(), "different" | "not-equivalent"));
            faults.extend(row.faults().iter().map(|fault| format!("{name}:{at}: `{line}`\n  {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults in {total} fixtures:\n{}", faults.len(), faults.join("\n"));
    assert!(total >= 1_000, "there are {total} fixtures");
    assert!(equal * 4 >= total && unequal * 4 >= total, "of {total} rows {equal} are equal and {unequal} unequal");
}

#[test]
fn a_row_that_does_not_hold_is_a_fault() {
    for line in [
        "equivalent\t-\t1\t2",
        "different\t-\t1\t1.0",
        "equivalent\trounding\t1/2\t0.5",
        "equivalent\tnone\t600/7\t85.71",
        "not-different\t-\t1\t2",
        "same\t-\t1\t1",
    ] {
        assert!(!Fixture::read(line).unwrap().faults().is_empty(), "{line}");
    }
    for line in ["equivalent\t-\t1", "equivalent\t-\t1\t1\tkindness=2", "equivalent\t-\t1\t1\tway=both"] {
        assert!(Fixture::read(line).is_err(), "{line}");
    }
}

#[test]
fn what_is_wanted_is_not_yet_had() {
    let mut faults = Vec::new();
    let rows = rows("wanted.tsv", include_str!("wanted.tsv"), &mut faults);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let held: Vec<&str> =
        rows.iter().filter(|(_, _, row)| row.faults().is_empty()).map(|(_, line, _)| line.as_str()).collect();
    assert!(held.is_empty(), "these hold now; move them to a file in fixtures:\n{}", held.join("\n"));
}
