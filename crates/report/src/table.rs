//! Tables whose numbers line up, with intervals, sorted by a click.

use crate::escape::text as escaped;
use crate::figure::Interval;
use crate::number;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What is to be seen.
    pub title: String,
    /// How to read it.
    #[serde(default)]
    pub caption: String,
    /// From the left.
    pub columns: Vec<Column>,
    /// From the top; a missing cell is empty.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// What it holds, with the unit.
    pub name: String,
    /// Whether its cells are numbers, set to the right.
    pub numeric: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Words.
    Text(String),
    /// A number, as it is written.
    Number {
        /// The number, in the unit of the column.
        value: f64,
        /// Digits after the point.
        digits: u8,
        /// What it may be in truth, written as `83.2 [81.0, 85.1]`.
        interval: Option<Interval>,
    },
    /// A large number, written short, as `1.5k` or `3e18`.
    Size(f64),
    /// The best of its column, set bold.
    Best(Box<Cell>),
}

impl Table {
    /// A table without rows. A name that begins with `#` is that of a column of numbers.
    pub fn new<'a>(title: impl Into<String>, columns: impl IntoIterator<Item = &'a str>) -> Self {
        let column = |name: &str| match name.strip_prefix('#') {
            Some(name) => Column { name: name.to_owned(), numeric: true },
            None => Column { name: name.to_owned(), numeric: false },
        };
        let columns = columns.into_iter().map(column).collect();
        Self { title: title.into(), caption: String::new(), columns, rows: Vec::new() }
    }

    /// Says how to read it.
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Adds a row.
    pub fn row(mut self, cells: impl IntoIterator<Item = Cell>) -> Self {
        self.rows.push(cells.into_iter().collect());
        self
    }

    pub(crate) fn html(&self, id: &str) -> String {
        let mut html = format!(
            "<figure class=\"table\" id=\"{id}\"><figcaption><b>{}</b></figcaption><div class=\"scroll\" tabindex=\"0\" \
             role=\"region\" aria-label=\"{0}\"><table data-sortable><thead><tr>",
            escaped(&self.title)
        );
        for column in &self.columns {
            let class = if column.numeric { " class=\"number\"" } else { "" };
            let _ = write!(
                html,
                "<th scope=\"col\"{class} aria-sort=\"none\"><button type=\"button\">{}</button></th>",
                escaped(&column.name)
            );
        }
        html.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            html.push_str("<tr>");
            for (index, column) in self.columns.iter().enumerate() {
                html.push_str(&row.get(index).unwrap_or(&Cell::Empty).html(column.numeric));
            }
            html.push_str("</tr>");
        }
        html.push_str("</tbody></table></div>");
        if !self.caption.is_empty() {
            let _ = write!(html, "<p class=\"caption\">{}</p>", escaped(&self.caption));
        }
        html.push_str("</figure>");
        html
    }
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number with so many digits after the point.
    pub fn number(value: f64, digits: u8) -> Self {
        Self::Number { value, digits, interval: None }
    }

    /// A share in 0..=1 in percent, with what it may be in truth.
    pub fn share(value: f64, low: f64, high: f64) -> Self {
        let interval = Some(Interval { low: low * 100.0, high: high * 100.0 });
        Self::Number { value: value * 100.0, digits: 1, interval }
    }

    /// Marks it as the best of its column.
    pub fn best(self) -> Self {
        Self::Best(Box::new(self))
    }

    fn html(&self, numeric: bool) -> String {
        let class = if numeric { " class=\"number\"" } else { "" };
        match self {
            Self::Best(cell) => cell.html(numeric).replacen("<td", "<td data-best", 1),
            Self::Empty => format!("<td{class}>–</td>"),
            Self::Text(text) => format!("<td{class}>{}</td>", escaped(text)),
            Self::Size(value) => {
                format!("<td{class} data-value=\"{value:e}\">{}</td>", number::short(*value))
            }
            Self::Number { value, digits, interval } => {
                let digits = usize::from(*digits);
                let interval = interval.map_or(String::new(), |Interval { low, high }| {
                    let (low, high) = (number::fixed(low, digits), number::fixed(high, digits));
                    format!(" <span class=\"interval\">[{low}, {high}]</span>")
                });
                format!("<td{class} data-value=\"{value}\">{}{interval}</td>", number::fixed(*value, digits))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_stand_in_brackets() {
        let cell = Cell::share(0.832, 0.81, 0.851).best().html(true);
        assert!(cell.starts_with("<td data-best class=\"number\" data-value=\"83.2"), "{cell}");
        assert!(cell.ends_with("\">83.2 <span class=\"interval\">[81.0, 85.1]</span></td>"), "{cell}");
    }

    #[test]
    fn short_rows_are_filled() {
        let table = Table::new("t", ["name", "#value"]).row([Cell::text("<b>")]);
        assert!(table.html("t").contains("<td>&lt;b&gt;</td><td class=\"number\">–</td>"));
    }
}
