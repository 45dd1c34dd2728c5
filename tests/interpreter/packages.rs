//! Packages are code, too: what they do at import happens in the worker, before any program.

use loong::interpreter::{
    Dependencies, End, Execution, Interpreter, InterpreterError, IsolationRule, Job, Limits, PythonInterpreter,
    PythonSettings,
};

use crate::setup::{Bench, processes_of, wait_for_none};

/// A small package of the index, which the test then changes.
const PACKAGE: &str = "mpmath==1.3.0";

struct Hostile {
    bench: Bench,
    init: std::path::PathBuf,
    honest: String,
}

impl Hostile {
    /// A venv with the package; `None` where the index can't be reached.
    async fn new() -> Option<Self> {
        let bench = Bench::new();
        let job = Job {
            code: "import mpmath; print(mpmath.__file__)".to_owned(),
            dependencies: Dependencies::new([PACKAGE]),
            limits: Limits::default(),
        };
        match bench.interpreter.run(job).await {
            Ok(done) => {
                let init = std::path::PathBuf::from(done.stdout.trim());
                let honest = std::fs::read_to_string(&init).expect("the package's source");
                Some(Self { bench, init, honest })
            }
            Err(InterpreterError::Venv { message, .. }) => {
                println!(
                    "skipped: the package index can't be reached ({})",
                    message.lines().last().unwrap_or_default()
                );
                None
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// An interpreter over the same venv, whose package does this first at import.
    fn with(&self, first: &str, rule: IsolationRule) -> PythonInterpreter {
        std::fs::write(&self.init, format!("{first}\n{}", self.honest)).expect("the package's source");
        let settings = PythonSettings { isolation: rule, offline: true, ..crate::setup::settings(&self.bench.cache) };
        PythonInterpreter::new(settings)
    }
}

async fn run(interpreter: &PythonInterpreter, code: &str) -> Execution {
    let job = Job {
        code: code.to_owned(),
        dependencies: Dependencies::new([PACKAGE]),
        limits: Limits { wall: std::time::Duration::from_secs(5), ..Limits::default() },
    };
    interpreter.run(job).await.expect("a worker")
}

const DAEMON: &str = "import os, sys, signal, ctypes, time\n\
    if os.fork() == 0:\n    \
        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n    \
        for n in range(1, 32):\n        \
            try: signal.signal(n, signal.SIG_IGN)\n        \
            except (OSError, ValueError): pass\n    \
        try: os.setsid()\n    \
        except OSError: pass\n    \
        if os.fork() == 0:\n        \
            while True: time.sleep(0.1)\n    \
        os._exit(0)\n\
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n\
    real = os._exit\n\
    os._exit = lambda status: time.sleep(1000)\n";

#[tokio::test]
async fn what_a_package_starts_ends_with_the_interpreter() {
    let Some(hostile) = Hostile::new().await else { return };
    for rule in [IsolationRule::Required, IsolationRule::Landlock] {
        let interpreter = hostile.with(DAEMON, rule);
        // It spoils its own programs: none of them can end by itself.
        let done = run(&interpreter, "import mpmath; print(6 * 7)").await;
        assert_eq!((done.end, done.stdout.as_str()), (End::Timeout, "42\n"));
        let cache = hostile.bench.cache.path();
        assert!(processes_of(cache).len() > 3, "the daemon is not there: {rule:?}");
        drop(interpreter);
        // The interpreter that made the venv still has workers; a process of the other one is an orphan now.
        let strays = || processes_of(cache).into_iter().filter(|p| !is_descendant(*p)).collect::<Vec<_>>();
        for _ in 0..100 {
            if strays().is_empty() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(strays(), Vec::<u32>::new(), "{rule:?}");
    }
    let cache = hostile.bench.cache;
    drop(hostile.bench.interpreter);
    assert_eq!(wait_for_none(cache.path()), Vec::<u32>::new());
}

/// Whether a process descends from this one; an orphan does not any more.
fn is_descendant(pid: u32) -> bool {
    let mut at = pid;
    for _ in 0..8 {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{at}/stat")) else { return true };
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        match parent {
            Some(parent) if parent == std::process::id() => return true,
            Some(parent) if parent > 1 => at = parent,
            _ => return false,
        }
    }
    false
}

/// What a worker says of a program is believed only when a program runs, and has ended.
#[tokio::test]
async fn a_package_that_forges_ends_gets_none_believed() {
    let Some(hostile) = Hostile::new().await else { return };
    let forged = "import struct\nsaid = struct.pack('<ciQQ', b'd', 100 << 8, 1, 2 ** 64 - 1)\n";
    for (what, first) in [
        (
            "an end before the end",
            format!(
                "import os\n{forged}real = os.fork\ndef fork():\n    pid = real()\n    if pid: os.write(0, said)\n    return pid\nos.fork = fork\n"
            ),
        ),
        (
            "two ends",
            format!(
                "import os\n{forged}real = os.wait4\ndef wait4(pid, flags):\n    found = real(pid, flags)\n    os.write(0, said)\n    return found\nos.wait4 = wait4\n"
            ),
        ),
    ] {
        let interpreter = hostile.with(&first, IsolationRule::Required);
        for code in ["import mpmath, time; time.sleep(0.5); print(42)", "import mpmath; print(43)"] {
            let job = Job {
                code: code.to_owned(),
                dependencies: Dependencies::new([PACKAGE]),
                limits: Limits { wall: std::time::Duration::from_secs(5), ..Limits::default() },
            };
            let done = interpreter.run(job).await;
            let forged = done.as_ref().is_ok_and(|done| done.end == End::Exit(0) && done.memory == u64::MAX);
            assert!(!forged, "{what}: {done:?}");
            if let Ok(done) = done {
                assert!(done.end == End::Exit(100) || done.stdout.starts_with('4'), "{what}: {done:?}");
            }
        }
    }
}

/// A worker that can't fork runs one program itself, and another worker the next.
#[tokio::test]
async fn where_forking_is_impossible_each_program_has_an_interpreter_of_its_own() {
    let Some(hostile) = Hostile::new().await else { return };
    for rule in [IsolationRule::Required, IsolationRule::Landlock, IsolationRule::UnsafeNone] {
        let interpreter =
            hostile.with("import os\ndef fork(): raise OSError(11, 'no fork for you')\nos.fork = fork\n", rule);
        for (code, end, said) in [
            ("import mpmath, sys; sys.mark = 1; print(mpmath.mpf(2) * 21)", End::Exit(0), "42.0\n"),
            ("import mpmath, sys; print(hasattr(sys, 'mark')); sys.exit(5)", End::Exit(5), "False\n"),
            ("import mpmath, ctypes; ctypes.string_at(0)", End::Signal(11), ""),
            ("import mpmath, time; time.sleep(60)", End::Timeout, ""),
            ("import mpmath; print('x' * (1 << 20))", End::Output, ""),
        ] {
            let done = run(&interpreter, code).await;
            assert_eq!(done.end, end, "{rule:?} {code}: {done:?}");
            assert!(said.is_empty() || done.stdout == said, "{rule:?} {code}: {done:?}");
        }
    }
}

/// A program finds imported what it names itself, whichever ran before it; and what it names was imported before the fork.
#[tokio::test]
async fn what_a_program_finds_imported_hangs_on_its_own_text() {
    let Some(hostile) = Hostile::new().await else { return };
    let interpreter = hostile.with("import os; worker = os.getpid()", IsolationRule::Landlock);
    for _ in 0..2 {
        let loaded = run(&interpreter, "import sys; print('mpmath' in sys.modules)").await;
        assert_eq!(loaded.stdout, "False\n");
        let own = run(&interpreter, "import mpmath, os\nprint(mpmath.worker != os.getpid())").await;
        assert_eq!(own.stdout, "True\n");
    }
}

#[tokio::test]
async fn a_package_that_breaks_its_worker_breaks_only_programs_that_import_it() {
    let Some(hostile) = Hostile::new().await else { return };
    for (what, first, end) in [
        ("it exits", "import os; os._exit(7)", End::Exit(7)),
        ("it crashes", "import ctypes; ctypes.string_at(0)", End::Signal(11)),
        ("it talks", "import sys; sys.stderr.write('x' * 300000); sys.stderr.flush()", End::Exit(0)),
        (
            "it leaves a thread",
            "import threading, time; threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
            End::Exit(0),
        ),
        ("it raises", "raise RuntimeError('no')", End::Exit(1)),
        ("it closes the worker's descriptors", "import os; os.closerange(0, 64)", End::Exit(1)),
    ] {
        let interpreter = hostile.with(first, IsolationRule::Required);
        for _ in 0..2 {
            let done = run(&interpreter, "print(6 * 7)").await;
            assert_eq!((done.end, done.stdout.as_str()), (End::Exit(0), "42\n"), "{what}: {done:?}");
            let done = run(&interpreter, "import mpmath\nprint(mpmath.mpf(2))").await;
            let closes = what.contains("descriptors");
            assert!(done.end == end || closes && done.end != End::Exit(0), "{what}: {done:?}");
        }
    }
}
