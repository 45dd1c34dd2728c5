//! `loong seeds import` and `pull`: seeds of other people's files, and of the hub.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::progress::Meter;
use super::{Context, Exit, UsageError, output};
use crate::dataset::import::{Columns, Room, mapping, rows, seed};
use crate::dataset::{Datapoint, domain_slug, put_whole_by, write_json};
use crate::hub::{HUB, Hub, Listed};
use crate::paths::is_precious;

/// Memory that rows may take unless more is asked for, in MB: some hundred thousand problems with solutions.
const MAX_MB: u32 = 1000;
/// What seed files end in.
const KINDS: [&str; 6] = [".json", ".jsonl", ".ndjson", ".parquet", ".csv", ".tsv"];

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong seeds import problems.csv --map final_answer=gold --domain logic\n  \
                        loong seeds import data/ --to seeds/theirs.json --license CC-BY-4.0\n\n\
                        Read are JSON, JSON Lines, CSV (between commas, semicolons, tabs or bars; UTF-8, or UTF-16 with its \
                        mark), TSV, Parquet however packed, and folders of these. Columns that are no field become \
                        metadata. The mapping is told before anything is written; --dry-run writes nothing.")]
pub(super) struct ImportArgs {
    /// Files or folders
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Which column a field is read from; fields are those of a seed: `question`, `rationale`, `final_answer`, `metadata`
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Domain of seeds that name none
    #[arg(long, value_name = "D")]
    domain: Option<String>,
    /// Licence of seeds that name none
    #[arg(long, value_name = "L")]
    license: Option<String>,
    /// The seed file to write
    #[arg(long, value_name = "FILE", default_value = "imported-seeds.json")]
    to: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    overwrite: bool,
    /// Memory that the rows may take, in MB: a small Parquet file can hold a great deal
    #[arg(long, value_name = "N", default_value_t = MAX_MB, value_parser = clap::value_parser!(u32).range(1..))]
    max_mb: u32,
    /// Show the mapping and the first seed, and write nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong seeds pull camel-ai/loong\n  loong seeds pull camel-ai/loong --revision 1f2e… --to seeds/loong.json\n\n\
                        The revision is settled to a commit and kept beside the files; what broke off goes on; hashes are checked. \
                        HF_TOKEN in the environment is sent along, HF_ENDPOINT names another hub."
)]
pub(super) struct PullArgs {
    /// Owner and name of the dataset
    #[arg(value_name = "REPO")]
    repo: String,
    /// Branch, tag or commit
    #[arg(long, value_name = "R", default_value = "main")]
    revision: String,
    /// Which column a field is read from
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Only files whose path has this in it
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// The seed file to write [default: seeds-NAME.json]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    overwrite: bool,
    /// Memory that the rows may take, in MB
    #[arg(long, value_name = "N", default_value_t = MAX_MB, value_parser = clap::value_parser!(u32).range(1..))]
    max_mb: u32,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, column) = text.split_once('=').ok_or("a field and its column, such as final_answer=gold")?;
    Ok((field.trim().to_owned(), column.trim().to_owned()))
}

pub(super) fn import(context: &Context, args: &ImportArgs) -> anyhow::Result<Exit> {
    let to = context.here().join(&args.to);
    let (mut files, mut seen) = (Vec::new(), HashSet::new());
    for path in &args.files {
        collect(&context.here().join(path), &mut seen, &mut files)?;
    }
    // What was written by an earlier import is none of its own sources.
    files.retain(|file| *file != to);
    if files.is_empty() {
        return Err(UsageError(format!("there is no file to read; names end in {}", KINDS.join(", "))).into());
    }
    let mut beside = Map::new();
    if let Some(domain) = &args.domain {
        beside.insert("domain".to_owned(), json!(domain_slug(domain)));
    }
    if let Some(license) = &args.license {
        beside.insert("license".to_owned(), json!(license));
    }
    let read = read(context, &files, &args.map, &beside, args.max_mb)?;
    if args.dry_run {
        if let Some(first) = read.seeds.first() {
            output::print(&format!("{}\n", serde_json::to_string_pretty(&first.to_value())?))?;
        }
        context.say(&format!("{} seeds would be written to {}", read.seeds.len(), to.display()));
        return Ok(if read.bad == 0 { Exit::Done } else { Exit::Failed });
    }
    keep(context, &read, &to, args.overwrite)
}

/// Files of the kinds that are read, below a path. Hidden ones are somebody's working files, unless they were named; a folder
/// that was `seen`, as through a link to what it is in, is not gone through again.
fn collect(path: &Path, seen: &mut HashSet<PathBuf>, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let unreadable = |e: std::io::Error| anyhow::anyhow!("{} can't be read: {e}", path.display());
    if !seen.insert(path.canonicalize().map_err(unreadable)?) {
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let mut below: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    below.sort();
    for path in below {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.starts_with('.') && (path.is_dir() || is_of_kind(name)) {
            collect(&path, seen, files)?;
        }
    }
    Ok(())
}

fn is_of_kind(name: &str) -> bool {
    !name.starts_with('.') && KINDS.iter().any(|kind| name.to_lowercase().ends_with(kind))
}

/// Seeds that were read, and how many rows were not.
struct Read {
    seeds: Vec<Datapoint>,
    bad: usize,
    doubles: usize,
}

fn read(
    context: &Context,
    files: &[PathBuf],
    map: &[(String, String)],
    beside: &Columns,
    max_mb: u32,
) -> anyhow::Result<Read> {
    let mut room = Room::new(u64::from(max_mb) << 20);
    let mut all = Read { seeds: Vec::new(), bad: 0, doubles: 0 };
    let mut ids = HashSet::new();
    let mut told = String::new();
    for file in files {
        let (rows, bad) = rows(file, &mut room).map_err(UsageError)?;
        let mut left_out = |why: String| {
            all.bad += 1;
            eprintln!("{}", output::line(&format!("left out: {why}")));
        };
        for row in &bad {
            left_out(row.to_string());
        }
        if rows.is_empty() {
            continue;
        }
        let mapped = mapping(&rows, map).map_err(|why| UsageError(format!("{}: {why}", file.display())))?;
        let mut now = String::new();
        for one in &mapped {
            let column = one.column.as_deref().unwrap_or("(none)");
            let _ = write!(now, "{}{} ← {column}", if now.is_empty() { "" } else { ", " }, one.field);
        }
        if now != told {
            context.say(&format!("{}: {now}", file.display()));
            told = now;
        }
        // A folder named for a domain says the domain of what is in it.
        let folder = file.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
        for (nth, row) in rows.into_iter().enumerate() {
            match seed(row, &mapped, beside) {
                Ok(made) => {
                    let made = if made.domain().is_empty() { named_by(made, folder) } else { made };
                    if ids.insert(made.id.clone()) {
                        all.seeds.push(made);
                    } else {
                        all.doubles += 1;
                    }
                }
                Err(why) => left_out(format!("{}, row {}: it {why}", file.display(), nth + 1)),
            }
        }
    }
    Ok(all)
}

/// The seed with its folder's domain, where that is one of Loong's.
fn named_by(mut seed: Datapoint, folder: &str) -> Datapoint {
    let slug = domain_slug(folder);
    if crate::dataset::DOMAINS.iter().any(|domain| *domain == slug) {
        seed.metadata.insert("domain".to_owned(), Value::String(slug));
    }
    seed
}

/// Writes seeds to a file that is there whole or not at all.
fn write(seeds: &[Datapoint], to: &Path) -> std::io::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    put_whole_by(to, |file| write_json(file, seeds))
}

fn keep(context: &Context, read: &Read, to: &Path, overwrite: bool) -> anyhow::Result<Exit> {
    if read.seeds.is_empty() {
        return Err(UsageError(
            "no row makes a seed, and nothing was written; --map says which column is which field".to_owned(),
        )
        .into());
    }
    if to.exists() && !overwrite {
        return Err(
            UsageError(format!("{} is there; --overwrite writes over it, --to names another", to.display())).into()
        );
    }
    if is_precious(to) {
        let message = format!("{} is a store or a project's own file, and is not written over", to.display());
        return Err(UsageError(message).into());
    }
    write(&read.seeds, to).map_err(|e| anyhow::anyhow!("{} can't be written: {e}", to.display()))?;
    let told = json!({"written": read.seeds.len(), "left_out": read.bad, "doubles": read.doubles, "to": to.display().to_string()});
    if context.flags.json {
        output::print_json(&told)?;
    } else {
        let mut text = format!("{} seeds written to {}", read.seeds.len(), output::line(&to.display().to_string()));
        if read.doubles > 0 {
            let _ = write!(text, ", {} doubles left out", read.doubles);
        }
        if read.bad > 0 {
            let _ = write!(text, ", {} rows could not be read", read.bad);
        }
        output::print(&format!("{text}\n"))?;
    }
    let name = to.strip_prefix(context.here()).unwrap_or(to).display();
    context.say(&format!(
        "`loong seeds lint {name}` looks at them; runs use them with run.seeds = [\"{name}\"] in loong.toml"
    ));
    Ok(if read.bad == 0 { Exit::Done } else { Exit::Failed })
}

pub(super) fn pull(context: &Context, args: &PullArgs) -> anyhow::Result<Exit> {
    if context.flags.offline {
        return Err(UsageError("--offline forbids to ask the hub".to_owned()).into());
    }
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let hub = Hub::new(&variable("HF_ENDPOINT").unwrap_or_else(|| HUB.to_owned()), variable("HF_TOKEN"))?;
    let name = args.repo.rsplit('/').next().unwrap_or_default();
    let to = args.to.clone().unwrap_or_else(|| PathBuf::from(format!("seeds-{name}.json")));
    let to = context.here().join(to);
    if to.exists() && !args.overwrite {
        return Err(
            UsageError(format!("{} is there; --overwrite writes over it, --to names another", to.display())).into()
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (listing, files) = runtime.block_on(async {
        let listing = hub.list(&args.repo, &args.revision).await?;
        let wanted: Vec<Listed> = listing
            .files
            .iter()
            .filter(|file| is_of_kind(file.path.rsplit('/').next().unwrap_or_default()))
            .filter(|file| args.only.as_ref().is_none_or(|only| file.path.contains(only)))
            .cloned()
            .collect();
        if wanted.is_empty() {
            let message =
                format!("{} has no file of seeds at {}; names end in {}", args.repo, args.revision, KINDS.join(", "));
            return Err(UsageError(message).into());
        }
        // By commit, so that two revisions never mix and a pull that broke off goes on.
        let folder = context.paths.cache.join("hub").join(args.repo.replace('/', "--")).join(&listing.sha);
        let meter = Meter::new(context.flags.quiet, false);
        let bytes: u64 = wanted.iter().filter_map(|file| file.size).sum();
        context.say(&format!(
            "{} at {}: {} files, {:.1} MB",
            args.repo,
            &listing.sha[..12],
            wanted.len(),
            bytes as f64 / 1e6
        ));
        meter.begin(wanted.len() as u64);
        let mut files = Vec::new();
        for file in &wanted {
            let fetched = hub.fetch(&args.repo, &listing, file, &folder, &mut |_| {}).await?;
            meter.step(if fetched.there { "there" } else { "fetched" });
            files.push(folder.join(&fetched.path));
        }
        meter.finish();
        anyhow::Ok((listing, files))
    })?;
    let mut beside = Map::new();
    beside.insert("source".to_owned(), json!(format!("hf://datasets/{}@{}", args.repo, listing.sha)));
    let read = read(context, &files, &args.map, &beside, args.max_mb)?;
    keep(context, &read, &to, args.overwrite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn hidden_folders_are_left_alone_and_links_in_a_circle_end() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/b", "a/.git", ".cache"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for name in
            ["a/b/one.json", "a/two.csv", "a/notes.md", "a/.git/three.json", ".cache/four.jsonl", "a/.five.json"]
        {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        for name in ["a/b/up", "a/b/up-again", "a/round"] {
            std::os::unix::fs::symlink(folder.path().join("a"), folder.path().join(name)).unwrap();
        }
        let found = |named: &[&str]| {
            let (mut files, mut seen) = (Vec::new(), HashSet::new());
            for name in named {
                collect(&folder.path().join(name), &mut seen, &mut files).unwrap();
            }
            let name = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned();
            files.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(found(&["."]), ["a/b/one.json", "a/two.csv"]);
        // Whoever names them means them.
        assert_eq!(found(&[".cache", "a/.five.json"]), [".cache/four.jsonl", "a/.five.json"]);
    }
}
