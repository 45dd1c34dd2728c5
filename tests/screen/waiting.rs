//! Keys that are typed faster than what they are about is read: they wait, in order, and mean what will be seen.

use std::time::Duration;

use loong::store::record::{Curation, Decision, Judgement};
use loong::store::{StoreError, Totals};
use loong::tui::app::{Overlay, Screen};
use loong::tui::effect::Effect;
use loong::tui::msg::Msg;

use crate::audit::{many, planned};
use crate::bench::{Bench, Desk, view};
use crate::fixtures;

fn bench() -> Bench {
    Bench::new((120, 40), "dark", fixtures::all())
}

fn decisions(bench: &Bench) -> Vec<Decision> {
    bench.store().reader().unwrap().all_decisions().unwrap()
}

/// The pairs that were judged, in the order in which they were.
fn judged(bench: &Bench) -> Vec<(i64, u32, Judgement)> {
    let body = |d: Decision| Some((d.body.candidate, d.body.sample?, d.body.judgement?));
    decisions(bench).into_iter().filter_map(body).collect()
}

/// The candidates that were curated, in the order in which they were.
fn curated(bench: &Bench) -> Vec<(i64, Curation)> {
    decisions(bench).into_iter().filter_map(|d| Some((d.body.candidate, d.body.curation?))).collect()
}

/// The pairs of the plan, in its order.
fn pairs(bench: &Bench) -> Vec<(i64, u32)> {
    let reader = bench.store().reader().unwrap();
    let plan = reader.plan().unwrap().unwrap();
    reader.plan_items(plan.id).unwrap().into_iter().map(|item| (item.candidate, item.sample)).collect()
}

fn failed() -> StoreError {
    StoreError::Invalid("the disk is gone".to_owned())
}

/// A screen at the last of a family of three generations.
fn walked() -> Bench {
    let mut bench = Bench::new((120, 40), "dark", crate::lineage::family());
    bench.keys("G k");
    bench
}

const GONE: &str = "what was typed meanwhile is forgotten";

#[test]
fn judgements_typed_ahead_are_of_the_plan_s_pairs_one_after_the_other() {
    let mut bench = planned((120, 40), "dark", false);
    let pairs = pairs(&bench);
    bench.keys("g a");
    bench.keys_at_once("n o e o d o e");
    let wanted = [Judgement::Equivalent, Judgement::Different, Judgement::Equivalent];
    let wanted: Vec<_> = pairs.iter().zip(wanted).map(|((id, sample), word)| (*id, *sample, word)).collect();
    assert_eq!(judged(&bench), wanted);
    assert_eq!(bench.app.review.selected, Some(pairs[3].0), "and it goes on to the next one");
    assert!(bench.app.held.is_empty() && !bench.app.audit.is_going());
}

#[test]
fn a_blind_judgement_typed_ahead_is_of_the_next_pair_and_blind() {
    let mut bench = planned((120, 40), "dark", true);
    let pairs = pairs(&bench);
    bench.keys("g a");
    bench.keys_at_once("n o e n o d");
    let all = decisions(&bench);
    assert_eq!(all.iter().map(|d| d.body.candidate).collect::<Vec<_>>(), [pairs[0].0, pairs[1].0]);
    assert!(all.iter().all(|d| d.body.blind), "{all:?}");
}

#[test]
fn where_no_pair_comes_nothing_is_judged_and_no_key_waits() {
    let of_plan = |effect: &Effect| matches!(effect, Effect::PlanNext { .. });
    for answer in [Ok(None), Err(failed())] {
        let mut bench = planned((120, 40), "dark", false);
        bench.keys("g a n o e");
        assert_eq!(judged(&bench).len(), 1);
        bench.withhold();
        bench.keys("n o e");
        bench.drop_effect(of_plan);
        bench.hear(Msg::ToJudge(answer));
        bench.release();
        assert_eq!(judged(&bench).len(), 1, "the pair before is not judged again");
        assert!(bench.app.held.is_empty() && bench.toast().contains(GONE), "{}", bench.toast());
        bench.keys("j");
        bench.keys("o e");
        assert_eq!(judged(&bench).len(), 2, "{}", bench.toast());
    }
    // A decision that is not stored leads to no further pair.
    let mut bench = planned((120, 40), "dark", false);
    bench.keys("g a n");
    bench.withhold();
    bench.keys("o e o d");
    bench.drop_effect(|effect| matches!(effect, Effect::Decide(_)));
    bench.hear(Msg::Decided(Err(failed())));
    bench.release();
    assert!(judged(&bench).is_empty() && bench.app.held.is_empty() && !bench.app.audit.is_going());
    // Nor does a list that cannot be read.
    let mut bench = planned((120, 40), "dark", false);
    bench.keys("g a");
    bench.withhold();
    bench.keys("n o d");
    bench.let_go(of_plan);
    let listing = bench.app.review.listing;
    bench.hear(Msg::Listed { listing, found: Err(StoreError::Interrupted) });
    assert!(bench.app.held.is_empty() && !bench.app.audit.is_going(), "{}", bench.toast());
}

#[test]
fn who_goes_back_on_the_way_to_a_pair_stays() {
    let mut bench = planned((120, 40), "dark", false);
    bench.keys("g a n");
    let here = bench.app.review.selected;
    bench.withhold();
    bench.keys("o e esc");
    assert_eq!(bench.toast(), "not going to the plan's next pair any more");
    bench.release();
    assert_eq!((judged(&bench).len(), bench.app.review.selected), (1, here));
    bench.withhold();
    bench.keys("n esc");
    bench.release();
    assert_eq!(bench.app.review.selected, here);
    bench.keys("n");
    assert_eq!(bench.app.review.selected, Some(pairs(&bench)[1].0));
}

/// Writes a candidate's metadata past the store.
fn damage(bench: &Bench, id: i64) {
    let conn = rusqlite::Connection::open(bench.folder.path().join("loong.db")).unwrap();
    conn.execute("UPDATE candidate_text SET metadata = 'no JSON' WHERE id = ?1", [id]).unwrap();
}

#[test]
fn a_pair_that_cannot_be_read_is_passed_over() {
    let mut bench = planned((120, 40), "dark", false);
    let pairs = pairs(&bench);
    damage(&bench, pairs[1].0);
    bench.keys("g a");
    bench.keys_at_once("n o e o d");
    assert_eq!(judged(&bench).len(), 1, "what was typed for it is of no other pair");
    assert!(!bench.app.audit.is_going() && bench.app.held.is_empty());
    let after = pairs
        .iter()
        .find(|(id, _)| ![pairs[0].0, pairs[1].0].contains(id) || *id == pairs[0].0 && pairs[0].0 != pairs[1].0);
    assert!(after.is_some());
    assert_eq!(bench.app.review.selected, bench.app.review.shown);
    assert_ne!(bench.app.review.selected, Some(pairs[1].0), "{}", bench.toast());
    bench.keys("o d");
    assert_eq!(judged(&bench).len(), 2, "{}", bench.toast());
    assert!(judged(&bench).iter().all(|(id, ..)| *id != pairs[1].0));
}

#[test]
fn which_side_was_right_is_said_of_what_is_read_whatever_is_marked() {
    let mut bench = bench();
    let damaged = bench.app.review.ids.last().unwrap();
    damage(&bench, damaged);
    bench.keys("g g space G w c");
    assert_eq!(bench.app.review.selected, Some(damaged));
    assert!(decisions(&bench).is_empty(), "{}", bench.toast());
    bench.app.review.close_books();
    bench.withhold();
    bench.keys("g g w c");
    bench.release();
    assert_eq!(decisions(&bench).len(), 1, "{}", bench.toast());
}

#[test]
fn a_plan_that_is_there_is_not_enlarged_before_it_is_seen() {
    let mut bench = planned((120, 40), "dark", false);
    bench.withhold();
    bench.keys("g a p");
    assert!(!bench.text().contains("draw a plan"), "it is not known whether there is one: {}", bench.text());
    bench.release();
    assert_eq!(pairs(&bench).len(), 60);
    assert!(matches!(bench.app.overlay, Some(Overlay::Confirm(_))), "{}", bench.text());
    bench.keys("n");
    // Whoever asks for a plan where another one has come meanwhile gets no larger one.
    bench.app.audit.found = None;
    bench.keys("p");
    assert_eq!(pairs(&bench).len(), 60);
    assert!(bench.toast().contains("there is a plan already"), "{}", bench.toast());
    // What the plan found may not be to be had.
    bench.withhold();
    bench.keys("g a p");
    bench.drop_effect(|effect| matches!(effect, Effect::Audit));
    bench.hear(Msg::Audited(Box::new(Err(failed()))));
    bench.release();
    assert!(bench.app.held.is_empty() && bench.app.overlay.is_none() && bench.toast().contains(GONE));
}

#[test]
fn the_first_pair_is_asked_for_once_the_plan_is_drawn() {
    let mut bench = Bench::new((120, 40), "dark", many(120));
    bench.keys("g a");
    bench.keys_at_once("p n o e");
    assert_eq!(judged(&bench).len(), 1, "{}", bench.toast());
    let mut bench = Bench::new((120, 40), "dark", many(120));
    bench.keys("g a");
    bench.withhold();
    bench.keys("p n");
    bench.drop_effect(|effect| matches!(effect, Effect::PlanDraw { .. }));
    bench.hear(Msg::NotDrawn(failed()));
    assert!(bench.app.held.is_empty() && bench.toast().contains(GONE), "{}", bench.toast());
}

#[test]
fn decisions_after_a_filter_are_on_what_it_lists() {
    let mut bench = bench();
    bench.keys("/ \"verdict:different\" enter");
    let first = bench.app.review.ids.first().unwrap();
    bench.keys("esc g g");
    assert_ne!(bench.app.review.selected, Some(first));
    bench.keys_at_once("/ \"verdict:different\" enter g g a");
    assert_eq!(curated(&bench), [(first, Curation::Accept)]);

    for (keys, least) in [("/ \"verdict:different\" enter ctrl-a x y", 3), ("s s j j a", 1), ("s m g g x", 1)] {
        let (mut slow, mut fast) = (self::bench(), self::bench());
        slow.keys(keys);
        fast.keys_at_once(keys);
        assert_eq!(curated(&fast), curated(&slow), "{keys}");
        assert!(curated(&fast).len() >= least, "{keys}");
        assert_eq!(fast.app.review.selected, slow.app.review.selected, "{keys}");
    }
}

#[test]
fn a_list_that_cannot_be_read_is_not_waited_for() {
    for error in [failed(), StoreError::Interrupted] {
        let mut bench = bench();
        bench.withhold();
        bench.keys("/ \"verdict:different\" enter a j x");
        assert_eq!(bench.app.held.len(), 3);
        let listing = bench.app.review.listing;
        bench.drop_effect(|effect| matches!(effect, Effect::List { .. }));
        bench.hear(Msg::Listed { listing, found: Err(error) });
        bench.release();
        assert!(bench.app.held.is_empty() && bench.toast().contains(GONE), "{}", bench.toast());
        assert!(curated(&bench).is_empty(), "the list before it is not what was meant");
        bench.keys("A");
        assert_eq!(curated(&bench).len(), 1);
    }
}

#[test]
fn an_undo_comes_before_the_judgement_that_was_typed_behind_it() {
    let mut bench = bench();
    bench.keys("g g a");
    let undone = curated(&bench)[0].0;
    bench.keys("n n");
    assert_ne!(bench.app.review.selected, Some(undone));
    bench.keys_at_once("u x");
    assert_eq!(curated(&bench).last(), Some(&(undone, Curation::Reject)), "{}", bench.toast());
    // Where there is nothing to undo, nothing else is decided on.
    let mut bench = self::bench();
    bench.keys_at_once("u x");
    assert!(curated(&bench).is_empty() && bench.toast().contains(GONE), "{}", bench.toast());
    bench.withhold();
    bench.keys("u x");
    bench.drop_effect(|effect| matches!(effect, Effect::Undo(_)));
    let came = loong::store::bulk::Came { failed: Some(failed()), ..Default::default() };
    bench.hear(Msg::Turned { redo: false, came: Box::new(came), judged: false });
    bench.release();
    assert!(curated(&bench).is_empty() && bench.app.held.is_empty() && !bench.app.review.turning);
}

#[test]
fn an_undo_of_many_that_takes_its_time_holds_no_key() {
    let mut bench = bench();
    bench.withhold();
    bench.keys("u");
    let (way, of) = (loong::store::bulk::Way::Undo, 900);
    bench.hear(Msg::Deciding(way, loong::store::bulk::Reached { done: 4, of }));
    let before = bench.app.review.selected;
    bench.keys("j");
    assert!(bench.app.held.is_empty());
    assert_ne!(bench.app.review.selected, before);
}

#[test]
fn what_is_about_a_candidate_waits_until_it_is_shown() {
    for keys in ["o d", "E", "P", "e", "y q", "H", "p", "A", "\\"] {
        let mut bench = bench();
        bench.app.review.close_books();
        bench.withhold();
        bench.keys(keys);
        assert!(!bench.app.held.is_empty(), "{keys}: {}", bench.toast());
        assert!(!bench.toast().contains("in a moment"), "{keys}: {}", bench.toast());
        bench.hear(Msg::Unreadable(bench.app.review.selected.unwrap(), "gone".to_owned()));
        assert!(bench.app.held.is_empty(), "{keys}");
        assert!(bench.terminal.is_empty() && decisions(&bench).is_empty(), "{keys}");
    }
    // Each key after the other is about the candidate that is there by then.
    let (mut slow, mut fast) = (bench(), bench());
    slow.keys("g g a o d x ] o e j A");
    fast.keys_at_once("g g a o d x ] o e j A");
    assert_eq!(judged(&fast), judged(&slow));
    assert_eq!(curated(&fast), curated(&slow));
}

#[test]
fn a_candidate_is_promoted_once_its_acceptance_is_stored() {
    let mut bench = bench();
    bench.keys("g g");
    bench.keys_at_once("A P");
    assert_eq!(bench.desk.written.lock().unwrap().len(), 1, "{}", bench.toast());
    let mut bench = self::bench();
    bench.keys("g g");
    bench.withhold();
    bench.keys("A P");
    bench.drop_effect(|effect| matches!(effect, Effect::Decide(_)));
    bench.hear(Msg::Decided(Err(failed())));
    assert!(bench.app.held.is_empty() && bench.toast().contains(GONE), "{}", bench.toast());
}

#[test]
fn tab_waits_for_what_is_offered() {
    let mut bench = bench();
    bench.keys("t \"wrong\" enter");
    bench.keys("j");
    bench.keys_at_once("t \"wr\" tab enter");
    let tags: Vec<_> = decisions(&bench).into_iter().map(|d| d.body.tags).collect();
    assert_eq!(tags, [["wrong"], ["wrong"]]);
    // Values that were asked for before the line changed are not offered for what it is now.
    bench.keys("j");
    bench.withhold();
    bench.keys("t \"wr\" backspace backspace \"wr\"");
    let is_first = |effect: &Effect| matches!(effect, Effect::Values { prefix, .. } if prefix == "wr");
    bench.let_go(is_first);
    bench.keys("tab");
    assert_eq!(bench.app.held.len(), 1, "they are the answer to an older wish");
    bench.release();
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "wrong");
}

#[test]
fn all_that_is_waited_for_is_answered_without_a_store_too() {
    let bench = Bench::empty((120, 40), "dark");
    let me = || "mia".to_owned();
    let (filter, but) = (loong::store::filter::Filter::all(), loong::store::IdSet::default());
    let measure = loong::tui::effect::Measure::default();
    let toward = loong::tui::effect::Toward::Parent;
    let effects = [
        Effect::List { listing: 1, filter: filter.clone(), me: me(), near: None },
        Effect::Open { ids: vec![1], measure, raw: false, unrevised: Vec::new() },
        Effect::Reread { ids: vec![1], unrevised: Vec::new() },
        Effect::Lineage(1, toward),
        Effect::Decide(Box::default()),
        Effect::Revise { new: Box::default(), run: None },
        Effect::Undo(me()),
        Effect::Redo(me()),
        Effect::Values { nth: 1, field: "tag".to_owned(), prefix: String::new() },
        Effect::Totals,
        Effect::Rules,
        Effect::Seeds,
        Effect::Strategies,
        Effect::Views,
        Effect::Facets(1, filter),
        Effect::Audit,
        Effect::PlanNext { reviewer: me(), second: false, but },
        Effect::PlanDraw { blind: false, enlarge: false },
        Effect::Start(loong::tui::effect::Beginning::Project(None)),
    ];
    for effect in effects {
        let name = format!("{effect:?}");
        assert!(!bench.answers(effect).is_empty(), "{name}");
    }
}

#[test]
fn keys_of_a_step_in_a_lineage_are_about_where_it_leads() {
    let (mut slow, mut fast) = (walked(), walked());
    slow.keys("( ( A");
    fast.keys_at_once("( ( A");
    assert_eq!((fast.app.review.selected, curated(&fast)), (slow.app.review.selected, curated(&slow)));
    assert_eq!(curated(&fast).len(), 1);
    // Where it leads nowhere, nothing is decided on where one is.
    let mut bench = bench();
    bench.keys_at_once("( A");
    assert!(curated(&bench).is_empty() && bench.app.held.is_empty(), "{}", bench.toast());
    bench.withhold();
    bench.keys("( A");
    bench.drop_effect(|effect| matches!(effect, Effect::Lineage(..)));
    bench.hear(Msg::Lineage(loong::tui::effect::Toward::Parent, Box::new(Err(failed()))));
    bench.release();
    assert!(curated(&bench).is_empty() && bench.app.held.is_empty() && !bench.app.review.walking);
}

#[test]
fn choices_are_made_among_what_there_is() {
    let mut bench = bench();
    let views = [view("a", "domain:logic", true), view("b", "verdict:different", true), view("c", "id:4", true)];
    *bench.desk.views.lock().unwrap() = views.to_vec();
    bench.keys_at_once("S j enter");
    assert_eq!(bench.app.review.filter.to_string(), "verdict:different");
    bench.keys("esc B j j");
    let Some(Overlay::Facets(facets)) = &bench.app.overlay else { panic!("{}", bench.text()) };
    let term = facets.term().unwrap();
    bench.keys("esc");
    bench.keys_at_once("B j j enter");
    assert_eq!(bench.app.review.filter.to_string(), term);
    let mut bench = walked();
    let child = bench.app.review.selected;
    bench.keys_at_once("I k enter");
    assert_ne!(bench.app.review.selected, child);
    bench.keys("g l");
    bench.keys_at_once("r t j enter r s");
    assert_eq!(bench.desk.strategy.lock().unwrap().as_ref().unwrap().name, "evol-instruct");
}

#[test]
fn choices_that_cannot_be_read_are_not_waited_for() {
    let gone = || "loong.toml is gone".to_owned();
    let sent = [
        ("S j enter", Msg::Views(Err(gone()))),
        ("r t j enter", Msg::Strategies(Err(gone()))),
        ("I k enter", Msg::Lineage(loong::tui::effect::Toward::Panel, Box::new(Err(failed())))),
    ];
    for (keys, answer) in sent {
        let mut bench = bench();
        bench.withhold();
        bench.keys(keys);
        assert_eq!(bench.app.held.len(), 2, "{keys}");
        bench.hear(answer);
        assert!(bench.app.overlay.is_none() && bench.app.held.is_empty(), "{keys}");
        assert!(bench.toast().contains(GONE), "{keys}: {}", bench.toast());
    }
}

#[test]
fn rules_runs_and_seeds_are_waited_for_where_they_are_not_read_yet() {
    // Rules: `tab`, too, and what comes behind it.
    let mut bench = bench();
    bench.app.rules.present = None;
    bench.keys_at_once("g v tab tab j j space");
    assert_eq!(bench.app.rules.selected, 2);
    assert_ne!(Some(&bench.app.rules.trial), bench.app.rules.present.as_ref());
    bench.app.rules.present = None;
    bench.withhold();
    bench.keys("g v j space");
    assert_eq!(bench.app.held.len(), 2);
    bench.hear(Msg::Rules(Err("loong.toml is gone".to_owned()), None));
    assert!(bench.app.held.is_empty() && bench.toast().contains(GONE), "{}", bench.toast());

    // Runs.
    let mut bench = crate::resuming::stored((120, 40), "dark");
    let folder = bench.folder.path().to_owned();
    bench.withhold();
    bench.hear(Msg::Entered(Box::new(Desk::open(&folder, loong::store::OpenMode::Create)), None));
    bench.keys("g l r r");
    assert!(!bench.toast().contains("no run is unfinished"), "{}", bench.toast());
    bench.release();
    assert!(bench.desk.resumed.lock().unwrap().is_some(), "{}", bench.toast());
    let mut bench = self::bench();
    bench.app.run.is_counted = false;
    bench.withhold();
    bench.keys("g l r r");
    bench.hear(Msg::Totals(Box::new(Err::<(Totals, _), _>(failed()))));
    assert!(bench.app.held.is_empty() && bench.toast().contains(GONE), "{}", bench.toast());

    // Seeds.
    let mut bench = crate::seeds::bench((120, 40), "dark");
    bench.app.seeds = loong::tui::seeds::SeedsScreen::default();
    bench.keys_at_once("g s j j");
    let third = bench.app.seeds.selected.clone();
    bench.keys("g r g s k k");
    assert_ne!(bench.app.seeds.selected, third);
    bench.app.seeds = loong::tui::seeds::SeedsScreen::default();
    bench.withhold();
    bench.keys("g s j c");
    bench.hear(Msg::Seeds(Err("seeds.json is gone".to_owned())));
    assert!(bench.app.held.is_empty(), "{}", bench.toast());
}

#[test]
fn the_end_of_a_list_is_gone_to_as_it_becomes_known() {
    let mut bench = Bench::new((120, 24), "dark", many(120));
    bench.keys_at_once("/ \"id>3\" enter G");
    assert_eq!(bench.app.review.selected, Some(120));
    bench.keys_at_once("/ backspace \"␣verdict:different\" enter g g x");
    let first = bench.app.review.ids.first().unwrap();
    assert_eq!(curated(&bench), [(first, Curation::Reject)]);
}

#[test]
fn who_sees_that_a_list_is_late_moves_in_the_one_before() {
    let mut bench = bench();
    bench.withhold();
    bench.keys("/ \"verdict:different\" enter");
    bench.hear(Msg::Tick(Duration::from_millis(400)));
    let before = bench.app.review.selected;
    bench.keys("j");
    assert!(bench.app.held.is_empty() && bench.app.review.selected != before);
    bench.keys("g l");
    assert_eq!(bench.app.screen, Screen::Run, "leaving waits for nothing");
    bench.keys("g r a");
    assert_eq!(bench.app.held.len(), 1, "and deciding waits all the same");
}

#[test]
fn the_foot_says_what_keys_wait_for_and_esc_forgets_them() {
    let mut bench = bench();
    bench.withhold();
    bench.keys("/ \"verdict:different\" enter a x");
    let foot = |bench: &Bench| bench.text().lines().last().unwrap().to_owned();
    assert!(!foot(&bench).contains("wait"), "{}", foot(&bench));
    assert_eq!(bench.app.holds(), Some(Duration::from_millis(150)), "it wakes up to say so");
    bench.hear(Msg::Tick(Duration::from_millis(150)));
    assert!(foot(&bench).contains("2 keys wait for the list  esc forgets"), "{}", foot(&bench));
    assert_eq!(bench.app.holds(), Some(Duration::from_millis(150)), "and to move in the list before");
    bench.hear(Msg::Tick(Duration::from_millis(300)));
    assert_eq!((bench.app.holds(), bench.app.held.len()), (None, 2));
    bench.keys("esc");
    assert_eq!(bench.toast(), "the 2 keys that waited are forgotten");
    bench.release();
    assert!(curated(&bench).is_empty());
    assert_eq!(bench.app.review.filter.to_string(), "verdict:different", "nothing else is gone back from");
}

#[test]
fn no_more_than_64_keys_wait_and_who_leaves_does_not() {
    let mut bench = bench();
    bench.withhold();
    bench.keys("/ \"verdict:different\" enter A");
    for _ in 0..70 {
        bench.keys("j");
    }
    assert_eq!(bench.app.held.len(), 64);
    assert!(bench.app.toast.as_ref().unwrap().bad && bench.toast().contains("not kept"), "{}", bench.toast());
    bench.keys("ctrl-z");
    assert!(matches!(bench.terminal.last(), Some(Effect::Suspend)) && bench.app.held.len() == 64);
    bench.keys("ctrl-c");
    assert!(bench.app.quitting && bench.app.held.is_empty());
}

#[test]
fn text_that_is_pasted_comes_behind_the_keys_before_it() {
    let mut bench = planned((120, 40), "dark", false);
    bench.keys("g a n");
    bench.withhold();
    bench.keys("o e c");
    bench.hear(Msg::Paste("a word".to_owned()));
    bench.keys("enter");
    bench.release();
    let notes: Vec<_> = decisions(&bench).into_iter().filter_map(|d| Some((d.body.candidate, d.body.note?))).collect();
    assert_eq!(notes, [(pairs(&bench)[1].0, "a word".to_owned())]);
}

#[test]
fn another_project_and_a_fault_end_all_waiting() {
    let waits =
        ["n o e", "u a", "( a", "/ \"verdict:different\" enter a", "S j", "I j", "r t j", "g a p", "g s j", "g l r r"];
    let other = tempfile::tempdir().unwrap();
    for keys in waits {
        for by_fault in [false, true] {
            let mut bench = planned((120, 40), "dark", false);
            bench.keys("/ \"plan:yes\" enter");
            bench.app.seeds = loong::tui::seeds::SeedsScreen::default();
            bench.app.run.is_counted = false;
            bench.withhold();
            bench.keys(keys);
            assert!(!bench.app.held.is_empty(), "{keys}");
            if by_fault {
                bench.hear(Msg::Unanswered);
            } else {
                bench.keys("esc esc");
                bench.hear(Msg::Entered(Box::new(Desk::open(other.path(), loong::store::OpenMode::Create)), None));
                bench.release();
            }
            assert!(bench.app.held.is_empty(), "{keys}: {by_fault}");
            bench.keys("j k a");
            assert!(bench.app.held.is_empty(), "{keys}: {by_fault}");
        }
    }
}
