//! Services with traffic: what the load model is told, and whose pods serve.

use std::sync::Arc;

use super::asked::Asked;
use crate::api::apps::Deployment;
use crate::api::core::{Service, ServiceSpec};
use crate::api::meta::ObjectMeta;
use crate::units::SimTime;
use crate::workload::service::{ServiceConfig, ServiceKind};
use crate::workload::traffic::Load;

/// All Services, and those with traffic.
#[derive(Clone, Debug, Default)]
pub(super) struct Services {
    /// Those of the manifests, then the implied ones.
    pub(super) objects: Vec<Arc<Service>>,
    /// Those with traffic, and queues.
    pub(super) list: Vec<Resolved>,
    /// Places in `list`, causes before what they cause.
    pub(super) order: Vec<usize>,
}

/// A Service with traffic, or a queue.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// Whom the traffic asks.
    pub(super) asked: Asked,
    /// Its place in [`Services::objects`]; `None` for a queue.
    pub(super) object: Option<u32>,
    /// Deployments whose pods serve.
    pub(super) deployments: Vec<u32>,
    /// Whether its retries were written with the traffic.
    pub(super) retries_written: bool,
    /// What the load model is told.
    pub(super) config: ServiceConfig,
}

impl Services {
    pub(super) fn configs(&self) -> Vec<ServiceConfig> {
        self.list.iter().map(|service| service.config.clone()).collect()
    }

    pub(super) fn service_of(&self) -> Vec<Option<u32>> {
        self.list.iter().map(|service| service.object).collect()
    }

    /// The queue that each Deployment's pods take from.
    pub(super) fn consumes_of(&self, deployments: usize) -> Vec<Option<u32>> {
        let mut consumes = vec![None; deployments];
        for (place, service) in self.list.iter().enumerate() {
            if service.config.kind == ServiceKind::Queue {
                for deployment in &service.deployments {
                    consumes[*deployment as usize] = Some(place as u32);
                }
            }
        }
        consumes
    }

    /// The service that an entry of the traffic asks.
    pub(super) fn asked(&self, asked: &Asked) -> Option<u32> {
        let same = |service: &Resolved| match (&service.asked, asked) {
            (Asked::Queue(one, _), Asked::Queue(other, _)) => one == other,
            (one, other) => one == other,
        };
        self.list.iter().position(same).map(|place| place as u32)
    }

    /// The services that a Deployment's pods serve.
    pub(super) fn of_deployment(
        &self,
        deployment: u32,
    ) -> impl Iterator<Item = (usize, &Resolved)> {
        let services = self.list.iter().enumerate();
        services.filter(move |(_, service)| service.deployments.contains(&deployment))
    }

    /// Puts the services in order, causes first.
    ///
    /// # Errors
    /// A service that is among its own causes.
    pub(super) fn sort(&mut self) -> Result<(), usize> {
        let mut missing: Vec<usize> =
            self.list.iter().map(|service| service.config.from.len()).collect();
        let mut caused: Vec<Vec<usize>> = vec![Vec::new(); self.list.len()];
        for (place, service) in self.list.iter().enumerate() {
            for upstream in &service.config.from {
                caused[upstream.service as usize].push(place);
            }
        }
        self.order = (0..self.list.len()).filter(|place| missing[*place] == 0).collect();
        let mut next = 0;
        while let Some(&place) = self.order.get(next) {
            next += 1;
            for &other in &caused[place] {
                missing[other] -= 1;
                if missing[other] == 0 {
                    self.order.push(other);
                }
            }
        }
        match missing.iter().position(|missing| *missing > 0) {
            Some(place) => Err(place),
            None => Ok(()),
        }
    }

    /// Mean rates of all services over a window \[requests/s\], caused ones included, as if all
    /// were served.
    pub(super) fn mean_rates(&self, from: SimTime, to: SimTime) -> Vec<f64> {
        let seconds = (to - from).as_secs_f64();
        self.rates(|load| load.integral(from, to) / seconds)
    }

    /// Rates of all services at an instant \[requests/s\], as if all were served.
    pub(super) fn rates_at(&self, at: SimTime) -> Vec<f64> {
        self.rates(|load| load.rate(at))
    }

    fn rates(&self, own: impl Fn(&Load) -> f64) -> Vec<f64> {
        let mut rates = vec![0.0; self.list.len()];
        for &place in &self.order {
            let config = &self.list[place].config;
            let caused =
                config.from.iter().map(|cause| cause.ratio * rates[cause.service as usize]);
            rates[place] = config.own.as_ref().map_or(0.0, |load| own(load)) + caused.sum::<f64>();
        }
        rates
    }
}

/// A Service for all pods of a Deployment, under a name that no other has.
pub(super) fn implied_service(deployment: &Deployment, others: &[Arc<Service>]) -> Service {
    let metadata = &deployment.metadata;
    let labels = deployment.spec.selector.as_ref().map(|selector| &selector.match_labels);
    let selector = match labels.filter(|labels| !labels.is_empty()) {
        Some(labels) => labels.clone(),
        None => deployment.spec.template.metadata.labels.clone(),
    };
    let mut name = metadata.name.clone();
    let taken = |name: &str| {
        others.iter().any(|other| {
            other.metadata.name == name && other.metadata.namespace == metadata.namespace
        })
    };
    while taken(&name) {
        name.push_str("-implied");
    }
    Service {
        metadata: ObjectMeta {
            name,
            namespace: metadata.namespace.clone(),
            ..ObjectMeta::default()
        },
        spec: ServiceSpec { selector, ..ServiceSpec::default() },
    }
}
