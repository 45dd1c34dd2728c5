//! Stacked bars with their numbers beside them, and columns over time.

use std::cmp::Ordering;

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

/// Columns as a whole number; what is beyond a screen's width is that width's bound.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped right before")]
fn whole(columns: f64) -> u16 {
    columns.clamp(0.0, f64::from(u16::MAX)) as u16
}

/// Columns of each part so that they make up `width`: by largest remainder, and what is there at all is seen.
pub(super) fn shares(parts: &[u64], width: u16) -> Vec<u16> {
    let total: u64 = parts.iter().sum();
    if total == 0 || width == 0 {
        return vec![0; parts.len()];
    }
    let exact = |n: u64| n as f64 * f64::from(width) / total as f64;
    let mut shares: Vec<u16> =
        parts.iter().map(|n| if *n == 0 { 0 } else { whole(exact(*n).floor()).max(1) }).collect();
    loop {
        let used: u16 = shares.iter().sum();
        let remainder = |at: usize, share: u16| exact(parts[at]) - f64::from(share);
        match used.cmp(&width) {
            Ordering::Less => {
                let most = (0..parts.len())
                    .filter(|at| parts[*at] > 0)
                    .max_by(|a, b| remainder(*a, shares[*a]).total_cmp(&remainder(*b, shares[*b])));
                let Some(most) = most else { return shares };
                shares[most] += 1;
            }
            Ordering::Greater => {
                let least = (0..parts.len())
                    .filter(|at| shares[*at] > 1)
                    .min_by(|a, b| remainder(*a, shares[*a]).total_cmp(&remainder(*b, shares[*b])));
                let Some(least) = least else { return shares };
                shares[least] -= 1;
            }
            Ordering::Equal => return shares,
        }
    }
}

/// One bar: each part in its colour and with its glyph in it, so that it is told without colour too.
pub(super) fn stacked(buffer: &mut Buffer, area: Rect, parts: Parts, scale: u64, theme: &Theme) {
    let each = parts.each();
    let long = if scale == 0 { 0 } else { whole((f64::from(area.width) * parts.total() as f64 / scale as f64).ceil()) };
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
pub(super) fn gauge(buffer: &mut Buffer, area: Rect, part: u64, of: u64, theme: &Theme, ascii: bool) {
    let full = if of == 0 { 0 } else { whole((f64::from(area.width) * part.min(of) as f64 / of as f64).round()) };
    let (on, off) = if ascii { ("#", "-") } else { ("━", "─") };
    for at in 0..area.width {
        let (symbol, meaning) = if at < full { (on, Meaning::Gauge) } else { (off, Meaning::GaugeRest) };
        buffer.set_string(area.x + at, area.y, symbol, theme.style(meaning));
    }
}

const EIGHTHS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Candidates over time as columns, the newest at the right: below what agrees, above it the rest.
pub(super) fn columns(buffer: &mut Buffer, area: Rect, history: &History, theme: &Theme) {
    let buckets = history.buckets();
    let shown = buckets.len().min(usize::from(area.width));
    let buckets = &buckets[buckets.len() - shown..];
    let most = buckets.iter().map(|b| b.total()).max().unwrap_or(0).max(1);
    let eighths = u32::from(area.height) * 8;
    let height = |n: u32| (u64::from(n) * u64::from(eighths)).div_ceil(u64::from(most));
    let height = |n: u32| u32::try_from(height(n)).unwrap_or(u32::MAX);
    // A short run has room to be broad.
    let broad = (usize::from(area.width) / shown.max(1)).clamp(1, 4);
    let each = buckets.iter().flat_map(|bucket| std::iter::repeat_n(bucket, broad));
    for (x, bucket) in (area.x..area.right()).zip(each) {
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
