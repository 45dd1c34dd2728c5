//! Commands of LaTeX by name: brackets that grow, fonts, environments, and text, which becomes words.

use super::Lexer;
use crate::answer::command::{glued, simple};
use crate::answer::expr::Constant;
use crate::answer::function;
use crate::answer::token::{Fence, Relation, Token, Unreadable};
use crate::answer::unit::Unit;

impl Lexer<'_> {
    /// A command; gives whether it was white space.
    pub(super) fn command(&mut self, space: bool) -> Result<bool, Unreadable> {
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
        let mut name: String = self.chars[self.at + 1..=self.at + length].iter().collect();
        if simple(&name).is_none()
            && let Some(shorter) = glued(&name)
            && shorter != name
        {
            name.truncate(shorter.len());
        }
        self.at += 1 + name.len();
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
            "displaystyle" | "textstyle" | "limits" | "nolimits" | "mathstrut" | "strut" | "nonumber"
            | "overrightarrow" | "underline" => {
                return Ok(true);
            }
            "color" | "tag" | "label" | "textcolor" => {
                while self.peek(0) == Some(' ') {
                    self.at += 1;
                }
                if self.peek(0) == Some('{') {
                    self.group()?;
                }
                return Ok(true);
            }
            "not" => {
                let rest: String = self.chars[self.at..].iter().take(4).collect();
                let (relation, length) = if rest.starts_with('=') {
                    (Relation::NotEqual, 1)
                } else if rest.starts_with("\\in") {
                    (Relation::NotIn, 3)
                } else {
                    return Err(Unreadable::Unknown("\\not".into()));
                };
                self.at += length;
                Token::Relation(relation)
            }
            "over" => Token::Over,
            "pmod" => Token::Pmod,
            "quad" | "qquad" | "mathrm" | "rm" | "mathit" | "mathbf" | "boldsymbol" | "bf" | "vec" | "mathcal"
            | "hspace" | "phantom" | "boxed" | "fbox" | "hfill" | "large" | "enspace" | "thinspace" | "text"
            | "textbf" | "textit" | "textrm" | "mbox" | "hbox" | "operatorname" | "textnormal" | "mathsf"
            | "mathbb" | "mathds" => return self.wrapped(name, space),
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
            // A phasor behind its size; before the letters of an angle it says nothing.
            "angle" => {
                if let Some(Token::Number(_) | Token::Close(_)) = self.out.last().map(|s| &s.token) {
                    Token::Function("cis")
                } else {
                    // An angle by its three points, from either end.
                    while self.peek(0) == Some(' ') {
                        self.at += 1;
                    }
                    let points: String = self.chars[self.at..].iter().take_while(|c| c.is_ascii_uppercase()).collect();
                    if points.len() != 3 {
                        return Ok(true);
                    }
                    self.at += 3;
                    let back: String = points.chars().rev().collect();
                    Token::Name(format!("angle_{}", points.min(back)))
                }
            }
            "sqrt" => {
                self.argument();
                Token::Sqrt
            }
            "overline" | "bar" | "hat" | "widehat" | "tilde" | "widetilde" | "dot" | "ddot" => {
                return self.accented(name, space);
            }
            "variable" if self.peek(0) == Some('{') => {
                let raw = self.group()?;
                let name: String = raw.chars().filter(|c| !" {}\\".contains(*c)).collect();
                self.argument();
                crate::answer::Number::parse(&name).map_or(Token::Name(name), Token::Number)
            }
            "begin" | "end" => {
                let environment =
                    if self.peek(0) == Some('{') { self.group()? } else { return Err(Unreadable::Malformed) };
                let known = [
                    "matrix",
                    "array",
                    "cases",
                    "aligned",
                    "align",
                    "gathered",
                    "align*",
                    "split",
                    "equation",
                    "equation*",
                    "math",
                ];
                if !known.iter().any(|k| environment.ends_with(k)) || environment.starts_with('V') {
                    return Err(Unreadable::Unknown(format!("\\begin{{{environment}}}")));
                }
                if matches!(environment.as_str(), "equation" | "equation*" | "math" | "displaymath") {
                    return Ok(true);
                }
                let aligns = ["aligned", "align", "align*", "split", "gathered"].contains(&environment.as_str());
                self.aligning = if name == "begin" { aligns } else { false };
                if environment == "array" && name == "begin" && self.peek(0) == Some('{') {
                    self.group()?;
                }
                if name == "begin" {
                    self.depth += 1;
                    self.fence(&Token::Comma)?;
                    if environment == "vmatrix" { Token::Determinant } else { Token::Begin }
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

    /// A mark above: over digits behind a decimal point they repeat, over a letter it belongs to the name.
    pub(super) fn accented(&mut self, name: &str, space: bool) -> Result<bool, Unreadable> {
        while self.peek(0) == Some(' ') {
            self.at += 1;
        }
        let raw = match self.peek(0) {
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
        let raw_length = raw.chars().count();
        let raw = raw.trim();
        if raw.bytes().all(|b| b.is_ascii_digit()) && !raw.is_empty() {
            let Some(Token::Number(n)) = self.out.last().map(|s| &s.token) else { return Err(Unreadable::Malformed) };
            let repeating = n.repeating(raw, self.chars[..self.at].contains(&'.')).ok_or(Unreadable::Malformed)?;
            if let Some(last) = self.out.last_mut() {
                last.token = Token::Number(repeating);
            }
            return Ok(false);
        }
        if matches!(name, "overline" | "bar") && raw.contains(['+', '-']) && raw.contains('i') {
            // Over a sum with the imaginary unit: its conjugate. The group is read again.
            let length = raw_length + 2;
            self.at -= length;
            self.push(Token::Function("conjugate"), space);
            return Ok(false);
        }
        let mark = match name {
            "overline" => "bar",
            "widehat" => "hat",
            "widetilde" => "tilde",
            other => other,
        };
        let base = raw.trim_start_matches('\\');
        let letter = match base {
            "imath" => "i",
            "jmath" => "j",
            other => other,
        };
        if letter.is_empty() || letter.len() > 12 || !letter.chars().all(char::is_alphanumeric) {
            return Err(Unreadable::Unknown(format!("\\{name}")));
        }
        self.argument();
        self.push(Token::Name(format!("{mark}{{{letter}}}")), space);
        Ok(false)
    }

    /// Commands around an argument: text becomes words, fonts go, space is space.
    fn wrapped(&mut self, name: &str, space: bool) -> Result<bool, Unreadable> {
        while self.peek(0) == Some(' ') {
            self.at += 1;
        }
        // Unit vectors stand upright or bold.
        let rest: String = self.chars[self.at..].iter().take(4).collect();
        if matches!(name, "mathbf" | "boldsymbol" | "vec" | "bf")
            && let Some(unit) = ["i", "j", "k"].into_iter().find(|u| rest.starts_with(&format!("{{{u}}}")))
        {
            self.at += 3;
            self.argument();
            self.push(Token::Name(format!("hat{{{unit}}}")), space);
            return Ok(false);
        }
        if let (true, [unit @ ('i' | 'j' | 'k'), after @ ..]) =
            (matches!(name, "mathbf" | "boldsymbol" | "vec"), &self.chars[self.at..])
            && !after.first().is_some_and(char::is_ascii_alphabetic)
        {
            let unit = *unit;
            self.at += 1;
            self.argument();
            self.push(Token::Name(format!("hat{{{unit}}}")), space);
            return Ok(false);
        }
        if let (true, ['{', letter, '}', ..]) = (name == "mathcal", &self.chars[self.at..])
            && letter.is_ascii_alphabetic()
        {
            let letter = *letter;
            self.at += 3;
            self.argument();
            self.push(Token::Name(letter.to_string()), space);
            return Ok(false);
        }
        match name {
            "quad" | "qquad" | "hfill" | "enspace" | "thinspace" => return Ok(true),
            "hspace" | "phantom" => {
                if self.peek(0) == Some('{') {
                    self.group()?;
                }
                return Ok(true);
            }
            "vec" | "mathcal" | "boxed" | "fbox" | "mathbf" | "boldsymbol" | "bf" | "large" => return Ok(space),
            _ => {}
        }
        let raw = match self.peek(0) {
            Some('{') => self.group()?,
            Some(letter @ 'A'..='Z') if name == "mathbb" || name == "mathds" => {
                self.at += 1;
                letter.to_string()
            }
            _ => return Ok(space),
        };
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
            self.named_set(set, space);
            return Ok(false);
        }
        if name == "operatorname"
            && let Some(function) = function::canonical(raw.trim())
        {
            self.argument();
            self.push(Token::Function(function), space);
            return Ok(false);
        }
        self.text(&raw, space);
        Ok(false)
    }

    /// A named set, with what is raised or lowered behind it: the positive reals, the integers without zero.
    pub(super) fn named_set(&mut self, set: &'static str, space: bool) {
        const SUFFIXES: &[(&[&str], bool, Option<bool>)] = &[
            // As written without spaces; whether zero is left out; whether what is left is positive.
            (&["^{+}", "^+", "_{+}", "_+", "_{>0}", "^{>0}"], true, Some(true)),
            (&["_{\\ge0}", "_{\\geq0}", "_{≥0}", "^{\\ge0}", "^{\\geq0}", "_{\\geqslant0}"], false, Some(true)),
            (&["^{-}", "^-", "_{-}", "_-", "_{<0}", "^{<0}"], true, Some(false)),
            (&["^{*}", "^*", "^{\\times}", "^\\times", "^{\\ast}"], true, None),
        ];
        let rest: String = self.chars[self.at..].iter().take(24).filter(|c| **c != ' ').collect();
        let found = SUFFIXES.iter().find_map(|(forms, open, sign)| {
            forms.iter().find(|f| rest.starts_with(**f)).map(|f| (f.chars().count(), *open, *sign))
        });
        let Some((mut length, open, sign)) = found.filter(|_| set == "R" || set == "Z") else {
            self.push(Token::NamedSet(set), space);
            return;
        };
        while length > 0 {
            length -= usize::from(self.peek(0) != Some(' '));
            self.at += 1;
        }
        let zero = || Token::Number(crate::answer::Number::integer(0));
        let infinity = || Token::Constant(Constant::Infinity);
        let tokens = match sign {
            None => {
                vec![Token::NamedSet(set), Token::Minus2, Token::Open(Fence::Brace), zero(), Token::Close(Fence::Brace)]
            }
            Some(true) if set == "Z" && open => vec![Token::NamedSet("N")],
            Some(positive) => {
                let (left, right) = if positive {
                    (if open { Fence::Paren } else { Fence::Square }, Fence::Paren)
                } else {
                    (Fence::Paren, if open { Fence::Paren } else { Fence::Square })
                };
                let mut all = vec![Token::Open(left)];
                if positive {
                    all.extend([zero(), Token::Comma, infinity()]);
                } else {
                    all.extend([Token::Minus, infinity(), Token::Comma, zero()]);
                }
                all.push(Token::Close(right));
                if set == "Z" {
                    all.extend([Token::Intersection, Token::NamedSet("Z")]);
                }
                all
            }
        };
        for (i, token) in tokens.into_iter().enumerate() {
            self.push(token, space && i == 0);
        }
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
            // A differential: `\mathrm{d}x`.
            "d" if self.peek(0).is_some_and(|c| c.is_ascii_alphabetic() || c == '\\') => Some(Token::Name("d".into())),
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
