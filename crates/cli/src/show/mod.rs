//! What people and programs read: numbers, bills, trees and tables.

mod absence;
mod bill;
mod json;
mod number;
mod support;
mod svg;
mod table;
mod text;
mod tree;

pub(crate) use absence::{Limits, why_none};
pub(crate) use bill::{Time, bill};
pub(crate) use json::{solved, tree_file};
pub(crate) use number::{bytes, count, flops, seconds, share};
pub(crate) use support::support;
pub(crate) use svg::svg;
pub(crate) use table::Table;
pub(crate) use text::{one_line, printable};
pub(crate) use tree::tree;
