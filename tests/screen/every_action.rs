//! Every action of the keymap pressed by each of its keys, where it means something; and each time there is something to
//! see of it that is more than a line at the foot.

use std::sync::Arc;

use loong::store::record::{Judgement, NewDecision};
use loong::tui::action::{Action, Place};
use loong::tui::keymap::{DEFAULT, Key, Keymap, Meant};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use crate::bench::{Bench, view};
use crate::{audit, fixtures, lineage, resuming, rules, seeds, steering};

const SIZE: (u16, u16) = (120, 40);

/// Where an action is pressed: what is on the screen, and the keys that lead to where it means something.
enum Scene {
    /// Candidates of all kinds.
    Review(&'static str),
    /// A run under way, on its screen.
    Running(&'static str),
    /// A candidate, what was made of it, and what was made of that.
    Family(&'static str),
    /// One that reviewers are tied about.
    Contested(&'static str),
    /// Pairs that nobody has drawn a plan of.
    Unplanned(&'static str),
    /// A plan, one pair of it judged by somebody else.
    Planned(&'static str),
    /// Runs that are stored.
    Runs(&'static str),
    /// The rules, on trial over pairs.
    Rules(&'static str),
    /// The seeds.
    Seeds(&'static str),
    /// A view is kept.
    Viewed(&'static str),
}

/// The scene of each action. What has no effect there has none anywhere.
#[allow(clippy::match_same_arms, reason = "by place, as the keymap has them")]
fn scene(action: Action) -> Scene {
    use Action as A;
    match action {
        // Everywhere.
        A::Down
        | A::HalfDown
        | A::PageDown
        | A::Last
        | A::NextPane
        | A::PreviousPane
        | A::Zoom
        | A::Quit
        | A::Leave
        | A::Suspend
        | A::GoRun
        | A::GoRules
        | A::GoAudit
        | A::GoSeeds
        | A::GoExport
        | A::GoLog
        | A::GoWelcome
        | A::Palette
        | A::Help
        | A::Mouse
        | A::Redraw
        | A::RunStart
        | A::RunStrategy => Scene::Review(""),
        A::Up | A::First | A::HalfUp | A::PageUp => Scene::Review("G"),
        A::Back => Scene::Review("tab"),
        A::GoReview => Scene::Review("g l"),
        A::Undo => Scene::Review("A"),
        A::Redo => Scene::Review("A u"),
        A::RunPause | A::RunDrain | A::RunStop | A::RunWatch | A::Widen | A::Narrow => Scene::Running(""),
        A::NextRun | A::RunResume => Scene::Runs(""),
        A::PreviousRun => Scene::Runs("] ]"),
        // Review.
        A::Accept
        | A::Reject
        | A::Flag
        | A::AcceptStay
        | A::RejectStay
        | A::FlagStay
        | A::RightCode
        | A::RightCot
        | A::RightBoth
        | A::RightNeither
        | A::Note
        | A::Tag
        | A::Correct
        | A::Editor
        | A::Pager
        | A::History
        | A::Lineage
        | A::NextDisagreement
        | A::NextItem
        | A::MarkItem
        | A::MarkAll
        | A::Filter
        | A::Follow
        | A::Blind
        | A::Raw
        | A::Find
        | A::Views
        | A::Facets
        | A::QueueMine
        | A::QueueContested
        | A::SortSuspicious
        | A::SortUncertain
        | A::SortRandom
        | A::CopyQuestion
        | A::CopyCode
        | A::CopyOutput
        | A::CopyCodeAnswer
        | A::CopyResponse
        | A::CopyCotAnswer
        | A::CopyJson
        | A::CopyId => Scene::Review(""),
        A::JudgeEquivalent | A::JudgeDifferent | A::JudgeCantTell | A::AllLikeThis | A::Diff => Scene::Review("n"),
        A::SettleEquivalent | A::SettleDifferent => Scene::Contested("s c"),
        A::Cause => Scene::Review("n o e"),
        A::SortNumber => Scene::Review("s s"),
        A::Promote => Scene::Review("A"),
        A::PreviousDisagreement => Scene::Review("n n"),
        A::PreviousItem => Scene::Review("j"),
        A::NextResponse | A::PreviousResponse => Scene::Review("8 G"),
        A::MarkRange => Scene::Review("space j j"),
        A::ToParent => Scene::Family("j"),
        A::ToChild => Scene::Family(""),
        A::ToEarlier => Scene::Family("j ("),
        // Rules: the first is a preset, the last a tier.
        A::ToggleRule => Scene::Rules(""),
        A::TierEarlier => Scene::Rules("G"),
        A::TierLater => Scene::Rules("G k"),
        A::ResetRules | A::ApplyRules => Scene::Rules("space"),
        // Audit.
        A::PlanDraw | A::PlanBlind => Scene::Unplanned("g a"),
        A::PlanNext | A::PlanSecond => Scene::Planned("g a"),
        // Seeds.
        A::CheckSeed | A::CheckShown | A::EditSeed | A::MakeFromSeed | A::FilterSeeds | A::NextDomain => {
            Scene::Seeds("")
        }
        A::PreviousDomain => Scene::Seeds("] ]"),
        // Export.
        A::NextChoice | A::PreviousChoice | A::ExportFilter | A::ExportFile | A::WriteExport => Scene::Review("g e"),
        // Overlays.
        A::Choose => Scene::Review("B"),
        A::Search => Scene::Review("?"),
        A::KeepView => Scene::Review("/ \"domain:logic\" enter S"),
        A::Remove => Scene::Viewed("S"),
    }
}

fn says(bench: &Bench, candidate: i64, sample: u32, reviewer: &str, judgement: Judgement) {
    let new = NewDecision {
        candidate,
        sample: Some(sample),
        judgement: Some(judgement),
        reviewer: reviewer.to_owned(),
        ..NewDecision::default()
    };
    bench.store().decide_blocking(new).unwrap();
}

fn set(action: Action) -> Bench {
    let (mut bench, keys) = match scene(action) {
        Scene::Review(keys) => (Bench::new(SIZE, "dark", fixtures::all()), keys),
        Scene::Running(keys) => (steering::running(SIZE, "dark"), keys),
        Scene::Family(keys) => (Bench::new(SIZE, "dark", lineage::family()), keys),
        Scene::Contested(keys) => {
            let bench = Bench::new(SIZE, "dark", fixtures::all());
            says(&bench, 2, 0, "ada", Judgement::Equivalent);
            says(&bench, 2, 0, "bob", Judgement::Different);
            (bench, keys)
        }
        Scene::Unplanned(keys) => (Bench::new(SIZE, "dark", audit::many(120)), keys),
        Scene::Planned(keys) => {
            let bench = audit::planned(SIZE, "dark", false);
            let store = bench.store();
            let plan = store.reader().unwrap().plan().unwrap().unwrap();
            let item = store.reader().unwrap().plan_items(plan.id).unwrap()[3].clone();
            says(&bench, item.candidate, item.sample, "ada", Judgement::Different);
            (bench, keys)
        }
        Scene::Runs(keys) => (resuming::stored(SIZE, "dark"), keys),
        Scene::Rules(keys) => {
            let mut bench = rules::bench(SIZE, "dark");
            bench.keys("g v");
            (bench, keys)
        }
        Scene::Seeds(keys) => (seeds::bench(SIZE, "dark"), keys),
        Scene::Viewed(keys) => {
            let bench = Bench::new(SIZE, "dark", fixtures::all());
            bench.desk.views.lock().unwrap().push(view("hard", "tag:hard", true));
            (bench, keys)
        }
    };
    bench.keys(keys);
    bench
}

/// What a person could see of the state, but for the line that says what happened; and what went out of the program.
#[derive(PartialEq)]
struct Seen {
    picture: (Buffer, Option<Position>),
    out: usize,
    written: usize,
    quitting: bool,
}

fn seen(bench: &mut Bench) -> Seen {
    bench.app.toast = None;
    Seen {
        picture: bench.picture(),
        out: bench.terminal.len(),
        written: bench.desk.written.lock().unwrap().len(),
        quitting: bench.app.quitting,
    }
}

/// Every action of the file with its chords, each as the words that type it.
fn chords() -> Vec<(Action, Vec<String>)> {
    let file: toml::Table = DEFAULT.parse().unwrap();
    let sections = file.values().map(|section| section.as_table().expect("a section"));
    let entry = |(name, binding): (&String, &toml::Value)| {
        let keys = binding["keys"].as_array().expect("a list of chords");
        (name.parse().unwrap(), keys.iter().map(|key| key.as_str().unwrap().to_owned()).collect())
    };
    sections.flat_map(|section| section.iter().map(entry).collect::<Vec<_>>()).collect()
}

#[test]
fn every_key_of_every_action_does_something_to_be_seen() {
    let keymap = Keymap::load(None).unwrap();
    let all = chords();
    let unlisted: Vec<&Action> = Action::ALL.iter().filter(|a| !all.iter().any(|(action, _)| action == *a)).collect();
    assert!(unlisted.is_empty(), "assets/keymap.toml does not have {unlisted:?}");
    let mut without: Vec<String> = Vec::new();
    for (action, chords) in all {
        for chord in &chords {
            let mut bench = set(action);
            let keys: Vec<Key> = chord.split(' ').map(|key| key.parse().unwrap()).collect();
            let meant = keymap.press(bench.app.place(), &keys);
            assert_eq!(meant, Meant::Action(action), "`{chord}` in the scene of {action}");
            let before = seen(&mut bench);
            bench.keys(chord);
            let bad = bench.app.toast.as_ref().filter(|toast| toast.bad).map(|toast| toast.text.clone());
            if let Some(told) = bad {
                without.push(format!("{action} by `{chord}`: {told}"));
            } else if seen(&mut bench) == before {
                without.push(format!("{action} by `{chord}`"));
            }
        }
        // What has no key is done from the palette.
        if chords.is_empty() {
            let mut bench = set(action);
            let before = seen(&mut bench);
            bench.keys(&format!(": \"{}\" enter", keymap.does(action).replace(' ', "␣")));
            if seen(&mut bench) == before {
                without.push(format!("{action} by the palette"));
            }
        }
    }
    // It is told apart: a key that means nothing changes nothing that is looked at.
    let mut bench = set(Action::Down);
    let before = seen(&mut bench);
    bench.keys("Z");
    assert!(seen(&mut bench) == before);
    assert!(without.is_empty(), "nothing is to be seen of:\n{}", without.join("\n"));
}

/// Help is where a newcomer looks: whatever has a key in a place is told there, with its keys and its sentence.
#[test]
fn every_action_is_told_by_the_help_of_its_screen() {
    let keymap = Arc::new(Keymap::load(None).unwrap());
    for (action, chords) in chords() {
        let place = match keymap.all().find(|(a, _)| *a == action).unwrap().1.place {
            Place::Everywhere => Place::Review,
            place => place,
        };
        let told = loong::tui::keymap::help(&keymap, place).into_iter().find(|line| line.action == action);
        assert_eq!(told.is_some(), !chords.is_empty(), "{action} in the help of {place}");
        assert!(told.is_none_or(|line| line.does == keymap.does(action) && !line.keys.is_empty()));
    }
}
