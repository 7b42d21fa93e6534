//! What users do to Deployments and pods by events of a Scenario.

use podtide::kube::apiserver::{Cluster, Write};
use podtide::kube::kubectl::rollout::RESTARTED_AT;
use podtide::kube::objects::deployment::DeploymentObject;
use podtide::recording::Recording;
use podtide::render::text;
use podtide::report::summarize;
use podtide::units::SimTime;

use super::pipe::{play, scenario, try_scenario};

/// A Deployment without HPA, whose manifest sets a variable.
const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 4
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: app
          image: api:v1
          env: [{name: MODE, value: fast}]
          resources: {requests: {cpu: 250m, memory: 128Mi}, limits: {cpu: 500m}}
        - {name: proxy, image: proxy:v1}
";

/// Plays events for 20 minutes.
fn played(events: &str) -> Recording {
    play(&scenario(API, &spec(events)))
}

fn spec(events: &str) -> String {
    format!("  duration: 20m\n  clock: 2026-01-05T08:00:00Z\n  events:\n{events}")
}

fn deployment(cluster: &Cluster) -> &DeploymentObject {
    cluster.deployments().next().expect("there is one Deployment")
}

/// Images of the first container of all pods, after so many minutes.
fn images(recording: &Recording, minutes: i64) -> Vec<String> {
    let cluster = recording.state_at(SimTime::from_secs(60 * minutes));
    let image = |template| cluster.template(template).spec.spec.containers[0].image.clone();
    let mut images: Vec<String> = cluster.pods().iter().map(|pod| image(pod.template)).collect();
    images.sort();
    images
}

/// What was refused: minute and why.
fn refusals(recording: &Recording) -> Vec<(i64, &str)> {
    let minute = |at: SimTime| at.whole_seconds() / 60;
    recording.refusals.iter().map(|refusal| (minute(refusal.at), &*refusal.why)).collect()
}

#[test]
fn an_image_is_set_and_undone() {
    let recording = played(
        "    - {at: 2m, setImage: {deployment: api, container: app, image: 'api:v2'}}
    - {at: 10m, undo: {deployment: api}}
    - {at: 15m, undo: {deployment: api, toRevision: 2}}
    - {at: 16m, undo: {deployment: api, toRevision: 9}}
",
    );
    assert_eq!(images(&recording, 9), ["api:v2"; 4]);
    assert_eq!(images(&recording, 14), ["api:v1"; 4]);
    assert_eq!(images(&recording, 20), ["api:v2"; 4]);
    assert_eq!(refusals(&recording), [(16, "unable to find specified revision 9 in history")]);
}

#[test]
fn a_restart_replaces_all_pods_and_is_noted_by_the_wall_clock() {
    let recording = played("    - {at: 2m, restart: {deployment: api}}\n");
    let cluster = recording.state_at(recording.end);
    let template = &deployment(&cluster).spec.template;
    assert_eq!(template.metadata.annotations[RESTARTED_AT], "2026-01-05T08:02:00Z");
    assert!(cluster.pods().iter().all(|pod| pod.created_at >= SimTime::from_secs(120)));
    assert_eq!(cluster.pods().len(), 4);
}

#[test]
fn a_paused_deployment_waits_with_its_template_and_refuses_what_kubectl_refuses() {
    let recording = played(
        "    - {at: 1m, pause: {deployment: api}}
    - {at: 2m, setImage: {deployment: api, container: app, image: 'api:v2'}}
    - {at: 3m, pause: {deployment: api}}
    - {at: 4m, restart: {deployment: api}}
    - {at: 5m, undo: {deployment: api}}
    - {at: 6m, scale: {deployment: api, replicas: 6}}
    - {at: 10m, resume: {deployment: api}}
    - {at: 11m, resume: {deployment: api}}
",
    );
    assert_eq!(images(&recording, 9), ["api:v1"; 6]);
    assert_eq!(images(&recording, 20), ["api:v2"; 6]);
    let expect = [
        (3, "deployments.apps \"api\" is already paused"),
        (4, "deployments.apps \"api\" can't restart paused deployment (run rollout resume first)"),
        (5, "no rollout history found for deployment \"api\""),
        (11, "deployments.apps \"api\" is not paused"),
    ];
    assert_eq!(refusals(&recording), expect);
}

#[test]
fn variables_and_resources_are_set_in_the_containers_that_are_named() {
    let recording = played(
        "    - {at: 1m, setEnv: {deployment: api, container: app, env: {LEVEL: debug, MODE: null}}}
    - {at: 2m, setResources: {deployment: api, container: app, requests: {cpu: 400m}, limits: {memory: 1Gi}}}
",
    );
    let cluster = recording.state_at(recording.end);
    let containers = &deployment(&cluster).spec.template.spec.containers;
    let variables: Vec<_> = containers[0].env.iter().map(|it| (&*it.name, &*it.value)).collect();
    assert_eq!(variables, [("LEVEL", "debug")]);
    assert!(containers[1].env.is_empty());
    let amounts = |list: &podtide::api::core::ResourceList| {
        list.iter().map(|(name, amount)| format!("{name} {amount}")).collect::<Vec<_>>()
    };
    assert_eq!(amounts(&containers[0].resources.requests), ["cpu 400m", "memory 128Mi"]);
    assert_eq!(amounts(&containers[0].resources.limits), ["cpu 500m", "memory 1Gi"]);
    assert!(cluster.pods().iter().all(|pod| pod.created_at >= SimTime::from_secs(60)));
}

#[test]
fn more_than_the_limit_is_refused_when_it_is_asked_for() {
    let recording = played(
        "    - {at: 1m, setResources: {deployment: api, container: app, limits: {cpu: 300m}}}
    - {at: 2m, setResources: {deployment: api, container: app, requests: {cpu: 400m}}}
",
    );
    let [(2, why)] = refusals(&recording)[..] else { panic!("{:?}", recording.refusals) };
    assert!(why.ends_with("\"400m\": must be less than or equal to cpu limit of 300m"), "{why}");
}

#[test]
fn an_apply_keeps_what_the_manifest_does_not_say() {
    let recording = played(
        "    - {at: 1m, setEnv: {deployment: api, container: app, env: {LEVEL: debug, MODE: slow}}}
    - {at: 2m, setImage: {deployment: api, container: app, image: 'api:v2'}}
    - {at: 3m, restart: {deployment: api}}
    - {at: 4m, scale: {deployment: api, replicas: 2}}
    - {at: 5m, every: 5m, apply: {deployment: api}}
",
    );
    let cluster = recording.state_at(recording.end);
    let spec = &deployment(&cluster).spec;
    assert_eq!(spec.replicas, Some(4), "the manifest says 4");
    assert_eq!(spec.template.spec.containers[0].image, "api:v1");
    let env = &spec.template.spec.containers[0].env;
    assert_eq!(env.iter().map(|it| &*it.value).collect::<Vec<_>>(), ["fast", "debug"]);
    assert!(spec.template.metadata.annotations.contains_key(RESTARTED_AT));
    let applied = |write: &Write| matches!(write, Write::UpdateDeployment { .. });
    let late = recording.facts.iter().filter(|fact| fact.at > SimTime::from_secs(290));
    assert_eq!(late.filter(|fact| applied(&fact.write)).count(), 1, "later ones change nothing");
}

#[test]
fn pods_are_deleted_oldest_first_and_replaced() {
    let recording = played(
        "    - {at: 2m, every: 4m, deletePod: {deployment: api}}
    - {at: 15m, deletePod: {deployment: api, count: 3, gracePeriod: 0s}}
",
    );
    let deleted: Vec<(i64, u32)> = recording
        .facts
        .iter()
        .filter_map(|fact| match fact.write {
            Write::DeletePod { pod, .. } => Some((fact.at.whole_seconds() / 60, pod.0)),
            _ => None,
        })
        .collect();
    assert_eq!(deleted, [(2, 0), (6, 1), (10, 2), (14, 3), (15, 4), (15, 5), (15, 6), (18, 7)]);
    assert_eq!(recording.state_at(recording.end).pods().len(), 4);
}

#[test]
fn a_report_tells_what_was_refused() {
    let scenario = scenario(API, &spec("    - {at: 1m, resume: {deployment: api}}\n"));
    let report = summarize(&scenario, &play(&scenario));
    let [event] = report.events.as_slice() else { panic!("there is one event") };
    assert_eq!(event.text, "resume api");
    assert_eq!(event.refused.as_deref(), Some("deployments.apps \"api\" is not paused"));
    let page = text::text(&report, &text::TextOptions::default());
    assert!(page.contains("refused at 1m: resume api: deployments.apps"), "{page}");
}

#[test]
fn what_cannot_be_done_is_an_error_of_the_scenario() {
    for (event, says) in [
        ("restart: {deployment: shop}", "no Deployment is called `shop`"),
        ("pause: {}", "lacks `deployment`"),
        ("undo: {deployment: api, toRevision: -1}", "a whole number"),
        ("setEnv: {deployment: api}", "`setEnv` changes nothing"),
        ("setEnv: {deployment: api, env: {A=B: c}}", "no name of a variable"),
        ("setEnv: {deployment: api, env: {A: [1]}}", "takes a text"),
        ("setEnv: {deployment: api, container: web, env: {A: b}}", "no container is called `web`"),
        ("setImage: {deployment: api, image: x}", "it is not clear whose image this is"),
        ("setResources: {deployment: api}", "`setResources` changes nothing"),
        (
            "setResources: {deployment: api, requests: {cpu: 600m}}",
            "must be less than or equal to cpu limit of 500m",
        ),
        ("setResources: {deployment: api, requests: {cpu: -1}}", "below 0"),
        ("deletePod: {deployment: api, count: 0}", "`count` is out of range"),
        ("pause: {deployment: api}, resume: {deployment: api}", "does several things"),
    ] {
        let text = format!(
            "{API}\n---\napiVersion: podtide.dev/v1alpha1\nkind: Scenario\n\
             metadata: {{name: test}}\nspec:\n  duration: 10m\n  events:\n    - {{at: 1m, {event}}}\n"
        );
        let errors = try_scenario(&text).expect_err(event);
        assert!(errors.contains(says), "{event}: {errors}");
    }
}
