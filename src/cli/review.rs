//! stub
use super::{Context, Exit};
use clap::Args;
#[derive(Debug, Args)]
pub(super) struct ReviewArgs {
    pub(super) filter: Vec<String>,
    #[arg(long)]
    pub(super) plain: bool,
    #[arg(long)]
    pub(super) blind: bool,
    #[arg(long)]
    pub(super) reviewer: Option<String>,
}
pub(super) fn plain(_: &Context, _: &ReviewArgs) -> anyhow::Result<Exit> {
    todo!()
}
