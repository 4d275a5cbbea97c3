//! The frame of a chart: titles, grid, ticks.

use super::canvas::{Anchor, Area, Canvas};
use super::measure;
use super::ruler::Ruler;
use crate::figure::Axis;

pub(super) const SMALL: f64 = 11.0;

/// Ticks and names of both axes, and where the data goes.
pub(super) struct Frame {
    pub(super) plot: Area,
    pub(super) y: Ruler,
    y_ticks: Vec<(f64, String)>,
}

impl Frame {
    /// Leaves room on the left for the ticks of y, above for its title, below for the ticks and the title of x.
    pub(super) fn new(area: Area, axis: &Axis, y: Ruler, right: f64) -> Self {
        let about = (area.height / 56.0).round().max(3.0) as usize;
        let y_ticks = y.ticks(axis, about);
        let widest = y_ticks.iter().map(|(_, name)| measure::width(name, SMALL)).fold(0.0, f64::max);
        let left = widest + 10.0;
        let plot = Area {
            left: area.left + left,
            top: area.top + 26.0,
            width: area.width - left - right,
            height: area.height - 26.0 - 44.0,
        };
        let y = y.along(plot.bottom(), plot.top);
        Self { plot, y, y_ticks }
    }

    /// Grid, ticks and title of y; the title lies level above the axis, where it is easier to read.
    pub(super) fn draw_y(&self, canvas: &mut Canvas, area: Area, axis: &Axis) {
        for (value, name) in &self.y_ticks {
            let y = self.y.place(*value);
            canvas.line("grid", (self.plot.left, y), (self.plot.right(), y));
            canvas.text((self.plot.left - 7.0, y + 3.8), "soft small", Anchor::End, name);
        }
        canvas.text((area.left, area.top + 10.0), "soft small", Anchor::Start, &axis.label());
    }

    /// Base line, ticks and title of a numeric x.
    pub(super) fn draw_x(&self, canvas: &mut Canvas, axis: &Axis, x: &Ruler) {
        self.base(canvas);
        let mut ticks = x.ticks(axis, (self.plot.width / 44.0).max(2.0) as usize);
        let room = self.plot.width / ticks.len().max(1) as f64;
        let widest = ticks.iter().map(|(_, name)| measure::width(name, SMALL)).fold(0.0, f64::max);
        if axis.names.is_empty() && widest + 6.0 > room {
            let mut index = 0;
            ticks.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        for (value, name) in ticks {
            let at = x.place(value);
            if at < self.plot.left - 0.5 || at > self.plot.right() + 0.5 {
                continue;
            }
            canvas.line("axis", (at, self.plot.bottom()), (at, self.plot.bottom() + 4.0));
            canvas.text((at, self.plot.bottom() + 17.0), "soft small", Anchor::Middle, &name);
        }
        self.title_of_x(canvas, &axis.label());
    }

    pub(super) fn base(&self, canvas: &mut Canvas) {
        let y = self.plot.bottom();
        canvas.line("axis", (self.plot.left, y), (self.plot.right(), y));
    }

    pub(super) fn title_of_x(&self, canvas: &mut Canvas, title: &str) {
        let title = measure::fitted(title, SMALL, self.plot.width + self.plot.left);
        let half = measure::width(&title, SMALL) / 2.0;
        let at = self.plot.middle().max(half + 2.0);
        canvas.text((at, self.plot.bottom() + 36.0), "soft small", Anchor::Middle, &title);
    }
}
