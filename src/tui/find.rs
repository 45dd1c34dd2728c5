//! Searching in a pane: what for, where it was found, and which of the hits one is at.

use std::ops::Range;
use std::sync::Arc;

use super::review::Pane;
use super::text::{Laid, Searched, minds_case};

/// A search.
#[derive(Debug, Clone)]
pub struct Find {
    /// The pane that is searched.
    pub pane: Pane,
    /// What for.
    pub query: String,
    /// Where it was found.
    pub hits: Vec<Range<usize>>,
    /// Which hit one is at.
    pub current: Option<usize>,
    /// First row shown when it began, to go back to.
    pub from: usize,
    text: Option<Arc<Laid>>,
    searched: Searched,
}

impl Find {
    /// A search that looks for nothing yet.
    pub fn new(pane: Pane, from: usize) -> Self {
        Self {
            pane,
            query: String::new(),
            hits: Vec::new(),
            current: None,
            from,
            text: None,
            searched: Searched::default(),
        }
    }

    /// Whether it has searched this text.
    pub fn has_read(&self, text: Option<&Arc<Laid>>) -> bool {
        match (&self.text, text) {
            (Some(read), Some(text)) => Arc::ptr_eq(read, text),
            (None, None) => true,
            _ => false,
        }
    }

    /// Searches a text; one is then at the first hit from a row on.
    pub fn read(&mut self, text: Option<Arc<Laid>>, row: usize) {
        self.text = text;
        self.fold();
        self.look_for(self.query.clone(), row);
    }

    fn fold(&mut self) {
        let by_case = minds_case(&self.query);
        self.searched = self.text.as_ref().map_or_else(Searched::default, |text| Searched::new(text, by_case));
    }

    /// Looks for something else, from a row on.
    pub fn look_for(&mut self, query: String, row: usize) {
        self.query = query;
        if minds_case(&self.query) != self.searched.minds_case() {
            self.fold();
        }
        self.hits = self.searched.hits(&self.query);
        let at = self.hits.partition_point(|hit| self.searched.row_of(hit.start) < row);
        self.current = if at < self.hits.len() { Some(at) } else { (!self.hits.is_empty()).then_some(0) };
    }

    /// To a hit further on, or back; whether that went round the end.
    pub fn step(&mut self, forwards: bool, times: usize) -> bool {
        let (Some(at), n) = (self.current, self.hits.len()) else { return false };
        let by = times % n;
        let to = if forwards { (at + by) % n } else { (at + n - by) % n };
        self.current = Some(to);
        if forwards { to < at } else { to > at }
    }

    /// The row of the hit that one is at.
    pub fn row(&self) -> Option<usize> {
        Some(self.searched.row_of(self.hits.get(self.current?)?.start))
    }

    /// Columns of a row that hits take, and whether it is the one that one is at.
    pub fn columns(&self, nth: usize) -> Vec<(Range<u16>, bool)> {
        let Some(row) = self.text.as_ref().and_then(|text| text.rows(nth..nth + 1).first()) else { return Vec::new() };
        let columns = self.searched.columns(nth, row, &self.hits);
        columns.into_iter().map(|(columns, hit)| (columns, Some(hit) == self.current)).collect()
    }

    /// How far one is, in words.
    pub fn told(&self) -> String {
        match self.current {
            _ if self.query.is_empty() => String::new(),
            Some(at) => format!("{} of {}", at + 1, self.hits.len()),
            None => "not found".to_owned(),
        }
    }
}
