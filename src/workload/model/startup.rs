//! Work of starting: time times CPU, so that it takes longer when CPU is short.

use crate::workload::service::Startup;

use super::WorkloadModel;
use super::state::{Starting, Timer, TimerKind, ceil_ms};

/// No instant.
const NEVER_MS: i64 = i64::MAX;

impl WorkloadModel {
    /// Begins the work of a container that has just been started; says whether there is none.
    pub(super) fn begin_startup(&mut self, pod: u32, container: u32) -> bool {
        let state = &self.pods[pod as usize];
        let serves = state.serving == Some(container);
        let work = state.behavior.as_ref().filter(|_| serves).map(|behavior| behavior.startup);
        let work = work.filter(|work| work.time.0 > 0);
        let starting = match work {
            None => Starting { done: true, ..Starting::default() },
            Some(work) => Starting {
                left: work.time.as_secs_f64() * cores(work),
                at_ms: self.now_ms,
                done_ms: NEVER_MS,
                ..Starting::default()
            },
        };
        self.starting(pod, container, starting);
        if let Some(work) = work {
            if cores(work) > 0.0 {
                self.pace_startup(pod);
            } else {
                let done_ms = self.now_ms as i64 + work.time.0;
                self.expect_started(pod, container, Starting { done_ms, ..starting });
            }
        }
        work.is_none()
    }

    fn starting(&mut self, pod: u32, container: u32, starting: Starting) {
        let state = &mut self.pods[pod as usize];
        self.nodes[state.node as usize].disturbances += 1;
        let container = &mut state.containers[container as usize];
        container.line.set(None);
        if let Some(running) = &mut container.running {
            running.startup = starting;
        }
    }

    fn expect_started(&mut self, pod: u32, container: u32, starting: Starting) {
        self.starting(pod, container, starting);
        if starting.done_ms < NEVER_MS {
            let at_ms = starting.done_ms;
            self.set_container_timer(TimerKind::Started, pod, container, at_ms);
        }
    }

    /// Has something happen to the present run of a container.
    pub(super) fn set_container_timer(
        &mut self,
        kind: TimerKind,
        pod: u32,
        container: u32,
        at_ms: i64,
    ) {
        let generation = self.pods[pod as usize].containers[container as usize].generation;
        self.timers.insert(Timer { at_ms, kind, subject: pod, container, generation });
        self.dirty = true;
    }

    /// Has something happen to a pod or a node.
    pub(super) fn set_timer(&mut self, kind: TimerKind, subject: u32, at_ms: i64) {
        self.timers.insert(Timer { at_ms, kind, subject, container: 0, generation: 0 });
        self.dirty = true;
    }

    /// Counts the work of starting up to now, and goes on with the cores that there are now.
    pub(super) fn pace_startup(&mut self, pod: u32) {
        let state = &self.pods[pod as usize];
        let (Some(index), Some(behavior)) = (state.serving, &state.behavior) else { return };
        let container = &state.containers[index as usize];
        let Some(running) = container.running.filter(|running| !running.startup.done) else {
            return;
        };
        let most = cores(behavior.startup);
        if most == 0.0 {
            return;
        }
        let rate = (container.limit.min(container.granted) - container.idle).clamp(0.0, most);
        let before = running.startup;
        if before.rate == rate && before.at_ms < self.now_ms {
            return;
        }
        let done = ((self.now_ms - before.at_ms) / 1000.0 * before.rate).min(before.left);
        let left = before.left - done;
        let done_ms = match rate {
            0.0 => NEVER_MS,
            rate => ceil_ms(self.now_ms + left / rate * 1000.0),
        };
        let (spent, at_ms) = (before.spent + done, self.now_ms);
        self.expect_started(
            pod,
            index,
            Starting { spent, left, at_ms, rate, done_ms, done: false },
        );
    }

    /// Ends the work of starting if a timer's instant is the one expected.
    pub(super) fn startup_is_done(&mut self, timer: Timer) -> bool {
        let container = &self.pods[timer.subject as usize].containers[timer.container as usize];
        let Some(running) = container.running else { return false };
        if running.startup.done || running.startup.done_ms != timer.at_ms {
            return false;
        }
        let before = running.startup;
        let spent = before.spent + before.left;
        let done = Starting { spent, left: 0.0, rate: 0.0, done: true, ..before };
        self.settle_pod(timer.subject);
        self.starting(timer.subject, timer.container, done);
        self.place(timer.subject);
        true
    }
}

/// CPU time spent on starting up to an instant \[s\].
pub(super) fn spent(starting: &Starting, now_ms: f64) -> f64 {
    let more = (now_ms - starting.at_ms) / 1000.0 * starting.rate;
    starting.spent + more.min(starting.left)
}

fn cores(work: Startup) -> f64 {
    work.cpu.0 as f64 / 1000.0
}
