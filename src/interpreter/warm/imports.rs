//! What a program imports, as far as its text shows.
//!
//! A fork copies what its worker has in memory: programs are forked from a worker that has imported what they name, and
//! nothing more. So what a program finds imported hangs on its own text, and not on which programs ran before it.

use std::collections::BTreeSet;

/// The packages of a venv that a program's text imports, by their first names. What only looks like an import costs a
/// worker of its own; what is imported in another way is imported by the program.
pub(in crate::interpreter) fn named(code: &str, venv: &BTreeSet<String>) -> BTreeSet<String> {
    let statements = code.lines().flat_map(|line| line.split(';'));
    statements.flat_map(of_statement).filter(|name| venv.contains(*name)).map(str::to_owned).collect()
}

/// First names of what one statement imports.
fn of_statement(statement: &str) -> impl Iterator<Item = &str> {
    let statement = statement.trim_start();
    let after = |word: &str| statement.strip_prefix(word).filter(|rest| rest.starts_with([' ', '\t']));
    let (many, one) = (after("import"), after("from"));
    let texts = many.into_iter().flat_map(|rest| rest.split(',')).chain(one);
    texts.filter_map(|text| text.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Vec<String> {
        let venv = ["networkx", "numpy", "scipy", "sympy"].map(str::to_owned).into();
        named(code, &venv).into_iter().collect()
    }

    #[test]
    fn imports_are_found_in_every_form_a_statement_has() {
        assert_eq!(of("import numpy as np, sympy\n"), ["numpy", "sympy"]);
        assert_eq!(of("from scipy.optimize import linprog"), ["scipy"]);
        assert_eq!(of("def f():\n\tfrom fractions import Fraction; import networkx.algorithms\n"), ["networkx"]);
        assert_eq!(of("import\tsympy"), ["sympy"]);
    }

    #[test]
    fn nothing_else_is_asked_for() {
        assert_eq!(
            of("import os, antigravity, pip\nfrom . import numpy\nfromnumpy = 1\nimports = sympy"),
            Vec::<String>::new()
        );
        assert_eq!(of(""), Vec::<String>::new());
        assert_eq!(of("import ,;from \nimport é, 数"), Vec::<String>::new());
    }
}
