//! Events: what happens when, repetitions written out.

mod nodes;
mod services;
mod workload;

use std::sync::Arc;

use self::nodes::Known;
use super::{Checker, MAX_EVENTS, MAX_NODES};
use crate::api::core::Node;
use crate::diagnostic::Diagnostic;
use crate::scenario::file::event::Event;
use crate::scenario::{Action, ScenarioEvent};
use crate::units::{SimDuration, SimTime};

impl Checker<'_> {
    /// All events in order of time; of several at one instant the order of the file stays.
    pub(super) fn events(
        &mut self,
        duration: SimDuration,
        nodes: &[Arc<Node>],
    ) -> Vec<ScenarioEvent> {
        let mut events: Vec<ScenarioEvent> = Vec::new();
        let known = Known::new(nodes, &self.input.file.spec.events);
        for written in &self.input.file.spec.events {
            let actions = self.actions(written, &known);
            for at in self.times(written, duration, events.len(), actions.len()) {
                let at_once = |action: &Action| ScenarioEvent { at, action: action.clone() };
                events.extend(actions.iter().map(at_once));
            }
        }
        self.check_node_count(nodes, &events);
        events.sort_by_key(|event| event.at);
        events
    }

    fn times(
        &mut self,
        written: &Event,
        duration: SimDuration,
        have: usize,
        actions: usize,
    ) -> Vec<SimTime> {
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
        let all = (count as usize).saturating_mul(actions.max(1)).saturating_add(have);
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

    fn actions(&mut self, written: &Event, known: &Known<'_>) -> Vec<Action> {
        let kinds = written.actions();
        let [(kind, later)] = kinds.as_slice() else {
            let message = if kinds.is_empty() {
                "an event does nothing"
            } else {
                "an event does several things"
            };
            let finding = Diagnostic::error("scenario-event", message)
                .at(written.at.span.clone(), "")
                .help("give each event exactly one action, such as `scale`, `setImage` or `drain`");
            self.report_unless_absent(finding, kinds.is_empty());
            return Vec::new();
        };
        if *later {
            self.report(
                Diagnostic::warning("not-yet", format!("`{kind}` is not simulated yet"))
                    .at(written.at.span.clone(), "this event is left out")
                    .help("the rest of the Scenario runs"),
            );
            return Vec::new();
        }
        if let Some(actions) = self.service_actions(written) {
            return actions;
        }
        let actions = self.workload_actions(written);
        if actions.is_empty() {
            return self.node_action(written, known).into_iter().collect();
        }
        actions
    }
}
