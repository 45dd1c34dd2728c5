//! Help, by every way that one asks for it.

use crate::User;

#[test]
fn help_is_a_command_too() {
    let user = User::new();
    let of = user.done(&["help", "review"]);
    assert!(of.contains("--plain") && of.contains("Examples:"), "{of}");
    assert_eq!(of, user.done(&["review", "--help"]));
    assert_eq!(user.done(&["help"]), user.done(&["--help"]));
    assert_eq!(user.done(&["help", "seeds", "check"]), user.done(&["seeds", "check", "--help"]));
    assert_eq!(user.run(&["help", "nothing"]).code, 2);
}

#[test]
fn recipes_are_listed_by_that_word_and_alone() {
    let user = User::new();
    assert_eq!(user.done(&["recipes", "list"]), user.done(&["recipes"]));
    assert!(user.json(&["recipes", "list", "--json"]).iter().any(|line| line["recipe"] == "template"));
}

/// One template puts together what is wanted and what was given.
#[test]
fn a_value_of_no_use_is_told_in_one_sentence() {
    let user = User::new();
    let said = |arguments: &[&str]| {
        let ran = user.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        ran.stderr
    };
    let format = said(&["export", "--to", "x", "--format", "foo"]);
    assert!(format.starts_with("loong: --format wants one of loong, messages, "), "{format}");
    assert!(format.ends_with(". “foo” is none of them.\n"), "{format}");
    let preset = said(&["verify", "--preset", "foo"]);
    assert_eq!(preset, "loong: --preset wants one of strict, standard, lenient. “foo” is none of them.\n");
    let shard = said(&["run", "--shard", "3/2"]);
    assert_eq!(shard, "loong: --shard wants a part of how many, counted from 1, such as 2/8. “3/2” is not that.\n");
}
