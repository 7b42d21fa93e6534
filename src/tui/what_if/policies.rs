//! Scaling policies on one line: `100%/15s, 4/1m`.

use crate::api::autoscaling::HpaScalingPolicy;
use crate::scenario::file::scalar::parse_duration;
use crate::units::SimDuration;

/// Writes policies on one line.
pub(super) fn text(policies: &[HpaScalingPolicy]) -> String {
    let one = |policy: &HpaScalingPolicy| {
        let percent = if policy.type_ == "Percent" { "%" } else { "" };
        let period = SimDuration::from_secs(i64::from(policy.period_seconds));
        format!("{}{percent}/{period}", policy.value)
    };
    policies.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Reads them, as JSON; nothing at all is `null`.
pub(super) fn parse(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok("null".to_owned());
    }
    let all: Result<Vec<HpaScalingPolicy>, String> =
        text.split(',').map(|it| one(it.trim())).collect();
    Ok(serde_json::to_string(&all?).expect("policies are plain data"))
}

fn one(text: &str) -> Result<HpaScalingPolicy, String> {
    let wrong = || format!("`{text}` is no policy: write `4/15s` (pods) or `100%/15s`");
    let (value, period) = text.split_once('/').ok_or_else(wrong)?;
    let (value, type_) = match value.trim().strip_suffix('%') {
        Some(value) => (value, "Percent"),
        None => (value, "Pods"),
    };
    let value = value.trim().parse::<i32>().map_err(|_| wrong())?;
    let period = parse_duration(period.trim()).map_err(|_| wrong())?;
    let period_seconds = i32::try_from(period.as_millis() / 1000).map_err(|_| wrong())?;
    Ok(HpaScalingPolicy { type_: type_.to_owned(), value, period_seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_as_they_are_written() {
        let policy = |type_: &str, value, period_seconds| HpaScalingPolicy {
            type_: type_.to_owned(),
            value,
            period_seconds,
        };
        let all = [policy("Percent", 100, 15), policy("Pods", 4, 60)];
        assert_eq!(text(&all), "100%/15s, 4/1m");
        let json = serde_json::to_string(&all).expect("plain data");
        assert_eq!(parse("100%/15s,4 / 1m"), Ok(json));
        assert_eq!(parse(""), Ok("null".to_owned()));
        let wrong = "`4` is no policy: write `4/15s` (pods) or `100%/15s`";
        assert_eq!(parse("4"), Err(wrong.to_owned()));
    }
}
