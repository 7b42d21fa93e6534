use super::*;
use crate::diagnostic::SourceId;
use crate::manifest::yaml;

fn faults(type_name: &str, text: &str) -> Vec<FieldFault> {
    let object = yaml::parse_value(SourceId(0), text).expect("the test's text is YAML");
    Fields::new().check(&object, type_name)
}

fn check_decode(type_name: &str, text: &str, expect: &str) {
    let messages: Vec<String> = faults(type_name, text)
        .into_iter()
        .map(|fault| match fault.problem {
            Problem::Decode { message, .. } => format!("{}: {message}", fault.path),
            Problem::Unknown { key, near, elsewhere } => {
                format!("{}: unknown {key}, near {near:?}, elsewhere {elsewhere:?}", fault.path)
            }
        })
        .collect();
    assert_eq!(messages.join("\n"), expect, "of {text}");
}

#[test]
fn wrong_types_are_told_in_go_s_words() {
    let hpa = "autoscaling/v2.HorizontalPodAutoscaler";
    check_decode(
        hpa,
        "spec: {maxReplicas: '3'}",
        "spec.maxReplicas: json: cannot unmarshal string into Go struct field \
         HorizontalPodAutoscalerSpec.spec.maxReplicas of type int32",
    );
    check_decode(
        hpa,
        "spec: {metrics: [a]}",
        "spec.metrics[0]: json: cannot unmarshal string into Go struct field \
         HorizontalPodAutoscalerSpec.spec.metrics of type v2.MetricSpec",
    );
    check_decode(
        hpa,
        "metadata: {labels: {a: 1}}",
        "metadata.labels[a]: json: cannot unmarshal number into Go struct field \
         ObjectMeta.metadata.labels of type string",
    );
    check_decode(
        hpa,
        "[1]",
        ": json: cannot unmarshal array into Go value of type v2.HorizontalPodAutoscaler",
    );
}

#[test]
fn unknown_fields_get_the_nearest_name() {
    check_decode(
        "apps/v1.DeploymentSpec",
        "{replica: 1, containers: [], strategy: {rollingUpdate: {maxsurge: 1}}}",
        "replica: unknown replica, near Some(\"replicas\"), elsewhere None\n\
         containers: unknown containers, near None, elsewhere Some(\"template.spec.containers\")\n\
         strategy.rollingUpdate.maxsurge: unknown maxsurge, near Some(\"maxSurge\"), \
         elsewhere None",
    );
}

#[test]
fn every_type_named_in_the_tables_is_there() {
    let fields = Fields::new();
    let leaf = ["string", "bool", "int32", "int64", "float64", "bytes", "time", "any"];
    for (_, type_name) in fields.types().flat_map(|name| fields.of(name)).chain(fields.kinds()) {
        let name = type_name.trim_start_matches("[]").trim_start_matches("map[string]");
        let known = fields.is_struct(name) || leaf.contains(&name);
        assert!(known || name == "quantity" || name == "int-or-string", "{type_name}");
    }
}
