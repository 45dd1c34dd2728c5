//! The loop: generate → execute → solve → verify → store, in bounded stages with their own concurrency.
//!
//! It speaks to ports only ([`Generator`](crate::generator::Generator), [`ChatModel`](crate::model::ChatModel),
//! [`Interpreter`](crate::interpreter::Interpreter), [`Verifier`](crate::verifier::Verifier),
//! [`Sink`](crate::store::Sink)); [`EngineEvent`] is all that the outside hears. The room must not know SQL, HTTP,
//! processes or screens.
//!
//! What makes a killed run resumable: a candidate is written whole or not at all, and every reply is in the store before
//! anything is made of it. A slot without a candidate is taken again from its beginning; its replies are read, not asked
//! for again, and everything else is a function of them.

mod budget;
mod concord;
mod control;
mod depth;
mod early;
mod eligible;
pub mod escalate;
mod event;
mod execute;
mod forecast;
mod gate;
mod generate;
mod health;
mod journal;
mod keep;
mod ledger;
mod live;
mod pipeline;
mod probable;
mod purse;
mod quality;
mod questions;
mod recipe;
mod shard;
mod slot;
mod solve;
mod strategies;
mod verify;
mod vote;

pub use budget::{Bound, Budget};
pub use control::{Control, Mode};
pub use event::{Ended, EngineEvent, Report};
pub use forecast::{Forecast, ForecastLine, Prospect, Range, forecast};
pub use journal::Models;
pub use ledger::{Ledger, dollars, money};
pub use live::{LiveNews, Watch};
pub use pipeline::{EngineError, Listener, Ports, run};
pub use probable::{CHARS_PER_TOKEN, TYPICAL_REPLY};
pub use quality::Quality;
pub use questions::Questions;
pub use recipe::{Concurrency, EngineRecipe};
pub use shard::{Shard, ShardError};
pub use slot::execution_record;
pub use strategies::MakeGenerator;
