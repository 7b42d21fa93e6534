//! Telling what happened, as segments.

use smallvec::SmallVec;

use crate::workload::segment::{Flow, Segment, SegmentPart};

use super::WorkloadModel;
use super::cohort::{Cohort, Outcome};
use super::state::{Service, ServiceTotals};

impl WorkloadModel {
    /// Segments that have ended, in order of their ends; the caller takes them out.
    pub fn take_segments(&mut self) -> Vec<Segment> {
        std::mem::take(&mut self.segments)
    }

    /// Ends all segments now, at the end of a simulation; the last [`WorkloadModel::take_segments`]
    /// then has everything.
    pub fn finish(&mut self) {
        for component in 0..self.components.len() as u32 {
            self.settle(component);
        }
        for service in 0..self.services.len() as u32 {
            self.close(service);
            self.tell_rest(service);
        }
    }

    /// Tells what happened at the very end, as a segment without length.
    fn tell_rest(&mut self, number: u32) {
        let service = &self.services[number as usize];
        if service.totals == service.told {
            return;
        }
        let segment = self.segment(number, Flow::Line { rate: 0.0, slope: 0.0 });
        let mut segment = Segment { to_ms: segment.from_ms, ..segment };
        segment.backlog_to = segment.backlog_from;
        self.services[number as usize].tell(&mut segment);
        self.segments.push(segment);
    }

    /// After planning: opens a segment for each service whose rate follows from loads, unless the
    /// one that is open tells the same.
    pub(super) fn refresh_segments(&mut self, component: u32) {
        for index in 0..self.components[component as usize].services.len() {
            let number = self.components[component as usize].services[index];
            let service = &self.services[number as usize];
            if !service.follows {
                self.close(number);
                continue;
            }
            let (shares, refused) = (service.shares.clone(), service.refused());
            let next = self.segment(number, Flow::Follows { shares, refused });
            let service = &self.services[number as usize];
            if service.open.as_ref().is_some_and(|open| open.tells_as(&next)) {
                continue;
            }
            self.close(number);
            self.services[number as usize].open = Some(next);
        }
    }

    /// Ends a service's open segment at its component's clock.
    fn close(&mut self, number: u32) {
        let at_ms = self.components[self.services[number as usize].component as usize].clock_ms;
        let backlog = self.waiting(number);
        let service = &mut self.services[number as usize];
        let Some(mut segment) = service.open.take() else { return };
        if at_ms <= segment.from_ms {
            return;
        }
        segment.to_ms = at_ms;
        segment.backlog_to = backlog;
        service.tell(&mut segment);
        for part in &mut segment.parts {
            part.served = part.share * segment.offered;
        }
        self.segments.push(segment);
    }

    /// A segment that begins now.
    fn segment(&self, number: u32, flow: Flow) -> Segment {
        let service = &self.services[number as usize];
        let mut segment = Segment {
            service: number,
            from_ms: self.components[service.component as usize].clock_ms,
            to_ms: 0.0,
            flow,
            pods: 0,
            capacity: 0.0,
            backlog_from: self.waiting(number),
            backlog_to: 0.0,
            offered: 0.0,
            served: 0.0,
            failed: 0.0,
            lost: 0.0,
            parts: SmallVec::new(),
        };
        for cohort in &self.components[service.component as usize].cohorts {
            let cohort = &self.cohorts[*cohort as usize];
            let Some(inflow) = cohort.inflows.iter().find(|inflow| inflow.service == number) else {
                continue;
            };
            let share = if inflow.open { cohort.weight / service.weight } else { 0.0 };
            let part = cohort.part(share);
            if inflow.open {
                segment.pods += part.pods;
                segment.capacity += part.capacity * f64::from(part.pods);
            }
            segment.parts.push(part);
        }
        segment
    }

    /// Before a piece is committed: begins the segments of services whose rate does not follow from
    /// loads.
    pub(super) fn begin_lines(&mut self, component: u32, from_ms: f64) {
        for index in 0..self.components[component as usize].services.len() {
            let number = self.components[component as usize].services[index];
            let service = &self.services[number as usize];
            if service.follows {
                continue;
            }
            let flow = Flow::Line { rate: service.rate, slope: service.slope };
            let segment = Segment { from_ms, ..self.segment(number, flow) };
            self.services[number as usize].open = Some(segment);
        }
    }

    /// After a cohort is committed: tells of its part of a service's segment.
    pub(super) fn tell_part(&mut self, cohort: u32, place: usize, outcome: &Outcome) {
        let state = &self.cohorts[cohort as usize];
        let number = state.inflows[place].service;
        let service = &self.services[number as usize];
        if service.follows {
            return;
        }
        let cohorts = &self.components[service.component as usize].cohorts;
        let feeds = |other: &&u32| {
            self.cohorts[**other as usize].inflows.iter().any(|inflow| inflow.service == number)
        };
        let at = cohorts.iter().take_while(|other| **other != cohort).filter(feeds).count();
        let backlog = state.per_pod(state.queue());
        let served = state.per_pod(outcome.served);
        if let Some(segment) = &mut self.services[number as usize].open {
            segment.parts[at].backlog_to = backlog;
            segment.parts[at].served = served;
        }
    }

    /// After a piece is committed: ends a service's segment.
    pub(super) fn end_line(&mut self, number: u32) {
        let backlog = self.waiting(number);
        let service = &mut self.services[number as usize];
        if service.follows {
            return;
        }
        let mut segment = service.open.take().expect("the segment was begun before the piece");
        segment.to_ms = self.now_ms;
        segment.backlog_to = backlog;
        service.tell(&mut segment);
        self.segments.push(segment);
    }
}

impl Service {
    /// Puts into a segment what has not been told yet.
    fn tell(&mut self, segment: &mut Segment) {
        let news = self.totals.minus(self.told);
        self.told = self.totals;
        let ServiceTotals { offered, served, failed, lost, .. } = news;
        (segment.offered, segment.served) = (offered, served);
        (segment.failed, segment.lost) = (failed, lost);
    }
}

impl Cohort {
    /// A figure of the cohort for each of its pods.
    fn per_pod(&self, figure: f64) -> f64 {
        if self.pool { figure / self.members.len().max(1) as f64 } else { figure }
    }

    fn part(&self, share: f64) -> SegmentPart {
        let params = &self.params;
        SegmentPart {
            pods: self.members.len() as u32,
            share: self.per_pod(share),
            capacity: self.per_pod(params.capacity),
            servers: params.servers,
            cpu: params.cpu,
            service_time: params.service_time,
            off_cpu: params.off_cpu,
            timeout: params.timeout,
            service_variation: params.variation,
            backlog_from: self.per_pod(self.queue()),
            backlog_to: self.per_pod(self.queue()),
            served: 0.0,
        }
    }
}

impl Segment {
    /// Whether another segment of the same service would only go on with this one.
    fn tells_as(&self, next: &Segment) -> bool {
        self.flow == next.flow && self.parts == next.parts
    }
}
