//! Plays a recipe twice, and shrinks one that fails.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use podtide::recording::Recording;
use podtide::sim::simulate;
use podtide::units::SimTime;

use super::generate::text;
use super::recipe::{Feature, Recipe};
use super::story::{difference, unexplained};
use super::watch::{Violation, Watch};
use crate::pipe::try_scenario;

/// Words of the reasons that were given.
pub(crate) type Words = BTreeSet<&'static str>;

/// Plays what a recipe makes, twice; gives the words that were said.
///
/// # Errors
/// What must not be.
pub(crate) fn play(recipe: &Recipe) -> Result<Words, Violation> {
    let text = text(recipe);
    catch_unwind(AssertUnwindSafe(|| play_twice(&text)))
        .unwrap_or_else(|panic| Err(violation("nothing panics", message(panic.as_ref()))))
}

fn play_twice(text: &str) -> Result<Words, Violation> {
    let scenario =
        try_scenario(text).map_err(|findings| violation("the input is valid", findings))?;
    let mut watch = Watch::new(&scenario);
    simulate(&scenario, &mut watch);
    if let Some(violation) = watch.violation {
        return Err(violation);
    }
    let mut again = Recording::default();
    simulate(&scenario, &mut again);
    if let Some(difference) = difference(&watch.story, &again) {
        return Err(violation("two runs are equal", difference));
    }
    if let Some(chain) = unexplained(&again) {
        return Err(violation("every turn of a pod has a cause", chain));
    }
    Ok(again.facts.iter().map(|fact| fact.reason.word()).collect())
}

fn violation(invariant: &'static str, text: String) -> Violation {
    Violation { invariant, at: SimTime::ZERO, text }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// A smaller recipe that fails in the same way: features off one by one, fewer things, less time,
/// over and over until nothing more can go.
pub(crate) fn shrink(recipe: Recipe, fails: impl Fn(&Recipe) -> bool) -> Recipe {
    let mut least = recipe;
    loop {
        let before = least;
        for smaller in steps(&least) {
            let candidate = smaller(&least);
            if candidate != least && fails(&candidate) {
                least = candidate;
            }
        }
        if least == before {
            return least;
        }
    }
}

type Step = Box<dyn Fn(&Recipe) -> Recipe>;

/// Ways to make a recipe smaller, each for itself.
fn steps(recipe: &Recipe) -> Vec<Step> {
    let mut steps: Vec<Step> = vec![
        Box::new(|recipe| Recipe { deployments: 1, ..*recipe }),
        Box::new(|recipe| Recipe { deployments: (recipe.deployments - 1).max(1), ..*recipe }),
        Box::new(|recipe| Recipe { seconds: (recipe.seconds / 2).max(1), ..*recipe }),
        Box::new(|recipe| Recipe { seconds: (recipe.seconds * 9 / 10).max(1), ..*recipe }),
        Box::new(|recipe| Recipe { nodes: 1, ..*recipe }),
        Box::new(|recipe| Recipe { nodes: (recipe.nodes - 1).max(1), ..*recipe }),
        Box::new(|recipe| Recipe { events: recipe.events.saturating_sub(1), ..*recipe }),
    ];
    for feature in recipe.features.iter() {
        steps.push(Box::new(move |recipe| Recipe {
            features: recipe.features.without(feature),
            ..*recipe
        }));
    }
    steps
}

#[test]
fn a_failing_recipe_shrinks_to_what_makes_it_fail() {
    let fails = |recipe: &Recipe| {
        recipe.has(Feature::Hpa) && recipe.has(Feature::Leak) && recipe.seconds > 50
    };
    let recipe = (0..1000).map(Recipe::drawn).find(fails).expect("one of many seeds has both");
    let least = shrink(recipe, fails);
    let left: Vec<Feature> = least.features.iter().collect();
    assert_eq!(left, [Feature::Leak, Feature::Hpa]);
    assert!((51..60).contains(&least.seconds), "{least:?}");
    assert_eq!((least.deployments, least.nodes, least.events), (1, 1, 0));
}

#[test]
fn a_feature_that_goes_leaves_the_others_as_they_are() {
    let with = (0..1000).map(Recipe::drawn).find(|recipe| recipe.has(Feature::Strategy));
    let with = with.expect("one of many seeds has it");
    let without = Recipe { features: with.features.without(Feature::Strategy), ..with };
    let is_strategy = |line: &&str| line.trim_start().starts_with("strategy:");
    let (with, without) = (text(&with), text(&without));
    let rest: Vec<&str> = with.lines().filter(|line| !is_strategy(line)).collect();
    assert_eq!(rest, without.lines().collect::<Vec<_>>());
}
