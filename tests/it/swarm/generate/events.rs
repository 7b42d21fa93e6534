//! What happens while a scenario plays.

use super::super::recipe::{Dice, Feature, Recipe};
use super::{list, name};

/// What can happen, and the feature that switches it on.
const KINDS: [Feature; 3] = [Feature::Scale, Feature::SetImage, Feature::Apply];

/// `spec.events`.
pub(super) fn events(recipe: &Recipe) -> String {
    let kinds: Vec<Feature> = KINDS.into_iter().filter(|kind| recipe.has(*kind)).collect();
    if kinds.is_empty() {
        return String::new();
    }
    let entries: Vec<String> =
        (0..recipe.events).filter_map(|number| event(recipe, number)).collect();
    list("events", &entries)
}

/// The kind of an event is drawn from all kinds, so that switching one off moves no other.
fn event(recipe: &Recipe, number: u32) -> Option<String> {
    let mut dice = recipe.dice("event", number);
    let kind = *dice.pick(&KINDS);
    if !recipe.has(kind) {
        return None;
    }
    let at = dice.between(0, 600) * i64::from(recipe.seconds) / 600;
    let mut text = format!("{{at: {at}s, ");
    if recipe.has_for(Feature::Again, number) {
        text.push_str(&format!("every: {}s, ", dice.between(20, 200)));
    }
    text.push_str(&action(recipe, kind, &mut dice));
    text.push('}');
    Some(text)
}

fn action(recipe: &Recipe, kind: Feature, dice: &mut Dice) -> String {
    let own = name(dice.between(0, 2) as u32 % recipe.deployments);
    match kind {
        Feature::Scale => {
            format!("scale: {{deployment: {own}, replicas: {}}}", dice.between(0, 9))
        }
        Feature::SetImage => {
            let version = dice.between(1, 3);
            format!("setImage: {{deployment: {own}, container: main, image: \"{own}:v{version}\"}}")
        }
        _ => format!("apply: {{deployment: {own}}}"),
    }
}
