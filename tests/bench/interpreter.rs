//! What running a program costs: against fresh interpreters, against no isolation, against bare warm forks, and whether
//! ten thousand of them leave anything behind. Every comparison is made in the same run, by turns.
//!
//! `cargo bench --bench interpreter`, with `-- growth` for one part (programs, isolation, seeds, starts, growth).
//! `LOONG_BENCH_JOBS` scales it (10,000 is the default). Venvs are made in the user's cache where they are not there. The
//! seed programs are the graph seeds of the folder that `LOONG_SHARED` names, else the bundled ones. Exits 1 where a
//! figure misses its target.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use loong::dataset::{StaticDataset, Strictness};
use loong::interpreter::{
    Dependencies, End, Interpreter, IsolationRule, Job, Limits, PythonInterpreter, PythonSettings, survey,
};

#[path = "interpreter/floor.rs"]
mod floor;
#[path = "../interpreter/held.rs"]
mod held;

use floor::{Bare, at_once, fresh};
use held::Held;

const IMPORTS: &str = "import numpy, networkx\nprint(1+1)";
const PLAIN: &str = "print(1+1)";

/// What the worker does with `SymPy` before its first program, so that a floor can be as warm.
const WARM_SYMPY: &str = "import sympy\nx = sympy.Symbol('x')\nsympy.simplify(sympy.integrate(sympy.sin(x) ** 2 + \
                          sympy.sqrt(x), x))\nsympy.solve(x**2 - 2, x)\nstr(sympy.Matrix([[1, x], [2, 3]]).det())\n";

/// Submodules that the worker imports with `SciPy`.
const SCIPY: &str = "import scipy.optimize, scipy.integrate, scipy.linalg, scipy.stats, scipy.special\n";

/// Figures with their targets.
#[derive(Default)]
struct Figures(Vec<String>);

impl Figures {
    /// Prints a figure that must be at most (or, for `least`, at least) its target.
    fn put(&mut self, what: &str, value: f64, unit: &str, target: f64, least: bool) {
        let met = if least { value >= target } else { value <= target };
        let sign = if least { "≥" } else { "≤" };
        println!("  {what:<52} {value:>9.2} {unit:<7} target {sign} {target}{}", if met { "" } else { "   MISSED" });
        if !met {
            self.0.push(format!("{what}: {value:.2} {unit}, target {sign} {target}"));
        }
    }

    /// Prints a figure for comparison.
    fn tell(what: &str, value: f64, unit: &str) {
        println!("  {what:<52} {value:>9.2} {unit}");
    }
}

/// A part of the bench.
type Part = fn(&Setup, &mut Figures);

/// What every part needs.
struct Setup {
    runtime: tokio::runtime::Runtime,
    settings: PythonSettings,
    /// Scale of the whole: 10,000 jobs.
    jobs: usize,
}

impl Setup {
    fn interpreter(&self, change: impl FnOnce(&mut PythonSettings)) -> Arc<PythonInterpreter> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Arc::new(PythonInterpreter::new(settings))
    }

    /// Runs a job to its good end; how long that took, seen from outside.
    fn time(&self, interpreter: &PythonInterpreter, job: &Job) -> Duration {
        let begun = Instant::now();
        let done = self.runtime.block_on(interpreter.run(job.clone())).expect("the worker works");
        let took = begun.elapsed();
        assert_eq!(done.end, End::Exit(0), "{}", done.stderr);
        took
    }

    /// Jobs per second, with as many at a time as keep every worker busy.
    fn rate(&self, interpreter: &Arc<PythonInterpreter>, job: &Job, count: usize) -> f64 {
        let begun = Instant::now();
        self.runtime.block_on(async {
            let all = (0..count).map(|_| {
                let (interpreter, job) = (Arc::clone(interpreter), job.clone());
                async move { interpreter.run(job).await.expect("the worker works") }
            });
            futures::stream::iter(all).buffer_unordered(self.settings.workers * 2).for_each(async |_| ()).await;
        });
        count as f64 / begun.elapsed().as_secs_f64()
    }

    /// The venv's Python.
    fn python(&self, interpreter: &PythonInterpreter, packages: &Dependencies) -> PathBuf {
        let venv = self.runtime.block_on(interpreter.run(job(PLAIN, packages))).expect("the worker works").venv;
        self.settings.cache_dir.join("venvs").join(venv).join("bin/python")
    }

    fn workers(&self) -> Vec<()> {
        vec![(); self.settings.workers]
    }
}

fn main() {
    // `cargo test --benches` calls with --test: nothing is measured then.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let mut settings = PythonSettings::new(loong::paths::Paths::find().expect("a home").cache);
    settings.launcher = env!("CARGO_BIN_EXE_loong").into();
    // Looked for once: shims on PATH may take longer than what is measured.
    settings.python = survey(&settings, false).python;
    let jobs = std::env::var("LOONG_BENCH_JOBS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let setup = Setup { runtime, settings, jobs };
    let mut figures = Figures::default();
    println!("{} workers, Python {:?}", setup.settings.workers, setup.settings.python);

    let parts: [(&str, Part); 5] =
        [("programs", programs), ("isolation", isolation), ("seeds", seeds), ("starts", starts), ("growth", growth)];
    let named: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    for (name, part) in parts {
        if named.is_empty() || named.iter().any(|n| n == name) {
            part(&setup, &mut figures);
        }
    }

    if !figures.0.is_empty() {
        eprintln!("missed:\n{}", figures.0.join("\n"));
        std::process::exit(1);
    }
}

fn job(code: &str, packages: &Dependencies) -> Job {
    let limits = Limits { wall: Duration::from_secs(60), ..Limits::default() };
    Job { code: code.to_owned(), dependencies: packages.clone(), limits }
}

fn graph_packages() -> Dependencies {
    Dependencies::new(["numpy", "networkx"])
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The time that so many percent of all take at most, in milliseconds.
fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times.get((times.len().saturating_sub(1)) * percent / 100).copied().map_or(f64::NAN, milliseconds)
}

/// One after another and many at a time, against a fresh interpreter each.
fn programs(setup: &Setup, figures: &mut Figures) {
    let interpreter = setup.interpreter(|_| ());
    let packages = graph_packages();
    let python = setup.python(&interpreter, &packages);
    for (what, code, packages, most, least) in [
        ("import numpy, networkx", IMPORTS, packages, 4.0, 400.0),
        ("print(1+1)  (a peer: 15 ms, 85/s)", PLAIN, Dependencies::default(), 3.0, 700.0),
    ] {
        println!("\n{what}");
        let job = job(code, &packages);
        setup.runtime.block_on(interpreter.prepare(&packages)).expect("workers");
        setup.rate(&interpreter, &job, 50);
        let (mut warm, mut cold) = (Vec::new(), Vec::new());
        for i in 0..setup.jobs / 10 {
            warm.push(setup.time(&interpreter, &job));
            if i % 40 == 0 {
                cold.push(fresh(&python, code));
            }
        }
        figures.put("p50, one after another, isolated", percentile(&mut warm, 50), "ms", most, false);
        Figures::tell("p95", percentile(&mut warm, 95), "ms");
        Figures::tell("p50 of a fresh interpreter", percentile(&mut cold, 50), "ms");
        let (mut rates, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            rates.push(setup.rate(&interpreter, &job, setup.jobs / 10));
            let count = (setup.jobs / 500).max(4);
            floors.push(at_once(&mut setup.workers(), count, |(), _| {
                fresh(&python, code);
            }));
        }
        let (rate, floor) = (median(&mut rates), median(&mut floors));
        figures.put("jobs/s, all workers, isolated", rate, "/s", least, true);
        // The peers start one interpreter for each job, one after another.
        let alone = 1e3 / percentile(&mut cold, 50);
        Figures::tell("fresh interpreters/s, one after another", alone, "/s");
        if code == IMPORTS {
            figures.put("ratio to that", rate / alone, "×", 80.0, true);
        } else {
            Figures::tell("ratio to that", rate / alone, "×");
        }
        Figures::tell("fresh interpreters/s, as many at once", floor, "/s");
        Figures::tell("ratio to that", rate / floor, "×");
    }
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The same jobs with and without isolation, and in bare warm forks, by turns.
fn isolation(setup: &Setup, figures: &mut Figures) {
    println!("\nwhat isolation adds");
    let isolated = setup.interpreter(|_| ());
    let open = setup.interpreter(|s| s.isolation = IsolationRule::UnsafeNone);
    let python = setup.python(&isolated, &graph_packages());
    for (what, code, packages, warm) in [
        ("import numpy, networkx", IMPORTS, graph_packages(), "import numpy, networkx"),
        ("print(1+1)", PLAIN, Dependencies::default(), ""),
    ] {
        let job = job(code, &packages);
        let mut bare = Bare::start(&python, warm);
        let mut times: [Vec<Duration>; 3] = Default::default();
        for i in 0..setup.jobs / 10 + 20 {
            for turn in 0..3 {
                let which = (i + turn) % 3;
                let took = match which {
                    0 => setup.time(&isolated, &job),
                    1 => setup.time(&open, &job),
                    _ => {
                        let begun = Instant::now();
                        bare.run(code);
                        begun.elapsed()
                    }
                };
                if i >= 20 {
                    times[which].push(took);
                }
            }
        }
        let [with, without, fork] = times.map(|mut all| percentile(&mut all, 50));
        Figures::tell(&format!("{what}: p50 isolated"), with, "ms");
        Figures::tell(&format!("{what}: p50 without isolation"), without, "ms");
        figures.put(&format!("{what}: difference"), with - without, "ms", 1.5, false);
        Figures::tell(&format!("{what}: p50 in a bare warm fork"), fork, "ms");
    }
}

/// Seed programs of one set of packages, which all run.
fn seed_programs() -> (&'static str, Dependencies, Vec<String>) {
    let shared = std::env::var_os("LOONG_SHARED").map(|s| PathBuf::from(s).join("data/seeds/graph_discrete_math"));
    let loaded = shared.and_then(|folder| StaticDataset::load(&[folder], Strictness::Lenient).ok());
    let (what, dataset) = match loaded {
        Some((dataset, _)) => ("graph seeds of LOONG_SHARED", dataset),
        None => ("bundled graph seeds", StaticDataset::bundled().filter(&["graph_discrete_math"])),
    };
    let packages = dataset.iter().next().map(loong::dataset::Datapoint::dependencies).unwrap_or_default();
    let codes = dataset.iter().filter(|s| s.dependencies() == packages).map(|s| s.rationale.clone()).collect();
    (what, packages, codes)
}

/// Seed programs in all, against the same in bare warm forks.
fn seeds(setup: &Setup, figures: &mut Figures) {
    let (what, packages, codes) = seed_programs();
    let interpreter = setup.interpreter(|_| ());
    let python = setup.python(&interpreter, &packages);
    let run = |codes: &[String]| -> Vec<bool> {
        setup.runtime.block_on(async {
            let all = codes.iter().map(|code| interpreter.run(job(code, &packages)));
            let done = futures::stream::iter(all).buffered(setup.settings.workers).collect::<Vec<_>>().await;
            done.into_iter().map(|d| d.is_ok_and(|d| d.end == End::Exit(0))).collect()
        })
    };
    // The first time warms both, and says which programs run to their end.
    let good = run(&codes);
    let codes: Vec<String> = codes.into_iter().zip(good).filter(|(_, good)| *good).map(|(code, _)| code).collect();
    let mut warm = String::new();
    for (package, line) in
        [("numpy", "import numpy\n"), ("networkx", "import networkx\n"), ("scipy", SCIPY), ("sympy", WARM_SYMPY)]
    {
        if packages.as_slice().iter().any(|p| p.starts_with(package)) {
            warm.push_str(line);
        }
    }
    let mut bare: Vec<Bare> = (0..setup.settings.workers).map(|_| Bare::start(&python, &warm)).collect();
    at_once(&mut bare, codes.len(), |bare, at| drop(bare.run(&codes[at])));
    let (mut ours, mut floor) = (Duration::ZERO, Duration::ZERO);
    for round in 0..4 {
        for chunk in codes.chunks(20) {
            let mut first = |bare_first: bool| {
                let begun = Instant::now();
                if bare_first {
                    at_once(&mut bare, chunk.len(), |bare, at| drop(bare.run(&chunk[at])));
                    floor += begun.elapsed();
                } else {
                    assert!(run(chunk).iter().all(|good| *good), "a seed program that ran does not any more");
                    ours += begun.elapsed();
                }
            };
            first(round % 2 == 0);
            first(round % 2 != 0);
        }
    }
    println!("\n{what}: {} programs, 4 times", codes.len());
    Figures::tell("isolated, in all", ours.as_secs_f64(), "s");
    Figures::tell("bare warm forks, in all", floor.as_secs_f64(), "s");
    figures.put("ratio of the two", ours.as_secs_f64() / floor.as_secs_f64(), "×", 1.15, false);
}

/// A worker's start and memory up to the end of the first program that imports packages, against a bare Python that does
/// the same imports and first uses.
fn starts(setup: &Setup, figures: &mut Figures) {
    let own: String = include_str!("../../assets/python/worker.py")
        .lines()
        .filter(|line| line.starts_with("import ") && !line.contains('.'))
        .flat_map(|line| [line, "\n"])
        .collect();
    for (what, packages, imports) in [
        ("import numpy, networkx", graph_packages(), "import numpy, networkx\n"),
        ("import sympy", Dependencies::new(["sympy"]), WARM_SYMPY),
    ] {
        println!("\na worker's start, and `{what}`");
        let python = setup.python(&setup.interpreter(|s| s.workers = 1), &packages);
        let mut times: [Vec<Duration>; 2] = Default::default();
        let (mut memory, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..9 {
            // Which isolation works, and where the packages are, is known before the first worker of any other set.
            let interpreter = setup.interpreter(|s| s.workers = 1);
            setup.runtime.block_on(interpreter.prepare(&Dependencies::default())).expect("a worker");
            setup.runtime.block_on(interpreter.make_venv(&packages)).expect("a venv");
            let begun = Instant::now();
            setup.runtime.block_on(interpreter.prepare(&packages)).expect("a worker");
            // The worker's first uses come before the program.
            setup.time(&interpreter, &job(what, &packages));
            times[0].push(begun.elapsed());
            let largest = held::descendants().into_iter().map(|pid| held::status(&pid.to_string(), "VmHWM:")).max();
            memory.push(largest.unwrap_or(0) as f64 / f64::from(1 << 20));
            let (time, bytes) = bare_start(&python, &format!("{own}{imports}"));
            times[1].push(time);
            floors.push(bytes as f64 / f64::from(1 << 20));
        }
        let (ours, floor) = (percentile(&mut times[0], 50), percentile(&mut times[1], 50));
        Figures::tell("until the first program has ended, isolated", ours, "ms");
        Figures::tell("a bare Python, with the worker's own of the library", floor, "ms");
        figures.put("ratio of the two", ours / floor, "×", 1.2, false);
        let (memory, floor) = (median(&mut memory), median(&mut floors));
        Figures::tell("memory by then", memory, "MiB");
        Figures::tell("memory of the bare Python", floor, "MiB");
        figures.put("ratio of the two", memory / floor, "×", 1.2, false);
    }
}

/// How long a Python takes until some lines are done, and the most memory it had.
fn bare_start(python: &Path, lines: &str) -> (Duration, u64) {
    let code = format!("{lines}print(open('/proc/self/status').read(), flush=True)\nimport sys\nsys.stdin.read()");
    let begun = Instant::now();
    let mut child = floor::python(python)
        .args(["-s", "-B", "-X", "utf8", "-c", &code])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a Python");
    let mut text = String::new();
    let mut reader = std::io::BufReader::new(child.stdout.take().expect("its output"));
    while !text.contains("VmHWM:") || !text.ends_with('\n') {
        assert!(std::io::BufRead::read_line(&mut reader, &mut text).is_ok_and(|n| n > 0), "it ended: {text}");
    }
    let took = begun.elapsed();
    drop(child.stdin.take());
    drop(reader);
    let _ = child.kill();
    let _ = child.wait();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    (took, line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) << 10)
}

/// Ten thousand jobs leave nothing.
fn growth(setup: &Setup, figures: &mut Figures) {
    let cache = tempfile::tempdir().expect("a folder");
    let interpreter = setup.interpreter(|s| cache.path().clone_into(&mut s.cache_dir));
    let job = job(PLAIN, &Dependencies::default());
    setup.rate(&interpreter, &job, 500);
    let before = Held::now(cache.path(), None);
    let rate = setup.rate(&interpreter, &job, setup.jobs);
    let after = Held::now(cache.path(), Some(before.processes));
    println!("\n{} jobs after 500: {rate:.0}/s", setup.jobs);
    let kib = |bytes: u64| i64::try_from(bytes >> 10).unwrap_or(i64::MAX);
    println!("  {:<52} {:>9} {:>9}", "", "before", "after");
    for (what, then, now) in [
        ("memory of this process, KiB", kib(before.own), kib(after.own)),
        ("memory of the workers, KiB", kib(before.workers), kib(after.workers)),
    ] {
        println!("  {what:<52} {then:>9} {now:>9}");
    }
    for (what, then, now) in [
        ("open descriptors", before.descriptors, after.descriptors),
        ("open descriptors of the workers", before.theirs, after.theirs),
        ("processes", before.processes, after.processes),
        ("mounts", before.mounts, after.mounts),
        ("files of scratch", before.files, after.files),
    ] {
        println!("  {what:<52} {then:>9} {now:>9}");
    }
    figures.0.extend(after.grown(&before, 4 << 20));
}
