//! What happens while a scenario plays.

use super::super::recipe::{Dice, Feature, Recipe};
use super::{list, name};

/// What can happen, and the feature that switches it on.
const KINDS: [Feature; 22] = [
    Feature::Scale,
    Feature::SetImage,
    Feature::SetImage,
    Feature::Apply,
    Feature::SetEnv,
    Feature::SetResources,
    Feature::Pause,
    Feature::Undo,
    Feature::Restart,
    Feature::DeletePod,
    Feature::Drain,
    Feature::Cordon,
    Feature::Taint,
    Feature::FailNode,
    Feature::DeleteNode,
    Feature::AddNodes,
    Feature::MetricsOutage,
    Feature::SlowImagePull,
    Feature::EditHpa,
    Feature::EditPdb,
    Feature::Edit,
    Feature::TrafficScale,
];

/// `spec.events`.
pub(super) fn events(recipe: &Recipe) -> String {
    let entries: Vec<String> =
        (0..recipe.events).flat_map(|number| event(recipe, number)).collect();
    list("events", &entries)
}

/// An event, and what undoes it. The kind is drawn from all kinds, so that switching one off moves
/// no other.
fn event(recipe: &Recipe, number: u32) -> Vec<String> {
    let mut dice = recipe.dice("event", number);
    let kind = *dice.pick(&KINDS);
    if !recipe.has(kind) {
        return Vec::new();
    }
    let at = dice.between(0, 600) * i64::from(recipe.seconds) / 600;
    let later = at + dice.between(1, 200);
    let again = dice.between(20, 200);
    let every = if recipe.has_for(Feature::Again, number) && kind != Feature::AddNodes {
        format!("every: {again}s, ")
    } else {
        String::new()
    };
    let actions = actions(recipe, kind, &mut dice).into_iter().zip([at, later]);
    actions.map(|(action, at)| format!("{{at: {at}s, {every}{action}}}")).collect()
}

/// What is done, and then what undoes it, if anything does.
fn actions(recipe: &Recipe, kind: Feature, dice: &mut Dice) -> Vec<String> {
    let own = name(dice.between(0, 2) as u32 % recipe.deployments);
    let node = format!("n{}", dice.between(0, 5) as u32 % recipe.nodes);
    let comes_back = dice.chance(60);
    let mut actions = match kind {
        Feature::Drain => vec![drain(&node, dice), format!("uncordon: {{node: {node}}}")],
        Feature::Cordon => {
            vec![format!("cordon: {{node: {node}}}"), format!("uncordon: {{node: {node}}}")]
        }
        Feature::Taint => taint(&node, dice),
        Feature::FailNode => vec![fail(&node, dice), format!("recoverNode: {{node: {node}}}")],
        Feature::DeleteNode => vec![format!("deleteNode: {{node: {node}}}")],
        Feature::AddNodes => {
            vec![format!("addNodes: {{like: {node}, count: {}}}", dice.between(1, 3))]
        }
        Feature::MetricsOutage => vec![metrics_outage(dice)],
        Feature::SlowImagePull => vec![slow_image_pull(&own, &node, dice)],
        Feature::TrafficScale => {
            let factor = dice.pick(&["0", "0.3", "2", "5"]);
            vec![format!("trafficScale: {{factor: {factor}{}}}", lasting(dice))]
        }
        Feature::EditHpa => vec![edit_hpa(recipe, &own, dice)],
        Feature::EditPdb => vec![edit_pdb(recipe, &own, dice)],
        Feature::Edit => vec![edit(&own, dice)],
        Feature::Pause => {
            vec![format!("pause: {{deployment: {own}}}"), format!("resume: {{deployment: {own}}}")]
        }
        _ => vec![on_deployment(kind, &own, dice)],
    };
    actions.truncate(if comes_back { 2 } else { 1 });
    actions
}

fn on_deployment(kind: Feature, own: &str, dice: &mut Dice) -> String {
    let (replicas, version) = (dice.between(0, 9), dice.between(1, 3));
    let (command, rest) = match kind {
        Feature::Scale => ("scale", format!(", replicas: {replicas}")),
        Feature::SetImage => {
            ("setImage", format!(", container: main, image: \"{own}:v{version}\""))
        }
        Feature::SetEnv => ("setEnv", format!(", env: {{LEVEL: {version}}}")),
        Feature::SetResources => {
            let cpu = version * 100;
            let both = format!("requests: {{cpu: {cpu}m}}, limits: {{cpu: {}m}}", cpu * 2);
            ("setResources", format!(", container: main, {both}"))
        }
        Feature::Undo => ("undo", String::new()),
        Feature::Restart => ("restart", String::new()),
        Feature::DeletePod => ("deletePod", format!(", count: {version}")),
        _ => ("apply", String::new()),
    };
    format!("{command}: {{deployment: {own}{rest}}}")
}

fn drain(node: &str, dice: &mut Dice) -> String {
    let mut options = format!("node: {node}");
    if dice.chance(30) {
        options.push_str(&format!(", timeout: {}s", dice.between(1, 120)));
    }
    if dice.chance(20) {
        options.push_str(", disableEviction: true");
    }
    if dice.chance(20) {
        options.push_str(&format!(", gracePeriod: {}s", dice.between(0, 20)));
    }
    format!("drain: {{{options}}}")
}

fn taint(node: &str, dice: &mut Dice) -> Vec<String> {
    let effect = dice.pick(&["NoExecute", "NoSchedule", "PreferNoSchedule"]);
    vec![
        format!("taint: {{node: {node}, taints: [\"mine=1:{effect}\"]}}"),
        format!("taint: {{node: {node}, taints: [\"mine-\"]}}"),
    ]
}

fn fail(node: &str, dice: &mut Dice) -> String {
    format!("failNode: {{node: {node}, what: {}}}", dice.pick(&["machine", "kubelet"]))
}

/// `, for: ...`, or nothing for what lasts to the end.
fn lasting(dice: &mut Dice) -> String {
    if dice.chance(70) { format!(", for: {}s", dice.between(5, 120)) } else { String::new() }
}

fn metrics_outage(dice: &mut Dice) -> String {
    let what = match dice.between(0, 3) {
        0 => "what: connection".to_owned(),
        1 => "apis: [resource, custom, external]".to_owned(),
        2 => format!("hideEvery: {}", dice.between(1, 4)),
        _ => "what: server".to_owned(),
    };
    format!("metricsOutage: {{{what}{}}}", lasting(dice))
}

fn slow_image_pull(own: &str, node: &str, dice: &mut Dice) -> String {
    let pace = if dice.chance(50) { "factor: 7" } else { "takes: 30s" };
    let which = match dice.between(0, 2) {
        0 => format!(", image: \"{own}:v2\""),
        1 => format!(", node: {node}"),
        _ => String::new(),
    };
    format!("slowImagePull: {{{pace}{which}{}}}", lasting(dice))
}

/// A Deployment without an HPA, or without a budget, has another field of its own edited.
fn edit(own: &str, dice: &mut Dice) -> String {
    let (path, value) = *dice.pick(&[
        ("spec.minReadySeconds", "3"),
        ("spec.strategy", "{type: RollingUpdate, rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}"),
        ("spec.template.metadata.annotations.note", "changed"),
        ("spec.replicas", "4"),
        ("spec.revisionHistoryLimit", "null"),
    ]);
    format!("edit: {{object: deploy/{own}, path: {path}, value: {value}}}")
}

fn edit_hpa(recipe: &Recipe, own: &str, dice: &mut Dice) -> String {
    let number = own.trim_start_matches("app").parse().unwrap_or(0);
    if !recipe.has_for(Feature::Hpa, number) {
        return edit(own, dice);
    }
    let (path, value) = *dice.pick(&[
        ("spec.maxReplicas", "12"),
        ("spec.minReplicas", "null"),
        ("spec.behavior", "null"),
        ("spec.behavior", "{scaleDown: {stabilizationWindowSeconds: 20}}"),
        ("spec.behavior", "{}"),
    ]);
    format!("editHpa: {{hpa: {own}, path: {path}, value: {value}}}")
}

fn edit_pdb(recipe: &Recipe, own: &str, dice: &mut Dice) -> String {
    let number = own.trim_start_matches("app").parse().unwrap_or(0);
    if !recipe.has_for(Feature::Pdb, number) {
        return edit(own, dice);
    }
    let patch = *dice.pick(&[
        "{minAvailable: null, maxUnavailable: 1}",
        "{minAvailable: 50%, maxUnavailable: null}",
        "{unhealthyPodEvictionPolicy: AlwaysAllow}",
    ]);
    format!("editPdb: {{pdb: {own}, patch: {{spec: {patch}}}}}")
}
