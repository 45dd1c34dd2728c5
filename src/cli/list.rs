//! `loong list`: candidates by filter, a line each.

use clap::Args;

use super::table::{Align, Table};
use super::{Context, Exit, output, unread};
use crate::store::filter::{Filter, Sort};
use crate::store::record::Curation;
use crate::store::{OpenMode, Unread};
use crate::words::some;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong list verdict:different\n  loong list 'kind:code_timeout or kind:code_memory'\n  \
                        loong list 'sort:suspicious -reviewer:me'      most suspicious first, of the undecided\n  \
                        loong list 'domain:logic -verdict:equivalent text~\"knight\"' --json\n\n\
                        What this version cannot read is left out and named (exit 1)."
)]
pub(super) struct ListArgs {
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 100)]
    most: usize,
    /// The other way round: newest first
    #[arg(short, long)]
    reverse: bool,
    /// Print the fields that a filter can name, with a sentence each
    #[arg(long)]
    fields: bool,
}

pub(super) fn run(context: &Context, args: &ListArgs) -> anyhow::Result<Exit> {
    if args.fields {
        for field in crate::store::filter::fields() {
            output::print(&format!("{:<14} {}\n", field.name, field.doc))?;
        }
        return Ok(Exit::Done);
    }
    let filter = Filter::parse(&args.filter.join(" "))?.asked_by(&context.reviewer(None));
    context.freshen(&filter)?;
    let (_, store) = context.store(OpenMode::ReadOnly)?;
    let reader = store.reader()?;
    let total = reader.count(&filter)?;
    let (mut after, mut left, mut unread) = (None, args.most, Unread::default());
    let mut ordered = match filter.sort() {
        Sort::Number => None,
        _ => Some(reader.ordered(&filter)?.into_iter()),
    };
    let why = matches!(filter.sort(), Sort::Suspicious) || filter.asks("suspicion");
    let mut table = Table::new(&[
        ("id", Align::Right),
        ("verdict", Align::Left),
        ("domain", Align::Left),
        ("person", Align::Left),
        (if filter.sort() == Sort::Suspicious { "why" } else { "question" }, Align::Left),
    ]);
    while left > 0 {
        let (page, lost) = match &mut ordered {
            Some(ids) => {
                let some = left.min(500);
                let ids: Vec<i64> =
                    if args.reverse { ids.rev().take(some).collect() } else { ids.take(some).collect() };
                if ids.is_empty() {
                    break;
                }
                reader.rows(&ids)?
            }
            None => reader.page(&filter, after, left.min(500), args.reverse)?,
        };
        unread.add(lost);
        match page.last() {
            Some(last) => (after, left) = (Some(last.id), left - page.len().min(left)),
            None if ordered.is_none() => break,
            None => {}
        }
        for row in &page {
            if context.flags.json {
                output::print_json(row)?;
                continue;
            }
            let what = match (&row.failure, row.verdict) {
                // Several verdicts: what they amount to, or else a row found for its second one would seem out of place.
                (_, Some(_)) if row.responses > 1 => format!("  {} · {} responses", row.standing, row.responses),
                (_, Some(verdict)) => format!("{} {verdict}", verdict.glyph()),
                (Some(failure), None) => format!("  {}", failure.kind),
                (None, None) => String::new(),
            };
            let said = row.curation.map(Curation::as_str).or(row.judged.then_some("judged"));
            let said: Vec<&str> = said.into_iter().chain(row.revised.then_some("revised")).collect();
            let person = said.join(", ");
            let about = match reader.suspicions(row.id) {
                Ok(found) if why && !found.is_empty() => {
                    found.iter().map(|s| s.sentence()).collect::<Vec<_>>().join("; ")
                }
                _ => output::short(&row.title, 80),
            };
            table.row([row.id.to_string(), what, row.domain.clone(), person, about]);
        }
    }
    if !context.flags.json {
        if !table.is_empty() {
            output::print(&table.render(output::width()))?;
        }
        let shown = total.min(args.most as u64);
        context.say(&if shown < total {
            format!("{shown} of {total}; -n shows more")
        } else {
            some(total, "candidate")
        });
    }
    Ok(unread::told(&unread))
}
