//! A run that is killed goes on: no candidate lost or doubled, no stored reply asked for again.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use loong::store::{OpenMode, Store};

use crate::User;
use crate::server::Server;

/// Requests that a model has in flight at most, unless it is told otherwise.
const IN_FLIGHT: u64 = 16;

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let user = User::new();
    let server = Server::start(Duration::from_millis(20), true);
    user.write("loong.toml", &server.project());
    let (mut seen, mut kills, mut done) = (0, 0, false);
    for nth in 0..10u64 {
        let mut run =
            user.command(&["run", "-n", "200", "-q"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(500 + 120 * nth));
        run.kill().unwrap();
        // A quick machine may have come to the end before the kill: one run more would be another run.
        done = run.wait().unwrap().success();
        if done {
            break;
        }
        kills += 1;
        let there = user.json(&["list", "--json", "-q", "-n", "1000"]).len();
        assert!(there >= seen, "{seen} candidates were there, and {there} are");
        seen = there;
    }
    assert!(kills >= 3, "{kills} kills");
    if !done {
        user.done(&["run", "-n", "200", "-q"]);
    }
    let raw = user.json(&["export", "--format", "raw", "--all", "--to", "-", "-q"]);
    let slots: BTreeSet<u64> = raw.iter().filter_map(|c| c["ordinal"].as_u64()).collect();
    assert_eq!((raw.len(), slots), (200, (0..200).collect()), "candidates were lost or doubled");
    // What the server had answered and a slow machine had not stored yet was in flight for the run.
    let again = server.answered_again();
    assert!(again <= IN_FLIGHT * kills, "{again} were asked again after {kills} kills");
    let runs = &user.json(&["stats", "--json", "-q"])[0]["runs"];
    assert_eq!(runs.as_array().unwrap().len(), 1, "a killed run was begun anew: {runs}");
    assert_eq!(runs[0]["state"], "done");
}

/// Runs to the end of `candidates` slots, killed as often as `LOONG_KILLS` says, else a few times; after each kill, `look`
/// is called. Nothing is paid twice but what was in flight at a kill.
fn killed(user: &User, server: &Server, candidates: u64, mut look: impl FnMut()) {
    let most: u64 = std::env::var("LOONG_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let n = candidates.to_string();
    let run = ["run", "-n", &n, "-q"];
    let (mut in_flight, mut kills, mut done) = (0, 0, false);
    for nth in 0..most {
        let mut child = user.command(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Under way, and each time at another place.
        let until = server.requests() + 5 + nth * 37 % 40;
        while server.requests() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        in_flight += server.in_flight();
        child.kill().unwrap();
        done = child.wait().unwrap().success();
        if done {
            break;
        }
        kills += 1;
        look();
    }
    if !done {
        user.done(&run);
    }
    assert!(kills + 1 >= most, "{kills} kills");
    let again = server.answered_again();
    println!("{kills} kills, {again} asked again, the server saw {in_flight} in flight at them");
    // What the server had answered and a slow machine had not stored yet was in flight for the run.
    assert!(again <= IN_FLIGHT * kills, "{again} were asked again after {kills} kills");
}

/// What became of each slot, without what hangs on time.
fn slots(user: &User) -> BTreeMap<u64, String> {
    let raw = user.json(&["export", "--format", "raw", "--all", "--to", "-", "-q"]);
    let slots: BTreeMap<u64, String> = raw
        .iter()
        .map(|c| {
            let fields = ["strategy", "question", "code", "reference", "seeds", "agreement", "prompt_hash", "family"];
            let kept: Vec<String> = fields.iter().map(|f| c[f].to_string()).collect();
            let answers: Vec<String> =
                c["responses"].as_array().into_iter().flatten().map(|r| r["text"].to_string()).collect();
            (c["ordinal"].as_u64().unwrap(), format!("{} {}", kept.join(" "), answers.join(" ")))
        })
        .collect();
    assert_eq!(slots.len(), raw.len(), "a slot has two candidates");
    slots
}

fn candidates() -> u64 {
    let kills: u64 = std::env::var("LOONG_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    30 * kills
}

#[test]
fn a_killed_run_ends_with_the_candidates_of_an_undisturbed_one() {
    let (killed_user, calm) = (User::new(), User::new());
    let server = Server::steady(Duration::from_millis(20));
    for user in [&killed_user, &calm] {
        user.write("loong.toml", &server.project());
    }
    killed(&killed_user, &server, candidates(), || {});
    calm.done(&["run", "-n", &candidates().to_string(), "-q"]);
    let (left, right) = (slots(&killed_user), slots(&calm));
    assert_eq!(left.len() as u64, candidates());
    for (slot, candidate) in &left {
        assert_eq!(Some(candidate), right.get(slot), "slot {slot}");
    }
}

#[test]
fn a_killed_run_keeps_what_its_slots_chose() {
    let user = User::new();
    let server = Server::steady(Duration::from_millis(10));
    let project = server.project().replace("[run]", "[run]\nstrategy = \"self-instruct\"");
    user.write("loong.toml", &project);
    let mut chosen: BTreeMap<u64, String> = BTreeMap::new();
    let mut look = || {
        let store = Store::open(user.project().join("loong.db"), OpenMode::Existing).unwrap();
        let reader = store.reader().unwrap();
        let runs = reader.runs().unwrap();
        let Some(run) = runs.first() else { return };
        assert_eq!(runs.len(), 1, "a killed run was begun anew");
        for slot in 0..candidates() {
            let now = reader.choice(run.id, slot).unwrap();
            if let Some(before) = chosen.get(&slot) {
                assert_eq!(now.as_ref(), Some(before), "slot {slot} chose again");
            }
            chosen.extend(now.map(|now| (slot, now)));
        }
    };
    killed(&user, &server, candidates(), &mut look);
    look();
    assert_eq!(slots(&user).len() as u64, candidates());
    assert_eq!(chosen.len() as u64, candidates(), "every slot has chosen");
    assert!(chosen.values().collect::<BTreeSet<_>>().len() > 3, "and not all of them the same");
}

#[test]
fn a_finished_run_is_followed_by_another_with_other_questions() {
    let user = User::new();
    let server = Server::start(Duration::ZERO, false);
    user.write("loong.toml", &server.project());
    user.done(&["run", "-n", "5", "-q"]);
    let asked = server.requests();
    user.done(&["run", "-n", "5", "-q"]);
    assert_eq!(server.requests(), 2 * asked);
    assert_eq!(server.answered_again(), 0, "the second run asked what the first had asked");
    assert_eq!(user.json(&["list", "--json", "-q"]).len(), 10);
}

#[test]
fn an_endpoint_that_dies_leaves_a_run_that_goes_on() {
    let user = User::new();
    let server = Server::start(Duration::from_millis(5), false);
    user.write("loong.toml", &server.project().replace("attempts = 8", "attempts = 1"));
    let mut run =
        user.command(&["run", "-n", "4000", "-q"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    server.go_down();
    assert_eq!(run.wait().unwrap().code(), Some(1));
    let failed = user.json(&["list", "kind:model_error", "--json", "-q", "-n", "10000"]).len();
    assert!(failed < 60, "{failed} slots were used up by an endpoint that was gone");
}

#[cfg(unix)]
#[test]
fn a_polite_signal_ends_a_run_in_order() {
    use rustix::process::{Pid, Signal, kill_process};
    for signal in [Signal::INT, Signal::TERM] {
        let user = User::new();
        let server = Server::start(Duration::from_millis(20), false);
        user.write("loong.toml", &server.project());
        let run = user.command(&["run", "-n", "100000"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Under way, however long a slow machine takes to begin.
        while server.requests() == 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(300));
        kill_process(Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap(), signal).unwrap();
        let output = run.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{signal:?}: what follows must not go on with half a run");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("stopped; run again to go on"), "{signal:?}: {told}");
    }
}

#[test]
fn a_run_under_another_recipe_asks_questions_of_its_own() {
    let user = User::new();
    let server = Server::steady(Duration::from_millis(2));
    user.write("loong.toml", &server.project());
    user.done(&["run", "-n", "12", "-q"]);
    user.write("loong.toml", &(server.project() + "samples = 2\n"));
    user.done(&["run", "-n", "12", "-q"]);
    let duplicates = user.json(&["list", "kind:duplicate", "--json", "-q"]).len();
    assert_eq!(duplicates, 0, "the second run was answered from the first");
    let raw = user.json(&["export", "--format", "raw", "--all", "--to", "-", "-q"]);
    let questions: BTreeSet<String> = raw.iter().map(|c| c["question"].to_string()).collect();
    assert_eq!((raw.len(), questions.len()), (24, 24));
}
