//! Mirrors pkg/kubelet/images (v1.36): which node has which image, and one pull at a time per node
//! (`serializeImagePulls`). Left out: image sizes, the limit of the registry client, deletion of
//! images when the disk is full.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kube::objects::ids::NodeId;
use crate::units::{SimDuration, SimTime};

/// Number of a distinct image reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ImageId(pub(super) u32);

/// Pulls that take longer than others.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowPull {
    /// Of which image; of all if absent.
    pub image: Option<Arc<str>>,
    /// On the nodes of these names; on all if absent.
    pub nodes: Option<Arc<[Arc<str>]>>,
    /// How much longer.
    pub pace: Pace,
}

/// How long a pull takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many times as long as otherwise.
    Factor(f64),
    /// So long.
    Takes(SimDuration),
}

/// The longest pull.
const PULL_MAX: SimDuration = SimDuration(366 * 86_400_000);

/// Images of all nodes.
#[derive(Debug)]
pub(super) struct Images {
    pull_takes: SimDuration,
    slow: Vec<SlowPull>,
    nodes: Vec<NodeImages>,
}

#[derive(Clone, Debug)]
struct NodeImages {
    /// Since when, or from when on, the node has each image.
    present_from: BTreeMap<ImageId, SimTime>,
    /// When the pulls asked for so far are over.
    busy_until: SimTime,
}

/// A pull that has been asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pull {
    /// When its turn comes.
    pub(super) begins: SimTime,
    /// When it is done.
    pub(super) ends: SimTime,
}

impl Images {
    pub(super) fn new(pull_takes: SimDuration) -> Images {
        Images { pull_takes, slow: Vec::new(), nodes: Vec::new() }
    }

    /// Whether the node has the image.
    pub(super) fn is_present(&mut self, node: NodeId, image: ImageId, now: SimTime) -> bool {
        self.node(node).present_from.get(&image).is_some_and(|&from| from <= now)
    }

    /// Makes the image present.
    pub(super) fn cache(&mut self, node: NodeId, image: ImageId) {
        self.node(node).present_from.insert(image, SimTime::MIN);
    }

    /// Pulls that begin from now on are slower.
    pub(super) fn slow_down(&mut self, slow: SlowPull) {
        self.slow.push(slow);
    }

    /// Pulls that begin from now on are not slower for this any more.
    pub(super) fn speed_up(&mut self, slow: &SlowPull) {
        if let Some(place) = self.slow.iter().position(|other| other == slow) {
            self.slow.remove(place);
        }
    }

    /// How long a pull takes that is asked for now.
    pub(super) fn pull_takes(&self, node: &str, image: &str) -> SimDuration {
        let meets = |slow: &&SlowPull| {
            slow.image.as_deref().is_none_or(|wanted| wanted == image)
                && slow.nodes.as_ref().is_none_or(|names| names.iter().any(|name| **name == *node))
        };
        let slower = |takes: SimDuration, slow: &SlowPull| match slow.pace {
            Pace::Factor(factor) => SimDuration((takes.0 as f64 * factor) as i64).min(PULL_MAX),
            Pace::Takes(takes) => takes,
        };
        self.slow.iter().filter(meets).fold(self.pull_takes, slower)
    }

    /// Queues a pull of so long. One of an image that will be there when its turn comes takes no
    /// time.
    pub(super) fn pull(
        &mut self,
        node: NodeId,
        image: ImageId,
        now: SimTime,
        takes: SimDuration,
    ) -> Pull {
        let node = self.node(node);
        let begins = now.max(node.busy_until);
        let known = node.present_from.get(&image).is_some_and(|&from| from <= begins);
        let ends = if known { begins } else { begins + takes };
        if !known {
            node.present_from.insert(image, ends);
        }
        node.busy_until = ends;
        Pull { begins, ends }
    }

    fn node(&mut self, node: NodeId) -> &mut NodeImages {
        if self.nodes.len() <= node.index() {
            let fresh = NodeImages { present_from: BTreeMap::new(), busy_until: SimTime::MIN };
            self.nodes.resize(node.index() + 1, fresh);
        }
        &mut self.nodes[node.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_of_a_node_come_one_after_the_other() {
        let takes = SimDuration(2000);
        let mut images = Images::new(takes);
        let (node, other) = (NodeId(1), NodeId(0));
        let ends = |pull: Pull| pull.ends.0;
        assert_eq!(ends(images.pull(node, ImageId(0), SimTime(0), takes)), 2000);
        assert_eq!(ends(images.pull(node, ImageId(1), SimTime(500), takes)), 4000);
        assert_eq!(ends(images.pull(node, ImageId(0), SimTime(600), takes)), 4000);
        assert_eq!(ends(images.pull(other, ImageId(0), SimTime(600), takes)), 2600);
        assert!(!images.is_present(node, ImageId(1), SimTime(3999)));
        assert!(images.is_present(node, ImageId(1), SimTime(4000)));
    }
    #[test]
    fn slow_pulls_meet_images_and_nodes() {
        let mut images = Images::new(SimDuration(2000));
        let of_image = |pace| SlowPull { image: Some(Arc::from("shop:v2")), nodes: None, pace };
        let on_node = SlowPull {
            image: None,
            nodes: Some(Arc::from([Arc::from("a")])),
            pace: Pace::Takes(SimDuration(60_000)),
        };
        images.slow_down(on_node.clone());
        images.slow_down(of_image(Pace::Factor(3.0)));
        assert_eq!(images.pull_takes("b", "shop:v1"), SimDuration(2000));
        assert_eq!(images.pull_takes("b", "shop:v2"), SimDuration(6000));
        assert_eq!(images.pull_takes("a", "shop:v2"), SimDuration(180_000));
        images.speed_up(&on_node);
        assert_eq!(images.pull_takes("a", "shop:v2"), SimDuration(6000));
    }
}
