//! LaTeX as Unicode, for the eye only: what has no typeset form is shown as it came.

use super::factors::{Kind, Row, fraction, root};
use super::glyphs::{
    FUNCTIONS, OPERATORS, PREFIXES, RELATIONS, accent, double_struck, fraktur, letters, negated, script, script_letter,
    symbols,
};
use super::grid::{self, Grid};

/// Groups inside each other that are typeset; deeper ones are shown as they came.
pub(super) const DEPTH: u32 = 40;

/// Typesets a formula's body. Line ends stand where the formula has several lines.
pub(super) fn typeset(source: &str) -> String {
    read(source, None).0
}

/// Typesets a formula that stands by itself: each of its lines, and the rows of those that have matrices or cases in them.
pub(super) fn display(source: &str) -> Vec<(String, Vec<String>)> {
    let typeset = typeset(source);
    let rows: Vec<Vec<String>> = if source.contains("\\begin") {
        let (marked, grids) = read(source, Some(Vec::new()));
        marked.lines().map(|line| grid::rows(line, &grids)).collect()
    } else {
        Vec::new()
    };
    let rows = if rows.len() == typeset.lines().count() { rows } else { Vec::new() };
    typeset.lines().map(str::to_owned).zip(rows.into_iter().chain(std::iter::repeat(Vec::new()))).collect()
}

/// Typesets a formula; where there is a place for grids, they are put there, with marks in the text.
fn read(source: &str, grids: Option<Vec<Grid>>) -> (String, Vec<Grid>) {
    let chars: Vec<char> = source.chars().collect();
    let mut reader = Reader { chars: &chars, at: 0, depth: 0, inline: 0, grids };
    let mut out = String::with_capacity(source.len());
    while reader.at < chars.len() {
        out.push_str(&reader.until_brace().text);
        // A closing brace that closes nothing is shown.
        if reader.at < chars.len() {
            out.push(chars[reader.at]);
            reader.at += 1;
        }
    }
    (tidy(&out), reader.grids.unwrap_or_default())
}

/// One blank where there were several, none at the ends of lines.
pub(super) fn tidy(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.iter().filter(|line| !line.is_empty()).cloned().collect::<Vec<_>>().join("\n")
}

/// What reads a formula.
pub(super) struct Reader<'a> {
    chars: &'a [char],
    pub(super) at: usize,
    pub(super) depth: u32,
    /// Arguments and cells around what is read: in them everything stands in one line.
    pub(super) inline: u32,
    /// The matrices and cases that are drawn over several rows; `None` where the whole formula stands in one line.
    pub(super) grids: Option<Vec<Grid>>,
}

impl Reader<'_> {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Typesets up to the closing brace of the group.
    fn until_brace(&mut self) -> Row {
        let mut row = Row::default();
        while let Some(c) = self.peek().filter(|c| *c != '}') {
            if c == '&' {
                self.at += 1;
                row.text.push(' ');
            } else {
                self.put(c, &mut row);
            }
            row.settle();
        }
        row
    }

    /// Puts what comes next, which begins with `c`, behind what is there.
    pub(super) fn put(&mut self, c: char, row: &mut Row) {
        match c {
            '{' => {
                let (group, kind) = self.group();
                if kind == Kind::Other { row.text.push_str(&group) } else { row.put(&group, kind) }
            }
            '\\' => self.put_command(row),
            '^' | '_' => self.put_script(&mut row.text),
            '=' | '<' | '>' => self.put_relation(c, &mut row.text),
            '.' | ',' if self.ends_at(self.at + 1) => {
                self.at += 1;
                // A blank in the source parts nothing; a stop stands right behind what it ends.
                row.text.truncate(row.text.trim_end_matches(' ').len());
                row.text.push(c);
            }
            c => {
                self.at += 1;
                row.text.push(match c {
                    '~' | '\n' => ' ',
                    '\'' => '′',
                    '-' => '−',
                    c => c,
                });
            }
        }
    }

    /// Whether nothing, or a blank, is there.
    fn ends_at(&self, at: usize) -> bool {
        self.chars.get(at).is_none_or(|c| c.is_whitespace())
    }

    /// Puts a command's text behind what is there, with blanks as its kind has them: whatever stood in the source, since
    /// there a blank behind a command only ends its name.
    fn put_command(&mut self, row: &mut Row) {
        let (typeset, kind) = self.command();
        if kind != Kind::Other {
            return row.put(&typeset, kind);
        }
        let out = &mut row.text;
        let mut chars = typeset.chars();
        let alone = chars.next().filter(|_| chars.next().is_none()).unwrap_or_default();
        let apart = match alone {
            _ if RELATIONS.contains(alone) => true,
            // A sign between two sides stands as far from the one as from the other.
            _ if OPERATORS.contains(alone) => out.ends_with(' '),
            _ if PREFIXES.contains(alone) => false,
            _ => return join(out, &typeset),
        };
        while self.peek() == Some(' ') {
            self.at += 1;
        }
        if apart && RELATIONS.contains(alone) {
            out.push(' ');
        }
        out.push(alone);
        if apart {
            out.push(' ');
        }
    }

    /// Puts a relation that is no command between blanks, as commands have them; one of several signs (`<=`, `:=`) stays one.
    fn put_relation(&mut self, sign: char, out: &mut String) {
        const SIGNS: [char; 3] = ['=', '<', '>'];
        self.at += 1;
        let defines = out.ends_with(':');
        if defines {
            out.pop();
        }
        if !out.ends_with(SIGNS) {
            out.push(' ');
        }
        if defines {
            out.push(':');
        }
        out.push(sign);
        if !self.peek().is_some_and(|next| SIGNS.contains(&next)) {
            out.push(' ');
        }
    }

    /// Puts what is raised or lowered right behind what it belongs to; a blank that a function's name has comes after it.
    fn put_script(&mut self, out: &mut String) {
        let raised = self.peek() == Some('^');
        self.at += 1;
        let argument = self.argument();
        let bare = out.trim_end_matches(' ').len();
        let blank = bare < out.len() && bare > 0;
        out.truncate(bare);
        out.push_str(&script(&argument, raised));
        if blank && self.peek() != Some('(') {
            out.push(' ');
        }
    }

    pub(super) fn is_at(&self, command: &str) -> bool {
        let command: Vec<char> = command.chars().collect();
        self.chars[self.at..].starts_with(&command)
    }

    /// The group at a brace, typeset; as it came where it is too deep or does not close.
    fn group(&mut self) -> (String, Kind) {
        let start = self.at;
        self.at += 1;
        if self.depth >= DEPTH {
            // Everything from here on as it came: reading on would cost a stack frame a brace.
            let rest: String = self.chars[start..].iter().collect();
            self.at = self.chars.len();
            return (rest, Kind::Other);
        }
        self.depth += 1;
        let inner = self.until_brace();
        self.depth -= 1;
        if self.peek() == Some('}') {
            self.at += 1;
            let kind = inner.kind();
            (inner.text, kind)
        } else {
            (format!("{{{}", inner.text), Kind::Other)
        }
    }

    /// A command's argument in one line: a group, a command, or a character.
    fn argument(&mut self) -> String {
        self.inline += 1;
        let argument = self.argument_as_it_stands();
        self.inline -= 1;
        argument
    }

    /// The same, in which matrices may be as high as outside.
    fn argument_as_it_stands(&mut self) -> String {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
        match self.peek() {
            Some('{') => self.group().0,
            Some('\\') if self.depth < DEPTH => {
                self.depth += 1;
                let (typeset, _) = self.command();
                self.depth -= 1;
                typeset.trim().to_owned()
            }
            Some('}') | None => String::new(),
            Some('-') => {
                self.at += 1;
                "−".to_owned()
            }
            Some(c) => {
                self.at += 1;
                c.to_string()
            }
        }
    }

    /// The text in a group as it came, without typesetting: names and words.
    pub(super) fn words(&mut self) -> String {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
        if self.peek() != Some('{') {
            return self.argument();
        }
        self.at += 1;
        let mut depth = 0;
        let start = self.at;
        while let Some(c) = self.peek() {
            match c {
                '\\' => self.at += 1,
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        let end = self.at.min(self.chars.len());
        self.at = (end + 1).min(self.chars.len());
        let text: String = self.chars[start.min(end)..end].iter().collect();
        // Formulas inside words are formulas, and escapes are what they escape.
        if text.contains('$') { super::maths::typeset_inline(&text) } else { unescaped(&text) }
    }

    /// What stands between brackets, where there are some.
    pub(super) fn optional(&mut self) -> Option<String> {
        if self.peek() != Some('[') {
            return None;
        }
        let close = self.chars[self.at..].iter().take(200).position(|c| *c == ']')?;
        let text: String = self.chars[self.at + 1..self.at + close].iter().collect();
        self.at += close + 1;
        Some(text)
    }

    /// A command, typeset, and whether it is one that what stands beside it has to know of.
    fn command(&mut self) -> (String, Kind) {
        let start = self.at;
        self.at += 1;
        let Some(first) = self.peek() else { return ("\\".to_owned(), Kind::Other) };
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            let typeset = match first {
                // Before a stop a thin space is a hair; a blank would part the stop from what it ends.
                ',' | ';' | ':' | ' ' | '>' if self.peek().is_some_and(|c| matches!(c, '.' | ',' | ';')) => {
                    String::new()
                }
                ',' | ';' | ':' | ' ' | '>' => " ".to_owned(),
                '\\' => {
                    self.optional();
                    "\n".to_owned()
                }
                '|' => "‖".to_owned(),
                // Delimiters of formulas inside a formula.
                '!' | '(' | ')' | '[' | ']' => String::new(),
                other => other.to_string(),
            };
            return (typeset, Kind::Other);
        }
        while self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let name: String = self.chars[start + 1..self.at].iter().collect();
        if self.peek() == Some('*') {
            self.at += 1;
        }
        let kind = match name.as_str() {
            "frac" | "dfrac" | "tfrac" | "cfrac" => Kind::Fraction,
            "sqrt" => Kind::Root,
            _ => Kind::Other,
        };
        let typeset = self.named(&name);
        (typeset.unwrap_or_else(|| self.chars[start..self.at].iter().collect()), kind)
    }

    /// A named command; `None` where it is not known.
    fn named(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "frac" | "dfrac" | "tfrac" | "cfrac" => {
                let (above, below) = (self.argument(), self.argument());
                fraction(&above, &below)
            }
            "sqrt" => {
                let degree = self.optional();
                let under = self.argument();
                root(degree.as_deref(), &under)
            }
            "binom" | "dbinom" | "tbinom" => {
                let (n, k) = (self.argument(), self.argument());
                format!("({n} choose {k})")
            }
            "boxed" | "fbox" => format!("⟦{}⟧", tidy(&self.argument_as_it_stands())),
            "text" | "textbf" | "textit" | "textrm" | "textsf" | "texttt" | "mbox" | "hbox" | "emph" => self.words(),
            "mathrm" | "mathbf" | "mathit" | "mathsf" | "mathtt" | "boldsymbol" | "bm" | "operatorname" | "mathop"
            | "displaystyle" | "textstyle" | "scriptstyle" | "limits" | "nolimits" | "left" | "right" | "big"
            | "Big" | "bigg" | "Bigg" | "bigl" | "bigr" | "Bigl" | "Bigr" | "biggl" | "biggr" | "middle" | "rm"
            | "bf" | "it" | "nonumber" | "notag" | "hfill" | "phantom" | "vphantom" | "hspace" | "vspace" | "label"
            | "color" => self.without_looks(name),
            "mathbb" => letters(&self.argument(), double_struck),
            "mathcal" | "mathscr" => letters(&self.argument(), script_letter),
            "mathfrak" => letters(&self.argument(), fraktur),
            "overline" | "bar" => accent(&self.argument(), '\u{305}'),
            "underline" => accent(&self.argument(), '\u{332}'),
            "hat" | "widehat" => accent(&self.argument(), '\u{302}'),
            "tilde" | "widetilde" => accent(&self.argument(), '\u{303}'),
            "vec" | "overrightarrow" => accent(&self.argument(), '\u{20d7}'),
            "dot" => accent(&self.argument(), '\u{307}'),
            "ddot" => accent(&self.argument(), '\u{308}'),
            "overset" | "stackrel" | "underset" => {
                let (over, base) = (self.argument(), self.argument());
                format!("{base}{}", script(&over, name != "underset"))
            }
            "underbrace" | "overbrace" | "mathstrut" => self.argument(),
            "not" => {
                let next = self.argument();
                negated(&next)
            }
            "pmod" => format!(" (mod {})", self.argument()),
            "bmod" | "mod" => " mod ".to_owned(),
            "tag" => format!("  ({})", self.words()),
            "begin" => self.environment(),
            "end" => {
                self.words();
                String::new()
            }
            _ => match symbols().get(name) {
                Some(symbol) => (*symbol).to_owned(),
                None if FUNCTIONS.contains(&name) => function(name),
                None => return None,
            },
        })
    }

    /// Commands that only change how something looks.
    fn without_looks(&mut self, name: &str) -> String {
        match name {
            "left" | "right" | "middle" if self.peek() == Some('.') => {
                self.at += 1;
                String::new()
            }
            "mathrm" | "operatorname" | "mathsf" | "mathtt" => self.words(),
            "mathbf" | "mathit" | "boldsymbol" | "bm" | "mathop" => self.argument(),
            "phantom" | "vphantom" | "hspace" | "vspace" | "label" | "color" => {
                self.words();
                " ".to_owned()
            }
            _ => String::new(),
        }
    }
}

fn function(name: &str) -> String {
    format!("{name} ")
}

/// Puts a command's text behind what is there; letters do not run into letters.
fn join(out: &mut String, typeset: &str) {
    let letters =
        out.ends_with(|c: char| c.is_ascii_alphabetic()) && typeset.starts_with(|c: char| c.is_ascii_alphabetic());
    if letters {
        out.push(' ');
    }
    out.push_str(typeset);
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next)) if !next.is_ascii_alphabetic() => out.extend(chars.next()),
            ('~', _) => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_typeset() {
        for (source, shown) in [
            ("a_n = a_{n-1} + 2a_{n-2}", "aₙ = aₙ₋₁ + 2aₙ₋₂"),
            ("\\frac{1}{2}", "1/2"),
            ("\\frac{a+b}{c}", "(a+b)/c"),
            ("\\frac{x}{y}", "x/y"),
            ("\\frac{2\\pi}{3\\sqrt{3}}", "2π/(3√3)"),
            ("\\frac{1}{x_1^2}", "1/x₁²"),
            ("\\frac{1}{2^{10}}", "1/2¹⁰"),
            ("\\frac{1}{\\sqrt{2}}", "1/(√2)"),
            ("\\frac{1}{(a+b)}", "1/(a+b)"),
            ("\\sqrt{3}", "√3"),
            ("\\sqrt{a+b}", "√(a+b)"),
            ("\\sqrt[3]{x}", "∛x"),
            ("\\sum_{i=1}^{n} i^2", "∑ᵢ₌₁ⁿ i²"),
            ("x^{2q}", "x^(2q)"),
            ("\\alpha \\leq \\beta", "α ≤ β"),
            ("p=\\frac{h}{\\lambda}=2", "p = h/λ = 2"),
            ("x{=}3, |y|<4, a<=b, f:=g, n!=6, a\\lt b", "x = 3, |y| < 4, a <= b, f := g, n! = 6, a < b"),
            ("\\sum_{0<i<n}x", "∑_(0<i<n)x"),
            ("\\frac{3}{2}x^2", "(3/2)x²"),
            ("\\frac32 x", "3/2 x"),
            ("2\\frac{1}{3}", "2 1/3"),
            ("2\\frac{a}{b}\\frac12", "2·a/b·1/2"),
            ("\\left(x\\right)\\frac{1}{2}\\left(y\\right)", "(x)·(1/2)(y)"),
            ("\\frac{d}{dx}f + \\frac{\\partial^2 f}{\\partial x^2}", "d/dx f + ∂²f/∂x²"),
            ("\\frac{dy}{dx}", "dy/dx"),
            ("\\sin\\frac{x}{2}, \\log_2\\frac{8}{3}", "sin (x/2), log₂ (8/3)"),
            ("\\frac{1}{2}^n, \\frac12.", "(1/2)ⁿ, 1/2."),
            ("\\frac{dy}{dx}^2, \\frac{d_n}{d_m}x, \\frac{d}{dx}x^2", "(dy/dx)², (dₙ/dₘ)x, d/dx x²"),
            ("{\\frac{a}{b}}^2, {\\frac12}x, {\\sqrt2}^2, {x}y", "(a/b)², (1/2)x, (√2)², xy"),
            ("2\\sqrt[n]{x}, 2\\sqrt{3}, \\sqrt[5]{y}", "2·ⁿ√x, 2√3, ⁵√y"),
            ("\\frac{1}{|x|+|y|}, \\frac{8!}{(3!)(5!)}, \\frac{1}{|x|}", "1/(|x|+|y|), 8!/((3!)(5!)), 1/|x|"),
            ("\\frac{x}{2^{2}3^{3}}, \\frac{1}{(a+(b))}, \\frac{1}{2^3}", "x/(2²3³), 1/(a+(b)), 1/2³"),
            ("\\frac{a\\mp b}{2}, \\frac12\\angle A", "(a∓b)/2, (1/2)∠ A"),
            ("1-\\frac{x^2}{2}-\\frac{1}{\\alpha\\beta}", "1−x²/2−1/(αβ)"),
            ("x_1\\frac{1}{2}, \\alpha\\frac{1}{2}, +\\frac12", "x₁·1/2, α·1/2, +1/2"),
            ("\\int_0^\\infty\\frac{dx}{1+x^3}", "∫₀^∞ dx/(1+x³)"),
            ("\\sum_{k=1}^{2n}\\frac{1}{k}, \\int\\frac{1}{x}dx", "∑ₖ₌₁²ⁿ 1/k, ∫ (1/x)dx"),
            ("\\sqrt{2}x, \\sqrt2\\pi, \\sqrt3/2, \\sqrt{2}^2, \\sqrt[3]{5}y", "√(2)x, √(2)π, √3/2, (√2)², ∛(5)y"),
            ("\\frac{\\frac{1}{2}x}{y}z", "(((1/2)x)/y)z"),
            ("\\boxed{42}", "⟦42⟧"),
            ("\\mathbb{R}^n", "ℝⁿ"),
            ("\\text{if } x > 0", "if x > 0"),
            ("\\left( \\frac{1}{3} \\right)", "( 1/3 )"),
            ("\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "(1 2; 3 4)"),
            ("\\begin{cases} 1 & x>0 \\\\ 0 & \\text{else} \\end{cases}", "{ 1 x > 0; 0 else"),
            ("\\begin{aligned} a &= b \\\\ &= c \\end{aligned}", "a = b\n= c"),
            ("\\unknown{x}", "\\unknownx"),
            ("90^\\circ", "90°"),
            ("a \\not= b", "a ≠ b"),
            ("\\binom{n}{k}", "(n choose k)"),
            ("\\sin x", "sin x"),
            ("2\\pi r", "2π r"),
            ("x \\to \\infty", "x → ∞"),
            ("a \\equiv b \\pmod{7}", "a ≡ b (mod 7)"),
            ("\\overline{AB}", "A\u{305}B\u{305}"),
            ("4\\,000\\,000", "4 000 000"),
            ("\\frac{3}{2}\\,.", "3/2."),
            ("a \\to \\frac32 .", "a → 3/2."),
            ("x = .5", "x = .5"),
            ("\\{1, 2\\}", "{1, 2}"),
            ("5\\%", "5%"),
            ("\\lim_{x\\to 0}\\frac{1}{x}", "lim_(x→0) 1/x"),
            ("\\lim _{x \\to\\infty} x", "lim_(x→∞) x"),
            ("(p\\to q)\\Rightarrow p", "(p → q) ⇒ p"),
            ("n\\ge 1", "n ≥ 1"),
            ("2\\times 12", "2×12"),
            ("2 \\times 12", "2 × 12"),
            ("p \\lor \\neg p", "p ∨ ¬p"),
            ("\\sin^2(x)", "sin²(x)"),
            ("\\begin{cases} 1 & x\\ge 0 \\end{cases}", "{ 1 x ≥ 0"),
        ] {
            assert_eq!(typeset(source), shown, "{source}");
        }
    }

    #[test]
    fn matrices_by_themselves_are_as_high_as_they_are() {
        let source = "\\begin{aligned} A &= \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}^{-1} \\\\ x &= \\boxed{\\frac12} \\end{aligned}";
        let lines = display(source);
        assert_eq!(lines[0], ("A = (1 2; 3 4)⁻¹".to_owned(), vec!["A = ⎛1  2⎞⁻¹".to_owned(), "    ⎝3  4⎠".to_owned()]));
        assert_eq!(lines[1], ("x = ⟦1/2⟧".to_owned(), Vec::new()));
        // Inside a fraction, and in a cell, all is one line.
        let inner = "\\frac{1}{\\begin{vmatrix} a & b \\\\ c & d \\end{vmatrix}}";
        assert_eq!(display(inner), [("1/|a b; c d|".to_owned(), Vec::new())]);
        let boxed = display("\\boxed{\\begin{bmatrix} 1 \\\\ 20 \\end{bmatrix}}");
        assert_eq!(boxed[0].1, ["⟦⎡ 1⎤⟧", " ⎣20⎦"]);
    }

    #[test]
    fn what_is_broken_or_endless_comes_back() {
        for source in [
            "{".repeat(100_000),
            "\\frac{".repeat(50_000),
            "\\begin{a}".repeat(10_000),
            "^".repeat(100_000),
            "}".repeat(1000),
        ] {
            assert!(!typeset(&source).is_empty());
        }
        for source in ["\\", "\\frac", "\\frac{1}", "x^", "\\left", "\\begin{pmatrix}", "\\sqrt[", "\\text{a", "}"] {
            let _ = typeset(source);
        }
    }
}
