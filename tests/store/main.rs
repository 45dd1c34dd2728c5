//! The store: what is acknowledged stays, what stands follows from the log, and filters take what they say.

mod bands;
mod batches;
mod bulks;
mod candidates;
mod crash;
mod decisions;
mod filters;
mod fold;
mod merge;
mod migration;
mod opening;
mod queues;
mod reading;
mod revisions;
mod runs;
mod stretches;
mod support;
mod writing;
