//! What `loong stats --audit` and `loong merge` tell of several people and several verifiers.

use serde::Serialize;

use super::stats::with_interval;
use super::table::{Align, Table, wrapped};
use crate::review::causes::{self, CauseCount};
use crate::review::cleaned::clean_line;
use crate::review::panel::{Panel, PanelSummary};
use crate::review::people::People;
use crate::store::filter::Filter;
use crate::store::{Reader, StoreError};

/// The people, causes and other verifiers of an audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Others {
    /// Reviewers, and how they agree.
    pub people: People,
    /// Why the verifier erred.
    pub causes: Vec<CauseCount>,
    /// Verifiers beside ours; `None` where there is none.
    pub panel: Option<PanelSummary>,
}

impl Others {
    /// Those of the candidates that a filter takes.
    pub(super) fn of(reader: &Reader, filter: &Filter) -> Result<Self, StoreError> {
        let opinions = reader.opinions(filter)?;
        let mut panel = Panel::default();
        reader.panel(filter, |row| panel.add(&row))?;
        Ok(Self { people: People::of(&opinions), causes: causes::counts(&opinions), panel: panel.summary() })
    }

    /// As text; nothing where there is nothing to tell.
    pub fn render(&self, width: usize) -> Vec<String> {
        [causes_table(&self.causes, width), self.panel.as_ref().map(|p| panel_tables(p, width)).unwrap_or_default(), {
            if self.people.reviewers.len() > 1 { reviewers(&self.people, width) } else { String::new() }
        }]
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect()
    }
}

fn causes_table(causes: &[CauseCount], width: usize) -> String {
    if causes.is_empty() {
        return String::new();
    }
    let mut table =
        Table::new(&[("cause", Align::Left), ("false negatives", Align::Right), ("false positives", Align::Right)]);
    for count in causes {
        let name = if count.cause.is_empty() { "(not named)".to_owned() } else { clean_line(&count.cause) };
        table.row([name, count.false_negatives.to_string(), count.false_positives.to_string()]);
    }
    format!("Overridden pairs by cause\n{}", table.render(width))
}

fn panel_tables(panel: &PanelSummary, width: usize) -> String {
    let mut members = Table::new(&[
        ("verifier", Align::Left),
        ("pairs", Align::Right),
        ("errors", Align::Right),
        ("judged", Align::Right),
        ("= said =", Align::Right),
        ("= said ≠", Align::Right),
        ("= said ?", Align::Right),
        ("≠ said =", Align::Right),
        ("≠ said ≠", Align::Right),
        ("≠ said ?", Align::Right),
    ]);
    let mut rates = Table::new(&[
        ("verifier", Align::Left),
        ("false negatives", Align::Right),
        ("false positives", Align::Right),
        ("precision", Align::Right),
    ]);
    for member in &panel.members {
        let (r, name) = (&member.rates, clean_line(&member.name));
        let (same, unlike) = (r.confusion.truly_equivalent, r.confusion.truly_different);
        let numbers = [
            member.pairs,
            member.errors,
            r.pairs,
            same.equivalent,
            same.different,
            same.undecided,
            unlike.equivalent,
            unlike.different,
            unlike.undecided,
        ];
        members.row([name.clone()].into_iter().chain(numbers.map(|n| n.to_string())));
        rates.row([
            name,
            with_interval(&r.false_negative),
            with_interval(&r.false_positive),
            with_interval(&r.precision),
        ]);
    }
    let mut couples = Table::new(&[
        ("two verifiers", Align::Left),
        ("both =", Align::Right),
        ("both ≠", Align::Right),
        ("first = only", Align::Right),
        ("second = only", Align::Right),
        ("not told", Align::Right),
        ("same, %", Align::Right),
    ]);
    for couple in &panel.couples {
        let c = couple.counts;
        let numbers = [c.both_equivalent, c.both_different, c.only_first, c.only_second, c.untold];
        couples.row(
            [format!("{} · {}", clean_line(&couple.first), clean_line(&couple.second))]
                .into_iter()
                .chain(numbers.map(|n| n.to_string()))
                .chain([with_interval(&couple.same)]),
        );
    }
    let basis = "Verifiers side by side, over the pairs that another one was given. `= said ≠`: people judged equivalent, \
                 it said different.";
    let disputed = match panel.disputed {
        0 => "No two of them disagree about a pair.".to_owned(),
        n => {
            format!("{n} pairs are disputed: `loong review 'second.disagrees:yes sort:suspicious'` goes through them.")
        }
    };
    format!(
        "{}{}\n{}\n{}{}",
        wrapped(basis, width),
        members.render(width),
        rates.render(width),
        couples.render(width),
        wrapped(&disputed, width)
    )
}

/// Reviewers, and how they agree; nothing where nobody judged.
pub(super) fn reviewers(people: &People, width: usize) -> String {
    if people.reviewers.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[
        ("reviewer", Align::Left),
        ("pairs judged", Align::Right),
        ("blind", Align::Right),
        ("can't tell", Align::Right),
    ]);
    for r in &people.reviewers {
        table.row([clean_line(&r.name), r.judged.to_string(), r.blind.to_string(), r.cant_tell.to_string()]);
    }
    let mut text = table.render(width);
    if !people.accords.is_empty() {
        let mut accords =
            Table::new(&[("two reviewers", Align::Left), ("pairs", Align::Right), ("same, %", Align::Right)]);
        for a in &people.accords {
            let names = format!("{} · {}", clean_line(&a.one), clean_line(&a.other));
            accords.row([names, a.same.n.to_string(), with_interval(&a.same)]);
        }
        text.push('\n');
        text.push_str(&accords.render(width));
    }
    text
}
