//! The verifier against tables, laws, bounds and public data.

mod bounds;
mod data;
mod filter;
mod hostile;
mod judge;
mod laws;
mod reasons;
mod symbolic;
mod table;
