//! The state of the seeds screen: what is listed, what is selected, what its checks came to. Selection is a seed's content
//! id; headings cannot be selected.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::text::Laid;
use super::workbench::{SeedCheck, SeedRow, Seeds};
use crate::dataset::{Datapoint, Place};
use crate::verifier::Outcome;

/// Rows that could not be read and are listed.
const BAD: usize = 5;
/// Columns from which the list stands beside the seed.
const TWO: u16 = 100;
/// Columns from which the code stands beside the question.
const THREE: u16 = 150;

/// A pane of the seeds screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The seeds.
    #[default]
    List,
    /// The question.
    Question,
    /// The code.
    Code,
    /// The stated answer, what is wrong, what the check printed.
    Check,
}

impl Pane {
    /// All of them, in the order of `tab`.
    pub const ALL: [Self; 4] = [Self::List, Self::Question, Self::Code, Self::Check];

    /// What its tab says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "seeds",
            Self::Question => "question",
            Self::Code => "code",
            Self::Check => "check",
        }
    }

    /// Where its scroll and rows are kept.
    const fn at(self) -> usize {
        self as usize
    }
}

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// How many rows could not be read.
    BadHead(usize),
    /// One of them.
    Bad(usize),
    /// A domain, by the first of its seeds, and how many are shown of it.
    Domain(usize, usize),
    /// A seed.
    Seed(usize),
}

/// A seed's texts, typeset.
#[derive(Debug, Clone)]
pub struct SeedTexts {
    /// The seed.
    pub id: String,
    /// The widths that they were typeset for: of question and output, of code.
    pub widths: (u16, u16),
    /// The question.
    pub question: Arc<Laid>,
    /// The code.
    pub code: Arc<Laid>,
    /// What is wrong, and what the last check said and printed.
    pub check: Arc<Laid>,
}

/// A check under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checking {
    /// Seeds that are done.
    pub done: usize,
    /// Seeds in all.
    pub all: usize,
}

/// The state.
#[derive(Debug, Default)]
pub struct SeedsScreen {
    /// The seeds; none until they are read.
    pub found: Option<Arc<Seeds>>,
    /// They are being read.
    pub loading: bool,
    /// Why there are none.
    pub fault: Option<String>,
    /// What is searched for.
    pub query: String,
    /// The list.
    pub rows: Vec<Row>,
    /// Places in it that are no seed's: headings, and rows that could not be read.
    others: Vec<usize>,
    /// Seeds that are shown.
    pub shown: usize,
    /// The selected seed's content id.
    pub selected: Option<String>,
    /// First row of the list that is shown.
    pub top: usize,
    /// The pane with the focus.
    pub pane: Pane,
    /// The pane of text that had it last.
    pub reading: Option<Pane>,
    /// First row shown of each text.
    scroll: [usize; 4],
    /// The texts of the seed that is read.
    pub texts: Option<SeedTexts>,
    /// What checks came to, by content id.
    pub checks: HashMap<String, Arc<SeedCheck>>,
    /// The check under way.
    pub checking: Option<Checking>,
    /// Checks asked for, so that late answers are known.
    pub asked: u64,
    /// The seed that was written last and has not been listed: it is seen whatever is searched for.
    pub wanted: Option<String>,
    /// A seed is being written.
    pub writing: bool,
    /// What somebody wrote on seeds' sheets that was not kept, by the seed's content id, and where that seed stands.
    pub drafts: HashMap<String, (String, Option<Place>)>,
    /// The seed that was just written, which is checked as soon as it is listed, and what was told of the writing.
    pub unchecked: Option<(String, String)>,
}

impl SeedsScreen {
    /// The seeds were read; the selection stays where it can, and of two checks of a seed the later one counts.
    pub fn list(&mut self, found: Arc<Seeds>) {
        for kept in &found.checks {
            if self.checks.get(&kept.id).is_none_or(|there| there.at < kept.at) {
                self.checks.insert(kept.id.clone(), Arc::new(kept.clone()));
            }
        }
        self.keep_drafts(&found);
        let wanted = self.wanted.take().filter(|id| found.rows.iter().any(|row| row.seed.id == *id));
        // One that was changed elsewhere is another one in the same place.
        let here = self.row().and_then(|row| self.in_its_place(row.seed.place.as_ref()?, &found));
        let here = here.map(|row| row.seed.id.clone());
        let is_gone = self.selected.as_ref().is_some_and(|id| !found.rows.iter().any(|row| row.seed.id == *id));
        self.selected = here.filter(|_| is_gone).or(self.selected.take());
        self.found = Some(found);
        self.fault = None;
        self.selected = wanted.clone().or(self.selected.take());
        self.filter();
        if wanted.is_some() && self.selected != wanted {
            self.query.clear();
            self.selected = wanted;
            self.filter();
        }
    }

    /// The seed that stands in a place now, where it is a new one: one that was listed before has only moved there.
    fn in_its_place<'a>(&self, place: &Place, found: &'a Seeds) -> Option<&'a SeedRow> {
        let here = |there: &Place| there.file == place.file && there.row == place.row;
        let now = found.rows.iter().find(|row| row.seed.place.as_ref().is_some_and(here));
        now.filter(|now| self.named(&now.seed.id).is_none())
    }

    /// What was written on the sheet of a seed that has another content by now goes to the one that stands in its place.
    fn keep_drafts(&mut self, found: &Seeds) {
        for (id, (text, place)) in std::mem::take(&mut self.drafts) {
            let now = found.rows.iter().find(|row| row.seed.id == id);
            let now = now.or_else(|| self.in_its_place(place.as_ref()?, found));
            let (id, place) = now.map_or((id, place), |now| (now.seed.id.clone(), now.seed.place.clone()));
            self.drafts.entry(id).or_insert((text, place));
        }
    }

    /// Lists what is searched for: every word stands in the question, the answer, the domain, a finding or the last check's
    /// outcome.
    pub fn filter(&mut self) {
        let Some(found) = self.found.clone() else { return };
        let words: Vec<String> = self.query.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let mut rows = Vec::with_capacity(found.rows.len() + 16);
        if !found.bad.is_empty() {
            rows.push(Row::BadHead(found.bad.len()));
            rows.extend((0..found.bad.len().min(BAD)).map(Row::Bad));
        }
        let mut shown = 0;
        let mut head: Option<usize> = None;
        for (at, row) in found.rows.iter().enumerate().filter(|(_, row)| self.fits(row, &words)) {
            shown += 1;
            match head.map(|head| (head, rows[head])) {
                Some((head, Row::Domain(first, n))) if found.rows[first].seed.domain() == row.seed.domain() => {
                    rows[head] = Row::Domain(first, n + 1);
                }
                _ => {
                    head = Some(rows.len());
                    rows.push(Row::Domain(at, 1));
                }
            }
            rows.push(Row::Seed(at));
        }
        self.others = (0..rows.len()).filter(|at| !matches!(rows[*at], Row::Seed(_))).collect();
        (self.rows, self.shown) = (rows, shown);
        if self.position().is_none() {
            let first = self.rows.iter().position(|row| matches!(row, Row::Seed(_)));
            self.selected = first.and_then(|at| self.id_at(at));
        }
    }

    fn fits(&self, row: &SeedRow, words: &[String]) -> bool {
        let seed = &row.seed;
        words.iter().all(|word| {
            has(&row.title, word)
                || has(seed.domain(), word)
                || has(&seed.final_answer, word)
                || row.findings.iter().any(|finding| has(finding.name, word))
                || self.checks.get(&seed.id).is_some_and(|check| has(outcome(check), word))
        })
    }

    /// The row of a list's place, where it is a seed's.
    pub fn seed_at(&self, at: usize) -> Option<&SeedRow> {
        match self.rows.get(at)? {
            Row::Seed(nth) => self.found.as_ref()?.rows.get(*nth),
            _ => None,
        }
    }

    fn id_at(&self, at: usize) -> Option<String> {
        self.seed_at(at).map(|row| row.seed.id.clone())
    }

    /// The list's place of the selected seed.
    pub fn position(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        (0..self.rows.len()).find(|at| self.seed_at(*at).is_some_and(|row| row.seed.id == *selected))
    }

    /// The selected seed.
    pub fn row(&self) -> Option<&SeedRow> {
        self.position().and_then(|at| self.seed_at(at))
    }

    /// The seed of a content id, where the project has it.
    pub fn named(&self, id: &str) -> Option<&SeedRow> {
        self.found.as_ref()?.rows.iter().find(|row| row.seed.id == id)
    }

    /// Its last check.
    pub fn check(&self) -> Option<&Arc<SeedCheck>> {
        self.checks.get(self.selected.as_ref()?)
    }

    /// The seeds that are listed.
    pub fn listed(&self) -> Vec<Arc<Datapoint>> {
        (0..self.rows.len()).filter_map(|at| self.seed_at(at)).map(|row| Arc::clone(&row.seed)).collect()
    }

    /// How the checks of the listed seeds came out: equivalent, something else, not checked.
    pub fn counts(&self) -> (usize, usize, usize) {
        let mut counts = (0, 0, 0);
        for row in (0..self.rows.len()).filter_map(|at| self.seed_at(at)) {
            match self.checks.get(&row.seed.id) {
                Some(check) if check.verdict == Some(Outcome::Equivalent) => counts.0 += 1,
                Some(_) => counts.1 += 1,
                None => counts.2 += 1,
            }
        }
        counts
    }

    /// Selects the seed that is `by` seeds away, or the last one there is on that side.
    pub fn step(&mut self, by: isize) {
        let places: Vec<usize> = (0..self.rows.len()).filter(|at| matches!(self.rows[*at], Row::Seed(_))).collect();
        let Some(last) = places.len().checked_sub(1) else { return };
        let now = self.position().and_then(|at| places.binary_search(&at).ok()).unwrap_or(0);
        self.select(places[now.saturating_add_signed(by).min(last)]);
    }

    /// Selects the first seed of the next domain, or of this one, or of the one before where it is selected already.
    pub fn step_domain(&mut self, forwards: bool) {
        let Some(now) = self.position() else { return };
        let heads: Vec<usize> = (0..self.rows.len()).filter(|at| matches!(self.rows[*at], Row::Domain(..))).collect();
        let to = if forwards {
            heads.iter().find(|head| **head > now)
        } else {
            heads.iter().rev().find(|head| **head + 1 < now)
        };
        if let Some(head) = to.copied() {
            self.select(head + 1);
            // As much of the domain as there is room for.
            self.top = head;
        }
    }

    /// Selects the seed at a place of the list, where one is there.
    pub fn select(&mut self, at: usize) {
        if let Some(id) = self.id_at(at).filter(|id| self.selected.as_ref() != Some(id)) {
            self.selected = Some(id);
            self.scroll = [0; 4];
        }
    }

    /// Scrolls the list so that the selection is on its `height` rows, with its domain where it is the first one of it.
    pub fn keep_in_view(&mut self, height: usize) {
        let height = height.max(1);
        if let Some(at) = self.position() {
            let above = at.saturating_sub(1 + usize::from(height > 4)).max((at + 1).saturating_sub(height));
            if above < self.top {
                // What cannot be read stands above the first seed, and would be seen no other way.
                self.top = if at < height.min(BAD + 3) { 0 } else { above };
            } else if at + 1 + usize::from(height > 4) > self.top + height {
                self.top = at + 1 + usize::from(height > 4) - height;
            }
        }
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// How many seeds are listed above and below the rows that are shown, of which there are so many.
    pub fn beyond(&self, height: usize) -> (usize, usize) {
        let end = self.top.saturating_add(height).min(self.rows.len());
        // Rows that are no seeds are few, however many seeds there are.
        let seeds = |rows: usize| rows - self.others.partition_point(|other| *other < rows);
        (seeds(self.top.min(end)), self.shown.saturating_sub(seeds(end)))
    }

    /// The rows of a text; none until it is typeset.
    pub fn laid(&self, pane: Pane) -> Option<&Laid> {
        let texts = self.texts.as_ref().filter(|texts| Some(&texts.id) == self.selected.as_ref())?;
        match pane {
            Pane::List => None,
            Pane::Question => Some(&texts.question),
            Pane::Code => Some(&texts.code),
            Pane::Check => Some(&texts.check),
        }
    }

    /// First row shown of a text.
    pub fn scroll_of(&self, pane: Pane) -> usize {
        self.scroll[pane.at()]
    }

    /// The same, to be changed.
    pub fn scroll_mut(&mut self, pane: Pane) -> &mut usize {
        &mut self.scroll[pane.at()]
    }
}

/// Whether a lower-case word stands in a text.
fn has(text: &str, word: &str) -> bool {
    text.to_lowercase().contains(word)
}

/// A check's outcome in a word.
pub fn outcome(check: &SeedCheck) -> &str {
    match check.verdict {
        Some(verdict) => verdict.as_str(),
        None => &check.status,
    }
}

/// How long a check's program ran.
pub fn took(check: &SeedCheck) -> String {
    if check.seconds < 0.01 { format!("{:.0} ms", check.seconds * 1e3) } else { format!("{:.2} s", check.seconds) }
}

/// How long ago a check was, for those that read it later.
pub fn ago(check: &SeedCheck, now: Timestamp) -> Option<String> {
    let minutes = now.as_second().saturating_sub(check.at.as_second()) / 60;
    let (n, unit) = match minutes {
        ..1 => return None,
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    Some(format!("checked {n} {unit}{} ago", if n == 1 { "" } else { "s" }))
}

/// Where the panes stand.
pub fn places(body: Rect, screen: &SeedsScreen) -> Vec<(Pane, Rect)> {
    if body.width < TWO {
        return vec![(screen.pane, body)];
    }
    let list = if body.width >= THREE { (body.width / 4).min(54) } else { 40 };
    let beside = Rect { x: body.x + list - 1, width: body.width - list + 1, ..body };
    let rows = |pane| screen.laid(pane).map_or(1, |laid| u16::try_from(laid.len()).unwrap_or(u16::MAX)).max(1);
    let mut panes = vec![(Pane::List, Rect { width: list, ..body })];
    let (left, code) = if body.width >= THREE {
        let half = beside.width / 2;
        let code = Rect { x: beside.x + half, width: beside.width - half, ..beside };
        (Rect { width: half + 1, ..beside }, Some(code))
    } else {
        (beside, None)
    };
    // Borders are shared. The answer with its check has what it wants, up to a third; the question up to another.
    let boxes = if code.is_some() { 2 } else { 3 };
    let room = left.height.saturating_sub(boxes + 1);
    let check = (rows(Pane::Check) + ANSWER_ROWS).max(5).min(room / if code.is_some() { 2 } else { 3 });
    let question = if code.is_some() { room - check } else { rows(Pane::Question).min(room / 3).max(1) };
    let mut y = left.y;
    let mut put = |pane, height: u16| {
        panes.push((pane, Rect { y, height: height + 2, ..left }));
        y += height + 1;
    };
    put(Pane::Question, question);
    if code.is_none() {
        // Also while the terminal is too small to show anything: what is laid out then is not drawn.
        put(Pane::Code, room.saturating_sub(question + check));
    }
    put(Pane::Check, check);
    panes.extend(code.map(|code| (Pane::Code, code)));
    panes
}

/// Rows above the check's text: the stated answer, what the code printed, a blank.
pub const ANSWER_ROWS: u16 = 3;

/// Columns for the texts of a terminal this wide: of question and check, of code.
pub fn widths(columns: u16, screen: &SeedsScreen) -> (u16, u16) {
    let panes = places(Rect { x: 0, y: 0, width: columns, height: 40 }, screen);
    let of = |pane| panes.iter().find(|(p, _)| *p == pane).map_or(columns, |(_, area)| area.width).saturating_sub(4);
    (of(Pane::Question), of(Pane::Code))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn screen(domains: &[&str]) -> SeedsScreen {
        let rows = domains.iter().enumerate().map(|(n, domain)| {
            let value =
                json!({"question": format!("q{n} {domain}"), "final_answer": n, "metadata": {"domain": domain}});
            let seed = Arc::new(Datapoint::from_value(value).unwrap());
            SeedRow { title: seed.question.clone(), findings: Vec::new(), own: false, past: None, seed }
        });
        let mut screen = SeedsScreen::default();
        screen.list(Arc::new(Seeds { rows: rows.collect(), ..Seeds::default() }));
        screen
    }

    fn here(screen: &SeedsScreen) -> &str {
        screen.row().map_or("", |row| row.title.as_str())
    }

    #[test]
    fn steps_pass_over_headings_and_stop_at_the_ends() {
        let mut screen = screen(&["games", "games", "logic", "logic"]);
        assert_eq!(screen.rows[0], Row::Domain(0, 2));
        assert_eq!(here(&screen), "q0 games");
        screen.step(2);
        assert_eq!(here(&screen), "q2 logic");
        screen.step(9);
        assert_eq!(here(&screen), "q3 logic");
        screen.step_domain(false);
        assert_eq!(here(&screen), "q2 logic", "to the beginning of its own domain first");
        screen.step_domain(false);
        assert_eq!(here(&screen), "q0 games");
        screen.step_domain(true);
        assert_eq!(here(&screen), "q2 logic");
        screen.step_domain(true);
        assert_eq!(here(&screen), "q2 logic", "there is no further one");
    }

    #[test]
    fn a_filter_keeps_the_selection_where_it_can() {
        let mut screen = screen(&["games", "logic", "logic"]);
        screen.step(2);
        screen.query = "LOGIC".to_owned();
        screen.filter();
        assert_eq!((here(&screen), screen.shown, screen.rows[0]), ("q2 logic", 2, Row::Domain(1, 2)));
        screen.query = "q1 logic".to_owned();
        screen.filter();
        assert_eq!(here(&screen), "q1 logic");
        screen.query = "nothing".to_owned();
        screen.filter();
        assert_eq!((here(&screen), screen.rows.len()), ("", 0));
        screen.step(1);
        screen.step_domain(true);
    }

    #[test]
    fn the_selection_is_always_on_the_list() {
        let mut screen = screen(&["a", "b", "b", "b", "c", "c", "c", "c", "d"]);
        for by in [1, 1, 3, 9, -2, -9, 4, -1] {
            screen.step(by);
            for height in [1, 2, 5, 6, 40] {
                screen.keep_in_view(height);
                let at = screen.position().unwrap();
                assert!(at >= screen.top && at < screen.top + height, "{at} in {}+{height}", screen.top);
            }
        }
    }

    #[test]
    fn what_is_beyond_the_rows_shown_counts_seeds_and_no_headings() {
        let mut screen = screen(&["a", "a", "b", "b", "b"]);
        assert_eq!((screen.rows.len(), screen.beyond(9)), (7, (0, 0)));
        assert_eq!(screen.beyond(3), (0, 3), "a heading and two seeds are shown");
        screen.top = 3;
        assert_eq!(screen.beyond(2), (2, 2), "the heading of b and its first seed are shown");
    }

    #[test]
    fn panes_fill_the_body_at_every_size() {
        for (width, height) in [(200, 53), (150, 30), (120, 38), (100, 14), (80, 22), (60, 14)] {
            let body = Rect { x: 0, y: 1, width, height };
            let screen = screen(&["logic"]);
            let panes = places(body, &screen);
            for y in body.y..body.bottom() {
                for x in 0..width {
                    assert!(panes.iter().any(|(_, area)| area.contains((x, y).into())), "{width}x{height}: {x},{y}");
                }
            }
        }
    }
}
