//! The rules screen: what is to decide at the left; at the right what that comes to, and the pairs it is about.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::pen;
use crate::review::cleaned::clean_line;
use crate::review::proportion::Proportion;
use crate::review::rules::{Class, Example, Flips};
use crate::store::record::Judgement;
use crate::tui::app::{App, Borders};
use crate::tui::layout;
use crate::tui::rules::{Entry, Pane, Row, Rule};
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::verifier::{Leniency, Outcome, Preset, VerifierOptions};

/// Columns from which both panes are shown.
const BOTH: u16 = 100;
/// Columns of a rule's signs and name.
const NAME: usize = 23;
/// Rows of the selected rule's meaning.
const MEANING: u16 = 2;
/// Rows of a list from which on a free one stands between it and what is read of the selected row.
const FREE: u16 = 12;
/// Rows of the chosen pair, read whole, and the free one above them.
const WHOLE: u16 = 5;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App) -> Option<Position> {
    let pane = app.rules.pane;
    if body.width < BOTH {
        return match pane {
            Pane::Rules => {
                let rows = 3 + u16::from(body.height > 20);
                let above = Rect { height: body.height - rows, ..body };
                let below = Rect { y: above.bottom() - 1, height: rows + 1, ..body };
                pen::frame(buffer, below, false, app);
                pen::frame(buffer, above, true, app);
                title(buffer, below, false, "what it comes to", None, "", app);
                rules(buffer, above, app, Some("flips"));
                figures(buffer, layout::inside(below), app);
                cursor_of_rules(above, app)
            }
            Pane::Flips => {
                pen::frame(buffer, body, true, app);
                title(buffer, body, true, "flips", Some("rules"), "", app);
                let rows = u16::from(body.height > 20) * (5 + u16::from(app.rules.applied.is_some())) + 2;
                let inner = layout::inside(body);
                figures(buffer, Rect { height: rows.min(inner.height), ..inner }, app);
                let list = Rect { y: inner.y + rows, height: inner.height.saturating_sub(rows), ..inner };
                flips(buffer, list, app)
            }
        };
    }
    // Wide, each rule's meaning has room beside it; else the selected one's stands below the list.
    let left = if body.width >= 160 { 82 } else { 40 };
    let left = Rect { width: left, ..body };
    let right = Rect { x: left.right() - 1, width: body.width - left.width + 1, ..body };
    let top = Rect { height: (10 + u16::from(app.rules.applied.is_some())).min(right.height), ..right };
    let bottom = Rect { y: top.bottom() - 1, height: right.height - top.height + 1, ..right };
    let boxes = [(top, false), (left, pane == Pane::Rules), (bottom, pane == Pane::Flips)];
    for focused in [false, true] {
        for (area, _) in boxes.iter().filter(|(_, f)| *f == focused) {
            pen::frame(buffer, *area, focused, app);
        }
    }
    rules(buffer, left, app, None);
    let version = if app.rules.present.is_some() { app.rules.trial.version() } else { String::new() };
    title(buffer, top, false, "what it comes to", None, &version, app);
    figures(buffer, layout::inside(top), app);
    title(buffer, bottom, pane == Pane::Flips, "flips and contradictions", None, "", app);
    let chosen = flips(buffer, layout::inside(bottom), app);
    match pane {
        Pane::Rules => cursor_of_rules(left, app),
        Pane::Flips => chosen,
    }
}

/// A pane's title, with the other pane's where they share a box.
fn title(buffer: &mut Buffer, area: Rect, focused: bool, name: &str, other: Option<&str>, facts: &str, app: &App) {
    let mut spans = vec![Span::raw(name.to_owned())];
    spans.extend(other.map(|other| pen::span(format!(" │ {other}"), Meaning::Muted, app)));
    pen::title(buffer, area, focused, &Line::from(spans), facts, app);
}

/// The list of rules in their box, and below it the rows in which the selected one is read whole; none where each has room
/// for its meaning beside it.
fn list_and_foot(area: Rect, app: &App) -> (Rect, Rect) {
    let inner = layout::inside(area);
    let beside = usize::from(inner.width).saturating_sub(NAME);
    let fits = app.rules.rules().iter().all(|rule| text::width(&about(*rule, app)) <= beside);
    let rows = if fits { 0 } else { MEANING + u16::from(inner.height >= FREE) };
    let list = Rect { height: inner.height - rows, ..inner };
    (list, Rect { y: list.bottom(), height: rows, ..inner })
}

/// First row of the rules that is shown.
fn top_of_rules(height: usize, app: &App) -> (Vec<Row>, usize, usize) {
    let rows = app.rules.rows();
    let selected = app.rules.rule();
    let at = rows.iter().position(|r| matches!((r, selected), (Row::Rule(a), Some(b)) if *a == b)).unwrap_or(0);
    let last = rows.len().saturating_sub(height);
    let top = at.saturating_sub(height / 2).min(last);
    (rows, top, at)
}

fn cursor_of_rules(area: Rect, app: &App) -> Option<Position> {
    app.rules.present.as_ref()?;
    let (inner, _) = list_and_foot(area, app);
    let (_, top, at) = top_of_rules(usize::from(inner.height), app);
    let y = inner.y + u16::try_from(at - top).unwrap_or(0);
    (y < inner.bottom()).then_some(Position { x: inner.x, y })
}

/// The rules, in their box.
fn rules(buffer: &mut Buffer, area: Rect, app: &App, other: Option<&str>) {
    let theme = &app.settings.theme;
    let focused = app.rules.pane == Pane::Rules;
    let changed = app.rules.rules().iter().filter(|r| app.rules.is_changed(**r)).count();
    let facts = match (&app.rules.present, changed) {
        (None, _) => String::new(),
        (Some(_), 0) => "as configured".to_owned(),
        (Some(_), n) => format!("{n} changed"),
    };
    title(buffer, area, focused, "rules", other, &facts, app);
    let inner = layout::inside(area);
    if app.rules.present.is_none() {
        // Rules that are nobody's would be taken for the project's.
        let (says, meaning) = unread(app);
        pen::paragraph(buffer, inner, &says, theme.style(meaning), app);
        return;
    }
    let (inner, below) = list_and_foot(area, app);
    if let Some(rule) = app.rules.rule().filter(|_| below.height > 0) {
        // Right under a short list, so that it is read with it.
        let shown = u16::try_from(app.rules.rows().len()).unwrap_or(u16::MAX).min(inner.height);
        let y = inner.y + shown + (below.height - MEANING).min(1);
        let text = Rect { y, height: below.bottom() - y, ..below };
        let style = theme.style(Meaning::Text);
        pen::paragraph(buffer, text, &format!("{}: {}", name(rule), about(rule, app)), style, app);
    }
    let (rows, top, at) = top_of_rules(usize::from(inner.height), app);
    let rules = |rows: &[Row]| rows.iter().filter(|row| matches!(row, Row::Rule(_))).count();
    let end = (top + usize::from(inner.height)).min(rows.len());
    pen::more(buffer, area, rules(&rows[..top]), rules(&rows[end..]), app);
    for (nth, (y, row)) in (inner.y..inner.bottom()).zip(rows.iter().skip(top)).enumerate() {
        if nth + top == at {
            // Not bold: that is what holds.
            let style = theme.style(Meaning::Selection);
            buffer.set_style(Rect { x: area.x + 1, y, width: area.width - 2, height: 1 }, style);
        }
        let line = match row {
            Row::Head(name) => Line::from(pen::span(*name, Meaning::Muted, app)),
            // A beginning would say little where the whole stands below.
            Row::Rule(rule) if below.height > 0 => rule_line(*rule, usize::from(inner.width), app),
            Row::Rule(rule) => rule_line(*rule, usize::MAX, app),
        };
        pen::put_line(buffer, inner.x, y, inner.width, &line);
    }
}

/// Why there are no rules to be seen.
fn unread(app: &App) -> (String, Meaning) {
    match &app.rules.fault {
        _ if app.project.is_none() => ("No project is open, and so there are no rules.".to_owned(), Meaning::Muted),
        Some(fault) => (clean_line(fault), Meaning::Error),
        None => ("reading the project's rules…".to_owned(), Meaning::Muted),
    }
}

/// What a rule is called.
fn name(rule: Rule) -> String {
    match rule {
        Rule::Preset(p) => p.to_string(),
        Rule::Leniency(l) => l.to_string(),
        Rule::Tolerance => "tolerance".to_owned(),
        Rule::Tier(t) => t.to_string(),
    }
}

/// How many leniencies a preset has; of the one that holds, also how many of them are granted, and how many beside them.
fn granted(preset: Preset, now: &VerifierOptions) -> String {
    let (all, granted) = (preset.leniencies(), now.leniencies);
    let n = all.len();
    let kept = all.to_vec().into_iter().filter(|l| granted.has(*l)).count();
    let more = granted.to_vec().into_iter().filter(|l| !all.has(*l)).count();
    match (all.to_vec().len() - kept, more) {
        _ if now.preset != preset => format!("{n} leniencies"),
        (0, 0) => format!("{n} leniencies"),
        (0, more) => format!("{n} and {more} more"),
        (_, 0) => format!("{kept} of {n}"),
        (_, more) => format!("{kept} of {n} + {more}"),
    }
}

/// What a rule means, as it is on trial.
fn about(rule: Rule, app: &App) -> String {
    match rule {
        Rule::Preset(p) => granted(p, &app.rules.trial.options),
        Rule::Leniency(l) => l.meaning().to_owned(),
        Rule::Tolerance => app.rules.trial.options.tolerance.map_or_else(
            || "none: significant figures alone".to_owned(),
            |t| format!("relative, {t:e} where a pair states none"),
        ),
        Rule::Tier(t) => t.meaning().to_owned(),
    }
}

/// A rule, with what it means where `columns` have room for all of it.
fn rule_line(rule: Rule, columns: usize, app: &App) -> Line<'static> {
    let (trial, changed) = (&app.rules.trial, app.rules.is_changed(rule));
    let on = match rule {
        Rule::Preset(p) => trial.options.preset == p,
        Rule::Leniency(l) => trial.options.leniencies.has(l),
        Rule::Tolerance => trial.options.tolerance.is_some(),
        Rule::Tier(t) => trial.has(t),
    };
    let plain = app.settings.borders == Borders::Ascii;
    let sign = match (on, plain) {
        (true, false) => "■",
        (false, false) => "□",
        (true, true) => "x",
        (false, true) => ".",
    };
    // The selected one is read whether it holds or not.
    let meaning = if on || app.rules.rule() == Some(rule) { Meaning::Text } else { Meaning::Muted };
    let mark = if changed { pen::bold("*", Meaning::Human, app) } else { pen::span(" ", Meaning::Text, app) };
    let sign = pen::bold(format!("{sign} "), if on { Meaning::Accent } else { Meaning::Muted }, app);
    let name = format!("{:<1$}", name(rule), NAME - 3);
    let name = if on { pen::bold(name, meaning, app) } else { pen::span(name, meaning, app) };
    let about =
        Some(about(rule, app)).filter(|about| text::width(about).saturating_add(NAME) <= columns).unwrap_or_default();
    Line::from(vec![mark, sign, name, pen::span(about, Meaning::Muted, app)])
}

/// That the stored verdicts are by other rules than those to come.
fn elsewhere(app: &App) -> Option<Line<'static>> {
    let applied = app.rules.applied.as_ref()?;
    let text = format!("applied last: {}; loong.toml has other rules, for responses to come", clean_line(applied));
    Some(Line::from(pen::span(text, Meaning::Warning, app)))
}

/// What the trial comes to, in as many rows as there are.
fn figures(buffer: &mut Buffer, area: Rect, app: &App) {
    let theme = &app.settings.theme;
    let mut lines: Vec<Line<'_>> = Vec::new();
    if let Some(half) = &app.rules.half {
        let text = format!("{} is half applied: up to {} of {}", half.version, half.done_to, half.up_to);
        lines.push(Line::from(pen::bold(clean_line(&text), Meaning::Warning, app)));
    }
    if let Some(progress) = app.rules.applying {
        let text = format!("applying: {:.0} %", progress.share() * 100.0);
        lines.push(Line::from(pen::bold(text, Meaning::Accent, app)));
    }
    match (&app.rules.flips, &app.rules.fault) {
        // That stands where the rules would.
        _ if app.rules.present.is_none() => {}
        (_, Some(fault)) => lines.push(Line::from(pen::span(clean_line(fault), Meaning::Error, app))),
        (None, None) => lines.push(Line::from(pen::span("counting…", Meaning::Muted, app))),
        (Some((flips, progress)), None) => {
            lines.push(counted(flips, (!app.rules.whole).then(|| progress.share()), app));
            lines.push(words(flips, app));
            lines.extend(elsewhere(app));
            if flips.judged > 0 {
                lines.push(judged(flips, app));
                let rates = flips.rates();
                let what = "of the judged pairs alone, with 95 % intervals: now → with the rules shown";
                lines.push(Line::from(pen::span(what, Meaning::Muted, app)));
                lines.push(rate("false negatives", rates.before.false_negative, rates.after.false_negative, app));
                lines.push(rate("false positives", rates.before.false_positive, rates.after.false_positive, app));
                lines.push(rate("precision", rates.before.precision, rates.after.precision, app));
                lines.push(rate("recall", rates.before.recall, rates.after.recall, app));
            } else {
                let what = "no pair is judged yet: no rates, nothing to contradict";
                lines.push(Line::from(pen::span(what, Meaning::Muted, app)));
            }
        }
    }
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        pen::put_line(buffer, area.x, y, area.width, &line);
    }
    // Figures of the trial before are shown until there are new ones, and look like it.
    if !app.rules.whole && app.rules.flips.is_some() {
        buffer.set_style(area, theme.style(Meaning::Muted));
    }
}

fn counted(flips: &Flips, share: Option<f64>, app: &App) -> Line<'static> {
    let mut spans = vec![
        pen::bold(pen::short(flips.flipped), Meaning::Text, app),
        pen::span(" flips of ", Meaning::Muted, app),
        pen::bold(pen::short(flips.pairs), Meaning::Text, app),
        pen::span(" pairs", Meaning::Muted, app),
    ];
    if flips.unverified > 0 {
        let text = format!(" · {} without a verdict yet", pen::short(flips.unverified));
        spans.push(pen::span(text, Meaning::Muted, app));
    }
    if flips.replayed > 0 {
        spans.push(pen::span(format!(" · {} replayed", pen::short(flips.replayed)), Meaning::Muted, app));
    }
    if let Some(share) = share {
        spans.push(pen::span(format!(" · {:.0} %", share * 100.0), Meaning::Accent, app));
    }
    Line::from(spans)
}

/// Flips by what became what.
fn words(flips: &Flips, app: &App) -> Line<'static> {
    let mut sums: std::collections::BTreeMap<(Outcome, Outcome), u64> = std::collections::BTreeMap::new();
    for (class, class_flips) in &flips.classes {
        *sums.entry((class.from, class.to)).or_default() += class_flips.n;
    }
    let mut spans = Vec::new();
    for ((from, to), n) in sums {
        spans.extend(arrow(Some(from), to, app));
        spans.push(pen::span(format!(" {}   ", pen::short(n)), Meaning::Text, app));
    }
    if spans.is_empty() {
        spans.push(pen::span("no verdict changes", Meaning::Muted, app));
    }
    Line::from(spans)
}

fn arrow(from: Option<Outcome>, to: Outcome, app: &App) -> [Span<'static>; 3] {
    if from == Some(to) {
        // It stays what it is: an arrow would look like a flip.
        let blank = || Span::raw("");
        return [pen::bold(format!("{:^5}", to.glyph()), meaning(to), app), blank(), blank()];
    }
    let glyph = |outcome: Option<Outcome>| outcome.map_or_else(|| "·".to_owned(), |o| o.glyph().to_string());
    [
        pen::bold(glyph(from), from.map_or(Meaning::Muted, meaning), app),
        pen::span(" → ", Meaning::Muted, app),
        pen::bold(glyph(Some(to)), meaning(to), app),
    ]
}

fn meaning(outcome: Outcome) -> Meaning {
    match outcome {
        Outcome::Equivalent => Meaning::Equivalent,
        Outcome::Different => Meaning::Different,
        Outcome::Undecided => Meaning::Undecided,
        Outcome::Error => Meaning::Error,
    }
}

fn judged(flips: &Flips, app: &App) -> Line<'static> {
    let number = |n: u64, bad: bool| {
        let meaning = if n == 0 {
            Meaning::Muted
        } else if bad {
            Meaning::Warning
        } else {
            Meaning::Human
        };
        pen::bold(n.to_string(), meaning, app)
    };
    let muted = |text: &'static str| pen::span(text, Meaning::Muted, app);
    Line::from(vec![
        number(flips.contradicted, true),
        pen::span(format!(" of {} judgements contradicted · ", flips.judged), Meaning::Muted, app),
        number(flips.newly_contradicted, true),
        muted(" newly · "),
        number(flips.newly_satisfied, false),
        muted(" newly satisfied"),
    ])
}

/// A rate now and on trial, each with its interval and n.
fn rate(name: &str, now: Proportion, then: Proportion, app: &App) -> Line<'static> {
    let shown = |p: Proportion| {
        let percent = |x: f64| format!("{:.1}", x * 100.0);
        p.estimate.map_or_else(
            || "–".to_owned(),
            |e| format!("{} % [{}, {}] n {}", percent(e), percent(p.low), percent(p.high), p.n),
        )
    };
    Line::from(vec![
        pen::span(format!("{name:<18}"), Meaning::Muted, app),
        pen::span(format!("{:<27}", shown(now)), Meaning::Text, app),
        pen::span("→ ", Meaning::Muted, app),
        pen::bold(shown(then), Meaning::Text, app),
    ])
}

/// Judgements and classes with their examples; says where the chosen row is.
fn flips(buffer: &mut Buffer, area: Rect, app: &App) -> Option<Position> {
    let theme = &app.settings.theme;
    let entries = app.rules.entries(&|id| app.review.hides(id));
    if entries.is_empty() {
        let what = match &app.rules.flips {
            Some(_) if app.rules.whole && app.rules.rules().iter().any(|rule| app.rules.is_changed(*rule)) => {
                "What was changed flips no verdict of the stored pairs."
            }
            Some(_) if app.rules.whole => "Change a rule, and the verdicts that it flips are listed here.",
            Some((flips, _)) if flips.flipped == 0 => "None so far.",
            _ => "",
        };
        pen::put(buffer, area.x, area.y, area.width, what, theme.style(Meaning::Muted));
        return None;
    }
    let chosen = app.rules.chosen_at(&entries).unwrap_or(0);
    let framed = Rect { x: area.x - 2, width: area.width + 4, height: area.height + 1, ..area };
    let mut area = area;
    if app.rules.pane == Pane::Flips && area.height >= FREE + WHOLE {
        area.height -= WHOLE;
        if let Some(Entry::Example(_, example)) = entries.get(chosen) {
            let shown = u16::try_from(entries.len()).unwrap_or(u16::MAX).min(area.height);
            whole(buffer, Rect { y: area.y + shown + 1, height: WHOLE - 1, ..area }, example, app);
        }
    }
    let height = usize::from(area.height);
    let top = chosen.saturating_sub(height / 2).min(entries.len().saturating_sub(height));
    let pairs = |entries: &[Entry<'_>]| entries.iter().filter(|entry| entry.key().is_some()).count();
    let end = (top + height).min(entries.len());
    pen::more(buffer, framed, pairs(&entries[..top]), pairs(&entries[end..]), app);
    let mut cursor = None;
    let columns = answer_columns(&entries[top..end], area.width);
    for (nth, (y, entry)) in (area.y..area.bottom()).zip(entries.iter().skip(top)).enumerate() {
        if nth + top == chosen && app.rules.pane == Pane::Flips {
            let line = Rect { x: area.x - 1, y, width: area.width + 2, height: 1 };
            buffer.set_style(line, theme.style(Meaning::Selection));
            cursor = Some(Position { x: area.x - 1, y });
        }
        match entry {
            Entry::Head(name, n) => {
                pen::put(buffer, area.x, y, area.width, name, theme.style(Meaning::Muted));
                pen::put_right(buffer, Rect { y, height: 1, ..area }, &pen::short(*n), theme.style(Meaning::Muted));
            }
            Entry::Class(class, n) => class_row(buffer, Rect { y, height: 1, ..area }, class, *n, app),
            Entry::Example(_, example) => example_row(buffer, Rect { y, height: 1, ..area }, example, columns, app),
        }
    }
    cursor
}

/// The chosen pair and why it is what it becomes: rows of the list have room for beginnings.
fn whole(buffer: &mut Buffer, area: Rect, example: &Example, app: &App) {
    let theme = &app.settings.theme;
    let half = Rect { height: area.height / 2, ..area };
    let each = usize::from(area.width.saturating_sub(3)) / 2 * usize::from(half.height);
    let [reference, response] = [&example.reference, &example.response].map(|side| text::cut(&clean_line(side), each));
    let pair = format!("{reference} │ {response}");
    let used = pen::paragraph(buffer, half, &pair, theme.style(Meaning::Text).add_modifier(Modifier::BOLD), app);
    let rest = Rect { y: area.y + used, height: area.height - used, ..area };
    pen::paragraph(buffer, rest, &clean_line(&example.reason), theme.style(Meaning::Text), app);
}

fn class_row(buffer: &mut Buffer, row: Rect, class: &Class, n: u64, app: &App) {
    let leniencies: Vec<&str> = class.leniencies.iter().copied().map(Leniency::as_str).collect();
    let mut spans = arrow(Some(class.from), class.to, app).to_vec();
    spans.push(pen::bold(format!("  {:<10}", class.tier), Meaning::Text, app));
    spans.push(pen::span(leniencies.join(", "), Meaning::Text, app));
    let style = app.settings.theme.style(Meaning::Text).add_modifier(Modifier::BOLD);
    let used = pen::put_right(buffer, row, &pen::short(n), style);
    pen::put_line(buffer, row.x, row.y, row.width.saturating_sub(used + 1), &Line::from(spans));
}

/// Columns from which a pair's row has room for the beginning of why.
const REASONED: u16 = 100;
/// Columns in front of a pair's answers.
const BEFORE: u16 = 30;

/// Columns of the two answers of those that are seen, so that they stand under each other.
fn answer_columns(entries: &[Entry<'_>], width: u16) -> [usize; 2] {
    let most =
        if width < REASONED { usize::from(width.saturating_sub(BEFORE + 4)) / 2 } else { usize::from(width / 5) };
    let most = most.clamp(10, 40);
    let examples =
        || entries.iter().filter_map(|e| if let Entry::Example(_, example) = e { Some(*example) } else { None });
    let widest =
        |of: fn(&Example) -> &str| examples().map(|e| text::width(&clean_line(of(e)))).max().unwrap_or(0).min(most);
    [widest(|e| &e.reference), widest(|e| &e.response)]
}

fn example_row(buffer: &mut Buffer, row: Rect, example: &Example, columns: [usize; 2], app: &App) {
    let mut spans = vec![pen::span(
        format!("  {:>8}", format!("#{} r{}", example.candidate, example.sample + 1)),
        Meaning::Muted,
        app,
    )];
    spans.push(Span::raw(" "));
    spans.extend(arrow(example.from, example.to, app));
    let people = match example.judgement {
        Some(Judgement::Equivalent) => "  (people =)  ",
        Some(Judgement::Different) => "  (people ≠)  ",
        Some(Judgement::CantTell) => "  (people ?)  ",
        None => "  ",
    };
    spans.push(pen::bold(people, Meaning::Human, app));
    for (answer, columns) in [&example.reference, &example.response].into_iter().zip(columns) {
        let answer = text::cut(&clean_line(answer), columns);
        let blank = " ".repeat(columns - text::width(&answer) + 2);
        spans.extend([pen::bold(answer, Meaning::Text, app), Span::raw(blank)]);
    }
    if row.width >= REASONED {
        spans.push(pen::span(clean_line(&example.reason), Meaning::Muted, app));
    }
    pen::put_line(buffer, row.x, row.y, row.width, &Line::from(spans));
}
