//! Explanations: what `podtide explain` says of well-known situations, and that it never errs.

use podtide::explain;
use podtide::kube::controllers::podautoscaler::decision::Decision;
use podtide::recording::Recording;
use podtide::scenario::Scenario;

use crate::cli::{podtide, told};
use crate::pipe::{WEB, play, scenario};

/// What the program says of a scenario of the library.
fn explained(file: &str, arguments: &[&str]) -> String {
    let path = format!("scenarios/{file}.yaml");
    told(podtide().args(["explain", &path]).args(arguments))
}

#[test]
fn situations_of_the_library() {
    let cases = [
        ("scale-up", "flash-sale/scenario", ["--at", "10m33s", "--hpa", "shop"]),
        ("held-by-window", "flash-sale/scenario", ["--at", "18m20s", "--hpa", "shop"]),
        ("rollout", "flash-sale/rollout", ["--at", "20m30s", "--deployment", "shop"]),
    ];
    for (name, file, arguments) in cases {
        let shown = explained(file, &arguments);
        assert!(shown.starts_with("exit code 0\n"), "{name}: {shown}");
        assert_eq!(shown, explained(file, &arguments), "the same input gives the same bytes");
        insta::assert_snapshot!(format!("explain-{name}"), shown);
    }
}

#[test]
fn lessons_are_listed_and_read() {
    insta::assert_snapshot!("explain-concepts", told(podtide().args(["explain", "--concept"])));
    let unknown = ["explain", "--concept", "stabilisation"];
    insta::assert_snapshot!("explain-no-such-concept", told(podtide().args(unknown)));
    let alone = ["explain", "--concept", "stabilization", "--format", "json"];
    insta::assert_snapshot!("explain-concept-json", told(podtide().args(alone)));
    let own: Vec<String> = explain::concepts()
        .iter()
        .map(|concept| explained("r4-api/scenario", &["--concept", concept.name]))
        .collect();
    insta::assert_snapshot!("explain-concepts-of-r4", own.join("\n"));
}

/// The title says the final number.
fn agrees(scenario: &Scenario, recording: &Recording, decision: &Decision) {
    let hpa = &scenario.hpas[decision.hpa.0 as usize];
    let name = format!("{}/{}", hpa.metadata.namespace, hpa.metadata.name);
    let explanation = explain::hpa(scenario, recording, &name, decision.at)
        .unwrap_or_else(|unknown| panic!("{unknown}"));
    assert_eq!(explanation.replicas, Some(decision.desired), "{explanation:#?}");
    assert_eq!(explanation.at_seconds, Some(decision.at.as_secs_f64()));
    assert!(!explanation.steps.is_empty());
}

#[test]
fn every_sync_is_explained_with_its_own_number() {
    let spec = "
  duration: 20m
  seed: 3
  traffic:
    - to: {service: web}
      layers:
        - constant: 60/s
        - spike: {at: 3m, height: 500/s, rise: 30s, hold: 4m, fall: 1m}
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, startup: {time: 20s, cpu: 250m}}
";
    let scenario = scenario(WEB, spec);
    let recording = play(&scenario);
    assert!(recording.decisions.len() > 40);
    for decision in &recording.decisions {
        agrees(&scenario, &recording, decision);
    }
}
