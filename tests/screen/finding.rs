//! Searching in a pane.

use loong::tui::review::Pane;
use ratatui::style::Modifier;

use crate::bench::{Bench, rows};
use crate::fixtures;

/// Texts that are marked in the picture: the hit that one is at, and the others.
fn marked(bench: &Bench) -> (Vec<String>, Vec<String>) {
    let (buffer, _) = bench.picture();
    let (mut at, mut others) = (Vec::new(), Vec::new());
    for y in 1..buffer.area.height - 1 {
        let mut before = Modifier::empty();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let looks = cell.modifier & (Modifier::REVERSED | Modifier::UNDERLINED);
            let list = if looks.contains(Modifier::REVERSED | Modifier::UNDERLINED) {
                Some(&mut at)
            } else if looks == Modifier::UNDERLINED && cell.modifier.contains(Modifier::BOLD) {
                Some(&mut others)
            } else {
                None
            };
            if let Some(list) = list {
                if looks != before || list.is_empty() {
                    list.push(String::new());
                }
                if let Some(last) = list.last_mut() {
                    last.push_str(cell.symbol());
                }
            }
            before = looks;
        }
    }
    (at, others)
}

#[test]
fn hits_are_marked_as_they_are_typed_and_counted() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("1 2 G tab tab tab tab \\ \"odd␣num\"");
    let (at, others) = marked(&bench);
    assert_eq!(at, ["odd num"]);
    assert!(others.len() > 5 && others.iter().all(|t| t == "odd num"), "{others:?}");
    let footer = rows(&bench.picture().0).pop().unwrap();
    assert!(footer.contains("find") && footer.contains("1 of 2000"), "{footer}");
    bench.keys("enter n n");
    assert!(bench.text().contains("3 of 2000"), "{}", bench.text());
    bench.keys("N N N");
    assert!(bench.text().contains("2000 of 2000") && bench.toast().contains("from the end"), "{}", bench.toast());
    assert!(bench.text().contains("Step 2000:"), "the hit is on the screen");
    bench.keys("5 n");
    assert!(bench.text().contains("5 of 2000"));
    // `esc` ends the search and nothing else; then `n` is what it was.
    bench.keys("esc");
    assert_eq!((bench.app.review.pane, bench.app.review.find.is_some()), (Pane::Cot, false));
    assert_eq!(marked(&bench).0, Vec::<String>::new());
    bench.keys("g g \\ \"Step␣1999\" esc");
    assert_eq!(bench.app.review.scroll.cot, 0, "what was left is as if it had not been");
}

#[test]
fn a_search_is_smart_about_case_and_goes_with_the_reader() {
    let mut bench = Bench::new((200, 55), "mono", fixtures::all());
    bench.keys("tab \\ \"TILED\"");
    assert!(bench.text().contains("not found"), "{}", bench.text());
    bench.keys("ctrl-u \"tiled\" enter");
    assert_eq!(marked(&bench).0, ["tiled"], "without colours too");
    // Into the next candidate, and into another of its panes.
    bench.keys("J");
    assert_eq!((bench.app.review.selected, marked(&bench).0[0].as_str()), (Some(2), "tiled"));
    bench.keys("tab");
    assert_eq!(bench.app.review.find.as_ref().unwrap().pane, Pane::Code);
    assert!(bench.text().contains("not found"), "{}", bench.text());
    // From the list, `n` is the next disagreement, whatever was searched for.
    bench.keys("esc esc n");
    assert_eq!(bench.app.review.selected, Some(4));
    bench.keys("\\ enter");
    assert!(bench.app.review.find.is_none(), "nothing typed is no search");
    bench.keys("\\ \"nowhere␣said\" enter");
    assert!(bench.app.review.find.is_none() && bench.toast().contains("nothing here says"), "{}", bench.toast());
}

#[test]
fn typeset_and_wide_text_is_found_as_it_is_shown() {
    let mut bench = Bench::new((200, 55), "dark", fixtures::all());
    bench.keys("tab \\ \"2×12\"");
    assert_eq!(marked(&bench).0.len(), 0, "{}", bench.text());
    bench.keys("ctrl-u \"2␣×␣12\"");
    assert_eq!(marked(&bench).0, ["2 × 12"]);
    let mut bench = Bench::new((80, 24), "dark", fixtures::all());
    bench.keys("3 G tab ctrl-s \"完全圖\"");
    assert_eq!(marked(&bench).0.concat().replace(' ', ""), "完全圖");
}
