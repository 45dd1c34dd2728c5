//! Rates, figures, cleaned text, and how `stats` shows them.

mod corrections;
mod plans;
mod reference;
mod run_report;
mod simulation;
#[path = "../views/mod.rs"]
mod views;

use loong::cli::stats::{Spend, Stats, render};
use loong::cli::table::{Align, Table, shortened};
use loong::failure::{FailureKind, Stage};
use loong::model::Role;
use loong::review::cleaned::{clean, clean_line};
use loong::review::figures::{Counts, Figures, pass_rate};
use loong::review::promotion::{Unfit, promoted, unfit};
use loong::review::proportion::Proportion;
use loong::review::rates::{Audit, Confusion, PairFact};
use loong::review::run_report::{Gathered, RunReport};
use loong::store::record::{Agreement, Curation, Judgement, RightSide, RunState, RunSummary};
use loong::verifier::{Outcome, Tier};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;
use views::{With, agreeing, broken, candidate, failed, response};

/// `statsmodels.stats.proportion.proportion_confint(k, n, alpha=0.05, method="wilson")`, statsmodels 0.15.0.
const WILSON: &[(u64, u64, f64, f64)] = &[
    (0, 1, 0.0, 0.793_450_685_622_762_7),
    (1, 1, 0.206_549_314_377_237_4, 1.0),
    (0, 10, 0.0, 0.277_532_799_862_889_26),
    (1, 10, 0.017_876_213_095_072_924, 0.404_150_026_795_238_54),
    (10, 10, 0.722_467_200_137_110_6, 1.0),
    (7, 9, 0.452_588_969_106_988_87, 0.936_774_892_882_153_3),
    (50, 100, 0.403_831_530_365_995_6, 0.596_168_469_634_004_4),
    (343, 1_615, 0.193_131_292_092_523_78, 0.233_001_517_307_622_75),
    (3, 100_000, 1.020_275_854_451_734_8e-5, 8.820_804_925_176_734e-5),
    (999_999, 1_000_000, 0.999_994_335_088_195_7, 0.999_999_823_475_423_3),
];

#[test]
fn wilson_intervals_are_those_of_statsmodels() {
    for &(k, n, low, high) in WILSON {
        let p = Proportion::new(k, n);
        assert!((p.low - low).abs() < 1e-9, "{k}/{n}: low {} is not {low}", p.low);
        assert!((p.high - high).abs() < 1e-9, "{k}/{n}: high {} is not {high}", p.high);
        assert_eq!(p.estimate, Some(k as f64 / n as f64));
    }
}

#[test]
fn no_trial_means_nothing_is_known() {
    let p = Proportion::new(0, 0);
    assert_eq!((p.estimate, p.low, p.high), (None, 0.0, 1.0));
}

proptest! {
    #[test]
    fn an_interval_holds_its_estimate_and_mirrors(n in 1_u64..2_000_000, part in 0.0..=1.0_f64) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "part of n")]
        let k = (n as f64 * part) as u64;
        let p = Proportion::new(k, n);
        let estimate = p.estimate.unwrap();
        prop_assert!(0.0 <= p.low && p.low <= estimate && estimate <= p.high && p.high <= 1.0, "{p:?}");
        let mirror = Proportion::new(n - k, n);
        prop_assert!((p.low - (1.0 - mirror.high)).abs() < 1e-9);
    }
}

fn fact(outcome: Option<Outcome>, judgement: Option<Judgement>) -> PairFact {
    PairFact {
        outcome,
        tier: outcome.map(|_| Tier::Number),
        judgement,
        contested: false,
        domain: "logic".to_owned(),
        blind: None,
    }
}

#[test]
fn rates_follow_the_definitions() {
    use Judgement::{Different as D, Equivalent as E};
    use Outcome::{Different, Equivalent, Undecided};
    let mut confusion = Confusion::default();
    // Truly equivalent: 6 said equivalent, 3 different, 1 undecided. Truly different: 2, 7, 3.
    for (outcome, judgement, times) in [
        (Equivalent, E, 6),
        (Different, E, 3),
        (Undecided, E, 1),
        (Equivalent, D, 2),
        (Different, D, 7),
        (Undecided, D, 3),
    ] {
        for _ in 0..times {
            assert!(confusion.add(outcome, judgement));
        }
    }
    let rates = confusion.rates();
    let of = |p: Proportion| (p.k, p.n);
    assert_eq!(of(rates.false_negative), (4, 10), "undecided counts as not saying equivalent");
    assert_eq!(of(rates.false_negative_undecided), (1, 10));
    assert_eq!(of(rates.false_positive), (2, 12));
    assert_eq!(of(rates.precision), (6, 8));
    assert_eq!(of(rates.recall), (6, 10));
    assert_eq!(of(rates.undecided), (4, 22));
    assert_eq!(rates.pairs, 22);
}

#[test]
fn what_says_nothing_of_the_verifier_is_counted_and_left_out() {
    use Judgement::{CantTell, Equivalent};
    let mut contested = fact(Some(Outcome::Different), Some(Equivalent));
    contested.contested = true;
    let mut blind = fact(Some(Outcome::Different), Some(Equivalent));
    blind.blind = Some(true);
    blind.domain = "games".to_owned();
    blind.tier = Some(Tier::Text);
    let summary = Audit::of([
        fact(Some(Outcome::Equivalent), Some(Equivalent)),
        blind,
        fact(Some(Outcome::Different), Some(CantTell)),
        contested,
        fact(Some(Outcome::Error), Some(Equivalent)),
        fact(None, Some(Equivalent)),
        fact(Some(Outcome::Equivalent), None),
    ])
    .summary();
    assert_eq!(summary.overall.pairs, 2);
    assert_eq!((summary.cant_tell, summary.contested, summary.no_verdict, summary.unjudged), (1, 1, 2, 1));
    assert_eq!((summary.overall.false_negative.k, summary.overall.false_negative.n), (1, 2));
    assert_eq!((summary.blind.false_negative.k, summary.blind.false_negative.n), (1, 1));
    let names: Vec<(&str, u64)> = summary.by_domain.iter().map(|p| (p.name.as_str(), p.rates.pairs)).collect();
    assert_eq!(names, [("games", 1), ("logic", 1)]);
    let tiers: Vec<&str> = summary.by_tier.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(tiers, ["text", "number"], "in the order of the tiers");
    assert!(summary.basis.starts_with("judged pairs only (2 of 7)"), "{}", summary.basis);
}

#[test]
fn an_audit_measures_the_verdict_and_not_the_standing() {
    // The person overrides: the pair stands as equivalent now, and the verifier still was wrong about it.
    let view =
        candidate(1, Agreement::Agrees, vec![response(0, Some(Outcome::Different))]).judged(0, Judgement::Equivalent);
    let summary = Audit::of(PairFact::of(&view)).summary();
    assert_eq!((summary.overall.false_negative.k, summary.overall.false_negative.n), (1, 1));
}

fn mixed() -> Vec<loong::store::record::CandidateView> {
    vec![
        agreeing(1),
        agreeing(2).curated(Curation::Accept),
        candidate(
            3,
            Agreement::Disagrees,
            vec![
                response(0, Some(Outcome::Different)),
                response(1, Some(Outcome::Equivalent)),
                response(2, Some(Outcome::Error)),
                broken(3, Stage::Solve, FailureKind::NoAnswer),
                broken(4, Stage::Solve, FailureKind::ModelError),
            ],
        ),
        candidate(4, Agreement::Undecided, vec![response(0, Some(Outcome::Undecided))]).curated(Curation::Flag),
        failed(5, Stage::Execute, FailureKind::CodeTimeout),
        failed(6, Stage::Execute, FailureKind::CodeError),
        failed(7, Stage::Generate, FailureKind::Malformed),
        failed(8, Stage::Execute, FailureKind::VenvError).of("self-instruct", "games"),
        candidate(9, Agreement::None, vec![broken(0, Stage::Solve, FailureKind::Refused)]).of("self-instruct", ""),
        candidate(10, Agreement::None, Vec::new()).curated(Curation::Reject),
    ]
}

#[test]
fn every_candidate_is_in_exactly_one_part() {
    let total = Figures::of(&mixed()).total();
    assert_eq!(total.candidates, 10);
    assert_eq!((total.agreed, total.disagreed, total.undecided), (2, 1, 1));
    assert_eq!(total.not_executable, 2, "code_* kinds; a venv that could not be had is not the program's failure");
    let failed: Vec<(&str, u64)> = total.failed.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    assert_eq!(failed, [("malformed", 1), ("refused", 1), ("venv_error", 1)]);
    assert_eq!((total.unanswered, total.not_solved), (0, 1), "nobody was asked for the last one");
    let parts =
        total.agreed + total.disagreed + total.undecided + total.not_executable + total.failures() + total.not_solved;
    assert_eq!(parts, total.candidates);
    assert_eq!((total.accepted, total.rejected, total.flagged), (1, 1, 1));
    assert_eq!(total.responses, 9);
}

#[test]
fn pass_rate_counts_no_answer_and_not_infrastructure() {
    let views = mixed();
    // Different, equivalent and no answer count; the verifier's error and the model's do not.
    assert_eq!(pass_rate(&views[2]), Some(1.0 / 3.0));
    assert_eq!(pass_rate(&views[4]), None);
    let mean = Figures::of(&views).total().mean_pass_rate().unwrap();
    assert!((mean - (1.0 + 1.0 + 1.0 / 3.0 + 0.0) / 4.0).abs() < 1e-12, "{mean}");
}

#[test]
fn figures_are_kept_apart_by_strategy_and_domain_and_add_up() {
    let figures = Figures::of(&mixed());
    let names: Vec<(&str, Vec<&str>)> =
        figures.strategies().map(|(s, domains)| (s, domains.keys().map(String::as_str).collect())).collect();
    assert_eq!(names, [("few-shot", vec!["logic"]), ("self-instruct", vec!["", "games"])]);

    let mut again = Figures::default();
    for (strategy, domains) in figures.strategies() {
        for (domain, counts) in domains {
            again.add_counts(strategy, domain, counts);
        }
    }
    assert_eq!(again, figures);
    let json = serde_json::to_value(&figures).unwrap();
    assert_eq!(json["total"]["candidates"], 10);
    assert_eq!(json["rows"][1]["strategy"], "self-instruct");
    assert_eq!(json["rows"][0]["failed"]["malformed"], 1);
    assert_eq!(json["total"]["pass"]["k"], 2);
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let cases = [
        ("\u{1b}]0;owned\u{7}", "␛]0;owned␇"),
        ("a\u{1b}[2Jb", "a␛[2Jb"),
        ("\u{9b}31mred", "\\u{9b}31mred"),
        ("50\u{202e}%", "50⟨RLO⟩%"),
        ("pay\u{200b}load\u{feff}", "pay⟨ZWSP⟩load⟨ZWNBSP⟩"),
        ("a\u{7f}\0", "a␡␀"),
        ("hidden\u{e0041}", "hidden\\u{e0041}"),
        ("line\r\nnext\rover", "line\nnext␍over"),
        ("tab\tkept", "tab\tkept"),
        ("数学 é ∩\u{fe00} ½", "数学 é ∩\u{fe00} ½"),
    ];
    for (given, shown) in cases {
        assert_eq!(clean(given), shown, "{given:?}");
    }
    assert_eq!(clean_line("a\r\nb\tc\nd"), "a␊b c␊d");
}

proptest! {
    #[test]
    fn cleaned_text_has_no_control(text in any::<String>(), controls in prop::collection::vec(0_u32..0x2070, 0..40)) {
        let text: String = text.chars().chain(controls.into_iter().filter_map(char::from_u32)).collect();
        let shown = clean(&text);
        prop_assert!(shown.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{shown:?}");
        prop_assert!(clean_line(&text).chars().all(|c| !c.is_control()));
        for reordering in ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200f}', '\u{61c}', '\u{200d}'] {
            prop_assert!(!shown.contains(reordering));
        }
        prop_assert_eq!(clean(&shown), shown.clone(), "cleaning again changes nothing");
    }

    #[test]
    fn tables_keep_their_width(cells in prop::collection::vec("\\PC{0,40}", 1..8), width in 30_usize..100) {
        let mut table = Table::new(&[("name", Align::Left), ("n", Align::Right)]);
        for (i, cell) in cells.iter().enumerate() {
            table.row([cell.as_str(), &i.to_string()]);
        }
        let text = table.render(width);
        prop_assert_eq!(text.lines().count(), cells.len() + 1);
        for line in text.lines() {
            prop_assert!(line.width() <= width, "{line:?}");
        }
    }
}

#[test]
fn a_table_aligns_by_what_is_seen() {
    let mut table = Table::new(&[("name", Align::Left), ("candi-\ndates", Align::Right)]);
    table.row(["图论", "7"]);
    table.row(["e\u{301}tude", "1234567"]);
    table.row(["\u{1b}[31mx"]);
    assert_eq!(table.render(80), "         candi-\nname      dates\n图论          7\ne\u{301}tude   1234567\n␛[31mx\n");
}

#[test]
fn long_text_gives_way_at_whole_graphemes() {
    assert_eq!(shortened("数学归纳法", 6), "数学…");
    assert_eq!(shortened("abc", 3), "abc");
    assert_eq!(shortened("abc", 0), "");
    let mut table = Table::new(&[("domain", Align::Left), ("n", Align::Right)]);
    table.row(["mathematical_programming", "12"]);
    assert_eq!(table.render(16), "domain         n\nmathematica…  12\n");
}

fn report(views: &[loong::store::record::CandidateView]) -> RunReport {
    let mut gathered = Gathered::default();
    for view in views {
        gathered.add(view);
    }
    gathered.report(&[], [("logic", "What is 1 + 1?")])
}

fn stats(views: &[loong::store::record::CandidateView]) -> Stats {
    Stats {
        filter: None,
        figures: Figures::of(views),
        report: Some(report(views)),
        against: None,
        others: None,
        audit: Some(Audit::of(views.iter().flat_map(PairFact::of)).summary()),
        plan: None,
        people: None,
        runs: Vec::new(),
        spend: Vec::new(),
    }
}

#[test]
fn stats_show_pass_rejected_and_not_executable() {
    let text = render(&stats(&mixed()), 80);
    assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    let line = |start: &str| text.lines().find(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
    let words: Vec<&str> = line("few-shot").split_whitespace().collect();
    assert_eq!(words, ["few-shot", "8", "2", "1", "1", "2", "1", "8", "0.58"], "{text}");
    let words: Vec<&str> = line("all").split_whitespace().collect();
    assert_eq!(words, ["all", "10", "2", "1", "1", "2", "3", "9", "0.58"], "{text}");
    assert!(line("  (unknown)").ends_with('–'), "{text}");
    assert!(text.contains("22.2 [6.3, 54.7]"), "pass 2 of 9, with its interval\n{text}");
    assert!(line("code_timeout").ends_with('1'), "{text}");
    assert!(text.contains("Decisions: 1 accepted · 1 rejected · 1 flagged\n"), "{text}");
    assert!(text.replace('\n', " ").contains("no pair with a verdict has been judged yet"), "{text}");
}

#[test]
fn stats_show_the_audit_with_intervals_and_what_was_left_out() {
    let mut views = Vec::new();
    for id in 0..8 {
        views.push(agreeing(id).judged(0, Judgement::Equivalent));
    }
    for id in 8..10 {
        let missed = candidate(id, Agreement::Disagrees, vec![response(0, Some(Outcome::Different))]);
        views.push(missed.judged(0, Judgement::Equivalent));
    }
    views.push(agreeing(10).judged(0, Judgement::CantTell));
    let text = render(&stats(&views), 80);
    assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    let line = |start: &str| text.lines().find(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
    let words: Vec<&str> = line("false negatives").split_whitespace().collect();
    assert_eq!(words, ["false", "negatives", "2/10", "20.0", "[5.7,", "51.0]"], "{text}");
    assert!(line("false positives").ends_with('–'), "nothing is truly different\n{text}");
    let prose = text.replace('\n', " ");
    assert!(prose.contains("Left out: 1 can't tell."), "{text}");
    assert!(prose.contains("judged pairs only (10 of 11)"), "{text}");
    assert!(line("tier number").contains("10"), "{text}");
}

#[test]
fn stats_tell_runs_and_what_is_unknown_of_tokens() {
    let mut stats = stats(&[]);
    stats.runs.push(RunSummary {
        id: 3,
        uid: "u".to_owned(),
        strategy: "few-shot".to_owned(),
        state: RunState::Stopped,
        target: 20,
        candidates: 7,
        started_at: "2026-11-21T10:00:00Z".to_owned(),
        ended_at: None,
        recipe_hash: "hash".into(),
        rng_seed: 42,
        recipe: String::new(),
    });
    let spend = |model: &str, known: u64| Spend {
        replies: 4,
        replies_with_usage: known,
        prompt_tokens: 100,
        cached_tokens: 64,
        completion_tokens: 900,
        reasoning_tokens: 777,
        replies_with_price: known,
        usd: 0.0645,
        seconds: 2.0,
        ..Spend::none(Role::Solver, model)
    };
    stats.spend.extend([spend("told", 4), spend("partly", 1), spend("silent\u{1b}[2J", 0)]);
    let text = render(&stats, 80);
    assert!(text.starts_with("No candidates yet: `loong run`"), "{text}");
    assert!(text.contains("7/20"), "{text}");
    assert!(
        text.contains("≥ 900")
            && text.contains("≥ 777")
            && text.contains("≥ 0.0645")
            && text.contains("unknown")
            && !text.contains('\u{1b}'),
        "{text}"
    );
    stats.filter = Some("domain:games".to_owned());
    assert!(render(&stats, 80).starts_with("Filter: domain:games\n\nNo candidate matches the filter.\n"));
    let json = serde_json::to_value(&stats).unwrap();
    assert_eq!(json["runs"][0]["state"], "stopped");
    assert_eq!(json["spend"][2]["replies_with_usage"], 0);
}

#[test]
fn what_nobody_solved_and_what_infrastructure_lost_is_in_no_pass_rate() {
    let unsolved = |id| candidate(id, Agreement::None, Vec::new());
    let alone = Figures::of(&[unsolved(1), unsolved(2), failed(3, Stage::Execute, FailureKind::CodeError)]).total();
    assert_eq!(alone.share(alone.agreed).estimate, None, "nobody was asked");
    assert_eq!((alone.share_of_made(alone.not_executable).k, alone.share_of_made(0).n), (1, 3));
    assert_eq!(alone.other_failures(), 0);
    let lost = |id| candidate(id, Agreement::None, vec![broken(0, Stage::Solve, FailureKind::ModelError)]);
    let some = Figures::of(&[agreeing(1), lost(2), unsolved(3), failed(4, Stage::Generate, FailureKind::Malformed)]);
    let total = some.total();
    assert_eq!((total.share(total.agreed).k, total.share(total.agreed).n), (1, 2));
    assert_eq!((total.other_failures(), total.infrastructure(), total.not_solved), (1, 1, 1));
    let text = render(&stats(&[agreeing(1), lost(2), unsolved(3)]), 120);
    assert!(text.contains("1 not solved (nobody was asked), 1 lost by infrastructure"), "{text}");
}

#[test]
fn counts_without_candidates_have_no_rates() {
    let counts = Counts::default();
    assert_eq!(counts.mean_pass_rate(), None);
    assert_eq!(counts.share(0).estimate, None);
}

#[test]
fn what_people_said_is_wrong_makes_no_seed_until_it_is_corrected() {
    let accepted = || agreeing(3).curated(Curation::Accept);
    assert_eq!((unfit(&agreeing(3)), unfit(&accepted())), (Some(Unfit::NotAccepted), None));
    for (side, expected) in [
        (RightSide::Code, None),
        (RightSide::Both, None),
        (RightSide::Cot, Some(Unfit::ReferenceWrong)),
        (RightSide::Neither, Some(Unfit::ReferenceWrong)),
    ] {
        let view = accepted().right(side);
        assert_eq!((unfit(&view), promoted(&view).err()), (expected, expected), "{side}");
    }
    let corrected = accepted().right(RightSide::Cot).revised("7").and(|v| v.right = None).current();
    assert_eq!(promoted(&corrected).unwrap().final_answer, "7");
    let bare = accepted().and(|v| v.record.code = Some(" \n".to_owned()));
    assert_eq!(unfit(&bare), Some(Unfit::NoCode));
}
