//! The state of the review screen: what is listed, what is selected, what is read. Selection is an item's identity; what
//! the loop adds is appended and moves nothing.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::effect::{Measure, TextsOf};
use super::find::Find;
use super::listed::Listed;
use super::msg::{Found, More, Opened, Typeset};
use super::plain::reference_name;
use super::text::Laid;
use crate::store::IdSet;
use crate::store::filter::{Filter, Sort};
use crate::store::record::{Agreement, CandidateView, Decision, ResponseView, Row};
use crate::store::revision::Texts;
use crate::store::suspicion::Suspicion;
use crate::verifier::{Outcome, Verdict};

/// Candidates that stay open behind the one being read.
const KEPT: usize = 9;

/// How long a list that is not there yet is waited for by keys that move in it: after that, its reader sees that it is still
/// the one before.
const SEEN: Duration = Duration::from_millis(300);

/// A pane that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pane {
    /// The list of candidates.
    #[default]
    List,
    /// The question.
    Question,
    /// The code.
    Code,
    /// What the code printed.
    Output,
    /// The chain of thought.
    Cot,
}

impl Pane {
    /// All of them, in the order of `tab`.
    pub const ALL: [Self; 5] = [Self::List, Self::Question, Self::Code, Self::Output, Self::Cot];

    /// What its tab says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Question => "question",
            Self::Code => "code",
            Self::Output => "output",
            Self::Cot => "chain of thought",
        }
    }
}

/// The pane of text that had the focus last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading(pub Pane);

impl Default for Reading {
    fn default() -> Self {
        Self(Pane::Question)
    }
}

/// An end of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Its first candidate.
    First,
    /// Its last candidate.
    Last,
}

/// A candidate that is open, with its texts.
#[derive(Debug, Clone)]
pub struct Book {
    /// What is stored.
    pub view: Arc<CandidateView>,
    /// Its decisions.
    pub decisions: Vec<Decision>,
    /// Which response is read.
    pub response: usize,
    /// Its texts as last typeset.
    pub texts: Option<Typeset>,
    /// Why it should be looked at, the gravest reason first.
    pub suspicion: Vec<Suspicion>,
    /// What other verifiers say of its pairs: sample, name, outcome, detail.
    pub seconds: Vec<(u32, String, Outcome, String)>,
}

impl Book {
    /// The response being read.
    pub fn response(&self) -> Option<&ResponseView> {
        self.view.responses.get(self.response)
    }

    /// Its verdict.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.response()?.record.verdict.as_ref()
    }

    /// Whether the reviewer has a judgement in force on the response being read.
    pub fn judged_by(&self, reviewer: &str) -> bool {
        self.response().is_some_and(|r| self.is_judged(reviewer, r.record.sample))
    }

    /// The same of any of its responses.
    pub fn is_judged(&self, reviewer: &str, sample: u32) -> bool {
        let about = self.view.about();
        self.decisions.iter().any(|d| {
            d.body.reviewer == reviewer
                && d.reversed_by.is_none()
                && d.body.sample == Some(sample)
                && d.body.judgement.is_some()
                && d.body.about == about
        })
    }

    /// Whether there is code to be read: not of imports, nor where generation failed.
    pub fn has_code(&self) -> bool {
        self.view.record.code.is_some() || !self.view.record.executions.is_empty()
    }

    /// What the reference answer is called.
    pub fn reference_name(&self) -> &'static str {
        reference_name(&self.view)
    }

    /// The revised texts, where they are what is read.
    pub fn revised(&self) -> Option<&Texts> {
        self.view.shows_revised()
    }
}

/// The state.
#[derive(Debug, Default)]
pub struct Review {
    /// What is listed.
    pub filter: Filter,
    /// Counts listings, so that late answers are known.
    pub listing: u64,
    /// A listing was asked for and has not come whole.
    pub loading: bool,
    /// Hundredths of the candidates that it has read.
    pub percent: u8,
    /// Nothing of it has come: what is listed is the list before it.
    pub stale: bool,
    /// When it was asked for.
    pub listed_at: Duration,
    /// The end of the list that is to be selected, as far as the list is read.
    pub edge: Option<Edge>,
    /// The newest candidate that was there when the list was last read.
    pub upto: i64,
    /// A growth was asked for and has not come.
    pub growing: bool,
    /// Candidates made when the list was last grown.
    pub grown_at: u64,
    /// Candidates listed, in the filter's order; what came later is at the end.
    pub ids: Listed,
    /// Those of which the reviewer has judged a pair.
    pub mine: IdSet,
    /// Those whose verdicts an open plan keeps from the reviewer until they are judged.
    pub sealed: IdSet,
    /// Those listed that disagree as they stand.
    pub disagreements: IdSet,
    /// The last candidate that is known to be there, and may not be listed yet.
    pub heard: i64,
    /// Pairs whose verdict stood on the screen, by candidate and sample: what is judged after that is not judged blind.
    pub told: BTreeSet<(i64, u32)>,
    /// Up to which candidate the reader has seen the list; what is beyond it is new.
    pub seen: i64,
    /// The project's first listing has ended.
    settled: bool,
    /// The selected candidate.
    pub selected: Option<i64>,
    /// First row of the list that is shown.
    pub top: usize,
    /// Narrow rows that are known.
    pub rows: HashMap<i64, Row>,
    /// Marked candidates.
    pub marks: IdSet,
    /// Where the last mark was set.
    pub anchor: Option<i64>,
    /// Open candidates.
    books: HashMap<i64, Book>,
    /// The order in which they were opened, oldest first.
    opened: VecDeque<i64>,
    /// Why candidates could not be read.
    faults: HashMap<i64, String>,
    /// The candidate whose texts are shown; follows the selection as soon as its texts are there.
    pub shown: Option<i64>,
    /// Which pane has the focus.
    pub pane: Pane,
    /// Which text had the focus last: the one that is shown where there is room for one.
    pub reading: Reading,
    /// The pane alone.
    pub zoom: bool,
    /// First rows of the texts.
    pub scroll: TextsOf<usize>,
    /// Texts as they came.
    pub raw: bool,
    /// Answers and normal forms in full.
    pub diff: bool,
    /// The selection follows the newest candidate.
    pub follow: bool,
    /// There is a newer one, and somebody was typing when it came.
    pub behind: bool,
    /// Verdicts are hidden until the reviewer has judged.
    pub blind: bool,
    /// The response that is to be read of a candidate that another screen sent the reader to.
    pub wanted: Option<(i64, u32)>,
    /// The candidate that is to be selected as soon as it is listed.
    pub going: Option<i64>,
    /// A step of a lineage was asked for, and where it leads has not come.
    pub walking: bool,
    /// A decision is being taken back or put back: the candidate that it was about is selected then.
    pub turning: bool,
    /// Decisions that were made and are not known to be stored.
    pub storing: usize,
    /// Candidates that are being read again after a decision on them.
    pub rereading: IdSet,
    /// Where steps of a lineage were made: the candidate, and the filter it was listed by.
    pub trail: Vec<(i64, String)>,
    /// What is searched for in a pane.
    pub find: Option<Find>,
    /// What somebody wrote on candidates' sheets that was not kept.
    pub drafts: HashMap<i64, String>,
}

impl Review {
    /// Candidates that are open.
    pub fn opened(&self) -> Vec<i64> {
        self.opened.iter().copied().collect()
    }

    /// Where the selection stands in the list.
    pub fn position(&self) -> Option<usize> {
        self.ids.place(self.selected?)
    }

    /// Whether the list has an order of its own.
    pub fn is_sorted(&self) -> bool {
        self.filter.sort() != Sort::Number
    }

    /// Whether a candidate is listed.
    pub fn contains(&self, id: i64) -> bool {
        self.ids.contains(id)
    }

    /// The candidate that was made last, 0 where there is none.
    pub fn newest(&self) -> i64 {
        self.ids.set().last().unwrap_or(0)
    }

    /// The candidate of a number, or the one that comes next.
    pub fn numbered(&self, number: i64) -> Option<i64> {
        if self.ids.is_by_number() {
            return self.at_or_after(number);
        }
        Some(number).filter(|number| self.contains(*number)).or(self.selected)
    }

    /// In a list by number: this one, else the next one, else the last one.
    fn at_or_after(&self, id: i64) -> Option<i64> {
        self.ids.get(self.ids.set().below(id)).or(self.ids.last())
    }

    /// How long it is until its reader sees that the list is still the one before; zero where they do, none where it is not.
    pub fn unseen_stale(&self, now: Duration) -> Option<Duration> {
        self.stale.then(|| SEEN.saturating_sub(now.saturating_sub(self.listed_at)))
    }

    /// How many listed candidates the reader has not had on the screen.
    pub fn unseen(&self) -> usize {
        if !self.ids.is_by_number() {
            return 0;
        }
        self.ids.len() - self.ids.set().below(self.seen.saturating_add(1))
    }

    /// The book being shown.
    pub fn book(&self) -> Option<&Book> {
        self.books.get(&self.shown?)
    }

    /// The selected candidate's book, where it is open.
    pub fn selected_book(&self) -> Option<&Book> {
        self.books.get(&self.selected?)
    }

    /// The same, to be changed.
    pub fn book_mut(&mut self, id: i64) -> Option<&mut Book> {
        self.books.get_mut(&id)
    }

    /// A candidate cannot be read: what was open of it is not what is stored.
    pub fn cannot_read(&mut self, id: i64, why: String) {
        self.books.remove(&id);
        self.opened.retain(|opened| *opened != id);
        self.faults.insert(id, why);
    }

    /// Why a candidate could not be read.
    pub fn fault_of(&self, id: i64) -> Option<&str> {
        self.faults.get(&id).map(String::as_str)
    }

    /// Whether what stands in the panes is the selected candidate, and not the one before it or nothing.
    pub fn is_read(&self) -> bool {
        self.selected == self.shown && self.book().is_some()
    }

    /// Whether a candidate is open with texts of this measure.
    pub fn is_ready(&self, id: i64, measure: Measure) -> bool {
        self.books.get(&id).and_then(|b| b.texts.as_ref()).is_some_and(|t| t.measure == measure && t.raw == self.raw)
    }

    /// The book of a candidate, where it is open.
    pub fn book_of(&self, id: i64) -> Option<&Book> {
        self.books.get(&id)
    }

    /// Puts a candidate among the open ones, or refreshes it there. Whether it has other texts than those that are typeset.
    pub fn open(&mut self, opened: Opened) -> bool {
        let id = opened.view.id;
        self.faults.remove(&id);
        let mut is_other = false;
        if let Some(book) = self.books.get_mut(&id) {
            is_other = book.texts.is_some() && book.view.record != opened.view.record;
            book.view = opened.view;
            book.decisions = opened.decisions;
            book.suspicion = opened.suspicion;
            book.seconds = opened.seconds;
        } else {
            let response = first_read(&opened.view);
            let book = Book {
                view: opened.view,
                decisions: opened.decisions,
                response,
                texts: None,
                suspicion: opened.suspicion,
                seconds: opened.seconds,
            };
            self.books.insert(id, book);
        }
        self.opened.retain(|o| *o != id);
        self.opened.push_back(id);
        while self.opened.len() > KEPT {
            let Some(at) = self.opened.iter().position(|o| Some(*o) != self.selected && Some(*o) != self.shown) else {
                break;
            };
            if let Some(oldest) = self.opened.remove(at) {
                self.books.remove(&oldest);
            }
        }
        is_other
    }

    /// Puts texts into their book; late ones, of another response or width, are dropped.
    pub fn typeset(&mut self, texts: Typeset, measure: Measure) {
        let raw = self.raw;
        if let Some(book) = self.books.get_mut(&texts.id)
            && book.response == texts.response
            && texts.measure == measure
            && texts.raw == raw
        {
            book.texts = Some(texts);
        }
    }

    /// Forgets what is open, for another project or another reading of it.
    pub fn close_books(&mut self) {
        self.books.clear();
        self.opened.clear();
        self.faults.clear();
        self.shown = None;
    }

    /// Takes in narrow rows as they are now: what is decided on a candidate may be that it disagrees no more.
    pub fn read_rows(&mut self, rows: Vec<Row>) {
        for row in rows {
            if row.standing == Agreement::Disagrees && self.contains(row.id) {
                self.disagreements.insert(row.id);
            } else {
                self.disagreements.remove(row.id);
            }
            self.rows.insert(row.id, row);
        }
    }

    /// Takes a new list in, keeping the selection where it still is, else its neighbour.
    pub fn list(&mut self, found: Found) {
        let before = self.going.take().or(self.selected);
        self.ids = found.ids;
        self.disagreements = found.disagree;
        self.mine = found.mine;
        self.sealed = found.sealed;
        self.rows = found.rows.into_iter().map(|row| (row.id, row)).collect();
        self.selected = match before {
            Some(id) if self.contains(id) => Some(id),
            Some(id) if self.ids.is_by_number() => self.at_or_after(id),
            _ => self.ids.first(),
        };
        self.stale = false;
        self.read_to(found.upto, found.percent);
    }

    /// Puts in what else the filter takes. What is on the screen stays where it is.
    pub fn list_more(&mut self, more: &More) {
        if !self.stale {
            let top = self.ids.get(self.top);
            self.ids.add(&more.ids);
            self.disagreements |= &more.disagree;
            self.top = top.and_then(|id| self.ids.place(id)).unwrap_or(self.top);
            self.selected = self.selected.or(self.ids.first());
        }
        self.read_to(more.upto, more.percent);
    }

    fn read_to(&mut self, upto: i64, percent: u8) {
        // What was there when the list was opened is not new.
        if !self.settled {
            self.seen = self.seen.max(upto);
            self.settled = percent >= 100;
        }
        self.percent = percent;
        self.loading = percent < 100;
        if !self.loading {
            self.upto = upto;
            self.marks &= self.ids.set();
        }
    }

    /// Appends what came since.
    pub fn grow(&mut self, more: &More) {
        self.ids.add(&more.ids);
        self.disagreements |= &more.disagree;
        self.upto = self.upto.max(more.upto);
        if self.selected.is_none() {
            self.selected = self.ids.first();
        }
    }

    /// The neighbour at a distance; stays within the list.
    pub fn neighbour(&self, by: isize) -> Option<i64> {
        let at = self.position()?;
        self.ids.get(at.saturating_add_signed(by).min(self.ids.len().checked_sub(1)?))
    }

    /// The next disagreement after the selection, or the one before it.
    pub fn disagreement(&self, forwards: bool) -> Option<i64> {
        let from = self.selected.unwrap_or(0);
        // To be taken to one that is sealed would be to be told its verdict.
        if self.ids.is_by_number() {
            let mut next = std::iter::successors(Some(from), |at| {
                if forwards { self.disagreements.after(*at) } else { self.disagreements.before(*at) }
            })
            .skip(1);
            return next.find(|id| !self.sealed.contains(*id));
        }
        let at = self.ids.place(from)?;
        let mut others: Box<dyn Iterator<Item = usize>> =
            if forwards { Box::new(at + 1..self.ids.len()) } else { Box::new((0..at).rev()) };
        others
            .find_map(|at| self.ids.get(at).filter(|id| self.disagreements.contains(*id) && !self.sealed.contains(*id)))
    }

    /// The candidates that a bulk action is about: the marks, else the selection.
    pub fn targets(&self) -> IdSet {
        if self.marks.is_empty() { self.selected.into_iter().collect() } else { self.marks.clone() }
    }

    /// Whether lists keep a candidate's verdict, and what others said of it, from the reader.
    pub fn hides(&self, id: i64) -> bool {
        self.sealed.contains(id) || self.blind && !self.mine.contains(id)
    }

    /// The laid text of a pane.
    pub fn laid(&self, pane: Pane) -> Option<&Laid> {
        self.text_of(pane).map(Arc::as_ref)
    }

    /// The same, to be kept.
    pub fn text_of(&self, pane: Pane) -> Option<&Arc<Laid>> {
        let texts = &self.book()?.texts.as_ref()?.texts;
        Some(match pane {
            Pane::List => return None,
            Pane::Question => &texts.question,
            Pane::Code => &texts.code,
            Pane::Output => &texts.output,
            Pane::Cot => &texts.cot,
        })
    }

    /// The scroll position of a pane.
    pub fn scroll_of(&self, pane: Pane) -> usize {
        match pane {
            Pane::List => self.top,
            Pane::Question => self.scroll.question,
            Pane::Code => self.scroll.code,
            Pane::Output => self.scroll.output,
            Pane::Cot => self.scroll.cot,
        }
    }

    /// The same, to be changed.
    pub fn scroll_mut(&mut self, pane: Pane) -> &mut usize {
        match pane {
            Pane::List => &mut self.top,
            Pane::Question => &mut self.scroll.question,
            Pane::Code => &mut self.scroll.code,
            Pane::Output => &mut self.scroll.output,
            Pane::Cot => &mut self.scroll.cot,
        }
    }
}

/// The response that is read first: the first that is said to differ, since that is what one came for.
pub fn first_read(view: &CandidateView) -> usize {
    view.responses
        .iter()
        .position(|r| r.record.verdict.as_ref().is_some_and(|v| v.outcome == Outcome::Different))
        .unwrap_or(0)
}
