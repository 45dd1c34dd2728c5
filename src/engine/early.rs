//! When further responses cannot change what a candidate's responses amount to.

use crate::store::fold::{AgreementRule, agreement};
use crate::verifier::Outcome;

/// What ends the asking for responses before all are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Early {
    /// No further one can change what they amount to by this rule.
    Settled(AgreementRule),
    /// So many are verified.
    Kept(u32),
}

/// The outcomes of a candidate so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    equivalent: u32,
    different: u32,
    open: u32,
}

impl Outcomes {
    pub(super) fn of(outcomes: impl Iterator<Item = Outcome>) -> Self {
        outcomes.fold(Self::default(), |mut all, outcome| {
            *match outcome {
                Outcome::Equivalent => &mut all.equivalent,
                Outcome::Different => &mut all.different,
                Outcome::Undecided | Outcome::Error => &mut all.open,
            } += 1;
            all
        })
    }

    /// With `n` more of one outcome.
    fn and(self, outcome: Outcome, n: u32) -> impl Iterator<Item = Outcome> {
        let mut all = [(Outcome::Equivalent, self.equivalent), (Outcome::Different, self.different)]
            .map(|(known, m)| (known, m + if known == outcome { n } else { 0 }))
            .to_vec();
        all.push((Outcome::Undecided, self.open + if outcome == Outcome::Undecided { n } else { 0 }));
        all.into_iter().flat_map(|(outcome, n)| std::iter::repeat_n(outcome, n as usize))
    }

    /// Whether what they amount to stays, whatever `more` further responses say or fail to say.
    ///
    /// Each rule draws straight lines between its words, so that it is enough to look at the corners: all of them one
    /// thing, or none of them anything.
    fn settled(self, rule: AgreementRule, more: u32) -> bool {
        let now = agreement(rule, self.and(Outcome::Equivalent, 0));
        [Outcome::Equivalent, Outcome::Different, Outcome::Undecided]
            .into_iter()
            .all(|outcome| agreement(rule, self.and(outcome, more)) == now)
    }

    /// How many of `more` further responses to ask for at once; 0 where it is enough.
    pub(super) fn wave_for(self, early: Early, more: u32) -> u32 {
        match early {
            Early::Settled(rule) => self.wave(rule, more),
            Early::Kept(keep) => keep.saturating_sub(self.equivalent).min(more),
        }
    }

    /// How many of `more` further responses to ask for at once: the fewest that could settle it; 0 where it is settled.
    pub(super) fn wave(self, rule: AgreementRule, more: u32) -> u32 {
        if self.settled(rule, more) {
            return 0;
        }
        let could = |n: u32| {
            let all_equivalent = Self { equivalent: self.equivalent + n, ..self };
            let all_different = Self { different: self.different + n, ..self };
            all_equivalent.settled(rule, more - n) || all_different.settled(rule, more - n)
        };
        (1..more).find(|n| could(*n)).unwrap_or(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(equivalent: u32, different: u32, open: u32) -> Outcomes {
        Outcomes { equivalent, different, open }
    }

    /// Every way in which `more` further responses can turn out.
    fn futures(now: Outcomes, more: u32) -> Vec<Outcomes> {
        let mut all = Vec::new();
        for e in 0..=more {
            for d in 0..=more - e {
                for o in 0..=more - e - d {
                    all.push(outcomes(now.equivalent + e, now.different + d, now.open + o));
                }
            }
        }
        all
    }

    #[test]
    fn settled_is_what_no_future_changes() {
        for rule in AgreementRule::ALL {
            for (e, d, o, more) in (0..6).flat_map(|e| {
                (0..6).flat_map(move |d| (0..4).flat_map(move |o| (0..6).map(move |more| (e, d, o, more))))
            }) {
                let now = outcomes(e, d, o);
                let word = |of: Outcomes| agreement(*rule, of.and(Outcome::Equivalent, 0));
                let never = futures(now, more).into_iter().all(|future| word(future) == word(now));
                assert_eq!(now.settled(*rule, more), never, "{rule} of {now:?} and {more} more");
            }
        }
    }

    #[test]
    fn waves_are_as_small_as_can_settle_it() {
        let first = |rule, k| outcomes(0, 0, 0).wave(rule, k);
        assert_eq!(first(AgreementRule::Majority, 5), 3);
        assert_eq!(first(AgreementRule::Majority, 8), 4, "four that differ leave no majority to eight");
        assert_eq!(first(AgreementRule::Any, 5), 1);
        assert_eq!(first(AgreementRule::All, 5), 1);
        assert_eq!(first(AgreementRule::Majority, 1), 1);
        assert_eq!(outcomes(2, 1, 0).wave(AgreementRule::Majority, 2), 1);
        assert_eq!(outcomes(3, 0, 0).wave(AgreementRule::Majority, 2), 0);
        assert_eq!(outcomes(1, 2, 0).wave(AgreementRule::Majority, 0), 0);
    }

    #[test]
    fn waves_come_to_an_end() {
        for rule in AgreementRule::ALL {
            for now in futures(outcomes(0, 0, 0), 6) {
                for more in 1..8 {
                    let wave = now.wave(*rule, more);
                    assert!(wave <= more);
                    assert_eq!(wave == 0, now.settled(*rule, more));
                }
            }
        }
    }
}
