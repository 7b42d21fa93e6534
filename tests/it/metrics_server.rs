//! metrics-server against the rules and worked examples of how Kubernetes' metrics come about.

use podtide::api::core::{Container, PodSpec};
use podtide::api::labels::Selector;
use podtide::api::meta::LabelSelector;
use podtide::kube::apiserver::{Cluster, Write};
use podtide::kube::controllers::podautoscaler::metrics::{
    Asked, MetricsApi, MetricsClient, MetricsError, PodMetricsInfo,
};
use podtide::kube::kubelet::{Kubelet, KubeletConfig, PodWaits, Waits};
use podtide::kube::metrics_server::client::{AdapterSource, MetricsApis, NoAdapter};
use podtide::kube::metrics_server::{MetricsServer, MetricsServerConfig, PodUsage};
use podtide::kube::objects::ids::{HpaId, NodeId, PodId};
use podtide::kube::objects::node::Machine;
use podtide::kube::reason::Reason;
use podtide::units::{SimDuration, SimTime};

use crate::kubelet::world::{Behaviour, World, container, pod_of};

const POD: PodId = PodId(0);
const SECOND: SimDuration = SimDuration::from_secs(1);

/// A world with metrics-server.
struct Metered {
    world: World,
    server: MetricsServer,
    /// An instant at which cAdvisor reads node 0, whole minutes away from 0; times of a test count
    /// from there.
    base: SimTime,
}

impl Metered {
    /// A world whose pods use half a core and 64 MiB; the first scrape is at that second.
    fn new(config: MetricsServerConfig, scrape_at: i64) -> Metered {
        let mut world = World::new(1);
        world.kubelet = Kubelet::new(KubeletConfig {
            image_pull: SimDuration::ZERO,
            waits: Waits::Fixed(PodWaits::NONE),
        });
        let stop_takes = Some(SimDuration::ZERO);
        world.application.behaviour =
            Behaviour { cores: 0.5, memory: 64 << 20, stop_takes, ..Behaviour::default() };
        let mut server = MetricsServer::new(config);
        server.start(&world.cluster, SimTime::from_secs(60));
        let phase = server.next_at().0 % 10_000;
        let base = SimTime(60_000 + phase);
        server.start(&world.cluster, base + SimDuration::from_secs(scrape_at));
        Metered { world, server, base }
    }

    fn typical(scrape_at: i64) -> Metered {
        let resolution = SimDuration::from_secs(15);
        Metered::new(
            MetricsServerConfig { seed: 7, resolution, container_phases: false },
            scrape_at,
        )
    }

    /// Plays up to and with that second [ms from the base].
    fn play_until(&mut self, milliseconds: i64) {
        let until = self.base + SimDuration(milliseconds);
        while self.server.next_at() <= until {
            self.world.play_until(self.server.next_at());
            let World { cluster, kubelet, application, .. } = &mut self.world;
            self.server.run(cluster, kubelet, application);
        }
        self.world.play_until(until);
    }

    fn usage(&self, pod: PodId) -> Option<PodUsage> {
        self.server.usage(&self.world.cluster, pod)
    }

    /// End and length of a pod's window [ms from the base].
    fn window(&self, pod: PodId) -> Option<(i64, i64)> {
        self.usage(pod).map(|usage| ((usage.timestamp - self.base).0, usage.window.0))
    }

    fn ask(&mut self, resource: &str, container: Option<&str>) -> Result<Vec<Option<i64>>, String> {
        let mut answer = PodMetricsInfo::default();
        let pods: Vec<PodId> = self.world.cluster.pods().iter().map(|pod| pod.id).collect();
        let mut apis = MetricsApis { server: &self.server, adapter: &mut NoAdapter };
        let asked = asked(&self.world.cluster);
        apis.get_resource_metric(asked, resource, container, &pods, &mut answer)
            .map_err(|error| error.to_string())?;
        Ok(answer.samples.iter().map(|sample| sample.map(|sample| sample.value)).collect())
    }
}

fn asked(cluster: &Cluster) -> Asked<'_> {
    Asked { cluster, hpa: HpaId(0), metric: 0, namespace: "default" }
}

fn everything() -> Selector {
    Selector::from_label_selector(Some(&LabelSelector::default()))
}

#[test]
fn a_fresh_container_is_listed_with_the_window_since_its_start() {
    // Start at 2, readings at 10, 20, 30, 40; scrapes at 15, 30, 45.
    let mut metered = Metered::typical(15);
    metered.play_until(2000);
    metered.world.create_pod(pod_of(container("app")));
    metered.play_until(15_000);
    // 8 s old when read: too young for a window of its own.
    assert_eq!(metered.window(POD), None);
    metered.play_until(30_000);
    assert_eq!(metered.window(POD), Some((30_000, 20_000)));
    metered.play_until(45_000);
    assert_eq!(metered.window(POD), Some((40_000, 10_000)));
    assert_eq!(metered.usage(POD).map(|usage| usage.milli_cpu), Some(500));

    // Started at 0 it is 10 s old when read first, and its window begins with it.
    let mut metered = Metered::typical(15);
    metered.play_until(0);
    metered.world.create_pod(pod_of(container("app")));
    metered.play_until(15_000);
    assert_eq!(metered.window(POD), Some((10_000, 10_000)));
}

#[test]
fn a_container_of_less_than_a_resolution_counts_from_its_start_once_more() {
    // Start at 7; read at 10 (3 s old) and at 20 (13 s old).
    let mut metered = Metered::typical(12);
    metered.play_until(7000);
    metered.world.create_pod(pod_of(container("app")));
    metered.play_until(12_000);
    assert_eq!(metered.window(POD), None);
    metered.play_until(27_000);
    assert_eq!(metered.window(POD), Some((20_000, 13_000)));
}

#[test]
fn an_old_container_needs_two_scrapes() {
    let mut metered = Metered::typical(115);
    metered.play_until(0);
    metered.world.create_pod(pod_of(container("app")));
    metered.play_until(129_999);
    assert_eq!(metered.window(POD), None);
    metered.play_until(130_000);
    assert_eq!(metered.window(POD), Some((130_000, 20_000)));
}

#[test]
fn the_same_reading_twice_keeps_the_pair_before() {
    // A container that does nothing is read every 15 s, and scraped every 10 s.
    let resolution = SimDuration::from_secs(10);
    let config = MetricsServerConfig { seed: 7, resolution, container_phases: true };
    let mut metered = Metered::new(config, 5);
    metered.world.application.behaviour.cores = 0.0;
    metered.play_until(0);
    metered.world.create_pod(pod_of(container("app")));
    // A container that uses nothing at all drops its pod.
    metered.play_until(100_000);
    assert_eq!(metered.window(POD), None);
    let mut windows = Vec::new();
    metered.world.application.idle_from = Some(metered.world.cluster.now + SECOND);
    metered.world.application.behaviour.cores = 0.5;
    for scrape in 11..40 {
        metered.play_until(scrape * 10_000);
        windows.push(metered.window(POD));
    }
    let repeated = windows.windows(2).filter(|pair| pair[0].is_some() && pair[0] == pair[1]);
    assert!(repeated.count() > 3, "{windows:?}");
    assert!(windows.iter().flatten().any(|&(_, window)| window == 15_000), "{windows:?}");
}

#[test]
fn a_restarted_container_takes_its_pod_out_until_it_has_two_points_again() {
    let sidecar = container("proxy");
    let spec = PodSpec { containers: vec![container("app"), sidecar], ..PodSpec::default() };
    let mut metered = Metered::typical(15);
    metered.play_until(0);
    metered.world.create_pod(spec);
    metered.play_until(60_000);
    assert_eq!(
        metered.usage(POD).map(|usage| (usage.containers, usage.milli_cpu)),
        Some((2, 1000))
    );
    metered.play_until(65_000);
    metered.world.oom_kill(POD);
    metered.play_until(75_000);
    // Read at 70, 5 s old; the other container is not enough.
    assert_eq!(metered.window(POD), None);
    metered.play_until(90_000);
    // Read at 90: the fresh rule does not hold at 25 s, but there are two points.
    assert_eq!(metered.usage(POD).map(|usage| usage.milli_cpu), Some(1000));
}

#[test]
fn a_container_that_ended_after_it_was_read_does_not_show() {
    let exits_after = Some((SimDuration::from_secs(101), 1));
    let mut metered = Metered::typical(15);
    metered.world.application.behaviour.exits_after = exits_after;
    metered.play_until(2000);
    metered.world.create_pod(pod_of(container("app")));
    metered.play_until(90_000);
    assert!(metered.usage(POD).is_some());
    // Read at 100, ended at 103, scraped at 105.
    metered.play_until(105_000);
    assert_eq!(metered.usage(POD), None);
}

#[test]
fn the_pod_has_the_time_of_its_earliest_container_and_pods_that_do_not_run_are_not_listed() {
    let mut metered = Metered::typical(15);
    metered.play_until(0);
    metered.world.create_pod(pod_of(container("app")));
    metered.play_until(60_000);
    metered.world.delete_pod(POD, None);
    assert!(metered.usage(POD).is_some(), "a terminating pod that runs still has metrics");
    metered.play_until(60_001);
    assert_eq!(metered.usage(POD), None);
}

#[test]
fn a_lost_scrape_of_a_node_costs_two_rounds() {
    let mut metered = Metered::typical(15);
    metered.play_until(0);
    metered.world.create_pod(pod_of(container("app")));
    metered.play_until(60_000);
    let_kubelet_answer(&mut metered, false);
    metered.play_until(75_000);
    assert_eq!(metered.usage(POD), None);
    let_kubelet_answer(&mut metered, true);
    metered.play_until(90_000);
    assert_eq!(metered.usage(POD), None);
    metered.play_until(105_000);
    assert!(metered.usage(POD).is_some());
}

fn let_kubelet_answer(metered: &mut Metered, answers: bool) {
    let node = NodeId(0);
    let machine = if answers { Machine::Running } else { Machine::KubeletDown };
    let write = Write::SetMachine { node, machine };
    metered.world.cluster.write(write, Reason::Scenario).expect("the node exists");
}

#[test]
fn the_api_answers_in_milli_units_or_says_why_not() {
    let mut metered = Metered::typical(15);
    metered.world.application.behaviour.cores = 0.100_000_001;
    metered.play_until(0);
    assert_eq!(metered.ask("cpu", None).err().as_deref(), Some(NO_METRICS));
    let spec =
        PodSpec { containers: vec![container("app"), container("proxy")], ..PodSpec::default() };
    metered.world.create_pod(spec);
    metered.play_until(16_000);
    // Each container rounds up.
    assert_eq!(metered.ask("cpu", None), Ok(vec![Some(202)]));
    assert_eq!(metered.ask("cpu", Some("proxy")), Ok(vec![Some(101)]));
    assert_eq!(metered.ask("memory", None), Ok(vec![Some((128 << 20) * 1000)]));
    assert_eq!(metered.ask("memory", Some("app")), Ok(vec![Some((64 << 20) * 1000)]));
    assert_eq!(metered.ask("cpu", Some("other")), Ok(vec![None]));
    assert_eq!(metered.ask("nvidia.com/gpu", None), Ok(vec![None]));
    metered.server.set_available(false);
    assert_eq!(metered.ask("cpu", None).err().as_deref(), Some(UNAVAILABLE));
    metered.server.set_available(true);
    let now = metered.world.cluster.now;
    metered.server.restart(&metered.world.cluster, now + SECOND);
    // The first scrape finds no reading newer than the start, the two after it do.
    metered.play_until(25_000);
    assert_eq!(metered.ask("cpu", None).err().as_deref(), Some(UNAVAILABLE));
    metered.play_until(48_000);
    assert_eq!(metered.ask("memory", None), Ok(vec![Some((128 << 20) * 1000)]));
}

const NO_METRICS: &str = "no metrics returned from resource metrics API";
const UNAVAILABLE: &str = "unable to fetch metrics from resource metrics API: the server is \
                           currently unable to handle the request (get pods.metrics.k8s.io)";

#[test]
fn slots_of_pods_that_are_gone_are_used_again() {
    let mut metered = Metered::typical(15);
    metered.play_until(0);
    for round in 0..40 {
        let pod = metered.world.create_pod(pod_of(container("app")));
        metered.play_until(round * 60_000 + 50_000);
        assert!(metered.usage(pod).is_some(), "pod {}", pod.0);
        metered.world.delete_pod(pod, None);
        metered.play_until(round * 60_000 + 59_000);
        assert_eq!(metered.usage(pod), None);
    }
}

/// An adapter with one metric of each kind.
struct Adapter;

impl AdapterSource for Adapter {
    fn is_installed(&self, _: MetricsApi) -> bool {
        true
    }

    fn has_pods_metric(&mut self, _: Asked<'_>, name: &str, _: &Selector) -> bool {
        name == "requests"
    }

    fn pods_metric(&mut self, _: Asked<'_>, _: &str, _: &Selector, pod: PodId) -> Option<f64> {
        [Some(1.2345), None, Some(f64::NAN)].get(pod.index()).copied().flatten()
    }

    fn object_metric(
        &mut self,
        _: Asked<'_>,
        name: &str,
        _: &podtide::api::autoscaling::CrossVersionObjectReference,
        _: &Selector,
    ) -> Option<f64> {
        (name == "requests").then_some(10.0)
    }

    fn external_metric(&mut self, _: Asked<'_>, name: &str, _: &Selector, values: &mut Vec<f64>) {
        if name == "queue" {
            values.extend([0.0005, 7.0]);
        }
    }
}

#[test]
fn an_adapter_answers_as_prometheus_adapter_does() {
    let metered = Metered::typical(15);
    let cluster = &metered.world.cluster;
    let mut apis = MetricsApis { server: &metered.server, adapter: &mut Adapter };
    let mut answer = PodMetricsInfo::default();
    let pods = [PodId(0), PodId(1), PodId(2)];
    apis.get_raw_metric(asked(cluster), "requests", &everything(), &pods, &mut answer)
        .expect("two pods have a series");
    let values: Vec<_> = answer.samples.iter().map(|sample| sample.map(|one| one.value)).collect();
    assert_eq!(values, [Some(1234), None, Some(0)]);
    let unknown = apis.get_raw_metric(asked(cluster), "x", &everything(), &pods, &mut answer);
    let text = "unable to fetch metrics from custom metrics API: the server could not find the \
                metric x for pods";
    assert_eq!(unknown.map_err(|error| error.to_string()), Err(text.to_owned()));
    let mut series = Vec::new();
    apis.get_external_metric(asked(cluster), "queue", &everything(), &mut series)
        .expect("there are two series");
    assert_eq!(series, [0, 7000]);
    let mut none = Vec::new();
    let empty = apis.get_external_metric(asked(cluster), "x", &everything(), &mut none);
    assert_eq!(empty, Err(MetricsError::NoMetrics(MetricsApi::External)));
}

#[test]
fn without_an_adapter_custom_metrics_are_unknown_to_the_cluster() {
    let metered = Metered::typical(15);
    let cluster = &metered.world.cluster;
    let mut apis = MetricsApis { server: &metered.server, adapter: &mut NoAdapter };
    let mut answer = PodMetricsInfo::default();
    let error = apis.get_raw_metric(asked(cluster), "x", &everything(), &[POD], &mut answer);
    let text = "unable to fetch metrics from custom metrics API: no custom metrics API \
                (custom.metrics.k8s.io) registered";
    assert_eq!(error.map_err(|error| error.to_string()), Err(text.to_owned()));
}

#[test]
fn nodes_are_read_each_in_its_own_phase_and_only_for_scrapes() {
    let mut metered = Metered::typical(15);
    metered.world.application.behaviour.cores = 1.0;
    metered.play_until(0);
    metered.world.create_pod(pod_of(Container { ..container("app") }));
    let mut due = Vec::new();
    for _ in 0..6 {
        let next = metered.server.next_at();
        due.push((next - metered.base).0);
        metered.play_until((next - metered.base).0);
    }
    assert_eq!(due, [10_000, 15_000, 30_000, 40_000, 45_000, 60_000]);
}
