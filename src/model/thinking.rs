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

/// The last boundary between characters that is not behind `at`.
pub(super) fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// What a part of a text that is still coming is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Reasoning,
    Answer,
    /// What was taken for the answer up to here was reasoning: it is told again.
    Again,
}

/// Splits a text that is still coming, as far as can be said already. What [`split`] says of the whole text counts.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// Up to where the text was told.
    at: usize,
    inside: Inside,
    /// A block of reasoning has ended.
    had_block: bool,
}

#[derive(Debug, Clone, Copy, Default)]
enum Inside {
    /// At a place where a block may begin.
    #[default]
    Start,
    Block {
        close: &'static str,
    },
    Answer,
}

/// Bytes of the longest mark.
const LONGEST: usize = 32;

impl Splitter {
    /// Tells what came since the last call; `text` is all that came so far.
    pub(super) fn go_on(&mut self, text: &str, mut tell: impl FnMut(Sort, &str)) {
        loop {
            let rest = &text[self.at..];
            match self.inside {
                Inside::Start => {
                    let trimmed = rest.trim_start();
                    let channel = (ANALYSIS_CHANNEL, FINAL_CHANNEL);
                    let mut marks = MARKS.into_iter().chain([channel]);
                    if let Some((open, close)) = marks.clone().find(|(open, _)| trimmed.starts_with(open)) {
                        self.at = text.len() - trimmed.len() + open.len();
                        self.inside = Inside::Block { close };
                        if self.had_block {
                            tell(Sort::Reasoning, "\n\n");
                        }
                    } else if marks.any(|(open, _)| open.starts_with(trimmed)) {
                        return;
                    } else {
                        if self.had_block {
                            self.at = text.len() - trimmed.len();
                        }
                        self.inside = Inside::Answer;
                    }
                }
                Inside::Block { close } => {
                    if let Some((inside, after)) = rest.split_once(close) {
                        tell(Sort::Reasoning, inside);
                        self.at = text.len() - after.len();
                        self.inside = if close == FINAL_CHANNEL { Inside::Answer } else { Inside::Start };
                        self.had_block = true;
                    } else {
                        let held = (1..close.len()).rev().find(|n| rest.ends_with(&close[..*n])).unwrap_or(0);
                        tell(Sort::Reasoning, &rest[..rest.len() - held]);
                        self.at = text.len() - held;
                        return;
                    }
                }
                Inside::Answer => {
                    let from = boundary(text, self.at.saturating_sub(LONGEST));
                    let may_close = !self.had_block && MARKS.iter().any(|(_, close)| text[from..].contains(close));
                    if let (true, Some((before, after))) = (may_close, unopened(text)) {
                        tell(Sort::Again, "");
                        tell(Sort::Reasoning, before);
                        self.at = text.len() - after.trim_start().len();
                        self.had_block = true;
                    } else {
                        tell(Sort::Answer, rest);
                        self.at = text.len();
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Sort, Splitter, split};

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

    proptest! {
        /// What is told of a text while it comes is, in the end, what is said of the whole: whatever the pieces. (Where
        /// closing marks of several families were never opened, only the whole tells which counts.)
        #[test]
        fn what_is_told_live_is_what_is_split(
            parts in prop::collection::vec(prop::sample::select(vec![
                "<think>", "</think>", "why", " ", "\n", "42", "é", "<", "</", "think>",
            ]), 0..10),
            cuts in prop::collection::vec(1usize..5, 1..40),
        ) {
            let text: String = parts.concat();
            let (mut reasoning, mut answer) = (String::new(), String::new());
            let mut splitter = Splitter::default();
            let mut end = 0;
            for cut in cuts.into_iter().cycle().take(200) {
                let wanted = (end + cut).min(text.len());
                end = (wanted..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
                splitter.go_on(&text[..end], |sort, part| match sort {
                    Sort::Reasoning => reasoning.push_str(part),
                    Sort::Answer => answer.push_str(part),
                    Sort::Again => {
                        reasoning.clear();
                        answer.clear();
                    }
                });
            }
            let (whole_reasoning, whole_answer) = split(&text);
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            // A text that ends inside something that may yet become a mark is held back.
            prop_assume!(!text.ends_with(['<', '/', '[', ' ', '\n']));
            prop_assert_eq!(bare(&answer), bare(&whole_answer), "{:?}", &text);
            prop_assert_eq!(bare(&reasoning), bare(&whole_reasoning.unwrap_or_default()), "{:?}", &text);
        }
    }
}
