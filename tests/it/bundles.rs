//! Whole applications as people keep them: each plays a day of a trace, a rollout, and a drain of
//! every node one after the other, or says what is wrong with it.

use std::fmt::Write as _;
use std::path::Path;

use super::cli::{podtide, told};

/// A workload with an HPA and a budget, each in a file of its own.
struct Bundle {
    requests: &'static str,
    target: &'static str,
    min_available: u32,
}

const SOUND: Bundle = Bundle {
    requests: "{requests: {cpu: 250m, memory: 128Mi}, limits: {memory: 256Mi}}",
    target: "shop",
    min_available: 1,
};

impl Bundle {
    fn write(&self, folder: &Path) {
        let Bundle { requests, target, min_available } = self;
        let deployment = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop, namespace: web}}\nspec:\n  \
             selector: {{matchLabels: {{app: shop}}}}\n  template:\n    metadata: {{labels: {{app: shop}}}}\n    \
             spec:\n      containers:\n        - name: shop\n          image: shop:v1\n          \
             readinessProbe: {{httpGet: {{path: /ready, port: 80}}, periodSeconds: 5}}\n          \
             resources: {requests}\n---\napiVersion: v1\nkind: Service\n\
             metadata: {{name: shop, namespace: web}}\n\
             spec: {{selector: {{app: shop}}, ports: [{{port: 80}}]}}\n"
        );
        let hpa = format!(
            "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\n\
             metadata: {{name: shop, namespace: web}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, \
             kind: Deployment, name: {target}}}\n  minReplicas: 2\n  maxReplicas: 8\n  \
             targetCPUUtilizationPercentage: 60\n"
        );
        let pdb = format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: shop, namespace: web}}\n\
             spec: {{minAvailable: {min_available}, selector: {{matchLabels: {{app: shop}}}}}}\n"
        );
        let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: shop, namespace: web}\n";
        let files = [("deployment", &*deployment), ("hpa", &hpa), ("pdb", &pdb), ("quota", quota)];
        for (name, text) in files {
            let file = folder.join("manifests").join(format!("{name}.yaml"));
            std::fs::write(file, text).expect("the folder is ours");
        }
    }

    /// What `podtide run` says of the bundle's day, on one line.
    fn day(&self) -> String {
        let folder = tempfile::tempdir().expect("a folder for a test can be made");
        std::fs::create_dir(folder.path().join("manifests")).expect("the folder is ours");
        self.write(folder.path());
        let mut trace = "seconds,requests\n".to_owned();
        for minute in 0..1440_i32 {
            // Little at night, and a peak at noon.
            let rate = 20 + (720 - (minute - 720).abs()) / 8;
            writeln!(trace, "{},{rate}", minute * 60).expect("a String takes all");
        }
        let scenario = folder.path().join("scenario.yaml");
        std::fs::write(folder.path().join("trace.csv"), trace).expect("the folder is ours");
        std::fs::write(&scenario, scenario_text()).expect("the folder is ours");
        let told = told(podtide().arg("run").arg(scenario));
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn scenario_text() -> String {
    let mut events = "    - {at: 6h, restart: {deployment: web/shop}}\n".to_owned();
    for node in 1..=3 {
        let (at, until) = (20 + node, 20 * 60 + node * 60 + 30);
        writeln!(events, "    - {{at: {at}h, drain: {{node: n-{node}, timeout: 10m}}}}")
            .and_then(|()| writeln!(events, "    - {{at: {until}m, uncordon: {{node: n-{node}}}}}"))
            .expect("a String takes all");
    }
    format!(
        "apiVersion: podtide.dev/v1alpha1\nkind: Scenario\nmetadata: {{name: day}}\nspec:\n  \
         manifests: [manifests/]\n  duration: 24h\n  seed: 1\n  cluster:\n    nodes:\n      \
         - {{name: n, count: 3, allocatable: {{cpu: \"4\", memory: 16Gi}}}}\n  traffic:\n    \
         - to: {{service: web/shop}}\n      layers:\n        - trace: {{file: trace.csv, time: seconds, \
         value: requests}}\n  profiles:\n    - {{deployment: web/shop, cpuPerRequest: 8ms}}\n  \
         events:\n{events}"
    )
}

#[test]
fn a_sound_one_plays_its_day() {
    let told = SOUND.day();
    assert!(told.starts_with("exit code 0 "), "{told}");
    assert!(told.contains("The rollout of another template at 6h took"), "{told}");
    assert!(told.contains("all went, each within"), "{told}");
    assert!(!told.contains("refused at"), "{told}");
}

#[test]
fn a_budget_that_allows_nothing_blocks_the_drain() {
    let told = Bundle { min_available: 2, ..SOUND }.day();
    assert!(told.starts_with("exit code 0 "), "{told}");
    let said = "The disruption budget shop needs 2 healthy pods and has 2 currently.";
    assert!(told.contains(said), "{told}");
    assert!(told.contains("global timeout"), "{told}");
}

#[test]
fn a_missing_request_is_an_error_and_no_number() {
    let told = Bundle { requests: "{limits: {memory: 256Mi}}", ..SOUND }.day();
    assert!(told.contains("error[hpa-missing-request]"), "{told}");
    assert!(told.contains("missing request for cpu in container shop"), "{told}");
}

#[test]
fn a_target_that_is_not_there_is_named() {
    let told = Bundle { target: "shops", ..SOUND }.day();
    assert!(told.contains("error[hpa-dangling-target]"), "{told}");
    assert!(told.contains("did you mean `name: shop`?"), "{told}");
}
