//! Pods in the same state, and the closed form of that state between two changes.

use smallvec::SmallVec;

use super::fifo::Fifo;
use super::params::Params;
use super::roots::{SAME_S, area, first_root, rounding};

/// Cumulative amounts of one pod.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// Requests that arrived.
    pub(super) offered: f64,
    /// Requests served in time.
    pub(super) served: f64,
    /// Requests that failed.
    pub(super) failed: f64,
    /// Requests worked on, in time or not.
    pub(super) worked: f64,
    /// CPU time spent on requests \[s\].
    pub(super) cpu: f64,
}

impl Counts {
    pub(super) fn plus(self, other: Counts) -> Counts {
        Counts {
            offered: self.offered + other.offered,
            served: self.served + other.served,
            failed: self.failed + other.failed,
            worked: self.worked + other.worked,
            cpu: self.cpu + other.cpu,
        }
    }

    pub(super) fn minus(self, other: Counts) -> Counts {
        self.plus(other.times(-1.0))
    }

    pub(super) fn times(self, factor: f64) -> Counts {
        Counts {
            offered: self.offered * factor,
            served: self.served * factor,
            failed: self.failed * factor,
            worked: self.worked * factor,
            cpu: self.cpu * factor,
        }
    }
}

/// What a cohort gets from one service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Inflow {
    /// The service.
    pub(super) service: u32,
    /// Whether requests arrive still; else only what waits is finished.
    pub(super) open: bool,
    /// Requests of that service that wait in each pod and are not too late.
    pub(super) queued: f64,
    /// Volume of the service when the counts were last folded.
    pub(super) volume: f64,
    /// Arrivals at each pod at the start of the piece \[1/s\].
    pub(super) rate: f64,
    /// Their change \[1/s²\].
    pub(super) slope: f64,
}

/// How a cohort fares during a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nobody waits: what arrives is worked on at once.
    #[default]
    Pass,
    /// Somebody waits, and there is room.
    Busy,
    /// The queue is at its bound: the surplus fails.
    Full,
}

/// Pods whose state is the same but for constants in their counts. A pool (the consumers of a
/// queue) is one cohort whose figures are those of all its pods together.
#[derive(Clone, Debug)]
pub(super) struct Cohort {
    pub(super) component: u32,
    pub(super) pool: bool,
    /// The pods, in no order.
    pub(super) members: Vec<u32>,
    pub(super) weight: f64,
    pub(super) params: Params,
    /// When the members became ready, while they warm up \[ms\].
    pub(super) warm_since: Option<i64>,
    /// When their warm-up takes its next step \[ms\].
    pub(super) next_warm: f64,
    pub(super) inflows: SmallVec<[Inflow; 1]>,
    /// Order of those that wait, where some can be too late.
    pub(super) fifo: Fifo,
    /// Amounts of each pod since the cohort began, at its last folding.
    pub(super) counts: Counts,
    pub(super) mode: Mode,
    /// Goes up with each piece: counts are a straight line over volume only within an epoch.
    pub(super) epoch: u32,
    /// Arrivals at each pod at the start of the piece \[1/s\].
    pub(super) rate: f64,
    /// Their change \[1/s²\].
    pub(super) slope: f64,
    /// Whether what is admitted during the piece is too late.
    pub(super) late: bool,
    /// When the mode ends, from the start of the piece \[s\].
    pub(super) root: f64,
    /// The queue at that moment.
    pub(super) root_queue: f64,
}

/// What happens to one pod from the start of a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Progress {
    /// Requests that arrive.
    pub(super) offered: f64,
    /// Requests worked on.
    pub(super) worked: f64,
    /// Requests that find no room.
    pub(super) turned_away: f64,
    /// Requests that wait at the end.
    pub(super) queue: f64,
}

/// Of one service, what happened to one pod during a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// Requests that arrived.
    pub(super) offered: f64,
    /// Requests served in time.
    pub(super) served: f64,
    /// Requests that found no room.
    pub(super) turned_away: f64,
    /// Requests let in although they would be too late.
    pub(super) let_in_late: f64,
}

impl Cohort {
    pub(super) fn new(component: u32, weight: f64, params: Params) -> Cohort {
        Cohort {
            component,
            pool: false,
            members: Vec::new(),
            weight,
            params,
            warm_since: None,
            next_warm: f64::INFINITY,
            inflows: SmallVec::new(),
            fifo: Fifo::default(),
            counts: Counts::default(),
            mode: Mode::Pass,
            epoch: 0,
            rate: 0.0,
            slope: 0.0,
            late: false,
            root: f64::INFINITY,
            root_queue: 0.0,
        }
    }

    /// How many times the figures of the cohort stand: once for each pod, or once for a pool.
    pub(super) fn times(&self) -> f64 {
        if self.pool { 1.0 } else { self.members.len() as f64 }
    }

    /// Requests that wait in each pod, too late or not.
    pub(super) fn queue(&self) -> f64 {
        let queued: f64 = self.inflows.iter().map(|inflow| inflow.queued).sum();
        queued + self.fifo.late()
    }

    /// Nobody waits.
    pub(super) fn is_idle(&self) -> bool {
        self.inflows.iter().all(|inflow| inflow.queued == 0.0) && self.fifo.is_empty()
    }

    /// Whether pods of both may share one state from now on.
    pub(super) fn is_like(&self, other: &Cohort) -> bool {
        let pairs = || self.inflows.iter().zip(&other.inflows);
        !self.pool
            && !other.pool
            && self.weight == other.weight
            && self.warm_since == other.warm_since
            && self.next_warm == other.next_warm
            && self.inflows.len() == other.inflows.len()
            && pairs()
                .all(|(a, b)| a.service == b.service && a.open == b.open && a.queued == b.queued)
            && self.params == other.params
            && self.fifo == other.fifo
    }

    /// Keeps the order of those that wait from now on, if some of them may be too late.
    pub(super) fn keep_order(&mut self) {
        if self.params.late_bound < f64::INFINITY && self.fifo.is_empty() {
            let waiting: f64 = self.inflows.iter().map(|inflow| inflow.queued).sum();
            if waiting > 0.0 {
                self.fifo.push(waiting, false);
            }
        }
    }

    /// Finds the mode of a piece that starts with the arrivals in `inflows`, and when it ends.
    pub(super) fn start_piece(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.rate = self.inflows.iter().map(|inflow| inflow.rate).sum();
        self.slope = self.inflows.iter().map(|inflow| inflow.slope).sum();
        let queue = self.queue();
        let surplus = self.rate - self.params.capacity;
        let near = surplus.abs() <= 1e-12 * self.params.capacity;
        let rises = if near { self.slope > 0.0 } else { surplus > 0.0 };
        let bound = self.params.queue_bound;
        self.mode = match (queue > 0.0, rises) {
            (false, false) => Mode::Pass,
            (true, false) => Mode::Busy,
            (_, true) if queue >= bound - rounding(bound) => Mode::Full,
            (_, true) => Mode::Busy,
        };
        let late_bound = self.params.late_bound;
        let reaches = (queue - late_bound).abs() <= rounding(late_bound);
        self.late = if reaches { rises } else { queue > late_bound };
        (self.root, self.root_queue) = self.find_root(queue, if near { 0.0 } else { surplus });
    }

    fn find_root(&self, queue: f64, surplus: f64) -> (f64, f64) {
        match self.mode {
            Mode::Pass if self.slope > 0.0 => (-surplus / self.slope, 0.0),
            Mode::Full if self.slope < 0.0 => (-surplus / self.slope, queue),
            Mode::Pass | Mode::Full => (f64::INFINITY, queue),
            Mode::Busy => {
                let levels = [0.0, self.params.queue_bound, self.params.late_bound];
                let roots = levels
                    .map(|level| (first_root(self.slope / 2.0, surplus, queue - level), level));
                roots.into_iter().fold((f64::INFINITY, queue), |best, next| {
                    if next.0 < best.0 { next } else { best }
                })
            }
        }
    }

    /// What happens to one pod in the first `dt` seconds of the piece.
    pub(super) fn progress(&self, dt: f64) -> Progress {
        let offered = area(self.rate, self.slope, dt);
        let before = self.queue();
        match self.mode {
            Mode::Pass => Progress { offered, worked: offered, turned_away: 0.0, queue: before },
            Mode::Full => {
                let worked = (self.params.capacity * dt).min(offered);
                Progress { offered, worked, turned_away: offered - worked, queue: before }
            }
            Mode::Busy => {
                let at_root = dt >= self.root - SAME_S;
                let free = before + offered - self.params.capacity * dt;
                let free = if at_root { self.root_queue } else { free };
                let queue = free.clamp(0.0, self.params.queue_bound);
                let turned_away = (free - queue).max(0.0);
                let worked = (before + offered - queue - turned_away).max(0.0);
                Progress { offered, worked, turned_away, queue }
            }
        }
    }

    /// The rate at which a pod works on requests, `dt` seconds into the piece \[1/s\].
    pub(super) fn work_rate(&self, dt: f64) -> f64 {
        match self.mode {
            Mode::Pass => self.rate + self.slope * dt,
            Mode::Busy | Mode::Full => self.params.capacity,
        }
    }

    /// What is served in time of one service's requests at the start of the piece, by each pod
    /// \[1/s\], and its change.
    pub(super) fn outflow(&self, place: usize) -> (f64, f64) {
        let inflow = &self.inflows[place];
        let queue = self.queue();
        match self.mode {
            Mode::Pass if self.late => (0.0, 0.0),
            Mode::Pass => (inflow.rate, inflow.slope),
            Mode::Busy | Mode::Full if queue > 0.0 => {
                (self.params.capacity * (inflow.queued / queue), 0.0)
            }
            Mode::Busy | Mode::Full if self.late => (0.0, 0.0),
            Mode::Busy | Mode::Full => (self.params.capacity * (inflow.rate / self.rate), 0.0),
        }
    }

    /// Lets `dt` seconds of the piece pass; gives what happened for each service.
    pub(super) fn commit(&mut self, dt: f64) -> SmallVec<[Outcome; 1]> {
        let progress = self.progress(dt);
        let admitted = progress.offered - progress.turned_away;
        let late_in = if self.late { admitted } else { 0.0 };
        let in_time = admitted - late_in;
        let waits: f64 = self.inflows.iter().map(|inflow| inflow.queued).sum::<f64>() + in_time;
        let all_in_time = self.params.late_bound == f64::INFINITY && self.fifo.is_empty();
        let served = if all_in_time {
            waits - progress.queue
        } else {
            self.pass_fifo(in_time, late_in, progress)
        };
        let cpu = self.params.cpu * progress.worked;
        self.counts = self.counts.plus(Counts {
            offered: progress.offered,
            served,
            failed: progress.turned_away + late_in,
            worked: progress.worked,
            cpu,
        });
        self.split(dt, progress, [in_time, late_in, served, waits])
    }

    fn pass_fifo(&mut self, in_time: f64, late_in: f64, progress: Progress) -> f64 {
        self.fifo.push(in_time + late_in, self.late);
        let waiting: f64 = self.inflows.iter().map(|inflow| inflow.queued).sum();
        if progress.queue == 0.0 {
            self.fifo.clear();
            return waiting + in_time;
        }
        self.fifo.pop(progress.worked).0.min(waiting + in_time)
    }

    /// Shares out what happened among the services that the requests came through.
    fn split(
        &mut self,
        dt: f64,
        progress: Progress,
        [in_time, late_in, served, waits]: [f64; 4],
    ) -> SmallVec<[Outcome; 1]> {
        let alone = self.inflows.len() == 1;
        let mut outcomes = SmallVec::new();
        for inflow in &mut self.inflows {
            let offered = area(inflow.rate, inflow.slope, dt);
            let share = if alone {
                1.0
            } else if progress.offered > 0.0 {
                offered / progress.offered
            } else {
                0.0
            };
            let waited = inflow.queued + in_time * share;
            let out = if alone {
                served
            } else if waits > 0.0 {
                served * (waited / waits)
            } else {
                0.0
            };
            inflow.queued = match (progress.queue, alone && self.fifo.is_empty()) {
                (0.0, _) => 0.0,
                (queue, true) => queue,
                _ => (waited - out).max(0.0),
            };
            outcomes.push(Outcome {
                offered,
                served: out,
                turned_away: progress.turned_away * share,
                let_in_late: late_in * share,
            });
        }
        outcomes
    }

    /// Drops what waits beyond the bound, which a loss of capacity has lowered; gives what each
    /// service loses in each pod.
    pub(super) fn shed(&mut self) -> SmallVec<[f64; 1]> {
        let queue = self.queue();
        let bound = self.params.queue_bound;
        if queue <= bound {
            return self.inflows.iter().map(|_| 0.0).collect();
        }
        let keep = bound / queue;
        self.fifo.keep(keep);
        let lost = |inflow: &mut Inflow| {
            let before = inflow.queued;
            inflow.queued *= keep;
            before - inflow.queued
        };
        self.inflows.iter_mut().map(lost).collect()
    }
}
