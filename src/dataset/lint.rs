//! What is probably wrong with a seed, seen without running it.

use serde::Serialize;

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

/// A line of Python up to a comment; a `#` in a text ends it too, which misses a finding and makes none.
fn uncommented(line: &str) -> &str {
    line.split('#').next().unwrap_or_default()
}

/// Whether an answer that is long enough to be one stands in the question, as a word of its own.
fn gives_away(question: &str, answer: &str) -> bool {
    let answer = answer.trim();
    answer.chars().count() >= TELLING
        && question.match_indices(answer).any(|(at, found)| {
            let before = question[..at].chars().next_back();
            let after = question[at + found.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
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
        assert!(names("Is 4 odd?", "print(2+2)", "4").is_empty(), "too short to say anything");
        let bare =
            Datapoint::from_value(json!({"question": "q", "final_answer": 1, "rationale": "print(2-1)"})).unwrap();
        assert_eq!(lint(&bare)[0].name, "no domain");
    }
}
