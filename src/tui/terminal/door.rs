//! The one door through which the terminal is entered and left.

use std::io;
#[cfg(not(unix))]
use std::io::Write as _;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use self::settings::{cook, forget_found, make_raw};

/// The terminal shows our screen.
const ENTERED: u8 = 1;
/// Mouse events are asked for.
const MOUSE: u8 = 2;
/// Another program has the terminal, and we shall have it back.
const LENT: u8 = 4;

static STATE: AtomicU8 = AtomicU8::new(0);
/// Held while bytes are written, so that a frame and the farewell do not mix.
static WRITING: Mutex<()> = Mutex::new(());

/// When another program gave the terminal back.
static RETURNED: Mutex<Option<Instant>> = Mutex::new(None);
/// How late a signal may be.
const LATELY: Duration = Duration::from_millis(500);

/// How long to wait for a frame that is being written, and for a terminal that takes nothing, before leaving anyway.
const PATIENCE: Duration = Duration::from_millis(250);

/// Alternate screen, an empty one; bracketed paste.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[2J\x1b[H\x1b[?2004h";
/// Clicks, wheel and drags, in the encoding without a limit on columns. Bare motion is not asked for: each would be an
/// event that changes nothing.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// Ends a synchronised update that was cut short, then undoes `ENTER` from its end; what widgets may have changed (the
/// cursor's visibility and shape, colours) goes back to what it was.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[0 q\x1b[?25h\x1b[?1049l";

/// Whether the terminal shows our screen.
pub(super) fn is_ours() -> bool {
    STATE.load(Ordering::SeqCst) & ENTERED != 0
}

/// Whether another program has the terminal now.
pub(super) fn is_lent() -> bool {
    STATE.load(Ordering::SeqCst) & LENT != 0
}

/// Whether another program has the terminal, or had it a moment ago: a key for it may be told late, as a signal.
pub(super) fn was_lent_lately() -> bool {
    let returned = *RETURNED.lock().unwrap_or_else(PoisonError::into_inner);
    is_lent() || returned.is_some_and(|at| at.elapsed() < LATELY)
}

/// Notes that another program has, or had, the terminal.
pub(super) fn set_lent(lent: bool) {
    if lent {
        STATE.fetch_or(LENT, Ordering::SeqCst);
    } else {
        *RETURNED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        STATE.fetch_and(!LENT, Ordering::SeqCst);
    }
}

/// Takes the terminal; harmless when it is ours already.
pub(super) fn enter(mouse: bool) -> io::Result<()> {
    let writing = lock();
    make_raw()?;
    // Set first: a panic or signal in between then undoes what was not done yet, which is harmless.
    STATE.fetch_or(if mouse { ENTERED | MOUSE } else { ENTERED }, Ordering::SeqCst);
    let done = write_all(ENTER).and_then(|()| if mouse { mouse_events(true) } else { Ok(()) });
    drop(writing);
    if done.is_err() {
        leave();
    }
    done
}

/// Asks for mouse events, or no longer.
pub(super) fn set_mouse(on: bool) -> io::Result<()> {
    let _writing = lock();
    if !is_ours() {
        return Ok(());
    }
    if on {
        STATE.fetch_or(MOUSE, Ordering::SeqCst);
    } else {
        STATE.fetch_and(!MOUSE, Ordering::SeqCst);
    }
    mouse_events(on)
}

/// Gives the terminal back as it was found. From anywhere, however often: it works once, does not panic, and does not
/// wait for a terminal that takes nothing.
pub fn leave() {
    let writing = lock_for(PATIENCE);
    let was = STATE.fetch_and(!(ENTERED | MOUSE), Ordering::SeqCst);
    if was & ENTERED == 0 {
        return;
    }
    if takes_bytes() {
        // The terminal may be gone: there is nobody left to tell.
        if was & MOUSE != 0 {
            let _ = mouse_events(false);
        }
        let _ = write_all(LEAVE);
    }
    let _ = cook();
    drop(writing);
}

/// Gives the terminal back for good: whoever enters it next looks at it anew.
pub(super) fn leave_for_good() {
    leave();
    forget_found();
}

/// Writes to the terminal in one go, if it is ours; otherwise nothing is written.
pub(super) fn show(bytes: &[u8]) -> io::Result<bool> {
    let _writing = lock();
    if !is_ours() {
        return Ok(false);
    }
    write_all(bytes).map(|()| true)
}

fn lock() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock_for(patience: Duration) -> Option<MutexGuard<'static, ()>> {
    let until = Instant::now() + patience;
    loop {
        match WRITING.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::WouldBlock) => return None,
        }
    }
}

/// The terminal's settings: as they were found, and raw.
///
/// What was found is kept until the guard ends: an editor that was killed, or a shell that stopped us, may leave other
/// settings, and those must not become the ones that are restored.
#[cfg(unix)]
mod settings {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use rustix::stdio::stdin;
    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

    pub(super) fn make_raw() -> io::Result<()> {
        let mut settings = {
            let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
            if found.is_none() {
                *found = Some(tcgetattr(stdin())?);
            }
            found.clone()
        };
        if let Some(settings) = &mut settings {
            settings.make_raw();
            tcsetattr(stdin(), OptionalActions::Now, settings)?;
        }
        Ok(())
    }

    pub(super) fn cook() -> io::Result<()> {
        // Not held while it is set: that stops a process in the background.
        let found = FOUND.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(settings) = found {
            tcsetattr(stdin(), OptionalActions::Now, &settings)?;
        }
        Ok(())
    }

    pub(super) fn forget_found() {
        *FOUND.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(not(unix))]
mod settings {
    pub(super) use crossterm::terminal::{disable_raw_mode as cook, enable_raw_mode as make_raw};

    pub(super) fn forget_found() {}
}

/// Past the standard library's stdout: its lock may be held by the very thread that panics.
#[cfg(unix)]
fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    use rustix::io::Errno;

    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                takes_bytes();
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn write_all(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

#[cfg(unix)]
fn takes_bytes() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let patience = Timespec { tv_sec: 0, tv_nsec: i64::from(PATIENCE.subsec_nanos()) };
    let stdout = rustix::stdio::stdout();
    let mut fds = [PollFd::new(&stdout, PollFlags::OUT)];
    poll(&mut fds, Some(&patience)).is_ok_and(|n| n > 0)
}

#[cfg(not(unix))]
fn takes_bytes() -> bool {
    true
}

#[cfg(unix)]
fn mouse_events(on: bool) -> io::Result<()> {
    write_all(if on { MOUSE_ON } else { MOUSE_OFF })
}

/// The console of Windows is asked, not written to.
#[cfg(not(unix))]
fn mouse_events(on: bool) -> io::Result<()> {
    use crossterm::event::{DisableMouseCapture, EnableMouseCapture};

    if on {
        crossterm::execute!(io::stdout(), EnableMouseCapture)
    } else {
        crossterm::execute!(io::stdout(), DisableMouseCapture)
    }
}

/// Writes a line where a person reads it after we left: past the standard library's locks, and whatever becomes of it.
pub(super) fn say(line: &str) {
    #[cfg(unix)]
    {
        let mut bytes = line.as_bytes();
        while !bytes.is_empty() {
            match rustix::io::write(rustix::stdio::stderr(), bytes) {
                Ok(n) if n > 0 => bytes = &bytes[n..],
                Err(rustix::io::Errno::INTR) => {}
                _ => return,
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = io::stderr().write_all(line.as_bytes());
    }
}
