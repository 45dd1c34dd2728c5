//! Candidates with answers of many kinds, right and wrong, in the words that models use: a function of a number.

use loong::answer::modular::mix;
use loong::store::record::{Agreement, CandidateRecord, Origin, ReferenceKind, ResponseRecord, StageSeconds};
use loong::verifier::{Outcome, Pair, RuleVerifier, Side, Tier, Verdict, Verifier};

/// Responses of each candidate.
pub(crate) const RESPONSES: u64 = 4;

const DOMAINS: [&str; 8] =
    ["advanced_math", "advanced_physics", "chemistry", "finance", "games", "graph_discrete_math", "logic", "medicine"];

const NAMES: [&str; 8] =
    ["Paris", "Nairobi", "Marie Curie", "the mitochondrion", "Newton", "aspirin", "New York", "Ada"];

const STEPS: [&str; 12] = [
    "First we write down what is known: the first quantity is {a} and the second is {b}.",
    "Substituting $x = {a}$ into the equation gives ${b}x + {c} = {ab}$, which we simplify.",
    "By symmetry it is enough to look at one half of the {b} cases.",
    "Let me double check: {a} + {b} = {s}, so that is consistent with the condition.",
    "The derivative is $f'(x) = {a}x^{c} - {b}$, and it vanishes at two points.",
    "We now count the arrangements: there are {a} ways for the first and {b} for the second, hence {ab}.",
    "Recall that $\\sin^2\\theta + \\cos^2\\theta = 1$; this removes the term with {c}.",
    "Wait, that is not right. The interval is closed on the left, so {a} belongs to it.",
    "Using the formula for the sum of a geometric series with ratio {c} we get a closed form.",
    "The graph has {a} vertices and {b} edges, so its cyclomatic number follows at once.",
    "Dividing both sides by {c} and rounding at the very end avoids the error.",
    "So far the result has the right units, and its sign is as expected.",
];

fn number(i: u64, salt: u64, below: u64) -> u64 {
    mix(i.wrapping_mul(0x9e37_79b9) ^ (salt << 40)) % below + 1
}

/// Whether a response of the candidate is meant to be right.
pub(crate) fn is_right(i: u64, sample: u64) -> bool {
    number(i * RESPONSES + sample, 9, 10) > 3
}

/// Reference and an answer to it, off by something where it is not right.
fn answers(i: u64, sample: u64) -> (String, String) {
    let (a, b, c) = (number(i, 1, 400), number(i, 2, 97) + 1, number(i, 3, 9));
    let off = u64::from(!is_right(i, sample)) * (1 + number(i, 4 + sample, 3));
    let style = number(i * RESPONSES + sample, 5, 3);
    let name = |n: u64| NAMES[usize::try_from(n % 8).unwrap_or(0)];
    match i % 26 {
        0 => (format!("\\frac{{{a}}}{{{b}}}"), format!("{}/{b}", a + off)),
        1 => {
            (format!("{a}/{b}"), format!("{:.*}", usize::try_from(style).unwrap_or(1) + 1, (a + off) as f64 / b as f64))
        }
        2 => (format!("(x+{a})(x+{b})"), format!("x^2+{}x+{}", a + b, a * b + off)),
        3 => (format!("\\sqrt{{{}}}", a * a * b), format!("{}\\sqrt{{{b}}}", a + off)),
        4 => (format!("[{a}, {b}, {c}]"), format!("({b}, {a}, {})", c + off)),
        5 => (format!("\\{{{a}, {b}\\}}"), format!("{{{b}, {}}}", a + off)),
        6 => (format!("({a}, \\infty)"), format!("x > {}", a + off)),
        7 => (
            format!("\\begin{{pmatrix}}{a}&{b}\\\\{c}&1\\end{{pmatrix}}"),
            format!("Matrix([[{a}, {b}], [{c}, {}]])", 1 + off),
        ),
        8 => (format!("{a} cm"), format!("{:.2} m", (a + off) as f64 / 100.0)),
        9 => (format!("{a}\\pi/{b}"), format!("\\frac{{{}\\pi}}{{{b}}}", a + off)),
        10 => (format!("x = {a}"), format!("{}", a + off)),
        11 => (format!("\\sin^2(x)+{a}"), format!("{} - \\cos^2(x)", a + 1 + off)),
        12 => (format!("{{'a': {a}, 'b': {b}}}"), format!("{{'b': {b}, 'a': {}}}", a + off)),
        13 => (name(i / 26).to_owned(), name(i / 26 + off).to_lowercase()),
        14 => (format!("{a}y = {b}x + {c}"), format!("{}y - {}x = {}", 2 * a, 2 * b, 2 * c + off)),
        15 => (format!("{a}"), format!("{}", a + off)),
        16 => (format!("{b}\\%"), [format!("{}", b + off), format!("{} %", b + off)][usize::from(style > 1)].clone()),
        17 => (format!("\\${a}.50"), format!("{}.50", a + off)),
        18 => (
            ["True", "no"][usize::from(a.is_multiple_of(2))].to_owned(),
            ["yes", "No"][usize::from((a + off).is_multiple_of(2))].into(),
        ),
        19 => (format!("C_{{{}}}H_{{{}}}O", c + 1, 2 * c + 4), format!("C{}H{}O", c + 1 + off, 2 * c + 4)),
        20 => (format!("e^{{{c}x}}\\ln({b})"), format!("\\ln({b})\\exp({}x)", c + off)),
        21 => (format!("{a}.{b:03}"), format!("{}.{:02}", a + off, b / 10)),
        22 => (format!("{a} \\text{{ m/s}}^2"), format!("{}", a + off)),
        23 if i % 260 == 23 => (format!("\\int_0^{c} t^2\\,dt"), format!("\\frac{{{}}}{{3}}", c * c * c + off)),
        23 => (format!("{a},{b}{c}0 people"), format!("about {a}{b}{}0", c + off)),
        24 => (
            ["A", "B", "C", "D"][usize::try_from(a % 4).unwrap_or(0)].into(),
            format!("({})", ["A", "B", "C", "D"][usize::try_from((a + off) % 4).unwrap_or(0)]),
        ),
        _ => (format!("{a}x^2 + {b}x + C"), format!("{a}x^2 + {}x", b + off)),
    }
}

fn told(i: u64, sample: u64, answer: &str) -> String {
    let key = i * RESPONSES + sample;
    let (a, b, c) = (number(key, 11, 90), number(key, 12, 90), number(key, 13, 9));
    let mut text = String::new();
    for step in 0..=number(key, 14, 7) {
        let words = STEPS[usize::try_from(number(key, 20 + step, 12) - 1).unwrap_or(0)];
        let words = words.replace("{ab}", &(a * b).to_string()).replace("{s}", &(a + b).to_string());
        let words = words.replace("{a}", &a.to_string()).replace("{b}", &b.to_string()).replace("{c}", &c.to_string());
        text.push_str(&words);
        text.push_str(if step % 3 == 2 { "\n\n" } else { " " });
    }
    match number(key, 15, 20) {
        1..=11 => text + &format!("Therefore the final answer is $\\boxed{{{answer}}}$."),
        12..=14 => text + &format!("\n\nThe final answer is {answer}."),
        15..=16 => text + &format!("\n\n**Answer:** {answer}"),
        17 => text + &format!("\n#### {answer}"),
        18 => text + &format!("\n{{\"answer\": \"{}\"}}", answer.replace('\\', "\\\\")),
        19 => text + &format!("So we conclude that it is {answer}."),
        _ => text + "It remains to look at the other cases, which",
    }
}

/// The candidate with this number, verified. Of what stays undecided, every third is as if `SymPy` had decided it.
pub(crate) fn candidate(i: u64, verifier: &RuleVerifier) -> CandidateRecord {
    candidate_of(i, RESPONSES, verifier)
}

/// [`candidate`] with so many responses.
pub(crate) fn candidate_of(i: u64, responses: u64, verifier: &RuleVerifier) -> CandidateRecord {
    let reference = answers(i, 0).0;
    let domain = DOMAINS[usize::try_from(number(i, 6, 8) - 1).unwrap_or(0)];
    let question = format!(
        "Problem {i}. A quantity starts at {} and changes by {} in each of {} steps. What is asked is its value under the \
         condition that no two neighbouring steps are alike. Give the answer in its simplest form.",
        number(i, 1, 400),
        number(i, 2, 97),
        number(i, 3, 9)
    );
    let response = |sample: u64| {
        let pair = Pair {
            references: vec![reference.clone()],
            response: told(i, sample, &answers(i, sample).1),
            question: Some(question.clone()),
            domain: Some(domain.to_owned()),
            ..Pair::default()
        };
        let mut verdict = verifier.verify(&pair);
        if verdict.outcome == Outcome::Undecided && verdict.extracted.is_some() && i.is_multiple_of(3) {
            let outcome = if is_right(i, sample) { Outcome::Equivalent } else { Outcome::Different };
            let version = format!("{}+symbolic-1", verdict.version);
            verdict = Verdict { outcome, tier: Tier::Symbolic, side: None::<Side>, version, ..verdict };
        }
        ResponseRecord {
            sample: u32::try_from(sample).unwrap_or(0),
            solver: ["solver-a", "solver-b"][usize::from(sample > 1)].to_owned(),
            reply_id: None,
            text: pair.response,
            reasoning: None,
            answer: verdict.extracted.clone(),
            failure: None,
            verdict: Some(verdict),
            given_reward: None,
        }
    };
    CandidateRecord {
        uid: format!("bench-{i}"),
        origin: Origin::Import,
        run_id: None,
        ordinal: None,
        strategy: "rollouts.jsonl".to_owned(),
        domain: domain.to_owned(),
        question: question.clone(),
        code: None,
        dependencies: Vec::new(),
        reference: Some(reference.clone()),
        reference_kind: Some(ReferenceKind::Given),
        seeds: Vec::new(),
        parent: None,
        family: None,
        prompt_hash: None,
        generator_reply_id: None,
        depth: 0,
        operation: None,
        stages: StageSeconds::default(),
        failure: None,
        executions: Vec::new(),
        responses: (0..responses).map(response).collect(),
        agreement: Agreement::None,
        seconds: 0.0,
        metadata: serde_json::Map::new(),
    }
}
