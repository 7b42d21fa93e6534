//! The fluid against a simulation of single requests: Poisson arrivals, a random pod for each, one
//! server a pod, exponential service, first come first served, clients that leave after a time-out.

use std::collections::VecDeque;

use podtide::engine::random::RandomStream;
use podtide::units::{SimDuration, SimTime};
use podtide::workload::ModelConfig;
use podtide::workload::latency::summarize;
use podtide::workload::service::{Behavior, Profile};

use super::rig::{Rig, behavior, lines, service};

/// One pod: when those inside arrived, and when the one in service is done.
#[derive(Clone, Debug, Default)]
struct Server {
    waiting: VecDeque<f64>,
    serving: Option<(f64, f64)>,
}

/// What a run of single requests gave.
#[derive(Clone, Debug, Default)]
struct Outcome {
    served: f64,
    failed: f64,
    latency: f64,
    /// Requests that wait at each instant asked for.
    backlogs: Vec<f64>,
    /// When a pod that got no more requests after some instant was empty.
    drained: f64,
}

struct Requests {
    service_time: f64,
    timeout: f64,
    /// Requests that may wait in a pod; those that find no room fail.
    room: f64,
    pods: usize,
    /// Rates by the second at which they begin.
    rates: Vec<(f64, f64)>,
    end: f64,
    /// When the last pod stops accepting.
    terminates: f64,
    instants: Vec<f64>,
}

impl Requests {
    fn rate(&self, at: f64) -> f64 {
        self.rates.iter().rev().find(|rate| rate.0 <= at).map_or(0.0, |rate| rate.1)
    }

    fn run(&self, number: u64) -> Outcome {
        let mut stream = RandomStream::numbered(17, "tests/requests", number);
        let mut servers = vec![Server::default(); self.pods];
        let mut outcome = Outcome { drained: self.terminates, ..Outcome::default() };
        let most = self.rates.iter().map(|rate| rate.1).fold(0.0, f64::max);
        let mut instants = self.instants.iter().copied().peekable();
        let mut at = 0.0;
        while at < self.end {
            // Thinning: candidates come at the greatest rate, and some are no arrivals.
            at += stream.exponential() / most;
            while let Some(instant) = instants.next_if(|instant| *instant < at) {
                self.advance(&mut servers, instant, &mut stream, &mut outcome);
                let waiting = servers.iter().map(|server| server.waiting.len()).sum::<usize>();
                outcome.backlogs.push(waiting as f64);
            }
            self.advance(&mut servers, at, &mut stream, &mut outcome);
            if stream.unit() * most < self.rate(at) {
                let open = if at < self.terminates { self.pods } else { self.pods - 1 };
                let server = &mut servers[stream.below(open as u64) as usize];
                if server.waiting.len() as f64 >= self.room {
                    outcome.failed += 1.0;
                    continue;
                }
                server.waiting.push_back(at);
                self.begin(server, at, &mut stream, &mut outcome);
            }
        }
        outcome
    }

    fn advance(
        &self,
        servers: &mut [Server],
        to: f64,
        stream: &mut RandomStream,
        out: &mut Outcome,
    ) {
        let last = servers.len() - 1;
        for (number, server) in servers.iter_mut().enumerate() {
            while let Some((arrived, done)) = server.serving.filter(|serving| serving.1 <= to) {
                out.served += 1.0;
                out.latency += done - arrived;
                server.serving = None;
                self.begin(server, done, stream, out);
                if number == last && done > self.terminates && server.serving.is_none() {
                    out.drained = done;
                }
            }
        }
    }

    fn begin(&self, server: &mut Server, at: f64, stream: &mut RandomStream, out: &mut Outcome) {
        while server.serving.is_none() {
            let Some(arrived) = server.waiting.pop_front() else { return };
            if at - arrived > self.timeout - self.service_time {
                out.failed += 1.0;
                continue;
            }
            server.serving = Some((arrived, at + stream.exponential() * self.service_time));
        }
    }
}

/// Mean of some figure over runs, and 4 standard errors of it.
fn mean(outcomes: &[Outcome], figure: impl Fn(&Outcome) -> f64) -> (f64, f64) {
    let count = outcomes.len() as f64;
    let mean = outcomes.iter().map(&figure).sum::<f64>() / count;
    let square = outcomes.iter().map(|one| (figure(one) - mean).powi(2)).sum::<f64>();
    (mean, 4.0 * (square / (count - 1.0) / count).sqrt())
}

fn assert_within((mean, error): (f64, f64), have: f64, slack: f64, what: &str) {
    let bound = error + slack;
    assert!((have - mean).abs() <= bound, "{what}: {have}, requests say {mean} ± {bound}");
}

fn runs(requests: &Requests, count: u64) -> Vec<Outcome> {
    (0..count).map(|number| requests.run(number)).collect()
}

#[test]
fn a_steady_load_agrees() {
    for utilization in [0.4, 0.7, 0.85] {
        let rate = utilization * 4.0 * 20.0;
        let requests = Requests {
            service_time: 0.05,
            timeout: 1e6,
            room: f64::INFINITY,
            pods: 4,
            rates: vec![(0.0, rate)],
            end: 800.0,
            terminates: f64::INFINITY,
            instants: Vec::new(),
        };
        let outcomes = runs(&requests, 12);
        let load = lines(&[(0.0, rate), (800.0, rate)], true);
        let time = Behavior { timeout: SimDuration::from_secs(1000), ..behavior(50.0) };
        let profile = Profile::new("app", time);
        let services = vec![service(load)];
        let config = ModelConfig { seed: 3, services, profiles: vec![profile] };
        let mut rig = Rig::of(config.services.clone(), config.profiles[0].clone());
        rig.serve(4);
        rig.run_to(800.0);
        rig.model.finish();
        let window = (SimTime::ZERO, SimTime::from_secs(800));
        let fluid = summarize(&rig.model.take_segments(), &config, 0, window);
        let latency = fluid.latency.mean().expect("requests were served");
        // The histogram and the steps of utilization are exact to 2 %.
        let slack = 0.02 * latency;
        let figure = |one: &Outcome| one.latency / one.served;
        assert_within(mean(&outcomes, figure), latency, slack, "mean latency");
        assert_within(mean(&outcomes, |one| one.served), fluid.served, 5.0, "served");
    }
}

/// Four pods serve 80/s; 120/s come for 30 s, then 40/s. Clients have 5 s.
const OVERLOAD: [(f64, f64); 4] = [(0.0, 40.0), (10.0, 120.0), (40.0, 40.0), (90.0, 40.0)];

fn overload(timeout: f64, room: f64, instants: &[f64]) -> Vec<Outcome> {
    let requests = Requests {
        service_time: 0.05,
        timeout,
        room,
        pods: 4,
        rates: OVERLOAD.to_vec(),
        end: 90.0,
        terminates: f64::INFINITY,
        instants: instants.to_vec(),
    };
    runs(&requests, 200)
}

fn overloaded() -> Rig {
    let time = Behavior { timeout: SimDuration::from_secs(5), ..behavior(50.0) };
    let mut rig = Rig::new(service(lines(&OVERLOAD, true)), time);
    rig.serve(4);
    rig
}

#[test]
fn a_step_overload_agrees() {
    // Who would wait for longer than clients do is turned away: 99 may wait in a pod.
    // At 20 s the fluid reaches the bound, which chance rounds off.
    let instants = [15.0, 30.0, 39.9, 43.0, 55.0, 80.0];
    let outcomes = overload(1e6, 99.0, &instants);
    let mut rig = overloaded();
    for (index, instant) in instants.iter().enumerate() {
        rig.run_to(*instant);
        // Chance lets a few requests wait where the fluid has none, and lets pods differ.
        let waiting = mean(&outcomes, |one| one.backlogs[index]);
        assert_within(waiting, rig.model.backlog(0), 12.0, &format!("backlog at {instant} s"));
    }
    rig.run_to(90.0);
    let totals = rig.model.totals(0);
    assert_within(mean(&outcomes, |one| one.failed), totals.failed, 20.0, "failed");
    assert_within(mean(&outcomes, |one| one.served), totals.served, 20.0, "served");
}

#[test]
fn clients_that_leave_the_queue_fail_as_often() {
    let outcomes = overload(5.0, f64::INFINITY, &[]);
    let mut rig = overloaded();
    rig.run_to(90.0);
    let totals = rig.model.totals(0);
    assert_within(mean(&outcomes, |one| one.failed), totals.failed, 20.0, "failed");
    assert_within(mean(&outcomes, |one| one.served), totals.served, 20.0, "served");
}

#[test]
fn a_drain_agrees() {
    // Two pods serve 40/s; 60/s for 10 s leave 100 waiting in each, then one gets SIGTERM.
    let rates = [(0.0, 60.0), (10.0, 1.0), (60.0, 1.0)];
    let requests = Requests {
        service_time: 0.05,
        timeout: 1e6,
        room: f64::INFINITY,
        pods: 2,
        rates: rates.to_vec(),
        end: 60.0,
        terminates: 10.0,
        instants: Vec::new(),
    };
    let outcomes = runs(&requests, 300);
    let time = Behavior { timeout: SimDuration::from_secs(1000), ..behavior(50.0) };
    let mut rig = Rig::new(service(lines(&rates, true)), time);
    rig.serve(2);
    rig.run_to(10.0);
    let pod = rig.drain_one().expect("two pods serve");
    let drained = rig.model.drained_at(pod).expect("it has been sent SIGTERM").as_secs_f64();
    // A pod that happened to be idle for a moment has served less: the queue is longer by chance.
    assert_within(mean(&outcomes, |one| one.drained), drained, 0.3, "drained");
}
