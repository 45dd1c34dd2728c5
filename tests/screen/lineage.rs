//! A lineage walked: to the parent, to the child, back, and by the panel.

use loong::store::record::CandidateRecord;

use crate::bench::Bench;
use crate::fixtures;

/// A seed's candidate, what was made of it, what was made of that, and one that stands apart.
pub(crate) fn family() -> Vec<CandidateRecord> {
    let of = |nth: u64, parent: Option<u64>, depth: u32, operation: Option<&str>| {
        let question = format!("What is {nth} plus {}?", nth * 11);
        let record = fixtures::candidate(nth, "logic", &question, "print(1)", "1");
        CandidateRecord {
            parent: parent.map(|p| format!("fixture-{p}")),
            depth,
            operation: operation.map(str::to_owned),
            ..record
        }
    };
    vec![
        of(0, None, 0, None),
        of(1, Some(0), 1, Some("deepening")),
        of(2, None, 0, None),
        of(3, Some(1), 2, Some("persona")),
        of(4, Some(9), 1, Some("mixing")),
    ]
}

#[test]
fn a_lineage_is_walked_up_down_and_back() {
    let mut bench = Bench::new((120, 40), "dark", family());
    bench.keys("G (");
    assert_eq!(bench.app.review.selected, Some(5), "its parent is not in the store");
    bench.keys("k (");
    assert_eq!(bench.app.review.selected, Some(2));
    bench.keys("(");
    assert_eq!(bench.app.review.selected, Some(1));
    bench.keys("(");
    assert_eq!(bench.app.review.selected, Some(1), "it was made of no candidate");
    bench.keys(")");
    assert_eq!(bench.app.review.selected, Some(2));
    bench.keys("ctrl-o ctrl-o ctrl-o");
    assert_eq!(bench.app.review.selected, Some(4));
}

#[test]
fn a_candidate_that_is_not_listed_brings_its_lineage_into_the_list() {
    let mut bench = Bench::new((120, 40), "dark", family());
    bench.keys("/ i d : 4 enter");
    assert_eq!(bench.app.review.ids.to_vec(), [4]);
    bench.keys("(");
    assert_eq!((bench.app.review.selected, bench.app.review.ids.to_vec()), (Some(2), vec![1, 2, 4]));
    bench.keys("ctrl-o");
    assert_eq!((bench.app.review.selected, bench.app.review.ids.to_vec()), (Some(4), vec![4]));
}

#[test]
fn a_step_of_the_lineage_panel_is_taken() {
    let mut bench = Bench::new((120, 40), "dark", family());
    bench.keys("j I");
    assert!(bench.text().contains("enter go to #1"), "its parent is offered first: {}", bench.text());
    bench.keys("j");
    assert!(!bench.text().contains("enter go"), "itself leads nowhere");
    bench.keys("j enter");
    assert_eq!(bench.app.review.selected, Some(4));
    bench.keys("ctrl-o I enter");
    assert_eq!(bench.app.review.selected, Some(1));
}

#[test]
fn a_title_in_the_panel_is_typeset_before_it_is_cut() {
    let mut records = family();
    // The stored title ends in the middle of the second formula.
    let long = "Evaluate $\\displaystyle\\int_{0}^{\\infty}\\frac{dx}{1+x^{3}}$ and then find $\\sum_{n=1}^{\\infty}\\frac{1}{n^2}$ too.";
    records[0] =
        CandidateRecord { uid: records[0].uid.clone(), ..fixtures::candidate(0, "logic", long, "print(1)", "1") };
    let mut bench = Bench::new((120, 40), "dark", records);
    bench.keys("j I");
    let text = bench.text();
    let row = text.lines().find(|line| line.contains("depth 0")).unwrap_or_default();
    assert!(row.contains("too.") && !row.contains(['$', '\\']), "{row}");
}
