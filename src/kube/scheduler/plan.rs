//! What the scheduler needs to know of a pod, worked out once for all pods of a template and label
//! set. Mirrors what the plugins' `PreFilter` and `PreScore` take from a pod, and `PodInfo` of
//! pkg/scheduler/framework/types.go (v1.36). Left out: volumes, resource claims.

use std::sync::Arc;

use super::image_locality::normalized_image_name;
use super::node_affinity::{NamedNodes, PreferredNodeAffinity, RequiredNodeAffinity};
use super::node_ports::{HostPort, host_ports};
use super::plugin::{Plugin, PluginSet};
use super::pod_topology_spread::SpreadConstraint;
use super::reason::{RejectReason, SchedulingError};
use super::requests::PodResource;
use super::selectors::AffinityTerm;
use super::taint_toleration::tolerates_unschedulable;
use super::topology::Topologies;
use crate::api::core::{PodAffinity, PodSpec, PodTemplateSpec};
use crate::kube::apiserver::Cluster;
use crate::kube::objects::ids::LabelSetId;
use crate::kube::objects::pod::{LabelSet, Pod};

/// Number of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlanId(u32);

/// What a template with a label set asks of a node.
#[derive(Clone, Debug)]
pub(super) struct PodPlan {
    pub(super) template: Arc<PodTemplateSpec>,
    pub(super) labels: LabelSetId,
    pub(super) set: LabelSet,
    pub(super) priority: i32,
    pub(super) resource: PodResource,
    /// Requests of other resources than CPU, memory and storage, but for those of zero.
    pub(super) scalars: Vec<(Arc<str>, i64)>,
    pub(super) ports: Vec<HostPort>,
    pub(super) tolerates_unschedulable: bool,
    pub(super) named_nodes: NamedNodes,
    pub(super) required_node_affinity: RequiredNodeAffinity,
    pub(super) preferred_node_affinity: Option<PreferredNodeAffinity>,
    /// `DoNotSchedule`.
    pub(super) hard_spread: Vec<SpreadConstraint>,
    /// `ScheduleAnyway`; for a pod without any constraint the scheduler has its own.
    pub(super) soft_spread: Vec<SpreadConstraint>,
    /// Whether the pod has constraints of its own.
    pub(super) has_spread: bool,
    pub(super) affinity: PodTerms,
    pub(super) anti_affinity: PodTerms,
    /// Images of all containers, init containers first.
    pub(super) images: Vec<String>,
    /// What follows from each node alone, by the node's number.
    pub(super) verdicts: Verdicts,
    /// How the last attempt failed, which holds for all pods of the plan until something changes.
    pub(super) failure: Option<Failure>,
}

/// Terms of an affinity or anti-affinity to pods.
#[derive(Clone, Debug, Default)]
pub(super) struct PodTerms {
    /// All must hold.
    pub(super) required: Vec<AffinityTerm>,
    /// These would be good.
    pub(super) preferred: Vec<AffinityTerm>,
}

/// A failed attempt.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// The state of the nodes that it was about.
    pub(super) epoch: u64,
    pub(super) error: Arc<SchedulingError>,
    pub(super) plugins: PluginSet,
}

/// What follows from each node alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts {
    /// The state of the nodes that they are about.
    pub(super) epoch: u64,
    pub(super) by_node: Vec<Verdict>,
}

/// What follows from a node's labels, taints and images.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    /// The first of the plugins that look at the node alone to reject it.
    pub(super) rejection: Option<(Plugin, RejectReason)>,
    pub(super) meets_node_affinity: bool,
    pub(super) has_untolerated_taint: bool,
    pub(super) intolerable_taints: i64,
    pub(super) preferred_weight: i64,
    pub(super) image_score: i64,
}

impl PodPlan {
    fn compile(cluster: &Cluster, pod: &Pod, topologies: &mut Topologies) -> PodPlan {
        let template = Arc::clone(&cluster.template(pod.template).spec);
        let set = cluster.label_set(pod.labels).clone();
        let spec = &template.spec;
        let resource = PodResource::of(spec);
        let scalars = resource.resource.scalars.iter().filter(|(_, amount)| **amount != 0);
        let terms = |affinity: Option<&PodAffinity>, topologies: &mut Topologies| {
            let labels = &template.metadata.labels;
            affinity.map_or_else(PodTerms::default, |affinity| {
                let mut term = |term| AffinityTerm::new(term, &set.namespace, labels, topologies);
                PodTerms {
                    required: affinity.required.iter().map(|one| term((one, 0))).collect(),
                    preferred: affinity
                        .preferred
                        .iter()
                        .map(|one| term((&one.pod_affinity_term, one.weight)))
                        .collect(),
                }
            })
        };
        let affinity = spec.affinity.as_ref();
        let mut constraints = |action: &str| {
            let own = spec.topology_spread_constraints.iter();
            let own = own.filter(|constraint| constraint.when_unsatisfiable == action);
            own.map(|constraint| SpreadConstraint::new(constraint, &set, topologies)).collect()
        };
        PodPlan {
            labels: pod.labels,
            priority: priority(spec),
            scalars: scalars.map(|(name, &amount)| (Arc::from(name.as_str()), amount)).collect(),
            ports: host_ports(spec),
            tolerates_unschedulable: tolerates_unschedulable(&spec.tolerations),
            named_nodes: NamedNodes::of(spec),
            required_node_affinity: RequiredNodeAffinity::of(spec),
            preferred_node_affinity: PreferredNodeAffinity::of(spec),
            hard_spread: constraints("DoNotSchedule"),
            soft_spread: constraints("ScheduleAnyway"),
            has_spread: !spec.topology_spread_constraints.is_empty(),
            affinity: terms(affinity.and_then(|all| all.pod_affinity.as_ref()), topologies),
            anti_affinity: terms(
                affinity.and_then(|all| all.pod_anti_affinity.as_ref()),
                topologies,
            ),
            images: images(spec),
            verdicts: Verdicts::default(),
            failure: None,
            resource,
            set,
            template,
        }
    }

    fn extend(&mut self, cluster: &Cluster) {
        for constraint in self.hard_spread.iter_mut().chain(&mut self.soft_spread) {
            constraint.extend(cluster);
        }
        self.terms_mut().for_each(|term| term.extend(cluster));
    }

    fn terms_mut(&mut self) -> impl Iterator<Item = &mut AffinityTerm> {
        let both = [&mut self.affinity, &mut self.anti_affinity].into_iter();
        both.flat_map(|terms| terms.required.iter_mut().chain(&mut terms.preferred))
    }

    /// Whether the pods have terms on other pods. Mirrors `podWithAffinity`.
    pub(super) fn has_pod_terms(&self) -> bool {
        self.has_preferred_terms()
            || !self.affinity.required.is_empty()
            || !self.anti_affinity.required.is_empty()
    }

    /// Whether the pods prefer to be near other pods, or away from them.
    pub(super) fn has_preferred_terms(&self) -> bool {
        !self.affinity.preferred.is_empty() || !self.anti_affinity.preferred.is_empty()
    }
}

/// Mirrors `PodPriority`. Of classes only the two that every cluster has are known.
fn priority(spec: &PodSpec) -> i32 {
    let of_class = match spec.priority_class_name.as_deref() {
        Some("system-node-critical") => 2_000_001_000,
        Some("system-cluster-critical") => 2_000_000_000,
        _ => 0,
    };
    spec.priority.unwrap_or(of_class)
}

fn images(spec: &PodSpec) -> Vec<String> {
    let containers = spec.init_containers.iter().chain(&spec.containers);
    containers.map(|container| normalized_image_name(&container.image)).collect()
}

/// All plans.
#[derive(Clone, Debug, Default)]
pub(super) struct Plans {
    all: Vec<PodPlan>,
    /// By the template's number: the plan of each label set.
    by_template: Vec<Vec<(LabelSetId, PlanId)>>,
    /// How many label sets the plans know.
    label_sets: usize,
    /// State of the namespaces that the plans know.
    namespaces: u64,
}

impl Plans {
    /// The plan of a pod.
    pub(super) fn of(
        &mut self,
        cluster: &Cluster,
        pod: &Pod,
        topologies: &mut Topologies,
    ) -> PlanId {
        let template = pod.template.index();
        if let Some(known) = self.by_template.get(template)
            && let Some(&(_, plan)) = known.iter().find(|(labels, _)| *labels == pod.labels)
        {
            return plan;
        }
        let mut plan = PodPlan::compile(cluster, pod, topologies);
        plan.extend(cluster);
        let id = PlanId(self.all.len() as u32);
        self.all.push(plan);
        if self.by_template.len() <= template {
            self.by_template.resize(template + 1, Vec::new());
        }
        self.by_template[template].push((pod.labels, id));
        id
    }

    /// Takes in what is new of labels of pods and of namespaces.
    pub(super) fn extend(&mut self, cluster: &Cluster) {
        let namespaces = cluster.generations().namespaces;
        if self.namespaces != namespaces {
            self.all.iter_mut().for_each(|plan| plan.terms_mut().for_each(AffinityTerm::forget));
        }
        let label_sets = cluster.label_sets().len();
        if (self.label_sets, self.namespaces) != (label_sets, namespaces) {
            self.all.iter_mut().for_each(|plan| plan.extend(cluster));
        }
        (self.label_sets, self.namespaces) = (label_sets, namespaces);
    }

    /// A plan.
    pub(super) fn get(&self, id: PlanId) -> &PodPlan {
        &self.all[id.0 as usize]
    }

    /// A plan, to work on.
    pub(super) fn get_mut(&mut self, id: PlanId) -> &mut PodPlan {
        &mut self.all[id.0 as usize]
    }
}
