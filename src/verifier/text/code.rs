//! Codes in which every character counts: `flag{s0me_l33t}`.

use crate::answer::function;
use crate::verifier::finding::{Around, Finding};
use crate::verifier::{Leniency, Tier};

/// Names before a brace that are LaTeX with its backslash lost, beside functions.
const COMMANDS: &[&str] =
    &["frac", "dfrac", "tfrac", "text", "boxed", "fbox", "mathrm", "mathbf", "binom", "operatorname"];

/// The name before the brace of a text that is a code and nothing else.
fn name(text: &str) -> Option<&str> {
    let (name, inner) = text.strip_suffix('}')?.split_once('{')?;
    // `1A3_{12}` is a number in a base.
    let plain = name.len() >= 3 && !name.ends_with('_') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let known = COMMANDS.contains(&name) || function::canonical(name).is_some();
    let printed = inner.bytes().all(|b| b.is_ascii_graphic() && !b"\\{}$".contains(&b));
    (plain && !known && inner.len() >= 2 && printed).then_some(name)
}

/// A reference that is a code, in the response or not; `None` where it is none.
pub(in crate::verifier) fn code(reference: &str, response: &str, around: &Around) -> Option<Finding> {
    let reference = reference.trim();
    let name = name(reference)?;
    if response.trim_matches(|c: char| c.is_whitespace() || "`*\"'.$".contains(c)) == reference {
        return Some(Finding::same(Tier::Text, "both are the same code"));
    }
    let open = format!("{name}{{");
    Some(match (response.contains(reference), response.matches(&open).count()) {
        (true, 1) => {
            Finding::same(Tier::Text, "the response has the code, to the letter").needing(Leniency::Prose, around)
        }
        (true, _) => Finding::unknown(Tier::Text, "the response has the code, and others beside it"),
        (false, 0) => Finding::different(Tier::Text, "the response has no such code"),
        (false, _) => Finding::different(Tier::Text, "the response has another code"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_latex() {
        for text in ["flag{s0me_l33t}", "PCTF{ABC}", "picoCTF{a-b}"] {
            assert!(name(text).is_some(), "{text}");
        }
        for text in
            ["sqrt{2}", "frac{1}{2}", "x_{12}", "a{b}", "{1, 2}", "flag{a} b{c}", "\\text{cm}", "boxed{ab}", "1A3_{12}"]
        {
            assert!(name(text).is_none(), "{text}");
        }
    }
}
