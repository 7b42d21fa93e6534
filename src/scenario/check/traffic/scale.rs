//! Events that make more or less of the traffic.

use std::collections::BTreeMap;

use super::{Entries, Entry};
use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::check::Checker;
use crate::scenario::check::asked::Asked;
use crate::scenario::check::events::TrafficScale;
use crate::scenario::check::targets::selected;
use crate::units::SimTime;

impl Checker<'_> {
    /// Finds events that scale the traffic of something that has none of its own.
    pub(super) fn find_unscaled(&mut self, entries: &Entries, scales: &[TrafficScale]) {
        let mut told: Vec<&Span> = Vec::new();
        for scale in scales {
            let is_met = |entry: &Entry| !entry.layers.is_empty() && self.meets(scale, entry);
            if entries.0.iter().any(is_met) || told.contains(&&scale.span) {
                continue;
            }
            told.push(&scale.span);
            let message = "there is no such traffic to scale";
            let finding = match scale.whose {
                None => Diagnostic::warning("no-traffic", message),
                Some(_) => Diagnostic::error("scenario-event", message),
            };
            self.report_absence(
                finding
                    .at(scale.span.clone(), "")
                    .help("name whom an entry of `traffic` with layers or a demand asks"),
            );
        }
    }

    /// Whether an event scales an entry.
    pub(super) fn meets(&self, scale: &TrafficScale, entry: &Entry) -> bool {
        let objects = self.input.objects;
        match (&scale.whose, &entry.asked) {
            (None, _) => true,
            (Some(Asked::Deployment(wanted)), Asked::Service(place)) => {
                let service = &objects.services[*place as usize].object;
                selected(objects, &service.metadata.namespace, &service.spec.selector)
                    .contains(wanted)
            }
            (Some(Asked::Deployment(wanted)), Asked::Queue(_, consumers)) => wanted == consumers,
            (Some(Asked::Queue(wanted, _)), Asked::Queue(name, _)) => wanted == name,
            (Some(wanted), asked) => wanted == asked,
        }
    }
}

/// The product of all factors from each instant on at which it changes.
pub(super) fn factor_over_time(scales: &[&TrafficScale]) -> Vec<(SimTime, f64)> {
    let begins = scales.iter().map(|scale| (scale.from, scale.factor, true));
    let ends = scales.iter().filter_map(|scale| Some((scale.until?, scale.factor, false)));
    let mut changes: Vec<(SimTime, f64, bool)> = begins.chain(ends).collect();
    changes.sort_by_key(|(at, ..)| *at);
    // How often each factor counts at the instant; they are few, however often they come.
    let mut counts: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    let mut steps: Vec<(SimTime, f64)> = Vec::with_capacity(changes.len());
    for (at, factor, begins) in changes {
        let count = &mut counts.entry(factor.to_bits()).or_insert((factor, 0.0)).1;
        *count += if begins { 1.0 } else { -1.0 };
        let product = counts.values().map(|&(factor, count)| libm::pow(factor, count)).product();
        match steps.last_mut().filter(|last| last.0 == at) {
            Some(last) => last.1 = product,
            None => steps.push((at, product)),
        }
    }
    steps
}
