//! The template strategy: problems from families whose question and code carry typed parameters. No model is asked.
//!
//! Families take turns. Which instance a slot has is a function of the random seed and of its ordinal alone; no instance
//! comes twice, and where every family is used up the run ends in order.

pub(in crate::generator) mod bounds;
mod bundled;
mod draw;
mod family;
mod parameter;
mod text;
mod value;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Map, json};

pub use bundled::{bundled, bundled_text};
pub use family::{Family, Fault, Instance, load};

use super::{About, Desk, Draft, GenerateError, Generated, Generator, Provenance, Reference};
use crate::failure::{Failure, FailureKind, Stage};
use crate::interpreter::Wanted;
use draw::Key;
use family::{MOST_MISSES, MOST_WORK};

/// The name under which recipes and filters know this strategy.
pub const STRATEGY: &str = "template";

/// Fills families in, one instance a slot.
pub struct Template {
    inner: Arc<Inner>,
}

struct Inner {
    families: Vec<Family>,
    keys: Vec<Key>,
    schedule: Mutex<Schedule>,
}

/// Which instance each slot has, as far as anybody asked.
#[derive(Default)]
struct Schedule {
    /// Family and position by ordinal.
    slots: Vec<(usize, u64)>,
    /// Next position of each family; `None` where it is used up.
    next: Vec<Option<u64>>,
    /// Whose turn it is.
    turn: usize,
    /// Hashes of the questions given so far.
    seen: HashSet<u64>,
}

impl Template {
    /// A generator over `families`, in their order.
    pub fn new(families: Vec<Family>, rng_seed: u64) -> Self {
        let keys = families.iter().map(|f| f.key(rng_seed)).collect();
        let schedule = Schedule { next: vec![Some(0); families.len()], ..Schedule::default() };
        Self { inner: Arc::new(Inner { families, keys, schedule: Mutex::new(schedule) }) }
    }
}

impl Inner {
    /// The instance of a slot; `None` where the families have no more.
    fn slot(&self, ordinal: u64) -> Option<(usize, u64)> {
        let ordinal = usize::try_from(ordinal).ok()?;
        let mut schedule = self.schedule.lock().unwrap_or_else(PoisonError::into_inner);
        while schedule.slots.len() <= ordinal {
            let slot = self.following(&mut schedule)?;
            schedule.slots.push(slot);
        }
        schedule.slots.get(ordinal).copied()
    }

    fn following(&self, schedule: &mut Schedule) -> Option<(usize, u64)> {
        while schedule.next.iter().any(Option::is_some) {
            let turn = schedule.turn;
            schedule.turn = (turn + 1) % self.families.len();
            let Some(from) = schedule.next[turn] else { continue };
            let found = self.find(turn, from, &mut schedule.seen);
            schedule.next[turn] = found.map(|position| position + 1);
            if let Some(position) = found {
                return Some((turn, position));
            }
        }
        None
    }

    /// The next position of a family that has a new instance, or one that cannot be made: its slot says so.
    fn find(&self, family: usize, from: u64, seen: &mut HashSet<u64>) -> Option<u64> {
        let end = self.families[family].positions().unwrap_or(u64::MAX);
        let mut work = 0;
        for position in from..end.min(from.saturating_add(MOST_MISSES)) {
            match self.families[family].instance(&self.keys[family], position, &mut work) {
                Ok(Some(instance)) => {
                    if seen.insert(hash(&instance.question)) {
                        return Some(position);
                    }
                }
                Ok(None) => {}
                Err(_) => return Some(position),
            }
            if work > MOST_WORK {
                break;
            }
        }
        None
    }

    fn generate(&self, ordinal: u64) -> Generated {
        let Some((at, position)) = self.slot(ordinal) else {
            let given = self.schedule.lock().unwrap_or_else(PoisonError::into_inner).slots.len();
            let families = self.families.len();
            return Generated::Ended(format!("the families ({families}) have {given} problems, and each was given"));
        };
        let family = &self.families[at];
        let mut notes = Map::new();
        notes.insert("template".to_owned(), json!(family.name));
        let mut provenance = Provenance {
            seeds: vec![family.id.clone()],
            family: Some(family.id.clone()),
            domain: Some(family.domain.clone()),
            ..Provenance::default()
        };
        match family.instance(&self.keys[at], position, &mut 0) {
            Ok(Some(instance)) => {
                notes.insert("parameters".to_owned(), instance.parameters.into());
                provenance.notes = notes;
                let draft = Draft {
                    question: instance.question,
                    reference: Reference::Programs(vec![instance.code]),
                    domain: family.domain.clone(),
                    dependencies: family.dependencies.clone(),
                    limits: Wanted::default(),
                    // Instances are told apart here; words that differ in one name only would seem alike elsewhere.
                    novel: false,
                };
                Generated::Draft(Box::new(draft), provenance)
            }
            Ok(None) => Generated::Ended("the families have changed under the run".to_owned()),
            Err(message) => {
                provenance.notes = notes;
                Generated::Failed(Failure::new(Stage::Generate, FailureKind::Malformed, message), provenance)
            }
        }
    }
}

/// What a question is told apart by. That two of a million share one has a chance of one in thirty million, and leaves an
/// instance out.
fn hash(question: &str) -> u64 {
    let hash = blake3::hash(question.as_bytes());
    hash.as_bytes()[..8].iter().fold(0, |all, byte| all << 8 | u64::from(*byte))
}

#[async_trait]
impl Generator for Template {
    fn strategy(&self) -> &'static str {
        STRATEGY
    }

    fn about(&self, ordinal: u64) -> About {
        let family = self.inner.slot(ordinal).map(|(at, _)| &self.inner.families[at]);
        family.map_or_else(About::default, |f| About { domain: Some(f.domain.clone()), family: Some(f.id.clone()) })
    }

    async fn generate(&self, ordinal: u64, _: &dyn Desk) -> Result<Generated, GenerateError> {
        let inner = Arc::clone(&self.inner);
        // A resumed run looks through all instances before its own: not on the threads that talk to others.
        tokio::task::spawn_blocking(move || inner.generate(ordinal))
            .await
            .map_err(|e| GenerateError::Final(format!("a template could not be filled in: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(name: &str, high: u32) -> Family {
        let text = format!(
            "title = \"t\"\ndomain = \"logic\"\nquestion = \"{name} {{{{ n }}}}?\"\ncode = \"print({{{{ n }}}})\"\n\
             [parameters]\nn = {{ int = [1, {high}] }}\n"
        );
        Family::read(&format!("{name}.toml"), &text).unwrap()
    }

    fn question(template: &Template, ordinal: u64) -> Option<String> {
        match template.inner.generate(ordinal) {
            Generated::Draft(draft, _) => Some(draft.question),
            Generated::Failed(failure, _) => panic!("{failure:?}"),
            Generated::Ended(_) => None,
        }
    }

    #[test]
    fn families_take_turns_and_end_in_order() {
        let new = || Template::new(vec![family("a", 2), family("b", 5)], 3);
        let template = new();
        let all: Vec<String> = (0..20).map_while(|o| question(&template, o)).collect();
        assert_eq!(all.len(), 7, "{all:?}");
        assert!(all[0].starts_with('a') && all[1].starts_with('b') && all[6].starts_with('b'));
        let unlike: HashSet<&String> = all.iter().collect();
        assert_eq!(unlike.len(), 7);
        assert_eq!(question(&template, 7), None);
        // Whichever slot is asked for first, each has the same instance.
        let resumed = new();
        let backwards: Vec<String> = (0..7).rev().filter_map(|o| question(&resumed, o)).collect();
        assert_eq!(backwards.into_iter().rev().collect::<Vec<_>>(), all);
    }

    #[test]
    fn a_slot_is_known_to_be_about_the_family_that_it_has() {
        let template = Template::new(vec![family("a", 2), family("b", 5)], 3);
        for ordinal in 0..7 {
            let Generated::Draft(draft, provenance) = template.inner.generate(ordinal) else { panic!("no problem") };
            let about = About { domain: Some(draft.domain), family: provenance.family };
            assert_eq!(template.about(ordinal), about);
        }
        assert_eq!(template.about(7), About::default());
    }

    #[test]
    fn a_slot_whose_text_cannot_be_made_says_so() {
        let text = "title = \"t\"\ndomain = \"logic\"\nquestion = \"{{ n }}?\"\ncode = \"print({{ 6 // n }})\"\n\
             [parameters]\nn = { int = [0, 30] }\n";
        let template = Template::new(vec![Family::read("f.toml", text).unwrap()], 1);
        let failed: Vec<String> = (0..31)
            .filter_map(|o| match template.inner.generate(o) {
                Generated::Failed(failure, _) => Some(failure.message),
                _ => None,
            })
            .collect();
        assert_eq!(failed.len(), 1);
        assert!(failed[0].starts_with("the family f: code"), "{failed:?}");
        assert!(matches!(template.inner.generate(31), Generated::Ended(_)));
    }
}
