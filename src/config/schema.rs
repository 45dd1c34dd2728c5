//! The shape of configuration files, for editors that complete and check: shapes from the structs, words from the
//! commented default.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::{Config, DEFAULT};
use crate::generator::rejection::Source;
use crate::store::fold::AgreementRule;

/// JSON Schema of config.toml and loong.toml.
pub fn schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>();
    schema.insert("title".to_owned(), json!("Configuration of loong"));
    schema.remove("description");
    for (pointer, words) in documented(DEFAULT) {
        if let Some(Value::Object(at)) = schema.pointer_mut(&pointer) {
            at.insert("description".to_owned(), Value::String(words));
        }
    }
    schema
}

/// Each key that has a comment on its line, as a pointer into the schema.
fn documented(text: &str) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or_default().replace('.', "/properties/");
        } else if let Some((key, rest)) = line.split_once(" = ").filter(|(key, _)| !key.starts_with('#'))
            && let Some((_, words)) = rest.split_once(" # ")
        {
            found.push((format!("/properties/{section}/properties/{key}"), words.trim().to_owned()));
        }
    }
    found
}

/// The rule's words: a closed vocabulary.
pub(super) fn agreement_rule(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": AgreementRule::ALL })
}

/// Where questions that exist come from: a closed vocabulary.
pub(super) fn rejection_source(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": Source::ALL })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_carry_the_words_of_the_commented_default() {
        let schema = schema();
        let at = |pointer: &str| schema.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/properties/run/properties/candidates/description"), json!("how many to make"));
        assert_eq!(at("/properties/run/properties/agreement/enum"), json!(AgreementRule::ALL));
        assert_eq!(at("/properties/screen/additionalProperties"), json!(false));
        for (pointer, _) in documented(DEFAULT) {
            assert!(schema.pointer(&pointer).is_some(), "{pointer} is documented and has no place in the schema");
        }
    }
}
