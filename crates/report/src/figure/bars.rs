//! Groups of bars, such as accuracy by difficulty bin, method and budget.

use super::{Axis, Colour, Interval, Reference};
use serde::{Deserialize, Serialize};

/// Groups from left to right; in each group the series, and in each series one bar a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bars {
    /// What the groups are, such as "Difficulty bin".
    pub x: String,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// What the levels are, such as "generations"; unused where there is only one.
    #[serde(default)]
    pub levels_of: String,
    /// Names of the levels, such as budgets: the bars of one series in one group, from pale to full.
    #[serde(default)]
    pub levels: Vec<String>,
    /// The height of the bars; it starts at zero.
    pub y: Axis,
    /// In the order in which they stand in each group.
    pub series: Vec<BarSeries>,
    /// Level lines across the whole chart.
    #[serde(default)]
    pub references: Vec<Reference>,
}

/// The bars of one colour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BarSeries {
    /// Its name in the legend.
    pub name: String,
    /// Its colour.
    #[serde(default)]
    pub colour: Colour,
    /// For each group, for each level; `None` leaves a gap.
    pub values: Vec<Vec<Option<Bar>>>,
}

/// One bar.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Its height.
    pub value: f64,
    /// What that may be in truth.
    #[serde(default)]
    pub interval: Option<Interval>,
}

impl Bars {
    /// Groups without levels.
    pub fn new<N: Into<String>>(x: impl Into<String>, groups: impl IntoIterator<Item = N>, y: Axis) -> Self {
        Self {
            x: x.into(),
            groups: groups.into_iter().map(Into::into).collect(),
            levels_of: String::new(),
            levels: Vec::new(),
            y,
            series: Vec::new(),
            references: Vec::new(),
        }
    }

    /// Names the bars of one series in one group.
    pub fn levels<N: Into<String>>(
        mut self,
        levels_of: impl Into<String>,
        levels: impl IntoIterator<Item = N>,
    ) -> Self {
        self.levels_of = levels_of.into();
        self.levels = levels.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a series.
    pub fn with(mut self, series: BarSeries) -> Self {
        self.series.push(series);
        self
    }
}

impl BarSeries {
    /// One bar a group, without intervals.
    pub fn plain(name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let values = values.into_iter().map(|value| vec![Some(Bar { value, interval: None })]).collect();
        Self { name: name.into(), colour: Colour::Automatic, values }
    }

    /// For each group, for each level: (height, lower end, upper end).
    pub fn measured(name: impl Into<String>, values: impl IntoIterator<Item = Vec<(f64, f64, f64)>>) -> Self {
        let bar = |(value, low, high)| Some(Bar { value, interval: Some(Interval { low, high }) });
        let values = values.into_iter().map(|levels| levels.into_iter().map(bar).collect()).collect();
        Self { name: name.into(), colour: Colour::Automatic, values }
    }

    /// Chooses its colour.
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }
}
