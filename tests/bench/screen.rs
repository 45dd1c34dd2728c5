//! The screen's speed: a frame of the review screen, and scrolling through a megabyte, each beside the usual way of doing
//! it in the same run.
//!
//! `cargo bench --bench screen`

#[path = "../screen/bench.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod bench;
#[path = "../screen/fixtures.rs"]
mod fixtures;

use std::hint::black_box;
use std::time::{Duration, Instant};

use bench::Bench;
use loong::tui::text::Document;
use loong::tui::view;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::widgets::{Paragraph, Widget, Wrap};
use ratatui::{Terminal, TerminalOptions, Viewport};

const SIZE: (u16, u16) = (200, 55);

/// The middle one of many times.
fn median(times: u32, mut each: impl FnMut()) -> Duration {
    let mut taken: Vec<Duration> = (0..times)
        .map(|_| {
            let begun = Instant::now();
            each();
            begun.elapsed()
        })
        .collect();
    taken.sort_unstable();
    taken[taken.len() / 2]
}

fn slowest(times: u32, mut each: impl FnMut()) -> Duration {
    (0..times)
        .map(|_| {
            let begun = Instant::now();
            each();
            begun.elapsed()
        })
        .max()
        .unwrap_or_default()
}

fn terminal() -> Terminal<CrosstermBackend<std::io::Sink>> {
    let viewport = Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1));
    Terminal::with_options(CrosstermBackend::new(std::io::sink()), TerminalOptions { viewport }).expect("a sink")
}

fn main() {
    if std::env::args().any(|a| a == "--list" || a == "--test") {
        return;
    }
    let mut screen = Bench::new(SIZE, "dark", fixtures::all());
    let mut out = terminal();

    // A frame where everything is another: the reader goes from candidate to candidate.
    let mut frames = Vec::new();
    for _ in 0..40 {
        for keys in ["j", "j", "n", "g g"] {
            screen.keys(keys);
            let begun = Instant::now();
            out.draw(|frame| view::draw(frame, &screen.app)).expect("a sink");
            frames.push(begun.elapsed());
        }
    }
    frames.sort_unstable();
    println!(
        "frame, 200x55, every one another: median {:?}, slowest {:?} (bound 2 ms)",
        frames[frames.len() / 2],
        frames[frames.len() - 1]
    );

    // A megabyte of chain of thought: laid out once, then drawn by rows.
    let line = "Let $a_n$ be the number of tilings, so that **every** step $a_n = a_{n-1} + 2a_{n-2}$ follows.\n\n";
    let text = line.repeat((1 << 20) / line.len());
    let laying = median(5, || {
        black_box(Document::prose(&text).lay(80));
    });
    println!("1 MB of prose: typeset and wrapped in {laying:?}, once, off the screen's thread");

    let record = fixtures::answered(fixtures::candidate(0, "logic", "Long?", "print(1)\n", "1"), "solver", &[&text]);
    let mut screen = Bench::new(SIZE, "dark", vec![record]);
    // In the middle of it, where whoever wraps from the beginning has wrapped half of it.
    let middle = u16::try_from(Document::prose(&text).lay(80).len() / 2).unwrap_or(u16::MAX);
    screen.keys("tab tab tab tab");
    for digit in middle.to_string().chars() {
        screen.keys(&digit.to_string());
    }
    screen.keys("G");
    let ours = slowest(400, || {
        screen.keys("j");
        out.draw(|frame| view::draw(frame, &screen.app)).expect("a sink");
    });
    let mut row = middle;
    let theirs = median(5, || {
        row += 1;
        out.draw(|frame| {
            let area = Rect::new(120, 1, 80, 50);
            Paragraph::new(text.as_str()).wrap(Wrap { trim: false }).scroll((row, 0)).render(area, frame.buffer_mut());
        })
        .expect("a sink");
    });
    println!(
        "1 MB, a row further: slowest of 400 frames {ours:?}; a Paragraph with wrap and scroll {theirs:?} ({:.0} times)",
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
}
