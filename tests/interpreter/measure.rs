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
    let bench = Bench::with(|s| s.workers = 2);
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
