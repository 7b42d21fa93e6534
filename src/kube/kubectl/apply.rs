//! `kubectl apply`. Mirrors `pkg/cmd/apply/patcher.go` of kubectl (v0.36), as far as objects are
//! concerned that controllers write to as well. Documents are merged before they are objects, by
//! [`crate::manifest::merge`].

use crate::api::meta::StringMap;

/// Entries of a map such as annotations: what the manifest says wins, what only its former version
/// said goes, and what others said stays.
pub fn map(live: &StringMap, last: &StringMap, new: &StringMap) -> StringMap {
    let stay = live.iter().filter(|(key, _)| !last.contains_key(*key));
    stay.chain(new).map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(pairs: &[(&str, &str)]) -> StringMap {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn what_others_said_stays_and_what_is_no_longer_said_goes() {
        let live = entries(&[("own", "1"), ("old", "2"), ("others", "3")]);
        let merged = map(&live, &entries(&[("own", "1"), ("old", "2")]), &entries(&[("own", "4")]));
        assert_eq!(merged, entries(&[("own", "4"), ("others", "3")]));
    }
}
