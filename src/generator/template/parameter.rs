//! A typed parameter: what values it can have, how many those are, and how one is drawn.

use serde::Deserialize;

use super::bounds::Kind;
use super::draw::Draws;
use super::value::Value;

/// Most items of a list, a permutation or a graph's nodes: what a person can still read.
const MOST_ITEMS: usize = 1000;
/// Most values that lists within lists hold in all.
const MOST_VALUES: usize = 10_000;
/// Most bytes of one text to choose.
const MOST_TEXT: usize = 4096;
/// Whole numbers that floats hold exactly.
const EXACT: i64 = 1 << 53;

/// A parameter as a family's file writes it: exactly one kind, with options that go with it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    int: Option<[i64; 2]>,
    step: Option<i64>,
    float: Option<[f64; 2]>,
    decimals: Option<u32>,
    choice: Option<Vec<toml::Value>>,
    list: Option<Box<Written>>,
    length: Option<Length>,
    distinct: Option<bool>,
    sorted: Option<bool>,
    permutation: Option<Permuted>,
    graph: Option<Graph>,
}

/// How long a list is: a number, or from one to another.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Length {
    Exact(usize),
    Between([usize; 2]),
}

/// What is put in order: `0 … n-1`, or values.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Permuted {
    First(usize),
    Values(Vec<toml::Value>),
}

/// A simple graph over `0 … nodes-1`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Graph {
    nodes: Length,
    edges: Length,
    #[serde(default)]
    connected: bool,
    weights: Option<[i64; 2]>,
}

/// A parameter whose description makes sense.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Parameter {
    /// `low`, `low + step` … up to `high`.
    Int { low: i64, step: i64, count: u64 },
    /// Whole numbers from `low` over ten to the power of `decimals`.
    Float { low: i64, count: u64, decimals: u32 },
    /// One of some values.
    Choice(Vec<Value>),
    /// Values of one kind.
    List { of: Box<Parameter>, length: (usize, usize), distinct: bool, sorted: bool },
    /// Values in some order.
    Permutation(Vec<Value>),
    /// `nodes`, and `edges` as pairs, or triples with a weight.
    Graph { nodes: (usize, usize), edges: (usize, usize), connected: bool, weights: Option<(i64, u64)> },
}

impl Written {
    /// The parameter, or what is wrong with it, in a sentence.
    pub(super) fn read(&self) -> Result<Parameter, String> {
        let kinds = [
            ("int", self.int.is_some()),
            ("float", self.float.is_some()),
            ("choice", self.choice.is_some()),
            ("list", self.list.is_some()),
            ("permutation", self.permutation.is_some()),
            ("graph", self.graph.is_some()),
        ];
        let said: Vec<&str> = kinds.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
        let kind = match said.as_slice() {
            [one] => *one,
            [] => return Err("has no kind; say one of int, float, choice, list, permutation, graph".to_owned()),
            several => return Err(format!("has {} kinds ({}); say one", several.len(), several.join(", "))),
        };
        for (option, is, goes_with) in [
            ("step", self.step.is_some(), "int"),
            ("decimals", self.decimals.is_some(), "float"),
            ("length", self.length.is_some(), "list"),
            ("distinct", self.distinct.is_some(), "list"),
            ("sorted", self.sorted.is_some(), "list"),
        ] {
            if is && goes_with != kind {
                return Err(format!("has `{option}`, which goes with {goes_with} and not with {kind}"));
            }
        }
        if let Some([low, high]) = self.int {
            return ints(low, high, self.step.unwrap_or(1));
        }
        if let Some([low, high]) = self.float {
            return floats(low, high, self.decimals);
        }
        if let Some(values) = &self.choice {
            return Ok(Parameter::Choice(plain(values, "choice")?));
        }
        if let Some(of) = &self.list {
            return self.list_of(of);
        }
        match (&self.permutation, &self.graph) {
            (Some(Permuted::First(n)), _) => {
                let n = sized("permutation", *n)?;
                Ok(Parameter::Permutation((0..n).map(|i| Value::Int(i64::try_from(i).unwrap_or(0))).collect()))
            }
            (Some(Permuted::Values(values)), _) => Ok(Parameter::Permutation(plain(values, "permutation")?)),
            (None, Some(graph)) => graph.read(),
            (None, None) => Err("has no kind".to_owned()),
        }
    }

    fn list_of(&self, of: &Self) -> Result<Parameter, String> {
        let of = of.read().map_err(|e| format!("its items: {e}"))?;
        let Some(length) = self.length else { return Err("has no `length`; say length = 5 or [3, 8]".to_owned()) };
        let length = length.read("length")?;
        let (distinct, sorted) = (self.distinct.unwrap_or(false), self.sorted.unwrap_or(false));
        if length.1.saturating_mul(of.items()) > MOST_VALUES {
            return Err(format!("holds more than {MOST_VALUES} values in all"));
        }
        if distinct && of.size() == u128::MAX {
            return Err("cannot be distinct: its items are drawn and not counted".to_owned());
        }
        if distinct && of.size() < length.1 as u128 {
            return Err(format!("wants {} distinct items, and there are {}", length.1, of.size()));
        }
        if sorted && !matches!(of, Parameter::Int { .. } | Parameter::Float { .. } | Parameter::Choice(_)) {
            return Err("cannot be sorted: its items have no order".to_owned());
        }
        Ok(Parameter::List { of: Box::new(of), length, distinct, sorted })
    }
}

impl Length {
    fn read(self, what: &str) -> Result<(usize, usize), String> {
        let (low, high) = match self {
            Self::Exact(n) => (n, n),
            Self::Between([low, high]) => (low, high),
        };
        if low > high {
            return Err(format!("{what} = [{low}, {high}] ends before it begins"));
        }
        sized(what, high).map(|high| (low, high))
    }
}

impl Graph {
    fn read(&self) -> Result<Parameter, String> {
        let (nodes, edges) = (self.nodes.read("nodes")?, self.edges.read("edges")?);
        let weights = match self.weights {
            None => None,
            Some([low, high]) => match ints(low, high, 1)? {
                Parameter::Int { low, count, .. } => Some((low, count)),
                _ => None,
            },
        };
        if nodes.0 == 0 {
            return Err("a graph wants at least one node".to_owned());
        }
        // Checked for the unluckiest draw: few nodes with many edges, many nodes with few.
        if edges.1 > nodes.0 * (nodes.0 - 1) / 2 {
            return Err(format!("{} edges do not fit between {} nodes", edges.1, nodes.0));
        }
        if self.connected && edges.0 + 1 < nodes.1 {
            return Err(format!("{} edges cannot connect {} nodes", edges.0, nodes.1));
        }
        Ok(Parameter::Graph { nodes, edges, connected: self.connected, weights })
    }
}

fn sized(what: &str, n: usize) -> Result<usize, String> {
    if n > MOST_ITEMS { Err(format!("{what} = {n} is more than {MOST_ITEMS}")) } else { Ok(n) }
}

fn ints(low: i64, high: i64, step: i64) -> Result<Parameter, String> {
    if step < 1 {
        return Err(format!("step = {step} is not above 0"));
    }
    let room = i128::from(high) - i128::from(low);
    if room < 0 {
        return Err(format!("int = [{low}, {high}] ends before it begins"));
    }
    let count = u64::try_from(room / i128::from(step) + 1).map_err(|_| "int has more values than can be counted")?;
    Ok(Parameter::Int { low, step, count })
}

fn floats(low: f64, high: f64, decimals: Option<u32>) -> Result<Parameter, String> {
    let Some(decimals) = decimals.filter(|d| *d <= 9) else {
        return Err("a float wants `decimals`, from 0 to 9: a question cannot print all digits".to_owned());
    };
    let scale = 10_f64.powi(decimals.cast_signed());
    let whole = |x: f64| -> Option<i64> {
        let scaled = (x * scale).round();
        #[allow(clippy::cast_possible_truncation, reason = "checked to be a whole number within bounds")]
        (scaled.abs() < EXACT as f64).then_some(scaled as i64)
    };
    let (Some(first), Some(last)) = (whole(low), whole(high)) else {
        return Err(format!("float = [{low}, {high}] has bounds that are too large"));
    };
    match u64::try_from(last - first) {
        Ok(room) => Ok(Parameter::Float { low: first, count: room + 1, decimals }),
        Err(_) => Err(format!("float = [{low}, {high}] ends before it begins")),
    }
}

/// Texts, numbers and truth values; nothing else can be chosen.
fn plain(values: &[toml::Value], what: &str) -> Result<Vec<Value>, String> {
    if values.is_empty() {
        return Err(format!("{what} has no value"));
    }
    sized(what, values.len())?;
    let read: Result<Vec<Value>, String> = values
        .iter()
        .map(|value| match value {
            toml::Value::String(text) if text.len() > MOST_TEXT => {
                Err(format!("{what} has a text of more than {MOST_TEXT} bytes; make it shorter"))
            }
            toml::Value::String(text) => Ok(Value::Text(text.clone())),
            toml::Value::Integer(n) => Ok(Value::Int(*n)),
            toml::Value::Float(x) if x.is_finite() => Ok(Value::Float(*x)),
            toml::Value::Boolean(b) => Ok(Value::Bool(*b)),
            other => Err(format!("{what} has {other}, and values are texts, numbers, true and false")),
        })
        .collect();
    let read = read?;
    match read.iter().enumerate().find(|(at, value)| read[..*at].contains(value)) {
        Some((_, twice)) => Err(format!("{what} has {} twice", twice.to_json())),
        None => Ok(read),
    }
}

/// What is known of values before one is drawn.
fn kind_of(values: &[Value]) -> Kind {
    if values.iter().any(|v| matches!(v, Value::Text(_))) { Kind::Plain } else { Kind::Number }
}

impl Parameter {
    /// What templates know of it before it is drawn.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Int { .. } | Self::Float { .. } => Kind::Number,
            Self::Choice(values) => kind_of(values),
            Self::List { of, .. } => Kind::list(of.kind()),
            Self::Permutation(values) => Kind::list(kind_of(values)),
            Self::Graph { .. } => Kind::Graph,
        }
    }

    /// How many values it has; `u128::MAX` where they are drawn and not counted.
    pub(super) fn size(&self) -> u128 {
        match self {
            Self::Int { count, .. } | Self::Float { count, .. } => u128::from(*count),
            Self::Choice(values) => values.len() as u128,
            Self::List { .. } | Self::Permutation(_) | Self::Graph { .. } => u128::MAX,
        }
    }

    /// Values that one of its values holds at most.
    fn items(&self) -> usize {
        match self {
            Self::Int { .. } | Self::Float { .. } | Self::Choice(_) => 1,
            Self::List { of, length, .. } => length.1.saturating_mul(of.items()),
            Self::Permutation(values) => values.len(),
            Self::Graph { nodes, edges, .. } => nodes.1.saturating_add(edges.1),
        }
    }

    /// The value at a place, of a parameter that is counted.
    pub(super) fn at(&self, place: u64) -> Option<Value> {
        Some(match self {
            Self::Int { low, step, .. } => {
                Value::Int(i64::try_from(i128::from(*low) + i128::from(place) * i128::from(*step)).ok()?)
            }
            Self::Float { low, decimals, .. } => {
                let scaled = low.checked_add(i64::try_from(place).ok()?)?;
                Value::Float(scaled as f64 / 10_f64.powi(decimals.cast_signed()))
            }
            Self::Choice(values) => values.get(usize::try_from(place).ok()?)?.clone(),
            Self::List { .. } | Self::Permutation(_) | Self::Graph { .. } => return None,
        })
    }

    /// A random value.
    pub(super) fn draw(&self, draws: &mut Draws) -> Value {
        match self {
            Self::Int { count, .. } | Self::Float { count, .. } => {
                self.at(draws.below(*count)).unwrap_or(Value::Int(0))
            }
            Self::Choice(values) => values[draws.within((0, values.len() - 1))].clone(),
            Self::List { of, length, distinct, sorted } => {
                let length = draws.within(*length);
                let mut all: Vec<Value> = Vec::with_capacity(length);
                while all.len() < length {
                    let value = of.draw(draws);
                    if *distinct && all.contains(&value) {
                        // Ends: there are at least as many values as places, and lists are short.
                        continue;
                    }
                    all.push(value);
                }
                if *sorted {
                    all.sort_by(compare);
                }
                Value::List(all)
            }
            Self::Permutation(values) => {
                let mut all = values.clone();
                draws.shuffle(&mut all);
                Value::List(all)
            }
            Self::Graph { nodes, edges, connected, weights } => {
                let nodes = draws.within(*nodes);
                let edges = draws.within(*edges);
                graph(nodes, edges, *connected, *weights, draws)
            }
        }
    }
}

fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Int(a), Value::Float(b)) => (*a as f64).total_cmp(b),
        (Value::Float(a), Value::Int(b)) => a.total_cmp(&(*b as f64)),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    }
}

/// A simple graph: a random tree first where it is to be connected, then further edges; each edge once, in order.
fn graph(nodes: usize, edges: usize, connected: bool, weights: Option<(i64, u64)>, draws: &mut Draws) -> Value {
    let mut chosen = std::collections::BTreeSet::new();
    if connected {
        let mut order: Vec<usize> = (0..nodes).collect();
        draws.shuffle(&mut order);
        for at in 1..nodes {
            let other = order[draws.within((0, at - 1))];
            chosen.insert((order[at].min(other), order[at].max(other)));
        }
    }
    // All pairs in random order, so that also the densest graph is found at once.
    let mut pairs: Vec<(usize, usize)> = (0..nodes).flat_map(|a| (a + 1..nodes).map(move |b| (a, b))).collect();
    draws.shuffle(&mut pairs);
    for pair in pairs {
        if chosen.len() >= edges {
            break;
        }
        chosen.insert(pair);
    }
    let int = |n: usize| Value::Int(i64::try_from(n).unwrap_or(0));
    let edges = chosen
        .into_iter()
        .map(|(a, b)| {
            let mut edge = vec![int(a), int(b)];
            if let Some((low, count)) = weights {
                edge.push(Value::Int(low.saturating_add_unsigned(draws.below(count))));
            }
            Value::List(edge)
        })
        .collect();
    Value::Fields(vec![("nodes", int(nodes)), ("edges", Value::List(edges))])
}

#[cfg(test)]
mod tests {
    use super::super::draw::Key;
    use super::*;

    fn read(text: &str) -> Result<Parameter, String> {
        toml::from_str::<Written>(text).map_err(|e| e.message().to_owned())?.read()
    }

    #[test]
    fn counted_parameters_have_every_value_once() {
        let all = |text| {
            let parameter = read(text).unwrap();
            let size = u64::try_from(parameter.size()).unwrap();
            (0..size).map(|at| parameter.at(at).unwrap().to_json().to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(all("int = [3, 10]\nstep = 3"), "3 6 9");
        assert_eq!(all("float = [0.1, 0.3]\ndecimals = 1"), "0.1 0.2 0.3");
        assert_eq!(all("choice = [\"a\", 2, true]"), "\"a\" 2 true");
        assert_eq!(all("int = [-9223372036854775808, -9223372036854775807]").split(' ').count(), 2);
    }

    #[test]
    fn faults_are_told() {
        for (text, wanted) in [
            ("", "no kind"),
            ("int = [1, 2]\nchoice = [1]", "2 kinds (int, choice)"),
            ("int = [2, 1]", "ends before it begins"),
            ("int = [1, 2]\nstep = 0", "not above 0"),
            ("int = [1, 2]\ndecimals = 1", "goes with float"),
            ("float = [1.0, 2.0]", "decimals"),
            ("float = [nan, 2.0]\ndecimals = 1", "too large"),
            ("float = [2.0, 1.0]\ndecimals = 1", "ends before"),
            ("choice = []", "no value"),
            ("choice = [1, 1]", "twice"),
            ("choice = [[1]]", "values are"),
            ("list = { int = [1, 3] }", "length"),
            ("list = { int = [1, 3] }\nlength = 4\ndistinct = true", "4 distinct items, and there are 3"),
            ("list = { permutation = 3 }\nlength = 2\nsorted = true", "no order"),
            ("list = { int = [1, 3] }\nlength = 100000", "more than 1000"),
            ("list = { list = { int = [1, 3] }, length = 1000 }\nlength = 1000", "10000 values"),
            ("list = { permutation = 2 }\nlength = 5\ndistinct = true", "cannot be distinct"),
            ("graph = { nodes = 4, edges = 7 }", "7 edges do not fit"),
            ("graph = { nodes = [4, 9], edges = 5, connected = true }", "cannot connect 9"),
            ("int = [-9223372036854775808, 9223372036854775807]", "counted"),
        ] {
            let told = read(text).unwrap_err();
            assert!(told.contains(wanted), "{text}: {told}");
        }
    }

    #[test]
    fn drawn_values_keep_what_was_promised() {
        let key = Key::new(1, "f");
        let list = read("list = { int = [1, 6] }\nlength = [2, 6]\ndistinct = true\nsorted = true").unwrap();
        let graph = read("graph = { nodes = [3, 7], edges = 6, weights = [2, 4] }");
        assert!(graph.is_err(), "6 edges do not fit between 3 nodes");
        let graph = read("graph = { nodes = [5, 7], edges = [6, 8], connected = true, weights = [2, 4] }").unwrap();
        for position in 0..200 {
            let mut draws = key.stream(position);
            let Value::List(all) = list.draw(&mut draws) else { panic!("a list") };
            let numbers: Vec<i64> = all.iter().map(|v| if let Value::Int(n) = v { *n } else { 0 }).collect();
            assert!((2..=6).contains(&numbers.len()) && numbers.windows(2).all(|w| w[0] < w[1]), "{numbers:?}");

            let drawn = graph.draw(&mut draws).to_json();
            let nodes = drawn["nodes"].as_u64().unwrap();
            let mut reached = vec![0];
            let edges = drawn["edges"].as_array().unwrap();
            assert!((6..=8).contains(&edges.len()) && (5..=7).contains(&nodes));
            for _ in 0..nodes {
                for edge in edges {
                    let (a, b) = (edge[0].as_u64().unwrap(), edge[1].as_u64().unwrap());
                    assert!(a < b && b < nodes && (2..=4).contains(&edge[2].as_i64().unwrap()));
                    if reached.contains(&a) != reached.contains(&b) {
                        reached.extend([a, b]);
                    }
                }
            }
            assert!((0..nodes).all(|n| reached.contains(&n)), "{drawn}");
        }
    }
}
