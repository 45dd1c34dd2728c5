//! The verifier against tables, laws, bounds and public data.

mod bounds;
mod data;
mod filter;
mod judge;
mod laws;
mod table;
