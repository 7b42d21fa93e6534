//! The queue of wakes: at most one pending wake per (component, key), the earlier wins.
//!
//! A binary heap that knows where each key stands, so that an earlier wake moves the entry instead
//! of leaving a dead one behind. Wakes of one instant come out by rank of their component, and
//! first in, first out within a rank.

use crate::units::SimTime;

/// A component that can be woken; its number is its place in the queue's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// Number of the component, from 0 without gaps.
    pub number: u8,
    /// Within an instant the lower rank goes first.
    pub rank: u8,
}

/// A wake that has come due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// When.
    pub at: SimTime,
    /// Whom.
    pub component: Component,
    /// What for.
    pub key: u32,
    /// Whether it was asked for more than once.
    pub again: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: SimTime,
    order: u64,
    component: Component,
    again: bool,
    key: u32,
}

/// Pending wakes.
#[derive(Clone, Debug, Default)]
pub struct Wakes {
    heap: Vec<Entry>,
    places: Vec<Vec<u32>>,
    sequence: u64,
}

const NOWHERE: u32 = u32::MAX;

impl Wakes {
    /// Wakes a component for a key at an instant, unless an earlier wake is pending.
    pub fn wake(&mut self, component: Component, key: u32, at: SimTime) {
        let place = self.place(component, key);
        self.sequence += 1;
        let order = order(component, self.sequence);
        if place == NOWHERE {
            self.heap.push(Entry { at, order, component, again: false, key });
            self.sift_up(self.heap.len() - 1);
            return;
        }
        let entry = &mut self.heap[place as usize];
        if at < entry.at {
            *entry = Entry { at, order, again: false, ..*entry };
            self.sift_up(place as usize);
        } else if at == entry.at {
            entry.again = true;
        }
    }

    /// As [`Wakes::wake`], but a wake that is pending for that very instant goes to the back of the
    /// line: for those who are told of changes in the order of each object's last one.
    pub fn wake_last(&mut self, component: Component, key: u32, at: SimTime) {
        let place = self.place(component, key) as usize;
        match self.heap.get_mut(place) {
            Some(entry) if entry.at == at => {
                self.sequence += 1;
                entry.order = order(component, self.sequence);
                entry.again = true;
                self.sift_down(place);
            }
            _ => self.wake(component, key, at),
        }
    }

    /// When the next wake is due; [`SimTime::MAX`] if none is pending.
    pub fn next_at(&self) -> SimTime {
        self.heap.first().map_or(SimTime::MAX, |entry| entry.at)
    }

    /// When the next wake is due, and its component's rank; `(SimTime::MAX, u8::MAX)` if none is
    /// pending.
    pub fn next_due(&self) -> (SimTime, u8) {
        let first = self.heap.first();
        first.map_or((SimTime::MAX, u8::MAX), |entry| (entry.at, entry.component.rank))
    }

    /// Takes the next wake that is due at `now` or before and whose rank is below `rank`.
    pub fn pop_due(&mut self, now: SimTime, rank: u8) -> Option<Wake> {
        let first = self.heap.first()?;
        if first.at > now || first.component.rank >= rank {
            return None;
        }
        Some(self.pop_first())
    }

    /// When a wake of this component and key is pending, if one is.
    pub fn pending(&self, component: Component, key: u32) -> Option<SimTime> {
        let place = *self.places.get(component.number as usize)?.get(key as usize)?;
        self.heap.get(place as usize).map(|entry| entry.at)
    }

    fn pop_first(&mut self) -> Wake {
        let entry = self.heap.swap_remove(0);
        self.places[entry.component.number as usize][entry.key as usize] = NOWHERE;
        if !self.heap.is_empty() {
            self.note_place(0);
            self.sift_down(0);
        }
        Wake { at: entry.at, component: entry.component, key: entry.key, again: entry.again }
    }

    fn place(&mut self, component: Component, key: u32) -> u32 {
        let number = component.number as usize;
        if self.places.len() <= number {
            self.places.resize(number + 1, Vec::new());
        }
        let places = &mut self.places[number];
        if places.len() <= key as usize {
            places.resize(key as usize + 1, NOWHERE);
        }
        places[key as usize]
    }

    fn note_place(&mut self, index: usize) {
        let entry = self.heap[index];
        self.places[entry.component.number as usize][entry.key as usize] = index as u32;
    }

    fn before(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.heap[one], &self.heap[other]);
        (one.at, one.order) < (other.at, other.order)
    }

    fn sift_up(&mut self, mut index: usize) {
        while index > 0 {
            let parent = (index - 1) / 2;
            if !self.before(index, parent) {
                break;
            }
            self.heap.swap(index, parent);
            self.note_place(index);
            index = parent;
        }
        self.note_place(index);
    }

    fn sift_down(&mut self, mut index: usize) {
        loop {
            let left = 2 * index + 1;
            if left >= self.heap.len() {
                break;
            }
            let right = left + 1;
            let child =
                if right < self.heap.len() && self.before(right, left) { right } else { left };
            if !self.before(child, index) {
                break;
            }
            self.heap.swap(index, child);
            self.note_place(index);
            index = child;
        }
        self.note_place(index);
    }
}

/// By rank, and within a rank by the order of asking.
fn order(component: Component, sequence: u64) -> u64 {
    (u64::from(component.rank) << 56) | sequence
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOW: Component = Component { number: 0, rank: 0 };
    const HIGH: Component = Component { number: 1, rank: 3 };

    #[test]
    fn one_wake_a_key_and_the_earlier_wins() {
        let mut wakes = Wakes::default();
        wakes.wake(HIGH, 4, SimTime(9));
        wakes.wake(HIGH, 4, SimTime(5));
        wakes.wake(HIGH, 4, SimTime(7));
        assert_eq!(wakes.pending(HIGH, 4), Some(SimTime(5)));
        assert_eq!(wakes.pop_due(SimTime(5), 9).map(|wake| wake.key), Some(4));
        assert_eq!(wakes.pop_due(SimTime(99), 9), None);
    }

    #[test]
    fn a_wake_tells_whether_it_was_asked_for_again() {
        let mut wakes = Wakes::default();
        wakes.wake(LOW, 1, SimTime(9));
        wakes.wake(LOW, 1, SimTime(9));
        wakes.wake(LOW, 1, SimTime(5));
        wakes.wake(LOW, 2, SimTime(6));
        wakes.wake(LOW, 2, SimTime(6));
        wakes.wake(LOW, 3, SimTime(7));
        wakes.wake(LOW, 3, SimTime(8));
        wakes.wake_last(LOW, 4, SimTime(8));
        wakes.wake_last(LOW, 4, SimTime(8));
        let again = std::iter::from_fn(|| wakes.pop_due(SimTime(9), 1)).map(|wake| wake.again);
        assert_eq!(again.collect::<Vec<_>>(), [false, true, false, true]);
    }

    #[test]
    fn within_an_instant_the_lower_rank_goes_first_then_first_in_first_out() {
        let mut wakes = Wakes::default();
        wakes.wake(HIGH, 1, SimTime(5));
        wakes.wake(LOW, 2, SimTime(5));
        wakes.wake(LOW, 1, SimTime(5));
        assert_eq!(wakes.pop_due(SimTime(5), 3).map(|wake| wake.key), Some(2));
        assert_eq!(wakes.pop_due(SimTime(5), 3).map(|wake| wake.key), Some(1));
        assert_eq!(wakes.pop_due(SimTime(5), 3), None);
        assert_eq!(wakes.next_at(), SimTime(5));
    }

    #[test]
    fn a_wake_asked_for_again_can_go_to_the_back() {
        let mut wakes = Wakes::default();
        wakes.wake(LOW, 1, SimTime(5));
        wakes.wake(LOW, 2, SimTime(5));
        wakes.wake(LOW, 3, SimTime(5));
        wakes.wake_last(LOW, 1, SimTime(5));
        wakes.wake_last(LOW, 2, SimTime(9));
        wakes.wake_last(LOW, 4, SimTime(5));
        let keys = std::iter::from_fn(|| wakes.pop_due(SimTime(5), 1)).map(|wake| wake.key);
        assert_eq!(keys.collect::<Vec<_>>(), [2, 3, 1, 4]);
    }

    proptest! {
        /// Whatever is woken comes out once, in the order of time.
        #[test]
        fn order_holds(draws in prop::collection::vec((0_u32..20, 0_i64..50), 1..200)) {
            let mut wakes = Wakes::default();
            let mut expect = std::collections::BTreeMap::new();
            for (key, at) in draws {
                wakes.wake(LOW, key, SimTime(at));
                let earliest = expect.entry(key).or_insert(at);
                *earliest = at.min(*earliest);
            }
            let mut last = SimTime(0);
            while let Some(wake) = wakes.pop_due(SimTime::MAX, 1) {
                prop_assert!(wake.at >= last);
                last = wake.at;
                prop_assert_eq!(expect.remove(&wake.key), Some(wake.at.0));
            }
            prop_assert!(expect.is_empty());
        }
    }
}
