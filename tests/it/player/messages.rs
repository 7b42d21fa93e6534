//! What messages do, without a terminal.

use podtide::tui::app::{App, Mode, SPEEDS};
use podtide::tui::message::{Message, Page, Way};
use podtide::tui::snapshot;
use podtide::tui::take::Take;
use podtide::tui::view::layout::Layout;
use podtide::units::SimTime;

use crate::pipe::{WEB, scenario};

use super::{enter, player, send, spike};

const SECOND: i64 = 1000;

fn app() -> App {
    player(spike(), (140, 40))
}

fn now(app: &App) -> i64 {
    app.now().0
}

#[test]
fn time_goes_on_by_the_speed_and_stops_at_the_end() {
    let mut app = app();
    send(&mut app, [Message::Elapsed(500.0)]);
    assert_eq!(now(&app), 0, "nothing moves while it is paused");
    send(&mut app, [Message::TogglePlay, Message::Elapsed(500.0)]);
    assert_eq!(now(&app), 30 * SECOND, "60x is the first speed");
    send(&mut app, [Message::Speed(Way::Back); 20]);
    assert_eq!(SPEEDS[app.speed], 1);
    send(&mut app, [Message::Elapsed(0.4); 5]);
    assert_eq!(now(&app), 30 * SECOND + 2, "parts of milliseconds add up");
    send(&mut app, [Message::Speed(Way::Forward); 20]);
    assert_eq!(SPEEDS[app.speed], 10_000);
    send(&mut app, [Message::Elapsed(1e6)]);
    assert_eq!((now(&app), app.playing), (1200 * SECOND, false));
    send(&mut app, [Message::TogglePlay]);
    assert_eq!((now(&app), app.playing), (0, true), "it begins again");
}

#[test]
fn seconds_pages_and_edges() {
    let mut app = app();
    send(&mut app, [Message::Seconds(1), Message::Seconds(60), Message::Seconds(-2)]);
    assert_eq!(now(&app), 59 * SECOND);
    send(&mut app, [Message::Seconds(-100)]);
    assert_eq!(now(&app), 0);
    send(&mut app, [Message::Page(Way::Forward)]);
    assert_eq!(now(&app), 120 * SECOND, "a tenth of what is shown");
    send(&mut app, [Message::Edge(Way::Forward), Message::Seconds(5)]);
    assert_eq!(now(&app), 1200 * SECOND);
    send(&mut app, [Message::Edge(Way::Back)]);
    assert_eq!(now(&app), 0);
}

#[test]
fn any_way_to_an_instant_gives_the_same_cluster() {
    let mut app = app();
    for seconds in [700, 165, 900, 0, 1200, 300, 301, 302, 150] {
        app.seek(SimTime::from_secs(seconds));
        let expected = app.take().recording.state_at(SimTime::from_secs(seconds));
        assert_eq!(app.head().cluster().pods(), expected.pods(), "at {seconds} s");
    }
    for _ in 0..40 {
        send(&mut app, [Message::Event(Way::Forward)]);
        let expected = app.take().recording.state_after(app.place().facts);
        assert_eq!(app.head().cluster().pods(), expected.pods());
    }
}

#[test]
fn events_are_stepped_one_by_one_both_ways() {
    let mut app = app();
    send(&mut app, [Message::Event(Way::Forward); 5]);
    assert_eq!(app.place().told, 5);
    let fifth = app.now();
    send(&mut app, [Message::Event(Way::Forward), Message::Event(Way::Back)]);
    assert_eq!((app.place().told, app.now()), (5, fifth));
    send(&mut app, [Message::Event(Way::Back); 9]);
    assert_eq!(now(&app), 0);
    send(&mut app, [Message::Edge(Way::Forward), Message::Event(Way::Forward)]);
    assert_eq!(app.note, "no event follows");
}

#[test]
fn decisions_are_stepped_both_ways() {
    let mut app = app();
    send(&mut app, [Message::Rescale(Way::Back)]);
    assert!(app.note.contains("no change of the scale"), "{}", app.note);
    send(&mut app, [Message::Rescale(Way::Forward)]);
    let first = app.now();
    let decision = app.take().last_sync(0, first).expect("it is a sync").clone();
    assert!(decision.at == first && decision.desired > decision.current, "{decision:?}");
    send(&mut app, [Message::Sync(Way::Forward)]);
    assert!((14_000..17_000).contains(&(app.now() - first).0), "the next sync is 15 s later");
    send(&mut app, [Message::Rescale(Way::Back)]);
    assert_eq!(app.now(), first);
}

#[test]
fn jumps_take_instants_and_tell_what_is_none() {
    let mut app = app();
    let jump = |app: &mut App, text: &str| {
        send(app, [Message::Open(Page::Goto)]);
        enter(app, text);
        (now(app), app.note.clone())
    };
    assert_eq!(jump(&mut app, "2m45s"), (165 * SECOND, String::new()));
    assert_eq!(jump(&mut app, "90"), (90 * SECOND, String::new()));
    assert_eq!(jump(&mut app, "2h"), (90 * SECOND, "`2h` is after the end, 20m".to_owned()));
    let wrong = "`soon` is no instant: write one such as 12m30s";
    assert_eq!(jump(&mut app, "soon"), (90 * SECOND, wrong.to_owned()));
    send(&mut app, [Message::Open(Page::Goto), Message::Type('7'), Message::Erase]);
    assert_eq!(app.mode, Mode::Goto(String::new()));
    send(&mut app, [Message::Close]);
    assert_eq!(app.mode, Mode::Watch);
}

#[test]
fn the_log_is_searched_both_ways() {
    let mut app = app();
    send(&mut app, [Message::Open(Page::Search)]);
    enter(&mut app, "successfulrescale");
    let told = |app: &App| {
        let take = app.take();
        take.tell(&take.log[app.place().told as usize - 1])
    };
    assert_eq!(told(&app).reason, "SuccessfulRescale");
    let first = app.now();
    send(&mut app, [Message::Found(Way::Forward)]);
    assert!(app.now() > first && told(&app).reason == "SuccessfulRescale");
    send(&mut app, [Message::Found(Way::Back)]);
    assert_eq!(app.now(), first);
    send(&mut app, [Message::Found(Way::Back)]);
    assert_eq!(app.note, "no event before this instant has `successfulrescale`");
}

#[test]
fn the_time_axis_zooms_around_the_cursor_and_turns_pages() {
    let mut app = app();
    app.seek(SimTime::from_secs(600));
    send(&mut app, [Message::Zoom(Way::Forward)]);
    assert_eq!((app.span.from_ms, app.span.to_ms), (300_000.0, 900_000.0));
    send(&mut app, [Message::Zoom(Way::Forward); 20]);
    assert_eq!(app.span.length(), 30_000.0, "there is a least span");
    app.seek(SimTime::from_secs(700));
    assert_eq!((app.span.from_ms, app.span.to_ms), (697_000.0, 727_000.0));
    app.seek(SimTime::from_secs(690));
    assert_eq!((app.span.from_ms, app.span.to_ms), (663_000.0, 693_000.0));
    send(&mut app, [Message::Whole]);
    assert_eq!(app.span, app.whole());
    send(&mut app, [Message::Zoom(Way::Back)]);
    assert_eq!(app.span, app.whole());
}

#[test]
fn a_click_on_a_chart_goes_there_and_on_a_pod_follows_it() {
    let mut app = app();
    let layout = Layout::of(&app);
    let (load, pods) = (layout.charts[0].load, layout.pods);
    send(&mut app, [Message::Click(load.right() - 1, load.y + 3)]);
    assert_eq!(now(&app), 1200 * SECOND);
    send(&mut app, [Message::Click(load.x + 6, load.y + 3)]);
    assert_eq!(now(&app), 0);
    send(&mut app, [Message::Click(load.x + 6 + (load.width - 6) / 2, load.y + 3)]);
    assert!((590 * SECOND..630 * SECOND).contains(&now(&app)), "{}", now(&app));
    assert_eq!(app.follow, None);
    let row = pods.y + 1;
    for column in pods.x..pods.right() {
        send(&mut app, [Message::Click(column, row)]);
    }
    assert!(app.follow.is_some(), "some column of the first node is a pod");
    let followed = app.follow;
    send(&mut app, [Message::Follow(Way::Forward), Message::Follow(Way::Back)]);
    assert_eq!(app.follow, followed);
    send(&mut app, [Message::Close]);
    assert_eq!(app.follow, None);
}

#[test]
fn workloads_are_shown_in_turn() {
    let other = WEB.replace("name: web", "name: api").replace("app: web", "app: api");
    let spec = "  duration: 5m\n  traffic: [{to: {service: web}, layers: [{constant: 60/s}]}]\n";
    let take = Take::play("two", scenario(&format!("{WEB}---\n{other}"), spec));
    let mut app = player(take, (80, 24));
    assert!(snapshot::text(&mut app).contains("web (1 of 2, tab)"));
    send(&mut app, [Message::Follow(Way::Forward), Message::Workload(Way::Forward)]);
    let screen = snapshot::text(&mut app);
    assert!(screen.contains("api (2 of 2, tab)") && screen.contains("no traffic"), "{screen}");
    assert_eq!(app.follow, None, "the pod is one of the other workload");
    send(&mut app, [Message::Workload(Way::Forward)]);
    assert_eq!(app.workload, 0);
}

#[test]
fn the_wheel_zooms_charts_and_turns_the_log_back() {
    let mut app = app();
    app.seek(SimTime::from_secs(600));
    let layout = Layout::of(&app);
    send(&mut app, [Message::Wheel(layout.log.x + 5, layout.log.y + 2, Way::Back)]);
    assert_eq!(app.log_back, 3);
    send(&mut app, [Message::Wheel(layout.log.x + 5, layout.log.y + 2, Way::Forward); 2]);
    assert_eq!(app.log_back, 0);
    let chart = layout.charts[0].replicas;
    send(&mut app, [Message::Wheel(chart.x + 9, chart.y + 2, Way::Back)]);
    assert_eq!(app.span.length(), 600_000.0);
}
