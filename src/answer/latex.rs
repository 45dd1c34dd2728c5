//! The lexer of LaTeX.

use super::expr::Constant;
use super::function;
use super::plain;
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
    out: Vec<Spaced>,
}

/// Makes tokens; `grouped` reads `1,000` outside brackets as one number.
pub(super) fn lex(text: &str, grouped: bool) -> Result<Vec<Spaced>, Unreadable> {
    let chars: Vec<char> = text.chars().collect();
    let out = Vec::with_capacity(chars.len() / 2 + 4);
    let mut lexer = Lexer { chars: &chars, at: 0, grouped, depth: 0, braces: 0, pending: Vec::new(), out };
    lexer.run()?;
    Ok(lexer.out)
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn push(&mut self, token: Token, space: bool) {
        self.out.push(Spaced { token, space });
    }

    /// Counts an argument of `\frac` that is not a group.
    fn argument(&mut self) {
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
            ('∧', _) => (Token::And, 1),
            ('∨', _) => (Token::Or, 1),
            ('(', _) => (Token::Open(Fence::Paren), 1),
            (')', _) => (Token::Close(Fence::Paren), 1),
            ('[', _) => (Token::Open(Fence::Square), 1),
            (']', _) => (Token::Close(Fence::Square), 1),
            ('⌊', _) => (Token::Open(Fence::Floor), 1),
            ('⌋', _) => (Token::Close(Fence::Floor), 1),
            ('⌈', _) => (Token::Open(Fence::Ceil), 1),
            ('⌉', _) => (Token::Close(Fence::Ceil), 1),
            ('|' | '∣', _) => (Token::Bar, 1),
            (',', _) => (Token::Comma, 1),
            (';', _) => (Token::Semicolon, 1),
            (':', _) => (Token::Colon, 1),
            ('%', _) => (Token::Percent, 1),
            ('&', _) => (Token::Ampersand, 1),
            ('°', Some('C')) => (Token::Words("°C".into()), 2),
            ('°', Some('F')) => (Token::Words("°F".into()), 2),
            ('°', _) => (Token::Degree, 1),
            ('\'', _) => (Token::Prime, 1),
            ('"', _) => (Token::DoublePrime, 1),
            ('√', _) => (Token::Sqrt, 1),
            ('∞', _) => (Token::Constant(Constant::Infinity), 1),
            ('π', _) => (Token::Constant(Constant::Pi), 1),
            ('∅', _) => (Token::NamedSet("empty"), 1),
            ('ℝ', _) => (Token::NamedSet("R"), 1),
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
        self.push(token, space);
        Ok(())
    }

    fn fence(&mut self, token: &Token) -> Result<(), Unreadable> {
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
        let (mut n, mut end) = plain::number(self.chars, self.at, grouped, true).ok_or(Unreadable::TooLong)?;
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
                self.push(token, space);
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
        if !matches!(self.out.last().map(|s| &s.token), Some(Token::Name(_))) {
            self.push(Token::Underscore, space);
            return Ok(());
        }
        let text = match self.peek(0) {
            Some('{') => self.group()?,
            Some('\\') => {
                let length = self.chars[self.at + 1..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
                let text = self.chars[self.at..=self.at + length].iter().collect();
                self.at += 1 + length;
                text
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
        if let Some(Spaced { token: Token::Name(n), .. }) = self.out.last_mut() {
            n.push('_');
            n.push_str(&name);
        }
        Ok(())
    }

    /// The text of a braced group that starts here.
    fn group(&mut self) -> Result<String, Unreadable> {
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

    /// A command; gives whether it was white space.
    fn command(&mut self, space: bool) -> Result<bool, Unreadable> {
        let Some(next) = self.peek(1) else {
            self.at += 1;
            return Ok(space);
        };
        if !next.is_ascii_alphabetic() {
            self.at += 2;
            let token = match next {
                ',' | ';' | ':' | '!' | ' ' | '>' | '.' | '(' | ')' | '[' | ']' => return Ok(true),
                '{' => Token::Open(Fence::Brace),
                '}' => Token::Close(Fence::Brace),
                '%' => Token::Percent,
                '$' => Token::Currency("USD"),
                '&' => Token::And,
                '\\' => Token::Row,
                '|' => Token::Bar,
                '_' => Token::Underscore,
                other => return Err(Unreadable::Unknown(format!("\\{other}"))),
            };
            self.fence(&token)?;
            self.push(token, space);
            return Ok(false);
        }
        let length = self.chars[self.at + 1..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
        let name: String = self.chars[self.at + 1..=self.at + length].iter().collect();
        self.at += 1 + length;
        self.named(&name, space)
    }

    fn named(&mut self, name: &str, space: bool) -> Result<bool, Unreadable> {
        let token = match name {
            "left" | "right" | "mleft" | "mright" | "bigl" | "bigr" | "Bigl" | "Bigr" | "big" | "Big" | "bigg"
            | "Bigg" | "biggl" | "biggr" | "middle" => {
                while self.peek(0) == Some(' ') {
                    self.at += 1;
                }
                let opening = name.ends_with("left") || name.ends_with('l');
                let closing = name.ends_with("right") || name.ends_with('r');
                match self.peek(0) {
                    Some('.') => {
                        self.at += 1;
                        return Ok(space);
                    }
                    Some('|') if opening => Token::Open(Fence::Bar),
                    Some('|') if closing => Token::Close(Fence::Bar),
                    _ => return Ok(space),
                }
            }
            "displaystyle" | "textstyle" | "limits" | "quad" | "qquad" | "mathrm" | "rm" | "mathit" | "mathbf"
            | "boldsymbol" | "bf" | "vec" | "mathcal" | "hspace" | "phantom" | "boxed" | "fbox" | "hfill" | "large"
            | "enspace" | "thinspace" | "text" | "textbf" | "textit" | "textrm" | "mbox" | "hbox" | "operatorname"
            | "textnormal" | "mathsf" | "mathbb" | "mathds" => return self.wrapped(name, space),
            "frac" | "dfrac" | "tfrac" | "cfrac" => {
                self.argument();
                self.pending.push((self.braces, 2));
                Token::Frac
            }
            "binom" | "dbinom" | "tbinom" => {
                self.argument();
                self.pending.push((self.braces, 2));
                Token::Binom
            }
            "sqrt" => {
                self.argument();
                Token::Sqrt
            }
            "begin" | "end" => {
                let environment =
                    if self.peek(0) == Some('{') { self.group()? } else { return Err(Unreadable::Malformed) };
                let known = ["matrix", "array", "cases", "aligned", "align", "gathered", "align*"];
                if !known.iter().any(|k| environment.ends_with(k)) || environment.starts_with(['v', 'V']) {
                    return Err(Unreadable::Unknown(format!("\\begin{{{environment}}}")));
                }
                if environment == "array" && name == "begin" && self.peek(0) == Some('{') {
                    self.group()?;
                }
                if name == "begin" {
                    self.depth += 1;
                    self.fence(&Token::Comma)?;
                    Token::Begin
                } else {
                    self.depth = self.depth.saturating_sub(1);
                    Token::End
                }
            }
            _ => match simple(name) {
                Some(token) => {
                    self.argument();
                    self.fence(&token)?;
                    token
                }
                None => return Err(Unreadable::Unknown(format!("\\{name}"))),
            },
        };
        if matches!(token, Token::Open(Fence::Bar) | Token::Close(Fence::Bar)) && matches!(self.peek(0), Some('|')) {
            self.at += 1;
        }
        self.push(token, space);
        Ok(false)
    }

    /// Commands around an argument: text becomes words, fonts go, space is space.
    fn wrapped(&mut self, name: &str, space: bool) -> Result<bool, Unreadable> {
        while self.peek(0) == Some(' ') {
            self.at += 1;
        }
        match name {
            "quad" | "qquad" | "hfill" | "enspace" | "thinspace" => return Ok(true),
            "hspace" | "phantom" => {
                if self.peek(0) == Some('{') {
                    self.group()?;
                }
                return Ok(true);
            }
            "displaystyle" | "textstyle" | "limits" | "vec" | "mathcal" | "boxed" | "fbox" | "mathbf"
            | "boldsymbol" | "bf" | "large" => return Ok(space),
            _ => {}
        }
        if self.peek(0) != Some('{') {
            return Ok(space);
        }
        let raw = self.group()?;
        if matches!(name, "mathbb" | "mathds") {
            let set = match raw.trim() {
                "R" => "R",
                "Z" => "Z",
                "Q" => "Q",
                "N" => "N",
                "C" => "C",
                other => return Err(Unreadable::Unknown(format!("\\mathbb{{{other}}}"))),
            };
            self.argument();
            self.push(Token::NamedSet(set), space);
            return Ok(false);
        }
        self.text(&raw, space);
        Ok(false)
    }

    /// The content of `\text{…}` and its like.
    fn text(&mut self, raw: &str, space: bool) {
        if let Some((head, tail)) = raw.trim().split_once(',')
            && !head.trim().is_empty()
            && !tail.trim().is_empty()
        {
            self.text(head, space);
            self.push(Token::Comma, false);
            for (i, part) in tail.split(',').enumerate() {
                if i > 0 {
                    self.push(Token::Comma, false);
                }
                self.text(part, true);
            }
            return;
        }
        let mut content = raw.replace(['~', '{', '}', '$'], " ").replace("\\ ", " ").replace("\\,", " ");
        content = content.replace("^\\circ", "°").replace("\\circ", "°").replace("\\%", "%").replace("\\mu", "μ");
        let mut content = content.trim();
        if let Some(rest) = content.strip_prefix([',', ';']) {
            self.push(Token::Comma, space);
            content = rest.trim();
        }
        let (content, comma) = content.strip_suffix(',').map_or((content, false), |c| (c.trim_end(), true));
        let before = self.out.last().map(|s| s.token.clone());
        let token = match content {
            "" => None,
            "and" if before == Some(Token::Comma) => None,
            "and" | "AND" => Some(Token::And),
            "or" | "OR" => Some(Token::Or),
            "not" => Some(Token::Not),
            "e" => Some(Token::Constant(Constant::E)),
            "i" => Some(Token::Constant(Constant::I)),
            "in" if before.is_none() => Some(Token::Relation(Relation::In)),
            "True" | "true" => Some(Token::Boolean(true)),
            "False" | "false" => Some(Token::Boolean(false)),
            c if c.chars().count() == 1 && c.chars().all(char::is_alphabetic) => Some(match before {
                // An upright letter behind a number is a unit, and so is one behind a prefix.
                Some(Token::Number(_) | Token::Close(_)) if Unit::named(c).is_some() => Token::Words(c.to_owned()),
                Some(Token::Name(mu)) if mu == "mu" && Unit::named(c).is_some() => {
                    self.out.pop();
                    Token::Words(format!("μ{c}"))
                }
                _ => Token::Name(c.to_owned()),
            }),
            c => match function::canonical(c) {
                Some(f) if c.len() > 2 || self.peek(0) == Some('(') => Some(Token::Function(f)),
                _ => Some(Token::Words(c.to_owned())),
            },
        };
        if let Some(token) = token {
            self.argument();
            self.push(token, space);
        }
        if comma {
            self.push(Token::Comma, true);
        }
    }
}

/// Commands that are one token.
fn simple(name: &str) -> Option<Token> {
    Some(match name {
        "cdot" | "times" | "ast" | "cdotp" => Token::Star,
        "div" => Token::Slash,
        "le" | "leq" | "leqslant" | "leqq" => Token::Relation(Relation::LessEqual),
        "ge" | "geq" | "geqslant" | "geqq" => Token::Relation(Relation::GreaterEqual),
        "lt" => Token::Relation(Relation::Less),
        "gt" => Token::Relation(Relation::Greater),
        "ne" | "neq" => Token::Relation(Relation::NotEqual),
        "approx" | "simeq" | "cong" => Token::Relation(Relation::Approximate),
        "equiv" => Token::Relation(Relation::Congruent),
        "in" => Token::Relation(Relation::In),
        "notin" => Token::Relation(Relation::NotIn),
        "ni" => Token::Relation(Relation::Contains),
        "subset" => Token::Relation(Relation::Subset),
        "subseteq" => Token::Relation(Relation::SubsetEqual),
        "nsubseteq" => Token::Relation(Relation::NotSubsetEqual),
        "cup" => Token::Union,
        "cap" => Token::Intersection,
        "setminus" | "backslash" => Token::Minus2,
        "land" | "wedge" => Token::And,
        "lor" | "vee" => Token::Or,
        "neg" | "lnot" => Token::Not,
        "implies" | "Rightarrow" | "Longrightarrow" => Token::Implies,
        "iff" | "Leftrightarrow" => Token::Iff,
        "infty" => Token::Constant(Constant::Infinity),
        "pi" => Token::Constant(Constant::Pi),
        "emptyset" | "varnothing" => Token::NamedSet("empty"),
        "circ" | "degree" | "textdegree" => Token::Degree,
        "percent" => Token::Percent,
        "prime" => Token::Prime,
        "mod" | "bmod" => Token::Modulo,
        "colon" => Token::Colon,
        "lbrace" => Token::Open(Fence::Brace),
        "rbrace" => Token::Close(Fence::Brace),
        "lbrack" => Token::Open(Fence::Square),
        "rbrack" => Token::Close(Fence::Square),
        "lfloor" => Token::Open(Fence::Floor),
        "rfloor" => Token::Close(Fence::Floor),
        "lceil" => Token::Open(Fence::Ceil),
        "rceil" => Token::Close(Fence::Ceil),
        "lvert" => Token::Open(Fence::Bar),
        "rvert" => Token::Close(Fence::Bar),
        "langle" => Token::Open(Fence::Angle),
        "rangle" => Token::Close(Fence::Angle),
        "vert" | "mid" => Token::Bar,
        "dollar" => Token::Currency("USD"),
        "pounds" => Token::Currency("GBP"),
        "euro" => Token::Currency("EUR"),
        _ => {
            let word = function::canonical(name).filter(|_| name != "Gamma" && name != "Re" && name != "Im");
            return word.map(Token::Function).or_else(|| function::greek(name).map(|g| Token::Name(g.to_owned())));
        }
    })
}

/// Whether a text is LaTeX.
pub(super) fn looks_like(text: &str) -> bool {
    text.contains('\\') || text.contains("{,}") || (text.contains("^{") || text.contains("_{")) && !text.contains("**")
}
