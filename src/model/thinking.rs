//! Splitting a model's reasoning off its answer, where a server left it in the content.

/// Opening and closing marks of reasoning, by the families of models that write them.
const MARKS: [(&str, &str); 6] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
];

/// The raw channel marks of gpt-oss, where a server does not parse them.
const FINAL_CHANNEL: &str = "<|channel|>final<|message|>";
const ANALYSIS_CHANNEL: &str = "<|channel|>analysis<|message|>";

/// Splits `content` into reasoning, if any, and answer. Reasoning is what stands in marks at the very start; what stands
/// before a closing mark that was never opened (some chat templates open it in the prompt); and, where an opened mark is
/// not closed, everything: the reply ended while it was still reasoning.
pub(super) fn split(content: &str) -> (Option<String>, String) {
    if let Some(parts) = split_channels(content) {
        return parts;
    }
    let mut reasoning = Vec::new();
    let mut rest = content;
    while let Some((inside, after)) = leading_block(rest) {
        reasoning.push(inside.trim());
        rest = after;
    }
    if let (true, Some((before, after))) = (reasoning.is_empty(), unopened(rest)) {
        reasoning.push(before.trim());
        rest = after;
    }
    if reasoning.is_empty() {
        return (None, content.to_owned());
    }
    reasoning.retain(|part| !part.is_empty());
    (Some(reasoning.join("\n\n")).filter(|r| !r.is_empty()), rest.trim_start().to_owned())
}

fn leading_block(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (open, close) = MARKS.into_iter().find(|(open, _)| text.starts_with(open))?;
    let inside = &text[open.len()..];
    Some(inside.split_once(close).unwrap_or((inside, "")))
}

fn unopened(text: &str) -> Option<(&str, &str)> {
    MARKS.into_iter().find_map(|(open, close)| {
        let (before, after) = text.split_once(close)?;
        (!before.contains(open)).then_some((before, after))
    })
}

fn split_channels(content: &str) -> Option<(Option<String>, String)> {
    let (before, answer) = match content.split_once(FINAL_CHANNEL) {
        Some(parts) => parts,
        None if content.trim_start().starts_with(ANALYSIS_CHANNEL) => (content, ""),
        None => return None,
    };
    let mut reasoning = before.trim().trim_start_matches(ANALYSIS_CHANNEL);
    for end in ["<|start|>assistant", "<|end|>"] {
        reasoning = reasoning.strip_suffix(end).unwrap_or(reasoning);
    }
    let answer = answer.trim_end();
    let answer = answer.strip_suffix("<|return|>").or_else(|| answer.strip_suffix("<|end|>")).unwrap_or(answer);
    Some((Some(reasoning.trim().to_owned()).filter(|r| !r.is_empty()), answer.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn reasoning_is_split_off_wherever_it_stands() {
        for (content, reasoning, answer) in [
            ("plain", None, "plain"),
            ("  plain\n", None, "  plain\n"),
            ("", None, ""),
            ("<think>why</think>\n\n42", Some("why"), "42"),
            ("\n<think>\nwhy\n</think>42", Some("why"), "42"),
            ("<think></think>42", None, "42"),
            ("<think>a</think><think>b</think>42", Some("a\n\nb"), "42"),
            ("why</think>42", Some("why"), "42"),
            ("</think>42", None, "42"),
            ("<think>never closed", Some("never closed"), ""),
            ("[THINK]why[/THINK]42", Some("why"), "42"),
            ("◁think▷why◁/think▷42", Some("why"), "42"),
            ("say `<think>` and `</think>`", None, "say `<think>` and `</think>`"),
            (
                "<|channel|>analysis<|message|>why<|end|><|start|>assistant<|channel|>final<|message|>42<|return|>",
                Some("why"),
                "42",
            ),
            ("<|channel|>analysis<|message|>still going", Some("still going"), ""),
        ] {
            assert_eq!(split(content), (reasoning.map(str::to_owned), answer.to_owned()), "{content}");
        }
    }
}
