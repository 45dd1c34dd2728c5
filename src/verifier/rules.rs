//! The rule verifier: extraction, reading and the native tiers, put together into a verdict.

use std::borrow::Cow;

use super::compare;
use super::finding::{Around, Finding, Word};
use super::leniency::VerifierOptions;
use super::said::{Extraction, Said, squeezed};
use super::{Leniency, Outcome, Pair, Side, Tier, Verdict, Verifier, separators, text, unread};
use crate::answer::{Answer, Bracket, Hints, MAX_TEXT, clean, read};
use crate::extractor::{ExtractOptions, How, extract};

/// Name of this generation of rules: changes with every change of behaviour.
pub const RULES: &str = "rules-2";

/// Longest normal form, in characters, that a verdict keeps.
const SHOWN: usize = 2_000;

/// The verifier of native tiers 0–4. Pure: the same pair gives the same verdict, always.
///
/// ```
/// use loong::verifier::{Outcome, Pair, RuleVerifier, Verifier, VerifierOptions};
/// let verifier = RuleVerifier::new(VerifierOptions::default());
/// let pair = Pair { references: vec!["pi/16".into()], response: r"\boxed{\frac{\pi}{16}}".into(), ..Pair::default() };
/// assert_eq!(verifier.verify(&pair).outcome, Outcome::Equivalent);
/// ```
#[derive(Debug, Clone)]
pub struct RuleVerifier {
    options: VerifierOptions,
    version: String,
}

impl RuleVerifier {
    /// A verifier with these options.
    pub fn new(options: VerifierOptions) -> Self {
        let version = options.version();
        Self { options, version }
    }

    /// The options it decides by.
    pub fn options(&self) -> &VerifierOptions {
        &self.options
    }
}

impl Default for RuleVerifier {
    fn default() -> Self {
        Self::new(VerifierOptions::default())
    }
}

impl Verifier for RuleVerifier {
    fn verify(&self, pair: &Pair) -> Verdict {
        let mut best: Option<Verdict> = None;
        let extracted = Extraction::default();
        for reference in &pair.references {
            let verdict = self.against(reference, pair, &extracted);
            let better = match (&best, verdict.outcome) {
                (None, _) | (_, Outcome::Equivalent) => true,
                (Some(b), Outcome::Undecided) => b.outcome == Outcome::Different,
                _ => false,
            };
            let done = verdict.outcome == Outcome::Equivalent;
            if better {
                best = Some(verdict);
            }
            if done {
                break;
            }
        }
        best.unwrap_or_else(|| Verdict {
            outcome: Outcome::Undecided,
            tier: Tier::Extract,
            leniencies: Vec::new(),
            reason: "There is no reference answer to compare with.".into(),
            extracted: None,
            reference_value: String::new(),
            response_value: String::new(),
            side: Some(Side::Reference),
            version: self.version.clone(),
        })
    }

    fn version(&self) -> &str {
        &self.version
    }
}

/// The answer of a reference: what the extractor finds in it, else all of it.
fn reference_answer(reference: &str) -> String {
    let marked = reference.contains("\\boxed")
        || reference.contains("\\fbox")
        || reference.contains("####")
        || reference.contains("</think>");
    if marked && let Some(found) = extract(reference, &ExtractOptions { several: true }) {
        return found.text;
    }
    reference.trim().to_owned()
}

/// What is known around a pair.
pub(super) fn around<'a>(verifier: &RuleVerifier, pair: &'a Pair) -> Around<'a> {
    let options = &verifier.options;
    let domain = options.profile.as_deref().or(pair.domain.as_deref()).unwrap_or_default();
    let question = pair.question.as_deref().unwrap_or_default();
    let tolerance = pair.tolerance.filter(|t| t.is_finite() && *t > 0.0).or(options.tolerance);
    Around::new(options.leniencies, question, &pair.options, tolerance, domain)
}

/// The answers of a reference and of a response as the tiers read them; `None` where the response has none.
pub(super) fn typed(reference: &str, response: &str) -> Option<(Answer, Answer)> {
    let wanted = reference_answer(reference);
    let reference = read(&wanted, Hints::default());
    let several = reference.elements().is_some_and(|items| items.len() > 1);
    let extraction = Extraction::default();
    let said = extraction.get(response, several)?;
    (wanted.len().max(said.text().len()) <= MAX_TEXT).then(|| (reference, said.typed().clone()))
}

impl RuleVerifier {
    fn against(&self, reference: &str, pair: &Pair, extraction: &Extraction) -> Verdict {
        let around = around(self, pair);
        let wanted = reference_answer(reference);
        let mut verdict = Verdict {
            outcome: Outcome::Undecided,
            tier: Tier::Extract,
            leniencies: Vec::new(),
            reason: String::new(),
            extracted: None,
            reference_value: String::new(),
            response_value: String::new(),
            side: None,
            version: self.version.clone(),
        };
        if wanted.is_empty() {
            verdict.reason = "The reference is empty.".into();
            verdict.side = Some(Side::Reference);
            return verdict;
        }
        let reference_typed = read(&wanted, Hints::default());
        if reference.trim() == pair.response.trim() && !compare::has_nan(&reference_typed) {
            let value = shown(&reference_typed, &wanted);
            return Verdict { extracted: Some(wanted), ..same(verdict, value) };
        }
        let several = reference_typed.elements().is_some_and(|items| items.len() > 1);
        let Some(said) = extraction.get(&pair.response, several) else {
            verdict.reference_value = shown(&reference_typed, &wanted);
            return without_answer(verdict, &wanted, pair, extraction, &around);
        };
        verdict.extracted = Some(said.text().to_owned());
        let (mut finding, response_typed) = decide(&wanted, &reference_typed, said, pair, &around);
        verdict.reference_value = shown(&reference_typed, &wanted);
        verdict.response_value = shown(&response_typed, said.text());
        if finding.word != Word::Same
            && let Some((better, words)) = in_prose(&wanted, &reference_typed, said, pair, extraction, &around)
        {
            finding = better;
            if let Some(words) = words {
                verdict.response_value = words;
            }
        }
        conclude(&mut verdict, &finding, &reference_typed, &response_typed);
        if verdict.outcome == Outcome::Undecided && wanted.len().max(said.text().len()) <= MAX_TEXT {
            // What was not read is told with its place, which the comparison did not need.
            let reasons = [("reference", &wanted[..], &reference_typed), ("response", said.text(), &response_typed)];
            let unread = reasons.iter().filter(|(_, _, typed)| matches!(typed, Answer::Unread(_)));
            let told: Vec<String> = unread.map(|(side, raw, _)| unread::reason(side, raw)).collect();
            if !told.is_empty() {
                verdict.reason = sentence(&told.join("; "));
            }
        }
        verdict
    }
}

/// The verdict on a response that is the reference to the letter.
fn same(verdict: Verdict, value: String) -> Verdict {
    Verdict {
        outcome: Outcome::Equivalent,
        tier: Tier::Text,
        reason: "The two texts are the same.".into(),
        response_value: value.clone(),
        reference_value: value,
        ..verdict
    }
}

/// A response without a marked answer: prose may contain a reference of words.
fn without_answer(
    mut verdict: Verdict,
    wanted: &str,
    pair: &Pair,
    extraction: &Extraction,
    around: &Around,
) -> Verdict {
    if same_text(wanted, &pair.response, || squeezed(&pair.response).into()) {
        let value = std::mem::take(&mut verdict.reference_value);
        return Verdict { extracted: Some(pair.response.trim().to_owned()), ..same(verdict, value) };
    }
    if let Some(body) = extraction.body(&pair.response)
        && let Some((finding, words)) = contained(wanted, body, extraction, around)
    {
        let words = words.unwrap_or_default();
        verdict.extracted = Some(words.clone());
        verdict.response_value = words;
        verdict.outcome = Outcome::Equivalent;
        verdict.tier = finding.tier;
        verdict.leniencies = finding.used.to_vec();
        verdict.reason = sentence(&finding.reason.to_string());
        return verdict;
    }
    verdict.reason = "The response has no final answer.".into();
    verdict.side = Some(Side::Response);
    verdict
}

/// A finding of sameness by containment, with the words as the response has them.
type Contained = Option<(Finding, Option<String>)>;

fn contained(wanted: &str, said: &Said, extraction: &Extraction, around: &Around) -> Contained {
    let asked = extraction.asked(around.question);
    text::contained(wanted, said.text(), || said.tokens(), asked, around).filter(|(f, _)| f.is_same())
}

/// Looks for a reference of words in a response that is prose, and for a short response in a wordy reference.
fn in_prose(
    wanted: &str,
    typed: &Answer,
    said: &Said,
    pair: &Pair,
    extraction: &Extraction,
    around: &Around,
) -> Contained {
    if !around.granted.has(Leniency::Prose) {
        return None;
    }
    let words = matches!(typed, Answer::Text(_));
    let how = said.found.how;
    // A boxed list is several answers, and one of them is not what was asked.
    let joined = || {
        said.text().len() <= 400 && said.tokens().len() <= 8 && said.tokens().iter().any(|w| w == "and" || w == "or")
    };
    let list = matches!(said.typed(), Answer::Sequence(..)) || joined() && !wanted.contains(" and ");
    if how == How::Boxed && list {
        return None;
    }
    // So is what stands in brackets of its own.
    let bracketed = matches!(said.typed(), Answer::Sequence(kind, _) if *kind != Bracket::Bare);
    if bracketed || matches!(said.typed(), Answer::Mapping(_) | Answer::Matrix(_)) {
        return None;
    }
    // A marked answer that is a value is the answer: no other number may be taken from around it.
    if words || said.text().split_whitespace().count() > 2 && matches!(how, How::Whole | How::Phrase) {
        let found = contained(wanted, said, extraction, around);
        if found.is_some() {
            return found;
        }
    }
    if how == How::Whole && said.text().len() < pair.response.trim().len() {
        return contained(wanted, extraction.body(&pair.response)?, extraction, around);
    }
    None
}

/// Compares a reference with a found answer.
fn decide(wanted: &str, reference: &Answer, found: &Said, pair: &Pair, around: &Around) -> (Finding, Answer) {
    let (said, how) = (found.text(), found.found.how);
    if same_text(wanted, said, || found.squeezed().into()) && !matches!(reference, Answer::Nothing) {
        let finding = if compare::has_nan(reference) {
            Finding::unknown(Tier::Text, "both are NaN, which is the value of nothing")
        } else {
            Finding::same(Tier::Text, "the two texts are the same")
        };
        return (finding, reference.clone());
    }
    if let Some(found) = digits(wanted, said) {
        return (found, Answer::Unread(String::new()));
    }
    if said.len() > MAX_TEXT || wanted.len() > MAX_TEXT {
        return (
            Finding::unknown(
                Tier::Text,
                format!("an answer of more than {} KiB is compared as text only, and the texts differ", MAX_TEXT >> 10),
            ),
            Answer::Unread(String::new()),
        );
    }
    let response = found.typed().clone();
    let letters = !pair.options.is_empty()
        || matches!(reference, Answer::Scalar(crate::answer::Expr::Symbol(s)) if s.len() == 1)
        || wanted.len() <= 12 && wanted.contains("text");
    if letters && let Some(found) = text::option(wanted, said, around) {
        return (found, response);
    }
    if let Some(found) = spans(wanted, said, around) {
        return (found, response);
    }
    let mut finding = compare::answers(reference, &response, around);
    if finding.word == Word::Different && around.exhausted() {
        finding = Finding::unknown(finding.tier, "the answers have too many parts to compare them all");
    }
    if finding.is_same() {
        return (finding, response);
    }
    if let Some(better) = separators::same_number(wanted, reference, said, &response) {
        return (better, response);
    }
    if let Some((better, reread)) = as_products(wanted, reference, said, &response, around) {
        return (better, reread);
    }
    if let Some((better, reread)) = labelled(wanted, reference, said, &response, around) {
        return (better, reread);
    }
    if let Some(better) = renamed(reference, &response, around) {
        return (better, response);
    }
    if let Some((better, reread)) = other_commas(wanted, reference, said, &response, around) {
        return (better, reread);
    }
    let both_truth = matches!((reference, &response), (Answer::Boolean(_), Answer::Boolean(_)));
    if !both_truth && let Some(found) = yes_or_no(wanted, said, how, around) {
        return (found, response);
    }
    // Words on both sides that were read as something: `Set A` and `set A`.
    if !finding.is_same()
        && matches!(
            (reference, &response),
            (Answer::Text(_) | Answer::Unread(_), _) | (_, Answer::Text(_) | Answer::Unread(_))
        )
    {
        let (a, b) = (text::plain(wanted), text::plain(said));
        let no_formula = is_wordy;
        if no_formula(&a) && no_formula(&b) {
            let found = text::words(&a, &b, around);
            if found.is_same()
                || finding.word == Word::Unknown && matches!((reference, &response), (Answer::Text(_), Answer::Text(_)))
            {
                return (found, response);
            }
        }
    }
    (finding, response)
}

/// Whether a text is words and no formula: the signs that words have too stand between words of some length.
fn is_wordy(text: &str) -> bool {
    let letter = text.trim_matches(['(', ')', '.', ':', ' ']);
    if letter.chars().count() == 1 && letter.chars().all(char::is_alphabetic) {
        return true;
    }
    let chars: Vec<char> = text.chars().collect();
    let word_around = |i: usize| {
        let before = chars[..i].iter().rev().take_while(|c| c.is_alphabetic()).count();
        let after = chars[i + 1..].iter().take_while(|c| c.is_alphabetic()).count();
        before >= 2 && after >= 2 || before + after >= 5 && before > 0 && after > 0
    };
    chars.iter().any(|c| c.is_alphabetic())
        && chars.iter().enumerate().all(|(i, c)| match c {
            '-' | '/' | '\'' => word_around(i),
            ',' | '.' | ':' | ';' | '?' | '"' | '&' => true,
            c => c.is_alphanumeric() || c.is_whitespace(),
        })
}

/// Whether two texts are the same once white space and wrappers are gone; `cleaned` is the second in that form.
fn same_text<'a>(a: &str, b: &str, cleaned: impl FnOnce() -> Cow<'a, str>) -> bool {
    if a == b {
        return true;
    }
    if a.len().max(b.len()) > 4 * MAX_TEXT {
        return a.trim() == b.trim();
    }
    if a.len().abs_diff(b.len()) > 8 + a.len().min(b.len()) / 2 {
        return false;
    }
    let x = squeezed(a);
    !x.is_empty() && x == cleaned()
}

/// Runs of digits too long for arithmetic: the same digits or not.
fn digits(a: &str, b: &str) -> Option<Finding> {
    let bare = |t: &str| {
        // Cleaning costs, and most long texts are no number.
        let marks = |b: u8| b.is_ascii_digit() || b",_-.$\\ ()[]{}!\n".contains(&b);
        if t.len() <= crate::answer::MAX_DIGITS || !t.bytes().all(marks) {
            return None;
        }
        let c = clean::clean(t).replace([',', '_'], "");
        let n = c.strip_prefix('-').unwrap_or(&c).to_owned();
        (n.len() > crate::answer::MAX_DIGITS && n.bytes().all(|b| b.is_ascii_digit()))
            .then_some((c.starts_with('-'), n))
    };
    let (x, y) = (bare(a)?, bare(b)?);
    let same = x.0 == y.0 && x.1.trim_start_matches('0') == y.1.trim_start_matches('0');
    Some(if same {
        Finding::same(Tier::Number, format!("both have the same {} digits", x.1.len()))
    } else {
        let at = x.1.bytes().zip(y.1.bytes()).take_while(|(a, b)| a == b).count() + 1;
        let reason = if x.1.len() == y.1.len() && x.0 == y.0 {
            format!("the digits differ from digit {at} on")
        } else {
            format!("the reference has {} digits and the response {}, or their signs differ", x.1.len(), y.1.len())
        };
        Finding::different(Tier::Number, reason)
    })
}

/// Two numbers with a sign between them that is no arithmetic: years, scores, pages, a time of day, a fraction of two
/// readings. Both sides are such, or the question says that they are.
fn spans(wanted: &str, said: &str, around: &Around) -> Option<Finding> {
    if wanted.len().max(said.len()) > 40 {
        return None;
    }
    let parts = |text: &str| -> Option<(char, Vec<String>)> {
        let cleaned = clean::clean(text);
        let mark = cleaned.chars().find(|c| matches!(c, '-' | ':' | '/'))?;
        let parts: Vec<&str> = cleaned.split(mark).map(str::trim).collect();
        let digits = |p: &&str| !p.is_empty() && p.len() <= 4 && p.bytes().all(|b| b.is_ascii_digit());
        ((2..=4).contains(&parts.len()) && parts.iter().all(digits))
            .then(|| (mark, parts.iter().map(|p| p.trim_start_matches('0').to_owned()).collect()))
    };
    let speaks = around.asks_for_span();
    match (parts(wanted), parts(said)) {
        (Some((m, a)), Some((n, b))) if m == n && a.len() == b.len() => {
            // A difference that stands alone is no answer; a quotient and a ratio may be.
            let never_arithmetic = m == '-' || a.len() > 2 && m == '/';
            if a == b || !(never_arithmetic || speaks) {
                return None;
            }
            Some(Finding::different(Tier::Text, "the two spans, scores or times differ in their parts"))
        }
        (Some((_, a)), None) | (None, Some((_, a))) if speaks && a.len() == 2 => {
            let other = if parts(wanted).is_some() { said } else { wanted };
            let number = matches!(read(other, Hints::default()), Answer::Scalar(_));
            number.then(|| Finding::different(Tier::Text, "one is a span, a score or a time and the other a number"))
        }
        _ => None,
    }
}

/// Letters in a row that were taken for a word, read as the product that they are where the other side is an expression
/// in these very letters: `ad-bc`, `xyz`.
fn as_products(
    wanted: &str,
    reference: &Answer,
    said: &str,
    response: &Answer,
    around: &Around,
) -> Option<(Finding, Answer)> {
    let wordy = |a: &Answer| matches!(a, Answer::Text(_) | Answer::Unread(_));
    let formula = |a: &Answer| match a {
        Answer::Scalar(e) => !e.symbols().is_empty(),
        Answer::Relation(..) | Answer::Sequence(..) | Answer::Matrix(_) => true,
        _ => false,
    };
    let hints = Hints { letters_multiply: true, ..Hints::default() };
    let own_letters = |text: &str, other: &str| {
        text.len() <= 200
            && text.chars().filter(|c| c.is_alphabetic()).all(|c| other.contains(c))
            && !text.contains(". ")
    };
    if wordy(response) && formula(reference) && own_letters(said, wanted) {
        let reread = read(said, hints);
        let found = compare::answers(reference, &reread, around);
        return found.is_same().then_some((found, reread));
    }
    if wordy(reference) && formula(response) && own_letters(wanted, said) {
        let found = compare::answers(&read(wanted, hints), response, around);
        return found.is_same().then(|| (found, response.clone()));
    }
    None
}

/// A value behind a left-hand side that the other lacks and that no parser takes for a name: `P(X=2) = 3/8`, `E[X] = 3.5`,
/// `\\det A = -2`, and `a + b = 7` where the question asks for `a + b`.
fn labelled(
    wanted: &str,
    reference: &Answer,
    said: &str,
    response: &Answer,
    around: &Around,
) -> Option<(Finding, Answer)> {
    let value = |text: &str| -> Option<Answer> {
        if text.len() > 400 {
            return None;
        }
        let (left, right) = text.rsplit_once('=')?;
        let left = left.trim().trim_end_matches(['&', ' ']);
        let bare: String = left.chars().filter(|c| !c.is_whitespace() && !"$\\(){}".contains(*c)).collect();
        let operator = left.ends_with(['<', '>', '!', '=', ':', '≤', '≥']) || left.is_empty() || left.len() > 60;
        if operator || !bare.chars().any(char::is_alphabetic) || left.contains(',') && !left.contains(['(', '[']) {
            return None;
        }
        let squeezed: String =
            around.question.chars().filter(|c| !c.is_whitespace() && !"$\\(){}".contains(*c)).collect();
        let asked = bare.chars().count() >= 3 && squeezed.contains(&bare);
        let named = left.starts_with(|c: char| c.is_ascii_uppercase())
            && left.chars().nth(1).is_some_and(|c| c == '(' || c == '[')
            || ["\\det", "\\operatorname", "\\text", "\\mathrm", "\\mathbb", "\\Pr", "Var", "Cov", "det", "|", "d("]
                .iter()
                .any(|p| left.starts_with(p));
        (asked || named).then(|| read(right.trim(), Hints::default())).filter(Answer::is_typed)
    };
    let relation = |a: &Answer| matches!(a, Answer::Relation(..) | Answer::Unread(_) | Answer::Text(_));
    if relation(response) && reference.is_typed() && !matches!(reference, Answer::Relation(..)) {
        let bare = value(said)?;
        let found = compare::answers(reference, &bare, around);
        return found.is_same().then(|| (found.needing(Leniency::LhsDropped, around), bare));
    }
    if relation(reference) && response.is_typed() && !matches!(response, Answer::Relation(..)) {
        let found = compare::answers(&value(wanted)?, response, around);
        return found.is_same().then(|| (found.needing(Leniency::LhsDropped, around), response.clone()));
    }
    None
}

/// Answers that are the same once a parameter has the other's name: in a list of coordinates or behind a left-hand side,
/// where the letter says nothing and the question does not speak of it.
fn renamed(reference: &Answer, response: &Answer, around: &Around) -> Option<Finding> {
    let structured = |a: &Answer| match a {
        Answer::Relation(operands, _) => operands.len() == 2,
        Answer::Sequence(_, items) => items.len() > 1,
        Answer::Matrix(_) | Answer::Builder(..) => true,
        _ => false,
    };
    if !structured(reference) || !structured(response) {
        return None;
    }
    let (x, y) = (reference.symbols(), response.symbols());
    let apart = |a: &[String], b: &[String]| -> Vec<String> {
        let index = |s: &String| s.split_once('_').map_or(s.clone(), |(_, i)| i.to_owned());
        let mut only: Vec<String> = a.iter().filter(|s| !b.contains(s)).map(index).collect();
        only.sort_unstable();
        only.dedup();
        only
    };
    let (only_a, only_b) = (apart(&x, &y), apart(&y, &x));
    let ([to], [from]) = (only_a.as_slice(), only_b.as_slice()) else { return None };
    let parameter = |s: &str| {
        matches!(s, "t" | "s" | "u" | "k" | "n" | "m" | "j" | "l" | "lambda" | "mu" | "c" | "C" | "K" | "r" | "p")
    };
    let spoken = |s: &str| {
        let marked = [format!("${s}$"), format!("\\({s}\\)"), format!(" {s} "), format!("{s}(")];
        marked.iter().any(|m| around.question.contains(m.as_str()))
    };
    if !parameter(to) || !parameter(from) || spoken(from) {
        return None;
    }
    let found = compare::answers(reference, &response.renamed(from, to), around);
    found.is_same().then(|| {
        Finding { reason: format!("they are the same with `{from}` for `{to}`").into(), ..found }
            .needing(Leniency::Renamed, around)
    })
}

/// `1,000` read as a list of two where the other side is a list of as many.
fn other_commas(
    wanted: &str,
    reference: &Answer,
    said: &str,
    response: &Answer,
    around: &Around,
) -> Option<(Finding, Answer)> {
    let hints = Hints { commas_separate: true, ..Hints::default() };
    // No list has an element `000`.
    if wanted.contains(",0") && !wanted.contains(",0,") || said.contains(",0") && !said.contains(",0,") {
        return None;
    }
    let list = |a: &Answer| matches!(a, Answer::Sequence(_, items) if items.len() > 1);
    if list(reference) && !list(response) && said.contains(',') {
        let reread = read(said, hints);
        let found = compare::answers(reference, &reread, around);
        return (matches!(reread, Answer::Sequence(Bracket::Bare, _)) && found.is_same()).then_some((found, reread));
    }
    if list(response) && !list(reference) && wanted.contains(',') {
        let reread = read(wanted, hints);
        let found = compare::answers(&reread, response, around);
        return (matches!(reread, Answer::Sequence(Bracket::Bare, _)) && found.is_same())
            .then(|| (found, response.clone()));
    }
    None
}

/// A reference of yes or no against a response that begins with one.
fn yes_or_no(wanted: &str, said: &str, how: How, around: &Around) -> Option<Finding> {
    use crate::answer::words::yes_or_no;
    // A reference of one word is short; a response is looked at only beside one.
    if wanted.len() > 40 {
        return None;
    }
    let a = text::tokens(wanted);
    let [a] = a.as_slice() else { return None };
    let expected = yes_or_no(a)?;
    let b = text::tokens(said);
    let given = yes_or_no(b.first()?)?;
    let plain = b.len() == 1;
    if b.len() <= 4 && b.iter().skip(1).any(|w| yes_or_no(w).is_some_and(|v| v != given)) {
        return None;
    }
    if !plain && !matches!(how, How::Whole | How::Phrase | How::Boxed) {
        return None;
    }
    if expected != given {
        return Some(Finding::different(
            Tier::Text,
            format!("the reference says {a} and the response says the opposite"),
        ));
    }
    let found = Finding::same(Tier::Text, format!("both say {}", if expected { "yes" } else { "no" }));
    let found = if plain { found } else { found.needing(Leniency::Prose, around) };
    let spelled = b.first().is_some_and(|w| w == a);
    Some(if spelled { found } else { found.needing(Leniency::Boolean, around) })
}

/// Writes a finding into a verdict.
fn conclude(verdict: &mut Verdict, finding: &Finding, reference: &Answer, response: &Answer) {
    verdict.tier = finding.tier;
    verdict.reason = sentence(&finding.reason.to_string());
    match finding.word {
        Word::Same => {
            verdict.outcome = Outcome::Equivalent;
            verdict.leniencies = finding.used.to_vec();
        }
        Word::Different => verdict.outcome = Outcome::Different,
        Word::Unknown => {
            let unread = |a: &Answer| matches!(a, Answer::Unread(_) | Answer::Nothing);
            verdict.outcome = Outcome::Undecided;
            verdict.side = Some(match (unread(reference), unread(response)) {
                (true, false) => Side::Reference,
                (false, true) => Side::Response,
                _ => Side::Both,
            });
        }
    }
}

/// The normal form of an answer, cut to what a person reads.
fn shown(answer: &Answer, raw: &str) -> String {
    let full = match answer {
        Answer::Unread(t) if t.is_empty() => raw.chars().take(SHOWN).collect(),
        other => other.to_string(),
    };
    if full.len() <= SHOWN {
        return full;
    }
    let mut cut: String = full.chars().take(SHOWN).collect();
    cut.push('…');
    cut
}

/// A reason as a sentence.
fn sentence(reason: &str) -> String {
    let mut chars = reason.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let end = if reason.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
