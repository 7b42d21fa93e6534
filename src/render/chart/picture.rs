//! A picture as a list of shapes, in pixels from the upper left corner; no backend yet.

use crate::render::palette::Color;

/// All shapes of a picture, from back to front.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture {
    /// Width \[px\].
    pub(super) width: u32,
    /// Height \[px\].
    pub(super) height: u32,
    /// Colour behind all shapes.
    pub(super) background: Color,
    /// What it shows, in words.
    pub(super) title: String,
    /// Shapes from back to front.
    pub(super) shapes: Vec<Shape>,
}

/// Something to draw.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// A filled polygon.
    Area {
        /// Corners.
        points: Vec<(f64, f64)>,
        /// Colour.
        color: Color,
        /// 0 is invisible, 1 covers what is behind.
        alpha: f64,
    },
    /// A line through points.
    Line {
        /// Points.
        points: Vec<(f64, f64)>,
        /// Colour.
        color: Color,
        /// Width \[px\].
        width: f64,
        /// Length of dashes and of the gaps between them \[px\].
        dash: Option<(f64, f64)>,
    },
    /// A line of text.
    Text {
        /// Where it is anchored, and its baseline.
        at: (f64, f64),
        /// The text.
        text: String,
        /// Height of an em \[px\].
        size: f64,
        /// Colour.
        color: Color,
        /// What of it lies at `at`.
        anchor: Anchor,
        /// Whether it is bold.
        bold: bool,
    },
}

/// What of a text lies at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Its begin.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Picture {
    pub(super) fn area(&mut self, points: Vec<(f64, f64)>, color: Color, alpha: f64) {
        if points.len() > 2 {
            self.shapes.push(Shape::Area { points, color, alpha });
        }
    }

    pub(super) fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), color: Color, alpha: f64) {
        self.area(vec![from, (to.0, from.1), to, (from.0, to.1)], color, alpha);
    }

    pub(super) fn line(&mut self, points: Vec<(f64, f64)>, color: Color, width: f64) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points, color, width, dash: None });
        }
    }

    pub(super) fn dashed(&mut self, from: (f64, f64), to: (f64, f64), color: Color, width: f64) {
        let dash = Some((width * 4.0, width * 3.0));
        self.shapes.push(Shape::Line { points: vec![from, to], color, width, dash });
    }

    pub(super) fn text(&mut self, at: (f64, f64), text: &str, look: &Look) {
        self.shapes.push(Shape::Text {
            at,
            text: text.to_owned(),
            size: look.size,
            color: look.color,
            anchor: look.anchor,
            bold: look.bold,
        });
    }
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    /// Height of an em \[px\].
    pub(super) size: f64,
    /// Colour.
    pub(super) color: Color,
    /// What of it lies at its point.
    pub(super) anchor: Anchor,
    /// Whether it is bold.
    pub(super) bold: bool,
}

/// Cuts a line into dashes.
pub(super) fn dashes(points: &[(f64, f64)], (on, off): (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let mut all = Vec::new();
    let mut current: Vec<(f64, f64)> = Vec::new();
    let (mut drawing, mut left) = (true, on);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = libm::hypot(to.0 - from.0, to.1 - from.1);
            if drawing && current.is_empty() {
                current.push(from);
            }
            if length <= left {
                left -= length;
                if drawing {
                    current.push(to);
                }
                break;
            }
            let share = left / length;
            from = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            if drawing {
                current.push(from);
                all.push(std::mem::take(&mut current));
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
    }
    if current.len() > 1 {
        all.push(current);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_into_dashes() {
        let dashes = dashes(&[(0.0, 0.0), (10.0, 0.0)], (4.0, 2.0));
        assert_eq!(dashes, [vec![(0.0, 0.0), (4.0, 0.0)], vec![(6.0, 0.0), (10.0, 0.0)]]);
    }
}
