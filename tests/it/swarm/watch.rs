//! What must hold after every event, whatever the scenario.
//!
//! [`Watch`] listens to a simulation and plays each fact once more in a cluster of its own, so that
//! it sees the world before and after each single write.

mod autoscaler;
mod eviction;
mod pods;
mod requests;
mod rollout;
mod scale;

use podtide::kube::apiserver::{Cluster, Fact};
use podtide::kube::controllers::podautoscaler::decision::Decision;
use podtide::kube::timings::Timings;
use podtide::recording::{Observer, Recording};
use podtide::scenario::Scenario;
use podtide::units::SimTime;
use podtide::workload::Segment;

/// Facts between two looks at the whole cluster.
const FACTS_PER_LOOK: u32 = 64;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// What does not hold, the same word for the same fault.
    pub(crate) invariant: &'static str,
    /// When.
    pub(crate) at: SimTime,
    /// The numbers.
    pub(crate) text: String,
}

/// What a check comes to.
type Checked = Result<(), String>;

/// Listens, compares, and remembers the first violation.
pub(crate) struct Watch {
    /// A cluster that follows the facts, one by one.
    shadow: Cluster,
    requests: requests::Requests,
    payments: eviction::Payments,
    groups: autoscaler::Groups,
    facts: u32,
    /// Whether controllers see at once what others wrote.
    instant: bool,
    pub(crate) story: Recording,
    pub(crate) violation: Option<Violation>,
}

impl Watch {
    pub(crate) fn new(scenario: &Scenario) -> Watch {
        Watch {
            shadow: Cluster::default(),
            requests: requests::Requests::new(scenario),
            payments: eviction::Payments::default(),
            groups: autoscaler::Groups(scenario.cluster.cluster_autoscaler.clone()),
            facts: 0,
            instant: scenario.cluster.timings == Timings::instant(),
            story: Recording::default(),
            violation: None,
        }
    }

    fn note(&mut self, invariant: &'static str, checked: Checked) {
        if let (None, Err(text)) = (&self.violation, checked) {
            let at = self.shadow.now;
            self.violation = Some(Violation { invariant, at, text });
        }
    }

    fn follow(&mut self, fact: &Fact) {
        let is_later = fact.at >= self.shadow.now;
        self.note("facts come in order of time", is_later.then_some(()).ok_or_else(String::new));
        self.shadow.now = fact.at;
        self.note("an HPA writes within min..max", scale::check(&self.shadow, fact));
        let sizes = rollout::sizes(&self.shadow, fact);
        self.note(
            "a rollout leaves enough pods available",
            rollout::check_available(&self.shadow, fact, self.instant),
        );
        let paid = self.payments.check(&self.shadow, fact);
        self.note("an eviction is paid for or exempt", paid);
        let grown = self.groups.check(&self.shadow, fact);
        self.note("a node group stays within min..max", grown);
        self.note("a node takes its pods", pods::check_node(&self.shadow, fact));
        let former = pods::look(&self.shadow, fact);
        self.shadow.replay(fact);
        self.note("a rollout stays within its surge", rollout::check(&self.shadow, sizes));
        self.note("a pod is in one state", pods::check(&self.shadow, fact, former));
        self.note("requests fit a node", pods::check_fit(&self.shadow, fact));
        self.facts += 1;
        if self.facts.is_multiple_of(FACTS_PER_LOOK) {
            self.note("every pod is in its lists", pods::check_lists(&self.shadow));
        }
    }
}

impl Observer for Watch {
    fn start(&mut self, cluster: &Cluster) {
        self.shadow = cluster.clone();
        self.story.start(cluster);
    }

    fn facts(&mut self, facts: &mut Vec<Fact>, cluster: &Cluster) {
        for fact in &*facts {
            self.follow(fact);
        }
        let same = self.shadow.pods().len() == cluster.pods().len();
        self.note("facts are enough", same.then_some(()).ok_or_else(String::new));
        self.story.facts(facts, cluster);
    }

    fn decision(&mut self, decision: Decision) {
        self.story.decision(decision);
    }

    fn segment(&mut self, segment: Segment) {
        let checked = self.requests.check(&segment);
        self.note("requests are conserved", checked);
        self.story.segment(segment);
    }

    fn end(&mut self, at: SimTime, cluster: &Cluster) {
        self.shadow.now = at;
        self.note("every pod is in its lists", pods::check_lists(&self.shadow));
        self.note("facts are enough", compare(&self.shadow, cluster));
        let asked = self.requests.check_end(at);
        self.note("requests are conserved", asked);
        self.story.end(at, cluster);
    }
}

/// The cluster that followed the facts is the cluster of the simulation.
fn compare(shadow: &Cluster, cluster: &Cluster) -> Checked {
    let same = [
        ("pods", shadow.pods().iter().eq(cluster.pods().iter())),
        ("nodes", shadow.nodes().eq(cluster.nodes())),
        ("ReplicaSets", shadow.replica_sets().eq(cluster.replica_sets())),
        ("Deployments", shadow.deployments().eq(cluster.deployments())),
        ("budgets", shadow.pdbs().eq(cluster.pdbs())),
        ("Services", shadow.services().eq(cluster.services())),
        ("templates", shadow.templates() == cluster.templates()),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        Some((kind, _)) => Err(format!("the {kind} differ")),
        None => Ok(()),
    }
}
