//! The findings as a page of figures and tables: twins of the paper's.

mod choices;
mod difficulty;
mod exchange;
mod revisions;
mod savings;
mod search;
mod spending;

use crate::findings::{Findings, Measured, Way};
use deliberate_policy::Interval;
use deliberate_report::{Axis, Cell, Page, Plot, Point, Section, Series, TreeView};

/// What a page says besides the findings.
pub struct About {
    /// Its title.
    pub title: String,
    /// The command that made it.
    pub command: String,
    /// What the numbers depend on: name and value.
    pub provenance: Vec<(String, String)>,
    /// Search trees to look through.
    pub trees: Vec<TreeView>,
}

/// The page.
pub fn page(about: &About, findings: &Findings) -> Page {
    let mut page = Page::new(&about.title).summary(summary(findings)).command(&about.command);
    for (name, value) in &about.provenance {
        page = page.fact(name, value);
    }
    let sections = [
        Some(choices::section(findings)),
        Some(savings::section(findings)),
        Some(search::section(findings)),
        revisions::section(findings),
        Some(difficulty::section(findings)),
        exchange::section(findings),
    ];
    let page = sections.into_iter().flatten().fold(page, Page::section);
    if about.trees.is_empty() {
        return page;
    }
    let prose = "Every step of some searches: its score, what it cost, what was left and why.";
    page.section(headed("Search trees", prose).trees(about.trees.iter().cloned()))
}

fn summary(findings: &Findings) -> String {
    let Findings { questions, samples, verifier, pass_at, .. } = findings;
    let first = pass_at.first().map_or(0.0, |(_, rate)| rate.value * 100.0);
    let last = pass_at.last().map_or((0, 0.0), |(k, rate)| (*k, rate.value * 100.0));
    format!(
        "{questions} questions with {samples} samples of each, scored by {verifier}. A single sample is right for \
         {first:.1} % of the questions, one of {} is for {:.1} %. Every choice of a policy was made without the \
         questions that it is measured on; brackets are 95 % bootstrap intervals over questions.",
        last.0, last.1
    )
}

/// Generations against accuracy.
fn against_budget() -> Plot {
    Plot::new(Axis::log2("Budget", "generations"), Axis::percent("Accuracy"))
}

/// A way as a line with its intervals; `x` is what it is drawn over.
fn line(way: &Way, x: fn(&Measured) -> f64) -> Series {
    Series::line(way.name.clone(), way.points.iter().map(|point| at(x(point), point.accuracy)))
}

fn at(x: f64, Interval { value, low, high }: Interval) -> Point {
    Point::new(x, value).within(low, high)
}

fn share(Interval { value, low, high }: Interval) -> Cell {
    Cell::share(value, low, high)
}

/// Names of the bins, with how often a sample is right in each.
fn bin_names(findings: &Findings) -> Vec<String> {
    let name = |(bin, rate): (usize, &f64)| format!("{} ({:.0} %)", bin + 1, rate * 100.0);
    findings.bins.iter().enumerate().map(name).collect()
}

/// The way of this name.
fn way<'a>(findings: &'a Findings, name: &str) -> Option<&'a Way> {
    findings.ways.iter().find(|way| way.name == name)
}

/// What belongs to revisions alone.
fn revises(way: &Way) -> bool {
    way.name.starts_with("revisions")
}

fn headed(title: &str, prose: &str) -> Section {
    Section::new(title).prose(prose)
}
