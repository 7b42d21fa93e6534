//! Events that change any object, and what is around the cluster.

use std::collections::BTreeMap;

use podtide::diagnostic::{Severity, SourceMap};
use podtide::kube::apiserver::{Cluster, Write};
use podtide::kube::controllers::podautoscaler::reason::HpaReason;
use podtide::kube::objects::pod::Pod;
use podtide::kube::reason::Reason;
use podtide::manifest::{self, Options};
use podtide::recording::Recording;
use podtide::report::{Report, summarize};
use podtide::scenario::Scenario;
use podtide::scenario::check::{Input, check};
use podtide::scenario::file;
use podtide::units::SimTime;

use super::pipe::{WEB, play, scenario, try_scenario};

/// Constant traffic that 3 pods carry, at first.
const TRAFFIC: &str = "  duration: 30m
  cluster: {timings: instant}
  traffic:
    - to: {service: web}
      layers: [{constant: 60/s}]
  profiles: [{deployment: web, cpuPerRequest: 8ms, latency: 20ms, timeout: 2s}]
  events:
";

fn played(events: &str) -> (Report, Recording) {
    let scenario = scenario(WEB, &format!("{TRAFFIC}{events}"));
    let recording = play(&scenario);
    (summarize(&scenario, &recording), recording)
}

fn at(recording: &Recording, seconds: i64) -> Cluster {
    recording.state_at(SimTime::from_secs(seconds))
}

fn replicas(cluster: &Cluster) -> Option<i32> {
    cluster.deployments().next().expect("there is one Deployment").spec.replicas
}

/// What HPAs said, with the seconds: words and texts.
fn said(recording: &Recording, word: &str) -> Vec<(i64, String)> {
    let facts = recording.facts.iter().filter_map(|fact| match (&fact.write, &fact.reason) {
        (Write::Event { .. }, Reason::Hpa(reason)) if reason.word() == word => {
            Some((fact.at.whole_seconds(), reason.to_string()))
        }
        _ => None,
    });
    facts.collect()
}

#[test]
fn an_hpa_without_metrics_server_waits_and_says_so() {
    let (report, recording) = played(
        "    - {at: 5m, metricsOutage: {for: 10m}}
    - {at: 6m, trafficScale: {factor: 5}}
",
    );
    let failed = said(&recording, "FailedGetResourceMetric");
    let first = &failed.first().expect("the HPA says that it cannot read").1;
    assert!(
        first.ends_with(
            "unable to fetch metrics from resource metrics API: the server is currently unable to \
             handle the request (get pods.metrics.k8s.io)"
        ),
        "{first}"
    );
    let seconds: Vec<i64> = failed.iter().map(|(at, _)| *at).collect();
    // It comes back without memory: two scrapes of 15 s until the API answers.
    assert!(seconds.iter().all(|at| (300..=935).contains(at)), "{seconds:?}");
    assert!(seconds.iter().any(|at| *at > 905), "{seconds:?}");
    assert_eq!(replicas(&at(&recording, 899)), Some(3));
    assert!(replicas(&at(&recording, 1200)) > Some(8));
    let texts: Vec<&str> = report.events.iter().map(|event| event.text.as_str()).collect();
    let expect = ["resource metrics are gone", "all traffic times 5", "resource metrics are back"];
    assert_eq!(texts, expect);
}

#[test]
fn a_lost_connection_is_back_at_once_and_hidden_pods_are_missing() {
    let (_, recording) = played("    - {at: 5m, metricsOutage: {for: 5m, what: connection}}\n");
    let last = said(&recording, "FailedGetResourceMetric").last().map(|(at, _)| *at);
    assert!(last < Some(600), "{last:?}");
    let missing = |every: u32| {
        let (_, recording) =
            played(&format!("    - {{at: 5m, metricsOutage: {{for: 5m, hideEvery: {every}}}}}\n"));
        let during = recording.decisions.iter().filter(|it| it.at.whole_seconds() / 300 == 1);
        let missing: Vec<u32> =
            during.filter_map(|it| Some(it.metrics().first()?.pods.missing)).collect();
        missing
    };
    assert!(missing(2).iter().all(|missing| *missing == 2), "{:?}", missing(2));
    assert!(missing(5).iter().all(|missing| *missing == 1), "{:?}", missing(5));
    let (_, recording) = played("    - {at: 5m, metricsOutage: {for: 5m, hideEvery: 1}}\n");
    let failed = said(&recording, "FailedGetResourceMetric");
    assert!(failed[0].1.ends_with("no metrics returned from resource metrics API"), "{failed:?}");
}

const ADAPTED: &str = "  duration: 20m
  traffic: [{to: {service: web}, layers: [{constant: 60/s}]}]
  profiles: [{deployment: web, cpuPerRequest: 8ms}]
  metrics: [{type: Pods, name: rate, from: served}]
";

/// An HPA by `rate` of pods.
fn by_rate() -> String {
    WEB.replace(
        "type: Resource\n      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}",
        "type: Pods\n      pods: {metric: {name: rate}, target: {type: AverageValue, averageValue: 20}}",
    )
}

#[test]
fn an_adapter_can_be_gone_too() {
    let events = "  events: [{at: 5m, metricsOutage: {for: 5m, apis: [custom, external]}}]\n";
    let recording = play(&scenario(&by_rate(), &format!("{ADAPTED}{events}")));
    let failed = said(&recording, "FailedGetPodsMetric");
    assert!(
        failed[0].1.ends_with(
            "unable to fetch metrics from custom metrics API: the server is currently unable to \
             handle the request (get pods.custom.metrics.k8s.io *)"
        ),
        "{failed:?}"
    );
    assert!(failed.iter().all(|(at, _)| (300..600).contains(at)), "{failed:?}");
}

#[test]
fn metrics_that_an_edit_brings_are_answered() {
    let events = "  events: [{at: 5m, edit: {object: hpa/web, path: spec.metrics, value: [{type: Pods, \
                  pods: {metric: {name: rate}, target: {type: AverageValue, averageValue: 6}}}]}}]\n";
    let recording = play(&scenario(WEB, &format!("{ADAPTED}{events}")));
    assert_eq!(said(&recording, "FailedGetPodsMetric"), []);
    assert_eq!(replicas(&at(&recording, 299)), Some(3));
    assert_eq!(replicas(&at(&recording, 600)), Some(10), "60/s at 6/s for each pod");
}

#[test]
fn slow_pulls_make_a_rollout_slow() {
    let took = |events: &str| {
        let roll = "    - {at: 5m, setImage: {deployment: web, image: 'web:v2'}}\n";
        let (report, _) = played(&format!("{events}{roll}"));
        report.workloads[0].rollouts[0].took_seconds.expect("it ends")
    };
    let usual = took("");
    let slow = took("    - {at: 4m, slowImagePull: {takes: 1m, for: 20m}}\n");
    assert!(slow > usual + 60.0, "{usual} {slow}");
    let other = took("    - {at: 4m, slowImagePull: {factor: 20, image: 'web:v1', for: 20m}}\n");
    assert!((other - usual).abs() < 1e-9, "of another image: {usual} {other}");
    let over = took("    - {at: 2m, slowImagePull: {factor: 20, for: 1m}}\n");
    assert!((over - usual).abs() < 1e-9, "it is over: {usual} {over}");
}

#[test]
fn an_hpa_is_edited_and_its_chart_knows() {
    let (report, recording) = played(
        "    - {at: 1m, trafficScale: {factor: 10}}
    - {at: 1m, editHpa: {hpa: web, path: spec.maxReplicas, value: 6}}
    - {at: 10m, editHpa: {hpa: web, patch: {spec: {maxReplicas: 12}}}}
    - {at: 20m, edit: {object: hpa/default/web, path: spec.minReplicas, value: null}}
",
    );
    assert_eq!(replicas(&at(&recording, 599)), Some(6));
    assert_eq!(replicas(&at(&recording, 900)), Some(12));
    let hpa = at(&recording, 1799).hpas().next().expect("there is one").spec.clone();
    assert_eq!((hpa.min_replicas, hpa.max_replicas), (Some(1), 12));
    let most: Vec<(f64, f64)> = report.series.workloads[0]
        .max_replicas
        .points()
        .iter()
        .map(|point| (point.at_ms / 1000.0, point.value))
        .collect();
    assert_eq!(most, [(0.0, 30.0), (60.0, 6.0), (600.0, 12.0)]);
    let texts: Vec<&str> = report.events.iter().map(|event| event.text.as_str()).collect();
    assert!(texts.contains(&"set spec.maxReplicas of hpa/web to 6"), "{texts:?}");
    assert!(texts.contains(&"patch hpa/web"), "{texts:?}");
    assert!(texts.contains(&"remove spec.minReplicas of hpa/web"), "{texts:?}");
}

/// A budget that lets no pod go.
const PDB: &str = "\
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 3, selector: {matchLabels: {app: web}}}
";

#[test]
fn a_budget_is_edited_and_lets_a_drain_pass() {
    let manifests = format!("{WEB}{PDB}");
    let spec = format!(
        "{TRAFFIC}    - {{at: 2m, drain: {{node: node-1}}}}
    - {{at: 10m, editPdb: {{pdb: web, patch: {{spec: {{minAvailable: null, maxUnavailable: 1}}}}}}}}
"
    );
    let recording = play(&scenario(&manifests, &spec));
    let on_node = |seconds| {
        let cluster = at(&recording, seconds);
        let node = cluster.nodes().next().expect("there are nodes").id;
        cluster.pods().iter().filter(|pod| pod.node == Some(node)).count()
    };
    assert!(on_node(599) > 0, "the budget blocks");
    assert_eq!(on_node(720), 0, "the budget lets them go");
}

#[test]
fn a_deployment_is_edited_where_it_stands() {
    let (_, recording) = played(
        "    - {at: 1m, setImage: {deployment: web, image: 'web:v2'}}
    - {at: 5m, undo: {deployment: web}}
    - {at: 10m, edit: {object: deploy/web, path: 'spec.template.spec.containers[name=web].image', value: 'web:v2'}}
    - {at: 15m, edit: {object: deploy/web, patch: {spec: {minReadySeconds: 7}}}}
    - {at: 20m, edit: {object: deploy/web, path: spec.replicas, value: 5}}
",
    );
    let image = |seconds| {
        let cluster = at(&recording, seconds);
        let deployment = cluster.deployments().next().expect("there is one").spec.clone();
        deployment.template.spec.containers[0].image.clone()
    };
    assert_eq!([image(200), image(500), image(800)], ["web:v2", "web:v1", "web:v2"]);
    let spec = at(&recording, 1799).deployments().next().expect("there is one").spec.clone();
    assert_eq!(spec.min_ready_seconds, 7);
    let written = recording.facts.iter().find_map(|fact| match &fact.write {
        Write::UpdateDeployment { spec, .. } if fact.at == SimTime::from_secs(1200) => {
            spec.replicas
        }
        _ => None,
    });
    assert_eq!(written, Some(5));
    assert_eq!(replicas(&at(&recording, 1199)), Some(3), "an edit leaves the count alone");
}

#[test]
fn traffic_is_scaled_for_a_time() {
    let (report, _) = played(
        "    - {at: 5m, trafficScale: {factor: 2, for: 5m}}
    - {at: 20m, trafficScale: {service: web, factor: 0}}
",
    );
    let offered = report.workloads[0].requests.expect("there is traffic").offered;
    let expect = 60.0 * (300.0 + 2.0 * 300.0 + 600.0);
    assert!((offered - expect).abs() < 1.0, "{offered} {expect}");
    let texts: Vec<&str> = report.events.iter().map(|event| event.text.as_str()).collect();
    assert_eq!(texts, ["all traffic times 2", "all traffic as before", "traffic to web stops"]);
}

/// Checks a Scenario whose events apply a second manifest.
fn with_manifest(applied: &str, events: &str) -> Result<Scenario, String> {
    let mut sources = SourceMap::default();
    let text = format!(
        "{WEB}{PDB}---\napiVersion: podtide.dev/v1alpha1\nkind: Scenario\nmetadata: {{name: test}}\n\
         spec:\n{TRAFFIC}{events}"
    );
    let first = sources.add("test.yaml", text);
    let second = sources.add("applied.yaml", applied);
    let (mut documents, _) = manifest::read(&sources, &[first]);
    let scenarios = file::take_scenarios(&mut documents);
    let (file, _) = file::parse(&scenarios[0].node, &sources);
    let (objects, _) = manifest::decode_documents(documents, &Options::default());
    let (documents, _) = manifest::read(&sources, &[second]);
    let (applied, _) = manifest::decode_documents(documents, &Options::default());
    let input = Input {
        file: &file,
        name: "test",
        objects: &objects,
        applied: &BTreeMap::from([("applied.yaml".to_owned(), applied)]),
        recordings: &BTreeMap::new(),
        sources: &sources,
        lines: &[],
        saturate_at: None,
    };
    let (scenario, findings) = check(&input);
    let errors: Vec<_> =
        findings.iter().filter(|finding| finding.severity > Severity::Note).collect();
    scenario.filter(|_| errors.is_empty()).ok_or_else(|| format!("{errors:#?}"))
}

#[test]
fn a_manifest_that_no_longer_says_replicas_resets_the_count_once() {
    let applied = WEB.replace("  replicas: 3\n", "");
    let applied = applied.split("---\n").next().expect("the Deployment comes first");
    let events = "    - {at: 1m, trafficScale: {factor: 3}}
    - {at: 10m, every: 5m, apply: {manifest: applied.yaml}}
";
    let recording = play(&with_manifest(applied, events).expect("it is sound"));
    let updates: Vec<(i64, Option<i32>)> = recording
        .facts
        .iter()
        .filter_map(|fact| match &fact.write {
            Write::UpdateDeployment { spec, .. } => Some((fact.at.whole_seconds(), spec.replicas)),
            _ => None,
        })
        .collect();
    assert_eq!(updates, [(600, Some(1))], "later ones leave the count to the HPA");
    assert!(replicas(&at(&recording, 599)) > Some(3));
    assert!(replicas(&at(&recording, 1000)) > Some(3), "the HPA goes up again");
}

#[test]
fn all_kinds_are_applied_and_say_false_where_they_say_it() {
    let applied = format!("{WEB}{PDB}")
        .replace("  replicas: 3\n", "  replicas: 3\n  paused: false\n")
        .replace("maxReplicas: 30", "maxReplicas: 9")
        .replace("minAvailable: 3", "maxUnavailable: 2");
    let events = "    - {at: 1m, pause: {deployment: web}}
    - {at: 2m, editHpa: {hpa: web, path: spec.behavior.scaleDown.stabilizationWindowSeconds, value: 60}}
    - {at: 5m, apply: {manifest: applied.yaml}}
";
    let recording = play(&with_manifest(&applied, events).expect("it is sound"));
    let before = at(&recording, 299);
    assert!(before.deployments().next().expect("there is one").spec.paused);
    let cluster = at(&recording, 301);
    assert!(!cluster.deployments().next().expect("there is one").spec.paused);
    let hpa = &cluster.hpas().next().expect("there is one").spec;
    assert_eq!(hpa.max_replicas, 9);
    let down = hpa.behavior.as_ref().and_then(|behavior| behavior.scale_down.as_ref());
    assert_eq!(down.and_then(|down| down.stabilization_window_seconds), Some(60), "it stays");
    let pdb = &cluster.pdbs().next().expect("there is one").spec;
    assert!(pdb.min_available.is_none() && pdb.max_unavailable.is_some(), "{pdb:?}");
}

#[test]
fn what_cannot_be_applied_is_said() {
    let node = "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n";
    let events = "    - {at: 5m, apply: {manifest: applied.yaml}}\n";
    let told = |applied: &str| with_manifest(applied, events).expect_err("it says something");
    assert!(told(node).contains("an event applies Deployments, HPAs"), "{}", told(node));
    let new = WEB.replace("{name: web}", "{name: other}");
    assert!(told(&new).contains("`other` is new: an event creates nothing"), "{}", told(&new));
    let selector = WEB.replace("app: web", "app: else");
    assert!(told(&selector).contains("field is immutable"), "{}", told(&selector));
    let broken = WEB.replace("minReplicas: 3", "minReplicas: 40");
    assert!(told(&broken).contains("minReplicas"), "{}", told(&broken));
}

#[test]
fn what_cannot_be_done_is_an_error_of_the_scenario() {
    for (event, says) in [
        ("edit: {object: hpa/web}", "it is not clear what is changed"),
        ("edit: {object: hpa/web, path: spec.maxReplicas}", "not said what stands there then"),
        ("edit: {object: hpa/wob, path: spec.maxReplicas, value: 3}", "there is no `horizontal"),
        ("edit: {object: web, path: a, value: 3}", "does not say which object"),
        ("edit: {object: hpa/web, path: spec.maxReplica, value: 3}", "maxReplica"),
        ("edit: {object: hpa/web, path: spec.maxReplicas, value: 2}", "minReplicas"),
        ("edit: {object: hpa/web, path: spec.maxReplicas, value: many}", "maxReplicas"),
        ("edit: {object: hpa/web, path: 'spec.metrics[4].type', value: 3}", "has no item 4"),
        ("edit: {object: hpa/web, path: spec.maxReplicas, value: 200000}", "can be simulated"),
        ("edit: {object: deploy/web, path: metadata.name, value: x}", "field is immutable"),
        ("edit: {object: deploy/web, path: spec.selector.matchLabels.app, value: x}", "immutable"),
        ("edit: {object: deploy/web, patch: [1]}", "a patch is a map"),
        ("editHpa: {hpa: wob, path: spec.maxReplicas, value: 3}", "did you mean `web`?"),
        ("editPdb: {pdb: web, path: spec.minAvailable, value: 3}", "no PodDisruptionBudget"),
        ("annotatePod: {deployment: web}", "`annotatePod` changes nothing"),
        (
            "annotatePod: {deployment: web, annotations: {controller.kubernetes.io/pod-deletion-cost: '1.5'}}",
            "a deletion cost is a whole number",
        ),
        ("metricsOutage: {for: 0s}", "`for` is no time at all"),
        ("metricsOutage: {apis: [resources]}", "`apis` cannot be `resources`"),
        ("metricsOutage: {hideEvery: 0}", "`hideEvery` counts from 1"),
        ("metricsOutage: {hideEvery: 2, what: server}", "hides all pods"),
        ("metricsOutage: {what: cable}", "`what` cannot be `cable`"),
        ("slowImagePull: {}", "it is not clear how slow pulls are"),
        ("slowImagePull: {factor: 2, takes: 3s}", "it is not clear how slow pulls are"),
        ("slowImagePull: {factor: -1}", "`factor` is out of range"),
        ("slowImagePull: {factor: 2, node: node-9}", "no node is called `node-9`"),
        ("trafficScale: {factor: .nan}", "a finite number"),
        ("trafficScale: {factor: 2, service: wob}", "no Service is called `wob`"),
        ("trafficScale: {factor: 2, queue: jobs}", "there is no such traffic to scale"),
        ("trafficScale: {factor: 2, queue: jobs, service: web}", "names several targets"),
    ] {
        let text = format!(
            "{WEB}\n---\napiVersion: podtide.dev/v1alpha1\nkind: Scenario\n\
             metadata: {{name: test}}\nspec:\n{TRAFFIC}    - {{at: 1m, {event}}}\n"
        );
        let errors = try_scenario(&text).expect_err(event);
        assert!(errors.contains(says), "{event}: {errors}");
    }
}

#[test]
fn hpas_say_what_they_said_before_once_metrics_are_back() {
    let (_, recording) = played("    - {at: 5m, metricsOutage: {for: 2m}}\n");
    let cluster = at(&recording, 1799);
    let hpa = cluster.hpas().next().expect("there is one");
    let active = hpa.status.conditions.iter().find(|it| it.type_.to_string() == "ScalingActive");
    assert_eq!(active.map(|it| it.reason.word()), Some("ValidMetricFound"));
    assert!(cluster.pods().iter().all(Pod::is_ready));
    let syncs = |reason: &HpaReason| matches!(reason, HpaReason::Metric(_));
    let failed = recording.facts.iter().filter(|fact| match &fact.reason {
        Reason::Hpa(reason) => syncs(reason),
        _ => false,
    });
    assert!(failed.count() > 5);
}

#[test]
fn a_report_names_victims_with_their_rules() {
    let (report, _) = played(
        "    - {at: 1m, editHpa: {hpa: web, path: spec.minReplicas, value: 5}}
    - {at: 3m, annotatePod: {deployment: web, newest: true, annotations: {controller.kubernetes.io/pod-deletion-cost: '-7'}}}
    - {at: 4m, editHpa: {hpa: web, path: spec.minReplicas, value: 1}}
",
    );
    let victims = &report.workloads[0].scale_down_victims;
    let first = victims.first().expect("the HPA scales down");
    assert_eq!(first.rule, "deletionCost", "{victims:?}");
    assert_eq!(first.because, "its deletion cost is -7, that of the next 0");
}

#[test]
fn a_report_names_crash_loops_by_version() {
    let spec =
        TRAFFIC.replace("timeout: 2s}]", "timeout: 2s, images: {'web:v2': {crash: {after: 5s}}}}]");
    let spec = format!("{spec}    - {{at: 5m, setImage: {{deployment: web, image: 'web:v2'}}}}\n");
    let scenario = scenario(WEB, &spec);
    let report = summarize(&scenario, &play(&scenario));
    let crashes = report.workloads[0].crashes.first().expect("v2 crashes");
    assert_eq!((crashes.image.as_str(), crashes.out_of_memory_kills), ("web:v2", 0));
    assert!(crashes.restarts > 3 && crashes.back_off_pods > 0, "{crashes:?}");
}
