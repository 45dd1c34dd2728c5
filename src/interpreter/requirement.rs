//! Package requirements: what may stand in one, and which packages need consent.
//!
//! A requirement comes from a seed file or a model, so it is hostile until shown otherwise: it is a name with optional
//! extras and version specifiers (PEP 508 without URLs, markers and options) and nothing else, since everything else can
//! make an installer fetch or execute what nobody looked at.

use std::collections::{BTreeSet, HashSet};
use std::sync::OnceLock;

use super::{Dependencies, InterpreterError};

/// Names of packages that are installed without asking, one a line.
const KNOWN: &str = include_str!("../../assets/python/known_packages.txt");

/// One requirement, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    /// The name, normalised (PEP 503).
    pub(super) name: String,
    /// Extras, normalised and sorted.
    extras: Vec<String>,
    /// Version specifiers without blanks, such as `==1.26.4`; empty for any version.
    pub(super) specifiers: String,
}

impl Requirement {
    /// As an installer reads it.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.unpinned(), self.specifiers)
    }

    /// The one version that it allows, where it pins one.
    pub(super) fn pin(&self) -> Option<&str> {
        let version = self.specifiers.strip_prefix("==")?;
        (!version.starts_with('=') && !version.contains(['*', ','])).then_some(version)
    }

    /// The same package in another version.
    pub(super) fn pinned_to(&self, version: &str) -> Self {
        Self { specifiers: format!("=={version}"), ..self.clone() }
    }

    /// The same without version specifiers.
    fn unpinned(&self) -> String {
        if self.extras.is_empty() { self.name.clone() } else { format!("{}[{}]", self.name, self.extras.join(",")) }
    }

    /// Parses one requirement.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        let mut extras = Vec::new();
        rest = rest.trim_start();
        if let Some(inner) = rest.strip_prefix('[') {
            let (list, after) = inner.split_once(']')?;
            for extra in list.split(',').map(str::trim) {
                extras.push(is_name(extra).then(|| normalise(extra))?);
            }
            extras.sort();
            rest = after;
        }
        let specifiers = rest.trim();
        let parts: Option<Vec<String>> =
            if specifiers.is_empty() { Some(Vec::new()) } else { specifiers.split(',').map(specifier).collect() };
        is_name(name).then_some(())?;
        Some(Self { name: normalise(name), extras, specifiers: parts?.join(",") })
    }
}

/// One version specifier without blanks; `None` when it is none.
fn specifier(text: &str) -> Option<String> {
    let text = text.trim();
    let operator = ["===", "==", "!=", "<=", ">=", "~=", "<", ">"].into_iter().find(|o| text.starts_with(o))?;
    let version = text[operator.len()..].trim();
    let fits = version.starts_with(|c: char| c.is_ascii_alphanumeric())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || ".*+!-_".contains(c));
    fits.then(|| format!("{operator}{version}"))
}

/// Whether a text is a package name by PEP 508.
fn is_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && edge(text.chars().next())
        && edge(text.chars().next_back())
}

/// A package name in its one normal form (PEP 503).
fn normalise(name: &str) -> String {
    let parts: Vec<&str> = name.split(['-', '_', '.']).filter(|p| !p.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}

/// The requirements of a set, taken apart, sorted, without repetition.
///
/// # Errors
/// [`InterpreterError::Venv`] that names the first requirement which is none.
pub(super) fn parse_all(dependencies: &Dependencies) -> Result<Vec<Requirement>, InterpreterError> {
    let mut all = Vec::new();
    for text in dependencies.as_slice() {
        all.push(Requirement::parse(text).ok_or_else(|| InterpreterError::Venv {
            packages: dependencies.as_slice().join(", "),
            message: format!(
                "`{}` is not a requirement that can be installed; write a package name with version specifiers, such \
                 as numpy==1.26.4 (no URLs, paths, markers or options)",
                text.escape_debug()
            ),
        })?);
    }
    all.sort_by_key(Requirement::text);
    all.dedup();
    Ok(all)
}

/// Checks that every package is known or allowed.
///
/// # Errors
/// [`InterpreterError::Consent`] that names those which are not.
pub(super) fn check_consent(requirements: &[Requirement], allowed: &[String]) -> Result<(), InterpreterError> {
    let unknown = unknown(requirements, allowed);
    if unknown.is_empty() { Ok(()) } else { Err(InterpreterError::Consent { packages: unknown.join(", ") }) }
}

/// The packages of some sets that are neither known nor allowed, by name, sorted: what a person is asked about before
/// anything is installed. What is no requirement is left out, since it is never installed.
pub fn packages_to_allow<'a>(sets: impl IntoIterator<Item = &'a Dependencies>, allowed: &[String]) -> Vec<String> {
    let texts: BTreeSet<&String> = sets.into_iter().flat_map(Dependencies::as_slice).collect();
    let all: Vec<Requirement> = texts.into_iter().filter_map(|text| Requirement::parse(text)).collect();
    let names: BTreeSet<&str> = unknown(&all, allowed).into_iter().collect();
    names.into_iter().map(str::to_owned).collect()
}

/// The name of the package that a requirement is for, in its one normal form; `None` for what is no requirement.
pub fn package_name(requirement: &str) -> Option<String> {
    Requirement::parse(requirement.trim()).map(|r| r.name)
}

/// Names that are neither known nor allowed.
fn unknown<'a>(requirements: &'a [Requirement], allowed: &[String]) -> Vec<&'a str> {
    static NAMES: OnceLock<HashSet<String>> = OnceLock::new();
    let known = NAMES.get_or_init(|| {
        KNOWN.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(normalise).collect()
    });
    requirements
        .iter()
        .map(|r| r.name.as_str())
        .filter(|name| !known.contains(*name) && !allowed.iter().any(|a| normalise(a) == *name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_names_with_versions() {
        for (text, normal) in [
            ("numpy", "numpy"),
            ("numpy==1.26.4", "numpy==1.26.4"),
            ("NumPy >= 1.26, < 3", "numpy>=1.26,<3"),
            ("gurobipy_pandas==1.2.2", "gurobipy-pandas==1.2.2"),
            ("scikit.learn~=1.6", "scikit-learn~=1.6"),
            ("dask[Array, dataframe] !=2024.1", "dask[array,dataframe]!=2024.1"),
            ("torch==2.1.0+cpu", "torch==2.1.0+cpu"),
            ("pandas==1.*", "pandas==1.*"),
        ] {
            assert_eq!(Requirement::parse(text).map(|r| r.text()).as_deref(), Some(normal), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "-r requirements.txt",
            "--index-url=https://evil.example",
            "-e .",
            "numpy @ https://evil.example/numpy.whl",
            "https://evil.example/numpy.whl",
            "git+https://evil.example/x",
            "./local",
            "/abs/path",
            "..",
            "numpy; python_version<'3.9'",
            "numpy --pre",
            "numpy==1.0 --hash=sha256:00",
            "numpy==",
            "numpy==1.0\n--pre",
            "numpy\nscipy",
            "num py",
            "_numpy",
            "numpy-",
            "numpy[",
            "numpy[a b]",
            "numpy=1",
            "ｎumpy",
            "",
        ] {
            assert_eq!(Requirement::parse(text), None, "{text:?}");
        }
        let error = parse_all(&Dependencies::new(["numpy", "-r x"])).unwrap_err().to_string();
        assert!(error.contains("`-r x` is not a requirement"), "{error}");
    }

    #[test]
    fn unknown_packages_need_consent() {
        let all = parse_all(&Dependencies::new(["numpy", "QuantLib==1.37", "nvmpy", "Evil_Thing"])).unwrap();
        let error = check_consent(&all, &["evil.thing".to_owned()]).unwrap_err();
        assert_eq!(error, InterpreterError::Consent { packages: "nvmpy".to_owned() });
        assert_eq!(check_consent(&all, &["nvmpy".to_owned(), "evil-thing".to_owned()]), Ok(()));
    }

    #[test]
    fn what_a_person_is_asked_about() {
        let sets = [Dependencies::new(["numpy", "nunpy==1"]), Dependencies::new(["NunPy", "-r x", "zeta", "allowed"])];
        assert_eq!(packages_to_allow(&sets, &["Allowed".to_owned()]), ["nunpy", "zeta"]);
        assert_eq!(package_name(" Evil_Thing==1.0 ").as_deref(), Some("evil-thing"));
        assert_eq!(package_name("-r x"), None);
    }

    #[test]
    fn packages_of_published_seeds_are_known() {
        let names = [
            "sympy",
            "numpy",
            "QuantLib",
            "scipy",
            "networkx",
            "pandas",
            "matplotlib",
            "statsmodels",
            "scikit-learn",
            "gurobipy",
            "seaborn",
            "gurobi-machinelearning",
            "plotly",
            "IPython",
            "ipywidgets",
            "gurobipy_pandas",
            "requests",
            "cvxpy",
            "pyscipopt",
            "geopy",
            "ecos",
        ];
        assert_eq!(packages_to_allow(&[Dependencies::new(names)], &[]), Vec::<String>::new());
    }

    #[test]
    fn only_one_exact_version_is_a_pin() {
        for (text, pin) in [
            ("numpy==1.26.4", Some("1.26.4")),
            ("torch==2.1.0+cpu", Some("2.1.0+cpu")),
            ("numpy", None),
            ("numpy===1.26.4", None),
            ("numpy==1.*", None),
            ("numpy==1.0,<2", None),
            ("numpy>=1.0", None),
        ] {
            assert_eq!(Requirement::parse(text).unwrap().pin(), pin, "{text}");
        }
        let array = Requirement::parse("dask[array]==2024.1").unwrap();
        assert_eq!(array.pinned_to("2024.2").text(), "dask[array]==2024.2");
    }

    #[test]
    fn spelling_does_not_make_another_set() {
        let one = parse_all(&Dependencies::new(["NumPy == 1.26.4", "gurobipy_pandas"])).unwrap();
        let two = parse_all(&Dependencies::new(["gurobipy-pandas", "numpy==1.26.4"])).unwrap();
        assert_eq!(one, two);
    }
}
