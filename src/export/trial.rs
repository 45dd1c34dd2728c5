//! What an export would write, without writing it.

use std::io;
use std::path::{Path, PathBuf};

use super::error::ExportError;
use super::members::Drift;
use super::options::Encoding;
use super::place::Places;
use super::previous::Previous;
use super::rows::{ExportRequest, Rows};
use crate::likeness::Contamination;

/// Rows as an export to a file would write them, which go nowhere. What is in the way of the files is not looked at.
pub struct Trial {
    /// The rows: lines, also where the file would have columns.
    pub rows: Rows<io::Sink>,
    /// Where they would go.
    pub place: PathBuf,
    /// Rows that are there already, where the export goes on from the last one.
    pub before: Option<u64>,
}

impl Trial {
    /// The rows of an export to `place`, all of them or what is new since the last one to it. What is in the files of
    /// `against` is left out.
    ///
    /// # Errors
    /// What does not go together, and where the last export was another one or is not as its manifest has it.
    pub fn of(
        place: &Path,
        request: ExportRequest,
        since_last: bool,
        against: Contamination,
    ) -> Result<Self, ExportError> {
        request.check()?;
        let places = Places::of(place);
        let previous = if since_last { Previous::read(&places)? } else { None };
        let (part, before) = match &previous {
            Some(previous) => {
                previous.check(&places, &request, &against)?;
                (previous.next(), Some(previous.rows()))
            }
            None => (1, None),
        };
        let lines = ExportRequest { encoding: Encoding::Lines, ..request };
        let to = || (io::sink(), place.to_owned());
        let mut rows = Rows::begin(to(), Some(to()), lines, previous.map(|previous| previous.members))?;
        rows.keep_away_from(against);
        Ok(Self { rows, place: places.data(part, Encoding::of(place)), before })
    }

    /// Ends it; says what of the files that are there no longer holds.
    ///
    /// # Errors
    /// [`ExportError::Nothing`] when no candidate was selected, [`ExportError::OnlyTest`] when all are in the test part.
    pub fn finish(self) -> Result<Drift, ExportError> {
        self.rows.end().map(|ended| ended.drift)
    }
}
