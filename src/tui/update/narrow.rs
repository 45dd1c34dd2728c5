//! Saved views and facets: reading them, listing by them, keeping and removing views.

use crate::store::filter::Filter;
use crate::store::{Facet, IdSet, StoreError};
use crate::tui::app::{App, Overlay, Question, Yes};
use crate::tui::effect::Effect;
use crate::tui::narrow::{Facets, ListedView, Views};
use crate::tui::prompt::{Prompt, Purpose};
use crate::tui::workbench::SavedView;

/// Characters of a view's name.
const NAME: usize = 60;

impl App {
    pub(super) fn open_views(&mut self) -> Vec<Effect> {
        if self.project.is_none() {
            self.warn("no project is open");
            return Vec::new();
        }
        self.overlay = Some(Overlay::Views(Views::default()));
        vec![Effect::Views]
    }

    pub(super) fn views_read(&mut self, found: Result<Vec<SavedView>, String>) -> Vec<Effect> {
        let found = match found {
            Ok(found) => found,
            Err(e) => {
                if matches!(self.overlay, Some(Overlay::Views(_))) {
                    self.overlay = None;
                }
                self.warn(e);
                self.forget_held();
                return Vec::new();
            }
        };
        let Some(Overlay::Views(views)) = &mut self.overlay else { return Vec::new() };
        let listed = |view: SavedView| ListedView {
            filter: Filter::parse(&view.filter).map_err(|e| e.to_string()),
            view,
            count: None,
        };
        let list: Vec<ListedView> = found.into_iter().map(listed).collect();
        let filters = list.iter().enumerate().filter_map(|(nth, listed)| Some((nth, listed.filter.clone().ok()?)));
        let me = &self.settings.reviewer;
        let filters: Vec<_> = filters.map(|(nth, filter)| (nth, filter.asked_by(me))).collect();
        views.selected = views.selected.min(list.len().saturating_sub(1));
        views.list = Some(list);
        if filters.is_empty() {
            return Vec::new();
        }
        self.asked += 1;
        views.asked = self.asked;
        vec![Effect::CountViews(self.asked, filters)]
    }

    pub(super) fn view_counted(&mut self, nth: u64, place: usize, count: u64) {
        if let Some(Overlay::Views(views)) = &mut self.overlay
            && views.asked == nth
            && let Some(listed) = views.list.as_mut().and_then(|list| list.get_mut(place))
        {
            listed.count = Some(count);
        }
    }

    /// Lists by the selected view.
    pub(super) fn choose_view(&mut self) -> Vec<Effect> {
        let Some(Overlay::Views(views)) = &self.overlay else { return Vec::new() };
        let Some(listed) = views.list.as_ref().and_then(|list| list.get(views.selected)) else { return Vec::new() };
        let (name, text) = (listed.view.name.clone(), listed.view.filter.clone());
        if let Err(why) = &listed.filter {
            let why = why.clone();
            self.warn(format!("the view {name} is no filter any more: {why}"));
            return Vec::new();
        }
        self.overlay = None;
        self.tell(format!("view {name}"));
        self.filter_by(&text)
    }

    /// A line for the name of the present filter.
    pub(super) fn name_view(&mut self) -> Vec<Effect> {
        self.prompt = Some(Prompt::new(Purpose::View, "", IdSet::default()));
        self.typed_in_prompt()
    }

    /// Names of views that begin as what is typed does.
    pub(super) fn view_names(&self, typed: &str) -> Vec<(String, String)> {
        let Some(Overlay::Views(Views { list: Some(list), .. })) = &self.overlay else { return Vec::new() };
        let fits = |listed: &&ListedView| listed.view.is_here && listed.view.name.starts_with(typed);
        list.iter().filter(fits).map(|listed| (listed.view.name.clone(), listed.view.filter.clone())).collect()
    }

    /// Whether a view of the project has that name already.
    pub fn has_view(&self, name: &str) -> bool {
        matches!(&self.overlay, Some(Overlay::Views(Views { list: Some(list), .. }))
            if list.iter().any(|listed| listed.view.name == name.trim()))
    }

    pub(super) fn keep_view(&mut self, name: &str) -> Vec<Effect> {
        let name: String = name.trim().chars().take(NAME).collect();
        if name.is_empty() {
            return Vec::new();
        }
        vec![Effect::KeepView(name, Some(self.review.filter.to_string()))]
    }

    /// Asks whether the selected view is to go.
    pub(super) fn remove_view(&mut self) -> Vec<Effect> {
        let Some(Overlay::Views(views)) = &self.overlay else { return Vec::new() };
        let Some(listed) = views.list.as_ref().and_then(|list| list.get(views.selected)) else { return Vec::new() };
        let view = &listed.view;
        if view.is_here {
            let text = format!("Remove the view {}? Candidates stay as they are.", view.name);
            let text = crate::review::cleaned::clean_line(&text);
            self.overlay = Some(Overlay::Confirm(Question::new(text, Yes::RemoveView(view.name.clone()))));
        } else {
            let name = view.name.clone();
            self.warn(format!("{name} stands in your own configuration; `loong config path` names the file"));
        }
        Vec::new()
    }

    pub(super) fn view_kept(&mut self, name: &str, kept: Result<bool, String>) -> Vec<Effect> {
        match kept {
            Ok(true) => self.tell(format!("kept as the view {name}, in the project's loong.toml")),
            Ok(false) => self.tell(format!("the view {name} is removed")),
            Err(e) => self.warn(e),
        }
        // Whoever has closed them meanwhile does not want them.
        if matches!(self.overlay, Some(Overlay::Views(_))) { self.open_views() } else { Vec::new() }
    }

    /// Has a view removed; the others are shown again.
    pub(super) fn view_removed(&mut self, name: String) -> Vec<Effect> {
        self.overlay = Some(Overlay::Views(Views::default()));
        vec![Effect::KeepView(name, None)]
    }

    pub(super) fn open_facets(&mut self) -> Vec<Effect> {
        if self.project.is_none() {
            self.warn("no project is open");
            return Vec::new();
        }
        self.asked += 1;
        let hides_verdicts = self.review.blind;
        self.overlay = Some(Overlay::Facets(Facets { asked: self.asked, hides_verdicts, ..Facets::default() }));
        vec![Effect::Facets(self.asked, self.review.filter.asked_by(&self.settings.reviewer))]
    }

    pub(super) fn faceted(
        &mut self,
        nth: u64,
        facet: Facet,
        counted: Result<Vec<(String, u64)>, StoreError>,
        is_whole: bool,
    ) -> Vec<Effect> {
        let Some(Overlay::Facets(facets)) = &mut self.overlay else { return Vec::new() };
        if facets.asked != nth {
            return Vec::new();
        }
        facets.is_whole |= is_whole;
        match counted {
            Ok(values) if values.is_empty() || facets.hides_verdicts && facet.tells_verdicts() => {}
            Ok(values) => facets.counts.push((facet, values)),
            Err(e) => self.warn(e.to_string()),
        }
        Vec::new()
    }

    /// Narrows the list down to the selected value.
    pub(super) fn choose_facet(&mut self) -> Vec<Effect> {
        let Some(Overlay::Facets(facets)) = &self.overlay else { return Vec::new() };
        let Some(term) = facets.term() else { return Vec::new() };
        self.overlay = None;
        let mut effects = vec![Effect::EndFacets];
        match Filter::parse(&term) {
            Ok(narrower) => {
                let narrowed = self.review.filter.clone().and(narrower).to_string();
                effects.extend(self.filter_by(&narrowed));
            }
            Err(e) => self.warn(e.to_string()),
        }
        effects
    }
}
