//! What the last check of each seed came to, kept in the project's folder: a line of JSON a seed. Nothing depends on it; what
//! cannot be read is left out, what cannot be written is logged.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::output;
use crate::dataset::Datapoint;
use crate::tui::workbench::SeedCheck;
use crate::verifier::Outcome;

/// The file.
const FILE: &str = "seed-checks.jsonl";
/// Bytes of it that are read.
const MOST: u64 = 16 << 20;
/// Checks that are kept, the latest.
const KEPT: usize = 10_000;
/// Characters of a reason and of an answer that are kept.
const TEXT: usize = 1_000;

/// A check, as a line has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    seed: String,
    /// Hash of all that the seed says: with other metadata it may run and compare otherwise.
    of: String,
    #[serde(serialize_with = "written", deserialize_with = "read_back")]
    at: Timestamp,
    status: String,
    verdict: Option<Outcome>,
    seconds: f64,
    memory: u64,
    isolation: String,
    reason: String,
    printed: String,
}

fn written<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

fn read_back<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// Checks that are to be kept.
#[derive(Debug, Default)]
pub(super) struct Fresh(Vec<Kept>);

impl Fresh {
    /// Adds one.
    pub(super) fn add(&mut self, seed: &Datapoint, check: &SeedCheck) {
        let answer = check.stdout.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        self.0.push(Kept {
            seed: seed.id.clone(),
            of: whole(seed),
            at: check.at,
            status: check.status.clone(),
            verdict: check.verdict,
            seconds: check.seconds,
            memory: check.memory,
            isolation: check.isolation.clone(),
            reason: output::short(&check.reason, TEXT),
            printed: answer.trim().chars().take(TEXT).collect(),
        });
    }

    /// Writes them into a project's file, in place of earlier checks of the same seeds.
    pub(super) fn keep(self, project: &Path) {
        if self.0.is_empty() {
            return;
        }
        let mut all = read(project);
        for kept in self.0 {
            all.insert(kept.seed.clone(), kept);
        }
        let mut all: Vec<Kept> = all.into_values().collect();
        all.sort_by(|a, b| (b.at, &b.seed).cmp(&(a.at, &a.seed)));
        all.truncate(KEPT);
        if let Err(e) = write(project, &all) {
            tracing::warn!("what the seeds' checks came to could not be kept: {e}");
        }
    }
}

/// What is kept of seeds that are as they were when they were checked.
pub(super) fn of<'s>(project: &Path, seeds: impl Iterator<Item = &'s Datapoint>) -> Vec<SeedCheck> {
    let mut all = read(project);
    seeds
        .filter_map(|seed| {
            let kept = all.remove(&seed.id)?;
            (kept.of == whole(seed)).then_some(SeedCheck {
                id: kept.seed,
                at: kept.at,
                verdict: kept.verdict,
                status: kept.status,
                reason: kept.reason,
                stdout: kept.printed,
                seconds: kept.seconds,
                memory: kept.memory,
                isolation: kept.isolation,
            })
        })
        .collect()
}

fn whole(seed: &Datapoint) -> String {
    blake3::hash(seed.to_value().to_string().as_bytes()).to_hex()[..16].to_owned()
}

fn read(project: &Path) -> HashMap<String, Kept> {
    let path = project.join(FILE);
    // Whatever else has the name is not waited for.
    let file = fs::metadata(&path).ok().filter(fs::Metadata::is_file).and_then(|_| File::open(&path).ok());
    let mut all: HashMap<String, Kept> = HashMap::new();
    for line in file.into_iter().flat_map(|file| BufReader::new(file.take(MOST)).split(b'\n').map_while(Result::ok)) {
        if let Ok(kept) = serde_json::from_slice::<Kept>(&line)
            && all.get(&kept.seed).is_none_or(|there| there.at <= kept.at)
        {
            all.insert(kept.seed.clone(), kept);
        }
    }
    all
}

/// Writes the file anew, under another name until it is whole: what stands under its name may be a link to somewhere else,
/// and a program's output is no text to be written there.
fn write(project: &Path, all: &[Kept]) -> io::Result<()> {
    let aside = project.join(format!("{FILE}.{}.part", std::process::id()));
    let mut lines = Vec::new();
    for kept in all {
        serde_json::to_writer(&mut lines, kept)?;
        lines.push(b'\n');
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(&aside)?;
    let written = file.write_all(&lines).and_then(|()| fs::rename(&aside, project.join(FILE)));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seed(n: u32, tolerance: f64) -> Datapoint {
        let metadata = json!({"domain": "logic", "tolerance": tolerance});
        Datapoint::from_value(json!({"question": format!("q{n}"), "final_answer": n, "metadata": metadata})).unwrap()
    }

    fn check(seed: &Datapoint, second: i64, verdict: Option<Outcome>) -> SeedCheck {
        SeedCheck {
            id: seed.id.clone(),
            at: Timestamp::from_second(second).unwrap(),
            verdict,
            status: "ran".to_owned(),
            reason: "integer vs integer".to_owned(),
            stdout: "working…\n7\n\n".to_owned(),
            seconds: 0.5,
            memory: 1,
            isolation: "full".to_owned(),
        }
    }

    fn kept(folder: &Path, checks: &[(&Datapoint, SeedCheck)]) {
        let mut fresh = Fresh::default();
        for (seed, check) in checks {
            fresh.add(seed, check);
        }
        fresh.keep(folder);
    }

    #[test]
    fn the_last_check_of_a_seed_as_it_is_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (seed(1, 0.1), seed(2, 0.1));
        let equivalent = Some(Outcome::Equivalent);
        kept(folder.path(), &[(&one, check(&one, 10, None)), (&two, check(&two, 11, equivalent))]);
        kept(folder.path(), &[(&one, check(&one, 20, equivalent))]);
        let back = of(folder.path(), [&one, &two].into_iter());
        assert_eq!(
            back.iter().map(|c| (c.at.as_second(), c.verdict)).collect::<Vec<_>>(),
            [(20, equivalent), (11, equivalent)]
        );
        assert_eq!(back[0].stdout, "7", "the answer is kept, not all that was printed");
        // With another tolerance it would be compared otherwise.
        let other = seed(1, 0.5);
        assert_eq!(other.id, one.id);
        assert!(of(folder.path(), [&other].into_iter()).is_empty());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_stays_no_longer_than_the_next_check() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, b"nonsense\n\xff\n{\"seed\":1}\n").unwrap();
        let one = seed(1, 0.1);
        assert!(of(folder.path(), [&one].into_iter()).is_empty());
        kept(folder.path(), &[(&one, check(&one, 10, None))]);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(of(folder.path(), [&one].into_iter()).is_empty());
        kept(folder.path(), &[(&one, check(&one, 10, None))]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "mine\n").unwrap();
        let project = folder.path().join("project");
        fs::create_dir(&project).unwrap();
        std::os::unix::fs::symlink(&elsewhere, project.join(FILE)).unwrap();
        let one = seed(1, 0.1);
        kept(&project, &[(&one, check(&one, 10, None))]);
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine\n");
        assert_eq!(of(&project, [&one].into_iter()).len(), 1);
    }
}
