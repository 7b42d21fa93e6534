//! Pod templates.

use super::super::recipe::{Feature, Recipe};
use super::name;

/// `spec.template` of a Deployment.
pub(super) fn template(recipe: &Recipe, number: u32) -> String {
    let own = name(number);
    let mut text =
        format!("  template:\n    metadata: {{labels: {{app: {own}, tier: web}}}}\n    spec:\n");
    for field in placement(recipe, number).into_iter().chain(life(recipe, number)) {
        text.push_str(&format!("      {field}\n"));
    }
    text.push_str(&init_containers(recipe, number));
    text.push_str("      containers:\n");
    let fields = container(recipe, number);
    text.push_str(&format!("        - {}\n", fields.join("\n          ")));
    text
}

fn life(recipe: &Recipe, number: u32) -> Vec<String> {
    let mut fields = Vec::new();
    if recipe.has_for(Feature::Grace, number) {
        let seconds = recipe.dice("grace", number).between(0, 40);
        fields.push(format!("terminationGracePeriodSeconds: {seconds}"));
    }
    if recipe.has_for(Feature::Priority, number) {
        fields.push(format!("priority: {}", recipe.dice("priority", number).between(0, 5)));
    }
    fields
}

fn placement(recipe: &Recipe, number: u32) -> Vec<String> {
    let own = name(number);
    let mut dice = recipe.dice("placement", number);
    let disk = *dice.pick(&["ssd", "hdd"]);
    let (key, other_key) = (*dice.pick(&TOPOLOGY_KEYS), *dice.pick(&TOPOLOGY_KEYS));
    let (skew, required) = (dice.between(1, 3), dice.chance(50));
    let mut fields = Vec::new();
    let mut affinities = Vec::new();
    if recipe.has_for(Feature::NodeSelector, number) {
        fields.push(format!("nodeSelector: {{disk: {disk}}}"));
    }
    let tolerations = tolerations(recipe, number);
    if !tolerations.is_empty() {
        fields.push(format!("tolerations: [{}]", tolerations.join(", ")));
    }
    if recipe.has_for(Feature::Spread, number) {
        let when = if required { "DoNotSchedule" } else { "ScheduleAnyway" };
        fields.push(format!(
            "topologySpreadConstraints: [{{maxSkew: {skew}, topologyKey: {key}, \
             whenUnsatisfiable: {when}, labelSelector: {{matchLabels: {{app: {own}}}}}}}]"
        ));
    }
    if recipe.has_for(Feature::NodeAffinity, number) {
        affinities.push(node_affinity(disk, required));
    }
    if recipe.has_for(Feature::PodAffinity, number) {
        affinities.push(pod_affinity("podAffinity", "tier: web", other_key, dice.chance(50)));
    }
    if recipe.has_for(Feature::AntiAffinity, number) {
        let labels = format!("app: {own}");
        affinities.push(pod_affinity("podAntiAffinity", &labels, key, dice.chance(50)));
    }
    if !affinities.is_empty() {
        fields.push(format!("affinity: {{{}}}", affinities.join(", ")));
    }
    fields
}

/// Pods stand special nodes, and failed ones not for long.
fn tolerations(recipe: &Recipe, number: u32) -> Vec<String> {
    let mut tolerations = Vec::new();
    if recipe.has_for(Feature::Tolerations, number) {
        tolerations.push("{key: only, operator: Exists}".to_owned());
    }
    if recipe.has_for(Feature::Impatient, number) {
        let seconds = recipe.dice("impatient", number).between(0, 60);
        tolerations.extend(["not-ready", "unreachable"].map(|key| {
            format!(
                "{{key: node.kubernetes.io/{key}, operator: Exists, effect: NoExecute, \
                 tolerationSeconds: {seconds}}}"
            )
        }));
    }
    tolerations
}

const TOPOLOGY_KEYS: [&str; 2] = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];

fn node_affinity(disk: &str, required: bool) -> String {
    let term = format!("matchExpressions: [{{key: disk, operator: In, values: [{disk}]}}]");
    if required {
        return format!(
            "nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: \
             {{nodeSelectorTerms: [{{{term}}}]}}}}"
        );
    }
    format!(
        "nodeAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: \
         [{{weight: 10, preference: {{{term}}}}}]}}"
    )
}

fn pod_affinity(kind: &str, labels: &str, key: &str, required: bool) -> String {
    let term = format!("labelSelector: {{matchLabels: {{{labels}}}}}, topologyKey: {key}");
    if required {
        return format!("{kind}: {{requiredDuringSchedulingIgnoredDuringExecution: [{{{term}}}]}}");
    }
    format!(
        "{kind}: {{preferredDuringSchedulingIgnoredDuringExecution: \
         [{{weight: 50, podAffinityTerm: {{{term}}}}}]}}"
    )
}

fn init_containers(recipe: &Recipe, number: u32) -> String {
    let mut lines = Vec::new();
    if recipe.has_for(Feature::InitContainer, number) {
        lines.push(
            "- {name: setup, image: \"setup:v1\", resources: {requests: {cpu: 300m, memory: 64Mi}}}",
        );
    }
    if recipe.has_for(Feature::Sidecar, number) {
        lines.push(
            "- {name: proxy, image: \"proxy:v1\", restartPolicy: Always, \
             resources: {requests: {cpu: 50m, memory: 32Mi}}}",
        );
    }
    if lines.is_empty() {
        return String::new();
    }
    format!("      initContainers:\n        {}\n", lines.join("\n        "))
}

fn container(recipe: &Recipe, number: u32) -> Vec<String> {
    let mut dice = recipe.dice("container", number);
    let (cpu, memory) = (*dice.pick(&[100, 200, 250, 500]), *dice.pick(&[64, 128, 256, 512]));
    let mut resources = format!("requests: {{cpu: {cpu}m, memory: {memory}Mi}}");
    if recipe.has_for(Feature::Limits, number) {
        let (cpu, memory) = (cpu * dice.between(1, 4), memory * dice.between(1, 3));
        resources.push_str(&format!(", limits: {{cpu: {cpu}m, memory: {memory}Mi}}"));
    }
    let mut port = "containerPort: 80".to_owned();
    if recipe.has_for(Feature::HostPort, number) {
        port.push_str(", hostPort: 8080");
    }
    let mut fields = vec![
        "name: main".to_owned(),
        format!("image: \"{}:v1\"", name(number)),
        format!("ports: [{{{port}}}]"),
        format!("resources: {{{resources}}}"),
    ];
    fields.extend(probes(recipe, number));
    if recipe.has_for(Feature::PreStop, number) {
        let seconds = recipe.dice("preStop", number).between(1, 20);
        fields.push(format!("lifecycle: {{preStop: {{sleep: {{seconds: {seconds}}}}}}}"));
    }
    fields
}

fn probes(recipe: &Recipe, number: u32) -> Vec<String> {
    let probes = [
        (Feature::StartupProbe, "startupProbe", 10),
        (Feature::ReadinessProbe, "readinessProbe", 3),
        (Feature::LivenessProbe, "livenessProbe", 3),
    ];
    let on = probes.into_iter().filter(|(feature, ..)| recipe.has_for(*feature, number));
    on.map(|(_, key, failures)| {
        let mut dice = recipe.dice(key, number);
        let (period, delay) = (dice.between(1, 10), dice.between(0, 10));
        let failures = dice.between(1, failures);
        format!(
            "{key}: {{httpGet: {{path: /, port: 80}}, periodSeconds: {period}, \
             initialDelaySeconds: {delay}, failureThreshold: {failures}}}"
        )
    })
    .collect()
}
