//! What happens while a scenario plays.

use super::super::recipe::{Dice, Feature, Recipe};
use super::{list, name};

/// What can happen, and the feature that switches it on.
const KINDS: [Feature; 16] = [
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
