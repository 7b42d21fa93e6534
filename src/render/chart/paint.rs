//! A picture -> SVG or PNG, through plotters.

use std::sync::Once;

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle, register_font,
};

use super::picture::{Anchor, Picture, Shape, dashes};
use crate::render::palette::Color;

/// Family of all texts: the embedded font first, then ones of about its width.
const FAMILY: &str = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif";
/// The backends know whole pixels only: SVGs are drawn larger and shown smaller.
const SVG_SCALE: f64 = 4.0;
/// Bitmaps are drawn larger and averaged, so that edges are smooth.
const PNG_SCALE: u32 = 3;
/// Height of the font over its em: what the bitmap backend takes for its size.
const FONT_HEIGHT: f64 = 1.164;
/// The SVG backend divides sizes by this.
const SVG_SIZE: f64 = 1.24;

/// Registers the embedded font, once.
fn fonts() {
    static FONTS: Once = Once::new();
    FONTS.call_once(|| {
        let regular = register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular());
        let bold = register_font(FAMILY, FontStyle::Bold, dejavu::sans::bold());
        assert!(regular.is_ok() && bold.is_ok(), "the embedded fonts are fonts");
    });
}

/// Width of a text \[px\].
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    fonts();
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    // Measured large, because the answer is in whole pixels.
    let font = (FAMILY, 100.0 * FONT_HEIGHT, style).into_font();
    let (width, _) = font.box_size(text).expect("the embedded font was registered");
    f64::from(width) * size / 100.0
}

/// The picture as SVG.
pub(super) fn svg(picture: &Picture) -> String {
    fonts();
    let mut text = String::new();
    let size = (picture.width * SVG_SCALE as u32, picture.height * SVG_SCALE as u32);
    let mut backend = SVGBackend::with_string(&mut text, size);
    Brush { backend: &mut backend, scale: SVG_SCALE, vector: true }.paint(picture);
    drop(backend);
    with_head(&text, picture, size)
}

/// Replaces the root element: the size is that of the picture, the coordinates are those drawn.
fn with_head(text: &str, picture: &Picture, size: (u32, u32)) -> String {
    let body = text.split_once('\n').map_or("", |(_, body)| body);
    let body = body.trim_end().trim_end_matches("</svg>");
    let (width, height) = (picture.width, picture.height);
    let title = escaped(&picture.title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" stroke-linejoin=\"round\">\n\
         <title>{title}</title>\n{body}</svg>\n",
        size.0, size.1
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The picture as PNG.
pub(super) fn png(picture: &Picture) -> Vec<u8> {
    fonts();
    let (width, height) = (picture.width, picture.height);
    let large = (width * PNG_SCALE, height * PNG_SCALE);
    let mut pixels = vec![0; large.0 as usize * large.1 as usize * 3];
    {
        let mut backend = BitMapBackend::with_buffer(&mut pixels, large);
        Brush { backend: &mut backend, scale: f64::from(PNG_SCALE), vector: false }.paint(picture);
    }
    let pixels = averaged(&pixels, width as usize, height as usize);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_adaptive_filter(png::AdaptiveFilterType::Adaptive);
    encoder.set_compression(png::Compression::Best);
    let mut writer = encoder.write_header().expect("a header can be written to memory");
    writer.write_image_data(&pixels).expect("there are as many pixels as the header says");
    writer.finish().expect("an end can be written to memory");
    bytes
}

/// Each pixel as the mean of those drawn for it.
fn averaged(large: &[u8], width: usize, height: usize) -> Vec<u8> {
    let scale = PNG_SCALE as usize;
    let mut small = Vec::with_capacity(width * height * 3);
    let mut sums = vec![0_u32; width * 3];
    for row in 0..height {
        sums.fill(0);
        for inner in 0..scale {
            let begin = (row * scale + inner) * width * scale * 3;
            let line = &large[begin..begin + width * scale * 3];
            for (place, value) in line.iter().enumerate() {
                sums[place / (scale * 3) * 3 + place % 3] += u32::from(*value);
            }
        }
        small.extend(sums.iter().map(|sum| (sum / PNG_SCALE.pow(2)) as u8));
    }
    small
}

/// Draws shapes with a backend; all its coordinates are `scale` times the picture's.
struct Brush<'a, B: DrawingBackend> {
    backend: &'a mut B,
    scale: f64,
    vector: bool,
}

impl<B: DrawingBackend> Brush<'_, B> {
    fn paint(&mut self, picture: &Picture) {
        let (width, height) = (f64::from(picture.width), f64::from(picture.height));
        let corner = self.point((width, height));
        let fill = style(picture.background, 1.0, 1);
        self.backend.draw_rect((0, 0), corner, &fill, true).expect("memory takes all shapes");
        for shape in &picture.shapes {
            self.shape(shape);
        }
        self.backend.present().expect("memory takes all shapes");
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Area { points, color, alpha } => {
                let points: Vec<(i32, i32)> = points.iter().map(|at| self.point(*at)).collect();
                let fill = style(*color, *alpha, 1);
                self.backend.fill_polygon(points, &fill).expect("memory takes all shapes");
            }
            Shape::Line { points, color, width, dash } => {
                let lines = dash.map_or_else(|| vec![points.clone()], |dash| dashes(points, dash));
                for line in lines {
                    self.line(&line, *color, *width);
                }
            }
            Shape::Text { at, text, size, color, anchor, bold } => {
                self.text(*at, text, (*size, *bold), *color, *anchor);
            }
        }
    }

    fn line(&mut self, points: &[(f64, f64)], color: Color, width: f64) {
        let width = (width * self.scale).round().max(1.0) as u32;
        let mut path: Vec<(i32, i32)> = points.iter().map(|at| self.point(*at)).collect();
        path.dedup();
        let style = style(color, 1.0, width);
        if self.vector {
            self.backend.draw_path(path, &style).expect("memory takes all shapes");
            return;
        }
        // The bitmap backend fills the outline of a path, which has holes where the path turns
        // back. Its single stretches have none.
        for pair in path.windows(2) {
            self.backend.draw_path(pair.iter().copied(), &style).expect("memory takes all shapes");
            if width > 2 {
                let round = (pair[1], width / 2);
                self.backend
                    .draw_circle(round.0, round.1, &style.filled(), true)
                    .expect("memory takes all shapes");
            }
        }
    }

    fn text(
        &mut self,
        at: (f64, f64),
        text: &str,
        (size, bold): (f64, bool),
        color: Color,
        anchor: Anchor,
    ) {
        let em = size * self.scale;
        // Both backends are given the upper edge; where the baseline lies under it differs.
        let (size, above) = if self.vector {
            (em * SVG_SIZE, em * 0.76)
        } else {
            (em * FONT_HEIGHT, em * FONT_HEIGHT / 2.0)
        };
        let (x, y) = (at.0 * self.scale, at.1 * self.scale - above);
        let width = if self.vector { 0.0 } else { text_width(text, em, bold) };
        let (h_pos, x) = match anchor {
            _ if !self.vector => (HPos::Left, x - width * share(anchor)),
            Anchor::Start => (HPos::Left, x),
            Anchor::Middle => (HPos::Center, x),
            Anchor::End => (HPos::Right, x),
        };
        let weight = if bold { FontStyle::Bold } else { FontStyle::Normal };
        let ink = RGBColor(color.0, color.1, color.2);
        let style = TextStyle::from((FAMILY, size, weight).into_font())
            .color(&ink)
            .pos(Pos::new(h_pos, VPos::Top));
        let at = (x.round() as i32, y.round() as i32);
        self.backend.draw_text(text, &style, at).expect("memory takes all shapes");
    }

    fn point(&self, (x, y): (f64, f64)) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }
}

/// How much of a text's width lies before its anchor.
fn share(anchor: Anchor) -> f64 {
    match anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => 0.5,
        Anchor::End => 1.0,
    }
}

fn style(color: Color, alpha: f64, width: u32) -> ShapeStyle {
    ShapeStyle {
        color: RGBColor(color.0, color.1, color.2).mix(alpha),
        filled: false,
        stroke_width: width,
    }
}
