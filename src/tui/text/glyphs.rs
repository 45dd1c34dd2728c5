//! Characters of formulas: how they stand beside others, raised and lowered ones, letters of other alphabets.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::latex::tidy;

/// Command and character, tab between them.
const SYMBOLS: &str = include_str!("../../../assets/latex.tsv");

pub(super) fn symbols() -> &'static HashMap<&'static str, &'static str> {
    static READY: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    READY.get_or_init(|| SYMBOLS.lines().filter_map(|line| line.split_once('\t')).collect())
}

/// Signs that stand between two sides, a blank on each.
pub(super) const RELATIONS: &str = "=<>→←↔⇒⇐⇔↦⟶⟵⟷⟹⟸⟺↪⇝⇀≤≥≠≈≡≢≃≅∼∝≪≫≺≻≼≽∈∉∋⊂⊄⊃⊆⊈⊇⊊⊢⊨⊧⊥∥≔≐≜";
/// Signs between two sides that may stand close to both.
pub(super) const OPERATORS: &str = "×·±∓÷∧∨∪∩⊕⊗⊙∘∗∖⋅";
/// Signs that stand close to what follows.
pub(super) const PREFIXES: &str = "¬∀∃∄∂∇";

const RAISED: &str = "0⁰1¹2²3³4⁴5⁵6⁶7⁷8⁸9⁹+⁺-⁻−⁻=⁼(⁽)⁾aᵃbᵇcᶜdᵈeᵉfᶠgᵍhʰiⁱjʲkᵏlˡmᵐnⁿoᵒpᵖrʳsˢtᵗuᵘvᵛwʷxˣyʸzᶻAᴬBᴮDᴰEᴱGᴳHᴴIᴵJᴶKᴷLᴸMᴹNᴺOᴼPᴾRᴿTᵀUᵁVⱽWᵂαᵅβᵝθᶿ′′″″∗*";
const LOWERED: &str = "0₀1₁2₂3₃4₄5₅6₆7₇8₈9₉+₊-₋−₋=₌(₍)₎aₐeₑhₕiᵢjⱼkₖlₗmₘnₙoₒpₚrᵣsₛtₜuᵤvᵥxₓβᵦγᵧρᵨφᵩχᵪ";

/// Functions that are written as words.
pub(super) const FUNCTIONS: &[&str] = &[
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "log", "ln", "lg",
    "exp", "lim", "limsup", "liminf", "max", "min", "sup", "inf", "det", "dim", "gcd", "lcm", "deg", "ker", "hom",
    "arg", "Pr", "mod", "argmax", "argmin", "rank", "tr", "sgn", "Re", "Im", "var", "cov",
];

/// Whether a character stands raised.
pub(super) fn is_raised(c: char) -> bool {
    !c.is_ascii() && RAISED.chars().skip(1).step_by(2).any(|raised| raised == c)
}

/// Whether a character stands raised or lowered.
pub(super) fn is_script(c: char) -> bool {
    is_raised(c) || !c.is_ascii() && LOWERED.chars().skip(1).step_by(2).any(|lowered| lowered == c)
}

/// Raised or lowered, where Unicode has every character; else with a mark and brackets.
pub(super) fn script(text: &str, raised: bool) -> String {
    let text = close(&tidy(text));
    if text == "∘" && raised {
        return "°".to_owned();
    }
    let table = if raised { RAISED } else { LOWERED };
    let pairs = || table.chars().step_by(2).zip(table.chars().skip(1).step_by(2));
    let every: Option<String> = text
        .chars()
        .filter(|c| *c != ' ')
        .map(|c| pairs().find(|(plain, _)| *plain == c).map(|(_, script)| script))
        .collect();
    match every {
        Some(script) if !text.is_empty() => script,
        _ if text.is_empty() => String::new(),
        _ => {
            let mark = if raised { '^' } else { '_' };
            if text.chars().count() == 1 { format!("{mark}{text}") } else { format!("{mark}({text})") }
        }
    }
}

/// Without the blanks beside relations: what is small stands close.
fn close(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let beside =
            chars.peek().is_some_and(|next| RELATIONS.contains(*next)) || out.ends_with(|c| RELATIONS.contains(c));
        if c != ' ' || !beside {
            out.push(c);
        }
    }
    out
}

pub(super) fn accent(text: &str, mark: char) -> String {
    let text = tidy(text);
    // Over a long text a mark on every letter is noise.
    if text.chars().count() > 4 {
        return format!("({text}){mark}");
    }
    text.chars().flat_map(|c| [c, mark]).collect()
}

pub(super) fn negated(text: &str) -> String {
    match text.trim() {
        "=" => "≠".to_owned(),
        "∈" => "∉".to_owned(),
        "⊂" => "⊄".to_owned(),
        "⊆" => "⊈".to_owned(),
        "≡" => "≢".to_owned(),
        "<" => "≮".to_owned(),
        ">" => "≯".to_owned(),
        "≤" => "≰".to_owned(),
        "≥" => "≱".to_owned(),
        "∣" | "|" => "∤".to_owned(),
        "∃" => "∄".to_owned(),
        other => format!("¬{other}"),
    }
}

pub(super) fn letters(text: &str, of: impl Fn(char) -> Option<char>) -> String {
    text.chars().map(|c| of(c).unwrap_or(c)).collect()
}

/// A letter of a mathematical alphabet that lies in a block of its own, with its exceptions.
fn alphabet(c: char, upper: u32, lower: u32, exceptions: &[(char, char)]) -> Option<char> {
    if let Some((_, special)) = exceptions.iter().find(|(plain, _)| *plain == c) {
        return Some(*special);
    }
    match c {
        'A'..='Z' => char::from_u32(upper + u32::from(c) - u32::from('A')),
        'a'..='z' => char::from_u32(lower + u32::from(c) - u32::from('a')),
        _ => None,
    }
}

pub(super) fn double_struck(c: char) -> Option<char> {
    let exceptions = [('C', 'ℂ'), ('H', 'ℍ'), ('N', 'ℕ'), ('P', 'ℙ'), ('Q', 'ℚ'), ('R', 'ℝ'), ('Z', 'ℤ'), ('1', '𝟙')];
    alphabet(c, 0x1d538, 0x1d552, &exceptions)
}

pub(super) fn script_letter(c: char) -> Option<char> {
    let exceptions = [
        ('B', 'ℬ'),
        ('E', 'ℰ'),
        ('F', 'ℱ'),
        ('H', 'ℋ'),
        ('I', 'ℐ'),
        ('L', 'ℒ'),
        ('M', 'ℳ'),
        ('R', 'ℛ'),
        ('e', 'ℯ'),
        ('g', 'ℊ'),
        ('o', 'ℴ'),
    ];
    alphabet(c, 0x1d49c, 0x1d4b6, &exceptions)
}

pub(super) fn fraktur(c: char) -> Option<char> {
    let exceptions = [('C', 'ℭ'), ('H', 'ℌ'), ('I', 'ℑ'), ('R', 'ℜ'), ('Z', 'ℨ')];
    alphabet(c, 0x1d504, 0x1d51e, &exceptions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_a_table() {
        assert!(symbols().len() >= 200, "{}", symbols().len());
        for line in SYMBOLS.lines() {
            let (name, symbol) = line.split_once('\t').expect("a tab");
            assert!(name.chars().all(|c| c.is_ascii_alphabetic()) && !symbol.is_empty(), "{line:?}");
        }
        assert_eq!(SYMBOLS.lines().count(), symbols().len(), "a command stands twice");
    }
}
