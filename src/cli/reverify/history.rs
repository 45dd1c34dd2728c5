//! `loong reverify --history`: versions that were applied.

use crate::cli::table::{Align, Table};
use crate::cli::{Context, Exit, output};
use crate::store::Store;

pub(super) fn print(context: &Context, store: &Store) -> anyhow::Result<Exit> {
    let versions = store.reader()?.versions()?;
    if context.flags.json {
        for version in &versions {
            output::print_json(version)?;
        }
        return Ok(Exit::Done);
    }
    if versions.is_empty() {
        output::print("No version has been applied yet; `loong reverify --apply` makes the present rules one.\n")?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&[
        ("begun", Align::Left),
        ("version", Align::Left),
        ("who", Align::Left),
        ("state", Align::Left),
        ("pairs", Align::Right),
        ("flips", Align::Right),
        ("filter", Align::Left),
        ("why", Align::Left),
    ]);
    for version in &versions {
        table.row([
            version.begun_at.get(..16).unwrap_or(&version.begun_at).replace('T', " "),
            version.version.clone(),
            version.reviewer.clone(),
            version.state.to_string(),
            version.pairs.to_string(),
            version.flips.to_string(),
            version.filter.clone(),
            version.note.clone().unwrap_or_default(),
        ]);
    }
    output::print(&table.render(output::width()))?;
    Ok(Exit::Done)
}
