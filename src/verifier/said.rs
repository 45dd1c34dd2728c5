//! What the response says: its answer in the forms that comparison needs, each worked out once.

use std::cell::OnceCell;

use super::text;
use crate::answer::{Answer, Hints, clean, read};
use crate::extractor::{Chain, ExtractOptions, Extracted, How, after_reasoning, extract};

/// A text of the response with what was made of it, once for all alternatives of the reference.
pub(super) struct Said {
    pub(super) found: Extracted,
    typed: OnceCell<Answer>,
    tokens: OnceCell<text::Prose>,
    squeezed: OnceCell<String>,
}

impl Said {
    pub(super) fn new(found: Extracted) -> Self {
        Self { found, typed: OnceCell::new(), tokens: OnceCell::new(), squeezed: OnceCell::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.found.text
    }

    pub(super) fn typed(&self) -> &Answer {
        self.typed.get_or_init(|| read(self.text(), Hints::default()))
    }

    pub(super) fn squeezed(&self) -> &str {
        self.squeezed.get_or_init(|| squeezed(self.text()))
    }

    pub(super) fn tokens(&self) -> &text::Prose {
        self.tokens.get_or_init(|| text::prose(self.text()))
    }
}

/// What is asked and what is answered, worked out once for all alternatives of the reference.
#[derive(Default)]
pub(super) struct Extraction {
    chain: Chain,
    one: OnceCell<Option<Said>>,
    several: OnceCell<Option<Said>>,
    /// The response without its reasoning, for prose.
    body: OnceCell<Option<Said>>,
    asked: OnceCell<Vec<String>>,
}

impl Extraction {
    pub(super) fn new(chain: Chain) -> Self {
        Self { chain, ..Self::default() }
    }

    pub(super) fn get(&self, response: &str, several: bool) -> Option<&Said> {
        let slot = if several { &self.several } else { &self.one };
        slot.get_or_init(|| extract(response, &ExtractOptions { several, chain: self.chain }).map(Said::new)).as_ref()
    }

    pub(super) fn body(&self, response: &str) -> Option<&Said> {
        let whole = || {
            let start = after_reasoning(response).filter(|_| response.len() <= text::LONGEST_PROSE)?;
            let text = response[start..].to_owned();
            Some(Said::new(Extracted { text, how: How::Whole, span: start..response.len() }))
        };
        self.body.get_or_init(whole).as_ref()
    }

    pub(super) fn asked(&self, question: &str) -> &[String] {
        self.asked.get_or_init(|| text::tokens(question))
    }
}

/// The text without wrappers and with single spaces.
pub(super) fn squeezed(text: &str) -> String {
    let cleaned = clean::clean(text);
    if cleaned.contains("  ") || cleaned.contains(['\t', '\n']) {
        return cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    cleaned
}
