//! Mirrors `ComputeHash` of `pkg/controller/controller_utils.go` (v1.36) and
//! `generateReplicaSetName`. Left out: upstream's very bytes; templates are hashed as the JSON of
//! what is modelled, so names differ from a cluster's, while equal templates give equal names.

use std::io;

use crate::api::core::{PodTemplateSpec, Probe};

/// Characters of hashes and generated names: no vowels, and none that look alike.
pub(crate) const SAFE_CHARACTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Longest name of an object.
const NAME_LENGTH_MAX: usize = 253;

/// Hash of a template, and of how often hashes have collided.
pub(super) fn compute_hash(template: &PodTemplateSpec, collision_count: Option<i32>) -> String {
    let mut hasher = Fnv32(0x811c_9dc5);
    serde_json::to_writer(&mut hasher, template).expect("a template has a JSON form");
    for container in template.spec.containers.iter().chain(&template.spec.init_containers) {
        hasher.update(container.rest.as_bytes());
        let probes =
            [&container.startup_probe, &container.liveness_probe, &container.readiness_probe];
        probes.into_iter().flatten().for_each(|Probe { handler, .. }| {
            hasher.update(handler.as_bytes());
        });
    }
    if let Some(count) = collision_count {
        hasher.update(&i64::from(count as u32).to_le_bytes());
    }
    let digits = hasher.0.to_string();
    digits.bytes().map(|digit| char::from(SAFE_CHARACTERS[usize::from(digit) % 27])).collect()
}

/// Name of the ReplicaSet of a template of that hash.
pub(super) fn generate_replica_set_name(deployment: &str, hash: &str) -> String {
    let room = NAME_LENGTH_MAX.saturating_sub(hash.len() + 1);
    let end = (0..=deployment.len().min(room)).rev().find(|&end| deployment.is_char_boundary(end));
    format!("{}-{hash}", &deployment[..end.unwrap_or(0)])
}

/// FNV-1a, 32 bits.
struct Fnv32(u32);

impl Fnv32 {
    fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
}

impl io::Write for Fnv32 {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::Container;

    fn template(image: &str, rest: &str) -> PodTemplateSpec {
        let mut template = PodTemplateSpec::default();
        let container =
            Container { image: image.to_owned(), rest: rest.to_owned(), ..Container::default() };
        template.spec.containers.push(container);
        template
    }

    #[test]
    fn what_differs_in_any_part_has_another_hash() {
        let hashes = [
            compute_hash(&template("shop:v1", ""), None),
            compute_hash(&template("shop:v2", ""), None),
            compute_hash(&template("shop:v1", "{\"command\":[\"sh\"]}"), None),
            compute_hash(&template("shop:v1", ""), Some(1)),
        ];
        for (index, hash) in hashes.iter().enumerate() {
            assert!(hash.bytes().all(|byte| SAFE_CHARACTERS.contains(&byte)), "{hash}");
            assert!(!hashes[..index].contains(hash), "{hashes:?}");
        }
        assert_eq!(hashes[0], compute_hash(&template("shop:v1", ""), None));
    }

    #[test]
    fn a_long_name_is_cut_so_that_the_hash_fits() {
        assert_eq!(generate_replica_set_name("web", "7d5c"), "web-7d5c");
        let name = generate_replica_set_name(&"a".repeat(300), "7d5c");
        assert!(name.len() == 253 && name.ends_with("a-7d5c"));
    }
}
