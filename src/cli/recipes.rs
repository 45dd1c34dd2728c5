//! `loong recipes`: the recipes that travel inside the binary, a working file a strategy.

use clap::{Args, Subcommand};

use super::table::{Align, Table};
use super::{Context, Exit, UsageError, output};

/// A recipe that travels inside the binary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe {
    /// By which `--recipe` finds it.
    pub(super) name: &'static str,
    /// The file.
    pub(super) text: &'static str,
}

macro_rules! recipes {
    ($($name:literal),+ $(,)?) => {
        &[$(Recipe { name: $name, text: include_str!(concat!("../../assets/recipes/", $name, ".toml")) }),+]
    };
}

const RECIPES: &[Recipe] =
    recipes!["few-shot", "self-instruct", "evol-instruct", "multi-agent", "template", "command", "rejection"];

/// The bundled recipe of a name.
pub(super) fn bundled(name: &str) -> Option<Recipe> {
    RECIPES.iter().find(|r| r.name == name).copied()
}

impl Recipe {
    /// What its first comment says.
    fn about(self) -> String {
        let comment = self.text.lines().take_while(|l| l.starts_with('#')).map(|l| l.trim_start_matches(['#', ' ']));
        let text = comment.collect::<Vec<_>>().join(" ");
        text.split_once(". ").map_or(text.clone(), |(first, _)| format!("{first}."))
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong recipes                          what there is\n  \
                        loong recipes show template > my.toml  a copy to change\n  \
                        loong run --recipe template -n 100     one as it is")]
pub(super) struct RecipesArgs {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List recipes
    #[command(after_help = "Example: loong recipes list --json | jq -r .recipe")]
    List,
    /// Print a recipe's file
    #[command(after_help = "Example: loong recipes show few-shot")]
    Show {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

pub(super) fn run(context: &Context, args: &RecipesArgs) -> anyhow::Result<Exit> {
    if let Some(What::Show { name }) = &args.what {
        let Some(recipe) = bundled(name) else {
            let known: Vec<&str> = RECIPES.iter().map(|r| r.name).collect();
            return Err(UsageError(format!("there is no recipe `{name}`; there is: {}", known.join(", "))).into());
        };
        if context.flags.json {
            output::print_json(&serde_json::json!({"recipe": recipe.name, "text": recipe.text}))?;
        } else {
            output::print(recipe.text)?;
        }
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&[("recipe", Align::Left), ("what it does", Align::Left)]);
    for recipe in RECIPES {
        if context.flags.json {
            output::print_json(&serde_json::json!({"recipe": recipe.name, "about": recipe.about()}))?;
        }
        table.row([recipe.name.to_owned(), recipe.about()]);
    }
    if !context.flags.json {
        output::print(&table.render(output::width()))?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_is_a_configuration_of_its_strategy_and_says_what_it_does() {
        for recipe in RECIPES {
            let config: crate::config::Config = toml::from_str(recipe.text).unwrap();
            assert_eq!(config.run.strategy, recipe.name);
            assert!(recipe.about().ends_with('.') && recipe.about().len() > 20, "{}", recipe.about());
        }
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/recipes")).unwrap().count();
        assert_eq!(files, RECIPES.len());
    }
}
