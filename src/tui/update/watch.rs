//! Messages while the player is watched.

use super::{lesson, search, what_if};
use crate::kube::objects::ids::PodId;
use crate::scenario::file::scalar::parse_duration;
use crate::tui::app::{App, Filter, Mode, SPEEDS};
use crate::tui::lesson::stop_between;
use crate::tui::message::{Message, Page, Way};
use crate::tui::pages;
use crate::tui::view::layout::{Hit, hit};
use crate::units::{SimDuration, SimTime};

/// Lines that one turn of the wheel moves.
const WHEEL_LINES: u32 = 3;

/// The viewer's time went on.
pub(super) fn play(app: &mut App, milliseconds: f64) {
    if !app.playing || milliseconds <= 0.0 {
        return;
    }
    let played = app.rest_ms + milliseconds * f64::from(SPEEDS[app.speed]);
    app.rest_ms = played.fract();
    let at = app.now() + SimDuration(played as i64);
    let next = app.lesson.map(|lesson| lesson.next);
    if let Some(step) = next.and_then(|next| stop_between(&app.takes[0], next, app.now(), at)) {
        lesson::ask(app, step);
        return;
    }
    if at >= app.end() {
        app.playing = false;
    }
    app.seek(at);
}

/// A message while nothing is open.
pub(super) fn update(app: &mut App, message: Message) {
    match message {
        Message::TogglePlay => toggle(app),
        Message::Speed(way) => speed(app, way),
        Message::Seconds(by) => app.seek(app.now() + SimDuration::from_secs(by)),
        Message::Event(way) => step_event(app, way),
        Message::Rescale(way) => step_sync(app, way, true),
        Message::Sync(way) => step_sync(app, way, false),
        Message::Page(way) => {
            let by = (app.span.length() / 10.0).max(1000.0) as i64;
            app.seek(app.now() + SimDuration(by * way.sign()));
        }
        Message::Edge(Way::Back) => app.seek(SimTime::ZERO),
        Message::Edge(Way::Forward) => app.seek(app.end()),
        Message::Zoom(way) => zoom(app, if way.is_forward() { 0.5 } else { 2.0 }),
        Message::Whole => app.span = app.whole(),
        Message::Follow(way) => follow(app, way),
        Message::OnlyFollowed if app.follow.is_none() => {}
        Message::OnlyFollowed => toggle_filter(app, Filter::Followed),
        Message::Brief => toggle_filter(app, Filter::Brief),
        Message::Workload(way) => workload(app, way),
        Message::Other => other(app),
        Message::Open(page) => open(app, page),
        Message::Close => follow_nobody(app),
        Message::Undo => what_if::undo(app),
        Message::Accept => lesson::go_on(app),
        Message::Found(way) => search::find(app, way),
        Message::Line(way) => scroll_nodes(app, way, 1),
        Message::Click(column, row) => click(app, column, row),
        Message::Wheel(column, row, way) => wheel(app, column, row, way),
        _ => {}
    }
}

fn toggle(app: &mut App) {
    app.playing = !app.playing;
    app.rest_ms = 0.0;
    if app.playing && app.now() >= app.end() {
        app.seek(SimTime::ZERO);
    }
}

fn toggle_filter(app: &mut App, filter: Filter) {
    app.filter = if app.filter == filter { Filter::All } else { filter };
    app.log_back = 0;
}

fn follow_nobody(app: &mut App) {
    app.follow = None;
    if app.filter == Filter::Followed {
        app.filter = Filter::All;
    }
}

fn speed(app: &mut App, way: Way) {
    let next = app.speed as i64 + way.sign();
    app.speed = next.clamp(0, SPEEDS.len() as i64 - 1) as usize;
}

fn zoom(app: &mut App, factor: f64) {
    app.span = app.span.zoomed(factor, app.now().0 as f64, app.whole());
}

fn step_event(app: &mut App, way: Way) {
    let told = app.place().told;
    // Backwards: to the entry before the last one that was told.
    let target = match way {
        Way::Forward => (told < app.take().log.len() as u32).then_some(told),
        Way::Back => told.checked_sub(2),
    };
    match (target, way) {
        (Some(entry), _) => app.seek_entry(entry),
        (None, Way::Forward) => "no event follows".clone_into(&mut app.note),
        (None, Way::Back) => app.seek(SimTime::ZERO),
    }
}

fn step_sync(app: &mut App, way: Way, rescaled: bool) {
    let take = app.take();
    let Some(subject) = take.subjects.get(app.workload) else { return };
    let among = if rescaled { &subject.rescales } else { &subject.syncs };
    let what = if rescaled { "change of the scale by the HPA" } else { "sync of the HPA" };
    if let Some(at) = take.neighbour(among, app.now(), way.is_forward()) {
        app.seek(at);
    } else {
        let side = if way.is_forward() { "after" } else { "before" };
        app.note = format!("no {what} {side} this instant");
    }
}

/// All pods that are shown, in order of nodes.
fn shown_pods(app: &App) -> Vec<PodId> {
    let groups = app.nodes.iter().flat_map(|row| &row.groups);
    groups.flat_map(|group| &group.pods).map(|(pod, _)| *pod).collect()
}

fn follow(app: &mut App, way: Way) {
    let pods = shown_pods(app);
    let here = app.follow.and_then(|pod| pods.iter().position(|other| *other == pod));
    let next = match (here, way) {
        (None, Way::Forward) => pods.first(),
        (None, Way::Back) => pods.last(),
        (Some(here), Way::Forward) => pods.get(here + 1).or(pods.first()),
        (Some(here), Way::Back) => here.checked_sub(1).map_or(pods.last(), |here| pods.get(here)),
    };
    app.follow = next.copied();
    if app.follow.is_none() {
        "there is no pod to follow".clone_into(&mut app.note);
    }
}

fn workload(app: &mut App, way: Way) {
    let count = app.take().report.workloads.len() as i64;
    if count > 1 {
        app.workload = (app.workload as i64 + way.sign()).rem_euclid(count) as usize;
        follow_nobody(app);
        app.first_node = 0;
        app.refresh();
    }
}

fn other(app: &mut App) {
    if app.takes.len() > 1 {
        app.shown = 1 - app.shown;
        let workloads = app.take().report.workloads.len();
        app.workload = app.workload.min(workloads.saturating_sub(1));
        follow_nobody(app);
        app.refresh();
    } else {
        "one take is played: w asks what if".clone_into(&mut app.note);
    }
}

fn open(app: &mut App, page: Page) {
    match page {
        Page::Goto => app.mode = Mode::Goto(String::new()),
        Page::Search => app.mode = Mode::Search(String::new()),
        Page::Help => app.mode = Mode::Reading(pages::help()),
        Page::Hpa => app.mode = Mode::Reading(pages::hpa(app)),
        Page::Explain => app.mode = Mode::Reading(pages::explain(app)),
        Page::WhatIf => what_if::open(app),
    }
    if matches!(app.mode, Mode::Goto(_) | Mode::Search(_)) {
        app.playing = false;
    }
}

fn scroll_nodes(app: &mut App, way: Way, lines: u32) {
    let last = (app.nodes.len() as u32).saturating_sub(1);
    let next = i64::from(app.first_node) + way.sign() * i64::from(lines);
    app.first_node = next.clamp(0, i64::from(last)) as u32;
}

fn click(app: &mut App, column: u16, row: u16) {
    match hit(app, column, row) {
        Some(Hit::Time(at_ms)) => app.seek(SimTime(at_ms as i64)),
        Some(Hit::Pod(pod)) => app.follow = Some(pod),
        Some(Hit::Entry(take, entry)) if take == app.shown => app.seek_entry(entry),
        Some(Hit::Entry(take, entry)) => app.seek(app.takes[take].log[entry as usize].at),
        Some(Hit::Nodes | Hit::Log) | None => {}
    }
}

fn wheel(app: &mut App, column: u16, row: u16, way: Way) {
    match hit(app, column, row) {
        Some(Hit::Time(_)) => zoom(app, if way.is_forward() { 2.0 } else { 0.5 }),
        Some(Hit::Pod(_) | Hit::Nodes) => scroll_nodes(app, way, WHEEL_LINES),
        Some(Hit::Entry(..) | Hit::Log) => {
            let back = i64::from(app.log_back) - way.sign() * i64::from(WHEEL_LINES);
            let most = i64::from(app.place().told.saturating_sub(1));
            app.log_back = back.clamp(0, most) as u32;
        }
        None => {}
    }
}

/// An instant is typed.
pub(super) fn type_instant(app: &mut App, message: Message) {
    let Mode::Goto(text) = &mut app.mode else { return };
    match message {
        Message::Type(letter) => text.push(letter),
        Message::Erase => {
            text.pop();
        }
        Message::Close => app.mode = Mode::Watch,
        Message::Accept => {
            let typed = std::mem::take(text);
            app.mode = Mode::Watch;
            jump(app, typed.trim());
        }
        _ => {}
    }
}

fn jump(app: &mut App, text: &str) {
    if text.is_empty() {
        return;
    }
    match instant(text) {
        Some(at) if at <= app.end() => app.seek(at),
        Some(_) => app.note = format!("`{text}` is after the end, {}", app.end()),
        None => app.note = format!("`{text}` is no instant: write one such as 12m30s"),
    }
}

/// `12m30s`, or seconds as a bare number.
fn instant(text: &str) -> Option<SimTime> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(SimTime::from_secs(i64::from(seconds)));
    }
    let duration: SimDuration = parse_duration(text).ok()?;
    Some(SimTime(duration.as_millis()))
}
