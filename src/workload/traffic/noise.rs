//! A random factor with a memory: log-normal, mean 1, AR(1) in its logarithm.

use crate::engine::random::RandomStream;
use crate::units::SimDuration;

use super::curve::Curve;

/// A log-normal draw of mean 1 and the given standard deviation.
pub(crate) fn log_normal_factor(stddev: f64, stream: &mut RandomStream) -> f64 {
    log_normal(log_variance(stddev), stream.normal())
}

/// Variance of the logarithm of a log-normal factor of mean 1.
fn log_variance(stddev: f64) -> f64 {
    libm::log1p(stddev * stddev)
}

fn log_normal(log_variance: f64, normal: f64) -> f64 {
    libm::exp(log_variance.sqrt() * normal - log_variance / 2.0)
}

/// The factor over `[0, duration_ms)`, in steps of [`super::noise_step`].
pub(super) fn factor(
    duration_ms: i64,
    stddev: f64,
    correlation: SimDuration,
    stream: &mut RandomStream,
) -> Curve {
    let step_ms = super::noise_step(correlation).0;
    let keep = match correlation.0 {
        ..=0 => 0.0,
        correlation_ms => libm::exp(-(step_ms as f64) / correlation_ms as f64),
    };
    let fresh = (1.0 - keep * keep).sqrt();
    let variance = log_variance(stddev);
    let mut curve = Curve::with_capacity(duration_ms, (duration_ms / step_ms) as usize + 1);
    let mut state = stream.normal();
    let mut at_ms = 0;
    while at_ms < duration_ms {
        let value = log_normal(variance, state);
        curve.push(at_ms, value, value);
        state = keep * state + fresh * stream.normal();
        at_ms += step_ms;
    }
    curve
}
