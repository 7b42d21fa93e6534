//! A small world for tests: nodes, kubelets and an application that does what a test says.

use std::sync::Arc;

use podtide::api::core::{Container, Node, PodSpec, PodTemplateSpec, Probe};
use podtide::api::meta::ObjectMeta;
use podtide::engine::wakes::Wake;
use podtide::kube::apiserver::watch::{ANY_RANK, KUBELET};
use podtide::kube::apiserver::write::NewPod;
use podtide::kube::apiserver::{Api, Applied, Below, Cluster, Fact, Write};
use podtide::kube::kubelet::application::{
    Application, ContainerExit, ContainerRun, ContainerSample, ProbeAnswer, ProbeKind, ProbeReply,
};
use podtide::kube::kubelet::{Kubelet, KubeletConfig, PodWaits, Waits};
use podtide::kube::objects::ids::{NodeId, ObjectId, PodId};
use podtide::kube::reason::Reason;
use podtide::kube::timings::Timings;
use podtide::units::{Bytes, NanoCpu, SimDuration, SimTime};

/// Controllers of lower rank that do nothing.
pub(crate) struct Idle;

impl Below for Idle {
    fn run(&mut self, _: &mut Cluster, _: Wake) {}
}

/// A cluster with kubelets and nothing else.
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) kubelet: Kubelet,
    pub(crate) application: Fake,
    pub(crate) facts: Vec<Fact>,
    /// Whether pods are bound as soon as they are created.
    pub(crate) binds: bool,
    /// How often a kubelet was woken.
    pub(crate) wakes: u64,
}

impl World {
    /// A world of so many nodes without latency; images take 2 s to pull.
    pub(crate) fn new(nodes: u32) -> World {
        let mut cluster = Cluster::default();
        cluster.timings = Timings::instant();
        for number in 0..nodes {
            let metadata = ObjectMeta { name: format!("node-{number}"), ..ObjectMeta::default() };
            let node = Arc::new(Node { metadata, ..Node::default() });
            cluster.write(Write::CreateNode(node), Reason::Scenario).expect("a new node");
        }
        let kubelet = Kubelet::new(KubeletConfig {
            image_pull: SimDuration::from_secs(2),
            waits: Waits::Fixed(PodWaits::NONE),
        });
        let mut application = Fake::default();
        application.behaviour.stop_takes = Some(SimDuration::ZERO);
        World { cluster, kubelet, application, facts: Vec::new(), binds: true, wakes: 0 }
    }

    /// Creates a pod now and binds it, to one node after the other.
    pub(crate) fn create_pod(&mut self, spec: PodSpec) -> PodId {
        let template = Arc::new(PodTemplateSpec { spec, ..PodTemplateSpec::default() });
        let name = Arc::from(format!("pod-{}", self.cluster.pods().next_id().0));
        let new = NewPod { name, namespace: Arc::from("default"), owner: None, template };
        let created = self.cluster.write(Write::CreatePod(Box::new(new)), Reason::Scenario);
        let Ok(Applied::Created(ObjectId::Pod(pod))) = created else { panic!("{created:?}") };
        let node = NodeId(pod.0 % self.cluster.nodes().count() as u32);
        if self.binds {
            let bind = Write::BindPod { pod, node };
            self.cluster.write(bind, Reason::Scenario).expect("a free pod");
        }
        pod
    }

    pub(crate) fn wake(&mut self, pod: PodId) {
        self.cluster.wakes.wake(KUBELET, pod.0, self.cluster.now);
    }

    pub(crate) fn delete_pod(&mut self, pod: PodId, grace_period_seconds: Option<i64>) {
        let write = Write::DeletePod { pod, grace_period_seconds };
        self.cluster.write(write, Reason::Scenario).expect("the pod exists");
    }

    pub(crate) fn oom_kill(&mut self, pod: PodId) {
        let mut nobody = Idle;
        let mut api = Api::new(&mut self.cluster, 4, &mut nobody);
        self.kubelet.oom_killed(&mut api, pod, 0, &mut self.application);
    }

    /// Plays all that is due up to and at an instant.
    pub(crate) fn play_until(&mut self, until: SimTime) {
        while self.cluster.wakes.next_at() <= until {
            self.cluster.now = self.cluster.wakes.next_at();
            let Some(wake) = self.cluster.wakes.pop_due(self.cluster.now, ANY_RANK) else { break };
            if wake.component == KUBELET {
                self.wakes += 1;
                let mut nobody = Idle;
                let mut api = Api::new(&mut self.cluster, 4, &mut nobody);
                self.kubelet.reconcile(&mut api, PodId(wake.key), &mut self.application);
            }
            self.facts.extend(self.cluster.take_journal());
        }
        self.cluster.now = until;
    }

    /// Words of all events.
    pub(crate) fn words(&self) -> Vec<&'static str> {
        self.events().map(|fact| fact.reason.word()).collect()
    }

    /// When events of that word happened [ms].
    pub(crate) fn times_of(&self, word: &str) -> Vec<i64> {
        let of_word = self.events().filter(|fact| fact.reason.word() == word);
        of_word.map(|fact| fact.at.0).collect()
    }

    /// Texts of the events of that word.
    pub(crate) fn sentences_of(&self, word: &str) -> Vec<String> {
        let of_word = self.events().filter(|fact| fact.reason.word() == word);
        of_word.map(|fact| fact.reason.to_string()).collect()
    }

    /// When pods left the API server [ms].
    pub(crate) fn removals(&self) -> Vec<i64> {
        let removal = |fact: &&Fact| matches!(fact.write, Write::RemovePod(_));
        self.facts.iter().filter(removal).map(|fact| fact.at.0).collect()
    }

    /// When the condition Ready changed, as the application heard it.
    pub(crate) fn ready_changes(&self) -> Vec<(i64, bool)> {
        self.application.ready.iter().map(|&(_, ready, at)| (at.0, ready)).collect()
    }

    fn events(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(|fact| matches!(fact.write, Write::Event { .. }))
    }
}

/// What each run of each container does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behaviour {
    /// From the start until probes succeed; at once if absent.
    pub(crate) up_after: Option<SimDuration>,
    /// From the start until it ends by itself, and how.
    pub(crate) exits_after: Option<(SimDuration, i32)>,
    /// How long the first container runs when the pod has others after it.
    pub(crate) init_takes: SimDuration,
    /// From SIGTERM until it ends; absent if it does not listen.
    pub(crate) stop_takes: Option<SimDuration>,
    /// Readiness probes fail between these instants.
    pub(crate) unhealthy: Option<(SimTime, SimTime)>,
    pub(crate) pull_error: Option<&'static str>,
    /// CPU used all the time [cores].
    pub(crate) cores: f64,
    pub(crate) memory: i64,
}

/// An application that follows a [`Behaviour`] and writes down what is done to it.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) behaviour: Behaviour,
    pub(crate) starts: Vec<(ContainerRun, SimTime)>,
    pub(crate) exits: Vec<ContainerExit>,
    pub(crate) sigterms: Vec<(SimTime, SimTime)>,
    pub(crate) ready: Vec<(PodId, bool, SimTime)>,
    pub(crate) removed: Vec<(PodId, SimTime)>,
    /// No CPU is used from this instant on.
    pub(crate) idle_from: Option<SimTime>,
    signalled: Vec<(ContainerRun, SimTime)>,
}

impl Fake {
    fn started_at(&self, run: ContainerRun) -> SimTime {
        let start = self.starts.iter().rfind(|(other, _)| *other == run);
        start.expect("a run begins with its start").1
    }

    fn is_init(&self, run: ContainerRun) -> bool {
        run.container == 0 && self.behaviour.init_takes > SimDuration::ZERO
    }
}

impl Application for Fake {
    fn container_started(&mut self, run: ContainerRun, at: SimTime) {
        self.starts.push((run, at));
    }

    fn container_stopped(&mut self, run: ContainerRun, _: SimTime, exit: ContainerExit) {
        if !self.is_init(run) {
            self.exits.push(exit);
        }
    }

    fn exits_at(&mut self, run: ContainerRun) -> Option<(SimTime, i32)> {
        if self.is_init(run) {
            return Some((self.started_at(run) + self.behaviour.init_takes, 0));
        }
        let by_itself = self.behaviour.exits_after;
        let by_itself = by_itself.map(|(after, code)| (self.started_at(run) + after, code));
        let signal = self.signalled.iter().find(|(other, _)| *other == run);
        let stopped =
            signal.zip(self.behaviour.stop_takes).map(|(&(_, at), takes)| (at + takes, 0));
        by_itself.into_iter().chain(stopped).min()
    }

    fn probe(
        &mut self,
        run: ContainerRun,
        kind: ProbeKind,
        _: SimDuration,
        at: SimTime,
    ) -> ProbeReply {
        let up = at >= self.started_at(run) + self.behaviour.up_after.unwrap_or_default();
        let sick = self.behaviour.unhealthy.is_some_and(|(from, to)| from <= at && at < to);
        ProbeReply::at_once(match kind {
            _ if !up => ProbeAnswer::Refused,
            ProbeKind::Readiness if sick => ProbeAnswer::Failure,
            _ => ProbeAnswer::Success,
        })
    }

    fn succeeds_until(&mut self, run: ContainerRun, kind: ProbeKind, from: SimTime) -> SimTime {
        let now = self.probe(run, kind, SimDuration::ZERO, from);
        match self.behaviour.unhealthy {
            _ if now != ProbeReply::SUCCESS => from,
            Some((sick_from, _)) if sick_from > from => sick_from,
            _ => SimTime::MAX,
        }
    }

    fn sigterm(&mut self, run: ContainerRun, at: SimTime, kill_at: SimTime) {
        self.sigterms.push((at, kill_at));
        self.signalled.push((run, at));
    }

    fn ready_changed(&mut self, pod: PodId, ready: bool, at: SimTime) {
        self.ready.push((pod, ready, at));
    }

    fn pod_removed(&mut self, pod: PodId, at: SimTime) {
        self.removed.push((pod, at));
    }

    fn sample(&mut self, run: ContainerRun, at: SimTime) -> ContainerSample {
        let at = self.idle_from.map_or(at, |idle_from| at.min(idle_from));
        let age = (at - self.started_at(run)).0 as f64;
        let cpu = NanoCpu((age * 1e6 * self.behaviour.cores) as i64);
        ContainerSample { cpu, working_set: Bytes(self.behaviour.memory) }
    }

    fn pull_error(&mut self, _: PodId, _: u16) -> Option<Arc<str>> {
        self.behaviour.pull_error.map(Arc::from)
    }
}

/// A container of that name with the image `shop:v1`.
pub(crate) fn container(name: &str) -> Container {
    Container { name: name.to_owned(), image: "shop:v1".to_owned(), ..Container::default() }
}

/// A pod with one container.
pub(crate) fn pod_of(container: Container) -> PodSpec {
    PodSpec { containers: vec![container], ..PodSpec::default() }
}

/// A probe of that initial delay and period [s] and failure threshold.
pub(crate) fn probe(
    initial_delay_seconds: i32,
    period_seconds: i32,
    failure_threshold: i32,
) -> Probe {
    let handler = r#"{"httpGet":{"port":80}}"#.to_owned();
    Probe { initial_delay_seconds, period_seconds, failure_threshold, handler, ..Probe::default() }
}
