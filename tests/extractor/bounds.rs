//! Texts made to be slow or to break the search: of a size that a search in squared time would not get through.

use loong::extractor::{Chain, ExtractOptions, How, extract};

const SIZE: usize = 1 << 18;

fn filled(unit: &str) -> String {
    unit.repeat(SIZE / unit.len())
}

fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\\boxed{",
        "\\boxed",
        "\\boxed ",
        "{",
        "}",
        "{}",
        "\\",
        "\\{",
        "$",
        "$$",
        "\\[",
        "\\(",
        "**",
        "*",
        "`",
        "```",
        "```\n",
        "answer is ",
        "answer: ",
        "answer",
        "the answer is not 5. ",
        "answer to ",
        "answer (",
        "answer to the is ",
        "Answer\n",
        "Final Answer\n\n",
        "answer is\n",
        "if the answer is 5 ",
        "\n",
        "\r\n",
        " ",
        "\n\n",
        "#",
        "####",
        "####\n",
        "#### ",
        "#### x\n",
        "<answer>",
        "</answer>",
        "<answer></answer>",
        "<",
        "[answer]",
        "</think>",
        "<think>",
        "<|channel|>final",
        "\"answer\"",
        "\"answer\": ",
        "{\"answer\": ",
        "{\"answer\": [",
        "{\"answer\":\"",
        "answer\"",
        "'answer': '",
        "|",
        "| a |\n",
        "wait ",
        "wait, it is ",
        "it is ",
        "it should be 5 ",
        "Let me know",
        "let me know. ",
        "I hope this helps.\n",
        "---\n",
        "∎\n",
        "Therefore ",
        "Therefore, x = ",
        "So 5. ",
        " is ",
        "= ",
        "1",
        "1,",
        "1 ",
        "答案是",
        "答",
        "所以",
        "。",
        "ا",
        "الجواب هو ",
        "é",
        "𝟙",
        "\u{200b}",
        "\u{8}oxed{",
        "e.g. \\boxed{",
        "\\boxed{}",
        "\\boxed{1} ",
        "\\boxed{1} and ",
        "\\text{",
        "- 1\n",
        "Answer:\n- 1\n",
        "\\begin{align*}",
        "$$\\begin{align*} & = ",
        "\\\\",
        "\0",
        "(",
        ")",
        "\"",
        ". ",
        ". A",
        "because ",
        ", since ",
    ]
    .into_iter()
    .map(filled)
    .collect();
    let half = SIZE / 32;
    texts.push(format!("{}{}", "\\boxed{".repeat(half), "}".repeat(half)));
    texts.push(format!("{}1{}", "{".repeat(half), "}".repeat(half)));
    texts.push(format!("{}\\boxed{{7}}{}", filled("x "), filled(" wait")));
    texts.push(format!("\\boxed{{7}}{}", filled("\nwait, it is not")));
    texts.push(format!("The answer is {}", filled("1")));
    texts.push(format!("The answer is {}.", filled("very ")));
    texts.push(format!("$$ {} $$", filled("= 1 ")));
    texts.push(format!("{{\"answer\": {}{}}}", "[".repeat(half), "]".repeat(half)));
    texts.push(format!("So{} 5", filled(" is")));
    texts
}

#[test]
fn hostile_texts_end() {
    for text in hostile() {
        for several in [false, true] {
            if let Some(found) = extract(&text, &ExtractOptions { several, ..ExtractOptions::default() }) {
                assert!(text.get(found.span.clone()).is_some(), "{:?}", found.span);
            }
        }
    }
}

/// Strategies that an earlier one shadows in the whole chain.
#[test]
fn each_strategy_alone_ends() {
    for text in hostile() {
        let end = (0..=text.len().min(SIZE / 4)).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let part = &text[..end];
        for how in How::ALL {
            extract(part, &ExtractOptions { chain: Chain::of(&[*how]), ..ExtractOptions::default() });
        }
    }
}

#[test]
fn an_answer_is_found_behind_a_long_text() {
    for unit in ["x ", "\n", "{", "\\boxed{", "the answer is not 5. ", "#### Step two\n"] {
        let text = format!("{}\n\nThe final answer is \\boxed{{7}}.", filled(unit));
        assert_eq!(extract(&text, &ExtractOptions::default()).unwrap().text, "7", "{unit:?}");
    }
}
