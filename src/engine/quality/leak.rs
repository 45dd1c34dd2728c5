//! Whether a question gives its answer away, as far as its words show: where it says what the answer is, or has a long
//! answer in it word for word. A short one may well be among the numbers that are asked about.

/// Characters from which on an answer does not stand in a question by chance.
const LONG: usize = 16;

/// Words that an answer follows.
const CUES: &[&str] = &["answer", "solution", "result", "output", "\\boxed"];

/// Words of questions that show the right answer among others.
const CHOICES: &[&str] =
    &["which of", "choose", "select", "options", "option", "one of the following", "decide whether"];

/// Answers that a question may ask to be given.
const YES_NO: &[&str] = &["yes", "no", "true", "false"];

/// How the question gives `answer` away; `None` where it does not.
pub(in crate::engine) fn leak(question: &str, answer: &str) -> Option<String> {
    let (question, answer) = (plain(question), plain(answer));
    if answer.is_empty() || YES_NO.contains(&answer.as_str()) || CHOICES.iter().any(|words| question.contains(words)) {
        return None;
    }
    for (at, cue) in CUES.iter().flat_map(|cue| question.match_indices(cue)) {
        let rest = question[at + cue.len()..].trim_start_matches([' ', ':', '=', '{', '$', '`', '*', '(']);
        let rest = rest.strip_prefix("is ").unwrap_or(rest).trim_start_matches(['$', '`', '\\', '{', ':', ' ']);
        let said = rest.strip_prefix(answer.as_str());
        if said.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '.' && goes_on(after))) {
            return Some(format!("the question says “{cue} {answer}”"));
        }
    }
    let whole = answer.chars().count() >= LONG && question.contains(&answer);
    whole.then(|| "the answer stands in the question word for word".to_owned())
}

/// Whether a full stop is followed by more of a number.
fn goes_on(after: &str) -> bool {
    after[1..].starts_with(|c: char| c.is_ascii_digit())
}

/// In lower case, with single spaces.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_its_answer_is_found() {
        for (question, answer) in [
            ("How many primes are below 10? (Answer: 4)", "4"),
            ("Show that the answer is 12.", "12"),
            ("What is 3+4? \\boxed{7}", "7"),
            ("Sum 1 to 4. The result is `10`.", "10"),
            ("Sort 3, 1. [1, 2, 3, 5, 8, 13, 21] is what you should find.", "[1, 2, 3, 5, 8, 13, 21]"),
        ] {
            assert!(leak(question, answer).is_some(), "{question}");
        }
    }

    #[test]
    fn what_asks_about_its_answer_is_left_alone() {
        for (question, answer) in [
            ("Which of 3, 9 and 4 is the largest?", "9"),
            ("What is the greatest common divisor of 12 and 4?", "4"),
            ("Is the result 17 prime? Answer yes or no.", "yes"),
            ("Give the answer as a list. The answer is 120 modulo 7.", "12"),
            ("The answer is 1.25 times x for x = 4. What is x?", "1"),
            (
                "Choose one of the following: the red house with 12 windows, the blue one.",
                "the red house with 12 windows",
            ),
            ("What is it?", ""),
        ] {
            assert_eq!(leak(question, answer), None, "{question}");
        }
    }
}
