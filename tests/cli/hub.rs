//! Seeds from elsewhere: other people's files, and a hub in this process that has the routes of the real one and its bad days.

use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::User;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// What a dataset's files are, and what goes wrong.
#[derive(Default)]
struct Dataset {
    files: Vec<(String, Vec<u8>)>,
    /// Files whose hash is told wrong.
    wrong: bool,
    /// How often a transfer breaks off in the middle, or is refused as too many requests.
    breaks: AtomicUsize,
    /// The ranges that were asked for.
    asked: Mutex<Vec<String>>,
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

async fn listing(
    State(set): State<Arc<Dataset>>,
    Path((_, name, revision)): Path<(String, String, String)>,
) -> Response {
    if !["seeds", "loong"].contains(&name.as_str()) || !["main", SHA].contains(&revision.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let file = |(path, bytes): &(String, Vec<u8>)| {
        use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
        let mut blob = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        blob.update(format!("blob {}\0", bytes.len()).as_bytes());
        blob.update(if set.wrong { b"another" } else { bytes });
        let mut file = json!({"rfilename": path, "size": bytes.len(), "blobId": hex(blob.finish().as_ref())});
        if path.contains("t.csv") {
            file["lfs"] = json!({"sha256": hex(digest(&SHA256, bytes).as_ref()), "size": bytes.len()});
            file["blobId"] = json!("of a pointer");
        }
        file
    };
    let files: Vec<Value> = set.files.iter().map(file).collect();
    axum::Json(json!({"id": "ada/seeds", "sha": SHA, "siblings": files})).into_response()
}

async fn resolve(
    State(set): State<Arc<Dataset>>,
    Path((_, _, sha, path)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some((_, bytes)) = set.files.iter().find(|(name, _)| *name == path).filter(|_| sha == SHA) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let range = headers.get("range").map(|v| v.to_str().unwrap().to_owned());
    let from = range.as_ref().and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    set.asked.lock().unwrap().push(format!("{path} {}", range.unwrap_or_default()).trim().to_owned());
    let rest = bytes[from.unwrap_or(0)..].to_vec();
    let status = if from.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let left = set.breaks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
    match left {
        Ok(n) if n % 2 == 1 => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Ok(_) => {
            // Half of it, and then the connection is gone.
            let half = rest[..rest.len() / 2].to_vec();
            let parts: Vec<Result<Vec<u8>, std::io::Error>> = vec![Ok(half), Err(std::io::Error::other("gone"))];
            // After a while: what was not sent yet would be gone too.
            let parts = futures::stream::iter(parts).then(|part| async {
                if part.is_err() {
                    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                }
                part
            });
            (status, Body::from_stream(parts)).into_response()
        }
        Err(_) => (status, rest).into_response(),
    }
}

/// The address of a hub whose every dataset holds a few seeds.
pub(crate) fn any_hub() -> String {
    hub(&Arc::new(dataset()))
}

/// The hub's address. It ends with the test.
fn hub(set: &Arc<Dataset>) -> String {
    let router = Router::new()
        .route("/api/datasets/{owner}/{name}/revision/{revision}", get(listing))
        .route("/datasets/{owner}/{name}/resolve/{sha}/{*path}", get(resolve))
        .with_state(Arc::clone(set));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    url
}

fn seeds(domain: &str, n: usize) -> Vec<u8> {
    let row = |i: usize| {
        let metadata = json!({"license": "MIT", "required_dependencies": [], "domain": domain}).to_string();
        json!({"question": format!("What is {i} + {i}?"), "rationale": format!("print({i} + {i})"),
            "final_answer": (2 * i).to_string(), "metadata": metadata})
    };
    (0..n).map(|i| row(i).to_string() + "\n").collect::<String>().into_bytes()
}

fn dataset() -> Dataset {
    let table = b"problem,answer,topic\n\"What is 7, doubled?\",14,sums\n".to_vec();
    let files =
        [("README.md", b"# not seeds".to_vec()), ("data/logic.jsonl", seeds("logic", 300)), ("data/more/t.csv", table)];
    Dataset { files: files.map(|(path, bytes)| (path.to_owned(), bytes)).into(), ..Dataset::default() }
}

fn pull(user: &User, url: &str, more: &[&str]) -> Output {
    let arguments = [&["seeds", "pull", "ada/seeds", "--to", "theirs.json"], more].concat();
    user.command(&arguments)
        .env("HF_ENDPOINT", url)
        .env("XDG_CACHE_HOME", user.project().join("cache"))
        .output()
        .unwrap()
}

fn told(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout)
}

#[test]
fn a_pull_that_breaks_off_goes_on_and_is_of_one_commit() {
    let set = Arc::new(Dataset { breaks: AtomicUsize::new(3), ..dataset() });
    let (user, url) = (User::new(), hub(&set));
    let out = pull(&user, &url, &[]);
    assert!(out.status.success(), "{}", told(&out));
    let kept: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(user.project().join("theirs.json")).unwrap()).unwrap();
    assert_eq!(kept.len(), 301);
    let source = format!("hf://datasets/ada/seeds@{SHA}");
    assert!(kept.iter().all(|seed| seed["metadata"]["source"] == source.as_str()));
    assert_eq!(
        (kept[300]["question"].as_str(), kept[300]["final_answer"].as_str()),
        (Some("What is 7, doubled?"), Some("14"))
    );
    assert_eq!(kept[0]["metadata"]["license"], "MIT", "metadata in a text is read");
    let asked = set.asked.lock().unwrap().clone();
    assert!(asked.iter().any(|one| one.starts_with("data/logic.jsonl bytes=")), "it began anew: {asked:?}");
    assert!(!asked.iter().any(|one| one.contains("README")), "{asked:?}");
    // Again: everything is there, nothing is fetched.
    let again = pull(&user, &url, &["--overwrite"]);
    assert!(again.status.success() && set.asked.lock().unwrap().len() == asked.len(), "{}", told(&again));
    assert!(told(&pull(&user, &url, &[])).contains("--overwrite"), "what is there is not written over unasked");
}

#[test]
fn what_is_not_what_the_hub_says_is_thrown_away() {
    let set = Arc::new(Dataset { wrong: true, ..dataset() });
    let user = User::new();
    let out = pull(&user, &hub(&set), &[]);
    assert!(out.status.code() == Some(1) && told(&out).contains("its hash is"), "{}", told(&out));
    assert!(!user.project().join("theirs.json").exists());
}

#[test]
fn listings_that_lead_out_of_the_folder_are_refused() {
    let mut set = dataset();
    set.files.push(("../../outside.json".to_owned(), seeds("logic", 1)));
    let user = User::new();
    let out = pull(&user, &hub(&Arc::new(set)), &[]);
    assert!(out.status.code() == Some(1) && told(&out).contains("leads out of the folder"), "{}", told(&out));
}

#[test]
fn a_dataset_that_is_not_there_is_named() {
    let user = User::new();
    let url = hub(&Arc::new(dataset()));
    let out = user.command(&["seeds", "pull", "ada/none"]).env("HF_ENDPOINT", &url).output().unwrap();
    assert!(out.status.code() == Some(1) && told(&out).contains("no dataset ada/none at main"), "{}", told(&out));
    let out = user.command(&["seeds", "pull", "../../etc"]).env("HF_ENDPOINT", &url).output().unwrap();
    assert!(out.status.code() == Some(1) && told(&out).contains("no dataset's name"), "{}", told(&out));
}

#[test]
fn tables_and_folders_are_imported_by_a_mapping_that_is_told() {
    let user = User::new();
    std::fs::create_dir_all(user.project().join("in/chemistry")).unwrap();
    user.write(
        "in/a.csv",
        "Q,gold,level\nWhat is 2 + 2?,4,easy\nWhat is 2 + 3?,5,easy\nWhat is 2 + 2?,4,easy\n,6,none\n",
    );
    user.write("in/chemistry/b.json", &json!([{"Q": "What is H2O?", "gold": "water", "level": "easy"}]).to_string());
    let arguments =
        ["seeds", "import", "in", "--map", "question=Q", "--map", "final_answer=gold", "--license", "CC0-1.0"];
    let dry = user.command(&[&arguments[..], &["--dry-run"]].concat()).output().unwrap();
    assert!(
        told(&dry).contains("question ← Q") && !user.project().join("imported-seeds.json").exists(),
        "{}",
        told(&dry)
    );
    let out = user.command(&arguments).output().unwrap();
    assert!(
        out.status.code() == Some(1) && told(&out).contains("row 4: it"),
        "one row has no question: {}",
        told(&out)
    );
    let kept: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(user.project().join("imported-seeds.json")).unwrap()).unwrap();
    assert_eq!(kept.len(), 3, "the double is left out");
    assert_eq!(kept[0]["metadata"], json!({"level": "easy", "license": "CC0-1.0"}));
    assert_eq!(kept[2]["metadata"]["domain"], "chemistry", "the folder says it");
    user.write("big.csv", &format!("question;answer\n{}", "What is 2 + 2, and why?;4\n".repeat(20_000)));
    let out = user.command(&["seeds", "import", "big.csv", "--max-mb", "1", "--to", "big.json"]).output().unwrap();
    assert!(out.status.code() == Some(2) && told(&out).contains("--max-mb 2 allows"), "{}", told(&out));
    let out = user.command(&["seeds", "import", "big.csv", "--to", "big.json"]).output().unwrap();
    assert!(told(&out).contains("1 seeds written"), "{}", told(&out));
    let out = user.command(&["seeds", "import", "in", "--map", "final_answer=none"]).output().unwrap();
    assert!(out.status.code() == Some(2) && told(&out).contains("there is: Q, gold, level"), "{}", told(&out));
}
