//! What is sent to a model does not grow with the number of candidates: agents that keep their whole past pay for it by the
//! square.

use loong::generator::evol_instruct::{self, EvolInstruct};
use loong::generator::few_shot::FewShot;
use loong::generator::multi_agent::{self, MultiAgent};
use loong::generator::self_instruct::{self, SelfInstruct};
use loong::generator::{Generated, Generator};
use loong::model::{ChatRequest, Role, Sampling};
use serde_json::json;

use crate::fakes::{Fake, Reply, accepted, form, seeds};

/// Words that make each question of a run unlike every other, all of the same length.
fn question(request: &ChatRequest) -> String {
    let n = request.ordinal * 10 + u64::from(request.sample);
    let word =
        |k: u64| blake3::hash(format!("{n}/{k}").as_bytes()).to_hex()[..9].replace(|c: char| c.is_ascii_digit(), "q");
    format!("What is {}?", (0..60).map(word).collect::<Vec<_>>().join(" "))
}

fn answer(request: &ChatRequest) -> Reply {
    let all = json!({
        "question": question(request),
        "code": format!("print({})\n{}", request.ordinal, "# a long program\n".repeat(100)),
        "objections": "It does not say enough. ".repeat(200),
        "self_contained": request.sample > 0 || request.role != Role::Critic,
        "answerable": true,
        "answer_hidden": true,
        "remark": "good ".repeat(200),
        "difficulty": 4,
        "solvability": 4,
        "diversity": 4,
    });
    // Every fifth slot has to be asked again.
    let text = if request.ordinal.is_multiple_of(5) && request.sample.is_multiple_of(2) {
        "no JSON. ".repeat(5000)
    } else {
        all.to_string()
    };
    crate::fakes::said(text)
}

#[tokio::test]
async fn few_shot_stays_bounded() {
    let prompts = FewShot::prompt(None).unwrap();
    bounded(&FewShot::new(&seeds(), 3, 7, Sampling::default(), prompts)).await;
}

#[tokio::test]
async fn self_instruct_stays_bounded() {
    let prompts = SelfInstruct::prompts(None).unwrap();
    let settings = self_instruct::Settings::default();
    bounded(&SelfInstruct::new(&seeds(), &settings, 7, Sampling::default(), prompts).unwrap()).await;
}

#[tokio::test]
async fn evol_instruct_stays_bounded() {
    let prompts = EvolInstruct::prompts(None).unwrap();
    let settings =
        evol_instruct::Settings { max_depth: 1000, from_accepted: 0.9, ..evol_instruct::Settings::default() };
    bounded(&EvolInstruct::new(&seeds(), &settings, 7, Sampling::default(), prompts).unwrap()).await;
}

#[tokio::test]
async fn multi_agent_stays_bounded() {
    let prompts = MultiAgent::prompts(None).unwrap();
    let settings = multi_agent::Settings::default();
    bounded(&MultiAgent::new(&seeds(), &settings, 7, Sampling::default(), prompts).unwrap()).await;
}

/// Requests of slots 400 to 500 are no longer than those of slots 20 to 120, kind by kind; the first slots have nothing
/// accepted to be shown yet.
async fn bounded(generator: &dyn Generator) {
    let desk = Fake::new(answer);
    let mut came = 0;
    for ordinal in 0..500 {
        if let Generated::Draft(draft, provenance) = generator.generate(ordinal, &desk).await.unwrap() {
            came += 1;
            let mut candidate = accepted(&format!("{ordinal:05}"), &draft.domain, &draft.question);
            candidate.code = draft.code().map(str::to_owned);
            (candidate.family, candidate.depth) = (provenance.family, provenance.depth);
            desk.accept(candidate);
        }
    }
    assert!(came >= 450, "{came} drafts");
    let requests = desk.requests();
    let longest = |kind: &str, slots: std::ops::Range<u64>| {
        let of_kind = requests.iter().filter(|r| slots.contains(&r.ordinal) && form(r) == kind);
        of_kind.map(|r| r.rendered().len()).max().unwrap_or_default()
    };
    let kinds: std::collections::BTreeSet<&str> = requests.iter().map(form).collect();
    for kind in kinds {
        let (early, late) = (longest(kind, 20..120), longest(kind, 400..500));
        assert!(early > 0 && late <= early + early / 10, "{kind}: {early} then {late} bytes");
    }
    assert!(desk.chosen().values().all(|c| c.to_string().len() < 8_000), "a choice is long");
}
