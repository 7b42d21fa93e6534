//! A week of a small company: 20 workloads with HPAs and budgets on 30 nodes, a daily curve for each,
//! a new version of each every day, and a node that fails and comes back. The simulation with its
//! recording, and the report.

mod support;

use std::fmt::Write;

use criterion::{Criterion, criterion_group, criterion_main};
use podtide::recording::Recording;
use podtide::report::summarize;
use podtide::scenario::Scenario;
use podtide::sim::simulate;

const WORKLOADS: u32 = 20;
const DAYS: u32 = 7;
const MINUTES_A_DAY: u32 = 1440;

/// Everything of one workload.
fn manifests(name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
         spec:\n      containers:\n        - name: app\n          image: {name}:v0\n          \
         readinessProbe: {{httpGet: {{path: /, port: 80}}, periodSeconds: 5}}\n          resources: {{requests: \
         {{cpu: 250m, memory: 256Mi}}, limits: {{cpu: \"1\", memory: 512Mi}}}}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n\
         spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n---\n\
         apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}}}\n\
         spec: {{maxUnavailable: 1, selector: {{matchLabels: {{app: {name}}}}}}}\n---\n\
         apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\n\
         spec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}\n  minReplicas: 3\n  \
         maxReplicas: 20\n  metrics:\n    - {{type: Resource, resource: {{name: cpu, target: {{type: \
         Utilization, averageUtilization: 70}}}}}}\n---\n"
    )
}

/// Rollouts in the morning of each day, and a node that is away for an hour.
fn events() -> String {
    let mut events: Vec<(u32, String)> = Vec::new();
    for (day, workload) in (0..DAYS).flat_map(|day| (0..WORKLOADS).map(move |it| (day, it))) {
        let version = day + 1;
        let image = format!("setImage: {{deployment: app{workload}, image: \"app:v{version}\"}}");
        events.push((day * MINUTES_A_DAY + 600 + workload * 7, image));
    }
    let failure = 3 * MINUTES_A_DAY + 300;
    events.push((failure, "failNode: {node: pool-5}".to_owned()));
    events.push((failure + 60, "recoverNode: {node: pool-5}".to_owned()));
    let line = |(at, event): (u32, String)| format!("    - {{at: {at}m, {event}}}\n");
    events.into_iter().map(line).collect()
}

fn scenario(noise: &str) -> Scenario {
    let mut text = String::new();
    let (mut traffic, mut profiles) = (String::new(), String::new());
    for workload in 0..WORKLOADS {
        let name = format!("app{workload}");
        text.push_str(&manifests(&name));
        let peak = (8 + workload) % 24;
        writeln!(
            traffic,
            "    - to: {{service: {name}}}\n      layers:\n        \
             - daily: {{low: 60/s, high: 300/s, peak: \"{peak:02}:00\"}}{noise}"
        )
        .and_then(|()| {
            writeln!(
                profiles,
                "    - {{deployment: {name}, cpuPerRequest: 8ms, startup: {{time: 10s, cpu: 500m}}}}"
            )
        })
        .expect("a String takes all");
    }
    let hours = DAYS * 24;
    write!(
        text,
        "apiVersion: podtide.dev/v1alpha1\nkind: Scenario\nmetadata: {{name: week}}\nspec:\n  \
         duration: {hours}h\n  seed: 1\n  clock: 2026-01-05T00:00:00Z\n  cluster:\n    nodes:\n      \
         - {{name: pool, count: 30, allocatable: {{cpu: \"4\", memory: 16Gi}}}}\n  \
         traffic:\n{traffic}  profiles:\n{profiles}  events:\n{}",
        events()
    )
    .expect("a String takes all");
    support::scenario("week", text)
}

fn week(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("week");
    group.sample_size(10);
    let noise = "\n        - noise: {stddev: 5%, correlation: 60s}";
    for (name, noise) in [("smooth", ""), ("noisy", noise)] {
        let scenario = scenario(noise);
        group.bench_function(format!("{name}/simulate"), |bencher| {
            bencher.iter(|| {
                let mut recording = Recording::default();
                simulate(&scenario, &mut recording);
                recording.facts.len()
            });
        });
        let mut recording = Recording::default();
        simulate(&scenario, &mut recording);
        group.bench_function(format!("{name}/summarize"), |bencher| {
            bencher.iter(|| summarize(&scenario, &recording).workloads.len());
        });
    }
    group.finish();
}

criterion_group!(benches, week);
criterion_main!(benches);
