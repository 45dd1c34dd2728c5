//! What the native tiers left undecided is taken further, through the ports.

pub mod judge;
