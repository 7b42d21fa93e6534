//! Small manifests in the manner of those that people publish: every version, every form.

use podtide::api::autoscaling::{HorizontalPodAutoscaler, MetricSpec};
use podtide::api::int_or_percent::IntOrPercent;
use podtide::diagnostic::{Severity, SourceMap};
use podtide::manifest::{Manifests, Options, load, prevents_run};

use super::Read;

/// Reads a text in which nothing is wrong, notes aside.
fn read(text: &str) -> Manifests {
    let read = Read::new("test.yaml", text);
    let wrong: Vec<_> =
        read.findings.iter().filter(|finding| finding.severity > Severity::Note).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    read.manifests
}

/// A Deployment with a name and more of its `spec`.
fn deployment(api_version: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: {api_version}\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  \
         {spec}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers:\n        - {{name: app, image: 'app:v1', resources: {{requests: {{cpu: 100m, \
         memory: 128Mi}}}}}}\n"
    )
}

fn web() -> String {
    deployment("apps/v1", "web", "selector: {matchLabels: {app: web}}")
}

fn hpa(text: &str) -> HorizontalPodAutoscaler {
    let manifests = read(&format!("{}---\n{text}", web()));
    manifests.hpas[0].object.clone()
}

fn metrics(hpa: &HorizontalPodAutoscaler) -> &[MetricSpec] {
    hpa.spec.metrics.as_deref().expect("metrics are never absent after defaulting")
}

#[test]
fn old_deployments_keep_the_defaults_of_their_version() {
    let text = deployment("extensions/v1beta1", "a", "replicas: 2")
        + &deployment("apps/v1beta1", "b", "replicas: 2")
        + &deployment("apps/v1beta2", "c", "selector: {matchLabels: {app: c}}")
        + &deployment("apps/v1", "d", "selector: {matchLabels: {app: d}}");
    let manifests = read(&text);
    let of = |index: usize| &manifests.deployments[index].object.spec;
    let surge = |index: usize| {
        let update = of(index).strategy.rolling_update.clone().expect("it rolls");
        update.max_surge.expect("it was filled in")
    };
    assert_eq!(surge(0), IntOrPercent::Int(1));
    assert_eq!(surge(1), IntOrPercent::String("25%".to_owned()));
    let limits: Vec<_> = (0..4).map(|index| of(index).revision_history_limit).collect();
    assert_eq!(limits, [Some(i32::MAX), Some(2), Some(10), Some(10)]);
    assert_eq!(of(0).progress_deadline_seconds, Some(i32::MAX));
    assert!(of(0).selector.is_some() && of(1).selector.is_some());
    assert_eq!(manifests.deployments[1].object.metadata.labels["app"], "b");
    assert!(manifests.deployments[3].object.metadata.labels.is_empty());
}

#[test]
fn all_versions_of_an_hpa_mean_the_same() {
    let of = |version: &str, rest: &str| {
        hpa(&format!(
            "apiVersion: autoscaling/{version}\nkind: HorizontalPodAutoscaler\n\
             metadata: {{name: web}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  \
             maxReplicas: 10\n  {rest}\n"
        ))
    };
    let nested = "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, \
                  averageUtilization: 60}}}]";
    let v2 = of("v2", nested);
    assert_eq!(of("v2beta2", nested), v2);
    assert_eq!(of("v1", "targetCPUUtilizationPercentage: 60"), v2);
    let flat = "metrics: [{type: Resource, resource: {name: cpu, targetAverageUtilization: 60}}]";
    assert_eq!(of("v2beta1", flat), v2);
    assert_eq!(of("v2", ""), of("v1", "targetCPUUtilizationPercentage: 80"));
}

#[test]
fn flat_metrics_of_v2beta1_keep_every_field() {
    let hpa = hpa(r#"
apiVersion: autoscaling/v2beta1
kind: HorizontalPodAutoscaler
metadata:
  name: web
  annotations:
    autoscaling.alpha.kubernetes.io/behavior: '{"ScaleDown":{"StabilizationWindowSeconds":60}}'
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - {type: Resource, resource: {name: memory, targetAverageValue: 200Mi}}
    - {type: Pods, pods: {metricName: rps, targetAverageValue: 1k, selector: {matchLabels: {a: b}}}}
    - type: Object
      object:
        target: {apiVersion: v1, kind: Service, name: web}
        metricName: hits
        targetValue: "100"
        averageValue: 10
    - {type: External, external: {metricName: queue, metricSelector: {}, targetAverageValue: 30}}
    - type: ContainerResource
      containerResource: {name: cpu, container: app, targetAverageUtilization: 70}
"#);
    let json = serde_json::to_value(metrics(&hpa)).expect("metrics become JSON");
    assert_eq!(
        json,
        serde_json::json!([
            {"type": "Resource", "resource": {
                "name": "memory", "target": {"type": "AverageValue", "averageValue": "200Mi"}}},
            {"type": "Pods", "pods": {
                "metric": {"name": "rps", "selector": {"matchLabels": {"a": "b"}}},
                "target": {"type": "AverageValue", "averageValue": "1k"}}},
            {"type": "Object", "object": {
                "describedObject": {"apiVersion": "v1", "kind": "Service", "name": "web"},
                "metric": {"name": "hits"},
                "target": {"type": "AverageValue", "value": "100", "averageValue": "10"}}},
            {"type": "External", "external": {
                "metric": {"name": "queue", "selector": {}},
                "target": {"type": "AverageValue", "averageValue": "30"}}},
            {"type": "ContainerResource", "containerResource": {
                "name": "cpu", "container": "app",
                "target": {"type": "Utilization", "averageUtilization": 70}}},
        ])
    );
    let behavior = hpa.spec.behavior.expect("the annotation has one");
    let down = behavior.scale_down.expect("the annotation has it");
    assert_eq!(down.stabilization_window_seconds, Some(60));
    assert_eq!(down.policies.map(|policies| policies.len()), Some(1));
    assert!(hpa.metadata.annotations.is_empty());
}

#[test]
fn the_selector_of_an_old_budget_is_rewritten() {
    let budget = |version: &str, selector: &str| {
        let text = format!(
            "{}---\napiVersion: policy/{version}\nkind: PodDisruptionBudget\n\
             metadata: {{name: web}}\nspec: {{maxUnavailable: 50%, selector: {selector}}}\n",
            web()
        );
        let read = Read::new("test.yaml", text);
        (read.codes(), read.manifests.pdbs[0].object.spec.clone())
    };
    let (codes, _) = budget("v1", "{}");
    assert_eq!(codes, Vec::<&str>::new());
    let (codes, spec) = budget("v1beta1", "{}");
    assert_eq!(codes, ["pdb-without-pods"]);
    assert_eq!(spec.max_unavailable, Some(IntOrPercent::String("50%".to_owned())));
}

#[test]
fn lists_streams_and_live_objects_are_opened() {
    let manifests = read(&format!(
        "{}apiVersion: v1\nkind: List\nmetadata: {{resourceVersion: ''}}\nitems:\n\
         - apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: live\n    \
         creationTimestamp: '2026-01-05T08:00:00Z'\n    uid: abc\n    generation: 3\n  spec:\n    \
         selector: {{matchLabels: {{app: live}}}}\n    template:\n      \
         metadata: {{labels: {{app: live}}, creationTimestamp: null}}\n      spec: {{containers: [{{name: a, image: a, \
         terminationMessagePath: /dev/log}}], dnsPolicy: ClusterFirst}}\n  status: {{replicas: 7, \
         observedGeneration: 3}}\n- apiVersion: v1\n  kind: List\n  items: []\n---\n\
         apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {{name: live}}\n  \
         spec: {{selector: {{app: live}}, ports: [{{port: 80}}]}}\n",
        web().replace("---\n", "") + "---\n"
    ));
    assert_eq!(manifests.deployments.len(), 2);
    assert_eq!(manifests.deployments[1].object.live_replicas, Some(7));
    assert_eq!(manifests.services[0].object.metadata.name, "live");
    let port = &manifests.services[0].object.spec.ports[0];
    assert_eq!(port.target_port, Some(IntOrPercent::Int(80)));
}

#[test]
fn json_is_read_as_yaml_is() {
    let manifests = read(
        "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n\t\
         \"metadata\": {\"name\": \"a\\u002db\"},\n\t\"spec\": {\"containers\": [{\"name\": \"a\", \"image\": \"a:1\", \"resources\": \
         {\"limits\": {\"cpu\": 1.5}}}]}}",
    );
    let pod = &manifests.pods[0].object;
    assert_eq!(pod.metadata.name, "a-b");
    assert_eq!(pod.spec.containers[0].resources.requests["cpu"].milli_value(), 1500);
}

#[test]
fn kinds_without_a_part_are_counted() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '{{ y }}'}\n---\n\
                apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n---\n\
                apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: c}\n---\n\
                apiVersion: v1\nkind: LimitRange\nmetadata: {name: d}\n";
    let manifests = read(text);
    let counted: Vec<_> =
        manifests.ignored.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(counted, [("ConfigMap", 2), ("LimitRange", 1), ("Service", 1)]);
}

#[test]
fn anchors_are_shared_between_objects_of_one_document() {
    let manifests = read(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a, \
         labels: &labels {app: a}}\n  spec: &spec {containers: [{name: a, image: a}]}\n\
         - apiVersion: v1\n  kind: Pod\n  metadata: {name: b, labels: {<<: *labels, b: c}}\n  \
         spec: {<<: *spec, nodeName: n}\n",
    );
    let pod = &manifests.pods[1].object;
    assert_eq!(pod.metadata.labels["app"], "a");
    assert_eq!((pod.spec.containers.len(), pod.spec.node_name.as_deref()), (1, Some("n")));
}

#[test]
fn findings_name_the_place_and_whether_anything_can_run() {
    let text = web()
        + "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n\
                        metadata: {name: web}\nspec:\n  \
                        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wbe}\n  \
                        maxReplicas: 10\n";
    let mut sources = SourceMap::default();
    let id = sources.add("web.yaml", text);
    let (manifests, findings) = load(&sources, &[id], &Options::default());
    assert_eq!(manifests.deployments.len(), 1);
    let finding = &findings[0];
    assert_eq!(finding.code, "hpa-dangling-target");
    assert_eq!(finding.help.as_deref(), Some("did you mean `name: web`?"));
    assert_eq!(sources.line_column(&finding.labels[0].span), Some((17, 65)));
    assert!(!findings.iter().any(prevents_run));
    let strict = Options { strict: true, ..Options::default() };
    let id = sources.add("typo.yaml", web().replace("selector", "selectr: 1\n  selector"));
    let (_, findings) = load(&sources, &[id], &strict);
    assert_eq!(findings[0].severity, Severity::Error);
    assert!(prevents_run(&findings[0]));
}
