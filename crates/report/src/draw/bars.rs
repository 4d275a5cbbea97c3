//! Groups of bars with error bars.

use super::axes::{Frame, SMALL};
use super::canvas::{Anchor, Area, Canvas};
use super::colours::Looks;
use super::legend::shade;
use super::measure;
use super::ruler::Ruler;
use crate::figure::{Bar, Bars, Interval};
use crate::number;

/// Draws groups of bars.
pub(super) fn draw(canvas: &mut Canvas, area: Area, bars: &Bars, looks: &Looks) {
    let ends = |bar: Bar| {
        [bar.value, bar.interval.map_or(bar.value, |i| i.low), bar.interval.map_or(bar.value, |i| i.high)]
    };
    let heights =
        bars.series.iter().flat_map(|s| s.values.iter().flatten().flatten()).copied().flat_map(ends);
    let lines = bars.references.iter().map(|line| line.value);
    let about = (area.height / 56.0).round().max(3.0) as usize;
    let y = Ruler::new(&bars.y, heights.chain(lines).chain([0.0]), about);
    let frame = Frame::new(area, &bars.y, y, 4.0);
    frame.draw_y(canvas, area, &bars.y);

    let levels = bars.levels.len().max(1);
    let room = frame.plot.width / bars.groups.len().max(1) as f64;
    // Units of one bar: the bars, a fifth between series, and a gap between groups.
    let between = if levels > 1 { 0.5 } else { 0.12 };
    let units = (bars.series.len() * levels) as f64 + between * bars.series.len().saturating_sub(1) as f64;
    let width = (room / (units + 1.2)).min(46.0);
    let zero = frame.y.place(0.0);
    for (group, name) in bars.groups.iter().enumerate() {
        let middle = frame.plot.left + (group as f64 + 0.5) * room;
        let mut left = middle - units * width / 2.0;
        for series in &bars.series {
            canvas.open(&looks.look(&series.name).class, &series.name);
            for level in 0..levels {
                let value = series.values.get(group).and_then(|levels| levels.get(level)).copied().flatten();
                if let Some(Bar { value, interval }) = value.filter(|bar| bar.value.is_finite()) {
                    let top = frame.y.place(value);
                    let gap = (width * 0.08).min(1.0);
                    let bar = Area {
                        left: left + gap,
                        top: top.min(zero),
                        width: width - 2.0 * gap,
                        height: (zero - top).abs(),
                    };
                    let opacity = if levels > 1 {
                        format!(" fill-opacity=\"{:.2}\"", shade(level, levels))
                    } else {
                        String::new()
                    };
                    let tooltip = tooltip(bars, (name, &series.name, level), value, interval);
                    canvas.rectangle("mark bar", bar, &opacity, &tooltip);
                    if let Some(interval) = interval {
                        whisker(canvas, &frame, left + width / 2.0, width, interval);
                    }
                }
                left += width;
            }
            canvas.close();
            left += between * width;
        }
        let shown = measure::fitted(name, SMALL, room - 2.0);
        canvas.text((middle, frame.plot.bottom() + 17.0), "soft small", Anchor::Middle, &shown);
    }
    frame.base(canvas);
    for line in &bars.references {
        let y = frame.y.place(line.value);
        canvas.line("reference", (frame.plot.left, y), (frame.plot.right(), y));
    }
    frame.title_of_x(canvas, &bars.x);
}

fn whisker(canvas: &mut Canvas, frame: &Frame, x: f64, width: f64, interval: Interval) {
    let (low, high) = (frame.y.place(interval.low), frame.y.place(interval.high));
    canvas.line("bar-whisker", (x, low), (x, high));
    let half = (width * 0.25).min(4.0);
    if half >= 1.5 {
        for y in [low, high] {
            canvas.line("bar-whisker", (x - half, y), (x + half, y));
        }
    }
}

fn tooltip(
    bars: &Bars,
    (group, series, level): (&str, &str, usize),
    value: f64,
    interval: Option<Interval>,
) -> String {
    let unit = &bars.y.unit;
    let level = match bars.levels.get(level) {
        Some(level) => format!(", {level} {}", bars.levels_of),
        None => String::new(),
    };
    let within = interval.map_or(String::new(), |Interval { low, high }| {
        format!(" ({} to {})", number::with_unit(low, unit), number::with_unit(high, unit))
    });
    format!(
        "{series}{level}\n{}: {group}\n{}: {}{within}",
        bars.x,
        bars.y.title,
        number::with_unit(value, unit)
    )
}
