//! Writing an export: a dataset of files to a folder, at once or as what is new since the last time.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::aside::{self, Aside};
use super::card;
use super::error::ExportError;
use super::manifest::{Increment, Manifest, News};
use super::place::{Places, check, folder, sync_folder};
use super::previous::Previous;
use super::rows::{ExportRequest, Rows};
use super::selection::Skip;
use crate::likeness::Contamination;
use crate::store::record::CandidateView;
use crate::store::{Reader, Unread};

/// A dataset going to a folder: the file, its test part where one was asked for, `<name>.manifest.json` and `<name>.card.md`
/// beside it, all there or none. Dropped before [`Exporter::finish`], it leaves nothing; what a killed process left in the
/// folder is removed by the next one.
pub struct Exporter {
    rows: Rows<Aside>,
    places: Places,
    overwrite: bool,
    /// The export that this one goes on from.
    previous: Option<Previous>,
}

impl Exporter {
    /// Begins an export to the file `place`.
    ///
    /// # Errors
    /// When one of the files is there and not to be overwritten, is no file, or can't be written.
    pub fn create(place: &Path, request: ExportRequest, overwrite: bool) -> Result<Self, ExportError> {
        request.check()?;
        let places = Places::of(place);
        for path in places.all(&request) {
            check(&path, overwrite)?;
        }
        let rows = begin(&places, 1, request, None)?;
        Ok(Self { rows, places, overwrite, previous: None })
    }

    /// Begins an export of what is new since the last one to the file `place`: it goes into files of its own beside it. The
    /// first one writes everything. What is in the files of `against` is left out, then as now.
    ///
    /// # Errors
    /// As [`Exporter::create`], and where the last export was another one, or is not as its manifest has it.
    pub fn go_on(place: &Path, request: ExportRequest, against: Contamination) -> Result<Self, ExportError> {
        request.check()?;
        let places = Places::of(place);
        let Some(mut previous) = Previous::read(&places)? else {
            let mut first = Self::create(place, request, false)?;
            first.keep_away_from(against);
            return Ok(first);
        };
        previous.check(&places, &request, &against)?;
        if request.reward.is_some() && previous.reward.is_none() {
            check(&places.reward(), false)?;
        }
        let part = previous.next();
        for path in [places.data(part, request.encoding), places.test(part, request.encoding)] {
            if path.exists() {
                return Err(ExportError::NotNamed { path });
            }
        }
        let mut rows = begin(&places, part, request, Some(&mut previous))?;
        rows.keep_away_from(against);
        Ok(Self { rows, places, overwrite: false, previous: Some(previous) })
    }

    /// The first of its files that is there already.
    pub fn in_the_way(place: &Path, request: &ExportRequest) -> Option<PathBuf> {
        Places::of(place).all(request).into_iter().find(|path| path.exists())
    }

    /// Leaves out what is in these files.
    pub fn keep_away_from(&mut self, against: Contamination) {
        self.rows.keep_away_from(against);
    }

    /// Reads what the last export wrote, where there was one and none of it may come again.
    pub fn look_back(&mut self, reader: &mut Reader) -> Result<(), ExportError> {
        self.rows.look_back(reader)
    }

    /// Takes the next candidate, in the order of ids; says why it is left out, where it is.
    pub fn push(&mut self, view: &CandidateView) -> Result<Option<Skip>, ExportError> {
        self.rows.push(view)
    }

    /// Counts those that could not be read, which are left out.
    pub fn pass_by(&mut self, unread: &Unread) {
        self.rows.pass_by(unread);
    }

    /// Rows that were written so far, and how many of them are in the test part.
    pub fn written(&self) -> (u64, u64) {
        self.rows.written()
    }

    /// Ends the export: everything is on the disk before anything appears.
    ///
    /// # Errors
    /// [`ExportError::Nothing`] when no candidate was selected; then there is no file.
    pub fn finish(self) -> Result<Manifest, ExportError> {
        let Self { rows, places, overwrite, previous } = self;
        let ended = rows.end()?;
        let (main, file) = ended.main.unzip();
        let (test, test_file) = ended.test.unzip();
        let (all, reward) = (places.all(&ended.request), ended.request.reward);
        let (goes_on, had_reward) = (previous.is_some(), previous.as_ref().is_some_and(|last| last.reward.is_some()));
        let new = News {
            rows: [&file, &test_file].into_iter().flatten().map(|file| file.rows).sum(),
            test: test_file.as_ref().map_or(0, |test| test.rows),
            goes_on,
            is_written: true,
        };
        let mut manifest = match previous {
            None => ended.counting.into_manifest(ended.request, file.unwrap_or_default(), test_file),
            Some(previous) => {
                let mut manifest = ended.counting.into_manifest(ended.request, previous.file, previous.test);
                manifest.increments = previous.increments;
                manifest.increments.extend((new.rows > 0).then_some(Increment { file, test: test_file }));
                manifest.drift = ended.drift;
                manifest
            }
        };
        manifest.news = new;
        manifest.members = Some(ended.members);
        let text = json(&manifest, places.place())?;
        manifest.members = None;
        if goes_on && new.rows == 0 && fs::read(places.manifest()).is_ok_and(|there| there == text) {
            manifest.news.is_written = false;
            return Ok(manifest);
        }
        let manifest_file = written(&places.manifest(), &text)?;
        let card_file = written(&places.card(), card::render(&manifest).as_bytes())?;
        let reward_file = match reward {
            Some(reward) => {
                let place = places.reward();
                let module = place.file_stem().unwrap_or_default().to_string_lossy();
                Some(written(&place, reward.source(&module).as_bytes())?)
            }
            None => None,
        };
        main.iter().chain(&test).try_for_each(Aside::sync)?;

        if goes_on {
            // The manifest last: what it does not name was not exported.
            test.into_iter().chain(main).try_for_each(|file| file.settle(false))?;
            reward_file.into_iter().try_for_each(|file| file.settle(had_reward))?;
            [card_file, manifest_file].into_iter().try_for_each(|file| file.settle(true))?;
        } else {
            // A test part that there is none of now, and what was added to the export that is overwritten, are no part of
            // this one: beside it they would be taken for it.
            let overwritten = if overwrite { Previous::read(&places).ok().flatten() } else { None };
            let stale = overwritten.map_or_else(Vec::new, |previous| previous.left_over(&places, &all));
            for path in &all {
                check(path, overwrite)?;
            }
            let beside = [manifest_file, card_file].into_iter().chain(reward_file);
            beside.chain(test).chain(main).try_for_each(|file| file.settle(overwrite))?;
            for path in stale {
                fs::remove_file(&path).map_err(|source| ExportError::Io { path, source })?;
            }
        }
        sync_folder(folder(places.place()))?;
        Ok(manifest)
    }
}

/// Rows to the files of a part.
fn begin(
    places: &Places,
    part: usize,
    request: ExportRequest,
    previous: Option<&mut Previous>,
) -> Result<Rows<Aside>, ExportError> {
    aside::sweep(folder(places.place()));
    let (data, test) = (places.data(part, request.encoding), places.test(part, request.encoding));
    let test = match request.options.test_per_mille {
        0 => None,
        _ => Some((Aside::open(&test)?, test)),
    };
    let before = previous.map(|previous| std::mem::take(&mut previous.members));
    Rows::begin((Aside::open(&data)?, data), test, request, before)
}

fn json(manifest: &Manifest, place: &Path) -> Result<Vec<u8>, ExportError> {
    let fault = |e: serde_json::Error| ExportError::Io { path: place.to_owned(), source: io::Error::from(e) };
    let mut text = serde_json::to_vec_pretty(manifest).map_err(fault)?;
    text.push(b'\n');
    Ok(text)
}

fn written(place: &Path, bytes: &[u8]) -> Result<Aside, ExportError> {
    let mut file = Aside::open(place)?;
    file.write_all(bytes).map_err(|source| ExportError::Io { path: place.to_owned(), source })?;
    file.sync()?;
    Ok(file)
}
