//! The state of the rules screen: what is on trial, what it comes to so far, what is selected.

use std::sync::Arc;

use crate::review::rules::{Class, Example, Flips, Progress, Rules, TIERS};
use crate::store::version::AppliedVersion;
use crate::verifier::{Leniency, Preset, Tier};

/// Examples of one kind of judgement that are listed.
const LISTED: usize = 200;

/// A pane of the rules screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// What is to decide.
    #[default]
    Rules,
    /// What flips.
    Flips,
}

/// A row that can be chosen among the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A named choice of leniencies.
    Preset(Preset),
    /// A leniency.
    Leniency(Leniency),
    /// The relative tolerance.
    Tolerance,
    /// A tier.
    Tier(Tier),
}

/// A row of the rules' list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A heading.
    Head(&'static str),
    /// A rule.
    Rule(Rule),
}

/// What a row of the flips is, whatever moves around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A class of flips.
    Class(Class),
    /// A pair in a section: the section's number, the candidate, the sample.
    Pair(usize, i64, u32),
}

/// A row of the flips.
#[derive(Debug, Clone)]
pub enum Entry<'a> {
    /// A heading with its number.
    Head(&'static str, u64),
    /// A class with its number.
    Class(&'a Class, u64),
    /// An example, in a section.
    Example(usize, &'a Example),
}

impl Entry<'_> {
    /// What it is; headings cannot be selected.
    pub fn key(&self) -> Option<Key> {
        match self {
            Self::Head(..) => None,
            Self::Class(class, _) => Some(Key::Class((*class).clone())),
            Self::Example(section, e) => Some(Key::Pair(*section, e.candidate, e.sample)),
        }
    }
}

/// The state.
#[derive(Debug, Clone, Default)]
pub struct RulesScreen {
    /// What the project's configuration says; none until it is read.
    pub present: Option<Rules>,
    /// What is on trial.
    pub trial: Rules,
    /// The pane with the focus.
    pub pane: Pane,
    /// The selected rule, counted among [`RulesScreen::rules`].
    pub selected: usize,
    /// The selected row of the flips.
    pub chosen: Option<Key>,
    /// Sweeps asked for, so that late answers are known.
    pub sweep: u64,
    /// What the trial comes to so far, and how far that is.
    pub flips: Option<(Arc<Flips>, Progress)>,
    /// Whether what is shown is the trial's whole figures.
    pub whole: bool,
    /// Why there are no figures.
    pub fault: Option<String>,
    /// The version that was applied last, where it is not what the configuration says.
    pub applied: Option<String>,
    /// A version that is half applied.
    pub half: Option<AppliedVersion>,
    /// How far the applying of a version has come.
    pub applying: Option<Progress>,
    /// Why the version is to be applied, as typed.
    pub note: String,
}

impl RulesScreen {
    /// Rows of the rules' list.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = vec![Row::Head("preset")];
        rows.extend(Preset::ALL.iter().map(|p| Row::Rule(Rule::Preset(*p))));
        rows.push(Row::Head("leniencies"));
        rows.extend(Leniency::ALL.iter().map(|l| Row::Rule(Rule::Leniency(*l))));
        rows.push(Row::Rule(Rule::Tolerance));
        rows.push(Row::Head("tiers, in their order"));
        let silent = TIERS.iter().copied().filter(|t| !self.trial.has(*t));
        rows.extend(self.trial.tiers().iter().copied().chain(silent).map(|t| Row::Rule(Rule::Tier(t))));
        rows
    }

    /// The rules, without headings.
    pub fn rules(&self) -> Vec<Rule> {
        let rule = |row: Row| if let Row::Rule(rule) = row { Some(rule) } else { None };
        self.rows().into_iter().filter_map(rule).collect()
    }

    /// The selected rule.
    pub fn rule(&self) -> Option<Rule> {
        self.rules().get(self.selected).copied()
    }

    /// Whether a rule is not as the configuration has it.
    pub fn is_changed(&self, rule: Rule) -> bool {
        let Some(present) = &self.present else { return false };
        let (now, then) = (&self.trial.options, &present.options);
        match rule {
            Rule::Preset(preset) => (now.preset == preset) != (then.preset == preset),
            Rule::Leniency(l) => now.leniencies.has(l) != then.leniencies.has(l),
            Rule::Tolerance => now.tolerance != then.tolerance,
            Rule::Tier(tier) => {
                let at = |rules: &Rules| rules.tiers().iter().position(|t| *t == tier);
                self.trial.has(tier) != present.has(tier)
                    || self.trial.tiers().len() == present.tiers().len() && at(&self.trial) != at(present)
            }
        }
    }

    /// Rows of the flips. A pair of a candidate that `hides` is counted and not shown: an example tells its verdict, and
    /// what others said of it.
    pub fn entries(&self, hides: &dyn Fn(i64) -> bool) -> Vec<Entry<'_>> {
        let Some((flips, _)) = &self.flips else { return Vec::new() };
        let mut entries = Vec::new();
        let mut hidden = 0;
        let mut shown = |example: &&Example| {
            let hides = hides(example.candidate);
            hidden += u64::from(hides);
            !hides
        };
        if flips.contradicted > 0 {
            entries.push(Entry::Head("judgements contradicted", flips.contradicted));
            let shown = flips.contradictions.iter().take(LISTED).filter(&mut shown);
            entries.extend(shown.map(|e| Entry::Example(0, e)));
        }
        if flips.newly_satisfied > 0 {
            entries.push(Entry::Head("judgements newly satisfied", flips.newly_satisfied));
            entries.extend(flips.satisfied.iter().filter(&mut shown).map(|e| Entry::Example(1, e)));
        }
        if flips.flipped > 0 {
            entries.push(Entry::Head("flips by class", flips.flipped));
        }
        for (class, class_flips) in &flips.classes {
            entries.push(Entry::Class(class, class_flips.n));
            entries.extend(class_flips.examples.iter().filter(&mut shown).map(|e| Entry::Example(2, e)));
        }
        if hidden > 0 {
            entries.push(Entry::Head("examples that are hidden until you have judged them", hidden));
        }
        entries
    }

    /// Where the chosen row stands among the entries; the first that can be selected where it is gone.
    pub fn chosen_at(&self, entries: &[Entry<'_>]) -> Option<usize> {
        let found = self.chosen.as_ref().and_then(|key| entries.iter().position(|e| e.key().as_ref() == Some(key)));
        found.or_else(|| entries.iter().position(|e| e.key().is_some()))
    }

    /// The example that is chosen; of a class, its first.
    pub fn example(&self, hides: &dyn Fn(i64) -> bool) -> Option<(i64, u32)> {
        let entries = self.entries(hides);
        let at = self.chosen_at(&entries)?;
        entries[at..].iter().find_map(|e| match e {
            Entry::Example(_, example) => Some((example.candidate, example.sample)),
            _ => None,
        })
    }
}
