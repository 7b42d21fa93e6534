//! What the store says of a service and its tasks: the events that upstream's orchestrators and
//! updater watch, found by looking.

use std::sync::Arc;

use super::Turn;
use super::task::{Observed, is_down};

impl Turn<'_, '_> {
    /// Notes a change of the service's spec, which begins an update and ends the one before;
    /// whether there was one, or none if the service does not exist. Mirrors `UpdateService` of
    /// `manager/controlapi/service.go`.
    pub(super) fn see_service(&mut self) -> Option<bool> {
        let object = self.api.cluster().deployment(self.id)?;
        let spec = &object.spec;
        if spec.strategy.swarm.is_none() || object.deleting {
            return None;
        }
        let same = Arc::ptr_eq(spec, &self.service.spec) || *spec == self.service.spec;
        if same && self.service.spec_version > 0 {
            return Some(false);
        }
        let new = std::mem::replace(&mut self.service.spec, spec.clone());
        if self.service.spec_version > 0 {
            self.service.previous = Some(new);
        }
        self.service.spec_version += 1;
        self.service.status = None;
        self.service.updater = None;
        self.service.look_for_dirty = true;
        self.service.recount = true;
        self.note_version();
        Some(true)
    }

    /// Notes how the tasks fare; whether there is anything new. The updater hears of those that
    /// have ended, and a task of the service's version that runs takes the place of others in its
    /// slot, unless the updater is about to see to that.
    pub(super) fn see_tasks(&mut self) -> bool {
        let mut news = false;
        for place in 0..self.service.tasks.len() {
            let task = &mut self.service.tasks[place];
            let former = task.observed;
            if former > Observed::Running {
                continue;
            }
            let cluster = self.api.cluster();
            let object = cluster.pod(task.pod);
            let leaves = object.is_some_and(|pod| pod.deletion.is_some() && task.is_wanted());
            news |= leaves || is_down(cluster, object.and_then(|pod| pod.node));
            let now = Observed::of(object);
            if now == former {
                continue;
            }
            news = true;
            task.observed = now;
            if now > Observed::Running {
                task.ended_at = self.now;
                if let Some(updater) = &mut self.service.updater {
                    updater.failures.push(task.pod);
                }
            } else if now == Observed::Running {
                self.settle(place);
            }
        }
        news
    }

    /// A task that follows a failed one of an update runs at last: the old one goes.
    fn settle(&mut self, place: usize) {
        let task = &self.service.tasks[place];
        let (slot, pod) = (task.slot, task.pod);
        let updating = |updater: &super::Updater| updater.works_on(slot);
        if !task.is_wanted()
            || self.is_dirty(task)
            || self.service.updater.as_ref().is_some_and(updating)
        {
            return;
        }
        self.shut_down_others(slot, pod);
    }
}
