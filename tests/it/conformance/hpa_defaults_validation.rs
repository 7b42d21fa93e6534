//! `hpa/defaults_validation`: decoding, defaulting, conversion and validation of HPAs.

use podtide::api::autoscaling::HorizontalPodAutoscaler;
use podtide::diagnostic::SourceMap;
use podtide::manifest::defaults::autoscaling::default_horizontal_pod_autoscaler;
use podtide::manifest::fields::{Fields, Problem};
use podtide::manifest::validation::autoscaling::validate_horizontal_pod_autoscaler;
use podtide::manifest::versions::autoscaling_v1::to_v1;
use podtide::manifest::{ObjectTree, convert, read};
use serde::Serialize;
use serde_json::{Value, json};

use super::tally::{Outcome, replay};

#[test]
fn defaults_validation() {
    let fields = Fields::new();
    replay("hpa/defaults_validation", |case| play(case, &fields));
}

fn play(case: &Value, fields: &Fields) -> Outcome {
    let tree = parse(&case["written"]);
    let decode_error = first_decode_error(&tree, fields);
    let outcome = Outcome::of_json("decodeError", &case["decodeError"], &json!(decode_error));
    if decode_error.is_some() {
        return outcome;
    }
    let hpa = convert::horizontal_pod_autoscaler(&tree, "default");
    let old = case.get("old").map(|old| convert::horizontal_pod_autoscaler(&parse(old), "default"));
    outcome
        .and(|| Outcome::of_json("defaulted", &case["defaulted"], &to_json(&hpa, "v2")))
        .and(|| Outcome::of_json("errors", &case["errors"], &errors(&hpa, old.as_ref())))
        .and(|| play_stored(case, hpa))
}

/// What clients read back of an object that was accepted.
fn play_stored(case: &Value, hpa: HorizontalPodAutoscaler) -> Outcome {
    if case["errors"].as_array().is_some_and(|errors| !errors.is_empty()) {
        return Outcome::Agrees;
    }
    let mut stored = hpa;
    default_horizontal_pod_autoscaler(&mut stored.spec);
    let upstream = case.get("stored").unwrap_or(&case["defaulted"]);
    Outcome::of_json("stored", upstream, &to_json(&stored, "v2"))
        .and(|| Outcome::of_json("asV1", &case["asV1"], &to_json(&to_v1(&stored), "v1")))
}

fn parse(manifest: &Value) -> ObjectTree {
    let mut sources = SourceMap::default();
    let id = sources.add("case", manifest.to_string());
    let (mut documents, findings) = read(&sources, &[id]);
    assert!(findings.is_empty(), "{findings:?}");
    documents.objects.remove(0)
}

fn first_decode_error(tree: &ObjectTree, fields: &Fields) -> Option<String> {
    let type_name = fields.type_of(&tree.api_version, &tree.kind).expect("an HPA has a type");
    fields.check(&tree.node, type_name).into_iter().find_map(|fault| match fault.problem {
        Problem::Decode { message, .. } => Some(message),
        Problem::Unknown { .. } => None,
    })
}

fn errors(hpa: &HorizontalPodAutoscaler, old: Option<&HorizontalPodAutoscaler>) -> Value {
    validate_horizontal_pod_autoscaler(hpa, old)
        .into_iter()
        .map(|error| {
            json!({
                "type": error.type_.name(),
                "field": error.field,
                "message": error.message,
            })
        })
        .collect()
}

fn to_json(object: &impl Serialize, version: &str) -> Value {
    let mut value = serde_json::to_value(object).expect("plain data becomes JSON");
    value["apiVersion"] = json!(format!("autoscaling/{version}"));
    value["kind"] = json!("HorizontalPodAutoscaler");
    value
}
