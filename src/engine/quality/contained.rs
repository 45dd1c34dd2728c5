//! Whether a question says all that is needed to answer it, as far as words show: one that speaks of a picture, of a file
//! or of another problem does not.
//!
//! Only what can hardly be meant otherwise counts. A table may stand in the question itself, and “the above equation” may
//! be the question's own.

/// What only a picture can show.
const PICTURES: &[&str] = &[
    "figure",
    "figures",
    "diagram",
    "image",
    "picture",
    "chart",
    "screenshot",
    "illustration",
    "photograph",
    "photo",
    "drawing",
];

/// What may be written into a question, and is not where nothing of the kind is there.
const WRITTEN: &[&str] = &["table", "passage", "excerpt", "file", "attachment", "dataset", "csv", "spreadsheet"];

/// Other problems.
const PROBLEMS: &[&str] =
    &["problem", "problems", "question", "questions", "exercise", "exercises", "example", "examples"];

/// Names of files that would have to be read.
const FILES: &[&str] = &[".csv", ".tsv", ".xlsx", ".xls", ".parquet", ".png", ".jpg", ".jpeg", ".gif", ".pdf"];

/// What the question speaks of and does not have, in its own words; `None` where nothing shows.
pub(in crate::engine) fn missing(question: &str) -> Option<String> {
    let lower = question.to_lowercase();
    let words: Vec<&str> = lower
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').trim_end_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    if let Some(file) = words.iter().find(|w| FILES.iter().any(|end| w.len() > end.len() && w.ends_with(end))) {
        return Some((*file).to_owned());
    }
    // A table, a passage or a listing may follow.
    let written = question.trim().contains('\n') || question.contains(['|', ':', '`', '“', '"']);
    let is = |at: usize, list: &[&str]| words.get(at).is_some_and(|w| list.contains(w));
    for at in 0..words.len() {
        let thing = |at: usize| is(at, PICTURES) || (is(at, WRITTEN) && !written);
        let shown = match words[at] {
            "following" | "attached" | "accompanying" | "provided" if thing(at + 1) => 2,
            "above" | "previous" | "preceding" | "seed" if is(at + 1, PROBLEMS) => 2,
            "the" | "this" if thing(at + 1) && is(at + 2, &["above", "below", "shows", "shown", "attached"]) => 3,
            "figure" if words.get(at + 1).is_some_and(|n| n.parse::<u32>().is_ok()) => 2,
            "shown" | "depicted" | "illustrated" | "pictured" if is(at + 1, &["above", "below"]) && !written => 2,
            "shown" | "depicted" | "illustrated" | "pictured" | "see" => {
                let the = at + 1 + usize::from(is(at + 1, &["in", "by", "on"]));
                if is(the, &["the", "this"]) && is(the + 1, PICTURES) { the + 2 - at } else { 0 }
            }
            _ => 0,
        };
        if shown > 0 {
            return Some(words[at..words.len().min(at + shown)].join(" "));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_of_what_is_not_there_is_found() {
        for question in [
            "What is the area of the triangle shown in the figure?",
            "In the figure below, AB = 3. Find BC.",
            "Consider the following diagram. What is the angle at C?",
            "Using Figure 2, find the flow.",
            "According to the table below, how many sheep were sold in May?",
            "The graph has the edges as shown below. Is it connected?",
            "Solve the previous problem for n = 7.",
            "Make the numbers of the above problem twice as large and solve it.",
            "Load data.csv and compute the mean of its first column.",
        ] {
            assert!(missing(question).is_some(), "{question}");
        }
    }

    #[test]
    fn what_has_all_it_speaks_of_is_left_alone() {
        for question in [
            "Five people sit around a round table. In how many ways?",
            "Consider the following table:\n| a | b |\n| 1 | 2 |\nWhat is the sum of b?",
            "Given the following graph with edges (1, 2), (2, 3), is it connected?",
            "Let x^2 = 2. How many real roots has the above equation?",
            "The following problem is NP-hard in general. For n = 3, how many tours are there?",
            "A figure skater spins at 3 turns a second. What is her angular speed?",
            "A lottery: the chart of accounts has 12 entries. How many pairs?",
            "How many bytes has a file of 3 kB?",
            "From the picture of a group under a homomorphism, how many elements of order 2 are there in Z_6?",
            "What is the probability that the sum is above 7, as given by two dice?",
            "In the given problem instance with weights 3, 4 and 5 and capacity 7, what is the best value?",
        ] {
            assert_eq!(missing(question), None, "{question}");
        }
    }
}
