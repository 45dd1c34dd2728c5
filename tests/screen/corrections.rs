//! Correcting a candidate: its sheet, what differs before it is kept, what is read afterwards, and the way back.

use std::sync::Arc;

use loong::review::plan::{self, Wish};
use loong::store::OpenMode;
use loong::store::filter::Filter;
use loong::store::record::{Agreement, CandidateView, Judgement, NewDecision};
use loong::store::revision::Revision;
use loong::tui::app::Overlay;
use loong::tui::correct::Run;
use loong::tui::effect::Effect;
use loong::tui::msg::Msg;
use loong::verifier::Outcome;

use crate::bench::{Bench, Desk};
use crate::fixtures;
use crate::pictures::{SIZES, snapshot};

fn bench(size: (u16, u16)) -> Bench {
    let mut bench = Bench::new(size, "dark", fixtures::all());
    bench.keys("2 G");
    bench
}

/// Opens the editor and says what it was given.
fn sheet(bench: &mut Bench) -> (Arc<CandidateView>, String) {
    bench.keys("E");
    match bench.terminal.pop() {
        Some(Effect::EditCorrection(view, text)) => (view, text),
        other => panic!("{other:?}; {}", bench.toast()),
    }
}

/// Has the selected candidate corrected in the editor.
fn edit(bench: &mut Bench, change: impl FnOnce(&str) -> String) {
    let (view, text) = sheet(bench);
    let edited = change(&text);
    let edited = (edited != text).then_some(edited);
    bench.hear(Msg::Corrected(view, Ok(edited)));
}

fn answer(text: &str) -> String {
    text.replace("\n1365\n", "\n2731\n").replace("history ====\n", "history ====\nthe recurrence was wrong\n")
}

fn stored(bench: &Bench, id: i64) -> CandidateView {
    bench.store().reader().unwrap().candidate(id).unwrap()
}

#[test]
fn what_differs_is_shown_before_it_is_kept() {
    for size in SIZES {
        let mut bench = bench(size);
        edit(&mut bench, |text| answer(text).replace("board be tiled", "board be covered").replace("n < 2", "n < 1"));
        snapshot(&format!("over_correction_{}x{}_dark", size.0, size.1), &bench.picture().0);
    }
    let mut bench = Bench::new((120, 40), "mono", fixtures::all());
    bench.keys("2 G");
    edit(&mut bench, answer);
    snapshot("over_correction_answer_120x40_mono", &bench.picture().0);
}

#[test]
fn a_correction_is_kept_read_and_taken_back() {
    let mut bench = bench((200, 55));
    edit(&mut bench, answer);
    assert!(bench.store().reader().unwrap().all_decisions().unwrap().is_empty(), "nothing before the last word");
    bench.keys("enter");
    assert!(
        bench.toast().contains("2 corrected the answer") && bench.toast().contains("u undoes it"),
        "{}",
        bench.toast()
    );
    let view = stored(&bench, 2);
    assert_eq!((view.standing, view.record.reference.as_deref()), (Agreement::Agrees, Some("1365")));
    let revised = view.revised.unwrap();
    assert_eq!(revised.now.reference.as_deref(), Some("2731"));
    assert_eq!(revised.pairs[&0].verdict.as_ref().unwrap().outcome, Outcome::Equivalent);
    bench.app.toast = None;
    snapshot("review_revised_200x55_dark", &bench.picture().0);
    bench.keys("D");
    assert!(bench.text().contains("it came with  1365  then ≠ different"), "{}", bench.text());
    bench.keys("D H");
    let history = bench.text();
    for row in ["mia         corrected the answer  “the recurrence was wrong”", "− answer    1365", "+ answer    2731"]
    {
        assert!(history.contains(row), "{history}");
    }
    bench.keys("esc / \"revised:yes\" enter");
    assert_eq!(bench.app.review.ids.len(), 1);
    bench.keys("esc u");
    assert_eq!(bench.toast(), "undone: #2 corrected the answer");
    assert_eq!(stored(&bench, 2).revised, None);
    assert!(bench.text().contains("code answer") && !bench.text().contains("revised answer"), "{}", bench.text());
    bench.keys("ctrl-r");
    assert!(bench.text().contains("revised answer"), "{}", bench.text());
}

#[test]
fn all_sizes_show_that_it_was_corrected() {
    for size in [(120, 40), (80, 24), (60, 16)] {
        let mut bench = bench(size);
        edit(&mut bench, |text| answer(text).replace("board be tiled", "board be covered"));
        bench.keys("enter");
        bench.app.toast = None;
        snapshot(&format!("review_revised_{}x{}_dark", size.0, size.1), &bench.picture().0);
    }
}

#[test]
fn a_corrected_question_is_typeset_anew() {
    let mut bench = bench((200, 55));
    edit(&mut bench, |text| text.replace("In how many ways", "In how many different ways"));
    bench.keys("enter");
    assert!(
        bench.text().contains("In how many different ways") && bench.text().contains("question · counting · revised")
    );
    bench.keys("u");
    assert!(!bench.text().contains("different ways"), "{}", bench.text());
}

#[test]
fn nothing_changed_and_what_cannot_be_read_are_told() {
    let mut bench = bench((200, 55));
    edit(&mut bench, str::to_owned);
    assert_eq!(bench.toast(), "nothing was changed");
    edit(&mut bench, |text| text.replace("history ====\n", "history ====\nbecause\n"));
    assert!(bench.toast().contains("nothing was changed; c notes a word"), "{}", bench.toast());
    edit(&mut bench, |text| format!("{text}\n"));
    assert_eq!(bench.toast(), "nothing was changed", "line ends are none");
    let (view, _) = sheet(&mut bench);
    bench.hear(Msg::Corrected(view, Err("the editor went away".to_owned())));
    assert_eq!(bench.toast(), "the editor went away");

    // What was written is not lost: it is in a file, and the key opens it again.
    edit(&mut bench, |text| text.replace("==== answer", "==== anwser"));
    let told = bench.toast().to_owned();
    assert!(told.contains("`==== answer` is missing") && told.contains("/drafts/correction-2.md"), "{told}");
    assert!(bench.desk.texts.lock().unwrap()[0].contains("==== anwser"));
    let (view, text) = sheet(&mut bench);
    assert!(text.contains("==== anwser"), "{text}");
    bench.hear(Msg::Corrected(view, Ok(Some(text.replace("anwser", "answer").replace("\n1365\n", "\n7\n")))));
    assert!(matches!(bench.app.overlay, Some(Overlay::Correction(_))));
    bench.keys("esc");
    assert!(bench.app.overlay.is_none() && bench.toast().contains("E opens what you wrote again"), "{}", bench.toast());
    // Left as it is in the editor, it is what was written.
    let (view, text) = sheet(&mut bench);
    assert!(text.contains("\n7\n"), "{text}");
    bench.hear(Msg::Corrected(view, Ok(None)));
    bench.keys("enter");
    assert_eq!(stored(&bench, 2).current().record.reference.as_deref(), Some("7"));
    let (_, text) = sheet(&mut bench);
    assert!(text.contains("\n7\n") && !text.contains("anwser"), "the sheet is of what stands: {text}");
    edit(&mut bench, |text| text.replace("\n7\n", "\n\n"));
    assert!(bench.toast().contains("the answer is empty"), "{}", bench.toast());
}

#[test]
fn corrected_code_is_run_only_when_asked_for_and_gives_the_answer() {
    let mut bench = bench((200, 55));
    edit(&mut bench, |text| text.replace("n < 2", "n < 1"));
    assert!(bench.text().contains("was not run; r runs it, isolated"), "{}", bench.text());
    bench.keys("r");
    let Some(Overlay::Correction(correction)) = &bench.app.overlay else { panic!("{}", bench.text()) };
    assert!(matches!(correction.run, Run::Done(_)));
    assert!(bench.text().contains("printed 2731, which is taken as the answer"), "{}", bench.text());
    bench.keys("enter");
    let revised = stored(&bench, 2).revised.unwrap();
    assert_eq!((revised.now.reference.as_deref(), revised.printed), (Some("2731"), true));
    assert_eq!(revised.execution.unwrap().stdout, "2731\n");

    // An answer that somebody wrote stays theirs.
    let mut bench = self::bench((200, 55));
    edit(&mut bench, |text| answer(text).replace("\n2731\n", "\n5\n").replace("n < 2", "n < 1"));
    bench.keys("r enter");
    let revised = stored(&bench, 2).revised.unwrap();
    assert_eq!((revised.now.reference.as_deref(), revised.printed), (Some("5"), false));

    // What fails changes no answer; what was not run says so.
    let mut bench = self::bench((200, 55));
    edit(&mut bench, |text| text.replace("n < 2", "raise_it"));
    bench.keys("r");
    assert!(bench.text().contains("The corrected code: code_error: exit 1"), "{}", bench.text());
    bench.keys("enter");
    let view = stored(&bench, 2).current();
    assert_eq!(view.record.reference.as_deref(), Some("1365"));
    assert!(view.record.code.unwrap().contains("raise_it"));
    edit(&mut bench, |text| text.replace("raise_it", "n < 3"));
    bench.keys("enter");
    assert!(bench.text().contains("code · revised · not run"), "{}", bench.text());
}

#[test]
fn a_judgement_of_the_corrected_answer_is_about_that() {
    let mut bench = bench((200, 55));
    bench.keys("o d k");
    edit(&mut bench, answer);
    bench.keys("enter");
    assert!(!bench.text().contains("judged ≠ different"), "{}", bench.text());
    bench.keys("o e k w b");
    let log = bench.store().reader().unwrap().decisions(2).unwrap();
    let about: Vec<Option<&str>> = log.iter().map(|d| d.body.about.as_deref()).collect();
    assert_eq!(about, [None, None, Some("2731"), Some("2731")]);
    let view = stored(&bench, 2);
    assert_eq!(view.responses[0].judgement.unwrap().as_str(), "different");
    assert_eq!(view.current().responses[0].judgement.unwrap().as_str(), "equivalent");
}

#[test]
fn blind_hides_the_verdict_on_the_corrected_answer() {
    let mut bench = bench((200, 55));
    bench.keys("b o d");
    assert!(bench.text().contains("≠ different"), "judged, it is shown");
    edit(&mut bench, answer);
    bench.keys("enter");
    let log = bench.store().reader().unwrap().decisions(2).unwrap();
    assert!(!log[1].body.blind, "the verdict had been shown");
    assert!(bench.text().contains("verdict hidden"), "nobody judged this pair: {}", bench.text());
    bench.keys("D H");
    assert!(!bench.text().contains("= equivalent"), "{}", bench.text());
}

#[test]
fn the_plan_has_its_pairs_as_they_came() {
    let mut bench = bench((200, 55));
    edit(&mut bench, answer);
    bench.keys("enter g a p g r");
    bench.keys("/ \"plan:yes\" enter 2 G");
    let shown = bench.text();
    assert!(shown.contains("code answer") && !shown.contains("revised") && !shown.contains('✎'), "{shown}");
    bench.keys("o d");
    let log = bench.store().reader().unwrap().decisions(2).unwrap();
    assert_eq!((log.len(), log[1].body.about.as_deref()), (2, None));
    bench.keys("2 G E");
    assert!(bench.terminal.is_empty() && bench.toast().contains("as it came"), "{}", bench.toast());
    bench.keys("esc 2 G");
    assert!(bench.text().contains("revised answer"), "{}", bench.text());
}

#[test]
fn an_open_blind_plan_does_not_tell_that_somebody_corrected_it() {
    let mut bench = bench((200, 55));
    let store = bench.store();
    let drawn = plan::make(&store.reader().unwrap(), &Filter::all(), 7, true, Wish::Size(60)).unwrap();
    store.put_plan_blocking(drawn).unwrap();
    let revision = Revision { reference: Some("2731".to_owned()), ..Revision::default() };
    let by_ada = NewDecision {
        candidate: 2,
        reviewer: "ada".to_owned(),
        revision: Some(Box::new(revision)),
        ..NewDecision::default()
    };
    store.decide_blocking(by_ada).unwrap();
    // Judged before it was in the plan, and not what the plan asks.
    let of_revised = NewDecision {
        candidate: 2,
        sample: Some(0),
        judgement: Some(Judgement::Equivalent),
        about: Some("2731".to_owned()),
        reviewer: "mia".to_owned(),
        ..NewDecision::default()
    };
    store.decide_blocking(of_revised).unwrap();
    let project = bench.app.project.clone().unwrap();
    bench.hear(Msg::Entered(Box::new(project), None));
    bench.keys("2 G");
    assert!(bench.app.review.sealed.contains(2));
    let shown = bench.text();
    assert!(shown.contains("code answer") && shown.contains("1365") && shown.contains("verdict hidden"), "{shown}");
    assert!(!shown.contains("revised") && !shown.contains('✎') && !shown.contains("corrected"), "{shown}");
    bench.keys("E");
    assert!(bench.terminal.is_empty(), "what it was corrected to is not told either");
    bench.keys("o d");
    assert_eq!(store.reader().unwrap().decisions(2).unwrap()[2].body.about, None);
    assert!(!bench.app.review.sealed.contains(2));
    bench.keys("1 G 2 G");
    assert!(bench.text().contains("revised answer"), "judged, it is read as it stands: {}", bench.text());
}

#[test]
fn a_store_that_is_read_only_is_not_corrected() {
    let mut bench = bench((120, 40));
    let project = Desk::open(bench.folder.path(), OpenMode::ReadOnly);
    bench.hear(Msg::Entered(Box::new(project), None));
    bench.keys("2 G E");
    assert!(bench.terminal.is_empty() && bench.toast().contains("another loong is at work here"), "{}", bench.toast());
    assert_eq!(bench.store().reader().unwrap().count(&Filter::parse("revised:yes").unwrap()).unwrap(), 0);
}
