//! The strategies and recipes that a project's runs can have.

use std::path::Path;

use super::wiring::STRATEGIES;
use crate::config::Config;
use crate::tui::workbench::Strategy;

/// Recipes that are listed.
const RECIPES: usize = 40;

/// What a strategy does, in a sentence.
fn about(name: &str) -> &'static str {
    match name {
        "few-shot" => "a new problem with its code, after a few seeds",
        "self-instruct" => "an instruction after seeds and accepted questions, then its rationale",
        "evol-instruct" => "seeds and accepted questions evolved in depth and breadth, each with code of its own",
        "multi-agent" => "a writer proposes, a coder solves, a critic attacks, and the question is revised",
        "template" => "seeds with parameters, filled in and executed without any model",
        "command" => "anybody's program: lines of JSON in and out",
        "rejection" => "further chains of thought for questions that there are; those that agree are kept",
        _ => "a strategy",
    }
}

/// Strategies under the project's settings, then recipes: the files in its folder `recipes`.
pub(super) fn choices(project: &Path, config: &Config) -> Vec<Strategy> {
    let named = STRATEGIES.iter().map(|name| Strategy {
        name: (*name).to_owned(),
        about: about(name).to_owned(),
        recipe: None,
        configured: config.run.strategy == *name,
    });
    let folder = std::fs::read_dir(project.join("recipes")).into_iter().flatten().flatten();
    let mut recipes: Vec<_> =
        folder.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    recipes.sort();
    recipes.truncate(RECIPES);
    let recipes = recipes.into_iter().map(|path| {
        // A comment at its top says what it is for.
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let first = text.lines().next().and_then(|line| line.strip_prefix('#')).map(str::trim);
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let about = first.filter(|f| !f.is_empty()).unwrap_or("a recipe of this project").to_owned();
        Strategy { name, about, recipe: Some(path), configured: false }
    });
    named.chain(recipes).collect()
}
