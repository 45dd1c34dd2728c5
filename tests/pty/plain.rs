//! `loong review --plain` at a terminal: correcting in the editor.

use serde_json::{Value, json};

use crate::walk::Home;

#[test]
fn a_candidate_is_corrected_in_the_editor() {
    let home = Home::with("", &[]);
    let row = json!({"question": "Many?", "reference": "7", "response": ["\\boxed{7}", "\\boxed{8}"]});
    home.write("r.jsonl", &format!("{row}\n"));
    home.loong(&["import", "r.jsonl", "-q"]);
    let mut walk = home.open(&["review", "--plain", "-q"]);
    walk.sees("> ");

    // What is no sheet is kept beside, and told.
    home.will_write("nonsense\n");
    walk.types("correct\r");
    walk.sees("what you wrote is in ");
    let sheet = home.was_given();
    assert!(sheet.contains("\nMany?\n") && sheet.contains("\n7\n"), "{sheet}");

    home.will_write(&sheet.replace("\nMany?\n", "\nHow many?\n").replace("\n7\n", "\n8\n"));
    walk.types("E\r");
    walk.sees("Now, the question: How many?");
    walk.sees("Now, the answer: 8");
    walk.sees("corrected the question and answer of 1");
    walk.types("q\r");
    walk.sees("1 decision was stored.");

    let view = home.json(&["show", "1", "--json", "-q"])["candidate"].clone();
    let verdicts: Vec<&Value> =
        (0..2).map(|n| &view["revised"]["pairs"][n.to_string()]["verdict"]["outcome"]).collect();
    assert_eq!(verdicts, [&json!("different"), &json!("equivalent")]);
    assert_eq!(view["record"]["question"], "Many?");
}
