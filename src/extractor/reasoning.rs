//! Which part of a reply is addressed to the reader: after the reasoning, before the end of the turn.

/// Marks that end a reasoning, with the mark that opens it.
const REASONING: &[(&str, &str)] = &[
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
];

/// Marks after which nothing of the reply stands.
const ENDS: &[&str] = &[
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|return|>",
    "<|end|>",
    "<|end_of_solution|>",
    "<end_of_turn>",
    "<｜end▁of▁sentence｜>",
    "</s>",
];

/// Where the text after the reasoning starts; `None` when the reasoning never ends.
pub fn after_reasoning(text: &str) -> Option<usize> {
    if in_channels(text) {
        return final_channel(text);
    }
    if !(text.contains('<') || text.contains('◁') || text.contains(']') && text.contains("THINK]")) {
        return Some(0);
    }
    let mut after = None;
    for (_, close) in REASONING {
        after = after.max(text.rfind(close).map(|at| at + close.len()));
    }
    let start = after.unwrap_or(0);
    let rest = text[start..].trim_start();
    if after.is_none() && REASONING.iter().any(|(open, _)| rest.starts_with(open)) {
        return None;
    }
    // Some models open the solution with a mark of its own.
    let skipped =
        ["<|begin_of_solution|>", "<|assistant|>"].iter().find(|m| rest.starts_with(**m)).map_or(0, |m| m.len());
    Some(if skipped == 0 { start } else { text.len() - rest.len() + skipped })
}

/// Whether a reply comes in channels; some servers leave out the special tokens around their names.
fn in_channels(text: &str) -> bool {
    text.contains('<') && text.contains("<|channel|>")
        || text.starts_with("analysis") && text.contains("assistantfinal")
}

/// Where the message of the last final channel starts.
fn final_channel(text: &str) -> Option<usize> {
    if let Some(at) = text.rfind("<|channel|>final") {
        let at = at + "<|channel|>final".len();
        return Some(text[at..].find("<|message|>").map_or(at, |message| at + message + "<|message|>".len()));
    }
    text.rfind("assistantfinal").map(|at| at + "assistantfinal".len())
}

/// How long the reply is, up to the mark that ends the turn.
pub(super) fn end_of_turn(text: &str) -> usize {
    if !text.contains('<') {
        return text.len();
    }
    ENDS.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(text: &str) -> Option<&str> {
        after_reasoning(text).map(|at| &text[at..])
    }

    #[test]
    fn the_reply_starts_after_the_last_mark() {
        assert_eq!(rest("<think>1</think>2"), Some("2"));
        assert_eq!(rest("1</think>2</think>3"), Some("3"));
        assert_eq!(rest("<think>1"), None);
        assert_eq!(rest("[THINK]1[/THINK]2"), Some("2"));
        assert_eq!(rest("a < b and c"), Some("a < b and c"));
        assert_eq!(rest("<|channel|>analysis<|message|>1<|end|><|channel|>final<|message|>2"), Some("2"));
        assert_eq!(rest("<|channel|>analysis<|message|>1"), None);
        assert_eq!(rest("analysis1assistantfinal2"), Some("2"));
        assert_eq!(rest("analysis of the text"), Some("analysis of the text"));
        assert_eq!(rest("<|begin_of_thought|>1<|end_of_thought|>\n<|begin_of_solution|>2"), Some("2"));
    }

    #[test]
    fn the_reply_ends_with_the_turn() {
        assert_eq!(end_of_turn("42<|im_end|>\n<|im_start|>user"), 2);
        assert_eq!(end_of_turn("a < b"), 5);
    }
}
