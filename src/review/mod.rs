//! Review: people's decisions, what stands after them, and the figures that follow.
//!
//! [`rates`] says how often the verifier errs, measured against judgements; [`figures`] counts what a run came to;
//! [`rules`] tries other rules over every stored pair and applies them; [`cleaned`] makes model text fit to be shown to a
//! person, [`difference`] marks what differs in two answers. All but the rules work on values that somebody else read.
//!
//! The room must not know how decisions are typed in or drawn.

pub mod cleaned;
pub mod difference;
pub mod figures;
pub mod proportion;
pub mod rates;
pub mod rules;
