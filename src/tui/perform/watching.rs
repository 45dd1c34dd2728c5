//! What others bring into the store while it is open here: another screen, the command line, an import.
//!
//! A thread waits until the store is written to, looks how far it is, at most once a second, and says so where something has
//! come. Where nothing happens nobody wakes up, and nothing is drawn.

use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use super::stirring::{Stirring, Waker, pair};
use super::{Services, Wire};
use crate::store::{DecidedOn, Marks, Store, StoreError};
use crate::tui::msg::{Arrived, Msg};

/// Between two looks at least.
const BETWEEN: Duration = Duration::from_secs(1);
/// Decisions that are told one by one; of more it is told that there are.
const MOST: usize = 2_000;

/// Begins to look. Whoever enters another project calls, and so does whoever leaves, who then waits for the end.
pub(super) fn start(services: &Arc<Services>, to: Sender<Wire>) -> std::io::Result<(Waker, JoinHandle<()>)> {
    let (waker, stirring) = pair()?;
    // Held only while it is looked at: whoever leaves is the last one to close the store.
    let services = Arc::downgrade(services);
    let thread = std::thread::Builder::new()
        .name("loong-watch".to_owned())
        .spawn(move || keep_looking(&services, stirring, &to))?;
    Ok((waker, thread))
}

fn keep_looking(services: &Weak<Services>, mut stirring: Stirring, to: &Sender<Wire>) {
    let mut known: Option<(PathBuf, Marks)> = None;
    let mut watched: Option<PathBuf> = None;
    loop {
        let Some(project) = services.upgrade().filter(|s| !s.is_leaving()).map(|s| s.project()) else { return };
        if let Some(project) = project {
            let path = project.store.path();
            // Before the look: what comes after it is told.
            if watched.as_deref() != Some(path) {
                stirring.watch(path);
                watched = Some(path.to_owned());
            }
            let before = known.as_ref().filter(|(of, _)| of == path).map(|(_, marks)| *marks);
            // What cannot be read now is looked at again when more comes.
            if let Ok((marks, arrived)) = look(&project.store, before) {
                known = Some((path.to_owned(), marks));
                let uid = project.store.uid().to_owned();
                let told = arrived.map(|arrived| Msg::OfStore(uid, Box::new(Msg::Arrived(arrived))));
                if told.is_some_and(|msg| to.send(Wire::Msg(msg)).is_err()) {
                    return;
                }
            }
        }
        if !stirring.pause(BETWEEN) || !stirring.wait() {
            return;
        }
    }
}

/// How far the store is, and what has come since it was as far as `before`.
pub fn look(store: &Store, before: Option<Marks>) -> Result<(Marks, Option<Arrived>), StoreError> {
    let reader = store.reader()?;
    let marks = reader.marks()?;
    let Some(before) = before.filter(|before| *before != marks) else { return Ok((marks, None)) };
    let mut decided: Vec<DecidedOn> = Vec::new();
    if marks.decision > before.decision {
        decided = reader.decided_since(before.decision, MOST + 1)?;
    }
    let arrived = Arrived {
        candidate: marks.candidate,
        many: decided.len() > MOST,
        decided,
        plan: marks.plan != before.plan,
        version: marks.version != before.version,
    };
    Ok((marks, Some(arrived)))
}
