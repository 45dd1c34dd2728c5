//! What the list is narrowed down by, beside typing: views that were saved, and facets of what is listed.

use super::workbench::SavedView;
use crate::store::Facet;
use crate::store::filter::{Filter, written};

/// A saved view in the list of them.
#[derive(Debug, Clone)]
pub struct ListedView {
    /// The view.
    pub view: SavedView,
    /// The filter that it means, or what is wrong with it.
    pub filter: Result<Filter, String>,
    /// How many candidates it takes, once that is counted.
    pub count: Option<u64>,
}

/// The saved views.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// The views; none until they are read.
    pub list: Option<Vec<ListedView>>,
    /// The selected one.
    pub selected: usize,
    /// Which count is being waited for.
    pub asked: u64,
}

/// Facets of what is listed.
#[derive(Debug, Clone, Default)]
pub struct Facets {
    /// What is counted so far: facet by facet, each value with its count.
    pub counts: Vec<(Facet, Vec<(String, u64)>)>,
    /// The selected value, counted through all facets.
    pub selected: usize,
    /// Which count is being waited for.
    pub asked: u64,
    /// All is counted.
    pub is_whole: bool,
    /// Verdicts are hidden, and so is how often each was given.
    pub hides_verdicts: bool,
}

impl Facets {
    /// How many values can be selected.
    pub fn len(&self) -> usize {
        self.counts.iter().map(|(_, values)| values.len()).sum()
    }

    /// Whether there is nothing to be selected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The term that the selected value means.
    pub fn term(&self) -> Option<String> {
        let mut values = self.counts.iter().flat_map(|(facet, values)| values.iter().map(move |(v, _)| (facet, v)));
        values.nth(self.selected).map(|(facet, value)| format!("{facet}:{}", written(value)))
    }
}
