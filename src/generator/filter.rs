//! Filters on a question that nobody has executed or answered yet: its length, its language, what it points to that is not
//! there, and how like it is to what the model was shown.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;
use whatlang::{Detector, Lang};

use super::similarity::Words;
use crate::failure::FailureKind;

/// Letters from which on a question's language can be told; below, only its script is looked at.
const TELLING: usize = 60;

/// Share of the seeds from which on a language counts as one of theirs.
const SPOKEN: f64 = 0.1;

/// What questions must be like.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    words: std::ops::RangeInclusive<usize>,
    keywords: Vec<String>,
    similarity: f64,
    languages: Vec<Lang>,
    detector: Detector,
}

impl Filter {
    /// Takes questions of `min` to `max` words in one of these languages (any, where there is none), without these
    /// keywords, and less like a shown example than `similarity`.
    pub(super) fn new(
        words: std::ops::RangeInclusive<usize>,
        keywords: &[String],
        similarity: f64,
        languages: Vec<Lang>,
    ) -> Self {
        let keywords = keywords.iter().map(|k| k.to_lowercase()).filter(|k| !k.trim().is_empty()).collect();
        Self { words, keywords, similarity, languages, detector: Detector::new() }
    }

    /// Why a question is not taken, where it is not.
    pub(super) fn refuse<'a>(
        &self,
        question: &str,
        shown: impl IntoIterator<Item = &'a str>,
    ) -> Option<(FailureKind, String)> {
        let count = question.unicode_words().count();
        let (min, max) = (self.words.start(), self.words.end());
        if count < *min {
            return Some((FailureKind::Malformed, format!("the question has {count} words, fewer than {min}")));
        }
        if count > *max {
            return Some((FailureKind::Malformed, format!("the question has {count} words, more than {max}")));
        }
        if let Some(told) = self.foreign(question) {
            return Some((FailureKind::Malformed, told));
        }
        let lower = question.to_lowercase();
        if let Some(keyword) = self.keywords.iter().find(|k| stands_in(&lower, k)) {
            let message = format!("the question speaks of \"{keyword}\", which a reader of it alone does not have");
            return Some((FailureKind::Underspecified, message));
        }
        let words = Words::of(question);
        let nearest = shown.into_iter().map(|other| words.alike(&Words::of(other))).fold(0.0, f64::max);
        (nearest >= self.similarity).then(|| {
            let message = format!("the question is {:.0} % the words of an example that was shown", nearest * 100.0);
            (FailureKind::Duplicate, message)
        })
    }

    /// What is wrong with a question's language, where it can be told.
    fn foreign(&self, question: &str) -> Option<String> {
        if self.languages.is_empty() {
            return None;
        }
        let prose = prose(question);
        let info = self.detector.detect(&prose)?;
        if self.languages.contains(&info.lang()) {
            return None;
        }
        let wanted = || self.languages.iter().map(|l| l.eng_name()).collect::<Vec<_>>().join(" or ");
        // A text of another script is of another language, however short it is.
        let same_script = self.languages.iter().any(|l| scripts(*l).contains(&info.script()));
        if !same_script {
            return Some(format!("the question is written in {} letters, not in {}", info.script().name(), wanted()));
        }
        let telling = prose.chars().filter(|c| c.is_alphabetic()).count() >= TELLING && info.is_reliable();
        telling.then(|| format!("the question is in {}, not in {}", info.lang().eng_name(), wanted()))
    }
}

/// The languages that these words name: codes of three letters, or English names.
///
/// # Errors
/// A word that names none, in a sentence.
pub(super) fn languages(words: &[String]) -> Result<Vec<Lang>, String> {
    let named = |word: &String| {
        let lower = word.trim().to_lowercase();
        Lang::from_code(&lower)
            .or_else(|| Lang::all().iter().copied().find(|l| l.eng_name().to_lowercase() == lower))
            .ok_or_else(|| {
                format!(
                    "the language \"{word}\" is not known; write its English name or its three letters, as in \"eng\""
                )
            })
    };
    words.iter().map(named).collect()
}

/// The languages that questions are in, as far as they can be told and are more than stray ones.
pub(super) fn spoken<'a>(questions: impl IntoIterator<Item = &'a str>) -> Vec<Lang> {
    let detector = Detector::new();
    let mut counts: HashMap<Lang, usize> = HashMap::new();
    let told = questions.into_iter().filter_map(|q| {
        let prose = prose(q);
        let long = prose.chars().filter(|c| c.is_alphabetic()).count() >= TELLING;
        detector.detect(&prose).filter(|info| long && info.is_reliable()).map(|info| info.lang())
    });
    told.for_each(|lang| *counts.entry(lang).or_default() += 1);
    let all: usize = counts.values().sum();
    let mut common: Vec<Lang> =
        counts.into_iter().filter(|(_, n)| *n as f64 >= SPOKEN * all as f64).map(|(lang, _)| lang).collect();
    common.sort_by_key(Lang::code);
    common
}

/// The scripts that a language is written in, found by its own name for itself.
fn scripts(lang: Lang) -> Vec<whatlang::Script> {
    whatlang::Script::all().iter().copied().filter(|s| s.langs().contains(&lang)).collect()
}

/// A question without formulas, commands and code: what is left is language. At most its first thousands of characters.
fn prose(question: &str) -> String {
    let mut prose = String::new();
    let mut maths = false;
    for piece in super::turn::cut(question, 4_000).split_inclusive('$') {
        if !maths {
            prose.push_str(piece.trim_end_matches('$'));
            prose.push(' ');
        }
        if piece.ends_with('$') {
            maths = !maths;
        }
    }
    let is_word = |word: &&str| {
        !word.contains(['\\', '_', '=', '(', ')', '{', '}', '[', ']', '/', '^']) && !word.chars().any(char::is_numeric)
    };
    prose.split_whitespace().filter(is_word).collect::<Vec<_>>().join(" ")
}

/// Whether a phrase stands in a text as whole words.
fn stands_in(text: &str, phrase: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric();
    let (opens, closes) = (phrase.starts_with(inside), phrase.ends_with(inside));
    text.match_indices(phrase).any(|(at, _)| {
        let before = opens && text[..at].chars().next_back().is_some_and(inside);
        let after = closes && text[at + phrase.len()..].starts_with(inside);
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::StaticDataset;

    fn filter(languages: &[&str]) -> Filter {
        let named: Vec<String> = languages.iter().map(|l| (*l).to_owned()).collect();
        let keywords = ["the figure below".to_owned(), "https://".to_owned()];
        Filter::new(4..=60, &keywords, 0.7, super::languages(&named).unwrap())
    }

    #[test]
    fn each_filter_names_its_kind() {
        let filter = filter(&["English"]);
        let shown = ["How many edges does the complete graph with 12 vertices have?"];
        for (question, kind) in [
            ("Compute 3.", Some(FailureKind::Malformed)),
            (&"very ".repeat(80), Some(FailureKind::Malformed)),
            ("How long is the path in the figure below?", Some(FailureKind::Underspecified)),
            ("What does the table at https://example.com say?", Some(FailureKind::Underspecified)),
            ("How many edges does the complete graph with 13 vertices have?", Some(FailureKind::Duplicate)),
            ("Сколько рёбер имеет полный граф?", Some(FailureKind::Malformed)),
            ("一个农夫有十二只羊,每周再买五只,八周后有多少只?", Some(FailureKind::Malformed)),
            (
                "Ein Bauer hat zwölf Schafe und kauft jede Woche noch fünf Schafe dazu. Wie viele sind es nach acht Wochen?",
                Some(FailureKind::Malformed),
            ),
            ("Compute the sum of 12 and 30, modulo 7.", None),
            ("Does the figure belowground count as 3 or 4 roots?", None),
        ] {
            assert_eq!(filter.refuse(question, shown).map(|(kind, _)| kind), kind, "{question}");
        }
    }

    #[test]
    fn without_languages_none_is_foreign() {
        assert_eq!(filter(&[]).refuse("Сколько рёбер имеет полный граф?", []), None);
        let two = filter(&["eng", "rus"]);
        assert_eq!(two.refuse("Сколько рёбер имеет полный граф из двенадцати вершин?", []), None);
        assert!(languages(&["Klingon".to_owned()]).is_err_and(|why| why.contains("Klingon")));
    }

    #[test]
    fn the_bundled_seeds_are_in_english_and_pass_their_own_filter() {
        let seeds = StaticDataset::bundled();
        assert_eq!(spoken(seeds.iter().map(|s| s.question.as_str())), [Lang::Eng]);
        let settings = crate::generator::self_instruct::Settings::default();
        let filter = Filter::new(
            settings.min_words..=settings.max_words,
            &settings.keywords,
            settings.similarity,
            vec![Lang::Eng],
        );
        let refused: Vec<_> =
            seeds.iter().filter_map(|s| Some((filter.refuse(&s.question, [])?, &s.question))).collect();
        assert!(refused.is_empty(), "{refused:#?}");
    }
}
