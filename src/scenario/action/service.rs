//! What can be done to a Service.

use crate::api::meta::StringMap;

/// What somebody does to a Service.
#[derive(Clone, Debug, PartialEq)]
pub enum ServiceAction {
    /// Another selector: other pods serve from then on.
    Selector(StringMap),
}

impl ServiceAction {
    /// The selector that the Service has from then on.
    pub fn selector(&self) -> &StringMap {
        let ServiceAction::Selector(selector) = self;
        selector
    }

    /// What is done, in a few words.
    pub(super) fn title(&self, name: &str) -> String {
        let ServiceAction::Selector(selector) = self;
        let labels: Vec<String> =
            selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("switch {name} to {}", labels.join(","))
    }
}
