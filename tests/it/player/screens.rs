//! Screens, as they are seen.

use podtide::tui::message::{Message, Page, Way};
use podtide::tui::snapshot;
use podtide::tui::take::Take;
use podtide::units::SimTime;

use super::{enter, player, screen_at, send, spike};
use crate::pipe::{WEB, scenario};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (140, 40);

/// Pods that are killed for their memory, again and again, and more of them than fit.
fn trouble() -> Take {
    let web = WEB.replace("memory: 512Mi", "memory: 300Mi").replace("replicas: 3", "replicas: 14");
    let spec = "
  duration: 10m
  cluster:
    nodes: [{name: node, count: 2, allocatable: {cpu: '2', memory: 4Gi}}]
  traffic: [{to: {service: web}, layers: [{constant: 200/s}]}]
  profiles:
    - {deployment: web, cpuPerRequest: 8ms, memory: {base: 200Mi, growth: 6000Mi/h}}
  events:
    - {at: 1m, setImage: {deployment: web, container: web, image: 'web:broken'}}
    - {at: 2m, cordon: {node: node-1}}
";
    Take::play("trouble", scenario(&web, spec))
}

#[test]
fn screens_of_140_columns() {
    let mut app = player(spike(), LARGE);
    insta::assert_snapshot!("start_140", screen_at(&mut app, 0));
    insta::assert_snapshot!("under_capacity_140", screen_at(&mut app, 165));
    insta::assert_snapshot!("held_by_the_window_140", screen_at(&mut app, 600));
    insta::assert_snapshot!("rollout_140", screen_at(&mut app, 735));
}

#[test]
fn screens_of_80_columns() {
    let mut app = player(spike(), SMALL);
    insta::assert_snapshot!("under_capacity_80", screen_at(&mut app, 165));
    insta::assert_snapshot!("rollout_80", screen_at(&mut app, 735));
    send(&mut app, [Message::Open(Page::Hpa)]);
    insta::assert_snapshot!("hpa_80", snapshot::text(&mut app));
    send(&mut app, [Message::Close, Message::Open(Page::Explain)]);
    insta::assert_snapshot!("explain_80", snapshot::text(&mut app));
    send(&mut app, [Message::Close, Message::Open(Page::Help)]);
    insta::assert_snapshot!("help_80", snapshot::text(&mut app));
}

#[test]
fn screens_of_trouble() {
    let mut app = player(trouble(), LARGE);
    insta::assert_snapshot!("trouble_140", screen_at(&mut app, 200));
    send(&mut app, [Message::Brief]);
    insta::assert_snapshot!("brief_140", snapshot::text(&mut app));
    send(&mut app, [Message::Brief, Message::Follow(Way::Forward), Message::OnlyFollowed]);
    insta::assert_snapshot!("followed_140", snapshot::text(&mut app));
}

#[test]
fn fields_are_typed_in_the_last_line() {
    let mut app = player(spike(), SMALL);
    let last = |app: &mut podtide::tui::app::App| {
        let text = snapshot::text(app);
        text.lines().last().unwrap_or_default().to_owned()
    };
    send(&mut app, [Message::Open(Page::Goto), Message::Type('4'), Message::Type('m')]);
    assert_eq!(last(&mut app), " go to: 4m    enter: go   esc: leave");
    send(&mut app, [Message::Close, Message::Open(Page::Search)]);
    enter(&mut app, "no such word");
    assert_eq!(last(&mut app), " no event after this instant has `no such word`");
}

#[test]
fn every_size_has_a_screen() {
    let mut app = player(spike(), SMALL);
    for (width, height) in [(1, 1), (20, 5), (60, 16), (80, 24), (110, 30), (200, 60), (300, 100)] {
        send(&mut app, [Message::Resize(width, height)]);
        for seconds in [0, 165, 1200] {
            app.seek(SimTime::from_secs(seconds));
            let text = snapshot::text(&mut app);
            assert_eq!(text.lines().count(), usize::from(height));
        }
    }
}

#[test]
fn the_readme_shows_what_its_command_prints() {
    let readme = std::fs::read_to_string("README.md").expect("there is one");
    let arguments = ["replay", "scenarios/flash-sale/scenario.yaml", "--snapshot", "10m45s"];
    let output = crate::cli::podtide().args(arguments).args(["--size", "100x26"]).output();
    let printed = output.expect("the program can be started").stdout;
    let printed = String::from_utf8(printed).expect("it prints text");
    let shown = printed.trim_end();
    assert!(readme.contains(shown), "the README should show\n{shown}");
}
