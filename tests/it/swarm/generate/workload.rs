//! Deployments with their Services, budgets and profiles.

use super::super::recipe::{Dice, Feature, Recipe};
use super::{list, name, pods};

/// A Deployment.
pub(super) fn deployment(recipe: &Recipe, number: u32) -> String {
    let own = name(number);
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {own}}}\nspec:\n  \
         selector: {{matchLabels: {{app: {own}}}}}\n"
    );
    for field in spec(recipe, number) {
        text.push_str(&format!("  {field}\n"));
    }
    text.push_str(&pods::template(recipe, number));
    text
}

fn spec(recipe: &Recipe, number: u32) -> Vec<String> {
    let mut fields = Vec::new();
    if !recipe.has_for(Feature::NoReplicas, number) {
        fields.push(format!("replicas: {}", replicas(recipe, number)));
    }
    fields.extend(strategy(recipe, number));
    let dice = |purpose| recipe.dice(purpose, number);
    if recipe.has_for(Feature::MinReady, number) {
        fields.push(format!("minReadySeconds: {}", dice("minReady").between(1, 40)));
    }
    if recipe.has_for(Feature::Deadline, number) {
        fields.push(format!("progressDeadlineSeconds: {}", dice("deadline").between(41, 120)));
    }
    if recipe.has_for(Feature::History, number) {
        fields.push(format!("revisionHistoryLimit: {}", dice("history").between(0, 2)));
    }
    if recipe.has_for(Feature::Paused, number) {
        fields.push("paused: true".to_owned());
    }
    fields
}

fn replicas(recipe: &Recipe, number: u32) -> i64 {
    if recipe.has_for(Feature::ZeroReplicas, number) {
        return 0;
    }
    recipe.dice("replicas", number).between(1, 6)
}

fn strategy(recipe: &Recipe, number: u32) -> Option<String> {
    if recipe.has_for(Feature::Recreate, number) {
        return Some("strategy: {type: Recreate}".to_owned());
    }
    if !recipe.has_for(Feature::Strategy, number) {
        return None;
    }
    let mut dice = recipe.dice("strategy", number);
    let (surge, unavailable) = (dice.int_or_percent(3), dice.int_or_percent(3));
    let is_zero = |text: &str| text.trim_end_matches('%') == "0";
    let surge = if is_zero(&surge) && is_zero(&unavailable) { "1".to_owned() } else { surge };
    Some(format!(
        "strategy: {{rollingUpdate: {{maxSurge: {surge}, maxUnavailable: {unavailable}}}}}"
    ))
}

/// Its Service.
pub(super) fn service(number: u32) -> String {
    let own = name(number);
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {own}}}\nspec: \
         {{selector: {{app: {own}}}, ports: [{{port: 80}}]}}\n"
    )
}

/// Its budget, and one more that overlaps with it.
pub(super) fn pdbs(recipe: &Recipe, number: u32) -> Vec<String> {
    let own = name(number);
    let mut texts = Vec::new();
    if recipe.has_for(Feature::Pdb, number) {
        texts.push(pdb(recipe, &own, &format!("app: {own}"), recipe.dice("pdb", number)));
    }
    if number == 0 && recipe.has(Feature::Overlap) {
        texts.push(pdb(recipe, "all", "tier: web", recipe.dice("pdb/all", 0)));
    }
    texts
}

fn pdb(recipe: &Recipe, own: &str, labels: &str, mut dice: Dice) -> String {
    let field = if dice.chance(50) { "maxUnavailable" } else { "minAvailable" };
    let mut spec = format!("{field}: {}", dice.int_or_percent(4));
    if recipe.has(Feature::AlwaysAllow) {
        spec.push_str(", unhealthyPodEvictionPolicy: AlwaysAllow");
    }
    format!(
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {own}}}\nspec: \
         {{selector: {{matchLabels: {{{labels}}}}}, {spec}}}\n"
    )
}

/// `spec.profiles`.
pub(super) fn profiles(recipe: &Recipe) -> String {
    let entries: Vec<String> =
        (0..recipe.deployments).map(|number| profile(recipe, number)).collect();
    list("profiles", &entries)
}

fn profile(recipe: &Recipe, number: u32) -> String {
    let own = name(number);
    let mut dice = recipe.dice("profile", number);
    let mut fields = vec![
        format!("deployment: {own}"),
        "container: main".to_owned(),
        format!("cpuPerRequest: {}ms", dice.between(1, 20)),
        format!("startup: {{time: {}s, cpu: {}m}}", dice.between(0, 20), dice.between(50, 400)),
    ];
    fields.extend(behavior(recipe, number));
    if recipe.has_for(Feature::Imbalance, number) {
        fields.push("imbalance: 30%".to_owned());
    }
    if recipe.has_for(Feature::NoDrain, number) {
        fields.push("drains: false".to_owned());
    }
    if recipe.has_for(Feature::BadFromTheStart, number) {
        fields.extend(fault(recipe, number, 1));
    }
    let mut text = fields.join("\n      ");
    let images: Vec<String> = (2..4).filter_map(|version| image(recipe, number, version)).collect();
    if !images.is_empty() {
        text.push_str(&format!("\n      images:\n        {}", images.join("\n        ")));
    }
    text
}

/// What the application of any version is like.
fn behavior(recipe: &Recipe, number: u32) -> Vec<String> {
    let mut fields = Vec::new();
    let mut dice = recipe.dice("behavior", number);
    let (off, factor, warm) = (dice.between(1, 400), dice.between(2, 5), dice.between(1, 60));
    let (queue, servers, timeout) =
        (dice.between(0, 200), dice.between(1, 20), dice.between(50, 4000));
    let mut add = |feature, field: String| {
        if recipe.has_for(feature, number) {
            fields.push(field);
        }
    };
    add(Feature::OffCpu, format!("latency: {off}ms"));
    add(Feature::Warmup, format!("warmup: {{factor: {factor}, time: {warm}s}}"));
    add(Feature::Concurrency, format!("concurrency: {servers}"));
    let works = recipe.has_for(Feature::WorkOnTimeout, number);
    if works || recipe.has_for(Feature::MaxQueue, number) {
        fields.push(format!("maxQueue: {queue}"));
        fields.push(format!("timeout: {timeout}ms"));
    }
    if works {
        fields.push("onTimeout: work".to_owned());
    }
    fields
}

/// A version that is not as it should be.
fn image(recipe: &Recipe, number: u32, version: u32) -> Option<String> {
    let fields = fault(recipe, number, version);
    if fields.is_empty() {
        return None;
    }
    Some(format!("\"{}:v{version}\": {{{}}}", name(number), fields.join(", ")))
}

/// The faults of a version: memory beyond its limit, a leak, an end by itself, a start that never
/// ends or is slow.
fn fault(recipe: &Recipe, number: u32, version: u32) -> Vec<String> {
    let mut dice = recipe.dice("fault", number * 4 + version);
    let (leak, slow, after) = (dice.between(1, 120), dice.between(20, 90), dice.between(1, 200));
    let mut has = |feature| recipe.has(feature) && dice.chance(50);
    let mut fields = Vec::new();
    if has(Feature::OutOfMemory) {
        fields.push("memory: {base: 900Mi, perRequest: 1Mi}".to_owned());
    } else if has(Feature::Leak) {
        fields.push(format!("memory: {{base: 64Mi, growth: {leak}Gi/h}}"));
    }
    if has(Feature::Crash) {
        fields.push(format!("crash: {{after: {after}s}}"));
    }
    if has(Feature::Failing) {
        fields.push("failing: 20%".to_owned());
    }
    if has(Feature::Shutdown) {
        fields.push(format!("shutdown: {slow}s"));
    }
    if has(Feature::NeverReady) {
        fields.push("neverReady: true".to_owned());
    }
    if version > 1 && has(Feature::SlowStart) {
        fields.push(format!("startup: {{time: {slow}s}}"));
    }
    fields
}
