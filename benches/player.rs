//! A frame of the terminal player over a long recording: 1,000 pods on 100 nodes, 7 days with a new
//! version each. A frame at the next second, as in playing, and one anywhere, as in seeking.

mod support;

use std::fmt::Write;

use criterion::{Criterion, criterion_group, criterion_main};
use podtide::scenario::Scenario;
use podtide::tui::app::App;
use podtide::tui::message::Message;
use podtide::tui::snapshot;
use podtide::tui::take::Take;
use podtide::tui::theme::Theme;
use podtide::tui::update::update;
use podtide::units::{SimDuration, SimTime};

const DAYS: i64 = 7;
/// A prime number of seconds near two days, so that seeks go everywhere.
const JUMP_SECONDS: i64 = 172_801;

const MANIFESTS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  strategy: {rollingUpdate: {maxSurge: 10%, maxUnavailable: 5%}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web:v0
          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}
          resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {cpu: 500m, memory: 512Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 10%, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 900
  maxReplicas: 1100
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
---
";

fn scenario() -> Scenario {
    let mut events = String::new();
    for day in 1..=DAYS {
        let at = day * 24 - 12;
        writeln!(
            events,
            "    - {{at: {at}h, setImage: {{deployment: web, image: \"web:v{day}\"}}}}"
        )
        .expect("a String takes all");
    }
    let hours = DAYS * 24;
    let text = format!(
        "{MANIFESTS}apiVersion: podtide.dev/v1alpha1\nkind: Scenario\nmetadata: {{name: week}}\nspec:\n  \
         duration: {hours}h\n  seed: 1\n  clock: 2026-01-05T00:00:00Z\n  cluster:\n    nodes:\n      \
         - {{name: pool, count: 100, allocatable: {{cpu: \"4\", memory: 16Gi}}}}\n  traffic:\n    \
         - to: {{service: web}}\n      layers:\n        - daily: {{low: 19000/s, high: 23000/s, peak: \
         \"14:00\"}}\n  profiles:\n    - {{deployment: web, cpuPerRequest: 8ms, startup: {{time: 10s, cpu: \
         500m}}}}\n  events:\n{events}"
    );
    support::scenario("week", text)
}

fn player(criterion: &mut Criterion) {
    let mut app = App::new(vec![Take::play("week", scenario())], Theme::Plain);
    update(&mut app, Message::Resize(200, 60));
    let end = DAYS * 86_400;
    let mut second = end / 2;
    criterion.bench_function("player/next second", |bencher| {
        bencher.iter(|| {
            second = (second + 1) % end;
            app.seek(SimTime::ZERO + SimDuration::from_secs(second));
            snapshot::screen(&mut app)
        });
    });
    criterion.bench_function("player/anywhere", |bencher| {
        bencher.iter(|| {
            second = (second + JUMP_SECONDS) % end;
            app.seek(SimTime::ZERO + SimDuration::from_secs(second));
            snapshot::screen(&mut app)
        });
    });
}

criterion_group!(benches, player);
criterion_main!(benches);
