//! Events from the command line: `--at TIME COMMAND`.

use podtide::diagnostic::SourceMap;
use podtide::scenario::file::event::Event;
use podtide::scenario::line::command::parse;

use super::cli::{podtide, told};
use super::pipe::WEB;

fn events(line: &str) -> Vec<Event> {
    let mut sources = SourceMap::default();
    let (events, findings) = parse(&mut sources, "--at", "20m", line);
    assert!(findings.is_empty(), "{line}: {findings:#?}");
    assert!(events.iter().all(|event| event.at.value.whole_seconds() == 1200), "{line}");
    events
}

#[test]
fn commands_become_events() {
    for (line, action) in [
        ("set image deployment/shop shop=shop:v2", "setImage"),
        ("kubectl set image deploy shop *=shop:v2", "setImage"),
        ("set env deployment/shop -c shop A=b=c OLD-", "setEnv"),
        (
            "set resources deployment/shop --requests=cpu=200m,memory=1Gi --limits cpu=1",
            "setResources",
        ),
        ("set selector service/shop version=green,app=shop", "switchSelector"),
        ("scale deployment/shop --replicas=5", "scale"),
        ("scale deployments.apps shop --replicas 5", "scale"),
        ("apply -f shop/v2.yaml", "apply"),
        ("patch hpa/shop -p '{\"spec\": {\"maxReplicas\": 30}}'", "edit"),
        ("patch hpa shop --type=merge -p {spec: {maxReplicas: 30}}", "edit"),
        ("edit hpa/shop spec.maxReplicas=30", "edit"),
        ("edit deploy/shop spec.template.spec.containers[name=shop].image=shop:v2", "edit"),
        ("rollout restart deployment/shop", "restart"),
        ("rollout undo deployment/shop --to-revision=2", "undo"),
        ("rollout pause deployment shop", "pause"),
        ("rollout resume deploy/shop", "resume"),
        ("delete pod shop --count=2 --grace-period=0", "deletePod"),
        ("delete pods deployment/shop --now", "deletePod"),
        ("annotate pod shop controller.kubernetes.io/pod-deletion-cost=-5 --newest", "annotatePod"),
        ("delete node node-1", "deleteNode"),
        ("drain node-1 node-2 --ignore-daemonsets --timeout=5m --grace-period=30", "drain"),
        ("cordon node/node-1", "cordon"),
        ("uncordon node-1", "uncordon"),
        ("taint nodes node-1 key=value:NoExecute key2-  --overwrite", "taint"),
        ("taint node node-1 key:NoSchedule", "taint"),
        ("service update --image api:v2 --replicas=3 api", "updateService"),
        ("fail-node node-1 --kubelet", "failNode"),
        ("recover-node node-1", "recoverNode"),
        ("add-nodes node-1 2", "addNodes"),
        ("add-nodes --like=pool --count=3", "addNodes"),
        ("metrics-outage 5m", "metricsOutage"),
        ("metrics-outage --for=5m --apis=resource,custom --what=connection", "metricsOutage"),
        ("metrics-outage", "metricsOutage"),
        ("slow-image-pull 10x 30m --image=shop:v2", "slowImagePull"),
        ("slow-image-pull 2m --node=node-1", "slowImagePull"),
        ("traffic-scale 2", "trafficScale"),
        ("traffic-scale 0.5 10m --service=shop", "trafficScale"),
    ] {
        let found: Vec<Vec<&str>> = events(line).iter().map(Event::actions).collect();
        assert_eq!(found, [[action]], "{line}");
    }
}

#[test]
fn values_are_those_that_were_written() {
    let [first, second] = &events("set image deploy/shop a=x:1 b=y:2 -n prod")[..] else {
        panic!("one event for each container")
    };
    let image = |event: &Event| {
        let set = event.set_image.as_ref().expect("it sets an image").value.clone();
        (set.deployment.value.to_string(), set.container.map(|it| it.value), set.image.value)
    };
    let shop = || "prod/shop".to_owned();
    assert_eq!(image(first), (shop(), Some("a".to_owned()), "x:1".to_owned()));
    assert_eq!(image(second), (shop(), Some("b".to_owned()), "y:2".to_owned()));
    let every = events("apply -f v2.yaml --every=3m")[0].every.as_ref().map(|it| it.value.0);
    assert_eq!(every, Some(180_000));
    let edits = events("edit pdb/shop spec.maxUnavailable=1 spec.minAvailable=");
    let values: Vec<String> = edits
        .iter()
        .filter_map(|event| Some(event.edit.as_ref()?.value.value.0.as_ref()?.to_json()))
        .collect();
    assert_eq!(values, ["1", "null"]);
    let slow = events("slow-image-pull 10x 30m")[0].slow_image_pull.clone().expect("it is slow");
    assert_eq!(slow.value.factor.map(|factor| factor.value), Some(10.0));
}

/// Runs with WEB on standard input.
fn run(arguments: &[&str]) -> String {
    let start = ["run", "-", "-t", "60/s", "--duration", "30m"];
    told(podtide().args([&start[..], arguments].concat()).write_stdin(WEB))
}

#[test]
fn what_is_wrong_is_shown_in_its_line() {
    let lines = [
        "rolout restart deployment/web",
        "rollout restrat deployment/web",
        "scale deployment/web",
        "scale hpa/web --replicas=3",
        "scale deployment/web --replica=3",
        "set image deployment/web web:v2",
        "set image deployment/wob web=web:v2",
        "patch hpa/web -p '{spec: {maxReplica: 3}}'",
        "drain node-77",
        "traffic-scale two",
        "cordon node-1 --timeout=3m",
        "metrics-outage 5m 6m",
        "",
    ];
    let mut arguments = Vec::new();
    for line in lines {
        arguments.extend(["--at", "5m", line]);
    }
    arguments.extend(["--at", "5", "uncordon node-1"]);
    insta::assert_snapshot!("bad-at", run(&arguments));
    let checked = ["--at", "5m", "edit hpa/web spec.maxReplicas=2", "--at", "50m", "cordon node-1"];
    insta::assert_snapshot!("bad-at-checked", run(&checked));
}

#[test]
fn every_command_takes_events() {
    let at =
        ["--at", "5m", "set image deployment/web web=web:v2", "--at", "10m", "traffic-scale 5"];
    let shown = run(&at);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
    assert!(shown.contains("web:v2"), "{shown}");
    let json = run(&[&at[..], &["--format", "json"]].concat());
    assert!(json.contains("\"all traffic times 5\""), "{json}");
    let check = ["check", "-", "-t", "60/s", "--at", "5m", "drain nod-1"];
    let checked = told(podtide().args(check).write_stdin(WEB));
    let line = ["--event", "5m", "edit hpa/web spec.minReplicas=4", "--at", "10m"];
    let explain = [&["explain", "-", "-t", "60/s", "--hpa", "web"], &line[..]].concat();
    let explained = told(podtide().args(explain).write_stdin(WEB));
    assert!(explained.starts_with("exit code 0\n"), "{explained}");
    assert!(checked.contains("no node is called `nod-1`"), "{checked}");
}

#[test]
fn files_of_events_are_found_from_the_current_folder() {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let path = folder.path().join("v2.yaml");
    std::fs::write(&path, WEB.replace("web:v1", "web:v2")).expect("the file can be written");
    let line = format!("apply -f '{}'", path.display());
    let shown = run(&["--at", "5m", &line]);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
    assert!(shown.contains("to web:v2"), "{shown}");
    let scenario =
        ["run", "scenarios/pdb-blocks-drain/scenario.yaml", "--at", "1m", "apply -f x.yaml"];
    let missing = told(podtide().args(scenario));
    assert!(missing.starts_with("exit code 2\n") && missing.contains("x.yaml"), "{missing}");
}
