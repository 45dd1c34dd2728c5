//! Whether a project's store was written to, by whomever, without looking when nothing was: on Linux the kernel tells, and
//! nobody wakes up in vain; elsewhere it is looked at every other second.

use std::path::Path;

#[cfg(target_os = "linux")]
pub(super) use linux::{Stirring, Waker, pair};
#[cfg(not(target_os = "linux"))]
pub(super) use polled::{Stirring, Waker, pair};

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use rustix::io::Errno;
    use rustix::pipe::{PipeFlags, pipe_with};

    use super::Path;

    /// What is waited for.
    pub(in crate::tui::perform) struct Stirring {
        changes: OwnedFd,
        called: OwnedFd,
        watched: Option<i32>,
        /// With what the names of the store's files begin.
        name: String,
    }

    /// Calls whoever waits.
    pub(in crate::tui::perform) struct Waker(OwnedFd);

    /// One that waits, and one that calls it.
    pub(in crate::tui::perform) fn pair() -> io::Result<(Waker, Stirring)> {
        let changes = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let (called, caller) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok((Waker(caller), Stirring { changes, called, watched: None, name: String::new() }))
    }

    impl Waker {
        /// Has the waiting end.
        pub(in crate::tui::perform) fn call(&self) {
            // Where the pipe is full, it was called often enough.
            let _ = rustix::io::write(&self.0, &[1]);
        }
    }

    impl Stirring {
        /// Waits for what happens to the store in this file from now on.
        pub(in crate::tui::perform) fn watch(&mut self, store: &Path) {
            if let Some(watched) = self.watched.take() {
                let _ = inotify::remove_watch(&self.changes, watched);
            }
            let what = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO;
            // The side files of a store stand beside the file that a link leads to.
            let store = store.canonicalize().unwrap_or_else(|_| store.to_owned());
            let (Some(folder), Some(name)) = (store.parent(), store.file_name()) else { return };
            self.name = name.to_string_lossy().into_owned();
            self.watched = inotify::add_watch(&self.changes, folder, what).ok();
        }

        /// Waits for a while, or until somebody calls, which the next waiting is told, too; `false` where nobody can call any
        /// more.
        pub(in crate::tui::perform) fn pause(&mut self, time: Duration) -> bool {
            let mut calls = [PollFd::new(&self.called, PollFlags::IN)];
            let time = Timespec::try_from(time).ok();
            !matches!(poll(&mut calls, time.as_ref()), Ok(1..)) || calls[0].revents().contains(PollFlags::IN)
        }

        /// Waits until the store was written to, or somebody called; `false` where nobody can call any more.
        pub(in crate::tui::perform) fn wait(&mut self) -> bool {
            loop {
                let mut both = [PollFd::new(&self.changes, PollFlags::IN), PollFd::new(&self.called, PollFlags::IN)];
                match poll(&mut both, None) {
                    Err(Errno::INTR) => continue,
                    Err(_) => return false,
                    Ok(_) => {}
                }
                let (changed, called) = (both[0].revents(), both[1].revents());
                if !called.is_empty() {
                    let mut calls = [0; 64];
                    return matches!(rustix::io::read(&self.called, &mut calls), Ok(1..));
                }
                if !changed.is_empty() && self.take_changes() {
                    return true;
                }
            }
        }

        /// Takes in what has happened; whether any of it is about the store.
        fn take_changes(&mut self) -> bool {
            let mut room = [MaybeUninit::uninit(); 4_096];
            let mut events = inotify::Reader::new(&self.changes, &mut room);
            let mut stirred = false;
            while let Ok(event) = events.next() {
                // Without a name it is about the folder, or more happened than could be kept.
                stirred |= event.file_name().is_none_or(|name| name.to_string_lossy().starts_with(&self.name));
            }
            stirred
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod polled {
    use std::io;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
    use std::time::Duration;

    use super::Path;

    /// Between two looks.
    const BETWEEN: Duration = Duration::from_secs(2);

    /// What is waited for.
    pub(in crate::tui::perform) struct Stirring(Receiver<()>);

    /// Calls whoever waits.
    pub(in crate::tui::perform) struct Waker(Sender<()>);

    /// One that waits, and one that calls it.
    pub(in crate::tui::perform) fn pair() -> io::Result<(Waker, Stirring)> {
        let (caller, called) = channel();
        Ok((Waker(caller), Stirring(called)))
    }

    impl Waker {
        /// Has the waiting end.
        pub(in crate::tui::perform) fn call(&self) {
            let _ = self.0.send(());
        }
    }

    impl Stirring {
        /// The waiting is all there is.
        pub(in crate::tui::perform) fn pause(&mut self, _: Duration) -> bool {
            true
        }

        /// Every store is looked at in the same way.
        pub(in crate::tui::perform) fn watch(&mut self, _: &Path) {}

        /// Waits until it is time to look, or somebody called; `false` where nobody can call any more.
        pub(in crate::tui::perform) fn wait(&mut self) -> bool {
            !matches!(self.0.recv_timeout(BETWEEN), Err(RecvTimeoutError::Disconnected))
        }
    }
}
