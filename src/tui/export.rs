//! The state of the export screen: what is chosen, what it would write, what it leaves out and why.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::effect::ExportWish;
use super::msg::Exportable;
use super::text::Laid;
use crate::export::{Duplicates, ExportOptions, FormatName, Reasoning, RewardFor, WhichResponses};

/// Columns from which the rows stand beside what is chosen.
const TWO: u16 = 100;
/// Rows of the first box: the choices, and what they come to.
const CHOICES: u16 = 15;

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// What is chosen.
    #[default]
    Choices,
    /// What is left out, by reason.
    LeftOut,
    /// The first rows, as they would be written.
    Rows,
}

impl Pane {
    /// All of them, in the order of `tab`.
    pub const ALL: [Self; 3] = [Self::Choices, Self::LeftOut, Self::Rows];

    /// What its title says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Choices => "export",
            Self::LeftOut => "left out",
            Self::Rows => "first rows",
        }
    }
}

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// The format.
    #[default]
    Format,
    /// Which of a candidate's verified responses.
    Responses,
    /// What becomes of reasoning.
    Reasoning,
    /// What becomes of questions that were asked before.
    Duplicates,
    /// Files whose questions are left out.
    Against,
    /// Which part is to test on.
    Test,
    /// Everything, or what is new.
    Since,
    /// A reward function beside the rows.
    Reward,
    /// Which candidates.
    Filter,
    /// The file.
    File,
}

/// Parts to test on that are offered, in thousandths.
const PARTS: [u16; 5] = [0, 20, 50, 100, 200];

impl Choice {
    /// All of them, from above.
    pub const ALL: [Self; 10] = [
        Self::Format,
        Self::Responses,
        Self::Reasoning,
        Self::Duplicates,
        Self::Against,
        Self::Test,
        Self::Since,
        Self::Reward,
        Self::Filter,
        Self::File,
    ];

    /// What stands before it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Responses => "responses",
            Self::Reasoning => "reasoning",
            Self::Duplicates => "duplicates",
            Self::Against => "against",
            Self::Test => "test part",
            Self::Since => "since",
            Self::Reward => "reward",
            Self::Filter => "filter",
            Self::File => "file",
        }
    }
}

/// The state.
#[derive(Debug)]
pub struct ExportScreen {
    /// What is chosen.
    pub wish: ExportWish,
    /// Whether the filter is one that somebody wrote here; else it is that of the review screen.
    pub own_filter: bool,
    /// The choice that is selected.
    pub choice: Choice,
    /// The pane with the focus.
    pub pane: Pane,
    /// Counts asked for, so that late answers are known.
    pub asked: u64,
    /// What it would write; while it is counted, so far.
    pub counted: Option<Result<Exportable, String>>,
    /// Whether what is shown was counted for other choices.
    pub stale: bool,
    /// The reason that is selected.
    pub reason: usize,
    /// First row of text shown of the rows.
    pub top: usize,
    /// The rows, wrapped.
    pub laid: Arc<Laid>,
    /// Rows that are written, while they are.
    pub writing: Option<u64>,
}

impl Default for ExportScreen {
    fn default() -> Self {
        Self {
            wish: ExportWish {
                format: FormatName::Messages,
                options: ExportOptions::default(),
                filter: String::new(),
                path: suggested(FormatName::Messages),
                against: String::new(),
                since_last: false,
                reward: None,
            },
            own_filter: false,
            choice: Choice::default(),
            pane: Pane::default(),
            asked: 0,
            counted: None,
            stale: false,
            reason: 0,
            top: 0,
            laid: Arc::default(),
            writing: None,
        }
    }
}

impl ExportScreen {
    /// What was counted, where it could be.
    pub fn exportable(&self) -> Option<&Exportable> {
        self.counted.as_ref()?.as_ref().ok()
    }

    /// Whether a choice means something to the format.
    pub fn applies(&self, choice: Choice) -> bool {
        match choice {
            Choice::Responses | Choice::Reasoning => self.wish.format.format().has_responses(),
            Choice::Reward => reward_for(self.wish.format).is_some(),
            _ => true,
        }
    }

    /// Turns the selected choice; whether it has changed. The suggested name follows the format until somebody writes
    /// another, and reasoning the ways that the format has for it.
    pub fn turn(&mut self, forwards: bool) -> bool {
        if !self.applies(self.choice) {
            return false;
        }
        let wish = &mut self.wish;
        match self.choice {
            Choice::Format => {
                let before = wish.format;
                wish.format = turned(FormatName::ALL, before, forwards);
                if wish.path == suggested(before) {
                    wish.path = suggested(wish.format);
                }
                if wish.options.check(wish.format).is_err() {
                    wish.options.reasoning = Reasoning::Think;
                }
                // A reward function is of one format.
                wish.reward = wish.reward.and(reward_for(wish.format));
            }
            Choice::Responses => wish.options.responses = turned(WhichResponses::ALL, wish.options.responses, forwards),
            Choice::Reasoning => {
                wish.options.reasoning = turned(Reasoning::ALL, wish.options.reasoning, forwards);
                if wish.options.check(wish.format).is_err() {
                    wish.options.reasoning = turned(Reasoning::ALL, wish.options.reasoning, forwards);
                }
            }
            Choice::Duplicates => wish.options.duplicates = turned(Duplicates::ALL, wish.options.duplicates, forwards),
            Choice::Test => wish.options.test_per_mille = turned(&PARTS, wish.options.test_per_mille, forwards),
            Choice::Since => wish.since_last = !wish.since_last,
            Choice::Reward => wish.reward = reward_for(wish.format).filter(|_| wish.reward.is_none()),
            Choice::Against | Choice::Filter | Choice::File => return false,
        }
        true
    }

    /// How many choices are shown in so many rows, and how many are above the first of them: what they come to has two
    /// rows.
    pub fn choices_in(&self, rows: usize) -> (usize, usize) {
        let all = Choice::ALL.len();
        let shown = if rows >= all + 2 { all } else { rows.saturating_sub(2).max(1) };
        let at = Choice::ALL.iter().position(|choice| *choice == self.choice).unwrap_or(0);
        (shown, (at + 1).saturating_sub(shown))
    }

    /// The first rows, wrapped anew for a width.
    pub fn lay(&mut self, width: u16) {
        let Some(Ok(counted)) = &self.counted else {
            self.laid = Arc::default();
            return;
        };
        self.laid = Arc::new(counted.first.lay(width));
    }
}

/// The reward function that reads rows of a format.
fn reward_for(format: FormatName) -> Option<RewardFor> {
    RewardFor::ALL.iter().copied().find(|reward| reward.format() == format)
}

/// The name that a file has until somebody writes another.
fn suggested(format: FormatName) -> String {
    format!("{format}.jsonl")
}

fn turned<T: Copy + PartialEq>(all: &[T], now: T, forwards: bool) -> T {
    let at = all.iter().position(|x| *x == now).unwrap_or(0);
    all[if forwards { (at + 1) % all.len() } else { (at + all.len() - 1) % all.len() }]
}

/// Where the panes stand within `body`; where there is no room for all, the two lower ones share a box.
pub fn places(body: Rect, export: &ExportScreen) -> Vec<(Pane, Rect)> {
    // Also while the terminal is too small to show anything: what is laid out then is not drawn.
    let upper = (CHOICES.min(body.height.saturating_sub(6)).max(3) + 2).min(body.height);
    let under = Rect { y: body.y + upper.saturating_sub(1), height: body.height - upper + upper.min(1), ..body };
    if body.width >= TWO {
        let left = (body.width * 9 / 20).clamp(58, 76);
        let choices = Rect { width: left, height: upper, ..body };
        let lower = Rect { width: left, ..under };
        let rows = Rect { x: body.x + left - 1, width: body.width - left + 1, ..body };
        return vec![(Pane::Choices, choices), (Pane::LeftOut, lower), (Pane::Rows, rows)];
    }
    let shown = if export.pane == Pane::Rows { Pane::Rows } else { Pane::LeftOut };
    vec![(Pane::Choices, Rect { height: upper, ..body }), (shown, under)]
}

/// Columns that the rows have.
pub fn width(columns: u16, export: &ExportScreen) -> u16 {
    let body = Rect { x: 0, y: 0, width: columns, height: 40 };
    let (_, area) = places(body, export).into_iter().next_back().unwrap_or((Pane::Rows, body));
    area.width.saturating_sub(4)
}
