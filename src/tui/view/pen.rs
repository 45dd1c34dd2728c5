//! The few strokes that everything is drawn with.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Borders, Clear, Widget};

use crate::tui::app::{App, Borders as BorderStyle};
use crate::tui::borders::{ASCII, ASCII_FOCUS};
use crate::tui::text;
use crate::tui::theme::Meaning;

/// Text in one row, cut with `…` where it does not fit; the columns it took come back.
pub(super) fn put(buffer: &mut Buffer, x: u16, y: u16, width: u16, what: &str, style: Style) -> u16 {
    if width == 0 {
        return 0;
    }
    let cut = text::cut(what, usize::from(width));
    let (end, _) = buffer.set_stringn(x, y, cut, usize::from(width), style);
    end.saturating_sub(x)
}

/// The same, ending at the right edge.
pub(super) fn put_right(buffer: &mut Buffer, area: Rect, what: &str, style: Style) -> u16 {
    let width = u16::try_from(text::width(what)).unwrap_or(u16::MAX).min(area.width);
    put(buffer, area.right() - width, area.y, width, what, style)
}

/// Text in as many rows as it takes of those there are, broken at spaces; how many it took comes back.
pub(super) fn paragraph(buffer: &mut Buffer, area: Rect, what: &str, style: Style, app: &App) -> u16 {
    let laid = text::Document::raw(what).lay(area.width);
    let mut rows = 0;
    for (y, row) in (area.y..area.bottom()).zip(laid.rows(0..laid.len())) {
        buffer.set_line(area.x, y, &row.line(&app.settings.theme), area.width);
        buffer.set_style(Rect { y, height: 1, ..area }, style);
        rows += 1;
    }
    rows
}

/// A line in at least one row and at most `most`, broken between words; what does not fit then is in the last one.
pub(super) fn broken(line: &Line<'static>, width: u16, most: usize) -> Vec<Line<'static>> {
    let whole: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    if most < 2 || text::width(&whole) <= usize::from(width) {
        return vec![line.clone()];
    }
    let mut rows = text::breaks(&whole, usize::from(width));
    rows.truncate(most);
    if let Some(last) = rows.last_mut() {
        last.end = whole.len();
    }
    let of = |row: std::ops::Range<usize>| {
        let mut at = 0;
        let mut spans = Vec::new();
        for span in &line.spans {
            let (from, to) = (row.start.max(at), row.end.min(at + span.content.len()));
            if from < to {
                spans.push(Span::styled(span.content[from - at..to - at].to_owned(), span.style));
            }
            at += span.content.len();
        }
        Line::from(spans)
    };
    rows.into_iter().map(of).collect()
}

/// Rows that a text takes in so many columns.
pub(super) fn paragraph_rows(what: &str, width: u16) -> u16 {
    u16::try_from(text::Document::raw(what).lay(width).len()).unwrap_or(u16::MAX)
}

/// Spans in one row, cut where they do not fit.
pub(super) fn put_line(buffer: &mut Buffer, x: u16, y: u16, width: u16, line: &Line<'_>) -> u16 {
    let mut at = x;
    let end = x.saturating_add(width);
    let mut left = line.spans.iter().map(|span| text::width(&span.content)).sum::<usize>();
    for span in &line.spans {
        if at >= end {
            break;
        }
        let style = line.style.patch(span.style);
        let wide = text::width(&span.content);
        left -= wide;
        // A span that just fits tells, too, that something comes behind it.
        if wide == usize::from(end - at) && left > 0 {
            at += put(buffer, at, y, end - at, &format!("{}……", span.content), style);
        } else {
            at += put(buffer, at, y, end - at, &span.content, style);
        }
    }
    at - x
}

/// A box that shares its borders with its neighbours; focus is a heavier border and a brighter title. Titles are drawn
/// apart, when all boxes are there.
pub(super) fn frame(buffer: &mut Buffer, area: Rect, focused: bool, app: &App) {
    let theme = &app.settings.theme;
    let style = theme.style(if focused { Meaning::BorderFocus } else { Meaning::Border });
    let block = Block::bordered().border_style(style).merge_borders(MergeStrategy::Fuzzy);
    match app.settings.borders {
        BorderStyle::Unicode if focused => block.border_type(BorderType::Thick),
        BorderStyle::Unicode => block.border_type(BorderType::Plain),
        BorderStyle::Ascii => block.border_set(if focused { ASCII_FOCUS } else { ASCII }),
    }
    .render(area, buffer);
}

/// The lower border of a box that goes on out of sight.
pub(super) fn closing(buffer: &mut Buffer, area: Rect, app: &App) {
    let block = Block::new()
        .borders(Borders::LEFT | Borders::RIGHT | Borders::BOTTOM)
        .border_style(app.settings.theme.style(Meaning::Border));
    match app.settings.borders {
        BorderStyle::Unicode => block,
        BorderStyle::Ascii => block.border_set(ASCII),
    }
    .render(area, buffer);
}

/// A title in the upper border of a box, and its facts at the right.
pub(super) fn title(buffer: &mut Buffer, area: Rect, focused: bool, what: &Line<'_>, facts: &str, app: &App) {
    let theme = &app.settings.theme;
    let mut style = theme.style(if focused { Meaning::Focus } else { Meaning::Title });
    if focused {
        style = style.add_modifier(Modifier::BOLD);
    }
    let room = area.width.saturating_sub(4);
    let wanted = u16::try_from(text::width(facts)).unwrap_or(u16::MAX).saturating_add(2);
    let line = Line { style, ..what.clone() };
    let used = bordered(buffer, area.x + 1, area.y, room, &line, style);
    if !facts.is_empty() && used + wanted + 2 <= room {
        let x = area.right().saturating_sub(wanted + 1);
        let muted = theme.style(Meaning::Muted);
        bordered(buffer, x, area.y, wanted, &Line::styled(facts.to_owned(), muted), muted);
    }
}

/// Text in a border, with a blank on each side.
pub(super) fn bordered(buffer: &mut Buffer, x: u16, y: u16, width: u16, what: &Line<'_>, style: Style) -> u16 {
    if width < 3 {
        return 0;
    }
    put(buffer, x, y, 1, " ", style);
    let used = put_line(buffer, x + 1, y, width - 2, what);
    put(buffer, x + 1 + used, y, 1, " ", style);
    used + 2
}

/// In the foot of a list's box: how many rows are above and below what is seen of it. Nothing where all is seen.
pub(super) fn more(buffer: &mut Buffer, area: Rect, above: usize, below: usize, app: &App) {
    let muted = app.settings.theme.style(Meaning::Muted);
    if let Some(told) = beyond(above, below) {
        foot(buffer, area, &Line::styled(told, muted), muted);
    }
}

/// The same in words.
pub(super) fn beyond(above: usize, below: usize) -> Option<String> {
    let [above_told, below_told] = [above, below].map(|n| short(n as u64));
    match (above, below) {
        (0, 0) => None,
        (0, _) => Some(format!("↓ {below_told} more")),
        (_, 0) => Some(format!("↑ {above_told} more")),
        _ => Some(format!("↑ {above_told} · ↓ {below_told} more")),
    }
}

/// A line at the right of a box's lower border. Where that one is the upper border of a box below, which the line would be
/// taken to be about, it stands in the upper border, if there is room.
pub(super) fn foot(buffer: &mut Buffer, area: Rect, line: &Line<'_>, style: Style) {
    let width = u16::try_from(line.width()).unwrap_or(u16::MAX).saturating_add(2);
    if area.is_empty() || width + 2 > area.width {
        return;
    }
    let below = Position { x: area.x, y: area.bottom() };
    let is_shared = buffer.area.contains(below) && buffer[below].symbol().starts_with(is_border);
    if let Some(x) = before_facts(buffer, area, width).filter(|_| is_shared) {
        bordered(buffer, x, area.y, width, line, style);
    } else {
        let (x, y) = (area.right() - width - 1, area.bottom() - 1);
        // What stood there and would look out at the left goes whole: the border goes on in its place.
        let is_line = |at: u16| buffer[(at, y)].symbol().starts_with(is_border);
        let begun = (area.x..x).rev().find(|at| is_line(*at)).unwrap_or(x);
        let border = buffer[(begun, y)].clone();
        for at in begun.saturating_add(1)..x {
            buffer[(at, y)] = border.clone();
        }
        bordered(buffer, x, y, width, line, style);
    }
}

/// Where so many columns of a box's upper border are free: at its right, or in front of the facts that stand there.
fn before_facts(buffer: &Buffer, area: Rect, width: u16) -> Option<u16> {
    let is_line = |x: &u16| buffer[(*x, area.y)].symbol().starts_with(is_border);
    // Facts, too, may have a hyphen: two of a row are border.
    let is_free = |x: &u16| is_line(x) && is_line(&(x - 1));
    let end = (area.x + 2..area.right() - 1).rev().find(is_free)?;
    let from = end.checked_sub(width).filter(|from| *from > area.x + 1)?;
    (from - 1..=end).all(|x| is_line(&x)).then_some(from)
}

/// Whether borders are made of it.
fn is_border(c: char) -> bool {
    matches!(c, '\u{2500}'..='\u{257f}' | '-' | '=' | '+' | '#' | '|')
}

/// Which lines of a text are seen; nothing where all are.
pub(super) fn lines(top: usize, rows: usize, length: usize) -> String {
    if length <= rows { String::new() } else { format!("lines {}–{} of {length}", top + 1, (top + rows).min(length)) }
}

/// What lies under something: there, and not to be read.
pub(super) fn dim(buffer: &mut Buffer, area: Rect, app: &App) {
    let muted = app.settings.theme.style(Meaning::Muted).bg(Color::Reset);
    let plain = Modifier::BOLD | Modifier::UNDERLINED | Modifier::REVERSED;
    buffer.set_style(area, muted.remove_modifier(plain).add_modifier(Modifier::DIM));
}

/// Rows above and below a sheet from which on what stands there is more than a remainder.
const REMAINDER: u16 = 6;

/// An empty place in the middle for something that lies over the screen. What it covers goes in whole rows: half sentences
/// beside it say something else than they do.
pub(super) fn sheet(buffer: &mut Buffer, within: Rect, width: u16, height: u16, app: &App) -> Rect {
    let width = width.min(within.width);
    let height = height.min(within.height);
    let area =
        Rect { x: within.x + (within.width - width) / 2, y: within.y + (within.height - height) / 2, width, height };
    let above = if area.y - within.y < REMAINDER { within.height } else { 1 };
    clear(buffer, area, Margin::new(within.width, above), within, app);
    area
}

/// An empty place at `area`; the rows that it stands in are empty beside it, too, and so is the one above it.
pub(super) fn popup(buffer: &mut Buffer, area: Rect, within: Rect, app: &App) {
    clear(buffer, area, Margin::new(within.width, 1), within, app);
}

fn clear(buffer: &mut Buffer, area: Rect, margin: Margin, within: Rect, app: &App) {
    let ground = area.outer(margin).intersection(within);
    // Of boxes that are covered from top to bottom nothing is left to go on.
    let kept = if ground.height == within.height {
        Vec::new()
    } else {
        upright(buffer, ground, area.outer(Margin::new(1, 1)))
    };
    Clear.render(ground, buffer);
    buffer.set_style(ground, app.settings.theme.style(Meaning::Text));
    for (x, cell) in kept {
        for y in ground.y..ground.bottom() {
            buffer[(x, y)] = cell.clone();
        }
    }
    // Of plain borders no sign says that it is one: a hyphen may stand in any text.
    if ground.y > within.y + 1 && app.settings.borders == BorderStyle::Unicode {
        untitle(buffer, Rect { y: ground.y - 1, height: 1, ..ground });
    }
    Clear.render(area, buffer);
    let focused = true;
    frame(buffer, area, focused, app);
}

/// Takes the titles out of a row of borders, whose box has nothing under it any more: the border goes on. A row that does
/// not begin with a border is left as it is, and so is what stands behind the box: signs like those of borders may be text.
fn untitle(buffer: &mut Buffer, row: Rect) {
    let at = |x: u16| (x, row.y);
    let is_line = |symbol: &str| matches!(symbol, "─" | "━");
    let begins = |symbol: &str| symbol.starts_with(|c| matches!(c, '\u{250c}'..='\u{254b}' if !"│┃".contains(c)));
    let line = (row.x..row.right()).map(|x| buffer[at(x)].clone()).find(|cell| is_line(cell.symbol()));
    let Some(mut line) = line.filter(|_| !row.is_empty() && begins(buffer[at(row.x)].symbol())) else { return };
    for x in row.x + 1..row.right() {
        let cell = &mut buffer[at(x)];
        if is_line(cell.symbol()) {
            line = cell.clone();
        } else if cell.symbol().starts_with(['┤', '┥', '┨', '┩', '┪', '┫', '┐', '┓', '┘', '┛', '┦', '┧'])
        {
            return;
        } else if !begins(cell.symbol()) {
            *cell = line.clone();
        }
    }
}

/// The borders that stand upright beside a sheet, all the way from its first row to its last one: boxes go on behind it, while
/// their texts go.
fn upright(buffer: &Buffer, ground: Rect, sheet: Rect) -> Vec<(u16, Cell)> {
    let of = |x: u16| {
        let column = || (ground.y..ground.bottom()).map(|y| &buffer[(x, y)]);
        let is_whole = column().all(|cell| cell.symbol().starts_with(is_border));
        column().find(|cell| is_whole && matches!(cell.symbol(), "│" | "┃" | "|" | "#")).cloned()
    };
    // Of a sheet that lies on a box's own edge, the edge is seen again above it: the sheet itself is emptied afterwards.
    let edge = |x: u16| x == ground.x || x + 1 == ground.right();
    let seen = (ground.x..ground.right()).filter(|x| edge(*x) || *x < sheet.x || *x >= sheet.right());
    seen.filter_map(|x| Some((x, of(x)?))).collect()
}

/// A span in a meaning's style.
pub(super) fn span(what: impl Into<String>, meaning: Meaning, app: &App) -> Span<'static> {
    Span::styled(what.into(), app.settings.theme.style(meaning))
}

/// A span that says what it means, in that meaning's style.
pub(super) fn themed(of: text::Span, app: &App) -> Span<'static> {
    let style = app.settings.theme.style(of.meaning).add_modifier(of.modifier);
    Span::styled(of.text, style)
}

/// A span in a meaning's style, bold.
pub(super) fn bold(what: impl Into<String>, meaning: Meaning, app: &App) -> Span<'static> {
    Span::styled(what.into(), app.settings.theme.style(meaning).add_modifier(Modifier::BOLD))
}

/// A number as a person reads it: at most three significant figures.
pub(super) fn short(n: u64) -> String {
    match n {
        0..=9_999 => n.to_string(),
        10_000..=999_999 => significant(n as f64 / 1e3, "k"),
        _ => significant(n as f64 / 1e6, "M"),
    }
}

fn significant(n: f64, unit: &str) -> String {
    if n < 10.0 {
        format!("{n:.2}{unit}")
    } else if n < 100.0 {
        format!("{n:.1}{unit}")
    } else {
        format!("{n:.0}{unit}")
    }
}

/// Seconds as a person reads them.
pub(super) fn seconds(s: f64) -> String {
    if s < 0.000_5 {
        "<1 ms".to_owned()
    } else if s < 0.01 {
        format!("{:.0} ms", s * 1000.0)
    } else if s < 1.0 {
        format!("{s:.2} s")
    } else if s < 100.0 {
        format!("{s:.1} s")
    } else {
        format!("{:.0} min", s / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_go_and_what_looks_like_a_border_stays() {
        for (row, wanted) in [
            ("├ code answer ── = equivalent ──┤", "├───────────────────────────────┤"),
            ("├ code ──┤ e = 1.6e-19 ├─●┤     │", "├────────┤ e = 1.6e-19 ├─●┤     │"),
            ("│ rate   8.33   ├─●──┤          │", "│ rate   8.33   ├─●──┤          │"),
            ("│ e = 1.602e-19 # C             │", "│ e = 1.602e-19 # C             │"),
            ("├ no line at all                │", "├ no line at all                │"),
        ] {
            let mut buffer = Buffer::with_lines([row]);
            let area = buffer.area;
            untitle(&mut buffer, area);
            assert_eq!(buffer, Buffer::with_lines([wanted]));
        }
    }
}
