//! Changing rules on trial, and applying them.

use std::sync::Arc;

use crate::review::rules::{Flips, Progress, Rules, resumed};
use crate::store::IdSet;
use crate::store::filter::Filter;
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Question, Screen, Yes};
use crate::tui::effect::Effect;
use crate::tui::msg::Versions;
use crate::tui::prompt::{Prompt, Purpose};
use crate::tui::review::Pane as Reading;
use crate::tui::rules::{Entry, Pane, Rule};
use crate::tui::text;

impl App {
    pub(super) fn go_to_rules(&mut self) -> Vec<Effect> {
        self.overlay = None;
        self.screen = Screen::Rules;
        if self.project.is_none() {
            return Vec::new();
        }
        // A plan may have been drawn elsewhere since the list was read.
        vec![Effect::Sealed(self.settings.reviewer.clone()), Effect::Rules]
    }

    /// A trial that nobody looks at is not carried on.
    pub(super) fn leave_rules(&mut self, to: Screen) -> Option<Effect> {
        let under_way = self.rules.present.is_some() && !self.rules.whole && self.rules.applying.is_none();
        (self.screen == Screen::Rules && to != Screen::Rules && under_way).then(|| {
            self.rules.sweep += 1;
            Effect::EndTrial
        })
    }

    /// What the configuration says has been read; also when a project opens, so that who comes here finds the rules.
    pub(super) fn rules_read(&mut self, present: Result<Rules, String>, versions: Option<Versions>) -> Vec<Effect> {
        let Versions { half, last } = versions.unwrap_or_default();
        let configured = present.as_ref().ok().map(Rules::version);
        self.rules.applied = last.map(|last| last.version).filter(|last| Some(last) != configured.as_ref());
        self.rules.half = half;
        self.rules.fault = None;
        match present {
            // What was tried before is kept, unless the configuration has changed under it.
            Ok(present) if self.rules.present.as_ref() == Some(&present) => {}
            Ok(present) => {
                self.rules.trial = present.clone();
                self.rules.present = Some(present);
            }
            Err(e) => self.rules.fault = Some(e),
        }
        if self.screen != Screen::Rules {
            if let Some(half) = &self.rules.half {
                let hint = |action| self.settings.keymap.hint(action).unwrap_or_default();
                self.warn(format!(
                    "the verifier's version {} is half applied; {} and then {} finishes it",
                    half.version,
                    hint(Action::GoRules),
                    hint(Action::ApplyRules)
                ));
            }
            return Vec::new();
        }
        if self.rules.fault.is_some() {
            self.forget_held();
            return Vec::new();
        }
        self.sweep()
    }

    /// Tries the rules over every stored pair; the figures so far stay until new ones come.
    fn sweep(&mut self) -> Vec<Effect> {
        if self.rules.applying.is_some() || self.project.is_none() {
            return Vec::new();
        }
        self.rules.sweep += 1;
        self.rules.whole = false;
        self.rules.fault = None;
        vec![Effect::Sweep { nth: self.rules.sweep, rules: Box::new(self.rules.trial.clone()) }]
    }

    pub(super) fn swept(&mut self, nth: u64, swept: Result<(Arc<Flips>, Progress), String>) -> Vec<Effect> {
        if nth != self.rules.sweep {
            return Vec::new();
        }
        match swept {
            Ok((flips, progress)) => {
                self.rules.whole = progress.done >= progress.all;
                self.rules.flips = Some((flips, progress));
            }
            Err(e) => self.rules.fault = Some(e),
        }
        Vec::new()
    }

    /// A key of the rules screen.
    pub(super) fn rules_action(&mut self, action: Action) -> Vec<Effect> {
        if self.screen != Screen::Rules || self.rules.present.is_none() {
            return Vec::new();
        }
        if self.rules.applying.is_some() {
            self.warn("a version is being applied; wait for it, or stop it with esc");
            return Vec::new();
        }
        let before = self.rules.trial.clone();
        match action {
            Action::ToggleRule => {
                if let Some(effects) = self.toggle_rule() {
                    return effects;
                }
            }
            Action::TierEarlier | Action::TierLater => {
                let Some(Rule::Tier(tier)) = self.rules.rule() else {
                    self.tell("only tiers have an order");
                    return Vec::new();
                };
                self.rules.trial.move_tier(tier, action == Action::TierLater);
                let at = self.rules.rules().iter().position(|r| *r == Rule::Tier(tier));
                self.rules.selected = at.unwrap_or(self.rules.selected);
            }
            Action::ResetRules => {
                if let Some(present) = self.rules.present.clone() {
                    self.rules.trial = present;
                }
            }
            _ => return self.ask_to_apply(),
        }
        if self.rules.trial == before { Vec::new() } else { self.sweep() }
    }

    /// Changes the selected rule; effects where a line has to be typed first.
    fn toggle_rule(&mut self) -> Option<Vec<Effect>> {
        match self.rules.rule()? {
            Rule::Preset(preset) => self.rules.trial.use_preset(preset),
            Rule::Leniency(leniency) => self.rules.trial.toggle_leniency(leniency),
            Rule::Tier(tier) => {
                if self.rules.trial.tiers() == [tier] {
                    self.tell("one tier must decide");
                }
                self.rules.trial.toggle_tier(tier);
                let at = self.rules.rules().iter().position(|r| *r == Rule::Tier(tier));
                self.rules.selected = at.unwrap_or(self.rules.selected);
            }
            Rule::Tolerance => {
                let text = self.rules.trial.options.tolerance.map_or_else(String::new, |t| t.to_string());
                self.prompt = Some(Prompt::new(Purpose::Tolerance, &text, IdSet::default()));
                return Some(Vec::new());
            }
        }
        None
    }

    /// A tolerance was typed; nothing is none.
    pub(super) fn tolerance_typed(&mut self, text: &str) -> Vec<Effect> {
        let tolerance = match text {
            "" => None,
            text => match text.parse::<f64>() {
                Ok(t) if t > 0.0 && t < 1.0 => Some(t),
                _ => {
                    self.warn("a relative tolerance is between 0 and 1, such as 1e-4");
                    return Vec::new();
                }
            },
        };
        if self.rules.trial.options.tolerance == tolerance {
            return Vec::new();
        }
        self.rules.trial.options.tolerance = tolerance;
        self.sweep()
    }

    /// Asks why, before it asks whether. What keeps people from applying is told when why is said: what is typed into a line
    /// that is not there would be commands.
    fn ask_to_apply(&mut self) -> Vec<Effect> {
        match self.rules.half.clone().filter(|_| !self.is_read_only() && !self.is_running()) {
            None => self.prompt = Some(Prompt::new(Purpose::Version, "", IdSet::default())),
            Some(half) => match resumed(&half) {
                Ok((rules, filter)) => {
                    let text = format!(
                        "{} is half applied: candidates up to {} of {} have its verdicts. Finish it?",
                        half.version, half.done_to, half.up_to
                    );
                    self.overlay = Some(Overlay::Confirm(Question::new(text, Yes::Apply(Box::new((rules, filter))))));
                }
                Err(e) => self.warn(e.to_string()),
            },
        }
        Vec::new()
    }

    /// Whether rules can be applied now; what keeps people from it is told.
    pub(super) fn may_apply(&mut self) -> bool {
        if self.is_read_only() {
            self.warn(self.reads_alone());
        } else if self.is_running() {
            self.warn("a run is under way; let it end before a version is applied to what it makes");
        } else if !self.rules.whole {
            self.tell("the figures are not whole yet; wait for them, and know what you apply");
        } else {
            return true;
        }
        false
    }

    /// Why is said; now whether.
    pub(super) fn version_noted(&mut self, note: &str) -> Vec<Effect> {
        note.clone_into(&mut self.rules.note);
        let Some((flips, _)) = &self.rules.flips else { return Vec::new() };
        let first = match flips.unverified {
            0 => String::new(),
            n => format!("{n} get their first verdict, "),
        };
        let beyond = match &self.rules.present {
            Some(present) if *present != self.rules.trial => {
                " Responses to come are verified as [verifier] in loong.toml says, until that says the same."
            }
            _ => "",
        };
        let text = format!(
            "Apply {} to {}: {} would become another word, {first}{} be newly contradicted and {} newly satisfied. The old \
             verdicts stay in the history.{beyond} Apply it?",
            self.rules.trial.version(),
            text::some(flips.pairs, "pair"),
            text::some(flips.flipped, "verdict"),
            text::some(flips.newly_contradicted, "judgement"),
            flips.newly_satisfied
        );
        let yes = Yes::Apply(Box::new((self.rules.trial.clone(), Filter::all())));
        self.overlay = Some(Overlay::Confirm(Question::new(text, yes)));
        Vec::new()
    }

    /// Applies rules.
    pub(super) fn apply_rules(&mut self, rules: Rules, filter: Filter) -> Vec<Effect> {
        self.rules.applying = Some(Progress { done: 0, all: 1 });
        self.busy = Some(format!("applying {}", rules.version()));
        let note = Some(std::mem::take(&mut self.rules.note)).filter(|n| !n.is_empty());
        vec![Effect::Apply { rules: Box::new(rules), filter, reviewer: self.settings.reviewer.clone(), note }]
    }

    /// A version was applied, or could not be.
    pub(super) fn applied(&mut self, told: Result<String, String>) -> Vec<Effect> {
        self.rules.applying = None;
        self.busy = None;
        match told {
            Ok(told) => self.tell(told),
            Err(e) => self.warn(e),
        }
        let mut effects = vec![Effect::Rules, Effect::Totals];
        effects.extend(self.relist());
        let ids = self.review.opened();
        let unrevised = self.as_they_came(&ids);
        effects.push(Effect::Reread { ids, unrevised });
        effects
    }

    /// Ends the applying where it is, if one is under way: nothing that was written is lost.
    pub(super) fn stop_applying(&mut self) -> Option<Vec<Effect>> {
        self.rules.applying?;
        Some(vec![Effect::EndTrial])
    }

    pub(super) fn move_in_rules(&mut self, action: Action, count: Option<u32>) -> Vec<Effect> {
        let times = count.unwrap_or(1) as usize;
        let page = usize::from(self.size.1.saturating_sub(6)).max(2);
        let to = |at: usize, last: usize| match action {
            Action::Down => at.saturating_add(times).min(last),
            Action::Up => at.saturating_sub(times),
            Action::HalfDown => (at + page / 2).min(last),
            Action::HalfUp => at.saturating_sub(page / 2),
            Action::PageDown => (at + page).min(last),
            Action::PageUp => at.saturating_sub(page),
            Action::First => 0,
            _ => last,
        };
        match self.rules.pane {
            Pane::Rules => {
                let last = self.rules.rules().len().saturating_sub(1);
                self.rules.selected = to(self.rules.selected.min(last), last);
            }
            Pane::Flips => {
                let entries = self.rules.entries(&|id| self.review.hides(id));
                let keys: Vec<_> = entries.iter().filter_map(Entry::key).collect();
                let Some(last) = keys.len().checked_sub(1) else { return Vec::new() };
                let at = self.rules.chosen_at(&entries).and_then(|at| entries[at].key());
                let at = keys.iter().position(|k| Some(k) == at.as_ref()).unwrap_or(0);
                self.rules.chosen = Some(keys[to(at, last)].clone());
            }
        }
        Vec::new()
    }

    pub(super) fn turn_rules_pane(&mut self) -> Vec<Effect> {
        self.rules.pane = match self.rules.pane {
            Pane::Rules => Pane::Flips,
            Pane::Flips => Pane::Rules,
        };
        Vec::new()
    }

    /// Into what is selected: a rule is changed, an example is read in the review screen.
    pub(super) fn enter_rules(&mut self) -> Vec<Effect> {
        if self.rules.pane == Pane::Rules {
            return self.rules_action(Action::ToggleRule);
        }
        let Some((candidate, sample)) = self.rules.example(&|id| self.review.hides(id)) else { return Vec::new() };
        self.screen = Screen::Review;
        self.review.wanted = Some((candidate, sample));
        self.focus(Reading::List);
        let turned = self.turn_to_wanted(candidate);
        // What a filter hides cannot be selected.
        if !self.review.contains(candidate) {
            self.review.selected = Some(candidate);
            return self.filter_by("");
        }
        let mut effects = self.select(Some(candidate));
        effects.extend(turned);
        effects
    }
}
