//! The foot's hints: keys that work now, most wanted first.

use crate::review::promotion::unfit;
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Screen};
use crate::tui::export::{self, Choice};
use crate::tui::keymap::Chord;
use crate::tui::review::Pane;
use crate::tui::sheets::{self, Relative};
use crate::tui::signs::signs;
use crate::tui::text;

/// Whether what can follow does not fit into the foot.
pub(super) fn is_long(app: &App, width: u16) -> bool {
    let ways = app.settings.keymap.following(app.place(), app.typed.pending());
    let wide: usize = ways.iter().map(|(key, does)| text::width(key) + text::width(&short(does)) + 3).sum();
    wide + 8 > usize::from(width) || ways.iter().any(|(_, does)| does.contains(':') || short(does).ends_with('…'))
}

/// Keys that work here, most wanted first.
pub(super) fn hints(app: &App) -> Vec<(String, String)> {
    let keymap = &app.settings.keymap;
    if let Some((keys, awaited)) = app.waiting() {
        let wait = if keys == 1 { "waits" } else { "wait" };
        let keys = text::some(keys as u64, "key");
        return vec![pair(&keys, &format!("{wait} for {}", awaited.says())), pair("esc", "forgets what was typed")];
    }
    let pending = app.typed.pending();
    if !pending.is_empty() && app.overlay.is_none() {
        let typed = pending.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let mut hints = vec![(format!("{typed}…"), String::new())];
        if is_long(app, app.size.0) {
            hints.push(pair("esc", "forgets it"));
            return hints;
        }
        hints.extend(keymap.following(app.place(), pending).into_iter().map(|(key, does)| (key, short(&does))));
        return hints;
    }
    if let Some(overlay) = &app.overlay {
        return over(overlay, app);
    }
    let wanted: &[(Action, &str)] = match app.screen {
        Screen::Run if app.is_demo_over() => &[
            (Action::GoReview, "review"),
            (Action::GoExport, "export"),
            (Action::GoWelcome, "own project"),
            (Action::Back, "back"),
            (Action::Down, "scroll"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        Screen::Run if !app.is_running() => &[
            (Action::RunStart, "start"),
            (Action::RunStrategy, "strategy"),
            (Action::GoReview, "review"),
            (Action::GoExport, "export"),
            (Action::GoWelcome, "import, demo"),
            (Action::Down, "scroll"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        Screen::Run => &[
            (Action::RunPause, "pause"),
            (Action::RunDrain, "drain"),
            (Action::RunStop, "stop"),
            (Action::RunWatch, "watch"),
            (Action::Widen, "wider"),
            (Action::Narrow, "narrower"),
            (Action::RunStrategy, "strategy"),
            (Action::GoReview, "review"),
            (Action::GoExport, "export"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        Screen::Rules if app.rules.applying.is_some() => &[(Action::Back, "stop here"), (Action::Help, "help")],
        Screen::Rules if app.rules.present.is_none() => {
            &[(Action::Back, "leave"), (Action::Palette, "palette"), (Action::Help, "help")]
        }
        Screen::Rules => &[
            (Action::ToggleRule, "change"),
            (Action::NextPane, "pane"),
            (Action::ApplyRules, "apply"),
            (Action::ResetRules, "as configured"),
            (Action::Back, "leave"),
            (Action::Zoom, "open"),
            (Action::TierLater, "tier later"),
            (Action::TierEarlier, "tier earlier"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
        ],
        Screen::Seeds if app.seeds.checking.is_some() => &[
            (Action::Back, "stop the check"),
            (Action::Down, "down"),
            (Action::NextPane, "pane"),
            (Action::Help, "help"),
        ],
        Screen::Seeds => &[
            (Action::CheckSeed, "check"),
            (Action::CheckShown, "check all"),
            (Action::EditSeed, "edit"),
            (Action::MakeFromSeed, "five from this"),
            (Action::FilterSeeds, "search"),
            (Action::Back, "back"),
            (Action::NextPane, "pane"),
            (Action::NextDomain, "next domain"),
            (Action::Help, "help"),
            (Action::Palette, "palette"),
            (Action::Quit, "quit"),
        ],
        Screen::Export if app.export.writing.is_some() => {
            &[(Action::Back, "stop writing"), (Action::NextPane, "pane"), (Action::Help, "help")]
        }
        Screen::Export if app.export.pane == export::Pane::LeftOut => &[
            (Action::Zoom, "list them"),
            (Action::Down, "choose"),
            (Action::WriteExport, "write"),
            (Action::NextPane, "pane"),
            (Action::Help, "help"),
            (Action::Back, "back"),
        ],
        Screen::Export => &[
            (Action::WriteExport, "write"),
            (Action::Down, "choose"),
            (Action::NextChoice, "change"),
            (Action::Zoom, "type it"),
            (Action::ExportFilter, "filter"),
            (Action::ExportFile, "file"),
            (Action::Back, "back"),
            (Action::NextPane, "pane"),
            (Action::Help, "help"),
            (Action::Palette, "palette"),
            (Action::Quit, "quit"),
        ],
        // What can be done to a plan is known once it is known whether there is one.
        Screen::Audit if app.audit.found.is_none() => &[
            (Action::GoRules, "rules"),
            (Action::Back, "back"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        Screen::Audit if app.audit.found.as_ref().is_none_or(|found| found.plan.is_none()) => &[
            (Action::PlanDraw, "draw a plan"),
            (Action::PlanBlind, "draw a blind one"),
            (Action::GoRules, "rules"),
            (Action::Back, "back"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        Screen::Audit => &[
            (Action::PlanNext, "judge the next"),
            (Action::Back, "back"),
            (Action::Down, "scroll"),
            (Action::PlanSecond, "second opinion"),
            (Action::PlanDraw, "enlarge plan"),
            (Action::GoRules, "rules"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        Screen::Review if app.review.ids.is_empty() && !app.review.filter.is_blank() => &[
            (Action::Filter, "another filter"),
            (Action::Back, "all of them"),
            (Action::Facets, "counts"),
            (Action::Views, "saved views"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        Screen::Review if app.review.ids.is_empty() => &[
            (Action::Filter, "filter"),
            (Action::GoRun, "loop"),
            (Action::RunStart, "start"),
            (Action::GoWelcome, "import, demo"),
            (Action::GoSeeds, "seeds"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        Screen::Review if app.is_finding() => &[
            (Action::NextDisagreement, "next hit"),
            (Action::PreviousDisagreement, "previous hit"),
            (Action::Find, "search anew"),
            (Action::Back, "end the search"),
            (Action::Help, "help"),
        ],
        Screen::Review => return reading(app),
    };
    let wanted = wanted.iter().filter(|(action, _)| app.screen != Screen::Export || !is_moot(*action, app));
    wanted.filter_map(|(action, does)| Some((keymap.hint(*action)?, (*does).to_owned()))).collect()
}

/// Whether a key of the export screen does nothing now: nothing is written while something is wrong, and what is typed is no
/// choice among words.
fn is_moot(action: Action, app: &App) -> bool {
    let export = &app.export;
    let types = matches!(export.choice, Choice::Against | Choice::Filter | Choice::File);
    match action {
        Action::WriteExport => matches!(export.counted, Some(Err(_))),
        Action::NextChoice => types,
        Action::Zoom => !types && export.pane != export::Pane::LeftOut,
        _ => false,
    }
}

/// Keys of the review screen: what decides, and on what; then what leads on.
fn reading(app: &App) -> Vec<(String, String)> {
    let keymap = &app.settings.keymap;
    let review = &app.review;
    let mut hints = Vec::with_capacity(16);
    let mut hint = |action, does: &str| hints.extend(keymap.hint(action).map(|key| (key, does.to_owned())));
    if review.zoom {
        hint(Action::Back, "back to all panes");
        hint(Action::NextPane, "next pane");
    }
    let on = match (review.marks.len(), review.selected) {
        (0, Some(id)) => format!("#{id}"),
        (0, None) => String::new(),
        (n, _) => format!("{n} marked"),
    };
    // Nothing is decided on what cannot be read.
    if review.marks.is_empty() && review.selected.is_some_and(|id| review.fault_of(id).is_some()) {
        hint(Action::NextItem, "next");
        hint(Action::PreviousItem, "previous");
        hint(Action::Help, "help");
        hint(Action::Filter, "filter");
        hint(Action::Palette, "palette");
        hint(Action::Quit, "quit");
        return hints;
    }
    hint(Action::Accept, format!("accept {on}").trim_end());
    hint(Action::Reject, "reject");
    // The beginning of keys that do alike: of three that judge, of those that lead elsewhere.
    let begins = |action| match keymap.keys(action).first().map(Chord::keys) {
        Some([first, _, ..]) => Some(first.to_string()),
        _ => None,
    };
    hints.extend(begins(Action::JudgeEquivalent).map(|key| (key, "judge pair".to_owned())));
    let mut hint = |action, does: &str| hints.extend(keymap.hint(action).map(|key| (key, does.to_owned())));
    if app.is_judging_plan() {
        hint(Action::NextDisagreement, "next of the plan");
    } else if review.blind {
        hint(Action::NextItem, "next");
    } else {
        hint(Action::NextDisagreement, "next ≠");
    }
    if review.blind {
        hint(Action::Blind, "show verdicts");
    }
    if review.diff {
        hint(Action::Diff, "in short again");
    }
    if review.is_sorted() {
        hint(Action::SortNumber, "as they came");
    }
    if !review.zoom {
        hint(Action::NextPane, "pane");
        if review.pane != Pane::List {
            hint(Action::Zoom, "this pane alone");
        }
    }
    hint(Action::Undo, "undo");
    hint(Action::Help, "help");
    if may_be_promoted(app) {
        hint(Action::Promote, "make it a seed");
    }
    hint(Action::Filter, "filter");
    hints.extend(begins(Action::GoAudit).map(|key| (key, "go to".to_owned())));
    let mut hint = |action, does: &str| hints.extend(keymap.hint(action).map(|key| (key, does.to_owned())));
    hint(Action::GoExport, "export");
    hint(Action::Palette, "palette");
    hint(Action::Flag, "flag");
    hint(Action::Note, "note");
    hint(Action::Correct, "correct");
    hint(Action::Quit, "quit");
    hints
}

/// Keys of what lies over the screen.
fn over(overlay: &Overlay, app: &App) -> Vec<(String, String)> {
    let keymap = &app.settings.keymap;
    let of = |wanted: &[(Action, &str)]| -> Vec<(String, String)> {
        wanted.iter().filter_map(|(action, does)| Some((keymap.hint(*action)?, (*does).to_owned()))).collect()
    };
    // Up and down do the same to it.
    let both = |does: &str| {
        let keys = [Action::Down, Action::Up].map(|action| keymap.hint(action));
        pair(&keys.into_iter().flatten().collect::<Vec<_>>().join(" "), does)
    };
    let around = |first: Vec<(String, String)>, does: &str, last: &[(Action, &str)]| {
        first.into_iter().chain([both(does)]).chain(of(last)).collect()
    };
    match overlay {
        Overlay::Confirm(_) => vec![pair("y", "yes"), pair("n", "no")],
        Overlay::Correction(correction) => {
            let mut hints = vec![pair("enter", "keep it"), pair("esc", "drop it")];
            hints.extend(correction.can_run().then(|| pair("r", "run the code, isolated")));
            hints.push(pair("↑↓", "scroll"));
            hints
        }
        Overlay::Palette { .. } => vec![pair("↑↓", "choose"), pair("enter", "do it"), pair("esc", "close")],
        Overlay::Strategies { .. } => vec![pair("↑↓", "choose"), pair("enter", "take it"), pair("esc", "close")],
        Overlay::Welcome { .. } => {
            let mut hints = vec![pair("↑↓", "choose"), pair("enter", "do it")];
            hints.extend(app.project.is_some().then(|| pair("esc", "close")));
            hints.push(pair("q", "quit loong"));
            hints
        }
        Overlay::Import { plan, .. } if plan.missing.is_some() => vec![pair("esc", "leave it")],
        Overlay::Import { only_y, .. } => {
            vec![pair(if *only_y { "y" } else { "enter" }, "import"), pair("esc", "leave it")]
        }
        Overlay::Views(views) if views.list.as_ref().is_none_or(Vec::is_empty) => {
            let keep = (!app.review.filter.is_blank()).then_some((Action::KeepView, "keep the present filter"));
            of(&keep.into_iter().chain([(Action::Back, "close")]).collect::<Vec<_>>())
        }
        Overlay::Views(_) => around(
            of(&[(Action::Choose, "list by it")]),
            "choose",
            &[(Action::KeepView, "keep the present filter"), (Action::Remove, "remove"), (Action::Back, "close")],
        ),
        Overlay::Facets(_) => around(of(&[(Action::Choose, "narrow to it")]), "choose", &[(Action::Back, "close")]),
        Overlay::Lineage { found, selected } => {
            let relatives = found.as_ref().map_or_else(Vec::new, |lineage| sheets::relatives(lineage));
            let leads = match relatives.get(*selected) {
                Some(Relative::Seed(_)) => "open the seed".to_owned(),
                Some(Relative::Candidate(step)) if Some(step.id) != app.review.selected => {
                    format!("go to #{}", step.id)
                }
                _ => String::new(),
            };
            let enter = if leads.is_empty() { Vec::new() } else { of(&[(Action::Choose, leads.as_str())]) };
            around(enter, "choose", &[(Action::Back, "close")])
        }
        Overlay::Help { typing: true, .. } => vec![pair("enter", "keep the search"), pair("esc", "end it")],
        Overlay::Help { .. } => {
            let last = if signs(app.place_below()).is_empty() { "words" } else { "words, signs" };
            let last = [(Action::Last, last), (Action::Back, "close")];
            around(of(&[(Action::Search, "search")]), "scroll", &last)
        }
        Overlay::Log(log) if log.lines.is_empty() => of(&[(Action::Back, "close")]),
        Overlay::Log(_) => around(
            Vec::new(),
            "scroll",
            &[(Action::First, "oldest"), (Action::Last, "newest"), (Action::Back, "close")],
        ),
        Overlay::History { .. } => around(Vec::new(), "scroll", &[(Action::Back, "close")]),
    }
}

/// Whether the selected candidate is one that can become a seed now.
fn may_be_promoted(app: &App) -> bool {
    app.project.as_ref().is_some_and(|project| !project.demo)
        && app.review.selected_book().is_some_and(|book| unfit(&book.view).is_none())
}

fn pair(key: &str, does: &str) -> (String, String) {
    (key.to_owned(), does.to_owned())
}

/// A sentence without what does not fit into a hint.
fn short(does: &str) -> String {
    let end = does.find([',', ';', '(', ':']).unwrap_or(does.len());
    text::cut(does[..end].trim(), 32)
}
