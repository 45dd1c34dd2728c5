//! Making rules a version of the verifier: the verdicts of every pair that is meant, written stretch by stretch with how far
//! it has come. The old verdicts stay; what was cut short is finished by applying the same again.

use std::ops::ControlFlow;

use serde::Serialize;

use super::choice::{Rules, RulesError};
use super::decide::{Ask, Decider};
use super::flips::Flips;
use super::sweep::{Progress, Rows, Scope, stretches};
use crate::store::filter::Filter;
use crate::store::version::{AppliedVersion, NewVersion, Stretch};
use crate::store::{Store, StoreError};

/// What applying came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Applied {
    /// The version as it is in the history.
    pub version: AppliedVersion,
    /// What flipped now; a version that was gone on with flipped others before.
    pub flips: Flips,
    /// Whether it goes on with what was left half applied.
    pub resumed: bool,
    /// Verdicts written now.
    pub written: u64,
}

/// Rules and candidates of a version that was left half applied.
///
/// # Errors
/// Where this program's rules are of another generation, or do not know the options.
pub fn resumed(version: &AppliedVersion) -> Result<(Rules, Filter), RulesError> {
    if version.rules != Rules::generation() {
        return Err(RulesError::Unreadable(format!(
            "{} was begun by {}, and this loong has {}",
            version.version,
            version.rules,
            Rules::generation()
        )));
    }
    let filter = Filter::parse(&version.filter).map_err(|e| RulesError::Unreadable(e.to_string()))?;
    Ok((Rules::from_json(&version.options)?, filter))
}

/// Applies rules as a version of the verifier. `each` hears after every stretch that is written, and ends the work by
/// breaking: then the version stays half applied, which the store says to everybody.
///
/// # Errors
/// What the store says; another version that is half applied to other pairs; a pair that this loong cannot read, before
/// anything is written.
pub fn apply(
    store: &Store,
    scope: &Scope,
    rules: &Rules,
    ask: Option<Ask<'_>>,
    by: (&str, Option<&str>),
    mut each: impl FnMut(&Flips, Progress) -> ControlFlow<()>,
) -> Result<Applied, StoreError> {
    let reader = store.reader()?;
    Rows::of(&reader, &scope.filter, 0, reader.last_candidate()?)?.check(&reader)?;
    drop(reader);
    let begun = store.begin_version_blocking(NewVersion {
        version: rules.version(),
        rules: Rules::generation().to_owned(),
        options: rules.to_json().to_string(),
        filter: scope.filter.to_string(),
        reviewer: by.0.to_owned(),
        note: by.1.map(str::to_owned),
    })?;
    let reader = store.reader()?;
    let rows = Rows::of(&reader, &scope.filter, begun.done_to, begun.up_to)?;
    let decider = Decider::new(rules, reader.has_escalated()?, ask);
    drop(reader);
    let mut flips = Flips::default();
    let (mut from, mut written) = (begun.done_to, 0);
    let all = rows.stretches();
    let mut whole = true;
    stretches(store, &rows, &decider, scope.threads, true, |done| {
        let to = rows.end(done.nth);
        written += done.verdicts.len() as u64;
        store.apply_stretch_blocking(Stretch {
            version: begun.id,
            from,
            to,
            pairs: done.flips.pairs,
            flips: done.flips.flipped,
            verdicts: done.verdicts,
        })?;
        from = to;
        flips.merge(done.flips);
        let flow = each(&flips, Progress { done: done.nth + 1, all });
        whole = flow.is_continue() || done.nth + 1 == all;
        Ok(flow)
    })?;
    let resumed = begun.done_to > 0;
    let version =
        if whole { store.end_version_blocking(begun.id)? } else { store.reader()?.half_applied()?.unwrap_or(begun) };
    debug_assert!(version.version == decider.version());
    Ok(Applied { version, flips, resumed, written })
}
