//! From a recipe to the text of a Scenario with its manifests.
#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "the texts are short, and templates are easier to read"
)]

mod cluster;
mod events;
mod hpa;
mod pods;
mod traffic;
mod workload;

use super::recipe::Recipe;

/// The whole file: manifests and the Scenario, one document each.
pub(crate) fn text(recipe: &Recipe) -> String {
    let mut documents = Vec::new();
    for number in 0..recipe.deployments {
        documents.push(workload::deployment(recipe, number));
        documents.push(workload::service(number));
        documents.extend(hpa::hpa(recipe, number));
        documents.extend(workload::pdbs(recipe, number));
    }
    documents.push(scenario(recipe));
    documents.join("---\n")
}

fn scenario(recipe: &Recipe) -> String {
    let (seed, seconds) = (recipe.seed, recipe.seconds);
    let world = if recipe.has(super::recipe::Feature::Cold) { "cold" } else { "warm" };
    let parts = [
        format!(
            "apiVersion: podtide.dev/v1alpha1\nkind: Scenario\nmetadata: {{name: swarm-{seed}}}\n\
             spec:\n  duration: {seconds}s\n  seed: {seed}\n  world: {world}\n"
        ),
        cluster::cluster(recipe),
        traffic::traffic(recipe),
        workload::profiles(recipe),
        hpa::metrics(recipe),
        events::events(recipe),
    ];
    parts.concat()
}

/// `  key:` and a line for each entry, or nothing without any.
fn list(key: &str, entries: &[String]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let lines: String = entries.iter().map(|entry| format!("    - {entry}\n")).collect();
    format!("  {key}:\n{lines}")
}

/// Name of a Deployment, and of its Service, HPA and budget.
fn name(number: u32) -> String {
    format!("app{number}")
}
