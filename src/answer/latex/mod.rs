//! The lexer of LaTeX.

mod named;

use super::expr::Constant;
use super::function;
use super::numeral;
use super::token::{Fence, Relation, Spaced, Token, Unreadable};
use super::unit::Unit;
use super::{MAX_DEPTH, MAX_TOKENS};

struct Lexer<'a> {
    chars: &'a [char],
    at: usize,
    grouped: bool,
    /// Open brackets of any kind.
    depth: usize,
    /// Open braces, for arguments of one digit.
    braces: usize,
    /// `\frac` and its like waiting for arguments: the brace level and how many are missing.
    pending: Vec<(usize, u8)>,
    /// In an environment whose ampersands only align.
    aligning: bool,
    out: Vec<Spaced>,
}

/// Makes tokens; `grouped` reads `1,000` outside brackets as one number.
pub(super) fn lex(text: &str, grouped: bool) -> Result<Vec<Spaced>, Unreadable> {
    let chars: Vec<char> = text.chars().collect();
    let out = Vec::with_capacity(chars.len() / 2 + 4);
    let mut lexer =
        Lexer { chars: &chars, at: 0, grouped, depth: 0, braces: 0, pending: Vec::new(), aligning: false, out };
    lexer.run()?;
    Ok(lexer.out)
}

impl Lexer<'_> {
    pub(super) fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    pub(super) fn push(&mut self, token: Token, space: bool) {
        self.out.push(Spaced { token, space });
    }

    /// Counts an argument of `\frac` that is not a group.
    pub(super) fn argument(&mut self) {
        if let Some((level, missing)) = self.pending.last_mut()
            && *level == self.braces
        {
            *missing -= 1;
            if *missing == 0 {
                self.pending.pop();
            }
        }
    }

    fn awaits_argument(&self) -> bool {
        self.pending.last().is_some_and(|(level, _)| *level == self.braces)
    }

    fn run(&mut self) -> Result<(), Unreadable> {
        let mut space = true;
        while let Some(c) = self.peek(0) {
            if self.out.len() > MAX_TOKENS {
                return Err(Unreadable::TooLong);
            }
            if c == ' ' || c == '~' {
                space = true;
                self.at += 1;
                continue;
            }
            if c == '\\' {
                space = self.command(space)?;
                continue;
            }
            self.character(c, space)?;
            space = false;
        }
        Ok(())
    }

    fn character(&mut self, c: char, space: bool) -> Result<(), Unreadable> {
        if c.is_ascii_digit() || c == '.' && self.peek(1).is_some_and(|d| d.is_ascii_digit()) {
            return self.number(space);
        }
        let (token, length) = match (c, self.peek(1)) {
            ('{', _) => {
                // A `{,}` between digits groups them; `number` has read past it, so here it is a comma.
                if self.peek(1) == Some(',') && self.peek(2) == Some('}') {
                    (Token::Comma, 3)
                } else {
                    self.argument();
                    self.braces += 1;
                    (Token::Open(Fence::Group), 1)
                }
            }
            ('}', _) => {
                self.braces = self.braces.saturating_sub(1);
                (Token::Close(Fence::Group), 1)
            }
            ('^', _) => {
                self.caret(space);
                return Ok(());
            }
            ('_', _) => return self.subscript(space),
            ('*', Some('*')) => (Token::Caret, 2),
            ('*', _) => (Token::Star, 1),
            ('+', _) => (Token::Plus, 1),
            ('-', _) => (Token::Minus, 1),
            ('/', _) => (Token::Slash, 1),
            ('!', Some('=')) => (Token::Relation(Relation::NotEqual), 2),
            ('!', _) => (Token::Bang, 1),
            ('<', Some('=')) => (Token::Relation(Relation::LessEqual), 2),
            ('>', Some('=')) => (Token::Relation(Relation::GreaterEqual), 2),
            ('<', _) => (Token::Relation(Relation::Less), 1),
            ('>', _) => (Token::Relation(Relation::Greater), 1),
            ('=', _) => (Token::Relation(Relation::Equal), 1),
            ('≤', _) => (Token::Relation(Relation::LessEqual), 1),
            ('≥', _) => (Token::Relation(Relation::GreaterEqual), 1),
            ('≠', _) => (Token::Relation(Relation::NotEqual), 1),
            ('≈', _) => (Token::Relation(Relation::Approximate), 1),
            ('∈', _) => (Token::Relation(Relation::In), 1),
            ('∪', _) => (Token::Union, 1),
            ('∩', _) => (Token::Intersection, 1),
            ('∧', _) => (Token::Both, 1),
            ('∨', _) => (Token::Either, 1),
            ('(', _) => (Token::Open(Fence::Paren), 1),
            (')', _) => (Token::Close(Fence::Paren), 1),
            ('[', _) => (Token::Open(Fence::Square), 1),
            (']', _) => (Token::Close(Fence::Square), 1),
            ('⌊', _) => (Token::Open(Fence::Floor), 1),
            ('⌋', _) => (Token::Close(Fence::Floor), 1),
            ('⌈', _) => (Token::Open(Fence::Ceil), 1),
            ('⌉', _) => (Token::Close(Fence::Ceil), 1),
            ('|' | '∣', _) => (Token::Bar, 1),
            ('.', Some('.')) if self.peek(2) == Some('.') => (Token::Ellipsis, 3),
            (',', _) => (Token::Comma, 1),
            (';', _) => (Token::Semicolon, 1),
            (':', _) => (Token::Colon, 1),
            ('%', _) => (Token::Percent, 1),
            ('&', _) if self.aligning => {
                self.at += 1;
                return Ok(());
            }
            ('&', _) => (Token::Ampersand, 1),
            ('°', Some('C')) => (Token::Words("°C".into()), 2),
            ('°', Some('F')) => (Token::Words("°F".into()), 2),
            ('°', _) => (Token::Degree, 1),
            ('\'', _) => (Token::Prime, 1),
            ('"', _) => (Token::DoublePrime, 1),
            ('√', _) => (Token::Sqrt, 1),
            ('∛', _) => (Token::Function("cbrt"), 1),
            ('∞', _) => (Token::Constant(Constant::Infinity), 1),
            ('π', _) => (Token::Constant(Constant::Pi), 1),
            ('∅', _) => (Token::NamedSet("empty"), 1),
            ('ℝ', _) => (Token::NamedSet("R"), 1),
            ('ℤ', _) => (Token::NamedSet("Z"), 1),
            ('ℕ', _) => (Token::NamedSet("N"), 1),
            ('ℚ', _) => (Token::NamedSet("Q"), 1),
            ('ℂ', _) => (Token::NamedSet("C"), 1),
            ('€', _) => (Token::Currency("EUR"), 1),
            ('£', _) => (Token::Currency("GBP"), 1),
            ('¥', _) => (Token::Currency("JPY"), 1),
            ('.', _) if self.peek(1).is_none_or(|n| n == ' ' || n == ']' || n == ')') => {
                self.at += 1;
                return Ok(());
            }
            (c, _) if c.is_alphabetic() => {
                self.letters(c, space);
                return Ok(());
            }
            _ => return Err(Unreadable::Unknown(c.to_string())),
        };
        self.fence(&token)?;
        self.at += length;
        self.push_prime_or(token, space);
        Ok(())
    }

    /// A prime behind a name is part of it: `f'`, `y''`.
    fn push_prime_or(&mut self, token: Token, space: bool) {
        let marks = match token {
            Token::Prime => "'",
            Token::DoublePrime => "''",
            _ => "",
        };
        match self.out.last_mut().map(|s| &mut s.token) {
            Some(Token::Name(name)) if !marks.is_empty() => name.push_str(marks),
            _ => self.push(token, space),
        }
    }

    pub(super) fn fence(&mut self, token: &Token) -> Result<(), Unreadable> {
        match token {
            Token::Open(_) => self.depth += 1,
            Token::Close(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > MAX_DEPTH { Err(Unreadable::TooDeep) } else { Ok(()) }
    }

    fn number(&mut self, space: bool) -> Result<(), Unreadable> {
        if self.awaits_argument() && self.chars[self.at].is_ascii_digit() {
            let digit = self.chars[self.at].to_digit(10).unwrap_or(0);
            self.at += 1;
            self.argument();
            self.push(Token::Number(super::Number::integer(i64::from(digit))), space);
            return Ok(());
        }
        let grouped = self.grouped && self.depth == 0;
        let (mut n, mut end) = numeral::number(self.chars, self.at, grouped, true).ok_or(Unreadable::TooLong)?;
        // `11{,}090` and `11\,090` are one number everywhere.
        if let Some((joined, to)) = self.joined() {
            (n, end) = (joined, to);
        }
        self.at = end;
        self.push(Token::Number(n), space);
        Ok(())
    }

    /// A number whose groups of three are held by `{,}` or `\,`.
    fn joined(&self) -> Option<(super::Number, usize)> {
        let digits =
            |from: usize| self.chars.get(from..).map_or(0, |c| c.iter().take_while(|c| c.is_ascii_digit()).count());
        let mut end = self.at + digits(self.at);
        let mut text: String = self.chars[self.at..end].iter().collect();
        let mut groups = 0;
        loop {
            let width = [&['{', ',', '}'][..], &['\\', ','][..]]
                .iter()
                .find(|m| self.chars[end..].starts_with(m))
                .map(|m| m.len());
            let Some(width) = width else { break };
            if digits(end + width) != 3 {
                break;
            }
            text.extend(&self.chars[end + width..end + width + 3]);
            end += width + 3;
            groups += 1;
        }
        if groups == 0 {
            return None;
        }
        let fraction = if self.chars.get(end) == Some(&'.') { digits(end + 1) } else { 0 };
        if fraction > 0 {
            text.extend(&self.chars[end..=end + fraction]);
            end += 1 + fraction;
        }
        super::Number::parse(&text).map(|n| (n, end))
    }

    /// `^`, or `^\circ` and `^{\circ}` for a degree, `^\prime` for a prime.
    fn caret(&mut self, space: bool) {
        let rest: String = self.chars[self.at + 1..].iter().take(24).filter(|c| **c != ' ').collect();
        let braced = rest.starts_with('{');
        let inner = rest.trim_start_matches('{');
        for (mark, token) in [
            ("\\circ", Token::Degree),
            ("\\degree", Token::Degree),
            ("\\textcirc", Token::Degree),
            ("°", Token::Degree),
            ("\\prime", Token::Prime),
        ] {
            if inner.starts_with(mark) && (!braced || inner[mark.len()..].starts_with('}')) {
                let mut left = mark.chars().count() + if braced { 2 } else { 0 };
                self.at += 1;
                while left > 0 {
                    left -= usize::from(self.peek(0) != Some(' '));
                    self.at += 1;
                }
                self.push_prime_or(token, space);
                return;
            }
        }
        self.at += 1;
        if self.chars[self.at..].iter().all(|c| *c == ' ') {
            // A mangled `^\circ`: nothing is raised.
            self.at = self.chars.len();
            return;
        }
        self.push(Token::Caret, space);
    }

    /// `_`: part of a name, else a token (a base).
    fn subscript(&mut self, space: bool) -> Result<(), Unreadable> {
        self.at += 1;
        while self.peek(0) == Some(' ') {
            self.at += 1;
        }
        let Some(owner) = self.subscript_owner() else {
            self.push(Token::Underscore, space);
            return Ok(());
        };
        let text = match self.peek(0) {
            Some('{') => self.group()?,
            Some('\\') => {
                let length = self.chars[self.at + 1..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
                let text: String = self.chars[self.at..=self.at + length].iter().collect();
                self.at += 1 + length;
                if self.peek(0) == Some('{') { self.group()? } else { text }
            }
            Some(c) => {
                self.at += 1;
                c.to_string()
            }
            None => return Err(Unreadable::Malformed),
        };
        let mut name = text;
        for command in ["\\text", "\\mathrm", "\\mathit", "\\operatorname", "\\rm", "\\!", "\\,"] {
            name = name.replace(command, "");
        }
        let name: String = name.chars().filter(|c| !" {}\\".contains(*c)).collect();
        if let Token::Name(n) = &mut self.out[owner].token {
            n.push('_');
            n.push_str(&name);
        }
        Ok(())
    }

    /// The name that a subscript here belongs to: the one just before, or the one whose power stands before, as in
    /// `x^2_1`.
    fn subscript_owner(&self) -> Option<usize> {
        let last = self.out.len().checked_sub(1)?;
        let exponent = match &self.out[last].token {
            Token::Name(_) if last < 2 || self.out[last - 1].token != Token::Caret => return Some(last),
            Token::Name(_) | Token::Number(_) => last,
            Token::Close(Fence::Group) => {
                let from = last.checked_sub(2)?;
                if self.out[from].token == Token::Open(Fence::Group) { from } else { return None }
            }
            _ => return None,
        };
        let name = exponent.checked_sub(2)?;
        let raised = self.out[exponent - 1].token == Token::Caret && matches!(self.out[name].token, Token::Name(_));
        raised.then_some(name)
    }

    /// The text of a braced group that starts here.
    pub(super) fn group(&mut self) -> Result<String, Unreadable> {
        let mut level = 0usize;
        let start = self.at + 1;
        for (i, c) in self.chars[self.at..].iter().enumerate() {
            match c {
                '{' => level += 1,
                '}' => {
                    level -= 1;
                    if level == 0 {
                        let end = self.at + i;
                        self.at = end + 1;
                        return Ok(self.chars[start..end].iter().collect());
                    }
                }
                _ => {}
            }
        }
        Err(Unreadable::Malformed)
    }

    /// Letters outside commands: one symbol each, but for words that nobody means as a product.
    fn letters(&mut self, c: char, space: bool) {
        let length = self.chars[self.at..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
        let run: String = self.chars[self.at..self.at + length].iter().collect();
        if matches!(run.as_str(), "bar" | "hat" | "tilde") && self.peek(length) == Some('{') {
            self.at += length;
            if self.accented(&run, space).is_ok() {
                return;
            }
        }
        let word = match run.as_str() {
            "and" => Some(Token::And),
            "or" => Some(Token::Or),
            "pi" => Some(Token::Constant(Constant::Pi)),
            "oo" | "infty" | "inf" | "infinity" => Some(Token::Constant(Constant::Infinity)),
            "sqrt" => Some(Token::Sqrt),
            "True" | "true" => Some(Token::Boolean(true)),
            "False" | "false" => Some(Token::Boolean(false)),
            _ if length >= 3 => function::canonical(&run)
                .map(Token::Function)
                .or_else(|| function::greek(&run).map(|g| Token::Name(g.to_owned()))),
            _ => None,
        };
        if let Some(token) = word {
            self.at += length;
            self.argument();
            self.push(token, space);
            return;
        }
        let measures = matches!(
            self.out.last().map(|s| &s.token),
            Some(Token::Number(_) | Token::Close(_) | Token::Constant(Constant::Pi))
        );
        if length > 4 || length > 1 && space && measures && Unit::named(&run).is_some() {
            self.at += length;
            self.push(Token::Words(run), space);
            return;
        }
        let token = match c {
            'e' => Token::Constant(Constant::E),
            'i' => Token::Constant(Constant::I),
            c => Token::Name(function::greek_char(c).map_or_else(|| c.to_string(), str::to_owned)),
        };
        self.at += 1;
        self.argument();
        self.push(token, space);
    }
}

/// Whether a text is LaTeX.
pub(super) fn looks_like(text: &str) -> bool {
    text.contains('\\')
        || text.contains('{')
            && (text.contains("{,}") || (text.contains("^{") || text.contains("_{")) && !text.contains("**"))
}
