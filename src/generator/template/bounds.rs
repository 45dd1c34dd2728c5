//! What a template may say, and how much of anything it can make: families and prompts come with projects of others.
//!
//! Fuel bounds the steps and a writer that stops bounds the text, but a step can make a value of any size. So the syntax tree
//! is looked through before anything runs: what makes large values of small ones is refused, and what is left makes none
//! that is much larger than what it was given.

use std::io;

use minijinja::machinery::{ast, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Template, UndefinedBehavior, Value, filters};

/// Most bytes of a template's source.
const MOST_SOURCE: usize = 256 << 10;
/// Most texts that one template puts together with `~`.
const MOST_JOINED: usize = 16;
/// Most numbers that `range` gives.
const MOST_RANGE: usize = 1000;
/// Filters that make nothing larger than what they are given.
const FILTERS: &[&str] = &[
    "abs", "count", "default", "first", "fixed", "float", "int", "join", "last", "length", "list", "lower", "max",
    "min", "reverse", "round", "sort", "sum", "title", "trim", "unique", "upper",
];
/// Functions that may be called.
const FUNCTIONS: &[&str] = &["gcd", "is_prime", "lcm", "range"];

/// What is known of a value before there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::generator) enum Kind {
    /// A number or a truth value.
    Number,
    /// One value that may be a text.
    Plain,
    /// Texts that were put together here.
    Joined,
    /// Values of one kind.
    List(Box<Kind>),
    /// `nodes` and `edges`.
    Graph,
    /// Anything that was given.
    Any,
}

impl Kind {
    pub(in crate::generator) fn list(of: Self) -> Self {
        Self::List(Box::new(of))
    }

    fn item(&self) -> Self {
        match self {
            Self::List(of) => (**of).clone(),
            Self::Plain => Self::Plain,
            _ => Self::Any,
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Joined, _) | (_, Self::Joined) => Self::Joined,
            (a, b) if a == b => a,
            (Self::Number | Self::Plain, Self::Number | Self::Plain) => Self::Plain,
            _ => Self::Any,
        }
    }
}

/// An environment that knows nothing that has not its bound.
pub(in crate::generator) fn environment(fuel: u64, most_bytes: usize) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(fuel));
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("abs", filters::abs);
    environment.add_filter("count", filters::length);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("float", filters::float);
    environment.add_filter("int", filters::int);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("list", filters::list);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("max", filters::max);
    environment.add_filter("min", filters::min);
    environment.add_filter("reverse", filters::reverse);
    environment.add_filter("round", filters::round);
    environment.add_filter("sort", filters::sort);
    environment.add_filter("sum", filters::sum);
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("unique", filters::unique);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("join", move |value: &Value, between: Option<String>| {
        let mut out = Bounded::new(most_bytes);
        for (at, item) in value.try_iter()?.enumerate() {
            let between = between.as_deref().filter(|_| at > 0).unwrap_or_default();
            io::Write::write_fmt(&mut out, format_args!("{between}{item}")).map_err(|_| too_long(most_bytes))?;
        }
        Ok(out.text())
    });
    environment.add_filter("fixed", |x: f64, decimals: usize| format!("{x:.0$}", decimals.min(12)));
    environment.add_function("range", |low: i64, high: Option<i64>, step: Option<i64>| {
        let (low, high, step) = (if high.is_some() { low } else { 0 }, high.unwrap_or(low), step.unwrap_or(1));
        let Some(step) = usize::try_from(step).ok().filter(|s| *s > 0) else {
            return Err(Error::new(ErrorKind::InvalidOperation, "range takes a step above 0"));
        };
        let all: Vec<i64> = (low..high).step_by(step).take(MOST_RANGE + 1).collect();
        if all.len() > MOST_RANGE {
            let message = format!("range gives at most {MOST_RANGE} numbers");
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        Ok(all)
    });
    environment.add_test("odd", |n: i64| n % 2 != 0);
    environment.add_test("even", |n: i64| n % 2 == 0);
    environment.add_test("divisibleby", |n: i64, by: i64| n.checked_rem(by) == Some(0));
    environment.add_test("defined", minijinja::tests::is_defined);
    environment.add_test("none", minijinja::tests::is_none);
    environment
}

fn too_long(most: usize) -> Error {
    Error::new(ErrorKind::WriteFailure, format!("gives more than {most} bytes"))
}

/// Renders up to a bound; the text, and the steps that it took.
///
/// # Errors
/// What minijinja says, and a text that is longer.
pub(in crate::generator) fn render(
    template: &Template<'_, '_>,
    values: &Value,
    most: usize,
) -> Result<(String, u64), Error> {
    let mut out = Bounded::new(most);
    let rendered = template.render_captured_to(values, &mut out).map(|c| c.state().fuel_levels().map_or(0, |f| f.0));
    if out.full {
        return Err(too_long(most));
    }
    rendered.map(|steps| (out.text(), steps))
}

/// A writer that refuses what is beyond its bound.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    full: bool,
}

impl Bounded {
    fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most, full: false }
    }

    fn text(self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.most {
            self.full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Refuses a template that could make large values; `known` says what is given to it.
///
/// # Errors
/// The line, where there is one, and a sentence.
pub(in crate::generator) fn check(
    source: &str,
    syntax: SyntaxConfig,
    known: &[(String, Kind)],
) -> Result<(), (Option<usize>, String)> {
    if source.len() > MOST_SOURCE {
        return Err((None, format!("has more than {MOST_SOURCE} bytes; make it shorter")));
    }
    // What cannot be read is told where the template is compiled.
    let Ok(ast::Stmt::Template(template)) = parse(source, "text", syntax) else { return Ok(()) };
    let mut look = Look { names: known.to_vec(), joined: 0 };
    look.statements(&template.children)
        .map_err(|(span, message)| (span.map(|s| usize::try_from(s.start_line).unwrap_or(1)), message))
}

type Refused = (Option<minijinja::machinery::Span>, String);

struct Look {
    /// Names and kinds; later ones hide earlier ones.
    names: Vec<(String, Kind)>,
    joined: usize,
}

fn refuse<T>(expression: &ast::Expr<'_>, message: impl Into<String>) -> Result<T, Refused> {
    Err((Some(expression.span()), message.into()))
}

impl Look {
    fn statements(&mut self, all: &[ast::Stmt<'_>]) -> Result<(), Refused> {
        all.iter().try_for_each(|one| self.statement(one))
    }

    fn statement(&mut self, statement: &ast::Stmt<'_>) -> Result<(), Refused> {
        match statement {
            ast::Stmt::EmitRaw(_) => Ok(()),
            ast::Stmt::EmitExpr(emit) => self.kind(&emit.expr).map(|_| ()),
            ast::Stmt::IfCond(cond) => {
                self.kind(&cond.expr)?;
                self.statements(&cond.true_body)?;
                self.statements(&cond.false_body)
            }
            ast::Stmt::ForLoop(each) if !each.recursive => {
                let item = self.value(&each.iter)?.item();
                let outside = self.names.len();
                self.bind(&each.target, item)?;
                if let Some(filter) = &each.filter_expr {
                    self.kind(filter)?;
                }
                self.statements(&each.body)?;
                self.names.truncate(outside);
                self.statements(&each.else_body)
            }
            _ => Err((None, "has a block that is none of `for`, `if` and `raw`; there are only these here".to_owned())),
        }
    }

    fn bind(&mut self, target: &ast::Expr<'_>, kind: Kind) -> Result<(), Refused> {
        match target {
            ast::Expr::Var(var) => self.names.push((var.id.to_owned(), kind)),
            ast::Expr::List(list) => list.items.iter().try_for_each(|item| self.bind(item, kind.item()))?,
            ast::Expr::Tuple(tuple) => tuple.items.iter().try_for_each(|item| self.bind(item, kind.item()))?,
            other => return refuse(other, "a loop gives its values to names only"),
        }
        Ok(())
    }

    /// The kind of a value that something is made of.
    fn value(&mut self, expression: &ast::Expr<'_>) -> Result<Kind, Refused> {
        match self.kind(expression)? {
            Kind::Joined => refuse(expression, "what `~` gives can only be written, and nothing be made of it"),
            kind => Ok(kind),
        }
    }

    fn number(&mut self, expression: &ast::Expr<'_>) -> Result<(), Refused> {
        match self.value(expression)? {
            Kind::Number => Ok(()),
            _ => refuse(expression, "`+` and `*` take numbers here; write texts and lists one after the other"),
        }
    }

    fn arguments(&mut self, all: &[ast::CallArg<'_>]) -> Result<(), Refused> {
        all.iter().try_for_each(|argument| match argument {
            ast::CallArg::Pos(one) | ast::CallArg::Kwarg(_, one) => self.value(one).map(|_| ()),
            ast::CallArg::PosSplat(one) | ast::CallArg::KwargSplat(one) => {
                refuse(one, "arguments are written one by one here")
            }
        })
    }

    /// A list that is written out: scalars, and lists of them, so that it holds no more than its text does.
    fn written(&mut self, items: &[ast::Expr<'_>]) -> Result<Kind, Refused> {
        let mut of: Option<Kind> = None;
        for item in items {
            let kind = self.value(item)?;
            let scalar = matches!(kind, Kind::Number | Kind::Plain);
            if !scalar && !matches!(item, ast::Expr::List(_) | ast::Expr::Tuple(_)) {
                return refuse(item, "a list that is written out holds numbers, texts and such lists only");
            }
            of = Some(match of {
                None => kind,
                Some(others) => others.or(kind),
            });
        }
        Ok(Kind::list(of.unwrap_or(Kind::Any)))
    }

    fn kind(&mut self, expression: &ast::Expr<'_>) -> Result<Kind, Refused> {
        use ast::BinOpKind::{Add, Concat, Mul, ScAnd, ScOr};
        Ok(match expression {
            ast::Expr::Var(var) => {
                self.names.iter().rev().find(|(name, _)| name == var.id).map_or(Kind::Any, |(_, kind)| kind.clone())
            }
            ast::Expr::Const(value) => match value.value.kind() {
                ValueKind::Number | ValueKind::Bool => Kind::Number,
                ValueKind::String => Kind::Plain,
                _ => Kind::Any,
            },
            ast::Expr::Slice(slice) => {
                for part in [&slice.start, &slice.stop, &slice.step].into_iter().flatten() {
                    self.value(part)?;
                }
                self.value(&slice.expr)?
            }
            ast::Expr::UnaryOp(unary) => {
                self.value(&unary.expr)?;
                Kind::Number
            }
            ast::Expr::BinOp(two) if matches!(two.op, Concat) => {
                self.joined += 1;
                if self.joined > MOST_JOINED {
                    return refuse(expression, format!("`~` stands here more than {MOST_JOINED} times"));
                }
                self.kind(&two.left)?;
                self.kind(&two.right)?;
                Kind::Joined
            }
            ast::Expr::BinOp(two) if matches!(two.op, Add | Mul) => {
                self.number(&two.left)?;
                self.number(&two.right)?;
                Kind::Number
            }
            ast::Expr::BinOp(two) => {
                let (left, right) = (self.value(&two.left)?, self.value(&two.right)?);
                if matches!(two.op, ScAnd | ScOr) { left.or(right) } else { Kind::Number }
            }
            ast::Expr::Compare(chain) => {
                self.value(&chain.expr)?;
                for op in &chain.ops {
                    self.value(&op.expr)?;
                }
                Kind::Number
            }
            ast::Expr::IfExpr(cond) => {
                self.value(&cond.test_expr)?;
                let yes = self.kind(&cond.true_expr)?;
                match &cond.false_expr {
                    Some(no) => yes.or(self.kind(no)?),
                    None => yes.or(Kind::Any),
                }
            }
            ast::Expr::Filter(filter) => return self.filter(expression, filter),
            ast::Expr::Test(test) => {
                self.value(&test.expr)?;
                self.arguments(&test.args)?;
                Kind::Number
            }
            ast::Expr::GetAttr(get) => self.attribute(expression, get)?,
            ast::Expr::GetItem(get) => {
                self.value(&get.subscript_expr)?;
                self.value(&get.expr)?.item()
            }
            ast::Expr::Call(call) => {
                let name = match &call.expr {
                    ast::Expr::Var(var) => var.id,
                    _ => "",
                };
                if !FUNCTIONS.contains(&name) || self.names.iter().any(|(n, _)| n == name) {
                    return refuse(expression, format!("calls what is none of {}", FUNCTIONS.join(", ")));
                }
                self.arguments(&call.args)?;
                if name == "range" { Kind::list(Kind::Number) } else { Kind::Number }
            }
            ast::Expr::List(list) => self.written(&list.items)?,
            ast::Expr::Tuple(tuple) => self.written(&tuple.items)?,
            ast::Expr::Map(_) => return refuse(expression, "has a map, which there is none of here"),
        })
    }

    fn attribute(&mut self, expression: &ast::Expr<'_>, get: &ast::GetAttr<'_>) -> Result<Kind, Refused> {
        if matches!(&get.expr, ast::Expr::Var(var) if var.id == "loop") {
            let counts = ["index", "index0", "revindex", "revindex0", "length", "first", "last", "depth", "depth0"];
            if counts.contains(&get.name) {
                return Ok(Kind::Number);
            }
            return refuse(expression, format!("`loop` has only {} here", counts.join(", ")));
        }
        Ok(match (self.value(&get.expr)?, get.name) {
            (Kind::Graph, "nodes") => Kind::Number,
            (Kind::Graph, "edges") => Kind::list(Kind::list(Kind::Number)),
            _ => Kind::Any,
        })
    }

    fn filter(&mut self, expression: &ast::Expr<'_>, filter: &ast::Filter<'_>) -> Result<Kind, Refused> {
        if !FILTERS.contains(&filter.name) {
            let message = format!("has the filter `{}`; there is: {}", filter.name, FILTERS.join(", "));
            return refuse(expression, message);
        }
        self.arguments(&filter.args)?;
        let Some(of) = &filter.expr else { return refuse(expression, "has a filter of nothing") };
        let kind = self.value(of)?;
        Ok(match filter.name {
            "abs" | "count" | "float" | "int" | "length" | "round" => Kind::Number,
            "sum" if kind.item() == Kind::Number => Kind::Number,
            "sum" => return refuse(expression, "`sum` takes a list of numbers"),
            "first" | "last" | "max" | "min" => kind.item(),
            "list" | "reverse" | "sort" | "unique" => kind,
            "default" => Kind::Any,
            _ => Kind::Plain,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_large_values_of_small_ones_is_refused() {
        let known = [
            ("n".to_owned(), Kind::Number),
            ("xs".to_owned(), Kind::list(Kind::Number)),
            ("who".to_owned(), Kind::Plain),
            ("g".to_owned(), Kind::Graph),
        ];
        let check = |source: &str| check(source, SyntaxConfig::default(), &known);
        for bad in [
            "{{ 'x' * 1000000 }}",
            "{{ who * n }}",
            "{{ xs * n }}",
            "{{ xs + xs }}",
            "{{ (who if n else 3) * n }}",
            "{{ (n and who) * n }}",
            "{{ (who ~ who)|upper }}",
            "{% for a in [who ~ who] %}{{ a }}{% endfor %}",
            "{% for a in [xs, xs] %}{{ a }}{% endfor %}",
            "{% for n in [who] %}{{ n * 9 }}{% endfor %}",
            "{{ '%1000000000d'|format(3) }}",
            "{{ 'a'|indent(1000000000) }}",
            "{{ 'aaa'|replace('a', who) }}",
            "{{ who.join(xs) }}",
            "{{ [who]|sum }}",
            "{{ unknown * 3 }}",
            "{% set a = who %}{{ a }}",
            "{% set s = namespace(a=1) %}",
            "{% set a %}x{% endset %}",
            "{% filter upper %}x{% endfilter %}",
            "{% for a in xs recursive %}{{ loop(xs) }}{% endfor %}",
            "{{ {'a': who} }}",
            "{{ range(*xs) }}",
            "{{ loop.previtem * 3 }}",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        for good in [
            "{{ n * 3 + xs[0] * xs|length }}",
            "{% for u, v, w in g.edges %}{{ u + v * w }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "{{ '¬' ~ who if n % 2 else who }} {{ xs|join(', ') }} {{ [[n, 1], [2, who]] }}",
            "{% for i in range(3) %}{{ i + 1 }}{% endfor %}{{ xs|sum * 2 }}",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let many = "{{ n ~ ".to_owned() + &"n ~ ".repeat(20) + "n }}";
        assert!(check(&many).is_err());
    }

    #[test]
    fn a_text_stops_at_its_bound() {
        let mut environment = environment(200_000, 1000);
        environment.add_template("t", "{% for i in range(1000) %}{{ s }}{% endfor %}").unwrap();
        environment.add_template("j", "{{ xs|join(s) }}").unwrap();
        environment.add_template("r", "{{ range(100000) }}").unwrap();
        let values = minijinja::context! { s => "x".repeat(600), xs => vec![1, 2, 3] };
        for (name, wanted) in [("t", "more than 1000 bytes"), ("j", "more than 1000 bytes"), ("r", "at most 1000")] {
            let told = render(&environment.get_template(name).unwrap(), &values, 1000).unwrap_err().to_string();
            assert!(told.contains(wanted), "{name}: {told}");
        }
    }
}
