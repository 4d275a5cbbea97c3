//! From figures to SVG.
//!
//! The drawing is our own: the plotting libraries at hand write fixed colours, no tooltips, no names for a screen
//! reader and no classes, and half of the work here (names at the ends of lines, levels within bars, themes) is what
//! they leave to the caller. Drawing knows nothing of pages, and pages nothing of pixels.

mod axes;
mod bars;
mod canvas;
mod colours;
mod ends;
mod heat;
mod legend;
mod measure;
mod plot;
mod ruler;
mod stacked;

use crate::escape::text as escaped;
use crate::figure::{Chart, Figure, Panel};
use crate::palette::{self, Theme};
use canvas::{Anchor, Area, Canvas, px};
use colours::Looks;

const MARGIN: f64 = 16.0;
const GAP: f64 = 28.0;

/// The figure with title, legend and source, as a document.
pub(crate) fn standalone(figure: &Figure, theme: Theme) -> String {
    let looks = Looks::of(figure);
    let columns = columns(figure.panels.len());
    let width = match columns {
        1 => 760.0,
        2 => 430.0,
        _ => 340.0,
    };
    let named = is_named(figure);
    let room = width * columns as f64 + GAP * (columns - 1) as f64;
    let mut canvas = Canvas::default();
    let mut y = canvas.lines((MARGIN, MARGIN + 14.0), "title", (16.5, 21.0), room, &figure.title) - 4.0;
    let shared = !named && legend::is_shared(figure, &looks);
    if shared {
        y += 2.0;
        y += legend::strip(&mut canvas, &legend::entries(&figure.panels, &looks), (MARGIN, y), room) + 4.0;
    }
    for row in figure.panels.chunks(columns) {
        let left = |index: usize| MARGIN + index as f64 * (width + GAP);
        let mut top = y + 6.0;
        if row.iter().any(|panel| panel.title.is_some()) {
            for (index, panel) in row.iter().enumerate() {
                let title = measure::fitted(panel.title.as_deref().unwrap_or_default(), 13.0, width);
                canvas.text((left(index), top + 9.0), "panel-title", Anchor::Start, &title);
            }
            top += TITLE;
        }
        if !named && !shared {
            let strips = row.iter().enumerate().map(|(index, panel)| {
                let entries = legend::entries(std::slice::from_ref(panel), &looks);
                legend::strip(&mut canvas, &entries, (left(index), top), width)
            });
            top += strips.fold(0.0, f64::max) + 4.0;
        }
        y = top;
        for (index, panel) in row.iter().enumerate() {
            let height = height(panel, width);
            chart(&mut canvas, Area { left: left(index), top, width, height }, panel, &looks, named);
            y = y.max(top + height);
        }
        y += 14.0;
    }
    y = canvas.lines((MARGIN, y + 8.0), "soft", (12.0, 17.0), room, &below(figure));
    let (width, height) = (px(room + 2.0 * MARGIN), px(y + MARGIN - 8.0));
    let label = label(figure);
    let heat = figure.panels.iter().any(|panel| matches!(panel.chart, Chart::Heat(_)));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" aria-label=\"{label}\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n<style>{}</style>\n\
         <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n{}\n</svg>\n",
        palette::standalone(theme, heat),
        canvas.body
    )
}

/// One panel for a page, which has the style.
pub(crate) struct Drawing {
    /// For wide columns.
    pub(crate) wide: String,
    /// For a telephone, where it differs.
    pub(crate) narrow: Option<String>,
}

/// The panels of a figure for a page.
pub(crate) fn inline(figure: &Figure) -> Vec<Drawing> {
    let looks = Looks::of(figure);
    let alone = figure.panels.len() == 1;
    let named = is_named(figure);
    let drawn = |panel: &Panel, width: f64, named: bool| {
        let mut canvas = Canvas::default();
        let height = height(panel, width);
        chart(&mut canvas, Area { left: 0.0, top: 2.0, width, height }, panel, &looks, named);
        let title = panel.title.as_ref().map_or(String::new(), |title| format!(": {}", escaped(title)));
        format!(
            "<svg class=\"chart\" role=\"img\" aria-label=\"{}{title}\" viewBox=\"0 0 {} {}\">{}</svg>",
            label(figure),
            px(width),
            px(height + 2.0),
            canvas.body
        )
    };
    let drawings = figure.panels.iter().map(|panel| Drawing {
        wide: drawn(panel, if alone { 760.0 } else { 400.0 }, named),
        narrow: alone.then(|| drawn(panel, 380.0, false)),
    });
    drawings.collect()
}

/// Legends for a page.
pub(crate) enum Legend {
    /// One for the whole figure.
    Shared(String),
    /// One for narrow drawings; wide ones name their series.
    Narrow(String),
    /// One for each panel.
    Each(Vec<String>),
}

/// The legends of a figure, as lists; empty ones are empty texts.
pub(crate) fn legend(figure: &Figure) -> Legend {
    let looks = Looks::of(figure);
    let list = |panels: &[Panel]| {
        let entries = legend::entries(panels, &looks);
        if entries.is_empty() { String::new() } else { legend::list(&entries) }
    };
    if is_named(figure) {
        Legend::Narrow(list(&figure.panels))
    } else if legend::is_shared(figure, &looks) {
        Legend::Shared(list(&figure.panels))
    } else {
        Legend::Each(figure.panels.iter().map(|panel| list(std::slice::from_ref(panel))).collect())
    }
}

/// Marks that stand for data, as drawn.
pub(crate) fn marks(drawing: &str) -> usize {
    drawing.matches("class=\"mark ").count()
}

const TITLE: f64 = 20.0;

fn chart(canvas: &mut Canvas, area: Area, panel: &Panel, looks: &Looks, named: bool) {
    match &panel.chart {
        Chart::Plot(plot) => plot::draw(canvas, area, plot, looks, named),
        Chart::Bars(bars) => bars::draw(canvas, area, bars, looks),
        Chart::Stacked(stacked) => stacked::draw(canvas, area, stacked, looks),
        Chart::Heat(heat) => heat::draw(canvas, area, heat),
    }
}

fn height(panel: &Panel, width: f64) -> f64 {
    match &panel.chart {
        Chart::Plot(plot) if plot.diagonal => (width + 20.0).min(420.0),
        Chart::Plot(_) | Chart::Bars(_) => (width * 0.5).clamp(290.0, 380.0),
        Chart::Stacked(stacked) => stacked::height(stacked),
        Chart::Heat(heat) => heat::height(heat),
    }
}

fn is_named(figure: &Figure) -> bool {
    matches!(&figure.panels[..], [Panel { chart: Chart::Plot(plot), .. }] if plot::can_be_named(plot))
}

/// What stands below a drawing.
fn below(figure: &Figure) -> String {
    let source = figure.source.as_ref().map_or(String::new(), |source| format!(" Twin of {source}."));
    format!("{}{source}", figure.caption)
}

fn columns(panels: usize) -> usize {
    match panels {
        0 | 1 => 1,
        2 | 4 => 2,
        _ => 3,
    }
}

fn label(figure: &Figure) -> String {
    let mut label = figure.title.clone();
    if !figure.caption.is_empty() {
        label = format!("{label}. {}", figure.caption);
    }
    escaped(&label)
}

#[cfg(test)]
mod tests;
