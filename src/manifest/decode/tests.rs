use super::*;
use crate::api::core::{Container, LifecycleHandler};
use crate::diagnostic::SourceId;
use crate::manifest::yaml;

fn decoded<T: Decode>(text: &str) -> T {
    T::decode(&yaml::parse_value(SourceId(0), text).expect("the test's text is YAML"))
}

fn check_sleep(handler: &str, expect: Option<i64>) {
    assert_eq!(decoded::<LifecycleHandler>(handler).sleep_seconds, expect, "of {handler}");
}

#[test]
fn a_hook_that_only_sleeps_is_told_by_its_seconds() {
    check_sleep("sleep: {seconds: 7}", Some(7));
    check_sleep("exec: {command: [sleep, '10']}", Some(10));
    check_sleep("exec: {command: [/bin/sh, -c, sleep 15s]}", Some(15));
    check_sleep("exec: {command: [sh, -c, sleep 5; nginx -s quit]}", None);
    check_sleep("httpGet: {path: /stop}", None);
}

#[test]
fn the_rest_of_a_container_tells_templates_apart() {
    let a: Container = decoded("{name: a, args: [x], command: null}");
    let b: Container = decoded("{name: a, args: [y]}");
    let c: Container = decoded("{name: a, args: [x], resources: {requests: {cpu: 1}}}");
    assert_ne!(a.rest, b.rest);
    assert_eq!((a.rest.as_str(), c.rest), (r#"{"args":["x"]}"#, a.rest.clone()));
}

#[test]
fn numbers_are_taken_as_quantities() {
    let container: Container = decoded("{resources: {requests: {cpu: 0.25, memory: 1Gi}}}");
    let cpu = container.resources.requests.get("cpu").expect("cpu is there");
    assert_eq!(cpu.milli_value(), 250);
}
