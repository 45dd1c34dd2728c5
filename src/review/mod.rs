//! Review: people's decisions, what stands after them, and the figures that follow.
//!
//! The room must not know how decisions are typed in or drawn.
