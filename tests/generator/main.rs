//! Strategies that ask models, with a desk in memory: what they ask, what they make of replies, and what a slot takes
//! again.

mod bounds;
mod evol_instruct;
mod fakes;
mod multi_agent;
mod self_instruct;
mod turns;
