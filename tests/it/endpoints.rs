//! Endpoints of a Service, and the pods that kube-proxy sends traffic to, through the life of pods.

use std::sync::Arc;

use podtide::api::core::{Container, PodSpec, PodTemplateSpec, Service, ServiceSpec};
use podtide::api::meta::ObjectMeta;
use podtide::kube::apiserver::watch::{ANY_RANK, ENDPOINTS, KUBE_PROXY, KUBELET};
use podtide::kube::apiserver::write::NewPod;
use podtide::kube::apiserver::{Api, Write};
use podtide::kube::endpoint_slice::EndpointSliceController;
use podtide::kube::kube_proxy::KubeProxy;
use podtide::kube::objects::ids::{NodeId, PodId, ServiceId};
use podtide::kube::reason::Reason;
use podtide::units::{SimDuration, SimTime};

use crate::kubelet::world::{Behaviour, Idle, World, container, pod_of, probe};

const SERVICE: ServiceId = ServiceId(0);
const LAG: SimDuration = SimDuration::from_secs(1);

/// A world with a Service over all pods labelled `app: shop`.
struct Served {
    world: World,
    endpoint_slice: EndpointSliceController,
    kube_proxy: KubeProxy,
    /// Each change of what takes traffic [ms, pods, why].
    proxied: Vec<(i64, Vec<u32>, String)>,
}

impl Served {
    fn new(spec: ServiceSpec) -> Served {
        let mut world = World::new(1);
        world.cluster.timings.endpoint_added = LAG;
        world.cluster.timings.endpoint_removed = LAG;
        world.kubelet.cache_image(NodeId(0), "shop:v1");
        let metadata = metadata("shop");
        let service = Arc::new(Service { metadata, spec });
        world.cluster.write(Write::CreateService(service), Reason::Scenario).expect("the first");
        Served {
            world,
            endpoint_slice: EndpointSliceController::new(),
            kube_proxy: KubeProxy::new(),
            proxied: Vec::new(),
        }
    }

    /// Creates a pod with that label and readiness probe.
    fn create_pod(&mut self, app: &str, ready_probe: bool) -> PodId {
        let readiness_probe = ready_probe.then(|| probe(0, 5, 1));
        let mut metadata = metadata("");
        metadata.labels.insert("app".to_owned(), app.to_owned());
        let spec = pod_of(Container { readiness_probe, ..container("app") });
        self.create(spec, metadata)
    }

    fn create(&mut self, spec: PodSpec, metadata: ObjectMeta) -> PodId {
        let cluster = &mut self.world.cluster;
        let pod = cluster.pods().next_id();
        let template = Arc::new(PodTemplateSpec { metadata, spec });
        let name = Arc::from(format!("shop-{}", pod.0));
        let new = NewPod { name, namespace: Arc::from("default"), owner: None, template };
        let create = Write::CreatePod(Box::new(new));
        for write in [create, Write::BindPod { pod, node: NodeId(0) }] {
            cluster.write(write, Reason::Scenario).expect("the node has room");
        }
        pod
    }

    fn play_until(&mut self, until: SimTime) {
        while self.world.cluster.wakes.next_at() <= until {
            let World { cluster, kubelet, application, .. } = &mut self.world;
            cluster.now = cluster.wakes.next_at();
            let Some(wake) = cluster.wakes.pop_due(cluster.now, ANY_RANK) else { break };
            let mut idle = Idle;
            let mut api = Api::new(cluster, wake.component.rank, &mut idle);
            match wake.component {
                KUBELET => kubelet.reconcile(&mut api, PodId(wake.key), application),
                ENDPOINTS => self.endpoint_slice.reconcile(&mut api, ServiceId(wake.key)),
                KUBE_PROXY => self.kube_proxy.reconcile(&mut api, ServiceId(wake.key)),
                _ => {}
            }
            for fact in cluster.take_journal() {
                if let Write::SetProxied { pods, .. } = &fact.write {
                    let pods = pods.iter().map(|pod| pod.0).collect();
                    self.proxied.push((fact.at.0, pods, fact.reason.to_string()));
                }
            }
        }
        self.world.cluster.now = until;
    }

    /// When which pods took traffic.
    fn proxied(&self) -> Vec<(i64, &[u32])> {
        self.proxied.iter().map(|(at, pods, _)| (*at, pods.as_slice())).collect()
    }
}

fn metadata(name: &str) -> ObjectMeta {
    ObjectMeta { name: name.to_owned(), namespace: "default".to_owned(), ..ObjectMeta::default() }
}

fn selecting(app: &str) -> ServiceSpec {
    let selector = [("app".to_owned(), app.to_owned())].into();
    ServiceSpec { selector, ..ServiceSpec::default() }
}

#[test]
fn a_pod_takes_traffic_a_while_after_it_is_ready_and_until_a_while_after_its_delete_mark() {
    let mut served = Served::new(selecting("shop"));
    served.create_pod("shop", false);
    served.create_pod("shop", false);
    served.create_pod("other", false);
    served.play_until(SimTime::from_secs(10));
    served.world.application.behaviour.stop_takes = Some(SimDuration::from_secs(20));
    served.world.delete_pod(PodId(0), None);
    served.play_until(SimTime::from_secs(60));
    assert_eq!(served.proxied(), [(1000, &[0, 1][..]), (11_000, &[1])]);
    assert_eq!(
        served.world.cluster.service(SERVICE).map(|service| service.endpoints.len()),
        Some(1)
    );
}

#[test]
fn the_last_pod_serves_until_it_ends_when_no_other_is_ready() {
    let mut served = Served::new(selecting("shop"));
    served.world.application.behaviour = Behaviour {
        up_after: Some(SimDuration::from_secs(12)),
        stop_takes: Some(SimDuration::from_secs(20)),
        ..Behaviour::default()
    };
    served.create_pod("shop", true);
    served.play_until(SimTime::from_secs(20));
    served.create_pod("shop", true);
    served.world.delete_pod(PodId(0), None);
    served.play_until(SimTime::from_secs(60));
    // The new pod is up at 32 s and probed at 35 s; the old one is gone at 40 s.
    assert_eq!(served.proxied(), [(16_000, &[0][..]), (36_000, &[1])]);
}

#[test]
fn without_any_endpoint_requests_are_refused() {
    let mut served = Served::new(selecting("shop"));
    served.create_pod("shop", false);
    served.play_until(SimTime::from_secs(10));
    served.world.oom_kill(PodId(0));
    served.world.application.behaviour.pull_error = Some("gone");
    served.world.delete_pod(PodId(0), Some(0));
    served.play_until(SimTime::from_secs(60));
    let (at, pods, why) = served.proxied.last().expect("the pod took traffic");
    assert_eq!((*at, pods.is_empty()), (11_000, true));
    assert_eq!(why, "no pod takes traffic: requests are refused");
}

#[test]
fn a_selector_switch_moves_traffic_from_one_set_of_pods_to_the_other() {
    let mut served = Served::new(selecting("blue"));
    served.create_pod("blue", false);
    served.create_pod("green", false);
    served.play_until(SimTime::from_secs(10));
    let object = Arc::new(Service { metadata: metadata("shop"), spec: selecting("green") });
    let switch = Write::UpdateService { service: SERVICE, object };
    served.world.cluster.write(switch, Reason::Scenario).expect("the Service exists");
    served.play_until(SimTime::from_secs(20));
    assert_eq!(served.proxied(), [(1000, &[0][..]), (11_000, &[1])]);
}

#[test]
fn endpoints_stay_when_a_service_loses_its_selector() {
    let mut served = Served::new(selecting("blue"));
    served.create_pod("blue", false);
    served.play_until(SimTime::from_secs(10));
    let object = Arc::new(Service { metadata: metadata("shop"), spec: ServiceSpec::default() });
    let switch = Write::UpdateService { service: SERVICE, object };
    served.world.cluster.write(switch, Reason::Scenario).expect("the Service exists");
    served.create_pod("blue", false);
    served.play_until(SimTime::from_secs(20));
    assert_eq!(served.proxied(), [(1000, &[0][..])]);
}

#[test]
fn unready_pods_are_published_when_the_service_says_so() {
    let mut served =
        Served::new(ServiceSpec { publish_not_ready_addresses: true, ..selecting("shop") });
    served.world.application.behaviour.up_after = Some(SimDuration::from_secs(1000));
    served.create_pod("shop", true);
    served.play_until(SimTime::from_secs(10));
    assert_eq!(served.proxied(), [(1000, &[0][..])]);
}

#[test]
fn a_service_without_selector_is_left_alone() {
    let mut served = Served::new(ServiceSpec::default());
    served.create_pod("shop", false);
    served.play_until(SimTime::from_secs(10));
    assert!(served.proxied().is_empty());
}
