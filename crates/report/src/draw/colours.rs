//! Which class and which shape each series has: the same for the same name in all panels of a figure.

use crate::figure::{Chart, Colour, Figure, Shape};
use crate::palette::{HUES, LEVELS};
use std::collections::{BTreeMap, BTreeSet};

const SHAPES: [Shape; 6] =
    [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Wedge, Shape::Plus];

/// The look of one series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    /// A class that sets `color`.
    pub(super) class: String,
    pub(super) shape: Shape,
}

/// The looks of a figure.
#[derive(Debug, Default)]
pub(super) struct Looks {
    by_name: BTreeMap<String, Look>,
}

impl Looks {
    pub(super) fn of(figure: &Figure) -> Self {
        let asked: Vec<(&str, Colour)> =
            figure.panels.iter().flat_map(|panel| series(&panel.chart)).collect();
        let taken: BTreeSet<u8> = asked
            .iter()
            .filter_map(
                |(_, colour)| if let Colour::Category(hue) = colour { Some(hue % HUES) } else { None },
            )
            .collect();
        // Where all hues are taken they come again; shapes still differ.
        let mut free = (0..HUES).filter(|hue| !taken.contains(hue)).chain((0..HUES).cycle());
        let mut looks = Self::default();
        for (name, colour) in asked {
            if looks.by_name.contains_key(name) {
                continue;
            }
            let (class, shape) = match colour {
                Colour::Automatic => (format!("c{}", free.next().unwrap_or(0)), looks.by_name.len()),
                Colour::Category(hue) => (format!("c{}", hue % HUES), usize::from(hue)),
                Colour::Level { step, of } => (format!("l{}", level(step, of)), usize::from(step)),
                Colour::Muted => ("cm".to_owned(), looks.by_name.len()),
            };
            looks.by_name.insert(name.to_owned(), Look { class, shape: SHAPES[shape % SHAPES.len()] });
        }
        looks
    }

    /// The look of a series; grey for a name that no series has.
    pub(super) fn look(&self, name: &str) -> Look {
        self.by_name.get(name).cloned().unwrap_or(Look { class: "cm".to_owned(), shape: Shape::Star })
    }
}

/// Spreads the steps over all stops, so that few steps differ much.
fn level(step: u8, of: u8) -> u8 {
    let last = of.saturating_sub(1).max(1);
    let share = f64::from(step.min(last)) / f64::from(last);
    (share * f64::from(LEVELS - 1)).round() as u8
}

fn series(chart: &Chart) -> Vec<(&str, Colour)> {
    match chart {
        Chart::Plot(plot) => plot.series.iter().map(|s| (s.name.as_str(), s.colour)).collect(),
        Chart::Bars(bars) => bars.series.iter().map(|s| (s.name.as_str(), s.colour)).collect(),
        Chart::Stacked(stacked) => stacked.parts.iter().map(|p| (p.name.as_str(), p.colour)).collect(),
        Chart::Heat(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Axis, Panel, Plot, Series};

    fn panel(series: &[(&str, Colour)]) -> Panel {
        let mut plot = Plot::new(Axis::linear("x"), Axis::linear("y"));
        for (name, colour) in series {
            plot = plot.with(Series::line(*name, [(0.0, 0.0)]).colour(*colour));
        }
        Panel::new("panel", Chart::Plot(plot))
    }

    #[test]
    fn a_name_looks_the_same_in_every_panel() {
        let figure = Figure::of_panels(
            "f",
            "f",
            [
                panel(&[("a", Colour::Automatic), ("b", Colour::Category(0))]),
                panel(&[("c", Colour::Automatic), ("a", Colour::Automatic), ("m", Colour::Muted)]),
            ],
        );
        let looks = Looks::of(&figure);
        let classes = ["a", "b", "c", "m", "unknown"].map(|name| looks.look(name).class);
        assert_eq!(classes, ["c1", "c0", "c2", "cm", "cm"]);
    }

    #[test]
    fn steps_reach_both_ends() {
        assert_eq!((level(0, 5), level(2, 5), level(4, 5)), (0, 3, 6));
        assert_eq!((level(0, 1), level(9, 3)), (0, 6));
    }
}
