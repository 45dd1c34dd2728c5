//! Which keys do what: `assets/keymap.toml`, patched by the user's own file, checked at load.
