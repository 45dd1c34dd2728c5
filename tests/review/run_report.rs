//! The report of a run: distances against scikit-learn, and the paper's figures from candidates that are known.

use loong::failure::{FailureKind, Stage};
use loong::model::Role;
use loong::review::run_report::words::{Corpus, words};
use loong::review::run_report::{Gathered, RunReport, compare, markdown};
use loong::store::Spending;
use loong::store::record::{Agreement, CandidateView, StageSeconds};
use loong::verifier::Outcome;

use crate::views::{With, agreeing, broken, candidate, failed, response};

#[test]
fn distances_are_those_of_scikit_learn() {
    let mut pairs = 0;
    for line in include_str!("distances.tsv").lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let texts: Vec<String> = serde_json::from_str(parts[0]).unwrap();
        let cosine: Vec<Vec<f64>> = serde_json::from_str(parts[1]).unwrap();
        let jaccard: Vec<Vec<f64>> = serde_json::from_str(parts[2]).unwrap();
        let mut corpus = Corpus::default();
        for text in &texts {
            assert_eq!(words(text).join(" "), *text, "the same words");
            corpus.add(text);
        }
        for a in 0..texts.len() {
            for b in 0..texts.len() {
                let ours = corpus.distance(a, b);
                assert!((ours.cosine - cosine[a][b]).abs() < 1e-9, "{a} {b}: {ours:?}, not {}: {line}", cosine[a][b]);
                assert!(
                    (ours.lexical - jaccard[a][b]).abs() < 1e-9,
                    "{a} {b}: {ours:?}, not {}: {line}",
                    jaccard[a][b]
                );
                pairs += 1;
            }
        }
    }
    assert!(pairs > 600, "{pairs}");
}

fn asks(mut view: CandidateView, question: &str) -> CandidateView {
    question.clone_into(&mut view.record.question);
    view
}

/// Ten candidates of two strategies: what the paper tabulates of them can be said by hand.
fn made() -> Vec<CandidateView> {
    let right = || response(0, Some(Outcome::Equivalent));
    let wrong = |sample| response(sample, Some(Outcome::Different));
    let by = |mut r: loong::store::record::ResponseView, solver: &str| {
        solver.clone_into(&mut r.record.solver);
        r
    };
    let mut views = vec![
        asks(agreeing(1), "What is 2 + 3?"),
        asks(agreeing(2), "Name a prime below 30."),
        candidate(3, Agreement::Agrees, vec![right(), by(wrong(1), "solver-b")]),
        candidate(4, Agreement::Disagrees, vec![wrong(0)]),
        candidate(5, Agreement::Undecided, vec![response(0, Some(Outcome::Undecided))]),
        failed(6, Stage::Execute, FailureKind::CodeTimeout),
        failed(7, Stage::Generate, FailureKind::Duplicate),
        candidate(8, Agreement::None, vec![broken(0, Stage::Solve, FailureKind::ModelError)]),
        failed(9, Stage::Execute, FailureKind::CodeError).of("evol-instruct", "games"),
        agreeing(10).of("evol-instruct", "games"),
    ];
    for (view, seconds) in views.iter_mut().zip(1..) {
        view.record.stages = StageSeconds { generate: Some(f64::from(seconds)), ..StageSeconds::default() };
    }
    views
}

fn spending(strategy: &str, domain: &str, replies: u64, unpriced: u64, cost: f64) -> Spending {
    Spending {
        strategy: strategy.to_owned(),
        domain: domain.to_owned(),
        role: Role::Solver,
        replies,
        unknown: u64::from(unpriced > 0),
        prompt_tokens: 900,
        completion_tokens: 300,
        unpriced,
        cost,
        seconds: 1.0,
    }
}

fn report(views: &[CandidateView]) -> RunReport {
    let mut gathered = Gathered::default();
    for view in views {
        gathered.add(view);
    }
    let spending = [spending("few-shot", "logic", 12, 0, 0.6), spending("evol-instruct", "games", 4, 4, 0.0)];
    gathered.report(&spending, [("logic", "What is 2 + 3?"), ("finance", "Sell the shares.")])
}

#[test]
fn a_report_has_the_papers_figures() {
    let report = report(&made());
    let names: Vec<_> = report.rows.iter().map(|r| (r.strategy.as_deref(), r.domain.as_deref())).collect();
    let (evol, few) = (Some("evol-instruct"), Some("few-shot"));
    assert_eq!(names, [(evol, None), (evol, Some("games")), (few, None), (few, Some("logic")), (None, None)]);

    let few = &report.rows[2];
    let c = &few.counts;
    assert_eq!((c.agreed, c.disagreed, c.undecided, c.not_executable, c.failures()), (3, 1, 1, 1, 2));
    // Of candidates 1 to 5: 1, 1, 1/2, 0, 0; what infrastructure lost is counted nowhere.
    assert_eq!((few.accuracy.candidates, few.accuracy.responses), (5, 6));
    assert!((few.accuracy.estimate.unwrap() - 0.5).abs() < 1e-12, "{:?}", few.accuracy);
    let solvers: Vec<_> = report.solvers.iter().map(|s| (s.solver.as_str(), s.accuracy.estimate)).collect();
    assert_eq!(solvers, [("solver-a", Some(1.0)), ("solver-a", Some(0.6)), ("solver-b", Some(0.0))]);

    // The refused duplicate is in no dataset, so that it is not measured.
    assert_eq!((few.diversity.measured, few.diversity.questions), (7, 7));
    let seeds = few.diversity.seeds.unwrap();
    assert!(seeds.nearest.cosine < seeds.mean.cosine + 1e-12 && seeds.nearest.cosine > 0.0, "{seeds:?}");
    assert!(few.diversity.siblings.unwrap().nearest.lexical > 0.0);
    assert_eq!(report.rows[0].diversity.siblings.unwrap().questions, 2);

    assert_eq!(few.cost.tokens_per_agreeing, Some(400.0));
    assert!((few.cost.usd_per_agreeing.unwrap() - 0.2).abs() < 1e-12);
    let evol = &report.rows[0].cost;
    assert_eq!((evol.usd_per_agreeing, evol.without_price), (None, 4), "unknown is not 0");
    let all = &report.total().unwrap().cost;
    assert!(all.without_price == 4 && all.usd_per_agreeing.is_some(), "a lower bound: {all:?}");

    let times: Vec<_> = report.times.iter().map(|t| (t.strategy.as_deref(), t.stage, t.candidates, t.p50)).collect();
    assert_eq!(times[2], (None, "generate", 10, 5.5));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["rows"][2]["counts"]["pass"]["k"], 3);
    assert_eq!(json["rows"][0]["cost"]["usd_per_agreeing"], serde_json::Value::Null);
}

#[test]
fn replies_without_a_candidate_are_in_the_sum() {
    let outside = [spending("few-shot", "", 5, 0, 0.0645)];
    let report = report(&made()).with_outside(&outside);
    assert_eq!((report.outside.replies, report.all_replies.replies), (5, 21));
    assert!((report.all_replies.usd - 0.6645).abs() < 1e-9, "{:?}", report.all_replies);
    assert!(markdown(&report, "Run 1", None).contains("| **not in a candidate yet** |  | 5 |"));
    let alone = Gathered::default().report(&[], []).with_outside(&outside);
    assert!(markdown(&alone, "Run 1", None).contains("0.0645"), "money is told also where no candidate came of it");
}

#[test]
fn the_same_question_is_no_distance_from_its_seed() {
    let report = report(&[asks(agreeing(1), "what is 2 + 3"), asks(agreeing(2), "WHAT IS 2+3?")]);
    let diversity = report.rows[0].diversity;
    assert!(diversity.seeds.unwrap().nearest.cosine < 1e-9, "{diversity:?}");
    assert!(diversity.siblings.unwrap().nearest.lexical.abs() < 1e-12, "{diversity:?}");
    // Five pairs of words are three; the seed's are not counted.
    assert_eq!(diversity.distinct_2, Some(0.5));
}

#[test]
fn without_candidates_or_seeds_there_is_nothing_to_measure() {
    let nothing = Gathered::default().report(&[], []);
    assert_eq!(nothing, RunReport::default());
    assert!(compare(&nothing, &nothing).is_empty());
    assert!(markdown(&nothing, "Run 1", None).contains("no candidate"));
    let mut gathered = Gathered::default();
    gathered.add(&agreeing(1));
    let alone = gathered.report(&[], []);
    assert_eq!((alone.rows[0].diversity.seeds, alone.rows[0].diversity.siblings), (None, None));
}

/// The sample is bounded, the same for the same store, and says that it is one.
#[test]
fn of_many_questions_a_sample_is_measured() {
    let views = |order: &dyn Fn(i64) -> i64| {
        let mut gathered = Gathered::default();
        (0..1_500)
            .for_each(|id| gathered.add(&asks(agreeing(order(id)), &format!("Question {} of many", order(id) % 97))));
        gathered.report(&[], [("logic", "What is 2 + 3?")])
    };
    let (upwards, downwards) = (views(&|id| id), views(&|id| 1_499 - id));
    let diversity = upwards.rows[0].diversity;
    assert_eq!((diversity.measured, diversity.questions), (1_000, 1_500));
    let other = downwards.rows[0].diversity;
    assert_eq!(other.measured, 1_000);
    let (a, b) = (diversity.siblings.unwrap().mean.cosine, other.siblings.unwrap().mean.cosine);
    assert!((a - b).abs() < 1e-9, "{a} {b}");
}

#[test]
fn two_runs_stand_side_by_side() {
    let (all, agreeing_only) = (report(&made()), report(&[agreeing(1), agreeing(2)]));
    let changes = compare(&agreeing_only, &all);
    let pass = &changes[0];
    assert_eq!((pass.measure, pass.here, pass.there), ("pass", Some(1.0), Some(0.4)));
    let [low, high] = pass.interval.unwrap();
    assert!(low < 0.6 && 0.6 < high && high <= 1.0, "{low} {high}");
    let text = markdown(&all, "Run 2 | few\u{1b}[31m", Some(("run 1", &changes)));
    assert!(text.contains("## Against run 1") && !text.contains('\u{1b}') && text.contains("\\|"), "{text}");
    assert!(text.contains("| few-shot | logic | 8 | 37.5 ["), "{text}");
    assert_eq!(text, markdown(&all, "Run 2 | few\u{1b}[31m", Some(("run 1", &changes))), "the same bytes");
}
