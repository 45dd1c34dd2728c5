//! Bytes of a terminal → events.
//!
//! Done here, and not by crossterm's reader, because that one reads on, and waits, while a sequence or a paste is
//! incomplete: it could neither be paused for certain before an editor starts, nor would it end with the terminal.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";
/// What is kept of one paste.
const LONGEST_PASTE: usize = 64 << 20;
/// A longer sequence is none that means something here.
const LONGEST_SEQUENCE: usize = 4096;

/// How long the rest of a sequence may be under way: after this an escape byte alone is the key.
const KEY_PATIENCE: Duration = Duration::from_millis(30);
/// The same for a sequence that no hand types.
const SEQUENCE_PATIENCE: Duration = Duration::from_secs(1);

/// The decoder, with what it has not understood yet.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    pending: Vec<u8>,
    /// What was pasted so far, while a paste is open.
    paste: Option<Vec<u8>>,
}

/// What stands at the beginning of bytes.
#[derive(Debug, PartialEq)]
enum Found {
    /// An event of so many bytes.
    Event(usize, Event),
    /// So many bytes that mean nothing here.
    Nothing(usize),
    /// The mark of so many bytes that opens a paste.
    PasteStart(usize),
    /// Too little to say.
    More,
}

impl Decoder {
    /// Takes bytes and tells the events that are complete.
    pub(super) fn feed(&mut self, bytes: &[u8], tell: &mut impl FnMut(Event)) {
        // Ctrl-C alone is the way out of a paste whose end was lost.
        let abandoned = if bytes == b"\x03" { self.paste.take() } else { None };
        if let Some(text) = abandoned {
            tell(pasted(&text));
        }
        let mut joined = std::mem::take(&mut self.pending);
        joined.extend_from_slice(bytes);
        let mut rest = joined.as_slice();
        loop {
            if let Some(text) = &mut self.paste {
                let Some(used) = continue_paste(text, rest) else { return };
                tell(pasted(text));
                self.paste = None;
                rest = &rest[used..];
            }
            if rest.is_empty() {
                return;
            }
            match find(rest) {
                Found::Event(length, event) => {
                    tell(event);
                    rest = &rest[length..];
                }
                Found::Nothing(length) => rest = &rest[length..],
                Found::PasteStart(length) => {
                    self.paste = Some(Vec::new());
                    rest = &rest[length..];
                }
                Found::More if rest.len() > LONGEST_SEQUENCE => return,
                Found::More => {
                    self.pending = rest.to_vec();
                    return;
                }
            }
        }
    }

    /// How long to wait for the rest of what is pending before [`flush`](Self::flush); no answer if nothing is.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self.pending.len() {
            0 => None,
            1 | 2 => Some(KEY_PATIENCE),
            _ => Some(SEQUENCE_PATIENCE),
        }
    }

    /// No more came: what is pending is taken as it stands.
    pub(super) fn flush(&mut self, tell: &mut impl FnMut(Event)) {
        match *std::mem::take(&mut self.pending) {
            [ESC] => tell(key(KeyCode::Esc, KeyModifiers::NONE)),
            [ESC, byte] if byte.is_ascii_graphic() => tell(character(char::from(byte), KeyModifiers::ALT)),
            _ => {}
        }
    }

    /// Forgets an open paste and what is pending, telling what can be told.
    pub(super) fn cut(&mut self, tell: &mut impl FnMut(Event)) {
        self.flush(tell);
        if let Some(text) = self.paste.take() {
            tell(pasted(&text));
        }
    }
}

/// Adds to a paste; tells how many bytes were used when its end was among them.
fn continue_paste(text: &mut Vec<u8>, bytes: &[u8]) -> Option<usize> {
    let before = text.len();
    text.extend_from_slice(bytes);
    let mut from = before.saturating_sub(PASTE_END.len() - 1);
    while let Some(found) = text[from..].iter().position(|&byte| byte == ESC) {
        let at = from + found;
        if text[at..].starts_with(PASTE_END) {
            text.truncate(at);
            return Some(at + PASTE_END.len() - before);
        }
        from = at + 1;
    }
    if text.len() > LONGEST_PASTE + PASTE_END.len() {
        text.drain(LONGEST_PASTE..text.len() - PASTE_END.len());
    }
    None
}

/// A paste as text; terminals send a line's end as the enter key does.
fn pasted(text: &[u8]) -> Event {
    let text = &text[..text.len().min(LONGEST_PASTE)];
    Event::Paste(String::from_utf8_lossy(text).replace("\r\n", "\n").replace('\r', "\n"))
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

/// A character; capital letters say that shift was held, as they do in crossterm.
fn character(c: char, modifiers: KeyModifiers) -> Event {
    let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    key(KeyCode::Char(c), modifiers | shift)
}

fn find(bytes: &[u8]) -> Found {
    match bytes {
        [] | [ESC] => Found::More,
        [ESC, b'[', rest @ ..] => csi(rest),
        [ESC, b'O', rest @ ..] => ss3(rest),
        // Strings (answers to questions that were asked before): nothing, up to their end.
        [ESC, b']' | b'P' | b'_', rest @ ..] => string(rest),
        [ESC, ESC, ..] => Found::Event(1, key(KeyCode::Esc, KeyModifiers::NONE)),
        [ESC, rest @ ..] => match find(rest) {
            Found::Event(length, Event::Key(KeyEvent { code, modifiers, .. })) => {
                Found::Event(length + 1, key(code, modifiers | KeyModifiers::ALT))
            }
            Found::Nothing(length) => Found::Nothing(length + 1),
            other => other,
        },
        [byte @ 0..=0x7f, ..] => Found::Event(1, ascii(*byte)),
        _ => utf8(bytes),
    }
}

fn ascii(byte: u8) -> Event {
    let control = |c: u8| key(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    match byte {
        b'\r' => key(KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => key(KeyCode::Tab, KeyModifiers::NONE),
        0x7f => key(KeyCode::Backspace, KeyModifiers::NONE),
        ESC => key(KeyCode::Esc, KeyModifiers::NONE),
        0 => control(b' '),
        1..=0x1a => control(byte - 1 + b'a'),
        0x1c..=0x1f => control(byte - 0x1c + b'4'),
        _ => character(char::from(byte), KeyModifiers::NONE),
    }
}

fn utf8(bytes: &[u8]) -> Found {
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
        Err(error) => return error.error_len().map_or(Found::More, Found::Nothing),
    };
    valid.chars().next().map_or(Found::Nothing(1), |c| Found::Event(c.len_utf8(), character(c, KeyModifiers::NONE)))
}

/// After `ESC ]` and its like.
fn string(bytes: &[u8]) -> Found {
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            0x07 => return Found::Nothing(2 + at + 1),
            ESC => {
                return match bytes.get(at + 1) {
                    None => Found::More,
                    Some(b'\\') => Found::Nothing(2 + at + 2),
                    Some(_) => Found::Nothing(2 + at),
                };
            }
            _ => {}
        }
    }
    Found::More
}

/// After `ESC O`.
fn ss3(bytes: &[u8]) -> Found {
    let Some(&byte) = bytes.first() else { return Found::More };
    let code = match byte {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(byte - b'P' + 1),
        // The keypad's own characters, while it is in application mode.
        b'j'..=b'y' => KeyCode::Char(char::from(byte - 0x40)),
        // Alt-O, and a key after it.
        _ => return Found::Event(2, character('O', KeyModifiers::ALT)),
    };
    Found::Event(3, key(code, KeyModifiers::NONE))
}

/// After `ESC [`.
fn csi(bytes: &[u8]) -> Found {
    // The Linux console's function keys.
    if let [b'[', rest @ ..] = bytes {
        return match rest.first() {
            None => Found::More,
            Some(&byte @ b'A'..=b'E') => Found::Event(4, key(KeyCode::F(byte - b'A' + 1), KeyModifiers::NONE)),
            Some(_) => Found::Nothing(4),
        };
    }
    let Some(at) = bytes.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else { return Found::More };
    let length = 2 + at + 1;
    let (parameters, end) = (&bytes[..at], bytes[at]);
    match (parameters, end) {
        (_, 0..=0x1f | 0x7f..) => Found::Nothing(length - 1),
        // The oldest encoding of the mouse; nobody asked for it, but three bytes of it follow.
        ([], b'M') if bytes.len() < at + 4 => Found::More,
        ([], b'M') => Found::Nothing(length + 3),
        ([b'<', rest @ ..], b'M' | b'm') => {
            mouse(&numbers(rest), end == b'm').map_or(Found::Nothing(length), |event| Found::Event(length, event))
        }
        ([b'<'..=b'?', ..], _) => Found::Nothing(length),
        (b"200", b'~') => Found::PasteStart(length),
        _ => plain(&numbers(parameters), end).map_or(Found::Nothing(length), |event| Found::Event(length, event)),
    }
}

/// Parameters between semicolons; what is no number is 0, and sub-parameters are left out.
fn numbers(bytes: &[u8]) -> Vec<u32> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let digits = |part: &[u8]| part.iter().take_while(|b| b.is_ascii_digit()).copied().collect::<Vec<u8>>();
    bytes
        .split(|&byte| byte == b';')
        .map(|part| std::str::from_utf8(&digits(part)).ok().and_then(|text| text.parse().ok()).unwrap_or(0))
        .collect()
}

/// A sequence without a private prefix.
fn plain(parameters: &[u32], end: u8) -> Option<Event> {
    let first = parameters.first().copied().unwrap_or(1);
    let held = parameters.get(1).map_or(KeyModifiers::NONE, |&n| modifiers(n));
    let code = match end {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' | b'Q' | b'S' => KeyCode::F(end - b'P' + 1),
        // The report of the cursor's place ends so too; it has another row, or no such modifier.
        b'R' if first == 1 && parameters.get(1).is_none_or(|n| (1..=16).contains(n)) => KeyCode::F(3),
        b'Z' => return Some(key(KeyCode::BackTab, held | KeyModifiers::SHIFT)),
        b'I' if parameters.is_empty() => return Some(Event::FocusGained),
        b'O' if parameters.is_empty() => return Some(Event::FocusLost),
        b'u' => return coded(first, held),
        b'~' => match first {
            27 => return coded(*parameters.get(2)?, held),
            1 | 7 => KeyCode::Home,
            2 => KeyCode::Insert,
            3 => KeyCode::Delete,
            4 | 8 => KeyCode::End,
            5 => KeyCode::PageUp,
            6 => KeyCode::PageDown,
            n => KeyCode::F(function(n)?),
        },
        _ => return None,
    };
    Some(key(code, held))
}

fn function(n: u32) -> Option<u8> {
    let number = match n {
        11..=15 => n - 10,
        17..=21 => n - 11,
        23..=26 => n - 12,
        28 | 29 => n - 13,
        31..=34 => n - 14,
        _ => return None,
    };
    u8::try_from(number).ok()
}

/// A key told by its character's number, as terminals do that were told to by their user.
fn coded(code: u32, held: KeyModifiers) -> Option<Event> {
    let code = match code {
        9 if held.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        127 => KeyCode::Backspace,
        _ => {
            let c = char::from_u32(code).filter(|c| !c.is_control())?;
            let shifted = held.contains(KeyModifiers::SHIFT) && c.is_ascii_lowercase();
            return Some(character(if shifted { c.to_ascii_uppercase() } else { c }, held));
        }
    };
    Some(key(code, held))
}

fn modifiers(n: u32) -> KeyModifiers {
    let bits = n.saturating_sub(1);
    let of = |bit: u32, modifier| if bits & bit == 0 { KeyModifiers::NONE } else { modifier };
    of(1, KeyModifiers::SHIFT) | of(2, KeyModifiers::ALT) | of(4, KeyModifiers::CONTROL) | of(8, KeyModifiers::SUPER)
}

fn mouse(parameters: &[u32], released: bool) -> Option<Event> {
    let &[code, column, row] = parameters else { return None };
    let button = match code & 3 {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        _ => MouseButton::Right,
    };
    let kind = match (code >> 6, code & 3, code & 32 != 0) {
        (0, 3, true) => MouseEventKind::Moved,
        (0, _, true) => MouseEventKind::Drag(button),
        (0, 3, false) => MouseEventKind::Up(MouseButton::Left),
        (0, _, false) if released => MouseEventKind::Up(button),
        (0, _, false) => MouseEventKind::Down(button),
        (1, 0, _) => MouseEventKind::ScrollUp,
        (1, 1, _) => MouseEventKind::ScrollDown,
        (1, 2, _) => MouseEventKind::ScrollLeft,
        (1, _, _) => MouseEventKind::ScrollRight,
        _ => return None,
    };
    let held = |bit: u32, modifier| if code & bit == 0 { KeyModifiers::NONE } else { modifier };
    let place = |n: u32| u16::try_from(n.saturating_sub(1)).unwrap_or(u16::MAX);
    Some(Event::Mouse(MouseEvent {
        kind,
        column: place(column),
        row: place(row),
        modifiers: held(4, KeyModifiers::SHIFT) | held(8, KeyModifiers::ALT) | held(16, KeyModifiers::CONTROL),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(chunks: &[&[u8]]) -> Vec<Event> {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        for chunk in chunks {
            decoder.feed(chunk, &mut |event| events.push(event));
        }
        decoder.flush(&mut |event| events.push(event));
        events
    }

    /// `ctrl-alt-x`, `up`, `[2,3 ScrollUp]`: short enough for a table.
    fn shown(bytes: &[u8]) -> String {
        let one = |event: &Event| match event {
            Event::Key(KeyEvent { code, modifiers, .. }) => {
                let mut text = String::new();
                for (modifier, name) in
                    [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-"), (KeyModifiers::SHIFT, "shift-")]
                {
                    if modifiers.contains(modifier) {
                        text.push_str(name);
                    }
                }
                match code {
                    KeyCode::Char(c) => text.push(*c),
                    other => text.push_str(&format!("{other:?}").to_lowercase()),
                }
                text
            }
            Event::Mouse(m) => format!("[{},{} {:?} {:?}]", m.column, m.row, m.kind, m.modifiers.bits()),
            Event::Paste(text) => format!("<{text}>"),
            other => format!("{other:?}"),
        };
        fed(&[bytes]).iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn keys_are_what_terminals_say() {
        for (bytes, expected) in [
            (&b"aZ9%"[..], "a shift-Z 9 %"),
            ("é漢🙂".as_bytes(), "é 漢 🙂"),
            (b"\r\t\x7f\x00\x01\x1a\x1f\n", "enter tab backspace ctrl-  ctrl-a ctrl-z ctrl-7 ctrl-j"),
            (b"\x1b", "esc"),
            (b"\x1b\x1b", "esc esc"),
            (b"\x1b\x1b[A", "esc up"),
            (b"\x1bx\x1bX\x1b\r\x1b\x03", "alt-x alt-shift-X alt-enter ctrl-alt-c"),
            ("\x1bé".as_bytes(), "alt-é"),
            (b"\x1b[", "alt-["),
            (b"\x1bO", "alt-shift-O"),
            (
                b"\x1b[A\x1bOB\x1b[H\x1bOF\x1b[1~\x1b[4~\x1b[5~\x1b[6~\x1b[3~",
                "up down home end home end pageup pagedown delete",
            ),
            (b"\x1b[1;5C\x1b[1;2D\x1b[1;7A\x1b[3;5~", "ctrl-right shift-left ctrl-alt-up ctrl-delete"),
            (
                b"\x1bOP\x1b[[B\x1b[13~\x1b[1;2S\x1b[15~\x1b[24~\x1b[1;5R",
                "f(1) f(2) f(3) shift-f(4) f(5) f(12) ctrl-f(3)",
            ),
            (b"\x1b[Z\x1b[13;5u\x1b[97;6u\x1b[27;5;13~", "shift-backtab ctrl-enter ctrl-shift-A ctrl-enter"),
            (b"\x1b[I\x1b[O", "FocusGained FocusLost"),
        ] {
            assert_eq!(shown(bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn the_mouse_is_read() {
        assert_eq!(shown(b"\x1b[<0;3;4M\x1b[<0;3;4m"), "[2,3 Down(Left) 0] [2,3 Up(Left) 0]");
        assert_eq!(shown(b"\x1b[<64;300;1M\x1b[<65;1;1M"), "[299,0 ScrollUp 0] [0,0 ScrollDown 0]");
        assert_eq!(shown(b"\x1b[<34;1;1M\x1b[<16;0;0M"), "[0,0 Drag(Right) 0] [0,0 Down(Left) 2]");
        assert_eq!(shown(b"\x1b[M !!x\x1b[<0;1My"), "x y");
    }

    #[test]
    fn late_answers_are_no_keys() {
        assert_eq!(shown(b"\x1b]11;rgb:1515/1717/1c1c\x07a\x1b]10;rgb:0/0/0\x1b\\b"), "a b");
        assert_eq!(shown(b"\x1b[?62;22cq\x1b[24;80Rw\x1bP>|x(1)\x1b\\e"), "q w e");
        // Broken off by the next one.
        assert_eq!(shown(b"\x1b[12\x1b[A\x1b]11;rg\x1b[B"), "up down");
        assert_eq!(shown(b"\xff\xc3a\x80b"), "a b");
    }

    #[test]
    fn a_paste_is_one_event_whatever_is_in_it() {
        assert_eq!(shown(b"a\x1b[200~x\r\ny\rz\x1b[A\x03\x1b[201~b"), "a <x\ny\nz\x1b[A\x03> b");
        assert_eq!(fed(&[b"\x1b[200~one\x1b[20", b"1~q"]).len(), 2);
        let lost = fed(&[b"\x1b[200~text", b"more", b"\x03", b"q"]);
        assert_eq!(lost[0], Event::Paste("textmore".into()));
        assert_eq!(lost.len(), 3);
    }

    #[test]
    fn ten_megabytes_are_pasted_in_pieces() {
        let text = "0123456789abcde\r".repeat(10 << 16);
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        let all = format!("\x1b[200~{text}\x1b[201~j");
        for chunk in all.as_bytes().chunks(4095) {
            decoder.feed(chunk, &mut |event| events.push(event));
        }
        assert_eq!(events.len(), 2);
        assert!(matches!(&events[0], Event::Paste(t) if t.len() == text.len() && t.ends_with("e\n")));
    }

    #[test]
    fn patience_ends() {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        assert_eq!(decoder.patience(), None);
        decoder.feed(b"\x1b", &mut |event| events.push(event));
        assert_eq!(decoder.patience(), Some(KEY_PATIENCE));
        decoder.feed(b"[1;", &mut |event| events.push(event));
        assert_eq!(decoder.patience(), Some(SEQUENCE_PATIENCE));
        decoder.feed(b"5A", &mut |event| events.push(event));
        assert_eq!(decoder.patience(), None);
        assert_eq!(events, [key(KeyCode::Up, KeyModifiers::CONTROL)]);
        decoder.feed(&[b"\x1b]".as_slice(), &[b'x'; LONGEST_SEQUENCE]].concat(), &mut |event| events.push(event));
        assert_eq!(decoder.patience(), None, "a string without end is not kept");
    }

    proptest::proptest! {
        #[test]
        fn pieces_make_no_difference(
            bytes in proptest::collection::vec(proptest::prop_oneof![
                proptest::sample::select(b"\x1b[O]<;?~u0123ABMm\x07\\".to_vec()),
                proptest::num::u8::ANY,
            ], 0..80),
            cuts in proptest::collection::vec(0_usize..80, 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.push(0);
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).filter(|p| *p != b"\x03").collect();
            if pieces.iter().map(|p| p.len()).sum::<usize>() == bytes.len() {
                proptest::prop_assert_eq!(fed(&pieces), fed(&[&bytes]));
            }
        }
    }
}
