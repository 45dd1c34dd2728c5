//! The shape of theme files, for editors that complete and check.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::{Meaning, file};

/// JSON Schema of a theme file.
pub fn schema() -> Schema {
    let meanings: Map<String, Value> =
        Meaning::ALL.iter().map(|m| (m.to_string(), json!({ "$ref": "#/$defs/style" }))).collect();
    let mut properties = Map::new();
    properties.insert("inherit".to_owned(), json!({ "type": "string", "description": "The theme below this one" }));
    properties.insert(
        "ground".to_owned(),
        json!({ "$ref": "#/$defs/colour", "description": "The ground that the theme is made for" }),
    );
    properties.insert("paint".to_owned(), json!({ "type": "boolean", "description": "Whether it paints that ground" }));
    properties.insert(
        "sixteen".to_owned(),
        json!({ "type": "string", "description": "The theme that stands in where there are sixteen colours" }),
    );
    properties
        .insert("style".to_owned(), json!({ "type": "object", "additionalProperties": false, "properties": meanings }));
    let names: Vec<&str> = file::NAMES.to_vec();
    let mut parts: Map<String, Value> =
        file::MODIFIERS.iter().map(|(name, _)| ((*name).to_owned(), json!({ "type": "boolean" }))).collect();
    parts.insert("fg".to_owned(), json!({ "$ref": "#/$defs/colour" }));
    parts.insert("bg".to_owned(), json!({ "$ref": "#/$defs/colour" }));
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Theme of loong",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "$defs": {
            "colour": {
                "anyOf": [{ "type": "string", "pattern": "^#[0-9a-fA-F]{6}$" }, { "enum": names }],
            },
            "style": {
                "anyOf": [
                    { "$ref": "#/$defs/colour" },
                    { "type": "object", "additionalProperties": false, "properties": parts },
                ],
            },
        },
    })
}
