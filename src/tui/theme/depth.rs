//! How many colours a terminal has, and the nearest of them.

use ratatui::style::{Color, Style};

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None that may be used: bold, underline and reverse speak alone.
    Mono,
    /// The sixteen that the terminal's own theme defines.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// All.
    True,
}

impl Depth {
    /// What the environment says of the terminal: `NO_COLOR` (<https://no-color.org>), `COLORTERM`, `TERM`.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let said = |name: &str| variable(name).filter(|v| !v.is_empty());
        if said("NO_COLOR").is_some() {
            return Self::Mono;
        }
        let term = said("TERM").unwrap_or_default();
        // Windows says nothing in TERM, and its terminal shows all colours.
        if said("WT_SESSION").is_some() {
            return Self::True;
        }
        if term.is_empty() || term == "dumb" || term.starts_with("vt") {
            return Self::Mono;
        }
        // GNU screen passes COLORTERM on and shows 256 at most; tmux, whose TERM may be the same, shows all.
        if term.starts_with("screen") && said("TMUX").is_none() {
            return if term.contains("256") { Self::Ansi256 } else { Self::Ansi16 };
        }
        if said("COLORTERM").is_some_and(|v| v == "truecolor" || v == "24bit") || term.ends_with("-direct") {
            return Self::True;
        }
        // Terminals that are known for all colours and do not always say so.
        if ["kitty", "alacritty", "wezterm", "ghostty", "foot"].iter().any(|name| term.contains(name)) {
            return Self::True;
        }
        if term.contains("256") || said("TERM_PROGRAM").is_some() { Self::Ansi256 } else { Self::Ansi16 }
    }

    /// The style with the colours that there are.
    pub(super) fn reduce(self, style: Style) -> Style {
        let reduce = |color: Option<Color>| match (self, color) {
            (Self::Ansi256, Some(Color::Rgb(r, g, b))) => Some(Color::Indexed(nearest_256(r, g, b))),
            (Self::Mono, _) | (Self::Ansi16, Some(Color::Rgb(..))) => None,
            (_, some) => some,
        };
        Style { fg: reduce(style.fg), bg: reduce(style.bg), underline_color: None, ..style }
    }
}

/// Oklab, in which distance is what an eye sees (<https://bottosson.github.io/posts/oklab/>).
fn oklab(r: u8, g: u8, b: u8) -> [f64; 3] {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let (r, g, b) = (linear(r), linear(g), linear(b));
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
}

/// The six steps of xterm's cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn nearest_256(r: u8, g: u8, b: u8) -> u8 {
    let wanted = oklab(r, g, b);
    let cube = (0..216u8)
        .map(|n| (16 + n, STEPS[usize::from(n / 36)], STEPS[usize::from(n / 6 % 6)], STEPS[usize::from(n % 6)]));
    let greys = (0..24u8).map(|n| (232 + n, 8 + 10 * n, 8 + 10 * n, 8 + 10 * n));
    cube.chain(greys)
        .min_by(|a, b| distance(wanted, oklab(a.1, a.2, a.3)).total_cmp(&distance(wanted, oklab(b.1, b.2, b.3))))
        .map_or(15, |found| found.0)
}
