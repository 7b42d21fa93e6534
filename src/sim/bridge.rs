//! Between the cluster and the load model.
//!
//! The kubelet sees an [`Application`] in its containers, metrics-server its counters; the load
//! model sees pods, containers and endpoints. Nothing is decided here: what the one side says
//! becomes what the other side understands. The load model is always advanced to the cluster's
//! instant before any component has its turn.

mod faults;

use self::faults::Serving;
use crate::kube::apiserver::{Cluster, Write};
use crate::kube::kubelet::application::{
    Application, ContainerExit, ContainerRun, ContainerSample, Growth, ProbeAnswer, ProbeKind,
    ProbeReply,
};
use crate::kube::objects::ids::{DeploymentId, NodeId, PodId, ServiceId};
use crate::kube::objects::pod::Pod;
use crate::scenario::Scenario;
use crate::units::{Bytes, MilliCpu, NanoCpu, SimDuration, SimTime};
use crate::workload::model::{self, Stop};
use crate::workload::service::ServiceKind;
use crate::workload::service::{Amounts, ContainerLoad, NodeCapacity, Profile};
use crate::workload::{Load, ModelEvent, NodeKey, PodKey, PodLoad, Segment, WorkloadModel};

/// The load model with what it takes to speak of pods and containers.
#[derive(Debug)]
pub(super) struct Bridge {
    model: WorkloadModel,
    /// Own traffic by service of the model, until it is let in.
    held: Vec<Option<std::sync::Arc<Load>>>,
    /// Whether a service of the model is CPU work.
    cpu_work: Vec<bool>,
    /// Profile by Deployment.
    profile_of: Vec<u32>,
    profiles: Vec<Profile>,
    /// Queue that a Deployment's pods consume.
    consumes_of: Vec<Option<u32>>,
    /// Service of the model by Service of the cluster.
    service_of: Vec<Option<u32>>,
    pods: Vec<PodView>,
    keys: Vec<PodKey>,
}

/// What the bridge knows of a pod.
#[derive(Clone, Debug, Default)]
struct PodView {
    /// Place of each container in the model; init containers that end are not there.
    containers: Vec<Option<u32>>,
    /// When SIGTERM came.
    terminated: Option<SimTime>,
    /// The container that serves, and how it ends and fails.
    serving: Option<Serving>,
}

impl Bridge {
    /// A bridge without pods at an instant; traffic is held back until [`Bridge::open_traffic`].
    pub(super) fn new(scenario: &Scenario, start: SimTime) -> Bridge {
        let workload = &scenario.workload;
        let mut config = workload.config.clone();
        let held = config.services.iter_mut().map(|service| service.own.take()).collect();
        let is_cpu_work = |kind| matches!(kind, ServiceKind::Cpu { .. });
        let mut service_of = vec![None; scenario.services.len()];
        for (number, service) in workload.service_of.iter().enumerate() {
            if let Some(service) = service {
                service_of[*service as usize] = Some(number as u32);
            }
        }
        Bridge {
            cpu_work: config.services.iter().map(|service| is_cpu_work(service.kind)).collect(),
            model: WorkloadModel::new(&config, start),
            held,
            profile_of: workload.profile_of.clone(),
            profiles: config.profiles.clone(),
            consumes_of: workload.consumes_of.clone(),
            service_of,
            pods: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Lets time pass in the model up to an instant or its first event.
    pub(super) fn advance(&mut self, to: SimTime) -> Option<(SimTime, ModelEvent)> {
        self.model.advance(to)
    }

    /// The number that a kubelet gives to a container of the model.
    pub(super) fn container_of(&self, pod: PodId, place: u32) -> u16 {
        let containers = &self.view(pod).containers;
        let index = containers.iter().position(|&container| container == Some(place));
        index.expect("the model names containers that it was told of") as u16
    }

    /// CPU or memory that a pod, or one of its containers, uses at this instant \[milli-units\],
    /// rounded down; `None` if nothing of it runs, or for another resource.
    pub(super) fn usage(
        &self,
        cluster: &Cluster,
        pod: PodId,
        container: Option<&str>,
        resource: &str,
    ) -> Option<i64> {
        let spec = &cluster.template(cluster.pod(pod)?.template).spec.spec;
        let names = spec.init_containers.iter().chain(&spec.containers).map(|one| &*one.name);
        let view = self.pods.get(pod.index())?;
        let mut sum = None;
        for (name, place) in names.zip(&view.containers) {
            if let (Some(place), true) = (*place, container.is_none_or(|wanted| wanted == name)) {
                let key = PodKey(pod.0);
                let used = match resource {
                    "cpu" => self.model.cpu_now(key, place).map(milli_cpu),
                    "memory" => self.model.sample(key, place).map(|it| it.working_set.0 * 1000),
                    _ => None,
                };
                sum = used.map_or(sum, |used| Some(sum.unwrap_or(0) + used));
            }
        }
        sum
    }

    /// The numbers that a kubelet gives to the containers of a pod that are in the model.
    pub(super) fn containers_of(&self, pod: PodId) -> Vec<u16> {
        let containers = (0_u16..).zip(&self.view(pod).containers);
        containers.filter(|(_, place)| place.is_some()).map(|(number, _)| number).collect()
    }

    /// The model, to read.
    pub(super) fn model(&self) -> &WorkloadModel {
        &self.model
    }

    /// Lets traffic in.
    pub(super) fn open_traffic(&mut self) {
        for (service, own) in self.held.iter_mut().enumerate() {
            self.model.set_own_traffic(service as u32, own.take());
        }
    }

    /// Segments that have ended.
    pub(super) fn take_segments(&mut self) -> Vec<Segment> {
        self.model.take_segments()
    }

    /// Ends all open segments now.
    pub(super) fn close_segments(&mut self) {
        self.model.finish();
    }

    /// Tells the model of writes that concern it.
    pub(super) fn observe(&mut self, cluster: &Cluster) {
        for fact in cluster.journal() {
            match &fact.write {
                Write::CreateNode(node) => self.node_added(cluster, &node.metadata.name),
                Write::DeleteNode(node) => self.model.node_removed(NodeKey(node.0)),
                Write::BindPod { pod, .. } => self.pod_bound(cluster, *pod),
                Write::SetProxied { service, pods } => self.proxied(*service, pods),
                Write::SetEndpoints { service, .. } => self.endpoints(cluster, *service),
                _ => {}
            }
        }
    }

    fn node_added(&mut self, cluster: &Cluster, name: &str) {
        let node = cluster.nodes().find(|node| node.node.metadata.name == name);
        let node = node.expect("a node exists after its creation");
        let capacity = NodeCapacity {
            cpu: MilliCpu(node.allocatable.milli_cpu),
            memory: Bytes(node.allocatable.memory),
        };
        self.model.node_added(NodeKey(node.id.0), capacity);
    }

    fn pod_bound(&mut self, cluster: &Cluster, id: PodId) {
        let Some(pod) = cluster.pod(id) else { return };
        let node = pod.node.expect("a bound pod has a node");
        let (load, containers) = self.pod_load(cluster, pod, node);
        self.model.pod_added(PodKey(id.0), &load);
        if self.pods.len() <= id.index() {
            self.pods.resize_with(id.index() + 1, PodView::default);
        }
        let serving = self.serving(cluster, pod, load.profile);
        self.pods[id.index()] = PodView { containers, terminated: None, serving };
    }

    /// The pod as the model sees it, and where its containers are there.
    fn pod_load(&self, cluster: &Cluster, pod: &Pod, node: NodeId) -> (PodLoad, Vec<Option<u32>>) {
        let spec = &cluster.template(pod.template).spec.spec;
        let mut containers = Vec::new();
        let mut places = Vec::new();
        let is_init = |index: usize| index < spec.init_containers.len();
        for (index, container) in spec.init_containers.iter().chain(&spec.containers).enumerate() {
            if is_init(index) && container.restart_policy.as_deref() != Some("Always") {
                places.push(None);
                continue;
            }
            places.push(Some(containers.len() as u32));
            containers.push(ContainerLoad {
                name: container.name.clone(),
                image: container.image.clone(),
                requests: amounts(&container.resources.requests),
                limits: amounts(&container.resources.limits),
            });
        }
        let deployment = deployment_of(cluster, pod);
        let load = PodLoad {
            profile: deployment.and_then(|id| self.profile_of.get(id.index()).copied()),
            consumes: deployment.and_then(|id| *self.consumes_of.get(id.index())?),
            node: NodeKey(node.0),
            priority: spec.priority.unwrap_or_default(),
            containers,
        };
        (load, places)
    }

    /// Requests go where kube-proxy sends them.
    fn proxied(&mut self, service: ServiceId, pods: &[PodId]) {
        if let Some(number) = self.service_of.get(service.index()).copied().flatten()
            && !self.cpu_work[number as usize]
        {
            self.keys.clear();
            self.keys.extend(pods.iter().map(|pod| PodKey(pod.0)));
            self.model.set_endpoints(number, &self.keys);
        }
    }

    /// CPU work goes to all pods that are Ready and not being deleted.
    fn endpoints(&mut self, cluster: &Cluster, service: ServiceId) {
        if let Some(number) = self.service_of.get(service.index()).copied().flatten()
            && self.cpu_work[number as usize]
            && let Some(object) = cluster.service(service)
        {
            let ready = object.endpoints.iter().filter(|endpoint| endpoint.ready);
            self.keys.clear();
            self.keys.extend(ready.map(|endpoint| PodKey(endpoint.pod.0)));
            self.model.set_endpoints(number, &self.keys);
        }
    }

    fn view(&self, pod: PodId) -> &PodView {
        self.pods.get(pod.index()).expect("the kubelet runs pods that were bound")
    }

    /// Whether a container has done its work of starting.
    fn is_up(&self, run: ContainerRun) -> bool {
        let place = self.place(run);
        place.is_none_or(|place| self.model.has_started(PodKey(run.pod.0), place))
    }

    /// The container's place in the model, unless it is an init container that ends.
    fn place(&self, run: ContainerRun) -> Option<u32> {
        self.view(run.pod).containers.get(run.container as usize).copied().flatten()
    }
}

impl Application for Bridge {
    fn container_started(&mut self, run: ContainerRun, at: SimTime) {
        let view = &mut self.pods[run.pod.index()];
        // A SIGTERM before this was for the former run.
        view.terminated = None;
        if let Some(serving) = view.serving.as_mut().filter(|it| it.container == run.container) {
            serving.started = Some(at);
        }
        if let Some(container) = self.place(run) {
            self.model.container_started(PodKey(run.pod.0), container);
        }
    }

    fn container_stopped(&mut self, run: ContainerRun, _at: SimTime, exit: ContainerExit) {
        let crashed = self.view(run.pod).terminated.is_none() && exit.code() != 0;
        let how = match exit {
            ContainerExit::Exited(_) if !crashed => Stop::Exited,
            _ => Stop::Killed,
        };
        if let Some(container) = self.place(run) {
            self.model.container_stopped(PodKey(run.pod.0), container, how);
        }
    }

    /// Init containers end at once; a server ends when it has finished what it had accepted.
    fn exits_at(&mut self, run: ContainerRun) -> Option<(SimTime, i32)> {
        let Some(_) = self.place(run) else { return Some((self.model.now(), 0)) };
        let shut_down = self.shut_down_at(run).map(|at| (at, 0));
        self.crash_of(run).into_iter().chain(shut_down).min()
    }

    fn probe(
        &mut self,
        run: ContainerRun,
        kind: ProbeKind,
        _: SimDuration,
        _: SimTime,
    ) -> ProbeReply {
        if self.is_broken(run, kind) {
            ProbeReply::at_once(ProbeAnswer::Failure)
        } else if self.is_up(run) {
            ProbeReply::SUCCESS
        } else {
            ProbeReply::at_once(ProbeAnswer::Refused)
        }
    }

    fn succeeds_until(&mut self, run: ContainerRun, kind: ProbeKind, from: SimTime) -> SimTime {
        let good = self.is_up(run) && !self.is_broken(run, kind);
        if good { SimTime::MAX } else { from }
    }

    fn sigterm(&mut self, run: ContainerRun, at: SimTime, _kill_at: SimTime) {
        self.model.terminating(PodKey(run.pod.0));
        self.pods[run.pod.index()].terminated.get_or_insert(at);
    }

    fn ready_changed(&mut self, pod: PodId, ready: bool, _at: SimTime) {
        self.model.ready_changed(PodKey(pod.0), ready);
    }

    fn pod_removed(&mut self, pod: PodId, _at: SimTime) {
        self.model.pod_removed(PodKey(pod.0));
        self.pods[pod.index()] = PodView::default();
    }

    fn sample(&mut self, run: ContainerRun, _at: SimTime) -> ContainerSample {
        let place = self.place(run);
        let sample = place.and_then(|place| self.model.sample(PodKey(run.pod.0), place));
        sample.map_or_else(ContainerSample::default, |sample| ContainerSample {
            cpu: NanoCpu(sample.cpu_ns as i64),
            working_set: sample.working_set,
        })
    }

    fn growth(&mut self, run: ContainerRun) -> Option<Growth> {
        let growth = self.model.growth(PodKey(run.pod.0), self.place(run)?)?;
        Some(Growth {
            group: growth.cohort,
            epoch: growth.epoch,
            count: growth.service,
            cpu_ns_per_unit: growth.cpu_ns_per_volume,
            cpu_ns_per_ms: growth.cpu_ns_per_ms,
        })
    }

    fn grown(&mut self, growth: &Growth, at: SimTime) -> Option<i64> {
        let growth = model::Growth {
            cohort: growth.group,
            epoch: growth.epoch,
            service: growth.count,
            cpu_ns_per_volume: growth.cpu_ns_per_unit,
            cpu_ns_per_ms: growth.cpu_ns_per_ms,
        };
        self.model.grown(&growth, at)
    }

    fn calm_until(&self) -> SimTime {
        self.model.calm_until()
    }

    fn disturbances(&self, node: NodeId) -> u64 {
        self.model.disturbances(NodeKey(node.0))
    }
}

fn deployment_of(cluster: &Cluster, pod: &Pod) -> Option<DeploymentId> {
    cluster.replica_set(pod.owner?)?.owner
}

/// Whole thousandths of cores; rounded to nano-units before, so that the last bits of a quotient do
/// not count.
fn milli_cpu(cores: f64) -> i64 {
    (cores * 1e9 + 0.5) as i64 / 1_000_000
}

fn amounts(list: &crate::api::core::ResourceList) -> Amounts {
    Amounts {
        cpu: list.get("cpu").map(|cpu| MilliCpu(cpu.milli_value())),
        memory: list.get("memory").map(|memory| Bytes(memory.value())),
    }
}
