//! Mirrors the annotations of `pkg/controller/deployment/util/deployment_util.go` (v1.36): what the
//! controller notes on ReplicaSets and Deployments. Left out: nothing.

use crate::api::meta::StringMap;

/// Number of a rollout, on Deployment and ReplicaSet.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// Earlier numbers of the same ReplicaSet, with commas.
pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The Deployment's size when the ReplicaSet was last scaled.
pub const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// That size plus surge.
pub const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// Asks the controller to roll back, to a revision or (0) to the one before.
pub const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
/// Label that tells the pods of one ReplicaSet from those of another.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Longest `revision-history` \[bytes\].
const REVISION_HISTORY_MAX: usize = 2000;

/// Whether an annotation stays with its object (`skipCopyAnnotation`).
pub fn skip_copy(key: &str) -> bool {
    [LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO]
        .contains(&key)
}

/// The number in an annotation, if there is one that fits.
pub fn non_negative_int32(annotations: &StringMap, key: &str) -> Option<i32> {
    let text = annotations.get(key)?;
    let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits_only { text.parse().ok() } else { None }
}

/// The revision of an object: 0 without the annotation, none if it is unreadable (`Revision`).
pub fn revision(annotations: &StringMap) -> Option<i64> {
    annotations.get(REVISION).map_or(Some(0), |text| text.parse().ok())
}

/// The highest revision, or 0 (`MaxRevision`).
pub fn max_revision<'a>(all: impl Iterator<Item = &'a StringMap>) -> i64 {
    all.filter_map(revision).fold(0, i64::max)
}

/// The second highest revision, or 0 (`LastRevision`).
pub fn last_revision<'a>(all: impl Iterator<Item = &'a StringMap>) -> i64 {
    let (mut highest, mut second) = (0, 0);
    for revision in all.filter_map(revision) {
        if revision >= highest {
            (highest, second) = (revision, highest);
        } else if revision > second {
            second = revision;
        }
    }
    second
}

/// What a ReplicaSet of the present template has to carry: the Deployment's annotations and its
/// revision. None if it carries all that (`SetNewReplicaSetAnnotations`).
pub fn new_replica_set_annotations(
    deployment: &StringMap,
    replica_set: &StringMap,
    new_revision: i64,
) -> Option<StringMap> {
    let missing: Vec<(&String, &String)> = deployment
        .iter()
        .filter(|(key, value)| !skip_copy(key) && replica_set.get(*key) != Some(value))
        .collect();
    let noted = replica_set.get(REVISION).filter(|text| !text.is_empty());
    // An unreadable revision is left alone.
    let outdated = match noted.map(|text| text.parse::<i64>()) {
        None => new_revision > 0,
        Some(Ok(old)) => old < new_revision,
        Some(Err(_)) => return None,
    };
    if missing.is_empty() && !outdated {
        return None;
    }
    let mut annotations = replica_set.clone();
    annotations.extend(missing.into_iter().map(|(key, value)| (key.clone(), value.clone())));
    if outdated {
        if let Some(old) = replica_set.get(REVISION) {
            push_revision_history(&mut annotations, old);
        }
        annotations.insert(REVISION.to_owned(), new_revision.to_string());
    }
    Some(annotations)
}

fn push_revision_history(annotations: &mut StringMap, old: &str) {
    let history = annotations.get(REVISION_HISTORY).map_or("", String::as_str);
    if history.is_empty() || history.starts_with(',') {
        annotations.insert(REVISION_HISTORY.to_owned(), old.to_owned());
        return;
    }
    let mut kept: Vec<&str> = history.split(',').collect();
    let mut length = history.len() + old.len() + 1;
    let mut dropped = 0;
    while length > REVISION_HISTORY_MAX && dropped < kept.len() {
        length -= kept[dropped].len() + 1;
        dropped += 1;
    }
    if length <= REVISION_HISTORY_MAX {
        kept.drain(..dropped);
        kept.push(old);
        let history = kept.join(",");
        annotations.insert(REVISION_HISTORY.to_owned(), history);
    }
}

/// Notes the Deployment's size and the most that it may have (`SetReplicasAnnotations`).
pub fn set_replicas(annotations: &mut StringMap, desired: i32, max: i32) {
    annotations.insert(DESIRED_REPLICAS.to_owned(), desired.to_string());
    annotations.insert(MAX_REPLICAS.to_owned(), max.to_string());
}

/// Whether these notes are not as they should be (`ReplicasAnnotationsNeedUpdate`).
pub fn replicas_need_update(annotations: &StringMap, desired: i32, max: i32) -> bool {
    let says = |key, number: i32| annotations.get(key).is_some_and(|text| is(text, number));
    !says(DESIRED_REPLICAS, desired) || !says(MAX_REPLICAS, max)
}

/// Whether a text is a number as it is printed.
fn is(text: &str, number: i32) -> bool {
    let canonical = text == "0" || !text.trim_start_matches('-').starts_with('0');
    canonical && !text.starts_with('+') && text.parse() == Ok(number)
}

/// Annotations of a Deployment that goes back to the template of a ReplicaSet: those of that time,
/// but for the notes that stay with their object (`SetDeploymentAnnotationsTo`).
pub fn of_rollback(deployment: &StringMap, replica_set: &StringMap) -> StringMap {
    let stay = deployment.iter().filter(|(key, _)| skip_copy(key));
    let back = replica_set.iter().filter(|(key, _)| !skip_copy(key));
    stay.chain(back).map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> StringMap {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_replica_set_that_comes_back_keeps_its_former_revisions() {
        let old = map(&[(REVISION, "3"), (REVISION_HISTORY, "1")]);
        let new = new_replica_set_annotations(&map(&[("team", "a")]), &old, 5);
        let expect = map(&[(REVISION, "5"), (REVISION_HISTORY, "1,3"), ("team", "a")]);
        assert_eq!(new, Some(expect.clone()));
        assert_eq!(new_replica_set_annotations(&map(&[("team", "a")]), &expect, 5), None);
    }

    #[test]
    fn a_long_history_loses_its_oldest_revisions() {
        let history = (100..600).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        let old = map(&[(REVISION, "777"), (REVISION_HISTORY, &history)]);
        let new = new_replica_set_annotations(&StringMap::new(), &old, 778).expect("it changes");
        assert!(new[REVISION_HISTORY].starts_with("101,") && new[REVISION_HISTORY].len() <= 2000);
        assert!(new[REVISION_HISTORY].ends_with(",599,777"));
    }

    #[test]
    fn revisions_are_read_as_far_as_they_can_be() {
        let all =
            [map(&[(REVISION, "4")]), map(&[]), map(&[(REVISION, "x")]), map(&[(REVISION, "2")])];
        assert_eq!((max_revision(all.iter()), last_revision(all.iter())), (4, 2));
    }
}
