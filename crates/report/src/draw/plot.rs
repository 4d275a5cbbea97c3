//! Lines with bands, scatter and reliability diagrams.

use super::axes::{Frame, SMALL};
use super::canvas::{Anchor, Area, Canvas, through};
use super::colours::Looks;
use super::ends::{End, spread};
use super::measure;
use super::ruler::Ruler;
use crate::figure::{Across, Axis, Interval, Mark, Plot, Point, Series};
use crate::number;
use std::fmt::Write;

/// Draws a plot. With `named`, series are named at their ends, and the drawing needs no legend.
pub(super) fn draw(canvas: &mut Canvas, area: Area, plot: &Plot, looks: &Looks, named: bool) {
    // Names are set in 12 pixels, bold, which is wider.
    let xs = plot.series.iter().flat_map(|s| &s.points).map(|p| p.x).chain(plot.marks.iter().map(|m| m.x));
    let upright = lines(plot, Across::Vertical).map(|(value, _)| value);
    let level = lines(plot, Across::Horizontal).map(|(value, _)| value);
    let x = Ruler::new(&plot.x, xs.chain(upright), 6);
    let y = Ruler::new(&plot.y, heights(plot).chain(level), (area.height / 56.0).round().max(3.0) as usize);
    let right = if named {
        names(plot).map(|name| measure::width(name, 13.5)).fold(0.0, f64::max) + 24.0
    } else {
        12.0
    };
    let frame = Frame::new(area, &plot.y, y, right);
    let inset = 8.0_f64.min(frame.plot.width / 4.0);
    let x = x.along(frame.plot.left + inset, frame.plot.right() - inset);
    let scene = Scene { plot, looks, x, frame };
    scene.frame.draw_y(canvas, area, &plot.y);
    scene.frame.draw_x(canvas, &plot.x, &scene.x);
    scene.diagonal(canvas);
    scene.references(canvas);
    for series in &plot.series {
        scene.band(canvas, series);
    }
    for series in &plot.series {
        scene.series(canvas, series);
    }
    for mark in &plot.marks {
        scene.mark(canvas, mark);
    }
    if named {
        scene.name_ends(canvas);
    }
}

/// Whether names at the ends of lines serve better than a legend.
pub(super) fn can_be_named(plot: &Plot) -> bool {
    let joined = plot.series.iter().all(|series| series.joined && !series.points.is_empty());
    let short = plot.series.iter().all(|series| series.name.chars().count() <= 34);
    joined && short && plot.series.len() <= 8 && plot.marks.is_empty() && !plot.diagonal
}

struct Scene<'a> {
    plot: &'a Plot,
    looks: &'a Looks,
    x: Ruler,
    frame: Frame,
}

impl Scene<'_> {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.place(x), self.frame.y.place(y))
    }

    fn visible<'s>(&self, series: &'s Series) -> impl Iterator<Item = &'s Point> {
        series.points.iter().filter(|point| self.x.holds(point.x) && self.frame.y.holds(point.y))
    }

    fn diagonal(&self, canvas: &mut Canvas) {
        let low = self.x.low().max(self.frame.y.low());
        let high = self.x.high().min(self.frame.y.high());
        if self.plot.diagonal && low < high {
            canvas.line("axis", self.at(low, low), self.at(high, high));
        }
    }

    fn references(&self, canvas: &mut Canvas) {
        let area = self.frame.plot;
        for (value, _) in lines(self.plot, Across::Horizontal) {
            let y = self.frame.y.place(value);
            canvas.line("reference", (area.left, y), (area.right(), y));
        }
        for (value, name) in lines(self.plot, Across::Vertical) {
            let x = self.x.place(value);
            canvas.line("reference", (x, area.top), (x, area.bottom()));
            canvas.text((x, area.top - 4.0), "soft small halo", Anchor::Middle, name);
        }
    }

    fn band(&self, canvas: &mut Canvas, series: &Series) {
        let bounds: Vec<(f64, Interval)> =
            self.visible(series).filter_map(|p| p.interval.map(|interval| (p.x, interval))).collect();
        if !series.joined || bounds.len() < 2 {
            return;
        }
        let above = bounds.iter().map(|(x, interval)| self.at(*x, interval.high));
        let below = bounds.iter().rev().map(|(x, interval)| self.at(*x, interval.low));
        let outline: Vec<(f64, f64)> = above.chain(below).collect();
        canvas.open(&self.looks.look(&series.name).class, &series.name);
        canvas.path("band", &(through(&outline) + "Z"));
        canvas.close();
    }

    fn series(&self, canvas: &mut Canvas, series: &Series) {
        let look = self.looks.look(&series.name);
        canvas.open(&look.class, &series.name);
        let heaviest = series.points.iter().filter_map(|p| p.weight).fold(0.0, f64::max);
        if series.joined {
            let places: Vec<(f64, f64)> = self.visible(series).map(|p| self.at(p.x, p.y)).collect();
            canvas.polyline(if series.dashed { "line dashed" } else { "line" }, &places);
        }
        for point in self.visible(series) {
            let place = self.at(point.x, point.y);
            if let Some(interval) = point.interval.filter(|_| !series.joined || series.points.len() < 2) {
                self.whisker(canvas, place.0, interval);
            }
            let (radius, class) = match point.weight {
                Some(weight) if heaviest > 0.0 && !series.joined => {
                    (3.0 + 8.0 * (weight.max(0.0) / heaviest).sqrt(), "mark bubble")
                }
                _ => (4.0, "mark point"),
            };
            canvas.shape(look.shape, place, radius, class, &self.tooltip(&series.name, point));
        }
        canvas.close();
    }

    fn whisker(&self, canvas: &mut Canvas, x: f64, interval: Interval) {
        let (low, high) = (self.frame.y.place(interval.low), self.frame.y.place(interval.high));
        canvas.line("whisker", (x, low), (x, high));
        for y in [low, high] {
            canvas.line("whisker", (x - 3.0, y), (x + 3.0, y));
        }
    }

    fn mark(&self, canvas: &mut Canvas, mark: &Mark) {
        if !self.x.holds(mark.x) || !self.frame.y.holds(mark.y) {
            return;
        }
        let class = mark.series.as_ref().map_or("cm".to_owned(), |name| self.looks.look(name).class);
        canvas.open(&class, mark.series.as_deref().unwrap_or_default());
        let place = self.at(mark.x, mark.y);
        if let Some(interval) = mark.interval {
            self.whisker(canvas, place.0, interval);
        }
        let name = match (&mark.series, &mark.label) {
            (Some(series), Some(label)) => format!("{}, {series}, {label}", mark.name),
            (Some(other), None) | (None, Some(other)) => format!("{}, {other}", mark.name),
            (None, None) => mark.name.clone(),
        };
        let point = Point { interval: mark.interval, ..Point::new(mark.x, mark.y) };
        canvas.shape(mark.shape, place, 6.0, "mark point", &self.tooltip(&name, &point));
        if let Some(label) = &mark.label {
            let fits = place.0 + 12.0 + measure::width(label, SMALL) < self.frame.plot.right();
            let (shift, anchor) = if fits { (10.0, Anchor::Start) } else { (-10.0, Anchor::End) };
            canvas.text((place.0 + shift, place.1 + 4.0), "small halo", anchor, label);
        }
        canvas.close();
    }

    fn name_ends(&self, canvas: &mut Canvas) {
        let area = self.frame.plot;
        let mut ends: Vec<End> = Vec::new();
        for series in &self.plot.series {
            let class = self.looks.look(&series.name).class;
            if let Some(last) = self.visible(series).last() {
                ends.push(End::new(&series.name, class, self.at(last.x, last.y)));
            }
        }
        for (value, name) in lines(self.plot, Across::Horizontal) {
            ends.push(End::new(name, "cm".to_owned(), (area.right(), self.frame.y.place(value))));
        }
        spread(&mut ends, area.top + 4.0, area.bottom() - 2.0, 15.0);
        for end in ends {
            canvas.open(&end.class, &end.name);
            let start = (end.from.0.max(area.right() - 8.0) + 6.0).min(area.right() + 2.0);
            if (end.y - end.from.1).abs() > 3.0 || end.from.0 < area.right() - 12.0 {
                let begin = (end.from.0 + 6.0).min(start);
                canvas.line("leader", (begin, end.from.1), (area.right() + 10.0, end.y));
            }
            canvas.text((area.right() + 13.0, end.y + 4.0), "name", Anchor::Start, &end.name);
            canvas.close();
        }
    }

    fn tooltip(&self, name: &str, point: &Point) -> String {
        let along = |axis: &Axis, value| {
            axis.name_of(value).map_or_else(|| number::with_unit(value, &axis.unit), str::to_owned)
        };
        let mut text = format!(
            "{name}\n{}: {}\n{}: {}",
            self.plot.x.title,
            along(&self.plot.x, point.x),
            self.plot.y.title,
            along(&self.plot.y, point.y)
        );
        if let Some(Interval { low, high }) = point.interval {
            let unit = &self.plot.y.unit;
            let (low, high) = (number::with_unit(low, unit), number::with_unit(high, unit));
            let _ = write!(text, " ({low} to {high})");
        }
        if let Some(note) = &point.note {
            let _ = write!(text, "\n{note}");
        }
        text
    }
}

fn lines(plot: &Plot, across: Across) -> impl Iterator<Item = (f64, &str)> {
    plot.references
        .iter()
        .filter(move |line| line.across == across)
        .map(|line| (line.value, line.name.as_str()))
}

fn names(plot: &Plot) -> impl Iterator<Item = &str> {
    plot.series.iter().map(|s| s.name.as_str()).chain(lines(plot, Across::Horizontal).map(|(_, name)| name))
}

fn heights(plot: &Plot) -> impl Iterator<Item = f64> {
    let of =
        |y: f64, interval: Option<Interval>| [Some(y), interval.map(|i| i.low), interval.map(|i| i.high)];
    let points = plot.series.iter().flat_map(|s| &s.points).flat_map(move |p| of(p.y, p.interval));
    points.chain(plot.marks.iter().flat_map(move |m| of(m.y, m.interval))).flatten()
}
