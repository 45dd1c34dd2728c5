//! Requirements: what may stand in `required_dependencies`, and what it is called when it is imported.

use super::InterpreterError;

/// Packages that may be installed without asking, with their import names.
const KNOWN: &str = include_str!("../../assets/python/known_packages.txt");

/// One requirement: a package's name, and versions of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    /// Normalised as the index does it: lower case, runs of `-_.` as one `-`.
    pub(super) name: String,
    /// The requirement as it is handed to the installer.
    pub(super) text: String,
}

impl Requirement {
    /// Reads a requirement: a name and, optionally, version specifiers. Extras, markers, URLs, paths and options are
    /// refused: a seed file may come from anywhere, and each of them can make an installer run what it names.
    pub(super) fn parse(text: &str) -> Result<Self, InterpreterError> {
        let refused = || InterpreterError::Venv {
            packages: text.chars().take(80).collect(),
            message: "a requirement is a name and versions, such as `numpy==2.2.6` or `scipy>=1.11,<2`".to_owned(),
        };
        let text = text.trim();
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
        let (name, versions) = text.split_at(end);
        let edges = [name.chars().next(), name.chars().next_back()];
        if edges.iter().any(|c| !c.is_some_and(|c| c.is_ascii_alphanumeric())) {
            return Err(refused());
        }
        let versions: Vec<&str> = versions.split(',').map(str::trim).collect();
        let fits = |v: &&str| {
            let rest = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"].iter().find_map(|op| v.strip_prefix(op));
            rest.is_some_and(|r| {
                let r = r.trim();
                !r.is_empty() && r.len() < 64 && r.chars().all(|c| c.is_ascii_alphanumeric() || ".*+!-_".contains(c))
            })
        };
        if !(versions == [""] || versions.iter().all(fits)) {
            return Err(refused());
        }
        Ok(Self { name: normal(name), text: text.to_owned() })
    }

    /// Whether it is on the list of known packages.
    pub(super) fn is_known(&self) -> bool {
        known().any(|(name, _)| normal(name) == self.name)
    }

    /// The name it is imported by; a guess for packages that are not on the list.
    pub(super) fn import_name(&self) -> String {
        let listed = known().find(|(name, _)| normal(name) == self.name);
        listed.map_or_else(|| self.name.replace('-', "_"), |(name, import)| import.unwrap_or(name).to_owned())
    }
}

/// A package's name as the index compares it (PEP 503).
pub(super) fn normal(name: &str) -> String {
    name.split(['-', '_', '.']).filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-").to_lowercase()
}

fn known() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    KNOWN.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_requirements() {
        for (text, name, import) in [
            ("sympy==1.13.3", "sympy", "sympy"),
            ("QuantLib==1.37", "quantlib", "QuantLib"),
            ("scikit-learn>=1.6, <2", "scikit-learn", "sklearn"),
            ("numpy", "numpy", "numpy"),
            ("gurobipy_pandas==1.2.2", "gurobipy-pandas", "gurobipy_pandas"),
        ] {
            let r = Requirement::parse(text).unwrap();
            assert_eq!((r.name.as_str(), r.import_name().as_str(), r.is_known()), (name, import, true), "{text}");
        }
        assert!(!Requirement::parse("numpyy").unwrap().is_known());
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "",
            "-r requirements.txt",
            "--index-url=http://x",
            "numpy @ https://x/y.whl",
            "git+https://x/y",
            "./local",
            "/etc/passwd",
            "numpy; os_name=='posix'",
            "numpy[extra]",
            "numpy==",
            "numpy==1 --no-deps",
            "numpy\n-e .",
            "numpy==1,",
            "нумпи",
        ] {
            assert!(Requirement::parse(text).is_err(), "{text:?} was taken");
        }
    }
}
