//! A reader of JSON as models write it.

use serde_json::{Map, Number, Value};

/// Deepest nesting that is followed.
const DEPTH: usize = 64;

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text ended first.
    End,
    /// Something else stood at byte `at`.
    Expected { at: usize, expected: &'static str },
    /// More work than the text is worth.
    OutOfSteps,
}

/// Reads one object of a text.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    steps: usize,
    depth: usize,
    /// Keys of the outermost object, as far as read.
    keys: Vec<String>,
}

/// LaTeX commands behind `\t` and `\n` (without that letter) that are no sensible text behind a tab or line break.
const AFTER_T: [&str; 7] = ["ext{", "extbf{", "imes", "heta", "riangle", "frac{", "ilde{"];
const AFTER_N: [&str; 2] = ["abla", "otin"];

impl<'a> Reader<'a> {
    /// A reader that begins at byte `at` and may take `steps` steps.
    pub(super) fn new(text: &'a str, at: usize, steps: usize) -> Self {
        Self { text, at, steps, depth: 0, keys: Vec::new() }
    }

    /// Where reading has come to.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Steps that are left.
    pub(super) fn steps_left(&self) -> usize {
        self.steps
    }

    /// The keys of the outermost object whose value was at least begun.
    pub(super) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Reads the object that begins here.
    pub(super) fn object(&mut self) -> Result<Map<String, Value>, Stop> {
        self.expect('{', "`{`")?;
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.expected("less nesting"));
        }
        let mut object = Map::new();
        loop {
            self.skip_space()?;
            match self.peek().ok_or(Stop::End)? {
                '}' => break,
                '"' | '\'' => {}
                _ => return Err(self.expected("a key in quotes")),
            }
            let key = self.string()?;
            self.skip_space()?;
            self.expect(':', "`:`")?;
            if self.depth == 1 {
                self.keys.push(key.clone());
            }
            let value = self.value()?;
            object.insert(key, value);
            self.skip_space()?;
            match self.peek().ok_or(Stop::End)? {
                ',' => self.at += 1,
                '}' => break,
                _ => return Err(self.expected("`,` or `}`")),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(object)
    }

    fn array(&mut self) -> Result<Vec<Value>, Stop> {
        self.expect('[', "`[`")?;
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.expected("less nesting"));
        }
        let mut items = Vec::new();
        loop {
            self.skip_space()?;
            if self.peek().ok_or(Stop::End)? == ']' {
                break;
            }
            items.push(self.value()?);
            self.skip_space()?;
            match self.peek().ok_or(Stop::End)? {
                ',' => self.at += 1,
                ']' => break,
                _ => return Err(self.expected("`,` or `]`")),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(items)
    }

    fn value(&mut self) -> Result<Value, Stop> {
        self.skip_space()?;
        match self.peek().ok_or(Stop::End)? {
            '{' => self.object().map(Value::Object),
            '[' => self.array().map(Value::Array),
            '"' | '\'' => self.string().map(Value::String),
            _ => self.word(),
        }
    }

    /// A number or one of the names that JSON and Python have.
    fn word(&mut self) -> Result<Value, Stop> {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.spend(length)?;
        let value = match &rest[..length] {
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "null" | "None" => Value::Null,
            word => match word.parse::<Number>() {
                Ok(number) => Value::Number(number),
                // What runs to the end may be the beginning of a value.
                Err(_) if length == rest.len() => return Err(Stop::End),
                Err(_) => return Err(self.expected("a value")),
            },
        };
        self.at += length;
        Ok(value)
    }

    fn string(&mut self) -> Result<String, Stop> {
        let quote = self.peek().ok_or(Stop::End)?;
        let triple = if quote == '"' { "\"\"\"" } else { "'''" };
        if self.text[self.at..].starts_with(triple) {
            return self.raw(triple);
        }
        self.at += 1;
        let mut read = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find([quote, '\\']).unwrap_or(rest.len());
            self.spend(plain + 1)?;
            read.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek().ok_or(Stop::End)? {
                '\\' => self.escape(&mut read)?,
                _ => break,
            }
        }
        self.at += 1;
        Ok(read)
    }

    /// A triple-quoted text: everything in it stands for itself.
    fn raw(&mut self, triple: &str) -> Result<String, Stop> {
        let rest = &self.text[self.at + triple.len()..];
        let length = rest.find(triple);
        self.spend(length.unwrap_or(rest.len()))?;
        let length = length.ok_or(Stop::End)?;
        self.at += length + 2 * triple.len();
        let inside = &rest[..length];
        Ok(inside.strip_prefix('\n').unwrap_or(inside).to_owned())
    }

    /// Reads the escape that begins here. One that is none leaves its backslash as text.
    fn escape(&mut self, read: &mut String) -> Result<(), Stop> {
        let rest = &self.text[self.at + 1..];
        let letter = rest.chars().next().ok_or(Stop::End)?;
        let after = &rest[letter.len_utf8()..];
        let before_letter = after.starts_with(|c: char| c.is_ascii_alphabetic());
        let meant = match letter {
            '"' | '\\' | '/' | '\'' => Some(letter),
            'n' if !AFTER_N.iter().any(|latex| after.starts_with(latex)) => Some('\n'),
            't' if !AFTER_T.iter().any(|latex| after.starts_with(latex)) => Some('\t'),
            // No text has these three before a letter; LaTeX and regular expressions do.
            'r' if !before_letter => Some('\r'),
            'b' if !before_letter => Some('\u{8}'),
            'f' if !before_letter => Some('\u{c}'),
            'u' => {
                if let Some((meant, length)) = unicode(after) {
                    read.push(meant);
                    self.at += 2 + length;
                    return Ok(());
                }
                None
            }
            _ => None,
        };
        if let Some(meant) = meant {
            read.push(meant);
            self.at += 1 + letter.len_utf8();
        } else {
            read.push('\\');
            self.at += 1;
        }
        Ok(())
    }

    fn skip_space(&mut self) -> Result<(), Stop> {
        loop {
            let rest = &self.text[self.at..];
            let length = if rest.starts_with("//") {
                rest.find('\n').ok_or(Stop::End)
            } else if rest.starts_with("/*") {
                rest.find("*/").map(|end| end + 2).ok_or(Stop::End)
            } else {
                Ok(rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len())
            };
            self.spend(length.unwrap_or(rest.len()))?;
            match length? {
                0 => return Ok(()),
                length => self.at += length,
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn expect(&mut self, wanted: char, expected: &'static str) -> Result<(), Stop> {
        match self.peek() {
            Some(c) if c == wanted => {
                self.at += c.len_utf8();
                self.spend(1)
            }
            Some(_) => Err(self.expected(expected)),
            None => Err(Stop::End),
        }
    }

    fn expected(&self, expected: &'static str) -> Stop {
        Stop::Expected { at: self.at, expected }
    }

    fn spend(&mut self, steps: usize) -> Result<(), Stop> {
        self.steps = self.steps.checked_sub(steps.max(1)).ok_or(Stop::OutOfSteps)?;
        Ok(())
    }
}

/// The character of the hexadecimal digits behind `\u`, a second half of a pair included, and the bytes it takes.
fn unicode(digits: &str) -> Option<(char, usize)> {
    let unit = |text: &str| {
        let four = text.get(..4).filter(|four| four.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(four, 16).ok()
    };
    let first = unit(digits)?;
    if let (0xd800..=0xdbff, Some(second)) = (first, digits[4..].strip_prefix("\\u").and_then(unit))
        && (0xdc00..=0xdfff).contains(&second)
    {
        let whole = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return char::from_u32(whole).map(|c| (c, 10));
    }
    Some((char::from_u32(first).unwrap_or('\u{fffd}'), 4))
}
