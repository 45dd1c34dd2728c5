//! The screen without a terminal: keys in, picture out.

mod actions;
mod audit;
mod bench;
mod bulks;
mod chrome;
mod corrections;
mod documents;
mod every_action;
mod exporting;
mod finding;
mod fixtures;
mod leaving;
mod lineage;
mod listing;
mod narrowing;
mod newcomer;
mod overlays;
mod pictures;
mod queues;
mod resuming;
mod rules;
mod seeds;
mod steering;
mod text_safety;
mod themes;
