//! What was acknowledged stays.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use loong::store::filter::Filter;
use loong::store::{OpenMode, Store};
use serde_json::Value;

use crate::{ANSWER, Server, Session, Setting, Slow};

/// Identities of the episodes in a store.
fn episodes(store: &Store) -> HashSet<String> {
    let mut all = HashSet::new();
    let filter = Filter::parse("origin:episode").unwrap();
    store
        .reader()
        .unwrap()
        .for_each(&filter, |view| {
            all.insert(view.record.metadata["episode_id"].as_str().unwrap().to_owned());
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_answers_and_stores_what_is_being_verified() {
    let slow = Arc::new(Slow(Duration::from_millis(700)));
    let server = Server::start(Setting { verifier: slow, ..Setting::default() }).await;
    let mut session = server.session().await;
    session.reset(5).await;
    session.send(&serde_json::json!({"type": "step", "data": {"answer": ANSWER}}).to_string()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let drained = tokio::spawn(server.drained());
    assert_eq!(session.next().await.unwrap()["data"]["reward"].as_f64(), Some(1.0), "the answer still comes");
    assert!(session.next().await.is_none());
    let (store, _folder) = drained.await.unwrap();
    assert_eq!(episodes(&store), HashSet::from(["ep-5".to_owned()]));
}

/// The program, serving; where it serves.
fn program(folder: &std::path::Path) -> (Child, String) {
    std::fs::write(folder.join("loong.toml"), "").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_loong"))
        .args(["-C", folder.to_str().unwrap(), "--json", "serve", "--port", "0"])
        .env("XDG_STATE_HOME", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = serde_json::from_str::<Value>(&line).unwrap()["url"].as_str().unwrap().to_owned();
    (child, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_no_acknowledged_episode() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: HashSet<String> = HashSet::new();
    for round in 0..3_u64 {
        let (mut child, url) = program(folder.path());
        let url = url.replace("http://", "ws://") + "/ws";
        let clients = (0..8_u64).map(|client| {
            let url = url.clone();
            tokio::spawn(async move {
                let mut told = Vec::new();
                let mut session = Session::at(&url).await;
                for n in 0.. {
                    let seed = (round * 8 + client) * 1_000_000 + n;
                    let reset = serde_json::json!({"type": "reset", "data": {"seed": seed, "episode_id": format!("ep-{seed}")}});
                    let step = serde_json::json!({"type": "step", "data": {"answer": "12"}});
                    for message in [reset, step] {
                        use futures::SinkExt as _;
                        let text = tokio_tungstenite::tungstenite::Message::text(message.to_string());
                        if session.0.send(text).await.is_err() {
                            return told;
                        }
                        match session.next().await {
                            None => return told,
                            // Seeds whose reference no tier reads pay nothing, and are kept as well; they are not counted on here.
                            Some(frame) if frame["data"]["done"] == true => told.push(format!("ep-{seed}")),
                            Some(_) => {}
                        }
                    }
                }
                told
            })
        });
        let clients: Vec<_> = clients.collect();
        tokio::time::sleep(Duration::from_millis(400 + 150 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let before = acknowledged.len();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        assert!(acknowledged.len() > before, "nothing was acknowledged in round {round}");
    }
    let store = Store::open(folder.path().join("loong.db"), OpenMode::Existing).unwrap();
    let kept = episodes(&store);
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "{} of {} lost, such as {:?}", lost.len(), acknowledged.len(), lost.first());
}
