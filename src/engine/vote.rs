//! What several programs for one question say together: unlike programs that print one value are a better reference than one
//! program alone.

use serde_json::{Value, json};

use crate::failure::FailureKind;

/// What one program came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ballot {
    /// It printed this, each time.
    Printed(String),
    /// It has no vote.
    Failed(FailureKind, String),
}

/// The ballots of all programs, those that printed equivalent values together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Vote {
    ballots: Vec<Ballot>,
    /// In the order of their first program.
    groups: Vec<Group>,
}

/// Programs that printed one value.
#[derive(Debug, Clone, PartialEq)]
struct Group {
    answer: String,
    programs: Vec<usize>,
}

/// What the programs amount to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// More than half of those that have a vote printed it, this program first.
    Reference(String, usize),
    /// There is no such value.
    Failed(FailureKind, String),
}

impl Vote {
    /// Counts; `same` says whether two values are equivalent.
    pub(super) fn count(ballots: Vec<Ballot>, same: impl Fn(&str, &str) -> bool) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for (program, ballot) in ballots.iter().enumerate() {
            let Ballot::Printed(answer) = ballot else { continue };
            let equal = groups.iter().position(|g| g.answer == *answer);
            match equal.or_else(|| groups.iter().position(|g| same(&g.answer, answer))) {
                Some(at) => groups[at].programs.push(program),
                None => groups.push(Group { answer: answer.clone(), programs: vec![program] }),
            }
        }
        Self { ballots, groups }
    }

    /// The reference, where a value has the majority of the votes.
    pub(super) fn word(&self) -> Word {
        let voters: usize = self.groups.iter().map(|g| g.programs.len()).sum();
        let most = self.groups.iter().max_by_key(|g| g.programs.len());
        match most {
            Some(group) if 2 * group.programs.len() > voters => {
                Word::Reference(group.answer.clone(), group.programs[0])
            }
            Some(_) => {
                let counts: Vec<String> = self.groups.iter().map(|g| g.programs.len().to_string()).collect();
                let message = format!(
                    "{voters} programs printed {} unlike values, none of which has a majority ({} votes)",
                    self.groups.len(),
                    counts.join(" to ")
                );
                Word::Failed(FailureKind::Nondeterministic, message)
            }
            None => self.nothing(),
        }
    }

    /// Why no program has a vote: in the words of the first, whose kind it takes.
    fn nothing(&self) -> Word {
        match self.ballots.first() {
            Some(Ballot::Failed(kind, message)) if self.ballots.len() == 1 => Word::Failed(*kind, message.clone()),
            Some(Ballot::Failed(kind, message)) => {
                let n = self.ballots.len();
                Word::Failed(*kind, format!("none of {n} programs gives an answer; the first: {message}"))
            }
            _ => Word::Failed(FailureKind::CodeEmpty, "the draft has no program".to_owned()),
        }
    }

    /// The votes, for the candidate's metadata: each value and each failure with the programs behind it, from 0.
    pub(super) fn metadata(&self) -> Value {
        let printed = self.groups.iter().map(|g| json!({"answer": g.answer, "programs": g.programs}));
        let failed = self.ballots.iter().enumerate().filter_map(|(program, ballot)| match ballot {
            Ballot::Failed(kind, message) => {
                Some(json!({"failure": kind.as_str(), "message": message, "programs": [program]}))
            }
            Ballot::Printed(_) => None,
        });
        printed.chain(failed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(ballots: &[&str]) -> Vote {
        let ballot = |word: &&str| match *word {
            "crash" => Ballot::Failed(FailureKind::CodeError, "exit 1".into()),
            "slow" => Ballot::Failed(FailureKind::CodeTimeout, "killed".into()),
            printed => Ballot::Printed(printed.into()),
        };
        Vote::count(ballots.iter().map(ballot).collect(), |a, b| a.trim_end_matches(".0") == b.trim_end_matches(".0"))
    }

    fn reference(answer: &str, program: usize) -> Word {
        Word::Reference(answer.into(), program)
    }

    fn kind(ballots: &[&str]) -> FailureKind {
        match vote(ballots).word() {
            Word::Failed(kind, _) => kind,
            Word::Reference(answer, _) => panic!("{ballots:?} gave {answer}"),
        }
    }

    #[test]
    fn the_majority_of_those_that_print_is_the_reference() {
        assert_eq!(vote(&["4"]).word(), reference("4", 0));
        assert_eq!(vote(&["5", "4", "4.0"]).word(), reference("4", 1), "equivalent values are one");
        assert_eq!(vote(&["crash", "4", "4"]).word(), reference("4", 1), "a crash does not sink the others");
        assert_eq!(vote(&["crash", "slow", "4"]).word(), reference("4", 2));
        assert_eq!(vote(&["1", "2", "2", "3", "2"]).word(), reference("2", 1));
    }

    #[test]
    fn a_tie_is_no_majority_and_a_plurality_is_none_either() {
        assert_eq!(kind(&["4", "5"]), FailureKind::Nondeterministic);
        assert_eq!(kind(&["4", "5", "crash"]), FailureKind::Nondeterministic);
        assert_eq!(kind(&["2", "2", "3", "4"]), FailureKind::Nondeterministic);
    }

    #[test]
    fn where_nothing_is_printed_the_first_program_says_why() {
        assert_eq!(kind(&["slow"]), FailureKind::CodeTimeout);
        assert_eq!(kind(&["slow", "crash", "crash"]), FailureKind::CodeTimeout);
        assert_eq!(kind(&[]), FailureKind::CodeEmpty);
    }

    #[test]
    fn every_vote_is_told() {
        let told = vote(&["4", "crash", "4.0", "5"]).metadata();
        assert_eq!(told[0], json!({"answer": "4", "programs": [0, 2]}));
        assert_eq!(told[1], json!({"answer": "5", "programs": [3]}));
        assert_eq!((&told[2]["failure"], &told[2]["programs"]), (&json!("code_error"), &json!([1])));
    }
}
