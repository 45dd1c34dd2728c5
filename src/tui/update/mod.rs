//! What happens to the state: messages in, effects out. Pure and synchronous.

mod arrived;
mod audit;
mod bulk;
mod correct;
mod decide;
mod export;
mod find;
mod late;
mod lineage;
mod mouse;
mod narrow;
mod outside;
mod overlay;
mod prompt;
mod queue;
mod reading;
mod resuming;
mod rules;
mod running;
mod seeds;
mod steering;
mod unasked;
mod waiting;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::action::{Action, Place};
use super::app::{App, Overlay, Question, Screen, Yes};
use super::effect::Effect;
use super::keymap::{Key, Outcome};
use super::layout;
use super::msg::Msg;
use super::review::Pane;
use super::sheets::Log;
use super::tips;
use crate::store::filter::Sort;

impl App {
    /// Takes a message in; what it wants done outside comes back.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let mut effects = self.take_in(msg);
        self.note_storing(&effects);
        self.keep_finding();
        effects.extend(self.catch_up());
        effects.extend(self.grow_to_heard());
        self.note_shown();
        effects
    }

    fn take_in(&mut self, msg: Msg) -> Vec<Effect> {
        match msg {
            Msg::Key(key) => self.take_key(key),
            Msg::Mouse(mouse) => self.mouse(mouse),
            Msg::Paste(text) => self.take_text(text),
            Msg::Resize(columns, rows) => {
                self.size = (columns, rows);
                let mut effects = self.reread();
                effects.extend(self.look_at_seed());
                self.lay_export();
                if let Some(Overlay::Log(log)) = &mut self.overlay {
                    log.lay(self.size);
                }
                self.clamp_overlay();
                effects
            }
            Msg::Tick(now) => {
                self.now = now;
                self.tick()
            }
            Msg::Suspend => vec![Effect::Suspend],
            Msg::Panicked(report) => {
                self.warn(format!("something that must not happen has happened; a report is in {}", report.display()));
                Vec::new()
            }
            Msg::Unanswered => {
                self.end_waiting();
                Vec::new()
            }
            Msg::Terminate => self.quit(),
            Msg::Returned => vec![Effect::Renew],
            Msg::Entered(project, told) => self.opened(project, told),
            Msg::Listed { listing, found } => self.listed(listing, found),
            Msg::ListedMore { listing, more } => self.listed_more(listing, &more),
            Msg::Grown { listing, more } => self.grown(listing, &more),
            Msg::Rows(rows) => {
                self.review.read_rows(rows);
                Vec::new()
            }
            Msg::Opened(opened) => {
                let id = opened.view.id;
                self.review.rereading.remove(id);
                self.audit.unreadable.remove(id);
                let is_other = self.review.open(*opened);
                let mut effects = if is_other { self.typeset_anew(id) } else { Vec::new() };
                effects.extend(self.turn_to_wanted(id));
                effects.extend(self.aim());
                self.show_selected();
                effects
            }
            Msg::Typeset(texts) => {
                let measure = layout::measure(self);
                self.review.typeset(*texts, measure);
                self.show_selected();
                Vec::new()
            }
            Msg::Unreadable(id, why) => {
                self.review.cannot_read(id, why);
                self.show_selected();
                self.cannot_open(id)
            }
            Msg::Lineage(toward, found) => self.lineage_read(toward, *found),
            Msg::Decided(decided) => self.decided(decided.map_err(|e| e.to_string())),
            Msg::Revised(decided) => self.decided(decided),
            Msg::Deciding(way, reached) => {
                // It takes its time: what was typed is not kept for so long.
                self.review.turning = false;
                self.deciding = Some((way, reached));
                Vec::new()
            }
            Msg::OfStore(uid, msg) => {
                let is_open = self.project.as_ref().is_some_and(|project| project.store.uid() == uid);
                if is_open { self.take_in(*msg) } else { self.late(*msg) }
            }
            Msg::Arrived(arrived) => self.arrived(&arrived),
            Msg::DecidedAll(came) => self.decided_all(&came),
            Msg::Unfinished(found) => self.unfinished(&found),
            Msg::CodeRan(nth, run) => self.code_ran(nth, *run),
            Msg::TextKept(why, kept) => self.text_kept(&why, kept),
            Msg::Corrected(view, edited) => self.corrected(view, edited),
            Msg::Turned { redo, came, judged } => self.turned(redo, &came, judged),
            Msg::Counted(nth, count) => {
                if let Some(prompt) = &mut self.prompt
                    && prompt.count.0 == nth
                {
                    prompt.count.1 = Some(count);
                }
                Vec::new()
            }
            Msg::Values { nth, values } => self.offered(nth, values),
            Msg::Started(control) => self.started(control),
            Msg::Strategies(found) => self.strategies_read(found),
            Msg::Run(board) => self.run_news(*board),
            Msg::Totals(counted) => self.counted(*counted),
            Msg::Past(run, latest) => {
                self.past_read(run, *latest);
                Vec::new()
            }
            Msg::Rules(present, versions) => self.rules_read(present, versions.map(|versions| *versions)),
            Msg::Swept { nth, swept } => self.swept(nth, swept),
            Msg::Applying(progress) => {
                self.rules.applying = self.rules.applying.map(|_| progress);
                Vec::new()
            }
            Msg::Applied(told) => self.applied(told),
            Msg::Audited(found) => self.audited(*found),
            Msg::Drawn(found) => self.drawn(*found),
            Msg::Sealed(sealed) => {
                self.review.sealed = sealed;
                // What was sealed is read as it came, and what is not any more as it stands.
                if self.screen == Screen::Review { self.look() } else { Vec::new() }
            }
            Msg::NotDrawn(error) => self.not_drawn(&error),
            Msg::ToJudge(next) => self.judge_next(next),
            Msg::Seeds(found) => self.seeds_read(found),
            Msg::SeedTypeset(texts) => self.seed_typeset(*texts),
            Msg::SeedChecked(nth, check) => self.seed_checked(nth, *check),
            Msg::ChecksEnded(nth, ended) => self.checks_ended(nth, ended),
            Msg::SeedEdited(seed, edited) => self.seed_edited(seed, edited),
            Msg::SeedWritten { old, written } => self.seed_written(old.as_deref(), written),
            Msg::Planned(plan) => self.planned(plan),
            Msg::Around(found) => {
                self.around = Some(found);
                Vec::new()
            }
            Msg::Imported(told) => self.imported(told),
            Msg::ExportCounted(nth, counted) => self.export_counted(nth, counted),
            Msg::Exporting(rows) => {
                self.export.writing = self.export.writing.map(|_| rows);
                Vec::new()
            }
            Msg::Exported(told) => self.exported(told),
            Msg::Copied(told) => self.report(told),
            Msg::Noted(targets, note) => self.noted(targets, note),
            Msg::Paged(done) => self.report(done.map(|()| String::new())),
            Msg::Log(lines, written) => {
                if let Some(Overlay::Log(log)) = &mut self.overlay {
                    log.hear(lines, written, self.size);
                    self.clamp_overlay();
                }
                Vec::new()
            }
            Msg::Views(found) => self.views_read(found),
            Msg::ViewKept(name, kept) => self.view_kept(&name, kept),
            Msg::ViewCounted(nth, place, count) => {
                self.view_counted(nth, place, count);
                Vec::new()
            }
            Msg::Standing(nth, counted) => self.stand(nth, &counted),
            Msg::Faceted(nth, facet, counted, is_whole) => self.faceted(nth, facet, counted, is_whole),
        }
    }

    /// What a key means here.
    fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        self.keys += 1;
        self.review.edge = None;
        let pressed = Key::from(key);
        if self.prompt.is_some() {
            return self.prompt_key(key);
        }
        if self.overlay.is_some() {
            return self.overlay_key(key);
        }
        let place = self.place();
        let keymap = std::sync::Arc::clone(&self.settings.keymap);
        match self.typed.push(&keymap, place, pressed) {
            Outcome::Action { action, count } => {
                let shown = tips::due(self);
                self.toast = None;
                let gone = self.tips.used(action, shown);
                let mut effects = self.act(action, count);
                effects.extend(gone.map(|tip| Effect::Remember(tips::LABEL, tip.to_owned())));
                effects
            }
            Outcome::More => Vec::new(),
            Outcome::Nothing => {
                self.toast = None;
                Vec::new()
            }
        }
    }

    /// The place that keys are looked up in.
    pub fn place(&self) -> Place {
        match (&self.overlay, self.screen) {
            (Some(_), _) => Place::Overlay,
            (None, Screen::Review) => Place::Review,
            (None, Screen::Run) => Place::Run,
            (None, Screen::Rules) => Place::Rules,
            (None, Screen::Audit) => Place::Audit,
            (None, Screen::Seeds) => Place::Seeds,
            (None, Screen::Export) => Place::Export,
        }
    }

    /// Does an action, as a key, the palette or the mouse asks for it.
    pub fn act(&mut self, action: Action, count: Option<u32>) -> Vec<Effect> {
        use Action as A;
        let times = count.unwrap_or(1).max(1);
        // Who decides on a candidate stays with it until it is decided on.
        if waiting::decides(action) {
            self.review.follow = false;
        }
        match action {
            A::Down | A::Up | A::First | A::Last | A::HalfDown | A::HalfUp | A::PageDown | A::PageUp => {
                self.motion(action, count)
            }
            A::NextPane => self.turn_pane(true),
            A::PreviousPane => self.turn_pane(false),
            A::Zoom if self.screen == Screen::Rules => self.enter_rules(),
            A::Zoom if self.screen == Screen::Seeds => self.seeds_action(A::CheckSeed),
            A::Zoom if self.screen == Screen::Run => self.watch(),
            A::Zoom if self.screen == Screen::Export => self.export_action(action),
            A::Zoom => self.zoom(),
            A::Back => self.back(),
            A::Quit => self.ask_to_quit(),
            A::Leave => self.quit(),
            A::Suspend => vec![Effect::Suspend],
            A::GoReview => self.go(Screen::Review),
            A::GoRun => self.go(Screen::Run),
            A::GoRules => self.go_to_rules(),
            A::ToggleRule | A::TierEarlier | A::TierLater | A::ResetRules | A::ApplyRules => self.rules_action(action),
            A::GoAudit => self.go(Screen::Audit),
            A::GoSeeds => self.go(Screen::Seeds),
            A::CheckSeed
            | A::CheckShown
            | A::EditSeed
            | A::MakeFromSeed
            | A::FilterSeeds
            | A::NextDomain
            | A::PreviousDomain => self.seeds_action(action),
            A::Promote => self.promote(),
            A::Correct => self.correct(),
            A::GoExport => self.go(Screen::Export),
            A::NextChoice | A::PreviousChoice | A::ExportFilter | A::ExportFile | A::WriteExport => {
                self.export_action(action)
            }
            A::PlanNext => self.plan_next(false),
            A::PlanSecond => self.plan_next(true),
            A::PlanDraw => self.draw_plan(false),
            A::PlanBlind => self.draw_plan(true),
            A::GoLog => {
                self.overlay = Some(Overlay::Log(Log::default()));
                vec![Effect::Log(None)]
            }
            A::GoWelcome => self.welcome(),
            A::Palette => {
                self.overlay = Some(Overlay::Palette { query: String::new(), selected: 0 });
                Vec::new()
            }
            A::Help => {
                self.overlay = Some(Overlay::Help { query: String::new(), typing: false, top: 0 });
                Vec::new()
            }
            A::Mouse => {
                self.mouse = !self.mouse;
                self.tell(if self.mouse {
                    "the mouse is loong's: click and wheel"
                } else {
                    "the mouse is the terminal's: select text with it"
                });
                vec![Effect::Mouse(self.mouse)]
            }
            A::Redraw => {
                let mut effects = self.relist();
                if self.screen == Screen::Seeds {
                    effects.extend(self.read_seeds());
                }
                effects.push(Effect::Repaint);
                effects
            }
            A::Undo => self.turn(false),
            A::Redo => self.turn(true),
            A::RunWatch => self.watch(),
            A::RunStrategy => self.ask_strategies(),
            A::Widen | A::Narrow => self.change_width(action == A::Widen, count),
            A::NextRun => self.select_run(1),
            A::PreviousRun => self.select_run(-1),
            A::RunResume => self.resume_run(),
            A::RunStart | A::RunPause | A::RunDrain | A::RunStop => self.steer(action),
            A::Accept | A::Reject | A::Flag | A::AcceptStay | A::RejectStay | A::FlagStay => self.curate(action),
            A::JudgeEquivalent | A::JudgeDifferent | A::JudgeCantTell | A::SettleEquivalent | A::SettleDifferent => {
                self.judge(action)
            }
            A::Cause => self.open_cause(),
            A::AllLikeThis => self.all_like_this(),
            A::SortSuspicious => self.sort(Sort::Suspicious),
            A::SortUncertain => self.sort(Sort::Uncertain),
            A::SortRandom => self.sort(Sort::Random),
            A::SortNumber => self.sort(Sort::Number),
            A::QueueMine => self.queue("-reviewer:me"),
            A::QueueContested => self.queue("contested:yes"),
            A::RightCode | A::RightCot | A::RightBoth | A::RightNeither => self.right_side(action),
            A::NextDisagreement if self.is_finding() => self.go_to_hit(true, times),
            A::PreviousDisagreement if self.is_finding() => self.go_to_hit(false, times),
            A::NextDisagreement => self.go_to_disagreement(true, times),
            A::PreviousDisagreement => self.go_to_disagreement(false, times),
            A::NextItem => self.step(isize::try_from(times).unwrap_or(1)),
            A::PreviousItem => self.step(-isize::try_from(times).unwrap_or(1)),
            A::NextResponse => self.turn_response(true),
            A::PreviousResponse => self.turn_response(false),
            A::MarkItem => self.mark(),
            A::MarkRange => self.mark_range(),
            A::MarkAll => self.mark_all(),
            A::Filter => self.open_filter(),
            A::Find => self.open_find(),
            A::Views => self.open_views(),
            A::Facets => self.open_facets(),
            A::Note => self.open_note(),
            A::Tag => self.open_tag(),
            A::History => {
                if self.review.selected_book().is_some() {
                    self.overlay = Some(Overlay::History { top: 0 });
                }
                Vec::new()
            }
            A::Lineage | A::ToParent | A::ToChild | A::ToEarlier => self.walk(action),
            A::Blind => {
                self.review.blind = !self.review.blind;
                self.tell(if self.review.blind {
                    "blind: verdicts are hidden until you have judged, and decisions say so"
                } else {
                    "verdicts are shown"
                });
                Vec::new()
            }
            A::Diff => {
                self.review.diff = !self.review.diff;
                Vec::new()
            }
            A::Raw => {
                self.review.raw = !self.review.raw;
                self.tell(if self.review.raw { "text as it came" } else { "text typeset" });
                self.reread()
            }
            A::CopyQuestion
            | A::CopyCode
            | A::CopyOutput
            | A::CopyCodeAnswer
            | A::CopyResponse
            | A::CopyCotAnswer
            | A::CopyJson
            | A::CopyId => self.copy(action),
            A::Editor => self.edit_note(),
            A::Pager => self.page(),
            A::Follow => {
                self.review.follow = !self.review.follow;
                self.tell(if self.review.follow { "following the newest candidate" } else { "not following any more" });
                let newest = Some(self.review.newest()).filter(|id| *id > 0);
                if self.review.follow { self.select(newest) } else { Vec::new() }
            }
            // Overlays see these themselves.
            A::Choose | A::Search | A::KeepView | A::Remove => Vec::new(),
        }
    }

    fn motion(&mut self, action: Action, count: Option<u32>) -> Vec<Effect> {
        match self.screen {
            Screen::Audit => {
                self.scroll_audit(action, count);
                Vec::new()
            }
            Screen::Review if self.review.pane == Pane::List => self.move_in_list(action, count),
            Screen::Review => self.scroll_text(action, count),
            Screen::Rules => self.move_in_rules(action, count),
            Screen::Seeds => self.move_in_seeds(action, count),
            Screen::Export => {
                self.move_in_export(action, count);
                Vec::new()
            }
            Screen::Run if self.run.watch.is_some() => {
                self.scroll_watch(action, count);
                Vec::new()
            }
            Screen::Run => {
                let body = layout::parts(Rect::new(0, 0, self.size.0, self.size.1)).body;
                let most = crate::tui::run::most_scroll(body, &self.run_seen(&|_| String::new()));
                self.run.top = self.scrolled(self.run.top, most, action, count);
                Vec::new()
            }
        }
    }

    /// Where a screen that scrolls as one stands after a motion.
    fn scrolled(&self, top: u16, most: u16, action: Action, count: Option<u32>) -> u16 {
        let times = u16::try_from(count.unwrap_or(1)).unwrap_or(u16::MAX);
        let page = self.size.1.saturating_sub(4).max(1);
        match action {
            Action::Down => top.saturating_add(times),
            Action::Up => top.saturating_sub(times),
            Action::HalfDown => top.saturating_add(page / 2),
            Action::HalfUp => top.saturating_sub(page / 2),
            Action::PageDown => top.saturating_add(page),
            Action::PageUp => top.saturating_sub(page),
            Action::First => 0,
            _ => most,
        }
        .min(most)
    }

    fn go(&mut self, screen: Screen) -> Vec<Effect> {
        self.overlay = None;
        let mut left: Vec<Effect> = self.leave_rules(screen).into_iter().collect();
        if screen != Screen::Run && self.run.watch.is_some() {
            left.extend(self.end_watch());
        }
        if screen != Screen::Export {
            left.extend(self.leave_export());
        }
        self.screen = screen;
        let effects = match screen {
            Screen::Review => self.look(),
            Screen::Run => self.count_totals(),
            Screen::Rules => self.go_to_rules(),
            Screen::Audit => self.read_audit(),
            Screen::Seeds => self.read_seeds(),
            Screen::Export => self.look_at_export(),
        };
        left.into_iter().chain(effects).collect()
    }

    /// Closes what is open, clears what is marked; never quits.
    fn back(&mut self) -> Vec<Effect> {
        if let Some(effects) = self.end_deciding() {
            return effects;
        }
        if self.audit.is_going() {
            self.audit.stop_going();
            self.tell("not going to the plan's next pair any more");
            return Vec::new();
        }
        if let Some(effects) = self.stop_applying().filter(|_| self.screen == Screen::Rules) {
            return effects;
        }
        if self.screen == Screen::Run && self.run.watch.is_some() {
            return self.end_watch();
        }
        if self.screen == Screen::Seeds
            && let Some(effects) = self.back_in_seeds()
        {
            return effects;
        }
        if self.screen == Screen::Export
            && let Some(effects) = self.back_in_export()
        {
            return effects;
        }
        if self.screen != Screen::Review {
            return self.go(Screen::Review);
        }
        if self.is_finding() {
            self.review.find = None;
            return Vec::new();
        }
        if self.review.zoom {
            return self.zoom();
        }
        if self.review.pane != Pane::List {
            self.focus(Pane::List);
            return self.look();
        }
        if !self.review.marks.is_empty() {
            let n = self.review.marks.len();
            self.review.marks.clear();
            self.tell(format!("{n} marks cleared"));
        } else if !self.review.filter.is_blank() {
            return self.filter_by("");
        } else {
            let keys = self.settings.keymap.hint(Action::Quit).unwrap_or_default();
            self.tell(format!("nothing to go back to; {keys} quits"));
        }
        Vec::new()
    }

    fn ask_to_quit(&mut self) -> Vec<Effect> {
        let work = if self.is_running() {
            Some("A run is under way; it can be gone on with later, and nothing is lost.")
        } else if self.deciding.is_some() {
            Some("Decisions are under way; they end where they are.")
        } else if self.busy.is_some() {
            Some("Work is under way.")
        } else {
            None
        };
        match work {
            Some(work) => {
                self.overlay = Some(Overlay::Confirm(Question::new(format!("{work} Leave?"), Yes::Quit)));
                Vec::new()
            }
            None => self.quit(),
        }
    }

    /// Leaves: what is in flight is given a moment to end by whoever performs this.
    fn quit(&mut self) -> Vec<Effect> {
        self.quitting = true;
        vec![Effect::Quit]
    }

    fn report(&mut self, told: Result<String, String>) -> Vec<Effect> {
        match told {
            Ok(text) if text.is_empty() => {}
            Ok(text) => self.tell(text),
            Err(e) => self.warn(e),
        }
        Vec::new()
    }
}
