//! Round steps for axes.

/// The least round span \[s\] that gives at most so many ticks.
pub fn time_step(seconds: f64, most: u32) -> f64 {
    const STEPS: [f64; 24] = [
        0.1,
        0.5,
        1.0,
        2.0,
        5.0,
        10.0,
        15.0,
        30.0,
        60.0,
        120.0,
        300.0,
        600.0,
        900.0,
        1800.0,
        3600.0,
        7200.0,
        10_800.0,
        14_400.0,
        21_600.0,
        43_200.0,
        86_400.0,
        172_800.0,
        604_800.0,
        2_592_000.0,
    ];
    let least = seconds / f64::from(most.max(1));
    let found = STEPS.into_iter().find(|step| *step >= least);
    found.unwrap_or_else(|| (least / 31_536_000.0).ceil() * 31_536_000.0)
}

/// The least of 1, 2, 2.5 and 5 times a power of ten that gives at most so many steps up to a
/// value.
pub fn value_step(top: f64, most: u32) -> f64 {
    if top <= 0.0 || !top.is_finite() {
        return 1.0;
    }
    let least = top / f64::from(most.max(1));
    let mut power = 1.0;
    while power > least {
        power /= 10.0;
    }
    while power * 10.0 <= least {
        power *= 10.0;
    }
    let found = [1.0, 2.0, 2.5, 5.0].into_iter().map(|part| part * power);
    found.into_iter().find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(power * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!([time_step(3600.0, 6), time_step(86_400.0, 7)], [600.0, 14_400.0]);
        assert_eq!(time_step(1.0, 10), 0.1);
        let steps = [(1500.0, 5), (20.0, 5), (7.0, 4), (0.03, 3), (100.0, 4)];
        assert_eq!(steps.map(|(top, most)| value_step(top, most)), [500.0, 5.0, 2.0, 0.01, 25.0]);
        assert_eq!([value_step(0.0, 5), value_step(f64::NAN, 5)], [1.0, 1.0]);
    }
}
