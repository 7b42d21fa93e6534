//! Recordings of a live control plane: documents of `tests/conformance/live`.

use podtide::units::SimTime;
use podtide::workload::trace::parse_rfc3339;
use serde_json::Value;

use super::hpa_world::{items, text};
use super::recording::{document, documents};

/// One recording.
pub(crate) struct Live {
    /// Like `live/hpa-edits`.
    pub(crate) name: String,
    /// All of it.
    pub(crate) document: Value,
    /// When the case began [ms since 1970].
    start: i64,
}

impl Live {
    /// All recordings, in order of name.
    pub(crate) fn all() -> impl Iterator<Item = Live> {
        documents("live").into_iter().filter_map(|name| {
            let document = document(&name)?;
            let start = text(&document["startedAt"]);
            let start = parse_rfc3339(start).unwrap_or_else(|| panic!("{name}: {start}"));
            Some(Live { name, document, start })
        })
    }

    /// The instant that comes some milliseconds after the case began. Instants count from the
    /// whole second before that, so that they are cut to seconds as the API cuts them.
    pub(crate) fn at(&self, ms: i64) -> SimTime {
        SimTime(self.start.rem_euclid(1000) + ms)
    }

    /// The whole second in which the case began [ms since 1970]: time 0 of [`Live::at`].
    pub(crate) fn second(&self) -> i64 {
        self.start - self.start.rem_euclid(1000)
    }

    /// The instant that a text tells.
    pub(crate) fn instant(&self, told: &Value) -> Option<SimTime> {
        let unix_ms = parse_rfc3339(told.as_str()?)?;
        Some(SimTime(unix_ms - self.second()))
    }

    /// What happened to objects of a kind, in order.
    pub(crate) fn objects<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        items(&self.document["objects"]).filter(move |object| object["kind"] == kind)
    }

    /// The manifest of an object, as it was sent.
    pub(crate) fn manifest(&self, kind: &str, name: &str) -> Option<&Value> {
        let case = &self.document["case"];
        let later = items(&case["actions"]).map(|action| &action["manifest"]);
        let mut manifests = items(&case["manifests"]).chain(later);
        manifests.find(|manifest| manifest["kind"] == kind && manifest["metadata"]["name"] == name)
    }
}

/// When an entry of a recording is from [ms since the case began].
pub(crate) fn ms(entry: &Value) -> i64 {
    entry["t"].as_i64().unwrap_or_else(|| panic!("an entry without a time: {entry}"))
}
