//! What can be typed in `loong review --plain`: one table of words, and how a line is read.

use crate::store::record::{Curation, Judgement, RightSide};

use super::page::Part;

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Curate {
        curation: Curation,
        stays: bool,
    },
    Judge {
        judgement: Judgement,
        /// The response, counted from 1; the one being read where none is named.
        response: Option<usize>,
        stays: bool,
    },
    Right(RightSide),
    Note(String),
    Tag(Vec<String>),
    /// In the editor; or the reference answer, in the line itself.
    Correct(Option<String>),
    Undo,
    Redo,
    Next,
    Previous,
    NextDisagreement,
    PreviousDisagreement,
    Go(i64),
    Show,
    More,
    Part(Part),
    /// A response, counted from 1.
    Response(usize),
    NextResponse,
    PreviousResponse,
    Filter(String),
    History,
    Blind(Option<bool>),
    Stats,
    Help,
    Quit,
    /// An empty line: where am I?
    Where,
}

/// What help lists: short, in words, what it does. The short forms are the screen's keys.
const WORDS: &[(&str, &str, &str)] = &[
    ("a", "accept", "accept it, then the next one; A stays"),
    ("x", "reject", "reject it, then the next one; X stays"),
    ("f", "flag", "flag it for another look, then the next one; F stays"),
    ("oe", "judge equivalent", "the two answers mean the same; OE stays, `oe 2` judges response 2"),
    ("od", "judge different", "they do not; OD stays"),
    ("oc", "judge can't tell", "you can't tell; OC stays"),
    ("wc", "right code", "the code answer was right"),
    ("wt", "right cot", "the CoT answer was right"),
    ("wb", "right both", "both answers were right"),
    ("wn", "right neither", "neither answer was right"),
    ("c", "note TEXT", "write a note"),
    ("t", "tag A,B", "tag it"),
    ("E", "correct", "correct its question, code or answer in your editor; `correct answer 42` without one"),
    ("u", "undo", "take back your latest decision, however old"),
    ("", "redo", "put back what was taken back"),
    ("J", "next", "next candidate"),
    ("K", "previous", "candidate before"),
    ("n", "next disagreement", "next candidate that disagrees as it stands: judgements count"),
    ("N", "previous disagreement", "the one before"),
    ("12", "go 12", "candidate 12"),
    ("s", "show", "read it again"),
    ("m", "more", "what was left out of long texts"),
    ("", "question", "the question, whole; so too: code, output, cot, reasoning"),
    ("]", "response 2", "another response of the candidate; [ is the one before"),
    ("/", "filter TEXT", "only candidates that this takes; without a text all"),
    ("H", "history", "every decision on it, also those taken back"),
    ("b", "blind on, blind off", "hide verdicts until you have judged, or show them"),
    ("", "stats", "how many candidates, and what was decided"),
    ("?", "help", "this"),
    ("q", "quit", "leave; what was decided is stored"),
];

/// What can be typed, a line each.
pub(super) fn help() -> String {
    WORDS
        .iter()
        .map(|(short, words, does)| match *short {
            "" => format!("{words}: {does}\n"),
            short => format!("{words}, or {short}: {does}\n"),
        })
        .collect()
}

impl Command {
    /// Whether it stores something.
    pub(super) fn writes(&self) -> bool {
        matches!(
            self,
            Self::Curate { .. }
                | Self::Judge { .. }
                | Self::Right(_)
                | Self::Note(_)
                | Self::Tag(_)
                | Self::Correct(_)
                | Self::Undo
                | Self::Redo
        )
    }

    /// Reads a line.
    ///
    /// # Errors
    /// A sentence: what is not understood, and what may have been meant.
    pub(super) fn read(line: &str) -> Result<Self, String> {
        let line = line.trim();
        if let Some(filter) = line.strip_prefix('/') {
            return Ok(Self::Filter(filter.trim().to_owned()));
        }
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        // The screen's keys are typed one after the other: `o e`.
        if matches!(first, "o" | "O" | "w") && !rest.is_empty() {
            let (second, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            if second.chars().count() == 1 {
                return Self::worded(&format!("{first}{second}"), rest.trim());
            }
        }
        Self::worded(first, rest)
    }

    fn worded(first: &str, rest: &str) -> Result<Self, String> {
        let judge = |judgement, stays| Ok(Self::Judge { judgement, response: which(rest)?, stays });
        let lower = first.to_lowercase();
        // Letters mean something else as capitals; words do not.
        match if first.chars().count() > 2 { lower.as_str() } else { first } {
            "note" | "c" if rest.is_empty() => return Err("what is to be noted? `note TEXT`".to_owned()),
            "note" | "c" => return Ok(Self::Note(rest.to_owned())),
            "tag" | "t" => return tags(rest),
            "correct" | "E" if !rest.is_empty() => return correction(rest),
            "filter" => return Ok(Self::Filter(rest.to_owned())),
            "judge" => return judgement(rest),
            "right" => return right(rest),
            "blind" => return blind(rest),
            "oe" => return judge(Judgement::Equivalent, false),
            "od" => return judge(Judgement::Different, false),
            "oc" => return judge(Judgement::CantTell, false),
            "OE" | "Oe" => return judge(Judgement::Equivalent, true),
            "OD" | "Od" => return judge(Judgement::Different, true),
            "OC" | "Oc" => return judge(Judgement::CantTell, true),
            "go" => return number(rest).map(Self::Go),
            "response" => return number(rest).map(Self::Response),
            "next" | "previous" if rest == "disagreement" => {
                return Ok(if lower == "next" { Self::NextDisagreement } else { Self::PreviousDisagreement });
            }
            _ => {}
        }
        if !rest.is_empty() {
            return Err(unknown(&format!("{first} {rest}")));
        }
        if let Ok(id) = first.parse() {
            return Ok(Self::Go(id));
        }
        let curate = |curation, stays| Self::Curate { curation, stays };
        Ok(match if first.chars().count() > 2 { lower.as_str() } else { first } {
            "" => Self::Where,
            "a" | "accept" => curate(Curation::Accept, false),
            "A" => curate(Curation::Accept, true),
            "x" | "reject" => curate(Curation::Reject, false),
            "X" => curate(Curation::Reject, true),
            "f" | "flag" => curate(Curation::Flag, false),
            "F" => curate(Curation::Flag, true),
            "wc" => Self::Right(RightSide::Code),
            "wt" => Self::Right(RightSide::Cot),
            "wb" => Self::Right(RightSide::Both),
            "wn" => Self::Right(RightSide::Neither),
            "E" | "correct" => Self::Correct(None),
            "u" | "undo" => Self::Undo,
            "redo" => Self::Redo,
            "J" | "j" | "next" => Self::Next,
            "K" | "k" | "previous" => Self::Previous,
            "n" => Self::NextDisagreement,
            "N" => Self::PreviousDisagreement,
            "s" | "show" => Self::Show,
            "m" | "more" => Self::More,
            "question" => Self::Part(Part::Question),
            "code" => Self::Part(Part::Code),
            "output" => Self::Part(Part::Output),
            "cot" => Self::Part(Part::Cot),
            "reasoning" => Self::Part(Part::Reasoning),
            "]" => Self::NextResponse,
            "[" => Self::PreviousResponse,
            "H" | "history" => Self::History,
            "b" => Self::Blind(None),
            "stats" => Self::Stats,
            "?" | "help" => Self::Help,
            "q" | "quit" => Self::Quit,
            _ => return Err(unknown(first)),
        })
    }
}

/// `equivalent`, `different` or `can't tell`, and of which response.
fn judgement(rest: &str) -> Result<Command, String> {
    const JUDGEMENTS: &[(&str, Judgement)] = &[
        ("equivalent", Judgement::Equivalent),
        ("different", Judgement::Different),
        ("can't tell", Judgement::CantTell),
        ("cannot tell", Judgement::CantTell),
        ("cant tell", Judgement::CantTell),
        ("cant_tell", Judgement::CantTell),
    ];
    let said = rest.replace('’', "'").to_lowercase();
    let found = JUDGEMENTS.iter().find_map(|(words, j)| said.strip_prefix(words).map(|response| (*j, response)));
    match found {
        Some((judgement, response)) if response.is_empty() || response.starts_with(' ') => {
            Ok(Command::Judge { judgement, response: which(response.trim())?, stays: false })
        }
        _ => Err("judge what? `judge equivalent`, `judge different` or `judge can't tell`, and perhaps `response 2`"
            .to_owned()),
    }
}

fn correction(rest: &str) -> Result<Command, String> {
    match rest.strip_prefix("answer").map(str::trim) {
        Some(answer) if !answer.is_empty() => Ok(Command::Correct(Some(answer.to_owned()))),
        _ => Err("correct what? `correct answer 42`, or `correct` for all of it in your editor".to_owned()),
    }
}

fn right(rest: &str) -> Result<Command, String> {
    rest.to_lowercase()
        .parse()
        .map(Command::Right)
        .map_err(|_| "which side was right? `right code`, `right cot`, `right both` or `right neither`".to_owned())
}

fn blind(rest: &str) -> Result<Command, String> {
    match rest {
        "" => Ok(Command::Blind(None)),
        "on" => Ok(Command::Blind(Some(true))),
        "off" => Ok(Command::Blind(Some(false))),
        _ => Err("`blind on` hides verdicts until you have judged, `blind off` shows them".to_owned()),
    }
}

fn tags(rest: &str) -> Result<Command, String> {
    let tags: Vec<String> = rest.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
    if tags.is_empty() { Err("which tag? `tag hard,units`".to_owned()) } else { Ok(Command::Tag(tags)) }
}

/// Which response is meant, if one is named.
fn which(rest: &str) -> Result<Option<usize>, String> {
    match rest.strip_prefix("response").unwrap_or(rest).trim() {
        "" => Ok(None),
        n => number(n).map(Some),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| if text.is_empty() { "a number is missing".into() } else { format!("`{text}` is no number") })
}

fn unknown(typed: &str) -> String {
    let words: Vec<&str> =
        WORDS.iter().flat_map(|(short, words, _)| [*short, *words]).filter(|w| w.len() > 2).collect();
    // Of words with something behind them, the first one is enough to be meant.
    let heads: Vec<&str> =
        words.iter().map(|w| w.split(' ').next().unwrap_or(w)).chain(words.iter().copied()).collect();
    let near = similar::get_close_matches(typed.to_lowercase().as_str(), &heads, 1, 0.6);
    match near.first() {
        Some(near) => format!("`{typed}` is not understood; did you mean `{near}`? (`help` lists what can be typed)"),
        None => format!("`{typed}` is not understood; `help` lists what can be typed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_in_the_help_is_understood() {
        for (short, words, _) in WORDS {
            for word in [*short].into_iter().chain(words.split(", ")) {
                assert!(Command::read(word).is_ok() || matches!(*short, "c" | "t"), "{word}");
            }
        }
        assert!(help().lines().count() == WORDS.len());
    }

    #[test]
    fn lines_are_read() {
        use Command::{Blind, Curate, Filter, Go, Judge, Note, Right, Tag};
        let judge = |judgement, response, stays| Judge { judgement, response, stays };
        for (line, wanted) in [
            (" accept\r\n", Curate { curation: Curation::Accept, stays: false }),
            ("X", Curate { curation: Curation::Reject, stays: true }),
            ("Accept", Curate { curation: Curation::Accept, stays: false }),
            ("judge equivalent response 2", judge(Judgement::Equivalent, Some(2), false)),
            ("judge can't tell", judge(Judgement::CantTell, None, false)),
            ("judge can’t tell 3", judge(Judgement::CantTell, Some(3), false)),
            ("oe", judge(Judgement::Equivalent, None, false)),
            ("od 2", judge(Judgement::Different, Some(2), false)),
            ("o c", judge(Judgement::CantTell, None, false)),
            ("OE", judge(Judgement::Equivalent, None, true)),
            ("w n", Right(RightSide::Neither)),
            ("right cot", Right(RightSide::Cot)),
            ("note  two words ", Note("two words".to_owned())),
            ("tag hard, very hard ,", Tag(vec!["hard".to_owned(), "very hard".to_owned()])),
            ("/verdict:different", Filter("verdict:different".to_owned())),
            ("filter", Filter(String::new())),
            ("17", Go(17)),
            ("go 17", Go(17)),
            ("next disagreement", Command::NextDisagreement),
            ("N", Command::PreviousDisagreement),
            ("", Command::Where),
            ("blind off", Blind(Some(false))),
        ] {
            assert_eq!(Command::read(line), Ok(wanted), "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_says_what_may_have_been_meant() {
        for (line, says) in [
            ("acept", "did you mean `accept`"),
            ("histroy", "did you mean `history`"),
            ("zzz", "`help` lists"),
            ("accept 12", "not understood"),
            ("judge", "judge what?"),
            ("judge differently", "judge what?"),
            ("go there", "`there` is no number"),
            ("note", "what is to be noted"),
            ("tag ,", "which tag"),
            ("right", "which side"),
            ("blind maybe", "`blind on`"),
        ] {
            let told = Command::read(line).unwrap_err();
            assert!(told.contains(says), "{line}: {told}");
        }
    }
}
