//! Rows divided into parts, such as where a budget went.

use super::{Axis, Colour};
use serde::{Deserialize, Serialize};

/// One level bar a row, divided into the same parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stacked {
    /// What the lengths measure; it starts at zero.
    pub x: Axis,
    /// Names of the rows, from the top.
    pub rows: Vec<String>,
    /// From the left.
    pub parts: Vec<Part>,
}

/// One part of every row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its name in the legend.
    pub name: String,
    /// Its colour.
    #[serde(default)]
    pub colour: Colour,
    /// Its length in each row; what is missing, negative or not finite counts as nothing.
    pub values: Vec<f64>,
}

impl Stacked {
    /// Rows without parts.
    pub fn new<N: Into<String>>(x: Axis, rows: impl IntoIterator<Item = N>) -> Self {
        Self { x, rows: rows.into_iter().map(Into::into).collect(), parts: Vec::new() }
    }

    /// Adds a part to every row.
    pub fn part(mut self, name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let part =
            Part { name: name.into(), colour: Colour::Automatic, values: values.into_iter().collect() };
        self.parts.push(part);
        self
    }
}
