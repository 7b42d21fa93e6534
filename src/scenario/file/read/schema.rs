//! The JSON Schema of an object.

use serde_json::{Map, json};

use super::Definitions;

/// A property of an object: key, description, whether it must be there, schema.
type Property = (&'static str, &'static str, bool, serde_json::Value);

/// Puts the schema of an object among the definitions and refers to it.
pub fn define(
    definitions: &mut Definitions,
    name: &'static str,
    description: &'static str,
    properties: impl FnOnce(&mut Definitions) -> Vec<Property>,
) -> serde_json::Value {
    if !definitions.contains_key(name) {
        definitions.insert(name.to_owned(), serde_json::Value::Null);
        let properties = properties(definitions);
        definitions.insert(name.to_owned(), object_schema(description, properties));
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn object_schema(description: &str, properties: Vec<Property>) -> serde_json::Value {
    let required: Vec<_> =
        properties.iter().filter(|(_, _, required, _)| *required).map(|(key, ..)| *key).collect();
    let mut listed = Map::new();
    for (key, description, _, schema) in properties {
        listed.insert(key.to_owned(), described(schema, description));
    }
    let mut schema = json!({
        "description": description.trim(),
        "type": "object",
        "additionalProperties": false,
        "properties": listed,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn described(mut schema: serde_json::Value, description: &str) -> serde_json::Value {
    let text = description.trim();
    match schema.as_object_mut() {
        Some(object) => {
            object.insert("description".to_owned(), json!(text));
            schema
        }
        None => json!({ "description": text }),
    }
}
