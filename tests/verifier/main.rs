//! The verifier against tables, laws, bounds and public data.

mod bounds;
mod data;
mod filter;
mod fixtures;
mod hostile;
mod judge;
mod laws;
mod reasons;
mod symbolic;
mod table;
mod words;
