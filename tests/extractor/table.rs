//! Endings by class, in both directions: where an answer stands it is found, where none stands none is.

use std::collections::BTreeMap;

use loong::extractor::{ExtractOptions, Extracted, extract};

/// A row: its class, what is to be found and by which strategy, and the text.
struct Row {
    class: &'static str,
    how: &'static str,
    answer: &'static str,
    text: String,
}

fn rows() -> Vec<Row> {
    include_str!("table.tsv")
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with("# "))
        .map(|line| {
            let [class, how, answer, text] = <[&str; 4]>::try_from(line.split('\t').collect::<Vec<_>>())
                .unwrap_or_else(|_| panic!("four fields in `{line}`"));
            Row { class, how, answer, text: text.replace('⏎', "\n").replace('␈', "\u{8}") }
        })
        .collect()
}

fn found(text: &str) -> Option<Extracted> {
    extract(text, &ExtractOptions::default())
}

#[test]
fn every_row_of_the_table_holds() {
    let mut wrong = Vec::new();
    for Row { class, how, answer, text } in rows() {
        let found = found(&text);
        let (by, said) = found.as_ref().map_or(("-", "-"), |f| (f.how.as_str(), f.text.as_str()));
        if said != answer || how != "*" && by != how {
            wrong.push(format!("{class}: `{text}`\n  wanted `{answer}` by {how}, found `{said}` by {by}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows do not hold:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_is_wide() {
    let rows = rows();
    assert!(rows.len() >= 150, "the table has {} rows", rows.len());
    let mut hows: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *hows.entry(row.how).or_default() += 1;
    }
    for how in loong::extractor::How::ALL {
        assert!(hows.get(how.as_str()).is_some_and(|n| *n >= 3), "{how} has too few rows");
    }
    assert!(hows.get("-").is_some_and(|n| *n >= 25), "too few texts without an answer");
}

/// What stands around a marked answer changes nothing: reasoning before it, a remark or the end of the turn after it.
#[test]
fn surroundings_change_nothing() {
    let mut wrong = Vec::new();
    for row in rows()
        .iter()
        .filter(|r| matches!(r.how, "boxed" | "tag" | "json" | "phrase" | "hashes" | "table" | "conclusion"))
    {
        let channel = row.text.contains("<|channel|>") || row.text.starts_with("analysis");
        let around = [
            format!("<think>Perhaps \\boxed{{99}}. The answer is 98.</think>\n\n{}", row.text),
            format!("{}<|im_end|>\n<|im_start|>user\nThe answer is 97.", row.text),
            format!("{}\n\nLet me know if you would like more detail!", row.text),
            format!("We look at the cases in turn.\n\n{}", row.text),
        ];
        for text in around.iter().filter(|_| !channel) {
            let said = found(text).map(|f| f.text);
            if said.as_deref() != Some(row.answer) {
                wrong.push(format!("`{text}`\n  wanted `{}`, found {said:?}", row.answer));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is taken out of marks is no longer a part of the sentence; its length says nothing about where it ended.
#[test]
fn a_span_ends_between_characters() {
    for text in
        ["答案是$：$：$：", "答案是**甲**：乙", "The answer is $x$：y", "答是$**$：", "答案是$：$Sum(k，(：$：$："]
    {
        if let Some(found) = found(text) {
            assert!(text.get(found.span.clone()).is_some_and(|p| !p.is_empty()), "{:?} of `{text}`", found.span);
        }
    }
}

#[test]
fn spans_lie_in_the_text() {
    for row in rows() {
        if let Some(found) = found(&row.text) {
            let part = row.text.get(found.span.clone());
            assert!(part.is_some_and(|p| !p.is_empty()), "{:?} of `{}`", found.span, row.text);
        }
    }
}

/// A text that is cut anywhere gives no answer that is longer or other than a beginning of it: what is boxed is whole or
/// missing.
#[test]
fn no_box_is_read_in_part() {
    for whole in [r"So it is \boxed{1234}.", r"Then $\boxed{\frac{12}{345}}$", r"{\boxed{\text{12 apples}}}"] {
        let answer = found(whole).unwrap().text;
        for at in 0..whole.len() {
            if let Some(part) = found(&whole[..at]) {
                assert!(part.text == answer || !whole[..at].contains("oxed{"), "`{}` gives {part:?}", &whole[..at]);
            }
        }
    }
}
