//! Rollouts from elsewhere: files of questions, references and responses, in the formats that trainers and evaluation
//! tools write, become candidates in the store.
//!
//! A file streams through: one thread reads and splits, others parse and verify, the calling one keeps the order and
//! gathers the responses of a question, and the store writes in large transactions. Memory is bounded whatever the file is, and what is
//! committed is a prefix of the file; so the same import again goes on where it ended. The room knows no screen and no
//! terminal, and no SQL.

mod archive;
mod candidate;
mod element;
mod error;
mod format;
mod gather;
mod import;
mod input;
mod json;
mod line;
mod mapping;
mod plan;
mod pool;
mod report;
mod row;
mod source;
mod table;
mod value;
mod zstd;

pub use error::RolloutError;
pub use format::Format;
pub use import::{Options, import};
pub use mapping::{FIELDS, Mapping};
pub use plan::{Plan, Planned, plan};
pub use report::{BadRow, Progress, Report};
