//! Chemical formulas: atoms in the order written, charges, hydrates and reactions.

use std::collections::BTreeMap;

const ELEMENTS: &[&str] = &[
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K", "Ca",
    "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y",
    "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba", "La", "Ce",
    "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir",
    "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm",
    "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc",
    "Lv", "Ts", "Og",
];

/// Longest text that is read as a formula or a reaction.
const LONGEST: usize = 300;
/// Most atoms of one kind in a formula.
const MOST: u32 = 100_000;

/// A substance: how many of it, its atoms in the order written, its charge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Species {
    /// The coefficient before it.
    pub count: u32,
    /// Elements with their numbers, brackets multiplied out.
    pub atoms: Vec<(&'static str, u32)>,
    /// Its charge.
    pub charge: i32,
}

impl Species {
    /// How many atoms of each element there are.
    pub fn composition(&self) -> BTreeMap<&'static str, u32> {
        let mut all = BTreeMap::new();
        for (element, n) in &self.atoms {
            *all.entry(*element).or_insert(0) += n;
        }
        all
    }

    /// Whether it names each element once, and so says nothing of the structure.
    pub fn is_molecular(&self) -> bool {
        self.composition().len() == self.atoms.len()
    }
}

/// A formula, or the sides of a reaction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chemical {
    /// One side for a formula, two for a reaction.
    pub sides: Vec<Vec<Species>>,
    /// As it was written.
    pub text: String,
}

impl Chemical {
    /// Reads a text that is a formula or a reaction and could hardly be anything else: it says so by `\ce`, or it has
    /// two elements and a number, a charge, or an arrow.
    ///
    /// ```
    /// use loong::answer::chemistry::Chemical;
    /// assert_eq!(Chemical::read(r"\mathrm{H_2O}").unwrap().sides, Chemical::read("H2O").unwrap().sides);
    /// assert!(Chemical::read("x_1 + x_2").is_none());
    /// ```
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST || text.len() < 2 || !text.bytes().any(|b| b.is_ascii_uppercase()) {
            return None;
        }
        // No element has three letters.
        let lower = |w: &[u8]| w.iter().all(u8::is_ascii_lowercase);
        if !text.contains('\\') && text.as_bytes().windows(3).any(lower) {
            return None;
        }
        let marked = text.contains("\\ce{");
        let this = Self::any(text)?;
        let all = || this.sides.iter().flatten();
        let sure = all().any(|s| s.charge != 0)
            || all().any(|s| s.atoms.len() > 1 && s.atoms.iter().any(|(_, n)| *n > 1))
            || this.sides.len() == 2;
        (marked || sure).then_some(this)
    }

    /// Reads a text that may be a formula: also `CO`, which may be a word.
    pub fn any(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let plain = plain(text)?;
        let sides: Vec<&str> = plain.split('>').collect();
        if sides.len() > 2 {
            return None;
        }
        let sides: Vec<Vec<Species>> = sides.into_iter().map(side).collect::<Option<_>>()?;
        Some(Self { sides, text: text.to_owned() })
    }
}

/// The text with plain signs only: `>` for an arrow, `*` for the point of a hydrate, digits for subscripts.
fn plain(text: &str) -> Option<String> {
    let mut out = text.to_owned();
    for arrow in [
        "\\longrightarrow",
        "\\rightarrow",
        "\\rightleftharpoons",
        "\\to",
        "<=>",
        "<->",
        "-->",
        "->",
        "→",
        "⟶",
        "⇌",
        "⇒",
    ] {
        out = out.replace(arrow, ">");
    }
    for wrapper in ["\\ce", "\\mathrm", "\\text", "\\mathsf", "\\rm"] {
        out = out.replace(wrapper, "");
    }
    for state in ["(s)", "(l)", "(g)", "(aq)"] {
        out = out.replace(state, "");
    }
    let out = out.replace("\\cdot", "*").replace("\\,", "").replace(['{', '}', '$'], "");
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ()[]+-^_*.>".contains(c);
    (out.chars().all(allowed) && out.matches('>').count() < 2).then_some(out)
}

/// One side of a reaction: species joined by a plus between spaces, or between formulas.
fn side(text: &str) -> Option<Vec<Species>> {
    let mut found = Vec::new();
    for part in text.split(" + ") {
        let part = part.trim();
        if part.is_empty() {
            return None;
        }
        found.push(species(part)?);
    }
    found.sort();
    Some(found)
}

fn species(text: &str) -> Option<Species> {
    let text: String = text.split_whitespace().collect();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let count = if digits == 0 { 1 } else { text[..digits].parse().ok().filter(|n| (1..=MOST).contains(n))? };
    let mut atoms = Vec::new();
    let mut charge = 0;
    // "CuSO4*5H2O": each part of a hydrate has a number of its own.
    for (i, part) in text[digits..].split(['*', '.']).enumerate() {
        let lead = part.bytes().take_while(u8::is_ascii_digit).count();
        let times: u32 = if lead == 0 { 1 } else { part[..lead].parse().ok()? };
        if i == 0 && lead > 0 {
            return None;
        }
        let (body, own) = charged(&part[lead..])?;
        charge += own;
        let bytes = body.as_bytes();
        let mut reader = Reader { bytes, at: 0, depth: 0 };
        let inner = reader.group()?;
        if reader.at < bytes.len() || inner.is_empty() {
            return None;
        }
        for (element, n) in inner {
            atoms.push((element, n.checked_mul(times).filter(|n| *n <= MOST)?));
        }
    }
    Some(Species { count, atoms, charge })
}

/// Splits the charge off: `^2-`, `^{3+}` (already without braces), `^+`, a sign at the end.
fn charged(text: &str) -> Option<(&str, i32)> {
    let signed = |t: &str| -> Option<i32> {
        let sign = if t.contains('+') { 1 } else { -1 };
        let digits = t.trim_matches(['+', '-']);
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        let n = if digits.is_empty() { i32::try_from(t.len()).ok()? } else { digits.parse().ok()? };
        (plain && (1..=12).contains(&n)).then_some(sign * n)
    };
    if let Some((body, charge)) = text.split_once('^') {
        return charge.ends_with(['+', '-']).then_some(()).and_then(|()| Some((body, signed(charge)?)));
    }
    match text.as_bytes().last()? {
        b'+' | b'-' => {
            let body = text.trim_end_matches(['+', '-']);
            Some((body, signed(&text[body.len()..])?))
        }
        _ => Some((text, 0)),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

impl Reader<'_> {
    fn number(&mut self) -> Option<u32> {
        let marked = self.bytes.get(self.at) == Some(&b'_');
        self.at += usize::from(marked);
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if start == self.at {
            return (!marked).then_some(1);
        }
        let n: u32 = std::str::from_utf8(&self.bytes[start..self.at]).ok()?.parse().ok()?;
        // Nobody writes one atom's number.
        (2..=MOST).contains(&n).then_some(n)
    }

    fn group(&mut self) -> Option<Vec<(&'static str, u32)>> {
        self.depth += 1;
        if self.depth > 6 {
            return None;
        }
        let mut atoms: Vec<(&'static str, u32)> = Vec::new();
        while let Some(&b) = self.bytes.get(self.at) {
            if b == b'(' || b == b'[' {
                self.at += 1;
                let inner = self.group()?;
                let closes = self.bytes.get(self.at) == Some(if b == b'(' { &b')' } else { &b']' });
                if !closes || inner.is_empty() {
                    return None;
                }
                self.at += 1;
                let times = self.number()?;
                for (element, n) in inner {
                    atoms.push((element, n.checked_mul(times).filter(|n| *n <= MOST)?));
                }
            } else if b.is_ascii_uppercase() {
                let name = |len: usize| std::str::from_utf8(self.bytes.get(self.at..self.at + len)?).ok();
                let known = |n: &str| ELEMENTS.iter().find(|e| **e == n).copied();
                let element = name(2).and_then(known).or_else(|| name(1).and_then(known))?;
                self.at += element.len();
                let n = self.number()?;
                atoms.push((element, n));
            } else if b == b')' || b == b']' {
                break;
            } else {
                return None;
            }
        }
        self.depth -= 1;
        Some(atoms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_read_alike_in_every_notation() {
        let sides = |t: &str| Chemical::read(t).map(|c| c.sides);
        for (a, b) in [
            ("H2O", "H_2O"),
            ("H2O", "\\mathrm{H_{2}O}"),
            ("\\ce{2H2 + O2 -> 2H2O}", "2H_2 + O_2 \\rightarrow 2H_2O"),
            ("SO4^2-", "\\mathrm{SO_4^{2-}}"),
            ("CuSO4*5H2O", "\\ce{CuSO4.5H2O}"),
            ("Ca(OH)2", "Ca(OH)_2"),
        ] {
            assert_eq!(sides(a), sides(b), "{a} {b}");
            assert!(sides(a).is_some(), "{a}");
        }
    }

    #[test]
    fn what_may_be_something_else_is_none() {
        for text in ["CO", "No", "He", "B_1C_1", "CV^2", "Xy2", "x_1", "A1", "PCTF{ABC}", "N", "C_2", "(", "H2)", "2"] {
            assert!(Chemical::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn deep_and_large_formulas_end() {
        assert!(Chemical::read(&format!("{}H2O{}", "(".repeat(90), ")".repeat(90))).is_none());
        assert!(Chemical::read("((H99999)99999)99999O2").is_none());
    }
}
