//! From time and value to pixels.

use crate::report::track::{Column, Course, Track};

/// Points and pixels: a line through many points.
pub(super) type Path = Vec<(f64, f64)>;

/// Where a panel's values lie in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    /// Left edge \[px\].
    pub(super) left: f64,
    /// Right edge \[px\].
    pub(super) right: f64,
    /// Upper edge \[px\].
    pub(super) top: f64,
    /// Lower edge \[px\].
    pub(super) bottom: f64,
    /// Time at the left edge \[ms\].
    pub(super) from_ms: f64,
    /// Time at the right edge \[ms\].
    pub(super) to_ms: f64,
    /// Value at the upper edge; the lower edge is 0.
    pub(super) value: f64,
}

impl Frame {
    /// Where an instant lies, held inside the frame.
    pub(super) fn x(&self, at_ms: f64) -> f64 {
        let share = (at_ms - self.from_ms) / (self.to_ms - self.from_ms);
        self.left + (self.right - self.left) * share.clamp(0.0, 1.0)
    }

    /// Where a value lies, held inside the frame.
    pub(super) fn y(&self, value: f64) -> f64 {
        self.height(value).clamp(self.top, self.bottom)
    }

    /// Where a value lies or would lie.
    fn height(&self, value: f64) -> f64 {
        let share = if self.value > 0.0 { value / self.value } else { 0.0 };
        self.bottom - (self.bottom - self.top) * share.clamp(-1e6, 1e6)
    }

    /// Whole pixels across.
    fn pixels(&self) -> u32 {
        (self.right - self.left).max(1.0) as u32
    }

    /// Whether a track has more points than can be told apart.
    pub(super) fn is_crowded(&self, track: &Track) -> bool {
        let begin = track.points().partition_point(|point| point.at_ms <= self.from_ms);
        let end = track.points().partition_point(|point| point.at_ms <= self.to_ms);
        end - begin > self.pixels() as usize
    }

    /// A track as lines to draw: one for each stretch in which it is known and inside the frame. A
    /// crowded one is drawn as its mean.
    pub(super) fn lines(&self, track: &Track) -> Vec<Path> {
        self.courses(track).into_iter().flat_map(|line| inside(&line, self.top)).collect()
    }

    /// The same, also where it is above the frame.
    fn courses(&self, track: &Track) -> Vec<Path> {
        if self.is_crowded(track) {
            return self.columns(track, |column| column.mean);
        }
        let mut lines: Vec<Path> = Vec::new();
        let mut until = f64::NAN;
        for piece in track.pieces(self.from_ms, self.to_ms) {
            if piece.from_ms != until {
                lines.push(Vec::new());
            }
            let line = lines.last_mut().expect("a first piece begins a line");
            for corner in [(piece.from_ms, piece.first), (piece.to_ms, piece.last)] {
                extend(line, (self.x(corner.0), self.height(corner.1)));
            }
            until = piece.to_ms;
        }
        lines
    }

    /// One value for each column of pixels.
    fn columns(&self, track: &Track, value: impl Fn(&Column) -> f64) -> Vec<Path> {
        let pixels = self.pixels();
        let width = (self.right - self.left) / f64::from(pixels);
        let mut lines: Vec<Path> = vec![Vec::new()];
        for (place, column) in track.columns(self.from_ms, self.to_ms, pixels).iter().enumerate() {
            match column {
                Some(column) => {
                    let x = self.left + width * (place as f64 + 0.5);
                    let line = lines.last_mut().expect("there is always a line");
                    extend(line, (x, self.height(value(column))));
                }
                None => lines.push(Vec::new()),
            }
        }
        lines.retain(|line| line.len() > 1);
        lines
    }

    /// The range of a crowded track: between its least and greatest value in each column.
    pub(super) fn ranges(&self, track: &Track) -> Vec<Path> {
        let lows = self.columns(track, |column| column.min);
        let highs = self.columns(track, |column| column.max);
        let closed = |(mut high, low): (Path, Path)| {
            high.extend(low.into_iter().rev());
            self.held(high)
        };
        highs.into_iter().zip(lows).map(closed).collect()
    }

    /// The area between a track and the frame's lower edge.
    pub(super) fn area(&self, track: &Track) -> Vec<Path> {
        let close = |mut line: Path| {
            if let [first, .., last] = line[..] {
                line.push((last.0, self.bottom));
                line.push((first.0, self.bottom));
            }
            self.held(line)
        };
        self.courses(track).into_iter().map(close).collect()
    }

    /// The area between two tracks over a span of time \[ms\].
    pub(super) fn between(&self, lower: &Track, upper: &Track, span: (f64, f64)) -> Path {
        let (from, to) = (span.0.max(self.from_ms), span.1.min(self.to_ms));
        if to <= from {
            return Vec::new();
        }
        let (left, right) = (self.x(from), self.x(to));
        let part = Frame { from_ms: from, to_ms: to, left, right, ..*self };
        let mut points = part.courses(upper).concat();
        points.extend(part.courses(lower).concat().into_iter().rev());
        self.held(points)
    }

    /// Points with those outside moved to the edge.
    fn held(&self, path: Path) -> Path {
        path.into_iter().map(|(x, y)| (x, y.clamp(self.top, self.bottom))).collect()
    }

    /// Whether a track passes through a box of the picture.
    pub(super) fn passes(
        &self,
        track: &Track,
        (left, right): (f64, f64),
        (top, bottom): (f64, f64),
    ) -> bool {
        let at = |x: f64| {
            let share = (x - self.left) / (self.right - self.left);
            self.from_ms + (self.to_ms - self.from_ms) * share.clamp(0.0, 1.0)
        };
        let (from, to) = (at(left), at(right));
        let (low, high) = (track.min(from, to), track.max(from, to));
        !low.is_nan() && self.height(high) <= bottom && self.height(low) >= top
    }
}

/// Adds a point that is not the last one.
fn extend(line: &mut Path, point: (f64, f64)) {
    if line.last() != Some(&point) {
        line.push(point);
    }
}

/// The parts of a line that lie under an upper edge.
fn inside(line: &[(f64, f64)], top: f64) -> Vec<Path> {
    if line.iter().all(|point| point.1 >= top) {
        return vec![line.to_vec()];
    }
    let mut parts: Vec<Path> = vec![Vec::new()];
    for pair in line.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let crossing = || {
            let share = (top - from.1) / (to.1 - from.1);
            (from.0 + (to.0 - from.0) * share, top)
        };
        let part = parts.last_mut().expect("there is always a part");
        match (from.1 >= top, to.1 >= top) {
            (true, true) => {
                extend(part, from);
                extend(part, to);
            }
            (true, false) => {
                extend(part, from);
                extend(part, crossing());
                parts.push(Vec::new());
            }
            (false, true) => {
                extend(part, crossing());
                extend(part, to);
            }
            (false, false) => {}
        }
    }
    parts.retain(|part| part.len() > 1);
    parts
}

/// A line at one value.
pub(super) fn level(value: f64) -> Track {
    let mut track = Track::new(Course::Steps);
    track.push(f64::MIN, value);
    track
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame {
            left: 0.0,
            right: 100.0,
            top: 10.0,
            bottom: 110.0,
            from_ms: 0.0,
            to_ms: 1000.0,
            value: 10.0,
        }
    }

    #[test]
    fn lines_stop_at_the_upper_edge() {
        let track = Track::steps([(0.0, 5.0), (200.0, 20.0), (600.0, 0.0)]);
        let expect = vec![
            vec![(0.0, 60.0), (20.0, 60.0), (20.0, 10.0)],
            vec![(60.0, 10.0), (60.0, 110.0), (100.0, 110.0)],
        ];
        assert_eq!(frame().lines(&track), expect);
    }

    #[test]
    fn crowded_tracks_become_ranges() {
        let noise = (0..1000).map(|at| (f64::from(at), f64::from(at % 2) * 8.0));
        let track = Track::steps(noise);
        assert!(frame().is_crowded(&track));
        assert_eq!(frame().lines(&track)[0].len(), 100);
        let range = &frame().ranges(&track)[0];
        assert_eq!((range[0].1, range[199].1), (30.0, 110.0));
    }

    #[test]
    fn boxes_that_lines_pass_are_known() {
        let track = Track::constant(5.0);
        assert!(frame().passes(&track, (10.0, 20.0), (50.0, 70.0)));
        assert!(!frame().passes(&track, (10.0, 20.0), (70.0, 90.0)));
    }
}
