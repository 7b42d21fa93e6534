//! Mirrors pkg/kubelet/images (v1.36): which node has which image, and one pull at a time per node
//! (`serializeImagePulls`). Left out: image sizes, the limit of the registry client, deletion of
//! images when the disk is full.

use std::collections::BTreeMap;

use crate::kube::objects::ids::NodeId;
use crate::units::{SimDuration, SimTime};

/// Number of a distinct image reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ImageId(pub(super) u32);

/// Images of all nodes.
#[derive(Debug)]
pub(super) struct Images {
    pull_takes: SimDuration,
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
        Images { pull_takes, nodes: Vec::new() }
    }

    /// Whether the node has the image.
    pub(super) fn is_present(&mut self, node: NodeId, image: ImageId, now: SimTime) -> bool {
        self.node(node).present_from.get(&image).is_some_and(|&from| from <= now)
    }

    /// Makes the image present.
    pub(super) fn cache(&mut self, node: NodeId, image: ImageId) {
        self.node(node).present_from.insert(image, SimTime::MIN);
    }

    /// Queues a pull. One of an image that will be there when its turn comes takes no time.
    pub(super) fn pull(&mut self, node: NodeId, image: ImageId, now: SimTime) -> Pull {
        let takes = self.pull_takes;
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
        let mut images = Images::new(SimDuration(2000));
        let (node, other) = (NodeId(1), NodeId(0));
        let ends = |pull: Pull| pull.ends.0;
        assert_eq!(ends(images.pull(node, ImageId(0), SimTime(0))), 2000);
        assert_eq!(ends(images.pull(node, ImageId(1), SimTime(500))), 4000);
        assert_eq!(ends(images.pull(node, ImageId(0), SimTime(600))), 4000);
        assert_eq!(ends(images.pull(other, ImageId(0), SimTime(600))), 2600);
        assert!(!images.is_present(node, ImageId(1), SimTime(3999)));
        assert!(images.is_present(node, ImageId(1), SimTime(4000)));
    }
}
