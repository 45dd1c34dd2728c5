//! `\boxed{…}`: the last one, with balanced braces; in one pass, whatever the text.

use super::Found;

/// Texts that stand in a box only where a prompt is quoted.
const PLACEHOLDERS: &[&str] = &[
    "",
    "...",
    "…",
    "\\ldots",
    "\\dots",
    "\\cdots",
    "answer",
    "your answer",
    "final answer",
    "your final answer",
    "\\text{answer}",
    "\\text{your answer}",
];

/// Bytes of the longest placeholder, and no fewer.
const LONGEST_PLACEHOLDER: usize = 40;

/// The content of one box: byte ranges of the whole command and of what is inside.
struct Boxed {
    command: usize,
    inside: std::ops::Range<usize>,
}

/// The last box that is not a placeholder; with `several`, it and those right before it.
pub(super) fn find(text: &str, several: bool) -> Option<Found> {
    let boxes = all(text);
    let last = boxes.last()?;
    let mut first = boxes.len() - 1;
    if several {
        while first > 0 && adjoining(&text[boxes[first - 1].inside.end + 1..boxes[first].command]) {
            first -= 1;
        }
    }
    if first + 1 == boxes.len() {
        return Found::trimmed(text, last.inside.clone());
    }
    let joined = boxes[first..].iter().map(|b| text[b.inside.clone()].trim()).collect::<Vec<_>>().join(", ");
    Some(Found { text: joined, span: boxes[first].command..last.inside.end + 1 })
}

/// Whether nothing but joining words stands between two boxes.
fn adjoining(between: &str) -> bool {
    between.len() <= 60
        && !between.contains("\n\n")
        && between.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).all(|w| {
            matches!(
                w,
                "and"
                    | "or"
                    | "text"
                    | "quad"
                    | "qquad"
                    | "for"
                    | "part"
                    | "a"
                    | "b"
                    | "c"
                    | "papers"
                    | "mathrm"
                    | "also"
            )
        })
}

/// Every outermost box with content, in order.
fn all(text: &str) -> Vec<Boxed> {
    let bytes = text.as_bytes();
    let mut open: Vec<(usize, usize, usize)> = Vec::new(); // depth inside, command, inside
    let mut found: Vec<Boxed> = Vec::new();
    let mut depth = 0usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => {
                let rest = &text[at..];
                let command = ["\\boxed", "\\fbox"].into_iter().find(|c| rest.starts_with(c));
                if let Some(command) = command {
                    let after = rest[command.len()..].trim_start();
                    if after.starts_with('{') {
                        let brace = text.len() - after.len();
                        depth += 1;
                        open.push((depth, at, brace + 1));
                        at = brace + 1;
                        continue;
                    }
                }
                // An escaped brace is a character.
                at += if bytes.get(at + 1).is_some_and(u8::is_ascii) { 2 } else { 1 };
                continue;
            }
            b'{' => depth += 1,
            b'}' => {
                if let Some((level, command, inside)) = open.last().copied()
                    && level == depth
                {
                    open.pop();
                    let content = text[inside..at].trim();
                    if content.len() > LONGEST_PLACEHOLDER || !PLACEHOLDERS.contains(&content.to_lowercase().as_str()) {
                        // An outer box closes after its inner ones and replaces them.
                        while found.last().is_some_and(|b| b.command > command) {
                            found.pop();
                        }
                        found.push(Boxed { command, inside: inside..at });
                    }
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<String> {
        find(text, false).map(|f| f.text)
    }

    #[test]
    fn the_last_box_counts() {
        assert_eq!(one(r"\boxed{1} then \boxed{2}").as_deref(), Some("2"));
        assert_eq!(one(r"Put it in \boxed{}. \boxed{7}").as_deref(), Some("7"));
        assert_eq!(one(r"\boxed{7}, as asked in \boxed{}").as_deref(), Some("7"));
        assert_eq!(one(r"\boxed{\text{a }\boxed{b}}").as_deref(), Some(r"\text{a }\boxed{b}"));
        assert_eq!(one(r"\boxed{\{1, 2\}}").as_deref(), Some(r"\{1, 2\}"));
        assert_eq!(one(r"\boxed{1"), None);
    }

    #[test]
    fn several_boxes_are_one_answer_where_a_list_is_asked() {
        assert_eq!(find(r"$\boxed{3}$ and $\boxed{4}$", true).unwrap().text, "3, 4");
        assert_eq!(find(r"first \boxed{3} which gives later \boxed{4}", true).unwrap().text, "4");
    }
}
