//! One Deployment, its controllers, and a scripted kubelet.

use std::sync::Arc;

use podtide::api::apps::{Deployment, DeploymentSpec, RollingUpdateDeployment};
use podtide::api::core::{Container, Node};
use podtide::api::int_or_percent::IntOrPercent;
use podtide::api::meta::LabelSelector;
use podtide::engine::wakes::Wake;
use podtide::kube::apiserver::{Api, Below as _, Cluster, Fact, Nobody, Write, watch};
use podtide::kube::control_plane::{Rank0, Rank1, Rank2};
use podtide::kube::controllers::deployment::{DeploymentController, util};
use podtide::kube::controllers::disruption::DisruptionController;
use podtide::kube::controllers::node_lifecycle::NodeLifecycleController;
use podtide::kube::controllers::node_lifecycle::config::NodeLifecycleConfiguration;
use podtide::kube::controllers::pod_gc::PodGcController;
use podtide::kube::controllers::replica_set::ReplicaSetController;
use podtide::kube::controllers::taint_eviction::TaintEvictionController;
use podtide::kube::kubelet::Kubelet;
use podtide::kube::kubelet::application::{
    Application, ContainerExit, ContainerRun, ContainerSample, ProbeKind, ProbeReply,
};
use podtide::kube::kubelet::scripted::{Fail, ImageScript, Script};
use podtide::kube::objects::deployment::DeploymentObject;
use podtide::kube::objects::ids::{DeploymentId, PodId};
use podtide::kube::objects::pod::Pod;
use podtide::kube::reason::Reason;
use podtide::kube::swarm::Orchestrator;
use podtide::kube::timings::Timings;
use podtide::units::{SimDuration, SimTime};

/// Later than every rollout here ends [ms].
const LATEST: i64 = 100_000_000;

/// A cluster with one Deployment, `web`.
pub(super) struct Rig {
    pub(super) cluster: Cluster,
    controllers: Rank2,
    kubelet: Kubelet,
    facts: Vec<Fact>,
    names: Vec<Arc<str>>,
    /// Whether the Deployment was scaled: then pods may go that a rollout would have to keep.
    scaled: bool,
}

impl Rig {
    /// A Deployment that was just created.
    pub(super) fn new(
        timings: Timings,
        replicas: i32,
        max_surge: IntOrPercent,
        max_unavailable: IntOrPercent,
    ) -> Rig {
        let (controller, swarm) = (DeploymentController::new(&timings), Orchestrator::new(0));
        let rank0 = Rank0 { deployment: controller, swarm };
        let replica_set = ReplicaSetController::new(1, &timings);
        let rank1 = Rank1 { below: rank0, replica_set };
        let mut cluster = Cluster::default();
        cluster.timings = timings;
        let mut rig = Rig {
            cluster,
            controllers: Rank2 {
                below: rank1,
                disruption: DisruptionController::new(),
                node_lifecycle: NodeLifecycleController::new(
                    1,
                    NodeLifecycleConfiguration::default(),
                ),
                taint_eviction: TaintEvictionController::new(),
                pod_gc: PodGcController::new(1),
            },
            kubelet: Kubelet::scripted(Arc::new(script())),
            facts: Vec::new(),
            names: Vec::new(),
            scaled: false,
        };
        rig.write(Write::CreateNode(Arc::new(Node::default())));
        let deployment = deployment(replicas, max_surge, max_unavailable);
        rig.write(Write::CreateDeployment(Arc::new(deployment)));
        rig
    }

    pub(super) fn write(&mut self, write: Write) {
        self.cluster.write(write, Reason::Scenario).expect("what a test writes is accepted");
    }

    pub(super) fn deployment(&self) -> &DeploymentObject {
        self.cluster.deployment(DeploymentId(0)).expect("the Deployment exists")
    }

    pub(super) fn set_image(&mut self, image: &str) {
        let mut spec = (*self.deployment().spec).clone();
        image.clone_into(&mut spec.template.spec.containers[0].image);
        let annotations = Arc::new(self.deployment().metadata.annotations.clone());
        let (deployment, spec) = (DeploymentId(0), Arc::new(spec));
        self.write(Write::UpdateDeployment { deployment, annotations, spec });
    }

    pub(super) fn scale(&mut self, replicas: i32) {
        self.scaled = true;
        self.write(Write::UpdateScale { deployment: DeploymentId(0), replicas });
    }

    /// Plays until nothing is left to do.
    pub(super) fn settle(&mut self) {
        self.play_until(LATEST);
        assert_eq!(self.cluster.wakes.next_at(), SimTime::MAX, "the cluster comes to rest");
        self.cluster.now = self.facts.last().map_or(SimTime::ZERO, |fact| fact.at);
    }

    /// Plays up to an instant.
    pub(super) fn play_until(&mut self, end_ms: i64) {
        while self.cluster.wakes.next_at() <= SimTime(end_ms) {
            self.cluster.now = self.cluster.wakes.next_at();
            let available = self.available();
            self.step();
            self.take_facts();
            let spec = &self.deployment().spec;
            let must = available.min(util::min_available(spec));
            assert!(self.scaled || self.available() >= must, "too few pods are left");
        }
        self.cluster.now = SimTime(end_ms);
    }

    /// Works off one wake; but what the script does at an instant is done before anybody sees it.
    fn step(&mut self) {
        let now = self.cluster.now;
        let due = std::iter::from_fn(|| self.cluster.wakes.pop_due(now, watch::ANY_RANK));
        let (pods, others): (Vec<Wake>, Vec<Wake>) =
            due.partition(|wake| wake.component == watch::KUBELET);
        for wake in &others {
            self.cluster.wakes.wake(wake.component, wake.key, now);
        }
        for wake in &pods {
            let mut nobody = Nobody;
            let mut api = Api::new(&mut self.cluster, 0, &mut nobody);
            self.kubelet.reconcile(&mut api, PodId(wake.key), &mut Idle);
        }
        if let Some(wake) = self.cluster.wakes.pop_due(now, watch::SCHEDULER.rank) {
            self.controllers.run(&mut self.cluster, wake);
        } else if pods.is_empty() {
            self.cluster.wakes.pop_due(now, watch::ANY_RANK);
        }
    }

    /// Checks each write of a size against the bound on all sizes together.
    fn take_facts(&mut self) {
        let bound = util::max_replicas(&self.deployment().spec);
        for fact in self.cluster.take_journal() {
            if let Write::CreateReplicaSet(new) = &fact.write {
                self.names.push(Arc::clone(&new.name));
            }
            if let Reason::Deployment(reason) = &fact.reason
                && reason.to_string().starts_with("Scaled up")
            {
                assert!(self.sizes().iter().sum::<i32>() <= bound, "{reason} exceeds {bound}");
            }
            self.facts.push(fact);
        }
    }

    fn available(&self) -> i32 {
        let available = |pod: &&Pod| pod.is_ready() && pod.is_active();
        self.cluster.pods().iter().filter(available).count() as i32
    }

    pub(super) fn forget(&mut self) {
        self.facts.clear();
    }

    /// Sizes of the ReplicaSets, oldest first.
    pub(super) fn sizes(&self) -> Vec<i32> {
        self.cluster.replica_sets().map(|replica_set| replica_set.replicas).collect()
    }

    /// Events of scaling, with ReplicaSets by number: `web-1`.
    pub(super) fn scalings(&self) -> Vec<String> {
        let events = self.facts.iter().filter(|fact| matches!(fact.write, Write::Event { .. }));
        events
            .filter(|fact| fact.reason.word() == "ScalingReplicaSet")
            .map(|fact| self.by_number(fact.reason.to_string()))
            .collect()
    }

    fn by_number(&self, text: String) -> String {
        self.names
            .iter()
            .zip(1..)
            .fold(text, |text, (name, number)| text.replace(&**name, &format!("web-{number}")))
    }

    /// When pods were created [ms].
    pub(super) fn created_at(&self) -> Vec<i64> {
        let created = self.facts.iter().filter(|fact| matches!(fact.write, Write::CreatePod(_)));
        created.map(|fact| fact.at.0).collect()
    }
}

/// Pods run after 0.1 s, are ready 2 s later and gone 3 s after their deletion.
fn script() -> Script {
    let good = ImageScript {
        schedule: SimDuration(100),
        ready: vec![SimDuration(2_000)],
        terminate: SimDuration(3_000),
        ..ImageScript::default()
    };
    let never_ready = ImageScript { fail: Fail::NeverReady, ..good.clone() };
    Script {
        nodes: 1,
        images: vec![("app:never-ready".to_owned(), never_ready)],
        default: good,
        ..Script::default()
    }
}

/// As the API server would default it.
fn deployment(replicas: i32, max_surge: IntOrPercent, max_unavailable: IntOrPercent) -> Deployment {
    let mut deployment = Deployment::default();
    "web".clone_into(&mut deployment.metadata.name);
    "default".clone_into(&mut deployment.metadata.namespace);
    let spec: &mut DeploymentSpec = &mut deployment.spec;
    spec.replicas = Some(replicas);
    spec.progress_deadline_seconds = Some(600);
    spec.revision_history_limit = Some(10);
    "RollingUpdate".clone_into(&mut spec.strategy.type_);
    spec.strategy.rolling_update = Some(RollingUpdateDeployment {
        max_unavailable: Some(max_unavailable),
        max_surge: Some(max_surge),
    });
    let labels = [("app".to_owned(), "web".to_owned())];
    spec.template.metadata.labels.extend(labels.clone());
    let selector = LabelSelector { match_labels: labels.into(), ..LabelSelector::default() };
    spec.selector = Some(selector);
    let container =
        Container { name: "app".to_owned(), image: "app:v1".to_owned(), ..Container::default() };
    spec.template.spec.containers.push(container);
    deployment
}

/// An application of which a scripted kubelet asks nothing.
struct Idle;

impl Application for Idle {
    fn container_started(&mut self, _: ContainerRun, _: SimTime) {}

    fn container_stopped(&mut self, _: ContainerRun, _: SimTime, _: ContainerExit) {}

    fn exits_at(&mut self, _: ContainerRun) -> Option<(SimTime, i32)> {
        None
    }

    fn probe(&mut self, _: ContainerRun, _: ProbeKind, _: SimDuration, _: SimTime) -> ProbeReply {
        ProbeReply::SUCCESS
    }

    fn succeeds_until(&mut self, _: ContainerRun, _: ProbeKind, _: SimTime) -> SimTime {
        SimTime::MAX
    }

    fn sigterm(&mut self, _: ContainerRun, _: SimTime, _: SimTime) {}

    fn ready_changed(&mut self, _: PodId, _: bool, _: SimTime) {}

    fn pod_removed(&mut self, _: PodId, _: SimTime) {}

    fn sample(&mut self, _: ContainerRun, _: SimTime) -> ContainerSample {
        ContainerSample::default()
    }
}
