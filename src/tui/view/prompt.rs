//! The line being typed, what is wrong with it, and what could come next.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::pen;
use crate::review::cleaned::clean_line;
use crate::tui::app::App;
use crate::tui::layout::{self, Parts};
use crate::tui::prompt::{Prompt, Purpose};
use crate::tui::text;
use crate::tui::theme::Meaning;

/// Keys of a line being typed.
const KEYS: [&str; 4] = ["enter", "esc", "tab", "↑"];
/// Offers that are seen at a time.
const SEEN: usize = 8;

/// Draws the line over the footer; says where the cursor is.
pub(super) fn draw(buffer: &mut Buffer, parts: Parts, app: &App, prompt: &Prompt) -> Position {
    let theme = &app.settings.theme;
    let area = parts.footer;
    Clear.render(area, buffer);
    buffer.set_style(area, theme.style(Meaning::Status));
    let label = match prompt.targets.len() {
        1 => format!(" {} for #{} ", prompt.purpose.label(), prompt.targets.first().unwrap_or_default()),
        0 => format!(" {} ", prompt.purpose.label()),
        n => format!(" {} for {n} candidates ", prompt.purpose.label()),
    };
    let key = theme.style(Meaning::Key).add_modifier(Modifier::BOLD);
    let mut x = area.x + pen::put(buffer, area.x, area.y, area.width, &label, key);
    x += pen::put(buffer, x, area.y, 2, "▏", theme.style(Meaning::Accent));
    let (side, bad) = aside(prompt, app);
    // What is typed has half of the line, and no more of it than it takes; what stands at the right has the rest.
    let typed = u16::try_from(text::width(prompt.text())).unwrap_or(u16::MAX).saturating_add(3);
    let room_aside = area.right().saturating_sub(x).saturating_sub(typed);
    let side_room = room_aside.max(area.width / 2);
    let fits = text::width(&side) <= usize::from(side_room);
    // What could come next mends a fault sooner than its words do.
    let boxed = bad && !fits && prompt.offers.items.is_empty();
    if boxed {
        fault(buffer, parts, &side, app);
    }
    let side = if boxed {
        "esc drops it".to_owned()
    } else if fits || bad {
        side
    } else {
        shorter(side, usize::from(side_room))
    };
    let side_width = u16::try_from(text::width(&side)).unwrap_or(u16::MAX).min(side_room);
    let room = area.right().saturating_sub(x + side_width + 2).max(4);

    let cells = usize::from(room);
    let scroll = prompt.input.visual_scroll(cells);
    let shown = skip_columns(prompt.text(), scroll);
    pen::put(buffer, x, area.y, room, &clean_line(&shown), theme.style(Meaning::Text));
    let cursor = u16::try_from(prompt.input.visual_cursor().saturating_sub(scroll)).unwrap_or(0).min(room);
    if let Some((at, _)) = &prompt.fault {
        // The character that is wrong, or the place where something is missing.
        let before: String = prompt.text().chars().take(*at).collect();
        let column = text::width(&before).saturating_sub(scroll);
        if column < cells {
            let style = theme.style(Meaning::Error).add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
            // To the end of its word.
            let rest = prompt.text().chars().skip(*at).skip(1).take_while(|c| !c.is_whitespace());
            let wide = text::width(&rest.collect::<String>()).saturating_add(1).min(cells - column);
            let column = u16::try_from(column).unwrap_or(0);
            buffer.set_style(Rect { x: x + column, width: u16::try_from(wide).unwrap_or(1), ..area }, style);
        }
    }
    let side = text::cut(&side, usize::from(side_width));
    let at = Rect { width: area.width - 1, ..area };
    let line = if bad && !boxed {
        let mut line = Line::from(pen::span(side, Meaning::Error, app));
        let drops = with_keys(" · esc drops it", app);
        if line.width() + drops.width() <= usize::from(room_aside) {
            line.extend(drops.spans);
        }
        line
    } else {
        with_keys(&side, app)
    };
    let x_side = at.right().saturating_sub(u16::try_from(line.width()).unwrap_or(u16::MAX));
    pen::put_line(buffer, x_side, area.y, at.right().saturating_sub(x_side), &line);
    offers(buffer, parts, app, prompt);
    Position { x: x + cursor, y: area.y }
}

/// Hints that stand apart by points, the key before each as keys are.
fn with_keys(hints: &str, app: &App) -> Line<'static> {
    let mut line = Line::default();
    for (nth, hint) in hints.split(" · ").enumerate() {
        if nth > 0 {
            line.push_span(pen::span(" · ", Meaning::Muted, app));
        }
        match hint.split_once(' ').filter(|(key, _)| KEYS.contains(key)) {
            Some((key, does)) => {
                line.push_span(pen::bold(key.to_owned(), Meaning::Key, app));
                line.push_span(pen::span(format!(" {does}"), Meaning::Muted, app));
            }
            None => line.push_span(pen::span(hint.to_owned(), Meaning::Muted, app)),
        }
    }
    line
}

/// What stands at the right: the fault, or the count.
fn aside(prompt: &Prompt, app: &App) -> (String, bool) {
    if app.waiting().is_some() {
        return ("looking for what could stand here…".to_owned(), false);
    }
    let found = app.review.find.as_ref().filter(|find| !find.query.is_empty());
    match (&prompt.fault, prompt.count.1, prompt.purpose) {
        (Some((_, fault)), ..) => (fault.clone(), true),
        (None, Some(1), Purpose::Filter | Purpose::ExportFilter) => {
            ("1 matches · enter lists it · tab completes · esc drops it".to_owned(), false)
        }
        (None, Some(n), Purpose::Filter | Purpose::ExportFilter) => {
            (format!("{n} match · enter lists them · tab completes · esc drops it"), false)
        }
        (None, None, Purpose::Filter | Purpose::ExportFilter) => {
            ("enter lists what matches · tab completes · esc drops it".to_owned(), false)
        }
        (None, _, Purpose::Find) => match found {
            Some(find) if find.hits.is_empty() => (find.told(), true),
            Some(find) => (format!("{} · enter keeps it, then n N · esc ends it", find.told()), false),
            None => ("enter goes on to the next · esc ends it".to_owned(), false),
        },
        (None, _, Purpose::View) if app.has_view(prompt.text()) => {
            ("enter takes the place of that view · esc drops it".to_owned(), false)
        }
        (None, _, Purpose::View) => ("a name for what is listed · enter keeps it · esc drops it".to_owned(), false),
        (None, _, Purpose::Tag) => ("commas between tags · enter sets them · esc drops it".to_owned(), false),
        (None, _, Purpose::Note) => ("↑ earlier ones · enter keeps it · esc drops it".to_owned(), false),
        (None, _, Purpose::Tolerance) => {
            ("relative, such as 1e-4 · nothing is none · enter tries it".to_owned(), false)
        }
        (None, _, Purpose::Seeds) => {
            ("of question, answer, domain, outcome · enter keeps · esc lists all".to_owned(), false)
        }
        (None, _, Purpose::Version) => {
            ("kept with the new rules · enter goes on to apply · esc drops it".to_owned(), false)
        }
        (None, _, Purpose::Cause) => ("its beginning is enough · enter names it · esc drops it".to_owned(), false),
        (None, _, Purpose::ExportFile) => {
            ("from the project's folder · enter takes it · esc drops it".to_owned(), false)
        }
        (None, _, Purpose::ExportAgainst) => {
            ("files whose questions are left out · commas between them · enter takes it".to_owned(), false)
        }
        (None, _, Purpose::ImportPath) => ("a file of JSON Lines · enter shows what it would become".to_owned(), false),
    }
}

/// As many of the hints, which stand apart by points, as have room.
fn shorter(hints: String, columns: usize) -> String {
    let mut hints = hints;
    while text::width(&hints) > columns
        && let Some((those, _)) = hints.rsplit_once(" · ")
    {
        hints = those.to_owned();
    }
    hints
}

/// What is wrong, whole, above the line that has no room for it.
fn fault(buffer: &mut Buffer, parts: Parts, says: &str, app: &App) {
    let body = parts.body;
    let height = (pen::paragraph_rows(says, body.width.saturating_sub(4)) + 2).min(body.height);
    let area = Rect { y: body.bottom().saturating_sub(height), height, ..body };
    pen::popup(buffer, area, body, app);
    pen::paragraph(buffer, layout::inside(area), says, app.settings.theme.style(Meaning::Error), app);
}

fn skip_columns(line: &str, columns: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation as _;
    let mut skipped = 0;
    line.graphemes(true)
        .skip_while(|g| {
            let skip = skipped < columns;
            skipped += text::width(g);
            skip
        })
        .collect()
}

/// What could come next, above the line.
fn offers(buffer: &mut Buffer, parts: Parts, app: &App, prompt: &Prompt) {
    let items = &prompt.offers.items;
    if items.is_empty() {
        return;
    }
    let theme = &app.settings.theme;
    let widest = items.iter().map(|(word, _)| text::width(word)).max().unwrap_or(0);
    let taken = prompt.offers.taken.unwrap_or(0);
    let top = taken.saturating_sub(SEEN - 1).min(items.len().saturating_sub(SEEN));
    let height = u16::try_from(items.len().min(SEEN) + 2).unwrap_or(2).min(parts.body.height);
    let Rect { width, .. } = parts.body;
    let area = Rect { y: parts.body.bottom().saturating_sub(height), height, ..parts.body };
    pen::popup(buffer, area, parts.body, app);
    let shown = items.iter().enumerate().skip(top).take(usize::from(height.saturating_sub(2)));
    for (y, (nth, (word, doc))) in (area.y + 1..area.bottom().saturating_sub(1)).zip(shown) {
        if prompt.offers.taken == Some(nth) {
            buffer.set_style(Rect { x: area.x + 1, y, width: width - 2, height: 1 }, theme.style(Meaning::Selection));
        }
        let room = width.saturating_sub(4);
        let used = pen::put(buffer, area.x + 2, y, room, &clean_line(word), theme.style(Meaning::Accent));
        let at = area.x + 2 + u16::try_from(widest).unwrap_or(0).max(used) + 2;
        let rest = area.right().saturating_sub(at + 1);
        pen::put(buffer, at, y, rest, &clean_line(doc), theme.style(Meaning::Muted));
    }
    if items.len() > SEEN {
        let more = format!(" {} of {} ", taken + 1, items.len());
        pen::put_right(buffer, Rect { width: width - 2, ..area }, &more, theme.style(Meaning::Muted));
    }
}
