//! Decisions on many candidates: told while they go on, ended on a key, never cut off in silence.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use loong::store::bulk::{Bulk, Reached, STRETCH, Unfinished, Way};
use loong::store::filter::Filter;
use loong::store::record::{CandidateRecord, Curation, NewDecision};
use loong::store::{IdSet, OpenMode};
use loong::tui::effect::Effect;
use loong::tui::msg::Msg;
use loong::tui::perform::{Performer, Services, Wire};
use loong::tui::workbench::{Project, Workbench};

use crate::bench::{Bench, Desk, rows};
use crate::fixtures;

const SOME: u64 = 6 * STRETCH as u64;

fn many(n: u64) -> Vec<CandidateRecord> {
    (0..n).map(|nth| fixtures::candidate(nth, "logic", "How many?", "print(12)", "12")).collect()
}

fn accepted(project: &Project) -> u64 {
    project.store.reader().unwrap().count(&Filter::parse("curation:accept").unwrap()).unwrap()
}

fn accept_all() -> Effect {
    let decision =
        NewDecision { curation: Some(Curation::Accept), reviewer: "mia".to_owned(), ..NewDecision::default() };
    let candidates = IdSet::span(&(1..=SOME.cast_signed()));
    Effect::DecideAll(Box::new(Bulk { decision, candidates, blind: IdSet::default() }))
}

/// Lanes at work on a store with some candidates.
struct Lanes {
    _folder: tempfile::TempDir,
    project: Project,
    performer: Performer,
    to: Sender<Wire>,
    from: Receiver<Wire>,
}

impl Lanes {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Desk::open(folder.path(), OpenMode::Create);
        project.store.put_candidates_blocking(many(SOME)).unwrap();
        let (to, from) = channel();
        let desk: Arc<dyn Workbench> = Arc::new(Desk::default());
        let services = Arc::new(Services::new(desk, Instant::now(), to.clone()));
        services.enter(project.clone());
        let performer = Performer::new(services, &to).unwrap();
        Self { _folder: folder, project, performer, to, from }
    }

    /// The next answer, which must be of this store.
    fn next(&self) -> Msg {
        match self.from.recv_timeout(Duration::from_secs(60)).expect("an answer") {
            Wire::Msg(Msg::OfStore(uid, msg)) if uid == self.project.store.uid() => *msg,
            Wire::Msg(msg) => panic!("{msg:?} says not which store it is of"),
            Wire::RunChanged => panic!("there is no run"),
        }
    }
}

#[test]
fn all_that_match_are_decided_on_and_undone_as_one() {
    let mut bench = Bench::new((120, 40), "dark", many(2 * STRETCH as u64 + 3));
    bench.keys("ctrl-a a y");
    assert_eq!(bench.toast(), "2003 candidates: accepted · u undoes all of it");
    let first = rows(&bench.picture().0)[2].clone();
    assert!(first.contains('✓'), "{first}");
    bench.keys("u");
    assert_eq!(bench.toast(), "undone: accepted on 2003 candidates");
    assert!(!bench.text().contains('✓'), "{}", bench.text());
    bench.keys("ctrl-r");
    assert_eq!(bench.toast(), "put back: accepted on 2003 candidates");
}

#[test]
fn while_they_go_on_nothing_else_is_decided_and_a_key_ends_them() {
    let mut bench = Bench::new((120, 40), "dark", many(9));
    bench.hear(Msg::Deciding(Way::Decide, Reached { done: 1000, of: 6000 }));
    let head = rows(&bench.picture().0)[0].clone();
    assert!(head.contains("deciding 1000 of 6000 · esc ends it"), "{head}");
    for keys in ["a", "X", "u", "ctrl-r", "e"] {
        bench.keys(keys);
        assert_eq!(bench.toast(), "deciding 1000 of 6000 · esc ends it", "{keys}");
    }
    assert!(bench.store().reader().unwrap().all_decisions().unwrap().is_empty());
    let effects = bench.app.act(loong::tui::action::Action::Back, None);
    assert!(matches!(effects[..], [Effect::EndBulk]), "{effects:?}");
}

#[test]
fn what_a_key_ended_is_told_and_stays() {
    let lanes = Lanes::new();
    lanes.performer.perform(accept_all());
    assert!(matches!(lanes.next(), Msg::Deciding(Way::Decide, _)));
    lanes.performer.perform(Effect::EndBulk);
    let came = loop {
        match lanes.next() {
            Msg::DecidedAll(came) => break came,
            Msg::Deciding(..) => {}
            other => panic!("{other:?}"),
        }
    };
    let done = came.reached.done;
    assert!((STRETCH as u64..SOME).contains(&done) && came.failed.is_none(), "{done}");
    assert_eq!(accepted(&lanes.project), done);
    assert_eq!(lanes.project.store.reader().unwrap().unfinished().unwrap(), None, "it is told here and now");
    let mut bench = Bench::new((120, 40), "dark", many(9));
    bench.hear(Msg::DecidedAll(came));
    let told = format!("{done} of 6000 candidates: accepted; ended there · u undoes these {done}");
    assert_eq!(bench.toast(), told);
    drop(lanes.to);
}

#[test]
fn what_leaving_cut_off_is_told_to_whoever_comes_next() {
    let lanes = Lanes::new();
    lanes.performer.perform(accept_all());
    assert!(matches!(lanes.next(), Msg::Deciding(..)));
    lanes.performer.finish();
    let done = accepted(&lanes.project);
    assert!((STRETCH as u64..SOME).contains(&done), "it does not keep who leaves: {done}");
    let mut bench = Bench::empty((120, 40), "dark");
    bench.hear(Msg::Entered(Box::new(lanes.project.clone()), None));
    let told = format!("{done} of 6000 candidates: accepted; then loong ended · u undoes these {done}");
    assert_eq!(bench.toast(), told);
    bench.app.toast = None;
    bench.hear(Msg::Entered(Box::new(lanes.project.clone()), None));
    assert_eq!(bench.toast(), "", "once");
    bench.keys("u");
    assert_eq!(accepted(&lanes.project), 0);
}

#[test]
fn what_another_project_cut_off_is_told_in_its_own() {
    let lanes = Lanes::new();
    let mut bench = Bench::new((120, 40), "dark", many(9));
    let other = bench.app.project.clone().unwrap();
    lanes.performer.perform(accept_all());
    let first = lanes.next();
    assert!(matches!(first, Msg::Deciding(..)));
    lanes.performer.perform(Effect::Use(Box::new(other)));
    let uid = lanes.project.store.uid().to_owned();
    let mut answers = vec![first];
    while !matches!(answers.last(), Some(Msg::DecidedAll(_))) {
        answers.push(lanes.next());
    }
    for msg in answers {
        bench.hear(Msg::OfStore(uid.clone(), Box::new(msg)));
    }
    assert_eq!((bench.toast(), bench.app.says_deciding()), ("", None), "it is not this project's");
    let done = accepted(&lanes.project);
    assert!((STRETCH as u64..SOME).contains(&done), "it ended with the project: {done}");
    bench.hear(Msg::Entered(Box::new(lanes.project.clone()), None));
    let told = format!("{done} of 6000 candidates: accepted; then loong ended · u undoes these {done}");
    assert_eq!(bench.toast(), told);
}

#[test]
fn undoing_that_was_cut_off_says_how_to_go_on() {
    let mut bench = Bench::new((120, 40), "dark", many(9));
    bench.keys("a");
    let about = bench.store().reader().unwrap().decisions(1).unwrap().remove(0);
    for (way, told) in [
        (Way::Undo, "undone on 2 of 5 candidates: accepted; then loong ended · u goes on with it"),
        (Way::Redo, "put back on 2 of 5 candidates: accepted; then loong ended · ctrl-r goes on with it"),
    ] {
        let found = Unfinished { way, about: about.clone(), reached: Reached { done: 2, of: 5 } };
        bench.hear(Msg::Unfinished(Box::new(found)));
        assert_eq!(bench.toast(), told);
    }
}
