//! Signals that ask a command to end: it ends in order, and leaves nothing half done.

use std::io;

/// Calls `heard` at the first of Ctrl-C, SIGTERM and SIGHUP; a second one ends the program at once.
pub(super) fn obey(heard: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // From here on: a signal that comes before the thread listens is heard, too.
    #[cfg(unix)]
    let mut all = {
        use tokio::signal::unix::{SignalKind, signal};
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?)
    };
    let listen = async move {
        let mut heard = Some(heard);
        loop {
            #[cfg(unix)]
            tokio::select! {
                _ = all.0.recv() => {}
                _ = all.1.recv() => {}
                _ = all.2.recv() => {}
            }
            #[cfg(not(unix))]
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            match heard.take() {
                Some(heard) => heard(),
                None => std::process::exit(130),
            }
        }
    };
    std::thread::Builder::new().name("loong-signals".to_owned()).spawn(move || runtime.block_on(listen))?;
    Ok(())
}
