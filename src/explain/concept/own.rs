//! What a lesson may look at: the user's objects and what happened to them.

use std::sync::Arc;

use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::explain::Step;
use crate::explain::hpa::{Direction, Rules};
use crate::explain::words::{instant, things};
use crate::kube::apiserver::{Cluster, Fact};
use crate::kube::controllers::podautoscaler::decision::Decision;
use crate::kube::objects::deployment::DeploymentObject;
use crate::kube::objects::ids::HpaId;
use crate::recording::Recording;
use crate::scenario::Scenario;
use crate::units::SimTime;

/// Most lines about things of one kind.
const LINES_MAX: usize = 8;

/// A scenario and its recording.
pub(super) struct Own<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) recording: &'a Recording,
    /// The cluster at time 0.
    pub(super) start: Cluster,
}

impl<'a> Own<'a> {
    pub(super) fn new(scenario: &'a Scenario, recording: &'a Recording) -> Own<'a> {
        Own { scenario, recording, start: recording.state_after(0) }
    }

    /// A step for each HPA about which there is something to say.
    pub(super) fn each_hpa(&self, say: impl Fn(&OwnHpa<'_>) -> Vec<String>) -> Vec<Step> {
        let all = (0..).zip(&self.scenario.hpas).map(|(place, hpa)| {
            let id = HpaId(place);
            let decisions = self.recording.decisions.iter().filter(|it| it.hpa == id).collect();
            OwnHpa { own: self, hpa, decisions }
        });
        steps(all.map(|hpa| (format!("HPA {}", hpa.hpa.metadata.name), say(&hpa))))
    }

    /// A step for each Deployment about which there is something to say.
    pub(super) fn each_deployment(
        &self,
        say: impl Fn(&DeploymentObject) -> Vec<String>,
    ) -> Vec<Step> {
        let all = self.start.deployments().filter(|it| it.spec.strategy.swarm.is_none());
        steps(all.map(|it| (it.metadata.name.clone(), say(it))))
    }

    /// A step about what happened, if it did.
    pub(super) fn happened(
        &self,
        thing: &str,
        what: &str,
        fits: impl Fn(&Fact) -> bool,
    ) -> Option<Step> {
        let times: Vec<SimTime> =
            self.recording.facts.iter().filter(|fact| fits(fact)).map(|fact| fact.at).collect();
        seen(&times, thing, what).map(|text| Step::new("here", text))
    }
}

/// Steps of a name and lines; the first line is the step's text.
fn steps(all: impl Iterator<Item = (String, Vec<String>)>) -> Vec<Step> {
    let all = all.filter(|(_, lines)| !lines.is_empty());
    let mut steps: Vec<Step> = all
        .map(|(name, mut lines)| {
            let text = lines.remove(0);
            Step { details: lines, ..Step::new(name, text) }
        })
        .collect();
    if steps.len() > LINES_MAX {
        let more = steps.len() - LINES_MAX;
        steps.truncate(LINES_MAX);
        steps.push(Step::new("...", format!("and {more} more")));
    }
    steps
}

/// `what` so often, and when first: `12 syncs held back, the first at 10m18s`.
pub(super) fn seen(times: &[SimTime], thing: &str, what: &str) -> Option<String> {
    let first = times.first()?;
    let when = if times.len() == 1 { "at" } else { "the first at" };
    let count = things(times.len() as i64, thing);
    Some(format!("{count}{what}, {when} {}", instant(*first)))
}

/// An HPA of the scenario with its syncs.
pub(super) struct OwnHpa<'o> {
    pub(super) own: &'o Own<'o>,
    pub(super) hpa: &'o Arc<HorizontalPodAutoscaler>,
    pub(super) decisions: Vec<&'o Decision>,
}

impl OwnHpa<'_> {
    pub(super) fn rules(&self, direction: Direction) -> Rules {
        Rules::of(&self.hpa.spec, &self.own.scenario.cluster.controller_manager, direction)
    }

    /// How many of its syncs fit, and when first.
    pub(super) fn syncs(&self, what: &str, fits: impl Fn(&Decision) -> bool) -> Option<String> {
        let fitting = self.decisions.iter().filter(|decision| fits(decision));
        let times: Vec<SimTime> = fitting.map(|decision| decision.at).collect();
        let first = times.first()?;
        let when = if times.len() == 1 { "at" } else { "the first at" };
        let (some, all) = (times.len(), self.decisions.len());
        Some(format!("{some} of {all} syncs {what}, {when} {}", instant(*first)))
    }

    /// The Deployment that it scales.
    pub(super) fn target(&self) -> Option<&DeploymentObject> {
        let target = &self.hpa.spec.scale_target_ref;
        let is_it = |it: &&DeploymentObject| {
            it.metadata.name == target.name && it.metadata.namespace == self.hpa.metadata.namespace
        };
        self.own.start.deployments().find(is_it)
    }

    /// `minReplicas`, or 1.
    pub(super) fn min(&self) -> i32 {
        self.hpa.spec.min_replicas.unwrap_or(1)
    }
}
