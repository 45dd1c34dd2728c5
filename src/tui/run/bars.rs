//! Stacked bars with their numbers beside them, and columns over time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::history::{Bucket, History};
use crate::tui::text;
use crate::tui::theme::{Meaning, Theme};

/// What became of candidates under one name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) agrees: u64,
    pub(super) disagrees: u64,
    pub(super) undecided: u64,
    pub(super) failed: u64,
}

impl Parts {
    pub(super) fn total(self) -> u64 {
        self.agrees + self.disagrees + self.undecided + self.failed
    }

    /// With glyph and meaning, in the order in which they are drawn.
    pub(super) fn each(self) -> [(&'static str, Meaning, u64); 4] {
        [
            ("=", Meaning::Equivalent, self.agrees),
            ("≠", Meaning::Different, self.disagrees),
            ("?", Meaning::Undecided, self.undecided),
            ("!", Meaning::Error, self.failed),
        ]
    }
}

/// Columns of each part so that they make up `width`: by largest remainder, and what is there at all is seen.
pub(super) fn shares(parts: &[u64], width: u16) -> Vec<u16> {
    let total: u64 = parts.iter().sum();
    if total == 0 || width == 0 {
        return vec![0; parts.len()];
    }
    let exact = |n: u64| n as f64 * f64::from(width) / total as f64;
    let mut shares: Vec<u16> =
        parts.iter().map(|n| if *n == 0 { 0 } else { (exact(*n).floor() as u16).max(1) }).collect();
    loop {
        let used: u16 = shares.iter().sum();
        let remainder = |at: usize, share: u16| exact(parts[at]) - f64::from(share);
        if used < width {
            let most = (0..parts.len())
                .filter(|at| parts[*at] > 0)
                .max_by(|a, b| remainder(*a, shares[*a]).total_cmp(&remainder(*b, shares[*b])));
            let Some(most) = most else { return shares };
            shares[most] += 1;
        } else if used > width {
            let least = (0..parts.len())
                .filter(|at| shares[*at] > 1)
                .min_by(|a, b| remainder(*a, shares[*a]).total_cmp(&remainder(*b, shares[*b])));
            let Some(least) = least else { return shares };
            shares[least] -= 1;
        } else {
            return shares;
        }
    }
}

/// One bar: each part in its colour and with its glyph in it, so that it is told without colour too.
pub(super) fn stacked(buffer: &mut Buffer, area: Rect, parts: Parts, scale: u64, theme: &Theme) {
    let each = parts.each();
    let long = if scale == 0 { 0 } else { (f64::from(area.width) * parts.total() as f64 / scale as f64).ceil() as u16 };
    let long = long.min(area.width).max(u16::from(parts.total() > 0));
    let shares = shares(&each.map(|(_, _, n)| n), long);
    let mut x = area.x;
    for ((glyph, meaning, _), share) in each.into_iter().zip(shares) {
        for _ in 0..share.min(area.right().saturating_sub(x)) {
            buffer.set_string(x, area.y, glyph, theme.style(meaning));
            x += 1;
        }
    }
    for at in x..area.right() {
        buffer.set_string(at, area.y, "·", theme.style(Meaning::GaugeRest));
    }
}

/// A gauge: so much of so much.
pub(super) fn gauge(buffer: &mut Buffer, area: Rect, part: u64, whole: u64, theme: &Theme, ascii: bool) {
    let full =
        if whole == 0 { 0 } else { (f64::from(area.width) * part.min(whole) as f64 / whole as f64).round() as u16 };
    let (on, off) = if ascii { ("#", "-") } else { ("━", "─") };
    for at in 0..area.width {
        let (symbol, meaning) = if at < full { (on, Meaning::Gauge) } else { (off, Meaning::GaugeRest) };
        buffer.set_string(area.x + at, area.y, symbol, theme.style(meaning));
    }
}

const EIGHTHS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Candidates over time as columns, the newest at the right: below what agrees, above it the rest. Returns what one
/// column covers, in buckets.
pub(super) fn columns(buffer: &mut Buffer, area: Rect, history: &History, theme: &Theme) {
    let buckets = history.buckets();
    let shown = buckets.len().min(usize::from(area.width));
    let buckets = &buckets[buckets.len() - shown..];
    let most = buckets.iter().map(|b| b.total()).max().unwrap_or(0).max(1);
    let eighths = u32::from(area.height) * 8;
    let height = |n: u32| (u64::from(n) * u64::from(eighths)).div_ceil(u64::from(most)) as u32;
    for (x, bucket) in (area.x..area.right()).zip(buckets) {
        let total = height(bucket.total());
        for row in 0..area.height {
            let y = area.bottom() - 1 - row;
            let filled = total.saturating_sub(u32::from(row) * 8).min(8);
            if filled > 0 {
                let style: Style = theme.style(dominant(*bucket, u32::from(row) * 8 + filled / 2, &height));
                buffer.set_string(x, y, EIGHTHS[filled as usize - 1], style);
            }
        }
    }
}

/// The part that a column shows at a height, agreeing ones lowest.
fn dominant(bucket: Bucket, at: u32, height: &impl Fn(u32) -> u32) -> Meaning {
    let mut top = 0;
    for (n, meaning) in [
        (bucket.agrees, Meaning::Equivalent),
        (bucket.disagrees, Meaning::Different),
        (bucket.undecided, Meaning::Undecided),
        (bucket.failed, Meaning::Error),
    ] {
        top += n;
        if n > 0 && at <= height(top) {
            return meaning;
        }
    }
    Meaning::Muted
}

/// `= 12  ≠ 3  ? 1  ! 4`, each number in a column of its own.
pub(super) fn numbers(buffer: &mut Buffer, x: u16, y: u16, width: u16, parts: Parts, theme: &Theme) {
    let mut at = x;
    for (glyph, meaning, n) in parts.each() {
        let text = format!("{glyph}{n:>5} ");
        let wide = u16::try_from(text::width(&text)).unwrap_or(7);
        if at + wide > x + width {
            return;
        }
        let style = if n == 0 { theme.style(Meaning::Muted) } else { theme.style(meaning) };
        buffer.set_string(at, y, text, style);
        at += wide;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_fill_the_bar_and_hide_nothing(parts in proptest::collection::vec(0u64..10_000, 4), width in 4u16..200) {
            let shares = shares(&parts, width);
            let total: u64 = parts.iter().sum();
            prop_assert_eq!(shares.iter().map(|s| u64::from(*s)).sum::<u64>(), if total == 0 { 0 } else { u64::from(width) });
            for (part, share) in parts.iter().zip(&shares) {
                prop_assert_eq!(*part > 0, *share > 0);
            }
        }
    }
}
