//! The terminal player: its screens, and what messages do to it. No terminal is needed, but for one
//! session in tmux.

mod keys;
mod lesson;
mod messages;
mod screens;
mod session;
mod what_if;

use podtide::tui::app::App;
use podtide::tui::message::Message;
use podtide::tui::snapshot;
use podtide::tui::take::Take;
use podtide::tui::theme::Theme;
use podtide::tui::update::update;
use podtide::units::SimTime;

use crate::pipe::{WEB, scenario};

/// A budget for the pods of [`WEB`].
const BUDGET: &str = "---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
";

/// A spike at 2m, and a release at 12m.
const SPIKE: &str = "
  duration: 20m
  seed: 7
  cluster:
    nodes:
      - {name: pool-a, count: 3, allocatable: {cpu: '4', memory: 16Gi}, zone: a}
  traffic:
    - to: {service: web}
      layers: [{constant: 60/s}, {spike: {at: 2m, height: 240/s, rise: 30s, hold: 4m, fall: 1m}}]
  profiles:
    - deployment: web
      cpuPerRequest: 8ms
      startup: {time: 20s, cpu: 300m}
      images: {'web:v2': {cpuPerRequest: 10ms}}
  events:
    - {at: 12m, setImage: {deployment: web, container: web, image: 'web:v2'}}
";

/// What is played in most tests.
pub(crate) fn spike() -> Take {
    let manifests = format!("{WEB}{BUDGET}");
    Take::play("spike", scenario(&manifests, SPIKE))
}

/// A player of one take, in a terminal of that size.
pub(crate) fn player(take: Take, size: (u16, u16)) -> App {
    let mut app = App::new(vec![take], Theme::Plain);
    update(&mut app, Message::Resize(size.0, size.1));
    app
}

/// Sends messages.
pub(crate) fn send(app: &mut App, messages: impl IntoIterator<Item = Message>) {
    for message in messages {
        update(app, message);
    }
}

/// Types a text and enters it.
pub(crate) fn enter(app: &mut App, text: &str) {
    send(app, text.chars().map(Message::Type));
    send(app, [Message::Accept]);
}

/// The screen at an instant.
pub(crate) fn screen_at(app: &mut App, seconds: i64) -> String {
    app.seek(SimTime::from_secs(seconds));
    snapshot::text(app)
}
