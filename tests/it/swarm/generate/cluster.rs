//! The cluster of a scenario: nodes, latencies, flags.

use super::super::recipe::{Feature, Recipe};

/// `spec.cluster`.
pub(super) fn cluster(recipe: &Recipe) -> String {
    let mut text = String::from("  cluster:\n");
    text.push_str(&timings(recipe));
    if recipe.has(Feature::SlowPull) {
        let seconds = recipe.dice("pull", 0).between(0, 40);
        text.push_str(&format!("    imagePull: {seconds}s\n"));
    }
    if recipe.has(Feature::ContainerPhases) {
        text.push_str("    metrics: {containerPhases: true}\n");
    }
    if recipe.has(Feature::SlowScrapes) {
        let seconds = recipe.dice("resolution", 0).pick(&[10, 20, 30, 60]).to_owned();
        text.push_str(&format!("    metricsServer: {{metric-resolution: {seconds}s}}\n"));
    }
    if recipe.has(Feature::ManagerFlags) {
        text.push_str(&flags(recipe));
    }
    if recipe.has(Feature::ScaleToZero) {
        text.push_str("    featureGates: {HPAScaleToZero: true}\n");
    }
    if recipe.has(Feature::Autoscaler) {
        text.push_str(&autoscaler_flags(recipe));
    }
    text.push_str("    nodes:\n");
    (0..recipe.nodes).for_each(|number| text.push_str(&node(recipe, number)));
    if recipe.has(Feature::Autoscaler) {
        (0..recipe.dice("groups", 0).between(1, 2) as u32)
            .for_each(|number| text.push_str(&group(recipe, number)));
    }
    text
}

/// Times so short that nodes come and go while a scenario lasts.
fn autoscaler_flags(recipe: &Recipe) -> String {
    let mut dice = recipe.dice("autoscaler", 0);
    let (scan, unneeded, add) = (dice.between(1, 10), dice.between(0, 60), dice.between(0, 40));
    let (failure, recheck, tries) = (dice.between(0, 40), dice.between(0, 40), dice.between(0, 60));
    let (provision, expander) =
        (dice.between(10, 90), dice.pick(&["least-waste", "most-pods", "random"]));
    let threshold = dice.pick(&["0.3", "0.5", "0.8", "1"]).to_owned();
    let (bulk, drains) = (dice.between(1, 3), dice.between(1, 2));
    format!(
        "    clusterAutoscaler:\n      scan-interval: {scan}s\n      \
         scale-down-unneeded-time: {unneeded}s\n      scale-down-delay-after-add: {add}s\n      \
         scale-down-delay-after-failure: {failure}s\n      \
         unremovable-node-recheck-timeout: {recheck}s\n      max-pod-eviction-time: {tries}s\n      \
         max-node-provision-time: {provision}s\n      \
         initial-node-group-backoff-duration: 20s\n      expander: {expander}\n      \
         scale-down-utilization-threshold: {threshold}\n      \
         max-scale-down-parallelism: {bulk}\n      max-drain-parallelism: {drains}\n"
    )
}

/// A pool that may grow and shrink.
fn group(recipe: &Recipe, number: u32) -> String {
    let mut dice = recipe.dice("group", number);
    let (min, more) = (dice.between(0, 2), dice.between(1, 4));
    let count = min + dice.between(0, more);
    let (provisioning, cpu) = (dice.between(0, 60), *dice.pick(&[1, 2, 4]));
    let zone = if recipe.has(Feature::Zones) { ", zone: b" } else { "" };
    format!(
        "      - {{name: grow{number}, count: {count}, min: {min}, max: {}, provisioning: \
         {provisioning}s, allocatable: {{cpu: {cpu}, memory: 4Gi}}{zone}}}\n",
        min + more
    )
}

fn timings(recipe: &Recipe) -> String {
    if recipe.has(Feature::Instant) {
        return "    timings: instant\n".to_owned();
    }
    if !recipe.has(Feature::OwnTimings) {
        return String::new();
    }
    let keys = [
        "deploymentSync",
        "replicaSetSync",
        "podWrite",
        "schedule",
        "replicaSetStatus",
        "deploymentStatus",
        "disruptionSync",
        "endpointAdded",
        "endpointRemoved",
    ];
    let mut dice = recipe.dice("timings", 0);
    let own: Vec<String> =
        keys.iter().map(|key| format!("{key}: {}ms", dice.between(0, 1500))).collect();
    format!("    timings: {{{}}}\n", own.join(", "))
}

fn flags(recipe: &Recipe) -> String {
    let mut dice = recipe.dice("flags", 0);
    let (sync, window, initial, delay) =
        (dice.between(3, 30), dice.between(0, 120), dice.between(0, 300), dice.between(0, 60));
    format!(
        "    controllerManager:\n      horizontal-pod-autoscaler-sync-period: {sync}s\n      \
         horizontal-pod-autoscaler-downscale-stabilization: {window}s\n      \
         horizontal-pod-autoscaler-cpu-initialization-period: {initial}s\n      \
         horizontal-pod-autoscaler-initial-readiness-delay: {delay}s\n"
    )
}

fn node(recipe: &Recipe, number: u32) -> String {
    let mut dice = recipe.dice("node", number);
    let cpu = if recipe.has(Feature::SmallNodes) { *dice.pick(&[1, 1, 2]) } else { 4 };
    let memory = if recipe.has(Feature::SmallNodes) { *dice.pick(&[1, 2, 4]) } else { 16 };
    let mut allocatable = format!("cpu: {cpu}, memory: {memory}Gi");
    if recipe.has(Feature::FewPods) {
        allocatable.push_str(&format!(", pods: {}", dice.between(1, 6)));
    }
    let mut text = format!("      - name: n{number}\n        allocatable: {{{allocatable}}}\n");
    if recipe.has(Feature::Zones) {
        text.push_str(&format!("        zone: {}\n", dice.pick(&["a", "b", "c"])));
    }
    if recipe.has(Feature::NodeLabels) {
        text.push_str(&format!("        labels: {{disk: {}}}\n", dice.pick(&["ssd", "hdd"])));
    }
    if recipe.has_for(Feature::Taints, number) && number > 0 {
        let effect = dice.pick(&["NoSchedule", "PreferNoSchedule", "NoSchedule"]);
        text.push_str(&format!(
            "        taints: [{{key: only, value: special, effect: {effect}}}]\n"
        ));
    }
    text
}
