//! The lexer of `SymPy` printing, Python literals and plain maths.

use std::sync::LazyLock;

use super::expr::Constant;
use super::function;
use super::names::Names;
use super::numeral::number;
use super::special;
use super::token::{Fence, Grammar, Relation, Spaced, Token, Unreadable};
use super::unit::Unit;
use super::vocabulary::known;
use super::{MAX_DEPTH, MAX_TOKENS};

/// `SymPy`'s and Python's constructors.
pub(super) const HEADS: &[&str] = &[
    "Interval.open",
    "Interval.Ropen",
    "Interval.Lopen",
    "Interval",
    "Union",
    "Intersection",
    "Complement",
    "FiniteSet",
    "Eq",
    "Ne",
    "Lt",
    "Le",
    "Gt",
    "Ge",
    "Matrix",
    "ImmutableMatrix",
    "MutableDenseMatrix",
    "ImmutableDenseMatrix",
    "Rational",
    "Integer",
    "Float",
    "Fraction",
    "Decimal",
    "And",
    "Or",
    "Not",
    "Implies",
    "Xor",
    "Equivalent",
    "Point",
    "Point2D",
    "Point3D",
    "Tuple",
    "array",
    "set",
    "frozenset",
    "tuple",
    "list",
    "Contains",
    "float64",
    "int64",
    "float",
    "int",
    "complex",
    "Poly",
    "Sum",
    "Product",
    "Integral",
    "Limit",
    "Derivative",
    "integrate",
    "diff",
    "limit",
    "summation",
    "diag",
    "range",
    "OrderedDict",
    "Piecewise",
    "ImageSet",
    "ConditionSet",
    "Lambda",
    "Pow",
    "Mul",
    "Add",
    "S",
    "StrictGreaterThan",
    "StrictLessThan",
    "GreaterThan",
    "LessThan",
    "Unequality",
    "Equality",
];

/// Letters in a row that may be a product; more are a word.
const LONGEST_RUN: usize = 40;

/// The constructor of this name.
fn head(name: &str) -> Option<&'static str> {
    static NAMES: LazyLock<Names<()>> = LazyLock::new(|| Names::new(HEADS.iter().map(|h| (*h, ()))));
    NAMES.get(name).map(|(head, ())| head)
}

/// Which notation a text without LaTeX is in.
pub(super) fn grammar(text: &str) -> Grammar {
    if text.contains("**") {
        return Grammar::Code;
    }
    // Constructors and printed logic have brackets; the imaginary unit has its own letter.
    let imaginary = text.contains('I') && (text.contains("*I") || text.contains(" I)"));
    let bracketed = text.contains('(') && (text.contains(" & ") || text.contains(" | ") || has_head(text));
    if imaginary || bracketed { Grammar::Code } else { Grammar::Plain }
}

/// Whether a constructor's name stands right before a bracket.
fn has_head(text: &str) -> bool {
    text.match_indices('(').any(|(at, _)| {
        let before = &text[..at];
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '.').map_or(0, |i| i + 1);
        let start = (start..at).find(|i| before.is_char_boundary(*i)).unwrap_or(at);
        let name = &before[start..];
        head(name).is_some() || name.rsplit_once('.').is_some_and(|(m, n)| MODULES.contains(&m) && head(n).is_some())
    })
}

/// Modules of Python that a printed name may be qualified by.
const MODULES: &[&str] = &["math", "cmath", "np", "numpy", "sp", "sympy"];

/// Longest subscript of a name, in characters.
const SUBSCRIPT: usize = 40;

/// Marks above a letter, as in `bar{x}`.
const ACCENTS: &[&str] = &["bar", "hat", "tilde", "dot", "ddot"];

pub(super) struct Lexer<'a> {
    chars: &'a [char],
    at: usize,
    grammar: Grammar,
    /// Whether `1,000` outside brackets is one number.
    grouped: bool,
    depth: usize,
    /// Letters in a row are a product, whatever word they might be.
    products: bool,
    /// It has an operator in it.
    formula: bool,
    out: Vec<Spaced>,
}

/// Makes tokens; `grouped` reads `1,000` outside brackets as one number.
pub(super) fn lex(text: &str, grammar: Grammar, grouped: bool) -> Result<Vec<Spaced>, Unreadable> {
    tokens(text, grammar, grouped, false)
}

/// [`lex`] of plain maths in which letters in a row are a product.
pub(super) fn lex_products(text: &str, grouped: bool) -> Result<Vec<Spaced>, Unreadable> {
    tokens(text, Grammar::Plain, grouped, true)
}

fn tokens(text: &str, grammar: Grammar, grouped: bool, products: bool) -> Result<Vec<Spaced>, Unreadable> {
    let chars: Vec<char> = text.chars().collect();
    let out = Vec::with_capacity(chars.len() / 2 + 4);
    let formula = chars.iter().any(|c| "+*/^=".contains(*c));
    let mut lexer = Lexer { chars: &chars, at: 0, grammar, grouped, depth: 0, products, formula, out };
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

    fn run(&mut self) -> Result<(), Unreadable> {
        while let Some(c) = self.peek(0) {
            if self.out.len() > MAX_TOKENS {
                return Err(Unreadable::TooLong);
            }
            let space = c == ' ';
            if space {
                while self.peek(0) == Some(' ') {
                    self.at += 1;
                }
            }
            let Some(c) = self.peek(0) else { break };
            let space = space || self.out.is_empty();
            if c.is_ascii_digit() || c == '.' && self.peek(1).is_some_and(|d| d.is_ascii_digit()) {
                let grouped = self.grouped && self.depth == 0;
                let (n, end) = number(self.chars, self.at, grouped, true).ok_or(Unreadable::TooLong)?;
                self.at = end;
                self.push(Token::Number(n), space);
            } else if c == '_'
                && !space
                && self.peek(1).is_some_and(|d| d.is_ascii_digit())
                && matches!(self.out.last().map(|s| &s.token), Some(Token::Number(_)))
            {
                // A base, as in `1103_6`.
                self.at += 1;
                self.push(Token::Underscore, false);
            } else if c.is_alphabetic() && function::greek_char(c).is_none() && c != 'π' && !"ℝℤℕℚℂ".contains(c)
                || c == '_'
            {
                self.name(space)?;
            } else {
                self.symbol(c, space)?;
            }
        }
        Ok(())
    }

    /// Operators, brackets and single characters with a meaning.
    fn symbol(&mut self, c: char, space: bool) -> Result<(), Unreadable> {
        let two = self.peek(1);
        let (token, length) = match (c, two) {
            ('*', Some('*')) => (Token::Caret, 2),
            ('*', _) => (Token::Star, 1),
            ('+', _) => (Token::Plus, 1),
            ('-' | '=' | '>', Some('>')) => (Token::Implies, 2),
            ('-', _) => (Token::Minus, 1),
            ('/', Some('/')) => (Token::FloorDivide, 2),
            ('/', _) => (Token::Slash, 1),
            ('^', Some('{')) => {
                self.at += 1;
                self.push(Token::Caret, space);
                self.depth += 1;
                (Token::Open(Fence::Brace), 1)
            }
            ('^', _) => (Token::Caret, 1),
            ('!', Some('=')) | ('<', Some('>')) => (Token::Relation(Relation::NotEqual), 2),
            ('!', Some(next)) if space && (next.is_alphabetic() || next == '(') => (Token::Not, 1),
            ('!', _) => (Token::Bang, 1),
            ('<', Some('=')) => (Token::Relation(Relation::LessEqual), 2),
            ('>', Some('=')) => (Token::Relation(Relation::GreaterEqual), 2),
            ('<', _) => (Token::Relation(Relation::Less), 1),
            ('>', _) => (Token::Relation(Relation::Greater), 1),
            ('=', Some('=')) => (Token::Relation(Relation::Equal), 2),
            ('=', _) => (Token::Relation(Relation::Equal), 1),
            ('≤', _) => (Token::Relation(Relation::LessEqual), 1),
            ('≥', _) => (Token::Relation(Relation::GreaterEqual), 1),
            ('≠', _) => (Token::Relation(Relation::NotEqual), 1),
            ('≈' | '≃' | '≅', _) => (Token::Relation(Relation::Approximate), 1),
            ('≡', _) => (Token::Relation(Relation::Congruent), 1),
            ('∈', _) => (Token::Relation(Relation::In), 1),
            ('∉', _) => (Token::Relation(Relation::NotIn), 1),
            ('∋', _) => (Token::Relation(Relation::Contains), 1),
            ('∌', _) => (Token::Relation(Relation::NotContains), 1),
            ('⊂', _) => (Token::Relation(Relation::Subset), 1),
            ('⊆', _) => (Token::Relation(Relation::SubsetEqual), 1),
            ('⊄', _) => (Token::Relation(Relation::NotSubset), 1),
            ('⊈', _) => (Token::Relation(Relation::NotSubsetEqual), 1),
            ('∪', _) => (Token::Union, 1),
            ('∩', _) => (Token::Intersection, 1),
            ('∖' | '\\', _) => (Token::Minus2, 1),
            ('⊕', _) => (Token::Xor, 1),
            ('∧' | '&', _) => (Token::Both, 1),
            ('∨', _) => (Token::Either, 1),
            ('¬' | '~', _) => (Token::Not, 1),
            ('→' | '⇒', _) => (Token::Implies, 1),
            ('↔' | '⇔', _) => (Token::Iff, 1),
            ('(', _) => (Token::Open(Fence::Paren), 1),
            (')', _) => (Token::Close(Fence::Paren), 1),
            ('[', _) => (Token::Open(Fence::Square), 1),
            (']', _) => (Token::Close(Fence::Square), 1),
            ('{', _) => (Token::Open(Fence::Brace), 1),
            ('}', _) => (Token::Close(Fence::Brace), 1),
            ('⌊', _) => (Token::Open(Fence::Floor), 1),
            ('⌋', _) => (Token::Close(Fence::Floor), 1),
            ('⌈', _) => (Token::Open(Fence::Ceil), 1),
            ('⌉', _) => (Token::Close(Fence::Ceil), 1),
            ('⟨', _) => (Token::Open(Fence::Angle), 1),
            ('⟩', _) => (Token::Close(Fence::Angle), 1),
            ('|', Some('|')) if self.grammar == Grammar::Code => (Token::Either, 2),
            ('|', _) if self.grammar == Grammar::Code => (Token::Either, 1),
            ('|' | '∣', _) => (Token::Bar, 1),
            ('.', Some('.')) if self.peek(2) == Some('.') => (Token::Ellipsis, 3),
            (',', _) => (Token::Comma, 1),
            (';', _) => (Token::Semicolon, 1),
            (':', _) => (Token::Colon, 1),
            ('%', _) => (Token::Percent, 1),
            ('°', Some('C')) => (Token::Words("°C".into()), 2),
            ('°', Some('F')) => (Token::Words("°F".into()), 2),
            ('°', _) => (Token::Degree, 1),
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
            ('$', _) => (Token::Currency("USD"), 1),
            ('€', _) => (Token::Currency("EUR"), 1),
            ('£', _) => (Token::Currency("GBP"), 1),
            ('¥' | '￥', _) => (Token::Currency("JPY"), 1),
            ('\'' | '"', _) => return self.quote(c, space),
            _ => {
                let Some(name) = function::greek_char(c) else { return Err(Unreadable::Unknown(c.to_string())) };
                self.at += 1;
                let name = self.subscripted(name.to_owned());
                self.push(Token::Name(name), space);
                return Ok(());
            }
        };
        match token {
            Token::Open(_) => self.depth += 1,
            Token::Close(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > MAX_DEPTH {
            return Err(Unreadable::TooDeep);
        }
        self.at += length;
        self.push(token, space);
        Ok(())
    }

    /// A quoted string, or a prime after a name or number.
    fn quote(&mut self, mark: char, space: bool) -> Result<(), Unreadable> {
        let after_value = matches!(
            self.out.last().map(|s| &s.token),
            Some(Token::Number(_) | Token::Name(_) | Token::Close(_) | Token::Degree)
        );
        if after_value && !space {
            self.at += 1;
            if let Some(Token::Name(name)) = self.out.last_mut().map(|s| &mut s.token) {
                name.push_str(if mark == '"' { "''" } else { "'" });
                return Ok(());
            }
            self.push(if mark == '"' { Token::DoublePrime } else { Token::Prime }, space);
            return Ok(());
        }
        let mut end = self.at + 1;
        let mut text = String::new();
        while let Some(&c) = self.chars.get(end) {
            if c == mark {
                self.at = end + 1;
                self.push(Token::Quoted(text), space);
                return Ok(());
            }
            if c == '\\' && self.chars.get(end + 1).is_some_and(|n| *n == mark || *n == '\\') {
                end += 1;
            }
            text.push(self.chars[end]);
            end += 1;
        }
        Err(Unreadable::Unknown(mark.to_string()))
    }

    /// Takes a subscript that follows a name into the name.
    fn subscripted(&mut self, mut name: String) -> String {
        while self.peek(0) == Some('_') {
            let braced = self.peek(1) == Some('{');
            let start = self.at + 1 + usize::from(braced);
            let within = |c: &&char| c.is_alphanumeric() || braced && ",^+-".contains(**c);
            let mut length = self.chars[start..].iter().take(SUBSCRIPT).take_while(within).count();
            let digits = self.chars[start..].iter().take(length).take_while(|c| c.is_ascii_digit()).count();
            if !braced && self.grammar == Grammar::Plain && digits > 0 {
                // `x_1t` is x_1 times t.
                length = digits;
            }
            if length == 0 && !braced && start == self.chars.len() {
                // `x_`: a name of a program.
                name.push('_');
                self.at = start;
                break;
            }
            if length == 0 || braced && self.chars.get(start + length) != Some(&'}') {
                break;
            }
            name.push('_');
            name.extend(&self.chars[start..start + length]);
            self.at = start + length + usize::from(braced);
        }
        name
    }

    /// Takes digits right behind a letter of a formula into the name: `C1*x`, `x1 + x2`.
    fn numbered(&mut self, mut name: String, space: bool) -> String {
        let digits = self.chars[self.at..].iter().take(4).take_while(|c| c.is_ascii_digit()).count();
        let alone = !self.chars.get(self.at + digits).is_some_and(|c| c.is_alphanumeric() || *c == '.');
        let glued = !space && matches!(self.out.last().map(|s| &s.token), Some(Token::Number(_) | Token::Name(_)));
        let letter = name.bytes().all(|b| b.is_ascii_alphabetic() && !matches!(b, b'e' | b'E' | b'i' | b'I'));
        if self.grammar == Grammar::Plain && (1..=3).contains(&digits) && alone && self.formula && !glued && letter {
            name.push('_');
            name.extend(&self.chars[self.at..self.at + digits]);
            self.at += digits;
        }
        name
    }

    fn name(&mut self, space: bool) -> Result<(), Unreadable> {
        let start = self.at;
        if self.chars[start] == '_' && self.grammar == Grammar::Plain {
            // `_x`: a name of a program.
            let length = self.chars[start + 1..].iter().take_while(|c| c.is_alphanumeric()).count();
            if length == 0 || length > SUBSCRIPT {
                return Err(Unreadable::Unknown("_".into()));
            }
            self.at += 1 + length;
            self.push(Token::Name(self.chars[start..self.at].iter().collect()), space);
            return Ok(());
        }
        let code = self.grammar == Grammar::Code;
        let part = |c: &char| {
            if code {
                c.is_alphanumeric() || *c == '_'
            } else {
                c.is_alphabetic() && function::greek_char(*c).is_none() && *c != 'π'
            }
        };
        let mut run;
        let mut start = start;
        loop {
            let length = self.chars[start..].iter().take_while(|c| part(c)).count();
            if length == 0 {
                return Err(Unreadable::Unknown(self.chars[start].to_string()));
            }
            run = self.chars[start..start + length].iter().collect::<String>();
            self.at = start + length;
            let is_module = MODULES.contains(&run.as_str());
            if !(is_module && self.peek(0) == Some('.') && self.peek(1).is_some_and(char::is_alphabetic)) {
                break;
            }
            // `math.log`: the name behind the module's.
            start = self.at + 1;
        }
        if let Some((name, end)) = self.special(start) {
            self.at = end;
            self.push(Token::Function(name), space);
            return Ok(());
        }
        if run == "log" || run == "ln" {
            for (base, name) in [("10(", "lg"), ("2(", "lb"), ("1p(", "log1p")] {
                if self.chars[self.at..].iter().take(base.len()).copied().eq(base.chars()) && name != "log1p" {
                    self.at += base.len() - 1;
                    self.push(Token::Function(name), space);
                    return Ok(());
                }
            }
        }
        if matches!(run.as_str(), "atan" | "arctan" | "factorial")
            && self.peek(0) == Some('2')
            && self.peek(1) == Some('(')
        {
            self.at += 1;
            self.push(Token::Function(if run == "factorial" { "factorial2" } else { "atan2" }), space);
            return Ok(());
        }
        if (run == "x" || run == "X") && self.multiplies(space) {
            self.push(Token::Star, space);
            return Ok(());
        }
        if matches!(run.as_str(), "Interval" | "S") && self.peek(0) == Some('.') {
            let tail: String = self.chars[self.at..].iter().take_while(|c| c.is_alphanumeric() || **c == '.').collect();
            let known = [".open", ".Ropen", ".Lopen", ".Reals", ".Integers", ".EmptySet", ".true", ".false"];
            if known.contains(&tail.as_str()) {
                self.at += tail.len();
                run = if run == "S" { tail[1..].to_owned() } else { format!("{run}{tail}") };
            }
        }
        if ACCENTS.contains(&run.as_str()) && self.peek(0) == Some('{') {
            let letter: String = self.chars[self.at + 1..].iter().take_while(|c| c.is_alphanumeric()).collect();
            let end = self.at + 1 + letter.chars().count();
            if !letter.is_empty() && self.chars.get(end) == Some(&'}') {
                self.at = end + 1;
                let name = self.subscripted(format!("{run}{{{letter}}}"));
                self.push(Token::Name(name), space);
                return Ok(());
            }
        }
        if code && run.ends_with('_') && self.peek(0) == Some('{') {
            run.pop();
            self.at -= 1;
            let name = self.subscripted(run);
            self.push(Token::Name(name), space);
            return Ok(());
        }
        if self.peek(0) == Some('(')
            && let Some(head) = head(&run)
        {
            self.push(Token::Head(head), space);
            return Ok(());
        }
        if run.chars().count() == 1 {
            // `x1` and `x_1` are one name; `2e` and `3i` are constants.
            let name = self.subscripted(run.clone());
            let name = if name == run { self.numbered(name, space) } else { name };
            let token = if name == run { self.letter(&run) } else { Token::Name(name) };
            self.push(token, space);
            return Ok(());
        }
        if let Some(token) = known(&run) {
            let token = match token {
                Token::Name(n) => Token::Name(self.subscripted(n)),
                other => other,
            };
            self.push(token, space);
            return Ok(());
        }
        if self.measures() && Unit::is_name(&run) {
            self.push(Token::Name(run), space);
            return Ok(());
        }
        if !code && self.peek(0) == Some('_') && self.peek(1).is_some_and(char::is_alphabetic) {
            // `tropical_year`: a word of a program.
            let tail = self.chars[self.at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
            run.extend(&self.chars[self.at..self.at + tail]);
            self.at += tail;
            self.push(Token::Words(run), space);
            return Ok(());
        }
        if code {
            self.push(Token::Name(run), space);
            return Ok(());
        }
        self.run_of_letters(&run, start, space);
        Ok(())
    }

    /// The special function whose name begins at a place and ends right before a parenthesis, and where that is.
    fn special(&self, start: usize) -> Option<(&'static str, usize)> {
        let part = |c: &&char| c.is_ascii_alphanumeric() || **c == '_';
        let name: String = self.chars[start..].iter().take(SUBSCRIPT).take_while(part).collect();
        let end = start + name.len();
        (self.chars.get(end) == Some(&'(')).then(|| special::canonical(&name)).flatten().map(|name| (name, end))
    }

    /// Whether an `x` here is a sign of multiplication: between a number and a power of ten.
    fn multiplies(&self, space: bool) -> bool {
        let rest: String = self.chars[self.at..].iter().take(8).filter(|c| **c != ' ').collect();
        let ten = rest.strip_prefix("10").is_some_and(|r| r.starts_with('^') || r.starts_with("**"));
        let apart = space || self.peek(0) != Some(' ');
        ten && apart && matches!(self.out.last().map(|s| &s.token), Some(Token::Number(_)))
    }

    /// Whether a unit may stand here: behind a number or pi, another unit, or a bracket that follows a sign.
    fn measures(&self) -> bool {
        let mut before = self.out.iter().rev().map(|s| &s.token);
        match before.next() {
            Some(Token::Open(Fence::Paren)) => matches!(before.next(), Some(Token::Slash | Token::Star)),
            Some(
                Token::Number(_)
                | Token::Constant(Constant::Pi)
                | Token::Slash
                | Token::Star
                | Token::Close(_)
                | Token::Words(_)
                | Token::Name(_),
            ) => true,
            _ => false,
        }
    }

    /// Letters that are no word: a product of functions, constants and one-letter symbols, where something around them
    /// says that this is a formula; else words.
    fn run_of_letters(&mut self, run: &str, start: usize, space: bool) {
        let before = self.chars[..start].iter().rev().find(|c| **c != ' ').copied();
        let after = self.chars[self.at..].iter().find(|c| **c != ' ').copied();
        let formula = before.is_some_and(|c| "+-*/^=<>|".contains(c))
            || before.is_some_and(|c| c.is_ascii_digit() || c == ')') && !space
            || after.is_some_and(|c| "+*/^=<>_|".contains(c))
            || after == Some('(') && self.peek(0) == Some('(')
            || after == Some('-') && self.peek(0) != Some('-');
        // Three letters at the most are a product, with functions of up to eight around them.
        if run.len() > LONGEST_RUN || !formula && !self.products {
            self.push(Token::Words(run.to_owned()), space);
            return;
        }
        let mut tokens = Vec::new();
        let mut rest = run;
        let mut letters = 0;
        while !rest.is_empty() {
            let longest = (2..=rest.len().min(8)).rev().filter(|n| rest.is_char_boundary(*n)).find_map(|n| {
                let piece = &rest[..n];
                let token = if piece == "pi" {
                    Some(Token::Constant(Constant::Pi))
                } else if n >= 3 {
                    function::canonical(piece).map(Token::Function)
                } else {
                    None
                };
                token.map(|t| (n, t))
            });
            if let Some((n, token)) = longest {
                tokens.push(token);
                rest = &rest[n..];
            } else {
                let first = rest.chars().next().map_or(1, char::len_utf8);
                tokens.push(self.letter(&rest[..first]));
                letters += 1;
                rest = &rest[first..];
            }
        }
        let product = self.products && letters <= 12 || formula && letters <= 3;
        if !product || !run.is_ascii() {
            self.push(Token::Words(run.to_owned()), space);
            return;
        }
        if let Some(Token::Name(last)) = tokens.last_mut() {
            *last = self.subscripted(std::mem::take(last));
        }
        for (i, token) in tokens.into_iter().enumerate() {
            self.push(token, space && i == 0);
        }
    }

    fn letter(&self, letter: &str) -> Token {
        match (letter, self.grammar) {
            // The base of a natural logarithm as SymPy prints it stands last in brackets.
            ("E", Grammar::Plain)
                if self.depth > 0
                    && self.peek(0) == Some(')')
                    && self.out.last().map(|s| &s.token) == Some(&Token::Comma) =>
            {
                Token::Constant(Constant::E)
            }
            ("e", _) | ("E", Grammar::Code) => Token::Constant(Constant::E),
            ("i", _) | ("I", Grammar::Code) => Token::Constant(Constant::I),
            _ => Token::Name(letter.to_owned()),
        }
    }
}
