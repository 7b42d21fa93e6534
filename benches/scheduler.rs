//! The scheduler on a whole cluster: 1,000 new pods on 100 nodes in 3 zones at one instant.

use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use podtide::api::core::{
    Affinity, Container, Node, NodeStatus, PodAffinity, PodAffinityTerm, PodTemplateSpec, Service,
    TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use podtide::api::meta::{LabelSelector, ObjectMeta, StringMap};
use podtide::api::quantity::Quantity;
use podtide::engine::wakes::Wake;
use podtide::kube::apiserver::watch::SCHEDULER;
use podtide::kube::apiserver::write::NewPod;
use podtide::kube::apiserver::{Api, Below, Cluster, Write};
use podtide::kube::reason::Reason;
use podtide::kube::scheduler::Scheduler;
use podtide::kube::timings::Timings;

const NODES: usize = 100;
const PODS: usize = 1_000;
const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Wakes of others go nowhere.
struct Elsewhere;

impl Below for Elsewhere {
    fn run(&mut self, _: &mut Cluster, _: Wake) {}
}

fn app() -> StringMap {
    StringMap::from([("app".to_owned(), "shop".to_owned())])
}

fn selector() -> LabelSelector {
    LabelSelector { match_labels: app(), match_expressions: Vec::new() }
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).expect("a quantity of a benchmark")
}

fn template() -> PodTemplateSpec {
    let mut container = Container { name: "shop".to_owned(), ..Container::default() };
    container.resources.requests.insert("cpu".to_owned(), quantity("100m"));
    container.resources.requests.insert("memory".to_owned(), quantity("128Mi"));
    let mut template = PodTemplateSpec::default();
    template.metadata.labels = app();
    template.spec.containers.push(container);
    template
}

fn node(number: usize) -> Node {
    let name = format!("node-{number}");
    let labels = [(HOSTNAME, name.clone()), (ZONE, format!("zone-{}", number % 3))];
    let amounts = [("cpu", "4"), ("memory", "16Gi"), ("pods", "110")];
    let amounts = amounts.map(|(name, text)| (name.to_owned(), quantity(text)));
    let labels = labels.map(|(key, value)| (key.to_owned(), value)).into();
    Node {
        metadata: ObjectMeta { name, labels, ..ObjectMeta::default() },
        status: NodeStatus { allocatable: amounts.into(), ..NodeStatus::default() },
        ..Node::default()
    }
}

/// A cluster whose pods have just been created.
fn cluster(template: &PodTemplateSpec) -> Cluster {
    let mut cluster = Cluster::default();
    cluster.timings = Timings::instant();
    let mut write = |write| cluster.write(write, Reason::Scenario).expect("it is accepted");
    for number in 0..NODES {
        write(Write::CreateNode(Arc::new(node(number))));
    }
    let mut service = Service::default();
    "shop".clone_into(&mut service.metadata.namespace);
    service.spec.selector = app();
    write(Write::CreateService(Arc::new(service)));
    let template = Arc::new(template.clone());
    for number in 0..PODS {
        write(Write::CreatePod(Box::new(NewPod {
            name: Arc::from(format!("shop-{number}")),
            namespace: Arc::from("shop"),
            owner: None,
            template: Arc::clone(&template),
        })));
    }
    cluster
}

fn place(mut cluster: Cluster) -> Cluster {
    let mut scheduler = Scheduler::new(1);
    let mut elsewhere = Elsewhere;
    scheduler.reconcile(&mut Api::new(&mut cluster, SCHEDULER.rank, &mut elsewhere));
    cluster
}

fn spread() -> PodTemplateSpec {
    let mut template = template();
    for key in [HOSTNAME, ZONE] {
        template.spec.topology_spread_constraints.push(TopologySpreadConstraint {
            max_skew: 1,
            topology_key: key.to_owned(),
            when_unsatisfiable: "DoNotSchedule".to_owned(),
            label_selector: Some(selector()),
            ..TopologySpreadConstraint::default()
        });
    }
    template
}

fn apart() -> PodTemplateSpec {
    let term = PodAffinityTerm {
        label_selector: Some(selector()),
        topology_key: HOSTNAME.to_owned(),
        ..PodAffinityTerm::default()
    };
    let preferred = vec![WeightedPodAffinityTerm { weight: 100, pod_affinity_term: term }];
    let anti = PodAffinity { preferred, ..PodAffinity::default() };
    let mut template = template();
    let affinity = Affinity { pod_anti_affinity: Some(anti), ..Affinity::default() };
    template.spec.affinity = Some(affinity);
    template
}

fn full() -> PodTemplateSpec {
    let mut template = template();
    let requests = &mut template.spec.containers[0].resources.requests;
    requests.insert("cpu".to_owned(), quantity("2"));
    template
}

fn schedule(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scheduler/1000-pods-100-nodes");
    group.sample_size(20);
    let templates =
        [("plain", template()), ("spread", spread()), ("apart", apart()), ("full", full())];
    for (name, template) in templates {
        let cluster = cluster(&template);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| cluster.clone(), place, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, schedule);
criterion_main!(benches);
