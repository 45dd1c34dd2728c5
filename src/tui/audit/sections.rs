//! What the audit screen says, as rows of cells.

use super::Audit;
use crate::review::audit::{PlanAudit, PlanRates};
use crate::review::cleaned::clean_line;
use crate::review::kappa::{Kappa, People};
use crate::review::plan::DEFAULT_SIZE;
use crate::review::plot::{briefly_told, percent, scale, told, whisker};
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

/// Columns of names where figures stand behind them.
const NAME: u16 = 18;
/// Columns of a number of judgements.
const NUMBER: u16 = 6;
/// Columns of an estimate with its interval, told briefly, and a blank one.
const RATE: u16 = 18;
/// Columns of one that is told with all of its digits.
const ROOMY: u16 = 21;
/// Columns of a key.
const KEY: u16 = 6;

/// A text in as many rows as it takes.
fn wrapped(text: impl AsRef<str>, inside: u16) -> Vec<Vec<Cell>> {
    let text = clean_line(text.as_ref());
    text::breaks(&text, usize::from(inside)).into_iter().map(|row| said(&text[row])).collect()
}

/// Facts one after the other, each on one row where it fits.
fn joined(facts: &[String], inside: u16) -> Vec<Vec<Cell>> {
    let mut rows: Vec<String> = Vec::new();
    for fact in facts {
        match rows.last_mut() {
            Some(row) if text::width(row) + 3 + text::width(fact) <= usize::from(inside) => {
                row.push_str(" · ");
                row.push_str(fact);
            }
            _ => rows.push(fact.clone()),
        }
    }
    rows.iter().flat_map(|row| wrapped(row, inside)).collect()
}

/// A key and what it does, in as many rows as that takes.
fn keyed(key: &str, does: &str, inside: u16) -> Vec<Vec<Cell>> {
    let rows = text::breaks(does, usize::from(inside.saturating_sub(KEY)));
    let key = |nth| cell(if nth == 0 { key } else { "" }, Meaning::Key, KEY);
    rows.into_iter().enumerate().map(|(nth, row)| vec![key(nth), cell(&does[row], Meaning::Text, 0)]).collect()
}

/// What stands behind a name. A name that is longer than its columns has rows of its own, and is read whole.
fn named(name: &str, meaning: Meaning, columns: u16, inside: u16, rest: Vec<Cell>) -> Vec<Vec<Cell>> {
    let name = clean_line(name);
    let mut rows = Vec::with_capacity(1);
    let first = if text::width(&name) <= usize::from(columns) {
        name
    } else {
        let broken = text::breaks(&name, usize::from(inside));
        rows.extend(broken.into_iter().map(|row| vec![cell(&name[row], meaning, 0)]));
        String::new()
    };
    rows.push([vec![cell(first, meaning, columns)], rest].concat());
    rows
}

/// Columns for names: as many as the longest takes, where the figures behind them leave so many.
fn name_columns<'a>(names: impl IntoIterator<Item = &'a str>, behind: u16, inside: u16) -> u16 {
    let longest = names.into_iter().map(|name| text::width(&clean_line(name))).max().unwrap_or(0);
    u16::try_from(longest).unwrap_or(u16::MAX).max(NAME).min(inside.saturating_sub(behind))
}

/// Everything that is to be said, in `width` columns of the terminal; `hint` gives the keys of an action.
pub fn sections(audit: &Audit, width: u16, hint: &dyn Fn(Action) -> String) -> Vec<Section> {
    let section = |title, rows| Section { title, facts: String::new(), beside: false, rows };
    let Some(found) = &audit.found else {
        return vec![section("audit", vec![said(if audit.loading { "reading…" } else { "nothing was read" })])];
    };
    let edges = super::edges(width);
    let column = |nth: usize| super::inside(edges[nth], edges[nth + 1]);
    let (inside, beside) = (column(0), column(edges.len() - 2));
    let Some(plan) = &found.plan else {
        let people = people(&found.people, (NAME, beside));
        let inside = if people.is_some() { inside } else { width.saturating_sub(4) };
        let about = "How often is the verifier wrong? Judge some of its verdicts, drawn at random, and its rates over \
                     all pairs follow, with intervals. No plan is drawn yet.";
        let mut rows = wrapped(about, inside);
        rows.push(Vec::new());
        let draws = format!("draws up to {DEFAULT_SIZE} pairs at random from all that are stored");
        rows.extend(keyed(&hint(Action::PlanDraw), &draws, inside));
        let blind = "the same, and verdicts are hidden until you have judged";
        rows.extend(keyed(&hint(Action::PlanBlind), blind, inside));
        rows.push(said("      loong audit plan --width 0.02   has more to choose"));
        let mut sections = vec![section("audit", rows)];
        sections.extend(people);
        return sections;
    };
    let mut sections = vec![progress(plan, inside, hint), rates(plan, inside), confusion(plan)];
    let errs = |r: &PlanRates| [r.false_negative, r.false_positive];
    // Of all of them, so that figures stand under figures.
    let names = plan.by_domain.iter().chain(&plan.by_tier).map(|r| r.name.as_str());
    let name = name_columns(names, NUMBER + 2 * RATE, beside);
    let shape = (name, beside);
    let heads = ["false negatives", "false positives"];
    let parts = |title, rates: &[PlanRates]| parts((title, PERCENT), heads, rates, errs, shape);
    sections.push(parts("by domain", &plan.by_domain));
    sections.push(by_tier(&plan.by_tier, shape));
    let seen: Vec<PlanRates> = [("hidden", &plan.hidden), ("in sight", &plan.in_sight)]
        .into_iter()
        .filter_map(|(name, r)| Some(PlanRates { name: name.to_owned(), ..r.clone()? }))
        .collect();
    if !seen.is_empty() {
        sections.push(parts("verdict while judging", &seen));
    }
    sections.extend(leniencies(plan, shape));
    sections.push(needed(plan));
    sections.extend(people(&found.people, shape));
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
    let pairs = text::some(plan.pairs, "pair");
    let drawn = [
        if plan.filter.is_empty() {
            format!("drawn from all {pairs}")
        } else {
            format!("drawn from {pairs}: {}", plan.filter)
        },
        format!("{} strata: verdict × tier × domain", plan.strata),
        format!("rng_seed {}", plan.rng_seed),
    ];
    rows.extend(joined(&drawn, inside));
    let left_out: Vec<String> = [
        (plan.cant_tell, "can't tell"),
        (plan.contested, "contested"),
        (plan.out_of_turn, "judged out of turn, not counted yet"),
        (plan.changed, "with another verdict by now"),
        (plan.overall.merged as u64, "strata without a judgement yet"),
    ]
    .iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"))
    .collect();
    rows.extend(joined(&left_out, inside));
    let next = if plan.judged < plan.planned {
        vec![cell(hint(Action::PlanNext), Meaning::Key, 3), cell("judges the next pair", Meaning::Text, 0)]
    } else if plan.planned >= plan.pairs {
        vec![cell("every pair is judged: these are the rates", Meaning::Muted, 0)]
    } else {
        vec![cell(hint(Action::PlanDraw), Meaning::Key, 3), cell("all are judged; enlarges the plan", Meaning::Text, 0)]
    };
    rows.push(next);
    let facts = if plan.blind { "blind" } else { "verdicts in sight" };
    Section { title: "plan", facts: facts.to_owned(), beside: false, rows }
}

/// An estimate in so many columns, with the digits that they hold.
fn estimate(e: &Estimate, columns: u16) -> Cell {
    number(if columns < ROOMY { briefly_told(e) } else { told(e) }, columns)
}

/// What an estimate rests on, its interval told and, where there is room, drawn.
fn interval(e: &Estimate, scale: f64, (rate, room): (u16, u16)) -> Vec<Cell> {
    let mut row = vec![number(e.n.to_string(), NUMBER), estimate(e, rate)];
    if room > 0 && e.estimate.is_some() {
        row.push(cell("", Meaning::Text, BEFORE_DRAWN));
        row.push(cell(whisker(e, scale, usize::from(room)), Meaning::Accent, 0));
    }
    row
}

/// What stands over such rows.
fn interval_head(name: u16, head: &str, whole: f64, (rate, room): (u16, u16)) -> Vec<Cell> {
    let right = |text: &str, columns| Cell { right: true, ..cell(text, Meaning::Muted, columns) };
    let mut row = vec![cell("", Meaning::Muted, name), right("judged", NUMBER), right(head, rate)];
    if room > 0 {
        let most = usize::from(room) - 1;
        row.push(cell("", Meaning::Muted, BEFORE_DRAWN));
        row.push(cell(format!("0{:>most$}", percent(whole)), Meaning::Muted, 0));
    }
    row
}

/// Columns of what stands over intervals, or in the place of one.
const HEAD: usize = "none judged".len();
/// Columns between an interval and the same drawn.
const BEFORE_DRAWN: u16 = 2;

/// Columns of intervals told behind a name, and of the same drawn; 0 where there is no room for that.
fn rate_and_drawn<'a>(name: u16, inside: u16, told: impl Iterator<Item = &'a Estimate>) -> (u16, u16) {
    let rate = if inside < name + NUMBER + 2 * ROOMY {
        // No more than these take: what is drawn tells little in few columns.
        let widest = told.map(|e| text::width(&briefly_told(e))).chain([HEAD]).max().unwrap_or(0);
        u16::try_from(widest).unwrap_or(u16::MAX).saturating_add(2).min(RATE)
    } else {
        ROOMY
    };
    let room = inside.saturating_sub(name + NUMBER + rate + BEFORE_DRAWN);
    (rate, if room >= 8 { room.min(40) } else { 0 })
}

/// How rates are told.
const PERCENT: &str = "% [95 % interval]";

fn rates(plan: &PlanAudit, inside: u16) -> Section {
    let r = &plan.overall;
    // One scale for all that stands under it.
    let rates = [
        ("false negatives", r.false_negative),
        ("  undecided", r.false_negative_undecided),
        ("false positives", r.false_positive),
        ("precision", r.precision),
        ("recall", r.recall),
        ("truly equivalent", r.prevalence),
    ];
    let whole = scale(rates.iter().map(|(_, e)| *e));
    let columns = rate_and_drawn(NAME, inside, rates.iter().map(|(_, e)| e));
    let mut rows = vec![interval_head(NAME, "estimated", whole, columns)];
    for (name, e) in rates {
        let figures = match e.estimate {
            // Pairs were judged, but none that it could be told from.
            None if e.n > 0 => vec![number("", NUMBER), number("none judged", columns.0)],
            _ => interval(&e, whole, columns),
        };
        rows.extend(named(name, Meaning::Text, NAME, inside, figures));
    }
    Section { title: "rates of all pairs", facts: PERCENT.to_owned(), beside: false, rows }
}

fn confusion(plan: &PlanAudit) -> Section {
    let head = |text, meaning| Cell { right: true, ..cell(text, meaning, 13) };
    let mut rows = vec![vec![
        cell("", Meaning::Muted, 12),
        head("= equivalent", Meaning::Equivalent),
        head("≠ different", Meaning::Different),
        head("? undecided", Meaning::Undecided),
    ]];
    // Where no undecided pair was judged, what the estimate shares out among them is nobody's word.
    let judged = plan.overall.false_negative_undecided.estimate.is_some();
    for (name, meaning, row) in [
        ("= equivalent", Meaning::Equivalent, plan.truly_equivalent),
        ("≠ different", Meaning::Different, plan.truly_different),
    ] {
        let mut cells = vec![cell(name, meaning, 12)];
        cells.extend([row.equivalent, row.different].map(|n| number(format!("{n:.0}"), 13)));
        cells
            .push(number(if judged { format!("{:.0}", row.undecided) } else { format!("({:.0})", row.undecided) }, 13));
        rows.push(cells);
    }
    if !judged {
        rows.push(vec![cell("( ) estimated alone: no undecided pair is judged", Meaning::Muted, 0)]);
    }
    Section { title: "confusion", facts: "people ↓ verifier → · estimated pairs".to_owned(), beside: false, rows }
}

fn by_tier(rates: &[PlanRates], shape: (u16, u16)) -> Section {
    let wrong = |r: &PlanRates| [r.missed, r.precision.complement()];
    parts(("by tier", "of its verdicts, % [95 % interval]"), ["wrongly not =", "wrongly ="], rates, wrong, shape)
}

/// Two rates of each part; names have so many columns of all that there are.
fn parts(
    (title, facts): (&'static str, &str),
    heads: [&str; 2],
    rates: &[PlanRates],
    of: impl Fn(&PlanRates) -> [Estimate; 2],
    (name, inside): (u16, u16),
) -> Section {
    let shown = |r: &PlanRates| if r.name.is_empty() { "(unknown)".to_owned() } else { r.name.clone() };
    let rate = (inside.saturating_sub(name + NUMBER) / 2).clamp(RATE, ROOMY);
    let head = |text, columns| Cell { right: true, ..cell(text, Meaning::Muted, columns) };
    let mut rows =
        vec![vec![cell("", Meaning::Muted, name), head("judged", NUMBER), head(heads[0], rate), head(heads[1], rate)]];
    for r in rates {
        let [first, second] = of(r);
        let figures = vec![number(r.judged.to_string(), NUMBER), estimate(&first, rate), estimate(&second, rate)];
        rows.extend(named(&shown(r), Meaning::Text, name, inside, figures));
    }
    Section { title, facts: facts.to_owned(), beside: true, rows }
}

fn leniencies(plan: &PlanAudit, (least, inside): (u16, u16)) -> Option<Section> {
    if plan.by_leniency.is_empty() {
        return None;
    }
    let scale = scale(plan.by_leniency.iter().map(|l| l.wrong));
    let name = name_columns(plan.by_leniency.iter().map(|l| l.name.as_str()), NUMBER + RATE, inside).max(least);
    let columns = rate_and_drawn(name, inside, plan.by_leniency.iter().map(|l| &l.wrong));
    let figures = |wrong: &Estimate| interval(wrong, scale, columns);
    let mut rows = vec![interval_head(name, "wrongly =", scale, columns)];
    for leniency in &plan.by_leniency {
        rows.extend(named(leniency.name.as_str(), Meaning::Text, name, inside, figures(&leniency.wrong)));
    }
    let facts = "of verdicts that need it, % [95 % interval]".to_owned();
    Some(Section { title: "by leniency", facts, beside: true, rows })
}

fn needed(plan: &PlanAudit) -> Section {
    let left = plan.pairs.saturating_sub(plan.judged);
    let rows = plan
        .needed
        .iter()
        .map(|n| {
            vec![
                cell(format!("±{} points", n.half_width * 100.0), Meaning::Text, NAME),
                number(n.more.to_string(), NUMBER),
                cell(if n.more >= left { " more, all there are" } else { " more judgements" }, Meaning::Muted, 0),
            ]
        })
        .collect();
    Section { title: "to know both error rates within", facts: String::new(), beside: false, rows }
}

fn people(people: &People, (least, inside): (u16, u16)) -> Option<Section> {
    /// Columns of κ, which may be below 0, with its interval.
    const KAPPA: u16 = RATE + 2;
    /// Columns of the share that agrees.
    const SHARE: u16 = 13;
    if people.reviewers.len() < 2 {
        return None;
    }
    let pairs = people.cohen.iter().map(|two| (two.reviewers.join(", "), &two.kappa));
    let lines: Vec<(String, &Kappa)> =
        pairs.chain(people.fleiss.iter().map(|k| ("all (Fleiss)".to_owned(), k))).collect();
    let name = name_columns(lines.iter().map(|(name, _)| name.as_str()), NUMBER + KAPPA + SHARE, inside);
    let name = name.max(least.min(inside.saturating_sub(NUMBER + KAPPA + SHARE)));
    let mut rows = Vec::new();
    for (who, k) in &lines {
        let kappa = k.estimate.map_or_else(|| "–".to_owned(), |e| format!("{e:.2} [{:.2}, {:.2}]", k.low, k.high));
        let share = cell(format!("  {} agree", percent(k.agreement)), Meaning::Muted, 0);
        let figures = vec![number(k.n.to_string(), NUMBER), number(kappa, KAPPA), share];
        rows.extend(named(who, Meaning::Human, name, inside, figures));
    }
    if people.fleiss.is_none() {
        rows.push(said("no pair was judged by two of them"));
    }
    Some(Section { title: "agreement of reviewers", facts: "κ [95 % interval]".to_owned(), beside: true, rows })
}
