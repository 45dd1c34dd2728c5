//! Events of the terminal, read by one thread that can be told to stop reading.

#[cfg(not(unix))]
pub use self::console::Input;
#[cfg(unix)]
pub use self::unix::Input;

#[cfg(unix)]
mod unix {
    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
    use std::thread;

    use crossterm::event::Event;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use tokio::signal::unix::{SignalKind, signal};
    use tokio::sync::oneshot;

    use super::super::decode::Decoder;

    /// The one reader of the terminal.
    ///
    /// `send` is called on the reader's thread and must not wait (an unbounded channel does not): [`pause`](Self::pause)
    /// waits for that thread.
    #[derive(Debug)]
    pub struct Input {
        shared: Arc<Shared>,
        wake: UnixStream,
        /// Ends the watch for changes of size when it is dropped.
        _sizes: oneshot::Sender<()>,
    }

    #[derive(Debug, Default)]
    struct Shared {
        state: Mutex<State>,
        changed: Condvar,
    }

    #[derive(Debug, Default)]
    struct State {
        wanted: Wanted,
        /// Where the thread stands: between two reads, not in one.
        parked: bool,
        ended: bool,
    }

    #[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
    enum Wanted {
        #[default]
        Read,
        Pause,
        End,
    }

    impl Shared {
        fn state(&self) -> MutexGuard<'_, State> {
            self.state.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn want(&self, wanted: Wanted) {
            self.state().wanted = wanted;
            self.changed.notify_all();
        }

        fn wait_until(&self, done: impl Fn(&State) -> bool) {
            let mut state = self.state();
            while !done(&state) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    impl Input {
        /// Starts reading. Changes of the terminal's size are events too, each size once.
        pub fn start(send: impl Fn(Event) + Send + 'static) -> io::Result<Self> {
            let (wake, woken) = UnixStream::pair()?;
            wake.set_nonblocking(true)?;
            woken.set_nonblocking(true)?;
            let (stop, stopped) = oneshot::channel();
            watch_size(wake.try_clone()?, stopped)?;
            let shared = Arc::new(Shared::default());
            let reader = Reader { shared: Arc::clone(&shared), woken, size: size(), send };
            thread::Builder::new().name("input".into()).spawn(move || reader.run())?;
            Ok(Self { shared, wake, _sizes: stop })
        }

        /// Stops reading. When this returns, no byte of the terminal is read before [`resume`](Self::resume): a key
        /// typed after it is the next reader's. What was read before has been sent.
        pub fn pause(&self) {
            self.shared.want(Wanted::Pause);
            self.wake();
            self.shared.wait_until(|state| state.parked || state.ended);
        }

        /// Reads on; a size that changed meanwhile is told.
        pub fn resume(&self) {
            self.shared.want(Wanted::Read);
        }

        /// Ends the reader. What was not read yet stays in the terminal, for the shell.
        pub fn stop(self) {
            drop(self);
        }

        fn wake(&self) {
            // A full pipe wakes as well.
            let _ = (&self.wake).write(b"k");
        }
    }

    impl Drop for Input {
        fn drop(&mut self) {
            self.shared.want(Wanted::End);
            self.wake();
            self.shared.wait_until(|state| state.ended);
        }
    }

    /// Writes a byte at each change of size, until the other side of `stopped` is gone.
    fn watch_size(mut wake: UnixStream, stopped: oneshot::Receiver<()>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        // Registered before the size is looked at first, so that no change is missed.
        let mut changes = {
            let _inside = runtime.enter();
            signal(SignalKind::window_change())?
        };
        thread::Builder::new().name("size".into()).spawn(move || {
            runtime.block_on(async move {
                let mut stopped = stopped;
                loop {
                    tokio::select! {
                        change = changes.recv() => {
                            if change.is_none() {
                                return;
                            }
                            let _ = wake.write(b"s");
                        }
                        _ = &mut stopped => return,
                    }
                }
            });
        })?;
        Ok(())
    }

    fn size() -> Option<(u16, u16)> {
        crossterm::terminal::size().ok().filter(|(columns, rows)| *columns > 0 && *rows > 0)
    }

    struct Reader<F> {
        shared: Arc<Shared>,
        woken: UnixStream,
        size: Option<(u16, u16)>,
        send: F,
    }

    /// Tells that the thread is gone, however it went: nobody must wait for it.
    struct Ending(Arc<Shared>);

    impl Drop for Ending {
        fn drop(&mut self) {
            self.0.state().ended = true;
            self.0.changed.notify_all();
        }
    }

    impl<F: Fn(Event)> Reader<F> {
        fn run(mut self) {
            let _ending = Ending(Arc::clone(&self.shared));
            let mut decoder = Decoder::default();
            let mut buffer = vec![0; 1 << 16];
            let stdin = rustix::stdio::stdin();
            loop {
                let wanted = self.shared.state().wanted;
                if wanted != Wanted::Read {
                    decoder.cut(&mut |event| (self.send)(event));
                    if !self.park() {
                        return;
                    }
                    self.tell_size();
                    continue;
                }
                let mut fds = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&self.woken, PollFlags::IN)];
                let patience = decoder.patience();
                let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
                let ready = match poll(&mut fds, timeout.as_ref()) {
                    Ok(ready) => ready,
                    Err(Errno::INTR) => continue,
                    Err(_) => return gone(),
                };
                let (terminal, wake) = (fds[0].revents(), fds[1].revents());
                if !wake.is_empty() {
                    self.drain_wakes();
                    self.tell_size();
                    // Whoever woke us may want no further read.
                    continue;
                }
                if terminal.contains(PollFlags::IN) {
                    match rustix::io::read(stdin, &mut *buffer) {
                        Ok(0) | Err(Errno::IO) => return gone(),
                        Ok(n) => decoder.feed(&buffer[..n], &mut |event| (self.send)(event)),
                        Err(Errno::INTR | Errno::AGAIN) => {}
                        Err(_) => return gone(),
                    }
                } else if !terminal.is_empty() {
                    return gone();
                } else if ready == 0 {
                    decoder.flush(&mut |event| (self.send)(event));
                }
            }
        }

        /// Waits until reading is wanted again; false if it never is.
        fn park(&self) -> bool {
            self.shared.state().parked = true;
            self.shared.changed.notify_all();
            self.shared.wait_until(|state| state.wanted != Wanted::Pause);
            let mut state = self.shared.state();
            state.parked = false;
            state.wanted != Wanted::End
        }

        fn drain_wakes(&mut self) {
            let mut bytes = [0; 64];
            while self.woken.read(&mut bytes).is_ok_and(|n| n > 0) {}
        }

        fn tell_size(&mut self) {
            let now = size();
            if let Some((columns, rows)) = now
                && now != self.size
            {
                self.size = now;
                (self.send)(Event::Resize(columns, rows));
            }
        }
    }

    /// The terminal is gone, which a process is told by a signal; one that ignores it must be told all the same.
    fn gone() {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP);
    }
}

#[cfg(not(unix))]
mod console {
    use std::io;
    use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
    use std::thread;
    use std::time::Duration;

    use crossterm::event::{self, Event};

    /// How long one look at the console may last; so long may a pause take.
    const LOOK: Duration = Duration::from_millis(100);

    /// The one reader of the console.
    ///
    /// `send` is called on the reader's thread and must not wait: [`pause`](Self::pause) waits for that thread.
    #[derive(Debug)]
    pub struct Input {
        shared: Arc<Shared>,
    }

    #[derive(Debug, Default)]
    struct Shared {
        state: Mutex<State>,
        changed: Condvar,
    }

    #[derive(Debug, Default)]
    struct State {
        paused: bool,
        ending: bool,
        parked: bool,
        ended: bool,
    }

    impl Shared {
        fn state(&self) -> MutexGuard<'_, State> {
            self.state.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn change(&self, change: impl FnOnce(&mut State)) {
            change(&mut self.state());
            self.changed.notify_all();
        }

        fn wait_until(&self, done: impl Fn(&State) -> bool) {
            let mut state = self.state();
            while !done(&state) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    struct Ending(Arc<Shared>);

    impl Drop for Ending {
        fn drop(&mut self) {
            self.0.change(|state| state.ended = true);
        }
    }

    impl Input {
        /// Starts reading.
        pub fn start(send: impl Fn(Event) + Send + 'static) -> io::Result<Self> {
            let shared = Arc::new(Shared::default());
            let ending = Ending(Arc::clone(&shared));
            thread::Builder::new().name("input".into()).spawn(move || {
                let shared = &ending.0;
                loop {
                    if shared.state().ending {
                        return;
                    }
                    if shared.state().paused {
                        shared.change(|state| state.parked = true);
                        shared.wait_until(|state| !state.paused || state.ending);
                        shared.change(|state| state.parked = false);
                        continue;
                    }
                    match event::poll(LOOK) {
                        Ok(true) => match event::read() {
                            Ok(event) => send(event),
                            Err(_) => return,
                        },
                        Ok(false) => {}
                        Err(_) => return,
                    }
                }
            })?;
            Ok(Self { shared })
        }

        /// Stops reading. When this returns, nothing is read before [`resume`](Self::resume).
        pub fn pause(&self) {
            self.shared.change(|state| state.paused = true);
            self.shared.wait_until(|state| state.parked || state.ended);
        }

        /// Reads on.
        pub fn resume(&self) {
            self.shared.change(|state| state.paused = false);
        }

        /// Ends the reader.
        pub fn stop(self) {
            drop(self);
        }
    }

    impl Drop for Input {
        fn drop(&mut self) {
            self.shared.change(|state| state.ending = true);
            self.shared.wait_until(|state| state.ended);
        }
    }
}
