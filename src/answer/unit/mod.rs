//! Units: names to a scale and a dimension. What is not in the table keeps its words, and equals only itself.

mod reader;
mod table;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use num_rational::BigRational;
use num_traits::{One, Pow};

use self::reader::Reader;
use self::table::{DEG, Entry, PERCENT, PREFIXES, RAD, TABLE, USD};
use super::names::Names;
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

/// The entry of the table under a name.
fn entry(name: &str) -> Option<&'static Entry> {
    static NAMES: LazyLock<Names<&'static Entry>> =
        LazyLock::new(|| Names::new(TABLE.iter().flat_map(|e| e.0.iter().map(move |n| (*n, e)))));
    NAMES.get(name).map(|(_, entry)| entry)
}

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
        let find = entry;
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
