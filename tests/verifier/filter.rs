//! `loong verify` as a filter: lines in, lines out.

use std::io::{self, Read};

use clap::Parser;
use loong::cli::verify::{VerifyArgs, run};
use serde_json::Value;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: VerifyArgs,
}

fn filter(input: &[u8], flags: &[&str]) -> String {
    let args = Command::parse_from(std::iter::once(&"verify").chain(flags)).args;
    let mut output = Vec::new();
    let mut input = input;
    assert_eq!(run(&args, &mut input, &mut output).unwrap(), 0);
    String::from_utf8(output).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn fields_stand_in_the_order_of_the_contract() {
    let out = filter(b"{\"id\":1.50,\"reference\":\"\\\\frac{1}{2}\",\"response\":\"so \\\\boxed{0.5}\"}\n", &[]);
    let keys: Vec<String> = lines(&out)[0].as_object().unwrap().keys().cloned().collect();
    let wanted =
        ["id", "verdict", "reward", "extracted", "reference_value", "response_value", "tier", "leniencies", "reason"];
    assert_eq!(keys, wanted);
    assert!(out.starts_with("{\"id\":1.50,\"verdict\":\"equivalent\",\"reward\":1,\"extracted\":\"0.5\""), "{out}");
}

#[test]
fn references_come_in_every_shape() {
    let input = concat!(
        "{\"id\":1,\"reference\":[\"Paris\",\"Rome\"],\"response\":\"Rome\"}\n",
        "{\"id\":2,\"final_answer\":0.5,\"response\":\"1/2\"}\n",
        "{\"id\":3,\"reference\":[1,2],\"response\":[1,2]}\n",
        "{\"id\":4,\"reference\":{\"a\":1},\"response\":\"{'a': 1}\"}\n",
        "{\"id\":5,\"reference\":true,\"response\":\"Yes\"}\n",
    );
    for line in lines(&filter(input.as_bytes(), &[])) {
        assert_eq!(line["verdict"], "equivalent", "{line}");
    }
}

#[test]
fn a_bad_line_is_an_error_line_and_the_stream_goes_on() {
    let mut input = b"{\"id\":1,\"reference\":\"1\",\"response\":\"1\"}\nnot json\n[1]\n".to_vec();
    input.extend_from_slice(b"{\"id\":\"\xff\"}\n\n");
    input.extend_from_slice(
        b"{\"id\":{\"k\":[2]},\"response\":\"1\"}\n{\"id\":3,\"reference\":\"1\",\"response\":\"2\"}",
    );
    let out = lines(&filter(&input, &[]));
    assert_eq!(out.len(), 6);
    for (i, line) in [(1, "line 2: "), (2, "line 3: "), (3, "line 4: "), (4, "line 6: ")] {
        assert_eq!(out[i]["verdict"], "error");
        assert_eq!(out[i]["reward"], Value::Null);
        assert!(out[i]["reason"].as_str().unwrap().starts_with(line), "{}", out[i]);
    }
    assert_eq!(out[1]["id"], Value::Null);
    assert_eq!(out[4]["id"], serde_json::json!({"k": [2]}));
    assert_eq!(out[5]["verdict"], "different");
    assert_eq!(out[5]["reward"], 0);
}

#[test]
fn an_over_long_line_is_an_error_line() {
    let mut input = b"{\"id\":1,\"reference\":\"1\",\"response\":\"".to_vec();
    input.extend(std::iter::repeat_n(b'1', 17 << 20));
    input.extend_from_slice(b"\"}\n{\"id\":2,\"reference\":\"1\",\"response\":\"1\"}\n");
    let out = lines(&filter(&input, &[]));
    assert_eq!((out[0]["verdict"].as_str(), out[1]["verdict"].as_str()), (Some("error"), Some("equivalent")));
}

#[test]
fn lines_end_at_line_feeds_only() {
    let input = "{\"id\":1,\"reference\":\"a\u{2028}b\",\"response\":\"a\u{2028}b\"}\r\n{\"id\":2,\"reference\":\"1\",\"response\":\"1\"}\n";
    let out = lines(&filter(input.as_bytes(), &[]));
    assert_eq!(out.len(), 2);
    assert!(out.iter().all(|l| l["verdict"] == "equivalent"));
}

#[test]
fn the_bytes_are_the_same_for_any_number_of_threads() {
    let lines: Vec<String> = (0..500)
        .map(|i| {
            let (exact, decimal) = (format!("\\\\boxed{{\\\\frac{{{i}}}{{7}}}}"), f64::from(i) / 7.0);
            format!("{{\"id\":{i},\"reference\":\"{decimal}\",\"response\":\"{exact}\"}}\n")
        })
        .collect();
    let input = lines.concat();
    let one = filter(input.as_bytes(), &["-j1"]);
    assert_eq!(one.lines().count(), 500);
    for jobs in ["-j2", "-j7"] {
        assert_eq!(filter(input.as_bytes(), &[jobs]), one, "{jobs}");
    }
}

#[test]
fn reward_is_zero_for_what_the_response_alone_left_undecided() {
    let input = concat!(
        "{\"id\":1,\"reference\":\"4\",\"response\":\"\"}\n",
        "{\"id\":2,\"reference\":\"4\",\"response\":\"\\\\boxed{\\\\mathfrak{g}+1}\"}\n",
        "{\"id\":3,\"reference\":\"\\\\mathfrak{g}+1\",\"response\":\"\\\\boxed{4}\"}\n",
    );
    let out = lines(&filter(input.as_bytes(), &[]));
    assert_eq!((&out[0]["reward"], &out[0]["extracted"]), (&Value::from(0), &Value::Null));
    assert_eq!(
        (&out[1]["verdict"], &out[1]["reward"], &out[1]["side"]),
        (&"undecided".into(), &Value::from(0), &"response".into())
    );
    assert_eq!(
        (&out[2]["verdict"], &out[2]["reward"], &out[2]["side"]),
        (&"undecided".into(), &Value::Null, &"reference".into())
    );
}

#[test]
fn passthrough_keeps_the_object_and_timing_adds_milliseconds() {
    let out = filter(b"{\"x\":1e2,\"id\":7,\"reference\":\"1\",\"response\":\"1\"}\n", &["--passthrough", "--timing"]);
    assert!(
        out.starts_with("{\"x\":1e2,\"id\":7,\"reference\":\"1\",\"response\":\"1\",\"verdict\":\"equivalent\""),
        "{out}"
    );
    assert!(lines(&out)[0]["ms"].is_number());
}

#[test]
fn explain_is_for_people() {
    let out = filter(b"{\"id\":7,\"reference\":\"600/7\",\"response\":\"85.71\"}\n", &["--explain"]);
    assert!(out.starts_with("= 7  equivalent (number tier, rounding)"), "{out}");
    assert!(out.contains("600/7") && out.contains("rounds to 85.71"));
}

#[test]
fn explain_marks_what_differs() {
    let out = filter(br#"{"id":"a","reference":"[1, 2, 30]","response":"[1, 20, 30]"}"#, &["--explain"]);
    let rows: Vec<&str> = out.lines().collect();
    assert_eq!(
        rows,
        [
            "≠ \"a\"  different (number tier)",
            "    reference   [1, 2 , 30]",
            "    response    [1, 20, 30]",
            "                    ^^",
            "    why         At place 2: 2 and 20 differ by 18, 90 % of the larger.",
            "    tier        number: values, exactly or by their digits",
        ]
    );
}

#[test]
fn explain_says_what_a_leniency_lets_pass_and_what_to_do() {
    let explained = |line: &str| filter(line.as_bytes(), &["--explain"]);
    let out = explained(r#"{"id":1,"reference":"600/7","response":"85.714"}"#);
    assert!(out.contains("\n    needed      rounding: a decimal stands for"), "{out}");
    assert!(!out.contains("to do"), "{out}");
    let out = explained(r#"{"id":1,"reference":"\\foobar{2}","response":"3"}"#);
    assert!(out.contains("\n    kept by     reference\n    to do       write the reference"), "{out}");
    let out = explained(r#"{"id":1,"reference":"3","response":""}"#);
    assert!(out.contains("\n    to do       ask for the final answer"), "{out}");
    let out = explained("nonsense");
    assert!(out.starts_with("! null  error") && out.contains("to do       mend what the reason names"), "{out}");
}

#[test]
fn explain_is_clean_and_bounded() {
    let hostile = r#"{"id":"\u001b[2J","reference":"\u001b]0;x\u0007","response":"\u202e\u001b[31m"}"#;
    let out = filter(hostile.as_bytes(), &["--explain"]);
    assert!(out.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{out:?}");
    let long = format!(r#"{{"id":1,"reference":"{}","response":"{}"}}"#, "a, ".repeat(9_000), "b, ".repeat(9_000));
    let out = filter(long.as_bytes(), &["--explain"]);
    assert!(out.len() < 8_000, "{} bytes", out.len());
}

#[test]
fn flags_choose_the_leniencies() {
    let line = b"{\"id\":7,\"reference\":\"600/7\",\"response\":\"85.71\"}\n";
    let verdict = |flags: &[&str]| lines(&filter(line, flags))[0]["verdict"].clone();
    assert_eq!(verdict(&["--preset", "strict"]), "different");
    assert_eq!(verdict(&["--preset", "strict", "--leniency", "rounding"]), "equivalent");
    assert_eq!(verdict(&["--leniency", "no-rounding"]), "different");
    let args = Command::parse_from(["verify", "--leniency", "kindness"]).args;
    let refused = run(&args, &mut io::empty(), &mut Vec::new()).unwrap_err().to_string();
    assert!(refused.contains("kindness") && refused.contains("rounding"), "{refused}");
}

/// Gives its chunks one read at a time and notes how much had been written by then.
struct Drip<'a> {
    chunks: Vec<&'a [u8]>,
    written: &'a std::cell::Cell<usize>,
    seen: &'a std::cell::RefCell<Vec<usize>>,
}

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.seen.borrow_mut().push(self.written.get());
        if self.chunks.is_empty() {
            return Ok(0);
        }
        let chunk = self.chunks.remove(0);
        buffer[..chunk.len()].copy_from_slice(chunk);
        Ok(chunk.len())
    }
}

/// Counts the lines written.
struct Count<'a>(&'a std::cell::Cell<usize>);

impl io::Write for Count<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.split(|b| *b == b'\n').count() - 1);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_is_held_back_while_the_input_is_idle() {
    let line = b"{\"id\":1,\"reference\":\"1\",\"response\":\"1\"}\n";
    let (written, seen) = (std::cell::Cell::new(0), std::cell::RefCell::new(Vec::new()));
    let mut input = Drip { chunks: vec![line, &line[..10], &line[10..], line], written: &written, seen: &seen };
    let args = Command::parse_from(["verify", "-j2"]).args;
    run(&args, &mut input, &mut Count(&written)).unwrap();
    assert_eq!(*seen.borrow(), [0, 1, 1, 2, 3]);
}
