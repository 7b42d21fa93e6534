//! The head that reads a recording: where it stands, and the cluster as it was there.

use super::take::Take;
use crate::kube::apiserver::Cluster;
use crate::units::SimTime;

/// A place in a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// When.
    pub at: SimTime,
    /// How many facts have happened.
    pub facts: u32,
    /// How many entries of the log have been told.
    pub told: u32,
}

/// Where a recording is read, with the cluster at that place.
///
/// Steps forward carry on from the cluster that is there; anything else begins at a keyframe. So
/// the cost is bounded by the distance of two keyframes, wherever one goes.
#[derive(Clone, Debug)]
pub struct Head {
    place: Place,
    cluster: Cluster,
}

impl Place {
    /// The place at the end of an instant.
    pub fn at(take: &Take, at: SimTime) -> Place {
        Place {
            at,
            facts: take.recording.facts.partition_point(|fact| fact.at <= at) as u32,
            told: take.log.partition_point(|entry| entry.at <= at) as u32,
        }
    }

    /// The place right behind an entry of the log.
    pub fn behind(take: &Take, entry: u32) -> Place {
        let it = &take.log[entry as usize];
        Place { at: it.at, facts: it.facts(&take.recording), told: entry + 1 }
    }
}

impl Head {
    /// A head at the start of a recording.
    ///
    /// # Panics
    /// When nothing was recorded.
    pub fn new(take: &Take) -> Head {
        let place = Place::at(take, SimTime::ZERO);
        Head { place, cluster: take.recording.state_after(place.facts) }
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The cluster there.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Goes to a place.
    pub fn go(&mut self, take: &Take, place: Place) {
        let (from, to) = (self.place.facts, place.facts);
        let keyframe = take.recording.keyframe_before(to);
        if from <= to && from >= keyframe {
            let facts = &take.recording.facts[from as usize..to as usize];
            for fact in facts {
                self.cluster.replay(fact);
            }
        } else {
            self.cluster = take.recording.state_after(to);
        }
        self.place = place;
    }
}
