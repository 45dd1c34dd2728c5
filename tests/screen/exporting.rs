//! The export screen: choices, what they come to, what is left out, and the file.

use loong::export::{Duplicates, FormatName, Reasoning, RewardFor};
use loong::review::plan::{self, Wish};
use loong::store::filter::Filter;
use loong::tui::app::{Overlay, Screen};
use loong::tui::effect::Effect;
use loong::tui::export::{Choice, Pane};
use loong::tui::msg::{Exportable, Msg};

use crate::bench::{Bench, rows};
use crate::fixtures;
use crate::pictures::{SIZES, snapshot};

fn bench(size: (u16, u16), theme: &str) -> Bench {
    let mut bench = Bench::new(size, theme, fixtures::all());
    bench.keys("g e");
    bench
}

fn counted(bench: &Bench) -> &Exportable {
    bench.app.export.exportable().unwrap_or_else(|| panic!("{:?}", bench.app.export.counted))
}

#[test]
fn the_export_screen() {
    for size in SIZES {
        for theme in ["dark", "light", "mono"] {
            let mut bench = bench(size, theme);
            // The folder of the test is another one each time.
            if let Some(Ok(counted)) = &mut bench.app.export.counted {
                counted.path = "/data/tiling-7/messages.jsonl".into();
            }
            snapshot(&format!("export_{}x{}_{theme}", size.0, size.1), &bench.picture().0);
        }
    }
    let mut bench = bench((80, 24), "dark");
    bench.keys("tab tab");
    let text = rows(&bench.picture().0).join("\n");
    assert!(text.contains("left out │ first rows") && text.contains("\"messages\": ["), "{text}");
}

#[test]
fn choices_are_turned_and_counted_anew() {
    let mut bench = bench((120, 40), "dark");
    let all = counted(&bench).clone();
    assert!(all.is_whole && all.rows > 0 && all.seen == 13, "{all:?}");
    assert!(bench.text().contains("\"messages\": ["), "{}", bench.text());
    bench.keys("l");
    assert_eq!(bench.app.export.wish.format, FormatName::PromptCompletion);
    assert!(bench.text().contains("prompt-completion.jsonl"), "the name follows: {}", bench.text());
    assert!(bench.text().contains("\"completion\": ["), "{}", bench.text());
    bench.keys("h h");
    assert_eq!(bench.app.export.wish.format, FormatName::Loong);
    assert!(bench.text().contains("loong has no responses in its rows"), "{}", bench.text());
    bench.keys("j l");
    assert!(!bench.toast().contains("counting") && bench.app.export.choice == Choice::Responses);
    // A name that somebody wrote stays.
    bench.keys("o ctrl-u \"mine.jsonl\" enter g g l l");
    assert!(bench.text().contains("mine.jsonl"), "{}", bench.text());
    // Reasoning in a field goes with chats alone.
    bench.keys("g g l l l l l j j");
    assert_eq!((bench.app.export.wish.format, bench.app.export.choice), (FormatName::Alpaca, Choice::Reasoning));
    let mut seen = Vec::new();
    for _ in 0..3 {
        bench.keys("l");
        seen.push(bench.app.export.wish.options.reasoning);
    }
    assert!(!seen.contains(&Reasoning::Field) && seen.contains(&Reasoning::Think), "{seen:?}");
    assert!(bench.app.export.counted.as_ref().is_some_and(Result::is_ok), "{:?}", bench.app.export.counted);
}

#[test]
fn near_duplicates_are_a_choice_and_a_name_gives_parquet() {
    let mut bench = bench((120, 40), "dark");
    let rows = counted(&bench).rows;
    bench.keys("j j j l");
    assert_eq!(bench.app.export.wish.options.duplicates, Duplicates::DropNear);
    assert!(bench.text().contains("asked before, or nearly"), "{}", bench.text());
    assert!(counted(&bench).is_whole && counted(&bench).rows <= rows, "{:?}", counted(&bench));
    bench.keys("o ctrl-u \"mine.parquet\" enter");
    assert!(bench.text().contains("\"messages\": ["), "rows are shown as they are: {}", bench.text());
    bench.keys("w");
    assert!(bench.toast().contains("rows written"), "{}", bench.toast());
    let written = std::fs::read(bench.folder.path().join("mine.parquet")).unwrap();
    assert!(written.starts_with(b"PAR1") && written.ends_with(b"PAR1"));
}

#[test]
fn a_filter_is_completed_checked_and_used() {
    let mut bench = bench((120, 40), "dark");
    bench.keys("/ \"verdct:different\" enter");
    assert!(bench.app.prompt.is_some(), "a line with a fault stays open");
    bench.keys("ctrl-u \"domain:zzz\" enter");
    assert_eq!(counted(&bench).rows, 0);
    assert!(bench.text().contains("no candidate matches"), "{}", bench.text());
    bench.keys("w");
    assert!(bench.toast().contains("nothing to write"), "{}", bench.toast());
    // It is this screen's own now: the review screen's does not come back by itself.
    bench.keys("g r g e");
    assert_eq!(bench.app.export.wish.filter, "domain:zzz");
    let mut bench = self::bench((120, 40), "dark");
    bench.keys("g r / \"id:1\" enter g e");
    assert_eq!((bench.app.export.wish.filter.as_str(), counted(&bench).seen), ("id:1", 1));
}

#[test]
fn what_is_left_out_is_one_key_away() {
    let mut bench = bench((120, 40), "dark");
    let left = counted(&bench).left_out.clone();
    let all: u64 = left.iter().map(|left| left.candidates).sum();
    assert!(left.len() > 3 && all < 13, "{left:?}");
    bench.keys("tab j");
    assert!(bench.text().contains("enter lists them"), "{}", bench.text());
    bench.keys("enter");
    assert_eq!(bench.app.screen, Screen::Review);
    let listed: Vec<i64> = (0..bench.app.review.ids.len()).filter_map(|at| bench.app.review.ids.get(at)).collect();
    assert_eq!(listed, left[1].ids);
    assert!(bench.toast().contains(&left[1].reason), "{}", bench.toast());
    bench.keys("g e");
    assert_eq!(bench.app.export.pane, Pane::LeftOut, "the screen is as it was left");
    bench.keys("esc");
    assert_eq!((bench.app.screen, bench.app.export.pane), (Screen::Export, Pane::Choices));
    bench.keys("esc");
    assert_eq!(bench.app.screen, Screen::Review);
}

#[test]
fn the_file_is_written_and_written_over_only_when_somebody_says_so() {
    let mut bench = bench((120, 40), "dark");
    let rows = counted(&bench).rows;
    bench.keys("w");
    assert!(bench.toast().starts_with(&format!("{rows} rows written")), "{}", bench.toast());
    let place = bench.folder.path().join("messages.jsonl");
    let written = std::fs::read_to_string(&place).unwrap();
    assert_eq!(written.lines().count() as u64, rows);
    let first: serde_json::Value = serde_json::from_str(written.lines().next().unwrap()).unwrap();
    let pretty = serde_json::to_string_pretty(&first).unwrap();
    let shown: Vec<String> = bench
        .app
        .export
        .laid
        .rows(0..usize::MAX)
        .iter()
        .map(|row| row.spans.iter().map(|s| s.text.as_str()).collect())
        .collect();
    let begin = pretty.lines().next().unwrap();
    assert_eq!(shown[0], begin, "what is shown is what is written");
    assert!(bench.text().contains("is there already"), "{}", bench.text());
    std::fs::write(&place, "mine").unwrap();
    bench.keys("w");
    assert!(matches!(bench.app.overlay, Some(Overlay::Confirm(_))), "{}", bench.text());
    bench.keys("n");
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "mine");
    bench.keys("w y");
    assert_eq!(std::fs::read_to_string(&place).unwrap(), written);
    // A place that cannot be is told at once.
    bench.keys("o ctrl-u \"no/such/folder/x.jsonl\" enter w");
    assert!(bench.toast().contains("there is no folder"), "{}", bench.toast());
    assert!(bench.app.busy.is_none() && bench.app.export.writing.is_none());
}

#[test]
fn what_is_to_be_judged_blind_is_counted_and_not_shown() {
    let mut bench = bench((120, 40), "dark");
    let open = counted(&bench).clone();
    // A blind plan over everything.
    let store = bench.store();
    let new = plan::make(&store.reader().unwrap(), &Filter::all(), 7, true, Wish::Size(60)).unwrap();
    store.put_plan_blocking(new).unwrap();
    bench.keys("g r ctrl-l g e");
    let sealed = counted(&bench);
    assert_eq!((sealed.rows, sealed.seen), (open.rows, open.seen));
    let named = |counted: &Exportable| counted.left_out.iter().map(|left| left.ids.len()).sum::<usize>();
    assert!(named(sealed) < named(&open), "{:?}", sealed.left_out);
    for left in &sealed.left_out {
        assert!(left.ids.iter().all(|id| !bench.app.review.sealed.contains(*id)));
    }
    assert!(!bench.app.review.sealed.is_empty());
    let shown = rows(&bench.picture().0).join("\n");
    assert!(shown.contains("they are to be judged blind, so none is shown"), "{shown}");
}

#[test]
fn late_counts_of_other_choices_are_not_shown_and_writing_can_be_ended() {
    let mut bench = bench((120, 40), "dark");
    let before = counted(&bench).clone();
    let asked = bench.app.export.asked;
    bench.hear(Msg::ExportCounted(asked - 1, Ok(Exportable { rows: 999, is_whole: true, ..Exportable::default() })));
    assert_eq!(counted(&bench).rows, before.rows);
    // While it is written nothing is changed, and `esc` ends it.
    bench.app.export.writing = Some(0);
    bench.hear(Msg::Exporting(7));
    assert!(bench.text().contains("writing… 7 rows"), "{}", bench.text());
    bench.keys("l");
    assert_eq!(bench.app.export.wish.format, FormatName::Messages);
    let effects = bench.app.act(loong::tui::action::Action::Back, None);
    assert!(matches!(effects[..], [Effect::EndExport]), "{effects:?}");
    bench.hear(Msg::Exported(Ok(None)));
    assert!(bench.toast().contains("nothing was written"), "{}", bench.toast());
}

/// Selects a choice.
fn choose(bench: &mut Bench, choice: Choice) {
    let nth = Choice::ALL.iter().position(|one| *one == choice).unwrap();
    bench.keys("g g");
    (0..nth).for_each(|_| bench.keys("j"));
    assert_eq!(bench.app.export.choice, choice);
}

/// A candidate that agrees, with a question of its own.
fn another(nth: u64) -> loong::store::record::CandidateRecord {
    let record = fixtures::candidate(nth, "counting", &format!("How many are {nth} and one?"), "print(1)\n", "1");
    fixtures::answered(record, "solver", &["\\boxed{1}"])
}

#[test]
fn what_is_new_since_the_last_export_goes_into_a_file_of_its_own() {
    let mut bench = bench((120, 40), "dark");
    let rows = counted(&bench).rows;
    choose(&mut bench, Choice::Since);
    bench.keys("l");
    assert!(bench.app.export.wish.since_last && counted(&bench).before.is_none(), "there is no last export yet");
    assert_eq!(counted(&bench).rows, rows, "the first one has everything");
    bench.keys("w");
    assert!(bench.toast().starts_with(&format!("{rows} rows written")), "{}", bench.toast());
    assert_eq!((counted(&bench).before, counted(&bench).rows), (Some(rows), 0));
    assert!(bench.text().contains(&format!("nothing is new since the last export, which has {rows} rows")));
    bench.keys("w");
    assert!(bench.app.overlay.is_none() && bench.toast().starts_with("nothing is new"), "{}", bench.toast());
    let first = std::fs::read(bench.folder.path().join("messages.jsonl")).unwrap();

    // Two more are made, one asks what was asked before, and one of those that were written is rejected.
    let mut again = another(900);
    again.question = fixtures::all()[0].question.clone();
    bench.store().put_candidates_blocking(vec![another(901), another(902), again]).unwrap();
    let rejected = loong::store::record::NewDecision {
        candidate: 1,
        curation: Some(loong::store::record::Curation::Reject),
        reviewer: "mia".to_owned(),
        ..Default::default()
    };
    bench.store().decide_blocking(rejected).unwrap();
    bench.keys("g r g e");
    let news = counted(&bench);
    assert_eq!((news.rows, news.before, news.drifted), (2, Some(rows), 1), "{news:?}");
    assert!(news.path.ends_with("messages.part-2.jsonl"), "{news:?}");
    let text = bench.text();
    assert!(text.contains("2 new rows") && text.contains("1 of those there would not be exported so today"), "{text}");
    assert!(text.contains("How many are 901 and one?") && !text.contains("there already"), "{text}");
    bench.keys("w");
    assert!(bench.app.overlay.is_none(), "nothing is written over: {}", bench.text());
    assert!(bench.toast().starts_with("2 new rows written to messages.part-2.jsonl"), "{}", bench.toast());
    assert!(bench.toast().contains("1 of those there before"), "{}", bench.toast());
    let part = std::fs::read_to_string(bench.folder.path().join("messages.part-2.jsonl")).unwrap();
    assert_eq!(part.lines().count(), 2);
    assert_eq!(std::fs::read(bench.folder.path().join("messages.jsonl")).unwrap(), first);

    // Another export to the same file is told, in the words of this screen, and read whole.
    choose(&mut bench, Choice::Duplicates);
    bench.keys("l");
    let text: String = bench.text().split_whitespace().filter(|word| *word != "│" && *word != "┃").collect();
    assert!(text.contains("wasanotherone(withduplicates\"drop\")"), "{}", bench.text());
    assert!(!text.contains("--") && bench.app.export.exportable().is_none(), "{}", bench.text());
    bench.keys("w");
    assert!(bench.toast().contains("was another one"), "{}", bench.toast());
}

#[test]
fn questions_of_a_file_to_keep_away_from_are_left_out() {
    let mut bench = bench((120, 40), "dark");
    let before = counted(&bench).clone();
    choose(&mut bench, Choice::Against);
    bench.keys("enter \"no-such.jsonl\" enter");
    let fault = bench.app.export.counted.clone().unwrap().unwrap_err();
    assert!(fault.contains("no-such.jsonl") && fault.contains("cannot be read"), "{fault}");
    bench.keys("w");
    assert!(bench.toast().contains("cannot be read"), "{}", bench.toast());

    let question = serde_json::json!({ "question": fixtures::all()[0].question }).to_string();
    std::fs::write(bench.folder.path().join("aime.jsonl"), question + "\n").unwrap();
    std::fs::write(bench.folder.path().join("other.txt"), "nothing that is asked here\n").unwrap();
    bench.keys("enter ctrl-u \"aime.jsonl,␣other.txt\" enter");
    let left = counted(&bench);
    assert!(left.rows < before.rows, "{left:?}");
    let reason = left.left_out.iter().find(|one| one.reason.contains("contaminated")).unwrap();
    assert!(reason.ids.contains(&1), "{left:?}");
    let rows = left.rows;
    assert!(bench.text().contains("aime.jsonl, other.txt"), "{}", bench.text());
    bench.keys("w");
    assert!(bench.toast().starts_with(&format!("{rows} rows written")), "{}", bench.toast());
    let manifest = std::fs::read_to_string(bench.folder.path().join("messages.manifest.json")).unwrap();
    assert!(manifest.contains("aime.jsonl") && manifest.contains("other.txt"), "{manifest}");
    // Nothing typed is no file.
    bench.keys("enter ctrl-u enter");
    assert_eq!(counted(&bench).rows, before.rows);
}

#[test]
fn a_reward_function_goes_with_the_formats_that_have_one() {
    let mut bench = bench((120, 40), "dark");
    choose(&mut bench, Choice::Reward);
    assert!(bench.text().contains("prompt-only and verl have one"), "{}", bench.text());
    bench.keys("l");
    assert_eq!(bench.app.export.wish.reward, None);
    for (format, reward) in [(FormatName::PromptOnly, RewardFor::Trl), (FormatName::Verl, RewardFor::Verl)] {
        choose(&mut bench, Choice::Format);
        while bench.app.export.wish.format != format {
            bench.keys("l");
        }
        assert_eq!(bench.app.export.wish.reward, None, "that of another format is not kept");
        choose(&mut bench, Choice::Reward);
        bench.keys("l");
        assert_eq!(bench.app.export.wish.reward, Some(reward));
        bench.keys("w");
        assert!(bench.toast().contains("a reward function and a card"), "{}", bench.toast());
        let written = std::fs::read_dir(bench.folder.path()).unwrap().flatten().map(|file| file.file_name());
        let python = written.filter(|name| name.to_string_lossy().ends_with(".py")).count();
        assert_eq!(python, if reward == RewardFor::Trl { 1 } else { 2 });
        bench.keys("l");
        assert_eq!(bench.app.export.wish.reward, None);
        bench.keys("l");
    }
}

#[test]
fn every_choice_is_reached_and_what_it_comes_to_is_told_at_every_size() {
    for size in [(60, 16), (60, 20), (80, 24), (100, 30), (120, 40), (200, 55)] {
        let mut bench = bench(size, "dark");
        for choice in Choice::ALL {
            choose(&mut bench, choice);
            let text = bench.text();
            assert!(text.contains(choice.name()), "{size:?} {}\n{text}", choice.name());
            assert!(text.contains(&format!("{} rows", counted(&bench).rows)), "{size:?}\n{text}");
        }
    }
}

#[test]
fn a_line_is_typed_while_the_dataset_is_written_and_refused_once_it_is_finished() {
    for choice in [Choice::Against, Choice::Filter, Choice::File] {
        let mut bench = bench((120, 40), "dark");
        choose(&mut bench, choice);
        bench.app.export.writing = Some(1);
        bench.keys("enter ctrl-u \"train.jsonl\"");
        let typed = |bench: &Bench| bench.app.prompt.as_ref().map(|prompt| prompt.text().to_owned());
        assert_eq!(typed(&bench).as_deref(), Some("train.jsonl"), "{}", choice.name());
        bench.keys("enter");
        assert_eq!(typed(&bench).as_deref(), Some("train.jsonl"), "{}", choice.name());
        assert!(bench.toast().contains("it is being written"), "{}", bench.toast());
    }
}
