//! The store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::Change;
use super::matching::Matching;
use super::pods::Pods;
use super::script::Script;
use super::watch;
use super::write::{Applied, Fact, Refused, Write};
use crate::api::core::PodTemplateSpec;
use crate::api::meta::StringMap;
use crate::engine::wakes::Wakes;
use crate::kube::cluster_autoscaler::config::Scans;
use crate::kube::objects::deployment::{DeploymentObject, ReplicaSetObject};
use crate::kube::objects::disruption::PdbObject;
use crate::kube::objects::hpa::HpaObject;
use crate::kube::objects::ids::{
    DeploymentId, HpaId, LabelSetId, NodeId, PdbId, PodId, ReplicaSetId, ServiceId, TemplateId,
};
use crate::kube::objects::node::NodeObject;
use crate::kube::objects::pod::{LabelSet, Pod, PodTemplate};
use crate::kube::objects::service::ServiceObject;
use crate::kube::reason::Reason;
use crate::kube::timings::Timings;
use crate::units::SimTime;

/// The label by which every namespace carries its name.
const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// All objects, the wakes that their changes caused, and the facts not yet handed to an observer.
///
/// Reading is free; [`Cluster::write`] is the only way to change an object.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// The instant.
    pub now: SimTime,
    /// Wakes that wait for their time.
    pub wakes: Wakes,
    /// Latencies between components.
    pub timings: Timings,
    /// Answers out of the ordinary.
    pub script: Script,
    /// When a cluster autoscaler looks at all this, if there is one.
    pub scans: Option<Scans>,
    pub(super) journal: Vec<Fact>,
    pub(super) nodes: Vec<Option<NodeObject>>,
    pub(super) services: Vec<Option<ServiceObject>>,
    pub(super) pdbs: Vec<Option<PdbObject>>,
    pub(super) hpas: Vec<Option<HpaObject>>,
    pub(super) deployments: Vec<Option<DeploymentObject>>,
    pub(super) replica_sets: Vec<Option<ReplicaSetObject>>,
    pub(super) pods: Pods,
    pub(super) templates: Vec<PodTemplate>,
    pub(super) label_sets: Vec<LabelSet>,
    /// Namespace and name.
    pub(super) daemon_sets: BTreeSet<(Arc<str>, Arc<str>)>,
    pub(super) namespaces: BTreeMap<String, StringMap>,
    pub(super) generations: Generations,
    pub(super) matching: Matching,
}

/// Numbers that grow with each change of some kinds, so that whoever keeps a picture of them knows
/// when to look again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generations {
    /// Changes of nodes, and of what pods hold on nodes.
    pub nodes: u64,
    /// Changes of Services.
    pub services: u64,
    /// Changes of namespaces.
    pub namespaces: u64,
    /// Changes of PodDisruptionBudgets, but for their status.
    pub budgets: u64,
}

macro_rules! store {
    ($($(#[$doc:meta])* $get:ident $all:ident $field:ident $id:ident $object:ident)*) => {
        impl Cluster {$(
            $(#[$doc])*
            pub fn $get(&self, id: $id) -> Option<&$object> {
                self.$field.get(id.index())?.as_ref()
            }

            /// All objects of that kind, in order of number.
            pub fn $all(&self) -> impl DoubleEndedIterator<Item = &$object> {
                self.$field.iter().flatten()
            }
        )*}
    };
}

store! {
    /// The node of that number, if it exists.
    node nodes nodes NodeId NodeObject
    /// The Service of that number, if it exists.
    service services services ServiceId ServiceObject
    /// The budget of that number, if it exists.
    pdb pdbs pdbs PdbId PdbObject
    /// The HPA of that number, if it exists.
    hpa hpas hpas HpaId HpaObject
    /// The Deployment of that number, if it exists.
    deployment deployments deployments DeploymentId DeploymentObject
    /// The ReplicaSet of that number, if it exists.
    replica_set replica_sets replica_sets ReplicaSetId ReplicaSetObject
}

impl Cluster {
    /// The pod of that number, if it exists.
    pub fn pod(&self, id: PodId) -> Option<&Pod> {
        self.pods.get(id)
    }

    /// All pods, and ways to find them.
    pub fn pods(&self) -> &Pods {
        &self.pods
    }

    /// How often nodes, Services, namespaces and budgets changed.
    pub fn generations(&self) -> Generations {
        self.generations
    }

    /// The labels of a namespace: those that were written, and its name, which every namespace has.
    pub fn namespace_labels(&self, name: &str) -> StringMap {
        let mut labels = self.namespaces.get(name).cloned().unwrap_or_default();
        labels.entry(NAMESPACE_NAME_LABEL.to_owned()).or_insert_with(|| name.to_owned());
        labels
    }

    /// Whether there is a DaemonSet of that name.
    pub fn has_daemon_set(&self, namespace: &str, name: &str) -> bool {
        let mut known = self.daemon_sets.iter();
        known.any(|(other_namespace, other)| **other_namespace == *namespace && **other == *name)
    }

    /// Notes that a node changed, or what pods hold on it.
    pub(super) fn touch_node(&mut self, id: NodeId) {
        self.generations.nodes += 1;
        if let Some(node) = self.nodes.get_mut(id.index()).and_then(Option::as_mut) {
            node.generation = self.generations.nodes;
        }
    }

    /// The template of that number.
    ///
    /// # Panics
    /// When the number was not given by this cluster.
    pub fn template(&self, id: TemplateId) -> &PodTemplate {
        &self.templates[id.index()]
    }

    /// All distinct templates seen so far.
    pub fn templates(&self) -> &[PodTemplate] {
        &self.templates
    }

    /// The label set of that number.
    ///
    /// # Panics
    /// When the number was not given by this cluster.
    pub fn label_set(&self, id: LabelSetId) -> &LabelSet {
        &self.label_sets[id.index()]
    }

    /// All distinct label sets seen so far; a growing table, so that a controller can keep which of
    /// them a selector matches.
    pub fn label_sets(&self) -> &[LabelSet] {
        &self.label_sets
    }

    /// Carries a write out, keeps it as a fact, and wakes whom it concerns.
    ///
    /// # Errors
    /// Upstream's answer, when the write is refused.
    pub fn write(&mut self, write: Write, reason: Reason) -> Result<Applied, Refused> {
        if let Some(refused) = self.scripted_refusal(&write) {
            return Err(refused);
        }
        let write = match self.write_metrics(write) {
            Ok(applied) => return Ok(applied),
            Err(write) => write,
        };
        let (change, applied) = self.apply(&write)?;
        if applied == Applied::Unchanged {
            return Ok(applied);
        }
        watch::notify(self, change);
        self.keep(write, reason);
        Ok(applied)
    }

    /// Carries out what is no fact of its own; gives everything else back. Nearly every sync of an
    /// HPA writes metric values that moved a little; the decision of that sync holds them.
    fn write_metrics(&mut self, write: Write) -> Result<Applied, Write> {
        let Write::HpaStatus { hpa, status } = write else { return Err(write) };
        match self.hpas.get_mut(hpa.index()).and_then(Option::as_mut) {
            Some(object) if !object.status.differs_beyond_metrics(&status) => {
                object.status.copy_numbers(&status);
                Ok(Applied::HpaStatus(status))
            }
            _ => Err(Write::HpaStatus { hpa, status }),
        }
    }

    /// The facts that have not been handed to an observer yet.
    pub fn journal(&self) -> &[Fact] {
        &self.journal
    }

    /// Puts an empty list in the place of the one of these facts.
    pub(crate) fn swap_journal(&mut self, empty: &mut Vec<Fact>) {
        std::mem::swap(&mut self.journal, empty);
    }

    /// Takes these facts out.
    pub fn take_journal(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.journal)
    }

    /// Carries a fact of a recording out again, as it was.
    ///
    /// # Panics
    /// When the fact does not follow from this cluster's state.
    pub fn replay(&mut self, fact: &Fact) {
        self.now = fact.at;
        self.apply(&fact.write).expect("a fact was accepted when it was recorded");
    }

    pub(super) fn keep(&mut self, write: Write, reason: Reason) {
        self.journal.push(Fact { at: self.now, write, reason });
    }

    pub(super) fn intern_template(&mut self, spec: &Arc<PodTemplateSpec>) -> TemplateId {
        // The latest first: pods are made from newer templates far more often than from older ones.
        let templates = || self.templates.iter();
        let known = templates().rposition(|template| Arc::ptr_eq(&template.spec, spec));
        let known = known.or_else(|| templates().rposition(|template| template.spec == *spec));
        let index = known.unwrap_or_else(|| {
            self.templates.push(PodTemplate { spec: Arc::clone(spec) });
            self.templates.len() - 1
        });
        TemplateId(index as u32)
    }

    pub(super) fn intern_labels(&mut self, namespace: &Arc<str>, labels: &StringMap) -> LabelSetId {
        let known = self
            .label_sets
            .iter()
            .rposition(|set| set.namespace == *namespace && *set.labels == *labels);
        let index = known.unwrap_or_else(|| {
            let labels = Arc::new(labels.clone());
            self.label_sets.push(LabelSet { namespace: Arc::clone(namespace), labels });
            self.label_sets.len() - 1
        });
        LabelSetId(index as u32)
    }
}

/// The pair that `apply` gives: what watches tell, and what the writer gets.
pub(super) type Outcome = Result<(Change, Applied), Refused>;
