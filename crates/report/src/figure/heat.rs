//! A grid of coloured cells: confusion of bins, best ratio for each bin, the policy.

use serde::{Deserialize, Serialize};

/// Rows and columns of cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heat {
    /// What the columns are, with the unit.
    pub x: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// What the rows are, with the unit.
    pub y: String,
    /// Names of the rows, from the top.
    pub rows: Vec<String>,
    /// For each row, for each column; `None` is empty.
    pub cells: Vec<Vec<Option<HeatCell>>>,
    /// How values become colours.
    pub scale: HeatScale,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeatCell {
    /// What its colour stands for; with [`HeatScale::Categories`] the index of one.
    pub value: f64,
    /// Written in it.
    pub text: String,
    /// More for the tooltip.
    #[serde(default)]
    pub note: Option<String>,
}

/// How the values of cells become colours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeatScale {
    /// From pale to full.
    Sequential {
        /// What the colour measures, with the unit.
        title: String,
        /// The palest value.
        low: f64,
        /// The fullest value.
        high: f64,
    },
    /// From one colour over a neutral one to another.
    Diverging {
        /// What the colour measures, with the unit.
        title: String,
        /// The neutral value.
        middle: f64,
        /// The distance from the middle at which colours are fullest.
        reach: f64,
    },
    /// One hue for each name.
    Categories(Vec<String>),
}

impl HeatCell {
    /// A cell with text.
    pub fn new(value: f64, text: impl Into<String>) -> Self {
        Self { value, text: text.into(), note: None }
    }

    /// Adds to its tooltip.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
