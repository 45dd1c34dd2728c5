//! Budgets: nothing is begun that would go beyond, what was begun is kept, and a larger budget goes on.

use loong::engine::{Bound, Budget, Concurrency, Control, Ended, EngineRecipe, Ledger};
use loong::model::{Price, Role};

use crate::fakes::{Bench, Fault, recipe};

fn within(candidates: u64, budget: Budget) -> EngineRecipe {
    EngineRecipe { budget, ..recipe(candidates) }
}

/// Ten tokens a reply: at a dollar a million, $0.00001.
const PRICE: Price = Price { input: 1.0, cached: None, output: 1.0 };

#[tokio::test]
async fn money_is_not_overspent_and_what_was_paid_is_kept() {
    let bench = Bench::new();
    bench.cost(PRICE);
    let report = bench.run(within(500, Budget { usd: Some(0.000_505), ..Budget::default() }), Control::default()).await;
    assert_eq!(report.why, Ended::Budget(Bound::Usd));
    let usd = Ledger::of(report.spent.clone()).usd();
    assert!((0.000_45..=0.000_505).contains(&usd), "{usd}");
    assert_eq!(report.spent.iter().map(|line| line.replies).sum::<u64>(), bench.model.asked(), "a paid reply is lost");
    let more = bench.run(within(30, Budget { usd: Some(1.0), ..Budget::default() }), Control::default()).await;
    assert_eq!((more.why, more.filled), (Ended::Done, 30));
    assert_eq!(bench.model.answered_again(), 0);
}

#[tokio::test]
async fn a_question_that_was_bought_is_answered_before_another_is() {
    let bench = Bench::new();
    // Sixteen candidates of two replies, in a run that would buy thirty-two questions at once.
    let wide = Concurrency { generate: 40, ..recipe(1).concurrency };
    let tight = EngineRecipe { concurrency: wide, ..within(500, Budget { tokens: Some(320), ..Budget::default() }) };
    let report = bench.run(tight, Control::default()).await;
    assert_eq!(report.why, Ended::Budget(Bound::Tokens));
    let lines = |role| report.spent.iter().filter(move |line| line.role == role).map(|line| line.replies).sum::<u64>();
    let (bought, decided) = (lines(Role::Generator), report.by_state["agrees"]);
    assert!(decided >= 12 && decided + 1 >= bought, "{decided} of {bought} questions are decided");
    let more = bench.run(within(30, Budget { tokens: Some(100_000), ..Budget::default() }), Control::default()).await;
    assert_eq!((more.why, more.filled), (Ended::Done, 30));
    assert_eq!(bench.model.answered_again(), 0);
}

#[tokio::test]
async fn a_slot_that_is_left_open_holds_nobody_up() {
    let bench = Bench::new();
    for slot in 0..4 {
        bench.model.fault(slot, Fault::SolverDown(100));
    }
    bench.model.end_at(12);
    let report = bench.run(within(20, Budget { tokens: Some(900), ..Budget::default() }), Control::default()).await;
    assert_eq!(report.written, 8, "{report:?}");
}

#[tokio::test]
async fn a_cost_that_nobody_knows_ends_a_budget_of_money() {
    let bench = Bench::new();
    let report = bench.run(within(500, Budget { usd: Some(1.0), ..Budget::default() }), Control::default()).await;
    assert_eq!(report.why, Ended::Budget(Bound::Unpriced));
    assert!(bench.model.asked() <= 8, "{}", bench.model.asked());
}

#[tokio::test]
async fn accepted_candidates_are_counted_over_all_sittings() {
    let bench = Bench::new();
    for slot in 0..5 {
        bench.model.fault(slot, Fault::Code("crash"));
    }
    let ten = Budget { candidates: Some(10), ..Budget::default() };
    let report = bench.run(within(500, ten), Control::default()).await;
    assert_eq!(report.why, Ended::Budget(Bound::Candidates));
    assert!((10..40).contains(&report.by_state["agrees"]), "{report:?}");
    let again = bench.run(within(500, ten), Control::default()).await;
    assert_eq!((again.why, again.asked), (Ended::Budget(Bound::Candidates), 0));
}

#[tokio::test]
async fn a_pilot_is_the_beginning_of_the_run() {
    let bench = Bench::new();
    let pilot = bench.run(within(20, Budget { slots: Some(3), ..Budget::default() }), Control::default()).await;
    assert_eq!((pilot.why, pilot.filled), (Ended::Budget(Bound::Slots), 3));
    let rest = bench.run(recipe(20), Control::default()).await;
    assert_eq!((rest.why, rest.filled, rest.written), (Ended::Done, 20, 17));
    assert_eq!(bench.model.answered_again(), 0);
}

#[tokio::test]
async fn no_time_begins_nothing() {
    let bench = Bench::new();
    let report = bench.run(within(20, Budget { seconds: Some(0), ..Budget::default() }), Control::default()).await;
    assert_eq!((report.why, report.asked), (Ended::Budget(Bound::Seconds), 0));
}

#[tokio::test]
async fn a_ledger_goes_on_over_sittings() {
    let bench = Bench::new();
    bench.cost(PRICE);
    let control = Control::default();
    bench.stop_after(5, control.clone());
    bench.run(recipe(20), control).await;
    bench.never_stop();
    let report = bench.run(recipe(20), Control::default()).await;
    let ledger = Ledger::of(report.spent);
    assert_eq!(ledger.replies(), 40);
    assert!((ledger.usd() - 40.0 * 0.000_01).abs() < 1e-12, "{}", ledger.usd());
    assert_eq!(ledger.unpriced(), 0);
}
