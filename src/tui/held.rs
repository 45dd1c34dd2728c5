//! What was typed before its meaning is known: it waits, in the order in which it came, and is taken in as soon as what it
//! depends on has been read. So no key is lost, and none means another thing than what its reader will have before them.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::KeyEvent;

/// Keys that wait at most.
const MOST: usize = 64;
/// How long keys wait before the foot says what for.
pub const UNSAID: Duration = Duration::from_millis(150);

/// What is being read that the next key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// The pair of the plan that comes next.
    Pair,
    /// What is taken back, or put back.
    Turned,
    /// The parent or the child of a candidate.
    Step,
    /// The beginning of a new list.
    List,
    /// All of the list.
    Whole,
    /// The selected candidate.
    Candidate,
    /// The candidate as the decision on it has it.
    Decision,
    /// The verifier's rules.
    Rules,
    /// What the plan found.
    Audit,
    /// A plan that is being drawn.
    Plan,
    /// The runs that are stored.
    Runs,
    /// The seeds.
    Seeds,
    /// What there is to choose from.
    Choices,
    /// The project that is being opened.
    Project,
}

impl Awaited {
    /// What it is, after "wait for".
    pub const fn says(self) -> &'static str {
        match self {
            Self::Pair => "the plan's next pair",
            Self::Turned => "what is taken back or put back",
            Self::Step => "the candidate that was gone to",
            Self::List => "the list",
            Self::Whole => "all of the list",
            Self::Candidate => "the candidate to be read",
            Self::Decision => "the decision to be stored",
            Self::Rules => "the verifier's rules",
            Self::Audit => "what the plan found",
            Self::Plan => "the plan to be drawn",
            Self::Runs => "the runs that are stored",
            Self::Seeds => "the seeds",
            Self::Choices => "what there is to choose from",
            Self::Project => "the project to be opened",
        }
    }
}

/// Something that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(KeyEvent),
    /// Text that was pasted.
    Text(String),
}

/// What waits.
#[derive(Debug, Default)]
pub struct Held {
    inputs: VecDeque<Input>,
    /// Since when the first of them waits.
    since: Duration,
}

impl Held {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// What is to be taken in next.
    pub fn first(&self) -> Option<&Input> {
        self.inputs.front()
    }

    /// Has it wait; false where as many wait as may, and it is not kept.
    pub fn push(&mut self, input: Input, now: Duration) -> bool {
        if self.inputs.len() >= MOST {
            return false;
        }
        if self.inputs.is_empty() {
            self.since = now;
        }
        self.inputs.push_back(input);
        true
    }

    /// Takes out what comes next; what is behind it begins to wait.
    pub fn pop(&mut self, now: Duration) -> Option<Input> {
        self.since = now;
        self.inputs.pop_front()
    }

    /// Forgets all of it; how many that were.
    pub fn clear(&mut self) -> usize {
        std::mem::take(&mut self.inputs).len()
    }

    /// How long it is until the foot says what they wait for; zero where it says so, none where nothing waits.
    pub fn unsaid(&self, now: Duration) -> Option<Duration> {
        (!self.is_empty()).then(|| UNSAID.saturating_sub(now.saturating_sub(self.since)))
    }
}
