//! Going to another project while something waits: it is done in the project that it was asked for in.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use loong::engine::{Control, Mode};
use loong::export::{ExportOptions, FormatName};
use loong::review::rules::Rules;
use loong::store::bulk::{Bulk, STRETCH};
use loong::store::filter::Filter;
use loong::store::record::{CandidateRecord, Curation, NewDecision};
use loong::store::revision::Revision;
use loong::store::{IdSet, OpenMode, StoreError};
use loong::tui::effect::{Beginning, Effect, ExportWish};
use loong::tui::msg::Msg;
use loong::tui::perform::{Performer, Services, Wire};
use loong::tui::workbench::{ImportPlan, Project, Workbench};

use crate::bench::{Bench, Desk};
use crate::fixtures;
use crate::seeds::seed;

const SOME: u64 = 6 * STRETCH as u64;

/// Two projects, one of them left for the other while things that were asked for in it still wait.
struct Two {
    _folders: [tempfile::TempDir; 2],
    left: Project,
    open: Project,
    desk: Arc<Desk>,
}

impl Two {
    fn new() -> Self {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [left, open] = folders.each_ref().map(|folder| {
            let project = Desk::open(folder.path(), OpenMode::Create);
            project.store.put_candidates_blocking(fixtures::all()).unwrap();
            project
        });
        Self { _folders: folders, left, open, desk: Arc::default() }
    }

    fn services(&self) -> (Services, std::sync::mpsc::Receiver<Wire>) {
        let (to, from) = channel();
        let desk: Arc<dyn Workbench> = Arc::clone(&self.desk) as _;
        (Services::new(desk, Instant::now(), to), from)
    }

    /// Asks for this in the one, goes to the other, and only then has it carried out; the answers.
    fn late(&self, effect: Effect) -> Vec<Msg> {
        let (services, _from) = self.services();
        services.enter(self.left.clone());
        let job = services.job();
        services.enter(self.open.clone());
        let mut answers = Vec::new();
        services.carry_out(effect, &job, &mut |msg| answers.push(msg));
        let of_the_left = |msg| match msg {
            Msg::OfStore(uid, msg) if uid == self.left.store.uid() => *msg,
            other => panic!("{other:?} says not which project it is of"),
        };
        answers.into_iter().map(of_the_left).collect()
    }
}

fn decisions(project: &Project) -> usize {
    project.store.reader().unwrap().all_decisions().unwrap().len()
}

fn many() -> Vec<CandidateRecord> {
    (0..SOME).map(|nth| fixtures::candidate(100 + nth, "logic", "How many?", "print(12)", "12")).collect()
}

fn wish() -> ExportWish {
    ExportWish {
        format: FormatName::Raw,
        options: ExportOptions::default(),
        filter: String::new(),
        path: "out.jsonl".to_owned(),
        against: String::new(),
        since_last: false,
        reward: None,
    }
}

fn accept(candidate: i64) -> Box<NewDecision> {
    Box::new(NewDecision {
        candidate,
        curation: Some(Curation::Accept),
        reviewer: "mia".to_owned(),
        ..NewDecision::default()
    })
}

#[test]
fn decisions_are_kept_where_they_were_asked_for() {
    let two = Two::new();
    let revision = Revision { question: Some("How many?".to_owned()), ..Revision::default() };
    let correct = NewDecision { revision: Some(Box::new(revision)), curation: None, ..*accept(3) };
    let bulk = Bulk { decision: *accept(0), candidates: IdSet::span(&(1..=2)), blind: IdSet::default() };
    let mut before = 0;
    for effect in [
        Effect::Decide(accept(2)),
        Effect::Undo("mia".to_owned()),
        Effect::Redo("mia".to_owned()),
        Effect::Revise { new: Box::new(correct), run: None },
        Effect::DecideAll(Box::new(bulk)),
    ] {
        two.late(effect.clone());
        let now = decisions(&two.left);
        assert!(now > before, "{effect:?}");
        before = now;
    }
    assert_eq!(decisions(&two.open), 0);
}

#[test]
fn plans_exports_and_rules_are_of_the_project_that_they_were_asked_for_in() {
    let two = Two::new();
    let answers = two.late(Effect::PlanDraw { blind: false, enlarge: false });
    assert!(matches!(answers[..], [Msg::Drawn(_)]), "{answers:?}");
    assert!(two.left.store.reader().unwrap().plan().unwrap().is_some());
    assert!(two.open.store.reader().unwrap().plan().unwrap().is_none());

    two.late(Effect::Export { wish: wish(), overwrite: false });
    assert!(two.left.folder.join("out.jsonl").exists() && !two.open.folder.join("out.jsonl").exists());

    let answers = two.late(Effect::Apply {
        rules: Box::new(Rules::default()),
        filter: Filter::all(),
        reviewer: "mia".to_owned(),
        note: None,
    });
    assert!(matches!(answers.last(), Some(Msg::Applied(Ok(_)))), "{answers:?}");
    assert_eq!(two.left.store.reader().unwrap().versions().unwrap().len(), 1);
    assert_eq!(two.open.store.reader().unwrap().versions().unwrap().len(), 0);
}

#[test]
fn what_the_workbench_does_it_does_in_the_project_that_it_was_asked_for_in() {
    let two = Two::new();
    let a_seed = seed("logic", "How many?", "print(12)\n", "12");
    let plan = ImportPlan { file: "rollouts.jsonl".into(), mapping: Vec::new(), missing: None, first: Vec::new() };
    for effect in [
        Effect::Seeds,
        Effect::CheckSeeds { nth: 1, seeds: vec![Arc::new(a_seed.clone())] },
        Effect::WriteSeed { old: None, new: Box::new(a_seed.clone()) },
        Effect::RunCode { nth: 1, code: "print(12)".to_owned(), dependencies: Vec::new() },
        Effect::Import(plan),
        Effect::Views,
        Effect::KeepView("mine".to_owned(), Some("domain:logic".to_owned())),
        Effect::Rules,
        Effect::Strategies,
        Effect::Start(Beginning::Project(None)),
        Effect::Start(Beginning::After(Arc::new(a_seed.clone()))),
        Effect::Start(Beginning::Resumed(1)),
    ] {
        assert!(!two.late(effect.clone()).is_empty(), "{effect:?}");
        let asked = std::mem::take(&mut *two.desk.asked_in.lock().unwrap());
        assert_eq!(asked, std::slice::from_ref(&two.left.folder), "{effect:?}");
    }
}

#[test]
fn a_decision_that_waits_behind_others_is_kept_in_the_project_that_was_left() {
    let two = Two::new();
    two.left.store.put_candidates_blocking(many()).unwrap();
    let (services, from) = two.services();
    services.enter(two.left.clone());
    let (to, answers) = channel();
    let performer = Performer::new(Arc::new(services), &to).unwrap();
    let all = IdSet::span(&(1..=SOME.cast_signed()));
    let bulk = Bulk { decision: *accept(0), candidates: all, blind: IdSet::default() };
    performer.perform(Effect::DecideAll(Box::new(bulk)));
    // The lane is busy now.
    answers.recv_timeout(Duration::from_secs(60)).unwrap();
    performer.perform(Effect::Decide(Box::new(NewDecision { note: Some("mine".to_owned()), ..*accept(1) })));
    performer.perform(Effect::Use(Box::new(two.open.clone())));
    performer.finish();
    let noted = |project: &Project| {
        let all = project.store.reader().unwrap().all_decisions().unwrap();
        all.iter().filter(|one| one.body.note.as_deref() == Some("mine")).count()
    };
    assert_eq!((noted(&two.left), noted(&two.open)), (1, 0));
    drop(from);
}

#[test]
fn an_answer_about_a_project_that_was_left_changes_nothing_here_and_is_told_where_it_matters() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    let elsewhere = |msg| Msg::OfStore("of another".to_owned(), Box::new(msg));
    let before = bench.text();
    bench.hear(elsewhere(Msg::Seeds(Err("no such seeds".to_owned()))));
    bench.hear(elsewhere(Msg::Rows(Vec::new())));
    assert_eq!(bench.text(), before);
    for (msg, told) in [
        (Msg::Decided(Err(StoreError::Closed)), "nothing was decided: "),
        (Msg::Exported(Err("the disk is full".to_owned())), "the disk is full"),
        (Msg::Imported(Ok("3 rows imported".to_owned())), "3 rows imported"),
    ] {
        bench.hear(elsewhere(msg));
        let toast = bench.toast();
        assert!(toast.starts_with("in the project that was left: ") && toast.contains(told), "{toast}");
    }
    let control = Control::default();
    bench.hear(elsewhere(Msg::Started(Ok(Some(control.clone())))));
    assert_eq!(control.mode(), Mode::Stopping, "nobody could steer it from here");
    assert!(!bench.app.is_running());
}

#[test]
fn an_export_that_is_being_written_ends_with_the_program_and_leaves_nothing() {
    let two = Two::new();
    two.left.store.put_candidates_blocking(many()).unwrap();
    let (services, _from) = two.services();
    services.enter(two.left.clone());
    let (to, answers) = channel();
    let performer = Performer::new(Arc::new(services), &to).unwrap();
    let before = std::fs::read_dir(&two.left.folder).unwrap().count();
    performer.perform(Effect::Export { wish: wish(), overwrite: false });
    while std::fs::read_dir(&two.left.folder).unwrap().count() == before {
        std::thread::yield_now();
    }
    performer.finish();
    let ended = answers.try_iter().last();
    let Some(Wire::Msg(Msg::OfStore(_, ended))) = ended else { panic!("{ended:?}") };
    assert!(matches!(*ended, Msg::Exported(Ok(None))), "{ended:?}");
    assert_eq!(std::fs::read_dir(&two.left.folder).unwrap().count(), before);
}
