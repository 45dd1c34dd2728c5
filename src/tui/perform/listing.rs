//! Listing: by stretches of rows, the first of them around what is selected. So the first rows are there at once, the old
//! ones stay until then, and a newer wish ends it between two stretches.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::lane::Job;
use super::titles;
use crate::store::filter::{Filter, Sort};
use crate::store::record::Row;
use crate::store::{IdSet, Reader, StoreError};
use crate::tui::listed::Listed;
use crate::tui::msg::{Found, More, Msg};

/// Rows of the first stretch.
const FIRST: i64 = 8192;
/// What a stretch should take: less, and the next one is longer.
const STRETCH: Duration = Duration::from_millis(50);
/// Narrow rows that come with the first answer, so that it can be drawn: half of them before what is selected.
const ROWS: usize = 128;

/// The stretches of rows of one listing: one around where it begins, those above it, those below it.
struct Stretches {
    newest: i64,
    /// Rows from here to the end are still to be read.
    up: i64,
    /// Rows from the first to here are still to be read.
    down: i64,
    length: i64,
}

impl Stretches {
    fn new(newest: i64, near: i64) -> Self {
        let begin = near.saturating_sub(FIRST / 2).min(newest - FIRST + 1).max(1);
        Self { newest, up: begin, down: begin - 1, length: FIRST }
    }

    /// The next stretch, given what the one before took.
    fn next(&mut self, took: Duration) -> Option<RangeInclusive<i64>> {
        if took < STRETCH / 4 {
            self.length = self.length.saturating_mul(4);
        } else if took < STRETCH {
            self.length = self.length.saturating_mul(2);
        } else if took > STRETCH * 2 {
            self.length = (self.length / 2).max(64);
        }
        if self.up <= self.newest {
            let first = self.up;
            self.up = first.saturating_add(self.length).min(self.newest.saturating_add(1));
            Some(first..=self.up - 1)
        } else if self.down >= 1 {
            let last = self.down;
            self.down = last.saturating_sub(self.length).max(0);
            Some(self.down + 1..=last)
        } else {
            None
        }
    }

    /// Hundredths that are read.
    fn percent(&self) -> u8 {
        let left = self.newest - self.up + 1 + self.down;
        u8::try_from((self.newest - left).max(0) * 100 / self.newest.max(1)).unwrap_or(100)
    }

    fn is_over(&self) -> bool {
        self.up > self.newest && self.down < 1
    }
}

/// Lists what a filter takes, and gives what it finds to `answer` as it finds it.
pub(super) fn list(
    reader: &Reader,
    filter: &Filter,
    (me, near): (&str, Option<i64>),
    job: &Job,
    answer: &mut dyn FnMut(Begun),
) -> Result<(), StoreError> {
    let (mine, sealed) = (reader.judged_by(me)?, reader.sealed(me)?);
    let newest = reader.newest()?;
    if filter.sort() != Sort::Number {
        let ids = Listed::in_order(reader.ordered(filter)?);
        let mut disagree = reader.disagreeing_within(&(1..=newest))?;
        disagree &= ids.set();
        let rows = rows(reader, &ids, near)?;
        answer(Begun::First(Found { ids, disagree, mine, sealed, rows, upto: newest, percent: 100 }));
        return Ok(());
    }
    let mut all = None;
    if filter.is_all() {
        all = reader.unbroken()?.map(|rows| (IdSet::span(&rows), *rows.end()));
    }
    let newest = all.as_ref().map_or(newest, |(_, last)| *last);
    let mut mine = Some(mine);
    let mut stretches = Stretches::new(newest, near.unwrap_or(1));
    let mut took = STRETCH;
    while let Some(stretch) = stretches.next(took) {
        if job.is_stale() {
            return Err(StoreError::Interrupted);
        }
        let begun = Instant::now();
        // Of all, none has to be looked for; which of them disagree is read by stretches all the same.
        let ids = match (&all, &mine) {
            (Some((all, _)), Some(_)) => all.clone(),
            (Some(_), None) => IdSet::default(),
            (None, _) => reader.ids_within(filter, &stretch)?,
        };
        let mut disagree = IdSet::default();
        if all.is_some() || !ids.is_empty() {
            disagree = reader.disagreeing_within(&stretch)?;
            if all.is_none() {
                disagree &= &ids;
            }
        }
        took = begun.elapsed();
        let percent = if stretches.is_over() { 100 } else { stretches.percent().min(99) };
        match mine.take_if(|_| !ids.is_empty() || percent == 100) {
            Some(mine) => {
                let ids = Listed::from(ids);
                let rows = rows(reader, &ids, near)?;
                answer(Begun::First(Found {
                    ids,
                    disagree,
                    mine,
                    sealed: sealed.clone(),
                    rows,
                    upto: newest,
                    percent,
                }));
            }
            None => answer(Begun::Further(More { ids, disagree, upto: newest, percent })),
        }
    }
    if let Some(mine) = mine {
        answer(Begun::First(Found { mine, sealed, upto: newest, percent: 100, ..Found::default() }));
    }
    Ok(())
}

/// What came of a listing.
pub(super) enum Begun {
    /// The first of them: a new list.
    First(Found),
    /// More for it.
    Further(More),
}

impl Begun {
    pub(super) fn told(self, listing: u64) -> Msg {
        match self {
            Self::First(found) => Msg::Listed { listing, found: Ok(found) },
            Self::Further(more) => Msg::ListedMore { listing, more },
        }
    }
}

/// What the filter takes behind a row.
pub(super) fn grow(reader: &Reader, filter: &Filter, after: i64) -> Result<More, StoreError> {
    let newest = reader.newest()?;
    let stretch = after.saturating_add(1)..=newest;
    if stretch.is_empty() {
        return Ok(More { upto: after, percent: 100, ..More::default() });
    }
    let ids = reader.ids_within(filter, &stretch)?;
    let mut disagree = reader.disagreeing_within(&stretch)?;
    disagree &= &ids;
    Ok(More { ids, disagree, upto: newest, percent: 100 })
}

/// The rows that a list is first seen by.
fn rows(reader: &Reader, ids: &Listed, near: Option<i64>) -> Result<Vec<Row>, StoreError> {
    let at = near.and_then(|id| ids.place(id).or_else(|| Some(ids.set().below(id)).filter(|_| ids.is_by_number())));
    titles::rows(reader, &ids.some(at.unwrap_or(0).saturating_sub(ROWS / 2), ROWS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(newest: i64, near: i64, took: Duration) -> Vec<RangeInclusive<i64>> {
        let mut stretches = Stretches::new(newest, near);
        let all: Vec<_> = std::iter::from_fn(|| stretches.next(took)).take(100_000).collect();
        assert!(stretches.is_over());
        all
    }

    #[test]
    fn every_row_is_in_one_stretch() {
        for took in [Duration::ZERO, STRETCH, STRETCH * 9] {
            for newest in [0, 1, 5, FIRST, FIRST + 1, 100_003] {
                for near in [-4, 0, 1, newest / 2, newest, newest + 9, i64::MAX] {
                    let mut rows: Vec<i64> = all(newest, near, took).into_iter().flatten().collect();
                    rows.sort_unstable();
                    assert!(rows.iter().copied().eq(1..=newest), "{newest} rows from {near}: {}", rows.len());
                }
            }
        }
    }

    #[test]
    fn the_first_stretch_is_around_what_is_selected_and_a_short_list_has_one() {
        assert!(all(1_000_000, 750_000, STRETCH)[0].contains(&750_000));
        assert!(all(1_000_000, 750_000, STRETCH)[0].contains(&749_900));
        assert!(all(1_000_000, 1_000_000, STRETCH)[0].contains(&999_900));
        assert_eq!(all(FIRST, FIRST / 3, STRETCH).len(), 1);
    }

    #[test]
    fn slow_stretches_grow_shorter_and_fast_ones_longer() {
        let lengths = |took| all(1_000_000, 1, took).len();
        assert!(lengths(Duration::ZERO) < 6 && lengths(STRETCH * 9) > 1_000);
    }
}
