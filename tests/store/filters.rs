//! The filter language: what each filter takes of one store, what it says of nonsense, and that it can be read back.

use loong::failure::{Failure, FailureKind, Stage};
use loong::model::Role;
use loong::store::filter::{Expr, FieldType, Filter, Op, Term, fields};
use loong::store::record::{Curation, Judgement, NewDecision, RightSide};
use loong::store::{Reader, Sink, Store};
use loong::verifier::{Leniency, Outcome, Tier};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::support::{candidate, curate, execution, judge, new_run, new_store, reply, response, wait, whole_candidate};

/// Six candidates, unlike in most that can be asked.
fn fixture() -> (TempDir, Store) {
    let (folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap();
    let asked = wait(store.put_reply(reply("k", run.id, Role::Generator, 3))).unwrap();
    // 1: agrees, from the loop, with code.
    let mut one = whole_candidate(run.id, asked.id);
    one.failure = None;
    // 2: two responses, one each way.
    let mut two = candidate("two", &[Outcome::Different, Outcome::Equivalent]);
    two.question = "How many TILINGS has a strip?".into();
    two.responses[1].solver = "qwen3-32b".into();
    two.responses[1].text = "Die Lösung ist 50% \\boxed{12}, said \"Bob\"".into();
    two.responses[1].verdict.as_mut().unwrap().leniencies = vec![Leniency::Percent];
    two.responses[1].given_reward = Some(1.0);
    // 3: its code never ended.
    let mut three = candidate("three", &[]);
    three.domain = "games".into();
    three.failure = Some(Failure::new(Stage::Execute, FailureKind::CodeTimeout, "killed after 10 s"));
    three.executions = vec![execution("timeout", None, "")];
    three.code = Some("while True: pass".to_owned());
    three.reference = None;
    // 4: one undecided response, decided on below.
    let mut four = candidate("four", &[Outcome::Undecided]);
    four.seconds = 12.5;
    four.responses[0].verdict.as_mut().unwrap().tier = Tier::Text;
    // 5: a response that was cut off.
    let mut five = candidate("five", &[]);
    five.domain = String::new();
    five.responses = vec![response(0, None)];
    five.responses[0].failure = Some(Failure::new(Stage::Solve, FailureKind::Truncated, "length"));
    // 6: nothing but a question.
    let mut six = candidate("six", &[]);
    six.question = "100%_sure' OR 1=1 --".into();
    six.family = Some("seed-x".to_owned());
    for record in [one, two, three, four, five, six] {
        wait(store.put_candidate(record)).unwrap();
    }
    let decide = |new| wait(store.decide(new)).unwrap();
    decide(NewDecision {
        cause: Some("units".to_owned()),
        blind: true,
        note: Some("3 m is 300 cm".to_owned()),
        ..judge(4, 0, "ada", Judgement::Equivalent)
    });
    decide(NewDecision {
        tags: vec!["hard".to_owned()],
        right: Some(RightSide::Cot),
        ..curate(4, "ada", Curation::Accept)
    });
    decide(curate(2, "ada", Curation::Flag));
    decide(judge(2, 0, "ada", Judgement::Different));
    decide(judge(2, 0, "bob", Judgement::Equivalent));
    decide(NewDecision { note: Some("taken back".to_owned()), ..curate(6, "cy", Curation::Reject) });
    wait(store.undo("cy")).unwrap();
    (folder, store)
}

fn ids(reader: &Reader, filter: &str) -> Vec<i64> {
    let parsed = Filter::parse(filter).unwrap_or_else(|e| panic!("{filter}: {e}"));
    reader.ids(&parsed).unwrap_or_else(|e| panic!("{filter}: {e}"))
}

#[test]
fn each_filter_takes_what_it_says() {
    let (_folder, store) = fixture();
    let reader = store.reader().unwrap();
    let all = vec![1, 2, 3, 4, 5, 6];
    for (filter, wanted) in [
        ("", &all[..]),
        ("id:2", &[2]),
        ("id:2,4,99", &[2, 4]),
        ("id>2 id<=4", &[3, 4]),
        ("id>=5.5", &[6]),
        ("uid:two", &[2]),
        ("run:1", &[1]),
        ("ordinal:3", &[1]),
        ("-ordinal:3", &[2, 3, 4, 5, 6]),
        ("origin:loop", &[1]),
        ("origin~imp", &[2, 3, 4, 5, 6]),
        ("strategy~ROLL", &[2, 3, 4, 5, 6]),
        ("domain:games,graph_discrete_math", &[1, 3]),
        ("domain:\"\"", &[5]),
        ("model:named-itself", &[1]),
        ("-model~named", &[2, 3, 4, 5, 6]),
        ("solver~QWEN", &[2]),
        ("seed:seed-a", &[1]),
        ("family:seed-x", &[6]),
        ("parent:parent", &[1]),
        ("dependency~networkx", &[1]),
        ("verdict:different", &[2]),
        ("verdict:different,equivalent", &[1, 2]),
        ("-verdict:equivalent", &[3, 4, 5, 6]),
        ("verdict:different verdict:equivalent", &[2]),
        ("responses:0", &[3, 6]),
        ("responses>=2", &[1, 2]),
        ("equivalent:1", &[1, 2]),
        ("undecided>0", &[4]),
        ("pass:0.5", &[2]),
        ("pass<0.5", &[4]),
        ("-pass<0.5", &[1, 2, 3, 5, 6]),
        ("agreement:disagrees", &[2]),
        ("standing:agrees", &[1, 4]),
        ("standing:undecided", &[2]),
        ("tier:text", &[4]),
        ("leniency:rounding", &[1]),
        ("leniency:percent,order", &[1, 2]),
        ("side:response", &[4]),
        ("reason~\"said und\"", &[4]),
        ("version:1/standard", &[1, 2, 4]),
        ("kind:code_timeout", &[3]),
        ("kind:truncated", &[1, 5]),
        ("kind~code_", &[3]),
        ("stage:solve", &[1, 5]),
        ("message~\"10 s\"", &[3]),
        ("decided:yes", &[2, 4]),
        ("decided:no", &[1, 3, 5, 6]),
        ("-decided:yes", &[1, 3, 5, 6]),
        ("decided:yes,no", &all),
        ("judged:yes", &[2, 4]),
        ("judgement:equivalent", &[4]),
        ("curation:accept", &[4]),
        ("curation:accept,flag", &[2, 4]),
        ("-curation:accept", &[1, 2, 3, 5, 6]),
        ("flag:yes", &[2]),
        ("flag:no", &[1, 3, 4, 5, 6]),
        ("-flag:yes", &[1, 3, 4, 5, 6]),
        ("contested:yes", &[2]),
        ("right:cot", &[4]),
        ("cause:units", &[4]),
        ("tag:hard", &[4]),
        ("note~CM", &[4]),
        ("note~\"taken back\"", &[]),
        ("reviewer:bob", &[2]),
        ("reviewer:cy", &[]),
        ("blind:yes", &[4]),
        ("blind:no", &[1, 2, 3, 5, 6]),
        ("question~tiling", &[2]),
        ("code~\"while true\"", &[3]),
        ("code:\"print(1365)\"", &[1]),
        ("reference:1365", &[1, 2, 4, 5, 6]),
        ("reference.kind:executed", &[1]),
        ("response~boxed{12}", &[2]),
        ("reasoning~think", &[1]),
        ("answer:0", &[1, 2, 4, 5]),
        ("reward>=1", &[2]),
        ("chars>40", &[2]),
        ("tokens:120", &[1]),
        ("tokens<1", &[]),
        ("seconds>2", &[4]),
        ("seconds>-1", &all),
        ("code.seconds:0.25", &[1, 3]),
        ("cpu<0.21", &[1, 3]),
        ("memory>1e6", &[1, 3]),
        ("isolation:full", &[1, 3]),
        ("end:timeout", &[1, 3]),
        ("exit:0", &[1]),
        ("python~3.11", &[1, 3]),
        ("venv:v1", &[1, 3]),
        ("substituted~pandas", &[1]),
        ("stdout~1365", &[1]),
        ("stderr~warning", &[1, 3]),
        ("created>2020", &all),
        ("created:2020-01,2021", &[]),
        ("created<2020-01-01T10:30", &[]),
        // Words by themselves.
        ("tiling", &[2]),
        ("TILED", &[1]),
        ("text~til", &[1, 2]),
        ("-til", &[3, 4, 5, 6]),
        ("\"die lösung\"", &[2]),
        ("LÖSUNG", &[2]),
        ("米诺", &[1]),
        ("多米诺", &[1]),
        ("\"said \\\"Bob\\\"\"", &[2]),
        ("\\boxed{12}", &[2]),
        ("\"\\boxed{12}\"", &[2]),
        ("50%", &[2]),
        ("0%_", &[6]),
        ("_", &[6]),
        // Together.
        ("domain:logic verdict:different", &[2]),
        ("domain:games or verdict:different", &[2, 3]),
        ("domain:logic (verdict:different or standing:agrees)", &[2, 4]),
        ("-(domain:logic or domain:games)", &[1, 5]),
        ("-(domain:logic verdict:different)", &[1, 3, 4, 5, 6]),
        ("-(-id:3)", &[3]),
        ("--id:3", &[3]),
        ("id:1 or id:2 id:3", &[1]),
        ("(id:1 or id:2) id:2", &[2]),
        ("id:1 OR id:6", &[1, 6]),
        ("id>1 and id<3", &[2]),
        ("ID:1", &[1]),
        ("verdict:Different", &[2]),
    ] {
        assert_eq!(ids(&reader, filter), wanted, "{filter}");
        let parsed = Filter::parse(filter).unwrap();
        assert_eq!(reader.count(&parsed).unwrap(), wanted.len() as u64, "count of {filter}");
        assert_eq!(Filter::parse(&parsed.to_string()).unwrap(), parsed, "{filter} is shown as {parsed}");
    }
}

#[test]
fn a_complement_takes_exactly_the_rest() {
    let (_folder, store) = fixture();
    let reader = store.reader().unwrap();
    for field in fields() {
        let values: &[&str] = match field.kind {
            FieldType::Number => &["0", "1", "120"],
            FieldType::Date => &["2026"],
            FieldType::YesNo => &["yes", "no"],
            FieldType::Words(words) => &words(),
            FieldType::Text | FieldType::Search => &["a", "\"\"", "units"],
            // An order takes everything, and has no complement.
            FieldType::Order(_) => &[],
        };
        for op in field.operators() {
            for value in values {
                let term = format!("{}{}{value}", field.name, op.as_str());
                let mut both = ids(&reader, &term);
                both.extend(ids(&reader, &format!("-{term}")));
                both.sort_unstable();
                assert_eq!(both, [1, 2, 3, 4, 5, 6], "{term} and its complement");
            }
        }
        assert!(field.doc.ends_with('.'), "{} has its sentence", field.name);
    }
}

#[test]
fn a_search_finds_the_same_however_far_the_index_is() {
    let (folder, store) = fixture();
    let reader = store.reader().unwrap();
    let searches =
        ["til", "question", "response~BOXED", "code~rue", "50%", "\"a strip?\"", "-question~tilings", "米诺骨"];
    let conn = rusqlite::Connection::open(folder.path().join("loong.db")).unwrap();
    let indexed = || conn.query_row("SELECT indexed_to FROM search_state", [], |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!(indexed(), 0, "a few candidates are not worth it");
    let results = || searches.map(|s| ids(&reader, &format!("id<=6 {s}")));
    let by_texts = results();
    wait(store.put_candidates((0..200).map(|n| candidate(&n.to_string(), &[])).collect())).unwrap();
    // The writer indexes while it is idle, until few are left.
    while indexed() < 206 - 64 {
        std::thread::yield_now();
    }
    wait(store.close()).unwrap();
    for upto in [indexed(), 3, 0] {
        conn.execute("UPDATE search_state SET indexed_to = ?1", [upto]).unwrap();
        assert_eq!(results(), by_texts, "indexed up to {upto}");
    }
    conn.execute_batch("UPDATE search_state SET indexed_to = 206; INSERT INTO search (search) VALUES ('delete-all')")
        .unwrap();
    assert!(ids(&reader, "til").is_empty(), "the index is asked where it is said to be whole");
}

#[test]
fn values_are_never_sql() {
    let (_folder, store) = fixture();
    let reader = store.reader().unwrap();
    for evil in [
        "' OR 1=1 --",
        "'; DROP TABLE candidate; --",
        "\\\" OR \\\"\\\"=\\\"",
        "?1",
        "%",
        "100%_sure' OR 1=1 --",
        ") OR (1=1",
        "\u{0}",
        "NULL",
    ] {
        for field in fields() {
            if !matches!(field.kind, FieldType::Text | FieldType::Search) {
                continue;
            }
            for op in field.operators() {
                let found = ids(&reader, &format!("{}{}\"{evil}\"", field.name, op.as_str()));
                assert!(found.len() < 6, "{} {} {evil}: {found:?}", field.name, op.as_str());
            }
        }
    }
    assert_eq!(ids(&reader, "question:\"100%_sure' OR 1=1 --\""), [6]);
    store.check().unwrap();
}

#[test]
fn errors_point_at_the_character() {
    for (filter, at, says, suggestion) in [
        ("verdcit:different", 0, "no field `verdcit`", Some("`verdict`")),
        ("id:1 colour:red", 5, "no field `colour`", None),
        ("verdict:diffrent", 8, "is not one of: equivalent", Some("`different`")),
        ("verdict:different,equal", 18, "`equal` is not one of", None),
        ("domain<3", 6, "`<` does not go with domain", Some("`domain:`")),
        ("seconds~2", 7, "`~` does not go with seconds", Some("`seconds:`")),
        ("text:tile", 4, "`:` does not go with text", Some("`text~`")),
        ("seconds>two", 8, "`two` is no number", None),
        ("seconds>NaN", 8, "is no number", None),
        ("created>soon", 8, "is no date", Some("2026-11-21, 2026-11 or 2026-11-21T09:30")),
        ("decided:maybe", 8, "is not one of: yes, no", None),
        ("domain:", 7, "a value is missing", None),
        ("domain: logic", 7, "a value is missing", None),
        ("id:1,", 5, "a value is missing", None),
        ("(id:1", 0, "parenthesis is not closed", None),
        ("id:1)", 4, "parenthesis closes nothing", None),
        ("()", 1, "a term is missing", None),
        ("id:1 or", 7, "a term is missing", None),
        ("or id:1", 0, "a term is missing", None),
        ("id:1 or or id:2", 8, "a term is missing", None),
        ("id:1 and", 8, "a term is missing", None),
        ("多 \"米", 2, "quotation mark is not closed", None),
        ("多 米\"x\"", 3, "quotation mark stands before", None),
        ("\"a\"b", 3, "a space is missing", None),
        ("a(b", 1, "a space is missing", None),
        ("a,b", 1, "comma", None),
        ("domain~a,b", 8, "takes one value", None),
        ("id:1 - id:2", 5, "right before", None),
    ] {
        let error = Filter::parse(filter).expect_err(filter);
        assert_eq!(error.at, at, "{filter}: {error}");
        assert!(error.message.contains(says), "{filter}: {error}");
        assert_eq!(error.suggestion.as_deref(), suggestion, "{filter}: {error}");
    }
    let deep = format!("{}id:1{}", "(".repeat(1000), ")".repeat(1000));
    assert!(Filter::parse(&deep).unwrap_err().message.contains("too deep"));
    let long = "id:1 ".repeat(1000);
    assert!(Filter::parse(&long).unwrap_err().message.contains("at most"));
}

#[test]
fn the_largest_filter_that_is_read_is_also_run() {
    let (_folder, store) = fixture();
    let reader = store.reader().unwrap();
    assert_eq!(ids(&reader, &"id>1 ".repeat(400)), [2, 3, 4, 5, 6]);
    assert_eq!(ids(&reader, &vec!["id:2"; 400].join(" or ")), [2]);
    assert!(ids(&reader, &vec!["text~tiling kind~code_"; 200].join(" or ")).is_empty());
    let deep = format!("{}id:1{}", "-(".repeat(30), ")".repeat(30));
    assert_eq!(ids(&reader, &deep), [1]);
    let many: Vec<String> = (2..20_000).map(|n| n.to_string()).collect();
    assert_eq!(ids(&reader, &format!("id:{}", many.join(","))), [2, 3, 4, 5, 6]);
}

#[test]
fn a_query_can_be_interrupted() {
    let (_folder, store) = new_store();
    wait(store.put_candidates((0..3000).map(|n| candidate(&n.to_string(), &[Outcome::Equivalent; 2])).collect()))
        .unwrap();
    let mut reader = store.reader().unwrap();
    let interrupter = reader.interrupter();
    let mut seen = 0;
    let ended = reader.for_each(&Filter::all(), |_| {
        seen += 1;
        if seen == 5 {
            interrupter.interrupt();
        }
        std::ops::ControlFlow::Continue(())
    });
    assert!(matches!(ended, Err(loong::store::StoreError::Interrupted)), "{ended:?}");
    assert!(seen < 3000);
    assert_eq!(store.reader().unwrap().count(&Filter::parse("id>0").unwrap()).unwrap(), 3000);
}

/// A term that can be parsed: a field, an operator that goes with it, and values of its type.
fn any_term() -> impl Strategy<Value = Expr> {
    let text = prop_oneof![
        "[a-z0-9_.:<>=~-]{1,8}",
        "[ -~]{0,12}",
        "\\PC{0,6}",
        Just("or".to_owned()),
        Just("\\\\ \"".to_owned()),
        Just("多\t\n".to_owned())
    ];
    let number = prop_oneof![any::<i64>().prop_map(|n| n.to_string()), (-1e9..1e9).prop_map(|n: f64| n.to_string())];
    (
        prop::sample::select(fields().iter().filter(|f| !matches!(f.kind, FieldType::Order(_))).collect::<Vec<_>>()),
        any::<prop::sample::Index>(),
        prop::collection::vec((text, number, any::<prop::sample::Index>()), 1..4),
    )
        .prop_map(|(field, op, raw)| {
            let op = field.operators()[op.index(field.operators().len())];
            let values = raw.into_iter().map(|(text, number, pick)| match field.kind {
                _ if op == Op::Contains => text,
                FieldType::Number => number,
                FieldType::Date => ["2026", "2026-11-21", "2026-11-21T09"][pick.index(3)].to_owned(),
                FieldType::YesNo => ["yes", "no"][pick.index(2)].to_owned(),
                FieldType::Words(words) => words()[pick.index(words().len())].to_owned(),
                FieldType::Text | FieldType::Search | FieldType::Order(_) => text,
            });
            let most = if op == Op::Is { 3 } else { 1 };
            Expr::Term(Term { field, op, values: values.take(most).collect() })
        })
}

fn any_expr() -> impl Strategy<Value = Expr> {
    any_term().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|e| Expr::Not(Box::new(e))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| normal(parts, true)),
            prop::collection::vec(inner, 2..4).prop_map(|parts| normal(parts, false)),
        ]
    })
}

/// Parts joined in normal form: nothing directly inside its own kind.
fn normal(parts: Vec<Expr>, all: bool) -> Expr {
    let flat = parts.into_iter().flat_map(|part| match part {
        Expr::All(inner) if all => inner,
        Expr::Any(inner) if !all => inner,
        other => vec![other],
    });
    if all { Expr::All(flat.collect()) } else { Expr::Any(flat.collect()) }
}

proptest! {
    #[test]
    fn what_is_shown_is_read_back_the_same(expr in any_expr()) {
        let filter = Filter::from(expr);
        let shown = filter.to_string();
        let read = Filter::parse(&shown);
        prop_assert!(read.is_ok(), "{shown}: {read:?}");
        prop_assert_eq!(read.unwrap(), filter, "{}", shown);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_character_of_it(text in "\\PC{0,40}|[a-z:~<>=()\", -]{0,40}") {
        match Filter::parse(&text) {
            Ok(filter) => prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter),
            Err(error) => prop_assert!(error.at <= text.chars().count(), "{}: {}", text, error),
        }
    }
}
