//! Chains: what is not in them is not tried, and their order counts.

use loong::extractor::{Chain, ExtractOptions, How, extract};

fn with(chain: &str, text: &str) -> Option<(String, How)> {
    let options = ExtractOptions { chain: chain.parse().unwrap(), ..ExtractOptions::default() };
    extract(text, &options).map(|f| (f.text, f.how))
}

#[test]
fn the_order_decides() {
    let text = "The answer is 5.\n#### 6\n\\boxed{7}";
    for (chain, answer, how) in [
        ("boxed,hashes,phrase", "7", How::Boxed),
        ("hashes,boxed", "6", How::Hashes),
        ("phrase,hashes,boxed", "5", How::Phrase),
        ("json, tag, phrase", "5", How::Phrase),
    ] {
        assert_eq!(with(chain, text), Some((answer.to_owned(), how)), "{chain}");
    }
    assert_eq!(with("json,tag,table", text), None);
}

#[test]
fn every_strategy_alone_finds_its_kind_only() {
    let texts = [
        (How::Boxed, r"\boxed{7}"),
        (How::Tag, "<answer>7</answer>"),
        (How::Hashes, "#### 7"),
        (How::Json, r#"{"answer": "7"}"#),
        (How::Phrase, "So the answer is 7"),
        (How::Bold, "That leaves us with\n**7**"),
        (How::Formula, "The length must then be $7$"),
        (How::Conclusion, "We add both.\n\nTherefore, the total is 7"),
        (How::Display, "We add both sides up:\n$$3 + 4 = 7$$"),
        (How::Table, "| part | n |\n|---|---|\n| one | 3 |\n| total | 7 |"),
        (How::LastLine, "We add both sides up and get it\n\n7"),
    ];
    for (how, text) in texts {
        assert_eq!(with(how.as_str(), text), Some(("7".to_owned(), how)), "{how}");
    }
    assert_eq!(with("whole", " 7 "), Some(("7".to_owned(), How::Whole)));
    for (how, text) in texts {
        for other in How::ALL.iter().filter(|o| o.is_marked() && **o != how) {
            assert_eq!(with(other.as_str(), text), None, "{other} in `{text}`");
        }
    }
}

#[test]
fn chains_are_read_and_written() {
    let chain: Chain = "hashes, boxed,hashes".parse().unwrap();
    assert_eq!(chain.as_slice(), [How::Hashes, How::Boxed]);
    assert_eq!(chain.to_string(), "hashes,boxed");
    assert_eq!(chain.to_string().parse::<Chain>().unwrap(), chain);
    assert_eq!("".parse::<Chain>().unwrap(), Chain::default());
    assert_eq!(Chain::default().as_slice(), How::ALL);
    assert_eq!(Chain::named(&["last-line"]).unwrap(), Chain::of(&[How::LastLine]));
    let error = "boxes".parse::<Chain>().unwrap_err().to_string();
    assert!(error.contains("boxes") && error.contains("last-line"), "{error}");
}
