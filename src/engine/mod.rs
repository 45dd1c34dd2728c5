//! The loop: generate → execute → solve → verify → store, in bounded stages with their own concurrency.
//!
//! It speaks to ports only ([`crate::generator::Generator`], [`crate::model::ChatModel`],
//! [`crate::interpreter::Interpreter`], [`crate::verifier::Verifier`], [`crate::store::Sink`]); engine events are all that
//! the outside hears. The room must not know SQL, HTTP, processes or screens.
