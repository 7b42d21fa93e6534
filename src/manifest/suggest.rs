//! "Did you mean": the known word nearest to an unknown one.

use strsim::damerau_levenshtein;

/// The nearest of some known words, if it is near enough to be meant; the first of equals.
pub fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let lower = word.to_lowercase();
    // Words far longer than any name are not measured: the measure takes quadratic time.
    if word.len() > 100 {
        return None;
    }
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let length = word.chars().count();
    known
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expect: Option<&str>) {
        let known = ["minReplicas", "maxReplicas", "metrics", "cpu"];
        assert_eq!(nearest(word, known.into_iter()), expect, "of {word}");
    }

    #[test]
    fn near_words_are_found_and_far_ones_not() {
        check("minreplicas", Some("minReplicas"));
        check("maxReplica", Some("maxReplicas"));
        check("metric", Some("metrics"));
        check("cpus", Some("cpu"));
        check("replicas", None);
        check("xyz", None);
    }
}
