//! A small cluster for the load model: one service whose pods are alike.

use std::sync::Arc;

use podtide::units::{Bytes, MilliCpu, NanoCpu, SimDuration, SimTime};
use podtide::workload::model::Stop;
use podtide::workload::service::{
    Amounts, Behavior, ContainerLoad, NodeCapacity, Profile, ServiceConfig, Startup,
};
use podtide::workload::traffic::{LoadContext, RatePoint, WallClock};
use podtide::workload::{
    Layer, Load, ModelConfig, ModelEvent, NodeKey, PodKey, PodLoad, Rate, WorkloadModel,
};

/// A model with nodes, and the pods that serve.
pub(super) struct Rig {
    pub(super) model: WorkloadModel,
    pub(super) serving: Vec<PodKey>,
    pub(super) added: u32,
    pub(super) limit: Option<MilliCpu>,
    pub(super) memory_limit: Option<Bytes>,
    pub(super) request: MilliCpu,
    /// The queue that pods consume.
    pub(super) consumes: Option<u32>,
    /// CPU limit of a second container, `proxy`.
    pub(super) proxy: Option<MilliCpu>,
}

/// A load of straight lines through points in seconds.
pub(super) fn lines(points: &[(f64, f64)], hold: bool) -> Arc<Load> {
    let point = |(at, rate): &(f64, f64)| RatePoint {
        at: SimTime((at * 1000.0) as i64),
        rate: Rate(*rate),
    };
    let end = points.last().map_or(1.0, |point| point.0);
    let context = LoadContext {
        duration: SimDuration((end * 1000.0) as i64 + 1000),
        clock: WallClock::default(),
        seed: 1,
        stream: "test",
    };
    let layer = Layer::Stages { points: points.iter().map(point).collect(), hold };
    Arc::new(Load::compile(&[layer], &context).expect("points compile"))
}

/// A behaviour without idling and start-up.
pub(super) fn behavior(cpu_ms: f64) -> Behavior {
    Behavior {
        cpu_per_request: NanoCpu((cpu_ms * 1e6) as i64),
        idle: MilliCpu(0),
        startup: Startup::default(),
        ..Behavior::default()
    }
}

pub(super) fn service(load: Arc<Load>) -> ServiceConfig {
    ServiceConfig::requests(load)
}

impl Rig {
    /// One service, one profile, one large node.
    pub(super) fn new(service: ServiceConfig, behavior: Behavior) -> Rig {
        Rig::of(vec![service], Profile::new("app", behavior))
    }

    pub(super) fn of(services: Vec<ServiceConfig>, profile: Profile) -> Rig {
        let config = ModelConfig { seed: 3, services, profiles: vec![profile] };
        let mut model = WorkloadModel::new(&config, SimTime::ZERO);
        model.node_added(
            NodeKey(0),
            NodeCapacity { cpu: MilliCpu(10_000_000), memory: Bytes(1 << 50) },
        );
        let limit = Some(MilliCpu(1000));
        Rig {
            model,
            serving: Vec::new(),
            added: 0,
            limit,
            memory_limit: None,
            request: MilliCpu(100),
            consumes: None,
            proxy: None,
        }
    }

    /// Adds a pod whose container runs; it is no endpoint yet.
    pub(super) fn start_on(&mut self, node: u32) -> PodKey {
        let pod = PodKey(self.added);
        self.added += 1;
        let limits = Amounts { cpu: self.limit, memory: self.memory_limit };
        let container = |name: &str, limits| ContainerLoad {
            name: name.to_owned(),
            image: "app:v1".to_owned(),
            requests: Amounts { cpu: Some(self.request), memory: Some(Bytes(1 << 20)) },
            limits,
        };
        let proxy = |cpu| container("proxy", Amounts { cpu: Some(cpu), memory: None });
        let load = PodLoad {
            profile: Some(0),
            consumes: self.consumes,
            node: NodeKey(node),
            priority: 0,
            containers: [container("app", limits)]
                .into_iter()
                .chain(self.proxy.map(proxy))
                .collect(),
        };
        self.model.pod_added(pod, &load);
        for index in 0..load.containers.len() as u32 {
            self.model.container_started(pod, index);
        }
        self.model.ready_changed(pod, true);
        pod
    }

    /// Adds pods that serve at once.
    pub(super) fn serve(&mut self, pods: u32) {
        for _ in 0..pods {
            let pod = self.start_on(0);
            self.serving.push(pod);
        }
        self.model.set_endpoints(0, &self.serving);
    }

    /// Removes the last pod: out of the endpoints, then SIGTERM.
    pub(super) fn drain_one(&mut self) -> Option<PodKey> {
        let pod = self.serving.pop()?;
        self.model.set_endpoints(0, &self.serving);
        self.model.terminating(pod);
        Some(pod)
    }

    /// Kills the last pod.
    pub(super) fn kill_one(&mut self) {
        if let Some(pod) = self.serving.pop() {
            self.model.container_stopped(pod, 0, Stop::Killed);
            self.model.set_endpoints(0, &self.serving);
            self.model.pod_removed(pod);
        }
    }

    /// Lets time pass; gives the events on the way.
    pub(super) fn run_to(&mut self, seconds: f64) -> Vec<(SimTime, ModelEvent)> {
        let to = SimTime((seconds * 1000.0).round() as i64);
        let mut events = Vec::new();
        while let Some(event) = self.model.advance(to) {
            events.push(event);
        }
        events
    }

    pub(super) fn cpu_seconds(&self, pod: PodKey) -> f64 {
        self.model.sample(pod, 0).map_or(0.0, |sample| sample.cpu_ns as f64 / 1e9)
    }
}

/// Two numbers agree to a share of the larger.
pub(super) fn assert_near(have: f64, expect: f64, share: f64, what: &str) {
    let scale = have.abs().max(expect.abs()).max(1e-9);
    assert!((have - expect).abs() <= share * scale, "{what}: {have} instead of {expect}");
}
