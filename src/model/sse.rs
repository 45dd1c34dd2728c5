//! Server-sent events out of the pieces of a body.
//!
//! The parser is `eventsource-stream`; it is given whole lines, one at a time, so that a character split between two
//! pieces is never looked at in halves, and that neither a line that never ends nor a flood of short ones costs more than
//! their bytes. A byte-order mark at the start is the caller's to take off.

use eventsource_stream::{EventStream, EventStreamError};
use futures::stream::{self, Stream, StreamExt as _};

use super::fault::{Cause, Fault};

/// Most bytes from one event to the next.
const EVENT_BYTES: usize = 4 * 1024 * 1024;

/// Pieces that come one after the other.
pub(super) trait Pieces: Send {
    /// The next piece; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, Fault>> + Send;
}

struct Lines<P> {
    pieces: P,
    bytes: Vec<u8>,
    /// Where the next line starts.
    start: usize,
    /// Up to where no end of a line was found.
    searched: usize,
    /// Bytes since a line without content: the end of an event.
    since: usize,
    ended: bool,
}

impl<P: Pieces> Lines<P> {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            if let Some(length) = self.bytes[self.searched..].iter().position(|b| *b == b'\n') {
                let end = self.searched + length + 1;
                let line = self.bytes[self.start..end].to_vec();
                (self.start, self.searched) = (end, end);
                self.since = if line.len() <= 2 { 0 } else { self.since + line.len() };
                bounded(self.since)?;
                return Ok(Some(line));
            }
            self.bytes.drain(..self.start);
            self.start = 0;
            self.searched = self.bytes.len();
            bounded(self.since + self.bytes.len())?;
            if self.ended {
                return Ok(None);
            }
            if let Some(piece) = self.pieces.next().await? {
                self.bytes.extend_from_slice(&piece);
            } else {
                // What stands behind the last line's end was meant as an event, too.
                self.bytes.extend_from_slice(b"\n\n");
                self.ended = true;
            }
        }
    }
}

fn bounded(bytes: usize) -> Result<(), Fault> {
    if bytes <= EVENT_BYTES {
        return Ok(());
    }
    let message = format!("an event of more than {} MiB", EVENT_BYTES >> 20);
    Err(Fault::Final(Cause::Protocol { message }))
}

/// The data of each event.
pub(super) fn events<P: Pieces>(first: Vec<u8>, pieces: P) -> impl Stream<Item = Result<String, Fault>> + Send {
    let lines = Lines { pieces, bytes: first, start: 0, searched: 0, since: 0, ended: false };
    let lines =
        stream::unfold(lines, |mut lines| async move { lines.next().await.transpose().map(|line| (line, lines)) });
    EventStream::new(lines).map(|event| match event {
        Ok(event) => Ok(event.data),
        Err(EventStreamError::Transport(fault)) => Err(fault),
        Err(EventStreamError::Utf8(_)) => Err(broken("its text is no UTF-8")),
        Err(EventStreamError::Parser(_)) => Err(broken("a line that is none of an event")),
    })
}

fn broken(why: &str) -> Fault {
    Fault::passing(Cause::Protocol { message: format!("a stream of events that cannot be read: {why}") })
}
