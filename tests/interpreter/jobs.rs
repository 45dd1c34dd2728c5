//! Ordinary programs and their ends.

use loong::failure::FailureKind;
use loong::interpreter::{End, Limits};

use crate::setup::{Bench, wall};

#[tokio::test]
async fn a_program_prints() {
    let bench = Bench::new();
    let done = bench.run("print(1 + 1)").await;
    assert_eq!((done.end, done.stdout.as_str(), done.stderr.as_str()), (End::Exit(0), "2\n", ""), "{done:?}");
    assert_eq!(done.stdout_bytes, 2);
    assert_eq!(done.code_answer(), Ok("2"));
    assert!(done.python.starts_with("3."));
    assert_eq!(done.venv.len(), 16);
    assert!(done.memory > 1 << 20);
}

#[tokio::test]
async fn exit_statuses_are_pythons_own() {
    let bench = Bench::new();
    for (code, status, stderr) in [
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit(-1)", 255, ""),
        ("import sys; sys.exit('what went wrong')", 1, "what went wrong\n"),
        ("exit(4)", 4, ""),
        ("raise SystemExit", 0, ""),
        ("import os; os._exit(7)", 7, ""),
        ("import atexit; atexit.register(print, 'bye')", 0, ""),
        ("import sys; sys.exit(97)", 97, ""),
    ] {
        let done = bench.run(code).await;
        assert_eq!((done.end, done.stderr.as_str()), (End::Exit(status), stderr), "{code}");
    }
    assert_eq!(bench.run("import atexit; atexit.register(print, 'bye')").await.stdout, "bye\n");
    assert_eq!(bench.run("import os; print(1); os.kill(os.getpid(), 11)").await.end, End::Signal(11));
}

#[tokio::test]
async fn a_program_that_prints_and_crashes_has_no_answer() {
    let bench = Bench::new();
    let done = bench.run("def f(x):\n    return 1 / x\n\nprint(42)\nf(0)\n").await;
    assert_eq!((done.end, done.stdout.as_str()), (End::Exit(1), "42\n"));
    // Only the program's own frames are shown, with its lines; newer Pythons underline parts of them.
    let lines: Vec<&str> = done.stderr.lines().filter(|line| !line.trim().starts_with(['~', '^'])).collect();
    let expected = [
        "Traceback (most recent call last):",
        "  File \"main.py\", line 5, in <module>",
        "    f(0)",
        "  File \"main.py\", line 2, in f",
        "    return 1 / x",
        "ZeroDivisionError: division by zero",
    ];
    assert_eq!(lines, expected, "{}", done.stderr);
    let (kind, why) = done.code_answer().unwrap_err();
    assert_eq!((kind, why.as_str()), (FailureKind::CodeError, "exit 1: ZeroDivisionError: division by zero"));
}

#[tokio::test]
async fn a_syntax_error_is_the_programs_own() {
    let bench = Bench::new();
    let done = bench.run("print('x'\n").await;
    assert_eq!(done.end, End::Exit(1));
    assert!(done.stderr.contains("File \"main.py\", line 1") && done.stderr.contains("SyntaxError"), "{}", done.stderr);
    assert!(!done.stderr.contains("worker"), "{}", done.stderr);
    // A null byte is an error of the program too.
    assert_eq!(bench.run("print(1)\0").await.end, End::Exit(1));
}

#[tokio::test]
async fn a_program_is_main_and_looks_like_one() {
    let bench = Bench::new();
    let code = "import sys, os, inspect\nassert __name__ == '__main__'\nassert sys.argv == ['main.py']\n\
                assert sys.modules['__main__'].__dict__ is globals()\ndef f(): pass\nassert 'def f' in inspect.getsource(f)\n\
                open('beside.py', 'w').write('x = 5')\nimport beside\nprint(beside.x, input.__name__)\n\
                try:\n    input()\nexcept EOFError:\n    print('no input')\n";
    let done = bench.run(code).await;
    assert_eq!(done.stdout, "5 input\nno input\n", "{}", done.stderr);
}

#[tokio::test]
async fn threads_and_event_loops_work_and_are_waited_for() {
    let bench = Bench::new();
    let code = "import threading, time, asyncio\nfrom concurrent.futures import ThreadPoolExecutor\n\
                async def f():\n    await asyncio.sleep(0.01)\n    return 3\nprint(asyncio.run(f()))\n\
                with ThreadPoolExecutor(4) as pool:\n    print(sum(pool.map(lambda x: x * x, range(5))))\n\
                threading.Thread(target=lambda: (time.sleep(0.05), print('late'))).start()\n";
    let done = bench.run(code).await;
    assert_eq!((done.end, done.stdout.as_str()), (End::Exit(0), "3\n30\nlate\n"), "{}", done.stderr);
}

#[tokio::test]
async fn nothing_printed_is_empty_and_bytes_are_kept() {
    let bench = Bench::new();
    let done = bench.run("x = 1").await;
    assert_eq!(done.code_answer().unwrap_err().0, FailureKind::CodeEmpty);
    let done = bench.run("print('∑ 雪 🐉 é')").await;
    assert_eq!(done.stdout, "∑ 雪 🐉 é\n");
    let done = bench.run("import sys; sys.stdout.buffer.write(b'\\xff\\x1b[31m\\0')").await;
    assert_eq!(done.stdout, "\u{fffd}\u{1b}[31m\0");
    assert_eq!(bench.run("").await.end, End::Exit(0));
}

#[tokio::test]
async fn a_deadline_kills_whatever_the_program_ignores() {
    let bench = Bench::new();
    let ignoring = "import signal, time\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except \
                    (OSError, ValueError): pass\nprint('on', flush=True)\nwhile True: time.sleep(1)";
    let done = bench.run_with(ignoring, wall(0.4)).await;
    assert_eq!((done.end, done.stdout.as_str()), (End::Timeout, "on\n"));
    assert_eq!(done.code_answer().unwrap_err().0, FailureKind::CodeTimeout);
    let done = bench.run_with("while True: pass", wall(0.3)).await;
    assert_eq!(done.end, End::Timeout);
    assert!(!done.cpu.is_zero());
    let done = bench.run_with("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", wall(0.3)).await;
    assert_eq!(done.end, End::Timeout);
    assert_eq!(bench.run("print(1)").await.stdout, "1\n");
}

#[tokio::test]
async fn memory_is_limited_beyond_what_the_worker_has() {
    let bench = Bench::new();
    let limits = Limits { memory: 64 << 20, ..Limits::default() };
    for code in [
        "x = bytearray(1 << 30)",
        "x = []\nwhile True: x.append('y' * 100000 + str(len(x)))",
        "x = [0]\nwhile True: x += x",
        "import mmap\nx = [mmap.mmap(-1, 1 << 20) for _ in range(1000)]",
    ] {
        let done = bench.run_with(code, limits).await;
        assert_eq!(done.end, End::Memory, "{code}: {done:?}");
        assert_eq!(done.code_answer().unwrap_err().0, FailureKind::CodeMemory);
    }
    let done = bench.run_with("x = bytearray(40 << 20); print(len(x))", limits).await;
    assert_eq!(done.stdout, "41943040\n", "{}", done.stderr);
}

#[tokio::test]
async fn output_is_cut_and_a_flood_is_killed() {
    let bench = Bench::new();
    let limits = Limits { output: 1000, ..Limits::default() };
    let done = bench.run_with("while True: print('x' * 100)", limits).await;
    assert_eq!((done.end, done.stdout.len()), (End::Output, 1000));
    assert!(done.stdout_bytes > 1000);
    let done = bench.run_with("print('x' * 999)", limits).await;
    assert_eq!((done.end, done.stdout_bytes), (End::Exit(0), 1000));
    // Of stderr the end is kept, and a flood of it is no crime.
    let code = "import sys\nfor i in range(10000): print('line', i, file=sys.stderr)\nprint('done')";
    let done = bench.run_with(code, limits).await;
    assert_eq!((done.end, done.stdout.as_str()), (End::Exit(0), "done\n"));
    assert!(done.stderr.len() <= 1000 && done.stderr.ends_with("line 9999\n"), "{}", done.stderr);
}

#[tokio::test]
async fn randomness_differs_and_hashes_do_not() {
    let bench = Bench::new();
    let random = "import random; print(random.random())";
    assert_ne!(bench.run(random).await.stdout, bench.run(random).await.stdout);
    let hash = "print(hash('loong'), list({'a', 'b', 'c', 'd'}))";
    let first = bench.run(hash).await.stdout;
    assert_eq!(first, bench.run(hash).await.stdout);
    let other = Bench::with(|s| s.hash_seed = 1);
    assert_ne!(first, other.run(hash).await.stdout);
}

#[tokio::test]
async fn workers_are_exchanged_for_jobs_that_they_do_not_fit() {
    let bench = Bench::new();
    // Scratch of another size is another worker.
    let limits = |scratch| Limits { scratch, ..Limits::default() };
    for i in 0..3 {
        let code = format!("print({i})");
        let jobs = [4 << 20, 8 << 20, 4 << 20].map(|scratch| bench.run_with(&code, limits(scratch)));
        for done in futures::future::join_all(jobs).await {
            assert_eq!(done.stdout, format!("{i}\n"));
        }
    }
}
