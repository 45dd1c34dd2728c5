//! Votes: reading one, counting them, and the verdict that they make.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::fold::is_invisible;
use crate::verifier::{Outcome, Tier, Verdict};
use crate::words::words;

words! {
    /// A judge's word on a pair.
    pub enum Vote {
        /// The two answers mean the same.
        Equivalent = "equivalent",
        /// They do not.
        Different = "different",
        /// The judge says that it can't tell.
        CantTell = "can't tell",
    }
}

/// The words that a vote may have, in the order in which prompts name them.
pub const WORDS: [&str; 3] = ["equivalent", "different", "can't tell"];

/// Longest part of a judge's own words that a reason keeps, in characters.
const LONGEST_REASON: usize = 240;

/// What came of asking for one vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cast {
    /// A vote, with the judge's reason, cleaned and cut.
    Vote(Vote, String),
    /// A reply without a readable vote, or with another's nonce.
    Spoiled(&'static str),
    /// No reply, and why.
    Failed(String),
}

impl Vote {
    /// The vote in a reply. `object` is the JSON object with `verdict` and `nonce` that was found in it, if any; without
    /// one, a reply counts that holds the nonce and labels or says a single one of the words.
    pub fn of(reply: &str, object: Option<&Map<String, Value>>, nonce: &str) -> Cast {
        if let Some(object) = object {
            let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
            if !text("nonce").trim().eq_ignore_ascii_case(nonce) {
                return Cast::Spoiled("did not return its nonce");
            }
            return match word(text("verdict")) {
                Some(vote) => Cast::Vote(vote, shown(text("reason"))),
                None => Cast::Spoiled("had none of the words a vote may have"),
            };
        }
        if !reply.to_ascii_lowercase().contains(nonce) {
            return Cast::Spoiled("did not return its nonce");
        }
        labelled(reply).map_or(Cast::Spoiled("had no readable verdict"), |vote| Cast::Vote(vote, String::new()))
    }
}

/// The vote that a value of `verdict` is.
fn word(text: &str) -> Option<Vote> {
    let plain = text.to_lowercase().replace(['\'', '’'], "").replace(['_', '-'], " ");
    match plain.trim_matches(|c: char| !c.is_alphanumeric()) {
        "equivalent" | "equal" | "same" | "the same" => Some(Vote::Equivalent),
        "different" | "not equivalent" | "inequivalent" | "non equivalent" | "unequal" | "not equal"
        | "not the same" => Some(Vote::Different),
        "cant tell" | "cannot tell" | "can not tell" | "unknown" | "undecided" | "unsure" => Some(Vote::CantTell),
        _ => None,
    }
}

/// The vote of a reply without an object: what follows the last `verdict`, else the whole last line.
fn labelled(reply: &str) -> Option<Vote> {
    let line = |l: &str| l.trim().trim_matches(|c: char| "*_`\"'#>{}, ".contains(c)).to_lowercase();
    let lines: Vec<String> = reply.lines().map(line).filter(|l| !l.is_empty()).collect();
    let named = lines.iter().rev().find_map(|l| l.strip_prefix("verdict").or_else(|| l.strip_prefix("final verdict")));
    match named {
        Some(rest) => word(rest.trim_start_matches(|c: char| !c.is_alphanumeric())),
        None => lines.last().and_then(|l| word(l)),
    }
}

/// A judge's words as evidence: one line, nothing invisible, cut.
fn shown(text: &str) -> String {
    let flat = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let clean: String = flat.filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    let squeezed = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if squeezed.chars().count() <= LONGEST_REASON {
        return squeezed;
    }
    let cut: String = squeezed.chars().take(LONGEST_REASON).collect();
    format!("{}…", cut.trim_end())
}

/// The count of some votes on one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    casts: Vec<Cast>,
}

impl Tally {
    /// The tally of all that was cast, in the order of asking.
    pub fn new(casts: Vec<Cast>) -> Self {
        Self { casts }
    }

    fn count(&self, vote: Vote) -> usize {
        self.casts.iter().filter(|c| matches!(c, Cast::Vote(v, _) if *v == vote)).count()
    }

    /// The word that more than half of all votes asked for have: what failed or was spoiled counts as no vote, so a
    /// judge that is hard to reach decides less, not otherwise.
    pub fn majority(&self) -> Option<Vote> {
        Vote::ALL.iter().copied().find(|v| self.count(*v) * 2 > self.casts.len())
    }

    /// Whether the votes that failed could have decided what those that came do not.
    pub fn is_open(&self) -> bool {
        let failed = self.casts.iter().filter(|c| matches!(c, Cast::Failed(_))).count();
        let most = [Vote::Equivalent, Vote::Different].map(|vote| self.count(vote)).into_iter().max().unwrap_or(0);
        failed > 0 && self.majority().is_none() && (most + failed) * 2 > self.casts.len()
    }

    /// Whether the votes of one order of the answers all say one thing and those of the other order another.
    fn follows_position(&self) -> bool {
        let votes = |start: usize| {
            let mut said = self.casts.iter().skip(start).step_by(2).filter_map(|c| match c {
                Cast::Vote(v, _) => Some(*v),
                _ => None,
            });
            let first = said.next()?;
            said.all(|v| v == first).then_some(first)
        };
        matches!((votes(0), votes(1)), (Some(a), Some(b)) if a != b)
    }

    /// The verdict that the votes make of an undecided one. Without a single vote it stays as it was, and its reason
    /// says so. The version names model and votes, and `prompt`, which tells one's own prompt from the embedded one.
    #[must_use]
    pub fn conclude(&self, model: &str, prompt: Option<&str>, mut verdict: Verdict) -> Verdict {
        let model = name(model);
        let asked = self.casts.len();
        let cast = self.casts.iter().filter(|c| matches!(c, Cast::Vote(..))).count();
        if cast == 0 {
            let why = self.casts.iter().find_map(|c| match c {
                Cast::Failed(why) => Some(format!("it failed: {}", shown(why))),
                Cast::Spoiled(why) => Some(format!("its reply {why}")),
                Cast::Vote(..) => None,
            });
            let why = why.unwrap_or_else(|| "no vote was asked for".to_owned());
            verdict.reason = format!("{} The judge {model} gave no vote; {why}", verdict.reason);
            end_sentence(&mut verdict.reason);
            return verdict;
        }
        verdict.tier = Tier::Judge;
        verdict.version = format!("{}+judge:{model}:k{asked}", verdict.version);
        if let Some(prompt) = prompt {
            let _ = write!(verdict.version, ":{prompt}");
        }
        let decided = self.majority();
        let (outcome, says) = match decided {
            Some(Vote::Equivalent) => (Outcome::Equivalent, "equivalent"),
            Some(Vote::Different) => (Outcome::Different, "different"),
            Some(Vote::CantTell) => (Outcome::Undecided, "can't tell"),
            None => (Outcome::Undecided, "no majority"),
        };
        verdict.outcome = outcome;
        let mut reason = match decided {
            Some(vote) => format!("{} of {asked} votes of {model}: {says}", self.count(vote)),
            None => format!("No majority among {asked} votes of {model}: {}", self.counts()),
        };
        if decided.is_some_and(|vote| self.count(vote) < asked) {
            let _ = write!(reason, " ({})", self.counts());
        }
        if self.follows_position() {
            reason.push_str("; the votes went with the order of the answers");
        }
        if let Some(said) = self.casts.iter().find_map(|c| match c {
            Cast::Vote(v, said) if Some(*v) == decided && !said.is_empty() => Some(said),
            _ => None,
        }) {
            let _ = write!(reason, ". It says: {said}");
        }
        end_sentence(&mut reason);
        verdict.reason = reason;
        if outcome != Outcome::Undecided {
            verdict.side = None;
        }
        verdict
    }

    /// How many of each.
    fn counts(&self) -> String {
        let mut parts: Vec<String> = Vote::ALL
            .iter()
            .map(|v| (self.count(*v), v.as_str()))
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}"))
            .collect();
        let none = self.casts.iter().filter(|c| !matches!(c, Cast::Vote(..))).count();
        if none > 0 {
            parts.push(format!("{none} without a vote"));
        }
        parts.join(", ")
    }
}

fn end_sentence(text: &mut String) {
    if !text.ends_with(['.', '…', '!', '?']) {
        text.push('.');
    }
}

/// A model's name as a version can hold it: one word, cut.
fn name(model: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || "._-/@".contains(c) { c } else { '-' };
    model.chars().take(80).map(kept).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::verifier::Side;

    const NONCE: &str = "0123456789ab";

    fn cast(vote: Vote) -> Cast {
        Cast::Vote(vote, "Because.".into())
    }

    fn undecided() -> Verdict {
        Verdict {
            outcome: Outcome::Undecided,
            tier: Tier::Text,
            leniencies: Vec::new(),
            reason: "The texts differ.".into(),
            extracted: Some("a".into()),
            reference_value: "b".into(),
            response_value: "a".into(),
            side: Some(Side::Both),
            version: "rules-1/standard".into(),
        }
    }

    #[test]
    fn a_vote_is_read_from_its_object() {
        for (said, vote) in [
            ("equivalent", Vote::Equivalent),
            ("Equivalent.", Vote::Equivalent),
            ("different", Vote::Different),
            ("not equivalent", Vote::Different),
            ("can't tell", Vote::CantTell),
            ("cannot tell", Vote::CantTell),
            ("can’t tell", Vote::CantTell),
            ("cant_tell", Vote::CantTell),
        ] {
            let object = json!({"nonce": NONCE, "verdict": said, "reason": "r\u{1b}[2J\nx"});
            let read = Vote::of("", object.as_object(), NONCE);
            assert_eq!(read, Cast::Vote(vote, "r[2J x".to_owned()), "{said}");
        }
        for object in [
            json!({"nonce": "ffffffffffff", "verdict": "equivalent"}),
            json!({"verdict": "equivalent"}),
            json!({"nonce": NONCE, "verdict": "perhaps equivalent"}),
            json!({"nonce": NONCE}),
        ] {
            assert!(matches!(Vote::of("", object.as_object(), NONCE), Cast::Spoiled(_)), "{object}");
        }
    }

    #[test]
    fn a_vote_is_read_from_plain_words_that_hold_the_nonce() {
        for (reply, vote) in [
            (format!("nonce: {NONCE}\nverdict: **equivalent**"), Some(Vote::Equivalent)),
            (format!("{NONCE}\nI was asked whether they are equivalent.\nVerdict: different."), Some(Vote::Different)),
            (format!("{NONCE}\nequivalent"), Some(Vote::Equivalent)),
            (format!("{NONCE}\nnot equivalent"), Some(Vote::Different)),
            (format!("{NONCE}\nThey may be equivalent or different"), None),
            ("verdict: equivalent".to_owned(), None),
            (String::new(), None),
        ] {
            let read = Vote::of(&reply, None, NONCE);
            assert_eq!(matches!(read, Cast::Vote(v, _) if Some(v) == vote), vote.is_some(), "{reply}: {read:?}");
        }
    }

    #[test]
    fn more_than_half_of_all_that_was_asked_decides() {
        use Vote::{CantTell, Different, Equivalent};
        let failed = || Cast::Failed("down".into());
        for (casts, outcome) in [
            (vec![cast(Equivalent), cast(Equivalent), cast(Different)], Outcome::Equivalent),
            (vec![cast(Different), cast(Equivalent), cast(Different)], Outcome::Different),
            (vec![cast(Equivalent), cast(Different), cast(CantTell)], Outcome::Undecided),
            (vec![cast(CantTell), cast(CantTell), cast(Equivalent)], Outcome::Undecided),
            (vec![cast(Equivalent), failed(), failed()], Outcome::Undecided),
            (vec![cast(Equivalent), failed(), cast(Equivalent)], Outcome::Equivalent),
            (vec![cast(Equivalent)], Outcome::Equivalent),
        ] {
            let told = Tally::new(casts.clone()).conclude("m", None, undecided());
            assert_eq!((told.outcome, told.tier), (outcome, Tier::Judge), "{casts:?}");
            assert_eq!(told.version, format!("rules-1/standard+judge:m:k{}", casts.len()));
            assert_eq!(told.side.is_none(), outcome != Outcome::Undecided, "{casts:?}");
        }
    }

    #[test]
    fn votes_that_failed_leave_open_what_they_could_have_decided() {
        use Vote::{CantTell, Different, Equivalent};
        let failed = || Cast::Failed("down".into());
        let spoiled = || Cast::Spoiled("was odd");
        for (casts, is_open) in [
            (vec![failed()], true),
            (vec![failed(), failed(), failed()], true),
            (vec![cast(Equivalent), failed(), failed()], true),
            (vec![cast(Equivalent), cast(Different), failed()], true),
            (vec![spoiled(), failed(), failed()], true),
            (vec![cast(CantTell), spoiled(), failed()], false),
            (vec![cast(CantTell), cast(CantTell), failed()], false),
            (vec![cast(Equivalent), cast(Equivalent), failed()], false),
            (vec![cast(Equivalent), cast(Different), cast(CantTell)], false),
            (vec![spoiled(), spoiled(), spoiled()], false),
        ] {
            assert_eq!(Tally::new(casts.clone()).is_open(), is_open, "{casts:?}");
        }
    }

    #[test]
    fn the_reason_is_told_with_its_count() {
        let votes = vec![cast(Vote::Equivalent), cast(Vote::Equivalent), cast(Vote::Different)];
        let told = Tally::new(votes).conclude("my model", None, undecided());
        assert_eq!(told.reason, "2 of 3 votes of my-model: equivalent (2 equivalent, 1 different). It says: Because.");
        let votes = vec![cast(Vote::Equivalent), cast(Vote::Different), cast(Vote::Equivalent)];
        let told = Tally::new(votes).conclude("m", None, undecided());
        assert!(told.reason.contains("went with the order of the answers"), "{}", told.reason);
    }

    #[test]
    fn without_a_vote_the_verdict_stays() {
        let failed = Tally::new(vec![Cast::Failed("it could not be reached".into()), Cast::Spoiled("was odd")]);
        let told = failed.conclude("m", None, undecided());
        let reason = "The texts differ. The judge m gave no vote; it failed: it could not be reached.".to_owned();
        assert_eq!(told, Verdict { reason, ..undecided() });
    }

    #[test]
    fn a_judges_words_are_cleaned_and_cut() {
        assert_eq!(shown("a\u{202e}\n\tb\u{1b}]0;x\u{7}"), "a b]0;x");
        let long = shown(&"word ".repeat(200));
        assert!(long.ends_with('…') && long.chars().count() <= LONGEST_REASON + 1);
    }
}
