//! Writing SVG elements: every number rounded, every text escaped.

use super::measure;
use crate::escape::text as escaped;
use crate::figure::Shape;
use std::fmt::Write;

/// Elements drawn so far.
#[derive(Default)]
pub(super) struct Canvas {
    pub(super) body: String,
}

/// Which end of a text lies at its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A place with a width and a height, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn middle(&self) -> f64 {
        self.left + self.width / 2.0
    }
}

/// At most one digit after the point.
pub(super) fn px(value: f64) -> String {
    let written = format!("{value:.1}");
    let written = written.strip_suffix(".0").unwrap_or(&written);
    if written == "-0" { "0".to_owned() } else { written.to_owned() }
}

impl Canvas {
    pub(super) fn text(&mut self, (x, y): (f64, f64), class: &str, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let _ = write!(
            self.body,
            "<text{} x=\"{}\" y=\"{}\"{anchor}>{}</text>",
            with_class(class),
            px(x),
            px(y),
            escaped(text)
        );
    }

    /// Lines of text below each other; returns where the next would stand.
    pub(super) fn lines(
        &mut self,
        (x, y): (f64, f64),
        class: &str,
        (size, step): (f64, f64),
        room: f64,
        text: &str,
    ) -> f64 {
        let mut y = y;
        for line in measure::wrap(text, size, room) {
            self.text((x, y), class, Anchor::Start, &line);
            y += step;
        }
        y
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = write!(
            self.body,
            "<path{} d=\"M{} {}L{} {}\"/>",
            with_class(class),
            px(from.0),
            px(from.1),
            px(to.0),
            px(to.1)
        );
    }

    pub(super) fn path(&mut self, class: &str, data: &str) {
        let _ = write!(self.body, "<path{} d=\"{data}\"/>", with_class(class));
    }

    /// A line through points.
    pub(super) fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        self.path(class, &through(points));
    }

    /// A rectangle with a tooltip; an empty tooltip is left out.
    pub(super) fn rectangle(&mut self, class: &str, area: Area, attributes: &str, tooltip: &str) {
        let Area { left, top, width, height } = area;
        let _ = write!(
            self.body,
            "<rect{} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{attributes}{}",
            with_class(class),
            px(left),
            px(top),
            px(width.max(0.0)),
            px(height.max(0.0)),
            closed("rect", tooltip)
        );
    }

    /// A mark with its centre at a place.
    pub(super) fn shape(
        &mut self,
        shape: Shape,
        (x, y): (f64, f64),
        radius: f64,
        class: &str,
        tooltip: &str,
    ) {
        if shape == Shape::Circle {
            let (x, y, radius) = (px(x), px(y), px(radius));
            let _ = write!(
                self.body,
                "<circle{} cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{}",
                with_class(class),
                closed("circle", tooltip)
            );
        } else {
            let outline = outline(shape, (x, y), radius);
            let _ =
                write!(self.body, "<path{} d=\"{outline}\"{}", with_class(class), closed("path", tooltip));
        }
    }

    /// Opens a group; its class sets the colour, its name serves the legend.
    pub(super) fn open(&mut self, class: &str, series: &str) {
        let series =
            if series.is_empty() { String::new() } else { format!(" data-series=\"{}\"", escaped(series)) };
        let _ = write!(self.body, "<g{}{series}>", with_class(class));
    }

    pub(super) fn close(&mut self) {
        self.body.push_str("</g>");
    }
}

/// Path data through points.
pub(super) fn through(points: &[(f64, f64)]) -> String {
    points.iter().enumerate().fold(String::new(), |mut data, (index, (x, y))| {
        let _ = write!(data, "{}{} {}", if index == 0 { 'M' } else { 'L' }, px(*x), px(*y));
        data
    })
}

fn with_class(class: &str) -> String {
    if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") }
}

fn closed(element: &str, tooltip: &str) -> String {
    if tooltip.is_empty() {
        "/>".to_owned()
    } else {
        format!("><title>{}</title></{element}>", escaped(tooltip))
    }
}

/// The outline of a shape about as large as a disc of the radius.
fn outline(shape: Shape, (x, y): (f64, f64), radius: f64) -> String {
    let corners: Vec<(f64, f64)> = match shape {
        Shape::Circle => Vec::new(),
        Shape::Square => vec![(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
        Shape::Triangle => vec![(0.0, -1.25), (1.15, 0.85), (-1.15, 0.85)],
        Shape::Wedge => vec![(0.0, 1.25), (1.15, -0.85), (-1.15, -0.85)],
        Shape::Diamond => vec![(0.0, -1.3), (1.15, 0.0), (0.0, 1.3), (-1.15, 0.0)],
        Shape::Plus => {
            let (near, far) = (0.42, 1.25);
            vec![
                (-near, -far),
                (near, -far),
                (near, -near),
                (far, -near),
                (far, near),
                (near, near),
                (near, far),
                (-near, far),
                (-near, near),
                (-far, near),
                (-far, -near),
                (-near, -near),
            ]
        }
        Shape::Star => (0..10)
            .map(|corner| {
                let angle = std::f64::consts::PI * (f64::from(corner) / 5.0 - 0.5);
                let reach = if corner % 2 == 0 { 1.7 } else { 0.72 };
                (reach * angle.cos(), reach * angle.sin())
            })
            .collect(),
    };
    let placed: Vec<(f64, f64)> = corners.iter().map(|(dx, dy)| (x + dx * radius, y + dy * radius)).collect();
    through(&placed) + "Z"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([px(3.0), px(2.71), px(-0.01)], ["3", "2.7", "0"]);
    }

    #[test]
    fn text_and_tooltips_are_escaped() {
        let mut canvas = Canvas::default();
        canvas.text((0.0, 1.0), "", Anchor::Start, "a<b");
        canvas.shape(Shape::Circle, (1.0, 2.0), 3.0, "point", "</title><script>");
        assert_eq!(
            canvas.body,
            "<text x=\"0\" y=\"1\">a&lt;b</text>\
             <circle class=\"point\" cx=\"1\" cy=\"2\" r=\"3\"><title>&lt;/title&gt;&lt;script&gt;</title></circle>"
        );
    }
}
