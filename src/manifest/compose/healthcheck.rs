//! `healthcheck` of a service. Mirrors `convertHealthcheck` of `cli/compose/convert/service.go` of
//! docker/cli, and `validateHealthCheck` of `daemon/container.go` of moby.

use super::keys;
use super::reader::{Field, Reader};
use crate::api::swarm::HealthConfig;
use crate::manifest::yaml::Node;
use crate::units::SimDuration;

/// Checks that come faster would say nothing more.
const INTERVAL_MIN: SimDuration = SimDuration::from_millis(100);
const RETRIES_MAX: i64 = 1_000_000;

impl Reader<'_> {
    /// The check, if the service has one. 0 stands for the engine's own default everywhere.
    pub(super) fn healthcheck(&mut self, service: &Field<'_>) -> Option<HealthConfig> {
        let field = self.part(service, "healthcheck", keys::HEALTHCHECK, |_| None)?;
        let switched = [("true", true), ("false", false)];
        let disabled = self.choice(&field, "disable", &switched).unwrap_or(false);
        let mut config = HealthConfig::default();
        let mut set = |key: &str, span: &mut SimDuration, least: SimDuration| {
            if let Some(written) = self.duration(&field, key).filter(|span| span.0 > 0) {
                *span = written.max(least);
            }
        };
        set("interval", &mut config.interval, INTERVAL_MIN);
        set("timeout", &mut config.timeout, SimDuration(1));
        set("start_period", &mut config.start_period, SimDuration::ZERO);
        set("start_interval", &mut config.start_interval, INTERVAL_MIN);
        if let Some(retries) = self.count(&field, "retries", RETRIES_MAX).filter(|&n| n > 0) {
            config.retries = retries as u32;
        }
        let Some(test) = field.get("test") else {
            return self.inherited(&field, disabled, config);
        };
        (!disabled && !is_none(test.node)).then_some(config)
    }

    /// Without a test the image's own check is meant, which nobody here can know.
    fn inherited(
        &mut self,
        field: &Field<'_>,
        disabled: bool,
        config: HealthConfig,
    ) -> Option<HealthConfig> {
        if disabled {
            return None;
        }
        let message = format!("`{}` has no `test`: the image's own is meant", field.path);
        self.report(
            crate::diagnostic::Diagnostic::note("compose-healthcheck", message)
                .at(field.node.span.clone(), "the image is taken to have a check"),
        );
        Some(config)
    }
}

/// `["NONE"]` switches the image's check off.
fn is_none(test: &Node) -> bool {
    test.items().first().and_then(Node::as_str).or(test.as_str()) == Some("NONE")
}
