//! Text as a person reads it: cleaned, typeset, wrapped once, drawn by rows. The room must not know what it shows.
