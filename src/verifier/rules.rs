//! The rule verifier: extraction, reading and the native tiers, put together into a verdict.

use std::rc::Rc;

use super::compare;
use super::finding::{Around, Finding, Word};
use super::given::{Extraction, Given, Said};
use super::leniency::VerifierOptions;
use super::reason::Reason;
use super::rereading::{as_products, digits, factors, is_wordy, labelled, other_commas, renamed, spans, yes_or_no};
use super::{Leniency, Outcome, Pair, Side, Tier, Verdict, Verifier, separators, text, unread};
use crate::answer::{Answer, Bracket, Hints, MAX_TEXT, read};
use crate::extractor::{ExtractOptions, How, extract};

/// Name of this generation of rules: changes with every change of behaviour.
pub const RULES: &str = "rules-5";

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
        let (around, extraction) = (around(self, pair), Extraction::new(self.options.chain));
        for reference in &pair.references {
            around.begin();
            // Only what tells more than the alternatives before is written out.
            let better = |outcome| match (&best, outcome) {
                (None, _) | (_, Outcome::Equivalent) => true,
                (Some(b), Outcome::Undecided) => b.outcome == Outcome::Different,
                _ => false,
            };
            let Some(verdict) = Self::against(reference, pair, &extraction, &around, better) else { continue };
            let done = verdict.outcome == Outcome::Equivalent;
            best = Some(verdict);
            if done {
                break;
            }
        }
        let verdict = best.unwrap_or_else(|| Verdict {
            outcome: Outcome::Undecided,
            tier: Tier::Extract,
            leniencies: Vec::new(),
            reason: "There is no reference answer to compare with.".into(),
            extracted: None,
            reference_value: String::new(),
            response_value: String::new(),
            side: Some(Side::Reference),
            version: String::new(),
        });
        Verdict { version: self.version.clone(), ..verdict }
    }

    fn version(&self) -> &str {
        &self.version
    }
}

/// The answer of a reference: what the extractor finds in it, else all of it.
fn reference_answer(reference: &str) -> String {
    let marked = reference.contains('\\') && (reference.contains("\\boxed") || reference.contains("\\fbox"))
        || reference.contains('#') && reference.contains("####")
        || reference.contains('<') && reference.contains("</think>");
    if marked && let Some(found) = extract(reference, &ExtractOptions { several: true, ..ExtractOptions::default() }) {
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
    /// The verdict by one alternative of the reference; `None` where its outcome is not wanted.
    fn against(
        reference: &str,
        pair: &Pair,
        extraction: &Extraction,
        around: &Around,
        wants: impl Fn(Outcome) -> bool,
    ) -> Option<Verdict> {
        let wanted = Given::new(reference_answer(reference));
        let mut verdict = Verdict {
            outcome: Outcome::Undecided,
            tier: Tier::Extract,
            leniencies: Vec::new(),
            reason: String::new(),
            extracted: None,
            reference_value: String::new(),
            response_value: String::new(),
            side: None,
            version: String::new(),
        };
        if wanted.text().is_empty() {
            verdict.reason = "The reference is empty.".into();
            verdict.side = Some(Side::Reference);
            return wants(verdict.outcome).then_some(verdict);
        }
        if reference.trim() == pair.response.trim() && !compare::has_nan(wanted.typed()) {
            let value = shown(wanted.typed(), wanted.text());
            return Some(Verdict { extracted: Some(wanted.text().to_owned()), ..same(verdict, value) });
        }
        let several = wanted.typed().elements().is_some_and(|items| items.len() > 1);
        let Some(said) = extraction.get(&pair.response, several) else {
            verdict.reference_value = shown(wanted.typed(), wanted.text());
            let verdict = without_answer(verdict, &wanted, pair, extraction, around);
            return wants(verdict.outcome).then_some(verdict);
        };
        let (mut finding, reread) = decide(&wanted, said, pair, around);
        let mut words = None;
        if finding.word != Word::Same
            && let Some(better) = extraction
                .body(&pair.response)
                .filter(|_| said.how != How::Boxed)
                .and_then(|body| yes_or_no(&wanted, body, How::Whole, around))
                .filter(Finding::is_same)
        {
            finding = better;
        }
        if finding.word != Word::Same
            && let Some(better) = in_prose(&wanted, said, pair, extraction, around)
        {
            (finding, words) = better;
        }
        if !wants(finding.outcome()) {
            return None;
        }
        let response = reread.as_ref().unwrap_or_else(|| said.typed());
        verdict.extracted = Some(said.text().to_owned());
        verdict.reference_value = shown(wanted.typed(), wanted.text());
        verdict.response_value = words.unwrap_or_else(|| shown(response, said.text()));
        conclude(&mut verdict, &finding, wanted.typed(), response);
        if verdict.outcome == Outcome::Undecided && wanted.text().len().max(said.text().len()) <= MAX_TEXT {
            // What was not read is told with its place, which the comparison did not need.
            let sides = [("reference", wanted.text(), wanted.typed()), ("response", said.text(), response)];
            let unread = sides.iter().filter(|(_, _, typed)| matches!(typed, Answer::Unread(_)));
            let told: Vec<String> = unread.map(|(side, raw, _)| unread::reason(side, raw)).collect();
            if !told.is_empty() {
                verdict.reason = Reason::from(told.join("; ")).sentence();
            }
        }
        Some(verdict)
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
    wanted: &Given,
    pair: &Pair,
    extraction: &Extraction,
    around: &Around,
) -> Verdict {
    if same_text(wanted, &Given::new(pair.response.clone())) {
        let value = std::mem::take(&mut verdict.reference_value);
        return Verdict { extracted: Some(pair.response.trim().to_owned()), ..same(verdict, value) };
    }
    if let Some(body) = extraction.body(&pair.response)
        && let Some((finding, words)) = contained(wanted, body, around)
    {
        let words = words.unwrap_or_default();
        verdict.extracted = Some(words.clone());
        verdict.response_value = words;
        verdict.outcome = Outcome::Equivalent;
        verdict.tier = finding.tier;
        verdict.leniencies = finding.used.to_vec();
        verdict.reason = finding.reason.sentence();
        return verdict;
    }
    verdict.reason =
        "The response has no final answer: nothing in it is marked or announced as one, or short enough to be one."
            .into();
    verdict.side = Some(Side::Response);
    verdict
}

/// A finding of sameness by containment, with the words as the response has them.
type Contained = Option<(Finding, Option<String>)>;

fn contained(wanted: &Given, said: &Said, around: &Around) -> Contained {
    if let Some(found) = text::code(wanted.text(), said.text(), around) {
        return found.is_same().then_some((found, None));
    }
    let prose = || Rc::clone(said.prose(around));
    text::contained(wanted.text(), || wanted.plain(), said.text(), prose, around).filter(|(f, _)| f.is_same())
}

/// Looks for a reference of words in a response that is prose, and for a short response in a wordy reference.
fn in_prose(wanted: &Given, said: &Said, pair: &Pair, extraction: &Extraction, around: &Around) -> Contained {
    if !around.granted.has(Leniency::Prose) {
        return None;
    }
    // Two values were compared as what they are: a piece of one is not the other.
    let value = |a: &Answer| matches!(a, Answer::Scalar(_) | Answer::Quantity(..));
    if value(wanted.typed()) && value(said.typed()) {
        return None;
    }
    let words = matches!(wanted.typed(), Answer::Text(_));
    let how = said.how;
    // A boxed list is several answers, and one of them is not what was asked.
    let joined = || {
        said.text().len() <= 400 && {
            let words = said.prose(around);
            words.len() <= 8 && words.iter().any(|w| w == "and" || w == "or")
        }
    };
    let list = || matches!(said.typed(), Answer::Sequence(..)) || joined() && !wanted.text().contains(" and ");
    if how == How::Boxed && list() {
        return None;
    }
    // So is what stands in brackets of its own.
    let bracketed = matches!(said.typed(), Answer::Sequence(kind, _) if *kind != Bracket::Bare);
    if bracketed || matches!(said.typed(), Answer::Mapping(_) | Answer::Matrix(_)) {
        return None;
    }
    // A marked answer that is a value is the answer: no other number may be taken from around it.
    if words || said.text().split_whitespace().count() > 2 && matches!(how, How::Whole | How::Phrase) {
        let found = contained(wanted, said, around);
        if found.is_some() {
            return found;
        }
    }
    if how == How::Whole && said.text().len() < pair.response.trim().len() {
        return contained(wanted, extraction.body(&pair.response)?, around);
    }
    None
}

/// Compares a reference with a found answer; with the reading of that answer, where it is not the usual one.
fn decide(given: &Given, found: &Said, pair: &Pair, around: &Around) -> (Finding, Option<Answer>) {
    let (wanted, said) = (given.text(), found.text());
    let reference = given.typed();
    if same_text(given, found) && !matches!(reference, Answer::Nothing) {
        let finding = if compare::has_nan(reference) {
            Finding::unknown(Tier::Text, "both are NaN, which is the value of nothing")
        } else {
            Finding::same(Tier::Text, "the two texts are the same")
        };
        return (finding, Some(reference.clone()));
    }
    if let Some(found) = text::code(wanted, said, around) {
        return (found, None);
    }
    if let Some(found) = digits(wanted, said) {
        return (found, Some(Answer::Unread(String::new())));
    }
    if said.len() > MAX_TEXT || wanted.len() > MAX_TEXT {
        return (
            Finding::unknown(
                Tier::Text,
                format!("an answer of more than {} KiB is compared as text only, and the texts differ", MAX_TEXT >> 10),
            ),
            Some(Answer::Unread(String::new())),
        );
    }
    let response = found.typed();
    let letters = !pair.options.is_empty()
        || matches!(reference, Answer::Scalar(crate::answer::Expr::Symbol(s)) if s.len() == 1)
        || wanted.len() <= 12 && wanted.contains("text");
    if letters && let Some(found) = text::option(wanted, said, around) {
        return (found, None);
    }
    if let Some(found) = spans(wanted, said, around) {
        return (found, None);
    }
    let mut finding = compare::answers(reference, response, around);
    if finding.word == Word::Different && around.exhausted() {
        finding = Finding::unknown(finding.tier, "the answers have too many parts to compare them all");
    }
    if finding.is_same() {
        return (finding, None);
    }
    if let Some(better) = separators::same_number(wanted, reference, said, response) {
        return (better, None);
    }
    let reread = as_products(wanted, reference, said, response, around)
        .or_else(|| labelled(wanted, reference, said, response, around));
    if let Some((better, reread)) = reread {
        return (better, Some(reread));
    }
    if let Some(better) = renamed(reference, response, around) {
        return (better, None);
    }
    if let Some((better, reread)) = other_commas(wanted, reference, said, response, around) {
        return (better, Some(reread));
    }
    if finding.word == Word::Different
        && let Some(untold) = factors(wanted, reference, said, response, around)
    {
        return (untold, None);
    }
    let both_truth = matches!((reference, response), (Answer::Boolean(_), Answer::Boolean(_)));
    if !both_truth && let Some(found) = yes_or_no(given, found, found.how, around) {
        return (found, None);
    }
    // Words on both sides that were read as something: `Set A` and `set A`.
    let worded = |a: &Answer| matches!(a, Answer::Text(_));
    let both_words = worded(reference) && worded(response);
    let unread = |a: &Answer| matches!(a, Answer::Text(_) | Answer::Unread(_));
    if !(both_words && finding.word == Word::Different) && (unread(reference) || unread(response)) {
        let (a, b) = (given.plain(), found.plain());
        if is_wordy(a) && is_wordy(b) {
            let found = text::words(a, b, around);
            if found.is_same() || finding.word == Word::Unknown && both_words {
                return (found, None);
            }
        }
    }
    (finding, None)
}

/// Whether two texts are the same once white space and wrappers are gone.
fn same_text(a: &Given, b: &Given) -> bool {
    let (x, y) = (a.text(), b.text());
    if x == y {
        return true;
    }
    if x.len().max(y.len()) > 4 * MAX_TEXT {
        return x.trim() == y.trim();
    }
    if x.len().abs_diff(y.len()) > 8 + x.len().min(y.len()) / 2 {
        return false;
    }
    !a.squeezed().is_empty() && a.squeezed() == b.squeezed()
}

/// Writes a finding into a verdict.
fn conclude(verdict: &mut Verdict, finding: &Finding, reference: &Answer, response: &Answer) {
    verdict.tier = finding.tier;
    verdict.reason = finding.reason.sentence();
    verdict.outcome = finding.outcome();
    match finding.word {
        Word::Same => verdict.leniencies = finding.used.to_vec(),
        Word::Different => {}
        Word::Unknown => {
            let unread = |a: &Answer| matches!(a, Answer::Unread(_) | Answer::Nothing);
            let worded = |a: &Answer| matches!(a, Answer::Text(_));
            let keeps = |a: &Answer, b: &Answer| unread(a) && !unread(b) || worded(a) && !worded(b) && !unread(b);
            verdict.side = Some(match (keeps(reference, response), keeps(response, reference)) {
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
