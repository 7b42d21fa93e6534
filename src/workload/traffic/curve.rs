//! Piecewise-linear functions under construction: sums, products with steps, the cut at zero.

/// A piecewise-linear function over `[0, duration_ms)`; pieces in arrays.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    /// End of the last piece.
    pub(super) duration_ms: i64,
    /// Starts of the pieces; strictly increasing, the first is 0.
    pub(super) at_ms: Vec<i64>,
    /// Value at the start of each piece.
    pub(super) first: Vec<f64>,
    /// Value just before the end of each piece.
    pub(super) last: Vec<f64>,
}

impl Curve {
    pub(super) fn constant(duration_ms: i64, value: f64) -> Curve {
        Curve { duration_ms, at_ms: vec![0], first: vec![value], last: vec![value] }
    }

    pub(super) fn with_capacity(duration_ms: i64, pieces: usize) -> Curve {
        let (at_ms, first, last) =
            (Vec::with_capacity(pieces), Vec::with_capacity(pieces), Vec::with_capacity(pieces));
        Curve { duration_ms, at_ms, first, last }
    }

    /// A curve through corners in order of time, held outside; two corners at one instant jump.
    pub(super) fn through(
        duration_ms: i64,
        hold: bool,
        corners: impl IntoIterator<Item = (i64, f64)>,
    ) -> Curve {
        let mut curve = Curve::with_capacity(duration_ms, 4);
        let mut before: Option<(i64, f64)> = None;
        for corner in corners {
            let (from, value) = before.unwrap_or((i64::MIN, corner.1));
            let end = if hold { value } else { corner.1 };
            curve.push_line((from, value), (corner.0, end));
            before = Some(corner);
        }
        let (from, value) = before.unwrap_or((i64::MIN, 0.0));
        curve.push_line((from, value), (i64::MAX, value));
        curve
    }

    /// Appends the part of a line that lies in `[0, duration)`. Lines must come in order.
    fn push_line(&mut self, from: (i64, f64), to: (i64, f64)) {
        let (start, end) = (from.0.max(0), to.0.min(self.duration_ms));
        if start >= end {
            return;
        }
        let first = value_on(from, to, start);
        let last = value_on(from, to, end);
        self.push(start, first, last);
    }

    /// Appends a piece; constant pieces of the same value are joined.
    pub(super) fn push(&mut self, at_ms: i64, first: f64, last: f64) {
        if let (Some(a), Some(b)) = (self.first.last(), self.last.last())
            && first == last
            && *a == first
            && *b == first
        {
            return;
        }
        self.at_ms.push(at_ms);
        self.first.push(first);
        self.last.push(last);
    }

    pub(super) fn pieces(&self) -> usize {
        self.at_ms.len()
    }

    fn end_ms(&self, piece: usize) -> i64 {
        self.at_ms.get(piece + 1).copied().unwrap_or(self.duration_ms)
    }

    fn value_in(&self, piece: usize, at_ms: i64) -> f64 {
        let from = (self.at_ms[piece], self.first[piece]);
        value_on(from, (self.end_ms(piece), self.last[piece]), at_ms)
    }

    /// The curve whose every piece is `join` of the pieces of both.
    fn merge(&self, other: &Curve, join: impl Fn(f64, f64) -> f64) -> Curve {
        let mut merged = Curve::with_capacity(self.duration_ms, self.pieces() + other.pieces());
        let (mut a, mut b, mut at) = (0, 0, 0);
        while at < self.duration_ms {
            let (a_end, b_end) = (self.end_ms(a), other.end_ms(b));
            let end = a_end.min(b_end);
            let first = join(self.value_in(a, at), other.value_in(b, at));
            let last = join(self.value_in(a, end), other.value_in(b, end));
            merged.push(at, first, last);
            a += usize::from(a_end == end);
            b += usize::from(b_end == end);
            at = end;
        }
        merged
    }

    /// The sum of two curves of the same duration.
    pub(super) fn plus(self, other: Curve) -> Curve {
        if self.is_zero() {
            return other;
        }
        if other.is_zero() {
            return self;
        }
        self.merge(&other, |a, b| a + b)
    }

    /// The product with a curve of steps.
    pub(super) fn times_steps(self, steps: &Curve) -> Curve {
        self.merge(steps, |a, b| a * b)
    }

    /// The product with a number.
    pub(super) fn times(mut self, factor: f64) -> Curve {
        for value in self.first.iter_mut().chain(&mut self.last) {
            *value *= factor;
        }
        self
    }

    fn is_zero(&self) -> bool {
        self.pieces() == 1 && self.first[0] == 0.0 && self.last[0] == 0.0
    }

    /// Cuts what is below zero; a line that crosses zero is split at the whole millisecond before.
    pub(super) fn cut_at_zero(self) -> Curve {
        if self.first.iter().chain(&self.last).all(|value| *value >= 0.0) {
            return self;
        }
        let mut cut = Curve::with_capacity(self.duration_ms, self.pieces() + 16);
        for piece in 0..self.pieces() {
            let (at, end) = (self.at_ms[piece], self.end_ms(piece));
            let (first, last) = (self.first[piece], self.last[piece]);
            if first.max(last) <= 0.0 {
                cut.push(at, 0.0, 0.0);
                continue;
            }
            if first.min(last) >= 0.0 {
                cut.push(at, first, last);
                continue;
            }
            let zero = at + ((end - at) as f64 * (first / (first - last))) as i64;
            let split = zero.clamp(at, end - 1);
            if split > at {
                cut.push(at, first.max(0.0), 0.0);
            }
            cut.push(split, if split > at { 0.0 } else { first.max(0.0) }, last.max(0.0));
        }
        cut
    }

    /// Whether every value is a number.
    pub(super) fn is_finite(&self) -> bool {
        self.first.iter().chain(&self.last).all(|value| value.is_finite())
    }
}

/// The value at `at_ms` of the line between two points; exact at both ends.
fn value_on(from: (i64, f64), to: (i64, f64), at_ms: i64) -> f64 {
    if from.1 == to.1 || at_ms <= from.0 {
        return from.1;
    }
    if at_ms >= to.0 {
        return to.1;
    }
    let share = (at_ms - from.0) as f64 / (to.0 - from.0) as f64;
    from.1 + (to.1 - from.1) * share
}
