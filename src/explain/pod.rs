//! The life of a pod so far: what was written at each turn, and what caused it.

use std::collections::BTreeSet;

use super::cycles;
use super::find::{Found, full_name, is_called};
use super::story::{Story, is_trouble, text};
use super::words::{instant, span};
use super::{Explanation, Kind, Step, Unknown};
use crate::kube::apiserver::default_toleration_seconds::tolerations_of;
use crate::kube::apiserver::{Cluster, Fact, Write};
use crate::kube::controllers::taint_eviction::reason::TaintEvictionReason;
use crate::kube::kubectl::drain::reason::KubectlReason;
use crate::kube::kubelet::reason::KubeletReason;
use crate::kube::objects::ids::PodId;
use crate::kube::objects::pod::{Pod, PodActivity, PodPhase};
use crate::kube::reason::Reason;
use crate::kube::scheduler::reason::SchedulerReason;
use crate::kube::scheduler::taint_toleration::tolerates_taint;
use crate::units::{SimDuration, SimTime};

/// Turns at the start of a long life that are told.
const FIRST_TURNS: usize = 6;
/// Turns at the end of a long life that are told.
const LAST_TURNS: usize = 14;

/// How a pod stands.
struct State {
    title: String,
    question: &'static str,
    concept: Option<&'static str>,
}

/// The pod of a name that was there last until an instant; else the first that came after it.
pub(super) fn find(story: &Story<'_>, name: &str, at: SimTime) -> Result<Found<PodId>, Unknown> {
    let all = || story.pods.values().filter(|pod| is_called(pod, name));
    let there = all().rev().find(|pod| created_at(story, pod.id) <= at);
    there.or_else(|| all().next()).cloned().ok_or_else(|| {
        let cluster = story.recording.state_at(at);
        let there = story.pods.values().filter(|pod| cluster.pod(pod.id).is_some());
        let mut known: Vec<String> = there.map(full_name).collect();
        let near = Unknown::new("pod", name, story.pods.values().map(full_name).collect());
        known.sort();
        Unknown { known, ..near }
    })
}

fn created_at(story: &Story<'_>, pod: PodId) -> SimTime {
    let created = story.causes.life(pod).and_then(|life| life.created);
    created.map_or(SimTime::MIN, |fact| story.recording.facts[fact as usize].at)
}

/// Explains a pod as it stands at an instant.
pub(super) fn explain(story: &Story<'_>, pod: &Found<PodId>, at: SimTime) -> Explanation {
    let cluster = story.recording.state_at(at);
    let State { title, question, concept } = state(story, pod, &cluster, at);
    let mut steps = turns(story, pod.id, at);
    if let Some(last) = steps.last_mut()
        && last.concept.is_none()
    {
        last.concept = concept;
    }
    if steps.is_empty() {
        steps.push(Step::new("there", "nothing was written about it so far"));
    }
    Explanation {
        kind: Kind::Pod,
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        at_seconds: Some(at.as_secs_f64()),
        title: format!("{} at {}: {title}", full_name(pod), instant(at)),
        question: question.to_owned(),
        steps,
        next: next(story, pod.id, at),
        ..Explanation::default()
    }
}

/// The state of a pod in one line.
fn state(story: &Story<'_>, found: &Found<PodId>, cluster: &Cluster, at: SimTime) -> State {
    let simple = |title: String, question| State { title, question, concept: None };
    let Some(pod) = cluster.pod(found.id) else {
        let life = story.causes.life(found.id);
        if life.is_some_and(|life| life.created.is_some()) && created_at(story, found.id) > at {
            let created = instant(created_at(story, found.id));
            return simple(
                format!("not there yet, it is created at {created}"),
                "why is it not there",
            );
        }
        let facts = &story.recording.facts;
        let ended =
            life.and_then(|life| life.ended.or(life.marked)).map(|fact| facts[fact as usize].at);
        let since = ended.map_or_else(String::new, |ended| format!(" since {}", instant(ended)));
        return simple(format!("gone{since}"), "why is it gone");
    };
    if let Some(deletion) = pod.deletion {
        let title = format!(
            "being deleted since {}, with a grace period of {}",
            instant(deletion.requested_at),
            span(SimDuration::from_secs(deletion.grace_period_seconds))
        );
        return simple(title, "why is it going");
    }
    living(story, pod, cluster, at)
}

/// Since when a ready pod is ready: its condition has whole seconds only, the write is exact.
fn ready_since(story: &Story<'_>, pod: &Pod, at: SimTime) -> SimTime {
    let written = |fact: u32| story.recording.facts[fact as usize].at;
    let life = story.causes.life(pod.id);
    let turns = life.into_iter().flat_map(|life| life.readiness.iter().rev());
    let mut turns = turns.filter(|(fact, _)| written(*fact) <= at);
    match (turns.next(), pod.ready) {
        (Some((fact, true)), _) => written(*fact),
        (_, Some(ready)) => ready.last_transition_time,
        (_, None) => at,
    }
}

fn living(story: &Story<'_>, pod: &Pod, cluster: &Cluster, at: SimTime) -> State {
    let node = pod.node.and_then(|node| cluster.node(node));
    let node = node.map_or_else(String::new, |node| format!(" on {}", node.node.metadata.name));
    let state = |title: String, question, concept| State { title, question, concept };
    let restarts = match pod.restarts {
        0 => String::new(),
        1 => ", restarted once".to_owned(),
        many => format!(", restarted {many} times"),
    };
    let since = |from: SimTime| span(at - from);
    match pod.activity {
        _ if pod.phase == PodPhase::Failed => {
            state("failed, and it will not run again".to_owned(), "why did it fail", None)
        }
        PodActivity::Unscheduled if pod.node.is_none() => {
            let why = match &pod.unscheduled {
                Some(unscheduled) => unscheduled.reason.to_string(),
                None => "the scheduler has not come to it yet".to_owned(),
            };
            let title = format!("Pending for {}: {why}", since(pod.created_at));
            state(title, "why is it pending", Some("scheduling"))
        }
        PodActivity::Pulling => {
            state(format!("Pending{node}: its image is being pulled"), "why is it pending", None)
        }
        PodActivity::ImagePullBackOff => state(
            format!("Pending{node}: its image cannot be pulled (ImagePullBackOff)"),
            "why is it pending",
            None,
        ),
        PodActivity::CrashLoopBackOff => state(
            format!("CrashLoopBackOff{node}{restarts}"),
            "why does it restart",
            Some("crash-loop-backoff"),
        ),
        PodActivity::OomKilled => state(
            format!("OOMKilled{node}: a container went over its memory limit{restarts}"),
            "why did it restart",
            Some("crash-loop-backoff"),
        ),
        _ if pod.is_ready() => {
            let from = ready_since(story, pod, at);
            let question = if pod.restarts > 0 { "why did it restart" } else { "why is it there" };
            state(format!("ready{node} since {}{restarts}", instant(from)), question, None)
        }
        _ => state(format!("not ready{node}{restarts}"), "why is it not ready", Some("readiness")),
    }
}

/// All turns of a pod's life until an instant.
fn turns(story: &Story<'_>, pod: PodId, at: SimTime) -> Vec<Step> {
    let created = story.causes.life(pod).and_then(|life| life.created);
    let facts = (0_u32..).zip(&story.recording.facts).take_while(|(_, fact)| fact.at <= at);
    let own =
        facts.filter(|(place, fact)| fact.write.pod() == Some(pod) || created == Some(*place));
    let mut steps: Vec<Step> = Vec::new();
    if created.is_none() {
        steps.push(Step::new("start", "there from the start").about("warm-world"));
    }
    let mut told: BTreeSet<u32> = BTreeSet::new();
    let mut shown: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut run = Run::default();
    for (place, fact) in own.filter(|(_, fact)| is_turn(fact)) {
        let (name, words) = (fact.reason.word(), text(fact));
        let is_new = told.insert(place);
        assert!(is_new, "each fact is met once");
        // A condition and its event say the same at the same instant; probes fail again and again.
        if let Some(last) = steps.last_mut()
            && run.goes_on(name, &words, fact.at)
        {
            last.text = run.words();
            continue;
        }
        run = Run { name, words: words.clone(), last: fact.at, times: 1 };
        let mut step = Step::new(name, words);
        step.at_seconds = Some(fact.at.as_secs_f64());
        step.concept = concept_of(fact);
        if needs_cause(fact) {
            let because = story.because(place, |cause| told.contains(&cause));
            if shown.insert(because.clone()) {
                step.details = tolerated(story, fact).into_iter().chain(because).collect();
            }
        }
        steps.push(step);
    }
    shorten(cycles::merge(&steps))
}

/// How long a pod stood the taints that evict it, where a toleration says so.
fn tolerated(story: &Story<'_>, fact: &Fact) -> Option<String> {
    let Reason::TaintEviction(TaintEvictionReason::TaintManagerEviction { cancelled, .. }) =
        &fact.reason
    else {
        return None;
    };
    let cluster = story.recording.state_at(fact.at - SimDuration::from_millis(1));
    let pod = cluster.pod(fact.write.pod()?).filter(|_| !cancelled)?;
    let taints = &cluster.node(pod.node?)?.node.spec.taints;
    let tolerations = tolerations_of(&cluster.template(pod.template).spec.spec);
    let evicting = taints.iter().filter(|taint| taint.effect == "NoExecute");
    let used = evicting.flat_map(|taint| {
        let fits = tolerations.iter().filter(move |it| tolerates_taint(it, taint));
        fits.filter_map(move |it| Some((it.toleration_seconds?, &taint.key)))
    });
    let (seconds, key) = used.min_by_key(|(seconds, _)| *seconds)?;
    let (seconds, time) = (seconds.max(0), span(SimDuration::from_secs(seconds.max(0))));
    Some(format!("it stood the NoExecute taint {key} for {time}: tolerationSeconds {seconds}"))
}

/// Turns that say the same, one after the other.
#[derive(Default)]
struct Run {
    name: &'static str,
    words: String,
    last: SimTime,
    times: u32,
}

impl Run {
    /// Takes in another turn, if it says the same.
    fn goes_on(&mut self, name: &str, words: &str, at: SimTime) -> bool {
        if self.words != words || (self.name != name && self.last != at) {
            return false;
        }
        if self.last != at {
            self.times += 1;
        }
        self.last = at;
        true
    }

    fn words(&self) -> String {
        match self.times {
            1 => self.words.clone(),
            times => format!("{} ({times} times until {})", self.words, instant(self.last)),
        }
    }
}

/// Whether a fact is worth a line: not the small changes of status that an event tells as well.
fn is_turn(fact: &Fact) -> bool {
    match (&fact.write, &fact.reason) {
        (Write::PodStatus { .. }, Reason::Kubelet(reason)) => {
            is_trouble(reason)
                || matches!(reason, KubeletReason::ContainersReady | KubeletReason::PodCompleted)
        }
        _ => true,
    }
}

/// Whether what made it happen lies outside the pod's own course.
fn needs_cause(fact: &Fact) -> bool {
    match &fact.write {
        Write::CreatePod(_) | Write::DeletePod { .. } | Write::BindPod { .. } => true,
        Write::DisruptionTarget { .. } => true,
        Write::Note(_) | Write::Event { .. } => matches!(
            fact.reason,
            Reason::Kubectl(KubectlReason::EvictingPod { .. } | KubectlReason::Deleting { .. })
                | Reason::TaintEviction(_)
        ),
        Write::PodStatus { .. } => matches!(
            fact.reason,
            Reason::NodeLifecycle(_)
                | Reason::Kubelet(KubeletReason::Activity(PodActivity::CrashLoopBackOff))
        ),
        _ => false,
    }
}

fn concept_of(fact: &Fact) -> Option<&'static str> {
    match &fact.reason {
        Reason::Scheduler(
            SchedulerReason::FailedScheduling(_) | SchedulerReason::Unschedulable(_),
        ) => Some("scheduling"),
        Reason::Eviction(_) => Some("eviction"),
        Reason::ReplicaSet(_) if matches!(fact.write, Write::DeletePod { .. }) => {
            Some("victim-ranking")
        }
        Reason::Kubelet(KubeletReason::BackOff { .. }) => Some("crash-loop-backoff"),
        Reason::Kubelet(KubeletReason::Activity(PodActivity::CrashLoopBackOff)) => {
            Some("crash-loop-backoff")
        }
        _ => None,
    }
}

/// The first and the last turns of a long life.
fn shorten(mut steps: Vec<Step>) -> Vec<Step> {
    if steps.len() <= FIRST_TURNS + LAST_TURNS + 1 {
        return steps;
    }
    let last = steps.split_off(steps.len() - LAST_TURNS);
    let left_out = steps.len() - FIRST_TURNS;
    steps.truncate(FIRST_TURNS);
    steps.push(Step::new("...", format!("{left_out} more turns in between")));
    steps.extend(last);
    steps
}

/// The next turn.
fn next(story: &Story<'_>, pod: PodId, at: SimTime) -> Option<String> {
    let later = story.recording.facts.partition_point(|fact| fact.at <= at);
    let created = story.causes.life(pod).and_then(|life| life.created);
    let mut facts = (later as u32..).zip(&story.recording.facts[later..]);
    let cluster = story.recording.state_at(at);
    let is_going = cluster.pod(pod).is_some_and(|pod| pod.deletion.is_some());
    // A kubelet that comes back may report a pod ready that is only waiting for its end.
    let misleads = |fact: &Fact| {
        is_going && matches!(fact.reason, Reason::Kubelet(KubeletReason::ContainersReady))
    };
    let (_, fact) = facts.find(|(place, fact)| {
        (fact.write.pod() == Some(pod) || created == Some(*place))
            && is_turn(fact)
            && !misleads(fact)
    })?;
    Some(format!("{} at {}: {}", fact.reason.word(), instant(fact.at), text(fact)))
}
