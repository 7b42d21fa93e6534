//! HorizontalPodAutoscalers, and the custom metrics that they ask for.

use super::super::recipe::{Dice, Feature, Recipe};
use super::traffic::{Source, source};
use super::{list, name};

/// The HPA of a Deployment, if it has one.
pub(super) fn hpa(recipe: &Recipe, number: u32) -> Option<String> {
    if !recipe.has_for(Feature::Hpa, number) {
        return None;
    }
    let own = name(number);
    let mut dice = recipe.dice("hpa", number);
    let zero = recipe.has_for(Feature::ScaleToZero, number) && !outside(recipe, number).is_empty();
    let min = if zero { 0 } else { dice.between(1, 4) };
    let max = min.max(1) + dice.between(0, 6);
    let mut text = format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {own}}}\n\
         spec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {own}}}\n  \
         minReplicas: {min}\n  maxReplicas: {max}\n  metrics:\n"
    );
    for metric in resources(recipe, number).into_iter().chain(custom(recipe, number)) {
        text.push_str(&format!("    - {metric}\n"));
    }
    if recipe.has_for(Feature::Behavior, number) {
        text.push_str("  behavior:\n");
        for direction in ["scaleUp", "scaleDown"] {
            text.push_str(&rules(recipe, direction, recipe.dice(direction, number)));
        }
    }
    Some(text)
}

fn resources(recipe: &Recipe, number: u32) -> Vec<String> {
    let mut dice = recipe.dice("targets", number);
    let utilization = dice.between(30, 90);
    let (cpu, memory) = (dice.between(50, 300), dice.between(32, 300));
    let mut metrics = Vec::new();
    if recipe.has_for(Feature::Memory, number) {
        metrics.push(format!(
            "{{type: Resource, resource: {{name: memory, target: {{type: AverageValue, \
             averageValue: {memory}Mi}}}}}}"
        ));
    }
    if recipe.has_for(Feature::ContainerCpu, number) {
        metrics.push(format!(
            "{{type: ContainerResource, containerResource: {{name: cpu, container: main, target: \
             {{type: Utilization, averageUtilization: {utilization}}}}}}}"
        ));
    }
    let target = if recipe.has_for(Feature::CpuValue, number) {
        format!("type: AverageValue, averageValue: {cpu}m")
    } else {
        format!("type: Utilization, averageUtilization: {utilization}")
    };
    if metrics.is_empty() || dice.chance(50) {
        metrics.push(format!("{{type: Resource, resource: {{name: cpu, target: {{{target}}}}}}}"));
    }
    metrics
}

/// Metrics that are measured by pod.
fn custom(recipe: &Recipe, number: u32) -> Vec<String> {
    let mut metrics = Vec::new();
    if has_pods_metric(recipe, number) {
        let value = recipe.dice("pods/target", number).between(1, 60);
        metrics.push(format!(
            "{{type: Pods, pods: {{metric: {{name: served}}, target: {{type: AverageValue, \
             averageValue: {value}}}}}}}"
        ));
    }
    metrics.extend(outside(recipe, number));
    metrics
}

/// Metrics that do not need pods.
fn outside(recipe: &Recipe, number: u32) -> Vec<String> {
    let own = name(number);
    let mut dice = recipe.dice("outside/target", number);
    let value = dice.between(5, 100);
    let target = *dice.pick(&["type: Value, value", "type: AverageValue, averageValue"]);
    let mut metrics = Vec::new();
    if is_measured(recipe, number) && recipe.has_for(Feature::ObjectMetric, number) {
        metrics.push(format!(
            "{{type: Object, object: {{metric: {{name: offered}}, describedObject: {{apiVersion: \
             networking.k8s.io/v1, kind: Ingress, name: {own}}}, target: {{{target}: {value}}}}}}}"
        ));
    }
    if is_measured(recipe, number) && recipe.has_for(Feature::ExternalMetric, number) {
        metrics.push(format!(
            "{{type: External, external: {{metric: {{name: backlog, selector: {{matchLabels: \
             {{of: {own}}}}}}}, target: {{{target}: {value}}}}}}}"
        ));
    }
    metrics
}

fn has_pods_metric(recipe: &Recipe, number: u32) -> bool {
    is_measured(recipe, number) && recipe.has_for(Feature::PodsMetric, number)
}

fn is_measured(recipe: &Recipe, number: u32) -> bool {
    matches!(source(recipe, number), Source::Service | Source::Queue | Source::Downstream)
}

fn rules(recipe: &Recipe, direction: &str, mut dice: Dice) -> String {
    let mut fields = Vec::new();
    if dice.chance(60) {
        fields.push(format!("stabilizationWindowSeconds: {}", dice.between(0, 180)));
    }
    if dice.chance(50) {
        let choice = dice.pick(&["Max", "Max", "Min", "Disabled"]);
        fields.push(format!("selectPolicy: {choice}"));
    }
    if dice.chance(70) {
        let policies: Vec<String> = (0..dice.between(1, 3)).map(|_| policy(&mut dice)).collect();
        fields.push(format!("policies: [{}]", policies.join(", ")));
    }
    if recipe.has(Feature::Tolerance) && dice.chance(60) {
        fields.push(format!("tolerance: {}", dice.pick(&["0", "50m", "0.3"])));
    }
    format!("    {direction}: {{{}}}\n", fields.join(", "))
}

fn policy(dice: &mut Dice) -> String {
    let (kind, most) = *dice.pick(&[("Pods", 4), ("Percent", 150)]);
    let (value, period) = (dice.between(1, most), dice.between(1, 90));
    format!("{{type: {kind}, value: {value}, periodSeconds: {period}}}")
}

/// `spec.metrics`: what answers the custom metrics of HPAs.
pub(super) fn metrics(recipe: &Recipe) -> String {
    let entries: Vec<String> = (0..recipe.deployments)
        .filter(|number| recipe.has_for(Feature::Hpa, *number))
        .flat_map(|number| wirings(recipe, number))
        .collect();
    list("metrics", &entries)
}

fn wirings(recipe: &Recipe, number: u32) -> Vec<String> {
    let own = name(number);
    let mut dice = recipe.dice("wiring", number);
    let (period, delay) = (dice.between(1, 45), dice.between(0, 20));
    let of = match source(recipe, number) {
        Source::Queue => format!("queue: jobs{number}"),
        _ => format!("service: {own}"),
    };
    let common = format!("of: {{{of}}}, period: {period}s, delay: {delay}s");
    let mut entries = Vec::new();
    if has_pods_metric(recipe, number) {
        entries.push(format!("{{type: Pods, name: served, from: served, {common}}}"));
    }
    for metric in outside(recipe, number) {
        if metric.contains("type: Object") {
            entries.push(format!(
                "{{type: Object, name: offered, describedObject: {{kind: Ingress, name: {own}}}, \
                 from: offered, {common}}}"
            ));
        } else {
            let from = dice.pick(&["backlog", "latency.p95", "served"]);
            entries.push(format!(
                "{{type: External, name: backlog, selector: {{of: {own}}}, from: {from}, {common}}}"
            ));
        }
    }
    entries
}
