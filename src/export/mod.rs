//! Export: the curated dataset, in the formats that trainers read.
//!
//! The room must not know how candidates were made, and never changes the store.
