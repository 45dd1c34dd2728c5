//! The list under the reader: it grows, it is filtered, and nothing moves.

use std::ops::RangeInclusive;
use std::time::Duration;

use loong::engine::EngineEvent;
use loong::store::IdSet;
use loong::store::record::Agreement;
use loong::tui::listed::Listed;
use loong::tui::msg::{Found, More, Msg};
use loong::tui::workbench::{News, Setting};

use crate::bench::Bench;
use crate::fixtures;

fn many(n: u64) -> Vec<loong::store::record::CandidateRecord> {
    (0..n)
        .map(|i| {
            let record = fixtures::candidate(1000 + i, "counting", &format!("Question number {i}?"), "print(1)\n", "1");
            fixtures::answered(record, "solver", &[if i % 3 == 0 { "\\boxed{2}" } else { "\\boxed{1}" }])
        })
        .collect()
}

fn made(bench: &mut Bench, more: Vec<loong::store::record::CandidateRecord>) {
    let ids = bench.store().put_candidates_blocking(more).unwrap();
    for id in ids {
        bench.news(News::Event(EngineEvent::Candidate {
            id,
            ordinal: u64::try_from(id).unwrap(),
            domain: "counting".to_owned(),
            stage: None,
            kind: None,
            verdicts: Vec::new(),
            agreement: Agreement::Agrees,
            state: "agrees".to_owned(),
            message: None,
            seconds: 0.1,
        }));
    }
}

fn begin(bench: &mut Bench) {
    bench.keys("r s");
    bench.news(News::Begun(Setting { strategy: "few-shot".into(), widths: [8, 2, 16, 2], ..Setting::default() }));
}

#[test]
fn nothing_moves_under_the_reader_while_the_loop_adds() {
    let mut bench = Bench::new((120, 24), "dark", many(60));
    begin(&mut bench);
    bench.keys("3 0 j");
    let (selected, top) = (bench.app.review.selected, bench.app.review.top);
    let before: Vec<String> = bench.text().lines().skip(1).take(20).map(|l| l.chars().take(30).collect()).collect();
    made(&mut bench, fixtures::all());
    assert_eq!((bench.app.review.selected, bench.app.review.top), (selected, top));
    assert_eq!(bench.app.review.ids.len(), 73);
    let text = bench.text();
    let after: Vec<String> = text.lines().skip(1).take(20).map(|l| l.chars().take(30).collect()).collect();
    assert_eq!(before[2..], after[2..], "the rows stand where they stood");
    assert!(text.contains("new ↓"), "{text}");
    bench.keys("G");
    assert!(!bench.text().contains("new ↓"), "what was seen is not new");
}

#[test]
fn following_goes_with_the_newest_and_ends_with_a_step_back() {
    let mut bench = Bench::new((120, 24), "dark", many(5));
    begin(&mut bench);
    bench.keys("F");
    made(&mut bench, fixtures::all());
    bench.hear(Msg::Tick(Duration::from_secs(3)));
    assert_eq!(bench.app.review.selected, Some(18));
    bench.keys("k");
    assert!(!bench.app.review.follow);
}

#[test]
fn a_filter_is_typed_with_help() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("/ \"verd\"");
    assert!(bench.text().contains("verdict"), "{}", bench.text());
    bench.keys("tab");
    assert!(bench.app.prompt.as_ref().unwrap().text().starts_with("verdict"), "{}", bench.app.prompt.unwrap().text());
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("/ \"verdict:diff\"");
    assert!(bench.text().contains("different"), "{}", bench.text());
    bench.keys("tab");
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "verdict:different");
    bench.keys("enter");
    let n = bench.app.review.ids.len();
    assert!(n >= 3 && n == bench.app.review.disagreements.len(), "{n}");
    assert!(bench.text().lines().next().unwrap().contains("verdict:different"));
    // Back to all of them, with the selection where it was.
    bench.keys("j");
    let selected = bench.app.review.selected;
    bench.keys("esc");
    assert_eq!((bench.app.review.ids.len(), bench.app.review.selected), (13, selected));
    // Values that are stored are offered.
    bench.keys("/ \"domain:num\" tab enter");
    assert_eq!(bench.app.review.ids.to_vec(), [12]);
}

#[test]
fn a_wrong_filter_stays_open_and_points_at_the_character() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("/ \"verdct:different\" enter");
    let prompt = bench.app.prompt.as_ref().expect("it stays open");
    let (at, fault) = prompt.fault.clone().unwrap();
    assert_eq!(at, 0);
    assert!(fault.contains("verdict"), "{fault}");
    assert_eq!(bench.app.review.ids.len(), 13);
    bench.keys("esc / \"kind:code_timeout\" enter");
    assert_eq!(bench.app.review.ids.to_vec(), [7]);
    // Filters used before come back.
    bench.keys("esc / up");
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "kind:code_timeout");
    bench.keys("esc / \"tag:nothing\" enter");
    assert!(bench.text().contains("No candidate matches."), "{}", bench.text());
    assert!(bench.app.review.selected.is_none());
    bench.keys("a o e J n enter tab H y q");
}

#[test]
fn a_late_answer_to_an_old_wish_is_dropped() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    let listing = bench.app.review.listing;
    bench.keys("/ \"domain:logic\" enter");
    let ids = bench.app.review.ids.to_vec();
    bench.hear(Msg::Listed {
        listing,
        found: Ok(Found { ids: Listed::in_order(vec![1, 2, 3]), percent: 100, ..Found::default() }),
    });
    assert_eq!(bench.app.review.ids.to_vec(), ids);
}

const NOTHING: RangeInclusive<i64> = RangeInclusive::new(1, 0);

fn listing_begins(bench: &mut Bench, filter: &str) -> u64 {
    // As the main loop does it: the wish is carried out elsewhere, and answers come when they come.
    bench.app.begin_with_filter(filter);
    bench.app.review.listing
}

fn more(listing: u64, ids: RangeInclusive<i64>, percent: u8) -> Msg {
    let different = ids.clone().filter(|id| id % 3 == 1).collect();
    Msg::ListedMore { listing, more: More { ids: IdSet::span(&ids), disagree: different, upto: 200, percent } }
}

fn first(listing: u64, ids: RangeInclusive<i64>, percent: u8) -> Msg {
    let found = Found { ids: IdSet::span(&ids).into(), upto: 200, percent, ..Found::default() };
    Msg::Listed { listing, found: Ok(found) }
}

#[test]
fn a_long_list_comes_bit_by_bit_and_nothing_moves_under_the_reader() {
    let mut all = many(200);
    // Those that come first agree.
    for record in &mut all[89..120] {
        *record = fixtures::answered(record.clone(), "solver", &["\\boxed{1}"]);
    }
    let mut bench = Bench::new((120, 24), "dark", all);
    bench.keys("1 0 0 G");
    let picture = |bench: &Bench| -> Vec<String> {
        bench.text().lines().skip(2).take(18).map(|l| l.chars().skip(1).take(30).collect()).collect()
    };
    let old = picture(&bench);
    let listing = listing_begins(&mut bench, "id<=180");
    bench.hear(more(listing, NOTHING, 10));
    assert_eq!(picture(&bench), old, "the old rows are shown until the first new ones are there");
    assert!(bench.text().lines().next().unwrap().contains("(… 10 %)"), "{}", bench.text());
    bench.hear(first(listing, 90..=120, 20));
    assert_eq!((bench.app.review.selected, bench.app.review.ids.len()), (Some(100), 31));
    let begun = picture(&bench);
    assert!(bench.text().lines().next().unwrap().contains("(31… 20 %)"), "{}", bench.text());
    bench.keys("n n");
    assert_eq!(bench.app.held.len(), 2, "what differs may come with the rest");
    bench.keys("esc");
    bench.hear(more(listing, 121..=180, 60));
    assert_eq!(picture(&bench), begun);
    bench.hear(more(listing, 40..=89, 90));
    assert_eq!(picture(&bench), begun, "what comes above moves nothing");
    assert_eq!(bench.app.review.position(), Some(60));
    // What is marked is not thrown away, nor decided on, before it is known whether it is listed.
    bench.app.review.marks = [10, 100, 190].into_iter().collect();
    bench.keys("a");
    assert!(bench.app.overlay.is_none() && bench.app.held.len() == 1, "{}", bench.toast());
    bench.keys("esc ctrl-a");
    assert_eq!(bench.app.review.marks.len(), 3, "all that match are not known yet");
    bench.keys("esc");
    bench.hear(more(listing, 1..=39, 100));
    assert_eq!(bench.app.review.ids.len(), 180);
    assert_eq!(bench.app.review.marks.iter().collect::<Vec<_>>(), [10, 100]);
    assert!(bench.text().lines().next().unwrap().contains("(180)"), "{}", bench.text());
    bench.keys("a");
    assert!(bench.app.overlay.is_some());
    bench.keys("esc n");
    assert_eq!(bench.app.review.selected, Some(121), "what differs came with the rest");
    bench.hear(more(listing - 1, 190..=200, 100));
    assert_eq!(bench.app.review.ids.len(), 180, "a late answer to an old wish is dropped");
}

#[test]
fn the_end_of_a_list_that_is_being_read_is_gone_to_as_it_comes() {
    let mut bench = Bench::new((120, 24), "dark", many(200));
    let listing = listing_begins(&mut bench, "id<=180");
    bench.hear(first(listing, 90..=120, 20));
    bench.keys("G");
    assert_eq!(bench.app.review.selected, Some(120));
    bench.hear(more(listing, 121..=150, 40));
    assert_eq!(bench.app.review.selected, Some(150));
    bench.keys("k");
    bench.hear(more(listing, 151..=180, 60));
    assert_eq!(bench.app.review.selected, Some(149), "whoever moves on is not taken there any more");
    bench.keys("g g");
    assert_eq!(bench.app.review.selected, Some(90));
    bench.hear(more(listing, 1..=89, 100));
    assert_eq!(bench.app.review.selected, Some(1));
    bench.keys("J");
    assert_eq!(bench.app.review.selected, Some(2));
}

#[test]
fn a_filter_that_takes_nothing_says_so_when_all_is_read() {
    let mut bench = Bench::new((120, 24), "dark", many(20));
    let listing = listing_begins(&mut bench, "tag:none");
    bench.hear(more(listing, NOTHING, 50));
    assert!(!bench.text().contains("No candidate matches."), "{}", bench.text());
    bench.hear(first(listing, NOTHING, 100));
    assert!(bench.text().contains("No candidate matches."), "{}", bench.text());
}

#[test]
fn what_is_made_while_a_list_is_read_is_looked_for_afterwards() {
    let mut bench = Bench::new((120, 24), "dark", many(20));
    begin(&mut bench);
    let listing = listing_begins(&mut bench, "id>0");
    made(&mut bench, fixtures::all());
    bench.hear(first(listing, 1..=20, 50));
    let rest = More { upto: 20, percent: 100, ..More::default() };
    bench.hear(Msg::ListedMore { listing, more: rest });
    bench.hear(Msg::Tick(Duration::from_secs(2)));
    assert_eq!(bench.app.review.ids.len(), 33);
}

#[test]
fn what_the_loop_adds_is_looked_for_behind_what_was_read() {
    let mut bench = Bench::new((120, 24), "dark", many(60));
    begin(&mut bench);
    bench.keys("/ \"id<=10\" enter");
    assert_eq!((bench.app.review.ids.len(), bench.app.review.upto), (10, 60), "not behind the last that it takes");
    made(&mut bench, fixtures::all());
    assert_eq!((bench.app.review.ids.len(), bench.app.review.upto), (10, 73));
}

#[test]
fn pasted_text_is_never_keys() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.hear(Msg::Paste("aaaxxx\nq".to_owned()));
    assert!(bench.store().reader().unwrap().all_decisions().unwrap().is_empty());
    assert!(!bench.app.quitting);
    // A book pasted by mistake holds nothing up.
    bench.keys("/");
    bench.hear(Msg::Paste("word ".repeat(2_000_000)));
    assert!(bench.app.prompt.as_ref().unwrap().text().len() < 10_000);
    bench.keys("esc c");
    bench.hear(Msg::Paste("two\nlines\u{1b}[2J".to_owned()));
    bench.keys("enter");
    let decisions = bench.store().reader().unwrap().decisions(1).unwrap();
    assert_eq!(decisions[0].body.note.as_deref(), Some("two lines[2J"));
}

#[test]
fn large_lists_are_listed_whole_and_drawn_by_the_row() {
    let mut bench = Bench::new((120, 40), "dark", many(3000));
    assert_eq!(bench.app.review.ids.len(), 3000);
    assert!(bench.app.review.rows.len() < 300, "only what is near the screen is read");
    bench.keys("G");
    assert!(bench.text().contains("3000"));
    bench.keys("1 5 0 0 G");
    assert_eq!(bench.app.review.selected, Some(1500));
}

#[test]
fn what_is_wrong_with_a_filter_is_read_whole_on_a_narrow_screen() {
    let mut bench = Bench::new((80, 24), "dark", fixtures::all());
    bench.keys("/ \"verdict:xx\"");
    let text = bench.text();
    assert!(text.contains("`xx` is not one of: equivalent, different, undecided, error"), "{text}");
    bench.keys("backspace backspace \"different␣domain:logic␣verdict:xx\"");
    let text = bench.text();
    assert!(text.contains("`xx` is not one of: equivalent, different, undecided, error"), "{text}");
}

/// Writes a candidate's metadata past the store.
fn write_metadata(bench: &Bench, id: i64, metadata: &str) {
    let conn = rusqlite::Connection::open(bench.folder.path().join("loong.db")).unwrap();
    conn.execute("UPDATE candidate_text SET metadata = ?1 WHERE id = ?2", (metadata, id)).unwrap();
}

#[test]
fn what_cannot_be_read_says_so_in_the_panes_and_is_not_decided_on() {
    for size in [(200, 55), (120, 40), (80, 24)] {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        let decisions = |bench: &Bench| {
            let reader = bench.store().reader().unwrap();
            (1..=13).map(|id| reader.decisions(id).unwrap().len()).sum::<usize>()
        };
        let damaged = bench.app.review.ids.last().unwrap();
        assert!(bench.app.review.book_of(damaged).is_none(), "it is damaged before it is read");
        write_metadata(&bench, damaged, "no JSON");
        bench.keys("G");
        assert_eq!(bench.app.review.selected, Some(damaged));
        let shown = bench.text();
        assert!(shown.contains(&format!("Candidate {damaged} cannot be read")), "{shown}");
        assert!(bench.app.review.book().is_none(), "the one before stays in the panes");
        assert!(!shown.contains("accept"), "{shown}");
        for keys in ["A", "a", "X", "f", "o e", "t \"hard\" enter", "c \"worse\" enter", "E"] {
            bench.app.toast = None;
            bench.keys(keys);
            assert!(bench.toast().contains("cannot be read"), "{keys}: {}", bench.toast());
            // What is typed goes into a line all the same: it would be commands.
            assert_eq!((bench.app.prompt.is_some(), decisions(&bench)), (keys.len() > 3, 0), "{keys}");
            assert_eq!(bench.app.review.selected, Some(damaged), "{keys}");
            if bench.app.prompt.is_some() {
                bench.keys("esc");
            }
        }
        // The others are read and decided on as before, and what is mended is read again.
        bench.keys("k A");
        assert_eq!(decisions(&bench), 1, "{}", bench.toast());
        write_metadata(&bench, damaged, "{}");
        bench.keys("j A");
        assert_eq!(decisions(&bench), 2, "{}", bench.toast());
        assert_eq!(bench.app.review.shown, Some(damaged));
    }
}
