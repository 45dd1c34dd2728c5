//! What the audit screen says, as rows of cells.

use super::Audit;
use crate::review::audit::{PlanAudit, PlanRates};
use crate::review::cleaned::clean_line;
use crate::review::kappa::{Kappa, People};
use crate::review::plan::DEFAULT_SIZE;
use crate::review::plot::{percent, scale, told, whisker};
use crate::review::stratified::Estimate;
use crate::tui::action::Action;
use crate::tui::text;
use crate::tui::theme::Meaning;

/// A piece of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What it says, clean.
    pub text: String,
    /// How it looks.
    pub meaning: Meaning,
    /// Columns that it is given; of 0, as many as it takes.
    pub columns: u16,
    /// Whether it stands at the right of its columns.
    pub right: bool,
}

/// A part of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its title.
    pub title: &'static str,
    /// Facts beside the title.
    pub facts: String,
    /// Whether it stands in the second column where there is one.
    pub beside: bool,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

impl Section {
    /// Rows inside its border.
    pub fn height(&self) -> u16 {
        u16::try_from(self.rows.len()).unwrap_or(u16::MAX)
    }
}

fn cell(text: impl AsRef<str>, meaning: Meaning, columns: u16) -> Cell {
    Cell { text: clean_line(text.as_ref()), meaning, columns, right: false }
}

fn number(text: impl AsRef<str>, columns: u16) -> Cell {
    Cell { right: true, ..cell(text, Meaning::Text, columns) }
}

fn said(text: impl AsRef<str>) -> Vec<Cell> {
    vec![cell(text, Meaning::Muted, 0)]
}

/// Columns of names.
const NAME: u16 = 19;
/// Columns of an estimate with its interval.
const RATE: u16 = 19;

/// Everything that is to be said, in `width` columns of the terminal; `hint` gives the keys of an action.
pub fn sections(audit: &Audit, width: u16, hint: &dyn Fn(Action) -> String) -> Vec<Section> {
    let section = |title, rows| Section { title, facts: String::new(), beside: false, rows };
    let Some(found) = &audit.found else {
        return vec![section("audit", vec![said(if audit.loading { "reading…" } else { "nothing was read" })])];
    };
    let inside = if width < super::TWO { width } else { width / 2 }.saturating_sub(4);
    let Some(plan) = &found.plan else {
        let mut rows = vec![
            said("How often is the verifier wrong? Judge some of its verdicts, drawn at random,"),
            said("and its rates over all pairs follow, with intervals. No plan is drawn yet."),
            Vec::new(),
        ];
        rows.push(vec![
            cell(hint(Action::PlanDraw), Meaning::Key, 6),
            cell(format!("draws {DEFAULT_SIZE} pairs at random from all that are stored"), Meaning::Text, 0),
        ]);
        rows.push(vec![
            cell(hint(Action::PlanBlind), Meaning::Key, 6),
            cell("the same, and verdicts are hidden until you have judged", Meaning::Text, 0),
        ]);
        rows.push(said("      loong audit plan --width 0.02   has more to choose"));
        let mut sections = vec![section("audit", rows)];
        sections.extend(people(&found.people));
        return sections;
    };
    let mut sections = vec![progress(plan, inside, hint), rates(plan, inside), confusion(plan)];
    let errs = |r: &PlanRates| [r.false_negative, r.false_positive];
    let parts =
        |title, rates: &[PlanRates]| parts(title, ["false negatives, %", "false positives, %"], rates, errs, inside);
    sections.push(parts("by domain", &plan.by_domain));
    sections.push(by_tier(&plan.by_tier, inside));
    let seen: Vec<PlanRates> = [("hidden", &plan.hidden), ("in sight", &plan.in_sight)]
        .into_iter()
        .filter_map(|(name, r)| Some(PlanRates { name: name.to_owned(), ..r.clone()? }))
        .collect();
    if !seen.is_empty() {
        sections.push(parts("verdict while judging", &seen));
    }
    sections.extend(leniencies(plan, inside));
    sections.push(needed(plan));
    sections.extend(people(&found.people));
    sections
}

fn progress(plan: &PlanAudit, inside: u16, hint: &dyn Fn(Action) -> String) -> Section {
    let columns = usize::from(inside.saturating_sub(24).clamp(8, 40));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "columns")]
    let full = (plan.progress() * columns as f64).floor() as usize;
    let bar = u16::try_from(columns).unwrap_or(8);
    let mut rows = vec![vec![
        cell(format!("{}/{} judged", plan.judged, plan.planned), Meaning::Text, NAME),
        cell("█".repeat(full.min(columns)), Meaning::Gauge, u16::try_from(full.min(columns)).unwrap_or(bar)),
        cell("░".repeat(columns - full.min(columns)), Meaning::GaugeRest, 0),
    ]];
    let from = if plan.filter.is_empty() { "all".to_owned() } else { plan.filter.clone() };
    rows.push(said(format!(
        "{} of {from} · {} strata · rng_seed {}",
        text::some(plan.pairs, "pair"),
        plan.strata,
        plan.rng_seed
    )));
    let left_out: Vec<String> = [
        (plan.cant_tell, "can't tell"),
        (plan.contested, "contested"),
        (plan.changed, "with another verdict by now"),
        (plan.overall.merged as u64, "strata without a judgement"),
    ]
    .iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"))
    .collect();
    if !left_out.is_empty() {
        rows.push(said(left_out.join(" · ")));
    }
    let next = if plan.judged < plan.planned {
        vec![cell(hint(Action::PlanNext), Meaning::Key, 3), cell("judges the next pair", Meaning::Text, 0)]
    } else {
        vec![cell(hint(Action::PlanDraw), Meaning::Key, 3), cell("all are judged; enlarges the plan", Meaning::Text, 0)]
    };
    rows.push(next);
    let facts = if plan.blind { "blind" } else { "verdicts in sight" };
    Section { title: "plan", facts: facts.to_owned(), beside: false, rows }
}

/// A name, what it rests on, its interval told and, where there is room, drawn.
fn interval(name: &str, meaning: Meaning, e: &Estimate, scale: f64, inside: u16) -> Vec<Cell> {
    let mut row = vec![cell(name, meaning, NAME), number(e.n.to_string(), 6), number(told(e), RATE)];
    let room = drawn(inside);
    if room > 0 {
        row.push(cell("", Meaning::Text, 2));
        row.push(cell(whisker(e, scale, usize::from(room)), Meaning::Accent, 0));
    }
    row
}

/// Columns for an interval drawn; 0 where there is no room for one.
fn drawn(inside: u16) -> u16 {
    let room = inside.saturating_sub(NAME + 6 + RATE + 2);
    if room >= 9 { room.min(40) } else { 0 }
}

fn rates(plan: &PlanAudit, inside: u16) -> Section {
    let r = &plan.overall;
    let errors = scale([r.false_negative, r.false_negative_undecided, r.false_positive]);
    let mut head = vec![
        cell("", Meaning::Muted, NAME),
        Cell { right: true, ..cell("judged", Meaning::Muted, 6) },
        Cell { right: true, ..cell("% [95 % interval]", Meaning::Muted, RATE) },
    ];
    if drawn(inside) > 0 {
        head.push(cell(format!("  0 … {}", percent(errors)), Meaning::Muted, 0));
    }
    let mut rows = vec![head];
    for (name, meaning, e) in [
        ("false negatives", Meaning::Different, r.false_negative),
        ("  undecided of them", Meaning::Undecided, r.false_negative_undecided),
        ("false positives", Meaning::Equivalent, r.false_positive),
    ] {
        rows.push(interval(name, meaning, &e, errors, inside));
    }
    for (name, e) in [("precision", r.precision), ("recall", r.recall), ("truly equivalent", r.prevalence)] {
        rows.push(interval(name, Meaning::Text, &e, 1.0, inside));
    }
    Section { title: "rates of all pairs", facts: String::new(), beside: false, rows }
}

fn confusion(plan: &PlanAudit) -> Section {
    let head = |text, meaning| Cell { right: true, ..cell(text, meaning, 13) };
    let mut rows = vec![vec![
        cell("", Meaning::Muted, 12),
        head("= equivalent", Meaning::Equivalent),
        head("≠ different", Meaning::Different),
        head("? undecided", Meaning::Undecided),
    ]];
    for (name, meaning, row) in [
        ("= equivalent", Meaning::Equivalent, plan.truly_equivalent),
        ("≠ different", Meaning::Different, plan.truly_different),
    ] {
        let mut cells = vec![cell(name, meaning, 12)];
        cells.extend([row.equivalent, row.different, row.undecided].map(|n| number(format!("{n:.0}"), 13)));
        rows.push(cells);
    }
    Section { title: "confusion", facts: "people ↓ · verifier →, estimated pairs".to_owned(), beside: false, rows }
}

fn by_tier(rates: &[PlanRates], inside: u16) -> Section {
    let wrong = |r: &PlanRates| [r.missed, r.precision.complement()];
    parts("by tier", ["wrongly not =, %", "wrongly =, %"], rates, wrong, inside)
}

/// Two rates of each part.
fn parts(
    title: &'static str,
    heads: [&str; 2],
    rates: &[PlanRates],
    of: impl Fn(&PlanRates) -> [Estimate; 2],
    inside: u16,
) -> Section {
    // The name gives way where the room is short.
    let name = inside.saturating_sub(6 + 2 * RATE).clamp(8, NAME);
    let head = |text, columns| Cell { right: true, ..cell(text, Meaning::Muted, columns) };
    let mut rows =
        vec![vec![cell("", Meaning::Muted, name), head("judged", 6), head(heads[0], RATE), head(heads[1], RATE)]];
    for r in rates {
        let [first, second] = of(r);
        let shown = if r.name.is_empty() { "(unknown)" } else { &r.name };
        rows.push(vec![
            cell(shown, Meaning::Text, name),
            number(r.judged.to_string(), 6),
            number(told(&first), RATE),
            number(told(&second), RATE),
        ]);
    }
    Section { title, facts: String::new(), beside: true, rows }
}

fn leniencies(plan: &PlanAudit, inside: u16) -> Option<Section> {
    if plan.by_leniency.is_empty() {
        return None;
    }
    let scale = scale(plan.by_leniency.iter().map(|l| l.wrong));
    let rows =
        plan.by_leniency.iter().map(|l| interval(l.name.as_str(), Meaning::Text, &l.wrong, scale, inside)).collect();
    Some(Section { title: "by leniency", facts: "wrongly equivalent, %".to_owned(), beside: true, rows })
}

fn needed(plan: &PlanAudit) -> Section {
    let rows = plan
        .needed
        .iter()
        .map(|n| {
            vec![
                cell(format!("±{} points", n.half_width * 100.0), Meaning::Text, NAME),
                number(n.more.to_string(), 8),
                cell(" more judgements", Meaning::Muted, 0),
            ]
        })
        .collect();
    Section { title: "for both rates within", facts: String::new(), beside: false, rows }
}

fn people(people: &People) -> Option<Section> {
    if people.reviewers.len() < 2 {
        return None;
    }
    let line = |name: String, k: &Kappa| {
        let kappa = k.estimate.map_or_else(|| "–".to_owned(), |e| format!("{e:.2} [{:.2}, {:.2}]", k.low, k.high));
        vec![
            cell(name, Meaning::Human, NAME),
            number(k.n.to_string(), 6),
            number(kappa, RATE),
            cell(format!("  {} agree", percent(k.agreement)), Meaning::Muted, 0),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = people
        .cohen
        .iter()
        .map(|two| line(format!("{}, {}", two.reviewers[0], two.reviewers[1]), &two.kappa))
        .collect();
    match &people.fleiss {
        Some(all) => rows.push(line("all (Fleiss)".to_owned(), all)),
        None => rows.push(said("no pair was judged by two of them")),
    }
    Some(Section { title: "agreement of reviewers", facts: "κ [95 % interval]".to_owned(), beside: true, rows })
}
