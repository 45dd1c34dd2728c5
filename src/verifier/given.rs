//! The two answers in the forms that comparison needs, each worked out once.

use std::cell::OnceCell;
use std::ops::Deref;
use std::rc::Rc;

use super::finding::Around;
use super::text::{self, Prose};
use crate::answer::{Answer, Hints, MAX_TEXT, clean, read};
use crate::extractor::{Chain, ExtractOptions, Extracted, How, after_reasoning, extract};

/// A text given as an answer, with what was made of it.
pub(super) struct Given {
    text: String,
    cleaned: OnceCell<String>,
    typed: OnceCell<Answer>,
    plain: OnceCell<String>,
    squeezed: OnceCell<String>,
    prose: OnceCell<Rc<Prose>>,
}

impl Given {
    pub(super) fn new(text: String) -> Self {
        Self {
            text,
            cleaned: OnceCell::new(),
            typed: OnceCell::new(),
            plain: OnceCell::new(),
            squeezed: OnceCell::new(),
            prose: OnceCell::new(),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn cleaned(&self) -> &str {
        self.cleaned.get_or_init(|| clean::clean(&self.text))
    }

    pub(super) fn typed(&self) -> &Answer {
        self.typed.get_or_init(|| {
            if self.text.len() > MAX_TEXT {
                read(&self.text, Hints::default())
            } else {
                read::cleaned(self.cleaned(), Hints::default()).0
            }
        })
    }

    /// Nothing but its words: [`text::plain`].
    pub(super) fn plain(&self) -> &str {
        self.plain.get_or_init(|| read::words_of(self.cleaned()))
    }

    /// Without wrappers and with single spaces.
    pub(super) fn squeezed(&self) -> &str {
        self.squeezed.get_or_init(|| read::single_spaced(self.cleaned()))
    }

    /// Its words, line by line.
    pub(super) fn prose(&self, around: &Around) -> &Rc<Prose> {
        self.prose.get_or_init(|| {
            if self.text.contains('\n') { Rc::new(text::prose(&self.text)) } else { around.prose(self.plain()) }
        })
    }
}

/// A text of the response, and how it was found there.
pub(super) struct Said {
    given: Given,
    pub(super) how: How,
}

impl Deref for Said {
    type Target = Given;

    fn deref(&self) -> &Given {
        &self.given
    }
}

impl Said {
    fn new(found: Extracted) -> Self {
        Self { given: Given::new(found.text), how: found.how }
    }
}

/// What is answered, worked out once for all alternatives of the reference.
#[derive(Default)]
pub(super) struct Extraction {
    chain: Chain,
    one: OnceCell<Option<Said>>,
    several: OnceCell<Option<Said>>,
    /// The response without its reasoning, for prose.
    body: OnceCell<Option<Said>>,
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
            Some(Said { given: Given::new(response[start..].to_owned()), how: How::Whole })
        };
        self.body.get_or_init(whole).as_ref()
    }
}
