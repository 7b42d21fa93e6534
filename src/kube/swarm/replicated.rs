//! Mirrors manager/orchestrator/replicated/{services,slot}.go of SwarmKit: as many slots as a
//! service asks for.

use std::collections::BTreeMap;

use super::Turn;
use super::reason::UpdateStatus;
use super::reason::{Slot, SwarmReason};
use super::task::{Observed, Task};

impl Turn<'_, '_> {
    /// Slots with tasks that an update would replace, by their numbers, each with the places of
    /// those. Mirrors `UpdatableTasksInSlot`.
    pub(super) fn slots(&mut self) -> BTreeMap<Slot, Vec<usize>> {
        let mut slots: BTreeMap<Slot, Vec<usize>> = BTreeMap::new();
        let tasks = &self.service.tasks;
        for (place, task) in tasks.iter().enumerate().filter(|(_, task)| task.is_wanted()) {
            slots.entry(task.slot).or_default().push(place);
        }
        let rolls_back = self.service.status.as_ref().is_some_and(UpdateStatus::is_rollback);
        if rolls_back {
            return slots;
        }
        // A slot whose last task is not to be restarted is not empty: it has done its work.
        let mut last: BTreeMap<Slot, usize> = BTreeMap::new();
        for (place, task) in tasks.iter().enumerate().filter(|(_, task)| !task.removed) {
            last.insert(task.slot, place);
        }
        let history = &mut self.service.history;
        for (slot, place) in last {
            if !slots.contains_key(&slot) && !history.should_restart(&tasks[place]) {
                slots.insert(slot, vec![place]);
            }
        }
        slots
    }

    /// Adds or removes slots.
    pub(super) fn reconcile_replicated(&mut self) {
        let replicas = self.service.spec.replicas.unwrap_or(1).max(0) as u32;
        let slots = self.slots();
        let have = slots.len() as u32;
        let mut order: Vec<Slot> = slots.keys().copied().collect();
        if have > replicas {
            order = self.least_wanted_last(&slots);
            self.begin_update(&order[..replicas as usize]);
            for slot in &order[replicas as usize..] {
                self.remove_slot(&slots[slot], replicas);
            }
            return;
        }
        self.begin_update(&order);
        let mut missing = replicas - have;
        let mut slot = Slot(0);
        while missing > 0 {
            slot = Slot(slot.0 + 1);
            if slots.contains_key(&slot) {
                continue;
            }
            let Some(place) = self.create_task(slot, SwarmReason::Scale { replicas }) else {
                return;
            };
            self.release(place);
            missing -= 1;
        }
    }

    /// Slots in the order in which they are kept: those that run before those that do not, and of
    /// each node the first before the second, and so on.
    fn least_wanted_last(&self, slots: &BTreeMap<Slot, Vec<usize>>) -> Vec<Slot> {
        let runs = |task: &Task| task.observed == Observed::Running;
        let mut sorted: Vec<(Slot, &Vec<usize>)> =
            slots.iter().map(|(slot, places)| (*slot, places)).collect();
        sorted.sort_by_key(|(slot, places)| {
            let running = places.iter().any(|&place| runs(&self.service.tasks[place]));
            (!running, *slot)
        });
        let mut on_node: BTreeMap<u32, u32> = BTreeMap::new();
        let mut copy = |places: &[usize]| {
            let [only] = places else { return u32::MAX };
            let pod = self.api.cluster().pod(self.service.tasks[*only].pod);
            let Some(node) = pod.and_then(|pod| pod.node) else { return u32::MAX };
            let copies = on_node.entry(node.0).or_default();
            *copies += 1;
            *copies
        };
        let mut indexed: Vec<(u32, Slot)> =
            sorted.into_iter().map(|(slot, places)| (copy(places), slot)).collect();
        indexed.sort_by_key(|(copy, _)| *copy);
        indexed.into_iter().map(|(_, slot)| slot).collect()
    }

    fn remove_slot(&mut self, places: &[usize], replicas: u32) {
        for &place in places {
            self.shut_down(place, SwarmReason::Scale { replicas });
            self.service.tasks[place].removed = true;
        }
    }
}
