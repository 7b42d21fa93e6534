//! Events: what happens when, repetitions written out.

mod apply;
mod around;
mod documents;
mod edit;
mod nodes;
mod services;
mod workload;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) use self::around::TrafficScale;
use self::documents::Documents;
pub(super) use self::documents::HpaVersion;
use self::nodes::Known;
use super::{Checker, MAX_EVENTS, MAX_NODES, MAX_PODS};
use crate::api::core::Node;
use crate::diagnostic::Diagnostic;
use crate::scenario::file::event::Event;
use crate::scenario::{Action, ScenarioEvent};
use crate::units::{SimDuration, SimTime};
use crate::workload::traffic::WallClock;

/// What is known of events before it is known which nodes there are.
pub(super) struct Planned {
    occurrences: Vec<Occurrence>,
    /// HPAs as events make them, in order of time.
    pub(super) versions: Vec<HpaVersion>,
    /// More or less traffic.
    pub(super) scales: Vec<TrafficScale>,
}

/// A written event, once.
struct Occurrence {
    at: SimTime,
    /// Its place in the file.
    written: usize,
    /// What is done; nothing yet of an event about nodes.
    actions: Vec<Action>,
    /// What is done when it ends.
    end: Vec<Action>,
}

impl Checker<'_> {
    /// Plans events in order of time; each finds the objects as those before it left them.
    pub(super) fn plan_events(&mut self, duration: SimDuration, clock: WallClock) -> Planned {
        let events = &self.input.file.spec.events;
        let mut due: Vec<(SimTime, usize)> = Vec::new();
        for (number, written) in events.iter().enumerate() {
            if self.does_one_thing(written) {
                let times = self.times(written, duration, due.len());
                due.extend(times.into_iter().map(|at| (at, number)));
            }
        }
        due.sort_unstable();
        let mut documents = Documents::new(self.input.objects);
        let (mut occurrences, mut scales) = (Vec::with_capacity(due.len()), Vec::new());
        let mut told = BTreeSet::new();
        for (at, number) in due {
            let before = self.findings.len();
            let written = &events[number];
            let now = clock.rfc3339(at);
            let actions = self.object_actions(written, &mut documents, &now);
            let (mut occurrence, scale) = self.around(written, at);
            occurrence.actions.extend(actions);
            scales.extend(scale);
            // What is wrong is told once, however often it happens.
            if !told.insert(number) {
                self.findings.truncate(before);
            }
            occurrences.push(Occurrence { written: number, ..occurrence });
        }
        Planned { occurrences, versions: documents.versions, scales }
    }

    /// All events in order of time; of several at one instant the order of the file stays.
    pub(super) fn events(
        &mut self,
        planned: Planned,
        duration: SimDuration,
        nodes: &[Arc<Node>],
    ) -> Vec<ScenarioEvent> {
        let written = &self.input.file.spec.events;
        let known = Known::new(nodes, written);
        let of_nodes: Vec<Option<Action>> =
            written.iter().map(|written| self.node_action(written, &known)).collect();
        let slow: Vec<Option<[Action; 2]>> =
            written.iter().map(|written| self.slow_image_pull(written, &known)).collect();
        let end = SimTime::ZERO + duration;
        let mut events: Vec<(SimTime, usize, Action)> = Vec::new();
        for occurrence in planned.occurrences {
            let Occurrence { at, written: number, mut actions, end: mut last } = occurrence;
            actions.extend(of_nodes[number].clone());
            if let Some([begin, back]) = slow[number].clone() {
                actions.push(begin);
                last.push(back);
            }
            events.extend(actions.into_iter().map(|action| (at, number, action)));
            let ends = written[number].lasts().map(|lasts| at + lasts);
            if let Some(ends) = ends.filter(|ends| *ends <= end) {
                events.extend(last.into_iter().map(|action| (ends, number, action)));
            }
        }
        events.sort_by_key(|(at, number, _)| (*at, *number));
        let events: Vec<ScenarioEvent> =
            events.into_iter().map(|(at, _, action)| ScenarioEvent { at, action }).collect();
        self.check_event_count(&events);
        self.check_node_count(nodes, &events);
        events
    }

    fn check_event_count(&mut self, events: &[ScenarioEvent]) {
        if let Some(first) =
            self.input.file.spec.events.first().filter(|_| events.len() > MAX_EVENTS)
        {
            let span = first.at.span.clone();
            self.report(
                Diagnostic::error("too-many-events", format!("more than {MAX_EVENTS} events"))
                    .at(span, format!("there are {} with this one", events.len()))
                    .help("let them happen less often"),
            );
        }
    }

    fn times(&mut self, written: &Event, duration: SimDuration, have: usize) -> Vec<SimTime> {
        let first = written.at.value;
        let end = SimTime::ZERO + duration;
        if first > end {
            self.report(
                Diagnostic::warning("event-never", "this event lies after the end")
                    .at(written.at.span.clone(), format!("the Scenario ends at {end}"))
                    .help("make `duration` longer, or `at` earlier"),
            );
            return Vec::new();
        }
        let Some(every) = &written.every else { return vec![first] };
        if every.value.0 < 1000 {
            self.report(
                Diagnostic::error("scenario-value", "`every` is shorter than a second")
                    .at(every.span.clone(), "")
                    .help("write a longer one, such as `3m`"),
            );
            return Vec::new();
        }
        let count = (end - first).0 / every.value.0 + 1;
        let all = (count as usize).saturating_add(have);
        if all > MAX_EVENTS {
            self.report(
                Diagnostic::error("too-many-events", format!("more than {MAX_EVENTS} events"))
                    .at(every.span.clone(), format!("this one happens {count} times"))
                    .help("write a longer `every`, or a shorter `duration`"),
            );
            return Vec::new();
        }
        (0..count).map(|number| first + SimDuration(every.value.0 * number)).collect()
    }

    /// Whether exactly one action is written; reports when it is not.
    fn does_one_thing(&mut self, written: &Event) -> bool {
        let kinds = written.actions();
        if kinds.len() == 1 {
            return true;
        }
        let message =
            if kinds.is_empty() { "an event does nothing" } else { "an event does several things" };
        let finding = Diagnostic::error("scenario-event", message)
            .at(written.at.span.clone(), "")
            .help("give each event exactly one action, such as `scale`, `setImage` or `drain`");
        self.report_unless_absent(finding, kinds.is_empty());
        false
    }

    /// What an event does to objects of the manifests and to pods.
    fn object_actions(
        &mut self,
        written: &Event,
        documents: &mut Documents<'_>,
        now: &str,
    ) -> Vec<Action> {
        if let Some(apply) = &written.apply {
            return self.apply(apply, documents);
        }
        if written.edit.is_some() || written.edit_hpa.is_some() || written.edit_pdb.is_some() {
            return self.edit(written, documents);
        }
        let actions =
            self.service_actions(written).unwrap_or_else(|| self.workload_actions(written));
        for action in &actions {
            documents.follow(action, now);
        }
        actions
    }
}
