//! `loong completions` and `loong man`: what shells and `man` want to know of the command line.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

use super::{Exit, output};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong completions bash > ~/.local/share/bash-completion/completions/loong\n  \
                        loong completions zsh > ~/.zfunc/_loong\n  loong completions fish > ~/.config/fish/completions/loong.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong man | man -l -\n  loong man --dir ~/.local/share/man/man1")]
pub(super) struct ManArgs {
    /// Write a page for loong and one for each command into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn completions(mut command: Command, args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut command, "loong", &mut bytes);
    output::print(&String::from_utf8_lossy(&bytes))?;
    Ok(Exit::Done)
}

pub(super) fn man(command: &Command, args: &ManArgs) -> anyhow::Result<Exit> {
    let Some(dir) = &args.dir else {
        output::print(&page(command)?)?;
        return Ok(Exit::Done);
    };
    std::fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(command.clone(), dir))
        .with_context(|| format!("the pages cannot be written to {}", dir.display()))?;
    output::print(&format!("pages for loong and each command are in {}\n", dir.display()))?;
    Ok(Exit::Done)
}

fn page(command: &Command) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
