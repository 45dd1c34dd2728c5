//! The verdict on one stored pair under rules on trial.

use super::choice::Rules;
use crate::store::{Reader, StoreError, StoredPair};
use crate::verifier::{Outcome, Pair, RuleVerifier, Side, Tier, Verdict, verify_guarded};

/// What a caller brings to ask of pairs that stay undecided.
pub type Ask<'a> = &'a (dyn Fn(&Pair, Verdict) -> Verdict + Sync);

/// Decides pairs by rules. Shared by the threads of a sweep.
pub(super) struct Decider<'a> {
    verifier: RuleVerifier,
    version: String,
    /// Tiers to replay before the native ones, and after them.
    before: Vec<Tier>,
    after: Vec<Tier>,
    rules: &'a Rules,
    ask: Option<Ask<'a>>,
}

/// A verdict, and whether it was replayed from the store.
pub(super) struct Decided {
    pub(super) verdict: Verdict,
    pub(super) replayed: bool,
}

fn is_native(tier: Tier) -> bool {
    !matches!(tier, Tier::Symbolic | Tier::Judge)
}

impl<'a> Decider<'a> {
    /// `escalated` says whether the store has anything to replay.
    pub(super) fn new(rules: &'a Rules, escalated: bool, ask: Option<Ask<'a>>) -> Self {
        let tiers = if escalated { rules.tiers() } else { &[] };
        let first = tiers.iter().position(|t| is_native(*t)).unwrap_or(tiers.len());
        let replayed = |part: &[Tier]| part.iter().copied().filter(|t| !is_native(*t)).collect();
        Self {
            verifier: RuleVerifier::new(rules.options.clone()),
            version: rules.version(),
            before: replayed(&tiers[..first]),
            after: replayed(&tiers[first..]),
            rules,
            ask,
        }
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// The verdict; what the store has to be asked for is read through `reader`.
    pub(super) fn decide(&self, stored: &StoredPair, reader: &Reader) -> Result<Decided, StoreError> {
        if !self.before.is_empty()
            && let Some(verdict) =
                self.replay(reader, stored.response, &self.before)?.filter(|v| v.outcome != Outcome::Undecided)
        {
            return Ok(Decided { verdict, replayed: true });
        }
        let mut native = verify_guarded(&self.verifier, &stored.pair);
        if native.version != self.version {
            native.version.clone_from(&self.version);
        }
        if matches!(native.outcome, Outcome::Equivalent | Outcome::Different) && !self.rules.has(native.tier) {
            native = silenced(native);
        }
        if native.outcome == Outcome::Undecided {
            if !self.after.is_empty()
                && let Some(verdict) = self.replay(reader, stored.response, &self.after)?
                && (verdict.outcome != Outcome::Undecided || self.ask.is_none())
            {
                return Ok(Decided { verdict, replayed: true });
            }
            if let Some(ask) = self.ask {
                native = ask(&stored.pair, native);
            }
        }
        Ok(Decided { verdict: native, replayed: false })
    }

    /// The newest stored verdict of the first of these tiers that decided; else the newest that did not. What needed a
    /// leniency that is not granted any more does not hold.
    fn replay(&self, reader: &Reader, response: i64, tiers: &[Tier]) -> Result<Option<Verdict>, StoreError> {
        let granted = self.rules.options.leniencies;
        let mut stored = reader.escalated_verdicts(response)?;
        stored.retain(|v| v.outcome != Outcome::Error && v.leniencies.iter().all(|l| granted.has(*l)));
        let decided = |tier: &Tier| stored.iter().position(|v| v.tier == *tier && v.outcome != Outcome::Undecided);
        let found = tiers
            .iter()
            .find_map(decided)
            .or_else(|| stored.iter().position(|v| tiers.contains(&v.tier)))
            .map(|at| stored.swap_remove(at));
        Ok(found.map(|verdict| Verdict { version: renamed(&verdict.version, &self.version), ..verdict }))
    }
}

/// What a tier that may not speak had decided.
fn silenced(verdict: Verdict) -> Verdict {
    Verdict {
        outcome: Outcome::Undecided,
        leniencies: Vec::new(),
        reason: format!("The tier {} would decide this, and these rules do not let it.", verdict.tier),
        side: Some(Side::Both),
        ..verdict
    }
}

/// A replayed verdict's version: the present rules, with whoever else took part as it was then.
fn renamed(old: &str, version: &str) -> String {
    let from = ["+symbolic-", "+judge:"].iter().filter_map(|mark| old.find(mark)).min();
    from.map_or_else(|| version.to_owned(), |at| format!("{version}{}", &old[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replayed_version_keeps_who_took_part() {
        assert_eq!(
            renamed("rules-3/standard+symbolic-1+judge:m:k3", "rules-5/strict"),
            "rules-5/strict+symbolic-1+judge:m:k3"
        );
        assert_eq!(renamed("rules-3/standard+0a1b2c3d", "rules-5/strict"), "rules-5/strict");
    }
}
