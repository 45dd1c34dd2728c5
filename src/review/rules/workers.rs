//! Pieces of work done by several threads and given back in their order, no more than a window of them at a time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc::channel;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Pieces that may be done before the first of them is taken; it bounds memory where one piece takes long.
const WINDOW: usize = 16;

#[derive(Default)]
struct State {
    next: usize,
    taken: usize,
    over: bool,
}

#[derive(Default)]
struct Table {
    state: Mutex<State>,
    moved: Condvar,
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece, once there is room for it.
    fn next(&self, pieces: usize) -> Option<usize> {
        let mut state = self.lock();
        while !state.over && state.next < pieces && state.next >= state.taken + WINDOW {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.over || state.next >= pieces {
            return None;
        }
        state.next += 1;
        Some(state.next - 1)
    }

    fn take(&self) {
        self.lock().taken += 1;
        self.moved.notify_all();
    }

    fn end(&self) {
        self.lock().over = true;
        self.moved.notify_all();
    }

    fn is_over(&self) -> bool {
        self.lock().over
    }
}

/// Ends the others' waiting when a thread panics.
struct Guard<'a>(&'a Table);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}

/// Does `pieces` pieces of work in `threads` threads. `start` makes what a thread works with; `work` does the piece with
/// that number, and is told when nobody waits for it any more; `take` gets the pieces in their order until it breaks.
///
/// # Errors
/// The first that `start`, `work` or `take` says, in the order of pieces.
pub(super) fn in_order<W, T: Send, E: Send>(
    pieces: usize,
    threads: usize,
    start: impl Fn() -> Result<W, E> + Sync,
    work: impl Fn(&mut W, usize, &dyn Fn() -> bool) -> Result<T, E> + Sync,
    mut take: impl FnMut(T) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let table = Table::default();
    let (to, from) = channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, pieces.max(1)) {
            let (table, start, work, to) = (&table, &start, &work, to.clone());
            scope.spawn(move || {
                let _guard = Guard(table);
                let over = || table.is_over();
                let mut own = None;
                while let Some(piece) = table.next(pieces) {
                    let done = match &mut own {
                        Some(own) => work(own, piece, &over),
                        None => start().and_then(|made| work(own.insert(made), piece, &over)),
                    };
                    // What was left because all is over is no piece that was done.
                    if table.is_over() || to.send((piece, done)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(to);
        let mut waiting = BTreeMap::new();
        let mut taken = 0;
        let outcome = loop {
            if taken == pieces {
                break Ok(());
            }
            // Where a thread panicked nothing more comes, and the scope passes the panic on.
            let Ok((piece, done)) = from.recv() else { break Ok(()) };
            waiting.insert(piece, done);
            let mut end = None;
            while end.is_none()
                && let Some(done) = waiting.remove(&taken)
            {
                taken += 1;
                table.take();
                match done.and_then(&mut take) {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(())) => end = Some(Ok(())),
                    Err(e) => end = Some(Err(e)),
                }
            }
            if let Some(end) = end {
                break end;
            }
        };
        table.end();
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn run(pieces: usize, threads: usize, stop_at: usize, fail_at: usize) -> (Vec<usize>, Result<(), usize>) {
        let mut got = Vec::new();
        let outcome = in_order(
            pieces,
            threads,
            || Ok(()),
            |(), piece, _| {
                // Pieces take unlike times, so that they are not done in their order.
                std::thread::sleep(std::time::Duration::from_micros((piece % 3) as u64 * 300));
                if piece == fail_at { Err(piece) } else { Ok(piece) }
            },
            |piece| {
                got.push(piece);
                Ok(if piece == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            },
        );
        (got, outcome)
    }

    #[test]
    fn pieces_come_in_their_order() {
        for threads in [1, 2, 5] {
            assert_eq!(run(200, threads, usize::MAX, usize::MAX), ((0..200).collect(), Ok(())));
            assert_eq!(run(200, threads, 20, usize::MAX), ((0..=20).collect(), Ok(())));
            assert_eq!(run(200, threads, usize::MAX, 30), ((0..30).collect(), Err(30)));
            assert_eq!(run(0, threads, usize::MAX, usize::MAX), (vec![], Ok(())));
        }
    }

    #[test]
    fn no_more_than_a_window_is_held() {
        let done = AtomicUsize::new(0);
        let mut most = 0;
        let outcome: Result<(), ()> = in_order(
            300,
            3,
            || Ok(()),
            |(), piece, _| {
                if piece % 50 == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(3));
                }
                done.fetch_add(1, Ordering::SeqCst);
                Ok(piece)
            },
            |piece| {
                most = most.max(done.load(Ordering::SeqCst) - piece);
                Ok(ControlFlow::Continue(()))
            },
        );
        assert_eq!(outcome, Ok(()));
        assert!(most <= WINDOW + 1, "{most} pieces were done and not taken");
    }
}
