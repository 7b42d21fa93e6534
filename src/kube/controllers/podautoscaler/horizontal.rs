//! One sync of a HorizontalPodAutoscaler.
//! Mirrors `pkg/controller/podautoscaler/horizontal.go` and `rate_limiters.go` (v1.36).
//! Left out: workers and the queue (the loop that drives the controller has a timer for each HPA),
//! metrics about the controller itself, and the aggregation of events.

mod compute;
mod key;
mod plan;
mod status;
mod sync;

use super::config::HpaControllerConfiguration;
use super::decision::Decision;
use super::metrics::MetricsClient;
use super::reason::ReconcileError;
use super::replica_calculator::Buffers;
use super::selectors::Selectors;
use crate::kube::apiserver::{Api, Cluster};
use crate::kube::objects::hpa::HpaObject;
use crate::kube::objects::ids::{HpaId, PodId};
use crate::units::SimDuration;
use key::Key;
use sync::Sync;

/// The controller, with what it remembers.
///
/// Its memory is by name, as upstream's: an HPA that is deleted and created again before its next
/// sync inherits what its predecessor left.
#[derive(Clone, Debug, Default)]
pub struct HorizontalController {
    config: HpaControllerConfiguration,
    keys: Vec<Key>,
    /// Key of each HPA, by the HPA's number.
    key_of: Vec<Option<u32>>,
    selectors: Selectors,
    scratch: Scratch,
}

/// Memory that is used again at each sync.
#[derive(Clone, Debug, Default)]
struct Scratch {
    pods: Vec<PodId>,
    buffers: Buffers,
}

/// What came of a call of [`HorizontalController::reconcile`].
#[derive(Clone, Debug, Default)]
pub struct Reconciled {
    /// The HPA is gone, and what was remembered of it too; there is no next sync. Otherwise the
    /// next one comes a sync period after the end of this one, whatever came of it.
    pub deleted: bool,
    /// How long the sync took, in retries of writes that met a conflict.
    pub delay: SimDuration,
    /// The errors that upstream logs.
    pub errors: Vec<ReconcileError>,
}

impl HorizontalController {
    /// A controller that remembers nothing.
    pub fn new(config: HpaControllerConfiguration) -> HorizontalController {
        HorizontalController { config, ..HorizontalController::default() }
    }

    /// Flags and feature gates.
    pub fn config(&self) -> &HpaControllerConfiguration {
        &self.config
    }

    /// `enqueueHPA`: takes note of an HPA that was created. Tells whether its first sync, a sync
    /// period from now, has to be arranged: if one of the same name was there, the sync that is
    /// pending for that one will be this one's.
    pub fn enqueue(&mut self, hpa: &HpaObject) -> bool {
        let number = self.key(hpa);
        let key = &mut self.keys[number as usize];
        !std::mem::replace(&mut key.is_pending, true)
    }

    /// One sync (`reconcileKey`), at the cluster's instant. If the HPA is gone but another one of
    /// its name is there, that one is meant. Each sync of an HPA that is there is told as one
    /// [`Decision`].
    pub fn reconcile(
        &mut self,
        api: &mut Api<'_>,
        hpa: HpaId,
        metrics: &mut impl MetricsClient,
        decisions: &mut impl FnMut(Decision),
    ) -> Reconciled {
        let Some((object, number)) = self.resolve(api.cluster(), hpa) else {
            return Reconciled { deleted: true, ..Reconciled::default() };
        };
        let (hpa, key) = (object.id, &mut self.keys[number as usize]);
        let next = key.copy_status(object);
        let mut plan = key.take_plan(object, &self.config);
        let mut decision = Decision::new(hpa, api.now());
        let mut sync = Sync {
            hpa,
            number,
            now: api.now(),
            delay: SimDuration::ZERO,
            next: Some(next),
            decision: &mut decision,
            errors: Vec::new(),
            api,
            config: &self.config,
            keys: &mut self.keys,
            selectors: &mut self.selectors,
            pods: &mut self.scratch.pods,
            buffers: &mut self.scratch.buffers,
        };
        sync.reconcile_autoscaler(&mut plan, metrics);
        let Sync { delay, next, errors, .. } = sync;
        decisions(decision);
        self.keys[number as usize].status = next;
        self.keys[number as usize].plan = Some(plan);
        Reconciled { deleted: false, delay, errors }
    }

    /// The HPA that is meant, and its key; forgets the key if there is none any more.
    fn resolve<'c>(&mut self, cluster: &'c Cluster, hpa: HpaId) -> Option<(&'c HpaObject, u32)> {
        if let Some(object) = cluster.hpa(hpa) {
            return Some((object, self.key(object)));
        }
        let number = self.key_of.get(hpa.index()).copied().flatten()?;
        let key = &mut self.keys[number as usize];
        if let Some(successor) = cluster.hpas().find(|other| key.is_called(other)) {
            return Some((successor, self.key(successor)));
        }
        key.forget();
        self.selectors.remove(number);
        None
    }

    /// The number of an HPA's key, by its name.
    fn key(&mut self, hpa: &HpaObject) -> u32 {
        let index = hpa.id.index();
        if let Some(Some(known)) = self.key_of.get(index) {
            return *known;
        }
        let known = self.keys.iter().position(|key| key.is_called(hpa));
        let number = known.unwrap_or_else(|| {
            self.keys.push(Key::new(hpa));
            self.keys.len() - 1
        });
        self.keys[number].take_over(hpa.id);
        // What a predecessor selected went with it.
        self.selectors.remove(number as u32);
        if self.key_of.len() <= index {
            self.key_of.resize(index + 1, None);
        }
        self.key_of[index] = Some(number as u32);
        number as u32
    }
}

#[cfg(test)]
mod tests;
