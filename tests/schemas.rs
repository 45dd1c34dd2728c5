//! The schemas of the files that people write: what is shipped fits them, what the program refuses does not.

use std::path::Path;

use loong::tui::{keymap, theme};
use serde_json::Value;

/// Whether a value has the shape of a schema, as far as our schemas say anything: else where it has not.
fn misfit(value: &Value, schema: &Value, root: &Value, at: &str) -> Option<String> {
    if let Some(pointer) = schema["$ref"].as_str() {
        return misfit(value, root.pointer(pointer.trim_start_matches('#'))?, root, at);
    }
    if let Some(word) = schema.get("const") {
        return (word != value).then(|| format!("{at}: {value} is not {word}"));
    }
    if let Some(ways) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        let told: Option<Vec<String>> = ways.iter().map(|way| misfit(value, way, root, at)).collect();
        return told.map(|told| told.join(" and "));
    }
    if let Some(words) = schema["enum"].as_array() {
        return (!words.contains(value)).then(|| format!("{at}: {value} is not one of {words:?}"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let fits = |t: &&str| match *t {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        _ => false,
    };
    if !types.iter().any(fits) {
        return Some(format!("{at}: {value} is not of {types:?}"));
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{key}");
        let inner = match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Object(_)) => &schema["additionalProperties"],
            (Value::Null, _) => return Some(format!("{at} is unknown")),
            (inner, _) => inner,
        };
        if let Some(told) = misfit(value, inner, root, &at) {
            return Some(told);
        }
    }
    value.as_array().into_iter().flatten().find_map(|item| misfit(item, &schema["items"], root, at))
}

fn shape(text: &str, schema: &schemars::Schema) -> Option<String> {
    let value: Value = serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    misfit(&value, schema.as_value(), schema.as_value(), "")
}

#[test]
fn shipped_files_have_the_shape_of_their_schemas() {
    let (config, keys, theme) = (loong::config::schema(), keymap::schema::schema(), theme::schema::schema());
    assert_eq!(shape(loong::config::DEFAULT, &config), None);
    let model = "[models.a]\nbase_url = \"u\"\nmodel = \"m\"\nkey_env = \"K\"\n[run]\nagreement = \"all\"\n";
    assert_eq!(shape(model, &config), None);
    assert_eq!(shape(keymap::DEFAULT, &keys), None);
    assert_eq!(shape("[review]\naccept = \"z\"\nreject = [\"x\", \"X\"]\n", &keys), None);
    let mut themes = 0;
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("themes")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert_eq!(shape(&text, &theme), None);
        themes += 1;
    }
    assert_eq!(themes, theme::Theme::names(None).len(), "a file in themes/ is not shipped");
}

#[test]
fn schemas_refuse_what_the_program_refuses() {
    let (config, keys, theme) = (loong::config::schema(), keymap::schema::schema(), theme::schema::schema());
    for (text, schema) in [
        ("[run]\ncanddates = 4\n", &config),
        ("[run]\ncandidates = \"x\"\n", &config),
        ("[run]\nagreement = \"most\"\n", &config),
        ("[screen]\nborders = \"round\"\n", &config),
        ("[models.a]\nmodle = \"m\"\n", &config),
        ("[reviw]\n", &keys),
        ("[review]\nundo = \"u\"\n", &keys),
        ("[review]\naccept = 3\n", &keys),
        ("[review]\naccept = [3]\n", &keys),
        ("[style]\nequivalnt = \"red\"\n", &theme),
        ("[style]\ntext = { fgg = \"red\" }\n", &theme),
        ("[style]\ntext = { bold = 1 }\n", &theme),
        ("paint = \"yes\"\n", &theme),
    ] {
        assert!(shape(text, schema).is_some(), "{text}");
    }
}
