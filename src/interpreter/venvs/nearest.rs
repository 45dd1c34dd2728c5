//! The nearest version: what is taken where no wheel of a pinned version fits this Python, for that package alone.
//!
//! pip lists the versions that fit when it finds none that satisfies; uv is asked for one, from near to far.

use std::cmp::Ordering;
use std::io::Write as _;
use std::process::Stdio;

use super::super::find::BasePython;
use super::super::requirement::Requirement;
use super::build::{Failure, uv};

/// A pinned package without a wheel for this Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    name: String,
    version: String,
    /// The nearest version that has a wheel, where there is one.
    nearest: Option<String>,
}

impl Missing {
    /// What pip's last lines say is missing, if it is a pin of these requirements.
    pub(super) fn told_by_pip(lines: &[String], requirements: &[Requirement]) -> Option<Self> {
        let told = lines.iter().find_map(|line| line.split_once("that satisfies the requirement ").map(|(_, t)| t))?;
        let (text, versions) = told.split_once(" (from versions: ")?;
        let asked = Requirement::parse(text)?;
        let wanted = requirements.iter().find(|r| **r == asked)?.pin()?;
        let versions = versions.trim_end().trim_end_matches(')').split(", ");
        Some(Self { name: asked.name.clone(), version: wanted.to_owned(), nearest: nearest(wanted, versions) })
    }

    /// The first pin that uv finds no wheel for.
    pub(super) fn found_by_uv(python: &BasePython, requirements: &[Requirement]) -> Option<Self> {
        let (missing, wanted) = requirements
            .iter()
            .filter_map(|r| Some((r, r.pin()?)))
            .find(|(r, _)| resolved(python, &r.text(), "highest").is_none())?;
        let (release, name) = (Version::read(wanted)?, &missing.name);
        let (bare, [major, minor]) = (wanted.split('+').next().unwrap_or(wanted), release.series());
        let nearest = [
            (format!("{name}>={bare},=={major}.{minor}.*"), "lowest-direct"),
            (format!("{name}<{bare},=={major}.{minor}.*"), "highest"),
            (format!("{name}>={bare}"), "lowest-direct"),
            (format!("{name}<{bare}"), "highest"),
        ]
        .iter()
        .find_map(|(asked, resolution)| resolved(python, asked, resolution));
        Some(Self { name: name.clone(), version: wanted.to_owned(), nearest })
    }
}

/// The version that uv takes for one requirement; `None` where it finds no wheel.
fn resolved(python: &BasePython, requirement: &str, resolution: &str) -> Option<String> {
    let mut command = uv();
    command.args(["pip", "compile", "--quiet", "--no-config", "--no-deps", "--only-binary", ":all:", "--no-header"]);
    command.args(["--no-annotate", "--resolution", resolution, "--python"]).arg(&python.executable).arg("-");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    child.stdin.take()?.write_all(requirement.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.lines().find_map(|line| line.split_once("==").map(|(_, version)| version))?;
    version.split_whitespace().next().map(str::to_owned)
}

/// A final release, as far as versions are compared here.
#[derive(Debug, PartialEq, Eq)]
struct Version {
    release: Vec<u64>,
    post: u64,
}

impl Version {
    /// Reads a version, without what a build or a pre-release adds to it.
    fn read(text: &str) -> Option<Self> {
        let text = text.split('+').next()?;
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (release, rest) = text.split_at(end);
        let parts: Result<Vec<u64>, _> = release.trim_end_matches('.').split('.').map(str::parse).collect();
        let mut release = parts.ok()?;
        while release.last() == Some(&0) {
            release.pop();
        }
        let post = rest.strip_prefix("post").map_or(Some(0), |n| n.parse().ok())?;
        Some(Self { release, post })
    }

    /// Reads what is no pre-release.
    fn read_final(text: &str) -> Option<Self> {
        let plain = text.split('+').next()?.replace(".post", "");
        plain.bytes().all(|b| b.is_ascii_digit() || b == b'.').then(|| Self::read(text))?
    }

    /// Major and minor number.
    fn series(&self) -> [u64; 2] {
        [0, 1].map(|place| self.release.get(place).copied().unwrap_or(0))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        // Shorter ones are smaller, and trailing zeros are gone.
        (&self.release, self.post).cmp(&(&other.release, other.post))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The nearest of some versions: of the same minor series if there is one, and then the next above, else the next below.
fn nearest<'a>(wanted: &str, versions: impl Iterator<Item = &'a str>) -> Option<String> {
    let wanted = Version::read(wanted)?;
    let mut all: Vec<(Version, &str)> = versions.filter_map(|v| Some((Version::read_final(v)?, v))).collect();
    all.sort();
    let next = |all: &[&(Version, &str)]| {
        let above = all.iter().find(|(version, _)| *version >= wanted);
        above.or(all.last()).map(|(_, text)| (*text).to_owned())
    };
    let series: Vec<&(Version, &str)> = all.iter().filter(|(v, _)| v.series() == wanted.series()).collect();
    next(&series).or_else(|| next(&all.iter().collect::<Vec<_>>()))
}

/// What is to be installed for one Python: the requirements, some of them in the nearest version.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    pub(super) python: &'a BasePython,
    requirements: Vec<Requirement>,
    /// Names and what is said of them.
    substituted: Vec<(String, String)>,
}

/// What follows a failure.
pub(super) enum Outcome<'a> {
    /// Another attempt, with one substitution more.
    Again(Attempt<'a>),
    /// Another Python may do better.
    NotThisPython(Refusal),
    /// It would come again, whatever is tried.
    Never(String),
}

/// Why a Python will not do.
pub(super) struct Refusal {
    sentence: String,
    /// Whether the nearest version would do.
    avoidable: bool,
}

impl<'a> Attempt<'a> {
    /// Everything as it was asked for.
    pub(super) fn new(python: &'a BasePython, requirements: &[Requirement]) -> Self {
        Self { python, requirements: requirements.to_vec(), substituted: Vec::new() }
    }

    /// What is to be installed.
    pub(super) fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// What is said of each substitution.
    pub(super) fn substituted(&self) -> Vec<String> {
        self.substituted.iter().map(|(_, said)| said.clone()).collect()
    }

    /// What is to be done after a failure, where the nearest versions are `allowed` or not.
    pub(super) fn after(mut self, failure: Failure, allowed: bool) -> Outcome<'a> {
        let version = &self.python.version;
        let refusal = |sentence: String, avoidable| Outcome::NotThisPython(Refusal { sentence, avoidable });
        let with = |said: &str| match self.substituted().join(", ") {
            none if none.is_empty() => format!("{said} (Python {version})"),
            some => format!("{said} (Python {version}, with {some})"),
        };
        match failure {
            Failure::Broken(said) if self.substituted.is_empty() => Outcome::Never(with(&said)),
            Failure::NoWheel { missing: Some(Missing { name, version: wanted, nearest: Some(nearest) }), .. } => {
                // What was put in place of a pin has a wheel, unless the index changed meanwhile.
                if self.substituted.iter().any(|(n, _)| *n == name) {
                    return refusal(format!("{name} {wanted} has no wheel for Python {version} any more"), false);
                }
                if !allowed {
                    let sentence = format!(
                        "{name} {wanted} has no wheel for Python {version}, and the nearest version that has one is \
                         {nearest}"
                    );
                    return refusal(sentence, true);
                }
                for requirement in self.requirements.iter_mut().filter(|r| r.name == name) {
                    *requirement = requirement.pinned_to(&nearest);
                }
                self.substituted.push((name.clone(), format!("{name} {wanted} → {nearest}")));
                Outcome::Again(self)
            }
            Failure::Broken(said) | Failure::NoWheel { said, .. } => refusal(with(&said), false),
        }
    }
}

/// Why no Python would do.
pub(super) fn summed_up(refusals: &[Refusal]) -> String {
    let sentences: Vec<&str> = refusals.iter().map(|r| r.sentence.as_str()).collect();
    let hint = if refusals.iter().any(|r| r.avoidable) {
        "; `nearest_versions = true` under [interpreter] in the configuration allows it, and every result will say so"
    } else {
        ""
    };
    format!("{}{hint}", sentences.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirements(texts: &[&str]) -> Vec<Requirement> {
        texts.iter().map(|t| Requirement::parse(t).unwrap()).collect()
    }

    fn python() -> BasePython {
        BasePython::stub("3.13.0")
    }

    #[test]
    fn the_same_series_comes_first_then_above_then_below() {
        for (wanted, versions, expected) in [
            ("1.5.3", "1.5.1, 1.5.2, 1.6.0, 2.0.0", Some("1.5.2")),
            ("1.5.3", "1.5.1, 1.5.4, 1.5.5, 1.6.0", Some("1.5.4")),
            ("1.5.3", "1.4.9, 2.1.1, 2.2.0", Some("2.1.1")),
            ("1.5.3", "1.4.9, 0.9", Some("1.4.9")),
            ("1.5.3", "2.0.0rc1, 2.0.0.dev1, 1.4.0a1, 2.10, 2.9", Some("2.9")),
            ("1.5.3", "1.5.3.post1, 1.5.4", Some("1.5.3.post1")),
            ("2.1.0+cpu", "2.0.0, 2.1.0, 2.1.1", Some("2.1.0")),
            ("2.0", "1.9, 2.0.1, 10.0", Some("2.0.1")),
            ("9", "10.0, 11", Some("10.0")),
            ("1.5.3rc1", "1.5.2, 1.5.3", Some("1.5.3")),
            ("1.5.3", "2.0rc1", None),
            ("1.5.3", "none", None),
            ("x", "1.0", None),
        ] {
            assert_eq!(nearest(wanted, versions.split(", ")).as_deref(), expected, "{wanted} of {versions}");
        }
    }

    #[test]
    fn pips_words_are_understood() {
        let wanted = requirements(&["numpy==1.26.4", "pandas==1.5.3"]);
        let told = |line: &str| Missing::told_by_pip(&["ERROR: before".to_owned(), line.to_owned()], &wanted);
        let missing = told(
            "ERROR: Could not find a version that satisfies the requirement pandas==1.5.3 (from versions: 2.1.1, 2.1.2)",
        );
        let expected = Missing { name: "pandas".into(), version: "1.5.3".into(), nearest: Some("2.1.1".into()) };
        assert_eq!(missing, Some(expected));
        let none = "ERROR: Could not find a version that satisfies the requirement pandas==1.5.3 (from versions: none)";
        assert_eq!(told(none).and_then(|m| m.nearest), None);
        for line in [
            "ERROR: Could not find a version that satisfies the requirement pytz>=2020 (from pandas) (from versions: none)",
            "ERROR: Could not find a version that satisfies the requirement pandas==1.5.3 (from x) (from versions: 1)",
            "ERROR: ResolutionImpossible",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
    }

    #[test]
    fn one_package_is_substituted_and_the_others_stay_pinned() {
        let python = python();
        let missing = || Failure::NoWheel {
            said: "pip's words".into(),
            missing: Some(Missing { name: "pandas".into(), version: "1.5.3".into(), nearest: Some("2.2.3".into()) }),
        };
        let attempt = || Attempt::new(&python, &requirements(&["numpy==1.26.4", "pandas==1.5.3"]));
        let Outcome::Again(second) = attempt().after(missing(), true) else { panic!("it is allowed") };
        let texts: Vec<String> = second.requirements().iter().map(Requirement::text).collect();
        assert_eq!(texts, ["numpy==1.26.4", "pandas==2.2.3"]);
        assert_eq!(second.substituted(), ["pandas 1.5.3 → 2.2.3"]);
        assert!(matches!(second.after(missing(), true), Outcome::NotThisPython(_)), "it would go on for ever");

        let Outcome::NotThisPython(refusal) = attempt().after(missing(), false) else { panic!("it is not allowed") };
        let told = summed_up(&[refusal]);
        for word in ["pandas 1.5.3", "Python 3.13.0", "2.2.3", "nearest_versions = true"] {
            assert!(told.contains(word), "`{word}` is not in: {told}");
        }
        let broken = Failure::Broken("no space left".into());
        assert!(matches!(attempt().after(broken, true), Outcome::Never(why) if why == "no space left (Python 3.13.0)"));
        let unknown = Failure::NoWheel { said: "pip's words".into(), missing: None };
        let Outcome::NotThisPython(refusal) = attempt().after(unknown, true) else { panic!("another may do") };
        assert_eq!(summed_up(&[refusal]), "pip's words (Python 3.13.0)");
    }
}
