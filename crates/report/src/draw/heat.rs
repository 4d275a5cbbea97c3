//! A grid of coloured cells.

use super::axes::SMALL;
use super::canvas::{Anchor, Area, Canvas};
use super::measure;
use crate::figure::{Heat, HeatScale};
use crate::palette::{HUES, STOPS};

const ROW: f64 = 36.0;
const ABOVE: f64 = 20.0;
const BELOW: f64 = 44.0;

/// Height for the rows of a chart.
pub(super) fn height(heat: &Heat) -> f64 {
    heat.rows.len().max(1) as f64 * ROW + ABOVE + BELOW
}

/// Draws the cells.
pub(super) fn draw(canvas: &mut Canvas, area: Area, heat: &Heat) {
    let widest = heat.rows.iter().map(|row| measure::width(row, SMALL)).fold(0.0, f64::max);
    let left = (widest + 10.0).min(area.width * 0.34);
    let plot = Area {
        left: area.left + left,
        top: area.top + ABOVE,
        width: area.width - left - 2.0,
        height: area.height - ABOVE - BELOW,
    };
    let step = (plot.width / heat.columns.len().max(1) as f64, plot.height / heat.rows.len().max(1) as f64);
    canvas.text((area.left, area.top + 10.0), "soft small", Anchor::Start, &heat.y);
    for (row, name) in heat.rows.iter().enumerate() {
        let top = plot.top + row as f64 * step.1;
        let shown = measure::fitted(name, SMALL, left - 8.0);
        canvas.text((plot.left - 7.0, top + step.1 / 2.0 + 4.0), "soft small", Anchor::End, &shown);
        for (column, header) in heat.columns.iter().enumerate() {
            let place = Area {
                left: plot.left + column as f64 * step.0 + 1.0,
                top: top + 1.0,
                width: step.0 - 2.0,
                height: step.1 - 2.0,
            };
            let cell = heat.cells.get(row).and_then(|cells| cells.get(column)).and_then(Option::as_ref);
            let Some(cell) = cell else {
                canvas.rectangle("empty", place, " rx=\"3\"", "");
                continue;
            };
            let colour = colour(&heat.scale, cell.value);
            let note = cell.note.as_ref().map_or(String::new(), |note| format!("\n{note}"));
            let tooltip = format!("{}: {name}\n{}: {header}\n{}{note}", heat.y, heat.x, cell.text);
            canvas.rectangle(&format!("mark cell-{colour}"), place, " rx=\"3\"", &tooltip);
            write(canvas, place, &colour, &cell.text);
        }
    }
    for (column, name) in heat.columns.iter().enumerate() {
        let x = plot.left + (column as f64 + 0.5) * step.0;
        let shown = measure::fitted(name, SMALL, step.0);
        canvas.text((x, plot.bottom() + 16.0), "soft small", Anchor::Middle, &shown);
    }
    canvas.text((plot.middle(), plot.bottom() + 35.0), "soft small", Anchor::Middle, &heat.x);
}

/// Text in a cell, on two lines where one is too narrow.
fn write(canvas: &mut Canvas, place: Area, colour: &str, text: &str) {
    let room = place.width - 4.0;
    let class = format!("small on-{colour}");
    let lines = if measure::width(text, SMALL) <= room {
        vec![text.to_owned()]
    } else {
        measure::wrap(text, SMALL, room)
    };
    let shown = if lines.len() > 2 { vec![measure::fitted(text, SMALL, room)] } else { lines };
    let first = place.top + place.height / 2.0 + 3.8 - (shown.len() - 1) as f64 * 6.5;
    for (index, line) in shown.iter().enumerate() {
        let line = measure::fitted(line, SMALL, room);
        canvas.text((place.middle(), first + index as f64 * 13.0), &class, Anchor::Middle, &line);
    }
}

/// The class of a value's colour, such as `h4`.
fn colour(scale: &HeatScale, value: f64) -> String {
    let stop = |share: f64| {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        (share * f64::from(STOPS - 1)).round() as u8
    };
    match scale {
        HeatScale::Sequential { low, high, .. } => format!("h{}", stop((value - low) / (high - low))),
        HeatScale::Diverging { middle, reach, .. } => {
            format!("d{}", stop((value - middle) / reach / 2.0 + 0.5))
        }
        HeatScale::Categories(_) => format!("c{}", value.max(0.0) as u8 % HUES),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_reach_from_end_to_end_and_no_further() {
        let scale = HeatScale::Sequential { title: String::new(), low: 0.0, high: 2.0 };
        assert_eq!(
            [0.0, 1.0, 2.0, 9.0, f64::NAN].map(|v| colour(&scale, v)),
            ["h0", "h5", "h10", "h10", "h0"]
        );
        let scale = HeatScale::Diverging { title: String::new(), middle: 0.0, reach: 4.0 };
        assert_eq!([-4.0, 0.0, 4.0].map(|v| colour(&scale, v)), ["d0", "d5", "d10"]);
        assert_eq!(colour(&HeatScale::Categories(vec![]), 3.0), "c3");
    }
}
