//! From text to a checked Scenario.

use std::collections::BTreeMap;

use podtide::diagnostic::{Diagnostic, SourceMap};
use podtide::manifest;
use podtide::scenario::check::{Input, check};
use podtide::scenario::file::{ScenarioFile, parse, take_scenarios};
use podtide::scenario::{Assumption, Scenario};
use podtide::units::SimTime;

const SHOP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - name: shop
          image: shop:v1
          ports: [{containerPort: 8080}]
          resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {cpu: 1, memory: 512Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: shop}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 3
  maxReplicas: 20
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
";

/// Loads manifests and at most one Scenario from texts.
fn load(texts: &[&str]) -> (Option<Scenario>, Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::default();
    let ids: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| sources.add(format!("{number}.yaml"), *text))
        .collect();
    let (mut documents, mut findings) = manifest::read(&sources, &ids);
    let scenarios = take_scenarios(&mut documents);
    let file = match scenarios.first() {
        Some(tree) => {
            let (file, more) = parse(&tree.node, &sources);
            findings.extend(more);
            file
        }
        None => ScenarioFile { complete: true, ..ScenarioFile::default() },
    };
    let (objects, more) = manifest::decode_documents(documents, &manifest::Options::default());
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
    (scenario, findings, sources)
}

fn show(findings: &[Diagnostic], sources: &SourceMap) -> String {
    let line = |finding: &Diagnostic| {
        let place = finding.labels.first().and_then(|label| sources.line_column(&label.span));
        let place = place.map_or_else(String::new, |(line, column)| format!("{line}:{column}: "));
        let help = finding.help.clone().unwrap_or_default();
        format!("{place}{:?}[{}] {} -> {help}", finding.severity, finding.code, finding.message)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A checked Scenario in short.
fn tell(scenario: &Scenario) -> String {
    let mut lines = vec![format!(
        "{} seed {} for {} on {} nodes, clock {:?}",
        scenario.name,
        scenario.seed,
        scenario.duration,
        scenario.cluster.nodes.len(),
        scenario.clock,
    )];
    lines.extend(scenario.question.clone());
    let workload = &scenario.workload;
    for (place, plan) in scenario.deployments.iter().enumerate() {
        let profile = &workload.config.profiles[workload.profile_of[place] as usize];
        let name = &plan.object.metadata.name;
        lines.push(format!("{name}: {} pods at the start, {profile:?}", plan.warm_replicas));
    }
    for (place, service) in workload.config.services.iter().enumerate() {
        let object = workload.service_of[place].map(|object| &scenario.services[object as usize]);
        let name = object.map_or("queue", |service| service.metadata.name.as_str());
        let load = service.own.as_ref().map(|load| {
            let peak = load.max_in(SimTime::ZERO, SimTime::ZERO + scenario.duration);
            format!("{:.1}/s at 0s, {peak:.1}/s at most", load.rate(SimTime::ZERO))
        });
        let (from, retry) = (&service.from, &service.retry);
        lines.push(format!("{name}: {:?} {load:?} from {from:?}, {retry:?}", service.kind));
    }
    lines.extend(workload.metrics.iter().map(|wiring| {
        let from = format!("{:?}", wiring.from);
        let from = from.split('(').next().unwrap_or_default().to_owned();
        format!(
            "metric {} of service {} from {from} answers {:?}",
            wiring.name, wiring.service, wiring.answers
        )
    }));
    let events = scenario.events.iter();
    lines.extend(events.map(|event| format!("{}: {}", event.at, event.action.title(scenario))));
    let assumed = |one: &Assumption| format!("assumed of {}: {}", one.subject, one.text);
    lines.extend(scenario.assumptions.iter().map(assumed));
    lines.join("\n")
}

#[test]
fn the_example_of_the_design_is_read() {
    let scenario = "\
# Question: does the default behavior survive a flash sale during a rollout?
# Look for: failed requests between 20m and 22m; the HPA waiting out its 5 minutes after 40m.
apiVersion: podtide.dev/v1alpha1
kind: Scenario
metadata: {name: flash-sale}
spec:
  manifests: [shop/]
  duration: 1h
  seed: 7
  clock: 2026-01-05T08:00:00Z
  cluster:
    kubernetes: \"1.36\"
    timings: typical
    nodes:
      - {name: pool-a, count: 3, allocatable: {cpu: \"4\", memory: 16Gi}, zone: a}
  traffic:
    - to: {service: shop}
      objective: {latency: 300ms}
      layers:
        - constant: 200/s
        - spike: {at: 10m, height: 1300/s, rise: 30s, hold: 5m, fall: 2m}
        - noise: {stddev: 5%, correlation: 60s}
  profiles:
    - deployment: shop
      container: shop
      cpuPerRequest: 8ms
      latency: 20ms
      timeout: 2s
      memory: {base: 180Mi}
      startup: {time: 20s, cpu: 900m}
      images:
        \"shop:v2\": {cpuPerRequest: 12ms}
  prices: {cpuHour: 0.04, gibHour: 0.005}
  events:
    - {at: 20m, setImage: {deployment: shop, container: shop, image: \"shop:v2\"}}
    - {at: 40m, drain: {node: pool-a-1}}
  assertions:
    - {name: no request lost in the rollout, expr: 'workload(\"shop\").requests.failed.between(\"20m\",\"25m\") == 0'}
";
    let (scenario, findings, sources) = load(&[SHOP, scenario]);
    insta::assert_snapshot!(show(&findings, &sources));
    insta::assert_snapshot!(tell(&scenario.expect("the example is sound")));
}

#[test]
fn nodes_that_nobody_described_are_those_that_node_selectors_ask_for() {
    let selector =
        "spec:\n      nodeSelector: {beta.kubernetes.io/os: linux, disk: ssd}\n      containers:";
    let shop = SHOP.replacen("spec:\n      containers:", selector, 1);
    let (scenario, findings, sources) = load(&[&shop]);
    let scenario = scenario.unwrap_or_else(|| panic!("{}", show(&findings, &sources)));
    for node in &scenario.cluster.nodes {
        let labels = &node.metadata.labels;
        assert_eq!(labels.get("disk").map(String::as_str), Some("ssd"));
        assert_eq!(labels.get("beta.kubernetes.io/os").map(String::as_str), Some("linux"));
    }
    let said = |one: &Assumption| one.text.contains("nodeSelectors ask for: disk=ssd");
    assert!(scenario.assumptions.iter().any(said), "{:?}", scenario.assumptions);
}
