//! Words that announce an answer, in many languages, and what joins them to it.

use std::sync::LazyLock;

use super::shape::{head, tail};
use super::vocabulary::{Hit, Vocabulary};
use crate::answer::clean::digit;

/// Nouns, in lower case.
static NOUNS: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        // English
        "answer|answers|answer's|ans|final result|final value|correct option|correct choice",
        // Spanish
        "right option|right choice|final solution|respuesta|respuestas|solución final|resultado final",
        // French
        "réponse|réponses|RÉponse|résultat final",
        // German
        "antwort|antworten|endergebnis|lösungswort",
        // Portuguese, Catalan
        "resposta|respostas",
        // Italian
        "risposta|risposte",
        // Dutch, Scandinavian, Finnish
        "antwoord|svaret|svar|vastaus",
        // Polish, Czech, Slovak, Romanian, Hungarian
        "odpowiedź|odpověď|odpoveď|răspunsul|răspuns|válasz",
        // Turkish
        "cevap|cevabı|yanıt",
        // Indonesian, Malay
        "jawaban|jawabannya",
        // Vietnamese
        "đáp án|Đáp án|đáp số|Đáp số|câu trả lời",
        // Russian, Ukrainian
        "ответ|Ответ|ОТВЕТ|ответом|Ответом|відповідь|Відповідь",
        // Greek
        "απάντηση|Απάντηση",
        // Chinese, Japanese
        "答案|正解|答え|答|解答",
        // Korean
        "정답|답|답변",
        // Arabic, Persian, Urdu
        "الجواب|الإجابة|الاجابة|الإجابة النهائية|جواب|پاسخ",
        // Hebrew
        "התשובה",
        // Hindi, Bengali, Thai
        "उत्तर|জবাব|উত্তর|คำตอบ",
    ])
});

/// Words that may stand between the noun and what joins it to the answer.
static BETWEEN: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "final|finale|finala|correcta|correcte|corretta|correta|richtige|exacte|exacta|here|therefore",
        "thus|then|now|choice|option|key|cuối cùng|đúng|正确|最终|صحيح|الصحيحة|الصحيح|النهائية|النهائي",
        "правильный",
    ])
});

/// Words that join the noun to an answer that follows at once.
static COPULAS: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        // English
        "is|are|was|remains|becomes|equals|is equal to|comes out to be|comes out to|turns out to be",
        // Romance, German
        "is simply|is therefore|is thus|is then|is clearly|is just|es|son|es igual a|est|sont|ist|sind",
        "lautet|lauten|é |são|è |sono|és",
        // others
        "jest|to jest|este|är|er|adalah|là ",
        // Russian, Greek, Chinese, Japanese
        "равен|равна|είναι|是|为|為|就是|应为|应该是|等于|は",
        "은",
    ])
});

/// The same where the script has no word ends, or the word is not joined by a space.
static MORE_COPULAS: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::new(&["는|이|هو|هي|است|היא|הוא|है|คือ"]));

/// Words that say what the answer ought to be: only a value is an answer after them.
static MODALS: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "should be|must be|would be|will be|has to be|can be|could be|might be|may be|debe ser|doit être",
        "muss|应当是|would then be|should then be",
    ])
});

/// Words before a noun in whose sentence nothing is announced.
const NOT_ANNOUNCING: &[&str] = &[
    "if",
    "whether",
    "suppose",
    "supposing",
    "assume",
    "assuming",
    "unless",
    "not",
    "n't",
    "don't",
    "doesn't",
    "isn't",
    "didn't",
    "never",
    "no",
    "without",
    "what",
    "how",
    "why",
    "previous",
    "wrong",
    "incorrect",
    "initial",
    "your",
    "student's",
    "original",
    "expected",
    "non",
];

/// Words that start a new thought.
const CONNECTING: &[&str] = &["so", "thus", "hence", "therefore", "then", "and", "but", "because", "since", "as"];

/// Longest stretch between a noun and what joins it ("the answer to this question is"), in bytes.
const STRETCH: usize = 120;

/// How an announcement is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// By a colon, an equals sign, an arrow.
    Label,
    /// By a heading or a line of its own.
    Heading,
    /// By "is".
    Is,
    /// By "should be", or by nothing where the language needs nothing.
    Modal,
}

/// An announcement, and where it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cue {
    pub(super) end: usize,
    pub(super) join: Join,
}

/// The announcements of a text, from the last to the first.
pub(super) fn backwards(text: &str) -> impl Iterator<Item = Cue> + '_ {
    let mut covered = usize::MAX;
    NOUNS.backwards(text).filter_map(move |noun| {
        // `correct answer` and `answer` are one noun; the first of them was longer.
        if noun.end > covered {
            return None;
        }
        let cue = announcement(text, noun)?;
        covered = noun.start;
        Some(cue)
    })
}

/// What joins a noun to an answer.
fn announcement(text: &str, noun: Hit) -> Option<Cue> {
    let after = head(&text[noun.end..], 2 * STRETCH);
    let found = joined(text, noun, after)?;
    let cue = Cue { end: noun.end + found.1, join: found.0 };
    let announces = !matches!(cue.join, Join::Is | Join::Modal) || announces(&text[..noun.start]);
    announces.then_some(cue)
}

fn joined(text: &str, noun: Hit, after: &str) -> Option<(Join, usize)> {
    let mut rest = skip(after);
    for _ in 0..2 {
        if let Some(hit) = BETWEEN.leads(rest) {
            rest = skip(&rest[hit.end..]);
        }
    }
    if let Some(inner) = rest.strip_prefix(['(', '（'])
        && let Some(close) = head(inner, STRETCH).find([')', '）'])
        && !inner[..close].contains('\n')
    {
        rest = skip(inner[close..].trim_start_matches([')', '）']));
    }
    if let Some(join) = direct(rest) {
        return Some((join.0, after.len() - join.1.len()));
    }
    if rest.is_empty() && after.len() < 2 * STRETCH || rest.starts_with(['\n', '\r']) {
        let line = tail(&text[..noun.start], 64).rsplit('\n').next().unwrap_or_default();
        return is_label(line).then(|| (Join::Heading, after.len() - rest.len()));
    }
    // "उत्तर ५ है": the verb stands after the answer.
    let verb_last = !text.as_bytes()[noun.start].is_ascii() && rest.starts_with(|c: char| digit(c).is_some());
    if verb_last {
        return Some((Join::Modal, after.len() - rest.len()));
    }
    // "The answer to the question how many … is 5".
    let led = ["to ", "for ", "of ", "in ", "a la ", "à la ", "à ", "auf ", "der ", "alla "]
        .iter()
        .any(|w| rest.starts_with(w));
    if !led {
        return None;
    }
    let clause = head(rest, STRETCH);
    let clause = &clause[..clause.find(['\n', '?', '!', ';']).unwrap_or(clause.len())];
    let ends = [" is ", " is:", " are ", " are:", ": ", ":\n", " es ", " est ", " ist ", " lautet ", " è "];
    let at = ends.iter().filter_map(|e| clause.find(e)).min()?;
    if clause[..at].contains(". ") {
        return None;
    }
    let (join, left) = direct(skip(&rest[at..]))?;
    Some((join, after.len() - left.len()))
}

/// What joins at the start of this text, and the text after it.
fn direct(rest: &str) -> Option<(Join, &str)> {
    if let Some(left) =
        [":", "：", "=", "->", "→", "⇒", "=>", "—", "–", "- ", "\\rightarrow"].iter().find_map(|m| rest.strip_prefix(m))
    {
        return Some((Join::Label, left));
    }
    if let Some(hit) = MODALS.leads(rest) {
        return Some((Join::Modal, &rest[hit.end..]));
    }
    let hit = COPULAS.leads(rest).or_else(|| MORE_COPULAS.leads(rest))?;
    let left = &rest[hit.end..];
    let spaced = left.trim_start_matches([' ', '\t', '*', '\u{a0}']);
    Some(match spaced.strip_prefix([':', '：']) {
        Some(left) => (Join::Label, left),
        None => (Join::Is, left),
    })
}

/// Past spaces and emphasis on the same line.
fn skip(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\u{a0}', '\u{202f}', '*', '_', '`', ']', '】'])
}

/// Whether a line that starts so and goes on with the noun is a label: emphasis, heading marks, a number, two or three words.
fn is_label(before: &str) -> bool {
    if before.len() > 48 {
        return false;
    }
    let words = before.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty());
    let known = |w: &str| {
        matches!(
            w.to_lowercase().as_str(),
            "final"
                | "the"
                | "correct"
                | "my"
                | "so"
                | "our"
                | "full"
                | "short"
                | "step"
                | "and"
                | "conclusion"
                | "la"
                | "réponse"
                | "最终"
                | "最後"
        )
    };
    words.clone().count() <= 3 && words.into_iter().all(known)
}

/// Whether the words before a noun let it announce something.
fn announces(before: &str) -> bool {
    let before = tail(before, 40);
    let clause = before.rfind(['.', '\n', '!', '?', ';', ',', ':', '(', '。']).map_or(before, |at| &before[at..]);
    let words = clause.rsplit(|c: char| !c.is_alphabetic() && c != '\'' && c != '’').filter(|w| !w.is_empty());
    let is_one_of = |word: &str, list: &[&str]| list.iter().any(|other| word.eq_ignore_ascii_case(other));
    !words
        .take(5)
        .take_while(|w| !is_one_of(w, CONNECTING))
        .any(|word| is_one_of(word, NOT_ANNOUNCING) || word.ends_with("n't") || word.ends_with("n’t"))
}
