//! The seed dataset from outside: what is read, what is refused and in which words, what is drawn, what is written back.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use loong::dataset::{
    BadRow, DOMAINS, Datapoint, DatasetError, StaticDataset, Strictness, content_id, write_json, write_jsonl,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const GOOD: &str =
    r#"{"question": "1+1?", "rationale": "print(2)", "final_answer": "2", "metadata": {"domain": "Logic"}}"#;
const OTHER: &str =
    r#"{"question": "2+2?", "rationale": "print(4)", "final_answer": 4, "metadata": {"domain": "Quant"}}"#;

fn lenient(text: &[u8]) -> (StaticDataset, Vec<BadRow>) {
    StaticDataset::from_texts([("seeds.json", text)], Strictness::Lenient).expect("lenient reading never refuses")
}

fn strict(text: &[u8]) -> Result<(StaticDataset, Vec<BadRow>), DatasetError> {
    StaticDataset::from_texts([("seeds.json", text)], Strictness::Strict)
}

/// Reads leniently what has faults, asserts that strict reading refuses with the same faults, and gives them as text.
fn faults(text: &[u8], kept: usize) -> String {
    let (dataset, bad) = lenient(text);
    let shown: Vec<String> = bad.iter().map(ToString::to_string).collect();
    let shown = shown.join("\n");
    assert_eq!(dataset.len(), kept, "rows kept beside: {shown}");
    match strict(text) {
        Err(DatasetError::Refused { bad: refused }) => assert_eq!(refused, bad),
        other => panic!("strict reading gave {other:?}"),
    }
    shown
}

#[test]
fn an_array_and_json_lines_give_the_same_rows_whatever_the_name_says() {
    let texts = [
        format!("[{GOOD}, {OTHER}]"),
        format!("{GOOD}\n{OTHER}"),
        format!("\u{feff}[\n{GOOD},\n{OTHER}\n]\n"),
        format!("\u{feff}{GOOD}\r\n\r\n  \r\n{OTHER}\r\n"),
    ];
    let hashes: HashSet<String> = texts
        .iter()
        .map(|text| {
            let (dataset, bad) = strict(text.as_bytes()).expect("sound");
            assert_eq!((dataset.len(), bad.len()), (2, 0), "{text}");
            dataset.hash()
        })
        .collect();
    assert_eq!(hashes.len(), 1);
    assert_eq!(strict(GOOD.as_bytes()).expect("one line").0.len(), 1);
    assert_eq!(strict(b" [ ] ").expect("an empty array is sound").0.len(), 0);
}

#[test]
fn rows_remember_file_row_and_line() {
    let text = format!("[\n\n{GOOD},\n{OTHER}]");
    let (dataset, _) = strict(text.as_bytes()).expect("sound");
    let places: Vec<(String, usize, usize)> = dataset
        .iter()
        .map(|d| {
            let place = d.place.as_ref().expect("it was read from a file");
            (place.file.to_string(), place.row, place.line)
        })
        .collect();
    assert_eq!(places, [("seeds.json".to_owned(), 1, 3), ("seeds.json".to_owned(), 2, 4)]);
    let lines = format!("\n{GOOD}\n\n{OTHER}\n");
    let (dataset, _) = strict(lines.as_bytes()).expect("sound");
    let places: Vec<(usize, usize)> =
        dataset.iter().map(|d| d.place.as_ref().map_or((0, 0), |p| (p.row, p.line))).collect();
    assert_eq!(places, [(1, 2), (2, 4)]);
}

#[test]
fn every_fault_of_a_file_is_told_with_its_place_and_its_fix() {
    let bad_utf8 =
        [format!("[{GOOD},\n{{\"question\": \"").as_bytes(), b"\xff\xfe\"}, ", OTHER.as_bytes(), b"]"].concat();
    let cases: Vec<(Vec<u8>, usize, &str)> = vec![
        (b"".to_vec(), 0, "seeds.json: is empty; a seed file is a JSON array of objects (`[]` when it has none)"),
        (b" \n\t ".to_vec(), 0, "seeds.json: is empty; a seed file is a JSON array of objects (`[]` when it has none)"),
        (
            b"\nhello".to_vec(),
            0,
            "seeds.json, line 2: begins neither with `[` nor with `{`; a seed file is a JSON array of objects or JSON Lines",
        ),
        (b"\x1f\x8b\x08".to_vec(), 0, "seeds.json: is compressed with gzip; unpack it first (gunzip)"),
        (b"\xff\xfe[\0".to_vec(), 0, "seeds.json: is UTF-16; save it as UTF-8"),
        (b"PAR1".to_vec(), 0, "seeds.json: is Parquet; `loong seeds import` reads it, by a name that ends in .parquet"),
        (
            format!("[{GOOD},\n{OTHER}").into_bytes(),
            2,
            "seeds.json, line 2: ends after row 2 without the closing `]`; it was cut off, or the `]` is missing",
        ),
        (
            format!("[{GOOD},\n{{\"question\": \"cut o").into_bytes(),
            1,
            "seeds.json, row 2, line 2: does not end: a quote or bracket in it is not closed, or the file was cut off",
        ),
        (
            format!("[{GOOD}\n{OTHER}]").into_bytes(),
            2,
            "seeds.json, row 2, line 2: has no comma between the row before and this one; add it",
        ),
        (
            format!("[{GOOD},\n{OTHER},\n]").into_bytes(),
            2,
            "seeds.json, line 2: has a comma after its last row; remove it",
        ),
        (
            format!("[{GOOD},,{OTHER}]").into_bytes(),
            2,
            "seeds.json, line 1: has a comma with no row before it; remove it",
        ),
        (
            format!("[{GOOD}]\n[{OTHER}]").into_bytes(),
            1,
            "seeds.json, line 2: goes on after the closing `]`; remove what follows, or put the rows into one array",
        ),
        (
            format!("[{GOOD}, 7, \"a [text]\", null]").into_bytes(),
            1,
            "seeds.json, row 2, line 1: is a number, not an object; a row is {\"question\": …, \"rationale\": …, \"final_answer\": …, \"metadata\": …}\nseeds.json, row 3, line 1: is a text, not an object; a row is {\"question\": …, \"rationale\": …, \"final_answer\": …, \"metadata\": …}\nseeds.json, row 4, line 1: is null, not an object; a row is {\"question\": …, \"rationale\": …, \"final_answer\": …, \"metadata\": …}",
        ),
        (bad_utf8, 2, "seeds.json, row 2, line 2: is not valid UTF-8; save the file as UTF-8"),
        (
            format!("{{\"rows\": [{GOOD}]}}").into_bytes(),
            0,
            "seeds.json: is an object around an array; keep only the array that is under `rows`",
        ),
        (
            format!("{{\n\"rows\":\n [{GOOD}]}}").into_bytes(),
            0,
            "seeds.json: is an object around an array; keep only the array that is under `rows`",
        ),
        (
            GOOD.replace(", ", ",\n").into_bytes(),
            0,
            "seeds.json: is one JSON object, not an array; put `[` before and `]` after it",
        ),
        (
            format!("{}\n{}", GOOD.replace('{', "{\n"), OTHER.replace('{', "{\n")).into_bytes(),
            0,
            "seeds.json, line 4: is neither a JSON array nor JSON Lines (trailing characters); put the rows into one array, `[…]`, with commas between them",
        ),
        (
            format!("{GOOD},\n{OTHER}").into_bytes(),
            1,
            "seeds.json, row 1, line 1: is not JSON: trailing characters (column 100); JSON Lines has no commas between its rows",
        ),
        (
            format!("{GOOD}\n{{\"question\": \"cut").into_bytes(),
            1,
            "seeds.json, row 2, line 2: does not end: a quote or bracket in it is not closed, or the file was cut off",
        ),
        (
            format!("{{\"question\": \"cut\n{GOOD}").into_bytes(),
            1,
            "seeds.json, row 1, line 1: does not end: a quote or bracket in it is not closed, or the file was cut off",
        ),
        (
            format!("{GOOD}\n{{'question': 1}}").into_bytes(),
            1,
            "seeds.json, row 2, line 2: is not JSON: key must be a string (column 2); JSON has double quotes",
        ),
        (
            format!("[{GOOD}, {{\"question\": \"q\",\n \"final_answer\": NaN}}]").into_bytes(),
            1,
            "seeds.json, row 2, line 2: is not JSON: expected value (column 18); JSON has true, false and null, and neither NaN nor Infinity",
        ),
        (
            format!("[{GOOD}, {{\"question\": \"a\nb\"}}]").into_bytes(),
            1,
            "seeds.json, row 2, line 2: is not JSON: control character (\\u0000-\\u001F) found while parsing a string; write \\n or \\t inside a text",
        ),
        (
            format!("[{GOOD}, }}, {OTHER}]").into_bytes(),
            2,
            "seeds.json, row 2, line 1: is not JSON: expected value (column 1)",
        ),
    ];
    for (text, kept, wanted) in cases {
        assert_eq!(faults(&text, kept), wanted, "\nof {}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn every_fault_of_a_row_is_named() {
    for (row, wanted) in [
        (
            json!({}),
            "`question` is missing; it must be text; `final_answer` is missing; it must be text, a number or another JSON value",
        ),
        (
            json!({"question": " ", "final_answer": ""}),
            "`question` is empty; it must be text; `final_answer` is empty; it must be text, a number or another JSON value",
        ),
        (
            json!({"question": 7, "final_answer": null}),
            "`question` is a number; it must be text; `final_answer` is null; it must be text, a number or another JSON value",
        ),
        (
            json!({"question": "q", "final_answer": 1, "rationale": ["a"]}),
            "`rationale` is a list; it must be text (the code), or left out",
        ),
        (
            json!({"question": "q", "final_answer": 1, "metadata": "x"}),
            "`metadata` is a text; it must be an object, such as {\"domain\": \"logic\"}",
        ),
    ] {
        let text = format!("[{GOOD},\n{row}]");
        assert_eq!(faults(text.as_bytes(), 1), format!("seeds.json, row 2, line 2: {wanted}"));
    }
}

#[test]
fn a_strict_refusal_names_every_bad_row() {
    let text = format!("[{GOOD}, 1, {OTHER}, {{}}]");
    let message = strict(text.as_bytes()).expect_err("two rows are bad").to_string();
    assert!(message.starts_with("the seeds have 2 faults; mend them, or load them leniently"), "{message}");
    assert!(message.contains("\n  seeds.json, row 2, line 1: ") && message.contains("\n  seeds.json, row 4, line 1: "));
}

#[test]
fn a_repeated_row_is_kept_once_and_reported_and_no_reason_to_refuse() {
    let text = format!("[{GOOD}, {OTHER}, {GOOD}]");
    let (dataset, bad) = strict(text.as_bytes()).expect("repetitions are not refused");
    assert_eq!(dataset.len(), 2);
    let id = content_id("1+1?", "print(2)", "2");
    let wanted =
        format!("seeds.json, row 3, line 1: has the same content as seeds.json, row 1 (id {id}); it was left out");
    assert_eq!(bad.iter().map(ToString::to_string).collect::<Vec<_>>(), [wanted]);
    assert_eq!(dataset.by_id(&id).and_then(|d| d.place.as_ref()).map(|p| p.row), Some(1));
}

#[test]
fn a_folder_gives_its_seed_files_in_sorted_order_and_its_name_the_domain() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let bare = |q: &str| format!("{{\"question\": \"{q}\", \"final_answer\": 1}}");
    write("physics/mine/data.json", &format!("[{}]", bare("b")));
    write("logic/z.jsonl", &bare("a"));
    write("zoo/x.JSON", &bare("c"));
    write("logic/README.md", "not a seed file");
    write("logic/.hidden.json", "not read");
    let (dataset, bad) = StaticDataset::load(&[folder.path()], Strictness::Strict).expect("sound");
    assert!(bad.is_empty());
    let rows: Vec<(&str, &str)> = dataset.iter().map(|d| (d.question.as_str(), d.domain())).collect();
    assert_eq!(rows, [("a", "logic"), ("b", "advanced_physics"), ("c", "")]);
    let twice = [folder.path().to_owned(), folder.path().join("logic/z.jsonl")];
    let (again, bad) = StaticDataset::load(&twice, Strictness::Strict).expect("sound");
    assert_eq!((again.len(), bad.len()), (3, 0), "a file that is named twice is read once");

    let empty = tempfile::tempdir().expect("a folder");
    let error = StaticDataset::load(&[empty.path()], Strictness::Lenient).expect_err("nothing is there").to_string();
    assert!(error.starts_with("there is no .json or .jsonl file under "), "{error}");
    let error =
        StaticDataset::load(&[empty.path().join("no.json")], Strictness::Lenient).expect_err("no file").to_string();
    assert!(
        error.contains("no.json cannot be read (") && error.ends_with("check the path and its permissions"),
        "{error}"
    );
}

#[test]
fn a_datapoint_is_given_back_as_it_came() {
    for text in [
        r#"{"id":"f_1","final_answer":1.50,"question":"q","metadata":{"b":[1e400,null],"a":"x"},"rationale":"print(1)"}"#,
        r#"{"question":"q","final_answer":[1,[2.0,"x"]],"rationale":null,"metadata":null,"note":null}"#,
        r#"{"final_answer":true,"question":"q"}"#,
        r#"{"question":" q\r\n","rationale":"","final_answer":" 92","metadata":{}}"#,
        r#"{"question":"q","final_answer":{"a":12345678901234567890123},"metadata":{"contributor":["A, B"],"ünï":"\u2028"}}"#,
    ] {
        let value: Value = serde_json::from_str(text).expect("JSON");
        let datapoint = Datapoint::from_value(value.clone()).expect("a datapoint");
        assert_eq!(datapoint.to_value().to_string(), value.to_string(), "order, types and digits stay");
    }
}

#[test]
fn a_changed_datapoint_is_written_changed() {
    let value = json!({"final_answer": 4, "question": "q", "old": 1});
    let mut datapoint = Datapoint::from_value(value).expect("a datapoint");
    datapoint.final_answer = "5".to_owned();
    datapoint.rationale = "print(5)".to_owned();
    datapoint.extra.shift_remove("old");
    datapoint.extra.insert("new".to_owned(), json!(2));
    let wanted = r#"{"final_answer":"5","question":"q","rationale":"print(5)","new":2}"#;
    assert_eq!(datapoint.to_value().to_string(), wanted);
}

#[test]
fn answers_of_any_json_type_have_a_text() {
    for (answer, text) in [
        (r#""x = 1""#, "x = 1"),
        ("7", "7"),
        ("1.50", "1.50"),
        ("[1, 2]", "[1,2]"),
        ("false", "false"),
        (r#"{"a": 1}"#, r#"{"a":1}"#),
    ] {
        let value =
            serde_json::from_str(&format!("{{\"question\": \"q\", \"final_answer\": {answer}}}")).expect("JSON");
        assert_eq!(Datapoint::from_value(value).expect("a datapoint").final_answer, text);
    }
}

#[test]
fn the_content_id_is_pinned_and_depends_on_content_alone() {
    assert_eq!(content_id("q", "print(1)", "1"), "385a2b4a07030177");
    assert_eq!(content_id("q", "a\r\nb\n", "1"), content_id(" q\n", "a\nb", "1"));
    assert_ne!(content_id("ab", "c", "1"), content_id("a", "bc", "1"));
    let plain = Datapoint::new("q", "print(1)", "1", Map::new());
    let number = Datapoint::from_value(json!({"question": "q", "rationale": "print(1)", "final_answer": 1, "id": 9}));
    assert_eq!(plain.id, number.expect("a datapoint").id);
}

fn numbered(n: usize) -> Vec<Datapoint> {
    let domain = |i: usize| json!({"domain": if i.is_multiple_of(3) { "Logic" } else { "Quant" }});
    (0..n)
        .map(|i| {
            let metadata = domain(i).as_object().cloned().expect("an object");
            Datapoint::new(format!("question {i}"), "", i.to_string(), metadata)
        })
        .collect()
}

#[test]
fn a_sample_is_pinned_and_does_not_depend_on_the_order_of_rows() {
    let rows = numbered(50);
    let dataset: StaticDataset = rows.iter().cloned().collect();
    let reversed: StaticDataset = rows.into_iter().rev().collect();
    let answers = |d: &StaticDataset, n, seed, stream| -> Vec<String> {
        d.sample(n, seed, stream).iter().map(|d| d.final_answer.clone()).collect()
    };
    assert_eq!(answers(&dataset, 5, 42, 0), ["12", "13", "22", "29", "3"]);
    assert_eq!(answers(&dataset, 5, 42, 1), ["47", "1", "6", "39", "12"]);
    assert_eq!(answers(&dataset, 50, 42, 7), answers(&reversed, 50, 42, 7));
    assert_eq!(dataset.hash(), reversed.hash());
    assert_eq!(dataset.sample(99, 1, 1).len(), 50, "no more than there are");
    assert_eq!(
        answers(&dataset, 5, 42, 3),
        answers(&dataset, 9, 42, 3)[..5],
        "a larger draw begins like a smaller one"
    );
}

#[test]
fn filters_take_any_spelling_and_keep_the_order() {
    let dataset: StaticDataset = numbered(9).into_iter().collect();
    let counts: Vec<(&str, usize)> = dataset.domains().into_iter().collect();
    assert_eq!(counts, [("finance", 6), ("logic", 3)]);
    let logic: Vec<String> = dataset.filter(&["LOGIC"]).iter().map(|d| d.final_answer.clone()).collect();
    assert_eq!(logic, ["0", "3", "6"]);
    assert_eq!(dataset.filter(&["Quantitative Finance", "logic"]).len(), 9);
    assert!(dataset.filter::<&str>(&[]).is_empty());
    let none = dataset.filter_by(|d| d.licence().is_some());
    assert!(none.is_empty() && none.by_id("0").is_none() && none.sample(3, 1, 1).is_empty());
}

#[test]
fn the_hash_changes_with_what_a_run_depends_on_and_with_nothing_else() {
    let with = |metadata: Value| {
        let metadata = metadata.as_object().cloned().expect("an object");
        [Datapoint::new("q", "c", "1", metadata)].into_iter().collect::<StaticDataset>().hash()
    };
    let base = with(json!({"domain": "Logic", "required_dependencies": ["sympy"]}));
    assert_eq!(base, with(json!({"tags": ["x"], "required_dependencies": "sympy", "domain": "logic"})));
    assert_ne!(base, with(json!({"domain": "Logic", "required_dependencies": ["sympy==1"]})));
    assert_ne!(base, with(json!({"domain": "Games", "required_dependencies": ["sympy"]})));
    assert_ne!(base, with(json!({"domain": "Logic", "required_dependencies": ["sympy"], "answer_tolerance": "1%"})));
}

proptest! {
    #[test]
    fn reading_never_panics_and_strict_agrees_with_lenient(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        check(&bytes);
    }

    #[test]
    fn broken_json_never_panics(picks in proptest::collection::vec(0..PIECES.len(), 0..24)) {
        check(picks.iter().map(|i| PIECES[*i]).collect::<String>().as_bytes());
    }

    #[test]
    fn what_is_written_is_read_back(
        texts in proptest::collection::vec(("\\PC*[a-z]", any::<String>(), "\\PC*[0-9]"), 0..8)
    ) {
        let dataset: StaticDataset =
            texts.into_iter().map(|(q, r, a)| Datapoint::new(q, r, a, Map::new())).collect();
        let (mut array, mut lines) = (Vec::new(), Vec::new());
        write_json(&mut array, dataset.iter()).expect("memory");
        write_jsonl(&mut lines, dataset.iter()).expect("memory");
        prop_assert_eq!(lines.split(|b| *b == b'\n').count() - 1, dataset.len());
        for text in [array, lines] {
            if dataset.is_empty() && text.is_empty() {
                continue;
            }
            let (again, bad) = strict(&text).expect("what was written is sound");
            prop_assert!(bad.is_empty());
            prop_assert_eq!(
                again.iter().map(Datapoint::to_value).collect::<Vec<_>>(),
                dataset.iter().map(Datapoint::to_value).collect::<Vec<_>>()
            );
        }
    }
}

const PIECES: [&str; 14] =
    ["[", "]", "{", "}", ",", "\n", "\"", "\\", "\"question\": \"q\"", "\"final_answer\": 1", GOOD, "7", " ", "null"];

/// Strict reading succeeds exactly when lenient reading finds no faults but repetitions.
fn check(bytes: &[u8]) {
    let (kept, bad) = lenient(bytes);
    let sound = bad.iter().all(|b| b.reason.contains("it was left out"));
    match strict(bytes) {
        Ok((dataset, _)) => assert!(sound && dataset.len() == kept.len()),
        Err(_) => assert!(!sound),
    }
}

fn bundled_file(domain: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(domain).join("seed_dataset.json")
}

#[test]
fn the_bundled_seeds_are_sound_and_complete() {
    let dataset = StaticDataset::bundled();
    assert_eq!(dataset.domains().keys().copied().collect::<Vec<_>>(), DOMAINS);
    assert!(dataset.domains().values().all(|n| *n >= 20), "{:?}", dataset.domains());
    let (mut environments, mut questions) = (HashSet::new(), HashSet::new());
    let mut topics: BTreeMap<&str, HashSet<String>> = BTreeMap::new();
    for seed in dataset.iter() {
        let place = seed.place.as_ref().map(|p| format!("{}, row {}", p.file, p.row)).unwrap_or_default();
        assert!(place.contains(seed.domain()), "{place} says {}", seed.domain());
        assert_eq!(seed.licence().as_deref(), Some("CC0-1.0"), "{place}");
        assert_eq!(seed.metadata.get("contributor"), Some(&json!("loong")), "{place}");
        for key in ["date_created", "difficulty", "subdomain", "tags", "required_dependencies"] {
            assert!(seed.metadata.contains_key(key), "{place} has no {key}");
        }
        assert!(seed.metadata["difficulty"].as_u64().is_some_and(|n| (1..=5).contains(&n)), "{place}");
        assert!(seed.rationale.contains("print("), "{place}");
        // A range: what is pinned to one version fits few Pythons, and what has no bound may be another package one day.
        assert!(seed.dependencies().as_slice().iter().all(|d| d.contains(">=") && !d.contains("==")), "{place}");
        let words: Vec<String> = seed.question.to_lowercase().split_whitespace().map(str::to_owned).collect();
        assert!(questions.insert(words.join(" ")), "{place} asks what another one asks");
        topics.entry(seed.domain()).or_default().insert(seed.metadata["subdomain"].to_string());
        environments.insert(seed.dependencies());
    }
    assert!(topics.values().all(|topics| topics.len() >= 7), "{topics:?}");
    assert!(environments.len() <= 7, "each is a venv of its own: {environments:?}");
}

#[test]
fn the_bundled_files_are_in_the_form_that_is_written() {
    for domain in DOMAINS {
        let (dataset, _) = StaticDataset::load(&[bundled_file(domain)], Strictness::Strict).expect("sound");
        let mut written = Vec::new();
        write_json(&mut written, dataset.iter()).expect("memory");
        let stored = std::fs::read(bundled_file(domain)).expect("it was just read");
        assert!(written == stored, "{domain}: writing the file anew would change it");
    }
}

#[test]
fn the_public_seeds_load_strictly_and_are_given_back_as_they_came() {
    let Some(shared) = std::env::var_os("LOONG_SHARED") else {
        println!("skipped: LOONG_SHARED, a folder with data/seeds, is not set");
        return;
    };
    let folder = Path::new(&shared).join("data/seeds");
    let (dataset, bad) = StaticDataset::load(&[&folder], Strictness::Strict).expect("the public seeds are sound");
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(dataset.len(), 2529);
    let counts: Vec<(&str, usize)> = dataset.domains().into_iter().collect();
    let wanted = [
        ("advanced_math", 1611),
        ("advanced_physics", 429),
        ("finance", 235),
        ("graph_discrete_math", 178),
        ("mathematical_programming", 76),
    ];
    assert_eq!(counts, wanted);
    let mut all = Vec::new();
    for (domain, _) in wanted {
        let text = std::fs::read(folder.join(domain).join("seed_dataset.json")).expect("it was just read");
        all.extend(serde_json::from_slice::<Vec<Value>>(&text).expect("an array"));
    }
    for (seed, value) in dataset.iter().zip(&all) {
        // As text, so that the order of fields counts.
        assert_eq!(seed.to_value().to_string(), value.to_string());
        assert!(seed.licence().is_some() && !seed.dependencies().as_slice().is_empty());
    }
    let tolerant = dataset.iter().filter(|d| d.metadata.contains_key("answer_tolerance")).count();
    let usable = dataset.iter().filter(|d| d.tolerance().is_some()).count();
    println!("{usable} of {tolerant} stated tolerances are usable");
    assert_eq!(tolerant, 69);
}
