//! Who lives how long: workers, programs that nobody waits for any more, and what a killed process leaves.

use std::process::{Command, Stdio};
use std::time::Duration;

use loong::interpreter::{
    Dependencies, End, Interpreter, InterpreterError, Isolation, IsolationRule, Job, Limits, probe,
};

use crate::setup::{Bench, processes_of, settings, wait_for_none, wall};

fn job(code: &str, limits: Limits) -> Job {
    Job { code: code.to_owned(), dependencies: Dependencies::default(), limits }
}

#[tokio::test]
async fn dropping_the_future_kills_the_program() {
    let bench = Bench::new();
    bench.run("print(1)").await;
    let long = bench.interpreter.run(job("import time; time.sleep(60)", wall(60.0)));
    assert!(tokio::time::timeout(Duration::from_millis(300), long).await.is_err());
    // The only worker is free again long before the program would have been done.
    let done = tokio::time::timeout(Duration::from_secs(30), bench.run("print(2)")).await.expect("a free worker");
    assert_eq!(done.stdout, "2\n");
}

#[tokio::test]
async fn a_queued_job_can_be_dropped() {
    let bench = Bench::new();
    bench.run("print(1)").await;
    let mut first = Box::pin(bench.interpreter.run(job("import time; time.sleep(60)", wall(60.0))));
    let mut second = Box::pin(bench.interpreter.run(job("import time; time.sleep(60)", wall(60.0))));
    assert!(futures::poll!(&mut first).is_pending() && futures::poll!(&mut second).is_pending());
    // Neither the one that is dropped in the queue nor the one that runs keeps the worker from the third.
    drop(second);
    drop(first);
    let done = tokio::time::timeout(Duration::from_secs(30), bench.run("print(3)")).await.expect("a free worker");
    assert_eq!(done.stdout, "3\n");
}

#[tokio::test]
async fn jobs_run_at_once_and_all_are_answered() {
    let bench = Bench::with(|s| s.workers = 3);
    bench.interpreter.prepare(&Dependencies::default()).await.expect("workers");
    let each = if bench.interpreter.isolation() == Some(Isolation::Full) { 3 } else { 2 };
    let seen = processes_of(bench.cache.path()).len();
    assert!((3 * (each - 1)..=3 * each).contains(&seen), "three workers, each with what stands by: {seen}");
    let codes: Vec<String> = (0..60).map(|i| format!("print({i} * 7)")).collect();
    let all = futures::future::join_all(codes.iter().map(|code| bench.run(code))).await;
    for (i, done) in all.iter().enumerate() {
        assert_eq!(done.stdout, format!("{}\n", i * 7));
    }
    assert!(processes_of(bench.cache.path()).len() <= 3 * each);
}

/// A seat that is still busy must not be taken for one that waits, least of all the one that was taken first.
#[tokio::test]
async fn two_programs_at_once_do_not_wait_for_each_other() {
    let bench = Bench::with(|s| s.workers = 2);
    bench.run("print(1)").await;
    let code = "import time\nbegun = time.monotonic()\ntime.sleep(0.7)\nprint(begun, time.monotonic())";
    let span = |done: &loong::interpreter::Execution| {
        let times: Vec<f64> = done.stdout.split_whitespace().filter_map(|t| t.parse().ok()).collect();
        (times[0], times[1])
    };
    let mut together = false;
    // The first time, the second worker may start so late that the first one is done with both.
    for _ in 0..3 {
        let (one, other) = tokio::join!(bench.run(code), bench.run(code));
        let (one, other) = (span(&one), span(&other));
        together = one.0 < other.1 && other.0 < one.1;
    }
    assert!(together, "one waited for the other");
}

#[tokio::test]
async fn a_worker_that_dies_is_replaced_and_the_job_done() {
    let bench = Bench::new();
    bench.run("print(1)").await;
    for pid in processes_of(bench.cache.path()) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    assert_eq!(bench.run("print(2)").await.stdout, "2\n");
}

#[tokio::test]
async fn a_launcher_that_is_none_is_an_error_not_a_hang() {
    let bench = Bench::with(|s| s.launcher = "/bin/true".into());
    let error = bench.interpreter.run(job("print(1)", Limits::default())).await.unwrap_err();
    assert!(matches!(error, InterpreterError::Worker { .. }), "{error}");
    let bench = Bench::with(|s| s.launcher = "/no/such/file".into());
    assert!(matches!(
        bench.interpreter.run(job("print(1)", Limits::default())).await,
        Err(InterpreterError::Worker { .. })
    ));
}

#[tokio::test]
async fn without_isolation_limits_stay() {
    let bench = Bench::with(|s| s.isolation = IsolationRule::UnsafeNone);
    let done = bench.run("import os; print(open('/etc/passwd').read() != '', os.environ.get('USER'))").await;
    assert_eq!((done.isolation, done.stdout.as_str()), (Isolation::None, "True None\n"), "{done:?}");
    // What it starts is killed with it.
    let code = "import os, time\nif os.fork() == 0: time.sleep(60)\nprint('on', flush=True)\ntime.sleep(60)";
    let done = bench.run_with(code, wall(0.5)).await;
    assert_eq!((done.end, done.stdout.as_str()), (End::Timeout, "on\n"));
    let done = bench.run_with("x = bytearray(1 << 30)", Limits { memory: 64 << 20, ..Limits::default() }).await;
    assert_eq!(done.end, End::Memory);
    let cache = bench.cache.path().to_owned();
    drop(bench.interpreter);
    assert_eq!(wait_for_none(&cache), Vec::<u32>::new());
}

#[tokio::test]
async fn the_probe_tells_what_holds() {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let report = probe(&settings(&cache)).await.expect("a report");
    assert!(report.ok(), "{report:#?}");
    assert!(report.checks.len() >= 9);
    let mut settings = settings(&cache);
    settings.isolation = IsolationRule::UnsafeNone;
    let report = probe(&settings).await.expect("a report");
    assert!(!report.ok());
    let broken: Vec<&str> = report.checks.iter().filter(|c| !c.ok).map(|c| c.name.as_str()).collect();
    assert!(broken.contains(&"no new processes") && broken.contains(&"/etc/passwd can't be read"), "{broken:?}");
}

/// Killed with SIGKILL in the middle of a program, a process leaves none of its workers. The process is this test again,
/// in the role of the one that is killed.
#[tokio::test]
async fn a_killed_process_leaves_no_worker() {
    const ROLE: &str = "LOONG_TEST_KILLED_WITH_CACHE";
    if let Ok(cache) = std::env::var(ROLE) {
        let mut settings = settings(&tempfile::tempdir().expect("a temporary folder"));
        settings.cache_dir = cache.into();
        if std::env::var_os("LOONG_TEST_LANDLOCK").is_some() {
            settings.isolation = IsolationRule::Landlock;
        }
        let interpreter = loong::interpreter::PythonInterpreter::new(settings);
        let _ = interpreter.run(job("import time; time.sleep(60)", wall(60.0))).await;
        return;
    }
    let full = Bench::new().run("print(1)").await.isolation;
    for landlock in [false, true] {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args(["--exact", "lifetime::a_killed_process_leaves_no_worker", "--nocapture"]);
        command.env(ROLE, cache.path()).stdout(Stdio::null()).stderr(Stdio::null());
        if landlock {
            command.env("LOONG_TEST_LANDLOCK", "1");
        }
        let mut child = command.spawn().expect("this test again");
        // The program runs once its worker has forked: worker, program, and under full isolation the launcher.
        let wanted = if landlock || full != Isolation::Full { 2 } else { 3 };
        let mut seen = 0;
        for _ in 0..400 {
            seen = processes_of(cache.path()).len();
            if seen >= wanted {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(seen >= wanted, "{seen} processes");
        child.kill().expect("a kill");
        child.wait().expect("an end");
        assert_eq!(wait_for_none(cache.path()), Vec::<u32>::new());
    }
}
