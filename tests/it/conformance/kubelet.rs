//! Plays a case of `tests/conformance/kubelet` with the kubelet, and writes down what it did.

use std::sync::Arc;

use podtide::api::core::{Container, PodSpec, PodTemplateSpec, Probe};
use podtide::engine::wakes::Wake;
use podtide::kube::apiserver::watch::{ANY_RANK, KUBELET};
use podtide::kube::apiserver::write::NewPod;
use podtide::kube::apiserver::{Api, Below, Cluster, Write};
use podtide::kube::kubelet::application::{
    Application, ContainerExit, ContainerRun, ContainerSample, ProbeAnswer, ProbeKind, ProbeReply,
};
use podtide::kube::kubelet::{
    ContainerState, ContainerStatus, Kubelet, KubeletConfig, PodWaits, Waits,
};
use podtide::kube::objects::ids::{NodeId, PodId};
use podtide::kube::reason::Reason;
use podtide::kube::timings::Timings;
use podtide::units::{SimDuration, SimTime};
use serde_json::{Map, Value, json};

use super::tally::Outcome;

/// Whether the kubelet does in a case what upstream's did, at the same instants; once with every
/// probe run, and once with probes skipped that can change nothing.
pub(super) fn agrees(case: &Value) -> Outcome {
    let all = Timeline::from_recording(case);
    let with_every_probe = play(case, Foresight::None);
    compare("every probe", &all, &with_every_probe).and(|| {
        let skipping = play(case, Foresight::Full);
        let without_good_probes = |timeline: &Timeline| timeline.without_good_probes();
        compare("skipping", &without_good_probes(&all), &without_good_probes(&skipping))
    })
}

/// Compares instant by instant and shows the first that differs.
fn compare(kind: &str, upstream: &Timeline, ours: &Timeline) -> Outcome {
    let first = (0..).map(|i| (upstream.moments.get(i), ours.moments.get(i)));
    for (upstream, ours) in first {
        if upstream != ours {
            return Outcome::of(kind, &upstream, &ours);
        }
        if upstream.is_none() {
            break;
        }
    }
    Outcome::Agrees
}

/// What happened, by instant; moments of one instant in the order of their texts.
#[derive(Clone, Debug, Default, PartialEq)]
struct Timeline {
    moments: Vec<(i64, Vec<String>)>,
}

impl Timeline {
    fn from_recording(case: &Value) -> Timeline {
        let mut timeline = Timeline::default();
        for moment in case["timeline"].as_array().expect("a timeline") {
            let mut moment = moment.as_object().expect("a moment").clone();
            let at = milliseconds(&moment.remove("at").expect("a time"));
            timeline.note(at, &moment);
        }
        timeline
    }

    fn note(&mut self, at: i64, moment: &Map<String, Value>) {
        let mut fields: Vec<String> =
            moment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        fields.sort();
        let text = fields.join(" ");
        match self.moments.last_mut().filter(|last| last.0 == at) {
            Some(last) => {
                last.1.push(text);
                last.1.sort();
            }
            None => self.moments.push((at, vec![text])),
        }
    }

    fn without_good_probes(&self) -> Timeline {
        let mut moments = self.moments.clone();
        for (_, texts) in &mut moments {
            texts.retain(|text| !text.starts_with("answer=\"ok\""));
        }
        moments.retain(|(_, texts)| !texts.is_empty());
        Timeline { moments }
    }
}

/// What the application tells about coming probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Foresight {
    None,
    Full,
}

fn play(case: &Value, foresight: Foresight) -> Timeline {
    let mut cluster = Cluster::default();
    cluster.timings = Timings::instant();
    let mut kubelet = Kubelet::new(KubeletConfig {
        image_pull: SimDuration(milliseconds(&case["pullTakes"])),
        waits: Waits::Fixed(PodWaits {
            relist: SimDuration(milliseconds(&case["relistSeconds"])),
            exit_seen_after: SimDuration(milliseconds(&case["exitSeenAfter"])),
            resync: SimDuration(milliseconds(&case["resyncSeconds"])),
            status_first: case["statusFirst"] == json!(true),
        }),
    });
    let mut script = Script::new(case, foresight);
    let pod = create_pod(&mut cluster, case);
    let end = SimTime(milliseconds(&case["horizonSeconds"]));
    while cluster.wakes.next_at() < end {
        cluster.now = cluster.wakes.next_at();
        script.now = cluster.now;
        let wake = cluster.wakes.pop_due(cluster.now, ANY_RANK);
        if matches!(wake, Some(Wake { component: KUBELET, .. })) {
            kubelet.reconcile(&mut Api::new(&mut cluster, 4, &mut Elsewhere), pod, &mut script);
        }
        note_events(&mut cluster, &mut script.timeline);
    }
    script.timeline
}

/// The scheduler hears of pods that end; the case is not about it.
struct Elsewhere;

impl Below for Elsewhere {
    fn run(&mut self, _: &mut Cluster, _: Wake) {}
}

fn create_pod(cluster: &mut Cluster, case: &Value) -> PodId {
    let node = Arc::new(podtide::api::core::Node::default());
    cluster.write(Write::CreateNode(node), Reason::Scenario).expect("a first node");
    let container = Container {
        name: "app".to_owned(),
        image: "shop:v1".to_owned(),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        startup_probe: probe(&case["startupProbe"]),
        readiness_probe: probe(&case["readinessProbe"]),
        liveness_probe: probe(&case["livenessProbe"]),
        ..Container::default()
    };
    let spec = PodSpec {
        containers: vec![container],
        restart_policy: case["restartPolicy"].as_str().map(str::to_owned),
        termination_grace_period_seconds: case["terminationGracePeriodSeconds"].as_i64(),
        ..PodSpec::default()
    };
    let template = Arc::new(PodTemplateSpec { spec, ..PodTemplateSpec::default() });
    let (name, namespace) = (Arc::from("pod"), Arc::from("default"));
    let pod = NewPod { name, namespace, owner: None, template };
    cluster.write(Write::CreatePod(Box::new(pod)), Reason::Scenario).expect("a first pod");
    let bind = Write::BindPod { pod: PodId(0), node: NodeId(0) };
    cluster.write(bind, Reason::Scenario).expect("a free pod");
    drop(cluster.take_journal());
    PodId(0)
}

fn probe(value: &Value) -> Option<Probe> {
    let field = |name: &str| value[name].as_i64().unwrap_or_default() as i32;
    value.is_object().then(|| Probe {
        initial_delay_seconds: field("initialDelaySeconds"),
        timeout_seconds: field("timeoutSeconds"),
        period_seconds: field("periodSeconds"),
        success_threshold: field("successThreshold"),
        failure_threshold: field("failureThreshold"),
        termination_grace_period_seconds: value["terminationGracePeriodSeconds"].as_i64(),
        handler: r#"{"exec":{"command":["check"]}}"#.to_owned(),
    })
}

/// Writes down the events that the recordings have.
fn note_events(cluster: &mut Cluster, timeline: &mut Timeline) {
    for fact in cluster.take_journal() {
        let word = fact.reason.word();
        let routine = ["Pulling", "Pulled", "Created", "Started"].contains(&word);
        if matches!(fact.write, Write::Event { .. }) && !routine {
            // The recordings' pod has the uid "uid".
            let message = match fact.reason.to_string().rsplit_once('(') {
                Some((before, _)) => format!("{before}(uid)"),
                None => fact.reason.to_string(),
            };
            let event = json!({"what": "event", "reason": word, "message": message});
            timeline.note(fact.at.0, &object(event));
        }
    }
}

/// The container of a case: an application that follows the script.
struct Script<'a> {
    case: &'a Value,
    foresight: Foresight,
    now: SimTime,
    started_at: Vec<SimTime>,
    stopped: Option<Stopped>,
    status: Option<Map<String, Value>>,
    timeline: Timeline,
}

/// A container that got SIGTERM.
#[derive(Clone, Copy)]
struct Stopped {
    at: SimTime,
    kill_at: SimTime,
}

impl<'a> Script<'a> {
    fn new(case: &'a Value, foresight: Foresight) -> Script<'a> {
        Script {
            case,
            foresight,
            now: SimTime::ZERO,
            started_at: Vec::new(),
            stopped: None,
            status: None,
            timeline: Timeline::default(),
        }
    }

    fn behaviour(&self, run: ContainerRun) -> &'a Value {
        let runs = self.case["runs"].as_array().expect("runs");
        &runs[(run.restart as usize).min(runs.len() - 1)]
    }

    fn replies(&self, run: ContainerRun, kind: ProbeKind) -> &'a [Value] {
        let replies = self.behaviour(run)["replies"][name_of(kind)].as_array();
        replies.map_or(&[], Vec::as_slice)
    }

    fn note(&mut self, moment: Value) {
        self.timeline.note(self.now.0, &object(moment));
    }

    /// The answer at an age of a run, and how long it takes.
    fn reply(&self, run: ContainerRun, kind: ProbeKind, at: SimTime) -> (bool, i64) {
        let age = (at - self.started_at[run.restart as usize]).0;
        let replies = self.replies(run, kind).iter();
        let current = replies.take_while(|reply| milliseconds(&reply["from"]) <= age).last();
        current.map_or((true, 0), |reply| {
            (reply["answer"] == json!("ok"), milliseconds(&reply["takes"]))
        })
    }

    fn timeout(&self, kind: ProbeKind) -> i64 {
        let probe = &self.case[format!("{}Probe", name_of(kind))];
        milliseconds(&probe["timeoutSeconds"])
    }
}

impl Application for Script<'_> {
    fn container_started(&mut self, run: ContainerRun, at: SimTime) {
        assert_eq!(run.restart as usize, self.started_at.len(), "runs come one after the other");
        self.started_at.push(at);
        self.stopped = None;
        self.note(json!({"what": "start", "run": run.restart + 1}));
    }

    fn container_stopped(&mut self, run: ContainerRun, _: SimTime, exit: ContainerExit) {
        self.note(json!({"what": "exit", "run": run.restart + 1, "code": exit.code()}));
    }

    fn exits_at(&mut self, run: ContainerRun) -> Option<(SimTime, i32)> {
        let behaviour = self.behaviour(run);
        let by_itself = behaviour.get("exitAfter").map(|after| {
            let at = self.started_at[run.restart as usize] + SimDuration(milliseconds(after));
            (at, behaviour["exitCode"].as_i64().unwrap_or_default() as i32)
        });
        let stopped = self
            .stopped
            .map(|stopped| (stopped.at + SimDuration(milliseconds(&behaviour["stopTakes"])), 0));
        by_itself.into_iter().chain(stopped).min()
    }

    fn probe(
        &mut self,
        run: ContainerRun,
        kind: ProbeKind,
        timeout: SimDuration,
        at: SimTime,
    ) -> ProbeReply {
        let (good, mut takes) = self.reply(run, kind, at);
        let mut answer = if good { ProbeAnswer::Success } else { ProbeAnswer::Failure };
        if takes >= timeout.0 {
            takes = timeout.0 + [11, 23, 37][kind as usize];
            answer = ProbeAnswer::TimedOut;
        }
        let word = match answer {
            ProbeAnswer::Success => "ok",
            ProbeAnswer::TimedOut => "timeout",
            _ => "fail",
        };
        let number = run.restart + 1;
        self.note(json!({
            "what": "probe", "probe": name_of(kind), "run": number, "answer": word,
        }));
        ProbeReply { answer, takes: SimDuration(takes + i64::from(number)) }
    }

    fn succeeds_until(&mut self, run: ContainerRun, kind: ProbeKind, from: SimTime) -> SimTime {
        if self.foresight == Foresight::None {
            return from;
        }
        let good = |script: &Self, at| {
            let (good, takes) = script.reply(run, kind, at);
            good && takes < script.timeout(kind)
        };
        if !good(self, from) {
            return from;
        }
        let started = self.started_at[run.restart as usize];
        let changes = self.replies(run, kind).iter();
        let mut changes = changes.map(|reply| started + SimDuration(milliseconds(&reply["from"])));
        changes.find(|&at| at > from && !good(self, at)).unwrap_or(SimTime::MAX)
    }

    fn sigterm(&mut self, run: ContainerRun, at: SimTime, kill_at: SimTime) {
        self.stopped = Some(Stopped { at, kill_at });
        let grace = (kill_at - at).0 / 1000;
        self.note(json!({"what": "stop", "run": run.restart + 1, "grace": grace}));
    }

    fn stop_returns_at(&mut self, run: ContainerRun, at: SimTime) -> SimTime {
        // The recorder's runtime waits for as long as the script says, also for a container that
        // ends earlier by itself.
        let takes = milliseconds(&self.behaviour(run)["stopTakes"]);
        let stopped = self.stopped.expect("a container that was stopped");
        at.max(stopped.kill_at.min(stopped.at + SimDuration(takes)))
    }

    fn ready_changed(&mut self, _: PodId, _: bool, _: SimTime) {}

    fn pod_removed(&mut self, _: PodId, _: SimTime) {}

    fn sample(&mut self, _: ContainerRun, _: SimTime) -> ContainerSample {
        ContainerSample::default()
    }

    fn container_status(&mut self, _: PodId, _: u16, status: &ContainerStatus, _: SimTime) {
        let state = match status.state {
            ContainerState::Running { .. } => "running",
            ContainerState::Terminated(_) => "terminated",
            ContainerState::Waiting(reason) => reason.word(),
        };
        let mut moment = object(json!({"what": "status", "state": state}));
        for (name, set) in [("started", status.started), ("ready", status.ready)] {
            if set {
                moment.insert(name.to_owned(), json!(true));
            }
        }
        if self.status.as_ref() != Some(&moment) {
            self.timeline.note(self.now.0, &moment);
            self.status = Some(moment);
        }
    }
}

fn name_of(kind: ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Startup => "startup",
        ProbeKind::Readiness => "readiness",
        ProbeKind::Liveness => "liveness",
    }
}

fn milliseconds(seconds: &Value) -> i64 {
    let seconds = seconds.as_f64().unwrap_or_else(|| panic!("{seconds} is no time"));
    (seconds * 1000.0).round() as i64
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}
