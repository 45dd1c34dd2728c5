//! The seed dataset: datapoints in Loong's schema, read strictly or leniently, sampled reproducibly.
//!
//! A seed file is a JSON array of objects or JSON Lines; which one is decided by its content. Metadata in the wild is
//! untidy (a text where a list belongs, a tolerance as text, twelve spellings of one domain): it is read forgivingly and
//! written back as it came.
//!
//! The room must not know what is done with a seed: no models, no interpreter, no store.

mod bundled;
mod change;
mod datapoint;
mod domain;
pub mod history;
pub mod import;
mod lint;
mod metadata;
mod reader;
mod sampling;
mod sheet;
mod static_dataset;
mod table;
mod write;

pub use change::{ChangeError, change, put_whole, put_whole_by};
pub use datapoint::{Datapoint, NotADatapoint, Place, content_id};
pub use domain::{DOMAINS, domain_slug};
pub use lint::{Finding, lint, lint_handed_on};
pub use metadata::relative_tolerance;
pub use reader::BadRow;
pub use sampling::sampled;
pub use sheet::{from_sheet, marked, sheet, unmarked};
pub use static_dataset::{DatasetError, StaticDataset, Strictness};
pub use write::{write_json, write_jsonl};
