//! All that the player knows: what it plays, where it stands, and what is open.

use super::head::{Head, Place};
use super::lesson::{Card, Lesson};
use super::pods::{self, NodeRow};
use super::take::Take;
use super::theme::Theme;
use super::view::charts::Columns;
use super::what_if::{Change, Form};
use crate::kube::objects::ids::PodId;
use crate::report::WorkloadReport;
use crate::units::SimTime;

/// Speeds: simulated seconds in a second.
pub const SPEEDS: [u32; 14] = [1, 2, 5, 10, 20, 60, 100, 200, 300, 600, 1000, 2000, 5000, 10_000];
/// Place of the speed that a player begins with.
const FIRST_SPEED: usize = 5;
/// The least time that charts show \[ms\].
const SPAN_MIN_MS: f64 = 30_000.0;

/// The player.
#[derive(Debug)]
pub struct App {
    /// What is played: one take, or two that are compared.
    pub takes: Vec<Take>,
    heads: Vec<Head>,
    /// The take whose details are shown.
    pub shown: usize,
    /// The workload that is shown.
    pub workload: usize,
    /// Whether time goes on by itself.
    pub playing: bool,
    /// Place in [`SPEEDS`].
    pub speed: usize,
    /// What the charts show.
    pub span: Span,
    /// The pod that is followed.
    pub follow: Option<PodId>,
    /// What the log shows.
    pub filter: Filter,
    /// What is open.
    pub mode: Mode,
    /// What was searched last.
    pub search: String,
    /// First row of nodes that is shown.
    pub first_node: u32,
    /// How many lines the log is turned back.
    pub log_back: u32,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Colours.
    pub theme: Theme,
    /// The lesson that is taught.
    pub lesson: Option<Lesson>,
    /// The form of the last what-if, and what it changed.
    pub what_if: Option<(Form, Vec<Change>)>,
    /// What the status line says, until the next message.
    pub note: String,
    /// Whether it is over.
    pub quit: bool,
    /// Simulated time that was played and is no whole millisecond yet \[ms\].
    pub(super) rest_ms: f64,
    /// Nodes and pods at the place that is shown.
    pub(super) nodes: Vec<NodeRow>,
    /// What the charts draw.
    pub(super) columns: Columns,
}

/// What the charts show \[ms\].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    /// From.
    pub from_ms: f64,
    /// To; after `from_ms`.
    pub to_ms: f64,
}

/// What the log shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// All but what is routine for pods.
    Brief,
    /// What is about the followed pod.
    Followed,
}

/// What is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Mode {
    /// Nothing: the player is watched.
    #[default]
    Watch,
    /// A page of text.
    Reading(Reading),
    /// An instant is typed.
    Goto(String),
    /// A search is typed.
    Search(String),
    /// Values are changed.
    WhatIf(Form),
    /// A question of a lesson is asked.
    Lesson(Card),
}

/// A page of text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What it is about.
    pub title: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// First line that is shown.
    pub first: u32,
}

impl App {
    /// A player at the start of what it is to play: one take, or two.
    ///
    /// # Panics
    /// Without any take.
    pub fn new(takes: Vec<Take>, theme: Theme) -> App {
        assert!(!takes.is_empty(), "a player plays something");
        let heads = takes.iter().map(Head::new).collect();
        let workload = interesting(&takes[0]);
        let mut app = App {
            takes,
            heads,
            shown: 0,
            workload,
            playing: false,
            speed: FIRST_SPEED,
            span: Span::default(),
            follow: None,
            filter: Filter::All,
            mode: Mode::Watch,
            search: String::new(),
            first_node: 0,
            log_back: 0,
            size: (80, 24),
            theme,
            lesson: None,
            what_if: None,
            note: String::new(),
            quit: false,
            rest_ms: 0.0,
            nodes: Vec::new(),
            columns: Columns::default(),
        };
        app.span = app.whole();
        app.refresh();
        app
    }

    /// The take whose details are shown.
    pub fn take(&self) -> &Take {
        &self.takes[self.shown]
    }

    /// The head of that take.
    pub fn head(&self) -> &Head {
        &self.heads[self.shown]
    }

    /// Where a take stands.
    pub fn place_of(&self, take: usize) -> Place {
        self.heads[take].place()
    }

    /// Where the take that is shown stands.
    pub fn place(&self) -> Place {
        self.head().place()
    }

    /// The instant.
    pub fn now(&self) -> SimTime {
        self.place().at
    }

    /// The end of the longest take.
    pub fn end(&self) -> SimTime {
        self.takes.iter().map(Take::end).max().unwrap_or_default()
    }

    /// All of the time.
    pub fn whole(&self) -> Span {
        Span { from_ms: 0.0, to_ms: (self.end().0 as f64).max(1.0) }
    }

    /// Goes to an instant, as far as there is one.
    pub fn seek(&mut self, at: SimTime) {
        let at = at.max(SimTime::ZERO).min(self.end());
        for (take, head) in self.takes.iter().zip(&mut self.heads) {
            head.go(take, Place::at(take, at));
        }
        self.arrive();
    }

    /// Goes right behind an entry of the log of the take that is shown.
    pub fn seek_entry(&mut self, entry: u32) {
        let place = Place::behind(self.take(), entry);
        for (number, (take, head)) in self.takes.iter().zip(&mut self.heads).enumerate() {
            let own = if number == self.shown { place } else { Place::at(take, place.at) };
            head.go(take, own);
        }
        self.arrive();
    }

    fn arrive(&mut self) {
        self.log_back = 0;
        self.span = self.span.following(self.now().0 as f64, self.whole());
        self.refresh();
    }

    /// Takes what is shown anew from the place where the head stands.
    pub fn refresh(&mut self) {
        let deployment = self.take().subjects.get(self.workload).and_then(|it| it.deployment);
        self.nodes = pods::rows(self.head().cluster(), deployment);
    }

    /// Plays another take beside the first one, in the place of any other, or none; stays at the
    /// instant.
    pub fn set_other(&mut self, other: Option<Take>) {
        let now = self.now();
        self.takes.truncate(1);
        self.heads.truncate(1);
        self.shown = 0;
        if let Some(other) = other {
            self.heads.push(Head::new(&other));
            self.takes.push(other);
            self.shown = 1;
        }
        self.columns = Columns::default();
        self.span = self.whole();
        self.seek(now);
    }

    /// The workload that is shown, by its place in another take.
    pub fn workload_in(&self, take: &Take) -> usize {
        let wanted = self.take().workload(self.workload);
        let is = |it: &WorkloadReport| {
            wanted.is_some_and(|own| own.namespace == it.namespace && own.name == it.name)
        };
        take.report.workloads.iter().position(is).unwrap_or(self.workload)
    }

    /// Computes what the charts draw, where that has changed.
    pub fn prepare(&mut self) {
        let mut columns = std::mem::take(&mut self.columns);
        columns.prepare(self);
        self.columns = columns;
    }
}

impl Span {
    /// How long it is \[ms\].
    pub fn length(self) -> f64 {
        self.to_ms - self.from_ms
    }

    /// The span of the same length that holds an instant: this one if it does, else the next page.
    #[must_use]
    pub fn following(self, now_ms: f64, whole: Span) -> Span {
        let length = self.length().min(whole.length());
        if self.from_ms <= now_ms && now_ms <= self.to_ms && self.to_ms <= whole.to_ms {
            return self;
        }
        let share = if now_ms > self.to_ms { 0.1 } else { 0.9 };
        Span::of_length(length, now_ms - length * share, whole)
    }

    /// Half or twice as long, with an instant at the same place.
    #[must_use]
    pub fn zoomed(self, factor: f64, now_ms: f64, whole: Span) -> Span {
        let least = SPAN_MIN_MS.min(whole.length());
        let length = (self.length() * factor).clamp(least, whole.length());
        let share = ((now_ms - self.from_ms) / self.length()).clamp(0.0, 1.0);
        Span::of_length(length, now_ms - length * share, whole)
    }

    fn of_length(length: f64, from_ms: f64, whole: Span) -> Span {
        let from_ms = from_ms.clamp(0.0, (whole.to_ms - length).max(0.0));
        Span { from_ms, to_ms: from_ms + length }
    }
}

/// The first workload with an HPA, or the first one.
fn interesting(take: &Take) -> usize {
    take.report.workloads.iter().position(|it| it.hpa.is_some()).unwrap_or(0)
}
