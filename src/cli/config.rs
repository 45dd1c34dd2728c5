//! `loong config`: the configuration as it is, as it was shipped, and where it lies.

use clap::{Args, Subcommand};

use super::{Context, Exit, output};

#[derive(Debug, Args)]
#[command(after_help = "Example: loong config default > ~/.config/loong/config.toml")]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The configuration in force here, all layers together
    Show,
    /// The shipped default, commented: the documentation of every key
    Default,
    /// The files that are read, and whether they are there
    Path,
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
        What::Path => {
            let mut files = vec![context.paths.config_file()];
            files.extend(project.map(|p| p.join(crate::paths::PROJECT_FILE)));
            if context.flags.json {
                output::print_json(&files)?;
            } else {
                for file in files {
                    let there = if file.is_file() { "" } else { " (not there)" };
                    output::print(&format!("{}{there}\n", file.display()))?;
                }
            }
        }
    }
    Ok(Exit::Done)
}
