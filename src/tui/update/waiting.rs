//! Keys that wait until what they are about has been read, and when they are taken in.
//!
//! A key waits where what it means, or what it is about, is only being read: the next pair, the first rows of a new list,
//! the texts of the selected candidate. Moving and leaving wait for nothing that takes long. Whatever is waited for answers
//! on every path; where the answer is that there is nothing, what was typed for it is forgotten, and that is told.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Screen};
use crate::tui::effect::Effect;
use crate::tui::held::{Awaited, Input};
use crate::tui::keymap::{self, Key, Meant, Outcome, Typed};
use crate::tui::review::Pane;
use crate::tui::welcome::Choice;

/// What is told where what was typed is not taken in.
const FORGOTTEN: &str = "what was typed meanwhile is forgotten";

/// What an action of the review screen is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Nothing that is being read.
    Nothing,
    /// A text, where it is read.
    Scroll,
    /// Rows of the list.
    Rows,
    /// All of the list.
    All,
    /// Those of the list that disagree.
    Disagreements,
    /// What is marked, else the selected candidate as it is read.
    Targets,
    /// The selected candidate as it is read.
    Text,
    /// The same, with the decisions on it.
    Decisions,
}

impl App {
    /// A key was typed: it is taken in, or waits.
    pub(super) fn take_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        self.touched = Some(self.now);
        if self.held.is_empty() {
            return if self.awaits(key).is_some() { self.hold(Input::Key(key)) } else { self.key(key) };
        }
        match self.leads_out(key) {
            // Who leaves does not want what was typed before it to happen elsewhere.
            Some(Action::Leave) => {
                self.drop_held();
                self.key(key)
            }
            Some(Action::Suspend) => self.key(key),
            _ if key.code == KeyCode::Esc => {
                let n = self.drop_held();
                self.then = None;
                self.tell(match n {
                    1 => "the key that waited is forgotten".to_owned(),
                    n => format!("the {n} keys that waited are forgotten"),
                });
                Vec::new()
            }
            _ => self.hold(Input::Key(key)),
        }
    }

    /// Text was pasted: it is taken in, or waits behind the keys that do.
    pub(super) fn take_text(&mut self, text: String) -> Vec<Effect> {
        self.touched = Some(self.now);
        let text = Input::Text(text);
        if !self.held.is_empty() || self.input_awaits(&text).is_some() {
            return self.hold(text);
        }
        self.take(text)
    }

    fn hold(&mut self, input: Input) -> Vec<Effect> {
        if !self.held.push(input, self.now) {
            self.warn(format!("{} keys wait already, and this one is not kept; esc forgets them", self.held.len()));
        }
        Vec::new()
    }

    /// Whether a key leaves the program, or goes to the shell, whatever waits.
    fn leads_out(&self, key: KeyEvent) -> Option<Action> {
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return Some(Action::Leave);
        }
        match self.settings.keymap.press(self.place(), &[Key::from(key)]) {
            Meant::Action(action @ (Action::Leave | Action::Suspend)) => Some(action),
            _ => None,
        }
    }

    /// Takes in what waited, as far as it can be.
    pub(super) fn catch_up(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while !self.quitting
            && let Some(first) = self.held.first()
        {
            if self.input_awaits(first).is_some() {
                break;
            }
            let Some(input) = self.held.pop(self.now) else { break };
            let followed = self.take(input);
            self.note_storing(&followed);
            self.keep_finding();
            // What comes behind a key that opens the editor is for whoever comes back from it.
            let is_lent = followed.iter().any(Effect::lends_terminal);
            effects.extend(followed);
            if is_lent {
                break;
            }
        }
        effects
    }

    fn take(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Key(key) => self.key(key),
            Input::Text(text) => self.paste(&text),
        }
    }

    /// Drops what waits, with the half of a chord that it would have gone on with; how many keys waited.
    pub(super) fn drop_held(&mut self) -> usize {
        let n = self.held.clear();
        if n > 0 {
            // Its second half is gone: the next key would complete another chord, which may decide.
            self.typed = Typed::default();
        }
        n
    }

    /// Forgets what waits, because what it waited for does not come; that is told behind what was told.
    pub(super) fn forget_held(&mut self) {
        if self.drop_held() == 0 {
            return;
        }
        match &mut self.toast {
            Some(toast) => toast.text = format!("{} · {FORGOTTEN}", toast.text),
            None => self.tell(FORGOTTEN),
        }
    }

    /// Ends all waiting, and all work that something waits for: what was to be answered may never be.
    pub(super) fn end_waiting(&mut self) {
        self.audit.stop_going();
        (self.audit.loading, self.audit.drawing) = (false, false);
        let review = &mut self.review;
        (review.turning, review.walking, review.stale, review.loading) = (false, false, false, false);
        review.growing = false;
        review.storing = 0;
        review.rereading.clear();
        if let Some(selected) = review.selected.filter(|selected| review.shown != Some(*selected)) {
            // It may be this one's texts that cannot be set; where it is not, they come, and take this back.
            review.cannot_read(selected, "loong failed on it where it should not have".to_owned());
            self.show_selected();
        }
        (self.seeds.loading, self.seeds.writing, self.seeds.checking) = (false, false, None);
        (self.run.is_counted, self.run.starting) = (true, false);
        (self.deciding, self.export.writing, self.rules.applying, self.busy) = (None, None, None, None);
        (self.opening, self.then) = (false, None);
        if self.rules.present.is_none() {
            self.rules.fault = Some("the rules could not be read".to_owned());
        }
        if let Some(prompt) = &mut self.prompt {
            prompt.awaits = None;
        }
        if let Some(Overlay::Correction(correction)) = &mut self.overlay {
            correction.end_run();
        }
        let is_bare = match &self.overlay {
            Some(Overlay::Views(views)) => views.list.is_none(),
            Some(Overlay::Lineage { found, .. }) => found.is_none(),
            Some(Overlay::Strategies { choices, .. }) => choices.is_none(),
            Some(Overlay::Facets(facets)) => !facets.is_whole,
            _ => false,
        };
        if is_bare {
            self.overlay = None;
        }
        self.forget_held();
    }

    /// What keys wait for, and how many, once the foot says so.
    pub fn waiting(&self) -> Option<(usize, Awaited)> {
        self.held.unsaid(self.now).filter(Duration::is_zero)?;
        Some((self.held.len(), self.input_awaits(self.held.first()?)?))
    }

    /// What something that was typed has to wait for.
    fn input_awaits(&self, input: &Input) -> Option<Awaited> {
        match input {
            Input::Key(key) => self.awaits(*key),
            Input::Text(_) => self.awaits_way_in().then_some(Awaited::Project),
        }
    }

    /// Whether a project is being made for a way in that takes what is typed: that is for what lies behind it.
    fn awaits_way_in(&self) -> bool {
        let is_chosen = self.opening && self.then == Some(Choice::Import);
        is_chosen && matches!(self.overlay, Some(Overlay::Welcome { .. }))
    }

    /// What a key has to wait for, where it is about something that is only being read.
    fn awaits(&self, key: KeyEvent) -> Option<Awaited> {
        if let Some(prompt) = &self.prompt {
            let completes = matches!(key.code, KeyCode::Tab | KeyCode::BackTab);
            return (completes && prompt.awaits.is_some()).then_some(Awaited::Choices);
        }
        let place = self.place();
        let meant = self.typed.clone().push(&self.settings.keymap, place, Key::from(key));
        match &self.overlay {
            Some(Overlay::Palette { query, selected }) if key.code == KeyCode::Enter => {
                let found = keymap::find(&self.settings.keymap, query, self.place_below());
                return self.action_awaits(found.get(*selected)?.action);
            }
            Some(Overlay::Welcome { .. }) => {
                let is_typed = self.awaits_way_in() && self.leads_out(key).is_none();
                return is_typed.then_some(Awaited::Project);
            }
            Some(overlay) => {
                let Outcome::Action { action, count } = meant else { return None };
                return self.overlay_awaits(overlay, action, count).then_some(Awaited::Choices);
            }
            None => {}
        }
        match meant {
            Outcome::Action { action, .. } => self.action_awaits(action),
            // Where the next pair is, keys mean other things.
            Outcome::More | Outcome::Nothing => self.audit.is_going().then_some(Awaited::Pair),
        }
    }

    /// Whether a key is about choices that have not been read.
    fn overlay_awaits(&self, overlay: &Overlay, action: Action, count: Option<u32>) -> bool {
        use Action as A;
        let moves = is_motion(action) || matches!(action, A::Choose | A::Remove);
        match overlay {
            Overlay::Views(views) => moves && views.list.is_none(),
            Overlay::Lineage { found, .. } => moves && found.is_none(),
            Overlay::Strategies { choices, .. } => moves && choices.is_none(),
            // They come one after the other, and stay where they are.
            Overlay::Facets(facets) if !facets.is_whole => match action {
                A::Choose => facets.is_empty(),
                A::Down => facets.selected + count.unwrap_or(1) as usize >= facets.len(),
                A::HalfDown | A::PageDown => facets.selected + usize::from(self.size.1 / 2).max(1) >= facets.len(),
                A::Last => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// What an action has to wait for.
    fn action_awaits(&self, action: Action) -> Option<Awaited> {
        use Action as A;
        if matches!(action, A::Back | A::Quit | A::Leave | A::Suspend | A::Redraw | A::Mouse) {
            return None;
        }
        if self.audit.is_going() {
            return Some(Awaited::Pair);
        }
        let moves = is_motion(action);
        let turns = matches!(action, A::NextPane | A::PreviousPane);
        match action {
            A::Undo | A::Redo => return self.review.turning.then_some(Awaited::Turned),
            A::PlanDraw | A::PlanBlind | A::PlanNext | A::PlanSecond if self.audit.drawing => {
                return Some(Awaited::Plan);
            }
            A::PlanDraw | A::PlanBlind => return self.audit.loading.then_some(Awaited::Audit),
            A::RunResume | A::NextRun | A::PreviousRun => {
                return (self.project.is_some() && !self.run.is_counted).then_some(Awaited::Runs);
            }
            _ => {}
        }
        match self.screen {
            Screen::Rules => {
                let is_about = moves
                    || turns
                    || matches!(
                        action,
                        A::Zoom | A::ToggleRule | A::TierEarlier | A::TierLater | A::ResetRules | A::ApplyRules
                    );
                let is_read = self.rules.present.is_some() || self.rules.fault.is_some() || self.project.is_none();
                (is_about && !is_read).then_some(Awaited::Rules)
            }
            Screen::Seeds => self.seeds_await(action, moves).then_some(Awaited::Seeds),
            Screen::Review => self.review_awaits(action),
            Screen::Run | Screen::Audit | Screen::Export => None,
        }
    }

    fn seeds_await(&self, action: Action, moves: bool) -> bool {
        use Action as A;
        let seeds = &self.seeds;
        let acts = matches!(action, A::CheckSeed | A::CheckShown | A::EditSeed | A::MakeFromSeed | A::Zoom);
        let steps = moves || matches!(action, A::NextDomain | A::PreviousDomain);
        let is_unread = seeds.loading && seeds.found.is_none();
        // The seed that was written is the selected one as soon as it is listed.
        let is_another = seeds.writing || seeds.loading && seeds.wanted.is_some();
        (acts || steps) && is_unread || acts && is_another
    }

    /// What an action of the review screen is about.
    fn about(&self, action: Action) -> About {
        use Action as A;
        match action {
            _ if is_motion(action) && self.review.pane != Pane::List => About::Scroll,
            _ if is_motion(action) => About::Rows,
            A::NextItem | A::PreviousItem | A::MarkItem | A::Follow | A::Lineage | A::ToParent | A::ToChild => {
                About::Rows
            }
            A::MarkRange | A::MarkAll => About::All,
            A::NextDisagreement | A::PreviousDisagreement if self.is_finding() => About::Text,
            A::NextDisagreement | A::PreviousDisagreement => About::Disagreements,
            A::Promote | A::Correct | A::History | A::AllLikeThis | A::Cause => About::Decisions,
            _ if reads_text(action) => About::Text,
            _ if decides(action) || matches!(action, A::Note | A::Tag | A::Editor) => About::Targets,
            _ => About::Nothing,
        }
    }

    fn review_awaits(&self, action: Action) -> Option<Awaited> {
        let about = self.about(action);
        let review = &self.review;
        // Who has seen for a while that the list is still the one before it moves in that, from where they are.
        let seen = review.unseen_stale(self.now).is_some_and(|left| left.is_zero()) && review.selected.is_some();
        match about {
            About::Nothing => return None,
            About::Scroll => {}
            _ if review.turning => return Some(Awaited::Turned),
            _ if review.walking => return Some(Awaited::Step),
            About::Rows if seen => {}
            _ if review.stale => return Some(Awaited::List),
            _ => {}
        }
        let is_missing = || !review.blind && review.disagreement(action == Action::NextDisagreement).is_none();
        let whole = || match about {
            About::All => true,
            About::Targets => !review.marks.is_empty(),
            About::Text => decides(action) && !review.marks.is_empty(),
            About::Disagreements => !self.is_judging_plan() && is_missing(),
            _ => false,
        };
        if review.loading && whole() {
            return Some(Awaited::Whole);
        }
        let text = match about {
            About::Scroll | About::Text | About::Decisions => true,
            About::Targets => review.marks.is_empty(),
            _ => false,
        };
        let selected = review.selected?;
        if text && review.shown != Some(selected) && review.fault_of(selected).is_none() {
            return Some(Awaited::Candidate);
        }
        let is_settled = review.storing == 0 && !review.rereading.contains(selected);
        (about == About::Decisions && !is_settled).then_some(Awaited::Decision)
    }

    /// Notes which decisions are on their way to the store.
    pub(super) fn note_storing(&mut self, effects: &[Effect]) {
        let stores = |effect: &&Effect| matches!(effect, Effect::Decide(_) | Effect::Revise { .. });
        self.review.storing += effects.iter().filter(stores).count();
    }
}

/// Whether an action moves within what is shown.
fn is_motion(action: Action) -> bool {
    use Action as A;
    matches!(action, A::Down | A::Up | A::First | A::Last | A::HalfDown | A::HalfUp | A::PageDown | A::PageUp)
}

/// Whether an action is about the pair, or the texts, that are read: marks do not matter to it.
fn reads_text(action: Action) -> bool {
    use Action as A;
    judges(action)
        || matches!(
            action,
            A::CopyQuestion
                | A::CopyCode
                | A::CopyOutput
                | A::CopyCodeAnswer
                | A::CopyResponse
                | A::CopyCotAnswer
                | A::CopyJson
                | A::CopyId
                | A::Pager
                | A::Find
                | A::NextResponse
                | A::PreviousResponse
        )
}

/// Whether an action says something of the pair that is read.
fn judges(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::JudgeEquivalent
            | A::JudgeDifferent
            | A::JudgeCantTell
            | A::SettleEquivalent
            | A::SettleDifferent
            | A::RightCode
            | A::RightCot
            | A::RightBoth
            | A::RightNeither
    )
}

/// Whether an action decides on the selected candidate.
pub(super) fn decides(action: Action) -> bool {
    use Action as A;
    judges(action) || matches!(action, A::Accept | A::Reject | A::Flag | A::AcceptStay | A::RejectStay | A::FlagStay)
}
