//! The slot that is watched: its question, its code and its answers, as far as they have come. What is kept is bounded,
//! however much a model writes.

use crate::engine::LiveNews;
use crate::review::cleaned::clean_line;
use crate::tui::text::{Document, Row, Span, cut, width};
use crate::tui::theme::Meaning;

/// Bytes of text that are kept of all replies together.
const KEPT: usize = 48 * 1024;
/// Replies that are told apart.
const REPLIES: usize = 24;

/// The end of a text that grows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tail {
    text: String,
    /// Bytes that came, those that are gone included.
    came: usize,
}

impl Tail {
    fn push(&mut self, more: &str, most: usize) {
        self.came = self.came.saturating_add(more.len());
        self.text.push_str(more);
        // Cut rarely: each cut moves what stays.
        if self.text.len() > most * 2 {
            self.cut(most);
        }
    }

    fn cut(&mut self, most: usize) {
        if self.text.len() > most {
            let from = self.text.len() - most;
            let from = (from..self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
            self.text.drain(..from);
        }
    }

    fn is_cut(&self) -> bool {
        self.came > self.text.len()
    }
}

/// A reply, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reply {
    role: &'static str,
    sample: u32,
    model: String,
    reasoning: Tail,
    content: Tail,
    /// It is whole; or why it never came.
    end: Option<Result<(), String>>,
}

/// A slot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LiveSlot {
    ordinal: Option<u64>,
    strategy: String,
    replies: Vec<Reply>,
    draft: Option<(String, Option<String>)>,
    reference: Option<(String, bool)>,
    /// Its number in the store, and what came of it.
    stored: Option<(i64, String)>,
}

impl LiveSlot {
    /// Takes news in; those of another slot than before begin anew.
    pub(super) fn hear(&mut self, ordinal: u64, news: &LiveNews) {
        if self.ordinal != Some(ordinal) || matches!(news, LiveNews::Begun { .. }) {
            *self = Self { ordinal: Some(ordinal), ..Self::default() };
        }
        let most = KEPT / (2 * self.replies.len().max(1));
        match news {
            LiveNews::Begun { strategy } => strategy.clone_into(&mut self.strategy),
            LiveNews::Asked { role, sample, model } => {
                let reply = self.reply(role.as_str(), *sample);
                (reply.reasoning, reply.content, reply.end) = (Tail::default(), Tail::default(), None);
                model.clone_into(&mut reply.model);
            }
            LiveNews::Again { role, sample } => {
                let reply = self.reply(role.as_str(), *sample);
                (reply.reasoning, reply.content) = (Tail::default(), Tail::default());
            }
            LiveNews::Reasoning { role, sample, text } => self.reply(role.as_str(), *sample).reasoning.push(text, most),
            LiveNews::Content { role, sample, text } => self.reply(role.as_str(), *sample).content.push(text, most),
            LiveNews::Replied { role, sample, model, reasoning, content } => {
                let reply = self.reply(role.as_str(), *sample);
                model.clone_into(&mut reply.model);
                (reply.reasoning, reply.content, reply.end) = (Tail::default(), Tail::default(), Some(Ok(())));
                reply.reasoning.push(reasoning.as_deref().unwrap_or_default(), most);
                reply.content.push(content, most);
            }
            LiveNews::Lost { role, sample, why } => self.reply(role.as_str(), *sample).end = Some(Err(why.clone())),
            LiveNews::Gone { role, sample } => {
                self.replies.retain(|r| r.role != role.as_str() || r.sample != *sample);
            }
            LiveNews::Drafted { question, code } => self.draft = Some((question.clone(), code.clone())),
            LiveNews::Reference { answer, executed } => self.reference = Some((answer.clone(), *executed)),
        }
        for reply in &mut self.replies {
            if reply.reasoning.text.len() + reply.content.text.len() > 4 * most {
                reply.reasoning.cut(most);
                reply.content.cut(most);
            }
        }
    }

    /// The candidate of a slot is in the store.
    pub(super) fn stored(&mut self, ordinal: u64, id: i64, state: &str) {
        if self.ordinal == Some(ordinal) {
            self.stored = Some((id, state.to_owned()));
        }
    }

    /// The slot, where there is one.
    pub(super) fn ordinal(&self) -> Option<u64> {
        self.ordinal
    }

    /// Its number in the store, and what came of it, where that is known.
    pub(super) fn end(&self) -> Option<(i64, &str)> {
        self.stored.as_ref().map(|(id, state)| (*id, state.as_str()))
    }

    pub(super) fn strategy(&self) -> &str {
        &self.strategy
    }

    /// The reply of a role and sample. Of too many, the first ones go.
    fn reply(&mut self, role: &'static str, sample: u32) -> &mut Reply {
        let there = self.replies.iter().position(|r| r.role == role && r.sample == sample);
        let at = there.unwrap_or_else(|| {
            if self.replies.len() >= REPLIES {
                self.replies.remove(0);
            }
            let (model, reasoning, content) = (String::new(), Tail::default(), Tail::default());
            self.replies.push(Reply { role, sample, model, reasoning, content, end: None });
            self.replies.len() - 1
        });
        &mut self.replies[at]
    }

    /// Everything, in rows of `width` columns: as it came, and cleaned.
    pub(super) fn rows(&self, width: u16) -> Vec<Row> {
        let mut page = Page { rows: Vec::new(), width };
        let is_solver = |reply: &&Reply| matches!(reply.role, "solver" | "judge");
        for reply in self.replies.iter().filter(|r| !is_solver(r)) {
            // What it wrote is read as question and code, when it is both.
            page.reply(reply, self.draft.is_some() && reply.role == "generator");
        }
        if let Some((question, code)) = &self.draft {
            page.title("question", "");
            page.text(question, Meaning::Text);
            if let Some(code) = code {
                page.title("code", "");
                page.lay(&Document::plain(code), Meaning::Text);
            }
        }
        if let Some((answer, executed)) = &self.reference {
            page.title(if *executed { "code answer" } else { "reference answer" }, "");
            page.lay(&Document::plain(answer), Meaning::Equivalent);
        }
        for reply in self.replies.iter().filter(is_solver) {
            page.reply(reply, false);
        }
        page.rows
    }
}

/// Rows that are being written.
struct Page {
    rows: Vec<Row>,
    width: u16,
}

impl Page {
    fn title(&mut self, title: &str, facts: &str) {
        if !self.rows.is_empty() {
            self.rows.push(Row::default());
        }
        let facts = cut(&clean_line(facts), usize::from(self.width).saturating_sub(title.len()));
        let columns = u16::try_from(title.len() + width(&facts)).unwrap_or(self.width);
        self.rows.push(Row {
            spans: vec![Span::new(title, Meaning::Title), Span::new(facts, Meaning::Muted)],
            width: columns,
            ..Row::default()
        });
    }

    fn text(&mut self, text: &str, meaning: Meaning) {
        self.lay(&Document::raw(text), meaning);
    }

    fn lay(&mut self, document: &Document, meaning: Meaning) {
        let laid = document.lay(self.width);
        self.rows.extend(laid.rows(0..laid.len()).iter().cloned().map(|mut row| {
            row.spans.iter_mut().for_each(|span| span.meaning = meaning);
            row
        }));
    }

    fn reply(&mut self, reply: &Reply, in_short: bool) {
        let sample = if reply.sample > 0 { format!(" {}", reply.sample + 1) } else { String::new() };
        let how = match &reply.end {
            None if reply.content.came + reply.reasoning.came == 0 => "is asked",
            None => "is writing",
            Some(Ok(())) => "is done",
            Some(Err(_)) => "gave no reply",
        };
        self.title(&format!("{}{sample}", reply.role), &format!(" · {} · {how}", reply.model));
        if in_short {
            return;
        }
        for (tail, meaning) in [(&reply.reasoning, Meaning::Muted), (&reply.content, Meaning::Text)] {
            if tail.is_cut() {
                self.text("… its beginning is not kept here", Meaning::Muted);
            }
            self.text(&tail.text, meaning);
        }
        if let Some(Err(why)) = &reply.end {
            self.text(why, Meaning::Error);
        }
    }
}
