//! The order of those that wait, where some of them are too late.

use smallvec::SmallVec;

/// Requests that wait in order: amounts that are in time or too late, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fifo {
    runs: SmallVec<[(f64, bool); 4]>,
}

/// The most runs kept apart; older ones are joined.
const MAX_RUNS: usize = 64;

impl Fifo {
    /// Lets some join at the back.
    pub(super) fn push(&mut self, amount: f64, late: bool) {
        match self.runs.last_mut() {
            Some(last) if last.1 == late => last.0 += amount,
            _ => self.runs.push((amount, late)),
        }
        if self.runs.len() > MAX_RUNS {
            let (first, third) = (self.runs.remove(0), self.runs[1]);
            self.runs[1] = (first.0 + third.0, third.1);
        }
    }

    /// Takes from the front; gives what was in time and what was too late.
    pub(super) fn pop(&mut self, mut amount: f64) -> (f64, f64) {
        let mut out = (0.0, 0.0);
        while amount > 0.0 && !self.runs.is_empty() {
            let (have, late) = self.runs[0];
            let take = have.min(amount);
            *(if late { &mut out.1 } else { &mut out.0 }) += take;
            amount -= take;
            if take < have {
                self.runs[0].0 = have - take;
            } else {
                self.runs.remove(0);
            }
        }
        out
    }

    /// Nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Sends everybody away.
    pub(super) fn clear(&mut self) {
        self.runs.clear();
    }

    /// Keeps a share of each.
    pub(super) fn keep(&mut self, share: f64) {
        for run in &mut self.runs {
            run.0 *= share;
        }
    }

    /// Requests that wait and are too late.
    pub(super) fn late(&self) -> f64 {
        self.runs.iter().filter(|run| run.1).map(|run| run.0).sum()
    }
}
