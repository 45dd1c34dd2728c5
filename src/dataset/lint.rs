//! What is probably wrong with a seed, seen without running it.

use serde::Serialize;
use serde_json::Value;

use super::Datapoint;

/// Characters that an answer has at least before its standing in the question says anything.
const TELLING: usize = 4;

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name, in one or two words.
    pub name: &'static str,
    /// What it is and what to do, in a sentence.
    pub told: String,
}

/// Everything that is probably wrong with a seed; nothing where it looks right. Only a check says whether its code prints
/// its answer.
pub fn lint(seed: &Datapoint) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |name, told: &str| findings.push(Finding { name, told: told.to_owned() });
    let code: String = seed.rationale.lines().map(uncommented).flat_map(|line| [line, "\n"]).collect();
    if code.trim().is_empty() {
        find("no code", "it has no rationale, so nothing can be executed: write code that prints the answer");
    } else {
        if !code.contains("print") && !code.contains("sys.stdout") {
            find("prints nothing", "its code never prints: the last value printed is the code answer");
        }
        if code.contains("input(") {
            find("reads input", "its code asks for input, and nobody answers: state every value in the code");
        }
        if code.contains("random") && !code.contains("seed") && !code.contains("default_rng(") {
            find("unseeded", "its code draws random numbers without a seed, so each run may print something else");
        }
        let literal = seed.final_answer.trim();
        if code.trim() == format!("print({literal})") || code.trim() == format!("print('{literal}')") {
            find("prints a constant", "its code prints the answer without computing it, so a check says nothing");
        }
    }
    if seed.domain().is_empty() {
        find("no domain", "its metadata names no domain, so no choice of domains takes it");
    }
    if gives_away(&seed.question, &seed.final_answer) {
        find("gives it away", "the final answer stands in the question word for word");
    }
    findings
}

/// What beside that keeps a seed from being handed on: nobody knows under which licence and since when it is, or in which
/// versions its packages print its answer.
pub fn lint_handed_on(seed: &Datapoint) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |name, told: String| findings.push(Finding { name, told });
    let says = |keys: &[&str]| {
        let value = |key: &&str| seed.metadata.get(*key).and_then(Value::as_str);
        keys.iter().filter_map(value).any(|text| !text.trim().is_empty())
    };
    if !says(&["license", "licence"]) {
        find(
            "no licence",
            "its metadata names no license, so nobody may hand it on: write one, such as CC0-1.0".to_owned(),
        );
    }
    if !says(&["date_created", "date"]) {
        find(
            "no date",
            "its metadata has no date_created, so contamination can't be judged: write such as 2026-11-22".to_owned(),
        );
    }
    let needed = seed.dependencies();
    let bare = |requirement: &&String| !requirement.contains(['=', '<', '>', '~']);
    let unpinned: Vec<&str> = needed.as_slice().iter().filter(bare).map(String::as_str).collect();
    if !unpinned.is_empty() {
        let names = unpinned.join(", ");
        find(
            "unpinned",
            format!(
                "{names} may be of any version: write a range in which it prints its answer, such as numpy>=1.26,<3"
            ),
        );
    }
    findings
}

/// A line of Python up to a comment; a `#` in a text ends it too, which misses a finding and makes none.
fn uncommented(line: &str) -> &str {
    line.split('#').next().unwrap_or_default()
}

/// Whether an answer that is long enough to be one stands in the question, as a word of its own. One of several that are
/// to choose from gives nothing away.
fn gives_away(question: &str, answer: &str) -> bool {
    let answer = answer.trim();
    if answer.chars().count() < TELLING || ["true", "false"].contains(&answer.to_lowercase().as_str()) {
        return false;
    }
    question.match_indices(answer).any(|(at, found)| {
        let (before, after) = (&question[..at], &question[at + found.len()..]);
        let is_part = before.chars().next_back().is_some_and(char::is_alphanumeric)
            || after.chars().next().is_some_and(char::is_alphanumeric);
        let is_listed = [",", ";", " or", "/"].iter().any(|word| before.trim_end().ends_with(word))
            || [",", ";", "or ", "/"].iter().any(|word| after.trim_start().starts_with(word));
        !is_part && !is_listed
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(question: &str, code: &str, answer: &str) -> Vec<&'static str> {
        let value = json!({"question": question, "rationale": code, "final_answer": answer,
            "metadata": {"domain": "logic"}});
        lint(&Datapoint::from_value(value).unwrap()).iter().map(|f| f.name).collect()
    }

    #[test]
    fn what_keeps_a_seed_from_being_handed_on_is_named() {
        let names = |metadata: Value| {
            let value = json!({"question": "q", "rationale": "print(1)", "final_answer": "1", "metadata": metadata});
            lint_handed_on(&Datapoint::from_value(value).unwrap()).iter().map(|f| f.name).collect::<Vec<_>>()
        };
        assert_eq!(names(json!({"domain": "logic"})), ["no licence", "no date"]);
        let whole =
            json!({"license": "CC0-1.0", "date_created": "2026-11-22", "required_dependencies": ["numpy>=1.26,<3"]});
        assert!(names(whole).is_empty());
        let bare = json!({"licence": "MIT", "date": "2026-11-22", "required_dependencies": ["numpy", "sympy==1.13.3"]});
        assert_eq!(names(bare), ["unpinned"]);
    }

    #[test]
    fn what_looks_wrong_is_named_and_what_looks_right_is_not() {
        assert!(names("What is 2 + 2?", "print(2 + 2)", "4").is_empty());
        assert_eq!(names("What?", "  # nothing yet", "4"), ["no code"]);
        assert_eq!(names("What?", "x = 2 # print(x)", "4"), ["prints nothing"]);
        assert_eq!(names("What?", "print(int(input()))", "4"), ["reads input"]);
        assert_eq!(names("What?", "import random\nprint(random.random())", "4"), ["unseeded"]);
        assert!(names("What?", "import random\nrandom.seed(1)\nprint(random.random())", "4").is_empty());
        assert_eq!(names("What?", "print(4)", "4"), ["prints a constant"]);
        assert_eq!(names("Is 2731 the answer?", "print(1+2730)", "2731"), ["gives it away"]);
        assert!(names("Is 27312 odd?", "print(1+2730)", "2731").is_empty(), "a part of another number");
        assert_eq!(names("Answer with a route such as A->C->B.", "print('A->'+'C->B')", "A->C->B"), ["gives it away"]);
        assert!(names("Is it over, under or even?", "print('un'+'der')", "under").is_empty(), "one to choose");
        assert!(names("Does it hold? Answer True or False.", "print(2 > 1)", "True").is_empty());
        assert!(names("Is 4 odd?", "print(2+2)", "4").is_empty(), "too short to say anything");
        let bare =
            Datapoint::from_value(json!({"question": "q", "final_answer": 1, "rationale": "print(2-1)"})).unwrap();
        assert_eq!(lint(&bare)[0].name, "no domain");
    }
}
