//! Extractors: where in a free text the final answer stands.
//!
//! The room must not know what the answer means; [`crate::answer`] reads it.
