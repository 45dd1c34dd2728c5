//! A run that several machines make, each its part.

use std::collections::BTreeMap;

use crate::User;

const FAMILY: &str = "title = \"Sums\"\ndomain = \"advanced_math\"\nquestion = \"What is {{ a }} + {{ b }}?\"\n\
    code = \"print({{ a }} + {{ b }})\"\n[parameters]\na = { int = [1, 30] }\nb = { int = [4, 60] }\n";

fn machine() -> User {
    let user = User::new();
    user.write("sums.toml", FAMILY);
    user.write("loong.toml", "[strategy.template]\nfamilies = [\"sums.toml\"]\n");
    user
}

fn part(user: &User, shard: &str) {
    user.done(&["run", "--strategy", "template", "-n", "31", "--shard", shard, "-q"]);
}

/// Slot, with identity, question and reference.
fn slots(user: &User) -> BTreeMap<u64, [String; 3]> {
    let text = |c: &serde_json::Value, name: &str| c[name].as_str().unwrap().to_owned();
    let all = user.json(&["export", "--format", "raw", "--all", "--to", "-"]);
    let of =
        |c: &serde_json::Value| (c["ordinal"].as_u64().unwrap(), ["uid", "question", "reference"].map(|n| text(c, n)));
    let slots: BTreeMap<_, _> = all.iter().map(of).collect();
    assert_eq!(slots.len(), all.len(), "no slot is filled twice");
    slots
}

#[test]
fn parts_that_are_merged_are_the_run_that_one_machine_makes() {
    let one = machine();
    part(&one, "1/1");
    let whole = slots(&one);
    assert_eq!(whole.len(), 31);
    let parts = ["1/3", "2/3", "3/3"].map(|shard| {
        let user = machine();
        part(&user, shard);
        user
    });
    assert_eq!(parts.each_ref().map(|user| slots(user).len()), [11, 10, 10]);
    // A part whose machine was lost is made again elsewhere, and again: nothing is doubled.
    let again = machine();
    part(&again, "2/3");
    part(&again, "2/3");
    let union = machine();
    part(&union, "3/3");
    for user in parts.iter().chain([&again]) {
        user.done(&["merge", user.project().to_str().unwrap(), "-C", union.project().to_str().unwrap(), "-q"]);
    }
    assert_eq!(slots(&union), whole);
    let stats = &union.json(&["stats", "--json"])[0];
    let run = &stats["runs"][0];
    assert_eq!((stats["runs"].as_array().unwrap().len(), &run["state"]), (1, &"done".into()), "{run}");
}

#[test]
fn a_run_in_parts_goes_on_as_one() {
    let user = machine();
    part(&user, "1/2");
    let ran = user.run(&["run", "--resume", "1"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--shard 1/1"), "{}", ran.stderr);
    user.done(&["run", "--resume", "1", "--shard", "1/1", "-q"]);
    assert_eq!(slots(&user).len(), 31);
    // One that is not in parts is another run.
    user.done(&["run", "--strategy", "template", "-n", "3", "-q"]);
    let ran = user.run(&["run", "--resume", "2", "--shard", "1/2", "-n", "5"]);
    assert!(ran.code == 2 && ran.stderr.contains("without --shard"), "{}", ran.stderr);
    for wrong in ["0/2", "3/2", "2"] {
        let ran = user.run(&["run", "--shard", wrong]);
        assert!(ran.code == 2 && ran.stderr.contains("2/8"), "{}", ran.stderr);
    }
}
