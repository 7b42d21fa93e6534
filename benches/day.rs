//! A day of one workload (S1): one Deployment with an HPA, 10 to 50 pods, load in constant steps of a
//! second, simulation alone, with and without a recording.

mod support;

use std::fmt::Write;

use criterion::{Criterion, criterion_group, criterion_main};
use podtide::recording::{Deaf, Recording};
use podtide::scenario::Scenario;
use podtide::sim::simulate;

const MANIFESTS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web:v1
          resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {cpu: 500m, memory: 512Mi}}
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
  minReplicas: 10
  maxReplicas: 50
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
---
";

/// Two waves a day between 12 and 48 pods' worth, a new constant rate each second.
fn stages() -> String {
    let mut text = String::new();
    for second in 0..86_400_u32 {
        let phase = f64::from(second % 43_200) / 43_200.0;
        let wave = 1.0 - (2.0 * phase - 1.0).abs();
        let wobble = f64::from((second * 7919) % 13) - 6.0;
        let rate = 270.0 + 740.0 * wave + wobble;
        write!(text, "{{at: {second}s, rate: {rate:.1}/s}},").expect("a String takes all");
    }
    text
}

fn scenario() -> Scenario {
    let text = format!(
        "{MANIFESTS}apiVersion: podtide.dev/v1alpha1\nkind: Scenario\nmetadata: {{name: day}}\nspec:\n  \
         duration: 24h\n  seed: 1\n  traffic:\n    - to: {{service: web}}\n      layers:\n        - \
         {{stages: {{hold: true, points: [{}]}}}}\n  profiles:\n    - {{deployment: web, cpuPerRequest: 8ms}}\n",
        stages()
    );
    support::scenario("day", text)
}

fn day(criterion: &mut Criterion) {
    let scenario = scenario();
    criterion.bench_function("day/recorded", |bencher| {
        // What happens to the recording afterwards is not the simulation's time.
        bencher.iter_with_large_drop(|| {
            let mut recording = Recording::default();
            simulate(&scenario, &mut recording);
            recording
        });
    });
    criterion.bench_function("day/unheard", |bencher| {
        bencher.iter(|| simulate(&scenario, &mut Deaf));
    });
}

criterion_group!(benches, day);
criterion_main!(benches);
