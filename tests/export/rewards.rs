//! Reward functions as trainers call them: real Python, the real verifier.

use std::path::Path;
use std::process::Command;

use loong::export::{ExportError, Exporter, FormatName, RewardFor};
use tempfile::TempDir;

use crate::request;
use crate::views::agreeing;

/// Exports with a reward function and runs Python lines beside it.
fn python(reward: RewardFor, name: &str, lines: &str) -> String {
    let folder = TempDir::new().unwrap();
    let mut request = request(reward.format());
    request.reward = Some(reward);
    let mut exporter = Exporter::create(&folder.path().join(name), request, false).unwrap();
    exporter.push(&agreeing(21)).unwrap();
    exporter.finish().unwrap();
    let ran = Command::new("python3")
        .args(["-c", lines])
        .current_dir(folder.path())
        .env("PYTHONPATH", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("LOONG_COMMAND", format!("'{}' verify", env!("CARGO_BIN_EXE_loong")))
        .env_remove("LOONG_VERIFY_URL")
        .output()
        .expect("python3 is here");
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}");
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

#[test]
fn trl_gets_a_list_of_floats_and_none_where_nobody_can_tell() {
    let told = python(
        RewardFor::Trl,
        "grpo-1.jsonl",
        r#"
import json
import grpo_1_reward as module
rows = [json.loads(line) for line in open("grpo-1.jsonl")] * 4
said = ["so \\boxed{42}", "it is \\boxed{41}.", "", "no idea at all"]
completions = [[{"role": "assistant", "content": text}] for text in said]
columns = {name: [row[name] for row in rows] for name in rows[0] if name != "prompt"}
prompts = [row["prompt"] for row in rows]
first = module.loong_reward(prompts=prompts, completions=completions, completion_ids=[[1]] * 4, trainer_state=None, **columns)
process = module._FILTER.process.pid
again = module.loong_reward(completions=said, answer=columns["answer"])
assert process == module._FILTER.process.pid, "it is started once"
# A reference that nobody can read is no reward.
unknown = module.loong_reward(completions=["\\boxed{42}"], answer=["\\frac{1}{"])
# A kill in between is made good by another one.
module._FILTER.process.kill()
module._FILTER.process.wait()
more = module.loong_reward(completions=["\\boxed{%d}" % n for n in range(5000)], answer=["42"] * 5000)
print(json.dumps([first, again, unknown, [sum(more), more.index(1.0)]]))
"#,
    );
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told[0][0].as_f64(), Some(1.0), "{told}");
    assert_eq!(told[0][1].as_f64(), Some(0.0), "{told}");
    assert_eq!(told[0], told[1], "messages and texts are the same");
    assert!(told[2][0].is_null(), "no reward is not 0: {told}");
    assert_eq!((told[3][0].as_f64(), told[3][1].as_u64()), (Some(1.0), Some(42)));
}

#[test]
fn verl_gets_a_score_for_each_and_forked_workers_have_their_own() {
    let told = python(
        RewardFor::Verl,
        "train.jsonl",
        r#"
import json
import multiprocessing
import train_reward
row = json.loads(open("train.jsonl").readline())
def score(text):
    return train_reward.compute_score(
        data_source=row["data_source"], solution_str=text, ground_truth=row["reward_model"]["ground_truth"],
        extra_info=row["extra_info"],
    )
mine = [score("\\boxed{42}"), score("\\boxed{43}")]
with multiprocessing.get_context("fork").Pool(3) as pool:
    theirs = pool.map(score, ["\\boxed{%d}" % n for n in range(30, 60)])
print(json.dumps([mine, theirs.index(1.0) + 30, sum(theirs), train_reward.compute_score("x", "\\boxed{42}", "\\frac{1}{")]))
"#,
    );
    assert_eq!(told, "[[1.0, 0.0], 42, 1.0, null]");
}

#[test]
fn with_an_address_the_server_is_asked() {
    let told = python(
        RewardFor::Trl,
        "grpo.jsonl",
        r#"
import http.server, json, os, threading
seen = []
class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen.append((self.path, self.headers["Authorization"], len(body["items"])))
        results = [{"id": item["id"], "reward": 1 if item["response"] == item["reference"] else None} for item in body["items"]]
        reply = json.dumps({"results": results}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["LOONG_VERIFY_URL"] = f"http://127.0.0.1:{server.server_port}/"
os.environ["LOONG_VERIFY_TOKEN"] = "secret"
from grpo_reward import loong_reward
rewards = loong_reward(completions=["1"] * 1500, answer=["1"] * 1000 + ["2"] * 500)
many = list(seen)
long = loong_reward(completions=["x" * (3 << 20)] * 7, answer=["y"] * 7)
print(json.dumps([many, rewards.count(1.0), rewards.count(None), [n for _, _, n in seen[2:]], len(long)]))
"#,
    );
    let bearer = "\"/v1/verify\", \"Bearer secret\"";
    assert_eq!(told, format!("[[[{bearer}, 1024], [{bearer}, 476]], 1000, 500, [2, 2, 2, 1], 7]"));
}

#[test]
fn a_reward_function_stands_beside_the_rows_that_it_reads() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("7 tiles.v2.jsonl");
    let mut wanted = request(FormatName::Messages);
    wanted.reward = Some(RewardFor::Trl);
    let told = Exporter::create(&place, wanted, false).map(drop).unwrap_err();
    assert!(matches!(told, ExportError::RewardNeeds { format: FormatName::PromptOnly, .. }), "{told}");
    let mut wanted = request(FormatName::PromptOnly);
    wanted.reward = Some(RewardFor::Trl);
    std::fs::write(folder.path().join("_7_tiles_v2_reward.py"), "mine").unwrap();
    let told = Exporter::create(&place, wanted.clone(), false).map(drop).unwrap_err();
    assert!(told.to_string().contains("_7_tiles_v2_reward.py exists already"), "{told}");
    let mut exporter = Exporter::create(&place, wanted, true).unwrap();
    exporter.push(&agreeing(1)).unwrap();
    exporter.finish().unwrap();
    let text = |name: &str| std::fs::read_to_string(Path::new(folder.path()).join(name)).unwrap();
    let source = text("_7_tiles_v2_reward.py");
    assert!(source.contains("from _7_tiles_v2_reward import loong_reward") && !source.contains("{client}"), "{source}");
    assert!(text("7 tiles.v2.manifest.json").contains("\"reward\": \"trl\""));
}
