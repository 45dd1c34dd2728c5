//! Figures, not checks: `cargo test --release --test interpreter -- --ignored --nocapture measure`.

use std::time::Instant;

use loong::interpreter::{Dependencies, Interpreter, Job, Limits, PythonInterpreter};

use crate::setup::Bench;

/// Latency of one job after another, and jobs a second when many wait.
async fn figures(interpreter: &PythonInterpreter, code: &str, dependencies: &Dependencies) {
    let job = || Job { code: code.to_owned(), dependencies: dependencies.clone(), limits: Limits::default() };
    let mut times = Vec::new();
    let mut inside = Vec::new();
    for _ in 0..300 {
        let started = Instant::now();
        let done = interpreter.run(job()).await.expect("a worker");
        times.push(started.elapsed().as_secs_f64() * 1e3);
        inside.push(done.wall.as_secs_f64() * 1e3);
        assert!(done.code_answer().is_ok(), "{done:?}");
    }
    times.sort_by(f64::total_cmp);
    inside.sort_by(f64::total_cmp);
    let started = Instant::now();
    let count = 1000;
    let all = futures::future::join_all((0..count).map(|_| interpreter.run(job()))).await;
    let seconds = started.elapsed().as_secs_f64();
    assert!(all.iter().all(Result::is_ok));
    println!(
        "{:45} p50 {:.2} ms, p95 {:.2} ms (inside {:.2} ms), {:.0} jobs/s",
        code.lines().next().unwrap_or_default(),
        times[150],
        times[285],
        inside[150],
        f64::from(count) / seconds
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn measure() {
    let bench = Bench::with(|s| {
        s.workers = 2;
        // Kept, so that only the first measurement makes venvs.
        s.cache_dir = std::env::temp_dir().join("loong-measure");
    });
    let none = Dependencies::default();
    bench.interpreter.prepare(&none).await.expect("workers");
    figures(&bench.interpreter, "print(1+1)", &none).await;
    for (packages, code) in [
        (&["numpy", "networkx"][..], "import numpy, networkx; print(1)"),
        (&["sympy"], "from sympy import *; x = symbols('x'); print(integrate(sin(x)**2, x))"),
        (&["numpy", "scipy", "networkx", "sympy"], "import numpy, scipy.optimize, networkx; print(1)"),
    ] {
        let dependencies = Dependencies::new(packages);
        let started = Instant::now();
        if let Err(error) = bench.interpreter.prepare(&dependencies).await {
            println!("skipped: {error}");
            continue;
        }
        println!("{packages:?} ready after {:.1} s", started.elapsed().as_secs_f64());
        figures(&bench.interpreter, code, &dependencies).await;
    }
}

/// Real seeds, where `LOONG_SHARED` names a folder that has them: how their programs end, and how long they take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn measure_seeds() {
    let Some(shared) = std::env::var_os("LOONG_SHARED") else {
        println!("skipped: LOONG_SHARED names no folder with seeds");
        return;
    };
    let bench = Bench::with(|s| {
        s.workers = 2;
        s.nearest_versions = true;
        s.cache_dir = std::env::temp_dir().join("loong-measure");
    });
    let seeds = std::path::Path::new(&shared).join("data").join("seeds");
    for domain in std::fs::read_dir(seeds).expect("a folder of seeds").flatten() {
        let text = std::fs::read_to_string(domain.path().join("seed_dataset.json")).expect("a seed dataset");
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("an array");
        let mut times = Vec::new();
        let mut ends = std::collections::BTreeMap::<String, usize>::new();
        let mut examples = Vec::new();
        for row in rows.iter().step_by(rows.len().div_ceil(60)) {
            let packages = row["metadata"]["required_dependencies"].as_array().into_iter().flatten();
            let job = Job {
                code: row["rationale"].as_str().unwrap_or_default().to_owned(),
                dependencies: Dependencies::new(packages.filter_map(|p| p.as_str())),
                limits: Limits { wall: std::time::Duration::from_secs(30), ..Limits::default() },
            };
            let (kind, why) = match bench.interpreter.run(job).await {
                Ok(done) => {
                    times.push(done.wall.as_secs_f64() * 1e3);
                    match done.code_answer() {
                        Ok(_) => ("ran".to_owned(), String::new()),
                        Err((kind, why)) => (kind.to_string(), why),
                    }
                }
                Err(error) => ("no worker".to_owned(), error.to_string()),
            };
            if !why.is_empty() && examples.len() < 6 {
                examples.push(format!("    {kind}: {why:.200}"));
            }
            *ends.entry(kind).or_default() += 1;
        }
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        println!("{:?}: {ends:?}, median {:.1} ms, p90 {:.1} ms", domain.file_name(), at(50), at(90));
        println!("{}", examples.join("\n"));
    }
}
