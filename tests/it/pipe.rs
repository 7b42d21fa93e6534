//! The pipe from text to recording, on small scenarios.

use std::collections::BTreeMap;

use podtide::diagnostic::{Severity, SourceMap};
use podtide::kube::objects::pod::Pod;
use podtide::manifest::{self, Options};
use podtide::recording::Recording;
use podtide::scenario::Scenario;
use podtide::scenario::check::{Input, check};
use podtide::scenario::file;
use podtide::sim::simulate;
use podtide::units::SimTime;

/// A Deployment `web` of pods that request 250m, with a Service and an HPA for 70 % CPU.
pub(crate) const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web:v1
          resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {cpu: 500m, memory: 512Mi}}
          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 3
  maxReplicas: 30
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
";

/// Checks manifests with the spec of a Scenario.
pub(crate) fn scenario(manifests: &str, spec: &str) -> Scenario {
    let text = format!(
        "{manifests}\n---\napiVersion: podtide.dev/v1alpha1\nkind: Scenario\n\
         metadata: {{name: test}}\nspec:\n{spec}"
    );
    try_scenario(&text).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Checks a text that holds manifests and a Scenario.
///
/// # Errors
/// All errors, as text.
pub(crate) fn try_scenario(text: &str) -> Result<Scenario, String> {
    let mut sources = SourceMap::default();
    let id = sources.add("test.yaml", text);
    let (mut documents, mut findings) = manifest::read(&sources, &[id]);
    let scenarios = file::take_scenarios(&mut documents);
    let (file, more) = file::parse(&scenarios[0].node, &sources);
    findings.extend(more);
    let (objects, more) = manifest::decode_documents(documents, &Options::default());
    findings.extend(more);
    let input = Input {
        file: &file,
        name: "test",
        objects: &objects,
        applied: &BTreeMap::new(),
        recordings: &BTreeMap::new(),
        sources: &sources,
        lines: &[],
        saturate_at: None,
    };
    let (scenario, more) = check(&input);
    findings.extend(more);
    let errors: Vec<_> =
        findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    scenario.ok_or_else(|| format!("{errors:#?}"))
}

/// Plays a scenario and keeps everything.
pub(crate) fn play(scenario: &Scenario) -> Recording {
    let mut recording = Recording::default();
    simulate(scenario, &mut recording);
    recording
}

const SPIKE: &str = "
  duration: 30m
  seed: 7
  traffic:
    - to: {service: web}
      layers:
        - constant: 60/s
        - spike: {at: 5m, height: 400/s, rise: 30s, hold: 5m, fall: 1m}
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, latency: 20ms, timeout: 2s, startup: {time: 20s, cpu: 250m}}
";

#[test]
fn a_spike_scales_up_and_down() {
    let recording = play(&scenario(WEB, SPIKE));
    let peak = recording.decisions.iter().map(|decision| decision.desired).max();
    assert!(peak > Some(10), "{peak:?}");
    assert_eq!(recording.end, SimTime::from_secs(1800));
}

#[test]
fn a_cold_world_is_recorded_from_its_first_object_on() {
    let recording = play(&scenario(WEB, "  duration: 2m\n  world: cold\n"));
    assert_eq!(recording.state_after(0).nodes().count(), 0, "nothing has happened yet");
    let cluster = recording.state_at(recording.end);
    assert_eq!(cluster.deployments().count(), 1);
    assert!(cluster.pods().iter().all(Pod::is_ready));
}

#[test]
fn a_pod_may_be_evicted_just_when_a_warm_world_begins() {
    let manifests = WEB.replace(", limits: {cpu: 500m, memory: 512Mi}", "");
    let evictions = |growth| {
        let spec = format!(
            "
  duration: 1m
  cluster: {{nodes: [{{name: small, allocatable: {{cpu: 4, memory: 1Gi}}}}]}}
  profiles:
    - {{deployment: web, cpuPerRequest: 8ms, memory: {{base: 64Mi, growth: {growth}Gi/h}}}}
"
        );
        let recording = play(&scenario(&manifests, &spec));
        recording.facts.iter().filter(|fact| fact.reason.word() == "Evicted").count()
    };
    assert!((20..30).map(evictions).sum::<usize>() > 10);
}

#[test]
fn an_image_fails_a_share_of_its_requests() {
    let spec = |failing: &str| {
        format!(
            "
  duration: 10m
  traffic: [{{to: {{service: web}}, layers: [{{constant: 60/s}}]}}]
  profiles:
    - {{deployment: web, cpuPerRequest: 8ms, images: {{'web:v1': {{failing: {failing}}}}}}}
"
        )
    };
    for (failing, share) in [("25%", 0.25), ("100%", 1.0), ("0", 0.0)] {
        let scenario = scenario(WEB, &spec(failing));
        let report = podtide::report::summarize(&scenario, &play(&scenario));
        let requests = report.workloads[0].requests.expect("there is traffic");
        assert!((requests.failed_share - share).abs() < 1e-9, "{failing}: {requests:?}");
    }
}
