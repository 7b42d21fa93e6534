//! `fields/fields`: which fields Kubernetes' objects have.

use std::collections::BTreeMap;

use podtide::diagnostic::SourceId;
use podtide::manifest::fields::{Fields, Problem};
use podtide::manifest::yaml::{Node, parse_value};
use serde_json::Value;

use super::fidelity;
use super::recording::{document, folder};

/// Type by kind, and type by type and field.
type Table = (BTreeMap<String, String>, BTreeMap<String, BTreeMap<String, String>>);

#[test]
#[expect(clippy::print_stdout, reason = "the line per recording is what the test is read for")]
fn fields() {
    let Some(recorded) = document("fields/fields") else {
        println!("conformance fields/fields: not in {}", folder().display());
        return;
    };
    let (kinds, types) = recorded_table(&recorded);
    let fields = Fields::new();
    let mut count = 0;
    for (kind, type_name) in &kinds {
        let (api_version, name) = kind.split_once(' ').expect("a kind has a version");
        assert_eq!(fields.type_of(api_version, name), Some(type_name.as_str()), "{kind}");
        count += 1;
    }
    for (type_name, recorded) in &types {
        let ours: BTreeMap<String, String> =
            fields.of(type_name).map(|(field, of)| (field.to_owned(), of.to_owned())).collect();
        assert_eq!(&ours, recorded, "{type_name}");
        count += recorded.len();
        check_type(&fields, type_name, recorded);
    }
    println!("conformance fields/fields: {count} of {count} agree");
    fidelity::tell("fields/fields", count as u64, count as u64, &[]);
}

fn recorded_table(recorded: &Value) -> Table {
    let short = |text: &Value| {
        let text = text.as_str().expect("a type is a text");
        text.replace("apimachinery/pkg/apis/meta/", "meta/").replace("api/", "")
    };
    let members = |value: &Value| {
        let members = value.as_object().expect("it is an object").clone();
        members.into_iter().map(|(key, value)| (key, short(&value))).collect()
    };
    let kinds: BTreeMap<String, String> = members(&recorded["kinds"]);
    let types = recorded["types"].as_object().expect("it is an object");
    let types = types
        .iter()
        .map(|(name, fields)| (short(&Value::String(name.clone())), members(fields)))
        .collect();
    (kinds, types)
}

/// Every field of a type is silently fine, and a field of another name is not.
fn check_type(fields: &Fields, type_name: &str, recorded: &BTreeMap<String, String>) {
    for (field, field_type) in recorded {
        let object = node(&format!("{{\"{field}\": {}}}", sample(field_type)));
        assert_eq!(fields.check(&object, type_name), [], "{type_name}.{field}");
        let object = node(&format!("{{\"{field}Zzz\": 1}}"));
        let faults = fields.check(&object, type_name);
        let unknown = matches!(&faults[0].problem, Problem::Unknown { .. });
        assert!(unknown && faults.len() == 1, "{type_name}.{field}Zzz: {faults:?}");
    }
}

/// A value of a type, as YAML.
fn sample(type_name: &str) -> String {
    if let Some(item) = type_name.strip_prefix("[]") {
        return format!("[{}]", sample(item));
    }
    if let Some(item) = type_name.strip_prefix("map[string]") {
        return format!("{{key: {}}}", sample(item));
    }
    match type_name {
        "string" | "bytes" | "time" => "'text'".to_owned(),
        "bool" => "true".to_owned(),
        "int32" | "int64" => "1".to_owned(),
        "float64" => "1.5".to_owned(),
        "quantity" => "250m".to_owned(),
        "int-or-string" => "25%".to_owned(),
        "any" => "[anything]".to_owned(),
        _ => "{}".to_owned(),
    }
}

fn node(text: &str) -> Node {
    parse_value(SourceId(0), text).expect("the sample is YAML")
}
