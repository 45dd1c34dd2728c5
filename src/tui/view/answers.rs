//! The two answers opposite each other, what differs in them marked, and between them the verdict with its evidence: the
//! largest thing on the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::pen;
use crate::review::cleaned::clean_line;
use crate::review::correction::named;
use crate::review::difference::{self, Piece};
use crate::store::record::{Curation, Judgement, RightSide};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout::{self, Places};
use crate::tui::review::{Book, Pane};
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::verifier::{Outcome, Verdict};

pub(super) fn draw(buffer: &mut Buffer, area: Rect, places: &Places, app: &App) {
    let inner = layout::inside(area);
    // The CoT answer stands under the chain of thought where that has a place of its own.
    let middle = match places.of(Pane::Cot).filter(|cot| cot.x > area.x) {
        Some(cot) => cot.x + 2,
        None => inner.x + inner.width / 2 + 1,
    };
    let left = Rect { width: middle.saturating_sub(inner.x + 2), ..inner };
    let right = Rect { x: middle, width: inner.right().saturating_sub(middle), ..inner };
    let Some(book) = app.review.book() else {
        pen::title(buffer, area, false, &Line::from("answers"), "", app);
        welcome(buffer, inner, app);
        return;
    };
    let hidden = app.is_hidden(book.view.id);
    titles(buffer, area, middle, book, hidden, app);

    let record = &book.view.record;
    let reference = record.reference.as_deref();
    let cot = book.response().and_then(|r| r.record.answer.as_deref());
    let outcome = if hidden { None } else { book.verdict().map(|v| v.outcome) };
    let shown = |answer: Option<&str>| answer.map(text::answer);
    let pieces = match (shown(reference), shown(cot)) {
        (Some(a), Some(b)) if outcome != Some(Outcome::Equivalent) && !hidden => {
            let (a, b) = difference::between(&a, &b);
            (Some(a), Some(b))
        }
        (a, b) => (a.map(whole), b.map(whole)),
    };
    let rows = places.answer_rows;
    let accent = outcome.map_or(Meaning::Text, meaning);
    for (area, pieces, lack) in [(left, pieces.0, no_reference(book)), (right, pieces.1, no_answer(book))] {
        if let Some(pieces) = pieces {
            let room = usize::from(area.width) * usize::from(rows);
            let pieces = difference::from_difference(pieces, room);
            answer(buffer, Rect { height: rows, ..area }, &pieces, accent, app);
        } else {
            let style = app.settings.theme.style(Meaning::Muted);
            pen::put(buffer, area.x, area.y, area.width, &lack, style);
        }
    }
    evidence(buffer, Rect { y: inner.y + rows, height: inner.height.saturating_sub(rows), ..inner }, book, hidden, app);
}

/// The names in the border, with the verdict between them.
fn titles(buffer: &mut Buffer, area: Rect, middle: u16, book: &Book, hidden: bool, app: &App) {
    let theme = &app.settings.theme;
    let style = theme.style(Meaning::Title).add_modifier(Modifier::BOLD);
    let at = |x: u16, right: u16, line: &Line<'static>, style: Style, buffer: &mut Buffer| {
        pen::bordered(buffer, x, area.y, right.saturating_sub(x), line, style)
    };
    let used = at(area.x + 1, middle, &Line::styled(book.reference_name(), style), style, buffer);
    let n = book.view.responses.len();
    let name = if n > 1 { format!("CoT answer {}/{n}", book.response + 1) } else { "CoT answer".to_owned() };
    let right_used = at(middle - 1, area.right(), &Line::styled(name, style), style, buffer);
    let wide = |line: &Line<'_>| u16::try_from(line.width()).unwrap_or(u16::MAX).saturating_add(2);
    let from = area.x + 1 + used;
    let behind = middle - 1 + right_used + 1;
    // Between the two names where there is room, else behind the second one, and within the corner; where it has no room
    // at either place, what a person judged is told by its glyph.
    let room = [middle.saturating_sub(from + 1), (area.right() - 1).saturating_sub(behind)];
    let mut verdict = verdict_line(book, hidden, false, app);
    if wide(&verdict) > room[0] && (n > 1 || wide(&verdict) > room[1]) {
        verdict = verdict_line(book, hidden, true, app);
    }
    let width = wide(&verdict);
    let mut free = behind;
    if width <= room[0] {
        at(middle - 1 - width, middle, &verdict, style, buffer);
    } else {
        free += at(behind, area.right() - 1, &verdict, style, buffer);
    }
    if n > 1 {
        strip(buffer, area, free, book, hidden, app);
    }
}

/// Several responses: each one's verdict, the open one marked.
fn strip(buffer: &mut Buffer, area: Rect, x: u16, book: &Book, hidden: bool, app: &App) {
    let hides = app.review.blind || app.review.sealed.contains(book.view.id);
    let mut spans = Vec::new();
    for (nth, response) in book.view.responses.iter().enumerate() {
        // Of several, each is hidden until it was judged itself.
        let hidden = hidden || hides && !book.is_judged(&app.settings.reviewer, response.record.sample);
        let (glyph, meaning) = match response.record.verdict.as_ref().map(|v| v.outcome) {
            _ if hidden => ("·".to_owned(), Meaning::Muted),
            Some(outcome) => (outcome.glyph().to_string(), meaning(outcome)),
            None => ("!".to_owned(), Meaning::Error),
        };
        if nth > 0 {
            spans.push(pen::span(" ", Meaning::Muted, app));
        }
        let open = nth == book.response;
        let label = if open { format!("▸{}{glyph}", nth + 1) } else { format!("{}{glyph}", nth + 1) };
        spans.push(if open { pen::bold(label, meaning, app) } else { pen::span(label, meaning, app) });
    }
    let line = Line::from(spans);
    let width = u16::try_from(line.width()).unwrap_or(u16::MAX).saturating_add(2);
    if x + width < area.right() {
        let style = app.settings.theme.style(Meaning::Text);
        pen::bordered(buffer, area.right() - width - 1, area.y, width, &line, style);
    }
}

/// The verdict in glyph, word and colour; what a person said stands behind it, `short` by its glyph alone.
fn verdict_line(book: &Book, hidden: bool, short: bool, app: &App) -> Line<'static> {
    if hidden {
        return Line::from(pen::bold("· verdict hidden", Meaning::Human, app));
    }
    let Some(verdict) = book.verdict() else {
        return Line::from(pen::bold("! no verdict", Meaning::Error, app));
    };
    let human = book.response().and_then(|r| r.judgement);
    match human.and_then(judged_as).filter(|word| *word != verdict.outcome) {
        Some(word) => Line::from(vec![
            pen::bold(verdict.outcome.glyph().to_string(), meaning(verdict.outcome), app),
            pen::bold(format!(" overridden: {}", word.glyph()), Meaning::Human, app),
            pen::bold(if short { String::new() } else { format!(" {word}") }, Meaning::Human, app),
        ]),
        None => Line::from(outcome(verdict.outcome, app)),
    }
}

fn outcome(outcome: Outcome, app: &App) -> Span<'static> {
    pen::bold(format!("{} {outcome}", outcome.glyph()), meaning(outcome), app)
}

fn judged_as(judgement: Judgement) -> Option<Outcome> {
    match judgement {
        Judgement::Equivalent => Some(Outcome::Equivalent),
        Judgement::Different => Some(Outcome::Different),
        Judgement::CantTell => None,
    }
}

/// A verdict's colour.
pub(super) fn meaning(outcome: Outcome) -> Meaning {
    match outcome {
        Outcome::Equivalent => Meaning::Equivalent,
        Outcome::Different => Meaning::Different,
        Outcome::Undecided => Meaning::Undecided,
        Outcome::Error => Meaning::Error,
    }
}

fn whole(text: String) -> Vec<Piece> {
    vec![Piece { text, differs: false }]
}

/// An answer in bold, broken between words, what differs underlined in its verdict's colour.
fn answer(buffer: &mut Buffer, area: Rect, pieces: &[Piece], accent: Meaning, app: &App) {
    let theme = &app.settings.theme;
    let plain = theme.style(Meaning::Text).add_modifier(Modifier::BOLD);
    let marked = theme.style(accent).add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    let rows = text::breaks(&whole, usize::from(area.width));
    for (y, row) in (area.y..area.bottom()).zip(&rows) {
        let mut x = area.x;
        let mut at = 0;
        for piece in pieces {
            let (from, to) = (row.start.max(at), row.end.min(at + piece.text.len()));
            if from < to {
                let style = if piece.differs { marked } else { plain };
                let room = usize::from(area.right().saturating_sub(x));
                (x, _) = buffer.set_stringn(x, y, &piece.text[from - at..to - at], room, style);
            }
            at += piece.text.len();
        }
    }
    if rows.len() > usize::from(area.height) && area.height > 0 {
        // The end that does not fit is told of; the key that shows it is in the hints.
        pen::put(buffer, area.right().saturating_sub(1), area.bottom() - 1, 1, "…", plain);
    }
}

fn no_reference(book: &Book) -> String {
    match &book.view.record.failure {
        Some(failure) => format!("none: {}", failure.kind),
        None => "none".to_owned(),
    }
}

fn no_answer(book: &Book) -> String {
    match book.response() {
        None => "none: no response was asked for".to_owned(),
        Some(response) => match &response.record.failure {
            Some(failure) => format!("none: {}", failure.kind),
            None => "none".to_owned(),
        },
    }
}

/// Why, in rows that matter less and less.
fn evidence(buffer: &mut Buffer, area: Rect, book: &Book, hidden: bool, app: &App) {
    let mut rows: Vec<Line<'static>> = Vec::with_capacity(5);
    let verdict = book.verdict().filter(|_| !hidden);
    let muted = |what: String| pen::span(what, Meaning::Muted, app);
    let said = |names: bool| {
        let mut human = people(book, hidden, names, app);
        if !hidden {
            // Behind what people said: a row of its own would take that of the normal forms where there is little room.
            human.spans.extend(looks(book, app));
        }
        human
    };
    // Where all of it has no room, who judged goes first: the history has the names.
    let fits = |line: &Line<'_>| line.width() <= usize::from(area.width);
    let human = Some(said(true)).filter(|line| fits(line)).unwrap_or_else(|| said(false));
    if hidden {
        let ways = [
            (Action::JudgeEquivalent, "equivalent"),
            (Action::JudgeDifferent, "different"),
            (Action::JudgeCantTell, "can't tell"),
        ];
        let mut spans = vec![muted("judge the pair:".to_owned())];
        for (action, does) in ways {
            let key = app.settings.keymap.hint(action).unwrap_or_default();
            spans.extend([pen::bold(format!("  {key}"), Meaning::Key, app), muted(format!(" {does}"))]);
        }
        rows.push(Line::from(spans));
    } else if let Some(v) = verdict {
        let mut spans = quoted(&clean_line(&v.reason), app);
        spans.push(muted(format!(" · tier {}", v.tier)));
        if !v.leniencies.is_empty() {
            let names: Vec<&str> = v.leniencies.iter().map(|l| l.as_str()).collect();
            spans.push(muted(format!(" · needed {}", names.join(", "))));
        }
        if let Some(side) = v.side {
            spans.push(muted(format!(" · unread: {side}")));
        }
        rows.push(Line::from(spans));
    } else {
        let failure = book.response().and_then(|r| r.record.failure.as_ref()).or(book.view.record.failure.as_ref());
        if let Some(failure) = failure {
            let what = format!("{} in {}", failure.kind, failure.stage);
            let kind = pen::bold(what, Meaning::Error, app);
            rows.push(Line::from(vec![kind, muted(format!(" · {}", clean_line(&failure.message)))]));
        } else {
            rows.push(Line::from(muted("there is nothing to compare".to_owned())));
        }
    }
    if area.height == 1 {
        // One row: a person's word comes before the machine's reason.
        if !hidden && (book.view.curation.is_some() || book.response().is_some_and(|r| r.judgement.is_some())) {
            rows.insert(0, human);
        }
    } else {
        rows.push(human);
        rows.extend(Some(first(book, app)).filter(|_| app.review.diff && !hidden).flatten());
        if let Some(v) = verdict {
            rows.extend(forms(v, usize::from(area.width), app));
        }
    }
    // Rows that nothing stands in go to what is longer than one, from above.
    let mut spare = usize::from(area.height).saturating_sub(rows.len());
    let mut y = area.y;
    for line in rows {
        let broken = pen::broken(&line, area.width, 1 + spare);
        spare -= broken.len() - 1;
        for line in broken {
            if y < area.bottom() {
                pen::put_line(buffer, area.x, y, area.width, &line);
            }
            y += 1;
        }
    }
}

/// The reference answer that the candidate came with, what was corrected in it marked, and what the verifier said of it.
fn first(book: &Book, app: &App) -> Option<Line<'static>> {
    let revised = book.view.revised.as_ref().filter(|_| book.view.about().is_some())?;
    let shown = |answer: &Option<String>| text::answer(answer.as_deref().unwrap_or("none"));
    let (came, _) = difference::between(&shown(&revised.came.reference), &shown(&revised.now.reference));
    let mark = app.settings.theme.style(Meaning::Human).add_modifier(Modifier::UNDERLINED);
    let muted = app.settings.theme.style(Meaning::Muted);
    let mut spans = vec![Span::styled("it came with  ", muted)];
    spans.extend(came.into_iter().map(|piece| Span::styled(piece.text, if piece.differs { mark } else { muted })));
    let sample = book.response().map(|r| r.record.sample);
    if let Some(v) = sample.and_then(|sample| revised.first.get(&sample)?.verdict.as_ref()) {
        spans.push(Span::styled("  then ", muted));
        spans.push(outcome(v.outcome, app));
    }
    Some(Line::from(spans))
}

/// The two normal forms, what differs in them marked.
fn forms(v: &Verdict, width: usize, app: &App) -> Vec<Line<'static>> {
    let (a, b) = difference::between(&clean_line(&v.reference_value), &clean_line(&v.response_value));
    let muted = |what: &str| pen::span(what.to_owned(), Meaning::Muted, app);
    let mark = app.settings.theme.style(meaning(v.outcome)).add_modifier(Modifier::UNDERLINED);
    let marked = |pieces: Vec<Piece>, room: usize| {
        let style = |differs: bool| if differs { mark } else { app.settings.theme.style(Meaning::Muted) };
        let pieces = difference::from_difference(pieces, room);
        pieces.into_iter().map(|p| Span::styled(p.text, style(p.differs))).collect::<Vec<_>>()
    };
    if app.review.diff {
        let row = |name: &str, pieces: Vec<Piece>| {
            let mut spans = vec![muted(name)];
            spans.extend(marked(pieces, width.saturating_sub(name.len())));
            Line::from(spans)
        };
        let version = Line::from(muted(&format!("verifier {}", clean_line(&v.version))));
        return vec![row("compared as  ", a), row("       with  ", b), version];
    }
    let name = "compared as  ";
    let room = width.saturating_sub(name.len() + 7) / 2;
    let mut spans = vec![muted(name)];
    let wide = |pieces: &[Piece]| pieces.iter().map(|p| text::width(&p.text)).sum::<usize>();
    // Where one is short, the other has its room.
    let left = room.max((2 * room).saturating_sub(wide(&b)));
    let right = (2 * room).saturating_sub(wide(&a).min(left));
    for (pieces, room) in [(a, left), (b, right)] {
        if spans.len() > 1 {
            spans.push(muted(&format!("   {}   ", v.outcome.glyph())));
        }
        let mut left = room;
        for span in marked(pieces, room) {
            let cut = text::cut(&span.content, left);
            left = left.saturating_sub(text::width(&cut));
            spans.push(Span::styled(cut, span.style));
        }
    }
    vec![Line::from(spans)]
}

/// What people said, of the pair and of the candidate.
fn people(book: &Book, hidden: bool, names: bool, app: &App) -> Line<'static> {
    if hidden {
        return Line::from(pen::span("what others said is hidden until you have judged", Meaning::Muted, app));
    }
    let mut spans = Vec::new();
    let mut add = |what: String| {
        if !spans.is_empty() {
            spans.push(pen::span(" · ", Meaning::Muted, app));
        }
        spans.push(pen::span(what, Meaning::Human, app));
    };
    if let Some(response) = book.response() {
        if response.contested {
            add("reviewers disagree".to_owned());
        } else if let Some(judgement) = response.judgement {
            let who = if names { judges(book, response.record.sample) } else { String::new() };
            add(match judgement {
                Judgement::Equivalent => format!("judged = equivalent{who}"),
                Judgement::Different => format!("judged ≠ different{who}"),
                Judgement::CantTell => format!("judged: can't tell{who}"),
            });
        }
    }
    if let Some(now) = book.revised() {
        add(format!("corrected the {} ({})", named(now), correctors(book)));
    }
    if let Some(curation) = book.view.curation {
        add(match curation {
            Curation::Accept => "✓ accepted".to_owned(),
            Curation::Reject => "✗ rejected".to_owned(),
            Curation::Flag => "⚑ flagged".to_owned(),
        });
    }
    if let Some(right) = book.view.right {
        add(match right {
            RightSide::Code => "the code answer is right".to_owned(),
            RightSide::Cot => "the CoT answer is right".to_owned(),
            RightSide::Both => "both are right".to_owned(),
            RightSide::Neither => "neither is right".to_owned(),
        });
    }
    if !book.view.tags.is_empty() {
        add(format!("tags {}", clean_line(&book.view.tags.join(", "))));
    }
    let mut notes = book.decisions.iter().filter(|d| d.reversed_by.is_none()).filter_map(|d| d.body.note.as_deref());
    if let Some(note) = notes.next_back() {
        add(format!("“{}”", clean_line(note)));
    }
    if spans.is_empty() {
        spans.push(pen::span("no person has judged it", Meaning::Muted, app));
    }
    Line::from(spans)
}

/// Why the candidate should be looked at, and what other verifiers say of the pair; nothing where that is about another
/// answer than the one that is read.
fn looks(book: &Book, app: &App) -> Vec<Span<'static>> {
    if book.view.about().is_some() {
        return Vec::new();
    }
    let sample = book.response().map(|r| r.record.sample);
    let mut spans = Vec::new();
    for (_, name, outcome, _) in book.seconds.iter().filter(|(s, ..)| Some(*s) == sample) {
        spans.push(pen::span(format!(" · {}: ", clean_line(name)), Meaning::Muted, app));
        spans.push(pen::bold(format!("{} {outcome}", outcome.glyph()), meaning(*outcome), app));
    }
    if !book.suspicion.is_empty() {
        let why: Vec<&str> = book.suspicion.iter().map(|s| s.sentence()).collect();
        spans.push(pen::span(format!(" · look: {}", why.join("; ")), Meaning::Warning, app));
    }
    spans
}

/// Who judged the pair.
fn judges(book: &Book, sample: u32) -> String {
    let mut names: Vec<String> = book
        .decisions
        .iter()
        .filter(|d| d.reversed_by.is_none() && d.body.judgement.is_some() && d.body.sample == Some(sample))
        .filter(|d| d.body.about == book.view.about())
        .map(|d| clean_line(&d.body.reviewer))
        .collect();
    names.dedup();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

/// Who corrected the candidate, of those whose corrections are in force.
fn correctors(book: &Book) -> String {
    let in_force = book.decisions.iter().filter(|d| d.reversed_by.is_none() && d.body.revision.is_some());
    let mut names: Vec<String> = in_force.map(|d| clean_line(&d.body.reviewer)).collect();
    names.dedup();
    names.join(", ")
}

/// Where nothing is selected, or nothing of it can be read.
fn welcome(buffer: &mut Buffer, inner: Rect, app: &App) {
    let style = app.settings.theme.style(Meaning::Muted);
    let line = match app.review.selected.and_then(|id| app.review.fault_of(id)) {
        Some(_) => "There are no answers to decide by. The other candidates can be read as before.",
        None => "The code answer and the CoT answer stand here, opposite each other, with the verdict between them.",
    };
    pen::paragraph(buffer, inner, line, style, app);
}

/// A verdict's reason; what it quotes between backticks is bold in place of those.
fn quoted(reason: &str, app: &App) -> Vec<Span<'static>> {
    let parts: Vec<&str> = reason.split('`').collect();
    // One that is left over is text.
    if parts.len().is_multiple_of(2) {
        return vec![pen::span(reason, Meaning::Text, app)];
    }
    let part = |(nth, part): (usize, &&str)| {
        if nth % 2 == 1 { pen::bold(*part, Meaning::Text, app) } else { pen::span(*part, Meaning::Text, app) }
    };
    parts.iter().enumerate().map(part).collect()
}
