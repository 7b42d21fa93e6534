//! What loading gives: typed objects, each with the place where it was written.

use std::collections::BTreeMap;

use serde::Serialize;

use super::object::{ObjectTree, Place};
use crate::api::apps::Deployment;
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::core::{Node, Pod, Service};
use crate::api::meta::{LabelSelector, ObjectMeta};
use crate::api::policy::PodDisruptionBudget;
use crate::diagnostic::Span;

/// All objects of the input as trees, in the order in which they were written: sources in their
/// order, documents from top to bottom, lists opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents {
    /// The objects.
    pub objects: Vec<ObjectTree>,
}

/// Which tree of [`Manifests::documents`] an object was made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Origin(pub u32);

/// An object, and where it was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded<T> {
    /// The object: converted to the version that is modelled, with all defaults.
    pub object: T,
    /// Its tree.
    pub origin: Origin,
}

/// An object that has pods but is not simulated yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OtherWorkload {
    /// `StatefulSet`, `ReplicaSet`, `DaemonSet`, `ReplicationController` or `Rollout`.
    pub kind: String,
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// `spec.replicas`, if it has that field.
    pub replicas: Option<i32>,
    /// Whose pods.
    pub selector: Option<LabelSelector>,
    /// Labels of its pods.
    pub template_labels: BTreeMap<String, String>,
}

/// All objects of the input, by kind. Within a kind they keep the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifests {
    /// Deployments.
    pub deployments: Vec<Loaded<Deployment>>,
    /// Autoscalers.
    pub hpas: Vec<Loaded<HorizontalPodAutoscaler>>,
    /// Budgets.
    pub pdbs: Vec<Loaded<PodDisruptionBudget>>,
    /// Services.
    pub services: Vec<Loaded<Service>>,
    /// Nodes.
    pub nodes: Vec<Loaded<Node>>,
    /// Pods that are nobody's.
    pub pods: Vec<Loaded<Pod>>,
    /// Workloads that are not simulated yet.
    pub other_workloads: Vec<Loaded<OtherWorkload>>,
    /// How many objects there are of each kind that plays no part.
    pub ignored: BTreeMap<String, u32>,
    /// The trees that all this was made of.
    pub documents: Documents,
}

impl Manifests {
    /// The tree of an object.
    ///
    /// # Panics
    /// When the origin is that of another set.
    pub fn tree(&self, origin: Origin) -> &ObjectTree {
        self.documents.tree(origin)
    }

    /// Where a field of an object stands, by a path such as `spec.replicas`; where the field is
    /// missing, the nearest key above it.
    ///
    /// # Panics
    /// When the origin is that of another set.
    pub fn locate(&self, origin: Origin, path: &str) -> Place {
        self.tree(origin).locate(path)
    }

    /// Where the name of an object stands.
    ///
    /// # Panics
    /// When the origin is that of another set.
    pub fn head(&self, origin: Origin) -> Span {
        self.tree(origin).head()
    }

    /// The Deployment of that name.
    pub fn deployment(&self, namespace: &str, name: &str) -> Option<&Loaded<Deployment>> {
        self.deployments.iter().find(|loaded| is_named(&loaded.object.metadata, namespace, name))
    }

    /// The Service of that name.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&Loaded<Service>> {
        self.services.iter().find(|loaded| is_named(&loaded.object.metadata, namespace, name))
    }

    /// The autoscalers whose target is the Deployment of that name.
    pub fn hpas_of<'m>(
        &'m self,
        deployment: &'m ObjectMeta,
    ) -> impl Iterator<Item = &'m Loaded<HorizontalPodAutoscaler>> {
        self.hpas.iter().filter(move |loaded| {
            let target = &loaded.object.spec.scale_target_ref;
            target.kind == "Deployment"
                && is_named(deployment, &loaded.object.metadata.namespace, &target.name)
        })
    }
}

impl Documents {
    /// The tree of an object.
    ///
    /// # Panics
    /// When the origin is that of another set.
    pub fn tree(&self, origin: Origin) -> &ObjectTree {
        &self.objects[origin.0 as usize]
    }
}

pub(super) fn is_named(metadata: &ObjectMeta, namespace: &str, name: &str) -> bool {
    metadata.namespace == namespace && metadata.name == name
}
