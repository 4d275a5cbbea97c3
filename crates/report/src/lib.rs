//! Figures, tables and search trees as one page that needs nothing else.
//!
//! Plain data goes in: a [`Figure`], a [`Table`], a [`TreeView`], and a [`Page`] that holds them. Text and bytes come
//! out: SVG that follows light and dark, PNG of the same drawing, and HTML that works offline, in print and on a
//! telephone. Nothing here measures, averages or reads a file.
//!
//! ~~~
//! use deliberate_report::*;
//!
//! let series = Series::line("best-of-N", [(1.0, 0.11), (4.0, 0.19), (16.0, 0.27)]);
//! let plot = Plot::new(Axis::log2("Budget", "generations"), Axis::percent("Accuracy")).with(series);
//! let figure = Figure::new("search", "Search pays", Chart::Plot(plot)).source("figure 3, left");
//!
//! let svg = figure.svg(Theme::Adaptive);
//! assert!(svg.starts_with("<svg"));
//!
//! let page = Page::new("A study").section(Section::new("Search").prose("What was found.").figure(figure));
//! assert!(page.html().starts_with("<!doctype html>"));
//! ~~~
//!
//! All text is escaped here, so what a model wrote can be passed as it is. This crate has never heard of models,
//! engines, runs or the command line.

mod draw;
mod escape;
mod figure;
mod number;
mod page;
mod palette;
mod png;
mod table;
mod tree;

pub use figure::{
    Across, Axis, Bar, BarSeries, Bars, Chart, Colour, Figure, Heat, HeatCell, HeatScale, Interval, Mark,
    Panel, Part, Plot, Point, Reference, Scale, Series, Shape, Stacked, Unit,
};
pub use page::{Block, Entry, Note, NoteKind, Page, Section};
pub use palette::Theme;
pub use png::{PngError, png};
pub use table::{Cell, Column, Table};
pub use tree::{Cost, Standing, TreeNode, TreeStatus, TreeView, tree_from_search, tree_page};
