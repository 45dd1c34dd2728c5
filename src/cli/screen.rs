//! `loong`, `loong demo`, `loong review`: the screen.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::desk::Desk;
use super::review::ReviewArgs;
use super::{Context, Exit, UsageError};
use crate::config::ScreenConfig;
use crate::review::causes;
use crate::store::filter::Filter;
use crate::tui::app::{Borders, Settings};
use crate::tui::terminal;
use crate::tui::theme::{Depth, Theme};
use crate::tui::{Launch, workbench::Project};

/// How long the terminal is given to say whether it is light.
const PATIENCE: Duration = Duration::from_millis(500);

/// What the screen is opened for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// The demo project.
    pub(super) demo: bool,
    /// A filter to begin with.
    pub(super) filter: String,
    /// Verdicts hidden until judged.
    pub(super) blind: bool,
    /// Who decides, where the configuration is not to.
    pub(super) reviewer: Option<String>,
    /// A project must be there: no welcome.
    pub(super) project_only: bool,
}

impl Wish {
    /// What `loong review` wishes.
    pub(super) fn review(args: ReviewArgs) -> Self {
        let filter = args.filter.join(" ");
        Self { filter, blind: args.blind, reviewer: args.reviewer, project_only: true, demo: false }
    }
}

/// `loong demo`: on the screen, and without a terminal as `loong run --demo`.
pub(super) fn demo(context: &Context) -> anyhow::Result<Exit> {
    if terminal::is_terminal() {
        return run(context, &Wish { demo: true, ..Wish::default() });
    }
    super::run::run(context, &super::run::RunArgs::demo())
}

pub(super) fn run(context: &Context, wish: &Wish) -> anyhow::Result<Exit> {
    if !terminal::is_terminal() {
        let message = "the screen needs a terminal; without one there is `loong run` for the loop, `loong review --plain` \
                       for reading and deciding, and `loong export`";
        return Err(UsageError(message.to_owned()).into());
    }
    Filter::parse(&wish.filter)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let desk = Desk::new(context, runtime.handle().clone());
    let folder = if wish.demo { Some(super::wiring::demo_project(&quiet(context))?) } else { context.find_project() };
    if folder.is_none() && wish.project_only {
        context.project()?;
    }
    let project = folder.as_deref().map(|folder| desk.open(folder)).transpose()?;
    let told = project.as_ref().and_then(|p| elsewhere(context, p));
    let config = context.config(folder.as_deref())?;
    let (config, own_causes) = (config.screen, config.review.causes);
    let launch = Launch {
        settings: settings(context, &config, &own_causes, wish)?,
        project,
        told,
        filter: wish.filter.clone(),
        blind: wish.blind,
        mouse: config.mouse,
        workbench: Arc::new(desk),
        lines: super::lines::read(&context.paths),
        reports: context.paths.state.clone(),
    };
    crate::tui::open(launch).context("the terminal cannot be used")?;
    // Workers and connections end with the runtime; a hung one must not hold the program.
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(Exit::Done)
}

fn quiet(context: &Context) -> Context {
    let mut context = context.clone();
    context.flags.quiet = true;
    context
}

/// A sentence where the project is not the one in this folder.
fn elsewhere(context: &Context, project: &Project) -> Option<String> {
    let here = std::path::absolute(context.here()).unwrap_or_else(|_| PathBuf::from(context.here()));
    (project.folder != here && !project.demo).then(|| format!("the project used last: {}", project.folder.display()))
}

fn settings(context: &Context, config: &ScreenConfig, own_causes: &[String], wish: &Wish) -> anyhow::Result<Settings> {
    let keymap = super::keys::keymap(context)?;
    let depth = if context.flags.no_color { Depth::Mono } else { Depth::detect(|name| std::env::var(name).ok()) };
    let light = if config.theme == "auto" { terminal::is_light(PATIENCE) } else { None };
    let name = Theme::choose(&config.theme, light, depth).to_owned();
    let theme =
        Theme::load(&name, Some(&context.paths.themes_folder()), depth).map_err(|e| UsageError(e.to_string()))?;
    Ok(Settings {
        keymap: Arc::new(keymap),
        theme: Arc::new(theme),
        borders: if config.borders == "ascii" { Borders::Ascii } else { Borders::Unicode },
        reviewer: context.reviewer(wish.reviewer.as_deref()),
        causes: causes::all(own_causes),
        here: std::path::absolute(context.here())?,
        start_run: wish.demo,
    })
}
