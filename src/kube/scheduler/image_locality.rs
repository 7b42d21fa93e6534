//! Mirrors pkg/scheduler/framework/plugins/imagelocality/image_locality.go and the image states of
//! pkg/scheduler/backend/cache/cache.go (v1.36). Left out: image volumes.

use std::collections::BTreeMap;

use super::score::MAX_NODE_SCORE;
use super::snapshot::Snapshot;
use crate::api::core::Node;

const MIB: i64 = 1024 * 1024;
/// Images smaller than this together count for nothing \[bytes\].
const MIN_THRESHOLD: i64 = 23 * MIB;
/// Above this much for each container more counts no more \[bytes\].
const MAX_CONTAINER_THRESHOLD: i64 = 1000 * MIB;

/// How large images are, and how many nodes have them.
#[derive(Clone, Debug, Default)]
pub(super) struct ImageStates {
    states: BTreeMap<String, ImageState>,
    nodes: i64,
}

#[derive(Clone, Debug)]
struct ImageState {
    size: i64,
    nodes: i64,
}

impl ImageStates {
    /// What the nodes report; the first node that has an image tells its size.
    pub(super) fn of(snapshot: &Snapshot) -> ImageStates {
        let mut images = ImageStates::default();
        for node in snapshot.nodes_by_age() {
            images.nodes += 1;
            for (name, size) in names(node) {
                let state = images.states.entry(name.to_owned());
                state.or_insert(ImageState { size, nodes: 0 }).nodes += 1;
            }
        }
        images
    }

    /// Mirrors `ImageLocality.Score`.
    pub(super) fn score(&self, node: &Node, images: &[String]) -> i64 {
        let on_node: Vec<&str> = names(node).map(|(name, _)| name).collect();
        let present = images.iter().filter(|image| on_node.contains(&image.as_str()));
        let states = present.filter_map(|image| self.states.get(image.as_str()));
        let sizes = states.map(|state| self.scaled_image_score(state));
        let sum = sizes.fold(0, i64::saturating_add);
        calculate_priority(sum, images.len() as i64)
    }

    /// Mirrors `scaledImageScore`.
    fn scaled_image_score(&self, state: &ImageState) -> i64 {
        let spread = state.nodes as f64 / self.nodes as f64;
        (state.size as f64 * spread) as i64
    }
}

/// The images of a node by each of their names, each once.
fn names(node: &Node) -> impl Iterator<Item = (&str, i64)> {
    let mut unique = BTreeMap::new();
    for image in &node.status.images {
        for name in &image.names {
            unique.entry(name.as_str()).or_insert(image.size_bytes);
        }
    }
    unique.into_iter()
}

/// Mirrors `calculatePriority`.
fn calculate_priority(sum: i64, containers: i64) -> i64 {
    let max = MAX_CONTAINER_THRESHOLD * containers.max(1);
    let sum = sum.clamp(MIN_THRESHOLD, max);
    MAX_NODE_SCORE * (sum - MIN_THRESHOLD) / (max - MIN_THRESHOLD)
}

/// Mirrors `normalizedImageName`.
pub(super) fn normalized_image_name(name: &str) -> String {
    if name.rfind(':') <= name.rfind('/') { format!("{name}:latest") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_tag_gets_latest() {
        assert_eq!(normalized_image_name("redis"), "redis:latest");
        assert_eq!(normalized_image_name("host:5000/db"), "host:5000/db:latest");
        assert_eq!(normalized_image_name("host:5000/db:v1"), "host:5000/db:v1");
        assert_eq!(normalized_image_name("tools@sha256:00"), "tools@sha256:00");
    }

    #[test]
    fn priority_is_clamped() {
        assert_eq!(calculate_priority(500 * MIB, 1), 48);
        assert_eq!(calculate_priority(150 * MIB, 1), 12);
        assert_eq!(calculate_priority(2000 * MIB, 1), 100);
        assert_eq!(calculate_priority(0, 1), 0);
    }
}
