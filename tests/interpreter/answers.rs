//! What every program may rely on.

use std::time::Duration;

use loong::failure::FailureKind;
use loong::interpreter::{Dependencies, End, Interpreter, Isolation, Job, Limits};

use crate::attempts::{bench, is_well, limits, run};
use crate::setup::Bench;

#[tokio::test]
async fn programs_print_their_answers() {
    let python = bench();
    for (code, stdout) in [
        ("print(1 + 1)", "2\n"),
        ("import math\nprint(math.comb(10, 3))", "120\n"),
        ("print('größer 中文 🐉')", "größer 中文 🐉\n"),
        ("import sys\nsys.stdout.write('no newline')", "no newline"),
        ("if __name__ == '__main__':\n    print('main')", "main\n"),
        ("def f(n):\n    return 1 if n == 0 else n * f(n - 1)\nprint(f(20))", "2432902008176640000\n"),
        ("import atexit\natexit.register(print, 'last')\nprint('first')", "first\nlast\n"),
        ("import threading\nt = threading.Thread(target=print, args=('thread',))\nt.start()", "thread\n"),
        ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nprint(P(3))", "P(x=3)\n"),
        ("open('note.txt', 'w').write('x' * 10)\nprint(len(open('note.txt').read()))", "10\n"),
        ("print({'b', 'a', 'c'} == {'a', 'b', 'c'}, hash('loong') == hash('loong'))", "True True\n"),
        ("import sys\nprint(sys.stdin.read() == '')", "True\n"),
    ] {
        let execution = run(&python, code).await;
        assert_eq!((execution.stdout.as_str(), execution.end), (stdout, End::Exit(0)), "{code}\n{}", execution.stderr);
        assert!(matches!(execution.isolation, Isolation::Full | Isolation::Landlock));
        assert!(execution.memory > 1 << 20 && execution.wall > Duration::ZERO);
    }
}

#[tokio::test]
async fn only_a_program_that_ends_well_has_an_answer() {
    let python = bench();
    for (code, kind, told) in [
        ("print(17)\nraise ValueError('late')", FailureKind::CodeError, "ValueError: late"),
        ("print(17)\nimport sys\nsys.exit(3)", FailureKind::CodeError, "exit 3"),
        ("import sys\nsys.exit('a reason')", FailureKind::CodeError, "a reason"),
        ("import os\nos.abort()", FailureKind::CodeError, "signal 6"),
        ("def f(:\n  pass", FailureKind::CodeError, "SyntaxError"),
        ("print(1/0)", FailureKind::CodeError, "ZeroDivisionError"),
        ("import package_that_is_not_there", FailureKind::CodeError, "ModuleNotFoundError"),
        ("x = 3", FailureKind::CodeEmpty, "printed nothing"),
        ("while True: pass", FailureKind::CodeTimeout, "killed after"),
        ("x = bytearray(1 << 40)", FailureKind::CodeMemory, "memory"),
        ("x = []\nwhile True: x.append(bytearray(1 << 20))", FailureKind::CodeMemory, "memory"),
        ("while True: print('x' * 1000)", FailureKind::CodeOutput, "printed over"),
        ("def f(): f()\nf()", FailureKind::CodeError, "RecursionError"),
    ] {
        let execution = run(&python, code).await;
        let (got, message) = execution.code_answer().map(str::to_owned).expect_err(code);
        assert_eq!(got, kind, "{code}: {message} {}", execution.stderr);
        assert!(message.contains(told), "{code}: {message}");
        is_well(&python).await;
    }
}

#[tokio::test]
async fn a_traceback_shows_the_program_and_nothing_of_the_worker() {
    let python = bench();
    let execution = run(&python, "def deep():\n    return {}['key']\n\ndeep()").await;
    let expected = "Traceback (most recent call last):\n  File \"main.py\", line 4, in <module>\n    deep()\n";
    assert!(execution.stderr.starts_with(expected), "{}", execution.stderr);
    assert!(execution.stderr.contains("return {}['key']") && execution.stderr.ends_with("KeyError: 'key'\n"));
    assert!(!execution.stderr.contains("worker"), "{}", execution.stderr);
}

#[tokio::test]
async fn output_is_cut_and_counted() {
    let python = bench();
    let long = format!("print('x' * {})", limits().output - 1);
    assert_eq!(run(&python, &long).await.stdout_bytes, limits().output as u64);
    let over = run(&python, "import sys\nprint('y' * 10_000_000)\nsys.stderr.write('z' * 10_000_000 + 'end')").await;
    assert_eq!((over.end, over.stdout.len()), (End::Output, limits().output));
    let chatty = run(&python, "import sys\nsys.stderr.write('z' * 1_000_000 + 'the end')\nprint(1)").await;
    assert_eq!(chatty.end, End::Exit(0));
    assert!(chatty.stderr.ends_with("the end") && chatty.stderr.len() < 200_000);
    let bytes = run(&python, "import sys\nsys.stdout.buffer.write(b'\\xff\\x00ok')").await;
    assert_eq!(bytes.stdout, "\u{fffd}\u{0}ok");
}

#[tokio::test]
async fn jobs_share_workers_and_each_gets_its_own_answer() {
    let python = Bench::with(|settings| settings.workers = 2);
    let programs: Vec<String> = (0..60).map(|n| format!("print({n})")).collect();
    let jobs = programs.iter().map(|code| run(&python, code));
    for (n, execution) in futures::future::join_all(jobs).await.into_iter().enumerate() {
        assert_eq!(execution.stdout, format!("{n}\n"));
    }
}

#[tokio::test]
async fn dropping_the_call_kills_the_program() {
    let python = bench();
    run(&python, "print(1)").await;
    let limits = Limits { wall: Duration::from_secs(600), ..limits() };
    let long = Job { code: "import time\ntime.sleep(600)".into(), dependencies: Dependencies::default(), limits };
    let waited = tokio::time::timeout(Duration::from_millis(300), python.interpreter.run(long)).await;
    assert!(waited.is_err());
    is_well(&python).await;
}

#[tokio::test]
async fn random_numbers_differ_from_run_to_run() {
    let python = bench();
    let code = "import random\nprint(random.random())";
    assert_ne!(run(&python, code).await.stdout, run(&python, code).await.stdout);
}
