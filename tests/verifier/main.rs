//! The verifier against tables, laws, bounds and public data.

mod bounds;
mod data;
mod filter;
mod fixtures;
mod fuzz;
mod hostile;
mod judge;
mod laws;
mod printers;
mod reasons;
mod symbolic;
mod table;
mod words;
