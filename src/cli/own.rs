//! A project's seeds for the screen: listed with what is wrong with them, checked, written.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;

use super::check::{Checked, Checker};
use super::wiring::{all_seeds, is_own, own_seeds};
use super::{checks, output};
use crate::config::Config;
use crate::dataset::history::{change_kept, changes};
use crate::dataset::{Datapoint, lint};
use crate::tui::text;
use crate::tui::workbench::{SeedCheck, SeedRow, Seeds, Written};

/// Bytes of seed files that the screen holds.
const MOST: u64 = 256 << 20;
/// Characters of a question that stand in a list.
const TITLE: usize = 300;
/// How often it is looked whether anybody still waits.
const LOOK: Duration = Duration::from_millis(100);

/// The seeds of a project by domain.
pub(super) fn listed(project: &Path, config: &Config) -> anyhow::Result<Seeds> {
    let (seeds, bad) = all_seeds(project, config, MOST)?;
    let pasts = pasts(project);
    let mut files: HashMap<Arc<str>, bool> = HashMap::new();
    let mut rows: Vec<SeedRow> = seeds
        .iter()
        .map(|seed| {
            let file = seed.place.as_ref().map(|place| Arc::clone(&place.file)).unwrap_or_default();
            let own = *files.entry(file).or_insert_with(|| is_own(project, seed));
            let begins: String = seed.question.chars().take(TITLE).collect();
            let past = pasts.get(&seed.id).cloned();
            SeedRow { title: text::title(&begins), findings: lint(seed), own, past, seed: Arc::new(seed.clone()) }
        })
        .collect();
    rows.sort_by(|a, b| a.seed.domain().cmp(b.seed.domain()));
    let checks = checks::of(project, rows.iter().map(|row| &*row.seed));
    let bad = bad.iter().map(|row| output::line(&row.to_string())).collect();
    Ok(Seeds { rows, bad, checks, read_at: Timestamp::now() })
}

/// How often each seed that a project changed was changed, and when last, in a sentence.
fn pasts(project: &Path) -> HashMap<String, String> {
    let (changes, _) = changes(project).unwrap_or_else(|e| {
        tracing::warn!("the history of the seeds can't be read: {e}");
        (Vec::new(), 0)
    });
    let mut times: HashMap<String, (usize, String)> = HashMap::new();
    for change in changes {
        let before = change.was_id.and_then(|was| times.get(&was)).map_or(0, |(n, _)| *n);
        times.insert(change.id, (before + 1, change.at));
    }
    let told = |(id, (n, at)): (String, (usize, String))| {
        let often = if n == 1 { "once".to_owned() } else { format!("{n} times") };
        let at = output::line(&at.chars().take(16).collect::<String>()).replace('T', " ");
        let short: String = id.chars().take(6).collect();
        let sentence = format!("written {often} here, last at {at}; `loong seeds history {short}` shows each change");
        (id, sentence)
    };
    times.into_iter().map(told).collect()
}

/// Checks seeds, several at a time, until all are done or `stop` says so.
pub(super) async fn check(
    checker: &Checker,
    seeds: &[Arc<Datapoint>],
    stop: &dyn Fn() -> bool,
    each: &mut dyn FnMut(SeedCheck),
) -> anyhow::Result<()> {
    checker.prepare().await?;
    let work = seeds.iter().map(|seed| checker.check(seed));
    let mut results = futures::stream::iter(work).buffer_unordered(checker.width);
    while !stop() {
        // What is not waited for to its end goes on when it is waited for again.
        let Ok(next) = tokio::time::timeout(LOOK, results.next()).await else { continue };
        let Some(checked) = next else { break };
        each(told(&checked?));
    }
    Ok(())
}

/// What came of a seed, as the screen shows it and as it is kept.
pub(super) fn told(checked: &Checked) -> SeedCheck {
    SeedCheck {
        id: checked.id.clone(),
        at: Timestamp::now(),
        verdict: checked.verdict,
        status: checked.status.clone(),
        reason: checked.reason.clone(),
        stdout: checked.stdout.clone(),
        seconds: checked.seconds,
        memory: checked.memory,
        isolation: checked.isolation.map_or_else(String::new, |isolation| isolation.to_string()),
    }
}

/// Writes a seed in a project.
pub(super) fn write(
    project: &Path,
    config: &Config,
    old: Option<&Datapoint>,
    new: &Datapoint,
) -> Result<Written, String> {
    let (all, _) = all_seeds(project, config, MOST).map_err(|e| output::told(&e))?;
    let there = all.by_id(&new.id).filter(|there| old.is_none_or(|old| old.id != there.id));
    if let Some(there) = there {
        return Err(format!("a seed with this content is there already: {}", place(project, there)));
    }
    // A promoted candidate whose question is asked by a seed in other words of code adds nothing.
    let asks = |seed: &&Datapoint| old.is_none() && seed.question.trim() == new.question.trim();
    if let Some(there) = all.iter().find(asks) {
        return Err(format!("a seed asks this question already: {}", place(project, there)));
    }
    let id = new.id.clone();
    let named = |file: &Path, row: usize| format!("{}, row {row}", short(project, file));
    if let Some((old, at)) = old.filter(|old| is_own(project, old)).and_then(|old| Some((old, old.place.as_ref()?))) {
        let file = Path::new(&*at.file);
        let row = change_kept(project, file, Some(old), Some(old), new).map_err(|e| e.to_string())?;
        return Ok(Written { id, told: format!("written to {}", named(file, row)) });
    }
    let file = own_seeds(project, config)?;
    let row = change_kept(project, &file, None, old, new).map_err(|e| e.to_string())?;
    let told = match old {
        Some(old) if old.place.as_ref().is_some_and(|place| Path::new(&*place.file).is_relative()) => {
            format!("copied to {} and changed there; the bundled one stays", named(&file, row))
        }
        Some(old) => format!("copied to {} and changed there; {} stays", named(&file, row), place(project, old)),
        None => format!("written to {}", named(&file, row)),
    };
    Ok(Written { id, told })
}

fn place(project: &Path, seed: &Datapoint) -> String {
    seed.place.as_ref().map_or_else(
        || "among the project's seeds".to_owned(),
        |place| format!("{}, row {}", short(project, Path::new(&*place.file)), place.row),
    )
}

fn short(project: &Path, file: &Path) -> String {
    file.strip_prefix(project).unwrap_or(file).display().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Map;

    use super::*;

    fn seed(question: &str, code: &str) -> Datapoint {
        Datapoint::new(question, code, "1", Map::new())
    }

    #[test]
    fn bundled_seeds_are_copied_and_own_ones_are_written_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let (project, config) = (folder.path(), Config::default());
        let before = listed(project, &config).unwrap();
        assert!(before.rows.is_sorted_by(|a, b| a.seed.domain() <= b.seed.domain()));
        assert!(before.rows.iter().all(|row| !row.own));
        let old = &before.rows[3].seed;
        let copied = write(project, &config, Some(old), &seed("another", "print(2-1)")).unwrap();
        assert!(copied.told.starts_with("copied to own-seeds.json, row 1"), "{}", copied.told);
        let after = listed(project, &config).unwrap();
        assert_eq!(after.rows.len(), before.rows.len() + 1);
        let own = after.rows.iter().find(|row| row.own).unwrap();
        assert_eq!(own.seed.id, copied.id);
        let written = write(project, &config, Some(&own.seed), &seed("a third", "print(3-2)")).unwrap();
        assert_eq!(written.told, "written to own-seeds.json, row 1");
        let third = listed(project, &config).unwrap().rows.into_iter().find(|row| row.own).unwrap();
        assert!(third.past.unwrap().starts_with("written 2 times here, last at 20"));
        assert_eq!(listed(project, &config).unwrap().rows.len(), after.rows.len());
    }

    #[test]
    fn what_is_there_is_not_promoted_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (project, config) = (folder.path(), Config::default());
        let told = write(project, &config, None, &seed("one", "print(1)")).unwrap().told;
        assert_eq!(told, "written to own-seeds.json, row 1", "who wrote it says how it came");
        let same = write(project, &config, None, &seed("one", "print(1)")).unwrap_err();
        assert!(same.contains("this content") && same.contains("own-seeds.json, row 1"), "{same}");
        let asked = write(project, &config, None, &seed(" one", "print(2-1)")).unwrap_err();
        assert!(asked.contains("asks this question already"), "{asked}");
        // A file that is not whole is not made worse.
        fs::write(project.join("own-seeds.json"), "[{\"question\": \"cut").unwrap();
        let broken = write(project, &config, None, &seed("two", "print(2)")).unwrap_err();
        assert!(broken.contains("mend it first"), "{broken}");
        assert_eq!(listed(project, &config).unwrap().bad.len(), 1);
    }
}
