//! What an axis says, and an interval on it.

use serde::{Deserialize, Serialize};

/// One axis of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// What it measures, without the unit.
    pub title: String,
    /// What the numbers are in.
    #[serde(default)]
    pub unit: Unit,
    /// How numbers become places.
    #[serde(default)]
    pub scale: Scale,
    /// Shows at least these values; data beyond them widens the axis, so nothing is hidden.
    #[serde(default)]
    pub bounds: Option<(f64, f64)>,
    /// Names in place of numbers: (value, name).
    #[serde(default)]
    pub names: Vec<(f64, String)>,
}

/// What the numbers of an axis are in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// They have no unit.
    #[default]
    Plain,
    /// They are shares in 0..=1, shown in percent.
    Percent,
    /// They count this.
    Named(String),
}

/// How numbers become places on an axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Equal differences are equally far apart.
    #[default]
    Linear,
    /// Doublings are equally far apart; values are positive.
    Log2,
    /// Powers of ten are equally far apart; values are positive.
    Log10,
}

/// What a value may be in truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Axis {
    /// An axis of plain numbers.
    pub fn linear(title: impl Into<String>) -> Self {
        Self { title: title.into(), unit: Unit::Plain, scale: Scale::Linear, bounds: None, names: Vec::new() }
    }

    /// An axis of shares in 0..=1, shown in percent.
    pub fn percent(title: impl Into<String>) -> Self {
        Self { unit: Unit::Percent, ..Self::linear(title) }
    }

    /// An axis on which doublings are equally far apart.
    pub fn log2(title: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { scale: Scale::Log2, ..Self::linear(title) }.unit(unit)
    }

    /// An axis on which powers of ten are equally far apart.
    pub fn log10(title: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { scale: Scale::Log10, ..Self::linear(title) }.unit(unit)
    }

    /// Names what the numbers count; nothing is named by an empty text.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        let unit = unit.into();
        self.unit = if unit.is_empty() { Unit::Plain } else { Unit::Named(unit) };
        self
    }

    /// Shows at least these values.
    pub fn bounds(mut self, low: f64, high: f64) -> Self {
        self.bounds = Some((low, high));
        self
    }

    /// Puts names in place of numbers.
    pub fn names<N: Into<String>>(mut self, names: impl IntoIterator<Item = (f64, N)>) -> Self {
        self.names = names.into_iter().map(|(value, name)| (value, name.into())).collect();
        self
    }

    /// Title and unit as they stand beside the axis.
    pub(crate) fn label(&self) -> String {
        match &self.unit {
            Unit::Plain => self.title.clone(),
            Unit::Percent => format!("{} (%)", self.title),
            Unit::Named(unit) => format!("{} ({unit})", self.title),
        }
    }

    /// The name that stands for a value, where there is one.
    pub(crate) fn name_of(&self, value: f64) -> Option<&str> {
        self.names.iter().find(|(at, _)| (at - value).abs() < 1e-9).map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_carry_their_unit() {
        assert_eq!(Axis::percent("Accuracy").label(), "Accuracy (%)");
        assert_eq!(Axis::log2("Budget", "generations").label(), "Budget (generations)");
        assert_eq!(Axis::log2("Ratio", "").label(), "Ratio");
    }
}
