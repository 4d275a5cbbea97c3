//! What colours, shapes and lines mean: as a strip above a drawing, or as a list in a page.

use super::canvas::{Anchor, Area, Canvas, px};
use super::colours::Looks;
use super::measure;
use crate::escape::text as escaped;
use crate::figure::{Bars, Chart, Figure, HeatScale, Interval, Panel, Plot, Shape};
use crate::number;
use crate::palette::{HUES, STOPS};
use std::fmt::Write;

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The series that it stands for; empty for none.
    series: String,
    swatch: Swatch,
}

#[derive(Debug, Clone, PartialEq)]
enum Swatch {
    Line {
        class: String,
        shape: Shape,
        dashed: bool,
    },
    Mark {
        class: String,
        shape: Shape,
    },
    Reference,
    Diagonal,
    Box {
        class: String,
    },
    Cell {
        class: String,
    },
    /// Pale to full, as many as there are levels.
    Shades(usize),
    Ramp(char),
}

const SIZE: f64 = 12.0;
const ROW: f64 = 20.0;

/// Whether the panels of a figure have entries in common; if two have none, each panel has a legend of its own.
pub(super) fn is_shared(figure: &Figure, looks: &Looks) -> bool {
    let names: Vec<Vec<Entry>> =
        figure.panels.iter().map(|panel| entries(std::slice::from_ref(panel), looks)).collect();
    names.windows(2).all(|pair| pair[0].iter().any(|one| pair[1].iter().any(|other| one.name == other.name)))
}

/// The entries of panels, each once.
pub(super) fn entries(panels: &[Panel], looks: &Looks) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for panel in panels {
        let found = match &panel.chart {
            Chart::Plot(plot) => of_plot(plot, looks),
            Chart::Bars(bars) => of_bars(bars, looks),
            Chart::Stacked(stacked) => {
                let entry = |part: &crate::figure::Part| of_box(&part.name, looks);
                stacked.parts.iter().map(entry).collect()
            }
            Chart::Heat(heat) => of_scale(&heat.scale),
        };
        for entry in found {
            if !entries.iter().any(|known| known.name == entry.name && same_kind(known, &entry)) {
                entries.push(entry);
            }
        }
    }
    entries
}

/// Marks of one name are one entry, whatever their colours.
fn same_kind(one: &Entry, other: &Entry) -> bool {
    std::mem::discriminant(&one.swatch) == std::mem::discriminant(&other.swatch)
}

fn of_plot(plot: &Plot, looks: &Looks) -> Vec<Entry> {
    let mut entries: Vec<Entry> = plot
        .series
        .iter()
        .map(|series| {
            let look = looks.look(&series.name);
            let swatch = if series.joined {
                Swatch::Line { class: look.class, shape: look.shape, dashed: series.dashed }
            } else {
                Swatch::Mark { class: look.class, shape: look.shape }
            };
            Entry { name: series.name.clone(), series: series.name.clone(), swatch }
        })
        .collect();
    for mark in &plot.marks {
        let swatch = Swatch::Mark { class: "cm".to_owned(), shape: mark.shape };
        entries.push(Entry { name: mark.name.clone(), series: String::new(), swatch });
    }
    for reference in plot.references.iter().filter(|line| line.across == crate::figure::Across::Horizontal) {
        entries.push(Entry {
            name: reference.name.clone(),
            series: String::new(),
            swatch: Swatch::Reference,
        });
    }
    if plot.diagonal {
        let name = format!("{} = {}", plot.y.title.to_lowercase(), plot.x.title.to_lowercase());
        entries.push(Entry { name, series: String::new(), swatch: Swatch::Diagonal });
    }
    entries
}

fn of_bars(bars: &Bars, looks: &Looks) -> Vec<Entry> {
    let mut entries: Vec<Entry> = bars.series.iter().map(|series| of_box(&series.name, looks)).collect();
    if bars.levels.len() > 1 {
        let name = format!("pale to full: {} {}", bars.levels.join(", "), bars.levels_of);
        let swatch = Swatch::Shades(bars.levels.len().min(6));
        entries.push(Entry { name: name.trim_end().to_owned(), series: String::new(), swatch });
    }
    for reference in &bars.references {
        entries.push(Entry {
            name: reference.name.clone(),
            series: String::new(),
            swatch: Swatch::Reference,
        });
    }
    entries
}

fn of_box(name: &str, looks: &Looks) -> Entry {
    let swatch = Swatch::Box { class: looks.look(name).class };
    Entry { name: name.to_owned(), series: name.to_owned(), swatch }
}

fn of_scale(scale: &HeatScale) -> Vec<Entry> {
    let ramp = |family, title: &String, ends: Interval| {
        let name = format!("{title}: {} to {}", number::short(ends.low), number::short(ends.high));
        vec![Entry { name, series: String::new(), swatch: Swatch::Ramp(family) }]
    };
    match scale {
        HeatScale::Sequential { title, low, high } => ramp('h', title, Interval { low: *low, high: *high }),
        HeatScale::Diverging { title, middle, reach } => {
            ramp('d', title, Interval { low: middle - reach, high: middle + reach })
        }
        HeatScale::Categories(names) => {
            let cell = |(index, name): (usize, &String)| {
                let class = format!("cell-c{}", index % usize::from(HUES));
                Entry { name: name.clone(), series: String::new(), swatch: Swatch::Cell { class } }
            };
            names.iter().enumerate().map(cell).collect()
        }
    }
}

impl Swatch {
    fn width(&self) -> f64 {
        match self {
            Self::Line { .. } | Self::Reference | Self::Diagonal => 26.0,
            Self::Mark { .. } | Self::Box { .. } | Self::Cell { .. } => 13.0,
            Self::Shades(count) => *count as f64 * 10.0,
            Self::Ramp(_) => f64::from(STOPS) * 8.0,
        }
    }

    /// Draws it with its left end at `x` and its middle at `y`.
    fn draw(&self, canvas: &mut Canvas, (x, y): (f64, f64)) {
        let middle = (x + self.width() / 2.0, y);
        let square = |left: f64, width: f64| Area { left, top: y - 6.0, width, height: 12.0 };
        match self {
            Self::Line { class, shape, dashed } => {
                canvas.open(class, "");
                let class = if *dashed { "line dashed" } else { "line" };
                canvas.line(class, (x + 1.0, y), (x + self.width() - 1.0, y));
                canvas.shape(*shape, middle, 4.0, "point", "");
                canvas.close();
            }
            Self::Mark { class, shape } => {
                canvas.open(class, "");
                canvas.shape(*shape, middle, 4.5, "point", "");
                canvas.close();
            }
            Self::Reference => canvas.line("reference", (x, y), (x + self.width(), y)),
            Self::Diagonal => canvas.line("axis", (x, y + 5.0), (x + self.width(), y - 5.0)),
            Self::Box { class } => {
                canvas.open(class, "");
                canvas.rectangle("bar", square(x, 12.0), " rx=\"2\"", "");
                canvas.close();
            }
            Self::Cell { class } => canvas.rectangle(class, square(x, 12.0), " rx=\"2\"", ""),
            Self::Shades(count) => {
                canvas.open("cm", "");
                for level in 0..*count {
                    let opacity = format!(" fill-opacity=\"{:.2}\"", shade(level, *count));
                    canvas.rectangle("bar", square(x + level as f64 * 10.0, 9.0), &opacity, "");
                }
                canvas.close();
            }
            Self::Ramp(family) => {
                for stop in 0..STOPS {
                    let area = square(x + f64::from(stop) * 8.0, 8.2);
                    canvas.rectangle(&format!("cell-{family}{stop}"), area, "", "");
                }
            }
        }
    }
}

/// How opaque a level is, from pale to full.
pub(super) fn shade(level: usize, of: usize) -> f64 {
    let last = of.saturating_sub(1).max(1) as f64;
    if of <= 1 { 1.0 } else { 0.34 + 0.66 * level as f64 / last }
}

/// Draws the entries in rows no wider than `room`; returns the height that they take.
pub(super) fn strip(canvas: &mut Canvas, entries: &[Entry], (left, top): (f64, f64), room: f64) -> f64 {
    let (mut x, mut y) = (left, top);
    for entry in entries {
        let name = measure::fitted(&entry.name, SIZE, room - entry.swatch.width() - 8.0);
        let width = entry.swatch.width() + 7.0 + measure::width(&name, SIZE);
        if x > left && x + width > left + room {
            (x, y) = (left, y + ROW);
        }
        entry.swatch.draw(canvas, (x, y + 6.0));
        canvas.text((x + entry.swatch.width() + 7.0, y + 10.2), "", Anchor::Start, &name);
        x += width + 18.0;
    }
    if entries.is_empty() { 0.0 } else { y - top + ROW }
}

/// The entries as a list for a page; those of a series are buttons that bring it out.
pub(super) fn list(entries: &[Entry]) -> String {
    let mut list = String::from("<ul class=\"legend\">");
    for entry in entries {
        let mut canvas = Canvas::default();
        entry.swatch.draw(&mut canvas, (0.0, 8.0));
        let width = px(entry.swatch.width() + 1.0);
        let picture = format!(
            "<svg class=\"chart\" aria-hidden=\"true\" width=\"{width}\" height=\"16\" viewBox=\"0 0 {width} 16\">{}</svg>",
            canvas.body
        );
        let name = escaped(&entry.name);
        let _ = if entry.series.is_empty() {
            write!(list, "<li>{picture}<span>{name}</span></li>")
        } else {
            write!(
                list,
                "<li><button type=\"button\" aria-pressed=\"false\" data-series=\"{}\">{picture}<span>{name}</span></button></li>",
                escaped(&entry.series)
            )
        };
    }
    list.push_str("</ul>");
    list
}
