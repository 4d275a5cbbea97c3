//! Points in the plane: lines with bands, scatter, reliability diagrams.

use super::{Axis, Colour, Interval};
use serde::{Deserialize, Serialize};

/// Series over two numeric axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Left to right.
    pub x: Axis,
    /// Bottom to top.
    pub y: Axis,
    /// Drawn in order, the last on top.
    pub series: Vec<Series>,
    /// Single marks with a name of their own, such as a larger model's accuracy.
    #[serde(default)]
    pub marks: Vec<Mark>,
    /// Lines across the whole chart.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// Whether the line of equal x and y is drawn: for predicted against measured.
    #[serde(default)]
    pub diagonal: bool,
}

/// Points that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Its colour.
    #[serde(default)]
    pub colour: Colour,
    /// Whether a line joins its points.
    pub joined: bool,
    /// Whether the line is broken, as for a comparison.
    #[serde(default)]
    pub dashed: bool,
    /// In the order in which they are joined.
    pub points: Vec<Point>,
}

/// One measured point. What is not finite, or not positive on a logarithmic axis, is not drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Left to right.
    pub x: f64,
    /// Bottom to top.
    pub y: f64,
    /// What y may be in truth: a band on a line, an error bar on a lone point.
    #[serde(default)]
    pub interval: Option<Interval>,
    /// How much stands behind it; in a series without a line its area grows with it.
    #[serde(default)]
    pub weight: Option<f64>,
    /// More for the tooltip.
    #[serde(default)]
    pub note: Option<String>,
}

/// A single mark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Its name in the legend; marks of the same name and shape are listed once.
    pub name: String,
    /// Left to right.
    pub x: f64,
    /// Bottom to top.
    pub y: f64,
    /// What y may be in truth.
    #[serde(default)]
    pub interval: Option<Interval>,
    /// Its shape.
    #[serde(default)]
    pub shape: Shape,
    /// The series whose colour it takes; grey without one.
    #[serde(default)]
    pub series: Option<String>,
    /// Written beside it.
    #[serde(default)]
    pub label: Option<String>,
}

/// Shapes of marks. Series take those before the star in turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// A disc.
    Circle,
    /// A square.
    Square,
    /// A triangle that points up.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A triangle that points down.
    Wedge,
    /// An upright cross.
    Plus,
    /// A five-pointed star.
    #[default]
    Star,
}

/// A line across the whole chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Written along it.
    pub name: String,
    /// Where it lies.
    pub value: f64,
    /// Which way it runs.
    pub across: Across,
}

/// Which way a reference line runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Across {
    /// Level, at a value of y.
    Horizontal,
    /// Upright, at a value of x.
    Vertical,
}

impl Plot {
    /// Empty axes.
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, series: Vec::new(), marks: Vec::new(), references: Vec::new(), diagonal: false }
    }

    /// Adds a series.
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Adds a single mark.
    pub fn mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    /// Adds a level line at a value of y.
    pub fn level(mut self, name: impl Into<String>, value: f64) -> Self {
        self.references.push(Reference { name: name.into(), value, across: Across::Horizontal });
        self
    }

    /// Adds an upright line at a value of x.
    pub fn upright(mut self, name: impl Into<String>, value: f64) -> Self {
        self.references.push(Reference { name: name.into(), value, across: Across::Vertical });
        self
    }

    /// Draws the line of equal x and y.
    pub fn diagonal(mut self) -> Self {
        self.diagonal = true;
        self
    }
}

impl Series {
    /// Points joined by a line.
    pub fn line<P: Into<Point>>(name: impl Into<String>, points: impl IntoIterator<Item = P>) -> Self {
        Self {
            name: name.into(),
            colour: Colour::Automatic,
            joined: true,
            dashed: false,
            points: points.into_iter().map(Into::into).collect(),
        }
    }

    /// Points alone.
    pub fn scatter<P: Into<Point>>(name: impl Into<String>, points: impl IntoIterator<Item = P>) -> Self {
        Self { joined: false, ..Self::line(name, points) }
    }

    /// Chooses its colour.
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Breaks its line.
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }
}

impl Point {
    /// A point without an interval.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, interval: None, weight: None, note: None }
    }

    /// Says what y may be in truth.
    pub fn within(mut self, low: f64, high: f64) -> Self {
        self.interval = Some(Interval { low, high });
        self
    }

    /// Says how much stands behind it.
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = Some(weight);
        self
    }

    /// Adds to its tooltip.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

impl From<(f64, f64)> for Point {
    fn from((x, y): (f64, f64)) -> Self {
        Self::new(x, y)
    }
}

impl Mark {
    /// A grey star.
    pub fn star(name: impl Into<String>, x: f64, y: f64) -> Self {
        Self { name: name.into(), x, y, interval: None, shape: Shape::Star, series: None, label: None }
    }

    /// Takes the colour of a series.
    pub fn of_series(mut self, series: impl Into<String>) -> Self {
        self.series = Some(series.into());
        self
    }

    /// Writes beside it.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Chooses its shape.
    pub fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }
}
