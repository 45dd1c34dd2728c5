//! Telling a listener of a reply that is still coming: reasoning and answer apart, and no key among them.

use super::gathered::{Gathered, Parsed};
use super::secret::Redactor;
use super::thinking::{Sort, Splitter};
use super::{Live, Piece};

/// What one attempt tells its listener. In the end the listener has heard what the reply says: where the parts told
/// while it came turn out otherwise, they are told again.
pub(super) struct Feed<'a> {
    live: Live<'a>,
    redactor: &'a Redactor,
    splitter: Splitter,
    /// Bytes heard already of the reasoning by name, and of that in parts.
    named: usize,
    thinking: usize,
    reasoning: Told,
    content: Told,
}

/// The text told of one kind, and what is held back because a secret may begin there.
#[derive(Default)]
struct Told {
    text: String,
    held: String,
}

impl Told {
    /// What can be told now that `more` came.
    fn take(&mut self, more: &str, redactor: &Redactor) -> String {
        self.held.push_str(more);
        let safe = self.held.len() - redactor.may_begin_at_the_end(&self.held);
        let held = self.held.split_off(safe);
        self.give(redactor, held)
    }

    /// What is left to tell.
    fn rest(&mut self, redactor: &Redactor) -> String {
        self.give(redactor, String::new())
    }

    fn give(&mut self, redactor: &Redactor, held: String) -> String {
        let given = redactor.clean_whole(std::mem::replace(&mut self.held, held));
        self.text.push_str(&given);
        given
    }
}

impl<'a> Feed<'a> {
    pub(super) fn new(live: Live<'a>, redactor: &'a Redactor) -> Self {
        Self {
            live,
            redactor,
            splitter: Splitter::default(),
            named: 0,
            thinking: 0,
            reasoning: Told::default(),
            content: Told::default(),
        }
    }

    /// Tells what came since the last call.
    pub(super) fn hear(&mut self, gathered: &Gathered) {
        let mut told = Vec::new();
        for (text, heard) in [(gathered.named(), &mut self.named), (gathered.thinking.as_str(), &mut self.thinking)] {
            if let Some(more) = text.get(*heard..).filter(|more| !more.is_empty()) {
                told.push((Sort::Reasoning, more.to_owned()));
                *heard = text.len();
            }
        }
        self.splitter.go_on(&gathered.text, |sort, part| told.push((sort, part.to_owned())));
        for (sort, part) in told {
            self.tell(sort, &part);
        }
    }

    fn tell(&mut self, sort: Sort, part: &str) {
        match sort {
            Sort::Reasoning => {
                let part = self.reasoning.take(part, self.redactor);
                self.say(Piece::Reasoning(&part));
            }
            Sort::Answer => {
                let part = self.content.take(part, self.redactor);
                self.say(Piece::Content(&part));
            }
            Sort::Again => {
                // Reasoning that came apart from the text stays what it was.
                let apart = format!("{}{}", self.reasoning.text, self.reasoning.held);
                self.forget();
                if !apart.is_empty() {
                    self.tell(Sort::Reasoning, &format!("{apart}\n\n"));
                }
            }
        }
    }

    fn say(&self, piece: Piece<'_>) {
        if !matches!(piece, Piece::Content("") | Piece::Reasoning("")) {
            (self.live)(piece);
        }
    }

    /// Takes back what was told, if anything was.
    pub(super) fn forget(&mut self) {
        if !self.reasoning.text.is_empty() || !self.content.text.is_empty() {
            self.say(Piece::Again);
        }
        self.reasoning = Told::default();
        self.content = Told::default();
    }

    /// Makes what was told the same as what the reply says, but for blanks at its ends.
    pub(super) fn settle(&mut self, reply: &Parsed) {
        let rest = self.reasoning.rest(self.redactor);
        self.say(Piece::Reasoning(&rest));
        let rest = self.content.rest(self.redactor);
        self.say(Piece::Content(&rest));
        let content = self.redactor.clean_whole(reply.content.clone());
        let reasoning = self.redactor.clean_whole(reply.reasoning.clone().unwrap_or_default());
        if self.content.text.trim() != content.trim() || self.reasoning.text.trim() != reasoning.trim() {
            self.forget();
            self.say(Piece::Reasoning(&reasoning));
            self.say(Piece::Content(&content));
        }
    }
}
