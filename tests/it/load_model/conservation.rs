//! Whatever happens to the pods, no request gets lost and no time goes missing.

use std::sync::Arc;

use podtide::units::{Bytes, MilliCpu, NanoCpu, SimDuration, SimTime};
use podtide::workload::model::Stop;
use podtide::workload::service::{
    Amounts, Behavior, ContainerLoad, Memory, NodeCapacity, OnTimeout, Profile, Retry,
    ServiceConfig, ServiceKind, Sidecar, Startup, Upstream, Warmup,
};
use podtide::workload::{
    Load, ModelConfig, ModelEvent, NodeKey, PodKey, PodLoad, Segment, WorkloadModel,
};
use proptest::prelude::*;

use super::rig::lines;

/// One step of a random story.
#[derive(Clone, Debug)]
enum Step {
    Pass(i64),
    Add { node: u32, consumes: bool },
    Endpoints { service: u32, bits: u64 },
    Ready(u8),
    Terminate(u8),
    Stop(u8, bool),
    Restart(u8),
    Remove(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_i64..20_000).prop_map(Step::Pass),
        3 => (0_u32..3, any::<bool>()).prop_map(|(node, consumes)| Step::Add { node, consumes }),
        4 => (0_u32..4, any::<u64>()).prop_map(|(service, bits)| Step::Endpoints { service, bits }),
        2 => any::<u8>().prop_map(Step::Ready),
        1 => any::<u8>().prop_map(Step::Terminate),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(pod, kill)| Step::Stop(pod, kill)),
        1 => any::<u8>().prop_map(Step::Restart),
        1 => any::<u8>().prop_map(Step::Remove),
    ]
}

fn any_load() -> impl Strategy<Value = Arc<Load>> {
    (prop::collection::vec((1_i64..30_000, 0.0_f64..400.0), 1..25), any::<bool>()).prop_map(
        |(steps, hold)| {
            let mut at = 0.0;
            let points: Vec<(f64, f64)> = steps
                .into_iter()
                .map(|(step, rate)| {
                    at += step as f64 / 1000.0;
                    (at, rate)
                })
                .collect();
            lines(&points, hold)
        },
    )
}

prop_compose! {
    fn any_behavior()(
        cpu_us in prop_oneof![Just(0_i64), 100_i64..60_000],
        latency in 0_i64..300,
        timeout in prop_oneof![Just(10_000_i64), 50_i64..3000],
        work in any::<bool>(),
        max_queue in prop::option::of(0_u32..300),
        concurrency in prop::option::of(1_u32..20),
        idle in 0_i64..50,
        startup in (0_i64..4000, 0_i64..900),
        warmup in (1.0_f64..4.0, 0_i64..6000),
        memory in (0_i64..3_000_000, prop_oneof![Just(0.0), 0.0_f64..2e6], 0.0_f64..1.0),
    ) -> Behavior {
        Behavior {
            cpu_per_request: NanoCpu(cpu_us * 1000),
            latency: SimDuration(latency),
            timeout: SimDuration(timeout),
            on_timeout: if work { OnTimeout::Work } else { OnTimeout::Drop },
            max_queue: if work { max_queue.or(Some(100)) } else { max_queue },
            concurrency,
            idle: MilliCpu(idle),
            startup: Startup { time: SimDuration(startup.0), cpu: MilliCpu(startup.1) },
            warmup: Warmup { factor: warmup.0, time: SimDuration(warmup.1) },
            memory: Memory {
                per_request: Bytes(memory.0),
                growth: memory.1,
                retain: memory.2,
                half_life: Some(SimDuration(30_000)),
                ..Memory::default()
            },
            ..Behavior::default()
        }
    }
}

prop_compose! {
    fn any_config()(
        loads in prop::collection::vec(any_load(), 4),
        behavior in any_behavior(),
        retry in (0_u8..4, 10_i64..3000),
        ratio in 0.0_f64..3.0,
        imbalance in prop_oneof![Just(0.0), 0.0_f64..1.0],
        drains in any::<bool>(),
        keep in any::<bool>(),
    ) -> ModelConfig {
        let retry = Retry { attempts: retry.0, backoff: SimDuration(retry.1) };
        let mut services: Vec<ServiceConfig> =
            loads.into_iter().map(ServiceConfig::requests).collect();
        services[0].retry = retry;
        services[1].from.push(Upstream { service: 0, ratio });
        services[1].retry = retry;
        services[2].kind = ServiceKind::Queue;
        services[3].kind = ServiceKind::Cpu { backlog: keep };
        let mut profile = Profile::new("app", behavior);
        profile.imbalance = imbalance;
        profile.drains = drains;
        let sidecar = Sidecar { cpu_per_request: NanoCpu(200_000), ..Sidecar::default() };
        profile.sidecars.insert("proxy".to_owned(), sidecar);
        ModelConfig { seed: 11, services, profiles: vec![profile] }
    }
}

struct Story {
    model: WorkloadModel,
    /// Pods by key: whether present, whether the container runs.
    pods: Vec<(bool, bool)>,
    readings: Vec<u64>,
    segments: Vec<Segment>,
}

impl Story {
    fn new(config: &ModelConfig) -> Story {
        let mut model = WorkloadModel::new(config, SimTime::ZERO);
        for (node, cpu) in [(0, 100_000), (1, 2000), (2, 700)] {
            let memory = Bytes(if node == 2 { 300 << 20 } else { 1 << 40 });
            model.node_added(NodeKey(node), NodeCapacity { cpu: MilliCpu(cpu), memory });
        }
        Story { model, pods: Vec::new(), readings: Vec::new(), segments: Vec::new() }
    }

    fn pick(&self, any: u8) -> Option<u32> {
        let present: Vec<u32> =
            (0..self.pods.len() as u32).filter(|pod| self.pods[*pod as usize].0).collect();
        (!present.is_empty()).then(|| present[any as usize % present.len()])
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Pass(span) => self.pass(span),
            Step::Add { node, consumes } => self.add(node, consumes),
            Step::Endpoints { service, bits } => {
                let chosen = (0..self.pods.len().min(64) as u32)
                    .filter(|pod| bits >> pod & 1 == 1)
                    .map(PodKey);
                let chosen: Vec<PodKey> = chosen.collect();
                if service != 2 {
                    self.model.set_endpoints(service, &chosen);
                }
            }
            Step::Ready(any) => self.with(any, |model, pod| model.ready_changed(pod, true)),
            Step::Terminate(any) => self.with(any, WorkloadModel::terminating),
            Step::Stop(any, kill) => self.stop(any, kill),
            Step::Restart(any) => self.restart(any),
            Step::Remove(any) => {
                if let Some(pod) = self.pick(any) {
                    self.pods[pod as usize] = (false, false);
                    self.model.pod_removed(PodKey(pod));
                }
            }
        }
    }

    fn with(&mut self, any: u8, act: impl Fn(&mut WorkloadModel, PodKey)) {
        if let Some(pod) = self.pick(any) {
            act(&mut self.model, PodKey(pod));
        }
    }

    fn add(&mut self, node: u32, consumes: bool) {
        let pod = self.pods.len() as u32;
        let limits = |cpu, memory| Amounts { cpu: Some(MilliCpu(cpu)), memory };
        let container = |name: &str, limits| ContainerLoad {
            name: name.to_owned(),
            image: String::new(),
            requests: Amounts { cpu: Some(MilliCpu(100)), memory: None },
            limits,
        };
        let load = PodLoad {
            profile: Some(0),
            consumes: consumes.then_some(2),
            node: NodeKey(node),
            priority: 0,
            containers: vec![
                container("app", limits(900, Some(Bytes(120 << 20)))),
                container("proxy", limits(500, None)),
            ],
        };
        self.model.pod_added(PodKey(pod), &load);
        self.model.container_started(PodKey(pod), 0);
        self.model.container_started(PodKey(pod), 1);
        self.pods.push((true, true));
        self.readings.push(0);
    }

    fn stop(&mut self, any: u8, kill: bool) {
        let Some(pod) = self.pick(any) else { return };
        let how = if kill { Stop::Killed } else { Stop::Exited };
        self.model.container_stopped(PodKey(pod), 0, how);
        self.pods[pod as usize].1 = false;
        self.readings[pod as usize] = 0;
    }

    fn restart(&mut self, any: u8) {
        let Some(pod) = self.pick(any) else { return };
        if !self.pods[pod as usize].1 {
            self.model.container_started(PodKey(pod), 0);
            self.pods[pod as usize].1 = true;
        }
    }

    fn pass(&mut self, span: i64) {
        let to = SimTime(self.model.now().0 + span);
        let mut events = 0;
        while let Some((at, event)) = self.model.advance(to) {
            assert!(at <= to && at == self.model.now());
            self.happens(event);
            events += 1;
            assert!(events < 10_000, "events without end: {event:?}");
        }
        self.check();
    }

    fn happens(&mut self, event: ModelEvent) {
        match event {
            ModelEvent::OutOfMemory { pod, container } => {
                self.model.container_stopped(pod, container, Stop::Killed);
                self.pods[pod.0 as usize].1 = false;
                self.readings[pod.0 as usize] = 0;
            }
            ModelEvent::MemoryPressure { pod } => {
                self.pods[pod.0 as usize] = (false, false);
                self.model.pod_removed(pod);
            }
            ModelEvent::Drained { pod } => assert!(self.model.is_drained(pod)),
            ModelEvent::Started { pod, container } => {
                assert!(self.model.has_started(pod, container));
            }
        }
    }

    fn check(&mut self) {
        for pod in 0..self.pods.len() {
            let Some(sample) = self.model.sample(PodKey(pod as u32), 0) else { continue };
            let before = self.readings[pod];
            assert!(sample.cpu_ns >= before, "a counter of pod {pod} fell: {sample:?}, {before}");
            assert!(sample.working_set.0 >= 32 << 20);
            self.readings[pod] = sample.cpu_ns;
        }
        for service in 0..4 {
            let totals = self.model.totals(service);
            let waiting = totals.offered - totals.served - totals.failed;
            let scale = 1e-9 * totals.offered.max(1.0);
            assert!(waiting >= -scale, "service {service}: {totals:?}");
            assert!(self.model.backlog(service) >= waiting - scale);
            let users = totals.arrived - totals.lost - totals.served;
            assert!(users >= -10.0 * scale, "service {service}: {totals:?}");
        }
        self.segments.extend(self.model.take_segments());
    }

    fn end(mut self) {
        self.pass(1000);
        self.model.finish();
        self.segments.extend(self.model.take_segments());
        let end_ms = self.model.now().0 as f64;
        for service in 0..4 {
            let totals = self.model.totals(service);
            let mut at_ms = 0.0;
            let mut sums = [0.0; 4];
            for segment in self.segments.iter().filter(|segment| segment.service == service) {
                assert_eq!(segment.from_ms, at_ms, "a gap in service {service}");
                assert!(segment.to_ms > segment.from_ms || segment.to_ms == end_ms);
                at_ms = segment.to_ms;
                let parts = [segment.offered, segment.served, segment.failed, segment.lost];
                for (sum, part) in sums.iter_mut().zip(parts) {
                    *sum += part;
                }
            }
            assert_eq!(at_ms, end_ms);
            let expect = [totals.offered, totals.served, totals.failed, totals.lost];
            for (sum, expect) in sums.into_iter().zip(expect) {
                let scale = 1e-9 * totals.offered.max(1.0);
                assert!((sum - expect).abs() <= scale, "{sums:?} instead of {totals:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn nothing_gets_lost(
        config in any_config(),
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let mut story = Story::new(&config);
        for step in &steps {
            story.take(step);
        }
        story.end();
    }
}
