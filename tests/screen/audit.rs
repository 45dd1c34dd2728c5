//! The audit screen: the plan drawn, its pairs judged one after the other, and what is shown of it.

use loong::review::plan::{self, Wish};
use loong::store::filter::Filter;
use loong::store::record::{CandidateRecord, Judgement, NewDecision};
use loong::tui::app::Screen;
use loong::verifier::{Leniency, Outcome, Tier};

use crate::bench::Bench;
use crate::fixtures;
use crate::pictures::{SIZES, THEMES, snapshot};

/// Candidates whose verdicts are of every kind.
pub(crate) fn many(n: u64) -> Vec<CandidateRecord> {
    (0..n)
        .map(|nth| {
            let question = format!("What is {nth} plus {nth}?");
            let answer = (2 * nth).to_string();
            let mut record =
                fixtures::candidate(nth, ["logic", "games"][usize::from(nth % 3 == 0)], &question, "", &answer);
            record = fixtures::answered(record, "solver", &[&format!("\\boxed{{{answer}}}"), "\\boxed{no idea}"]);
            for (sample, response) in record.responses.iter_mut().enumerate() {
                let verdict = response.verdict.as_mut().unwrap();
                (verdict.outcome, verdict.tier) = match (nth + sample as u64) % 7 {
                    0..=3 => (Outcome::Equivalent, Tier::Number),
                    4 | 5 => (Outcome::Different, Tier::Text),
                    _ => (Outcome::Undecided, Tier::Algebra),
                };
                verdict.leniencies.clear();
                if verdict.outcome == Outcome::Equivalent && nth % 4 == 0 {
                    verdict.leniencies.push(Leniency::Rounding);
                }
            }
            record
        })
        .collect()
}

pub(crate) fn planned(size: (u16, u16), theme: &str, blind: bool) -> Bench {
    let bench = Bench::new(size, theme, many(120));
    let store = bench.store();
    let new = plan::make(&store.reader().unwrap(), &Filter::all(), 7, blind, Wish::Size(60)).unwrap();
    store.put_plan_blocking(new).unwrap();
    bench
}

/// Judges the plan's first pairs, some of them by two people.
fn judged(bench: &Bench, n: usize) {
    let store = bench.store();
    let reader = store.reader().unwrap();
    let plan = reader.plan().unwrap().unwrap();
    for item in reader.plan_items(plan.id).unwrap().into_iter().take(n) {
        let right = item.outcome == Some(Outcome::Equivalent) && item.position % 9 != 4 || item.position % 8 == 2;
        let of = |reviewer: &str, same: bool| NewDecision {
            candidate: item.candidate,
            sample: Some(item.sample),
            judgement: Some(if same { Judgement::Equivalent } else { Judgement::Different }),
            reviewer: reviewer.to_owned(),
            blind: item.position % 2 == 0,
            ..NewDecision::default()
        };
        store.decide_blocking(of("mia", right)).unwrap();
        if item.position % 5 == 0 {
            store.decide_blocking(of("ada", right != (item.position == 20))).unwrap();
        }
    }
}

#[test]
fn the_audit_screen() {
    for size in SIZES {
        for theme in THEMES {
            let mut bench = planned(size, theme, false);
            judged(&bench, 50);
            bench.keys("g a");
            let (buffer, _) = bench.picture();
            snapshot(&format!("audit_{}x{}_{theme}", size.0, size.1), &buffer);
        }
    }
}

#[test]
fn nothing_that_must_be_read_is_cut() {
    let domains = ["graph_discrete_math", "mathematical_programming", "computational_biology"];
    let long = "a_domain_of_somebody_s_own_whose_name_is_longer_than_the_whole_screen_is_wide_where_that_is_small";
    let mut candidates = many(120);
    for (nth, candidate) in candidates.iter_mut().enumerate() {
        candidate.domain = domains.get(nth % 4).copied().unwrap_or(long).to_owned();
    }
    for width in [60, 80, 100, 119, 120, 160, 200] {
        let mut bench = Bench::new((width, 120), "dark", candidates.clone());
        let filter = Filter::parse("domain:graph_discrete_math or domain:mathematical_programming or id>0").unwrap();
        let store = bench.store();
        let new = plan::make(&store.reader().unwrap(), &filter, u64::MAX, false, Wish::Size(60)).unwrap();
        store.put_plan_blocking(new).unwrap();
        judged(&bench, 50);
        bench.keys("g a");
        let text = bench.text();
        let flat: String = text.chars().filter(|c| !c.is_whitespace() && !"│┃".contains(*c)).collect();
        assert!(!text.contains('…'), "{text}");
        for domain in domains {
            assert!(text.contains(domain), "{width}: {domain}\n{text}");
        }
        assert!(text.contains("domain:mathematical_programming"), "{width}\n{text}");
        assert!(text.contains(&u64::MAX.to_string()), "{width}\n{text}");
        // Beside another column its rows are not next to each other.
        assert!(width >= 120 || flat.contains(long), "{width}\n{text}");
    }
}

#[test]
fn without_a_plan_it_says_how_to_draw_one_and_draws_it() {
    let mut bench = Bench::new((120, 40), "dark", many(120));
    bench.keys("g a");
    let text = bench.text();
    assert!(text.contains("No plan is drawn yet") && text.contains("p     draws up to 200 pairs at random"), "{text}");
    assert!(text.contains("P     the same, and verdicts are hidden"), "{text}");
    bench.keys("p");
    assert_eq!(bench.toast(), "the plan has 200 pairs");
    assert!(bench.text().contains("0/200 judged"), "{}", bench.text());
    // A plan is enlarged after a yes alone.
    bench.keys("p");
    assert!(bench.text().contains("200 of 240 pairs; 0 are judged. Add the other 40 to it?"), "{}", bench.text());
    bench.keys("n");
    assert!(bench.text().contains("0/200 judged"), "{}", bench.text());
    bench.keys("p y");
    assert_eq!(bench.toast(), "the plan has 240 pairs", "there are no more");
    bench.keys("p");
    assert!(bench.toast().contains("every pair") && bench.app.overlay.is_none(), "{}", bench.toast());
    bench.keys("esc");
    assert_eq!(bench.app.screen, Screen::Review);
}

#[test]
fn a_blind_plan_is_drawn_by_a_key() {
    let mut bench = Bench::new((120, 40), "dark", many(120));
    bench.keys("g a P");
    assert_eq!(bench.toast(), "the plan has 200 pairs");
    assert!(bench.store().reader().unwrap().plan().unwrap().unwrap().blind);
    bench.keys("n");
    assert!(bench.text().contains("verdict hidden") && bench.text().contains("n next of the plan"), "{}", bench.text());
    // A blind plan is enlarged by either key, and one in sight is not made blind.
    bench.keys("g a P y");
    assert_eq!(bench.toast(), "the plan has 240 pairs");
    let mut bench = Bench::new((120, 40), "dark", many(120));
    bench.keys("g a p P");
    assert!(bench.toast().contains("in sight") && bench.app.overlay.is_none(), "{}", bench.toast());
}

#[test]
fn one_key_after_the_other_goes_through_the_plan() {
    let mut bench = planned((120, 40), "dark", false);
    let store = bench.store();
    let reader = store.reader().unwrap();
    let plan = reader.plan().unwrap().unwrap();
    let order: Vec<(i64, u32)> = reader.plan_items(plan.id).unwrap().iter().map(|i| (i.candidate, i.sample)).collect();
    let here = |bench: &Bench| {
        let book = bench.app.review.book().expect("an open candidate");
        (book.view.id, book.response().unwrap().record.sample)
    };
    bench.keys("g a n");
    assert_eq!(bench.app.screen, Screen::Review);
    assert_eq!(bench.app.review.filter.to_string(), "plan:yes");
    for (nth, pair) in order.iter().enumerate().take(8) {
        assert_eq!(here(&bench), *pair, "pair {nth}");
        assert!(bench.app.review.book().unwrap().texts.is_some(), "its texts are there");
        bench.keys(if nth % 2 == 0 { "o e" } else { "o d" });
    }
    let log = reader.all_decisions().unwrap();
    assert_eq!(log.iter().map(|d| (d.body.candidate, d.body.sample.unwrap())).collect::<Vec<_>>(), order[..8]);
    assert!(log.iter().all(|d| !d.body.blind));
    // Elsewhere in the list, `n` leads back to the plan.
    bench.keys("G n");
    assert_eq!(here(&bench), order[8]);
    bench.keys("g a");
    assert!(bench.text().contains("8/60 judged"), "{}", bench.text());
    bench.keys("u");
    assert!(bench.text().contains("7/60 judged"), "what is undone is seen at once\n{}", bench.text());
    bench.keys("n");
    assert_eq!(here(&bench), order[7]);
}

#[test]
fn a_blind_plan_hides_the_verdict_and_shows_it_after_the_judgement() {
    let mut bench = planned((120, 40), "dark", true);
    bench.keys("g a n");
    assert!(bench.app.review.blind);
    assert!(bench.text().contains("verdict hidden"), "{}", bench.text());
    let first = bench.app.review.selected;
    bench.keys("o e");
    assert_eq!(bench.app.review.selected, first, "one stays to see what was hidden");
    assert!(!bench.text().contains("verdict hidden"), "{}", bench.text());
    bench.keys("n");
    let log = bench.store().reader().unwrap().all_decisions().unwrap();
    assert!(log.len() == 1 && log[0].body.blind);
    assert!(bench.text().contains("verdict hidden"), "{}", bench.text());
}

#[test]
fn second_opinions_are_asked_for_by_a_key() {
    let mut bench = planned((120, 40), "dark", false);
    bench.keys("g a N");
    assert!(bench.toast().contains("no pair of the plan waits"), "{}", bench.toast());
    let store = bench.store();
    let plan = store.reader().unwrap().plan().unwrap().unwrap();
    let item = store.reader().unwrap().plan_items(plan.id).unwrap()[3].clone();
    store
        .decide_blocking(NewDecision {
            candidate: item.candidate,
            sample: Some(item.sample),
            judgement: Some(Judgement::Different),
            reviewer: "ada".to_owned(),
            ..NewDecision::default()
        })
        .unwrap();
    bench.keys("N");
    assert_eq!((bench.app.screen, bench.app.review.selected), (Screen::Review, Some(item.candidate)));
}

#[test]
fn what_does_not_fit_is_scrolled_to() {
    let mut bench = planned((60, 16), "dark", false);
    judged(&bench, 40);
    bench.keys("g a");
    assert!(!bench.text().contains("agreement of reviewers"));
    bench.keys("G");
    assert!(bench.text().contains("agreement of reviewers"), "{}", bench.text());
    let last = bench.app.audit.top;
    bench.keys("j pgdn");
    assert_eq!(bench.app.audit.top, last);
    bench.keys("g g");
    assert!(bench.text().contains("40/60 judged"), "{}", bench.text());
}

/// Keys that go to a candidate.
fn go_to(id: i64) -> String {
    id.to_string().chars().flat_map(|c| [c, ' ']).chain(['G']).collect()
}

#[test]
fn an_open_blind_plan_keeps_its_verdicts_from_the_list_and_the_reader() {
    let mut bench = planned((120, 40), "dark", true);
    let store = bench.store();
    let reader = store.reader().unwrap();
    let plan = reader.plan().unwrap().unwrap();
    let items = reader.plan_items(plan.id).unwrap();
    bench.keys("ctrl-l");
    assert!(!bench.app.review.blind);
    let glyph = |bench: &Bench, id: i64| {
        let text = bench.text();
        let digits = format!(" {id:>3} ");
        let row = text.lines().skip(2).find(|row| row.chars().skip(3).collect::<String>().starts_with(&digits));
        row.map(|row| row.chars().nth(2).unwrap())
    };
    let item = items[0].clone();
    bench.keys(&go_to(item.candidate));
    assert_eq!(bench.app.review.selected, Some(item.candidate));
    assert_eq!(glyph(&bench, item.candidate), Some('·'), "{}", bench.text());
    assert!(bench.text().contains("verdict hidden"), "{}", bench.text());
    // What the plan has not drawn is shown, and `n` leads to none that is sealed.
    let sealed = bench.app.review.sealed.clone();
    let free = (1..=120).find(|id| !sealed.contains(*id)).unwrap();
    bench.keys(&go_to(free));
    assert!(!bench.text().contains("verdict hidden") && glyph(&bench, free) != Some('·'), "{}", bench.text());
    bench.keys("g g");
    for _ in 0..120 {
        bench.keys("n");
        assert!(bench.app.review.selected == Some(1) || !sealed.contains(bench.app.review.selected.unwrap()));
    }
    // Whoever has judged sees; that was a blind judgement.
    for item in items.iter().filter(|i| i.candidate == item.candidate) {
        bench.keys(&go_to(item.candidate));
        while bench.app.review.book().unwrap().response().unwrap().record.sample != item.sample {
            bench.keys("]");
        }
        bench.keys("o e");
    }
    assert!(!bench.app.review.sealed.contains(item.candidate));
    assert!(reader.decisions(item.candidate).unwrap().iter().all(|d| d.body.blind));
    bench.keys("u");
    assert!(bench.app.review.sealed.contains(item.candidate), "taken back, it is sealed again");
    // Once everybody's pairs are judged, the plan is open no more.
    for item in &items {
        let judgement = Some(Judgement::Equivalent);
        let reviewer = "ada".to_owned();
        let word = NewDecision {
            candidate: item.candidate,
            sample: Some(item.sample),
            judgement,
            reviewer,
            ..NewDecision::default()
        };
        store.decide_blocking(word).unwrap();
    }
    bench.keys("ctrl-l");
    assert!(bench.app.review.sealed.is_empty());
}
