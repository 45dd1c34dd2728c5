//! What a program imports, as far as its text shows, and what of it a worker may import before it forks.
//!
//! A fork copies what its worker has in memory: a worker that imports a package only once a program asks for it has what
//! its programs use and nothing more.

use std::collections::BTreeSet;

/// Modules of Python's own library that take milliseconds to import and do nothing else when they are imported. The
/// worker has imported others for itself.
const LIBRARY: [&str; 23] = [
    "base64",
    "binascii",
    "calendar",
    "cmath",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "fractions",
    "hashlib",
    "hmac",
    "inspect",
    "numbers",
    "pprint",
    "queue",
    "secrets",
    "statistics",
    "string",
    "textwrap",
    "typing",
    "unicodedata",
    "uuid",
];

/// The packages and modules that a program's text imports, by their first names: those of Python's own library that are
/// worth it, and those of the venv. What only looks like an import does no harm; what is imported in another way is
/// imported by the program.
pub(super) fn worth_importing<'a>(code: &'a str, venv: &BTreeSet<String>) -> BTreeSet<&'a str> {
    code.lines()
        .flat_map(|line| line.split(';'))
        .flat_map(named)
        .filter(|name| LIBRARY.contains(name) || venv.contains(*name))
        .collect()
}

/// First names of what one statement imports.
fn named(statement: &str) -> impl Iterator<Item = &str> {
    let statement = statement.trim_start();
    let after = |word: &str| statement.strip_prefix(word).filter(|rest| rest.starts_with([' ', '\t']));
    let (many, one) = (after("import"), after("from"));
    let texts = many.into_iter().flat_map(|rest| rest.split(',')).chain(one);
    texts.filter_map(|text| text.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Vec<&str> {
        let venv = ["networkx", "numpy", "scipy", "sympy"].map(str::to_owned).into();
        worth_importing(code, &venv).into_iter().collect()
    }

    #[test]
    fn imports_are_found_in_every_form_a_statement_has() {
        assert_eq!(of("import numpy as np, sympy\n"), ["numpy", "sympy"]);
        assert_eq!(of("from scipy.optimize import linprog"), ["scipy"]);
        assert_eq!(
            of("def f():\n\tfrom fractions import Fraction; import networkx.algorithms\n"),
            ["fractions", "networkx"]
        );
        assert_eq!(of("import\tsympy"), ["sympy"]);
    }

    #[test]
    fn nothing_else_is_asked_for() {
        assert_eq!(of("import os, antigravity, pip\nfrom . import numpy\nfromnumpy = 1\nimports = sympy"), [""; 0]);
        assert_eq!(of(""), [""; 0]);
        assert_eq!(of("import ,;from \nimport é, 数"), [""; 0]);
    }
}
