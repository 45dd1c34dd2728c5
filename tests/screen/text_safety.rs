//! Nothing of a model drives the terminal, wherever it is shown.

use loong::tui::effect::Effect;

use crate::bench::Bench;
use crate::fixtures::{self, HOSTILE};

fn assert_harmless(bench: &Bench, what: &str) {
    let (buffer, _) = bench.picture();
    for (nth, cell) in buffer.content.iter().enumerate() {
        for c in cell.symbol().chars() {
            assert!(
                !c.is_control()
                    && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}'),
                "{what}: {c:?} in cell {nth}"
            );
        }
    }
}

#[test]
fn every_place_that_shows_it_is_clean() {
    for size in [(200, 55), (120, 40), (60, 16)] {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        bench.keys("6 G");
        for keys in [
            "",
            "D",
            "D R",
            "R tab",
            "tab",
            "tab",
            "tab",
            "enter enter",
            "esc esc H",
            "esc g e",
            "esc g w",
            "esc g l",
            "g r b",
        ] {
            bench.keys(keys);
            assert_harmless(&bench, keys);
        }
        // What people type and paste is shown too.
        bench.keys("c");
        bench.hear(loong::tui::msg::Msg::Paste(HOSTILE.to_owned()));
        assert_harmless(&bench, "a note being typed");
        bench.keys("enter H");
        assert_harmless(&bench, "a note in the history");
        bench.app.overlay = None;
        bench.app.tell(HOSTILE);
        assert_harmless(&bench, "a toast");
    }
}

#[test]
fn what_goes_to_the_pager_and_editor_is_clean() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("6 G p e tab p tab p tab p tab p");
    for effect in &bench.terminal {
        let (Effect::Page(text) | Effect::EditNote(_, text)) = effect else { continue };
        assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
    }
    assert_eq!(bench.terminal.len(), 6);
}

#[test]
fn what_is_copied_is_what_is_stored() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("6 G y q");
    assert!(matches!(&bench.terminal[..], [Effect::Copy(text, _)] if text.contains(HOSTILE)));
}
