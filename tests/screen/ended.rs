//! What somebody waits for and what does not come: it ends on every path, and nothing else is taken for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use loong::engine::Mode;
use loong::export::{ExportOptions, FormatName};
use loong::review::rules::{Progress, Rules};
use loong::store::bulk::{Bulk, Reached, STRETCH, Way};
use loong::store::filter::Filter;
use loong::store::record::{CandidateRecord, Curation, NewDecision};
use loong::store::{IdSet, OpenMode, StoreError};
use loong::tui::app::Screen;
use loong::tui::effect::{Effect, ExportWish};
use loong::tui::msg::Msg;
use loong::tui::perform::{Performer, Services, Wire};
use loong::tui::workbench::{Project, Workbench};

use crate::bench::{Bench, Desk};
use crate::{audit, fixtures};

const SOME: u64 = 6 * STRETCH as u64;

fn bench() -> Bench {
    Bench::new((120, 40), "dark", fixtures::all())
}

fn decisions(bench: &Bench) -> usize {
    bench.store().reader().unwrap().all_decisions().unwrap().len()
}

/// Lanes at work on a store.
struct Lanes {
    _folder: tempfile::TempDir,
    project: Project,
    desk: Arc<Desk>,
    performer: Performer,
    from: Receiver<Wire>,
}

impl Lanes {
    fn new(candidates: Vec<CandidateRecord>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Desk::open(folder.path(), OpenMode::Create);
        project.store.put_candidates_blocking(candidates).unwrap();
        let (to, from) = channel();
        let desk: Arc<Desk> = Arc::default();
        let services = Arc::new(Services::new(Arc::clone(&desk) as Arc<dyn Workbench>, Instant::now(), to.clone()));
        services.enter(project.clone());
        let performer = Performer::new(services, &to).unwrap();
        Self { _folder: folder, project, desk, performer, from }
    }

    fn of_many() -> Self {
        Self::new((0..SOME).map(|nth| fixtures::candidate(nth, "logic", "How many?", "print(12)", "12")).collect())
    }

    /// The next answer of this kind, which must be of this store.
    fn next(&self, such: impl Fn(&Msg) -> bool) -> Msg {
        loop {
            match self.from.recv_timeout(Duration::from_secs(60)).expect("an answer") {
                Wire::Msg(Msg::OfStore(uid, msg)) if uid == self.project.store.uid() => {
                    if such(&msg) {
                        return *msg;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn what_panics_on_its_lane_is_told_to_those_who_wait_and_the_lane_goes_on() {
    let lanes = Lanes::new(fixtures::all());
    let desk = Arc::clone(&lanes.desk);
    let poisoned = std::thread::spawn(move || {
        let _seeds = desk.no_seeds.lock();
        panic!("on purpose");
    });
    assert!(poisoned.join().is_err());
    lanes.performer.perform(Effect::Seeds);
    lanes.next(|msg| matches!(msg, Msg::Unanswered));
    lanes.performer.perform(Effect::Strategies);
    lanes.next(|msg| matches!(msg, Msg::Strategies(Ok(_))));
}

#[test]
fn what_panics_elsewhere_ends_no_waiting() {
    let mut bench = bench();
    bench.withhold();
    bench.keys("/ \"verdict:different\" enter a");
    bench.hear(Msg::Panicked("report.txt".into()));
    assert!(bench.app.held.len() == 1 && bench.app.review.stale && bench.toast().contains("report.txt"));
    bench.release();
    assert_eq!(decisions(&bench), 1, "{}", bench.toast());
}

#[test]
fn a_candidate_whose_texts_cannot_be_set_is_not_waited_for() {
    let mut bench = bench();
    bench.keys("g g");
    bench.app.review.close_books();
    bench.withhold();
    bench.keys("j A");
    assert_eq!(bench.app.held.len(), 1);
    bench.hear(Msg::Unanswered);
    assert!(bench.app.held.is_empty());
    assert_eq!(bench.app.review.shown, bench.app.review.selected);
    bench.keys("A");
    assert!(bench.app.held.is_empty(), "{}", bench.toast());
    bench.release();
    assert_eq!(decisions(&bench), 0, "nobody has read it");
    bench.keys("k j");
    assert!(bench.app.review.is_read(), "and where it can be read, it is");
    bench.keys("A");
    assert_eq!(decisions(&bench), 1, "{}", bench.toast());
}

#[test]
fn work_that_is_not_answered_any_more_is_not_under_way() {
    let mut bench = bench();
    let app = &mut bench.app;
    app.deciding = Some((Way::Decide, Reached { done: 0, of: 9 }));
    (app.run.starting, app.review.growing) = (true, true);
    (app.export.writing, app.rules.applying) = (Some(0), Some(Progress { done: 0, all: 9 }));
    app.seeds.checking = Some(loong::tui::seeds::Checking { done: 0, all: 9 });
    app.busy = Some("writing".to_owned());
    bench.hear(Msg::Unanswered);
    let app = &bench.app;
    assert!(app.deciding.is_none() && !app.is_running() && !app.review.growing && app.busy.is_none());
    assert!(app.export.writing.is_none() && app.rules.applying.is_none() && app.seeds.checking.is_none());
}

#[test]
fn half_a_chord_whose_second_key_is_forgotten_decides_nothing() {
    for by_esc in [false, true] {
        let mut bench = bench();
        bench.withhold();
        bench.keys("/ \"verdict:different\" enter o e");
        assert_eq!(bench.app.held.len(), 1);
        if by_esc {
            bench.keys("esc");
        } else {
            let listing = bench.app.review.listing;
            bench.drop_effect(|effect| matches!(effect, Effect::List { .. }));
            bench.hear(Msg::Listed { listing, found: Err(StoreError::Interrupted) });
        }
        bench.release();
        assert!(bench.app.held.is_empty() && bench.app.typed.pending().is_empty());
        bench.keys("c esc");
        assert_eq!(decisions(&bench), 0, "{}", bench.toast());
    }
}

#[test]
fn keys_that_move_in_a_late_list_wake_up_and_wait_where_there_is_nowhere_to_move_from() {
    let mut bench = bench();
    bench.withhold();
    bench.keys("/ \"verdict:different\" enter");
    let before = bench.app.review.selected;
    bench.keys("j");
    bench.hear(Msg::Tick(Duration::from_millis(150)));
    assert_eq!(bench.app.holds(), Some(Duration::from_millis(150)));
    bench.hear(Msg::Tick(Duration::from_millis(300)));
    assert!(bench.app.held.is_empty() && bench.app.review.selected != before);

    let mut bench = self::bench();
    bench.withhold();
    bench.keys("s s");
    bench.hear(Msg::Tick(Duration::from_millis(400)));
    bench.keys("j");
    assert_eq!((bench.app.held.len(), bench.app.holds()), (1, Some(Duration::from_millis(150))));
    bench.release();
    assert_eq!(bench.app.review.selected, bench.app.review.ids.get(1));
}

#[test]
fn a_run_keeps_its_reader_in_the_project_and_is_stopped_with_it() {
    let mut bench = bench();
    bench.keys("g l r s");
    let control = bench.desk.control.lock().unwrap().clone().unwrap();
    // From the demo another project can be made.
    bench.app.project.as_mut().unwrap().demo = true;
    bench.keys("g w i");
    assert!(!bench.app.opening && bench.toast().contains("a run is under way"), "{}", bench.toast());
    assert_eq!(bench.app.screen, Screen::Run);
    // One that was on its way before the run began comes all the same.
    let other = tempfile::tempdir().unwrap();
    bench.keys("esc");
    bench.hear(Msg::Entered(Box::new(Desk::open(other.path(), OpenMode::Create)), None));
    assert_eq!((control.mode(), bench.app.is_running()), (Mode::Stopping, false));
}

#[test]
fn what_the_plan_found_before_it_is_drawn_is_not_the_drawing() {
    let mut bench = Bench::new((120, 40), "dark", audit::many(120));
    bench.keys("g a");
    bench.withhold();
    bench.keys("P g r g a");
    bench.let_go(|effect| matches!(effect, Effect::Audit));
    assert!(bench.app.audit.drawing && !bench.app.audit.loading);
    assert_eq!(bench.count_withheld(|effect| matches!(effect, Effect::Sealed(_))), 0, "nothing is sealed yet");
    bench.release();
    assert!(!bench.app.audit.drawing && !bench.app.review.sealed.is_empty(), "{}", bench.toast());
}

#[test]
fn an_export_that_is_ended_before_it_begins_answers() {
    let lanes = Lanes::of_many();
    let wish = ExportWish {
        format: FormatName::Raw,
        options: ExportOptions::default(),
        filter: String::new(),
        path: "out.jsonl".to_owned(),
        against: String::new(),
        since_last: false,
        reward: None,
    };
    lanes.performer.perform(Effect::CountExport { nth: 1, wish: wish.clone(), me: "mia".to_owned() });
    lanes.performer.perform(Effect::Export { wish, overwrite: false });
    lanes.performer.perform(Effect::EndExport);
    let ended = lanes.next(|msg| matches!(msg, Msg::Exported(_)));
    assert!(matches!(ended, Msg::Exported(Ok(None))), "{ended:?}");
    assert!(!lanes.project.folder.join("out.jsonl").exists());
}

#[test]
fn a_version_that_is_ended_before_it_is_applied_answers() {
    let lanes = Lanes::of_many();
    let rules = Box::new(Rules::default());
    lanes.performer.perform(Effect::Sweep { nth: 1, rules: rules.clone() });
    lanes.performer.perform(Effect::Apply { rules, filter: Filter::all(), reviewer: "mia".to_owned(), note: None });
    lanes.performer.perform(Effect::EndTrial);
    let ended = lanes.next(|msg| matches!(msg, Msg::Applied(_)));
    assert!(matches!(ended, Msg::Applied(Ok(_))), "{ended:?}");
}

#[test]
fn decisions_on_many_that_are_ended_while_they_wait_do_not_begin() {
    let lanes = Lanes::of_many();
    let all = |curation| {
        let decision = NewDecision { curation: Some(curation), reviewer: "mia".to_owned(), ..NewDecision::default() };
        let candidates = IdSet::span(&(1..=SOME.cast_signed()));
        Effect::DecideAll(Box::new(Bulk { decision, candidates, blind: IdSet::default() }))
    };
    lanes.performer.perform(all(Curation::Accept));
    lanes.next(|msg| matches!(msg, Msg::Deciding(..)));
    lanes.performer.perform(all(Curation::Reject));
    lanes.performer.perform(Effect::EndBulk);
    let came = || match lanes.next(|msg| matches!(msg, Msg::DecidedAll(_))) {
        Msg::DecidedAll(came) => came,
        other => panic!("{other:?}"),
    };
    assert!(came().first.is_some());
    let second = came();
    assert!(second.first.is_none() && second.reached.done == 0, "{second:?}");
}
