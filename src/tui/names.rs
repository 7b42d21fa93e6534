//! What every object of a recording is called, also those that are gone or not there yet.

use std::sync::Arc;

use crate::kube::apiserver::{Cluster, Write};
use crate::kube::objects::ids::{DeploymentId, HpaId, ObjectId};
use crate::recording::Recording;

/// Names of one kind, by number: numbers are given in order of creation.
type ByNumber<T> = Vec<T>;

/// Names of all objects, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pods: ByNumber<Arc<str>>,
    replica_sets: ByNumber<Arc<str>>,
    deployments: ByNumber<(Arc<str>, Arc<str>)>,
    nodes: ByNumber<Arc<str>>,
    hpas: ByNumber<(Arc<str>, Arc<str>)>,
    pdbs: ByNumber<Arc<str>>,
    services: ByNumber<Arc<str>>,
}

impl Names {
    /// Reads a recording once.
    ///
    /// # Panics
    /// When nothing was recorded.
    pub fn of(recording: &Recording) -> Names {
        let mut names = Names::at_start(&recording.state_after(0));
        recording.facts.iter().for_each(|fact| names.take(&fact.write));
        names
    }

    fn at_start(cluster: &Cluster) -> Names {
        let mut names = Names::default();
        for pod in cluster.pods().iter() {
            put(&mut names.pods, pod.id.index(), Arc::clone(&pod.name));
        }
        // Pods that went before time 0 have numbers too.
        names.pods.resize(cluster.pods().next_id().index(), Arc::from(""));
        for set in cluster.replica_sets() {
            put(&mut names.replica_sets, set.id.index(), Arc::clone(&set.name));
        }
        for it in cluster.deployments() {
            let name = (Arc::from(&*it.metadata.namespace), Arc::from(&*it.metadata.name));
            put(&mut names.deployments, it.id.index(), name);
        }
        for it in cluster.nodes() {
            put(&mut names.nodes, it.id.index(), Arc::from(&*it.node.metadata.name));
        }
        for it in cluster.hpas() {
            let name = (Arc::from(&*it.metadata.namespace), Arc::from(&*it.metadata.name));
            put(&mut names.hpas, it.id.index(), name);
        }
        for it in cluster.pdbs() {
            put(&mut names.pdbs, it.id.index(), Arc::from(&*it.metadata.name));
        }
        for it in cluster.services() {
            put(&mut names.services, it.id.index(), Arc::from(&*it.service.metadata.name));
        }
        names
    }

    fn take(&mut self, write: &Write) {
        match write {
            Write::CreatePod(pod) => self.pods.push(Arc::clone(&pod.name)),
            Write::CreateReplicaSet(set) => self.replica_sets.push(Arc::clone(&set.name)),
            Write::CreateDeployment(it) => self
                .deployments
                .push((Arc::from(&*it.metadata.namespace), Arc::from(&*it.metadata.name))),
            Write::CreateNode(node) => self.nodes.push(Arc::from(&*node.metadata.name)),
            Write::CreateHpa(it) => {
                self.hpas.push((Arc::from(&*it.metadata.namespace), Arc::from(&*it.metadata.name)));
            }
            Write::CreatePdb(pdb) => self.pdbs.push(Arc::from(&*pdb.metadata.name)),
            Write::CreateService(it) => self.services.push(Arc::from(&*it.metadata.name)),
            _ => {}
        }
    }

    /// An object as kubectl names it, as in `hpa/shop`.
    pub fn object(&self, object: ObjectId) -> String {
        let (kind, name) = match object {
            ObjectId::Deployment(id) => {
                ("deployment", self.deployments.get(id.index()).map(|(_, name)| name))
            }
            ObjectId::ReplicaSet(id) => ("replicaset", self.replica_sets.get(id.index())),
            ObjectId::Pod(id) => ("pod", self.pods.get(id.index())),
            ObjectId::Node(id) => ("node", self.nodes.get(id.index())),
            ObjectId::Hpa(id) => ("hpa", self.hpas.get(id.index()).map(|(_, name)| name)),
            ObjectId::Pdb(id) => ("pdb", self.pdbs.get(id.index())),
            ObjectId::Service(id) => ("service", self.services.get(id.index())),
            ObjectId::ClusterAutoscaler => return "configmap/cluster-autoscaler-status".to_owned(),
        };
        format!("{kind}/{}", name.map_or("?", |name| name))
    }

    /// The number of the Deployment of that name; of several that followed each other the first.
    pub fn deployment(&self, namespace: &str, name: &str) -> Option<DeploymentId> {
        let place = position(&self.deployments, namespace, name)?;
        Some(DeploymentId(place as u32))
    }

    /// The number of the HPA of that name.
    pub fn hpa(&self, namespace: &str, name: &str) -> Option<HpaId> {
        Some(HpaId(position(&self.hpas, namespace, name)? as u32))
    }
}

fn position(all: &[(Arc<str>, Arc<str>)], namespace: &str, name: &str) -> Option<usize> {
    all.iter().position(|(space, own)| **space == *namespace && **own == *name)
}

/// Puts a name at its number; numbers without a name get an empty one.
fn put<T: Default>(list: &mut Vec<T>, number: usize, name: T) {
    if list.len() <= number {
        list.resize_with(number + 1, T::default);
    }
    list[number] = name;
}
