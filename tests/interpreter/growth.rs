//! A thousand programs leave nothing behind that ten thousand would make ten times as much of.

use std::process::Command;

use crate::held::Held;
use crate::setup::Bench;

/// Programs before anything is counted, and counted ones.
const WARM: usize = 200;
const JOBS: usize = 1_000;

/// Allocators keep what they had once.
const SLACK: u64 = 6 << 20;

/// The process that counts is this test again, alone: others would be counted with it.
#[test]
fn a_thousand_programs_leave_nothing() {
    const ROLE: &str = "LOONG_TEST_GROWTH";
    let name = "growth::a_thousand_programs_leave_nothing";
    if std::env::var_os(ROLE).is_none() {
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args(["--exact", name, "--nocapture", "--test-threads", "1"]).env(ROLE, "1");
        let done = command.output().expect("this test again");
        let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let bench = Bench::with(|s| s.workers = 2);
    let run = |count: usize| {
        runtime.block_on(async {
            for _ in 0..count / 2 {
                let write = "open('x', 'w').write('y' * 4096)\nprint(1 + 1)";
                let (one, two) = tokio::join!(bench.run("print(1 + 1)"), bench.run(write));
                assert_eq!((one.stdout.as_str(), two.stdout.as_str()), ("2\n", "2\n"));
            }
        });
    };
    run(WARM);
    let before = Held::now(bench.cache.path(), None);
    run(JOBS);
    let after = Held::now(bench.cache.path(), Some(before.processes));
    assert!(before.processes >= 2 && before.mounts > 0 && before.descriptors > 0, "nothing was counted: {before:?}");
    assert_eq!(after.grown(&before, SLACK), Vec::<String>::new(), "{before:?} {after:?}");
}
