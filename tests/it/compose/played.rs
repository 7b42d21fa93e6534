//! A Compose file that was played, and what can be asked of it.

use podtide::kube::apiserver::{Cluster, Write};
use podtide::kube::reason::Reason;
use podtide::kube::swarm::reason::SwarmReason;
use podtide::recording::Recording;
use podtide::units::SimTime;

use crate::pipe::{play, scenario};

/// A service `web` whose update begins at 1 m and lasts a few minutes.
pub(super) struct Played {
    pub(super) recording: Recording,
}

/// No latencies anywhere, so that instants are those of the algorithm.
const SPEC: &str = "
  duration: 10m
  cluster:
    timings: instant
    imagePull: 0s
";

/// When the update of [`Played::update`] begins.
pub(super) const BEGIN: SimTime = SimTime::from_secs(60);

impl Played {
    /// Plays a Compose file with more of a Scenario's spec.
    pub(super) fn new(compose: &str, spec: &str) -> Played {
        Played { recording: play(&scenario(compose, &format!("{SPEC}{spec}"))) }
    }

    /// The same with the latencies of a live control plane.
    pub(super) fn with_latencies(compose: &str, spec: &str) -> Played {
        let spec = format!("{SPEC}{spec}").replace("instant", "typical");
        Played { recording: play(&scenario(compose, &spec)) }
    }

    /// Plays a file in which the image becomes `web:v2` at 1 m.
    pub(super) fn update(compose: &str, profile: &str) -> Played {
        let event = "\n  events: [{at: 1m, setImage: {deployment: web, image: 'web:v2'}}]\n";
        Played::new(compose, &format!("  profiles:\n    - {profile}{event}"))
    }

    /// States of the service's update with their instants from its begin \[s\].
    pub(super) fn statuses(&self) -> Vec<(f64, String)> {
        let statuses = self.recording.facts.iter().filter_map(|fact| match &fact.reason {
            Reason::Swarm(SwarmReason::Update(status))
                if matches!(fact.write, Write::Event { .. }) =>
            {
                Some((seconds(fact.at), status.word().to_owned()))
            }
            _ => None,
        });
        statuses.collect()
    }

    /// Messages of the service's update.
    pub(super) fn messages(&self) -> Vec<String> {
        let of_update = |reason: &&Reason| matches!(reason, Reason::Swarm(SwarmReason::Update(_)));
        let events = self.recording.facts.iter();
        let events = events.filter(|fact| matches!(fact.write, Write::Event { .. }));
        events.map(|fact| &fact.reason).filter(of_update).map(ToString::to_string).collect()
    }

    /// The cluster so many seconds after the begin of the update.
    pub(super) fn at(&self, seconds: f64) -> Cluster {
        self.recording.state_at(SimTime(BEGIN.0 + (seconds * 1000.0) as i64))
    }

    /// Tasks that run so many seconds after the begin of the update, and all there are.
    pub(super) fn running(&self, seconds: f64) -> usize {
        self.at(seconds)
            .pods()
            .iter()
            .filter(|pod| pod.is_ready() && pod.deletion.is_none())
            .count()
    }

    /// Tasks that have not ended so many seconds after the begin of the update.
    pub(super) fn tasks(&self, seconds: f64) -> usize {
        self.at(seconds).pods().iter().filter(|pod| !pod.is_terminal()).count()
    }

    /// When tasks told this, from the begin of the update on \[s\].
    pub(super) fn tasks_in(&self, message: &str) -> Vec<f64> {
        let facts = self.recording.facts.iter().filter(|fact| fact.at >= BEGIN);
        let of_task = |reason: &Reason| matches!(reason, Reason::Swarm(SwarmReason::Task(_)));
        let facts =
            facts.filter(|fact| of_task(&fact.reason) && fact.reason.to_string() == message);
        facts.map(|fact| seconds(fact.at)).collect()
    }

    /// Tasks that run, by image, so many seconds after the begin of the update.
    pub(super) fn running_with(&self, image: &str, seconds: f64) -> usize {
        let cluster = self.at(seconds);
        let pods = cluster.pods().iter().filter(|pod| pod.is_ready() && pod.deletion.is_none());
        pods.filter(|pod| cluster.template(pod.template).spec.spec.containers[0].image == image)
            .count()
    }

    /// The most tasks that run at once, and the fewest, from the begin of the update on.
    pub(super) fn bounds(&self) -> (usize, usize) {
        let mut counts = vec![self.running(-1.0)];
        let after = self.recording.facts.iter().filter(|fact| fact.at >= BEGIN);
        let mut instants: Vec<SimTime> = after.map(|fact| fact.at).collect();
        instants.dedup();
        counts.extend(instants.into_iter().map(|at| self.running(seconds(at))));
        let least = counts.iter().min().copied().unwrap_or_default();
        (least, counts.iter().max().copied().unwrap_or_default())
    }
}

fn seconds(at: SimTime) -> f64 {
    (at - BEGIN).as_secs_f64()
}

/// A state of the update with its instant.
pub(super) fn at(seconds: f64, word: &str) -> (f64, String) {
    (seconds, word.to_owned())
}
