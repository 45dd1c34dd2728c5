//! What is written about the screen is true.

use loong::tui::keymap::{DEFAULT, Keymap};

/// The README's table of keys: each key in it does what the keymap says.
#[test]
fn the_readme_names_keys_that_are_there() {
    let keymap = Keymap::load(None).unwrap();
    let readme = include_str!("../../README.md");
    let table = readme.split("| keys | do |").nth(1).expect("the table of keys").split("\n\n").next().unwrap();
    let mut seen = 0;
    for row in table.lines().filter(|row| row.starts_with("| `")) {
        let cell = row.split('|').nth(1).unwrap();
        for key in cell.split('`').skip(1).step_by(2) {
            seen += 1;
            let there = keymap
                .all()
                .any(|(_, binding)| binding.keys.iter().any(|chord| chord.keys().iter().any(|k| k.to_string() == key)));
            assert!(there, "`{key}` is in the README and does nothing");
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn the_default_keymap_is_a_patch_that_changes_nothing() {
    let path = std::path::Path::new("keymap.toml");
    assert_eq!(Keymap::load(Some((path, DEFAULT))).unwrap(), Keymap::load(None).unwrap());
}
