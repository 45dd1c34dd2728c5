//! Which strategy makes which slot of a run.
//!
//! A run begins with its recipe's strategy and may be switched to others while it is under way. A switch holds from a slot
//! on, and is kept before that slot begins: a resumed run takes the same strategy for the same slot.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::generator::Generator;
use crate::store::{Sink, StoreError};

/// Makes the generator of a strategy by its name; says in a sentence why it cannot.
pub type MakeGenerator = Arc<dyn Fn(&str) -> Result<Arc<dyn Generator>, String> + Send + Sync>;

/// Switches are kept among the choices of slots, behind every slot that a run can have: the nth as that of slot
/// `SWITCHES` + n.
const SWITCHES: u64 = 1 << 62;

/// From a slot on, another strategy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Turn {
    from: u64,
    strategy: String,
}

/// Why a run cannot be switched.
#[derive(Debug, thiserror::Error)]
pub(super) enum SwitchError {
    /// The strategy cannot be had; the run goes on with the one it has.
    #[error("{0}")]
    Refused(String),
    /// The switch could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The strategies of a run, by slot.
pub(super) struct Strategies {
    made: HashMap<String, Arc<dyn Generator>>,
    make: MakeGenerator,
    first: Arc<dyn Generator>,
    /// In the order they were said: the last that begins at or before a slot counts.
    turns: Vec<Turn>,
}

impl Strategies {
    /// The strategies of a run that begins with `first`, with the switches of its earlier sittings.
    pub(super) async fn of_run(
        first: Arc<dyn Generator>,
        make: MakeGenerator,
        sink: &dyn Sink,
        run: i64,
    ) -> Result<Self, SwitchError> {
        let made = HashMap::from([(first.strategy().to_owned(), Arc::clone(&first))]);
        let mut all = Self { made, make, first, turns: Vec::new() };
        while let Some(kept) = sink.choice(run, SWITCHES + all.turns.len() as u64, None).await? {
            let turn: Turn = serde_json::from_str(&kept).map_err(|e| {
                let message = format!("the run's switch of strategy is unreadable ({e}); begin a new one with --new");
                SwitchError::Refused(message)
            })?;
            all.generator(&turn.strategy).map_err(|why| {
                let Turn { from, strategy } = &turn;
                let message = format!("the run was switched to the strategy `{strategy}` at slot {from}, and {why}");
                SwitchError::Refused(message)
            })?;
            all.turns.push(turn);
        }
        Ok(all)
    }

    /// Who makes a slot.
    pub(super) fn of(&self, ordinal: u64) -> &Arc<dyn Generator> {
        let turn = self.turns.iter().rev().find(|turn| turn.from <= ordinal);
        turn.and_then(|turn| self.made.get(&turn.strategy)).unwrap_or(&self.first)
    }

    /// Lets `strategy` make the slots from `from` on; on the disk when this returns.
    pub(super) async fn switch(
        &mut self,
        from: u64,
        strategy: &str,
        sink: &dyn Sink,
        run: i64,
    ) -> Result<(), SwitchError> {
        self.generator(strategy).map_err(SwitchError::Refused)?;
        let turn = Turn { from, strategy: strategy.to_owned() };
        let text = serde_json::json!(turn).to_string();
        sink.choice(run, SWITCHES + self.turns.len() as u64, Some(text)).await?;
        self.turns.push(turn);
        Ok(())
    }

    fn generator(&mut self, strategy: &str) -> Result<(), String> {
        if !self.made.contains_key(strategy) {
            self.made.insert(strategy.to_owned(), (self.make)(strategy)?);
        }
        Ok(())
    }
}
