//! Saved views in a project's `loong.toml`. The file is a person's: a view is one line of it, and every other line stays as
//! it is.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::paths::PROJECT_FILE;

/// The table that views stand in.
const SECTION: &str = "[review.views]";

/// The views that the project's own file has.
pub(super) fn of_project(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let path = folder.join(PROJECT_FILE);
    let text = read(&path)?;
    views(&text).with_context(|| format!("{} is broken", path.display()))
}

/// Keeps a filter under a name, or removes the name.
pub(super) fn change(folder: &Path, name: &str, filter: Option<&str>) -> anyhow::Result<()> {
    let path = folder.join(PROJECT_FILE);
    let cannot = || format!("{} cannot be written", path.display());
    let text = read(&path)?;
    let Some(changed) = changed(&text, name, filter) else {
        bail!(
            "{} has its views in a way that only a person can change: write or remove {} under {SECTION} there",
            path.display(),
            line(name, filter.unwrap_or("…"))
        );
    };
    let aside = path.with_extension("toml.part");
    let mut file = File::create(&aside).with_context(cannot)?;
    file.write_all(changed.as_bytes()).and_then(|()| file.sync_all()).with_context(cannot)?;
    if let Ok(of) = fs::metadata(&path) {
        fs::set_permissions(&aside, of.permissions()).with_context(cannot)?;
    }
    fs::rename(aside, &path).with_context(cannot)
}

fn read(path: &Path) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(e).with_context(|| format!("{} cannot be read", path.display())),
    }
}

fn views(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let table: toml::Table = toml::from_str(text)?;
    let views = table.get("review").and_then(|review| review.get("views")).cloned();
    Ok(views.map(toml::Value::try_into).transpose()?.unwrap_or_default())
}

fn line(name: &str, filter: &str) -> String {
    // A string of JSON is one of TOML, on one line; what is not is refused when the line is read back.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let is_bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let key = if is_bare { name.to_owned() } else { quoted(name) };
    format!("{key} = {}", quoted(filter))
}

/// The text with the view in it, or without it; `None` where that cannot be done line by line.
fn changed(text: &str, name: &str, filter: Option<&str>) -> Option<String> {
    let before: toml::Table = toml::from_str(text).ok()?;
    let mut wanted = views(text).ok()?;
    wanted.remove(name);
    if let Some(filter) = filter {
        wanted.insert(name.to_owned(), filter.to_owned());
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let head = lines.iter().position(|l| l.split('#').next().unwrap_or_default().trim() == SECTION);
    let is_view = |line: &str| toml::from_str::<toml::Table>(line).is_ok_and(|t| t.len() == 1 && t.contains_key(name));
    match head {
        Some(head) => {
            let length = lines[head + 1..].iter().take_while(|l| !l.trim_start().starts_with('[')).count();
            let within = head + 1..head + 1 + length;
            let there = within.clone().find(|at| is_view(&lines[*at]));
            match (there, filter) {
                (Some(at), Some(filter)) => lines[at] = line(name, filter),
                (Some(at), None) => drop(lines.remove(at)),
                (None, Some(filter)) => {
                    let last = within.rev().find(|at| !lines[*at].trim().is_empty()).unwrap_or(head);
                    lines.insert(last + 1, line(name, filter));
                }
                (None, None) => {}
            }
        }
        None => {
            if let Some(filter) = filter {
                if lines.last().is_some_and(|last| !last.trim().is_empty()) {
                    lines.push(String::new());
                }
                lines.extend([SECTION.to_owned(), line(name, filter)]);
            }
        }
    }
    let mut out = lines.join("\n");
    out.push('\n');
    // What was meant is there, and nothing else has changed.
    let after: toml::Table = toml::from_str(&out).ok()?;
    (views(&out).ok()? == wanted && without_views(before) == without_views(after)).then_some(out)
}

fn without_views(mut table: toml::Table) -> toml::Table {
    if let Some(toml::Value::Table(review)) = table.get_mut("review") {
        review.remove("views");
        if review.is_empty() {
            table.remove("review");
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "# mine\n[run]\ncandidates = 5 # few\n\n[review.views] # mine\na = \"tag:x\"\n\n# done\n[screen]\nmouse = false\n";

    fn kept(text: &str, name: &str, filter: Option<&str>) -> String {
        changed(text, name, filter).unwrap()
    }

    #[test]
    fn a_view_is_a_line_and_the_others_stay() {
        let more = kept(PROJECT, "hard ones", Some("verdict:different text~\"a\\\"b\""));
        assert_eq!(views(&more).unwrap()["hard ones"], "verdict:different text~\"a\\\"b\"");
        for line in PROJECT.lines() {
            assert!(more.lines().any(|l| l == line), "{line} is gone: {more}");
        }
        let other = kept(&more, "a", Some("tag:y"));
        assert_eq!(views(&other).unwrap()["a"], "tag:y");
        let less = kept(&other, "hard ones", None);
        assert_eq!(kept(&less, "a", Some("tag:x")), PROJECT);
    }

    #[test]
    fn a_file_without_views_gets_them_at_its_end() {
        assert_eq!(views(&kept("", "a", Some("b"))).unwrap()["a"], "b");
        let text = kept("[run]\ncandidates = 5", "a", Some("tag:x"));
        assert!(text.starts_with("[run]\ncandidates = 5\n\n[review.views]\n"), "{text}");
        assert!(kept(&text, "a", None).starts_with("[run]\ncandidates = 5\n"));
    }

    #[test]
    fn hostile_names_stay_names() {
        for name in ["[run]", "a = 1\nb", "\"", "'''", "x]\n[models.m]", "\u{1b}[2J", "a.b", "#"] {
            let text = kept(PROJECT, name, Some("tag:x"));
            assert_eq!(views(&text).unwrap()[name], "tag:x", "{name:?}");
            assert_eq!(kept(&text, name, None), PROJECT, "{name:?}");
        }
    }

    #[test]
    fn what_cannot_be_done_by_lines_is_not_done() {
        assert_eq!(changed("[review]\nviews = { a = \"b\" }\n", "c", Some("d")), None);
        assert_eq!(changed("[review]\nviews = { a = \"b\" }\n", "a", None), None);
        assert_eq!(changed("[run\n", "a", Some("b")), None);
        // A line of a text over several lines is no view.
        let text = "[review.views]\na = \"\"\"\nb = 1\n\"\"\"\n";
        assert_eq!(changed(text, "a", None), None);
        assert_eq!(changed(text, "b", None), None);
    }

    #[test]
    fn the_file_is_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        change(folder.path(), "a", Some("tag:x")).unwrap();
        assert_eq!(of_project(folder.path()).unwrap().len(), 1);
        change(folder.path(), "a", None).unwrap();
        assert!(of_project(folder.path()).unwrap().is_empty());
        assert!(!folder.path().join("loong.toml.part").exists());
    }
}
