//! What a slot evolves: a seed, or a candidate that was accepted before.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::generator::Accepted;
use crate::generator::pool::chance;

/// The score of a candidate that has none: neither preferred nor passed over.
const UNSCORED: f64 = 3.0;

/// A parent, as it is kept with the slot. Of a candidate everything that is needed stands in it, so that the slot hangs on
/// nothing else when it is taken again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Chosen {
    /// The seed that the slot's own draw gives.
    Seed,
    /// An accepted candidate.
    Candidate {
        uid: String,
        question: String,
        code: Option<String>,
        dependencies: Vec<String>,
        family: Option<String>,
        depth: u32,
    },
}

/// How a slot chooses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice<'a> {
    pub(super) rng_seed: u64,
    pub(super) ordinal: u64,
    pub(super) domain: &'a str,
    /// Depth from which on a candidate is evolved no further.
    pub(super) max_depth: u32,
    /// Share of the slots that evolve a candidate, once there are any.
    pub(super) from_accepted: f64,
}

impl Choice<'_> {
    /// The choice, to be kept.
    pub(super) fn choose(&self, accepted: &[Accepted]) -> Value {
        let chosen = self.candidate(accepted).map_or(Chosen::Seed, |a| Chosen::Candidate {
            uid: a.uid.clone(),
            question: a.question.clone(),
            code: a.code.clone(),
            dependencies: a.dependencies.as_slice().to_vec(),
            family: a.family.clone(),
            depth: a.depth,
        });
        json!(chosen)
    }

    /// Whether a candidate is chosen where there is one.
    pub(super) fn may_be_candidate(&self) -> bool {
        chance(self.rng_seed, self.ordinal, "from accepted") < self.from_accepted
    }

    fn candidate<'c>(&self, accepted: &'c [Accepted]) -> Option<&'c Accepted> {
        if !self.may_be_candidate() {
            return None;
        }
        // A weighted draw in one pass, whatever the order (Efraimidis and Spirakis): the largest of u^(1/w). High scores
        // are preferred by their square.
        accepted
            .iter()
            .filter(|a| a.domain == self.domain && a.depth < self.max_depth)
            .map(|a| {
                let weight = a.score.unwrap_or(UNSCORED).max(0.1).powi(2);
                (chance(self.rng_seed, self.ordinal, &a.uid).powf(weight.recip()), a)
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, a)| a)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpreter::Dependencies;

    fn accepted(uid: &str, domain: &str, depth: u32, score: Option<f64>) -> Accepted {
        Accepted {
            uid: uid.into(),
            ordinal: 0,
            domain: domain.into(),
            question: format!("What is {uid}?"),
            code: Some("print(1)".into()),
            dependencies: Dependencies::new(["numpy"]),
            family: Some("root".into()),
            depth,
            score,
        }
    }

    fn chosen(accepted: &[Accepted], ordinal: u64, from_accepted: f64) -> Option<String> {
        let choice = Choice { rng_seed: 7, ordinal, domain: "logic", max_depth: 3, from_accepted };
        match serde_json::from_value(choice.choose(accepted)).unwrap() {
            Chosen::Seed => None,
            Chosen::Candidate { uid, .. } => Some(uid),
        }
    }

    #[test]
    fn high_scores_are_preferred_and_the_order_does_not_matter() {
        let mut all = vec![
            accepted("low", "logic", 0, Some(1.0)),
            accepted("high", "logic", 2, Some(5.0)),
            accepted("elsewhere", "finance", 0, Some(5.0)),
            accepted("deep", "logic", 3, Some(5.0)),
        ];
        let draw = |all: &[Accepted]| (0..2000).map(|n| chosen(all, n, 1.0).unwrap()).collect::<Vec<_>>();
        let drawn = draw(&all);
        let high = drawn.iter().filter(|u| *u == "high").count();
        // 25 of 26: mean 1923, standard deviation 9.
        assert!((1880..1965).contains(&high), "{high}");
        assert!(drawn.iter().all(|u| u == "high" || u == "low"));
        all.reverse();
        assert_eq!(draw(&all), drawn);
    }

    #[test]
    fn the_share_of_seeds_is_kept() {
        let all = [accepted("a", "logic", 0, None)];
        let seeds = (0..2000).filter(|n| chosen(&all, *n, 0.5).is_none()).count();
        assert!((900..1100).contains(&seeds), "{seeds}");
        assert_eq!(chosen(&[], 1, 1.0), None);
        assert_eq!(chosen(&all, 1, 0.0), None);
    }
}
