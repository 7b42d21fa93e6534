//! Mirrors daemon/health.go of moby: when a container's health is checked, and what it comes to.
//! Left out: the log of results, checks that overlap a stop.

use crate::api::swarm::HealthConfig;
use crate::kube::kubelet::application::{ProbeAnswer, ProbeReply};
use crate::units::{SimDuration, SimTime};

/// What is known of a container's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HealthStatus {
    /// Not known yet.
    Starting,
    Healthy,
    Unhealthy,
}

/// The monitor of one container.
#[derive(Clone, Copy, Debug)]
pub(super) struct Health {
    config: HealthConfig,
    started_at: SimTime,
    pub(super) status: HealthStatus,
    failing_streak: u32,
    /// When the next check begins, if none is running.
    next_at: SimTime,
    flight: Option<Flight>,
}

/// A check that is running.
#[derive(Clone, Copy, Debug)]
struct Flight {
    begins: SimTime,
    ends: SimTime,
    success: bool,
}

impl Health {
    pub(super) fn new(config: HealthConfig, started_at: SimTime) -> Health {
        let mut health = Health {
            config,
            started_at,
            status: HealthStatus::Starting,
            failing_streak: 0,
            next_at: started_at,
            flight: None,
        };
        health.next_at = started_at + health.interval(started_at);
        health
    }

    pub(super) fn timeout(&self) -> SimDuration {
        self.config.timeout
    }

    /// When something is to be done: a check ends, or one begins that could fail. Checks that begin
    /// before `steady_until` succeed at once and are not run.
    pub(super) fn due_at(&self, steady_until: SimTime) -> SimTime {
        match self.flight {
            Some(flight) => flight.ends,
            None if !self.is_steady() => self.next_at,
            None if steady_until == SimTime::MAX => SimTime::MAX,
            None => self.tick_from(steady_until),
        }
    }

    /// Whether a check begins now.
    pub(super) fn begins(&self, now: SimTime) -> bool {
        self.flight.is_none() && self.next_at <= now
    }

    /// A check begins and gets that answer.
    pub(super) fn begin(&mut self, reply: ProbeReply, now: SimTime) {
        let timed_out = reply.answer == ProbeAnswer::TimedOut || reply.takes > self.config.timeout;
        let takes = if timed_out { self.config.timeout } else { reply.takes };
        let success = !timed_out && reply.answer == ProbeAnswer::Success;
        self.flight = Some(Flight { begins: now, ends: now + takes, success });
    }

    /// Takes in a check that is over, if one is; whether the status changed. Mirrors
    /// `handleProbeResult`.
    pub(super) fn finish(&mut self, now: SimTime) -> bool {
        let Some(flight) = self.flight.filter(|flight| flight.ends <= now) else { return false };
        self.flight = None;
        let former = self.status;
        if flight.success {
            self.failing_streak = 0;
            self.status = HealthStatus::Healthy;
        } else if self.counts(flight.begins) {
            self.failing_streak += 1;
            if self.failing_streak >= self.config.retries {
                self.status = HealthStatus::Unhealthy;
            }
        }
        self.next_at = now + self.interval(now);
        self.status != former
    }

    /// Failures in the start period do not count, until the first success.
    fn counts(&self, begun: SimTime) -> bool {
        self.status != HealthStatus::Starting || begun - self.started_at >= self.config.start_period
    }

    /// Mirrors `getInterval`.
    fn interval(&self, now: SimTime) -> SimDuration {
        let over = now - self.started_at >= self.config.start_period;
        if !over && self.status == HealthStatus::Starting {
            self.config.start_interval
        } else {
            self.config.interval
        }
    }

    /// Counts the checks before now that were not run because they would have succeeded.
    pub(super) fn skip(&mut self, now: SimTime) {
        if self.is_steady() {
            self.next_at = self.tick_from(now);
        }
    }

    /// The first check at an instant or after it.
    fn tick_from(&self, instant: SimTime) -> SimTime {
        let interval = self.config.interval.0;
        let steps = ((instant - self.next_at).0 + interval - 1).div_euclid(interval);
        self.next_at + SimDuration(steps.max(0) * interval)
    }

    /// Whether it may be asked for how long checks will succeed.
    pub(super) fn is_steady(&self) -> bool {
        self.status == HealthStatus::Healthy && self.failing_streak == 0 && self.flight.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays checks of a container that is up from an instant on \[s\]; when it gets healthy, or
    /// unhealthy.
    fn check(config: HealthConfig, up_at: i64) -> (HealthStatus, i64) {
        let mut health = Health::new(config, SimTime::ZERO);
        while health.status == HealthStatus::Starting {
            let now = health.due_at(SimTime::ZERO);
            if health.begins(now) {
                let up = now >= SimTime::from_secs(up_at);
                let answer = if up { ProbeAnswer::Success } else { ProbeAnswer::Refused };
                health.begin(ProbeReply::at_once(answer), now);
            }
            health.finish(now);
        }
        (health.status, (health.next_at - health.config.interval).0 / 1000)
    }

    #[test]
    fn a_start_period_has_checks_of_its_own() {
        let seconds = SimDuration::from_secs;
        let config = HealthConfig {
            interval: seconds(10),
            retries: 3,
            start_period: seconds(60),
            ..HealthConfig::default()
        };
        assert_eq!(check(config, 25), (HealthStatus::Healthy, 25));
        let slow = HealthConfig { start_interval: seconds(10), ..config };
        assert_eq!(check(slow, 25), (HealthStatus::Healthy, 30));
        assert_eq!(check(config, 1000), (HealthStatus::Unhealthy, 80));
    }

    #[test]
    fn without_a_start_period_every_failure_counts() {
        let config = HealthConfig { interval: SimDuration::from_secs(10), ..Default::default() };
        assert_eq!(check(config, 1000), (HealthStatus::Unhealthy, 30));
        assert_eq!(check(config, 30), (HealthStatus::Healthy, 30));
    }
}
