//! `loong guide`: the guides that travel inside the binary.

use clap::{Args, ValueEnum};

use super::{Context, Exit, output};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong guide                        which guides there are\n  \
                        loong guide seeds                  how a seed is written that is worth generating from")]
pub(super) struct GuideArgs {
    /// Which one
    #[arg(value_enum, value_name = "GUIDE")]
    guide: Option<Guide>,
}

/// A guide.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Guide {
    /// How a seed is written that is worth generating from
    Seeds,
    /// How a program of yours makes the problems: JSON Lines in and out
    GeneratorCommands,
    /// How a family of template problems is written
    TemplateFamilies,
}

impl Guide {
    const fn text(self) -> &'static str {
        match self {
            Self::Seeds => include_str!("../../assets/guides/seeds.md"),
            Self::GeneratorCommands => include_str!("../../assets/guides/generator-commands.md"),
            Self::TemplateFamilies => include_str!("../../assets/guides/template-families.md"),
        }
    }
}

pub(super) fn run(context: &Context, args: &GuideArgs) -> anyhow::Result<Exit> {
    if let Some(guide) = args.guide {
        if context.flags.json {
            output::print_json(&serde_json::json!({"guide": name(guide), "text": guide.text()}))?;
        } else {
            output::print(guide.text())?;
        }
        return Ok(Exit::Done);
    }
    for guide in Guide::value_variants() {
        let about = guide.to_possible_value().and_then(|v| v.get_help().map(ToString::to_string)).unwrap_or_default();
        if context.flags.json {
            output::print_json(&serde_json::json!({"guide": name(*guide), "about": about}))?;
        } else {
            output::print(&format!("{:<20} {about}\n", name(*guide)))?;
        }
    }
    Ok(Exit::Done)
}

fn name(guide: Guide) -> String {
    guide.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default()
}
