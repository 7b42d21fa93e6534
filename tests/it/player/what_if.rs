//! What if, and two takes beside each other.

use podtide::tui::app::{App, Mode};
use podtide::tui::message::{Message, Page, Way};
use podtide::tui::snapshot;
use podtide::tui::take::Take;
use podtide::tui::theme::Theme;
use podtide::tui::update::{Request, take_answer, update};
use podtide::tui::view::compare::first_difference;
use podtide::tui::what_if::{Change, Form};

use super::{BUDGET, SPIKE, player, screen_at, send, spike};
use crate::pipe::{WEB, scenario};

/// The same with a lower maximum.
fn capped() -> Take {
    let manifests = format!("{WEB}{BUDGET}").replace("maxReplicas: 30", "maxReplicas: 6");
    Take::play("what if", scenario(&manifests, SPIKE))
}

fn form(app: &App) -> &Form {
    let Mode::WhatIf(form) = &app.mode else { panic!("the form is open: {:?}", app.mode) };
    form
}

/// Chooses a field by its name and types a value in place of the one that it has.
fn set(app: &mut App, name: &str, value: &str) {
    let place = form(app).knobs.iter().position(|knob| knob.name == name);
    let place = place.unwrap_or_else(|| panic!("`{name}` is in {:?}", form(app).knobs));
    while form(app).chosen != place {
        let way = if form(app).chosen < place { Way::Forward } else { Way::Back };
        send(app, [Message::Line(way)]);
    }
    let length = form(app).knobs[place].now.len();
    send(app, std::iter::repeat_n(Message::Erase, length));
    send(app, value.chars().map(Message::Type));
}

#[test]
fn a_form_becomes_edits() {
    let mut app = player(spike(), (140, 40));
    send(&mut app, [Message::Open(Page::WhatIf)]);
    insta::assert_snapshot!("form_140", snapshot::text(&mut app));
    assert_eq!(update(&mut app, Message::Accept), None);
    assert_eq!(form(&app).error, ["nothing was changed yet"]);
    set(&mut app, "maxReplicas", "6");
    set(&mut app, "cpu averageUtilization", "50");
    set(&mut app, "scaleUp.policies", "2/1m");
    set(&mut app, "maxSurge", "");
    set(&mut app, "startup time", "40s");
    set(&mut app, "scale", "1.5");
    let Some(Request::Play(changes)) = update(&mut app, Message::Accept) else {
        panic!("it is played: {:?}", form(&app).error)
    };
    let edits: Vec<&str> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Edit(edit) => Some(edit.as_str()),
            _ => None,
        })
        .collect();
    let policies = r#"[{"type":"Pods","value":2,"periodSeconds":60}]"#;
    let target = r#"{"type":"Utilization","averageUtilization":50}"#;
    let metrics =
        format!(r#"[{{"type":"Resource","resource":{{"name":"cpu","target":{target}}}}}]"#);
    assert_eq!(
        edits,
        [
            "hpa/default/web:spec.maxReplicas=6",
            &format!("hpa/default/web:spec.behavior.scaleUp.policies={policies}"),
            "deployment/default/web:spec.strategy.rollingUpdate.maxSurge=",
            &format!("hpa/default/web:spec.metrics={metrics}"),
        ]
    );
    assert!(changes.contains(&Change::TrafficScale("1.5".to_owned())));
    let startup = Change::StartupTime { deployment: "web".to_owned(), time: "40s".to_owned() };
    assert!(changes.contains(&startup));
}

#[test]
fn what_cannot_be_read_stays_in_the_form() {
    let mut app = player(spike(), (140, 40));
    send(&mut app, [Message::Open(Page::WhatIf)]);
    set(&mut app, "scaleDown.policies", "some");
    assert_eq!(update(&mut app, Message::Accept), None);
    assert_eq!(form(&app).error, ["`some` is no policy: write `4/15s` (pods) or `100%/15s`"]);
    send(&mut app, [Message::Revert]);
    set(&mut app, "maxReplicas", "2");
    assert!(matches!(update(&mut app, Message::Accept), Some(Request::Play(_))));
    take_answer(&mut app, Err("error[hpa-replica-bounds]: too few".to_owned()));
    assert_eq!(form(&app).error, ["error[hpa-replica-bounds]: too few"]);
    assert_eq!(app.takes.len(), 1);
}

#[test]
fn what_was_and_what_if_stand_beside_each_other() {
    let mut app = player(spike(), (140, 40));
    app.seek(podtide::units::SimTime::from_secs(165));
    send(&mut app, [Message::Open(Page::WhatIf)]);
    set(&mut app, "maxReplicas", "6");
    update(&mut app, Message::Accept);
    take_answer(&mut app, Ok(capped()));
    assert_eq!((app.takes.len(), app.now().0), (2, 165_000), "the instant stays");
    insta::assert_snapshot!("compared_140", screen_at(&mut app, 240));
    send(&mut app, [Message::Resize(80, 24)]);
    insta::assert_snapshot!("compared_80", snapshot::text(&mut app));
    let parted = first_difference(&app).expect("they differ");
    assert!((150_000..165_000).contains(&parted.0), "{parted}");
    let patch = update(&mut app, Message::WritePatch);
    let edit = Change::Edit("hpa/default/web:spec.maxReplicas=6".to_owned());
    assert_eq!(patch, Some(Request::WritePatch(vec![edit])));
    send(&mut app, [Message::Other]);
    assert_eq!(app.shown, 0);
    send(&mut app, [Message::Open(Page::WhatIf)]);
    assert_eq!(form(&app).knobs[1].now, "6", "the form is as it was left");
    send(&mut app, [Message::Close, Message::Undo]);
    assert_eq!((app.takes.len(), app.what_if.is_none()), (1, true));
}

#[test]
fn two_takes_are_stepped_together() {
    let mut app = App::new(vec![spike(), capped()], Theme::Plain);
    send(&mut app, [Message::Resize(140, 40), Message::Rescale(Way::Forward)]);
    send(&mut app, [Message::Event(Way::Forward), Message::Other]);
    assert_eq!(app.place_of(0).at, app.place_of(1).at);
    send(&mut app, [Message::Open(Page::WhatIf)]);
    assert_eq!(app.note, "two takes are compared: what-if changes one");
    for size in [(60, 16), (80, 24), (110, 30), (200, 60)] {
        send(&mut app, [Message::Resize(size.0, size.1)]);
        assert_eq!(snapshot::text(&mut app).lines().count(), usize::from(size.1));
    }
}
