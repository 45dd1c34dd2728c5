//! The ledger: what replies used and what they cost, by role and model.

use crate::model::{ChatReply, Role};
use crate::store::record::Spent;

/// One line for each model in each role.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    lines: Vec<Spent>,
}

impl Ledger {
    /// A ledger that goes on from earlier lines.
    pub fn of(lines: Vec<Spent>) -> Self {
        Self { lines }
    }

    /// Writes a reply down.
    pub fn add(&mut self, role: Role, model: &str, reply: &ChatReply) {
        let at = self.lines.iter().position(|line| line.role == role && line.model == model).unwrap_or_else(|| {
            self.lines.push(Spent::none(role, model));
            self.lines.len() - 1
        });
        self.lines[at].add(reply);
    }

    /// All lines.
    pub fn lines(&self) -> &[Spent] {
        &self.lines
    }

    /// US dollars of all replies whose cost is known.
    pub fn usd(&self) -> f64 {
        self.lines.iter().map(|line| line.usd).sum()
    }

    /// Replies whose cost nobody knows.
    pub fn unpriced(&self) -> u64 {
        self.lines.iter().map(|line| line.unpriced).sum()
    }

    /// Replies.
    pub fn replies(&self) -> u64 {
        self.lines.iter().map(|line| line.replies).sum()
    }

    /// The money in words: a sum, a lower bound where some of it is unknown, or that it is unknown.
    pub fn money(&self) -> String {
        money(self.usd(), self.unpriced(), self.replies())
    }
}

/// A sum of money in words, of which the cost of `unpriced` among `replies` is unknown.
pub fn money(usd: f64, unpriced: u64, replies: u64) -> String {
    match unpriced {
        0 => dollars(usd),
        n if n == replies && usd <= 0.0 => "cost unknown".to_owned(),
        n => format!("at least {} (the cost of {n} of {replies} replies is unknown)", dollars(usd)),
    }
}

/// A sum in US dollars, to the cent where it is a dollar or more, and finer below.
pub fn dollars(usd: f64) -> String {
    if usd <= 0.0 {
        "$0".to_owned()
    } else if usd < 0.01 {
        format!("${usd:.5}")
    } else if usd < 1.0 {
        format!("${usd:.4}")
    } else {
        format!("${usd:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finish, Usage};

    fn reply(prompt: Option<u64>, cost: Option<f64>) -> ChatReply {
        let usage = Usage { prompt_tokens: prompt, completion_tokens: prompt, ..Usage::default() };
        ChatReply {
            content: String::new(),
            reasoning: None,
            finish: Finish::Stop,
            model: None,
            usage,
            seconds: 1.0,
            attempts: 1,
            cost,
        }
    }

    #[test]
    fn what_is_unknown_is_never_nothing() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.money(), "$0");
        ledger.add(Role::Solver, "a", &reply(None, None));
        assert_eq!(ledger.money(), "cost unknown");
        ledger.add(Role::Solver, "a", &reply(Some(5), Some(0.25)));
        ledger.add(Role::Generator, "a", &reply(Some(7), Some(2.0)));
        assert_eq!(ledger.money(), "at least $2.25 (the cost of 1 of 3 replies is unknown)");
        let of = |role| ledger.lines().iter().find(|l| l.role == role).unwrap().clone();
        let solver = of(Role::Solver);
        assert_eq!((solver.replies, solver.unknown, solver.tokens(), solver.unpriced), (2, 1, 10, 1));
        assert_eq!(of(Role::Generator).tokens(), 14);
    }

    #[test]
    fn small_sums_are_shown_finer() {
        assert_eq!([0.0, 0.000_123, 0.0523, 12.345].map(dollars), ["$0", "$0.00012", "$0.0523", "$12.35"]);
    }
}
