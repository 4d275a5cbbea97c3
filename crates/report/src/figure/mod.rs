//! Charts as plain data: what is shown, not how it is drawn.

mod axis;
mod bars;
mod heat;
mod plot;
mod stacked;

pub use axis::{Axis, Interval, Scale, Unit};
pub use bars::{Bar, BarSeries, Bars};
pub use heat::{Heat, HeatCell, HeatScale};
pub use plot::{Across, Mark, Plot, Point, Reference, Series, Shape};
pub use stacked::{Part, Stacked};

use crate::draw;
use crate::palette::Theme;
use crate::png::{PngError, png};
use serde::{Deserialize, Serialize};

/// One figure: a title that says what is to be seen, and one or more panels that share a legend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Name of the file and of the anchor; letters, digits and dashes are kept.
    pub id: String,
    /// What is to be seen.
    pub title: String,
    /// How to read it: data, counts, intervals.
    #[serde(default)]
    pub caption: String,
    /// What it is the twin of, such as "figure 3, left, of the paper".
    #[serde(default)]
    pub source: Option<String>,
    /// Side by side where there is room.
    pub panels: Vec<Panel>,
}

/// One chart of a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    /// Says how it differs from the other panels.
    #[serde(default)]
    pub title: Option<String>,
    /// What is drawn.
    pub chart: Chart,
}

/// The kinds of chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chart {
    /// Lines with bands, scatter, reliability.
    Plot(Plot),
    /// Groups of bars with error bars.
    Bars(Bars),
    /// Rows, each divided into parts.
    Stacked(Stacked),
    /// A grid of coloured cells.
    Heat(Heat),
}

/// The colour of a series, by role: the palette is chosen where it is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// The next one that is free; series of the same name in other panels share it.
    #[default]
    Automatic,
    /// One of eight distinct hues, the same on every figure that names it.
    Category(u8),
    /// A place in an order, such as difficulty bin 2 of 5.
    Level {
        /// From 0.
        step: u8,
        /// How many there are.
        of: u8,
    },
    /// Grey, for what others are compared with.
    Muted,
}

impl Figure {
    /// A figure of one panel.
    pub fn new(id: impl Into<String>, title: impl Into<String>, chart: Chart) -> Self {
        Self::of_panels(id, title, [Panel { title: None, chart }])
    }

    /// A figure of several panels.
    pub fn of_panels(
        id: impl Into<String>,
        title: impl Into<String>,
        panels: impl IntoIterator<Item = Panel>,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            caption: String::new(),
            source: None,
            panels: panels.into_iter().collect(),
        }
    }

    /// Says how to read it.
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Says what it is the twin of.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The whole figure, with title and legend, as an SVG document that needs nothing else.
    pub fn svg(&self, theme: Theme) -> String {
        draw::standalone(self, theme)
    }

    /// The figure as a PNG image, light, at twice the size.
    ///
    /// # Errors
    /// [`PngError`] where it is too large to be drawn.
    pub fn png(&self) -> Result<Vec<u8>, PngError> {
        png(&self.svg(Theme::Light), 2.0)
    }
}

impl Panel {
    /// A panel with a title of its own.
    pub fn new(title: impl Into<String>, chart: Chart) -> Self {
        Self { title: Some(title.into()), chart }
    }
}
