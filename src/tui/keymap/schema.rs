//! The shape of keymap files, for editors that complete and check.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::{Binding, Keymap};
use crate::tui::action::Place;

/// JSON Schema of a keymap file, with each action's sentence.
pub fn schema() -> Schema {
    let mut places: Map<String, Value> = Map::new();
    if let Ok(keymap) = Keymap::load(None) {
        for place in Place::ALL {
            let own = keymap.all().filter(|(_, binding)| binding.place == *place);
            let line = |b: &Binding| json!({ "description": b.does, "$ref": "#/$defs/binding" });
            let actions: Map<String, Value> = own.map(|(action, b)| (action.to_string(), line(b))).collect();
            let table = json!({ "type": "object", "additionalProperties": false, "properties": actions });
            places.insert(place.to_string(), table);
        }
    }
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Keymap of loong",
        "type": "object",
        "additionalProperties": false,
        "properties": places,
        "$defs": {
            "keys": {
                "anyOf": [
                    { "type": "string", "description": "A key such as z, ctrl-r, space, or keys in turn such as g z" },
                    { "type": "array", "items": { "type": "string" }, "description": "Keys; none unbinds the action" },
                ],
            },
            "binding": {
                "anyOf": [
                    { "$ref": "#/$defs/keys" },
                    {
                        "type": "object",
                        "required": ["keys"],
                        "additionalProperties": false,
                        "properties": { "keys": { "$ref": "#/$defs/keys" }, "does": { "type": "string" } },
                    },
                ],
            },
        },
    })
}
