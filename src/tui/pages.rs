//! Pages of text that can be opened.

use super::app::{App, Reading};
use super::view::hpa;
use super::view::text::{instant, wrap};
use crate::explain::{self, Explanation, Unknown};
use crate::kube::objects::ids::ObjectId;
use crate::render;
use crate::render::text::Style;
use crate::scenario::lesson::Subject;

/// All keys. Columns: keys, what they do.
const KEYS: [(&str, &str); 33] = [
    ("space", "play, pause"),
    ("< >", "slower, faster: 1x to 10,000x"),
    ("← →", "a second back, on"),
    ("shift ← →", "a minute back, on"),
    ("PgUp PgDn", "a tenth of the charts back, on"),
    ("home end", "to the start, to the end"),
    (", .", "to the event before, to the next event"),
    ("[ ]", "to the change of the scale before, to the next one"),
    ("{ }", "to the sync of the HPA before, to the next one"),
    ("g or :", "go to an instant, such as 12m30s"),
    ("", ""),
    ("+ -", "zoom the time axis in, out"),
    ("=", "show all of the time"),
    ("tab", "the next workload; shift tab the one before"),
    ("f F", "follow the next pod, the one before"),
    ("o", "show only events of the followed pod"),
    ("v", "leave what is routine for pods out of the events"),
    ("esc", "follow nobody; close what is open"),
    ("↑ ↓", "scroll the nodes"),
    ("", ""),
    ("/", "search in the events; n the next, N the one before"),
    ("h", "the HPA's view, whole"),
    ("e", "explain what is at the cursor"),
    ("w", "what if: change something and play again"),
    ("x", "details of the other take"),
    ("p", "write what the what-if changed as a patch"),
    ("u", "leave the what-if"),
    ("?", "this help"),
    ("q", "quit"),
    ("", ""),
    ("mouse", "a click on a chart goes there, on a pod follows it, on an"),
    ("", "event goes to it; the wheel zooms charts and scrolls the rest"),
    ("pods", "P pending  I pulling image  S starting  R ready  U unready"),
];

/// Help.
pub fn help() -> Reading {
    let mut lines: Vec<String> =
        KEYS.iter().map(|(key, what)| format!("{key:<10} {what}").trim_end().to_owned()).collect();
    lines.push("           T terminating  C crash loop  O OOM-killed  E completed".to_owned());
    lines.push("marks      ▲ ▼ the HPA changed the scale   ◆ the scenario's events".to_owned());
    Reading { title: "keys".to_owned(), lines, first: 0 }
}

/// Why: of the pod that is followed, else of the HPA, else of the Deployment.
pub fn explain(app: &App) -> Reading {
    let take = app.take();
    let (scenario, recording, at) = (&take.scenario, &take.recording, app.now());
    let workload = take.workload(app.workload);
    let hpa = workload.and_then(|workload| workload.hpa.as_ref());
    let namespace = workload.map_or("", |workload| &*workload.namespace);
    let named = |name: &str| format!("{namespace}/{name}");
    let explained = match (app.follow, hpa, workload) {
        (Some(pod), _, _) => {
            let name = take.names.object(ObjectId::Pod(pod));
            let name = named(name.trim_start_matches("pod/"));
            explain::pod(scenario, recording, &name, at)
        }
        (None, Some(hpa), _) => explain::hpa(scenario, recording, &named(&hpa.name), at),
        (None, None, Some(workload)) => {
            explain::deployment(scenario, recording, &named(&workload.name), at)
        }
        (None, None, None) => explain::at(scenario, recording, at),
    };
    why(app, explained)
}

/// Why: what a step of the lesson names, else as [`explain()`].
pub fn explain_step(app: &App, step: usize) -> Reading {
    let take = &app.takes[0];
    let (scenario, recording, at) = (&take.scenario, &take.recording, app.now());
    match &scenario.lesson[step].explain {
        Some(Subject::Hpa(name)) => why(app, explain::hpa(scenario, recording, name, at)),
        Some(Subject::Deployment(name)) => {
            why(app, explain::deployment(scenario, recording, name, at))
        }
        None => explain(app),
    }
}

fn why(app: &App, explained: Result<Explanation, Unknown>) -> Reading {
    let width = app.size.0.saturating_sub(6).min(110);
    let style = Style { width, ..Style::default() };
    let text = match explained {
        Ok(explanation) => render::explain::text(&explanation, style),
        Err(unknown) => format!("{unknown}: nothing to explain at {}", instant(app.now())),
    };
    let lines = text.lines().map(str::to_owned).collect();
    Reading { title: "why".to_owned(), lines, first: 0 }
}

/// The HPA's view.
pub fn hpa(app: &App) -> Reading {
    let mut lines: Vec<String> =
        hpa::lines(app).iter().map(|line| line.to_string().trim_end().to_owned()).collect();
    if let Some((object, _)) = hpa::subject(app) {
        lines.push(String::new());
        for condition in &object.status.conditions {
            let told = format!(" {}: {}", condition.type_, condition.reason);
            lines.extend(wrap(&told, usize::from(app.size.0.saturating_sub(6)).min(100)));
        }
    }
    Reading { title: "HPA".to_owned(), lines, first: 0 }
}
