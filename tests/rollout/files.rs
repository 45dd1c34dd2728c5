//! Files that are packed, odd or hostile.

use std::io::Write as _;

use loong::rollout::RolloutError;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::json;

use crate::{Desk, lines};

const ROW: &str = "{\"question\":\"q\",\"reference\":\"1\",\"response\":\"1\"}\n";

fn row(n: usize) -> String {
    ROW.replace("\"q\"", &format!("\"q{n}\""))
}

#[test]
fn packed_files_are_known_by_their_first_bytes() {
    let text: String = (0..3000).map(row).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let mut gzip = gzip.finish().unwrap();
    // A second member, as `cat a.gz b.gz` makes it.
    let mut more = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    more.write_all(row(3000).as_bytes()).unwrap();
    gzip.extend(more.finish().unwrap());
    let mut zstandard = compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
    zstandard.extend(compress_to_vec(row(3000).as_bytes(), CompressionLevel::Fastest));
    for (name, bytes) in [("r.jsonl.gz", gzip.clone()), ("named-otherwise.jsonl", zstandard)] {
        let desk = Desk::new();
        assert_eq!(desk.import(name, &bytes).unwrap().new, 3001, "{name}");
        assert_eq!(desk.all()[0].strategy, name.split('.').next().unwrap());
    }
    // One that is cut short gives what it has, and says so.
    let desk = Desk::new();
    let report = desk.import("cut.jsonl.gz", &gzip[..gzip.len() * 2 / 3]).unwrap();
    assert!(report.broken.is_some() && !report.is_whole(), "{report:?}");
}

#[test]
fn careless_lines_are_read_and_bad_ones_listed() {
    let desk = Desk::new();
    let mut text = b"\xef\xbb\xbf".to_vec();
    text.extend(row(1).replace('\n', "\r\n").bytes());
    text.extend(b"\r\n");
    text.extend(b"{\"question\":\"q3\",\"reference\":\"1\",\"response\":\"1\",\"score\":NaN}\n");
    text.extend(b"{\"question\":\"q4\",\"reference\":\"1\",\"response\":\"1 \\ud83d\"}\n");
    text.extend(b"{\"question\":\"q5\\u0000\",\"reference\":\"1\",\"response\":\"\\u0000\\u001b[2J1\"}\n");
    text.extend(b"{\"question\":\"q6\",\"reference\":\"1\",\"response\":\"\xff\"}\n");
    text.extend(b"\0\0\0\n");
    text.extend(b"not json\n[1]\n7\n\"x\"\n{}\n");
    text.extend(format!("{{\"reference\":\"1\",\"response\":{}{}}}\n", "[".repeat(10_000), "]".repeat(10_000)).bytes());
    text.extend(format!("{{\"question\":\"q14\",\"reference\":{},\"response\":\"1\"}}\n", "9".repeat(5_000)).bytes());
    text.extend(b"{\"question\":\"q15\",\"reference\":\"1\",\"response\":null}\n");
    text.extend(b"{\"question\":\"q16\",\"reference\":\"\",\"response\":\"1\"}\n");
    text.extend(b"{\"question\":\"q17\",\"reference\":\"1\",\"response\":[]}\n");
    text.extend(b"{\"question\":\"q18\",\"reference\":\"1\",\"response\":\"1\"");
    let report = desk.import("r.jsonl", &text).unwrap();
    let bad: Vec<u64> = report.bad_rows.iter().map(|b| b.row).collect();
    assert_eq!(bad, [6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18], "{:?}", report.bad_rows);
    assert_eq!((report.bad, report.rows, report.new), (12, 5, 5));
    let told: Vec<(String, String)> = desk.told().into_iter().map(|t| (t.0, t.2[0].0.clone())).collect();
    assert_eq!(told[2], ("q4".to_owned(), "1 \u{fffd}".to_owned()));
    assert_eq!(told[3], ("q5\0".to_owned(), "\0\u{1b}[2J1".to_owned()));
    assert_eq!(desk.pairs(), 5);
}

#[test]
fn a_line_of_any_length_is_a_bad_line_at_most() {
    let desk = Desk::new();
    let long = |mib: usize| {
        format!("{{\"question\":\"q\",\"reference\":\"1\",\"response\":\"{}1\"}}\n", " ".repeat(mib << 20))
    };
    let text = format!("{}{}{}{}", row(1), long(2), long(40), row(4));
    let report = desk.import("r.jsonl", text).unwrap();
    assert_eq!((report.new, report.bad, report.bad_rows[0].row), (3, 1, 3));
    assert!(report.bad_rows[0].why.contains("16 MiB"), "{:?}", report.bad_rows);
    // The first line may be the long one.
    let desk = Desk::new();
    assert_eq!(desk.import("r.jsonl", format!("{}{}", long(2), row(4))).unwrap().new, 2);
}

#[test]
fn what_is_no_file_of_rollouts_is_refused_in_a_sentence() {
    let desk = Desk::new();
    let utf16: Vec<u8> = "\u{feff}{\"a\":1}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, word) in [
        ("empty", Vec::new(), "JSON"),
        ("blank", b"\n \n".to_vec(), "JSON"),
        ("binary", (0..=255).cycle().take(100_000).collect(), "JSON"),
        ("text", b"Call me Ishmael, some years ago\nnever mind, how long\n".to_vec(), "JSON"),
        ("numbers", b"1\n2\n".to_vec(), "JSON"),
        ("utf16", utf16, "UTF-16"),
        ("zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(), "inspect_ai"),
        ("nothing", b"{\"a\":1}\n".to_vec(), "--map response"),
        ("header.csv", b"question,reference,response\n".to_vec(), "JSON"),
    ] {
        let error = desk.import(name, bytes).unwrap_err();
        assert!(
            error.is_usage() && error.to_string().contains(word) && error.to_string().contains(name),
            "{name}: {error}"
        );
    }
    for (name, bytes) in [("broken", &b"PK\x03\x04nonsense"[..]), ("gzip", b"\x1f\x8b\x08nonsense")] {
        assert!(matches!(desk.import(name, bytes), Err(RolloutError::Unreadable { .. })), "{name}");
    }
    let folder = desk.import_file(desk.folder.path(), &std::sync::Arc::default(), &mut |_| {}).unwrap_err();
    assert!(folder.to_string().contains("folder"), "{folder}");
    assert!(desk.all().is_empty());
}

#[test]
fn too_many_bad_rows_end_it() {
    let mut desk = Desk::new();
    desk.max_bad = Some(2);
    let text = format!("{}bad\nbad\n{}", row(1), row(2));
    assert_eq!(desk.import("two.jsonl", &text).unwrap().bad, 2);
    let error = desk.import("three.jsonl", format!("{text}bad\n")).unwrap_err();
    assert!(error.to_string().contains("--max-bad"), "{error}");
}

#[test]
fn what_is_not_verified_waits_for_it() {
    let mut desk = Desk::new();
    desk.verify = false;
    let rows = [json!({"question": "q", "reference": "1", "response": ["1", "2"], "reward": 1})];
    let report = desk.import("r.jsonl", lines(&rows)).unwrap();
    assert_eq!((report.unverified, report.verdicts.len()), (2, 0));
    assert!(desk.all()[0].responses.iter().all(|r| r.verdict.is_none() && r.given_reward == Some(1.0)));
    assert_eq!(desk.pairs(), 2, "verifying again does not see them");
}
