//! Progress of work that comes in parts: a line that moves on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;

/// How often a line is printed where no line can move.
const EVERY: Duration = Duration::from_secs(10);
/// How often a line that can move does.
const OFTEN: Duration = Duration::from_millis(100);

/// Shows how far work has come.
pub(super) struct Gauge {
    bar: Option<ProgressBar>,
    quiet: bool,
    said: Instant,
}

impl Gauge {
    /// A gauge that shows nothing when `quiet`.
    pub(super) fn new(quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(1000);
            let style = ProgressStyle::with_template("{bar:24} {percent} %  {msg}  {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, quiet, said: Instant::now() }
    }

    /// So much is done, 0…1; `told` is asked only when it is shown.
    pub(super) fn show(&mut self, share: f64, told: impl FnOnce() -> String) {
        if self.quiet || self.said.elapsed() < if self.bar.is_some() { OFTEN } else { EVERY } {
            return;
        }
        self.said = Instant::now();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
        let mille = (share.clamp(0.0, 1.0) * 1000.0) as u64;
        match &self.bar {
            Some(bar) => {
                bar.set_message(output::line(&told()));
                bar.set_position(mille);
            }
            None => {
                let _ = writeln!(std::io::stderr(), "{} %  {}", mille / 10, output::line(&told()));
            }
        }
    }

    /// Takes the line away.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Becomes true at Ctrl-C, so that work can end where nothing is lost; a second one ends the program as usual.
pub(super) fn interrupted() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&flag);
    let wait = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            told.store(true, Ordering::Release);
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
    };
    // Without the thread Ctrl-C ends the program at once, which loses nothing either.
    drop(std::thread::Builder::new().name("loong-ctrl-c".into()).spawn(wait));
    flag
}
