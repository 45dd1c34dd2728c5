//! The terminal: entered and left by one guard, read by one thread, and lent to other programs.
