//! The seed dataset: datapoints in Loong's schema, read strictly or leniently, sampled reproducibly.
//!
//! The room must not know what is done with a seed: no models, no interpreter, no store.
