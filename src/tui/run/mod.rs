//! The run screen: what the loop does, folded from its events.
