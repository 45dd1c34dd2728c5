//! Untidy metadata, read forgivingly: a list of one for a text, a text for a list, a number as text.

use serde_json::{Map, Value};

use crate::interpreter::{Dependencies, Wanted};

/// The first of `keys` that has a text, a number or a boolean, as text; of a list, its elements joined by commas.
/// `None` when there is nothing but white space.
pub(super) fn text(metadata: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| metadata.get(*key)).and_then(plain)
}

/// A metadata value as plain text.
fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Array(items) => items.iter().filter_map(plain).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Packages from `required_dependencies` (or `dependencies`): a list, or a text with one a line or with commas.
pub(super) fn dependencies(metadata: &Map<String, Value>) -> Dependencies {
    let value = metadata.get("required_dependencies").or_else(|| metadata.get("dependencies"));
    match value {
        Some(Value::String(text)) => Dependencies::new(text.lines().flat_map(requirements)),
        Some(Value::Array(items)) => Dependencies::new(items.iter().filter_map(Value::as_str)),
        _ => Dependencies::default(),
    }
}

/// What is asked for in `limits`, each by itself: one that can't be read is as if it were not there.
pub(super) fn limits(metadata: &Map<String, Value>) -> Wanted {
    let none = Map::new();
    let stated = metadata.get("limits").and_then(Value::as_object).unwrap_or(&none);
    let number = |key: &str| text(stated, &[key])?.parse::<f64>().ok();
    let whole = |key: &str| text(stated, &[key])?.parse::<u64>().ok();
    let small = |key: &str| whole(key).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let seconds = |key: &str| text(metadata, &[key])?.trim_end_matches(['s', ' ']).parse::<f64>().ok();
    Wanted {
        wall_seconds: number("wall_seconds").or_else(|| seconds("timeout")),
        cpu_seconds: number("cpu_seconds"),
        memory_mb: whole("memory_mb"),
        threads: small("threads"),
        open_files: small("open_files"),
        file_mb: whole("file_mb"),
        output_kb: whole("output_kb").map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
        scratch_mb: whole("scratch_mb"),
    }
}

/// Splits `numpy>=1.26,<2, sympy[a,b]` at the commas that stand between packages: those outside brackets that a
/// package's name follows.
fn requirements(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, c) in line.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 && line[at + 1..].trim_start().starts_with(|c: char| c.is_alphabetic()) => {
                parts.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&line[start..]);
    parts
}

/// Tags and sub-domains: lists, or texts with commas.
pub(super) fn tags(metadata: &Map<String, Value>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for key in ["tags", "tag", "subdomain", "subdomains", "subfield"] {
        let items: Vec<String> = match metadata.get(key) {
            Some(Value::Array(items)) => items.iter().filter_map(plain).collect(),
            Some(value) => plain(value).iter().flat_map(|t| t.split(',')).map(|t| t.trim().to_owned()).collect(),
            None => continue,
        };
        for tag in items {
            if !tag.is_empty() && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    }
    tags
}

/// Spellings of licences (lower case, without `license` and punctuation) and their SPDX identifiers.
const LICENCES: &[(&str, &str)] = &[
    ("mit", "MIT"),
    ("apache20", "Apache-2.0"),
    ("apache2", "Apache-2.0"),
    ("apacheversion20", "Apache-2.0"),
    ("bsd3clause", "BSD-3-Clause"),
    ("bsd2clause", "BSD-2-Clause"),
    ("cc0", "CC0-1.0"),
    ("cc010", "CC0-1.0"),
    ("cc010universal", "CC0-1.0"),
    ("ccby40", "CC-BY-4.0"),
    ("ccbysa40", "CC-BY-SA-4.0"),
    ("ccbync40", "CC-BY-NC-4.0"),
    ("ccbyncsa40", "CC-BY-NC-SA-4.0"),
];

/// The licence, by its SPDX identifier where it is known.
pub(super) fn licence(metadata: &Map<String, Value>) -> Option<String> {
    let written = text(metadata, &["license", "licence"])?;
    let bare: String = written.to_lowercase().replace("license", "").replace("licence", "");
    let bare: String = bare.chars().filter(char::is_ascii_alphanumeric).collect();
    let known = LICENCES.iter().find(|(spelling, _)| *spelling == bare);
    Some(known.map_or(written, |(_, spdx)| (*spdx).to_owned()))
}

/// The stated tolerance, relative to `answer`; see [`super::Datapoint::tolerance`].
pub(super) fn tolerance(metadata: &Map<String, Value>, answer: &str) -> Option<f64> {
    let (stated, places) = match text(metadata, &["answer_tolerance"]) {
        Some(stated) => (stated, false),
        None => (text(metadata, &["precision"])?, true),
    };
    let stated = stated.trim_start_matches("+/-").trim_start_matches('±').trim();
    let sound = |x: &f64| x.is_finite() && *x >= 0.0;
    if let Some(percent) = stated.strip_suffix('%') {
        return percent.trim().parse().ok().filter(sound).map(|p: f64| p / 100.0);
    }
    let mut absolute: f64 = stated.parse().ok().filter(sound)?;
    if places && absolute >= 1.0 {
        // Half a unit of the last place; what is no whole number, or no sensible count of places, says nothing.
        if absolute.fract() != 0.0 || absolute > 300.0 {
            return None;
        }
        absolute = 0.5 * 10_f64.powf(-absolute);
    }
    // An absolute tolerance as wide as the answer would take 0 for right, and much else.
    let relative = absolute / number(answer)?.abs();
    (relative < 1.0).then_some(relative)
}

/// What a stated `answer_tolerance` comes to relative to `answer`: [`super::Datapoint::tolerance`] for a row that is no seed.
pub fn relative_tolerance(stated: &Value, answer: &str) -> Option<f64> {
    tolerance(&Map::from_iter([("answer_tolerance".to_owned(), stated.clone())]), answer)
}

/// The one number that an answer is, with or without a unit behind it: `$1,200.50`, `9.81 m/s^2`, `-3e4`. `None` for
/// expressions, lists and words.
fn number(answer: &str) -> Option<f64> {
    let text = answer.trim();
    let (sign, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let text = text.trim_start_matches(['$', '€', '£', '¥']).trim_start();
    let mut end = text.find(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.')).unwrap_or(text.len());
    if let Some(exponent) = text[end..].strip_prefix(['e', 'E']) {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        if length > 0 {
            end = text.len() - digits.len() + length;
        }
    }
    let (digits, unit) = text.split_at(end);
    // What follows must be a unit: an operator makes it an expression, a comma a list.
    let mut groups = digits.split('.').next().unwrap_or_default().split(',').skip(1);
    if !groups.all(|group| group.len() == 3)
        || unit.trim_start().starts_with(['+', '-', '−', '*', '/', '^', '(', '[', '=', ';', '\\'])
    {
        return None;
    }
    let value: f64 = digits.replace(',', "").parse().ok()?;
    (value.is_finite() && value != 0.0).then_some(sign * value)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{dependencies, licence, tags, text, tolerance};

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn a_tolerance_is_relative_whatever_form_it_was_stated_in() {
        for (metadata, answer, wanted) in [
            (json!({"answer_tolerance": "2%"}), "anything", Some(0.02)),
            (json!({"answer_tolerance": "0.5 %"}), "x + 1", Some(0.005)),
            (json!({"answer_tolerance": "500"}), "100000.0", Some(0.005)),
            (json!({"answer_tolerance": 0.1}), "-10 m/s", Some(0.01)),
            (json!({"answer_tolerance": ["1e-2"]}), "$1,000.00", Some(1e-5)),
            (json!({"answer_tolerance": "±0.5"}), "2.5e1 kg", Some(0.02)),
            (json!({"answer_tolerance": "0"}), "7", Some(0.0)),
            (json!({"precision": 2}), "5", Some(0.001)),
            (json!({"precision": "1e-3"}), "0.5", Some(0.002)),
            (json!({"answer_tolerance": "5"}), "2.0", None),
            (json!({"answer_tolerance": "5"}), "0", None),
            (json!({"answer_tolerance": "1000"}), "(23930.8, 30709.1)", None),
            (json!({"answer_tolerance": "0.1"}), "2*pi", None),
            (json!({"answer_tolerance": "0.1"}), "3/4", None),
            (json!({"answer_tolerance": "0.1"}), "3, 4", None),
            (json!({"answer_tolerance": "0.1"}), "3,4", None),
            (json!({"answer_tolerance": "-1"}), "7", None),
            (json!({"answer_tolerance": "nan"}), "7", None),
            (json!({"answer_tolerance": "tight"}), "7", None),
            (json!({"answer_tolerance": null}), "7", None),
            (json!({"precision": 2.5}), "7", None),
            (json!({}), "7", None),
        ] {
            let got = tolerance(&map(metadata.clone()), answer);
            match (got, wanted) {
                (Some(got), Some(wanted)) => {
                    assert!((got - wanted).abs() <= 1e-12 * wanted, "{metadata} {answer}: {got}");
                }
                _ => assert_eq!(got, wanted, "{metadata} {answer}"),
            }
        }
    }

    #[test]
    fn dependencies_are_a_list_or_a_text() {
        for (value, wanted) in [
            (json!(["sympy==1.13.3", " numpy "]), vec!["numpy", "sympy==1.13.3"]),
            (json!("numpy>=1.26,<2, sympy[a,b]==1"), vec!["numpy>=1.26,<2", "sympy[a,b]==1"]),
            (json!("numpy\nsympy\n"), vec!["numpy", "sympy"]),
            (json!(null), vec![]),
            (json!(["numpy", 3]), vec!["numpy"]),
        ] {
            let got = dependencies(&map(json!({"required_dependencies": value})));
            assert_eq!(got.as_slice(), wanted, "{value}");
        }
    }

    #[test]
    fn licences_come_to_spdx_and_unknown_ones_stay() {
        for (written, wanted) in [
            (json!("MIT license"), "MIT"),
            (json!("CC0 1.0 Universal"), "CC0-1.0"),
            (json!("BSD 3-Clause"), "BSD-3-Clause"),
            (json!(["Apache 2.0"]), "Apache-2.0"),
            (json!("CC BY 4.0"), "CC-BY-4.0"),
            (json!("Ask me first"), "Ask me first"),
        ] {
            assert_eq!(licence(&map(json!({"license": written}))).as_deref(), Some(wanted));
        }
        assert_eq!(licence(&map(json!({"license": " "}))), None);
    }

    #[test]
    fn tags_and_sub_domains_are_gathered_once() {
        let metadata = map(json!({"tags": "a, b", "subdomains": ["b", "c"], "subfield": null, "difficulty": 3}));
        assert_eq!(tags(&metadata), ["a", "b", "c"]);
        assert_eq!(text(&metadata, &["difficulty"]).as_deref(), Some("3"));
    }
}
