//! Candidates to read: plain ones, failed ones, and texts that break screens.

use loong::failure::{Failure, FailureKind, Stage};
use loong::store::fold::{AgreementRule, agreement};
use loong::store::record::{
    Agreement, CandidateRecord, ExecutionRecord, Origin, ReferenceKind, ResponseRecord, StageSeconds,
};
use loong::verifier::{Pair, Preset, RuleVerifier, Verifier, VerifierOptions};
use serde_json::Map;

/// A text that would drive a terminal, were it let through.
pub(crate) const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}]52;c;ZXZpbA==\u{7}\u{9b}31m\u{1b}P+q\u{1b}\\\u{8}\u{8}\u{202e}drow\u{202c}\r\n\u{1b}c";

pub(crate) fn candidate(nth: u64, domain: &str, question: &str, code: &str, reference: &str) -> CandidateRecord {
    CandidateRecord {
        uid: format!("fixture-{nth}"),
        origin: Origin::Loop,
        run_id: None,
        ordinal: Some(nth),
        strategy: "few-shot".to_owned(),
        domain: domain.to_owned(),
        question: question.to_owned(),
        code: Some(code.to_owned()),
        dependencies: Vec::new(),
        reference: Some(reference.to_owned()),
        reference_kind: Some(ReferenceKind::Executed),
        seeds: vec!["5eed".to_owned()],
        parent: None,
        family: Some("5eed".to_owned()),
        prompt_hash: None,
        generator_reply_id: None,
        depth: 0,
        operation: None,
        stages: StageSeconds::default(),
        failure: None,
        executions: vec![execution(&format!("{reference}\n"))],
        responses: Vec::new(),
        agreement: Agreement::None,
        seconds: 1.25,
        metadata: Map::new(),
    }
}

fn execution(stdout: &str) -> ExecutionRecord {
    ExecutionRecord {
        code_hash: "c0de".to_owned(),
        end: "exit".to_owned(),
        status: Some(0),
        stdout: stdout.to_owned(),
        stderr: String::new(),
        stdout_bytes: stdout.len() as u64,
        seconds: 0.21,
        cpu_seconds: 0.2,
        memory: 30 << 20,
        isolation: "full".to_owned(),
        venv: "v".to_owned(),
        python: "3.12.1".to_owned(),
        substituted: Vec::new(),
    }
}

/// The candidate with responses, as the verifier sees them.
pub(crate) fn answered(mut record: CandidateRecord, solver: &str, responses: &[&str]) -> CandidateRecord {
    let verifier = RuleVerifier::new(VerifierOptions::preset(Preset::Standard));
    record.responses = (0..)
        .zip(responses)
        .map(|(sample, text)| {
            let pair = Pair {
                references: record.reference.iter().cloned().collect(),
                response: (*text).to_owned(),
                ..Pair::default()
            };
            let verdict = verifier.verify(&pair);
            ResponseRecord {
                sample,
                solver: solver.to_owned(),
                reply_id: None,
                text: (*text).to_owned(),
                reasoning: None,
                answer: verdict.extracted.clone(),
                failure: None,
                verdict: Some(verdict),
                given_reward: None,
            }
        })
        .collect();
    let outcomes = record.responses.iter().filter_map(|r| r.verdict.as_ref()).map(|v| v.outcome);
    record.agreement = agreement(AgreementRule::Majority, outcomes);
    record
}

fn failed(nth: u64, stage: Stage, kind: FailureKind, message: &str) -> CandidateRecord {
    let mut record = candidate(nth, "geometry", "Which lattice points lie inside?", "while True:\n    pass\n", "");
    record.reference = None;
    record.reference_kind = None;
    record.executions = Vec::new();
    record.failure = Some(Failure::new(stage, kind, message));
    record
}

const TILING: &str = "from functools import cache\n\n@cache\ndef tilings(n):\n    # a square is one tile, a domino two\n    if n < 2:\n        return 1\n    return tilings(n - 1) + 2 * tilings(n - 2)\n\nprint(tilings(12))\n";

/// Thirteen candidates of all kinds, numbered from 1.
pub(crate) fn all() -> Vec<CandidateRecord> {
    let tiling = "In how many ways can a $2 \\times 12$ board be tiled with dominoes and $2 \\times 2$ squares?";
    let mut imported = answered(
        candidate(10, "logic", "Is the formula $p \\lor \\neg p$ a tautology?", "", "True"),
        "rollouts",
        &["By the law of the excluded middle it is. \\boxed{\\text{yes}}"],
    );
    imported.origin = Origin::Import;
    imported.code = None;
    imported.executions = Vec::new();
    imported.reference_kind = Some(ReferenceKind::Given);
    let mut malformed = failed(9, Stage::Generate, FailureKind::Malformed, "no JSON object in the reply");
    malformed.question = String::new();
    malformed.code = None;
    malformed.metadata.insert("raw".to_owned(), "Sure! Here is a problem, but I forgot the JSON.".into());
    let step = |n: u32| format!("Step {n}: the sum of the first {n} odd numbers is {}.\n\n", n * n);
    let long: String = (1..=2000).map(step).collect();
    vec![
        answered(
            candidate(0, "counting", tiling, TILING, "2731"),
            "qwen3-32b",
            &[
                "Let $a_n$ be the number of tilings. Then $a_n = a_{n-1} + 2a_{n-2}$, so\n\n- $a_2 = 3$\n- $a_3 = 5$\n\nand **finally** $a_{12} = \\boxed{2731}$.",
            ],
        ),
        answered(
            candidate(1, "counting", tiling, TILING, "1365"),
            "qwen3-32b",
            &["Let $a_n$ be the number of tilings, so $a_{12} = \\boxed{2731}$."],
        ),
        answered(
            candidate(
                2,
                "graph_discrete_math",
                "六個頂點的完全圖有多少條邊?請用中文回答並解釋每一步。",
                "print(6*5//2)\n",
                "15",
            ),
            "解題模型",
            &[
                "完全圖 $K_6$ 的邊數是 $\\frac{6 \\cdot 5}{2}$,所以答案是 \\boxed{15}。這是一個很長的句子,用來檢查中文字在面板邊緣的換行是否正確,不應該弄亂任何邊框。",
            ],
        ),
        answered(
            candidate(3, "logic", "כמה פתרונות יש למשוואה x² = 4? ما هو عدد الحلول؟", "print(2)\n", "2"),
            "solver",
            &["שני פתרונות: ±2. الجواب \\boxed{3}"],
        ),
        answered(
            candidate(
                4,
                "games",
                "Cafe\u{301} nai\u{308}ve Z\u{351}\u{36b}\u{343}a\u{336}lgo: 👩‍🔬 plays 🇩🇪 against 👍🏽. Who wins?",
                "print('👩‍🔬')\n",
                "👩‍🔬",
            ),
            "solver",
            &["The scientist 👩‍🔬 e\u{301}. \\boxed{👍🏽}"],
        ),
        answered(
            candidate(
                5,
                &format!("secu{HOSTILE}rity"),
                &format!("Hostile {HOSTILE} question"),
                &format!("print('{HOSTILE}')\n"),
                &format!("1{HOSTILE}"),
            ),
            &format!("sol{HOSTILE}ver"),
            &[&format!("Text {HOSTILE} here. ```python\n{HOSTILE}\n``` \\boxed{{2{HOSTILE}}}")],
        ),
        failed(6, Stage::Execute, FailureKind::CodeTimeout, "the program ran longer than 10 s"),
        answered(
            candidate(7, "finance", "What is 10% of 250, in dollars?", "print(25.0)\n", "25.0"),
            "qwen3-32b",
            &["\\boxed{25}", "\\boxed{\\$25}", "\\boxed{2.5}", "I think it is \\boxed{250}"],
        ),
        malformed,
        imported,
        answered(
            candidate(
                11,
                "mathematical_programming",
                "Minimise $x^2$ subject to $x \\ge 1$.",
                "print('see above')\n",
                "see above",
            ),
            "solver",
            &["It cannot be said which of the two it is, and I stop here"],
        ),
        answered(
            candidate(
                12,
                "number_theory",
                "What is the sum of the first 2000 odd numbers?",
                "print(2000**2)\n",
                "4000000",
            ),
            "solver",
            &[&format!("{long}So it is \\boxed{{4\\,000\\,000}}.")],
        ),
        failed(13, Stage::Execute, FailureKind::CodeError, "NameError: name 'x' is not defined"),
    ]
}
