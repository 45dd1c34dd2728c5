//! What is heard of the run: folded where it is heard, fetched when the screen has time. So a slow screen cannot stall the
//! loop, and the loop cannot flood the screen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Wire;
use crate::engine::Mode;
use crate::failure::Stage;
use crate::tui::run::Board;
use crate::tui::workbench::{News, Newsreader};

/// The board, and the word that it has changed.
pub struct RunNews {
    board: Mutex<Board>,
    over: Condvar,
    told: AtomicBool,
    begun: Instant,
    to: Sender<Wire>,
}

impl RunNews {
    pub(super) fn new(begun: Instant, to: Sender<Wire>) -> Self {
        Self { board: Mutex::default(), over: Condvar::new(), told: AtomicBool::new(false), begun, to }
    }

    /// The board as it is now; from here on, changes are told again.
    pub fn fetch(&self) -> Board {
        self.told.store(false, Ordering::Release);
        self.board().clone()
    }

    /// Waits for the end of the run; whether it came in time.
    pub fn wait(&self, most: Duration) -> bool {
        let (board, _) = self
            .over
            .wait_timeout_while(self.board(), most, |board| board.is_active())
            .unwrap_or_else(PoisonError::into_inner);
        !board.is_active()
    }

    pub(super) fn mode(&self, mode: Mode) {
        self.board().mode(mode, self.begun.elapsed());
        self.tell();
    }

    pub(super) fn width(&self, stage: Stage, width: usize) {
        self.board().widen(stage, width);
    }

    fn hear(&self, news: News) {
        let at = self.begun.elapsed();
        let mut board = self.board();
        match news {
            News::Begun(setting) => board.begin(&setting, at),
            News::Event(event) => board.hear(&event, at),
            News::Progress(progress) => board.hear_progress(&progress, at),
            News::Failed(why) => board.failed(&why),
            News::Over => board.over(at),
        }
        let active = board.is_active();
        drop(board);
        if !active {
            self.over.notify_all();
        }
        self.tell();
    }

    fn tell(&self) {
        if !self.told.swap(true, Ordering::AcqRel) {
            let _ = self.to.send(Wire::RunChanged);
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn newsreader(run: Arc<RunNews>) -> Newsreader {
    Arc::new(move |news| run.hear(news))
}
