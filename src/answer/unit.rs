//! Units: names to a scale and a dimension. What is not in the table keeps its words, and equals only itself.

use std::collections::BTreeMap;

use num_rational::BigRational;
use num_traits::{One, Pow};

use super::number::{Number, power_of_ten};

/// Base dimensions, in this order: metre, kilogram, second, ampere, kelvin, mole, candela, and then the ones that are
/// kept apart though SI has them without dimension or money has no SI: percent, angular degree, radian, dollar.
pub const BASES: [&str; 11] = ["m", "kg", "s", "A", "K", "mol", "cd", "%", "deg", "rad", "USD"];

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit {
    /// As it is shown: names and powers in the order given.
    pub text: String,
    /// What one of it is in base units.
    pub scale: BigRational,
    /// Powers of the base dimensions.
    pub dimension: [i8; BASES.len()],
    /// Powers of names that are not in the table, in the singular.
    pub free: Vec<(String, i8)>,
}

/// name(s), scale, dimension as `base power` pairs, whether SI prefixes apply to the first name (symbol) and the rest.
struct Entry(&'static [&'static str], &'static str, &'static [(usize, i8)], bool);

const M: usize = 0;
const KG: usize = 1;
const S: usize = 2;
const A: usize = 3;
const K: usize = 4;
const MOL: usize = 5;
const CD: usize = 6;
const PERCENT: usize = 7;
const DEG: usize = 8;
const RAD: usize = 9;
const USD: usize = 10;

const TABLE: &[Entry] = &[
    Entry(&["m", "meter", "metre"], "1", &[(M, 1)], true),
    Entry(&["g", "gram", "gramme"], "1e-3", &[(KG, 1)], true),
    Entry(&["s", "second", "sec"], "1", &[(S, 1)], true),
    Entry(&["A", "ampere", "amp"], "1", &[(A, 1)], true),
    Entry(&["K", "kelvin"], "1", &[(K, 1)], true),
    Entry(&["mol", "mole"], "1", &[(MOL, 1)], true),
    Entry(&["cd", "candela"], "1", &[(CD, 1)], true),
    Entry(&["Hz", "hertz"], "1", &[(S, -1)], true),
    Entry(&["N", "newton"], "1", &[(KG, 1), (M, 1), (S, -2)], true),
    Entry(&["Pa", "pascal"], "1", &[(KG, 1), (M, -1), (S, -2)], true),
    Entry(&["J", "joule"], "1", &[(KG, 1), (M, 2), (S, -2)], true),
    Entry(&["W", "watt"], "1", &[(KG, 1), (M, 2), (S, -3)], true),
    Entry(&["C", "coulomb"], "1", &[(A, 1), (S, 1)], true),
    Entry(&["V", "volt"], "1", &[(KG, 1), (M, 2), (S, -3), (A, -1)], true),
    Entry(&["F", "farad"], "1", &[(KG, -1), (M, -2), (S, 4), (A, 2)], true),
    Entry(&["Ω", "ohm", "Ohm", "Omega"], "1", &[(KG, 1), (M, 2), (S, -3), (A, -2)], true),
    Entry(&["T", "tesla"], "1", &[(KG, 1), (S, -2), (A, -1)], true),
    Entry(&["Wb", "weber"], "1", &[(KG, 1), (M, 2), (S, -2), (A, -1)], true),
    Entry(&["H", "henry"], "1", &[(KG, 1), (M, 2), (S, -2), (A, -2)], true),
    Entry(&["L", "l", "liter", "litre"], "1e-3", &[(M, 3)], true),
    Entry(&["eV", "electronvolt"], "1.602176634e-19", &[(KG, 1), (M, 2), (S, -2)], true),
    Entry(&["bar"], "1e5", &[(KG, 1), (M, -1), (S, -2)], true),
    Entry(&["cal", "calorie"], "4.184", &[(KG, 1), (M, 2), (S, -2)], true),
    Entry(&["Da", "amu", "u", "dalton"], "1.66053906660e-27", &[(KG, 1)], false),
    Entry(&["hartree", "Hartree", "Ha"], "4.3597447222071e-18", &[(KG, 1), (M, 2), (S, -2)], false),
    Entry(&["atm", "atmosphere"], "101325", &[(KG, 1), (M, -1), (S, -2)], false),
    Entry(&["Torr", "torr", "mmHg"], "133.322368421", &[(KG, 1), (M, -1), (S, -2)], false),
    Entry(&["psi"], "6894.757293168", &[(KG, 1), (M, -1), (S, -2)], false),
    Entry(&["Å", "angstrom", "Angstrom"], "1e-10", &[(M, 1)], false),
    Entry(&["AU", "au", "astronomical_unit"], "149597870700", &[(M, 1)], false),
    Entry(&["ly", "lightyear", "light-year"], "9460730472580800", &[(M, 1)], false),
    Entry(&["pc", "parsec"], "30856775814913673", &[(M, 1)], true),
    Entry(&["in", "inch", "inches"], "0.0254", &[(M, 1)], false),
    Entry(&["ft", "foot", "feet"], "0.3048", &[(M, 1)], false),
    Entry(&["yd", "yard"], "0.9144", &[(M, 1)], false),
    Entry(&["mi", "mile"], "1609.344", &[(M, 1)], false),
    Entry(&["mph"], "0.44704", &[(M, 1), (S, -1)], false),
    Entry(&["kph", "kmh"], "0.277777777777777777777777777778", &[(M, 1), (S, -1)], false),
    Entry(&["lb", "lbs", "pound"], "0.45359237", &[(KG, 1)], false),
    Entry(&["oz", "ounce"], "0.028349523125", &[(KG, 1)], false),
    Entry(&["ton", "tonne", "t"], "1000", &[(KG, 1)], false),
    Entry(&["gal", "gallon"], "0.003785411784", &[(M, 3)], false),
    Entry(&["acre"], "4046.8564224", &[(M, 2)], false),
    Entry(&["ha", "hectare"], "10000", &[(M, 2)], false),
    Entry(&["min", "minute"], "60", &[(S, 1)], false),
    Entry(&["h", "hr", "hour"], "3600", &[(S, 1)], false),
    Entry(&["day", "d"], "86400", &[(S, 1)], false),
    Entry(&["week"], "604800", &[(S, 1)], false),
    Entry(&["month"], "2629800", &[(S, 1)], false),
    Entry(&["year", "yr"], "31557600", &[(S, 1)], false),
    Entry(&["tropical_year"], "31556925.216", &[(S, 1)], false),
    Entry(&["%", "percent", "pct", "per cent"], "1", &[(PERCENT, 1)], false),
    Entry(&["°", "deg", "degree"], "1", &[(DEG, 1)], false),
    Entry(&["rad", "radian"], "1", &[(RAD, 1)], false),
    Entry(&["USD", "$", "dollar", "dollars"], "1", &[(USD, 1)], false),
    Entry(&["cent", "¢"], "0.01", &[(USD, 1)], false),
    Entry(&["None", "none", "unitless", "dimensionless"], "1", &[], false),
];

const PREFIXES: &[(&str, &str, i32)] = &[
    ("k", "kilo", 3),
    ("M", "mega", 6),
    ("G", "giga", 9),
    ("T", "tera", 12),
    ("m", "milli", -3),
    ("c", "centi", -2),
    ("d", "deci", -1),
    ("μ", "micro", -6),
    ("u", "micro", -6),
    ("n", "nano", -9),
    ("p", "pico", -12),
    ("f", "femto", -15),
    ("h", "hecto", 2),
];

/// Words that tie a unit together and say nothing.
const FILLERS: &[&str] = &["of", "a", "an", "the", "unit"];

/// Words that a unit cannot have: a sentence that starts with a number is no quantity.
const SENTENCE: &[&str] = &[
    "is",
    "are",
    "was",
    "were",
    "not",
    "no",
    "but",
    "if",
    "because",
    "than",
    "or",
    "and",
    "to",
    "would",
    "should",
    "wrong",
    "does",
    "do",
    "has",
    "have",
    "which",
    "that",
    "it",
    "so",
    "cannot",
    "can",
    "be",
    "with",
    "when",
    "where",
    "more",
    "less",
    "least",
    "most",
    "other",
    "except",
    "false",
    "true",
    "incorrect",
];

impl Unit {
    /// No unit at all.
    pub fn none() -> Self {
        Self { text: String::new(), scale: BigRational::one(), dimension: [0; BASES.len()], free: Vec::new() }
    }

    /// A unit of the table.
    pub fn named(name: &str) -> Option<Self> {
        let entry_unit = |e: &Entry, shift: i32| {
            let mut unit = Self::none();
            name.clone_into(&mut unit.text);
            unit.scale = Number::parse(e.1).map(|n| n.value().clone())? * power_of_ten(shift);
            for (base, power) in e.2 {
                unit.dimension[*base] = *power;
            }
            Some(unit)
        };
        let find = |n: &str| TABLE.iter().find(|e| e.0.contains(&n));
        if let Some(e) = find(name) {
            return entry_unit(e, 0);
        }
        if name.len() > 3
            && let Some(e) = name.strip_suffix('s').and_then(find)
        {
            return entry_unit(e, 0);
        }
        for (symbol, word, shift) in PREFIXES {
            if let Some(e) = name.strip_prefix(symbol).and_then(find)
                && e.3
                && (e.0[0] == &name[symbol.len()..]
                    || e.0[..2.min(e.0.len())].contains(&&name[symbol.len()..]) && name.len() == 2)
            {
                return entry_unit(e, *shift);
            }
            if let Some(rest) = name.strip_prefix(word)
                && let Some(e) = find(rest).or_else(|| rest.strip_suffix('s').and_then(find))
                && e.3
                && rest.len() > 2
            {
                return entry_unit(e, *shift);
            }
        }
        None
    }

    /// The percent sign.
    pub fn percent() -> Self {
        let mut unit = Self::none();
        "%".clone_into(&mut unit.text);
        unit.dimension[PERCENT] = 1;
        unit
    }

    /// The degree of angle.
    pub fn degree() -> Self {
        let mut unit = Self::none();
        "deg".clone_into(&mut unit.text);
        unit.dimension[DEG] = 1;
        unit
    }

    /// Money; `code` is a currency's three letters.
    pub fn currency(code: &str) -> Self {
        let mut unit = Self::none();
        code.clone_into(&mut unit.text);
        if code == "USD" {
            unit.dimension[USD] = 1;
        } else {
            unit.free.push((code.to_owned(), 1));
        }
        unit
    }

    /// Whether it is the percent sign.
    pub fn is_percent(&self) -> bool {
        self.is_only(PERCENT)
    }

    /// Whether it is money.
    pub fn is_currency(&self) -> bool {
        self.is_only(USD) || matches!(self.text.as_str(), "EUR" | "GBP" | "JPY")
    }

    /// Whether it is degrees of angle.
    pub fn is_degree(&self) -> bool {
        self.is_only(DEG)
    }

    /// Whether it is radians.
    pub fn is_radian(&self) -> bool {
        self.is_only(RAD)
    }

    /// Whether it has neither dimension nor words.
    pub fn is_dimensionless(&self) -> bool {
        self.free.is_empty() && self.dimension == [0; BASES.len()]
    }

    /// Whether it has a physical dimension.
    pub fn is_physical(&self) -> bool {
        self.dimension[..PERCENT].iter().any(|p| *p != 0)
    }

    /// Whether two units measure the same kind of thing.
    pub fn same_kind(&self, other: &Self) -> bool {
        self.dimension == other.dimension && self.free == other.free
    }

    fn is_only(&self, base: usize) -> bool {
        self.free.is_empty() && self.dimension.iter().enumerate().all(|(i, p)| *p == i8::from(i == base))
    }

    fn raised(mut self, power: i8) -> Option<Self> {
        if power == 1 {
            return Some(self);
        }
        for p in &mut self.dimension {
            *p = p.checked_mul(power)?;
        }
        for (_, p) in &mut self.free {
            *p = p.checked_mul(power)?;
        }
        self.scale = Pow::pow(&self.scale, i32::from(power));
        self.text = format!("{}^{power}", self.text);
        Some(self)
    }

    fn times(mut self, other: &Self) -> Option<Self> {
        for (p, q) in self.dimension.iter_mut().zip(other.dimension) {
            *p = p.checked_add(q)?;
        }
        let mut free: BTreeMap<String, i8> = self.free.drain(..).collect();
        for (name, power) in &other.free {
            let p = free.entry(name.clone()).or_insert(0);
            *p = p.checked_add(*power)?;
        }
        self.free = free.into_iter().filter(|(_, p)| *p != 0).collect();
        self.scale *= &other.scale;
        if self.scale.numer().bits() + self.scale.denom().bits() > 4_000 {
            return None;
        }
        Some(self)
    }

    /// Reads a unit: names joined by `*`, `/`, `^`, parentheses and spaces; words that are in no table stand for
    /// themselves. `None` when it is a sentence, a formula, or beyond bounds.
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = text.trim();
        if text.is_empty() || text.len() > 80 {
            return None;
        }
        // "10 meters (m)": the symbol in parentheses repeats the name.
        if let Some((head, _)) = text.split_once(" (")
            && text.ends_with(')')
            && !head.trim().is_empty()
            && !head.ends_with(['*', '/'])
        {
            text = head.trim();
        }
        let mut reader = Reader { chars: text.chars().collect(), at: 0, depth: 0, words: 0 };
        let mut unit = reader.product()?;
        if reader.at < reader.chars.len() {
            return None;
        }
        unit.text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(unit)
    }
}

/// A recursive-descent reader of unit texts.
struct Reader {
    chars: Vec<char>,
    at: usize,
    depth: u32,
    words: u32,
}

impl Reader {
    fn skip(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn product(&mut self) -> Option<Unit> {
        self.depth += 1;
        if self.depth > 6 {
            return None;
        }
        let mut unit = self.power()?;
        loop {
            self.skip();
            match self.chars.get(self.at) {
                Some('/') => {
                    self.at += 1;
                    unit = unit.times(&self.power()?.raised(-1)?)?;
                }
                Some('*') => {
                    self.at += 1;
                    unit = unit.times(&self.power()?)?;
                }
                Some(c) if c.is_alphabetic() || "°%$¢(".contains(*c) => {
                    let per = self.chars[self.at..].starts_with(&['p', 'e', 'r', ' ']);
                    if per {
                        self.at += 4;
                    }
                    let next = self.power()?;
                    unit = unit.times(&if per { next.raised(-1)? } else { next })?;
                }
                _ => break,
            }
        }
        self.depth -= 1;
        Some(unit)
    }

    fn power(&mut self) -> Option<Unit> {
        let base = self.atom()?;
        self.skip();
        let starred = self.chars[self.at..].starts_with(&['*', '*']);
        if starred || self.chars.get(self.at) == Some(&'^') {
            self.at += if starred { 2 } else { 1 };
            self.skip();
            let closing = matches!(self.chars.get(self.at), Some('(' | '{'));
            if closing {
                self.at += 1;
            }
            let start = self.at;
            while self.chars.get(self.at).is_some_and(|c| c.is_ascii_digit() || *c == '-') {
                self.at += 1;
            }
            let power: i8 = self.chars[start..self.at].iter().collect::<String>().parse().ok()?;
            if power.unsigned_abs() > 12 {
                return None;
            }
            if closing {
                self.skip();
                self.at += 1;
            }
            return base.raised(power);
        }
        Some(base)
    }

    fn atom(&mut self) -> Option<Unit> {
        self.skip();
        let c = *self.chars.get(self.at)?;
        if c == '(' {
            self.at += 1;
            let inner = self.product()?;
            self.skip();
            return if self.chars.get(self.at) == Some(&')') {
                self.at += 1;
                Some(inner)
            } else {
                None
            };
        }
        if c.is_ascii_digit() {
            let start = self.at;
            while self.chars.get(self.at).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
                self.at += 1;
            }
            let mut unit = Unit::none();
            unit.scale = Number::parse(&self.chars[start..self.at].iter().collect::<String>())?.value().clone();
            return (self.at - start <= 12 && unit.scale != BigRational::from_integer(0.into())).then_some(unit);
        }
        if "°%$¢".contains(c) {
            self.at += 1;
            return Unit::named(&c.to_string());
        }
        let start = self.at;
        while self.chars.get(self.at).is_some_and(|c| c.is_alphabetic() || *c == '-' || *c == '\'' || *c == '_') {
            self.at += 1;
        }
        let word: String = self.chars[start..self.at].iter().collect();
        let lower = word.to_lowercase();
        if word.is_empty() || SENTENCE.contains(&lower.as_str()) {
            return None;
        }
        for (prefix, power) in [("square", 2), ("sq", 2), ("cubic", 3)] {
            if lower == prefix {
                return self.atom()?.raised(power);
            }
        }
        if let Some(unit) = Unit::named(&word).or_else(|| (word.len() > 2).then(|| Unit::named(&lower)).flatten()) {
            return Some(unit);
        }
        self.words += 1;
        if self.words > 4 {
            return None;
        }
        let mut unit = Unit::none();
        let singular = lower.strip_suffix('s').filter(|w| w.len() > 2).unwrap_or(&lower);
        if FILLERS.contains(&singular) {
            return Some(unit);
        }
        unit.free.push((singular.to_owned(), 1));
        Some(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) {
        let (a, b) = (Unit::parse(a).unwrap(), Unit::parse(b).unwrap());
        assert!(a.same_kind(&b) && a.scale == b.scale, "{a:?} {b:?}");
    }

    #[test]
    fn units_by_every_name() {
        same("J/K", "joule/kelvin");
        same("kJ/mol", "1000*joule/mole");
        same("cm^3", "centimeter**3");
        same("J/(mol*K)", "J/(K*mol)");
        same("m/s", "meters per second");
        same("K/MPa", "kelvin/(1000000*pascal)");
        same("square feet", "ft^2");
        same("mL", "cm^3");
        same("states", "state");
    }

    #[test]
    fn unlike_units_differ() {
        let (a, b) = (Unit::parse("A").unwrap(), Unit::parse("mA").unwrap());
        assert!(a.same_kind(&b) && a.scale != b.scale);
        assert!(!Unit::parse("m").unwrap().same_kind(&Unit::parse("second").unwrap()));
        assert!(Unit::parse("is the answer").is_none());
    }
}
