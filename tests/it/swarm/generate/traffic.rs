//! What the applications are asked for.

use super::super::recipe::{Dice, Feature, Recipe};
use super::{list, name};

/// Where a Deployment's work comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nowhere.
    None,
    /// Requests to its Service.
    Service,
    /// Requests to its Service that the Deployment before it makes.
    Downstream,
    /// A queue.
    Queue,
    /// CPU work over time.
    Demand,
}

/// Where the work of a Deployment comes from.
pub(super) fn source(recipe: &Recipe, number: u32) -> Source {
    let mut dice = recipe.dice("source", number);
    if recipe.has(Feature::Quiet) && dice.chance(40) {
        return Source::None;
    }
    if recipe.has(Feature::Demand) && dice.chance(40) {
        return Source::Demand;
    }
    if recipe.has(Feature::Queue) && dice.chance(40) {
        return Source::Queue;
    }
    let serves = |number| matches!(source(recipe, number), Source::Service | Source::Downstream);
    if recipe.has(Feature::Downstream) && number > 0 && serves(number - 1) {
        return Source::Downstream;
    }
    Source::Service
}

/// `spec.traffic`.
pub(super) fn traffic(recipe: &Recipe) -> String {
    let entries: Vec<String> =
        (0..recipe.deployments).filter_map(|number| entry(recipe, number)).collect();
    list("traffic", &entries)
}

fn entry(recipe: &Recipe, number: u32) -> Option<String> {
    let own = name(number);
    let mut dice = recipe.dice("traffic", number);
    let ratio = *dice.pick(&["0.2", "1", "2.5"]);
    let keeps = dice.chance(50);
    let mut text = match source(recipe, number) {
        Source::None => return None,
        Source::Service => format!("to: {{service: {own}}}\n{}", layers(recipe, number, "/s")),
        Source::Downstream => format!(
            "to: {{service: {own}}}\n      from: {{deployment: {}, ratio: {ratio}}}\n",
            name(number - 1)
        ),
        Source::Queue => format!(
            "to: {{queue: jobs{number}, consumers: {{deployment: {own}}}}}\n{}",
            layers(recipe, number, "/s")
        ),
        Source::Demand => format!(
            "to: {{service: {own}}}\n      demand:\n        backlog: {keeps}\n{}",
            layers(recipe, number, "m").replace("      layers:", "        cpu:")
        ),
    };
    let serves = matches!(source(recipe, number), Source::Service | Source::Downstream);
    if serves && recipe.has_for(Feature::Retries, number) {
        let (attempts, backoff) = (dice.between(1, 4), dice.between(10, 2000));
        text.push_str(&format!("      retries: {{attempts: {attempts}, backoff: {backoff}ms}}\n"));
    }
    Some(text.trim_end().to_owned())
}

fn layers(recipe: &Recipe, number: u32, unit: &str) -> String {
    let mut dice = recipe.dice("layers", number);
    let most = if recipe.has(Feature::Overload) { 600 } else { 60 };
    let most = if unit == "m" { most * 10 } else { most };
    let mut layers = vec![format!("constant: {}{unit}", dice.between(0, most / 3))];
    let shapes = [
        Feature::Ramp,
        Feature::Step,
        Feature::Stages,
        Feature::Sine,
        Feature::Spike,
        Feature::Noise,
        Feature::ScaleLayer,
    ];
    for shape in shapes.into_iter().filter(|shape| recipe.has_for(*shape, number)) {
        let own = recipe.dice(&format!("layers/{shape:?}"), number);
        layers.push(layer(shape, recipe.seconds, most, unit, own));
    }
    let lines: String = layers.iter().map(|layer| format!("          - {layer}\n")).collect();
    format!("      layers:\n{lines}")
}

fn layer(shape: Feature, seconds: u32, most: i64, unit: &str, mut dice: Dice) -> String {
    let rate = format!("{}{unit}", dice.between(1, most));
    let low = format!("{}{unit}", dice.between(0, most / 4));
    let at = dice.between(0, i64::from(seconds));
    let (short, long) = (dice.between(1, 60), dice.between(20, 300));
    match shape {
        Feature::Ramp => format!("ramp: {{from: {low}, to: {rate}, at: {at}s, over: {long}s}}"),
        Feature::Step => format!("step: {{at: {at}s, rate: {rate}}}"),
        Feature::Stages => {
            format!("stages: [\"{low}@0s\", \"{rate}@{short}s\", \"{low}@{}s\"]", short + long)
        }
        Feature::Sine => format!("sine: {{mean: {rate}, amplitude: {low}, period: {long}s}}"),
        Feature::Spike => format!(
            "spike: {{at: {at}s, height: {rate}, rise: {short}s, hold: {long}s, fall: {short}s}}"
        ),
        Feature::Noise => {
            format!("noise: {{stddev: {}%, correlation: {short}s}}", dice.between(1, 60))
        }
        _ => format!("scale: {}%", dice.between(0, 200)),
    }
}
