//! A line being typed: filter, note, tags, a path.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::review::causes;
use crate::store::IdSet;
use crate::store::filter::{self, Filter, Wants};
use crate::store::record::NewDecision;
use crate::tui::app::{App, Overlay};
use crate::tui::effect::Effect;
use crate::tui::prompt::{Offers, PASTED, Prompt, Purpose};

/// Offers that are shown at most.
const OFFERED: usize = 50;
/// Recent notes that are offered.
const RECENT: usize = 20;

impl App {
    pub(super) fn open_filter(&mut self) -> Vec<Effect> {
        if self.project.is_none() {
            return Vec::new();
        }
        let text = self.review.filter.to_string();
        let text = if text.is_empty() { text } else { format!("{text} ") };
        self.prompt = Some(Prompt::new(Purpose::Filter, &text, IdSet::default()));
        self.typed_in_prompt()
    }

    pub(super) fn open_note(&mut self) -> Vec<Effect> {
        let mut effects = self.open_line(Purpose::Note);
        effects.extend(self.typed_in_prompt());
        effects
    }

    pub(super) fn open_tag(&mut self) -> Vec<Effect> {
        let mut effects = self.open_line(Purpose::Tag);
        effects.extend(self.typed_in_prompt());
        effects
    }

    /// A line for the cause of what was overridden last, or of the judgement being read.
    pub(super) fn open_cause(&mut self) -> Vec<Effect> {
        if let Some(read) = self.own_override() {
            self.overrode = Some(read);
        }
        let named = self.overrode.as_ref().map(|named| named.candidate);
        self.prompt = Some(Prompt::new(Purpose::Cause, "", named.into_iter().collect()));
        self.typed_in_prompt()
    }

    /// A line about the targets. It is opened whatever keeps people from deciding now, and refused once it is finished:
    /// what is typed into a line that is not there would be commands.
    fn open_line(&mut self, purpose: Purpose) -> Vec<Effect> {
        self.prompt = Some(Prompt::new(purpose, "", self.review.targets()));
        Vec::new()
    }

    /// Whether the finished line cannot be acted on now, which is told; the line stays, with its text.
    fn is_refused(&mut self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Note | Purpose::Tag => !self.may_decide(),
            Purpose::Cause if !self.may_decide() => true,
            Purpose::Cause if self.overrode.is_none() => {
                self.tell("a cause is of a judgement that overrides a verdict; judge first");
                true
            }
            Purpose::View if self.review.filter.to_string().is_empty() => {
                self.tell("all candidates are listed as they came: filter or sort them first, then keep that");
                true
            }
            Purpose::Version => !self.may_apply(),
            Purpose::ImportPath => !self.may_import(),
            Purpose::ExportFilter | Purpose::ExportFile | Purpose::ExportAgainst => self.is_exporting(),
            _ => false,
        }
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(prompt) = &mut self.prompt {
            prompt.paste(text);
            return self.typed_in_prompt();
        }
        if let Some(Overlay::Palette { query, .. } | Overlay::Help { query, typing: true, .. }) = &mut self.overlay {
            query.extend(text.chars().take(PASTED).filter(|c| !c.is_control()));
        } else {
            // Pasted text is never read as keys: a paste that decides would be a surprise.
            self.tell("there is nothing to paste into here");
        }
        Vec::new()
    }

    pub(super) fn prompt_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let Some(prompt) = &mut self.prompt else { return Vec::new() };
        match key.code {
            KeyCode::Esc if prompt.purpose == Purpose::Seeds => {
                self.prompt = None;
                return self.search_seeds("");
            }
            KeyCode::Esc => self.leave_prompt(),
            KeyCode::Char('c' | 'g') if control => self.leave_prompt(),
            KeyCode::Enter => {
                let (purpose, text) = (prompt.purpose, prompt.text().trim().to_owned());
                let effects = self.enter_prompt();
                // A line that stays open was not meant yet.
                if self.prompt.as_ref().is_some_and(|prompt| prompt.purpose == purpose) || text.is_empty() {
                    return effects;
                }
                self.lines.add(purpose, &text);
                return [Effect::Remember(purpose.label(), text)].into_iter().chain(effects).collect();
            }
            KeyCode::Tab | KeyCode::BackTab => {
                prompt.take_offer(key.code == KeyCode::Tab);
                // What was offered stays, for the next `tab`.
                return self.check_filter();
            }
            KeyCode::Up | KeyCode::Down => {
                let n = self.lines.of(prompt.purpose).len();
                let back =
                    if key.code == KeyCode::Up { (prompt.back + 1).min(n) } else { prompt.back.saturating_sub(1) };
                prompt.back = back;
                let text = self.lines.back(prompt.purpose, back).unwrap_or_default();
                prompt.set(text);
                return self.typed_in_prompt();
            }
            _ => {
                if prompt.edit(key) {
                    self.toast = None;
                    return self.typed_in_prompt();
                }
            }
        }
        Vec::new()
    }

    fn leave_prompt(&mut self) {
        if self.prompt.take().is_some_and(|prompt| prompt.purpose == Purpose::Find) {
            self.find_left();
        }
    }

    /// Whether the filter is right, and how many it would take.
    fn check_filter(&mut self) -> Vec<Effect> {
        self.asked += 1;
        let nth = self.asked;
        let Some(prompt) = self.prompt.as_mut().filter(|p| p.purpose.is_filter()) else { return Vec::new() };
        prompt.count = (nth, None);
        match Filter::parse(prompt.text()) {
            Ok(filter) => {
                prompt.fault = None;
                vec![Effect::CountOf { nth, filter: filter.asked_by(&self.settings.reviewer) }]
            }
            Err(e) => {
                let hint = e.suggestion.as_ref().map_or_else(String::new, |s| format!("; did you mean {s}?"));
                prompt.fault = Some((e.at, format!("{}{hint}", e.message)));
                Vec::new()
            }
        }
    }

    /// What follows from a change of the line: is it right, how many would it take, what could come next.
    pub(super) fn typed_in_prompt(&mut self) -> Vec<Effect> {
        let mut effects = self.check_filter();
        self.asked += 1;
        let nth = self.asked;
        let Some(prompt) = &mut self.prompt else { return Vec::new() };
        prompt.offers = Offers::default();
        prompt.awaits = None;
        let text = prompt.text().to_owned();
        match prompt.purpose {
            Purpose::Filter | Purpose::ExportFilter => {
                let completion = filter::complete(&text, prompt.input.cursor());
                prompt.offers.start = completion.start;
                prompt.offers.end = completion.end;
                let known = completion.offers();
                match completion.wants {
                    // What is stored is looked up; words that are known need no store.
                    Wants::Values(field) if known.is_empty() => {
                        let field = field.name.to_owned();
                        prompt.awaits = Some(nth);
                        effects.push(Effect::Values { nth, field, prefix: completion.prefix });
                    }
                    _ => {
                        let offer = |offer: filter::Offer| (offer.text, offer.meaning.to_owned());
                        prompt.offers.items = known.into_iter().map(offer).take(OFFERED).collect();
                    }
                }
            }
            Purpose::Tag => {
                let start = text.rfind(',').map_or(0, |at| at + 1);
                let prefix = text[start..].trim_start().to_owned();
                let chars = |s: &str| s.chars().count();
                prompt.offers.end = chars(&text);
                prompt.offers.start = chars(&text) - chars(&prefix);
                prompt.awaits = Some(nth);
                effects.push(Effect::Values { nth, field: "tag".to_owned(), prefix });
            }
            Purpose::Cause => {
                let typed = text.trim().to_lowercase();
                prompt.offers.end = text.chars().count();
                let fits = |(name, _): &&(String, String)| name.starts_with(&typed);
                let mut causes: Vec<(String, String)> = self.settings.causes.iter().filter(fits).cloned().collect();
                // Those that were named last come first.
                let recent = self.lines.of(Purpose::Cause);
                causes.sort_by_key(|(name, _)| std::cmp::Reverse(recent.iter().position(|line| line == name)));
                prompt.offers.items = causes;
            }
            Purpose::Find => self.find_typed(text),
            Purpose::Note => {
                prompt.offers.end = text.chars().count();
                let recent = self.lines.of(Purpose::Note).iter().rev();
                let fits = recent.filter(|line| line.starts_with(&text) && **line != text);
                prompt.offers.items = fits.take(RECENT).map(|line| (line.clone(), String::new())).collect();
            }
            Purpose::View => {
                prompt.offers.end = text.chars().count();
                let names = self.view_names(&text);
                if let Some(prompt) = &mut self.prompt {
                    prompt.offers.items = names;
                }
            }
            Purpose::Seeds => effects.extend(self.search_seeds(&text)),
            Purpose::ImportPath
            | Purpose::Tolerance
            | Purpose::Version
            | Purpose::ExportFile
            | Purpose::ExportAgainst => {}
        }
        effects
    }

    /// Stored values for the line as it was when they were asked for.
    pub(super) fn offered(&mut self, nth: u64, values: Vec<String>) -> Vec<Effect> {
        if let Some(prompt) = &mut self.prompt
            && prompt.awaits == Some(nth)
        {
            prompt.awaits = None;
            let quote = prompt.purpose.is_filter();
            prompt.offers.items = values
                .into_iter()
                .take(OFFERED)
                .map(|v| (if quote { filter::written(&v) } else { v }, String::new()))
                .collect();
        }
        Vec::new()
    }

    fn enter_prompt(&mut self) -> Vec<Effect> {
        let Some(prompt) = &self.prompt else { return Vec::new() };
        let text = prompt.text().trim().to_owned();
        let (purpose, says_why) = (prompt.purpose, prompt.purpose == Purpose::Version);
        if (!text.is_empty() || says_why) && self.is_refused(purpose) {
            return Vec::new();
        }
        self.toast = None;
        let Some(prompt) = &self.prompt else { return Vec::new() };
        match prompt.purpose {
            // A line with a fault stays open: what is wrong is under the cursor.
            Purpose::Filter | Purpose::ExportFilter if prompt.fault.is_some() => Vec::new(),
            Purpose::Filter => {
                self.prompt = None;
                self.filter_by(&text)
            }
            purpose @ (Purpose::ExportFilter | Purpose::ExportFile | Purpose::ExportAgainst) => {
                self.prompt = None;
                self.choice_typed(purpose, &text)
            }
            Purpose::Note | Purpose::Tag => {
                let (purpose, targets) = (prompt.purpose, prompt.targets.clone());
                self.prompt = None;
                if text.is_empty() {
                    return Vec::new();
                }
                let tags: Vec<String> =
                    text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
                let reviewer = self.settings.reviewer.clone();
                let blank = NewDecision { reviewer, ..NewDecision::default() };
                if purpose == Purpose::Tag {
                    self.decide(NewDecision { tags, ..blank }, targets, "tag")
                } else {
                    self.decide(NewDecision { note: Some(text), ..blank }, targets, "note")
                }
            }
            Purpose::View => {
                self.prompt = None;
                self.keep_view(&text)
            }
            Purpose::Find => {
                self.prompt = None;
                self.find_entered();
                Vec::new()
            }
            Purpose::Seeds => {
                self.prompt = None;
                self.search_seeds(&text)
            }
            Purpose::Tolerance => {
                self.prompt = None;
                self.tolerance_typed(&text)
            }
            Purpose::Version => {
                self.prompt = None;
                self.version_noted(&text)
            }
            Purpose::Cause => {
                // What could be meant in two ways stays to be typed on; what is none of the list is one's own.
                let several = self.settings.causes.iter().filter(|(name, _)| name.starts_with(&text)).count() > 1;
                let name = causes::meant(&text, &self.settings.causes).map_or_else(|| text.clone(), str::to_owned);
                if several && name == text && self.settings.causes.iter().all(|(known, _)| *known != name) {
                    return Vec::new();
                }
                self.prompt = None;
                self.name_cause(name)
            }
            Purpose::ImportPath => {
                self.prompt = None;
                if text.is_empty() {
                    return Vec::new();
                }
                self.named_at = self.keys;
                self.busy = Some(format!("reading {text}"));
                vec![Effect::PlanImport(PathBuf::from(text))]
            }
        }
    }

    /// A line for the file to be imported.
    pub(super) fn open_import(&mut self) -> Vec<Effect> {
        self.overlay = None;
        self.prompt = Some(Prompt::new(Purpose::ImportPath, "", IdSet::default()));
        Vec::new()
    }

    fn may_import(&mut self) -> bool {
        if self.is_read_only() {
            self.warn(self.reads_alone());
        }
        !self.is_read_only()
    }
}
