//! What programs cost without loong: fresh interpreters, and bare warm forks.

use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A Python without the user's settings; bytecode is written, as a user's own would.
pub(crate) fn python(executable: &Path) -> Command {
    let mut command = Command::new(executable);
    command.env_remove("PYTHONDONTWRITEBYTECODE").env("PYTHONHASHSEED", "0");
    for name in ["OPENBLAS", "OMP", "MKL", "NUMEXPR"] {
        command.env(format!("{name}_NUM_THREADS"), "1");
    }
    command
}

/// Runs a program in a fresh interpreter.
pub(crate) fn fresh(executable: &Path, code: &str) -> Duration {
    let begun = Instant::now();
    let out = python(executable).args(["-c", code]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    assert!(out.is_ok_and(|out| out.status.success()), "a fresh interpreter failed");
    begun.elapsed()
}

/// Takes numbers below `count` in as many threads as there are `hands`; programs per second.
pub(crate) fn at_once<H: Send>(hands: &mut [H], count: usize, work: impl Fn(&mut H, usize) + Sync) -> f64 {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for hand in hands {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    work(hand, at);
                }
            });
        }
    });
    count as f64 / begun.elapsed().as_secs_f64()
}

/// A warm process that forks for every program and does nothing else.
pub(crate) struct Bare {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Bare {
    /// Starts one that has run `warm`.
    pub(crate) fn start(executable: &Path, warm: &str) -> Self {
        let mut child = python(executable)
            .args(["-s", "-X", "utf8", "-c", include_str!("bare_fork.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut bare = Self { child, to, from };
        bare.run(warm);
        bare
    }

    /// Runs a program and returns what it printed.
    pub(crate) fn run(&mut self, code: &str) -> String {
        let mut frame = u32::try_from(code.len()).unwrap().to_be_bytes().to_vec();
        frame.extend(code.as_bytes());
        self.to.write_all(&frame).unwrap();
        let mut length = [0; 4];
        self.from.read_exact(&mut length).unwrap();
        let mut printed = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
        self.from.read_exact(&mut printed).unwrap();
        String::from_utf8_lossy(&printed).into_owned()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
