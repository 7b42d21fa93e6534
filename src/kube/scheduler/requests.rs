//! Mirrors k8s.io/component-helpers/resource/helpers.go and `CalculateResource` of
//! pkg/scheduler/framework/types.go (v1.36). Left out: in-place resize, resource claims.

use std::collections::BTreeMap;

use crate::api::core::{Amounts, Container, PodSpec, ResourceList};
use crate::api::quantity::{Format, Quantity};

/// CPU that a container without a request counts for when nodes are scored [10⁻³ cores].
const DEFAULT_MILLI_CPU_REQUEST: i64 = 100;
/// Memory that a container without a request counts for when nodes are scored \[bytes\].
const DEFAULT_MEMORY_REQUEST: i64 = 200 * 1024 * 1024;

/// How [`pod_requests`] counts.
#[derive(Clone, Debug, Default)]
pub struct PodResourcesOptions {
    /// Leaves the requests of the pod as a whole (`spec.resources`) out of account.
    pub skip_pod_level_resources: bool,
    /// What a container that says nothing of a resource counts for.
    pub non_missing_container_requests: ResourceList,
}

/// What a pod requests of its node: the sum over containers and sidecars, or what an init container
/// needs beside the sidecars before it if that is more; then the pod's own requests in place of
/// that sum; then its overhead. Mirrors `PodRequests`.
pub fn pod_requests(spec: &PodSpec, options: &PodResourcesOptions) -> ResourceList {
    let mut requests = aggregate_container_requests(spec, &options.non_missing_container_requests);
    if !options.skip_pod_level_resources {
        for (name, quantity) in pod_level_requests(spec) {
            requests.insert(name.clone(), quantity.clone());
        }
    }
    if let Some(overhead) = &spec.overhead {
        add_resource_list(&mut requests, overhead);
    }
    requests
}

/// Mirrors `AggregateContainerRequests`.
fn aggregate_container_requests(spec: &PodSpec, non_missing: &ResourceList) -> ResourceList {
    let mut requests = ResourceList::new();
    for container in &spec.containers {
        add_resource_list(&mut requests, &container_requests(container, non_missing));
    }
    let mut sidecars = ResourceList::new();
    let mut init = ResourceList::new();
    for container in &spec.init_containers {
        let own = container_requests(container, non_missing);
        if is_restartable(container) {
            add_resource_list(&mut requests, &own);
            add_resource_list(&mut sidecars, &own);
            max_resource_list(&mut init, &sidecars);
        } else {
            let mut beside = own;
            add_resource_list(&mut beside, &sidecars);
            max_resource_list(&mut init, &beside);
        }
    }
    max_resource_list(&mut requests, &init);
    requests
}

/// Mirrors `applyNonMissing`.
fn container_requests(container: &Container, non_missing: &ResourceList) -> ResourceList {
    let mut requests = container.resources.requests.clone();
    for (name, quantity) in non_missing {
        requests.entry(name.clone()).or_insert_with(|| quantity.clone());
    }
    requests
}

/// Whether an init container is a sidecar.
pub(super) fn is_restartable(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// The requests of the pod as a whole, as far as Kubernetes takes such.
fn pod_level_requests(spec: &PodSpec) -> impl Iterator<Item = (&String, &Quantity)> {
    let supported = |name: &str| matches!(name, "cpu" | "memory") || name.starts_with("hugepages-");
    let own = spec.resources.as_ref().map(|resources| resources.requests.iter());
    own.into_iter().flatten().filter(move |(name, _)| supported(name))
}

fn add_resource_list(list: &mut ResourceList, new: &ResourceList) {
    for (name, quantity) in new {
        match list.get_mut(name) {
            Some(sum) => sum.add(quantity),
            None => {
                list.insert(name.clone(), quantity.clone());
            }
        }
    }
}

fn max_resource_list(list: &mut ResourceList, new: &ResourceList) {
    for (name, quantity) in new {
        if list.get(name).is_none_or(|value| quantity.compare(value).is_gt()) {
            list.insert(name.clone(), quantity.clone());
        }
    }
}

/// What a pod counts for on its node, for filters and for scores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodResource {
    /// Its requests; the scheduler never gives a node more than it has.
    pub resource: Amounts,
    /// CPU and memory with a default for containers that request none, on its node.
    pub non_zero: CpuAndMemory,
    /// The same for the pod that is to be placed; its own requests as a whole do not count here.
    pub non_zero_incoming: CpuAndMemory,
}

/// CPU [10⁻³ cores] and memory \[bytes\].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuAndMemory {
    /// CPU [10⁻³ cores].
    pub milli_cpu: i64,
    /// Memory \[bytes\].
    pub memory: i64,
}

impl CpuAndMemory {
    /// The sum; like upstream's it wraps around.
    #[must_use]
    pub fn plus(self, other: CpuAndMemory) -> CpuAndMemory {
        CpuAndMemory {
            milli_cpu: self.milli_cpu.wrapping_add(other.milli_cpu),
            memory: self.memory.wrapping_add(other.memory),
        }
    }

    /// The difference; like upstream's it wraps around.
    #[must_use]
    pub fn minus(self, other: CpuAndMemory) -> CpuAndMemory {
        CpuAndMemory {
            milli_cpu: self.milli_cpu.wrapping_sub(other.milli_cpu),
            memory: self.memory.wrapping_sub(other.memory),
        }
    }
}

impl PodResource {
    /// Mirrors `CalculateResource` and `calculatePodResourceRequest`.
    pub fn of(spec: &PodSpec) -> PodResource {
        let requests = pod_requests(spec, &PodResourcesOptions::default());
        let non_zero = pod_requests(
            spec,
            &PodResourcesOptions {
                skip_pod_level_resources: false,
                non_missing_container_requests: non_missing(spec, &requests),
            },
        );
        let incoming = pod_requests(
            spec,
            &PodResourcesOptions {
                skip_pod_level_resources: true,
                non_missing_container_requests: defaults(),
            },
        );
        PodResource {
            non_zero: cpu_and_memory(&non_zero),
            non_zero_incoming: cpu_and_memory(&incoming),
            resource: amounts(&requests),
        }
    }
}

fn defaults() -> ResourceList {
    BTreeMap::from([
        ("cpu".to_owned(), Quantity::from_milli(DEFAULT_MILLI_CPU_REQUEST, Format::DecimalSi)),
        ("memory".to_owned(), Quantity::new(DEFAULT_MEMORY_REQUEST, Format::DecimalSi)),
    ])
}

/// Mirrors `getNonMissingContainerRequests`: where the pod as a whole requests something, a default
/// only stands in for what nobody requests at all.
fn non_missing(spec: &PodSpec, requests: &ResourceList) -> ResourceList {
    let mut list = defaults();
    if pod_level_requests(spec).next().is_some() {
        list.retain(|name, _| !requests.contains_key(name));
    }
    list
}

fn cpu_and_memory(list: &ResourceList) -> CpuAndMemory {
    CpuAndMemory {
        milli_cpu: list.get("cpu").map_or(0, Quantity::milli_value),
        memory: list.get("memory").map_or(0, Quantity::value),
    }
}

/// Mirrors `Resource.Add`.
fn amounts(list: &ResourceList) -> Amounts {
    let mut amounts = Amounts::default();
    for (name, quantity) in list {
        match name.as_str() {
            "cpu" => amounts.milli_cpu = quantity.milli_value(),
            "memory" => amounts.memory = quantity.value(),
            "ephemeral-storage" => amounts.ephemeral_storage = quantity.value(),
            "pods" => {}
            _ if is_scalar_resource_name(name) => {
                amounts.scalars.insert(name.clone(), quantity.value());
            }
            _ => {}
        }
    }
    amounts
}

/// Mirrors `IsScalarResourceName`.
fn is_scalar_resource_name(name: &str) -> bool {
    name.contains('/') || name.starts_with("hugepages-") || name.starts_with("attachable-volumes-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::ResourceRequirements;

    fn list(text: &[(&str, &str)]) -> ResourceList {
        let parse = |text: &str| Quantity::parse(text).expect("a quantity of a test");
        text.iter().map(|&(name, quantity)| (name.to_owned(), parse(quantity))).collect()
    }

    fn container(requests: &[(&str, &str)]) -> Container {
        let requests = list(requests);
        let resources = ResourceRequirements { requests, ..ResourceRequirements::default() };
        Container { resources, ..Container::default() }
    }

    fn sidecar(requests: &[(&str, &str)]) -> Container {
        Container { restart_policy: Some("Always".to_owned()), ..container(requests) }
    }

    #[test]
    fn an_init_container_counts_with_the_sidecars_before_it() {
        let spec = PodSpec {
            containers: vec![container(&[("cpu", "500m"), ("memory", "1Gi")])],
            init_containers: vec![
                container(&[("cpu", "800m")]),
                sidecar(&[("cpu", "100m")]),
                container(&[("cpu", "900m"), ("memory", "1Gi")]),
            ],
            overhead: Some(list(&[("cpu", "50m")])),
            ..PodSpec::default()
        };
        let resource = PodResource::of(&spec).resource;
        assert_eq!((resource.milli_cpu, resource.memory), (1050, 1 << 30));
    }

    #[test]
    fn a_container_without_requests_counts_when_nodes_are_scored() {
        let spec = PodSpec {
            containers: vec![container(&[]), container(&[("cpu", "0")])],
            ..PodSpec::default()
        };
        let resource = PodResource::of(&spec);
        assert_eq!(resource.resource, Amounts::default());
        let expect = CpuAndMemory { milli_cpu: 100, memory: 400 << 20 };
        assert_eq!((resource.non_zero, resource.non_zero_incoming), (expect, expect));
    }

    #[test]
    fn requests_of_the_pod_as_a_whole_replace_the_sum() {
        let resources =
            ResourceRequirements { requests: list(&[("cpu", "3")]), ..Default::default() };
        let spec = PodSpec {
            containers: vec![container(&[("cpu", "1")])],
            resources: Some(resources),
            ..PodSpec::default()
        };
        let resource = PodResource::of(&spec);
        assert_eq!(resource.resource.milli_cpu, 3000);
        assert_eq!(resource.non_zero, CpuAndMemory { milli_cpu: 3000, memory: 200 << 20 });
        assert_eq!(resource.non_zero_incoming.milli_cpu, 1000);
    }
}
