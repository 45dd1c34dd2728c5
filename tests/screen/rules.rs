//! The rules screen: what is changed flips at once, examples open, a version is applied or left.

use std::ops::ControlFlow;

use loong::review::plan::{self, Wish};
use loong::review::rules::{Rules, Scope, apply};
use loong::store::OpenMode;
use loong::store::filter::Filter;
use loong::store::record::{
    Agreement, CandidateRecord, Judgement, NewDecision, Origin, ReferenceKind, ResponseRecord, StageSeconds,
};
use loong::store::version::VersionState;
use loong::tui::app::{Overlay, Screen};
use loong::tui::msg::Msg;
use loong::tui::rules::{Pane, Rule, RulesScreen};
use loong::verifier::{Leniency, Outcome, Pair, Preset, RuleVerifier, Tier, Verifier, VerifierOptions};

use crate::bench::{Bench, Desk, rows};
use crate::pictures::{SIZES, THEMES, snapshot};

/// Pairs and what people said of some; the default rules have verified them.
const PAIRS: [(&str, &str, Option<Judgement>); 8] = [
    ("x = 3", "so it is \\boxed{3}", Some(Judgement::Equivalent)),
    ("m_{max} = 12", "\\boxed{12}", Some(Judgement::Different)),
    ("600/7", "\\boxed{85.71}", Some(Judgement::Equivalent)),
    ("1365", "\\boxed{2731}", Some(Judgement::Different)),
    ("\\frac{\\pi}{16}", "\\boxed{pi/16}", None),
    ("25 g", "\\boxed{25}", None),
    ("42", "\\boxed{42}", Some(Judgement::Equivalent)),
    ("Petya", "\\boxed{Petya will receive the last token}", None),
];

pub(crate) fn candidates() -> Vec<CandidateRecord> {
    let verifier = RuleVerifier::default();
    let response = |sample: u32, reference: &str, text: &str| {
        let pair = Pair {
            references: vec![reference.to_owned()],
            response: text.to_owned(),
            question: Some(format!("What is {reference}?")),
            domain: Some("advanced_math".to_owned()),
            ..Pair::default()
        };
        let verdict = verifier.verify(&pair);
        ResponseRecord {
            sample,
            solver: "qwen3-32b".to_owned(),
            reply_id: None,
            text: text.to_owned(),
            reasoning: None,
            answer: verdict.extracted.clone(),
            failure: None,
            verdict: Some(verdict),
            given_reward: None,
        }
    };
    let candidate = |(reference, text, _): &(&str, &str, Option<Judgement>)| CandidateRecord {
        uid: format!("rules-{reference}"),
        origin: Origin::Import,
        run_id: None,
        ordinal: None,
        strategy: "rollouts.jsonl".to_owned(),
        domain: "advanced_math".to_owned(),
        question: format!("What is {reference}?"),
        code: None,
        dependencies: Vec::new(),
        reference: Some((*reference).to_owned()),
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
        responses: vec![response(0, reference, "\\boxed{77}"), response(1, reference, text)],
        agreement: Agreement::None,
        seconds: 0.0,
        metadata: serde_json::Map::new(),
    };
    PAIRS.iter().map(candidate).collect()
}

pub(crate) fn bench(size: (u16, u16), theme: &str) -> Bench {
    let bench = Bench::new(size, theme, candidates());
    let store = bench.store();
    for (id, (_, _, judgement)) in (1..).zip(PAIRS).filter(|(_, pair)| pair.2.is_some()) {
        let decision = NewDecision {
            candidate: id,
            sample: Some(1),
            judgement,
            reviewer: "mia".to_owned(),
            ..NewDecision::default()
        };
        store.decide_blocking(decision).unwrap();
    }
    bench
}

/// Keys that select a rule, from the top of the list.
fn to(bench: &Bench, rule: Rule) -> String {
    let at = bench.app.rules.rules().iter().position(|r| *r == rule).unwrap();
    format!("g g {}", "j ".repeat(at))
}

fn flipped(bench: &Bench) -> u64 {
    bench.app.rules.flips.as_ref().unwrap().0.flipped
}

fn opened() -> Bench {
    let mut bench = bench((200, 55), "dark");
    bench.keys("g v");
    bench
}

#[test]
fn pairs_without_a_verdict_are_told_apart_from_flips() {
    let mut all = candidates();
    all[6].responses[0].verdict = None;
    let mut bench = Bench::new((200, 55), "dark", all);
    bench.keys("g v");
    let text = bench.text();
    for said in ["0 flips of 16 pairs · 1 without a verdict yet", "no verdict changes"] {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    bench.keys("a enter");
    assert!(bench.text().contains("1 get their first"), "{}", bench.text());
}

#[test]
fn keys_that_come_before_the_rules_are_read_mean_the_rules_that_are_read() {
    let mut bench = opened();
    let keys = to(&bench, Rule::Leniency(Leniency::LhsDropped));
    bench.app.rules = RulesScreen { sweep: bench.app.rules.sweep, ..RulesScreen::default() };
    bench.keys(&keys);
    bench.keys("space");
    assert_eq!(bench.app.rules.trial, Rules::default(), "a list that is not known yet is not changed");
    bench.hear(Msg::Rules(Ok(Rules::default()), None));
    assert_eq!(bench.app.rules.rule(), Some(Rule::Leniency(Leniency::LhsDropped)));
    assert_eq!(flipped(&bench), 2);

    // Where nobody waits for them they are gone.
    bench.app.rules = RulesScreen { sweep: bench.app.rules.sweep, ..RulesScreen::default() };
    bench.keys(&keys);
    bench.keys("space esc");
    bench.hear(Msg::Rules(Ok(Rules::default()), None));
    bench.keys("g v");
    assert_eq!(flipped(&bench), 0);
}

#[test]
fn a_leniency_is_withdrawn_and_its_flips_are_there() {
    let mut bench = opened();
    assert_eq!(bench.app.screen, Screen::Rules);
    assert!(bench.app.rules.whole);
    assert_eq!(flipped(&bench), 0);
    assert!(bench.text().contains("no verdict changes"), "{}", bench.text());
    let keys = to(&bench, Rule::Leniency(Leniency::LhsDropped));
    bench.keys(&keys);
    bench.keys("space");
    assert_eq!(flipped(&bench), 2);
    let text = bench.text();
    for said in ["judgements contradicted", "judgements newly satisfied", "lhs-dropped", "1 changed", "m_max = 12"] {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    assert!(bench.store().reader().unwrap().versions().unwrap().is_empty(), "a trial writes nothing");
    bench.keys("x");
    assert_eq!(flipped(&bench), 0);
    bench.keys("esc");
    assert_eq!(bench.app.screen, Screen::Review);
}

#[test]
fn a_change_without_flips_says_so_and_the_selected_rule_is_read_whole() {
    let mut bench = Bench::new((120, 40), "dark", candidates());
    bench.keys("g v");
    assert!(bench.text().contains("Change a rule, and the verdicts"), "{}", bench.text());
    let keys = to(&bench, Rule::Leniency(Leniency::ConstantDropped));
    bench.keys(&keys);
    bench.keys("space");
    assert_eq!(flipped(&bench), 0);
    assert!(bench.text().contains("What was changed flips no verdict"), "{}", bench.text());
    for size in [(200, 55), (120, 40), (100, 24), (80, 24)] {
        bench.app.size = size;
        for leniency in Leniency::ALL.iter().copied() {
            let keys = to(&bench, Rule::Leniency(leniency));
            bench.keys(&keys);
            let words = bench.text().replace(['┃', '│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
            let last = leniency.meaning().rsplit(' ').next().unwrap();
            assert!(words.contains(last) && !words.contains('…'), "{size:?} {leniency}: {}", bench.text());
        }
    }
}

#[test]
fn presets_tiers_and_the_tolerance_are_tried() {
    let mut bench = opened();
    bench.keys("enter");
    assert_eq!(bench.app.rules.trial.options.preset, Preset::Strict, "enter changes what is selected");
    let strict = flipped(&bench);
    assert!(strict >= 4, "{strict}");
    bench.keys("x");
    let keys = to(&bench, Rule::Tier(Tier::Number));
    bench.keys(&keys);
    bench.keys("space");
    assert!(flipped(&bench) > 0);
    let (flips, _) = bench.app.rules.flips.clone().unwrap();
    assert!(flips.classes.keys().all(|class| class.to == Outcome::Undecided), "{flips:?}");
    assert_eq!(bench.app.rules.rule(), Some(Rule::Tier(Tier::Number)), "the selection goes with its tier");
    bench.keys("x");
    let keys = to(&bench, Rule::Tier(Tier::Judge));
    bench.keys(&keys);
    bench.keys("K");
    assert_eq!(bench.app.rules.trial.tiers()[4..], [Tier::Judge, Tier::Symbolic]);
    bench.keys("J");
    assert_eq!(bench.app.rules.trial, Rules::default());
    bench.keys("g g J");
    assert!(bench.toast().contains("only tiers have an order"), "{}", bench.toast());

    let keys = to(&bench, Rule::Tolerance);
    bench.keys(&keys);
    bench.keys("space \"nonsense\" enter");
    assert!(bench.toast().contains("between 0 and 1"), "{}", bench.toast());
    bench.keys("space \"0.9\" enter");
    assert_eq!(bench.app.rules.trial.options.tolerance, Some(0.9));
    assert!(flipped(&bench) > 0);
}

#[test]
fn an_example_opens_in_review_at_its_response() {
    let mut bench = opened();
    let keys = to(&bench, Rule::Leniency(Leniency::UnitsDropped));
    bench.keys(&keys);
    bench.keys("space tab G enter");
    assert_eq!(bench.app.screen, Screen::Review);
    assert_eq!(bench.app.review.selected, Some(6));
    assert_eq!(bench.app.review.book().unwrap().response, 1, "the second response is meant");
    // Back there, the trial is as it was left.
    bench.keys("g v");
    assert_eq!((bench.app.rules.pane, flipped(&bench)), (Pane::Flips, 1));
}

#[test]
fn a_filter_does_not_hide_an_example() {
    let mut bench = opened();
    bench.keys("g r / \"id:1\" enter g v");
    let keys = to(&bench, Rule::Leniency(Leniency::UnitsDropped));
    bench.keys(&keys);
    bench.keys("space tab G enter");
    assert_eq!((bench.app.review.selected, bench.app.review.ids.len()), (Some(6), 8));
}

#[test]
fn a_version_is_applied_when_it_is_confirmed() {
    let mut bench = opened();
    let keys = to(&bench, Rule::Leniency(Leniency::LhsDropped));
    bench.keys(&keys);
    bench.keys("space a \"names␣matter\" enter");
    let Some(Overlay::Confirm(question)) = &bench.app.overlay else { panic!("{}", bench.text()) };
    assert!(question.text.contains("2 verdicts would become another word, 1 judgement be newly contradicted"));
    bench.keys("n");
    assert!(bench.store().reader().unwrap().versions().unwrap().is_empty(), "no means no");
    bench.keys("a esc");
    assert!(bench.app.overlay.is_none(), "esc leaves");
    bench.keys("a \"names␣matter\" enter y");
    let version = bench.store().reader().unwrap().versions().unwrap().remove(0);
    assert_eq!((version.state, version.flips, version.pairs), (VersionState::Done, 2, 16));
    assert_eq!((version.reviewer.as_str(), version.note.as_deref()), ("mia", Some("names matter")));
    assert!(bench.toast().contains("16 verdicts written"), "{}", bench.toast());
    assert!(bench.app.rules.applying.is_none() && bench.app.busy.is_none());
    assert_eq!(flipped(&bench), 0, "what is tried is what is applied now");
    let count = |word: &str| bench.store().reader().unwrap().count(&Filter::parse(word).unwrap()).unwrap();
    assert_eq!(count("leniency:lhs-dropped"), 0);
}

#[test]
fn a_half_applied_version_is_told_and_finished_here() {
    let bench_folder = {
        let bench = opened();
        let rules = Rules::new(VerifierOptions::preset(Preset::Strict));
        let mut records = candidates();
        for n in 0..300 {
            let mut more = records[0].clone();
            more.uid = format!("more-{n}");
            records.push(more);
        }
        bench.store().put_candidates_blocking(records).unwrap();
        apply(&bench.store(), &Scope::default(), &rules, None, ("ada", None), |_, _| ControlFlow::Break(())).unwrap();
        bench
    };
    let mut bench = bench_folder;
    let project = bench.app.project.clone().unwrap();
    bench.hear(Msg::Entered(Box::new(project), None));
    assert!(bench.toast().contains("is half applied; g v and then a finishes it"), "{}", bench.toast());
    bench.keys("g v");
    assert!(bench.text().contains("is half applied: up to 256 of 308"), "{}", bench.text());
    bench.keys("a");
    assert!(bench.text().contains("Finish it?"), "{}", bench.text());
    bench.keys("y");
    assert!(bench.store().reader().unwrap().half_applied().unwrap().is_none());
    assert!(!bench.text().contains("half applied"), "{}", bench.text());
}

#[test]
fn a_reader_tries_and_applies_nothing() {
    let mut bench = opened();
    let project = Desk::open(bench.folder.path(), OpenMode::ReadOnly);
    bench.hear(Msg::Entered(Box::new(project), None));
    bench.keys("g v enter");
    assert!(flipped(&bench) > 0, "to try is to read");
    bench.keys("a \"worse\" enter");
    assert!(bench.toast().contains("reading alone"), "{}", bench.toast());
    assert!(bench.app.overlay.is_none() && bench.app.prompt.is_some());
}

#[test]
fn blind_shows_no_verdict_of_what_nobody_judged() {
    let mut bench = opened();
    bench.app.review.blind = true;
    let keys = to(&bench, Rule::Leniency(Leniency::UnitsDropped));
    bench.keys(&keys);
    bench.keys("space");
    let text = bench.text();
    assert!(text.contains("units-dropped") && !text.contains("25 g"), "{text}");
}

/// The examples are verdicts, and what others said: of pairs that a blind plan waits for, neither is told.
#[test]
fn an_open_blind_plan_keeps_its_pairs_from_the_examples() {
    let mut bench = opened();
    let store = bench.store();
    let reader = store.reader().unwrap();
    let plan = plan::make(&reader, &Filter::all(), 7, true, Wish::Size(16)).unwrap();
    store.put_plan_blocking(plan).unwrap();
    let said = NewDecision {
        candidate: 6,
        sample: Some(1),
        judgement: Some(Judgement::Different),
        reviewer: "ada".to_owned(),
        ..NewDecision::default()
    };
    store.decide_blocking(said).unwrap();
    // Drawn elsewhere since this one listed.
    bench.keys("g r g v");
    let keys = to(&bench, Rule::Leniency(Leniency::UnitsDropped));
    bench.keys(&keys);
    bench.keys("space");
    assert_eq!(flipped(&bench), 1, "it is counted");
    let text = bench.text();
    assert!(text.contains("units-dropped") && text.contains("hidden until you have judged"), "{text}");
    assert!(!text.contains("25 g") && !text.contains("(people"), "{text}");
    bench.keys("tab enter");
    assert_eq!(bench.app.screen, Screen::Rules, "what is hidden cannot be opened");
    // Judged by this reviewer, it is shown.
    for sample in [0, 1] {
        let judgement = Some(Judgement::Different);
        let reviewer = "mia".to_owned();
        let said = NewDecision { candidate: 6, sample: Some(sample), judgement, reviewer, ..NewDecision::default() };
        store.decide_blocking(said).unwrap();
    }
    bench.keys("g r g v");
    assert!(bench.text().contains("25 g"), "{}", bench.text());
}

#[test]
fn a_late_answer_of_another_trial_is_not_shown() {
    let mut bench = opened();
    let (flips, progress) = bench.app.rules.flips.clone().unwrap();
    let nth = bench.app.rules.sweep;
    bench.keys("enter");
    assert!(flipped(&bench) > 0);
    bench.hear(Msg::Swept { nth, swept: Ok((flips, progress)) });
    assert!(flipped(&bench) > 0);
}

#[test]
fn the_rules_screen() {
    for (size, theme) in SIZES.into_iter().flat_map(|size| THEMES.map(|theme| (size, theme))) {
        for (scene, more) in [("rules", ""), ("flips", "tab j")] {
            let mut bench = bench(size, theme);
            bench.keys("g v");
            let keys = to(&bench, Rule::Leniency(Leniency::LhsDropped));
            bench.keys(&keys);
            bench.keys(&format!("space j {more}"));
            bench.app.toast = None;
            let (buffer, cursor) = bench.picture();
            assert!(cursor.is_some(), "the cursor stands on what is selected");
            snapshot(&format!("rules_{scene}_{}x{}_{theme}", size.0, size.1), &buffer);
            let widest = rows(&buffer).iter().map(|row| row.chars().count()).max().unwrap_or(0);
            assert!(widest <= usize::from(size.0));
        }
    }
}

#[test]
fn what_a_rule_means_can_be_read_at_every_size() {
    for size in [(60, 16), (60, 20), (80, 24), (100, 30), (120, 40), (159, 45), (200, 55)] {
        let mut bench = bench(size, "dark");
        bench.keys("g v");
        for (nth, rule) in bench.app.rules.rules().into_iter().enumerate() {
            let meaning = match rule {
                Rule::Leniency(leniency) => leniency.meaning(),
                Rule::Tier(tier) => tier.meaning(),
                _ => continue,
            };
            bench.app.rules.selected = nth;
            // Where it takes two rows, they are in the left box, one below the other.
            let shown: Vec<String> = rows(&bench.picture().0);
            let left: String = shown
                .iter()
                .map(|row| row.split(['│', '┃']).nth(1).unwrap_or_default().trim())
                .collect::<Vec<_>>()
                .join(" ");
            assert!(left.contains(meaning), "{size:?}: {meaning}\n{}", shown.join("\n"));
        }
    }
}

#[test]
fn rules_that_are_not_read_yet_are_nobodys_and_not_shown() {
    for size in [(60, 16), (80, 24), (120, 40), (200, 55)] {
        let mut bench = bench(size, "dark");
        bench.keys("g v");
        let read = bench.text();
        assert!(read.contains("rounding") && read.contains("as configured"), "{read}");
        bench.app.rules.present = None;
        bench.app.rules.flips = None;
        let text = bench.text();
        assert!(text.contains("reading the project's rules…"), "{text}");
        for shown in ["rounding", "standard", "as configured", "counting", "space", "apply"] {
            assert!(!text.contains(shown), "{shown}\n{text}");
        }
        bench.app.rules.fault = Some("loong.toml: line 3: no such rule".to_owned());
        let text = bench.text();
        assert!(text.contains("line 3: no such rule") && !text.contains("rounding"), "{text}");
    }
}

#[test]
fn the_chosen_pair_is_read_whole() {
    let mut bench = bench((120, 40), "dark");
    bench.keys("g v j j j space");
    let (flips, _) = bench.app.rules.flips.clone().unwrap();
    let reasons: Vec<String> =
        flips.classes.values().flat_map(|c| c.examples.iter()).map(|e| e.reason.clone()).collect();
    let longest = reasons.iter().max_by_key(|reason| reason.len()).unwrap();
    let is_read = |bench: &Bench| {
        let shown: Vec<String> = rows(&bench.picture().0);
        let right = shown.iter().map(|row| row.split(['│', '┃']).nth(2).unwrap_or_default().trim().to_owned());
        right.collect::<Vec<_>>().join(" ").contains(longest)
    };
    assert!(!is_read(&bench), "its row has room for it: {longest}");
    bench.keys("tab");
    let mut steps = 0;
    while !is_read(&bench) {
        bench.keys("j");
        steps += 1;
        assert!(steps < 40, "{longest}\n{}", bench.text());
    }
}
