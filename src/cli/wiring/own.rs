//! The seeds of a project: those that its settings name, else the bundled ones, and those that were written in it.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::dataset::{BadRow, Datapoint, StaticDataset, Strictness};

/// Where seeds go that are written in a project whose settings name no file for them.
const OWN_SEEDS: &str = "own-seeds.json";

/// All seeds of a project, of files with no more than `most` bytes, and the rows that could not be read.
pub(in crate::cli) fn all_seeds(
    project: &Path,
    config: &Config,
    most: u64,
) -> anyhow::Result<(StaticDataset, Vec<BadRow>)> {
    let named: Vec<PathBuf> = config.run.seeds.iter().map(|path| project.join(path)).collect();
    if !named.is_empty() {
        return Ok(StaticDataset::load_within(&named, Strictness::Lenient, most)?);
    }
    let own = project.join(OWN_SEEDS);
    if !own.exists() {
        return Ok((StaticDataset::bundled(), Vec::new()));
    }
    let (own, bad) = StaticDataset::load_within(&[own], Strictness::Lenient, most)?;
    // Own ones first: a bundled seed of which only the metadata was changed is the changed one.
    Ok((own.iter().chain(StaticDataset::bundled().iter()).cloned().collect(), bad))
}

/// The file that a project's new seeds go to: the first of its settings' seed files that lies in the project.
pub(in crate::cli) fn own_seeds(project: &Path, config: &Config) -> Result<PathBuf, String> {
    if config.run.seeds.is_empty() {
        return Ok(project.join(OWN_SEEDS));
    }
    let inside = config.run.seeds.iter().map(|path| project.join(path)).find(|path| is_inside(project, path));
    match inside {
        Some(path) if path.is_dir() => Ok(path.join(OWN_SEEDS)),
        Some(path) => Ok(path),
        None => Err(format!(
            "run.seeds in loong.toml names no file in this project that a seed could be written to; write [] into \
             {OWN_SEEDS} and add it to run.seeds"
        )),
    }
}

/// Whether a seed was read from a file of the project, which may be written to.
pub(in crate::cli) fn is_own(project: &Path, seed: &Datapoint) -> bool {
    // Bundled ones have the names that their files had in the source: those are relative.
    let file = seed.place.as_ref().map(|place| Path::new(&*place.file)).filter(|file| file.is_absolute());
    file.is_some_and(|file| is_inside(project, file))
}

fn is_inside(project: &Path, path: &Path) -> bool {
    match (project.canonicalize(), path.canonicalize()) {
        (Ok(project), Ok(path)) => path.starts_with(project),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::dataset::change;

    fn config(seeds: &[&str]) -> Config {
        let mut config = Config::default();
        config.run.seeds = seeds.iter().map(PathBuf::from).collect();
        config
    }

    #[test]
    fn own_seeds_stand_beside_the_bundled_ones_and_before_them() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path();
        let own = own_seeds(project, &config(&[])).unwrap();
        let bundled = StaticDataset::bundled();
        let mut changed = bundled.iter().next().unwrap().clone();
        changed.metadata.insert("reviewed".to_owned(), json!(true));
        change(&own, None, &changed).unwrap();
        change(&own, None, &Datapoint::new("q", "print(1)", "1", serde_json::Map::new())).unwrap();
        let (all, bad) = all_seeds(project, &config(&[]), u64::MAX).unwrap();
        assert_eq!((all.len(), bad.len()), (bundled.len() + 1, 0));
        let there = all.by_id(&changed.id).unwrap();
        assert!(there.metadata.contains_key("reviewed") && is_own(project, there));
        assert!(!is_own(project, bundled.iter().next().unwrap()), "nothing is written over what is bundled");
        assert!(all_seeds(project, &config(&[]), 10).unwrap_err().to_string().contains("MB"));
    }

    #[test]
    fn new_seeds_go_where_runs_read_them_and_never_out_of_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        fs::create_dir_all(project.join("mine")).unwrap();
        fs::write(folder.path().join("elsewhere.json"), "[]").unwrap();
        fs::write(project.join("a.json"), "[]").unwrap();
        let own = |seeds: &[&str]| own_seeds(&project, &config(seeds));
        assert_eq!(own(&["../elsewhere.json", "a.json"]).unwrap(), project.join("a.json"));
        assert_eq!(own(&["mine"]).unwrap(), project.join("mine").join(OWN_SEEDS));
        assert!(own(&["../elsewhere.json"]).unwrap_err().contains("own-seeds.json"));
    }
}
