//! Which pods a ReplicaSet lacks, or has beyond its size, and since which write.

use std::collections::VecDeque;

use super::Cause;

/// Pods that are missing or too many, the oldest first. One of the two lists is always empty.
///
/// A ReplicaSet's controller works on what it has read: it may create pods that were taken back in
/// the meantime. They are too many because of that.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    missing: VecDeque<Entry>,
    surplus: VecDeque<Entry>,
    /// What last asked for more pods.
    raised: Cause,
    /// What last asked for fewer.
    lowered: Cause,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    pods: i32,
    cause: Cause,
}

impl Ledger {
    /// A ReplicaSet of that size with so many active pods.
    pub(super) fn new(size: i32, active: i32, cause: Cause) -> Ledger {
        let (missing, surplus) = (VecDeque::new(), VecDeque::new());
        let mut ledger = Ledger { missing, surplus, raised: cause, lowered: cause };
        ledger.resize(size - active, cause);
        ledger
    }

    /// The size changed: what it takes back goes first, from the newest on.
    pub(super) fn resize(&mut self, by: i32, cause: Cause) {
        let (back, on, asked) = if by > 0 {
            (&mut self.surplus, &mut self.missing, &mut self.raised)
        } else {
            (&mut self.missing, &mut self.surplus, &mut self.lowered)
        };
        if by != 0 {
            *asked = cause;
        }
        let mut left = by.abs();
        while let Some(last) = back.back_mut().filter(|_| left > 0) {
            let pods = last.pods.min(left);
            left -= pods;
            last.pods -= pods;
            if last.pods == 0 {
                back.pop_back();
            }
        }
        if left > 0 {
            on.push_back(Entry { pods: left, cause });
        }
    }

    /// A pod came.
    pub(super) fn gain(&mut self) {
        settle(&mut self.missing, &mut self.surplus, self.lowered);
    }

    /// A pod went, by the ReplicaSet's own doing or by this.
    pub(super) fn lose(&mut self, by: Option<Cause>) {
        settle(&mut self.surplus, &mut self.missing, by.unwrap_or(self.raised));
    }

    /// What the next pod is created for.
    pub(super) fn creates_for(&self) -> Cause {
        self.missing.front().map_or(self.raised, |entry| entry.cause)
    }

    /// What the next pod is deleted for.
    pub(super) fn deletes_for(&self) -> Cause {
        self.surplus.front().map_or(self.lowered, |entry| entry.cause)
    }
}

/// Takes one pod from the head of a list, or enters it in the other.
fn settle(from: &mut VecDeque<Entry>, other: &mut VecDeque<Entry>, cause: Cause) {
    let Some(first) = from.front_mut() else {
        other.push_back(Entry { pods: 1, cause });
        return;
    };
    first.pods -= 1;
    if first.pods == 0 {
        from.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(ledger: &mut Ledger) -> Cause {
        let cause = ledger.creates_for();
        ledger.gain();
        cause
    }

    #[test]
    fn pods_come_for_what_was_missing_first() {
        let mut ledger = Ledger::new(2, 2, Cause::Start);
        ledger.lose(Some(Cause::Fact(1)));
        ledger.resize(2, Cause::Fact(2));
        let came = [(); 3].map(|()| create(&mut ledger));
        assert_eq!(came, [Cause::Fact(1), Cause::Fact(2), Cause::Fact(2)]);
    }

    #[test]
    fn a_size_that_goes_back_takes_the_newest_back() {
        let mut ledger = Ledger::new(1, 1, Cause::Start);
        ledger.resize(1, Cause::Fact(1));
        ledger.resize(3, Cause::Fact(2));
        ledger.resize(-3, Cause::Fact(3));
        assert_eq!(create(&mut ledger), Cause::Fact(1));
        ledger.resize(-1, Cause::Fact(4));
        assert_eq!(ledger.deletes_for(), Cause::Fact(4));
    }

    #[test]
    fn pods_that_were_taken_back_too_late_are_too_many() {
        let mut ledger = Ledger::new(1, 1, Cause::Start);
        ledger.resize(1, Cause::Fact(1));
        ledger.resize(-1, Cause::Fact(2));
        assert_eq!(create(&mut ledger), Cause::Fact(1));
        assert_eq!(ledger.deletes_for(), Cause::Fact(2));
    }
}
