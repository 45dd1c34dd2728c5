//! `loong config`: the configuration as it is, as it was shipped, and where it lies.

use clap::{Args, Subcommand, ValueEnum};

use super::{Context, Exit, output};
use crate::tui::{keymap, theme};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong config default > ~/.config/loong/config.toml\n  \
                        loong config schema keymap > keymap.schema.json")]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The configuration in force here, all layers together
    #[command(after_help = "Example: loong config show --json | jq .run")]
    Show,
    /// The shipped default, commented: the documentation of every key
    #[command(after_help = "Example: loong config default > ~/.config/loong/config.toml")]
    Default,
    /// The files that are read, and whether they are there
    #[command(after_help = "Example: loong config path")]
    Path,
    /// The JSON schema of a file, for editors that complete and check
    #[command(after_help = "Example: loong config schema keymap > keymap.schema.json")]
    Schema {
        /// Which file: config, keymap or theme
        #[arg(value_name = "FILE", default_value = "config")]
        file: Kind,
    },
}

/// A file of the user's.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Config,
    Keymap,
    Theme,
}

pub(super) fn run(context: &Context, args: &ConfigArgs) -> anyhow::Result<Exit> {
    let project = context.find_project();
    match args.what {
        What::Show => {
            let config = context.config(project.as_deref())?;
            if context.flags.json {
                output::print_json(&config)?;
            } else {
                output::print(&toml::to_string(&config)?)?;
            }
        }
        What::Default => output::print(crate::config::DEFAULT)?,
        What::Schema { file } => {
            let schema = match file {
                Kind::Config => crate::config::schema(),
                Kind::Keymap => keymap::schema::schema(),
                Kind::Theme => theme::schema::schema(),
            };
            output::print(&format!("{}\n", serde_json::to_string_pretty(&schema)?))?;
        }
        What::Path => {
            let mut files =
                vec![context.paths.config_file(), context.paths.keymap_file(), context.paths.themes_folder()];
            files.extend(project.map(|p| p.join(crate::paths::PROJECT_FILE)));
            if context.flags.json {
                output::print_json(&files)?;
            } else {
                for file in files {
                    let there = if file.exists() { "" } else { " (not there)" };
                    output::print(&format!("{}{there}\n", file.display()))?;
                }
            }
        }
    }
    Ok(Exit::Done)
}
