//! Themes: whole, legible, and told apart by every eye.

use loong::tui::theme::{Depth, Meaning, Theme};
use ratatui::style::{Color, Modifier, Style};

const DARK: (u8, u8, u8) = (0x15, 0x17, 0x1c);
const LIGHT: (u8, u8, u8) = (0xfb, 0xfa, 0xf6);

/// Themes with colours of their own, and the ground that each was made for.
const COLOURED: [(&str, (u8, u8, u8)); 4] =
    [("dark", DARK), ("light", LIGHT), ("deuteranopia", DARK), ("deuteranopia-light", LIGHT)];

fn rgb(color: Option<Color>) -> (u8, u8, u8) {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match color {
        Some(Color::Rgb(r, g, b)) => (r, g, b),
        Some(Color::Indexed(n @ 232..)) => (8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232)),
        Some(Color::Indexed(n @ 16..)) => {
            let cube = usize::from(n - 16);
            (STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6])
        }
        other => panic!("{other:?} is no colour of its own"),
    }
}

fn load(name: &str, depth: Depth) -> Theme {
    Theme::load(name, None, depth).unwrap()
}

/// Relative luminance (WCAG 2).
fn luminance((r, g, b): (u8, u8, u8)) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn what_is_read_is_legible_on_the_ground_and_on_the_selection() {
    // Lines and the empty part of a gauge are not read.
    let drawn = [Meaning::Border, Meaning::GaugeRest, Meaning::Selection, Meaning::BorderFocus, Meaning::Gauge];
    for (name, ground, depth) in COLOURED.iter().flat_map(|(n, g)| [(*n, *g, Depth::True), (*n, *g, Depth::Ansi256)]) {
        let theme = load(name, depth);
        let selection = rgb(theme.style(Meaning::Selection).bg);
        for meaning in Meaning::ALL.iter().filter(|m| !drawn.contains(m)) {
            let ink = rgb(theme.style(*meaning).fg);
            assert!(contrast(ink, ground) >= 4.5, "{name} {depth:?}: {meaning} {:.2}", contrast(ink, ground));
            assert!(
                contrast(ink, selection) >= 4.5,
                "{name} {depth:?}: {meaning} selected {:.2}",
                contrast(ink, selection)
            );
        }
        for meaning in drawn.iter().filter(|m| **m != Meaning::Selection) {
            assert!(contrast(rgb(theme.style(*meaning).fg), ground) >= 2.0, "{name}: {meaning} is not seen");
        }
    }
}

#[test]
fn every_theme_says_what_every_meaning_looks_like() {
    let plain = Style::default();
    for name in Theme::names(None) {
        let theme = load(&name, Depth::True);
        // What is plain on purpose is text, and what is read like it.
        let unsaid: Vec<&str> = Meaning::ALL
            .iter()
            .filter(|m| theme.style(**m) == plain)
            .map(|m| m.as_str())
            .filter(|m| !["text", "status", "equivalent", "code.string", "code.number"].contains(m))
            .collect();
        assert!(unsaid.is_empty(), "{name}: {unsaid:?}");
    }
}

#[test]
fn verdicts_are_told_apart_without_colour_and_with_sixteen() {
    let poor = |name: String| [(name.clone(), Depth::Mono), (name, Depth::Ansi16)];
    for (name, depth) in Theme::names(None).into_iter().flat_map(poor) {
        let theme = load(&name, depth);
        let selection = theme.style(Meaning::Selection);
        assert!(selection.add_modifier.contains(Modifier::REVERSED), "{name} {depth:?}: the selection is not seen");
        let verdicts = [Meaning::Equivalent, Meaning::Different, Meaning::Undecided, Meaning::Error];
        for (nth, a) in verdicts.iter().enumerate() {
            for b in &verdicts[nth + 1..] {
                assert_ne!(theme.style(*a), theme.style(*b), "{name}: {a} and {b}");
            }
        }
        for meaning in Meaning::ALL {
            let style = theme.style(*meaning);
            assert!(depth != Depth::Mono || (style.fg.is_none() && style.bg.is_none()), "{name}: {meaning}");
            assert!(!matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{name}: {meaning}");
        }
    }
}

/// What a person without the cones for green sees (Viénot, Brettel & Mollon 1999, in linear light).
fn deuteranope((r, g, b): (u8, u8, u8)) -> [f64; 3] {
    let linear = |c: u8| (f64::from(c) / 255.0).powf(2.2);
    let (r, g, b) = (linear(r), linear(g), linear(b));
    [0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b]
}

#[test]
fn who_does_not_see_green_tells_verdicts_apart() {
    let apart = |name: &str| {
        let theme = load(name, Depth::True);
        let (a, b) = (rgb(theme.style(Meaning::Equivalent).fg), rgb(theme.style(Meaning::Different).fg));
        deuteranope(a).iter().zip(deuteranope(b)).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
    };
    assert!(apart("deuteranopia") > 2.0 * apart("dark"), "{} {}", apart("deuteranopia"), apart("dark"));
    assert!(apart("deuteranopia-light") > 2.0 * apart("light"), "{} {}", apart("deuteranopia-light"), apart("light"));
}

#[test]
fn terminals_are_taken_for_what_they_say() {
    let depth = |said: &[(&str, &str)]| {
        Depth::detect(|name| said.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    };
    assert_eq!(depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Depth::True);
    assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Ansi256);
    assert_eq!(depth(&[("TERM", "xterm")]), Depth::Ansi16);
    assert_eq!(depth(&[("TERM", "dumb")]), Depth::Mono);
    assert_eq!(depth(&[("WT_SESSION", "x")]), Depth::True);
    assert_eq!(depth(&[("TERM", "screen.xterm-256color"), ("COLORTERM", "truecolor")]), Depth::Ansi256);
    assert_eq!(depth(&[("TERM", "screen-256color"), ("COLORTERM", "truecolor"), ("TMUX", "x")]), Depth::True);
    assert_eq!(depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "1")]), Depth::Mono);
    assert_eq!(depth(&[("TERM", "xterm"), ("NO_COLOR", "")]), Depth::Ansi16, "empty is not set");
    assert_eq!(Theme::choose("auto", Some(true), Depth::True), "light");
    assert_eq!(Theme::choose("auto", Some(false), Depth::Ansi256), "dark");
    assert_eq!(Theme::choose("auto", None, Depth::Ansi256), "dark-painted");
    assert_eq!(Theme::choose("auto", Some(true), Depth::Ansi16), "ansi16");
    assert_eq!(Theme::choose("deuteranopia", Some(true), Depth::True), "deuteranopia");
    // 256 colours come near: what is read stays legible.
    let theme = load("dark", Depth::Ansi256);
    assert!(matches!(theme.style(Meaning::Text).fg, Some(Color::Indexed(n)) if n >= 16));
}

#[test]
fn only_a_theme_that_says_so_paints_its_ground() {
    assert_eq!(load("dark", Depth::True).ground(), None);
    assert_eq!(rgb(load("dark-painted", Depth::True).ground()), DARK);
    assert!(matches!(load("dark-painted", Depth::Ansi256).ground(), Some(Color::Indexed(_))));
    assert_eq!(load("dark-painted", Depth::Ansi16).ground(), None);
}

#[test]
fn a_theme_of_the_users_own_lies_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("mine.toml"), text).unwrap();
    let mine = || Theme::load("mine", Some(folder.path()), Depth::True);
    write("inherit = \"light\"\n[style]\nequivalent = { fg = \"#0000ff\", bold = true }\n");
    let theme = mine().unwrap();
    assert_eq!(theme.style(Meaning::Equivalent).fg, Some(Color::Rgb(0, 0, 255)));
    assert_eq!(theme.style(Meaning::Text), load("light", Depth::True).style(Meaning::Text));
    // The user's own `dark` may lie over its namesake.
    std::fs::write(folder.path().join("dark.toml"), "inherit = \"dark\"\n[style]\ntext = \"white\"\n").unwrap();
    write(
        "inherit = \"dark\"\n[style]\ncode.keyword = \"red\"\nborder.focus = \"light-blue\"\nselection = \"#000000\"\n",
    );
    let theme = mine().unwrap();
    assert_eq!(theme.style(Meaning::Text).fg, Some(Color::White));
    assert_eq!(theme.style(Meaning::Muted), load("dark", Depth::True).style(Meaning::Muted));
    assert_eq!(theme.style(Meaning::CodeKeyword).fg, Some(Color::Red));
    assert_eq!(theme.style(Meaning::BorderFocus).fg, Some(Color::LightBlue));
    assert_eq!(theme.style(Meaning::Selection), Style::new().bg(Color::Rgb(0, 0, 0)));
    // Where there are sixteen colours, named ones stay and the others come from the theme made for them.
    let sixteen = Theme::load("mine", Some(folder.path()), Depth::Ansi16).unwrap();
    assert_eq!(sixteen.style(Meaning::CodeKeyword).fg, Some(Color::Red));
    assert_eq!(sixteen.style(Meaning::Different), load("ansi16", Depth::Ansi16).style(Meaning::Different));
    for (text, parts) in [
        ("[style]\nequivalnt = \"#0000ff\"\n", ["line 2, column 1", "`equivalent`"]),
        ("# text #00f\n[style]\ntext = \"#00f\"\n", ["line 3, column 8", "no colour; write #"]),
        ("[style]\ntext = \"gren\"\n", ["line 2, column 8", "`green`"]),
        ("[style]\ncode.keywrd = \"red\"\n", ["line 2, column 6", "`code.keyword`"]),
        ("[style]\ntext = { bold = 1 }\n", ["line 2, column 17", "true or false"]),
        ("text = \"red\"\n", ["line 1, column 1", "belongs in [style]"]),
        ("grund = \"red\"\n", ["line 1, column 1", "`ground`"]),
        ("paint = \"yes\"\n", ["line 1, column 9", "true or false"]),
        ("[style]\ntext = { fgg = \"red\" }\n", ["line 2, column 10", "`fg`"]),
        ("inherit = \"mine\"\n", ["mine", "without end"]),
        ("inherit = \"nothing\"\n", ["line 1, column 11: there is no theme `nothing`", "dark"]),
    ] {
        write(text);
        let told = mine().unwrap_err().to_string();
        assert!(parts.iter().all(|p| told.contains(p)), "{text:?}: {told}");
    }
    assert!(Theme::load("../mine", Some(folder.path()), Depth::True).is_err(), "a name is no path");
}
