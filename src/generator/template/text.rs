//! The texts of a family: constraints, question and code as minijinja templates over the parameters. What they may say is
//! bounded: no file, no include, no loop without end.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Output, State};

use super::bounds::{self, Kind};
use super::value::{Value, python};

/// The name of the question's template.
const QUESTION: &str = "question";
/// The name of the code's template; what it prints is written as Python literals.
const CODE: &str = "code";
/// Steps that one text may take.
const FUEL: u64 = 50_000;
/// Most bytes of a text.
const MOST_BYTES: usize = 256 << 10;

/// Parameters by name.
pub(super) type Values = BTreeMap<String, Value>;

/// What is wrong with a text: the line within it, where that is known, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: Option<usize>,
    pub(super) message: String,
}

impl From<minijinja::Error> for Wrong {
    fn from(error: minijinja::Error) -> Self {
        let message = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        Self { line: error.line(), message }
    }
}

/// The compiled texts.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    environment: Environment<'static>,
    /// What is known of the parameters.
    kinds: Vec<(String, Kind)>,
    constraints: usize,
}

impl Texts {
    pub(super) fn new(kinds: Vec<(String, Kind)>) -> Self {
        let mut environment = bounds::environment(FUEL, MOST_BYTES);
        environment.set_syntax(syntax());
        environment.set_formatter(|out: &mut Output, state: &mut State, value: &minijinja::Value| {
            if state.name() == CODE {
                return out.write_str(&python(value)?).map_err(Into::into);
            }
            minijinja::escape_formatter(out, state, value)
        });
        environment.add_function("gcd", |a: i64, b: i64| i64::try_from(gcd(a, b)).ok());
        environment.add_function("lcm", |a: i64, b: i64| match gcd(a, b) {
            0 => Some(0),
            both => i64::try_from(u128::from(a.unsigned_abs()) / u128::from(both) * u128::from(b.unsigned_abs())).ok(),
        });
        environment.add_function("is_prime", is_prime);
        Self { environment, kinds, constraints: 0 }
    }

    pub(super) fn set_question(&mut self, text: &str) -> Result<(), Wrong> {
        self.add(QUESTION, text.trim())
    }

    pub(super) fn set_code(&mut self, text: &str) -> Result<(), Wrong> {
        self.add(CODE, text.trim_start_matches('\n'))
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), Wrong> {
        // Before it is compiled: constants are worked out there.
        bounds::check(text, syntax(), &self.kinds).map_err(|(line, message)| Wrong { line, message })?;
        Ok(self.environment.add_template_owned(name.to_owned(), text.to_owned())?)
    }

    /// Adds an expression that has to be true of every instance.
    pub(super) fn add_constraint(&mut self, expression: &str) -> Result<(), Wrong> {
        // Read as an expression too: text that only becomes one between braces is none.
        minijinja::machinery::parse_expr(expression)?;
        self.add(&constraint(self.constraints), &format!("{{{{ ({expression}) }}}}"))?;
        self.constraints += 1;
        Ok(())
    }

    /// Names that the question, the code and the constraints take from outside.
    pub(super) fn names(&self) -> Result<[Vec<String>; 3], Wrong> {
        let of = |name: &str| -> Result<Vec<String>, Wrong> {
            let template = self.environment.get_template(name)?;
            let mut names: Vec<String> = template.undeclared_variables(false).into_iter().collect();
            names.retain(|n| !self.environment.globals().any(|(global, _)| global == n));
            names.sort();
            Ok(names)
        };
        let mut of_constraints = Vec::new();
        for nth in 0..self.constraints {
            of_constraints.extend(of(&constraint(nth))?);
        }
        Ok([of(QUESTION)?, of(CODE)?, of_constraints])
    }

    /// Whether every constraint holds; else, or where one cannot be told, which. The steps are counted in `work`.
    pub(super) fn hold(&self, values: &minijinja::Value, work: &mut u64) -> Result<bool, (usize, Wrong)> {
        for nth in 0..self.constraints {
            match self.render(&constraint(nth), values, work).map_err(|wrong| (nth, wrong))?.as_str() {
                "True" => {}
                "False" => return Ok(false),
                other => {
                    let shown: String = other.chars().take(40).collect();
                    let message = format!("gives {shown} and not true or false");
                    return Err((nth, Wrong { line: None, message }));
                }
            }
        }
        Ok(true)
    }

    pub(super) fn question(&self, values: &minijinja::Value, work: &mut u64) -> Result<String, Wrong> {
        self.render(QUESTION, values, work).map(|text| text.trim().to_owned())
    }

    pub(super) fn code(&self, values: &minijinja::Value, work: &mut u64) -> Result<String, Wrong> {
        self.render(CODE, values, work)
    }

    fn render(&self, name: &str, values: &minijinja::Value, work: &mut u64) -> Result<String, Wrong> {
        let (text, steps) = bounds::render(&self.environment.get_template(name)?, values, MOST_BYTES)?;
        *work = work.saturating_add(steps);
        if text.trim().is_empty() {
            return Err(Wrong { line: None, message: "gives no text".to_owned() });
        }
        Ok(text)
    }
}

fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default()
}

fn constraint(nth: usize) -> String {
    format!("constraint {nth}")
}

/// Parameters as templates see them.
pub(super) fn context(values: &Values) -> minijinja::Value {
    let all: BTreeMap<String, minijinja::Value> =
        values.iter().map(|(name, value)| (name.clone(), value.to_minijinja())).collect();
    all.into()
}

fn gcd(a: i64, b: i64) -> u64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// By trial division: parameters are small, and above a thousand millions the answer would take too long.
fn is_prime(n: i64) -> Result<bool, minijinja::Error> {
    if n > 1_000_000_000 {
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, "is_prime takes numbers up to 1000000000"));
    }
    Ok(n > 1 && (2..=n.isqrt()).all(|d| n % d != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> minijinja::Value {
        context(&Values::from([
            ("n".to_owned(), Value::Int(12)),
            ("m".to_owned(), Value::Int(18)),
            ("x".to_owned(), Value::Float(2.5)),
            ("who".to_owned(), Value::Text("O\"Neil".to_owned())),
        ]))
    }

    fn kinds() -> Vec<(String, Kind)> {
        let numbers = ["n", "m", "x"].map(|name| (name.to_owned(), Kind::Number));
        numbers.into_iter().chain([("who".to_owned(), Kind::Plain)]).collect()
    }

    #[test]
    fn question_and_code_write_a_value_each_its_way() {
        let mut texts = Texts::new(kinds());
        texts.set_question("{{ who }} pays {{ x|fixed(2) }} for {{ n }} < {{ m }}.\n").unwrap();
        texts.set_code("print({{ who }}, {{ x }}, {{ [n, m] }})\n").unwrap();
        assert_eq!(texts.question(&values(), &mut 0).unwrap(), "O\"Neil pays 2.50 for 12 < 18.");
        assert_eq!(texts.code(&values(), &mut 0).unwrap(), "print(\"O\\\"Neil\", 2.5, [12, 18])");
        assert_eq!(texts.names().unwrap()[0], ["m", "n", "who", "x"]);
    }

    #[test]
    fn constraints_are_expressions_that_are_true_or_false() {
        for (expression, wanted) in [
            ("n < m and gcd(n, m) == 6", Ok(true)),
            ("lcm(n, m) == 36", Ok(true)),
            ("is_prime(n + 1)", Ok(true)),
            ("n is odd", Ok(false)),
            ("n + 1", Err("gives 13")),
            ("n // 0 == 1", Err("")),
            ("nobody < 3", Err("`nobody` is undefined")),
            ("is_prime(n * 1000000000)", Err("up to")),
        ] {
            let mut texts = Texts::new(kinds());
            texts.add_constraint(expression).unwrap();
            match (texts.hold(&values(), &mut 0), wanted) {
                (Ok(holds), Ok(wanted)) => assert_eq!(holds, wanted, "{expression}"),
                (Err((0, wrong)), Err(part)) => assert!(wrong.message.contains(part), "{expression}: {wrong:?}"),
                (got, _) => panic!("{expression}: {got:?}"),
            }
        }
        assert!(Texts::new(kinds()).add_constraint("n < ").is_err());
        assert!(Texts::new(kinds()).add_constraint("true }}{% if true %}{{ true").is_err());
    }

    #[test]
    fn a_text_without_end_is_ended() {
        let mut texts = Texts::new(kinds());
        texts
            .set_question("{% for a in range(999) %}{% for b in range(999) %}{{ a * b }}{% endfor %}{% endfor %}")
            .unwrap();
        assert!(texts.question(&values(), &mut 0).is_err());
        let long = "x".repeat(1000);
        texts.set_question(&format!("{{% for a in range(999) %}}{long}{{% endfor %}}")).unwrap();
        assert!(texts.question(&values(), &mut 0).unwrap_err().message.contains("more than"));
        assert!(texts.set_question("{{ 'x' * 400000 }}").unwrap_err().message.contains("take numbers"));
        assert!(texts.set_question("{% include 'code' %}").is_err());
    }
}
