//! Rows divided into parts.

use super::axes::SMALL;
use super::canvas::{Anchor, Area, Canvas};
use super::colours::Looks;
use super::measure;
use super::ruler::Ruler;
use crate::figure::Stacked;
use crate::number;

const ROW: f64 = 34.0;
const BELOW: f64 = 44.0;

/// Height for the rows of a chart.
pub(super) fn height(stacked: &Stacked) -> f64 {
    stacked.rows.len().max(1) as f64 * ROW + BELOW + 4.0
}

/// Draws rows of parts.
pub(super) fn draw(canvas: &mut Canvas, area: Area, stacked: &Stacked, looks: &Looks) {
    let value = |part: usize, row: usize| {
        let value = stacked.parts[part].values.get(row).copied().unwrap_or(0.0);
        if value.is_finite() { value.max(0.0) } else { 0.0 }
    };
    let total = |row: usize| (0..stacked.parts.len()).map(|part| value(part, row)).sum::<f64>();
    let widest = stacked.rows.iter().map(|row| measure::width(row, 12.0)).fold(0.0, f64::max);
    let left = (widest + 12.0).min(area.width * 0.36);
    let plot = Area {
        left: area.left + left,
        top: area.top + 4.0,
        width: area.width - left - 16.0,
        height: area.height - BELOW - 4.0,
    };
    let totals = (0..stacked.rows.len()).map(total);
    let about = (plot.width / 70.0).max(2.0) as usize;
    // A hair over a whole is rounding of shares.
    let ruler = Ruler::new(&stacked.x, totals.map(|t| t / (1.0 + 1e-9)).chain([0.0]), about)
        .along(plot.left, plot.right());
    for (value, name) in ruler.ticks(&stacked.x, about) {
        let x = ruler.place(value);
        canvas.line("grid", (x, plot.top), (x, plot.bottom()));
        canvas.text((x, plot.bottom() + 16.0), "soft small", Anchor::Middle, &name);
    }
    let step = plot.height / stacked.rows.len().max(1) as f64;
    for (row, name) in stacked.rows.iter().enumerate() {
        let top = plot.top + row as f64 * step;
        let shown = measure::fitted(name, 12.0, left - 10.0);
        canvas.text((plot.left - 9.0, top + step / 2.0 + 4.0), "", Anchor::End, &shown);
        let (mut from, total) = (0.0, total(row));
        for (index, part) in stacked.parts.iter().enumerate() {
            let length = value(index, row);
            if length <= 0.0 {
                continue;
            }
            let (start, end) = (ruler.place(from), ruler.place(from + length));
            from += length;
            let place = Area { left: start, top: top + step * 0.16, width: end - start, height: step * 0.68 };
            let tooltip = format!(
                "{name}\n{}: {} ({} % of the row)",
                part.name,
                number::with_unit(length, &stacked.x.unit),
                number::fixed(length / total * 100.0, 1)
            );
            canvas.open(&looks.look(&part.name).class, &part.name);
            canvas.rectangle("mark part", place, "", &tooltip);
            canvas.close();
        }
    }
    canvas.line("axis", (plot.left, plot.top), (plot.left, plot.bottom()));
    let title = measure::fitted(&stacked.x.label(), SMALL, area.width);
    canvas.text((plot.middle(), plot.bottom() + 35.0), "soft small", Anchor::Middle, &title);
}
