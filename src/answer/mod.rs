//! The typed answer: what a final answer *is*, from the surface forms that people, programs and models write.
//!
//! Text in, value out; nothing is ever executed or evaluated, and every input ends within bounds. The room must not know
//! what a verdict is.
