//! The fields that a filter can ask about: one table of name, type, place in the store and one sentence.

use super::ast::Op;
use super::sort::Sort;
use super::suggest::nearest;
use crate::failure::{FailureKind, Stage};
use crate::store::record::{Agreement, Curation, Judgement, Origin, ReferenceKind, RightSide};
use crate::store::shape::Shape;
use crate::store::suspicion::Suspicion;
use crate::verifier::{Leniency, Outcome, Side, Tier};

/// What values a field has.
#[derive(Debug, Clone, Copy)]
pub enum FieldType {
    /// Numbers: `:` `<` `>` `<=` `>=`.
    Number,
    /// A time, as coarse as it is written: `:` `<` `>` `<=` `>=`.
    Date,
    /// Any text: `:` `~`.
    Text,
    /// Texts that can only be searched: `~`.
    Search,
    /// `yes` or `no`: `:`.
    YesNo,
    /// Words of a closed vocabulary: `:` `~`.
    Words(fn() -> Vec<&'static str>),
    /// An order of the list, of a closed vocabulary: `:`.
    Order(fn() -> Vec<&'static str>),
}

impl FieldType {
    fn ops(self) -> &'static [Op] {
        match self {
            Self::Number | Self::Date => &[Op::Is, Op::Less, Op::AtMost, Op::More, Op::AtLeast],
            Self::Text | Self::Words(_) => &[Op::Is, Op::Contains],
            Self::Search => &[Op::Contains],
            Self::YesNo | Self::Order(_) => &[Op::Is],
        }
    }

    /// The value in the form in which it is compared, or what is wrong with it and what may have been meant.
    pub(super) fn check(self, op: Op, value: String) -> Result<String, (String, Option<String>)> {
        let known = match self {
            _ if op == Op::Contains => return Ok(value),
            Self::Text | Self::Search => return Ok(value),
            Self::Number => {
                return match value.parse::<f64>() {
                    Ok(number) if number.is_finite() => Ok(value),
                    _ => Err((format!("`{value}` is no number"), None)),
                };
            }
            Self::Date => {
                return if is_date(&value) {
                    Ok(value)
                } else {
                    Err((format!("`{value}` is no date"), Some("2026-11-21, 2026-11 or 2026-11-21T09:30".into())))
                };
            }
            Self::YesNo => vec!["yes", "no"],
            Self::Words(words) | Self::Order(words) => words(),
        };
        let lower = value.to_lowercase();
        if known.contains(&lower.as_str()) {
            return Ok(lower);
        }
        let near = nearest(&lower, known.iter().copied());
        Err((format!("`{value}` is not one of: {}", known.join(", ")), near.map(|n| format!("`{n}`"))))
    }
}

/// Whether a text is the beginning of an RFC 3339 time, cut after the year, month, day, hour, minute or second.
fn is_date(text: &str) -> bool {
    const WHOLE: &str = "2000-01-01T00:00:00";
    matches!(text.len(), 4 | 7 | 10 | 13 | 16 | 19)
        && text.is_ascii()
        && format!("{text}{}", &WHOLE[text.len()..]).parse::<jiff::civil::DateTime>().is_ok()
}

/// Where a field's values are, seen from a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Candidate,
    Text,
    Seed,
    Tag,
    Dependency,
    Execution,
    ExecutionText,
    Response,
    ResponseText,
    Verdict,
    Leniency,
    Decision,
    Suspicion,
    Second,
}

impl Scope {
    /// What goes around a condition on the scope's columns.
    pub(super) const fn around(self) -> (&'static str, &'static str) {
        match self {
            Self::Candidate => ("", ""),
            Self::Text => ("EXISTS (SELECT 1 FROM candidate_text t WHERE t.id = c.id AND ", ")"),
            Self::Seed => ("EXISTS (SELECT 1 FROM candidate_seed s WHERE s.candidate_id = c.id AND ", ")"),
            Self::Tag => ("EXISTS (SELECT 1 FROM candidate_tag g WHERE g.candidate_id = c.id AND ", ")"),
            Self::Dependency => {
                ("EXISTS (SELECT 1 FROM candidate_text t, json_each(t.dependencies) p WHERE t.id = c.id AND ", ")")
            }
            Self::Execution => ("EXISTS (SELECT 1 FROM execution e WHERE e.candidate_id = c.id AND ", ")"),
            Self::ExecutionText => (
                "EXISTS (SELECT 1 FROM execution e JOIN execution_text x ON x.id = e.id WHERE e.candidate_id = c.id AND ",
                ")",
            ),
            Self::Response => ("EXISTS (SELECT 1 FROM response r WHERE r.candidate_id = c.id AND ", ")"),
            Self::ResponseText => (
                "EXISTS (SELECT 1 FROM response r JOIN response_text x ON x.id = r.id WHERE r.candidate_id = c.id AND ",
                ")",
            ),
            Self::Verdict => (
                "EXISTS (SELECT 1 FROM response r JOIN verdict v ON v.response_id = r.id AND v.current = 1
                 JOIN verdict_text w ON w.id = v.id WHERE r.candidate_id = c.id AND ",
                ")",
            ),
            Self::Leniency => (
                "EXISTS (SELECT 1 FROM response r JOIN verdict v ON v.response_id = r.id AND v.current = 1,
                 json_each(v.leniencies) l WHERE r.candidate_id = c.id AND ",
                ")",
            ),
            Self::Suspicion => (
                "EXISTS (SELECT 1 FROM (SELECT 'solvers_agree' AS word, 64 AS bit UNION ALL SELECT 'judge_against_rules', 32
                 UNION ALL SELECT 'second', 16 UNION ALL SELECT 'reward', 8 UNION ALL SELECT 'tiers', 4
                 UNION ALL SELECT 'leniency', 2 UNION ALL SELECT 'undecided', 1) z WHERE (c.suspicion & z.bit) AND ",
                ")",
            ),
            Self::Second => (
                "EXISTS (SELECT 1 FROM response r JOIN second o ON o.response_id = r.id WHERE r.candidate_id = c.id AND ",
                ")",
            ),
            // Only decisions in force count.
            Self::Decision => (
                "EXISTS (SELECT 1 FROM decision d WHERE d.candidate_id = c.id AND d.kind <> 'reversal'
                 AND NOT EXISTS (SELECT 1 FROM decision_reversed y WHERE y.decision_id = d.id) AND ",
                ")",
            ),
        }
    }
}

/// A field of the filter language.
#[derive(Debug)]
pub struct Field {
    /// Its name in filters.
    pub name: &'static str,
    /// What values it has.
    pub kind: FieldType,
    /// Where the values are; it is enough that one place meets the condition.
    pub(super) places: &'static [(Scope, &'static str)],
    /// What it is, in a sentence.
    pub doc: &'static str,
}

impl Field {
    /// `None` where the operator goes with this field, else one that does.
    pub(super) fn instead_of(&self, op: Op) -> Option<Op> {
        let ops = self.kind.ops();
        if ops.contains(&op) { None } else { ops.first().copied() }
    }

    /// The operators that go with it, in the order in which help lists them.
    pub fn operators(&self) -> &'static [Op] {
        self.kind.ops()
    }
}

/// Every field there is, in the order in which help lists them.
pub fn fields() -> &'static [Field] {
    FIELDS
}

/// The field with a name.
pub(in crate::store) fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|f| f.name == name)
}

/// The field of a word without one.
pub(super) fn text_field() -> &'static Field {
    &FIELDS[0]
}

macro_rules! table {
    (@type $words:ident) => { table!(@kind $words) };
    (@kind Number) => { FieldType::Number };
    (@kind Date) => { FieldType::Date };
    (@kind Text) => { FieldType::Text };
    (@kind Search) => { FieldType::Search };
    (@kind YesNo) => { FieldType::YesNo };
    (@kind Sort) => { FieldType::Order(|| Sort::ALL.iter().map(|w| w.as_str()).collect()) };
    (@kind $words:ident) => { FieldType::Words(|| $words::ALL.iter().map(|w| w.as_str()).collect()) };
    ($($name:literal $kind:ident [$($scope:ident $sql:literal),+] $doc:literal;)+) => {
        &[$(Field { name: $name, kind: table!(@type $kind), places: &[$((Scope::$scope, $sql)),+], doc: $doc }),+]
    };
}

#[rustfmt::skip]
const FIELDS: &[Field] = table! {
    "text" Search [Text "t.question", Text "t.code", ResponseText "x.text"] "Question, code or a response contains it; a bare word means this.";
    "id" Number [Candidate "c.id"] "The candidate's number.";
    "uid" Text [Candidate "c.uid"] "The candidate's stable identity.";
    "run" Number [Candidate "c.run_id"] "The number of the run that made it.";
    "ordinal" Number [Candidate "c.ordinal"] "Its slot in the run, from 0.";
    "origin" Origin [Candidate "c.origin"] "Where it comes from.";
    "strategy" Text [Candidate "c.strategy"] "The generator's strategy; of an import its file.";
    "domain" Text [Candidate "c.domain"] "What it is about: domain:logic.";
    "model" Text [Candidate "c.model"] "The model that generated it.";
    "solver" Text [Response "r.solver"] "The solver of one of its responses.";
    "seed" Text [Seed "s.seed"] "Content id of one of the seeds it was made from.";
    "family" Text [Candidate "c.family"] "Content id of the seed at its root.";
    "parent" Text [Candidate "c.parent"] "Uid of the candidate it was evolved from.";
    "depth" Number [Candidate "c.depth"] "Steps from a seed; 0 where it was evolved from no candidate.";
    "operation" Text [Candidate "c.operation"] "By which operation it was made of its parent.";
    "prompt" Text [Candidate "c.prompt_hash"] "Hash of the generator's prompt.";
    "dependency" Text [Dependency "p.value"] "A package that its code needs.";
    "verdict" Outcome [Response "r.verdict"] "The current verdict on one of its responses.";
    "responses" Number [Candidate "c.responses"] "How many responses it has.";
    "equivalent" Number [Candidate "c.n_equivalent"] "How many responses the verifier finds equivalent.";
    "different" Number [Candidate "c.n_different"] "How many responses the verifier finds different.";
    "undecided" Number [Candidate "c.n_undecided"] "Of how many responses the verifier cannot tell.";
    "errors" Number [Candidate "c.n_error"] "How many responses could not be verified because infrastructure failed.";
    "pass" Number [Candidate "CAST(c.n_equivalent AS REAL) / nullif(c.n_equivalent + c.n_different + c.n_undecided, 0)"] "Fraction of its verified responses that are equivalent, 0 to 1.";
    "agreement" Agreement [Candidate "c.agreement"] "What the verdicts amount to.";
    "standing" Agreement [Candidate "c.standing"] "What stands, judgements counted.";
    "tier" Tier [Response "r.tier"] "The tier that gave a verdict.";
    "leniency" Leniency [Leniency "l.value"] "A leniency that a verdict needed.";
    "side" Side [Response "r.side"] "Which side kept a verdict undecided.";
    "reason" Text [Verdict "w.reason"] "The reason of a verdict.";
    "version" Text [Verdict "v.version"] "The verifier's version at a verdict.";
    "kind" FailureKind [Candidate "c.kind", Response "r.kind"] "Why it, or one of its responses, failed.";
    "stage" Stage [Candidate "c.stage", Response "r.stage"] "The stage in which it, or one of its responses, failed.";
    "message" Text [Candidate "c.message", Response "r.message"] "The sentence that tells of a failure.";
    "decided" YesNo [Candidate "c.decided"] "Whether a decision on it is in force.";
    "judged" YesNo [Candidate "c.judged"] "Whether one of its pairs was judged.";
    "judgement" Judgement [Response "r.judgement"] "The reviewers' word on one of its pairs.";
    "curation" Curation [Candidate "c.curation"] "The reviewers' word on it.";
    "flag" YesNo [Candidate "c.curation = 'flag'"] "Whether it is flagged.";
    "revised" YesNo [Candidate "EXISTS (SELECT 1 FROM revised z WHERE z.candidate_id = c.id)"] "Whether somebody corrected its question, code or reference answer.";
    "contested" YesNo [Candidate "c.contested"] "Whether reviewers are tied about it.";
    "plan" YesNo [Candidate "EXISTS (SELECT 1 FROM plan_item i WHERE i.candidate_id = c.id AND i.plan_id = (SELECT max(id) FROM plan))"] "Whether the sampling plan in force has one of its pairs.";
    "right" RightSide [Candidate "c.right_side"] "Which side was right.";
    "cause" Text [Decision "d.cause"] "The cause of the verifier's error that a judgement names.";
    "tag" Text [Tag "g.tag"] "A tag.";
    "note" Text [Decision "d.note"] "A note of a decision in force.";
    "reviewer" Text [Decision "d.reviewer"] "Who made a decision in force; `me` is you.";
    "blind" YesNo [Decision "d.blind"] "Whether a decision in force was made blind.";
    "question" Text [Text "t.question"] "The question.";
    "code" Text [Text "t.code"] "The code.";
    "reference" Text [Text "t.reference", Candidate "(SELECT z.reference FROM revised z WHERE z.candidate_id = c.id)"] "The reference answer, as it came or as it was corrected.";
    "reference.kind" ReferenceKind [Candidate "c.reference_kind"] "Where the reference answer comes from.";
    "response" Text [ResponseText "x.text"] "The text of a response.";
    "reasoning" Text [ResponseText "x.reasoning"] "The reasoning of a response.";
    "answer" Text [ResponseText "x.answer"] "The CoT answer of a response.";
    "reward" Number [Response "r.given_reward"] "The reward that an import came with.";
    "chars" Number [Candidate "c.chars"] "Characters of its longest response.";
    "tokens" Number [Candidate "(SELECT sum(1.0 * ifnull(k.prompt_tokens, 0) + ifnull(k.completion_tokens, 0)) FROM reply k WHERE k.run_id = c.run_id AND k.ordinal = c.ordinal)"] "Tokens of all replies that went into it.";
    "seconds" Number [Candidate "c.seconds"] "Seconds from its start to its end.";
    "code.seconds" Number [Execution "e.seconds"] "Seconds that an execution took.";
    "cpu" Number [Execution "e.cpu_seconds"] "CPU seconds that an execution took.";
    "memory" Number [Execution "e.memory"] "Peak bytes of an execution.";
    "isolation" Text [Execution "e.isolation"] "The isolation of an execution.";
    "end" Text [Execution "e.end"] "How an execution ended: exit, signal, timeout, memory, output.";
    "exit" Number [Execution "CASE e.end WHEN 'exit' THEN e.status END"] "The exit status of an execution.";
    "python" Text [Execution "e.python"] "The version of Python of an execution.";
    "venv" Text [Execution "e.venv"] "The venv of an execution.";
    "substituted" Text [Execution "e.substituted"] "Packages of an execution in another version than the pinned one.";
    "stdout" Text [ExecutionText "x.stdout"] "What an execution printed.";
    "stderr" Text [ExecutionText "x.stderr"] "What an execution printed to stderr.";
    "suspicion" Suspicion [Suspicion "z.word"] "Why it should be looked at.";
    "uncertainty" Number [Candidate "c.uncertainty"] "How little its verdicts are to be trusted, 0 to 1000; an order, not a probability.";
    "second" Text [Second "o.verifier"] "A verifier beside ours that said something of one of its pairs.";
    "second.verdict" Outcome [Second "o.outcome"] "What a verifier beside ours says of one of its pairs.";
    "second.detail" Text [Second "o.detail"] "What a verifier beside ours gave as its reason.";
    "second.disagrees" YesNo [Candidate "EXISTS (SELECT 1 FROM response r JOIN second o ON o.response_id = r.id LEFT JOIN second q ON q.response_id = r.id AND q.verifier > o.verifier WHERE r.candidate_id = c.id AND o.outcome IN ('equivalent', 'different') AND (r.verdict IN ('equivalent', 'different') AND r.verdict <> o.outcome OR q.outcome IN ('equivalent', 'different') AND q.outcome <> o.outcome))"] "Whether two verifiers disagree about one of its pairs.";
    "shape" Shape [Verdict "shape(w.reference_value)", Verdict "shape(w.response_value)"] "What the reference or the answer of one of its pairs looks like.";
    "sort" Sort [Candidate "c.id"] "The order of the list.";
    "created" Date [Candidate "c.created_at"] "When it was stored, in UTC.";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unlike_and_can_be_parsed() {
        let mut names: Vec<&str> = FIELDS.iter().map(|f| f.name).collect();
        assert!(names.iter().all(|n| n.chars().all(|c| c.is_ascii_lowercase() || c == '.')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIELDS.len());
        assert_eq!(text_field().name, "text");
    }

    #[test]
    fn dates_may_be_coarse() {
        for (text, wanted) in [
            ("2026", true),
            ("2026-11", true),
            ("2026-11-21", true),
            ("2026-11-21T09", true),
            ("2026-11-21T09:30", true),
            ("2026-11-21T09:30:59", true),
            ("2026-13", false),
            ("2026-02-30", false),
            ("2026-1", false),
            ("soon", false),
            ("20261121", false),
            ("", false),
        ] {
            assert_eq!(is_date(text), wanted, "{text}");
        }
    }
}
