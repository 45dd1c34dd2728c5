//! Each format in its real shape: what its rows become.

use std::io::Write as _;

use loong::rollout::{Format, plan};
use loong::store::record::CandidateRecord;
use loong::verifier::Outcome;
use serde_json::{Value, json};

use crate::{Desk, lines};

fn pair(text: &str, reward: f64) -> (String, Option<f64>) {
    (text.to_owned(), Some(reward))
}

fn format_of(desk: &Desk, name: &str) -> Format {
    plan(&desk.folder.path().join(name), None, &[]).unwrap().plan.format
}

#[test]
fn plain_rows_keep_what_else_they_say() {
    let desk = Desk::new();
    let rows = [
        json!({"question": "2+2?", "reference": "4", "response": ["\\boxed{4}", "\\boxed{5}"], "reward": [1, 0], "model": "m",
               "domain": "Logic", "extra": {"deep": [1.50]}, "reasoning": ["r", ""]}),
        json!({"question": "Year?", "reference": ["1995", "September 1995"], "response": "1995", "tolerance": "0.1"}),
        json!({"question": "Which?", "reference": "B", "response": "B", "options": ["one", "two"]}),
    ];
    let report = desk.import("r.jsonl", lines(&rows)).unwrap();
    assert_eq!((report.rows, report.new, report.verdicts["equivalent"], report.verdicts["different"]), (3, 3, 3, 1));
    let all = desk.all();
    assert_eq!(all[0].metadata, json!({"extra": {"deep": [1.50]}}).as_object().unwrap().clone());
    assert_eq!((all[0].domain.as_str(), all[0].strategy.as_str()), ("logic", "r"));
    let first = &all[0].responses[0];
    assert_eq!((first.solver.as_str(), first.reasoning.as_deref(), first.given_reward), ("m", Some("r"), Some(1.0)));
    assert_eq!(all[0].responses[1].reasoning, None);
    assert_eq!(all[1].metadata["references"], json!(["1995", "September 1995"]));
    assert_eq!(all[1].metadata["tolerance"], json!(0.1));
    assert_eq!(all[1].responses[0].solver, "r");
    assert_eq!(all[2].metadata["options"], json!(["one", "two"]));
}

#[test]
fn a_tolerance_of_loong_is_absolute_or_in_percent_and_ours_is_relative() {
    let desk = Desk::new();
    let row = |response: &str, key: &str, stated: Value| {
        let question = format!("{response} {key} {stated}");
        json!({"question": question, "reference": "100000.0", "response": response, key: stated})
    };
    let absolute = [
        row("The answer is 300000.", "answer_tolerance", json!(500)),
        row("The answer is 100400.", "answer_tolerance", json!(500)),
        row("The answer is 100400.", "answer_tolerance", json!("0.5%")),
        row("The answer is 100600.", "answer_tolerance", json!("0.5%")),
    ];
    let report = desk.import("a.jsonl", lines(&absolute)).unwrap();
    assert_eq!((report.new, report.verdicts["equivalent"], report.verdicts["different"]), (4, 2, 2));
    let all = desk.all();
    assert_eq!((&all[0].metadata["tolerance"], &all[0].metadata["answer_tolerance"]), (&json!(0.005), &json!(500)));
    let relative = [
        row("The answer is 100400.", "tolerance", json!(0.005)),
        row("The answer is 300000.", "tolerance", json!(500)),
    ];
    let report = desk.import("b.jsonl", lines(&relative)).unwrap();
    assert_eq!((report.new, report.verdicts["equivalent"]), (1, 1), "one row is refused");
}

#[test]
fn rows_of_one_question_become_one_candidate() {
    let desk = Desk::new();
    let row = |id: u64, said: &str| json!({"id": id, "question": "q", "reference": "4", "response": said});
    let report =
        desk.import("r.jsonl", lines(&[row(1, "4"), row(2, "5"), row(1, "6"), row(1, "4"), row(2, "4")])).unwrap();
    assert_eq!((report.rows, report.candidates, report.new), (5, 2, 2));
    let said: Vec<Vec<String>> =
        desk.all().into_iter().map(|c| c.responses.into_iter().map(|r| r.text).collect()).collect();
    assert_eq!(said, [vec!["4", "6", "4"], vec!["5", "4"]]);
}

#[test]
fn paths_lead_into_rows() {
    let mut desk = Desk::new();
    desk.maps = ["question=meta.q", "reference=meta.gold[0]", "response=choices[].text"].map(str::to_owned).to_vec();
    let row = json!({"meta": {"q": "2+2?", "gold": ["4"]}, "choices": [{"text": "4"}, {"text": "5"}]});
    desk.import("r.jsonl", lines(&[row])).unwrap();
    assert_eq!(desk.told()[0].0, "2+2?");
    assert_eq!(desk.told()[0].2.len(), 2);
    desk.maps = vec!["question=meta.none".to_owned()];
    assert!(desk.import("r.jsonl", lines(&[json!({"reference": 1, "response": 1})])).unwrap_err().is_usage());
}

#[test]
fn arrays_and_tables_are_read_too() {
    let rows = json!([
        {"question": "a", "reference": "1", "response": "1"},
        {"question": "b", "reference": "2", "response": "3"}
    ]);
    let csv = "question,reference,response,score\r\n\"a, or\nb\",1,1,1\r\nb,2,\"say \"\"3\"\"\",0\r\n,,,\r\n";
    let tsv = "question\treference\tresponse\nx, y\t1\t1\n";
    let desk = Desk::new();
    assert_eq!(desk.import("pretty.json", serde_json::to_string_pretty(&rows).unwrap()).unwrap().new, 2);
    let report = desk.import("t.csv", csv).unwrap();
    assert_eq!((report.new, report.bad, report.bad_rows[0].row), (2, 1, 4));
    assert_eq!(desk.import("t.tsv", tsv).unwrap().format, Some(Format::Tsv));
    assert_eq!(desk.import("no-name", tsv).unwrap().known, 0, "another name is another solver");
    let told = desk.told();
    assert_eq!(told[2], ("a, or\nb".to_owned(), "1".to_owned(), vec![pair("1", 1.0)]));
    assert_eq!(told[3].2, [pair("say \"3\"", 0.0)]);
    assert_eq!(told[4].0, "x, y");
}

/// `tests/fixtures/rollouts/make_inspect.py` says how the logs were made.
fn logs() -> [(&'static str, Vec<u8>); 3] {
    let json = include_bytes!("../fixtures/rollouts/inspect.json");
    let zstandard = include_bytes!("../fixtures/rollouts/inspect.eval");
    // As versions before 2026 wrote them.
    let log: Value = serde_json::from_slice(json).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut put = |name: &str, value: &Value| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(value.to_string().as_bytes()).unwrap();
    };
    put("start.json", &json!({"version": 2, "eval": log["eval"]}));
    for sample in log["samples"].as_array().unwrap().iter().rev() {
        put(&format!("samples/{}_epoch_{}.json", sample["id"].as_str().unwrap(), sample["epoch"]), sample);
    }
    let deflated = zip.finish().unwrap().into_inner();
    [("log.json", json.to_vec()), ("log.eval", zstandard.to_vec()), ("old.eval", deflated)]
}

#[test]
fn logs_of_inspect_ai_are_read_in_each_of_their_shapes() {
    for (name, bytes) in logs() {
        let desk = Desk::new();
        let report = desk.import(name, &bytes).unwrap();
        assert_eq!(report.format, Some(Format::Inspect), "{name}");
        assert_eq!((report.rows, report.candidates, report.bad), (4, 2, 1), "{name}: {report:?}");
        assert!(report.bad_rows[0].why.contains("the endpoint was down"), "{name}: {:?}", report.bad_rows);
        let mut all = desk.all();
        all.sort_by(|a, b| b.question.cmp(&a.question));
        let half: &CandidateRecord = &all[0];
        assert_eq!((half.question.as_str(), half.domain.as_str()), ("What is half of one?", "logic"), "{name}");
        assert_eq!(half.metadata["references"], json!(["0.5", ".5"]), "{name}");
        assert_eq!(half.metadata["scores"]["match"]["explanation"], "y", "{name}");
        assert!(!half.metadata.contains_key("messages"), "{name}");
        let first = half.responses.iter().find(|r| r.reasoning.is_some()).unwrap();
        assert_eq!((first.text.as_str(), first.reasoning.as_deref()), ("So \\boxed{1/2}", Some("halves are halves")));
        assert_eq!((first.solver.as_str(), first.given_reward), ("maker/model", Some(0.0)), "{name}");
        assert_eq!(first.verdict.as_ref().unwrap().outcome, Outcome::Equivalent, "{name}");
        let mut rewards: Vec<Option<f64>> = all[1].responses.iter().map(|r| r.given_reward).collect();
        rewards.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(rewards, [Some(0.0), Some(1.0)], "{name}");
    }
}

#[test]
fn texts_that_a_log_keeps_apart_are_put_back() {
    let desk = Desk::new();
    let sample = json!({"id": 1, "epoch": 1, "input": "attachment://q", "target": "4", "scores": {"s": {"value": 0.5}},
        "output": {"model": "m", "choices": [{"message": {"role": "assistant", "content": "attachment://a"}}]},
        "attachments": {"q": "2+2?", "a": "\\boxed{4}"}});
    desk.import("log.json", json!({"version": 2, "eval": {"model": "m"}, "samples": [sample]}).to_string()).unwrap();
    assert_eq!(desk.told(), [("2+2?".to_owned(), "4".to_owned(), vec![pair("\\boxed{4}", 0.5)])]);
}

#[test]
fn traces_of_verifiers_are_read() {
    let desk = Desk::new();
    let row = |said: &str, reward: f64| {
        json!({"example_id": 7, "prompt": [{"role": "system", "content": "Think."}, {"role": "user", "content": "2+2?"}],
            "completion": [{"role": "assistant", "content": "let me see", "tool_calls": []}, {"role": "tool", "content": "4"},
                           {"role": "assistant", "content": said}],
            "answer": "4", "task": "default", "info": {"level": 2}, "reward": reward, "timing": {"total_ms": 3.5},
            "is_completed": true, "stop_condition": null, "metrics": {"correct": reward}, "correct": reward})
    };
    desk.import("results.jsonl", lines(&[row("\\boxed{4}", 1.0), row("\\boxed{5}", 0.0)])).unwrap();
    assert_eq!(format_of(&desk, "results.jsonl"), Format::Verifiers);
    assert_eq!(
        desk.told(),
        [("2+2?".to_owned(), "4".to_owned(), vec![pair("\\boxed{4}", 1.0), pair("\\boxed{5}", 0.0)])]
    );
    let metadata = &desk.all()[0].metadata;
    assert_eq!((&metadata["id"], &metadata["info"]), (&json!(7), &json!({"level": 2})));
    assert_eq!(metadata["samples"][0]["correct"], json!(0.0));
}

#[test]
fn rows_of_trl_are_read_as_chats_and_plain() {
    let desk = Desk::new();
    let chat = json!({"prompt": [{"role": "user", "content": "2+2?"}], "completion": [{"role": "assistant", "content": "4"}],
        "solution": "4", "reward": 1.0, "advantage": 0.5, "step": 1});
    let plain = json!({"prompt": "3+3?", "completion": "6", "ground_truth": "6", "accuracy_reward": 1.0, "step": 1});
    let group = json!({"prompt": "4+4?", "completions": ["8", "9"], "answer": "8", "rewards": [1.0, 0.0]});
    for (name, row) in [("chat.jsonl", chat), ("plain.jsonl", plain), ("group.jsonl", group)] {
        desk.import(name, lines(&[row])).unwrap();
        assert_eq!(format_of(&desk, name), Format::Trl, "{name}");
    }
    let told = desk.told();
    assert_eq!(told[0], ("2+2?".to_owned(), "4".to_owned(), vec![pair("4", 1.0)]));
    assert_eq!(told[1], ("3+3?".to_owned(), "6".to_owned(), vec![pair("6", 1.0)]));
    assert_eq!(told[2], ("4+4?".to_owned(), "8".to_owned(), vec![pair("8", 1.0), pair("9", 0.0)]));
}

#[test]
fn rows_and_dumps_of_verl_are_read() {
    let desk = Desk::new();
    let row = json!({"data_source": "lighteval/MATH", "prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "2+2?"}],
        "ability": "math", "reward_model": {"style": "rule", "ground_truth": "4"}, "extra_info": {"split": "test", "index": 0},
        "responses": ["\\boxed{4}", "\\boxed{5}"]});
    let dumped = |said: &str, score: f64| json!({"input": "system\nYou help.\nuser\n3+3?\nassistant\n", "output": said, "gts": "6", "score": score, "step": 12, "acc": score});
    desk.import("rows.jsonl", lines(&[row])).unwrap();
    desk.import("12.jsonl", lines(&[dumped("\\boxed{6}", 1.0), dumped("\\boxed{7}", 0.0)])).unwrap();
    assert_eq!((format_of(&desk, "rows.jsonl"), format_of(&desk, "12.jsonl")), (Format::Verl, Format::Verl));
    let told = desk.told();
    assert_eq!((told[0].0.as_str(), told[0].1.as_str(), told[0].2.len()), ("2+2?", "4", 2));
    assert_eq!(told[1], ("3+3?".to_owned(), "6".to_owned(), vec![pair("\\boxed{6}", 1.0), pair("\\boxed{7}", 0.0)]));
    let all = desk.all();
    assert_eq!(all[0].metadata["extra_info"]["split"], "test");
    assert_eq!(all[0].metadata["data_source"], "lighteval/MATH");
}

#[test]
fn a_named_format_is_taken_at_its_word() {
    let mut desk = Desk::new();
    desk.format = Some(Format::Csv);
    desk.import("table.txt", "question;reference;response\na;1;1\n").unwrap();
    desk.format = Some(Format::Verl);
    desk.import("r.jsonl", lines(&[json!({"prompt": "q", "ground_truth": "1", "output": "1"})])).unwrap();
    assert_eq!(desk.told().len(), 2);
}

#[test]
fn unknown_fields_are_kept_as_far_as_there_is_room() {
    let desk = Desk::new();
    let row =
        json!({"question": "q", "reference": "1", "response": "1", "small": 1, "big": "x".repeat(1 << 20), "late": 2});
    desk.import("r.jsonl", lines(&[row])).unwrap();
    assert_eq!(
        desk.all()[0].metadata,
        json!({"small": 1, "late": 2, "left_out": ["big"]}).as_object().unwrap().clone()
    );
}
