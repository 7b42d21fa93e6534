//! Mirrors what Go's `sort.Stable` makes of a preference that is no order. Left out: nothing.
//!
//! Where several sequences agree with all comparisons, the algorithm decides between them; so this
//! is Go's: runs sorted by insertion, merged in place by rotations ("stable minimum storage merging
//! by symmetric comparisons"). The standard library's sorts may panic on such a preference.

/// Length of the runs that are sorted by insertion.
const RUN: usize = 20;

/// Sorts by a preference that need not be an order; what it calls equal stays in place.
pub fn sort_by_preference<T>(items: &mut [T], before: impl Fn(&T, &T) -> bool) {
    for run in items.chunks_mut(RUN) {
        insert_each(run, &before);
    }
    let mut width = RUN;
    while width < items.len() {
        for pair in items.chunks_mut(2 * width) {
            if pair.len() > width {
                merge(pair, width, &before);
            }
        }
        width *= 2;
    }
}

fn insert_each<T>(run: &mut [T], before: &impl Fn(&T, &T) -> bool) {
    for end in 1..run.len() {
        let mut place = end;
        while place > 0 && before(&run[place], &run[place - 1]) {
            run.swap(place, place - 1);
            place -= 1;
        }
    }
}

/// Merges the sorted parts before and behind `middle`, neither of which is empty.
fn merge<T>(items: &mut [T], middle: usize, before: &impl Fn(&T, &T) -> bool) {
    let length = items.len();
    if middle == 1 {
        let place = search(1, length, |other| before(&items[other], &items[0]));
        items[..place].rotate_left(1);
        return;
    }
    if length - middle == 1 {
        let place = search(0, middle, |other| !before(&items[middle], &items[other]));
        items[place..].rotate_right(1);
        return;
    }
    // Places that mirror each other around the half are compared, until what has to change sides is
    // known: the end of the first part with the start of the second.
    let half = length / 2;
    let sum = half + middle;
    let (from, to) = if middle > half { (sum - length, half) } else { (0, middle) };
    let start = search(from, to, |place| !before(&items[sum - 1 - place], &items[place]));
    let end = sum - start;
    if start < middle && middle < end {
        items[start..end].rotate_left(middle - start);
    }
    if 0 < start && start < half {
        merge(&mut items[..half], start, before);
    }
    if half < end && end < length {
        merge(&mut items[half..], end - half, before);
    }
}

/// The first place from which on a condition does not hold, by halves.
fn search(from: usize, to: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_preference_in_a_circle_is_no_reason_to_panic() {
        let mut items: Vec<u32> = (0..500).collect();
        sort_by_preference(&mut items, |one, other| (one + 1) % 3 == other % 3);
        items.sort_unstable();
        assert_eq!(items, (0..500).collect::<Vec<_>>());
    }

    proptest! {
        /// Of an order it makes what any stable sort makes.
        #[test]
        fn an_order_is_sorted_and_equals_stay_in_place(
            mut items in prop::collection::vec((0_u8..20, any::<u16>()), 0..300),
        ) {
            let mut expect = items.clone();
            expect.sort_by_key(|item| item.0);
            sort_by_preference(&mut items, |one, other| one.0 < other.0);
            prop_assert_eq!(items, expect);
        }
    }
}
