//! What others bring into the store while it is open here: another screen, the command line, an import.
//!
//! A thread waits until the store is written to, looks how far it is, at most once a second, and says so where something has
//! come. Where nothing happens nobody wakes up, and nothing is drawn.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::stirring::{Stirring, Waker, pair};
use super::{Services, Wire};
use crate::store::{DecidedOn, Marks, Store, StoreError};
use crate::tui::msg::{Arrived, Msg};

/// Between two looks at least.
const BETWEEN: Duration = Duration::from_secs(1);
/// Decisions that are told one by one; of more it is told that there are.
const MOST: usize = 2_000;

/// Begins to look. Whoever enters another project calls, and so does whoever leaves.
pub(super) fn start(services: &Arc<Services>, to: Sender<Wire>) -> std::io::Result<Waker> {
    let (waker, stirring) = pair()?;
    // Whoever leaves closes the store last: it is held only while it is looked at.
    let services = Arc::downgrade(services);
    std::thread::Builder::new().name("loong-watch".to_owned()).spawn(move || keep_looking(&services, stirring, &to))?;
    Ok(waker)
}

fn keep_looking(services: &Weak<Services>, mut stirring: Stirring, to: &Sender<Wire>) {
    let mut known: Option<(String, Marks)> = None;
    loop {
        let Some(project) = services.upgrade().filter(|s| !s.is_leaving()).map(|s| s.project()) else { return };
        if let Some(project) = project {
            let uid = project.store.uid().to_owned();
            let before = known.as_ref().filter(|(of, _)| *of == uid).map(|(_, marks)| *marks);
            match before {
                // Before the look: what comes after it is told.
                None => stirring.watch(project.store.path()),
                Some(_) => std::thread::sleep(BETWEEN),
            }
            // What cannot be read now is looked at again when more comes.
            if let Ok((marks, arrived)) = look(&project.store, before) {
                known = Some((uid.clone(), marks));
                let told = arrived.map(|arrived| Msg::OfStore(uid, Box::new(Msg::Arrived(arrived))));
                if told.is_some_and(|msg| to.send(Wire::Msg(msg)).is_err()) {
                    return;
                }
            }
        }
        if !stirring.wait() {
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
