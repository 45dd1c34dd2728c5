//! How far solvers agree with each other, whatever the reference says.

use crate::store::record::ResponseRecord;
use crate::verifier::{Outcome, Pair, Verifier, verify_guarded};

/// Unlike answers that are compared with each other; a further one counts as alone. Bounds the work on a question to which
/// every solver says something else.
const UNLIKE: usize = 32;

/// Share of the answers that are equivalent to the most frequent one; `None` where fewer than two responses have an answer.
pub(super) fn concord(verifier: &dyn Verifier, responses: &[ResponseRecord]) -> Option<f64> {
    // What is equivalent to the reference is equivalent to each other.
    let mut right = 0_usize;
    let mut answered = 0_usize;
    let mut others: Vec<(&str, &str, usize)> = Vec::new();
    for response in responses {
        let (Some(answer), Some(verdict)) = (&response.answer, &response.verdict) else { continue };
        answered += 1;
        if verdict.outcome == Outcome::Equivalent {
            right += 1;
            continue;
        }
        let value = verdict.response_value.as_str();
        let same = |(other, theirs, _): &&mut (&str, &str, usize)| {
            !value.is_empty() && value == *theirs || answer == other || equivalent(verifier, other, answer)
        };
        match others.iter_mut().take(UNLIKE).find(same) {
            Some((.., n)) => *n += 1,
            None => others.push((answer, value, 1)),
        }
    }
    let most = others.iter().map(|(.., n)| *n).max().unwrap_or(0).max(right);
    (answered > 1).then(|| most as f64 / answered as f64)
}

fn equivalent(verifier: &dyn Verifier, a: &str, b: &str) -> bool {
    let pair = Pair { references: vec![a.to_owned()], response: b.to_owned(), ..Pair::default() };
    verify_guarded(verifier, &pair).outcome == Outcome::Equivalent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{RewardPolicy, score};
    use crate::verifier::RuleVerifier;

    fn share(reference: &str, texts: &[&str]) -> Option<f64> {
        let verifier = RuleVerifier::default();
        let responses: Vec<ResponseRecord> = (0..)
            .zip(texts)
            .map(|(sample, text)| {
                let pair = Pair { references: vec![reference.into()], response: (*text).to_owned(), ..Pair::default() };
                let scored = score(&verifier, &pair, RewardPolicy::default());
                ResponseRecord {
                    sample,
                    solver: "s".into(),
                    reply_id: None,
                    text: (*text).to_owned(),
                    reasoning: None,
                    answer: scored.verdict.extracted.clone(),
                    failure: scored.failure,
                    verdict: Some(scored.verdict),
                    given_reward: None,
                }
            })
            .collect();
        concord(&verifier, &responses)
    }

    #[test]
    fn the_most_frequent_answer_is_counted_right_or_wrong() {
        assert_eq!(share("7", &["\\boxed{7}"]), None);
        assert_eq!(share("7", &["\\boxed{7}", "\\boxed{7.0}"]), Some(1.0));
        assert_eq!(share("7", &["\\boxed{8}", "\\boxed{16/2}", "\\boxed{7}", "\\boxed{8.0}"]), Some(0.75));
        assert_eq!(share("7", &["\\boxed{1}", "\\boxed{2}", "\\boxed{3}", "\\boxed{4}"]), Some(0.25));
    }
}
