//! Charts of some recordings with what `simulate` made of them, for `docs/fidelity.md`.

use std::fs;

use podtide::render::chart::Theme;
use podtide::render::chart::overlay::{Overlay, OverlayLine, OverlayPanel, svg};
use podtide::render::palette::Thing;
use podtide::report::EventRow;
use podtide::report::track::Track;
use podtide::scenario::Scenario;
use podtide::units::SimTime;

use super::scene::Pace;
use super::story::Story;
use super::{played, scene};
use crate::conformance::fidelity;
use crate::conformance::hpa_world::{items, text};
use crate::conformance::live::Live;
use crate::conformance::recording;

/// Which recordings are drawn, and what is to be seen there.
const DRAWN: &[(&str, &str)] = &[
    ("hpa-api-ramp", "A ramp up and down again, by steps of 50 % and 10 %"),
    ("hpa-toa-short", "Traffic in steps; at 3m a race costs one sync"),
    ("hpa-metrics-outage", "Metrics are gone, then half of the pods, then a third"),
    ("hpa-select-min", "The smallest policy wins: pods come and go in small steps"),
    ("rollout-crash-undo", "A version that crashes, undone, under an HPA"),
    ("rollout-default-scale", "An HPA scales in the middle of rollouts"),
];

/// Draws a recording, or compares the chart with the one that is kept.
pub(super) fn keep(live: &Live, upstream: &Story, seed: u64) {
    let name = live.name.trim_start_matches("live/");
    let drawn = DRAWN.iter().find(|(drawn, _)| *drawn == name);
    let Some((_, title)) = drawn.filter(|_| !recording::is_somebodys_own()) else { return };
    let scenario = scene::scenario(live, seed, Pace::Usual);
    let ours = played::story(live, &scenario);
    let chart = svg(&overlay(live, &scenario, title, (upstream, &ours)));
    let file = fidelity::root().join(format!("assets/fidelity/{name}.svg"));
    if fidelity::asked_for().is_some() {
        fs::write(&file, chart).expect("the chart can be written");
    } else {
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == chart, "{} is not current: {}", file.display(), fidelity::COMMAND);
    }
}

fn overlay(live: &Live, scenario: &Scenario, title: &str, stories: (&Story, &Story)) -> Overlay {
    let deployment = &items(&live.document["case"]["manifests"])
        .find(|manifest| manifest["kind"] == "Deployment")
        .expect("what is drawn has a Deployment")["metadata"]["name"];
    let deployment = text(deployment);
    let versions = &live.document["run"]["versions"];
    Overlay {
        width: 900,
        height: 420,
        theme: Theme::Light,
        title: title.to_owned(),
        subtitle: format!(
            "{}: Kubernetes {} in real time, and what simulate makes of the same manifests and load",
            live.name,
            text(&versions["kubernetes"])
        ),
        made_by: fidelity::COMMAND.to_owned(),
        span: (0.0, (scenario.duration.0 - live.at(0).0) as f64),
        events: events(live.at(0), scenario),
        panels: vec![
            panel("Replicas, as asked for", stories, |story| asked(story, deployment)),
            panel("Replicas, ready", stories, |story| {
                steps(story.ready.get(deployment).into_iter().flatten().copied())
            }),
        ],
    }
}

fn panel(
    title: &str,
    (live, ours): (&Story, &Story),
    track: impl Fn(&Story) -> Track,
) -> OverlayPanel {
    let line = |name: &str, thing, width, story| OverlayLine {
        name: name.to_owned(),
        thing,
        width,
        track: track(story),
    };
    let (behind, front) = (Thing::Current, Thing::Desired);
    let lines = vec![line("live", behind, 2.6, live), line("simulated", front, 0.8, ours)];
    OverlayPanel { title: title.to_owned(), lines }
}

fn asked(story: &Story, deployment: &str) -> Track {
    let line = story.lines.get(&format!("Deployment {deployment}")).into_iter().flatten();
    steps(line.filter_map(|told| Some((told.at_ms, told.what.parse().ok()?))))
}

fn steps(points: impl Iterator<Item = (i64, i64)>) -> Track {
    Track::steps(points.map(|(at_ms, count)| (at_ms as f64, count as f64)))
}

fn events(start: SimTime, scenario: &Scenario) -> Vec<EventRow> {
    let row = |event: &podtide::scenario::ScenarioEvent| EventRow {
        at_seconds: (event.at - start).as_secs_f64(),
        text: event.action.title(scenario),
        refused: None,
    };
    scenario.events.iter().map(row).collect()
}
