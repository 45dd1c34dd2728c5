//! Saved views, facets, and lines typed before.

use loong::tui::app::Overlay;
use loong::tui::effect::Effect;
use loong::tui::lines::Lines;
use loong::tui::msg::Msg;

use crate::bench::{Bench, view};
use crate::fixtures::{self, HOSTILE};

fn bench(size: (u16, u16)) -> Bench {
    Bench::new(size, "dark", fixtures::all())
}

#[test]
fn the_present_filter_is_kept_listed_by_and_removed() {
    let mut bench = bench((120, 40));
    bench.keys("S");
    assert!(bench.text().contains("no view has been kept yet"), "{}", bench.text());
    bench.keys("a \"dx\" enter");
    assert!(bench.toast().contains("filter or sort"), "{}", bench.toast());
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "dx");
    bench.keys("esc esc / \"verdict:different\" enter s s S a \"hard␣ones\" enter");
    let text = bench.text();
    assert!(text.contains("4  hard ones  verdict:different sort:suspicious"), "with its count: {text}");
    bench.keys("esc esc esc");
    assert_eq!(bench.app.review.ids.len(), 13);
    bench.keys("S enter");
    assert_eq!(bench.app.review.filter.to_string(), "verdict:different sort:suspicious");
    assert!(bench.app.overlay.is_none());
    // The same name again takes its place, and is offered while it is typed.
    bench.keys("esc / \"domain:logic\" enter S a \"ha\" tab");
    assert!(bench.text().contains("takes the place of that view"), "{}", bench.text());
    bench.keys("enter");
    assert_eq!(*bench.desk.views.lock().unwrap(), [view("hard ones", "domain:logic", true)]);
    bench.keys("x n S x y");
    assert!(bench.desk.views.lock().unwrap().is_empty() && bench.toast().contains("removed"), "{}", bench.toast());
}

#[test]
fn views_of_others_are_shown_clean_and_told_apart() {
    for size in [(120, 40), (60, 16)] {
        let mut bench = bench(size);
        let views =
            vec![view("deep", "depth>2", false), view(&format!("x{HOSTILE}"), &format!("verdct:a{HOSTILE}"), true)];
        *bench.desk.views.lock().unwrap() = views;
        bench.keys("S");
        let text = bench.text();
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert!(text.contains("yours · depth>2") && text.contains("no filter"), "{text}");
        bench.keys("x");
        assert!(bench.toast().contains("your own configuration"), "{}", bench.toast());
        bench.keys("j enter");
        assert!(bench.app.overlay.is_some() && bench.toast().contains("no filter any more"), "{}", bench.toast());
        assert!(!bench.toast().chars().any(char::is_control));
        bench.keys("x");
        assert!(!bench.text().chars().any(|c| c.is_control() && c != '\n'));
    }
}

#[test]
fn facets_count_what_is_listed_and_narrow_it_down() {
    let mut bench = bench((120, 40));
    bench.keys("B");
    let text = bench.text();
    for expected in [
        "domain",
        "2  counting",
        "standing",
        "disagrees",
        "verdict",
        "4  different",
        "strategy",
        "13  few-shot",
        "1  code_timeout",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let Some(Overlay::Facets(facets)) = &bench.app.overlay else { panic!("no facets") };
    // Each count is what the filter with that term takes.
    for (facet, values) in facets.counts.clone() {
        for (value, n) in values {
            let term = format!("{facet}:{}", loong::store::filter::written(&value));
            let filter = loong::store::filter::Filter::parse(&term).unwrap();
            assert_eq!(bench.store().reader().unwrap().count(&filter).unwrap(), n, "{term}");
        }
    }
    bench.keys("j enter");
    assert_eq!((bench.app.review.filter.to_string().as_str(), bench.app.review.ids.len()), ("domain:counting", 2));
    bench.keys("B j enter");
    let narrower = bench.app.review.filter.to_string();
    assert!(narrower.starts_with("domain:counting standing:") && bench.app.review.ids.len() == 1, "{narrower}");
    bench.keys("/ ctrl-u \"tag:none\" enter B enter");
    assert!(bench.text().contains("nothing is listed"), "{}", bench.text());
}

#[test]
fn blind_facets_tell_no_verdicts_and_late_counts_are_dropped() {
    let mut bench = bench((120, 40));
    bench.keys("b B");
    let text = bench.text();
    assert!(text.contains("is hidden") && !text.contains("4  different") && !text.contains("  disagrees"), "{text}");
    let Some(Overlay::Facets(facets)) = &bench.app.overlay else { panic!("no facets") };
    assert!(facets.is_whole && !facets.is_empty());
    assert!(facets.counts.iter().all(|(facet, _)| !facet.tells_verdicts()), "{:?}", facets.counts);
    bench.keys("esc");
    // A count that comes after its sheet was closed, or for another one, is nobody's.
    bench.app.act(loong::tui::action::Action::Facets, None);
    let old = bench.app.asked;
    bench.app.act(loong::tui::action::Action::Facets, None);
    bench.hear(Msg::Faceted(old, loong::store::Facet::Domain, Ok(vec![("late".into(), 9)]), true));
    assert!(bench.text().contains("counting…") && !bench.text().contains("late"), "{}", bench.text());
    assert!(matches!(
        bench.app.update(Msg::Key(loong::tui::keymap::Key::event("esc".parse().unwrap())))[..],
        [Effect::EndFacets]
    ));
}

#[test]
fn lines_typed_before_come_back_also_in_another_sitting() {
    let mut first = bench((120, 40));
    first.keys("c \"wrong␣units\" enter c \"rounding\" enter \\ \"board\" enter");
    let kept = first.desk.lines.lock().unwrap().clone();
    assert_eq!(kept.len(), 3, "{kept:?}");
    let mut bench = bench((120, 40));
    bench.app.lines = Lines::new(kept);
    bench.keys("c up up");
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "wrong units");
    bench.keys("down down down");
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "");
    // Recent notes are offered, the newest first; what is typed narrows them.
    assert_eq!(bench.app.prompt.as_ref().unwrap().offers.items[0].0, "rounding");
    bench.keys("\"wr\" tab enter");
    let decisions = bench.store().reader().unwrap().decisions(1).unwrap();
    assert_eq!(decisions[0].body.note.as_deref(), Some("wrong units"));
    bench.keys("\\ up enter");
    assert_eq!(bench.app.review.find.as_ref().unwrap().query, "board");
}

#[test]
fn causes_named_last_are_offered_first() {
    let mut bench = bench((120, 40));
    bench.keys("n o e C \"form\" tab enter n o e C");
    assert_eq!(bench.app.prompt.as_ref().unwrap().offers.items[0].0, "formatting");
}
