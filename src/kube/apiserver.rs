//! The API server: the only store of the cluster, and the only place where it changes.
//!
//! A controller gets an [`Api`]. It reads the [`Cluster`] through it, and its only way to change
//! anything is [`Api::write`], which takes a [`Write`] and its [`Reason`]. What was written is kept
//! as [`Fact`]s in the cluster's journal until the simulation hands them to its observer.
//!
//! Invariants: `Cluster::apply` is the only function that changes stored objects; the same facts
//! applied to the same cluster give the same cluster; every timestamp is cut to whole seconds.

pub mod apply;
pub mod change;
pub mod cluster;
pub mod default_toleration_seconds;
pub mod eviction;
mod matching;
pub mod pods;
pub mod script;
mod subject;
pub mod watch;
pub mod write;

use crate::engine::wakes::Wake;
use crate::kube::reason::Reason;
use crate::units::SimTime;

pub use change::{Change, PodChange, PodFacts};
pub use cluster::Cluster;
pub use write::{Applied, EventType, Fact, Refused, Write};

/// Controllers that may have to work off what another one's write woke, before its next write.
pub trait Below {
    /// Works off one wake.
    fn run(&mut self, cluster: &mut Cluster, wake: Wake);
}

/// Nobody below.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Below for Nobody {
    fn run(&mut self, _: &mut Cluster, wake: Wake) {
        unreachable!("nobody below works off {wake:?}");
    }
}

/// A controller's view of the API server.
pub struct Api<'a> {
    /// The store, to read.
    cluster: &'a mut Cluster,
    /// Rank of the controller that holds this view.
    rank: u8,
    /// Controllers of lower rank.
    below: &'a mut dyn Below,
}

impl<'a> Api<'a> {
    /// The view of a controller of that rank, with the controllers of lower rank.
    pub fn new(cluster: &'a mut Cluster, rank: u8, below: &'a mut dyn Below) -> Api<'a> {
        Api { cluster, rank, below }
    }

    /// The cluster as it is now.
    pub fn cluster(&self) -> &Cluster {
        self.cluster
    }

    /// The instant.
    pub fn now(&self) -> SimTime {
        self.cluster.now
    }

    /// Writes, wakes whom that concerns, and lets controllers of lower rank work off what they were
    /// woken for at this instant, as far as there is no latency between them.
    ///
    /// # Errors
    /// Upstream's answer, when the API server refuses the write.
    pub fn write(&mut self, write: Write, reason: Reason) -> Result<Applied, Refused> {
        let applied = self.cluster.write(write, reason)?;
        self.hand_down();
        Ok(applied)
    }

    /// Lets controllers of lower rank work off what is due now.
    fn hand_down(&mut self) {
        while let Some(wake) = self.cluster.wakes.pop_due(self.cluster.now, self.rank) {
            self.below.run(self.cluster, wake);
        }
    }

    /// From now on nobody has his turn between two writes of this view, as when they come from
    /// several writers side by side.
    pub fn write_side_by_side(&mut self) {
        self.rank = 0;
    }

    /// Wakes a component for a key at an instant.
    pub fn wake(&mut self, component: crate::engine::wakes::Component, key: u32, at: SimTime) {
        self.cluster.wakes.wake(component, key, at);
    }

    /// Takes the key of the next wake of this controller's rank that is due now.
    ///
    /// # Panics
    /// When a wake of a lower rank is due: the caller is not the one to go.
    pub fn take_due(&mut self) -> Option<u32> {
        let wake = self.cluster.wakes.pop_due(self.cluster.now, self.rank + 1)?;
        assert_eq!(wake.component.rank, self.rank, "lower ranks have nothing due");
        Some(wake.key)
    }

    /// The script of answers that a recording or a fault gives; see [`script::Script`].
    pub fn script(&mut self) -> &mut script::Script {
        &mut self.cluster.script
    }
}
