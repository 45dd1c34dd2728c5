//! Markdown as a person reads it. Nothing that a model wrote is left out: where a link goes, what an image is called, tags.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use ratatui::style::Modifier;

use super::document::{Line, Span, detabbed};
use super::maths::{self, Formula, Part};
use super::{code, latex};
use crate::tui::theme::Meaning;

/// Bytes beyond which a text is shown as it came, line by line: nobody reads its emphasis any more.
const MOST: usize = 8 << 20;
/// Quotes and lists inside each other that are indented; what is deeper stays at that.
const DEPTH: usize = 12;
/// Columns of a table that is set as one.
const TABLE: usize = 110;

/// Reads a cleaned text.
pub(super) fn read(text: &str) -> Vec<Line> {
    if text.len() > MOST {
        let line = |l: &str| Line { spans: vec![Span::new(detabbed(l), Meaning::Text)], ..Line::default() };
        return text.lines().map(line).collect();
    }
    let (marked, formulas) = maths::extract(text);
    let mut setter = Setter { formulas: &formulas, ..Setter::default() };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for event in Parser::new_ext(&marked, options) {
        setter.event(event);
    }
    setter.flush();
    while setter.lines.last().is_some_and(|line| line.spans.is_empty() && line.lead.is_empty()) {
        setter.lines.pop();
    }
    setter.lines
}

/// What surrounds the text being read.
enum Around {
    Quote,
    /// An item of a list, with what stands before its first row until it was used.
    Item {
        bullet: Option<String>,
        width: usize,
    },
}

#[derive(Default)]
struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<Vec<Span>>>,
}

#[derive(Default)]
struct Setter<'a> {
    formulas: &'a [Formula],
    lines: Vec<Line>,
    spans: Vec<Span>,
    around: Vec<Around>,
    /// The next number of each list that is open; none for bullets.
    lists: Vec<Option<u64>>,
    modifier: Modifier,
    heading: bool,
    /// Language and text of a code block.
    fence: Option<(String, String)>,
    table: Option<Table>,
    /// Where each link that is open goes.
    links: Vec<String>,
    /// A blank line is due before the next block.
    gap: bool,
}

impl Setter<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.fence {
                Some((_, body)) => body.push_str(&restored(&text, self.formulas)),
                None => self.text(&text),
            },
            Event::Code(text) => {
                let text = restored(&text, self.formulas);
                self.push(text, Meaning::CodeString, Modifier::empty());
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::Html(text) | Event::InlineHtml(text) => {
                // A model's text is no web page: tags are text.
                for (nth, line) in restored(&text, self.formulas).lines().enumerate() {
                    if nth > 0 {
                        self.flush();
                    }
                    self.push(line.to_owned(), Meaning::Muted, Modifier::empty());
                }
            }
            Event::FootnoteReference(name) => self.push(format!("[^{name}]"), Meaning::Muted, Modifier::empty()),
            Event::SoftBreak => self.push(" ".to_owned(), Meaning::Text, Modifier::empty()),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                self.block();
                self.push("─".repeat(24), Meaning::Border, Modifier::empty());
                self.flush();
                self.gap = true;
            }
            Event::TaskListMarker(done) => {
                self.push(if done { "☑ " } else { "☐ " }.to_owned(), Meaning::Accent, Modifier::empty());
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.block(),
            Tag::Heading { .. } => {
                self.block();
                self.heading = true;
            }
            Tag::BlockQuote(_) => {
                self.block();
                self.around.push(Around::Quote);
            }
            Tag::CodeBlock(kind) => {
                self.block();
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or_default().to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.fence = Some((language, String::new()));
            }
            Tag::List(first) => {
                self.flush();
                if self.lists.is_empty() {
                    self.block();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                let bullet = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let bullet = format!("{number}. ");
                        *number += 1;
                        bullet
                    }
                    _ => ["• ", "◦ ", "▪ "][(self.lists.len().max(1) - 1) % 3].to_owned(),
                };
                let width = super::width(&bullet);
                self.around.push(Around::Item { bullet: Some(bullet), width });
                self.gap = false;
            }
            Tag::Table(alignments) => {
                self.block();
                self.table = Some(Table { alignments, rows: Vec::new() });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::Emphasis => self.modifier |= Modifier::ITALIC,
            Tag::Strong => self.modifier |= Modifier::BOLD,
            Tag::Strikethrough => self.modifier |= Modifier::CROSSED_OUT,
            Tag::Link { dest_url, .. } => self.links.push(dest_url.into_string()),
            Tag::Image { dest_url, .. } => {
                self.push("image ".to_owned(), Meaning::Muted, Modifier::empty());
                self.links.push(dest_url.into_string());
            }
            Tag::FootnoteDefinition(name) => {
                self.block();
                self.push(format!("[^{name}] "), Meaning::Muted, Modifier::empty());
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.flush();
                self.gap = true;
            }
            TagEnd::Heading(_) => {
                self.flush();
                self.heading = false;
                self.gap = true;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.around.pop();
                self.gap = true;
            }
            TagEnd::CodeBlock => self.end_fence(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                self.gap = self.lists.is_empty();
            }
            TagEnd::Item => {
                self.flush();
                // An item without any text still has its bullet.
                if let Some(Around::Item { bullet: Some(_), .. }) = self.around.last() {
                    self.push(String::new(), Meaning::Text, Modifier::empty());
                    self.flush_even_if_empty();
                }
                self.around.pop();
                self.gap = false;
            }
            TagEnd::Table => self.end_table(),
            TagEnd::TableCell => {
                let spans = std::mem::take(&mut self.spans);
                if let Some(row) = self.table.as_mut().and_then(|t| t.rows.last_mut()) {
                    row.push(spans);
                }
            }
            TagEnd::Emphasis => self.modifier -= Modifier::ITALIC,
            TagEnd::Strong => self.modifier -= Modifier::BOLD,
            TagEnd::Strikethrough => self.modifier -= Modifier::CROSSED_OUT,
            TagEnd::Link | TagEnd::Image => {
                if let Some(target) = self.links.pop()
                    && !target.is_empty()
                    && self.spans.last().is_none_or(|s| s.text != target)
                {
                    let target = restored(&target, self.formulas);
                    self.push(format!(" ({target})"), Meaning::Muted, Modifier::empty());
                }
            }
            _ => {}
        }
    }

    /// Text with formulas in it.
    fn text(&mut self, text: &str) {
        let meaning = if !self.links.is_empty() {
            Meaning::Link
        } else if self.heading {
            Meaning::Title
        } else {
            Meaning::Text
        };
        let modifier = if self.heading { self.modifier | Modifier::BOLD } else { self.modifier };
        for part in maths::split(text, self.formulas) {
            match part {
                Part::Text(text) => self.push(text.to_owned(), meaning, modifier),
                Part::Formula(formula) => self.formula(formula),
            }
        }
    }

    fn formula(&mut self, formula: &Formula) {
        let typeset = latex::typeset(&formula.body);
        let boxed = if typeset.contains('⟦') { Modifier::BOLD } else { Modifier::empty() };
        let modifier = self.modifier | boxed;
        let several = typeset.contains('\n');
        if !(formula.display || several) || self.table.is_some() {
            self.push(typeset.replace('\n', "; "), Meaning::Maths, modifier);
            return;
        }
        // By itself, a little to the right, and close to the words that lead to it.
        if self.spans.is_empty()
            && let [.., before, gap] = &self.lines[..]
            && gap.spans.is_empty()
            && before.spans.first().is_some_and(|span| span.meaning == Meaning::Text && !before.hard)
        {
            self.lines.pop();
        }
        self.flush();
        for (line, rows) in latex::display(&formula.body) {
            self.push(format!("    {line}"), Meaning::Maths, modifier);
            self.flush();
            if let Some(line) = self.lines.last_mut() {
                let span = |row: String| Span { text: format!("    {row}"), meaning: Meaning::Maths, modifier };
                line.block = rows.into_iter().map(span).collect();
            }
        }
    }

    fn push(&mut self, text: String, meaning: Meaning, modifier: Modifier) {
        // What follows a formula that stood by itself begins a line.
        let text = if self.spans.is_empty() && text.starts_with(' ') && meaning == Meaning::Text {
            text.trim_start().to_owned()
        } else {
            text
        };
        if text.is_empty() {
            return;
        }
        let text = if text.contains('\t') { detabbed(&text) } else { text };
        match self.spans.last_mut() {
            Some(last) if last.meaning == meaning && last.modifier == modifier => last.text.push_str(&text),
            _ => self.spans.push(Span { text, meaning, modifier }),
        }
    }

    /// A block begins: the blank line before it is due now.
    fn block(&mut self) {
        self.flush();
        let fresh = matches!(self.around.last(), Some(Around::Item { bullet: Some(_), .. }));
        if self.gap && !self.lines.is_empty() && !fresh {
            let (lead, _) = self.margins(false);
            self.lines.push(Line { hang: lead.clone(), lead, ..Line::default() });
        }
        self.gap = false;
    }

    fn flush(&mut self) {
        if !self.spans.is_empty() {
            self.flush_even_if_empty();
        }
    }

    fn flush_even_if_empty(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        let (lead, hang) = self.margins(true);
        self.lines.push(Line { lead, hang, spans, ..Line::default() });
    }

    /// What stands before a line's first row, and before its further ones. Bullets are used up by it.
    fn margins(&mut self, uses_bullets: bool) -> (Vec<Span>, Vec<Span>) {
        let (mut lead, mut hang) = (Vec::new(), Vec::new());
        for around in self.around.iter_mut().take(DEPTH) {
            match around {
                Around::Quote => {
                    lead.push(Span::new("▏ ", Meaning::Muted));
                    hang.push(Span::new("▏ ", Meaning::Muted));
                }
                Around::Item { bullet, width } => {
                    let blank = " ".repeat(*width);
                    let taken = if uses_bullets { bullet.take() } else { None };
                    let first = taken
                        .map_or_else(|| Span::new(blank.clone(), Meaning::Text), |b| Span::new(b, Meaning::Accent));
                    lead.push(first);
                    hang.push(Span::new(blank, Meaning::Text));
                }
            }
        }
        (lead, hang)
    }

    fn end_fence(&mut self) {
        let Some((language, body)) = self.fence.take() else { return };
        if body.is_empty() {
            self.push(format!("```{language}"), Meaning::Muted, Modifier::empty());
            self.flush();
        }
        let bar = Span::new("│ ", Meaning::Border);
        for spans in code::highlighted(&body, &language) {
            let (mut lead, mut hang) = self.margins(true);
            lead.push(bar.clone());
            hang.push(bar.clone());
            self.lines.push(Line { lead, hang, ..Line::hard(spans) });
        }
        self.gap = true;
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else { return };
        let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |cell: &[Span]| cell.iter().map(|s| super::width(&s.text)).sum::<usize>();
        let widths: Vec<usize> = (0..columns)
            .map(|c| table.rows.iter().filter_map(|row| row.get(c)).map(|cell| width(cell)).max().unwrap_or(0))
            .collect();
        let aligned = widths.iter().sum::<usize>() + 3 * columns <= TABLE;
        for (nth, row) in table.rows.into_iter().enumerate() {
            let mut spans = Vec::new();
            for (c, mut cell) in row.into_iter().enumerate() {
                if c > 0 {
                    spans.push(Span::new(" │ ", Meaning::Border));
                }
                let blank = if aligned { widths[c].saturating_sub(width(&cell)) } else { 0 };
                let before = match table.alignments.get(c) {
                    Some(Alignment::Right) => blank,
                    Some(Alignment::Center) => blank / 2,
                    _ => 0,
                };
                if nth == 0 {
                    for span in &mut cell {
                        span.modifier |= Modifier::BOLD;
                    }
                }
                spans.push(Span::new(" ".repeat(before), Meaning::Text));
                spans.extend(cell);
                spans.push(Span::new(" ".repeat(blank - before), Meaning::Text));
            }
            spans.retain(|s| !s.text.is_empty());
            let (lead, hang) = self.margins(true);
            self.lines.push(Line { lead: lead.clone(), hang: hang.clone(), spans, hard: aligned, ..Line::default() });
            if nth == 0 && aligned {
                let rule = widths.iter().map(|w| "─".repeat(*w)).collect::<Vec<_>>().join("─┼─");
                self.lines.push(Line {
                    lead: hang.clone(),
                    hang,
                    ..Line::hard(vec![Span::new(rule, Meaning::Border)])
                });
            }
        }
        self.gap = true;
    }
}

/// Text in which formulas are not typeset, such as code: as it came.
fn restored(text: &str, formulas: &[Formula]) -> String {
    if !text.contains(maths::OPEN) {
        return text.to_owned();
    }
    maths::split(text, formulas)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text,
            Part::Formula(formula) => formula.source.as_str(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Document;

    fn rows(text: &str, width: u16) -> Vec<String> {
        let laid = Document::prose(text).lay(width);
        laid.rows(0..laid.len())
            .iter()
            .map(|r| r.spans.iter().map(|s| s.text.as_str()).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn prose_is_set_for_reading() {
        for (text, expected) in [
            ("# Title\n\nText **bold** and `code`.", vec!["Title", "", "Text bold and code."]),
            ("- one\n- two\n  - deep\n\nAfter", vec!["• one", "• two", "  ◦ deep", "", "After"]),
            ("3. a\n4. b", vec!["3. a", "4. b"]),
            ("> quoted\n> more", vec!["▏ quoted more"]),
            ("a\n\n---\n\nb", vec!["a", "", "────────────────────────", "", "b"]),
            ("```python\nx = 1\n\ny = 2\n```", vec!["│ x = 1", "│", "│ y = 2"]),
            ("[text](http://x.y)", vec!["text (http://x.y)"]),
            ("<b>tag</b> & <think>", vec!["<b>tag</b> & <think>"]),
            ("| a | bb |\n|---|---:|\n| 1 | 2 |", vec!["a │ bb", "──┼───", "1 │  2"]),
            ("so $a_n = 2$ holds", vec!["so aₙ = 2 holds"]),
            ("so\n$$x^2$$\nholds", vec!["so", "    x²", "holds"]),
            ("it is \\boxed{\\frac{1}{2}}.", vec!["it is ⟦1/2⟧."]),
            ("\\(x\\) costs $5 or $6", vec!["x costs $5 or $6"]),
            ("`$x$`", vec!["$x$"]),
            ("- [x] done", vec!["• ☑ done"]),
            ("![alt](u.png)", vec!["image alt (u.png)"]),
        ] {
            assert_eq!(rows(text, 60), expected, "{text}");
        }
    }

    #[test]
    fn endless_nesting_and_unclosed_things_are_shown() {
        for text in [
            "> ".repeat(5_000) + "x",
            "- ".repeat(5_000) + "x",
            "*".repeat(50_000),
            "[".repeat(50_000),
            "`".repeat(50_000) + "x",
            "$".repeat(50_000),
            "```\nnever closed".to_owned(),
            "\\frac{".repeat(20_000),
            "| a |\n|---|\n".to_owned() + &"| b |\n".repeat(2_000),
        ] {
            assert!(!rows(&text, 40).is_empty(), "{}", &text[..20.min(text.len())]);
        }
    }
}
