//! Mirrors pkg/proxy/topology.go (v1.36): which endpoints of a Service take traffic. Left out: the
//! local traffic policies and topology hints. The rules of all nodes change at one instant, late by
//! [`crate::kube::timings::Timings::endpoint_added`] or `endpoint_removed`. The same stands for the
//! virtual addresses of services of Docker Swarm, which are not late.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::api::swarm::SERVICE_NAME_LABEL;
use crate::kube::apiserver::watch::KUBE_PROXY;
use crate::kube::apiserver::{Api, Write};
use crate::kube::endpoint_slice::EndpointsReason;
use crate::kube::objects::ids::{PodId, ServiceId};
use crate::kube::objects::service::Endpoint;
use crate::kube::reason::Reason;
use crate::units::{SimDuration, SimTime};

const NONE: SimDuration = SimDuration::ZERO;

/// kube-proxy on all nodes.
#[derive(Debug, Default)]
pub struct KubeProxy {
    /// By number of the Service.
    services: Vec<View>,
    /// Used again from call to call.
    chosen: SmallVec<[PodId; 16]>,
}

/// What kube-proxy knows of a Service.
#[derive(Debug, Default)]
struct View {
    /// Endpoints as they were when it was told last.
    told: Vec<Endpoint>,
    /// Endpoints as its rules have them, in order of pod number.
    rules: Vec<Endpoint>,
    /// Changes on their way from the one to the other, in the order in which they were told.
    pending: Vec<Pending>,
}

/// A change of one endpoint on its way.
#[derive(Clone, Copy, Debug)]
struct Pending {
    at: SimTime,
    pod: PodId,
    /// The endpoint as it will be; `None` if it goes.
    endpoint: Option<Endpoint>,
}

impl KubeProxy {
    /// A kube-proxy that has seen nothing yet.
    pub fn new() -> KubeProxy {
        KubeProxy::default()
    }

    /// Takes in what the EndpointSlice controller wrote, and brings into the rules what is due.
    /// Mirrors `syncProxyRules`, as far as it chooses endpoints.
    pub fn reconcile(&mut self, api: &mut Api, service: ServiceId) {
        let view = self.view(service);
        view.listen(api, service);
        view.apply(api.now());
        let next = view.pending.iter().map(|pending| pending.at).min();
        if let Some(at) = next {
            api.wake(KUBE_PROXY, service.0, at);
        }
        self.write(api, service);
    }

    fn view(&mut self, service: ServiceId) -> &mut View {
        if self.services.len() <= service.index() {
            self.services.resize_with(service.index() + 1, View::default);
        }
        &mut self.services[service.index()]
    }

    /// Writes which pods take traffic, if that changed.
    fn write(&mut self, api: &mut Api, service: ServiceId) {
        let rules = &self.services[service.index()].rules;
        let terminating = choose(rules, &mut self.chosen);
        let Some(object) = api.cluster().service(service) else { return };
        if *object.proxied == *self.chosen {
            return;
        }
        let reason = EndpointsReason::RulesChanged { pods: self.chosen.len() as u32, terminating };
        let write = Write::SetProxied { service, pods: Arc::from(&*self.chosen) };
        api.write(write, Reason::Endpoints(reason)).expect("the Service was just read");
    }
}

/// Mirrors `CategorizeEndpoints` with the cluster policy: all endpoints that are ready; if there is
/// none, those that terminate and still serve. Tells whether it came to these.
fn choose(endpoints: &[Endpoint], chosen: &mut SmallVec<[PodId; 16]>) -> bool {
    chosen.clear();
    chosen.extend(endpoints.iter().filter(|endpoint| endpoint.ready).map(|endpoint| endpoint.pod));
    if !chosen.is_empty() {
        return false;
    }
    let still_serve = endpoints.iter().filter(|endpoint| endpoint.serving && endpoint.terminating);
    chosen.extend(still_serve.map(|endpoint| endpoint.pod));
    !chosen.is_empty()
}

impl View {
    /// Notes how the endpoints differ from what was told last, and when that takes effect.
    fn listen(&mut self, api: &Api, service: ServiceId) {
        let now: &[Endpoint] =
            api.cluster().service(service).map_or(&[], |service| &service.endpoints);
        if self.told == now {
            return;
        }
        let timings = api.cluster().timings;
        let late =
            |lag: SimDuration| api.now() + if is_of_swarm(api, service) { NONE } else { lag };
        let told = std::mem::take(&mut self.told);
        for gone in told.iter().filter(|endpoint| find(now, endpoint.pod).is_none()) {
            self.delay(late(timings.endpoint_removed), gone.pod, None);
        }
        for &endpoint in now {
            let former = find(&told, endpoint.pod);
            if former != Some(endpoint) {
                let lag = if endpoint.ready && former.is_none_or(|former| !former.ready) {
                    timings.endpoint_added
                } else {
                    timings.endpoint_removed
                };
                self.delay(late(lag), endpoint.pod, Some(endpoint));
            }
        }
        self.told = told;
        self.told.clear();
        self.told.extend_from_slice(now);
    }

    /// A later change of a pod takes the place of an earlier one that would come after it.
    fn delay(&mut self, at: SimTime, pod: PodId, endpoint: Option<Endpoint>) {
        self.pending.retain(|pending| pending.pod != pod || pending.at < at);
        self.pending.push(Pending { at, pod, endpoint });
    }

    fn apply(&mut self, now: SimTime) {
        for pending in self.pending.iter().filter(|pending| pending.at <= now) {
            let place = self.rules.binary_search_by_key(&pending.pod, |endpoint| endpoint.pod);
            match (place, pending.endpoint) {
                (Ok(place), Some(endpoint)) => self.rules[place] = endpoint,
                (Err(place), Some(endpoint)) => self.rules.insert(place, endpoint),
                (Ok(place), None) => drop(self.rules.remove(place)),
                (Err(_), None) => {}
            }
        }
        self.pending.retain(|pending| pending.at > now);
    }
}

/// Swarm's load balancers hear of a task before it hears of anything itself.
fn is_of_swarm(api: &Api, service: ServiceId) -> bool {
    let service = api.cluster().service(service);
    service.is_some_and(|it| it.service.spec.selector.contains_key(SERVICE_NAME_LABEL))
}

fn find(endpoints: &[Endpoint], pod: PodId) -> Option<Endpoint> {
    let place = endpoints.binary_search_by_key(&pod, |endpoint| endpoint.pod).ok()?;
    Some(endpoints[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(pod: u32, serving: bool, terminating: bool) -> Endpoint {
        let ready = serving && !terminating;
        Endpoint { pod: PodId(pod), serving, terminating, ready }
    }

    fn chosen(endpoints: &[Endpoint]) -> (Vec<u32>, bool) {
        let mut chosen = SmallVec::new();
        let terminating = choose(endpoints, &mut chosen);
        (chosen.iter().map(|pod| pod.0).collect(), terminating)
    }

    #[test]
    fn terminating_pods_take_traffic_only_when_nothing_is_ready() {
        let (ready, ending) = (endpoint(1, true, false), endpoint(2, true, true));
        let (unready, dead) = (endpoint(3, false, false), endpoint(4, false, true));
        assert_eq!(chosen(&[ready, ending, unready, dead]), (vec![1], false));
        assert_eq!(chosen(&[ending, unready, dead]), (vec![2], true));
        assert_eq!(chosen(&[unready, dead]), (vec![], false));
    }
}
