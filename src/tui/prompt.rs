//! A line being typed at the foot of the screen: a filter, a note, tags, a path.

use tui_input::{Input, InputRequest};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::store::IdSet;

/// Characters of one paste that go into a line.
pub const PASTED: usize = 4_000;

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Filter the list.
    Filter,
    /// A note on the targets.
    Note,
    /// Tags for the targets.
    Tag,
    /// The cause of the verifier's error.
    Cause,
    /// A file to be imported.
    ImportPath,
    /// A relative tolerance.
    Tolerance,
    /// Why a version of the verifier is applied.
    Version,
    /// What is looked for in a pane.
    Find,
    /// The name of a view.
    View,
    /// A search among the seeds.
    Seeds,
    /// Which candidates are exported.
    ExportFilter,
    /// The file that they are exported to.
    ExportFile,
    /// Files whose questions are not exported.
    ExportAgainst,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Filter,
        Self::Note,
        Self::Tag,
        Self::Cause,
        Self::ImportPath,
        Self::Tolerance,
        Self::Version,
        Self::Find,
        Self::View,
        Self::Seeds,
        Self::ExportFilter,
        Self::ExportFile,
        Self::ExportAgainst,
    ];

    /// Whether it is in the filter language.
    pub const fn is_filter(self) -> bool {
        matches!(self, Self::Filter | Self::ExportFilter)
    }

    /// What stands before the line.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Note => "note",
            Self::Tag => "tags",
            Self::Cause => "cause",
            Self::ImportPath => "import",
            Self::Tolerance => "tolerance",
            Self::Version => "why",
            Self::Find => "find",
            Self::View => "view",
            Self::Seeds => "search",
            Self::ExportFilter => "export",
            Self::ExportFile => "file",
            Self::ExportAgainst => "against",
        }
    }
}

/// What could be typed at the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    /// Characters of the line that an offer replaces.
    pub start: usize,
    /// End of them.
    pub end: usize,
    /// What could stand there, with what it means.
    pub items: Vec<(String, String)>,
    /// Which of them `tab` took last.
    pub taken: Option<usize>,
}

/// The line.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What it is for.
    pub purpose: Purpose,
    /// What was typed.
    pub input: Input,
    /// What is wrong with it, and at which character.
    pub fault: Option<(usize, String)>,
    /// How many candidates it would take, where that is known; with the count's number.
    pub count: (u64, Option<u64>),
    /// What could be typed at the cursor.
    pub offers: Offers,
    /// The stored values that were asked for, to be offered, and have not come.
    pub awaits: Option<u64>,
    /// The place in the history, counted from its end.
    pub back: usize,
    /// The candidates it is about.
    pub targets: IdSet,
}

impl Prompt {
    /// An empty line, or one to be changed.
    pub fn new(purpose: Purpose, text: &str, targets: IdSet) -> Self {
        Self {
            purpose,
            input: Input::new(text.to_owned()),
            fault: None,
            count: (0, None),
            offers: Offers::default(),
            awaits: None,
            back: 0,
            targets,
        }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Puts a text in place of the line.
    pub fn set(&mut self, text: &str) {
        self.input = Input::new(text.to_owned());
    }

    /// Types text as it was pasted: line ends become spaces, controls go, and of a book that was pasted by mistake the
    /// first page is enough.
    pub fn paste(&mut self, text: &str) {
        for c in text.chars().take(PASTED) {
            let c = if c == '\n' || c == '\t' { ' ' } else { c };
            if !c.is_control() {
                self.input.handle(InputRequest::InsertChar(c));
            }
        }
    }

    /// Edits the line; whether the text has changed.
    pub fn edit(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let request = match key.code {
            KeyCode::Backspace if control || alt => InputRequest::DeletePrevWord,
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete if control => InputRequest::DeleteNextWord,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Left if control || alt => InputRequest::GoToPrevWord,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right if control || alt => InputRequest::GoToNextWord,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            KeyCode::Char(c) if control => match c {
                'a' => InputRequest::GoToStart,
                'e' => InputRequest::GoToEnd,
                'b' => InputRequest::GoToPrevChar,
                'f' => InputRequest::GoToNextChar,
                'w' => InputRequest::DeletePrevWord,
                'u' => InputRequest::DeleteLine,
                'k' => InputRequest::DeleteTillEnd,
                'd' => InputRequest::DeleteNextChar,
                'h' => InputRequest::DeletePrevChar,
                _ => return false,
            },
            KeyCode::Char('b') if alt => InputRequest::GoToPrevWord,
            KeyCode::Char('f') if alt => InputRequest::GoToNextWord,
            KeyCode::Char('d') if alt => InputRequest::DeleteNextWord,
            KeyCode::Char(c) if !alt && !c.is_control() => InputRequest::InsertChar(c),
            _ => return false,
        };
        self.offers.taken = None;
        self.input.handle(request).is_some_and(|changed| changed.value)
    }

    /// Puts the next offer, or the one before, in its place.
    pub fn take_offer(&mut self, forwards: bool) {
        let n = self.offers.items.len();
        if n == 0 {
            return;
        }
        let next = match self.offers.taken {
            None if forwards => 0,
            None => n - 1,
            Some(at) if forwards => (at + 1) % n,
            Some(at) => (at + n - 1) % n,
        };
        let word = self.offers.items[next].0.clone();
        let chars: Vec<char> = self.text().chars().collect();
        let (start, end) = (self.offers.start.min(chars.len()), self.offers.end.clamp(self.offers.start, chars.len()));
        let line: String =
            chars[..start].iter().copied().chain(word.chars()).chain(chars[end..].iter().copied()).collect();
        let cursor = start + word.chars().count();
        self.input = Input::new(line).with_cursor(cursor);
        self.offers.end = cursor;
        self.offers.taken = Some(next);
    }
}
