//! How many items a stage works on at a time: a door whose width may change while items are inside.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The widest a stage may be made.
pub(super) const WIDEST: usize = 10_000;

/// A stage's door. Narrowed, it lets nobody in until enough have left; who is inside stays.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// 0: nobody has said yet.
    width: AtomicUsize,
    inside: AtomicUsize,
    changed: Notify,
}

impl Gate {
    pub(super) fn width(&self) -> usize {
        self.width.load(Ordering::SeqCst)
    }

    pub(super) fn set_width(&self, width: usize) {
        self.width.store(width.clamp(1, WIDEST), Ordering::SeqCst);
        self.changed.notify_one();
    }

    /// Sets the width where nobody has said one.
    pub(super) fn set_default(&self, width: usize) {
        let width = width.clamp(1, WIDEST);
        let _ = self.width.compare_exchange(0, width, Ordering::SeqCst, Ordering::SeqCst);
        self.changed.notify_one();
    }

    /// Waits for a place and takes it until it is dropped. One caller at a time: a stage's own.
    pub(super) async fn enter(self: &Arc<Self>) -> Place {
        loop {
            // A change between the look and the wait is not missed: the permit of `notify_one` is kept.
            if self.inside.load(Ordering::SeqCst) < self.width().max(1) {
                self.inside.fetch_add(1, Ordering::SeqCst);
                return Place(Arc::clone(self));
            }
            self.changed.notified().await;
        }
    }
}

/// A place in a stage.
pub(super) struct Place(Arc<Gate>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn enters(gate: &Arc<Gate>) -> Option<Place> {
        let gate = Arc::clone(gate);
        let entering = tokio::spawn(async move { gate.enter().await });
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        if entering.is_finished() {
            entering.await.ok()
        } else {
            entering.abort();
            None
        }
    }

    #[tokio::test]
    async fn a_width_changes_while_items_are_inside() {
        let gate = Arc::new(Gate::default());
        gate.set_width(1);
        gate.set_default(9);
        assert_eq!(gate.width(), 1, "what was said stands");
        let first = enters(&gate).await.expect("room for one");
        assert!(enters(&gate).await.is_none());
        gate.set_width(3);
        let more = [enters(&gate).await.expect("room"), enters(&gate).await.expect("room")];
        assert!(enters(&gate).await.is_none());
        gate.set_width(2);
        drop(first);
        assert!(enters(&gate).await.is_none(), "two are inside still");
        drop(more);
        assert!(enters(&gate).await.is_some());
    }

    #[tokio::test]
    async fn who_waits_is_let_in_when_the_door_is_widened() {
        let gate = Arc::new(Gate::default());
        gate.set_width(1);
        let _first = gate.enter().await;
        let other = Arc::clone(&gate);
        let waiting = tokio::spawn(async move { other.enter().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        gate.set_width(2);
        assert!(waiting.await.is_ok());
    }
}
