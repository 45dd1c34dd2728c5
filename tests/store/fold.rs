//! Laws of the fold over decisions, on any log.

use loong::store::fold::{CandidateFold, fold};
use loong::store::record::{Curation, Decision, DecisionKind, Judgement, NewDecision, RightSide};
use proptest::prelude::*;

use crate::support::about;

/// A decision with a row and a uid of its own; the store gives both.
fn at(id: i64, kind: DecisionKind, body: NewDecision) -> Decision {
    Decision { id, uid: format!("u{id}"), at: String::new(), kind, body, reversed_by: None }
}

/// The row after a log's last.
fn next(log: &[Decision]) -> i64 {
    log.last().map_or(1, |d| d.id + 1)
}

fn reversal(log: &[Decision], target: &Decision) -> Decision {
    at(next(log), DecisionKind::Reversal, NewDecision { reverses: Some(target.uid.clone()), ..about(1, "ada") })
}

fn with(mut log: Vec<Decision>, decision: Decision) -> Vec<Decision> {
    log.push(decision);
    log
}

/// What stands, without the bookkeeping of what is out of force.
fn state(log: &[Decision]) -> CandidateFold {
    CandidateFold { reversed: std::collections::BTreeMap::new(), ..fold(log) }
}

/// One step of a log: who, which sort, and a number to choose by.
fn any_log() -> impl Strategy<Value = Vec<Decision>> {
    prop::collection::vec((0..4_usize, 0..6, any::<prop::sample::Index>(), 0..3_u32), 0..24).prop_map(|steps| {
        let mut log: Vec<Decision> = Vec::new();
        for (who, sort, pick, sample) in steps {
            let id = next(&log);
            let mut body = about(1, ["ada", "bob", "cy", "dee"][who]);
            let folded = fold(&log);
            let in_force: Vec<&Decision> = log.iter().filter(|d| !folded.reversed.contains_key(&d.id)).collect();
            let kind = match sort {
                0 if !in_force.is_empty() => {
                    body.reverses = Some(in_force[pick.index(in_force.len())].uid.clone());
                    DecisionKind::Reversal
                }
                1 => {
                    body.curation = Some(Curation::ALL[pick.index(3)]);
                    DecisionKind::Curation
                }
                2 => {
                    body.right = Some(RightSide::ALL[pick.index(4)]);
                    body.tags = vec![format!("t{sample}")];
                    DecisionKind::Curation
                }
                _ => {
                    body.sample = Some(sample);
                    body.judgement = Some(Judgement::ALL[pick.index(3)]);
                    DecisionKind::Judgement
                }
            };
            log.push(at(id, kind, body));
        }
        log
    })
}

proptest! {
    #[test]
    fn a_reversal_leaves_what_was_before_and_a_reversal_of_it_brings_it_back(log in any_log(), pick in any::<prop::sample::Index>()) {
        let folded = fold(&log);
        let is_open = |d: &&Decision| d.kind != DecisionKind::Reversal && !folded.reversed.contains_key(&d.id);
        let open: Vec<&Decision> = log.iter().filter(is_open).collect();
        prop_assume!(!open.is_empty());
        let target = open[pick.index(open.len())].clone();
        let taken_back = with(log.clone(), reversal(&log, &target));
        // As if it had never been made, nor anything about it.
        let mut about_it = vec![target.uid.clone()];
        let mut without = Vec::new();
        for decision in &log {
            if decision.body.reverses.as_ref().is_some_and(|r| about_it.contains(r)) {
                about_it.push(decision.uid.clone());
            } else if decision.uid != target.uid {
                without.push(decision.clone());
            }
        }
        prop_assert_eq!(state(&taken_back), state(&without));
        let reversed = fold(&taken_back).reversed;
        prop_assert_eq!(reversed.get(&target.id), Some(&taken_back.last().unwrap().uid));
        let back = with(taken_back.clone(), reversal(&taken_back, taken_back.last().unwrap()));
        prop_assert_eq!(state(&back), state(&log));
    }

    #[test]
    fn the_order_among_reviewers_does_not_matter(log in any_log()) {
        let mut log = log;
        log.retain(|d| d.kind != DecisionKind::Reversal);
        let mut sorted = log.clone();
        sorted.sort_by_key(|d| d.body.reviewer.clone());
        prop_assert_eq!(state(&sorted), state(&log));
    }

    #[test]
    fn one_more_voice_for_what_stands_changes_nothing(log in any_log(), sample in 0..3_u32) {
        let before = state(&log);
        let Some(judgement) = before.pair(sample).judgement else { return Ok(()) };
        let body = NewDecision { sample: Some(sample), judgement: Some(judgement), ..about(1, "eve") };
        let after = with(log.clone(), at(next(&log), DecisionKind::Judgement, body));
        prop_assert_eq!(state(&after), before);
    }

    #[test]
    fn deciding_the_same_twice_is_deciding_once(log in any_log()) {
        let last = log.last().filter(|d| d.kind != DecisionKind::Reversal).cloned();
        let Some(last) = last else { return Ok(()) };
        let again = with(log.clone(), at(next(&log), last.kind, last.body));
        prop_assert_eq!(state(&again), state(&log));
    }

    #[test]
    fn who_adjudicates_has_the_last_word(log in any_log(), sample in 0..3_u32, word in 0..3_usize) {
        let judgement = Judgement::ALL[word];
        let body =
            NewDecision { sample: Some(sample), judgement: Some(judgement), adjudicates: true, ..about(1, "eve") };
        let log = with(log.clone(), at(next(&log), DecisionKind::Judgement, body));
        let pair = state(&log).pair(sample);
        prop_assert_eq!((pair.judgement, pair.contested), (Some(judgement), false));
    }
}
