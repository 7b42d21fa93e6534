//! A value over time, in steps or in straight lines, and what can be asked of it.

/// How a value runs between two points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Course {
    /// It holds until the next point.
    #[default]
    Steps,
    /// It runs in a straight line; two points at one instant are a jump.
    Lines,
}

/// A value at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When \[ms since the start\].
    pub at_ms: f64,
    /// The value; NaN when it is not known.
    pub value: f64,
}

/// A value over time. It is not known before its first point and holds after its last one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    course: Course,
    points: Vec<Point>,
}

/// A stretch of time in which a value is a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Begin \[ms\].
    pub from_ms: f64,
    /// End \[ms\]; after the begin.
    pub to_ms: f64,
    /// Value at the begin.
    pub first: f64,
    /// Value at the end.
    pub last: f64,
}

/// What a value does within one column of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Value where the column begins.
    pub first: f64,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Mean over time.
    pub mean: f64,
    /// Value where the column ends.
    pub last: f64,
}

impl Point {
    /// A value at an instant.
    pub fn new(at_ms: f64, value: f64) -> Point {
        Point { at_ms, value }
    }
}

impl Piece {
    /// The value at an instant inside.
    pub fn value(&self, at_ms: f64) -> f64 {
        if self.first == self.last {
            return self.first;
        }
        let share = (at_ms - self.from_ms) / (self.to_ms - self.from_ms);
        self.first + (self.last - self.first) * share.clamp(0.0, 1.0)
    }

    /// How long it lasts \[s\].
    pub fn seconds(&self) -> f64 {
        (self.to_ms - self.from_ms) / 1000.0
    }

    /// The part of it between two instants; they must lie inside.
    fn cut(&self, from_ms: f64, to_ms: f64) -> Piece {
        if (from_ms, to_ms) == (self.from_ms, self.to_ms) {
            return *self;
        }
        Piece { from_ms, to_ms, first: self.value(from_ms), last: self.value(to_ms) }
    }
}

impl Track {
    /// A value without points.
    pub fn new(course: Course) -> Track {
        Track { course, points: Vec::new() }
    }

    /// A value in steps, from pairs of instant \[ms\] and value in order of time.
    pub fn steps(points: impl IntoIterator<Item = (f64, f64)>) -> Track {
        let mut track = Track::new(Course::Steps);
        points.into_iter().for_each(|(at_ms, value)| track.push(at_ms, value));
        track
    }

    /// A value in straight lines, from pairs of instant \[ms\] and value in order of time.
    pub fn lines(points: impl IntoIterator<Item = (f64, f64)>) -> Track {
        let mut track = Track::new(Course::Lines);
        points.into_iter().for_each(|(at_ms, value)| track.push(at_ms, value));
        track
    }

    /// The same value always.
    pub fn constant(value: f64) -> Track {
        Track::steps([(0.0, value)])
    }

    /// How it runs between points.
    pub fn course(&self) -> Course {
        self.course
    }

    /// All points in order of time.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Whether nothing is known of it.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Adds a point, not before the last one. Points that say nothing new are left out; of several
    /// steps at one instant the last one counts.
    pub fn push(&mut self, at_ms: f64, value: f64) {
        match self.course {
            Course::Steps => self.push_step(at_ms, value),
            Course::Lines => self.push_corner(at_ms, value),
        }
    }

    fn push_step(&mut self, at_ms: f64, value: f64) {
        if self.points.last().is_some_and(|last| last.at_ms == at_ms) {
            self.points.pop();
        }
        let same = |last: &Point| last.value == value || last.value.is_nan() && value.is_nan();
        if !self.points.last().is_some_and(same) {
            self.points.push(Point { at_ms, value });
        }
    }

    /// A corner on the line between its neighbours is no corner.
    fn push_corner(&mut self, at_ms: f64, value: f64) {
        let point = Point { at_ms, value };
        if self.points.last() == Some(&point) {
            return;
        }
        if let [.., before, last] = self.points[..]
            && before.value == last.value
            && last.value == value
        {
            self.points.pop();
        }
        self.points.push(point);
    }

    /// The value at an instant, of two at a jump the later one; NaN before the first point.
    pub fn at(&self, at_ms: f64) -> f64 {
        let after = self.points.partition_point(|point| point.at_ms <= at_ms);
        let Some(before) = after.checked_sub(1).map(|place| self.points[place]) else {
            return f64::NAN;
        };
        match (self.course, self.points.get(after)) {
            (Course::Lines, Some(next)) => piece(before, *next).value(at_ms),
            _ => before.value,
        }
    }

    /// The last value; NaN without points.
    pub fn last(&self) -> f64 {
        self.points.last().map_or(f64::NAN, |point| point.value)
    }

    /// Straight pieces in order of time, between two instants, without gaps; where nothing is known
    /// there is no piece.
    pub fn pieces(&self, from_ms: f64, to_ms: f64) -> impl Iterator<Item = Piece> + '_ {
        let start = self.points.partition_point(|point| point.at_ms <= from_ms).saturating_sub(1);
        (start..self.points.len())
            .map(move |place| self.piece(place, to_ms))
            .take_while(move |piece| piece.from_ms < to_ms)
            .filter(move |piece| piece.to_ms > from_ms && piece.to_ms > piece.from_ms)
            .filter(|piece| !piece.first.is_nan())
            .map(move |piece| piece.cut(piece.from_ms.max(from_ms), piece.to_ms.min(to_ms)))
    }

    fn piece(&self, place: usize, end_ms: f64) -> Piece {
        let point = self.points[place];
        match (self.course, self.points.get(place + 1)) {
            (Course::Lines, Some(next)) => piece(point, *next),
            (Course::Steps, Some(next)) => piece(point, Point { value: point.value, ..*next }),
            (_, None) => piece(point, Point::new(end_ms.max(point.at_ms), point.value)),
        }
    }

    /// The value times seconds between two instants.
    pub fn integral(&self, from_ms: f64, to_ms: f64) -> f64 {
        self.pieces(from_ms, to_ms).map(|p| f64::midpoint(p.first, p.last) * p.seconds()).sum()
    }

    /// Mean over the time in which it is known; NaN if that is none.
    pub fn mean(&self, from_ms: f64, to_ms: f64) -> f64 {
        let seconds: f64 = self.pieces(from_ms, to_ms).map(|piece| piece.seconds()).sum();
        if seconds > 0.0 { self.integral(from_ms, to_ms) / seconds } else { f64::NAN }
    }

    /// The greatest value between two instants; NaN if none is known.
    pub fn max(&self, from_ms: f64, to_ms: f64) -> f64 {
        self.pieces(from_ms, to_ms).fold(f64::NAN, |most, p| most.max(p.first).max(p.last))
    }

    /// The least value between two instants; NaN if none is known.
    pub fn min(&self, from_ms: f64, to_ms: f64) -> f64 {
        self.pieces(from_ms, to_ms).fold(f64::NAN, |least, p| least.min(p.first).min(p.last))
    }

    /// When the greatest value between two instants is first reached \[ms\]; NaN if none is known.
    pub fn argmax(&self, from_ms: f64, to_ms: f64) -> f64 {
        let mut best = (f64::NAN, f64::NEG_INFINITY);
        for piece in self.pieces(from_ms, to_ms) {
            for (at, value) in [(piece.from_ms, piece.first), (piece.to_ms, piece.last)] {
                if value > best.1 {
                    best = (at, value);
                }
            }
        }
        best.0
    }

    /// What it does in so many columns of equal width between two instants; `None` where it is not
    /// known. The peaks are kept however wide a column is.
    pub fn columns(&self, from_ms: f64, to_ms: f64, count: u32) -> Vec<Option<Column>> {
        let count = count.max(1);
        let width = (to_ms - from_ms) / f64::from(count);
        let mut sums = vec![Sum::default(); count as usize];
        for whole in self.pieces(from_ms, to_ms) {
            let column = |at_ms: f64| ((at_ms - from_ms) / width) as u32;
            for place in column(whole.from_ms)..=column(whole.to_ms).min(count - 1) {
                let begin = (from_ms + width * f64::from(place)).max(whole.from_ms);
                let end = (from_ms + width * f64::from(place + 1)).min(whole.to_ms);
                if end > begin {
                    sums[place as usize].add(&whole.cut(begin, end));
                }
            }
        }
        sums.iter().map(Sum::column).collect()
    }
}

fn piece(from: Point, to: Point) -> Piece {
    Piece { from_ms: from.at_ms, to_ms: to.at_ms, first: from.value, last: to.value }
}

/// What is known of a column so far.
#[derive(Clone, Debug, Default)]
struct Sum {
    column: Option<Column>,
    integral: f64,
    seconds: f64,
}

impl Sum {
    fn add(&mut self, piece: &Piece) {
        let (low, high) = (piece.first.min(piece.last), piece.first.max(piece.last));
        let former = self.column.unwrap_or(Column {
            first: piece.first,
            min: low,
            max: high,
            mean: 0.0,
            last: piece.last,
        });
        self.integral += f64::midpoint(piece.first, piece.last) * piece.seconds();
        self.seconds += piece.seconds();
        self.column = Some(Column {
            min: former.min.min(low),
            max: former.max.max(high),
            last: piece.last,
            ..former
        });
    }

    fn column(&self) -> Option<Column> {
        self.column.map(|column| Column { mean: self.integral / self.seconds, ..column })
    }
}

/// Stretches in which two values are both straight and both known, in order of time.
pub fn side_by_side(
    a: &Track,
    b: &Track,
    from_ms: f64,
    to_ms: f64,
) -> impl Iterator<Item = (Piece, Piece)> {
    let (mut ones, mut others) = (a.pieces(from_ms, to_ms), b.pieces(from_ms, to_ms));
    let (mut one, mut other) = (ones.next(), others.next());
    std::iter::from_fn(move || {
        loop {
            let (a, b) = (one?, other?);
            let (begin, end) = (a.from_ms.max(b.from_ms), a.to_ms.min(b.to_ms));
            if b.to_ms > a.to_ms {
                one = ones.next();
            } else {
                other = others.next();
            }
            if end > begin {
                return Some((a.cut(begin, end), b.cut(begin, end)));
            }
        }
    })
}

/// Spans \[ms\] in which one value is above another, in order of time; spans that touch are one.
pub fn spans_above(a: &Track, b: &Track, from_ms: f64, to_ms: f64) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for (a, b) in side_by_side(a, b, from_ms, to_ms) {
        let (first, last) = (a.first - b.first, a.last - b.last);
        if first <= 0.0 && last <= 0.0 {
            continue;
        }
        let crossing = a.from_ms + (a.to_ms - a.from_ms) * first / (first - last);
        let begin = if first >= 0.0 { a.from_ms } else { crossing };
        let end = if last >= 0.0 { a.to_ms } else { crossing };
        match spans.last_mut() {
            Some(span) if span.1 >= begin => span.1 = end,
            _ => spans.push((begin, end)),
        }
    }
    spans
}

/// `a + factor * b`, where both are known, as lines.
pub fn plus(a: &Track, b: &Track, factor: f64, from_ms: f64, to_ms: f64) -> Track {
    let mut sum = Track::new(Course::Lines);
    for (a, b) in side_by_side(a, b, from_ms, to_ms) {
        sum.push(a.from_ms, a.first + factor * b.first);
        sum.push(a.to_ms, a.last + factor * b.last);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stairs() -> Track {
        Track::steps([(0.0, 3.0), (1000.0, 6.0), (2000.0, 6.0), (4000.0, 2.0)])
    }

    fn hill() -> Track {
        Track::lines([(0.0, 0.0), (2000.0, 10.0), (2000.0, 4.0), (4000.0, 4.0)])
    }

    #[test]
    fn steps_hold_and_lines_run() {
        assert_eq!(stairs().points().len(), 3);
        assert_eq!([stairs().at(0.0), stairs().at(999.9), stairs().at(1000.0)], [3.0, 3.0, 6.0]);
        assert_eq!([hill().at(500.0), hill().at(2000.0), hill().at(9000.0)], [2.5, 4.0, 4.0]);
        assert!(stairs().at(-1.0).is_nan() && Track::default().at(0.0).is_nan());
    }

    #[test]
    fn sums_and_extremes_are_exact() {
        assert_eq!(stairs().integral(0.0, 5000.0), 3.0 + 18.0 + 2.0);
        assert_eq!(stairs().mean(0.0, 4000.0), 21.0 / 4.0);
        assert_eq!(hill().integral(0.0, 4000.0), 10.0 + 8.0);
        assert_eq!((hill().max(0.0, 4000.0), hill().min(1000.0, 4000.0)), (10.0, 4.0));
        assert_eq!(hill().argmax(0.0, 4000.0), 2000.0);
    }

    #[test]
    fn columns_keep_the_peaks() {
        let mut track = Track::steps([(0.0, 1.0)]);
        track.push(510.0, 100.0);
        track.push(511.0, 1.0);
        let columns = track.columns(0.0, 1000.0, 2);
        let second = columns[1].expect("the value is known");
        assert_eq!((second.first, second.max, second.last), (1.0, 100.0, 1.0));
        assert!((second.mean - (499.0 + 100.0) / 500.0).abs() < 1e-9);
        let late = Track::steps([(600.0, 1.0)]);
        assert_eq!(late.columns(0.0, 1000.0, 2)[0], None);
    }

    #[test]
    fn crossings_are_found_inside_pieces() {
        let spans = spans_above(&hill(), &Track::constant(5.0), 0.0, 4000.0);
        assert_eq!(spans, [(1000.0, 2000.0)]);
        let spans = spans_above(&stairs(), &Track::constant(2.0), 0.0, 5000.0);
        assert_eq!(spans, [(0.0, 4000.0)]);
        assert_eq!(spans_above(&stairs(), &stairs(), 0.0, 5000.0), []);
    }

    #[test]
    fn unknown_stretches_have_no_pieces() {
        let track = Track::steps([(0.0, 1.0), (1000.0, f64::NAN), (2000.0, 3.0)]);
        let known: Vec<(f64, f64)> =
            track.pieces(0.0, 3000.0).map(|piece| (piece.from_ms, piece.first)).collect();
        assert_eq!(known, [(0.0, 1.0), (2000.0, 3.0)]);
        assert_eq!(track.mean(0.0, 3000.0), 2.0);
    }

    #[test]
    fn values_add_up() {
        let sum = plus(&hill(), &stairs(), 2.0, 0.0, 4000.0);
        assert_eq!([sum.at(500.0), sum.at(1000.0), sum.at(3000.0)], [8.5, 17.0, 16.0]);
    }
}
