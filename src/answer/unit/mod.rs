//! Units: names to a scale and a dimension. What is not in the table keeps its words, and equals only itself.

mod reader;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use num_rational::BigRational;
use num_traits::{One, Pow};

use self::reader::Reader;
use self::table::{CELSIUS, CURRENCIES, DEG, FAHRENHEIT, K, PERCENT, PREFIXES, RAD, TABLE, USD};
use super::number::{Number, power_of_ten};

/// Base dimensions, in this order: metre, kilogram, second, ampere, kelvin, mole, candela, and then the ones that are
/// kept apart though SI has them without dimension or not at all: percent, angular degree, radian, dollar, the two scales
/// of temperature that do not start at absolute zero, bit.
pub const BASES: [&str; 14] = ["m", "kg", "s", "A", "K", "mol", "cd", "%", "deg", "rad", "USD", "°C", "°F", "bit"];

/// Every name of the table, with its plural and its prefixes, to its row and a power of ten.
static INDEX: LazyLock<HashMap<String, (usize, i32)>> = LazyLock::new(|| {
    let mut index = HashMap::new();
    let mut add = |name: String, row: usize, shift: i32| {
        index.entry(name).or_insert((row, shift));
    };
    for (row, entry) in TABLE.iter().enumerate() {
        for name in entry.0 {
            add((*name).to_owned(), row, 0);
        }
    }
    for (row, entry) in TABLE.iter().enumerate() {
        for name in entry.0.iter().filter(|n| n.len() > 2) {
            add(format!("{name}s"), row, 0);
        }
    }
    for (symbol, word, shift) in PREFIXES {
        for (row, entry) in TABLE.iter().enumerate().filter(|(_, e)| e.3) {
            add(format!("{symbol}{}", entry.0[0]), row, *shift);
            for name in entry.0[1..].iter().filter(|n| n.len() == 1 && symbol.len() == 1) {
                add(format!("{symbol}{name}"), row, *shift);
            }
            for name in entry.0.iter().filter(|n| n.len() > 2) {
                add(format!("{word}{name}"), row, *shift);
                add(format!("{word}{name}s"), row, *shift);
            }
        }
    }
    index
});

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

impl Unit {
    /// No unit at all.
    pub fn none() -> Self {
        Self { text: String::new(), scale: BigRational::one(), dimension: [0; BASES.len()], free: Vec::new() }
    }

    /// A unit of the table.
    pub fn named(name: &str) -> Option<Self> {
        let (entry, shift) = *INDEX.get(name)?;
        let mut unit = Self::none();
        name.clone_into(&mut unit.text);
        unit.scale = Number::parse(TABLE[entry].1).map(|n| n.value().clone())? * power_of_ten(shift);
        for (base, power) in TABLE[entry].2 {
            unit.dimension[*base] = *power;
        }
        Some(unit)
    }

    /// Whether the table has a unit of this name.
    pub fn is_name(name: &str) -> bool {
        INDEX.contains_key(name)
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
        let code = matches!(self.free.as_slice(), [(code, 1)] if CURRENCIES.iter().any(|(c, _)| c == code));
        self.is_only(USD) || code && self.dimension == [0; BASES.len()]
    }

    /// Whether it is degrees of angle.
    pub fn is_degree(&self) -> bool {
        self.is_only(DEG)
    }

    /// Whether it is radians.
    pub fn is_radian(&self) -> bool {
        self.is_only(RAD)
    }

    /// Whether it is degrees Celsius and nothing else.
    pub fn is_celsius(&self) -> bool {
        self.is_only(CELSIUS)
    }

    /// Whether it is degrees Fahrenheit and nothing else.
    pub fn is_fahrenheit(&self) -> bool {
        self.is_only(FAHRENHEIT)
    }

    /// Whether it is kelvin, or a prefix of it, and nothing else.
    pub fn is_kelvin(&self) -> bool {
        self.is_only(K)
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

    /// What another name stands for.
    fn alias(meaning: &str) -> Option<Self> {
        let mut reader = Reader { chars: meaning.chars().collect(), at: 0, depth: 0, words: 0, previous: None };
        // "dB" and "revolution" are in no table and are themselves.
        reader.product()
    }

    /// In a compound a degree of either scale is a difference of temperature: `J/°C` is `J/K`.
    fn settled(mut self) -> Self {
        for (base, scale) in [(CELSIUS, (1, 1)), (FAHRENHEIT, (5, 9))] {
            let power = self.dimension[base];
            if power != 0 && !self.is_only(base) {
                self.dimension[base] = 0;
                self.dimension[K] = self.dimension[K].saturating_add(power);
                let ratio = BigRational::new(scale.0.into(), scale.1.into());
                self.scale *= Pow::pow(&ratio, i32::from(power));
            }
        }
        self
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
        self.is_small().then_some(())?;
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
        self.is_small().then_some(self)
    }

    /// Whether the scale is one that a unit can have: powers of powers, and long products, grow without bound.
    fn is_small(&self) -> bool {
        self.scale.numer().bits() + self.scale.denom().bits() <= 4_000
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
        let joined = text.replace("per cent", "percent");
        let mut reader = Reader { chars: joined.chars().collect(), at: 0, depth: 0, words: 0, previous: None };
        let mut unit = reader.product()?.settled();
        if reader.at < reader.chars.len() {
            return None;
        }
        unit.text = text.split_whitespace().collect::<Vec<_>>().join(" ");
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
        same("N m", "J");
        same("kg m s^-2", "N");
        same("J mol^-1 K^-1", "J/(mol K)");
        same("meters per second squared", "m/s^2");
        same("per mole", "mol^-1");
        same("sq. ft.", "ft^2");
        same("newton-meters", "N*m");
        same("J/°C", "J/K");
        same("°C", "degrees Celsius");
        same("kWh", "3600000 J");
        same("GiB", "1024 MiB");
        same("EUR", "euros");
        same("rpm", "revolutions per minute");
    }

    #[test]
    fn unlike_units_differ() {
        let (a, b) = (Unit::parse("A").unwrap(), Unit::parse("mA").unwrap());
        assert!(a.same_kind(&b) && a.scale != b.scale);
        assert!(!Unit::parse("m").unwrap().same_kind(&Unit::parse("second").unwrap()));
        assert!(Unit::parse("is the answer").is_none());
        assert!(!Unit::parse("°C").unwrap().same_kind(&Unit::parse("K").unwrap()));
        assert!(!Unit::parse("dB").unwrap().same_kind(&Unit::parse("m").unwrap()));
        assert!(!Unit::parse("EUR").unwrap().same_kind(&Unit::parse("USD").unwrap()));
    }
}
