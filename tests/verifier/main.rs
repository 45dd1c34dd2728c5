//! The verifier against tables, laws, bounds and public data.

mod bounds;
mod data;
mod filter;
mod fuzz;
mod hostile;
mod laws;
mod printers;
mod table;
