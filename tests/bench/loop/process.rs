//! `loong run` in a process of its own, watched from here: when each candidate came, and how much memory it took.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Widths of the stages.
#[derive(Clone, Copy)]
pub(crate) struct Widths {
    pub(crate) generate: usize,
    pub(crate) execute: usize,
    pub(crate) solve: usize,
}

/// A project whose model is at an address.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

/// What came of a run.
pub(crate) struct Run {
    /// When each candidate without a failure was told, from the beginning.
    pub(crate) kept: Vec<Duration>,
    pub(crate) whole: Duration,
    /// Megabytes at the peak, of the engine's process alone.
    pub(crate) peak: f64,
    /// Megabytes when it was last looked at.
    pub(crate) resident: f64,
}

impl Run {
    /// Candidates a second once the pipe is full: between a quarter and nine tenths of the way.
    pub(crate) fn sustained(&self) -> f64 {
        let (from, to) = (self.kept.len() / 4, self.kept.len() * 9 / 10);
        let span = self.kept[to].checked_sub(self.kept[from]).unwrap_or_default();
        (to - from) as f64 / span.as_secs_f64()
    }
}

impl Project {
    pub(crate) fn new(url: &str, in_flight: usize, widths: Widths) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let Widths { generate, execute, solve } = widths;
        let project = format!(
            "[models.stub]\nbase_url = \"{url}\"\nmodel = \"stub-model\"\nin_flight = {in_flight}\n\n[run]\nexecutions = 1\n\n\
             [concurrency]\ngenerate = {generate}\nexecute = {execute}\nsolve = {solve}\n"
        );
        std::fs::write(folder.path().join("loong.toml"), project).unwrap();
        Self { folder }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
        command
            .args(["-C", self.folder.path().to_str().unwrap(), "-q"])
            .args(arguments)
            .env("XDG_STATE_HOME", self.folder.path());
        command
    }

    /// Makes so many candidates. The venvs are made once on a machine, one a domain; making them is not what is measured.
    pub(crate) fn run(&self, candidates: u64) -> Run {
        assert!(self.command(&["run", "-n", "24"]).stdout(Stdio::null()).status().unwrap().success());
        let begun = Instant::now();
        let mut child = self
            .command(&["run", "--new", "-n", &candidates.to_string(), "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (id, over) = (child.id(), Arc::new(AtomicBool::new(false)));
        let ended = Arc::clone(&over);
        let watch = std::thread::spawn(move || {
            let mut seen = (0.0, 0.0);
            while !ended.load(Ordering::Relaxed) {
                seen = memory(id).unwrap_or(seen);
                std::thread::sleep(Duration::from_millis(50));
            }
            seen
        });
        let mut kept = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if line.contains(r#""event":"candidate""#) && line.contains(r#""kind":null"#) {
                kept.push(begun.elapsed());
            }
        }
        assert!(child.wait().unwrap().success());
        over.store(true, Ordering::Relaxed);
        let (peak, resident) = watch.join().unwrap();
        Run { kept, whole: begun.elapsed(), peak, resident }
    }

    /// The code of some candidates.
    pub(crate) fn programs(&self, most: usize) -> Vec<String> {
        let out = self.command(&["export", "--format", "raw", "--all", "--to", "-"]).output().unwrap();
        String::from_utf8_lossy(&out.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter_map(|row| row.pointer("/code").and_then(|c| c.as_str()).map(str::to_owned))
            .take(most)
            .collect()
    }
}

/// Megabytes of a process: at its peak, and now. Nothing where the system does not tell.
pub(crate) fn memory(id: u32) -> Option<(f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let of = |field: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(field))?;
        line.split_whitespace().next()?.parse::<f64>().ok().map(|kb| kb / 1024.0)
    };
    Some((of("VmHWM:")?, of("VmRSS:")?))
}
